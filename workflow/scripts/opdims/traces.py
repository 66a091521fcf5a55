"""What a network does with its full matrix and with reduced ones: trajectories, outputs, and planes to see them in."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from opdims.arguments import check_number, check_tensor
from opdims.geometry import principal_components
from opdims.network import Network, check_network, outputs_of, rates_of, simulate
from opdims.sampling import average_by_condition
from opdims.task import CompleteTrials


class Traces(NamedTuple):
    """Trajectories and outputs of one network with each of M recurrent matrices, of C conditions."""

    average: Tensor  # (M, C, S, N), x averaged over the trials of a condition
    output: Tensor  # (M, C, S, n_outputs), z in the trial shown of a condition
    target: Tensor | None  # (C, S, n_outputs), of that trial; none where the task has no targets


class Plane(NamedTuple):
    """The plane of the first two principal components of some states."""

    origin: Tensor  # (N,), the mean of the states
    axes: Tensor  # (N, 2), orthonormal columns
    variance_explained: Tensor  # (2,), by each axis, as a share of the variance of the states

    def project(self, states: Tensor) -> Tensor:  # (..., N)
        """Return the coordinates (..., 2) of states."""
        return self.project_vectors(states - self.origin)

    def project_vectors(self, vectors: Tensor) -> Tensor:  # (..., N)
        """Return the components (..., 2) of differences of states, such as velocities."""
        return vectors @ self.axes


def principal_plane(
    states: Tensor,  # (..., N)
) -> Plane:
    """Return the plane of the first two principal components of states; all dimensions but the last are samples.

    Of one unit the second coordinate is 0, and so is the share of variance of an axis along which nothing varies.

    Raises ValueError if there is no state, or a value that is not finite.
    """
    check_tensor("states", states, ("...", "M", "N"))
    samples = states.flatten(0, -2)
    components = principal_components(samples)
    axes, variance = components.direction[:, :2], components.variance
    share = variance / variance.sum() if variance.sum() > 0 else variance
    missing = 2 - axes.shape[-1]
    return Plane(samples.mean(0), functional.pad(axes, (0, missing)), functional.pad(share[:2], (0, missing)))


def trace(
    network: Network,  # one, without batch dimensions
    matrices: Iterable[Tensor],  # each (N, N): what takes the place of W
    trials: CompleteTrials,
    noise: Tensor,  # (T, S, N)
    *,
    step: float,  # dt / tau
) -> Traces:
    """Simulate a network with each recurrent matrix on the same trials and the same noise.

    Only trials that belong to a condition are simulated. The trial shown of a condition is the first of those whose
    target ends farthest to the side of the condition's mean: one with a clear and typical answer; without targets it is
    the first. One matrix is simulated after the other, so that the states of one are all that is held.

    Raises ValueError if a condition has no trial, there is no matrix, or network, matrices, trials and noise do not fit
    together.

    Source: Krause et al. 2022, Methods; docs/method.md, "Sampling".
    """
    check_network(network)
    check_number("step", step, above=0)
    check_tensor("noise", noise, (*trials.inputs.shape[:2], network.recurrent.shape[-1]))
    place = network.recurrent.device
    chosen = np.flatnonzero(trials.condition >= 0)
    if not len(chosen):
        raise ValueError("trials: none belongs to a condition, expected at least one of each")
    condition = trials.condition[chosen]
    conditions = int(condition.max()) + 1
    members = [np.flatnonzero(condition == number) for number in range(conditions)]
    if not all(map(len, members)):
        raise ValueError("trials: a condition has none, expected at least one of each")
    if trials.targets is None:
        shown = np.array([trial[0] for trial in members])
    else:
        shown = np.array([_clearest(trial, trials.targets[chosen[trial], -1]) for trial in members])
    inputs = torch.from_numpy(trials.inputs[chosen]).to(place)
    noise = (noise if len(chosen) == len(noise) else noise[chosen]).to(place)  # without a copy, if all are used
    averages, outputs = [], []
    for matrix in matrices:
        reduced = network._replace(recurrent=matrix)
        states = simulate(reduced, inputs, noise, step=step)
        averages.append(average_by_condition(states, condition, conditions))
        outputs.append(outputs_of(reduced, rates_of(reduced, states[torch.from_numpy(shown).to(place)], step=step)))
        del states
    if not averages:
        raise ValueError("matrices is empty, expected at least one")
    targets = None if trials.targets is None else torch.from_numpy(trials.targets[chosen][shown]).to(place)
    return Traces(torch.stack(averages), torch.stack(outputs), targets)


def _clearest(trials: np.ndarray, ends: np.ndarray) -> int:  # (T,), (T, n_outputs)
    """Return the first of the trials whose target ends farthest to the side of their mean."""
    side = (ends * ends.mean(0)).sum(-1)
    return trials[side.argmax()]
