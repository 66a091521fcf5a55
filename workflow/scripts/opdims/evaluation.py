"""How well reduced networks do the task: cost and state distance at every rank."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from opdims.network import Network, simulate, tanh
from opdims.reduction import Factors
from opdims.sampling import internal_noise
from opdims.seeding import make_generator
from opdims.storage import StoredNetwork
from opdims.tasks.base import Trials
from opdims.tasks.catalogue import TASKS

PROGRAM_BYTES = 500e6  # what Python and its libraries take before there is any data
CACHE_BYTES = 4e6  # matrices and states simulated together on a CPU; larger blocks fall out of its caches


class Performance(NamedTuple):
    """Performance of one network with each of its reduced matrices."""

    cost: Tensor  # (reduction, rank)
    state_distance: Tensor  # (reduction, rank)


class Evaluation:
    """The trials on which all reduced matrices of a network are measured.

    Cost is the mean squared error of the output over trials and scored steps, with input and internal noise, the same
    for every matrix. State distance is the mean over trials and steps of ‖r_full(t) − r_k(t)‖ without any noise.
    Trials that do not differ without noise are simulated once and weighted by their number.

    Source: Krause et al. 2022, Methods; docs/method.md, "Performance".
    """

    def __init__(
        self,
        network: Network,  # one, without batch dimensions: the full network
        trials: Trials,
        noise: Tensor,  # (T, S, N)
        *,
        step: float,  # dt / tau
        memory: float = float("inf"),  # bytes that the process may take
    ) -> None:
        """Prepare the drive of both kinds of trials and the full network's rates.

        Raises ValueError if `memory` does not hold these and the simulation of one matrix.
        """
        like = network.recurrent  # in dtype and device
        distinct, counts = trials.mean_inputs.unique(dim=0, return_counts=True)
        self.network, self.step, self.scored_from = network, step, trials.scored_from
        self.noisy, self.quiet = len(trials.inputs), len(distinct)
        steps, units = noise.shape[1:]
        size = like.element_size()
        # What is kept: drive, rates of the full network, and while they are made, noise, states and inputs.
        kept_bytes = size * steps * units * (2 * self.noisy + 4 * self.quiet)
        self.matrix_bytes = size * (2 * units**2 + 4 * units * (self.noisy + self.quiet))
        self.block_bytes = memory - PROGRAM_BYTES - kept_bytes
        if self.block_bytes < self.matrix_bytes:
            least = PROGRAM_BYTES + kept_bytes + self.matrix_bytes
            raise ValueError(
                f"memory: {memory / 1e6:.0f} MB do not hold the simulation of {self.noisy} trials of {steps} steps and "
                f"{units} units, expected {math.ceil(least / 1e6)} MB or more"
            )
        if like.device.type == "cpu":
            self.block_bytes = min(self.block_bytes, CACHE_BYTES)

        # Units before trials, so that one product W r serves all trials of a step.
        self.drive = like.new_empty(steps, units, self.noisy + self.quiet)  # dt/tau (B u + σ)
        drives = self.drive.permute(2, 0, 1)
        torch.add(trials.inputs.to(like) @ network.input.mT, noise.to(like), out=drives[: self.noisy])
        drives[self.noisy :] = distinct.to(like) @ network.input.mT
        self.drive *= step
        self.targets = trials.targets.to(like).permute(1, 2, 0)  # (S, n_outputs, T)
        self.function = trials.function
        self.weights = counts.to(like) / counts.sum()
        states = simulate(network, distinct.to(like), step=step)
        self.full_rates = like.new_empty(steps, units, self.quiet)
        self.full_rates[:] = tanh(states, out=states).permute(1, 2, 0)

    @classmethod
    def of_network(
        cls, network: StoredNetwork, *, repeats: int, seed: int, memory: float, device: torch.device
    ) -> "Evaluation":
        """Draw the trials and noise on which a stored network, and all that is made of it, is evaluated.

        Raises ValueError as the constructor does.
        """
        attributes = network.attributes
        generator = make_generator(seed, attributes.task, attributes.network, "evaluation")
        trials = TASKS[attributes.task].trials(repeats, dt=attributes.dt, generator=generator)
        shape = (*trials.inputs.shape[:-1], network.final.recurrent.shape[-1])
        noise = internal_noise(shape, attributes.noise_std, attributes.dt, generator)
        return cls(network.final.to(device), trials, noise, step=attributes.step, memory=memory)

    def measure(
        self,
        factors: Sequence[Factors],  # of every reduction, without batch dimensions
        ranks: Sequence[int],
    ) -> Performance:
        """Return the performance with the reduced matrix of every reduction and rank.

        All of them are simulated together, in blocks of neighbouring ranks that fit the memory.

        Raises ValueError if a rank is beyond the network's units.
        """
        error, distance = self._sweep(factors, ranks, quiet=self.quiet)
        return Performance(error.mean(-1), (distance * self.weights).sum(-1))

    def measure_functions(
        self,
        factors: Sequence[Factors],  # of every reduction, without batch dimensions
        ranks: Sequence[int],
    ) -> Tensor:
        """Return the cost (reduction, rank, function) on the trials of each of the task's functions alone.

        Raises ValueError if a rank is beyond the network's units.
        """
        error, _ = self._sweep(factors, ranks, quiet=0)
        members = self.function.to(error)
        return error @ (members / members.sum(0))

    def _sweep(self, factors: Sequence[Factors], ranks: Sequence[int], quiet: int) -> tuple[Tensor, Tensor]:
        """Return squared error and distance by trial, (reduction, rank, T) and (reduction, rank, quiet)."""
        units = self.network.recurrent.shape[-1]
        if not 0 <= min(ranks) <= max(ranks) <= units:
            raise ValueError(f"ranks go from {min(ranks)} to {max(ranks)}, expected 0 to {units}")
        candidates = sorted(
            ((rank, row, column) for row in range(len(factors)) for column, rank in enumerate(ranks)),
            key=lambda candidate: (keeps_factors(factors[candidate[1]], candidate[0]), candidate),
        )
        error, distance = (self.drive.new_empty(len(factors), len(ranks), count) for count in (self.noisy, quiet))
        size = max(1, int(self.block_bytes // self.matrix_bytes))
        for start in range(0, len(candidates), size):
            block = candidates[start : start + size]
            _, rows, columns = map(list, zip(*block, strict=True))
            place = rows, columns
            error[place], distance[place] = self._simulate([(factors[row], rank) for rank, row, _ in block], quiet)
        return error, distance

    def _simulate(self, block: Sequence[tuple[Factors, int]], quiet: int) -> tuple[Tensor, Tensor]:
        """Return error (M, T) and distance (M, quiet) of the network with each of M reduced matrices.

        They are means over steps; `quiet` is the number of quiet trials to simulate, all or none.
        """
        left, right = self._products(block)
        states = left.new_zeros(len(block), left.shape[-2], self.noisy + quiet)
        rates = torch.zeros_like(states)
        projected = rates if right is None else right.new_empty(len(block), right.shape[-2], rates.shape[-1])
        noisy_rates, quiet_rates = rates[..., : self.noisy], rates[..., self.noisy :]
        gap = torch.empty_like(quiet_rates, memory_format=torch.contiguous_format)
        readout = self.network.output.expand(len(block), -1, -1)
        error = left.new_zeros(len(block), readout.shape[-2], self.noisy)
        distance = left.new_zeros(len(block), quiet)
        drives = self.drive[..., : self.noisy + quiet]
        for t, (drive, full, target) in enumerate(zip(drives, self.full_rates, self.targets, strict=True)):
            if right is not None:
                torch.bmm(right, rates, out=projected)
            torch.add(drive, states, alpha=1 - self.step, out=states)
            states.baddbmm_(left, projected)
            tanh(states, out=rates)
            if quiet:
                torch.sub(quiet_rates, full, out=gap)
                distance += gap.square_().sum(-2).sqrt_()  # five times faster than vector_norm
            if t >= self.scored_from:
                error += (readout @ noisy_rates - target).square_()
        scored = len(self.drive) - self.scored_from
        return error.mean(-2) / scored, distance / len(self.drive)

    def _products(self, block: Sequence[tuple[Factors, int]]) -> tuple[Tensor, Tensor | None]:
        """Return (dt/τ) W_k (M, N, N) and None, or its two factors if all ranks of the block are low.

        Factors are padded with zeros to the largest rank of the block.
        """
        if not all(keeps_factors(*candidate) for candidate in block):
            return self.step * torch.stack([factors.matrix(rank) for factors, rank in block]), None
        units, widest = block[0][0].left.shape[-2], max(1, *(rank for _, rank in block))
        left = block[0][0].left.new_zeros(len(block), units, widest)
        right = left.new_zeros(len(block), widest, units)
        for index, (factors, rank) in enumerate(block):
            left[index, :, :rank] = self.step * factors.left[:, :rank]
            right[index, :rank] = factors.right[:rank]
        return left, right


def keeps_factors(factors: Factors, rank: int) -> bool:
    """Tell whether two products with the factors are faster than one with the matrix (seen up to a third of N)."""
    return factors.offset is None and 3 * rank <= factors.left.shape[-2]
