"""Gather the costs of the functions of all tasks and networks of an ensemble in one table."""

from typing import TYPE_CHECKING

from pipeline.jobs import run
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

KEY = ["dimension", "grouping", "function", "trials", "network", "rank"]


COLUMNS = ["task", *KEY[:4], "own", *KEY[4:], "cost"]


def main(functions: list[str], table: str, parts: list[str]) -> None:
    """Gather tables, of which each is about the task that stands at its place in `parts`."""
    read = [
        read_table(path, [*KEY, "cost"], key=KEY).assign(task=task) for path, task in zip(functions, parts, strict=True)
    ]
    own = (part.assign(own=part["function"] == part["trials"]) for part in read)
    write_table(table, concatenate(own, COLUMNS).sort_values(["task", *KEY]))


if __name__ == "__main__":
    run(main, snakemake)
