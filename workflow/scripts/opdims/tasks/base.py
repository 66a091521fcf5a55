"""What every task provides."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Trials(NamedTuple):
    """A batch of trials, drawn on the CPU in float64."""

    inputs: Tensor  # (T, S, n_inputs), with input noise
    mean_inputs: Tensor  # (T, S, n_inputs), the same trials without input noise
    targets: Tensor  # (T, S, n_outputs)
    condition: Tensor  # (T,), index into Task.conditions; -1 where the trial belongs to none
    function: Tensor  # (T, functions), whether the trial belongs to each of Task.functions
    scored_from: int  # cost is measured over the steps from this one on (counted from 0)


class Task(Protocol):
    """A task reads like a methods section: constants with units first, then how a trial is made."""

    name: str
    n_inputs: int
    n_outputs: int
    duration: float  # ms
    conditions: tuple[str, ...]  # of the condition-average trajectories that are sampled
    functions: dict[str, tuple[str, ...]]  # the conditions of each function, as in opdims.names.GROUPINGS
    held_inputs: dict[str, tuple[float, ...]]  # constant inputs whose fixed points are sought; names begin conditions'

    def trials(self, repeats: int, *, dt: float, generator: torch.Generator) -> Trials:
        """Draw `repeats` trials of each level (a context and coherence, a frequency) at time step `dt` (ms)."""
        ...


def running_steps(duration: float, dt: float) -> int:
    """Return the number of steps of `dt` in `duration` (both ms).

    Raises ValueError if `duration` is not a multiple of `dt`.
    """
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-9 * duration:
        raise ValueError(f"dt = {dt} ms does not divide {duration} ms")
    return steps
