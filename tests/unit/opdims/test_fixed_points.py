"""Fixed and slow points against scipy, networks whose points are known, and what must not change them."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, root

from opdims.fixed_points import (
    Search,
    find_points,
    find_points_of_inputs,
    index_of,
    jacobian,
    jacobian_eigenvalues,
    merge,
    speed,
    velocity,
)


def draw(*shape, seed=0, scale=1.0):
    return scale * torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def random_network(units, seed, gain=1.8):
    return draw(units, units, seed=seed, scale=gain / units**0.5), draw(units, seed=seed + 1, scale=0.3)


def plain_force(recurrent, drive, state):
    return -state + recurrent @ state.tanh() + drive


def near_line_attractor(units=12):
    """Return m, n of W = m nᵀ for which κ = n·tanh(κ m) nearly holds for all |κ| ≤ 1: then all κ m are slow."""
    m = torch.linspace(0.3, 1.5, units, dtype=torch.float64)
    along = torch.linspace(-1, 1, 101, dtype=torch.float64)
    n = torch.linalg.lstsq((along[:, None] * m).tanh(), along[:, None], driver="gelsd").solution[:, 0]
    return m, n


def test_the_defaults_of_the_search_are_those_of_the_configuration():
    config = yaml.safe_load((Path(__file__).parents[3] / "config" / "config.yaml").read_text())
    assert Search()._asdict() == config["fixed_points"]


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_velocity_and_jacobian_equal_a_loop_and_autograd(batch):
    recurrent, drive, states = draw(*batch, 6, 6), draw(*batch, 6, seed=1), draw(*batch, 4, 6, seed=2)
    found, slopes = velocity(recurrent, drive, states), jacobian(recurrent, states)
    assert found.shape == states.shape
    assert slopes.shape == (*batch, 4, 6, 6)
    for index in np.ndindex(*batch, 4):
        w, d, x = recurrent[index[:-1]], drive[index[:-1]], states[index]
        torch.testing.assert_close(found[index], plain_force(w, d, x), rtol=0, atol=1e-14)
        expected = torch.autograd.functional.jacobian(lambda x, w=w, d=d: plain_force(w, d, x), x)
        torch.testing.assert_close(slopes[index], expected, rtol=0, atol=1e-14)
    torch.testing.assert_close(speed(found), 0.5 * found.norm(dim=-1) ** 2)


def test_eigenvalues_are_numpys_in_falling_order():
    recurrent, states = draw(8, 8, seed=3), draw(5, 8, seed=4)
    for values, x in zip(jacobian_eigenvalues(recurrent, states), states, strict=True):
        matrix = -np.eye(8) + recurrent.numpy() * (1 - np.tanh(x.numpy()) ** 2)
        expected = sorted(np.linalg.eigvals(matrix), key=lambda value: (-round(value.real, 9), -value.imag))
        np.testing.assert_allclose(values.numpy(), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_every_root_that_scipy_finds_is_found(seed):
    recurrent, drive = random_network(8, 10 * seed)
    starts = draw(60, 8, seed=seed + 5, scale=2.0)
    found = find_points(recurrent, drive, starts).fixed
    assert found.speed.max() <= 1e-24
    roots = []
    for start in starts:
        solution = root(lambda x: plain_force(recurrent, drive, torch.tensor(x)).numpy(), start.numpy(), method="lm")
        if np.abs(solution.fun).max() < 1e-9:
            roots.append(torch.tensor(solution.x))
    assert roots
    assert torch.cdist(torch.stack(roots), found.state).amin(-1).max() < 1e-5
    assert torch.cdist(found.state, torch.stack(roots)).amin(-1).max() < 1e-5


def test_two_uncoupled_bistable_units_have_nine_fixed_points():
    """x = 2 tanh x has the roots 0 (unstable) and ±1.915 (stable)."""
    recurrent, drive = 2 * torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    found = find_points(recurrent, drive, draw(200, 2, scale=2.0))
    one = brentq(lambda x: x - 2 * np.tanh(x), 1, 3, xtol=1e-14)
    expected = torch.tensor([[a, b] for a in (-one, 0, one) for b in (-one, 0, one)], dtype=torch.float64)
    torch.testing.assert_close(found.fixed.state, expected, rtol=0, atol=1e-10)
    unstable = (jacobian_eigenvalues(recurrent, found.fixed.state).real > 0).sum(-1)
    assert unstable.tolist() == [0, 1, 0, 1, 2, 1, 0, 1, 0]
    assert found.index_sum == index_of(recurrent, found.fixed.state) == 1
    assert found.arrived == 200


def test_slow_points_show_a_line_that_fixed_points_do_not():
    m, n = near_line_attractor()
    recurrent, drive = torch.outer(m, n), torch.zeros_like(m)
    along = torch.linspace(-0.9, 0.9, 37, dtype=torch.float64)
    starts = along[:, None] * m + draw(37, 12, scale=0.02)
    line, slow = m.norm(), find_points(recurrent, drive, starts, Search(slow_distance=0.05)).slow
    assert slow.speed.max() <= 1e-4
    place = slow.state @ m / line**2
    assert (slow.state - place[:, None] * m).norm(dim=-1).max() < 0.1
    gaps = place.sort().values.diff()
    assert place.min() < -0.85
    assert place.max() > 0.85
    assert gaps.max() < 0.15
    values = jacobian_eigenvalues(recurrent, slow.state).real
    assert values[:, 0].abs().max() < 0.05, "one mode is slow"
    assert values[:, 1:].max() < -0.99, "all others relax within τ"


def test_first_slow_points_stay_beside_their_starts():
    m, n = near_line_attractor()
    drive = torch.zeros_like(m)
    for start in (-0.8, 0.1, 0.7):
        state = start * m + draw(12, scale=0.1)
        slow = find_points(torch.outer(m, n), drive, state[None]).slow.state[0]
        assert (slow - start * m).norm() < 0.6


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_starts_does_not_matter(seed):
    recurrent, drive = random_network(10, seed)
    starts = draw(40, 10, seed=seed, scale=2.0)
    first = find_points(recurrent, drive, starts)
    second = find_points(recurrent, drive, starts[torch.randperm(40, generator=torch.Generator().manual_seed(seed))])
    for a, b in zip(first[:2], second[:2], strict=True):
        torch.testing.assert_close(a.state, b.state, rtol=0, atol=1e-9)
    assert first[2:] == second[2:]


def test_a_batch_of_starts_finds_what_each_start_finds():
    recurrent, drive = random_network(10, 7)
    starts = draw(25, 10, seed=8, scale=2.0)
    together = find_points(recurrent, drive, starts)
    each = [find_points(recurrent, drive, start[None]) for start in starts]
    alone = merge(torch.cat([found.fixed.state for found in each]), 1e-4)
    torch.testing.assert_close(together.fixed.state, alone, rtol=0, atol=1e-9)
    assert together.arrived == sum(found.arrived for found in each)


def test_without_recurrence_the_drive_is_the_only_fixed_point():
    drive = draw(5)
    found = find_points(torch.zeros(5, 5, dtype=torch.float64), drive, torch.cat([draw(9, 5), torch.zeros(1, 5)]))
    torch.testing.assert_close(found.fixed.state, drive[None], rtol=0, atol=1e-11)
    assert (found.arrived, found.index_sum) == (10, 1)
    assert (jacobian_eigenvalues(torch.zeros(5, 5, dtype=torch.float64), found.fixed.state) == -1).all()


def test_at_rest_without_drive_the_start_itself_is_the_fixed_point():
    recurrent, _ = random_network(6, 1)
    found = find_points(recurrent, torch.zeros(6, dtype=torch.float64), torch.zeros(1, 6, dtype=torch.float64))
    assert torch.equal(found.fixed.state, torch.zeros(1, 6, dtype=torch.float64))
    assert torch.equal(found.slow.state, found.fixed.state)


def test_a_minimum_of_q_that_is_no_fixed_point_is_slow_or_nothing():
    """Just past a saddle-node bifurcation, x = 1.5 tanh(x) + d: a ghost with small q where two fixed points were."""
    recurrent, start = torch.full((1, 1), 1.5, dtype=torch.float64), torch.full((1, 1), -0.7, dtype=torch.float64)
    states = torch.linspace(-2, 0, 20001, dtype=torch.float64)
    edge = (states - 1.5 * states.tanh()).max()  # the drive at the bifurcation
    for past, slow in ((0.005, 1), (0.05, 0)):
        found = find_points(recurrent, edge[None] + past, start)
        assert len(found.fixed.state) == 0
        assert len(found.slow.state) == slow
        assert (found.arrived, found.index_sum) == (0, 0)


def test_no_starts_find_nothing():
    recurrent, drive = random_network(4, 1)
    found = find_points(recurrent, drive, drive.new_empty(0, 4))
    assert found.fixed.state.shape == found.slow.state.shape == (0, 4)
    assert (found.arrived, found.index_sum) == (0, 0)


def test_starts_that_are_not_finite_raise():
    recurrent, drive = random_network(4, 1)
    with pytest.raises(ValueError, match="starts holds values that are not finite"):
        find_points(recurrent, drive, torch.full((1, 4), torch.nan, dtype=torch.float64))


def test_a_wrong_index_makes_the_search_wider():
    """From the saddle of two attractors alone: its index is −1, so that the attractors are sought and found."""
    recurrent, drive = torch.diag(torch.tensor([2.0, 0.5])).double(), torch.zeros(2, dtype=torch.float64)
    saddle = torch.zeros(1, 2, dtype=torch.float64)
    assert find_points(recurrent, drive, saddle).index_sum == -1
    (found,) = find_points_of_inputs(recurrent, [drive], [saddle])
    assert found.fixed.state[:, 0].tolist() == pytest.approx([-1.91500805, 0, 1.91500805])
    assert (found.index_sum, found.arrived) == (1, 1)


@pytest.mark.parametrize("starts", [0, 3])
def test_points_of_one_input_lead_to_those_of_the_next(starts):
    recurrent, drive = random_network(6, 2, gain=0.5)
    drives = [drive, 1.1 * drive]
    found = find_points_of_inputs(recurrent, drives, [draw(4, 6), draw(starts, 6)])
    for each, d in zip(found, drives, strict=True):
        assert each.fixed.state.shape == (1, 6)
        torch.testing.assert_close(plain_force(recurrent, d, each.fixed.state[0]), 0 * d, rtol=0, atol=1e-11)
    assert [each.arrived for each in found] == [4, starts]


def test_inputs_without_any_start_are_searched_from_nowhere():
    recurrent, drive = random_network(6, 2)
    (found,) = find_points_of_inputs(recurrent, [drive], [draw(0, 6)])
    assert len(found.fixed.state) == len(found.slow.state) == 0


@given(st.integers(0, 2**31), st.integers(0, 30), st.floats(0.01, 3))
def test_merged_states_are_apart_and_near_to_all(seed, count, distance):
    states = draw(count, 2, seed=seed)
    kept = merge(states, distance)
    assert torch.equal(kept, merge(states.flip(0), distance))
    assert torch.equal(kept, merge(torch.cat([states, kept]), distance))
    if count:
        apart = torch.cdist(kept, kept) + torch.diag(torch.full((len(kept),), torch.inf).double())
        assert apart.min() > distance * (1 - 1e-6)
        assert torch.cdist(states, kept).amin(-1).max() <= distance * (1 + 1e-6)
    else:
        assert kept.shape == (0, 2)


def test_the_last_bits_do_not_decide_what_is_kept():
    clusters = draw(7, 3, seed=4)
    states = clusters.repeat(3, 1) + draw(21, 3, seed=5, scale=1e-12)
    for seed in range(3):
        order = torch.randperm(21, generator=torch.Generator().manual_seed(seed))
        kept = merge(states[order], 1e-4)
        torch.testing.assert_close(kept, merge(clusters, 1e-4), rtol=0, atol=1e-11)
