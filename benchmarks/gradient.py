"""An iteration of training: the written-out gradient against autograd over plain Python loops."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import torch
from benchmarks.measuring import Row, ratio, rounds_of, run
from benchmarks.training import loop_outputs, short_loop_outputs
from torch import Tensor

from opdims.network import Network, initial_network
from opdims.tasks import context_integration as task
from opdims.training import network_outputs

UNITS, REPEATS = 100, 4  # 48 trials


def rows(quick: bool) -> Iterator[Row]:
    generator = torch.Generator().manual_seed(1)
    initial = initial_network(UNITS, task.n_inputs, task.n_outputs, generator).to(torch.float32)
    network = Network(*(matrix.requires_grad_() for matrix in initial))
    for dt in (5.0,) if quick else (5.0, 1.0):
        trials = task.trials(REPEATS, dt=dt, generator=generator)
        inputs, targets = (each.transpose(0, 1).float().contiguous() for each in (trials.inputs, trials.targets))
        noise = torch.empty(*inputs.shape[:2], UNITS).normal_(0, 0.1 / dt**0.5, generator=generator)

        def gradient(outputs_of: Callable[..., Tensor]) -> None:
            outputs = outputs_of(network, inputs, noise.clone(), step=dt / 10)  # noqa: B023
            cost = (outputs - targets)[trials.scored_from :].square().mean()  # noqa: B023
            torch.autograd.grad(cost, list(network))

        ways = {"written out": network_outputs, "plain loop": loop_outputs, "short loop": short_loop_outputs}
        times = rounds_of({name: partial(gradient, each) for name, each in ways.items()}, 3 if quick else 9)
        fast = times.pop("written out")
        yield Row("gradient", f"dt = {dt:g} ms, {len(inputs)} steps: an iteration", 1000 * median(fast), "ms")
        for name, slow in times.items():
            yield Row("gradient", f"dt = {dt:g} ms: autograd over a {name} / written out", ratio(slow, fast), "x")


if __name__ == "__main__":
    run(rows)
