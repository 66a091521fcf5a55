"""How a quantity is summarised over networks: means, medians, and intervals that hold their level."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import binom, t

CONFIDENCE = 0.95  # of every interval
FEWEST_NETWORKS = 6  # that have an interval: with five, even smallest and largest hold the median in only 94% of cases


def mean_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an interval of the mean over networks, each end of shape (...).

    It is the union of two intervals: Student's corrected for skewness, and Student's as it is. Where all values
    are positive, as costs are, the second is that of the logarithm of the mean. Simulated coverage of the mean of 6, 10
    and 20 normal values is at least 95%; docs/method.md, "Uncertainty", has that of skewed ones. NaN for fewer than
    FEWEST_NETWORKS.

    Parameters
    ----------
    values
        Of independent networks, (..., networks).

    Source: Hall 1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54, Eq. 2.2.
    """
    values = np.asarray(values, dtype=float)
    networks = values.shape[-1]
    if networks < FEWEST_NETWORKS:
        return _nothing(values)
    mean, deviation = values.mean(-1), values.std(-1, ddof=1)
    error = deviation / np.sqrt(networks)
    quantile = t.ppf((1 + CONFIDENCE) / 2, networks - 1)
    centred = values - mean[..., None]
    varied = deviation > 1e-12 * np.abs(mean)  # equal values differ by rounding
    skewness = np.where(varied, (centred**3).mean(-1) / np.where(varied, deviation, 1.0) ** 3, 0.0)
    low, high = (mean - deviation * _unskewed(sign * quantile, skewness, networks) for sign in (1, -1))
    # Values of both signs, or zeros, have no logarithm of the mean that would be any better.
    positive = (values > 0).all(-1)
    ratio = quantile * error / np.where(positive, mean, 1.0)
    plain_low = np.where(positive, mean * np.exp(-ratio), mean - quantile * error)
    plain_high = np.where(positive, mean * np.exp(ratio), mean + quantile * error)
    return np.minimum(low, plain_low), np.maximum(high, plain_high)


def _unskewed(quantile: float, skewness: np.ndarray, networks: int) -> np.ndarray:
    """Return the (mean − μ) / deviation at which Hall's transformation of it is quantile / √networks."""
    small = np.abs(skewness) < 1e-6
    third = np.where(small, 1.0, skewness / 3)
    wanted = quantile / np.sqrt(networks) - skewness / (6 * networks)
    return np.where(small, wanted, (np.cbrt(1 + 3 * third * wanted) - 1) / third)


def median_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an interval of the median over networks, each end (...) the value of a network.

    It holds its level whatever the distribution is, and values may be infinite. NaN for fewer than FEWEST_NETWORKS.

    Parameters
    ----------
    values
        Of independent networks, (..., networks).

    Source: order statistics, David and Nagaraja 2003, Order Statistics, Section 7.1.
    """
    values = np.asarray(values, dtype=float)
    networks = values.shape[-1]
    if networks < FEWEST_NETWORKS:
        return _nothing(values)
    left_out = np.flatnonzero(binom.cdf(np.arange(networks), networks, 0.5) <= (1 - CONFIDENCE) / 2)[-1]  # at an end
    ordered = np.sort(values, axis=-1)
    return ordered[..., left_out], ordered[..., networks - 1 - left_out]


def _nothing(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nothing = np.full(values.shape[:-1], np.nan)
    return nothing, nothing.copy()


def summarise(
    table: pd.DataFrame,  # one row a network and key
    by: Sequence[str],
    value: str,
) -> pd.DataFrame:
    """Return mean, mean absolute deviation (from the mean), interval and number of networks of `value` for each key.

    `low` and `high` bound the mean (see `mean_interval`). Keys keep the order in which they first appear.

    Source: Krause et al. 2022, Figure 3 (mean and deviation).
    """
    table = table.reset_index(drop=True)
    groups = table.groupby(list(by), sort=False)[value]
    spread = (table[value] - groups.transform("mean")).abs()
    deviation = spread.groupby([table[name] for name in by], sort=False).mean()
    summary = pd.DataFrame({"mean": groups.mean(), "deviation": deviation, "networks": groups.size()})
    summary[["low", "high"]] = np.nan
    position = groups.ngroup()
    for size in sorted(summary["networks"].unique()):  # keys of as many networks at once
        keys = np.flatnonzero(summary["networks"] == size)
        values = table.loc[position.isin(keys), value].groupby(position).agg(list)
        summary.loc[summary.index[keys], ["low", "high"]] = np.transpose(mean_interval(np.array(values.tolist())))
    return summary.reset_index()
