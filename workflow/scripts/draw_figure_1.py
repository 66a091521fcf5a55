"""Draw figure 1: the dimensions of highest variance, of W and of the activity, and networks reduced to the former."""

from typing import TYPE_CHECKING

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.plotting import Line
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["task", "measure", "quantity", "rank", "mean", "deviation", "networks", "network"]
LINES = {
    "recurrent": Line(plotting.GREEN, "-", "principal components (PCs) of W"),
    "activity": Line(plotting.ORANGE, "--", "PCs of the activity x"),
    "high_variance": Line(plotting.BLACK, "-.", "network with W reduced to its first k PCs"),
}


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS)
    tasks = panels.tasks_of(table, labels)
    figure, axes = plotting.new_figure(len(tasks), 3, height=14 + 46 * len(tasks))
    for panel, ((task, measure), letter) in zip(axes, panels.letters(tasks, panels.MEASURES).items(), strict=True):
        drawn = table[(table["task"] == task) & (table["measure"] == measure)]
        plotting.draw_lines(
            panel,
            [(drawn[drawn["quantity"] == quantity], line) for quantity, line in LINES.items()],
            letter=letter,
            title=panels.label_of(labels, task),
            xlabel="principal component" if measure == "variance_explained" else "rank k",
            ylabel=panels.MEASURES[measure],
            empty=panels.NO_COST if measure == "cost" else panels.NOTHING,
        )
    legends.legend_below(figure, axes, legends.statistics_of(table), columns=3)
    legends.add_notes(figure, panels.lacking(table, "measure", {"cost": "cost"}, labels))
    plotting.save(figure, figures)


if __name__ == "__main__":
    run(main, snakemake)
