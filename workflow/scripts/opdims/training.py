"""Training of a network on a task: exact gradients through time, Adam, a coarse and then a fine time step.

Tensors of this module have time as the leading dimension, (S, T, ...), so that each step is one contiguous block.
"""

import logging
import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

import pandas as pd
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from opdims.network import Network, tanh
from opdims.tasks.base import Task

logger = logging.getLogger(__name__)

BLOCK = 20  # steps; with 48 trials of 100 units, 0.4 MB of rates and as much of gradients: both fit in the cache
END_ITERATIONS = 50  # the end cost is the mean over this many iterations: a single one has other trials and noise


class TrainingError(RuntimeError):
    """Training diverged, or ended at too high a cost."""


class Phase(TypedDict):
    """A stretch of training at one time step."""

    iterations: int
    dt: float  # ms


class Trained(NamedTuple):
    """A trained network and how it got there."""

    network: Network  # float64, on the CPU
    history: pd.DataFrame  # iteration (from 1), dt (ms), learning_rate, cost, gradient_norm (before clipping)


def network_outputs(
    network: Network,
    inputs: Tensor,  # (S, T, n_inputs)
    noise: Tensor,  # (S, T, N), overwritten by the rates, as fresh memory is slow
    *,
    step: float = 0.1,  # dt / tau
) -> Tensor:
    """Return the outputs z = Y tanh(x), (S, T, n_outputs), of the network from x(0) = 0, after each of S Euler steps.

    x ← (1 − dt/τ) x + (dt/τ) (W tanh(x) + B u + σ), with `inputs` u and `noise` σ. Differentiable, once, in the three
    matrices of the network; two to four times faster than autograd over the same loop (benchmarks/training.py).

    Raises ValueError if the shapes of network, inputs and noise do not fit together.

    Source: Krause et al. 2022, Eq. 1; docs/method.md, "Network".
    """
    units, n_inputs = network.input.shape
    expected = (*inputs.shape[:2], units)
    if inputs.shape[2:] != (n_inputs,) or noise.shape != expected:
        raise ValueError(
            f"inputs {tuple(inputs.shape)} and noise {tuple(noise.shape)} do not fit a network of {units} units and "
            f"{n_inputs} inputs; expected (S, T, {n_inputs}) and (S, T, {units})"
        )
    return _Outputs.apply(*network, inputs, noise, step)


class _Outputs(torch.autograd.Function):
    """Outputs of the network, with backpropagation through time written out.

    With g_t = ∂cost/∂z_t, δ_t = ∂cost/∂x_t, r_t = tanh(x_t) and ∘ the product unit by unit,

        δ_t = (1 − dt/τ) δ_{t+1} + (1 − r_t²) ∘ (Yᵀ g_t + (dt/τ) Wᵀ δ_{t+1}),    δ_{S+1} = 0,
        ∂cost/∂W = (dt/τ) Σ_t δ_t r_{t−1}ᵀ,    ∂cost/∂B = (dt/τ) Σ_t δ_t u_tᵀ,    ∂cost/∂Y = Σ_t g_t r_tᵀ,

    each sum over trials and the steps of a block being one matrix product. All that is to be done with a block is done
    while it is in the cache. Only the rates are kept from the forward pass.
    """

    @staticmethod
    def forward(
        ctx: Any, recurrent: Tensor, input: Tensor, output: Tensor, inputs: Tensor, noise: Tensor, step: float
    ) -> Tensor:
        outputs = noise.new_empty(*noise.shape[:2], len(output))
        state = noise.new_zeros(noise.shape[1:])
        rate = torch.zeros_like(state)
        weights = recurrent.mT
        for u, rates, z in zip(inputs.split(BLOCK), noise.split(BLOCK), outputs.split(BLOCK), strict=True):
            rates.view(-1, len(recurrent)).addmm_(u.flatten(0, 1), input.mT)  # B u + σ, until r takes its place
            for drive in rates.unbind():
                state.lerp_(drive, step).addmm_(rate, weights, alpha=step)
                rate = tanh(state, out=drive)
            torch.matmul(rates, output.mT, out=z)
        ctx.save_for_backward(recurrent, input, output, inputs, noise)
        ctx.step = step
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        recurrent, input, output, inputs, rates = ctx.saved_tensors
        step = ctx.step
        grad_recurrent, grad_input, grad_output = (torch.zeros_like(matrix) for matrix in (recurrent, input.mT, output))
        deltas = rates.new_zeros(BLOCK + 1, *rates.shape[1:])  # of the steps of a block and of the one after it
        blocks = zip(*(tensor.split(BLOCK) for tensor in (grad_outputs, rates, inputs)), strict=True)
        for g, r, u in reversed(list(blocks)):
            now, after = deltas[: len(r)], deltas[1 : len(r) + 1]
            torch.matmul(g, output, out=now)
            for delta, delta_after, rate in reversed(list(zip(now.unbind(), after.unbind(), r.unbind(), strict=True))):
                delta.addmm_(delta_after, recurrent, alpha=step)
                torch.ops.aten.tanh_backward.grad_input(delta, rate, grad_input=delta)  # δ ← (1 − r²) ∘ δ
                delta.add_(delta_after, alpha=1 - step)
            grad_recurrent.addmm_(after.flatten(0, 1).mT, r.flatten(0, 1), alpha=step)
            grad_input.addmm_(u.flatten(0, 1).mT, now.flatten(0, 1), alpha=step)  # faster than transposed
            grad_output.addmm_(g.flatten(0, 1).mT, r.flatten(0, 1))
            deltas[-1] = deltas[0]
        return grad_recurrent, grad_input.mT, grad_output, None, None, None


def train(
    task: Task,
    initial: Network,
    *,
    learning_rate: float,  # of the first iteration; it falls to 0 along a cosine over the whole schedule
    repeats: int,  # trials of each level in an iteration
    phases: Sequence[Phase],  # one after the other, from coarse to fine
    cost_ceiling: float,  # the end cost must not be above it
    generator: torch.Generator,  # on the CPU
    betas: Sequence[float],  # two, of Adam
    gradient_norm_limit: float,
    tau: float,  # ms
    noise_std: float,  # internal noise a step of 1 ms
    device: torch.device | str = "cpu",
    log: logging.Logger = logger,
    log_every: int = 100,  # iterations
) -> Trained:
    """Train the recurrent, input and output matrices of `initial` on `task` in float32, with Adam.

    Each iteration draws its own trials and noise, both on the CPU, and descends the cost, the mean squared error over
    trials and scored steps. Internal noise is N(0, noise_std²) a step of 1 ms, scaled by 1/√dt at other dt, so that
    its integral over a given time varies as much at each dt. The end cost is the mean over the last 50 iterations at
    the last dt (all of them, if fewer).

    Raises TrainingError if cost or gradient is not finite, or if the end cost is above `cost_ceiling`; ValueError if
    there is no phase, or a dt that does not divide the duration of the task or is larger than τ.

    Source: the network and its tasks, Krause et al. 2022, Eq. 1 and Methods; the optimiser is not documented there.
    """
    schedule = [phase["dt"] for phase in phases for _ in range(phase["iterations"])]
    if not schedule:
        raise ValueError("training has no phase with iterations")
    if max(schedule) > tau:
        raise ValueError(f"dt = {max(schedule)} ms is larger than tau = {tau} ms")
    for dt in set(schedule):
        task.trials(1, dt=dt, generator=torch.Generator())  # a dt that does not divide raises here, not hours later

    network = Network(*(matrix.detach().clone() for matrix in initial.to(device, torch.float32)))
    for matrix in network:
        matrix.requires_grad_()
    optimiser = torch.optim.Adam(network, lr=learning_rate, betas=(betas[0], betas[1]))
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=len(schedule))
    units = len(initial.recurrent)
    noise = torch.empty(0, 0, units)  # the same memory for all iterations of a phase
    history = []
    for iteration, dt in enumerate(schedule, start=1):
        trials = task.trials(repeats, dt=dt, generator=generator)
        inputs, targets = (tensor.transpose(0, 1).to(network.recurrent) for tensor in (trials.inputs, trials.targets))
        if noise.shape[:2] != inputs.shape[:2]:
            noise = torch.empty(*inputs.shape[:2], units)
        noise.normal_(0, noise_std / dt**0.5, generator=generator)
        outputs = network_outputs(network, inputs.contiguous(), noise.to(device), step=dt / tau)
        loss = (outputs - targets)[trials.scored_from :].square().mean()
        optimiser.zero_grad()
        loss.backward()
        gradient_norm = torch.nn.utils.clip_grad_norm_(network, gradient_norm_limit).item()
        cost = loss.item()
        if not (math.isfinite(cost) and math.isfinite(gradient_norm)):
            raise TrainingError(
                f"{task.name}: training diverged at iteration {iteration} of {len(schedule)} (dt = {dt} ms): "
                f"cost {cost:.3g}, gradient norm {gradient_norm:.3g}; try a learning_rate below {learning_rate}"
            )
        history.append((iteration, dt, decay.get_last_lr()[0], cost, gradient_norm))
        optimiser.step()
        decay.step()
        if iteration % log_every == 0 or iteration == len(schedule):
            log.info("%s: iteration %d of %d, dt %g ms, cost %.3g", task.name, iteration, len(schedule), dt, cost)

    table = pd.DataFrame(history, columns=["iteration", "dt", "learning_rate", "cost", "gradient_norm"])
    end_cost = table["cost"][table["dt"] == schedule[-1]].tail(END_ITERATIONS).mean()
    if end_cost > cost_ceiling:
        raise TrainingError(
            f"{task.name}: training ended at cost {end_cost:.3g}, above cost_ceiling {cost_ceiling:.3g}; "
            f"try more iterations or another seed"
        )
    return Trained(Network(*(matrix.detach() for matrix in network)).to("cpu", torch.float64), table)
