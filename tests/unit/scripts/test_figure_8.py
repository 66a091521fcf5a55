"""The chain of scripts from tiny networks to figure 8: what the table holds, also where nothing is found."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import draw_figure_8
import find_fixed_points
import summarise_figure_8
import tabulate_fixed_points
from opdims import fixed_points, storage
from opdims.fixed_points import velocity
from opdims.network import initial_network
from opdims.reduction import truncate
from opdims.storage import StoredNetwork, write_network
from pipeline.datasets import write_factors
from opdims.tasks.catalogue import TASKS
from opdims.weights import Attributes
from pipeline import datasets

UNITS, NUMBERS, LOCATIONS = 12, (3, 10), 2
REDUCTIONS = ["operative_columns", "operative_rows"]
FORMATS = ("pdf", "svg", "png")


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def write_chunk(folder, task: str, numbers, costs=(1.0, 0.5, 0.04, 0.01)) -> dict:
    """Write what `find_fixed_points` reads of a chunk, and return its arguments."""
    held = TASKS[task]
    networks, factors = [], []
    for number in numbers:
        path = folder / task / "networks" / f"network_{number}.h5"
        final = initial_network(UNITS, held.n_inputs, held.n_outputs, generator(number))
        final = final._replace(recurrent=1.5 * final.recurrent)
        write_network(path, StoredNetwork(final, final, Attributes(task, number, 10.0, 1.0, 0.1, 1, "train")))
        networks.append(str(path))
        factors.append(truncate(final.recurrent))
    locations = LOCATIONS * len(held.conditions)
    state = torch.randn(len(numbers), locations, UNITS, dtype=torch.float64, generator=generator(1)).numpy()
    conditions = np.repeat(held.conditions, LOCATIONS).tolist()
    states = folder / task / "states.nc"
    datasets.write_dataset(
        states,
        xr.Dataset(
            {"state": (("network", "location", "unit"), state)},
            coords={"network": list(numbers), "condition": ("location", conditions)},
        ),
    )
    reduced, performance = [], []
    for reduction in REDUCTIONS:
        reduced.append(str(folder / task / f"{reduction}.nc"))
        stacked = type(factors[0])(*(torch.stack(part) for part in zip(*(f[:2] for f in factors), strict=True)))
        write_factors(reduced[-1], stacked, numbers)
        performance.append(str(folder / task / f"{reduction}.csv"))
        rows = [
            {"network": n, "rank": k, "cost": c} for n in numbers for k, c in zip((0, 1, 3, 12), costs, strict=True)
        ]
        pd.DataFrame(rows).to_csv(performance[-1], index=False)
    return {
        "networks": networks,
        "states": str(states),
        "reduced": reduced,
        "performance": performance,
        "fixed_points": str(folder / task / "fixed_points" / f"chunk_{numbers[0]}.nc"),
        "device": "cpu",
    }


def find(folder, task: str, numbers=NUMBERS, search=None, **settings) -> str:
    arguments = write_chunk(folder, task, numbers, **settings)
    find_fixed_points.main(**arguments, search=search or {"iterations": 60})
    return arguments["fixed_points"]


def tabulate(folder, files: list[str]) -> pd.DataFrame:
    tabulate_fixed_points.main(files, str(folder / "fixed_points.csv"))
    return pd.read_csv(folder / "fixed_points.csv")


def draw(folder, files: list[str]) -> pd.DataFrame:
    data = str(folder / "figure_8.csv")
    summarise_figure_8.main(str(folder / "fixed_points.csv"), files, data)
    bytes_ = []
    for _ in range(2):
        draw_figure_8.main(data, [str(folder / f"figure_8.{suffix}") for suffix in FORMATS])
        bytes_.append([(folder / f"figure_8.{suffix}").read_bytes() for suffix in FORMATS])
    assert bytes_[0] == bytes_[1]
    return pd.read_csv(data)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[str]:
    return [find(tmp_path_factory.mktemp("tiny"), task) for task in TASKS]


@pytest.mark.parametrize("task", TASKS)
def test_points_in_the_file_are_fixed_and_slow(files, task):
    path = files[list(TASKS).index(task)]
    dataset = xr.load_dataset(path, engine="h5netcdf")
    final = storage.read_network(path.replace("fixed_points/chunk_3.nc", "networks/network_3.h5")).final
    search = dataset["search"].values
    mine = (dataset["searched_network"].values[search] == 3) & (dataset["searched_reduction"].values[search] == "full")
    assert mine.any()
    for point in np.flatnonzero(mine):
        label = dataset["searched_input"].values[search[point]]
        drive = final.input @ torch.tensor(TASKS[task].held_inputs[label], dtype=torch.float64)
        force = velocity(final.recurrent, drive, torch.tensor(dataset["state"].values[point])[None])[0]
        assert force.norm() < {"fixed": 1e-11, "slow": 0.0142}[dataset["kind"].values[point]]


def test_the_table_has_every_search(files, tmp_path):
    table = tabulate(tmp_path, files)
    assert set(table["task"]) == set(TASKS)
    for task, rows in table.groupby("task"):
        ranks = rows.groupby(["reduction", "criterion"])["rank"].unique().map(list).to_dict()
        assert ranks == {
            ("full", "full"): [12],
            ("operative_columns", "authors"): [12],
            ("operative_rows", "authors"): [12],
            ("operative_columns", "to_5_percent"): [3],
            ("operative_rows", "to_5_percent"): [3],
        }
        searches = rows.drop_duplicates(["network", "input", "reduction", "criterion"])
        assert len(searches) == 2 * 5 * len(TASKS[task].held_inputs)
    fixed = table[table["kind"] == "fixed"]
    signs = (-1.0) ** fixed["unstable"]
    keys = [fixed[name] for name in ("task", "network", "input", "reduction", "criterion")]
    assert (signs.groupby(keys).transform("sum") == fixed["index_sum"]).all()
    assert (fixed["index_sum"] == 1).mean() > 0.8
    np.testing.assert_allclose(fixed["frequency"], fixed["leading_imaginary"] * 1000 / (2 * np.pi * 10.0))
    assert (fixed["time_constant"] >= 10.0 / fixed["leading_real"].abs() - 1e-9).all()


def test_the_full_rank_has_the_points_of_the_full_matrix(files, tmp_path):
    table = tabulate(tmp_path, files)
    fixed = table[(table["kind"] == "fixed") & (table["rank"] == 12)]
    full, reduced = (fixed[fixed["reduction"] == name].reset_index() for name in ("full", "operative_columns"))
    pd.testing.assert_series_equal(full["output"], reduced["output"], atol=1e-8, check_exact=False)


def test_chunks_do_not_change_the_table(files, tmp_path):
    table = tabulate(tmp_path, files[:1])
    split = [find(tmp_path / str(number), "context_integration", (number,)) for number in NUMBERS]
    first = pd.read_csv(tmp_path / "fixed_points.csv")
    # States are drawn by chunk here, so only the first network of the chunk has the same ones.
    alone = tabulate(tmp_path, split)
    mine = [frame[frame["network"] == 3].reset_index(drop=True) for frame in (first, alone)]
    pd.testing.assert_frame_equal(*mine, check_exact=True)
    assert len(table) == len(first)


@pytest.mark.parametrize("tasks", [[0, 1], [0], [1]])
def test_figures_of_both_tasks_and_of_one(files, tmp_path, tasks):
    files = [files[index] for index in tasks]
    tabulate(tmp_path, files)
    data = draw(tmp_path, files)
    assert set(data["task"]) == {list(TASKS)[index] for index in tasks}
    assert data["networks"].max() == 2


def test_where_nothing_is_found_the_table_says_so_and_the_figure_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(fixed_points, "RELAXATION", (2, 0.1))
    nothing = {"slow_tolerance": -1.0, "fixed_tolerance": -1.0, "iterations": 2}
    files = [find(tmp_path, task, NUMBERS[:1], search=nothing, costs=(1.0, 0.9, 0.9, 0.9)) for task in TASKS]
    table = tabulate(tmp_path, files)
    assert set(table["kind"]) == {"none"}
    assert set(table["criterion"]) == {"full", "authors"}, "no rank reaches 5%"
    assert (table["index_sum"] == 0).all()
    data = draw(tmp_path, files)
    assert data["networks"].max() == 0


def test_an_example_network_in_no_file_raises(files, tmp_path):
    tabulate(tmp_path, files)
    with pytest.raises(ValueError, match="no file of fixed points has network 3"):
        summarise_figure_8.main(str(tmp_path / "fixed_points.csv"), [], str(tmp_path / "figure_8.csv"))


def test_an_input_has_the_states_of_its_own_conditions():
    conditions = ["frequency_1", "frequency_11", "context_1_coherences_negative_positive", "context_2"]
    assert find_fixed_points.of_condition(conditions, "frequency_1") == [0]
    assert find_fixed_points.of_condition(conditions, "context_1") == [2]
    assert find_fixed_points.of_condition(conditions, "context_2") == [3]
