"""Tables as CSV."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from opdims.files import atomic

NAMES = (  # columns that hold words, whatever these look like: the names in a user's task are any
    *("task", "reduction", "criterion", "dimension", "grouping", "function", "trials", "other", "input", "kind"),
    *("quantity", "measure", "condition", "ensemble", "panel", "locations", "parameter", "at", "value"),
    *("id", "basis", "verdict"),
)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV without its index; floats are written so that they read back the same."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: str | Path, columns: Sequence[str], key: Sequence[str] = ()) -> pd.DataFrame:
    """Read the named columns of a CSV file; there may be no row.

    Raises ValueError, naming the file and what was expected, if it cannot be read, does not have the columns, or has
    two rows with the same values in the columns of `key`.
    """
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(NAMES, "str"), keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        message = " ".join(str(error).split())
        raise ValueError(f"{path}: cannot be read ({message}), expected CSV with {', '.join(columns)}") from error
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"{path}: column {missing[0]} is missing, expected {', '.join(columns)}")
    if key and (again := table.duplicated(list(key))).any():
        row = ", ".join(f"{name} {value}" for name, value in table.loc[again, list(key)].iloc[0].items())
        raise ValueError(f"{path}: a second row with {row}, expected one")
    return table[list(columns)]


def concatenate(parts: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables of these columns as one. Those without a row are left out: they know no types of numbers."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled)[list(columns)] if filled else pd.DataFrame(columns=list(columns))


def spread(length: int, points: int) -> np.ndarray:
    """Return at most `points` indices below `length`, as even as can be, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(points, length)).round().astype(int))


def sufficient_ranks(
    performance: pd.DataFrame,  # columns by..., rank, cost, state_distance; ranks from 0 to N
    by: Sequence[str],
) -> pd.DataFrame:
    """Return for each key and criterion the smallest rank whose cost is low enough; NA where there is none.

    `to_5_percent`: below 5% of the cost at rank 0; `within_10_percent`: at most 1.1 times the cost at the largest rank,
    the full network's. Where there is no cost, `distance_to_5_percent` takes the place of both: a state distance below
    5% of that at rank 0.

    Source: docs/method.md, "Performance".
    """
    ordered = performance.sort_values("rank")
    groups = ordered.groupby(list(by))
    cost, distance = groups["cost"], groups["state_distance"]
    costly = cost.transform("count") > 0
    criteria = {
        "to_5_percent": (costly, ordered["cost"] < 0.05 * cost.transform("first")),
        "within_10_percent": (costly, ordered["cost"] <= 1.1 * cost.transform("last")),
        "distance_to_5_percent": (~costly, ordered["state_distance"] < 0.05 * distance.transform("first")),
    }
    parts = []
    for criterion, (concerned, enough) in criteria.items():
        rank = ordered["rank"].where(enough).astype("Int64")[concerned]
        least = rank.groupby([ordered.loc[concerned, name] for name in by]).min().reset_index()
        parts.append(least.assign(criterion=criterion))
    columns = [*by, "criterion", "rank"]
    return concatenate(parts, columns).sort_values([*by, "criterion"])
