"""Tables as CSV, and how a quantity is summarised over networks."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from opdims.files import atomic


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV without its index; floats are written so that they read back the same."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read the named columns of a CSV file; ValueError, naming file and column, if it does not have them."""
    table = pd.read_csv(path)
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"{path}: column {missing[0]} is missing")
    return table[list(columns)]


def summarise(
    table: pd.DataFrame,  # one row a network and key
    by: Sequence[str],
    value: str,
) -> pd.DataFrame:
    """Return mean, mean absolute deviation (from the mean) and number of networks of `value` for each key `by`.

    Keys keep the order in which they first appear. Source: Krause et al. 2022, Figure 3.
    """
    groups = table.groupby(list(by), sort=False)[value]
    spread = (table[value] - groups.transform("mean")).abs()
    deviation = spread.groupby([table[name] for name in by], sort=False).mean()
    return pd.DataFrame({"mean": groups.mean(), "deviation": deviation, "networks": groups.size()}).reset_index()


def rank_to_5_percent(
    table: pd.DataFrame,  # columns rank and cost, of one network and reduction
) -> int | None:
    """Return the smallest rank at which the cost is below 5% of that at rank 0, or None if there is none.

    Source: Schuessler et al. 2020; docs/method.md, "Reference figures".
    """
    cost = table.set_index("rank")["cost"]
    if 0 not in cost.index:
        return None
    sufficient = cost.index[cost < 0.05 * cost[0]]
    return int(sufficient.min()) if len(sufficient) else None
