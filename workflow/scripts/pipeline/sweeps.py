"""Sweeps: an entry of the catalogue with a grid stands for an ensemble at each point of it."""

import math
import re
from itertools import product
from typing import Any

from pipeline import settings
from pipeline.schemas import ConfigError, check_schema, unknown
from pipeline.settings import OF_TASKS, Settings, overlay

COMPARISON = "comparison"  # folder of results
CLAIMS = "claims"  # file in it
MOST_POINTS = 1000  # of a sweep; all are planned at once
LONGEST_NAME = 200  # characters of the name of a point, a folder in which files are named after it
NOT_SWEPT = (*settings.NOT_SETTINGS, "published_directory", "published_files")


def expand_sweeps(config: Settings, schema: Settings) -> Settings:
    """Return the configuration with the ensembles of all points in place of each catalogue entry that has a grid.

    Points are named by the entry and their values, in the order in which the settings stand in the configuration. Two
    keys are new: `sweeps`, the points of each sweep with their values by the dotted keys of the grid, and `run_sweeps`,
    the sweeps in `run`, which keeps the others. A configuration without grids gets both, empty.

    Raises ConfigError, naming the key in the grid.
    """
    entries = config["ensembles"]
    ensembles = {name: entry for name, entry in entries.items() if "grid" not in entry}
    sweeps: dict[str, dict[str, Settings]] = {}
    for sweep, entry in entries.items():
        if "grid" not in entry:
            continue
        if sweep == CLAIMS:
            raise ConfigError(
                f"ensembles: {CLAIMS} is a file in results/{COMPARISON}, expected another name of a sweep"
            )
        grid = _checked_grid(config, sweep, schema)
        _check_size(entry, sweep, grid)
        base = {key: value for key, value in entry.items() if key != "grid"}
        words = _short_names(list(grid))
        sweeps[sweep] = {}
        for combination in product(*grid.values()):
            values = dict(zip(grid, combination, strict=True))
            name = "_".join([sweep, *(f"{words[key]}_{_word(value)}" for key, value in values.items())])
            if len(name) > LONGEST_NAME:
                raise ConfigError(
                    f"ensembles.{sweep}.grid: the name of a point, {name[:40]}..., has {len(name)} characters, "
                    f"expected {LONGEST_NAME} or fewer"
                )
            if name in ensembles or name in entries:
                raise ConfigError(f"ensembles.{sweep}.grid: a point has the name of another ensemble, {name}")
            point = base
            for key, value in values.items():
                point = overlay(point, _nested(key, value))
            ensembles[name] = point
            sweeps[sweep][name] = values
    return config | {
        "ensembles": ensembles,
        "run": [name for name in config["run"] if name not in sweeps],
        "sweeps": sweeps,
        "run_sweeps": [name for name in config["run"] if name in sweeps],
    }


def _checked_grid(config: Settings, sweep: str, schema: Settings) -> dict[str, list]:
    """Return the grid of a sweep, its keys in the order of the settings."""
    entry, where = config["ensembles"][sweep], f"ensembles.{sweep}.grid"
    if entry["source"] != "train":
        raise ConfigError(f"{where}: networks of source {entry['source']} cannot be swept, expected source train")
    known = swept_settings(config, sweep)
    of_ensemble = {**schema["$defs"]["ensemble"], "$defs": schema["$defs"]}
    others = set(settings.task_names(config)) - set(entry["tasks"])
    for key, values in entry["grid"].items():
        of_other = others & set(key.split(".")[1:2]) if key.split(".")[0] in OF_TASKS else set()
        if of_other:
            raise ConfigError(f"{where}.{key}: {of_other.pop()} is not among the tasks of the sweep")
        if key not in known:
            alike = [name for name in known if name.endswith(f".{key.split('.')[-1]}")]  # such as network.gain of gain
            raise ConfigError(unknown(where, "setting", key, alike or known))
        if isinstance(known[key], list):
            raise ConfigError(f"{where}.{key}: is a list in each ensemble, expected a setting with a single value")
        for value in values:
            check_schema({"source": "train"} | _nested(key, value), of_ensemble, f"{where}.{key}")
    return {key: entry["grid"][key] for key in known if key in entry["grid"]}


def _check_size(entry: Settings, sweep: str, grid: dict[str, list]) -> None:
    """Check that a sweep is not so large that nobody can have meant it."""
    points = math.prod(len(values) for values in grid.values())
    if points > MOST_POINTS:
        networks = entry["networks"] if isinstance(entry["networks"], int) else len(entry["networks"])
        raise ConfigError(
            f"ensembles.{sweep}.grid: has {points} points, {points * networks * len(entry['tasks'])} networks in all, "
            f"expected {MOST_POINTS} points or fewer"
        )


def swept_settings(config: Settings, ensemble: str) -> Settings:
    """Return the settings that a grid may have, by their dotted keys, with what they are without it."""
    tree = {key: value for key, value in config.items() if key not in NOT_SWEPT}
    for section in OF_TASKS:
        tree[section] = {
            name: {**getattr(task, section), **tree[section].get(name, {})}
            for name, task in settings.tasks(config, ensemble).items()
        }
    return _leaves(tree)


def _leaves(tree: Settings, prefix: str = "") -> Settings:
    leaves: Settings = {}
    for key, value in tree.items():
        leaves |= _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return leaves


def _nested(key: str, value: Any) -> Settings:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def _short_names(keys: list[str]) -> dict[str, str]:
    """Return a name for each dotted key: as many of its last parts as tell it from the others."""
    names = {}
    for key in keys:
        parts = key.split(".")
        tails = [parts[-length:] for length in range(1, len(parts) + 1)]
        others = [other.split(".") for other in keys if other != key]
        names[key] = "_".join(next(tail for tail in tails if all(other[-len(tail) :] != tail for other in others)))
    return names


def _word(value: Any) -> str:
    """Return a value as a part of a name: 0.05 is 0p05, 1e-05 is 1em05."""
    text = str(value).lower().removesuffix(".0").replace(".", "p").replace("-", "m")
    return re.sub("[^a-z0-9]", "", text)
