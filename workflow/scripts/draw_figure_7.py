"""Draw figure 7: what operative dimensions share with dimensions of high variance, and what they explain of W."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

DOTS = (0, (1, 3))
Line = tuple[str, str | tuple, str | None]  # colour, style, label
LINES: dict[str, dict[str, Line]] = {  # in the order of the legend
    "overlap": {
        "recurrent": (plotting.GREEN, "-", "overlap with high-variance dimensions of W"),
        "activity": (plotting.ORANGE, "--", "overlap with PCs of the activity x"),
        "weight_change": (plotting.PURPLE, "-.", "overlap with singular vectors of ΔW"),
        "chance": (plotting.GREY, DOTS, None),  # named once, below
    },
    "variance_explained": {
        "high_variance": (plotting.GREEN, "-", "variance of high-variance dimensions of W"),
        "operative_columns": (plotting.BLUE, "-", "variance of operative columns"),
        "operative_rows": (plotting.VERMILION, "--", "variance of operative rows"),
        "random_columns": (plotting.BLUE, ":", "variance of columns at random locations"),
        "random_rows": (plotting.VERMILION, ":", "variance of rows at random locations"),
        "chance": (plotting.GREY, DOTS, "chance: k random directions, k/N"),
    },
}
YLABELS = {
    "columns": "overlap of column dimensions",
    "rows": "overlap of row dimensions",
    "both": "variance of W explained",
}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data)
    figure, axes = plotting.new_figure(table["task"].nunique(), 3, height=18 + 48 * table["task"].nunique())
    for panel, (letter, drawn) in zip(axes, table.groupby("panel"), strict=True):
        for quantity, (colour, style, label) in LINES[drawn["measure"].iloc[0]].items():
            line = drawn[drawn["quantity"] == quantity]
            plotting.draw_mean(panel, line, colour=colour, style=style, label=label)
        plotting.finish(
            panel,
            xlabel="rank k",
            ylabel=YLABELS[drawn["dimension"].iloc[0]],
            xlim=(0, drawn["rank"].max()),
            ylim=(0, 1),
        )
        panel.set_title(plotting.TASK_LABELS[drawn["task"].iloc[0]])
        plotting.label_panel(panel, letter)
    plotting.legend_below(figure, axes[1:3], table["networks"].max(), columns=3)
    plotting.save(figure, figures)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
