"""Runs of Snakemake that live in one folder. No torch, no Snakemake.

A run holds a lock on a file of its own for as long as its process lives, and the operating system releases it however
the process ends. Snakemake's own locks stay when it is killed, and the first run that ends removes them all.
"""

import atexit
import fcntl
import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

RUNS = "runs"  # folder of their files, below Snakemake's own
LOCAL = "local_"  # begins the names of runs that submit no jobs


class RunError(RuntimeError):
    """A run that is alive stands in the way."""


class Files(NamedTuple):
    """What a run is to do with files."""

    inputs: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()

    def met(self, other: "Files") -> set[str]:
        """Return the files that one of two runs writes and the other reads or writes."""
        return {*self.outputs & (other.inputs | other.outputs), *self.inputs & other.outputs}


class Run(NamedTuple):
    """A run, as its file tells."""

    alive: bool | None  # None: that cannot be told from here
    reason: str  # what is known of it
    files: Files


def announce_run(state: str | Path, run: str | None, files: Files) -> None:
    """Hold the lock of a run until this process ends.

    Parameters
    ----------
    state
        Snakemake's own folder, `.snakemake`.
    run
        The name of the jobs that the run submits; none: it submits no jobs, and its file goes with it.
    files
        What it is to read and write.
    """
    path = Path(state) / RUNS / (run or f"{LOCAL}{uuid4()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    # The file appears when it is locked and whole. Nobody closes it: the lock goes with the process.
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        host = socket.gethostname()
    except OSError:  # some file systems have no locks: nobody can tell whether this run lives
        host = ""
    content = {"host": host, "inputs": sorted(files.inputs), "outputs": sorted(files.outputs)}
    text = json.dumps(content).encode()
    while text:
        text = text[os.write(descriptor, text) :]
    os.replace(temporary, path)
    if run is None:
        atexit.register(path.unlink, missing_ok=True)


def find_run(state: str | Path, run: str) -> Run:
    """Return what the file of a run tells of it.

    It is alive if its lock is held, and dead if the lock is free on the host where it was started. Locks are not seen
    across hosts on every file system, so that a free one says nothing elsewhere.
    """
    try:
        with open(Path(state) / RUNS / run, encoding="utf-8") as file:
            content = json.load(file)
            host, files = content["host"], Files(frozenset(content["inputs"]), frozenset(content["outputs"]))
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others may ask at the same time
            except BlockingIOError:
                return Run(True, f"was started on {host} and is alive", files)
            except OSError:
                host = ""
    except (OSError, ValueError, KeyError):
        return Run(None, "left no record of itself", Files())
    if not host:
        return Run(None, "cannot be recognised: the file system has no locks", files)
    if host != socket.gethostname():
        return Run(None, f"was started on {host}, where alone it can be told whether it is alive", files)
    return Run(False, "was killed", files)


def check_live_runs(state: str | Path, files: Files) -> None:
    """Raise RunError if a run that is alive writes what this one reads or writes, or reads what it writes."""
    for name in run_names(state):
        run = find_run(state, name)
        if run.alive and (met := run.files.met(files)):
            raise RunError(
                f"another run in this folder, which {run.reason}, works on the same files, such as {min(met)}; wait "
                f"for its end, or stop it, and start again"
            )
        if run.alive is False and name.startswith(LOCAL):
            forget_run(state, name)


def run_names(state: str | Path) -> list[str]:
    """Return the names of all runs that have a file."""
    return sorted(path.name for path in Path(state, RUNS).glob("*") if path.suffix != ".new")


def forget_run(state: str | Path, run: str) -> None:
    """Remove the file of a run, if it is still there."""
    with suppress(FileNotFoundError):
        Path(state, RUNS, run).unlink()
