"""Summarise over networks what figure 7 shows: what operative dimensions share with dimensions of high variance."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.logs import logging_to
from pipeline.tables import read_table, summarise, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {
    "context_integration": {"columns": "a", "rows": "b", "both": "c"},
    "sine_generation": {"columns": "d", "rows": "e", "both": "f"},
}
REDUCTIONS = ["operative_columns", "operative_rows", "random_columns", "random_rows", "high_variance"]
COLUMNS = ["panel", "task", "measure", "dimension", "quantity", "rank", "mean", "deviation", "networks"]


def main(overlap: str, recurrent_variance: str, data: str) -> None:
    shared = read_table(overlap, ["task", "dimension", "reference", "network", "rank", "overlap"])
    shared = shared.rename(columns={"reference": "quantity"})
    variance = read_table(recurrent_variance, ["task", "reduction", "network", "rank", "variance_explained"])
    variance = variance[variance["reduction"].isin(REDUCTIONS)].rename(columns={"reduction": "quantity"})
    variance["dimension"] = "both"
    parts = []
    for measure, table in {"overlap": shared, "variance_explained": variance}.items():
        part = summarise(with_chance(table, measure), ["task", "dimension", "quantity", "rank"], measure)
        part["measure"] = measure
        part["panel"] = [PANELS[task][name] for task, name in zip(part["task"], part["dimension"], strict=True)]
        parts.append(part)
    write_table(data, pd.concat(parts)[COLUMNS].sort_values(["panel", "quantity", "rank"]))


def with_chance(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Add what k random directions share with any k dimensions, and what they explain of W: k/N, both on average."""
    key = ["task", "dimension", "network", "rank"]
    units = table.groupby(["task", "network"])["rank"].transform("max")
    chance = table.assign(quantity="chance", **{measure: table["rank"] / units})
    return pd.concat([table, chance.drop_duplicates(key)])


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.overlap, snakemake.input.recurrent_variance, snakemake.output.data)
