"""The project's tasks: what holds for all of them, and counts, levels, targets and noise as docs/method.md says."""

import math
from collections import Counter

import numpy as np
import pytest
from plain import generator

from opdims.catalogue import load_task, names
from opdims.seeding import TaskGenerator
from opdims.task import CompleteTrials, TaskError, check_task, draw_trials

COHERENCES = [-0.15, -0.036, -0.009, 0.009, 0.036, 0.15]


def draw(task, repeats: int = 1, *, dt: float = 1.0, seed: int = 5) -> CompleteTrials:
    return draw_trials(task, repeats, dt=dt, rng=TaskGenerator(generator(seed)))


@pytest.fixture(params=names())
def task(request):
    return load_task(request.param)


@pytest.fixture
def context_integration():
    return load_task("context_integration")


@pytest.fixture
def sine_generation():
    return load_task("sine_generation")


# --- all tasks


def time_steps(task) -> set[float]:
    """Return the time steps that a task is trained at, and half of the network's."""
    return {0.5, 1.0} | {phase["dt"] for phase in task.training["phases"] if phase["dt"]}


def test_every_task_passes_the_check(task):
    for dt in time_steps(task):
        check_task(task, dt=dt)


@pytest.mark.parametrize("part", [1 / 2.5, 1 / 166.7, 2.0])
def test_a_dt_that_does_not_divide_raises(task, part):
    dt = part * task.duration
    with pytest.raises(TaskError, match=f"dt = {dt} ms does not divide"):
        draw(task, dt=dt)


@pytest.mark.parametrize("repeats", [1, 3])
def test_shapes(task, repeats):
    levels = len(draw(task).inputs)
    for dt in time_steps(task):
        trials, steps = draw(task, repeats, dt=dt), round(task.duration / dt)
        assert trials.inputs.shape == trials.mean_inputs.shape == (levels * repeats, steps, task.n_inputs)
        assert trials.targets is None or trials.targets.shape == (levels * repeats, steps, task.n_outputs)
        assert trials.condition.shape == (levels * repeats,)
        assert trials.function.shape == (levels * repeats, len(task.functions))
        assert trials.weights.shape == (steps,)
        assert {array.dtype for array in trials[:3] if array is not None} == {np.dtype(np.float64)}


def test_the_same_generator_gives_the_same_trials(task):
    for generators in (
        [TaskGenerator(generator(5)) for _ in range(2)],
        [np.random.default_rng(5) for _ in range(2)],
    ):
        first, second = (draw_trials(task, 2, dt=5.0, rng=rng) for rng in generators)
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(np.asarray(a, dtype=float), np.asarray(b, dtype=float))


def test_every_condition_occurs(task):
    condition = draw(task, task.sampling["repeats"]).condition
    assert len(set(task.conditions)) == len(task.conditions)
    assert set(condition.tolist()) - {-1} == set(range(len(task.conditions)))


def test_the_trials_of_a_condition_belong_to_the_functions_that_it_belongs_to(task):
    trials = draw(task, 10)
    for condition, label in enumerate(task.conditions):
        expected = np.array([label in conditions for conditions in task.functions.values()])
        member = trials.function[trials.condition == condition]
        assert len(member) > 0
        assert (member == expected).all()


def test_the_functions_of_a_group_part_the_trials(task):
    member = draw(task, 2).function
    assert list(task.functions) == [function for functions in task.groups.values() for function in functions]
    for functions in task.groups.values():
        columns = [list(task.functions).index(function) for function in functions]
        assert len(columns) > 1
        assert (member[:, columns].sum(-1) == 1).all()
        assert len(set(member[:, columns].sum(0).tolist())) == 1  # as many trials of each


def test_constant_inputs_have_every_channel_and_belong_to_conditions(task):
    for label, value in task.constant_inputs.items():
        assert len(value) == task.n_inputs
        assert task.conditions_of_input(label)
    assert set(task.frequencies) <= set(task.constant_inputs)


def test_the_mean_inputs_of_a_trial_are_its_inputs_without_noise(task):
    trials = draw(task, 40)
    difference = trials.inputs - trials.mean_inputs
    assert abs(difference.mean()) < 5 * difference.std() / difference.size**0.5 + 1e-15


@pytest.mark.parametrize("name", ["context_integration", "sine_generation"])
def test_published_networks_have_an_address_and_a_checksum(name):
    task = load_task(name)
    assert set(task.published) == {"file", "url", "sha256"}
    assert task.published["url"].endswith(task.published["file"])
    assert len(task.published["sha256"]) == 64


# --- the paper's two


@pytest.mark.parametrize(("name", "levels", "steps"), [("context_integration", 12, 1400), ("sine_generation", 51, 500)])
def test_trials_are_as_many_and_as_long_as_the_papers(name, levels, steps):
    assert draw(load_task(name)).inputs.shape[:2] == (levels, steps)
    assert draw(load_task(name), 2, dt=5.0).inputs.shape[:2] == (2 * levels, steps / 5)


def test_a_choice_is_the_sign_of_the_attended_coherence(context_integration):
    trials = draw(context_integration, 3)
    last = trials.mean_inputs[:, -1]
    attended = np.where(last[:, 2] == 1, last[:, 0], last[:, 1])
    function = dict(zip(context_integration.functions, trials.function.T, strict=True))
    np.testing.assert_array_equal(function["choice_negative"], attended < 0)
    np.testing.assert_array_equal(function["choice_positive"], attended > 0)
    np.testing.assert_array_equal(function["context_1"], last[:, 2] == 1)
    np.testing.assert_array_equal(function["context_2"], last[:, 3] == 1)


def test_bands_are_thirds_of_the_frequencies(sine_generation):
    trials = draw(sine_generation)
    assert list(sine_generation.functions) == ["slow", "medium", "fast"]
    assert trials.function.argmax(-1).tolist() == [0] * 17 + [1] * 17 + [2] * 17


def test_constant_inputs_are_those_of_the_trials_without_stimulus(context_integration, sine_generation):
    first, last = draw(context_integration).mean_inputs[[0, -1], 0].tolist()
    assert context_integration.constant_inputs == {"context_1": tuple(first), "context_2": tuple(last)}
    inputs = draw(sine_generation).inputs[:, 0, 0]
    assert list(sine_generation.constant_inputs) == list(sine_generation.conditions)
    for label, (value,) in sine_generation.constant_inputs.items():
        assert value == pytest.approx(inputs[int(label.removeprefix("frequency_")) - 1], abs=1e-7)


def test_the_output_should_have_the_frequency_of_the_target(sine_generation):
    for label, frequency in sine_generation.frequencies.items():
        assert frequency == pytest.approx(1 + (int(label.removeprefix("frequency_")) - 1) / 10, abs=1e-9)
    assert list(sine_generation.frequencies) == list(sine_generation.constant_inputs)


# --- context_integration


def test_contexts_and_coherences_are_all_there(context_integration):
    trials = draw(context_integration, 5)
    stimulus = trials.mean_inputs[:, 650:]
    assert (stimulus == stimulus[:, :1]).all(), "constant through the stimulus"
    counts: Counter[tuple[int, float]] = Counter()
    for trial in stimulus[:, 0]:
        context = trial[2:4].tolist().index(1.0)
        counts[context, round(trial[context], 12)] += 1
        assert round(trial[1 - context], 12) in COHERENCES, "the ignored input has a coherence of the same set"
    assert counts == {(context, coherence): 5 for context in (0, 1) for coherence in COHERENCES}


def test_the_ignored_coherence_is_independent_of_the_attended_one(context_integration):
    coherence = draw(context_integration, 200).mean_inputs
    context, coherence = coherence[:, 0, 3].astype(int), coherence[:, -1, :2]
    assert abs(np.corrcoef(coherence.T)[0, 1]) < 0.08
    ignored = coherence[np.arange(len(coherence)), 1 - context]
    assert Counter(round(value, 12) for value in ignored.tolist()).keys() == set(COHERENCES)


def test_inputs_by_channel_and_period(context_integration):
    inputs = draw(context_integration, 2).inputs
    assert (inputs[:, :650, :2] == 0).all(), "sensory inputs are silent in the burn-in"
    assert (inputs[:, 650:, :2] != 0).all()
    assert (inputs[:, :, 2:4].sum(-1) == 1).all(), "one context throughout"
    assert (inputs[:, :, 2:4] == inputs[:, :1, 2:4]).all()
    assert (inputs[:, :, 4] == 0).all(), "the fifth input is unused"


@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0])
def test_input_noise_is_white_and_scales_with_dt(context_integration, dt):
    trials, start = draw(context_integration, 20, dt=dt), round(650 / dt)
    noise = (trials.inputs - trials.mean_inputs)[:, start:, :2]
    assert noise.std() == pytest.approx(1 / math.sqrt(dt), rel=0.02)
    assert abs(noise.mean()) < 0.02
    assert abs((noise[:, 1:] * noise[:, :-1]).mean()) < 0.02
    assert abs((noise[..., 0] * noise[..., 1]).mean()) < 0.02
    assert abs(trials.inputs - trials.mean_inputs)[:, :start].max() == 0


@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_the_target_integrates_the_attended_input_to_the_bound(context_integration, dt):
    trials = draw(context_integration, 2, dt=dt)
    start = round(650 / dt)
    ends = []
    for inputs, targets in zip(trials.inputs.tolist(), trials.targets, strict=True):
        attended = 0 if inputs[0][2] == 1 else 1
        total, expected = 0.0, []
        for step, u in enumerate(inputs):
            if step >= start and abs(total) < 1:
                total = max(-1.0, min(1.0, total + dt / 50 * u[attended]))
            expected.append([total])
        np.testing.assert_allclose(targets, expected, rtol=0, atol=1e-12)
        ends.append(total)
    assert {-1.0, 1.0} <= set(ends), "both bounds are reached"
    assert min(map(abs, ends)) < 1, "and some trial stays between them"


@pytest.mark.parametrize(("dt", "start"), [(1.0, 650), (5.0, 130)])
def test_the_cost_is_scored_in_the_stimulus_period(context_integration, dt, start):
    weights = draw(context_integration, dt=dt).weights
    assert weights.tolist() == [0.0] * start + [1.0] * (len(weights) - start)


def test_a_condition_is_context_and_both_signs(context_integration):
    trials = draw(context_integration, 5)
    last = trials.mean_inputs[:, -1]
    for index, (first, second, *_, second_context, _) in zip(trials.condition.tolist(), last.tolist(), strict=True):
        signs = ("positive" if coherence > 0 else "negative" for coherence in (first, second))
        expected = "context_{}_coherences_{}_{}".format(2 if second_context else 1, *signs)
        assert context_integration.conditions[index] == expected


# --- sine_generation


@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_inputs_and_targets_of_each_frequency(sine_generation, dt):
    trials = draw(sine_generation, 3, dt=dt)
    time = np.arange(1, round(500 / dt) + 1) * dt / 1000
    for trial in range(153):
        number = trial // 3 + 1
        frequency = 1 + (number - 1) * 5 / 50
        assert np.unique(trials.inputs[trial]).tolist() == pytest.approx([number / 51 + 0.25])
        np.testing.assert_allclose(trials.targets[trial, :, 0], np.sin(2 * math.pi * frequency * time), atol=1e-12)
    np.testing.assert_array_equal(trials.inputs, trials.mean_inputs)
    assert (trials.weights == 1).all()


def test_every_fifth_frequency_is_a_condition(sine_generation):
    condition = draw(sine_generation).condition
    assert sine_generation.conditions == tuple(f"frequency_{number}" for number in range(1, 52, 5))
    assert {number + 1: index for number, index in enumerate(condition.tolist()) if index >= 0} == {
        number: index for index, number in enumerate(range(1, 52, 5))
    }
