"""Seconds an iteration of training takes: the written-out gradient against autograd over a Python loop.

    python benchmarks/training.py

Medians over rounds in which each way takes its turn, so that a busy machine disturbs all alike; one thread, float32,
100 units, 48 trials of context_integration, and its share of drawing trials and noise.
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from opdims.network import Network, initial_network
from opdims.tasks import context_integration as task
from opdims.training import network_outputs

ROUNDS = 15


def autograd_outputs(network: Network, inputs: Tensor, noise: Tensor, *, step: float) -> Tensor:
    drive = inputs @ network.input.mT + noise
    state = torch.zeros_like(noise[0])
    rate, rates = state, []
    for t in range(len(inputs)):
        state = (1 - step) * state + step * (rate @ network.recurrent.mT + drive[t])
        rate = torch.tanh(state)
        rates.append(rate)
    return torch.stack(rates) @ network.output.mT


def seconds(call, *args, **kwargs):
    start = perf_counter()
    result = call(*args, **kwargs)
    return perf_counter() - start, result


def main() -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    initial = initial_network(100, task.n_inputs, task.n_outputs, generator).to(torch.float32)
    network = Network(*(matrix.requires_grad_() for matrix in initial))

    def gradient(outputs_of, inputs: Tensor, targets: Tensor, noise: Tensor, scored_from: int, step: float) -> None:
        outputs = outputs_of(network, inputs, noise, step=step)
        cost = (outputs - targets)[scored_from:].square().mean()
        torch.autograd.grad(cost, list(network))

    print(
        "dt (ms)  steps  trials (ms)  noise (ms)  gradient (ms)  autograd (ms)  gradient is faster  whole iteration is"
    )
    for dt in (1.0, 5.0):
        rounds = []
        for _ in range(ROUNDS):
            draw_time, trials = seconds(task.trials, 4, dt=dt, generator=generator)
            inputs, targets = (t.transpose(0, 1).float().contiguous() for t in (trials.inputs, trials.targets))
            noise = torch.empty(*inputs.shape[:2], 100)
            noise_time, _ = seconds(noise.normal_, 0, 0.1 / dt**0.5, generator=generator)
            rest = (targets, noise, trials.scored_from, dt / 10)
            plain_time, _ = seconds(gradient, autograd_outputs, inputs, *rest)
            fast_time, _ = seconds(gradient, network_outputs, inputs, *rest)  # last: it overwrites the noise
            rounds.append((draw_time, noise_time, fast_time, plain_time))
        draw_time, noise_time, fast_time, plain_time = (1000 * median(times) for times in zip(*rounds, strict=True))
        drawing = draw_time + noise_time
        whole = (plain_time + drawing) / (fast_time + drawing)
        print(
            f"{dt:7g} {len(inputs):6d} {draw_time:12.1f} {noise_time:11.1f} {fast_time:14.1f} {plain_time:14.1f}"
            f" {plain_time / fast_time:18.1f}x {whole:17.1f}x"
        )


if __name__ == "__main__":
    main()
