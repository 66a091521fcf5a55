"""States, dimensions, reduced matrices and performance that the stages write of two networks, against plain code."""

from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from noisy import CONDITIONS, FUNCTIONS, GROUPS, NOISE, NONLINEARITY, NUMBERS, SEED, STEP, UNITS, Plain, trials_of
from stages import PERFORMANCE, REDUCED

from opdims.dimensions import local_row_dimensions_plainly
from opdims.nonlinearity import NONLINEARITIES
from opdims.seeding import make_generator
from pipeline import datasets
from pipeline.tables import read_table

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)  # a tenth of twelve steps is one: all are sampled
ALL = [name for condition in CONDITIONS for name in [condition] * len(STEPS)]


@pytest.fixture(scope="module")
def states(noisy_results):
    names = ["state", "random_state", "activity_component", "activity_variance"]
    return datasets.read_dataset(noisy_results.path("states.nc"), names)


@pytest.fixture(scope="module")
def dimensions(noisy_results):
    variables = [
        *("direction", "impact", "global_direction", "singular_value"),
        *("random_global_direction", "random_singular_value", "function_global_direction"),
    ]
    return {
        "columns": datasets.read_dataset(noisy_results.path("columns.nc"), variables),
        "rows": datasets.read_dataset(noisy_results.path("rows.nc"), [*variables, "bound"]),
    }


def of_network(dataset, number):
    """Return the arrays of a network by their names; its place in the files is that of its number."""
    assert dataset["network"].values.tolist() == list(NUMBERS)
    return {name: dataset[name].values[NUMBERS.index(number)] for name in dataset.data_vars}


def local_dimensions(dimension, number, states):  # (L, N)
    """Return directions (L, K, N) and impacts (L, K); columns by their formula, rows by plain eigendecompositions."""
    if dimension == "rows":
        return row_dimensions(number, states.tobytes())
    effect = Plain(number).phi(states) @ Plain(number).recurrent.T
    length = np.linalg.norm(effect, axis=-1, keepdims=True)
    return (effect / length)[:, None], STEP * length


@cache
def row_dimensions(number, states):
    states = torch.from_numpy(np.frombuffer(states).reshape(-1, UNITS).copy())
    phi = NONLINEARITIES[NONLINEARITY[number]]
    found = local_row_dimensions_plainly(torch.from_numpy(Plain(number).recurrent), states, step=STEP, nonlinearity=phi)
    return found.direction.numpy(), found.impact.numpy()


def global_dimensions(direction, impact):
    """Return left singular vectors and singular values of the matrix whose columns are direction times impact."""
    there = ~np.isnan(impact)
    left, values, _ = np.linalg.svd((direction[there] * impact[there][:, None]).T)
    return left, values


def assert_same_lines(found, expected):  # (..., N, K), (..., N, K)
    """Columns are the same up to their signs; each has the one that makes its largest entry positive."""
    np.testing.assert_allclose(np.abs((found * expected).sum(-2)), 1, atol=1e-6)
    assert (np.take_along_axis(found, np.abs(found).argmax(-2, keepdims=True), -2) > 0).all()


# --- states


@pytest.mark.parametrize("number", NUMBERS)
def test_states_are_averages_over_the_noisy_trials_of_each_condition(states, number):
    assert states["condition"].values.tolist() == ALL
    assert states["step"].values.tolist() == list(STEPS) * len(CONDITIONS)
    trials, noise = trials_of("sampling", number)
    assert noise.std() == pytest.approx(NOISE / 2**0.5, rel=0.1)
    visited = Plain(number).states(trials.inputs, noise)
    expected = np.concatenate([visited[trials.condition == index].mean(0) for index in range(3)])
    found = of_network(states, number)
    np.testing.assert_allclose(found["state"], expected, atol=1e-12)
    values = np.concatenate(visited)  # of all trials and steps, those of no condition too
    variance, component = np.linalg.eigh(np.cov(values.T, bias=True))
    np.testing.assert_allclose(found["activity_variance"], variance[::-1], atol=1e-12)
    assert_same_lines(found["activity_component"], component[:, ::-1])


@pytest.mark.parametrize("number", NUMBERS)
def test_random_states_have_the_deviation_of_the_activity_and_a_stream_of_their_own(states, number):
    trials, noise = trials_of("sampling", number)
    deviation = Plain(number).states(trials.inputs, noise).std()
    stream = make_generator(SEED, "noisy", number, "random_locations")
    normal = torch.randn((len(ALL), UNITS), dtype=torch.float64, generator=stream).numpy()
    np.testing.assert_allclose(of_network(states, number)["random_state"], deviation * normal, atol=1e-12)


# --- dimensions


@pytest.mark.parametrize("dimension", ["columns", "rows"])
@pytest.mark.parametrize("number", NUMBERS)
def test_local_dimensions_are_those_of_the_sampled_states(states, dimensions, dimension, number):
    found = of_network(dimensions[dimension], number)
    direction, impact = local_dimensions(dimension, number, of_network(states, number)["state"])
    assert found["impact"].shape == impact.shape == (len(ALL), 1 if dimension == "columns" else impact.shape[1])
    np.testing.assert_allclose(found["impact"], impact, rtol=1e-7, atol=1e-14)
    there = ~np.isnan(impact)
    np.testing.assert_allclose(np.abs((found["direction"] * direction).sum(-1))[there], 1, atol=1e-5)
    assert (found["direction"][~there] == 0).all()
    if dimension == "rows":
        np.testing.assert_allclose(found["bound"], impact, rtol=1e-7, atol=1e-14)
    assert dimensions[dimension]["condition"].values.tolist() == ALL


@pytest.mark.parametrize("dimension", ["columns", "rows"])
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("prefix", ["", "random_"])
def test_global_dimensions_are_the_singular_vectors_of_all_local_ones(states, dimensions, dimension, number, prefix):
    found = of_network(dimensions[dimension], number)
    left, values = global_dimensions(*local_dimensions(dimension, number, of_network(states, number)[f"{prefix}state"]))
    np.testing.assert_allclose(found[f"{prefix}singular_value"], values, rtol=1e-7)
    assert_same_lines(found[f"{prefix}global_direction"], left)


@pytest.mark.parametrize("dimension", ["columns", "rows"])
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_dimensions_of_a_function_are_found_at_its_locations_alone(states, dimensions, dimension, number, function):
    assert dimensions[dimension]["function"].values.tolist() == list(FUNCTIONS)
    found = of_network(dimensions[dimension], number)["function_global_direction"][list(FUNCTIONS).index(function)]
    own = np.isin(ALL, FUNCTIONS[function])
    direction, impact = local_dimensions(dimension, number, of_network(states, number)["state"])
    left, _ = global_dimensions(direction[own], impact[own])
    assert_same_lines(found, left)


# --- reduced matrices and performance


def reduced_matrix(states, dimensions, reduction, number, rank):
    """Return W_k, of dimensions that the tests above know to be right, and of W and ΔW by their SVD."""
    plain = Plain(number)
    kind, _, dimension = reduction.partition("_")
    if dimension in ("columns", "rows"):
        name = {"operative": "global_direction", "random": "random_global_direction"}[kind]
        q = of_network(dimensions[dimension], number)[name][:, :rank]
        return q @ q.T @ plain.recurrent if dimension == "columns" else plain.recurrent @ q @ q.T
    if reduction == "activity_components":
        q = of_network(states, number)["activity_component"][:, :rank]
        return q @ q.T @ plain.recurrent
    start = plain.initial if reduction == "weight_change" else np.zeros_like(plain.recurrent)
    left, values, right = np.linalg.svd(plain.recurrent - start)
    return start + (left[:, :rank] * values[:rank]) @ right[:rank]


@pytest.mark.parametrize("reduction", REDUCED)
@pytest.mark.parametrize("number", NUMBERS)
def test_every_reduction_is_of_its_own_directions(noisy_results, states, dimensions, reduction, number):
    factors = datasets.read_factors(noisy_results.path(REDUCED[reduction]), number)
    for rank in range(UNITS + 1):
        expected = reduced_matrix(states, dimensions, reduction, number, rank)
        np.testing.assert_allclose(factors.matrix(rank).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("reduction", PERFORMANCE)
def test_cost_and_state_distance_are_those_of_plain_code(noisy_results, states, dimensions, reduction):
    columns = ["network", "rank", "cost", "state_distance"]
    table = read_table(noisy_results.path(PERFORMANCE[reduction]), columns)
    assert list(table[columns[:2]].itertuples(index=False, name=None)) == list(product(NUMBERS, (0, 1, 3, UNITS)))
    for row in table.to_dict("records"):
        plain = Plain(row["network"])
        matrix = reduced_matrix(states, dimensions, reduction, row["network"], row["rank"])
        assert row["cost"] == pytest.approx(plain.costs(matrix).mean(), rel=1e-9)
        assert row["state_distance"] == pytest.approx(plain.distance(matrix), rel=1e-9, abs=1e-12)


def test_the_cost_of_a_function_is_that_of_its_dimensions_on_the_trials_of_the_other(noisy_results, dimensions):
    columns = ["dimension", "grouping", "function", "trials", "network", "rank", "cost"]
    table = read_table(noisy_results.path("part_of_functions.csv"), columns)
    expected = {
        (dimension, group, function, trials, number, rank)
        for dimension, (group, members), number in product(("columns", "rows"), GROUPS.items(), NUMBERS)
        for function, trials, rank in product(members, members, range(4))
    }
    assert len(table) == len(expected)
    assert set(table[columns[:-1]].itertuples(index=False, name=None)) == expected
    for row in table.to_dict("records"):
        number, place = row["network"], list(FUNCTIONS).index(row["function"])
        plain = Plain(number)
        q = of_network(dimensions[row["dimension"]], number)["function_global_direction"][place][:, : row["rank"]]
        projector = q @ q.T
        matrix = projector @ plain.recurrent if row["dimension"] == "columns" else plain.recurrent @ projector
        trials, _ = trials_of("evaluation", number)
        own = trials.function[:, list(FUNCTIONS).index(row["trials"])]
        assert row["cost"] == pytest.approx(plain.costs(matrix)[own].mean(), rel=1e-9)
