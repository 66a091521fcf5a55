"""Checks of the trials that an ensemble's settings make, before any job: their length, their number, what they are of.

torch is imported only where trials of a condition are so few that the very trials of each network must be drawn.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from opdims.footprint import evaluation_footprint
from opdims.task import CompleteTrials, Task, TaskError, draw_trials
from pipeline import settings
from pipeline.schemas import ConfigError
from pipeline.settings import Settings

MOST_STEPS = 100_000  # of a trial
MOST_BYTES = 1e11  # of the states of a network in all its trials
PLENTY = 8  # trials of a condition in each of two draws, so that no draw will be without one
ENOUGH = 10  # repeats, to see that they are plenty


class Drawn(NamedTuple):
    """Trials that a kind of job draws for every network."""

    key: str  # of the setting
    purpose: str  # of the generator
    repeats: int
    names: list[str]  # of what must have a trial
    members: Callable[[CompleteTrials], np.ndarray]  # (T, names), whether a trial is one of these


def check_length(key: str, duration: float, dt: float) -> None:
    """Check that a trial has not too many steps. Raises ConfigError, naming the key."""
    if duration / MOST_STEPS > dt:
        raise ConfigError(
            f"{key}: dt = {dt} ms is too small, expected {duration / MOST_STEPS:g} ms or more, so that a trial of "
            f"{duration:g} ms has {MOST_STEPS} steps at most"
        )


def check_trials(
    config: Settings,
    ensemble: str,
    dt: float,
    units: int | None,
    known: dict[Any, CompleteTrials],  # trials that were drawn for ensembles before this one; more are added
) -> None:
    """Check that the trials of all tasks of an ensemble have what is averaged over them, and that they can be held.

    `units` are those of its networks, if they are known. Raises ConfigError, naming the key.
    """
    merged = settings.ensemble_settings(config, ensemble)
    for name, task in settings.tasks(config, ensemble).items():
        source = settings.task_source(config, ensemble, name)

        def plain(seed: int, repeats: int, task: Task = task, source: Any = source) -> CompleteTrials:
            """Return trials that do not depend on the network: those of a sweep are drawn once for all its points."""
            place = (task.name, source, dt, repeats, seed)
            if place not in known:
                known[place] = _draw(config, ensemble, task, repeats, dt, np.random.default_rng(seed))
            return known[place]

        one = plain(0, 1)
        sections = ("sampling", "evaluation", *(["training"] if merged["source"] == "train" else []))
        for section in sections:
            repeats, (trials, steps, _) = merged[section][name]["repeats"], one.inputs.shape
            states = 8.0 * trials * repeats * steps * (units or 1)
            if states > MOST_BYTES:
                raise ConfigError(
                    f"{section}.{name}.repeats: {repeats} is too large: {trials * repeats} trials of {steps} steps, "
                    f"whose states take {states / 1e9:.0f} GB, ensemble {ensemble}"
                )
        if units is not None:
            _check_memory(merged, name, one, units, ensemble)
        for drawn in _drawn(merged, name, task):
            repeats = min(drawn.repeats, ENOUGH)
            first, second = (drawn.members(plain(seed, repeats)) for seed in (0, 1))
            least = min(first.sum(0).min(), second.sum(0).min())
            if least < PLENTY and not (least > 0 and np.array_equal(first, second)):  # if alike, they are not random
                _check_members(config, ensemble, task, drawn, dt, merged["seed"])


def _drawn(merged: Settings, name: str, task: Task) -> list[Drawn]:
    """Return what is drawn of a task: trials averaged by condition, and trials by function where these are compared."""

    def by_condition(trials: CompleteTrials) -> np.ndarray:
        return trials.condition[:, None] == np.arange(len(task.conditions))

    repeats = {section: merged[section][name]["repeats"] for section in ("sampling", "evaluation")}
    key = f"{{}}.{name}.repeats".format
    drawn = [Drawn(key("sampling"), "sampling", repeats["sampling"], [*task.conditions], by_condition)]
    if settings.has_functions(task) and task.n_outputs:
        names = [*task.functions]
        drawn.append(Drawn(key("evaluation"), "evaluation", repeats["evaluation"], names, lambda of: of.function))
    return drawn


def _check_members(config: Settings, ensemble: str, task: Task, drawn: Drawn, dt: float, seed: int) -> None:
    """Check, by drawing the very trials of each network, that every condition or function has one."""

    from opdims.seeding import TaskGenerator, make_generator

    for number in settings.network_numbers(config, ensemble):
        stream = TaskGenerator(make_generator(seed, task.name, number, drawn.purpose))
        found = drawn.members(_draw(config, ensemble, task, drawn.repeats, dt, stream)).any(0)
        if not found.all():
            raise ConfigError(
                f"{drawn.key}: {drawn.repeats} is too small: network {number} has no trial of "
                f"{drawn.names[int(found.argmin())]}, ensemble {ensemble}"
            )


def _check_memory(merged: Settings, name: str, one: CompleteTrials, units: int, ensemble: str) -> None:
    """Check that an evaluation job can hold the simulation of one network; `one` are trials with one repeat."""
    repeats = merged["evaluation"][name]["repeats"]
    trials, steps, _ = one.inputs.shape
    distinct = len({trial.tobytes() for trial in one.mean_inputs})  # more repeats may have more of them
    least = math.ceil(evaluation_footprint(trials * repeats, distinct, steps, units).least / 1e6)
    if merged["memory"] < least:
        raise ConfigError(
            f"memory: {merged['memory']} MB do not hold the evaluation of a network of {units} units in "
            f"{trials * repeats} trials of {name}, expected {least} MB or more, ensemble {ensemble}"
        )


def _draw(
    config: Settings, ensemble: str, task: Task, repeats: int, dt: float, rng: np.random.Generator
) -> CompleteTrials:
    try:
        return draw_trials(task, repeats, dt=dt, rng=rng)
    except TaskError as error:
        raise ConfigError(f"{settings.task_key(config, ensemble, task.name)}: {error}, ensemble {ensemble}") from error
