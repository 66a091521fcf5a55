"""Train one network on its task from its random initial weights."""

import json
from typing import TYPE_CHECKING

import torch

from opdims import storage
from opdims.devices import select_device
from opdims.network import initial_network
from opdims.seeding import make_generator
from opdims.tasks.catalogue import TASKS
from opdims.training import Checkpoint, train
from opdims.weights import Attributes
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    network: str,
    history: str,
    checkpoint: str,
    task: str,
    number: int,
    code: str,
    device: str,
    seed: int,
    constants: dict,
    training: dict,
) -> None:
    kind, chosen = TASKS[task], select_device(device)
    initial = initial_network(
        constants["units"],
        kind.n_inputs,
        kind.n_outputs,
        make_generator(seed, task, number, "initial"),
        gain=constants["gain"],
    )
    identity = [task, number, code, chosen.type, seed, constants, training]
    trained = train(
        kind,
        initial,
        **training,
        dt=constants["dt"],
        tau=constants["tau"],
        noise_std=constants["noise_std"],
        generator=make_generator(seed, task, number, "training"),
        device=chosen,
        checkpoint=Checkpoint(checkpoint, json.dumps(identity, sort_keys=True)),
    )
    attributes = Attributes(
        task=task,
        network=number,
        tau=constants["tau"],
        dt=constants["dt"],
        noise_std=constants["noise_std"],
        seed=seed,
        source="train",
    )
    write_table(history, trained.history)
    storage.write_network(network, storage.StoredNetwork(initial, trained.network, attributes))


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.output.network,
            snakemake.output.history,
            snakemake.params.checkpoint,
            snakemake.wildcards.task,
            int(snakemake.wildcards.network),
            snakemake.params.code,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.constants,
            snakemake.params.training,
        )
