"""Jobs in SLURM that a killed Snakemake left behind. No torch, no Snakemake."""

import logging
import os
import re
import subprocess
import time
from collections.abc import Sequence

logger = logging.getLogger(__name__)

NAME = re.compile(r"(?:.+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of Snakemake's jobs: its run, a UUID
COMMENT = re.compile(r"rule_\w+")  # of the same
PATIENCE = 300.0  # s, until a cancelled job is gone; SLURM gives it half a minute to end by itself


class ClusterError(RuntimeError):
    """SLURM did not answer, or did not do as it was told."""


def leftover_jobs(folder: str) -> list[str]:
    """Return the numbers of the user's jobs that Snakemake submitted from `folder` and that are not over.

    Raises ClusterError if SLURM does not answer.
    """
    lines = _answer(["squeue", "--me", "--noheader", "--format=%A|%j|%k|%Z"]).splitlines()
    jobs = [line.strip().split("|", 3) for line in lines]
    here = os.path.realpath(folder)
    return [
        number
        for number, name, comment, directory in jobs
        if NAME.fullmatch(name) and COMMENT.match(comment) and os.path.realpath(directory) == here
    ]


def cancel_leftover_jobs(
    folder: str, *, patience: float = PATIENCE, interval: float = 1.0, log: logging.Logger = logger
) -> list[str]:
    """Cancel the jobs that Snakemake submitted from `folder`, wait until they are over and return their numbers.

    To be called by a Snakemake that holds the lock of the folder and has submitted nothing yet: what runs then belongs
    to one that was killed, and would write the files that are about to be written again. Snakemake could not go on with
    such a job: it does not know of it.

    Raises ClusterError if SLURM does not answer, or if a job is still there after `patience` s.
    """
    found = leftover_jobs(folder)
    if not found:
        return []
    # An f-string: Snakemake's logger prints the message without its arguments.
    log.warning(f"Jobs of an earlier run that was killed are still in SLURM and are cancelled: {', '.join(found)}")
    _answer(["scancel", *found])
    end = time.monotonic() + patience
    while left := leftover_jobs(folder):
        if time.monotonic() > end:
            raise ClusterError(
                f"SLURM jobs {', '.join(left)} of an earlier run were cancelled but are not over after {patience:g} s; "
                f"start again when squeue does not show them any more"
            )
        time.sleep(interval)
    return found


def _answer(command: Sequence[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise ClusterError(f"{command[0]}: not found, expected SLURM's commands on the PATH") from error
    if run.returncode:
        raise ClusterError(f"{command[0]} failed: {run.stderr.strip() or run.stdout.strip()}")
    return run.stdout
