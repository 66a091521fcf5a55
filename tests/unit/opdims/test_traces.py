"""Traces against plain loops over trials and steps, and against the sampled states."""

import pandas as pd
import pytest
import torch

from opdims.network import initial_network
from opdims.reduction import reduce_columns, reduce_rows
from opdims.sampling import draw_trials, sample_states
from opdims.tasks.catalogue import TASKS
from opdims.traces import choose_matrices, principal_plane, trace

N = 10
SETTINGS = {"repeats": 2, "dt": 5.0, "noise_std": 0.1}


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=TASKS)
def task(request):
    return TASKS[request.param]


@pytest.fixture
def network(task):
    return initial_network(N, task.n_inputs, task.n_outputs, generator(3))


@pytest.fixture
def drawn(task):
    return draw_trials(task, N, **SETTINGS, generator=generator(1))


def reduced(recurrent, rank):
    directions = torch.linalg.qr(torch.randn(N, N, dtype=torch.float64, generator=generator(4))).Q
    return [reduce(recurrent, directions).matrix(rank) for reduce in (reduce_columns, reduce_rows)]


def simulate_plainly(network, matrix, inputs, noise, step):
    """States (S, N) and outputs (S, n_outputs) of one trial, step by step."""
    state, states = torch.zeros(N, dtype=torch.float64), []
    for u, sigma in zip(inputs, noise, strict=True):
        state = (1 - step) * state + step * (matrix @ state.tanh() + network.input @ u + sigma)
        states.append(state)
    return torch.stack(states), torch.stack([network.output @ state.tanh() for state in states])


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-12)


def test_traces_equal_a_loop_over_matrices_conditions_trials_and_steps(network, task, drawn):
    trials, noise = drawn
    matrices = [network.recurrent, *reduced(network.recurrent, 3)]
    traced = trace(network, matrices, trials, noise, step=0.5)
    steps = trials.inputs.shape[1]
    assert traced.average.shape == (3, len(task.conditions), steps, N)
    for index, matrix in enumerate(matrices):
        for condition in range(len(task.conditions)):
            members = [trial for trial in range(len(noise)) if trials.condition[trial] == condition]
            done = [simulate_plainly(network, matrix, trials.inputs[i], noise[i], 0.5) for i in members]
            close(traced.average[index, condition], sum(states for states, _ in done) / len(done))
            ends = [trials.targets[i, -1, 0].item() for i in members]
            shown = ends.index(max(ends) if sum(ends) > 0 else min(ends))
            close(traced.output[index, condition], done[shown][1])
            assert torch.equal(traced.target[condition], trials.targets[members[shown]])


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
    missing = trials._replace(condition=torch.where(trials.condition == 1, -1, trials.condition))
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


@pytest.mark.parametrize("units", [100, 12])
def test_matrices_have_the_ranks_of_the_table_and_the_authors(units):
    rows = [
        ("sine_generation", "operative_columns", 1, "to_5_percent", 8),
        ("sine_generation", "operative_columns", 1, "within_10_percent", None),
        ("sine_generation", "operative_rows", 1, "within_10_percent", 11),
        ("sine_generation", "operative_rows", 2, "to_5_percent", 9),
        ("context_integration", "operative_rows", 1, "to_5_percent", 7),
        ("sine_generation", "high_variance", 1, "to_5_percent", 6),
    ]
    table = pd.DataFrame(rows, columns=["task", "reduction", "network", "criterion", "rank"])
    assert choose_matrices(table, "sine_generation", 1, units) == [
        ("full", "", units),
        ("operative_columns", "to_5_percent", 8),
        ("operative_columns", "authors", min(29, units)),
        ("operative_rows", "within_10_percent", 11),
        ("operative_rows", "authors", min(41, units)),
    ]
    assert len(choose_matrices(table.assign(rank=None), "sine_generation", 1, units)) == 3
