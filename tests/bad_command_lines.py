"""Wrong command lines, and files that no ensemble has, see `bad_inputs`."""

from bad_cases import command, make, requested
from bad_inputs import ROOT

CASES = [
    requested(
        "target_network",
        "a network that the ensemble does not have",
        "results/paper/sine_generation/networks/network_21.h5",
        "ensemble paper has no network 21, expected 1 to 20$",
    ),
    requested(
        "target_network_0",
        "network 0",
        "results/paper/sine_generation/networks/network_0.h5",
        "ensemble paper has no network 0, expected 1 to 20$",
    ),
    requested(
        "target_network_01",
        "network 01",
        "results/paper/sine_generation/networks/network_01.h5",
        "ensemble paper has no network 01, expected 1 to 20$",
    ),
    requested(
        "target_chunk",
        "a chunk that the ensemble does not have",
        "results/paper/sine_generation/states/chunk_99.nc",
        "ensemble paper has no chunk 99, expected 1 to 4$",
    ),
    requested(
        "target_trace",
        "a trace of a network that is not there",
        "results/paper/sine_generation/traces/network_50.nc",
        "ensemble paper has no network 50, expected 1 to 20$",
    ),
    requested(
        "target_task",
        "a task that the ensemble does not have",
        "results/paper/sine/traces/network_1.nc",
        "ensemble paper has no task sine, expected context_integration, sine_generation$",
    ),
    requested(
        "target_ensemble",
        "an ensemble that is not there",
        "results/papre/tables/ranks.csv",
        r"unknown ensemble 'papre', did you mean paper\?$",
    ),
    requested(
        "target_table",
        "a table that there is not",
        "results/paper/tables/rank.csv",
        r"no rule makes it, did you mean ranks\.csv\?$",
    ),
    requested(
        "target_figure",
        "a figure that there is not",
        "results/paper/figures/figure_9.pdf",
        "ensemble paper has no figure figure_9, expected figure_1, .*figure_8$",
    ),
    requested(
        "target_sweep", "a sweep that there is not", "results/comparison/s.csv", "unknown sweep 's', there is none$"
    ),
    requested(
        "target_rule",
        "a rule that there is not",
        "netwroks",
        r"unknown rule or file 'netwroks', did you mean networks\?$",
    ),
    requested("target_folder", "a folder", "results/paper", "results/paper: no rule makes it$"),
    # True command lines
    command(
        "cli_missing",
        "--configfile of a file that is not there",
        ["--configfile", "no.yaml"],
        r"^config: no\.yaml: no such file or directory, expected a file of YAML$",
    ),
    command(
        "cli_folder",
        "--configfile of a folder",
        ["--configfile", "config"],
        "^config: config: is a directory, expected a file of YAML$",
    ),
    command(
        "cli_second_missing",
        "the second of two files is not there",
        ["--configfile", "tiny.yaml", "no.yaml"],
        r"^config: no\.yaml: no such file",
    ),
    command(
        "cli_broken",
        "broken YAML",
        ["--configfile", "my.yaml"],
        r"^config: my\.yaml: line 2, column 5: not valid YAML in UTF-8, ",
        {"my.yaml": "run: [paper\nseed: 1\n"},
    ),
    command(
        "cli_empty",
        "an empty file",
        ["--configfile", "my.yaml"],
        r"^config: my\.yaml: is empty, expected keys and values$",
        {"my.yaml": ""},
    ),
    command(
        "cli_twice",
        "a key twice",
        ["--configfile", "my.yaml"],
        r"^config: my\.yaml: line 2: key seed is given twice, first in line 1$",
        {"my.yaml": "seed: 1\nseed: 2\n"},
    ),
    command(
        "cli_slurm",
        "a missing file with the profile of the cluster",
        ["--workflow-profile", "profiles/slurm", "--configfile", "no.yaml"],
        r"^config: no\.yaml: no such file",
    ),
    command(
        "cli_config_word",
        "--config without a value",
        ["--config", "seed"],
        "^config: --config seed: expected key=value$",
    ),
    command(
        "cli_config_nan", "--config seed=nan", ["--config", "seed=nan"], r"^config: seed: \.nan is not a finite number$"
    ),
    command(
        "cli_config_2_0",
        "--config chunk_size=2.0",
        ["--config", "chunk_size=2.0"],
        "^config: chunk_size: 2.0 is not a whole number, write 2$",
    ),
    command(
        "cli_config_run",
        "--config run=paper",
        ["--config", "run=paper"],
        r"^config: run: 'paper' is not a list, write \[paper\]$",
    ),
    command(
        "cli_config_nested",
        "a number inside brackets of --config",
        ["--config", "ranks=[1]"],
        r"^config: ranks\.0: '1' is not a whole number but text: write 1 without quotes, in a file",
    ),
    command(
        "cli_config_empty",
        "--config seed=",
        ["--config", "seed="],
        "^config: seed: has no value, expected a whole number$",
    ),
    command(
        "cli_network",
        "a network that the ensemble does not have",
        ["--configfile", "tiny.yaml", "--", "results/tiny/sine_generation/networks/network_9.h5"],
        "^command line: results/tiny/.*/network_9.h5: ensemble tiny has no network 9, expected 1, 2$",
    ),
    command(
        "cli_chunk",
        "a chunk that the ensemble does not have",
        ["--configfile", "tiny.yaml", "--", "results/tiny/sine_generation/states/chunk_99.nc"],
        "^command line: .*ensemble tiny has no chunk 99, expected 1$",
    ),
    command(
        "cli_table",
        "a table that there is not",
        ["--configfile", "tiny.yaml", "--", "results/tiny/tables/rank.csv"],
        r"^command line: .*: no rule makes it, did you mean ranks\.csv\?$",
    ),
    command(
        "cli_rule",
        "a rule that there is not",
        ["--", "netwroks"],
        r"^command line: unknown rule or file 'netwroks', did you mean networks\?$",
    ),
    command(
        "cli_omit",
        "--omit-from a rule that there is not",
        ["--omit-from", "trian_network"],
        "^command line: unknown rule or file 'trian_network'",
    ),
    command(
        "cli_locale",
        "a name that is not ASCII, in the locale C",
        ["--config", "run=[café]"],
        "^config: run: .*is not text in this locale, expected UTF-8: set LC_ALL=C.UTF-8$",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    ),
    make("make_missing", "make CONFIG= of a file that is not there", "no.yaml", r"CONFIG: no\.yaml: no such file"),
    make(
        "make_folder",
        "make CONFIG= of a folder",
        str(ROOT / "config"),
        "CONFIG: .*config: is a directory, expected a file",
    ),
]
