"""Which trained networks are accepted, and what is said of the others."""

import math

import numpy as np
import pandas as pd
import pytest

import accept_network
from opdims.formats.native import Attributes, write_weights
from pipeline.acceptance import HISTORY, refusal
from pipeline.refusals import advice, refused_networks
from pipeline.tables import write_table

TASK = "sine_generation"
NETWORK, TRAINED, TABLE = (
    f"{{ensemble}}/{{task}}/{name}"
    for name in ("network_{network}.h5", "trained_{network}.h5", "history_{network}.csv")
)


def config(**ensembles):
    entry = {"source": "train", "tasks": [TASK], "networks": 4}
    return {
        "run": [*ensembles],
        "sweeps": {},
        "run_sweeps": [],
        "ensembles": {name: entry | changes for name, changes in ensembles.items()},
        "training": {TASK: {"cost_ceiling": 0.01}},
        "task_files": {},
        "sampling": {},
        "evaluation": {},
    }


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Write what training leaves of a network, below the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(ensemble="tiny", number=1, *, cost=0.005, last=(2, 10.0, 1e-3, 0.02, 1.0)):
        weights, history = (
            pattern.format(ensemble=ensemble, task=TASK, network=number) for pattern in (TRAINED, TABLE)
        )
        matrices = {"recurrent": np.eye(3), "input": np.ones((3, 1)), "output": np.ones((1, 3))}
        said = Attributes(TASK, number, tau=10.0, dt=1.0, noise_std=0.1, seed=1, source="train", cost=cost)
        write_weights(weights, {"initial": matrices, "final": matrices}, said)
        write_table(history, pd.DataFrame([(1, 10.0, 2e-3, 0.5, 1.0), last], columns=HISTORY))
        return weights, history

    return write


@pytest.mark.parametrize(("cost", "accepted"), [(0.005, True), (0.01, True), (0.0101, False), (math.nan, False)])
def test_the_cost_of_the_trained_network_is_what_counts(trained, cost, accepted):
    weights, history = trained(cost=cost, last=(2, 10.0, 1e-3, 0.005 if not accepted else 5.0, 1.0))
    reason = refusal(weights, history, 0.01)
    assert (reason is None) == accepted
    if not accepted:
        assert reason.startswith(f"its cost after 2 iterations is {cost:.3g}, above cost_ceiling 0.01; try more")


@pytest.mark.parametrize("last", [(2, 10.0, 1e-3, math.inf, 1.0), (2, 10.0, 1e-3, 0.02, math.nan)])
def test_training_that_diverged_is_refused_whatever_its_cost(trained, last):
    weights, history = trained(cost=0.005, last=last)
    assert refusal(weights, history, math.inf).startswith("training diverged at iteration 2 (dt = 10 ms): cost ")


def test_an_accepted_network_is_that_of_the_training_to_the_byte(trained, tmp_path):
    weights, history = trained()
    accept_network.main(weights, history, "accepted.h5", TASK, 1, 0.01)
    assert (tmp_path / "accepted.h5").read_bytes() == (tmp_path / weights).read_bytes()


def test_a_network_that_is_not_accepted_is_one_line_and_no_file(trained, tmp_path):
    weights, history = trained(cost=0.02)
    with pytest.raises(RuntimeError, match=f"{TASK}: network 3 has not learnt its task: its cost .* is in {history}"):
        accept_network.main(weights, history, "accepted.h5", TASK, 3, 0.01)
    assert not (tmp_path / "accepted.h5").exists()


def test_a_history_without_a_row_is_an_error(trained):
    weights, history = trained()
    write_table(history, pd.DataFrame(columns=HISTORY))
    with pytest.raises(ValueError, match=f"{history}: has no row"):
        refusal(weights, history, 0.01)


def test_refused_networks_are_those_that_were_trained_and_are_not_there(trained, tmp_path):
    for number, cost in ((1, 0.02), (2, 0.005), (3, 0.02)):
        trained(number=number, cost=cost)
    trained("other", 4, cost=0.02)
    (tmp_path / NETWORK.format(ensemble="tiny", task=TASK, network=3)).touch()  # accepted with another ceiling
    (tmp_path / TABLE.format(ensemble="other", task=TASK, network=4)).write_text("torn")
    trained("seen", 1, cost=0.02)
    found = refused_networks(config(tiny={}, other={}, seen={"source": "published"}), NETWORK, TRAINED, TABLE)
    assert found == [("tiny", TASK, 1)]
    trained("other", 4, cost=0.02)
    found = refused_networks(config(tiny={}, other={}), NETWORK, TRAINED, TABLE)
    assert found == [("tiny", TASK, 1), ("other", TASK, 4)]


def test_advice_names_networks_and_as_many_others():
    settings = config(tiny={}, some={"networks": [2, 9]})
    refused = [("tiny", TASK, 1), ("tiny", TASK, 3), ("some", TASK, 9), ("tiny", "context_integration", 3)]
    tiny, some = advice(settings, refused)
    assert tiny.startswith(
        f"Networks of tiny that have not learnt their task: {TASK} 1, 3; context_integration 3. To take others in "
        f"their place, say `networks: [2, 4, 5, 6]` under ensembles: tiny;"
    )
    assert f"{TASK} 9. " in some
    assert "`networks: [2, 10]` under ensembles: some;" in some


def test_advice_on_a_point_of_a_sweep_names_the_sweep():
    settings = config(sweep_units_50={}) | {"sweeps": {"sweep": {"sweep_units_50": {"network.units": 50}}}}
    (line,) = advice(settings, [("sweep_units_50", TASK, 1)])
    assert "`networks: [2, 3, 4, 5]` under ensembles: sweep;" in line


def test_nothing_is_said_where_all_have_learnt():
    assert advice(config(tiny={}), []) == []
