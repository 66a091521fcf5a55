"""Tables read back the same, and summaries equal plain arithmetic."""

import numpy as np
import pandas as pd
import pytest

from opdims.tables import rank_to_5_percent, read_table, summarise, write_table


def test_floats_are_read_as_they_were_written(tmp_path):
    values = np.random.default_rng(0).standard_normal(1000) * 10.0 ** np.arange(-10, 10).repeat(50)
    write_table(tmp_path / "a.csv", pd.DataFrame({"value": values}))
    assert (read_table(tmp_path / "a.csv", ["value"])["value"] == values).all()


def test_a_missing_column_is_named(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"rank": [1]}))
    with pytest.raises(ValueError, match=r"a.csv: column cost is missing"):
        read_table(tmp_path / "a.csv", ["rank", "cost"])


def test_a_summary_is_mean_and_mean_absolute_deviation():
    table = pd.DataFrame({"rank": [2, 2, 2, 1, 1], "task": "t", "cost": [1.0, 2.0, 6.0, 5.0, 5.0]})
    summary = summarise(table, ["task", "rank"], "cost")
    assert summary.to_dict("list") == {
        "task": ["t", "t"],
        "rank": [2, 1],
        "mean": [3.0, 5.0],
        "deviation": [2.0, 0.0],
        "networks": [3, 2],
    }


@pytest.mark.parametrize(
    ("costs", "rank"),
    [
        ({0: 1.0, 2: 0.5, 5: 0.049, 9: 0.06}, 5),
        ({9: 0.01, 0: 1.0, 5: 0.05}, 9),
        ({0: 1.0, 9: 0.05}, None),
        ({5: 0.01}, None),
    ],
)
def test_rank_to_5_percent_is_the_first_below(costs, rank):
    assert rank_to_5_percent(pd.DataFrame({"rank": list(costs), "cost": list(costs.values())})) == rank
