"""The published networks of Krause et al. 2022: where they come from and how their files are laid out.

The files were written from MATLAB, so every array is transposed. NumPy only, no torch: the workflow itself checks a
user's files before any job starts.
"""

from pathlib import Path

import numpy as np
import pooch

from opdims.weights import Weights, check_shapes, open_hdf5, read_array

FILES = {"context_integration": "ctxt_weights.h5", "sine_generation": "swg_weights.h5"}
DATASETS = {"recurrent": "n_Wrr_n", "input": "n_Wru_v", "output": "m_Wzr_n"}
GROUPS = {"initial": "init", "final": "final"}
ZEROS = ("n_x0_c", "n_bx_1", "m_bz_1")  # initial state and biases, which the method has not


def read_matrices(path: str | Path, network: int) -> dict[str, Weights]:
    """Return the matrices of a published network as {initial, final} x {recurrent, input, output}.

    Shapes are (N, N), (N, n_inputs) and (n_outputs, N), in float64. Raises ValueError, naming file and dataset, if the
    file cannot be read, the network is not in it, a shape does not fit, a weight is not finite, or an initial state or
    bias is not zero.
    """
    with open_hdf5(path) as file:
        group = f"NetNr{network}"
        if group not in file:
            have = sorted(int(name[5:]) for name in file if name.startswith("NetNr") and name[5:].isdigit())
            raise ValueError(f"{path}: no group {group}, expected one of the networks {have}")
        matrices = {}
        for stage, name in GROUPS.items():
            for zero in ZEROS:
                dataset = f"{group}/{name}/{zero}"
                if dataset in file and np.any(read_array(path, file, dataset)):
                    raise ValueError(f"{path}: dataset {dataset} is not zero, expected no initial state and no bias")
            matrices[stage] = {
                matrix: read_array(path, file, f"{group}/{name}/{dataset}").T for matrix, dataset in DATASETS.items()
            }
            check_shapes(path, f"{group}/{name}", matrices[stage], DATASETS)
    return matrices


def download(url: str, sha256: str, path: str | Path, *, attempts: int = 5) -> None:
    """Fetch `url` to `path`, trying up to `attempts` times, and check its sha256; the file appears whole or not at all.

    Raises OSError with one line that says how to go on by hand.
    """
    path = Path(path)
    try:
        files = pooch.create(
            path.parent,
            base_url="",
            registry={path.name: sha256},
            urls={path.name: url},
            retry_if_failed=attempts - 1,
        )
        files.fetch(path.name, downloader=pooch.HTTPDownloader(timeout=30))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OSError(
            f"{path}: download of {url} failed ({reason}); put {path.name} into a folder by hand and pass "
            f"--config published_directory=<folder>"
        ) from error
