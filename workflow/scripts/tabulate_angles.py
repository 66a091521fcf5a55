"""Tabulate the angles between the global dimensions of functions, and between the subspaces that they span."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from opdims import geometry
from opdims.seeding import make_generator
from pipeline import datasets
from pipeline.jobs import run, task_from
from pipeline.tables import concatenate, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COMPONENTS = 10  # of each function, between which angles are taken
RANKS = 30  # the largest of the subspaces


PAIR = ["task", "dimension", "grouping", "function", "other", "network"]
DIMENSIONS = [*PAIR, "component", "other_component"]
SUBSPACES = [*PAIR, "rank"]


def main(columns: list[str], rows: list[str], angles: str, principal_angles: str, seed: int, tasks: list[dict]) -> None:
    known = {task.name: task for task in map(task_from, tasks)}
    groups = {name: task.groups for name, task in known.items()}
    between_dimensions, between_subspaces = [], []
    for dimension, paths in (("columns", columns), ("rows", rows)):
        for path in paths:
            dataset = datasets.read_dataset(path, ["function_global_direction"])
            task = dataset.attrs["task"]
            if task not in known:
                raise ValueError(f"{path}: is about task {task}, expected one of {', '.join(known)}")
            datasets.check_functions(path, dataset, list(known[task].functions))
            if not any(len(functions) > 1 for functions in groups[task].values()):
                continue
            for network in dataset["function_global_direction"]:
                number = network["network"].item()
                key = {"task": task, "dimension": dimension}
                bases = {
                    str(each["function"].item()): torch.tensor(np.ascontiguousarray(each.values)) for each in network
                }
                for grouping, functions in groups[task].items():
                    for function, other in combinations(functions, 2):
                        pair = {**key, "grouping": grouping, "function": function, "other": other, "network": number}
                        between_dimensions.append(of_dimensions(pair, bases[function], bases[other]))
                        between_subspaces.append(of_subspaces(pair, bases[function], bases[other]))
                # Two random subspaces a network: the same for columns and rows, which differ from them alike.
                generator = make_generator(seed, task, number, "random_subspaces")
                units = network.sizes["unit"]
                drawn = [geometry.random_basis(units, min(RANKS, units), generator) for _ in range(2)]
                pair = {**key, "grouping": "random", "function": "random", "other": "random", "network": number}
                between_subspaces.append(of_subspaces(pair, *drawn))
    measures = ["smallest", "mean", "largest"]
    dimensions = concatenate(between_dimensions, [*DIMENSIONS, "angle"]).sort_values(DIMENSIONS)
    subspaces = concatenate(between_subspaces, [*SUBSPACES, *measures]).sort_values(SUBSPACES)
    check_networks([*columns, *rows], subspaces)
    write_table(angles, dimensions)
    write_table(principal_angles, subspaces)


def check_networks(paths: list[str], subspaces: pd.DataFrame) -> None:
    """Raise ValueError, naming the files, unless each network of a task is in one file for columns and one for rows."""
    found = subspaces[(subspaces["grouping"] == "random") & (subspaces["rank"] == 1)]
    counts = found.groupby(["task", "network", "dimension"]).size().unstack(fill_value=0)
    for (task, number), files in counts.iterrows():
        if not (len(files) == 2 and (files == 1).all()):
            raise ValueError(
                f"{', '.join(paths)}: network {number} of {task} is in {files.get('columns', 0)} files of columns and "
                f"{files.get('rows', 0)} of rows, expected one of each"
            )


def of_dimensions(pair: dict, first: Tensor, second: Tensor) -> pd.DataFrame:
    """Return the angles between each of the first dimensions of one function and each of the other."""
    values = geometry.acute_angles(first[:, :COMPONENTS], second[:, :COMPONENTS]).numpy()
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
    found = [geometry.principal_angles(first[:, :rank], second[:, :rank]) for rank in ranks]
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
    run(main, snakemake)
