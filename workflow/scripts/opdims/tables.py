"""Tables as CSV, and how a quantity is summarised over networks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
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


def spread(length: int, points: int) -> np.ndarray:
    """Return at most `points` indices below `length`, as even as can be, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(points, length)).round().astype(int))


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
