"""The presets of PsychRNN and trainRNNbrain: a plain simulation of what is mapped gives the numbers that they give."""

import json
from typing import Any

import numpy as np
import pytest

from opdims.formats.mapping import read_weights

STEPS = 12

# PsychRNN: x ← (1 − α) x + α (W r + B u + b), z = Y r + c, r = relu(x)


def psychrnn_weights(rng: np.random.Generator, dale_ratio: float | None) -> dict[str, Any]:
    """Return a network as version 1 has it in memory: weights that are neither masked nor signed."""
    size, n_inputs, n_outputs = 6, 6, 6
    signs = np.ones(size) if dale_ratio is None else np.where(np.arange(size) < int(dale_ratio * size), 1.0, -1.0)
    return {
        "W_rec": rng.normal(size=(size, size)),
        "W_in": rng.normal(size=(size, n_inputs)),
        "W_out": rng.normal(size=(n_outputs, size)),
        "b_rec": rng.normal(size=size),
        "b_out": rng.normal(size=n_outputs),
        "init_state": rng.normal(size=(1, size)),
        "rec_connectivity": (rng.random((size, size)) < 0.7).astype(float),
        "input_connectivity": (rng.random((size, n_inputs)) < 0.7).astype(float),
        "output_connectivity": (rng.random((n_outputs, size)) < 0.7).astype(float),
        "Dale_rec": np.diag(signs),
        "Dale_out": np.diag(np.maximum(signs, 0.0)),
        "dale_ratio": dale_ratio,
    }


def psychrnn_effective(net: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the weights that the network computes with."""
    found = {}
    for name, mask, signs in (("W_rec", "rec", "Dale_rec"), ("W_in", "input", None), ("W_out", "output", "Dale_out")):
        found[name] = net[name] * net[f"{mask}_connectivity"]
        if net["dale_ratio"]:
            found[name] = np.abs(found[name]) @ net[signs] if signs else np.abs(found[name])
    return found


# a file from before version 1, "old", does not tell all signs alike from none
@pytest.mark.parametrize(
    ("saved", "dale_ratio"),
    [(saved, ratio) for saved in ("effective", "raw") for ratio in (None, 0.8, 1.0, 0)] + [("old", None), ("old", 0.8)],
)
def test_psychrnn_computes_what_psychrnn_computes(dale_ratio, saved, tmp_path, simulate, rng):
    net = psychrnn_weights(rng, dale_ratio)
    effective = psychrnn_effective(net)
    stored = net | (effective if saved == "effective" else {})
    if saved == "old":  # before version 1
        del stored["dale_ratio"]
        stored = {name.replace("_conn", "_Conn"): array for name, array in stored.items()}
    np.savez(tmp_path / "net.npz", **stored)
    found = read_weights(tmp_path / "net.npz", "psychrnn")
    assert (found.equation, found.nonlinearity) == ("current", "relu")
    inputs, alpha, state = rng.normal(size=(STEPS, 6)), 0.2, net["init_state"][0]
    states, outputs = [state], []
    for values in inputs:
        drive = np.maximum(state, 0) @ effective["W_rec"].T + values @ effective["W_in"].T + net["b_rec"]
        state = (1 - alpha) * state + alpha * drive
        states.append(state)
        outputs.append(np.maximum(state, 0) @ effective["W_out"].T + net["b_out"])
    ours = simulate(found, inputs, step=alpha)
    np.testing.assert_allclose(ours[0], states, atol=1e-12)
    np.testing.assert_allclose(ours[1][1:], outputs, atol=1e-12)


def test_psychrnn_masks_must_be_masks(tmp_path, message, rng):
    path, net = tmp_path / "net.npz", psychrnn_weights(rng, 0.8)
    np.savez(path, **net | {"rec_connectivity": np.full((6, 6), 0.5)})
    assert message(path, "psychrnn") == "mask rec_connectivity has other values than 0 and 1, expected these alone"
    np.savez(path, **net | {"input_connectivity": np.ones((6, 1))})
    assert message(path, "psychrnn") == "mask input_connectivity is (6, 1), expected (6, 6) as W_in"
    np.savez(path, **net | {"Dale_out": np.ones(6)})
    assert message(path, "psychrnn") == "tensor Dale_out is (6,), expected (6, 6) for W_out"
    np.savez(path, **net | {"rec_connectivity": np.ones((6, 6), dtype=bool)})
    assert "recurrent" in read_weights(path, "psychrnn").matrices
    del net["Dale_rec"]
    np.savez(path, **net)
    assert "tensor Dale_rec is missing; the nearest names there: Dale_out" in message(path, "psychrnn")


def test_psychrnn_without_recurrent_weights_is_refused(tmp_path, message):
    np.savez(tmp_path / "net.npz", W_f=np.zeros((9, 6)), init_hidden=np.zeros((1, 6)))  # its LSTM
    assert message(tmp_path / "net.npz", "psychrnn") == "tensor W_rec is missing; the names there: W_f, init_hidden"


# trainRNNbrain, type s: s ← (1 − α) s + α f(W s + B u + b), z = Y s; type h: h ← (1 − α) h + α (W f(h) + B u + b)


def trainrnnbrain_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    shapes = {"W_rec": (5, 5), "W_inp": (5, 5), "W_out": (5, 5), "y_init": (5,), "bias": (5,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


EXPECTED = "expected one of tanh, relu, sigmoid, softplus, slope above 0, beta 1"
TRAINRNNBRAIN: list[tuple[dict[str, Any], Any]] = [
    ({"activation_name": "tanh", "activation_slope": 1.5}, lambda x: np.tanh(1.5 * x)),
    ({"activation_name": "relu", "activation_slope": 2}, lambda x: np.maximum(2 * x, 0)),
    ({"activation_name": "softplus", "activation_slope": 1.0}, lambda x: np.log1p(np.exp(x))),
    ({"activation_args": {"name": "relu", "slope": 0.5}}, lambda x: np.maximum(0.5 * x, 0)),
    (
        {"activation_args": {"name": "sigmoid", "slope": 3.0, "shift": 0.4}},
        lambda x: 1 / (1 + np.exp(-3.0 * (x - 0.4))),
    ),
    (
        {"activation_args": {"name": "softplus", "beta": 1.0, "slope": 1.5}},
        lambda x: np.log1p(np.exp(1.5 * x)),
    ),
]


@pytest.mark.parametrize(("activation", "function"), TRAINRNNBRAIN)
@pytest.mark.parametrize("kind", ["s", "h", None])
@pytest.mark.parametrize("bias", ["bias", "b_rec", None])
def test_trainrnnbrain_computes_what_it_computes(activation, function, kind, bias, tmp_path, simulate, rng):
    net = trainrnnbrain_weights(rng)
    stored: dict[str, Any] = {name: array.tolist() for name, array in net.items()}
    stored |= activation | {
        "N": 5,
        "dt": 1,
        "tau": 10,
        "gamma": 0.0,
        "dale_mask": None,
        "recurrent_mask": np.eye(5).tolist(),
    }
    if kind is not None:
        stored["equation_type"] = kind
    given = stored.pop("bias")
    stored |= {bias: given} if bias else {"bias": None}
    (tmp_path / "net.json").write_text(json.dumps(stored))
    found = read_weights(tmp_path / "net.json", "trainrnnbrain")
    assert found.equation == ("current" if kind == "h" else "rate")
    inputs, alpha, state = rng.normal(size=(STEPS, 5)), 0.1, net["y_init"]
    shift = net["bias"] if bias else 0.0
    outputs = []
    for values in inputs:
        outputs.append(net["W_out"] @ (function(state) if kind == "h" else state))
        if kind == "h":
            drive = net["W_rec"] @ function(state) + net["W_inp"] @ values + shift
        else:
            drive = function(net["W_rec"] @ state + net["W_inp"] @ values + shift)
        state = state + alpha * (drive - state)
    states, ours = simulate(found, inputs, step=alpha)
    np.testing.assert_allclose(ours[:-1], outputs, atol=1e-12)
    if kind != "h":
        np.testing.assert_allclose(states[-1], state, atol=1e-12)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"gamma": 0.1}, "has a cubic decay (gamma is not 0), expected none: no equation here has it"),
        ({"d": [0.0, 0.2]}, "has a resting state (d is not 0), expected none: no equation here has it"),
        (
            {"activation_name": "gelu"},
            f"has the activation gelu with slope 1.0, {EXPECTED}",
        ),
        (
            {"activation_name": "softplus", "activation_slope": 2.0},
            f"has the activation softplus with slope 2.0 and beta 2.0, {EXPECTED}",
        ),
        (
            {"activation_slope": -1.0},
            f"has the activation tanh with slope -1.0, {EXPECTED}",
        ),
        ({"activation_slope": [1.0, 2.0]}, "activation_slope is (2,), expected one number"),
        (
            {"W_rec": [[1.0], [2.0, 3.0]]},
            "tensor W_rec has lists of different lengths, expected an array of real numbers",
        ),
    ],
)
def test_trainrnnbrain_refuses_what_our_equations_do_not_have(changed, found, tmp_path, message, rng):
    stored = {name: array.tolist() for name, array in trainrnnbrain_weights(rng).items()}
    stored |= {"activation_name": "tanh", "activation_slope": 1.0} | changed
    (tmp_path / "net.json").write_text(json.dumps(stored))
    assert message(tmp_path / "net.json", "trainrnnbrain") == found


def test_trainrnnbrain_without_an_activation_does_not_say_one(tmp_path, rng):
    stored = {name: array.tolist() for name, array in trainrnnbrain_weights(rng).items()}
    (tmp_path / "net.json").write_text(json.dumps({"best": stored}))
    assert read_weights(tmp_path / "net.json", "trainrnnbrain", "best").nonlinearity is None
