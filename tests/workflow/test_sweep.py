"""A sweep: a grid in the catalogue becomes ensembles, a table and a figure."""

from collections import Counter

import pandas as pd
import pytest

from project import Project

GRID = {
    "run": ["grid"],
    "ensembles": {
        "grid": {
            "source": "train",
            "tasks": ["sine_generation"],
            "networks": 2,
            "grid": {"network.gain": [0.5, 1.5], "network.units": [12, 16]},
            "ranks": [0, 1, 3, 12, 14],
        }
    },
}
TINY = ("--configfile", "tiny.yaml", "grid.yaml")
POINTS = [f"grid_units_{units}_gain_{gain}" for units in (12, 16) for gain in ("0p5", "1p5")]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A project whose tiny sweep was built on two cores."""
    project = Project(tmp_path_factory.mktemp("swept"))
    project.write("grid.yaml", GRID)
    run = project.snakemake("--cores", "2", *TINY)
    assert run.returncode == 0, run.stdout
    return project


@pytest.mark.slow
def test_the_table_of_a_sweep_has_every_point(swept):
    results = swept.folder / "results"
    table = pd.read_csv(results / "comparison" / "grid.csv")
    for values in ({"network.units": "12"}, {"network.units": "16"}, {"network.gain": "0.5"}, {"network.gain": "1.5"}):
        ((parameter, value),) = values.items()
        rows = table[(table["parameter"] == parameter) & (table["value"] == float(value))]
        medians = rows[rows["network"].isna()]
        assert medians[medians["at"].isna()]["networks"].tolist() == [4] * 4  # three reductions, and the full network
        assert rows["network"].dropna().tolist() == [1, 2] * 4  # too few seeds for an interval
        assert medians[medians["at"].notna()]["networks"].tolist() == [2] * 8
    for point in POINTS:
        units = int(point.split("_")[2])
        performance = pd.read_csv(results / point / "tables" / "performance.csv")
        assert sorted(performance["rank"].unique()) == ([0, 1, 3, 12] if units == 12 else [0, 1, 3, 12, 14, 16])
        rows = table[(table["measure"] == "cost") & (table["at"] == f"network.units={units}")]
        cost = performance.query("reduction == 'operative_columns' and rank == @units")["cost"].median()
        assert cost in rows["median"].tolist()
    for suffix in ("pdf", "svg", "png"):
        assert (results / "comparison" / f"grid.{suffix}").stat().st_size > 1000


@pytest.mark.slow
def test_of_points_only_what_the_sweep_needs_is_built(swept):
    results = swept.folder / "results"
    assert {path.name for path in results.iterdir() if path.name != ".gitkeep"} == {*POINTS, "comparison"}
    for point in POINTS:
        assert {path.name for path in (results / point / "tables").iterdir()} == {"performance.csv", "ranks.csv"}
        assert len(list((results / point).glob("sine_generation/training/*.csv"))) == 2
    planned = swept.planned(*TINY, "--", f"results/{POINTS[0]}/figures/figure_3.png")  # the rest by file name
    assert {"draw_figure_3", "summarise_figure_3"} <= planned


@pytest.mark.slow
def test_a_second_run_of_a_sweep_has_nothing_to_do(swept):
    run = swept.snakemake("--cores", "2", *TINY)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout


def test_the_sweep_of_the_project_is_planned(project):
    jobs = Counter(rule for rule, _ in project.planned_jobs("--configfile", "config/sweep.yaml"))
    points = ("sample_states", "find_dimensions", "reduce_networks", "evaluate_networks")
    assert jobs == {
        "train_network": 27 * 5,
        "accept_network": 27 * 5,
        **dict.fromkeys((*points, "tabulate_performance", "tabulate_ranks"), 27),
        **dict.fromkeys(("summarise_sweep", "draw_sweep", "all"), 1),
    }


def test_claims_compare_plain_ensembles_only(project):
    project.write("grid.yaml", GRID | {"run": ["tiny", "grid"]})
    planned = project.planned(*TINY)
    assert {"draw_sweep", "check_claims", "draw_figure_3"} <= planned
    assert "compare_claims" not in planned
