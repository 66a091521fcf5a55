"""The preset of Keras's SimpleRNN: a plain simulation of what is mapped gives the numbers that Keras gives.

h ← φ(h U + u K + b), z = h V + c; the layouts are those that Keras 3.15, its format of before and Keras 2 write.
"""

import io
import json
import zipfile
from typing import Any

import h5py
import numpy as np
import pytest

from opdims.formats.mapping import read_weights

STEPS = 12
FUNCTIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
SIZES = [(3, 6, 2), (5, 5, 5), (1, 1, 1)]  # inputs, units, outputs; the second hides a transposition from shapes


def keras_weights(sizes: tuple[int, int, int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    n_inputs, size, n_outputs = sizes
    shapes = {"K": (n_inputs, size), "U": (size, size), "b": (size,), "V": (size, n_outputs), "c": (n_outputs,)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def keras_outputs(weights: dict[str, np.ndarray], inputs: np.ndarray, function) -> np.ndarray:
    state, outputs = np.zeros(len(weights["U"])), []
    for values in inputs:
        state = function(state @ weights["U"] + values @ weights["K"] + weights.get("b", 0.0))
        outputs.append(state @ weights["V"] + weights.get("c", 0.0))
    return np.array(outputs)


KERAS = {
    "weights": ("layers/simple_rnn/cell/vars/{}", "layers/dense/vars/{}", ("0", "1", "2"), ("0", "1")),
    "distributed": ("layers/rnn/cell/vars/{}", "layers/time_distributed/layer/vars/{}", ("0", "1", "2"), ("0", "1")),
    "older": (
        "model_weights/simple_rnn/sequential/simple_rnn/simple_rnn_cell/{}",
        "model_weights/dense/sequential/dense/{}",
        ("kernel", "recurrent_kernel", "bias"),
        ("kernel", "bias"),
    ),
    "oldest": (
        "simple_rnn/simple_rnn/simple_rnn_cell/{}",
        "dense/dense/{}",
        ("kernel:0", "recurrent_kernel:0", "bias:0"),
        ("kernel:0", "bias:0"),
    ),
}


def write_keras(target: Any, weights: dict[str, np.ndarray], layout: str = "weights") -> None:
    cell, dense, cell_names, dense_names = KERAS[layout]
    with h5py.File(target, "w") as file:
        places = [cell.format(name) for name in cell_names] + [dense.format(name) for name in dense_names]
        for place, name in zip(places, ("K", "U", "b", "V", "c"), strict=True):
            if name in weights:
                file[place] = weights[name]
                file[f"optimizer/vars/{name}"] = weights[name]
        file["optimizer/vars/0"] = weights["U"]  # Adam's averages have the shapes of the weights
        file["optimizer/vars/1"] = weights["U"]
        file["optimizer_weights/adam/recurrent_kernel"] = weights["U"]


@pytest.mark.parametrize("layout", KERAS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("nonlinearity", FUNCTIONS)
def test_keras_simple_rnn_computes_what_keras_computes(layout, sizes, bias, nonlinearity, tmp_path, simulate, rng):
    weights = keras_weights(sizes, rng)
    if not bias:
        del weights["b"], weights["c"]
    write_keras(tmp_path / "net.weights.h5", weights, layout)
    found = read_weights(tmp_path / "net.weights.h5", "keras_simple_rnn")
    assert (found.equation, found.nonlinearity) == ("current", "tanh")
    assert ("bias" in found.matrices, "output_bias" in found.matrices) == (bias, bias)
    inputs = rng.normal(size=(STEPS, sizes[0]))
    expected = keras_outputs(weights, inputs, FUNCTIONS[nonlinearity])
    np.testing.assert_allclose(simulate(found, inputs, nonlinearity=nonlinearity)[1][1:], expected, rtol=1e-10)


def keras_config(*activations: str) -> str:
    layers = [{"class_name": "SimpleRNN", "config": {"units": 6, "activation": each}} for each in activations]
    dense = {"class_name": "Dense", "config": {"activation": "linear"}}
    return json.dumps({"class_name": "Sequential", "config": {"layers": [*layers, dense]}})


@pytest.mark.parametrize(
    ("activations", "nonlinearity"),
    [(["relu"], "relu"), (["relu", "relu"], "relu"), (["relu", "tanh"], None), ([], None)],
)
def test_a_keras_model_says_its_activation(activations, nonlinearity, tmp_path, rng):
    buffer = io.BytesIO()
    write_keras(buffer, keras_weights((3, 6, 2), rng))
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("model.weights.h5", buffer.getvalue())
        archive.writestr("config.json", keras_config(*activations))
    assert read_weights(tmp_path / "net.keras", "keras_simple_rnn").nonlinearity == nonlinearity
    write_keras(tmp_path / "net.h5", keras_weights((3, 6, 2), rng), "older")
    with h5py.File(tmp_path / "net.h5", "a") as file:
        file.attrs["model_config"] = keras_config(*activations)
    assert read_weights(tmp_path / "net.h5", "keras_simple_rnn").nonlinearity == nonlinearity


def test_keras_with_two_layers_or_readouts_needs_to_be_told(tmp_path, message, rng):
    path, weights = tmp_path / "net.weights.h5", keras_weights((3, 6, 2), rng)
    write_keras(path, weights)
    with h5py.File(path, "a") as file:
        file["layers/dense_1/vars/0"] = np.zeros((6, 1))
        file["layers/dense_1/vars/1"] = np.ones(1)
    assert message(path, "keras_simple_rnn") == (
        "layers/dense/vars/0 and layers/dense_1/vars/0 could each be the readout, expected one;"
        " name it under tensors: (output: {tensor: layers/dense/vars/0, transposed: true})"
    )
    told = {"preset": "keras_simple_rnn", "output": {"tensor": "layers/dense_1/vars/0", "transposed": True}}
    found = read_weights(path, told).matrices
    assert found["output"].shape == (1, 6)
    np.testing.assert_array_equal(found["output_bias"], np.ones(1))
    with h5py.File(path, "a") as file:
        for place in range(3):
            file[f"layers/simple_rnn_1/cell/vars/{place}"] = file[f"layers/simple_rnn/cell/vars/{place}"][()]
    assert message(path, told).startswith("has several recurrent layers (layers/simple_rnn/cell/vars/1, ")
    found = read_weights(path, told, "layers/simple_rnn/").matrices
    np.testing.assert_array_equal(found["recurrent"], weights["U"].T)


def test_keras_lstm_is_refused(tmp_path, message):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        for place, shape in enumerate([(3, 24), (6, 24), (24,)]):
            file[f"layers/lstm/cell/vars/{place}"] = np.zeros(shape)
    assert "is (24, 6), expected a square matrix; is it of a GRU or LSTM?" in message(
        tmp_path / "net.h5", "keras_simple_rnn"
    )
