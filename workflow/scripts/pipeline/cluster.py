"""Jobs in SLURM that a killed Snakemake left behind. No torch, no Snakemake.

A run that submits jobs holds a lock on a file of its own for as long as its process lives, and the operating system
releases it however the process ends. A run whose lock is free is dead, and what it left in SLURM can be cancelled.
"""

import fcntl
import logging
import os
import re
import socket
import subprocess
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)

RUNS = "slurm_runs"  # folder of the files of runs, below Snakemake's own
NAME = re.compile(r"(?:.+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of Snakemake's jobs: its run, a UUID
COMMENT = re.compile(r"rule_\w+")  # of the same
PATIENCE = 300.0  # s, until a cancelled job is gone; SLURM gives it half a minute to end by itself


class ClusterError(RuntimeError):
    """SLURM did not do as it was told, or jobs stand in the way."""


class NoAnswerError(ClusterError):
    """SLURM did not answer."""


class Run(NamedTuple):
    """A run of Snakemake that submitted jobs, as its file tells."""

    alive: bool | None  # None: that cannot be told from here
    reason: str  # what is known of it
    outputs: frozenset[str]  # files that it set out to write


def announce_run(state: str | Path, run: str, outputs: Collection[str]) -> None:
    """Hold the lock of a run until this process ends.

    Parameters
    ----------
    state
        Snakemake's own folder, `.snakemake`.
    run
        The name of the jobs that the run submits.
    outputs
        Files that it sets out to write.
    """
    path = Path(state) / RUNS / run
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{run}.new")
    # The file appears when it is locked and whole. Nobody closes it: the lock goes with the process.
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        host = socket.gethostname()
    except OSError:  # some file systems have no locks: nobody can tell whether this run lives
        host = ""
    content = "\n".join([host, *sorted(outputs)]).encode()
    while content:
        content = content[os.write(descriptor, content) :]
    os.replace(temporary, path)


def find_run(state: str | Path, run: str) -> Run:
    """Return what the file of a run tells of it.

    It is alive if its lock is held, and dead if the lock is free on the host where it was started. Locks are not seen
    across hosts on every file system, so that a free one says nothing elsewhere.
    """
    try:
        with open(Path(state) / RUNS / run, encoding="utf-8") as file:
            host, *outputs = file.read().split("\n")
            files = frozenset(outputs)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others may ask at the same time
            except BlockingIOError:
                return Run(True, f"was started on {host} and is alive", files)
            except OSError:
                host = ""
    except FileNotFoundError:
        return Run(None, "left no record of itself", frozenset())
    if not host:
        return Run(None, "cannot be recognised: the file system has no locks", files)
    if host != socket.gethostname():
        return Run(None, f"was started on {host}, where alone it can be told whether it is alive", files)
    return Run(False, "was killed", files)


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
    outputs: Collection[str] = (),
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
    outputs
        Files that this run, which has submitted nothing yet, is to write.
    patience
        s, for cancelled jobs to end.

    Raises
    ------
    NoAnswerError
        If SLURM does not answer.
    ClusterError
        If a job that is left alone writes one of `outputs`, or if a cancelled job is still there after `patience`.
    """
    jobs = submitted_jobs(folder)
    runs = {name: find_run(state, name) for name in sorted(set(jobs.values()))}
    for name, run in runs.items():
        numbers = " ".join(number for number, its in jobs.items() if its == name)
        if run.alive is not False and not run.outputs.isdisjoint(outputs):
            raise ClusterError(
                f"SLURM jobs {numbers} write files that this run is to write, and the run that submitted them "
                f"{run.reason}; wait for it, or stop it, make sure that `scancel {numbers}` has ended them, and start "
                f"again"
            )
        if run.alive is None:
            # An f-string: Snakemake's logger prints the message without its arguments.
            log.warning(
                f"SLURM jobs {numbers} of another run in this folder are left alone, as it {run.reason}; if it is "
                f"dead, cancel them: scancel {numbers}"
            )
    _forget_runs(state, keep=runs)
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


def _forget_runs(state: str | Path, keep: Collection[str]) -> None:
    """Remove the files of dead runs, but for those to keep."""
    for path in Path(state, RUNS).glob("*"):
        if NAME.fullmatch(path.name) and path.name not in keep and find_run(state, path.name).alive is False:
            with suppress(FileNotFoundError):  # another run did it
                path.unlink()


def _answer(command: Sequence[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NoAnswerError(f"{command[0]}: not found, expected SLURM's commands on the PATH") from error
    if run.returncode:
        raise NoAnswerError(f"{command[0]} failed: {run.stderr.strip() or run.stdout.strip()}")
    return run.stdout
