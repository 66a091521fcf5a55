"""Reduced matrices of rank k, as factors: W_k = offset + left[:, :k] @ right[:k, :]."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

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
        """Return W_k (..., N, N) at k = `rank`."""
        reduced = self.left[..., :rank] @ self.right[..., :rank, :]
        return reduced if self.offset is None else self.offset + reduced


def reduce_columns(
    recurrent: Tensor,  # (..., N, N)
    directions: Tensor,  # (..., N, N), columns q_1, q_2, …
) -> Factors:
    """Return the factors of W_k = Q_k Q_kᵀ W (Krause et al. 2022, Eq. 4; docs/method.md, "Reductions")."""
    return Factors(directions, directions.mT @ recurrent)


def reduce_rows(
    recurrent: Tensor,  # (..., N, N)
    directions: Tensor,  # (..., N, N), columns q_1, q_2, …
) -> Factors:
    """Return the factors of W_k = W Q_k Q_kᵀ (Krause et al. 2022, Eq. 5; docs/method.md, "Reductions")."""
    return Factors(recurrent @ directions, directions.mT)


def truncate(
    matrix: Tensor,  # (..., N, N)
    offset: Tensor | None = None,  # (..., N, N)
) -> Factors:
    """Return the factors of offset + the best rank-k approximation of `matrix` (Eckart and Young), by its SVD."""
    left = orient(torch.linalg.svd(matrix).U)
    return Factors(left, left.mT @ matrix, offset)


def variance_explained(factors: Factors) -> Tensor:
    """Return the share (..., N + 1) of ‖W‖² that W_k explains, 1 − ‖W − W_k‖² / ‖W‖², for k = 0 … N.

    For factors that project W on orthonormal columns or rows: the terms left_i right_iᵀ are then orthogonal to each
    other, so that ‖W − W_k‖² = ‖W‖² − ‖W_k‖² and ‖W_k‖² is the sum of ‖left_i‖² ‖right_i‖² over i ≤ k.

    Of W = 0 every share is 0. Raises ValueError if the factors have an offset.
    """
    if factors.offset is not None:
        raise ValueError("factors with an offset do not project W")
    share = factors.left.square().sum(-2) * factors.right.square().sum(-1)
    total = functional.pad(share.cumsum(-1), (1, 0))
    return torch.where(total[..., -1:] > 0, total / total[..., -1:], 0.0)


def reduce_all(
    recurrent: Tensor,  # (N, N), of one network: decompositions of a batch may differ in the last bit from those alone
    initial: Tensor | None,  # (N, N), W before training; none where it is not known
    directions: dict[str, Tensor],  # (N, N), for each reduction that projects on given directions
) -> dict[str, Factors]:
    """Return the factors of every reduction of REDUCTIONS; without W before training there is no `weight_change`."""
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
