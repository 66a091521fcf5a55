"""Summarise over networks what the figure of functions shows: the column dimensions of each function of a task.

The measures are `angle`, between a component of `function` and one of `other`; `cost`, of W_k from the dimensions of
`function` on the trials of `other`, which is `others` for the mean over all other functions of the group; and the
principal angles `smallest_angle`, `mean_angle` and `largest_angle` between the subspaces of rank k of `function` and
`other`, with those of random subspaces (both `random`). What a measure has no use for is empty.
"""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import panels
from pipeline.jobs import run
from pipeline.summaries import summarise_present
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANK = 10  # at which all functions are compared, or the nearest below that there is
PAIR = ["grouping", "function", "other"]
COUNTS = ["component", "other_component", "rank"]
SUMMARY = ["measure", *PAIR, *COUNTS, "mean", "low", "high", "networks"]
PRINCIPAL_ANGLES = ["smallest_angle", "mean_angle", "largest_angle"]


def main(functions: str, angles: str, principal_angles: str, data: str, task: str, labels: dict) -> None:
    table = summarise(functions, angles, principal_angles, task)
    parts = [
        rows_of(panel, table).assign(panel=panel.letter)
        for row in panels.functions_panels(task, labels)
        for panel in row
    ]
    summary = concatenate(parts, ["panel", *SUMMARY])
    write_table(data, panels.sort(summary, ["panel", "measure", *PAIR[1:], *COUNTS]))


def summarise(functions: str, angles: str, principal_angles: str, task: str) -> pd.DataFrame:
    """Summarise the column dimensions of the functions of a task, from the paths of the three tables."""
    key = ["task", "dimension", *PAIR, "network"]
    between = read_columns(angles, task, [*key, *COUNTS[:2], "angle"])
    parts = [summarise_present(between, [*PAIR, *COUNTS[:2]], "angle").assign(measure="angle", low=None, high=None)]
    trials = ["trials" if name == "other" else name for name in key]
    costs = read_columns(functions, task, [*trials, "rank", "cost"]).rename(columns={"trials": "other"})
    foreign = costs[costs["function"] != costs["other"]]
    others = foreign.groupby(["grouping", "function", "network", "rank"], sort=False)["cost"].mean().reset_index()
    for part in (costs, others.assign(other="others")):
        parts.append(summarise_present(part, [*PAIR, "rank"], "cost").assign(measure="cost"))
    subspaces = read_columns(principal_angles, task, [*key, "rank", "smallest", "mean", "largest"])
    for measure in PRINCIPAL_ANGLES:
        part = summarise_present(subspaces, [*PAIR, "rank"], measure.removesuffix("_angle"))
        parts.append(part.assign(measure=measure))
    filled = (part.reindex(columns=SUMMARY) for part in parts)
    return concatenate(filled, SUMMARY).reset_index(drop=True).astype(dict.fromkeys(COUNTS, "Int64"))


def read_columns(path: str, task: str, columns: list[str]) -> pd.DataFrame:
    """Read of a table what is about the column dimensions of the task."""
    table = read_table(path, columns)
    return table[(table["task"] == task) & (table["dimension"] == "columns")]


def rows_of(panel: panels.FunctionPanel, table: pd.DataFrame) -> pd.DataFrame:
    """Return what a panel shows."""
    random = table[table["grouping"] == "random"].assign(grouping=panel.group)
    table = table[table["grouping"] == panel.group]
    costs = table[table["measure"] == "cost"]
    pairs, others = costs[costs["other"] != "others"], costs[costs["other"] == "others"]
    match panel.kind:
        case "angles":
            function, other = panel.functions
            chosen = (table["function"] == function) & (table["other"] == other)
            return table[chosen & (table["measure"] == "angle")]
        case "costs":
            return pairs[pairs["other"].isin(panel.functions)]
        case "all_costs":
            return pairs[pairs["rank"] == compared(table)]
        case "other_costs":
            return pd.concat([pairs[pairs["function"] == pairs["other"]], others])
        case "all_angles":
            both = pd.concat([table, random])
            return both[(both["measure"] == "mean_angle") & (both["rank"] == compared(table))]
        case kind:  # principal_angles, or one of them
            both = pd.concat([table, random])
            return both[both["measure"].isin(PRINCIPAL_ANGLES if kind == "principal_angles" else [kind])]


def compared(table: pd.DataFrame) -> int:
    """Return the rank at which functions are compared: that of costs, if there are any, and of angles otherwise."""
    ranks = [table.loc[table["measure"] == measure, "rank"] for measure in ("cost", "mean_angle")]
    there = next((rank[rank > 0] for rank in ranks if (rank > 0).any()), pd.Series([0]))
    below = there[there <= RANK]
    return int(there.min() if below.empty else below.max())


if __name__ == "__main__":
    run(main, snakemake)
