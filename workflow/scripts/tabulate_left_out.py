"""Tabulate what is left out of the results of networks that lack something, and why."""

from typing import TYPE_CHECKING

import pandas as pd

from opdims import storage
from pipeline.jobs import run
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["task", "network", "what", "why"]


def main(networks: list[str], performance: str, table: str) -> None:
    measured = read_table(performance, ["task", "network", "cost"])
    costs = measured.groupby(["task", "network"])["cost"].count()
    rows = []
    for path in networks:
        network = storage.read_network(path)
        task, number = network.attributes.task, network.attributes.network
        if network.initial is None:
            rows.append((task, number, "weight_change", "no initial weights in the file"))
        if costs[task, number] == 0:
            rows.append((task, number, "cost", "no targets" if len(network.final.output) else "no readout"))
        if not network.final.nonlinearity.bounded:
            rows.append((task, number, "index_sum", "unbounded nonlinearity"))
    write_table(table, pd.DataFrame(rows, columns=COLUMNS).sort_values(["task", "network", "what"]))


if __name__ == "__main__":
    run(main, snakemake)
