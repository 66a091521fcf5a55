"""Draw figure 6: what an example network does with its full matrix and with reduced ones."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {  # of the conditions
    "context_1_coherences_negative_positive": plotting.BLUE,
    "context_1_coherences_positive_negative": plotting.SKY,
    "context_2_coherences_negative_positive": plotting.ORANGE,
    "context_2_coherences_positive_negative": plotting.VERMILION,
    "frequency_1": plotting.BLUE,
    "frequency_26": plotting.GREEN,
    "frequency_51": plotting.VERMILION,
}
CRITERIA = {
    "to_5_percent": "cost below 5%\nof rank 0",
    "within_10_percent": "cost at most\n1.1 × full",
    "authors": "rank chosen by\nKrause et al.",
}
COLUMNS = [("full", ""), *((f"operative_{name}", criterion) for name in ("columns", "rows") for criterion in CRITERIA)]
LABELS = {"a": ("time (ms)", "output"), "b": ("PC 1", "PC 2"), "c": ("time (ms)", "output"), "d": ("PC 1", "PC 2")}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data).fillna({"criterion": ""})
    figure, sections = plotting.new_sections(table["task"].nunique(), 2, len(COLUMNS), height=86, foot=0)
    for (section, rows), (task, drawn) in zip(sections, table.groupby("task"), strict=True):
        section.suptitle(f"{plotting.TASK_LABELS[task]}, network {drawn['network'].iloc[0]}", size=7, weight="bold")
        entries: dict[str, Artist] = {}
        for axes, (letter, part) in zip(rows, drawn.groupby("panel"), strict=True):
            entries |= draw_row(axes, part)
            plotting.label_panel(axes[0], letter)
            xlabel, ylabel = LABELS[letter]
            axes[0].set(xlabel=xlabel, ylabel=ylabel)
        for panel, (reduction, criterion) in zip(rows[0], COLUMNS, strict=True):
            ranks = drawn.loc[(drawn["reduction"] == reduction) & (drawn["criterion"] == criterion), "rank"]
            panel.set_title(title(reduction, criterion, ranks), size=6)
        section.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=len(entries))
    plotting.save(figure, figures)


def draw_row(axes: list[Axes], part: pd.DataFrame) -> dict[str, Artist]:
    """Draw outputs, or trajectories, of every matrix on the same scales; return what is drawn, by its name."""
    names: dict[str, Artist] = {}
    outputs = (part["quantity"] == "output").any()
    for panel, (reduction, criterion) in zip(axes, COLUMNS, strict=True):
        lines = part[(part["reduction"] == reduction) & (part["criterion"] == criterion)]
        if lines.empty:
            panel.set_axis_off()
            continue
        for condition, line in lines[lines["quantity"] != "target"].groupby("condition"):
            drawn = panel.plot(line["x"], line["y"], color=COLOURS[condition], linewidth=0.8)
            names[plotting.condition_label(condition)] = drawn[0]
        for _, line in part[part["quantity"] == "target"].groupby("condition"):
            names["targets"] = panel.plot(line["x"], line["y"], "--", color="black", linewidth=0.5, dashes=(3, 2))[0]
        if outputs:
            plotting.finish(panel, xlabel="", ylabel="", xlim=(0, part["x"].max()), ylim=output_limits(part["y"]))
            panel.set_box_aspect(1)
        panel.tick_params(labelleft=panel is axes[0], labelbottom=panel is axes[0])
        panel.locator_params(nbins=3)
    if not outputs:
        plotting.limit_squarely(axes, part["x"], part["y"])
    return names


def output_limits(values: pd.Series) -> tuple[float, float]:
    margin = 0.05 * (values.max() - values.min())
    return values.min() - margin, values.max() + margin


def title(reduction: str, criterion: str, ranks: pd.Series) -> str:
    if reduction == "full":
        return f"full network\nk = {ranks.iloc[0]}"
    name = reduction.removeprefix("operative_")
    return f"{CRITERIA[criterion]}\n{name}, " + (f"k = {ranks.iloc[0]}" if len(ranks) else "no such k")


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
