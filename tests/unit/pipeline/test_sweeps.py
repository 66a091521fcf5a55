"""Sweeps: a grid in the catalogue becomes ensembles."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from opdims import catalogue
from pipeline import settings
from pipeline.checks import check_config
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError
from pipeline.sweeps import swept_settings

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture
def config() -> dict:
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


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
    training = catalogue.load_task("sine_generation").training
    assert merged["training"]["sine_generation"] == {**training, "learning_rate": 1e-5}
    assert merged["ranks"] == settings.ensemble_settings(expanded, names[0])["ranks"] == [0, 1, 60, 200]
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
    tasks = list(catalogue.names())
    entry = {"source": "train", "tasks": tasks, "networks": 2}
    known = swept_settings(settings.overlay(config, {"ensembles": {"x": entry}}), "x")
    sections = ("network", "training", "sampling", "dimensions", "functions", "fixed_points", "evaluation")
    assert {key.partition(".")[0] for key in known} == {*sections, "seed", "device", "chunk_size", "memory", "ranks"}
    for key, value in known.items():
        if isinstance(value, list):
            continue
        expanded = check_config(with_grid(config, {key: [value]}, tasks=tasks), SCHEMA)
        (point,) = expanded["sweeps"]["s"]
        assert settings.ensemble_settings(expanded, point) == settings.ensemble_settings(
            settings.overlay(config, {"ensembles": {point: entry}}), point
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
    "wrong type": ({"network.units": [50, 60.5]}, {}, ".grid.network.units: 60.5 is not a whole number"),
    "a word": (
        {"network.gain": ["1e-1"]},
        {},
        ".grid.network.gain: '1e-1' is not a number (YAML reads",
    ),
    "out of range": ({"network.units": [1]}, {}, ".grid.network.units: 1 is too small, expected 2 or more"),
    "not among values": ({"device": ["gpu"]}, {}, ".grid.device: unknown value 'gpu'"),
    "no values": ({"network.gain": []}, {}, ".grid.network.gain: is empty, expected at least one"),
    "no list": ({"network.gain": 1.0}, {}, ".grid.network.gain: 1.0 is not a list"),
    "repeated": ({"network.gain": [1, 1.0]}, {}, ".grid.network.gain: 1.0 is given twice"),
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
