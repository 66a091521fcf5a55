"""Draw figure 1: the dimensions of highest variance, of W and of the activity, and networks reduced to the former."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {"recurrent": plotting.BLUE, "activity": plotting.VERMILION, "high_variance": plotting.BLUE}
STYLES = {"recurrent": "-", "activity": "--", "high_variance": "-"}
LABELS = {
    "recurrent": "PCs of W",
    "activity": "PCs of the activity x",
    "high_variance": "network with W reduced to its first k PCs",
}
XLABELS = {"variance_explained": "component", "cost": "rank k", "state_distance": "rank k"}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data)
    figure, axes = plotting.new_figure(table["task"].nunique(), 3, height=14 + 46 * table["task"].nunique())
    for panel, (letter, drawn) in zip(axes, table.groupby("panel"), strict=True):
        measure = drawn["measure"].iloc[0]
        for quantity, line in drawn.groupby("quantity"):
            plotting.draw_mean(panel, line, colour=COLOURS[quantity], style=STYLES[quantity], label=LABELS[quantity])
        plotting.finish(
            panel,
            xlabel=XLABELS[measure],
            ylabel=plotting.MEASURE_LABELS[measure],
            xlim=(0, drawn["rank"].max()),
            ylim=(0, None),
        )
        panel.set_title(plotting.TASK_LABELS[drawn["task"].iloc[0]])
        plotting.label_panel(panel, letter)
    plotting.legend_below(figure, axes, table["networks"].max())
    plotting.save(figure, figures)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
