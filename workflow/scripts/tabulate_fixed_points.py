"""Gather fixed and slow points of all tasks and networks of an ensemble in one table, with the dynamics around them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

SEARCHES = ["network", "input", "reduction", "criterion", "rank"]
POINTS = ["state", "speed", "distance", "eigenvalue_real", "eigenvalue_imaginary", "output"]
KEY = ["task", "network", "input", "reduction", "criterion", "kind", "point"]
ORDER = ["fixed", "slow", "none"]
COLUMNS = [
    *(
        "task",
        "network",
        "input",
        "reduction",
        "criterion",
        "rank",
        "index_sum",
        "kind",
        "point",
        "speed",
        "output",
        "distance",
    ),
    *("unstable", "leading_real", "leading_imaginary", "time_constant", "frequency"),
]


def main(fixed_points: list[str], table: str) -> None:
    parts = []
    for path in fixed_points:  # .../{task}/fixed_points/chunk_{chunk}.nc
        part = points_of_chunk(path)
        part["task"] = Path(path).parts[-3]
        parts.append(part)
    points = pd.concat(parts)
    points["kind"] = pd.Categorical(points["kind"], ORDER)
    points = points.sort_values([*KEY[:-1], "output"], kind="stable")
    points["point"] = points.groupby(KEY[:-1], observed=True).cumcount() + (points["kind"] != "none")
    write_table(table, points[COLUMNS])


def points_of_chunk(path: str) -> pd.DataFrame:
    """Return one row a point, and one of the kind `none` for each search that found neither kind."""
    searched = [f"searched_{name}" for name in SEARCHES]
    dataset = datasets.read_dataset(path, [*POINTS, *searched, "tau", "index_sum"])
    searches = pd.DataFrame({name: dataset[column].values for name, column in zip(SEARCHES, searched, strict=True)})
    searches["tau"], searches["index_sum"] = dataset["tau"].values, dataset["index_sum"].values
    rows = pd.DataFrame(
        {
            "search": dataset["search"].values,
            "kind": dataset["kind"].values,
            "speed": dataset["speed"].values,
            "distance": dataset["distance"].values,
            "output": dataset["output"].values[:, 0],
            **describe(dataset),
        }
    )
    rows = searches.join(rows.set_index("search")).reset_index(drop=True)
    rows["kind"] = rows["kind"].fillna("none")
    rows["time_constant"] *= rows["tau"]
    rows["frequency"] *= 1000 / rows["tau"]
    return rows


def describe(points: xr.Dataset) -> dict[str, np.ndarray]:
    """Return what the eigenvalues (falling in their real parts) tell of each point, in units of τ.

    The leading eigenvalue has the largest real part; its frequency is Im λ/2π, 0 if it is real. The time constant is
    that of the slowest mode, 1/|Re λ|.
    """
    real, imaginary = points["eigenvalue_real"].values, points["eigenvalue_imaginary"].values
    with np.errstate(divide="ignore"):  # of an exact line attractor
        time_constant = 1 / np.abs(real).min(-1)
    return {
        "unstable": (real > 0).sum(-1),
        "leading_real": real[:, 0],
        "leading_imaginary": imaginary[:, 0],
        "time_constant": time_constant,
        "frequency": imaginary[:, 0] / (2 * np.pi),
    }


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.fixed_points, snakemake.output.table)
