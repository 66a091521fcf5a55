"""The preset of torch.nn.RNN: a plain simulation of what is mapped gives the numbers that torch gives."""

from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from opdims.formats.mapping import PRESETS, read_weights

STEPS = 12
SIZES = [(3, 6, 2), (5, 5, 5), (1, 1, 1)]  # inputs, units, outputs; the second hides a transposition from shapes


class Net(torch.nn.Module):
    """A recurrent layer and a linear readout."""

    def __init__(self, sizes: tuple[int, int, int], **settings: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn = torch.nn.RNN(sizes[0], sizes[1], **settings)
        self.readout = torch.nn.Linear(sizes[1], sizes[2])

    def forward(self, inputs: torch.Tensor, start: torch.Tensor | None = None) -> torch.Tensor:
        return self.readout(self.rnn(inputs, start)[0])


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_nn_rnn_computes_what_torch_computes(
    sizes, bias, nonlinearity, suffix, dtype, tolerance, tmp_path, simulate, rng
):
    net = Net(sizes, bias=bias, nonlinearity=nonlinearity).to(dtype)
    path = tmp_path / f"net{suffix}"
    torch.save(net.state_dict(), path) if suffix == ".pt" else save_file(net.state_dict(), path)
    found = read_weights(path, "nn_rnn")
    assert ("bias" in found.matrices) == bias
    assert (found.equation, found.nonlinearity) == ("current", "tanh")
    inputs = rng.normal(size=(STEPS, sizes[0]))
    expected = net(torch.from_numpy(inputs).to(dtype)).detach()
    np.testing.assert_allclose(simulate(found, inputs, nonlinearity=nonlinearity)[1][1:], expected, atol=tolerance)


def test_nn_rnn_starts_from_the_hidden_state_as_initial_rates(tmp_path, simulate, rng):
    net, start = Net((3, 6, 2)).double(), torch.from_numpy(rng.normal(size=(1, 6)))
    torch.save(net.state_dict() | {"h0": start}, tmp_path / "net.pt")
    found = read_weights(tmp_path / "net.pt", {"preset": "nn_rnn", "initial_rates": "h0"})
    inputs = rng.normal(size=(STEPS, 3))
    expected = net(torch.from_numpy(inputs), start).detach()
    np.testing.assert_allclose(simulate(found, inputs)[1][1:], expected, atol=1e-12)


def test_nn_rnn_takes_a_cell_and_its_readout(tmp_path, simulate, rng):
    net = torch.nn.ModuleDict({"cell": torch.nn.RNNCell(3, 6), "out": torch.nn.Linear(6, 2)}).double()
    torch.save(net.state_dict(), tmp_path / "net.pt")
    found, inputs = read_weights(tmp_path / "net.pt", "nn_rnn"), rng.normal(size=(STEPS, 3))
    state, expected = torch.zeros(1, 6, dtype=torch.float64), []
    for values in torch.from_numpy(inputs):
        state = net["cell"](values[None], state)
        expected.append(net["out"](state)[0].detach())
    np.testing.assert_allclose(simulate(found, inputs)[1][1:], torch.stack(expected), atol=1e-12)


def test_nn_rnn_alone_has_no_readout(tmp_path):
    torch.save(torch.nn.RNN(3, 6).state_dict(), tmp_path / "net.pt")
    assert set(read_weights(tmp_path / "net.pt", "nn_rnn").matrices) == {"recurrent", "input", "bias", "initial_rates"}


@pytest.mark.parametrize("prefix", [None, "", "module.rnn", "module.rnn."])
def test_nn_rnn_is_found_below_any_prefix(prefix, tmp_path):
    net = torch.nn.DataParallel(Net((3, 6, 2)))
    torch.save({"state_dict": net.state_dict()}, tmp_path / "net.ckpt")
    found = read_weights(tmp_path / "net.ckpt", "nn_rnn", prefix).matrices
    assert set(found) == {"recurrent", "input", "bias", "output", "output_bias", "initial_rates"}
    np.testing.assert_array_equal(found["recurrent"], net.module.rnn.weight_hh_l0.detach())


def test_nn_rnn_of_several_needs_a_prefix(tmp_path, message):
    nets = torch.nn.ModuleDict({"first": torch.nn.RNN(3, 6), "second": torch.nn.RNN(3, 6)})
    torch.save(nets.state_dict(), tmp_path / "net.pt")
    assert message(tmp_path / "net.pt", "nn_rnn") == (
        "has several recurrent layers (first.weight_hh_l0, second.weight_hh_l0), expected one; name it by its prefix"
    )
    found = read_weights(tmp_path / "net.pt", "nn_rnn", "second").matrices
    np.testing.assert_array_equal(found["input"], nets["second"].weight_ih_l0.detach())
    assert message(tmp_path / "net.pt", "nn_rnn", "secnd") == (
        "tensor secnd.weight_hh_l0 is missing; the nearest names there:"
        " second.weight_hh_l0, second.weight_ih_l0, first.weight_hh_l0"
    )


@pytest.mark.parametrize(
    ("module", "found"),
    [
        (
            torch.nn.RNN(3, 6, num_layers=2),
            "has more than one layer (weight_hh_l1), expected one layer that runs forward",
        ),
        (
            torch.nn.RNN(3, 6, bidirectional=True),
            "is bidirectional (weight_hh_l0_reverse), expected one layer that runs forward",
        ),
        (
            torch.nn.LSTM(3, 6),
            "recurrent (weight_hh_l0) is (24, 6), expected a square matrix;"
            " is it of a GRU or LSTM? they have no such matrix",
        ),
        (
            torch.nn.GRU(3, 6),
            "recurrent (weight_hh_l0) is (18, 6), expected a square matrix;"
            " is it of a GRU or LSTM? they have no such matrix",
        ),
        (torch.nn.Linear(3, 6), "tensor weight_hh_l0 is missing; the nearest names there: weight"),
    ],
)
def test_nn_rnn_refuses_other_modules(module, found, tmp_path, message):
    torch.save(module.state_dict(), tmp_path / "net.pt")
    assert message(tmp_path / "net.pt", "nn_rnn") == found


def test_nn_rnn_with_two_readouts_needs_to_be_told(tmp_path, message):
    net = Net((3, 6, 2))
    net.value = torch.nn.Linear(6, 1)
    net.embed = torch.nn.Linear(7, 3)
    net.norm = torch.nn.LayerNorm(6)
    path = tmp_path / "net.pt"
    torch.save(net.state_dict(), path)
    assert message(path, "nn_rnn") == (
        "readout.weight and value.weight could each be the readout, expected one;"
        " name it under tensors: (output: readout.weight)"
    )
    found = read_weights(path, {"preset": "nn_rnn", "output": "value.weight"}).matrices
    np.testing.assert_array_equal(found["output"], net.value.weight.detach())
    np.testing.assert_array_equal(found["output_bias"], net.value.bias.detach())  # it comes along
    told = {"preset": "nn_rnn", "output": "readout.weight", "output_bias": ["readout.bias", "readout.bias"]}
    np.testing.assert_array_equal(read_weights(path, told).matrices["output_bias"], 2 * net.readout.bias.detach())
    assert "tensor valu.weight is missing" in message(path, {"preset": "nn_rnn", "output": "valu.weight"})


def test_nn_rnn_needs_both_biases_or_none(tmp_path, message):
    weights = torch.nn.RNN(3, 6).state_dict()
    del weights["bias_hh_l0"]
    torch.save(weights, tmp_path / "net.pt")
    assert "tensor bias_hh_l0 is missing" in message(tmp_path / "net.pt", "nn_rnn")


def test_a_tensor_that_cannot_be_read_is_not_taken_for_absent(tmp_path, message):
    weights = {name: tensor.numpy() for name, tensor in torch.nn.RNN(3, 6).state_dict().items()}
    np.savez(tmp_path / "net.npz", **weights | {"bias_hh_l0": np.array([None])})
    assert "tensor bias_hh_l0 is of Python objects" in message(tmp_path / "net.npz", "nn_rnn")


def test_every_preset_is_documented():
    assert set(PRESETS) == {"nn_rnn", "keras_simple_rnn", "psychrnn", "trainrnnbrain"}
    assert all(preset.description for preset in PRESETS.values())
    assert {name: preset.step for name, preset in PRESETS.items() if preset.step} == {
        "nn_rnn": 1,
        "keras_simple_rnn": 1,
    }
