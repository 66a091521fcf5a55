"""What the benchmarks share: rows of results, CPU times of ways that take turns, growth exponents, a test network.

CPU time, not time on the clock, and medians over rounds in which each way takes its turn, so that a machine shared with
others counts on all sides alike.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Row(NamedTuple):
    """One number of the table."""

    part: str
    quantity: str
    value: float
    unit: str


def rounds_of(ways: Mapping[Any, Callable[[], object]], rounds: int) -> dict[Any, list[float]]:
    """Return the CPU seconds of each way in every round."""
    times: dict[Any, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = process_time()
            way()
            times[name].append(process_time() - start)
    return times


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median over rounds of slow / fast, pair by pair."""
    return median(a / b for a, b in zip(slow, fast, strict=True))


def growth(part: str, of: str, unit: str, sizes: Sequence[int], times: Sequence[float]) -> Iterator[Row]:
    """Return the times by size and the exponent of their growth, by least squares in logarithms."""
    for size, time in zip(sizes, times, strict=True):
        yield Row(part, f"{of}, {unit} = {size}", time, "s")
    yield Row(part, f"{of}, exponent of {unit}", float(np.polyfit(np.log(sizes), np.log(times), 1)[0]), "")


def random_network(units: int, locations: int) -> tuple[Tensor, Tensor]:
    """Return a random matrix with a strong part of low rank, as training leaves it, and Gaussian states."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    return (normal(units, units) + normal(units, 3) @ normal(3, units)) / units**0.5, normal(locations, units)


def run(rows: Callable[[bool], Iterable[Row]]) -> None:
    """Write the rows of a part to standard output, as `benchmarks/run.py` reads them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    torch.set_num_threads(1)
    writer = csv.writer(sys.stdout)
    for row in rows(parser.parse_args().quick):
        writer.writerow(row)
        sys.stdout.flush()
