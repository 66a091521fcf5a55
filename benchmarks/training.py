"""CPU seconds an iteration of training takes: the written-out gradient against autograd over a Python loop.

    python benchmarks/training.py

Medians over rounds in which each way takes its turn, so that a busy machine disturbs both alike; one thread (set
OMP_NUM_THREADS=1, for NumPy), float32, 100 units, trials of context_integration, and its share of drawing trials and
noise. Euler steps, but for one column: steps extrapolated as training takes them at coarse dt.
"""

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from opdims.network import Network, initial_network
from opdims.tasks import context_integration as task
from opdims.training import draw_noise, network_outputs

ROUNDS = 9
REPEATS = (2, 4)  # 24 and 48 trials


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


def seconds(call, *args, **kwargs):
    start = process_time()
    result = call(*args, **kwargs)
    return process_time() - start, result


def main() -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    initial = initial_network(100, task.n_inputs, task.n_outputs, generator).to(torch.float32)
    network = Network(*(matrix.requires_grad_() for matrix in initial))

    def gradient(outputs_of, inputs: Tensor, targets: Tensor, noise: Tensor, scored_from: int, **options) -> None:
        outputs = outputs_of(network, inputs, noise, **options)
        cost = (outputs - targets)[scored_from:].square().mean()
        torch.autograd.grad(cost, list(network))

    print("CPU time of an iteration, ms")
    print("dt (ms)  trials  draw trials  noise  gradient  extrapolated  autograd, loop  autograd, short loop")
    for dt, repeats in product((1.0, 5.0), REPEATS):
        rounds = []
        for _ in range(ROUNDS):
            draw_time, trials = seconds(task.trials, repeats, dt=dt, generator=generator)
            inputs, targets = (t.transpose(0, 1).float().contiguous() for t in (trials.inputs, trials.targets))
            noise = torch.empty(*inputs.shape[:2], 100)
            noise_time, _ = seconds(draw_noise, noise, 0.1 / dt**0.5, generator)
            times = [draw_time, noise_time]
            ways: list[tuple[Callable, dict[str, float]]] = [
                (network_outputs, {}),
                (network_outputs, {"extrapolation": 0.4}),
                (loop_outputs, {}),
                (short_loop_outputs, {}),
            ]
            for outputs_of, options in ways:
                arguments = inputs, targets, noise.clone(), trials.scored_from  # the noise is overwritten
                times.append(seconds(gradient, outputs_of, *arguments, step=dt / 10, **options)[0])
            rounds.append(times)
        draw_time, noise_time, fast, extrapolated, loop, short = (
            1000 * median(times) for times in zip(*rounds, strict=True)
        )
        print(
            f"{dt:7g}{inputs.shape[1]:8d}{draw_time:13.1f}{noise_time:7.1f}{fast:10.1f}{extrapolated:14.1f}"
            f"{loop:9.1f} ({loop / fast:.1f}x){short:15.1f} ({short / fast:.1f}x)"
        )


if __name__ == "__main__":
    main()
