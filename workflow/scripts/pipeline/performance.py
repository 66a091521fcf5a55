"""Tables of performance, read with a check that nothing is missing: neither a network nor a rank nor a number."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from opdims.storage import StoredNetwork
from pipeline.jobs import capped
from pipeline.tables import check_rows, read_table

ROW = ["network", "rank"]  # key of the table of a chunk and reduction
KEY = ["task", "reduction", *ROW]  # of that of an ensemble
MEASURED = ["cost", "state_distance"]


def read_chunk(
    path: str | Path, networks: Mapping[int, StoredNetwork], ranks: Iterable[int] | None = None
) -> pd.DataFrame:
    """Read the performance of one reduction of some networks: network, rank, cost and state_distance.

    Parameters
    ----------
    path
        A table that evaluate_networks wrote.
    networks
        The networks that it must have, by number.
    ranks
        That the configuration names; none: those of the table, among which must be 0 and N.

    Raises
    ------
    ValueError
        In one line that names the file, if it is damaged, or a network, rank or number is missing or not expected.
        Costs are missing where the network has no outputs or its task no targets, and infinite where a reduced network
        grows without end, which takes an unbounded nonlinearity.
    """
    table = read_table(path, [*ROW, *MEASURED], key=ROW, present=["state_distance"], complete="rank")
    chosen = table["rank"].unique().tolist() if ranks is None else list(ranks)
    sizes = {number: len(network.final.recurrent) for number, network in networks.items()}
    check_rows(path, table, ROW, ((number, rank) for number, units in sizes.items() for rank in capped(chosen, units)))
    for number, network in networks.items():
        part = table[table["network"] == number]
        if not len(network.final.output) and part["cost"].notna().any():
            raise ValueError(f"{path}: network {number} has costs, expected none: it has no outputs")
        if network.final.nonlinearity.bounded and np.isinf(part[MEASURED].to_numpy(float)).any():
            raise ValueError(
                f"{path}: network {number} has an infinite value, expected finite ones: its rates are bounded"
            )
    _check_costs(path, table, ["network"])
    return table


def read_performance(path: str | Path) -> pd.DataFrame:
    """Read the performance of an ensemble: task, reduction, network, rank, cost and state_distance.

    Raises ValueError, naming the file, if it is damaged, or a row or number is missing that others of the task have.
    """
    table = read_table(path, [*KEY, *MEASURED], key=KEY, present=["state_distance"], complete="rank")
    _check_costs(path, table, ["task", "reduction", "network"])
    return table


def _check_costs(path: str | Path, table: pd.DataFrame, key: list[str]) -> None:
    """Raise ValueError, naming the file, if a network has a cost at some ranks and none at others."""
    share = table["cost"].notna().groupby([table[name] for name in key], sort=False).mean()
    mixed = share[(share > 0) & (share < 1)]
    if len(mixed):
        values = mixed.index[0] if len(key) > 1 else (mixed.index[0],)
        about = ", ".join(f"{name} {value}" for name, value in zip(key, values, strict=True))
        raise ValueError(f"{path}: column cost is empty at some ranks of {about}, expected all or none")
