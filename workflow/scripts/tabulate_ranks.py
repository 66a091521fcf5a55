"""Find the ranks that suffice each network, for every reduction."""

from typing import TYPE_CHECKING

from pipeline.jobs import run
from pipeline.tables import read_table, sufficient_ranks, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(performance: str, table: str) -> None:
    key = ["task", "reduction", "network"]
    measured = read_table(performance, [*key, "rank", "cost", "state_distance"], key=[*key, "rank"])
    write_table(table, sufficient_ranks(measured, key))


if __name__ == "__main__":
    run(main, snakemake)
