"""The project's own network files (HDF5), as NumPy arrays: no torch, so that what only checks them starts at once.

Groups `initial` and `final` hold the weights before and after training, `initial` only where they are known. Each has
datasets `recurrent` (N, N), `input` (N, n_inputs) and `output` (n_outputs, N), and where the network has them `bias`
(N,), `output_bias` (n_outputs,), `initial_state` (N,) and `initial_rates` (N,). Attributes say the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from opdims.files import check_seal, reading, sealed, write_bytes
from opdims.names import EQUATIONS, NONLINEARITIES

Weights = dict[str, np.ndarray]  # by the names of the datasets
STAGES = ("initial", "final")
MATRICES = {name: name for name in ("recurrent", "input", "output")}  # and the datasets that hold them
VECTORS = {"bias": "N", "output_bias": "n_outputs", "initial_state": "N", "initial_rates": "N"}  # and their length


class Attributes(NamedTuple):
    """What a network file says of its network."""

    task: str
    network: int  # its number, counted from 1
    tau: float  # ms
    dt: float  # ms
    noise_std: float  # internal noise at a step of 1 ms
    seed: int  # -1 if not known
    source: str  # train, published or files
    equation: str = "current"
    nonlinearity: str = "tanh"
    cost: float = -1.0  # of the final weights after training, on trials that they were not trained on; -1 if not known

    @property
    def step(self) -> float:
        """dt / tau."""
        return self.dt / self.tau


def write_weights(path: str | Path, stages: dict[str, Weights], attributes: Attributes) -> None:
    """Write a network file; without a stage `initial` the file says nothing of the time before training.

    Raises OSError, naming the file, if it cannot be written.
    """
    with h5py.File(Path(path).name, "w", driver="core", backing_store=False) as file:  # in memory
        file.attrs.update(attributes._asdict())
        for stage, weights in stages.items():
            for name, array in weights.items():
                file[f"{stage}/{name}"] = array
        file.flush()
        image = file.id.get_file_image()
    write_bytes(path, sealed(image))


def read_weights(path: str | Path) -> tuple[dict[str, Weights], Attributes]:
    """Read what `write_weights` wrote, in float64.

    Raises ValueError, naming file and dataset or attribute, if anything is missing, misshapen, unknown or not finite.
    """
    with open_hdf5(path) as file:
        attributes = _read_attributes(path, file)
        stages = {}
        for stage in STAGES:
            if stage == "initial" and stage not in file:
                continue
            stages[stage] = {name: read_array(path, file, f"{stage}/{name}") for name in MATRICES}
            check_shapes(path, stage, stages[stage], MATRICES)
            sizes = {"N": len(stages[stage]["recurrent"]), "n_outputs": len(stages[stage]["output"])}
            for name, length in VECTORS.items():
                if f"{stage}/{name}" in file:
                    stages[stage][name] = read_array(path, file, f"{stage}/{name}", dimensions=1)
                    shape = stages[stage][name].shape
                    if shape != (sizes[length],):
                        raise ValueError(f"{path}: dataset {stage}/{name} is {shape}, expected ({sizes[length]},)")
    return stages, attributes


def read_attributes(path: str | Path) -> Attributes:
    """Read what a network file says of its network. Raises ValueError, naming file and attribute, as `read_weights`."""
    with open_hdf5(path) as file:
        return _read_attributes(path, file)


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises ValueError, naming the file, if it is missing, truncated or no HDF5, and for damage that is met in the block.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such file, expected an HDF5 file")
    with reading(path, "a whole HDF5 file"):
        check_seal(path)
        with h5py.File(path, "r") as file:
            yield file


def read_array(path: str | Path, file: h5py.File, dataset: str, *, dimensions: int = 2) -> np.ndarray:
    """Return a dataset of so many dimensions in float64.

    Raises ValueError, naming file and dataset, if it is missing, not of real numbers, misshapen or not finite.
    """
    if dataset not in file or not isinstance(file[dataset], h5py.Dataset):
        raise ValueError(f"{path}: dataset {dataset} is missing")
    try:
        array = np.asarray(file[dataset][()])
        if array.dtype.kind not in "fiu":
            raise TypeError(f"of {array.dtype}, expected real numbers")
        array = array.astype(np.float64)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: dataset {dataset} cannot be read as numbers ({error})") from error
    if array.ndim != dimensions:
        words = {1: "one dimension", 2: "two dimensions"}[dimensions]
        raise ValueError(f"{path}: dataset {dataset} is {array.shape}, expected {words}")
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: dataset {dataset} holds values that are not finite")
    return array


def check_shapes(path: str | Path, group: str, matrices: Weights, datasets: dict[str, str]) -> None:
    """Raise ValueError, naming file and dataset, unless (N, N), (N, n_inputs) and (n_outputs, N) fit together."""
    recurrent = matrices["recurrent"].shape
    name = f"{group}/{datasets['recurrent']}"
    if not recurrent[0]:
        raise ValueError(f"{path}: dataset {name} is {recurrent}, expected (N, N) with at least one unit")
    if recurrent[0] != recurrent[1]:
        raise ValueError(f"{path}: dataset {name} is {recurrent}, expected a square matrix; was it transposed?")
    for matrix, axis in (("input", 0), ("output", 1)):
        shape = matrices[matrix].shape
        if shape[axis] != recurrent[0]:
            name = f"{group}/{datasets[matrix]}"
            expected = f"({recurrent[0]}, n_inputs)" if axis == 0 else f"(n_outputs, {recurrent[0]})"
            raise ValueError(f"{path}: dataset {name} is {shape}, expected {expected}; was it transposed?")


def _read_attributes(path: str | Path, file: h5py.File) -> Attributes:
    given = {}
    for key, kind in Attributes.__annotations__.items():
        if key in file.attrs:
            given[key] = _checked_attribute(path, key, kind, file.attrs[key])
        elif key not in Attributes._field_defaults:
            raise ValueError(f"{path}: attribute {key} is missing")
    attributes = Attributes(**given)
    for key, least in (("tau", 0), ("dt", 0), ("network", 1), ("noise_std", 0)):
        value = getattr(attributes, key)
        if value < least or (key in ("tau", "dt") and value == 0):
            expected = f"{least} or more" if key in ("network", "noise_std") else "a number above 0"
            raise ValueError(f"{path}: attribute {key} is {value}, expected {expected}")
    for key, known in (("equation", EQUATIONS), ("nonlinearity", NONLINEARITIES)):
        if getattr(attributes, key) not in known:
            raise ValueError(
                f"{path}: attribute {key} is {getattr(attributes, key)!r}, expected one of {', '.join(known)}"
            )
    return attributes


def _checked_attribute(path: str | Path, key: str, kind: type, value: Any) -> Any:
    """Return an attribute as text, a whole number or a finite number."""
    array = np.asarray(value)
    words, kinds = {str: ("text", "U"), int: ("a whole number", "iu"), float: ("a number", "fiu")}[kind]
    fits = array.size == 1 and array.dtype.kind in kinds
    finite = kind is str or key == "cost" or (fits and bool(np.isfinite(array).all()))  # a cost may be out of bounds
    if not fits or not finite:
        raise ValueError(f"{path}: attribute {key} is {value!r}, expected {words}")
    return kind(array.item())
