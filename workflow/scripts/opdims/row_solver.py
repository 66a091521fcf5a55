"""The row dimensions of one network, by the secular equation that their maximum solves; docs/method.md, "Rows".

L locations, N units, k dimensions found before. All is in the coordinates of the right singular vectors of W, in which
WᵀW is diagonal, and without the factor dt/τ.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

NEWTON_STEPS = 40  # five or six are used, except where the secular equation has no root
NEWTON_TOLERANCE = 1e-8  # of the direction; the last step is of second order, so its square remains
CERTIFICATE_TOLERANCE = 1e-10  # relative difference between impact and bound
POLE_TOLERANCE = 1e-6  # relative distance to an eigenvalue of WᵀW below which the fast resolvent loses too many digits
EPSILON = torch.finfo(torch.float64).eps


class Found(NamedTuple):
    """Row dimensions, in the order in which they are found."""

    direction: Tensor  # (..., L, K, N)
    impact: Tensor  # (..., L, K)
    bound: Tensor  # (..., L, K)


def row_dimensions(
    squared: Tensor,  # (N), the squared singular values of W, falling
    rates: Tensor,  # (L, N), r in the coordinates of the right singular vectors of W
    threshold: float,
    limit: int,
) -> Found:
    """Return direction (L, K, N), in the same coordinates, impact and bound (L, K), both without the factor dt/τ."""
    orders: list[tuple[Tensor, ...]] = []
    location = torch.arange(len(rates), device=rates.device)  # those that still run
    residual = rates  # r in the complement; projecting it order by order keeps the digits of its small rest
    basis = rates.new_zeros(len(rates), 0, rates.shape[-1])
    multiplier = (2 * squared[0]).expand(len(rates))
    rounding = rounding_of(squared[0].sqrt(), rates)
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
    return Found(direction, impacts, bounds)


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
        best[i], multiplier[i], bound[i] = best_direction(torch.diag(squared), residual[i], basis[i])
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


def best_direction(
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


def rounding_of(norm: Tensor, rates: Tensor) -> Tensor:
    """Return the impact (...) that is no more than rounding errors, from ‖W‖ and the rates (..., N)."""
    return rates.shape[-1] * EPSILON * norm * torch.linalg.vector_norm(rates, dim=-1)


def _impact(squared: Tensor, residual: Tensor, direction: Tensor) -> Tensor:
    """Return ‖W b‖ |bᵀ r| where WᵀW = diag(squared)."""
    return (squared * direction.square()).sum(dim=-1).sqrt() * (direction * residual).sum(dim=-1).abs()


def _project_out(vector: Tensor, basis: Tensor) -> Tensor:
    """Return the vector (..., N) without its components along the orthonormal rows of the basis (..., k, N)."""
    row = vector.unsqueeze(-2)
    return (row - (row @ basis.mT) @ basis).squeeze(-2)
