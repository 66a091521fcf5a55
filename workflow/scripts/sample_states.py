"""Sample the states of each network of a chunk while it does its task."""

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.sampling import sample_states
from opdims.seeding import make_generator
from opdims.tasks.catalogue import TASKS
from pipeline import datasets
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(networks: list[str], states: str, device: str, seed: int, sampling: dict) -> None:
    place = select_device(device)
    numbers, samples = [], []
    for path in networks:
        network = storage.read_network(path)
        task, number = network.attributes.task, network.attributes.network
        sample = sample_states(
            network.final.to(place),
            TASKS[task],
            **sampling,
            dt=network.attributes.dt,
            tau=network.attributes.tau,
            noise_std=network.attributes.noise_std,
            generator=make_generator(seed, task, number, "sampling"),
            random_generator=make_generator(seed, task, number, "random_locations"),
        )
        logging.info("network %d: %d locations", number, len(sample.state))
        numbers.append(number)
        samples.append(sample)

    def stack(values: list[torch.Tensor]) -> np.ndarray:
        return torch.stack(values).cpu().numpy()

    conditions = [TASKS[task].conditions[index] for index in samples[0].condition.tolist()]
    datasets.write_dataset(
        states,
        xr.Dataset(
            {
                "state": (("network", "location", "unit"), stack([sample.state for sample in samples])),
                "random_state": (("network", "location", "unit"), stack([sample.random_state for sample in samples])),
                "activity_component": (
                    ("network", "unit", "rank"),
                    stack([sample.activity.direction for sample in samples]),
                ),
                "activity_variance": (("network", "rank"), stack([sample.activity.variance for sample in samples])),
            },
            coords={
                "network": numbers,
                "condition": ("location", conditions),
                "step": ("location", samples[0].step.numpy()),
            },
        ),
    )


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.output.states,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.sampling,
        )
