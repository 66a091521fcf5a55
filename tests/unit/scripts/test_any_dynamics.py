"""Fixed points and traces of networks of every kind, against plain code; and what is left out of their results."""

from itertools import product

import numpy as np
import pytest
import xarray as xr
from any_networks import CONDITIONS, Plain, matrix_of, numbers, table
from stages import OPERATIVE

from pipeline import datasets

pytestmark = pytest.mark.slow

OF_COST = ["to_5_percent", "within_10_percent"]


def test_points_are_at_rest_and_have_all_outputs(results):
    folder, kind = results
    points = table(folder, "fixed_points")
    outputs = ["output", *(f"output_{channel}" for channel in range(2, kind.n_outputs + 1))]
    assert [name for name in points if name.startswith("output")] == outputs
    inputs = kind.constant_inputs or {"no_input": (0.0,) * kind.n_inputs}
    assert set(points["input"]) == set(inputs)
    assert set(points["network"]) == set(numbers(kind))
    if kind.nonlinearity == "relu":
        assert points["index_sum"].isna().all()
    else:
        assert points["index_sum"].notna().all()
    fixed = points[points["kind"] == "fixed"]
    assert len(fixed) > 0
    others = fixed.drop(columns=[*outputs, "index_sum"]).select_dtypes("number")
    assert np.isfinite(others).all(axis=None)
    assert fixed[outputs].isna().all(axis=None) == (kind.n_outputs == 0)

    found = datasets.read_dataset(
        folder / "fixed_points.nc",
        [
            *("state", "output", "eigenvalue_real", "searched_network", "searched_input", "searched_reduction"),
            *("searched_rank", "starts"),
        ],
    )
    starts = datasets.read_dataset(folder / "states.nc", ["state"]).sizes["location"]
    assert set(found["starts"].values) == {starts // 3 if kind.constant_inputs else starts}
    of_fixed = found["kind"].values == "fixed"
    listed = [found["eigenvalue_real"].values[of_fixed].max(axis=1), *found["output"].values[of_fixed].T]
    columns = ["leading_real", *outputs[: kind.n_outputs]]
    assert sorted(zip(*listed, strict=True)) == sorted(fixed[columns].itertuples(index=False, name=None))
    unstable = (found["eigenvalue_real"].values[of_fixed] > 0).sum(axis=1)
    assert sorted(unstable) == sorted(fixed["unstable"])
    for index in np.flatnonzero(of_fixed):
        search = int(found["search"][index])
        number, name, reduction, rank = (
            found[f"searched_{key}"].values[search] for key in ("network", "input", "reduction", "rank")
        )
        plain, x = Plain(kind, int(number)), found["state"].values[index]
        matrix = plain.recurrent
        if reduction != "full":
            matrix = matrix_of(folder, str(reduction), int(number), int(rank))
        drive = plain.input @ np.array(inputs[str(name)]) + plain.bias
        np.testing.assert_allclose(matrix @ plain.phi(x) + drive, x, atol=1e-10)
        np.testing.assert_allclose(found["output"].values[index], plain.outputs(plain.phi(x)), atol=1e-12)
        jacobian = matrix * plain.slope(x) - np.eye(kind.units)
        expected = np.sort(np.linalg.eigvals(jacobian).real)[::-1]
        np.testing.assert_allclose(found["eigenvalue_real"].values[index], expected, atol=1e-6)


def test_points_are_sought_with_the_matrices_of_the_ranks(results):
    folder, kind = results
    points, ranks = table(folder, "fixed_points"), table(folder, "ranks")
    one = OF_COST[0] if kind.has_cost else "distance_to_5_percent"
    chosen = ranks[ranks["reduction"].isin(OPERATIVE) & (ranks["criterion"] == one)].dropna(subset="rank")
    expected = set(chosen[["network", "reduction", "criterion", "rank"]].itertuples(index=False, name=None))
    for number in numbers(kind):
        expected.add((number, "full", "full", kind.units))
        for reduction, rank in kind.shown_ranks.items():
            expected.add((number, reduction, "authors", min(rank, kind.units)))
    assert set(points[["network", "reduction", "criterion", "rank"]].itertuples(index=False, name=None)) == expected


def test_traces_are_those_of_plain_code(results):
    folder, kind = results
    with xr.open_dataset(folder / "traces.nc") as traces:
        traces.load()
    assert traces.attrs["task"] == "follow"
    assert traces.attrs["network"] == 1
    ranks = table(folder, "ranks")
    own = ranks[(ranks["network"] == 1) & ranks["reduction"].isin(OPERATIVE)].dropna(subset="rank")
    expected = {("full", "", kind.units), *own[["reduction", "criterion", "rank"]].itertuples(index=False, name=None)}
    expected |= {(reduction, "authors", min(rank, kind.units)) for reduction, rank in kind.shown_ranks.items()}
    found = list(zip(*(traces[name].values.tolist() for name in ("reduction", "criterion", "rank")), strict=True))
    assert found[0] == ("full", "", kind.units)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert ("target" in traces) == kind.targets
    plain = Plain(kind, 1)
    for condition in range(3):
        states, rates = plain.run(condition)
        np.testing.assert_allclose(traces["output"][0, condition], plain.outputs(rates), atol=1e-9)
        if kind.targets:
            np.testing.assert_allclose(traces["target"][condition], plain.targets(condition), atol=1e-12)
        if kind.units > 1:  # in the plane of its own components a trajectory keeps most of its variance
            kept = traces["trajectory"][condition].values
            variance = np.linalg.svd(states - states.mean(axis=0), compute_uv=False)[:2] ** 2
            np.testing.assert_allclose((kept**2).sum(axis=0), variance, rtol=1e-6, atol=1e-12)
    states = datasets.read_dataset(folder / "states.nc", ["state"], network=1)["state"]
    assert traces["flow_rank"].values.tolist() == [*(rank for rank in (1, 5, 10, 25) if rank < kind.units), kind.units]
    for rank, condition in product(traces["flow_rank"].values.tolist(), CONDITIONS):
        x = states.values[states["condition"].values == condition]
        matrices = (plain.recurrent, matrix_of(folder, "operative_columns", 1, rank))
        full, reduced = (plain.phi(x) @ matrix.T - x for matrix in matrices)
        expected = np.linalg.norm(reduced - full) / (np.linalg.norm(full) or 1)
        difference = traces["flow_difference"].sel(flow_rank=rank, condition=condition).item()
        assert difference == pytest.approx(expected, rel=1e-9, abs=1e-12)
        flow = traces["flow"].sel(flow_rank=rank).values[states["condition"].values == condition]
        assert (np.linalg.norm(flow, axis=1) <= np.linalg.norm(reduced, axis=1) + 1e-12).all()
    for name in ("average", "output", "trajectory", "sampled", "flow", "flow_difference"):
        assert np.isfinite(traces[name]).all(), name
    assert traces.sizes["component"] == 2


def test_what_is_left_out_is_told(results):
    folder, kind = results
    left_out = table(folder, "left_out")
    assert list(left_out) == ["task", "network", "what", "why"]
    expected = []
    for number in numbers(kind):
        if not kind.has_cost:
            expected.append((number, "cost", "no targets" if kind.n_outputs else "no readout"))
        if kind.nonlinearity == "relu":
            expected.append((number, "index_sum", "unbounded nonlinearity"))
        if not kind.initial:
            expected.append((number, "weight_change", "no initial weights in the file"))
    assert list(left_out[["network", "what", "why"]].itertuples(index=False, name=None)) == expected
