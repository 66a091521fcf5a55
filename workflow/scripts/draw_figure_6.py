"""Draw figure 6: what an example network does with its full matrix and with reduced ones."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CRITERIA = {
    "to_5_percent": "cost below 5%\nof rank 0",
    "within_10_percent": "cost at most\n1.1 × full",
    "distance_to_5_percent": "state distance\nbelow 5% of rank 0",
    "authors": "rank chosen by\nthe task's authors",
}
REDUCTIONS = ["operative_columns", "operative_rows"]
COLUMNS = [
    *("panel", "task", "network", "reduction", "criterion", "rank"),
    *("quantity", "channel", "channels", "condition", "x", "y"),
]
STYLES = ["-", (0, (1, 1)), "-."]  # of the outputs
TARGET: dict = {
    "linewidth": 2.4,
    "alpha": 0.35,
    "solid_capstyle": "butt",
    "dash_capstyle": "butt",
    "zorder": 1,
}  # in the colour of its condition
ACROSS = 7  # panels, at least, so that all have the size that they have in a page's width
ROW, AROUND = 33, 20  # mm, heights of a row of panels, and of titles and legend of a section


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS).fillna({"criterion": ""})
    tasks = dict(list(table.groupby("task")))
    columns = {task: columns_of(drawn) for task, drawn in tasks.items()}
    across = max(ACROSS, *map(len, columns.values()))
    shapes = [(drawn["panel"].nunique(), across) for drawn in tasks.values()]
    figure, sections = plotting.new_sections(shapes, [AROUND + ROW * rows for rows, _ in shapes])
    notes = []
    for (section, rows), (task, drawn) in zip(sections, tasks.items(), strict=True):
        name = panels.label_of(labels, task)
        section.suptitle(f"{name}, network {drawn['network'].iloc[0]}", size=7, weight="bold")
        entries: dict[str, Artist] = {}
        for axes in rows:
            for panel in axes[len(columns[task]) :]:
                panel.set_visible(False)
        conditions = list(drawn["condition"].unique())
        colours = dict(zip(conditions, plotting.colours_of(len(conditions)), strict=True))
        letters = [letter for letter in panels.LETTERS if letter in set(drawn["panel"])]
        for axes, letter in zip(rows, letters, strict=True):
            part = drawn[drawn["panel"] == letter]
            drawing = Row(axes, part, columns[task], colours)
            for condition, line in drawing.lines.items():
                entries[panels.words(labels, task, condition)] = line
            entries |= drawing.others
            plotting.label_panel(axes[0], letter)
        for panel, (reduction, criterion) in zip(rows[0], columns[task], strict=False):
            ranks = drawn.loc[(drawn["reduction"] == reduction) & (drawn["criterion"] == criterion), "rank"]
            panel.set_title(title(reduction, criterion, ranks), size=6)
        legends.name_below(section, entries, columns=6)
        channels, shown = drawn["channels"].iloc[0], drawn["channel"].max()
        if channels > shown:
            notes.append(f"{name}: the first {shown:.0f} of {channels} outputs")
        elif not channels:
            notes.append(f"{name}: no outputs")
    legends.add_notes(figure, notes)
    plotting.save(figure, figures)


def columns_of(drawn: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the matrices of a task: the full one, and columns and rows by each criterion that the task has.

    Where there is a cost, some rank costs at most 1.1 times the full network, while none may be below 5%.
    """
    found = set(drawn["criterion"])
    if "within_10_percent" in found:
        found.add("to_5_percent")
    elif "to_5_percent" not in found:
        found.add("distance_to_5_percent")
    criteria = [criterion for criterion in CRITERIA if criterion in found]
    return [("full", ""), *((reduction, criterion) for reduction in REDUCTIONS for criterion in criteria)]


class Row:
    """A row of panels: outputs, or trajectories, of every matrix on the same scales."""

    def __init__(
        self, axes: list[Axes], part: pd.DataFrame, columns: list[tuple[str, str]], colours: dict[str, str]
    ) -> None:
        self.lines: dict[str, Artist] = {}  # by condition
        self.others: dict[str, Artist] = {}  # by their names
        outputs = (part["quantity"] == "output").any()
        used = []
        for place, (panel, (reduction, criterion)) in enumerate(zip(axes, columns, strict=False)):
            lines = part[(part["reduction"] == reduction) & (part["criterion"] == criterion)]
            if lines.empty:
                panel.set_axis_off()
                continue
            used.append(panel)
            self.draw(panel, lines[lines["quantity"] != "target"], colours)
            for (condition, channel), line in part[part["quantity"] == "target"].groupby(["condition", "channel"]):
                style = STYLES[int(channel) - 1]
                panel.plot(line["x"], line["y"], linestyle=style, color=colours[condition], **TARGET)
                self.others["targets (pale)"] = panel.plot([], [], "-", color="0.4", **TARGET)[0]
            if outputs:
                plotting.finish(panel, xlabel="", ylabel="", xlim=(0, part["x"].max()), ylim=output_limits(part["y"]))
                panel.set_box_aspect(1)
            panel.tick_params(labelleft=place == 0, labelbottom=place == 0)
            panel.locator_params(nbins=3)
        if not outputs:
            plotting.limit_squarely(used, part["x"], part["y"])
        axes[0].set(xlabel="time (ms)" if outputs else "PC 1", ylabel="output" if outputs else "PC 2")

    def draw(self, panel: Axes, lines: pd.DataFrame, colours: dict[str, str]) -> None:
        channels = lines["channel"].nunique()
        for (condition, channel), line in lines.groupby(["condition", "channel"], dropna=False):
            style = STYLES[int(channel) - 1] if channels > 1 else "-"
            drawn = panel.plot(line["x"], line["y"], linestyle=style, color=colours[condition], linewidth=0.8)
            self.lines.setdefault(condition, drawn[0])
            if channels > 1:
                name = f"output {channel:.0f}"
                self.others[name] = panel.plot([], [], linestyle=style, color="0.4", linewidth=0.8)[0]


def output_limits(values: pd.Series) -> tuple[float, float]:
    margin = 0.05 * (values.max() - values.min()) or 0.5
    return values.min() - margin, values.max() + margin


def title(reduction: str, criterion: str, ranks: pd.Series) -> str:
    if reduction == "full":
        return f"full network\nk = {ranks.iloc[0]}"
    name = reduction.removeprefix("operative_")
    return f"{CRITERIA[criterion]}\n{name}, " + (f"k = {ranks.iloc[0]}" if len(ranks) else "no such k")


if __name__ == "__main__":
    run(main, snakemake)
