"""Wrong keys and names, grids, and settings that would fail only after training, see `bad_inputs`."""

from datetime import date

from bad_cases import LONG, SINE, config, setting, sweep, task

AGAIN = """of_task = trials


def trials(repeats, *, dt, rng):
    drawn = of_task(repeats, dt=dt, rng=rng)
"""
CASES = [
    config("unknown_key", "a key that does not exist", {"rnaks": [1]}, r"unknown key 'rnaks', did you mean ranks\?$"),
    config("no_run", "an empty list of ensembles", {"run": []}, "run: is empty, expected at least one$"),
    config("run_word", "run: paper", {"run": "paper"}, r"run: 'paper' is not a list, write \[paper\]$"),
    config(
        "run_yes",
        "run: [yes], which YAML reads as true",
        {"run": [True]},
        r"run\.0: true is not text, write it in quotes$",
    ),
    config(
        "key_number",
        "an ensemble called 1",
        {"ensembles": {1: SINE}},
        r"ensembles: key 1 is not text, write it in quotes$",
    ),
    config(
        "name_capital",
        "an ensemble called Mine",
        {"ensembles": {"Mine": SINE}},
        r"ensembles: 'Mine' is not a name of lower-case letters, digits and underscores that begins with a letter$",
    ),
    config(
        "name_newline",
        "an ensemble whose name ends in a newline",
        {"ensembles": {"mine\n": SINE}},
        r"ensembles: key 'mine\\n' holds a line break or another control character",
    ),
    config("name_slash", "an ensemble called a/b", {"ensembles": {"a/b": SINE}}, r"ensembles: 'a/b' is not a name of"),
    config("name_empty", "an ensemble without a name", {"ensembles": {"": SINE}}, r"ensembles: '' is not a name of"),
    config(
        "name_long",
        "an ensemble whose name has 101 letters",
        {"ensembles": {LONG: SINE}},
        r"ensembles: 'a+\.\.\. has 101 characters, expected 100 or fewer$",
    ),
    config(
        "task_name_long",
        "a task whose name has 101 letters",
        {"task_files": {LONG: "a.py"}},
        r"task_files: 'a+\.\.\. has 101 characters, expected 100 or fewer$",
    ),
    config(
        "run_newline", "a newline after a name in run", {"run": ["paper\n"]}, r"run\.0: 'paper\\n' holds a line break"
    ),
    config(
        "folder_zero_byte",
        "a zero byte in published_directory",
        {"published_directory": "a\0b"},
        r"published_directory: 'a\\x00b' holds a line break or another control character",
    ),
    config(
        "locale_bytes",
        "bytes that are not text in the locale",
        {"published_directory": "caf\udce9"},
        r"published_directory: .*is not text in this locale, expected UTF-8: set LC_ALL=C\.UTF-8$",
    ),
    config(
        "published_date",
        "a date where text belongs",
        {"published_directory": date(2022, 11, 28)},
        r"published_directory: 2022-11-28 is a date, expected a number or text",
    ),
    config(
        "url",
        "an address that is none",
        {"published_files": {"sine_generation": {"url": "ftp://x"}}},
        r"published_files\.sine_generation\.url: 'ftp://x' is not an address that begins with http",
    ),
    config(
        "sha256",
        "a sha256 that is cut short",
        {"published_files": {"sine_generation": {"sha256": "abc"}}},
        r"published_files\.sine_generation\.sha256: 'abc' is not 64 digits from 0 to 9 and a to f$",
    ),
    config(
        "sha256_newline",
        "a sha256 and a newline",
        {"published_files": {"sine_generation": {"sha256": "a" * 64 + "\n"}}},
        r"published_files\.sine_generation\.sha256: .* holds a line break",
    ),
    # What would fail only after training
    config(
        "sampling_repeats",
        "sampling.repeats too few for every condition",
        {"sampling": {"context_integration": {"repeats": 1}}},
        r"sampling\.context_integration\.repeats: 1 is too small: network \d+ has no trial of context_\d_",
    ),
    config(
        "sampling_repeats_2",
        "sampling.repeats: 2, too few for one of 20 networks",
        {"sampling": {"context_integration": {"repeats": 2}}},
        r"sampling\.context_integration\.repeats: 2 is too small: network \d+ has no trial of",
    ),
    config(
        "sampling_memory",
        "sampling.repeats: 1000000",
        {"sampling": {"context_integration": {"repeats": 10**6}}},
        r"sampling\.context_integration\.repeats: 1000000 is too large: 12000000 trials of 1400 steps, whose states",
    ),
    config(
        "memory",
        "memory: 600 MB, too little for one network",
        {"memory": 600},
        r"memory: 600 MB do not hold the evaluation of a network of 100 units in 60 trials of context_integ",
    ),
    config(
        "units_memory",
        "units: 20000 in 2000 MB",
        {"network": {"units": 20000}},
        r"(memory: 2000 MB do not hold|training\.)",
    ),
    config(
        "dt_tiny",
        "network.dt: 1.0e-9",
        {"network": {"dt": 1e-9}},
        r"network\.dt: dt = 1e-09 ms is too small, expected 0\.014 ms or more",
    ),
    config(
        "dt_denormal", "network.dt: 1.0e-320", {"network": {"dt": 1e-320}}, r"network\.dt: dt = 1e-320 ms is too small"
    ),
    config(
        "phase_dt_tiny",
        "dt: 1.0e-9 in a phase",
        setting("training", "phases", [{"iterations": 1, "dt": 1e-9}]),
        r"training\.sine_generation\.phases: dt = 1e-09 ms is too small, expected 0\.005 ms or more",
    ),
    config(
        "fixed_tolerance",
        "fixed points that are not slow",
        {"fixed_points": {"fixed_tolerance": 0.1}},
        r"fixed_points\.fixed_tolerance: 0\.1 is too large, expected slow_tolerance, 0\.0001, or less",
    ),
    task(
        "function_without_trials",
        "a function without a trial in the evaluation",
        AGAIN + "    return drawn._replace(function=np.stack([drawn.condition == 0, drawn.condition == 5], axis=-1))",
        r"evaluation\.echo\.repeats: 2 is too small: network 1 has no trial of right, ensemble mine$",
    ),
    task(
        "rare_condition",
        "a condition that is rare",
        AGAIN + "    return drawn._replace(condition=np.zeros(len(drawn[0]), int) + (rng.random() < 0.1))\n",
        r"(sampling\.echo\.repeats: \d+ is too small: network 1 has|task_files\.echo: .* does not occur)",
    ),
    # Sweeps
    sweep(
        "grid_thousands",
        "a grid of 10^8 points",
        {"seed": [*range(10**4)], "network.units": [*range(2, 10**4 + 2)]},
        r": has 100000000 points, 200000000 networks in all, expected 1000 points or fewer$",
    ),
    sweep(
        "grid_long_name",
        "a point whose name is too long",
        {
            "training.sine_generation." + key: [1.2345678901]
            for key in (
                "learning_rate",
                "last_learning_rate",
                "gradient_norm_limit",
                "cost_ceiling",
                "gradient_norm_limit",
                "cost_ceiling",
            )
        }
        | {
            "fixed_points." + key: [1.2345678901]
            for key in ("slow_tolerance", "fixed_tolerance", "slow_distance", "fixed_distance")
        },
        r": the name of a point, s_\w+\.\.\., has \d+ characters, expected 200 or fewer$",
    ),
    sweep(
        "grid_2_0",
        "units: [50.0]",
        {"network.units": [50.0]},
        r"\.network\.units: 50\.0 is not a whole number, write 50$",
    ),
    sweep("grid_word", "a word in a grid", {"network.gain": ["large"]}, r"\.network\.gain: 'large' is not a number$"),
    sweep(
        "grid_unknown",
        "a setting that there is not",
        {"network.unit": [5]},
        r": unknown setting 'network\.unit', did you mean network\.units\?$",
    ),
    sweep("grid_list", "a value that is no list", {"network.gain": 1.0}, r"\.network\.gain: 1\.0 is not a list$"),
    # Files
]
