"""Gather the performance of all reductions, tasks and networks of an ensemble in one table."""

from typing import TYPE_CHECKING

from pipeline.datasets import read_networks
from pipeline.jobs import run
from pipeline.performance import KEY, MEASURED, read_chunk
from pipeline.tables import concatenate, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

NEEDS_INITIAL = "weight_change"  # the reduction that networks lack whose weights before training are not known


def main(
    performance: list[str],
    networks: list[str],
    table: str,
    parts: list[tuple[str, str, list[int]]],
    ranks: list[int],
) -> None:
    """Gather tables, of which each is about the task, reduction and networks that stand at its place in `parts`."""
    known = {(each.attributes.task, each.attributes.network): each for each in read_networks(networks)}
    read = []
    for path, (task, reduction, numbers) in zip(performance, parts, strict=True):
        for number in numbers:
            if (task, number) not in known:
                raise ValueError(f"{', '.join(networks)}: network {number} of {task} is missing, expected its file")
        own = {number: known[task, number] for number in numbers}
        if reduction == NEEDS_INITIAL:
            own = {number: network for number, network in own.items() if network.initial is not None}
        read.append(read_chunk(path, own, ranks).assign(task=task, reduction=reduction))
    write_table(table, concatenate(read, [*KEY, *MEASURED]).sort_values(KEY))


if __name__ == "__main__":
    run(main, snakemake)
