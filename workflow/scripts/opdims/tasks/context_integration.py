"""Context-dependent integration: one of two noisy inputs is integrated to a bound, a context input tells which.

Source: Krause et al. 2022, Methods, after Mante et al. 2013; docs/method.md, "Tasks".
"""

from itertools import product

import torch

from opdims.tasks.base import Trials, running_steps

name = "context_integration"
n_inputs = 5  # 2 sensory, 2 context, 1 unused
n_outputs = 1

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
# A choice is right if it has the sign of the attended coherence.
functions = {
    "context_1": conditions[:4],
    "context_2": conditions[4:],
    "choice_negative": (*conditions[0:2], *conditions[4::2]),
    "choice_positive": (*conditions[2:4], *conditions[5::2]),
}
held_inputs = {"context_1": (0.0, 0.0, 1.0, 0.0, 0.0), "context_2": (0.0, 0.0, 0.0, 1.0, 0.0)}


def trials(repeats: int, *, dt: float, generator: torch.Generator) -> Trials:
    """Draw `repeats` trials of each context and coherence of the attended input, the other coherence being random.

    The target is the running sum of (dt / 50 ms) · the attended input, noise included, from the stimulus on, held for
    the rest of the trial at ±1 once it gets there. Input noise is N(0, 1) a step of 1 ms, scaled by 1/√dt at other dt.
    """
    start, steps = running_steps(burn_in, dt), running_steps(duration, dt)
    levels = torch.tensor(coherences, dtype=torch.float64)
    context = torch.arange(2).repeat_interleave(len(levels) * repeats)
    count = torch.arange(len(context))
    attended = levels.repeat_interleave(repeats).repeat(2)
    ignored = levels[torch.randint(len(levels), context.shape, generator=generator)]
    coherence = torch.empty(len(context), 2, dtype=torch.float64)
    coherence[count, context] = attended
    coherence[count, 1 - context] = ignored

    mean_inputs = torch.zeros(len(context), steps, n_inputs, dtype=torch.float64)
    mean_inputs[:, start:, :2] = coherence[:, None, :]
    mean_inputs[count, :, 2 + context] = 1.0
    inputs = mean_inputs.clone()
    noise = torch.randn(len(context), steps - start, 2, dtype=torch.float64, generator=generator)
    inputs[:, start:, :2] += input_noise_std / dt**0.5 * noise

    targets = torch.zeros(len(context), steps, n_outputs, dtype=torch.float64)
    targets[:, start:, 0] = _integrate_to_bound(dt / integration_time * inputs[count, start:, context])
    condition = 4 * context + 2 * (coherence[:, 0] > 0) + (coherence[:, 1] > 0)
    function = torch.stack([context == 0, context == 1, attended < 0, attended > 0], dim=-1)
    return Trials(inputs, mean_inputs, targets, condition, function, scored_from=start)


def _integrate_to_bound(increments: torch.Tensor) -> torch.Tensor:  # (T, S)
    """Return the running sum (T, S), held at ±bound from the first step at which it gets there."""
    total = increments.cumsum(-1)
    passed = (total.abs() >= bound).cummax(-1).values
    first = passed.int().argmax(-1, keepdim=True)  # where none passed, `first` is not used
    return torch.where(passed, bound * total.gather(-1, first).sign(), total)
