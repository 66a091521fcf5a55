"""Find fixed and slow points of each network of a chunk, full and reduced, under every constant input of its task."""

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
import xarray as xr

from opdims.devices import select_device
from opdims.fixed_points import Points, Search, find_points_of_inputs, jacobian_eigenvalues
from opdims.network import Network, outputs_of
from opdims.task import Task
from pipeline import datasets
from pipeline.jobs import run, task_from
from pipeline.performance import read_chunk
from pipeline.tables import sufficient_ranks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCTIONS = ("operative_columns", "operative_rows")
ONE_RANK = ["to_5_percent", "distance_to_5_percent"]  # criteria, of which a network has one or the other


def main(
    networks: list[str],
    states: str,
    reduced: list[str],
    performance: list[str],
    fixed_points: str,
    task: dict,
    device: str,
    search: dict,
) -> None:
    place = select_device(device)
    read = datasets.read_networks(networks, task["name"])
    known = {each.attributes.network: each for each in read}
    sampled = datasets.read_dataset(
        states, ["state"], networks=[*known], task=task["name"], units=len(read[0].final.recurrent)
    )
    measured = pd.concat(
        read_chunk(path, known).assign(reduction=name) for name, path in zip(REDUCTIONS, performance, strict=True)
    )
    ranks = sufficient_ranks(measured, ["network", "reduction"]).dropna(subset="rank")
    searches: list[dict] = []
    points: list[xr.Dataset] = []
    for index, network in enumerate(read):
        number, final = network.attributes.network, network.final.to(place)
        todo, units = task_from(task, network.attributes.dt), len(final.recurrent)
        visited = torch.tensor(sampled["state"].values[index], device=place)
        starts = [visited[locations_of(sampled, todo, name)] for name in todo.constant_inputs]
        drives = [drive_of(final, value) for value in todo.constant_inputs.values()]
        matrices = {("full", "full", units): final.recurrent}
        for reduction, file in zip(REDUCTIONS, reduced, strict=True):
            factors = datasets.read_factors(file, number, task=todo.name, reduction=reduction, units=units).to(place)
            own = ranks[(ranks["network"] == number) & (ranks["reduction"] == reduction)]
            chosen = own[own["criterion"].isin(ONE_RANK)].set_index("criterion")["rank"].to_dict()
            if reduction in todo.shown_ranks:
                chosen["authors"] = min(todo.shown_ranks[reduction], units)
            for criterion, rank in chosen.items():
                matrices[reduction, criterion, int(rank)] = factors.matrix(int(rank))
        for (reduction, criterion, rank), matrix in matrices.items():
            found = find_points_of_inputs(matrix, drives, starts, Search(**search), final.nonlinearity)
            for name, each, begun in zip(todo.constant_inputs, found, starts, strict=True):
                for kind, those in (("fixed", each.fixed), ("slow", each.slow)):
                    described = describe(final._replace(recurrent=matrix), those, begun)
                    coordinates = {
                        "search": np.full(len(those.state), len(searches)),
                        "kind": np.full(len(those.state), kind),
                    }
                    points.append(described.assign_coords({key: ("point", of) for key, of in coordinates.items()}))
                searches.append(
                    {
                        "searched_network": number,
                        "searched_input": name,
                        "searched_reduction": reduction,
                        "searched_criterion": criterion,
                        "searched_rank": rank,
                        "tau": network.attributes.tau,
                        "starts": len(begun),
                        "arrived": each.arrived,
                        "index_sum": np.nan if each.index_sum is None else each.index_sum,
                    }
                )
        logging.info("network %d (%d of %d): searched", number, index + 1, len(networks))
    columns = {name: ("searched", [each[name] for each in searches]) for name in searches[0]}
    datasets.write_dataset(fixed_points, xr.concat(points, "point").assign(columns), todo.name)


def locations_of(sampled: xr.Dataset, task: Task, name: str) -> list[int]:
    """Return the sampled locations from which points are sought under the constant input of that name.

    They are those of the conditions that belong to the input; of all conditions, if none does.
    """
    conditions = task.conditions_of_input(name) or task.conditions
    return np.flatnonzero(sampled["condition"].isin(list(conditions)).values).tolist()


def drive_of(network: Network, value: tuple[float, ...]) -> torch.Tensor:
    """Return B u + b (N) at the constant input u."""
    weights = network.input
    drive = weights @ torch.tensor(value, dtype=weights.dtype, device=weights.device)
    return drive if network.bias is None else drive + network.bias


def describe(network: Network, points: Points, begun: torch.Tensor) -> xr.Dataset:
    """Return the points of a search, how far they are from where it began, and the dynamics around them.

    At rest the rates are φ(x) in both equations.
    """
    state, speed = points
    eigenvalues = jacobian_eigenvalues(network.recurrent, state, network.nonlinearity)
    variables = {
        "state": (("point", "unit"), state),
        "speed": ("point", speed),
        "distance": ("point", torch.cdist(state, begun).amin(-1)),
        "eigenvalue_real": (("point", "unit"), eigenvalues.real),
        "eigenvalue_imaginary": (("point", "unit"), eigenvalues.imag),
        "output": (("point", "channel"), outputs_of(network, network.nonlinearity(state))),
    }
    return xr.Dataset({name: (dims, value.cpu().numpy()) for name, (dims, value) in variables.items()})


if __name__ == "__main__":
    run(main, snakemake)
