"""Trace one network with its full matrix and with reduced ones, and the recurrent flow where dimensions are found."""

import logging
from typing import TYPE_CHECKING

import torch
import xarray as xr

from opdims import storage
from opdims.devices import select_device
from opdims.network import tanh
from opdims.reduction import Factors
from opdims.sampling import draw_trials
from opdims.seeding import make_generator
from opdims.tasks.catalogue import TASKS
from opdims.traces import Matrix, choose_matrices, principal_plane, trace
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANK_COLUMNS = ["task", "reduction", "network", "criterion", "rank"]
FLOW_RANKS = (1, 5, 10, 25)  # of the operative columns whose flow is kept, beside that of the full matrix


def main(
    network: str,
    states: str,
    columns: str,
    rows: str,
    reduced_columns: str,
    reduced_rows: str,
    ranks: str,
    traces: str,
    device: str,
    seed: int,
    sampling: dict,
) -> None:
    place = select_device(device)
    read = storage.read_network(network)
    name, number, dt = read.attributes.task, read.attributes.network, read.attributes.dt
    task, full = TASKS[name], read.final.to(place)
    units = len(full.recurrent)
    factors = {
        "operative_columns": datasets.read_factors(reduced_columns, number).to(place),
        "operative_rows": datasets.read_factors(reduced_rows, number).to(place),
    }
    matrices = choose_matrices(read_table(ranks, RANK_COLUMNS), name, number, units)
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

    local = datasets.read_dataset(states, ["state"], network=number)
    flow_ranks = sorted({*(rank for rank in FLOW_RANKS if rank < units), units})
    state = torch.tensor(local["state"].values).to(place)
    weights = [recurrent(full.recurrent, factors, Matrix("operative_columns", "", rank)) for rank in flow_ranks]
    flows = torch.stack([tanh(state) @ matrix.mT - state for matrix in weights])
    own = [principal_plane(average) for average in traced.average[0]]
    at = [task.conditions.index(condition) for condition in local["condition"].values]
    trajectory = torch.stack([each.project(average) for each, average in zip(own, traced.average[0], strict=True)])
    location = torch.stack([own[condition].project(x) for condition, x in zip(at, state, strict=True)])
    flow = torch.stack([own[condition].project_vectors(flows[:, i]) for i, condition in enumerate(at)], dim=1)
    members = [(torch.tensor(at) == condition).to(place) for condition in range(len(task.conditions))]
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
    dataset["output"].attrs["trial"] = "the first whose target ends farthest to the side of the condition's mean"
    dataset["trajectory"].attrs["plane"] = "first two principal components of each condition's own average"
    dataset["flow"].attrs["equation"] = "-x + W_k tanh(x), operative columns, in the plane of the location's condition"
    dataset["flow_difference"].attrs["equation"] = "root of the sum over locations of |F_k - F|^2, over that of |F|^2"
    datasets.write_dataset(traces, dataset)


def recurrent(full: torch.Tensor, factors: dict[str, Factors], matrix: Matrix) -> torch.Tensor:
    """Return the matrix (N, N); the full one is W itself, not the product of its factors."""
    if matrix.rank == len(full):
        return full
    return factors[matrix.reduction].matrix(matrix.rank)


def local_impact(path: str, network: int) -> xr.DataArray:
    return datasets.read_dataset(path, ["impact"], network=network)["impact"].drop_vars(
        ["network", "condition", "step"]
    )


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.network,
            snakemake.input.states,
            snakemake.input.columns,
            snakemake.input.rows,
            snakemake.input.reduced_columns,
            snakemake.input.reduced_rows,
            snakemake.input.ranks,
            snakemake.output.traces,
            snakemake.params.device,
            snakemake.params.seed,
            snakemake.params.sampling,
        )
