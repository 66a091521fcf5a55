"""Draw figure 4: the column dimensions of the contexts and of the choices, and networks reduced to them."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from pipeline import plotting
from pipeline.logs import logging_to
from pipeline.plotting import FUNCTION_LABELS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {
    "context_1": plotting.BLUE,
    "context_2": plotting.VERMILION,
    "choice_negative": plotting.GREEN,
    "choice_positive": plotting.PURPLE,
}
TITLES = {"context": "column dimensions of the contexts", "choice": "column dimensions of the choices"}
ANGLES = {"largest_angle": ("--", "largest"), "mean_angle": ("-", "mean"), "smallest_angle": (":", "smallest")}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data, dtype={"component": "Int64", "other_component": "Int64"})
    figure, axes = plotting.new_figure(2, 3, height=122)
    for panel, (letter, drawn) in zip(axes, table.groupby("panel"), strict=True):
        measure = drawn["measure"].iloc[0]
        if measure == "angle":
            draw_angles(panel, drawn)
        elif measure == "cost":
            draw_costs(panel, drawn)
        else:
            draw_principal_angles(panel, drawn)
        panel.set_title(TITLES[drawn["grouping"].iloc[0]])
        plotting.label_panel(panel, letter)
    plotting.legend_below(figure, [axes[1], axes[4], axes[5]], table["networks"].max(), columns=3, interval=True)
    plotting.save(figure, figures)


def draw_angles(panel: Axes, drawn: pd.DataFrame) -> None:
    matrix = drawn.pivot(index="component", columns="other_component", values="mean")
    plotting.draw_matrix(panel, matrix, label="mean angle (degrees)", limits=(0, 90))
    panel.set(
        xlabel=f"dimension of {FUNCTION_LABELS[drawn['other'].iloc[0]]}",
        ylabel=f"dimension of {FUNCTION_LABELS[drawn['function'].iloc[0]]}",
    )


def draw_costs(panel: Axes, drawn: pd.DataFrame) -> None:
    for (function, other), line in drawn.groupby(["function", "other"]):
        plotting.draw_mean(
            panel,
            line,
            colour=COLOURS[function],
            style="-" if function == other else "--",
            label=f"dimensions of {FUNCTION_LABELS[function]}, trials of {FUNCTION_LABELS[other]}",
            interval=True,
        )
    panel.set_yscale("log")
    plotting.finish(
        panel,
        xlabel="rank k",
        ylabel=plotting.MEASURE_LABELS["cost"],
        xlim=(0, drawn["rank"].max()),
        ylim=(drawn["mean"].min() / 2, None),
    )


def draw_principal_angles(panel: Axes, drawn: pd.DataFrame) -> None:
    random = drawn["function"] == "random"
    for measure, (style, name) in ANGLES.items():
        line = drawn[(drawn["measure"] == measure) & ~random]
        plotting.draw_mean(
            panel, line, colour=plotting.BLACK, style=style, label=f"{name} principal angle", interval=True
        )
    for measure, (style, name) in ANGLES.items():
        label = "the same of random subspaces (grey)" if name == "mean" else None
        line = drawn[(drawn["measure"] == measure) & random]
        plotting.draw_mean(panel, line, colour=plotting.GREY, style=style, label=label, interval=True)
    plotting.finish(
        panel, xlabel="rank k", ylabel="principal angle (degrees)", xlim=(0, drawn["rank"].max()), ylim=(0, 90)
    )


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
