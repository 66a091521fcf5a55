"""Write the factors of every reduction of the networks of a chunk."""

from typing import TYPE_CHECKING

from opdims.devices import select_device
from opdims.reduction import reduce_all
from pipeline import datasets
from pipeline.jobs import run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    networks: list[str],
    states: str,
    columns: str,
    rows: str,
    reduced: list[str],
    device: str,
    reductions: list[str],
) -> None:
    place = select_device(device)
    sources = {
        "operative_columns": (columns, "global_direction"),
        "operative_rows": (rows, "global_direction"),
        "random_columns": (columns, "random_global_direction"),
        "random_rows": (rows, "random_global_direction"),
        "activity_components": (states, "activity_component"),
    }
    read = datasets.read_networks(networks)
    expected = [(each.attributes.task, each.attributes.network) for each in read]
    directions = {
        reduction: datasets.read_by_network([path], variable, expected, ("unit", "rank"))
        for reduction, (path, variable) in sources.items()
    }
    factors = {}
    for network in read:
        initial, attributes = network.initial, network.attributes
        factors[attributes.network] = reduce_all(
            network.final.recurrent.to(place),
            None if initial is None else initial.recurrent.to(place),
            {name: each[attributes.task, attributes.network].to(place) for name, each in directions.items()},
        )
    units = network.final.recurrent.shape[-1]
    for reduction, path in zip(reductions, reduced, strict=True):
        found = {number: each[reduction] for number, each in factors.items() if reduction in each}
        datasets.write_factors(path, found, attributes.task, reduction, units)


if __name__ == "__main__":
    run(main, snakemake)
