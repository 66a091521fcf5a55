"""Summarise over networks what the figure of functions shows: the column dimensions of each function of a task.

The measures are `angle`, between a component of `function` and one of `other`; `cost`, of W_k from the dimensions of
`function` on the trials of `other`; `cost_of_others`, the mean of these over all functions of the group but `other`;
`cost_ratio` and `ratio_of_others`, of either and the cost of the same network on the same trials with the dimensions
of `other`, its own; and the principal angles `smallest_angle`, `mean_angle` and `largest_angle` between the subspaces
of rank k of `function` and `other`, with those of random subspaces (both `random`). What a measure has no use for is
empty, and so is what is not drawn.
"""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import panels
from pipeline.jobs import run
from pipeline.summaries import summarise_median, summarise_present
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANK = 10  # at which all functions are compared, or the nearest below that there is
PAIR = ["grouping", "function", "other"]
COUNTS = ["component", "other_component", "rank"]
TRIALS = ["grouping", "other", "rank"]
SUMMARY = ["measure", *PAIR, *COUNTS, "mean", "median", "low", "high", "networks", "network"]
PRINCIPAL_ANGLES = ["smallest_angle", "mean_angle", "largest_angle"]
MEANS_ALONE = ["angles", "all_costs", "all_angles", "other_costs"]  # panels without intervals and single networks


def main(functions: str, angles: str, principal_angles: str, data: str, task: str, labels: dict) -> None:
    table = summarise(functions, angles, principal_angles, task)
    parts = [
        rows_of(panel, table).assign(panel=panel.letter)
        for rows in panels.functions_panels(task, labels).values()
        for row in rows
        for panel in row
    ]
    summary = concatenate(parts, ["panel", *SUMMARY])
    write_table(data, panels.sort(summary, ["panel", "measure", *PAIR[1:], *COUNTS]))


def summarise(functions: str, angles: str, principal_angles: str, task: str) -> pd.DataFrame:
    """Summarise the column dimensions of the functions of a task, from the paths of the three tables."""
    key = ["task", "dimension", *PAIR, "network"]
    between = read_columns(angles, task, [*key, *COUNTS[:2], "angle"])
    parts = [summarise_present(between, [*PAIR, *COUNTS[:2]], "angle").assign(measure="angle")]
    trials = ["trials" if name == "other" else name for name in key]
    costs = read_columns(functions, task, [*trials, "rank", "cost"]).rename(columns={"trials": "other"})
    own = costs[costs["function"] == costs["other"]]
    foreign = costs[costs["function"] != costs["other"]]
    others = foreign.groupby([*TRIALS, "network"], sort=False)["cost"].mean().reset_index()
    parts.append(summarise_present(costs, [*PAIR, "rank"], "cost").assign(measure="cost"))
    parts.append(summarise_present(others, TRIALS, "cost").assign(measure="cost_of_others"))
    parts.append(summarise_median(ratios(foreign, own), [*PAIR, "rank"], "ratio").assign(measure="cost_ratio"))
    parts.append(summarise_median(ratios(others, own), TRIALS, "ratio").assign(measure="ratio_of_others"))
    subspaces = read_columns(principal_angles, task, [*key, "rank", "smallest", "mean", "largest"])
    for measure in PRINCIPAL_ANGLES:
        part = summarise_present(subspaces, [*PAIR, "rank"], measure.removesuffix("_angle"))
        parts.append(part.assign(measure=measure))
    filled = (part.reindex(columns=SUMMARY) for part in parts)
    types = dict.fromkeys([*COUNTS, "network"], "Int64")
    return concatenate(filled, SUMMARY).reset_index(drop=True).astype(types)


def read_columns(path: str, task: str, columns: list[str]) -> pd.DataFrame:
    """Read of a table what is about the column dimensions of the task."""
    table = read_table(path, columns)
    return table[(table["task"] == task) & (table["dimension"] == "columns")]


def ratios(costs: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return, for each network, costs over those with the own dimensions of the function whose trials they are.

    There is no ratio where the latter is zero.
    """
    key = [*TRIALS, "network"]
    below = own.set_index(key)["cost"].rename("own")
    costs = costs.join(below.where(below > 0), on=key)
    return costs.assign(ratio=costs["cost"] / costs["own"])


def rows_of(panel: panels.FunctionPanel, table: pd.DataFrame) -> pd.DataFrame:
    """Return what a panel shows."""
    rows = chosen(panel, table)
    if panel.kind in MEANS_ALONE:
        return rows[rows["network"].isna()].assign(low=None, high=None)
    return rows


def chosen(panel: panels.FunctionPanel, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a panel is about."""
    angles = table[table["measure"].isin(PRINCIPAL_ANGLES)]
    # No function is paired with itself, so these are not a group of functions with the same name.
    random = (angles["function"] == "random") & (angles["other"] == "random")
    angles = angles[random | (angles["grouping"] == panel.group)].assign(grouping=panel.group)
    table = table[table["grouping"] == panel.group]
    costs, foreign = table[table["measure"] == "cost"], table[table["measure"] == "cost_of_others"]
    ratio, of_others = table[table["measure"] == "cost_ratio"], table[table["measure"] == "ratio_of_others"]
    match panel.kind:
        case "angles":
            function, other = panel.functions
            one = (table["function"] == function) & (table["other"] == other)
            return table[one & (table["measure"] == "angle")]
        case "costs":
            return costs[costs["other"].isin(panel.functions)]
        case "ratios":
            return ratio[ratio["other"].isin(panel.functions)]
        case "all_costs":
            return costs[costs["rank"] == compared(table)]
        case "other_costs":
            return pd.concat([costs[costs["function"] == costs["other"]], foreign])
        case "other_ratios":
            return of_others[of_others["rank"] == compared(table)]
        case "all_angles":
            return angles[(angles["measure"] == "mean_angle") & (angles["rank"] == compared(table))]
        case kind:  # principal_angles, or one of them
            return angles[angles["measure"].isin(PRINCIPAL_ANGLES if kind == "principal_angles" else [kind])]


def compared(table: pd.DataFrame) -> int:
    """Return the rank at which functions are compared: that of costs, if there are any, and of angles otherwise."""
    ranks = [table.loc[table["measure"] == measure, "rank"] for measure in ("cost", "mean_angle")]
    there = next((rank[rank > 0] for rank in ranks if (rank > 0).any()), pd.Series([0]))
    below = there[there <= RANK]
    return int(there.min() if below.empty else below.max())


if __name__ == "__main__":
    run(main, snakemake)
