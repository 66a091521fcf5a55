"""The figure of functions: its numbers against plain code, and drawings of groups of any size."""

import numpy as np
import pandas as pd
import pytest
from drawings import draw, panels_of
from synthetic import Made, Results

import draw_functions
import summarise_functions
from pipeline import plotting
from pipeline.statistics import mean_interval, median_interval
from pipeline.tables import read_table

SEVEN = tuple(range(1, 8))
GROUPS = {
    "side": ["left", "right"],
    "alone": ["single"],
    "speed": ["slow", "medium", "fast"],
    "stimulus": [f"stimulus_{number}" for number in range(10)],
}


class Functions:
    def __init__(self, folder, made, empty=()):
        self.folder = folder
        self.results = Results(folder, {"task_a": made, "another": Made(groups={"side": ["left", "right"]})})
        for name in empty:
            self.results.empty(name)

    def data(self):
        tables = [self.results.path(name) for name in ("functions", "angles", "principal_angles")]
        summarise_functions.main(*tables, self.path("csv"), "task_a", self.results.labels)
        return pd.read_csv(self.path("csv"))

    def path(self, suffix):
        return str(self.folder / f"functions_task_a.{suffix}")

    def text(self):
        draw_functions.main(self.path("csv"), [self.path("svg")], "task_a", self.results.labels)
        with open(self.path("svg")) as file:
            return file.read()

    def table(self, name):
        return only(pd.read_csv(self.results.path(name)), task="task_a", dimension="columns")


def only(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    return table


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    return Functions(tmp_path_factory.mktemp("functions"), Made(units=40, groups=GROUPS, networks=SEVEN))


@pytest.fixture(scope="module")
def data(functions):
    return functions.data()


def test_panels_run_through_the_groups_that_have_functions_to_compare(data):
    assert "".join(data["panel"].unique()) == "abcdefghijklmnopqrst"
    groups = data.groupby("grouping")["panel"].unique().map("".join)
    assert groups.to_dict() == {"side": "abcd", "speed": "efghijklmnop", "stimulus": "qrst"}


def test_angles_are_means_over_networks_of_the_pair(functions, data):
    table = functions.table("angles")
    for panel, function, other in (
        ("a", "left", "right"),
        ("e", "slow", "medium"),
        ("f", "slow", "fast"),
        ("g", "medium", "fast"),
    ):
        shown = only(data, panel=panel)
        assert len(shown) == 100
        cell = only(shown, component=2, other_component=5)
        assert (cell["function"].item(), cell["other"].item()) == (function, other)
        expected = only(table, function=function, other=other, component=2, other_component=5)["angle"]
        assert cell["mean"].item() == pytest.approx(expected.mean())
        assert cell["low"].isna().all()


@pytest.mark.parametrize(
    ("panel", "function", "other"),
    [
        ("b", "left", "left"),
        ("b", "left", "right"),
        ("b", "right", "left"),
        ("h", "medium", "slow"),
        ("j", "medium", "fast"),
    ],
)
def test_costs_are_of_the_dimensions_and_trials_they_name(functions, data, panel, function, other):
    costs = only(functions.table("functions"), function=function, trials=other, rank=5)["cost"]
    (row,) = only(data, panel=panel, function=function, other=other, rank=5).to_dict("records")
    assert row["mean"] == pytest.approx(costs.mean())
    assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, mean_interval(costs.to_numpy()))))
    assert only(data, panel="h")["other"].unique().tolist() == ["slow"]


@pytest.mark.parametrize(
    ("panel", "function", "other"),
    [("c", "left", "right"), ("c", "right", "left"), ("k", "medium", "slow"), ("m", "medium", "fast")],
)
def test_ratios_are_paired_within_a_network_on_the_same_trials(functions, data, panel, function, other):
    costs = only(functions.table("functions"), trials=other, rank=5).set_index("network")
    ratios = only(costs, function=function)["cost"] / only(costs, function=other)["cost"]
    (row,) = only(data, panel=panel, function=function, other=other, rank=5).to_dict("records")
    assert (row["measure"], row["networks"]) == ("cost_ratio", 7)
    assert row["median"] == pytest.approx(ratios.median())
    assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, median_interval(ratios.to_numpy()))))
    assert np.isnan(row["mean"])
    shown = only(data, panel=panel)
    assert not (shown["function"] == shown["other"]).any()
    assert set(shown["other"]) == ({"slow"} if panel == "k" else {"fast"} if panel == "m" else {"left", "right"})


def test_the_ratio_of_many_functions_is_that_of_the_mean_over_all_others(functions, data):
    costs = only(functions.table("functions"), trials="stimulus_4", rank=8)
    own = costs["function"] == "stimulus_4"
    others = costs[~own].groupby("network")["cost"].mean()
    ratios = others / costs[own].set_index("network")["cost"]
    (row,) = only(data, panel="t", other="stimulus_4").to_dict("records")
    assert (row["measure"], row["rank"]) == ("ratio_of_others", 8)
    assert row["median"] == pytest.approx(ratios.median())
    assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, median_interval(ratios.to_numpy()))))
    assert len(only(data, panel="t")) == 10


def test_few_networks_are_drawn_themselves(tmp_path):
    functions = Functions(tmp_path, Made(groups=GROUPS, networks=(2, 4)))
    data = functions.data()
    assert data[["low", "high"]].isna().all(axis=None)
    table = only(functions.table("functions"), trials="fast", rank=3).set_index("network")
    for number in (2, 4):
        cost = only(table, function="slow")["cost"][number]
        row = only(data, panel="j", function="slow", rank=3, network=number)
        assert row["mean"].item() == pytest.approx(cost)
        row = only(data, panel="m", function="slow", rank=3, network=number)
        assert row["median"].item() == pytest.approx(cost / only(table, function="fast")["cost"][number])
    alone = data.groupby("panel")["network"].count() == 0
    assert "".join(alone.index[alone]) == "aefgnqrs", "matrices, and the costs of many functions"
    text = functions.text()
    assert ">costs and angles: mean over 2 networks; dots: single networks</text>" in text
    assert ">cost ratios: median over 2 networks; dots: single networks</text>" in text


def test_the_drawing_shows_the_numbers(functions, data):
    """Lines of costs and ratios: colour, style and height are those of the functions that their names say."""
    figure = draw(draw_functions.main, functions.path("csv"), [], "task_a", functions.results.labels)
    panels = panels_of(figure)
    for panel, column in (("b", "mean"), ("c", "median"), ("h", "mean"), ("k", "median")):
        drawn = {}
        for line in panels[panel].lines:
            drawn[tuple(line.get_ydata())] = (line.get_color(), line.get_linestyle())
        for (function, other), rows in only(data, panel=panel).groupby(["function", "other"]):
            colour, style = drawn.pop(tuple(rows.sort_values("rank")[column]))
            if panel in "bc":
                assert colour == {"left": plotting.BLUE, "right": plotting.VERMILION}[function]
                assert style == ("-" if function == other else "--")
            else:
                assert (colour, style) == {
                    "slow": (plotting.BLUE, "-"),
                    "medium": (plotting.GREEN, "--"),
                    "fast": (plotting.VERMILION, "-."),
                }[function]
        drawn.pop((), None)  # no single networks
        assert set(drawn) <= {(1, 1)}, "the line of equal costs"
    dots = [line.get_ydata()[0] for line in panels["t"].lines if line.get_marker() == "o"]
    assert dots == only(data, panel="t").set_index("other").loc[GROUPS["stimulus"], "median"].tolist()
    text = functions.text()
    assert ">costs and angles: mean over 7 networks; shaded: 95% interval of the mean</text>" in text
    assert ">cost ratios: median over 7 networks; bars: 95% interval of the median</text>" in text


def test_all_pairs_are_compared_at_the_largest_rank_up_to_ten(functions, data):
    for panel, count in (("n", 9), ("q", 100)):
        assert set(only(data, panel=panel)["rank"]) == {8}
        assert len(only(data, panel=panel)) == count
    costs = only(functions.table("functions"), function="stimulus_3", trials="stimulus_7", rank=8)["cost"]
    assert only(data, panel="q", function="stimulus_3", other="stimulus_7")["mean"].item() == pytest.approx(
        costs.mean()
    )
    angles = only(functions.table("principal_angles"), function="stimulus_3", other="stimulus_7", rank=8)["mean"]
    shown = only(data, panel="r")
    assert len(shown) == 45 + 1  # pairs, and random subspaces
    assert only(shown, function="stimulus_3", other="stimulus_7")["mean"].item() == pytest.approx(angles.mean())
    random = only(functions.table("principal_angles"), function="random", rank=8)["mean"]
    assert only(shown, function="random")["mean"].item() == pytest.approx(random.mean())


def test_principal_angles_stand_beside_those_of_random_subspaces(functions, data):
    table = functions.table("principal_angles")
    for panel, measure, function in (("d", "largest", "left"), ("o", "mean", "slow"), ("p", "smallest", "random")):
        expected = only(table, function=function, rank=4)
        other = expected["other"].iloc[0]
        row = only(data, panel=panel, measure=f"{measure}_angle", function=function, other=other, rank=4)
        assert row["mean"].item() == pytest.approx(only(expected, other=other)[measure].mean())
    assert set(only(data, panel="d")["measure"]) == {"smallest_angle", "mean_angle", "largest_angle"}
    assert set(only(data, panel="o")["measure"]) == {"mean_angle"}


def test_the_cost_with_other_dimensions_is_the_mean_over_all_other_functions(functions, data):
    costs = only(functions.table("functions"), trials="stimulus_4", rank=12)
    own, others = costs["function"] == "stimulus_4", costs["function"] != "stimulus_4"
    rows = only(data, panel="s", other="stimulus_4", rank=12).set_index("measure")["mean"]
    assert rows.to_dict() == pytest.approx(
        {"cost": costs[own]["cost"].mean(), "cost_of_others": costs[others]["cost"].mean()}
    )
    assert only(data, panel="s", measure="cost_of_others")["networks"].unique().tolist() == [7]


def test_functions_may_be_called_what_the_table_calls_its_own(tmp_path):
    groups = {"random": ["others", "random", "null"], "side": ["random", "others"]}
    functions = Functions(tmp_path, Made(groups=groups, networks=SEVEN))
    functions.data()
    data = read_table(functions.path("csv"), ["panel", *summarise_functions.SUMMARY])
    costs = read_table(
        functions.results.path("functions"), ["task", "dimension", "grouping", "function", "trials", "rank", "cost"]
    )
    costs = only(costs, task="task_a", dimension="columns", grouping="random", function="random", rank=3)
    row = only(data, panel="f", measure="cost", function="random", rank=3)
    assert row["mean"].item() == pytest.approx(only(costs, trials="null")["cost"].mean())
    assert len(only(data, panel="k", rank=3)) == 3 + 1  # pairs, and random subspaces
    functions.text()


def test_rows_and_other_tasks_are_left_out(functions, data):
    for name in ("functions", "angles", "principal_angles"):
        table = pd.read_csv(functions.results.path(name))
        own = (table["task"] == "task_a") & (table["dimension"] == "columns")
        changed = table.assign(**{column: table[column].where(own, 0.5) for column in table.columns[-1:]})
        changed.to_csv(functions.results.path(name), index=False)
        try:
            pd.testing.assert_frame_equal(functions.data(), data)
        finally:
            table.to_csv(functions.results.path(name), index=False)


MADE = {
    "all sizes": (Made(units=40, groups=GROUPS), ()),
    "no cost": (Made(units=40, groups=GROUPS, cost=False, outputs=0), ()),
    "one network": (Made(networks=(5,), groups=GROUPS), ()),
    "two units": (Made(units=2, groups=GROUPS), ()),
    "one unit": (Made(units=1, networks=(1,), groups=GROUPS), ()),
    "no groups": (Made(), ()),
    "no rows": (Made(groups=GROUPS), ("functions", "angles", "principal_angles")),
    "twelve functions": (Made(groups={"many": [f"f_{number}" for number in range(12)]}), ()),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("error")
def test_groups_of_any_size_are_drawn(tmp_path, name):
    made, empty = MADE[name]
    functions = Functions(tmp_path, made, empty)
    data = functions.data()
    text = functions.text()
    if name == "all sizes":
        assert text == functions.text(), "the same bytes again"
        assert ">cost at rank k = 8</text>" in text
        assert ">paired cost ratio at rank k = 8</text>" in text
    assert (">no cost: no output, or no</text>" in text) == (name in ("no cost", "no rows"))
    assert (">one network</text>" in text) == (name in ("one network", "one unit"))
    if name == "no groups":
        assert data.empty
        assert "no two functions" in text
    if name == "twelve functions":
        assert all(f">trials of f {number}</text>" in text for number in range(12))
    if name == "no cost":
        assert not (data["measure"] == "cost").any()
        assert data.loc[data["panel"] == "r", "rank"].unique().tolist() == [10]


def test_a_cost_of_zero_does_not_end_the_axis(tmp_path):
    functions = Functions(tmp_path, Made(groups=GROUPS))
    table = pd.read_csv(functions.results.path("functions"))
    functions.results.write("functions", table.assign(cost=np.where(table["rank"] > 0, 0.0, table["cost"])))
    data = functions.data()
    assert (data["mean"] == 0).any()
    assert set(data.loc[data["measure"] == "cost_ratio", "rank"]) == {0}, "there is no ratio to zero"
    functions.text()
