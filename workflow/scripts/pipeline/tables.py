"""Tables as CSV, and how a quantity is summarised over networks."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from opdims.files import atomic

RESAMPLES = 2000  # of the bootstrap
CONFIDENCE = 0.95
NAMES = (  # columns that hold words, whatever these look like: the names in a user's task are any
    *("task", "reduction", "criterion", "dimension", "grouping", "function", "trials", "other", "input", "kind"),
    *("quantity", "measure", "condition", "ensemble"),
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


def summarise(
    table: pd.DataFrame,  # one row a network and key
    by: Sequence[str],
    value: str,
) -> pd.DataFrame:
    """Return mean, mean absolute deviation (from the mean), interval and number of networks of `value` for each key.

    `low` and `high` bound the mean (see `bootstrap_interval`). Keys keep the order in which they first appear.

    Source: Krause et al. 2022, Figure 3 (mean and deviation).
    """
    table = table.reset_index(drop=True)
    groups = table.groupby(list(by), sort=False)[value]
    spread = (table[value] - groups.transform("mean")).abs()
    deviation = spread.groupby([table[name] for name in by], sort=False).mean()
    summary = pd.DataFrame({"mean": groups.mean(), "deviation": deviation, "networks": groups.size()})
    summary[["low", "high"]] = np.nan
    position = groups.ngroup()
    for size in sorted(summary["networks"].unique()):  # keys of as many networks have the same resamples
        keys = np.flatnonzero(summary["networks"] == size)
        values = table.loc[position.isin(keys), value].groupby(position).agg(list)
        summary.loc[summary.index[keys], ["low", "high"]] = np.transpose(bootstrap_interval(np.array(values.tolist())))
    return summary.reset_index()


def bootstrap_interval(
    values: np.ndarray,  # (..., networks)
    statistic: Callable[..., Any] = np.mean,  # of an array along `axis`
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds (...) of the bootstrap interval of a statistic over networks, that is, percentiles.

    Networks are drawn with replacement RESAMPLES times, and CONFIDENCE of the statistics lie within. The resamples are
    the same in every call with as many networks. A single network has no interval: NaN.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, Section 13.3.
    """
    if values.shape[-1] < 2:
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing
    interval = bootstrap(
        (values,),
        statistic,
        n_resamples=RESAMPLES,
        batch=100,
        axis=-1,
        vectorized=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return interval.low, interval.high


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
