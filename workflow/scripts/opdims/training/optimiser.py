"""The optimiser of training."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Adam:
    """The optimiser, in place: a step of each weight along the mean gradient over its root mean square.

    It does what torch.optim's does, whose first use imports so much that it takes seconds of every job.

    Source: Kingma and Ba 2015, Algorithm 1.
    """

    def __init__(self, matrices: Sequence[Tensor], betas: Sequence[float], epsilon: float = 1e-8) -> None:
        self.matrices, self.betas, self.epsilon = matrices, betas, epsilon
        self.means = [torch.zeros_like(matrix, requires_grad=False) for matrix in matrices]
        self.squares = [torch.zeros_like(matrix, requires_grad=False) for matrix in matrices]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float, iteration: int) -> None:
        """Take the step of that number, counted from 1, with the gradient of each matrix."""
        first, second = self.betas
        lists = (self.matrices, self.means, self.squares, gradients)
        for matrix, mean, square, gradient in zip(*lists, strict=True):
            mean.lerp_(gradient, 1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            deviation = (square / (1 - second**iteration)).sqrt_().add_(self.epsilon)
            matrix.addcdiv_(mean, deviation, value=-learning_rate / (1 - first**iteration))
