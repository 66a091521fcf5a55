"""Checks of what is given to the functions of the library; errors name the argument, what it is and what was expected.

They look at shapes and types, and once at all numbers: next to what the functions do, that costs nothing. Loops inside
the library call what does not check.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opdims.nonlinearity import Nonlinearity

REAL = (torch.float32, torch.float64)


def check_tensor(
    name: str, value: Any, shape: Sequence[int | str], *, free: Sequence[str] = (), finite: bool = True
) -> None:
    """Check that an argument is a tensor of finite real numbers in single or double precision.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given.
    shape
        The length of each dimension, or a name for any length from 1 on; "..." in front of them stands for any number
        of dimensions. Dimensions of one name have one length.
    free
        Names of dimensions that may have length 0; "..." for those in front.
    finite
        Whether all numbers must be finite.

    Raises
    ------
    ValueError
        If it is something else.

    Examples
    --------
    >>> check_tensor("recurrent", torch.ones(2, 3), ("...", "N", "N"))
    Traceback (most recent call last):
    ...
    ValueError: recurrent is (2, 3), expected (..., N, N)
    """
    if not isinstance(value, Tensor):
        raise ValueError(f"{name} is a {type(value).__name__}, expected a torch tensor")
    if value.dtype not in REAL:
        raise ValueError(f"{name} is of {str(value.dtype).removeprefix('torch.')}, expected float64 or float32")
    any_batch = bool(shape) and shape[0] == "..."
    wanted = shape[1:] if any_batch else shape
    there = value.shape[len(value.shape) - len(wanted) :] if any_batch else value.shape
    lengths: dict[str, int] = {}
    fits = len(there) == len(wanted) and all(
        lengths.setdefault(want, length) == length if isinstance(want, str) else want == length
        for want, length in zip(wanted, there, strict=True)
    )
    empty = [want for want, length in lengths.items() if not length and want not in free] if fits else []
    empty_batch = 0 in value.shape[: value.ndim - len(wanted)] and "..." not in free
    if not fits or empty or empty_batch:
        words = f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        least = " with at least one of each" if fits else ""
        raise ValueError(f"{name} is {tuple(value.shape)}, expected {words}{least}")
    if finite and not value.isfinite().all():
        raise ValueError(f"{name} holds values that are not finite, expected real numbers")


def check_number(
    name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> None:
    """Raise ValueError unless an argument is a finite real number above `above`, from `least` and up to `most`."""
    number = value.item() if isinstance(value, Tensor) and value.ndim == 0 else value
    expected = "a finite number"
    for words, bound in (("above", above), ("of at least", least), ("of at most", most)):
        if math.isfinite(bound):
            expected += f" {words} {bound:g}"
    is_number = hasattr(number, "__float__") and not isinstance(number, (bool, complex, Tensor))
    if not is_number or not math.isfinite(number) or not (above < number and least <= number <= most):
        raise ValueError(f"{name} is {value}, expected {expected}")


def check_count(name: str, value: Any, *, least: int = 0, most: int | None = None) -> None:
    """Raise ValueError unless an argument is a whole number from `least` to `most`."""
    if (
        not hasattr(value, "__index__")
        or isinstance(value, bool)
        or value < least
        or (most is not None and value > most)
    ):
        upper = "" if most is None else f" to {most}"
        raise ValueError(f"{name} is {value}, expected a whole number from {least}{upper or ' on'}")


def check_nonlinearity(value: Any) -> None:
    """Raise ValueError unless the argument `nonlinearity` is one."""
    if not isinstance(value, Nonlinearity):
        raise ValueError(
            f"nonlinearity is {value!r}, expected one of opdims.nonlinearity.NONLINEARITIES, or of your own"
        )


def check_same_batch(**tensors: Tensor) -> None:
    """Raise ValueError unless the leading dimensions of tensors of two last ones, such as matrices, can be combined."""
    try:
        np.broadcast_shapes(*(tensor.shape[:-2] for tensor in tensors.values()))  # torch's loads half a second
    except ValueError:
        shapes = " and ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items())
        raise ValueError(f"{shapes} differ in their leading dimensions") from None
