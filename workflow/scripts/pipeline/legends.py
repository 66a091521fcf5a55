"""What stands below the panels of a figure: the names of its lines, and what it does not show."""

import textwrap
from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pipeline.plotting import GREY, LEGEND_SIZE
from pipeline.statistics import CONFIDENCE, FEWEST_NETWORKS

NOTE_SIZE = 5.0


def networks_of(table: pd.DataFrame) -> int:
    """Return how many networks there are in a table of means, 0 if it is empty."""
    count = table["networks"].max()
    return 0 if pd.isna(count) else int(count)


def statistics_of(
    table: pd.DataFrame, *, statistic: str = "mean", interval: bool = False, shown: str = "shaded"
) -> str:
    """Say what the means (or medians) in a table are, and what is drawn around them.

    The table is as `pipeline.summaries.summarise_present` makes it. `interval` is as in `plotting.draw_mean`; `shown`
    says how deviations or intervals are drawn.
    """
    networks = networks_of(table)
    if networks < 2:
        return "one network" if networks else ""
    parts = [f"{statistic} over {networks} networks"]
    if interval and table["low"].notna().any():
        parts.append(f"{shown}: {CONFIDENCE:.0%} interval of the {statistic}")
    elif not interval and table["deviation"].notna().any():
        parts.append(f"{shown}: ± mean absolute deviation")
    if table["network"].notna().any():
        parts.append("dots: single networks" + (f", where fewer than {FEWEST_NETWORKS}" if len(parts) > 1 else ""))
    return "; ".join(parts)


def legend_below(figure: Figure | SubFigure, axes: Iterable[Axes], title: str, columns: int = 2) -> None:
    """Put one legend of all panels below them; the title says what lines and shading are."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        entries |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    name_below(figure, entries, title, columns)


def name_below(figure: Figure | SubFigure, entries: dict[str, Artist], title: str = "", columns: int = 2) -> None:
    """Put a legend below the panels, if there is anything to name, in so many columns as fit into the width."""
    if not entries:
        return
    width = figure.bbox.width
    for most in range(columns, 0, -1):
        rows = -(-len(entries) // most)
        legend = figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside lower center",
            ncols=-(-len(entries) // rows),
            title=title or None,
            title_fontsize=LEGEND_SIZE,
        )
        if most == 1 or legend.get_window_extent().width < width:
            return
        legend.remove()


def add_notes(figure: Figure, notes: Sequence[str]) -> None:
    """Say below everything else what a figure does not show, in small lines; the last thing that it gets."""
    if not notes:
        return
    text = textwrap.fill("; ".join(notes), 170)
    line = 1.3 * NOTE_SIZE / 72  # inches
    foot = line * (text.count("\n") + 2)
    width, height = figure.get_size_inches()
    figure.draw_without_rendering()
    legends = sum(legend.get_window_extent().height / figure.dpi + line for legend in figure.legends)
    height += foot
    figure.set_size_inches(width, height)
    for legend in figure.legends:  # one that is anchored gets no room from the layout engine
        legend.set_bbox_to_anchor((0, foot / height, 1, 1 - foot / height), figure.transFigure)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        bottom = (foot + legends) / height
        engine.set(rect=(0, bottom, 1, 1 - bottom))
    figure.text(0.5, 0.3 * line / height, text, size=NOTE_SIZE, color=GREY, ha="center", va="bottom")
