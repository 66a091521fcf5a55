"""Time the exact row dimensions against one eigendecomposition a location and order.

    python benchmarks/row_dimensions.py [--units 100] [--locations 120] [--published FOLDER]

Fast and plain run in turn on the same locations in one process, and the ratio is of the medians, so that a machine
shared with others counts on both sides alike. The fast time of a whole network stands beside it.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from opdims.dimensions import local_row_dimensions, local_row_dimensions_plainly

Networks = dict[str, tuple[Tensor, Tensor]]  # name: recurrent (N, N), states (L, N)


def random_network(units: int, locations: int) -> Networks:
    """A random matrix with a strong part of low rank, as training leaves it, at Gaussian states."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    recurrent = (normal(units, units) + normal(units, 3) @ normal(3, units)) / units**0.5
    return {"random": (recurrent, normal(locations, units))}


def published_networks(folder: Path, locations: int) -> Networks:
    """Three published networks of each task, the first at the authors' locations and the others at Gaussian states."""
    generator = torch.Generator().manual_seed(0)
    networks: Networks = {}
    for task in ("ctxt", "swg"):
        with h5py.File(folder / f"{task}_weights.h5") as file:
            for number in (1, 2, 3):
                recurrent = torch.tensor(file[f"NetNr{number}/final/n_Wrr_n"][()].T.copy())
                states = torch.randn(locations, len(recurrent), dtype=torch.float64, generator=generator)
                networks[f"{task} {number}"] = (recurrent, states)
    with h5py.File(folder / "localOpDims_ctxt_columns.h5") as file:
        sampled = torch.stack([torch.tensor(group["sampling_loc"][()][:, 0]) for group in file.values()])
    networks["ctxt 1"] = (networks["ctxt 1"][0], sampled[:locations])
    return networks


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(units: int, locations: int, few: int, repeats: int, published: Path | None) -> None:
    torch.set_num_threads(1)
    networks = published_networks(published, locations) if published else random_network(units, locations)
    for solve in (local_row_dimensions, local_row_dimensions_plainly):  # loads the libraries
        solve(torch.eye(3), torch.ones(1, 3))
    print(f"{'network':10} {'N':>4} {'locations':>9} {'orders':>6} {'fast [s]':>9}", end=" | ")
    print(f"{f'{few} locations: fast [s]':>23} {'plain [s]':>10} {'plain/fast':>10} {'largest difference':>18}")
    for name, (recurrent, states) in networks.items():
        sample = states[:few]
        whole, fast, plain = [], [], []
        for _ in range(repeats):
            whole.append(seconds(lambda: local_row_dimensions(recurrent, states)))  # noqa: B023
            fast.append(seconds(lambda: local_row_dimensions(recurrent, sample)))  # noqa: B023
            plain.append(seconds(lambda: local_row_dimensions_plainly(recurrent, sample)))  # noqa: B023
        orders = local_row_dimensions(recurrent, states).impact.shape[-1]
        found = local_row_dimensions(recurrent, sample).impact
        difference = (found - local_row_dimensions_plainly(recurrent, sample).impact).nan_to_num().abs().max()
        times = [statistics.median(each) for each in (whole, fast, plain)]
        print(f"{name:10} {len(recurrent):4} {len(states):9} {orders:6} {times[0]:9.3f}", end=" | ")
        print(f"{times[1]:23.3f} {times[2]:10.3f} {times[2] / times[1]:10.1f} {difference:18.1e}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--locations", type=int, default=120)
    parser.add_argument("--few", type=int, default=30, help="locations that the plain solution also does")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--published", type=Path, help="folder of the published networks, instead of a random one")
    main(**vars(parser.parse_args()))
