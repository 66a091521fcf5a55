"""Exact row dimensions against numerical optimisation and against one eigendecomposition a location and order."""

from collections.abc import Iterator
from statistics import median

import numpy as np
from scipy.optimize import minimize

from benchmarks.measuring import Row, random_network, ratio, rounds_of, run
from opdims.dimensions import local_row_dimensions, local_row_dimensions_plainly

STEP = 0.1
LOCATIONS = 120
STARTS = 10  # of the optimiser, for each order


def optimise(recurrent: np.ndarray, rates: np.ndarray, directions: np.ndarray) -> list[float]:
    """Return the largest impact of each order by L-BFGS from random starts, given the exact earlier directions."""
    rng = np.random.default_rng(0)
    impacts = []
    for order in range(len(directions)):
        complement = np.linalg.qr(directions[:order].T, mode="complete")[0][:, order:]
        weights, rest = recurrent @ complement, rates @ complement

        def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
            """Minus the logarithm of ‖W b‖ |bᵀ r| / ‖b‖², and its gradient."""
            drive = weights @ b  # noqa: B023
            along, length, squared = b @ rest, b @ b, drive @ drive  # noqa: B023
            gradient = weights.T @ drive / squared + rest / along - 2 * b / length  # noqa: B023
            return -(np.log(squared) / 2 + np.log(abs(along)) - np.log(length)), -gradient

        starts = rng.standard_normal((STARTS, len(rest)))
        impacts.append(STEP * max(np.exp(-minimize(loss, start, jac=True, method="L-BFGS-B").fun) for start in starts))
    return impacts


def rows(quick: bool) -> Iterator[Row]:
    part, rounds = "row_dimensions", 1 if quick else 3
    recurrent, states = random_network(100, LOCATIONS)
    found = local_row_dimensions(recurrent, states)
    orders = int(found.impact[0].isfinite().sum())
    arrays = recurrent.numpy(), states[0].tanh().numpy(), found.direction[0, :orders].numpy()
    times = rounds_of(
        {
            "fast": lambda: local_row_dimensions(recurrent, states),
            "one": lambda: local_row_dimensions(recurrent, states[:1]),
            "optimised": lambda: optimise(*arrays),
        },
        rounds,
    )
    shortfall = 1 - np.array(optimise(*arrays)) / found.impact[0, :orders].numpy()
    yield Row(part, f"N = 100: {LOCATIONS} locations", median(times["fast"]), "s")
    yield Row(part, f"one location, {orders} orders: exact", 1000 * median(times["one"]), "ms")
    name = f"one location: L-BFGS from {STARTS} starts an order"
    yield Row(part, f"{name} / exact", ratio(times["optimised"], times["one"]), "x")
    shared = [time / LOCATIONS for time in times["fast"]]
    yield Row(part, f"{name} / exact, a location of {LOCATIONS}", ratio(times["optimised"], shared), "x")
    yield Row(part, f"{name}: largest shortfall of its impact", shortfall.max(), "relative")
    for units, few in ((100, 10),) if quick else ((100, LOCATIONS), (800, 2)):
        recurrent, states = random_network(units, LOCATIONS)
        times = rounds_of(
            {
                "fast": lambda: local_row_dimensions(recurrent, states),  # noqa: B023
                "plain": lambda: local_row_dimensions_plainly(recurrent, states[:few]),  # noqa: B023
            },
            1 if units > 100 else rounds,
        )
        plain = [time * LOCATIONS / few for time in times["plain"]]
        scaled = "" if few == LOCATIONS else f", scaled from {few}"
        name = f"N = {units}, {LOCATIONS} locations: eigendecompositions"
        yield Row(part, f"{name}{scaled} / exact", ratio(plain, times["fast"]), "x")


if __name__ == "__main__":
    run(rows)
