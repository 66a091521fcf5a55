"""Summarise how the rank to 5% and the cost of networks depend on the parameters of a sweep."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.jobs import run
from pipeline.tables import bootstrap_interval, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CRITERIA = ["to_5_percent", "distance_to_5_percent"]  # of which a network has one: the latter if it has no cost
REDUCTIONS = ["operative_columns", "operative_rows", "high_variance"]
FULL = "full"  # in place of a reduction: the network as it is
BEYOND = 1e12  # a finite stand-in for the rank of a network that has none: the percentiles of a bootstrap interpolate
COLUMNS = ["task", "measure", "parameter", "reduction", "at", "value", "median", "low", "high", "networks", "none"]


def main(ranks: list[str], performance: list[str], data: str, points: dict[str, dict[str, Any]]) -> None:
    parts = []
    for path, costs, values in zip(ranks, performance, points.values(), strict=True):
        parts.append(measured(path, costs).assign(**values))
    write_table(data, summarise_points(pd.concat(parts), list(next(iter(points.values())))))


def measured(ranks: str, performance: str) -> pd.DataFrame:
    """Return task, measure, reduction, network and `measured` of a point; a rank that does not exist is infinite."""
    rank = read_table(ranks, ["task", "reduction", "network", "criterion", "rank"])
    rank = rank[rank["reduction"].isin(REDUCTIONS) & rank["criterion"].isin(CRITERIA)]
    rank = rank.assign(measure="rank", measured=rank["rank"].astype(float).fillna(np.inf))
    cost = read_table(performance, ["task", "reduction", "network", "rank", "cost"])
    cost = cost[(cost["reduction"] == REDUCTIONS[0]) & (cost["rank"] == cost["rank"].max())]
    cost = cost.assign(reduction=FULL, measure="cost", measured=cost["cost"]).dropna(subset="measured")
    return pd.concat([rank, cost])[["task", "measure", "reduction", "network", "measured"]]


def summarise_points(
    table: pd.DataFrame,  # one row a point, network, task, measure and reduction, with a column of each parameter
    parameters: Sequence[str],
) -> pd.DataFrame:
    """Return the median of `measured` over networks against the values of each parameter.

    Where `at` is empty, over the networks of all points with that value, with its interval from `low` to `high`;
    elsewhere over the networks of a single point, the one with these values of the other parameters. A network without
    a rank counts as one whose rank is beyond every other: a median may be infinite. `none` is their number.
    """
    parts = []
    for parameter in parameters:
        others = [name for name in parameters if name != parameter]
        at = pd.Series("", index=range(len(table)))
        for name in others:
            at += (", " if name != others[0] else "") + name + "=" + table[name].astype(str).to_numpy()
        base = table.assign(parameter=parameter, value=table[parameter])
        parts.append(summarise_values(base.assign(at=""), interval=True))
        if others:
            parts.append(summarise_values(base.assign(at=at.to_numpy()), interval=False))
    return pd.concat(parts).sort_values(["task", "measure"], ascending=[True, False], kind="stable")[COLUMNS]


def summarise_values(table: pd.DataFrame, *, interval: bool) -> pd.DataFrame:
    """Return median, interval, number of networks and of those without a rank for each value."""
    rows = []
    by = ["task", "measure", "parameter", "reduction", "at", "value"]
    for key, values in table.groupby(by, sort=True)["measured"]:
        row = dict(zip(by, key, strict=True)) | {"median": values.median(), "networks": len(values)}
        row["none"] = int(np.isinf(values).sum())
        if interval:
            largest = values[np.isfinite(values)].max() if row["none"] < len(values) else 0.0
            bounds = np.array(bootstrap_interval(values.clip(upper=BEYOND).to_numpy(), np.median))
            row["low"], row["high"] = np.where(bounds > largest, np.inf, bounds)
        rows.append(row)
    return pd.DataFrame(rows).astype({"value": object})  # 50 stays 50 where another parameter is 0.5


if __name__ == "__main__":
    run(main, snakemake)
