"""The claims of the paper as statements: one number each, and its accepted range. No torch, no pandas."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

LEVELS = {"published": "B", "train": "C", "files": "D"}  # the same weights, retrained networks, other networks


class Statement(NamedTuple):
    """One number that a claim is about."""

    id: str
    task: str
    sentence: str
    where: dict[str, Any]  # columns of the table and their values (a list stands for any of its values)
    paper: float | None
    reading_error: float | None
    reference: float | None  # found on the published networks
    accepted: tuple[float, float] | None  # range of accepted values; None where the ensemble's source has none


def statements(claim: dict, source: str) -> Iterator[Statement]:
    """Return the statements of a claim, one for each task and rank, with the range for ensembles of that source."""
    quantity, tolerance = claim["quantity"], claim.get("tolerance", {}).get(source)
    for task, entry in claim["tasks"].items():
        where = {"task": task} | quantity["where"]
        name = f"{claim['id']}.{task}"
        for rank, (paper, error) in entry.get("points", {}).items():
            sentence, at = claim["sentence"].format(rank=rank), where | {"rank": rank}
            accepted = around(paper, tolerance, error)
            yield Statement(f"{name}.{rank}", task, sentence, at, paper, error, None, accepted)
        for rank, bound in entry.get("at_most", {}).items():
            sentence, at = claim["sentence"].format(rank=rank), where | {"rank": rank}
            yield Statement(f"{name}.{rank}", task, sentence, at, None, None, None, (-math.inf, bound))
        if "points" not in entry and "at_most" not in entry:
            paper, reference = entry.get("paper"), entry.get("reference")
            error = entry.get("reading_error")
            known = reference if paper is None else paper
            accepted = open_range(entry[source]) if source in entry else around(known, tolerance, error)
            yield Statement(name, task, claim["sentence"], where, paper, error, reference, accepted)


def open_range(ends: list[float | None]) -> tuple[float, float]:
    """Return a range whose missing ends are infinite."""
    low, high = ends
    return -math.inf if low is None else low, math.inf if high is None else high


def around(
    value: float | None, tolerance: dict[str, float] | None, reading_error: float | None = None
) -> tuple[float, float] | None:
    """Return the range value ± tolerance, None without one or the other.

    The tolerance is the largest of the absolute and the relative one and of the error with which the value was read.
    """
    if value is None or tolerance is None:
        return None
    relative = tolerance.get("relative", 0.0) * abs(value)
    margin = max(tolerance.get("absolute", 0.0), relative, reading_error or 0.0)
    return value - margin, value + margin


def faults(claim: dict) -> Iterator[str]:
    """Return what is wrong with the accepted ranges of a claim, a line each that names the key."""
    for task, entry in claim["tasks"].items():
        for source in LEVELS:
            low, high = open_range(entry[source]) if source in entry else (-math.inf, 0.0)
            if not low <= high:
                yield f"{claim['id']}.{task}.{source}: [{low:g}, {high:g}] is empty, expected the lower end first"
            if math.isinf(low) and math.isinf(high):
                yield f"{claim['id']}.{task}.{source}: accepts every value, expected one end at least"
    for source in LEVELS:
        for statement in statements(claim, source):
            if statement.accepted is None or not statement.paper:
                continue
            low, high = statement.accepted
            if low <= 0 <= high and low <= 2 * statement.paper <= high:
                yield (
                    f"{statement.id}: the range for {source}, [{low:g}, {high:g}], holds 0 and twice the paper's "
                    f"value, expected a narrower one, or at_most"
                )
