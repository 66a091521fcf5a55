"""Two networks that do a task with noise, the results of all stages, and plain code that says what each must find.

Nothing is in its usual place, so that a mixed-up axis, number or stream changes a result: the networks are numbered 5
and 2, in this order; inputs, outputs, units, ranks, steps and trials are of different numbers; dt is not 1; a level of
the task has no condition; functions share conditions; the loss weighs its steps
differently; the networks differ in their nonlinearity.
"""

import inspect
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from stages import PERFORMANCE, STAGES, described

import evaluate_networks
import tabulate_performance
import tabulate_ranks
import trace_network
import train_network
from opdims.formats.native import Attributes
from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES
from opdims.seeding import TaskGenerator, make_generator
from opdims.storage import StoredNetwork, write_network
from opdims.task import CompleteTrials, Task, draw_trials, task_from

TASK = '''
"""Outputs that integrate noisy inputs; a level without a condition."""

import numpy as np

from opdims.task import Trials

name = "noisy"
n_inputs, n_outputs = 3, 2
duration = 24.0
conditions = ("left", "right", "rest")
groups = {"side": ("left", "right"), "speed": {"quick": ("left", "rest"), "slow": ("right",)}}
constant_inputs = {"left": (1.0, -0.5, 0.2), "right": (-0.5, 1.0, 0.4)}
shown_ranks = {"operative_columns": 2, "operative_rows": 3}


def trials(repeats, *, dt, rng):
    level = np.arange(4).repeat(repeats)
    time = dt * np.arange(1, round(duration / dt) + 1)
    phase = level[:, None, None] * np.array([1.0, 2.0, 0.7])
    mean_inputs = np.cos(phase + 0.2 * time[:, None])
    inputs = mean_inputs + 0.5 * rng.standard_normal(mean_inputs.shape)
    total = inputs.cumsum(1)
    return Trials(
        inputs=inputs,
        targets=np.stack([np.tanh(0.2 * total[..., 0]), 0.1 * total[..., 1] + 2.0], -1),
        mean_inputs=mean_inputs,
        condition=np.where(level < 3, level, -1),
        function=np.stack([level == 0, level == 1, (level == 0) | (level == 2), (level == 1) | (level == 3)], -1),
        weights=np.where(time > 8, 1 + time % 4, 0.0),
    )
'''
CONDITIONS = ("left", "right", "rest")
FUNCTIONS = {"left": ("left",), "right": ("right",), "quick": ("left", "rest"), "slow": ("right",)}
GROUPS = {"side": ("left", "right"), "speed": ("quick", "slow")}
INPUTS = {"left": (1.0, -0.5, 0.2), "right": (-0.5, 1.0, 0.4)}
NUMBERS = (5, 2)
TRACED = 2  # the network of the traces
NONLINEARITY = {5: "tanh", 2: "sigmoid"}
RATES = {"tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
SLOPES = {"tanh": lambda x: 1 / np.cosh(x) ** 2, "sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2}
UNITS = 7
DT, TAU, NOISE = 2.0, 9.0, 0.4
STEP = DT / TAU
SEED = 1  # of all stages
REPEATS = {"sampling": 3, "evaluation": 1}


@cache
def draw_network(number: int) -> StoredNetwork:
    """Return a random network whose readout is fitted, so that W is needed for the task."""
    rng, name = np.random.default_rng(number), NONLINEARITY[number]

    def network(scale: float) -> Network:
        normal = [rng.standard_normal(shape) for shape in ((UNITS, UNITS), (UNITS, 3), (2, UNITS), UNITS, 2)]
        recurrent, into, out, bias, out_bias = map(torch.from_numpy, normal)
        matrices = scale * recurrent / UNITS**0.5, 0.3 * into, out
        return Network(*matrices, bias=0.1 * bias, output_bias=0.2 * out_bias, nonlinearity=NONLINEARITIES[name])

    initial, final = network(0.8), network(4.0)
    stored = StoredNetwork(initial, final, Attributes("noisy", number, TAU, DT, NOISE, 7, "train", nonlinearity=name))
    trials, plain = draw_trials(task(), 1, dt=DT, rng=np.random.default_rng(number)), Plain(number, stored)
    scored = trials.weights > 0
    rates = plain.phi(plain.states(trials.inputs))[:, scored].reshape(-1, UNITS)
    readout = np.linalg.lstsq(rates, trials.targets[:, scored].reshape(-1, 2) - plain.output_bias)[0]
    return stored._replace(final=final._replace(output=torch.from_numpy(readout.T.copy())))


class Plain:
    """A network in NumPy, one step after the other."""

    def __init__(self, number: int, stored: StoredNetwork | None = None) -> None:
        stored = draw_network(number) if stored is None else stored
        self.number, self.initial = number, stored.initial.recurrent.numpy()
        self.phi, self.slope = RATES[NONLINEARITY[number]], SLOPES[NONLINEARITY[number]]
        tensors = stored.final.tensors()
        self.recurrent, self.input, self.output, self.bias, self.output_bias = (
            tensors[name].numpy() for name in ("recurrent", "input", "output", "bias", "output_bias")
        )

    def states(self, inputs: np.ndarray, noise: np.ndarray | float = 0.0, recurrent: np.ndarray | None = None):
        """Return x (T, S, N) of trials with the inputs (T, S, 3) and the noise (T, S, N)."""
        matrix = self.recurrent if recurrent is None else recurrent
        drive = inputs @ self.input.T + self.bias + noise
        x, found = np.zeros(drive.shape[::2]), []
        for step in range(drive.shape[1]):
            x = x + STEP * (-x + self.phi(x) @ matrix.T + drive[:, step])
            found.append(x)
        return np.stack(found, axis=1)

    def outputs(self, states: np.ndarray) -> np.ndarray:
        return self.phi(states) @ self.output.T + self.output_bias

    def costs(self, recurrent: np.ndarray) -> np.ndarray:
        """Return the cost of each trial of the evaluation."""
        trials, noise = trials_of("evaluation", self.number)
        outputs = self.outputs(self.states(trials.inputs, noise, recurrent))
        errors = ((outputs - trials.targets) ** 2).mean(-1)
        return errors @ trials.weights / trials.weights.sum()

    def distance(self, recurrent: np.ndarray) -> float:
        trials, _ = trials_of("evaluation", self.number)
        full, reduced = (self.phi(self.states(trials.mean_inputs, 0.0, each)) for each in (self.recurrent, recurrent))
        return np.linalg.norm(full - reduced, axis=-1).mean()


@cache
def task() -> Task:
    content: dict = {}
    exec(TASK, content)
    return task_from(content, "noisy")


@cache
def trials_of(purpose: str, number: int) -> tuple[CompleteTrials, np.ndarray]:
    """Return the trials of a stage, and their noise (T, S, N), from the stream that is the stage's and network's."""
    stream = make_generator(SEED, "noisy", number, purpose)
    trials = draw_trials(task(), REPEATS[purpose], dt=DT, rng=TaskGenerator(stream))
    shape = (*trials.inputs.shape[:2], UNITS)
    return trials, torch.randn(shape, dtype=torch.float64, generator=stream).numpy() * NOISE / DT**0.5


class Results:
    """The files that the stages and tables write of the networks, in a folder; each is run when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "noisy.py").write_text(TASK)
        self.networks = [f"network_{place}.h5" for place in range(1, len(NUMBERS) + 1)]
        for file, number in zip(self.networks, NUMBERS, strict=True):
            write_network(folder / file, draw_network(number))
        self.left = [stage for stage in STAGES if stage is not train_network]

    def path(self, name: str) -> Path:
        """Return the path of a file, after the stages up to the one that writes it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            while not Path(name).exists():
                self.run(self.left.pop(0))
        return self.folder / name

    def run(self, stage: ModuleType) -> None:
        arguments, _ = STAGES[stage]
        told = {"task": described("noisy", self.folder / "noisy.py"), "device": "cpu", "networks": self.networks}
        if stage is trace_network:
            parts = [["noisy", reduction, list(NUMBERS)] for reduction in PERFORMANCE]
            ranks = STAGES[evaluate_networks][0]["ranks"]
            tabulate_performance.main([*PERFORMANCE.values()], self.networks, "performance.csv", parts, ranks)
            tabulate_ranks.main("performance.csv", "ranks.csv")
            told |= {"weights": self.networks[NUMBERS.index(TRACED)], "network": TRACED}
        wanted = inspect.signature(stage.main).parameters
        given = arguments | told
        stage.main(**{name: given[name] for name in wanted})
