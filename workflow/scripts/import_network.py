"""Turn a published network, or a user's own, into a network file of the project."""

from typing import TYPE_CHECKING

from opdims.formats.native import Attributes, write_weights
from pipeline.imports import Reading, read_import
from pipeline.jobs import run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(file: str, weights: str, task: str, network: int, source: str, reading: Reading) -> None:
    stages, said = read_import(file, reading)
    write_weights(weights, stages, Attributes(task=task, network=network, seed=-1, source=source, **said))


if __name__ == "__main__":
    run(main, snakemake)
