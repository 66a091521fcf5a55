"""Summarise what figure 8 shows: fixed and slow points of full and reduced networks, and the linear dynamics there."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
import xarray as xr

from opdims.geometry import principal_components
from pipeline import datasets, panels
from pipeline.jobs import run
from pipeline.panels import DynamicsPanel
from pipeline.summaries import summarise_present
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REDUCTIONS = ["full", "operative_columns", "operative_rows"]
CRITERIA = ["full", "authors", "to_5_percent", "distance_to_5_percent"]  # the first that a network has is shown
SHOWN = ["network", "reduction", "criterion"]
SEARCH = ["input", "reduction", "rank"]
READ = ["task", "network", *SEARCH, "criterion", "kind", "leading_real", "time_constant", "frequency"]
ARRAYS = ["state", "eigenvalue_real", "eigenvalue_imaginary", "output"]
SEARCHED = [f"searched_{name}" for name in ("network", *SEARCH, "criterion")]
COLUMNS = ["panel", "task", "network", "channels", *SEARCH, "kind", "x", "y", "deviation", "networks"]


def main(table: str, fixed_points: list[str], data: str, labels: dict) -> None:
    points = read_table(table, READ)
    points = points[points["reduction"].isin(REDUCTIONS)]
    files: dict[str, list[xr.Dataset]] = {}
    for path in fixed_points:
        dataset = datasets.read_dataset(path, [*ARRAYS, *SEARCHED])
        files.setdefault(dataset.attrs["task"], []).append(dataset)
    parts = []
    for panel in panels.dynamics_panels(sorted(points["task"].unique()), labels):
        of_task = Dynamics(panel.task, points, files.get(panel.task, []), labels)
        rows = of_task.rows_of(panel).assign(panel=panel.letter, task=panel.task, channels=of_task.channels)
        parts.append(rows.reindex(columns=COLUMNS))
    rows = concatenate(parts, COLUMNS)
    rows["reduction"] = pd.Categorical(rows["reduction"], REDUCTIONS)
    for name in ("network", "channels", "networks"):
        rows[name] = rows[name].astype("Int64")
    write_table(data, panels.sort(rows, ["panel", "input", "reduction", "kind", "x", "y"]))


class Dynamics:
    """The points of a task: a row each, and of its first network with their arrays."""

    def __init__(self, task: str, points: pd.DataFrame, files: list[xr.Dataset], labels: dict) -> None:
        known = labels.get(task, {})
        self.frequencies: dict[str, float] = known.get("frequencies") or {}
        points = points[points["task"] == task]
        searches = points.loc[points["criterion"].isin(CRITERIA), SHOWN].drop_duplicates()
        searches = searches.sort_values("criterion", key=lambda names: names.map(CRITERIA.index), kind="stable")
        self.shown = searches.drop_duplicates(SHOWN[:-1])
        self.table = points.merge(self.shown)
        self.files = files
        self.number = points["network"].min()
        self.example, self.arrays = self.read_example(task)
        self.channels = self.arrays.sizes["channel"]

    def read_example(self, task: str) -> tuple[pd.DataFrame, xr.Dataset]:
        """Return the points of the first network: one row each, and their arrays in the same order."""
        for dataset in self.files:
            if (dataset["searched_network"].values == self.number).any():
                rows = self.rows_in(dataset)
                rows = rows[rows["network"] == self.number]
                return rows.reset_index(drop=True), dataset.isel(point=rows.index.to_numpy())
        raise ValueError(f"{task}: no file of fixed points has network {self.number}, expected it in one of them")

    def rows_in(self, dataset: xr.Dataset) -> pd.DataFrame:
        """Return what the points of a file that are shown were found for; the index is their place there."""
        search = dataset["search"].values
        rows = pd.DataFrame({name.removeprefix("searched_"): dataset[name].values[search] for name in SEARCHED})
        rows["kind"] = dataset["kind"].values
        return rows.reset_index().merge(self.shown).set_index("index").sort_index()

    def rows_of(self, panel: DynamicsPanel) -> pd.DataFrame:
        """Return what a panel shows."""
        match panel.kind:
            case "points":
                return self.located().query("reduction == @panel.of")
            case "spectrum":
                return self.spectra(panel.of)
            case "range":
                return self.over_networks(self.extents(), ["input", "reduction"], "extent")
            case "time_constant":
                slowest = self.table.groupby(["network", *SEARCH])["time_constant"].median()
                slowest = slowest.replace(np.inf, np.nan)  # of exact line attractors
                return self.over_networks(slowest.reset_index(), ["input", "reduction"], "time_constant")
            case kind:
                return self.rotations("frequency" if kind == "frequency" else "leading_real")

    def located(self) -> pd.DataFrame:
        """Return the points in two coordinates.

        With one output they are that, and the first principal component of the full network's points, less their
        regression on the output: an axis that tells the inputs apart. Otherwise they are the first two components.
        """
        state, output = self.arrays["state"].values, self.arrays["output"].values
        full = (self.example["reduction"] == "full").to_numpy()
        unstable = (self.arrays["eigenvalue_real"].values > 0).any(-1)
        kinds = np.where(self.example["kind"] == "slow", "slow", np.where(unstable, "unstable", "stable"))
        rows = self.example.assign(kind=kinds)
        if not full.any():
            return rows.iloc[:0]
        if self.channels == 1:
            design = np.concatenate([np.ones((len(rows), 1)), output], axis=-1)
            slope = np.linalg.lstsq(design[full], state[full], rcond=None)[0]
            rest = state - design @ slope
            axes = principal_components(torch.from_numpy(rest[full])).direction.numpy()
            return rows.assign(x=output[:, 0], y=rest @ axes[:, 0])
        axes = principal_components(torch.from_numpy(state[full])).direction.numpy()
        coordinates = (state - state[full].mean(0)) @ axes[:, :2]
        second = coordinates[:, 1] if coordinates.shape[-1] > 1 else 0.0  # of one unit
        return rows.assign(x=coordinates[:, 0], y=second)

    def spectra(self, name: str) -> pd.DataFrame:
        """Return the eigenvalues at a fixed point of each matrix under a constant input.

        It is the least stable one where the input stands for a frequency, and otherwise the one whose outputs (without
        any, whose state) are nearest zero.
        """
        rows = self.example[(self.example["input"] == name) & (self.example["kind"] == "fixed")]
        if self.frequencies:
            wanted = -self.arrays["eigenvalue_real"].values[:, 0]
        else:
            wanted = np.linalg.norm(self.arrays["output" if self.channels else "state"].values, axis=-1)
        parts = []
        for _, group in rows.groupby("reduction"):
            index = group.index[wanted[group.index].argmin()]
            real, imaginary = (self.arrays[f"eigenvalue_{part}"].values[index] for part in ("real", "imaginary"))
            spectrum = pd.DataFrame({"x": real, "y": imaginary, "kind": "eigenvalue"})
            parts.append(spectrum.assign(**self.example.loc[index, ["network", *SEARCH]]))
        return concatenate(parts, ["x", "y", "kind", "network", *SEARCH])

    def extents(self) -> pd.DataFrame:
        """Return the largest distance between outputs at the points of each search: with one output, their range."""
        key = ["network", *SEARCH]
        found = []
        for dataset in self.files:
            rows, outputs = self.rows_in(dataset), dataset["output"].values
            for values, group in rows.groupby(key):
                found.append((*values, largest_distance(outputs[group.index])))
        searches = self.table[key].drop_duplicates()
        return searches.merge(pd.DataFrame(found, columns=[*key, "extent"]), on=key, how="left")

    def rotations(self, value: str) -> pd.DataFrame:
        """Return over networks the frequency or growth rate of the leading mode at the least stable fixed point.

        The frequency is that of the networks in which the mode rotates.
        """
        each = self.table[(self.table["kind"] != "slow") & self.table["input"].isin(list(self.frequencies))]
        each = each.sort_values("leading_real", kind="stable").groupby(["network", *SEARCH]).last().reset_index()
        each = each.assign(x=each["input"].map(self.frequencies))
        each["frequency"] = each["frequency"].where(each["frequency"] > 0)
        return self.over_networks(each, ["input", "reduction", "x"], value)

    @staticmethod
    def over_networks(table: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
        """Return mean, deviation and number of networks that have the value, 0 where none has, and single networks."""
        summary = summarise_present(table, by, value).rename(columns={"mean": "y"})
        return table[by].drop_duplicates().merge(summary, on=by, how="left").fillna({"networks": 0})


def largest_distance(values: np.ndarray) -> float:  # (points, channels)
    """Return the largest distance between two of the points; NaN if they have no coordinates."""
    if values.shape[-1] == 0:
        return np.nan
    if values.shape[-1] == 1:
        return float(np.ptp(values))
    return max(float(np.linalg.norm(values - one, axis=-1).max()) for one in values)


if __name__ == "__main__":
    run(main, snakemake)
