"""Figures 1, 2, 3, 6 and 7: their numbers against plain code, and drawings of whatever tasks there are."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
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
from pipeline.datasets import write_dataset

FOUR = {
    "zig_zag": Made(units=20, label="zigzag"),
    "flip_flop": Made(units=30, outputs=3, authors=False, conditions=("a_1", "b_2", "c_3", "d_4")),
    "recorded": Made(units=15, outputs=0, cost=False, initial=False, authors=False, conditions=("all",)),
    "many": Made(units=40, outputs=5, conditions=tuple(f"c_{number}" for number in range(12))),
}
ODD = {
    "four tasks": FOUR,
    "one network": {"alone": Made(networks=(7,))},
    "one unit": {"small": Made(units=1, outputs=0, cost=False, networks=(1,))},
    "two units": {"small": Made(units=2, outputs=2)},
    "outputs without targets": {"free": Made(cost=False, authors=False)},
}


class Figures:
    """The data and drawings of made-up results."""

    def __init__(self, folder, tasks, empty=()):
        self.folder, self.results = folder, Results(folder, tasks)
        for name in empty:
            self.results.empty(name)

    def data(self, number):
        results, path = self.results, str(self.folder / f"figure_{number}.csv")
        match number:
            case 1:
                summarise_figure_1.main(results.path("performance"), results.path("dimensionality"), path)
            case 2:
                summarise_figure_2.main(results.traces, path)
            case 3:
                summarise_figure_3.main(results.path("performance"), results.path("dimensionality"), path)
            case 6:
                summarise_figure_6.main(results.traces, path, results.labels)
            case 7:
                summarise_figure_7.main(results.path("overlap"), results.path("recurrent_variance"), path)
        return pd.read_csv(path, keep_default_na=True)

    def text(self, number, copies=1):
        """Return what stands in the drawing, of which copies must be the same bytes."""
        self.data(number)
        draw = {1: draw_figure_1, 2: draw_figure_2, 3: draw_figure_3, 6: draw_figure_6, 7: draw_figure_7}[number]
        drawn = set()
        for _ in range(copies):
            svg = self.folder / f"figure_{number}.svg"
            draw.main(str(self.folder / f"figure_{number}.csv"), [str(svg)], self.results.labels)
            drawn.add(svg.read_text())
        (text,) = drawn
        return text

    def table(self, name):
        return pd.read_csv(self.results.path(name))


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    return Figures(tmp_path_factory.mktemp("four"), FOUR)


def only(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def means(table, **values):
    return only(table[table["network"].isna()], **values)


@pytest.mark.parametrize("number", [1, 3, 7])
def test_many_networks_have_deviations_and_few_stand_themselves(tmp_path, number):
    many = Figures(tmp_path, {"many": Made(networks=tuple(range(1, 8)))})
    data = many.data(number)
    assert data["network"].isna().all()
    names = {
        1: ("performance", "cost", {"reduction": "high_variance"}, {"measure": "cost"}),
        3: (
            *("performance", "cost", {"reduction": "operative_rows"}),
            {"measure": "cost", "dimension": "rows", "locations": "trajectory"},
        ),
        7: (
            *("overlap", "overlap", {"reference": "activity", "dimension": "rows"}),
            {"dimension": "rows", "quantity": "activity"},
        ),
    }
    table, column, keys, shown = names[number]
    values = only(many.table(table), rank=8, **keys)[column]
    (row,) = only(data, rank=8, **shown).to_dict("records")
    assert (row["mean"], row["networks"]) == (pytest.approx(values.mean()), 7)
    assert row["deviation"] == pytest.approx((values - values.mean()).abs().mean())
    assert "shaded: ± mean absolute deviation</text>" in many.text(number)


def test_figure_1_has_means_and_deviations_of_high_variance_dimensions(four):
    data = four.data(1)
    assert data.groupby("panel")[["task", "measure"]].first().apply(tuple, axis=1).to_dict() == {
        "a": ("flip_flop", "variance_explained"),
        "b": ("flip_flop", "cost"),
        "c": ("flip_flop", "state_distance"),
        "d": ("many", "variance_explained"),
        "e": ("many", "cost"),
        "f": ("many", "state_distance"),
        "g": ("recorded", "variance_explained"),
        "i": ("recorded", "state_distance"),  # h says that there is no cost
        "j": ("zig_zag", "variance_explained"),
        "k": ("zig_zag", "cost"),
        "l": ("zig_zag", "state_distance"),
    }
    costs = only(four.table("performance"), task="zig_zag", reduction="high_variance", rank=5)["cost"]
    (row,) = means(data, panel="k", rank=5).to_dict("records")
    assert (row["quantity"], row["networks"]) == ("high_variance", 3)
    assert row["mean"] == pytest.approx(costs.mean())
    assert np.isnan(row["deviation"])
    rows = only(data, panel="k", rank=5, quantity="high_variance").dropna(subset="network")
    assert dict(zip(rows["network"], rows["mean"], strict=True)) == pytest.approx(dict(enumerate(costs, start=1)))
    shares = only(four.table("dimensionality"), task="many", quantity="activity", component=30)["variance_explained"]
    assert means(data, panel="d", quantity="activity", rank=30)["mean"].item() == pytest.approx(shares.mean())
    assert set(data["quantity"]) == {"recurrent", "activity", "high_variance"}
    assert only(data, measure="variance_explained")["rank"].max() == 30


def test_figure_3_keeps_columns_and_rows_trajectories_and_random_locations_apart(four):
    data = four.data(3)
    assert data.groupby("panel")[["dimension", "measure"]].first().apply(tuple, axis=1).to_dict() == {
        "a": ("columns", "variance_explained"),
        "b": ("columns", "cost"),
        "c": ("columns", "state_distance"),
        "d": ("rows", "variance_explained"),
        "e": ("rows", "cost"),
        "f": ("rows", "state_distance"),
    }
    for panel, locations, reduction in (
        ("b", "trajectory", "operative_columns"),
        ("b", "random", "random_columns"),
        ("e", "trajectory", "operative_rows"),
        ("e", "random", "random_rows"),
    ):
        costs = only(four.table("performance"), task="many", reduction=reduction, rank=8)["cost"]
        row = means(data, panel=panel, locations=locations, task="many", rank=8)
        assert row["mean"].item() == pytest.approx(costs.mean())
    shares = only(four.table("dimensionality"), task="many", quantity="local_rows", component=2)["variance_explained"]
    row = means(data, panel="d", locations="trajectory", task="many", rank=2)
    assert row["mean"].item() == pytest.approx(shares.mean())
    single = only(data, panel="d", locations="trajectory", task="many", rank=2, network=3)
    assert single["mean"].item() == pytest.approx(shares.iloc[2])
    assert "recorded" not in set(only(data, measure="cost")["task"])
    assert "recorded" in set(only(data, measure="state_distance")["task"])


def test_costs_are_summarised_over_the_networks_that_have_one(tmp_path):
    figures = Figures(tmp_path, {"mixed": Made()})
    table = figures.table("performance")
    table.loc[table["network"] == 2, "cost"] = np.nan
    figures.results.write("performance", table)
    for number, quantity in ((1, {"quantity": "high_variance"}), (3, {"dimension": "rows", "locations": "trajectory"})):
        (row,) = means(figures.data(number), measure="cost", rank=3, **quantity).to_dict("records")
        reduction = {1: "high_variance", 3: "operative_rows"}[number]
        costs = only(table, reduction=reduction, rank=3)["cost"].dropna()
        assert (row["mean"], row["networks"]) == (pytest.approx(costs.mean()), 2)
        assert "mixed: cost of 2 of 3 networks" in figures.text(number)


def test_figure_7_has_overlaps_variances_and_chance(four):
    data = four.data(7)
    letters = data.groupby(["task", "dimension"])["panel"].first()
    assert letters["flip_flop"].to_dict() == {"both": "c", "columns": "a", "rows": "b"}
    assert letters["zig_zag"].to_dict() == {"both": "l", "columns": "j", "rows": "k"}
    for panel, dimension in (("d", "columns"), ("e", "rows")):
        shared = only(four.table("overlap"), task="many", dimension=dimension, reference="weight_change", rank=7)
        row = means(data, panel=panel, quantity="weight_change", rank=7)
        assert row["mean"].item() == pytest.approx(shared["overlap"].mean())
        assert only(data, panel=panel, quantity="chance", rank=7)["mean"].item() == pytest.approx(7 / 40)
    explained = only(four.table("recurrent_variance"), task="many", reduction="random_rows", rank=7)
    row = means(data, panel="f", quantity="random_rows", rank=7)
    assert row["mean"].item() == pytest.approx(explained["variance_explained"].mean())
    assert only(data, panel="f", quantity="chance", rank=40)["mean"].item() == 1
    assert "weight_change" not in set(only(data, task="recorded")["quantity"])


def test_figure_2_has_flows_and_impacts_of_one_condition(four):
    data = only(four.data(2), task="zig_zag")
    assert data.groupby("panel")["rank"].max().to_dict() == {"m": 20, "n": 20, "o": 20, "p": 4}
    traces = xr.load_dataset(four.results.traces[0], engine="h5netcdf")
    assert set(data["condition"]) == {"right"}  # the middle one
    flow = only(data, panel="n", quantity="reduced_flow")
    expected = traces["flow"].values[list(traces["flow_rank"].values).index(5), 3:]
    np.testing.assert_allclose(flow[["flow_x", "flow_y"]], expected)
    assert set(flow["difference"]) == {traces["flow_difference"].sel(flow_rank=5, condition="right").item()}
    full = only(data, panel="n", quantity="full_flow")
    np.testing.assert_allclose(full[["flow_x", "flow_y"]], traces["flow"].values[-1, 3:])
    np.testing.assert_allclose(full[["x", "y"]], traces["sampled"].values[3:])
    impacts = only(data, panel="p", quantity="row_impact", rank=2)
    np.testing.assert_allclose(impacts["impact"], traces["row_impact"].values[3:, 1])
    curve = only(data, panel="n", quantity="trajectory")
    np.testing.assert_allclose(curve[["x", "y"]].iloc[-1], traces["trajectory"].values[1, -1])


def test_figure_2_has_times_in_ms_not_steps(tmp_path):
    figures = Figures(tmp_path, {"slow": Made()})
    traces = xr.load_dataset(figures.results.traces[0], engine="h5netcdf")
    halved = traces.drop_attrs(deep=False).assign_coords(time=traces["time"] / 2)
    write_dataset(figures.results.traces[0], halved.assign_attrs(network=1), "slow")
    data = figures.data(2)
    impacts = only(data, quantity="column_impact")
    assert impacts["time"].tolist() == [0.5, 15.5, 30.5]  # of steps 1, 31 and 61
    curve = only(data, panel="a", quantity="trajectory")
    assert (curve["time"].iloc[0], curve["time"].iloc[-1]) == (0.5, 40.0)
    np.testing.assert_allclose(only(data, quantity="column_impact")["impact"], traces["column_impact"].values[3:])


def test_figure_6_has_outputs_targets_and_trajectories_of_every_matrix(four):
    data = four.data(6)
    assert data.groupby("panel")[["task", "quantity"]].first().apply(tuple, axis=1).to_dict() == {
        "a": ("flip_flop", "target"),
        "b": ("flip_flop", "average"),
        "c": ("many", "target"),
        "d": ("many", "average"),
        "e": ("recorded", "average"),  # has no outputs
        "f": ("zig_zag", "target"),
        "g": ("zig_zag", "average"),
    }
    traces = xr.load_dataset(four.results.traces[1], engine="h5netcdf")
    rows = only(data, task="flip_flop", condition="c_3", reduction="operative_rows", criterion="to_5_percent")
    output = traces["output"].sel(condition="c_3").values[3]
    assert (traces["reduction"][3], traces["criterion"][3]) == ("operative_rows", "to_5_percent")
    for channel in (1, 2, 3):
        line = only(rows, quantity="output", channel=channel)
        assert (line["y"].iloc[0], line["y"].iloc[-1]) == pytest.approx(output[[0, -1], channel - 1], abs=1e-4)
    line = only(rows, quantity="average")
    assert line[["x", "y"]].iloc[-1].tolist() == pytest.approx(
        traces["average"].sel(condition="c_3").values[3, -1], abs=1e-4
    )
    targets = only(data, task="flip_flop", quantity="target", condition="a_1", channel=2)
    assert targets["y"].iloc[0] == pytest.approx(traces["target"].values[0, 0, 1], abs=1e-4)
    assert set(targets["reduction"]) == {"full"}
    assert only(data, task="many")["condition"].unique().tolist() == [f"c_{number}" for number in range(8)]
    assert set(only(data, task="many", quantity="output")["channel"]) == {1, 2, 3}
    assert set(only(data, task="many")["channels"]) == {5}


def test_figure_6_has_a_column_for_each_criterion_of_a_task(four):
    data = four.data(6).fillna({"criterion": ""})
    shown = {task: [name for _, name in draw_figure_6.columns_of(rows)] for task, rows in data.groupby("task")}
    assert shown["zig_zag"] == ["", *["to_5_percent", "within_10_percent", "authors"] * 2]
    assert shown["flip_flop"] == ["", *["to_5_percent", "within_10_percent"] * 2]
    assert shown["recorded"] == ["", *["distance_to_5_percent"] * 2]
    no_rank = data[(data["task"] == "flip_flop") & (data["criterion"] != "to_5_percent")]
    assert draw_figure_6.columns_of(no_rank) == draw_figure_6.columns_of(data[data["task"] == "flip_flop"])


@pytest.mark.parametrize("number", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("error")
def test_whatever_task_there_is_has_its_figures(tmp_path, name, number):
    text = Figures(tmp_path, ODD[name]).text(number)
    if name == "one network" and number in (1, 3, 7):
        assert ">one network</text>" in text
    if name in ("one unit", "outputs without targets") and number in (1, 3):
        assert ">no cost: no output, or no</text>" in text


def test_what_is_left_out_is_said_below(four):
    assert ">many: the first 3 of 5 outputs; recorded: no outputs</text>" in four.text(6, copies=3)
    assert ">recorded: no change ΔW, as the initial weights are not known</text>" in four.text(7, copies=3)
    assert ">recorded: no cost</text>" in four.text(3, copies=2)


@pytest.mark.parametrize("number", [1, 3, 7])
@pytest.mark.filterwarnings("error")
def test_tables_without_rows_are_drawn_with_words(tmp_path, number):
    names = ["performance", "dimensionality", "overlap", "recurrent_variance"]
    figures = Figures(tmp_path, {"nothing": Made()}, empty=names)
    assert figures.data(number).empty
    assert ">nothing to show</text>" in figures.text(number)
