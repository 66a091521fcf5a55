"""What the evaluation of a network takes of the memory; NumPy and torch are not needed to tell."""

import math
from typing import NamedTuple

PROGRAM_BYTES = 500e6  # what Python and its libraries take before there is any data
TRIALS_AT_ONCE = 100  # noisy ones; OpenBLAS has a faster way for products of no more than 100 x 100 by 100 x 100


class Footprint(NamedTuple):
    """Bytes that the evaluation of one network takes."""

    kept: float  # drive, rates of the full network, and while they are made, noise, states and inputs
    matrix: float  # the simulation of one reduced matrix

    @property
    def least(self) -> float:
        """All that one process takes at least."""
        return PROGRAM_BYTES + self.kept + self.matrix


def evaluation_footprint(trials: int, distinct: int, steps: int, units: int, size: int = 8) -> Footprint:
    """Return what an evaluation takes.

    Parameters
    ----------
    trials
        Trials T, each with noise of its own.
    distinct
        Trials that differ without noise.
    steps
        Steps S of a trial.
    units
        Units N.
    size
        Bytes of a number.

    Examples
    --------
    >>> evaluation_footprint(60, 24, 1400, 100).least
    742272000.0
    """
    together = max(math.ceil(trials / math.ceil(trials / TRIALS_AT_ONCE)), distinct)
    return Footprint(
        kept=size * steps * units * (2 * trials + 4 * distinct), matrix=size * (2 * units**2 + 4 * units * together)
    )
