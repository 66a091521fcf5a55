"""The tables of angles between the dimensions of functions, of tiny networks, against plain code."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from scipy.linalg import subspace_angles

import tabulate_angles
from opdims.catalogue import load_task
from opdims.geometry import random_basis
from opdims.seeding import make_generator
from pipeline import datasets

N = 12
NETWORKS = (1, 2, 3)
FUNCTIONS = {task: tuple(load_task(task).functions) for task in ("context_integration", "sine_generation")}
TASKS = {task: list(FUNCTIONS).index(task) for task in FUNCTIONS}


def basis(task, dimension, number, function):
    seed = 1000 * TASKS[task] + 100 * (dimension == "rows") + 10 * number + FUNCTIONS[task].index(function)
    return random_basis(N, N, torch.Generator().manual_seed(seed)).numpy()


def write_dimensions(folder, tasks, size):
    """Write the dimensions of every function in files of `size` networks; return the paths for columns and rows."""
    files = {"columns": [], "rows": []}
    for task, dimension, start in product(tasks, files, range(0, len(NETWORKS), size)):
        numbers = NETWORKS[start : start + size]
        values = [[basis(task, dimension, number, each) for each in FUNCTIONS[task]] for number in numbers]
        path = folder / task / "dimensions" / f"{dimension}_chunk_{1 + start // size}.nc"
        coordinates = {"network": list(numbers), "function": list(FUNCTIONS[task])}
        variables = {"function_global_direction": (("network", "function", "unit", "rank"), np.array(values))}
        datasets.write_dataset(path, xr.Dataset(variables, coords=coordinates), task)
        files[dimension].append(str(path))
    return files


class Tables:
    """The tables of functions, in a folder."""

    def __init__(self, folder, tasks, size=3):
        self.angles, self.principal_angles = (str(folder / f"{name}.csv") for name in ("angles", "principal_angles"))
        files = write_dimensions(folder, tasks, size)
        described = [{"name": task} for task in tasks]
        tabulate_angles.main(files["columns"], files["rows"], self.angles, self.principal_angles, 1, described)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return Tables(tmp_path_factory.mktemp("tables"), list(FUNCTIONS))


PAIRS = [
    ("context_integration", "context", "context_1", "context_2"),
    ("context_integration", "choice", "choice_negative", "choice_positive"),
    ("sine_generation", "band", "slow", "fast"),
]


def test_every_pair_of_functions_of_a_grouping_is_there_once(tables):
    angles = pd.read_csv(tables.angles)
    names = ["task", "dimension", "grouping", "function", "other", "network"]
    assert list(angles) == [*names, "component", "other_component", "angle"]
    assert len(angles) == (2 + 3) * 2 * 3 * 10 * 10
    subspaces = pd.read_csv(tables.principal_angles)
    assert list(subspaces) == [*names, "rank", "smallest", "mean", "largest"]
    assert len(subspaces) == (2 + 3 + 2) * 2 * 3 * N
    for table in (angles, subspaces):
        assert not table.duplicated(list(table.columns[:-1])).any()
        pairs = set(table[["task", "grouping", "function", "other"]].itertuples(index=False, name=None))
        assert set(PAIRS) | {("sine_generation", "band", "slow", "medium")} <= pairs
    assert len(angles[["task", "function", "other"]].drop_duplicates()) == 5


@pytest.mark.parametrize("dimension", ["columns", "rows"])
@pytest.mark.parametrize(("task", "grouping", "function", "other"), PAIRS)
def test_angles_are_of_the_dimensions_they_name(tables, task, grouping, function, other, dimension):
    angles = pd.read_csv(tables.angles).set_index(
        ["task", "dimension", "grouping", "function", "other", "network", "component", "other_component"]
    )["angle"]
    subspaces = pd.read_csv(tables.principal_angles).set_index(
        ["task", "dimension", "grouping", "function", "other", "network", "rank"]
    )
    first, second = basis(task, dimension, 2, function), basis(task, dimension, 2, other)
    pair = (task, dimension, grouping, function, other, 2)
    for i, j in ((1, 1), (1, 10), (7, 2)):
        expected = np.rad2deg(np.arccos(abs(first[:, i - 1] @ second[:, j - 1])))
        assert angles[(*pair, i, j)] == pytest.approx(expected, rel=1e-9)
    for rank in (1, 3, 6):
        expected = np.rad2deg(subspace_angles(first[:, :rank], second[:, :rank]))
        row = subspaces.loc[(*pair, rank)]
        assert row["smallest"] == pytest.approx(expected.min(), abs=1e-6)
        assert row["mean"] == pytest.approx(expected.mean(), abs=1e-6)
        assert row["largest"] == pytest.approx(expected.max(), abs=1e-6)
    assert subspaces.loc[(*pair, N), "largest"] == pytest.approx(0, abs=1e-9)


def test_the_baseline_is_of_two_random_subspaces_of_each_network(tables):
    subspaces = pd.read_csv(tables.principal_angles).query("grouping == 'random'")
    assert set(subspaces["function"]) == set(subspaces["other"]) == {"random"}
    generator = make_generator(1, "sine_generation", 3, "random_subspaces")
    first, second = (random_basis(N, N, generator).numpy()[:, :4] for _ in range(2))
    rows = subspaces.query("task == 'sine_generation' and network == 3 and rank == 4")
    assert rows["dimension"].tolist() == ["columns", "rows"]
    assert rows["largest"].tolist() == pytest.approx([np.rad2deg(subspace_angles(first, second).max())] * 2)
    assert subspaces.query("rank == 4")["largest"].nunique() == 2 * len(NETWORKS)


@pytest.mark.parametrize("size", [1, 2])
def test_tables_of_angles_are_the_same_bytes_in_chunks_of_any_size(tmp_path, tables, size):
    other = Tables(tmp_path, list(FUNCTIONS), size)
    for one, again in ((tables.angles, other.angles), (tables.principal_angles, other.principal_angles)):
        with open(one, "rb") as first, open(again, "rb") as second:
            assert first.read() == second.read()
