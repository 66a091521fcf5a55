"""Gather the variance explained by every kind of dimensions, for all tasks and networks of an ensemble."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from opdims import storage
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(networks: list[str], states: list[str], columns: list[str], rows: list[str], table: str) -> None:
    parts = []
    for path in networks:
        network = storage.read_network(path)
        singular_values = torch.linalg.svdvals(network.final.recurrent).numpy()
        task, number = network.attributes.task, network.attributes.network
        parts.append(explained(task, "recurrent", number, singular_values**2))
    quantities = [("activity", states, "activity_variance", 1)]
    for name, paths in (("columns", columns), ("rows", rows)):
        quantities.append((f"local_{name}", paths, "singular_value", 2))
        quantities.append((f"random_{name}", paths, "random_singular_value", 2))
    for quantity, paths, variable, power in quantities:
        for path in paths:
            task = Path(path).parts[-3]  # .../{task}/{stage}/{file}
            for values in datasets.read_dataset(path, [variable])[variable]:
                parts.append(explained(task, quantity, values.network.item(), values.values**power))
    key = ["task", "quantity", "network", "component"]
    write_table(table, pd.concat(parts).sort_values(key))


def explained(task: str, quantity: str, network: int, variance: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task": task,
            "quantity": quantity,
            "network": network,
            "component": np.arange(1, len(variance) + 1),
            "variance_explained": variance / variance.sum(),
        }
    )


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.states,
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.output.table,
        )
