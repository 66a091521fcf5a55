"""Tabulate how far the global operative dimensions are those of high variance: of W, of the activity and of ΔW."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from opdims.geometry import overlap
from pipeline import datasets
from pipeline.jobs import run
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(networks: list[str], states: list[str], columns: list[str], rows: list[str], table: str) -> None:
    read = datasets.read_networks(networks)
    expected = [(each.attributes.task, each.attributes.network) for each in read]
    dimensions = ("unit", "rank")
    activity = datasets.read_by_network(states, "activity_component", expected, dimensions)
    operative = {
        "columns": datasets.read_by_network(columns, "global_direction", expected, dimensions),
        "rows": datasets.read_by_network(rows, "global_direction", expected, dimensions),
    }
    parts = []
    for network in read:
        task, number = network.attributes.task, network.attributes.network
        recurrent = torch.linalg.svd(network.final.recurrent)
        variance = {"columns": recurrent.U, "rows": recurrent.Vh.mT}
        references = {
            dimension: {"recurrent": variance[dimension], "activity": activity[task, number]} for dimension in operative
        }
        if network.initial is not None:
            change = torch.linalg.svd(network.final.recurrent - network.initial.recurrent)
            references["columns"]["weight_change"] = change.U
            references["rows"]["weight_change"] = change.Vh.mT
        for dimension, of_dimension in operative.items():
            for reference, directions in references[dimension].items():
                values = overlap(of_dimension[task, number], directions).numpy()
                parts.append(
                    pd.DataFrame(
                        {
                            "task": task,
                            "dimension": dimension,
                            "reference": reference,
                            "network": number,
                            "rank": np.arange(1, len(values) + 1),
                            "overlap": values,
                        }
                    )
                )
    key = ["task", "dimension", "reference", "network", "rank"]
    write_table(table, pd.concat(parts).sort_values(key))


if __name__ == "__main__":
    run(main, snakemake)
