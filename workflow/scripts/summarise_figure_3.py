"""Summarise over networks what figure 3 shows: global operative dimensions, on trajectories and at random locations."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.logs import logging_to
from pipeline.tables import read_table, summarise, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"columns": "bcd", "rows": "efg"}
LOCATIONS = {"local": "trajectory", "operative": "trajectory", "random": "random"}
COMPONENTS = 30  # that are shown
COLUMNS = ["panel", "task", "dimension", "locations", "measure", "rank", "mean", "deviation", "networks"]


def main(performance: str, dimensionality: str, data: str) -> None:
    variance = read_table(dimensionality, ["task", "quantity", "network", "component", "variance_explained"])
    variance = variance[variance["component"] <= COMPONENTS]
    variance = variance.rename(columns={"component": "rank", "quantity": "name"})
    reduced = read_table(performance, ["task", "reduction", "network", "rank", "cost", "state_distance"])
    reduced = reduced.rename(columns={"reduction": "name"})
    parts = []
    for index, (measure, table) in enumerate(
        {"variance_explained": variance, "cost": reduced, "state_distance": reduced}.items()
    ):
        kind = table["name"].str.split("_", n=1, expand=True)  # such as random_rows
        table = table.assign(locations=kind[0].map(LOCATIONS), dimension=kind[1])
        table = table[table["dimension"].isin(PANELS) & table["locations"].notna()]
        part = summarise(table, ["task", "dimension", "locations", "rank"], measure)
        part["measure"] = measure
        part["panel"] = part["dimension"].map({name: letters[index] for name, letters in PANELS.items()})
        parts.append(part)
    key = ["panel", "task", "locations", "rank"]
    write_table(data, pd.concat(parts)[COLUMNS].sort_values(key))


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.performance, snakemake.input.dimensionality, snakemake.output.data)
