"""The configuration: what is accepted, what is refused and in which words."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from opdims import names, published
from opdims.tasks.catalogue import TASKS
from pipeline import settings
from pipeline.settings import ConfigError, check_config, read_schema

ROOT = Path(__file__).parents[3]
SCHEMA = read_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture
def config() -> dict:
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


def test_the_default_configuration_is_accepted(config):
    check_config(config, SCHEMA)


@pytest.mark.parametrize("name", ["quick", "published", "comparison", "sweep"])
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
    "trials that end before they are scored": (
        {"training": {"context_integration": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 650}]}}},
        "training.context_integration.phases.0.duration: 650 is too small, expected 700 or more",
    ),
    "trials longer than those of the task": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 550.0}]}}},
        "training.sine_generation.phases.0.duration: 550.0 is too large, expected 500 or less",
    ),
    "trials that a dt may not divide": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 101}]}}},
        "training.sine_generation.phases.0.duration: 101 is no multiple of 50",
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


def with_grid(config, grid, **entry):
    """Return the configuration with the sweep `s` of that grid in its catalogue and to be built."""
    entry = {"source": "train", "tasks": ["sine_generation"], "networks": 2, "grid": grid} | entry
    return config | {"run": ["s"], "ensembles": {**config["ensembles"], "s": entry}}


def test_a_grid_is_an_ensemble_for_each_point(config):
    config = with_grid(
        config,
        {"network.gain": [0.5, 1], "network.units": [50, 200], "training.sine_generation.learning_rate": [1e-5]},
        network={"noise_std": 0.3, "units": 7},
        ranks=[0, 1, 60, 200],
    )
    before = deepcopy(config)
    expanded = check_config(config, SCHEMA)
    assert config == before
    names = [f"s_units_{units}_gain_{gain}_learning_rate_1em05" for units in (50, 200) for gain in ("0p5", "1")]
    assert list(expanded["sweeps"]["s"]) == names
    assert list(expanded["sweeps"]["s"][names[2]].items()) == [
        ("network.units", 200),
        ("network.gain", 0.5),
        ("training.sine_generation.learning_rate", 1e-5),
    ]
    assert set(expanded["ensembles"]) == {"paper", "published", *names}
    assert expanded["run"] == []
    assert settings.built_ensembles(expanded) == names
    merged = settings.ensemble_settings(expanded, names[2])
    assert merged["network"] == {**config["network"], "noise_std": 0.3, "units": 200, "gain": 0.5}
    training = config["training"]["sine_generation"]
    assert merged["training"]["sine_generation"] == {**training, "learning_rate": 1e-5}
    assert merged["ranks"] == [0, 1, 60, 200]
    assert settings.ensemble_settings(expanded, names[0])["ranks"] == [0, 1, 50]  # those beyond N left out, N added
    assert {"grid", "sweeps", "run_sweeps", "run"}.isdisjoint(merged)


def test_points_do_not_depend_on_the_order_of_the_grid(config):
    grid = {"network.units": [50, 100], "network.gain": [0.5, 1.0]}
    one, other = (check_config(with_grid(config, g), SCHEMA) for g in (grid, dict(reversed(grid.items()))))
    assert list(one["ensembles"].items()) == list(other["ensembles"].items())
    assert repr(one["sweeps"]) == repr(other["sweeps"])


def test_names_of_points_tell_keys_apart_that_end_alike(config):
    keys = ["evaluation.sine_generation.repeats", "training.sine_generation.repeats", "network.tau"]
    points = check_config(with_grid(config, {key: [10] for key in keys}), SCHEMA)["sweeps"]["s"]
    assert list(points) == ["s_tau_10_training_sine_generation_repeats_10_evaluation_sine_generation_repeats_10"]


def test_every_scalar_setting_can_be_swept(config):
    for key, value in settings._leaves(config).items():
        if key.split(".")[0] in (*settings.NOT_SETTINGS, *settings.NOT_SWEPT) or isinstance(value, list):
            continue
        tasks = list(names.TASKS)
        expanded = check_config(with_grid(config, {key: [value]}, tasks=tasks), SCHEMA)
        (point,) = expanded["sweeps"]["s"]
        assert settings.ensemble_settings(expanded, point) == settings.ensemble_settings(
            settings.overlay(config, {"ensembles": {point: {"source": "train", "tasks": tasks, "networks": 2}}}), point
        ), key


def test_a_sweep_runs_beside_ensembles_and_a_point_alone(config):
    config = with_grid(config, {"network.gain": [0.5, 1.5]})
    expanded = check_config(config | {"run": ["paper", "s", "s_gain_0p5"]}, SCHEMA)
    assert (expanded["run"], expanded["run_sweeps"]) == (["paper", "s_gain_0p5"], ["s"])
    assert settings.built_ensembles(expanded) == ["paper", "s_gain_0p5", "s_gain_1p5"]


def test_ensembles_without_a_grid_are_as_they_were(config):
    expanded = check_config(config, SCHEMA)
    assert {key: expanded[key] for key in config} == config
    assert (expanded["sweeps"], expanded["run_sweeps"]) == ({}, [])


GRID_MISTAKES = {
    "unknown setting": ({"network.unit": [5]}, {}, ".grid: unknown setting 'network.unit', did you mean"),
    "last part of a setting": (
        {"gain": [5]},
        {},
        ".grid: unknown setting 'gain', expected one of network.g",
    ),
    "what is no setting": (
        {"networks": [5]},
        {},
        ".grid: unknown setting 'networks', did you mean network.",
    ),
    "a group of settings": ({"network": [{"gain": 1.0}]}, {}, ".grid: unknown setting 'network'"),
    "a list": (
        {"ranks": [[0, 100]]},
        {},
        ".grid.ranks: is a list in each ensemble, expected a setting with",
    ),
    "wrong type": ({"network.units": [50, 60.5]}, {}, ".grid.network.units: 60.5 is not of type integer"),
    "a word": (
        {"network.gain": ["1e-1"]},
        {},
        ".grid.network.gain: '1e-1' is not of type number (YAML reads",
    ),
    "out of range": ({"network.units": [1]}, {}, ".grid.network.units: 1 is too small, expected 2 or more"),
    "not among values": ({"device": ["gpu"]}, {}, ".grid.device: unknown value 'gpu'"),
    "no values": ({"network.gain": []}, {}, ".grid.network.gain: is empty, expected at least one"),
    "no list": ({"network.gain": 1.0}, {}, ".grid.network.gain: 1.0 is not of type array"),
    "repeated": ({"network.gain": [1, 1.0]}, {}, ".grid.network.gain: [1, 1.0] names something twice"),
    "empty grid": ({}, {}, ".grid: is empty, expected at least one"),
    "published": (
        {"network.gain": [1]},
        {"source": "published"},
        ".grid: networks of source published cannot",
    ),
    "another task": (
        {"training.context_integration.repeats": [1]},
        {},
        ".grid.training.context_integration.repeats: context_integration is not among the tasks of the sweep",
    ),
    "no rank 0": (
        {"network.units": [50]},
        {"ranks": [1, 50]},
        "ranks: 0 (no recurrence of ensemble s_units_50)",
    ),
}


@pytest.mark.parametrize("mistake", GRID_MISTAKES)
def test_a_mistake_in_a_grid_is_named_in_one_line(config, mistake):
    grid, entry, message = GRID_MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        check_config(with_grid(config, grid, **entry), SCHEMA)
    assert str(caught.value).removeprefix("ensembles.s").startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("grid", [{}, {"grid": {"seed": [1]}}])  # a plain ensemble, and a sweep
@pytest.mark.parametrize("first", [True, False])
def test_points_with_the_name_of_another_ensemble_do_not_merge(config, grid, first):
    other = {"s_units_50": {"source": "train", "tasks": ["sine_generation"], "networks": 2} | grid}
    config = with_grid(config, {"network.units": [50]})
    config["ensembles"] = {**other, **config["ensembles"]} if first else {**config["ensembles"], **other}
    with pytest.raises(ConfigError, match=r"ensembles\.s\.grid: a point has the name of another ensemble, s_units_50$"):
        check_config(config, SCHEMA)


def test_points_of_two_sweeps_do_not_merge(config):
    config = with_grid(config, {"network.gain": [1], "network.noise_std": [0.1]})
    config["ensembles"]["s_gain_1"] = {**config["ensembles"]["s"], "grid": {"network.noise_std": [0.1]}}
    with pytest.raises(ConfigError, match=r"a point has the name of another ensemble, s_gain_1_noise_std_0p1$"):
        check_config(config, SCHEMA)


@pytest.mark.parametrize(("name", "message"), [("claims", "claims is a file in"), ("comparison", "is the folder of")])
def test_a_sweep_with_the_name_of_a_result_is_refused(config, name, message):
    config = with_grid(config, {"network.gain": [1.0]})
    config["ensembles"][name] = config["ensembles"].pop("s")
    with pytest.raises(ConfigError, match=f"ensembles: .*{message}.*expected another name"):
        check_config(config | {"run": [name]}, SCHEMA)


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
