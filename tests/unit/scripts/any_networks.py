"""Small networks of every kind, a task for each, and plain code that does what the stages do."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from stages import REDUCED, described

from opdims.formats.native import Attributes
from opdims.names import REDUCTIONS
from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES
from opdims.storage import StoredNetwork, write_network
from pipeline import datasets

TASK = '''
"""Outputs that follow the inputs; without any noise, so that plain code has the same trials."""

import numpy as np

from opdims.task import Trials

name = "follow"
n_inputs, n_outputs = {n_inputs}, {n_outputs}
duration = 20.0
conditions = ("up", "down", "still")
groups = {groups}
constant_inputs = {constant_inputs}
shown_ranks = {shown_ranks}


def trials(repeats, *, dt, rng):
    condition = np.arange(3).repeat(repeats)
    steps = round(duration / dt)
    time = dt * np.arange(1, steps + 1)[None, :, None]
    phase = condition[:, None, None]
    inputs = np.cos(0.3 * time + phase + np.arange(n_inputs))
    targets = np.sin(0.4 * time - phase + np.arange(n_outputs))
    return Trials(inputs, targets if {targets} else None, condition=condition)
'''
CONDITIONS = ("up", "down", "still")
GROUPS = {"movement": {"moving": ("up", "down"), "resting": ("still",)}, "alone": {"upwards": ("up",)}}
TAU = 4.0
SLOPES = {
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
}


@dataclass
class Kind:
    """What a network and its task are like."""

    units: int = 6
    n_inputs: int = 1
    n_outputs: int = 1
    nonlinearity: str = "tanh"
    equation: str = "current"
    bias: bool = False
    start: bool = False
    initial: bool = True
    scale: float = 1.5  # of W; 0: there is none
    targets: bool = True
    groups: dict = field(default_factory=lambda: GROUPS)
    constant_inputs: dict = field(default_factory=dict)
    shown_ranks: dict = field(default_factory=dict)
    networks: int = 1
    dt: float = 1.0

    @property
    def step(self) -> float:
        return self.dt / TAU

    @property
    def has_cost(self) -> bool:
        return self.targets and self.n_outputs > 0

    def draw(self, number: int) -> StoredNetwork:
        rng = np.random.default_rng(number)

        def normal(*shape: int) -> torch.Tensor:
            return torch.tensor(rng.standard_normal(shape))

        def network(scale: float) -> Network:
            return Network(
                scale * normal(self.units, self.units) / self.units**0.5,
                normal(self.units, self.n_inputs),
                normal(self.n_outputs, self.units),
                bias=0.3 * normal(self.units) if self.bias else None,
                output_bias=normal(self.n_outputs) if self.bias else None,
                initial_state=normal(self.units) if self.start and self.equation == "current" else None,
                initial_rates=normal(self.units) if self.start and self.equation == "rate" else None,
                equation=self.equation,
                nonlinearity=NONLINEARITIES[self.nonlinearity],
            )

        final, initial = network(self.scale), network(0.7)
        attributes = Attributes("follow", number, TAU, self.dt, 0.0, -1, "files", self.equation, self.nonlinearity)
        return StoredNetwork(initial if self.initial else None, final, attributes)

    def write(self, folder: Path) -> dict:
        """Write the networks and the file of the task to the folder, and return the task as a rule names it."""
        for number in range(1, self.networks + 1):
            write_network(folder / f"network_{number}.h5", self.draw(number))
        names = ("n_inputs", "n_outputs", "groups", "constant_inputs", "shown_ranks", "targets")
        (folder / "follow.py").write_text(TASK.format(**{name: getattr(self, name) for name in names}))
        return described("follow", folder / "follow.py")


class Plain:
    """A network in NumPy, one trial and one step after the other."""

    def __init__(self, kind: Kind, number: int) -> None:
        self.kind = kind
        final = kind.draw(number).final
        tensors = {name: tensor.numpy() for name, tensor in final.tensors().items()}
        zero = np.zeros(kind.units)
        self.recurrent, self.input, self.output = (tensors[name] for name in ("recurrent", "input", "output"))
        self.bias, self.state = tensors.get("bias", zero), tensors.get("initial_state", zero)
        self.rates, self.output_bias = tensors.get("initial_rates", zero), tensors.get("output_bias", 0.0)
        self.phi, self.slope = SLOPES[kind.nonlinearity]

    def time(self) -> np.ndarray:
        return self.kind.dt * np.arange(1, round(20 / self.kind.dt) + 1)[:, None]

    def inputs(self, condition: int) -> np.ndarray:
        return np.cos(0.3 * self.time() + condition + np.arange(self.kind.n_inputs))

    def targets(self, condition: int) -> np.ndarray:
        return np.sin(0.4 * self.time() - condition + np.arange(self.kind.n_outputs))

    def run(self, condition: int, recurrent: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return states x and rates (both steps, units) in a trial."""
        matrix, step = self.recurrent if recurrent is None else recurrent, self.kind.step
        x, h = self.state, self.rates
        states, rates = [], []
        for u in self.inputs(condition):
            drive = self.input @ u + self.bias
            if self.kind.equation == "current":
                x = (1 - step) * x + step * (matrix @ self.phi(x) + drive)
                h = self.phi(x)
            else:
                x = matrix @ h + drive
                h = (1 - step) * h + step * self.phi(x)
            states.append(x)
            rates.append(h)
        return np.array(states), np.array(rates)

    def outputs(self, rates: np.ndarray) -> np.ndarray:
        return rates @ self.output.T + self.output_bias

    def cost(self, condition: int, recurrent: np.ndarray) -> float:
        return ((self.outputs(self.run(condition, recurrent)[1]) - self.targets(condition)) ** 2).mean()

    def distance(self, condition: int, recurrent: np.ndarray) -> float:
        gap = self.run(condition, recurrent)[1] - self.run(condition)[1]
        return np.linalg.norm(gap, axis=1).mean()


THREE = {"up": (1.0, 0.0, 0.0), "down": (0.0, 1.0, 0.0), "still": (0.0, 0.0, 1.0)}
RELU = {"nonlinearity": "relu", "scale": 0.5, "bias": True}  # with a larger W rates would grow without end
KINDS = {
    "three inputs and two outputs": Kind(n_inputs=3, n_outputs=2, constant_inputs=THREE, networks=2),
    "ranks that the authors chose": Kind(shown_ranks={"operative_columns": 3, "operative_rows": 50}),
    "relu with bias": Kind(**RELU),
    "rate form": Kind(equation="rate"),
    "rate form, relu, bias, start": Kind(equation="rate", start=True, n_inputs=2, **RELU),
    "start, other dt": Kind(start=True, bias=True, dt=0.5),
    "no readout": Kind(n_outputs=0),
    "no targets": Kind(targets=False),
    "no initial weights": Kind(initial=False, networks=2),
    "no input": Kind(n_inputs=0, start=True),
    "no groups": Kind(groups={}),
    "no recurrence": Kind(scale=0.0),
    "nothing": Kind(scale=0.0, n_inputs=0, n_outputs=0, initial=False, groups={}),
    "one unit": Kind(units=1, n_inputs=2),
    "two units": Kind(units=2, shown_ranks={"operative_rows": 27}),
}


def table(folder, name):
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])


@cache
def matrix_of(folder, reduction, number, rank):
    """A reduced matrix, as the file of its factors has it."""
    return read_factors(folder / REDUCED[reduction], number).matrix(rank).numpy()


@cache
def read_factors(path, number):
    return datasets.read_factors(path, number)


def numbers(kind):
    return range(1, kind.networks + 1)


def reductions(kind):
    return [name for name in REDUCTIONS if kind.initial or name != "weight_change"]
