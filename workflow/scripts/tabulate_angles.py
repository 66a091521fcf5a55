"""Tabulate the angles between the global dimensions of functions, and between the subspaces that they span."""

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from opdims.geometry import acute_angles, principal_angles, random_basis
from opdims.names import GROUPINGS
from opdims.seeding import make_generator
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COMPONENTS = 10  # of each function, between which angles are taken
RANKS = 30  # the largest of the subspaces


def main(columns: list[str], rows: list[str], angles: str, subspaces: str, seed: int) -> None:
    between_dimensions, between_subspaces = [], []
    for dimension, paths in (("columns", columns), ("rows", rows)):
        for path in map(Path, paths):  # .../{task}/dimensions/{dimension}_chunk_{chunk}.nc
            task = path.parts[-3]
            for network in datasets.read_dataset(path, ["function_global_direction"])["function_global_direction"]:
                number = network["network"].item()
                key = {"task": task, "dimension": dimension}
                bases = {
                    str(each["function"].item()): torch.tensor(np.ascontiguousarray(each.values)) for each in network
                }
                for grouping, functions in GROUPINGS[task].items():
                    for function, other in combinations(functions, 2):
                        pair = {**key, "grouping": grouping, "function": function, "other": other, "network": number}
                        between_dimensions.append(of_dimensions(pair, bases[function], bases[other]))
                        between_subspaces.append(of_subspaces(pair, bases[function], bases[other]))
                # Two random subspaces a network: the same for columns and rows, which differ from them alike.
                generator = make_generator(seed, task, number, "random_subspaces")
                units = network.sizes["unit"]
                drawn = [random_basis(units, min(RANKS, units), generator) for _ in range(2)]
                pair = {**key, "grouping": "random", "function": "random", "other": "random", "network": number}
                between_subspaces.append(of_subspaces(pair, *drawn))
    key_columns = ["task", "dimension", "grouping", "function", "other", "network"]
    table = pd.concat(between_dimensions).sort_values([*key_columns, "component", "other_component"])
    write_table(angles, table)
    write_table(subspaces, pd.concat(between_subspaces).sort_values([*key_columns, "rank"]))


def of_dimensions(pair: dict, first: Tensor, second: Tensor) -> pd.DataFrame:
    """Return the angles between each of the first dimensions of one function and each of the other."""
    values = acute_angles(first[:, :COMPONENTS], second[:, :COMPONENTS]).numpy()
    component, other_component = np.indices(values.shape) + 1
    return pd.DataFrame(
        {
            **pair,
            "component": component.ravel(),
            "other_component": other_component.ravel(),
            "angle": values.ravel(),
        }
    )


def of_subspaces(pair: dict, first: Tensor, second: Tensor) -> pd.DataFrame:
    """Return smallest, mean and largest principal angle between the spans of the first k dimensions, for each k."""
    ranks = np.arange(1, min(RANKS, first.shape[-2]) + 1)
    found = [principal_angles(first[:, :rank], second[:, :rank]) for rank in ranks]
    return pd.DataFrame(
        {
            **pair,
            "rank": ranks,
            "smallest": [each[0].item() for each in found],
            "mean": [each.mean().item() for each in found],
            "largest": [each[-1].item() for each in found],
        }
    )


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.output.angles,
            snakemake.output.principal_angles,
            snakemake.params.seed,
        )
