"""Nested lists of numbers in JSON (`.json`), as trainRNNbrain saves its networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from opdims.files import reading
from opdims.formats.contents import Contents, add, contents_of, skip


def read(path: str) -> Contents:
    """Read the numbers, lists of numbers and texts in a JSON object, by their keys.

    Parameters
    ----------
    path
        A JSON file with an object at the top; keys of nested objects are joined by slashes.

    Returns
    -------
    Contents
        All numbers in float64, since JSON does not tell 0 from 0.0.

    Raises
    ------
    ValueError
        If the file is not JSON, or has no object at the top.
    """
    contents = contents_of(path)
    with reading(path, "a JSON object with arrays by key"):
        loaded = json.loads(Path(path).read_bytes())
        if not isinstance(loaded, dict):
            raise ValueError(f"it holds a {type(loaded).__name__} at the top")
        _add(contents, "", loaded)
    return contents


def _add(contents: Contents, prefix: str, items: dict[str, Any]) -> None:
    for key, value in items.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            _add(contents, f"{name}/", value)
        elif value is not None:  # null: there is none
            try:
                array = np.array(value)
                add(contents, name, array.astype(np.float64) if array.dtype.kind in "iu" else array)
            except ValueError:  # NumPy's
                skip(contents, name, "has lists of different lengths")
