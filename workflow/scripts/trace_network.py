"""Trace one network with its full matrix and with reduced ones, and the recurrent flow where dimensions are found."""

import logging
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.reduction import Factors
from opdims.sampling import draw_noisy_trials
from opdims.seeding import make_generator
from opdims.traces import principal_plane, trace
from pipeline import datasets
from pipeline.jobs import run, task_from
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANK_COLUMNS = ["task", "reduction", "network", "criterion", "rank"]
REDUCTIONS = ("operative_columns", "operative_rows")
CRITERIA = ("to_5_percent", "within_10_percent", "distance_to_5_percent")  # of the table of ranks
FLOW_RANKS = (1, 5, 10, 25)  # of the operative columns whose flow is kept, beside that of the full matrix


class Matrix(NamedTuple):
    """Which recurrent matrix a network is traced with."""

    reduction: str  # one of REDUCTIONS, or full
    criterion: str  # by which its rank is chosen; empty for the full matrix
    rank: int


def main(
    weights: str,
    states: str,
    columns: str,
    rows: str,
    reduced_columns: str,
    reduced_rows: str,
    ranks: str,
    traces: str,
    network: int,
    task: dict,
    device: str,
    seed: int,
    sampling: dict,
) -> None:
    place = select_device(device)
    read = storage.read_network(weights)
    dt, step = read.attributes.dt, read.attributes.step
    todo, full = task_from(task, dt), read.final.to(place)
    units = len(full.recurrent)
    if read.attributes.task != todo.name or read.attributes.network != network:
        about = f"network {read.attributes.network} of {read.attributes.task}"
        raise ValueError(f"{weights}: holds {about}, expected network {network} of {todo.name}")
    factors = {
        name: datasets.read_factors(path, network, task=todo.name, reduction=name, units=units).to(place)
        for name, path in (("operative_columns", reduced_columns), ("operative_rows", reduced_rows))
    }
    table = read_table(ranks, RANK_COLUMNS, key=RANK_COLUMNS[:-1])
    own = table[(table["task"] == todo.name) & (table["network"] == network)]
    matrices = choose_matrices(own, todo.shown_ranks, units)
    trials, noise = draw_noisy_trials(
        todo,
        units,
        repeats=sampling["repeats"],
        dt=dt,
        noise_std=read.attributes.noise_std,
        generator=make_generator(seed, todo.name, network, "sampling"),
    )
    reduced_matrices = (recurrent(full.recurrent, factors, matrix) for matrix in matrices)
    traced = trace(full, reduced_matrices, trials, noise, step=step)
    logging.info("network %d: traced with %d matrices", network, len(matrices))
    plane = principal_plane(traced.average[0])

    local = datasets.read_dataset(states, ["state"], network=network, task=todo.name, units=units)
    flow_ranks = sorted({*(rank for rank in FLOW_RANKS if rank < units), units})
    state = torch.tensor(local["state"].values).to(place)
    chosen = [recurrent(full.recurrent, factors, Matrix("operative_columns", "", rank)) for rank in flow_ranks]
    rates = full.nonlinearity(state)
    flows = torch.stack([rates @ matrix.mT - state for matrix in chosen])
    planes = [principal_plane(average) for average in traced.average[0]]
    at = [todo.conditions.index(condition) for condition in local["condition"].values]
    trajectory = torch.stack([each.project(average) for each, average in zip(planes, traced.average[0], strict=True)])
    location = torch.stack([planes[condition].project(x) for condition, x in zip(at, state, strict=True)])
    flow = torch.stack([planes[condition].project_vectors(flows[:, i]) for i, condition in enumerate(at)], dim=1)
    members = [(torch.tensor(at) == condition).to(place) for condition in range(len(todo.conditions))]
    difference = torch.stack([relative_difference(flows[:, m], flows[-1, m]) for m in members], 1)

    variables = {
        "average": (("matrix", "condition", "time", "component"), plane.project(traced.average)),
        "output": (("matrix", "condition", "time", "channel"), traced.output),
        "trajectory": (("condition", "time", "component"), trajectory),
        "sampled": (("location", "component"), location),
        "flow": (("flow_rank", "location", "component"), flow),
        "flow_difference": (("flow_rank", "condition"), difference),
    }
    if traced.target is not None:
        variables["target"] = (("condition", "time", "channel"), traced.target)
    dataset = xr.Dataset(
        {name: (dimensions, values.cpu().numpy()) for name, (dimensions, values) in variables.items()}
        | {
            "column_impact": local_impact(columns, network).squeeze("order"),
            "row_impact": local_impact(rows, network),
        },
        coords={
            "reduction": ("matrix", [matrix.reduction for matrix in matrices]),
            "criterion": ("matrix", [matrix.criterion for matrix in matrices]),
            "rank": ("matrix", [matrix.rank for matrix in matrices]),
            "condition": list(todo.conditions),
            "time": ("time", [dt * step for step in range(1, traced.average.shape[-2] + 1)], {"units": "ms"}),
            "flow_rank": flow_ranks,
            "location_condition": ("location", local["condition"].values),
            "location_step": ("location", local["step"].values),
        },
        attrs={"network": network},
    )
    shares = [f"{share:.4f}" for share in plane.variance_explained.tolist()]
    dataset["average"].attrs["plane"] = (
        "first two principal components of the full network's condition averages over all conditions and steps; "
        f"they explain {' and '.join(shares)} of their variance"
    )
    dataset["output"].attrs["trial"] = "the first whose target ends farthest to the side of the condition's mean"
    dataset["trajectory"].attrs["plane"] = "first two principal components of each condition's own average"
    dataset["flow"].attrs["equation"] = "-x + W_k φ(x), operative columns, in the plane of the location's condition"
    dataset["flow_difference"].attrs["equation"] = "root of the sum over locations of |F_k - F|^2, over that of |F|^2"
    datasets.write_dataset(traces, dataset, todo.name)


def choose_matrices(
    ranks: pd.DataFrame,  # reduction, criterion, rank, of one network
    shown: dict[str, int],  # ranks that the task's authors chose, by reduction
    units: int,
) -> list[Matrix]:
    """Return the full matrix, then those of operative columns and rows: by all criteria and of the authors' rank.

    A criterion that no rank meets (an empty one in the table) has no matrix; the authors' ranks are at most `units`.
    """
    matrices = [Matrix("full", "", units)]
    ranks = ranks.dropna(subset="rank")
    for reduction in REDUCTIONS:
        found = ranks[ranks["reduction"] == reduction].set_index("criterion")["rank"]
        matrices += [Matrix(reduction, name, int(found[name])) for name in CRITERIA if name in found]
        if reduction in shown:
            matrices.append(Matrix(reduction, "authors", min(shown[reduction], units)))
    return matrices


def recurrent(full: torch.Tensor, factors: dict[str, Factors], matrix: Matrix) -> torch.Tensor:
    """Return the matrix (N, N); the full one is W itself, not the product of its factors."""
    if matrix.rank == len(full):
        return full
    return factors[matrix.reduction].matrix(matrix.rank)


def relative_difference(flows: torch.Tensor, full: torch.Tensor) -> torch.Tensor:  # (R, L, N), (L, N)
    """Return ‖F_k − F‖ / ‖F‖ (R) over all locations, 0 where there is no flow at all."""
    total = full.norm()
    difference = (flows - full).norm(dim=(-2, -1))
    return torch.where(total > 0, difference / total, difference)


def local_impact(path: str, network: int) -> xr.DataArray:
    return datasets.read_dataset(path, ["impact"], network=network)["impact"].drop_vars(
        ["network", "condition", "step"]
    )


if __name__ == "__main__":
    run(main, snakemake)
