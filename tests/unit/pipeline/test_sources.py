"""The user's own files: found, read and checked before any job, and imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import import_network
from opdims import storage
from opdims.formats import native
from opdims.formats.presets import PRESETS
from pipeline import settings, sources
from pipeline.checks import check_built, check_config
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
N = 4
TASK = """
import numpy as np

from opdims.task import Trials

name = "echo"
n_inputs, n_outputs = 2, 1
duration = 20.0


def trials(repeats, *, dt, rng):
    inputs = rng.standard_normal((repeats, round(duration / dt), 2))
    return Trials(inputs, inputs[:, :, :1])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a task and three networks in nets."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "echo.py").write_text(TASK)
    (tmp_path / "nets").mkdir()
    for number in (1, 2, 10):
        save(f"nets/net_{number}.npz", seed=number)
    return tmp_path


def weights(seed=0, units=N, n_inputs=2, n_outputs=1):
    rng = np.random.default_rng(seed)
    return {
        "recurrent": rng.standard_normal((units, units)),
        "input": rng.standard_normal((units, n_inputs)),
        "output": rng.standard_normal((n_outputs, units)),
        "bias": rng.standard_normal(units),
    }


def save(path, *, without=(), seed=0, units=N, n_inputs=2, n_outputs=1, **more):
    arrays = weights(seed, units, n_inputs, n_outputs) | more
    np.savez(path, **{name: array for name, array in arrays.items() if name not in without})


CONSTANTS = {"dt": 1.0, "tau": 10.0, "noise_std": 0.1}
MINE = {"source": "files", "files": ["nets/*.npz"], "network": CONSTANTS, "tasks": ["echo"]}


def configuration(entry=None, **more):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config |= {"run": ["mine"], "task_files": {"echo": "echo.py"}} | more
    config["ensembles"]["mine"] = MINE | (entry or {})
    if "recordings" in (entry or {}):
        del config["ensembles"]["mine"]["tasks"]
    settings._load_task.cache_clear()
    return check_config(config, SCHEMA)


def error_of(entry=None, **more):
    with pytest.raises(ConfigError) as caught:
        check_built(configuration(entry, **more))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pattern_stands_for_its_files_in_the_order_of_their_numbers(folder):
    config = configuration()
    check_built(config)
    assert settings.network_files(config, "mine") == [f"nets/net_{number}.npz" for number in (1, 2, 10)]
    assert settings.network_numbers(config, "mine") == [1, 2, 3]
    assert settings.chunks(config, "mine") == {1: [1, 2, 3]}
    assert sources.import_file(config, "mine", "echo", 3) == "nets/net_10.npz"


def test_files_keep_the_order_in_which_they_are_named(folder):
    config = configuration({"files": ["nets/net_10.npz", "nets/net_?.npz"]})
    assert settings.network_files(config, "mine") == [f"nets/net_{number}.npz" for number in (10, 1, 2)]


def test_some_of_the_files_can_be_chosen_by_their_places(folder):
    config = configuration({"networks": [1, 3]})
    check_built(config)
    assert settings.network_numbers(config, "mine") == [1, 3]
    assert error_of({"networks": [2, 4]}) == "ensembles.mine.networks: 4 is beyond the 3 files"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder):
    save("nets/net[1].npz")
    assert settings.network_files(configuration({"files": ["nets/net[1].npz"]}), "mine") == ["nets/net[1].npz"]


def own_h5(path, **changes):
    """Write a network file of the project's own."""
    attributes = native.Attributes("other", 7, tau=5.0, dt=0.5, noise_std=0.2, seed=1, source="train", **changes)
    native.write_weights(path, {"initial": weights(1), "final": weights(2)}, attributes)


def imported(config, network=1, task="echo"):
    """Import a network as its job does, and return it."""
    file = sources.import_file(config, "mine", task, network)
    reading = sources.import_reading(config, "mine", task, network)
    assert yaml.safe_load(yaml.safe_dump(reading)) == reading  # plain values
    assert list(reading["constants"]) == sorted(reading["constants"])
    import_network.main(file, "network.h5", task, network, "files", reading)
    return storage.read_network("network.h5")


def test_a_network_of_our_names_is_imported(folder):
    network = imported(configuration({"equation": "rate", "nonlinearity": "relu"}), 2)
    for name, array in weights(2).items():
        np.testing.assert_array_equal(getattr(network.final, name), array)
    assert network.initial is None
    assert network.attributes == native.Attributes("echo", 2, 10.0, 1.0, 0.1, -1, "files", "rate", "relu")
    assert (network.final.equation, network.final.nonlinearity.name) == ("rate", "relu")


def test_our_own_file_says_all_there_is_to_know(folder):
    own_h5("nets/own.h5", nonlinearity="softplus")
    config = configuration({"files": ["nets/own.h5"], "network": {}})
    check_built(config)
    network = imported(config)
    np.testing.assert_array_equal(network.initial.recurrent, weights(1)["recurrent"])
    np.testing.assert_array_equal(network.final.recurrent, weights(2)["recurrent"])
    assert network.attributes == native.Attributes("echo", 1, 5.0, 0.5, 0.2, -1, "files", "current", "softplus")


def test_the_entry_goes_before_the_file(folder):
    own_h5("nets/own.h5")
    network = imported(configuration({"files": ["nets/own.h5"], "network": {"tau": 8.0}, "nonlinearity": "relu"}))
    assert (network.attributes.tau, network.attributes.dt) == (8.0, 0.5)
    assert network.attributes.nonlinearity == "relu"


def test_constants_may_stand_in_an_npz_file(folder):
    save("nets/all.npz", dt=0.5, tau=2, noise_std=0.0)
    attributes = imported(configuration({"files": ["nets/all.npz"], "network": {}})).attributes
    assert (attributes.dt, attributes.tau, attributes.noise_std) == (0.5, 2.0, 0.0)


def test_a_torch_module_is_imported(folder):
    torch.manual_seed(0)
    module = torch.nn.ModuleDict({"rnn": torch.nn.RNN(2, N), "readout": torch.nn.Linear(N, 1)})
    torch.save(module.state_dict(), "nets/module.pt")
    config = configuration({"files": ["nets/*.pt"], "tensors": "nn_rnn", "prefix": "rnn", "network": {}})
    check_built(config)
    network = imported(config)
    state = module.state_dict()
    assert torch.equal(network.final.recurrent.float(), state["rnn.weight_hh_l0"])
    assert torch.equal(network.final.output.float(), state["readout.weight"])
    assert torch.equal(network.final.output_bias.float(), state["readout.bias"])
    assert network.attributes.step == 1.0
    assert network.attributes.noise_std == 0.0


def test_networks_of_a_kind_that_takes_shorter_steps_say_so(folder, monkeypatch):
    monkeypatch.setitem(PRESETS, "nn_rnn", PRESETS["nn_rnn"]._replace(step=0.25))
    torch.save(torch.nn.ModuleDict({"rnn": torch.nn.RNN(2, N)}).state_dict(), "nets/module.pt")
    config = configuration({"files": ["nets/*.pt"], "tensors": "nn_rnn", "prefix": "rnn", "network": {}})
    network = imported(config)
    assert (network.attributes.dt, network.attributes.tau, network.attributes.step) == (1.0, 4.0, 0.25)


def test_tensors_are_mapped(folder):
    arrays = weights()
    np.savez("nets/named.npz", W=arrays["recurrent"], B=arrays["input"].T, b1=arrays["bias"], b2=arrays["bias"])
    tensors = {"recurrent": "W", "input": {"tensor": "B", "transposed": True}, "bias": ["b1", "b2"]}
    config = configuration({"files": ["nets/named.npz"], "tensors": tensors})
    check_built(config)
    network = imported(config)
    np.testing.assert_array_equal(network.final.input, arrays["input"])
    np.testing.assert_array_equal(network.final.bias, 2 * arrays["bias"])
    assert network.final.output.shape == (0, N)


def test_the_start_of_a_network_in_rate_form_is_its_rates(folder):
    start = np.arange(N) / N
    save("nets/start.npz", initial_state=start)
    network = imported(configuration({"files": ["nets/start.npz"], "equation": "rate"})).final
    np.testing.assert_array_equal(network.initial_rates, start)
    assert network.initial_state is None
    network = imported(configuration({"files": ["nets/start.npz"]})).final
    np.testing.assert_array_equal(network.initial_state, start)


FILES_MISTAKES = {
    "a pattern without a match": ({"files": ["nets/*.pt"]}, "ensembles.mine.files: no file matches nets/*.pt, from "),
    "a file that is not there": ({"files": ["nets/a.npz"]}, "ensembles.mine.files: nets/a.npz: no such file"),
    "a file of no known kind": ({"files": ["echo.py"]}, "ensembles.mine.files: echo.py: has suffix .py, expected .npz"),
    "a file twice": (
        {"files": ["nets/net_1.npz", "nets/net_*.npz"]},
        "ensembles.mine.files: nets/net_1.npz comes up twice, expected each file once",
    ),
    "an unknown preset": ({"tensors": "nn_rn"}, "nets/net_1.npz: tensors has the unknown preset 'nn_rn', did you mean"),
    "an unknown tensor": ({"tensors": {"weights": "W"}}, "tensors has the unknown key 'weights', expected one of"),
    "a tensor that is not there": (
        {"tensors": {"recurrent": "recurent"}},
        "ensembles.mine.files: nets/net_1.npz: tensor recurent is missing; the nearest names there: recurrent",
    ),
    "constants that nobody says": (
        {"network": {"dt": 1.0}},
        "ensembles.mine.files: nets/net_1.npz: does not say tau, noise_std, expected under network: of the ensemble's",
    ),
    "dt larger than tau": (
        {"network": CONSTANTS | {"tau": 0.5}},
        "network.dt: dt = 1.0 ms is larger than tau = 0.5 ms, ensemble mine",
    ),
    "dt that does not divide a trial": (
        {"network": CONSTANTS | {"dt": 3.0}},
        "network.dt: dt = 3.0 ms does not divide 20.0 ms, ensemble mine",
    ),
    "an interval longer than a trial": (
        {"sampling": {"echo": {"interval": 21}}},
        "sampling.echo.interval: 21 is too large, expected 20 or less, ensemble mine",
    ),
    "a prefix without a match": (
        {"tensors": "nn_rnn", "prefix": "rnn"},
        "tensor rnn.weight_hh_l0 is missing; the names",
    ),
}


@pytest.mark.parametrize("mistake", FILES_MISTAKES)
def test_a_mistake_in_the_entry_is_named_in_one_line(folder, mistake):
    entry, message = FILES_MISTAKES[mistake]
    assert message in error_of(entry)


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ('"often"', "task_files.echo: echo.py: sampling.interval: 'often' is not a number or null"),
        ("-2", "task_files.echo: echo.py: sampling.interval: -2 is too small, expected more than 0"),
        ("1.5", "sampling.echo.interval: 1.5 is not a multiple of dt = 1 ms, ensemble mine"),
    ],
)
def test_an_interval_in_the_file_of_a_task_is_checked(folder, interval, message):
    (folder / "echo.py").write_text(f"{TASK}\nsampling = {{'interval': {interval}}}\n")
    assert error_of() == message


NETWORK_MISTAKES = {
    "another N": ({"units": 5}, "nets/net_2.npz: tensor recurrent is (5, 5), expected (4, 4) as in nets/net_1.npz"),
    "other inputs": ({"n_inputs": 3}, "nets/net_2.npz: tensor input is (4, 3), expected (4, 2) for task echo"),
    "no inputs": ({"without": ["input"]}, "nets/net_2.npz: tensor input is missing, expected (4, 2) for task echo"),
    "two outputs": ({"n_outputs": 2}, "nets/net_2.npz: tensor output is (2, 4), expected (1, 4) for task echo"),
    "no recurrent weights": ({"without": ["recurrent"]}, "nets/net_2.npz: tensor recurrent is missing"),
    "a bias of another length": ({"bias": np.ones(3)}, "nets/net_2.npz: bias (bias) is (3,), expected (4,)"),
    "not finite": ({"bias": np.full(N, np.nan)}, "nets/net_2.npz: tensor bias holds values that are not finite"),
    "another nonlinearity": (
        {"nonlinearity": np.array("relu")},
        "nets/net_2.npz: nonlinearity is relu, expected tanh as in nets/net_1.npz",
    ),
    "an unknown nonlinearity": (
        {"nonlinearity": np.array("gelu")},
        "nets/net_2.npz: nonlinearity 'gelu' is unknown, expected one of tanh, relu, softplus, sigmoid",
    ),
    "an unknown equation": (
        {"equation": np.array("rates")},
        "nets/net_2.npz: equation 'rates' is unknown, expected one of current, rate",
    ),
}


@pytest.mark.parametrize("mistake", NETWORK_MISTAKES)
def test_a_network_that_does_not_fit_is_named_in_one_line(folder, mistake):
    changes, message = NETWORK_MISTAKES[mistake]
    save("nets/net_2.npz", **changes)
    assert error_of().startswith("ensembles.mine.files: ")
    assert message in error_of()


def test_two_starts_in_rate_form_are_one_too_many(folder):
    save("nets/net_2.npz", initial_state=np.ones(N), initial_rates=np.ones(N))
    assert "has initial_state and initial_rates, expected one of them in rate form" in error_of({"equation": "rate"})


def test_a_network_without_a_readout_is_accepted(folder):
    save("nets/net_2.npz", without=["output"])
    check_built(configuration())


@pytest.mark.parametrize(("constants", "named"), [({"dt": -1}, "'dt': -1"), ({"noise_std": -0.1}, "'noise_std': -0.1")])
def test_constants_in_a_file_are_checked(folder, constants, named):
    save("nets/all.npz", **{"dt": 1, "tau": 2, "noise_std": 0.0} | constants)
    assert named in error_of({"files": ["nets/all.npz"], "network": {}})


def record(path="trials.npz", **arrays):
    rng = np.random.default_rng(0)
    np.savez(path, **{"inputs": rng.standard_normal((3, 20, 2)), "targets": rng.standard_normal((3, 20, 1))} | arrays)


def test_recordings_take_the_place_of_tasks(folder):
    record(states=np.zeros((3, 20, N)))
    config = configuration({"recordings": "trials.npz"})
    check_built(config)
    assert settings.ensemble_tasks(config, "mine") == ["recorded"]
    assert list(settings.ensemble_settings(config, "mine")["sampling"]) == ["recorded"]
    assert imported(config, task="recorded").attributes.task == "recorded"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"targets": np.zeros((3, 19, 1))},
            "ensembles.mine.recordings: trials.npz: array targets is (3, 19, 1), expect",
        ),
        ({"weights": np.ones(19)}, "ensembles.mine.recordings: trials.npz: array weights is (19,), expected (20,)"),
        ({"inputs": np.zeros((3, 20, 3))}, "nets/net_1.npz: tensor input is (4, 2), expected (4, 3) for task recorded"),
        (
            {"targets": np.zeros((3, 20, 2))},
            "nets/net_1.npz: tensor output is (1, 4), expected (2, 4) for task recorded",
        ),
        (
            {"states": np.zeros((3, 20, 5))},
            "ensembles.mine: states of task recorded are of 5 units, the networks have 4",
        ),
        ({"output": np.zeros(3)}, "ensembles.mine.recordings: trials.npz: unknown array 'output', expected inputs"),
    ],
)
def test_recordings_that_do_not_fit_are_named_in_one_line(folder, arrays, message):
    record(**arrays)
    assert message in error_of({"recordings": "trials.npz"})


def test_recordings_without_targets_fit_any_readout(folder):
    np.savez("trials.npz", inputs=np.zeros((3, 20, 2)))
    check_built(configuration({"recordings": "trials.npz"}))


@pytest.mark.parametrize(("kind", "loaded"), [("npz", False), ("pt", True)])
def test_torch_is_loaded_only_for_its_own_files(folder, kind, loaded):
    torch.save({name: torch.tensor(array) for name, array in weights().items()}, "nets/net.pt")
    (folder / "config.json").write_text(json.dumps(configuration({"files": [f"nets/*.{kind}"]})))
    code = (
        "import json, sys; from pipeline import checks; "
        "checks.check_built(json.load(open('config.json'))); print('torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(loaded)
