"""Measure cost and state distance of the networks of a chunk with every reduced matrix."""

import logging
from typing import TYPE_CHECKING

import pandas as pd
import torch

from opdims import storage
from opdims.devices import select_device
from opdims.evaluation import Evaluation
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    networks: list[str],
    reduced: list[str],
    performance: list[str],
    device: str,
    seed: int,
    ranks: list[int],
    evaluation: dict,
    memory: float,
) -> None:
    place = select_device(device)
    tables: list[list[pd.DataFrame]] = [[] for _ in performance]
    for index, path in enumerate(networks):
        network = storage.read_network(path)
        number = network.attributes.network
        test = Evaluation.of_network(network, **evaluation, seed=seed, memory=memory * 1e6, device=place)
        factors = [datasets.read_factors(path).of_network(index).to(place) for path in reduced]
        measured = test.measure(factors, ranks)
        for table, costs, distances in zip(tables, *(part.tolist() for part in measured), strict=True):
            table.append(pd.DataFrame({"network": number, "rank": ranks, "cost": costs, "state_distance": distances}))
        logging.info("network %d (%d of %d): evaluated", number, index + 1, len(networks))
    for path, table in zip(performance, tables, strict=True):
        write_table(path, pd.concat(table))


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.reduced,
            snakemake.output.performance,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.ranks,
            snakemake.params.evaluation,
            snakemake.resources.mem_mb,
        )
