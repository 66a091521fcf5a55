"""Recorded trials in place of a task: an `.npz` file with what a network was given, and what it should have done.

| array | shape | meaning |
|---|---|---|
| `inputs` | (trial, step, channel) | what the network was given |
| `targets` | (trial, step, output) | what it should do; without them performance is the state distance alone |
| `weights` | (step,) | of the error at each step |
| `condition` | (trial,) | names or numbers; trials of one condition are averaged |
| `states` | (trial, step, unit) | states x that were recorded; without them the network is simulated |

Only `inputs` must be there.
"""

from pathlib import Path
from typing import Any

import numpy as np

from opdims.task import Task, TaskError, Trials, task_from

RECORDED = "recorded"  # name of the task
ARRAYS = {"inputs": 3, "targets": 3, "weights": 1, "condition": 1, "states": 3}  # and their dimensions


def read_recordings(path: str | Path, *, dt: float) -> Task:
    """Return recorded trials as a task, whose trials are always those of the file, each `repeats` times.

    Parameters
    ----------
    path
        An `.npz` file with the arrays above; it is never unpickled.
    dt
        Time between two steps.

    Raises
    ------
    TaskError
        Naming file and array, if something is missing, misshapen, not finite or not of numbers.
    """
    if not (isinstance(dt, (int, float)) and 0 < dt < np.inf):
        raise TaskError(f"dt is {dt}, expected a number above 0")
    arrays = _read(path)
    if "inputs" not in arrays:
        raise TaskError(f"{path}: array inputs is missing, expected (trial, step, channel)")
    count, steps, channels = arrays["inputs"].shape
    if not count * steps:
        raise TaskError(f"{path}: array inputs is {arrays['inputs'].shape}, expected at least one trial and one step")
    sizes = {"targets": (count, steps), "states": (count, steps), "weights": (steps,), "condition": (count,)}
    for name, size in sizes.items():
        if name in arrays and arrays[name].shape[: len(size)] != size:
            raise TaskError(
                f"{path}: array {name} is {arrays[name].shape}, expected {count} trials of {steps} steps as in inputs"
                if len(size) == 2
                else f"{path}: array {name} is {arrays[name].shape}, expected {size} to fit inputs"
            )
    found, index = np.unique(arrays.get("condition", np.zeros(count, dtype=int)), return_inverse=True)
    conditions = tuple(f"condition_{value}" for value in found.tolist()) if "condition" in arrays else ("all",)

    def trials(repeats: int, *, dt: float, rng: np.random.Generator) -> Trials:
        def again(name: str) -> np.ndarray | None:
            return np.repeat(arrays[name], repeats, axis=0) if name in arrays else None

        return Trials(
            inputs=np.repeat(arrays["inputs"], repeats, axis=0),
            targets=again("targets"),
            condition=np.repeat(index.ravel(), repeats),
            weights=arrays.get("weights"),
            states=again("states"),
        )

    content: dict[str, Any] = {
        "name": RECORDED,
        "label": "recorded trials",
        "n_inputs": channels,
        "n_outputs": arrays["targets"].shape[-1] if "targets" in arrays else 0,
        "duration": steps * dt,
        "trials": trials,
        "conditions": conditions,
        "sampling": {"repeats": 1},
        "evaluation": {"repeats": 1},
    }
    return task_from(content, str(path))


def _read(path: str | Path) -> dict[str, np.ndarray]:
    if not Path(path).is_file():
        raise TaskError(f"{path}: no such file, expected recorded trials (.npz)")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ARRAYS if name in file}
            unknown = [name for name in file if name not in ARRAYS]
    except Exception as error:  # there is no telling what the parser meets in a damaged file
        message = " ".join(str(error).split())
        if "pickle" in message:  # NumPy would advise to load it all the same
            message = "it is no archive of arrays, or one of them holds Python objects"
        raise TaskError(f"{path}: cannot be read ({message}), expected recorded trials (.npz)") from error
    if unknown:
        raise TaskError(f"{path}: unknown array {unknown[0]!r}, expected {', '.join(ARRAYS)}")
    for name, array in arrays.items():
        if array.ndim != ARRAYS[name]:
            raise TaskError(f"{path}: array {name} is {array.shape}, expected {ARRAYS[name]} dimensions")
        if name == "condition":
            if array.dtype.kind not in "iuU":
                raise TaskError(f"{path}: array condition is of {array.dtype}, expected names or whole numbers")
            continue
        if array.dtype.kind not in "fiu":
            raise TaskError(f"{path}: array {name} is of {array.dtype}, expected real numbers")
        arrays[name] = array.astype(np.float64)
        if not np.isfinite(arrays[name]).all():
            raise TaskError(f"{path}: array {name} holds values that are not finite")
    if "weights" in arrays and (arrays["weights"].min() < 0 or not arrays["weights"].any()):
        raise TaskError(f"{path}: array weights has values below 0 or none above it, expected weights of the error")
    return arrays
