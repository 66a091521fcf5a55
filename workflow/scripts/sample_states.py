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
from pipeline import datasets
from pipeline.jobs import run, task_from

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(networks: list[str], states: str, task: dict, device: str, seed: int, sampling: dict) -> None:
    place = select_device(device)
    numbers, samples = [], []
    for path in networks:
        network = storage.read_network(path)
        attributes = network.attributes
        todo, number = task_from(task, attributes.dt), attributes.network
        sample = sample_states(
            network.final.to(place),
            todo,
            **sampling,
            dt=attributes.dt,
            tau=attributes.tau,
            noise_std=attributes.noise_std,
            generator=make_generator(seed, todo.name, number, "sampling"),
            random_generator=make_generator(seed, todo.name, number, "random_locations"),
        )
        logging.info("network %d: %d locations", number, len(sample.state))
        numbers.append(number)
        samples.append(sample)
        if sample.state.shape != samples[0].state.shape:
            raise ValueError(
                f"{path}: locations and units are {tuple(sample.state.shape)}, expected those of {networks[0]}, "
                f"{tuple(samples[0].state.shape)}; networks of an ensemble have as many units and the same dt"
            )

    def stack(values: list[torch.Tensor]) -> np.ndarray:
        return torch.stack(values).cpu().numpy()

    conditions = [todo.conditions[index] for index in samples[0].condition.tolist()]
    dataset = xr.Dataset(
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
            "step": ("location", np.asarray(samples[0].step)),
        },
    )
    datasets.write_dataset(states, dataset, todo.name)


if __name__ == "__main__":
    run(main, snakemake)
