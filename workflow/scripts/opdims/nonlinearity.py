"""Nonlinearities of rate networks: what a unit makes of its state.

To add one, add an entry to `NONLINEARITIES` here and its name to `opdims.names.NONLINEARITIES`; every other part of the
library asks for its value and slope. A `Nonlinearity` of your own can be given to the functions of the library without
being listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional


@dataclass(frozen=True)
class Nonlinearity:
    """A function φ that turns states x into rates r = φ(x), unit by unit.

    Parameters
    ----------
    name
        Its name, by which configuration and network files know it.
    value
        φ(x) of a tensor of any shape, in torch.
    slope
        φ′(x) of a tensor of any shape, in torch.
    bounded
        Whether |φ| stays below some number. Only then are the indices of all fixed points known to add up to 1.
    slope_from_rate
        φ′ as a function of r = φ(x), if there is one: training then keeps rates alone.
    numpy
        φ of a NumPy array, written to `out`: faster than torch on a CPU. It need not be given.

    Examples
    --------
    >>> relu = NONLINEARITIES["relu"]
    >>> relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    >>> relu.slope(torch.tensor([-1.0, 2.0]))
    tensor([0., 1.])
    """

    name: str
    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    bounded: bool
    slope_from_rate: Callable[[Tensor], Tensor] | None = None
    numpy: Callable[..., object] | None = None

    def __call__(self, states: Tensor, out: Tensor | None = None) -> Tensor:
        """Return φ of the states (...), written to `out` if given (same shape, dtype and device, contiguous).

        A gradient is recorded where the states ask for one, in `out` as well; so is the tangent of a dual tensor. NumPy
        cannot follow the transforms of torch.func, which raise RuntimeError: give them `value`.

        Raises ValueError if the states are not of real floating-point numbers.
        """
        if not states.is_floating_point():
            raise ValueError(f"states is of {str(states.dtype).removeprefix('torch.')}, expected float64 or float32")
        recorded = torch.is_grad_enabled() and states.requires_grad
        dual = forward_ad.unpack_dual(states).tangent is not None
        if self.numpy is None or states.device.type != "cpu" or recorded or dual:
            return self.value(states) if out is None else out.copy_(self.value(states))
        if out is None:
            out = torch.empty_like(states)
        self.numpy(states.detach().numpy(), out=out.numpy())
        return out


def _one_minus_square(rates: Tensor) -> Tensor:
    return 1 - rates.square()


def _is_positive(values: Tensor) -> Tensor:
    return (values > 0).to(values.dtype)


NONLINEARITIES: dict[str, Nonlinearity] = {
    each.name: each
    for each in (
        Nonlinearity(
            "tanh",
            torch.tanh,
            lambda states: _one_minus_square(TANH(states)),
            bounded=True,
            slope_from_rate=_one_minus_square,
            numpy=np.tanh,  # vectorised for every instruction set, two to six times faster than torch's
        ),
        Nonlinearity(
            "relu",
            torch.relu,
            _is_positive,
            bounded=False,
            slope_from_rate=_is_positive,
            numpy=lambda states, out: np.maximum(states, 0, out=out),
        ),
        Nonlinearity(
            "softplus",
            partial(functional.softplus, threshold=40),  # x itself above; at torch's 20 that is wrong by 2e-9
            torch.sigmoid,
            bounded=False,
            slope_from_rate=lambda rates: -torch.expm1(-rates),
            numpy=lambda states, out: np.logaddexp(0, states, out=out),
        ),
        Nonlinearity(
            "sigmoid",
            torch.sigmoid,
            lambda states: torch.sigmoid(states) * torch.sigmoid(-states),
            bounded=True,
            slope_from_rate=lambda rates: rates * (1 - rates),
            numpy=expit,
        ),
    )
}
TANH: Nonlinearity = NONLINEARITIES["tanh"]
