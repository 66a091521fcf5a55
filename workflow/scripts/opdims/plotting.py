"""How figures look, and how they are saved so that they are the same bytes again."""

import logging
from collections.abc import Iterable
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opdims.files import atomic

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of every font

DOUBLE_COLUMN = 183 / 25.4  # inches
# Okabe and Ito's colours, told apart by colour-blind readers; line styles tell the same once more.
BLUE, VERMILION = "#0072B2", "#D55E00"
TASK_COLOURS = {"context_integration": BLUE, "sine_generation": VERMILION}
TASK_LABELS = {"context_integration": "context-dependent integration", "sine_generation": "sine generation"}
MEASURE_LABELS = {
    "variance_explained": "variance explained",
    "cost": "network output cost",
    "state_distance": "state distance",
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
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "opdims",
    "savefig.dpi": 300,
}


def new_figure(rows: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of two-column width and `height` (mm), and its panels row by row."""
    sns.set_theme(style="ticks", rc=STYLE)
    figure, axes = plt.subplots(
        rows, columns, figsize=(DOUBLE_COLUMN, height / 25.4), layout="constrained", squeeze=False
    )
    return figure, list(axes.flat)


def label_panel(axes: Axes, letter: str) -> None:
    """Put the panel's letter at its upper left."""
    axes.annotate(
        letter, (0, 1), xytext=(-24, 4), xycoords="axes fraction", textcoords="offset points", weight="bold", size=8
    )


def draw_mean(axes: Axes, table: pd.DataFrame, *, colour: str, style: str = "-", label: str | None = None) -> None:
    """Draw `mean` against `rank` with a band of ± `deviation`."""
    line = axes.plot(table["rank"], table["mean"], style, color=colour, label=label, zorder=3)
    low, high = table["mean"] - table["deviation"], table["mean"] + table["deviation"]
    axes.fill_between(table["rank"], low, high, color=line[0].get_color(), alpha=0.2, linewidth=0)


def finish(
    axes: Axes, *, xlabel: str, ylabel: str, xlim: tuple[float, float], ylim: tuple[float, float | None]
) -> None:
    """Label and limit the axes."""
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=xlim)
    axes.set_ylim(*ylim)
    sns.despine(ax=axes)


def legend_below(figure: Figure, axes: Iterable[Axes], networks: int, columns: int = 2) -> None:
    """Put one legend of all panels below them, and say what lines and bands are."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        entries |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside lower center",
        ncols=columns,
        title=f"mean ± mean absolute deviation over {networks} networks",
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
