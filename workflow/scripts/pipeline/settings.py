"""The settings of every ensemble, handed out by ensemble, task and chunk. No torch, no Snakemake.

A setting is, the later the stronger, that of the task's own file, that of the configuration and that of the ensemble's
entry in it.
"""

import glob
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from opdims import catalogue
from opdims.formats.published import network_numbers as network_numbers_in
from opdims.recordings import RECORDED
from opdims.task import Task, TaskError
from pipeline.schemas import ConfigError

DEFAULT_PUBLISHED_DIRECTORY = "resources/published"
PUBLISHED_NETWORKS = 20  # in each of the files that are downloaded there
FIGURES = {  # of every ensemble, and what they show; those of functions are the tasks' own
    1: "high-variance dimensions",
    2: "the idea",
    3: "global operative dimensions",
    6: "full and reduced networks",
    7: "what operative dimensions are not",
    8: "local dynamics",
}
OF_TASKS = ("training", "sampling", "evaluation")  # sections that hold settings by task
NOT_SETTINGS = ("run", "ensembles", "sweeps", "run_sweeps", "task_files")
Settings = dict[str, Any]


def ensemble_settings(config: Settings, ensemble: str) -> Settings:
    """Return the settings of an ensemble and what its entry says besides: source, tasks, networks or files.

    Sections by task hold the ensemble's tasks only. Of networks in the user's files the configuration knows nothing but
    what their entry says.
    """
    entry = config["ensembles"][ensemble]
    settings = {key: value for key, value in config.items() if key not in NOT_SETTINGS}
    if entry["source"] == "files":
        settings["network"] = {}
    settings = overlay(settings, entry)
    for section in OF_TASKS:
        settings[section] = {
            name: overlay(getattr(task, section), settings[section].get(name, {}))
            for name, task in sorted(tasks(config, ensemble).items())
        }
    return settings


def task_names(config: Settings) -> list[str]:
    """Return the names of all tasks that an entry may have."""
    return [*catalogue.names(), *config["task_files"]]


def known_tasks(config: Settings) -> dict[str, Task]:
    """Return all tasks that an entry may have. Raises ConfigError, naming the key, if one cannot be read."""
    files = {**dict.fromkeys(catalogue.names()), **config["task_files"]}
    return {name: _load_task(f"task_files.{name}", name, file, None, 1.0) for name, file in files.items()}


def ensemble_tasks(config: Settings, ensemble: str) -> list[str]:
    """Return the names of an ensemble's tasks."""
    entry = config["ensembles"][ensemble]
    return [RECORDED] if "recordings" in entry else entry["tasks"]


def tasks(config: Settings, ensemble: str) -> dict[str, Task]:
    """Return an ensemble's tasks.

    Raises ConfigError, naming the key, if one cannot be read.
    """
    return {name: task(config, ensemble, name) for name in ensemble_tasks(config, ensemble)}


def task(config: Settings, ensemble: str, name: str) -> Task:
    """Return a task of an ensemble. Raises ConfigError, naming the key, if it cannot be read."""
    file, recordings = task_source(config, ensemble, name)
    dt = config["ensembles"][ensemble].get("network", {}).get("dt", 1.0)
    return _load_task(task_key(config, ensemble, name), name, file, recordings, dt if recordings else 1.0)


def task_source(config: Settings, ensemble: str, name: str) -> tuple[str | None, str | None]:
    """Return the user's task file or the recorded trials that a task of an ensemble is; neither if it is ours."""
    return config["task_files"].get(name), config["ensembles"][ensemble].get("recordings")


def task_key(config: Settings, ensemble: str, name: str) -> str:
    """Return the key of the configuration that a task of an ensemble is from."""
    file, recordings = task_source(config, ensemble, name)
    if recordings:
        return f"ensembles.{ensemble}.recordings"
    return f"task_files.{name}" if file else f"ensembles.{ensemble}.tasks"


@cache
def _load_task(key: str, name: str, file: str | None, recordings: str | None, dt: float) -> Task:
    try:
        return catalogue.load_task(name, file, recordings, dt=dt)
    except TaskError as error:
        raise ConfigError(f"{key}: {error}") from error


def labels(config: Settings, ensemble: str) -> Settings:
    """Return what the figures of an ensemble say of its tasks, and how they group it, in plain values."""
    return {
        name: {
            "label": each.label,
            "labels": dict(each.labels),
            "groups": {
                group: {function: list(members) for function, members in functions.items()}
                for group, functions in each.groups.items()
            },
            "examples": list(each.examples),
            "frequencies": dict(each.frequencies),
            "constant_inputs": {key: list(value) for key, value in each.constant_inputs.items()},
        }
        for name, each in tasks(config, ensemble).items()
    }


def function_figures(config: Settings, ensemble: str) -> dict[str, str]:
    """Return the tasks of an ensemble that have functions to be compared, by the file names of their figures."""
    return {each.functions_figure: name for name, each in tasks(config, ensemble).items() if has_functions(each)}


def has_functions(each: Task) -> bool:
    """Tell whether a task has functions to be compared, two or more in a group."""
    return any(len(functions) > 1 for functions in each.groups.values())


def function_figure_names(config: Settings) -> list[str]:
    """Return the file names of all figures of functions that there may be."""
    names = {each.functions_figure for each in known_tasks(config).values()}
    return sorted(names - {f"figure_{number}" for number in FIGURES})


def network_numbers(config: Settings, ensemble: str) -> list[int]:
    """Return the numbers of the ensemble's networks: those that its entry says, 1 … n for a count n, or all of them.

    Of the user's files these are their places, of published networks the numbers in the files of its tasks. Raises
    ConfigError, naming the key, if published files do not have the same numbers or cannot be read.
    """
    entry = config["ensembles"][ensemble]
    if "networks" in entry:
        networks = entry["networks"]
    elif entry["source"] == "files":
        networks = len(network_files(config, ensemble))
    elif has_own_published(config):
        networks = _numbers_in_published(config, ensemble)
    else:
        networks = PUBLISHED_NETWORKS
    return list(range(1, networks + 1)) if isinstance(networks, int) else networks


def _numbers_in_published(config: Settings, ensemble: str) -> list[int]:
    paths = [published_path(config, ensemble, task) for task in ensemble_tasks(config, ensemble)]
    found = {path: published_numbers(path) for path in paths}
    for path, numbers in found.items():
        if numbers != found[paths[0]]:
            each = " and ".join(f"{each} has {in_short(found[each])}" for each in (paths[0], path))
            raise ConfigError(
                f"ensembles.{ensemble}: {each}, expected key networks, which says the ones to take of both"
            )
    return found[paths[0]]


def published_numbers(path: str) -> list[int]:
    """Return the numbers of the networks in a published file. Raises ConfigError if it cannot be read or has none."""
    try:
        numbers = _numbers_in_file(path, Path.cwd())
    except ValueError as error:
        raise ConfigError(f"published_directory: {error}") from error
    if not numbers:
        raise ConfigError(f"published_directory: {path} has no networks, expected groups NetNr1, NetNr2, ...")
    return numbers


@cache
def _numbers_in_file(
    path: str,
    folder: Path,  # that a relative path begins at
) -> list[int]:
    return network_numbers_in(path)


def in_short(numbers: list[int]) -> str:
    """Return network numbers as one reads them: 1 to 10, or each of them where some in between are missing."""
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 2:
        return f"networks {numbers[0]} to {numbers[-1]}"
    return f"network{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def network_files(config: Settings, ensemble: str) -> list[str]:
    """Return the user's files of an ensemble, network by network: patterns stand for the files that they match.

    Files of a pattern are ordered by the numbers in their names. Raises ConfigError, naming the key, if a pattern
    matches none, or if a file comes up twice.
    """
    where = f"ensembles.{ensemble}.files"
    files: list[str] = []
    for pattern in config["ensembles"][ensemble]["files"]:
        matches = [pattern] if os.path.exists(pattern) or not glob.has_magic(pattern) else _matching(pattern)
        if not matches:
            raise ConfigError(f"{where}: no file matches {pattern}, from {Path.cwd()}")
        for file in matches:
            if file in files:
                raise ConfigError(f"{where}: {file} comes up twice, expected each file once")
            if "{" in file or "}" in file:
                raise ConfigError(f"{where}: {file} has braces, which stand for wildcards here, expected another name")
        files += matches
    return files


def _matching(pattern: str) -> list[str]:
    parts = {file: re.split(r"(\d+)", file) for file in glob.glob(pattern, recursive=True) if os.path.isfile(file)}
    return sorted(parts, key=lambda file: [int(part) if index % 2 else part for index, part in enumerate(parts[file])])


def chunks(config: Settings, ensemble: str) -> dict[int, list[int]]:
    """Return the network numbers of each chunk; chunks are counted from 1."""
    numbers = network_numbers(config, ensemble)
    size = config["ensembles"][ensemble].get("chunk_size", config["chunk_size"])
    return {1 + start // size: numbers[start : start + size] for start in range(0, len(numbers), size)}


def built_ensembles(config: Settings) -> list[str]:
    """Return the ensembles that `run` names, and the points of its sweeps; sweeps must have been expanded."""
    points = [point for sweep in config["run_sweeps"] for point in config["sweeps"][sweep]]
    return list(dict.fromkeys([*config["run"], *points]))


def has_own_published(config: Settings) -> bool:
    """Tell whether the published files are the user's, which no rule may write."""
    return Path(config["published_directory"]) != Path(DEFAULT_PUBLISHED_DIRECTORY)


def published_entries(config: Settings) -> dict[str, Settings]:
    """Return url and sha256 of all published files, by their names."""
    return {
        task.published["file"]: {**task.published, **config["published_files"].get(name, {})}
        for name, task in known_tasks(config).items()
        if task.published
    }


def published_path(config: Settings, ensemble: str, name: str) -> str:
    """Return the path of a task's published file. Raises ConfigError, naming the key, if the task has none."""
    published = task(config, ensemble, name).published
    if not published:
        raise ConfigError(f"ensembles.{ensemble}.tasks: {name} has no published networks, expected another source")
    return str(Path(config["published_directory"]) / published["file"])


def published_sha256(config: Settings, ensemble: str, name: str) -> str:
    """Return the sha256 of a task's published file."""
    return published_entries(config)[Path(published_path(config, ensemble, name)).name]["sha256"]


def overlay(base: Any, over: Any) -> Any:
    """Return `base` with `over` laid over it; dicts are merged key by key, their keys sorted throughout."""
    if isinstance(over, list | tuple):
        return [overlay(None, item) for item in over]
    if not isinstance(over, dict):
        return over
    base = base if isinstance(base, dict) else {}
    both = {
        key: overlay(base.get(key), over[key]) if key in over else overlay(None, base[key]) for key in {**base, **over}
    }
    return dict(sorted(both.items()))
