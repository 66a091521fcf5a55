"""A network in rate form and its current form visit the same states."""

import pytest
import torch
from plain import draw, random_network, simulate_plainly

from opdims.network import current_form, rates_of, simulate
from opdims.nonlinearity import NONLINEARITIES

UNITS, STEPS = 50, 1000
every_phi = pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid"])


@every_phi
@pytest.mark.parametrize("step", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("start", ["rates", "rest"])
def test_states_and_rates_are_those_of_the_rate_form(name, step, start):
    network = random_network(UNITS, equation="rate", nonlinearity=NONLINEARITIES[name], bias=True, start=start)
    inputs, noise = draw(2, STEPS, 3, seed=8), draw(2, STEPS, UNITS, seed=9)
    states = simulate(network, inputs, noise, step=step)
    converted, drive = current_form(network, inputs, noise, step=step)
    found = simulate(converted, inputs[..., :0], drive, step=step)
    assert states.std() > 0.5, "the states are not at rest"
    # Rounding errors of relu's states, which need not stay near 1, grow with them.
    torch.testing.assert_close(found, states, rtol=0, atol=1e-12 * max(1.0, states.abs().max().item()))
    rates = rates_of(network, states, step=step)
    after = (converted.recurrent @ rates.mT).mT  # W h_{t−1} + J_t = x_t
    drive_of_rates = states[:, 1:] - after[:, :-1]
    expected = inputs @ network.input.mT + network.bias + noise
    torch.testing.assert_close(drive_of_rates, expected[:, 1:], rtol=0, atol=1e-11)


@every_phi
def test_plain_code_in_current_form_visits_them_too(name):
    network = random_network(8, equation="rate", nonlinearity=NONLINEARITIES[name], bias=True, start="rates")
    inputs, noise = draw(2, 30, 3, seed=8), draw(2, 30, 8, seed=9)
    expected, _, _ = simulate_plainly(network, inputs, noise, 0.3)
    converted, drive = current_form(network, inputs, noise, step=0.3)
    found, _, _ = simulate_plainly(converted, inputs[..., :0], drive, 0.3)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_without_noise_and_bias_the_drive_is_the_filtered_input():
    network = random_network(8, equation="rate")
    inputs = draw(2, 5, 3, seed=8)
    _, drive = current_form(network, inputs, step=0.25)
    now = inputs @ network.input.mT
    torch.testing.assert_close(drive[:, 0], 4 * now[:, 0])
    torch.testing.assert_close(drive[:, 1:], 4 * (now[:, 1:] - 0.75 * now[:, :-1]))


def test_networks_are_converted_side_by_side():
    networks = [random_network(8, equation="rate", bias=True, start="rates", seed=10 * seed) for seed in range(3)]
    stacked = networks[0]._replace(
        **{name: torch.stack([getattr(each, name) for each in networks]) for name in networks[0].tensors()}
    )
    inputs, noise = draw(2, 20, 3, seed=8), draw(3, 2, 20, 8, seed=9)
    together = simulate(*_taken(current_form(stacked, inputs, noise, step=0.3), inputs), step=0.3)
    for index, network in enumerate(networks):
        alone = simulate(network, inputs, noise[index], step=0.3)
        torch.testing.assert_close(together[index], alone, rtol=0, atol=1e-12)


def _taken(converted, inputs):
    network, drive = converted
    return network, inputs[..., :0], drive


def test_a_network_in_current_form_is_refused():
    with pytest.raises(ValueError, match="the network is in current form already, expected rate form"):
        current_form(random_network(), draw(2, 5, 3), step=0.5)
