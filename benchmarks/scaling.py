"""How the cost of row dimensions and of the performance sweep grows with units, locations and ranks."""

from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.measuring import Row, growth, random_network, rounds_of, run
from benchmarks.performance_sweep import RANKS, random_case
from opdims.dimensions import local_row_dimensions, local_row_dimensions_plainly

LOCATIONS = 120


def rows(quick: bool) -> Iterator[Row]:
    end, rounds = (2, 1) if quick else (None, 3)
    units, locations, counts = (100, 200, 400, 800)[:end], (30, 60, 120, 240, 480)[:end], (5, 10, 20, 46)[:end]

    def medians(ways: dict[int, partial], rounds: int = rounds) -> list[float]:
        return [median(times) for times in rounds_of(ways, rounds).values()]

    networks = {size: random_network(size, LOCATIONS) for size in units}
    local_row_dimensions(*random_network(20, 2))  # loads the libraries
    times = medians({size: partial(local_row_dimensions, *network) for size, network in networks.items()})
    yield from growth("scaling", f"exact rows, {LOCATIONS} locations", "N", units, times)
    few = {size: partial(local_row_dimensions_plainly, w, x[:1]) for size, (w, x) in networks.items()}
    yield from growth("scaling", "rows by eigendecompositions, 1 location", "N", units, medians(few))
    states = {size: random_network(units[-1], size) for size in locations}
    times = medians({size: partial(local_row_dimensions, *network) for size, network in states.items()})
    yield from growth("scaling", f"exact rows, N = {units[-1]}", "locations", locations, times)

    sweeps = {size: random_case("sine_generation", size, 1) for size in units}
    # One third of the ranks keep their factors, in all sizes.
    ways = {size: partial(case.sweep, 1, [size // 10, size // 2, size - 1]) for size, case in sweeps.items()}
    yield from growth("scaling", "sweep of sine_generation, 51 trials, 3 ranks", "N", units, medians(ways, 1))
    chosen = {count: [RANKS[i * len(RANKS) // count] for i in range(count)] for count in counts}
    ways = {count: partial(sweeps[100].sweep, 1, ranks) for count, ranks in chosen.items()}
    yield from growth("scaling", "sweep of sine_generation, 51 trials, N = 100", "ranks", counts, medians(ways))


if __name__ == "__main__":
    run(rows)
