"""Networks trained in plain PyTorch on tasks that the project does not know, from their files to the report."""

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

import foreign
from opdims import storage
from opdims.names import REDUCTIONS
from project import Project

pytestmark = pytest.mark.slow

CONFIGS = {  # as a stranger writes them
    "plain": """
run: [plain]
task_files: {delayed_discrimination: delayed_discrimination.py}
ensembles:
  plain:
    source: files
    files: [tanh_*.pt]
    tensors: nn_rnn
    tasks: [delayed_discrimination]
""",
    "rectified": """
run: [rectified]
task_files: {delayed_discrimination: delayed_discrimination.py}
ensembles:
  rectified:
    source: files
    files: [relu_*.pt]
    tensors: nn_rnn
    nonlinearity: relu
    tasks: [delayed_discrimination]
""",
    "leaky": """
run: [leaky]
task_files: {two_memories: two_memories.py}
ensembles:
  leaky:
    source: files
    files: [leaky.npz]
    tensors: {recurrent: W, input: B, bias: b, output: readout_weight, output_bias: readout_bias}
    equation: rate
    network: {dt: 1.0, tau: 5.0, noise_std: 0.0}
    tasks: [two_memories]
""",
}
OF_ALL = ("1", "2", "3", "6", "7", "8")
FIGURES = [*OF_ALL, "functions"]
TASKS = {"plain": "delayed_discrimination", "rectified": "delayed_discrimination", "leaky": "two_memories"}
REPORT = ("--report", "results/report.html", "--report-after-run")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A copy of the project in which the three ensembles were built, from their files to the report."""
    torch.set_num_threads(1)
    project = Project(tmp_path_factory.mktemp("own"))
    (project.folder / "delayed_discrimination.py").write_text(foreign.DISCRIMINATION)
    (project.folder / "two_memories.py").write_text(foreign.TWO_MEMORIES)
    foreign.train_discriminator(project.folder, "tanh")
    foreign.train_discriminator(project.folder, "relu")
    foreign.train_leaky_rates(project.folder)
    assert all(len(text.strip().splitlines()) <= 15 for text in CONFIGS.values())
    for name, text in CONFIGS.items():
        (project.folder / f"{name}.yaml").write_text(text)
    project.write("all.yaml", {"run": list(CONFIGS)})
    files = [f"{name}.yaml" for name in CONFIGS]
    run = project.snakemake("report", "--cores", "2", "--configfile", *files, "all.yaml", *REPORT)
    assert run.returncode == 0, run.stdout
    assert "Report created." in run.stdout
    return project


def table(own, ensemble, name):
    return pd.read_csv(own.folder / "results" / ensemble / "tables" / f"{name}.csv")


@pytest.mark.parametrize("ensemble", CONFIGS)
def test_tables_and_figures_are_complete(own, ensemble):
    results = own.folder / "results" / ensemble
    task = TASKS[ensemble]
    expected = {f"functions_{task}" if figure == "functions" else f"figure_{figure}" for figure in FIGURES}
    for suffix in ("csv", "pdf", "svg", "png"):
        assert {path.stem for path in (results / "figures").glob(f"*.{suffix}")} == expected
    performance = table(own, ensemble, "performance")
    assert set(performance["task"]) == {task}
    assert set(performance["reduction"]) == set(REDUCTIONS) - {"weight_change"}  # nobody kept the initial weights
    assert performance.notna().all(axis=None)
    assert "weight_change" in set(table(own, ensemble, "left_out")["what"])


@pytest.mark.parametrize(("ensemble", "nonlinearity"), [("plain", "tanh"), ("rectified", "relu")])
def test_the_cost_of_the_full_network_is_that_of_the_module(own, ensemble, nonlinearity):
    performance = table(own, ensemble, "performance")
    rng = np.random.default_rng(3)
    trials = foreign.load(foreign.DISCRIMINATION)(2000, dt=1.0, rng=rng)
    for number in (1, 2):
        model = foreign.Discriminator(32, nonlinearity).double()
        model.load_state_dict(torch.load(own.folder / f"{nonlinearity}_{number}.pt"))
        with torch.no_grad():
            error = (model(torch.tensor(trials.inputs)) - torch.tensor(np.array(trials.targets))).square()
        cost = error[:, 24:].mean().item()
        full = performance.query(f"network == {number} and rank == 32")["cost"]
        assert len(full.unique()) == 1  # W_N is W, whatever the reduction
        assert full.iloc[0] == pytest.approx(cost, rel=0.5)  # few trials against many
        none = performance.query(f"network == {number} and rank == 0 and reduction == 'operative_columns'")["cost"]
        assert none.iloc[0] > 5 * cost


def test_a_few_operative_columns_suffice_a_foreign_network(own):
    for ensemble in ("plain", "rectified", "leaky"):
        ranks = table(own, ensemble, "ranks").query("criterion == 'to_5_percent'")
        of = {name: part["rank"].mean() for name, part in ranks.groupby("reduction")}
        assert of["operative_columns"] <= 12
        assert of["operative_columns"] <= of["random_columns"]


def test_the_leaky_network_keeps_its_form(own):
    network = storage.read_network(own.folder / "results/leaky/two_memories/networks/network_1.h5")
    assert network.initial is None
    assert (network.attributes.equation, network.attributes.nonlinearity) == ("rate", "tanh")
    assert (network.attributes.dt, network.attributes.tau, network.attributes.noise_std) == (1.0, 5.0, 0.0)
    points = table(own, "leaky", "fixed_points")
    assert {"output", "output_2"} <= set(points)
    assert points["output_2"].notna().any()


def test_the_settings_page_builds_the_ensemble_again(own):
    page = (own.folder / "results/leaky/report/configuration.html").read_text()
    text = page[page.index("<pre>") + 5 : page.index("</pre>")].replace("&#x27;", "'").replace("&quot;", '"')
    settings = yaml.safe_load(text)
    assert settings["ensembles"]["leaky"]["files"] == ["leaky.npz"]
    assert settings["ensembles"]["leaky"]["equation"] == "rate"
    own.write("again.yaml", settings)
    assert own.planned("--configfile", "again.yaml") == set()


def test_an_edit_of_a_task_file_reruns_what_depends_on_it(own):
    files = [f"{name}.yaml" for name in CONFIGS]
    arguments = ("--configfile", *files, "all.yaml")
    assert own.planned(*arguments) == set()
    own.edit("two_memories.py", 'label = "two memories"', 'label = "two memories"  # a comment')
    own.edit("two_memories.py", "rng.uniform(0.3, 1.0", "rng.uniform(0.4, 1.0")
    try:
        jobs = own.planned_jobs(*arguments)
        assert "sample_states" in {rule for rule, _ in jobs}
        assert {wildcards["ensemble"] for _, wildcards in jobs if "ensemble" in wildcards} == {"leaky"}
    finally:
        own.edit("two_memories.py", "rng.uniform(0.4, 1.0", "rng.uniform(0.3, 1.0")
