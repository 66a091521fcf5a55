"""The tasks by name: those of the project, a user's own, and recorded trials. NumPy only."""

import importlib
from pathlib import Path
from types import ModuleType

from opdims.recordings import RECORDED, read_recordings
from opdims.task import Task, TaskError, task_from

FOLDER = Path(__file__).parent / "tasks"


def names() -> tuple[str, ...]:
    """Return the names of the project's own tasks, which are the files of opdims/tasks."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"))


def task_file(name: str) -> Path:
    """Return the file of one of the project's own tasks."""
    return FOLDER / f"{name}.py"


def load_task(
    name: str, file: str | Path | None = None, recordings: str | Path | None = None, *, dt: float = 1.0
) -> Task:
    """Return a task by its name.

    Parameters
    ----------
    name
        A task of the project, unless one of the next two is given.
    file
        A user's task file, which must have that name inside.
    recordings
        Recorded trials (`.npz`), see `opdims.recordings`.
    dt
        Time step of recorded trials.

    Raises
    ------
    TaskError
        If there is no such task, or if its file raises or does not describe a task.
    """
    if recordings is not None:
        return read_recordings(recordings, dt=dt)
    if file is None:
        if name not in names():
            raise TaskError(f"unknown task {name!r}, expected one of {', '.join(names())}")
        module = importlib.import_module(f"opdims.tasks.{name}")
        return task_from(vars(module), str(task_file(name)))
    path = Path(file)
    if not path.is_file():
        raise TaskError(f"{path}: no such file, expected the Python file of task {name}")
    if name == RECORDED or name in names():
        raise TaskError(f"{path}: {name} is a task of the project, expected another name")
    if path.suffix != ".py":
        raise TaskError(f"{path}: cannot be read as a task, expected a Python file (.py)")
    module = ModuleType(f"opdims_task_{name}")
    module.__file__ = str(path)
    try:  # not by an import, which may take compiled code that is older than the file
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except Exception as error:  # whatever a user's file may raise
        message = " ".join(str(error).split())
        raise TaskError(f"{path}: raised {type(error).__name__}: {message}") from error
    task = task_from(vars(module), str(path))
    if task.name != name:
        raise TaskError(f"{path}: name is {task.name!r}, expected {name!r}, as task_files says")
    return task
