"""Summarise over networks what figure 4 shows: the column dimensions of the contexts and of the choices."""

from typing import TYPE_CHECKING

from pipeline.function_summaries import SUMMARY, summarise_functions
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"context": "abc", "choice": "def"}
MEASURES = {"angle": 0, "cost": 1, "smallest_angle": 2, "mean_angle": 2, "largest_angle": 2}


def main(functions: str, angles: str, principal_angles: str, data: str) -> None:
    table = summarise_functions(functions, angles, principal_angles, "context_integration")
    table["panel"] = [
        PANELS[grouping][MEASURES[measure]]
        for grouping, measure in zip(table["grouping"], table["measure"], strict=True)
    ]
    table = table[["panel", *SUMMARY]]
    key = ["panel", "measure", "function", "other", "component", "other_component", "rank"]
    write_table(data, table.sort_values(key))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(
            snakemake.input.functions,
            snakemake.input.angles,
            snakemake.input.principal_angles,
            snakemake.output.data,
        )
