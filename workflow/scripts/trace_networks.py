"""Trace one network with its full matrix and with reduced ones, and the recurrent flow where dimensions are found."""

import logging
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.logs import logging_to
from opdims.network import tanh
from opdims.reduction import Factors
from opdims.sampling import draw_trials
from opdims.seeding import make_generator
from opdims.tables import read_table
from opdims.tasks.catalogue import TASKS
from opdims.traces import principal_plane, trace

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CRITERIA = ("to_5_percent", "within_10_percent")  # of the table of ranks
AUTHORS = {  # the ranks in the figures of Krause et al. 2022
    "context_integration": {"operative_columns": 15, "operative_rows": 27},
    "sine_generation": {"operative_columns": 29, "operative_rows": 41},
}
FLOW_RANKS = (1, 2, 5, 25)  # of the operative columns whose flow is kept, beside that of the full matrix


class Matrix(NamedTuple):
    reduction: str
    criterion: str
    rank: int


def main(
    network: str,
    states: str,
    columns: str,
    rows: str,
    reduced: list[str],
    ranks: str,
    traces: str,
    device: str,
    seed: int,
    sampling: dict,
    reductions: list[str],
) -> None:
    place = select_device(device)
    read = storage.read_network(network)
    name, number, dt = read.attributes.task, read.attributes.network, read.attributes.dt
    task, full = TASKS[name], read.final.to(place)
    units = len(full.recurrent)
    factors = {
        reduction: storage.read_factors(path, number).to(place)
        for reduction, path in zip(reductions, reduced, strict=True)
    }
    matrices = choose(read_table(ranks, ["task", "reduction", "network", "criterion", "rank"]), name, number, units)
    trials, noise = draw_trials(
        task,
        units,
        repeats=sampling["repeats"],
        dt=dt,
        noise_std=read.attributes.noise_std,
        generator=make_generator(seed, name, number, "sampling"),
    )
    reduced_matrices = (recurrent(full.recurrent, factors, matrix) for matrix in matrices)
    traced = trace(full, reduced_matrices, trials, noise, step=read.attributes.step)
    logging.info("network %d: traced with %d matrices", number, len(matrices))
    plane = principal_plane(traced.average[0])

    local = storage.read_dataset(states, ["state"], network=number)
    flow_ranks = sorted({*(rank for rank in FLOW_RANKS if rank < units), units})
    state = torch.tensor(local["state"].values).to(place)
    weights = [recurrent(full.recurrent, factors, Matrix("operative_columns", "", rank)) for rank in flow_ranks]
    flows = torch.stack([tanh(state) @ matrix.mT - state for matrix in weights])
    own = [principal_plane(average) for average in traced.average[0]]
    at = [task.conditions.index(condition) for condition in local["condition"].values]
    trajectory = torch.stack([each.project(average) for each, average in zip(own, traced.average[0], strict=True)])
    location = torch.stack([own[condition].project(x) for condition, x in zip(at, state, strict=True)])
    flow = torch.stack([own[condition].project_vectors(flows[:, i]) for i, condition in enumerate(at)], dim=1)
    members = [torch.tensor(at) == condition for condition in range(len(task.conditions))]
    difference = torch.stack([(flows - flows[-1])[:, m].norm(dim=(-2, -1)) / flows[-1, m].norm() for m in members], 1)

    dataset = xr.Dataset(
        {
            "average": (("matrix", "condition", "time", "component"), plane.project(traced.average).cpu().numpy()),
            "output": (("matrix", "condition", "time", "channel"), traced.output.cpu().numpy()),
            "target": (("condition", "time", "channel"), traced.target.cpu().numpy()),
            "trajectory": (("condition", "time", "component"), trajectory.cpu().numpy()),
            "sampled": (("location", "component"), location.cpu().numpy()),
            "flow": (("flow_rank", "location", "component"), flow.cpu().numpy()),
            "flow_difference": (("flow_rank", "condition"), difference.cpu().numpy()),
            "column_impact": local_impact(columns, number).squeeze("order"),
            "row_impact": local_impact(rows, number),
        },
        coords={
            "reduction": ("matrix", [matrix.reduction for matrix in matrices]),
            "criterion": ("matrix", [matrix.criterion for matrix in matrices]),
            "rank": ("matrix", [matrix.rank for matrix in matrices]),
            "condition": list(task.conditions),
            "time": ("time", [dt * step for step in range(1, traced.average.shape[-2] + 1)], {"units": "ms"}),
            "flow_rank": flow_ranks,
            "location_condition": ("location", local["condition"].values),
            "location_step": ("location", local["step"].values),
        },
        attrs={"task": name, "network": number},
    )
    shares = [f"{share:.4f}" for share in plane.variance_explained.tolist()]
    dataset["average"].attrs["plane"] = (
        "first two principal components of the full network's condition averages over all conditions and steps; "
        f"they explain {shares[0]} and {shares[1]} of their variance"
    )
    dataset["output"].attrs["trial"] = "of each condition the one whose target ends farthest from zero; with noise"
    dataset["trajectory"].attrs["plane"] = "first two principal components of each condition's own average"
    dataset["flow"].attrs["equation"] = "-x + W_k tanh(x), operative columns, in the plane of the location's condition"
    dataset["flow_difference"].attrs["equation"] = "root of the sum over locations of |F_k - F|^2, over that of |F|^2"
    storage.write_dataset(traces, dataset)


def choose(ranks: pd.DataFrame, task: str, network: int, units: int) -> list[Matrix]:
    """Return the full matrix and the reduced matrices, by both criteria, where they have a rank, and the authors'."""
    matrices = [Matrix("full", "", units)]
    own = ranks[(ranks["task"] == task) & (ranks["network"] == network)].dropna(subset="rank")
    for reduction, rank in AUTHORS[task].items():
        found = own[own["reduction"] == reduction].set_index("criterion")["rank"]
        matrices += [Matrix(reduction, name, int(found[name])) for name in CRITERIA if name in found]
        matrices.append(Matrix(reduction, "authors", min(rank, units)))
    return matrices


def recurrent(full: torch.Tensor, factors: dict[str, Factors], matrix: Matrix) -> torch.Tensor:
    """Return the matrix (N, N); the full one is W itself, not the product of its factors."""
    if matrix.rank == len(full):
        return full
    return factors[matrix.reduction].matrix(matrix.rank)


def local_impact(path: str, network: int) -> xr.DataArray:
    return storage.read_dataset(path, ["impact"], network=network)["impact"].drop_vars(["network", "condition", "step"])


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.network,
            snakemake.input.states,
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.input.reduced,
            snakemake.input.ranks,
            snakemake.output.traces,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.sampling,
            snakemake.params.reductions,
        )
