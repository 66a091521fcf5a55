"""Recorded trials: what the file gives is what is drawn, and what is wrong with it is named."""

import os
import pickle

import numpy as np
import pytest

from opdims.recordings import ARRAYS, read_recordings
from opdims.task import TaskError, check_task, draw_trials

RNG = np.random.default_rng(0)
WHOLE = {
    "inputs": RNG.standard_normal((3, 4, 2)),
    "targets": RNG.standard_normal((3, 4, 5)),
    "weights": np.array([0, 1, 2, 0.5]),
    "condition": np.array(["up", "down", "up"]),
    "states": RNG.standard_normal((3, 4, 7)),
}


@pytest.fixture
def read(tmp_path):
    def of(arrays, dt=2.0):
        np.savez(tmp_path / "trials.npz", **arrays)
        return read_recordings(tmp_path / "trials.npz", dt=dt)

    return of


def drawn(task, repeats=1, dt=2.0):
    return draw_trials(task, repeats, dt=dt, rng=np.random.default_rng(0))


def test_the_trials_are_those_of_the_file(read):
    task = read(WHOLE)
    check_task(task, dt=2.0)
    assert (task.name, task.label, task.duration) == ("recorded", "recorded trials", 8.0)
    assert (task.n_inputs, task.n_outputs) == (2, 5)
    assert task.sampling["repeats"] == task.evaluation["repeats"] == 1
    trials = drawn(task)
    for name in ("inputs", "targets", "weights", "states"):
        np.testing.assert_array_equal(getattr(trials, name), WHOLE[name])
    np.testing.assert_array_equal(trials.mean_inputs, WHOLE["inputs"])
    assert [task.conditions[index] for index in trials.condition] == ["condition_up", "condition_down", "condition_up"]


def test_every_trial_is_repeated(read):
    trials = drawn(read(WHOLE), repeats=2)
    for name in ("inputs", "targets", "states"):
        np.testing.assert_array_equal(getattr(trials, name), WHOLE[name][[0, 0, 1, 1, 2, 2]])
    assert trials.condition.tolist() == [1, 1, 0, 0, 1, 1]
    np.testing.assert_array_equal(trials.weights, WHOLE["weights"])


def test_inputs_are_all_that_is_needed(read):
    task = read({"inputs": WHOLE["inputs"]}, dt=1.0)
    assert (task.n_outputs, task.duration, task.conditions) == (0, 4.0, ("all",))
    trials = drawn(task, dt=1.0)
    assert trials.targets is trials.states is None
    assert trials.weights.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("condition", "conditions", "index"),
    [
        ([3, -1, 3], ("condition_-1", "condition_3"), [1, 0, 1]),
        (["b", "a", "c"], ("condition_a", "condition_b", "condition_c"), [1, 0, 2]),
        (np.array([2, 2, 2], dtype=np.uint8), ("condition_2",), [0, 0, 0]),
    ],
)
def test_conditions_are_names_or_numbers(read, condition, conditions, index):
    task = read({"inputs": WHOLE["inputs"], "condition": condition})
    assert task.conditions == conditions
    assert drawn(task).condition.tolist() == index


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint8])
def test_numbers_of_any_real_kind_are_read(read, dtype):
    trials = drawn(read({"inputs": np.ones((3, 4, 2), dtype=dtype)}))
    assert trials.inputs.dtype == np.float64
    assert (trials.inputs == 1).all()


def test_a_network_without_inputs_may_have_trials(read):
    assert read({"inputs": np.zeros((3, 4, 0)), "targets": WHOLE["targets"]}).n_inputs == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": None}, r"array inputs is missing, expected \(trial, step, channel\)"),
        ({"inputs": np.zeros((3, 4))}, r"array inputs is \(3, 4\), expected 3 dimensions"),
        ({"inputs": np.zeros((0, 4, 2))}, r"array inputs is \(0, 4, 2\), expected at least one trial and one step"),
        ({"inputs": np.zeros((3, 0, 2))}, r"array inputs is \(3, 0, 2\), expected at least one trial and one step"),
        ({"inputs": np.zeros((3, 4, 2)) * 1j}, "array inputs is of complex128, expected real numbers"),
        ({"inputs": np.full((3, 4, 2), "a")}, "array inputs is of <U1, expected real numbers"),
        ({"inputs": np.full((3, 4, 2), np.nan)}, "array inputs holds values that are not finite"),
        ({"targets": np.zeros((2, 4, 5))}, r"array targets is \(2, 4, 5\), expected 3 trials of 4 steps as in inputs"),
        ({"targets": np.zeros((3, 5, 5))}, r"array targets is \(3, 5, 5\), expected 3 trials of 4 steps"),
        ({"targets": np.full((3, 4, 5), np.inf)}, "array targets holds values that are not finite"),
        ({"states": np.zeros((3, 3, 7))}, r"array states is \(3, 3, 7\), expected 3 trials of 4 steps as in inputs"),
        ({"states": np.zeros((3, 4, 7), dtype=bool)}, "array states is of bool, expected real numbers"),
        ({"weights": np.ones(3)}, r"array weights is \(3,\), expected \(4,\) to fit inputs"),
        ({"weights": np.ones((4, 1))}, r"array weights is \(4, 1\), expected 1 dimensions"),
        ({"weights": np.array([1, 1, 1, -1.0])}, "array weights has values below 0 or none above it"),
        ({"weights": np.zeros(4)}, "array weights has values below 0 or none above it"),
        ({"condition": np.arange(4)}, r"array condition is \(4,\), expected \(3,\) to fit inputs"),
        ({"condition": np.arange(3.0)}, "array condition is of float64, expected names or whole numbers"),
        ({"input": np.zeros(3)}, f"unknown array 'input', expected {', '.join(ARRAYS)}"),
    ],
)
def test_what_is_wrong_with_the_arrays_is_named(read, tmp_path, changes, message):
    arrays = {name: array for name, array in (WHOLE | changes).items() if array is not None}
    with pytest.raises(TaskError, match=message) as caught:
        read(arrays)
    assert str(caught.value).startswith(f"{tmp_path / 'trials.npz'}: ")
    assert "\n" not in str(caught.value)


class Trap:
    """An object that leaves a file behind if it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["inputs", "condition", "other"])
def test_pickled_objects_are_never_executed(read, tmp_path, name):
    trap = np.array([Trap(tmp_path / "sprung")] * 3, dtype=object)
    with pytest.raises(TaskError, match=r"cannot be read \(|unknown array 'other'") as caught:
        read(WHOLE | {name: trap})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", ["text", "pickle", "truncated", "npy"])
def test_a_file_that_is_no_npz_is_named(read, tmp_path, content):
    path = tmp_path / "trials.npz"
    read(WHOLE)
    if content == "text":
        path.write_text("inputs,targets\n1,2\n")
    elif content == "pickle":
        path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    elif content == "truncated":
        path.write_bytes(path.read_bytes()[:300])
    else:
        with path.open("wb") as file:
            np.save(file, WHOLE["inputs"])
    with pytest.raises(TaskError, match=r"trials\.npz: cannot be read .*expected recorded trials \(\.npz\)") as caught:
        read_recordings(path, dt=1.0)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TaskError, match=r"none\.npz: no such file, expected recorded trials \(\.npz\)"):
        read_recordings(tmp_path / "none.npz", dt=1.0)


def test_trials_at_another_dt_than_recorded_are_refused(read):
    with pytest.raises(TaskError, match=r"inputs of its trials are \(3, 4, 2\), expected \(trials, 8, 2\)"):
        drawn(read(WHOLE), dt=1.0)
