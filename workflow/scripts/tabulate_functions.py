"""Gather the costs of the functions of all tasks and networks of an ensemble in one table."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.logs import logging_to
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

KEY = ["dimension", "grouping", "function", "trials", "network", "rank"]


def main(functions: list[str], table: str) -> None:
    parts = []
    for path in functions:  # .../{task}/functions/chunk_{chunk}.csv
        part = read_table(path, [*KEY, "cost"])
        part.insert(0, "task", Path(path).parts[-3])
        part.insert(5, "own", part["function"] == part["trials"])
        parts.append(part)
    write_table(table, pd.concat(parts).sort_values(["task", *KEY]))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.functions, snakemake.output.table)
