"""Arrays as netCDF files. Every write is atomic, every read says what is wrong."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from opdims.files import atomic
from opdims.reduction import Factors


def write_dataset(path: str | Path, dataset: xr.Dataset) -> None:
    """Write a dataset as netCDF."""
    with atomic(path) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf")


def read_dataset(
    path: str | Path, variables: Sequence[str], optional: Sequence[str] = (), network: int | None = None
) -> xr.Dataset:
    """Read the named variables of a netCDF file, and those of `optional` that it has; of one network, if it is given.

    Raises ValueError, naming the file, if one of `variables` or the network is missing.
    """
    try:
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            missing = [name for name in variables if name not in dataset]
            if missing:
                raise ValueError(f"{path}: variable {missing[0]} is missing")
            chosen = dataset[[*variables, *(name for name in optional if name in dataset)]]
            if network is not None:
                if network not in dataset.get("network", ()):
                    raise ValueError(f"{path}: network {network} is missing")
                chosen = chosen.sel(network=network)
            return chosen.load()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read as netCDF ({error})") from error


def read_by_network(paths: Iterable[str | Path], variable: str) -> dict[tuple[str, int], torch.Tensor]:
    """Read a variable of files .../{task}/{stage}/{file}, and return that of each network by its task and number.

    Each network's numbers are in memory of their own, as if it had been alone in its file.
    """
    found = {}
    for path in map(Path, paths):
        for values in read_dataset(path, [variable])[variable]:
            found[path.parts[-3], values.network.item()] = torch.tensor(np.ascontiguousarray(values.values))
    return found


def write_factors(path: str | Path, factors: Factors, networks: Sequence[int]) -> None:
    """Write the factors of the reduced matrices of networks (stacked along the first dimension), by their numbers."""
    variables = {
        "left": (("network", "unit", "rank"), factors.left.cpu().numpy()),
        "right": (("network", "rank", "unit"), factors.right.cpu().numpy()),
    }
    if factors.offset is not None:
        variables["offset"] = (("network", "unit", "input_unit"), factors.offset.cpu().numpy())
    write_dataset(path, xr.Dataset(variables, coords={"network": list(networks)}))


def read_factors(path: str | Path, network: int | None = None) -> Factors:
    """Read what `write_factors` wrote; of one network, without batch dimensions, if its number is given."""
    dataset = read_dataset(path, ["left", "right"], optional=["offset"], network=network)
    return Factors(**{str(name): torch.tensor(variable.values) for name, variable in dataset.data_vars.items()})
