"""Fixed points and traces of two networks in a noisy task, as the stages write them, against plain code."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from noisy import CONDITIONS, DT, INPUTS, NUMBERS, TAU, TRACED, UNITS, Plain, trials_of
from stages import SEARCH

import tabulate_fixed_points
from pipeline import datasets
from pipeline.tables import read_table

SEARCHED = ["network", "input", "reduction", "criterion", "rank"]


@pytest.fixture(scope="module")
def states(noisy_results):
    return datasets.read_dataset(noisy_results.path("states.nc"), ["state"])


@pytest.fixture(scope="module")
def points(noisy_results):
    with xr.open_dataset(noisy_results.path("fixed_points.nc")) as dataset:
        return dataset.load()


@pytest.fixture(scope="module")
def table(noisy_results, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "fixed_points.csv"
    tabulate_fixed_points.main([str(noisy_results.path("fixed_points.nc"))], str(path))
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def traces(noisy_results):
    with xr.open_dataset(noisy_results.path("traces.nc")) as dataset:
        return dataset.load()


def reduced(results, reduction, rank, number):
    if reduction == "full":
        return Plain(number).recurrent
    return datasets.read_factors(results.path(f"reduced_{reduction}.nc"), number).matrix(rank).numpy()


def rank_to_5_percent(results, reduction, number):
    measured = read_table(results.path(f"performance_{reduction}.csv"), ["network", "rank", "cost"])
    measured = measured[measured["network"] == number].sort_values("rank")
    enough = measured.loc[measured["cost"] < 0.05 * measured["cost"].iloc[0], "rank"]
    return None if enough.empty else enough.iloc[0]


# --- fixed points


def test_points_are_sought_with_every_matrix_under_every_input(noisy_results, points):
    expected = []
    for number in NUMBERS:
        matrices = [("full", "full", UNITS)]
        for reduction, shown in (("operative_columns", 2), ("operative_rows", 3)):
            rank = rank_to_5_percent(noisy_results, reduction, number)
            matrices += [] if rank is None else [(reduction, "to_5_percent", rank)]
            matrices.append((reduction, "authors", shown))
        expected += [(number, name, *matrix) for matrix in matrices for name in INPUTS]
    found = zip(*(points[f"searched_{name}"].values.tolist() for name in SEARCHED), strict=True)
    assert sorted(found) == sorted(expected)
    assert set(points["tau"].values) == {TAU}
    assert set(points["starts"].values) == {12}  # the sampled steps of one condition
    assert (points["arrived"] <= points["starts"]).all()
    assert (points["index_sum"] == 1).mean() > 0.7


def test_points_are_at_rest_and_described_as_plain_code_does(noisy_results, points, states):
    assert set(points["kind"].values) == {"fixed", "slow"}
    for index in range(points.sizes["point"]):
        point = points.isel(point=index)
        number, name, reduction, _, rank = (points[f"searched_{key}"].values[point["search"]] for key in SEARCHED)
        plain, x = Plain(number), point["state"].values
        matrix, drive = reduced(noisy_results, reduction, rank, number), plain.input @ INPUTS[name] + plain.bias
        velocity = matrix @ plain.phi(x) + drive - x
        assert point["speed"] == pytest.approx(velocity @ velocity / 2, rel=1e-6, abs=1e-26)
        assert point["speed"] <= SEARCH["fixed_tolerance" if point["kind"] == "fixed" else "slow_tolerance"]
        np.testing.assert_allclose(point["output"], plain.outputs(x), atol=1e-12)
        begun = states["state"].sel(network=number).values[states["condition"].values == name]
        assert point["distance"] == pytest.approx(np.linalg.norm(begun - x, axis=-1).min(), rel=1e-9)
        expected = np.linalg.eigvals(matrix * plain.slope(x) - np.eye(UNITS))
        found = point["eigenvalue_real"].values + 1j * point["eigenvalue_imaginary"].values
        assert (np.diff(found.real) <= 0).all()
        assert sorted(expected, key=lambda z: (z.real.round(6), z.imag)) == pytest.approx(
            sorted(found, key=lambda z: (z.real.round(6), z.imag)), abs=1e-7
        )


def test_every_search_is_of_its_own_points(points):
    """No fixed point is missing or there twice, by the sum of their indices."""
    for search in range(points.sizes["searched"]):
        own = points.isel(point=(points["search"].values == search) & (points["kind"].values == "fixed"))
        unstable = (own["eigenvalue_real"].values > 0).sum(-1)
        assert points["index_sum"].values[search] == ((-1.0) ** unstable).sum()


def test_the_table_of_points_has_time_constants_in_ms_and_frequencies_in_hz(points, table):
    assert (table["kind"] == "fixed").sum() == (points["kind"].values == "fixed").sum()
    assert list(table) == [
        *("task", "network", "input", "reduction", "criterion", "rank", "index_sum", "kind", "point", "speed"),
        *("output", "output_2", "distance", "unstable", "leading_real", "leading_imaginary"),
        *("time_constant", "frequency"),
    ]
    rows = table[table["kind"] != "none"].set_index(["network", "input", "reduction", "criterion", "kind"])
    searches = zip(*(points[f"searched_{name}"].values.tolist() for name in SEARCHED[:-1]), strict=True)
    for search, key in enumerate(searches):
        for kind in ("fixed", "slow"):
            own = points.isel(point=(points["search"].values == search) & (points["kind"].values == kind))
            order = np.argsort(own["output"].values[:, 0], kind="stable")
            if not len(order):
                assert (*key, kind) not in rows.index
                continue
            own, found = own.isel(point=order), rows.loc[[(*key, kind)]]
            assert found["point"].tolist() == list(range(1, len(order) + 1))
            real, imaginary = own["eigenvalue_real"].values, own["eigenvalue_imaginary"].values
            expected = {
                "index_sum": np.full(len(order), points["index_sum"].values[search]),
                "rank": np.full(len(order), points["searched_rank"].values[search]),
                "speed": own["speed"].values,
                "output": own["output"].values[:, 0],
                "output_2": own["output"].values[:, 1],
                "distance": own["distance"].values,
                "unstable": (real > 0).sum(-1),
                "leading_real": real.max(-1),
                "leading_imaginary": imaginary[:, 0],
                "time_constant": TAU / np.abs(real).min(-1),  # ms
                "frequency": imaginary[:, 0] / (2 * np.pi) / (TAU / 1000),  # Hz
            }
            for name, values in expected.items():
                np.testing.assert_allclose(found[name].astype(float), values, rtol=1e-9, atol=1e-30, err_msg=name)
    assert (table["frequency"] > 0).any()
    assert (table["unstable"] > 0).any()


# --- traces, of one network


def plane(states):  # (..., N)
    """Return origin (N) and axes (N, 2) of the plane of the first two principal components, up to their signs."""
    samples = states.reshape(-1, UNITS)
    return samples.mean(0), np.linalg.svd(samples - samples.mean(0))[2][:2].T


def assert_same_coordinates(found, expected):  # (..., 2)
    """Coordinates are the same up to one sign of each axis."""
    for axis in range(2):
        sign = np.sign((found[..., axis] * expected[..., axis]).sum())
        np.testing.assert_allclose(found[..., axis], sign * expected[..., axis], atol=1e-6)


@pytest.fixture(scope="module")
def averages(noisy_results, traces):
    """Condition averages (matrix, condition, time, unit) and all states, by plain code."""
    trials, noise = trials_of("sampling", TRACED)
    matrices = zip(traces["reduction"].values, traces["rank"].values, strict=True)
    plain = Plain(TRACED)
    states = np.stack(
        [
            plain.states(trials.inputs, noise, reduced(noisy_results, reduction, rank, TRACED))
            for reduction, rank in matrices
        ]
    )
    return np.stack([states[:, trials.condition == index].mean(1) for index in range(3)], 1), states


def test_traces_are_of_the_full_matrix_and_those_of_the_ranks(noisy_results, traces):
    found = list(zip(*(traces[name].values.tolist() for name in ("reduction", "criterion", "rank")), strict=True))
    assert found[0] == ("full", "", UNITS)
    assert ("operative_columns", "authors", 2) in found
    assert ("operative_rows", "authors", 3) in found
    ranks = read_table(noisy_results.path("ranks.csv"), ["reduction", "network", "criterion", "rank"])
    ranks = ranks[(ranks["network"] == TRACED) & ranks["reduction"].isin(["operative_columns", "operative_rows"])]
    others = [each for each in found[1:] if each[1] != "authors"]
    assert sorted(others) == sorted(
        ranks.dropna()[["reduction", "criterion", "rank"]].itertuples(index=False, name=None)
    )
    assert traces["time"].values.tolist() == [DT * step for step in range(1, 13)]
    assert traces["condition"].values.tolist() == list(CONDITIONS)


def test_averages_lie_in_the_plane_of_the_full_network(traces, averages):
    origin, axes = plane(averages[0][0])
    assert_same_coordinates(traces["average"].values, (averages[0] - origin) @ axes)


def test_outputs_and_targets_are_of_the_clearest_trial_of_each_condition(traces, averages):
    trials, _ = trials_of("sampling", TRACED)
    plain = Plain(TRACED)
    for condition in range(3):
        members = np.flatnonzero(trials.condition == condition)
        ends = trials.targets[members, -1]
        shown = members[np.argmax(ends @ ends.mean(0))]
        np.testing.assert_allclose(traces["output"][:, condition], plain.outputs(averages[1][:, shown]), atol=1e-9)
        np.testing.assert_allclose(traces["target"][condition], trials.targets[shown], atol=1e-12)


def test_the_flow_is_that_of_operative_columns_in_the_plane_of_its_condition(noisy_results, traces, averages, states):
    assert traces["flow_rank"].values.tolist() == [1, 5, UNITS]
    plain, sampled = Plain(TRACED), states["state"].sel(network=TRACED).values
    assert traces["location_condition"].values.tolist() == states["condition"].values.tolist()
    assert traces["location_step"].values.tolist() == states["step"].values.tolist()
    for index, condition in enumerate(CONDITIONS):
        own = states["condition"].values == condition
        average = averages[0][0, index]
        origin, axes = plane(average)
        x = sampled[own]
        flows = {}
        for rank in (1, 5, UNITS):
            matrix = reduced(noisy_results, "operative_columns", rank, TRACED)
            flows[rank] = plain.phi(x) @ matrix.T - x
            difference = np.linalg.norm(flows[rank] - (plain.phi(x) @ plain.recurrent.T - x))
            expected = difference / np.linalg.norm(plain.phi(x) @ plain.recurrent.T - x)
            found = traces["flow_difference"].sel(flow_rank=rank, condition=condition).item()
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
        expected = [(average - origin) @ axes, (x - origin) @ axes, *(flow @ axes for flow in flows.values())]
        found = [traces["trajectory"].values[index], traces["sampled"].values[own], *traces["flow"].values[:, own]]
        assert_same_coordinates(np.concatenate(found), np.concatenate(expected))


def test_impacts_are_those_of_the_network_and_dimension(noisy_results, traces):
    for name, file in (("column_impact", "columns.nc"), ("row_impact", "rows.nc")):
        impact = datasets.read_dataset(noisy_results.path(file), ["impact"], network=TRACED)["impact"].values
        np.testing.assert_allclose(np.squeeze(impact), traces[name].values)
