"""Runs in one folder tell which of them are alive, and do not work on the same files."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest
from live_runs import RUN, announcing, kill, started_elsewhere

from pipeline import runs
from pipeline.runs import Files, RunError, announce_run, check_live_runs, find_run, run_names


def files(inputs=(), outputs=()):
    return Files(frozenset(inputs), frozenset(outputs))


def test_a_run_is_alive_as_long_as_its_process(start, state):
    process = start(outputs=["a.h5", "b c.h5"])
    assert find_run(state, RUN).alive is True
    process.send_signal(signal.SIGSTOP)
    assert find_run(state, RUN).alive is True
    kill(process)
    run = find_run(state, RUN)
    assert run.alive is False
    assert run.files == files(outputs=["a.h5", "b c.h5"])


def test_the_lock_is_not_handed_on_to_processes_that_the_run_starts(state):
    code = announcing(state, RUN, [], []) + (
        "import subprocess\n"
        "print(subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    try:
        assert find_run(state, RUN).alive is False
    finally:
        os.kill(int(said), signal.SIGKILL)


def test_a_run_that_only_another_host_can_judge_is_neither_alive_nor_dead(start, state):
    process = start()
    started_elsewhere(state)
    assert find_run(state, RUN).alive is True  # a lock that is seen is believed
    kill(process)
    run = find_run(state, RUN)
    assert run.alive is None
    assert "login2" in run.reason


@pytest.mark.parametrize("content", [None, "", "{}", "vm\na.h5", '{"host": "vm", "inputs": [], "outputs"'])
def test_a_run_without_a_whole_file_is_neither_alive_nor_dead(state, content):
    if content is not None:
        (state / runs.RUNS).mkdir(parents=True)
        (state / runs.RUNS / RUN).write_text(content)
    assert find_run(state, RUN).alive is None


def test_a_file_system_without_locks_leaves_it_open_whether_a_run_lives(state, monkeypatch):
    def flock(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    announce_run(state, RUN, files(["b.h5"], ["a.h5"]))
    assert find_run(state, RUN).alive is None
    monkeypatch.undo()
    run = find_run(state, RUN)
    assert run.alive is None
    assert run.files == files(["b.h5"], ["a.h5"])


@pytest.mark.parametrize(
    ("ours", "met"),
    [
        (files(outputs=["b.h5", "c.h5"]), "b.h5"),  # both write it
        (files(inputs=["b.h5"]), "b.h5"),  # it writes what we read
        (files(outputs=["x.yaml"]), "x.yaml"),  # it reads what we write
        (files(inputs=["x.yaml"], outputs=["c.h5"]), None),  # both read it
        (files(), None),
    ],
)
@pytest.mark.parametrize("name", [RUN, None])
def test_a_run_does_not_start_beside_a_live_one_on_the_same_files(start, state, name, ours, met):
    live = start(name, inputs=["x.yaml"], outputs=["a.h5", "b.h5"])
    if met:
        with pytest.raises(RunError, match=rf"another run .* is alive, works on the same files, such as {met}"):
            check_live_runs(state, ours)
    else:
        check_live_runs(state, ours)
    kill(live)
    check_live_runs(state, ours)


def test_the_file_of_a_local_run_goes_with_it_at_the_latest_with_the_next_one(start, state):
    ends, dies, submits = start(None), start(None), start(RUN)
    assert len(run_names(state)) == 3
    ends.communicate()
    assert len(run_names(state)) == 2
    kill(dies)
    kill(submits)
    live = start(None)
    check_live_runs(state, files())
    assert len(run_names(state)) == 2  # that which submitted jobs, as some may still be there, and the live one
    assert find_run(state, RUN).alive is False
    live.communicate()
    assert run_names(state) == [RUN]


def test_runs_do_not_stop_each_other_where_there_was_none(state):
    check_live_runs(state, files(outputs=["a.h5"]))
    assert run_names(state) == []
