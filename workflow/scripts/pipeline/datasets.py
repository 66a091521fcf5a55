"""Arrays as netCDF files, which say of which task they are. Every write is atomic, every read says what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from opdims.files import atomic
from opdims.reduction import Factors


def write_dataset(path: str | Path, dataset: xr.Dataset, task: str) -> None:
    """Write a dataset, which is about networks of the task, as netCDF."""
    with atomic(path) as temporary:
        dataset.assign_attrs(task=task).to_netcdf(temporary, engine="h5netcdf")


def read_dataset(
    path: str | Path, variables: Sequence[str], optional: Sequence[str] = (), network: int | None = None
) -> xr.Dataset:
    """Read the named variables of a netCDF file, and those of `optional` that it has; of one network, if it is given.

    Raises ValueError, naming the file, if it is none that `write_dataset` wrote, or if one of `variables` or the
    network is missing.
    """
    try:
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            for name in variables:
                if name not in dataset:
                    raise ValueError(f"{path}: variable {name} is missing, expected {', '.join(variables)}")
            if "task" not in dataset.attrs:
                raise ValueError(f"{path}: attribute task is missing, expected the name of a task")
            chosen = dataset[[*variables, *(name for name in optional if name in dataset)]]
            if network is not None:
                numbers = dataset["network"].values.tolist() if "network" in dataset.coords else []
                if network not in numbers:
                    raise ValueError(f"{path}: network {network} is missing, expected one of {numbers}")
                chosen = chosen.sel(network=network)
            return chosen.load()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error}), expected a netCDF file") from error


def read_by_network(paths: Iterable[str | Path], variable: str) -> dict[tuple[str, int], torch.Tensor]:
    """Read a variable of files, and return that of each network by its task and number.

    Each network's numbers are in memory of their own, as if it had been alone in its file.
    """
    found = {}
    for path in paths:
        dataset = read_dataset(path, [variable])
        for values in dataset[variable]:
            found[dataset.attrs["task"], values["network"].item()] = torch.tensor(np.ascontiguousarray(values.values))
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


def read_factors(path: str | Path, network: int) -> Factors:
    """Read what `write_factors` wrote of one network."""
    dataset = read_dataset(path, ["left", "right"], optional=["offset"], network=network)
    return Factors(**{str(name): torch.tensor(variable.values) for name, variable in dataset.data_vars.items()})


def networks_in(path: str | Path) -> list[int]:
    """Return the numbers of the networks that a file has something of."""
    return read_dataset(path, ["network"])["network"].values.tolist()
