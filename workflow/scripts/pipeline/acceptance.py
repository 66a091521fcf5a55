"""Whether a trained network has learnt its task. No torch, and no settings, on which no network depends."""

import math
from pathlib import Path

from opdims.formats.native import read_attributes
from pipeline.tables import read_table

HISTORY = ("iteration", "dt", "learning_rate", "cost", "gradient_norm")  # columns of the history of training


def refusal(weights: str | Path, history: str | Path, cost_ceiling: float) -> str | None:
    """Return why a trained network is not accepted, or None if it is.

    Parameters
    ----------
    weights
        The file of the trained network, which says its cost.
    history
        The table of its training; in its last row cost or gradient are not finite if training diverged.
    cost_ceiling
        The largest cost of a network that has learnt its task.

    Raises
    ------
    ValueError
        Naming the file, if one cannot be read.
    """
    table = read_table(history, HISTORY, key=["iteration"])
    if not len(table):
        raise ValueError(f"{history}: has no row, expected one an iteration")
    last = table.iloc[-1]
    if not (math.isfinite(last["cost"]) and math.isfinite(last["gradient_norm"])):
        return (
            f"training diverged at iteration {last['iteration']:.0f} (dt = {last['dt']:g} ms): "
            f"cost {last['cost']:.3g}, gradient norm {last['gradient_norm']:.3g}; "
            f"try a learning_rate below {last['learning_rate']:.3g}"
        )
    cost = read_attributes(weights).cost
    if cost <= cost_ceiling:
        return None
    return (
        f"its cost after {last['iteration']:.0f} iterations is {cost:.3g}, above cost_ceiling {cost_ceiling:.3g}; "
        f"try more iterations or another network number, which is another seed"
    )
