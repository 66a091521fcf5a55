"""What several figures summarise over networks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.statistics import FEWEST_NETWORKS, median_interval, summarise
from pipeline.tables import read_table

COMPONENTS = 30  # that are shown
SUMMARY = ["mean", "deviation", "networks", "low", "high", "network"]


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
    """Summarise over the networks that have the value; without any, a table with the same columns and no row.

    Fewer than FEWEST_NETWORKS have no deviation and no interval; see `with_single_networks` for what they have instead.
    """
    present = table.dropna(subset=[value])
    if present.empty:
        return pd.DataFrame(columns=[*by, *SUMMARY])
    summary = summarise(present, by, value)
    summary.loc[summary["networks"] < FEWEST_NETWORKS, "deviation"] = np.nan
    return with_single_networks(summary, present, [*by], {value: "mean"})


def summarise_median(table: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Do the same with the median in place of the mean, without a deviation."""
    columns = [*by, *(name for name in SUMMARY if name != "deviation")]
    present = table.dropna(subset=[value])
    if present.empty:
        return pd.DataFrame(columns=columns).rename(columns={"mean": "median"})
    groups = present.groupby([*by], sort=False)[value]
    summary = pd.DataFrame({"median": groups.median(), "networks": groups.size()})
    bounds = [median_interval(values.to_numpy(float)) for _, values in groups]
    summary[["low", "high"]] = np.array(bounds, dtype=float)
    return with_single_networks(summary.reset_index(), present, [*by], {value: "median"})


def with_single_networks(
    summary: pd.DataFrame,  # columns by..., networks, and others
    table: pd.DataFrame,  # columns by..., network, and the values that were summarised
    by: list[str],
    statistic: dict[str, str],  # column of the values, and that of the summary which they stand in
) -> pd.DataFrame:
    """Add a column `network`, empty in all rows of the summary, and rows of single networks where they are few.

    Where two or more networks, but fewer than FEWEST_NETWORKS, were summarised, each has a row behind those of the
    summary: its number in `network`, and its value in the column of the statistic.
    """
    few = summary["networks"].between(2, FEWEST_NETWORKS - 1)
    single = table[[*by, "network", *statistic]].rename(columns=statistic).merge(summary.loc[few, by])
    single = single.sort_values("network", kind="stable")
    summary["network"] = pd.NA
    rows = pd.concat([summary, single.assign(networks=1)]) if len(single) else summary
    return rows.reset_index(drop=True).astype({"network": "Int64"})
