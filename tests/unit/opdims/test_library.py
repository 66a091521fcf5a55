"""The library as a whole: its examples run, it loads nothing that only the workflow needs, and it knows no task."""

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import opdims
from opdims.catalogue import names

FOLDER = Path(opdims.__path__[0])
MODULES = sorted(module.name for module in pkgutil.walk_packages(opdims.__path__, "opdims."))
FILES = sorted(FOLDER.rglob("*.py"))
NOT_OURS = {"pandas", "xarray", "matplotlib", "seaborn", "snakemake", "yaml", "pipeline"}  # the workflow's alone
WITHOUT_TORCH = ("names", "task", "catalogue", "recordings", "files", "formats.native", "formats.published")


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def loaded_by(modules: list[str]) -> set[str]:
    """Return the top-level modules in a new interpreter that imports these."""
    code = f"import {', '.join(modules)}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    results = doctest.testmod(importlib.import_module(name), extraglobs={"torch": torch}, verbose=False)
    assert results.failed == 0


def test_examples_are_found():
    finder = doctest.DocTestFinder()
    counts = {
        name: sum(len(test.examples) for test in finder.find(importlib.import_module(name)))
        for name in ("opdims.dimensions", "opdims.network", "opdims.nonlinearity")
    }
    assert min(counts.values()) >= 3


def test_the_library_loads_nothing_that_only_the_workflow_needs():
    assert len(MODULES) > 25
    assert not loaded_by(MODULES) & NOT_OURS


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_what_the_workflow_reads_first_does_without_torch(name):
    assert not loaded_by([f"opdims.{name}"]) & ({"torch", "scipy"} | NOT_OURS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_file_imports_the_workflow(path):
    assert not {module.split(".")[0] for module in imports_of(path)} & NOT_OURS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_file_but_a_tasks_own_names_a_task(path):
    """In its code: a docstring or a comment may give one as an example."""
    if path.parent.name == "tasks":
        return
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _opens(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert not [name for name in names() if name in node.value]
        elif isinstance(node, (ast.Name, ast.Attribute)):
            assert getattr(node, "id", getattr(node, "attr", "")) not in names()
    assert not [module for module in imports_of(path) if module.startswith("opdims.tasks")]


def _opens(node) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)


def test_modules_of_tests_have_names_of_their_own():
    tests = Path(__file__).parents[2]
    found = [path.name for path in tests.rglob("*.py") if path.name != "conftest.py"]
    assert len(found) == len(set(found)), "pytest imports them by name"
