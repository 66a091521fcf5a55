"""Summarise over networks what figure 7 shows: what operative dimensions share with dimensions of high variance."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import panels
from pipeline.jobs import run
from pipeline.summaries import summarise_present
from pipeline.tables import concatenate, read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DIMENSIONS = ["columns", "rows", "both"]
REDUCTIONS = ["operative_columns", "operative_rows", "random_columns", "random_rows", "high_variance"]
COLUMNS = ["panel", "task", "measure", "dimension", "quantity", "rank", "mean", "deviation", "networks", "network"]


def main(overlap: str, recurrent_variance: str, data: str) -> None:
    shared = read_table(overlap, ["task", "dimension", "reference", "network", "rank", "overlap"])
    shared = shared.rename(columns={"reference": "quantity"})
    variance = read_table(recurrent_variance, ["task", "reduction", "network", "rank", "variance_explained"])
    variance = variance[variance["reduction"].isin(REDUCTIONS)].rename(columns={"reduction": "quantity"})
    variance["dimension"] = "both"
    parts = []
    for measure, table in {"overlap": shared, "variance_explained": variance}.items():
        part = summarise_present(with_chance(table, measure), ["task", "dimension", "quantity", "rank"], measure)
        parts.append(part.assign(measure=measure))
    summary = concatenate(parts, COLUMNS[1:])
    summary = summary[(summary["quantity"] != "chance") | summary["network"].isna()]  # the same for every network
    order = {"task": sorted(summary["task"].unique()), "dimension": DIMENSIONS}
    summary["panel"] = panels.letter_rows(summary, order)
    write_table(data, panels.sort(summary, ["panel", "quantity", "rank"])[COLUMNS])


def with_chance(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Add what k random directions share with any k dimensions, and what they explain of W: k/N, both on average."""
    key = ["task", "dimension", "network", "rank"]
    units = table.groupby(["task", "network"])["rank"].transform("max")
    chance = table.assign(quantity="chance", **{measure: table["rank"] / units})
    return pd.concat([table, chance.drop_duplicates(key)])


if __name__ == "__main__":
    run(main, snakemake)
