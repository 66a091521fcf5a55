"""Summarise over networks what figure 5 shows: the column dimensions of the bands of frequencies."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.function_summaries import SUMMARY, summarise_functions
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RANK = 10  # at which every band is compared with every other
ANGLES = {("slow", "medium"): "a", ("slow", "fast"): "b", ("medium", "fast"): "c"}
COSTS = {"slow": "d", "medium": "e", "fast": "f"}  # by the trials
PRINCIPAL_ANGLES = {"mean_angle": "h", "smallest_angle": "i"}


def main(functions: str, angles: str, principal_angles: str, data: str) -> None:
    table = summarise_functions(functions, angles, principal_angles, "sine_generation")
    costs = table[table["measure"] == "cost"]
    rank = costs.loc[costs["rank"] <= RANK, "rank"].max()  # the nearest below, if the ranks do not include it
    pairs = pd.Series(list(zip(table["function"], table["other"], strict=True)), index=table.index)
    parts = [
        table[table["measure"] == "angle"].assign(panel=pairs.map(ANGLES)),
        costs.assign(panel=costs["other"].map(COSTS)),
        costs[costs["rank"] == rank].assign(panel="g"),
        table[table["measure"].isin(PRINCIPAL_ANGLES)].assign(panel=table["measure"].map(PRINCIPAL_ANGLES)),
    ]
    key = ["panel", "measure", "function", "other", "component", "other_component", "rank"]
    write_table(data, pd.concat(parts)[["panel", *SUMMARY]].sort_values(key))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.functions,
            snakemake.input.angles,
            snakemake.input.principal_angles,
            snakemake.output.data,
        )
