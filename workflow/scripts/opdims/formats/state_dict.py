"""Weights saved by torch.save (`.pt`, `.pth`, `.ckpt`, `.bin`)."""

import pickle
import warnings
from collections.abc import Mapping
from typing import Any

from opdims.formats.contents import Contents, add, contents_of, skip

_WRAPPERS = ("state_dict", "model_state_dict")  # of checkpoints that hold the optimiser and more beside the weights
_EXPECTED = "expected a state_dict (torch.save(model.state_dict(), ...))"


def read(path: str) -> Contents:
    """Read a state_dict, or the one in a checkpoint under `state_dict` or `model_state_dict`.

    Only tensors and plain containers are unpickled (weights_only), so no code in the file is ever run.

    Parameters
    ----------
    path
        A file written by torch.save, on whatever device.

    Returns
    -------
    Contents
        bfloat16 and the 8-bit floats become float32, which NumPy has.

    Raises
    ------
    ValueError
        If the file is damaged, or holds a pickled module or anything else but a state_dict.
    """
    contents = contents_of(path)
    for name, value in _tensors(path).items():
        if not hasattr(value, "detach"):  # so that torch need not be known here
            skip(contents, str(name), f"is a {type(value).__name__}")
            continue
        try:
            add(contents, str(name), _array(value))
        except (RuntimeError, TypeError, NotImplementedError):
            skip(contents, str(name), f"is of type {value.dtype}, which NumPy does not have")
    if not contents.arrays:
        raise ValueError(f"{path}: holds no tensors, {_EXPECTED}")
    return contents


def _tensors(path: str) -> Mapping[Any, Any]:
    """Return the mapping of names to tensors in the file."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a TorchScript archive, which is refused below
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise almost anything in torch's unpickler
        text = str(error)
        if isinstance(error, pickle.UnpicklingError) and ("GLOBAL" in text or "Unsupported" in text):
            found = "is a pickled module or holds other objects than tensors"
        elif "TorchScript" in text:
            found = "is a TorchScript archive"
        else:
            found = "cannot be read, is truncated or was not written by torch.save"
        raise ValueError(f"{path}: {found}, {_EXPECTED}") from error
    for wrapper in _WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
    if not isinstance(loaded, Mapping):
        raise ValueError(f"{path}: holds a {type(loaded).__name__}, {_EXPECTED}")
    return loaded


def _array(tensor: Any) -> Any:
    """Return a tensor as a NumPy array, of the same type where NumPy has it."""
    import torch

    tensor = tensor.detach().to_dense() if tensor.layout != torch.strided else tensor.detach()
    if tensor.is_floating_point() and tensor.dtype not in (torch.float16, torch.float32, torch.float64):
        tensor = tensor.float()
    return tensor.resolve_conj().resolve_neg().numpy()
