"""How well reduced networks do the task: cost and state distance at every rank."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from opdims.arguments import check_count, check_number, check_tensor
from opdims.footprint import PROGRAM_BYTES, TRIALS_AT_ONCE, evaluation_footprint
from opdims.losses import LOSSES, normalised
from opdims.network import Network, check_network, rates_of, simulate, start_of
from opdims.reduction import Factors, check_factors
from opdims.sampling import internal_noise
from opdims.seeding import TaskGenerator, make_generator
from opdims.storage import StoredNetwork
from opdims.task import CompleteTrials, Task, draw_trials

CACHE_BYTES = 4e6  # matrices and states simulated together on a CPU; larger blocks fall out of its caches
SAME_MATRIX = 1e-12  # difference, relative to the largest weight, up to which a matrix of rank N is the full one

Candidate = tuple[Factors | None, int]  # a reduced matrix: factors and rank; none: the full matrix itself


class Performance(NamedTuple):
    """Performance of one network with each of its reduced matrices."""

    cost: Tensor  # (reduction, rank); NaN where the network has no output or the trials no targets
    state_distance: Tensor  # (reduction, rank); infinite, as the cost, where the reduced network grows without end


class Stage(NamedTuple):
    """Steps through which the same trials run side by side."""

    drive: Tensor  # (S, N, T), B u + b + σ, in current form times dt/τ
    reference: Tensor  # (S, n, T), what is compared with: the targets (n_outputs) or the full network's rates (N)
    origin: Tensor  # (T), the trial of the stage before that each one continues; 0 in the first


class Evaluation:
    """The trials on which all reduced matrices of a network are measured.

    Cost is the task's loss, a mean over trials and a weighted one over steps, with input and internal noise, the same
    for every matrix. State distance is the mean over trials and steps of ‖r_full(t) − r_k(t)‖ without any noise, on the
    rates (in rate form, h). Reduced networks run in their own form.
    Trials that do not differ without noise are simulated once and weighted by their number, and so is what they share
    before they differ. A matrix that several reductions have in common, at rank 0 and N, is simulated once.

    Source: Krause et al. 2022, Methods; docs/method.md, "Performance".
    """

    def __init__(
        self,
        network: Network,  # one, without batch dimensions: the full network
        trials: CompleteTrials,
        noise: Tensor | None = None,  # (T, S, N), σ in the trials that cost is measured on; none: zero
        *,
        step: float,  # dt / tau
        loss: str = "squared_error",
        memory: float = float("inf"),  # bytes that the process may take
    ) -> None:
        """Prepare the drive of both kinds of trials and the full network's rates.

        Raises ValueError if network, trials and noise do not fit together, if a value is not finite, if there is no
        such loss, or if `memory` does not hold these and the simulation of one matrix.
        """
        check_network(network)
        network = network.map(Tensor.detach)
        check_number("step", step, above=0)
        check_tensor("network.recurrent", network.recurrent, ("N", "N"))
        shape = (*trials.inputs.shape[:2], network.recurrent.shape[-1])
        if noise is not None:
            check_tensor("noise", noise, shape)
        if loss not in LOSSES:
            raise ValueError(f"loss is {loss!r}, expected one of {', '.join(LOSSES)}")
        like = network.recurrent  # in dtype and device
        n_outputs = network.output.shape[-2]
        targets = trials.targets if n_outputs else None
        self.has_cost = targets is not None
        if targets is not None and targets.shape[-1] != n_outputs:
            raise ValueError(f"targets have {targets.shape[-1]} channels, the network has {n_outputs} outputs")
        distinct, counts = distinct_trials(torch.from_numpy(trials.mean_inputs))
        noisy, quiet, pieces = len(trials.inputs), len(distinct), math.ceil(len(trials.inputs) / TRIALS_AT_ONCE)
        steps, units = trials.inputs.shape[1], like.shape[-1]
        footprint = evaluation_footprint(noisy, quiet, steps, units, like.element_size())
        self.matrix_bytes = footprint.matrix
        self.block_bytes = memory - PROGRAM_BYTES - footprint.kept
        if self.block_bytes < self.matrix_bytes:
            raise ValueError(
                f"memory: {memory / 1e6:.0f} MB do not hold the simulation of {noisy} trials of {steps} steps and "
                f"{units} units, expected {math.ceil(footprint.least / 1e6)} MB or more"
            )
        if like.device.type == "cpu":
            self.block_bytes = min(self.block_bytes, CACHE_BYTES)

        self.network, self.step, self.loss = network, step, LOSSES[loss]
        self.step_weights = normalised(torch.from_numpy(trials.weights)).tolist()
        self.noisy: list[Stage] = []
        if targets is not None:
            tensors = [torch.from_numpy(trials.inputs), torch.from_numpy(targets), *([] if noise is None else [noise])]
            parts = (each.to(like).chunk(pieces) for each in tensors)
            self.noisy = [self._stage(*part) for part in zip(*parts, strict=True)]
        inputs = distinct.to(like)
        rates = rates_of(network, simulate(network, inputs, step=step), step=step)
        if not rates.isfinite().all():
            raise ValueError(
                "the rates of the full network are not finite, expected one that does not grow without end"
            )
        branching, first, origin = shared_beginning(distinct.to(like.device))
        self.quiet = [self._stage(inputs[:, branching:], rates[:, branching:])]
        if branching:
            beginning = self._stage(inputs[first, :branching], rates[first, :branching])
            self.quiet = [beginning, self.quiet[0]._replace(origin=origin)]
        self.function = torch.from_numpy(trials.function)
        self.weights = counts.to(like) / counts.sum()

    @classmethod
    def of_network(
        cls, network: StoredNetwork, task: Task, *, repeats: int, seed: int, memory: float, device: torch.device
    ) -> "Evaluation":
        """Draw trials of its task and the noise on which a stored network, and all that is made of it, is evaluated.

        Raises ValueError as the constructor does, and if `repeats` is below 1.
        """
        check_count("repeats", repeats, least=1)
        attributes = network.attributes
        generator = make_generator(seed, attributes.task, attributes.network, "evaluation")
        trials = draw_trials(task, repeats, dt=attributes.dt, rng=TaskGenerator(generator))
        shape = (*trials.inputs.shape[:-1], network.final.recurrent.shape[-1])
        noise = internal_noise(shape, attributes.noise_std, attributes.dt, generator)
        return cls(network.final.to(device), trials, noise, step=attributes.step, loss=task.loss, memory=memory)

    def measure(
        self,
        factors: Sequence[Factors],  # of every reduction, without batch dimensions
        ranks: Sequence[int],
    ) -> Performance:
        """Return the performance with the reduced matrix of every reduction and rank.

        All of them are simulated together, in blocks of neighbouring ranks that fit the memory.

        Raises ValueError if a rank is beyond the network's units.
        """
        candidates, place = self._candidates(factors, ranks)
        cost = self._costs(candidates).mean(-1)
        distance = self._sweep(candidates, self._distances).nan_to_num(nan=torch.inf, posinf=torch.inf) @ self.weights
        return Performance(cost[place], distance[place])

    def measure_functions(
        self,
        factors: Sequence[Factors],  # of every reduction, without batch dimensions
        ranks: Sequence[int],
    ) -> Tensor:
        """Return the cost (reduction, rank, function) on the trials of each of the task's functions alone.

        Raises ValueError if a rank is beyond the network's units.
        """
        candidates, place = self._candidates(factors, ranks)
        cost = self._costs(candidates)
        members = self.function.to(cost)
        share, grows = members / members.sum(0), cost.isinf()
        means = cost.masked_fill(grows, 0.0) @ share  # a cost that is infinite is one of its own functions alone
        return means.masked_fill(grows.to(cost) @ members > 0, torch.inf)[place]

    def _costs(self, candidates: Sequence[Candidate]) -> Tensor:
        """Return the cost (M, T) of each candidate in each noisy trial."""
        if not self.has_cost:
            return self.weights.new_full((len(candidates), len(self.function)), torch.nan)
        return self._sweep(candidates, self._errors).nan_to_num(nan=torch.inf, posinf=torch.inf)

    def _stage(
        self,
        inputs: Tensor,  # (T, S, n_inputs)
        reference: Tensor,  # (T, S, n)
        noise: Tensor | None = None,  # (T, S, N)
    ) -> Stage:
        """Return a first stage. Units stand before trials, so that one product W r serves all trials of a step."""
        drive = inputs.new_empty(inputs.shape[1], len(self.network.recurrent), len(inputs))
        by_trial = drive.permute(2, 0, 1)
        by_trial[:] = inputs @ self.network.input.mT
        if self.network.bias is not None:
            by_trial += self.network.bias
        if noise is not None:
            by_trial += noise
        if self.network.equation == "current":
            drive *= self.step
        origin = torch.zeros(len(inputs), dtype=torch.int64, device=inputs.device)
        return Stage(drive, reference.permute(1, 2, 0).contiguous(), origin)

    def _candidates(self, factors: Sequence[Factors], ranks: Sequence[int]) -> tuple[list[Candidate], Tensor]:
        """Return the different matrices, by rank, and which of them each (reduction, rank) has."""
        full = self.network.recurrent
        units = len(full)
        if not factors or not ranks:
            raise ValueError(f"there are {len(factors)} factors and {len(ranks)} ranks, expected at least one of each")
        for each in factors:
            check_factors(each, units)
            check_tensor("factors.left", each.left, (units, units))
        for rank in ranks:
            check_count("rank", rank, most=units)
        found: dict[tuple[bool, int, int], Candidate] = {}
        keys = []
        for row, each in enumerate(factors):
            complete = (each.matrix(units) - full).abs().max() <= SAME_MATRIX * full.abs().max()
            for rank in ranks:
                shared = (rank == 0 and each.offset is None) or (rank == units and complete)
                keys.append((keeps_factors(each, rank), rank, -1 if shared else row))
                found.setdefault(keys[-1], (None if shared and rank == units else each, rank))
        number = {key: index for index, key in enumerate(sorted(found))}
        place = torch.tensor([number[key] for key in keys], device=full.device).reshape(len(factors), len(ranks))
        return [found[key] for key in number], place

    def _sweep(self, candidates: Sequence[Candidate], measure: Callable[[Sequence[Candidate]], Tensor]) -> Tensor:
        """Return what `measure` finds for each candidate (M, T), in blocks that fit the memory."""
        size = max(1, int(self.block_bytes // self.matrix_bytes))
        return torch.cat([measure(candidates[start : start + size]) for start in range(0, len(candidates), size)])

    def _errors(self, block: Sequence[Candidate]) -> Tensor:
        """Return the loss (M, T) of each noisy trial, a weighted mean over steps."""
        readout, bias = self.network.output.expand(len(block), -1, -1), self.network.output_bias
        errors = []
        for piece in self.noisy:
            output = readout.new_empty(*readout.shape[:2], piece.drive.shape[-1])
            error = output.new_zeros(len(block), output.shape[-1])
            steps = zip(self._rates(block, [piece]), piece.reference, self.step_weights, strict=True)
            for rates, target, weight in steps:
                if weight:
                    multiply(readout, rates, out=output)
                    if bias is not None:
                        output += bias[:, None]
                    error.add_(self.loss(output, target, dim=-2), alpha=weight)
            errors.append(error)
        return torch.cat(errors, dim=-1)

    def _distances(self, block: Sequence[Candidate]) -> Tensor:
        """Return the distance (M, T) from the full network in each quiet trial, a mean over steps."""
        distance = self.weights.new_zeros(len(block), 1)
        simulated = self._rates(block, self.quiet)
        for stage in self.quiet:
            distance = distance[:, stage.origin]
            for full, rates in zip(stage.reference, simulated, strict=False):  # the next stage takes the other rates
                distance += (rates - full).square_().sum(-2).sqrt_()  # five times faster than vector_norm
        return distance / sum(len(stage.drive) for stage in self.quiet)

    def _rates(self, block: Sequence[Candidate], stages: Sequence[Stage]) -> Iterator[Tensor]:
        """Yield the rates (M, N, T) of the network with each of M reduced matrices after every step of the stages.

        They are good until the next step, which overwrites them.
        """
        left, right = self._products(block)
        start = start_of(self.network, step=self.step)
        states, rates = (each[:, None].expand(len(block), -1, -1).contiguous() for each in start)
        for stage in stages:
            states, rates = (each.index_select(-1, stage.origin) for each in (states, rates))
            current = torch.empty_like(states)  # W_k r, in current form times dt/τ
            projected = rates if right is None else right.new_empty(len(block), right.shape[-2], rates.shape[-1])
            for drive in stage.drive:
                if right is not None:
                    multiply(right, rates, out=projected)
                multiply(left, projected, out=current)
                if self.network.equation == "current":
                    torch.add(drive, states, alpha=1 - self.step, out=states)
                    states += current
                    self.network.nonlinearity(states, out=rates)
                else:
                    current += drive
                    self.network.nonlinearity(current, out=states)
                    rates.mul_(1 - self.step).add_(states, alpha=self.step)
                yield rates

    def _products(self, block: Sequence[Candidate]) -> tuple[Tensor, Tensor | None]:
        """Return W_k (M, N, N) and None, or its two factors if all ranks of the block are low.

        In current form W_k is multiplied by dt/τ. Factors are padded with zeros to the largest rank of the block.
        """
        full, scale = self.network.recurrent, self.step if self.network.equation == "current" else 1.0
        low = [(factors, rank) for factors, rank in block if factors is not None and keeps_factors(factors, rank)]
        if len(low) < len(block):
            return scale * torch.stack([full if each is None else each.matrix(rank) for each, rank in block]), None
        left = full.new_zeros(len(block), len(full), max(1, *(rank for _, rank in low)))
        right = torch.zeros_like(left.mT, memory_format=torch.contiguous_format)
        for index, (factors, rank) in enumerate(low):
            left[index, :, :rank] = scale * factors.left[:, :rank]
            right[index, :rank] = factors.right[:rank]
        return left, right


def keeps_factors(factors: Factors, rank: int) -> bool:
    """Tell whether two products with the factors are faster than one with the matrix (seen up to two fifths of N)."""
    return factors.offset is None and 5 * rank <= 2 * factors.left.shape[-2]


def multiply(left: Tensor, right: Tensor, *, out: Tensor) -> None:
    """Write the products left @ right (M, n, T) of matrices (M, n, N) and (M, N, T) to `out`.

    On the CPU by NumPy: at a hundred rows its OpenBLAS is up to twice as fast as torch's MKL (seen on AMD).
    """
    if out.device.type == "cpu":
        np.matmul(left.numpy(), right.numpy(), out=out.numpy())
    else:
        torch.bmm(left, right, out=out)


def distinct_trials(inputs: Tensor) -> tuple[Tensor, Tensor]:  # (T, S, n)
    """Return the different trials, in lexicographic order, and how often each occurs."""
    if inputs.shape[-1] == 0:  # all are alike, and torch compares nothing that has no numbers
        return inputs[:1], torch.tensor([len(inputs)])
    return inputs.unique(dim=0, return_counts=True)


def shared_beginning(
    inputs: Tensor,  # (T, S, n), in lexicographic order
) -> tuple[int, Tensor, Tensor]:
    """Return a step before which a few of the different trials stand for all, these few, and which each trial (T) has.

    In lexicographic order trials that begin alike are neighbours. Of all steps it is the one that saves most; 0 if none
    does.
    """
    differs = (inputs[1:] != inputs[:-1]).any(-1)  # (T - 1, S), from the trial before
    leaves = differs.int().argmax(-1)  # the first step at which it does
    steps = [0, *sorted(set(leaves.tolist()))]
    saved = [step * int((leaves >= step).sum()) for step in steps]
    step = steps[saved.index(max(saved))]
    new = torch.cat([leaves.new_ones(1), (leaves < step).to(leaves)])
    return step, new.nonzero().flatten(), new.cumsum(0) - 1
