"""Modules of PyTorch in memory: the network does what the module does."""

import pytest
import torch
from plain import draw
from torch import nn

from opdims.network import outputs_of, rates_of, simulate
from opdims.nonlinearity import NONLINEARITIES
from opdims.torch_modules import network_from_rnn


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("readout", [None, True, False])
def test_rates_and_outputs_are_those_of_the_module(nonlinearity, bias, readout):
    torch.manual_seed(2)
    module = nn.RNN(4, 9, nonlinearity=nonlinearity, bias=bias, batch_first=True).double()
    layer = None if readout is None else nn.Linear(9, 2, bias=readout).double()
    network, inputs = network_from_rnn(module, layer), draw(5, 60, 4)
    rates = rates_of(network, simulate(network, inputs, step=1.0), step=1.0)
    with torch.no_grad():
        expected, _ = module(inputs)
        close(rates, expected)
        close(outputs_of(network, rates), expected.new_zeros(5, 60, 0) if layer is None else layer(expected))
    assert network.nonlinearity is NONLINEARITIES[nonlinearity]
    assert (network.bias is not None) == bias
    assert (network.output_bias is not None) == bool(readout)


@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_is_read_as_a_layer_is(bias):
    torch.manual_seed(2)
    cell = nn.RNNCell(4, 9, bias=bias).double()
    network, inputs = network_from_rnn(cell), draw(5, 20, 4)
    rates = rates_of(network, simulate(network, inputs, step=1.0), step=1.0)
    hidden = torch.zeros(5, 9, dtype=torch.float64)
    with torch.no_grad():
        for t in range(20):
            hidden = cell(inputs[:, t], hidden)
            close(rates[:, t], hidden)


def test_the_network_is_of_its_own_memory_in_float64():
    module, layer = nn.RNN(2, 3), nn.Linear(3, 1)
    network = network_from_rnn(module, layer)
    before = network.map(torch.clone)
    with torch.no_grad():
        for parameter in (*module.parameters(), *layer.parameters()):
            parameter.add_(1)
    for name, tensor in network.tensors().items():
        assert torch.equal(tensor, before.tensors()[name])
        assert tensor.dtype == torch.float64
        assert not tensor.requires_grad


@pytest.mark.parametrize(
    ("module", "readout", "message"),
    [
        (nn.GRU(2, 3), None, "the module is a GRU, expected torch.nn.RNN or RNNCell"),
        (nn.RNN(2, 3, num_layers=2), None, "several layers or directions"),
        (nn.RNN(2, 3, bidirectional=True), None, "several layers or directions"),
        (nn.RNN(2, 3), nn.Linear(4, 1), "the readout takes 4 rates, expected 3"),
    ],
)
def test_what_is_no_such_network_is_refused(module, readout, message):
    with pytest.raises(ValueError, match=message):
        network_from_rnn(module, readout)
