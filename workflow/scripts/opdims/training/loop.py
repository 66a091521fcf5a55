"""Training of a network on a task: exact gradients through time, Adam, a coarse and then a fine time step."""

import logging
import math
from collections.abc import Sequence
from typing import NamedTuple, NotRequired, TypedDict

import numpy as np
import torch
from torch import Tensor

from opdims.losses import mean_loss
from opdims.network import Network
from opdims.seeding import TaskGenerator
from opdims.task import CompleteTrials, Task, draw_trials, running_steps
from opdims.training.checkpoint import Checkpoint
from opdims.training.gradient import network_outputs
from opdims.training.optimiser import Adam

logger = logging.getLogger(__name__)

COLUMNS = ("iteration", "dt", "learning_rate", "cost", "gradient_norm")  # of a history
TEST_BATCHES = 20  # on which the trained network is tested, each of as many trials as an iteration
LEARNT = ("recurrent", "input", "output", "bias", "output_bias")


class Phase(TypedDict):
    """A stretch of training at one time step."""

    iterations: int
    dt: float | None  # ms; none: that of the network
    duration: NotRequired[float]  # ms, at which trials end; those of the task, if absent


class Trained(NamedTuple):
    """A trained network and how it got there."""

    network: Network  # float64, on the CPU
    history: dict[str, list]  # iteration (from 1), dt (ms), learning_rate, cost (of no mean), gradient_norm (unclipped)
    cost: float  # of the network, on trials that it was not trained on; infinite if training diverged


class TrainingError(RuntimeError):
    """Training diverged. `trained` is what there was at that iteration, which is the last of its history."""

    def __init__(self, message: str, trained: Trained) -> None:
        super().__init__(message)
        self.trained = trained


def train(
    task: Task,
    initial: Network,
    *,
    learning_rate: float,  # of the first iteration; it falls along a half cosine over the whole schedule
    last_learning_rate: float,  # to this one
    averaging: int,  # iterations, time constant of the running mean of the weights
    repeats: int,  # trials of each level in an iteration
    phases: Sequence[Phase],  # one after the other, from coarse to fine
    checkpoint_interval: int,  # iterations
    generator: torch.Generator,  # on the CPU
    test_generator: torch.Generator,  # the same, of the trials on which the trained network is tested
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
    """Train the matrices and, if there are any, the biases of `initial` on `task` in float32, with Adam.

    Each iteration draws its own trials and noise, both on the CPU, and descends the cost: the task's loss, a mean over
    trials and a weighted one over steps. Steps longer than `dt` are extrapolated so that they equal Euler steps of `dt`
    to second order (see `network_outputs`): what is learnt at coarse steps then needs little correction at fine ones.
    In a phase with a `duration` trials end there: what has to be right early is learnt before what builds upon it.
    Internal noise is N(0, noise_std²) a step of 1 ms, scaled by 1/√dt at other dt, so that its integral over a given
    time varies as much at each dt. One half of the trials has the noise of the other half with opposite sign, which
    halves the work of drawing it.

    The trained network is the running mean over iterations: the weights themselves bounce about it as long as they
    learn, and have up to twice its cost. Costs in the history are those of the weights, on the few trials of their
    iteration; the cost of the trained network is measured at the end, at `dt`, on whole trials that have another
    stream of random numbers, twenty times as many as in an iteration.

    With a `checkpoint`, training goes on from where it says, and writes it every `checkpoint_interval` iterations and
    at the end. The result is the same to the last bit; the caller removes the file once the result is safe.

    Raises TrainingError if cost or gradient is not finite; ValueError if there is no phase, a dt is larger than τ or
    does not divide the durations, a duration is not in the scored part, the task has no targets, or the network is in
    rate form.

    Source: the network and its tasks, Krause et al. 2022, Eq. 1 and Methods; the optimiser is not documented there.
    """
    schedule = [
        (phase["dt"] or dt, phase.get("duration", task.duration))
        for phase in phases
        for _ in range(phase["iterations"])
    ]
    _check_schedule(task, schedule, tau)
    work = np.cumsum([duration / step for step, duration in schedule])  # time steps up to the end of each iteration

    network, average = (initial.map(lambda each: each.detach().to(device, torch.float32).clone()) for _ in range(2))
    weights, means = (
        [tensor for name, tensor in each.tensors().items() if name in LEARNT] for each in (network, average)
    )
    for weight in weights:
        weight.requires_grad_()
    optimiser = Adam(weights, betas)
    state = (*weights, *means, *optimiser.means, *optimiser.squares)
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
        inputs, targets, scored = _draw_batch(task, repeats, step, duration, generator, network.recurrent.detach())
        if noise.shape[:2] != inputs.shape[:2]:
            noise = torch.empty(*inputs.shape[:2], len(initial.recurrent))
        draw_noise(noise, noise_std / step**0.5, generator)
        extrapolation = max(0.0, (1 - dt / step) / 2)
        with np.errstate(all="ignore"):  # what is not finite raises below
            outputs = network_outputs(network, inputs, noise.to(device), step=step / tau, extrapolation=extrapolation)
            loss = mean_loss(task.loss, outputs, targets, scored)
            gradients = torch.autograd.grad(loss, weights)
        gradient_norm = math.hypot(*(torch.linalg.norm(gradient).item() for gradient in gradients))
        cost = loss.item()
        history.append((iteration, step, rate, cost, gradient_norm))
        if not (math.isfinite(cost) and math.isfinite(gradient_norm)):
            raise TrainingError(
                f"{task.name}: training diverged at iteration {iteration} of {len(schedule)} (dt = {step} ms): "
                f"cost {cost:.3g}, gradient norm {gradient_norm:.3g}; try a learning_rate below {learning_rate}",
                Trained(_finished(average, initial), _columns(history), math.inf),
            )
        scale = gradient_norm_limit / gradient_norm if gradient_norm > gradient_norm_limit else 1.0
        optimiser.step([scale * gradient for gradient in gradients], rate, iteration)
        for mean, weight in zip(means, weights, strict=True):
            mean.lerp_(weight.detach(), 1 / min(iteration, averaging))
        if iteration % log_every == 0 or iteration == len(schedule):
            share = work[iteration - 1] / work[-1]
            where = (task.name, iteration, len(schedule), step, cost)
            log.info("%s: iteration %d of %d, dt %g ms, cost %.3g", *where, extra={"share": share})
        if checkpoint and (iteration % checkpoint_interval == 0 or iteration == len(schedule)):
            checkpoint.write(
                {
                    "history": history,
                    "generator": generator.get_state(),
                    "state": [tensor.detach() for tensor in state],
                }
            )

    cost = _test(average, task, repeats, dt=dt, tau=tau, noise_std=noise_std, generator=test_generator)
    log.info("%s: trained, cost %.3g on other trials", task.name, cost)
    return Trained(_finished(average, initial), _columns(history), cost)


def _finished(average: Network, initial: Network) -> Network:
    """Return the trained network in float64; but for the start, which was not learnt and need not be rounded."""
    trained = average.to("cpu", torch.float64)
    return trained._replace(initial_state=initial.initial_state, initial_rates=initial.initial_rates)


def _columns(history: Sequence[tuple[int, float, float, float, float]]) -> dict[str, list]:
    return dict(zip(COLUMNS, map(list, zip(*history, strict=True)), strict=True))


def _draw_batch(
    task: Task,
    repeats: int,
    step: float,  # ms
    duration: float,  # ms, at which trials end
    generator: torch.Generator,
    like: Tensor,  # whose dtype and device are those of what is returned
) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs (S, T, n_inputs), targets (S, T, n_outputs) and the weights of the steps (S,) of fresh trials."""
    trials = draw_trials(task, repeats, dt=step, rng=TaskGenerator(generator))
    steps = running_steps(duration, step)
    inputs, targets = (
        torch.from_numpy(array[:, :steps]).transpose(0, 1).to(like) for array in (trials.inputs, _targets(task, trials))
    )
    return inputs.contiguous(), targets, torch.from_numpy(trials.weights[:steps]).to(like)


def _test(
    network: Network,
    task: Task,
    repeats: int,  # trials of each level in a batch
    *,
    dt: float,
    tau: float,
    noise_std: float,
    generator: torch.Generator,
) -> float:
    """Return the mean cost of a network on fresh trials."""
    costs = []
    for _ in range(TEST_BATCHES):
        inputs, targets, scored = _draw_batch(task, repeats, dt, task.duration, generator, network.recurrent)
        noise = torch.empty(*inputs.shape[:2], len(network.recurrent))
        draw_noise(noise, noise_std / dt**0.5, generator)
        with torch.no_grad(), np.errstate(all="ignore"):  # a cost that is not finite says enough
            outputs = network_outputs(network, inputs, noise.to(inputs.device), step=dt / tau)
            costs.append(mean_loss(task.loss, outputs, targets, scored).item())
    return math.fsum(costs) / len(costs)


def _targets(task: Task, trials: CompleteTrials) -> np.ndarray:
    if trials.targets is None:
        raise ValueError(f"{task.name} has no targets, expected some to train on")
    return trials.targets


def _check_schedule(task: Task, schedule: Sequence[tuple[float, float]], tau: float) -> None:
    """Raise ValueError if a step or duration cannot be run: here, not hours later."""
    if not schedule:
        raise ValueError("training has no phase with iterations")
    for step, duration in sorted(set(schedule)):
        if step > tau:
            raise ValueError(f"dt = {step} ms is larger than tau = {tau} ms")
        trials = draw_trials(task, 1, dt=step, rng=np.random.default_rng(0))
        _targets(task, trials)
        steps = running_steps(duration, step)
        if steps > len(trials.weights) or not trials.weights[:steps].any():
            scored_from = float(trials.weights.nonzero()[0][0] * step)
            raise ValueError(
                f"trials of {duration} ms; those of {task.name} are scored from {scored_from} ms on and last "
                f"{task.duration} ms"
            )


def draw_noise(noise: Tensor, std: float, generator: torch.Generator) -> None:
    """Fill `noise` (S, T, N) with N(0, std²): half of the trials, rounded up, are drawn, the others mirror them."""
    trials = noise.shape[1]
    drawn = noise.new_empty(len(noise), trials - trials // 2, noise.shape[2])
    drawn.normal_(0, std, generator=generator)
    noise[:, : drawn.shape[1]] = drawn
    torch.neg(drawn[:, : trials // 2], out=noise[:, drawn.shape[1] :])
