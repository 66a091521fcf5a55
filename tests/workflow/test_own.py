"""A user's own networks from end to end: a task of their own, recorded trials, networks that lack something."""

import numpy as np
import pandas as pd
import pytest

from opdims import storage
from project import MINE, Project

pytestmark = pytest.mark.slow

SEEN = {  # one network without a readout, in rate form, and recorded trials without targets
    "source": "files",
    "files": ["seen.npz"],
    "recordings": "trials.npz",
    "equation": "rate",
    "nonlinearity": "relu",
    "network": {"dt": 1.0, "tau": 5.0, "noise_std": 0.1},
}
OWN = ("--configfile", "own.yaml")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A project in which two ensembles of own networks were built."""
    project = Project(tmp_path_factory.mktemp("own"))
    project.own_networks()
    rng = np.random.default_rng(1)
    np.savez(
        project.folder / "seen.npz",
        recurrent=rng.standard_normal((5, 5)) / 2.5,
        input=rng.standard_normal((5, 3)),
        bias=rng.standard_normal(5),
    )
    np.savez(project.folder / "trials.npz", inputs=rng.standard_normal((4, 30, 3)))
    project.write("own.yaml", MINE | {"run": ["mine", "seen"], "ensembles": {**MINE["ensembles"], "seen": SEEN}})
    run = project.snakemake("--cores", "2", *OWN)
    assert run.returncode == 0, run.stdout
    return project


def table(own, ensemble, name):
    return pd.read_csv(own.folder / "results" / ensemble / "tables" / f"{name}.csv")


def test_networks_are_evaluated_at_ranks_from_0_to_n(own):
    for ensemble, units, networks in (("mine", 6, 2), ("seen", 5, 1)):
        performance = table(own, ensemble, "performance")
        assert sorted(performance["rank"].unique()) == list(range(units + 1))
        assert set(performance["network"]) == set(range(1, networks + 1))
        full = performance[performance["rank"] == units]
        assert full["state_distance"].max() < 1e-10
    assert table(own, "mine", "performance")["cost"].notna().all()
    assert table(own, "seen", "performance")["cost"].isna().all()


def test_what_is_left_out_stands_in_a_table(own):
    mine, seen = (table(own, name, "left_out") for name in ("mine", "seen"))
    assert mine[["task", "network", "what"]].to_numpy().tolist() == [
        ["echo", number, "weight_change"] for number in (1, 2)
    ]
    assert set(seen["what"]) == {"weight_change", "cost", "index_sum"}
    assert set(seen["task"]) == {"recorded"}


def test_the_networks_are_those_of_the_files(own):
    network = storage.read_network(own.folder / "results/mine/echo/networks/network_2.h5")
    with np.load(own.folder / "nets" / "2.npz") as arrays:
        np.testing.assert_array_equal(network.final.recurrent, arrays["recurrent"])
    network = storage.read_network(own.folder / "results/seen/recorded/networks/network_1.h5")
    assert network.attributes[2:-1] == (5.0, 1.0, 0.1, -1, "files", "rate", "relu")
    assert network.final.output.shape == (0, 5)


def test_every_figure_is_drawn_and_functions_where_a_task_has_some(own):
    figures = {ensemble: own.folder / "results" / ensemble / "figures" for ensemble in ("mine", "seen")}
    names = {f"figure_{number}" for number in (1, 2, 3, 6, 7, 8)}
    assert {path.stem for path in figures["mine"].glob("*.png")} == names | {"functions_echo"}
    assert {path.stem for path in figures["seen"].glob("*.png")} == names


def test_an_edit_of_a_users_file_reruns_what_is_made_of_it(own):
    assert own.planned(*OWN) == set()
    task = own.folder / "echo.py"
    text = task.read_text()
    task.write_text(text.replace("+ side", "+ 2 * side"))
    jobs = own.planned_jobs(*OWN)
    assert {wildcards["task"] for _, wildcards in jobs if "task" in wildcards} == {"echo"}
    assert "import_network" not in {rule for rule, _ in jobs}
    task.write_text(text)
    inputs = np.load(own.folder / "trials.npz")["inputs"]
    np.savez(own.folder / "trials.npz", inputs=2 * inputs)
    jobs = own.planned_jobs(*OWN)
    assert {wildcards["task"] for _, wildcards in jobs if "task" in wildcards} == {"recorded"}
    np.savez(own.folder / "trials.npz", inputs=inputs)
    own.own_network("nets/2.npz", np.eye(6))
    jobs = own.planned_jobs(*OWN)
    imports = [wildcards for rule, wildcards in jobs if rule == "import_network"]
    assert imports == [{"ensemble": "mine", "task": "echo", "network": "2"}]
