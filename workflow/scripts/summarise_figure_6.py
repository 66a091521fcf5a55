"""Choose what figure 6 shows: outputs and trajectories of an example network with its full matrix and reduced ones."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from pipeline import datasets, panels
from pipeline.jobs import run
from pipeline.tables import concatenate, spread, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CONDITIONS = 8  # that are shown, at most
CHANNELS = 3  # of the output
POINTS = 60  # of a line that are drawn
DECIMALS = 4  # of their coordinates
MATRIX = ["reduction", "criterion", "rank"]
COLUMNS = ["panel", "task", "network", *MATRIX, "quantity", "channel", "channels", "condition", "x", "y"]


def main(traces: list[str], data: str, labels: dict) -> None:
    read = (datasets.read_dataset(path, ["average"], optional=["output", "target"]) for path in traces)
    free = iter(panels.LETTERS)
    tables = [choose(each, labels, free) for each in sorted(read, key=lambda each: each.attrs["task"])]
    table = concatenate(tables, COLUMNS).astype({"channel": "Int64"})
    write_table(data, panels.sort(table, ["panel"]))


def choose(traces: xr.Dataset, labels: dict, free: Iterator[str]) -> pd.DataFrame:
    """Return the rows of a task; the targets, which are those of every matrix, stand once, beside the full one.

    The first panel is of the outputs, if there are any, the other of the trajectories.
    """
    task = traces.attrs["task"]
    conditions = shown_conditions(traces, labels.get(task, {}).get("examples", ()))
    channels = traces.sizes.get("channel", 0)
    traces = traces.sel(condition=conditions).isel(time=spread(traces.sizes["time"], POINTS))
    outputs = next(free) if channels else ""
    trajectories = next(free)
    parts = []

    def add(
        panel: str, quantity: str, condition: str, x: np.ndarray, y: np.ndarray, channel: int | None = None
    ) -> None:
        line = pd.DataFrame({"x": x, "y": y}).round(DECIMALS)
        line = line.assign(panel=panel, quantity=quantity, condition=condition, channel=channel)
        parts.append(line.assign(**{name: matrix[name].item() for name in MATRIX}))

    for index in range(traces.sizes["matrix"]):
        matrix = traces.isel(matrix=index)
        for condition in conditions:
            one = matrix.sel(condition=condition)
            for quantity in ("target", "output"):
                if quantity not in one or (quantity == "target" and index > 0):
                    continue
                for channel in range(min(channels, CHANNELS)):
                    values = one[quantity].values[:, channel]
                    add(outputs, quantity, condition, one["time"].values, values, channel + 1)
            add(trajectories, "average", condition, *one["average"].values.T)
    return pd.concat(parts).assign(task=task, network=traces.attrs["network"], channels=channels)


def shown_conditions(traces: xr.Dataset, examples: list[str]) -> list[str]:
    """Return the examples that were traced; a few conditions, as even as can be, if there are none."""
    traced = traces["condition"].values.tolist()
    found = [name for name in examples if name in traced]
    return found[:CONDITIONS] or [traced[index] for index in spread(len(traced), 4)]


if __name__ == "__main__":
    run(main, snakemake)
