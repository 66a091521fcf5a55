"""What `train` promises: its history, its bits, its clipping and ceilings, and the errors before hours of work."""

import logging
import math
from typing import Any

import numpy as np
import pytest
import torch
from plain import generator

from opdims.catalogue import load_task
from opdims.losses import mean_loss
from opdims.network import Network, initial_network, outputs_of, simulate
from opdims.seeding import TaskGenerator
from opdims.task import Trials, draw_trials, task_from
from opdims.training.loop import COLUMNS, TEST_BATCHES, TrainingError, draw_noise, train

SINES, INTEGRATION = load_task("sine_generation"), load_task("context_integration")
SETTINGS: dict[str, Any] = {
    "learning_rate": 5e-3,
    "last_learning_rate": 1e-3,
    "averaging": 3,
    "betas": (0.9, 0.99),
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "checkpoint_interval": 2,
    "dt": 1.0,
    "tau": 10.0,
    "noise_std": 0.1,
}


def trained_on_sines(seed: int = 1, units: int = 30, **changes):
    stream = generator(seed)
    initial = initial_network(units, SINES.n_inputs, SINES.n_outputs, stream)
    phases = [{"iterations": 3, "dt": 10.0}, {"iterations": 2, "dt": 5.0}]
    streams = {"generator": stream, "test_generator": generator(99)}
    return train(SINES, initial, **(SETTINGS | streams | {"phases": phases} | changes))


def same(first: Network, second: Network) -> bool:
    pairs = zip(first.tensors().values(), second.tensors().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_history_has_one_row_an_iteration():
    history = trained_on_sines().history
    assert tuple(history) == COLUMNS == ("iteration", "dt", "learning_rate", "cost", "gradient_norm")
    assert history["iteration"] == [1, 2, 3, 4, 5]
    assert history["dt"] == [10.0, 10.0, 10.0, 5.0, 5.0]
    assert history["learning_rate"] == pytest.approx(
        [1e-3 + 4e-3 * (1 + math.cos(math.pi * done / 5)) / 2 for done in range(5)]
    )
    assert len(history["cost"]) == len(history["gradient_norm"]) == 5
    assert min(history["cost"] + history["gradient_norm"]) > 0


def test_a_phase_without_dt_has_that_of_the_network():
    phases = [{"iterations": 1, "dt": None}, {"iterations": 1, "dt": 10.0}, {"iterations": 1, "dt": None}]
    assert trained_on_sines(phases=phases, dt=5.0).history["dt"] == [5.0, 10.0, 5.0]
    same_dt = [{"iterations": 3, "dt": 5.0}]
    first, second = (trained_on_sines(phases=each, dt=5.0) for each in (same_dt, [{"iterations": 3, "dt": None}]))
    assert same(first.network, second.network)


def test_the_same_generator_gives_the_same_bits():
    first, second, other = trained_on_sines(), trained_on_sines(), trained_on_sines(seed=2)
    assert same(first.network, second.network)
    assert first.history == second.history
    assert first.history != other.history


def test_initial_network_is_untouched_and_the_trained_one_is_float64():
    stream = generator(7)
    initial = initial_network(10, 1, 1, stream)
    before = initial.map(torch.clone)
    trained = train(
        SINES,
        initial,
        phases=[{"iterations": 2, "dt": 5.0}],
        generator=stream,
        test_generator=generator(99),
        **SETTINGS,
    )
    assert same(initial, before)
    for matrix, old in zip(trained.network.tensors().values(), before.tensors().values(), strict=True):
        assert matrix.dtype == torch.float64
        assert not matrix.requires_grad
        assert not torch.equal(matrix, old)


def test_the_first_cost_is_that_of_the_initial_network_on_its_scored_steps():
    stream = generator(3)
    initial = initial_network(20, 5, 1, stream)
    state = stream.get_state()
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": 5.0}], "dt": 5.0, "noise_std": 0.0}
    (cost,) = train(INTEGRATION, initial, generator=stream, test_generator=generator(99), **settings).history["cost"]
    trials = draw_trials(INTEGRATION, 1, dt=5.0, rng=TaskGenerator(stream.set_state(state)))
    outputs = outputs_of(initial, simulate(initial, torch.from_numpy(trials.inputs), step=0.5).tanh())
    errors = (outputs - torch.from_numpy(trials.targets)).square()
    assert cost == pytest.approx(errors[:, 130:].mean().item(), rel=1e-5)


def test_trials_end_at_the_duration_of_their_phase():
    # the cost of a quiet network that does not learn is the mean over the steps up to there
    still = {"learning_rate": 0.0, "last_learning_rate": 0.0, "noise_std": 0.0, "dt": 5.0}
    phases = [{"iterations": 2, "dt": 5.0, "duration": 150.0}, {"iterations": 1, "dt": 5.0}]
    trained = trained_on_sines(phases=phases, **still)
    trials = draw_trials(SINES, 1, dt=5.0, rng=np.random.default_rng(0))
    states = simulate(trained.network, torch.from_numpy(trials.inputs), step=0.5)
    errors = (outputs_of(trained.network, states.tanh()) - torch.from_numpy(trials.targets)).square()
    early, whole = errors[:, :30].mean().item(), errors.mean().item()
    assert trained.history["cost"] == pytest.approx([early, early, whole], rel=1e-4)
    assert early != pytest.approx(whole, rel=0.1)


def test_the_weights_of_the_steps_are_those_of_the_cost():
    """Of a quiet network that does not learn, against the loss of its outputs at the steps by themselves."""

    def trials(repeats, *, dt, rng):
        inputs = rng.standard_normal((6, 8, 1))
        return Trials(inputs, targets=np.cumsum(inputs, axis=1), weights=[0, 0, 1, 0, 2, 3, 0, 0])

    task = task_from({"name": "sum", "n_inputs": 1, "n_outputs": 1, "duration": 40.0, "trials": trials}, "test")
    initial, settings = initial_network(5, 1, 1, generator(1)), {"noise_std": 0.0, "dt": 5.0}
    phases = [{"iterations": 1, "dt": 5.0}]
    streams = {"generator": generator(2), "test_generator": generator(99)}
    trained = train(task, initial, **SETTINGS | settings | streams | {"phases": phases})
    found = trained.history
    drawn = draw_trials(task, 1, dt=5.0, rng=TaskGenerator(generator(2)))
    outputs = outputs_of(initial, simulate(initial, torch.from_numpy(drawn.inputs), step=0.5).tanh())
    errors = (outputs - torch.from_numpy(drawn.targets)).square().mean((0, 2))
    assert found["cost"] == pytest.approx([((errors[2] + 2 * errors[4] + 3 * errors[5]) / 6).item()], rel=1e-5)
    assert found["cost"][0] == pytest.approx(
        mean_loss(
            "squared_error",
            outputs.transpose(0, 1),
            torch.from_numpy(drawn.targets).transpose(0, 1),
            torch.from_numpy(drawn.weights),
        ).item(),
        rel=1e-5,
    )


def silence(repeats: int, *, dt: float, rng: np.random.Generator) -> Trials:
    zeros = np.zeros((200 * repeats, round(400 / dt), 1))
    return Trials(zeros, targets=zeros)


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.5])
def test_internal_noise_moves_a_unit_as_much_at_any_dt(dt):
    # one unit without recurrence: x is an AR(1) process of variance step σ² / (2 − step), σ² = noise_std² / dt, whose
    # limit for small steps is noise_std² / (2 τ); with a readout of 1 the cost is the variance of the (small) rate
    task = task_from({"name": "silence", "n_inputs": 1, "n_outputs": 1, "duration": 400.0, "trials": silence}, "test")
    unit = Network(*(value * torch.ones(1, 1, dtype=torch.float64) for value in (0.0, 0.0, 1.0)))
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": dt}], "dt": dt, "noise_std": 0.1}
    (cost,) = train(task, unit, generator=generator(1), test_generator=generator(99), **settings).history["cost"]
    settling = 1 - 10.0 / 400 / 2  # share of the stationary variance in the mean over a trial that starts at 0
    assert cost == pytest.approx(0.1**2 / (20 - dt) * settling, rel=0.05)


def test_the_gradient_is_clipped():
    # Adam divides the scale of the gradients out, so only a limit near its epsilon, 1e-8, shows in the steps
    free = trained_on_sines(gradient_norm_limit=math.inf)
    far = trained_on_sines(gradient_norm_limit=1e6)
    tight = trained_on_sines(gradient_norm_limit=1e-9)
    assert free.history == far.history
    assert min(tight.history["gradient_norm"]) > 1e-3, "the norm before clipping is recorded"
    start = trained_on_sines(learning_rate=0.0, last_learning_rate=0.0).network
    moved = [torch.linalg.norm(result.network.recurrent - start.recurrent) for result in (tight, free)]
    assert moved[0] < 0.1 * moved[1]


@pytest.mark.parametrize("broken", ["cost", "gradient"])
def test_divergence_stops_training_with_one_line(broken):
    stream = generator(7)
    initial = initial_network(10, 1, 1, stream)
    # in float32 the square of an output of 1e30 is infinite; that of 1e17 is finite, and the gradient's norm is not
    initial = initial._replace(output=initial.output * (1e30 if broken == "cost" else 1e17))
    settings = SETTINGS | {"phases": [{"iterations": 3, "dt": 5.0}]}
    with pytest.raises(TrainingError, match=r"diverged at iteration 1 of 3 \(dt = 5\.0 ms\)") as error:
        train(SINES, initial, generator=stream, test_generator=generator(99), **settings)
    assert ("cost inf" in str(error.value)) == (broken == "cost")
    assert error.value.trained.history["iteration"] == [1]
    assert error.value.trained.cost == math.inf
    assert "\n" not in str(error.value)


def test_divergence_by_too_high_a_learning_rate_stops_training():
    with pytest.raises(TrainingError, match=r"diverged at iteration 2 .* try a learning_rate below 1e\+30") as error:
        trained_on_sines(learning_rate=1e30)
    history = error.value.trained.history
    assert history["iteration"] == [1, 2]
    assert math.isfinite(history["cost"][0])
    assert not math.isfinite(history["cost"][1] * history["gradient_norm"][1])


def cost_of_batches(task, network, stream, repeats, dt, noise_std):
    """The mean cost over batches that are drawn as the trained network's, by the plain equation in float64."""
    costs = []
    for _ in range(TEST_BATCHES):
        trials = draw_trials(task, repeats, dt=dt, rng=TaskGenerator(stream))
        steps, count = trials.inputs.shape[1], len(trials.inputs)
        noise = torch.empty(steps, count, len(network.recurrent))
        draw_noise(noise, noise_std / dt**0.5, stream)
        states = simulate(network, torch.from_numpy(trials.inputs), noise.double().transpose(0, 1), step=dt / 10)
        errors = (outputs_of(network, states.tanh()) - torch.from_numpy(trials.targets)).square().mean((0, 2))
        costs.append((errors @ torch.from_numpy(trials.weights) / trials.weights.sum()).item())
    return sum(costs) / len(costs)


@pytest.mark.parametrize("task", [INTEGRATION, SINES], ids=lambda task: task.name)
def test_the_cost_is_that_of_the_returned_network_on_whole_trials_of_another_stream(task):
    initial = initial_network(15, task.n_inputs, task.n_outputs, generator(1))
    phases = [{"iterations": 3, "dt": 10.0, "duration": task.duration / 2 + 50}]  # neither their dt nor their duration
    settings = SETTINGS | {"learning_rate": 0.05, "averaging": 100, "dt": 5.0, "phases": phases, "repeats": 2}
    trained = train(task, initial, generator=generator(2), test_generator=generator(99), **settings)
    expected = cost_of_batches(task, trained.network, generator(99), 2, 5.0, 0.1)
    assert trained.cost == pytest.approx(expected, rel=1e-4)
    assert cost_of_batches(task, initial, generator(99), 2, 5.0, 0.1) != pytest.approx(expected, rel=1e-2)


def test_the_test_changes_nothing_of_the_training():
    first, second = trained_on_sines(), trained_on_sines(test_generator=generator(98))
    assert same(first.network, second.network)
    assert first.history == second.history
    assert first.cost != second.cost
    assert first.cost == trained_on_sines().cost


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([], "no phase with iterations"),
        ([{"iterations": 0, "dt": 1.0}], "no phase with iterations"),
        ([{"iterations": 1, "dt": 20.0}], "larger than tau"),
        ([{"iterations": 10**5, "dt": 1.0}, {"iterations": 1, "dt": 3.0}], "does not divide"),
        ([{"iterations": 10**5, "dt": 1.0}, {"iterations": 1, "dt": 5.0, "duration": 101.0}], "does not divide"),
        (
            [{"iterations": 1, "dt": 5.0, "duration": 505.0}],
            r"trials of 505\.0 ms; .* scored from 0\.0 .* last 500",
        ),
        ([{"iterations": 1, "dt": 5.0, "duration": 0.0}], r"trials of 0\.0 ms|dt = 5\.0 ms does not divide 0\.0 ms"),
    ],
)
def test_impossible_phases_raise_before_training(phases, message):
    with pytest.raises(ValueError, match=message):
        trained_on_sines(phases=phases)


def test_trials_that_end_before_they_are_scored_raise_before_training():
    phases = [{"iterations": 1, "dt": 5.0, "duration": 650.0}]
    initial = initial_network(5, 5, 1, generator(1))
    with pytest.raises(ValueError, match=r"trials of 650\.0 ms; .* scored from 650\.0 ms on and last 1400\.0 ms"):
        train(INTEGRATION, initial, phases=phases, generator=generator(1), test_generator=generator(99), **SETTINGS)


def test_progress_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="opdims.training"):
        trained_on_sines(log_every=2)
    assert [record.getMessage().split(", cost")[0] for record in caplog.records] == [
        "sine_generation: iteration 2 of 5, dt 10 ms",
        "sine_generation: iteration 4 of 5, dt 5 ms",
        "sine_generation: iteration 5 of 5, dt 5 ms",
        "sine_generation: trained",
    ]


@pytest.mark.parametrize("task", [INTEGRATION, SINES], ids=lambda task: task.name)
def test_short_training_lowers_the_cost(task):
    stream = generator(7)
    initial = initial_network(50, task.n_inputs, task.n_outputs, stream)
    phases = [{"iterations": 120, "dt": 5.0}]
    cost = train(task, initial, phases=phases, generator=stream, test_generator=generator(99), **SETTINGS).history[
        "cost"
    ]
    assert sum(cost[-10:]) < 0.6 * sum(cost[:10])


def test_the_trained_network_is_the_running_mean_of_the_weights():
    def after(iterations, averaging):
        # a constant learning rate, so that the iterations of short schedules are those of long ones
        settings = {
            "averaging": averaging,
            "last_learning_rate": 5e-3,
            "phases": [{"iterations": iterations, "dt": 5.0}],
        }
        return trained_on_sines(**settings).network.tensors()

    first, second, third = (after(iterations, 1) for iterations in (1, 2, 3))
    long, short = after(3, 100), after(3, 2)
    for name in ("recurrent", "input", "output"):
        a, b, c = first[name], second[name], third[name]
        torch.testing.assert_close(long[name], (a + b + c) / 3, rtol=0, atol=1e-6)
        torch.testing.assert_close(short[name], (a + b) / 4 + c / 2, rtol=0, atol=1e-6)
    assert not torch.allclose(first["recurrent"], third["recurrent"], atol=1e-4)
