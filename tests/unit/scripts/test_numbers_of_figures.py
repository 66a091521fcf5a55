"""Every number of the data of figures 1, 2, 3, 6 and 7 against plain code, from made-up results of seven networks."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from synthetic import LOCATIONS, STEPS, Made, Results

import summarise_figure_1
import summarise_figure_2
import summarise_figure_3
import summarise_figure_6
import summarise_figure_7

SEVEN = tuple(range(3, 10))
TASKS = {  # not in the order of their names
    "second": Made(units=34, networks=SEVEN, outputs=2, conditions=("left", "right", "still")),
    "first": Made(units=9, networks=SEVEN),
}
MEASURES = ("variance_explained", "cost", "state_distance")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return Results(tmp_path_factory.mktemp("results"), TASKS)


def read(results, name):
    return pd.read_csv(results.path(name)).to_dict("records")


def summary_of(path, key):
    """Return mean, deviation and number of networks by the key, of the rows that are of all networks."""
    table = pd.read_csv(path)
    if "network" in table:
        table = table[table["network"].isna()]
    rows = {tuple(row[name] for name in key): row for row in table.to_dict("records")}
    assert len(rows) == len(table)
    return {key: (row["mean"], row["deviation"], row["networks"]) for key, row in rows.items()}


def plain_summary(values):  # lists of values by key
    """Return mean, mean absolute deviation from it, and number of the values of each key."""
    found = {}
    for key, each in values.items():
        mean = sum(each) / len(each)
        found[key] = (mean, sum(abs(value - mean) for value in each) / len(each), len(each))
    return found


def assert_same(found, expected):
    assert set(found) == set(expected)
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, rel=1e-12), key


def measured(results):
    """Yield task, quantity, rank or component, measure and value of what figures 1 and 3 are made of."""
    for row in read(results, "dimensionality"):
        if row["component"] <= 30:
            yield row["task"], row["quantity"], row["component"], "variance_explained", row["variance_explained"]
    for row in read(results, "performance"):
        for measure in ("cost", "state_distance"):
            yield row["task"], row["reduction"], row["rank"], measure, row[measure]


def test_figure_1_is_of_high_variance_dimensions(results, tmp_path):
    path = tmp_path / "figure_1.csv"
    summarise_figure_1.main(results.path("performance"), results.path("dimensionality"), str(path))
    letters = dict(
        zip([(task, measure) for task in ("first", "second") for measure in MEASURES], "abcdef", strict=True)
    )
    values = defaultdict(list)
    for task, quantity, rank, measure, value in measured(results):
        if quantity in ("recurrent", "activity", "high_variance"):
            values[letters[task, measure], task, measure, quantity, rank].append(value)
    assert_same(summary_of(path, ["panel", "task", "measure", "quantity", "rank"]), plain_summary(values))


def test_figure_3_is_of_operative_dimensions(results, tmp_path):
    path = tmp_path / "figure_3.csv"
    summarise_figure_3.main(results.path("performance"), results.path("dimensionality"), str(path))
    panels = [(dimension, measure) for dimension in ("columns", "rows") for measure in MEASURES]
    letters = dict(zip(panels, "abcdef", strict=True))
    names = {"variance_explained": {"local": "trajectory", "random": "random"}}
    names["cost"] = names["state_distance"] = {"operative": "trajectory", "random": "random"}
    values = defaultdict(list)
    for task, quantity, rank, measure, value in measured(results):
        kind, _, dimension = quantity.partition("_")
        if dimension in ("columns", "rows"):
            locations = names[measure][kind]
            values[letters[dimension, measure], task, dimension, locations, measure, rank].append(value)
    key = ["panel", "task", "dimension", "locations", "measure", "rank"]
    assert_same(summary_of(path, key), plain_summary(values))


def test_figure_7_is_of_overlaps_variances_and_chance(results, tmp_path):
    path = tmp_path / "figure_7.csv"
    summarise_figure_7.main(results.path("overlap"), results.path("recurrent_variance"), str(path))
    panels = [(task, dimension) for task in ("first", "second") for dimension in ("columns", "rows", "both")]
    letters = dict(zip(panels, "abcdef", strict=True))
    values = defaultdict(list)
    for row in read(results, "overlap"):
        key = letters[row["task"], row["dimension"]], row["task"], "overlap", row["dimension"]
        values[*key, row["reference"], row["rank"]].append(row["overlap"])
        values[*key, "chance", row["rank"]] = [row["rank"] / TASKS[row["task"]].units] * len(SEVEN)
    for row in read(results, "recurrent_variance"):
        key = letters[row["task"], "both"], row["task"], "variance_explained", "both"
        values[*key, row["reduction"], row["rank"]].append(row["variance_explained"])
        values[*key, "chance", row["rank"]] = [row["rank"] / TASKS[row["task"]].units] * len(SEVEN)
    key = ["panel", "task", "measure", "dimension", "quantity", "rank"]
    found, expected = summary_of(path, key), plain_summary(values)
    assert set(found) == set(expected)
    for each, value in expected.items():
        assert found[each] == pytest.approx(value, rel=1e-12, abs=1e-12), each


def load(results, task):
    return xr.load_dataset(results.folder / f"{task}_traces.nc", engine="h5netcdf")


def test_figure_2_is_of_the_flow_and_the_impacts_along_the_middle_trajectory(results, tmp_path):
    path = tmp_path / "figure_2.csv"
    summarise_figure_2.main(results.traces, str(path))
    table = pd.read_csv(path)
    assert table.groupby("task")["panel"].unique().map("".join).to_dict() == {"first": "abc", "second": "defg"}
    assert set(table["network"]) == {3}
    for task, condition, place, units in (("first", "right", 1, 9), ("second", "right", 1, 34)):
        traces, own = load(results, task), table[table["task"] == task]
        assert set(own["condition"]) == {condition}
        here = slice(place * LOCATIONS, (place + 1) * LOCATIONS)
        *flows, impacts = (own[own["panel"] == letter] for letter in own["panel"].unique())
        ranks = [rank for rank in (1, 5, 10) if rank < units]
        assert len(flows) == len(ranks)
        for rank, part in zip(ranks, flows, strict=True):
            assert set(part["quantity"]) == {"trajectory", "full_flow", "reduced_flow"}
            curve = part[part["quantity"] == "trajectory"]
            np.testing.assert_allclose(curve[["x", "y"]], traces["trajectory"].values[place])  # of fewer than 100 steps
            for quantity, shown in (("full_flow", units), ("reduced_flow", rank)):
                arrows = part[part["quantity"] == quantity]
                index = traces["flow_rank"].values.tolist().index(shown)
                assert set(arrows["rank"]) == {shown}
                np.testing.assert_allclose(arrows[["x", "y"]], traces["sampled"].values[here])
                np.testing.assert_allclose(arrows[["flow_x", "flow_y"]], traces["flow"].values[index, here])
                np.testing.assert_allclose(arrows["difference"], traces["flow_difference"].values[index, place])
        shown = {("column_impact", 1): traces["column_impact"].values}
        shown |= {("row_impact", order + 1): traces["row_impact"].values[:, order] for order in range(4)}
        assert len(impacts) == 5 * LOCATIONS
        for (quantity, order), values in shown.items():
            rows = impacts[(impacts["quantity"] == quantity) & (impacts["rank"] == order)]
            np.testing.assert_allclose(rows["impact"], values[here])
            times = traces["time"].values[[30 * location for location in range(LOCATIONS)]]
            assert rows["time"].tolist() == times.tolist()


def test_figure_6_is_of_outputs_targets_and_averages_of_every_matrix(results, tmp_path):
    path = tmp_path / "figure_6.csv"
    summarise_figure_6.main(results.traces, str(path), results.labels)
    table = pd.read_csv(path).fillna({"criterion": ""})
    panels = table.groupby(["task", "panel"])["quantity"].unique().map(set).to_dict()
    assert panels == {
        ("first", "a"): {"target", "output"},
        ("first", "b"): {"average"},
        ("second", "c"): {"target", "output"},
        ("second", "d"): {"average"},
    }
    assert set(table["network"]) == {3}
    shown = np.unique(np.linspace(0, STEPS - 1, 60).round().astype(int))
    key = ["task", "reduction", "criterion", "rank", "quantity", "condition", "channel"]
    lines = {names: rows[["x", "y"]].to_numpy() for names, rows in table.groupby(key, dropna=False)}
    expected = {}
    for task, made in TASKS.items():
        traces = load(results, task)
        time = traces["time"].values[shown]
        for index, matrix in enumerate(zip(*(traces[name].values for name in key[1:4]), strict=True)):
            for place, condition in enumerate(made.conditions):
                average = traces["average"].values[index, place, shown]
                expected[(task, *matrix, "average", condition, None)] = average
                for channel in range(made.outputs):
                    own = (condition, channel + 1)
                    output = traces["output"].values[index, place, shown, channel]
                    expected[(task, *matrix, "output", *own)] = np.stack([time, output], -1)
                    if matrix[0] == "full":
                        target = traces["target"].values[place, shown, channel]
                        expected[(task, *matrix, "target", *own)] = np.stack([time, target], -1)
    named = {(*names[:6], None if np.isnan(names[6]) else int(names[6])): values for names, values in lines.items()}
    assert set(named) == set(expected)
    for names, values in expected.items():
        np.testing.assert_allclose(named[names], values, atol=1e-4, err_msg=str(names))
    assert table.groupby("task")["channels"].first().to_dict() == {"first": 1, "second": 2}
