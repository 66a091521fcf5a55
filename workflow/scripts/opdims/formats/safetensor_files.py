"""Tensors in the safetensors format (`.safetensors`)."""

from pathlib import Path

import numpy as np

from opdims.formats.contents import Contents, add, contents_of, skip

_TYPES = {
    "BOOL": "?",
    "U8": "<u1",
    "I8": "<i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "C64": "<c8",
}


def read(path: str) -> Contents:
    """Read a safetensors file; NumPy has no bfloat16, which becomes float32 without loss.

    Parameters
    ----------
    path
        A `.safetensors` file.

    Returns
    -------
    Contents

    Raises
    ------
    ValueError
        If the file is no safetensors file, or damaged, or if the package safetensors is not installed.
    """
    try:
        from safetensors import SafetensorError, deserialize
    except ImportError as error:
        raise ValueError(f"{path}: needs the package safetensors: pip install safetensors") from error
    try:
        tensors = deserialize(Path(path).read_bytes())  # the library's own NumPy reader refuses bfloat16
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: cannot be read ({error}), expected a whole safetensors file") from error
    contents = contents_of(path)
    for name, tensor in tensors:
        if tensor["dtype"] in _TYPES:
            values = np.frombuffer(tensor["data"], dtype=_TYPES[tensor["dtype"]])
        elif tensor["dtype"] == "BF16":  # the upper half of a float32
            values = (np.frombuffer(tensor["data"], dtype="<u2").astype("<u4") << 16).view("<f4")
        else:
            skip(contents, name, f"is of type {tensor['dtype']}")
            continue
        add(contents, name, values.reshape(tensor["shape"]))
    return contents
