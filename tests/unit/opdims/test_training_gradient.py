"""The written-out gradient of training against plain autograd, and what training sets around it."""

import pytest
import torch
from plain import ALL, OWN, draw, generator, random_network

from opdims.catalogue import load_task
from opdims.losses import mean_loss
from opdims.network import Network, initial_network, outputs_of, rates_of, simulate
from opdims.nonlinearity import NONLINEARITIES, TANH
from opdims.seeding import TaskGenerator
from opdims.task import draw_trials
from opdims.training import gradient
from opdims.training.gradient import BLOCK, network_outputs
from opdims.training.loop import draw_noise
from opdims.training.optimiser import Adam

UNITS, N_INPUTS, N_OUTPUTS, TRIALS, STEPS = 6, 3, 2, 4, 7
STARTS = [("rest", 0.5), ("state", 0.5), ("both", 0.5), ("rates", 1.0)]  # initial rates alone need dt = tau
every_phi = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)


@pytest.fixture
def network() -> Network:
    return initial_network(UNITS, N_INPUTS, N_OUTPUTS, generator(7))


@pytest.fixture
def inputs() -> torch.Tensor:
    return draw(STEPS, TRIALS, N_INPUTS, seed=1)


@pytest.fixture
def noise() -> torch.Tensor:
    return draw(STEPS, TRIALS, UNITS, seed=2)


def plain_outputs(
    network: Network, inputs: torch.Tensor, noise: torch.Tensor, step: float, extrapolation: float = 0.0
) -> torch.Tensor:
    phi, before = network.nonlinearity.value, None
    state = torch.zeros_like(noise[0])
    if network.initial_state is not None:
        state = state + network.initial_state
    rates = phi(state) if network.initial_rates is None else network.initial_rates.expand(len(state), -1)
    outputs = []
    for u, sigma in zip(inputs, noise, strict=True):
        flow = -state + rates @ network.recurrent.T
        drive = u @ network.input.T + sigma
        if network.bias is not None:
            drive = drive + network.bias
        before = flow if before is None else before
        state = state + step * ((1 + extrapolation) * flow - extrapolation * before + drive)
        before, rates = flow, phi(state)
        outputs.append(rates @ network.output.T + (0 if network.output_bias is None else network.output_bias))
    return torch.stack(outputs)


def learnt(network: Network) -> list[torch.Tensor]:
    names = ("recurrent", "input", "output", "bias", "output_bias")
    return [tensor for name, tensor in network.tensors().items() if name in names]


def differentiable(network: Network) -> Network:
    return network.map(lambda tensor: tensor.clone().requires_grad_())


@pytest.mark.parametrize("extrapolation", [0.0, 0.4])
@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_the_gradient_equals_finite_differences(network, inputs, noise, step, extrapolation, monkeypatch):
    monkeypatch.setattr(gradient, "BLOCK", 3)  # STEPS are two blocks and a part of one

    def outputs(*matrices):
        return network_outputs(Network(*matrices), inputs, noise.clone(), step=step, extrapolation=extrapolation)

    assert torch.autograd.gradcheck(outputs, learnt(differentiable(network)))


@every_phi
@pytest.mark.parametrize(("start", "step"), STARTS)
def test_the_gradient_of_any_network_equals_finite_differences(phi, start, step, inputs, noise, monkeypatch):
    monkeypatch.setattr(gradient, "BLOCK", 3)
    inputs, noise = inputs[:, :2], noise[:, :2].contiguous()
    whole = random_network(UNITS, nonlinearity=phi, bias=True, start=start)

    def outputs(*tensors):
        names = ("recurrent", "input", "output", "bias", "output_bias")
        network = whole._replace(**dict(zip(names, tensors, strict=True)))
        return network_outputs(network, inputs, noise.clone(), step=step, extrapolation=0.4)

    assert torch.autograd.gradcheck(outputs, learnt(differentiable(whole)))


def compare(network, steps, step, extrapolation):
    """Compare outputs and gradient with autograd over a plain loop."""
    inputs, noise = draw(steps, TRIALS, N_INPUTS, seed=1), draw(steps, TRIALS, len(network.recurrent), seed=2)
    weights = draw(steps, TRIALS, len(network.output), seed=3)
    fast, plain = differentiable(network), differentiable(network)
    expected = plain_outputs(plain, inputs, noise, step, extrapolation)
    outputs = network_outputs(fast, inputs, noise.clone(), step=step, extrapolation=extrapolation)
    torch.testing.assert_close(outputs, expected, rtol=1e-12, atol=1e-13)
    (weights * outputs.square()).sum().backward()
    (weights * expected.square()).sum().backward()
    for tensor, reference in zip(learnt(fast), learnt(plain), strict=True):
        scale = max(1.0, reference.grad.abs().max().item())
        torch.testing.assert_close(tensor.grad, reference.grad, rtol=0, atol=1e-12 * scale)
    assert fast.initial_state is None or fast.initial_state.grad is None, "the start is not learnt"


@pytest.mark.parametrize(("step", "extrapolation"), [(0.1, 0.0), (0.5, 0.0), (0.5, 0.4), (0.25, 0.3)])
@pytest.mark.parametrize("steps", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_outputs_and_gradient_equal_autograd_over_a_plain_loop(network, steps, step, extrapolation):
    compare(network, steps, step, extrapolation)


@every_phi
@pytest.mark.parametrize(("start", "step"), STARTS)
@pytest.mark.parametrize("extrapolation", [0.0, 0.4])
@pytest.mark.parametrize("steps", [1, 2, BLOCK + 1])
def test_those_of_any_network_equal_autograd_over_a_plain_loop(phi, start, step, extrapolation, steps):
    whole = random_network(UNITS, nonlinearity=phi, bias=True, start=start)
    whole = whole._replace(recurrent=whole.recurrent / 3)  # or rounding errors grow at long extrapolated steps
    compare(whole, steps, step, extrapolation)
    compare(whole._replace(bias=None), steps, step, extrapolation)
    compare(whole._replace(output_bias=None), steps, step, extrapolation)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "softplus"])
def test_the_slope_from_the_state_gives_the_gradient_of_that_from_the_rate(name, inputs, noise):
    phi = NONLINEARITIES[name]
    gradients = []
    for each in (phi, type(phi)(phi.name, phi.value, phi.slope, phi.bounded)):  # as a user's own, of two functions
        network = differentiable(random_network(UNITS, nonlinearity=each, bias=True, start="both"))
        network_outputs(network, inputs, noise.clone(), step=0.5, extrapolation=0.3).square().sum().backward()
        gradients.append([tensor.grad for tensor in learnt(network)])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_tensors_that_are_not_to_learn_have_no_gradient(inputs, noise):
    network = random_network(UNITS, bias=True)
    network.recurrent.requires_grad_()
    network_outputs(network, inputs, noise).sum().backward()
    assert [name for name, tensor in network.tensors().items() if tensor.grad is not None] == ["recurrent"]


def test_float32_gradient_over_a_whole_trial_is_that_of_float64():
    stream = generator(7)
    network = initial_network(100, 5, 1, stream)
    trials = draw_trials(load_task("context_integration"), 1, dt=1.0, rng=TaskGenerator(stream))
    inputs, targets = (torch.from_numpy(each).transpose(0, 1).contiguous() for each in (trials.inputs, trials.targets))
    noise = 0.1 * torch.randn(*inputs.shape[:2], 100, dtype=torch.float64, generator=stream)
    gradients = []
    for dtype in (torch.float64, torch.float32):
        weights = differentiable(network.to(dtype))
        outputs = network_outputs(weights, inputs.to(dtype), noise.to(dtype, copy=True))
        mean_loss("squared_error", outputs, targets.to(dtype), torch.from_numpy(trials.weights).to(dtype)).backward()
        gradients.append(torch.cat([matrix.grad.double().flatten() for matrix in learnt(weights)]))
    assert torch.linalg.norm(gradients[1] - gradients[0]) < 1e-3 * torch.linalg.norm(gradients[0])


@every_phi
@pytest.mark.parametrize(("start", "step"), STARTS)
@pytest.mark.parametrize("bias", [False, True])
def test_outputs_are_those_of_simulate(phi, start, step, bias, inputs, noise):
    network = random_network(UNITS, nonlinearity=phi, bias=bias, start=start)
    states = simulate(network, inputs.transpose(0, 1), noise.transpose(0, 1), step=step)
    expected = outputs_of(network, rates_of(network, states, step=step)).transpose(0, 1)
    found = network_outputs(network, inputs, noise.clone(), step=step)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("phi", [TANH, OWN], ids=lambda phi: phi.name)
@pytest.mark.parametrize("ratio", [2, 5])
def test_an_extrapolated_step_equals_euler_steps_to_second_order(phi, ratio):
    network = initial_network(UNITS, N_INPUTS, N_OUTPUTS, generator(7), nonlinearity=phi)
    constant = torch.ones(1, TRIALS, N_INPUTS, dtype=torch.float64)

    def end(steps, step, extrapolation=0.0):
        inputs, noise = (constant.expand(steps, -1, -1), torch.zeros(steps, TRIALS, UNITS, dtype=torch.float64))
        return network_outputs(network, inputs.contiguous(), noise, step=step, extrapolation=extrapolation)[-1]

    extrapolation, duration = (1 - 1 / ratio) / 2, 2.0
    errors = {c: [] for c in (0.0, extrapolation)}
    for steps in (40, 80):
        reference = end(steps * ratio, duration / steps / ratio)
        for c, found in errors.items():
            found.append(torch.linalg.norm(end(steps, duration / steps, c) - reference).item())
    assert errors[0.0][0] / errors[0.0][1] == pytest.approx(2, rel=0.2)  # of first order: half the step, half the error
    assert errors[extrapolation][0] / errors[extrapolation][1] == pytest.approx(4, rel=0.2)
    assert errors[extrapolation][0] < 0.1 * errors[0.0][0]


@pytest.mark.parametrize("trials", [1, 4, 5])
def test_noise_is_gaussian_and_half_of_it_the_mirror_of_the_other_half(trials):
    noise = torch.empty(300, trials, 50)
    draw_noise(noise, 0.1, generator(7))
    drawn, mirrored = noise[:, : trials - trials // 2], noise[:, trials - trials // 2 :]
    assert torch.equal(mirrored, -drawn[:, : trials // 2])
    assert drawn.std().item() == pytest.approx(0.1, rel=0.02)
    assert abs(drawn.mean().item()) < 0.1 * 4 / drawn.numel() ** 0.5
    assert drawn.pow(4).mean().item() == pytest.approx(3e-4, rel=0.1), "the fourth moment of a Gaussian"


def test_noise_becomes_the_rates(network, inputs, noise):
    outputs = network_outputs(network, inputs, noise)
    torch.testing.assert_close(noise @ network.output.T, outputs)


@pytest.mark.parametrize(("inputs_shape", "noise_shape"), [((7, 4, 2), (7, 4, 6)), ((7, 4, 3), (7, 5, 6))])
def test_shapes_that_do_not_fit_raise(network, inputs_shape, noise_shape):
    with pytest.raises(ValueError, match="do not fit a network of 6 units and 3 inputs"):
        network_outputs(network, torch.zeros(inputs_shape).double(), torch.zeros(noise_shape).double())


def test_the_rate_form_is_refused(inputs, noise):
    with pytest.raises(ValueError, match="the network is in rate form, expected current form"):
        network_outputs(random_network(UNITS, equation="rate"), inputs, noise)


def test_a_start_that_is_not_known_is_refused(inputs, noise):
    with pytest.raises(ValueError, match="expected initial_state"):
        network_outputs(random_network(UNITS, start="rates"), inputs, noise, step=0.5)


@pytest.mark.parametrize("bias", [False, True])
def test_the_optimiser_is_that_of_torch(bias):
    stream = generator(7)
    network = initial_network(10, 2, 1, stream, bias=bias)
    tensors = [tensor.clone().requires_grad_() for tensor in learnt(network)]
    references = [tensor.clone().requires_grad_() for tensor in learnt(network)]
    ours = Adam(tensors, (0.8, 0.95))
    theirs = torch.optim.Adam(references, lr=1e-2, betas=(0.8, 0.95))
    for iteration in range(1, 8):
        gradients = [torch.randn(tensor.shape, dtype=torch.float64, generator=stream) for tensor in tensors]
        for reference, given in zip(references, gradients, strict=True):
            reference.grad = given.clone()
        ours.step(gradients, 1e-2, iteration)
        theirs.step()
    for tensor, reference in zip(tensors, references, strict=True):
        torch.testing.assert_close(tensor, reference, rtol=1e-12, atol=1e-14)
