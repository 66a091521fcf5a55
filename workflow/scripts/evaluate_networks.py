"""Measure cost and state distance of the networks of a chunk with every reduced matrix."""

import logging
from typing import TYPE_CHECKING

import pandas as pd

from opdims.devices import select_device
from opdims.evaluation import Evaluation
from pipeline import datasets
from pipeline.jobs import capped, run, task_from
from pipeline.tables import concatenate, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["network", "rank", "cost", "state_distance"]


def main(
    networks: list[str],
    reduced: list[str],
    performance: list[str],
    task: dict,
    device: str,
    seed: int,
    reductions: list[str],
    ranks: list[int],
    evaluation: dict,
    memory: float,
) -> None:
    place = select_device(device)
    read, name = datasets.read_networks(networks, task["name"]), task["name"]
    about = dict(zip(reduced, reductions, strict=True))
    numbers = {path: datasets.networks_in(path, task=name, reduction=about[path]) for path in reduced}
    tables: dict[str, list[pd.DataFrame]] = {path: [] for path in reduced}
    for index, network in enumerate(read):
        number, todo = network.attributes.network, task_from(task, network.attributes.dt)
        own = capped(ranks, len(network.final.recurrent))
        having = [path for path in reduced if number in numbers[path]]  # a network may lack one of the reductions
        test = Evaluation.of_network(network, todo, **evaluation, seed=seed, memory=memory * 1e6, device=place)
        known = {"task": name, "units": len(network.final.recurrent)}
        factors = [datasets.read_factors(path, number, reduction=about[path], **known).to(place) for path in having]
        measured = test.measure(factors, own)
        for file, costs, distances in zip(having, *(part.tolist() for part in measured), strict=True):
            values = {"network": number, "rank": own, "cost": costs, "state_distance": distances}
            tables[file].append(pd.DataFrame(values))
        logging.info("network %d (%d of %d): evaluated", number, index + 1, len(networks))
    for path, parts in zip(performance, tables.values(), strict=True):
        write_table(path, concatenate(parts, COLUMNS))


if __name__ == "__main__":
    run(main, snakemake)
