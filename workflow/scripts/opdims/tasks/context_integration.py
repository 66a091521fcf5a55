"""Context-dependent integration: one of two noisy inputs is integrated to a bound, a context input tells which.

Source: Krause et al. 2022, Methods, after Mante et al. 2013; docs/method.md, "Tasks".
"""

from itertools import product

import numpy as np

from opdims.task import Trials, running_steps

name = "context_integration"
label = "context-dependent integration"
n_inputs = 5  # 2 sensory, 2 context, 1 unused
n_outputs = 1
loss = "squared_error"

burn_in = 650.0  # ms
stimulus = 750.0  # ms
duration = burn_in + stimulus
coherences = tuple(0.3 * level for level in (-0.5, -0.12, -0.03, 0.03, 0.12, 0.5))
input_noise_std = 1.0  # of a sensory input at each step of 1 ms
integration_time = 50.0  # ms, time constant of the target
bound = 1.0

# 2 contexts x sign of coherence 1 x sign of coherence 2
conditions = tuple(
    f"context_{context}_coherences_{first}_{second}"
    for context, first, second in product((1, 2), ("negative", "positive"), ("negative", "positive"))
)
groups = {
    "context": {"context_1": conditions[:4], "context_2": conditions[4:]},
    "choice": {  # a choice is right if it has the sign of the attended coherence
        "choice_negative": (*conditions[0:2], *conditions[4::2]),
        "choice_positive": (*conditions[2:4], *conditions[5::2]),
    },
}
constant_inputs = {"context_1": (0.0, 0.0, 1.0, 0.0, 0.0), "context_2": (0.0, 0.0, 0.0, 1.0, 0.0)}
labels = {
    "context": "contexts",
    "choice": "choices",
    "choice_negative": "negative choice",
    "choice_positive": "positive choice",
} | {
    condition: condition.replace("_negative", " −")
    .replace("_positive", " +")
    .replace("_coherences", ", coherences")
    .replace("_", " ")
    for condition in conditions
}
examples = (*conditions[1:3], *conditions[5:7])  # coherences that disagree, so that the context matters
shown_ranks = {"operative_columns": 15, "operative_rows": 27}  # Krause et al. 2022, in their figures
functions_figure = "figure_4"
published = {
    "file": "ctxt_weights.h5",
    "url": "https://raw.githubusercontent.com/ManteLab/operative_dimensions/"
    "d7c1ad99b9afa7998e2c15484ec13253ebe3d426/data/pretrained_networks/ctxt_weights.h5",
    "sha256": "c5e98f19c40e12159d59889f9c73c9c6691fed657a2135751b82f12ccd777d92",
}

sampling = {
    "repeats": 10,  # trials of each context and coherence; Krause et al. 2022, Methods
    "interval": 100,  # ms between locations on a trajectory: 1, 100, 200, ...; 120 locations
}
evaluation = {"repeats": 5}  # trials of each context and coherence (60 trials); Krause et al. 2022, Methods
training = {
    "learning_rate": 2.0e-3,
    "last_learning_rate": 2.0e-5,
    "averaging": 20,
    "repeats": 2,  # trials of each context and coherence in an iteration (24 trials)
    "phases": [{"iterations": 5200, "dt": 5.0}, {"iterations": 60, "dt": 1.0}],
    "cost_ceiling": 0.01,  # published networks: 0.0021
}


def trials(repeats: int, *, dt: float, rng: np.random.Generator) -> Trials:
    """Draw `repeats` trials of each context and coherence of the attended input, the other coherence being random.

    The target is the running sum of (dt / 50 ms) · the attended input, noise included, from the stimulus on, held for
    the rest of the trial at ±1 once it gets there. Only the stimulus is scored. Input noise is N(0, 1) a step of 1 ms,
    scaled by 1/√dt at other dt.
    """
    start, steps = running_steps(burn_in, dt), running_steps(duration, dt)
    levels = np.array(coherences)
    context = np.arange(2).repeat(len(levels) * repeats)
    trial = np.arange(len(context))
    attended = np.tile(levels.repeat(repeats), 2)
    coherence = np.empty((len(context), 2))
    coherence[trial, context] = attended
    coherence[trial, 1 - context] = levels[rng.integers(len(levels), size=len(context))]

    mean_inputs = np.zeros((len(context), steps, n_inputs))
    mean_inputs[:, start:, :2] = coherence[:, None, :]
    mean_inputs[trial, :, 2 + context] = 1.0
    inputs = mean_inputs.copy()
    inputs[:, start:, :2] += input_noise_std / dt**0.5 * rng.standard_normal((len(context), steps - start, 2))

    targets = np.zeros((len(context), steps, n_outputs))
    targets[:, start:, 0] = _integrate_to_bound(dt / integration_time * inputs[trial, start:, context])
    return Trials(
        inputs=inputs,
        mean_inputs=mean_inputs,
        targets=targets,
        condition=4 * context + 2 * (coherence[:, 0] > 0) + (coherence[:, 1] > 0),
        weights=np.arange(steps) >= start,
    )


def _integrate_to_bound(increments: np.ndarray) -> np.ndarray:  # (T, S)
    """Return the running sum (T, S), held at ±bound from the first step at which it gets there."""
    total = increments.cumsum(-1)
    passed = np.logical_or.accumulate(np.abs(total) >= bound, axis=-1)
    first = passed.argmax(-1)  # where none passed, it is not used
    return np.where(passed, bound * np.sign(total[np.arange(len(total)), first])[:, None], total)
