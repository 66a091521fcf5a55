"""Networks from modules of PyTorch in memory."""

import torch
from torch import nn

from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES


def network_from_rnn(rnn: nn.RNN | nn.RNNCell, readout: nn.Linear | None = None) -> Network:
    """Return a recurrent module, and the linear layer that reads its rates, as a network.

    The network takes whole steps: α = dt/τ = 1 wherever a function asks for `step`. It starts at h_0 = 0, as the module
    does.

    Parameters
    ----------
    rnn
        One layer in one direction, of N units.
    readout
        Of N rates; none: the network has no outputs.

    Returns
    -------
    A network in current form, in float64 on the CPU; it shares no memory with the modules.

    Raises
    ------
    ValueError
        If the module has more than one layer or direction, or projects its rates, if the readout does not fit it, or if
        a weight is not a finite real number.

    Examples
    --------
    >>> network = network_from_rnn(nn.RNN(2, 8), nn.Linear(8, 1))
    >>> network.recurrent.shape, network.input.shape, network.output.shape
    (torch.Size([8, 8]), torch.Size([8, 2]), torch.Size([1, 8]))
    """
    if not isinstance(rnn, nn.RNN | nn.RNNCell):
        raise ValueError(f"the module is a {type(rnn).__name__}, expected torch.nn.RNN or RNNCell")
    if getattr(rnn, "num_layers", 1) != 1 or getattr(rnn, "bidirectional", False):
        raise ValueError("the module has several layers or directions, expected one layer that runs forward")
    for name, value in (*rnn.named_parameters(), *([] if readout is None else readout.named_parameters())):
        if (
            value.dtype not in (torch.float32, torch.float64, torch.bfloat16, torch.float16)
            or not value.isfinite().all()
        ):
            dtype = str(value.dtype).removeprefix("torch.")
            raise ValueError(f"{name} of a module is of {dtype} or not finite, expected finite real numbers")
    weights = {name: value.detach().cpu().double().clone() for name, value in rnn.named_parameters()}
    ending = "_l0" if isinstance(rnn, nn.RNN) else ""
    units = rnn.hidden_size
    if readout is not None and readout.in_features != units:
        raise ValueError(f"the readout takes {readout.in_features} rates, expected {units}")
    read = {} if readout is None else {k: v.detach().cpu().double().clone() for k, v in readout.named_parameters()}
    bias = weights[f"bias_ih{ending}"] + weights[f"bias_hh{ending}"] if rnn.bias else None
    return Network(
        recurrent=weights[f"weight_hh{ending}"],
        input=weights[f"weight_ih{ending}"],
        output=read.get("weight", torch.zeros(0, units, dtype=torch.float64)),
        bias=bias,
        output_bias=read.get("bias"),
        initial_rates=torch.zeros(units, dtype=torch.float64),
        nonlinearity=NONLINEARITIES[rnn.nonlinearity],
    )
