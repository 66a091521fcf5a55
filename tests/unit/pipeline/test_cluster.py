import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import cluster
from pipeline.cluster import ClusterError, NoAnswerError, announce_run, cancel_leftover_jobs, find_run, submitted_jobs

RUN = "opdims_0f9a3c1e-5b7d-4c2a-9e8f-001122334455"
OTHER = "opdims_7c2b9a10-0d4e-4f6a-8b1c-665544332211"
SNAKEMAKE = """
import sys
sys.path.insert(0, {scripts!r})
from pipeline.cluster import announce_run
announce_run({state!r}, {run!r}, {outputs!r})
print("announced", flush=True)
sys.stdin.read()
"""  # as far as it matters here


class Slurm:
    """A squeue and a scancel of our own, first on the PATH: a job is a line of a file until it is cancelled."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.jobs, self.calls = folder, folder / "jobs", folder / "calls"
        self.calls.touch()
        self.command("squeue", f'cat "{self.jobs}"')
        self.command(
            "scancel", f'echo scancel "$@" >> "{self.calls}"; for n in "$@"; do sed -i "/^$n|/d" "{self.jobs}"; done'
        )

    def command(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def running(self, *jobs: tuple[str, str, str, str]) -> None:
        self.jobs.write_text("".join("|".join(job) + "\n" for job in jobs))


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return Slurm(folder)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The folder of Snakemake's own files."""
    return tmp_path / ".snakemake"


@pytest.fixture
def start(state: Path) -> Iterator[Callable]:
    """Start a process that announces a run and lives until it is killed."""
    processes: list[subprocess.Popen] = []

    def start(run: str = RUN, outputs: list[str] | None = None) -> subprocess.Popen:
        scripts = str(Path(cluster.__file__).parents[1])
        code = SNAKEMAKE.format(scripts=scripts, state=str(state), run=run, outputs=outputs or [])
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout.readline() == "announced\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def killed(start) -> None:
    """A run that was killed."""
    kill(start())


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def started_elsewhere(state: Path, run: str = RUN) -> None:
    """Let the run have been started on another host."""
    path = state / cluster.RUNS / run
    path.write_text(path.read_text().replace(socket.gethostname(), "login2", 1))


def test_a_run_is_alive_as_long_as_its_process(start, state):
    process = start(outputs=["a.h5", "b c.h5"])
    assert find_run(state, RUN).alive is True
    process.send_signal(signal.SIGSTOP)
    assert find_run(state, RUN).alive is True
    kill(process)
    run = find_run(state, RUN)
    assert run.alive is False
    assert run.outputs == {"a.h5", "b c.h5"}


def test_the_lock_is_not_handed_on_to_processes_that_the_run_starts(state):
    code = (
        f"import subprocess, sys; sys.path.insert(0, {str(Path(cluster.__file__).parents[1])!r})\n"
        f"from pipeline.cluster import announce_run; announce_run({str(state)!r}, {RUN!r}, [])\n"
        f"print(subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    try:
        assert find_run(state, RUN).alive is False
    finally:
        os.kill(int(said), signal.SIGKILL)


def test_a_run_that_only_another_host_can_judge_is_neither_alive_nor_dead(start, state):
    process = start()
    started_elsewhere(state)
    assert find_run(state, RUN).alive is True  # a lock that is seen is believed
    kill(process)
    run = find_run(state, RUN)
    assert run.alive is None
    assert "login2" in run.reason


def test_a_run_without_a_file_is_neither_alive_nor_dead(state):
    assert find_run(state, RUN).alive is None


def test_a_file_system_without_locks_leaves_it_open_whether_a_run_lives(state, monkeypatch):
    def flock(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    announce_run(state, RUN, ["a.h5"])
    assert find_run(state, RUN).alive is None
    monkeypatch.undo()
    run = find_run(state, RUN)
    assert run.alive is None
    assert run.outputs == {"a.h5"}


def test_jobs_of_this_folder_that_snakemake_submitted_are_cancelled(slurm, killed, state, tmp_path, caplog):
    here, elsewhere = str(tmp_path), str(tmp_path / "bin")
    slurm.running(
        ("11", RUN, "rule_train_train_network", here),
        ("12", RUN, "rule_evaluate_networks_wildcards_paper_1", here),
        ("13", RUN, "rule_train_train_network", elsewhere),  # another run's
        ("14", "snakemake", "(null)", here),  # for example the job in which Snakemake itself runs
        ("15", RUN, "(null)", here),
        ("16", "wrap", "rule_of_thumb", here),
    )
    assert list(submitted_jobs(here)) == ["11", "12"]
    with caplog.at_level(logging.WARNING):
        assert cancel_leftover_jobs(here, state) == ["11", "12"]
    assert slurm.calls.read_text() == "scancel 11 12\n"
    assert "cancelled: 11, 12" in caplog.text
    assert submitted_jobs(here) == {}


def test_a_run_is_known_without_the_prefix_of_the_profile(slurm, tmp_path):
    slurm.running(("12", RUN.removeprefix("opdims_"), "rule_all", str(tmp_path)))
    assert submitted_jobs(str(tmp_path)) == {"12": RUN.removeprefix("opdims_")}


def test_jobs_of_a_live_run_are_left_alone_while_those_of_a_dead_one_are_cancelled(
    slurm, start, state, tmp_path, caplog
):
    here = str(tmp_path)
    kill(start(RUN))
    live = start(OTHER)
    slurm.running(("11", RUN, "rule_all", here), ("12", OTHER, "rule_all", here))
    assert cancel_leftover_jobs(here, state, interval=0.05) == ["11"]
    assert submitted_jobs(here) == {"12": OTHER}
    assert len(caplog.records) == 1
    kill(live)
    assert cancel_leftover_jobs(here, state, interval=0.05) == ["12"]


@pytest.mark.parametrize("known", [True, False])
def test_jobs_of_a_run_in_doubt_are_left_alone_and_named(slurm, start, state, tmp_path, caplog, known):
    if known:
        kill(start())
        started_elsewhere(state)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)), ("12", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, ["a.h5"]) == []
    assert slurm.calls.read_text() == ""
    (record,) = caplog.records
    assert "SLURM jobs 11 12 of another run" in record.message
    assert "scancel 11 12" in record.message
    assert ("login2" if known else "no record") in record.message


@pytest.mark.parametrize("alive", [True, False])
def test_a_run_does_not_start_beside_jobs_that_write_its_files(slurm, start, state, tmp_path, alive):
    process = start(outputs=["a.h5", "b.h5"])
    if not alive:
        kill(process)
        started_elsewhere(state)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    reason = "is alive" if alive else "started on login2"
    with pytest.raises(ClusterError, match=rf"SLURM jobs 11 write files .*{reason}.*scancel 11"):
        cancel_leftover_jobs(str(tmp_path), state, ["b.h5", "c.h5"])
    assert slurm.calls.read_text() == ""
    assert cancel_leftover_jobs(str(tmp_path), state, ["c.h5"]) == []


def test_files_of_dead_runs_go_with_their_jobs(slurm, start, state, tmp_path):
    kill(start(RUN))
    start(OTHER)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, interval=0.05) == ["11"]
    assert sorted(path.name for path in (state / cluster.RUNS).iterdir()) == [RUN, OTHER]  # until SLURM forgets them
    cancel_leftover_jobs(str(tmp_path), state)
    assert [path.name for path in (state / cluster.RUNS).iterdir()] == [OTHER]


def test_a_folder_is_the_same_by_another_path(slurm, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "bin")
    slurm.running(("11", RUN, "rule_all", str(tmp_path / "bin")))
    assert submitted_jobs(str(link)) == {"11": RUN}


def test_nothing_is_cancelled_where_nothing_was_left(slurm, state, tmp_path, caplog):
    slurm.running()
    assert cancel_leftover_jobs(str(tmp_path), state) == []
    assert slurm.calls.read_text() == ""
    assert not caplog.records


def test_cancelled_jobs_are_waited_for(slurm, killed, state, tmp_path):
    # scancel returns at once; the job is there a little longer
    slurm.command("scancel", f'(sleep 0.5; : > "{slurm.jobs}"; echo over >> "{slurm.calls}") >/dev/null 2>&1 &')
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, interval=0.05) == ["11"]
    assert submitted_jobs(str(tmp_path)) == {}


def test_a_job_that_does_not_end_is_an_error(slurm, killed, state, tmp_path):
    slurm.command("scancel", ":")
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    with pytest.raises(ClusterError, match=r"SLURM jobs 11 .* not over after 0.1 s"):
        cancel_leftover_jobs(str(tmp_path), state, patience=0.1, interval=0.02)


def test_a_silent_slurm_is_an_error(slurm, state, tmp_path, monkeypatch):
    slurm.command("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(NoAnswerError, match="squeue failed: Unable to contact slurm controller"):
        cancel_leftover_jobs(str(tmp_path), state)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAnswerError, match="squeue: not found"):
        cancel_leftover_jobs(str(tmp_path), state)
