"""Draw figure 3: global operative dimensions, and networks reduced to them, for columns and rows."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

STYLES = {"trajectory": "-", "random": ":"}
LABELS = {"trajectory": "locations on trajectories", "random": "random locations"}
XLABELS = {"variance_explained": "PC(L)", "cost": "rank k", "state_distance": "rank k"}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data)
    figure, axes = plotting.new_figure(2, 3, height=108)
    for panel, (letter, drawn) in zip(axes, table.groupby("panel"), strict=True):
        measure = drawn["measure"].iloc[0]
        for (task, locations), line in drawn.groupby(["task", "locations"]):
            plotting.draw_mean(
                panel,
                line,
                colour=plotting.TASK_COLOURS[task],
                style=STYLES[locations],
                label=f"{plotting.TASK_LABELS[task]}, {LABELS[locations]}",
            )
        plotting.finish(
            panel,
            xlabel=XLABELS[measure],
            ylabel=plotting.MEASURE_LABELS[measure],
            xlim=(0, drawn["rank"].max()),
            ylim=(0, None),
        )
        panel.set_title(f"{drawn['dimension'].iloc[0][:-1]} dimensions")
        plotting.label_panel(panel, letter)
    plotting.legend_below(figure, axes, table["networks"].max())
    plotting.save(figure, figures)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
