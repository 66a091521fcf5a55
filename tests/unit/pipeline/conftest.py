"""Fixtures of live and of dead runs in one folder."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from live_runs import RUN, kill, start_run


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The folder of Snakemake's own files."""
    return tmp_path / ".snakemake"


@pytest.fixture
def start(state: Path) -> Iterator[Callable]:
    """A function that starts a process which announces a run and lives until it is killed."""
    processes = []

    def start(run: str | None = RUN, *, inputs: Sequence[str] = (), outputs: Sequence[str] = ()):
        processes.append(start_run(state, run, list(inputs), list(outputs)))
        return processes[-1]

    yield start
    for process in processes:
        kill(process)


@pytest.fixture
def killed(start) -> None:
    """A run that was killed."""
    kill(start())
