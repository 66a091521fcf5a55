"""Draw the figure of functions: the column dimensions of each function of a task, and networks reduced to them."""

import textwrap
from itertools import chain, combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.panels import FunctionPanel
from pipeline.plotting import Line
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = [
    *("panel", "measure", "function", "other", "component", "other_component", "rank"),
    *("mean", "median", "low", "high", "networks", "network"),
]
ANGLES = {"largest_angle": ("--", "largest"), "mean_angle": ("-", "mean"), "smallest_angle": (":", "smallest")}
COST = panels.MEASURES["cost"]
RATIO = "cost ratio, other ÷ own"
RATIOS = ["cost_ratio", "ratio_of_others"]
WRITTEN = 5  # functions of a group of which numbers are written into their cells
PAIRS = ((plotting.ORANGE, "-"), (plotting.PURPLE, "--"), (plotting.BLACK, "-."))  # of three functions
STYLES = ("-", "--", "-.")  # of the dimensions of three functions
HEIGHTS = {2: 46, 3: 48}  # mm, of a row of panels of so many functions; those of more functions:
HEIGHT, AROUND, ENTRY = 62, 12, 3.2  # and what stands above and below the panels, without the entries of the legend


def main(data: str, figures: list[str], task: str, labels: dict) -> None:
    table = read_table(data, COLUMNS)
    groups = panels.functions_panels(task, labels)
    drawers = [Drawer(task, labels, rows, table) for rows in groups.values()]
    if drawers:
        figure, sections = plotting.new_sections(
            [(len(drawer.rows), len(drawer.rows[0])) for drawer in drawers], [drawer.height for drawer in drawers]
        )
        for drawer, (section, axes) in zip(drawers, sections, strict=True):
            section.suptitle(drawer.title, size=7, weight="bold")
            panels_of = list(chain(*axes))
            for panel, each in zip(panels_of, chain(*drawer.rows), strict=True):
                drawer.draw(panel, each)
                plotting.label_panel(panel, each.letter)
            legends.legend_below(section, panels_of, drawer.statistics, columns=drawer.columns)
    else:
        figure, (panel,) = plotting.new_figure(1, 1, height=40)
        plotting.say(panel, f"{panels.label_of(labels, task)}: no two functions to compare")
    plotting.save(figure, figures)


class Drawer:
    """Draws the panels of a group of functions of a task."""

    columns = 4  # of the legend

    def __init__(self, task: str, labels: dict, rows: list[list[FunctionPanel]], table: pd.DataFrame) -> None:
        self.task, self.labels, self.rows = task, labels, rows
        group = rows[0][0].group
        self.functions = list(labels[task]["groups"][group])
        self.colours = dict(zip(self.functions, plotting.colours_of(len(self.functions)), strict=True))
        self.table = table[table["panel"].isin([panel.letter for row in rows for panel in row])]
        names = [self.words(name) for name in self.functions]
        every = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) <= panels.FEW else f"{len(names)} functions"
        self.title = textwrap.fill(f"{self.words(group)}: column dimensions of {every}", 110)
        entries = 10 if len(names) <= panels.FEW else len(names) + 2
        self.height = HEIGHTS.get(len(names), HEIGHT) * len(rows) + AROUND + ENTRY * (2 - -entries // self.columns)

    @property
    def statistics(self) -> str:
        """What the lines are, in two lines where there are ratios."""
        ratio = self.table["measure"].isin(RATIOS)
        means = legends.statistics_of(self.table[~ratio], interval=True)
        few = len(self.functions) <= panels.FEW
        shown = "shaded" if few else "bars"
        ratios = legends.statistics_of(self.table[ratio], statistic="median", interval=True, shown=shown)
        if not ratios or ratios == means:
            return means
        return f"costs and angles: {means}\ncost ratios: {ratios}"

    def words(self, name: str) -> str:
        return panels.words(self.labels, self.task, name)

    def draw(self, panel: Axes, each: FunctionPanel) -> None:
        drawn = self.table[self.table["panel"] == each.letter]
        if drawn.empty:
            plotting.say(panel, panels.NO_COST if "costs" in each.kind or "ratios" in each.kind else panels.NOTHING)
            return
        draw = self.angles_of_pairs if each.kind in ("mean_angle", "smallest_angle") else getattr(self, each.kind)
        draw(panel, each, drawn)

    def angles(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        matrix = drawn.astype({"component": int, "other_component": int})
        matrix = matrix.pivot(index="component", columns="other_component", values="mean")
        plotting.draw_matrix(panel, matrix, label="mean angle (degrees)", limits=(0, 90))
        function, other = map(self.words, each.functions)
        separator = "\n" if len(function) > 12 else " "
        panel.set(xlabel=f"dimension of {other}", ylabel=f"dimension of{separator}{function}")
        panel.set_title("angles between dimensions")

    def costs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        """Draw costs on the trials of one function, on the scale of its group, or of both of two functions."""
        for line, look in self.lines(each, drawn):
            plotting.draw_mean(panel, line, look, interval=True)
        single = len(each.functions) == 1
        alike = self.table[self.table["measure"] == "cost"] if single else drawn
        top = 1.2 * alike[["mean", "high"]].max(axis=None) if single else None
        finish_costs(panel, drawn, self.title_of(each, "cost"), (lowest(alike), top))

    def ratios(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        """Draw medians of the costs with other functions' dimensions over those with a function's own."""
        panel.axhline(1, color="0.6", linewidth=0.5, zorder=1)
        for line, look in self.lines(each, drawn):
            plotting.draw_mean(panel, line.assign(mean=line["median"]), look._replace(label=None), interval=True)
        panel.set_title(self.title_of(each, "paired cost ratio"))
        alike = self.table[self.table["measure"] == "cost_ratio"]
        xlim = 0, drawn["rank"].max()
        plotting.count_ratios(panel)
        plotting.finish(panel, xlabel="rank k", ylabel=RATIO, xlim=xlim, ylim=ratio_limits(alike))
        plotting.count_whole(panel)

    def lines(self, each: FunctionPanel, drawn: pd.DataFrame) -> list[tuple[pd.DataFrame, Line]]:
        """Return the lines of a panel of costs or ratios: colours tell the dimensions.

        Where the panel is of the trials of one function, so does the style, and otherwise it tells own trials.
        """
        found = []
        for place, function in enumerate(self.functions):
            for other in each.functions:
                style = STYLES[place] if len(each.functions) == 1 else "-" if function == other else "--"
                label = f"dimensions of {self.words(function)}"
                if len(each.functions) > 1:
                    label += f", trials of {self.words(other)}"
                line = drawn[(drawn["function"] == function) & (drawn["other"] == other)]
                if len(line):
                    found.append((line, Line(self.colours[function], style, label)))
        return found

    def title_of(self, each: FunctionPanel, what: str) -> str:
        """Return a title that names the function whose trials a panel is of, if there is one."""
        if len(each.functions) > 1:
            return what
        return f"{what},\n" + textwrap.fill(f"trials of {self.words(each.functions[0])}", 34)

    def other_costs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        """Draw the cost on the trials of each function with its own dimensions, and the mean with those of others."""
        for function in each.functions:
            colour = self.colours[function]
            line = drawn[drawn["other"] == function]
            own, others = line[line["measure"] == "cost"], line[line["measure"] == "cost_of_others"]
            panel.plot(own["rank"], own["mean"], "-", color=colour, label=f"trials of {self.words(function)}")
            panel.plot(others["rank"], others["mean"], "--", color=colour, linewidth=0.7)
        panel.plot([], [], "-", color="0.4", label="cost with own dimensions")
        panel.plot([], [], "--", color="0.4", linewidth=0.7, label="mean cost with those of others")
        finish_costs(panel, drawn, "cost", (lowest(drawn), None))

    def other_ratios(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        """Draw medians of the costs with all other functions' dimensions over those with each function's own."""
        panel.axhline(1, color="0.6", linewidth=0.5, zorder=1)
        for place, function in enumerate(each.functions):
            rows, colour = drawn[drawn["other"] == function], self.colours[function]
            middle, single = rows[rows["network"].isna()], rows[rows["network"].notna()]
            panel.plot(place, middle["median"], "o", color=colour, markersize=3, zorder=3)
            panel.vlines(place, middle["low"], middle["high"], color=colour, linewidth=0.8, zorder=2)
            panel.plot(place + plotting.apart(len(single)), single["median"], ".", color=colour, **plotting.DOT)
        plotting.count_ratios(panel)
        names = [self.words(function) for function in each.functions]
        xlim = -0.5, len(names) - 0.5
        plotting.finish(panel, xlabel="trials of", ylabel=RATIO, xlim=xlim, ylim=ratio_limits(drawn))
        plotting.name_ticks(panel, names)
        panel.set_title(f"paired cost ratio at rank k = {int(drawn['rank'].iloc[0])}")

    def all_costs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        matrix = self.matrix(each, drawn)
        values = matrix.to_numpy()
        limits = np.nanmin(values), np.nanmax(values)
        if limits[0] == limits[1]:
            limits = limits[0] / 2, limits[1] * 2
        write = len(each.functions) <= WRITTEN
        plotting.draw_matrix(panel, matrix, label=COST, limits=limits, log=bool(limits[0] > 0), write=write)
        panel.set(xlabel="trials of", ylabel="dimensions of")
        panel.set_title(f"cost at rank k = {int(drawn['rank'].iloc[0])}")

    def all_angles(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        random = between_random(drawn)
        matrix = self.matrix(each, drawn[~random])
        matrix = matrix.fillna(matrix.T)  # an angle has no direction
        plotting.draw_matrix(panel, matrix, label="mean principal angle (degrees)", limits=(0, 90))
        title = f"angles at rank k = {int(drawn['rank'].iloc[0])}"
        panel.set_title(title + (f" (random {drawn.loc[random, 'mean'].iloc[0]:.0f}°)" if random.any() else ""))

    def matrix(self, each: FunctionPanel, drawn: pd.DataFrame) -> pd.DataFrame:
        matrix = drawn.pivot(index="function", columns="other", values="mean")
        matrix = matrix.reindex(index=each.functions, columns=each.functions)
        names = [self.words(function) for function in each.functions]
        return matrix.set_axis(names, axis=0).set_axis(names, axis=1)

    def principal_angles(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        random = between_random(drawn)
        for measure, (style, name) in ANGLES.items():
            look = Line(plotting.BLACK, style, f"{name} principal angle")
            plotting.draw_mean(panel, drawn[(drawn["measure"] == measure) & ~random], look, interval=True)
        for measure, (style, name) in ANGLES.items():
            look = Line(plotting.GREY, style, "the same of random subspaces" if name == "mean" else None)
            plotting.draw_mean(panel, drawn[(drawn["measure"] == measure) & random], look, interval=True)
        finish_angles(panel, drawn, "principal angle (degrees)")
        panel.set_title("angles between subspaces")

    def angles_of_pairs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        for (function, other), look in zip(combinations(each.functions, 2), PAIRS, strict=True):
            line = drawn[(drawn["function"] == function) & (drawn["other"] == other)]
            label = f"angles, {self.words(function)} and {self.words(other)}"
            plotting.draw_mean(panel, line, Line(*look, label), interval=True)
        random = Line(plotting.GREY, ":", "angles, random subspaces")
        plotting.draw_mean(panel, drawn[between_random(drawn)], random, interval=True)
        name = each.kind.removesuffix("_angle")
        finish_angles(panel, drawn, f"{name} angle (degrees)")
        panel.set_title("angles between subspaces")


def between_random(drawn: pd.DataFrame) -> pd.Series:
    """Tell which angles are between random subspaces: no function is paired with itself."""
    return (drawn["function"] == "random") & (drawn["other"] == "random")


def lowest(costs: pd.DataFrame) -> float:
    """Return where a logarithmic axis of costs begins; of an exact zero there is none."""
    above = costs.loc[costs["mean"] > 0, "mean"]
    return above.min() / 2 if len(above) else 0.1


def ratio_limits(ratios: pd.DataFrame) -> tuple[float, float]:
    """Return limits of a logarithmic axis of ratios that show one, the medians and their intervals."""
    ends = ratios[["median", "low", "high"]].to_numpy(float)
    ends = ends[ends > 0]
    return min(ends.min(initial=1) / 1.5, 1 / 1.5), max(ends.max(initial=1) * 1.5, 1.5)


def finish_costs(panel: Axes, drawn: pd.DataFrame, title: str, ylim: tuple[float, float | None]) -> None:
    panel.set_yscale("log")
    panel.set_title(title)
    plotting.finish(panel, xlabel="rank k", ylabel=COST, xlim=(0, drawn["rank"].max()), ylim=ylim)
    plotting.count_whole(panel)


def finish_angles(panel: Axes, drawn: pd.DataFrame, ylabel: str) -> None:
    plotting.finish(panel, xlabel="rank k", ylabel=ylabel, xlim=(0, drawn["rank"].max()), ylim=(0, 90))
    plotting.count_whole(panel)


if __name__ == "__main__":
    run(main, snakemake)
