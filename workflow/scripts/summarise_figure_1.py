"""Summarise over networks what figure 1 shows: high-variance dimensions of W and of the activity."""

from typing import TYPE_CHECKING

from pipeline import panels
from pipeline.jobs import run
from pipeline.summaries import read_measures, summarise_present
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

QUANTITIES = ["recurrent", "activity", "high_variance"]
COLUMNS = ["panel", "task", "measure", "quantity", "rank", "mean", "deviation", "networks", "network"]


def main(performance: str, dimensionality: str, data: str) -> None:
    table = read_measures(performance, dimensionality)
    table = table[table["quantity"].isin(QUANTITIES)]
    summary = summarise_present(table, ["task", "measure", "quantity", "rank"], "value")
    order = {"task": sorted(summary["task"].unique()), "measure": panels.MEASURES}
    summary["panel"] = panels.letter_rows(summary, order)
    write_table(data, panels.sort(summary, ["panel", "quantity", "rank"])[COLUMNS])


if __name__ == "__main__":
    run(main, snakemake)
