"""The simulation against plain code, and the initial distribution."""

import pytest
import torch

from opdims.network import Network, initial_network, simulate, tanh


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def draw(generator, *shape):
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def simulate_plainly(network, inputs, noise, step):
    states = []
    for u, sigma in zip(inputs, noise, strict=True):
        x, trial = torch.zeros(len(network.recurrent), dtype=torch.float64), []
        for t in range(len(u)):
            x = (1 - step) * x + step * (network.recurrent @ torch.tanh(x) + network.input @ u[t] + sigma[t])
            trial.append(x)
        states.append(torch.stack(trial))
    return torch.stack(states)


def test_batched_simulation_equals_a_loop_over_trials_and_steps(generator):
    network = initial_network(12, 3, 1, generator)
    inputs, noise = draw(generator, 5, 40, 3), draw(generator, 5, 40, 12)
    states = simulate(network, inputs, noise, step=0.2)
    torch.testing.assert_close(states, simulate_plainly(network, inputs, noise, 0.2), rtol=0, atol=1e-12)


def test_networks_are_simulated_side_by_side(generator):
    networks = [initial_network(12, 3, 1, generator) for _ in range(4)]
    stacked = Network(*(torch.stack(matrices) for matrices in zip(*networks, strict=True)))
    inputs, noise = draw(generator, 5, 30, 3), draw(generator, 4, 5, 30, 12)
    together = simulate(stacked, inputs, noise)
    for index, network in enumerate(networks):
        torch.testing.assert_close(together[index], simulate(network, inputs, noise[index]), rtol=0, atol=1e-12)


def test_without_noise_and_input_a_network_stays_at_rest(generator):
    network = initial_network(12, 3, 1, generator)
    assert simulate(network, torch.zeros(2, 10, 3, dtype=torch.float64)).abs().max() == 0


def test_arguments_are_left_as_they_were(generator):
    network = initial_network(12, 3, 1, generator)
    inputs, noise = draw(generator, 5, 30, 3), draw(generator, 5, 30, 12)
    copies = inputs.clone(), noise.clone()
    simulate(network, inputs, noise)
    assert torch.equal(inputs, copies[0])
    assert torch.equal(noise, copies[1])


@pytest.mark.parametrize(
    ("inputs", "noise", "message"),
    [((5, 30, 2), (5, 30, 12), "inputs has 2 channels"), ((5, 30, 3), (5, 29, 12), "noise is .*expected")],
)
def test_shapes_that_do_not_fit_are_refused(generator, inputs, noise, message):
    network = initial_network(12, 3, 1, generator)
    with pytest.raises(ValueError, match=message):
        simulate(network, torch.zeros(inputs, dtype=torch.float64), torch.zeros(noise, dtype=torch.float64))


def test_initial_weights_have_the_variances_of_the_paper(generator):
    network = initial_network(400, 5, 3, generator)
    for matrix, variance in zip(network, (1 / 400, 1 / 5, 1 / 400), strict=True):
        assert matrix.dtype == torch.float64
        assert matrix.mean().abs() < 5 * (variance / matrix.numel()) ** 0.5
        assert matrix.var().item() == pytest.approx(variance, rel=5 * (2 / matrix.numel()) ** 0.5)


def test_the_gain_scales_the_recurrent_weights_only():
    plain, one, other = (
        initial_network(50, 3, 1, torch.Generator().manual_seed(0), **gain)
        for gain in ({}, {"gain": 1.0}, {"gain": 1.5})
    )
    expected = torch.randn(50, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * (1 / 50) ** 0.5
    assert torch.equal(plain.recurrent, expected)  # the same bits as without a gain
    assert all(torch.equal(*matrices) for matrices in zip(plain, one, strict=True))
    assert torch.equal(other.recurrent, 1.5 * plain.recurrent)
    assert torch.equal(other.input, plain.input)
    assert torch.equal(other.output, plain.output)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tanh_equals_that_of_torch(generator, dtype):
    states = 5 * draw(generator, 1000).to(dtype)
    out = torch.empty_like(states)
    assert tanh(states, out=out) is out
    torch.testing.assert_close(out, torch.tanh(states), rtol=4 * torch.finfo(dtype).eps, atol=0)
