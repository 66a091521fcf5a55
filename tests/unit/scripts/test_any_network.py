"""Networks of every kind through all stages and tables: what comes out is whole, and what plain code says."""

from itertools import product

import numpy as np
import pytest
from any_networks import CONDITIONS, Plain, matrix_of, numbers, reductions, table

from opdims.names import PROJECTIONS
from pipeline import datasets

pytestmark = pytest.mark.slow

OF_COST = ["to_5_percent", "within_10_percent"]


def test_performance_is_whole_and_that_of_plain_code(results):
    folder, kind = results
    ranks = sorted({0, *(rank for rank in (1, 3) if rank <= kind.units), kind.units})
    performance = table(folder, "performance")
    assert list(performance) == ["task", "reduction", "network", "rank", "cost", "state_distance"]
    expected = list(product(sorted(reductions(kind)), numbers(kind), ranks))
    assert list(performance[["reduction", "network", "rank"]].itertuples(index=False, name=None)) == expected
    for row in performance.to_dict("records"):
        plain = Plain(kind, row["network"])
        matrix = matrix_of(folder, row["reduction"], row["network"], row["rank"])
        distance = np.mean([plain.distance(condition, matrix) for condition in range(3)])
        assert row["state_distance"] == pytest.approx(distance, rel=1e-9, abs=1e-12)
        if kind.has_cost:
            cost = np.mean([plain.cost(condition, matrix) for condition in range(3)])
            assert row["cost"] == pytest.approx(cost, rel=1e-9)
        else:
            assert np.isnan(row["cost"])


def test_states_are_those_of_plain_code(results):
    folder, kind = results
    states = datasets.read_dataset(folder / "states.nc", ["state", "activity_variance", "random_state"])
    assert states.attrs["task"] == "follow"
    assert states["network"].values.tolist() == list(numbers(kind))
    for number in numbers(kind):
        visited = [Plain(kind, number).run(condition)[0] for condition in range(3)]
        for location, condition, step in zip(
            states["state"].sel(network=number), states["condition"], states["step"], strict=True
        ):
            expected = visited[CONDITIONS.index(condition)][int(step) - 1]
            np.testing.assert_allclose(location, expected, rtol=0, atol=1e-12)
        variance = np.concatenate(visited).var(axis=0).sum()
        assert states["activity_variance"].sel(network=number).sum().item() == pytest.approx(variance, abs=1e-12)
    assert np.isfinite(states["random_state"]).all()


def test_dimensions_are_those_of_the_nonlinearity_and_of_the_functions(results):
    folder, kind = results
    states = datasets.read_dataset(folder / "states.nc", ["state"])["state"]
    columns, rows = (
        datasets.read_dataset(folder / f"{name}.nc", ["direction", "impact", "function_global_direction"])
        for name in ("columns", "rows")
    )
    functions = {name: members for group in kind.groups.values() for name, members in group.items()}
    assert columns["function"].values.tolist() == list(functions)
    for number in numbers(kind):
        plain = Plain(kind, number)
        rates = plain.phi(states.sel(network=number).values)
        effect = rates @ plain.recurrent.T
        impact = columns["impact"].sel(network=number).values[:, 0]
        np.testing.assert_allclose(np.nan_to_num(impact), kind.step * np.linalg.norm(effect, axis=1), atol=1e-12)
        if kind.scale == 0:
            assert np.isnan(impact).all()
            assert rows["impact"].sizes["order"] == 0
            continue
        first = rows["direction"].sel(network=number).values[:, 0]
        reached = kind.step * np.linalg.norm(first @ plain.recurrent.T, axis=1) * np.abs((first * rates).sum(axis=1))
        np.testing.assert_allclose(np.nan_to_num(rows["impact"].sel(network=number).values[:, 0]), reached, atol=1e-12)
        for function, members in functions.items():
            own = effect[np.isin(states["condition"].values, members)]
            found = columns["function_global_direction"].sel(network=number, function=function).values[:, 0]
            assert np.linalg.norm(own @ found) == pytest.approx(np.linalg.norm(own, 2), rel=1e-9)


def test_each_reduction_projects_on_its_own_dimensions(results):
    folder, kind = results
    sources = {
        "operative_columns": ("columns.nc", "global_direction"),
        "operative_rows": ("rows.nc", "global_direction"),
        "random_columns": ("columns.nc", "random_global_direction"),
        "random_rows": ("rows.nc", "random_global_direction"),
        "activity_components": ("states.nc", "activity_component"),
    }
    for number, rank in product(numbers(kind), range(kind.units + 1)):
        network = kind.draw(number)
        full = network.final.recurrent.numpy()
        for reduction, (file, variable) in sources.items():
            q = datasets.read_by_network([folder / file], variable)["follow", number].numpy()[:, :rank]
            expected = full @ q @ q.T if reduction.endswith("rows") else q @ q.T @ full
            np.testing.assert_allclose(matrix_of(folder, reduction, number, rank), expected, atol=1e-12)
        offsets = {"high_variance": np.zeros_like(full)}
        if network.initial is not None:
            offsets["weight_change"] = network.initial.recurrent.numpy()
        for reduction, offset in offsets.items():
            left, values, right = np.linalg.svd(full - offset)
            expected = offset + left[:, :rank] * values[:rank] @ right[:rank]
            np.testing.assert_allclose(matrix_of(folder, reduction, number, rank), expected, atol=1e-12)


def test_a_sufficient_rank_is_of_the_cost_or_of_the_state_distance(results):
    folder, kind = results
    ranks = table(folder, "ranks")
    criteria = OF_COST if kind.has_cost else ["distance_to_5_percent"]
    expected = [
        (name, number, each) for name in sorted(reductions(kind)) for number in numbers(kind) for each in criteria
    ]
    assert list(ranks[["reduction", "network", "criterion"]].itertuples(index=False, name=None)) == expected
    measured = table(folder, "performance").set_index(["reduction", "network", "rank"])
    value = "cost" if kind.has_cost else "state_distance"
    for row in ranks[ranks["criterion"].isin(["to_5_percent", "distance_to_5_percent"])].to_dict("records"):
        values = measured.loc[(row["reduction"], row["network"]), value]
        enough = values[values < 0.05 * values[0]]
        assert np.isnan(row["rank"]) if enough.empty else row["rank"] == enough.index[0]


def test_shares_of_variance_are_finite_and_add_up(results):
    folder, kind = results
    shares = table(folder, "dimensionality")
    quantities = ["recurrent", "activity", "local_columns", "local_rows", "random_columns", "random_rows"]
    assert shares["variance_explained"].notna().all()
    assert len(shares) == len(quantities) * kind.networks * kind.units
    for (quantity, _), values in shares.groupby(["quantity", "network"])["variance_explained"]:
        still = kind.scale == 0 and (quantity != "activity" or kind.n_inputs == 0)
        assert values.sum() == pytest.approx(0 if still else 1)
    variance = table(folder, "recurrent_variance")
    assert len(variance) == len(PROJECTIONS) * kind.networks * (kind.units + 1)
    np.testing.assert_allclose(
        variance.loc[variance["rank"] == kind.units, "variance_explained"], float(kind.scale > 0), atol=1e-12
    )
    shared = table(folder, "overlap")
    references = ["recurrent", "activity", *(["weight_change"] if kind.initial else [])]
    assert len(shared) == 2 * len(references) * kind.networks * kind.units
    assert set(shared["reference"]) == set(references)
    assert shared["overlap"].between(0, 1 + 1e-12).all()


def test_functions_are_compared_within_their_group(results):
    folder, kind = results
    costs = table(folder, "functions")
    angles, principal = table(folder, "angles"), table(folder, "principal_angles")
    assert costs.empty != bool(kind.groups and kind.has_cost)
    assert angles.empty == principal.empty == (not kind.groups)
    if kind.groups:
        assert set(angles["grouping"]) == {"movement"}  # the other group has one function
        assert set(principal["grouping"]) == {"movement", "random"}
        assert np.isfinite(angles["angle"]).all()
        assert np.isfinite(principal[["smallest", "mean", "largest"]]).all(axis=None)
    if costs.empty:
        return
    assert set(costs["grouping"]) == {"movement"}
    largest = min(3, kind.units)
    assert len(costs) == 2 * 4 * kind.networks * (largest + 1)
    for row in costs[costs["rank"] == min(1, largest)].to_dict("records"):
        directions = datasets.read_dataset(folder / f"{row['dimension']}.nc", ["function_global_direction"])
        q = directions["function_global_direction"].sel(network=row["network"], function=row["function"]).values[:, :1]
        plain = Plain(kind, row["network"])
        projector = q @ q.T
        matrix = projector @ plain.recurrent if row["dimension"] == "columns" else plain.recurrent @ projector
        trials = kind.groups["movement"][row["trials"]]
        cost = np.mean([plain.cost(CONDITIONS.index(condition), matrix) for condition in trials])
        assert row["cost"] == pytest.approx(cost, rel=1e-9)
        assert row["own"] == (row["function"] == row["trials"])
