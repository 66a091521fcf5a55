"""Local and global operative dimensions of a weight matrix.

One alphabet throughout: N units, L locations, K orders; a leading "..." is any number of batch dimensions, as a rule
the networks. Networks are taken one after the other, each in memory of its own, and only the locations of one network
share a matrix product: so a network's result is the same to the last bit whatever other networks share the call.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from opdims.geometry import orient
from opdims.network import tanh

NUMBERS_AT_ONCE = 2**24  # the most that an array of the row solver holds (128 MiB of float64)
NEWTON_STEPS = 40  # five or six are used, except where the secular equation has no root
NEWTON_TOLERANCE = 1e-8  # of the direction; the last step is of second order, so its square remains
CERTIFICATE_TOLERANCE = 1e-10  # relative difference between impact and bound
POLE_TOLERANCE = 1e-6  # relative distance to an eigenvalue of WᵀW below which the fast resolvent loses too many digits
EPSILON = torch.finfo(torch.float64).eps


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


class _Found(NamedTuple):
    direction: Tensor
    impact: Tensor
    bound: Tensor


class GlobalDimensions(NamedTuple):
    """Global operative dimensions, the most important first."""

    direction: Tensor  # (..., N, N), orthonormal columns q_1, q_2, …
    singular_value: Tensor  # (..., N), falling; zero beyond the number of local dimensions


def local_column_dimensions(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., L, N)
    *,
    step: float = 0.1,  # dt / tau
) -> LocalDimensions:
    """Return the column dimensions whose removal changes one Euler step most.

    At a state x the impact of removing a unit direction a from the columns of W is
    Δf(a) = (dt/τ) |aᵀ W tanh(x)|, so the only local dimension is W tanh(x), normalised.

    Returns direction (..., L, 1, N) and impact (..., L, 1), in float64; the impact is NaN and the direction zero where
    W tanh(x) vanishes.

    Raises ValueError if the shapes of `recurrent` and `states` do not fit together, or if a value is not finite.

    Source: Krause et al. 2022, Section 2; docs/method.md, "Columns".
    """
    batch, networks = _network_by_network(recurrent, states, step)
    drive = _unflatten([tanh(x) @ weights.mT for weights, x in networks], batch)
    length = torch.linalg.vector_norm(drive, dim=-1, keepdim=True)
    direction = torch.where(length > 0, drive / length, 0.0).unsqueeze(-2)
    impact = torch.where(length > 0, step * length, torch.nan)
    return LocalDimensions(direction, impact)


def local_row_dimensions(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., L, N)
    *,
    step: float = 0.1,  # dt / tau
    threshold: float = 1e-8,
    max_dimensions: int | None = None,
) -> CertifiedDimensions:
    """Return the row dimensions whose removal changes one Euler step most, each orthogonal to those before it.

    At a state x the impact of removing a unit direction b from the rows of W is Δf(b) = (dt/τ) ‖W b‖ |bᵀ tanh(x)|. With
    r = tanh(x) and M = WᵀW, both restricted to the complement of the dimensions already found, the global maximum is
    b ∝ (λI − M)⁻¹ r, where λ above the spectrum of M solves 2 S_1 = λ S_2 with S_m = rᵀ (λI − M)⁻ᵐ r.

    Returns direction (..., L, K, N), impact and bound (..., L, K), in float64. A location ends before the first
    dimension with Δf < `threshold` (or no larger than rounding errors); K is the largest number found at any location,
    at most `max_dimensions` (default N). Beyond a location's last dimension the impact is NaN and the direction zero.
    The bound (dt/τ) (λ/2) √S_1 holds for every direction in the complement, so impact = bound certifies the maximum.

    Raises ValueError if the shapes of `recurrent` and `states` do not fit together, if a value is not finite, or if
    `max_dimensions` is below 1.

    Source: Krause et al. 2022, Section 2, solved exactly; docs/method.md, "Rows".
    """
    batch, networks = _network_by_network(recurrent, states, step)
    units = recurrent.shape[-1]
    limit = _checked_limit(max_dimensions, units)
    at_once = max(1, NUMBERS_AT_ONCE // units**2)
    found = []
    for weights, x in networks:
        _, singular, right = torch.linalg.svd(weights)
        pieces = [
            _row_dimensions(singular.square(), rates, threshold / step, limit)
            for rates in (tanh(x) @ right.mT).split(at_once)
        ]
        direction, impact, bound = _join_locations(pieces)
        found.append(_Found(direction @ right, step * impact, step * bound))
    return CertifiedDimensions(*_stack_networks(found, batch))


def local_row_dimensions_plainly(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., L, N)
    *,
    step: float = 0.1,  # dt / tau
    threshold: float = 1e-8,
    max_dimensions: int | None = None,
) -> CertifiedDimensions:
    """Return what `local_row_dimensions` returns, by one eigendecomposition a location and order: slow and plain."""
    batch, networks = _network_by_network(recurrent, states, step)
    units = recurrent.shape[-1]
    limit = _checked_limit(max_dimensions, units)
    found = []
    for weights, x in networks:
        gram = weights.mT @ weights
        pieces = []
        for rates in tanh(x):
            basis, impacts, bounds = rates.new_zeros(0, units), [], []
            rounding = _rounding(torch.linalg.matrix_norm(weights, 2), rates)
            while len(basis) < limit:
                best, _, bound = _best_direction(gram, rates, basis)
                impact = torch.linalg.vector_norm(weights @ best) * (best @ rates).abs()
                if step * impact < threshold or impact <= rounding:
                    break
                basis = torch.cat([basis, best[None]])
                impacts.append(impact)
                bounds.append(bound)
            values = (rates.new_tensor(impacts), rates.new_tensor(bounds))
            pieces.append(_Found(*(t.unsqueeze(0) for t in (basis, *values))))
        direction, impact, bound = _join_locations(pieces)
        found.append(_Found(direction, step * impact, step * bound))
    return CertifiedDimensions(*_stack_networks(found, batch))


def global_dimensions(
    direction: Tensor,  # (..., L, K, N)
    impact: Tensor,  # (..., L, K)
) -> GlobalDimensions:
    """Return the left singular vectors and the singular values of L, whose columns are direction · impact.

    The columns run over all locations and orders; those with NaN impact contribute nothing. With fewer columns than
    units the basis is completed and the singular values are padded with zeros. The sign of each vector makes its
    largest entry positive.

    Returns direction (..., N, N), one dimension a column, and singular_value (..., N), in float64. A dimension's share
    of the variance is singular_value² over their sum.

    Raises ValueError if the shapes do not fit together, or if a direction or an impact (other than NaN) is not finite.

    Source: Krause et al. 2022, Section 2; docs/method.md, "Global dimensions".
    """
    if direction.ndim < 3 or direction.shape[:-1] != impact.shape or 0 in direction.shape[:-2]:
        raise ValueError(
            f"direction is {tuple(direction.shape)} and impact {tuple(impact.shape)}, "
            "expected (..., L, K, N) and (..., L, K) with at least one location"
        )
    weight = torch.where(impact.isnan(), 0.0, impact.double())
    _require_finite(direction=direction, impact=weight)
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


def _row_dimensions(
    squared: Tensor,  # (N), the squared singular values of W, falling
    rates: Tensor,  # (L, N), r in the coordinates of the right singular vectors of W
    threshold: float,
    limit: int,
) -> _Found:
    """Return direction (L, K, N), in the same coordinates, impact and bound (L, K), both without the factor dt/τ."""
    orders: list[tuple[Tensor, ...]] = []
    location = torch.arange(len(rates), device=rates.device)  # those that still run
    residual = rates  # r in the complement; projecting it order by order keeps the digits of its small rest
    basis = rates.new_zeros(len(rates), 0, rates.shape[-1])
    multiplier = (2 * squared[0]).expand(len(rates))
    rounding = _rounding(squared[0].sqrt(), rates)
    for _ in range(limit):
        ceiling = squared[0].sqrt() * torch.linalg.vector_norm(residual, dim=-1)  # ≥ ‖W b‖ |bᵀ r|
        running = (ceiling >= threshold) & (ceiling > rounding[location])
        location, residual, basis, multiplier = (t[running] for t in (location, residual, basis, multiplier))
        if not len(location):
            break
        best, multiplier, bound = _best_directions(squared, residual, basis, multiplier, threshold)
        impact = _impact(squared, residual, best)
        running = (impact >= threshold) & (impact > rounding[location])
        location, residual, basis, multiplier, best, impact, bound = (
            t[running] for t in (location, residual, basis, multiplier, best, impact, bound)
        )
        if not len(location):
            break
        orders.append((location, best, impact, bound))
        basis = torch.cat([basis, best.unsqueeze(-2)], dim=-2)
        residual = _project_out(_project_out(residual, basis), basis)
    direction = rates.new_zeros(len(rates), len(orders), rates.shape[-1])
    impacts = rates.new_full((len(rates), len(orders)), torch.nan)
    bounds = impacts.clone()
    for order, (location, best, impact, bound) in enumerate(orders):
        direction[location, order], impacts[location, order], bounds[location, order] = best, impact, bound
    return _Found(direction, impacts, bounds)


def _best_directions(
    squared: Tensor,  # (N), M = diag(squared)
    residual: Tensor,  # (L, N)
    basis: Tensor,  # (L, k, N), orthonormal rows, orthogonal to the residual
    start: Tensor,  # (L), λ of the order before
    threshold: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the best next direction (L, N), its λ (L) and its bound (L) at every location.

    Where the bound is below the threshold the direction is any. Locations whose maximum the fast solution does not
    certify are solved by an eigendecomposition each.
    """
    solution, multiplier, bound, solved = _solve_secular_equation(squared, residual, basis, start, threshold)
    best = solution / torch.linalg.vector_norm(solution, dim=-1, keepdim=True)
    for _ in range(2):
        best = _project_out(best, basis)
        best = best / torch.linalg.vector_norm(best, dim=-1, keepdim=True)
    distance = (multiplier.unsqueeze(-1) - squared).abs().amin(dim=-1)
    certified = (_impact(squared, residual, best) - bound).abs() <= CERTIFICATE_TOLERANCE * bound
    certified &= solved & (distance > POLE_TOLERANCE * multiplier)
    finished = solved & (bound < threshold)
    for i in (~certified & ~finished).nonzero().flatten():
        best[i], multiplier[i], bound[i] = _best_direction(torch.diag(squared), residual[i], basis[i])
    return best, multiplier, bound


def _solve_secular_equation(
    squared: Tensor,  # (N)
    residual: Tensor,  # (L, N)
    basis: Tensor,  # (L, k, N)
    start: Tensor,  # (L)
    threshold: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return y = (λI − M)⁻¹ r (L, N), λ (L), the bound (L) and whether λ solves 2 S_1 = λ S_2, all in the complement.

    Newton's method on F(λ) = 2 S_1/S_2 − λ, which rises with F' = 4 S_1 S_3/S_2² − 3 ≥ 1, inside a bracket that holds
    the root: with μ the largest eigenvalue in the complement, μ < λ ≤ 2μ, and μ is at least the (k+1)-th eigenvalue of
    M and at most the λ before. A location also counts as solved once its bound is below the threshold.
    """
    solution, multiplier = torch.zeros_like(residual), start.clone()
    bound, solved = torch.full_like(start, torch.inf), torch.zeros_like(start, dtype=torch.bool)
    location = torch.arange(len(start), device=start.device)  # those that still iterate
    low, high, trial = squared[basis.shape[-2]].expand_as(start), 2 * start, start
    for _ in range(NEWTON_STEPS):
        y, z, feasible = _resolve_twice(squared, residual, basis, trial)
        s1, s2, s3 = ((a * b).sum(dim=-1) for a, b in ((y, residual), (y, y), (y, z)))
        excess = 2 * s1 / s2 - trial
        move = -excess / (4 * s1 * s3 / s2.square() - 3)
        highest = trial / 2 * s1.sqrt()
        turn = move.abs() * torch.linalg.vector_norm(z, dim=-1) / s2.sqrt()  # by which y would turn
        ends = feasible & ((turn <= NEWTON_TOLERANCE) | (highest < threshold))
        if ends.any():
            done, taken = location[ends], move[ends]
            solution[done] = y[ends] - taken.unsqueeze(-1) * z[ends]  # y at trial + move, to second order
            multiplier[done], bound[done], solved[done] = trial[ends] + taken, highest[ends], True
        above = feasible & (excess >= 0)
        low, high = torch.where(above, low, trial), torch.where(above, trial, high)
        newton = trial + move
        trial = torch.where(feasible & (newton > low) & (newton < high), newton, (low + high) / 2)
        if ends.any():
            location, low, high, trial, residual, basis = (
                t[~ends] for t in (location, low, high, trial, residual, basis)
            )
            if not len(location):
                break
    return solution, multiplier, bound, solved


def _resolve_twice(
    squared: Tensor,  # (N)
    residual: Tensor,  # (L, N)
    basis: Tensor,  # (L, k, N)
    multiplier: Tensor,  # (L)
) -> tuple[Tensor, Tensor, Tensor]:
    """Return y = (λI − M)⁻¹ r, z = (λI − M)⁻² r (L, N) and whether λ is above M (L), in the complement of the basis.

    With R = (λ − diag(squared))⁻¹ the resolvent in the complement is R − R Bᵀ (B R Bᵀ)⁻¹ B R. By the additivity of
    inertia λI − M is positive definite there if and only if B R Bᵀ has as many negative eigenvalues as R.
    """
    gap = multiplier.unsqueeze(-1) - squared
    resolvent = 1 / torch.where(gap == 0, EPSILON * multiplier.unsqueeze(-1), gap)
    negative = (resolvent < 0).sum(dim=-1)
    if basis.shape[-2] == 0:
        y = resolvent * residual
        return y, resolvent * y, negative == 0
    weighted = basis * resolvent.unsqueeze(-2)
    factor, pivots, _ = torch.linalg.ldl_factor_ex(weighted @ basis.mT)
    single = (factor.diagonal(dim1=-2, dim2=-1) < 0) & (pivots > 0)
    pairs = (pivots < 0).sum(dim=-1) // 2  # each 2×2 block of the pivoting has one negative eigenvalue

    def resolve(vector: Tensor) -> Tensor:
        inner = torch.linalg.ldl_solve(factor, pivots, (vector.unsqueeze(-2) @ weighted.mT).mT)
        return resolvent * vector - (inner.mT @ weighted).squeeze(-2)  # vectors as rows: much faster than as columns

    y = resolve(residual)
    return y, resolve(y), single.sum(dim=-1) + pairs == negative


def _best_direction(
    gram: Tensor,  # (N, N), M
    rates: Tensor,  # (N)
    basis: Tensor,  # (k, N), orthonormal rows
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the unit direction b (N) of largest ‖W b‖ |bᵀ r| orthogonal to the basis, its λ and its bound.

    One location and order, from the eigendecomposition in the complement; every degenerate case is met here.
    """
    complement = torch.linalg.qr(basis.mT, mode="complete")[0][:, len(basis) :]
    compressed = complement.mT @ gram @ complement
    eigenvalues, vectors = torch.linalg.eigh((compressed + compressed.mT) / 2)
    residual = _project_out(_project_out(rates, basis), basis)
    weights = vectors.mT @ (complement.mT @ residual)
    largest, length = eigenvalues[-1], torch.linalg.vector_norm(weights)
    if largest <= 0 or length == 0:  # W or r vanishes in the complement: no direction has an impact
        return complement @ vectors[:, -1], largest.clamp(min=0), torch.zeros_like(largest)
    gap = (largest - eigenvalues) / largest  # in units of the largest eigenvalue: λ − μ_i = δ + gap_i, λ = 1 + δ
    weights = weights / length
    top = gap <= 4 * EPSILON
    if torch.linalg.vector_norm(weights[top]) <= 4 * EPSILON:  # rounding errors, no component of r
        weights = torch.where(top, 0.0, weights)

    def secular(delta: Tensor) -> Tensor:  # λ S_2 − 2 S_1, which falls through zero once
        return ((1 - delta - 2 * gap) * (weights / (delta + gap)).square()).sum(dim=-1)

    low, high = gap.new_tensor([2 * math.log(EPSILON), 0.0])  # of log δ
    if secular(low.exp()) > 0:
        for _ in range(12):  # each round cuts the interval by 63
            trials = low + (high - low) * torch.linspace(0, 1, 64, dtype=gap.dtype, device=gap.device)
            last = (secular(trials.exp().unsqueeze(-1)) > 0).sum().clamp(1, 63) - 1
            low, high = trials[last], trials[last + 1]
        delta = high.exp()
        solution = weights / (delta + gap)
        best = solution / torch.linalg.vector_norm(solution)
    else:  # the hard case: λ is the largest eigenvalue, whose eigenvector u fills the missing part of p = λ/2
        delta = torch.zeros_like(largest)
        solution = torch.where(gap > 0, weights / gap, 0.0)
        cosine = (solution.square().sum() / (2 * (solution * weights).sum())).clamp(max=1).sqrt()
        best = cosine * solution / torch.linalg.vector_norm(solution)
        best[-1] = (1 - cosine.square()).sqrt()
    multiplier = largest * (1 + delta)
    bound = multiplier / 2 * length * ((solution * weights).sum() / largest).sqrt()
    direction = complement @ (vectors @ best)
    return direction / torch.linalg.vector_norm(direction), multiplier, bound


def _rounding(norm: Tensor, rates: Tensor) -> Tensor:
    """Return the impact (...) that is no more than rounding errors, from ‖W‖ and the rates (..., N)."""
    return rates.shape[-1] * EPSILON * norm * torch.linalg.vector_norm(rates, dim=-1)


def _impact(squared: Tensor, residual: Tensor, direction: Tensor) -> Tensor:
    """Return ‖W b‖ |bᵀ r| where WᵀW = diag(squared)."""
    return (squared * direction.square()).sum(dim=-1).sqrt() * (direction * residual).sum(dim=-1).abs()


def _project_out(vector: Tensor, basis: Tensor) -> Tensor:
    """Return the vector (..., N) without its components along the orthonormal rows of the basis (..., k, N)."""
    row = vector.unsqueeze(-2)
    return (row - (row @ basis.mT) @ basis).squeeze(-2)


def _network_by_network(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., L, N)
    step: float,
) -> tuple[torch.Size, list[tuple[Tensor, Tensor]]]:
    """Return the leading dimensions and the weights (N, N) and states (L, N) of one network after the other.

    Each is a float64 copy of its own: where a number lies in memory can change the last bit of a matrix product.
    """
    if recurrent.ndim < 2 or recurrent.shape[-1] != recurrent.shape[-2]:
        raise ValueError(f"recurrent is {tuple(recurrent.shape)}, expected (..., N, N)")
    units = recurrent.shape[-1]
    if states.ndim < 2 or states.shape[-1] != units:
        raise ValueError(f"states is {tuple(states.shape)}, expected (..., L, {units}) to fit recurrent")
    try:
        batch = torch.Size(np.broadcast_shapes(recurrent.shape[:-2], states.shape[:-2]))  # torch's loads half a second
    except ValueError:
        shapes = f"recurrent {tuple(recurrent.shape)} and states {tuple(states.shape)}"
        raise ValueError(f"{shapes} differ in their leading dimensions") from None
    if not batch.numel() * states.shape[-2] * units:
        raise ValueError(f"recurrent {tuple(recurrent.shape)} and states {tuple(states.shape)} hold no location")
    if not step > 0:
        raise ValueError(f"step is {step}, expected dt / tau > 0")
    _require_finite(recurrent=recurrent, states=states)

    def one_by_one(tensor: Tensor) -> list[Tensor]:
        flat = tensor.detach().double().expand(*batch, *tensor.shape[-2:]).reshape(-1, *tensor.shape[-2:])
        return [item.clone(memory_format=torch.contiguous_format) for item in flat]

    return batch, list(zip(one_by_one(recurrent), one_by_one(states), strict=True))


def _require_finite(**tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds values that are not finite")


def _checked_limit(max_dimensions: int | None, units: int) -> int:
    if max_dimensions is None:
        return units
    if max_dimensions < 1:
        raise ValueError(f"max_dimensions is {max_dimensions}, expected at least 1")
    return min(max_dimensions, units)


def _padded(found: Sequence[_Found]) -> list[_Found]:
    """Return the dimensions with zero directions and NaN impacts up to one common number of orders."""
    orders = max(local.impact.shape[-1] for local in found)

    def pad(tensor: Tensor, extra: int) -> Tensor:
        return functional.pad(tensor, (0, extra), value=torch.nan)

    return [
        _Found(functional.pad(direction, (0, 0, 0, extra)), pad(impact, extra), pad(bound, extra))
        for direction, impact, bound in found
        for extra in [orders - impact.shape[-1]]
    ]


def _join_locations(found: Sequence[_Found]) -> _Found:
    return _Found(*(torch.cat(parts) for parts in zip(*_padded(found), strict=True)))


def _stack_networks(found: Sequence[_Found], batch: torch.Size) -> _Found:
    return _Found(*(_unflatten(parts, batch) for parts in zip(*_padded(found), strict=True)))


def _unflatten(tensors: Sequence[Tensor], batch: torch.Size) -> Tensor:
    return torch.stack(list(tensors)).reshape(*batch, *tensors[0].shape)
