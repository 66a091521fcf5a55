"""Traces against plain loops over trials and steps, and against the sampled states."""

import numpy as np
import pytest
import torch
from plain import draw, generator, random_network, simulate_plainly, some_trials

from opdims.catalogue import load_task, names
from opdims.network import initial_network
from opdims.nonlinearity import NONLINEARITIES
from opdims.reduction import reduce_columns, reduce_rows
from opdims.sampling import draw_noisy_trials, sample_states
from opdims.traces import principal_plane, trace

N = 10
SETTINGS = {"repeats": 2, "dt": 5.0, "noise_std": 0.1}


@pytest.fixture(params=names())
def task(request):
    return load_task(request.param)


@pytest.fixture
def network(task):
    return initial_network(N, task.n_inputs, task.n_outputs, generator(3))


@pytest.fixture
def drawn(task):
    return draw_noisy_trials(task, N, **SETTINGS, generator=generator(1))


def reduced(recurrent, rank):
    directions = torch.linalg.qr(torch.randn(N, N, dtype=torch.float64, generator=generator(4))).Q
    return [reduce(recurrent, directions).matrix(rank) for reduce in (reduce_columns, reduce_rows)]


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-12)


def check(network, matrices, trials, noise, step):
    """Compare traces with a loop over matrices, conditions, trials and steps."""
    traced = trace(network, matrices, trials, noise, step=step)
    conditions = int(trials.condition.max()) + 1
    assert traced.average.shape == (len(matrices), conditions, *noise.shape[1:])
    for index, matrix in enumerate(matrices):
        states, _, outputs = simulate_plainly(
            network._replace(recurrent=matrix), torch.from_numpy(trials.inputs), noise, step
        )
        for condition in range(conditions):
            members = [trial for trial in range(len(noise)) if trials.condition[trial] == condition]
            close(traced.average[index, condition], sum(states[trial] for trial in members) / len(members))
            shown = members[0]
            if trials.targets is not None:
                ends = trials.targets[members, -1]
                shown = members[int(np.argmax(ends @ ends.mean(0)))]
                assert torch.equal(traced.target[condition], torch.from_numpy(trials.targets[shown]))
            close(traced.output[index, condition], outputs[shown])
    return traced


def test_traces_equal_a_loop_over_matrices_conditions_trials_and_steps(network, task, drawn):
    trials, noise = drawn
    traced = check(network, [network.recurrent, *reduced(network.recurrent, 3)], trials, noise, 0.5)
    assert traced.average.shape[1] == len(task.conditions)
    for condition in range(len(task.conditions)):  # with one output: the largest, or the smallest
        ends = trials.targets[trials.condition == condition, -1, 0]
        assert traced.target[condition, -1, 0] == (ends.max() if ends.sum() > 0 else ends.min())


@pytest.mark.parametrize(
    ("equation", "start", "n_outputs"), [("current", "both", 3), ("rate", "rates", 3), ("rate", "rest", 0)]
)
@pytest.mark.parametrize("targets", [True, False])
def test_traces_of_any_network_equal_a_loop(equation, start, n_outputs, targets):
    phi = NONLINEARITIES["relu"]
    network = random_network(
        N, 3, n_outputs, equation=equation, nonlinearity=phi, bias=n_outputs > 0, start=start, seed=50
    )
    trials = some_trials(3, n_outputs)._replace(condition=np.array([0, -1, 1, 2, 0, 1, 1, -1, 2]))
    if not targets:
        trials = trials._replace(targets=None)
    noise = draw(9, 12, N, seed=40)
    traced = check(network, [network.recurrent, *reduced(network.recurrent, 3)], trials, noise, 0.3)
    assert (traced.target is None) == (not targets)
    assert traced.output.shape == (3, 3, 12, n_outputs)


def test_the_sampled_states_lie_on_the_averages_of_the_full_network(network, task, drawn):
    samples = sample_states(
        network,
        task,
        **SETTINGS,
        tau=10.0,
        interval=20,
        generator=generator(1),
        random_generator=generator(2),
    )
    average = trace(network, [network.recurrent], *drawn, step=0.5).average[0]
    close(average[samples.condition, samples.step - 1], samples.state)


def test_a_matrix_of_full_rank_is_the_full_network(network, drawn):
    traced = trace(network, [network.recurrent, *reduced(network.recurrent, N)], *drawn, step=0.5)
    for values in (traced.average, traced.output):
        close(values[1], values[0])
        close(values[2], values[0])


def test_matrices_are_traced_alike_alone_and_together(network, drawn):
    matrices = reduced(network.recurrent, 3)
    together = trace(network, matrices, *drawn, step=0.5)
    for index, matrix in enumerate(matrices):
        alone = trace(network, [matrix], *drawn, step=0.5)
        assert torch.equal(alone.average[0], together.average[index])
        assert torch.equal(alone.output[0], together.output[index])


def test_a_condition_without_trials_is_an_error(network, drawn):
    trials, noise = drawn
    missing = trials._replace(condition=np.where(trials.condition == 1, -1, trials.condition))
    with pytest.raises(ValueError, match="a condition has none, expected at least one"):
        trace(network, [network.recurrent], missing, noise, step=0.5)


def test_the_plane_holds_most_of_the_variance():
    states = torch.randn(4, 50, N, dtype=torch.float64, generator=generator(0)) * torch.arange(1, N + 1)
    plane = principal_plane(states)
    close(plane.axes.mT @ plane.axes, torch.eye(2, dtype=torch.float64))
    samples = states.reshape(-1, N)
    singular = torch.linalg.svdvals(samples - samples.mean(0))
    close(plane.variance_explained, (singular.square() / singular.square().sum())[:2])
    flat = plane.project(samples)
    torch.testing.assert_close(flat.square().sum(0), singular[:2].square(), rtol=1e-10, atol=0)
    close(plane.project(states)[2, 7], plane.axes.mT @ (states[2, 7] - samples.mean(0)))
    close(plane.project_vectors(states[0] - states[1]), plane.project(states[0]) - plane.project(states[1]))


def test_the_plane_of_one_unit_has_a_second_coordinate_of_zero():
    states = draw(4, 5, 1)
    plane = principal_plane(states)
    close(plane.project(states), torch.cat([states - states.mean(), torch.zeros_like(states)], dim=-1))
    assert plane.variance_explained.tolist() == pytest.approx([1, 0])


def test_the_plane_of_states_that_do_not_vary_explains_nothing():
    plane = principal_plane(torch.ones(3, 4, 5, dtype=torch.float64))
    assert plane.variance_explained.tolist() == [0, 0]
    assert plane.project(torch.ones(5, dtype=torch.float64)).tolist() == [0, 0]
