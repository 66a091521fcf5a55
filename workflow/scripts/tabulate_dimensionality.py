"""Gather the variance explained by every kind of dimensions, for all tasks and networks of an ensemble."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from pipeline import datasets
from pipeline.jobs import run
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(networks: list[str], states: list[str], columns: list[str], rows: list[str], table: str) -> None:
    parts, expected = [], {}
    for network in datasets.read_networks(networks):
        singular_values = torch.linalg.svdvals(network.final.recurrent).numpy()
        task, number = network.attributes.task, network.attributes.network
        expected[task, number] = len(singular_values)
        parts.append(explained(task, "recurrent", number, singular_values**2))
    quantities = [("activity", states, "activity_variance", 1)]
    for name, paths in (("columns", columns), ("rows", rows)):
        quantities.append((f"local_{name}", paths, "singular_value", 2))
        quantities.append((f"random_{name}", paths, "random_singular_value", 2))
    for quantity, paths, variable, power in quantities:
        for (task, number), values in datasets.read_by_network(paths, variable, expected, ("rank",)).items():
            if len(values) != expected[task, number] or (values < 0).any():
                raise ValueError(
                    f"{', '.join(paths)}: {variable} of network {number} of {task} is not of "
                    f"{expected[task, number]} values from 0 on, expected one for each unit"
                )
            parts.append(explained(task, quantity, number, values.numpy() ** power))
    key = ["task", "quantity", "network", "component"]
    write_table(table, pd.concat(parts).sort_values(key))


def explained(task: str, quantity: str, network: int, variance: np.ndarray) -> pd.DataFrame:
    """Return the share of the variance that each component explains; none does where there is no variance."""
    total = variance.sum()
    return pd.DataFrame(
        {
            "task": task,
            "quantity": quantity,
            "network": network,
            "component": np.arange(1, len(variance) + 1),
            "variance_explained": variance / total if total > 0 else np.zeros_like(variance),
        }
    )


if __name__ == "__main__":
    run(main, snakemake)
