"""Tabulate what is left out of the results of networks that lack something, and why."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.datasets import read_networks
from pipeline.jobs import run
from pipeline.performance import read_performance
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["task", "network", "what", "why"]


def main(networks: list[str], performance: str, table: str) -> None:
    costs = read_performance(performance).groupby(["task", "network"])["cost"].count()
    rows = []
    for network in read_networks(networks):
        task, number = network.attributes.task, network.attributes.network
        if (task, number) not in costs:
            raise ValueError(f"{performance}: network {number} of {task} is missing, expected all networks")
        if network.initial is None:
            rows.append((task, number, "weight_change", "no initial weights in the file"))
        if costs[task, number] == 0:
            rows.append((task, number, "cost", "no targets" if len(network.final.output) else "no readout"))
        if not network.final.nonlinearity.bounded:
            rows.append((task, number, "index_sum", "unbounded nonlinearity"))
    write_table(table, pd.DataFrame(rows, columns=COLUMNS).sort_values(["task", "network", "what"]))


if __name__ == "__main__":
    run(main, snakemake)
