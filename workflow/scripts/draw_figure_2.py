"""Draw figure 2: few operative dimensions give the recurrent flow along a trajectory; their impacts along it."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from pipeline import plotting
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

GREY = "0.7"
LABELS = {
    "trajectory": "condition-average trajectory",
    "full_flow": "recurrent flow −x + W tanh(x)",
    "reduced_flow": "with W of rank k, operative columns",
}
IMPACTS = {  # style, marker and colour by dimension and order
    ("column_impact", 1): ("-o", "black", "impact of the local column dimension"),
    ("row_impact", 1): ("-s", plotting.BLUE, "of the first local row dimension"),
    ("row_impact", 2): ("--^", plotting.SKY, "of the second"),
    ("row_impact", 3): ("-.D", plotting.GREEN, "of the third"),
    ("row_impact", 4): (":v", plotting.PURPLE, "of the fourth"),
}


def main(data: str, figures: list[str]) -> None:
    table = pd.read_csv(data)
    panels = table.groupby("task")["panel"].nunique().max()
    tasks = table["task"].nunique()
    figure, sections = plotting.new_sections(tasks, 1, panels, height=46, foot=16)
    entries: dict[str, Artist] = {}
    for (section, (axes,)), (task, drawn) in zip(sections, table.groupby("task"), strict=True):
        condition, network = plotting.condition_label(drawn["condition"].iloc[0]), drawn["network"].iloc[0]
        section.suptitle(f"{plotting.TASK_LABELS[task]}: {condition}, network {network}", size=7, weight="bold")
        *flows, impacts = axes
        parts = dict(list(drawn.groupby("panel")))
        for panel, letter in zip([*flows[: len(parts) - 1], impacts], parts, strict=True):
            entries |= (draw_impacts if panel is impacts else draw_flow)(panel, parts[letter])
            plotting.label_panel(panel, letter)
        for panel in flows[len(parts) - 1 :]:
            panel.set_visible(False)
        points = drawn[drawn["x"].notna()].fillna({"flow_x": 0.0, "flow_y": 0.0})
        x, y = (pd.concat([points[name], points[name] + points[f"flow_{name}"]]) for name in "xy")
        plotting.limit_squarely(flows, x, y)
        for panel in flows[1:]:
            panel.tick_params(labelleft=False)
        flows[0].set_ylabel("PC 2")
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside lower center",
        ncols=3,
        title="arrows: change of x in one time constant; error: ‖F_k − F‖ / ‖F‖ of the flow F, all locations and units",
        title_fontsize=plotting.LEGEND_SIZE,
    )
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
        drawn = panel.plot(impact["step"], impact["impact"], style, color=colour, markersize=2, linewidth=0.8)
        lines[label] = drawn[0]
    panel.set_title("local impacts")
    plotting.finish(panel, xlabel="step", ylabel="local impact Δf", xlim=(0, part["step"].max() * 1.03), ylim=(0, None))
    panel.set_box_aspect(1)
    return lines


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.input.data, snakemake.output.figures)
