"""Measure the cost of each function of a task with matrices reduced to the dimensions of each function."""

import logging
from typing import TYPE_CHECKING

import pandas as pd

from opdims.devices import select_device
from opdims.evaluation import Evaluation
from opdims.reduction import reduce_columns, reduce_rows
from pipeline import datasets
from pipeline.jobs import run, task_from
from pipeline.tables import concatenate, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCE = {"columns": reduce_columns, "rows": reduce_rows}
COLUMNS = ["dimension", "grouping", "function", "trials", "network", "rank", "cost"]


def main(
    networks: list[str],
    columns: str,
    rows: str,
    functions: str,
    task: dict,
    device: str,
    seed: int,
    largest_rank: int,
    evaluation: dict,
    memory: float,
) -> None:
    place = select_device(device)
    read = datasets.read_networks(networks, task["name"])
    functions_of_task = list(task_from(task, read[0].attributes.dt).functions)
    expected = [(task["name"], each.attributes.network) for each in read]
    about = ("function_global_direction", expected, ("function", "unit", "rank"), functions_of_task)
    directions = {
        "columns": datasets.read_by_network([columns], *about),
        "rows": datasets.read_by_network([rows], *about),
    }
    tables = []
    for index, network in enumerate(read):
        recurrent, number = network.final.recurrent.to(place), network.attributes.network
        todo = task_from(task, network.attributes.dt)
        ranks = list(range(min(largest_rank, len(recurrent)) + 1))
        place_of = {function: position for position, function in enumerate(todo.functions)}
        compared = {group: list(each) for group, each in todo.groups.items() if len(each) > 1}
        factors = {
            (dimension, group, function): REDUCE[dimension](
                recurrent, each[todo.name, number][place_of[function]].to(place)
            )
            for dimension, each in directions.items()
            for group, members in compared.items()
            for function in members
        }
        if not factors:
            continue
        test = Evaluation.of_network(network, todo, **evaluation, seed=seed, memory=memory * 1e6, device=place)
        costs = test.measure_functions(list(factors.values()), ranks).cpu()
        for (dimension, group, function), cost in zip(factors, costs, strict=True):
            for trials in compared[group]:
                part = {"dimension": dimension, "grouping": group, "function": function, "trials": trials}
                measured = {"network": number, "rank": ranks, "cost": cost[:, place_of[trials]].tolist()}
                tables.append(pd.DataFrame(part | measured))
        logging.info("network %d (%d of %d): evaluated by function", number, index + 1, len(networks))
    write_table(functions, concatenate((table.dropna(subset="cost") for table in tables), COLUMNS))


if __name__ == "__main__":
    run(main, snakemake)
