"""Networks that were made elsewhere: a published file, or a user's own. NumPy only, unless the file is torch's."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from opdims.files import reading as reading_file
from opdims.formats.arrays import read_contents
from opdims.formats.mapping import PRESETS, read_weights
from opdims.formats.native import Weights, open_hdf5
from opdims.formats.published import read_matrices
from opdims.names import EQUATIONS, NONLINEARITIES

CONSTANTS = ("dt", "tau", "noise_std")
Reading = dict[str, Any]  # how a network is read, see `read_import`


def read_import(path: str | Path, reading: Reading) -> tuple[dict[str, Weights], dict[str, Any]]:
    """Read a network that was made elsewhere and check that it fits its task.

    Parameters
    ----------
    path
        A published file, or any file of weights.
    reading
        `number`, of a network in a published file, or None; `sha256`, that the file must have, or None; `tensors` and
        `prefix`, see `opdims.formats.mapping.read_weights`; `equation`, `nonlinearity` and `constants` (dt, tau,
        noise_std), as far as the configuration knows them; `task`, `n_inputs` and `n_outputs`, what the network has to
        fit.

    Returns
    -------
    The weights as `opdims.formats.native.write_weights` takes them, and dt, tau, noise_std, equation and nonlinearity.

    Raises
    ------
    ValueError
        In one line that names the file, if it cannot be read, does not say all that the configuration does not, or does
        not fit.
    """
    if reading.get("sha256") is not None:
        check_sha256(path, reading["sha256"])
    if reading["number"] is not None:
        stages = read_matrices(path, reading["number"])
        said = {key: reading["constants"].get(key) for key in CONSTANTS}
        said |= {"equation": EQUATIONS[0], "nonlinearity": NONLINEARITIES[0]}
        where = f"{path}: network {reading['number']}: "
    else:
        stages, said = _read_own(path, reading)
        where = f"{path}: "
    unsaid = [key for key in CONSTANTS if said[key] is None]
    if unsaid:
        raise ValueError(f"{where}does not say {', '.join(unsaid)}, expected under network: of the ensemble's entry")
    for weights in stages.values():
        _check_fit(where, weights, reading)
    return stages, said


def check_sha256(path: str | Path, sha256: str) -> None:
    """Raise ValueError, naming the file and what to do, unless it is there and has the sha256."""
    with reading_file(path, "a published file"), open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path}: its sha256 is {found}, expected {sha256}, that of the authors' file: delete it, and it is "
            "downloaded again, or name the folder of files of your own: --config published_directory=<folder>"
        )


def _read_own(path: str | Path, reading: Reading) -> tuple[dict[str, Weights], dict[str, Any]]:
    """Return what `read_import` does of a user's own file; constants that nobody says are None."""
    tensors = reading["tensors"]
    mapped = read_weights(path, tensors, reading["prefix"])
    preset = tensors.get("preset") if isinstance(tensors, dict) else tensors
    equation = reading["equation"] or mapped.equation or EQUATIONS[0]
    nonlinearity = reading["nonlinearity"] or mapped.nonlinearity
    if nonlinearity is None and preset is None:
        nonlinearity = NONLINEARITIES[0]
    for key, value, known in (("equation", equation, EQUATIONS), ("nonlinearity", nonlinearity, NONLINEARITIES)):
        if value is None:
            raise ValueError(f"{path}: does not say its {key}, expected {key}: {' or '.join(known)} in the entry")
        if value not in known:
            raise ValueError(f"{path}: {key} {value!r} is unknown, expected one of {', '.join(known)}")
    matrices = dict(mapped.matrices)
    initial = matrices.pop("initial_recurrent", None)
    if equation == "rate" and "initial_state" in matrices:  # which is h there, as the rates are
        if "initial_rates" in matrices:
            raise ValueError(f"{path}: has initial_state and initial_rates, expected one of them in rate form")
        matrices["initial_rates"] = matrices.pop("initial_state")
    units = len(matrices["recurrent"])
    weights = {"input": np.zeros((units, 0)), "output": np.zeros((0, units))} | matrices
    stages = {} if initial is None else {"initial": weights | {"recurrent": initial}}
    said = dict.fromkeys(CONSTANTS) | _preset_constants(preset) | _file_constants(path) | _given(reading["constants"])
    return stages | {"final": weights}, said | {"equation": equation, "nonlinearity": nonlinearity}


def _preset_constants(preset: str | None) -> dict[str, float]:
    """Return the constants of networks that have no time but their steps, and no noise."""
    step = PRESETS[preset].step if preset in PRESETS else None
    return {} if step is None else {"dt": 1.0, "tau": 1.0 / step, "noise_std": 0.0}


def _file_constants(path: str | Path) -> dict[str, float]:
    """Return the constants that a file of ours says: HDF5 in its attributes, `.npz` in arrays of one number."""
    suffix = Path(path).suffix.lower()
    if suffix in (".h5", ".hdf5"):
        with open_hdf5(path) as file:
            found = {key: np.asarray(file.attrs[key]) for key in CONSTANTS if key in file.attrs}
    elif suffix == ".npz":
        arrays = read_contents(path).arrays
        found = {key: arrays[key] for key in CONSTANTS if key in arrays}
    else:
        return {}
    for key, value in found.items():
        if value.size != 1 or value.dtype.kind not in "fiu" or not np.isfinite(value).all():
            raise ValueError(f"{path}: {key} is {value.tolist()}, expected one finite number")
    return {key: value.item() for key, value in found.items()}


def _given(constants: dict[str, float]) -> dict[str, float]:
    return {key: constants[key] for key in CONSTANTS if key in constants}


def _check_fit(where: str, weights: Weights, reading: Reading) -> None:
    """Check inputs and outputs; a network without a readout fits any task, and any readout one without targets."""
    units, task = len(weights["recurrent"]), reading["task"]
    n_inputs, n_outputs = reading["n_inputs"], reading["n_outputs"]
    found = weights["input"].shape
    if found[1] != n_inputs:
        there = f"is {found}" if found[1] else "is missing"
        raise ValueError(f"{where}tensor input {there}, expected ({units}, {n_inputs}) for task {task}")
    found = weights["output"].shape
    missing_allowed = reading["number"] is None  # in a user's own file; the published networks do their task
    if n_outputs and found[0] != n_outputs and (found[0] or not missing_allowed):
        raise ValueError(f"{where}tensor output is {found}, expected ({n_outputs}, {units}) for task {task}")
