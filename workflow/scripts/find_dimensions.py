"""Find the operative dimensions of a chunk's networks: local, global, of each function, and at random locations."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from opdims.devices import select_device
from opdims.dimensions import (
    CertifiedDimensions,
    LocalDimensions,
    global_dimensions,
    local_column_dimensions,
    local_row_dimensions,
)
from pipeline import datasets
from pipeline.jobs import run, task_from

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LOCAL = ("network", "location", "order", "unit")
Find = Callable[..., LocalDimensions]


def main(networks: list[str], states: str, columns: str, rows: str, task: dict, device: str, dimensions: dict) -> None:
    place = select_device(device)
    batch = datasets.read_networks(networks, task["name"])
    todo = task_from(task, batch[0].attributes.dt)
    sampled = datasets.read_dataset(
        states,
        ["state", "random_state"],
        networks=[network.attributes.network for network in batch],
        task=todo.name,
        units=len(batch[0].final.recurrent),
    )

    def find(method: Find, variable: str, **settings: float) -> list[LocalDimensions]:
        """Return the local dimensions of each network at its states of that name."""
        return [
            method(
                network.final.recurrent.to(place),
                torch.tensor(values, device=place),
                step=network.attributes.step,
                nonlinearity=network.final.nonlinearity,
                **settings,
            )
            for network, values in zip(batch, sampled[variable].values, strict=True)
        ]

    for path, method, settings in (
        (columns, local_column_dimensions, {}),
        (rows, local_row_dimensions, dimensions),
    ):
        found, control = find(method, "state", **settings), find(method, "random_state", **settings)
        orders = max(each.impact.shape[-1] for each in found)
        logging.info("%s: up to %d dimensions a location", method.__name__, orders)
        variables = {
            "direction": (LOCAL, stack([padded(each.direction, orders, -2, 0.0) for each in found])),
            "impact": (LOCAL[:-1], stack([padded(each.impact, orders, -1, torch.nan) for each in found])),
        }
        bounds = [padded(each.bound, orders, -1, torch.nan) for each in found if isinstance(each, CertifiedDimensions)]
        if bounds:
            variables["bound"] = (LOCAL[:-1], stack(bounds))
        for prefix, local in (("", found), ("random_", control)):
            together = [global_dimensions(*each) for each in local]
            directions, singular_values = (stack(list(values)) for values in zip(*together, strict=True))
            variables[f"{prefix}global_direction"] = (("network", "unit", "rank"), directions)
            variables[f"{prefix}singular_value"] = (("network", "rank"), singular_values)
        members = {
            function: torch.from_numpy(sampled["condition"].isin(conditions).values).to(place)
            for function, conditions in todo.functions.items()
        }
        units = sampled.sizes["unit"]
        of_functions = np.empty((len(batch), len(members), units, units))
        for index, each in enumerate(found):
            for position, member in enumerate(members.values()):
                own = global_dimensions(each.direction[member], each.impact[member]).direction
                of_functions[index, position] = own.cpu().numpy()
        variables["function_global_direction"] = (("network", "function", "unit", "rank"), of_functions)
        dataset = xr.Dataset(variables, coords={name: sampled[name] for name in ("network", "condition", "step")})
        datasets.write_dataset(path, dataset.assign_coords(function=np.array([*members], dtype=str)), todo.name)


def stack(values: list[torch.Tensor]) -> np.ndarray:
    return torch.stack(values).cpu().numpy()


def padded(values: torch.Tensor, length: int, dim: int, fill: float) -> torch.Tensor:
    """Return the values with so much of `fill` at the end of a dimension that it has that length."""
    shape = list(values.shape)
    shape[dim] = length - shape[dim]
    return torch.cat([values, values.new_full(shape, fill)], dim)


if __name__ == "__main__":
    run(main, snakemake)
