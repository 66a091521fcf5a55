"""Tables read back the same, and the ranks that suffice equal plain arithmetic."""

import numpy as np
import pandas as pd
import pytest

from pipeline.tables import concatenate, read_table, spread, sufficient_ranks, write_table


def test_floats_are_read_as_they_were_written(tmp_path):
    values = np.random.default_rng(0).standard_normal(1000) * 10.0 ** np.arange(-10, 10).repeat(50)
    write_table(tmp_path / "a.csv", pd.DataFrame({"cost": values}))
    assert (read_table(tmp_path / "a.csv", ["cost"])["cost"] == values).all()


def test_a_missing_column_is_named(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"rank": [1]}))
    with pytest.raises(ValueError, match=r"a.csv: column cost is missing, expected rank, cost"):
        read_table(tmp_path / "a.csv", ["rank", "cost"])


@pytest.mark.parametrize("content", [None, b"", b'rank,cost\n"1,2\n', b"rank\n\xff\xfe\n"])
def test_a_file_that_is_no_table_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"a\.csv: cannot be read \(.*\), expected a whole CSV file in UTF-8 with rank, cost$"
    ):
        read_table(tmp_path / "a.csv", ["rank", "cost"])


def test_a_second_row_of_a_key_is_named(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"network": [1, 2, 1], "rank": [0, 0, 0], "cost": [1.0, 2.0, 3.0]}))
    with pytest.raises(ValueError, match=r"a\.csv: a second row with network 1, rank 0, expected one"):
        read_table(tmp_path / "a.csv", ["cost"], key=["network", "rank"])


def test_names_are_read_as_they_were_written(tmp_path):
    names = ["01", "null", "none", "NA", "1.0", "nan", ""]
    write_table(tmp_path / "a.csv", pd.DataFrame({"function": names, "cost": [1.0, np.nan, 2, 3, 4, np.inf, 6]}))
    table = read_table(tmp_path / "a.csv", ["function", "cost"])
    assert table["function"].fillna("").tolist() == names
    assert table["cost"].dtype == float
    assert table["cost"].isna().tolist() == [False, True, *[False] * 5]


def test_tables_without_rows_do_not_change_the_numbers_of_others(tmp_path):
    write_table(tmp_path / "a.csv", concatenate([], ["network", "cost"]))
    assert (tmp_path / "a.csv").read_text() == "network,cost\n"
    empty = read_table(tmp_path / "a.csv", ["network", "cost"])
    filled = pd.DataFrame({"cost": [0.5], "network": [1]})
    together = concatenate([empty, filled, empty], ["network", "cost"])
    assert list(together) == ["network", "cost"]
    assert (together.dtypes == filled[["network", "cost"]].dtypes).all()


def performance(costs, distances=None):
    """The performance of one network with a reduced matrix, by rank."""
    distances = costs if distances is None else distances
    table = {"rank": list(costs), "cost": list(costs.values()), "state_distance": list(distances.values())}
    return pd.DataFrame(table)


COSTS = {0: 1.0, 1: 0.2, 2: 0.04, 5: 0.06, 10: 0.011, 20: 0.0105, 50: 0.01}
DISTANCES = {0: 2.0, 1: 1.0, 2: 0.5, 5: 0.1, 10: 0.09, 20: 0.2, 50: 0.0}


def listed(table):
    return table.astype(object).where(table.notna(), None).to_dict("list")


def test_sufficient_ranks_are_the_first_that_suffice():
    table = performance(COSTS, DISTANCES).assign(reduction="a", network=1)
    worse = table.assign(network=2, cost=[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9])
    ranks = sufficient_ranks(pd.concat([worse, table]).sample(frac=1, random_state=0), ["reduction", "network"])
    assert listed(ranks) == {
        "reduction": ["a"] * 4,
        "network": [1, 1, 2, 2],
        "criterion": ["to_5_percent", "within_10_percent"] * 2,
        "rank": [2, 10, None, 50],
    }


def test_without_cost_the_state_distance_says_which_rank_suffices():
    table = performance(COSTS, DISTANCES)
    without = table.assign(network=2, cost=np.nan)
    ranks = sufficient_ranks(pd.concat([without, table.assign(network=1)]), ["network"])
    assert listed(ranks) == {
        "network": [1, 1, 2],
        "criterion": ["to_5_percent", "within_10_percent", "distance_to_5_percent"],
        "rank": [2, 10, 10],  # of the distances 0.1 is 5%, and not below it
    }
    assert listed(sufficient_ranks(without, ["network"]))["rank"] == [10]
    nothing = without.assign(state_distance=0.0)  # of a network that does nothing: no rank is below 5% of nothing
    assert listed(sufficient_ranks(nothing, ["network"]))["rank"] == [None]


def test_the_boundaries_of_the_criteria():
    table = performance({0: 1.0, 1: 0.05, 2: 0.0499, 3: 0.0330, 4: 0.03})
    ranks = sufficient_ranks(table.assign(network=1), ["network"])
    assert ranks["rank"].tolist() == [2, 3]  # below 5%, not at it; at most 110%


@pytest.mark.parametrize(("length", "points"), [(1400, 60), (500, 60), (280, 100), (60, 60), (7, 60), (1, 60)])
def test_points_are_spread_evenly_from_the_first_to_the_last(length, points):
    indices = spread(length, points)
    assert len(indices) == min(length, points)
    assert (indices[0], indices[-1]) == (0, length - 1)
    gaps = np.diff(indices)
    assert len(gaps) == 0 or 1 <= gaps.max() <= gaps.min() + 1


def test_the_reference_of_a_claim_is_a_number(tmp_path):
    (tmp_path / "claims.csv").write_text("id,task,reference\na,01,0.5\nb,null,\n")
    table = read_table(tmp_path / "claims.csv", ["task", "reference"])
    assert table["task"].tolist() == ["01", "null"]
    assert table["reference"].iloc[0] == 0.5
    assert table["reference"].isna().iloc[1]
