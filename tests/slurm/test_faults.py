"""What goes wrong on clusters, each time while a network is trained: in the end all results are as they should be.

They take minutes each, most of it waiting: `pytest -m faults`.
"""

import re
import signal
import time
from collections.abc import Callable

import pytest

from project import TASKS, Project

pytestmark = pytest.mark.faults

# A pipeline that is there with half of the jobs, and training that lasts for long enough to be disturbed.
PHASES = [{"iterations": 2500, "dt": 10.0}, {"iterations": 1, "dt": 5.0}]
DISTURBED = {
    "ensembles": {"tiny": {"tasks": TASKS[:1]}},
    "training": {TASKS[0]: {"phases": PHASES, "checkpoint_interval": 50}},
}
CONFIG = ("--configfile", "tiny.yaml", "disturbed.yaml")


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, bytes]:
    """The tables and the data of the figures of a local run."""
    project = Project(tmp_path_factory.mktemp("expected"))
    project.write("disturbed.yaml", DISTURBED)
    run = project.snakemake("--cores", "2", *CONFIG)
    assert run.returncode == 0, run.stdout
    return project.csv_files()


@pytest.fixture
def start(project, expected) -> Callable:
    """The command that is started, and started again: all that is compared, on the cluster."""
    project.write("disturbed.yaml", DISTURBED)
    return lambda: project.start(*CONFIG, "--", *expected)


def ask_for(project, resource: str) -> None:
    """Let training ask for that; in the profile, as `--set-resources` would take the place of all that it sets."""
    project.edit(
        "profiles/slurm/config.yaml", "\nset-resources:\n", f"\nset-resources:\n  train_network:\n    {resource}\n"
    )


def check(project, expected):
    """Everything is there, nothing is left, and no two jobs wrote one file at one time."""
    assert project.csv_files() == expected
    assert project.queue() == {}
    assert project.alive() == frozenset()
    assert project.writers_met() == []
    assert list(project.folder.glob("results/*/*/training/*.checkpoint")) == []


def attempts(project, number: str) -> list[str]:
    """The ends of the jobs that set out to write what the job of that number did, in the order of submission."""
    jobs = project.jobs()
    outputs = next(job.outputs for job in jobs if job.id == number)
    return [job.state for job in jobs if job.outputs & outputs]


def went_on(project) -> bool:
    """Whether the last training of a network began where an earlier one had ended."""
    logs = sorted(project.folder.glob("logs/tiny/*/train_network_*.log"))
    return any("going on after iteration" in path.read_text() for path in logs)


def test_a_job_that_is_cancelled_from_outside(project, start, expected):
    run = start()
    number = run.wait_for_training()
    project.cluster.run("scancel", number)
    assert run.returncode() == 0, run.stdout
    assert attempts(project, number) == ["CANCELLED", "COMPLETED"]
    assert went_on(project)
    check(project, expected)


def test_a_job_over_its_time_limit(project, start, expected):
    ask_for(project, "runtime: 1 if attempt == 1 else 30")
    run = start()
    number = run.wait_for_training()
    project.cluster.run("scancel", "--signal=STOP", number)  # it hangs, as on a file system that does not answer
    assert run.returncode() == 0, run.stdout
    assert attempts(project, number) == ["TIMEOUT", "COMPLETED"]
    assert went_on(project)
    check(project, expected)


def test_a_job_over_its_memory(project, start, expected):
    ask_for(project, "mem_mb: 250 if attempt == 1 else 2000")
    run = start()
    assert run.returncode() == 0, run.stdout
    training = [job for job in project.jobs() if job.rules == {"train_network"}]
    first, last = training[: len(training) // 2], training[len(training) // 2 :]
    assert {job.state for job in first} <= {"OUT_OF_MEMORY", "FAILED", "CANCELLED"}  # as SLURM finds it and ends it
    assert [job.state for job in last] == ["COMPLETED"] * len(first)
    assert "exceeded memory limit" in run.stdout
    check(project, expected)


def test_a_controller_that_is_away_for_half_a_minute(project, start, expected):
    run = start()
    run.wait_for_training()
    project.cluster.stop_daemon("slurmctld")
    try:
        time.sleep(30)
    finally:
        project.cluster.start_daemon("slurmctld")
    if run.returncode() != 0:
        run = start()
        assert run.returncode() == 0, run.stdout
    check(project, expected)


def test_a_snakemake_that_is_interrupted(project, start, expected):
    run = start()
    number = run.wait_for_training()
    run.send(signal.SIGINT)
    assert run.returncode(120) != 0
    run.wait_until(lambda: not project.queue())
    again = start()
    assert again.returncode() == 0, again.stdout
    assert attempts(project, number) == ["CANCELLED", "COMPLETED"]
    assert went_on(project)
    check(project, expected)


def test_a_snakemake_that_is_killed(project, start, expected):
    run = start()
    number = run.wait_for_training()
    run.send(signal.SIGKILL)
    assert run.returncode(10) == -signal.SIGKILL
    assert project.queue()[number] == "RUNNING"
    locked = project.run(*CONFIG)
    assert locked.returncode != 0
    assert "--unlock" in locked.stdout
    unlocked = project.run(*CONFIG, "--unlock")
    assert unlocked.returncode == 0, unlocked.stdout
    assert project.queue()[number] == "RUNNING"
    again = start()
    assert again.returncode() == 0, again.stdout
    assert number in re.search(r"are cancelled: (.*)", again.stdout)[1].split(", ")
    assert attempts(project, number) == ["CANCELLED", "COMPLETED"]
    assert went_on(project)
    check(project, expected)
