"""Sampled states against plain averages."""

import pytest
import torch

from opdims.network import initial_network, simulate
from opdims.sampling import internal_noise, sample_states, sampled_steps
from opdims.tasks.catalogue import TASKS

SETTINGS = {"dt": 5.0, "tau": 10.0, "noise_std": 0.1, "repeats": 2}
COUNTS = {"context_integration": (8, 100), "sine_generation": (11, 20)}  # conditions; interval


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=COUNTS)
def task(request):
    return TASKS[request.param]


@pytest.fixture
def network(task):
    return initial_network(10, task.n_inputs, task.n_outputs, generator(3))


def sample(network, task, **changes):
    interval = COUNTS[task.name][1]
    return sample_states(
        network,
        task,
        **{**SETTINGS, **changes},
        interval=interval,
        generator=generator(1),
        random_generator=generator(2),
    )


def test_locations_are_averages_over_the_trials_of_a_condition(network, task):
    samples = sample(network, task)
    draws = generator(1)
    trials = task.trials(2, dt=5.0, generator=draws)
    noise = torch.randn(*trials.inputs.shape[:-1], 10, dtype=torch.float64, generator=draws) * 0.1 / 5**0.5
    states = simulate(network, trials.inputs, noise, step=0.5)
    for location in range(len(samples.state)):
        mean = states[trials.condition == samples.condition[location], samples.step[location] - 1].mean(0)
        torch.testing.assert_close(samples.state[location], mean, rtol=0, atol=1e-14)
    assert samples.random_state.shape == samples.state.shape
    assert len(set(samples.condition.tolist())) == COUNTS[task.name][0] == len(task.conditions)


def test_random_locations_have_the_standard_deviation_of_the_activity(network, task):
    samples = sample(network, task)
    draws = generator(1)
    trials = task.trials(2, dt=5.0, generator=draws)
    noise = internal_noise((*trials.inputs.shape[:-1], 10), 0.1, 5.0, draws)
    activity = simulate(network, trials.inputs, noise, step=0.5)
    expected = torch.randn(samples.state.shape, dtype=torch.float64, generator=generator(2)) * activity.std(
        correction=0
    )
    torch.testing.assert_close(samples.random_state, expected, rtol=1e-12, atol=0)
    variance = activity.flatten(0, 1).var(0, correction=0).sum()
    torch.testing.assert_close(samples.activity.variance.sum(), variance, rtol=1e-10, atol=0)


def test_the_paper_has_120_and_121_locations():
    assert 8 * len(sampled_steps(1400, 100)) == 120
    assert sampled_steps(1400, 100).tolist() == [1, *range(100, 1401, 100)]
    assert 11 * len(sampled_steps(500, 50)) == 121


def test_internal_noise_has_the_same_effect_at_every_dt():
    for dt in (0.5, 1.0, 5.0):
        noise = internal_noise((1000, 100), 0.1, dt, generator(0))
        assert (noise * dt**0.5).std().item() == pytest.approx(0.1, rel=0.02)


def test_samples_are_the_same_bits_again(network, task):
    for first, second in zip(sample(network, task)[:4], sample(network, task)[:4], strict=True):
        assert torch.equal(first, second)


def test_a_condition_without_trials_is_named():
    task = TASKS["context_integration"]
    network = initial_network(10, task.n_inputs, task.n_outputs, generator(3))
    with pytest.raises(ValueError, match=r"no trial of context_\d_coherences_\w+ among 12, expected more repeats"):
        sample(network, task, repeats=1)
