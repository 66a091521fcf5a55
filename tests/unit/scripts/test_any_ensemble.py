"""Networks of several kinds in one chunk, recorded trials instead of a task, and what cannot be done."""

import numpy as np
import pandas as pd
import pytest
import torch
from any_networks import RELU, Kind, Plain, matrix_of, table
from stages import PERFORMANCE, STAGES, described, run_all, run_stage

import sample_states
import train_network
from opdims.storage import read_network, write_network
from pipeline import datasets

pytestmark = pytest.mark.slow


def test_networks_of_a_chunk_may_be_of_several_kinds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kinds = [Kind(), Kind(initial=False, **RELU), Kind(equation="rate"), Kind(n_outputs=1, initial=False)]
    task = Kind(networks=0).write(tmp_path)
    for number, kind in enumerate(kinds, 1):
        write_network(tmp_path / f"network_{number}.h5", kind.draw(number))
    run_all(task, len(kinds))
    performance = table(tmp_path, "performance")
    for number, kind in enumerate(kinds, 1):
        own = performance[(performance["network"] == number) & (performance["rank"] == 3)].set_index("reduction")
        assert ("weight_change" in own.index) == kind.initial
        plain = Plain(kind, number)
        for reduction in own.index:
            matrix = matrix_of(tmp_path, reduction, number, 3)
            expected = np.mean([plain.distance(condition, matrix) for condition in range(3)])
            assert own.loc[reduction, "state_distance"] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert table(tmp_path, "left_out")["network"].tolist() == [2, 2, 4]
    index_sum = table(tmp_path, "fixed_points").groupby("network")["index_sum"].count()
    assert (index_sum == 0).tolist() == [False, True, False, False]


def test_networks_of_other_sizes_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = Kind(networks=2).write(tmp_path)
    write_network(tmp_path / "network_2.h5", Kind(units=5).draw(2))
    with pytest.raises(ValueError, match=r"network_2\.h5: .*\(33, 5\), expected those of network_1\.h5, \(33, 6\)"):
        run_stage(sample_states, task, 2)


def test_an_empty_table_of_performance_is_its_header(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind = Kind(initial=False)
    run_all(kind.write(tmp_path), 1)
    assert (tmp_path / PERFORMANCE["weight_change"]).read_text() == "network,rank,cost,state_distance\n"


@pytest.mark.parametrize("recorded_states", [False, True])
def test_recorded_trials_are_a_task(tmp_path, monkeypatch, recorded_states):
    monkeypatch.chdir(tmp_path)
    kind = Kind(n_inputs=2, dt=0.5)
    kind.write(tmp_path)
    network = kind.draw(1)
    write_network("network_1.h5", network._replace(attributes=network.attributes._replace(task="recorded")))
    inputs = np.stack([Plain(kind, 1).inputs(condition) for condition in range(3)])
    content = {"inputs": inputs, "condition": np.array([0, 1, 1])}
    if recorded_states:
        content["states"] = np.random.default_rng(0).standard_normal((3, 40, kind.units))
    np.savez("trials.npz", **content)
    task = described("recorded", recordings=tmp_path / "trials.npz")
    run_all(task)
    states = datasets.read_dataset("states.nc", ["state"])
    assert states.attrs["task"] == "recorded"
    if recorded_states:
        last = states["state"].sel(network=1).values[states["step"].values == 40]
        np.testing.assert_allclose(last, [content["states"][0, -1], content["states"][1:, -1].mean(axis=0)])
    performance = table(tmp_path, "performance")
    assert performance["cost"].isna().all()
    matrix = matrix_of(tmp_path, "operative_rows", 1, 3)
    expected = np.mean([Plain(kind, 1).distance(condition, matrix) for condition in range(3)])
    row = performance[(performance["reduction"] == "operative_rows") & (performance["rank"] == 3)]
    assert row["state_distance"].item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("nonlinearity", "bias"), [("tanh", False), ("relu", True)])
def test_a_network_of_any_kind_is_trained(tmp_path, monkeypatch, nonlinearity, bias):
    monkeypatch.chdir(tmp_path)
    task = Kind(n_inputs=3, n_outputs=2).write(tmp_path)
    arguments = STAGES[train_network][0]
    constants = arguments["constants"] | {"nonlinearity": nonlinearity, "bias": bias}
    train_network.main(**arguments | {"constants": constants, "task": task, "device": "cpu"})
    trained = read_network("network_1.h5")
    assert trained.attributes.task == "follow"
    assert trained.attributes.nonlinearity == trained.final.nonlinearity.name == nonlinearity
    assert trained.final.input.shape == (12, 3)
    assert trained.final.output.shape == (2, 12)
    assert trained.initial is not None
    for name in ("recurrent", "input", "output", *(["bias", "output_bias"] if bias else [])):
        assert not torch.equal(getattr(trained.initial, name), getattr(trained.final, name))
    assert (trained.final.bias is None) != bias
    history = pd.read_csv("history.csv")
    assert list(history) == ["iteration", "dt", "learning_rate", "cost", "gradient_norm"]
    assert history["iteration"].tolist() == [1, 2, 3, 4]
