"""Draw figure 3: global operative dimensions, and networks reduced to them, for columns and rows."""

from typing import TYPE_CHECKING

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.plotting import Line
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["task", "dimension", "locations", "measure", "rank", "mean", "deviation", "networks", "network"]
DIMENSIONS = {"columns": "column dimensions", "rows": "row dimensions"}
LOCATIONS = {"trajectory": "locations on trajectories", "random": "random locations"}
STYLES = ("-", "-", "--", "-.")  # of the tasks, beside their colours; locations at random are dotted


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS)
    tasks = panels.tasks_of(table, labels)
    figure, axes = plotting.new_figure(2, 3, height=108 + 3 * max(len(tasks) - 2, 0))
    for panel, ((dimension, measure), letter) in zip(
        axes, panels.letters(DIMENSIONS, panels.MEASURES).items(), strict=True
    ):
        drawn = table[(table["dimension"] == dimension) & (table["measure"] == measure)]
        lines = [
            (drawn[(drawn["task"] == task) & (drawn["locations"] == name)], look(place, name, label, labels, task))
            for place, task in enumerate(tasks)
            for name, label in LOCATIONS.items()
        ]
        plotting.draw_lines(
            panel,
            lines,
            letter=letter,
            title=DIMENSIONS[dimension],
            xlabel="principal component of L" if measure == "variance_explained" else "rank k",
            ylabel=panels.MEASURES[measure],
            empty=panels.NO_COST if measure == "cost" else panels.NOTHING,
        )
    legends.legend_below(figure, axes, legends.statistics_of(table))
    legends.add_notes(figure, panels.lacking(table, "measure", {"cost": "cost"}, labels))
    plotting.save(figure, figures)


def look(place: int, locations: str, label: str, labels: dict, task: str) -> Line:
    style = STYLES[place % len(STYLES)] if locations == "trajectory" else ":"
    colour = plotting.CYCLE[place % len(plotting.CYCLE)]
    return Line(colour, style, f"{panels.label_of(labels, task)}, {label}")


if __name__ == "__main__":
    run(main, snakemake)
