"""The configuration: checked as a whole, then handed out by ensemble, task and chunk. No torch, no Snakemake."""

import os
import re
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from opdims import published
from opdims.names import TASKS

DEFAULT_PUBLISHED_DIRECTORY = "resources/published"
PUBLISHED_UNITS = 100
COMPARISON = "comparison"  # folder of results
CLAIMS = "claims"  # file in it
NOT_SETTINGS = ("run", "ensembles", "sweeps", "run_sweeps")
NOT_SWEPT = ("published_directory", "published_files")
Settings = dict[str, Any]


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one line that names the key."""


def check_config(config: Settings, schema: Settings) -> Settings:
    """Check the configuration against the schema and across its keys, and return it with its sweeps expanded.

    Raises ConfigError, naming the key, what it is, what was expected and the nearest valid name.
    """
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise ConfigError(_describe(error))
    if COMPARISON in config["ensembles"]:
        raise ConfigError(f"ensembles: {COMPARISON} is the folder of what compares ensembles, expected another name")
    catalogue = config["ensembles"]
    config = expand_sweeps(config, schema)
    for name in config["run"]:
        if name not in config["ensembles"]:
            raise ConfigError(_unknown("run", "ensemble", name, catalogue))
    for name in built_ensembles(config):
        entry = ensemble_settings(config, name)
        if entry["source"] == "train":
            _check_ranks(entry["ranks"], entry["network"]["units"], name)
        elif not has_own_published(config):
            _check_ranks(entry["ranks"], PUBLISHED_UNITS, name)
        steps = {"network.dt": [entry["network"]["dt"]]}
        for task in entry["tasks"] if entry["source"] == "train" else ():
            steps[f"training.{task}.phases"] = [phase["dt"] for phase in entry["training"][task]["phases"]]
        tau = entry["network"]["tau"]
        for key, values in steps.items():
            if max(values) > tau:
                raise ConfigError(f"{key}: dt = {max(values)} ms is larger than tau = {tau} ms, ensemble {name}")
    return config


def expand_sweeps(config: Settings, schema: Settings) -> Settings:
    """Return the configuration with the ensembles of all points in place of each catalogue entry that has a grid.

    Points are named by the entry and their values, in the order in which the settings stand in the configuration. Ranks
    beyond the units of a point are left out, and its number of units is added to them. Two keys are new: `sweeps`, the
    points of each sweep with their values by the dotted keys of the grid, and `run_sweeps`, the sweeps in `run`, which
    keeps the others. A configuration without grids gets both, empty.

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
        base = {key: value for key, value in entry.items() if key != "grid"}
        words = _short_names(list(grid))
        sweeps[sweep] = {}
        for combination in product(*grid.values()):
            values = dict(zip(grid, combination, strict=True))
            name = "_".join([sweep, *(f"{words[key]}_{_word(value)}" for key, value in values.items())])
            if name in ensembles or name in entries:
                raise ConfigError(f"ensembles.{sweep}.grid: a point has the name of another ensemble, {name}")
            point = base
            for key, value in values.items():
                point = overlay(point, _nested(key, value))
            ensembles[name] = point
            merged = ensemble_settings({**config, "ensembles": ensembles}, name)
            units = merged["network"]["units"]
            point["ranks"] = list(dict.fromkeys([*(rank for rank in merged["ranks"] if rank <= units), units]))
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
    known = _leaves({key: value for key, value in config.items() if key not in (*NOT_SETTINGS, *NOT_SWEPT)})
    validator = Draft202012Validator({**schema["$defs"]["ensemble"], "$defs": schema["$defs"]})
    required = {key: entry[key] for key in ("source", "tasks", "networks")}
    for key, values in entry["grid"].items():
        if key not in known:
            alike = [name for name in known if name.endswith(f".{key.split('.')[-1]}")]  # such as network.gain of gain
            raise ConfigError(_unknown(where, "setting", key, alike or known))
        if isinstance(known[key], list):
            raise ConfigError(f"{where}.{key}: is a list in each ensemble, expected a setting with a single value")
        of_task = set(key.split(".")) & set(TASKS) - set(entry["tasks"])
        if of_task:
            raise ConfigError(f"{where}.{key}: {of_task.pop()} is not among the tasks of the sweep")
        for value in values:
            error = best_match(validator.iter_errors(required | _nested(key, value)))
            if error is not None:
                raise ConfigError(_describe(error, f"{where}.{key}"))
    return {key: entry["grid"][key] for key in known if key in entry["grid"]}


def _leaves(settings: Settings, prefix: str = "") -> Settings:
    """Return all settings by their dotted keys."""
    leaves: Settings = {}
    for key, value in settings.items():
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


def built_ensembles(config: Settings) -> list[str]:
    """Return the ensembles that `run` names, and the points of its sweeps; sweeps must have been expanded."""
    points = [point for sweep in config["run_sweeps"] for point in config["sweeps"][sweep]]
    return list(dict.fromkeys([*config["run"], *points]))


def read_claims(path: str | Path, schema: Settings) -> list[Settings]:
    """Read the claims of the paper and check them against their schema.

    Raises ConfigError, naming the file, the key, what it is and what was expected.
    """
    content = yaml.safe_load(Path(path).read_text())
    error = best_match(Draft202012Validator(schema).iter_errors(content))
    if error is not None:
        raise ConfigError(f"{Path(path).name}: {_describe(error)}")
    claims = content["claims"]
    names = [claim["id"] for claim in claims]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"{Path(path).name}: claims: id {twice} is given twice, expected each once")
    return claims


def check_published(config: Settings) -> None:
    """Check the user's own published files, if there are any, for every network that is to be imported.

    Raises ConfigError, naming file and dataset.
    """
    if not has_own_published(config):
        return
    for name in config["run"]:
        entry = ensemble_settings(config, name)
        for task in entry["tasks"] if entry["source"] == "published" else ():
            for network in network_numbers(config, name):
                try:
                    matrices = published.read_matrices(published_path(config, task), network)
                except ValueError as error:
                    raise ConfigError(f"published_directory: {error}") from error
                _check_ranks(entry["ranks"], len(matrices["final"]["recurrent"]), name)


def _check_ranks(ranks: list[int], units: int, ensemble: str) -> None:
    if max(ranks) > units:
        raise ConfigError(
            f"ranks: {max(ranks)} is beyond the {units} units of ensemble {ensemble}, expected 0 to {units}"
        )
    for needed, meaning in ((0, "no recurrence"), (units, "the full matrix")):
        if needed not in ranks:
            raise ConfigError(f"ranks: {needed} ({meaning} of ensemble {ensemble}) is missing")


def check_writable(folder: str) -> None:
    """Raise ConfigError, naming the obstacle, if files cannot be written to the folder; nothing is made or changed."""
    path = Path(folder)
    obstacle = next(part for part in (path, *path.parents) if part.exists())  # the folder, or what it would be made in
    if not obstacle.is_dir():
        raise ConfigError(f"{folder}: {obstacle} is no folder, expected one that can be written to")
    if not os.access(obstacle, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: no permission to write to {obstacle.absolute()}")


def read_schema(path: str | Path) -> Settings:
    """Read the schema."""
    return yaml.safe_load(Path(path).read_text())


def ensemble_settings(config: Settings, ensemble: str) -> Settings:
    """Return the global settings with those of the ensemble's entry laid over them, and its source."""
    settings = {key: value for key, value in config.items() if key not in NOT_SETTINGS}
    return overlay(settings, config["ensembles"][ensemble])


def network_numbers(config: Settings, ensemble: str) -> list[int]:
    """Return the numbers of the ensemble's networks; a count n stands for 1 … n."""
    networks = config["ensembles"][ensemble]["networks"]
    return list(range(1, networks + 1)) if isinstance(networks, int) else networks


def chunks(config: Settings, ensemble: str) -> dict[int, list[int]]:
    """Return the network numbers of each chunk; chunks are counted from 1."""
    numbers = network_numbers(config, ensemble)
    size = ensemble_settings(config, ensemble)["chunk_size"]
    return {1 + start // size: numbers[start : start + size] for start in range(0, len(numbers), size)}


def has_own_published(config: Settings) -> bool:
    """Tell whether the published files are the user's, which no rule may write."""
    return Path(config["published_directory"]) != Path(DEFAULT_PUBLISHED_DIRECTORY)


def published_path(config: Settings, task: str) -> str:
    """Return the path of a task's published file."""
    return str(Path(config["published_directory"]) / published.FILES[task])


def overlay(base: Any, over: Any) -> Any:
    """Return `base` with `over` laid over it; dicts are merged key by key, their keys sorted throughout."""
    if isinstance(over, list):
        return [overlay(None, item) for item in over]
    if not isinstance(over, dict):
        return over
    base = base if isinstance(base, dict) else {}
    both = {
        key: overlay(base.get(key), over[key]) if key in over else overlay(None, base[key]) for key in {**base, **over}
    }
    return dict(sorted(both.items()))


def _describe(error: ValidationError, key: str | None = None) -> str:
    if key is None:
        key = ".".join(str(part) for part in error.absolute_path)
    where = f"{key}: " if key else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(str(name) for name in error.instance if name not in known)[0]
        return _unknown(key, "key", unknown, known)
    if error.validator == "enum":
        return _unknown(key, "value", error.instance, error.validator_value)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{where}key {missing} is missing"
    if error.validator == "maximum":
        return f"{where}{error.instance} is too large, expected {error.validator_value} or less"
    if error.validator == "minimum":
        return f"{where}{error.instance} is too small, expected {error.validator_value} or more"
    if error.validator == "multipleOf":
        return f"{where}{error.instance} is no multiple of {error.validator_value}"
    if error.validator == "uniqueItems":
        return f"{where}{error.instance} names something twice, expected each once"
    if error.validator in ("minItems", "minLength", "minProperties"):
        return f"{where}is empty, expected at least one"
    if error.validator == "type":
        hint = " (YAML reads 1e-3 as a word: write 1.0e-3)" if isinstance(error.instance, str) else ""
        return f"{where}{error.instance!r} is not of type {error.validator_value}{hint}"
    return f"{where}{error.message}"


def _unknown(key: str, kind: str, name: Any, known: Any) -> str:
    names = [str(each) for each in known]
    close = get_close_matches(name, names, n=1) if isinstance(name, str) else []
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(names)}"
    return f"{key + ': ' if key else ''}unknown {kind} {name!r}, {hint}"
