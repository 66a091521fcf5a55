"""Choose what figure 2 shows: of an example network, the recurrent flow along one trajectory, and local impacts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from pipeline import datasets, panels
from pipeline.jobs import run
from pipeline.tables import concatenate, spread, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

VARIABLES = ["trajectory", "sampled", "flow", "flow_difference", "column_impact", "row_impact", "time"]
ORDERS = 4  # local row dimensions that are shown
POINTS = 100  # of a trajectory that are drawn
COLUMNS = [
    *("panel", "task", "network", "condition", "quantity", "rank"),
    *("time", "x", "y", "flow_x", "flow_y", "difference", "impact"),
]


def main(traces: list[str], data: str) -> None:
    read = (datasets.read_dataset(path, VARIABLES) for path in traces)
    free = iter(panels.LETTERS)
    parts = [part for each in sorted(read, key=lambda each: each.attrs["task"]) for part in choose(each, free)]
    write_table(data, concatenate((part.reindex(columns=COLUMNS) for part in parts), COLUMNS))


def choose(traces: xr.Dataset, free: Iterator[str]) -> list[pd.DataFrame]:
    """Return the rows of a task: those of its middle condition, a panel for each rank of the flow, one for impacts."""
    conditions = [name for name in traces["condition"].values if (traces["location_condition"] == name).any()]
    middle = conditions[len(conditions) // 2]
    traces = traces.sel(condition=middle).isel(location=traces["location_condition"].values == middle)
    steps = spread(traces.sizes["time"], POINTS)
    time = traces["time"].values  # ms, of steps 1, 2, …
    curve = pd.DataFrame(traces["trajectory"].values[steps], columns=["x", "y"]).assign(time=time[steps])
    start = pd.DataFrame(traces["sampled"].values, columns=["x", "y"])
    start["time"] = time[traces["location_step"].values.astype(int) - 1]
    *ranks, full = traces["flow_rank"].values.tolist()

    def flow(quantity: str, rank: int) -> pd.DataFrame:
        at = traces.sel(flow_rank=rank)
        arrows = pd.DataFrame(at["flow"].values, columns=["flow_x", "flow_y"])
        return pd.concat([start, arrows], axis=1).assign(
            quantity=quantity, rank=rank, difference=at["flow_difference"].item()
        )

    parts = []
    for rank in ranks:
        letter = next(free)
        for part in (curve.assign(quantity="trajectory"), flow("full_flow", full), flow("reduced_flow", rank)):
            parts.append(part.assign(panel=letter))
    letter = next(free)
    impacts = {("column", 1): traces["column_impact"]}
    impacts |= {("row", order + 1): traces["row_impact"][:, order] for order in range(traces.sizes["order"])[:ORDERS]}
    for (dimension, order), impact in impacts.items():
        part = pd.DataFrame({"time": start["time"], "impact": impact.values}).dropna()
        parts.append(part.assign(quantity=f"{dimension}_impact", rank=order, panel=letter))
    known = {"task": traces.attrs["task"], "network": traces.attrs["network"], "condition": middle}
    return [part.assign(**known).astype({"rank": "Int64"} if "rank" in part else {}) for part in parts]


if __name__ == "__main__":
    run(main, snakemake)
