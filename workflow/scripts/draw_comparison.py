"""Draw the claims of several ensembles: measured values beside the paper's and the accepted range."""

from collections.abc import Iterable
from itertools import cycle
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline import panels, plotting
from pipeline.jobs import run
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = [
    *("id", "basis", "quantity", "paper", "reading_error", "reference", "ensemble", "measured", "low", "high"),
    *("accepted_low", "accepted_high", "verdict"),
]
MANY = 12  # a quantity with more claims has a panel of its own, measured against paper
WIDEST = 20.0  # ratio of largest to smallest value beyond which its axes are logarithmic
EDGES = (-1.0, 2.0)  # of the panels of single claims; the accepted range is 0 to 1
ROWS = 24  # claims in one column
PAGE, ROW, SCATTER, ABOVE, BELOW, LEGEND = 183.0, 3.4, 48.0, 7.0, 10.0, 14.0  # mm
PAPER: dict = {"color": "black", "linewidth": 0.8}  # ticks
REFERENCE: dict = {"color": "0.5", "linewidth": 0.8, "linestyle": (0, (1.5, 1))}
LETTER = 1.05  # mm, width of a letter of a claim's name; a claim's panel begins to the right of the longest


def main(data: str, figures: list[str]) -> None:
    table = read_table(data, COLUMNS)
    measured = table[table["measured"].notna() & (table["verdict"] != "not comparable") & table["paper"].notna()]
    ensembles = table["ensemble"].unique()
    looks = dict(zip(ensembles, cycle(zip(plotting.CYCLE, plotting.MARKERS, strict=True)), strict=False))
    claims = measured.groupby("quantity", sort=False)["id"].nunique()
    many = claims.index[claims > MANY].tolist()
    single = table[~table["quantity"].isin(many) | table["paper"].isna()]
    names = single["id"].drop_duplicates().tolist()
    columns = 1 if len(names) <= ROWS else 2
    rows = -(-len(names) // columns)

    sns.set_theme(style="ticks", rc=plotting.STYLE)
    lines = -(-len(many) // 2)  # of two panels each
    height = lines * (ABOVE + SCATTER + BELOW) + bool(names) * (ABOVE + ROW * rows + BELOW) + LEGEND
    figure = plt.figure(figsize=(plotting.DOUBLE_COLUMN, height / 25.4))

    # Placed by hand: a layout engine may differ in the last bits, and the file in its bytes.
    def panel_at(left: float, top: float, width: float, tall: float) -> Axes:
        return figure.add_axes((left / PAGE, 1 - (top + tall) / height, width / PAGE, tall / height))

    letters = iter(panels.LETTERS)
    for index, quantity in enumerate(many):
        top = ABOVE + index // 2 * (ABOVE + SCATTER + BELOW)
        panel = panel_at(12 + index % 2 * PAGE / 2, top, PAGE / 2 - 16, SCATTER)
        draw_against_paper(panel, measured[measured["quantity"] == quantity], quantity, looks)
        plotting.label_panel(panel, next(letters))
    for column in range(columns if names else 0):
        part = names[column * rows : (column + 1) * rows]
        margin = 2 + LETTER * max(map(len, names))
        width = PAGE / columns
        top = ABOVE + lines * (ABOVE + SCATTER + BELOW)
        panel = panel_at(column * width + margin, top, width - margin - 4, ROW * rows)
        draw_single(panel, single[single["id"].isin(part)], part, looks)
        panel.set_ylim(rows - 0.5, -0.5)
        plotting.label_panel(panel, next(letters))
    if table.empty:
        figure.text(0.5, 0.75, "no claim is about these ensembles", ha="center", va="center", color=plotting.GREY)
    figure.legend(handles=legend(looks), loc="lower center", ncols=5)
    plotting.save(figure, figures)


def draw_against_paper(panel: Axes, table: pd.DataFrame, quantity: str, looks: dict) -> None:
    """Draw measured values against the paper's."""
    values = pd.concat([table["paper"], table["measured"]])
    logarithmic = values.min() > 0 and values.max() > WIDEST * values.min()
    if logarithmic:
        limits = values.min() / 1.5, values.max() * 1.5
    else:
        margin = 0.05 * (values.max() - values.min())
        limits = values.min() - margin, values.max() + margin
    panel.plot(limits, limits, color="0.6", linewidth=0.7, zorder=1)
    for (ensemble, verdict), part in table.groupby(["ensemble", "verdict"], sort=False):
        colour, marker = looks[ensemble]
        whiskers(panel, part["measured"], part["low"], part["high"], part["paper"], colour, vertical=True)
        error = part["reading_error"].fillna(0.0)
        whiskers(panel, part["paper"], part["paper"] - error, part["paper"] + error, part["measured"], colour)
        panel.plot(part["paper"], part["measured"], marker, **face(colour, verdict))
    scale = "log" if logarithmic else "linear"
    panel.set(xscale=scale, yscale=scale, xlim=limits, ylim=limits)
    panel.tick_params(which="minor", width=0.3, length=1.5)
    panel.set(xlabel="in the paper", ylabel="measured", title=quantity.replace("_", " "))
    sns.despine(ax=panel)


def draw_single(panel: Axes, table: pd.DataFrame, names: list[str], looks: dict) -> None:
    """Draw one row a claim, scaled to its accepted range."""
    step = 0.7 / len(looks)
    for (ensemble, name), rows in table.groupby(["ensemble", "id"], sort=False):
        claim = rows.iloc[0]
        row, (colour, marker) = names.index(name), looks[ensemble]
        height = row + step * (list(looks).index(ensemble) - (len(looks) - 1) / 2)
        if claim["verdict"] == "not comparable" or pd.isna(claim["measured"]):
            panel.plot(0.5, height, "x", color=colour, markersize=3, markeredgewidth=0.7)
            continue
        low, high = in_range([claim["accepted_low"], claim["accepted_high"]], claim)
        low, high = np.nan_to_num(low, nan=EDGES[0]), np.nan_to_num(high, nan=EDGES[1])
        panel.fill_betweenx([row - 0.42, row + 0.42], low, high, color="0.88", linewidth=0, zorder=0)
        value, start, end = in_range([claim["measured"], claim["low"], claim["high"]], claim)
        paper, reference = in_range([claim["paper"], claim["reference"]], claim)
        for tick, look in ((paper, PAPER), (reference, REFERENCE)):
            panel.plot([tick, tick], [row - 0.42, row + 0.42], **look, zorder=1)
        panel.plot(np.clip([start, end], *EDGES), [height, height], color=colour, linewidth=0.7, zorder=2)
        if EDGES[0] < value < EDGES[1]:
            panel.plot(value, height, marker, **face(colour, claim["verdict"]))
        else:
            edge, arrow = (EDGES[0], "<") if value <= EDGES[0] else (EDGES[1], ">")
            panel.plot(edge, height, arrow, clip_on=False, **face(colour, claim["verdict"]))
    panel.set_yticks(range(len(names)), [name.replace("_", " ").replace(".", ": ") for name in names], fontsize=5)
    panel.set(xlim=EDGES, xlabel="accepted range: 0 to 1")
    panel.set_xticks([0, 1])
    panel.tick_params(axis="y", length=0)
    sns.despine(ax=panel, left=True)


def in_range(values: Iterable[float], claim: pd.Series) -> np.ndarray:
    """Return values scaled so that the accepted range of the claim is 0 to 1.

    A range with one end is as wide as that end is large, and at least as wide as the paper's value, or the reference,
    is far from it: never as the measured value is, which would put those of all ensembles at the same place. Without
    an accepted range, the width is that of the paper's value, or of the measured one, which stands at 0.5.
    """
    low, high = claim["accepted_low"], claim["accepted_high"]
    if pd.isna(low) or pd.isna(high):
        known = [claim[name] for name in ("paper", "reference") if pd.notna(claim.get(name))]
        if pd.isna(low) and pd.isna(high):
            centre = known[0] if known else claim["measured"]
            width = abs(centre) or 1.0
            low = centre - width / 2
        else:
            end = high if pd.isna(low) else low
            width = max([abs(end), *(abs(value - end) for value in known[:1])]) or 1.0
            low = end - width if pd.isna(low) else end
    else:
        width = (high - low) or 1.0
    return (np.asarray(list(values), dtype=float) - low) / width


def whiskers(
    panel: Axes,
    middle: pd.Series,
    low: pd.Series,
    high: pd.Series,
    across: pd.Series,
    colour: str,
    *,
    vertical: bool = False,
) -> None:
    """Draw intervals as thin lines; a missing end is the value itself."""
    ends = low.fillna(middle), high.fillna(middle)
    draw = panel.vlines if vertical else panel.hlines
    draw(across, *ends, color=colour, linewidth=0.6, alpha=0.6, zorder=2)


def face(colour: str, verdict: str) -> dict:
    """Return how a marker looks: filled where the claim was reproduced, half filled where that is undecided."""
    return {
        "color": colour,
        "markerfacecolor": "white" if verdict == "differs" else colour,
        "markerfacecoloralt": "white",
        "fillstyle": "left" if verdict == "undecided" else "full",
        "markersize": 3,
        "markeredgewidth": 0.7,
        "zorder": 3,
    }


def legend(looks: dict) -> list[Line2D | Patch]:
    """Return the entries of the legend: ensembles, verdicts, paper and range."""
    grey = "0.35"
    return [
        *(
            Line2D([], [], linestyle="", marker=m, label=name, **face(c, "reproduced"))
            for name, (c, m) in looks.items()
        ),
        Line2D([], [], linestyle="", marker="o", label="reproduced", **face(grey, "reproduced")),
        Line2D([], [], linestyle="", marker="o", label="undecided", **face(grey, "undecided")),
        Line2D([], [], linestyle="", marker="o", label="differs", **face(grey, "differs")),
        Line2D([], [], linestyle="", marker="x", color=grey, markersize=3, label="not comparable"),
        Line2D([], [], color="0.6", linewidth=0.7, label="measured as in the paper"),
        Line2D([], [], label="value in the paper", **PAPER),
        Line2D([], [], label="value of the published networks", **REFERENCE),
        Patch(color="0.88", label="accepted range"),
    ]


if __name__ == "__main__":
    run(main, snakemake)
