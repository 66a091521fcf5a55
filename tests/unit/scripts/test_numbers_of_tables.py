"""Tables of made-up files, whose numbers are known by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import tabulate_angles
import tabulate_dimensionality
import tabulate_fixed_points
import tabulate_functions
import tabulate_left_out
import tabulate_performance
import tabulate_ranks
from opdims.formats.native import Attributes
from opdims.network import Network
from opdims.nonlinearity import NONLINEARITIES
from opdims.storage import StoredNetwork, write_network
from pipeline import datasets

UNITS = 3


def write_dataset(folder, name, task="hold", numbers=(4, 2), **variables):
    """Write the variables (network, ...) of networks in files of one task, and return the path."""
    dims = {2: ("network", "rank"), 3: ("network", "unit", "rank")}
    arrays = {key: (dims[np.ndim(values)], np.array(values)) for key, values in variables.items()}
    path = str(folder / name)
    datasets.write_dataset(path, xr.Dataset(arrays, {"network": list(numbers)}), task)
    return path


def stored(number, recurrent, *, task="hold", initial=True, outputs=1, nonlinearity="tanh"):
    network = Network(
        torch.tensor(recurrent, dtype=torch.float64),
        torch.ones(UNITS, 1).double(),
        torch.ones(outputs, UNITS).double(),
        nonlinearity=NONLINEARITIES[nonlinearity],
    )
    before = network._replace(recurrent=torch.eye(UNITS).double())
    attributes = Attributes(task, number, 10.0, 1.0, 0.1, 0, "files", nonlinearity=nonlinearity)
    return StoredNetwork(before if initial else None, network, attributes)


def test_shares_of_variance_are_of_the_dimensions_they_name(tmp_path):
    paths = []
    for number, values in ((4, (3.0, 2.0, 1.0)), (2, (5.0, 1.0, 0.0))):
        paths.append(str(tmp_path / f"network_{number}.h5"))
        write_network(paths[-1], stored(number, np.diag(values)[[1, 2, 0]]))
    variance = [[4.0, 2.0, 2.0], [6.0, 3.0, 1.0]]  # of the activity: are variances already
    local = {"columns": [[2.0, 1.0, 1.0], [4.0, 3.0, 0.0]], "rows": [[3.0, 1.0, 1.0], [6.0, 8.0, 0.0]]}
    random = {"columns": [[1.0, 1.0, 1.0], [2.0, 1.0, 2.0]], "rows": [[4.0, 2.0, 2.0], [1.0, 1.0, 0.0]]}
    states = write_dataset(tmp_path, "states.nc", activity_variance=variance)
    files = {
        name: write_dataset(tmp_path, f"{name}.nc", singular_value=local[name], random_singular_value=random[name])
        for name in local
    }
    table = str(tmp_path / "dimensionality.csv")
    tabulate_dimensionality.main(paths, [states], [files["columns"]], [files["rows"]], table)
    found = pd.read_csv(table)
    shares = found.groupby(["quantity", "network"])["variance_explained"].agg(list).to_dict()
    expected = {
        ("recurrent", 4): [9 / 14, 4 / 14, 1 / 14],
        ("recurrent", 2): [25 / 26, 1 / 26, 0],
        ("activity", 4): [1 / 2, 1 / 4, 1 / 4],
        ("activity", 2): [0.6, 0.3, 0.1],
        ("local_columns", 4): [4 / 6, 1 / 6, 1 / 6],
        ("local_columns", 2): [16 / 25, 9 / 25, 0],
        ("local_rows", 4): [9 / 11, 1 / 11, 1 / 11],
        ("local_rows", 2): [0.36, 0.64, 0],
        ("random_columns", 4): [1 / 3, 1 / 3, 1 / 3],
        ("random_columns", 2): [4 / 9, 1 / 9, 4 / 9],
        ("random_rows", 4): [16 / 24, 4 / 24, 4 / 24],
        ("random_rows", 2): [1 / 2, 1 / 2, 0],
    }
    assert set(shares) == set(expected)
    for key, values in expected.items():
        assert shares[key] == pytest.approx(values), key
    assert set(found["task"]) == {"hold"}
    assert found["component"].tolist() == [1, 2, 3] * 12


def test_fixed_points_have_the_numbers_of_their_search(tmp_path):
    real = np.array([[0.5, -0.25, -2.0], [-0.1, -0.1, -4.0], [-0.5, -1.0, -1.0]])
    imaginary = np.array([[0.0, 0.0, 0.0], [np.pi, -np.pi, 0.0], [0.0, 2.0, -2.0]])
    variables = {
        "state": (("point", "unit"), np.zeros((3, 3))),
        "speed": ("point", [1e-30, 1e-26, 1e-5]),
        "distance": ("point", [0.3, 0.1, 0.2]),
        "eigenvalue_real": (("point", "unit"), real),
        "eigenvalue_imaginary": (("point", "unit"), imaginary),
        "output": (("point", "channel"), [[2.0, 20.0], [1.0, 10.0], [3.0, 30.0]]),
        "searched_network": ("searched", [7, 3]),
        "searched_input": ("searched", ["on", "off"]),
        "searched_reduction": ("searched", ["full", "operative_rows"]),
        "searched_criterion": ("searched", ["full", "authors"]),
        "searched_rank": ("searched", [3, 2]),
        "tau": ("searched", [20.0, 50.0]),
        "index_sum": ("searched", [1.0, np.nan]),
    }
    coordinates = {"search": ("point", [0, 0, 0]), "kind": ("point", ["fixed", "fixed", "slow"])}
    datasets.write_dataset(tmp_path / "points.nc", xr.Dataset(variables, coordinates), "hold")
    tabulate_fixed_points.main([str(tmp_path / "points.nc")], str(tmp_path / "points.csv"))
    table = pd.read_csv(tmp_path / "points.csv")
    assert table[["network", "kind", "point"]].to_numpy().tolist() == [
        [3, "none", 0],
        [7, "fixed", 1],
        [7, "fixed", 2],
        [7, "slow", 1],
    ]
    assert table["output"].tolist()[1:] == [1.0, 2.0, 3.0]
    assert table["output_2"].tolist()[1:] == [10.0, 20.0, 30.0]
    assert table["unstable"].tolist()[1:] == [0, 1, 0]
    assert table["leading_real"].tolist()[1:] == [-0.1, 0.5, -0.5]
    assert table["leading_imaginary"].tolist()[1:] == [np.pi, 0.0, 0.0]
    assert table["time_constant"].tolist()[1:] == pytest.approx([200.0, 80.0, 40.0])  # of the slowest mode, in ms
    assert table["frequency"].tolist()[1:] == pytest.approx([25.0, 0.0, 0.0])  # half a turn in 20 ms
    assert table["distance"].tolist()[1:] == [0.1, 0.3, 0.2]
    assert table["speed"].tolist()[1:] == [1e-26, 1e-30, 1e-5]
    assert table["rank"].tolist() == [2, 3, 3, 3]
    assert table["input"].tolist() == ["off", "on", "on", "on"]


def test_performance_is_gathered_by_task_and_reduction(tmp_path):
    parts = [("b", "high_variance", [1, 2]), ("a", "operative_rows", [1, 2]), ("b", "operative_columns", [1, 2])]
    paths, networks = [], []
    for task in ("a", "b"):
        for number in (1, 2):
            networks.append(str(tmp_path / f"{task}_{number}.h5"))
            write_network(networks[-1], stored(number, np.eye(3), task=task))
    for place, _ in enumerate(parts):
        paths.append(str(tmp_path / f"{place}.csv"))
        rows = [(2, 3, place + 0.2, 5.0), (2, 0, place + 0.1, 4.0), (1, 0, place + 0.3, 3.0), (1, 3, place + 0.4, 6.0)]
        pd.DataFrame(rows, columns=["network", "rank", "cost", "state_distance"]).to_csv(paths[-1], index=False)
    tabulate_performance.main(paths, networks, str(tmp_path / "performance.csv"), parts, [9])
    table = pd.read_csv(tmp_path / "performance.csv")
    assert table.to_numpy().tolist() == [
        [task, reduction, network, rank, place + cost, distance]
        for place, (task, reduction, _) in ((1, parts[1]), (0, parts[0]), (2, parts[2]))
        for network, rank, cost, distance in ((1, 0, 0.3, 3.0), (1, 3, 0.4, 6.0), (2, 0, 0.1, 4.0), (2, 3, 0.2, 5.0))
    ]


def test_ranks_suffice_by_their_criterion(tmp_path):
    costs = {"a": [(0, 100.0, 9.0), (1, 5.0, 9.0), (2, 4.9, 9.0), (3, 1.21, 9.0), (5, 1.1, 9.0), (9, 1.0, 0.0)]}
    costs["b"] = [(0, np.nan, 10.0), (4, np.nan, 0.5), (6, np.nan, 0.49), (9, np.nan, 0.0)]
    rows = [(task, "operative_rows", 3, *row) for task, values in costs.items() for row in reversed(values)]
    columns = ["task", "reduction", "network", "rank", "cost", "state_distance"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "performance.csv", index=False)
    tabulate_ranks.main(str(tmp_path / "performance.csv"), str(tmp_path / "ranks.csv"))
    table = pd.read_csv(tmp_path / "ranks.csv").set_index(["task", "criterion"])["rank"]
    assert table.to_dict() == {
        ("a", "to_5_percent"): 2,
        ("a", "within_10_percent"): 5,
        ("b", "distance_to_5_percent"): 6,
    }


def test_costs_of_functions_know_which_trials_are_their_own(tmp_path):
    columns = ["dimension", "grouping", "function", "trials", "network", "rank", "cost"]
    rows = [
        (dimension, "side", *pair, 1, 0, cost)
        for dimension in ("rows", "columns")
        for cost, pair in enumerate(("aa", "bb", "ab", "ba"))
    ]
    networks = [str(tmp_path / f"{task}.h5") for task in "yz"]
    for path, task in zip(networks, "yz", strict=True):
        write_network(path, stored(1, np.eye(3), task=task))
    for place, name in enumerate(("first", "second")):
        parts = pd.DataFrame(rows, columns=columns).assign(cost=lambda part, place=place: part["cost"] + 10 * place)
        parts.to_csv(tmp_path / f"{name}.csv", index=False)
    paths = [str(tmp_path / f"{name}.csv") for name in ("first", "second")]
    tabulate_functions.main(paths, networks, str(tmp_path / "functions.csv"), [("z", [1]), ("y", [1])], 0)
    table = pd.read_csv(tmp_path / "functions.csv")
    assert table["dimension"].tolist() == ["columns", "columns", "columns", "columns", *["rows"] * 4] * 2
    table = table[table["dimension"] == "rows"]
    assert table[["task", "function", "trials", "own", "cost"]].to_numpy().tolist() == [
        ["y", "a", "a", True, 10],
        ["y", "a", "b", False, 12],
        ["y", "b", "a", False, 13],
        ["y", "b", "b", True, 11],
        ["z", "a", "a", True, 0],
        ["z", "a", "b", False, 2],
        ["z", "b", "a", False, 3],
        ["z", "b", "b", True, 1],
    ]


def test_what_a_network_lacks_is_told_of_that_network(tmp_path):
    networks = {
        1: stored(1, np.eye(3)),
        2: stored(2, np.eye(3), initial=False),
        3: stored(3, np.eye(3), outputs=0),
        4: stored(4, np.eye(3), nonlinearity="relu"),
        5: stored(5, np.eye(3)),
    }
    paths = []
    for number, network in networks.items():
        paths.append(str(tmp_path / f"network_{number}.h5"))
        write_network(paths[-1], network)
    costs = {1: 1.0, 2: 1.0, 3: np.nan, 4: 1.0, 5: np.nan}
    rows = [("hold", "high_variance", number, 0, cost, 1.0) for number, cost in costs.items()]
    columns = ["task", "reduction", "network", "rank", "cost", "state_distance"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "performance.csv", index=False)
    tabulate_left_out.main(paths, str(tmp_path / "performance.csv"), str(tmp_path / "left_out.csv"))
    assert pd.read_csv(tmp_path / "left_out.csv").to_numpy().tolist() == [
        ["hold", 2, "weight_change", "no initial weights in the file"],
        ["hold", 3, "cost", "no readout"],
        ["hold", 4, "index_sum", "unbounded nonlinearity"],
        ["hold", 5, "cost", "no targets"],
    ]


def test_angles_between_rotated_dimensions_are_those_of_the_rotation():
    angle = np.deg2rad(25.0)
    turn = torch.tensor([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    between = tabulate_angles.of_dimensions({"function": "a"}, torch.eye(3).double(), turn)
    found = between.set_index(["component", "other_component"])["angle"].to_dict()
    assert found == pytest.approx(
        {(1, 1): 25, (1, 2): 65, (1, 3): 90, (2, 1): 65, (2, 2): 25, (2, 3): 90, (3, 1): 90, (3, 2): 90, (3, 3): 0}
    )
    subspaces = tabulate_angles.of_subspaces({"function": "a"}, torch.eye(3).double(), turn)
    expected = [[1, 25, 25, 25], [2, 0, 0, 0], [3, 0, 0, 0]]
    np.testing.assert_allclose(subspaces[["rank", "smallest", "mean", "largest"]], expected, atol=1e-12)
