"""The rate network: its matrices, biases, start, equation and nonlinearity, and its simulation.

One alphabet throughout the library: N units, T trials, S steps; a leading "..." is any number of batch dimensions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from opdims.arguments import check_count, check_nonlinearity, check_number, check_tensor
from opdims.names import EQUATIONS
from opdims.nonlinearity import TANH, Nonlinearity

OPTIONAL = ("bias", "output_bias", "initial_state", "initial_rates")  # tensors that need not be there
TENSORS = ("recurrent", "input", "output", *OPTIONAL)


class Network(NamedTuple):
    """A recurrent network, alone or stacked along leading batch dimensions.

    With α = dt/τ, the nonlinearity φ, inputs u and internal noise σ, a step of each equation is

    - `current`: x ← (1 − α) x + α (W r + B u + b + σ),  r = φ(x),  z = Y r + c  (α = 1: torch.nn.RNN);
    - `rate`:    h ← (1 − α) h + α φ(W h + B u + b + σ),  z = Y h + c.

    What W and Y read is called the rates throughout: r, or h in rate form. Tensors that are None are zero, but for
    `initial_rates`, which are φ(x_0) in current form.
    """

    recurrent: Tensor  # (..., N, N), W
    input: Tensor  # (..., N, n_inputs), B
    output: Tensor  # (..., n_outputs, N), Y
    bias: Tensor | None = None  # (..., N), b
    output_bias: Tensor | None = None  # (..., n_outputs), c
    initial_state: Tensor | None = None  # (..., N), x_0, in current form
    initial_rates: Tensor | None = None  # (..., N), r_0, or h_0 in rate form
    equation: str = "current"
    nonlinearity: Nonlinearity = TANH

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors that are there, by name."""
        return {name: getattr(self, name) for name in TENSORS if getattr(self, name) is not None}

    def map(self, function: Callable[[Tensor], Tensor]) -> "Network":
        """Return the network with the function applied to every tensor."""
        replaced: dict[str, Any] = {name: function(tensor) for name, tensor in self.tensors().items()}
        return self._replace(**replaced)

    def to(self, *args: Any, **kwargs: Any) -> "Network":
        """Return the network with every tensor moved or cast as by `torch.Tensor.to`."""
        return self.map(lambda tensor: tensor.to(*args, **kwargs))


def check_network(network: Network, *, finite: bool = True) -> None:
    """Check that the tensors of a network fit together, and, unless `finite` is False, that all numbers are finite.

    Raises
    ------
    ValueError
        Naming the tensor, if one is of another shape than `Network` says, is not of finite numbers in float32 or
        float64, or of another precision or device than the recurrent weights; or if there is no such equation.
    """
    if not isinstance(network, Network):
        raise ValueError(f"network is a {type(network).__name__}, expected an opdims.network.Network")
    check_tensor("network.recurrent", network.recurrent, ("...", "N", "N"), finite=finite)
    units = network.recurrent.shape[-1]
    check_tensor("network.input", network.input, ("...", units, "n_inputs"), free=("n_inputs",), finite=finite)
    check_tensor("network.output", network.output, ("...", "n_outputs", units), free=("n_outputs",), finite=finite)
    for name, tensor in network.tensors().items():
        if name in OPTIONAL:
            length = network.output.shape[-2] if name == "output_bias" else units
            check_tensor(f"network.{name}", tensor, ("...", length), finite=finite)
        like = network.recurrent
        if (tensor.dtype, tensor.device) != (like.dtype, like.device):
            given, wanted = (f"{str(each.dtype).removeprefix('torch.')} on {each.device}" for each in (tensor, like))
            raise ValueError(f"network.{name} is of {given}, expected {wanted} as network.recurrent")
    if network.equation not in EQUATIONS:
        raise ValueError(f"network.equation is {network.equation!r}, expected {' or '.join(EQUATIONS)}")
    check_nonlinearity(network.nonlinearity)


def initial_network(
    units: int,
    n_inputs: int,
    n_outputs: int,
    generator: torch.Generator,
    *,
    gain: float = 1.0,
    bias: bool = False,
    nonlinearity: Nonlinearity = TANH,
) -> Network:
    """Draw the weights of a network before training.

    W_ij ~ N(0, g²/N), B_ij ~ N(0, 1/n_inputs), Y_ij ~ N(0, 1/N).

    Parameters
    ----------
    units, n_inputs, n_outputs
        N and the numbers of inputs and outputs.
    generator
        On the CPU.
    gain
        g.
    bias
        Whether the network has biases; they start at zero.
    nonlinearity
        φ.

    Returns
    -------
    A network in current form, in float64 on the CPU.

    Raises
    ------
    ValueError
        If there is no unit, or a number is negative or not finite.

    References
    ----------
    Krause et al. 2022, Methods; docs/method.md, "Network".
    """

    check_count("units", units, least=1)
    check_count("n_inputs", n_inputs)
    check_count("n_outputs", n_outputs)
    check_number("gain", gain, least=0)
    check_nonlinearity(nonlinearity)

    def normal(rows: int, columns: int, variance: float) -> Tensor:
        return variance**0.5 * torch.randn(rows, columns, dtype=torch.float64, generator=generator)

    return Network(
        recurrent=gain * normal(units, units, 1 / units),
        input=normal(units, n_inputs, 1 / max(n_inputs, 1)),
        output=normal(n_outputs, units, 1 / units),
        bias=torch.zeros(units, dtype=torch.float64) if bias else None,
        output_bias=torch.zeros(n_outputs, dtype=torch.float64) if bias else None,
        nonlinearity=nonlinearity,
    )


def start_of(network: Network, *, step: float) -> tuple[Tensor, Tensor]:
    """Return where a trial starts: the state x_0 and the rates that the first step reads.

    Parameters
    ----------
    network
        N units.
    step
        α = dt / τ.

    Returns
    -------
    state : (..., N), x_0; in rate form of no consequence
    rates : (..., N), r_0, or h_0 in rate form

    Raises
    ------
    ValueError
        If a network in current form with α < 1 has initial rates and no initial state: x_0 is then not known.
    """
    zero = network.recurrent.new_zeros(network.recurrent.shape[-1])
    state, rates = network.initial_state, network.initial_rates
    if network.equation == "rate":
        return zero, zero if rates is None else rates
    if state is None and rates is not None and step < 1:
        raise ValueError("initial_rates alone do not say the state x_0 where dt < tau, expected initial_state")
    state = zero if state is None else state
    return state, network.nonlinearity(state.contiguous()) if rates is None else rates


def simulate(network: Network, inputs: Tensor, noise: Tensor | None = None, *, step: float) -> Tensor:
    """Simulate trials of a network and return its states.

    Gradients flow to the network's tensors, the inputs and the noise, where one of them asks for one; that takes more
    time and memory.

    Parameters
    ----------
    network
        N units, either equation (see `Network`).
    inputs : (..., T, S, n_inputs)
        u.
    noise : (..., T, S, N)
        σ; none: zero.
    step
        α = dt / τ, without a unit.

    Returns
    -------
    (..., T, S, N)
        x after each step. In rate form, the pre-activations x_t = W h_{t−1} + B u_t + b + σ_t.

    Raises
    ------
    ValueError
        If network, inputs and noise do not fit together, hold a value that is not finite or are not of one precision;
        if the step is not above 0; or if the network's start is not known.

    References
    ----------
    Krause et al. 2022, Eq. 1; docs/method.md, "Network".

    Examples
    --------
    >>> weights = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    >>> network = Network(weights, input=torch.ones(2, 1), output=torch.ones(1, 2))
    >>> simulate(network, torch.ones(1, 3, 1), step=0.5).shape
    torch.Size([1, 3, 2])
    """
    check_number("step", step, above=0)
    states, scale = _drive(network, inputs, noise), 1.0
    differentiable = torch.is_grad_enabled() and (states.requires_grad or network.recurrent.requires_grad)
    visited: list[Tensor] = []  # in place of writing over the drive, which autograd needs
    if network.equation == "current":
        states, scale = states.mul_(step), step
    weights = scale * network.recurrent.mT
    state, rates = (
        start.unsqueeze(-2).expand(*states.shape[:-2], -1).clone() for start in start_of(network, step=step)
    )
    for t in range(states.shape[-2]):
        if network.equation == "current":
            state = torch.add(states[..., t, :], state, alpha=1 - step) + rates @ weights
            rates = network.nonlinearity(state, out=None if differentiable else rates)
        else:
            state = states[..., t, :] + rates @ weights
            rates = (1 - step) * rates + step * network.nonlinearity(state)
        if differentiable:
            visited.append(state)
        else:
            states[..., t, :] = state  # each x(t) takes the place of its drive
    return torch.stack(visited, dim=-2) if differentiable else states


def rates_of(network: Network, states: Tensor, *, step: float) -> Tensor:
    """Return the rates of the states that `simulate` returned.

    Parameters
    ----------
    network
        N units.
    states : (..., T, S, N)
        x of all steps of trials, from the first.
    step
        α = dt / τ.

    Returns
    -------
    (..., T, S, N)
        φ(x); in rate form h, which follows from the pre-activations by h_t = (1 − α) h_{t−1} + α φ(x_t).
    """
    check_network(network)
    # States of a network that grows without end are not finite, and neither are its rates.
    check_tensor("states", states, ("...", "T", "S", network.recurrent.shape[-1]), finite=False)
    check_number("step", step, above=0)
    rates = network.nonlinearity(states.contiguous())
    if network.equation == "rate":
        _, rate = start_of(network, step=step)
        rate, followed = rate.unsqueeze(-2), []
        for t in range(states.shape[-2]):
            rate = (1 - step) * rate + step * rates[..., t, :]
            followed.append(rate)
        rates = torch.stack(followed, dim=-2)
    return rates


def outputs_of(network: Network, rates: Tensor) -> Tensor:
    """Return the outputs z = Y r + c (..., n_outputs) of one network at rates (..., N).

    Raises ValueError if network and rates do not fit together.
    """
    check_network(network)
    check_tensor("rates", rates, ("...", network.recurrent.shape[-1]), free=("...",), finite=False)
    outputs = rates @ network.output.mT
    return outputs if network.output_bias is None else outputs + network.output_bias


def current_form(
    network: Network, inputs: Tensor, noise: Tensor | None = None, *, step: float
) -> tuple[Network, Tensor]:
    """Return the network in current form that visits the states of a network in rate form, and what drives it.

    With J_t = B u_t + b + σ_t and x_t = W h_{t−1} + J_t,

    x_{t+1} = (1 − α) x_t + α W φ(x_t) + J_{t+1} − (1 − α) J_t,

    exactly: the same W, φ and α, with a filtered drive.

    Parameters
    ----------
    network
        In rate form, N units.
    inputs : (..., T, S, n_inputs)
        u.
    noise : (..., T, S, N)
        σ; none: zero.
    step
        α = dt / τ.

    Returns
    -------
    network
        In current form, without inputs and bias; it starts at x_0 = W h_0 with rates h_0.
    drive : (..., T, S, N)
        What `simulate` takes as its noise, besides inputs of no channel (`inputs[..., :0]`).

    Raises
    ------
    ValueError
        If the network is not in rate form, or if the shapes do not fit together.

    References
    ----------
    Miller and Fumarola, Neural Comput. 24, 2012; docs/method.md, "Networks of any kind".
    """
    if network.equation != "rate":
        raise ValueError(f"the network is in {network.equation} form already, expected rate form")
    check_number("step", step, above=0)
    drive = _drive(network, inputs, noise)
    filtered = drive.clone()
    filtered[..., 1:, :] -= (1 - step) * drive[..., :-1, :]
    _, rates = start_of(network, step=step)
    converted = network._replace(
        input=network.input[..., :0],
        bias=None,
        initial_state=(network.recurrent @ rates.unsqueeze(-1)).squeeze(-1),
        initial_rates=rates,
        equation="current",
    )
    return converted, filtered / step


def _drive(network: Network, inputs: Tensor, noise: Tensor | None) -> Tensor:
    """Return B u + b + σ (..., T, S, N), in memory of its own; ValueError if they do not fit together."""
    check_network(network)
    check_tensor("inputs", inputs, ("...", "T", "S", network.input.shape[-1]))
    if noise is not None:
        check_tensor("noise", noise, ("...", *inputs.shape[-3:-1], network.recurrent.shape[-1]))
    for name, tensor in (("inputs", inputs), *([] if noise is None else [("noise", noise)])):
        if tensor.dtype != network.recurrent.dtype:
            given, wanted = (str(each.dtype).removeprefix("torch.") for each in (tensor, network.recurrent))
            raise ValueError(f"{name} is of {given}, expected {wanted} as the network")
    drive = inputs @ network.input.mT.unsqueeze(-3)
    if network.bias is not None:
        drive = drive + network.bias[..., None, None, :]
    if noise is not None:
        drive = drive + noise
    batch = np.broadcast_shapes(drive.shape[:-3], network.recurrent.shape[:-2])  # torch's loads half a second
    return drive.expand(*batch, *drive.shape[-3:]).clone(memory_format=torch.contiguous_format)
