"""What a user's mistake gets: one line that names it, exit code 1, and before any job where that can be."""

import hashlib
import http.server
import shutil
import threading
from functools import partial

import h5py
import numpy as np
import pytest
import torch

from opdims import storage

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
        ({"ranks": [13]}, "ranks: 13 is beyond the 12 units of ensemble tiny"),
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
    assert "mine/ctxt_weights.h5: cannot be read as HDF5" in config_error(published(two_published))


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


def test_ranks_beyond_the_units_of_a_published_network(two_published):
    shutil.rmtree(two_published.folder / "mine")
    write_published(two_published.folder / "mine", units=50)
    assert "ranks: 100 is beyond the 50 units of ensemble published" in config_error(published(two_published))


def test_results_that_cannot_be_written(project):
    (project.folder / "results").write_text("a file")
    message = config_error(project.snakemake("--cores", "1", "--configfile", "tiny.yaml"))
    assert "results/tiny: results is no folder, expected one that can be written to" in message


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_network_that_does_not_learn_fails_its_job_and_leaves_only_a_checkpoint(project):
    project.write("high.yaml", {"training": {"sine_generation": {"cost_ceiling": 1.0e-9}}})
    target = "results/tiny/sine_generation/networks/network_1.h5"
    run = project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "high.yaml", "--", target)
    assert run.returncode == 1
    line = next(line for line in run.stdout.splitlines() if line.startswith("train_network_1: "))
    assert "above cost_ceiling 1e-09" in line
    assert "Traceback" in (project.folder / "logs" / "tiny" / "sine_generation" / "train_network_1.log").read_text()
    assert not (project.folder / target).exists()
    assert not (project.folder / "results/tiny/sine_generation/training/network_1.csv").exists()
    assert (project.folder / "results/tiny/sine_generation/training/network_1.checkpoint").exists()
    project.write("high.yaml", {"training": {"sine_generation": {"cost_ceiling": 100.0}}})
    run = project.snakemake("--cores", "1", "--configfile", "tiny.yaml", "high.yaml", "--", target)
    assert run.returncode == 0, run.stdout
    assert (project.folder / target).exists()
    assert not (project.folder / "results/tiny/sine_generation/training/network_1.checkpoint").exists()
