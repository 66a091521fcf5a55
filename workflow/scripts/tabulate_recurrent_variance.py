"""Tabulate how much of the variance of W each reduced matrix of each projection explains."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opdims.reduction import variance_explained
from pipeline import datasets
from pipeline.jobs import run
from pipeline.tables import concatenate, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


KEY = ["task", "reduction", "network", "rank"]


def main(reduced: list[str], table: str) -> None:
    parts = []
    for path in reduced:
        about = datasets.read_dataset(path, ["network"])
        for number in about["network"].values.tolist():
            values = variance_explained(datasets.read_factors(path, number)).numpy()
            parts.append(
                pd.DataFrame(
                    {
                        "task": about.attrs["task"],
                        "reduction": about.attrs["reduction"],
                        "network": number,
                        "rank": np.arange(len(values)),
                        "variance_explained": values,
                    }
                )
            )
    write_table(table, concatenate(parts, [*KEY, "variance_explained"]).sort_values(KEY))


if __name__ == "__main__":
    run(main, snakemake)
