"""A whole small run, what it leaves, and what makes it run again."""

from collections import Counter

import pandas as pd
import pytest
import xarray as xr
import yaml

from opdims import storage
from opdims.names import REDUCTIONS
from pipeline import datasets

TINY = ("--configfile", "tiny.yaml", "--config", "chunk_size=2")
FIGURES = range(1, 9)
TABLES = {
    "performance": ["task", "reduction", "network", "rank", "cost", "state_distance"],
    "ranks": ["task", "reduction", "network", "criterion", "rank"],
    "functions": ["task", "dimension", "grouping", "function", "trials", "own", "network", "rank", "cost"],
    "dimensionality": ["task", "quantity", "network", "component", "variance_explained"],
    "recurrent_variance": ["task", "reduction", "network", "rank", "variance_explained"],
    "overlap": ["task", "dimension", "reference", "network", "rank", "overlap"],
    "angles": [
        *("task", "dimension", "grouping", "function", "other", "network"),
        *("component", "other_component", "angle"),
    ],
    "principal_angles": [
        *("task", "dimension", "grouping", "function", "other", "network"),
        *("rank", "smallest", "mean", "largest"),
    ],
    "left_out": ["task", "network", "what", "why"],
}


def figure_rules(*figures):
    names = {"functions" if figure in (4, 5) else f"figure_{figure}" for figure in figures}
    return {f"{verb}_{name}" for verb in ("summarise", "draw") for name in names}


RULES_AFTER_PERFORMANCE = {
    "tabulate_performance",
    "tabulate_ranks",
    "tabulate_left_out",
    "find_fixed_points",
    "tabulate_fixed_points",
    "trace_network",
    "check_claims",
    "all",
} | figure_rules(1, 2, 3, 6, 8)
RULES_AFTER_DIMENSIONS = {
    "find_dimensions",
    "reduce_networks",
    "evaluate_networks",
    "evaluate_functions",
    "tabulate_functions",
    "tabulate_dimensionality",
    "tabulate_recurrent_variance",
    "tabulate_overlap",
    "tabulate_angles",
} | RULES_AFTER_PERFORMANCE
RULES_AFTER_DIMENSIONS |= figure_rules(*FIGURES)


def test_every_file_of_the_contract_is_there(finished):
    results = finished.folder / "results" / "tiny"
    for figure in FIGURES:
        for suffix in ("csv", "pdf", "svg", "png"):
            assert (results / "figures" / f"figure_{figure}.{suffix}").stat().st_size > 1000
    tables = {path.stem: pd.read_csv(path) for path in (results / "tables").iterdir()}
    assert set(tables) == {*TABLES, "fixed_points"}
    for name, columns in TABLES.items():
        assert list(tables[name]) == columns
        assert name == "ranks" or tables[name].notna().all().all()
    performance, dimensionality = tables["performance"], tables["dimensionality"]
    assert len(performance) == 2 * 7 * 2 * 4
    assert set(performance["reduction"]) == set(REDUCTIONS)
    assert len(tables["ranks"]) == 2 * 7 * 2 * 2
    assert len(tables["left_out"]) == 0
    assert len(tables["functions"]) == 2 * 2 * 13 * (2 * 2 * 2 + 3 * 3)  # networks, dimensions, ranks, pairs
    quantities = {"recurrent", "activity", "local_columns", "local_rows", "random_columns", "random_rows"}
    assert set(dimensionality["quantity"]) == quantities
    totals = dimensionality.groupby(["task", "quantity", "network"])["variance_explained"].sum()
    assert len(totals) == 24
    assert (totals - 1).abs().max() < 1e-12
    assert not list(results.glob("*/training/*.checkpoint"))


def test_claims_are_those_of_the_file_with_a_verdict(finished):
    claims = pd.read_csv(finished.folder / "results" / "tiny" / "claims.csv")
    stated = yaml.safe_load((finished.folder / "config" / "claims.yaml").read_text())["claims"]
    assert {name.split(".")[0] for name in claims["id"]} == {claim["id"] for claim in stated}
    assert set(claims["verdict"]) == {"undecided", "not comparable"}  # few networks have no interval
    assert set(claims["level"]) == {"C"}
    full = claims.set_index("id").loc["full_network.sine_generation"]
    performance = pd.read_csv(finished.folder / "results" / "tiny" / "tables" / "performance.csv")
    costs = performance.query("task == 'sine_generation' and reduction == 'operative_columns' and rank == 12")["cost"]
    assert full["measured"] == pytest.approx(costs.mean(), rel=1e-12)


@pytest.mark.parametrize("task", ["context_integration", "sine_generation"])
def test_files_of_a_task_hold_what_they_should(finished, task):
    folder = finished.folder / "results" / "tiny" / task
    network = storage.read_network(folder / "networks" / "network_2.h5")
    assert network.attributes[:-1] == (task, 2, 10.0, 1.0, 0.1, 1, "train", "current", "tanh")
    assert 0 < network.attributes.cost < float("inf")
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
        factors = datasets.read_factors(folder / "reduced" / f"{reduction}_chunk_1.nc", 2)
        assert (factors.matrix(12) - network.final.recurrent).abs().max() < 1e-12
        table = pd.read_csv(folder / "performance" / f"{reduction}_chunk_1.csv")
        assert list(table) == ["network", "rank", "cost", "state_distance"]


@pytest.mark.slow
def test_tables_and_figures_are_the_same_bytes_on_one_core_in_chunks_of_one(finished, project):
    run = project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "--config", "chunk_size=1")
    assert run.returncode == 0, run.stdout
    expected = finished.csv_files()
    assert len(expected) == 10 + 8
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
    assert "  figures  results/tiny/figures" in run.stdout.splitlines()


def test_a_run_shows_one_line_a_job_and_where_its_results_are(finished):
    shown = (finished.folder / "shown.txt").read_text().splitlines()
    done = [line for line in shown if line.startswith("[")]
    assert [line[: line.index("]") + 1] for line in done] == [f"[{n:2}/{len(done)}]" for n in range(1, len(done) + 1)]
    jobs = Counter(line.split("] ")[1].split(":")[0] for line in done)
    assert (jobs["train_network"], jobs["sample_states"], jobs["check_claims"]) == (4, 2, 1)
    assert any(" train_network: tiny, sine_generation, network 2 (" in line for line in done)
    assert all("; about " in line for line in done[:-1])
    assert len(shown) <= len(done) + 12
    assert {"  figures  results/tiny/figures", "  tables   results/tiny/tables"} < set(shown)
    verdicts = pd.read_csv(finished.folder / "results" / "tiny" / "claims.csv")["verdict"].value_counts()
    (claims,) = (line for line in shown if line.startswith("  claims   results/tiny/claims.csv ("))
    assert all(f"{number} {verdict}" in claims for verdict, number in verdicts.items())
    assert "".join(shown).isascii()  # whatever the encoding of the terminal


CHANGES = {
    "a comment": ("opdims/dimensions.py", "\nclass LocalDimensions", "\n# A comment.\nclass LocalDimensions", set()),
    "a constant of the dimensions": (
        "opdims/dimensions.py",
        "threshold: float = 1e-8",
        "threshold: float = 1e-7",
        RULES_AFTER_DIMENSIONS,
    ),
    "a colour": (
        "pipeline/plotting.py",
        '"#0072B2"',
        '"#0072B3"',
        {*(rule for rule in figure_rules(*FIGURES) if rule.startswith("draw")), "all"},
    ),
    "one figure": ("draw_figure_3.py", "height=", "height=1 + ", {"draw_figure_3", "all"}),
    "a package of the downloads": ("../../envs/requirements.txt", "pooch==", "pooch==0.", set()),
    "a package of the figures": (
        "../../envs/requirements.txt",
        "matplotlib==",
        "matplotlib==0.",
        {*(rule for rule in figure_rules(*FIGURES) if rule.startswith("draw")), "all"},
    ),
    "a comment on a task": ("opdims/tasks/sine_generation.py", "n_outputs = 1", "n_outputs = 1  # z", set()),
    "a claim": ("../../config/claims.yaml", "few_columns_suffice\n", "columns_suffice\n", {"check_claims", "all"}),
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


def test_an_edit_of_a_task_reruns_its_jobs_and_no_others(finished):
    path = "workflow/scripts/opdims/tasks/sine_generation.py"
    finished.edit(path, 'label = "sine generation"', 'label = "sines"')
    try:
        jobs = finished.planned_jobs(*TINY)
    finally:
        finished.edit(path, 'label = "sines"', 'label = "sine generation"')
    of_task = {(rule, wildcards["task"]) for rule, wildcards in jobs if "task" in wildcards}
    of_task.discard(("trace_network", "context_integration"))  # which reads the ranks of all tasks from their table
    assert {task for _, task in of_task} == {"sine_generation"}
    assert {rule for rule, _ in of_task} >= {"train_network", "sample_states", "find_dimensions", "trace_network"}


def test_a_changed_setting_reruns_what_depends_on_it(finished):
    finished.write("more.yaml", {"ranks": [0, 1, 2, 3, 12]})
    planned = finished.planned("--configfile", "tiny.yaml", "more.yaml", "--config", "chunk_size=2")
    assert planned == RULES_AFTER_PERFORMANCE | {"evaluate_networks"}


def test_more_memory_and_another_order_of_keys_change_nothing(finished):
    finished.write("same.yaml", {"memory": 3000, "network": {"dt": 1.0, "noise_std": 0.1, "tau": 10.0, "units": 12}})
    assert finished.planned("--configfile", "tiny.yaml", "same.yaml", "--config", "chunk_size=2") == set()
