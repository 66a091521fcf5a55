"""Draw figure 7: what operative dimensions share with dimensions of high variance, and what they explain of W."""

from typing import TYPE_CHECKING

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.plotting import Line
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["task", "dimension", "quantity", "rank", "mean", "deviation", "networks", "network"]
DOTS = (0, (1, 3))
OVERLAPS = {  # in the order of the legend
    "recurrent": Line(plotting.GREEN, "-", "overlap with high-variance dimensions of W"),
    "activity": Line(plotting.ORANGE, "--", "overlap with PCs of the activity x"),
    "weight_change": Line(plotting.PURPLE, "-.", "overlap with singular vectors of ΔW"),
    "chance": Line(plotting.GREY, DOTS),  # named once, below
}
VARIANCES = {
    "high_variance": Line(plotting.BLACK, "-", "variance in high-variance dimensions of W"),
    "operative_columns": Line(plotting.BLUE, "-.", "variance in operative columns"),
    "operative_rows": Line(plotting.VERMILION, "--", "variance in operative rows"),
    "random_columns": Line(plotting.SKY, ":", "variance in columns at random locations"),
    "random_rows": Line(plotting.PURPLE, ":", "variance in rows at random locations"),
    "chance": Line(plotting.GREY, DOTS, "chance: k random directions, k/N"),
}
PANELS = {  # label and lines
    "columns": ("overlap of column dimensions", OVERLAPS),
    "rows": ("overlap of row dimensions", OVERLAPS),
    "both": ("variance of W explained", VARIANCES),
}
NOTED = {"weight_change": "change ΔW, as the initial weights are not known"}


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS)
    tasks = panels.tasks_of(table, labels)
    figure, axes = plotting.new_figure(len(tasks), 3, height=18 + 48 * len(tasks))
    for panel, ((task, dimension), letter) in zip(axes, panels.letters(tasks, PANELS).items(), strict=True):
        drawn = table[(table["task"] == task) & (table["dimension"] == dimension)]
        ylabel, lines = PANELS[dimension]
        plotting.draw_lines(
            panel,
            [(drawn[drawn["quantity"] == quantity], line) for quantity, line in lines.items()],
            letter=letter,
            title=panels.label_of(labels, task),
            xlabel="rank k",
            ylabel=ylabel,
            ylim=(0, 1),
            empty=panels.NOTHING,
        )
    legends.legend_below(figure, axes, legends.statistics_of(table), columns=3)
    legends.add_notes(figure, panels.lacking(table, "quantity", NOTED, labels))
    plotting.save(figure, figures)


if __name__ == "__main__":
    run(main, snakemake)
