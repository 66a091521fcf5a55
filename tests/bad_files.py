"""Wrong files of networks, see `bad_inputs`: the project's own and published ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from bad_inputs import Case, printed
from opdims import storage
from opdims.formats.native import Attributes
from opdims.network import Network
from pipeline import datasets, sources
from pipeline.checks import check_config
from pipeline.imports import check_sha256, read_import
from pipeline.reading import read_yaml
from pipeline.settings import overlay

UNITS = 6
READING = {
    "number": 1,
    "sha256": None,
    "tensors": None,
    "prefix": None,
    "equation": None,
    "nonlinearity": None,
    "constants": {"dt": 1.0, "tau": 10.0, "noise_std": 0.1},
    "task": "sine_generation",
    "n_inputs": 1,
    "n_outputs": 1,
}
Change = Callable[[Path], object]


def case(id: str, given: str, expected: str, make: Change, read: Callable[[Path], object]) -> Case:
    """Return a case: `make` writes files into a folder, and `read` is what a job does with them."""

    def run(folder: Path) -> tuple[int, str]:
        make(folder)
        return printed(lambda: read(folder), ValueError)

    return Case(id, given, expected, run)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


# Networks as the project writes them


def stored(number: int = 1, units: int = UNITS, task: str = "sine_generation") -> storage.StoredNetwork:
    weights = (torch.tensor(normal(*shape)) for shape in ((units, units), (units, 1), (1, units)))
    return storage.StoredNetwork(None, Network(*weights), Attributes(task, number, 10.0, 1.0, 0.1, -1, "files"))


def edit(path: Path, **changes: Any) -> None:
    """Replace datasets (two underscores stand for a slash) and attributes of an HDF5 file, or delete them."""
    with h5py.File(path, "a") as file:
        for name, value in changes.items():
            name = name.replace("__", "/")
            place = file if "/" in name else file.attrs
            if name in place:
                del place[name]
            if value is not None:
                place[name] = value


def network_case(id: str, given: str, expected: str, **changes: Any) -> Case:
    def make(folder: Path) -> None:
        storage.write_network(folder / "network_1.h5", stored())
        edit(folder / "network_1.h5", **changes)

    return case(
        f"network_{id}",
        given,
        rf"network_1\.h5: {expected}",
        make,
        lambda folder: storage.read_network(folder / "network_1.h5"),
    )


def damaged(name: str, damage: Callable[[bytes], bytes], write: Change) -> Change:
    def make(folder: Path) -> None:
        write(folder)
        (folder / name).write_bytes(damage((folder / name).read_bytes()))

    return make


def write_stored(folder: Path) -> None:
    storage.write_network(folder / "network_1.h5", stored())


NETWORKS = [
    network_case(
        "complex",
        "complex recurrent weights",
        "dataset final/recurrent cannot be read as numbers .*complex128",
        final__recurrent=normal(UNITS, UNITS) * 1j,
    ),
    network_case(
        "text",
        "weights that are texts",
        "dataset final/input cannot be read as numbers",
        final__input=np.array([["a"]] * UNITS, dtype="S1"),
    ),
    network_case(
        "booleans",
        "weights that are true or false",
        "dataset final/input cannot be read as numbers .*bool",
        final__input=np.ones((UNITS, 1), dtype=bool),
    ),
    network_case(
        "overflow",
        "weights beyond half precision",
        "dataset final/recurrent holds values that are not finite",
        final__recurrent=np.full((UNITS, UNITS), np.inf, dtype=np.float16),
    ),
    network_case(
        "nan",
        "a weight that is no number",
        "dataset final/output holds values that are not finite",
        final__output=np.full((1, UNITS), np.nan),
    ),
    network_case(
        "no_units",
        "a network of no unit",
        r"dataset final/recurrent is \(0, 0\), expected \(N, N\) with at least",
        final__recurrent=np.zeros((0, 0)),
    ),
    network_case(
        "transposed",
        "input weights that are transposed",
        r"dataset final/input is \(1, 6\), expected \(6, n_inputs\)",
        final__input=normal(1, UNITS),
    ),
    network_case(
        "empty_dataset",
        "a dataset without a value",
        "dataset final/recurrent cannot be read as numbers",
        final__recurrent=h5py.Empty("f8"),
    ),
    network_case(
        "group",
        "a group in place of a dataset",
        "dataset final/recurrent is missing",
        final__recurrent=None,
        final__recurrent__x=np.ones(1),
    ),
    network_case("tau_nan", "tau that is no number", "attribute tau is .*nan.*, expected a number", tau=np.nan),
    network_case("tau_complex", "a complex tau", "attribute tau is .*, expected a number", tau=10 + 1j),
    network_case("dt_zero", "dt = 0", "attribute dt is 0.0, expected a number above 0", dt=0.0),
    network_case("noise_negative", "negative noise", "attribute noise_std is -0.1, expected 0 or more", noise_std=-0.1),
    network_case(
        "number_half", "network number 1.5", "attribute network is .*1.5.*, expected a whole number", network=1.5
    ),
    network_case("number_zero", "network number 0", "attribute network is 0, expected 1 or more", network=0),
    network_case("task_number", "a task that is a number", "attribute task is .*3.*, expected text", task=3),
    case(
        "network_cut",
        "a network file cut in half",
        r"network_1\.h5: cannot be read \(.*truncated.*whole HDF5 file",
        damaged("network_1.h5", lambda data: data[: len(data) // 2], write_stored),
        lambda folder: storage.read_network(folder / "network_1.h5"),
    ),
    case(
        "network_zeros",
        "a network file whose middle is zeros",
        r"network_1\.h5: ",
        damaged("network_1.h5", lambda data: data[:600] + bytes(3000) + data[3600:], write_stored),
        lambda folder: storage.read_network(folder / "network_1.h5"),
    ),
    case(
        "network_twice",
        "two network files of one number",
        r"b\.h5: holds network 1 of sine_generation as .*a\.h5, expected",
        lambda folder: [storage.write_network(folder / name, stored()) for name in ("a.h5", "b.h5")],
        lambda folder: datasets.read_networks([folder / "a.h5", folder / "b.h5"]),
    ),
    case(
        "network_of_another_task",
        "a network file of another task",
        r"a\.h5: is about task other, expected sine_generation",
        lambda folder: storage.write_network(folder / "a.h5", stored(task="other")),
        lambda folder: datasets.read_networks([folder / "a.h5"], "sine_generation"),
    ),
]


# Published networks, which MATLAB wrote: every array is transposed


def write_published(folder: Path, n_inputs: int = 1, n_outputs: int = 1, **changes: np.ndarray | None) -> None:
    arrays = {"n_Wrr_n": (UNITS, UNITS), "n_Wru_v": (n_inputs, UNITS), "m_Wzr_n": (UNITS, n_outputs)}
    with h5py.File(folder / "swg_weights.h5", "w") as file:
        for group in ("init", "final"):
            for name, shape in arrays.items():
                value = changes.get(name, normal(*shape))
                if value is not None:
                    file[f"NetNr1/{group}/{name}"] = value


def published_case(id: str, given: str, expected: str, reading: dict | None = None, **changes: Any) -> Case:
    return case(
        f"published_{id}",
        given,
        rf"swg_weights\.h5: {expected}",
        lambda folder: write_published(folder, **changes),
        lambda folder: read_import(folder / "swg_weights.h5", READING | (reading or {})),
    )


def without_groups(folder: Path) -> None:
    with h5py.File(folder / "swg_weights.h5", "w") as file:
        file["NetNr1"] = 3


PUBLISHED = [
    published_case(
        "no_output",
        "a published network of no output",
        r"network 1: tensor output is \(0, 6\), expected \(1, 6\)",
        n_outputs=0,
    ),
    published_case(
        "two_outputs",
        "a published network of two outputs",
        r"network 1: tensor output is \(2, 6\), expected",
        n_outputs=2,
    ),
    published_case(
        "no_input",
        "a published network of no input",
        r"network 1: tensor input is missing, expected \(6, 1\)",
        n_inputs=0,
    ),
    published_case(
        "three_inputs",
        "a published network of three inputs",
        r"network 1: tensor input is \(6, 3\), expected",
        n_inputs=3,
    ),
    published_case(
        "other_task",
        "the published networks of the other task",
        r"network 1: tensor input is \(6, 5\), expected \(6, 1\) for",
        n_inputs=5,
    ),
    published_case(
        "not_transposed",
        "arrays as Python would write them",
        "dataset NetNr1/init/n_Wru_v is .* was it transposed",
        n_Wru_v=normal(UNITS, 1),
        m_Wzr_n=normal(1, UNITS),
    ),
    published_case(
        "complex",
        "complex weights",
        "dataset NetNr1/init/n_Wrr_n cannot be read as numbers .*complex",
        n_Wrr_n=normal(UNITS, UNITS) + 1j,
    ),
    published_case("missing", "no output weights", "dataset NetNr1/init/m_Wzr_n is missing", m_Wzr_n=None),
    published_case(
        "number",
        "a network that is not in the file",
        r"no group NetNr7, expected one of the networks \[1\]",
        reading={"number": 7},
    ),
    published_case(
        "sha256",
        "another file than the authors' in the default folder",
        "its sha256 is [0-9a-f]{64}, expected 0{64}.* delete it, and it is downloaded again, or .*published_directory",
        reading={"sha256": "0" * 64},
    ),
    case(
        "published_no_group",
        "a number in place of the group of a network",
        r"swg_weights\.h5: dataset NetNr1/init/n_Wrr_n is",
        without_groups,
        lambda folder: read_import(folder / "swg_weights.h5", READING),
    ),
    case(
        "published_folder",
        "a folder in place of a published file",
        r"swg_weights\.h5: cannot be read \(Is a directory\)",
        lambda folder: (folder / "swg_weights.h5").mkdir(),
        lambda folder: check_sha256(folder / "swg_weights.h5", "0" * 64),
    ),
]


def write_downloaded(folder: Path) -> None:
    (folder / "resources" / "published").mkdir(parents=True)
    (folder / "resources" / "published" / "ctxt_weights.h5").write_bytes(b"another file")


def check_downloaded(folder: Path) -> None:
    """Do what the workflow does when it starts to build the published ensemble."""
    root = Path(__file__).parents[1]
    config = overlay(read_yaml(root / "config" / "config.yaml"), {"run": ["published"]})
    config = check_config(config, read_yaml(root / "workflow" / "schemas" / "config.schema.yaml"))
    sources.check_downloaded(config, lambda path: str(folder / path))


PUBLISHED.append(
    case(
        "published_downloaded",
        "another file in the default folder, when the workflow starts",
        r"published_directory: .*resources/published/ctxt_weights\.h5: its sha256 is .* delete it",
        write_downloaded,
        check_downloaded,
    )
)

CASES = [*NETWORKS, *PUBLISHED]
