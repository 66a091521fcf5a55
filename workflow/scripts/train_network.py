"""Train one network on its task from its random initial weights."""

import json
import logging
from typing import TYPE_CHECKING

import pandas as pd

from opdims import storage
from opdims.devices import select_device
from opdims.formats.native import Attributes
from opdims.network import initial_network
from opdims.nonlinearity import NONLINEARITIES
from opdims.seeding import make_generator
from opdims.training.checkpoint import Checkpoint
from opdims.training.loop import TrainingError, train
from pipeline.jobs import run, task_from
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    weights: str,
    history: str,
    checkpoint: str,
    network: int,
    task: dict,
    code: str,
    device: str,
    seed: int,
    constants: dict,
    training: dict,
) -> None:
    place = select_device(device)
    dt, tau, noise_std = (constants[name] for name in ("dt", "tau", "noise_std"))
    todo = task_from(task, dt)
    initial = initial_network(
        constants["units"],
        todo.n_inputs,
        todo.n_outputs,
        make_generator(seed, todo.name, network, "initial"),
        gain=constants["gain"],
        bias=constants["bias"],
        nonlinearity=NONLINEARITIES[constants["nonlinearity"]],
    )
    identity = [task, network, code, place.type, seed, constants, training]
    try:
        trained = train(
            todo,
            initial,
            **training,
            dt=dt,
            tau=tau,
            noise_std=noise_std,
            generator=make_generator(seed, todo.name, network, "training"),
            test_generator=make_generator(seed, todo.name, network, "test of training"),
            device=place,
            checkpoint=Checkpoint(checkpoint, json.dumps(identity, sort_keys=True)),
        )
    except TrainingError as error:  # accept_network says so: here it would end the job of other networks, too
        logging.warning(error)
        trained = error.trained
    attributes = Attributes(
        task=todo.name,
        network=network,
        tau=tau,
        dt=dt,
        noise_std=noise_std,
        seed=seed,
        source="train",
        nonlinearity=constants["nonlinearity"],
        cost=trained.cost,
    )
    write_table(history, pd.DataFrame(trained.history))
    storage.write_network(weights, storage.StoredNetwork(initial, trained.network, attributes))


if __name__ == "__main__":
    run(main, snakemake)
