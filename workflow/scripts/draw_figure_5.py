"""Draw figure 5: the column dimensions of the bands of frequencies, and networks reduced to them."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

BANDS = ["slow", "medium", "fast"]
DIMENSIONS = {"slow": (plotting.BLUE, "-"), "medium": (plotting.GREEN, "--"), "fast": (plotting.VERMILION, "-.")}
PAIRS = {
    ("slow", "medium"): (plotting.ORANGE, "-", "slow and medium"),
    ("slow", "fast"): (plotting.PURPLE, "--", "slow and fast"),
    ("medium", "fast"): (plotting.BLACK, "-.", "medium and fast"),
    ("random", "random"): (plotting.GREY, ":", "random subspaces"),
}
YLABELS = {"mean_angle": "mean principal angle (degrees)", "smallest_angle": "smallest principal angle (degrees)"}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data, dtype={"component": "Int64", "other_component": "Int64"})
    costs = table[table["measure"] == "cost"]
    limits = costs["mean"].min() / 2, 1.2 * costs[["mean", "high"]].max(axis=None)
    figure, axes = plotting.new_figure(3, 3, height=172)
    for panel, (letter, drawn) in zip(axes, table.groupby("panel"), strict=True):
        measure = drawn["measure"].iloc[0]
        if measure == "angle":
            draw_angles(panel, drawn)
        elif measure == "cost" and drawn["other"].nunique() > 1:
            draw_every_cost(panel, drawn)
        elif measure == "cost":
            draw_costs(panel, drawn, limits)
        else:
            draw_principal_angles(panel, drawn)
        plotting.label_panel(panel, letter)
    plotting.legend_below(figure, [axes[3], axes[7]], table["networks"].max(), columns=3, interval=True)
    plotting.save(figure, figures)


def draw_angles(panel: Axes, drawn: pd.DataFrame) -> None:
    matrix = drawn.pivot(index="component", columns="other_component", values="mean")
    plotting.draw_matrix(panel, matrix, label="mean angle (degrees)", limits=(0, 90))
    function, other = drawn["function"].iloc[0], drawn["other"].iloc[0]
    panel.set(
        xlabel=f"column dimension of {other}", ylabel=f"column dimension of {function}", title=f"{function} and {other}"
    )


def draw_costs(panel: Axes, drawn: pd.DataFrame, limits: tuple[float, float]) -> None:
    for band, (colour, style) in DIMENSIONS.items():
        line = drawn[drawn["function"] == band]
        label = f"cost with the dimensions of {band} frequencies"
        plotting.draw_mean(panel, line, colour=colour, style=style, label=label, interval=True)
    panel.set_yscale("log")
    panel.set_title(f"trials of {drawn['other'].iloc[0]} frequencies")
    plotting.finish(
        panel,
        xlabel="rank k",
        ylabel=plotting.MEASURE_LABELS["cost"],
        xlim=(0, drawn["rank"].max()),
        ylim=limits,
    )


def draw_every_cost(panel: Axes, drawn: pd.DataFrame) -> None:
    matrix = drawn.pivot(index="function", columns="other", values="mean").loc[BANDS, BANDS]
    limits = matrix.to_numpy().min(), matrix.to_numpy().max()
    plotting.draw_matrix(panel, matrix, label=plotting.MEASURE_LABELS["cost"], limits=limits, log=True, write=True)
    panel.set(xlabel="trials of", ylabel="dimensions of", title=f"cost at rank k = {int(drawn['rank'].iloc[0])}")


def draw_principal_angles(panel: Axes, drawn: pd.DataFrame) -> None:
    for (function, other), (colour, style, label) in PAIRS.items():
        line = drawn[(drawn["function"] == function) & (drawn["other"] == other)]
        plotting.draw_mean(panel, line, colour=colour, style=style, label=f"angles between {label}", interval=True)
    plotting.finish(
        panel, xlabel="rank k", ylabel=YLABELS[drawn["measure"].iloc[0]], xlim=(0, drawn["rank"].max()), ylim=(0, 90)
    )


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
