"""Arrays from files of weights, whatever their format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from opdims.files import reading
from opdims.formats import hdf5, json_files, npz, onnx_files, safetensor_files, state_dict
from opdims.formats.contents import Contents

_READERS: dict[str, Callable[[str], Contents]] = {
    ".npz": npz.read,
    ".safetensors": safetensor_files.read,
    ".pt": state_dict.read,
    ".pth": state_dict.read,
    ".ckpt": state_dict.read,
    ".bin": state_dict.read,
    ".onnx": onnx_files.read,
    ".h5": hdf5.read,
    ".hdf5": hdf5.read,
    ".keras": hdf5.read_keras,
    ".json": json_files.read,
}
SUFFIXES = tuple(_READERS)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of numbers in a file, by the names that they have there.

    Parameters
    ----------
    path
        A file with one of SUFFIXES. Names of nested groups are joined by slashes.

    Returns
    -------
    dict
        Arrays as stored, of whatever shape and type of number. What is not an array of numbers is left out.

    Raises
    ------
    ValueError
        If there is no such file, its suffix is unknown, or its content is not what the suffix says.
    """
    return read_contents(path).arrays


def read_contents(path: str | Path) -> Contents:
    """Read a file as `read_arrays` does, and keep its texts and why anything was left out.

    Parameters
    ----------
    path
        A file with one of SUFFIXES.

    Returns
    -------
    Contents

    Raises
    ------
    ValueError
        As `read_arrays`.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        pickled = " (pickled files can run code and are never read)" if suffix in (".pkl", ".pickle") else ""
        raise ValueError(
            f"{path}: has {f'suffix {suffix}' if suffix else 'no suffix'}{pickled}, expected {', '.join(SUFFIXES)}"
        )
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, expected a {suffix} file")
    if not path.is_file():
        raise ValueError(f"{path}: no such file, expected a {suffix} file")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: is empty, expected a {suffix} file")
    with reading(path, f"a whole {suffix} file"):
        return _READERS[suffix](str(path))
