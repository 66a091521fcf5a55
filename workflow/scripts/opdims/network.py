"""The rate network: its matrices, its initial distribution and its simulation.

One alphabet throughout the library: N units, T trials, S steps; a leading "..." is any number of batch dimensions.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Network(NamedTuple):
    """The three weight matrices of a network, alone or stacked along leading batch dimensions."""

    recurrent: Tensor  # (..., N, N), W
    input: Tensor  # (..., N, n_inputs), B
    output: Tensor  # (..., n_outputs, N), Y

    def to(self, *args, **kwargs) -> "Network":
        """Return the network with every matrix moved or cast as by `torch.Tensor.to`."""
        return Network(*(matrix.to(*args, **kwargs) for matrix in self))


def initial_network(
    units: int,
    n_inputs: int,
    n_outputs: int,
    generator: torch.Generator,
    *,
    gain: float = 1.0,  # g, of the recurrent weights
) -> Network:
    """Draw W_ij ~ N(0, g²/N), B_ij ~ N(0, 1/n_inputs) and Y_ij ~ N(0, 1/N), in float64 on the CPU.

    Source: Krause et al. 2022, Methods; docs/method.md, "Network".
    """

    def normal(rows: int, columns: int, variance: float) -> Tensor:
        return variance**0.5 * torch.randn(rows, columns, dtype=torch.float64, generator=generator)

    return Network(
        recurrent=gain * normal(units, units, 1 / units),
        input=normal(units, n_inputs, 1 / n_inputs),
        output=normal(n_outputs, units, 1 / units),
    )


def tanh(states: Tensor, out: Tensor | None = None) -> Tensor:
    """Return tanh(states), written to `out` if given (same shape, dtype and device, contiguous).

    On the CPU it is NumPy's: vectorised for every instruction set, two to six times faster than torch's. It records no
    gradient.
    """
    if out is None:
        out = torch.empty_like(states)
    if states.device.type == "cpu" and not states.requires_grad:
        np.tanh(states.numpy(), out=out.numpy())
        return out
    return torch.tanh(states, out=out)


def simulate(
    network: Network,
    inputs: Tensor,  # (..., T, S, n_inputs)
    noise: Tensor | None = None,  # (..., T, S, N)
    *,
    step: float = 0.1,  # dt / tau
) -> Tensor:
    """Return the states x (..., T, S, N) of the network, from x(0) = 0, after each of S Euler steps.

    x ← (1 − dt/τ) x + (dt/τ) (W tanh(x) + B u + σ), with `inputs` u and `noise` σ (none: zero).

    Raises ValueError if the shapes of network, inputs and noise do not fit together.

    Source: Krause et al. 2022, Eq. 1; docs/method.md, "Network".
    """
    units = network.recurrent.shape[-1]
    if inputs.shape[-1] != network.input.shape[-1]:
        raise ValueError(f"inputs has {inputs.shape[-1]} channels, the network takes {network.input.shape[-1]}")
    if noise is not None and (noise.shape[-1] != units or noise.shape[-3:-1] != inputs.shape[-3:-1]):
        raise ValueError(
            f"noise is {tuple(noise.shape)}, expected (..., {inputs.shape[-3]}, {inputs.shape[-2]}, {units})"
        )
    drive = inputs @ network.input.mT.unsqueeze(-3)
    if noise is not None:
        drive = drive + noise
    batch = np.broadcast_shapes(drive.shape[:-3], network.recurrent.shape[:-2])  # torch's loads half a second
    states = (step * drive).expand(*batch, *drive.shape[-3:]).contiguous()  # each x(t) takes the place of its drive
    weights = step * network.recurrent.mT
    state = states.new_zeros(*batch, states.shape[-3], units)
    rates = torch.zeros_like(state)
    for t in range(states.shape[-2]):
        state = torch.add(states[..., t, :], state, alpha=1 - step) + rates @ weights
        states[..., t, :] = state
        tanh(state, out=rates)
    return states
