"""Figure 8: its numbers against plain code, and drawings of tasks with any inputs and outputs."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from drawings import draw, panels_of
from scipy.spatial.distance import pdist
from synthetic import Made, Results

import draw_figure_8
import summarise_figure_8
from pipeline.datasets import write_dataset

TASKS = {
    "waves": Made(frequencies={"f_3": 3.0, "f_1": 1.0, "f_2": 2.0, "f_4": 4.0}),
    "integrator": Made(inputs=("context_1", "context_2")),
    "memory": Made(outputs=2, authors=False, inputs=("no_input", "pulse", "hold")),
}
ODD = {
    "four tasks": TASKS | {"recorded": Made(outputs=0, cost=False, authors=False)},
    "one network": {"alone": Made(networks=(4,))},
    "one unit": {"small": Made(units=1, networks=(1,), outputs=0, cost=False)},
    "two units": {"small": Made(units=2)},
    "nothing found": {"held": Made(points=False), "waves": Made(points=False, frequencies={"f": 2.0})},
    "nine inputs": {"nine": Made(inputs=tuple(f"held_{number}" for number in range(9)))},
}


class Figure:
    def __init__(self, folder, tasks):
        self.folder, self.results = folder, Results(folder, tasks)

    def data(self):
        results = self.results
        summarise_figure_8.main(results.path("fixed_points"), results.fixed_points, self.path("csv"), results.labels)
        return pd.read_csv(self.path("csv"))

    def text(self):
        draw_figure_8.main(self.path("csv"), [self.path("svg")], self.results.labels)
        with open(self.path("svg")) as file:
            return file.read()

    def path(self, suffix):
        return str(self.folder / f"figure_8.{suffix}")

    def table(self, task):
        table = pd.read_csv(self.results.path("fixed_points"))
        return table[table["task"] == task]

    def found(self, task, **values):
        """Return the points of some searches of a task, in arrays."""
        dataset = xr.load_dataset(self.results.fixed_points[list(self.results.tasks).index(task)], engine="h5netcdf")
        chosen = np.ones(dataset.sizes["point"], dtype=bool)
        for name, value in values.items():
            of_point = dataset[name] if name == "kind" else dataset[f"searched_{name}"][dataset["search"].values]
            chosen &= of_point.values == value
        return dataset.isel(point=chosen)


def only(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def means(table):
    return table[table["network"].isna()]


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    return Figure(tmp_path_factory.mktemp("figure"), TASKS)


@pytest.fixture(scope="module")
def data(figure):
    return figure.data()


def test_panels_run_through_the_tasks(data):
    assert data.groupby("task")["panel"].unique().map("".join).to_dict() == {
        "integrator": "abcde",
        "memory": "fghij",
        "waves": "klmno",
    }
    assert data.groupby("task")["channels"].first().to_dict() == {"integrator": 1, "memory": 2, "waves": 1}


def test_points_of_one_output_are_against_it_and_an_axis_free_of_it(figure, data):
    rows = only(data, panel="a")
    assert set(rows["input"]) == {"context_1", "context_2"}
    output = figure.found("integrator", network=1, reduction="full")["output"].values[:, 0]
    np.testing.assert_allclose(sorted(rows["x"]), sorted(output))
    assert np.corrcoef(rows["x"], rows["y"])[0, 1] == pytest.approx(0, abs=1e-9)
    state = figure.found("integrator", network=1, reduction="full")["state"].values
    design = np.stack([np.ones(len(state)), output], axis=-1)
    rest = state - design @ np.linalg.lstsq(design, state, rcond=None)[0]
    assert np.square(rows["y"]).sum() == pytest.approx(np.linalg.norm(rest, 2) ** 2)  # the first of its components
    assert len(only(data, panel="b", rank=4)) == len(only(data, panel="b")) == 12
    unstable = (figure.found("integrator", network=1, reduction="full", kind="fixed")["eigenvalue_real"] > 0).any(
        "unit"
    )
    assert (rows["kind"] == "unstable").sum() == unstable.sum()
    assert (rows["kind"] == "slow").sum() == 6


def test_points_of_more_outputs_are_in_the_plane_of_their_components(figure, data):
    rows = only(data, panel="f")
    state = figure.found("memory", network=1, reduction="full")["state"].values
    values = np.linalg.svd(state - state.mean(0), compute_uv=False)
    assert np.square(rows["x"]).sum() == pytest.approx(values[0] ** 2)
    assert np.square(rows["y"]).sum() == pytest.approx(values[1] ** 2)


def test_spectra_are_of_the_point_whose_outputs_are_nearest_zero(figure, data):
    for panel, task, first in (("c", "integrator", "context_1"), ("h", "memory", "no_input")):
        points = figure.found(task, network=1, input=first, reduction="operative_rows", kind="fixed")
        nearest = np.linalg.norm(points["output"].values, axis=-1).argmin()
        rows = only(data, panel=panel, reduction="operative_rows")
        assert set(rows["input"]) == {first}
        np.testing.assert_allclose(sorted(rows["x"]), sorted(points["eigenvalue_real"].values[nearest]))


def test_spectra_of_frequencies_are_of_the_least_stable_point(figure, data):
    for panel, name in (("k", "f_1"), ("l", "f_3"), ("m", "f_4")):  # slowest, middle and fastest
        points = figure.found("waves", network=1, input=name, reduction="full", kind="fixed")
        rows = only(data, panel=panel, reduction="full")
        assert set(rows["input"]) == {name}
        least = points["eigenvalue_real"].values[:, 0].argmax()
        np.testing.assert_allclose(sorted(rows["y"]), sorted(points["eigenvalue_imaginary"].values[least]))


def test_ranges_are_largest_distances_of_outputs(figure, data):
    for panel, task, name in (("d", "integrator", "context_2"), ("i", "memory", "pulse")):
        largest = []
        for number in (1, 2, 3):
            points = figure.found(task, network=number, input=name, reduction="operative_columns")
            largest.append(pdist(points["output"].values).max())
        rows = only(data, panel=panel, input=name, reduction="operative_columns")
        (row,) = rows[rows["network"].isna()].to_dict("records")
        assert (row["y"], row["networks"]) == (pytest.approx(np.mean(largest)), 3)
        assert np.isnan(row["deviation"])
        single = rows.set_index("network")["y"]
        assert [single[number] for number in (1, 2, 3)] == pytest.approx(largest)


def test_time_constants_are_medians_within_networks(figure, data):
    rows = only(figure.table("integrator"), input="context_1", reduction="full")
    expected = rows.groupby("network")["time_constant"].median().mean()
    shown = only(means(data), panel="e", input="context_1", reduction="full")
    assert shown["y"].item() == pytest.approx(expected)


def test_rotations_are_of_the_least_stable_fixed_point(figure, data):
    rows = only(figure.table("waves"), input="f_2", reduction="operative_rows", kind="fixed")
    leading = rows.loc[rows.groupby("network")["leading_real"].idxmax()]
    (growth,) = only(means(data), panel="o", input="f_2", reduction="operative_rows").to_dict("records")
    assert (growth["x"], growth["y"]) == (2.0, pytest.approx(leading["leading_real"].mean()))
    turning = leading.loc[leading["frequency"] > 0, "frequency"]
    (frequency,) = only(means(data), panel="n", input="f_2", reduction="operative_rows").to_dict("records")
    assert frequency["networks"] == len(turning)
    if len(turning):
        assert frequency["y"] == pytest.approx(turning.mean())


def test_reduced_networks_have_the_authors_rank_or_that_to_5_percent(tmp_path):
    """The matrix by another criterion is in the files too, and is not drawn."""
    figure = Figure(tmp_path, {"integrator": Made()})
    table = pd.read_csv(figure.results.path("fixed_points"))
    other = table[table["criterion"] == "authors"].assign(criterion="to_5_percent", rank=9, time_constant=1e6)
    figure.results.write("fixed_points", pd.concat([table, other]))
    data = figure.data()
    assert set(data["rank"].dropna()) == {4, 12}
    assert data.loc[data["panel"] == "e", "y"].max() < 1e3


def test_networks_without_a_cost_are_shown_at_their_own_criterion(tmp_path):
    """Of networks 1 and 2 there is a cost; the third has none, and its rank is that of the state distance."""
    figure = Figure(tmp_path, {"integrator": Made(authors=False)})
    path = figure.results.fixed_points[0]
    dataset = xr.load_dataset(path, engine="h5netcdf")
    table = pd.read_csv(figure.results.path("fixed_points"))
    reduced = (table["reduction"] != "full") & (table["network"] == 3)
    figure.results.write(
        "fixed_points",
        table.assign(
            criterion=table["criterion"].where(~reduced, "distance_to_5_percent"), time_constant=table["network"]
        ),
    )
    searched = (dataset["searched_reduction"] != "full") & (dataset["searched_network"] == 3)
    dataset["searched_criterion"] = dataset["searched_criterion"].where(~searched, "distance_to_5_percent")
    write_dataset(path, dataset.drop_attrs(deep=False), "integrator")
    data = figure.data()
    for panel in "de":
        rows = only(means(data), panel=panel, reduction="operative_rows")
        assert set(rows["networks"]) == {3}
    assert only(means(data), panel="e", reduction="operative_rows")["y"].tolist() == [2.0] * len(
        only(means(data), panel="e", reduction="operative_rows")
    )


def test_the_drawing_shows_the_numbers(tmp_path):
    figure = Figure(tmp_path, {"integrator": TASKS["integrator"]})
    data = figure.data()
    panels = panels_of(draw(draw_figure_8.main, figure.path("csv"), [], figure.results.labels))
    rows = only(data, panel="e")
    dots = [line for line in panels["e"].lines if line.get_marker() == "."]
    drawn = sorted(value for line in dots for value in line.get_ydata())
    assert drawn == pytest.approx(sorted(rows.loc[rows["network"].notna(), "y"]))
    middles = sorted(line.get_ydata()[0] for line in panels["e"].lines if line.get_marker() in ("o", "s"))
    assert middles == pytest.approx(sorted(means(rows)["y"]))
    assert panels["c"].get_title() == "eigenvalues,\ncontext 1"
    stable = [line for line in panels["c"].lines if line.get_xdata() == [0, 0]]
    assert stable[0].get_label() == "Re λ = 0: stable to the left"
    left, right = panels["c"].get_xlim()
    assert left < min(0, only(data, panel="c")["x"].min())
    assert right > max(0, only(data, panel="c")["x"].max())


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("error")
def test_whatever_task_there_is_has_its_figure(tmp_path, name):
    figure = Figure(tmp_path, ODD[name])
    data, text = figure.data(), figure.text()
    if name == "four tasks":
        assert text == figure.text(), "the same bytes again"
        assert ">memory: no input</text>" in text
        assert ">range of outputs</text>" in text
        assert ">largest distance</text>" in text
        assert ">no outputs</text>" in text
    if name == "nothing found":
        assert data["networks"].max() == 0
        assert text.count(">no fixed or slow point</text>") == 7
    if name == "one network":
        assert ">one network</text>" in text
    if name == "nine inputs":
        assert ">held 8</text>" in text


def test_an_example_network_in_no_file_raises(figure):
    results = figure.results
    with pytest.raises(ValueError, match="no file of fixed points has network 1"):
        summarise_figure_8.main(results.path("fixed_points"), [], figure.path("csv"), results.labels)
