"""Write the factors of every reduction of the networks of a chunk."""

from typing import TYPE_CHECKING

import torch

from opdims import storage
from opdims.devices import select_device
from opdims.reduction import Factors, reduce_all
from pipeline import datasets
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    networks: list[str],
    states: str,
    columns: str,
    rows: str,
    reduced: list[str],
    device: str,
    reductions: list[str],
) -> None:
    place = select_device(device)
    batch = [storage.read_network(path) for path in networks]
    sources = {
        "operative_columns": (columns, "global_direction"),
        "operative_rows": (rows, "global_direction"),
        "random_columns": (columns, "random_global_direction"),
        "random_rows": (rows, "random_global_direction"),
        "activity_components": (states, "activity_component"),
    }
    directions = {
        reduction: torch.from_numpy(datasets.read_dataset(path, [variable])[variable].values).to(place)
        for reduction, (path, variable) in sources.items()
    }
    factors = [
        reduce_all(
            network.final.recurrent.to(place),
            network.initial.recurrent.to(place),
            {reduction: each[index].clone() for reduction, each in directions.items()},
        )
        for index, network in enumerate(batch)
    ]
    numbers = [network.attributes.network for network in batch]
    for reduction, path in zip(reductions, reduced, strict=True):
        datasets.write_factors(path, Factors.stack([each[reduction] for each in factors]), numbers)


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.states,
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.output.reduced,
            snakemake.params.device,
            snakemake.params.reductions,
        )
