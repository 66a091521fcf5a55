"""Reduced matrices of rank k, as factors: W_k = offset + left[:, :k] @ right[:k, :]."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from opdims.arguments import check_count, check_same_batch, check_tensor
from opdims.geometry import orient
from opdims.names import REDUCTIONS


class Factors(NamedTuple):
    """The reduced matrices of every rank."""

    left: Tensor  # (..., N, rank)
    right: Tensor  # (..., rank, N)
    offset: Tensor | None = None  # (..., N, N), zero if None

    def of_network(self, index: int) -> "Factors":
        """Return a copy of the factors of one network of a batch, so that the batch can be forgotten."""
        offset = None if self.offset is None else self.offset[index].clone()
        return Factors(self.left[index].clone(), self.right[index].clone(), offset)

    def to(self, device: torch.device) -> "Factors":
        """Return the factors on the device."""
        offset = None if self.offset is None else self.offset.to(device)
        return Factors(self.left.to(device), self.right.to(device), offset)

    @staticmethod
    def stack(networks: Sequence["Factors"]) -> "Factors":
        """Return the factors of networks as a batch."""
        offsets = [each.offset for each in networks if each.offset is not None]
        return Factors(
            torch.stack([each.left for each in networks]),
            torch.stack([each.right for each in networks]),
            torch.stack(offsets) if offsets else None,
        )

    def matrix(self, rank: int) -> Tensor:
        """Return W_k (..., N, N) at k = `rank`, from 0 to the number of factors; ValueError at any other."""
        check_count("rank", rank, most=self.left.shape[-1])
        reduced = self.left[..., :rank] @ self.right[..., :rank, :]
        return reduced if self.offset is None else self.offset + reduced


def reduce_columns(
    recurrent: Tensor,  # (..., N, N)
    directions: Tensor,  # (..., N, N), columns q_1, q_2, …
) -> Factors:
    """Return the factors of W_k = Q_k Q_kᵀ W (Krause et al. 2022, Eq. 4; docs/method.md, "Reductions").

    Raises ValueError if W and the directions do not fit together, or are not finite.
    """
    _check_projection(recurrent, directions)
    return Factors(directions, directions.mT @ recurrent)


def reduce_rows(
    recurrent: Tensor,  # (..., N, N)
    directions: Tensor,  # (..., N, N), columns q_1, q_2, …
) -> Factors:
    """Return the factors of W_k = W Q_k Q_kᵀ (Krause et al. 2022, Eq. 5; docs/method.md, "Reductions").

    Raises ValueError if W and the directions do not fit together, or are not finite.
    """
    _check_projection(recurrent, directions)
    return Factors(recurrent @ directions, directions.mT)


def truncate(
    matrix: Tensor,  # (..., N, N)
    offset: Tensor | None = None,  # (..., N, N)
) -> Factors:
    """Return the factors of offset + the best rank-k approximation of `matrix` (Eckart and Young), by its SVD.

    Raises ValueError if they do not fit together, or are not finite.
    """
    check_tensor("matrix", matrix, ("...", "N", "N"))
    if offset is not None:
        check_tensor("offset", offset, ("...", *matrix.shape[-2:]))
    left = orient(torch.linalg.svd(matrix).U)
    return Factors(left, left.mT @ matrix, offset)


def variance_explained(factors: Factors) -> Tensor:
    """Return the share (..., N + 1) of ‖W‖² that W_k explains, 1 − ‖W − W_k‖² / ‖W‖², for k = 0 … N.

    For factors that project W on orthonormal columns or rows: the terms left_i right_iᵀ are then orthogonal to each
    other, so that ‖W − W_k‖² = ‖W‖² − ‖W_k‖² and ‖W_k‖² is the sum of ‖left_i‖² ‖right_i‖² over i ≤ k.

    Of W = 0 every share is 0. Raises ValueError if the factors have an offset, or do not fit together.
    """
    check_factors(factors)
    if factors.offset is not None:
        raise ValueError("factors with an offset do not project W")
    share = factors.left.square().sum(-2) * factors.right.square().sum(-1)
    total = functional.pad(share.cumsum(-1), (1, 0))
    return torch.where(total[..., -1:] > 0, total / total[..., -1:], 0.0)


def check_factors(factors: Factors, units: int | None = None) -> None:
    """Raise ValueError unless factors are finite, fit together, and are of so many units, if that is given."""
    if not isinstance(factors, Factors):
        raise ValueError(f"factors is a {type(factors).__name__}, expected opdims.reduction.Factors")
    check_tensor("factors.left", factors.left, ("...", units or "N", "rank"), free=("rank",))
    check_tensor("factors.right", factors.right, ("...", factors.left.shape[-1], factors.left.shape[-2]))
    if factors.offset is not None:
        check_tensor("factors.offset", factors.offset, ("...", *factors.left.shape[-2:-1] * 2))


def _check_projection(recurrent: Tensor, directions: Tensor) -> None:
    check_tensor("recurrent", recurrent, ("...", "N", "N"))
    check_tensor("directions", directions, ("...", recurrent.shape[-1], recurrent.shape[-1]))
    check_same_batch(recurrent=recurrent, directions=directions)
    if recurrent.dtype != directions.dtype:
        given, wanted = (str(each.dtype).removeprefix("torch.") for each in (directions, recurrent))
        raise ValueError(f"directions is of {given}, expected {wanted} as recurrent")


def reduce_all(
    recurrent: Tensor,  # (N, N), of one network: decompositions of a batch may differ in the last bit from those alone
    initial: Tensor | None,  # (N, N), W before training; none where it is not known
    directions: dict[str, Tensor],  # (N, N), for each reduction that projects on given directions
) -> dict[str, Factors]:
    """Return the factors of every reduction of REDUCTIONS; without W before training there is no `weight_change`.

    Raises ValueError if the directions of a reduction are missing, or matrices do not fit together, or are not finite.
    """
    check_tensor("recurrent", recurrent, ("...", "N", "N"))
    if initial is not None:
        check_tensor("initial", initial, ("...", *recurrent.shape[-2:]))
    for reduction in REDUCTIONS:
        if reduction not in ("high_variance", "weight_change") and reduction not in directions:
            raise ValueError(f"directions has no {reduction}, expected those of every reduction that projects W")
    factors = {}
    for reduction in REDUCTIONS:
        if reduction == "high_variance":
            factors[reduction] = truncate(recurrent)
        elif reduction == "weight_change":
            if initial is not None:
                factors[reduction] = truncate(recurrent - initial, offset=initial)
        elif reduction.endswith("_rows"):
            factors[reduction] = reduce_rows(recurrent, directions[reduction])
        else:
            factors[reduction] = reduce_columns(recurrent, directions[reduction])
    return factors
