"""Principal components and signs against plain code."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from opdims.geometry import orient, principal_components


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
