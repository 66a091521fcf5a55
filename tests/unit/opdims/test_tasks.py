"""The tasks: counts, levels, targets and noise, against their definition in docs/method.md."""

import math
from collections import Counter

import pytest
import torch

from opdims.names import GROUPINGS
from opdims.tasks import context_integration, sine_generation
from opdims.tasks.base import Trials, running_steps
from opdims.tasks.catalogue import TASKS

COHERENCES = [-0.15, -0.036, -0.009, 0.009, 0.036, 0.15]


def draw(task, repeats: int = 1, *, dt: float = 1.0, seed: int = 5) -> Trials:
    return task.trials(repeats, dt=dt, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=list(TASKS.values()), ids=list(TASKS))
def task(request):
    return request.param


def test_the_catalogue_holds_both_tasks_by_name():
    assert list(TASKS) == ["context_integration", "sine_generation"]
    assert all(task.name == name for name, task in TASKS.items())


@pytest.mark.parametrize(("duration", "dt", "steps"), [(650.0, 1.0, 650), (650.0, 5, 130), (500.0, 0.1, 5000)])
def test_running_steps(duration, dt, steps):
    assert running_steps(duration, dt) == steps


@pytest.mark.parametrize("dt", [3.0, 0.7, 400.0])
def test_a_dt_that_does_not_divide_raises(task, dt):
    with pytest.raises(ValueError, match=f"dt = {dt} ms does not divide"):
        draw(task, dt=dt)


@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("repeats", [1, 3])
def test_shapes(task, repeats, dt):
    trials = draw(task, repeats, dt=dt)
    levels = {"context_integration": 2 * 6, "sine_generation": 51}[task.name]
    steps = {"context_integration": 1400, "sine_generation": 500}[task.name] / dt
    assert trials.inputs.shape == trials.mean_inputs.shape == (levels * repeats, steps, task.n_inputs)
    assert trials.targets.shape == (levels * repeats, steps, task.n_outputs)
    assert trials.condition.shape == (levels * repeats,)
    assert {tensor.dtype for tensor in trials[:3]} == {torch.float64}


def test_the_same_generator_gives_the_same_trials(task):
    first, second = draw(task), draw(task)
    for a, b in zip(first, second, strict=True):
        assert torch.equal(torch.as_tensor(a), torch.as_tensor(b))


def test_functions_are_those_of_the_names_and_every_grouping_parts_the_trials(task):
    groupings = GROUPINGS[task.name]
    assert list(task.functions) == [function for functions in groupings.values() for function in functions]
    member = draw(task, 2).function
    for functions in groupings.values():
        columns = [list(task.functions).index(function) for function in functions]
        assert (member[:, columns].sum(-1) == 1).all()
        assert len(set(member[:, columns].sum(0).tolist())) == 1  # as many trials of each


def test_the_trials_of_a_condition_belong_to_the_functions_that_it_belongs_to(task):
    trials = draw(task, 10)
    for condition, label in enumerate(task.conditions):
        expected = torch.tensor([label in conditions for conditions in task.functions.values()])
        member = trials.function[trials.condition == condition]
        assert len(member) > 0
        assert (member == expected).all()


def test_a_choice_is_the_sign_of_the_attended_coherence():
    trials = draw(context_integration, 3)
    last = trials.mean_inputs[:, -1]
    attended = torch.where(last[:, 2] == 1, last[:, 0], last[:, 1])
    assert torch.equal(trials.function[:, 2], attended < 0)
    assert torch.equal(trials.function[:, 0], last[:, 2] == 1)


def test_bands_are_thirds_of_the_frequencies():
    trials = draw(sine_generation)
    assert trials.function.int().argmax(-1).tolist() == [0] * 17 + [1] * 17 + [2] * 17


def test_conditions_are_named_once_and_indexed(task):
    condition = draw(task, 10).condition
    assert len(set(task.conditions)) == len(task.conditions)
    assert set(condition.tolist()) - {-1} == set(range(len(task.conditions)))


def test_held_inputs_have_every_channel_and_belong_to_conditions(task):
    for label, value in task.held_inputs.items():
        assert len(value) == task.n_inputs
        assert any(f"{condition}_".startswith(f"{label}_") for condition in task.conditions)


def test_held_inputs_are_those_of_the_trials_without_stimulus():
    first, last = draw(context_integration).mean_inputs[[0, -1], 0].tolist()
    assert context_integration.held_inputs == {"context_1": tuple(first), "context_2": tuple(last)}
    inputs = draw(sine_generation).inputs[:, 0, 0]
    assert list(sine_generation.held_inputs) == list(sine_generation.conditions)
    for label, (value,) in sine_generation.held_inputs.items():
        assert value == pytest.approx(inputs[int(label.removeprefix("frequency_")) - 1].item(), abs=1e-7)


# context_integration


def test_contexts_and_coherences_are_all_there():
    trials = draw(context_integration, 5)
    stimulus = trials.mean_inputs[:, 650:]
    assert torch.equal(stimulus, stimulus[:, :1].expand_as(stimulus)), "constant through the stimulus"
    counts: Counter[tuple[int, float]] = Counter()
    for trial in stimulus[:, 0]:
        context = trial[2:4].tolist().index(1.0)
        counts[context, round(trial[context].item(), 12)] += 1
        assert round(trial[1 - context].item(), 12) in COHERENCES, "the ignored input has a coherence of the same set"
    assert counts == {(context, coherence): 5 for context in (0, 1) for coherence in COHERENCES}


def test_the_ignored_coherence_is_independent_of_the_attended_one():
    trials = draw(context_integration, 200)
    coherence = trials.mean_inputs[:, -1, :2]
    assert torch.corrcoef(coherence.T)[0, 1].abs() < 0.08
    context = trials.mean_inputs[:, 0, 3].long()
    ignored = coherence[torch.arange(len(coherence)), 1 - context]
    assert Counter(round(value, 12) for value in ignored.tolist()).keys() == set(COHERENCES)


def test_inputs_by_channel_and_period():
    inputs = draw(context_integration, 2).inputs
    assert (inputs[:, :650, :2] == 0).all(), "sensory inputs are silent in the burn-in"
    assert (inputs[:, 650:, :2] != 0).all()
    assert (inputs[:, :, 2:4].sum(-1) == 1).all(), "one context throughout"
    assert (inputs[:, :, 2:4] == inputs[:, :1, 2:4]).all()
    assert (inputs[:, :, 4] == 0).all(), "the fifth input is unused"


@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0])
def test_input_noise_is_white_and_scales_with_dt(dt):
    trials = draw(context_integration, 20, dt=dt)
    noise = (trials.inputs - trials.mean_inputs)[:, trials.scored_from :, :2]
    assert noise.std().item() == pytest.approx(1 / math.sqrt(dt), rel=0.02)
    assert noise.mean().abs() < 0.02
    assert (noise[:, 1:] * noise[:, :-1]).mean().abs() < 0.02
    assert (noise[..., 0] * noise[..., 1]).mean().abs() < 0.02
    assert (trials.inputs - trials.mean_inputs)[:, : trials.scored_from].abs().max() == 0


@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_the_target_integrates_the_attended_input_to_the_bound(dt):
    trials = draw(context_integration, 2, dt=dt)
    start = round(650 / dt)
    ends = []
    for inputs, targets in zip(trials.inputs.tolist(), trials.targets.tolist(), strict=True):
        attended = 0 if inputs[0][2] == 1 else 1
        total, expected = 0.0, []
        for step, u in enumerate(inputs):
            if step >= start and abs(total) < 1:
                total = max(-1.0, min(1.0, total + dt / 50 * u[attended]))
            expected.append([total])
        torch.testing.assert_close(
            torch.tensor(targets, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12
        )
        ends.append(total)
    assert {-1.0, 1.0} <= set(ends), "both bounds are reached"
    assert min(map(abs, ends)) < 1, "and some trial stays between them"


def test_the_cost_is_scored_in_the_stimulus_period():
    assert draw(context_integration).scored_from == 650
    assert draw(context_integration, dt=5.0).scored_from == 130


def test_a_condition_is_context_and_both_signs():
    trials = draw(context_integration, 5)
    last = trials.mean_inputs[:, -1]
    for index, (first, second, *_, second_context, _) in zip(trials.condition.tolist(), last.tolist(), strict=True):
        signs = ("positive" if coherence > 0 else "negative" for coherence in (first, second))
        expected = "context_{}_coherences_{}_{}".format(2 if second_context else 1, *signs)
        assert context_integration.conditions[index] == expected


# sine_generation


@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_inputs_and_targets_of_each_frequency(dt):
    trials = draw(sine_generation, 3, dt=dt)
    time = torch.arange(1, round(500 / dt) + 1, dtype=torch.float64) * dt / 1000
    for trial in range(153):
        number = trial // 3 + 1
        frequency = 1 + (number - 1) * 5 / 50
        assert trials.inputs[trial].unique().tolist() == pytest.approx([number / 51 + 0.25])
        torch.testing.assert_close(trials.targets[trial, :, 0], torch.sin(2 * math.pi * frequency * time))
    assert torch.equal(trials.inputs, trials.mean_inputs)
    assert trials.scored_from == 0


def test_every_fifth_frequency_is_a_condition():
    condition = draw(sine_generation).condition
    assert sine_generation.conditions == tuple(f"frequency_{number}" for number in range(1, 52, 5))
    assert {number + 1: index for number, index in enumerate(condition.tolist()) if index >= 0} == {
        number: index for index, number in enumerate(range(1, 52, 5))
    }
