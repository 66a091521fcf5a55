"""Performance of networks of every equation, nonlinearity and start, with biases, any outputs and either loss."""

import math

import numpy as np
import pytest
import torch
from plain import ALL, KINDS, draw, measure_plainly, random_network, some_factors, some_trials

from opdims import evaluation
from opdims.evaluation import Evaluation
from opdims.formats.native import Attributes
from opdims.losses import mean_loss
from opdims.network import outputs_of, rates_of, simulate
from opdims.sampling import internal_noise
from opdims.seeding import TaskGenerator, make_generator
from opdims.storage import StoredNetwork
from opdims.task import Trials, draw_trials, task_from

UNITS, STEPS = 10, 9
RANKS = [0, 2, 7, UNITS]  # of both kinds of products: with the factors, up to rank 4, and with the matrix
NOISE = draw(9, STEPS, UNITS, seed=40)
every_phi = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)
every_kind = pytest.mark.parametrize(("equation", "start"), KINDS)


def step_of(equation, start):
    return 1.0 if (equation, start) == ("current", "rates") else 0.3


def close(actual, expected, tolerance=1e-11):
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@every_phi
@every_kind
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_sweep_equals_a_plain_loop(equation, start, phi, bias, n_outputs):
    step = step_of(equation, start)
    network = random_network(UNITS, 3, n_outputs, equation=equation, nonlinearity=phi, bias=bias, start=start, seed=50)
    trials, factors = some_trials(3, n_outputs, steps=STEPS, shared=5 * bias), some_factors(network.recurrent)[bias:]
    test = Evaluation(network, trials, NOISE, step=step)
    performance = test.measure(factors, RANKS)
    cost, distance = measure_plainly(network, trials, NOISE, factors, RANKS, step=step)
    close(performance.cost, cost)
    close(performance.state_distance, distance)

    states = simulate(network, torch.from_numpy(trials.inputs), NOISE, step=step)
    outputs = outputs_of(network, rates_of(network, states, step=step))
    full = mean_loss(
        "squared_error",
        outputs.transpose(0, 1),
        torch.from_numpy(trials.targets).transpose(0, 1),
        torch.from_numpy(trials.weights),
    )
    close(performance.cost[:, -1], full.expand(len(factors)), 1e-12)
    assert performance.state_distance[:, -1].max() <= 1e-12


@every_kind
@pytest.mark.parametrize("block_bytes", [1, 4e6])
def test_a_matrix_equal_to_the_full_one_costs_what_that_does_to_the_last_bit(equation, start, block_bytes, monkeypatch):
    """Whatever reduction it is of, and whatever shares its block."""
    monkeypatch.setattr(evaluation, "CACHE_BYTES", block_bytes)
    network = random_network(UNITS, equation=equation, bias=True, start=start)
    test = Evaluation(network, some_trials(steps=STEPS), NOISE, step=step_of(equation, start))
    full = test._costs([(None, UNITS)]).mean()
    factors = some_factors(network.recurrent)
    for ranks in ([UNITS], RANKS, list(range(UNITS + 1))):
        assert (test.measure(factors, ranks).cost[:, -1] == full).all()


@pytest.mark.parametrize(("equation", "start"), [("current", "both"), ("rate", "rates")])
@pytest.mark.parametrize("lacking", ["outputs", "targets"])
def test_without_outputs_or_targets_there_is_no_cost_but_the_same_state_distance(equation, start, lacking):
    network = random_network(UNITS, equation=equation, bias=True, start=start)
    trials, factors = some_trials(steps=STEPS), some_factors(network.recurrent)
    expected = Evaluation(network, trials, NOISE, step=0.3).measure(factors, RANKS).state_distance
    if lacking == "outputs":
        network = network._replace(output=network.output[:0], output_bias=None)
    else:
        trials = trials._replace(targets=None)
    test = Evaluation(network, trials, NOISE, step=0.3)
    performance = test.measure(factors, RANKS)
    assert performance.cost.shape == (3, len(RANKS))
    assert performance.cost.isnan().all()
    assert torch.equal(performance.state_distance, expected)
    assert test.measure_functions(factors, RANKS).isnan().all()
    assert test.measure_functions(factors, RANKS).shape == (3, len(RANKS), 3)


@pytest.mark.parametrize("n_outputs", [1, 2, 4])
def test_cross_entropy_is_that_of_torch(n_outputs):
    network = random_network(UNITS, 3, n_outputs, bias=True)
    trials, factors = some_trials(3, n_outputs, steps=STEPS, loss="cross_entropy"), some_factors(network.recurrent)
    cost = Evaluation(network, trials, NOISE, step=0.3, loss="cross_entropy").measure(factors, RANKS).cost
    expected, _ = measure_plainly(network, trials, NOISE, factors, RANKS, step=0.3, loss="cross_entropy")
    close(cost, expected)
    states = simulate(network, torch.from_numpy(trials.inputs), NOISE, step=0.3)
    outputs = outputs_of(network, rates_of(network, states, step=0.3))
    each = [
        torch.nn.functional.cross_entropy(z, target)  # of one step, a mean over trials
        for z, target in zip(outputs.unbind(1), torch.from_numpy(trials.targets).unbind(1), strict=True)
    ]
    full = np.average(each, weights=trials.weights)
    close(cost[:, -1], torch.tensor(full).expand(3), 1e-12)


def test_cross_entropy_of_classes_is_that_of_torch():
    outputs, classes = draw(5, 7, 4), torch.arange(35).reshape(5, 7) % 4
    targets = torch.nn.functional.one_hot(classes, 4).double()
    expected = torch.nn.functional.cross_entropy(outputs.flatten(0, 1), classes.flatten())
    close(mean_loss("cross_entropy", outputs, targets, torch.ones(5).double()), expected, 1e-14)


def test_steps_without_weight_are_not_looked_at_and_the_scale_of_the_weights_does_not_matter():
    network = random_network(UNITS)
    trials, factors = some_trials(steps=STEPS), some_factors(network.recurrent)
    expected = Evaluation(network, trials, NOISE, step=0.3).measure(factors, RANKS).cost
    assert (trials.weights[:3] == 0).all()
    hidden = trials.targets.copy()
    hidden[:, :3] = math.nan
    other = trials._replace(targets=hidden, weights=7 * trials.weights)
    close(Evaluation(network, other, NOISE, step=0.3).measure(factors, RANKS).cost, expected, 1e-13)
    uniform = trials._replace(weights=np.ones(STEPS))
    assert (Evaluation(network, uniform, NOISE, step=0.3).measure(factors, RANKS).cost - expected).abs().min() > 1e-3


def test_the_mean_loss_is_a_mean_over_trials_and_a_weighted_one_over_steps():
    outputs, targets = draw(6, 4, 3, seed=1), draw(6, 4, 3, seed=2)
    for weights in ([0, 0, 1, 2, 0, 3], [1] * 6, [0, 0, 0, 0, 0, 0.5]):
        expected = sum(
            weight * ((outputs[step] - targets[step]) ** 2).mean().item() for step, weight in enumerate(weights)
        )
        found = mean_loss("squared_error", outputs, targets, torch.tensor(weights, dtype=torch.float64))
        assert found.item() == pytest.approx(expected / sum(weights), rel=1e-13)


def test_a_stored_network_is_evaluated_on_trials_and_noise_of_its_own_stream():
    def trials(repeats, *, dt, rng):
        return Trials(
            rng.standard_normal((4 * repeats, 5, 3)), targets=rng.random((4 * repeats, 5, 2)), weights=[0, 1, 1, 1, 2]
        )

    task = task_from(
        {"name": "guess", "n_inputs": 3, "n_outputs": 2, "duration": 10, "loss": "cross_entropy", "trials": trials},
        "test",
    )
    network = random_network(UNITS, equation="rate", bias=True, start="rates")
    attributes = Attributes("guess", 3, tau=5.0, dt=2.0, noise_std=0.7, seed=1, source="train", equation="rate")
    stored = StoredNetwork(None, network, attributes)
    test = Evaluation.of_network(stored, task, repeats=2, seed=4, memory=math.inf, device=torch.device("cpu"))
    stream = make_generator(4, "guess", 3, "evaluation")
    drawn = draw_trials(task, 2, dt=2.0, rng=TaskGenerator(stream))
    noise = internal_noise((8, 5, UNITS), 0.7, 2.0, stream)
    factors = some_factors(network.recurrent)
    expected = measure_plainly(network, drawn, noise, factors, RANKS, step=0.4, loss="cross_entropy")
    for found, plain in zip(test.measure(factors, RANKS), expected, strict=True):
        close(found, plain)
