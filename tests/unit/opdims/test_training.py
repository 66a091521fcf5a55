"""Training: the written-out gradient against plain autograd, and what `train` promises."""

import logging
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from opdims import training
from opdims.network import Network, initial_network, simulate
from opdims.tasks import context_integration, sine_generation
from opdims.tasks.base import Task, Trials
from opdims.training import (
    BLOCK,
    END_ITERATIONS,
    Adam,
    Checkpoint,
    TrainingError,
    draw_noise,
    network_outputs,
    train,
)

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"
UNITS, N_INPUTS, N_OUTPUTS, TRIALS, STEPS = 6, 3, 2, 4, 7
SETTINGS: dict[str, Any] = {
    "learning_rate": 5e-3,
    "last_learning_rate": 1e-3,
    "averaging": 3,
    "betas": (0.9, 0.99),
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "checkpoint_interval": 2,
    "cost_ceiling": math.inf,
    "dt": 1.0,
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


def plain_outputs(
    network: Network, inputs: torch.Tensor, noise: torch.Tensor, step: float, extrapolation: float = 0.0
) -> torch.Tensor:
    state = before = torch.zeros_like(noise[0])
    outputs = []
    for u, sigma in zip(inputs, noise, strict=True):
        flow = -state + torch.tanh(state) @ network.recurrent.T
        drive = u @ network.input.T + sigma
        state = state + step * ((1 + extrapolation) * flow - extrapolation * before + drive)
        before = flow
        outputs.append(torch.tanh(state) @ network.output.T)
    return torch.stack(outputs)


def differentiable(network: Network) -> Network:
    return Network(*(matrix.clone().requires_grad_() for matrix in network))


@pytest.mark.parametrize("extrapolation", [0.0, 0.4])
@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_the_gradient_equals_finite_differences(network, inputs, noise, step, extrapolation, monkeypatch):
    monkeypatch.setattr(training, "BLOCK", 3)  # STEPS are two blocks and a part of one

    def outputs(*matrices):
        return network_outputs(Network(*matrices), inputs, noise.clone(), step=step, extrapolation=extrapolation)

    assert torch.autograd.gradcheck(outputs, tuple(differentiable(network)))


@pytest.mark.parametrize(("step", "extrapolation"), [(0.1, 0.0), (0.5, 0.0), (0.5, 0.4), (0.25, 0.3)])
@pytest.mark.parametrize("steps", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_outputs_and_gradient_equal_autograd_over_a_plain_loop(network, steps, step, extrapolation, generator):
    inputs = torch.randn(steps, TRIALS, N_INPUTS, dtype=torch.float64, generator=generator)
    noise = torch.randn(steps, TRIALS, UNITS, dtype=torch.float64, generator=generator)
    weights = torch.randn(steps, TRIALS, N_OUTPUTS, dtype=torch.float64, generator=generator)
    fast, plain = differentiable(network), differentiable(network)
    expected = plain_outputs(plain, inputs, noise, step, extrapolation)
    outputs = network_outputs(fast, inputs, noise.clone(), step=step, extrapolation=extrapolation)
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


@pytest.mark.parametrize("ratio", [2, 5])
def test_an_extrapolated_step_equals_euler_steps_to_second_order(network, ratio):
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
def test_noise_is_gaussian_and_half_of_it_the_mirror_of_the_other_half(trials, generator):
    noise = torch.empty(300, trials, 50)
    draw_noise(noise, 0.1, generator)
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
        [1e-3 + 4e-3 * (1 + math.cos(math.pi * done / 5)) / 2 for done in range(5)]
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
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": 5.0}], "dt": 5.0, "noise_std": 0.0}
    cost = train(context_integration, initial, generator=generator, **settings).history["cost"][0]
    trials = context_integration.trials(1, dt=5.0, generator=generator.set_state(state))
    outputs = torch.tanh(simulate(initial, trials.inputs, step=0.5)) @ initial.output.T
    assert cost == pytest.approx((outputs - trials.targets)[:, 130:].square().mean().item(), rel=1e-5)


def test_trials_end_at_the_duration_of_their_phase():
    # the cost of a quiet network that does not learn is the mean over the steps up to there
    still = {"learning_rate": 0.0, "last_learning_rate": 0.0, "noise_std": 0.0, "dt": 5.0}
    phases = [{"iterations": 2, "dt": 5.0, "duration": 150.0}, {"iterations": 1, "dt": 5.0}]
    trained = trained_on_sines(phases=phases, **still)
    trials = sine_generation.trials(1, dt=5.0, generator=torch.Generator())
    outputs = torch.tanh(simulate(trained.network, trials.inputs, step=0.5)) @ trained.network.output.T
    errors = (outputs - trials.targets).square()
    early, whole = errors[:, :30].mean().item(), errors.mean().item()
    assert trained.history["cost"].tolist() == pytest.approx([early, early, whole], rel=1e-4)
    assert early != pytest.approx(whole, rel=0.1)


def test_the_end_cost_is_that_of_the_last_duration():
    phases = [{"iterations": 2, "dt": 5.0, "duration": 50.0}, {"iterations": 1, "dt": 5.0, "duration": 100.0}]
    cost = trained_on_sines(phases=phases).history["cost"]
    with pytest.raises(TrainingError, match=f"ended at cost {cost[2]:.3g}"):
        trained_on_sines(phases=phases, cost_ceiling=0.99 * cost[2])


class NoInput:
    """A task of silence: the only thing that moves the network is its internal noise."""

    name, n_inputs, n_outputs, duration, conditions = "no_input", 1, 1, 400.0, ()

    @staticmethod
    def trials(repeats: int, *, dt: float, generator: torch.Generator) -> Trials:
        zeros = torch.zeros(200 * repeats, round(400 / dt), 1, dtype=torch.float64)
        return Trials(zeros, zeros, zeros, torch.full((200 * repeats,), -1), torch.zeros(200 * repeats, 0), 0)


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.5])
def test_internal_noise_moves_a_unit_as_much_at_any_dt(dt):
    # one unit without recurrence: x is an AR(1) process of variance step σ² / (2 − step), σ² = noise_std² / dt, whose
    # limit for small steps is noise_std² / (2 τ); with a readout of 1 the cost is the variance of the (small) rate
    unit = Network(*(value * torch.ones(1, 1, dtype=torch.float64) for value in (0.0, 0.0, 1.0)))
    settings = SETTINGS | {"phases": [{"iterations": 1, "dt": dt}], "dt": dt, "noise_std": 0.1}
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
    start = trained_on_sines(learning_rate=0.0, last_learning_rate=0.0).network
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
        ([{"iterations": 10**5, "dt": 1.0}, {"iterations": 1, "dt": 5.0, "duration": 101.0}], "does not divide"),
        (
            [{"iterations": 1, "dt": 5.0, "duration": 505.0}],
            r"trials of 505\.0 ms; .* scored from 0\.0 .* last 500",
        ),
        ([{"iterations": 1, "dt": 5.0, "duration": 0.0}], r"trials of 0\.0 ms"),
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
    cost = train(task, initial, phases=[{"iterations": 120, "dt": 5.0}], generator=generator, **SETTINGS).history[
        "cost"
    ]
    assert cost[-10:].mean() < 0.6 * cost[:10].mean()


def test_the_optimiser_is_that_of_torch(generator):
    network = initial_network(10, 2, 1, generator)
    matrices = [matrix.clone().requires_grad_() for matrix in network]
    references = [matrix.clone().requires_grad_() for matrix in network]
    ours = Adam(matrices, (0.8, 0.95))
    theirs = torch.optim.Adam(references, lr=1e-2, betas=(0.8, 0.95))
    for iteration in range(1, 8):
        gradients = [torch.randn(matrix.shape, dtype=torch.float64, generator=generator) for matrix in network]
        for reference, gradient in zip(references, gradients, strict=True):
            reference.grad = gradient.clone()
        ours.step(gradients, 1e-2, iteration)
        theirs.step()
    for matrix, reference in zip(matrices, references, strict=True):
        torch.testing.assert_close(matrix, reference, rtol=1e-12, atol=1e-14)


def test_the_trained_network_is_the_running_mean_of_the_weights():
    def after(iterations, averaging):
        # a constant learning rate, so that the iterations of short schedules are those of long ones
        settings = {
            "averaging": averaging,
            "last_learning_rate": 5e-3,
            "phases": [{"iterations": iterations, "dt": 5.0}],
        }
        return trained_on_sines(**settings).network

    first, second, third = (after(iterations, 1) for iterations in (1, 2, 3))
    for mean, a, b, c in zip(after(3, 100), first, second, third, strict=True):
        torch.testing.assert_close(mean, (a + b + c) / 3, rtol=0, atol=1e-6)
    for mean, a, b, c in zip(after(3, 2), first, second, third, strict=True):
        torch.testing.assert_close(mean, (a + b) / 4 + c / 2, rtol=0, atol=1e-6)
    assert not torch.allclose(first.recurrent, third.recurrent, atol=1e-4)


class Interruption(Exception):
    """What stands for the end of the process."""


def checkpointed(path, identity="one", interrupt_at: int | None = None, **changes):
    """Train on sines with a checkpoint; interrupted before drawing the trials of an iteration, if it is given."""

    class Interrupted:
        name, duration = sine_generation.name, sine_generation.duration
        calls = 0

        @classmethod
        def trials(cls, repeats, *, dt, generator):
            cls.calls += generator is own  # not the trials that check dt
            if cls.calls == interrupt_at:
                raise Interruption
            return sine_generation.trials(repeats, dt=dt, generator=generator)

    own = torch.Generator().manual_seed(1)
    initial = initial_network(20, 1, 1, own)
    phases = [{"iterations": 6, "dt": 10.0}, {"iterations": 5, "dt": 5.0}]
    settings = SETTINGS | {"checkpoint_interval": 3, "phases": phases, "generator": own} | changes
    return train(cast(Task, Interrupted), initial, checkpoint=Checkpoint(path, identity), **settings)


def assert_same_bytes(one, other):
    for a, b in zip(one.network, other.network, strict=True):
        assert a.numpy().tobytes() == b.numpy().tobytes()
    assert one.history.to_csv() == other.history.to_csv()


@pytest.mark.parametrize("interruptions", [[1], [3], [4], [7], [11], [2, 1, 3], [5, 2, 5], [4] * 3])
def test_interrupted_training_goes_on_to_the_same_bytes(interruptions, tmp_path, caplog):
    undisturbed = checkpointed(tmp_path / "undisturbed")
    path = tmp_path / "network.checkpoint"
    for iteration in interruptions:  # counted from where training went on
        with pytest.raises(Interruption):
            checkpointed(path, interrupt_at=iteration)
    with caplog.at_level(logging.INFO, logger="opdims.training"):
        resumed = checkpointed(path)
    assert_same_bytes(resumed, undisturbed)
    done = 0
    for iteration in interruptions:
        done = (done + iteration - 1) // 3 * 3
    assert (f"going on after iteration {done} of 11" in caplog.text) == (done > 0)


def test_training_that_is_resumed_at_its_end_gives_the_same_bytes(tmp_path):
    first = checkpointed(tmp_path / "network.checkpoint")
    with pytest.raises(Interruption):
        checkpointed(tmp_path / "other", interrupt_at=1)
    assert_same_bytes(checkpointed(tmp_path / "network.checkpoint", interrupt_at=1), first)


def test_training_does_not_depend_on_checkpoints(tmp_path):
    first = checkpointed(tmp_path / "one", checkpoint_interval=1)
    assert_same_bytes(checkpointed(tmp_path / "other", checkpoint_interval=100), first)


@pytest.mark.parametrize("damage", ["identity", "truncated", "empty", "foreign", "table"])
def test_a_checkpoint_of_something_else_is_ignored(damage, tmp_path, caplog):
    undisturbed = checkpointed(tmp_path / "undisturbed")
    path = tmp_path / "network.checkpoint"
    with pytest.raises(Interruption):
        checkpointed(path, identity="other" if damage == "identity" else "one", interrupt_at=5)
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "foreign":
        path.write_text("iteration,dt\n1,5.0\n")
    elif damage == "table":
        torch.save([1, 2, 3], path)
    resumed = checkpointed(path)
    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(messages) == 1
    assert messages[0].startswith(f"{path}: ignored, ")
    assert_same_bytes(resumed, undisturbed)


def test_a_checkpoint_is_whole(tmp_path):
    checkpoint = Checkpoint(tmp_path / "network.checkpoint", "one")
    assert checkpoint.read() is None
    checkpoint.write({"history": [1, 2]})
    assert checkpoint.read() == {"history": [1, 2], "identity": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["network.checkpoint"]


SCRIPT = """
import os, sys
import torch
torch.set_num_threads(1)
import train_network
from opdims.training import Checkpoint

folder, checkpoint = sys.argv[1:]
write = Checkpoint.write
def announced(self, content):
    write(self, content)
    print(len(content["history"]), flush=True)
Checkpoint.write = announced
training = {
    "learning_rate": 5e-3, "last_learning_rate": 1e-3, "averaging": 20, "betas": [0.9, 0.99],
    "gradient_norm_limit": 1.0, "repeats": 1, "cost_ceiling": 100.0,
    "checkpoint_interval": 10,
    "phases": [{"iterations": 120, "dt": 10.0}, {"iterations": 80, "dt": 5.0}],
}
train_network.main(
    folder + "/network.h5", folder + "/history.csv", checkpoint, "sine_generation", 1, "digest", "cpu", 1,
    {"units": 12, "gain": 1.0, "tau": 10.0, "dt": 1.0, "noise_std": 0.1}, training,
)
"""


@pytest.mark.slow
def test_the_script_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path):
    moments = random.Random(3)
    checkpoint = tmp_path / "network.checkpoint"

    def start(folder):
        folder.mkdir(exist_ok=True)
        environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"}
        arguments = [sys.executable, "-c", SCRIPT, str(folder), str(checkpoint)]
        return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)

    undisturbed = start(tmp_path / "undisturbed")
    assert undisturbed.communicate()[0].split() == [str(done) for done in range(10, 201, 10)]
    assert undisturbed.returncode == 0
    again = start(tmp_path / "again")  # as for one whose outputs were removed since others of its group failed
    assert again.communicate()[0] == ""
    checkpoint.unlink()

    reached = 0
    for _ in range(3):
        killed = start(tmp_path / "killed")
        for _ in range(moments.randint(1, 4)):
            reached = int(killed.stdout.readline())
        time.sleep(moments.uniform(0, 0.05))  # in an iteration, or while a checkpoint is written
        killed.kill()
        killed.wait()
        assert checkpoint.exists()
        assert not (tmp_path / "killed" / "network.h5").exists()
    last = start(tmp_path / "killed")
    assert int(last.communicate()[0].split()[0]) > reached, "it went on, not from the start"
    assert last.returncode == 0
    for name in ("network.h5", "history.csv"):
        for folder in ("killed", "again"):
            assert (tmp_path / folder / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
