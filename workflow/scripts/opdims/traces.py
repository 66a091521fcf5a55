"""What a network does with its full matrix and with reduced ones: trajectories, outputs, and planes to see them in."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

from opdims.geometry import principal_components
from opdims.names import AUTHORS_RANKS
from opdims.network import Network, simulate, tanh
from opdims.sampling import average_by_condition
from opdims.tasks.base import Trials

CRITERIA = ("to_5_percent", "within_10_percent")  # of the table of ranks


class Matrix(NamedTuple):
    """Which recurrent matrix a network is traced with."""

    reduction: str  # one of REDUCTIONS, or full
    criterion: str  # by which its rank is chosen; empty for the full matrix
    rank: int


class Traces(NamedTuple):
    """Trajectories and outputs of one network with each of M recurrent matrices, of C conditions."""

    average: Tensor  # (M, C, S, N), x averaged over the trials of a condition
    output: Tensor  # (M, C, S, n_outputs), z in the trial shown of a condition
    target: Tensor  # (C, S, n_outputs), of that trial


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


def choose_matrices(
    ranks: pd.DataFrame,  # task, reduction, network, criterion, rank
    task: str,
    network: int,
    units: int,
) -> list[Matrix]:
    """Return the full matrix, then those of operative columns and rows: by both criteria and of the authors' rank.

    A criterion that no rank meets (an empty one in the table) has no matrix; the authors' ranks are at most `units`.
    """
    matrices = [Matrix("full", "", units)]
    own = ranks[(ranks["task"] == task) & (ranks["network"] == network)].dropna(subset="rank")
    for reduction, rank in AUTHORS_RANKS[task].items():
        found = own[own["reduction"] == reduction].set_index("criterion")["rank"]
        matrices += [Matrix(reduction, name, int(found[name])) for name in CRITERIA if name in found]
        matrices.append(Matrix(reduction, "authors", min(rank, units)))
    return matrices


def principal_plane(
    states: Tensor,  # (..., N), at least two units
) -> Plane:
    """Return the plane of the first two principal components of states; all dimensions but the last are samples."""
    samples = states.flatten(0, -2)
    components = principal_components(samples)
    share = components.variance / components.variance.sum()
    return Plane(samples.mean(0), components.direction[:, :2], share[:2])


def trace(
    network: Network,  # one, without batch dimensions
    matrices: Iterable[Tensor],  # each (N, N): what takes the place of W
    trials: Trials,
    noise: Tensor,  # (T, S, N)
    *,
    step: float,  # dt / tau
) -> Traces:
    """Simulate a network with each recurrent matrix on the same trials and the same noise.

    Only trials that belong to a condition are simulated. The trial shown of a condition is the first of those whose
    target ends farthest to the side of the condition's mean: one with a clear and typical answer. One matrix is
    simulated after the other, so that the states of one are all that is held.

    Raises ValueError if a condition has no trial.

    Source: Krause et al. 2022, Methods; docs/method.md, "Sampling".
    """
    place = network.recurrent.device
    chosen = (trials.condition >= 0).nonzero().flatten()
    condition = trials.condition[chosen]
    conditions = int(trials.condition.max()) + 1
    members = [(condition == number).nonzero().flatten() for number in range(conditions)]
    if not all(map(len, members)):
        raise ValueError("trials: a condition has none, expected at least one of each")
    ends = trials.targets[chosen, -1]  # (T, n_outputs)
    shown = torch.stack([_clearest(trial, ends[trial]) for trial in members])
    inputs = trials.inputs[chosen].to(place)
    noise = (noise if len(chosen) == len(noise) else noise[chosen]).to(place)  # without a copy, if all are used
    averages, outputs = [], []
    for matrix in matrices:
        states = simulate(network._replace(recurrent=matrix), inputs, noise, step=step)
        averages.append(average_by_condition(states, condition, conditions))
        outputs.append(tanh(states[shown.to(place)]) @ network.output.mT)
        del states
    return Traces(torch.stack(averages), torch.stack(outputs), trials.targets[chosen][shown].to(place))


def _clearest(trials: Tensor, ends: Tensor) -> Tensor:  # (T,), (T, n_outputs)
    """Return the first of the trials whose target ends farthest to the side of their mean."""
    side = (ends * ends.mean(0)).sum(-1)
    return trials[(side == side.max()).nonzero()[0, 0]]
