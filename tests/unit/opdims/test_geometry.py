"""Principal components, signs and angles against plain code."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import subspace_angles

from opdims.geometry import acute_angles, orient, overlap, principal_angles, principal_components, random_basis


def draw(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_principal_components_equal_the_singular_vectors_of_the_centred_samples():
    samples = draw(2, 50, 6) * torch.arange(1, 7) + 3
    components = principal_components(samples)
    centred = samples - samples.mean(-2, keepdim=True)
    _, singular_values, right = torch.linalg.svd(centred, full_matrices=False)
    torch.testing.assert_close(components.variance, singular_values**2 / 50, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(components.direction, orient(right.mT), rtol=1e-10, atol=1e-10)


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 6))
def test_the_largest_entry_of_a_direction_is_positive_whatever_its_sign_was(seed, units, count):
    directions = draw(units, count, seed=seed)
    oriented = orient(directions)
    assert torch.equal(oriented, orient(-directions))
    assert torch.equal(oriented.abs(), directions.abs())
    assert (oriented.gather(0, oriented.abs().argmax(0, keepdim=True)) > 0).all()


def rotated(basis, angles, seed=0):
    """Return another basis of a subspace at the given principal angles (radians) to that of the basis (N, K)."""
    units, count = basis.shape
    normal = torch.linalg.qr(torch.cat([basis, draw(units, count, seed=seed)], 1)).Q[:, count:]
    return (basis * angles.cos() + normal * angles.sin()) @ torch.linalg.qr(draw(count, count, seed=seed + 1)).Q


@pytest.mark.parametrize("count", [1, 3, 8, 12])
@pytest.mark.parametrize("closeness", [1.0, 1e-3, 1e-9])
def test_principal_angles_are_those_of_scipy(count, closeness):
    tolerance = 2e-6 if closeness == 1 else 1e-13  # scipy takes some small angles by their cosine among large ones
    first = torch.linalg.qr(draw(2, 3, 12, count)).Q
    second = torch.linalg.qr(first + closeness * draw(2, 3, 12, count, seed=1)).Q
    angles = principal_angles(first, second)
    assert angles.shape == (2, 3, count)
    for index in np.ndindex(2, 3):
        expected = np.rad2deg(subspace_angles(first[index].numpy(), second[index].numpy())[::-1])
        torch.testing.assert_close(angles[index], torch.from_numpy(expected.copy()), rtol=1e-9, atol=tolerance)


def test_small_and_large_principal_angles_keep_their_digits():
    degrees = torch.tensor([1e-7, 1e-4, 0.5, 44.9, 45.1, 89.5, 90 - 1e-7], dtype=torch.float64)
    basis = torch.linalg.qr(draw(20, 7)).Q
    angles = principal_angles(basis, rotated(basis, torch.deg2rad(degrees)))
    assert (angles.diff() > 0).all()
    torch.testing.assert_close(angles, degrees, rtol=0, atol=1e-13)


def test_principal_angles_of_the_whole_space_are_zero():
    first, second = torch.linalg.qr(draw(2, 9, 9)).Q
    assert principal_angles(first, second).max() < 1e-12


def test_acute_angles_are_those_of_the_lines_whatever_their_signs():
    first, second = torch.linalg.qr(draw(2, 2, 9, 4)).Q
    angles = acute_angles(first, second[..., :3])
    assert angles.shape == (2, 4, 3)
    for index in np.ndindex(2, 4, 3):
        one, other = first[index[0], :, index[1]], second[index[0], :, index[2]]
        cosine = abs(one @ other) / (one.norm() * other.norm())
        torch.testing.assert_close(angles[index], torch.rad2deg(torch.acos(cosine)), rtol=1e-12, atol=0)
        torch.testing.assert_close(angles[index], principal_angles(one[:, None], other[:, None])[0])
    torch.testing.assert_close(acute_angles(-first, second[..., :3]), angles, rtol=0, atol=1e-12)


@pytest.mark.parametrize("degrees", [0.0, 1e-7, 1.0, 89.999999, 90.0])
def test_small_and_large_acute_angles_keep_their_digits(degrees):
    basis = torch.linalg.qr(draw(9, 1)).Q
    other = rotated(basis, torch.deg2rad(torch.tensor([degrees], dtype=torch.float64)))
    assert acute_angles(basis, other).item() == pytest.approx(degrees, rel=1e-9, abs=1e-13)


def test_overlap_equals_a_loop_over_ranks():
    first, second = torch.linalg.qr(draw(2, 3, 12, 9)).Q
    values = overlap(first, second)
    assert values.shape == (3, 9)
    for network in range(3):
        for rank in range(1, 10):
            angles = torch.deg2rad(principal_angles(first[network, :, :rank], second[network, :, :rank]))
            assert values[network, rank - 1].item() == pytest.approx(angles.cos().square().mean().item(), rel=1e-12)


def test_overlap_is_one_for_the_same_subspace_and_zero_for_orthogonal_ones():
    basis = torch.linalg.qr(draw(12, 12)).Q
    ones = torch.ones(6, dtype=torch.float64)
    torch.testing.assert_close(overlap(basis[:, :6], -basis[:, :6]), ones, rtol=0, atol=1e-14)
    torch.testing.assert_close(overlap(basis[:, :6], basis[:, 6:]), 0 * ones, rtol=0, atol=1e-14)
    assert overlap(basis, torch.linalg.qr(draw(12, 12, seed=1)).Q)[-1].item() == pytest.approx(1, abs=1e-14)


def test_random_subspaces_overlap_by_chance():
    generator = torch.Generator().manual_seed(0)
    units, repeats = 12, 2000
    values = torch.stack(
        [overlap(random_basis(units, units, generator), random_basis(units, units, generator)) for _ in range(repeats)]
    )
    error = values.std(0) / repeats**0.5
    expected = torch.arange(1, units + 1) / units
    assert ((values.mean(0) - expected).abs() < 4 * error + 1e-12).all()
    assert error.max() < 0.01


def test_a_random_basis_is_orthonormal_and_a_function_of_its_generator():
    basis, again = (random_basis(12, 5, torch.Generator().manual_seed(3)) for _ in range(2))
    torch.testing.assert_close(basis.mT @ basis, torch.eye(5, dtype=torch.float64), rtol=0, atol=1e-14)
    assert torch.equal(basis, again)


@pytest.mark.parametrize("function", [overlap, principal_angles])
@pytest.mark.parametrize("shapes", [((5, 3), (5, 2)), ((5, 3), (6, 3)), ((3, 5), (3, 5))])
def test_bases_that_do_not_fit_together_are_refused(function, shapes):
    with pytest.raises(ValueError, match=r"expected \(..., N, K\) twice with K <= N"):
        function(*(draw(*shape) for shape in shapes))
