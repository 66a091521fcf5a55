"""The workflow as a user runs it: in a copy of the project, from the command line."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
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


ECHO = """
import numpy as np

from opdims.task import Trials

name = "echo"
n_inputs, n_outputs = 2, 1
duration = 20.0
conditions = ("left", "right")
groups = {"side": ("left", "right")}
evaluation = {"repeats": 2}


def trials(repeats, *, dt, rng):
    side = np.arange(2).repeat(repeats)
    inputs = rng.standard_normal((len(side), round(duration / dt), 2)) + side[:, None, None]
    return Trials(inputs, inputs[:, :, :1], condition=side)
"""  # a user's task
MINE = {
    "run": ["mine"],
    "task_files": {"echo": "echo.py"},
    "ensembles": {
        "mine": {
            "source": "files",
            "files": ["nets/*.npz"],
            "network": {"dt": 1.0, "tau": 10.0, "noise_std": 0.1},
            "tasks": ["echo"],
        }
    },
}


class Project:
    """A copy of the project in a folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = environment  # of Snakemake; that of the tests if there is none
        for name in ("Snakefile", "workflow", "config", "envs", "profiles"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, folder / name)
        self.write("tiny.yaml", TINY)

    def own_networks(self, units: int = 6) -> None:
        """Write a user's task, two networks that do it (nets/{1,2}.npz), and a configuration of them (mine.yaml)."""
        (self.folder / "echo.py").write_text(ECHO)
        (self.folder / "nets").mkdir()
        rng = np.random.default_rng(0)
        for number in (1, 2):
            self.own_network(f"nets/{number}.npz", rng.standard_normal((units, units)) / units**0.5)
        self.write("mine.yaml", MINE)

    def own_network(self, file: str, recurrent: np.ndarray, **others: np.ndarray) -> None:
        """Write a network of two inputs and one output; `others` are more arrays of it, or other ones."""
        units = len(recurrent)
        arrays: dict[str, Any] = {
            "recurrent": recurrent,
            "input": np.ones((units, 2)),
            "output": np.ones((1, units)) / units,
        }
        np.savez(self.folder / file, **(arrays | others))

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
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def planned(self, *arguments: str) -> set[str]:
        """Return the names of the rules that a dry-run would run."""
        return {rule for rule, _ in self.planned_jobs(*arguments)}

    def planned_jobs(self, *arguments: str) -> list[tuple[str, dict[str, str]]]:
        """Return the rule and the wildcards of each job that a dry-run would run."""
        run = self.snakemake("--dry-run", "--verbose", *arguments)  # --verbose lists them one by one
        assert run.returncode == 0, run.stdout
        jobs: list[tuple[str, dict[str, str]]] = []
        for line in run.stdout.splitlines():
            if line.startswith(("rule ", "localrule ")):
                jobs.append((line.split()[1].rstrip(":"), {}))
            elif line.startswith("    wildcards: "):
                jobs[-1][1].update(pair.split("=") for pair in line.removeprefix("    wildcards: ").split(", "))
        return jobs

    def csv_files(self) -> dict[str, bytes]:
        """Return the tables and the data of the figures, by their path."""
        paths = sorted(self.folder.glob("results/*/tables/*.csv")) + sorted(self.folder.glob("results/*/figures/*.csv"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}
