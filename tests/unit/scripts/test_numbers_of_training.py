"""What the scripts that make networks write: trained ones against one plain step of training, and imported ones."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from noisy import TASK, task
from stages import CONSTANTS, TRAINING, described

import import_network
import train_network
from opdims.formats.published import DATASETS
from opdims.seeding import TaskGenerator, make_generator
from opdims.storage import read_network
from opdims.task import draw_trials

NUMBER, SEED, UNITS = 4, 6, 12
RATE = 0.003
KNOWN = CONSTANTS | {"bias": True, "dt": 2.0, "tau": 9.0, "noise_std": 0.4, "gain": 1.5}


def train(folder, **training):
    (folder / "noisy.py").write_text(TASK)
    told = {"weights": "network.h5", "history": "history.csv", "checkpoint": "network.checkpoint", "code": ""}
    settings = TRAINING | {"repeats": 2, "learning_rate": RATE, "last_learning_rate": RATE / 10} | training
    train_network.main(
        **{name: str(folder / file) if file else file for name, file in told.items()},
        network=NUMBER,
        task=described("noisy", folder / "noisy.py"),
        device="cpu",
        seed=SEED,
        constants=KNOWN,
        training=settings,
    )
    return read_network(folder / "network.h5"), pd.read_csv(folder / "history.csv")


def stream(purpose):
    return make_generator(SEED, "noisy", NUMBER, purpose)


def drawn_weights():
    """Return the weights before training, in the order in which they are drawn."""
    generator = stream("initial")
    shapes = {"recurrent": (UNITS, UNITS), "input": (UNITS, 3), "output": (2, UNITS)}
    weights = {name: torch.randn(shape, dtype=torch.float64, generator=generator) for name, shape in shapes.items()}
    scales = {"recurrent": 1.5 / UNITS**0.5, "input": 1 / 3**0.5, "output": 1 / UNITS**0.5}
    weights = {name: scales[name] * values for name, values in weights.items()}
    return weights | {"bias": torch.zeros(UNITS).double(), "output_bias": torch.zeros(2).double()}


def plain_cost(weights, generator):
    """Return the cost on the next trials of a stream, through which gradients flow: Euler steps of 2 ms, in a loop."""
    trials = draw_trials(task(), 2, dt=2.0, rng=TaskGenerator(generator))
    count, steps = trials.inputs.shape[:2]
    half = torch.empty(steps, count // 2, UNITS).normal_(0, 0.4 / 2**0.5, generator=generator)
    noise = torch.cat([half, -half], 1).double()
    inputs, targets = torch.from_numpy(trials.inputs), torch.from_numpy(trials.targets)
    state, cost = torch.zeros(count, UNITS, dtype=torch.float64), torch.tensor(0.0)
    for step in range(steps):
        drive = inputs[:, step] @ weights["input"].T + weights["bias"] + noise[step]
        state = state + 2 / 9 * (-state + state.tanh() @ weights["recurrent"].T + drive)
        error = state.tanh() @ weights["output"].T + weights["output_bias"] - targets[:, step]
        cost = cost + trials.weights[step] * error.square().mean()
    return cost / trials.weights.sum()


def test_one_iteration_is_one_step_of_adam_down_the_gradient_of_the_cost(tmp_path):
    trained, history = train(tmp_path, phases=[{"iterations": 1, "dt": None}], gradient_norm_limit=1e9)
    weights = {name: values.requires_grad_() for name, values in drawn_weights().items()}
    cost = plain_cost(weights, stream("training"))
    cost.backward()
    (row,) = history.to_dict("records")
    assert (row["iteration"], row["dt"], row["learning_rate"]) == (1, 2.0, RATE)
    assert row["cost"] == pytest.approx(cost.item(), rel=1e-4)
    norm = torch.cat([values.grad.flatten() for values in weights.values()]).norm()
    assert row["gradient_norm"] == pytest.approx(norm.item(), rel=1e-3)
    for name, values in weights.items():
        torch.testing.assert_close(getattr(trained.initial, name), values.detach(), rtol=0, atol=1e-15)
        step = getattr(trained.final, name) - values.detach()  # the first step of Adam is the rate, down the slope
        clear = values.grad.abs() > 1e-3 * values.grad.abs().max()
        torch.testing.assert_close(step[clear], -RATE * values.grad.sign()[clear], rtol=0, atol=2e-3 * RATE)


def test_a_trained_network_says_what_it_was_trained_with(tmp_path):
    trained, history = train(tmp_path, phases=[{"iterations": 3, "dt": 6.0}, {"iterations": 2, "dt": 2.0}])
    generator = stream("test of training")
    costs = [plain_cost(trained.final.tensors(), generator).item() for _ in range(20)]
    assert trained.attributes._asdict() == {
        **{"task": "noisy", "network": NUMBER, "tau": 9.0, "dt": 2.0, "noise_std": 0.4, "seed": SEED},
        **{"source": "train", "equation": "current", "nonlinearity": "tanh"},
        "cost": pytest.approx(np.mean(costs), rel=1e-5),
    }
    assert history["dt"].tolist() == [6.0, 6.0, 6.0, 2.0, 2.0]
    fall = (1 + np.cos(np.pi * np.arange(5) / 5)) / 2  # half a cosine over the whole schedule
    np.testing.assert_allclose(history["learning_rate"], RATE / 10 + 0.9 * RATE * fall)


@pytest.mark.parametrize("number", [1, 2])
def test_an_imported_network_is_that_of_its_number_before_and_after_training(tmp_path, number):
    sizes = {"recurrent": (4, 4), "input": (4, 3), "output": (2, 4)}
    rng = np.random.default_rng(0)
    arrays = {}
    with h5py.File(tmp_path / "published.h5", "w") as file:
        for each, (group, stage) in [(n, s) for n in (1, 2) for s in (("init", "initial"), ("final", "final"))]:
            for name, shape in sizes.items():
                arrays[each, stage, name] = rng.standard_normal(shape)
                file[f"NetNr{each}/{group}/{DATASETS[name]}"] = arrays[each, stage, name].T  # as MATLAB writes them
    constants = {"dt": 2.0, "tau": 9.0, "noise_std": 0.4}
    reading = {"number": number, "constants": constants, "task": "noisy", "n_inputs": 3, "n_outputs": 2}
    path = str(tmp_path / "network.h5")
    import_network.main(str(tmp_path / "published.h5"), path, "noisy", 8, "published", reading)
    found = read_network(path)
    for stage in ("initial", "final"):
        for name in sizes:
            expected = arrays[number, stage, name]
            np.testing.assert_array_equal(getattr(getattr(found, stage), name).numpy(), expected)
    assert found.attributes._asdict() == {
        **{"task": "noisy", "network": 8, "seed": -1, "source": "published"},
        **{"equation": "current", "nonlinearity": "tanh", "cost": -1.0},  # which is not known
        **constants,
    }
