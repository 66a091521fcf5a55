"""An iteration of training: the written-out gradient against autograd over plain Python loops."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from statistics import median

import torch
from torch import Tensor

from benchmarks.measuring import Row, ratio, rounds_of, run
from opdims.catalogue import load_task
from opdims.losses import mean_loss
from opdims.network import Network, initial_network
from opdims.seeding import TaskGenerator
from opdims.task import draw_trials
from opdims.training.gradient import network_outputs

UNITS = 100
TASK = "context_integration"


def loop_outputs(network: Network, inputs: Tensor, noise: Tensor, *, step: float) -> Tensor:
    """The equations step by step."""
    state = torch.zeros_like(noise[0])
    outputs = []
    for t in range(len(inputs)):
        drive = inputs[t] @ network.input.mT + noise[t]
        state = (1 - step) * state + step * (torch.tanh(state) @ network.recurrent.mT + drive)
        outputs.append(torch.tanh(state) @ network.output.mT)
    return torch.stack(outputs)


def short_loop_outputs(network: Network, inputs: Tensor, noise: Tensor, *, step: float) -> Tensor:
    """The same with all taken out of the loop that can be."""
    state = rate = torch.zeros_like(noise[0])
    weights = step * network.recurrent.mT
    rates = []
    for drive in (step * (inputs @ network.input.mT + noise)).unbind():
        state = torch.add(drive, state, alpha=1 - step) + rate @ weights
        rate = torch.tanh(state)
        rates.append(rate)
    return torch.stack(rates) @ network.output.mT


def rows(quick: bool) -> Iterator[Row]:
    generator = torch.Generator().manual_seed(1)
    task = load_task(TASK)
    initial = initial_network(UNITS, task.n_inputs, task.n_outputs, generator).to(torch.float32)
    network = initial.map(lambda matrix: matrix.requires_grad_())
    for dt, repeats in [(5.0, 2)] if quick else product((5.0, 1.0), (2, 4)):  # 24 and 48 trials
        trials = draw_trials(task, repeats, dt=dt, rng=TaskGenerator(generator))
        assert trials.targets is not None
        inputs, targets = (
            torch.from_numpy(each).transpose(0, 1).float().contiguous() for each in (trials.inputs, trials.targets)
        )
        weights = torch.from_numpy(trials.weights).float()
        noise = torch.empty(*inputs.shape[:2], UNITS).normal_(0, 0.1 / dt**0.5, generator=generator)

        def gradient(outputs_of: Callable[..., Tensor]) -> None:
            outputs = outputs_of(network, inputs, noise.clone(), step=dt / 10)  # noqa: B023
            cost = mean_loss(task.loss, outputs, targets, weights)  # noqa: B023
            torch.autograd.grad(cost, list(network.tensors().values()))

        ways = {"written out": network_outputs, "plain loop": loop_outputs, "short loop": short_loop_outputs}
        times = rounds_of({name: partial(gradient, each) for name, each in ways.items()}, 3 if quick else 9)
        fast = times.pop("written out")
        size = f"dt = {dt:g} ms, {inputs.shape[1]} trials"
        yield Row("gradient", f"{size}: an iteration of {len(inputs)} steps", 1000 * median(fast), "ms")
        for name, slow in times.items():
            yield Row("gradient", f"{size}: autograd over a {name} / written out", ratio(slow, fast), "x")


if __name__ == "__main__":
    run(rows)
