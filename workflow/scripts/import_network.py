"""Turn a published network into a network file of the project."""

from typing import TYPE_CHECKING

from opdims import storage
from opdims.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(published: str, network: str, task: str, number: int, constants: dict) -> None:
    initial, final = storage.read_published(published, number)
    attributes = storage.Attributes(
        task=task,
        network=number,
        tau=constants["tau"],
        dt=constants["dt"],
        noise_std=constants["noise_std"],
        seed=-1,
        source="published",
    )
    storage.write_network(network, storage.StoredNetwork(initial, final, attributes))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.published,
            snakemake.output.network,
            snakemake.wildcards.task,
            int(snakemake.wildcards.network),
            snakemake.params.constants,
        )
