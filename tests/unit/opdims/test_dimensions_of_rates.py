"""Row dimensions of rates that are not those of tanh: of one sign, with many exact zeros, or any.

In every case against numerical optimisation, against plain eigendecompositions, and order by order.
"""

import numpy as np
import pytest
import torch
from dimension_checks import (
    STEP,
    UNITS,
    assert_each_order_exact,
    assert_exact,
    assert_same_impacts,
    gaussian,
    network,
    rotation,
)
from plain import ALL, FORMULAS

from opdims.dimensions import local_row_dimensions, local_row_dimensions_plainly
from opdims.nonlinearity import NONLINEARITIES, TANH

RELU, SIGMOID = NONLINEARITIES["relu"], NONLINEARITIES["sigmoid"]
every_phi = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)
of_one_sign = pytest.mark.parametrize("phi", [RELU, SIGMOID], ids=lambda phi: phi.name)


def rates_of(phi, states):
    return torch.from_numpy(FORMULAS[phi.name](states.numpy()))


def deficient(units, rank, seed=0):
    return gaussian(units, rank, seed=seed) @ gaussian(rank, units, seed=seed + 1) / units**0.5


@every_phi
@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_rows_equal_plain_eigendecompositions(phi, batch):
    recurrent, states = network(*batch, units=16), gaussian(*batch, 4, 16, seed=9)
    found = assert_exact(recurrent, states, nonlinearity=phi)
    assert found.direction.shape[:-2] == (*batch, 4)


@every_phi
def test_row_impact_is_the_change_of_an_euler_step(phi):
    recurrent, states = network(), gaussian(2, UNITS, seed=9)
    direction, impact = local_row_dimensions(recurrent, states, step=0.2, nonlinearity=phi)
    for location, rates in enumerate(rates_of(phi, states)):
        for b, change in zip(direction[location], impact[location], strict=True):
            reduced = recurrent - recurrent @ torch.outer(b, b)
            if change.isfinite():
                assert_same_impacts(0.2 * ((recurrent - reduced) @ rates).norm(), change)


@of_one_sign
@pytest.mark.parametrize(("units", "rank"), [(2, 2), (7, 7), (16, 16), (12, 4), (7, 1)])
def test_row_impact_is_never_below_a_numerical_optimum(phi, units, rank, best_of_optimisations):
    rng = np.random.default_rng(units)
    recurrent = network(units=units) if rank == units else deficient(units, rank)
    states = gaussian(4, units, seed=9) - 0.5  # about two in three rates of relu are zero
    direction, impact = local_row_dimensions(recurrent, states, nonlinearity=phi)
    for location, rates in enumerate(rates_of(phi, states)):
        count = int(impact[location].isfinite().sum())
        if not count:
            assert (recurrent * rates).abs().max() == 0
            continue
        order = int(rng.integers(count))
        earlier = direction[location, :order].numpy()
        optimum = STEP * best_of_optimisations(recurrent.numpy(), rates.numpy(), earlier, rng, starts=4)
        assert impact[location, order] >= (1 - 1e-9) * optimum - 1e-15
        if units > 2 and order < 4:  # where the optimiser is good, it reaches the same
            assert impact[location, order] <= (1 + 1e-6) * optimum


@of_one_sign
@pytest.mark.parametrize("units", [1, 2, 3, 9])
@pytest.mark.parametrize("shift", [-1.5, 0.0, 1.5])
def test_every_order_is_exact_with_many_zeros(phi, units, shift):
    states = gaussian(6, units, seed=units) + shift
    assert_each_order_exact(network(units=units), states, phi)


@of_one_sign
@pytest.mark.parametrize("active", [1, 2, 5])
def test_every_order_is_exact_where_few_units_are_active(phi, active):
    """Of relu all other rates are exactly zero; of sigmoid they are 1e-22 and less."""
    states = torch.full((5, 10), -50.0, dtype=torch.float64)
    states[:, :active] = gaussian(5, active, seed=3).abs()
    for recurrent in (network(units=10), torch.diag(torch.arange(10.0, 0, -1)).double(), torch.eye(10).double()):
        assert_each_order_exact(recurrent, states, phi)


@of_one_sign
@pytest.mark.parametrize("rank", [0, 1, 2, 5])
def test_every_order_is_exact_where_the_weights_are_of_low_rank(phi, rank):
    recurrent = deficient(10, rank)
    found = assert_each_order_exact(recurrent, gaussian(6, 10, seed=9), phi)
    assert found.impact.isfinite().sum(-1).max() <= rank + 1  # W b ≠ 0, and once a part of r alone


@of_one_sign
@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("solve", [local_row_dimensions, local_row_dimensions_plainly])
def test_rounding_errors_are_no_dimensions(phi, rank, solve):
    """Not even without a threshold: where W b vanishes but for rounding errors, a location ends."""
    impact = solve(deficient(10, rank), gaussian(20, 10, seed=9), threshold=0.0, nonlinearity=phi).impact
    assert impact.isfinite().sum(-1).max() <= rank + 1
    assert impact[impact.isfinite()].min() > 1e-12


@of_one_sign
@pytest.mark.parametrize("turned", [False, True])
def test_every_order_is_exact_with_repeated_singular_values(phi, turned):
    recurrent = torch.diag(torch.tensor([3, 3, 3, 1, 1, 0, 0, 0], dtype=torch.float64))
    if turned:
        recurrent = rotation(8, seed=1) @ recurrent @ rotation(8, seed=2)
    assert_each_order_exact(recurrent, gaussian(6, 8, seed=9), phi)


@of_one_sign
@pytest.mark.parametrize("top", [0.0, 1e-15, 1e-9, 1e-3])
def test_the_hard_case_is_exact_with_relu(phi, top):
    """Rates without a component along the leading singular vector."""
    recurrent = torch.diag(torch.tensor([10, 1, 0.9, 0.8, 0.7, 0.6], dtype=torch.float64))
    states = gaussian(4, 6, seed=9).abs()
    states[:, 0] = top if phi is RELU else np.log(max(top, 1e-300))
    assert_each_order_exact(recurrent, states, phi)


@pytest.mark.parametrize("solve", [local_row_dimensions, local_row_dimensions_plainly])
@every_phi
def test_no_weights_have_no_dimension(solve, phi):
    for units in (1, 2, 7):
        found = solve(torch.zeros(units, units), gaussian(3, units), nonlinearity=phi)
        assert found.direction.shape == (3, 0, units)
        assert found.impact.shape == (3, 0)


@pytest.mark.parametrize("solve", [local_row_dimensions, local_row_dimensions_plainly])
def test_no_rates_have_no_dimension(solve):
    silent = -gaussian(3, UNITS).abs()
    assert solve(network(), silent, nonlinearity=RELU).direction.shape == (3, 0, UNITS)
    silent[1, 4] = 0.7  # one unit of one location is active
    found = solve(network(), silent, nonlinearity=RELU)
    assert found.impact[[0, 2]].isnan().all()
    assert found.impact[1, 0] > 0
    assert (found.direction[[0, 2]] == 0).all()


@every_phi
@pytest.mark.parametrize("weight", [-2.0, 0.5])
def test_one_unit_has_one_dimension(phi, weight):
    states = torch.tensor([[0.3], [-0.4], [2.0]]).double()
    found = assert_exact(torch.tensor([[weight]]).double(), states, nonlinearity=phi)
    rates = rates_of(phi, states)
    torch.testing.assert_close(found.impact.nan_to_num(), STEP * abs(weight) * rates.abs())
    assert torch.equal(found.impact.isnan(), rates == 0)


def test_a_nonlinearity_is_not_ignored():
    recurrent, states = network(), gaussian(3, UNITS, seed=9)
    impacts = [local_row_dimensions(recurrent, states, nonlinearity=phi).impact[:, 0] for phi in ALL]
    for one, phi in enumerate(ALL):
        for other in range(one):
            assert (impacts[one] - impacts[other]).abs().min() > 1e-4, f"{phi.name}, {ALL[other].name}"
    assert torch.equal(local_row_dimensions(recurrent, states).impact[:, 0], impacts[ALL.index(TANH)])
