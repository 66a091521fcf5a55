"""Summaries over networks for figures: statistics of many networks, and few networks themselves."""

import numpy as np
import pandas as pd
import pytest

from pipeline.statistics import mean_interval, median_interval
from pipeline.summaries import summarise_median, summarise_present

RNG = np.random.default_rng(3)


def measured(networks, keys=("a", "b")):
    rows = [(key, number) for number in networks for key in keys]
    table = pd.DataFrame(rows, columns=["key", "network"])
    return table.assign(cost=RNG.uniform(1, 2, len(table)))


def values_of(table, key):
    return table.loc[table["key"] == key, "cost"].to_numpy()


def test_many_networks_have_their_statistics_and_no_rows_of_their_own():
    table = measured(range(1, 8))
    summary, medians = (each(table, ["key"], "cost") for each in (summarise_present, summarise_median))
    assert summary["network"].isna().all()
    assert medians["network"].isna().all()
    for key in "ab":
        values = values_of(table, key)
        (row,) = summary[summary["key"] == key].to_dict("records")
        assert (row["mean"], row["networks"]) == (pytest.approx(values.mean()), 7)
        assert row["deviation"] == pytest.approx(np.abs(values - values.mean()).mean())
        assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, mean_interval(values))))
        (row,) = medians[medians["key"] == key].to_dict("records")
        assert (row["median"], row["networks"]) == (pytest.approx(np.median(values)), 7)
        assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, median_interval(values))))


@pytest.mark.parametrize("networks", [(3, 1), (5, 4, 9, 2, 1)])
@pytest.mark.parametrize(("summarise", "statistic"), [(summarise_present, "mean"), (summarise_median, "median")])
def test_few_networks_stand_behind_their_statistic(networks, summarise, statistic):
    table = measured(networks)
    summary = summarise(table, ["key"], "cost")
    assert summary[["low", "high"]].isna().all(axis=None)
    assert "deviation" not in summary or summary["deviation"].isna().all()
    assert summary["network"].isna().tolist() == [True] * 2 + [False] * 2 * len(networks)
    single = summary.dropna(subset="network")
    assert single["network"].is_monotonic_increasing
    assert set(single["networks"]) == {1}
    for row in table.to_dict("records"):
        found = single[(single["key"] == row["key"]) & (single["network"] == row["network"])]
        assert found[statistic].item() == row["cost"]


def test_one_network_is_its_own_mean():
    summary = summarise_present(measured([4]), ["key"], "cost")
    assert len(summary) == 2
    assert summary["network"].isna().all()
    assert summary["deviation"].isna().all()


def test_networks_without_the_value_do_not_count():
    table = measured(range(1, 8))
    table.loc[(table["key"] == "a") & (table["network"] > 5), "cost"] = np.nan
    summary = summarise_present(table, ["key"], "cost")
    assert summary.loc[summary["network"].isna()].set_index("key")["networks"].to_dict() == {"a": 5, "b": 7}
    assert summary.loc[summary["network"].notna(), ["key", "network"]].apply(tuple, axis=1).tolist() == [
        ("a", number) for number in range(1, 6)
    ]


@pytest.mark.parametrize("summarise", [summarise_present, summarise_median])
def test_without_a_value_there_is_no_row_but_all_columns(summarise):
    full = summarise(measured([1, 2]), ["key"], "cost")
    empty = summarise(measured([1, 2]).assign(cost=np.nan), ["key"], "cost")
    assert empty.empty
    assert list(empty) == list(full)
