"""What figures 1, 2, 3, 6 and 7 draw: lines, arrows and shading are the numbers of their data, under their names."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from drawings import assert_drawn, assert_shaded, draw, look, named_line, names_of, panels_of
from matplotlib.colors import to_hex
from matplotlib.quiver import Quiver
from synthetic import Made, Results

import draw_figure_1
import draw_figure_2
import draw_figure_3
import draw_figure_6
import draw_figure_7
import summarise_figure_1
import summarise_figure_2
import summarise_figure_3
import summarise_figure_6
import summarise_figure_7

SEVEN = tuple(range(1, 8))
TASKS = {
    "first": Made(units=12, networks=SEVEN, outputs=2, conditions=("left", "right", "still")),
    "second": Made(units=20, networks=SEVEN, label="the other"),
}
LABELS = {"variance_explained": "variance explained", "cost": "network output cost", "state_distance": "state distance"}


class Figures:
    """The data and the drawings of figures of the same results, each made when it is first needed."""

    def __init__(self, folder):
        self.folder, self.results = folder, Results(folder, TASKS)
        self.path = cache(self.summarise)
        self.drawn = cache(self.draw)

    def summarise(self, number):
        results, path = self.results, str(self.folder / f"figure_{number}.csv")
        measures = results.path("performance"), results.path("dimensionality")
        subspaces = results.path("overlap"), results.path("recurrent_variance")
        match number:
            case 1:
                summarise_figure_1.main(*measures, path)
            case 2:
                summarise_figure_2.main(results.traces, path)
            case 3:
                summarise_figure_3.main(*measures, path)
            case 6:
                summarise_figure_6.main(results.traces, path, results.labels)
            case 7:
                summarise_figure_7.main(*subspaces, path)
        return path

    def draw(self, number):
        script = {1: draw_figure_1, 2: draw_figure_2, 3: draw_figure_3, 6: draw_figure_6, 7: draw_figure_7}[number]
        return draw(script.main, self.path(number), [], self.results.labels)

    def data(self, number, **values):
        table = pd.read_csv(self.path(number)).fillna({"criterion": ""} if number == 6 else {})
        for name, value in values.items():
            table = table[table[name] == value]
        return table


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    return Figures(tmp_path_factory.mktemp("figures"))


def assert_means(figures, number, panel, names, **values):
    """A panel has a line of each name, which are means, shaded ± their deviations, and nothing else."""
    axes = panels_of(figures.drawn(number))[panel]
    lines = [line for line in axes.lines if len(line.get_xdata())]
    assert len(lines) == len(names)
    for words, quantity in names.items():
        rows = figures.data(number, panel=panel, **values, **quantity).sort_values("rank")
        line = named_line(figures.drawn(number), axes, words)
        assert_drawn(line, rows["rank"], rows["mean"])
        low, high = rows["mean"] - rows["deviation"], rows["mean"] + rows["deviation"]
        assert_shaded(axes, line, rows["rank"], low, high)
    left, right = axes.get_xlim()
    assert (left, right) == (0, figures.data(number, panel=panel)["rank"].max())
    return axes


FIGURE_1 = {
    "variance_explained": {"PCs? of the activity|activity": "activity", r"\bof W$": "recurrent"},
    "cost": {"reduced to": "high_variance"},
    "state_distance": {"reduced to": "high_variance"},
}


PANELS_1 = [(task, measure) for task in ("first", "second") for measure in LABELS]


@pytest.mark.parametrize(("panel", "of"), [*zip("abcdef", PANELS_1, strict=True)])
def test_figure_1_draws_means_of_the_task_and_measure_that_its_panel_names(figures, panel, of):
    task, measure = of
    names = {words: {"quantity": quantity} for words, quantity in FIGURE_1[measure].items()}
    axes = assert_means(figures, 1, panel, names, task=task, measure=measure)
    assert axes.get_title() == {"first": "first", "second": "the other"}[task]
    assert axes.get_ylabel() == LABELS[measure]
    assert ("component" in axes.get_xlabel()) == (measure == "variance_explained")
    assert ("rank k" in axes.get_xlabel()) == (measure != "variance_explained")
    assert axes.get_ylim()[0] == 0


PANELS_3 = [(dimension, measure) for dimension in ("columns", "rows") for measure in LABELS]


@pytest.mark.parametrize(("panel", "of"), [*zip("abcdef", PANELS_3, strict=True)])
def test_figure_3_draws_means_of_the_dimension_and_measure_that_its_panel_names(figures, panel, of):
    dimension, measure = of
    names = {
        f"^{task}, {words}": {"task": name, "locations": locations}
        for task, name in (("first", "first"), ("the other", "second"))
        for words, locations in (("locations on trajectories", "trajectory"), ("random locations", "random"))
    }
    axes = assert_means(figures, 3, panel, names, dimension=dimension, measure=measure)
    assert axes.get_title() == {"columns": "column dimensions", "rows": "row dimensions"}[dimension]
    assert axes.get_ylabel() == LABELS[measure]


OVERLAPS = {
    "^overlap with high-variance": "recurrent",
    "^overlap with PCs of the activity": "activity",
    "^overlap with .*ΔW": "weight_change",
    "^chance": "chance",
}
VARIANCES = {
    "^variance .. high-variance": "high_variance",
    "^variance .. operative columns": "operative_columns",
    "^variance .. operative rows": "operative_rows",
    "^variance .. columns at random": "random_columns",
    "^variance .. rows at random": "random_rows",
    "^chance": "chance",
}
YLABELS_7 = {
    "columns": "overlap of column dimensions",
    "rows": "overlap of row dimensions",
    "both": "variance of W explained",
}
PANELS_7 = [(task, dimension) for task in ("first", "second") for dimension in YLABELS_7]


@pytest.mark.parametrize(("panel", "of"), [*zip("abcdef", PANELS_7, strict=True)])
def test_figure_7_draws_means_of_the_task_and_dimension_that_its_panel_names(figures, panel, of):
    task, dimension = of
    names = {words: {"quantity": name} for words, name in (VARIANCES if dimension == "both" else OVERLAPS).items()}
    axes = assert_means(figures, 7, panel, names, task=task, dimension=dimension)
    assert axes.get_title() == {"first": "first", "second": "the other"}[task]
    assert axes.get_ylabel() == YLABELS_7[dimension]
    assert axes.get_ylim() == (0, 1)


# --- figure 2


def arrows_of(axes):
    return {to_hex(each.get_facecolor()[0]): each for each in axes.collections if isinstance(each, Quiver)}


def one_name(figure, words):
    (handle,) = (handle for name, handle in names_of(figure).items() if re.search(words, name))
    return handle


@pytest.mark.parametrize(("panel", "rank"), [("a", 1), ("b", 5), ("c", 10), ("g", 10)])
def test_figure_2_draws_the_full_flow_and_that_of_its_rank(figures, panel, rank):
    axes, figure = panels_of(figures.drawn(2))[panel], figures.drawn(2)
    curve = figures.data(2, panel=panel, quantity="trajectory")
    (line,) = (line for line in axes.lines if len(line.get_xdata()))
    np.testing.assert_allclose(line.get_xydata(), curve[["x", "y"]])
    assert look(line)[0] == look(one_name(figure, "trajectory"))[0]
    found = arrows_of(axes)
    assert len(found) == 2
    for quantity, words in (("full_flow", "recurrent flow"), ("reduced_flow", "operative columns")):
        arrows = found[to_hex(one_name(figure, words).get_color())]
        rows = figures.data(2, panel=panel, quantity=quantity)
        drawn = np.stack([arrows.X, arrows.Y, arrows.U, arrows.V], -1)
        np.testing.assert_allclose(drawn, rows[["x", "y", "flow_x", "flow_y"]])
        assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1)
        for along, ends in ((axes.get_xlim(), arrows.X + arrows.U), (axes.get_ylim(), arrows.Y + arrows.V)):
            assert along[0] < ends.min() <= ends.max() < along[1]
    reduced = figures.data(2, panel=panel, quantity="reduced_flow")
    assert set(reduced["rank"]) == {rank}
    assert axes.get_title() == f"k = {rank}, error {reduced['difference'].iloc[0]:.0%}"
    assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))
    assert axes.get_xlabel() == "PC 1"


def test_figure_2_draws_the_impacts_of_each_local_dimension(figures):
    figure = figures.drawn(2)
    for panel, task in (("d", "first"), ("h", "second")):
        axes = panels_of(figure)[panel]
        words = {("column_impact", 1): "impact of the local column dimension"}
        ordinals = ("1|first", "2|second", "3|third", "4|fourth")
        for order, name in enumerate(ordinals, 1):
            words["row_impact", order] = f"({name}) local row|({name})$"
        assert len([line for line in axes.lines if len(line.get_xdata())]) == 5
        for (quantity, order), name in words.items():
            rows = figures.data(2, panel=panel, task=task, quantity=quantity, rank=order)
            time = rows["time"] if "time" in rows else rows["step"]
            assert_drawn(named_line(figure, axes, name), time, rows["impact"])
        assert "impact" in axes.get_ylabel()
        assert "time (ms)" in axes.get_xlabel() or axes.get_xlabel() == "step"
        assert axes.get_ylim()[0] == 0


def test_figure_2_names_its_example(figures):
    titles = [part.get_suptitle() for part in figures.drawn(2).subfigs]
    assert titles == ["first: right, network 1", "the other: right, network 1"]


# --- figure 6


def matrices_of(task):
    """Return titles by (reduction, criterion), from left to right."""
    units = TASKS[task].units
    names = [("full", "", f"full network\nk = {units}")]
    for reduction in ("columns", "rows"):
        for criterion, words, rank in (
            ("to_5_percent", "5%", 3),
            ("within_10_percent", "1.1", 8),
            ("authors", "authors", 4),
        ):
            names.append((f"operative_{reduction}", criterion, f"{words}.*\n{reduction}, k = {rank}"))
    return names


def drawn_lines(axes):
    """Return the lines of a panel by their points."""
    return {line.get_xydata().tobytes(): line for line in axes.lines if len(line.get_xdata())}


@pytest.mark.parametrize(("place", "task"), [*enumerate(TASKS)])
def test_figure_6_draws_what_each_matrix_does_in_a_column_of_its_own(figures, place, task):
    part = figures.drawn(6).subfigs[place]
    letters = {"first": "ab", "second": "cd"}[task]
    across = len(part.axes) // 2
    colours = {name: look(handle)[0] for name, handle in names_of(part).items()}
    words = [{"left": "to the left"}.get(name, name) for name in TASKS[task].conditions]
    assert len({colours[name] for name in words}) == len(words)
    for row, letter in enumerate(letters):
        for column, (reduction, criterion, title) in enumerate(matrices_of(task)):
            axes = part.axes[row * across + column]
            if row == 0:
                assert re.search(title, axes.get_title(), re.DOTALL), axes.get_title()
            rows = figures.data(6, task=task, panel=letter, reduction=reduction, criterion=criterion)
            targets = figures.data(6, task=task, panel=letter, quantity="target")
            rows = pd.concat([rows[rows["quantity"] != "target"], targets])
            drawn = drawn_lines(axes)
            groups = list(rows.groupby(["quantity", "condition", "channel"], dropna=False))
            assert len(drawn) == len(groups)
            for (quantity, condition, _), points in groups:
                line = drawn[points[["x", "y"]].to_numpy().tobytes()]
                if quantity != "target":
                    assert look(line)[0] == colours[words[TASKS[task].conditions.index(condition)]]
            for limits, name in ((axes.get_xlim(), "x"), (axes.get_ylim(), "y")):
                everything = figures.data(6, task=task, panel=letter)[name]
                assert limits[0] <= everything.min() <= everything.max() <= limits[1]
        first = part.axes[row * across]
        expected = ("time (ms)", "output") if row == 0 else ("PC 1", "PC 2")
        assert (first.get_xlabel(), first.get_ylabel()) == expected


def test_figure_6_tells_outputs_and_targets_apart(figures):
    part = figures.drawn(6).subfigs[0]
    names = names_of(part)
    (words,) = (name for name in names if name.startswith("targets"))
    styles = {channel: look(names[f"output {channel}"])[1] for channel in (1, 2)}
    assert styles[1] != styles[2]
    axes = part.axes[0]
    drawn = drawn_lines(axes)
    targets = set()
    shown = figures.data(6, panel="a", reduction="full")
    for (quantity, _, channel), rows in shown.groupby(["quantity", "condition", "channel"]):
        line = drawn[rows[["x", "y"]].to_numpy().tobytes()]
        if quantity == "output":
            assert look(line)[1] == styles[channel]
        else:
            targets.add(line.get_linewidth())
    assert targets == {names[words].get_linewidth()}
    assert {line.get_linewidth() for line in drawn.values()} > targets
