"""Draw the figure of functions: the column dimensions of each function of a task, and networks reduced to them."""

import textwrap
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.panels import FunctionPanel
from pipeline.plotting import Line

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

ANGLES = {"largest_angle": ("--", "largest"), "mean_angle": ("-", "mean"), "smallest_angle": (":", "smallest")}
COST = panels.MEASURES["cost"]
WRITTEN = 5  # functions of a group of which numbers are written into their cells
PAIRS = ((plotting.ORANGE, "-"), (plotting.PURPLE, "--"), (plotting.BLACK, "-."))  # of three functions
STYLES = ("-", "--", "-.")  # of the dimensions of three functions
RANDOM = Line(plotting.GREY, ":", "random subspaces")


def main(data: str, figures: list[str], task: str, labels: dict) -> None:
    table = pd.read_csv(data, dtype={"component": "Int64", "other_component": "Int64"})
    rows = panels.functions_panels(task, labels)
    figure, axes = plotting.new_figure(max(len(rows), 1), 3, height=22 + 50 * max(len(rows), 1))
    if not rows:
        plotting.say(axes[0], f"{panels.label_of(labels, task)}: no two functions to compare")
        for panel in axes[1:]:
            panel.set_visible(False)
    drawer = Drawer(task, labels)
    for panel, each in zip(axes, (each for row in rows for each in row), strict=False):
        drawn = table[table["panel"] == each.letter]
        if drawn.empty:
            plotting.say(panel, panels.NO_COST if "costs" in each.kind else panels.NOTHING)
        elif each.kind == "angles":
            drawer.angles(panel, each, drawn)
        elif each.kind == "principal_angles":
            drawer.principal_angles(panel, each, drawn)
        elif each.kind == "costs":
            of_group = table[(table["grouping"] == each.group) & (table["measure"] == "cost")]
            drawer.costs(panel, each, drawn, of_group)
        elif each.kind == "all_costs":
            drawer.all_costs(panel, each, drawn)
        elif each.kind == "all_angles":
            drawer.all_angles(panel, each, drawn)
        elif each.kind == "other_costs":
            drawer.other_costs(panel, each, drawn)
        else:
            drawer.angles_of_pairs(panel, each, drawn)
        plotting.label_panel(panel, each.letter)
    costs_first = sorted(axes, key=lambda panel: panel.get_yscale() != "log")  # as in the order of their names
    bands = any(len(each.functions) <= panels.FEW for row in rows for each in row)
    legends.legend_below(figure, costs_first, legends.networks_of(table), columns=3, interval=True if bands else None)
    plotting.save(figure, figures)


class Drawer:
    """Draws panels of one task."""

    def __init__(self, task: str, labels: dict) -> None:
        self.task, self.labels = task, labels
        groups = [functions for functions in labels.get(task, {}).get("groups", {}).values() if len(functions) > 1]
        self.colours: dict[str, str] = {}
        for functions in groups:
            if len(functions) == 2:  # each pair has colours of its own
                used = len(self.colours)
                pair = [plotting.CYCLE[(used + place) % len(plotting.CYCLE)] for place in range(2)]
                self.colours |= dict(zip(functions, pair, strict=True))
            else:
                self.colours |= dict(zip(functions, plotting.colours_of(len(functions)), strict=True))

    def words(self, name: str) -> str:
        return panels.words(self.labels, self.task, name)

    def title_of(self, each: FunctionPanel) -> str:
        return textwrap.fill(f"column dimensions of the {self.words(each.group)}", 40)

    def angles(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        matrix = drawn.pivot(index="component", columns="other_component", values="mean")
        plotting.draw_matrix(panel, matrix, label="mean angle (degrees)", limits=(0, 90))
        function, other = map(self.words, each.functions)
        pair_of_three = each.functions not in [
            tuple(functions) for functions in self.labels[self.task]["groups"].values()
        ]
        kind = "column dimension" if pair_of_three else "dimension"
        title = f"{function} and {other}" if pair_of_three else self.title_of(each)
        panel.set(xlabel=f"{kind} of {other}", ylabel=f"{kind} of {function}", title=title)

    def costs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame, of_group: pd.DataFrame) -> None:
        """Draw costs on the trials of one function, on the scale of its group, or of both of two functions."""
        single = len(each.functions) == 1
        members = self.labels[self.task]["groups"][each.group]
        for place, function in enumerate(members):
            for other in each.functions:
                style = STYLES[place] if single else "-" if function == other else "--"
                label = f"dimensions of {self.words(function)}, trials of {self.words(other)}"
                if single:
                    label = f"cost with the dimensions of {self.words(function)}"
                line = drawn[(drawn["function"] == function) & (drawn["other"] == other)]
                plotting.draw_mean(panel, line, Line(self.colours[function], style, label), interval=True)
        top = 1.2 * of_group[["mean", "high"]].max(axis=None) if single else None
        title = f"trials of {self.words(each.functions[0])}" if single else self.title_of(each)
        finish_costs(panel, drawn, title, (lowest(of_group if single else drawn), top))

    def other_costs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        """Draw the cost on own trials and the mean of those on the trials of other functions, without their bands."""
        for function in each.functions:
            colour = self.colours[function]
            lines = drawn[drawn["function"] == function]
            own, others = lines[lines["other"] == function], lines[lines["other"] == "others"]
            panel.plot(own["rank"], own["mean"], "-", color=colour, label=f"dimensions of {self.words(function)}")
            panel.plot(others["rank"], others["mean"], "--", color=colour, linewidth=0.7)
        panel.plot([], [], "-", color="0.4", label="cost on own trials")
        panel.plot([], [], "--", color="0.4", linewidth=0.7, label="mean cost on the trials of the others")
        finish_costs(panel, drawn, "own and other trials", (lowest(drawn), None))

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
        random = drawn.loc[drawn["function"] == "random", "mean"]
        matrix = self.matrix(each, drawn[drawn["function"] != "random"])
        matrix = matrix.fillna(matrix.T)  # an angle has no direction
        plotting.draw_matrix(panel, matrix, label="mean principal angle (degrees)", limits=(0, 90))
        title = f"angles at rank k = {int(drawn['rank'].iloc[0])}"
        panel.set_title(title + (f" (random {random.iloc[0]:.0f}°)" if len(random) else ""))

    def matrix(self, each: FunctionPanel, drawn: pd.DataFrame) -> pd.DataFrame:
        matrix = drawn.pivot(index="function", columns="other", values="mean")
        matrix = matrix.reindex(index=each.functions, columns=each.functions)
        names = [self.words(function) for function in each.functions]
        return matrix.set_axis(names, axis=0).set_axis(names, axis=1)

    def principal_angles(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        random = drawn["function"] == "random"
        for measure, (style, name) in ANGLES.items():
            line = drawn[(drawn["measure"] == measure) & ~random]
            look = Line(plotting.BLACK, style, f"{name} principal angle")
            plotting.draw_mean(panel, line, look, interval=True)
        for measure, (style, name) in ANGLES.items():
            label = "the same of random subspaces (grey)" if name == "mean" else None
            line = drawn[(drawn["measure"] == measure) & random]
            plotting.draw_mean(panel, line, Line(plotting.GREY, style, label), interval=True)
        finish_angles(panel, drawn, "principal angle (degrees)")
        panel.set_title(self.title_of(each))

    def angles_of_pairs(self, panel: Axes, each: FunctionPanel, drawn: pd.DataFrame) -> None:
        for (function, other), look in zip(combinations(each.functions, 2), PAIRS, strict=True):
            line = drawn[(drawn["function"] == function) & (drawn["other"] == other)]
            label = f"angles between {self.words(function)} and {self.words(other)}"
            plotting.draw_mean(panel, line, Line(*look, label), interval=True)
        plotting.draw_mean(
            panel,
            drawn[drawn["function"] == "random"],
            Line(plotting.GREY, ":", "angles between random subspaces"),
            interval=True,
        )
        finish_angles(panel, drawn, f"{each.kind.removesuffix('_angle')} principal angle (degrees)")


def lowest(costs: pd.DataFrame) -> float:
    """Return where a logarithmic axis of costs begins; of an exact zero there is none."""
    above = costs.loc[costs["mean"] > 0, "mean"]
    return above.min() / 2 if len(above) else 0.1


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
