"""Gather time and memory of all jobs of an ensemble by rule and task, from Snakemake's benchmark files."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from opdims.files import reading
from pipeline.jobs import run
from pipeline.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(benchmarks: list[str], summary: str, tasks: list[str]) -> None:
    parts = []
    for path in map(Path, benchmarks):  # .../runtimes/{rule}.tsv or .../runtimes/{task}/{rule}_{network or chunk}.tsv
        part = read_benchmark(path)
        of_task = path.parent.name in tasks
        part["rule"] = re.sub(r"_\d+$", "", path.stem) if of_task else path.stem
        part["task"] = path.parent.name if of_task else ""
        parts.append(part)
    groups = pd.concat(parts).groupby(["rule", "task"], sort=False)
    table = groups.agg(
        jobs=("s", "size"),
        wall_s=("s", "sum"),
        cpu_s=("cpu_time", "sum"),
        longest_s=("s", "max"),
        memory_mb=("max_rss", "max"),
    )
    write_table(summary, table.round(2).reset_index())


def read_benchmark(path: Path) -> pd.DataFrame:
    """Read one of Snakemake's benchmark files; what it could not measure is missing.

    Raises ValueError, naming the file, if it is damaged.
    """
    columns = ["s", "cpu_time", "max_rss"]
    with reading(path, f"one of Snakemake's benchmark files, with {', '.join(columns)}"):
        table = pd.read_csv(path, sep="\t", na_values=["NA", "-"])[columns].astype(float)
        if table.empty or table["s"].isna().any():
            raise ValueError("it has no time")
        return table


if __name__ == "__main__":
    run(main, snakemake)
