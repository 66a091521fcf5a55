"""The library as others install it: what is in the wheel, what it depends on, and the tutorial run from it."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow" / "scripts" / "opdims"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def imported() -> set[str]:
    """Return the packages that the library imports, anywhere in its code."""
    names = set()
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"opdims"}


def test_the_wheel_holds_the_library_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert files == {f"opdims/{path.relative_to(LIBRARY)}" for path in LIBRARY.rglob("*.py")}


def test_it_depends_on_what_it_imports_and_on_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.11"
    required = {re.split(r"[^\w-]", entry)[0]: "extra ==" in entry for entry in metadata.get_all("Requires-Dist")}
    assert set(required) == imported()
    assert {name for name, extra in required.items() if extra} == {"onnx"}


def test_the_tutorial_runs_from_the_installed_wheel(wheel, tmp_path):
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(), re.DOTALL)[0]
    assert len(code.strip().splitlines()) < 30
    installed = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel)]
    subprocess.run(command, check=True)
    check = """
import opdims, sys
assert opdims.__file__.startswith(sys.argv[1]), opdims.__file__
cost = dict(zip(reductions, performance.cost.tolist()))
rank = {name: next(k for k, value in enumerate(costs) if value < 1.1 * costs[-1]) for name, costs in cost.items()}
print(rank["operative"], rank["high variance"], cost["operative"][-1])
"""
    (tmp_path / "tutorial.py").write_text(code + check)
    environment = {**os.environ, "PYTHONPATH": str(installed), "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "tutorial.py", str(installed)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    operative, high_variance, cost = map(float, run.stdout.split())
    assert cost < 0.05
    assert operative <= 10 < 30 <= high_variance
    assert (tmp_path / "performance.png").stat().st_size > 5000
