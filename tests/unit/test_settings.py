"""The configuration: what is accepted, what is refused and in which words."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from opdims import names, published, settings
from opdims.settings import ConfigError, check_config, read_schema
from opdims.tasks.catalogue import TASKS

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture
def config() -> dict:
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


def test_the_default_configuration_is_accepted(config):
    check_config(config, SCHEMA)


@pytest.mark.parametrize("name", ["quick", "published", "comparison"])
def test_the_other_configurations_compose_with_the_default(config, name):
    check_config(settings.overlay(config, yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())), SCHEMA)


MISTAKES = {
    "unknown key": ({"rnaks": [1]}, "config: unknown key 'rnaks', did you mean ranks?"),
    "unknown nested key": ({"network": {"unit": 5}}, "network: unknown key 'unit', did you mean units?"),
    "unknown task": (
        {"ensembles": {"paper": {"tasks": ["sine_generator"]}}},
        "ensembles.paper.tasks.0: unknown value 'sine_generator', did you mean sine_generation?",
    ),
    "unknown source": (
        {"ensembles": {"paper": {"source": "trian"}}},
        "ensembles.paper.source: unknown value 'trian', did you mean train?",
    ),
    "unknown ensemble": ({"run": ["papre"]}, "run: unknown ensemble 'papre', did you mean paper?"),
    "unknown setting of an ensemble": (
        {"ensembles": {"paper": {"chunksize": 3}}},
        "ensembles.paper: unknown key 'chunksize', did you mean chunk_size?",
    ),
    "bad ensemble name": ({"ensembles": {"Mine": {}}}, "ensembles: 'Mine' does not match '^[a-z][a-z0-9_]*$'"),
    "an ensemble with the name of a folder": (
        {"ensembles": {"comparison": {"source": "train", "tasks": ["sine_generation"], "networks": 1}}},
        "ensembles: comparison is the folder of what compares ensembles, expected another name",
    ),
    "nothing to run": ({"run": []}, "run: is empty, expected at least one"),
    "run is no list": ({"run": "paper"}, "run: 'paper' is not of type array"),
    "no networks": ({"ensembles": {"paper": {"networks": 0}}}, "ensembles.paper.networks: 0 is too small, expected 1"),
    "network 0": (
        {"ensembles": {"paper": {"networks": [0]}}},
        "ensembles.paper.networks.0: 0 is too small, expected 1",
    ),
    "a network twice": (
        {"ensembles": {"paper": {"networks": [3, 3]}}},
        "ensembles.paper.networks: [3, 3] names something twice",
    ),
    "chunks of nothing": ({"chunk_size": 0}, "chunk_size: 0 is too small, expected 1 or more"),
    "no trials": (
        {"evaluation": {"sine_generation": {"repeats": 0}}},
        "evaluation.sine_generation.repeats: 0 is too sm",
    ),
    "rank beyond N": ({"ranks": [0, 101]}, "ranks: 101 is beyond the 100 units of ensemble paper, expected 0 to 100"),
    "rank beyond a smaller N": ({"network": {"units": 50}}, "ranks: 100 is beyond the 50 units of ensemble paper"),
    "no rank 0": ({"ranks": [1, 100]}, "ranks: 0 (no recurrence of ensemble paper) is missing"),
    "no full rank": ({"ranks": [0, 99]}, "ranks: 100 (the full matrix of ensemble paper) is missing"),
    "a number that YAML reads as a word": ({"dimensions": {"threshold": "1e-8"}}, "write 1.0e-3"),
    "a word that is no device": ({"device": "gpu"}, "device: unknown value 'gpu'"),
    "sampled beyond the trial": (
        {"sampling": {"sine_generation": {"interval": 501}}},
        "sampling.sine_generation.interval: 501 is too large, expected 500 or less",
    ),
    "dt that does not divide a trial": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 3.0}]}}},
        "training.sine_generation.phases.0.dt: unknown value 3.0, expected one of 0.1, 0.2, 0.25, 0.5, 1.0",
    ),
    "dt larger than tau": (
        {"network": {"tau": 2.5}},
        "training.context_integration.phases: dt = 5.0 ms is larger than tau = 2.5 ms, ensemble paper",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_in_one_line(config, mistake):
    change, message = MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        check_config(settings.overlay(config, change), SCHEMA)
    assert message.removeprefix("config: ") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["ensembles", "ranks", "seed"])
def test_a_missing_key_is_named(config, key):
    del config[key]
    with pytest.raises(ConfigError, match=f"key {key} is missing"):
        check_config(config, SCHEMA)


def test_an_ensemble_overrides_settings_key_by_key(config):
    config["ensembles"]["paper"] |= {"chunk_size": 3, "training": {"sine_generation": {"repeats": 2}}}
    merged = settings.ensemble_settings(config, "paper")
    assert merged["chunk_size"] == 3
    assert merged["training"]["sine_generation"]["repeats"] == 2
    assert merged["training"]["sine_generation"]["betas"] == config["training"]["sine_generation"]["betas"]
    assert settings.ensemble_settings(config, "published")["chunk_size"] == config["chunk_size"]


def test_settings_do_not_depend_on_the_order_of_keys(config):
    turned = deepcopy(config)
    turned["training"] = dict(reversed(turned["training"].items()))
    turned["network"] = dict(reversed(turned["network"].items()))
    phases = turned["training"]["sine_generation"]["phases"]
    turned["training"]["sine_generation"]["phases"] = [dict(reversed(phase.items())) for phase in phases]
    assert repr(settings.ensemble_settings(turned, "paper")) == repr(settings.ensemble_settings(config, "paper"))


def test_chunks_hold_every_network_once(config):
    config["ensembles"]["paper"] |= {"networks": [1, 2, 5, 7, 11], "chunk_size": 2}
    assert settings.chunks(config, "paper") == {1: [1, 2], 2: [5, 7], 3: [11]}


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(
        ConfigError, match=r"results/paper: .*/results is no folder, expected one that can be written to"
    ):
        settings.check_writable(str(tmp_path / "results" / "paper"))


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(settings.os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    with pytest.raises(ConfigError, match=rf"results/paper: no permission to write to {tmp_path}"):
        settings.check_writable(str(tmp_path / "results" / "paper"))


def test_checking_a_folder_makes_nothing(tmp_path):
    settings.check_writable(str(tmp_path / "results" / "paper"))
    assert list(tmp_path.iterdir()) == []


def test_names_are_the_same_everywhere():
    assert set(TASKS) == set(names.TASKS) == set(published.FILES) == set(SCHEMA["$defs"]["task"]["enum"])
