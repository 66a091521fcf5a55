"""Find the operative dimensions of a chunk's networks: local, global, of each function, and at random locations."""

import logging
from typing import TYPE_CHECKING

import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.dimensions import (
    CertifiedDimensions,
    LocalDimensions,
    global_dimensions,
    local_column_dimensions,
    local_row_dimensions,
)
from opdims.tasks.catalogue import TASKS
from pipeline import datasets
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LOCAL = ("network", "location", "order", "unit")


def main(networks: list[str], states: str, columns: str, rows: str, device: str, dimensions: dict) -> None:
    place = select_device(device)
    batch = [storage.read_network(path) for path in networks]
    step = batch[0].attributes.step
    functions = TASKS[batch[0].attributes.task].functions
    recurrent = torch.stack([network.final.recurrent for network in batch]).to(place)
    sampled = datasets.read_dataset(states, ["state", "random_state"])
    state = torch.from_numpy(sampled["state"].values).to(place)
    random_state = torch.from_numpy(sampled["random_state"].values).to(place)

    found = local_column_dimensions(recurrent, state, step=step)
    control = local_column_dimensions(recurrent, random_state, step=step)
    write(columns, sampled, found, control, functions)
    found = local_row_dimensions(recurrent, state, step=step, **dimensions)
    control = local_row_dimensions(recurrent, random_state, step=step, **dimensions)
    logging.info("up to %d row dimensions a location", found.impact.shape[-1])
    write(rows, sampled, found, control, functions)


def write(
    path: str,
    sampled: xr.Dataset,
    found: LocalDimensions,
    control: LocalDimensions,
    functions: dict[str, tuple[str, ...]],  # the conditions of each
) -> None:
    variables = {
        "direction": (LOCAL, found.direction.cpu().numpy()),
        "impact": (LOCAL[:-1], found.impact.cpu().numpy()),
    }
    if isinstance(found, CertifiedDimensions):
        variables["bound"] = (LOCAL[:-1], found.bound.cpu().numpy())
    for prefix, local in (("", found), ("random_", control)):
        directions, singular_values = global_dimensions(local.direction, local.impact)
        variables[f"{prefix}global_direction"] = (("network", "unit", "rank"), directions.cpu().numpy())
        variables[f"{prefix}singular_value"] = (("network", "rank"), singular_values.cpu().numpy())
    of_functions = []
    for conditions in functions.values():
        members = torch.from_numpy(sampled["condition"].isin(conditions).values).to(found.impact.device)
        of_functions.append(global_dimensions(found.direction[:, members], found.impact[:, members]).direction)
    stacked = torch.stack(of_functions, dim=1)
    variables["function_global_direction"] = (("network", "function", "unit", "rank"), stacked.cpu().numpy())
    dataset = xr.Dataset(variables, coords={name: sampled[name] for name in ("network", "condition", "step")})
    datasets.write_dataset(path, dataset.assign_coords(function=list(functions)))


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.states,
            snakemake.output.columns,
            snakemake.output.rows,
            snakemake.params.device,
            snakemake.params.dimensions,
        )
