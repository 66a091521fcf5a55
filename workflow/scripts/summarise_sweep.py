"""Summarise how the rank to 5% and the cost of networks depend on the parameters of a sweep."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.jobs import run
from pipeline.statistics import FEWEST_NETWORKS, median_interval
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CRITERIA = ["to_5_percent", "distance_to_5_percent"]  # of which a network has one: the latter if it has no cost
REDUCTIONS = ["operative_columns", "operative_rows", "high_variance"]
FULL = "full"  # in place of a reduction: the network as it is
COLUMNS = [
    *("task", "measure", "parameter", "reduction", "at", "value", "network", "median", "low", "high"),
    *("networks", "seeds", "none"),
]


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
    """Return the median of `measured` over seeds against the values of each parameter.

    A seed is a network number: networks of one number share their random numbers at all points. Where `at` is empty, a
    seed counts with the median of its networks over all points with that value; elsewhere with its network at a single
    point, the one with these values of the other parameters. `low` and `high` bound the median over seeds; where these
    are too few for that, each has a row of its own, named by `network`. A network without a rank counts as one whose
    rank is beyond every other, so a median may be infinite. `none` is their number, among that of `networks`.
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
    """Return what `summarise_points` says of each value, its interval or single seeds only where asked."""
    rows = []
    by = ["task", "measure", "parameter", "reduction", "at", "value"]
    for key, group in table.groupby(by, sort=True):
        row: dict[str, Any] = dict(zip(by, key, strict=True))
        seeds = group.groupby("network")["measured"].median()
        summary = {"median": seeds.median(), "networks": len(group), "seeds": len(seeds)}
        summary["none"] = int(np.isinf(group["measured"]).sum())
        if interval:
            summary["low"], summary["high"] = (float(end) for end in median_interval(seeds.to_numpy()))
        rows.append(row | summary)
        if interval and len(seeds) < FEWEST_NETWORKS:
            rows += [row | {"network": number, "median": value} for number, value in seeds.items()]
    found = pd.DataFrame(rows).reindex(columns=COLUMNS)
    counts = ("network", "networks", "seeds", "none")
    return found.astype({"value": object} | dict.fromkeys(counts, "Int64"))  # 50 stays 50 where another value is 0.5


if __name__ == "__main__":
    run(main, snakemake)
