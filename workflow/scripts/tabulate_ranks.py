"""Find the ranks that suffice each network, for every reduction."""

from typing import TYPE_CHECKING

from pipeline.logs import logging_to
from pipeline.tables import read_table, sufficient_ranks, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(performance: str, table: str) -> None:
    costs = read_table(performance, ["task", "reduction", "network", "rank", "cost"])
    write_table(table, sufficient_ranks(costs, ["task", "reduction", "network"]))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.performance, snakemake.output.table)
