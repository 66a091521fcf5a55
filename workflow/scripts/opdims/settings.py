"""The configuration: checked as a whole, then handed out by ensemble, task and chunk. No torch, no Snakemake."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from opdims import published

DEFAULT_PUBLISHED_DIRECTORY = "resources/published"
PUBLISHED_UNITS = 100
COMPARISON = "comparison"  # folder of results
Settings = dict[str, Any]


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one line that names the key."""


def check_config(config: Settings, schema: Settings) -> None:
    """Check the configuration against the schema and across its keys.

    Raises ConfigError, naming the key, what it is, what was expected and the nearest valid name.
    """
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise ConfigError(_describe(error))
    if COMPARISON in config["ensembles"]:
        raise ConfigError(f"ensembles: {COMPARISON} is the folder of what compares ensembles, expected another name")
    for name in config["run"]:
        if name not in config["ensembles"]:
            raise ConfigError(_unknown("run", "ensemble", name, config["ensembles"]))
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
    settings = {key: value for key, value in config.items() if key not in ("run", "ensembles")}
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


def _describe(error: ValidationError) -> str:
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
    if error.validator == "uniqueItems":
        return f"{where}{error.instance} names something twice, expected each once"
    if error.validator in ("minItems", "minLength"):
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
