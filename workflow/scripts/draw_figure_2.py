"""Draw figure 2: few operative dimensions give the recurrent flow along a trajectory; their impacts along it."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from pipeline import legends, panels, plotting
from pipeline.jobs import run
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = [
    *("panel", "task", "network", "condition", "quantity", "rank"),
    *("time", "x", "y", "flow_x", "flow_y", "difference", "impact"),
]
GREY = "0.7"
LABELS = {
    "trajectory": "condition-average trajectory",
    "full_flow": "recurrent flow F = −x + W φ(x)",
    "reduced_flow": "flow $F_k$, of W reduced to k operative columns",
}
IMPACTS = {  # style, marker and colour by dimension and order
    ("column_impact", 1): ("-o", "black", "impact of the local column dimension"),
    ("row_impact", 1): ("-s", plotting.BLUE, "impact of local row dimension 1"),
    ("row_impact", 2): ("--^", plotting.SKY, "impact of local row dimension 2"),
    ("row_impact", 3): ("-.D", plotting.GREEN, "impact of local row dimension 3"),
    ("row_impact", 4): (":v", plotting.PURPLE, "impact of local row dimension 4"),
}
PANELS = 5  # of a task, at least, so that all have the size that they have in a page's width


def main(data: str, figures: list[str], labels: dict) -> None:
    table = read_table(data, COLUMNS)
    tasks = dict(list(table.groupby("task")))
    across = max(PANELS, table.groupby("task")["panel"].nunique().max())
    figure, sections = plotting.new_sections([(1, across)] * len(tasks), [46] * len(tasks), foot=16)
    entries: dict[str, Artist] = {}
    for (section, (axes,)), (task, drawn) in zip(sections, tasks.items(), strict=True):
        condition = panels.words(labels, task, drawn["condition"].iloc[0])
        title = f"{panels.label_of(labels, task)}: {condition}, network {drawn['network'].iloc[0]}"
        section.suptitle(title, size=7, weight="bold")
        letters = [letter for letter in panels.LETTERS if letter in set(drawn["panel"])]
        flows, impacts = axes[: len(letters) - 1], axes[len(letters) - 1]
        for panel, letter in zip([*flows, impacts], letters, strict=False):
            part = drawn[drawn["panel"] == letter]
            flow = (part["quantity"] == "reduced_flow").any()
            entries |= (draw_flow if flow else draw_impacts)(panel, part)
            plotting.label_panel(panel, letter)
        if not drawn["impact"].notna().any():
            plotting.say(impacts, "no local dimension has an impact")
        for panel in axes[len(flows) + 1 :]:
            panel.set_visible(False)
        points = drawn[drawn["x"].notna()].fillna({"flow_x": 0.0, "flow_y": 0.0})
        x, y = (pd.concat([points[name], points[name] + points[f"flow_{name}"]]) for name in "xy")
        plotting.limit_squarely(flows, x, y)
        for place, panel in enumerate(flows):
            panel.tick_params(labelleft=place == 0)
            panel.set_ylabel("" if place else "PC 2")
    title = "arrows: change of x in one time constant; error: $‖F_k − F‖ / ‖F‖$ over all locations and units"
    legends.name_below(figure, entries, title, columns=3)
    plotting.save(figure, figures)


def draw_flow(panel: Axes, part: pd.DataFrame) -> dict[str, Artist]:
    """Draw the flow of a reduced matrix over that of the full one; return what is drawn, by its name."""
    curve, full, reduced = (part[part["quantity"] == quantity] for quantity in LABELS)
    line = panel.plot(curve["x"], curve["y"], color=GREY, linewidth=0.8, zorder=1)
    names: dict[str, Artist] = {LABELS["trajectory"]: line[0]}
    for quantity, flow, colour, width in (
        ("full_flow", full, "black", 0.016),
        ("reduced_flow", reduced, plotting.VERMILION, 0.008),
    ):
        panel.quiver(
            *(flow[name] for name in ("x", "y", "flow_x", "flow_y")),
            angles="xy",
            scale_units="xy",
            scale=1,  # an arrow ends where the flow would lead within one time constant
            width=width,
            headwidth=3.5,
            headlength=4,
            headaxislength=3.5,
            color=colour,
            zorder=2,
        )
        names[LABELS[quantity]] = panel.plot([], [], "->", color=colour, markersize=3)[0]
    rank, difference = reduced["rank"].iloc[0], reduced["difference"].iloc[0]
    panel.set_title(f"k = {rank:.0f}, error {difference:.0%}")
    panel.set_xlabel("PC 1")
    panel.locator_params(nbins=4)
    return names


def draw_impacts(panel: Axes, part: pd.DataFrame) -> dict[str, Artist]:
    """Draw the impacts of local dimensions along the trajectory; return what is drawn, by its name."""
    lines: dict[str, Artist] = {}
    for (quantity, order), impact in part.groupby(["quantity", "rank"]):
        style, colour, label = IMPACTS[quantity, order]
        drawn = panel.plot(impact["time"], impact["impact"], style, color=colour, markersize=2, linewidth=0.8)
        lines[label] = drawn[0]
    panel.set_title("local dimensions")
    xlim = 0, part["time"].max() * 1.03
    plotting.finish(panel, xlabel="time (ms)", ylabel="impact Δf", xlim=xlim, ylim=(0, None))
    panel.locator_params(axis="x", nbins=4)
    panel.set_box_aspect(1)
    return lines


if __name__ == "__main__":
    run(main, snakemake)
