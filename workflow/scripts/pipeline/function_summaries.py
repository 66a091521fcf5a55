"""What the figures of function-specific dimensions show, summarised over networks."""

import pandas as pd

from opdims.names import GROUPINGS
from pipeline.tables import read_table, summarise

PAIR = ["grouping", "function", "other"]
SUMMARY = ["measure", *PAIR, "component", "other_component", "rank", "mean", "low", "high", "networks"]


def summarise_functions(functions: str, angles: str, principal_angles: str, task: str) -> pd.DataFrame:
    """Summarise the column dimensions of the functions of a task, from the paths of the three tables.

    The measures are `angle`, between a component of `function` and one of `other`; `cost`, of W_k from the dimensions
    of `function` on the trials of `other`; and the principal angles `smallest_angle`, `mean_angle` and `largest_angle`
    between the subspaces of rank k of `function` and `other`, which for each grouping are followed by those of random
    subspaces (function and other `random`). What a measure has no use for is empty.

    Raises ValueError, naming file and column or task, if the tables do not have them.
    """
    key = ["task", "dimension", *PAIR, "network"]
    components = ["component", "other_component"]
    between = read_columns(angles, task, [*key, *components, "angle"])
    parts = [summarise(between, [*PAIR, *components], "angle").drop(columns=["low", "high"]).assign(measure="angle")]
    trials = ["trials" if name == "other" else name for name in key]
    costs = read_columns(functions, task, [*trials, "rank", "cost"]).rename(columns={"trials": "other"})
    parts.append(summarise(costs, [*PAIR, "rank"], "cost").assign(measure="cost"))
    subspaces = read_columns(principal_angles, task, [*key, "rank", "smallest", "mean", "largest"])
    random = subspaces["grouping"] == "random"
    baselines = [subspaces[random].assign(grouping=grouping) for grouping in GROUPINGS[task]]
    subspaces = pd.concat([subspaces[~random], *baselines])
    for measure in ("smallest", "mean", "largest"):
        parts.append(summarise(subspaces, [*PAIR, "rank"], measure).assign(measure=f"{measure}_angle"))
    summary = pd.concat(parts, ignore_index=True)[SUMMARY]
    counts = ["component", "other_component", "rank"]
    return summary.astype(dict.fromkeys(counts, "Int64"))


def read_columns(path: str, task: str, columns: list[str]) -> pd.DataFrame:
    """Read of a table what is about the column dimensions of the task."""
    table = read_table(path, columns)
    table = table[(table["task"] == task) & (table["dimension"] == "columns")]
    if table.empty:
        raise ValueError(f"{path}: no column dimensions of task {task}")
    return table
