"""Directions and their signs, principal components."""

from typing import NamedTuple

import torch
from torch import Tensor


class Components(NamedTuple):
    """Principal components in order of falling variance."""

    direction: Tensor  # (..., N, N), columns are the components
    variance: Tensor  # (..., N)


def orient(directions: Tensor) -> Tensor:  # (..., N, K)
    """Return the directions, each column with the sign that makes its largest entry positive."""
    largest = directions.gather(-2, directions.abs().argmax(-2, keepdim=True))
    return directions * torch.where(largest < 0, -1.0, 1.0).to(directions)


def principal_components(
    samples: Tensor,  # (..., M, N)
) -> Components:
    """Return the principal components of M samples of N units: eigenvectors of their covariance, signs fixed."""
    centred = samples - samples.mean(-2, keepdim=True)
    covariance = centred.mT @ centred / samples.shape[-2]
    variance, direction = torch.linalg.eigh(covariance)
    return Components(orient(direction.flip(-1)), variance.flip(-1).clamp(min=0))
