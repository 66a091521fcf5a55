"""Weight matrices in HDF5 files, as NumPy arrays: no torch, so that what only copies or checks them starts at once."""

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from opdims.files import atomic

Weights = dict[str, np.ndarray]  # recurrent (N, N), input (N, n_inputs), output (n_outputs, N)
STAGES = ("initial", "final")
MATRICES = {name: name for name in ("recurrent", "input", "output")}  # and the datasets that hold them


class Attributes(NamedTuple):
    """What a network file says of its network."""

    task: str
    network: int  # its number, counted from 1
    tau: float  # ms
    dt: float  # ms
    noise_std: float  # internal noise at a step of 1 ms
    seed: int  # -1 if not known
    source: str  # train or published

    @property
    def step(self) -> float:
        """dt / tau."""
        return self.dt / self.tau


def write_weights(path: str | Path, stages: dict[str, Weights], attributes: Attributes) -> None:
    """Write a network file: groups `initial` and `final`, datasets `recurrent`, `input` and `output`, attributes."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(attributes._asdict())
        for stage in STAGES:
            for name in MATRICES:
                file[f"{stage}/{name}"] = stages[stage][name]


def read_weights(path: str | Path) -> tuple[dict[str, Weights], Attributes]:
    """Read what `write_weights` wrote, in float64.

    Raises ValueError, naming file and dataset or attribute, if anything is missing, misshapen or not finite.
    """
    with open_hdf5(path) as file:
        missing = [key for key in Attributes._fields if key not in file.attrs]
        if missing:
            raise ValueError(f"{path}: attribute {missing[0]} is missing")
        attributes = Attributes(*(kind(file.attrs[key]) for key, kind in Attributes.__annotations__.items()))
        stages = {}
        for stage in STAGES:
            stages[stage] = {name: read_array(path, file, f"{stage}/{name}") for name in MATRICES}
            check_shapes(path, stage, stages[stage], MATRICES)
    return stages, attributes


def open_hdf5(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading. Raises ValueError, naming the file, if it is missing, truncated or no HDF5."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such file, expected an HDF5 file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read as HDF5 ({error}), expected a whole HDF5 file") from error


def read_array(path: str | Path, file: h5py.File, dataset: str) -> np.ndarray:
    """Return a dataset as a finite two-dimensional float64 array; ValueError, naming file and dataset, if it is not."""
    if not isinstance(file.get(dataset), h5py.Dataset):
        raise ValueError(f"{path}: dataset {dataset} is missing")
    try:
        array = np.asarray(file[dataset][()], dtype=np.float64)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: dataset {dataset} cannot be read as numbers ({error})") from error
    if array.ndim != 2:
        raise ValueError(f"{path}: dataset {dataset} is {array.shape}, expected two dimensions")
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: dataset {dataset} holds values that are not finite")
    return array


def check_shapes(path: str | Path, group: str, matrices: Weights, datasets: dict[str, str]) -> None:
    """Raise ValueError, naming file and dataset, unless (N, N), (N, n_inputs) and (n_outputs, N) fit together."""
    recurrent = matrices["recurrent"].shape
    if recurrent[0] != recurrent[1]:
        name = f"{group}/{datasets['recurrent']}"
        raise ValueError(f"{path}: dataset {name} is {recurrent}, expected a square matrix; was it transposed?")
    for matrix, axis in (("input", 0), ("output", 1)):
        shape = matrices[matrix].shape
        if shape[axis] != recurrent[0]:
            name = f"{group}/{datasets[matrix]}"
            expected = f"({recurrent[0]}, n_inputs)" if axis == 0 else f"(n_outputs, {recurrent[0]})"
            raise ValueError(f"{path}: dataset {name} is {shape}, expected {expected}; was it transposed?")
