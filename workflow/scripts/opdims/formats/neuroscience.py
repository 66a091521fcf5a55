"""The presets of two packages that train networks for neuroscience, PsychRNN and trainRNNbrain."""

from typing import NamedTuple

import numpy as np

from opdims.formats.contents import Contents, Tensor, has, prefixed, take

_ACTIVATIONS = ("tanh", "relu", "sigmoid", "softplus")


class Found(NamedTuple):
    """What a preset finds in a file."""

    tensors: dict[str, Tensor]  # by our names
    equation: str  # current or rate
    nonlinearity: str | None  # None if the file does not say which


def find_psychrnn(contents: Contents, prefix: str, readout: str | None = None) -> Found:
    """Find a network that PsychRNN saved (an `.npz` by model.save), as that network computes.

    x ← (1 − α) x + α (W φ(x) + B u + b), z = Y φ(x) + c, φ = relu, from x = init_state. Weights are multiplied by
    their masks of connections; where Dale's law holds, W = |W_rec| Dale_rec, B = |W_in|, Y = |W_out| Dale_out.
    Version 1 saves the products; taking them again changes nothing, as masks are of 0 and 1.

    Parameters
    ----------
    contents
        W_rec (N, N), and where they are there W_in (N, n_inputs), W_out (n_outputs, N), b_rec (N,), b_out (n_outputs,),
        init_state (1, N), the masks {input,rec,output}_connectivity, dale_ratio, Dale_rec (N, N), Dale_out (N, N).
    prefix
        Of these names.
    readout
        Not used.

    Returns
    -------
    Found

    Raises
    ------
    ValueError
        If a tensor or a mask is not as above.
    """
    names = {"recurrent": "W_rec", "input": "W_in", "output": "W_out", "bias": "b_rec", "output_bias": "b_out"}
    tensors = _flat(contents, prefix, names | {"initial_state": "init_state"})
    for ours, theirs in (("recurrent", "rec"), ("input", "input"), ("output", "output")):
        for ending in ("connectivity", "Connectivity"):  # the second before version 1
            name = prefixed(contents, prefix, f"{theirs}_{ending}")
            if ours in tensors and has(contents, name):
                tensors[ours] = _masked(contents, tensors[ours], take(contents, name, kinds="biuf"))
    if _obeys_dale(contents, prefix):
        for ours, theirs in (("recurrent", "Dale_rec"), ("input", ""), ("output", "Dale_out")):
            if ours in tensors:
                signs = take(contents, prefixed(contents, prefix, theirs)) if theirs else None
                tensors[ours] = _signed(contents, tensors[ours], signs)
    return Found(tensors, "current", "relu")


def find_trainrnnbrain(contents: Contents, prefix: str, readout: str | None = None) -> Found:
    """Find a network that trainRNNbrain saved (a `.json` of its parameters).

    Type s (the default): h ← (1 − α) h + α φ(s (W h + B u + b)), z = Y h, from h = y_init, which is the rate form.
    Type h: x ← (1 − α) x + α (W φ(s x) + B u + b), z = Y φ(s x), the current form. The slope s goes into the weights:
    φ(s v) of v is φ of s v, and x of type h is then s x.

    Parameters
    ----------
    contents
        W_rec (N, N), and where they are there W_inp (N, n_inputs), W_out (n_outputs, N), bias or b_rec (N,), y_init
        (N,), activation_name and activation_slope or activation_args, equation_type, gamma, d.
    prefix
        Of these names.
    readout
        Not used.

    Returns
    -------
    Found

    Raises
    ------
    ValueError
        If a tensor is not as above, for a cubic decay (gamma), a resting state (d), and activations that are none of
        tanh, relu, sigmoid and softplus.
    """
    names = {"recurrent": "W_rec", "input": "W_inp", "output": "W_out", "initial_state": "y_init"}
    bias = "b_rec" if has(contents, prefixed(contents, prefix, "b_rec")) else "bias"
    tensors = _flat(contents, prefix, names | {"bias": bias})
    for theirs, what in (("gamma", "a cubic decay"), ("d", "a resting state")):
        name = prefixed(contents, prefix, theirs)
        if has(contents, name) and take(contents, name).values.any():
            raise ValueError(f"{contents.path}: has {what} ({name} is not 0), expected none: no equation here has it")
    nonlinearity = _text(contents, prefix, "activation_args/name", "activation_name")
    old = _number(contents, prefix, "activation_slope", 1.0)
    slope = _number(contents, prefix, "activation_args/slope", old)
    # of softplus the old slope was the beta, and beta divides the rates, which no scaling of the weights can
    beta = _number(contents, prefix, "activation_args/beta", old) if nonlinearity == "softplus" else 1.0
    if nonlinearity not in (*_ACTIVATIONS, None) or slope <= 0 or beta != 1:
        given = f"slope {slope}" + (f" and beta {beta}" if beta != 1 else "")
        expected = f"one of {', '.join(_ACTIVATIONS)}, slope above 0, beta 1"
        raise ValueError(f"{contents.path}: has the activation {nonlinearity} with {given}, expected {expected}")
    shift = _number(contents, prefix, "activation_args/shift", 0.0) if nonlinearity == "sigmoid" else 0.0
    if shift and "bias" not in tensors:
        tensors["bias"] = Tensor("activation_args/shift", np.zeros(tensors["recurrent"].values.shape[:1]))
    rate = _text(contents, prefix, "equation_type") != "h"
    for ours in ("recurrent", "input", "bias") if rate else ("recurrent", "input", "bias", "initial_state"):
        if ours in tensors:
            moved = shift if ours in ("bias", "initial_state") else 0.0
            tensors[ours] = Tensor(tensors[ours].name, slope * (tensors[ours].values - moved))
    return Found(tensors, "rate" if rate else "current", nonlinearity)


def _flat(contents: Contents, prefix: str, names: dict[str, str]) -> dict[str, Tensor]:
    """Take the tensors that are there, by our names; the recurrent weights must be."""
    theirs = {ours: prefixed(contents, prefix, name) for ours, name in names.items()}
    return {key: take(contents, name) for key, name in theirs.items() if key == "recurrent" or has(contents, name)}


def _masked(contents: Contents, weights: Tensor, mask: Tensor) -> Tensor:
    if mask.values.shape != weights.values.shape:
        expected = f"{weights.values.shape} as {weights.name}"
        raise ValueError(f"{contents.path}: mask {mask.name} is {mask.values.shape}, expected {expected}")
    if not np.isin(mask.values, (0.0, 1.0)).all():  # it may be in the weights already, and not be taken twice
        raise ValueError(f"{contents.path}: mask {mask.name} has other values than 0 and 1, expected these alone")
    return Tensor(weights.name, weights.values * mask.values)


def _signed(contents: Contents, weights: Tensor, signs: Tensor | None) -> Tensor:
    """Return weights of one sign a sending unit; `signs` is (N, N), diagonal, None for all positive."""
    if signs is None:
        return Tensor(weights.name, np.abs(weights.values))
    size = weights.values.shape[-1] if weights.values.ndim else 0
    if signs.values.shape != (size, size):
        expected = f"({size}, {size}) for {weights.name}"
        raise ValueError(f"{contents.path}: tensor {signs.name} is {signs.values.shape}, expected {expected}")
    return Tensor(weights.name, np.abs(weights.values) @ signs.values)


def _obeys_dale(contents: Contents, prefix: str) -> bool:
    """Return whether PsychRNN constrains the signs of weights: its dale_ratio is neither None nor 0."""
    ratio, signs = prefixed(contents, prefix, "dale_ratio"), prefixed(contents, prefix, "Dale_rec")
    if ratio in contents.arrays:
        return bool(take(contents, ratio, kinds="iuf").values.any())
    if ratio in contents.skipped or signs not in contents.arrays:  # None is saved as an object
        return False
    return bool(
        (take(contents, signs).values < 0).any()
    )  # before version 1 the ratio was not saved, but the signs were


def _text(contents: Contents, prefix: str, *names: str) -> str | None:
    found = [
        contents.texts[name] for name in (prefixed(contents, prefix, each) for each in names) if name in contents.texts
    ]
    return found[0] if found else None


def _number(contents: Contents, prefix: str, name: str, default: float) -> float:
    name = prefixed(contents, prefix, name)
    if not has(contents, name):
        return default
    values = take(contents, name, kinds="iuf").values
    if values.size != 1:
        raise ValueError(f"{contents.path}: {name} is {values.shape}, expected one number")
    return float(values.reshape(()))
