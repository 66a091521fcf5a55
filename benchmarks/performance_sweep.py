"""The performance sweep against a plain NumPy loop over trials and steps, and against the machine's matrix products."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.measuring import Row, ratio, rounds_of, run
from opdims import evaluation
from opdims.catalogue import load_task
from opdims.network import Network, initial_network
from opdims.reduction import Factors, reduce_columns
from opdims.sampling import internal_noise
from opdims.seeding import TaskGenerator
from opdims.task import CompleteTrials, draw_trials

STEP = 0.1
RANKS = [*range(31), 35, 40, 41, *range(45, 101, 5)]  # those of the paper's ensemble
REDUCTIONS = 7
SAMPLE = [2, 5, 10, 15, 20, 25, 30, 60]  # ranks at which the plain loop is measured
TRIALS = {"context_integration": 5, "sine_generation": 3}  # of each level


class Case(NamedTuple):
    """A network, its reductions and the trials on which they are measured."""

    network: Network
    trials: CompleteTrials
    noise: torch.Tensor
    factors: list[Factors]

    def sweep(self, reductions: int, ranks: Sequence[int]) -> evaluation.Performance:
        test = evaluation.Evaluation(self.network, self.trials, self.noise, step=STEP)
        return test.measure(self.factors[:reductions], ranks)


def random_case(task: str, units: int, repeats: int) -> Case:
    """Return a random network with projections on random directions: what they hold does not change the cost."""
    generator = torch.Generator().manual_seed(1)
    kind = load_task(task)
    network = initial_network(units, kind.n_inputs, kind.n_outputs, generator)
    trials = draw_trials(kind, repeats, dt=1.0, rng=TaskGenerator(generator))
    noise = internal_noise((*trials.inputs.shape[:-1], units), 0.1, 1.0, generator)
    directions = [torch.randn(units, units, dtype=torch.float64, generator=generator) for _ in range(REDUCTIONS)]
    factors = [reduce_columns(network.recurrent, torch.linalg.qr(each).Q) for each in directions]
    return Case(network, trials, noise, factors)


def measure_plainly(case: Case, ranks: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return cost and state distance at each rank of the first reduction, trial by trial and step by step."""
    full, readin, readout = (matrix.numpy() for matrix in case.network[:3])
    noisy = case.trials.inputs @ readin.T + case.noise.numpy()
    distinct, counts = np.unique(case.trials.mean_inputs, axis=0, return_counts=True)
    assert case.trials.targets is not None
    scored = case.trials.weights > 0  # and all alike
    quiet = distinct @ readin.T

    def rates(weights: np.ndarray, drive: np.ndarray) -> np.ndarray:
        states, x = np.empty_like(drive), np.zeros(drive.shape[-1])
        for t, u in enumerate(drive):
            x = (1 - STEP) * x + STEP * (weights @ np.tanh(x) + u)
            states[t] = x
        return np.tanh(states)

    reference = [rates(full, drive) for drive in quiet]
    costs, distances = [], []
    for rank in ranks:
        weights = case.factors[0].matrix(rank).numpy()
        outputs = np.stack([rates(weights, drive) @ readout.T for drive in noisy])
        costs.append(np.square(outputs - case.trials.targets)[:, scored].mean())
        gaps = [rates(weights, drive) - r for drive, r in zip(quiet, reference, strict=True)]
        distances.append(np.average([np.linalg.norm(gap, axis=-1).mean() for gap in gaps], weights=counts))
    return costs, distances


def operations(test: evaluation.Evaluation, case: Case) -> tuple[int, int]:
    """Return the multiplications and additions of products with reduced matrices: as done, and as if all were dense."""
    units = len(case.network.recurrent)
    columns = sum(stage.drive.shape[0] * stage.drive.shape[-1] for stage in (*test.noisy, *test.quiet))
    candidates, _ = test._candidates(case.factors, RANKS)
    inner = [
        2 * rank if each is not None and evaluation.keeps_factors(each, rank) else units for each, rank in candidates
    ]
    steps = case.noise.shape[1]
    every = REDUCTIONS * len(RANKS) * steps * (len(case.trials.inputs) + len(test.weights))
    return 2 * units * columns * sum(inner), 2 * units**2 * every


def against_products(case: Case, part: str, label: str) -> Iterator[Row]:
    """Measure the whole sweep, and the rate of its products beside that of plain products of the same sizes."""
    test = evaluation.Evaluation(case.network, case.trials, case.noise, step=STEP)
    shape = test.noisy[0].drive.shape[1:]  # N, T
    weights, rates = (torch.randn(8, shape[0], n, dtype=torch.float64) for n in shape)
    out = torch.empty_like(rates)

    def many(multiply: Callable[..., object]) -> None:
        for _ in range(300):
            multiply(weights, rates, out=out)

    ways = {
        "sweep": lambda: case.sweep(REDUCTIONS, RANKS),
        "torch.bmm": lambda: many(torch.bmm),
        "NumPy": lambda: many(evaluation.multiply),
    }
    times = {name: seconds[0] for name, seconds in rounds_of(ways, 1).items()}
    yield Row(part, f"{label}: {REDUCTIONS} reductions at {len(RANKS)} ranks", times["sweep"], "s")
    plain = {name: 300 * 2 * weights.numel() * shape[1] / times[name] / 1e9 for name in ("torch.bmm", "NumPy")}
    for name, rate in plain.items():
        yield Row(part, f"{label}: products alone, {name}", rate, "GFLOP/s")
    for name, count in zip(("as done", "as if all were dense"), operations(test, case), strict=True):
        rate = count / times["sweep"] / 1e9
        yield Row(part, f"{label}: whole sweep, its products {name}", rate, "GFLOP/s")
        yield Row(part, f"{label}: whole sweep, its products {name} / torch.bmm", rate / plain["torch.bmm"], "x")


def rows(quick: bool) -> Iterator[Row]:
    part = "performance_sweep"
    random_case("sine_generation", 10, 1).sweep(1, [5])  # loads the libraries
    for task, repeats in TRIALS.items():
        case = random_case(task, 100, 1 if quick else repeats)
        label = f"{task}, {len(case.trials.inputs)} trials"
        ranks = SAMPLE[::3] if quick else SAMPLE
        found, plain = case.sweep(1, ranks), measure_plainly(case, ranks)
        differences = (abs(a[0].numpy() - b).max() for a, b in zip(found, plain, strict=True))
        yield Row(part, f"{label}: largest difference from a NumPy loop", max(differences), "")
        ways = {"loop": lambda: measure_plainly(case, ranks), "sweep": lambda: case.sweep(1, ranks)}  # noqa: B023
        times = rounds_of(ways, 1 if quick else 3)
        label_few = f"{label}: NumPy loop / sweep, 1 reduction at {len(ranks)} ranks"
        yield Row(part, label_few, ratio(times["loop"], times["sweep"]), "x")
        if not quick:
            whole, *rates = against_products(case, part, label)
            yield whole
            number = REDUCTIONS * len(RANKS)
            loop = median(times["loop"]) * number / len(ranks)
            yield Row(part, f"{label}: NumPy loop / sweep, all (loop scaled up)", loop / whole.value, "x")
            yield from rates


if __name__ == "__main__":
    run(rows)
