"""Networks of every kind, and code too plain to be wrong that simulates them: one trial, step and unit at a time."""

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
from torch import Tensor

from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES, TANH, Nonlinearity
from opdims.reduction import Factors, reduce_columns, truncate
from opdims.task import CompleteTrials

# A user's own: no slope as a function of the rate (which is not one to one), nothing in NumPy.
OWN = Nonlinearity("sine", torch.sin, torch.cos, bounded=True)
ALL = [*NONLINEARITIES.values(), OWN]

FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sine": np.sin,
}
STARTS = ("rest", "state", "rates", "both")
# Initial rates alone say where a network in current form starts only if dt = tau; in rate form there is no state.
KINDS = [
    (equation, start)
    for equation, start in product(("current", "rate"), STARTS)
    if equation == "current" or start in ("rest", "rates")
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=generator(seed))


def random_network(
    units: int = 6,
    n_inputs: int = 3,
    n_outputs: int = 2,
    *,
    equation: str = "current",
    nonlinearity: Nonlinearity = TANH,
    bias: bool = False,
    start: str = "rest",
    seed: int = 0,
) -> Network:
    return Network(
        draw(units, units, seed=seed) / units**0.5,
        draw(units, n_inputs, seed=seed + 1),
        draw(n_outputs, units, seed=seed + 2),
        bias=draw(units, seed=seed + 3) if bias else None,
        output_bias=draw(n_outputs, seed=seed + 4) if bias else None,
        initial_state=draw(units, seed=seed + 5) if start in ("state", "both") else None,
        initial_rates=draw(units, seed=seed + 6) if start in ("rates", "both") else None,
        equation=equation,
        nonlinearity=nonlinearity,
    )


def simulate_plainly(
    network: Network, inputs: Tensor, noise: Tensor | None, step: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return states (T, S, N), rates (T, S, N) and outputs (T, S, n_outputs), by the two equations as they are written.

    In rate form the states are the pre-activations.
    """
    arrays = {name: tensor.numpy() for name, tensor in network.tensors().items()}
    phi, units = FORMULAS[network.nonlinearity.name], len(arrays["recurrent"])
    zero = np.zeros(units)
    states, rates, outputs = [], [], []
    for trial, u in enumerate(inputs.numpy()):
        x = arrays.get("initial_state", zero)
        r = arrays.get("initial_rates", phi(x) if network.equation == "current" else zero)
        for t in range(len(u)):
            drive = arrays["recurrent"] @ r + arrays["input"] @ u[t] + arrays.get("bias", zero)
            if noise is not None:
                drive = drive + noise[trial, t].numpy()
            if network.equation == "current":
                x = (1 - step) * x + step * drive
                r = phi(x)
            else:
                x = drive
                r = (1 - step) * r + step * phi(x)
            states.append(x)
            rates.append(r)
            outputs.append(arrays["output"] @ r + arrays.get("output_bias", 0.0))
    shape = inputs.shape[:2]
    return tuple(torch.from_numpy(np.stack(each)).reshape(*shape, -1) for each in (states, rates, outputs))


LOSS_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {  # of one trial and step
    "squared_error": lambda z, target: float(((z - target) ** 2).mean()),
    "cross_entropy": lambda z, target: float(-(target * (z - np.log(np.exp(z).sum()))).sum()),
}


def measure_plainly(
    network: Network,
    trials: CompleteTrials,
    noise: Tensor,
    factors: list[Factors],
    ranks: list[int],
    *,
    step: float,
    loss: str = "squared_error",
) -> tuple[Tensor, Tensor]:
    """Return cost and state distance (reduction, rank), each matrix, trial and step by itself."""
    inputs, mean_inputs = torch.from_numpy(trials.inputs), torch.from_numpy(trials.mean_inputs)
    _, full, _ = simulate_plainly(network, mean_inputs, None, step)
    cost, distance = (torch.full((len(factors), len(ranks)), torch.nan, dtype=torch.float64) for _ in range(2))
    for i, each in enumerate(factors):
        for j, rank in enumerate(ranks):
            offset = 0 if each.offset is None else each.offset
            reduced = network._replace(recurrent=offset + each.left[:, :rank] @ each.right[:rank])
            _, quiet, _ = simulate_plainly(reduced, mean_inputs, None, step)
            gaps = [(a - b).norm() for a, b in zip(full.flatten(0, 1), quiet.flatten(0, 1), strict=True)]
            distance[i, j] = sum(gaps) / len(gaps)
            if trials.targets is None:
                continue
            _, _, outputs = simulate_plainly(reduced, inputs, noise, step)
            total = 0.0
            for z, target in zip(outputs.numpy(), trials.targets, strict=True):
                for weight, a, b in zip(trials.weights, z, target, strict=True):
                    total += weight * LOSS_FORMULAS[loss](a, b)
            cost[i, j] = total / trials.weights.sum() / len(trials.targets)
    return cost, distance


def some_trials(
    n_inputs: int = 3, n_outputs: int = 2, *, steps: int = 12, shared: int = 0, loss: str = "squared_error"
) -> CompleteTrials:
    """Return nine trials of a task, four of them different without noise, and two of these before step `shared`."""
    mean_inputs = draw(4, 1, n_inputs, seed=20).repeat(3, steps, 1)[:9]
    mean_inputs[:, :shared] = mean_inputs[torch.arange(9) % 2, :shared]
    weights = draw(steps, seed=23).abs()
    weights[: steps // 3] = 0
    targets = draw(9, steps, n_outputs, seed=22)
    if loss == "cross_entropy":
        targets = targets.softmax(-1)
    return CompleteTrials(
        inputs=(mean_inputs + draw(*mean_inputs.shape, seed=21)).numpy(),
        targets=targets.numpy(),
        mean_inputs=mean_inputs.numpy(),
        condition=np.zeros(9, dtype=np.int64),
        function=np.stack([np.arange(9) < 4, np.arange(9) >= 4, np.arange(9) % 2 == 0], axis=-1),
        weights=weights.numpy(),
        states=None,
    )


def some_factors(recurrent: Tensor) -> list[Factors]:
    """Return a projection, a truncation and one of a change, whose rank 0 is not zero."""
    directions, start = torch.linalg.qr(draw(*recurrent.shape, seed=30)).Q, draw(*recurrent.shape, seed=31) / 4
    return [reduce_columns(recurrent, directions), truncate(recurrent), truncate(recurrent - start, offset=start)]
