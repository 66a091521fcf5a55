"""Tabulate how much of the variance of W each reduced matrix of each projection explains."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from opdims.reduction import variance_explained
from pipeline import datasets
from pipeline.logs import logging_to
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(reduced: list[str], table: str) -> None:
    parts = []
    for path in map(Path, reduced):  # .../{task}/reduced/{reduction}_chunk_{chunk}.nc
        factors = datasets.read_factors(path)
        numbers = datasets.read_dataset(path, ["network"])["network"].values
        for index, number in enumerate(numbers):
            values = variance_explained(factors.of_network(index)).numpy()
            parts.append(
                pd.DataFrame(
                    {
                        "task": path.parts[-3],
                        "reduction": path.name.partition("_chunk_")[0],
                        "network": number,
                        "rank": np.arange(len(values)),
                        "variance_explained": values,
                    }
                )
            )
    key = ["task", "reduction", "network", "rank"]
    write_table(table, pd.concat(parts).sort_values(key))


if __name__ == "__main__":
    torch.set_num_threads(snakemake.threads)
    with logging_to(snakemake.log[0]):
        main(snakemake.input.reduced, snakemake.output.table)
