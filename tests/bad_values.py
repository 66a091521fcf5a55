"""Wrong values in a configuration, see `bad_inputs`."""

from bad_cases import INF, NAN, config, setting, sweep, task

CASES = [
    config(
        "nan_cost_ceiling",
        "cost_ceiling: .nan",
        setting("training", "cost_ceiling", NAN),
        r"training\.sine_generation\.cost_ceiling: \.nan is not a finite number",
    ),
    config(
        "nan_threshold",
        "dimensions.threshold: .nan",
        {"dimensions": {"threshold": NAN}},
        r"dimensions\.threshold: \.nan is not a finite",
    ),
    config(
        "inf_gain", "network.gain: .inf", {"network": {"gain": INF}}, r"network\.gain: \.inf is not a finite number"
    ),
    config(
        "minus_inf_noise",
        "network.noise_std: -.inf",
        {"network": {"noise_std": -INF}},
        r"network\.noise_std: -\.inf is not a finite",
    ),
    config("nan_rank", ".nan among ranks", {"ranks": [0, NAN]}, r"ranks\.1: \.nan is not a finite"),
    config(
        "nan_phase",
        "dt: .nan in a phase",
        setting("training", "phases", [{"iterations": 1, "dt": NAN}]),
        r"training\.sine_generation\.phases\.0\.dt: \.nan",
    ),
    config(
        "inf_beta",
        ".inf among betas",
        setting("training", "betas", [0.9, INF]),
        r"training\.sine_generation\.betas\.1: \.inf",
    ),
    config(
        "nan_of_ensemble",
        ".nan in an ensemble's entry",
        {"ensembles": {"paper": {"network": {"tau": NAN}}}},
        r"ensembles\.paper\.network\.tau: \.nan",
    ),
    config(
        "nan_of_tensors",
        ".nan where anything may stand",
        {"ensembles": {"x": {"source": "files", "files": ["a"], "tensors": {"recurrent": NAN}}}},
        r"ensembles\.x\.tensors\.recurrent: \.nan",
    ),
    sweep("nan_in_grid", ".nan in a grid", {"network.gain": [1.0, NAN]}, r"\.network\.gain\.1: \.nan is not a finite"),
    task(
        "nan_in_task_file",
        "cost_ceiling nan in a task's file",
        "training = {'cost_ceiling': float('nan')}",
        r"task_files\.echo: \S*echo\.py: training\.cost_ceiling: \.nan",
    ),
    # Whole numbers, and what else a number may not be
    config(
        "networks_2_0",
        "networks: 2.0",
        {"ensembles": {"paper": {"networks": 2.0}}},
        r"ensembles\.paper\.networks: 2\.0 is not a whole number or a list, write 2$",
    ),
    config("rank_1_0", "ranks: [1.0]", {"ranks": [1.0]}, r"ranks\.0: 1\.0 is not a whole number, write 1$"),
    config("seed_1_0", "seed: 1.0", {"seed": 1.0}, r"seed: 1\.0 is not a whole number, write 1$"),
    config(
        "units_50_0",
        "units: 50.0",
        {"network": {"units": 50.0}},
        r"network\.units: 50\.0 is not a whole number, write 50$",
    ),
    config(
        "chunk_size_2_0", "chunk_size: 2.0", {"chunk_size": 2.0}, r"chunk_size: 2\.0 is not a whole number, write 2$"
    ),
    config(
        "repeats_3_0",
        "repeats: 3.0",
        setting("sampling", "repeats", 3.0),
        r"sampling\.sine_generation\.repeats: 3\.0 is not a whole number, write 3$",
    ),
    config(
        "iterations_1_0",
        "iterations: 1.0",
        setting("training", "phases", [{"iterations": 1.0}]),
        r"training\.sine_generation\.phases\.0\.iterations: 1\.0 is not a whole",
    ),
    config(
        "network_2_5",
        "networks: [2.5]",
        {"ensembles": {"paper": {"networks": [2.5]}}},
        r"ensembles\.paper\.networks\.0: 2\.5 is not a whole number$",
    ),
    config(
        "networks_true",
        "networks: true",
        {"ensembles": {"paper": {"networks": True}}},
        r"ensembles\.paper\.networks: true is not a whole number or a list$",
    ),
    config("seed_true", "seed: true", {"seed": True}, r"seed: true is not a whole number$"),
    config("tau_false", "tau: false", {"network": {"tau": False}}, r"network\.tau: false is not a number$"),
    config(
        "seed_text", "seed: '7'", {"seed": "7"}, r"seed: '7' is not a whole number but text: write 7 without quotes"
    ),
    config("seed_word", "seed: seven", {"seed": "seven"}, r"seed: 'seven' is not a whole number$"),
    config(
        "threshold_1e_8",
        "threshold: 1e-8, which YAML reads as text",
        {"dimensions": {"threshold": "1e-8"}},
        r"dimensions\.threshold: '1e-8' is not a number \(YAML reads 1e-8 as text: write 1\.0e-8\)$",
    ),
    config(
        "iterations_1e3",
        "iterations: 1e3",
        {"fixed_points": {"iterations": "1e3"}},
        r"fixed_points\.iterations: '1e3' is not a whole number \(YAML reads 1e3 as text: write 1000\)$",
    ),
    config(
        "seed_empty", "seed: with nothing after it", {"seed": None}, r"seed: has no value, expected a whole number$"
    ),
    config(
        "seed_huge",
        "a seed beyond 64 bits",
        {"seed": 2**63},
        r"seed: 9223372036854775808 is too large, expected 9223372036854775807 or less$",
    ),
    config(
        "networks_million",
        "networks: 1000000",
        {"ensembles": {"paper": {"networks": 10**6}}},
        r"ensembles\.paper\.networks: 1000000 is too large, expected 10000 or less$",
    ),
    config(
        "one_beta",
        "betas: [0.9]",
        setting("training", "betas", [0.9]),
        r"training\.sine_generation\.betas: \[0\.9\] has 1 value, expected 2$",
    ),
    config(
        "three_betas",
        "three betas",
        setting("training", "betas", [0.9, 0.9, 0.9]),
        r"training\.sine_generation\.betas: \[0\.9, 0\.9, 0\.9\] has 3 values, expected 2$",
    ),
    config(
        "networks_text",
        "networks: all",
        {"ensembles": {"paper": {"networks": "all"}}},
        r"ensembles\.paper\.networks: 'all' is not a whole number or a list",
    ),
    config(
        "networks_none",
        "networks: []",
        {"ensembles": {"paper": {"networks": []}}},
        r"ensembles\.paper\.networks: is empty, expected at least one$",
    ),
    config("network_list", "network: [50]", {"network": [50]}, r"network: \[50\] is not a mapping of keys to values$"),
    task(
        "repeats_in_task_file",
        "repeats 2.0 in a task's file",
        "sampling = {'repeats': 2.0}",
        r"task_files\.echo: \S*echo\.py: sampling\.repeats: 2\.0 is not a whole number, write 2$",
    ),
    task(
        "rate_in_task_file",
        "learning_rate -1 in a task's file",
        "training = {'learning_rate': -1}",
        r"task_files\.echo: \S*echo\.py: training\.learning_rate: -1 is too small, expected more than 0$",
    ),
    # Keys and names
]
