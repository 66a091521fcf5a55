"""The workflow as a user runs it: in a copy of the project, from the command line."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TASKS = ["context_integration", "sine_generation"]
TRAINING = {
    "repeats": 1,
    "phases": [{"iterations": 3, "dt": 10.0}, {"iterations": 1, "dt": 5.0}],
    "cost_ceiling": 100.0,
}
TINY = {
    "run": ["tiny"],
    "ensembles": {"tiny": {"source": "train", "tasks": TASKS, "networks": 2}},
    "network": {"units": 12},
    "training": dict.fromkeys(TASKS, TRAINING),
    "sampling": {task: {"repeats": 3} for task in TASKS},
    "ranks": [0, 1, 3, 12],
    "evaluation": {task: {"repeats": 1} for task in TASKS},
}


class Project:
    """A copy of the project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Snakefile", "workflow", "config", "envs", "profiles"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, folder / name)
        self.write("tiny.yaml", TINY)

    def write(self, name: str, config: dict) -> None:
        (self.folder / name).write_text(yaml.safe_dump(config))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run snakemake; output and error of the result are one text, `stdout`."""
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def planned(self, *arguments: str) -> set[str]:
        """Return the names of the rules that a dry-run would run."""
        run = self.snakemake("--dry-run", *arguments)
        assert run.returncode == 0, run.stdout
        return {
            line.split()[1].rstrip(":") for line in run.stdout.splitlines() if line.startswith(("rule ", "localrule "))
        }

    def csv_files(self) -> dict[str, bytes]:
        """Return the tables and the data of the figures, by their path."""
        paths = sorted(self.folder.glob("results/*/tables/*.csv")) + sorted(self.folder.glob("results/*/figures/*.csv"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy of the project."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """A function that returns a fresh copy of the project, for fixtures that outlive a test."""
    return lambda name: Project(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project whose tiny ensemble was built on two cores; tests leave its files as they were."""
    project = Project(tmp_path_factory.mktemp("finished"))
    run = project.snakemake("--cores", "2", "--configfile", "tiny.yaml", "--config", "chunk_size=2")
    assert run.returncode == 0, run.stdout
    return project
