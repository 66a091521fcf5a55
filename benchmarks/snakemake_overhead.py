"""What Snakemake itself costs: planning, finding nothing to do, and the start of a job's interpreter."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median

import pandas as pd
from benchmarks.measuring import Row, run
from tests.workflow.conftest import ROOT, Project

IMPORTS = "import sys; sys.path.insert(0, sys.argv[1]); import evaluate_networks"


def seconds(call: Callable[[], subprocess.CompletedProcess]) -> float:
    """Return the CPU seconds of the processes that the call starts and waits for."""

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = spent()
    finished = call()
    if finished.returncode:
        raise SystemExit(f"benchmarks: {finished.args} failed:\n{finished.stdout}")
    return spent() - start


def rows(quick: bool) -> Iterator[Row]:
    part, rounds = "snakemake_overhead", 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        tiny = "--cores", "1", "--configfile", "tiny.yaml"
        planning = median(seconds(lambda: project.snakemake("--dry-run", "--quiet", *tiny)) for _ in range(rounds))
        yield Row(part, "dry-run of the tiny ensemble", planning, "s")
        imports = [sys.executable, "-c", IMPORTS, str(ROOT / "workflow" / "scripts")]
        starts = median(seconds(lambda: subprocess.run(imports)) for _ in range(rounds))
        yield Row(part, "a job that only imports what evaluate_networks does", starts, "s")
        if quick:
            return
        whole = seconds(lambda: project.snakemake(*tiny))
        idle = median(seconds(lambda: project.snakemake(*tiny)) for _ in range(rounds))
        times = [
            pd.read_csv(path, sep="\t")["cpu_time"][0] for path in Path(folder).glob("results/tiny/runtimes/**/*.tsv")
        ]
        yield Row(part, "run with nothing to be done", idle, "s")
        yield Row(part, f"whole run of the tiny ensemble, {len(times)} jobs", whole, "s")
        yield Row(part, "mean job of the tiny ensemble", mean(times), "s")
        yield Row(part, "start-up / mean job of the tiny ensemble", starts / mean(times), "x")


if __name__ == "__main__":
    run(rows)
