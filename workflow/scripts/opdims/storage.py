"""Networks as HDF5 and arrays as netCDF. Every write is atomic, every read says what is wrong."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr

from opdims import published
from opdims.files import atomic
from opdims.network import Network
from opdims.reduction import Factors
from opdims.weights import Attributes, Weights, read_weights, write_weights


class StoredNetwork(NamedTuple):
    """A network before and after training, with the attributes of its file."""

    initial: Network
    final: Network
    attributes: Attributes


def write_network(path: str | Path, network: StoredNetwork) -> None:
    """Write a network (see `opdims.weights.write_weights` for the layout)."""
    stages = {
        stage: {name: matrix.detach().cpu().double().numpy() for name, matrix in weights._asdict().items()}
        for stage, weights in (("initial", network.initial), ("final", network.final))
    }
    write_weights(path, stages, network.attributes)


def read_network(path: str | Path) -> StoredNetwork:
    """Read a network, in float64 on the CPU.

    Raises ValueError, naming file and dataset or attribute, if anything is missing, misshapen or not finite.
    """
    stages, attributes = read_weights(path)
    return StoredNetwork(_to_network(stages["initial"]), _to_network(stages["final"]), attributes)


def read_published(path: str | Path, network: int) -> tuple[Network, Network]:
    """Return the initial and the final network of that number in a published file (see `opdims.published`)."""
    matrices = published.read_matrices(path, network)
    return _to_network(matrices["initial"]), _to_network(matrices["final"])


def _to_network(matrices: Weights) -> Network:
    # Copies in torch's own memory, which is aligned: where a number lies can change the last bit of a product.
    return Network(**{name: torch.tensor(np.ascontiguousarray(matrix)) for name, matrix in matrices.items()})


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
