import logging
import os
from pathlib import Path

import pytest

from pipeline.cluster import ClusterError, cancel_leftover_jobs, leftover_jobs

RUN = "opdims_0f9a3c1e-5b7d-4c2a-9e8f-001122334455"


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


def test_jobs_of_this_folder_that_snakemake_submitted_are_cancelled(slurm, tmp_path, caplog):
    here, elsewhere = str(tmp_path), str(tmp_path / "bin")
    slurm.running(
        ("11", RUN, "rule_train_train_network", here),
        ("12", RUN.removeprefix("opdims_"), "rule_evaluate_networks_wildcards_paper_1", here),
        ("13", RUN, "rule_train_train_network", elsewhere),  # another run's
        ("14", "snakemake", "(null)", here),  # for example the job in which Snakemake itself runs
        ("15", RUN, "(null)", here),
        ("16", "wrap", "rule_of_thumb", here),
    )
    assert leftover_jobs(here) == ["11", "12"]
    with caplog.at_level(logging.WARNING):
        assert cancel_leftover_jobs(here) == ["11", "12"]
    assert slurm.calls.read_text() == "scancel 11 12\n"
    assert "cancelled: 11, 12" in caplog.text
    assert leftover_jobs(here) == []


def test_a_folder_is_the_same_by_another_path(slurm, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "bin")
    slurm.running(("11", RUN, "rule_all", str(tmp_path / "bin")))
    assert leftover_jobs(str(link)) == ["11"]


def test_nothing_is_cancelled_where_nothing_was_left(slurm, tmp_path, caplog):
    slurm.running()
    assert cancel_leftover_jobs(str(tmp_path)) == []
    assert slurm.calls.read_text() == ""
    assert not caplog.records


def test_cancelled_jobs_are_waited_for(slurm, tmp_path):
    # scancel returns at once; the job is there a little longer
    slurm.command("scancel", f'(sleep 0.5; : > "{slurm.jobs}"; echo over >> "{slurm.calls}") >/dev/null 2>&1 &')
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    assert cancel_leftover_jobs(str(tmp_path), interval=0.05) == ["11"]
    assert leftover_jobs(str(tmp_path)) == []


def test_a_job_that_does_not_end_is_an_error(slurm, tmp_path):
    slurm.command("scancel", ":")
    slurm.running(("11", RUN, "rule_all", str(tmp_path)))
    with pytest.raises(ClusterError, match=r"SLURM jobs 11 .* not over after 0.1 s"):
        cancel_leftover_jobs(str(tmp_path), patience=0.1, interval=0.02)


def test_a_silent_slurm_is_an_error(slurm, tmp_path, monkeypatch):
    slurm.command("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(ClusterError, match="squeue failed: Unable to contact slurm controller"):
        cancel_leftover_jobs(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="squeue: not found"):
        cancel_leftover_jobs(str(tmp_path))
