"""Fixed and slow points of the autonomous dynamics under a constant input, and the linear dynamics around them.

Time is in units of τ throughout: τ dx/dt = F(x) = −x + W φ(x) + B u + b, where the input u, and so the drive
B u + b, is constant and there is no noise. A network in rate form has its fixed points at the same x.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from opdims.arguments import check_count, check_nonlinearity, check_number, check_same_batch, check_tensor
from opdims.nonlinearity import TANH, Nonlinearity

NUMBERS_AT_ONCE = 2**24  # the most that the Jacobians of several points hold (128 MiB of float64)
STALL = 10  # iterations within which a start must lower q by a hundredth, or it is given up
FIRST_DAMPING = 1.0  # in units of the speed; see `find_points`
LARGEST_DAMPING = 1e12
WIDER = ("relaxed", "scaled", "relaxed")  # searches, while the index of the fixed points shows that some are missing
SCALES = (0.25, 0.5, 0.75, 1.5)  # of starts, in a wider search
PUSH = 0.5  # off a fixed point, in a wider search
RELAXATION = 2000, 0.1  # steps, step / τ; 200 τ, longer than a trial


class Points(NamedTuple):
    """Points of state space, without duplicates, in an order of their own."""

    state: Tensor  # (P, N)
    speed: Tensor  # (P,), q(x) = ½‖F(x)‖²


class Search(NamedTuple):
    """How points are sought, and when they are one and the same."""

    slow_tolerance: float = 1e-4  # q of a slow point, in units of 1/τ²
    fixed_tolerance: float = 1e-24  # q of a fixed point
    slow_distance: float = 0.5  # between states, within which slow points are one
    fixed_distance: float = 1e-4  # within which fixed points are one
    iterations: int = 200  # at most


DEFAULT_SEARCH = Search()


class FoundPoints(NamedTuple):
    """What a search from many starts found."""

    fixed: Points  # q below the fixed tolerance
    slow: Points  # the first point on the way of each start with q below the slow tolerance
    arrived: int  # starts that reached a fixed point
    index_sum: int | None  # of the fixed points, Σ (−1)^(unstable directions): 1 if none is missing; none: φ unbounded


def velocity(
    recurrent: Tensor,  # (..., N, N)
    drive: Tensor,  # (..., N), B u + b
    states: Tensor,  # (..., P, N)
    nonlinearity: Nonlinearity = TANH,
) -> Tensor:
    """Return F(x) = −x + W φ(x) + B u + b (..., P, N), in units of 1/τ.

    Raises ValueError if the shapes do not fit together, or a value is not finite.
    """
    _check_dynamics(recurrent, states, nonlinearity)
    check_tensor("drive", drive, ("...", recurrent.shape[-1]))
    return _velocity(recurrent, drive, states, nonlinearity)


def _velocity(recurrent: Tensor, drive: Tensor, states: Tensor, nonlinearity: Nonlinearity) -> Tensor:
    return nonlinearity(states) @ recurrent.mT + drive[..., None, :] - states


def speed(velocities: Tensor) -> Tensor:  # (..., N)
    """Return q = ½‖F‖² (...) of velocities F (Sussillo and Barak 2013, Eq. 2.3)."""
    return velocities.square().sum(-1) / 2


def jacobian(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., P, N)
    nonlinearity: Nonlinearity = TANH,
) -> Tensor:
    """Return the Jacobian J = −I + W diag(φ′(x)) (..., P, N, N) of F, in units of 1/τ.

    Raises ValueError if the shapes do not fit together, or a value is not finite.
    """
    _check_dynamics(recurrent, states, nonlinearity)
    return _jacobian(recurrent, states, nonlinearity)


def _jacobian(recurrent: Tensor, states: Tensor, nonlinearity: Nonlinearity) -> Tensor:
    matrices = recurrent[..., None, :, :] * nonlinearity.slope(states)[..., None, :]
    matrices.diagonal(dim1=-2, dim2=-1).sub_(1)
    return matrices


def jacobian_eigenvalues(
    recurrent: Tensor,  # (..., N, N)
    states: Tensor,  # (..., P, N)
    nonlinearity: Nonlinearity = TANH,
) -> Tensor:
    """Return the eigenvalues of the Jacobian (..., P, N), complex, in units of 1/τ.

    They fall in their real parts; of a complex pair the eigenvalue with positive imaginary part comes first. Raises
    ValueError as `jacobian`.
    """
    _check_dynamics(recurrent, states, nonlinearity)
    parts = [torch.linalg.eigvals(_jacobian(recurrent, part, nonlinearity)) for part in _parts(states)]
    values = torch.cat(parts, dim=-2)
    values = values.gather(-1, values.imag.argsort(dim=-1, descending=True, stable=True))
    return values.gather(-1, values.real.argsort(dim=-1, descending=True, stable=True))


def find_points(
    recurrent: Tensor,  # (N, N), of one network: decompositions of a batch may differ in the last bit from those alone
    drive: Tensor,  # (N,), B u
    starts: Tensor,  # (M, N)
    search: Search = DEFAULT_SEARCH,
    nonlinearity: Nonlinearity = TANH,
) -> FoundPoints:
    """Return the fixed and the slow points that Levenberg–Marquardt reaches from the starts.

    Each start takes steps δ with (JᵀJ + μ‖F‖ I) δ = −JᵀF, accepted where they lower q = ½‖F‖², with μ quartered or
    quadrupled by how well J predicted the fall. Damping by ‖F‖ keeps convergence quadratic even where J is singular,
    as on a line attractor (Fan and Yuan 2005), and early steps short along slow directions: they fall onto the line,
    not along it, so that the *first* iterate below `slow_tolerance` lies next to the start and slow points show the
    line rather than the few fixed points on it. A start ends at a fixed point; at a minimum of q that is none (no fall
    by 1% in ten iterations); or after `iterations`. Where rates are bounded none can run away: q never rises, so that
    ‖x‖ ≤ ‖W φ(x) + B u + b‖ + √(2q) stays finite. Points far from all starts are kept: the fixed point that a limit
    cycle turns around is far from it.

    The tolerances were chosen on the published networks. ‖F‖ = √(2q) is a speed in units of 1/τ: at q = 1e-4 a state
    moves by 1.06 in the 75 τ of a stimulus, a tenth of the distance between the ends of the lines; the noise kicks by
    ‖σ‖ = 1. At q = 1e-24 fixed points are known to 1e-9 even along modes of 1000 τ; the rounding of F is at 1e-28.

    Points within the distances of each other are merged (see `merge`), so the order of the starts does not matter.
    ValueError is raised where the shapes do not fit together, a value is not finite, or a tolerance is negative.

    Source: Sussillo and Barak 2013, Section 2; Fan and Yuan 2005, Computing 74.
    """
    check_tensor("recurrent", recurrent, ("N", "N"))
    check_tensor("drive", drive, recurrent.shape[-1:])
    check_tensor("starts", starts, ("M", recurrent.shape[-1]), free=("M",))
    check_nonlinearity(nonlinearity)
    for name in ("slow_tolerance", "fixed_tolerance", "slow_distance", "fixed_distance"):
        check_number(f"search.{name}", getattr(search, name), least=0)
    check_count("search.iterations", search.iterations)
    recurrent, drive, state = recurrent.detach(), drive.detach(), starts.detach().clone()
    slow, fixed = torch.full_like(state, torch.nan), torch.full_like(state, torch.nan)
    damping = state.new_full((len(state),), FIRST_DAMPING)
    active = torch.arange(len(state), device=state.device)  # the starts under way
    force = _velocity(recurrent, drive, state, nonlinearity)
    q = speed(force)
    before = q.clone()
    for iteration in range(search.iterations + 1):
        first = active[(q[active] <= search.slow_tolerance) & slow[active, 0].isnan()]
        slow[first] = state[first]
        done = q[active] <= search.fixed_tolerance
        fixed[active[done]] = state[active[done]]
        going = ~done & (damping[active] < LARGEST_DAMPING)
        if iteration % STALL == 0 and iteration > 0:
            going &= q[active] < 0.99 * before[active]
            before = q.clone()
        active = active[going]
        if len(active) == 0 or iteration == search.iterations:
            break
        step, predicted = _damped_steps(recurrent, state[active], force[active], damping[active], nonlinearity)
        moved = state[active] + step
        moved_force = _velocity(recurrent, drive, moved, nonlinearity)
        moved_q = speed(moved_force)
        gain = (q[active] - moved_q) / predicted  # not a number where the step is not: never accepted
        accepted = gain > 1e-4
        change = torch.where(accepted & (gain > 0.25), 1.0, 4.0).to(state)
        damping[active] = (damping[active] * torch.where(gain > 0.75, 0.25, change)).clamp(min=1e-8)
        target = active[accepted]
        state[target], force[target], q[target] = moved[accepted], moved_force[accepted], moved_q[accepted]
    arrived = ~fixed[:, 0].isnan()

    slow = slow[~slow[:, 0].isnan()]
    return _found(recurrent, drive, fixed[arrived], slow, int(arrived.sum()), search, nonlinearity)


def find_points_of_inputs(
    recurrent: Tensor,  # (N, N)
    drives: Sequence[Tensor],  # (N,) each, B u + b of every input
    starts: Sequence[Tensor],  # (M, N) each, of every input
    search: Search = DEFAULT_SEARCH,
    nonlinearity: Nonlinearity = TANH,
) -> list[FoundPoints]:
    """Return the fixed and the slow points of every input, by `find_points`.

    A second search starts from what was found for all inputs: where points move with the input, those of one lead to
    those of the next, and a fixed point that trajectories circle at a distance is found for all inputs once it is found
    for one. Where the index of the fixed points is not 1, some are missing for certain (see `index_of`), and wider
    searches follow until it is: from where the network gets in 200 τ from the starts and from both sides of the fixed
    points along their leading directions; from the starts and fixed points, scaled; and from where the network gets
    once more. So the attractors at the ends of a line are found, which lie beyond the states that averages over trials
    visit. `arrived` counts the starts of the first search.

    Of an unbounded nonlinearity the index says nothing: there is one wider search, from where the network gets.

    Raises ValueError as `find_points`, and if there is not one list of starts for each drive, or none at all.
    """
    if not drives or len(drives) != len(starts):
        raise ValueError(
            f"drives has {len(drives)} inputs and starts {len(starts)}, expected as many, and at least one"
        )
    first = [find_points(recurrent, *each, search, nonlinearity) for each in zip(drives, starts, strict=True)]
    others = torch.cat([points.state for each in first for points in (each.fixed, each.slow)])
    result = []
    for drive, begun, found in zip(drives, starts, first, strict=True):

        def joined(known: FoundPoints, begin: Tensor, drive: Tensor = drive) -> FoundPoints:
            more = find_points(recurrent, drive, begin, search, nonlinearity)
            fixed = torch.cat([known.fixed.state, more.fixed.state])
            slow = torch.cat([known.slow.state, more.slow.state])
            return _found(recurrent, drive, fixed, slow, known.arrived, search, nonlinearity)

        found = joined(found, others)
        for kind in WIDER if nonlinearity.bounded else WIDER[:1]:
            if found.index_sum == 1:
                break
            around = torch.cat([begun, found.fixed.state])
            if kind == "scaled":
                wider = torch.cat([scale * around for scale in SCALES])
            else:
                wider = _relaxed(recurrent, drive, around, found.fixed.state, nonlinearity)
            found = joined(found, wider)
        result.append(found)
    return result


def index_of(recurrent: Tensor, states: Tensor, nonlinearity: Nonlinearity = TANH) -> int:  # (N, N), (P, N)
    """Return the sum over fixed points of sign det(−J) = (−1)^(number of unstable directions).

    Over *all* fixed points the sum is 1 if none is degenerate and φ is bounded: −F = x − (W φ(x) + B u + b) then points
    outwards on every large sphere (theorem of Poincaré and Hopf). Any other sum says that points are missing. Raises
    ValueError as `jacobian`.
    """
    _check_dynamics(recurrent, states, nonlinearity)
    signs = [torch.linalg.slogdet(-_jacobian(recurrent, part, nonlinearity)).sign for part in _parts(states)]
    return int(torch.cat(signs).sum())


def _check_dynamics(recurrent: Tensor, states: Tensor, nonlinearity: Nonlinearity) -> None:
    check_tensor("recurrent", recurrent, ("...", "N", "N"))
    check_tensor("states", states, ("...", "P", recurrent.shape[-1]), free=("P",))
    check_same_batch(recurrent=recurrent, states=states)
    check_nonlinearity(nonlinearity)


def _parts(states: Tensor) -> tuple[Tensor, ...]:  # (..., P, N)
    """Return states in parts, the Jacobians of one of which fit the memory."""
    return states.split(max(1, NUMBERS_AT_ONCE // states.shape[-1] ** 2), dim=-2)


def _relaxed(recurrent: Tensor, drive: Tensor, around: Tensor, fixed: Tensor, nonlinearity: Nonlinearity) -> Tensor:
    """Return where the network gets from the states `around`, and from both sides of the fixed points."""
    values, vectors = torch.linalg.eig(_jacobian(recurrent, fixed, nonlinearity))
    leading = values.real.argmax(-1)[:, None, None].expand(-1, fixed.shape[-1], 1)
    push = vectors.real.gather(-1, leading)[..., 0]
    push = PUSH * push / push.norm(dim=-1, keepdim=True)
    state = torch.cat([around, fixed + push, fixed - push])
    steps, step = RELAXATION
    for _ in range(steps):
        state = state + step * _velocity(recurrent, drive, state, nonlinearity)
    return state[state.isfinite().all(-1)]  # unbounded rates may grow without end


def _found(
    recurrent: Tensor,
    drive: Tensor,
    fixed: Tensor,
    slow: Tensor,
    arrived: int,
    search: Search,
    nonlinearity: Nonlinearity,
) -> FoundPoints:
    def points(states: Tensor, distance: float) -> Points:
        merged = merge(states, distance)
        return Points(merged, speed(_velocity(recurrent, drive, merged, nonlinearity)))

    kept = points(fixed, search.fixed_distance)
    index_sum = index_of(recurrent, kept.state, nonlinearity) if nonlinearity.bounded else None
    return FoundPoints(kept, points(slow, search.slow_distance), arrived, index_sum)


def _damped_steps(
    recurrent: Tensor,  # (N, N)
    state: Tensor,  # (M, N)
    force: Tensor,  # (M, N)
    damping: Tensor,  # (M,)
    nonlinearity: Nonlinearity,
) -> tuple[Tensor, Tensor]:
    """Return what `_damped_step` does, for as many starts at a time as fit the memory."""
    parts = _parts(state)
    sizes = [len(part) for part in parts]
    found = [
        _damped_step(_jacobian(recurrent, part, nonlinearity), *rest)
        for part, *rest in zip(parts, force.split(sizes), damping.split(sizes), strict=True)
    ]
    steps, falls = zip(*found, strict=True)
    return torch.cat(steps), torch.cat(falls)


def _damped_step(
    jacobians: Tensor,  # (M, N, N)
    force: Tensor,  # (M, N)
    damping: Tensor,  # (M,)
) -> tuple[Tensor, Tensor]:
    """Return the steps (M, N) of Levenberg–Marquardt, and by how much q falls if F is linear (M,)."""
    normal = jacobians.mT @ jacobians
    normal.diagonal(dim1=-2, dim2=-1).add_((damping * force.norm(dim=-1))[:, None])
    factor, failed = torch.linalg.cholesky_ex(normal)
    step = -torch.cholesky_solve(jacobians.mT @ force[..., None], factor)
    left = speed(force + (jacobians @ step)[..., 0])
    step = torch.where(failed[:, None] == 0, step[..., 0], torch.nan)
    return step, speed(force) - left


def merge(states: Tensor, distance: float) -> Tensor:  # (P, N)
    """Return the states without those that lie within `distance` of one kept before.

    States are taken in the order of their coordinates in units of `distance`, first unit first, so that neither the
    order in which they come nor their last bits decide which are kept. Raises ValueError unless the distance is above 0
    and the states are finite.
    """
    check_tensor("states", states, ("P", "N"), free=("P",))
    check_number("distance", distance, above=0)
    rounded = (states / distance).round()
    keys = torch.cat([rounded, states], dim=-1).cpu().numpy()
    order = np.lexsort(keys.T[::-1]) if len(states) else np.arange(0)
    rest = states[torch.from_numpy(order).to(states.device)]
    kept = []
    while len(rest):
        kept.append(rest[0])
        rest = rest[(rest - rest[0]).norm(dim=-1) > distance]
    return torch.stack(kept) if kept else rest
