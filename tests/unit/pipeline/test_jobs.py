"""A script's `main` gets by name what its rule has; an error goes to the log and to the terminal as one line."""

import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Snakemake, Wildcards

from opdims.task import TaskError
from pipeline.jobs import arguments, capped, run, task_from

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"


def job(folder, *, wildcards=None, params=None, inputs=None, outputs=None, resources=None, threads=1):
    """A job as Snakemake describes it to a script; a list of files has one name."""

    def named(kind, values):
        container = kind()
        for name, value in (values or {}).items():
            start = len(container)
            container.extend(value if isinstance(value, list) else [value])
            container._set_name(name, start, end=len(container) if isinstance(value, list) else None)
        return container

    return Snakemake(
        named(InputFiles, inputs),
        named(OutputFiles, outputs),
        Params(fromdict=params or {}),
        Wildcards(fromdict=wildcards or {}),
        threads,
        ResourceList(fromdict=resources or {}),
        Log(toclone=[str(folder / "train_network_3.log")]),
        {},
        "train_network",
        None,
        str(folder),
    )


def test_inputs_outputs_params_and_wildcards_are_handed_on_by_name(tmp_path):
    found = {}

    def main(weights: str, networks: list[str], table: str, network: int, ensemble: str, ranks: list[int]) -> None:
        found.update(locals())

    given = job(
        tmp_path,
        inputs={"weights": "a.h5", "networks": ["b.h5", "c.h5"], "unused": "d.h5"},
        outputs={"table": "table.csv"},
        params={"ranks": [0, 3], "code": "digest"},
        wildcards={"network": "12", "ensemble": "7"},
    )
    run(main, given)
    found = {name: value for name, value in found.items() if name != "found"}
    assert found == {
        "weights": "a.h5",
        "networks": ["b.h5", "c.h5"],
        "table": "table.csv",
        "network": 12,  # main says int
        "ensemble": "7",  # it does not, though it looks like one
        "ranks": [0, 3],
    }
    assert type(found["networks"]) is list


def test_a_list_of_one_file_and_of_none_stays_a_list(tmp_path):
    def main(networks: list[str], states: list[str]) -> None: ...

    given = job(tmp_path, inputs={"networks": ["a.h5"], "states": []})
    assert arguments(main, given) == {"networks": ["a.h5"], "states": []}


def test_memory_is_that_of_the_job(tmp_path):
    def main(memory: float) -> None: ...

    assert arguments(main, job(tmp_path, resources={"mem_mb": 300, "tmpdir": "/tmp"})) == {"memory": 300}


def test_what_main_has_a_default_for_may_be_missing(tmp_path):
    def main(network: int, seed: int = 1) -> None: ...

    assert arguments(main, job(tmp_path, wildcards={"network": "2"})) == {"network": 2}


def test_a_name_that_two_have_is_an_error_where_main_wants_it(tmp_path):
    given = job(tmp_path, outputs={"network": "a.h5", "table": "b.csv"}, wildcards={"network": "2"})

    def wants(network: int) -> None: ...

    def does_not(table: str) -> None: ...

    with pytest.raises(TypeError, match="main: network is named twice, by output and wildcards, expected once"):
        arguments(wants, given)
    assert arguments(does_not, given) == {"table": "b.csv"}


def test_a_parameter_goes_before_a_wildcard_of_its_name(tmp_path):
    def main(task: dict) -> None: ...

    given = job(tmp_path, params={"task": {"name": "echo"}}, wildcards={"task": "echo"})
    assert arguments(main, given) == {"task": {"name": "echo"}}
    with pytest.raises(TypeError, match="main: task is named twice, by input and params and wildcards"):
        arguments(main, job(tmp_path, inputs={"task": "a"}, params={"task": {}}, wildcards={"task": "echo"}))


def test_a_missing_name_is_said(tmp_path, capsys):
    def main(table: str) -> None: ...

    with pytest.raises(SystemExit):
        run(main, job(tmp_path))
    expected = "train_network_3: TypeError: main: table is missing, expected among input, output, params, wildcards"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("ranks: 101\n is beyond"), "train_network_3: ranks: 101 is beyond (details: {path})\n"),
        (KeyError("tau"), "train_network_3: KeyError: 'tau' (details: {path})\n"),
        (ValueError(), "train_network_3: ValueError (details: {path})\n"),
    ],
)
def test_an_error_is_one_line_and_a_traceback(tmp_path, capsys, error, line):
    def main() -> None:
        logging.info("began")
        raise error

    with pytest.raises(SystemExit) as caught:
        run(main, job(tmp_path))
    path = tmp_path / "train_network_3.log"
    assert caught.value.code == 1
    assert capsys.readouterr().err == line.format(path=path)
    assert "INFO began" in path.read_text()
    assert "Traceback" in path.read_text()


def test_torch_has_the_threads_of_the_job(tmp_path, monkeypatch):
    threads = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    run(lambda: None, job(tmp_path, threads=3))
    assert threads == [3]


def test_a_job_without_torch_does_not_wait_for_it():
    code = "import sys, pipeline.jobs; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, check=True)


@pytest.mark.parametrize(
    ("ranks", "units", "expected"),
    [
        ([0, 1, 5, 100], 100, [0, 1, 5, 100]),
        ([5, 1, 5, 200], 12, [0, 1, 5, 12]),
        ([10, 20], 1, [0, 1]),
        ([], 3, [0, 3]),
    ],
)
def test_ranks_are_those_that_a_network_has(ranks, units, expected):
    assert capped(ranks, units) == expected


TASK = """
    import numpy as np

    from opdims.task import Trials

    name = "echo"
    n_inputs, n_outputs = 1, 1
    duration = 10.0


    def trials(repeats, *, dt, rng):
        inputs = rng.standard_normal((repeats, round(duration / dt), 1))
        return Trials(inputs, inputs)
"""


def test_a_task_is_the_projects_own_or_the_users(tmp_path):
    own = {"name": "sine_generation", "file": None, "recordings": None, "digest": ""}
    assert task_from(own, 1.0).conditions[0] == "frequency_1"
    (tmp_path / "echo.py").write_text(textwrap.dedent(TASK))
    users = {"name": "echo", "file": str(tmp_path / "echo.py"), "recordings": None, "digest": ""}
    assert task_from(users).duration == 10
    with pytest.raises(TaskError, match=r"gone\.py"):
        task_from(users | {"file": str(tmp_path / "gone.py")})
