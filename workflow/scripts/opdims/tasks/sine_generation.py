"""Sine generation: a constant input says which of 51 frequencies the output shall have.

Source: Krause et al. 2022, Methods, after Sussillo and Barak 2013; docs/method.md, "Tasks".
"""

import torch

from opdims.tasks.base import Trials, running_steps

name = "sine_generation"
n_inputs = 1
n_outputs = 1

duration = 500.0  # ms
n_frequencies = 51
lowest, highest = 1.0, 6.0  # Hz
input_offset = 0.25

sampled = tuple(range(1, n_frequencies + 1, 5))  # frequencies whose trajectories are sampled: 1, 6, ..., 51
conditions = tuple(f"frequency_{number}" for number in sampled)
bands = {"slow": range(1, 18), "medium": range(18, 35), "fast": range(35, 52)}  # thirds of the frequencies
functions = {
    band: tuple(f"frequency_{number}" for number in sampled if number in numbers) for band, numbers in bands.items()
}
held_inputs = {f"frequency_{number}": (number / n_frequencies + input_offset,) for number in sampled}


def trials(repeats: int, *, dt: float, generator: torch.Generator) -> Trials:
    """Draw `repeats` trials of each frequency; the task itself has no noise, so all trials of a frequency are alike.

    Frequency i = 1 … 51 has the constant input i/51 + 0.25 and the target sin(2π f_i t), t = dt, 2 dt, ….
    """
    steps = running_steps(duration, dt)
    number = torch.arange(1, n_frequencies + 1).repeat_interleave(repeats)
    frequency = torch.linspace(lowest, highest, n_frequencies, dtype=torch.float64)[number - 1]
    time = torch.arange(1, steps + 1, dtype=torch.float64) * dt / 1000  # s
    inputs = (number / n_frequencies + input_offset).double()[:, None, None].expand(-1, steps, n_inputs).contiguous()
    targets = torch.sin(2 * torch.pi * frequency[:, None] * time)[:, :, None]
    condition = torch.where((number - 1) % 5 == 0, (number - 1) // 5, -1)
    function = torch.stack([torch.isin(number, torch.tensor(numbers)) for numbers in bands.values()], dim=-1)
    return Trials(inputs, inputs, targets, condition, function, scored_from=0)
