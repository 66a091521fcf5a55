"""Summarise what figure 8 shows: fixed and slow points of full and reduced networks, and the linear dynamics there."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
import xarray as xr

from opdims.geometry import principal_components
from opdims.tasks import context_integration, sine_generation
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import read_table, summarise, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCTIONS = ["full", "operative_columns", "operative_rows"]
CRITERIA = ["full", "authors"]  # at the rank to 5% networks do their tasks, but their lines are shorter and less slow
LINES = {"full": "a", "operative_columns": "b"}
SPECTRA = dict(zip(("frequency_1", "frequency_26", "frequency_51"), "fgh", strict=True))
SEARCH = ["input", "reduction", "rank"]
READ = ["task", "network", *SEARCH, "criterion", "kind", "output", "unstable", "leading_real", "time_constant"]
COLUMNS = ["panel", "task", "network", *SEARCH, "kind", "x", "y", "deviation", "networks"]
INTEGRATION, GENERATION = context_integration.name, sine_generation.name


def main(table: str, fixed_points: list[str], data: str) -> None:
    points = read_table(table, [*READ, "frequency"])
    points = points[points["reduction"].isin(REDUCTIONS) & points["criterion"].isin(CRITERIA)]
    parts = []
    for task, of_task in points.groupby("task"):
        example = example_network(task, of_task["network"].min(), fixed_points)
        summary = summarise_lines if task == INTEGRATION else summarise_rotations
        detail = draw_lines if task == INTEGRATION else draw_rotations
        parts += [part.assign(task=task) for part in (*detail(*example), *summary(of_task))]
    rows = pd.concat(parts).reindex(columns=COLUMNS)
    rows["reduction"] = pd.Categorical(rows["reduction"], REDUCTIONS)
    for name in ("network", "networks"):
        rows[name] = rows[name].astype("Int64")
    write_table(data, rows.sort_values(["panel", "input", "reduction", "kind", "x", "y"], kind="stable"))


def example_network(task: str, number: int, fixed_points: list[str]) -> tuple[pd.DataFrame, xr.Dataset]:
    """Return the points of a network: one row each, and their arrays in the same order."""
    for path in fixed_points:  # .../{task}/fixed_points/chunk_{chunk}.nc
        if Path(path).parts[-3] != task:
            continue
        searched = [f"searched_{name}" for name in ("network", *SEARCH, "criterion")]
        dataset = datasets.read_dataset(path, ["state", "eigenvalue_real", "eigenvalue_imaginary", "output", *searched])
        search = dataset["search"].values
        rows = pd.DataFrame({name.removeprefix("searched_"): dataset[name].values[search] for name in searched})
        rows["kind"], rows["output"] = dataset["kind"].values, dataset["output"].values[:, 0]
        shown = (rows["network"] == number) & rows["criterion"].isin(CRITERIA) & rows["reduction"].isin(REDUCTIONS)
        if (dataset["searched_network"].values == number).any():
            return rows[shown].reset_index(drop=True), dataset.isel(point=np.flatnonzero(shown))
    raise ValueError(f"{task}: no file of fixed points has network {number}, expected it in one of {fixed_points}")


def draw_lines(rows: pd.DataFrame, arrays: xr.Dataset) -> list[pd.DataFrame]:
    """Return the points of both contexts against output and context axis, and the eigenvalues in the line's middle.

    The context axis is the first principal component of the full network's points, less their regression on the output.
    """
    state, output = arrays["state"].values, rows["output"].to_numpy()
    full = (rows["reduction"] == "full").to_numpy()
    if full.any():
        design = np.stack([np.ones(full.sum()), output[full]], axis=-1)
        slope = np.linalg.lstsq(design, state[full], rcond=None)[0]
        rest = state - np.stack([np.ones(len(rows)), output], axis=-1) @ slope
        axis = principal_components(torch.from_numpy(rest[full])).direction[:, 0].numpy()
        rows = rows.assign(y=rest @ axis)
    else:
        rows = rows.assign(y=np.nan)
    unstable = (arrays["eigenvalue_real"].values > 0).any(-1)
    kinds = np.where(rows["kind"] == "slow", "slow", np.where(unstable, "unstable", "stable"))
    lines = rows.assign(x=output, kind=kinds, panel=rows["reduction"].map(LINES)).dropna(subset=["panel", "y"])
    first = rows[rows["input"] == next(iter(context_integration.held_inputs))]
    fixed = first[first["kind"] == "fixed"]
    middle = [group["output"].abs().idxmin() for _, group in fixed.groupby("reduction")]
    return [lines, spectra(rows.loc[middle].assign(panel="c"), arrays)]


def draw_rotations(rows: pd.DataFrame, arrays: xr.Dataset) -> list[pd.DataFrame]:
    """Return the eigenvalues at the least stable fixed point of the slowest, a middle and the fastest frequency."""
    rows = rows.assign(leading=arrays["eigenvalue_real"].values[:, 0], panel=rows["input"].map(SPECTRA))
    fixed = rows[(rows["kind"] == "fixed") & rows["panel"].notna()]
    shown = [group["leading"].idxmax() for _, group in fixed.groupby(["panel", "reduction"])]
    return [spectra(rows.loc[shown], arrays)]


def spectra(rows: pd.DataFrame, arrays: xr.Dataset) -> pd.DataFrame:
    """Return the eigenvalues at each of the points, one row an eigenvalue."""
    parts = [
        pd.DataFrame({"x": arrays["eigenvalue_real"].values[index], "y": arrays["eigenvalue_imaginary"].values[index]})
        .assign(**row[["network", *SEARCH, "panel"]])
        .assign(kind="eigenvalue")
        for index, row in rows.iterrows()
    ]
    return pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)


def summarise_lines(points: pd.DataFrame) -> list[pd.DataFrame]:
    """Return over networks the range of outputs on the line, and the median time constant on it."""
    groups = points.groupby(["network", *SEARCH])
    each = pd.DataFrame({"d": groups["output"].max() - groups["output"].min(), "e": groups["time_constant"].median()})
    each = each.replace(np.inf, np.nan).reset_index()  # of exact line attractors
    return [over_networks(each, ["input", "reduction"], letter).assign(panel=letter) for letter in "de"]


def summarise_rotations(points: pd.DataFrame) -> list[pd.DataFrame]:
    """Return over networks the frequency and growth rate of the leading mode at the least stable fixed point.

    The frequency is that of the networks in which the mode rotates.
    """
    sampled, count = sine_generation.sampled, sine_generation.n_frequencies
    frequencies = np.linspace(sine_generation.lowest, sine_generation.highest, count)[np.array(sampled) - 1]
    target = dict(zip(sine_generation.held_inputs, frequencies.round(9), strict=True))
    each = points[points["kind"] != "slow"].sort_values("leading_real", kind="stable")
    each = each.groupby(["network", *SEARCH]).last().reset_index()
    each = each.assign(x=each["input"].map(target), i=each["frequency"].where(each["frequency"] > 0))
    each = each.rename(columns={"leading_real": "j"})
    return [over_networks(each, ["input", "reduction", "x"], letter).assign(panel=letter) for letter in "ij"]


def over_networks(table: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Return mean, deviation and number of networks that have the value; what none has stays in, with a count of 0."""
    keys = table[by].drop_duplicates()
    summary = summarise(table.dropna(subset=[value]), by, value).rename(columns={"mean": "y"})
    return keys.merge(summary, on=by, how="left").fillna({"networks": 0})


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.table, snakemake.input.fixed_points, snakemake.output.data)
