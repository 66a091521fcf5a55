"""How figures look, and how they are saved so that they are the same bytes again."""

import logging
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox

from opdims.files import atomic

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of every font

DOUBLE_COLUMN = 183 / 25.4  # inches
# Okabe and Ito's colours, told apart by colour-blind readers; line styles tell the same once more.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"
GREY = "#666666"  # of chance levels
BLACK = "#000000"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
ORDERED = {  # colours of a few things with an order, such as low, middle and high
    1: (BLUE,),
    2: (BLUE, VERMILION),
    3: (BLUE, GREEN, VERMILION),
    4: (BLUE, SKY, ORANGE, VERMILION),
    5: (BLUE, SKY, GREEN, ORANGE, VERMILION),
    6: (BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE),
    7: (BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE, BLACK),
    8: (BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE, BLACK, GREY),
}
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
DOT: dict = {"markersize": 2.5, "markeredgewidth": 0, "alpha": 0.5, "zorder": 2}  # of a single network
LEGEND_SIZE = 5.5
BEYOND = 30  # times the first mean: an axis that goes farther is logarithmic above that mean
ABREAST = 28  # letters that stand side by side below an axis
STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that figures are alike everywhere
    "font.size": 6,
    "axes.labelsize": 6,
    "axes.titlesize": 7,
    "xtick.labelsize": 5.5,
    "ytick.labelsize": 5.5,
    "legend.fontsize": LEGEND_SIZE,
    "legend.frameon": False,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.width": 0.3,
    "ytick.minor.width": 0.3,
    "xtick.minor.size": 1.2,
    "ytick.minor.size": 1.2,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "opdims",
    "savefig.dpi": 300,
}


class Line(NamedTuple):
    """How a line looks, and its name in the legend, if it has one there."""

    colour: str
    style: str | tuple = "-"
    label: str | None = None


def colours_of(count: int) -> Sequence[str]:
    """Return colours for things with an order."""
    return ORDERED[count] if count in ORDERED else sns.color_palette("viridis", count).as_hex()


def new_figure(rows: int, columns: int, height: float, width: float = 183) -> tuple[Figure, list[Axes]]:
    """Return a figure of `width` (two columns) and `height` (mm), and its panels row by row."""
    sns.set_theme(style="ticks", rc=STYLE)
    figure, axes = plt.subplots(
        rows, columns, figsize=(width / 25.4, height / 25.4), layout="constrained", squeeze=False
    )
    return figure, list(axes.flat)


def new_sections(
    shapes: Sequence[tuple[int, int]], heights: Sequence[float], foot: float = 0
) -> tuple[Figure, list[tuple[SubFigure, list[list[Axes]]]]]:
    """Return a figure of two-column width, and its sections with their panels as a list of rows.

    The sections lie one below the other, each with its shape (rows, columns) and height, and `foot` (all mm) for a
    legend below them.
    """
    sns.set_theme(style="ticks", rc=STYLE)
    figure = plt.figure(figsize=(DOUBLE_COLUMN, (sum(heights) + foot) / 25.4), layout="constrained")
    parts = figure.subfigures(len(shapes), 1, squeeze=False, height_ratios=heights)[:, 0]
    return figure, [
        (part, part.subplots(*shape, squeeze=False).tolist()) for part, shape in zip(parts, shapes, strict=True)
    ]


def label_panel(axes: Axes, letter: str) -> None:
    """Put the panel's letter at its upper left."""
    axes.annotate(
        letter, (0, 1), xytext=(-24, 4), xycoords="axes fraction", textcoords="offset points", weight="bold", size=8
    )


def draw_mean(axes: Axes, table: pd.DataFrame, line: Line, *, interval: bool = False) -> None:
    """Draw `mean` against `rank`, shaded ± `deviation`, or, with `interval`, from `low` to `high`.

    On a logarithmic axis it should be the interval, which does not reach zero. Nothing is shaded where these are empty;
    rows with a `network` are dots, of single networks. A single rank is a dot as well.
    """
    means, single = table[table["network"].isna()], table[table["network"].notna()]
    rank, mean = means["rank"].to_numpy(float), means["mean"].to_numpy(float)
    marker = "o" if len(means) == 1 else None
    axes.plot(
        rank,
        mean,
        linestyle=line.style,
        color=line.colour,
        label=line.label,
        zorder=3,
        marker=marker,
        markersize=2.5,
        clip_on=marker is None,
    )
    if interval:
        low, high = means["low"].to_numpy(float), means["high"].to_numpy(float)
    else:
        deviation = means["deviation"].to_numpy(float)
        low, high = mean - deviation, mean + deviation
    if np.isfinite(low).any():
        axes.fill_between(rank, low, high, color=line.colour, alpha=0.2, linewidth=0)
    axes.plot(single["rank"].to_numpy(float), single["mean"].to_numpy(float), ".", color=line.colour, **DOT)


def draw_lines(
    axes: Axes,
    lines: Iterable[tuple[pd.DataFrame, Line]],
    *,
    letter: str,
    title: str,
    xlabel: str,
    ylabel: str,
    ylim: tuple[float, float | None] = (0, None),
    interval: bool = False,
    empty: str,
) -> None:
    """Draw a panel of means against ranks, or say why it is empty."""
    drawn = [(table, line) for table, line in lines if len(table)]
    for table, line in drawn:
        draw_mean(axes, table, line, interval=interval)
    if drawn:
        finish(axes, xlabel=xlabel, ylabel=ylabel, xlim=(0, max(table["rank"].max() for table, _ in drawn)), ylim=ylim)
        count_whole(axes)
        first = max(table["mean"].iloc[table["rank"].argmin()] for table, _ in drawn)  # means stand before networks
        if 0 < BEYOND * first < max(table["mean"].max() for table, _ in drawn):  # unbounded rates can run away
            axes.set_yscale("symlog", linthresh=first)
    else:
        say(axes, empty)
    axes.set_title(textwrap.fill(title, 40))
    label_panel(axes, letter)


def count_whole(axes: Axes) -> None:
    """Put the ticks of the horizontal axis at whole numbers, such as ranks."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=1))


def say(axes: Axes, text: str) -> None:
    """Say in a panel why it is empty."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color("0.8")
    axes.text(0.5, 0.5, textwrap.fill(text, 26), transform=axes.transAxes, ha="center", va="center", color=GREY)


def draw_matrix(
    axes: Axes, matrix: pd.DataFrame, *, label: str, limits: tuple[float, float], log: bool = False, write: bool = False
) -> None:
    """Draw the numbers of a matrix as colours, dark is low, its first row on top; NaN stays white.

    With `write` the numbers stand in their cells, in place of a colour bar named `label`.
    """
    norm = LogNorm(*limits) if log else Normalize(*limits)
    mesh = axes.pcolormesh(matrix.to_numpy(), norm=norm, cmap="mako", edgecolors="face", linewidth=0.1)
    axes.set(yticks=[i + 0.5 for i in range(matrix.shape[0])], box_aspect=1)
    name_ticks(axes, matrix.columns, [i + 0.5 for i in range(matrix.shape[1])])
    axes.set_yticklabels(matrix.index)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    if not write:
        bar = axes.figure.colorbar(mesh, ax=axes, label=label, shrink=0.8, aspect=15)
        bar.outline.set_visible(False)
    else:
        for (row, column), value in np.ndenumerate(matrix.to_numpy()):
            if np.isnan(value):
                continue
            colour = "white" if norm(value) < 0.6 else "black"
            axes.text(column + 0.5, row + 0.5, f"{value:.2g}", ha="center", va="center", color=colour)


def name_ticks(axes: Axes, names: Sequence, places: Sequence[float] | None = None) -> None:
    """Write names below the horizontal axis, at 0, 1, … without places; long ones are broken, or lean."""
    room = max(ABREAST // len(names), 1)
    broken = [textwrap.fill(str(name), room, break_long_words=False) for name in names]
    fit = all(len(line) <= room for name in broken for line in name.split("\n"))
    axes.set_xticks(range(len(names)) if places is None else places, broken if fit else names)
    if not fit:
        plt.setp(axes.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")


def count_ratios(axes: Axes) -> None:
    """Give a vertical axis of ratios a logarithmic scale with plain numbers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def apart(count: int, width: float = 0.3) -> np.ndarray:
    """Return so many shifts, which keep the dots of single networks beside each other."""
    return np.linspace(-width / 2, width / 2, count) if count > 1 else np.zeros(count)


def finish(
    axes: Axes, *, xlabel: str, ylabel: str, xlim: tuple[float, float], ylim: tuple[float, float | None]
) -> None:
    """Label and limit the axes; limits that are equal are set apart."""
    left, right = xlim
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(left, right if right > left else left + 1))
    axes.set_ylim(*ylim)
    sns.despine(ax=axes)


def limit_squarely(axes: Iterable[Axes], x: pd.Series, y: pd.Series, margin: float = 0.08) -> None:
    """Give square panels the same limits, which hold all points, and the same scale in both directions."""
    half = (0.5 + margin) * (max(x.max() - x.min(), y.max() - y.min()) or 1.0)
    for panel in axes:
        centre = (x.max() + x.min()) / 2, (y.max() + y.min()) / 2
        panel.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
        panel.set_box_aspect(1)
        sns.despine(ax=panel)


def settle(figure: Figure) -> None:
    """Lay the figure out, and round where its parts are: a layout may differ in the last bits, and files in bytes."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.set_points(part.bbox_relative.get_points().round(6))
    for axes in figure.axes:
        axes.set_position(Bbox(axes.get_position(original=True).get_points().round(6)))


def save(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Save the figure in the format of each path's suffix, without dates, and close it."""
    metadata: dict[str, dict] = {
        ".pdf": {"CreationDate": None, "ModDate": None},
        ".svg": {"Date": None},
        ".png": {"Software": None},
    }
    settle(figure)
    for path in map(Path, paths):
        with atomic(path) as temporary:
            figure.savefig(temporary, metadata=metadata[path.suffix])
    plt.close(figure)
