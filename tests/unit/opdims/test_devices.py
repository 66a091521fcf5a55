"""Devices by name, and every stage on a pretended one: no tensor is left on the CPU, and the results are the CPU's."""

import shutil
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import evaluate_functions
import evaluate_networks
import find_dimensions
import find_fixed_points
import reduce_networks
import sample_states
import tabulate_ranks
import trace_network
import train_network
from opdims import storage
from opdims.devices import select_device
from opdims.names import REDUCTIONS
from pretended import DEVICE, DeviceError, pretended_device


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


def test_the_pretended_device_computes_what_the_cpu_does():
    matrix = torch.arange(12.0, dtype=torch.float64).reshape(3, 4)
    with pretended_device():
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
def test_the_pretended_device_refuses_what_a_gpu_would(mistake):
    here = torch.ones(2, 2)
    with pretended_device(), pytest.raises((DeviceError, RuntimeError), match=r"both devices|indexed|generator|numpy"):
        mistake(here, here.to(DEVICE))


UNITS = 12
CONSTANTS = {"units": UNITS, "gain": 1.0, "tau": 10.0, "dt": 1.0, "noise_std": 0.1}
TRAINING = {
    "learning_rate": 5e-3,
    "last_learning_rate": 1e-3,
    "averaging": 2,
    "betas": [0.9, 0.99],
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "phases": [{"iterations": 3, "dt": 10.0}, {"iterations": 1, "dt": 5.0}],
    "checkpoint_interval": 2,
    "cost_ceiling": 100.0,
}
SEARCH = {
    "slow_tolerance": 1e-4,
    "fixed_tolerance": 1e-24,
    "slow_distance": 0.5,
    "fixed_distance": 1e-4,
    "iterations": 60,
}
REDUCED = {reduction: f"reduced_{reduction}.nc" for reduction in REDUCTIONS}
PERFORMANCE = {reduction: f"performance_{reduction}.csv" for reduction in REDUCTIONS}
OPERATIVE = ("operative_columns", "operative_rows")
DIMENSIONS = {"columns": "columns.nc", "rows": "rows.nc"}
EVALUATION = {"seed": 1, "evaluation": {"repeats": 1}, "memory": 2000}
NETWORKS = {"networks": ["network.h5"]}
STAGES: dict[
    ModuleType, tuple[dict, list[str]]
] = {  # what each reads and is told, besides task and device; its outputs
    train_network: (
        {"network": "network.h5", "history": "history.csv", "checkpoint": "network.checkpoint", "number": 1, "code": ""}
        | {"seed": 1, "constants": CONSTANTS, "training": TRAINING},
        ["network.h5", "history.csv"],
    ),
    sample_states: (
        NETWORKS | {"states": "states.nc", "seed": 1, "sampling": {"repeats": 3, "interval": 100}},
        ["states.nc"],
    ),
    find_dimensions: (
        NETWORKS | DIMENSIONS | {"states": "states.nc", "dimensions": {"threshold": 1e-8}},
        [*DIMENSIONS.values()],
    ),
    reduce_networks: (
        NETWORKS | DIMENSIONS | {"states": "states.nc", "reduced": [*REDUCED.values()], "reductions": [*REDUCTIONS]},
        [*REDUCED.values()],
    ),
    evaluate_networks: (
        NETWORKS
        | EVALUATION
        | {"reduced": [*REDUCED.values()], "performance": [*PERFORMANCE.values()], "ranks": [0, 1, 3, UNITS]},
        [*PERFORMANCE.values()],
    ),
    evaluate_functions: (
        NETWORKS | EVALUATION | DIMENSIONS | {"functions": "functions.csv", "largest_rank": 3},
        ["functions.csv"],
    ),
    find_fixed_points: (
        NETWORKS
        | {"states": "states.nc", "fixed_points": "fixed_points.nc", "search": SEARCH}
        | {"reduced": [REDUCED[each] for each in OPERATIVE], "performance": [PERFORMANCE[each] for each in OPERATIVE]},
        ["fixed_points.nc"],
    ),
    trace_network: (
        DIMENSIONS
        | {"network": "network.h5", "states": "states.nc", "ranks": "ranks.csv", "traces": "traces.nc"}
        | {f"reduced_{dimension}": REDUCED[f"operative_{dimension}"] for dimension in DIMENSIONS}
        | {"seed": 1, "sampling": {"repeats": 3}},
        ["traces.nc"],
    ),
}


def run(stage: ModuleType, task: str) -> None:
    arguments, _ = STAGES[stage]
    stage.main(**arguments, device="cpu", **{"task": task} if stage is train_network else {})


@pytest.fixture(scope="module", params=["context_integration", "sine_generation"])
def on_the_cpu(request, tmp_path_factory):
    """A folder with the results of all stages, and the task."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for stage in STAGES:
            run(stage, request.param)
            if stage is evaluate_networks:
                performance = pd.concat(
                    pd.read_csv(file).assign(task=request.param, reduction=reduction)
                    for reduction, file in PERFORMANCE.items()
                )
                performance.to_csv("performance.csv", index=False)
                tabulate_ranks.main("performance.csv", "ranks.csv")
    return folder, request.param


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_a_stage_on_a_pretended_device_gives_the_results_of_the_cpu(on_the_cpu, stage, tmp_path, monkeypatch):
    expected, task = on_the_cpu
    outputs = STAGES[stage][1]
    shutil.copytree(expected, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*outputs, "*.checkpoint"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, "select_device", lambda _: DEVICE)
    with pretended_device():
        run(stage, task)
    for name in outputs:
        compare(tmp_path / name, expected / name, rtol=1e-3 if stage is train_network else 1e-6)


def compare(path, expected, rtol):
    if path.suffix == ".csv":
        pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(expected), rtol=rtol, atol=1e-9)
    elif path.suffix == ".h5":
        for matrix, known in zip(storage.read_network(path).final, storage.read_network(expected).final, strict=True):
            torch.testing.assert_close(matrix, known, rtol=rtol, atol=1e-5)
    else:
        with xr.open_dataset(path) as found, xr.open_dataset(expected) as known:
            assert set(found.variables) == set(known.variables)
            for name, values in known.variables.items():
                if values.dtype.kind == "f":
                    np.testing.assert_allclose(found[name].values, values.values, rtol=rtol, atol=1e-6, err_msg=name)
                else:
                    assert (found[name].values == values.values).all(), name
