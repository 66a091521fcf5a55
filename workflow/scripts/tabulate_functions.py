"""Gather the costs of the functions of all tasks and networks of an ensemble in one table."""

from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.datasets import read_networks
from pipeline.jobs import run
from pipeline.tables import check_rows, concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

KEY = ["dimension", "grouping", "function", "trials", "network", "rank"]


COLUMNS = ["task", *KEY[:4], "own", *KEY[4:], "cost"]


def main(
    functions: list[str], networks: list[str], table: str, parts: list[tuple[str, list[int]]], largest_rank: int
) -> None:
    """Gather tables, of which each is about the task and networks that stand at its place in `parts`."""
    units = {
        (each.attributes.task, each.attributes.network): len(each.final.recurrent)
        for each in read_networks(networks)
        if len(each.final.output)  # without outputs there is no cost
    }
    read = []
    for path, (task, numbers) in zip(functions, parts, strict=True):
        sizes = {number: units[task, number] for number in numbers if (task, number) in units}
        read.append(read_functions(path, sizes, largest_rank).assign(task=task))
    own = (part.assign(own=part["function"] == part["trials"]) for part in read)
    write_table(table, concatenate(own, COLUMNS).sort_values(["task", *KEY]))


def read_functions(path: str, units: dict[int, int], largest_rank: int) -> pd.DataFrame:
    """Read the costs of functions of some networks, of which `units` has the number of units; no row: no targets.

    Raises ValueError, naming the file, if a row is missing or not expected: each function with the trials of each of
    its group, for columns and rows, at every rank up to the largest.
    """
    rows = read_table(path, [*KEY, "cost"], key=KEY, present=["cost"])
    members = rows.groupby("grouping")["function"].unique()
    expected = (
        (dimension, group, *pair, number, rank)
        for dimension in ("columns", "rows")
        for group, those in members.items()
        for pair in product(those, repeat=2)
        for number, size in units.items()
        for rank in range(min(largest_rank, size) + 1)
    )
    check_rows(path, rows, KEY, expected)
    return rows


if __name__ == "__main__":
    run(main, snakemake)
