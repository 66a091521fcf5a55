"""Draw figure 8: fixed and slow points, and the linear dynamics around them, of full and reduced networks."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PANELS = {"context_integration": "abcde", "sine_generation": "fghij"}
LABELS = {"full": "full", "operative_columns": "columns", "operative_rows": "rows"}
NAMES = {
    "full": "full matrix",
    "operative_columns": "reduced to operative columns",
    "operative_rows": "reduced to operative rows",
}
COLOURS = {"full": "black", "operative_columns": plotting.BLUE, "operative_rows": plotting.VERMILION}
MARKERS = {"full": "o", "operative_columns": "x", "operative_rows": "+"}
STYLES = {"full": "-", "operative_columns": "--", "operative_rows": ":"}
CONTEXTS = {"context_1": (plotting.BLUE, "o", "context 1"), "context_2": (plotting.VERMILION, "s", "context 2")}
KINDS = {"slow": (3, None), "stable": (14, None), "unstable": (14, "white")}  # area (points²), face if not its colour
SPECTRA = {"c": "middle of the line", "f": "1 Hz", "g": "3.5 Hz", "h": "6 Hz"}
LINES = {"a": "full", "b": "operative_columns"}
SUMMARIES = {"d": "range of outputs", "e": "time constant (ms)"}
ROTATIONS = {"i": "linear frequency (Hz)", "j": "growth rate (1/τ)"}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data)
    tasks = [task for task in PANELS if (table["task"] == task).any()]
    figure, axes = plotting.new_figure(len(tasks), 5, height=20 + 40 * len(tasks))
    for panel, letter in zip(axes, "".join(PANELS[task] for task in tasks), strict=True):
        drawn = table[table["panel"] == letter]
        if letter in LINES:
            draw_line(panel, drawn, table[table["panel"].isin(list(LINES))])
            panel.set_title(title(LINES[letter], drawn))
        elif letter in SPECTRA:
            draw_spectrum(panel, drawn, table[table["panel"].isin(list(letter if letter == "c" else "fgh"))])
            panel.set_title(SPECTRA[letter])
        elif letter in SUMMARIES:
            draw_summary(panel, drawn)
            panel.set(ylabel=SUMMARIES[letter], title="all networks")
        else:
            draw_rotation(panel, drawn, identity=letter == "i")
            panel.set(ylabel=ROTATIONS[letter], title="networks that rotate" if letter == "i" else "all networks")
        plotting.label_panel(panel, letter)
    name_all(axes[0], tasks)
    plotting.legend_below(figure, axes, int(table["networks"].max()), columns=3)
    plotting.save(figure, figures)


def name_all(panel: Axes, tasks: list[str]) -> None:
    """Name colours and markers once, for the legend of all panels."""
    if "context_integration" in tasks:
        for colour, marker, label in CONTEXTS.values():
            panel.plot([], [], marker, color=colour, markersize=4, label=label)
        for kind, (size, face) in KINDS.items():
            panel.plot(
                [],
                [],
                "o",
                color="0.4",
                markerfacecolor=face or "0.4",
                markersize=size**0.5,
                label=f"{kind} point" if kind == "slow" else f"{kind} fixed point",
            )
    for reduction, colour in COLOURS.items():
        style = STYLES[reduction] + MARKERS[reduction]
        panel.plot([], [], style, color=colour, markerfacecolor="none", markersize=3, label=NAMES[reduction])


def title(reduction: str, drawn: pd.DataFrame) -> str:
    rank = "" if drawn.empty or reduction == "full" else f", rank {drawn['rank'].iloc[0]:.0f}"
    return f"{LABELS[reduction]}{rank}"


def draw_line(panel: Axes, drawn: pd.DataFrame, both: pd.DataFrame) -> None:
    """Draw slow points small, fixed points large, the unstable ones open."""
    for (context, kind), points in drawn.groupby(["input", "kind"]):
        colour, marker, _ = CONTEXTS[context]
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
        )
    plotting.finish(panel, xlabel="output z", ylabel="context axis", xlim=span(both["x"]), ylim=span(both["y"]))


def draw_spectrum(panel: Axes, drawn: pd.DataFrame, alike: pd.DataFrame) -> None:
    panel.axvline(0, color="0.7", linewidth=0.5, zorder=1)
    for reduction, points in drawn.groupby("reduction"):
        panel.scatter(
            points["x"],
            points["y"],
            7,
            marker=MARKERS[reduction],
            facecolors="none" if reduction == "full" else COLOURS[reduction],
            edgecolors=COLOURS[reduction] if reduction == "full" else None,
            linewidths=0.5,
        )
    plotting.finish(panel, xlabel="Re λ (1/τ)", ylabel="Im λ (1/τ)", xlim=span(alike["x"]), ylim=span(alike["y"]))


def draw_summary(panel: Axes, drawn: pd.DataFrame) -> None:
    for shift, (context, points) in zip((-0.12, 0.12), drawn.groupby("input"), strict=True):
        colour, marker, _ = CONTEXTS[context]
        place = [list(LABELS).index(reduction) + shift for reduction in points["reduction"]]
        panel.errorbar(place, points["y"], points["deviation"], fmt=marker, color=colour, markersize=3, linewidth=0.8)
    plotting.finish(panel, xlabel="", ylabel="", xlim=(-0.5, len(LABELS) - 0.5), ylim=(0, None))
    panel.set_xticks(range(len(LABELS)), list(LABELS.values()))


def draw_rotation(panel: Axes, drawn: pd.DataFrame, *, identity: bool) -> None:
    limits, low = span(drawn["x"]), drawn["y"] - drawn["deviation"]
    if identity:
        panel.plot(limits, limits, color="0.7", linewidth=0.5, label="target frequency")
    for reduction, line in drawn.groupby("reduction"):
        means = line[["x", "y", "deviation"]].set_axis(["rank", "mean", "deviation"], axis=1).sort_values("rank")
        plotting.draw_mean(panel, means, colour=COLOURS[reduction], style=STYLES[reduction])
    plotting.finish(
        panel, xlabel="target frequency (Hz)", ylabel="", xlim=limits, ylim=(0 if identity else span(low)[0], None)
    )


def span(values: pd.Series) -> tuple[float, float]:
    """Return limits a little wider than the values."""
    if values.dropna().empty:
        return -1.0, 1.0
    low, high = values.min(), values.max()
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
