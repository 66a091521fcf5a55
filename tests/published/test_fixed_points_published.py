"""Fixed points of published networks: lines between attractors at both choices, one fixed point that a sine circles."""

import numpy as np
import pytest
import torch

from opdims.catalogue import load_task
from opdims.fixed_points import find_points_of_inputs, jacobian_eigenvalues, velocity
from opdims.sampling import sample_states
from opdims.seeding import make_generator
from opdims.storage import read_published

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def search(published):
    def of_task(name: str, labels: list[str]):
        task = load_task(name)
        _, network = read_published(published / task.published["file"], 1)
        samples = sample_states(
            network,
            task,
            repeats=2,
            interval=task.sampling["interval"],
            dt=1.0,
            tau=10.0,
            noise_std=0.1,
            generator=make_generator(1, name, 1, "sampling"),
            random_generator=make_generator(1, name, 1, "random_locations"),
        )
        conditions = np.array(task.conditions)[samples.condition]
        drives = [network.input @ torch.tensor(task.constant_inputs[label]).double() for label in labels]
        starts = [samples.state[np.isin(conditions, task.conditions_of_input(label))] for label in labels]
        assert all(map(len, starts))
        return network, drives, find_points_of_inputs(network.recurrent, drives, starts)

    return of_task


def test_each_context_has_a_line_of_slow_points_between_two_attractors(search):
    network, drives, contexts = search("context_integration", ["context_1", "context_2"])
    for drive, found in zip(drives, contexts, strict=True):
        assert velocity(network.recurrent, drive, found.fixed.state).norm(dim=-1).max() < 1e-10
        assert found.index_sum == 1
        output = (found.slow.state.tanh() @ network.output[0]).sort().values
        assert output[0] < -0.95
        assert output[-1] > 0.95
        values = jacobian_eigenvalues(network.recurrent, found.slow.state)
        slowest = values.real.abs().amin(-1)
        assert slowest.median() < 0.03, "time constants of the line are above 330 ms, thirty times that of a unit"
        ends = (found.fixed.state.tanh() @ network.output[0]).argsort()[[0, -1]]
        assert (jacobian_eigenvalues(network.recurrent, found.fixed.state[ends]).real < 0).all()


def test_sines_turn_around_one_fixed_point_with_two_unstable_directions(search):
    labels = ["frequency_1", "frequency_26", "frequency_51"]
    network, drives, frequencies = search("sine_generation", labels)
    rotations = []
    for drive, found in zip(drives, frequencies, strict=True):
        assert found.fixed.state.shape == (1, 100)
        assert velocity(network.recurrent, drive, found.fixed.state).norm() < 1e-10
        values = jacobian_eigenvalues(network.recurrent, found.fixed.state)[0]
        assert (values.real > 0).sum() == 2
        rotations.append(values[0].imag.item() / (2 * np.pi * 0.010))
    assert rotations == sorted(rotations)
    assert rotations[0] > 2
    assert rotations[-1] < 12
