"""Gather the performance of all reductions, tasks and networks of an ensemble in one table."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.logs import logging_to
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(performance: list[str], table: str) -> None:
    parts = []
    for path in map(Path, performance):  # .../{task}/performance/{reduction}_chunk_{chunk}.csv
        part = read_table(path, ["network", "rank", "cost", "state_distance"])
        part.insert(0, "reduction", path.name.partition("_chunk_")[0])
        part.insert(0, "task", path.parts[-3])
        parts.append(part)
    key = ["task", "reduction", "network", "rank"]
    write_table(table, pd.concat(parts).sort_values(key))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.performance, snakemake.output.table)
