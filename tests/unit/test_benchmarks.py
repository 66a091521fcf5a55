"""The benchmarks run, and their table holds what they measured."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_benchmark_writes_a_table_of_sane_numbers(tmp_path):
    table = tmp_path / "results.csv"
    command = [
        sys.executable,
        "benchmarks/run.py",
        "--quick",
        "--only",
        "gradient",
        "row_dimensions",
        "--csv",
        str(table),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {"gradient", "row_dimensions"}
    assert len(run.stdout.splitlines()) == len(rows)
    values = {row["quantity"]: float(row["value"]) for row in rows}
    assert all(value > 0 for quantity, value in values.items() if "shortfall" not in quantity)
    shortfall = next(value for quantity, value in values.items() if "shortfall" in quantity)
    assert -1e-9 < shortfall < 1e-3  # the optimiser finds no more than the exact solution, and here hardly less


def test_an_unknown_part_is_refused():
    run = subprocess.run(
        [sys.executable, "benchmarks/run.py", "--only", "none"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "invalid choice: 'none'" in run.stderr
