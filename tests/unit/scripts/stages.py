"""All stages and tables of the networks of one task, in one chunk, in the current folder."""

from pathlib import Path
from types import ModuleType

import torch

import evaluate_functions
import evaluate_networks
import find_dimensions
import find_fixed_points
import reduce_networks
import sample_states
import tabulate_angles
import tabulate_dimensionality
import tabulate_fixed_points
import tabulate_functions
import tabulate_left_out
import tabulate_overlap
import tabulate_performance
import tabulate_ranks
import tabulate_recurrent_variance
import trace_network
import train_network
from opdims.names import PROJECTIONS, REDUCTIONS

UNITS = 12
CONSTANTS = {
    **{"units": UNITS, "gain": 1.0, "tau": 10.0, "dt": 1.0, "noise_std": 0.1},
    **{"nonlinearity": "tanh", "bias": False},
}
TRAINING = {
    "learning_rate": 5e-3,
    "last_learning_rate": 1e-3,
    "averaging": 2,
    "betas": [0.9, 0.99],
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "phases": [{"iterations": 3, "dt": 10.0}, {"iterations": 1, "dt": 5.0}],
    "checkpoint_interval": 2,
}
SEARCH = {
    "slow_tolerance": 1e-4,
    "fixed_tolerance": 1e-24,
    "slow_distance": 0.5,
    "fixed_distance": 1e-4,
    "iterations": 60,
}
RANKS = [1, 3, 50]
LARGEST_RANK = 3  # of functions
REDUCED = {reduction: f"reduced_{reduction}.nc" for reduction in REDUCTIONS}
PERFORMANCE = {reduction: f"performance_{reduction}.csv" for reduction in REDUCTIONS}
OPERATIVE = ("operative_columns", "operative_rows")
DIMENSIONS = {"columns": "columns.nc", "rows": "rows.nc"}
EVALUATION = {"seed": 1, "evaluation": {"repeats": 1}, "memory": 2000}
STAGES: dict[ModuleType, tuple[dict, list[str]]] = {  # what each is told besides networks, task and device; its outputs
    train_network: (
        {"weights": "network_1.h5", "history": "history.csv", "checkpoint": "network.checkpoint", "network": 1}
        | {"code": "", "seed": 1, "constants": CONSTANTS, "training": TRAINING},
        ["network_1.h5", "history.csv"],
    ),
    sample_states: (
        {"states": "states.nc", "seed": 1, "sampling": {"repeats": 3, "interval": None}},
        ["states.nc"],
    ),
    find_dimensions: (
        DIMENSIONS | {"states": "states.nc", "dimensions": {"threshold": 1e-8}},
        [*DIMENSIONS.values()],
    ),
    reduce_networks: (
        DIMENSIONS | {"states": "states.nc", "reduced": [*REDUCED.values()], "reductions": [*REDUCTIONS]},
        [*REDUCED.values()],
    ),
    evaluate_networks: (
        EVALUATION
        | {"reduced": [*REDUCED.values()], "performance": [*PERFORMANCE.values()], "ranks": RANKS}
        | {"reductions": [*REDUCTIONS]},
        [*PERFORMANCE.values()],
    ),
    evaluate_functions: (
        EVALUATION | DIMENSIONS | {"functions": "part_of_functions.csv", "largest_rank": LARGEST_RANK},
        ["part_of_functions.csv"],
    ),
    find_fixed_points: (
        {"states": "states.nc", "fixed_points": "fixed_points.nc", "search": SEARCH}
        | {"reduced": [REDUCED[each] for each in OPERATIVE], "performance": [PERFORMANCE[each] for each in OPERATIVE]},
        ["fixed_points.nc"],
    ),
    trace_network: (
        DIMENSIONS
        | {"weights": "network_1.h5", "network": 1, "states": "states.nc", "ranks": "ranks.csv", "traces": "traces.nc"}
        | {f"reduced_{dimension}": REDUCED[f"operative_{dimension}"] for dimension in DIMENSIONS}
        | {"seed": 1, "sampling": {"repeats": 3}},
        ["traces.nc"],
    ),
}


def run_stage(stage: ModuleType, task: dict, networks: int = 1) -> None:
    arguments, _ = STAGES[stage]
    arguments = arguments | {"device": "cpu"}
    if stage is not reduce_networks:
        arguments["task"] = task
    if stage not in (train_network, trace_network):
        arguments["networks"] = files(networks)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as jobs do: more of them wait for each other, most of all beside other work
    try:
        stage.main(**arguments)
    finally:
        torch.set_num_threads(threads)


def files(networks: int) -> list[str]:
    return [f"network_{number}.h5" for number in range(1, networks + 1)]


def run_all(task: dict, networks: int = 1, train: bool = False) -> None:
    """Run every stage on the files network_1.h5, network_2.h5, … of the current folder, and make every table."""
    for stage in STAGES:
        if stage is trace_network:
            tabulate(task, networks)
        if stage is not train_network or train:
            run_stage(stage, task, networks)


def tabulate(task: dict, networks: int) -> None:
    name, columns, rows, states = task["name"], ["columns.nc"], ["rows.nc"], ["states.nc"]
    numbers = list(range(1, networks + 1))
    parts = [[name, reduction, numbers] for reduction in PERFORMANCE]
    tabulate_performance.main([*PERFORMANCE.values()], files(networks), "performance.csv", parts, RANKS)
    tabulate_ranks.main("performance.csv", "ranks.csv")
    tabulate_functions.main(
        ["part_of_functions.csv"], files(networks), "functions.csv", [[name, numbers]], LARGEST_RANK
    )
    tabulate_dimensionality.main(files(networks), states, columns, rows, "dimensionality.csv")
    tabulate_overlap.main(files(networks), states, columns, rows, "overlap.csv")
    tabulate_angles.main(columns, rows, "angles.csv", "principal_angles.csv", 1, [task])
    tabulate_recurrent_variance.main([REDUCED[reduction] for reduction in PROJECTIONS], "recurrent_variance.csv")
    tabulate_fixed_points.main(["fixed_points.nc"], "fixed_points.csv")
    tabulate_left_out.main(files(networks), "performance.csv", "left_out.csv")


def described(name: str, file: Path | None = None, recordings: Path | None = None) -> dict:
    """Return a task as a rule names it."""
    return {
        "name": name,
        "file": None if file is None else str(file),
        "recordings": None if recordings is None else str(recordings),
        "digest": "",
    }
