"""Plant one error at a time in a copy of the project, and see which tests fail: `python tests/planted_errors.py`.

An error is a line that gives a wrong number without a word: rows for columns, one network for another, a rank off by
one. They stand in planted_errors.yaml, each with the tests that should see it. An error that no test sees says which
test is missing. The command takes about half an hour; it fails if fewer than 95% of the errors make a test fail.
"""

import argparse
import importlib.util
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ERRORS = Path(__file__).with_suffix(".yaml")
SCRIPTS, TESTS = "workflow/scripts/", "tests/unit/"  # before the names in that file
COPIED = ("Snakefile", "pyproject.toml", "README.md", "CHANGELOG.md", "config", "docs", "envs", "profiles", "tests")
COPIED = (*COPIED, "workflow", "benchmarks")
OWN_TEST = "tests/unit/test_planted_errors.py"  # sees every error: that its text is there no longer
SUFFICIENT = 0.95  # share of the errors that must make a test fail
TIMEOUT = 600  # seconds; an error may keep a test from ending
OUTPUT = "pytest.log"  # in the copy of the project
LIBRARIES = [
    "pytest",
    "torch",
    "pandas",
    "xarray",
    "h5netcdf",
    "scipy.stats",
    "scipy.optimize",
    "seaborn",
    "hypothesis",
    "yaml",
]
CODES = {0: "passed", 1: "failed", 2: "failed"}  # of pytest; 2: a test file could not be imported


class PlantedError(NamedTuple):
    """An error, and the tests that should see it."""

    id: str
    file: str  # relative to the root of the project
    old: str  # occurs once in the file
    new: str
    wrong: str  # what the error makes wrong
    tests: tuple[str, ...]  # files, the fastest first


class Seen(NamedTuple):
    """What became of an error."""

    error: PlantedError
    test: str  # the first that failed; empty if none did
    seconds: float


def read_errors(path: Path = ERRORS) -> list[PlantedError]:
    """Return the planted errors. Raises ValueError naming an id that two of them have."""
    errors = []
    for file, of_file in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        for name, entry in of_file["errors"].items():
            tests = entry.get("tests", of_file["tests"])
            texts = (entry[key] for key in ("old", "new", "wrong"))
            errors.append(PlantedError(name, SCRIPTS + file, *texts, tuple(TESTS + test for test in tests)))
    for name, count in Counter(error.id for error in errors).items():
        if count > 1:
            raise ValueError(f"{path}: id {name} is given {count} times, expected once")
    return errors


def planted(error: PlantedError, root: Path) -> str:
    """Return the text of the file with the error. Raises ValueError if the old text does not occur exactly once."""
    text = (root / error.file).read_text(encoding="utf-8")
    if (count := text.count(error.old)) != 1:
        raise ValueError(f"{error.id}: {error.old!r} occurs {count} times in {error.file}, expected once")
    return text.replace(error.old, error.new)


def copy_project(root: Path, folder: Path) -> None:
    """Copy what the tests need."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (root / name).exists():
            shutil.copy2(root / name, folder / name)


def first_failure(folder: Path, tests: Sequence[str], timeout: float | None = TIMEOUT) -> str:
    """Run tests in the folder and return the first that fails, "" if all pass.

    Raises RuntimeError with pytest's output if the tests could not be run.
    """
    # Each run is a new process, forked from one that has loaded the libraries, which takes longer than most tests.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run_tests, args=(folder, tests, sender))
    process.start()
    sender.close()
    try:
        if not receiver.poll(timeout):
            return f"no end within {timeout} s"
        code, failed = receiver.recv()
    except EOFError:
        return "a crash of the tests"
    finally:
        process.kill()
        process.join()
    if code not in CODES:
        raise RuntimeError(f"pytest ended with code {code}:\n{(folder / OUTPUT).read_text(encoding='utf-8')}")
    return failed if CODES[code] == "failed" else ""


def run_tests(folder: Path, tests: Sequence[str], sender: Connection) -> None:
    """Run tests in the folder until one fails, and send pytest's exit code and the name of that test."""
    os.chdir(folder)
    with open(OUTPUT, "w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() not in (ROOT, Path(__file__).parent)]
    sys.dont_write_bytecode = True  # a file that is changed twice within a second would be taken for the one before
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    processes = ("-n", "0") if importlib.util.find_spec("xdist") else ()
    first = First()
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=short", f"--ignore={OWN_TEST}", *processes]
    code = pytest.main([*options, *tests], plugins=[first])
    sender.send((int(code), first.failed))


class First:
    """What pytest tells of the first test that fails, or cannot be set up or read."""

    failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.pytest_runtest_logreport(report)


def plant_one_by_one(errors: Sequence[PlantedError], folder: Path, every_test: bool) -> Iterable[Seen]:
    """Plant each error in the copy of the project in the folder, run its tests, and take it out again.

    With `every_test` all others follow those that should see it.
    """
    for error in errors:
        path = folder / error.file
        text = path.read_text(encoding="utf-8")
        path.write_text(planted(error, folder), encoding="utf-8")
        start = time.monotonic()
        test = first_failure(folder, error.tests)
        if not test and every_test:
            test = first_failure(folder, ["tests"])
        path.write_text(text, encoding="utf-8")
        yield Seen(error, test, time.monotonic() - start)


def choose(errors: Sequence[PlantedError], ids: Sequence[str]) -> list[PlantedError]:
    """Return the errors with these ids, all if there is none. Raises ValueError naming an unknown id."""
    known = {error.id: error for error in errors}
    for name in ids:
        if name not in known:
            raise ValueError(f"{name} is no planted error, expected one of {', '.join(known)}")
    return [known[name] for name in ids] or list(errors)


def report(found: Sequence[Seen]) -> str:
    """Return how many errors were seen, which tests saw how many, and which errors none saw."""
    seen = [each for each in found if each.test]
    seconds = sum(each.seconds for each in found)
    lines = ["", f"{len(seen)} of {len(found)} planted errors caught ({len(seen) / len(found):.1%}) in {seconds:.0f} s"]
    by_file = Counter(each.test.split("::")[0] for each in seen)
    lines += [f"{count:5d}  {file}" for file, count in by_file.most_common()]
    lines += [f"missed: {each.error.id}: {each.error.wrong}" for each in found if not each.test]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", help="errors to plant (default: all)")
    parser.add_argument("--every-test", action="store_true", help="where its own tests miss an error, run all others")
    chosen = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # matrices are small: threads only wait for each other
    try:
        errors = choose(read_errors(), chosen.ids)
        for error in errors:
            planted(error, ROOT)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="planted_errors_") as name:
        copy_project(ROOT, folder := Path(name))
        tests = list(dict.fromkeys(test for error in errors for test in error.tests))
        if failed := first_failure(folder, tests, timeout=None):  # all of them, however long that takes
            print(f"{failed} fails without any error planted, expected it to pass", file=sys.stderr)
            return 2
        found = []
        width = max(len(error.id) for error in errors)
        for each in plant_one_by_one(errors, folder, chosen.every_test):
            found.append(each)
            verdict = "caught" if each.test else "MISSED"
            print(f"{each.error.id:{width}}  {verdict}  {each.seconds:5.1f} s  {each.test}", flush=True)
    print(report(found))
    return 0 if sum(bool(each.test) for each in found) >= SUFFICIENT * len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
