"""The batched performance sweep against a plain loop over reductions, ranks, trials and steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from plain import draw, generator, measure_plainly, some_factors, some_trials

from opdims import evaluation
from opdims.evaluation import Evaluation, shared_beginning
from opdims.network import Network, initial_network, outputs_of, simulate
from opdims.reduction import Factors, truncate
from opdims.task import CompleteTrials

UNITS, STEPS, STEP = 12, 40, 0.2


@pytest.fixture(params=[0, 15])
def trials(request) -> CompleteTrials:
    return some_trials(steps=STEPS, shared=request.param)


@pytest.fixture
def network() -> Network:
    return initial_network(UNITS, 3, 2, generator())


@pytest.fixture
def factors(network) -> list[Factors]:
    return some_factors(network.recurrent)


@pytest.fixture
def noise() -> torch.Tensor:
    return draw(9, STEPS, UNITS, seed=40)


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("block_bytes", [1, 5e4, 4e6])
@pytest.mark.parametrize("trials_at_once", [4, 100])
def test_the_sweep_equals_a_plain_loop(network, trials, factors, noise, monkeypatch, block_bytes, trials_at_once):
    monkeypatch.setattr(evaluation, "CACHE_BYTES", block_bytes)
    monkeypatch.setattr(evaluation, "TRIALS_AT_ONCE", trials_at_once)
    ranks = [0, 1, 3, 4, 5, 11, UNITS]
    performance = Evaluation(network, trials, noise, step=STEP).measure(factors, ranks)
    cost, distance = measure_plainly(network, trials, noise, factors, ranks, step=STEP)
    close(performance.cost, cost)
    close(performance.state_distance, distance)


def test_the_cost_of_a_function_is_that_of_its_trials_alone(network, trials, factors, noise):
    ranks = [0, 2, UNITS]
    cost = Evaluation(network, trials, noise, step=STEP).measure_functions(factors, ranks)
    assert cost.shape == (3, 3, 3)
    for index, members in enumerate(trials.function.T):
        alone = trials._replace(
            **{name: getattr(trials, name)[members] for name in ("inputs", "targets", "mean_inputs")}
        )
        expected, _ = measure_plainly(network, alone, noise[torch.from_numpy(members)], factors, ranks, step=STEP)
        close(cost[..., index], expected)


def test_the_full_rank_is_the_full_network(network, trials, factors, noise):
    performance = Evaluation(network, trials, noise, step=STEP).measure(factors, [UNITS])
    assert performance.state_distance.max() < 1e-12
    assert performance.cost.max() - performance.cost.min() < 1e-12


def test_rank_zero_has_no_recurrence(network, trials, factors, noise):
    performance = Evaluation(network, trials, noise, step=STEP).measure(factors, [0])
    silent = network._replace(recurrent=torch.zeros_like(network.recurrent))
    states = simulate(silent, torch.from_numpy(trials.inputs), noise, step=STEP)
    errors = (outputs_of(silent, states.tanh()) - torch.from_numpy(trials.targets)).square().mean((0, 2))
    expected = (errors * torch.from_numpy(trials.weights)).sum() / trials.weights.sum()
    torch.testing.assert_close(performance.cost[:2, 0], expected.expand(2), rtol=1e-12, atol=0)
    assert (performance.cost[2, 0] - expected).abs() > 1e-6  # the rank 0 of a weight change is the offset


def test_matrices_that_reductions_share_are_simulated_once(network, trials, factors, noise):
    test = Evaluation(network, trials, noise, step=STEP)
    candidates, place = test._candidates(factors, [0, 3, UNITS])
    assert place.tolist() == [[3, 4, 2], [3, 5, 2], [0, 1, 2]]  # a weight change has a rank 0 of its own
    for row, each in enumerate(factors):
        for column, rank in enumerate([0, 3, UNITS]):
            other, same_rank = candidates[place[row, column]]
            matrix = network.recurrent if other is None else other.matrix(same_rank)
            torch.testing.assert_close(each.matrix(rank), matrix, rtol=0, atol=1e-14)


def test_a_matrix_of_full_rank_that_is_not_the_full_one_is_measured_by_itself(network, trials, factors, noise):
    pair = [factors[0], truncate(1.1 * network.recurrent)]
    performance = Evaluation(network, trials, noise, step=STEP).measure(pair, [UNITS])
    cost, distance = measure_plainly(network, trials, noise, pair, [UNITS], step=STEP)
    close(performance.cost, cost)
    close(performance.state_distance, distance)
    assert distance[1] > 1e-3


def test_a_shared_beginning_is_the_one_that_saves_most():
    inputs = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 2], [1, 1, 1, 3, 1], [2, 1, 1, 1, 1], [2, 1, 1, 2, 1]])
    step, first, origin = shared_beginning(inputs.unsqueeze(-1))
    assert step == 3  # three trials do three steps less; before step 4 one of them would do four less
    assert first.tolist() == [0, 3]
    assert origin.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("inputs", [torch.zeros(1, 5, 2), torch.arange(3.0).reshape(3, 1, 1).expand(3, 5, 1)])
def test_trials_that_differ_from_the_start_share_no_beginning(inputs):
    step, _, origin = shared_beginning(inputs)
    assert (step, len(origin)) == (0, len(inputs))


def test_the_order_of_the_ranks_does_not_matter(network, trials, factors, noise):
    test = Evaluation(network, trials, noise, step=STEP)
    forth, back = test.measure(factors, [1, 4, UNITS]), test.measure(factors, [UNITS, 4, 1])
    assert torch.equal(forth.cost, back.cost.flip(1))
    assert torch.equal(forth.state_distance, back.state_distance.flip(1))


def test_a_rank_beyond_the_units_is_refused(network, trials, factors, noise):
    test = Evaluation(network, trials, noise, step=STEP)
    with pytest.raises(ValueError, match=f"rank is {UNITS + 1}, expected a whole number from 0 to {UNITS}"):
        test.measure(factors, [1, UNITS + 1])


def test_targets_of_another_number_of_outputs_are_refused(network, noise):
    with pytest.raises(ValueError, match="targets have 3 channels, the network has 2 outputs"):
        Evaluation(network, some_trials(n_outputs=3, steps=STEPS), noise, step=STEP)


def test_too_little_memory_is_refused_with_what_is_needed(network, trials, noise):
    with pytest.raises(ValueError, match=r"memory: 500 MB do not hold .* expected 501 MB or more"):
        Evaluation(network, trials, noise, step=STEP, memory=500e6)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
def test_a_process_takes_no_more_memory_than_it_may():
    """Blocks as large as they may be, as on a GPU; on a CPU they would be cut to its cache."""
    code = """
import torch
from opdims import evaluation
from opdims.catalogue import load_task
from opdims.network import initial_network
from opdims.reduction import truncate
from opdims.seeding import TaskGenerator, make_generator
from opdims.task import draw_trials
evaluation.CACHE_BYTES = float("inf")
generator = make_generator(1, "sine_generation", 1, "test")
network = initial_network(100, 1, 1, generator)
trials = draw_trials(load_task("sine_generation"), 1, dt=1.0, rng=TaskGenerator(generator))
noise = 0.1 * torch.randn(51, 500, 100, dtype=torch.float64, generator=generator)
test = evaluation.Evaluation(network, trials, noise, step=0.1, memory=700e6)
assert test.block_bytes > 10 * test.matrix_bytes
test.measure([truncate(network.recurrent)], list(range(101)))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    scripts = Path(evaluation.__file__).parents[1]
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, env=environment, capture_output=True, text=True, check=True
    )
    assert 300e6 < int(run.stdout) * 1024 < 700e6  # in KiB; ru_maxrss would count the parent, too
