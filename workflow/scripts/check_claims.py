"""Check the claims of the paper against the tables of an ensemble."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.claims import check_claims
from pipeline.jobs import run
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(tables: list[str], verdicts: str, claims: list[dict], source: str) -> None:
    write_table(verdicts, check_claims(claims, {Path(path).stem: read_table(path) for path in tables}, source))


if __name__ == "__main__":
    run(main, snakemake)
