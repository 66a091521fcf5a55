"""Losses: what outputs cost at a trial and step. A task names its loss, and gives the weights of its steps."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def squared_error(outputs: Tensor, targets: Tensor, *, dim: int) -> Tensor:
    """Return the squared error, a mean over the outputs, which lie along `dim`."""
    return (outputs - targets).square().mean(dim)


def cross_entropy(outputs: Tensor, targets: Tensor, *, dim: int) -> Tensor:
    """Return −Σ target log softmax(output) over the outputs along `dim`; targets are probabilities, such as 0 and 1."""
    return -(targets * functional.log_softmax(outputs, dim)).sum(dim)


LOSSES: dict[str, Callable[..., Tensor]] = {"squared_error": squared_error, "cross_entropy": cross_entropy}


def normalised(weights: Tensor) -> Tensor:
    """Return weights over steps (S,) that add up to 1; ValueError if one is negative or not finite, or none above 0."""
    if weights.ndim != 1 or not weights.isfinite().all() or not (weights >= 0).all() or not weights.any():
        found = weights.tolist() if weights.numel() < 10 else tuple(weights.shape)
        raise ValueError(f"weights is {found}, expected (S,) of finite numbers from 0 on, one of them above 0")
    return weights / weights.sum()


def mean_loss(name: str, outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the loss of trials, a mean over trials and a weighted one over steps.

    Parameters
    ----------
    name
        One of `LOSSES`.
    outputs, targets : (S, T, n_outputs)
        Time is the first dimension, as in training.
    weights : (S,)
        Of the steps; they need not add up to 1.

    Returns
    -------
    A tensor without dimensions, through which gradients flow to the outputs.

    Raises
    ------
    ValueError
        If there is no such loss, the shapes do not fit together, or the weights are not as `normalised` wants them.
    """
    if name not in LOSSES:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(LOSSES)}")
    if outputs.ndim != 3 or 0 in outputs.shape or targets.shape != outputs.shape or weights.shape != outputs.shape[:1]:
        found = f"outputs {tuple(outputs.shape)}, targets {tuple(targets.shape)} and weights {tuple(weights.shape)}"
        raise ValueError(f"{found} do not fit together, expected (S, T, n_outputs) twice and (S,)")
    share = normalised(weights)
    scored = weights.nonzero().flatten()
    first, last = int(scored[0]), int(scored[-1]) + 1  # what no weight falls on costs nothing, not even time
    each = LOSSES[name](outputs[first:last], targets[first:last], dim=-1)
    return torch.tensordot(share[first:last], each.mean(1), dims=1)
