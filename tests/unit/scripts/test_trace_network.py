"""Which matrices a network is traced with."""

import pandas as pd
import pytest

from trace_network import choose_matrices

RANKS = pd.DataFrame(
    [
        ("operative_columns", "to_5_percent", 8),
        ("operative_columns", "within_10_percent", None),
        ("operative_rows", "within_10_percent", 11),
        ("high_variance", "to_5_percent", 6),
    ],
    columns=["reduction", "criterion", "rank"],
)
SHOWN = {"operative_columns": 29, "operative_rows": 41}


@pytest.mark.parametrize("units", [100, 12])
def test_matrices_have_the_ranks_of_the_table_and_the_authors(units):
    assert choose_matrices(RANKS, SHOWN, units) == [
        ("full", "", units),
        ("operative_columns", "to_5_percent", 8),
        ("operative_columns", "authors", min(29, units)),
        ("operative_rows", "within_10_percent", 11),
        ("operative_rows", "authors", min(41, units)),
    ]
    assert len(choose_matrices(RANKS.assign(rank=None), SHOWN, units)) == 3
    assert [each.criterion for each in choose_matrices(RANKS, {}, units)] == ["", "to_5_percent", "within_10_percent"]


def test_the_state_distance_chooses_where_there_is_no_cost():
    ranks = pd.DataFrame(
        [("operative_rows", "distance_to_5_percent", 4), ("operative_columns", "distance_to_5_percent", 5)],
        columns=["reduction", "criterion", "rank"],
    )
    assert choose_matrices(ranks, {}, 10) == [
        ("full", "", 10),
        ("operative_columns", "distance_to_5_percent", 5),
        ("operative_rows", "distance_to_5_percent", 4),
    ]
