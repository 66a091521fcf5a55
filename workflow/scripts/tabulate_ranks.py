"""Find the ranks that suffice each network, for every reduction."""

from typing import TYPE_CHECKING

from pipeline.jobs import run
from pipeline.performance import read_performance
from pipeline.tables import sufficient_ranks, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(performance: str, table: str) -> None:
    write_table(table, sufficient_ranks(read_performance(performance), ["task", "reduction", "network"]))


if __name__ == "__main__":
    run(main, snakemake)
