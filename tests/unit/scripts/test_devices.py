"""Devices by name, and every stage on a mock one: no tensor is left on the CPU, and the results are the CPU's."""

import shutil
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from any_networks import Kind
from stages import STAGES, described, run_all, run_stage

import train_network
from mock_device import DEVICE, DeviceError, mock_device
from opdims import storage
from opdims.devices import select_device


def test_the_cpu_is_always_there():
    assert select_device("cpu") == torch.device("cpu")


def test_auto_takes_a_gpu_if_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert select_device("auto") == select_device("cuda") == torch.device("cuda")


def test_a_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert select_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match="torch sees no GPU here; expected auto or cpu"):
        select_device("cuda")


def test_the_mock_device_computes_what_the_cpu_does():
    matrix = torch.arange(12.0, dtype=torch.float64).reshape(3, 4)
    with mock_device():
        there = matrix.to(DEVICE)
        there[1:].mul_(2)
        factor = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, device=DEVICE)
        weights = there.clone().requires_grad_()
        (gradient,) = torch.autograd.grad((factor @ weights.tanh()).sum(), [weights])
        assert there.device == gradient.device == DEVICE
        assert there.sum().item() == 6 + 2 * 60
        results = there.cpu(), torch.linalg.svdvals(there).cpu(), gradient.cpu()
    expected = torch.cat([matrix[:1], 2 * matrix[1:]])
    slope = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64) * (1 - expected.tanh() ** 2)
    for result, known in zip(results, (expected, torch.linalg.svdvals(expected), slope), strict=True):
        torch.testing.assert_close(result, known)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda here, there: here + there,
        lambda here, there: torch.stack([here, there]),
        lambda here, there: there.mul_(here),
        lambda here, there: torch.matmul(there, here, out=torch.empty_like(there)),
        lambda here, there: here[there[0].long()],
        lambda here, there: torch.randn(3, device=there.device, generator=torch.Generator()),
        lambda here, there: there.numpy(),
    ],
)
def test_the_mock_device_refuses_what_a_gpu_would(mistake):
    here = torch.ones(2, 2)
    with mock_device(), pytest.raises((DeviceError, RuntimeError), match=r"both devices|indexed|generator|numpy"):
        mistake(here, here.to(DEVICE))


GENERAL = Kind(equation="rate", start=True, n_inputs=2, nonlinearity="relu", scale=0.5, bias=True)


TRAINED = ("context_integration", "sine_generation")
CASES = [*product(TRAINED, STAGES), *((GENERAL, stage) for stage in STAGES if stage is not train_network)]


@pytest.fixture(scope="module")
def on_the_cpu(request, tmp_path_factory):
    """A folder with the results of all stages, and the task."""
    folder = tmp_path_factory.mktemp("stages")
    trained = request.param in TRAINED
    task = described(request.param) if trained else request.param.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_all(task, train=trained)
    return folder, task


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on_the_cpu", "stage"), CASES, indirect=["on_the_cpu"], ids=lambda each: getattr(each, "__name__", str(each)[:20])
)
def test_a_stage_on_a_mock_device_gives_the_results_of_the_cpu(on_the_cpu, stage, tmp_path, monkeypatch):
    expected, task = on_the_cpu
    outputs = STAGES[stage][1]
    shutil.copytree(expected, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*outputs, "*.checkpoint"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, "select_device", lambda _: DEVICE)
    with mock_device():
        run_stage(stage, task)
    for name in outputs:
        compare(tmp_path / name, expected / name, rtol=1e-3 if stage is train_network else 1e-6)


def compare(path, expected, rtol):
    if path.suffix == ".csv":
        pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(expected), rtol=rtol, atol=1e-9)
    elif path.suffix == ".h5":
        found, known = (storage.read_network(each).final.tensors() for each in (path, expected))
        torch.testing.assert_close(found, known, rtol=rtol, atol=1e-5)
    else:
        with xr.open_dataset(path) as found, xr.open_dataset(expected) as known:
            assert set(found.variables) == set(known.variables)
            for name, values in known.variables.items():
                if values.dtype.kind == "f":
                    np.testing.assert_allclose(found[name].values, values.values, rtol=rtol, atol=1e-6, err_msg=name)
                else:
                    assert (found[name].values == values.values).all(), name
