"""Draw figure 8: fixed and slow points, and the linear dynamics around them, of full and reduced networks."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.panels import DynamicsPanel
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = [
    *("panel", "network", "channels", "input", "reduction", "rank", "kind", "x", "y", "deviation", "networks", "task")
]
LABELS = {"full": "full", "operative_columns": "columns", "operative_rows": "rows"}
NAMES = {
    "full": "full matrix",
    "operative_columns": "reduced to operative columns",
    "operative_rows": "reduced to operative rows",
}
COLOURS = {"full": "black", "operative_columns": plotting.BLUE, "operative_rows": plotting.VERMILION}
MARKERS = {"full": "o", "operative_columns": "x", "operative_rows": "+"}
STYLES = {"full": "-", "operative_columns": "--", "operative_rows": ":"}
KINDS = {"slow": (3, None), "stable": (14, None), "unstable": (14, "white")}  # area (points²), face if not its colour
STABLE: dict = {
    "color": "0.4",
    "linewidth": 0.7,
    "linestyle": (0, (1, 1.5)),
}  # parts stable from unstable
TARGET: dict = {"color": "0.4", "linewidth": 0.7, "linestyle": (0, (6, 2))}  # the line where a frequency is its target
APART = 0.24  # of the inputs of a task, beside each other
BESIDE = 0.12  # of the distance of two frequencies, between reductions
NO_POINT = "no fixed or slow point found"
ACROSS = 5  # panels of a task
TITLES = {
    "range": "extent of the points",
    "time_constant": "slowest mode",
    "frequency": "leading mode:\nfrequency",
    "growth": "leading mode:\ngrowth rate",
}


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS)
    tasks = panels.tasks_of(table, labels)
    every = panels.dynamics_panels(tasks, labels)
    figure, sections = plotting.new_sections([(1, ACROSS)] * len(tasks), [44] * len(tasks), foot=20)
    rows = {}
    for task, (section, (axes,)) in zip(tasks, sections, strict=True):
        example = table.loc[(table["task"] == task) & table["kind"].notna(), "network"]
        title = panels.label_of(labels, task)
        if len(example):
            points = any((each.task, each.kind) == (task, "points") for each in every)
            title += f"; {'points and ' if points else ''}eigenvalues of network {example.iloc[0]:.0f}"
        section.suptitle(title, size=7, weight="bold")
        rows[task] = axes
        for panel in axes:
            panel.set_visible(False)
    looks = {task: looks_of(task, labels) for task in tasks}
    for each in every:
        panel = rows[each.task][each.column]
        panel.set_visible(True)
        drawn = table[table["panel"] == each.letter]
        alike = [other.letter for other in every if (other.task, other.kind) == (each.task, each.kind)]
        draw_panel(panel, each, drawn, table[table["panel"].isin(alike)], looks[each.task], labels)
        plotting.label_panel(panel, each.letter)
    with_points = [task for task in tasks if (task, "points") in {(each.task, each.kind) for each in every}]
    name_all(rows[tasks[0]][every[0].column], with_points, looks, labels)
    shown = [panel for axes in rows.values() for panel in axes]
    summary = table[table["kind"].isna()]
    legends.legend_below(figure, shown, legends.statistics_of(summary, shown="bars"), columns=4)
    plotting.save(figure, figures)


def draw_panel(
    panel: Axes,
    each: DynamicsPanel,
    drawn: pd.DataFrame,
    alike: pd.DataFrame,  # of all panels that have the same limits
    looks: dict[str, tuple[str, str]],
    labels: dict,
) -> None:
    drawn = drawn.dropna(subset=["y"])
    first = panels.words(labels, each.task, each.of)
    frequency = (labels.get(each.task, {}).get("frequencies") or {}).get(each.of)
    outputs = drawn["channels"].max()
    match each.kind:
        case "points" if each.of == "full":
            title = "full network"
        case "points":
            title = "operative columns" + ("" if drawn.empty else f",\nk = {drawn['rank'].iloc[0]:.0f}")
        case "spectrum" if frequency is None:
            title = "eigenvalues" + (f",\n{textwrap.fill(first, 24)}" if first else "")
        case "spectrum":
            title = f"eigenvalues,\n{frequency:g} Hz"
        case kind:
            title = TITLES[kind]
    panel.set_title(title)
    if drawn.empty:
        none = alike["channels"].max() == 0 and each.kind == "range"
        plotting.say(panel, "no outputs" if none else NO_POINT if each.kind != "frequency" else "no network rotates")
    elif each.kind == "points":
        draw_points(panel, drawn, alike, looks)
    elif each.kind == "spectrum":
        draw_spectrum(panel, drawn, alike)
    elif each.kind in ("frequency", "growth"):
        draw_rotation(panel, drawn, identity=each.kind == "frequency")
    else:
        draw_summary(panel, drawn, looks)
        extent = "range of outputs" if outputs == 1 else "largest distance\nof outputs"
        panel.set_ylabel(extent if each.kind == "range" else "time constant (ms)")


def looks_of(task: str, labels: dict) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each constant input of a task."""
    names = list(labels.get(task, {}).get("constant_inputs") or [])
    colours = plotting.CYCLE if len(names) <= len(plotting.CYCLE) else plotting.colours_of(len(names))
    markers = plotting.MARKERS * (len(names) // len(plotting.MARKERS) + 1)
    return {name: (colour, marker) for name, colour, marker in zip(names, colours, markers, strict=False)}


def name_all(panel: Axes, tasks: list[str], looks: dict[str, dict[str, tuple[str, str]]], labels: dict) -> None:
    """Name colours and markers once, for the legend of all panels; `tasks` are those whose points are drawn."""
    for task in tasks:
        for name, (colour, marker) in looks[task].items():
            label = panels.words(labels, task, name)
            if len(tasks) > 1:
                label = f"{panels.label_of(labels, task)}: {label}"
            panel.plot([], [], marker, color=colour, markersize=4, label=label)
    for kind, (size, face) in KINDS.items() if tasks else ():
        label = f"{kind} point" if kind == "slow" else f"{kind} fixed point"
        panel.plot([], [], "o", color="0.4", markerfacecolor=face or "0.4", markersize=size**0.5, label=label)
    for reduction, colour in COLOURS.items():
        style = STYLES[reduction] + MARKERS[reduction]
        panel.plot([], [], style, color=colour, markerfacecolor="none", markersize=3, label=NAMES[reduction])


def draw_points(panel: Axes, drawn: pd.DataFrame, alike: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    """Draw slow points small, fixed points large, the unstable ones open."""
    for (name, kind), points in drawn.groupby(["input", "kind"]):
        colour, marker = looks[name]
        size, face = KINDS[kind]
        panel.scatter(
            points["x"],
            points["y"],
            size,
            marker=marker,
            facecolors=face or colour,
            edgecolors=colour,
            linewidths=0.7,
            zorder=2 if kind == "slow" else 3,
            clip_on=False,
        )
    xlabel, ylabel = "PC 1 of the points", "PC 2 of the points"
    if drawn["channels"].iloc[0] == 1:
        xlabel, ylabel = "output z", "axis of the inputs" if len(looks) > 1 else "PC beside the output"
    plotting.finish(panel, xlabel=xlabel, ylabel=ylabel, xlim=span(alike["x"]), ylim=span(alike["y"]))


def draw_spectrum(panel: Axes, drawn: pd.DataFrame, alike: pd.DataFrame) -> None:
    panel.axvline(0, zorder=1, label="Re λ = 0: stable to the left", **STABLE)
    for reduction, points in drawn.groupby("reduction"):
        panel.scatter(
            points["x"],
            points["y"],
            7,
            marker=MARKERS[reduction],
            facecolors="none" if reduction == "full" else COLOURS[reduction],
            edgecolors=COLOURS[reduction] if reduction == "full" else None,
            linewidths=0.5,
            clip_on=False,
        )
    xlim = span(pd.concat([alike["x"], pd.Series([0.0])]))  # the line of stability is always to be seen
    plotting.finish(panel, xlabel="Re λ (1/τ)", ylabel="Im λ (1/τ)", xlim=xlim, ylim=span(alike["y"]))


def draw_summary(panel: Axes, drawn: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    """Draw means with their deviations, or single networks, of each reduction, the inputs beside each other."""
    shifts = np.linspace(-0.5, 0.5, len(looks)) * min(APART * (len(looks) - 1), 0.7)
    for shift, (name, (colour, marker)) in zip(shifts, looks.items(), strict=True):
        for place, reduction in enumerate(LABELS):
            rows = drawn[(drawn["input"] == name) & (drawn["reduction"] == reduction)]
            draw_spread(panel, rows.assign(x=place + shift), colour, marker, width=APART / 2)
    plotting.finish(panel, xlabel="", ylabel="", xlim=(-0.5, len(LABELS) - 0.5), ylim=(0, None))
    panel.set_xticks(range(len(LABELS)), list(LABELS.values()))


def draw_rotation(panel: Axes, drawn: pd.DataFrame, *, identity: bool) -> None:
    """Draw lines of means with their deviations, or single networks, against frequencies, a line a reduction."""
    frequencies = np.sort(drawn["x"].unique())
    step = np.diff(frequencies).min() if len(frequencies) > 1 else 1.0
    for place, (reduction, colour) in enumerate(COLOURS.items()):
        rows = drawn[drawn["reduction"] == reduction].sort_values("x", kind="stable")
        rows = rows.assign(x=rows["x"] + step * BESIDE * (place - 1))
        means = rows[rows["network"].isna()]
        panel.plot(means["x"], means["y"], STYLES[reduction], color=colour, zorder=3)
        draw_spread(panel, rows, colour, MARKERS[reduction])
    low = (drawn["y"] - drawn["deviation"].fillna(0.0)).min()
    margin = 2 * BESIDE * step
    xlim = frequencies[0] - margin, frequencies[-1] + margin
    if identity:
        panel.plot(xlim, xlim, zorder=1, label="target frequency", **TARGET)
    ylim = (0 if identity or low > 0 else 1.1 * low, None)
    ylabel = "linear frequency (Hz)" if identity else "growth rate (1/τ)"
    plotting.finish(panel, xlabel="target frequency (Hz)", ylabel=ylabel, xlim=xlim, ylim=ylim)


def draw_spread(panel: Axes, rows: pd.DataFrame, colour: str, marker: str, width: float = 0.0) -> None:
    """Draw means with bars of ± their deviation, and single networks as dots, `width` apart in all."""
    means, single = rows[rows["network"].isna()], rows[rows["network"].notna()]
    size: dict = {"markersize": 3, "markerfacecolor": "none" if marker == "o" and not width else colour}
    panel.errorbar(
        means["x"], means["y"], means["deviation"], fmt=marker, color=colour, linewidth=0.7, clip_on=False, **size
    )
    if len(single):  # an empty line that is not clipped would spoil the layout
        shift = plotting.apart(len(single), width) if width else 0.0
        panel.plot(single["x"] + shift, single["y"], ".", color=colour, clip_on=False, **plotting.DOT)


def span(values: pd.Series) -> tuple[float, float]:
    """Return limits a little wider than the values."""
    if values.dropna().empty:
        return -1.0, 1.0
    low, high = values.min(), values.max()
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


if __name__ == "__main__":
    run(main, snakemake)
