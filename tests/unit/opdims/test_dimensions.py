"""Column dimensions, global dimensions as the SVD of L, bits that do not depend on the batch, and what is refused."""

import copy
import pickle

import pytest
import torch
from dimension_checks import STEP, UNITS, gaussian, network, rotation
from plain import ALL, FORMULAS
from torch._subclasses.fake_tensor import FakeTensorMode

from opdims import dimensions
from opdims.dimensions import (
    global_dimensions,
    local_column_dimensions,
    local_row_dimensions,
    local_row_dimensions_plainly,
)

# --- columns


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_columns_equal_the_formula(batch):
    recurrent, states = network(*batch), gaussian(*batch, 5, UNITS, seed=9)
    direction, impact = local_column_dimensions(recurrent, states)
    drive = torch.einsum("...ij,...lj->...li", recurrent, states.tanh())
    torch.testing.assert_close(impact[..., 0], STEP * drive.norm(dim=-1), rtol=1e-13, atol=0)
    torch.testing.assert_close(direction[..., 0, :], drive / drive.norm(dim=-1, keepdim=True), rtol=0, atol=1e-14)


def test_column_impact_is_the_change_of_an_euler_step():
    recurrent, states = network(), gaussian(5, UNITS, seed=9)
    direction, impact = local_column_dimensions(recurrent, states, step=0.2)
    for x, a, change in zip(states, direction[:, 0], impact[:, 0], strict=True):
        reduced = recurrent - torch.outer(a, a) @ recurrent
        torch.testing.assert_close(0.2 * ((recurrent - reduced) @ x.tanh()).norm(), change, rtol=1e-12, atol=0)
        assert 0.2 * (reduced @ x.tanh()).norm() < 1e-14  # nothing is left for a second dimension


@pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)
def test_columns_are_those_of_the_rates(phi):
    recurrent, states = network(), gaussian(5, UNITS, seed=9)
    direction, impact = local_column_dimensions(recurrent, states, step=0.2, nonlinearity=phi)
    for x, a, change in zip(states, direction[:, 0], impact[:, 0], strict=True):
        drive = recurrent @ torch.from_numpy(FORMULAS[phi.name](x.numpy()))
        torch.testing.assert_close(change, 0.2 * drive.norm(), rtol=1e-12, atol=0)
        torch.testing.assert_close(a, drive / drive.norm(), rtol=0, atol=1e-12)


def test_columns_without_a_drive_have_no_dimension():
    states = gaussian(3, UNITS)
    states[1] = 0
    direction, impact = local_column_dimensions(network(), states)
    assert impact.isnan().flatten().tolist() == [False, True, False]
    assert (direction[1] == 0).all()


def test_columns_stay_on_their_device():
    with FakeTensorMode():
        recurrent = torch.empty(3, UNITS, UNITS, dtype=torch.float64, device="cuda")
        states = torch.empty(3, 5, UNITS, dtype=torch.float64, device="cuda")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dimensions, "check_tensor", lambda *_: None)  # a fake tensor has no values to check
            found = local_column_dimensions(recurrent, states)
    assert {tensor.device.type for tensor in found} == {"cuda"}


# --- bits


@pytest.mark.parametrize("units", [23, 24])  # an odd size leaves the networks of a batch at odd places in memory
def test_a_network_has_the_same_bits_whatever_shares_its_call(units):
    recurrent, states = 2 * network(3, units=units), gaussian(3, 5, units, seed=9)
    recurrent[1] /= 50  # fewer dimensions, so padding

    def solve(networks: slice) -> list[torch.Tensor]:
        columns = local_column_dimensions(recurrent[networks], states[networks])
        rows = local_row_dimensions(recurrent[networks], states[networks])
        orders = rows.impact.shape[-1]
        return [
            *columns,
            torch.nn.functional.pad(rows.direction, (0, 0, 0, units - orders)),
            torch.nn.functional.pad(rows.impact, (0, units - orders), value=torch.nan),
            *global_dimensions(columns.direction, columns.impact),
            *global_dimensions(rows.direction, rows.impact),
        ]

    together = solve(slice(0, 3))
    for size in (1, 2):
        parts = zip(*(solve(slice(i, i + size)) for i in range(0, 3, size)), strict=True)
        for whole, part in zip(together, parts, strict=True):
            joined = torch.cat(part)
            assert torch.equal(whole.isnan(), joined.isnan())
            assert torch.equal(whole.nan_to_num(), joined.nan_to_num())


# --- global dimensions


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_global_dimensions_equal_the_plain_svd(batch):
    local = local_row_dimensions(network(*batch), gaussian(*batch, 6, UNITS, seed=9))
    direction, singular = global_dimensions(local.direction, local.impact)
    assert direction.shape == (*batch, UNITS, UNITS)
    columns = (local.direction * local.impact.nan_to_num().unsqueeze(-1)).flatten(-3, -2).mT
    expected = torch.linalg.svd(columns, full_matrices=False)
    torch.testing.assert_close(singular, expected.S, rtol=1e-9, atol=1e-15)
    strong = (expected.S > 1e-6).unsqueeze(-2)
    overlap = (direction * expected.U).sum(dim=-2, keepdim=True).abs()
    torch.testing.assert_close(overlap[strong], torch.ones_like(overlap[strong]), rtol=0, atol=1e-12)


def test_fewer_local_dimensions_than_units_are_completed_to_a_basis():
    local = local_column_dimensions(network(), gaussian(3, UNITS, seed=9))
    direction, singular = global_dimensions(local.direction, local.impact)
    torch.testing.assert_close(direction.mT @ direction, torch.eye(UNITS).double(), rtol=0, atol=1e-13)
    assert (singular[:3] > 0).all()
    assert (singular[3:] == 0).all()
    columns = (local.direction * local.impact.unsqueeze(-1)).flatten(0, 1).mT
    torch.testing.assert_close(direction[:, :3] @ direction[:, :3].mT @ columns, columns)


def test_the_largest_entry_of_a_global_dimension_is_positive():
    local = local_row_dimensions(network(), gaussian(6, UNITS, seed=9))
    found = global_dimensions(local.direction, local.impact)
    assert (found.direction.gather(0, found.direction.abs().argmax(dim=0, keepdim=True)) > 0).all()
    flipped = global_dimensions(-local.direction, local.impact)
    torch.testing.assert_close(flipped.direction[:, :8], found.direction[:, :8])


def test_missing_dimensions_contribute_nothing():
    local = local_row_dimensions(network(), gaussian(6, UNITS, seed=9))
    padded = torch.nn.functional.pad(local.direction, (0, 0, 0, 2))
    impact = torch.nn.functional.pad(local.impact, (0, 2), value=torch.nan)
    for found, expected in zip(global_dimensions(padded, impact), global_dimensions(*local[:2]), strict=True):
        assert torch.equal(found, expected)


def test_no_local_dimension_at_all_gives_some_basis_without_variance():
    direction, singular = global_dimensions(torch.zeros(2, 3, 0, 5), torch.zeros(2, 3, 0))
    torch.testing.assert_close(direction.mT @ direction, torch.eye(5).double().expand(2, 5, 5))
    assert (singular == 0).all()


def test_small_singular_values_keep_their_digits():
    left = rotation(6)
    impact = 10.0 ** torch.arange(0, -12, -2).double()
    direction, singular = global_dimensions(left.mT[None], impact[None])
    torch.testing.assert_close(singular, impact, rtol=1e-5, atol=0)
    assert ((direction * left).sum(dim=0).abs() > 1 - 1e-9).all()


# --- errors


@pytest.mark.parametrize("solve", [local_column_dimensions, local_row_dimensions, local_row_dimensions_plainly])
@pytest.mark.parametrize(
    ("recurrent", "states", "message"),
    [
        (torch.zeros(4, 3), torch.zeros(2, 3), r"recurrent is \(4, 3\)"),
        (torch.zeros(3), torch.zeros(2, 3), r"recurrent is \(3,\)"),
        (torch.zeros(3, 3), torch.zeros(2, 4), r"states is \(2, 4\)"),
        (torch.zeros(3, 3), torch.zeros(3), r"states is \(3,\)"),
        (torch.zeros(2, 3, 3), torch.zeros(4, 2, 3), "leading dimensions"),
        (
            torch.zeros(3, 3),
            torch.zeros(0, 3),
            r"states is \(0, 3\), expected \(\.\.\., L, 3\) with at least one of each",
        ),
        (torch.full((3, 3), torch.nan), torch.zeros(2, 3), "recurrent holds values that are not finite"),
        (torch.zeros(3, 3), torch.full((2, 3), torch.inf), "states holds values that are not finite"),
    ],
)
def test_local_dimensions_refuse(solve, recurrent, states, message):
    with pytest.raises(ValueError, match=message):
        solve(recurrent, states)


def test_options_out_of_range_are_refused():
    with pytest.raises(ValueError, match="max_dimensions is 0"):
        local_row_dimensions(network(), gaussian(2, UNITS), max_dimensions=0)
    with pytest.raises(ValueError, match="step is 0"):
        local_row_dimensions(network(), gaussian(2, UNITS), step=0)


@pytest.mark.parametrize(
    ("direction", "impact", "message"),
    [
        (torch.zeros(2, 3, 4), torch.zeros(2, 4), r"impact \(2, 4\)"),
        (torch.zeros(3, 4), torch.zeros(3), r"direction is \(3, 4\)"),
        (torch.full((2, 3, 4), torch.nan), torch.zeros(2, 3), "direction holds values that are not finite"),
        (torch.zeros(2, 3, 4), torch.full((2, 3), torch.inf), "impact holds values that are not finite"),
    ],
)
def test_global_dimensions_refuse(direction, impact, message):
    with pytest.raises(ValueError, match=message):
        global_dimensions(direction, impact)


def test_copies_of_certified_dimensions_keep_the_bound():
    local = local_row_dimensions(network(units=5), gaussian(3, 5), step=STEP)
    copies = [pickle.loads(pickle.dumps(local)), copy.copy(local), copy.deepcopy(local), local._replace()]
    copies.append(local._replace(bound=local.bound, impact=local.impact))
    for again in copies:
        assert type(again) is type(local)
        assert len(again) == 2
        for name in ("direction", "impact", "bound"):
            torch.testing.assert_close(getattr(again, name), getattr(local, name), rtol=0, atol=0, equal_nan=True)
    assert local._replace(bound=local.bound * 2).bound[0, 0] == 2 * local.bound[0, 0]
    assert list(local._asdict()) == ["direction", "impact", "bound"]
    assert "bound=" in repr(local)
    with pytest.raises(ValueError, match="_replace is given bounds, expected direction, impact or bound"):
        local._replace(bounds=local.bound)


@pytest.mark.parametrize("find", [local_column_dimensions, local_row_dimensions])
def test_without_a_step_it_is_that_of_the_paper_and_said(find):
    with pytest.warns(UserWarning, match="step is not given: impacts are those of Euler steps of dt/τ = 0.1"):
        found = find(network(units=5), gaussian(3, 5))
    torch.testing.assert_close(found.impact, find(network(units=5), gaussian(3, 5), step=0.1).impact, equal_nan=True)
