"""The published networks of Krause et al. 2022: how their files are laid out.

The files were written from MATLAB, so every array is transposed. NumPy only, no torch: the workflow itself checks a
user's files before any job starts.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from opdims.formats.native import Weights, check_shapes, open_hdf5, read_array

DATASETS = {"recurrent": "n_Wrr_n", "input": "n_Wru_v", "output": "m_Wzr_n"}
GROUPS = {"initial": "init", "final": "final"}
VECTORS = {"initial_state": "n_x0_c", "bias": "n_bx_1", "output_bias": "m_bz_1"}  # all zero in the authors' files


def network_numbers(path: str | Path) -> list[int]:
    """Return the numbers of the networks in a published file, ascending.

    Raises ValueError, naming the file, if it cannot be read.
    """
    with open_hdf5(path) as file:
        return _numbers(file)


def _numbers(file: Iterable[str]) -> list[int]:
    return sorted(int(name[5:]) for name in file if name.startswith("NetNr") and name[5:].isdigit())


def read_matrices(path: str | Path, network: int) -> dict[str, Weights]:
    """Return the weights of a published network as {initial, final} x the names of `opdims.formats.native`.

    Shapes are (N, N), (N, n_inputs) and (n_outputs, N), in float64; biases and initial state are there where they are
    not zero. Raises ValueError, naming file and dataset, if the file cannot be read, the network is not in it, a shape
    does not fit or a value is not finite.
    """
    with open_hdf5(path) as file:
        group = f"NetNr{network}"
        if network < 1 or group not in file:
            raise ValueError(f"{path}: no group {group}, expected one of the networks {_numbers(file)}")
        stages = {}
        for stage, name in GROUPS.items():
            stages[stage] = {
                matrix: read_array(path, file, f"{group}/{name}/{dataset}").T for matrix, dataset in DATASETS.items()
            }
            check_shapes(path, f"{group}/{name}", stages[stage], DATASETS)
            units, outputs = len(stages[stage]["recurrent"]), len(stages[stage]["output"])
            for vector, dataset in VECTORS.items():
                if f"{group}/{name}/{dataset}" in file:
                    found = read_array(path, file, f"{group}/{name}/{dataset}")
                    expected = outputs if vector == "output_bias" else units
                    if not np.any(found):
                        continue
                    if found.size != expected:
                        raise ValueError(
                            f"{path}: dataset {group}/{name}/{dataset} is {found.shape}, expected {expected} numbers, "
                            "the same in every trial"
                        )
                    stages[stage][vector] = found.ravel()
    return stages
