"""The claims of the paper, checked against the tables of an ensemble."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.tables import bootstrap_interval

LEVELS = {"published": "B", "train": "C", "files": "D"}  # the same weights, retrained networks, other networks
STATISTICS: dict[str, Callable[..., Any]] = {"mean": np.mean, "median": np.median}  # over networks
FULL = "full"  # in place of a rank: the largest, N
COLUMNS = [
    *("id", "level", "task", "sentence", "source", "quantity", "measures", "paper", "reading_error", "reference"),
    *("measured", "low", "high", "networks", "expected_low", "expected_high", "verdict", "why"),
]


class Statement(NamedTuple):
    """One number that a claim is about."""

    id: str
    task: str
    sentence: str
    where: dict[str, Any]  # columns of the table and their values (a list stands for any of its values)
    paper: float | None
    reading_error: float | None
    reference: float | None  # found from the published networks
    band: tuple[float, float] | None  # of accepted values; None where the ensemble's source has none


def check_claims(
    claims: list[dict],  # as in config/claims.yaml
    tables: dict[str, pd.DataFrame],
    source: str,  # of the ensemble: train, published or files
) -> pd.DataFrame:
    """Return a row for each statement of the claims on the tasks in the tables: what was measured, and the verdict.

    A statement is `reproduced` if the statistic over networks lies in the band declared for the ensemble's source, and
    `differs` if it does not. It is `not comparable` if no band is declared, or if the tables do not hold the value of
    every network; `why` then says so. `low` and `high` bound the statistic (see `pipeline.tables.bootstrap_interval`).

    Raises ValueError, naming claim and column, if a table does not have a column of the claim.
    """
    rows = []
    for claim in claims:
        table = tables[claim["quantity"]["table"]]
        for statement in statements(claim, source):
            if statement.task in set(table["task"]):
                rows.append(_check(claim, statement, table, source))
    return pd.DataFrame(rows, columns=COLUMNS)


def statements(claim: dict, source: str) -> Iterator[Statement]:
    """Return the statements of a claim, one for each task and rank, with the band for ensembles of that source."""
    quantity, tolerance = claim["quantity"], claim.get("tolerance", {}).get(source)
    for task, entry in claim["tasks"].items():
        where = {"task": task} | quantity["where"]
        name = f"{claim['id']}.{task}"
        if "points" in entry:
            for rank, (paper, error) in entry["points"].items():
                band = around(paper, tolerance)
                sentence = claim["sentence"].format(rank=rank)
                yield Statement(f"{name}.{rank}", task, sentence, where | {"rank": rank}, paper, error, None, band)
        else:
            paper, reference = entry.get("paper"), entry.get("reference")
            known = reference if paper is None else paper
            band = open_band(entry[source]) if source in entry else around(known, tolerance)
            error = entry.get("reading_error")
            yield Statement(name, task, claim["sentence"], where, paper, error, reference, band)


def open_band(band: list[float | None]) -> tuple[float, float]:
    """Return a band whose missing ends are infinite."""
    low, high = band
    return -np.inf if low is None else low, np.inf if high is None else high


def around(value: float | None, tolerance: dict[str, float] | None) -> tuple[float, float] | None:
    """Return the band value ± the larger of the absolute and the relative tolerance, None without one or the other."""
    if value is None or tolerance is None:
        return None
    margin = max(tolerance.get("absolute", 0.0), tolerance.get("relative", 0.0) * abs(value))
    return value - margin, value + margin


def _check(claim: dict, statement: Statement, table: pd.DataFrame, source: str) -> dict[str, Any]:
    quantity = claim["quantity"]
    columns = (*statement.where, "network", quantity["column"])
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"claim {statement.id}: table {quantity['table']} has no column {missing[0]}")
    table = table[table["task"] == statement.task]
    selected = table
    for column, value in statement.where.items():
        wanted = [table[column].max()] if value == FULL else np.atleast_1d(value).tolist()
        selected = selected[selected[column].isin(wanted)]
    values = selected.groupby("network")[quantity["column"]].agg(quantity.get("within", "mean"))
    networks = set(np.atleast_1d(statement.where.get("network", table["network"].unique())).tolist())
    row = statement._asdict() | {
        "level": LEVELS[source],
        "source": claim["source"],
        "quantity": quantity["column"],
        "measures": f"{quantity['statistic']} over networks of {claim['measures']}",
        "networks": len(networks),
        "verdict": "not comparable",
        "why": claim["why"],
    }
    absent = networks - set(values.dropna().index)
    if absent:
        return row | {"why": f"no value for {len(absent)} of {len(networks)} networks"}
    statistic = STATISTICS[quantity["statistic"]]
    found = values.to_numpy(float)
    row["measured"] = float(statistic(found))
    row["low"], row["high"] = (float(bound) for bound in bootstrap_interval(found, statistic))
    if statement.band is None:
        return row | {"why": f"no band is declared for ensembles of source {source}"}
    low, high = statement.band
    row["expected_low"], row["expected_high"] = (None if np.isinf(end) else end for end in (low, high))
    return row | {"verdict": "reproduced" if low <= row["measured"] <= high else "differs"}
