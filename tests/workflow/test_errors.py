"""What a user's mistake gets: one line that names it, exit code 1, and before any job where that can be."""

import hashlib
import http.server
import shutil
import threading
from functools import partial

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from opdims import storage
from project import MINE

FILES = {"context_integration": ("ctxt_weights.h5", 5), "sine_generation": ("swg_weights.h5", 1)}


def write_published(folder, units=100, networks=2):
    rng = np.random.default_rng(0)
    folder.mkdir()
    for name, n_inputs in FILES.values():
        with h5py.File(folder / name, "w") as file:
            for number in range(1, networks + 1):
                for group in ("init", "final"):
                    base = f"NetNr{number}/{group}"
                    file[f"{base}/n_Wru_v"] = rng.standard_normal((n_inputs, units))
                    file[f"{base}/n_Wrr_n"] = rng.standard_normal((units, units)) / units**0.5
                    file[f"{base}/m_Wzr_n"] = rng.standard_normal((units, 1)) / units**0.5


def config_error(run):
    """Return the one line of an error in the configuration; Snakemake says before which files it reads."""
    assert run.returncode == 1
    lines = [line for line in run.stdout.splitlines() if not line.startswith(("Using workflow", "Config file"))]
    assert len(lines) == 1, run.stdout
    assert lines[0].startswith("config: ")
    return lines[0]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rnaks": [1]}, "unknown key 'rnaks', did you mean ranks?"),
        ({"ensembles": {"tiny": {"tasks": ["sine"]}}}, "ensembles.tiny.tasks.0: unknown value 'sine'"),
        ({"network": {"dt": 3.0}}, "network.dt: dt = 3.0 ms does not divide "),
        (
            {"network": {"nonlinearity": "step"}},
            "network.nonlinearity: unknown value 'step', expected one of tanh, relu",
        ),
        ({"sampling": {"echo": {"repeats": 1}}}, "sampling: unknown task 'echo', expected one of"),
        (
            {"task_files": {"echo": "echo.py"}},
            "task_files.echo: echo.py: no such file, expected the Python file of task",
        ),
    ],
)
def test_a_mistake_in_the_configuration(project, config, message):
    project.write("mistake.yaml", config)
    assert message in config_error(project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "mistake.yaml"))


def published(project, *arguments):
    return project.snakemake(
        "--cores",
        "1",
        "--configfile",
        "config/published.yaml",
        "two.yaml",
        "--config",
        "published_directory=mine",
        *arguments,
    )


@pytest.fixture
def two_published(project):
    project.write("two.yaml", {"ensembles": {"published": {"networks": 2}}})
    write_published(project.folder / "mine")
    return project


def test_own_published_files_are_inputs_and_never_outputs(two_published):
    run = published(two_published, "--dry-run", "--forceall")
    assert run.returncode == 0, run.stdout
    assert "import_network" in run.stdout
    assert "download_published" not in run.stdout
    assert "sha256" not in run.stdout


def test_all_networks_in_own_published_files_are_taken(project):
    write_published(project.folder / "mine", networks=3)
    arguments = ("--configfile", "config/published.yaml", "--config", "published_directory=mine")
    jobs = project.planned_jobs(*arguments)
    imports = sorted((wildcards["task"], wildcards["network"]) for rule, wildcards in jobs if rule == "import_network")
    assert imports == [(task, str(number)) for task in sorted(FILES) for number in (1, 2, 3)]
    project.write("more.yaml", {"ensembles": {"published": {"networks": 5}}})
    run = project.snakemake("--cores", "1", arguments[0], arguments[1], "more.yaml", *arguments[2:])
    assert config_error(run) == (
        "config: ensembles.published.networks: networks 4, 5 asked for, but mine/ctxt_weights.h5 has networks 1 to 3; "
        "without the key networks all of them are taken"
    )


def test_published_files_that_are_not_there_are_downloaded(project):
    planned = project.planned("--configfile", "config/published.yaml")
    assert {"download_published", "import_network", "draw_figure_3"} <= planned
    assert "train_network" not in planned


def test_a_missing_published_file(two_published):
    (two_published.folder / "mine" / "swg_weights.h5").unlink()
    assert "mine/swg_weights.h5: no such file" in config_error(published(two_published))


def test_a_truncated_published_file(two_published):
    path = two_published.folder / "mine" / "ctxt_weights.h5"
    path.write_bytes(path.read_bytes()[:10000])
    assert "mine/ctxt_weights.h5: cannot be read" in config_error(published(two_published))


def test_weights_that_are_not_finite(two_published):
    with h5py.File(two_published.folder / "mine" / "ctxt_weights.h5", "a") as file:
        file["NetNr2/final/n_Wrr_n"][0, 0] = np.nan
    assert "dataset NetNr2/final/n_Wrr_n holds values that are not finite" in config_error(published(two_published))


def test_a_matrix_of_another_shape(two_published):
    with h5py.File(two_published.folder / "mine" / "ctxt_weights.h5", "a") as file:
        del file["NetNr1/final/n_Wru_v"]
        file["NetNr1/final/n_Wru_v"] = np.ones((100, 5))
    message = "dataset NetNr1/final/n_Wru_v is (5, 100), expected (100, n_inputs); was it transposed?"
    assert message in config_error(published(two_published))


def test_published_networks_may_have_any_number_of_units(two_published):
    shutil.rmtree(two_published.folder / "mine")
    write_published(two_published.folder / "mine", units=50)
    run = published(two_published, "--dry-run")
    assert run.returncode == 0, run.stdout


def test_a_published_file_with_two_outputs(two_published):
    with h5py.File(two_published.folder / "mine" / "swg_weights.h5", "a") as file:
        for group in ("init", "final"):
            del file[f"NetNr2/{group}/m_Wzr_n"]
            file[f"NetNr2/{group}/m_Wzr_n"] = np.ones((100, 2))
    message = "mine/swg_weights.h5: network 2: tensor output is (2, 100), expected (1, 100) for task sine_generation"
    assert message in config_error(published(two_published))


def test_a_published_file_of_another_task(two_published):
    folder = two_published.folder / "mine"
    (folder / "swg_weights.h5").write_bytes((folder / "ctxt_weights.h5").read_bytes())
    message = "mine/swg_weights.h5: network 1: tensor input is (100, 5), expected (100, 1) for task sine_generation"
    assert message in config_error(published(two_published))


OWN_MISTAKES = {
    "a pattern without a match": ({"files": ["nets/*.pt"]}, "ensembles.mine.files: no file matches nets/*.pt, from "),
    "a tensor that is not there": (
        {"tensors": {"recurrent": "W"}},
        "ensembles.mine.files: nets/1.npz: tensor W is missing; the names there: input, output, recurrent",
    ),
    "an unknown nonlinearity": (
        {"nonlinearity": "step"},
        "ensembles.mine.nonlinearity: unknown value 'step', expected one of tanh, relu, softplus, sigmoid",
    ),
    "an unknown key": ({"equations": "rate"}, "ensembles.mine: unknown key 'equations', did you mean equation?"),
    "constants that nobody says": (
        {"network": {"dt": None}},
        "ensembles.mine.network.dt: has no value, expected a number",
    ),
    "tasks and recordings": (
        {"recordings": "trials.npz"},
        "ensembles.mine: tasks and recordings are both there, expected one of them",
    ),
}


@pytest.mark.parametrize("mistake", OWN_MISTAKES)
def test_a_mistake_in_an_entry_of_own_networks(project, mistake):
    entry, message = OWN_MISTAKES[mistake]
    project.own_networks()
    project.write("mistake.yaml", {"ensembles": {"mine": entry}})
    run = project.snakemake("--cores", "1", "--configfile", "mine.yaml", "mistake.yaml")
    assert message in config_error(run)


def own(project):
    return project.snakemake("--cores", "1", "--configfile", "mine.yaml")


def test_a_network_of_another_size(project):
    project.own_networks()
    project.own_network("nets/2.npz", np.eye(5))
    message = "ensembles.mine.files: nets/2.npz: tensor recurrent is (5, 5), expected (6, 6) as in nets/1.npz"
    assert message in config_error(own(project))


def test_a_network_with_other_inputs_than_its_task(project):
    project.own_networks()
    project.own_network("nets/2.npz", np.eye(6), input=np.ones((6, 3)))
    message = "ensembles.mine.files: nets/2.npz: tensor input is (6, 3), expected (6, 2) for task echo"
    assert message in config_error(own(project))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "echo"', "1 / 0", "task_files.echo: echo.py: raised ZeroDivisionError: division by zero"),
        ('name = "echo"', "", "task_files.echo: echo.py: name is missing, expected name, n_inputs, n_outputs"),
        (
            "[:, :, :1]",
            "[:, 1:, :1]",
            "task_files.echo: task echo: targets of its trials are (2, 19, 1), expected (trials, 20, 1)",
        ),
        (
            "return Trials(",
            "return Trial(",
            "task_files.echo: task echo: drawing trials raised NameError: name 'Trial' is not",
        ),
    ],
)
def test_a_mistake_in_a_users_task(project, old, new, message):
    project.own_networks()
    project.edit("echo.py", old, new)
    assert message in config_error(own(project))


def test_recordings_whose_lengths_differ(project):
    project.own_networks()
    np.savez(project.folder / "trials.npz", inputs=np.zeros((3, 20, 2)), targets=np.zeros((3, 19, 1)))
    entry = {key: value for key, value in MINE["ensembles"]["mine"].items() if key != "tasks"}
    project.write("mine.yaml", MINE | {"ensembles": {"mine": entry | {"recordings": "trials.npz"}}})
    message = "ensembles.mine.recordings: trials.npz: array targets is (3, 19, 1), expected 3 trials of 20 steps"
    assert message in config_error(own(project))


def test_networks_and_tasks_are_checked_before_any_job_and_not_by_the_jobs(project):
    project.own_networks()
    target = "results/mine/echo/networks/network_1.h5"
    project.edit(
        "workflow/scripts/pipeline/checks.py",
        "    for ensemble in settings.built",
        "    print('checked')\n    for ensemble in settings.built",
    )
    run = project.snakemake("--cores", "1", "--configfile", "mine.yaml", "--", target)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines().count("checked") == 1


def test_results_that_cannot_be_written(project):
    (project.folder / "results").write_text("a file")
    message = config_error(project.snakemake("--cores", "1", "--configfile", "tiny.yaml"))
    assert "results/tiny: results is not a directory, expected one that can be written to" in message


def test_published_files_are_downloaded_checked_and_imported(project):
    write_published(project.folder / "served")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(project.folder / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        files = {
            task: {
                "url": f"http://127.0.0.1:{server.server_address[1]}/{name}",
                "sha256": hashlib.sha256((project.folder / "served" / name).read_bytes()).hexdigest(),
            }
            for task, (name, _) in FILES.items()
        }
        project.write("served.yaml", {"published_files": files})
        target = "results/published/sine_generation/networks/network_2.h5"
        run = project.snakemake("--cores", "1", "--configfile", "config/published.yaml", "served.yaml", "--", target)
        server.shutdown()
    assert run.returncode == 0, run.stdout
    network = storage.read_network(project.folder / target)
    expected = storage.read_published(project.folder / "served" / "swg_weights.h5", 2)
    assert torch.equal(network.initial.recurrent, expected[0].recurrent)
    assert torch.equal(network.final.recurrent, expected[1].recurrent)
    assert network.attributes.source == "published"


def test_a_failed_download_says_how_to_go_on(project):
    url = "http://127.0.0.1:9/ctxt_weights.h5"
    project.write("nowhere.yaml", {"published_files": {"context_integration": {"url": url}}})
    target = "resources/published/ctxt_weights.h5"
    run = project.snakemake("--cores", "1", "--configfile", "config/published.yaml", "nowhere.yaml", "--", target)
    assert run.returncode == 1
    line = next(line for line in run.stdout.splitlines() if line.startswith("download_published_ctxt_weights: "))
    assert f"download of {url} failed" in line
    assert "put ctxt_weights.h5 into a folder by hand and pass --config published_directory=<folder>" in line
    assert not (project.folder / target).exists()


def test_a_network_that_does_not_learn_is_named_leaves_its_history_and_does_not_stop_others(project):
    """One network diverges and one ends above the ceiling; the third goes on. A higher ceiling trains nothing again."""
    diverging = {"source": "train", "tasks": ["context_integration"], "networks": [4]}
    diverging["training"] = {"context_integration": {"learning_rate": 1.0e30}}
    low = {"training": {"sine_generation": {"cost_ceiling": 1.0e-9}}, "ensembles": {"diverging": diverging}}
    project.write("low.yaml", low | {"run": ["diverging", "tiny"]})
    files = {
        (ensemble, task, number): f"results/{ensemble}/{task}/networks/network_{number}.h5"
        for ensemble, task, number in (
            ("diverging", "context_integration", 4),
            ("tiny", "sine_generation", 1),
            ("tiny", "context_integration", 2),
        )
    }
    run = project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "low.yaml", "--", *files.values())
    assert run.returncode == 1
    assert [(project.folder / path).exists() for path in files.values()] == [False, False, True]
    lines = run.stdout.splitlines()
    (diverged,) = [line for line in lines if line.startswith("accept_network_4: ")]
    history = "results/diverging/context_integration/training/network_4.csv"
    assert "context_integration: network 4 has not learnt its task: training diverged at iteration " in diverged
    assert f"its training is in {history}" in diverged
    assert pd.read_csv(project.folder / history)["iteration"].tolist() == [1, 2]
    (refused,) = [line for line in lines if line.startswith("accept_network_1: ")]
    history = "results/tiny/sine_generation/training/network_1.csv"
    assert "sine_generation: network 1 has not learnt its task: its cost after 4 iterations is " in refused
    assert "above cost_ceiling 1e-09; try more iterations or another network number, which is another seed" in refused
    assert f"its training is in {history}" in refused
    log = "logs/tiny/sine_generation/accept_network_1.log"
    assert f"FAILED accept_network: tiny, sine_generation, network 1 (log: {log})" in lines
    assert "Traceback" in (project.folder / log).read_text()
    assert pd.read_csv(project.folder / history)["iteration"].tolist() == [1, 2, 3, 4]
    assert any(
        line.startswith("Networks of tiny that have not learnt their task: sine_generation 1. ")
        and "`networks: [2, 3]` under ensembles: tiny" in line
        for line in lines
    )
    assert any("diverging that have not learnt their task: context_integration 4. " in line for line in lines)

    project.write("low.yaml", {"training": {"sine_generation": {"cost_ceiling": 100.0}}})
    target = files["tiny", "sine_generation", 1]
    arguments = ("--configfile", "tiny.yaml", "low.yaml", "--", target)
    assert project.planned(*arguments) == {"accept_network"}
    run = project.snakemake("--cores", "1", *arguments)
    assert run.returncode == 0, run.stdout
    assert (project.folder / target).read_bytes() == (
        project.folder / target.replace("networks/", "training/")
    ).read_bytes()
