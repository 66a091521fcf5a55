"""What a file of weights holds, and how a tensor is taken from it."""

import difflib
from typing import NamedTuple

import numpy as np


class Contents(NamedTuple):
    """What a file holds: arrays by name, and beside them what the presets may need."""

    path: str
    arrays: dict[str, np.ndarray]  # as stored: neither shape, type nor finiteness is checked
    texts: dict[str, str]  # "tanh" at "activation_name"
    skipped: dict[str, str]  # why a name is not among the arrays: "is of type |V2, expected an array of real numbers"


class Tensor(NamedTuple):
    """Finite real numbers and the name that messages give them."""

    name: str  # as in the file; "a + b" where two are summed
    values: np.ndarray  # float64


def contents_of(path: str) -> Contents:
    """Return the contents of a file that nothing was read from yet."""
    return Contents(path, {}, {}, {})


def add(contents: Contents, name: str, value: np.ndarray) -> None:
    """Add what stands under a name: numbers to the arrays, a text to the texts, and note anything else as skipped."""
    if value.dtype.kind in "biufc":
        contents.arrays[name] = value
    elif value.dtype.kind in "US" and value.size == 1:
        text = value.reshape(()).item()
        contents.texts[name] = text.decode(errors="replace") if isinstance(text, bytes) else text
    else:
        skip(contents, name, "is of Python objects" if value.dtype.hasobject else f"is of type {value.dtype}")


def skip(contents: Contents, name: str, found: str) -> None:
    """Note that what stands under a name is not an array of numbers, which is an error once it is asked for."""
    contents.skipped[name] = f"{found}, expected an array of real numbers"


def has(contents: Contents, name: str) -> bool:
    """Return whether anything but a text stands under a name; if it was skipped, `take` says why."""
    return name in contents.arrays or name in contents.skipped


def take(contents: Contents, name: str, kinds: str = "f") -> Tensor:
    """Take a tensor by its name.

    Parameters
    ----------
    contents
        Of the file.
    name
        Of the tensor in the file.
    kinds
        The kinds of numbers that are accepted, as in numpy.dtype.kind.

    Returns
    -------
    Tensor
        In float64, with the shape that it has in the file.

    Raises
    ------
    ValueError
        If there is no such tensor, or its values are not finite real numbers.
    """
    if name not in contents.arrays:
        raise missing(contents, name)
    array = contents.arrays[name]
    if array.dtype.kind not in kinds:
        found = {"b": "booleans", "c": "complex numbers", "f": "real numbers"}.get(array.dtype.kind, "integers")
        raise ValueError(f"{contents.path}: tensor {name} is of {found}, expected real numbers")
    values = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)  # a scalar stays one
    if not np.isfinite(values).all():
        raise ValueError(f"{contents.path}: tensor {name} holds values that are not finite, expected real numbers")
    return Tensor(name, values)


def missing(contents: Contents, name: str) -> ValueError:
    """Return the error of a tensor that is not in the file, with the nearest names there, or with those there."""
    if name in contents.skipped:
        return ValueError(f"{contents.path}: tensor {name} {contents.skipped[name]}")
    names = sorted(contents.arrays)
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        there = f"the nearest names there: {', '.join(near)}"
    elif names:
        there = f"the names there: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
    else:
        there = "no arrays of numbers are there"
    return ValueError(f"{contents.path}: tensor {name} is missing; {there}")


def prefixed(contents: Contents, prefix: str, name: str) -> str:
    """Return a name below a prefix.

    Parameters
    ----------
    contents
        Of the file.
    prefix
        With or without the dot or slash at its end; empty for none.
    name
        Of a tensor or text.

    Returns
    -------
    str
        As it stands in the file; joined by a dot if it is not there.
    """
    if not prefix:
        return name
    names = [f"{prefix.rstrip('./')}{separator}{name}" for separator in "./"]
    there = {*contents.arrays, *contents.texts, *contents.skipped}
    return next((each for each in names if each in there), names[0])


def summed(contents: Contents, names: list[str]) -> Tensor:
    """Return the sum of tensors.

    Parameters
    ----------
    contents
        Of the file.
    names
        Of tensors of one shape, at least one.

    Returns
    -------
    Tensor
        In float64.

    Raises
    ------
    ValueError
        If one is missing or of another shape, or its values are not finite real numbers.
    """
    parts = [take(contents, name) for name in names]
    for part in parts[1:]:
        if part.values.shape != parts[0].values.shape:
            raise ValueError(
                f"{contents.path}: tensor {part.name} is {part.values.shape},"
                f" expected {parts[0].values.shape} as {parts[0].name}, to which it is added"
            )
    return Tensor(" + ".join(names), np.sum([part.values for part in parts], axis=0))
