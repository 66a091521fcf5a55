"""Tables of performance: what is missing from them is found, whichever row it is."""

import numpy as np
import pandas as pd
import pytest
import torch

from opdims.formats.native import Attributes
from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES
from opdims.storage import StoredNetwork
from pipeline.performance import KEY, read_chunk, read_performance
from pipeline.tables import write_table

RANKS = [0, 2, 5]  # of networks of five units


def network(outputs: int = 1, nonlinearity: str = "tanh", units: int = 5) -> StoredNetwork:
    weights = torch.zeros(units, units), torch.zeros(units, 1), torch.zeros(outputs, units)
    attributes = Attributes("a", 1, 10.0, 1.0, 0.1, -1, "files", nonlinearity=nonlinearity)
    return StoredNetwork(None, Network(*weights, nonlinearity=NONLINEARITIES[nonlinearity]), attributes)


def table(**changed) -> pd.DataFrame:
    rows = [(number, rank, 1.0 / (rank + 1), 2.0 / (rank + 1)) for number in (1, 3) for rank in RANKS]
    return pd.DataFrame(rows, columns=["network", "rank", "cost", "state_distance"]).assign(**changed)


NETWORKS = {1: network(), 3: network()}


def test_a_whole_table_is_read(tmp_path):
    write_table(tmp_path / "a.csv", table())
    for ranks in (None, [2, 100]):
        pd.testing.assert_frame_equal(read_chunk(tmp_path / "a.csv", NETWORKS, ranks), table())


@pytest.mark.parametrize("row", range(6))
@pytest.mark.parametrize("ranks", [None, [2, 100]])
def test_any_row_that_is_gone_is_missed(tmp_path, row, ranks):
    write_table(tmp_path / "a.csv", table().drop(index=row))
    with pytest.raises(
        ValueError, match=r"a\.csv: (no row with|has no row with) network [13],? rank|network [13], rank"
    ):
        read_chunk(tmp_path / "a.csv", NETWORKS, ranks)


def test_rows_of_one_network_are_not_those_of_another(tmp_path):
    write_table(tmp_path / "a.csv", table(network=[1, 1, 1, 2, 2, 2]))
    with pytest.raises(ValueError, match=r"a\.csv: has no row with network 3, rank 0, expected 6 rows"):
        read_chunk(tmp_path / "a.csv", NETWORKS, [2])
    write_table(tmp_path / "a.csv", table())
    with pytest.raises(ValueError, match=r"a\.csv: has the unexpected row with network 3, rank 0, expected 3 rows"):
        read_chunk(tmp_path / "a.csv", {1: network()}, [2])


def test_costs_are_there_at_all_ranks_or_at_none(tmp_path):
    write_table(tmp_path / "a.csv", table(cost=np.nan))
    assert read_chunk(tmp_path / "a.csv", NETWORKS, [2])["cost"].isna().all()
    write_table(tmp_path / "a.csv", table(cost=[1.0, np.nan, 1, 1, 1, 1]))
    with pytest.raises(ValueError, match=r"column cost is empty at some ranks of network 1, expected all or none"):
        read_chunk(tmp_path / "a.csv", NETWORKS, [2])
    write_table(tmp_path / "a.csv", table())
    with pytest.raises(ValueError, match=r"network 3 has costs, expected none: it has no outputs"):
        read_chunk(tmp_path / "a.csv", {1: network(), 3: network(outputs=0)}, [2])


def test_only_unbounded_networks_may_grow_without_end(tmp_path):
    write_table(tmp_path / "a.csv", table(cost=[1.0, 1.0, 1.0, 1.0, np.inf, 1.0]))
    with pytest.raises(
        ValueError, match=r"network 3 has an infinite value, expected finite ones: its rates are bounded"
    ):
        read_chunk(tmp_path / "a.csv", NETWORKS, [2])
    read_chunk(tmp_path / "a.csv", {1: network(), 3: network(nonlinearity="relu")}, [2])
    write_table(tmp_path / "a.csv", table(state_distance=[1.0, 1.0, 1.0, 1.0, np.nan, 1.0]))
    with pytest.raises(ValueError, match=r"column state_distance is empty in row 5, expected a value in every row"):
        read_chunk(tmp_path / "a.csv", {1: network(), 3: network(nonlinearity="relu")}, [2])


def test_the_last_row_of_the_table_of_an_ensemble_is_missed(tmp_path):
    parts = [table().assign(task="a", reduction=name) for name in ("x", "y")]
    whole = pd.concat(parts)[[*KEY, "cost", "state_distance"]]
    write_table(tmp_path / "a.csv", whole)
    assert len(read_performance(tmp_path / "a.csv")) == 12
    write_table(tmp_path / "a.csv", whole.iloc[:-1])
    with pytest.raises(ValueError, match=r"a\.csv: no row with task a, reduction y, network 3, rank 5, which others"):
        read_performance(tmp_path / "a.csv")
