"""Nonlinearities against their formulas and against autograd, in torch and in NumPy."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from plain import ALL, FORMULAS, OWN, draw
from torch.autograd import forward_ad

from opdims import names
from opdims.losses import LOSSES
from opdims.nonlinearity import NONLINEARITIES, TANH

GRID = torch.linspace(-30, 30, 2000, dtype=torch.float64)  # not at 0, where the slope of relu jumps
every = pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)


def test_the_names_known_without_torch_are_those_of_the_library():
    assert tuple(NONLINEARITIES) == names.NONLINEARITIES
    assert tuple(LOSSES) == names.LOSSES
    assert all(phi.name == name for name, phi in NONLINEARITIES.items())
    assert NONLINEARITIES["tanh"] is TANH


@every
def test_values_are_those_of_the_formula(phi):
    expected = torch.from_numpy(FORMULAS[phi.name](GRID.numpy()))
    torch.testing.assert_close(phi(GRID), expected, rtol=1e-12, atol=1e-15)


@every
def test_the_slope_is_that_of_autograd(phi):
    states = GRID.clone().requires_grad_()
    (expected,) = torch.autograd.grad(phi.value(states).sum(), states)
    torch.testing.assert_close(phi.slope(GRID), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("phi", NONLINEARITIES.values(), ids=lambda phi: phi.name)
def test_the_slope_from_the_rate_is_the_slope(phi):
    torch.testing.assert_close(phi.slope_from_rate(phi.value(GRID)), phi.slope(GRID), rtol=0, atol=1e-15)


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_path_by_numpy_equals_that_of_torch(phi, dtype):
    states = torch.cat([GRID, torch.tensor([0.0, -500.0, 500.0])]).to(dtype).reshape(-1, 1).mT
    expected, tiny = phi.value(states), torch.finfo(dtype).tiny
    torch.testing.assert_close(phi(states), expected, rtol=8 * torch.finfo(dtype).eps, atol=tiny)
    out = torch.empty_like(states)
    assert phi(states, out=out) is out
    assert torch.equal(out, phi(states))
    assert out.dtype == dtype


@pytest.mark.parametrize("phi", NONLINEARITIES.values(), ids=lambda phi: phi.name)
def test_on_a_cpu_numpy_computes_it(phi):
    without_torch = replace(phi, value=None)
    assert torch.equal(without_torch(GRID), phi(GRID))


@every
def test_a_gradient_is_recorded_where_the_states_ask_for_one(phi):
    states = GRID.clone().requires_grad_()
    (slope,) = torch.autograd.grad(phi(states).sum(), states)
    torch.testing.assert_close(slope, phi.slope(GRID), rtol=1e-12, atol=1e-15)
    with torch.no_grad():
        assert not phi(states).requires_grad


@every
def test_only_bounded_nonlinearities_are_called_so(phi):
    far = phi(torch.tensor([-1e6, -1e3, 1e3, 1e6], dtype=torch.float64)).abs().max()
    assert phi.bounded == (far <= 1)


@pytest.mark.filterwarnings("ignore:invalid value encountered in logaddexp")
@every
def test_states_are_left_as_they_were_and_what_is_no_number_remains_none(phi):
    states = draw(4, 5)
    states[1, 2] = torch.nan
    copy = states.clone()
    rates = phi(states)
    assert torch.equal(states.nan_to_num(9), copy.nan_to_num(9))
    assert torch.equal(rates.isnan(), states.isnan())


@every
def test_rows_of_a_transposed_tensor_are_taken_right(phi):
    states = draw(4, 5)
    torch.testing.assert_close(phi(states.mT), phi(states).mT, rtol=0, atol=0)


def test_one_of_ones_own_needs_no_more_than_its_value_and_slope():
    assert OWN.slope_from_rate is None
    assert OWN.numpy is None
    np.testing.assert_allclose(OWN(GRID).numpy(), np.sin(GRID.numpy()), rtol=0, atol=1e-15)


@every
def test_gradients_are_recorded_in_out_and_for_dual_tensors(phi):
    states = draw(4, 5).requires_grad_()
    out = phi(states, out=torch.empty(4, 5, dtype=torch.float64))
    (slope,) = torch.autograd.grad(out.sum(), states)
    torch.testing.assert_close(slope, phi.slope(states.detach()), rtol=1e-12, atol=1e-15)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(states.detach(), torch.full((4, 5), 2.0, dtype=torch.float64))
        tangent = forward_ad.unpack_dual(phi(dual)).tangent
    torch.testing.assert_close(tangent, 2 * slope, rtol=1e-12, atol=1e-15)
