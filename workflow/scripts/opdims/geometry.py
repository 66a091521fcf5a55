"""Directions and their signs, principal components, and how two subspaces lie to each other.

N units, K directions; a leading "..." is any number of batch dimensions.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from opdims.arguments import check_count, check_tensor

UNIT_TOLERANCE = 1e-3  # of the length of a unit vector: what is off by more was never one


class Components(NamedTuple):
    """Principal components in order of falling variance."""

    direction: Tensor  # (..., N, N), columns are the components
    variance: Tensor  # (..., N)


def orient(directions: Tensor) -> Tensor:  # (..., N, K)
    """Return the directions, each column with the sign that makes its largest entry positive."""
    check_tensor("directions", directions, ("...", "N", "K"), free=("K", "..."))
    largest = directions.gather(-2, directions.abs().argmax(-2, keepdim=True))
    return directions * torch.where(largest < 0, -1.0, 1.0).to(directions)


def principal_components(
    samples: Tensor,  # (..., M, N)
) -> Components:
    """Return the principal components of M samples of N units: eigenvectors of their covariance, signs fixed.

    Raises ValueError if there is no sample or unit, or a value that is not finite.
    """
    check_tensor("samples", samples, ("...", "M", "N"))
    centred = samples - samples.mean(-2, keepdim=True)
    covariance = centred.mT @ centred / samples.shape[-2]
    variance, direction = torch.linalg.eigh(covariance)
    return Components(orient(direction.flip(-1)), variance.flip(-1).clamp(min=0))


def random_basis(units: int, count: int, generator: torch.Generator) -> Tensor:
    """Return orthonormal columns (N, K), in float64 on the CPU, whose first k span a random subspace, for every k.

    The subspaces are uniform: no direction is preferred. Raises ValueError unless 1 <= K <= N.
    """
    check_count("units", units, least=1)
    check_count("count", count, least=1, most=units)
    return torch.linalg.qr(torch.randn(units, count, dtype=torch.float64, generator=generator)).Q


def acute_angles(
    first: Tensor,  # (..., N, K), columns of unit length
    second: Tensor,  # (..., N, M), columns of unit length
) -> Tensor:
    """Return the angles (..., K, M) in degrees, 0 to 90, between the lines along each two columns.

    tan(θ/2) = ‖q − p‖ / ‖q + p‖, the sign of p chosen so that θ ≤ 90°, keeps the digits of small and of large angles.

    Raises ValueError if the shapes do not fit together, or a column is not of unit length.

    Source: Kahan, How futile are mindless assessments of roundoff in floating-point computation?, 2006, Section 12.
    """
    _check_columns("first", first)
    _check_columns("second", second, first.shape[-2])
    q, p = first.mT.unsqueeze(-2), second.mT.unsqueeze(-3)
    lengths = torch.stack([torch.linalg.vector_norm(q - p, dim=-1), torch.linalg.vector_norm(q + p, dim=-1)])
    return torch.rad2deg(2 * torch.atan2(lengths.amin(0), lengths.amax(0)))


def principal_angles(
    first: Tensor,  # (..., N, K), orthonormal columns
    second: Tensor,  # (..., N, K), orthonormal columns
) -> Tensor:
    """Return the principal angles (..., K) in degrees, ascending, between the subspaces that the columns span.

    Their cosines are the singular values of QᵀP, which loses half the digits of small angles; below 45° the angle is
    found by its sine, a singular value of P − Q QᵀP.

    Raises ValueError if the shapes do not fit together, or a column is not of unit length.

    Source: Björck and Golub, Math. Comp. 27, 1973; Knyazev and Argentati, SIAM J. Sci. Comput. 23, 2002.
    """
    _require_alike(first, second)
    product = first.mT @ second
    cosine = torch.linalg.svdvals(product)
    sine = torch.linalg.svdvals(second - first @ product).flip(-1)
    angle = torch.where(cosine.square() >= 0.5, sine.clamp(max=1).asin(), cosine.clamp(max=1).acos())
    return torch.rad2deg(angle)


def overlap(
    first: Tensor,  # (..., N, K), orthonormal columns
    second: Tensor,  # (..., N, K), orthonormal columns
) -> Tensor:
    """Return the overlap (..., K) of the subspaces that the first k columns span, for k = 1 … K.

    It is the mean of cos²θ over the k principal angles θ, ‖Q_kᵀ P_k‖² / k: 1 for the same subspace, 0 for orthogonal
    ones, and k/N on average for random ones.

    Raises ValueError if the shapes do not fit together, or a column is not of unit length.
    """
    _require_alike(first, second)
    total = (first.mT @ second).square().cumsum(-1).cumsum(-2).diagonal(dim1=-2, dim2=-1)
    return total / torch.arange(1, first.shape[-1] + 1, device=first.device)


def _check_columns(name: str, columns: Tensor, units: int | None = None) -> None:
    check_tensor(name, columns, ("...", units or "N", "K"))
    _check_lengths(name, columns)


def _check_lengths(name: str, columns: Tensor) -> None:
    length = columns.norm(dim=-2)
    if ((length - 1).abs() > UNIT_TOLERANCE).any():
        raise ValueError(f"{name} has columns of length {length.min():g} to {length.max():g}, expected 1")


def _require_alike(first: Tensor, second: Tensor) -> None:
    check_tensor("first", first, ("...", "N", "K"))
    check_tensor("second", second, ("...", "N", "K"))
    if first.shape[-2:] != second.shape[-2:] or first.shape[-1] > first.shape[-2]:
        raise ValueError(
            f"bases are {tuple(first.shape)} and {tuple(second.shape)}, expected (..., N, K) twice with K <= N"
        )
    _check_lengths("first", first)
    _check_lengths("second", second)
