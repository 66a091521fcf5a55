"""Summaries equal plain arithmetic, and intervals cover what they bound as often as they say."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from pipeline.statistics import CONFIDENCE, FEWEST_NETWORKS, mean_interval, median_interval, summarise

DRAWS = 20_000  # of as many networks each: the standard error of a coverage of 95% is 0.15 percentage points


def draw(distribution, networks):
    """Return values (draws, networks), and the mean and the median of their distribution."""
    random = np.random.default_rng(networks)
    size = (DRAWS, networks)
    match distribution:
        case "normal":
            return random.normal(0.0, 1.0, size), 0.0, 0.0
        case "positive normal":
            return random.normal(1.0, 0.3, size), 1.0, 1.0
        case "lognormal 0.5":
            return random.lognormal(0.0, 0.5, size), math.exp(0.125), 1.0
        case "lognormal 1":
            return random.lognormal(0.0, 1.0, size), math.exp(0.5), 1.0
    raise ValueError(distribution)


def coverage(interval, truth):
    low, high = interval
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize("networks", [6, 10, 20])
@pytest.mark.parametrize(
    ("distribution", "least"),
    [("normal", 0.95), ("positive normal", 0.95), ("lognormal 0.5", 0.935), ("lognormal 1", 0.89)],
)
def test_the_interval_of_a_mean_covers_it(distribution, networks, least):
    values, mean, _ = draw(distribution, networks)
    assert least < coverage(mean_interval(values), mean) < 0.975  # no interval of a mean covers any skewed one


@pytest.mark.parametrize("networks", [6, 10, 20])
@pytest.mark.parametrize("distribution", ["normal", "lognormal 0.5", "lognormal 1"])
def test_the_interval_of_a_median_covers_it_whatever_the_distribution(distribution, networks):
    values, _, median = draw(distribution, networks)
    exact = {6: 1 - 2 / 2**6, 10: 1 - 2 * 11 / 2**10, 20: 1 - 2 * 21700 / 2**20}[networks]  # of order statistics
    assert coverage(median_interval(values), median) == pytest.approx(exact, abs=0.005)
    assert exact >= CONFIDENCE


def test_the_interval_of_a_median_is_the_narrowest_that_holds_the_level():
    for networks in range(FEWEST_NETWORKS, 40):
        low, high = (int(end) for end in median_interval(np.arange(networks)))
        assert low + high == networks - 1
        level = [1 - 2 * sum(math.comb(networks, k) for k in range(low + more + 1)) / 2**networks for more in (0, 1)]
        assert level[0] >= CONFIDENCE > level[1]


def test_the_interval_of_a_median_knows_infinite_values():
    assert median_interval(np.array([3.0, np.inf, 1, 2, np.inf, 5])) == (1.0, np.inf)


def test_the_interval_of_a_mean_is_at_least_that_of_student():
    values = np.random.default_rng(0).normal(size=(50, 8))
    low, high = mean_interval(values)
    plain_low, plain_high = t.interval(CONFIDENCE, 7, loc=values.mean(-1), scale=values.std(-1, ddof=1) / math.sqrt(8))
    assert (low <= plain_low + 1e-12).all()
    assert (high >= plain_high - 1e-12).all()
    assert np.median((high - low) / (plain_high - plain_low)) < 1.1


def test_the_interval_of_a_symmetric_mean_is_that_of_student():
    values = np.array([-3.0, -2, -1, 1, 2, 3])
    expected = t.ppf(0.975, 5) * values.std(ddof=1) / math.sqrt(6)
    assert mean_interval(values) == pytest.approx((-expected, expected))


def test_equal_values_have_an_interval_of_no_width():
    for value in (0.1, 0.0, -3.7):
        assert mean_interval(np.full(7, value)) == pytest.approx((value, value))


def test_the_interval_of_a_mean_has_the_unit_of_its_values():
    values = np.random.default_rng(1).lognormal(size=(20, 9))
    np.testing.assert_allclose(mean_interval(1e-4 * values), 1e-4 * np.array(mean_interval(values)))


@pytest.mark.parametrize("networks", range(FEWEST_NETWORKS))
@pytest.mark.parametrize("interval", [mean_interval, median_interval])
def test_few_networks_have_no_interval(interval, networks):
    low, high = interval(np.ones((3, networks)))
    assert low.shape == high.shape == (3,)
    assert np.isnan([low, high]).all()


def test_a_summary_is_mean_and_mean_absolute_deviation():
    table = pd.DataFrame({"rank": [2, 2, 2, 1, 1], "task": "t", "cost": [1.0, 2.0, 6.0, 5.0, 5.0]})
    summary = summarise(table, ["task", "rank"], "cost")
    assert summary.drop(columns=["low", "high"]).to_dict("list") == {
        "task": ["t", "t"],
        "rank": [2, 1],
        "mean": [3.0, 5.0],
        "deviation": [2.0, 0.0],
        "networks": [3, 2],
    }
    assert summary[["low", "high"]].isna().all(axis=None)


def test_each_key_has_the_interval_of_its_own_values():
    random = np.random.default_rng(1)
    parts = [
        pd.DataFrame({"key": key, "network": range(size), "cost": random.standard_normal(size)})
        for key, size in (("b", 7), ("a", 8), ("d", 7), ("c", 5))
    ]
    shuffled = pd.concat([parts[1], parts[3], parts[0], parts[2]]).sample(frac=1, random_state=0)
    summary = summarise(shuffled, ["key"], "cost").set_index("key")
    for part in parts:
        found = summary.loc[part["key"].iloc[0], ["low", "high"]].to_numpy(float)
        np.testing.assert_allclose(found, mean_interval(part["cost"].to_numpy()), rtol=1e-12)
    assert np.isnan(summary.loc["c", "low"])
