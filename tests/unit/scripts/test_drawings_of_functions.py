"""What the figure of functions draws: matrices, lines and intervals are the numbers of its data, under their names."""

import numpy as np
import pandas as pd
import pytest
from drawings import assert_drawn, assert_shaded, draw, look, named_line, names_of, panels_of
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex
from synthetic import Made, Results

import draw_functions
import summarise_functions

GROUPS = {
    "side": ["left", "right"],
    "speed": ["slow", "medium", "fast"],
    "stimulus": [f"stimulus_{number}" for number in range(6)],
}


WORDS = {"left": "to the left"} | {f"stimulus_{number}": f"stimulus {number}" for number in range(6)}


class Figure:
    def __init__(self, folder):
        results = Results(folder, {"task_a": Made(units=14, networks=tuple(range(1, 8)), groups=GROUPS)})
        path = str(folder / "functions.csv")
        tables = [results.path(name) for name in ("functions", "angles", "principal_angles")]
        summarise_functions.main(*tables, path, "task_a", results.labels)
        self.table = pd.read_csv(path)
        self.drawn = draw(draw_functions.main, path, [], "task_a", results.labels)
        self.panels = panels_of(self.drawn)

    def section(self, panel):
        (section,) = (part for part in self.drawn.subfigs if self.panels[panel] in part.axes)
        return section

    def rows(self, **values):
        table = self.table
        for name, value in values.items():
            table = table[table[name] == value]
        return table


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    return Figure(tmp_path_factory.mktemp("functions"))


def test_sections_are_named_after_their_group(figure):
    titles = [part.get_suptitle() for part in figure.drawn.subfigs]
    assert [title.split(":")[0] for title in titles] == list(GROUPS)
    panels = [
        "".join(letter for letter in figure.panels if figure.section(letter) is part) for part in figure.drawn.subfigs
    ]
    assert panels == ["abcd", "efghijklmnop", "qrst"]


def mesh_of(axes):
    """Return the numbers of a matrix, its first row on top."""
    (mesh,) = (each for each in axes.collections if isinstance(each, QuadMesh))
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    rows, columns = (len(labels) for labels in (axes.get_yticklabels(), axes.get_xticklabels()))
    return mesh, np.asarray(mesh.get_array(), dtype=float).reshape(rows, columns)


def ticks(axes):
    return [
        [text.get_text().replace("\n", " ") for text in each]
        for each in (axes.get_yticklabels(), axes.get_xticklabels())
    ]


ANGLES = [("a", "left", "right"), ("e", "slow", "medium"), ("f", "slow", "fast"), ("g", "medium", "fast")]


@pytest.mark.parametrize(("panel", "function", "other"), ANGLES)
def test_angles_stand_in_the_row_of_one_function_and_the_column_of_the_other(figure, panel, function, other):
    axes = figure.panels[panel]
    mesh, values = mesh_of(axes)
    assert values.shape == (10, 10)
    rows = figure.rows(panel=panel, function=function, other=other)
    for row in rows.to_dict("records"):
        place = int(row["component"]) - 1, int(row["other_component"]) - 1
        assert values[place] == pytest.approx(row["mean"])
    assert len(rows) == 100
    labels = tuple(f"dimension of {WORDS.get(name, name)}" for name in (function, other))
    assert (axes.get_ylabel(), axes.get_xlabel()) == labels
    assert mesh.get_clim() == (0, 90)
    assert ticks(axes) == [[str(number) for number in range(1, 11)]] * 2


@pytest.mark.parametrize(("panel", "group"), [("n", "speed"), ("q", "stimulus")])
def test_costs_stand_in_the_row_of_the_dimensions_and_the_column_of_the_trials(figure, panel, group):
    axes = figure.panels[panel]
    _, values = mesh_of(axes)
    names = [WORDS.get(name, name) for name in GROUPS[group]]
    assert ticks(axes) == [names, names]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("dimensions of", "trials of")
    rows = figure.rows(panel=panel)
    assert len(rows) == values.size
    for row in rows.to_dict("records"):
        place = GROUPS[group].index(row["function"]), GROUPS[group].index(row["other"])
        assert values[place] == pytest.approx(row["mean"])
    assert axes.get_title() == f"cost at rank k = {rows['rank'].iloc[0]:.0f}"
    if len(names) <= 5:
        written = [text.get_text() for text in axes.texts if text.get_size() != 8]
        assert written == [f"{value:.2g}" for value in values.ravel()]


def test_angles_of_many_functions_are_the_same_in_both_directions(figure):
    _, values = mesh_of(figure.panels["r"])
    rows = figure.rows(panel="r")
    pairs = rows[rows["function"] != "random"]
    assert len(pairs) == 15
    for row in pairs.to_dict("records"):
        place = [int(row[name].removeprefix("stimulus_")) for name in ("function", "other")]
        assert values[*place] == values[*place[::-1]] == pytest.approx(row["mean"])
    assert np.isnan(values.diagonal()).all()
    random = rows.loc[rows["function"] == "random", "mean"].item()
    assert f"random {random:.0f}°" in figure.panels["r"].get_title()


def assert_line(figure, panel, words, column="mean", **values):
    axes, rows = figure.panels[panel], figure.rows(panel=panel, **values).sort_values("rank")
    line = named_line(figure.section(panel), axes, words)
    assert_drawn(line, rows["rank"], rows[column])
    assert_shaded(axes, line, rows["rank"], rows["low"], rows["high"])


@pytest.mark.parametrize("function", ["left", "right"])
@pytest.mark.parametrize("other", ["left", "right"])
def test_costs_of_two_functions_are_lines_of_dimensions_and_trials(figure, function, other):
    words = f"^dimensions of {WORDS.get(function, function)}, trials of {WORDS.get(other, other)}$"
    assert_line(figure, "b", words, measure="cost", function=function, other=other)
    if function != other:
        assert_line(figure, "c", words, "median", measure="cost_ratio", function=function, other=other)


@pytest.mark.parametrize(("place", "other"), [*enumerate(GROUPS["speed"])])
def test_costs_of_three_functions_have_a_panel_for_the_trials_of_each(figure, place, other):
    for function in GROUPS["speed"]:
        words = f"^dimensions of {function}$"
        assert_line(figure, "hij"[place], words, measure="cost", function=function, other=other)
        if function != other:
            assert_line(figure, "klm"[place], words, "median", measure="cost_ratio", function=function, other=other)
    for panel in ("hij"[place], "klm"[place]):
        assert f"trials of {other}" in figure.panels[panel].get_title()
        assert figure.panels[panel].get_yscale() == "log"


@pytest.mark.parametrize("kind", ["smallest", "mean", "largest"])
def test_principal_angles_stand_beside_those_of_random_subspaces(figure, kind):
    assert_line(figure, "d", f"^{kind} principal angle$", measure=f"{kind}_angle", function="left")
    axes = figure.panels["d"]
    own = named_line(figure.section("d"), axes, f"^{kind} principal angle$")
    (grey,) = (handle for name, handle in names_of(figure.section("d")).items() if "random" in name)
    styled = [line for line in axes.lines if look(line)[0] == look(grey)[0] and look(line)[1] == look(own)[1]]
    (line,) = (line for line in styled if len(line.get_xdata()))
    rows = figure.rows(panel="d", measure=f"{kind}_angle", function="random").sort_values("rank")
    assert_drawn(line, rows["rank"], rows["mean"])
    assert axes.get_ylim() == (0, 90)


@pytest.mark.parametrize(("panel", "kind"), [("o", "mean"), ("p", "smallest")])
def test_angles_of_three_functions_are_lines_of_pairs(figure, panel, kind):
    for function, other in (("slow", "medium"), ("slow", "fast"), ("medium", "fast")):
        assert_line(figure, panel, f"{function} and {other}$", function=function, other=other)
    assert_line(figure, panel, "random subspaces$", function="random")
    assert set(figure.rows(panel=panel)["measure"]) == {f"{kind}_angle"}
    assert figure.panels[panel].get_ylabel() == f"{kind} angle (degrees)"


def test_costs_of_many_functions_are_on_their_trials_by_their_own_and_other_dimensions(figure):
    axes, names = figure.panels["s"], names_of(figure.section("s"))
    for function in GROUPS["stimulus"]:
        colour = to_hex(names[f"trials of {WORDS[function]}"].get_color())
        own, others = (line for line in axes.lines if to_hex(line.get_color()) == colour and len(line.get_xdata()))
        rows = figure.rows(panel="s", other=function).sort_values("rank")
        for line, measure, name in ((own, "cost", "own dimensions"), (others, "cost_of_others", "of others")):
            part = rows[rows["measure"] == measure]
            assert_drawn(line, part["rank"], part["mean"])
            (handle,) = (handle for label, handle in names.items() if label.endswith(name))
            assert line.is_dashed() == handle.is_dashed()


def test_ratios_of_many_functions_stand_above_their_names(figure):
    axes = figure.panels["t"]
    assert ticks(axes)[1] == [WORDS.get(name, name) for name in GROUPS["stimulus"]]
    points = {float(x): float(y) for line in axes.lines if line.get_marker() == "o" for x, y in line.get_xydata()}
    bars = {segment[0, 0]: tuple(segment[:, 1]) for each in axes.collections for segment in each.get_segments()}
    for place, function in enumerate(GROUPS["stimulus"]):
        (row,) = figure.rows(panel="t", other=function).to_dict("records")
        assert points[place] == pytest.approx(row["median"])
        assert bars[place] == pytest.approx((row["low"], row["high"]))
