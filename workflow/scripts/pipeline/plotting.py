"""How figures look, and how they are saved so that they are the same bytes again."""

import logging
from collections.abc import Iterable
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure, SubFigure

from opdims.files import atomic
from pipeline.tables import CONFIDENCE

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of every font

DOUBLE_COLUMN = 183 / 25.4  # inches
# Okabe and Ito's colours, told apart by colour-blind readers; line styles tell the same once more.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"
GREY = "#666666"  # of chance levels
BLACK = "#000000"
TASK_COLOURS = {"context_integration": BLUE, "sine_generation": VERMILION}
TASK_LABELS = {"context_integration": "context-dependent integration", "sine_generation": "sine generation"}
MEASURE_LABELS = {
    "variance_explained": "variance explained",
    "cost": "network output cost",
    "state_distance": "state distance",
}
FUNCTION_LABELS = {
    "context_1": "context 1",
    "context_2": "context 2",
    "choice_negative": "negative choice",
    "choice_positive": "positive choice",
    "slow": "slow",
    "medium": "medium",
    "fast": "fast",
    "random": "random",
}
LEGEND_SIZE = 5.5
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


def new_figure(rows: int, columns: int, height: float, width: float = 183) -> tuple[Figure, list[Axes]]:
    """Return a figure of `width` (two columns) and `height` (mm), and its panels row by row."""
    sns.set_theme(style="ticks", rc=STYLE)
    figure, axes = plt.subplots(
        rows, columns, figsize=(width / 25.4, height / 25.4), layout="constrained", squeeze=False
    )
    return figure, list(axes.flat)


def new_sections(
    sections: int, rows: int, columns: int, height: float, foot: float
) -> tuple[Figure, list[tuple[SubFigure, list[list[Axes]]]]]:
    """Return a figure of two-column width, and its sections with their panels as a list of rows.

    The sections lie one below the other, each of `height`, with `foot` (both mm) for a legend below them.
    """
    sns.set_theme(style="ticks", rc=STYLE)
    figure = plt.figure(figsize=(DOUBLE_COLUMN, (sections * height + foot) / 25.4), layout="constrained")
    parts = figure.subfigures(sections, 1, squeeze=False)[:, 0]
    return figure, [(part, part.subplots(rows, columns, squeeze=False).tolist()) for part in parts]


def label_panel(axes: Axes, letter: str) -> None:
    """Put the panel's letter at its upper left."""
    axes.annotate(
        letter, (0, 1), xytext=(-24, 4), xycoords="axes fraction", textcoords="offset points", weight="bold", size=8
    )


def draw_mean(
    axes: Axes,
    table: pd.DataFrame,
    *,
    colour: str,
    style: str | tuple = "-",
    label: str | None = None,
    interval: bool = False,
) -> None:
    """Draw `mean` against `rank` with a band of ± `deviation`, or, with `interval`, from `low` to `high`.

    On a logarithmic axis it should be the interval, which does not reach zero.
    """
    line = axes.plot(table["rank"], table["mean"], linestyle=style, color=colour, label=label, zorder=3)
    if interval:
        low, high = table["low"], table["high"]
    else:
        low, high = table["mean"] - table["deviation"], table["mean"] + table["deviation"]
    axes.fill_between(table["rank"], low, high, color=line[0].get_color(), alpha=0.2, linewidth=0)


def draw_matrix(
    axes: Axes, matrix: pd.DataFrame, *, label: str, limits: tuple[float, float], log: bool = False, write: bool = False
) -> None:
    """Draw the numbers of a matrix as colours, dark is low, its first row on top.

    With `write` the numbers stand in their cells, in place of a colour bar named `label`.
    """
    norm = LogNorm(*limits) if log else Normalize(*limits)
    mesh = axes.pcolormesh(matrix.to_numpy(), norm=norm, cmap="mako", edgecolors="face", linewidth=0.1)
    axes.set(
        xticks=[i + 0.5 for i in range(matrix.shape[1])], yticks=[i + 0.5 for i in range(matrix.shape[0])], box_aspect=1
    )
    axes.set_xticklabels(matrix.columns)
    axes.set_yticklabels(matrix.index)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    if not write:
        bar = axes.figure.colorbar(mesh, ax=axes, label=label, shrink=0.8, aspect=15)
        bar.outline.set_visible(False)
    else:
        for (row, column), value in np.ndenumerate(matrix.to_numpy()):
            colour = "white" if norm(value) < 0.6 else "black"
            axes.text(column + 0.5, row + 0.5, f"{value:.2g}", ha="center", va="center", color=colour)


def finish(
    axes: Axes, *, xlabel: str, ylabel: str, xlim: tuple[float, float], ylim: tuple[float, float | None]
) -> None:
    """Label and limit the axes."""
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=xlim)
    axes.set_ylim(*ylim)
    sns.despine(ax=axes)


def condition_label(condition: str) -> str:
    """Return the name of a task's condition in words, such as `context 1, coherences + −`."""
    signs = condition.replace("_negative", " −").replace("_positive", " +")
    return signs.replace("_coherences", ", coherences").replace("_", " ")


def limit_squarely(axes: Iterable[Axes], x: pd.Series, y: pd.Series, margin: float = 0.08) -> None:
    """Give square panels the same limits, which hold all points, and the same scale in both directions."""
    half = (0.5 + margin) * (max(x.max() - x.min(), y.max() - y.min()) or 1.0)
    for panel in axes:
        centre = (x.max() + x.min()) / 2, (y.max() + y.min()) / 2
        panel.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
        panel.set_box_aspect(1)
        sns.despine(ax=panel)


def legend_below(figure: Figure, axes: Iterable[Axes], networks: int, columns: int = 2, interval: bool = False) -> None:
    """Put one legend of all panels below them, and say what lines and bands are (as in `draw_mean`)."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        entries |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    title = f"mean ± mean absolute deviation over {networks} networks"
    if interval:
        title = f"mean over {networks} networks and its {CONFIDENCE:.0%} bootstrap interval"
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside lower center",
        ncols=columns,
        title=title,
        title_fontsize=LEGEND_SIZE,
    )


def save(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Save the figure in the format of each path's suffix, without dates, and close it."""
    metadata: dict[str, dict] = {
        ".pdf": {"CreationDate": None, "ModDate": None},
        ".svg": {"Date": None},
        ".png": {"Software": None},
    }
    for path in map(Path, paths):
        with atomic(path) as temporary:
            figure.savefig(temporary, metadata=metadata[path.suffix])
    plt.close(figure)
