"""The tables of subspaces, of tiny networks, against plain code; the same bytes in chunks of any size."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import tabulate_overlap
import tabulate_recurrent_variance
from opdims import storage
from opdims.formats.native import Attributes
from opdims.network import initial_network
from opdims.reduction import reduce_columns, reduce_rows
from pipeline import datasets

N = 12
NETWORKS = (1, 2, 3)


def draw(seed, *shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def basis(seed):
    return torch.linalg.qr(draw(seed, N, N)).Q


def write_bases(path, task, variable, seeds, networks):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = torch.stack([basis(seed) for seed in seeds]).numpy()
    dataset = xr.Dataset({variable: (("network", "unit", "rank"), values)}, coords={"network": list(networks)})
    datasets.write_dataset(path, dataset, task)
    return path


class Ensemble:
    """Networks of the tasks with random dimensions, in files of `size` networks each."""

    def __init__(self, folder, size, tasks=("context_integration", "sine_generation")):
        self.files: dict[str, list] = {name: [] for name in ("networks", "states", "columns", "rows", "reduced")}
        for place, task in enumerate(tasks):
            for number in NETWORKS:
                path = folder / task / "networks" / f"network_{number}.h5"
                storage.write_network(path, self.network(task, number))
                self.files["networks"].append(str(path))
            for chunk, start in enumerate(range(0, len(NETWORKS), size), 1):
                numbers = NETWORKS[start : start + size]
                for index, (name, file, variable) in enumerate(
                    [
                        ("states", "states/chunk", "activity_component"),
                        ("columns", "dimensions/columns_chunk", "global_direction"),
                        ("rows", "dimensions/rows_chunk", "global_direction"),
                    ]
                ):
                    path = folder / task / f"{file}_{chunk}.nc"
                    seeds = [100 * place + 10 * index + number for number in numbers]
                    self.files[name].append(str(write_bases(path, task, variable, seeds, numbers)))
                for reduction, reduce, seed in (
                    ("operative_columns", reduce_columns, 10),
                    ("operative_rows", reduce_rows, 20),
                ):
                    path = folder / task / "reduced" / f"{reduction}_chunk_{chunk}.nc"
                    factors = {
                        number: reduce(self.network(task, number).final.recurrent, basis(100 * place + seed + number))
                        for number in numbers
                    }
                    datasets.write_factors(path, factors, task, reduction, units=N)
                    self.files["reduced"].append(str(path))

    @staticmethod
    def network(task, number):
        generator = torch.Generator().manual_seed(number)
        attributes = Attributes(task, number, 10.0, 1.0, 0.1, 7, "train")
        return storage.StoredNetwork(
            initial_network(N, 2, 1, generator), initial_network(N, 2, 1, generator), attributes
        )

    def overlap(self, path):
        tabulate_overlap.main(*(self.files[name] for name in ("networks", "states", "columns", "rows")), str(path))
        return pd.read_csv(path)

    def recurrent_variance(self, path):
        tabulate_recurrent_variance.main(self.files["reduced"], str(path))
        return pd.read_csv(path)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    return Ensemble(tmp_path_factory.mktemp("whole"), size=3)


def mean_squared_cosine(first, second):
    return (np.linalg.svd(first.T @ second, compute_uv=False) ** 2).mean()


@pytest.mark.parametrize("rank", [1, 3, 12])
@pytest.mark.parametrize("number", [1, 3])
def test_overlaps_are_of_the_dimensions_and_references_they_name(tmp_path, ensemble, number, rank):
    table = ensemble.overlap(tmp_path / "overlap.csv")
    assert list(table) == ["task", "dimension", "reference", "network", "rank", "overlap"]
    assert len(table) == 2 * 2 * 3 * 3 * N
    table = table.set_index(["task", "dimension", "reference", "network", "rank"])["overlap"]
    network = ensemble.network("sine_generation", number)
    final, initial = network.final.recurrent.numpy(), network.initial.recurrent.numpy()
    activity = basis(100 + number).numpy()
    for dimension, seed in (("columns", 110), ("rows", 120)):
        operative = basis(seed + number).numpy()
        transposed = (lambda matrix: matrix) if dimension == "columns" else np.transpose
        references = {
            "recurrent": np.linalg.svd(transposed(final))[0],
            "activity": activity,
            "weight_change": np.linalg.svd(transposed(final - initial))[0],
        }
        for reference, directions in references.items():
            expected = mean_squared_cosine(operative[:, :rank], directions[:, :rank])
            found = table["sine_generation", dimension, reference, number, rank]
            assert found == pytest.approx(expected, rel=1e-9)


def test_the_variance_of_w_is_that_of_the_reduction_and_network(tmp_path, ensemble):
    table = ensemble.recurrent_variance(tmp_path / "recurrent_variance.csv")
    assert list(table) == ["task", "reduction", "network", "rank", "variance_explained"]
    assert len(table) == 2 * 2 * 3 * (N + 1)
    table = table.set_index(["task", "reduction", "network", "rank"])["variance_explained"]
    for rank in range(N + 1):
        recurrent = ensemble.network("context_integration", 2).final.recurrent
        directions = basis(22)[:, :rank]
        gap = recurrent - recurrent @ directions @ directions.mT
        expected = 1 - (gap.square().sum() / recurrent.square().sum()).item()
        assert table["context_integration", "operative_rows", 2, rank] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [1, 2])
def test_tables_are_the_same_bytes_in_chunks_of_any_size(tmp_path, ensemble, size):
    other = Ensemble(tmp_path / "other", size=size)
    for name in ("overlap", "recurrent_variance"):
        for each, label in ((ensemble, "whole"), (other, "chunks")):
            getattr(each, name)(tmp_path / f"{label}_{name}.csv")
        assert (tmp_path / f"whole_{name}.csv").read_bytes() == (tmp_path / f"chunks_{name}.csv").read_bytes()
