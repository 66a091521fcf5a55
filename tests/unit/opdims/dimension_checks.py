"""Random matrices and states, and what must hold of their local dimensions; for the tests of dimensions."""

import torch

from opdims.dimensions import CertifiedDimensions, local_row_dimensions, local_row_dimensions_plainly
from opdims.nonlinearity import TANH, Nonlinearity
from opdims.row_solver import best_direction

STEP = 0.1
UNITS = 24


def gaussian(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def network(*batch: int, units: int = UNITS, seed: int = 0) -> torch.Tensor:
    """A random matrix and a strong part of low rank, as training leaves it."""
    left, right = gaussian(*batch, units, 3, seed=seed + 1), gaussian(*batch, 3, units, seed=seed + 2)
    return (gaussian(*batch, units, units, seed=seed) + left @ right) / units**0.5


def rotation(units: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(gaussian(units, units, seed=seed)).Q


def assert_same_impacts(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-15, equal_nan=True)


def assert_orthonormal_certified_and_padded(found: CertifiedDimensions) -> None:
    (direction, impact), bound = found, found.bound
    missing = impact.isnan()
    torch.testing.assert_close(direction @ direction.mT, torch.diag_embed((~missing).double()), rtol=0, atol=1e-13)
    assert (direction[missing] == 0).all()
    assert torch.equal(missing, bound.isnan())
    assert torch.equal(missing, missing.cummax(dim=-1).values)  # a location ends once
    torch.testing.assert_close(impact, bound, rtol=1e-9, atol=1e-15, equal_nan=True)


def assert_exact(recurrent: torch.Tensor, states: torch.Tensor, **options) -> CertifiedDimensions:
    found = local_row_dimensions(recurrent, states, **options)
    assert_same_impacts(found.impact, local_row_dimensions_plainly(recurrent, states, **options).impact)
    assert_orthonormal_certified_and_padded(found)
    return found


def assert_each_order_exact(
    recurrent: torch.Tensor, states: torch.Tensor, nonlinearity: Nonlinearity = TANH
) -> CertifiedDimensions:
    """Every impact is the plain maximum given the *found* earlier dimensions, and after the last none is left.

    This is well-conditioned always. The dimensions themselves are not near the hard case or a repeated eigenvalue:
    permuting the neurons alone moves later impacts there by 1e-8 and more.
    """
    found = local_row_dimensions(recurrent, states, nonlinearity=nonlinearity)
    assert_orthonormal_certified_and_padded(found)
    for direction, impact, x in zip(found.direction, found.impact, states, strict=True):
        rates, count = nonlinearity.value(x), int(impact.isfinite().sum())
        for order in range(min(count + 1, len(x))):
            b, _, _ = best_direction(recurrent.mT @ recurrent, rates, direction[:order])
            best = STEP * (recurrent @ b).norm() * (b @ rates).abs()
            if order < count:
                assert_same_impacts(impact[order], best)
            else:
                assert best < 1e-8 + 1e-15
    return found
