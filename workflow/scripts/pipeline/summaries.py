"""What several figures summarise over networks."""

from collections.abc import Sequence

import pandas as pd

from pipeline.statistics import summarise
from pipeline.tables import read_table

COMPONENTS = 30  # that are shown
SUMMARY = ["mean", "deviation", "networks", "low", "high"]


def read_measures(performance: str, dimensionality: str) -> pd.DataFrame:
    """Read both tables as one: task, measure, quantity, network, rank (or component) and value."""
    key = ["task", "quantity", "network", "rank"]
    variance = read_table(dimensionality, ["task", "quantity", "network", "component", "variance_explained"])
    variance = variance[variance["component"] <= COMPONENTS].rename(columns={"component": "rank"})
    reduced = read_table(performance, ["task", "reduction", "network", "rank", "cost", "state_distance"])
    reduced = reduced.rename(columns={"reduction": "quantity"})
    parts = [
        table[[*key, measure]].rename(columns={measure: "value"}).assign(measure=measure)
        for measure, table in {"variance_explained": variance, "cost": reduced, "state_distance": reduced}.items()
    ]
    return pd.concat(parts, ignore_index=True)


def summarise_present(table: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Summarise over the networks that have the value; without any, a table with the same columns and no row."""
    present = table.dropna(subset=[value])
    if present.empty:
        return pd.DataFrame(columns=[*by, *SUMMARY])
    return summarise(present, by, value)
