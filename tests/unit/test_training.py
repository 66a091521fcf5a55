"""Training: the written-out gradient against plain autograd, and what `train` promises."""

import logging
import math
from typing import Any, cast

import pytest
import torch

from opdims import training
from opdims.network import Network, initial_network, simulate
from opdims.tasks import context_integration, sine_generation
from opdims.tasks.base import Task, Trials
from opdims.training import BLOCK, END_ITERATIONS, TrainingError, network_outputs, train

UNITS, N_INPUTS, N_OUTPUTS, TRIALS, STEPS = 6, 3, 2, 4, 7
SETTINGS: dict[str, Any] = {
    "learning_rate": 5e-3,
    "betas": (0.9, 0.99),
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "cost_ceiling": math.inf,
    "tau": 10.0,
    "noise_std": 0.1,
}


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


@pytest.fixture
def network(generator) -> Network:
    return initial_network(UNITS, N_INPUTS, N_OUTPUTS, generator)


@pytest.fixture
def inputs(generator) -> torch.Tensor:
    return torch.randn(STEPS, TRIALS, N_INPUTS, dtype=torch.float64, generator=generator)


@pytest.fixture
def noise(generator) -> torch.Tensor:
    return torch.randn(STEPS, TRIALS, UNITS, dtype=torch.float64, generator=generator)


def plain_outputs(network: Network, inputs: torch.Tensor, noise: torch.Tensor, step: float) -> torch.Tensor:
    state = torch.zeros_like(noise[0])
    outputs = []
    for u, sigma in zip(inputs, noise, strict=True):
        derivative = -state + torch.tanh(state) @ network.recurrent.T + u @ network.input.T + sigma
        state = state + step * derivative
        outputs.append(torch.tanh(state) @ network.output.T)
    return torch.stack(outputs)


def differentiable(network: Network) -> Network:
    return Network(*(matrix.clone().requires_grad_() for matrix in network))


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_the_gradient_equals_finite_differences(network, inputs, noise, step, monkeypatch):
    monkeypatch.setattr(training, "BLOCK", 3)  # STEPS are two blocks and a part of one

    def outputs(*matrices):
        return network_outputs(Network(*matrices), inputs, noise.clone(), step=step)

    assert torch.autograd.gradcheck(outputs, tuple(differentiable(network)))


@pytest.mark.parametrize("step", [0.1, 0.5])
@pytest.mark.parametrize("steps", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_outputs_and_gradient_equal_autograd_over_a_plain_loop(network, steps, step, generator):
    inputs = torch.randn(steps, TRIALS, N_INPUTS, dtype=torch.float64, generator=generator)
    noise = torch.randn(steps, TRIALS, UNITS, dtype=torch.float64, generator=generator)
    weights = torch.randn(steps, TRIALS, N_OUTPUTS, dtype=torch.float64, generator=generator)
    fast, plain = differentiable(network), differentiable(network)
    expected = plain_outputs(plain, inputs, noise, step)
    outputs = network_outputs(fast, inputs, noise.clone(), step=step)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-13)
    (weights * outputs.square()).sum().backward()
    (weights * expected.square()).sum().backward()
    for matrix, reference in zip(fast, plain, strict=True):
        torch.testing.assert_close(matrix.grad, reference.grad, rtol=0, atol=1e-12)


def test_float32_gradient_over_a_whole_trial_is_that_of_float64(generator):
    network = initial_network(100, 5, 1, generator)
    trials = context_integration.trials(1, dt=1.0, generator=generator)
    inputs = trials.inputs.transpose(0, 1).contiguous()
    noise = 0.1 * torch.randn(*inputs.shape[:2], 100, dtype=torch.float64, generator=generator)
    gradients = []
    for dtype in (torch.float64, torch.float32):
        weights = differentiable(network.to(dtype))
        outputs = network_outputs(weights, inputs.to(dtype), noise.to(dtype, copy=True))
        (outputs - trials.targets.transpose(0, 1).to(dtype))[trials.scored_from :].square().mean().backward()
        gradients.append(torch.cat([cast(torch.Tensor, matrix.grad).double().flatten() for matrix in weights]))
    assert torch.linalg.norm(gradients[1] - gradients[0]) < 1e-3 * torch.linalg.norm(gradients[0])


def test_outputs_are_those_of_simulate(network, inputs, noise):
    states = simulate(network, inputs.transpose(0, 1), noise.transpose(0, 1), step=0.1)
    expected = (torch.tanh(states) @ network.output.T).transpose(0, 1)
    torch.testing.assert_close(network_outputs(network, inputs, noise.clone()), expected, rtol=0, atol=1e-13)


def test_noise_becomes_the_rates(network, inputs, noise):
    outputs = network_outputs(network, inputs, noise)
    torch.testing.assert_close(noise @ network.output.T, outputs)


def test_every_tensor_is_made_on_the_device_of_the_network(network, inputs, noise):
    # tensors on the device "meta" have a shape and no values; mixing them with tensors on the CPU raises
    weights = Network(*(matrix.requires_grad_() for matrix in network.to("meta")))
    outputs = network_outputs(weights, inputs.to("meta"), noise.to("meta"))
    gradients = torch.autograd.grad(outputs.sum(), list(weights))
    assert {tensor.device.type for tensor in (outputs, *gradients)} == {"meta"}
    assert [gradient.shape for gradient in gradients] == [matrix.shape for matrix in network]


@pytest.mark.parametrize(("inputs_shape", "noise_shape"), [((7, 4, 2), (7, 4, 6)), ((7, 4, 3), (7, 5, 6))])
def test_shapes_that_do_not_fit_raise(network, inputs_shape, noise_shape):
    with pytest.raises(ValueError, match="do not fit a network of 6 units and 3 inputs"):
        network_outputs(network, torch.zeros(inputs_shape).double(), torch.zeros(noise_shape).double())


def trained_on_sines(seed: int = 1, units: int = 30, **changes):
    generator = torch.Generator().manual_seed(seed)
    initial = initial_network(units, sine_generation.n_inputs, sine_generation.n_outputs, generator)
    phases = [{"iterations": 3, "dt": 10.0}, {"iterations": 2, "dt": 5.0}]
    return train(sine_generation, initial, **(SETTINGS | {"phases": phases, "generator": generator} | changes))


def test_history_has_one_row_an_iteration():
    history = trained_on_sines().history
    assert list(history.columns) == ["iteration", "dt", "learning_rate", "cost", "gradient_norm"]
    assert history["iteration"].tolist() == [1, 2, 3, 4, 5]
    assert history["dt"].tolist() == [10.0, 10.0, 10.0, 5.0, 5.0]
    assert history["learning_rate"].tolist() == pytest.approx(
        [5e-3 * (1 + math.cos(math.pi * done / 5)) / 2 for done in range(5)]
    )
    assert (history[["cost", "gradient_norm"]] > 0).all(axis=None)


def test_the_same_generator_gives_the_same_bits():
    first, second, other = trained_on_sines(), trained_on_sines(), trained_on_sines(seed=2)
    assert all(torch.equal(a, b) for a, b in zip(first.network, second.network, strict=True))
    assert first.history.equals(second.history)
    assert not first.history.equals(other.history)


def test_initial_network_is_untouched_and_the_trained_one_is_float64(generator):
    initial = initial_network(10, 1, 1, generator)
    before = [matrix.clone() for matrix in initial]
    trained = train(sine_generation, initial, phases=[{"iterations": 2, "dt": 5.0}], generator=generator, **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(initial, before, strict=True))
    for matrix, old in zip(trained.network, before, strict=True):
        assert matrix.dtype == torch.float64
        assert not matrix.requires_grad
        assert not torch.equal(matrix, old)


def test_the_first_cost_is_that_of_the_initial_network_on_its_scored_steps():
    generator = torch.Generator().manual_seed(3)
    initial = initial_network(20, 5, 1, generator)
    state = generator.get_state()
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": 5.0}], "noise_std": 0.0}
    cost = train(context_integration, initial, generator=generator, **settings).history["cost"][0]
    trials = context_integration.trials(1, dt=5.0, generator=generator.set_state(state))
    outputs = torch.tanh(simulate(initial, trials.inputs, step=0.5)) @ initial.output.T
    assert cost == pytest.approx((outputs - trials.targets)[:, 130:].square().mean().item(), rel=1e-5)


class NoInput:
    """A task of silence: the only thing that moves the network is its internal noise."""

    name, n_inputs, n_outputs, duration, conditions = "no_input", 1, 1, 400.0, ()

    @staticmethod
    def trials(repeats: int, *, dt: float, generator: torch.Generator) -> Trials:
        zeros = torch.zeros(100 * repeats, round(400 / dt), 1, dtype=torch.float64)
        return Trials(zeros, zeros, zeros, torch.full((100 * repeats,), -1), torch.zeros(100 * repeats, 0), 0)


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.5])
def test_internal_noise_moves_a_unit_as_much_at_any_dt(dt):
    # one unit without recurrence: x is an AR(1) process of variance step σ² / (2 − step), σ² = noise_std² / dt, whose
    # limit for small steps is noise_std² / (2 τ); with a readout of 1 the cost is the variance of the (small) rate
    unit = Network(*(value * torch.ones(1, 1, dtype=torch.float64) for value in (0.0, 0.0, 1.0)))
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": dt}], "noise_std": 0.1, "tau": 10.0}
    cost = train(cast(Task, NoInput), unit, generator=torch.Generator().manual_seed(1), **settings).history["cost"][0]
    settling = 1 - 10.0 / 400 / 2  # share of the stationary variance in the mean over a trial that starts at 0
    assert cost == pytest.approx(0.1**2 / (20 - dt) * settling, rel=0.05)


def test_the_gradient_is_clipped():
    # Adam divides the scale of the gradients out, so only a limit near its epsilon, 1e-8, shows in the steps
    free = trained_on_sines(gradient_norm_limit=math.inf)
    far = trained_on_sines(gradient_norm_limit=1e6)
    tight = trained_on_sines(gradient_norm_limit=1e-9)
    assert free.history.equals(far.history)
    assert tight.history["gradient_norm"].min() > 1e-3, "the norm before clipping is recorded"
    start = trained_on_sines(learning_rate=0.0).network
    moved = [torch.linalg.norm(result.network.recurrent - start.recurrent) for result in (tight, free)]
    assert moved[0] < 0.1 * moved[1]


@pytest.mark.parametrize("broken", ["cost", "gradient"])
def test_divergence_stops_training_with_one_line(broken, generator):
    initial = initial_network(10, 1, 1, generator)
    # in float32 the square of an output of 1e30 is infinite; that of 1e17 is finite, and the gradient's norm is not
    initial = initial._replace(output=initial.output * (1e30 if broken == "cost" else 1e17))
    settings = SETTINGS | {"phases": [{"iterations": 3, "dt": 5.0}]}
    with pytest.raises(TrainingError, match=r"diverged at iteration 1 of 3 \(dt = 5\.0 ms\)") as error:
        train(sine_generation, initial, generator=generator, **settings)
    assert ("cost inf" in str(error.value)) == (broken == "cost")
    assert "\n" not in str(error.value)


def test_divergence_by_too_high_a_learning_rate_stops_training():
    with pytest.raises(TrainingError, match=r"diverged at iteration 2 .* try a learning_rate below 1e\+30"):
        trained_on_sines(learning_rate=1e30)


def test_an_end_cost_above_the_ceiling_names_both_numbers():
    end = trained_on_sines().history["cost"][3:].mean()  # the fine phase, shorter than END_ITERATIONS
    assert END_ITERATIONS > 2
    with pytest.raises(TrainingError, match=f"ended at cost {end:.3g}, above cost_ceiling {0.99 * end:.3g}") as error:
        trained_on_sines(cost_ceiling=0.99 * end)
    assert "\n" not in str(error.value)
    trained_on_sines(cost_ceiling=1.01 * end)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([], "no phase with iterations"),
        ([{"iterations": 0, "dt": 1.0}], "no phase with iterations"),
        ([{"iterations": 1, "dt": 20.0}], "larger than tau"),
        ([{"iterations": 10**5, "dt": 1.0}, {"iterations": 1, "dt": 3.0}], "does not divide"),
    ],
)
def test_impossible_phases_raise_before_training(phases, message):
    with pytest.raises(ValueError, match=message):
        trained_on_sines(phases=phases)


def test_progress_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="opdims.training"):
        trained_on_sines(log_every=2)
    assert [record.getMessage().split(", cost")[0] for record in caplog.records] == [
        "sine_generation: iteration 2 of 5, dt 10 ms",
        "sine_generation: iteration 4 of 5, dt 5 ms",
        "sine_generation: iteration 5 of 5, dt 5 ms",
    ]


@pytest.mark.parametrize("task", [context_integration, sine_generation], ids=lambda task: task.name)
def test_short_training_lowers_the_cost(task, generator):
    initial = initial_network(50, task.n_inputs, task.n_outputs, generator)
    cost = train(task, initial, phases=[{"iterations": 60, "dt": 5.0}], generator=generator, **SETTINGS).history["cost"]
    assert cost[-10:].mean() < 0.6 * cost[:10].mean()
