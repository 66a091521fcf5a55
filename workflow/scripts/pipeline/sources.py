"""Checks of the files that a user names, before any job: networks of their own, and published ones.

torch is imported only if a file of its own must be read.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from opdims.task import TaskError, draw_trials
from pipeline import settings
from pipeline.imports import Reading, check_sha256, read_import
from pipeline.settings import ConfigError, Settings

SHARED = ("equation", "nonlinearity", "dt", "tau", "noise_std")  # by all networks of an ensemble


def import_file(config: Settings, ensemble: str, task: str, network: int) -> str:
    """Return the file that a network is imported from."""
    if config["ensembles"][ensemble]["source"] == "published":
        return settings.published_path(config, ensemble, task)
    return settings.network_files(config, ensemble)[network - 1]


def import_reading(config: Settings, ensemble: str, task: str, network: int) -> Reading:
    """Return how a network is read from its file, see `pipeline.imports.read_import`; plain values."""
    entry, what = config["ensembles"][ensemble], settings.task(config, ensemble, task)
    constants = settings.ensemble_settings(config, ensemble)["network"]
    published = entry["source"] == "published"
    downloaded = published and not settings.has_own_published(config)
    return {
        "number": network if published else None,
        "sha256": settings.published_sha256(config, ensemble, task) if downloaded else None,
        "tensors": settings.overlay(None, entry.get("tensors")),
        "prefix": entry.get("prefix"),
        "equation": entry.get("equation"),
        "nonlinearity": entry.get("nonlinearity"),
        "constants": {key: constants[key] for key in ("dt", "noise_std", "tau") if key in constants},
        "task": task,
        "n_inputs": what.n_inputs,
        "n_outputs": what.n_outputs,
    }


def check_files(config: Settings, ensemble: str) -> dict[str, Any]:
    """Check the user's files of an ensemble for all its tasks, and return what all its networks share.

    Raises ConfigError, naming the key and the file.
    """
    files, numbers = settings.network_files(config, ensemble), settings.network_numbers(config, ensemble)
    if max(numbers) > len(files):
        raise ConfigError(f"ensembles.{ensemble}.networks: {max(numbers)} is beyond the {len(files)} files")
    said = _check_networks(config, ensemble, f"ensembles.{ensemble}.files", numbers)
    if said["dt"] <= 0 or said["tau"] <= 0 or said["noise_std"] < 0:
        expected = "expected dt and tau above 0, noise_std not below"
        raise ConfigError(f"ensembles.{ensemble}.network: { {key: said[key] for key in SHARED[2:]} }, {expected}")
    for name, task in settings.tasks(config, ensemble).items():
        try:
            states = draw_trials(task, 1, dt=said["dt"], rng=np.random.default_rng(0)).states
        except TaskError:  # which is another check's to tell
            continue
        if states is not None and states.shape[-1] != said["units"]:
            raise ConfigError(
                f"ensembles.{ensemble}: states of task {name} are of {states.shape[-1]} units, the networks have "
                f"{said['units']}, expected as many"
            )
    return said


def check_published(config: Settings, ensemble: str) -> None:
    """Check the user's own published files, if there are any, for every network that is to be imported.

    Raises ConfigError, naming file and dataset.
    """
    numbers = settings.network_numbers(config, ensemble)
    for task in settings.ensemble_tasks(config, ensemble):
        path = settings.published_path(config, ensemble, task)  # ConfigError for a task that has none
        there = settings.published_numbers(path) if settings.has_own_published(config) else numbers
        if missing := sorted(set(numbers) - set(there)):
            raise ConfigError(
                f"ensembles.{ensemble}.networks: {settings.in_short(missing)} asked for, but {path} has "
                f"{settings.in_short(there)}; without the key networks all of them are taken"
            )
    if settings.has_own_published(config):
        _check_networks(config, ensemble, "published_directory", numbers)


def check_downloaded(config: Settings, place: Callable[[str], str] = str) -> None:
    """Check the sha256 of published files that are in the default folder already, of the ensembles to be built.

    `place` returns where a file of the workflow is. Raises ConfigError, naming the file and what to do.
    """
    if settings.has_own_published(config):
        return
    for ensemble in settings.built_ensembles(config):
        if config["ensembles"][ensemble]["source"] != "published":
            continue
        for task in settings.ensemble_tasks(config, ensemble):
            path = place(settings.published_path(config, ensemble, task))
            if os.path.exists(path):
                try:
                    check_sha256(path, settings.published_sha256(config, ensemble, task))
                except ValueError as error:
                    raise ConfigError(f"published_directory: {error}") from error


def _check_networks(config: Settings, ensemble: str, key: str, numbers: list[int]) -> dict[str, Any]:
    """Read every network for every task, and return what they must have in common; ConfigError if they have not."""
    first: dict[str, Any] = {}
    for task in settings.ensemble_tasks(config, ensemble):
        first = {}
        for number in numbers:
            path = import_file(config, ensemble, task, number)
            try:
                stages, said = read_import(path, import_reading(config, ensemble, task, number))
            except ValueError as error:
                raise ConfigError(f"{key}: {error}") from error
            except ImportError as error:
                raise ConfigError(f"{key}: {path}: {error}") from error
            shape = stages["final"]["recurrent"].shape
            first = first or {"path": path, "units": shape[0]} | said
            if shape[0] != first["units"]:
                expected = f"expected {(first['units'],) * 2} as in {first['path']}"
                raise ConfigError(f"{key}: {path}: tensor recurrent is {shape}, {expected}")
            for name in SHARED:
                if said[name] != first[name]:
                    raise ConfigError(
                        f"{key}: {path}: {name} is {said[name]}, expected {first[name]} as in {first['path']}"
                    )
    return first
