"""States at which the dynamics are examined: on condition-average trajectories, and the random control."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from opdims.arguments import check_count, check_number, check_tensor
from opdims.geometry import Components, principal_components
from opdims.network import Network, check_network, simulate
from opdims.seeding import TaskGenerator
from opdims.task import CompleteTrials, Task, draw_trials, running_steps


class Samples(NamedTuple):
    """What is sampled of one network."""

    state: Tensor  # (L, N), x on the condition-average trajectories
    condition: Tensor  # (L,), index into Task.conditions
    step: Tensor  # (L,), counted from 1
    random_state: Tensor  # (L, N), Gaussian x with the standard deviation of the activity
    activity: Components  # of x over all trials and steps


def internal_noise(shape: tuple[int, ...], noise_std: float, dt: float, generator: torch.Generator) -> Tensor:
    """Draw the internal noise σ ~ N(0, noise_std²) a step of 1 ms, scaled by 1/√dt at other dt (ms), in float64.

    Raises ValueError unless dt is above 0 and noise_std at least 0.
    """
    check_number("dt", dt, above=0)
    check_number("noise_std", noise_std, least=0)
    return torch.randn(shape, dtype=torch.float64, generator=generator).mul_(noise_std / dt**0.5)


def draw_noisy_trials(
    task: Task,
    units: int,
    *,
    repeats: int,
    dt: float,
    noise_std: float,
    generator: torch.Generator,
) -> tuple[CompleteTrials, Tensor]:
    """Draw `repeats` trials of each level of the task and the internal noise (T, S, units) of a network that does them.

    Raises ValueError if a condition has no trial, as can be with few repeats.
    """
    trials = draw_trials(task, repeats, dt=dt, rng=TaskGenerator(generator))
    for condition, label in enumerate(task.conditions):
        if not (trials.condition == condition).any():
            raise ValueError(f"{task.name}: no trial of {label} among {len(trials.inputs)}, expected more repeats")
    return trials, internal_noise((*trials.inputs.shape[:-1], units), noise_std, dt, generator)


def average_by_condition(
    states: Tensor,  # (T, ...)
    condition: np.ndarray,  # (T,), see Trials
    conditions: int,
) -> Tensor:
    """Return the mean (conditions, ...) over the trials of each condition; ValueError where one has no trial."""
    if len(condition) != len(states):
        raise ValueError(f"condition is {np.shape(condition)}, expected ({len(states)},), one for each trial of states")
    check_count("conditions", conditions, least=1)
    if lacking := [number for number in range(conditions) if not (condition == number).any()]:
        raise ValueError(f"condition has no trial of condition {lacking[0]}, expected 0 to {conditions - 1}")
    members = [torch.from_numpy(condition == number).to(states.device) for number in range(conditions)]
    return torch.stack([states[member].mean(0) for member in members])


def sampled_steps(
    steps: int,
    interval: float | None,  # ms; none: a tenth of the trial
    dt: float,  # ms
) -> Tensor:
    """Return the sampled steps, counted from 1: the first one and those after each interval, up to `steps`.

    Raises TaskError if the interval is not a multiple of dt, and ValueError if there is no step.
    """
    check_count("steps", steps, least=1)
    between = max(1, round(steps / 10)) if interval is None else running_steps(interval, dt)
    return torch.tensor(sorted({1, *range(between, steps + 1, between)}))


def sample_states(
    network: Network,  # one, without batch dimensions
    task: Task,
    *,
    repeats: int,
    interval: float | None,  # in the unit of dt and tau; none: a tenth of the trial
    dt: float,
    tau: float,
    noise_std: float,
    generator: torch.Generator,
    random_generator: torch.Generator,
) -> Samples:
    """Sample the states of a network doing its task with input and internal noise.

    `repeats` trials of each level of the task are simulated, or taken as they were recorded, and averaged by condition;
    the averages are sampled at step 1 and after each `interval` of time. The random control has as many states, i.i.d.
    Gaussian with the standard deviation of x over all trials, steps and units. The activity's principal components are
    those of x over all trials and steps. In rate form x are the pre-activations.

    Raises ValueError if a condition has no trial, as can be with few repeats, if recorded states are of other units, or
    if the interval is not a multiple of dt; if the network grows without end.

    Source: Krause et al. 2022, Methods; docs/method.md, "Sampling".
    """
    check_network(network)
    check_tensor("network.recurrent", network.recurrent, ("N", "N"))
    check_number("tau", tau, above=0)
    device, units = network.recurrent.device, network.recurrent.shape[-1]
    trials, noise = draw_noisy_trials(task, units, repeats=repeats, dt=dt, noise_std=noise_std, generator=generator)
    if trials.states is None:
        inputs = torch.from_numpy(trials.inputs).to(device)
        states = simulate(network, inputs, noise.to(device), step=dt / tau)
    elif trials.states.shape[-1] != units:
        raise ValueError(f"{task.name}: recorded states are of {trials.states.shape[-1]} units, expected {units}")
    else:
        states = torch.from_numpy(trials.states).to(device)
    del noise
    if not states.isfinite().all():
        raise ValueError(
            f"{task.name}: states of the network are not finite, expected one that does not grow without end"
        )

    steps = sampled_steps(states.shape[-2], interval, dt)
    visited = states[:, (steps - 1).to(device)]  # (T, sampled steps, N)
    averages = average_by_condition(visited, trials.condition, len(task.conditions))
    activity = states.flatten(0, 1)
    random = torch.randn(averages.flatten(0, 1).shape, dtype=torch.float64, generator=random_generator)
    return Samples(
        state=averages.flatten(0, 1),
        condition=torch.arange(len(task.conditions)).repeat_interleave(len(steps)),
        step=steps.repeat(len(task.conditions)),
        random_state=random.to(device) * activity.std(correction=0),
        activity=principal_components(activity),
    )
