"""The claims of the paper, checked against the tables of an ensemble."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.statements import LEVELS, Statement, statements
from pipeline.statistics import FEWEST_NETWORKS, mean_interval, median_interval


class Statistic(NamedTuple):
    """How the values of networks become one number."""

    of: Callable[[np.ndarray], Any]
    interval: Callable[[np.ndarray], tuple[Any, Any]]
    words: str


STATISTICS = {
    "mean": Statistic(np.mean, mean_interval, "mean over networks of"),
    "median": Statistic(np.median, median_interval, "median over networks of"),
    "value": Statistic(np.mean, lambda values: (values[0], values[0]), ""),  # of a named network, which varies no more
}
JOINED: dict[str, Any] = {"mean": "mean", "sum": "sum", "median": "median", "extent": np.ptp}  # rows of a network
FULL = "full"  # in place of a rank: the largest, N
COLUMNS = [
    *("id", "level", "task", "basis", "sentence", "source", "quantity", "measures", "paper", "reading_error"),
    *("reference", "measured", "low", "high", "networks", "accepted_low", "accepted_high", "verdict", "why"),
]


def check_claims(
    claims: list[dict],  # as in config/claims.yaml
    tables: dict[str, pd.DataFrame],
    source: str,  # of the ensemble: train, published or files
) -> pd.DataFrame:
    """Return a row for each statement of the claims on the tasks in the tables: what was measured, and the verdict.

    `low` and `high` bound the statistic over networks (see `pipeline.statistics`). A statement is `reproduced` if they
    lie in the range that is accepted for the ensemble's source, `differs` if they lie outside, and `undecided` if an
    end of the range lies between them or if there are too few networks for an interval. It is `not comparable` if no
    range is declared, or if the tables do not hold the value of every network; `why` then says so.

    Raises ValueError, naming claim and column, if a table does not have a column of the claim.
    """
    rows = []
    for claim in claims:
        table = tables[claim["quantity"]["table"]]
        for statement in statements(claim, source):
            if statement.task in set(table["task"]):
                rows.append(_check(claim, statement, table, source))
    return pd.DataFrame(rows, columns=COLUMNS)


def _check(claim: dict, statement: Statement, table: pd.DataFrame, source: str) -> dict[str, Any]:
    quantity = claim["quantity"]
    table = table[table["task"] == statement.task]
    values = _measure(statement.id, quantity, statement.where, table)
    if "against" in quantity:
        values /= _measure(statement.id, quantity, statement.where | quantity["against"], table)
    networks = set(np.atleast_1d(statement.where.get("network", table["network"].unique())).tolist())
    statistic = STATISTICS[quantity["statistic"]]
    row = {key: value for key, value in statement._asdict().items() if key in COLUMNS} | {
        "level": LEVELS[source],
        "basis": claim["basis"],
        "source": claim["source"],
        "quantity": quantity["column"],
        "measures": f"{statistic.words} {claim['measures']}".strip(),
        "networks": len(networks),
        "verdict": "not comparable",
        "why": claim["why"],
    }
    absent = networks - set(values.index[np.isfinite(values)])
    if absent:
        return row | {"why": f"no value for {len(absent)} of {len(networks)} networks"}
    found = values.to_numpy(float)
    row["measured"] = float(statistic.of(found))
    row["low"], row["high"] = (float(end) for end in statistic.interval(found))
    if statement.accepted is None:
        return row | {"why": f"no accepted range is declared for ensembles of source {source}"}
    low, high = statement.accepted
    row["accepted_low"], row["accepted_high"] = (None if np.isinf(end) else end for end in (low, high))
    if np.isnan(row["low"]):
        return row | {
            "verdict": "undecided",
            "why": f"{len(networks)} networks are too few for an interval, it takes {FEWEST_NETWORKS}",
        }
    if low <= row["low"] and row["high"] <= high:
        return row | {"verdict": "reproduced"}
    outside = row["high"] < low or high < row["low"]
    return row | {"verdict": "differs" if outside else "undecided"}


def _measure(name: str, quantity: dict, where: dict[str, Any], table: pd.DataFrame) -> pd.Series:
    """Return the value of each network: that of its row, or its rows joined into one."""
    for column in (*where, "network", quantity["column"]):
        if column not in table:
            raise ValueError(f"claim {name}: table {quantity['table']} has no column {column}")
    for column, value in where.items():
        wanted = [table[column].max()] if value == FULL else np.atleast_1d(value).tolist()
        table = table[table[column].isin(wanted)]
    joined = table.groupby("network")[quantity["column"]].agg(JOINED[quantity.get("within", "mean")])
    return joined.astype(float)
