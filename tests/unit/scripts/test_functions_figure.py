"""The figure of functions: its numbers against plain code, and drawings of groups of any size."""

import numpy as np
import pandas as pd
import pytest
from synthetic import Made, Results

import draw_functions
import summarise_functions

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
    return Functions(tmp_path_factory.mktemp("functions"), Made(units=40, groups=GROUPS))


@pytest.fixture(scope="module")
def data(functions):
    return functions.data()


def test_panels_run_through_the_groups_that_have_functions_to_compare(data):
    assert "".join(data["panel"].unique()) == "abcdefghijklmno"
    groups = data.groupby("grouping")["panel"].unique().map("".join)
    assert groups.to_dict() == {"side": "abc", "speed": "defghijkl", "stimulus": "mno"}


def test_angles_are_means_over_networks_of_the_pair(functions, data):
    table = functions.table("angles")
    for panel, function, other in (
        ("a", "left", "right"),
        ("d", "slow", "medium"),
        ("e", "slow", "fast"),
        ("f", "medium", "fast"),
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
        ("g", "medium", "slow"),
        ("i", "medium", "fast"),
    ],
)
def test_costs_are_of_the_dimensions_and_trials_they_name(functions, data, panel, function, other):
    costs = only(functions.table("functions"), function=function, trials=other, rank=5)["cost"]
    (row,) = only(data, panel=panel, function=function, other=other, rank=5).to_dict("records")
    assert row["mean"] == pytest.approx(costs.mean())
    assert costs.min() - 1e-9 < row["low"] < costs.mean() < row["high"] < costs.max() + 1e-9
    assert only(data, panel="g")["other"].unique().tolist() == ["slow"]


def test_all_pairs_are_compared_at_the_largest_rank_up_to_ten(functions, data):
    for panel, count in (("j", 9), ("m", 100)):
        assert set(only(data, panel=panel)["rank"]) == {8}
        assert len(only(data, panel=panel)) == count
    costs = only(functions.table("functions"), function="stimulus_3", trials="stimulus_7", rank=8)["cost"]
    assert only(data, panel="m", function="stimulus_3", other="stimulus_7")["mean"].item() == pytest.approx(
        costs.mean()
    )
    angles = only(functions.table("principal_angles"), function="stimulus_3", other="stimulus_7", rank=8)["mean"]
    shown = only(data, panel="n")
    assert len(shown) == 45 + 1  # pairs, and random subspaces
    assert only(shown, function="stimulus_3", other="stimulus_7")["mean"].item() == pytest.approx(angles.mean())
    random = only(functions.table("principal_angles"), function="random", rank=8)["mean"]
    assert only(shown, function="random")["mean"].item() == pytest.approx(random.mean())


def test_principal_angles_stand_beside_those_of_random_subspaces(functions, data):
    table = functions.table("principal_angles")
    for panel, measure, function in (("c", "largest", "left"), ("k", "mean", "slow"), ("l", "smallest", "random")):
        expected = only(table, function=function, rank=4)
        other = expected["other"].iloc[0]
        row = only(data, panel=panel, measure=f"{measure}_angle", function=function, other=other, rank=4)
        assert row["mean"].item() == pytest.approx(only(expected, other=other)[measure].mean())
    assert set(only(data, panel="c")["measure"]) == {"smallest_angle", "mean_angle", "largest_angle"}
    assert set(only(data, panel="k")["measure"]) == {"mean_angle"}


def test_the_cost_on_other_trials_is_the_mean_over_all_other_functions(functions, data):
    costs = only(functions.table("functions"), function="stimulus_4", rank=12)
    own, others = costs["trials"] == "stimulus_4", costs["trials"] != "stimulus_4"
    rows = only(data, panel="o", function="stimulus_4", rank=12).set_index("other")["mean"]
    assert rows.to_dict() == pytest.approx(
        {"stimulus_4": costs[own]["cost"].mean(), "others": costs[others]["cost"].mean()}
    )
    assert only(data, panel="o", other="others")["networks"].unique().tolist() == [3]


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
    assert (">no cost: no output, or no</text>" in text) == (name in ("no cost", "no rows"))
    assert (">one network</text>" in text) == (name in ("one network", "one unit"))
    if name == "no groups":
        assert data.empty
        assert "no two functions" in text
    if name == "twelve functions":
        assert all(f">dimensions of f {number}</text>" in text for number in range(12))
    if name == "no cost":
        assert not (data["measure"] == "cost").any()
        assert data.loc[data["panel"] == "n", "rank"].unique().tolist() == [10]


def test_a_cost_of_zero_does_not_end_the_axis(tmp_path):
    functions = Functions(tmp_path, Made(groups=GROUPS))
    table = pd.read_csv(functions.results.path("functions"))
    functions.results.write("functions", table.assign(cost=np.where(table["rank"] > 0, 0.0, table["cost"])))
    assert (functions.data()["mean"] == 0).any()
    functions.text()
