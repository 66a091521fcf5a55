"""The simulation of both equations against plain code, torch.nn.RNN against it, and the initial distribution."""

import pytest
import torch
from plain import ALL, KINDS, draw, generator, random_network, simulate_plainly

from opdims.network import OPTIONAL, TENSORS, Network, initial_network, outputs_of, rates_of, simulate, start_of
from opdims.nonlinearity import NONLINEARITIES

every_phi = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)
every_kind = pytest.mark.parametrize(("equation", "start"), KINDS)


def close(actual, expected, atol=1e-12):
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


@every_phi
@every_kind
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("noisy", [False, True])
def test_batched_simulation_equals_a_loop_over_trials_and_steps(equation, start, phi, bias, step, noisy):
    network = random_network(equation=equation, nonlinearity=phi, bias=bias, start=start)
    inputs, noise = draw(3, 12, 3, seed=8), draw(3, 12, 6, seed=9) if noisy else None
    if (equation, start) == ("current", "rates") and step < 1:
        with pytest.raises(ValueError, match="initial_rates alone do not say the state x_0 where dt < tau"):
            simulate(network, inputs, noise, step=step)
        return
    states, rates, outputs = simulate_plainly(network, inputs, noise, step)
    found = simulate(network, inputs, noise, step=step)
    close(found, states)
    close(rates_of(network, found, step=step), rates)
    close(outputs_of(network, rates), outputs)


def test_many_steps_of_many_trials_are_those_of_a_loop():
    network = initial_network(12, 3, 1, generator())
    inputs, noise = draw(5, 40, 3, seed=1), draw(5, 40, 12, seed=2)
    close(simulate(network, inputs, noise, step=0.2), simulate_plainly(network, inputs, noise, 0.2)[0])


@every_kind
def test_every_start_matters(equation, start):
    """So that a start which is read but not used is seen: the first states differ from those from rest."""
    step, inputs = 1.0 if (equation, start) == ("current", "rates") else 0.5, draw(2, 3, 3)
    network = random_network(equation=equation, start=start, nonlinearity=NONLINEARITIES["sigmoid"])
    at_rest = network._replace(initial_state=None, initial_rates=None)
    apart = (simulate(network, inputs, step=step) - simulate(at_rest, inputs, step=step))[:, 0].abs().max()
    assert (apart > 0.01) == (start != "rest")


def test_without_a_start_the_rates_are_those_of_the_zero_state():
    sigmoid = NONLINEARITIES["sigmoid"]
    state, rates = start_of(random_network(nonlinearity=sigmoid), step=0.1)
    assert state.tolist() == [0.0] * 6
    assert rates.tolist() == [0.5] * 6
    _, rates = start_of(random_network(nonlinearity=sigmoid, equation="rate"), step=0.1)
    assert rates.tolist() == [0.0] * 6, "h_0 = 0, whatever φ(0) is"


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("equation", ["current", "rate"])
def test_torch_rnns_are_networks_with_dt_equal_to_tau(nonlinearity, equation):
    """At dt = tau both equations are h ← φ(W h + B u + b)."""
    torch.manual_seed(3)
    module = torch.nn.RNN(4, 9, nonlinearity=nonlinearity, batch_first=True).double()
    readout = torch.nn.Linear(9, 2).double()
    inputs, start = draw(5, 60, 4, seed=1), draw(9, seed=2).abs()
    with torch.no_grad():
        rates, _ = module(inputs, start.expand(1, 5, -1).contiguous())
        expected = readout(rates)
        network = Network(
            module.weight_hh_l0,
            module.weight_ih_l0,
            readout.weight,
            bias=module.bias_ih_l0 + module.bias_hh_l0,
            output_bias=readout.bias,
            initial_rates=start,
            equation=equation,
            nonlinearity=NONLINEARITIES[nonlinearity],
        ).map(lambda tensor: tensor.detach().clone())
    found = rates_of(network, simulate(network, inputs, step=1.0), step=1.0)
    close(found, rates)
    close(outputs_of(network, found), expected)


@every_kind
def test_networks_are_simulated_side_by_side(equation, start):
    networks = [random_network(12, equation=equation, bias=True, start=start, seed=10 * seed) for seed in range(4)]
    stacked = networks[0]._replace(
        **{name: torch.stack([getattr(each, name) for each in networks]) for name in networks[0].tensors()}
    )
    step = 1.0 if (equation, start) == ("current", "rates") else 0.1
    inputs, noise = draw(5, 30, 3, seed=1), draw(4, 5, 30, 12, seed=2)
    together = simulate(stacked, inputs, noise, step=step)
    rates = rates_of(stacked, together, step=step)
    for index, network in enumerate(networks):
        close(together[index], simulate(network, inputs, noise[index], step=step))
        close(rates[index], rates_of(network, together[index], step=step))


@pytest.mark.parametrize("equation", ["current", "rate"])
def test_without_noise_and_input_a_network_stays_at_rest(equation):
    network = random_network(equation=equation)
    assert simulate(network, torch.zeros(2, 10, 3, dtype=torch.float64), step=0.1).abs().max() == 0


@pytest.mark.parametrize("equation", ["current", "rate"])
def test_networks_without_inputs_and_outputs_run(equation):
    network = random_network(n_inputs=0, n_outputs=0, equation=equation, bias=True)
    noise = draw(2, 10, 6, seed=9)
    states = simulate(network, torch.zeros(2, 10, 0, dtype=torch.float64), noise, step=0.5)
    close(states, simulate_plainly(network, torch.zeros(2, 10, 0), noise, 0.5)[0])
    assert outputs_of(network, states).shape == (2, 10, 0)


@pytest.mark.parametrize(("equation", "start"), [("current", "both"), ("rate", "rates")])
def test_arguments_are_left_as_they_were(equation, start):
    network = random_network(equation=equation, bias=True, start=start)
    inputs, noise = draw(5, 30, 3, seed=1), draw(5, 30, 6, seed=2)
    given = {**network.tensors(), "inputs": inputs, "noise": noise}
    copies = {name: tensor.clone() for name, tensor in given.items()}
    states = simulate(network, inputs, noise, step=0.3)
    before = states.clone()
    rates_of(network, states, step=0.3)
    assert torch.equal(states, before)
    assert all(torch.equal(given[name], copies[name]) for name in given)


@pytest.mark.parametrize(
    ("inputs", "noise", "message"),
    [
        ((5, 30, 2), (5, 30, 12), r"inputs is \(5, 30, 2\), expected \(\.\.\., T, S, 3\)"),
        ((5, 30, 3), (5, 29, 12), "noise is .*expected"),
        ((5, 30, 3), (5, 30, 11), r"noise is \(5, 30, 11\), expected \(..., 5, 30, 12\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(inputs, noise, message):
    network = initial_network(12, 3, 1, generator())
    with pytest.raises(ValueError, match=message):
        simulate(network, torch.zeros(inputs, dtype=torch.float64), torch.zeros(noise, dtype=torch.float64), step=0.1)


def test_a_network_is_mapped_with_all_that_it_has():
    network = random_network(bias=True, start="both", equation="rate")
    assert tuple(network.tensors()) == TENSORS
    single = network.to(torch.float32)
    assert {tensor.dtype for tensor in single.tensors().values()} == {torch.float32}
    assert (single.equation, single.nonlinearity) == (network.equation, network.nonlinearity)
    doubled = network.map(lambda tensor: 2 * tensor)
    assert all(torch.equal(doubled.tensors()[name], 2 * tensor) for name, tensor in network.tensors().items())
    assert set(random_network().map(torch.clone).tensors()) == set(TENSORS) - set(OPTIONAL)


def test_initial_weights_have_the_variances_of_the_paper():
    network = initial_network(400, 5, 3, generator())
    assert tuple(network.tensors()) == ("recurrent", "input", "output")
    for matrix, variance in zip(network.tensors().values(), (1 / 400, 1 / 5, 1 / 400), strict=True):
        assert matrix.dtype == torch.float64
        assert matrix.mean().abs() < 5 * (variance / matrix.numel()) ** 0.5
        assert matrix.var().item() == pytest.approx(variance, rel=5 * (2 / matrix.numel()) ** 0.5)


def test_the_gain_scales_the_recurrent_weights_only():
    plain, one, other = (initial_network(50, 3, 1, generator(), **gain) for gain in ({}, {"gain": 1.0}, {"gain": 1.5}))
    expected = torch.randn(50, 50, dtype=torch.float64, generator=generator()) * (1 / 50) ** 0.5
    assert torch.equal(plain.recurrent, expected)  # the same bits as without a gain
    assert all(torch.equal(*pair) for pair in zip(plain.tensors().values(), one.tensors().values(), strict=True))
    assert torch.equal(other.recurrent, 1.5 * plain.recurrent)
    assert torch.equal(other.input, plain.input)
    assert torch.equal(other.output, plain.output)


def test_a_network_with_biases_has_the_weights_of_one_without():
    relu = NONLINEARITIES["relu"]
    plain = initial_network(50, 3, 2, generator())
    other = initial_network(50, 3, 2, generator(), bias=True, nonlinearity=relu)
    assert all(torch.equal(other.tensors()[name], matrix) for name, matrix in plain.tensors().items())
    assert torch.equal(other.bias, torch.zeros(50, dtype=torch.float64))
    assert torch.equal(other.output_bias, torch.zeros(2, dtype=torch.float64))
    assert (other.initial_state, other.initial_rates) == (None, None)
    assert other.nonlinearity is relu


@pytest.mark.parametrize("counts", [(0, 1), (1, 0), (0, 0)])
def test_a_network_may_have_no_input_or_no_output(counts):
    network = initial_network(5, *counts, generator())
    assert network.input.shape == (5, counts[0])
    assert network.output.shape == (counts[1], 5)


@pytest.mark.parametrize("equation", ["current", "rate"])
@pytest.mark.parametrize("phi", NONLINEARITIES.values(), ids=lambda phi: phi.name)
def test_gradients_flow_through_a_simulation(equation, phi):
    network = random_network(equation=equation, bias=True)._replace(nonlinearity=phi)
    inputs, noise = (torch.randn(2, 4, size, dtype=torch.float64, generator=generator()) for size in (3, 6))

    def outputs(recurrent, given, bias, inputs, noise):
        changed = network._replace(recurrent=recurrent, input=given, bias=bias)
        return outputs_of(changed, rates_of(changed, simulate(changed, inputs, noise, step=0.3), step=0.3)).sum(1)

    arguments = (network.recurrent, network.input, network.bias, inputs, noise)
    expected = outputs(*arguments)
    learnt = [each.clone().requires_grad_() for each in arguments]
    torch.testing.assert_close(outputs(*learnt), expected, rtol=1e-12, atol=1e-14)
    assert torch.autograd.gradcheck(outputs, learnt, fast_mode=True)
