"""Find fixed and slow points of each network of a chunk, full and reduced, under every held input of its task."""

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.fixed_points import Search, find_points_of_inputs, jacobian_eigenvalues
from opdims.names import AUTHORS_RANKS
from opdims.network import tanh
from opdims.tasks.catalogue import TASKS
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import read_table, sufficient_ranks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCTIONS = ("operative_columns", "operative_rows")


def main(
    networks: list[str],
    states: str,
    reduced: list[str],
    performance: list[str],
    fixed_points: str,
    device: str,
    search: dict,
) -> None:
    place = select_device(device)
    sampled = datasets.read_dataset(states, ["state"])
    conditions = sampled["condition"].values.tolist()
    costs = pd.concat(
        read_table(path, ["network", "rank", "cost"]).assign(reduction=reduction)
        for reduction, path in zip(REDUCTIONS, performance, strict=True)
    )
    ranks = sufficient_ranks(costs, ["network", "reduction"]).set_index(["network", "reduction", "criterion"])["rank"]
    searches: list[dict] = []
    points: list[xr.Dataset] = []
    for index, path in enumerate(networks):
        network = storage.read_network(path)
        number, final = network.attributes.network, network.final.to(place)
        held = TASKS[network.attributes.task].held_inputs
        drives = [final.input @ torch.tensor(value, dtype=torch.float64, device=place) for value in held.values()]
        visited = torch.tensor(sampled["state"].values[index], device=place)
        starts = [visited[of_condition(conditions, label)] for label in held]
        matrices = {("full", "full", final.recurrent.shape[-1]): final.recurrent}
        for reduction, file in zip(REDUCTIONS, reduced, strict=True):
            factors = datasets.read_factors(file, number).to(place)
            authors = AUTHORS_RANKS[network.attributes.task][reduction]
            chosen = {
                "to_5_percent": ranks[number, reduction, "to_5_percent"],
                "authors": min(authors, final.recurrent.shape[-1]),
            }
            matrices |= {
                (reduction, criterion, int(rank)): factors.matrix(int(rank))
                for criterion, rank in chosen.items()
                if not pd.isna(rank)
            }
        for (reduction, criterion, rank), matrix in matrices.items():
            found = find_points_of_inputs(matrix, drives, starts, Search(**search))
            for label, each, begun in zip(held, found, starts, strict=True):
                for kind in ("fixed", "slow"):
                    state, speed = getattr(each, kind)
                    eigenvalues = jacobian_eigenvalues(matrix, state)
                    variables = {
                        "state": (("point", "unit"), state),
                        "speed": ("point", speed),
                        "distance": ("point", torch.cdist(state, begun).amin(-1) if len(begun) else speed * torch.nan),
                        "eigenvalue_real": (("point", "unit"), eigenvalues.real),
                        "eigenvalue_imaginary": (("point", "unit"), eigenvalues.imag),
                        "output": (("point", "channel"), tanh(state) @ final.output.mT),
                    }
                    coordinates = {"search": np.full(len(state), len(searches)), "kind": np.full(len(state), kind)}
                    points.append(
                        xr.Dataset(
                            {name: (dims, value.cpu().numpy()) for name, (dims, value) in variables.items()},
                            coords={name: ("point", value) for name, value in coordinates.items()},
                        )
                    )
                searches.append(
                    {
                        "searched_network": number,
                        "searched_input": label,
                        "searched_reduction": reduction,
                        "searched_criterion": criterion,
                        "searched_rank": rank,
                        "tau": network.attributes.tau,
                        "starts": len(begun),
                        "arrived": each.arrived,
                        "index_sum": each.index_sum,
                    }
                )
        logging.info("network %d (%d of %d): searched", number, index + 1, len(networks))
    columns = {name: ("searched", [each[name] for each in searches]) for name in searches[0]}
    datasets.write_dataset(fixed_points, xr.concat(points, "point").assign(columns))


def of_condition(conditions: list[str], label: str) -> list[int]:
    """Return the locations of the conditions that the input belongs to: those named after it, or that begin so."""
    return [index for index, name in enumerate(conditions) if f"{name}_".startswith(f"{label}_")]


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.networks,
            snakemake.input.states,
            snakemake.input.reduced,
            snakemake.input.performance,
            snakemake.output.fixed_points,
            snakemake.params.device,
            snakemake.params.search,
        )
