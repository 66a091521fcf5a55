"""Summarise over networks what figure 3 shows: global operative dimensions, on trajectories and at random locations."""

from typing import TYPE_CHECKING

from pipeline import panels
from pipeline.jobs import run
from pipeline.summaries import read_measures, summarise_present
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DIMENSIONS = ["columns", "rows"]
LOCATIONS = {"local": "trajectory", "operative": "trajectory", "random": "random"}
COLUMNS = ["panel", "task", "dimension", "locations", "measure", "rank", "mean", "deviation", "networks", "network"]


def main(performance: str, dimensionality: str, data: str) -> None:
    table = read_measures(performance, dimensionality)
    kinds = [name.partition("_") for name in table["quantity"]]  # such as random, _ and rows
    table = table.assign(locations=[LOCATIONS.get(kind[0]) for kind in kinds], dimension=[kind[2] for kind in kinds])
    table = table[table["dimension"].isin(DIMENSIONS) & table["locations"].notna()]
    summary = summarise_present(table, ["task", "dimension", "locations", "measure", "rank"], "value")
    summary["panel"] = panels.letter_rows(summary, {"dimension": DIMENSIONS, "measure": panels.MEASURES})
    write_table(data, panels.sort(summary, ["panel", "task", "locations", "rank"])[COLUMNS])


if __name__ == "__main__":
    run(main, snakemake)
