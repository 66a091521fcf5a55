"""A cluster for the tests of this folder, and the project as its users run it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from cluster import Cluster
from packages import unavailable
from project import Project

PROFILE = (
    *("--workflow-profile", "profiles/slurm"),
    *("--slurm-init-seconds-before-status-checks", "2"),  # the profile's wait is meant for hours of work
)


@dataclass(frozen=True)
class Job:
    """A job of SLURM, as its accounting knows it."""

    id: str
    state: str  # such as COMPLETED or TIMEOUT
    start: str  # of ISO 8601, so that they sort
    end: str
    partition: str
    gpus: int
    rules: frozenset[str]  # that it has begun
    outputs: frozenset[str]  # files that it has set out to write

    def overlaps(self, other: "Job") -> bool:
        """Whether the two ran at one time, by SLURM's word."""
        return "Unknown" not in (self.start, other.start) and self.start < other.end and other.start < self.end


class ClusterProject(Project):
    """A copy of the project whose Snakemake finds the cluster."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        super().__init__(folder, cluster.environment)
        self.cluster = cluster
        self.runs: list[Run] = []

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Snakemake on the cluster to its end."""
        return self.snakemake(*PROFILE, *arguments)

    def start(self, *arguments: str) -> "Run":
        """Start Snakemake on the cluster."""
        self.runs.append(Run(self, [sys.executable, "-m", "snakemake", *PROFILE, *arguments]))
        return self.runs[-1]

    def end(self) -> None:
        """End what is left of Snakemake and its jobs."""
        for run in self.runs:
            run.send(signal.SIGKILL)
            run.process.wait()
        if self.queue():
            self.cluster.run("scancel", *self.queue())
            self.cluster.wait_for("the last jobs to end", lambda: not self.queue())

    def jobs(self) -> list[Job]:
        """Return the jobs of this copy, in the order of submission."""
        columns = "--format=JobID,State,Start,End,Partition,AllocTRES,WorkDir"
        table = self.cluster.run("sacct", "-X", "--noheader", "--parsable2", "--starttime=now-1days", columns)
        jobs = []
        for line in table.splitlines():
            number, state, start, end, partition, resources, folder = line.split("|")
            if Path(folder) == self.folder.resolve():
                state = state.split()[0]  # "CANCELLED by 0"
                gpus = re.search(r"gres/gpu=(\d+)", resources)
                said = "".join(path.read_text() for path in self.folder.glob(f"logs/slurm/**/{number}.log"))
                rules = frozenset(re.findall(r"^(?:local)?rule (\w+):$", said, re.M))
                lines = re.findall(r"^    output: (.*)$", said, re.M)
                outputs = frozenset(path for line in lines for path in line.split(", "))
                jobs.append(Job(number, state, start, end, partition, int(gpus[1]) if gpus else 0, rules, outputs))
        return jobs

    def queue(self) -> dict[str, str]:
        """Return the states of this copy's jobs that have not ended, by their number."""
        lines = self.cluster.run("squeue", "--noheader", "--format=%i|%T|%Z").splitlines()
        jobs = [line.split("|") for line in lines]
        return {number: state for number, state, folder in jobs if Path(folder) == self.folder.resolve()}

    def training(self) -> list[str]:
        """Return the numbers of the running jobs that train and have written a checkpoint."""
        running = {number for number, state in self.queue().items() if state == "RUNNING"}
        checkpoints = self.folder.glob("results/*/*/training/network_*.checkpoint")
        trained = {str(path.relative_to(self.folder).with_suffix(".csv")) for path in checkpoints}
        return [job.id for job in self.jobs() if job.id in running and job.outputs & trained]

    def alive(self) -> frozenset[str]:
        """Return the numbers of jobs that have processes, whatever SLURM says of them."""
        numbers = set()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                if (process / "cwd").resolve() == self.folder.resolve():
                    numbers |= set(re.findall(rb"\0SLURM_JOB_ID=(\d+)\0", (process / "environ").read_bytes()))
        return frozenset(number.decode() for number in numbers)

    def writers_met(self) -> list[tuple[Job, Job]]:
        """Return pairs of jobs that set out to write one file and ran, or were seen to have processes, at one time."""
        return [
            (one, other)
            for one, other in combinations(self.jobs(), 2)
            if one.outputs & other.outputs
            and (one.overlaps(other) or any({one.id, other.id} <= seen for run in self.runs for seen in run.seen))
        ]


class Run:
    """A Snakemake that runs while the test goes on, in a process group of its own as in a terminal of its own."""

    def __init__(self, project: ClusterProject, command: list[str]) -> None:
        self.project = project
        self.path = project.folder / f"run_{len(project.runs) + 1}.txt"
        self.seen: set[frozenset[str]] = set()  # jobs alive at one time
        with open(self.path, "w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=project.folder,
                env=project.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self.path.read_text()

    def wait_until(self, condition: Callable[[], object], seconds: float = 180) -> None:
        """Wait until the condition holds, and watch which jobs are alive."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain\n{self.stdout}"
            self.seen.add(self.project.alive())
            time.sleep(0.5)

    def wait_for_training(self) -> str:
        """Wait until a job trains and has a checkpoint; return its number."""
        self.wait_until(lambda: self.project.training() or self.process.poll() is not None)
        (number, *_) = self.project.training()
        return number

    def send(self, number: signal.Signals) -> None:
        """Send a signal to Snakemake and its children, as Ctrl-C in a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def returncode(self, seconds: float = 900) -> int:
        """Wait for the end."""
        self.wait_until(lambda: self.process.poll() is not None, seconds)
        return self.process.returncode


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster, up until the tests of this folder are through."""
    if reason := unavailable():
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def project(tmp_path: Path, cluster: Cluster) -> Iterator[ClusterProject]:
    """A fresh copy of the project for the cluster; what it started is gone after the test."""
    project = ClusterProject(tmp_path, cluster)
    yield project
    project.end()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> tuple[ClusterProject, str]:
    """A copy of the project whose tiny ensemble was built on the cluster, and what Snakemake said."""
    project = ClusterProject(tmp_path_factory.mktemp("built"), cluster)
    run = project.run("--configfile", "tiny.yaml")
    assert run.returncode == 0, run.stdout
    return project, run.stdout
