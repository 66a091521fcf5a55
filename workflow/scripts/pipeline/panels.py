"""Which panels a figure has, in the order in which they are drawn, and the words on them.

`labels` says what is known of each task: {task: {"label", "labels", "groups", "examples", "frequencies",
"constant_inputs"}}; whatever is missing has a default.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations, product
from string import ascii_lowercase
from typing import Any, NamedTuple

import pandas as pd

LETTERS = ["".join(pair) for pair in product(["", *ascii_lowercase], ascii_lowercase)]
MEASURES = {
    "variance_explained": "variance explained",
    "cost": "network output cost",
    "state_distance": "state distance",
}
NO_COST = "no cost: no output, or no target for it"
NOTHING = "nothing to show"
FEW = 3  # functions of a group that are compared pair by pair
Labels = Mapping[str, Mapping[str, Any]]


def letters(*values: Iterable[Hashable]) -> dict[tuple, str]:
    """Return the letters of panels, one for each combination of the values, the last of which changes first."""
    return dict(zip(product(*values), LETTERS, strict=False))


def letter_rows(table: pd.DataFrame, order: Mapping[str, Iterable[Hashable]]) -> list[str]:
    """Return the letter of the panel of each row, from the columns that tell the panels apart and their values."""
    found = letters(*order.values())
    return [found[key] for key in zip(*(table[name] for name in order), strict=True)]


def sort(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort rows, those of panel b before those of panel aa."""
    places = {letter: place for place, letter in enumerate(LETTERS)}
    table = table.reset_index(drop=True)
    key = table["panel"].map(places)
    rest = table.assign(panel=key).sort_values(list(by), kind="stable").index
    return table.loc[rest]


def tasks_of(table: pd.DataFrame, labels: Labels) -> list[str]:
    """Return the tasks that are drawn: those of the table, or all if it is empty."""
    return sorted(table["task"].unique()) or sorted(labels)


def label_of(labels: Labels, task: str) -> str:
    """Return the name of a task in words."""
    return plain(labels.get(task, {}).get("label") or task.replace("_", " "))


def words(labels: Labels, task: str, name: str) -> str:
    """Return the name of a condition, function, group or input of a task in words, or its frequency."""
    known = labels.get(task, {})
    frequency = (known.get("frequencies") or {}).get(name)
    other = name.replace("_", " ") if frequency is None else f"{frequency:g} Hz"
    return plain(known.get("labels", {}).get(name) or other)


def plain(text: str) -> str:
    """Return text that is drawn as it stands: dollars are no mathematics."""
    return text.replace("$", r"\$")


def lacking(table: pd.DataFrame, column: str, names: Mapping[str, str], labels: Labels) -> list[str]:
    """Say which values of a column fewer networks of a task have than the table has; `names` are their words."""
    found = []
    for task, rows in table.groupby("task"):
        everyone = rows["networks"].max()
        for value, name in names.items():
            count = rows.loc[rows[column] == value, "networks"].max()
            if pd.isna(count):
                found.append(f"{label_of(labels, task)}: no {name}")
            elif count < everyone:
                found.append(f"{label_of(labels, task)}: {name} of {count:.0f} of {everyone:.0f} networks")
    return found


class FunctionPanel(NamedTuple):
    """A panel of the figure of functions."""

    letter: str
    group: str
    kind: str  # what is drawn, see `functions_panels`
    functions: tuple[str, ...]


def functions_panels(task: str, labels: Labels) -> dict[str, list[list[FunctionPanel]]]:
    """Return the rows of panels of each group of two functions or more.

    Two functions have one row: `angles` between their dimensions; `costs` with the dimensions of each, on the trials of
    both; `ratios` of the cost with the other function's dimensions and that with a function's own, on the same trials;
    `principal_angles` between their subspaces. Three have a row of `angles`, one for each pair, rows of `costs` and of
    `ratios`, one for the trials of each, and a row of `all_costs` at one rank, `mean_angle` and `smallest_angle` of the
    pairs. More have two rows: `all_costs` and `all_angles` at one rank; `other_costs`, with their own and on average
    with all other dimensions, and `other_ratios` of these at one rank.
    """
    free = iter(LETTERS)
    groups: dict[str, list[list[FunctionPanel]]] = {}
    for group, members in labels.get(task, {}).get("groups", {}).items():
        every = tuple(members)
        rows: list[list[tuple[str, tuple[str, ...]]]]
        if len(every) < 2:
            continue
        if len(every) == 2:
            rows = [[(kind, every) for kind in ("angles", "costs", "ratios", "principal_angles")]]
        elif len(every) <= FEW:
            rows = [[("angles", pair) for pair in combinations(every, 2)]]
            rows += [[(kind, (function,)) for function in every] for kind in ("costs", "ratios")]
            rows += [[(kind, every) for kind in ("all_costs", "mean_angle", "smallest_angle")]]
        else:
            rows = [[("all_costs", every), ("all_angles", every)], [("other_costs", every), ("other_ratios", every)]]
        groups[group] = [[FunctionPanel(next(free), group, *panel) for panel in row] for row in rows]
    return groups


class DynamicsPanel(NamedTuple):
    """A panel of the figure of fixed points."""

    letter: str
    task: str
    column: int  # in the row of its task
    kind: str  # what is drawn: points, spectrum, range, time_constant, frequency, growth
    of: str  # reduction of points, constant input of a spectrum


def dynamics_panels(tasks: Iterable[str], labels: Labels) -> list[DynamicsPanel]:
    """Return the panels of figure 8: five a task, of which tasks that give frequencies have other ones."""
    free = iter(LETTERS)
    panels = []
    for task in tasks:
        known = labels.get(task, {})
        frequencies = sorted(known.get("frequencies") or {}, key=lambda name: known["frequencies"][name])
        if frequencies:
            shown = dict.fromkeys((frequencies[0], frequencies[len(frequencies) // 2], frequencies[-1]))
            kinds = [*((place, "spectrum", name) for place, name in enumerate(shown))]
            kinds += [(3, "frequency", ""), (4, "growth", "")]
        else:
            first = next(iter(known.get("constant_inputs") or [""]))
            kinds = [(0, "points", "full"), (1, "points", "operative_columns"), (2, "spectrum", first)]
            kinds += [(3, "range", ""), (4, "time_constant", "")]
        panels += [DynamicsPanel(next(free), task, *kind) for kind in kinds]
    return panels
