"""Time the performance sweep of one network and one reduction, beside the machine's plain matrix products.

    python benchmarks/performance_sweep.py [--task context_integration] [--repeats 5] [--threads 1]

Counts only the products with the recurrent matrix: as they are done (low ranks keep their factors), and as if every
reduced matrix were multiplied in full.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from opdims import evaluation
from opdims.network import initial_network
from opdims.reduction import reduce_columns
from opdims.sampling import internal_noise
from opdims.tasks.catalogue import TASKS

UNITS = 100
RANKS = [*range(31), *range(35, 101, 5)]
TRIALS = {"context_integration": 5, "sine_generation": 3}  # of each level


def main(task: str, repeats: int, threads: int) -> None:
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(1)
    kind = TASKS[task]
    network = initial_network(UNITS, kind.n_inputs, kind.n_outputs, generator)
    trials = kind.trials(TRIALS[task], dt=1.0, generator=generator)
    noise = internal_noise((*trials.inputs.shape[:-1], UNITS), 0.1, 1.0, generator)
    test = evaluation.Evaluation(network, trials, noise, step=0.1)
    directions = torch.linalg.qr(torch.randn(UNITS, UNITS, dtype=torch.float64, generator=generator)).Q
    factors = reduce_columns(network.recurrent, directions)

    columns, steps = test.noisy + test.quiet, len(test.drive)
    in_full = 2 * UNITS**2 * columns * steps * len(RANKS)
    done = 0
    for rank in RANKS:
        inner = 2 * rank if evaluation.keeps_factors(factors, rank) else UNITS
        done += 2 * UNITS * inner * columns * steps
    size = max(1, int(test.block_bytes // test.matrix_bytes))
    weights = torch.randn(size, UNITS, UNITS, dtype=torch.float64, generator=generator)
    rates = torch.randn(size, UNITS, columns, dtype=torch.float64, generator=generator)
    out = torch.empty_like(rates)

    sweeps, products = [], []
    for _ in range(repeats + 1):  # in turn, so that both meet the same machine; the first round warms up
        start = time.perf_counter()
        test.measure([factors], RANKS)
        middle = time.perf_counter()
        for _ in range(200):
            torch.bmm(weights, rates, out=out)
        sweeps.append(middle - start)
        products.append((time.perf_counter() - middle) / 200)
    sweep = statistics.median(sweeps[1:])
    plain = 2 * UNITS**2 * columns * size / statistics.median(products[1:]) / 1e9
    print(f"{task}: {len(RANKS)} ranks, {test.noisy} noisy and {test.quiet} quiet trials of {steps} steps, float64")
    print(f"{'sweep':<42}{sweep:8.2f} s")
    for name, count in (("products as they are done", done), ("products as if all were in full", in_full)):
        rate = count / sweep / 1e9
        print(f"{name:<42}{count / 1e9:8.1f} GFLOP {rate:7.1f} GFLOP/s {rate / plain:7.2f} of plain bmm")
    print(f"{'plain bmm of a block of ' + str(size):<42}{'':14} {plain:7.1f} GFLOP/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="context_integration")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    main(**vars(parser.parse_args()))
