"""What figure 8 draws: points, eigenvalues, means and their deviations are the numbers of its data, by their looks."""

import numpy as np
import pandas as pd
import pytest
from drawings import draw, names_of, panels_of
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from synthetic import Made, Results

import draw_figure_8
import summarise_figure_8

SEVEN = tuple(range(1, 8))
TASKS = {
    "integrator": Made(networks=SEVEN, inputs=("context_1", "context_2")),
    "memory": Made(networks=SEVEN, outputs=2, inputs=("pulse", "hold", "rest")),
    "waves": Made(networks=SEVEN, frequencies={"f_3": 3.0, "f_1": 1.0, "f_2": 2.0, "f_4": 4.0}),
}
REDUCTIONS = {
    "full": "full matrix",
    "operative_columns": "reduced to operative columns",
    "operative_rows": "reduced to operative rows",
}
KINDS = {"slow": "slow point", "stable": "stable fixed point", "unstable": "unstable fixed point"}


class Figure:
    def __init__(self, folder):
        self.results = results = Results(folder, TASKS)
        path = str(folder / "figure_8.csv")
        summarise_figure_8.main(results.path("fixed_points"), results.fixed_points, path, results.labels)
        self.table = pd.read_csv(path)
        self.drawn = draw(draw_figure_8.main, path, [], results.labels)
        self.names, self.panels = names_of(self.drawn), panels_of(self.drawn)

    def rows(self, **values):
        table = self.table
        for name, value in values.items():
            table = table[table[name] == value]
        return table

    def colour(self, name):
        return to_hex(self.names[name].get_color())


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    return Figure(tmp_path_factory.mktemp("figure_8"))


def test_panels_are_those_of_the_data(figure):
    assert list(figure.panels) == list("abcdefghijklmno")
    assert set(figure.table["panel"]) <= set(figure.panels)
    titles = [part.get_suptitle().split(";")[0] for part in figure.drawn.subfigs]
    assert titles == ["integrator", "memory", "waves"]


POINTS = [("a", "integrator"), ("b", "integrator"), ("f", "memory"), ("g", "memory")]


@pytest.mark.parametrize(("panel", "task"), POINTS)
def test_points_have_the_colour_of_their_input_and_the_look_of_their_kind(figure, panel, task):
    axes = figure.panels[panel]
    drawn = {np.asarray(each.get_offsets()).tobytes(): each for each in axes.collections}
    groups = list(figure.rows(panel=panel).groupby(["input", "kind"]))
    assert len(drawn) == len(groups)
    for (name, kind), rows in groups:
        points = drawn[rows[["x", "y"]].to_numpy().tobytes()]
        label = name.replace("_", " ")
        assert to_hex(points.get_edgecolor()[0]) == figure.colour(f"{task}: {label}")
        assert (to_hex(points.get_facecolor()[0]) == "#ffffff") == (kind == "unstable")
        assert points.get_sizes()[0] == pytest.approx(figure.names[KINDS[kind]].get_markersize() ** 2)
    assert figure.names[KINDS["slow"]].get_markersize() < figure.names[KINDS["stable"]].get_markersize()
    assert to_hex(figure.names[KINDS["unstable"]].get_markerfacecolor()) == "#ffffff"
    words = {"integrator": ("output z", "axis of the inputs"), "memory": ("PC 1 of the points", "PC 2 of the points")}
    assert (axes.get_xlabel(), axes.get_ylabel()) == words[task]


SPECTRA = [("c", "context 1"), ("h", "pulse"), ("k", "1 Hz"), ("l", "3 Hz"), ("m", "4 Hz")]


@pytest.mark.parametrize(("panel", "of"), SPECTRA)
def test_eigenvalues_have_the_colour_of_their_matrix(figure, panel, of):
    axes = figure.panels[panel]
    assert of in axes.get_title()
    drawn = [each for each in axes.collections if isinstance(each, PathCollection)]
    assert len(drawn) == 3
    for reduction, name in REDUCTIONS.items():
        rows = figure.rows(panel=panel, reduction=reduction)
        (points,) = (each for each in drawn if to_hex(each.get_edgecolor()[0]) == figure.colour(name))
        np.testing.assert_allclose(points.get_offsets(), rows[["x", "y"]])
    (zero,) = (line for line in axes.lines if len(line.get_xdata()))
    assert list(zero.get_xdata()) == [0, 0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Re λ (1/τ)", "Im λ (1/τ)")


def bars_of(axes, colour):
    """Return centre (x, y) and ends (low, high) of the bars of a colour, from left to right."""
    found = []
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer) and to_hex(container[0].get_color()) == colour:
            for point, segment in zip(container[0].get_xydata(), container[2][0].get_segments(), strict=True):
                found.append((*point, *segment.reshape(-1, 2)[:, 1]))  # of no deviation there is no segment
    return sorted(found)


@pytest.mark.parametrize(
    ("panel", "task", "ylabel"),
    [
        ("d", "integrator", "range of outputs"),
        ("e", "integrator", "time constant (ms)"),
        ("i", "memory", "largest distance\nof outputs"),
        ("j", "memory", "time constant (ms)"),
    ],
)
def test_means_stand_above_the_name_of_their_matrix_with_their_deviation(figure, panel, task, ylabel):
    axes = figure.panels[panel]
    assert axes.get_ylabel() == ylabel
    assert [label.get_text() for label in axes.get_xticklabels()] == ["full", "columns", "rows"]
    for name in TASKS[task].inputs:
        bars = bars_of(axes, figure.colour(f"{task}: {name.replace('_', ' ')}"))
        assert [round(x) for x, *_ in bars] == [0, 1, 2]
        for reduction, (_, *bar) in zip(REDUCTIONS, bars, strict=True):
            (row,) = figure.rows(panel=panel, input=name, reduction=reduction).to_dict("records")
            assert bar == pytest.approx([row["y"], row["y"] - row["deviation"], row["y"] + row["deviation"]])


@pytest.mark.parametrize(("panel", "ylabel"), [("n", "linear frequency (Hz)"), ("o", "growth rate (1/τ)")])
def test_rotations_stand_at_their_frequency(figure, panel, ylabel):
    axes = figure.panels[panel]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("target frequency (Hz)", ylabel)
    for reduction, name in REDUCTIONS.items():
        rows = figure.rows(panel=panel, reduction=reduction).dropna(subset="y").sort_values("x")
        rows = rows[rows["network"].isna()]
        bars = bars_of(axes, figure.colour(name))
        assert [round(x) for x, *_ in bars] == rows["x"].tolist()
        for (_, *bar), row in zip(bars, rows.to_dict("records"), strict=True):
            if row["networks"] >= 6:
                assert bar == pytest.approx([row["y"], row["y"] - row["deviation"], row["y"] + row["deviation"]])
            else:
                assert bar[0] == pytest.approx(row["y"])
    identity = [
        line for line in axes.lines if len(line.get_xdata()) == 2 and (line.get_xdata() == line.get_ydata()).all()
    ]
    assert len(identity) == (panel == "n")
