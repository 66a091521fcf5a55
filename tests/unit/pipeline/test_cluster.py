import logging
import os
from pathlib import Path

import pytest
from live_runs import OTHER, RUN, kill, started_elsewhere

from pipeline.cluster import ClusterError, NoAnswerError, cancel_leftover_jobs, submitted_jobs
from pipeline.runs import RUNS, Files

NOTHING = Files()


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
        assert cancel_leftover_jobs(here, state, NOTHING) == ["11", "12"]
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
    assert cancel_leftover_jobs(here, state, NOTHING, interval=0.05) == ["11"]
    assert submitted_jobs(here) == {"12": OTHER}
    assert len(caplog.records) == 1
    kill(live)
    assert cancel_leftover_jobs(here, state, NOTHING, interval=0.05) == ["12"]


@pytest.mark.parametrize("known", [True, False])
def test_jobs_of_a_run_in_doubt_are_left_alone_and_named(slurm, start, state, tmp_path, caplog, known):
    if known:
        kill(start())
        started_elsewhere(state)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)), ("12", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, Files(outputs=frozenset(["a.h5"]))) == []
    assert slurm.calls.read_text() == ""
    (record,) = caplog.records
    assert "SLURM jobs 11 12 of another run" in record.message
    assert "scancel 11 12" in record.message
    assert ("login2" if known else "no record") in record.message


def test_a_run_does_not_start_beside_jobs_in_doubt_that_work_on_its_files(slurm, start, state, tmp_path):
    kill(start(outputs=["a.h5", "b.h5"]))
    started_elsewhere(state)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    message = r"SLURM jobs 11 of another run .* such as b\.h5, .* started on login2.*scancel 11"
    with pytest.raises(ClusterError, match=message):
        cancel_leftover_jobs(str(tmp_path), state, Files(outputs=frozenset(["b.h5", "c.h5"])))
    assert slurm.calls.read_text() == ""
    assert cancel_leftover_jobs(str(tmp_path), state, Files(outputs=frozenset(["c.h5"]))) == []


def test_files_of_dead_runs_go_with_their_jobs(slurm, start, state, tmp_path):
    kill(start(RUN))
    start(OTHER)
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, NOTHING, interval=0.05) == ["11"]
    assert sorted(path.name for path in (state / RUNS).iterdir()) == [RUN, OTHER]  # until SLURM forgets them
    cancel_leftover_jobs(str(tmp_path), state, NOTHING)
    assert [path.name for path in (state / RUNS).iterdir()] == [OTHER]


def test_a_folder_is_the_same_by_another_path(slurm, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "bin")
    slurm.running(("11", RUN, "rule_all", str(tmp_path / "bin")))
    assert submitted_jobs(str(link)) == {"11": RUN}


def test_nothing_is_cancelled_where_nothing_was_left(slurm, state, tmp_path, caplog):
    slurm.running()
    assert cancel_leftover_jobs(str(tmp_path), state, NOTHING) == []
    assert slurm.calls.read_text() == ""
    assert not caplog.records


def test_cancelled_jobs_are_waited_for(slurm, killed, state, tmp_path):
    # scancel returns at once; the job is there a little longer
    slurm.command("scancel", f'(sleep 0.5; : > "{slurm.jobs}"; echo over >> "{slurm.calls}") >/dev/null 2>&1 &')
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), state, NOTHING, interval=0.05) == ["11"]
    assert submitted_jobs(str(tmp_path)) == {}


def test_a_job_that_does_not_end_is_an_error(slurm, killed, state, tmp_path):
    slurm.command("scancel", ":")
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    with pytest.raises(ClusterError, match=r"SLURM jobs 11 .* not over after 0.1 s"):
        cancel_leftover_jobs(str(tmp_path), state, NOTHING, patience=0.1, interval=0.02)


def test_a_silent_slurm_is_an_error(slurm, state, tmp_path, monkeypatch):
    slurm.command("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(NoAnswerError, match="squeue failed: Unable to contact slurm controller"):
        cancel_leftover_jobs(str(tmp_path), state, NOTHING)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAnswerError, match="squeue: not found"):
        cancel_leftover_jobs(str(tmp_path), state, NOTHING)
