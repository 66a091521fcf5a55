"""What a task file may leave out, what it must not say, and the checks of the trials that it draws."""

import math

import numpy as np
import pytest

from opdims.names import LOSSES, REDUCTIONS
from opdims.task import (
    DEFAULTS,
    REQUIRED,
    CompleteTrials,
    TaskError,
    Trials,
    check_task,
    complete_trials,
    draw_trials,
    running_steps,
    task_from,
)


def silence(repeats, *, dt, rng):
    return Trials(np.zeros((3 * repeats, round(8 / dt), 2)))


LEAST = {"name": "two_words", "n_inputs": 2, "n_outputs": 1, "duration": 8, "trials": silence}
FOUR = {"conditions": ("left_far", "left_near", "right_far", "right_near")}


def task(**changes):
    return task_from(LEAST | changes, "file.py")


def drawing(arrays=None, **changes):
    """A task whose trials are three with these arrays."""
    given = {"inputs": np.zeros((3, 4, 2))} | (arrays or {})
    return task(duration=4.0, trials=lambda repeats, *, dt, rng: Trials(**given), **changes)


def drawn(arrays=None, **changes) -> CompleteTrials:
    return draw_trials(drawing(arrays, **changes), 1, dt=1.0, rng=np.random.default_rng(0))


# --- what a task is


def test_all_but_five_names_have_defaults():
    made = task()
    assert made.name == "two_words"
    assert made.label == "two words"
    assert made.duration == 8.0
    assert isinstance(made.duration, float)
    assert made.loss == "squared_error"
    assert made.conditions == made.examples == ("all",)
    assert (made.groups, made.functions, made.frequencies, made.labels, made.shown_ranks) == ({}, {}, {}, {}, {})
    assert made.constant_inputs == {"no_input": (0.0, 0.0)}
    assert made.conditions_of_input("no_input") == ["all"]
    assert made.functions_figure == "functions_two_words"
    assert made.published is None
    assert (made.sampling, made.evaluation, made.training) == tuple(DEFAULTS.values())
    assert made.sampling["interval"] is None


def test_a_task_has_what_its_file_says():
    said = {
        **FOUR,
        "label": "Where to?",
        "loss": "cross_entropy",
        "groups": {"side": {"left": ("left_far", "left_near"), "right": ("right_far", "right_near")}},
        "constant_inputs": {"left": (1.0, 0.0), "right_far": (0.0, 2.0)},
        "frequencies": {"left": 2.5},
        "labels": {"left_far": "far left"},
        "examples": ("right_far", "left_far"),
        "shown_ranks": {"operative_rows": 7},
        "functions_figure": "figure_9",
        "published": {"file": "a", "url": "b", "sha256": "c"},
    }
    made = task(**said, unknown_helper=3)
    for name, value in said.items():
        assert getattr(made, name) == value
    assert made.functions == said["groups"]["side"]
    assert made.label_of("left_far") == "far left"
    assert made.label_of("left_near") == "left near"


def test_settings_of_a_task_lie_over_the_defaults():
    made = task(sampling={"repeats": 3}, training={"phases": [{"iterations": 1, "dt": 2.0}]})
    assert made.sampling == {"repeats": 3, "interval": None}
    assert made.evaluation == DEFAULTS["evaluation"]
    assert made.training == DEFAULTS["training"] | {"phases": [{"iterations": 1, "dt": 2.0}]}
    assert DEFAULTS["sampling"]["repeats"] == 10, "the defaults are as they were"


@pytest.mark.parametrize("functions", [("left_far", "right_far"), ["left_far", "right_far"]])
def test_functions_given_as_a_tuple_are_conditions(functions):
    made = task(**FOUR, groups={"far": functions, "side": {"left": "left_near"}})
    assert made.groups["far"] == {"left_far": ("left_far",), "right_far": ("right_far",)}
    assert made.functions == made.groups["far"] | {"left": ("left_near",)}


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (5, [0, 1, 3, 4]), (10, [0, 3, 6, 9])],
)
def test_examples_are_up_to_four_conditions_evenly_chosen(count, expected):
    made = task(conditions=[f"condition_{number}" for number in range(count)])
    assert made.examples == tuple(f"condition_{number}" for number in expected)


def test_a_condition_belongs_to_the_constant_input_that_its_name_begins_with():
    made = task(conditions=("left", "left_far", "lefty", "right"), constant_inputs={"left": (1, 0), "right": (0, 1)})
    assert made.conditions_of_input("left") == ["left", "left_far"]
    assert made.conditions_of_input("right") == ["right"]
    assert task(**FOUR).conditions_of_input("no_input") == list(FOUR["conditions"])
    assert {type(number) for value in made.constant_inputs.values() for number in value} == {float}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_name_is_named(name):
    content = {key: value for key, value in LEAST.items() if key != name}
    expected = f"file.py: {name} is missing, expected name, n_inputs, n_outputs, duration, trials"
    with pytest.raises(TaskError, match=expected):
        task_from(content, "file.py")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "name is 3, expected a lower-case word"),
        ({"name": "Flip"}, "name is 'Flip', expected a lower-case word"),
        ({"name": "flip flop"}, "name is 'flip flop', expected"),
        ({"n_inputs": -1}, "n_inputs is -1, expected a count"),
        ({"n_inputs": True}, "n_inputs is True, expected a count"),
        ({"n_outputs": 1.0}, r"n_outputs is 1\.0, expected a count"),
        ({"duration": 0}, "duration is 0, expected a positive number"),
        ({"duration": "8"}, "duration is '8', expected a positive number"),
        ({"duration": math.inf}, "duration is inf, expected a positive number"),
        ({"duration": math.nan}, "duration is nan, expected a positive number"),
        ({"duration": True}, "duration is True, expected a positive number"),
        ({"trials": None}, "trials is None, expected a function"),
        ({"loss": "absolute"}, f"loss is 'absolute', expected one of {', '.join(LOSSES)}"),
        ({"conditions": 3}, "conditions is 3, expected names"),
        ({"conditions": ("a", "a")}, "conditions is 'a', expected each name once"),
        ({"conditions": ("a", "")}, "conditions is '', expected a name"),
        ({"conditions": ("a", 1)}, "conditions is 1, expected a name"),
        ({"groups": ("all",)}, r"groups is \('all',\), expected a dict"),
        ({"groups": {"g": {"f": ("none",)}}}, r"groups\.g\.f is 'none', expected one of its conditions"),
        ({"groups": {"g": {"f": ()}}}, r"groups\.g\.f is \(\), expected conditions"),
        ({"groups": {"g": ("none",)}}, r"groups\.g\.none is 'none', expected one of its conditions"),
        ({"groups": {"g": {"f": ("all",)}, "h": {"f": ("all",)}}}, "groups is 'f', expected each name once"),
        ({"groups": {"g": 3}}, r"groups\.g is 3, expected names"),
        ({"constant_inputs": {"a": (1.0,)}}, r"constant_inputs\.a is \(1\.0,\), expected 2 numbers"),
        ({"constant_inputs": {"a": 1.0}}, r"constant_inputs\.a is 1\.0, expected 2 numbers"),
        ({"constant_inputs": {"a": ("b", "c")}}, r"constant_inputs\.a is \('b', 'c'\), expected 2 numbers"),
        ({"constant_inputs": {"a": (0, math.nan)}}, r"constant_inputs\.a is \(0, nan\), expected 2 numbers"),
        ({"constant_inputs": [1]}, r"constant_inputs is \[1\], expected a dict"),
        ({"examples": ("none",)}, "examples is 'none', expected one of its conditions"),
        ({"examples": ("all", "all")}, "examples is 'all', expected each name once"),
        ({"frequencies": {"a": 1.0}}, "frequencies is 'a', expected one of its constant_inputs"),
        ({"labels": 3}, "labels is 3, expected a dict"),
        (
            {"shown_ranks": {"rows": 3}},
            f"shown_ranks is 'rows', expected one of {', '.join(REDUCTIONS)}",
        ),
        ({"sampling": 3}, "sampling is 3, expected a dict"),
        ({"sampling": {"repeat": 3}}, "sampling is 'repeat', expected one of repeats, interval"),
        ({"evaluation": {"interval": 3}}, "evaluation is 'interval', expected one of repeats"),
        ({"training": {"rate": 3}}, "training is 'rate', expected one of learning_rate, last_learning_rate, "),
    ],
)
def test_what_cannot_be_that_of_a_task_is_named(changes, message):
    with pytest.raises(TaskError, match=f"^file.py: {message}") as caught:
        task(**changes)
    assert "\n" not in str(caught.value)


# --- trials


def test_what_trials_leave_out_is_filled_in():
    trials = drawn({"inputs": np.arange(24).reshape(3, 4, 2)})
    assert trials.inputs.dtype == np.float64
    np.testing.assert_array_equal(trials.inputs, np.arange(24.0).reshape(3, 4, 2))
    np.testing.assert_array_equal(trials.mean_inputs, trials.inputs)
    assert trials.targets is trials.states is None
    assert trials.condition.tolist() == [0, 0, 0]
    assert trials.function.shape == (3, 0)
    assert trials.weights.tolist() == [1, 1, 1, 1]


def test_trials_are_those_of_the_task():
    arrays = {
        "inputs": np.ones((3, 4, 2)),
        "targets": np.arange(12).reshape(3, 4, 1),
        "mean_inputs": np.full((3, 4, 2), 2.0),
        "condition": [2, -1, 0],
        "function": [[True], [True], [False]],
        "weights": np.arange(4) > 1,
        "states": np.full((3, 4, 7), 3.0),
    }
    trials = drawn(arrays, **FOUR, groups={"g": {"f": ("left_far",)}})
    for name, array in arrays.items():
        np.testing.assert_array_equal(getattr(trials, name), array)
    assert {getattr(trials, name).dtype for name in ("inputs", "targets", "weights", "states")} == {np.dtype(float)}


def test_trials_belong_to_the_functions_of_their_conditions():
    groups = {
        "side": {"left": ("left_far", "left_near"), "right": ("right_far", "right_near")},
        "far": ("left_far",),
    }
    trials = drawn({"inputs": np.zeros((5, 4, 2)), "condition": [0, 1, 2, 3, -1]}, **FOUR, groups=groups)
    expected = [[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert trials.function.dtype == bool
    assert trials.function.astype(int).tolist() == expected


def test_trials_are_drawn_with_what_is_asked_for():
    asked = []

    def trials(repeats, *, dt, rng):
        asked.append((repeats, dt, rng))
        return silence(repeats, dt=dt, rng=rng)

    rng = np.random.default_rng(0)
    assert draw_trials(task(trials=trials), 5, dt=0.5, rng=rng).inputs.shape == (15, 16, 2)
    assert asked == [(5, 0.5, rng)]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": np.zeros((3, 5, 2))}, r"inputs of its trials are \(3, 5, 2\), expected \(trials, 4, 2\)"),
        ({"inputs": np.zeros((3, 4, 1))}, r"inputs of its trials are \(3, 4, 1\), expected \(trials, 4, 2\)"),
        ({"inputs": np.zeros((3, 4))}, r"inputs of its trials are \(3, 4\), expected \(trials, 4, 2\)"),
        ({"inputs": None}, "inputs of its trials are of object, expected real numbers"),
        ({"inputs": np.zeros((3, 4, 2)) * 1j}, "inputs of its trials are of complex128, expected real numbers"),
        ({"inputs": [[1.0], [2.0, 3.0]]}, "inputs of its trials are no array"),
        ({"inputs": np.zeros((0, 4, 2))}, r"inputs are \(0, 4, 2\), expected at least one trial"),
        ({"targets": np.zeros((3, 4, 2))}, r"targets of its trials are \(3, 4, 2\), expected \((3|trials), 4, 1\)"),
        ({"targets": np.zeros((2, 4, 1))}, r"targets of its trials are \(2, 4, 1\), expected \(3, 4, "),
        ({"targets": "words"}, "targets of its trials are of <U5, expected real numbers"),
        ({"mean_inputs": np.zeros((3, 4, 1))}, r"mean_inputs of its trials are \(3, 4, 1\), expected \(3, 4, 2\)"),
        ({"condition": [0, 0]}, r"condition of its trials are \(2,\), expected \(3,\)"),
        ({"condition": [0, 0, 1]}, "condition goes from 0 to 1, expected -1 to 0, the index of one of its conditions"),
        ({"condition": [-2, 0, 0]}, "condition goes from -2 to 0, expected -1 to 0"),
        ({"condition": [0.5, 0, 0]}, "condition of its trials are of float64, expected whole numbers"),
        ({"condition": ["all"] * 3}, "condition of its trials are of <U3, expected whole numbers"),
        ({"function": np.zeros((3, 2))}, r"function of its trials are \(3, 2\), expected \(3, 0\)"),
        ({"weights": np.ones(3)}, r"weights of its trials are \(3,\), expected \(4,\)"),
        ({"weights": 1.0}, r"weights of its trials are \(\), expected \(4,\)"),
        ({"states": np.zeros((3, 5, 7))}, r"states of its trials are \(3, 5, 7\), expected \(3, 4, units\)"),
    ],
)
def test_trials_of_another_shape_or_kind_are_refused(arrays, message):
    with pytest.raises(TaskError, match=f"^task two_words: {message}") as caught:
        drawn(arrays)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        (lambda repeats: None, "drawing trials raised TypeError: .*unexpected keyword"),
        (lambda repeats, *, dt, rng: None, "drawing trials raised AttributeError: 'NoneType' .* 'inputs'"),
        (lambda repeats, *, dt, rng: 1 / 0, "drawing trials raised ZeroDivisionError: division by zero"),
        (lambda repeats, *, dt, rng: [][1], "drawing trials raised IndexError"),
    ],
)
def test_a_task_that_raises_is_named_with_its_error(trials, message):
    with pytest.raises(TaskError, match=f"^task two_words: {message}") as caught:
        draw_trials(task(trials=trials), 1, dt=1.0, rng=np.random.default_rng(0))
    assert caught.value.__cause__ is not None


def test_an_error_of_several_lines_becomes_one():
    def trials(repeats, *, dt, rng):
        raise RuntimeError("first line\nsecond   line")

    with pytest.raises(TaskError, match=r"raised RuntimeError: first line second line$"):
        draw_trials(task(trials=trials), 1, dt=1.0, rng=np.random.default_rng(0))


def test_trials_without_a_task_are_completed():
    trials = complete_trials(Trials(np.zeros((2, 3, 4)), targets=np.zeros((2, 3, 5))))
    assert trials.targets.shape == (2, 3, 5)
    assert trials.weights.tolist() == [1, 1, 1]
    with pytest.raises(TaskError, match=r"^trials: targets of its trials are \(2, 4, 5\), expected \(2, 3, "):
        complete_trials(Trials(np.zeros((2, 3, 4)), targets=np.zeros((2, 4, 5))))


# --- the check before any job


def test_a_task_without_mistakes_passes():
    check_task(task(), dt=1.0)
    check_task(drawing({"condition": [0, 1, -1], "weights": [0, 0, 0, 1]}, conditions=("a", "b")), dt=1.0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": np.full((3, 4, 2), np.nan)}, "inputs of its trials hold values that are not finite"),
        ({"mean_inputs": np.full((3, 4, 2), np.inf)}, "mean_inputs of its trials hold values that are not finite"),
        ({"targets": np.full((3, 4, 1), np.inf)}, "targets of its trials hold values that are not finite"),
        ({"states": np.full((3, 4, 9), np.nan)}, "states of its trials hold values that are not finite"),
        ({"weights": [1, 1, 1, np.nan]}, "weights of its trials hold values that are not finite"),
        ({"weights": [1, 1, 1, -1]}, r"weights are \[ 1\.  1\.  1\. -1\.\], expected none below 0 and one above it"),
        ({"weights": [0, 0, 0, 0]}, "weights are .*, expected none below 0 and one above it"),
        ({"weights": [1, 1]}, r"weights of its trials are \(2,\), expected \(4,\)"),
        ({"condition": [0, 0, -1]}, "condition b does not occur in 3 trials"),
    ],
)
def test_mistakes_are_found_before_any_job(arrays, message):
    made = drawing({"condition": [0, 1, -1]} | arrays, conditions=("a", "b"))
    with pytest.raises(TaskError, match=f"^task two_words: {message}"):
        check_task(made, dt=1.0)


def test_a_rare_condition_is_found_with_the_repeats_of_sampling():
    def trials(repeats, *, dt, rng):
        return Trials(np.zeros((repeats, 8, 2)), condition=(np.arange(repeats) == 30).astype(int))

    check_task(task(trials=trials, conditions=("often", "rarely"), sampling={"repeats": 31}), dt=1.0)
    with pytest.raises(TaskError, match="condition rarely does not occur in 30 trials"):
        check_task(task(trials=trials, conditions=("often", "rarely"), sampling={"repeats": 3}), dt=1.0)


@pytest.mark.parametrize(
    ("duration", "dt", "steps"),
    [(650.0, 1.0, 650), (650.0, 5, 130), (500.0, 0.1, 5000), (3.0, 3.0, 1), (1e-3, 1e-4, 10)],
)
def test_running_steps(duration, dt, steps):
    assert running_steps(duration, dt) == steps


@pytest.mark.parametrize("dt", [3.0, 0.7, 400.0, 1e9])
def test_a_dt_that_does_not_divide_is_refused(dt):
    with pytest.raises(TaskError, match=rf"dt = {dt} ms does not divide 500\.0 ms".replace("+", r"\+")):
        running_steps(500.0, dt)
    with pytest.raises(TaskError, match="does not divide"):
        check_task(task(duration=500.0, trials=lambda repeats, *, dt, rng: Trials(np.zeros((1, 1, 2)))), dt=dt)
