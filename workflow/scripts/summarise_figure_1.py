"""Summarise over networks what figure 1 shows: high-variance dimensions of W and of the activity."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.logs import logging_to
from pipeline.tables import read_table, summarise, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"context_integration": "cde", "sine_generation": "hij"}
COMPONENTS = 30  # that are shown
COLUMNS = ["panel", "task", "measure", "quantity", "rank", "mean", "deviation", "networks"]


def main(performance: str, dimensionality: str, data: str) -> None:
    variance = read_table(dimensionality, ["task", "quantity", "network", "component", "variance_explained"])
    variance = variance[variance["component"] <= COMPONENTS]
    variance = variance[variance["quantity"].isin(["recurrent", "activity"])].rename(columns={"component": "rank"})
    reduced = read_table(performance, ["task", "reduction", "network", "rank", "cost", "state_distance"])
    reduced = reduced[reduced["reduction"] == "high_variance"].rename(columns={"reduction": "quantity"})
    parts = []
    for index, (measure, table) in enumerate(
        {"variance_explained": variance, "cost": reduced, "state_distance": reduced}.items()
    ):
        part = summarise(table, ["task", "quantity", "rank"], measure)
        part["measure"] = measure
        part["panel"] = part["task"].map({task: letters[index] for task, letters in PANELS.items()})
        parts.append(part)
    write_table(data, pd.concat(parts)[COLUMNS].sort_values(["panel", "quantity", "rank"]))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.performance, snakemake.input.dimensionality, snakemake.output.data)
