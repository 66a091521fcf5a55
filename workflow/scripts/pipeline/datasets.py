"""Arrays as netCDF files, which say of which task they are. Every write is atomic, every read says what is wrong."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import h5netcdf
import h5py
import numpy as np
import torch
import xarray as xr
from xarray.backends import H5NetCDFStore

from opdims.files import check_seal, reading, sealed, write_bytes
from opdims.reduction import Factors
from opdims.storage import StoredNetwork, read_network

MISSING = ("impact", "bound", "column_impact", "row_impact", "index_sum")  # variables in which NaN means: there is none
UNBOUNDED = ("average", "output")  # variables of reduced networks, which may grow without end


def write_dataset(path: str | Path, dataset: xr.Dataset, task: str) -> None:
    """Write a dataset, which is about networks of the task, as netCDF.

    Raises OSError, naming the file, if it cannot be written.
    """
    with h5py.File(Path(path).name, "w", driver="core", backing_store=False, track_order=True) as file:  # in memory
        with h5netcdf.File(file, "w") as netcdf:
            dataset.assign_attrs(task=task).dump_to_store(H5NetCDFStore(netcdf))
        file.flush()
        image = file.id.get_file_image()
    write_bytes(path, sealed(image))


def read_dataset(
    path: str | Path,
    variables: Sequence[str],
    optional: Sequence[str] = (),
    *,
    network: int | None = None,
    networks: Sequence[int] | None = None,
    task: str | None = None,
    units: int | None = None,
) -> xr.Dataset:
    """Read variables of a netCDF file and check that they are whole.

    Parameters
    ----------
    path
        A file that `write_dataset` wrote.
    variables
        That must be there.
    optional
        That are read if they are there.
    network
        The only one that is read; none: all.
    networks
        The numbers of the networks that the file must hold, in this order; none: any.
    task, units
        That the file must be about, and how many units its networks must have; none: any.

    Raises
    ------
    ValueError
        In one line that names the file, if it cannot be read, is about something else, or holds a value that is not
        finite, save where MISSING and UNBOUNDED allow it.
    """
    expected = "a whole netCDF file of results"
    with reading(path, expected):
        check_seal(path)
        with h5py.File(path, "r") as file:
            dict(file.attrs)  # h5netcdf, when it cannot read these, fails once more as it closes
    with reading(path, expected), xr.open_dataset(path, engine="h5netcdf") as dataset:
        for name in variables:
            if name not in dataset:
                raise ValueError(f"{path}: variable {name} is missing, expected {', '.join(variables)}")
        about = dataset.attrs.get("task")
        if not isinstance(about, str):
            raise ValueError(f"{path}: attribute task is missing, expected the name of a task")
        if task not in (None, about):
            raise ValueError(f"{path}: is about task {about}, expected {task}")
        chosen = dataset[[*variables, *(name for name in optional if name in dataset)]]
        if units is not None and chosen.sizes.get("unit") != units:
            raise ValueError(f"{path}: holds {chosen.sizes.get('unit', 'no')} units, expected {units}")
        if "network" in chosen.dims or network is not None or networks is not None:
            numbers = _network_numbers(path, dataset)
            if networks is not None and numbers != list(networks):
                raise ValueError(f"{path}: holds the networks {numbers}, expected {list(networks)}")
            if network is not None:
                if network not in numbers:
                    raise ValueError(f"{path}: network {network} is missing, expected one of {numbers}")
                chosen = chosen.sel(network=network)
        chosen = chosen.load()
        for variable in chosen.variables:
            _check_values(path, str(variable), chosen[variable].values)
        return chosen


def read_networks(paths: Iterable[str | Path], task: str | None = None) -> list[StoredNetwork]:
    """Read network files, of which each must be about another network, and all about the task if it is given.

    Raises ValueError, naming the file, if one cannot be read or is about something else.
    """
    found: dict[tuple[str, int], str | Path] = {}
    networks = []
    for path in paths:
        network = read_network(path)
        about = network.attributes.task, network.attributes.network
        if task not in (None, about[0]):
            raise ValueError(f"{path}: is about task {about[0]}, expected {task}")
        if about in found:
            raise ValueError(f"{path}: holds network {about[1]} of {about[0]} as {found[about]}, expected another")
        found[about] = path
        networks.append(network)
    return networks


def read_by_network(
    paths: Iterable[str | Path],
    variable: str,
    expected: Collection[tuple[str, int]] | None = None,
    dimensions: tuple[str, ...] | None = None,
    functions: Sequence[str] | None = None,
) -> dict[tuple[str, int], torch.Tensor]:
    """Read a variable of files, and return that of each network by its task and number.

    Each network's numbers are in memory of their own, as if it had been alone in its file.

    Parameters
    ----------
    paths
        Files that `write_dataset` wrote.
    variable
        Its first dimension is that of the networks.
    expected
        Tasks and numbers of the networks that must be in the files; none: any.
    dimensions
        Names of the variable's dimensions after the first; none: any.
    functions
        The functions that the files must be about, in this order; none: any.

    Raises
    ------
    ValueError
        In one line that names a file, if it cannot be read, or if a network is missing, not expected or there twice.
    """
    found: dict[tuple[str, int], torch.Tensor] = {}
    paths = list(paths)
    for path in paths:
        dataset = read_dataset(path, [variable])
        there = dataset[variable].dims
        if there[:1] != ("network",) or dimensions not in (None, there[1:]):
            expected_dimensions = ", ".join(("network", *(dimensions or ("…",))))
            raise ValueError(f"{path}: variable {variable} has dimensions {there}, expected ({expected_dimensions})")
        if functions is not None:
            check_functions(path, dataset, functions)
        for values in dataset[variable]:
            key = dataset.attrs["task"], values["network"].item()
            if key in found:
                raise ValueError(f"{path}: network {key[1]} of {key[0]} is in another file too, expected it once")
            if expected is not None and key not in expected:
                raise ValueError(f"{path}: holds network {key[1]} of {key[0]}, expected {_listed(expected)}")
            found[key] = torch.tensor(np.ascontiguousarray(values.values))
    for key in expected or ():
        if key not in found:
            files = ", ".join(str(path) for path in paths)
            raise ValueError(f"{files}: network {key[1]} of {key[0]} is missing, expected {_listed(expected or ())}")
    return found


def write_factors(
    path: str | Path,
    factors: Mapping[int, Factors],  # of each network, by its number; there may be none
    task: str,
    reduction: str,
    units: int,
) -> None:
    """Write the factors of the reduced matrices of networks."""
    shape = (0, units, units)

    def stack(arrays: Iterable[torch.Tensor]) -> np.ndarray:
        return np.stack([each.cpu().numpy() for each in arrays]) if factors else np.empty(shape)

    variables = {
        "left": (("network", "unit", "rank"), stack(each.left for each in factors.values())),
        "right": (("network", "rank", "unit"), stack(each.right for each in factors.values())),
    }
    offsets = [each.offset for each in factors.values() if each.offset is not None]
    if offsets:
        variables["offset"] = (("network", "unit", "input_unit"), stack(offsets))
    numbers = np.array([*factors], dtype=np.int64)
    write_dataset(path, xr.Dataset(variables, {"network": numbers}, {"reduction": reduction}), task)


def read_factors(
    path: str | Path,
    network: int,
    *,
    task: str | None = None,
    reduction: str | None = None,
    units: int | None = None,
) -> Factors:
    """Read what `write_factors` wrote of one network.

    Raises ValueError, naming the file, as `read_dataset`, and if it is about another task or reduction, or about
    networks of another number of units, than those that are given.
    """
    dataset = read_dataset(path, ["left", "right"], optional=["offset"], network=network, task=task)
    check_reduction(path, dataset, reduction)
    square = (units or dataset["left"].shape[0],) * 2
    for name in ("left", "right", "offset"):
        if name in dataset and dataset[name].shape != square:
            raise ValueError(f"{path}: variable {name} of a network is {dataset[name].shape}, expected {square}")
    return Factors(**{str(name): torch.tensor(variable.values) for name, variable in dataset.data_vars.items()})


def networks_in(path: str | Path, *, task: str | None = None, reduction: str | None = None) -> list[int]:
    """Return the numbers of the networks that a file has factors of; ValueError as from `read_factors`."""
    dataset = read_dataset(path, ["network"], task=task)
    check_reduction(path, dataset, reduction)
    return dataset["network"].values.tolist()


def check_reduction(path: str | Path, dataset: xr.Dataset, reduction: str | None) -> None:
    """Raise ValueError, naming the file, unless the dataset is about a reduction: the given one, or any if none is."""
    about = dataset.attrs.get("reduction")
    if not isinstance(about, str) or reduction not in (None, about):
        raise ValueError(f"{path}: is about reduction {about}, expected {reduction or 'the name of one'}")


def check_functions(path: str | Path, dataset: xr.Dataset, functions: Sequence[str]) -> None:
    """Raise ValueError, naming the file, unless the dataset is about the functions, in their order."""
    about = [str(name) for name in dataset["function"].values] if "function" in dataset.coords else []
    if about != list(functions):
        raise ValueError(f"{path}: is about the functions {', '.join(about)}, expected {', '.join(functions)}")


def _network_numbers(path: str | Path, dataset: xr.Dataset) -> list[int]:
    """Return the numbers of the networks in a file."""
    if "network" not in dataset.coords:
        raise ValueError(f"{path}: coordinate network is missing, expected the numbers of networks")
    values = dataset["network"].values
    if values.ndim != 1 or values.dtype.kind not in "iu" or len(set(values.tolist())) != values.size:
        raise ValueError(f"{path}: coordinate network is {values.tolist()}, expected different whole numbers")
    return values.tolist()


def _check_values(path: str | Path, name: str, values: np.ndarray) -> None:
    """Raise ValueError, naming file and variable, unless the values are words, whole numbers or finite real numbers."""
    if values.dtype.kind in "iuUOS" or (values.dtype.kind == "f" and name in UNBOUNDED):
        return
    if values.dtype.kind != "f":
        raise ValueError(f"{path}: variable {name} is of {values.dtype}, expected real numbers")
    if (np.isinf(values) if name in MISSING else ~np.isfinite(values)).any():
        raise ValueError(f"{path}: variable {name} holds values that are not finite, expected real numbers")


def _listed(networks: Collection[tuple[str, int]]) -> str:
    tasks: dict[str, list[int]] = {}
    for task, number in networks:
        tasks.setdefault(task, []).append(number)
    return " and ".join(f"{task} {numbers}" for task, numbers in tasks.items())
