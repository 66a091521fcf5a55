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
    seen: dict[tuple[str, str], list[int]] = {}  # networks by task and reduction
    for path in reduced:
        about = datasets.read_dataset(path, ["network"])
        datasets.check_reduction(path, about, None)
        numbers = seen.setdefault((about.attrs["task"], about.attrs["reduction"]), [])
        for number in about["network"].values.tolist():
            if number in numbers:
                raise ValueError(f"{path}: network {number} is in another file too, expected it once")
            numbers.append(number)
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
    for (task, reduction), numbers in seen.items():
        expected = {number for (name, _), those in seen.items() if name == task for number in those}
        if expected != {*numbers}:
            lacking = min(expected - {*numbers})
            raise ValueError(
                f"{', '.join(reduced)}: {reduction} of network {lacking} of {task} is missing, expected it"
            )
    write_table(table, concatenate(parts, [*KEY, "variance_explained"]).sort_values(KEY))


if __name__ == "__main__":
    run(main, snakemake)
