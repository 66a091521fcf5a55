"""Row dimensions are exact and certified, in degenerate cases, too."""

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
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opdims import dimensions, row_solver
from opdims.dimensions import local_row_dimensions, local_row_dimensions_plainly


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_rows_equal_plain_eigendecompositions(batch):
    found = assert_exact(network(*batch), gaussian(*batch, 4, UNITS, seed=9))
    assert found.direction.shape[:-2] == (*batch, 4)
    assert found.direction.shape[-1] == UNITS


def test_a_network_shared_by_batches_of_states_is_broadcast():
    recurrent, states = network(), gaussian(2, 4, UNITS, seed=9)
    shared = local_row_dimensions(recurrent, states)
    repeated = local_row_dimensions(recurrent.expand(2, -1, -1), states)
    assert all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(shared, repeated, strict=True))


def test_row_impact_is_the_change_of_an_euler_step():
    recurrent, states = network(), gaussian(2, UNITS, seed=9)
    direction, impact = local_row_dimensions(recurrent, states, step=0.2)
    for location, x in enumerate(states):
        for b, change in zip(direction[location], impact[location], strict=True):
            reduced = recurrent - recurrent @ torch.outer(b, b)
            if change.isfinite():
                assert_same_impacts(0.2 * ((recurrent - reduced) @ x.tanh()).norm(), change)


@pytest.mark.parametrize("units", [2, 7, 24, 60])
def test_row_impact_is_never_below_a_numerical_optimum(units, best_of_optimisations):
    rng = np.random.default_rng(units)
    recurrent, states = network(units=units), gaussian(6, units, seed=9)
    direction, impact = local_row_dimensions(recurrent, states)
    for location in range(len(states)):
        order = int(rng.integers(int(impact[location].isfinite().sum())))
        rates, earlier = states[location].tanh().numpy(), direction[location, :order].numpy()
        optimum = STEP * best_of_optimisations(recurrent.numpy(), rates, earlier, rng)
        assert impact[location, order] >= (1 - 1e-9) * optimum - 1e-15
        if units > 2 and order < 4:  # where the optimiser is good, it reaches the same
            assert impact[location, order] <= (1 + 1e-6) * optimum


def test_rows_equal_those_in_the_krylov_space_of_the_rates():
    """Every dimension lies in the span of the (λI − M)⁻¹ r: none is lost in the Krylov space of M from r."""
    units, steps = 100, 56
    recurrent, states = network(units=units), gaussian(4, units, seed=9)
    impact = local_row_dimensions(recurrent, states).impact
    for location, x in enumerate(states):
        basis = torch.nn.functional.normalize(x.tanh(), dim=0)[:, None]
        while basis.shape[1] < steps:
            following = recurrent.mT @ (recurrent @ basis[:, -1])
            for _ in range(2):
                following = following - basis @ (basis.mT @ following)
            basis = torch.cat([basis, torch.nn.functional.normalize(following, dim=0)[:, None]], dim=1)
        compressed = torch.linalg.qr(recurrent @ basis).R
        state = torch.zeros(1, steps, dtype=torch.float64)
        state[0, 0] = np.arctanh(0.5)  # the impact is proportional to ‖r‖
        scale = 2 * x.tanh().norm()
        again = local_row_dimensions_plainly(scale * compressed, state).impact[0]
        assert_same_impacts(again, impact[location, : len(again)])
        assert impact[location, len(again) :].isnan().all()


def test_locations_in_pieces_equal_all_at_once(monkeypatch):
    recurrent, states = network(), gaussian(7, UNITS, seed=9)
    whole = local_row_dimensions(recurrent, states)
    monkeypatch.setattr(dimensions, "NUMBERS_AT_ONCE", 3 * UNITS**2)
    assert_same_impacts(local_row_dimensions(recurrent, states).impact, whole.impact)


def test_the_fast_solution_needs_no_eigendecomposition_where_nothing_is_degenerate(monkeypatch):
    monkeypatch.setattr(row_solver, "best_direction", None)
    assert local_row_dimensions(network(units=100), gaussian(20, 100, seed=9)).impact.shape[-1] > 10


def test_dimensions_below_the_threshold_are_not_returned():
    recurrent, states = network(), gaussian(6, UNITS, seed=9)
    every = local_row_dimensions(recurrent, states).impact
    some = local_row_dimensions(recurrent, states, threshold=1e-3).impact
    kept = torch.where(every >= 1e-3, every, torch.nan)[:, : some.shape[-1]]
    assert torch.equal(some.isnan(), kept.isnan())
    assert some.isfinite().any(dim=0).all()
    assert_same_impacts(some, kept)


def test_at_most_max_dimensions_are_returned():
    recurrent, states = network(), gaussian(6, UNITS, seed=9)
    every = local_row_dimensions(recurrent, states)
    first = local_row_dimensions(recurrent, states, max_dimensions=3)
    torch.testing.assert_close(first.direction, every.direction[:, :3], rtol=0, atol=1e-14)
    assert local_row_dimensions(recurrent, states, max_dimensions=UNITS + 1).impact.shape == every.impact.shape


def test_a_threshold_of_zero_finds_a_whole_basis():
    found = assert_exact(network(units=8), gaussian(5, 8, seed=9), threshold=0.0)
    assert found.impact.isfinite().all()
    assert found.impact.shape == (5, 8)


# --- degenerate cases

SPECTRUM = torch.tensor([10, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4], dtype=torch.float64)


def with_spectrum(values: torch.Tensor, rates: torch.Tensor, turned: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """A network with these singular values and a state with these rates, in its singular vectors, perhaps turned."""
    if not turned:
        return torch.diag(values), rates.atanh()
    units = len(values)
    right = rotation(units, seed=1)
    return rotation(units, seed=2) @ torch.diag(values) @ right.mT, (rates @ right.mT).atanh()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("top", [0.0, 1e-20, 1e-17, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_the_hard_case_is_exact(top, turned, best_of_optimisations):
    rates = 0.1 * gaussian(3, len(SPECTRUM))
    rates[:, 0] = top
    recurrent, states = with_spectrum(SPECTRUM, rates, turned)
    impact = assert_each_order_exact(recurrent, states).impact
    rng = np.random.default_rng(0)
    for location, x in enumerate(states):
        optimum = best_of_optimisations(recurrent.numpy(), x.tanh().numpy(), np.zeros((0, len(x))), rng)
        assert impact[location, 0] >= (1 - 1e-9) * STEP * optimum


@pytest.mark.parametrize("turned", [False, True])
def test_the_hard_case_with_no_drive_is_half_way(turned):
    values = torch.tensor([3, 0, 0, 0, 0], dtype=torch.float64)
    rates = 0.1 * gaussian(3, 5)
    rates[:, 0] = 0
    impact = assert_exact(*with_spectrum(values, rates, turned)).impact
    torch.testing.assert_close(impact[:, 0], STEP * 3 * rates.norm(dim=-1) / 2, rtol=1e-12, atol=0)


@pytest.mark.parametrize("turned", [False, True])
def test_a_state_off_the_top_eigenspace_may_have_a_regular_root(turned):
    values = SPECTRUM.clone()
    values[0] = 1.01
    rates = 0.1 * gaussian(3, len(values))
    rates[:, 0] = 0
    assert_each_order_exact(*with_spectrum(values, rates, turned))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [3, 3, 3, 2, 1, 0.5],  # a repeated largest eigenvalue
        [3, 3 * (1 - 1e-14), 3 * (1 - 1e-10), 1, 1, 1],  # nearly so
        [2, 2, 1, 1, 0, 0],  # rank-deficient
        [2, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
    ],
)
def test_repeated_and_vanishing_singular_values_are_exact(values, turned):
    rates = 0.2 * gaussian(4, 6)
    assert_each_order_exact(*with_spectrum(torch.tensor(values, dtype=torch.float64), rates, turned))


def test_an_orthogonal_matrix_has_one_dimension_along_the_rates():
    states = gaussian(4, 9)
    direction, impact = assert_exact(rotation(9), states, threshold=0.0)
    torch.testing.assert_close(impact, STEP * states.tanh().norm(dim=-1, keepdim=True), rtol=1e-13, atol=0)
    torch.testing.assert_close(
        direction[:, 0], torch.nn.functional.normalize(states.tanh(), dim=-1), rtol=0, atol=1e-14
    )


def test_rates_along_the_top_singular_vector_have_one_dimension():
    found = assert_exact(torch.diag(SPECTRUM), torch.eye(8, dtype=torch.float64)[:1])
    torch.testing.assert_close(found.direction[0], torch.eye(8, dtype=torch.float64)[:1])


@pytest.mark.parametrize("solve", [local_row_dimensions, local_row_dimensions_plainly])
def test_no_rates_or_no_weights_have_no_dimension(solve):
    assert solve(network(), torch.zeros(3, UNITS)).direction.shape == (3, 0, UNITS)
    assert solve(torch.zeros(UNITS, UNITS), gaussian(3, UNITS)).impact.shape == (3, 0)
    states = gaussian(3, UNITS)
    states[1] = 0
    found = solve(network(), states)
    assert found.impact[1].isnan().all()
    assert (found.direction[1] == 0).all()
    assert found.impact[[0, 2], 0].isfinite().all()


def test_one_unit_has_one_dimension():
    found = assert_exact(torch.tensor([[-2.0]]).double(), torch.tensor([[0.3], [0.0]]).double())
    torch.testing.assert_close(found.impact[0], torch.tensor([0.3]).double().tanh() * 2 * STEP)
    assert found.direction[0].abs().item() == 1
    assert found.impact[1].isnan().all()


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_the_scale_of_the_weights_does_not_matter(scale):
    recurrent, states = network(units=6), gaussian(3, 6, seed=9)
    expected = local_row_dimensions(recurrent, states, threshold=1e-6).impact
    found = local_row_dimensions(scale * recurrent, states, threshold=1e-6 * scale).impact
    torch.testing.assert_close(found / scale, expected, rtol=1e-9, atol=1e-15, equal_nan=True)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    values=st.lists(st.sampled_from([0.0, 1e-3, 0.5, 1.0, 1.0 + 1e-12, 2.0, 5.0]), min_size=2, max_size=7),
    components=st.lists(st.sampled_from([0.0, 1e-17, 1e-9, 0.01, 0.2, -0.3]), min_size=7, max_size=7),
    turned=st.booleans(),
)
@example([0.001, 0.001, 0.001, 0.5, 0.5, 5.0], [1e-9, 0.0, 0.0, 0.0, 0.0, 0.01, 0.0], True)  # λ next to a pole of R
def test_rows_are_exact_whatever_the_spectrum_and_the_rates(values, components, turned):
    units = len(values)
    singular = torch.tensor(sorted(values, reverse=True), dtype=torch.float64)
    rates = torch.tensor([components[:units]], dtype=torch.float64)
    assert_each_order_exact(*with_spectrum(singular, rates, turned))
