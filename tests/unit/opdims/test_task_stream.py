"""The trials of a seed are what they were when tasks were written in torch: all results so far hang on them.

Written out here as they were, in torch.
"""

import math

import numpy as np
import pytest
import torch
from plain import generator

from opdims.catalogue import load_task
from opdims.seeding import TaskGenerator
from opdims.task import draw_trials


def integration_in_torch(repeats, dt, stream):
    start, steps = round(650 / dt), round(1400 / dt)
    levels = torch.tensor(tuple(0.3 * level for level in (-0.5, -0.12, -0.03, 0.03, 0.12, 0.5)), dtype=torch.float64)
    context = torch.arange(2).repeat_interleave(len(levels) * repeats)
    count = torch.arange(len(context))
    attended = levels.repeat_interleave(repeats).repeat(2)
    ignored = levels[torch.randint(len(levels), context.shape, generator=stream)]
    coherence = torch.empty(len(context), 2, dtype=torch.float64)
    coherence[count, context] = attended
    coherence[count, 1 - context] = ignored
    mean_inputs = torch.zeros(len(context), steps, 5, dtype=torch.float64)
    mean_inputs[:, start:, :2] = coherence[:, None, :]
    mean_inputs[count, :, 2 + context] = 1.0
    inputs = mean_inputs.clone()
    noise = torch.randn(len(context), steps - start, 2, dtype=torch.float64, generator=stream)
    inputs[:, start:, :2] += 1.0 / dt**0.5 * noise
    total = (dt / 50.0 * inputs[count, start:, context]).cumsum(-1)
    passed = (total.abs() >= 1.0).cummax(-1).values
    first = passed.int().argmax(-1, keepdim=True)
    targets = torch.zeros(len(context), steps, 1, dtype=torch.float64)
    targets[:, start:, 0] = torch.where(passed, total.gather(-1, first).sign(), total)
    condition = 4 * context + 2 * (coherence[:, 0] > 0) + (coherence[:, 1] > 0)
    function = torch.stack([context == 0, context == 1, attended < 0, attended > 0], dim=-1)
    return inputs, mean_inputs, targets, condition, function, torch.arange(steps) >= start


def sines_in_torch(repeats, dt, stream):
    steps = round(500 / dt)
    number = torch.arange(1, 52).repeat_interleave(repeats)
    frequency = torch.linspace(1.0, 6.0, 51, dtype=torch.float64)[number - 1]
    time = torch.arange(1, steps + 1, dtype=torch.float64) * dt / 1000
    inputs = (number / 51 + 0.25).double()[:, None, None].expand(-1, steps, 1).contiguous()  # of single precision
    targets = torch.sin(2 * torch.pi * frequency[:, None] * time)[:, :, None]
    condition = torch.where((number - 1) % 5 == 0, (number - 1) // 5, -1)
    bands = (range(1, 18), range(18, 35), range(35, 52))
    function = torch.stack([torch.isin(number, torch.tensor(numbers)) for numbers in bands], dim=-1)
    return inputs, inputs, targets, condition, function, torch.ones(steps)


OLD = {"context_integration": integration_in_torch, "sine_generation": sines_in_torch}


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize(("repeats", "dt"), [(1, 1.0), (5, 1.0), (2, 5.0), (2, 2.5)])
@pytest.mark.parametrize("seed", [0, 17])
def test_trials_are_those_that_torch_drew(name, repeats, dt, seed):
    stream, old = generator(seed), generator(seed)
    for _ in range(2):  # the second go on where the first leave the stream
        trials = draw_trials(load_task(name), repeats, dt=dt, rng=TaskGenerator(stream))
        inputs, mean_inputs, targets, condition, function, weights = (
            tensor.numpy() for tensor in OLD[name](repeats, dt, old)
        )
        np.testing.assert_array_equal(trials.inputs, inputs)
        np.testing.assert_array_equal(trials.mean_inputs, mean_inputs)
        np.testing.assert_array_equal(trials.condition, condition)
        np.testing.assert_array_equal(trials.function, function)
        np.testing.assert_array_equal(trials.weights, weights)
        # Sines and running sums are NumPy's now, and may differ in the last bits.
        np.testing.assert_allclose(trials.targets, targets, rtol=0, atol=2e-13)
        assert torch.equal(stream.get_state(), old.get_state())


def test_the_inputs_of_sines_are_of_single_precision():
    inputs = draw_trials(load_task("sine_generation"), 1, dt=5.0, rng=np.random.default_rng(0)).inputs
    assert (inputs == inputs.astype(np.float32)).all()
    assert any(inputs[number - 1, 0, 0] != number / 51 + 0.25 for number in range(1, 52))
    assert math.isclose(inputs[0, 0, 0], 1 / 51 + 0.25, abs_tol=1e-7)
