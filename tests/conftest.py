"""Fixtures shared by all tests."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from project import Project


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of the tests are on this machine: no proxy stands in between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of the authors' published files, named by the environment variable OPDIMS_PUBLISHED."""
    folder = os.environ.get("OPDIMS_PUBLISHED")
    if not folder:
        pytest.skip("OPDIMS_PUBLISHED does not name the folder of the published files")
    return Path(folder)


@pytest.fixture(scope="session")
def best_of_optimisations() -> Callable[..., float]:
    """A function that maximises ‖W b‖ |bᵀ r| over unit b orthogonal to `earlier` by L-BFGS from random starts."""

    def optimise(recurrent, rates, earlier, rng: np.random.Generator, starts: int = 10) -> float:
        complement = np.linalg.qr(np.asarray(earlier).T, mode="complete")[0][:, len(earlier) :]
        weights, rest = recurrent @ complement, rates @ complement

        def loss(v):
            drive = weights @ v
            value = np.log(drive @ drive) / 2 + np.log(abs(v @ rest)) - np.log(v @ v)
            return -value, -(weights.T @ drive / (drive @ drive) + rest / (v @ rest) - 2 * v / (v @ v))

        def optimum(start):
            options = {"maxiter": 2000, "ftol": 1e-16, "gtol": 1e-10}
            b = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
            return np.linalg.norm(weights @ b) * abs(b @ rest) / (b @ b)

        return max(optimum(rng.standard_normal(complement.shape[1])) for _ in range(starts))

    return optimise


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy of the project."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project whose tiny ensemble was built on two cores; tests leave its files as they were."""
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if parallel else tmp_path_factory.getbasetemp()
    folder = shared / "built"
    with open(shared / "built.lock", "w") as lock:  # one process builds it, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "shown.txt").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            run = Project(folder).snakemake("--cores", "2", "--configfile", "tiny.yaml", "--config", "chunk_size=2")
            assert run.returncode == 0, run.stdout
            (folder / "shown.txt").write_text(run.stdout)
    project = Project(tmp_path_factory.mktemp("finished"))
    for name in ("results", "logs", ".snakemake"):
        shutil.copytree(folder / name, project.folder / name)
    shutil.copy2(folder / "shown.txt", project.folder)
    return project
