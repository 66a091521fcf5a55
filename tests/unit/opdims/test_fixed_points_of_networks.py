"""Fixed points of networks of any nonlinearity: known by hand, kept by the simulation, the same in parts."""

import numpy as np
import pytest
import torch
from plain import ALL, FORMULAS, OWN, draw, random_network

from opdims import fixed_points
from opdims.fixed_points import find_points, find_points_of_inputs, index_of, jacobian, jacobian_eigenvalues, velocity
from opdims.network import simulate
from opdims.nonlinearity import NONLINEARITIES

RELU = NONLINEARITIES["relu"]
every_phi = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)


def matrix(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def states(points):
    return [[round(x, 9) + 0.0 for x in state] for state in points.state.tolist()]


@every_phi
@pytest.mark.parametrize("batch", [(), (3,)])
def test_velocity_and_jacobian_equal_a_formula_and_autograd(phi, batch):
    recurrent, drive, at = draw(*batch, 6, 6), draw(*batch, 6, seed=1), draw(*batch, 4, 6, seed=2)
    found, slopes = velocity(recurrent, drive, at, phi), jacobian(recurrent, at, phi)
    values = jacobian_eigenvalues(recurrent, at, phi)
    assert slopes.shape == (*batch, 4, 6, 6)
    for index in np.ndindex(*batch, 4):
        w, d, x = recurrent[index[:-1]], drive[index[:-1]], at[index]
        expected = -x + w @ torch.from_numpy(FORMULAS[phi.name](x.numpy())) + d
        torch.testing.assert_close(found[index], expected, rtol=0, atol=1e-13)
        own = torch.autograd.functional.jacobian(lambda x, w=w, d=d: -x + w @ phi.value(x) + d, x)
        torch.testing.assert_close(slopes[index], own, rtol=0, atol=1e-13)
        known = torch.linalg.eigvals(own)
        for value in values[index]:
            assert (known - value).abs().min() < 1e-10
        assert values[index].real.diff().max() <= 1e-12, "they fall"


@pytest.mark.parametrize(
    ("weights", "drive", "expected", "unstable"),
    [
        ([[0.5]], [1.0], [[2.0]], [0]),
        ([[0.5]], [-1.0], [[-1.0]], [0]),
        ([[2.0]], [-1.0], [[-1.0], [1.0]], [0, 1]),
        ([[2.0]], [1.0], [], []),  # it grows without end
        # two units that inhibit each other: either wins, and an unstable draw lies between
        ([[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0], [[-1.0, 1.0], [1 / 3, 1 / 3], [1.0, -1.0]], [0, 1, 0]),
        ([[0.0, 0.0], [3.0, 0.5]], [2.0, -1.0], [[2.0, 10.0]], [0]),
    ],
)
def test_the_fixed_points_of_relu_are_those_known_by_hand(weights, drive, expected, unstable):
    recurrent, drive = matrix(*weights), torch.tensor(drive, dtype=torch.float64)
    found = find_points(recurrent, drive, draw(100, len(drive), seed=3) * 2, nonlinearity=RELU)
    assert states(found.fixed) == [[round(x, 9) for x in state] for state in expected]
    assert found.index_sum is None, "of unbounded rates it says nothing"
    if expected:
        values = jacobian_eigenvalues(recurrent, found.fixed.state, RELU).real
        assert (values > 0).sum(-1).tolist() == unstable


@every_phi
def test_the_index_is_that_of_bounded_rates_alone(phi):
    recurrent, drive = draw(5, 5, seed=1) / 4, draw(5, seed=2)
    alone = find_points(recurrent, drive, draw(60, 5, seed=3) * 2, nonlinearity=phi)
    (found,) = find_points_of_inputs(recurrent, [drive], [draw(60, 5, seed=3) * 2], nonlinearity=phi)
    if phi.bounded:
        assert alone.index_sum == index_of(recurrent, alone.fixed.state, phi)
        assert found.index_sum == 1
    else:
        assert alone.index_sum is found.index_sum is None
    assert len(found.fixed.state) >= 1
    force = velocity(recurrent, drive, found.fixed.state, phi)
    assert force.norm(dim=-1).max() < 1e-11


def test_of_unbounded_rates_there_is_one_wider_search_from_where_the_network_gets():
    """From the unstable draw of two units alone, the winners are found on both sides of it."""
    recurrent, drive = matrix([0.0, -2.0], [-2.0, 0.0]), torch.ones(2, dtype=torch.float64)
    start = torch.full((1, 2), 1 / 3, dtype=torch.float64)
    assert states(find_points(recurrent, drive, start, nonlinearity=RELU).fixed) == [[round(1 / 3, 9)] * 2]
    (found,) = find_points_of_inputs(recurrent, [drive], [start], nonlinearity=RELU)
    assert states(found.fixed) == [[-1, 1], [round(1 / 3, 9)] * 2, [1, -1]]


@pytest.mark.filterwarnings("error")
def test_rates_that_grow_without_end_have_no_fixed_point_and_no_error():
    recurrent, drive = matrix([9.0, 1.0], [1.0, 9.0]), torch.ones(2, dtype=torch.float64)
    (found,) = find_points_of_inputs(recurrent, [drive], [draw(20, 2)], nonlinearity=RELU)
    assert len(found.fixed.state) == 0
    assert found.arrived == 0


@every_phi
@pytest.mark.parametrize("equation", ["current", "rate"])
def test_a_network_that_starts_at_a_fixed_point_stays_there(phi, equation):
    """Also with biases, and in either form; so its drive is B u + b."""
    network = random_network(5, 2, 1, bias=True, nonlinearity=phi, seed=30)
    network = network._replace(recurrent=network.recurrent / 2)
    u = draw(2, seed=9)
    drive = network.input @ u + network.bias
    found = find_points(network.recurrent, drive, draw(40, 5, seed=3), nonlinearity=phi).fixed.state
    assert len(found)
    without = find_points(network.recurrent, network.input @ u, draw(40, 5, seed=3), nonlinearity=phi).fixed.state
    assert torch.cdist(found, without).min() > 0.1, "the bias moves them"
    for state in found:
        start = {"initial_state": state} if equation == "current" else {"initial_rates": phi.value(state)}
        moved = simulate(network._replace(equation=equation, **start), u.expand(1, 3, 2), step=0.3)
        torch.testing.assert_close(moved[0], state.expand(3, -1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("phi", [NONLINEARITIES["tanh"], RELU, OWN], ids=lambda phi: phi.name)
@pytest.mark.parametrize("numbers", [1, 8**2 * 3, 8**2 * 7])
def test_parts_of_the_starts_give_the_same_points(phi, numbers, monkeypatch):
    recurrent, starts = draw(8, 8, seed=1) / 2, draw(25, 8, seed=3) * 2
    drives = [draw(8, seed=2), draw(8, seed=4)]

    def find():
        return find_points_of_inputs(recurrent, drives, [starts, starts[:4]], nonlinearity=phi)

    whole, eigenvalues = find(), jacobian_eigenvalues(recurrent, starts, phi)
    index = index_of(recurrent, starts, phi)
    monkeypatch.setattr(fixed_points, "NUMBERS_AT_ONCE", numbers)
    for a, b in zip(find(), whole, strict=True):
        torch.testing.assert_close(a.fixed.state, b.fixed.state, rtol=0, atol=1e-9)
        torch.testing.assert_close(a.slow.state, b.slow.state, rtol=0, atol=1e-6)
        assert a[2:] == b[2:]
    torch.testing.assert_close(jacobian_eigenvalues(recurrent, starts, phi), eigenvalues, rtol=0, atol=1e-12)
    assert index_of(recurrent, starts, phi) == index


def test_parts_hold_no_more_than_they_may(monkeypatch):
    """The Jacobians of three points, of 4 x 4 numbers each, are made at a time."""
    sizes = []
    own = fixed_points._jacobian

    def watched(recurrent, states, *rest):
        sizes.append(len(states))
        return own(recurrent, states, *rest)

    monkeypatch.setattr(fixed_points, "_jacobian", watched)
    monkeypatch.setattr(fixed_points, "NUMBERS_AT_ONCE", 3 * 16 + 5)
    recurrent, drive = draw(4, 4, seed=1), draw(4, seed=2)
    find_points(recurrent, drive, draw(20, 4, seed=3))
    jacobian_eigenvalues(recurrent, draw(20, 4, seed=3))
    assert max(sizes) == 3
