"""HDF5 files (`.h5`, `.hdf5`, Keras's `.weights.h5`) and Keras 3 models (`.keras`)."""

import io
import json
import zipfile
from typing import Any, BinaryIO

import h5py
import numpy as np

from opdims.files import check_seal, reading
from opdims.formats.contents import Contents, add, contents_of, skip


def read(path: str) -> Contents:
    """Read all datasets of an HDF5 file, by their paths, and the attributes of the file that are texts.

    Parameters
    ----------
    path
        An HDF5 file.

    Returns
    -------
    Contents

    Raises
    ------
    ValueError
        If the file is not HDF5, or damaged.
    """
    check_seal(path)
    contents = _read(path, path, "a whole HDF5 file")
    if "model_config" in contents.texts:  # of a model that Keras saved as HDF5, before `.keras`
        _say_activation(contents, contents.texts["model_config"])
    return contents


def read_keras(path: str) -> Contents:
    """Read the weights in a model that Keras 3 saved, with the activation of its simple recurrent layer.

    Parameters
    ----------
    path
        A `.keras` file: a zip archive that holds `model.weights.h5` and `config.json`.

    Returns
    -------
    Contents
        With `activation` among the texts: what all simple recurrent layers have, or nothing if they differ.

    Raises
    ------
    ValueError
        If the file is not such an archive, or damaged.
    """
    expected = "a whole Keras 3 model (model.save('net.keras'))"
    with reading(path, expected), zipfile.ZipFile(path) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
        config = archive.read("config.json").decode()
    contents = _read(path, weights, expected)
    _say_activation(contents, config)
    return contents


def _read(path: str, source: str | BinaryIO, expected: str) -> Contents:
    contents = contents_of(path)

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        text = h5py.check_string_dtype(item.dtype) is not None
        if item.shape is None or (item.dtype.kind not in "biufc" and not text):
            skip(contents, name, f"is of type {item.dtype}" if item.shape is not None else "is empty")
        else:
            add(
                contents,
                name,
                np.asarray(item.asstr(errors="replace")[()], dtype=np.str_) if text else np.asarray(item[()]),
            )

    with reading(path, expected), h5py.File(source, "r") as file:
        file.visititems(visit)
        contents.texts.update((name, value) for name, value in file.attrs.items() if isinstance(value, str))
    return contents


def _say_activation(contents: Contents, config: str) -> None:
    """Add the activation that all simple recurrent layers in a Keras configuration have, empty if they differ."""
    try:
        found = set(_activations(json.loads(config)))
    except (ValueError, RecursionError) as error:
        expected = "the JSON that Keras writes"
        raise ValueError(f"{contents.path}: its configuration cannot be read ({error}), expected {expected}") from error
    contents.texts["activation"] = found.pop() if len(found) == 1 else ""


def _activations(config: Any) -> list[str]:
    """Return the activations of the simple recurrent layers and cells in a Keras configuration, at any depth."""
    if isinstance(config, list):
        return [found for each in config for found in _activations(each)]
    if not isinstance(config, dict):
        return []
    settings = config.get("config")
    if config.get("class_name") in ("SimpleRNN", "SimpleRNNCell") and isinstance(settings, dict):
        return [str(settings.get("activation"))]
    return [found for each in config.values() for found in _activations(each)]
