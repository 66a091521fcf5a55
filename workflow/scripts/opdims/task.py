"""What a task is, and how its trials are drawn and checked. NumPy only: the workflow reads tasks without torch.

A task is one Python file. It must have `name`, `n_inputs`, `n_outputs`, `duration` and `trials`; everything else in
`Task` has a default. docs/tasks.md explains how to write one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from opdims.names import LOSSES, REDUCTIONS

REQUIRED = ("name", "n_inputs", "n_outputs", "duration", "trials")
NO_INPUT = "no_input"  # the constant input of a task that names none
EXAMPLES = 4  # conditions that are drawn of a task that names none
DEFAULTS: dict[str, dict[str, Any]] = {  # settings of a task; its file may say otherwise, and the configuration over it
    "sampling": {"repeats": 10, "interval": None},
    "evaluation": {"repeats": 5},
    "training": {
        "learning_rate": 2.0e-3,
        "last_learning_rate": 2.0e-5,
        "averaging": 20,
        "betas": [0.9, 0.99],
        "gradient_norm_limit": 1.0,
        "repeats": 2,
        "phases": [{"iterations": 3000, "dt": None}],
        "checkpoint_interval": 100,
        "cost_ceiling": 1.0e9,
    },
}


class TaskError(ValueError):
    """A task that cannot be used; the message is one line that names the task or its file."""


class Trials(NamedTuple):
    """A batch of T trials of S steps, as NumPy arrays."""

    inputs: np.ndarray  # (T, S, n_inputs), with input noise
    targets: np.ndarray | None = None  # (T, S, n_outputs); none: nothing to aim at
    mean_inputs: np.ndarray | None = None  # (T, S, n_inputs), the same trials without input noise; none: `inputs`
    condition: np.ndarray | None = None  # (T,), index into Task.conditions, -1 where it has none; none: all 0
    function: np.ndarray | None = None  # (T, functions), whether it belongs to each; none: what its condition says
    weights: np.ndarray | None = None  # (S,), of the loss at each step; none: all 1
    states: np.ndarray | None = None  # (T, S, N), recorded states x; none: they are simulated


class CompleteTrials(NamedTuple):
    """Trials that were checked, with all in place that a task may leave out; shapes as of `Trials`, in float64."""

    inputs: np.ndarray
    targets: np.ndarray | None  # none: nothing to aim at
    mean_inputs: np.ndarray
    condition: np.ndarray
    function: np.ndarray
    weights: np.ndarray
    states: np.ndarray | None  # none: they are simulated


@dataclass(frozen=True)
class Task:
    """A task with its defaults filled in. Time is in ms, or in whatever unit `dt` and `tau` of its networks are."""

    name: str
    n_inputs: int
    n_outputs: int
    duration: float  # of a trial
    trials: Callable[..., Trials]  # of the file: trials(repeats, *, dt, rng), `repeats` trials of each of its levels
    label: str = ""  # its name for people
    loss: str = "squared_error"
    conditions: tuple[str, ...] = ("all",)  # trials of one are averaged
    groups: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)  # group → function → its conditions
    constant_inputs: dict[str, tuple[float, ...]] = field(default_factory=dict)  # whose fixed points are sought
    frequencies: dict[str, float] = field(default_factory=dict)  # Hz, that the output has under a constant input
    labels: dict[str, str] = field(default_factory=dict)  # of conditions, functions, groups and inputs, for people
    examples: tuple[str, ...] = ()  # conditions that are drawn
    shown_ranks: dict[str, int] = field(default_factory=dict)  # that the task's authors chose, by reduction
    functions_figure: str = ""  # file name of the figure of its functions
    published: dict[str, str] | None = None  # file, url and sha256 of published networks that do the task
    sampling: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def functions(self) -> dict[str, tuple[str, ...]]:
        """The conditions of every function, group by group."""
        return {name: conditions for group in self.groups.values() for name, conditions in group.items()}

    def label_of(self, name: str) -> str:
        """Return a name in words for people."""
        return self.labels.get(name, name.replace("_", " "))

    def conditions_of_input(self, name: str) -> list[str]:
        """Return the conditions under a constant input: those named after it, or whose name begins with it."""
        if name == NO_INPUT:
            return list(self.conditions)
        return [condition for condition in self.conditions if f"{condition}_".startswith(f"{name}_")]


def task_from(content: Mapping[str, Any], source: str) -> Task:
    """Return the task that a file describes.

    Parameters
    ----------
    content
        The names that the file defines; what a task does not have is ignored.
    source
        The file, for error messages.

    Raises
    ------
    TaskError
        If a required name is missing, or a value cannot be that of a task.
    """
    for name in REQUIRED:
        if name not in content:
            raise TaskError(f"{source}: {name} is missing, expected {', '.join(REQUIRED)}")
    given = {each.name: content[each.name] for each in fields(Task) if each.name in content}
    name, n_inputs, n_outputs = given["name"], given["n_inputs"], given["n_outputs"]
    _require(
        isinstance(name, str) and name.isidentifier() and name == name.lower(),
        source,
        "name",
        name,
        "a lower-case word",
    )
    for key, value in (("n_inputs", n_inputs), ("n_outputs", n_outputs)):
        _require(isinstance(value, int) and not isinstance(value, bool) and value >= 0, source, key, value, "a count")
    duration = given["duration"]
    known = isinstance(duration, (int, float)) and not isinstance(duration, bool) and 0 < duration < float("inf")
    _require(known, source, "duration", duration, "a positive number")
    _require(callable(given["trials"]), source, "trials", given["trials"], "a function")
    for key in ("groups", "constant_inputs", "frequencies", "labels", "shown_ranks", *DEFAULTS):
        _require(isinstance(given.get(key, {}), Mapping), source, key, given.get(key), "a dict")
    loss = given.get("loss", LOSSES[0])
    _require(loss in LOSSES, source, "loss", loss, f"one of {', '.join(LOSSES)}")
    conditions = _names(source, "conditions", given.get("conditions") or ("all",))
    groups: dict[str, dict[str, tuple[str, ...]]] = {
        group: dict(functions)
        if isinstance(functions, Mapping)
        else {function: (function,) for function in _names(source, f"groups.{group}", functions)}
        for group, functions in given.get("groups", {}).items()
    }
    for group, functions in groups.items():
        for function, members in functions.items():
            functions[function] = _names(source, f"groups.{group}.{function}", members)
            _require(len(functions[function]) > 0, source, f"groups.{group}.{function}", members, "conditions")
            for member in functions[function]:
                _require(member in conditions, source, f"groups.{group}.{function}", member, "one of its conditions")
    every = [function for functions in groups.values() for function in functions]
    _names(source, "groups", every)
    inputs = {}
    for key, value in given.get("constant_inputs", {}).items():
        array = np.asarray(value)
        fits = array.shape == (n_inputs,) and array.dtype.kind in "iuf" and np.isfinite(array).all()
        _require(fits, source, f"constant_inputs.{key}", value, f"{n_inputs} numbers")
        inputs[key] = tuple(array.astype(float).tolist())
    examples = _names(source, "examples", given.get("examples") or _spread(conditions))
    for example in examples:
        _require(example in conditions, source, "examples", example, "one of its conditions")
    for key in given.get("frequencies", {}):
        _require(key in inputs, source, "frequencies", key, "one of its constant_inputs")
    for key in given.get("shown_ranks", {}):
        _require(key in REDUCTIONS, source, "shown_ranks", key, f"one of {', '.join(REDUCTIONS)}")
    settings = {}
    for section, defaults in DEFAULTS.items():
        settings[section] = defaults | given.get(section, {})
        for key in settings[section]:
            _require(key in defaults, source, section, key, f"one of {', '.join(defaults)}")
    return Task(
        **given
        | settings
        | {
            "label": given.get("label") or name.replace("_", " "),
            "duration": float(duration),
            "loss": loss,
            "conditions": conditions,
            "groups": groups,
            "constant_inputs": inputs or {NO_INPUT: (0.0,) * n_inputs},
            "examples": examples,
            "functions_figure": given.get("functions_figure") or f"functions_{name}",
        }
    )


def draw_trials(task: Task, repeats: int, *, dt: float, rng: np.random.Generator) -> CompleteTrials:
    """Draw trials of a task, check their shapes and fill in what the task leaves out.

    Parameters
    ----------
    task
        The task.
    repeats
        Trials of each of its levels.
    dt
        Time step, in units of the task's duration.
    rng
        Source of all randomness.

    Raises
    ------
    TaskError
        If the task raises, its trials do not have the shapes that it says, or hold a value that is not finite; if
        `repeats` is below 1 or `dt` not above 0.
    """
    if not hasattr(repeats, "__index__") or isinstance(repeats, bool) or repeats < 1:
        raise TaskError(f"task {task.name}: repeats is {repeats}, expected a whole number from 1 on")
    running_steps(task.duration, dt)
    try:
        trials = task.trials(repeats, dt=dt, rng=rng)
        inputs, targets = trials.inputs, trials.targets
    except TaskError:
        raise
    except Exception as error:  # whatever a user's file may raise
        message = " ".join(str(error).split())
        raise TaskError(f"task {task.name}: drawing trials raised {type(error).__name__}: {message}") from error
    source, steps = f"task {task.name}", running_steps(task.duration, dt)
    _array(source, "inputs", inputs, ("trials", steps, task.n_inputs))
    if targets is not None:
        _array(source, "targets", targets, ("trials", steps, task.n_outputs))
    return complete_trials(trials, conditions=task.conditions, functions=task.functions, source=source)


def complete_trials(
    trials: Trials,
    *,
    conditions: Sequence[str] = ("all",),
    functions: Mapping[str, Sequence[str]] | None = None,
    source: str = "trials",
) -> CompleteTrials:
    """Check that the arrays of trials fit together, and fill in what is left out.

    Parameters
    ----------
    trials
        Arrays, or anything that NumPy turns into some.
    conditions
        Their names; `trials.condition` has indices of them.
    functions
        The conditions of each function.
    source
        Where the trials are from, for error messages.

    Raises
    ------
    TaskError
        If there is no trial, an array does not fit the others or holds a value that is not finite, or a weight is
        negative or none above 0.
    """
    inputs = _array(source, "inputs", trials.inputs, ("trials", "steps", "n_inputs"))
    count, steps = inputs.shape[:2]
    if not count * steps:
        raise TaskError(f"{source}: inputs are {inputs.shape}, expected at least one trial and one step")

    def array(name: str, expected: tuple, default: Any, dtype: type = np.float64) -> Any:
        value = getattr(trials, name)
        return default if value is None else _array(source, name, value, expected, dtype)

    condition = array("condition", (count,), np.zeros(count, dtype=np.int64), np.int64)
    if condition.min() < -1 or condition.max() >= len(conditions):
        raise TaskError(
            f"{source}: condition goes from {condition.min()} to {condition.max()}, expected -1 to "
            f"{len(conditions) - 1}, the index of one of its conditions"
        )
    names = np.array([*conditions, ""])  # the last is that of -1
    belongs = [np.isin(names[condition], list(members)) for members in (functions or {}).values()]
    function = np.stack(belongs, axis=-1) if belongs else np.zeros((count, 0), dtype=bool)
    completed = CompleteTrials(
        inputs=inputs,
        targets=array("targets", (count, steps, "n_outputs"), None),
        mean_inputs=array("mean_inputs", inputs.shape, inputs),
        condition=condition,
        function=array("function", function.shape, function, bool),
        weights=array("weights", (steps,), np.ones(steps)),
        states=array("states", (count, steps, "units"), None),
    )
    for name in ("inputs", "targets", "mean_inputs", "weights", "states"):
        value = getattr(completed, name)
        if value is not None and not np.isfinite(value).all():
            raise TaskError(f"{source}: {name} of its trials hold values that are not finite")
    if completed.weights.min() < 0 or not completed.weights.any():
        raise TaskError(f"{source}: weights are {completed.weights}, expected none below 0 and one above it")
    return completed


def check_task(task: Task, *, dt: float, repeats: int = 1, seed: int = 0) -> None:
    """Draw one set of trials and check all of it, so that a mistake is found before any job.

    Raises
    ------
    TaskError
        If trials cannot be drawn, have the wrong shape, hold a value that is not finite, or are never scored; if a
        condition never occurs.
    """
    trials = draw_trials(task, repeats, dt=dt, rng=np.random.default_rng(seed))
    found = set(trials.condition.tolist())
    for more in (1, 10):  # a condition may be rare
        if len(found - {-1}) < len(task.conditions):
            trials = draw_trials(task, more * task.sampling["repeats"], dt=dt, rng=np.random.default_rng(seed))
            found |= set(trials.condition.tolist())
    for number, condition in enumerate(task.conditions):
        if number not in found:
            raise TaskError(f"task {task.name}: condition {condition} does not occur in {len(trials.inputs)} trials")


def running_steps(duration: float, dt: float) -> int:
    """Return the number of steps of `dt` in `duration` (both in the same unit).

    Raises
    ------
    TaskError
        If `duration` is not a multiple of `dt`, or `dt` not a number above 0.
    """
    for name, value in (("duration", duration), ("dt", dt)):
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not np.isfinite(value) or (name == "dt" and value <= 0):
            raise TaskError(f"{name} is {value}, expected a number above 0")
    steps = round(duration / dt)
    if steps < 1 or abs(steps * dt - duration) > 1e-9 * duration:
        raise TaskError(f"dt = {dt} ms does not divide {duration} ms")
    return steps


def _array(source: str, name: str, value: Any, expected: tuple, dtype: type = np.float64) -> np.ndarray:
    """Return an array of trials, after a check that it is of real numbers, or whole ones, and has its shape."""
    kinds, words = ("biu", "whole numbers") if dtype is np.int64 else ("biuf", "real numbers")
    try:
        array = np.asarray(value)
    except ValueError as error:  # lists of different lengths
        raise TaskError(f"{source}: {name} of its trials are no array ({error})") from error
    if array.dtype.kind not in kinds:
        raise TaskError(f"{source}: {name} of its trials are of {array.dtype}, expected {words}")
    fits = len(array.shape) == len(expected) and all(
        isinstance(want, str) or have == want for have, want in zip(array.shape, expected, strict=True)
    )
    if not fits:
        wanted = f"({', '.join(map(str, expected))}{',' * (len(expected) == 1)})"
        raise TaskError(f"{source}: {name} of its trials are {array.shape}, expected {wanted}")
    return array.astype(dtype, copy=False)


def _require(holds: bool, source: str, key: str, value: Any, expected: str) -> None:
    if not holds:
        raise TaskError(f"{source}: {key} is {value!r}, expected {expected}")


def _names(source: str, key: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return names as a tuple, after a check that each is a word that occurs once."""
    _require(isinstance(names, Iterable), source, key, names, "names")
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        _require(isinstance(name, str) and bool(name), source, key, name, "a name")
        _require(names.count(name) == 1, source, key, name, "each name once")
    return names


def _spread(names: tuple[str, ...]) -> list[str]:
    """Return a few of the names, as even as can be, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(names) - 1, min(EXAMPLES, len(names))).round().astype(int))
    return [names[index] for index in chosen]
