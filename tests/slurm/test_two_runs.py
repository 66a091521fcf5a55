"""Two runs in one folder: jobs of a live run are left alone, those of a killed one are cancelled by the next run."""

import re
import signal

import pytest

from project import TASKS

CONFIG = ("--configfile", "tiny.yaml", "long.yaml")
LONG, *SHORT = (
    f"results/tiny/{task}/networks/network_{number}.h5" for task, number in zip(TASKS * 2, (1, 1, 2, 2), strict=True)
)
LOCAL = ("--cores", "1", *CONFIG)


@pytest.fixture
def first(project):
    """A run whose job would train for an hour, when that job has begun."""
    project.write("long.yaml", {"training": {TASKS[0]: {"phases": [{"iterations": 1_000_000, "dt": 10.0}]}}})
    run = project.start(*CONFIG, "--", LONG)
    run.number = run.wait_for_training()
    return run


def test_jobs_of_a_live_run_survive_others_and_those_of_a_killed_one_do_not(project, first):
    on_other_targets = {
        "locally": lambda: project.snakemake(*LOCAL, "--", SHORT[0]),
        "in SLURM": lambda: project.run(*CONFIG, "--", SHORT[2]),
        "as a dry-run": lambda: project.snakemake(*LOCAL, "--dry-run", "--", SHORT[0]),
        "by lint": lambda: project.snakemake("--lint"),
    }
    for how, run in on_other_targets.items():
        second = run()
        assert second.returncode == 0, f"{how}\n{second.stdout}"
        assert "cancelled" not in second.stdout
        assert project.queue()[first.number] == "RUNNING", how
        assert first.process.poll() is None
    assert all((project.folder / path).exists() for path in (SHORT[0], SHORT[2]))

    first.send(signal.SIGKILL)
    assert first.returncode(10) == -signal.SIGKILL
    assert project.queue()[first.number] == "RUNNING"
    (project.folder / SHORT[0]).unlink()
    third = project.snakemake(*LOCAL, "--", SHORT[0])
    assert third.returncode == 0, third.stdout
    assert re.search(r"are cancelled: (.*)", third.stdout)[1] == first.number
    assert project.queue() == {}
    assert project.alive() == frozenset()


def test_unlocking_does_not_let_a_run_write_the_files_of_a_live_one(project, first):
    assert project.snakemake(*LOCAL, "--unlock", "--", LONG).returncode == 0
    for second in (project.snakemake(*LOCAL, "--", LONG), project.run(*CONFIG, "--", LONG)):
        assert second.returncode == 1
        (line,) = [line for line in second.stdout.splitlines() if line.startswith("run: ")]
        assert "is alive, works on the same files, such as results/tiny/context_integration/" in line
        assert "Traceback" not in second.stdout
        assert project.queue() == {first.number: "RUNNING"}
        assert first.process.poll() is None
