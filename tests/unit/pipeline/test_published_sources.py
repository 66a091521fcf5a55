"""Published files of the user's: which networks they have, and whether these fit, before any job."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from pipeline import settings, sources
from pipeline.checks import check_built, check_config
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
TASK = """
from opdims.task import Trials

name = "echo"
n_inputs, n_outputs = 1, 1
duration = 20.0


def trials(repeats, *, dt, rng):
    inputs = rng.standard_normal((repeats, round(duration / dt), 1))
    return Trials(inputs, inputs)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "echo.py").write_text(TASK)
    settings._load_task.cache_clear()


def configuration(**more):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config |= {"run": ["mine"], "task_files": {"echo": "echo.py"}} | more
    config["ensembles"]["mine"] = {"source": "published", "tasks": ["sine_generation"]}
    return check_config(config, SCHEMA)


def published_file(path, n_inputs=5, n_outputs=1, units=6):
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for number in (1, 2):
            for group in ("init", "final"):
                base = f"NetNr{number}/{group}"
                file[f"{base}/n_Wru_v"] = rng.standard_normal((n_inputs, units))
                file[f"{base}/n_Wrr_n"] = rng.standard_normal((units, units))
                file[f"{base}/m_Wzr_n"] = rng.standard_normal((units, n_outputs))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({}, None),
        ({"n_outputs": 2}, "network 1: tensor output is (2, 6), expected (1, 6) for task context_integration"),
        ({"n_inputs": 4}, "network 1: tensor input is (6, 4), expected (6, 5) for task context_integration"),
    ],
)
def test_published_networks_must_fit_their_task(shape, message):
    published_file("ctxt_weights.h5", **shape)
    entry = {"source": "published", "tasks": ["context_integration"], "networks": 2}
    config = configuration(published_directory=".")
    config["ensembles"]["mine"] = entry
    if message is None:
        return check_built(config)
    with pytest.raises(ConfigError) as caught:
        check_built(config)
    assert str(caught.value) == f"published_directory: ctxt_weights.h5: {message}"


def test_a_task_without_published_networks_is_named():
    config = configuration()
    config["ensembles"]["mine"] = {"source": "published", "tasks": ["echo"], "networks": 1}
    with pytest.raises(ConfigError, match=r"^ensembles\.mine\.tasks: echo has no published networks, expected another"):
        check_built(config)


@pytest.fixture
def published():
    """A configuration of published files of the user's: three networks of one task, two of the other."""
    for name, networks, n_inputs in (("ctxt_weights.h5", 3, 5), ("swg_weights.h5", 2, 1)):
        with h5py.File(name, "w") as file:
            for number in range(1, networks + 1):
                for group in ("init", "final"):
                    file[f"NetNr{number}/{group}/n_Wru_v"] = np.ones((n_inputs, 4))
                    file[f"NetNr{number}/{group}/n_Wrr_n"] = np.eye(4)
                    file[f"NetNr{number}/{group}/m_Wzr_n"] = np.ones((4, 1))
    return configuration(published_directory=".")


def test_all_published_networks_in_a_file_are_taken_unless_the_entry_says_which(published):
    entry = published["ensembles"]["mine"] = {"source": "published", "tasks": ["context_integration"]}
    assert settings.network_numbers(published, "mine") == [1, 2, 3]
    entry["networks"] = [3]
    assert settings.network_numbers(published, "mine") == [3]


def test_published_files_with_other_numbers_need_the_numbers(published):
    tasks = ["context_integration", "sine_generation"]
    entry = published["ensembles"]["mine"] = {"source": "published", "tasks": tasks}
    expected = "ensembles.mine: ctxt_weights.h5 has networks 1 to 3 and swg_weights.h5 has networks 1, 2, expected key "
    with pytest.raises(ConfigError, match=f"^{re.escape(expected)}"):
        settings.network_numbers(published, "mine")
    entry["networks"] = 3
    with pytest.raises(ConfigError, match=r"^ensembles\.mine\.networks: network 3 asked for, but swg_weights.h5 has "):
        sources.check_published(published, "mine")
    entry["networks"] = 2
    sources.check_published(published, "mine")


def test_a_published_file_without_networks_is_named(published):
    h5py.File("ctxt_weights.h5", "w").close()
    published["ensembles"]["mine"] = {"source": "published", "tasks": ["context_integration"]}
    with pytest.raises(ConfigError, match=r"^published_directory: ctxt_weights\.h5 has no networks, expected groups"):
        settings.network_numbers(published, "mine")


def test_downloaded_files_have_as_many_networks_as_the_authors_published():
    config = configuration(published_directory=settings.DEFAULT_PUBLISHED_DIRECTORY)
    config["ensembles"]["mine"] = {"source": "published", "tasks": ["sine_generation"]}
    assert settings.network_numbers(config, "mine") == list(range(1, 21))
