"""Checks of the configuration, and of what it names, before any job. No torch, no Snakemake."""

import os
from pathlib import Path

import numpy as np

from opdims.recordings import RECORDED
from opdims.task import Task, TaskError, check_task, draw_trials, running_steps
from pipeline import settings, sources, trials
from pipeline.reading import check_values, read_configuration
from pipeline.schemas import ConfigError, check_schema, unknown
from pipeline.settings import FIGURES, OF_TASKS, Settings
from pipeline.statements import faults
from pipeline.sweeps import COMPARISON, expand_sweeps

NEEDED = {"train": ("tasks", "networks"), "published": ("tasks",), "files": ("files",)}  # of an entry
OF_FILES = ("files", "tensors", "prefix", "equation", "nonlinearity", "recordings")  # keys of source files alone
CONSTANTS = ("dt", "tau", "noise_std")  # of a network, all that can be said of one in a user's file
FOLDERS = ("tables", "figures", "runtimes", "report")  # of an ensemble's results, beside those of its tasks


def check_config(config: Settings, schema: Settings) -> Settings:
    """Check the configuration against the schema and across its keys, and return it with its sweeps expanded.

    Raises ConfigError, naming the key, what it is, what was expected and the nearest valid name.
    """
    check_values(config)
    check_schema(config, schema)
    if COMPARISON in config["ensembles"]:
        raise ConfigError(f"ensembles: {COMPARISON} is the folder of what compares ensembles, expected another name")
    for name in config["task_files"]:
        if name in (*FOLDERS, RECORDED):
            raise ConfigError(f"task_files: {name} has another meaning in the results, expected another name")
    for name, task in settings.known_tasks(config).items():
        _check_task_settings(config, name, task, schema)
    for name, entry in config["ensembles"].items():
        _check_entry(config, name, entry)
    known = settings.task_names(config)
    for section in (*OF_TASKS, "published_files"):
        _check_tasks(section, config[section], known if section == "published_files" else [*known, RECORDED])
    catalogue = config["ensembles"]
    config = expand_sweeps(config, schema)
    for name in config["run"]:
        if name not in config["ensembles"]:
            raise ConfigError(unknown("run", "ensemble", name, catalogue))
    return config


def _check_task_settings(config: Settings, name: str, task: Task, schema: Settings) -> None:
    """Check the settings that a task's own file says."""
    for section in OF_TASKS:
        content = settings.overlay(None, getattr(task, section))
        try:
            check_values(content)
            check_schema(content, {"$ref": f"#/$defs/task_{section}", "$defs": schema["$defs"]})
        except ConfigError as error:
            file = config["task_files"].get(name, name)
            raise ConfigError(f"task_files.{name}: {file}: {section}.{error}") from error


def check_built(config: Settings) -> None:
    """Check what the ensembles that are to be built are made of: tasks, the user's files, time steps.

    Raises ConfigError, naming the key, and the file if there is one.
    """
    known: dict = {}
    for ensemble in settings.built_ensembles(config):
        _check_function_figures(config, ensemble)
        source = config["ensembles"][ensemble]["source"]
        constants = settings.ensemble_settings(config, ensemble)["network"]
        if source == "files":
            constants = sources.check_files(config, ensemble)
        elif source == "published":
            sources.check_published(config, ensemble)
        _check_steps(config, ensemble, constants["dt"], constants["tau"], trained=source == "train")
        units = constants.get("units") if source != "published" else None  # the files are downloaded later
        trials.check_trials(config, ensemble, constants["dt"], units, known)
        search = settings.ensemble_settings(config, ensemble)["fixed_points"]
        if search["fixed_tolerance"] > search["slow_tolerance"]:
            raise ConfigError(
                f"fixed_points.fixed_tolerance: {search['fixed_tolerance']} is too large, expected slow_tolerance, "
                f"{search['slow_tolerance']}, or less, ensemble {ensemble}"
            )


def read_claims(path: str | Path, schema: Settings) -> list[Settings]:
    """Read the claims of the paper and check them against their schema.

    Raises ConfigError, naming the file, the key, what it is and what was expected.
    """
    content = read_configuration(path)
    try:
        check_schema(content, schema)
    except ConfigError as error:
        raise ConfigError(f"{Path(path).name}: {error}") from error
    claims = content["claims"]
    names = [claim["id"] for claim in claims]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"{Path(path).name}: claims: id {twice} is given twice, expected each once")
    for claim in claims:
        for fault in faults(claim):
            raise ConfigError(f"{Path(path).name}: {fault}")
    return claims


def check_writable(folder: str) -> None:
    """Raise ConfigError, naming the obstacle, if files cannot be written to the folder; nothing is made or changed."""
    path = Path(folder)
    obstacle = next(part for part in (path, *path.parents) if part.exists())  # the folder, or what it would be made in
    if not obstacle.is_dir():
        raise ConfigError(f"{folder}: {obstacle} is not a directory, expected one that can be written to")
    if not os.access(obstacle, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder}: no permission to write to {obstacle.absolute()}")


def _check_entry(config: Settings, name: str, entry: Settings) -> None:
    """Check an entry of the catalogue against its source."""
    where, source = f"ensembles.{name}", entry["source"]
    for key in NEEDED[source]:
        if key not in entry:
            raise ConfigError(f"{where}: key {key} is missing")
    if source != "files":
        for key in OF_FILES:
            if key in entry:
                raise ConfigError(f"{where}: key {key} is for networks in your files, expected source files")
    elif ("tasks" in entry) == ("recordings" in entry):
        both = "are both there" if "tasks" in entry else "are both missing"
        raise ConfigError(f"{where}: tasks and recordings {both}, expected one of them")
    else:
        for key in entry.get("network", {}):
            if key not in CONSTANTS:
                raise ConfigError(
                    f"{where}.network: {key} is for networks that are trained here, expected {', '.join(CONSTANTS)}"
                )
    known = settings.task_names(config)
    for place, task in enumerate(entry.get("tasks", [])):
        if task not in known:
            raise ConfigError(unknown(f"{where}.tasks.{place}", "value", task, known))
    for section in OF_TASKS:
        _check_tasks(f"{where}.{section}", entry.get(section, {}), settings.ensemble_tasks(config, name))


def _check_tasks(key: str, section: Settings, known: list[str]) -> None:
    """Check the names of tasks that are the keys of a section."""
    for task in section:
        if task not in known:
            raise ConfigError(unknown(key, "task", task, known))


def _check_function_figures(config: Settings, ensemble: str) -> None:
    taken = {f"figure_{number}": "an ensemble" for number in FIGURES}
    for name, task in settings.tasks(config, ensemble).items():
        if not settings.has_functions(task):
            continue
        if task.functions_figure in taken:
            raise ConfigError(
                f"ensembles.{ensemble}.tasks: {name} has the functions_figure {task.functions_figure!r}, which is a "
                f"figure of {taken[task.functions_figure]}, expected another name"
            )
        taken[task.functions_figure] = name


def _check_steps(config: Settings, ensemble: str, dt: float, tau: float, *, trained: bool) -> None:
    """Check the time steps of an ensemble's networks and of their training, and trials of its tasks at each of them."""
    merged = settings.ensemble_settings(config, ensemble)
    for name, task in settings.tasks(config, ensemble).items():
        in_training = f"training.{name}.phases"
        phases = merged["training"][name]["phases"] if trained else []
        steps = {dt: "network.dt"} | {phase["dt"]: in_training for phase in phases if phase.get("dt") not in (dt, None)}
        for step, where in steps.items():
            trials.check_length(where, task.duration, step)
            if step > tau:
                raise ConfigError(f"{where}: dt = {step} ms is larger than tau = {tau} ms, ensemble {ensemble}")
            try:
                check_task(task, dt=step)
            except TaskError as error:
                about_step = str(error).startswith("dt = ")
                key = where if about_step else settings.task_key(config, ensemble, name)
                raise ConfigError(f"{key}: {error}, ensemble {ensemble}") from error
        for place, phase in enumerate(phases):
            if phase.get("duration") is not None:
                _check_duration(f"{in_training}.{place}.duration", task, phase["duration"], phase.get("dt") or dt)
        _check_interval(f"sampling.{name}.interval", task, merged["sampling"][name]["interval"], dt, ensemble)


def _check_interval(key: str, task: Task, interval: float | None, dt: float, ensemble: str) -> None:
    """Check the time between sampled states, which may be that of a task's file."""
    if interval is None:
        return
    if interval > task.duration:
        raise ConfigError(f"{key}: {interval} is too large, expected {task.duration:g} or less, ensemble {ensemble}")
    try:
        running_steps(interval, dt)
    except TaskError:
        raise ConfigError(f"{key}: {interval} is not a multiple of dt = {dt:g} ms, ensemble {ensemble}") from None


def _check_duration(key: str, task: Task, duration: float, dt: float) -> None:
    """Check the duration at which the trials of a phase of training end."""
    if duration > task.duration:
        raise ConfigError(f"{key}: {duration} is too large, expected {task.duration:g} or less")
    try:
        steps = running_steps(duration, dt)
    except TaskError:
        raise ConfigError(f"{key}: {duration} is not a multiple of dt = {dt}") from None
    weights = draw_trials(task, 1, dt=dt, rng=np.random.default_rng(0)).weights
    if not np.any(weights[:steps]):
        raise ConfigError(f"{key}: {duration} is too small, expected a trial of which some steps are scored")
