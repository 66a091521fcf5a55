"""Training of a network on a task: exact gradients through time, Adam, a coarse and then a fine time step.

Tensors of this module have time as the leading dimension, (S, T, ...), so that each step is one contiguous block.
"""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, NotRequired, TypedDict

import numpy as np
import pandas as pd
import torch
from scipy.linalg import get_blas_funcs
from torch import Tensor
from torch.autograd.function import once_differentiable

from opdims.files import atomic
from opdims.network import Network
from opdims.tasks.base import Task, running_steps

logger = logging.getLogger(__name__)

BLOCK = 20  # steps; with 48 trials of 100 units, 0.4 MB of rates and as much of gradients: both fit in the cache
END_ITERATIONS = 50  # the end cost is the mean over this many iterations: a single one has other trials and noise


class TrainingError(RuntimeError):
    """Training diverged, or ended at too high a cost."""


class Phase(TypedDict):
    """A stretch of training at one time step."""

    iterations: int
    dt: float  # ms
    duration: NotRequired[float]  # ms, at which trials end; those of the task, if absent


class Trained(NamedTuple):
    """A trained network and how it got there."""

    network: Network  # float64, on the CPU
    history: (
        pd.DataFrame
    )  # iteration (from 1), dt (ms), learning_rate, cost (not of the mean), gradient_norm (unclipped)


def network_outputs(
    network: Network,
    inputs: Tensor,  # (S, T, n_inputs)
    noise: Tensor,  # (S, T, N), overwritten by the rates, as fresh memory is slow
    *,
    step: float = 0.1,  # dt / tau
    extrapolation: float = 0.0,  # c
) -> Tensor:
    """Return the outputs z = Y tanh(x), (S, T, n_outputs), of the network from x(0) = 0, after each of S steps.

    x_t = x_{t−1} + (dt/τ) ((1 + c) f_{t−1} − c f_{t−2} + B u_t + σ_t),  f_t = −x_t + W tanh(x_t),  f_{−1} = 0,

    with `inputs` u and `noise` σ. With c = 0 this is Euler's step, that of the paper. A step with c = (1 − 1/n) / 2
    equals n Euler steps of dt/n up to terms of third order in dt, and up to the noise (c = 1/2, the limit, is the
    method of Adams and Bashforth). Differentiable, once, in the three matrices of the network; several times faster
    than autograd over the same loop (benchmarks/gradient.py).

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
    return _Outputs.apply(*network, inputs, noise, step, extrapolation)


class _Outputs(torch.autograd.Function):
    """Outputs of the network, with backpropagation through time written out.

    With g_t = ∂cost/∂z_t, δ_t = ∂cost/∂x_t, r_t = tanh(x_t), η_t = (dt/τ) ((1 + c) δ_{t+1} − c δ_{t+2}) = ∂cost/∂f_t
    and ∘ the product unit by unit,

        δ_t = δ_{t+1} − η_t + (1 − r_t²) ∘ (Yᵀ g_t + Wᵀ η_t),    δ_{S+1} = δ_{S+2} = 0,
        ∂cost/∂W = Σ_t η_t r_tᵀ,    ∂cost/∂B = (dt/τ) Σ_t δ_t u_tᵀ,    ∂cost/∂Y = Σ_t g_t r_tᵀ,

    each sum over trials and the steps of a block being one matrix product. All that is to be done with a block is done
    while it is in the cache. Only the rates are kept from the forward pass.

    A step is a handful of operations of a microsecond each (`_Arrays`); the forward pass takes x and f together,

        x_{t+1} = (1 − g) x_t + c (dt/τ) x_{t−1} + g W (r_t − m r_{t−1}) + (dt/τ) (B u_{t+1} + σ_{t+1}),

    with g = (1 + c) dt/τ and m = c / (1 + c).
    """

    @staticmethod
    def forward(
        ctx: Any,
        recurrent: Tensor,
        input: Tensor,
        output: Tensor,
        inputs: Tensor,
        noise: Tensor,
        step: float,
        extrapolation: float,
    ) -> Tensor:
        arrays = _arrays(noise)
        outputs = noise.new_empty(*noise.shape[:2], len(output))
        gain, memory = (1 + extrapolation) * step, extrapolation / (1 + extrapolation)
        weights = arrays.of((gain * recurrent.mT).contiguous())
        state, earlier_state, rate, earlier_rate, combined = arrays.of(noise.new_zeros(5, *noise.shape[1:]))
        for u, rates, z in zip(inputs.split(BLOCK), noise.split(BLOCK), outputs.split(BLOCK), strict=True):
            flat = rates.view(-1, len(recurrent))  # (dt/τ) (B u + σ), until r takes its place
            flat.addmm_(u.flatten(0, 1), input.mT, beta=step, alpha=step)
            for drive in arrays.of(rates):
                if extrapolation:
                    arrays.multiply(earlier_rate, -memory, out=combined)
                    arrays.add(combined, rate)
                arrays.add_product(earlier_state, combined if extrapolation else rate, weights, extrapolation * step)
                arrays.add(earlier_state, state, 1 - gain)
                arrays.add(earlier_state, drive)
                state, earlier_state = earlier_state, state
                rate, earlier_rate = arrays.tanh(state, out=drive), rate
            torch.matmul(rates, output.mT, out=z)
        ctx.save_for_backward(recurrent, input, output, inputs, noise)
        ctx.step, ctx.extrapolation = step, extrapolation
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        recurrent, input, output, inputs, rates = ctx.saved_tensors
        step, extrapolation = ctx.step, ctx.extrapolation
        arrays = _arrays(rates)
        shapes = (recurrent.shape, input.mT.shape, output.shape)  # row-major (n_inputs, N) is five times faster
        grad_recurrent, grad_input, grad_output = (rates.new_zeros(shape) for shape in shapes)
        deltas = rates.new_zeros(BLOCK + 2, *rates.shape[1:])  # of the steps of a block and of the two after it
        etas, slopes = rates.new_empty(2, BLOCK, *rates.shape[1:])
        weights, delta, eta, slope = (arrays.of(each) for each in (recurrent.contiguous(), deltas, etas, slopes))
        blocks = zip(*(tensor.split(BLOCK) for tensor in (grad_outputs, rates, inputs)), strict=True)
        for g, r, u in reversed(list(blocks)):
            steps = len(r)
            torch.mul(r, r, out=slopes[:steps])
            torch.sub(1, slopes[:steps], out=slopes[:steps])
            torch.matmul(g, output, out=deltas[:steps])
            for t in reversed(range(steps)):
                arrays.multiply(delta[t + 1], (1 + extrapolation) * step, out=eta[t])
                if extrapolation:
                    arrays.add(eta[t], delta[t + 2], -extrapolation * step)
                arrays.add_product(delta[t], eta[t], weights)
                arrays.multiply(delta[t], slope[t], out=delta[t])
                arrays.add(delta[t], eta[t], -1)
                arrays.add(delta[t], delta[t + 1])
            grad_recurrent.addmm_(etas[:steps].flatten(0, 1).mT, r.flatten(0, 1))
            grad_input.addmm_(u.flatten(0, 1).mT, deltas[:steps].flatten(0, 1), alpha=step)
            grad_output.addmm_(g.flatten(0, 1).mT, r.flatten(0, 1))
            deltas[-2:] = deltas[:2].clone()
        return grad_recurrent, grad_input.mT, grad_output, None, None, None, None


class _Arrays:
    """What is done with arrays in a step, in place, by torch."""

    tanh: ClassVar[Any] = torch.tanh
    multiply: ClassVar[Any] = torch.multiply

    def of(self, tensor: Tensor) -> Any:
        """Return the array that shares the memory of the tensor."""
        return tensor

    def add(self, total: Any, array: Any, scale: float = 1.0) -> None:
        """Add scale `array` to `total`."""
        total.add_(array, alpha=scale)

    def add_product(self, total: Any, left: Any, right: Any, scale: float = 1.0) -> None:
        """Put scale `total` + `left` `right` into `total`."""
        total.addmm_(left, right, beta=scale)


class _CpuArrays(_Arrays):
    """The same by NumPy and BLAS, whose calls take half the time of torch's or less. All arrays are contiguous."""

    tanh: ClassVar[Any] = np.tanh
    multiply: ClassVar[Any] = np.multiply

    def __init__(self, dtype: np.dtype) -> None:
        self.axpy, self.gemm = get_blas_funcs(("axpy", "gemm"), dtype=dtype)

    def of(self, tensor: Tensor) -> Any:
        return tensor.detach().numpy()

    def add(self, total: Any, array: Any, scale: float = 1.0) -> None:
        self.axpy(array.ravel(), total.ravel(), total.size, scale)

    def add_product(self, total: Any, left: Any, right: Any, scale: float = 1.0) -> None:
        self.gemm(1.0, right.T, left.T, scale, total.T, overwrite_c=True)  # BLAS counts by columns


def _arrays(like: Tensor) -> _Arrays:
    """Return what is fastest on the device and for the dtype of the tensor."""
    return _CpuArrays(like.detach().numpy().dtype) if like.device.type == "cpu" else _Arrays()


class Adam:
    """The optimiser, in place: a step of each weight along the mean gradient over its root mean square.

    It does what torch.optim's does, whose first use imports so much that it takes seconds of every job.

    Source: Kingma and Ba 2015, Algorithm 1.
    """

    def __init__(self, matrices: Sequence[Tensor], betas: Sequence[float], epsilon: float = 1e-8) -> None:
        self.matrices, self.betas, self.epsilon = matrices, betas, epsilon
        self.means = [torch.zeros_like(matrix, requires_grad=False) for matrix in matrices]
        self.squares = [torch.zeros_like(matrix, requires_grad=False) for matrix in matrices]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float, iteration: int) -> None:
        """Take the step of that number, counted from 1, with the gradient of each matrix."""
        first, second = self.betas
        lists = (self.matrices, self.means, self.squares, gradients)
        for matrix, mean, square, gradient in zip(*lists, strict=True):
            mean.lerp_(gradient, 1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            deviation = (square / (1 - second**iteration)).sqrt_().add_(self.epsilon)
            matrix.addcdiv_(mean, deviation, value=-learning_rate / (1 - first**iteration))


class Checkpoint:
    """A file that holds a training under way, so that one that was killed goes on where it was.

    It serves one training only, that whose `identity` (settings, seeds, code) it bears.
    """

    def __init__(self, path: str | Path, identity: str, *, log: logging.Logger = logger) -> None:
        self.path, self.identity, self.log = Path(path), identity, log

    def write(self, content: dict[str, Any]) -> None:
        """Put `content`, of tensors, numbers, lists and dicts, into the file."""
        with atomic(self.path) as temporary, open(temporary, "wb") as file:
            torch.save(content | {"identity": self.identity}, file)

    def read(self) -> dict[str, Any] | None:
        """Return the content, or None, with a line in the log, if the file is none of this training's checkpoints."""
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # there is no telling what the parser meets in a truncated file
            self.log.warning("%s: ignored, cannot be read as a checkpoint (%s)", self.path, type(error).__name__)
            return None
        if not isinstance(content, dict) or content.get("identity") != self.identity:
            self.log.warning("%s: ignored, a checkpoint of other settings, seeds or code", self.path)
            return None
        return content


def train(
    task: Task,
    initial: Network,
    *,
    learning_rate: float,  # of the first iteration; it falls along a half cosine over the whole schedule
    last_learning_rate: float,  # to this one
    averaging: int,  # iterations, time constant of the running mean of the weights
    repeats: int,  # trials of each level in an iteration
    phases: Sequence[Phase],  # one after the other, from coarse to fine
    cost_ceiling: float,  # the end cost must not be above it
    checkpoint_interval: int,  # iterations
    generator: torch.Generator,  # on the CPU
    betas: Sequence[float],  # two, of Adam
    gradient_norm_limit: float,
    dt: float,  # ms, Euler step of the network
    tau: float,  # ms
    noise_std: float,  # internal noise a step of 1 ms
    device: torch.device | str = "cpu",
    checkpoint: Checkpoint | None = None,
    log: logging.Logger = logger,
    log_every: int = 100,  # iterations
) -> Trained:
    """Train the recurrent, input and output matrices of `initial` on `task` in float32, with Adam.

    Each iteration draws its own trials and noise, both on the CPU, and descends the cost, the mean squared error over
    trials and scored steps. Steps longer than `dt` are extrapolated so that they equal Euler steps of `dt` to second
    order (see `network_outputs`): what is learnt at coarse steps then needs little correction at fine ones. In a phase
    with a `duration` trials end there: what has to be right early is learnt before what builds upon it. Internal
    noise is N(0, noise_std²) a step of 1 ms, scaled by 1/√dt at other dt, so that its integral over a given time varies
    as much at each dt. One half of the trials has the noise of the other half with opposite sign, which halves the
    work of drawing it. The end cost is the mean over the last 50 iterations at the last dt and duration (all, if
    fewer).

    The trained network is the running mean over iterations: the weights themselves bounce about it as long as they
    learn, and have up to twice its cost.

    With a `checkpoint`, training goes on from where it says, and writes it every `checkpoint_interval` iterations and
    at the end. The result is the same to the last bit; the caller removes the file once the result is safe.

    Raises TrainingError if cost or gradient is not finite, or if the end cost is above `cost_ceiling`; ValueError if
    there is no phase, a dt is larger than τ or does not divide the durations, or a duration is not in the scored part.

    Source: the network and its tasks, Krause et al. 2022, Eq. 1 and Methods; the optimiser is not documented there.
    """
    schedule = [
        (phase["dt"], phase.get("duration", task.duration)) for phase in phases for _ in range(phase["iterations"])
    ]
    if not schedule:
        raise ValueError("training has no phase with iterations")
    for step, duration in sorted(set(schedule)):  # what cannot be run raises here, not hours later
        if step > tau:
            raise ValueError(f"dt = {step} ms is larger than tau = {tau} ms")
        scored_from = task.trials(1, dt=step, generator=torch.Generator()).scored_from
        if not scored_from < running_steps(duration, step) <= running_steps(task.duration, step):
            raise ValueError(
                f"trials of {duration} ms; those of {task.name} are scored from {scored_from * step} ms on and last "
                f"{task.duration} ms"
            )

    network = Network(*(matrix.detach().clone() for matrix in initial.to(device, torch.float32)))
    for matrix in network:
        matrix.requires_grad_()
    average = Network(*(matrix.detach().clone() for matrix in network))
    optimiser = Adam(network, betas)
    state = (*network, *average, *optimiser.means, *optimiser.squares)
    history: list[tuple[int, float, float, float, float]] = []
    saved = checkpoint.read() if checkpoint else None
    if saved:
        history = saved["history"]
        generator.set_state(saved["generator"])
        for tensor, value in zip(state, saved["state"], strict=True):
            tensor.data.copy_(value)
        log.info("%s: going on after iteration %d of %d", task.name, len(history), len(schedule))

    noise = torch.empty(0, 0, len(initial.recurrent))  # the same memory for all iterations of a phase
    for iteration, (step, duration) in enumerate(schedule[len(history) :], start=len(history) + 1):
        left = (1 + math.cos(math.pi * (iteration - 1) / len(schedule))) / 2
        rate = last_learning_rate + (learning_rate - last_learning_rate) * left
        trials = task.trials(repeats, dt=step, generator=generator)
        inputs, targets = (
            tensor.transpose(0, 1)[: running_steps(duration, step)].to(network.recurrent)
            for tensor in (trials.inputs, trials.targets)
        )
        if noise.shape[:2] != inputs.shape[:2]:
            noise = torch.empty(*inputs.shape[:2], len(initial.recurrent))
        draw_noise(noise, noise_std / step**0.5, generator)
        extrapolation = max(0.0, (1 - dt / step) / 2)
        with np.errstate(all="ignore"):  # what is not finite raises below
            outputs = network_outputs(
                network, inputs.contiguous(), noise.to(device), step=step / tau, extrapolation=extrapolation
            )
            loss = (outputs - targets)[trials.scored_from :].square().mean()
            gradients = torch.autograd.grad(loss, list(network))
        gradient_norm = math.hypot(*(torch.linalg.norm(gradient).item() for gradient in gradients))
        cost = loss.item()
        if not (math.isfinite(cost) and math.isfinite(gradient_norm)):
            raise TrainingError(
                f"{task.name}: training diverged at iteration {iteration} of {len(schedule)} (dt = {step} ms): "
                f"cost {cost:.3g}, gradient norm {gradient_norm:.3g}; try a learning_rate below {learning_rate}"
            )
        history.append((iteration, step, rate, cost, gradient_norm))
        scale = gradient_norm_limit / gradient_norm if gradient_norm > gradient_norm_limit else 1.0
        optimiser.step([scale * gradient for gradient in gradients], rate, iteration)
        for mean, matrix in zip(average, network, strict=True):
            mean.lerp_(matrix.detach(), 1 / min(iteration, averaging))
        if iteration % log_every == 0 or iteration == len(schedule):
            log.info("%s: iteration %d of %d, dt %g ms, cost %.3g", task.name, iteration, len(schedule), step, cost)
        if checkpoint and (iteration % checkpoint_interval == 0 or iteration == len(schedule)):
            checkpoint.write(
                {
                    "history": history,
                    "generator": generator.get_state(),
                    "state": [tensor.detach() for tensor in state],
                }
            )

    table = pd.DataFrame(history, columns=["iteration", "dt", "learning_rate", "cost", "gradient_norm"])
    like_the_last = [each == schedule[-1] for each in schedule]
    end_cost = table["cost"][like_the_last].tail(END_ITERATIONS).mean()
    if end_cost > cost_ceiling:
        raise TrainingError(
            f"{task.name}: training ended at cost {end_cost:.3g}, above cost_ceiling {cost_ceiling:.3g}; "
            f"try more iterations or another seed"
        )
    return Trained(average.to("cpu", torch.float64), table)


def draw_noise(noise: Tensor, std: float, generator: torch.Generator) -> None:
    """Fill `noise` (S, T, N) with N(0, std²): half of the trials, rounded up, are drawn, the others mirror them."""
    trials = noise.shape[1]
    drawn = noise.new_empty(len(noise), trials - trials // 2, noise.shape[2])
    drawn.normal_(0, std, generator=generator)
    noise[:, : drawn.shape[1]] = drawn
    torch.neg(drawn[:, : trials // 2], out=noise[:, drawn.shape[1] :])
