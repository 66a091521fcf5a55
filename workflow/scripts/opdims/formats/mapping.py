"""Networks from files of weights: their tensors under our names, checked."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from opdims.formats.arrays import SUFFIXES, read_contents
from opdims.formats.contents import Contents, Tensor, has, missing, prefixed, summed, take
from opdims.formats.presets import PRESETS

__all__ = ["MATRICES", "PRESETS", "SUFFIXES", "MappedWeights", "read_weights"]

MATRICES = (
    "recurrent",
    "input",
    "output",
    "bias",
    "output_bias",
    "initial_rates",
    "initial_state",
    "initial_recurrent",
)


class MappedWeights(NamedTuple):
    """A network from a file: its matrices, and what the preset or the file says of it."""

    matrices: dict[str, np.ndarray]  # float64, names among MATRICES, those that are there
    equation: str | None  # current or rate
    nonlinearity: str | None


def read_weights(
    path: str | Path, tensors: str | Mapping[str, Any] | None = None, prefix: str | None = None
) -> MappedWeights:
    """Read the matrices of a network from a file of weights.

    Parameters
    ----------
    path
        A file with one of SUFFIXES.
    tensors
        Where the matrices are: None if the file uses our names (then also below `final/`, with the recurrent weights
        before training below `initial/`), the name of a preset, or a mapping of our names to, each, a tensor's name,
        a list of names that are summed, or {"tensor": these, "transposed": True}. With the key `preset` the mapping
        overrides what the preset finds.
    prefix
        What stands before the names of a preset, or before ours where `tensors` is None: "encoder.rnn", with or
        without the dot or slash at its end.

    Returns
    -------
    MappedWeights
        recurrent (N, N); where they are there input (N, n_inputs), output (n_outputs, N), bias (N,), output_bias
        (n_outputs,), initial_rates (N,): the rates at the start, initial_state (N,): the state at the start (x in
        current form, h in rate form), and initial_recurrent (N, N): the recurrent weights before training. Equation
        and nonlinearity as the preset or the file says, None where neither does.

    Raises
    ------
    ValueError
        In one line, if the file cannot be read, `tensors` or `prefix` is not as above, a tensor is missing, is not of
        finite real numbers, or does not fit the others.
    """
    preset, told = _told(path, tensors, prefix)
    contents = read_contents(path)
    equation, nonlinearity = contents.texts.get("equation"), contents.texts.get("nonlinearity")
    found: dict[str, Tensor] = {}
    if tensors is None:
        found = _ours(contents, prefix or "")
    elif preset is not None:
        name = told["output"][0] if "output" in told else []
        readout = name[0] if len(name) == 1 else None
        found, equation, nonlinearity = PRESETS[preset].find(contents, prefix or "", readout)
        for start, other in (("initial_rates", "initial_state"), ("initial_state", "initial_rates")):
            if other in told:  # the start that is told is the only one
                found.pop(start, None)
    for key, (names, transposed) in told.items():
        tensor = summed(contents, names)
        found[key] = Tensor(tensor.name, tensor.values.T) if transposed else tensor
    _check(contents.path, found)
    matrices = {key: np.array(found[key].values, order="C") for key in MATRICES if key in found}
    return MappedWeights(matrices, equation, nonlinearity)


def _told(
    path: str | Path, tensors: str | Mapping[str, Any] | None, prefix: str | None
) -> tuple[str | None, dict[str, tuple[list[str], bool]]]:
    """Return the preset, and by our names the tensors that are told, to be summed, and whether they are transposed."""
    if prefix is not None and not isinstance(prefix, str):
        raise ValueError(f"{path}: prefix is {prefix!r}, expected a text")
    if tensors is None:
        return None, {}
    if isinstance(tensors, str):
        tensors = {"preset": tensors}
    if not isinstance(tensors, Mapping):
        raise ValueError(f"{path}: tensors is {tensors!r}, expected a preset or a mapping of our names to the file's")
    told = dict(tensors)
    preset = told.pop("preset", None)
    if "preset" in tensors and preset not in tuple(PRESETS):
        raise ValueError(f"{path}: tensors has the unknown preset {preset!r}{_nearest(preset, PRESETS)}")
    for key in told:
        if key not in MATRICES:
            raise ValueError(f"{path}: tensors has the unknown key {key!r}{_nearest(key, (*MATRICES, 'preset'))}")
    if preset is None and "recurrent" not in told:
        raise ValueError(f"{path}: tensors does not say which tensor is recurrent, expected a name")
    if preset is None and prefix:
        raise ValueError(f"{path}: prefix {prefix} stands before the names of a preset alone, expected whole names")
    return preset, {key: _names(path, key, value) for key, value in told.items()}


def _names(path: str | Path, key: str, value: Any) -> tuple[list[str], bool]:
    """Return the names in one entry of `tensors`, and whether their sum is transposed."""
    transposed = False
    if isinstance(value, Mapping):
        transposed = value.get("transposed", False)
        if "tensor" not in value or set(value) - {"tensor", "transposed"} or not isinstance(transposed, bool):
            raise ValueError(f"{path}: tensors/{key} is {dict(value)}, expected {{tensor: name, transposed: true}}")
        value = value["tensor"]
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: tensors/{key} is {value!r}, expected a tensor's name or a list of names")
    return list(names), transposed


def _nearest(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f", did you mean {near[0]}?" if near else f", expected one of {', '.join(known)}"


def _ours(contents: Contents, prefix: str) -> dict[str, Tensor]:
    """Return the tensors that bear our names."""
    names = {key: prefixed(contents, prefix, key) for key in MATRICES}
    trained = {key: prefixed(contents, prefix, f"final/{key}") for key in MATRICES}
    if names["recurrent"] not in contents.arrays and trained["recurrent"] in contents.arrays:
        names = trained | {"initial_recurrent": prefixed(contents, prefix, "initial/recurrent")}
    if names["recurrent"] not in contents.arrays:
        hint = "" if has(contents, names["recurrent"]) else "; say under tensors: what is what, or name a preset"
        raise ValueError(f"{missing(contents, names['recurrent'])}{hint}")
    return {key: take(contents, name) for key, name in names.items() if has(contents, name)}


def _check(path: str, found: dict[str, Tensor]) -> None:
    """Check the shapes; vectors that are stored as a row or a column become (N,) in place."""
    size = _side(path, found["recurrent"])
    if "input" in found:
        _check_matrix(path, "input", found["input"], (size, None))
    if "output" in found:
        _check_matrix(path, "output", found["output"], (None, size))
    elif "output_bias" in found:
        raise ValueError(f"{path}: output_bias ({found['output_bias'].name}) is there without output, expected both")
    n_outputs = len(found["output"].values) if "output" in found else 0
    for key in ("bias", "initial_rates", "initial_state", "output_bias"):
        if key in found:
            found[key] = _vector(path, key, found[key], n_outputs if key == "output_bias" else size)
    if "initial_recurrent" in found and found["initial_recurrent"].values.shape != (size, size):
        shape = found["initial_recurrent"].values.shape
        name = found["initial_recurrent"].name
        raise ValueError(f"{path}: initial_recurrent ({name}) is {shape}, expected {(size, size)} as recurrent")


def _side(path: str, recurrent: Tensor) -> int:
    """Return N of the recurrent weights (N, N)."""
    shape = recurrent.values.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
        gates = len(shape) == 2 and min(shape) > 0 and max(shape) in (3 * min(shape), 4 * min(shape))
        hint = "; is it of a GRU or LSTM? they have no such matrix" if gates else ""
        raise ValueError(f"{path}: recurrent ({recurrent.name}) is {shape}, expected a square matrix{hint}")
    return shape[0]


def _check_matrix(path: str, key: str, tensor: Tensor, expected: tuple[int | None, int | None]) -> None:
    """Check a matrix of which one side is N, and the other, None, is free."""
    shape = tensor.values.shape
    axis = 0 if expected[1] is None else 1
    size = expected[axis]
    if len(shape) == 2 and shape[axis] == size:
        return
    wanted = f"({size}, n_inputs)" if axis == 0 else f"(n_outputs, {size})"
    swapped = len(shape) == 2 and shape[1 - axis] == size
    hint = "; was it transposed? (then say {tensor: …, transposed: true})" if swapped else ""
    raise ValueError(f"{path}: {key} ({tensor.name}) is {shape}, expected {wanted}{hint}")


def _vector(path: str, key: str, tensor: Tensor, size: int) -> Tensor:
    shape = tensor.values.shape
    if shape not in ((size,), (1, size), (size, 1)) and (size, shape) != (1, ()):
        raise ValueError(f"{path}: {key} ({tensor.name}) is {shape}, expected ({size},)")
    return Tensor(tensor.name, tensor.values.reshape(size))
