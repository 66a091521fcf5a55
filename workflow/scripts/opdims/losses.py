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
    """Return weights over steps (S,) that add up to 1."""
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
    """
    scored = weights.nonzero().flatten()
    first, last = int(scored[0]), int(scored[-1]) + 1  # what no weight falls on costs nothing, not even time
    each = LOSSES[name](outputs[first:last], targets[first:last], dim=-1)
    return torch.tensordot(normalised(weights)[first:last], each.mean(1), dims=1)
