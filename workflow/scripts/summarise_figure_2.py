"""Choose what figure 2 shows: of an example network, the recurrent flow along one trajectory, and local impacts."""

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import spread, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"context_integration": "abcde", "sine_generation": "fghij"}  # one a rank of the flow, the next for impacts
VARIABLES = ["trajectory", "sampled", "flow", "flow_difference", "column_impact", "row_impact"]
ORDERS = 4  # local row dimensions that are shown
POINTS = 100  # of a trajectory that are drawn
COLUMNS = [
    *("panel", "task", "network", "condition", "quantity", "rank"),
    *("step", "x", "y", "flow_x", "flow_y", "difference", "impact"),
]


def main(traces: list[str], data: str) -> None:
    write_table(data, pd.concat([choose(datasets.read_dataset(path, VARIABLES)) for path in traces])[COLUMNS])


def choose(traces: xr.Dataset) -> pd.DataFrame:
    """Return the rows of a task: those of its middle condition."""
    task = traces.attrs["task"]
    letters = PANELS[task]
    middle = traces["condition"].values[traces.sizes["condition"] // 2]
    traces = traces.sel(condition=middle).isel(location=traces["location_condition"].values == middle)
    steps = spread(traces.sizes["time"], POINTS)
    curve = pd.DataFrame(traces["trajectory"].values[steps], columns=["x", "y"]).assign(step=steps + 1)
    start = pd.DataFrame(traces["sampled"].values, columns=["x", "y"]).assign(step=traces["location_step"].values)
    *ranks, full = traces["flow_rank"].values.tolist()

    def flow(quantity: str, rank: int) -> pd.DataFrame:
        at = traces.sel(flow_rank=rank)
        arrows = pd.DataFrame(at["flow"].values, columns=["flow_x", "flow_y"])
        return pd.concat([start, arrows], axis=1).assign(
            quantity=quantity, rank=rank, difference=at["flow_difference"].item()
        )

    parts = []
    for letter, rank in zip(letters, ranks, strict=False):
        for part in (curve.assign(quantity="trajectory"), flow("full_flow", full), flow("reduced_flow", rank)):
            parts.append(part.assign(panel=letter))
    impacts = {("column", 1): traces["column_impact"]}
    impacts |= {("row", order + 1): traces["row_impact"][:, order] for order in range(traces.sizes["order"])[:ORDERS]}
    for (dimension, order), impact in impacts.items():
        part = pd.DataFrame({"step": start["step"], "impact": impact.values}).dropna()
        parts.append(part.assign(quantity=f"{dimension}_impact", rank=order, panel=letters[len(ranks)]))
    table = pd.concat(parts).astype({"rank": "Int64"})
    return table.assign(task=task, network=traces.attrs["network"], condition=middle)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.traces, snakemake.output.data)
