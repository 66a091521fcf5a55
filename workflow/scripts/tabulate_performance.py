"""Gather the performance of all reductions, tasks and networks of an ensemble in one table."""

from typing import TYPE_CHECKING

from pipeline.jobs import run
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


KEY = ["task", "reduction", "network", "rank"]
MEASURED = ["cost", "state_distance"]


def main(performance: list[str], table: str, parts: list[tuple[str, str]]) -> None:
    """Gather tables, of which each is about the task and reduction that stand at its place in `parts`."""
    read = (
        read_table(path, [*KEY[2:], *MEASURED], key=KEY[2:]).assign(task=task, reduction=reduction)
        for path, (task, reduction) in zip(performance, parts, strict=True)
    )
    write_table(table, concatenate(read, [*KEY, *MEASURED]).sort_values(KEY))


if __name__ == "__main__":
    run(main, snakemake)
