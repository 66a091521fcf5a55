"""Measure how fast each part of the workflow is, against plain code, and how its cost grows.

    python benchmarks/run.py [--quick] [--only PART ...] [--csv FILE]

Prints a table while it measures, for ten minutes or so (--quick: one or two), and writes it to a CSV file, too.
Every part runs in a process of its own, on one thread.
"""

import argparse
import csv
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("gradient", "row_dimensions", "performance_sweep", "scaling", "memory", "snakemake_overhead")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # NumPy reads them when it is loaded


def main(quick: bool, only: list[str], path: str | None) -> None:
    paths = os.pathsep.join(map(str, (ROOT / "workflow" / "scripts", ROOT)))
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONPATH": paths}
    rows = []
    for part in only:
        command = [sys.executable, "-m", f"benchmarks.{part}", *(["--quick"] if quick else [])]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for row in csv.reader(process.stdout):
                name, quantity, value, unit = row
                print(f"{name:<19}{quantity:<82}{float(value):12.4g} {unit}", flush=True)
                rows.append(row)
        if process.returncode:
            raise SystemExit(f"benchmarks: {part} failed with exit code {process.returncode}")
    if path:
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([["part", "quantity", "value", "unit"], *rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--csv", metavar="FILE", help="file to write the table to, too")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.only, arguments.csv)
