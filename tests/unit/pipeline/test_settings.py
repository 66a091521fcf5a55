"""The configuration: what is accepted, what is refused and in which words."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from opdims import catalogue, names
from pipeline import checks, settings
from pipeline.checks import check_built, check_config
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")


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
    "bad ensemble name": ({"ensembles": {"Mine": {}}}, "ensembles: 'Mine' is not a name of lower-case letters"),
    "an ensemble with the name of a folder": (
        {"ensembles": {"comparison": {"source": "train", "tasks": ["sine_generation"], "networks": 1}}},
        "ensembles: comparison is the folder of what compares ensembles, expected another name",
    ),
    "nothing to run": ({"run": []}, "run: is empty, expected at least one"),
    "run is no list": ({"run": "paper"}, "run: 'paper' is not a list, write [paper]"),
    "no networks": ({"ensembles": {"paper": {"networks": 0}}}, "ensembles.paper.networks: 0 is too small, expected 1"),
    "network 0": (
        {"ensembles": {"paper": {"networks": [0]}}},
        "ensembles.paper.networks.0: 0 is too small, expected 1",
    ),
    "a network twice": (
        {"ensembles": {"paper": {"networks": [3, 3]}}},
        "ensembles.paper.networks: 3 is given twice",
    ),
    "chunks of nothing": ({"chunk_size": 0}, "chunk_size: 0 is too small, expected 1 or more"),
    "no trials": (
        {"evaluation": {"sine_generation": {"repeats": 0}}},
        "evaluation.sine_generation.repeats: 0 is too sm",
    ),
    "a number that YAML reads as a word": ({"dimensions": {"threshold": "1e-8"}}, "write 1.0e-8"),
    "a word that is no device": ({"device": "gpu"}, "device: unknown value 'gpu'"),
    "sampled beyond the trial": (
        {"sampling": {"sine_generation": {"interval": 501}}},
        "sampling.sine_generation.interval: 501 is too large, expected 500 or less, ensemble paper",
    ),
    "sampled at no time at all": (
        {"sampling": {"sine_generation": {"interval": 0}}},
        "sampling.sine_generation.interval: 0 is too small, expected",
    ),
    "sampled between steps": (
        {"sampling": {"sine_generation": {"interval": 12}}, "network": {"dt": 5.0}},
        "sampling.sine_generation.interval: 12 is not a multiple of dt = 5 ms, ensemble paper",
    ),
    "sampled more often than steps": (
        {"sampling": {"context_integration": {"interval": 0.5}}},
        "sampling.context_integration.interval: 0.5 is not a multiple of dt = 1 ms, ensemble paper",
    ),
    "dt that does not divide a trial": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 3.0}]}}},
        "training.sine_generation.phases: dt = 3.0 ms does not divide 500.0 ms, ensemble paper",
    ),
    "dt that does not divide a part of a trial": (
        {"network": {"dt": 4.0}},
        "network.dt: dt = 4.0 ms does not divide 650.0 ms, ensemble paper",
    ),
    "no dt": ({"network": {"dt": 0.0}}, "network.dt: 0.0 is too small, expected more than 0"),
    "trials that end before they are scored": (
        {"training": {"context_integration": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 650}]}}},
        "training.context_integration.phases.0.duration: 650 is too small, expected a trial of which some steps are sc",
    ),
    "trials longer than those of the task": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 550.0}]}}},
        "training.sine_generation.phases.0.duration: 550.0 is too large, expected 500 or less",
    ),
    "trials that a dt may not divide": (
        {"training": {"sine_generation": {"phases": [{"iterations": 1, "dt": 5.0, "duration": 101}]}}},
        "training.sine_generation.phases.0.duration: 101 is not a multiple of dt = 5.0",
    ),
    "dt larger than tau": (
        {"network": {"tau": 2.5}},
        "training.context_integration.phases: dt = 5.0 ms is larger than tau = 2.5 ms, ensemble paper",
    ),
    "dt of the networks larger than tau": (
        {"network": {"tau": 0.5}},
        "network.dt: dt = 1.0 ms is larger than tau = 0.5 ms, ensemble paper",
    ),
    "settings of an unknown task": (
        {"sampling": {"sine": {"repeats": 1}}},
        "sampling: unknown task 'sine', expected one of context_integration, sine_generation, recorded",
    ),
    "settings of a task that the ensemble has not": (
        {"ensembles": {"paper": {"tasks": ["sine_generation"], "training": {"context_integration": {}}}}},
        "ensembles.paper.training: unknown task 'context_integration', expected one of sine_generation",
    ),
    "an unknown setting of a task": (
        {"training": {"sine_generation": {"rate": 1.0}}},
        "training.sine_generation: unknown key 'rate'",
    ),
    "no published networks of an unknown task": (
        {"published_files": {"sine": {}}},
        "published_files: unknown task 'sine', expected one of context_integration, sine_generation",
    ),
    "an unknown nonlinearity": (
        {"network": {"nonlinearity": "relo"}},
        "network.nonlinearity: unknown value 'relo', did",
    ),
    "a bias that is a number": ({"network": {"bias": 1}}, "network.bias: 1 is not true or false"),
    "a task file that is no path": ({"task_files": {"mine": 3}}, "task_files.mine: 3 is not text, write it in quotes"),
    "a bad name of a task": ({"task_files": {"My-task": "my.py"}}, "task_files: 'My-task' is not a name of lower-case"),
    "a task with the name of a folder": (
        {"task_files": {"tables": "my.py"}},
        "task_files: tables has another meaning in the results, expected another name",
    ),
    "a task file that is not there": (
        {"task_files": {"mine": "my.py"}},
        "task_files.mine: my.py: no such file, expected",
    ),
    "a task with the name of one of ours": (
        {"task_files": {"sine_generation": str(Path(__file__))}},
        "sine_generation is a task of the project, expected another name",
    ),
    "no tasks": ({"ensembles": {"x": {"source": "train", "networks": 1}}}, "ensembles.x: key tasks is missing"),
    "no networks at all": (
        {"ensembles": {"x": {"source": "train", "tasks": ["sine_generation"]}}},
        "ensembles.x: key networks is missing",
    ),
    "files of networks that are trained": (
        {"ensembles": {"paper": {"files": ["a.pt"]}}},
        "ensembles.paper: key files is for networks in your files, expected source files",
    ),
    "recordings of networks that are trained": (
        {"ensembles": {"paper": {"recordings": "a.npz"}}},
        "ensembles.paper: key recordings is for networks in your files, expected source files",
    ),
    "no files": ({"ensembles": {"x": {"source": "files"}}}, "ensembles.x: key files is missing"),
    "an empty list of files": ({"ensembles": {"x": {"source": "files", "files": []}}}, "ensembles.x.files: is empty"),
    "files that are no list": (
        {"ensembles": {"x": {"source": "files", "files": "a.pt"}}},
        "ensembles.x.files: 'a.pt' is not a list",
    ),
    "neither tasks nor recordings": (
        {"ensembles": {"x": {"source": "files", "files": ["a.pt"]}}},
        "ensembles.x: tasks and recordings are both missing, expected one of them",
    ),
    "tasks and recordings": (
        {"ensembles": {"x": {"source": "files", "files": ["a"], "tasks": ["sine_generation"], "recordings": "b"}}},
        "ensembles.x: tasks and recordings are both there, expected one of them",
    ),
    "an unknown equation": (
        {"ensembles": {"x": {"source": "files", "files": ["a"], "recordings": "b", "equation": "rates"}}},
        "ensembles.x.equation: unknown value 'rates', did you mean rate?",
    ),
    "an unknown nonlinearity of files": (
        {"ensembles": {"x": {"source": "files", "files": ["a"], "recordings": "b", "nonlinearity": "tan"}}},
        "ensembles.x.nonlinearity: unknown value 'tan', did you mean tanh?",
    ),
    "tensors that are a list": (
        {"ensembles": {"x": {"source": "files", "files": ["a"], "recordings": "b", "tensors": ["W"]}}},
        "ensembles.x.tensors: ['W'] is not text or a mapping",
    ),
    "units of networks in files": (
        {"ensembles": {"x": {"source": "files", "files": ["a"], "recordings": "b", "network": {"units": 3}}}},
        "ensembles.x.network: units is for networks that are trained here, expected dt, tau, noise_std",
    ),
}


def check(config):
    check_built(check_config(config, SCHEMA))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_in_one_line(config, mistake):
    change, message = MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        check(settings.overlay(config, change))
    assert message.removeprefix("config: ") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ranks", [[0, 101], [1, 100], [0, 99], [5]])
def test_ranks_need_not_be_those_of_the_networks(config, ranks):
    check(config | {"ranks": ranks})


@pytest.mark.parametrize(("dt", "tau"), [(1.25, 7.5), (10.0, 10.0), (0.05, 3)])
def test_any_time_step_that_divides_the_trials_will_do(config, dt, tau):
    config |= {"run": ["mine"], "memory": 5000}
    phases = [{"iterations": 1, "dt": None}, {"iterations": 1}]
    config["ensembles"]["mine"] = {
        "source": "train",
        "tasks": ["sine_generation"],
        "networks": 1,
        "network": {"dt": dt, "tau": tau},
        "training": {"sine_generation": {"phases": phases}},
    }
    check(config)


@pytest.mark.parametrize("key", ["ensembles", "ranks", "seed"])
def test_a_missing_key_is_named(config, key):
    del config[key]
    with pytest.raises(ConfigError, match=f"key {key} is missing"):
        check_config(config, SCHEMA)


def test_an_ensemble_overrides_settings_key_by_key(config):
    config["training"] = {"sine_generation": {"repeats": 7, "averaging": 3}}
    config["ensembles"]["paper"] |= {"chunk_size": 3, "training": {"sine_generation": {"repeats": 2}}}
    merged = settings.ensemble_settings(config, "paper")
    recipe = catalogue.load_task("sine_generation").training
    assert merged["chunk_size"] == 3
    assert merged["training"]["sine_generation"] == {**recipe, "repeats": 2, "averaging": 3}
    assert merged["training"]["context_integration"] == catalogue.load_task("context_integration").training
    published = settings.ensemble_settings(config, "published")
    assert published["chunk_size"] == config["chunk_size"]
    assert published["training"]["sine_generation"]["repeats"] == 7


def test_settings_by_task_are_those_of_the_ensembles_tasks(config):
    config["ensembles"]["paper"]["tasks"] = ["sine_generation"]
    config["sampling"] = {"context_integration": {"repeats": 1}}
    merged = settings.ensemble_settings(config, "paper")
    for section in ("training", "sampling", "evaluation"):
        assert list(merged[section]) == ["sine_generation"]
    assert merged["sampling"]["sine_generation"] == {"interval": 50, "repeats": 10}


def test_settings_do_not_depend_on_the_order_of_keys(config):
    config["training"] = {"sine_generation": {"phases": [{"iterations": 1, "dt": 5.0}], "repeats": 3}}
    turned = deepcopy(config)
    turned["network"] = dict(reversed(turned["network"].items()))
    training = dict(reversed(turned["training"]["sine_generation"].items()))
    training["phases"] = [dict(reversed(phase.items())) for phase in training["phases"]]
    turned["training"] = {"sine_generation": training}
    turned["ensembles"]["paper"]["tasks"] = turned["ensembles"]["paper"]["tasks"][::-1]
    merged, other = (settings.ensemble_settings(each, "paper") for each in (config, turned))
    assert repr(merged | {"tasks": 0}) == repr(other | {"tasks": 0})
    assert list(merged["training"]["sine_generation"]) == sorted(merged["training"]["sine_generation"])


def test_published_files_are_where_the_tasks_say_unless_the_configuration_knows_better(config):
    published = {name: catalogue.load_task(name).published for name in catalogue.names()}
    assert settings.published_entries(config) == {each["file"]: each for each in published.values()}
    config["published_files"] = {"sine_generation": {"url": "http://127.0.0.1/x"}}
    other = published["sine_generation"] | {"url": "http://127.0.0.1/x"}
    assert settings.published_entries(config)[other["file"]] == other


def test_labels_say_in_plain_values_what_a_task_is_made_of(config):
    labels = settings.labels(config, "paper")
    assert list(labels) == ["context_integration", "sine_generation"]
    assert set(labels["sine_generation"]) == {"label", "labels", "groups", "examples", "frequencies", "constant_inputs"}
    assert labels["sine_generation"]["groups"]["band"]["slow"][:2] == ["frequency_1", "frequency_6"]
    assert yaml.safe_load(yaml.safe_dump(labels, sort_keys=False)) == labels


def test_figures_of_functions_are_those_of_tasks_with_functions_to_compare(config, tmp_path):
    assert settings.function_figures(config, "paper") == {
        "figure_4": "context_integration",
        "figure_5": "sine_generation",
    }
    config["task_files"] = {name: write_task(tmp_path, name) for name in ("plain", "grouped")}
    with open(config["task_files"]["grouped"], "a") as file:
        file.write("groups = {'side': ('left', 'right')}\n")
    with open(config["task_files"]["plain"], "a") as file:
        file.write("groups = {'side': ('left',)}\n")
    config["ensembles"]["paper"]["tasks"] = ["plain", "grouped"]
    assert settings.function_figures(config, "paper") == {"functions_grouped": "grouped"}


def write_task(folder, name, **more):
    """Write the file of a small task and return its path."""
    (folder / f"{name}.py").write_text(
        f"import numpy as np\n\nfrom opdims.task import Trials\n\n"
        f"name = {name!r}\nn_inputs, n_outputs = 2, 1\nduration = 20.0\nconditions = ('left', 'right')\n"
        f"sampling = {{'repeats': 4}}\n\n\n"
        f"def trials(repeats, *, dt, rng):\n"
        f"    inputs = rng.standard_normal((2 * repeats, round(duration / dt), 2))\n"
        f"    return Trials(inputs, inputs[:, :, :1], condition=np.arange(2).repeat(repeats))\n"
        + "".join(f"{key} = {value!r}\n" for key, value in more.items())
    )
    return str(folder / f"{name}.py")


def test_a_users_task_has_settings_like_any_other(config, tmp_path):
    config["task_files"] = {"echo": write_task(tmp_path, "echo")}
    config["ensembles"]["paper"] |= {"tasks": ["echo"], "sampling": {"echo": {"interval": 3}}}
    check(config)
    merged = settings.ensemble_settings(config, "paper")
    assert merged["sampling"] == {"echo": {"interval": 3, "repeats": 4}}
    assert merged["evaluation"] == {"echo": {"repeats": 5}}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("1 / 0", "task_files.echo: {file}: raised ZeroDivisionError: division by zero"),
        ("del name", "task_files.echo: {file}: name is missing, expected name, n_inputs, n_outputs, duration, trials"),
        ("name = 'ekko'", "task_files.echo: {file}: name is 'ekko', expected 'echo', as task_files says"),
        (
            "n_inputs = 3",
            "task_files.echo: task echo: inputs of its trials are (2, 20, 2), expected (trials, 20, 3), ensemble",
        ),
        ("def trials(repeats, *, dt, rng):\n    raise KeyError('x')", "task echo: drawing trials raised KeyError: 'x'"),
        (
            "functions_figure = 'figure_3'\ngroups = {'a': ('left', 'right')}",
            "functions_figure 'figure_3', which is a f",
        ),
        (
            "functions_figure = 'figure_5'\ngroups = {'a': ('left', 'right')}",
            "is a figure of sine_generation, expected",
        ),
    ],
)
def test_a_mistake_in_a_users_task_is_named_in_one_line(config, tmp_path, more, message):
    file = write_task(tmp_path, "echo")
    with open(file, "a") as task:
        task.write(more + "\n")
    config["task_files"] = {"echo": file}
    config["ensembles"]["paper"]["tasks"] = ["sine_generation", "echo"]
    with pytest.raises(ConfigError) as caught:
        check(config)
    assert message.format(file=file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_chunks_hold_every_network_once(config):
    config["ensembles"]["paper"] |= {"networks": [1, 2, 5, 7, 11], "chunk_size": 2}
    assert settings.chunks(config, "paper") == {1: [1, 2], 2: [5, 7], 3: [11]}


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(
        ConfigError, match=r"results/paper: .*/results is not a directory, expected one that can be written to"
    ):
        checks.check_writable(str(tmp_path / "results" / "paper"))


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(checks.os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    with pytest.raises(ConfigError, match=rf"results/paper: no permission to write to {tmp_path}"):
        checks.check_writable(str(tmp_path / "results" / "paper"))


def test_checking_a_folder_makes_nothing(tmp_path):
    checks.check_writable(str(tmp_path / "results" / "paper"))
    assert list(tmp_path.iterdir()) == []


def test_names_are_the_same_everywhere():
    assert tuple(SCHEMA["$defs"]["nonlinearity"]["enum"]) == names.NONLINEARITIES
    assert tuple(SCHEMA["$defs"]["ensemble"]["properties"]["equation"]["enum"]) == names.EQUATIONS


@pytest.mark.parametrize("folder", ["rules", "schemas", "report", "scripts/pipeline"])
def test_no_task_is_named_outside_its_file(folder):
    for path in (ROOT / "workflow" / folder).iterdir():
        if path.suffix in (".smk", ".yaml", ".py", ".rst"):
            assert not [name for name in catalogue.names() if name in path.read_text(encoding="utf-8")], path
