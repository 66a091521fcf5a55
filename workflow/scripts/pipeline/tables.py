"""Tables as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api import types

from opdims.files import reading, write_bytes

NAMES = (  # columns that hold words, whatever these look like: the names in a user's task are any
    *("task", "reduction", "criterion", "dimension", "grouping", "function", "trials", "other", "input", "kind"),
    *("quantity", "measure", "condition", "ensemble", "panel", "locations", "parameter", "at", "value"),
    *("id", "basis", "verdict", "what", "why", "rule"),
)
WHOLE = ("network", "rank", "component", "other_component", "point", "networks")  # that count from 0 or 1
NUMBERS = (
    *WHOLE,
    *("cost", "state_distance", "variance_explained", "overlap", "angle", "smallest", "mean", "largest"),
    *("speed", "distance", "unstable", "index_sum", "leading_real", "leading_imaginary", "time_constant", "frequency"),
)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV without its index; floats are written so that they read back the same.

    Raises OSError, naming the file, if it cannot be written.
    """
    write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode())


def read_table(
    path: str | Path,
    columns: Sequence[str] | None = None,
    key: Sequence[str] = (),
    *,
    present: Sequence[str] = (),
    finite: Sequence[str] = (),
    complete: str | None = None,
) -> pd.DataFrame:
    """Read the named columns of a CSV file and check that they are whole; there may be no row.

    Columns of NAMES are read as words, those of NUMBERS must be numbers, and those of WHOLE whole ones from 0 on; an
    empty field is a missing value.

    Parameters
    ----------
    path
        A CSV file in UTF-8.
    columns
        That must be there and are returned; none: all.
    key
        Columns whose values no two rows share, and which no row lacks.
    present, finite
        Columns of which every row has a number, or a finite one.
    complete
        A column of the key that has the same values beside every combination of the other columns of the key that there
        is, task by task: so a row that is gone is missed.

    Raises
    ------
    ValueError
        In one line that names the file, and what was expected.
    """
    expected = f"a whole CSV file in UTF-8 with {', '.join(columns or ()) or 'a header'}"
    with reading(path, expected):
        text = Path(path).read_bytes().decode("utf-8-sig")
        header = _check_lines(text)
        table = pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(NAMES, "str"), keep_default_na=False, na_values=[""])
    columns = header if columns is None else list(columns)
    for name in (*columns, *key):
        if name not in header:
            raise ValueError(f"{path}: column {name} is missing, expected {', '.join(columns)}")
    _check_numbers(path, table, {*columns, *key}, {*key, *present}, {*finite})
    if key and (again := table.duplicated(list(key))).any():
        raise ValueError(f"{path}: a second row with {_row(table.loc[again, list(key)].iloc[0])}, expected one")
    if complete is not None:
        _check_complete(path, table, [name for name in key if name != complete], complete)
    return table[columns]


def _check_lines(text: str) -> list[str]:
    """Return the names of the columns, after a check that every line has as many fields, and that the last one ends."""
    if not text:
        raise ValueError("it is empty")
    if not text.endswith("\n"):
        raise ValueError("its last line does not end: it is cut short")
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(lines)
    if len({*header}) < len(header):
        raise ValueError(f"a name comes up twice in its header, {', '.join(header)}")
    for fields in lines:
        if fields and len(fields) != len(header):
            raise ValueError(f"line {lines.line_num} has {len(fields)} fields, the header {len(header)}")
    return header


def _check_numbers(
    path: str | Path, table: pd.DataFrame, columns: set[str], present: set[str], finite: set[str]
) -> None:
    """Raise ValueError, naming file, column and row, unless the columns hold what they should."""
    for name in sorted(columns):
        values = table[name]
        if name in present:
            _require(path, name, values, values.notna(), "a value in every row")
        if values.isna().all() and name not in finite:  # of what type an empty column is does not matter
            continue
        if name in NUMBERS or name in finite:
            _require(path, name, values, _numeric(values) | values.isna(), "a number")
        if name in WHOLE:
            _require(
                path, name, values, values.isna() | ((values >= 0) & (values % 1 == 0)), "a whole number from 0 on"
            )
        if name in finite:
            _require(path, name, values, np.isfinite(values.astype(float)), "a finite number")


def _numeric(values: pd.Series) -> pd.Series:
    """Return which of the values are numbers."""
    if types.is_bool_dtype(values):
        return pd.Series(False, index=values.index)
    if types.is_numeric_dtype(values):
        return values.notna()
    return pd.to_numeric(values, errors="coerce").notna()


def _require(path: str | Path, name: str, values: pd.Series, fits: pd.Series, expected: str) -> None:
    """Raise ValueError, naming file, column and row, unless all values fit."""
    if not fits.all():
        place = int(np.flatnonzero(~fits)[0])
        found = "empty" if pd.isna(values.iloc[place]) else values.iloc[place]
        raise ValueError(f"{path}: column {name} is {found} in row {place + 1}, expected {expected}")


def _check_complete(path: str | Path, table: pd.DataFrame, others: Sequence[str], column: str) -> None:
    """Raise ValueError, naming the file and a missing row, unless the column has the same values in each of a task."""
    within = [name for name in others if name == "task"]
    for _, part in table.groupby(within) if within else [((), table)]:
        expected = part[column].unique()
        for values, rows in part.groupby(list(others), sort=False) if others else [((), part)]:
            missing = sorted({*expected} - {*rows[column]})
            if missing:
                about = _row(pd.Series(dict(zip(others, values, strict=True))))
                raise ValueError(f"{path}: no row with {about}, {column} {missing[0]}, which others of the task have")


def _row(values: pd.Series) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def check_rows(path: str | Path, table: pd.DataFrame, key: Sequence[str], expected: Iterable[tuple]) -> None:
    """Raise ValueError, naming the file and a row, unless the table has exactly the expected values of the key."""
    wanted, found = {*expected}, {*table[list(key)].itertuples(index=False, name=None)}
    for rows, problem in ((wanted - found, "has no row with"), (found - wanted, "has the unexpected row with")):
        if rows:
            about = _row(pd.Series(dict(zip(key, min(rows), strict=True))))
            raise ValueError(
                f"{path}: {problem} {about}, expected {len(wanted)} rows, one for each {' and '.join(key)}"
            )


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
