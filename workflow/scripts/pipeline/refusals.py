"""What is said at the end of a run of networks that have not learnt their task."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path

from pipeline.acceptance import refusal
from pipeline.settings import Settings, built_ensembles, ensemble_settings, ensemble_tasks, network_numbers


def refused_networks(config: Settings, network: str, weights: str, history: str) -> list[tuple[str, str, int]]:
    """Return ensemble, task and number of all networks that were trained, but are not there, as they have not learnt.

    Patterns of files: `network` of accepted networks, `weights` of trained ones, `history` of their training.
    """
    refused = []
    for ensemble in built_ensembles(config):
        if config["ensembles"][ensemble]["source"] != "train":
            continue
        for task, number in product(ensemble_tasks(config, ensemble), network_numbers(config, ensemble)):
            accepted, trained, table = (
                pattern.format(ensemble=ensemble, task=task, network=number) for pattern in (network, weights, history)
            )
            if Path(accepted).exists() or not (Path(trained).exists() and Path(table).exists()):
                continue
            ceiling = ensemble_settings(config, ensemble)["training"][task]["cost_ceiling"]
            with suppress(ValueError):  # a file that cannot be read says nothing; its job has failed with that error
                if refusal(trained, table, ceiling):
                    refused.append((ensemble, task, number))
    return refused


def advice(config: Settings, refused: Iterable[tuple[str, str, int]]) -> list[str]:
    """Return for each ensemble a line that names the networks that have not learnt, and says what to do."""
    by_ensemble: dict[str, dict[str, list[int]]] = {}
    for ensemble, task, number in refused:
        by_ensemble.setdefault(ensemble, {}).setdefault(task, []).append(number)
    lines = []
    for ensemble, tasks in by_ensemble.items():
        numbers = network_numbers(config, ensemble)
        bad = {number for found in tasks.values() for number in found}
        others = [number for number in numbers if number not in bad]
        others += range(max(numbers) + 1, max(numbers) + 1 + len(bad))
        entry = next((sweep for sweep, points in config["sweeps"].items() if ensemble in points), ensemble)
        named = "; ".join(f"{task} {', '.join(map(str, found))}" for task, found in tasks.items())
        lines.append(
            f"Networks of {ensemble} that have not learnt their task: {named}. To take others in their place, say "
            f"`networks: {others}` under ensembles: {entry}; or change their training, or cost_ceiling"
        )
    return lines
