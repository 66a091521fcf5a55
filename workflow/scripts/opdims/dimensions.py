"""Local and global operative dimensions of a weight matrix.

One alphabet throughout: N units, L locations, K orders; a leading "..." is any number of batch dimensions, as a rule
the networks. Networks are taken one after the other, each in memory of its own, and only the locations of one network
share a matrix product: so a network's result is the same to the last bit whatever other networks share the call.
"""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from opdims.arguments import check_count, check_nonlinearity, check_number, check_same_batch, check_tensor
from opdims.geometry import orient
from opdims.nonlinearity import TANH, Nonlinearity
from opdims.row_solver import Found, best_direction, rounding_of, row_dimensions

STEP = 0.1  # dt / τ of all networks of Krause et al. 2022
NUMBERS_AT_ONCE = 2**24  # the most that an array of the row solver holds (128 MiB of float64)


class LocalDimensions(NamedTuple):
    """Local operative dimensions in the order in which they are found, of falling impact."""

    direction: Tensor  # (..., L, K, N), orthonormal over K; zero where a location has fewer than K dimensions
    impact: Tensor  # (..., L, K), Δf of one Euler step; NaN where a location has fewer than K dimensions


class CertifiedDimensions(LocalDimensions):
    """Local dimensions with an upper bound of their impact, which certifies them where the two are equal."""

    bound: Tensor  # (..., L, K), what no direction orthogonal to the earlier ones can exceed; NaN as the impact

    def __new__(cls, direction: Tensor, impact: Tensor, bound: Tensor) -> "CertifiedDimensions":
        """Make the pair (direction, impact) with the attribute `bound`."""
        dimensions = super().__new__(cls, direction, impact)
        dimensions.bound = bound
        return dimensions

    def __getnewargs__(self) -> tuple[Tensor, ...]:  # type: ignore[override]
        """Return what `__new__` takes, so that copies and pickles keep the bound."""
        return (self.direction, self.impact, self.bound)

    def __repr__(self) -> str:
        """Return all three by name."""
        return f"CertifiedDimensions(direction={self.direction}, impact={self.impact}, bound={self.bound})"

    def _asdict(self) -> dict[str, Any]:
        """Return all three by name."""
        return {"direction": self.direction, "impact": self.impact, "bound": self.bound}

    def _replace(self, **changed: Tensor) -> "CertifiedDimensions":  # type: ignore[override]
        """Return a copy in which some of direction, impact and bound are replaced."""
        unknown = sorted(changed.keys() - {"direction", "impact", "bound"})
        if unknown:
            raise ValueError(f"_replace is given {', '.join(unknown)}, expected direction, impact or bound")
        return CertifiedDimensions(**{**self._asdict(), **changed})


class GlobalDimensions(NamedTuple):
    """Global operative dimensions, the most important first."""

    direction: Tensor  # (..., N, N), orthonormal columns q_1, q_2, …
    singular_value: Tensor  # (..., N), falling; zero beyond the number of local dimensions


def local_column_dimensions(
    recurrent: Tensor, states: Tensor, *, step: float | None = None, nonlinearity: Nonlinearity = TANH
) -> LocalDimensions:
    """Find the column dimensions whose removal changes one Euler step most.

    At a state x with rates r = φ(x) the impact of removing a unit direction a from the columns of W is
    Δf(a) = (dt/τ) |aᵀ W r|, so the only local dimension is W r, normalised.

    Parameters
    ----------
    recurrent : (..., N, N)
        W.
    states : (..., L, N)
        x at L locations; of a network in rate form, its pre-activations.
    step
        dt / τ, without a unit: the impacts are those of one Euler step of this length. Without it they are those of
        the networks of Krause et al. 2022, 0.1, and a warning says so.
    nonlinearity
        φ.

    Returns
    -------
    direction : (..., L, 1, N), zero where W r vanishes
    impact : (..., L, 1), NaN where W r vanishes

    Both are in float64.

    Raises
    ------
    ValueError
        If an argument is not as above: another shape, empty, not of float32 or float64, or not finite.

    References
    ----------
    Krause et al. 2022, Section 2; docs/method.md, "Columns".

    Examples
    --------
    >>> local = local_column_dimensions(torch.eye(3), torch.tensor([[1.0, 0.0, 0.0]]), step=0.1)
    >>> local.impact
    tensor([[0.0762]], dtype=torch.float64)
    """
    step = _checked_step(step)
    batch, networks = _network_by_network(recurrent, states, nonlinearity)
    drive = _unflatten([nonlinearity(x) @ weights.mT for weights, x in networks], batch)
    length = torch.linalg.vector_norm(drive, dim=-1, keepdim=True)
    direction = torch.where(length > 0, drive / length, 0.0).unsqueeze(-2)
    impact = torch.where(length > 0, step * length, torch.nan)
    return LocalDimensions(direction, impact)


def local_row_dimensions(
    recurrent: Tensor,
    states: Tensor,
    *,
    step: float | None = None,
    threshold: float = 1e-8,
    max_dimensions: int | None = None,
    nonlinearity: Nonlinearity = TANH,
) -> CertifiedDimensions:
    """Find the row dimensions whose removal changes one Euler step most, each orthogonal to those before it.

    At a state x with rates r = φ(x) the impact of removing a unit direction b from the rows of W is
    Δf(b) = (dt/τ) ‖W b‖ |bᵀ r|. With M = WᵀW and r restricted to the complement of the dimensions already found, the
    global maximum is b ∝ (λI − M)⁻¹ r, where λ above the spectrum of M solves 2 S_1 = λ S_2 with
    S_m = rᵀ (λI − M)⁻ᵐ r. The bound (dt/τ) (λ/2) √S_1 holds for every direction in the complement, so that
    impact = bound certifies the maximum.

    Parameters
    ----------
    recurrent : (..., N, N)
        W.
    states : (..., L, N)
        x at L locations; of a network in rate form, its pre-activations.
    step
        dt / τ, without a unit: the impacts are those of one Euler step of this length. Without it they are those of
        the networks of Krause et al. 2022, 0.1, and a warning says so.
    threshold
        A location ends before the first dimension with Δf below it, or no larger than rounding errors.
    max_dimensions
        A location has no more dimensions than these (default: N).
    nonlinearity
        φ.

    Returns
    -------
    direction : (..., L, K, N), zero beyond a location's last dimension
    impact, bound : (..., L, K), NaN beyond a location's last dimension

    All are in float64; K is the largest number of dimensions found at any location.

    Raises
    ------
    ValueError
        If an argument is not as above: another shape, empty, not of float32 or float64, not finite; a negative
        threshold, `max_dimensions` below 1.

    References
    ----------
    Krause et al. 2022, Section 2, solved exactly; docs/method.md, "Rows".

    Examples
    --------
    >>> local = local_row_dimensions(torch.eye(3), torch.tensor([[1.0, 0.0, 0.0]]), step=0.1, max_dimensions=1)
    >>> local.direction
    tensor([[[1., 0., 0.]]], dtype=torch.float64)
    """
    step = _checked_step(step)
    batch, networks = _network_by_network(recurrent, states, nonlinearity)
    units = recurrent.shape[-1]
    limit = _checked_limit(max_dimensions, units)
    check_number("threshold", threshold, least=0)
    at_once = max(1, NUMBERS_AT_ONCE // units**2)
    found = []
    for weights, x in networks:
        _, singular, right = torch.linalg.svd(weights)
        pieces = [
            row_dimensions(singular.square(), rates, threshold / step, limit)
            for rates in (nonlinearity(x) @ right.mT).split(at_once)
        ]
        direction, impact, bound = _join_locations(pieces)
        found.append(Found(direction @ right, step * impact, step * bound))
    return CertifiedDimensions(*_stack_networks(found, batch))


def local_row_dimensions_plainly(
    recurrent: Tensor,
    states: Tensor,
    *,
    step: float | None = None,
    threshold: float = 1e-8,
    max_dimensions: int | None = None,
    nonlinearity: Nonlinearity = TANH,
) -> CertifiedDimensions:
    """Find what `local_row_dimensions` finds, by one eigendecomposition a location and order: slow and plain.

    Parameters, returns and errors are those of `local_row_dimensions`.
    """
    step = _checked_step(step)
    batch, networks = _network_by_network(recurrent, states, nonlinearity)
    units = recurrent.shape[-1]
    limit = _checked_limit(max_dimensions, units)
    check_number("threshold", threshold, least=0)
    found = []
    for weights, x in networks:
        gram = weights.mT @ weights
        pieces = []
        for rates in nonlinearity(x):
            basis, impacts, bounds = rates.new_zeros(0, units), [], []
            rounding = rounding_of(torch.linalg.matrix_norm(weights, 2), rates)
            while len(basis) < limit:
                best, _, bound = best_direction(gram, rates, basis)
                impact = torch.linalg.vector_norm(weights @ best) * (best @ rates).abs()
                if step * impact < threshold or impact <= rounding:
                    break
                basis = torch.cat([basis, best[None]])
                impacts.append(impact)
                bounds.append(bound)
            values = (rates.new_tensor(impacts), rates.new_tensor(bounds))
            pieces.append(Found(*(t.unsqueeze(0) for t in (basis, *values))))
        direction, impact, bound = _join_locations(pieces)
        found.append(Found(direction, step * impact, step * bound))
    return CertifiedDimensions(*_stack_networks(found, batch))


def global_dimensions(direction: Tensor, impact: Tensor) -> GlobalDimensions:
    """Find the left singular vectors and the singular values of L, whose columns are direction · impact.

    The columns run over all locations and orders; those with NaN impact contribute nothing. With fewer columns than
    units the basis is completed and the singular values are padded with zeros. The sign of each vector makes its
    largest entry positive.

    Parameters
    ----------
    direction : (..., L, K, N)
        Local dimensions.
    impact : (..., L, K)
        Their impacts; NaN: no dimension.

    Returns
    -------
    direction : (..., N, N), one dimension a column
    singular_value : (..., N); a dimension's share of the variance is its square over their sum

    Both are in float64.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or if a direction or an impact (other than NaN) is not finite, is negative or
        not of float32 or float64.

    References
    ----------
    Krause et al. 2022, Section 2; docs/method.md, "Global dimensions".

    Examples
    --------
    >>> weights, states = torch.diag(torch.tensor([2.0, 1.0])), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> local = local_column_dimensions(weights, states, step=0.1)
    >>> global_dimensions(*local).direction
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    check_tensor("direction", direction, ("...", "L", "K", "N"), free=("K",))
    check_tensor(
        "impact", impact.nan_to_num(0.0, torch.inf) if isinstance(impact, Tensor) else impact, ("...",), free=("...",)
    )
    if direction.shape[:-1] != impact.shape:
        raise ValueError(
            f"direction is {tuple(direction.shape)} and impact {tuple(impact.shape)}, "
            "expected (..., L, K, N) and (..., L, K) with at least one location"
        )
    weight = torch.where(impact.isnan(), 0.0, impact.double())
    if (weight < 0).any():
        raise ValueError(f"impact goes down to {weight.min().item()}, expected values from 0 on, or NaN")
    batch, units = direction.shape[:-3], direction.shape[-1]
    columns = (direction.double() * weight.unsqueeze(-1)).flatten(-3, -2)  # Lᵀ, with a row a local dimension
    columns = columns.reshape(batch.numel(), *columns.shape[-2:])
    given = weight.reshape(columns.shape[:-1]) != 0  # K, so the padding too, depends on the networks that share a call
    vectors, values = [], []
    for transposed, rows in zip(columns, given, strict=True):
        triangle = torch.linalg.qr(transposed[rows], mode="r").R  # small; L Lᵀ would square the rounding errors
        left, singular, _ = torch.linalg.svd(triangle.mT)
        vectors.append(orient(left))
        values.append(functional.pad(singular, (0, units - len(singular))))
    return GlobalDimensions(_unflatten(vectors, batch), _unflatten(values, batch))


def _network_by_network(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., L, N)
    nonlinearity: Nonlinearity,
) -> tuple[torch.Size, list[tuple[Tensor, Tensor]]]:
    """Return the leading dimensions and the weights (N, N) and states (L, N) of one network after the other.

    Each is a float64 copy of its own: where a number lies in memory can change the last bit of a matrix product.
    """
    check_tensor("recurrent", recurrent, ("...", "N", "N"))
    check_tensor("states", states, ("...", "L", recurrent.shape[-1]))
    check_same_batch(recurrent=recurrent, states=states)
    check_nonlinearity(nonlinearity)
    batch = torch.Size(np.broadcast_shapes(recurrent.shape[:-2], states.shape[:-2]))

    def one_by_one(tensor: Tensor) -> list[Tensor]:
        flat = tensor.detach().double().expand(*batch, *tensor.shape[-2:]).reshape(-1, *tensor.shape[-2:])
        return [item.clone(memory_format=torch.contiguous_format) for item in flat]

    return batch, list(zip(one_by_one(recurrent), one_by_one(states), strict=True))


def _checked_step(step: float | None) -> float:
    if step is None:
        message = f"step is not given: impacts are those of Euler steps of dt/τ = {STEP}, as in Krause et al. 2022"
        warnings.warn(message, stacklevel=3)
        return STEP
    check_number("step", step, above=0)
    return float(step)


def _checked_limit(max_dimensions: int | None, units: int) -> int:
    if max_dimensions is None:
        return units
    check_count("max_dimensions", max_dimensions, least=1)
    return min(max_dimensions, units)


def _padded(found: Sequence[Found]) -> list[Found]:
    """Return the dimensions with zero directions and NaN impacts up to one common number of orders."""
    orders = max(local.impact.shape[-1] for local in found)

    def pad(tensor: Tensor, extra: int) -> Tensor:
        return functional.pad(tensor, (0, extra), value=torch.nan)

    return [
        Found(functional.pad(direction, (0, 0, 0, extra)), pad(impact, extra), pad(bound, extra))
        for direction, impact, bound in found
        for extra in [orders - impact.shape[-1]]
    ]


def _join_locations(found: Sequence[Found]) -> Found:
    return Found(*(torch.cat(parts) for parts in zip(*_padded(found), strict=True)))


def _stack_networks(found: Sequence[Found], batch: torch.Size) -> Found:
    return Found(*(_unflatten(parts, batch) for parts in zip(*_padded(found), strict=True)))


def _unflatten(tensors: Sequence[Tensor], batch: torch.Size) -> Tensor:
    return torch.stack(list(tensors)).reshape(*batch, *tensors[0].shape)
