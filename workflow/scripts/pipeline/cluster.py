"""Jobs in SLURM that a killed Snakemake left behind. No torch, no Snakemake."""

import logging
import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.runs import LOCAL, Files, find_run, forget_run, run_names

logger = logging.getLogger(__name__)

NAME = re.compile(r"(?:.+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of Snakemake's jobs: its run, a UUID
COMMENT = re.compile(r"rule_\w+")  # of the same
PATIENCE = 300.0  # s, until a cancelled job is gone; SLURM gives it half a minute to end by itself


class ClusterError(RuntimeError):
    """SLURM did not do as it was told, or jobs stand in the way."""


class NoAnswerError(ClusterError):
    """SLURM did not answer."""


def submitted_jobs(folder: str) -> dict[str, str]:
    """Return the user's jobs that Snakemake submitted from `folder` and that are not over: their runs by their numbers.

    Raises NoAnswerError if SLURM does not answer.
    """
    lines = _answer(["squeue", "--me", "--noheader", "--format=%A|%j|%k|%Z"]).splitlines()
    jobs = [line.strip().split("|", 3) for line in lines]
    here = os.path.realpath(folder)
    return {
        number: name
        for number, name, comment, directory in jobs
        if NAME.fullmatch(name) and COMMENT.match(comment) and os.path.realpath(directory) == here
    }


def cancel_leftover_jobs(
    folder: str,
    state: str | Path,
    files: Files,
    *,
    patience: float = PATIENCE,
    interval: float = 1.0,
    log: logging.Logger = logger,
) -> list[str]:
    """Cancel the jobs that dead runs submitted from `folder`, wait until they are over and return their numbers.

    Snakemake could not go on with such a job, as it does not know of it, and the job would write the files that are
    about to be written again. Jobs of live runs are left alone, and so are those of runs of which that cannot be told;
    a line says so.

    Parameters
    ----------
    folder
        Where Snakemake runs.
    state
        Snakemake's own folder, `.snakemake`.
    files
        What this run, which has submitted nothing yet, is to read and write.
    patience
        s, for cancelled jobs to end.

    Raises
    ------
    NoAnswerError
        If SLURM does not answer.
    ClusterError
        If jobs that are left alone work on the same files, or if a cancelled job is still there after `patience`.
    """
    jobs = submitted_jobs(folder)
    runs = {name: find_run(state, name) for name in sorted(set(jobs.values()))}
    for name, run in runs.items():
        numbers = " ".join(number for number, its in jobs.items() if its == name)
        if run.alive is None and (met := run.files.met(files)):
            raise ClusterError(
                f"SLURM jobs {numbers} of another run work on the files of this one, such as {min(met)}, and that run "
                f"{run.reason}; wait for it or, if it is dead, cancel them: scancel {numbers}"
            )
        if run.alive is None:
            # An f-string: Snakemake's logger prints the message without its arguments.
            log.warning(
                f"SLURM jobs {numbers} of another run in this folder are left alone, as it {run.reason}; if it is "
                f"dead, cancel them: scancel {numbers}"
            )
    for name in run_names(state):
        if name not in runs and not name.startswith(LOCAL) and find_run(state, name).alive is False:
            forget_run(state, name)
    found = [number for number, name in jobs.items() if runs[name].alive is False]
    if not found:
        return []
    log.warning(f"Jobs of an earlier run that was killed are still in SLURM and are cancelled: {', '.join(found)}")
    _answer(["scancel", *found])
    end = time.monotonic() + patience
    while left := [number for number in found if number in submitted_jobs(folder)]:
        if time.monotonic() > end:
            raise ClusterError(
                f"SLURM jobs {', '.join(left)} of an earlier run were cancelled but are not over after {patience:g} s; "
                f"start again when squeue does not show them any more"
            )
        time.sleep(interval)
    return found


def _answer(command: Sequence[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise NoAnswerError(f"{command[0]}: not found, expected SLURM's commands on the PATH") from error
    if run.returncode:
        raise NoAnswerError(f"{command[0]} failed: {run.stderr.strip() or run.stdout.strip()}")
    return run.stdout
