"""Sampled states against plain averages."""

import numpy as np
import pytest
import torch
from plain import draw, generator, random_network, simulate_plainly

from opdims.catalogue import load_task, names
from opdims.network import initial_network, simulate
from opdims.nonlinearity import NONLINEARITIES
from opdims.sampling import draw_noisy_trials, internal_noise, sample_states, sampled_steps
from opdims.seeding import TaskGenerator
from opdims.task import Trials, draw_trials, task_from

SETTINGS = {"dt": 5.0, "tau": 10.0, "noise_std": 0.1, "repeats": 2}


@pytest.fixture(params=names())
def task(request):
    return load_task(request.param)


@pytest.fixture
def network(task):
    return initial_network(10, task.n_inputs, task.n_outputs, generator(3))


def sample(network, task, interval=150, **changes):
    return sample_states(
        network,
        task,
        **{**SETTINGS, **changes},
        interval=interval,
        generator=generator(1),
        random_generator=generator(2),
    )


def drawn(task, units=10, seed=1):
    """Trials and noise as `sample` draws them, and the states that follow."""
    stream = generator(seed)
    trials = draw_trials(task, 2, dt=5.0, rng=TaskGenerator(stream))
    noise = torch.randn(*trials.inputs.shape[:-1], units, dtype=torch.float64, generator=stream) * 0.1 / 5**0.5
    return trials, noise


def test_locations_are_averages_over_the_trials_of_a_condition(network, task):
    samples = sample(network, task)
    trials, noise = drawn(task)
    states = simulate(network, torch.from_numpy(trials.inputs), noise, step=0.5)
    for location in range(len(samples.state)):
        member = torch.from_numpy(trials.condition) == samples.condition[location]
        mean = states[member, samples.step[location] - 1].mean(0)
        torch.testing.assert_close(samples.state[location], mean, rtol=0, atol=1e-14)
    assert samples.random_state.shape == samples.state.shape
    assert samples.condition.unique().tolist() == list(range(len(task.conditions)))


def test_random_locations_have_the_standard_deviation_of_the_activity(network, task):
    samples = sample(network, task)
    trials, noise = drawn(task)
    activity = simulate(network, torch.from_numpy(trials.inputs), noise, step=0.5)
    expected = torch.randn(samples.state.shape, dtype=torch.float64, generator=generator(2)) * activity.std(
        correction=0
    )
    torch.testing.assert_close(samples.random_state, expected, rtol=1e-12, atol=0)
    variance = activity.flatten(0, 1).var(0, correction=0).sum()
    torch.testing.assert_close(samples.activity.variance.sum(), variance, rtol=1e-10, atol=0)


@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0, 10.0])
def test_the_paper_has_120_and_121_locations_at_every_dt(dt):
    counts = {"context_integration": 120, "sine_generation": 121}
    for name, count in counts.items():
        task = load_task(name)
        steps = sampled_steps(round(task.duration / dt), task.sampling["interval"], dt)
        assert len(task.conditions) * len(steps) == count
    expected = [1, *(round(time / dt) for time in range(100, 1401, 100))]
    assert sampled_steps(round(1400 / dt), 100, dt).tolist() == expected


@pytest.mark.parametrize(
    ("steps", "interval", "dt", "expected"),
    [
        (100, None, 1.0, [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (7, None, 1.0, [1, 2, 3, 4, 5, 6, 7]),
        (15, None, 5.0, [1, 2, 4, 6, 8, 10, 12, 14]),
        (1, None, 1.0, [1]),
        (10, 1, 1.0, list(range(1, 11))),
        (10, 4, 1.0, [1, 4, 8]),
        (10, 20, 1.0, [1]),
        (10, 20, 5.0, [1, 4, 8]),
        (10, 0.3, 0.1, [1, 3, 6, 9]),
    ],
)
def test_an_interval_is_a_time_and_by_default_a_tenth_of_the_trial(steps, interval, dt, expected):
    assert sampled_steps(steps, interval, dt).tolist() == expected


@pytest.mark.parametrize("interval", [7, 2, 0, -5.0])
def test_an_interval_that_is_not_a_multiple_of_dt_is_an_error(interval):
    with pytest.raises(ValueError, match=r"dt = 5\.0 ms does not divide"):
        sampled_steps(100, interval, 5.0)


def test_internal_noise_has_the_same_effect_at_every_dt():
    for dt in (0.5, 1.0, 5.0):
        noise = internal_noise((1000, 100), 0.1, dt, generator(0))
        assert (noise * dt**0.5).std().item() == pytest.approx(0.1, rel=0.02)


def test_samples_are_the_same_bits_again(network, task):
    for first, second in zip(sample(network, task)[:4], sample(network, task)[:4], strict=True):
        assert torch.equal(first, second)


def test_a_condition_without_trials_is_named():
    task = load_task("context_integration")
    network = initial_network(10, task.n_inputs, task.n_outputs, generator(3))
    with pytest.raises(ValueError, match=r"no trial of context_\d_coherences_\w+ among 12, expected more repeats"):
        sample(network, task, repeats=1)


# --- tasks and networks of a user


def small_task(**changes):
    def trials(repeats, *, dt, rng):
        count = 3 * repeats
        condition = np.arange(count) % 3 - 1  # one in three trials has none
        return Trials(rng.standard_normal((count, round(20 / dt), 3)), condition=condition)

    content = {"name": "small", "n_inputs": 3, "n_outputs": 2, "duration": 20.0, "trials": trials}
    return task_from(content | {"conditions": ("first", "second")} | changes, "test")


@pytest.mark.parametrize(("equation", "start"), [("current", "both"), ("rate", "rates")])
def test_states_of_any_network_are_averaged(equation, start):
    network = random_network(equation=equation, bias=True, start=start, nonlinearity=NONLINEARITIES["softplus"])
    task = small_task()
    samples = sample(network, task, interval=None, dt=2.0, tau=4.0)
    stream = generator(1)
    trials, noise = draw_noisy_trials(task, 6, repeats=2, dt=2.0, noise_std=0.1, generator=stream)
    states, _, _ = simulate_plainly(network, torch.from_numpy(trials.inputs), noise, 0.5)
    assert samples.step.tolist() == 2 * list(range(1, 11))
    for location, (condition, step) in enumerate(zip(samples.condition, samples.step, strict=True)):
        mean = states[torch.from_numpy(trials.condition) == condition, step - 1].mean(0)
        torch.testing.assert_close(samples.state[location], mean, rtol=0, atol=1e-12)


def test_recorded_states_take_the_place_of_simulated_ones():
    recorded = draw(3, 10, 6, seed=5)

    def trials(repeats, *, dt, rng):
        return Trials(np.zeros((3, 10, 3)), condition=[0, 1, 1], states=recorded.numpy())

    samples = sample(random_network(), small_task(trials=trials), interval=10, dt=2.0)
    expected = torch.stack([recorded[0, [0, 4, 9]], recorded[1:, [0, 4, 9]].mean(0)]).flatten(0, 1)
    torch.testing.assert_close(samples.state, expected, rtol=0, atol=1e-15)
    torch.testing.assert_close(
        samples.activity.variance.sum(), recorded.flatten(0, 1).var(0, correction=0).sum(), rtol=1e-12, atol=0
    )


def test_recorded_states_of_other_units_are_refused():
    def trials(repeats, *, dt, rng):
        return Trials(np.zeros((2, 10, 3)), condition=[0, 1], states=np.zeros((2, 10, 5)))

    with pytest.raises(ValueError, match="small: recorded states are of 5 units, expected 6"):
        sample(random_network(), small_task(trials=trials), dt=2.0)
