"""Sine generation: a constant input says which of 51 frequencies the output shall have.

Source: Krause et al. 2022, Methods, after Sussillo and Barak 2013; docs/method.md, "Tasks".
"""

import numpy as np

from opdims.task import Trials, running_steps

name = "sine_generation"
label = "sine generation"
n_inputs = 1
n_outputs = 1
loss = "squared_error"

duration = 500.0  # ms
n_frequencies = 51
lowest, highest = 1.0, 6.0  # Hz
input_offset = 0.25

all_frequencies = np.linspace(lowest, highest, n_frequencies)
sampled = tuple(range(1, n_frequencies + 1, 5))  # frequencies whose trajectories are sampled: 1, 6, ..., 51
conditions = tuple(f"frequency_{number}" for number in sampled)
bands = {"slow": range(1, 18), "medium": range(18, 35), "fast": range(35, 52)}  # thirds of the frequencies
groups = {
    "band": {
        band: tuple(f"frequency_{number}" for number in sampled if number in numbers) for band, numbers in bands.items()
    }
}
constant_inputs = {f"frequency_{number}": (number / n_frequencies + input_offset,) for number in sampled}
frequencies = {f"frequency_{number}": float(all_frequencies[number - 1].round(9)) for number in sampled}
labels = {"band": "bands of frequency"} | {  # such as slow (1–2.6 Hz)
    band: f"{band} ({all_frequencies[numbers[0] - 1]:.2g}–{all_frequencies[numbers[-1] - 1]:.2g} Hz)"
    for band, numbers in bands.items()
}
examples = ("frequency_1", "frequency_26", "frequency_51")
shown_ranks = {"operative_columns": 29, "operative_rows": 41}  # Krause et al. 2022, in their figures
functions_figure = "figure_5"
published = {
    "file": "swg_weights.h5",
    "url": "https://raw.githubusercontent.com/ManteLab/operative_dimensions/"
    "d7c1ad99b9afa7998e2c15484ec13253ebe3d426/data/pretrained_networks/swg_weights.h5",
    "sha256": "bf7fed807691bba4a6b664bb4b979026ad2588c30ea19baea1b4bbc9f6525aa0",
}

sampling = {"repeats": 10, "interval": 50}  # trials of each frequency; ms between locations: 121 locations
evaluation = {"repeats": 3}  # trials of each frequency (153 trials)
training = {
    "learning_rate": 5.0e-3,
    "last_learning_rate": 1.0e-4,
    "averaging": 50,
    "repeats": 1,  # trials of each frequency in an iteration (51 trials)
    "phases": [  # what a trial begins with is learnt first
        {"iterations": 200, "dt": 5.0, "duration": 150.0},
        {"iterations": 200, "dt": 5.0, "duration": 250.0},
        {"iterations": 200, "dt": 5.0, "duration": 350.0},
        {"iterations": 2700, "dt": 5.0},
        {"iterations": 1200, "dt": 2.5},
        {"iterations": 100, "dt": 1.0},
    ],
    "cost_ceiling": 0.002,  # published networks: 0.00022
}


def trials(repeats: int, *, dt: float, rng: np.random.Generator) -> Trials:
    """Draw `repeats` trials of each frequency; the task itself has no noise, so all trials of a frequency are alike.

    Frequency i = 1 … 51 has the constant input i/51 + 0.25 and the target sin(2π f_i t), t = dt, 2 dt, ….
    """
    steps = running_steps(duration, dt)
    number = np.arange(1, n_frequencies + 1).repeat(repeats)
    frequency = all_frequencies[number - 1]
    time = np.arange(1, steps + 1) * dt / 1000  # s
    # In single precision, as in all results so far: in double they would differ by 1e-8.
    level = number.astype(np.float32) / np.float32(n_frequencies) + np.float32(input_offset)
    return Trials(
        inputs=np.tile(level.astype(np.float64)[:, None, None], (1, steps, n_inputs)),
        targets=np.sin(2 * np.pi * frequency[:, None] * time)[:, :, None],
        condition=np.where((number - 1) % 5 == 0, (number - 1) // 5, -1),
        function=np.stack([np.isin(number, numbers) for numbers in bands.values()], axis=-1),
    )
