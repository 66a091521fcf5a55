"""Networks that a stranger would bring: trained in plain PyTorch, on tasks that the project does not know."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

DISCRIMINATION = '''"""Delayed discrimination: was the first of two pulses larger, or the second?"""

import numpy as np

from opdims.task import Trials, running_steps

name = "delayed_discrimination"
n_inputs, n_outputs = 1, 1
duration = 30.0
conditions = ("first_larger", "second_larger")
groups = {"choice": conditions}


def trials(repeats, *, dt, rng):
    steps = running_steps(duration, dt)
    condition = np.arange(2).repeat(repeats)
    low, high = rng.uniform(0.2, 0.5, len(condition)), rng.uniform(0.6, 1.0, len(condition))
    inputs = np.zeros((len(condition), steps, n_inputs))
    inputs[:, 3:6, 0] = np.where(condition == 0, high, low)[:, None]
    inputs[:, 17:20, 0] = np.where(condition == 0, low, high)[:, None]
    targets = np.broadcast_to(1.0 - 2.0 * condition[:, None, None], (len(condition), steps, 1))
    return Trials(inputs=inputs, targets=targets, condition=condition, weights=np.arange(steps) >= 24)
'''
TWO_MEMORIES = '''"""Two memories: one output holds the sign of two inputs, the other that of the third."""

import numpy as np

from opdims.task import Trials, running_steps

name = "two_memories"
label = "two memories"
n_inputs, n_outputs = 3, 2
duration = 40.0
conditions = ("down_left", "down_right", "up_left", "up_right")
groups = {"first": {"down": conditions[:2], "up": conditions[2:]}, "all_four": conditions}
constant_inputs = {"down": (-0.5, 0.5, 0.0), "up": (0.5, -0.5, 0.0)}


def trials(repeats, *, dt, rng):
    steps, on = running_steps(duration, dt), running_steps(8.0, dt)
    condition = np.arange(4).repeat(repeats)
    size = rng.uniform(0.3, 1.0, (len(condition), 2))
    first, second = size[:, 0] * np.where(condition >= 2, 1, -1), size[:, 1] * np.where(condition % 2, 1, -1)
    inputs = np.zeros((len(condition), steps, n_inputs))
    inputs[:, :on, 0], inputs[:, :on, 1], inputs[:, :on, 2] = first[:, None], -first[:, None], second[:, None]
    targets = np.stack([first, second], axis=-1)[:, None].repeat(steps, axis=1)
    return Trials(inputs=inputs, targets=targets, condition=condition, weights=np.arange(steps) >= 2 * on)
'''


def load(source: str) -> Callable:
    """Return the function of a task file that draws trials, as a stranger would who trains by it."""
    names: dict = {}
    exec(source, names)
    return names["trials"]


def fit(parameters: list[Tensor], outputs_of: Callable[[Tensor], Tensor], source: str, iterations: int) -> float:
    """Train by Adam on batches of 64 trials; return the last cost."""
    draw, rng = load(source), np.random.default_rng(0)
    groups = source.count("condition = np.arange(4)") * 2 + 2  # levels of the task: 2 or 4
    optimiser = torch.optim.Adam(parameters, lr=3e-3)
    for _ in range(iterations):
        trials = draw(64 // groups, dt=1.0, rng=rng)
        inputs, targets = (torch.tensor(np.ascontiguousarray(array)).float() for array in trials[:2])
        weights = torch.tensor(trials.weights).float()
        error = (outputs_of(inputs) - targets).square().mean(-1) @ weights / weights.sum()
        optimiser.zero_grad()
        error.mean().backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
    return error.mean().item()


class Discriminator(nn.Module):
    """torch.nn.RNN and a linear readout."""

    def __init__(self, units: int, nonlinearity: str) -> None:
        super().__init__()
        self.rnn = nn.RNN(1, units, nonlinearity=nonlinearity, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.rnn(inputs)[0])


class LeakyRates(nn.Module):
    """A hand-written leaky network in rate form: h ← (1 − α) h + α φ(h Wᵀ + u Bᵀ + b), z = h Yᵀ + c."""

    def __init__(self, units: int, n_inputs: int, n_outputs: int, alpha: float) -> None:
        super().__init__()
        self.W = nn.Parameter(1.0 * torch.randn(units, units) / units**0.5)
        self.B = nn.Parameter(torch.randn(units, n_inputs))
        self.b = nn.Parameter(0.1 * torch.randn(units))
        self.readout = nn.Linear(units, n_outputs)
        self.alpha = alpha

    def forward(self, inputs: Tensor) -> Tensor:
        h, outputs = inputs.new_zeros(len(inputs), len(self.W)), []
        for u in inputs.unbind(1):
            h = (1 - self.alpha) * h + self.alpha * torch.tanh(h @ self.W.T + u @ self.B.T + self.b)
            outputs.append(self.readout(h))
        return torch.stack(outputs, dim=1)


def train_discriminator(folder: Path, nonlinearity: str, units: int = 32, networks: int = 2) -> list[Path]:
    """Train torch.nn.RNN on delayed discrimination and save each network as a state_dict."""
    paths = []
    for number in range(1, networks + 1):
        torch.manual_seed(number)
        model = Discriminator(units, nonlinearity)
        cost = fit(list(model.parameters()), model, DISCRIMINATION, 250)
        assert cost < 0.1, f"{nonlinearity} network {number} has not learnt: {cost}"
        paths.append(folder / f"{nonlinearity}_{number}.pt")
        torch.save(model.state_dict(), paths[-1])
    return paths


def train_leaky_rates(folder: Path, units: int = 24) -> Path:
    """Train a leaky network in rate form with three inputs and two outputs and save it as a NumPy archive."""
    torch.manual_seed(0)
    model = LeakyRates(units, 3, 2, alpha=0.2)
    cost = fit(list(model.parameters()), model, TWO_MEMORIES, 250)
    assert cost < 0.1, f"the leaky network has not learnt: {cost}"
    arrays = {name.replace(".", "_"): value.detach().numpy() for name, value in model.named_parameters()}
    np.savez(folder / "leaky.npz", **arrays)
    return folder / "leaky.npz"
