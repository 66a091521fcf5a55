"""A whole small run, what it leaves, and what makes it run again."""

import pandas as pd
import pytest
import xarray as xr

from opdims import storage
from opdims.names import REDUCTIONS

pytestmark = pytest.mark.slow

TINY = ("--configfile", "tiny.yaml", "--config", "chunk_size=2")
RULES_AFTER_DIMENSIONS = {
    "find_dimensions",
    "reduce_networks",
    "evaluate_networks",
    "tabulate_performance",
    "tabulate_dimensionality",
    "summarise_figure_1",
    "summarise_figure_3",
    "draw_figure_1",
    "draw_figure_3",
    "all",
}


def test_every_file_of_the_contract_is_there(finished):
    results = finished.folder / "results" / "tiny"
    for figure in (1, 3):
        for suffix in ("csv", "pdf", "svg", "png"):
            assert (results / "figures" / f"figure_{figure}.{suffix}").stat().st_size > 1000
    performance = pd.read_csv(results / "tables" / "performance.csv")
    assert list(performance) == ["task", "reduction", "network", "rank", "cost", "state_distance"]
    assert len(performance) == 2 * 7 * 2 * 4
    assert set(performance["reduction"]) == set(REDUCTIONS)
    assert performance.notna().all().all()
    dimensionality = pd.read_csv(results / "tables" / "dimensionality.csv")
    assert list(dimensionality) == ["task", "quantity", "network", "component", "variance_explained"]
    quantities = {"recurrent", "activity", "local_columns", "local_rows", "random_columns", "random_rows"}
    assert set(dimensionality["quantity"]) == quantities
    totals = dimensionality.groupby(["task", "quantity", "network"])["variance_explained"].sum()
    assert len(totals) == 24
    assert (totals - 1).abs().max() < 1e-12


@pytest.mark.parametrize("task", ["context_integration", "sine_generation"])
def test_files_of_a_task_hold_what_they_should(finished, task):
    folder = finished.folder / "results" / "tiny" / task
    network = storage.read_network(folder / "networks" / "network_2.h5")
    assert network.attributes == (task, 2, 10.0, 1.0, 0.1, 1, "train")
    assert network.final.recurrent.shape == (12, 12)
    assert (network.final.recurrent != network.initial.recurrent).any()
    history = pd.read_csv(folder / "training" / "network_2.csv")
    assert list(history) == ["iteration", "dt", "learning_rate", "cost", "gradient_norm"]
    assert history["dt"].tolist() == [10.0] * 3 + [5.0]
    with xr.open_dataset(folder / "states" / "chunk_1.nc") as states:
        assert states["state"].dims == ("network", "location", "unit")
        assert set(states["state"].coords) == {"network", "condition", "step"}
        assert states["network"].values.tolist() == [1, 2]
    for name in ("columns", "rows"):
        with xr.open_dataset(folder / "dimensions" / f"{name}_chunk_1.nc") as dimensions:
            assert dimensions["direction"].dims == ("network", "location", "order", "unit")
            assert dimensions["impact"].dims == ("network", "location", "order")
            assert dimensions["global_direction"].dims == ("network", "unit", "rank")
            assert dimensions["singular_value"].dims == ("network", "rank")
    for reduction in REDUCTIONS:
        factors = storage.read_factors(folder / "reduced" / f"{reduction}_chunk_1.nc")
        assert (factors.matrix(12)[1] - network.final.recurrent).abs().max() < 1e-12
        table = pd.read_csv(folder / "performance" / f"{reduction}_chunk_1.csv")
        assert list(table) == ["network", "rank", "cost", "state_distance"]


def test_tables_and_figures_are_the_same_bytes_on_one_core_in_chunks_of_one(finished, project):
    run = project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "--config", "chunk_size=1")
    assert run.returncode == 0, run.stdout
    expected = finished.csv_files()
    assert len(expected) == 4
    assert project.csv_files() == expected
    for figure in expected:
        if "figure" in figure:
            for suffix in (".pdf", ".svg", ".png"):
                name = figure.replace(".csv", suffix)
                assert (project.folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_a_second_run_has_nothing_to_do(finished):
    run = finished.snakemake("--cores", "2", *TINY)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout


CHANGES = {
    "a comment": ("opdims/dimensions.py", "\nclass LocalDimensions", "\n# A comment.\nclass LocalDimensions", set()),
    "a constant of the dimensions": (
        "opdims/dimensions.py",
        "threshold: float = 1e-8",
        "threshold: float = 1e-7",
        RULES_AFTER_DIMENSIONS,
    ),
    "a colour": ("opdims/plotting.py", '"#0072B2"', '"#0072B3"', {"draw_figure_1", "draw_figure_3", "all"}),
    "one figure": ("draw_figure_3.py", "height=", "height=1 + ", {"draw_figure_3", "all"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_reruns_what_depends_on_it_and_nothing_else(finished, change):
    file, old, new, rules = CHANGES[change]
    path = f"workflow/scripts/{file}"
    finished.edit(path, old, new)
    try:
        assert finished.planned(*TINY) == rules
    finally:
        finished.edit(path, new, old)


def test_a_changed_setting_reruns_what_depends_on_it(finished):
    finished.write("more.yaml", {"ranks": [0, 1, 2, 3, 12]})
    planned = finished.planned("--configfile", "tiny.yaml", "more.yaml", "--config", "chunk_size=2")
    assert planned == RULES_AFTER_DIMENSIONS - {"find_dimensions", "reduce_networks", "tabulate_dimensionality"}


def test_more_memory_and_another_order_of_keys_change_nothing(finished):
    finished.write("same.yaml", {"memory": 3000, "network": {"dt": 1.0, "noise_std": 0.1, "tau": 10.0, "units": 12}})
    assert finished.planned("--configfile", "tiny.yaml", "same.yaml", "--config", "chunk_size=2") == set()
