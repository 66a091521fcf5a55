"""Fixtures of the tests of formats: a generator, and a simulation too plain to be wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opdims.formats.mapping import MappedWeights, read_weights

FUNCTIONS: dict[str, Callable] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def simulate() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """A function that returns the states (step, N), the start first, and the outputs (step, n_outputs) of a network."""

    def run(network: MappedWeights, inputs: np.ndarray, step: float = 1.0, nonlinearity: str | None = None):
        weights, function = network.matrices, FUNCTIONS[nonlinearity or network.nonlinearity or ""]
        size = len(weights["recurrent"])
        state = weights.get("initial_state", np.zeros(size))
        rates = weights.get("initial_rates", function(state) if network.equation == "current" else state)
        states, outputs = [state], []
        for values in [*inputs, None]:
            if "output" in weights:
                outputs.append(weights["output"] @ rates + weights.get("output_bias", 0.0))
            if values is None:
                break
            if network.equation == "rate":
                drive = weights["recurrent"] @ rates + weights["input"] @ values + weights.get("bias", 0.0)
                rates = state = (1 - step) * state + step * function(drive)
            else:
                drive = weights["recurrent"] @ rates + weights["input"] @ values + weights.get("bias", 0.0)
                state = (1 - step) * state + step * drive
                rates = function(state)
            states.append(state)
        return np.array(states), np.array(outputs)

    return run


@pytest.fixture
def message() -> Callable[..., str]:
    """A function that returns what the one line that reading weights raises says after the path."""

    def say(path: Path, *args: Any) -> str:
        with pytest.raises(ValueError, match=r".") as caught:
            read_weights(path, *args)
        text = str(caught.value)
        assert text.startswith(f"{path}: ")
        assert "\n" not in text
        return text.removeprefix(f"{path}: ")

    return say
