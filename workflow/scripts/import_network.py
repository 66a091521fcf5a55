"""Turn a published network into a network file of the project."""

from typing import TYPE_CHECKING

from opdims.published import read_matrices
from opdims.weights import Attributes, write_weights
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(published: str, network: str, task: str, number: int, constants: dict) -> None:
    attributes = Attributes(
        task=task,
        network=number,
        tau=constants["tau"],
        dt=constants["dt"],
        noise_std=constants["noise_std"],
        seed=-1,
        source="published",
    )
    write_weights(network, read_matrices(published, number), attributes)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.published,
            snakemake.output.network,
            snakemake.wildcards.task,
            int(snakemake.wildcards.network),
            snakemake.params.constants,
        )
