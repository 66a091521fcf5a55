"""Datasets read back the same, say what they are about, and are named where they cannot be read."""

import numpy as np
import pytest
import torch
import xarray as xr

from opdims.reduction import Factors
from pipeline import datasets


def draw(seed, *shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def write(path, variable="x", networks=(2, 7)):
    values = draw(len(networks), len(networks), 3, 3).numpy()
    dataset = xr.Dataset({variable: (("network", "unit", "rank"), values)}, coords={"network": list(networks)})
    datasets.write_dataset(path, dataset, "flip_flop")
    return values


def test_a_dataset_says_its_task_and_gives_one_network_alone(tmp_path):
    values = write(tmp_path / "a.nc")
    whole = datasets.read_dataset(tmp_path / "a.nc", ["x"], optional=["y"])
    assert whole.attrs["task"] == "flip_flop"
    np.testing.assert_array_equal(whole["x"].values, values)
    one = datasets.read_dataset(tmp_path / "a.nc", ["x"], network=7)
    np.testing.assert_array_equal(one["x"].values, values[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variables": ["x", "z"]}, "variable z is missing, expected x, z"),
        ({"variables": ["x"], "network": 3}, r"network 3 is missing, expected one of \[2, 7\]"),
    ],
)
def test_what_is_missing_is_named(tmp_path, arguments, message):
    write(tmp_path / "a.nc")
    with pytest.raises(ValueError, match=rf"a\.nc: {message}"):
        datasets.read_dataset(tmp_path / "a.nc", **arguments)


def test_a_dataset_of_no_task_and_a_file_that_is_none_are_named(tmp_path):
    xr.Dataset({"x": ("unit", [1.0])}).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=r"a\.nc: attribute task is missing, expected the name of a task"):
        datasets.read_dataset(tmp_path / "a.nc", ["x"])
    for name, content in (("gone.nc", None), ("empty.nc", b""), ("text.nc", b"network,rank\n1,2\n")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ValueError, match=rf"{name}: cannot be read \(.*\), expected a whole netCDF file of results"
        ):
            datasets.read_dataset(tmp_path / name, ["x"])


def test_a_variable_is_found_by_task_and_network(tmp_path):
    first, second = write(tmp_path / "a.nc"), write(tmp_path / "b.nc", networks=(1, 3, 4))
    found = datasets.read_by_network([tmp_path / "a.nc", tmp_path / "b.nc"], "x")
    assert list(found) == [("flip_flop", number) for number in (2, 7, 1, 3, 4)]
    np.testing.assert_array_equal(found["flip_flop", 7].numpy(), first[1])
    np.testing.assert_array_equal(found["flip_flop", 4].numpy(), second[2])


@pytest.mark.parametrize("offset", [None, draw(9, 3, 3)])
def test_factors_read_back_the_same(tmp_path, offset):
    factors = {number: Factors(draw(number, 3, 3), draw(10 + number, 3, 3), offset) for number in (4, 2)}
    datasets.write_factors(tmp_path / "a.nc", factors, "flip_flop", "weight_change", units=3)
    assert datasets.networks_in(tmp_path / "a.nc") == [4, 2]
    assert datasets.read_dataset(tmp_path / "a.nc", ["left"]).attrs["reduction"] == "weight_change"
    for number, expected in factors.items():
        for rank in range(4):
            found = datasets.read_factors(tmp_path / "a.nc", number).matrix(rank)
            assert torch.equal(found, expected.matrix(rank))


def test_a_file_may_hold_the_factors_of_no_network(tmp_path):
    datasets.write_factors(tmp_path / "a.nc", {}, "flip_flop", "weight_change", units=3)
    assert datasets.networks_in(tmp_path / "a.nc") == []
    with pytest.raises(ValueError, match=r"a\.nc: network 1 is missing, expected one of \[\]"):
        datasets.read_factors(tmp_path / "a.nc", 1)
