"""How the cases of wrong configurations, claims and command lines are made, see `bad_inputs`."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.utils import update_config

from bad_inputs import Case, printed
from pipeline.checks import check_built, check_config, read_claims
from pipeline.reading import read_configuration, read_yaml
from pipeline.schemas import ConfigError
from pipeline.targets import check_targets
from project import ECHO, ROOT, Project

SINE = {"source": "train", "tasks": ["sine_generation"], "networks": 2}
LONG = "a" * 101


@cache
def schema(name: str) -> dict[str, Any]:
    return read_yaml(ROOT / "workflow" / "schemas" / f"{name}.schema.yaml")


def build(change: dict[str, Any]) -> None:
    """Check a changed default configuration as the Snakefile does."""
    default = read_configuration(ROOT / "config" / "config.yaml")
    update_config(default, change)  # as Snakemake does
    check_built(check_config(default, schema("config")))


def config(id: str, given: str, change: dict[str, Any], expected: str) -> Case:
    """Return the case of a change of the default configuration."""
    return Case(
        id, given, f"^config: {expected}", lambda folder: printed(lambda: build(change), ConfigError, "config: ")
    )


def sweep(id: str, given: str, grid: dict[str, Any], expected: str) -> Case:
    """Return the case of a grid."""
    return config(
        id, given, {"run": ["s"], "ensembles": {"s": SINE | {"grid": grid}}}, rf"ensembles\.s\.grid{expected}"
    )


def file(id: str, given: str, content: bytes, expected: str) -> Case:
    """Return the case of a file of the configuration."""

    def run(folder: Path) -> tuple[int, str]:
        path = folder / "my.yaml"
        path.write_bytes(content)
        return printed(lambda: read_configuration(path), ConfigError, "config: ")

    return Case(id, given, rf"^config: \S*my\.yaml: {expected}", run)


def claims(id: str, given: str, change: Callable[[dict[str, Any]], Any], expected: str) -> Case:
    """Return the case of claims of which the first was changed."""

    def run(folder: Path) -> tuple[int, str]:
        content = read_configuration(ROOT / "config" / "claims.yaml")
        change(content["claims"][0])
        path = folder / "claims.yaml"
        path.write_text(json.dumps(content), encoding="utf-8")
        return printed(lambda: read_claims(path, schema("claims")), ConfigError, "config: ")

    return Case(id, given, rf"^config: claims\.yaml: {expected}", run)


def task(id: str, given: str, line: str, expected: str) -> Case:
    """Return the case of a line at the end of a user's task file."""

    def run(folder: Path) -> tuple[int, str]:
        path = folder / "echo.py"
        path.write_text(f"{ECHO}\n{line}\n", encoding="utf-8")
        ensembles = {"mine": {"source": "train", "tasks": ["echo"], "networks": 1}}
        change = {"run": ["mine"], "task_files": {"echo": str(path)}, "ensembles": ensembles}
        return printed(lambda: build(change), ConfigError, "config: ")

    return Case(id, given, f"^config: {expected}", run)


def requested(id: str, given: str, target: str, expected: str) -> Case:
    """Return the case of a file or rule that is asked for."""
    outputs = [
        "results/{ensemble}/{task}/networks/network_{network,[1-9]\\d*}.h5",
        "results/{ensemble,paper|published}/{task}/states/chunk_{chunk}.nc",
        "results/{ensemble}/{task}/traces/network_{network}.nc",
        "results/{ensemble}/tables/ranks.csv",
        "results/{ensemble}/figures/{figure}.pdf",
        "results/comparison/{sweep}.csv",
    ]

    def run(folder: Path) -> tuple[int, str]:
        given = check_config(read_configuration(ROOT / "config" / "config.yaml"), schema("config"))

        def check() -> None:
            check_targets(given, [target], ["all", "networks", "train_network"], outputs, lambda file: False)

        return printed(check, ConfigError, "command line: ")

    return Case(id, given, f"^command line: .*{expected}", run)


def command(
    id: str, given: str, arguments: list[str], expected: str, files: dict[str, str] | None = None, **more: str
) -> Case:
    """Return the case of a true command line, in a copy of the project; `more` are environment variables."""

    def run(folder: Path) -> tuple[int, str]:
        project = Project(folder, environment=os.environ | more)
        for name, content in (files or {}).items():
            (folder / name).write_text(content, encoding="utf-8")
        done = project.snakemake("--cores", "1", "--dry-run", "--quiet", "all", *arguments)
        said = [line for line in done.stdout.splitlines() if not line.startswith("Using workflow specific profile")]
        return done.returncode, "\n".join(said)

    return Case(id, given, expected, run)


def make(id: str, given: str, value: str, expected: str) -> Case:
    """Return the case of a CONFIG given to make."""

    def run(folder: Path) -> tuple[int, str]:
        command = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), "figures", f"CONFIG={value}"]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        assert not (folder / ".venv").exists()
        return done.returncode, done.stdout.strip()

    return Case(id, given, expected, run)


def setting(section: str, name: str, value: Any) -> dict[str, Any]:
    return {section: {"sine_generation": {name: value}}}


NAN, INF = float("nan"), float("inf")
