"""Training of networks with biases, a start and other nonlinearities, on a user's tasks."""

import numpy as np
import pytest
import torch
from plain import OWN, draw, generator, random_network

from opdims.losses import mean_loss
from opdims.network import initial_network, outputs_of, rates_of, simulate
from opdims.nonlinearity import NONLINEARITIES
from opdims.seeding import TaskGenerator
from opdims.task import Trials, draw_trials, task_from
from opdims.training.loop import train

SETTINGS = {
    "learning_rate": 1e-2,
    "last_learning_rate": 1e-3,
    "averaging": 5,
    "betas": (0.9, 0.99),
    "gradient_norm_limit": 1.0,
    "repeats": 8,
    "checkpoint_interval": 100,
    "dt": 1.0,
    "tau": 5.0,
    "noise_std": 0.05,
}
KINDS = [*NONLINEARITIES.values(), OWN]
every_phi = pytest.mark.parametrize("phi", KINDS, ids=lambda phi: phi.name)


def sides(repeats, *, dt, rng):
    """Tell on which side of 0 the input lies: by outputs of 1 and 2, whose mean needs a bias."""
    side = rng.integers(2, size=4 * repeats)
    steps, strength = round(20 / dt), rng.uniform(0.5, 1, 4 * repeats)
    inputs = ((2 * side - 1) * strength)[:, None, None].repeat(steps, axis=1)
    targets = np.stack([side + 1.0, 2.0 - side], axis=-1)[:, None].repeat(steps, axis=1)
    weights = np.arange(steps) >= 10 / dt
    return Trials(inputs, targets=targets, condition=side, weights=weights)


def chosen(repeats, *, dt, rng):
    trials = sides(repeats, dt=dt, rng=rng)
    return trials._replace(targets=(trials.targets == 2).astype(float))  # one hot


CONTENT = {"name": "sides", "n_inputs": 1, "n_outputs": 2, "duration": 20.0, "conditions": ("left", "right")}
SIDES = task_from(CONTENT | {"trials": sides}, "test")
CHOICE = task_from(CONTENT | {"trials": chosen, "loss": "cross_entropy"}, "test")


def trained(task, initial, iterations=60, **changes):
    phases = [{"iterations": iterations, "dt": None}]
    streams = {"generator": generator(3), "test_generator": generator(4)}
    return train(task, initial, **SETTINGS | streams | {"phases": phases} | changes)


def cost_of(task, network, seed=99):
    """The cost on fresh trials, without internal noise."""
    trials = draw_trials(task, 20, dt=1.0, rng=np.random.default_rng(seed))
    rates = rates_of(network, simulate(network, torch.from_numpy(trials.inputs), step=0.2), step=0.2)
    outputs, targets = outputs_of(network, rates), torch.from_numpy(trials.targets)
    weights = torch.from_numpy(trials.weights)
    return mean_loss(task.loss, outputs.transpose(0, 1), targets.transpose(0, 1), weights).item()


@every_phi
@pytest.mark.parametrize("task", [SIDES, CHOICE], ids=lambda task: task.loss)
def test_a_network_with_biases_learns_and_its_biases_with_it(task, phi):
    initial = initial_network(20, 1, 2, generator(1), bias=True, nonlinearity=phi)
    result = trained(task, initial)
    assert sum(result.history["cost"][-5:]) < 0.5 * sum(result.history["cost"][:5])
    assert cost_of(task, result.network) < 0.5 * cost_of(task, initial)
    assert tuple(result.network.tensors()) == ("recurrent", "input", "output", "bias", "output_bias")
    for name, tensor in result.network.tensors().items():
        assert (tensor - initial.tensors()[name]).abs().max() > 1e-3, name
        assert tensor.dtype == torch.float64
    assert result.network.nonlinearity is phi


def test_a_network_without_biases_gets_none():
    result = trained(SIDES, initial_network(20, 1, 2, generator(1)), iterations=2)
    assert tuple(result.network.tensors()) == ("recurrent", "input", "output")


def test_the_start_is_kept_as_it_was_given():
    initial = random_network(10, 1, 2, bias=True, start="both")
    result = trained(SIDES, initial, iterations=5)
    for name in ("initial_state", "initial_rates"):
        torch.testing.assert_close(result.network.tensors()[name], initial.tensors()[name], rtol=1e-6, atol=0)
    assert not torch.allclose(result.network.bias, initial.bias, atol=1e-4)


@every_phi
@pytest.mark.parametrize("task", [SIDES, CHOICE], ids=lambda task: task.loss)
def test_the_first_cost_is_that_of_the_initial_network(task, phi):
    initial = random_network(10, 1, 2, bias=True, start="both", nonlinearity=phi)
    cost = trained(task, initial, iterations=1, noise_std=0.0).history["cost"][0]
    trials = draw_trials(task, 8, dt=1.0, rng=TaskGenerator(generator(3)))
    rates = rates_of(initial, simulate(initial, torch.from_numpy(trials.inputs), step=0.2), step=0.2)
    z, target = outputs_of(initial, rates)[:, 10:], torch.from_numpy(trials.targets)[:, 10:]
    if task is SIDES:
        expected = (z - target).square().mean()
    else:
        expected = torch.nn.functional.cross_entropy(z.flatten(0, 1), target.flatten(0, 1))
    assert cost == pytest.approx(expected.item(), rel=1e-5)


def test_an_own_nonlinearity_is_trained_as_a_known_one_of_the_same_values():
    """Without a slope of the rate, and without NumPy; in float32, so not to the last bits."""
    known = NONLINEARITIES["softplus"]
    own = type(known)("own", known.value, known.slope, known.bounded)
    results = [
        trained(SIDES, initial_network(12, 1, 2, generator(1), bias=True, nonlinearity=phi), iterations=5)
        for phi in (known, own)
    ]
    for name, tensor in results[0].network.tensors().items():
        torch.testing.assert_close(tensor, results[1].network.tensors()[name], rtol=0, atol=1e-4)
    assert results[0].history["cost"] == pytest.approx(results[1].history["cost"], rel=1e-3)


def test_a_task_without_targets_is_refused():
    def trials(repeats, *, dt, rng):
        return sides(repeats, dt=dt, rng=rng)._replace(targets=None)

    task = task_from(CONTENT | {"trials": trials}, "test")
    with pytest.raises(ValueError, match="sides has no targets, expected some to train on"):
        trained(task, initial_network(5, 1, 2, generator(1)))


def test_a_network_in_rate_form_is_refused():
    with pytest.raises(ValueError, match="the network is in rate form, expected current form"):
        trained(SIDES, random_network(5, 1, 2, equation="rate"))


def test_a_network_without_input_learns_from_its_start():
    """An output that decays from its initial state."""

    def trials(repeats, *, dt, rng):
        return Trials(np.zeros((4, 20, 0)), targets=np.full((4, 20, 1), 0.5))

    task = task_from({"name": "hold", "n_inputs": 0, "n_outputs": 1, "duration": 20.0, "trials": trials}, "test")
    initial = initial_network(10, 0, 1, generator(1))._replace(initial_state=draw(10, seed=4))
    cost = trained(task, initial).history["cost"]
    assert cost[-1] < 0.3 * cost[0]
