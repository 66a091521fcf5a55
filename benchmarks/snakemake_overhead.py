"""What Snakemake itself costs: planning, finding nothing to do, and the start of a job's interpreter."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.measuring import Row, run
from tests.project import ROOT, Project

PART = "snakemake_overhead"
TINY = ("--cores", "1", "--configfile", "tiny.yaml")
IMPORTS = "import sys; sys.path.insert(0, sys.argv[1]); import evaluate_networks"


def seconds(command: Sequence[str], folder: Path) -> tuple[float, str]:
    """Return the CPU seconds of a command with all that it starts, and its output."""

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = spent()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"benchmarks: {' '.join(command)} failed:\n{done.stdout[-2000:]}")
    return spent() - start, done.stdout


def rows(quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Project(Path(name)).folder
        snakemake = [sys.executable, "-m", "snakemake", *TINY]

        def median_of(command: Sequence[str]) -> float:
            return median(seconds(command, folder)[0] for _ in range(1 if quick else 3))

        _, plan = seconds([*snakemake, "--dry-run"], folder)
        jobs = next(int(line.split()[1]) for line in plan.splitlines() if line.startswith("total "))
        yield Row(PART, f"tiny ensemble, {jobs} jobs: dry-run", median_of([*snakemake, "--dry-run"]), "s")
        start = median_of([sys.executable, "-c", IMPORTS, str(ROOT / "workflow" / "scripts")])
        yield Row(PART, "process that only imports what evaluate_networks does", start, "s")
        if quick:
            return
        whole, _ = seconds(snakemake, folder)
        idle = median_of(snakemake)
        job = (whole - idle) / jobs
        yield Row(PART, f"tiny ensemble, {jobs} jobs: run", whole, "s")
        yield Row(PART, f"tiny ensemble, {jobs} jobs: run with nothing to be done", idle, "s")
        yield Row(PART, "tiny ensemble: mean job", job, "s")
        yield Row(PART, "tiny ensemble: start-up / mean job", start / job, "x")


if __name__ == "__main__":
    run(rows)
