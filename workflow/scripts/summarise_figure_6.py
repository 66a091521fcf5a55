"""Choose what figure 6 shows: outputs and trajectories of an example network with its full matrix and reduced ones."""

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import spread, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"context_integration": ("a", "b"), "sine_generation": ("c", "d")}  # outputs, trajectories
CONDITIONS = {  # that are shown: coherences that disagree, so that the context matters; lowest to highest frequency
    "context_integration": [
        "context_1_coherences_negative_positive",
        "context_1_coherences_positive_negative",
        "context_2_coherences_negative_positive",
        "context_2_coherences_positive_negative",
    ],
    "sine_generation": ["frequency_1", "frequency_26", "frequency_51"],
}
POINTS = 60  # of a line that are drawn
DECIMALS = 4  # of their coordinates
COLUMNS = ["panel", "task", "network", "reduction", "criterion", "rank", "quantity", "condition", "x", "y"]


def main(traces: list[str], data: str) -> None:
    tables = [choose(datasets.read_dataset(path, ["average", "output", "target"])) for path in traces]
    write_table(data, pd.concat(tables)[COLUMNS].sort_values("panel", kind="stable"))


def choose(traces: xr.Dataset) -> pd.DataFrame:
    """Return the rows of a task; the targets, which are those of every matrix, stand once, beside the full one."""
    task = traces.attrs["task"]
    outputs, trajectories = PANELS[task]
    traces = traces.sel(condition=CONDITIONS[task]).isel(time=spread(traces.sizes["time"], POINTS), channel=0)
    time = traces["time"].values
    parts = []
    for index in range(traces.sizes["matrix"]):
        matrix = traces.isel(matrix=index)
        for condition in CONDITIONS[task]:
            one = matrix.sel(condition=condition)
            lines = {"target": (outputs, time, one["target"].values)} if index == 0 else {}
            lines["output"] = (outputs, time, one["output"].values)
            lines["average"] = (trajectories, *one["average"].values.T)
            for quantity, (panel, x, y) in lines.items():
                line = pd.DataFrame({"x": x, "y": y}).round(DECIMALS)
                line = line.assign(panel=panel, quantity=quantity, condition=condition)
                parts.append(line.assign(**{name: matrix[name].item() for name in ("reduction", "criterion", "rank")}))
    return pd.concat(parts).assign(task=task, network=traces.attrs["network"])


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.traces, snakemake.output.data)
