"""Gather fixed and slow points of all tasks and networks of an ensemble in one table, with the dynamics around them."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from pipeline import datasets
from pipeline.jobs import run
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

SEARCHES = ["network", "input", "reduction", "criterion", "rank", "index_sum", "tau"]
POINTS = ["state", "speed", "distance", "eigenvalue_real", "eigenvalue_imaginary", "output"]
KEY = ["task", "network", "input", "reduction", "criterion", "kind", "point"]
ORDER = ["fixed", "slow", "none"]
BEFORE = [*KEY[:5], "rank", "index_sum", *KEY[5:], "speed"]  # the columns before the outputs, and those behind them
BEHIND = ["distance", "unstable", "leading_real", "leading_imaginary", "time_constant", "frequency"]


def main(fixed_points: list[str], table: str) -> None:
    parts = [points_of_chunk(path) for path in fixed_points]
    seen: dict[tuple[str, int], str] = {}
    for path, part in zip(fixed_points, parts, strict=True):
        for network in part[["task", "network"]].drop_duplicates().itertuples(index=False, name=None):
            if network in seen:
                raise ValueError(
                    f"{path}: holds network {network[1]} of {network[0]} as {seen[network]}, expected it once"
                )
            seen[network] = path
    points = pd.concat(parts)
    outputs = max(([name for name in part if name.startswith("output")] for part in parts), key=len)
    points["kind"] = pd.Categorical(points["kind"], ORDER)
    points = points.sort_values([*KEY[:-1], "output"], kind="stable")
    points["point"] = points.groupby(KEY[:-1], observed=True).cumcount() + (points["kind"] != "none")
    write_table(table, points[[*BEFORE, *outputs, *BEHIND]])


def points_of_chunk(path: str) -> pd.DataFrame:
    """Return one row a point, and one of the kind `none` for each search that found neither kind.

    The first output at a point is the column `output`, empty if there is none; others are `output_2`, and so on.
    """
    kept = [name if name in ("index_sum", "tau") else f"searched_{name}" for name in SEARCHES]
    dataset = datasets.read_dataset(path, [*POINTS, *kept, "search", "kind"])
    search, kinds = dataset["search"].values, {*dataset["kind"].values.tolist()}
    if not (np.isin(search, np.arange(dataset.sizes["searched"])).all() and kinds <= {*ORDER[:2]}):
        raise ValueError(f"{path}: has points of searches that it does not have, or of no known kind")
    searches = pd.DataFrame({name: dataset[column].values for name, column in zip(SEARCHES, kept, strict=True)})
    searches.insert(0, "task", dataset.attrs["task"])
    if searches.duplicated([*KEY[:5], "rank"]).any():
        raise ValueError(f"{path}: has a search twice, expected each network, input and matrix once")
    searches["index_sum"] = searches["index_sum"].astype("Int64")  # empty where a search has none
    outputs = dataset["output"].values
    if outputs.shape[-1] == 0:
        outputs = np.full((len(outputs), 1), np.nan)
    names = ["output", *(f"output_{number}" for number in range(2, outputs.shape[-1] + 1))]
    rows = pd.DataFrame(
        {
            "search": dataset["search"].values,
            "kind": dataset["kind"].values,
            "speed": dataset["speed"].values,
            "distance": dataset["distance"].values,
            **dict(zip(names, outputs.T, strict=True)),
            **describe(dataset),
        }
    )
    rows["unstable"] = rows["unstable"].astype("Int64")  # a count, empty where there is no point
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
    run(main, snakemake)
