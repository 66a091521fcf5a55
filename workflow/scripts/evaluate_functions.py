"""Measure the cost of each function of a task with matrices reduced to the dimensions of each function."""

import logging
from typing import TYPE_CHECKING

import pandas as pd
import torch

from opdims import storage
from opdims.devices import select_device
from opdims.evaluation import Evaluation
from opdims.names import GROUPINGS
from opdims.reduction import reduce_columns, reduce_rows
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCE = {"columns": reduce_columns, "rows": reduce_rows}


def main(
    networks: list[str],
    columns: str,
    rows: str,
    functions: str,
    device: str,
    seed: int,
    largest_rank: int,
    evaluation: dict,
    memory: float,
) -> None:
    place = select_device(device)
    variable = "function_global_direction"
    directions = {
        dimension: datasets.read_dataset(path, [variable])[variable].transpose("network", "function", "unit", "rank")
        for dimension, path in (("columns", columns), ("rows", rows))
    }
    tables = []
    for index, path in enumerate(networks):
        network = storage.read_network(path)
        recurrent, number = network.final.recurrent.to(place), network.attributes.network
        ranks = list(range(min(largest_rank, len(recurrent)) + 1))
        groupings = GROUPINGS[network.attributes.task]
        grouping_of = {function: grouping for grouping, functions in groupings.items() for function in functions}
        factors = {
            (dimension, function): REDUCE[dimension](recurrent, torch.tensor(each[index, position].values).to(place))
            for dimension, each in directions.items()
            for position, function in enumerate(grouping_of)
        }
        test = Evaluation.of_network(network, **evaluation, seed=seed, memory=memory * 1e6, device=place)
        costs = test.measure_functions(list(factors.values()), ranks).cpu()
        for (dimension, function), cost in zip(factors, costs, strict=True):
            grouping = grouping_of[function]
            for position, trials in enumerate(grouping_of):
                if grouping_of[trials] == grouping:
                    part = {"dimension": dimension, "grouping": grouping, "function": function, "trials": trials}
                    measured = {"network": number, "rank": ranks, "cost": cost[:, position].tolist()}
                    tables.append(pd.DataFrame(part | measured))
        logging.info("network %d (%d of %d): evaluated by function", number, index + 1, len(networks))
    write_table(functions, pd.concat(tables))


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.output.functions,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.largest_rank,
            snakemake.params.evaluation,
            snakemake.resources.mem_mb,
        )
