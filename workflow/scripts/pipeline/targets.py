"""What is asked for on the command line: files that no ensemble has are named before anything is planned."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from pipeline import settings
from pipeline.schemas import ConfigError, shown
from pipeline.settings import Settings
from pipeline.sweeps import COMPARISON

RESULTS = "results"
WILDCARD = re.compile(r"\{(\w+)(?:,[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")  # {name} or {name,constraint}
SHOWN = 12  # names in an error


def check_targets(
    config: Settings,
    targets: Iterable[str],
    rules: Iterable[str],  # their names
    outputs: Sequence[str],  # their patterns
    makes: Callable[[str], bool],  # whether a rule makes a file
) -> None:
    """Check that each target is a rule, or a file that a rule makes for one of the ensembles.

    Raises ConfigError, naming the target, and what there is.
    """
    rules = set(rules)
    for target in sorted(set(targets) - rules):
        path = PurePosixPath(target).as_posix()
        found = [match.groupdict() for match in (_pattern(output).fullmatch(path) for output in outputs) if match]
        problems = [_problem(config, wildcards) for wildcards in found]
        if found and None not in problems:
            raise ConfigError(f"{target}: {problems[0]}")
        if not makes(path):
            raise ConfigError(_unknown(config, path, rules, outputs))


def check_wildcards(config: Settings, wildcards: Mapping[str, str]) -> None:
    """Check that an ensemble has the task, network and chunk of a job. Raises ConfigError."""
    problem = _problem(config, wildcards)
    if problem:
        raise ConfigError(problem)


def _unknown(config: Settings, target: str, rules: Iterable[str], outputs: Sequence[str]) -> str:
    """Return the line on a target that no rule makes."""
    folder, name = str(PurePosixPath(target).parent), PurePosixPath(target).name
    if folder == ".":
        return f"unknown rule or file {shown(target)}, {_nearest(target, sorted(rules))}"
    parts, known = PurePosixPath(target).parts, [*config["ensembles"], COMPARISON]
    if parts[0] == RESULTS and parts[1] not in known and len(parts) > 2:
        return f"{target}: unknown ensemble {shown(parts[1])}, {_nearest(parts[1], known)}"
    split = [PurePosixPath(output) for output in outputs]
    siblings = sorted({output.name for output in split if _pattern(str(output.parent)).fullmatch(folder)})
    siblings = [sibling for sibling in siblings if "{" not in sibling]
    return f"{target}: no rule makes it" + (f", {_nearest(name, siblings)}" if siblings else "")


def _problem(config: Settings, wildcards: Mapping[str, str]) -> str | None:
    """Return what is wrong with the wildcards of a file, if there is something."""
    ensembles, sweeps, ensemble = config["ensembles"], config["sweeps"], wildcards.get("ensemble")
    if "sweep" in wildcards and wildcards["sweep"] not in sweeps:
        return f"unknown sweep {shown(wildcards['sweep'])}, {_nearest(wildcards['sweep'], sweeps)}"
    if ensemble is None:
        return None
    if ensemble not in ensembles:
        return f"unknown ensemble {shown(ensemble)}, {_nearest(ensemble, ensembles)}"
    known: dict[str, Iterable[Any]] = {
        "task": settings.ensemble_tasks(config, ensemble),
        "network": settings.network_numbers(config, ensemble),
        "chunk": settings.chunks(config, ensemble),
        "figure": sorted(
            [*(f"figure_{number}" for number in settings.FIGURES), *settings.function_figures(config, ensemble)]
        ),
    }
    for kind in known:
        names = [*known[kind]]
        if kind in wildcards and wildcards[kind] not in map(str, names):
            return f"ensemble {ensemble} has no {kind} {wildcards[kind]}, expected {_listed(names)}"
    return None


def _pattern(output: str) -> re.Pattern[str]:
    """Return what matches an output whatever its wildcards are, but for slashes."""
    parts, seen, end = [], set(), 0
    for match in WILDCARD.finditer(output):
        name = match[1]
        parts += [re.escape(output[end : match.start()]), f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)"]
        seen.add(name)
        end = match.end()
    return re.compile("".join([*parts, re.escape(output[end:])]))


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {_listed(names)}" if names else "there is none"


def _listed(names: Iterable[Any]) -> str:
    """Return names for people: numbers that follow each other as a range, and of many only the first."""
    names = list(names)
    if len(names) > 2 and all(isinstance(name, int) for name in names) and names == [*range(names[0], names[-1] + 1)]:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(map(str, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
