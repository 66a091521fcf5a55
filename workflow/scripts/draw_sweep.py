"""Draw a sweep: rank to 5% and cost of the full network against each parameter of the grid."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pipeline import panels, plotting
from pipeline.jobs import run
from pipeline.statistics import CONFIDENCE
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LINES: dict[str, tuple[str, Any, str]] = {  # colour, style, label
    "operative_columns": (plotting.BLUE, "-", "operative columns"),
    "operative_rows": (plotting.VERMILION, "--", "operative rows"),
    "high_variance": (plotting.GREEN, "-.", "high-variance dimensions of W"),
    "full": (plotting.BLACK, "-", "full network"),
}
XLABELS = {
    "network.units": "number of units N",
    "network.gain": "gain g of the initial weights",
    "network.noise_std": "internal noise",
    "network.tau": "time constant (ms)",
}
YLABELS = {"rank": "rank to 5%", "cost": "cost of the full network"}
ACROSS = 4  # panels side by side, at most
APART = 0.08  # of the distance of two values, between lines
COLUMNS = [
    *("task", "measure", "parameter", "reduction", "at", "value", "network", "median", "low", "high"),
    *("networks", "none"),
]
TICKS = np.outer(10.0 ** np.arange(5), [1, 2, 5]).ravel()  # of ranks
DENSE_TICKS = np.outer(10.0 ** np.arange(5), [1, 2, 3, 4, 5, 6, 8]).ravel()  # where those are fewer than three


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS).fillna({"at": ""})
    parameters = list(table["parameter"].unique())
    tasks = list(table["task"].unique())
    blocks = [parameters[start : start + ACROSS] for start in range(0, len(parameters), ACROSS)]
    rows = [(task, block, measure) for task in tasks for block in blocks for measure in YLABELS]
    across = len(blocks[0])
    width = 89 if across == 1 else 183
    figure, axes = plotting.new_figure(len(rows), across, height=14 + 46 * len(rows), width=width)
    letters = iter(panels.LETTERS)
    for index, (task, block, measure) in enumerate(rows):
        drawn = table[(table["task"] == task) & (table["measure"] == measure)]
        top = none_level(drawn)
        for column, panel in enumerate(axes[index * across : (index + 1) * across]):
            if column >= len(block):
                panel.set_visible(False)
                continue
            if drawn["networks"].max() > 0:
                draw_panel(panel, drawn[drawn["parameter"] == block[column]], top)
                limit(panel, drawn, measure, top)
            else:
                plotting.say(panel, panels.NO_COST)
            panel.set_xlabel(label_of(block[column]))
            if column == 0:
                panel.set_ylabel(f"{panels.label_of(labels, task)}\n{YLABELS[measure]}")
            plotting.label_panel(panel, next(letters))
    handles = [
        Line2D([], [], color=c, linestyle=s, marker="o", markersize=2.5, label=name) for c, s, name in LINES.values()
    ]
    if len(parameters) > 1:
        handles.append(Line2D([], [], color=plotting.GREY, linewidth=0.4, label="single points of the grid"))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles) if across > 1 else 2,
        title=notes_of(table),
        title_fontsize=plotting.LEGEND_SIZE,
    )
    plotting.save(figure, figures)


def notes_of(table: pd.DataFrame) -> str:
    """Return what the dots of the figure are."""
    if table["network"].notna().any():
        return "large dots: median over seeds; small dots: single seeds, median over the points of the grid"
    return f"dots: median over seeds, and its {CONFIDENCE:.0%} interval"


def draw_panel(
    panel: Axes,
    table: pd.DataFrame,  # of one task, measure and parameter
    top: float,  # where what has no rank is drawn
) -> None:
    """Draw the medians over all points with their intervals, and those of single points as thin lines."""
    values = list(dict.fromkeys(table["value"]))
    position = table["value"].map(values.index)
    names = [name for name in LINES if name in set(table["reduction"])]
    table = table.assign(position=position, **{name: table[name].clip(upper=top) for name in ("median", "low", "high")})
    for index, name in enumerate(names):
        colour, style, _ = LINES[name]
        lines = table[table["reduction"] == name]
        x = lines["position"] + APART * (index - (len(names) - 1) / 2)
        for at, line in lines.groupby("at"):
            if at:
                panel.plot(x[line.index], line["median"], color=colour, alpha=0.35, linewidth=0.4, zorder=1)
        seeds = lines[lines["network"].notna()]
        panel.plot(
            x[seeds.index], seeds["median"], "o", color=colour, alpha=0.5, markersize=1.5, markeredgewidth=0, zorder=2
        )
        line = lines[(lines["at"] == "") & lines["network"].isna()]
        panel.plot(x[line.index], line["median"], style, marker="o", markersize=2.5, color=colour, zorder=3)
        panel.vlines(x[line.index], line["low"], line["high"], color=colour, linewidth=0.8, zorder=2)
    for place, rows in table[(table["at"] == "") & (table["none"] > 0)].groupby("position"):
        count_nones(panel, rows.set_index("reduction"), place, top)
    panel.set_xticks(range(len(values)), [number(value) for value in values])
    panel.set_xlim(-0.4, len(values) - 0.6)


def count_nones(panel: Axes, rows: pd.DataFrame, place: float, top: float) -> None:
    """Write how many networks have no rank, once if that is the same for all lines."""
    counts = rows["none"].astype(int).astype(str) + " of " + rows["networks"].astype(int).astype(str)
    names = [name for name in reversed(LINES) if name in rows.index]
    alike = counts.nunique() == 1 and len(names) == len(LINES) - 1
    for line, name in enumerate(names[:1] if alike else names):
        panel.annotate(
            counts[name],
            (place, top),
            xytext=(0, 2.5 + 6 * line),
            textcoords="offset points",
            ha="center",
            fontsize=5,
            color=plotting.GREY if alike else LINES[name][0],
        )


def limit(panel: Axes, table: pd.DataFrame, measure: str, top: float) -> None:
    """Give the panel the same logarithmic axis as its row, with a line above it for networks without a rank."""
    ends = table[["median", "low", "high"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    panel.set_yscale("log")
    if measure == "rank":
        none = bool((table["none"] > 0).any())
        low = min(ends, default=1.0) / 1.3
        panel.set_ylim(low, top * (top / low) ** 0.25 if none else top / 1.3)
        found = [tried[(low <= tried) & (top / 1.3 >= tried)].tolist() for tried in (TICKS, DENSE_TICKS)]
        ticks = found[len(found[0]) < 3]
        labels = [f"{tick:g}" for tick in ticks]
        if none:
            panel.axhline(top, color="0.6", linewidth=0.5, linestyle=":", zorder=0)
            ticks, labels = [*ticks, top], [*labels, "none"]
        panel.set_yticks(ticks, labels)
        panel.minorticks_off()
    else:
        panel.set_ylim(min(ends) / 1.5, max(ends) * 1.5)
    sns.despine(ax=panel)


def none_level(table: pd.DataFrame) -> float:
    """Return where to draw what has no rank: above all ranks."""
    ends = table[["median", "low", "high"]].to_numpy(float)
    return 1.7 * max(ends[np.isfinite(ends)], default=10.0)


def label_of(parameter: str) -> str:
    """Return a parameter in words: the last part of its key, and the others below it."""
    *others, last = parameter.replace("_", " ").split(".")
    return XLABELS.get(parameter, "\n".join([last, *([f"({', '.join(others)})"] if others else [])]))


def number(value: str) -> str:
    """Return a value as short as can be."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


if __name__ == "__main__":
    run(main, snakemake)
