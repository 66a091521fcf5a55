"""Tensors under our names: how they are told, and what is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from opdims.formats.mapping import MATRICES, PRESETS, read_weights

N, N_INPUTS, N_OUTPUTS = 4, 3, 2
SWAPPED = "; was it transposed? (then say {tensor: …, transposed: true})"
GATES = "; is it of a GRU or LSTM? they have no such matrix"
SHAPES = {
    "recurrent": (N, N),
    "input": (N, N_INPUTS),
    "output": (N_OUTPUTS, N),
    "bias": (N,),
    "output_bias": (N_OUTPUTS,),
    "initial_rates": (N,),
    "initial_state": (N,),
    "initial_recurrent": (N, N),
}


@pytest.fixture
def arrays(rng) -> dict[str, np.ndarray]:
    return {name: rng.normal(size=shape) for name, shape in SHAPES.items()}


def save(folder: Path, arrays: dict[str, Any]) -> Path:
    np.savez(folder / "net.npz", **arrays)
    return folder / "net.npz"


def test_our_own_names_need_no_mapping(arrays, tmp_path):
    found = read_weights(save(tmp_path, arrays | {"other": np.zeros(3), "equation": np.array("rate")}))
    assert set(found.matrices) == set(MATRICES) == set(SHAPES)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.matrices[name], array)
    assert (found.equation, found.nonlinearity) == ("rate", None)


def test_only_the_recurrent_weights_must_be_there(arrays, tmp_path):
    found = read_weights(save(tmp_path, {"recurrent": arrays["recurrent"]}))
    assert set(found.matrices) == {"recurrent"}


def test_our_own_hdf5_gives_the_network_after_and_before_training(arrays, tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        for name in ("recurrent", "input", "output"):
            file[f"final/{name}"] = arrays[name]
            file[f"initial/{name}"] = 2 * arrays[name]
    found = read_weights(tmp_path / "net.h5").matrices
    assert set(found) == {"recurrent", "input", "output", "initial_recurrent"}
    np.testing.assert_array_equal(found["recurrent"], arrays["recurrent"])
    np.testing.assert_array_equal(found["initial_recurrent"], 2 * arrays["recurrent"])


@pytest.mark.parametrize("prefix", ["nets.first", "nets.first.", "nets.first/"])
def test_a_prefix_stands_before_our_names(prefix, arrays, tmp_path):
    path = save(tmp_path, {f"nets.first.{name}": array for name, array in arrays.items()})
    assert set(read_weights(path, None, prefix).matrices) == set(SHAPES)


def test_a_mapping_takes_names_sums_and_transposed_tensors(arrays, tmp_path):
    path = save(tmp_path, {"W": arrays["recurrent"].T, "B": arrays["input"], "b": arrays["bias"], "c": np.ones(N)})
    tensors = {
        "recurrent": {"tensor": "W", "transposed": True},
        "input": {"tensor": "B", "transposed": False},
        "bias": ["b", "c"],
        "initial_recurrent": {"tensor": ["W", "W"], "transposed": True},
    }
    found = read_weights(path, tensors)
    np.testing.assert_array_equal(found.matrices["recurrent"], arrays["recurrent"])
    np.testing.assert_array_equal(found.matrices["input"], arrays["input"])
    np.testing.assert_array_equal(found.matrices["bias"], arrays["bias"] + 1)
    np.testing.assert_array_equal(found.matrices["initial_recurrent"], 2 * arrays["recurrent"])
    assert (found.equation, found.nonlinearity) == (None, None)
    assert all(array.flags.c_contiguous and array.flags.writeable for array in found.matrices.values())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, ">f4", ">f8"])
def test_all_floats_become_float64(dtype, arrays, tmp_path):
    path = save(tmp_path, {"recurrent": arrays["recurrent"].astype(dtype)})
    found = read_weights(path).matrices["recurrent"]
    assert found.dtype == np.dtype("float64").newbyteorder("=")
    np.testing.assert_array_equal(found, arrays["recurrent"].astype(dtype).astype(np.float64))


@pytest.mark.parametrize("shape", [(N,), (1, N), (N, 1)])
@pytest.mark.parametrize("name", ["bias", "initial_rates", "initial_state"])
def test_vectors_may_be_rows_and_columns(name, shape, arrays, tmp_path):
    found = read_weights(save(tmp_path, arrays | {name: arrays[name].reshape(shape)}))
    np.testing.assert_array_equal(found.matrices[name], arrays[name])


@pytest.mark.parametrize("bias", [np.array(0.5), np.array([0.5]), np.array([[0.5]])])
def test_one_unit_with_one_input_and_output_is_a_network(bias, tmp_path):
    one = np.ones((1, 1))
    arrays = {"recurrent": one, "input": one, "output": one, "bias": bias, "output_bias": bias, "initial_state": bias}
    found = read_weights(save(tmp_path, arrays)).matrices
    assert [found[name].shape for name in ("recurrent", "bias", "output_bias", "initial_state")] == [
        (1, 1),
        (1,),
        (1,),
        (1,),
    ]


@pytest.mark.parametrize("n_inputs", [0, 1, N])
def test_any_number_of_inputs_fits(n_inputs, arrays, tmp_path):
    found = read_weights(save(tmp_path, arrays | {"input": np.zeros((N, n_inputs))}))
    assert found.matrices["input"].shape == (N, n_inputs)


def test_a_missing_tensor_names_the_nearest(arrays, tmp_path, message):
    path = save(tmp_path, {"W_recurrent": arrays["recurrent"], "zzz": np.zeros(2)})
    assert message(path, {"recurrent": "W_recurent"}) == (
        "tensor W_recurent is missing; the nearest names there: W_recurrent"
    )
    assert message(path, {"recurrent": "q"}) == "tensor q is missing; the names there: W_recurrent, zzz"
    assert message(path) == (
        "tensor recurrent is missing; the nearest names there: W_recurrent;"
        " say under tensors: what is what, or name a preset"
    )
    many = save(tmp_path, {f"layer_{place}": np.zeros(2) for place in range(12)})
    assert message(many, {"recurrent": "q"}).endswith("layer_4, layer_5, …")
    assert message(save(tmp_path, {"a": "x"}), {"recurrent": "a"}).endswith("no arrays of numbers are there")


@pytest.mark.parametrize("name", ["recurrent", "bias"])
@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.zeros((N, N), dtype=int), "is of integers, expected real numbers"),
        (np.zeros((N, N), dtype=np.uint8), "is of integers, expected real numbers"),
        (np.zeros((N, N), dtype=bool), "is of booleans, expected real numbers"),
        (np.zeros((N, N), dtype=complex), "is of complex numbers, expected real numbers"),
        (np.full((N, N), np.nan), "holds values that are not finite, expected real numbers"),
        (np.full((N, N), -np.inf), "holds values that are not finite, expected real numbers"),
        (np.array([None]), "is of Python objects (pickled, which is never loaded), expected an array of real numbers"),
        (np.array(["a", "b"]), "is of type <U1, expected an array of real numbers"),
    ],
)
def test_values_must_be_finite_real_numbers(name, values, found, arrays, tmp_path, message):
    path = save(tmp_path, arrays | {name: values})
    assert message(path) == f"tensor {name} {found}"
    assert message(path, {"recurrent": "recurrent", "bias": ["bias"]}) == f"tensor {name} {found}"


@pytest.mark.parametrize(
    ("name", "shape", "found"),
    [
        ("recurrent", (N, N + 1), "is (4, 5), expected a square matrix"),
        ("recurrent", (N,), "is (4,), expected a square matrix"),
        ("recurrent", (), "is (), expected a square matrix"),
        ("recurrent", (1, N, N), "is (1, 4, 4), expected a square matrix"),
        ("recurrent", (0, 0), "is (0, 0), expected a square matrix"),
        ("recurrent", (4 * N, N), f"is (16, 4), expected a square matrix{GATES}"),
        ("input", (N_INPUTS, N), f"is (3, 4), expected (4, n_inputs){SWAPPED}"),
        ("input", (5, 3), "is (5, 3), expected (4, n_inputs)"),
        ("input", (N,), "is (4,), expected (4, n_inputs)"),
        ("output", (N, N_OUTPUTS), f"is (4, 2), expected (n_outputs, 4){SWAPPED}"),
        ("output", (2, 5), "is (2, 5), expected (n_outputs, 4)"),
        ("output", (1, 2, 4), "is (1, 2, 4), expected (n_outputs, 4)"),
        ("bias", (N_INPUTS,), "is (3,), expected (4,)"),
        ("bias", (), "is (), expected (4,)"),
        ("bias", (N, N), "is (4, 4), expected (4,)"),
        ("bias", (1, 1, N), "is (1, 1, 4), expected (4,)"),
        ("output_bias", (3,), "is (3,), expected (2,)"),
        ("initial_rates", (5, N), "is (5, 4), expected (4,)"),
        ("initial_state", (3,), "is (3,), expected (4,)"),
        ("initial_recurrent", (3, 3), "is (3, 3), expected (4, 4) as recurrent"),
    ],
)  # fmt: skip
def test_shapes_must_fit(name, shape, found, arrays, tmp_path, message):
    path = save(tmp_path, arrays | {name: np.ones(shape)})
    assert message(path) == f"{name} ({name}) {found}"
    path = save(tmp_path, {f"my_{each}": array for each, array in (arrays | {name: np.ones(shape)}).items()})
    assert message(path, {each: f"my_{each}" for each in arrays}) == f"{name} (my_{name}) {found}"


def test_an_output_bias_needs_an_output(arrays, tmp_path, message):
    del arrays["output"]
    assert message(save(tmp_path, arrays)) == "output_bias (output_bias) is there without output, expected both"


def test_summed_tensors_must_have_one_shape(arrays, tmp_path, message):
    path = save(tmp_path, arrays | {"other": np.zeros((1, N))})
    assert message(path, {"recurrent": "recurrent", "bias": ["bias", "other"]}) == (
        "tensor other is (1, 4), expected (4,) as bias, to which it is added"
    )


@pytest.mark.parametrize(
    ("tensors", "found"),
    [
        ("nn_rn", "tensors has the unknown preset 'nn_rn', did you mean nn_rnn?"),
        ("zzz", f"tensors has the unknown preset 'zzz', expected one of {', '.join(PRESETS)}"),
        ({"preset": None}, f"tensors has the unknown preset None, expected one of {', '.join(PRESETS)}"),
        ({"preset": ["nn_rnn"]}, "tensors has the unknown preset ['nn_rnn'], did you mean nn_rnn?"),
        ({"recurent": "W"}, "tensors has the unknown key 'recurent', did you mean recurrent?"),
        ({3: "W"}, f"tensors has the unknown key 3, expected one of {', '.join(MATRICES)}, preset"),
        ({"input": "input"}, "tensors does not say which tensor is recurrent, expected a name"),
        ({}, "tensors does not say which tensor is recurrent, expected a name"),
        (3, "tensors is 3, expected a preset or a mapping of our names to the file's"),
        ({"recurrent": 3}, "tensors/recurrent is 3, expected a tensor's name or a list of names"),
        ({"recurrent": []}, "tensors/recurrent is [], expected a tensor's name or a list of names"),
        ({"recurrent": None}, "tensors/recurrent is None, expected a tensor's name or a list of names"),
        (
            {"recurrent": {"tensor": "W", "transpose": True}},
            "tensors/recurrent is {'tensor': 'W', 'transpose': True}, expected {tensor: name, transposed: true}",
        ),
        (
            {"recurrent": {"tensor": "W", "transposed": "yes"}},
            "tensors/recurrent is {'tensor': 'W', 'transposed': 'yes'}, expected {tensor: name, transposed: true}",
        ),
    ],
)
def test_a_mapping_that_says_nothing_sensible_is_refused(tensors, found, arrays, tmp_path, message):
    assert message(save(tmp_path, arrays), tensors) == found


def test_a_prefix_needs_a_preset_or_our_names(arrays, tmp_path, message):
    path = save(tmp_path, arrays)
    assert message(path, {"recurrent": "recurrent"}, "rnn") == (
        "prefix rnn stands before the names of a preset alone, expected whole names"
    )
    assert message(path, None, 3) == "prefix is 3, expected a text"
    assert message(path, None, "rnn").startswith("tensor rnn.recurrent is missing; the nearest names there: recurrent")


def test_a_mapping_overrides_what_a_preset_finds(arrays, tmp_path):
    rnn = torch.nn.RNN(N_INPUTS, N)
    torch.save(
        rnn.state_dict() | {"W0": torch.zeros(N, N), "h0": torch.ones(1, N), "b": torch.ones(N)}, tmp_path / "net.pt"
    )
    tensors = {"preset": "nn_rnn", "initial_recurrent": "W0", "initial_rates": "h0", "bias": "b"}
    found = read_weights(tmp_path / "net.pt", tensors)
    assert set(found.matrices) == {"recurrent", "input", "bias", "initial_recurrent", "initial_rates"}
    np.testing.assert_array_equal(found.matrices["initial_rates"], np.ones(N))
    np.testing.assert_array_equal(found.matrices["bias"], np.ones(N))
    np.testing.assert_array_equal(found.matrices["recurrent"], rnn.weight_hh_l0.detach())
    assert (found.equation, found.nonlinearity) == ("current", "tanh")
    found = read_weights(tmp_path / "net.pt", {"preset": "nn_rnn", "initial_state": "h0"})
    assert set(found.matrices) == {"recurrent", "input", "bias", "initial_state"}
