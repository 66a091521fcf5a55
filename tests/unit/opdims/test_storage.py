"""Files are written whole, read back the same, and say what is wrong with them."""

import h5py
import numpy as np
import pytest
import torch
import xarray as xr

from opdims import storage
from opdims.files import atomic, remove
from opdims.network import initial_network
from opdims.reduction import Factors
from opdims.weights import Attributes
from pipeline import datasets


@pytest.fixture
def network() -> storage.StoredNetwork:
    generator = torch.Generator().manual_seed(0)
    attributes = Attributes("sine_generation", 3, 10.0, 1.0, 0.1, 7, "train")
    return storage.StoredNetwork(initial_network(6, 2, 1, generator), initial_network(6, 2, 1, generator), attributes)


def test_a_network_is_read_as_it_was_written(tmp_path, network):
    storage.write_network(tmp_path / "network_3.h5", network)
    read = storage.read_network(tmp_path / "network_3.h5")
    assert read.attributes == network.attributes
    assert [type(value) for value in read.attributes] == [str, int, float, float, float, int, str]
    for stage in ("initial", "final"):
        for name, matrix in getattr(network, stage)._asdict().items():
            assert torch.equal(getattr(getattr(read, stage), name), matrix)


def test_a_network_is_the_same_bytes_again(tmp_path, network):
    for name in ("a.h5", "b.h5"):
        storage.write_network(tmp_path / name, network)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def change(path, dataset, value):
    with h5py.File(path, "a") as file:
        del file[dataset]
        if value is not None:
            file[dataset] = value


@pytest.mark.parametrize(
    ("dataset", "value", "message"),
    [
        ("final/recurrent", None, "dataset final/recurrent is missing"),
        (
            "final/recurrent",
            np.ones((6, 5)),
            r"dataset final/recurrent is \(6, 5\), expected a square matrix; was it tr",
        ),
        (
            "initial/input",
            np.ones((2, 6)),
            r"dataset initial/input is \(2, 6\), expected \(6, n_inputs\); was it transp",
        ),
        ("final/output", np.ones((6, 1)), r"dataset final/output is \(6, 1\), expected \(n_outputs, 6\)"),
        ("final/input", np.ones(6), r"dataset final/input is \(6,\), expected two dimensions"),
        ("final/input", np.full((6, 2), np.nan), "dataset final/input holds values that are not finite"),
        ("final/input", "words", "dataset final/input cannot be read as numbers"),
    ],
)
def test_what_is_wrong_with_a_network_file_is_named(tmp_path, network, dataset, value, message):
    path = tmp_path / "network_3.h5"
    storage.write_network(path, network)
    change(path, dataset, value)
    with pytest.raises(ValueError, match=message) as caught:
        storage.read_network(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_attribute_is_named(tmp_path, network):
    storage.write_network(tmp_path / "network_3.h5", network)
    with h5py.File(tmp_path / "network_3.h5", "a") as file:
        del file.attrs["tau"]
    with pytest.raises(ValueError, match="attribute tau is missing"):
        storage.read_network(tmp_path / "network_3.h5")


def test_missing_truncated_and_foreign_files_are_named(tmp_path, network):
    path = tmp_path / "network_3.h5"
    with pytest.raises(ValueError, match=r"network_3.h5: no such file"):
        storage.read_network(path)
    storage.write_network(path, network)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"network_3.h5: cannot be read as HDF5 .* expected a whole HDF5 file"):
        storage.read_network(path)
    path.write_text("not HDF5")
    with pytest.raises(ValueError, match=r"network_3.h5: cannot be read as HDF5"):
        storage.read_network(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half() -> None:
        with atomic(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_removed_file_leaves_nothing_of_itself(tmp_path):
    (tmp_path / "network_1.checkpoint").touch()
    (tmp_path / ".network_1-x1y2z3.checkpoint").touch()  # as a process leaves it that is killed while it writes
    (tmp_path / ".network_12-x1y2z3.checkpoint").touch()  # another's
    (tmp_path / "network_1.csv").touch()
    remove(tmp_path / "network_1.checkpoint")
    remove(tmp_path / "network_1.checkpoint")
    assert {path.name for path in tmp_path.iterdir()} == {".network_12-x1y2z3.checkpoint", "network_1.csv"}


def test_written_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    with atomic(tmp_path / "file"):
        pass
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("offset", [None, torch.rand(2, 6, 6)])
def test_factors_are_read_as_they_were_written(tmp_path, offset):
    factors = Factors(torch.rand(2, 6, 4), torch.rand(2, 4, 6), offset)
    datasets.write_factors(tmp_path / "factors.nc", factors, [3, 5])
    for part, read in zip(factors, datasets.read_factors(tmp_path / "factors.nc"), strict=True):
        assert (part is None and read is None) or torch.equal(part, read)


@pytest.mark.parametrize("offset", [None, torch.rand(2, 6, 6)])
def test_one_network_is_read_by_its_number(tmp_path, offset):
    factors, path = Factors(torch.rand(2, 6, 4), torch.rand(2, 4, 6), offset), tmp_path / "factors.nc"
    datasets.write_factors(path, factors, [3, 5])
    for part, read in zip(factors, datasets.read_factors(path, 5), strict=True):
        assert (part is None and read is None) or torch.equal(part[1], read)
    with pytest.raises(ValueError, match=r"factors.nc: network 1 is missing"):
        datasets.read_factors(path, 1)


def test_a_missing_variable_and_a_broken_netcdf_are_named(tmp_path):
    path = tmp_path / "states.nc"
    datasets.write_dataset(path, xr.Dataset({"state": ("unit", np.ones(3))}))
    with pytest.raises(ValueError, match=r"states.nc: variable impact is missing"):
        datasets.read_dataset(path, ["state", "impact"])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"states.nc: cannot be read as netCDF"):
        datasets.read_dataset(path, ["state"])


def test_a_variable_is_read_by_task_and_network(tmp_path):
    values = np.random.default_rng(0).standard_normal((3, 4, 4))
    paths = []
    for task, numbers in (("a", [1, 2]), ("b", [5])):
        paths.append(tmp_path / task / "states" / "chunk_1.nc")
        variables = {"v": (("network", "unit", "rank"), values[: len(numbers)])}
        datasets.write_dataset(paths[-1], xr.Dataset(variables, coords={"network": numbers}))
    found = datasets.read_by_network(paths, "v")
    assert list(found) == [("a", 1), ("a", 2), ("b", 5)]
    for key, index in ((("a", 1), 0), (("a", 2), 1), (("b", 5), 0)):
        assert torch.equal(found[key], torch.from_numpy(values[index]))
    with pytest.raises(ValueError, match=r"chunk_1.nc: variable w is missing"):
        datasets.read_by_network(paths, "w")
