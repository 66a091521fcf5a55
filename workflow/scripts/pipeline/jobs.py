"""What every job does around its `main`: arguments by name, a log, errors as one line; and what stages share."""

import inspect
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opdims.catalogue import load_task
from opdims.task import Task
from pipeline.progress import ProgressHandler

GIVEN = ("input", "output", "params", "wildcards")  # of a job, each with names of its own


def run(main: Callable[..., None], snakemake: Any) -> None:
    """Call a script's `main` with what its rule names: inputs, outputs, params and wildcards.

    `main` is handed what its parameters ask for by name; `memory` is the job's mem_mb. Wildcards are text, and become
    int where `main` says so. Log records go to the job's log; an error goes there with its traceback and to the
    terminal as one line, and ends the process with code 1.
    """
    with _logging_to(snakemake.log[0]):
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(snakemake.threads)
        main(**arguments(main, snakemake))


def arguments(main: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    """Return what the job has for each parameter of `main`, by name.

    A parameter of the rule goes before a wildcard of its name. Raises TypeError if one is named twice otherwise, say by
    an input and a wildcard, or not at all.
    """
    given = {kind: dict(getattr(snakemake, kind).items()) for kind in GIVEN}
    if "mem_mb" in (resources := dict(snakemake.resources.items())):
        given["resources"] = {"memory": resources["mem_mb"]}
    found = {}
    for name, parameter in inspect.signature(main).parameters.items():
        kinds = [kind for kind, values in given.items() if name in values]
        if kinds == ["params", "wildcards"]:  # a rule says more of what its path names, such as the task
            kinds = ["params"]
        if len(kinds) > 1:
            raise TypeError(f"main: {name} is named twice, by {' and '.join(kinds)}, expected once")
        if kinds:
            value = given[kinds[0]][name]
            if kinds[0] == "wildcards" and parameter.annotation is int:
                value = int(value)
            found[name] = list(value) if isinstance(value, list) else value  # a list of files is Snakemake's own
        elif parameter.default is inspect.Parameter.empty:
            raise TypeError(f"main: {name} is missing, expected among {', '.join(given)} of the rule")
    return found


def task_from(task: Mapping[str, Any], dt: float = 1.0) -> Task:
    """Return the task that a rule names: its name, and its file or recordings if it is none of the project's own."""
    return load_task(task["name"], task.get("file"), task.get("recordings"), dt=dt)


def capped(ranks: Iterable[int], units: int) -> list[int]:
    """Return the ranks that a network of so many units has, ascending, no recurrence (0) and all of it among them."""
    return sorted({0, *(int(rank) for rank in ranks if rank <= units), units})


@contextmanager
def _logging_to(path: str) -> Iterator[None]:
    """Send log records to the file `path`, and progress to the terminal as well.

    On an error its traceback goes to the file and one line to the terminal, and the exit code is 1.
    """
    logging.basicConfig(
        filename=path,
        filemode="w",
        encoding="utf-8",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log that cannot be written, as on a full disk, is not worth a traceback
    logging.getLogger().addHandler(ProgressHandler(Path(path).stem))
    try:
        yield
    except Exception as error:
        logging.exception("failed")
        message = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, (ValueError, OSError, RuntimeError)):
            message = f"{type(error).__name__}: {message}"
        print(f"{Path(path).stem}: {message} (details: {path})", file=sys.stderr, flush=True)
        sys.exit(1)
