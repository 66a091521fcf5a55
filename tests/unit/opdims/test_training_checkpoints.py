"""A training that was killed goes on to the same bytes."""

import logging
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from opdims.catalogue import load_task
from opdims.network import initial_network
from opdims.nonlinearity import NONLINEARITIES
from opdims.training.checkpoint import Checkpoint
from opdims.training.loop import train

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"
SINES = load_task("sine_generation")
SETTINGS: dict[str, Any] = {
    "learning_rate": 5e-3,
    "last_learning_rate": 1e-3,
    "averaging": 3,
    "betas": (0.9, 0.99),
    "gradient_norm_limit": 1.0,
    "repeats": 1,
    "checkpoint_interval": 3,
    "dt": 1.0,
    "tau": 10.0,
    "noise_std": 0.1,
    "phases": [{"iterations": 6, "dt": 10.0}, {"iterations": 5, "dt": 5.0}],
}


class Interruption(BaseException):
    """What stands for the end of the process."""


def checkpointed(path, identity="one", interrupt_at: int | None = None, whole: bool = False, **changes):
    """Train on sines with a checkpoint; interrupted before drawing the trials of an iteration, if it is given."""
    own, calls = torch.Generator().manual_seed(1), 0

    def trials(repeats, *, dt, rng):
        nonlocal calls
        calls += getattr(rng, "stream", None) is own  # not the trials that check dt
        if calls == interrupt_at:
            raise Interruption
        return SINES.trials(repeats, dt=dt, rng=rng)

    kind = {"bias": True, "nonlinearity": NONLINEARITIES["softplus"]} if whole else {}
    initial = initial_network(20, 1, 1, own, **kind)
    if whole:
        changes |= {"phases": [{"iterations": 6, "dt": 5.0}, {"iterations": 5, "dt": 2.5}]}
        initial = initial._replace(initial_state=torch.linspace(-1, 1, 20, dtype=torch.float64))
    settings = SETTINGS | {"generator": own, "test_generator": torch.Generator().manual_seed(2)} | changes
    return train(replace(SINES, trials=trials), initial, checkpoint=Checkpoint(path, identity), **settings)


def assert_same_bytes(one, other):
    assert one.network.tensors().keys() == other.network.tensors().keys()
    for a, b in zip(one.network.tensors().values(), other.network.tensors().values(), strict=True):
        assert a.numpy().tobytes() == b.numpy().tobytes()
    assert repr(one.history) == repr(other.history)
    assert one.cost == other.cost


@pytest.mark.parametrize("interruptions", [[1], [3], [4], [7], [11], [2, 1, 3], [5, 2, 5], [4] * 3])
def test_interrupted_training_goes_on_to_the_same_bytes(interruptions, tmp_path, caplog):
    undisturbed = checkpointed(tmp_path / "undisturbed")
    path = tmp_path / "network.checkpoint"
    for iteration in interruptions:  # counted from where training went on
        with pytest.raises(Interruption):
            checkpointed(path, interrupt_at=iteration)
    with caplog.at_level(logging.INFO, logger="opdims.training"):
        resumed = checkpointed(path)
    assert_same_bytes(resumed, undisturbed)
    done = 0
    for iteration in interruptions:
        done = (done + iteration - 1) // 3 * 3
    assert (f"going on after iteration {done} of 11" in caplog.text) == (done > 0)


@pytest.mark.parametrize("iteration", [4, 8])
def test_biases_go_on_to_the_same_bytes(iteration, tmp_path):
    undisturbed = checkpointed(tmp_path / "undisturbed", whole=True)
    with pytest.raises(Interruption):
        checkpointed(tmp_path / "network.checkpoint", whole=True, interrupt_at=iteration)
    resumed = checkpointed(tmp_path / "network.checkpoint", whole=True)
    assert_same_bytes(resumed, undisturbed)
    assert resumed.network.bias.abs().max() > 1e-3
    assert resumed.network.output_bias.abs().max() > 1e-3


def test_training_that_is_resumed_at_its_end_gives_the_same_bytes(tmp_path):
    first = checkpointed(tmp_path / "network.checkpoint")
    with pytest.raises(Interruption):
        checkpointed(tmp_path / "other", interrupt_at=1)
    assert_same_bytes(checkpointed(tmp_path / "network.checkpoint", interrupt_at=1), first)


def test_training_does_not_depend_on_checkpoints(tmp_path):
    first = checkpointed(tmp_path / "one", checkpoint_interval=1)
    assert_same_bytes(checkpointed(tmp_path / "other", checkpoint_interval=100), first)


@pytest.mark.parametrize("damage", ["identity", "truncated", "empty", "foreign", "table"])
def test_a_checkpoint_of_something_else_is_ignored(damage, tmp_path, caplog):
    undisturbed = checkpointed(tmp_path / "undisturbed")
    path = tmp_path / "network.checkpoint"
    with pytest.raises(Interruption):
        checkpointed(path, identity="other" if damage == "identity" else "one", interrupt_at=5)
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "foreign":
        path.write_text("iteration,dt\n1,5.0\n")
    elif damage == "table":
        torch.save([1, 2, 3], path)
    resumed = checkpointed(path)
    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(messages) == 1
    assert messages[0].startswith(f"{path}: ignored, ")
    assert_same_bytes(resumed, undisturbed)


def test_a_checkpoint_is_whole(tmp_path):
    checkpoint = Checkpoint(tmp_path / "network.checkpoint", "one")
    assert checkpoint.read() is None
    checkpoint.write({"history": [1, 2]})
    assert checkpoint.read() == {"history": [1, 2], "identity": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["network.checkpoint"]


SCRIPT = """
import sys
import torch
torch.set_num_threads(1)
import train_network
from opdims.training.checkpoint import Checkpoint

folder, checkpoint = sys.argv[1:]
write = Checkpoint.write
def announced(self, content):
    write(self, content)
    print(len(content["history"]), flush=True)
Checkpoint.write = announced
training = {
    "learning_rate": 5e-3, "last_learning_rate": 1e-3, "averaging": 20, "betas": [0.9, 0.99],
    "gradient_norm_limit": 1.0, "repeats": 1,
    "checkpoint_interval": 10,
    "phases": [{"iterations": 120, "dt": 10.0}, {"iterations": 80, "dt": 5.0}],
}
constants = {
    "units": 12, "gain": 1.0, "tau": 10.0, "dt": 1.0, "noise_std": 0.1, "nonlinearity": "sigmoid", "bias": True
}
train_network.main(
    weights=folder + "/network.h5", history=folder + "/history.csv", checkpoint=checkpoint,
    task={"name": "sine_generation"}, network=1, code="digest", device="cpu", seed=1,
    constants=constants, training=training,
)
"""


@pytest.mark.slow
def test_the_script_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path):
    moments = random.Random(3)
    checkpoint = tmp_path / "network.checkpoint"

    def start(folder):
        folder.mkdir(exist_ok=True)
        environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"}
        arguments = [sys.executable, "-c", SCRIPT, str(folder), str(checkpoint)]
        return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)

    undisturbed = start(tmp_path / "undisturbed")
    assert undisturbed.communicate()[0].split() == [str(done) for done in range(10, 201, 10)]
    assert undisturbed.returncode == 0
    again = start(tmp_path / "again")  # as for one whose outputs were removed since others of its group failed
    assert again.communicate()[0] == ""
    checkpoint.unlink()

    reached = 0
    for _ in range(3):
        killed = start(tmp_path / "killed")
        for _ in range(moments.randint(1, 4)):
            reached = int(killed.stdout.readline())
        time.sleep(moments.uniform(0, 0.05))  # in an iteration, or while a checkpoint is written
        killed.kill()
        killed.wait()
        assert checkpoint.exists()
        assert not (tmp_path / "killed" / "network.h5").exists()
    last = start(tmp_path / "killed")
    assert int(last.communicate()[0].split()[0]) > reached, "it went on, not from the start"
    assert last.returncode == 0
    for name in ("network.h5", "history.csv"):
        for folder in ("killed", "again"):
            assert (tmp_path / folder / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
