"""The workflow as a piece of code: lint, documentation of its keys, one source of its pins."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_snakemake_finds_nothing_to_complain_about(project):
    run = project.snakemake("--lint")
    assert run.returncode == 0, run.stdout
    assert "in a good condition" in run.stdout


def test_the_default_run_trains_and_builds_everything(project):
    planned = project.planned()
    assert {"train_network", "sample_states", "find_dimensions", "reduce_networks", "evaluate_networks"} <= planned
    assert "import_network" not in planned


def test_conda_and_pip_have_the_same_pins():
    pip = {line for line in (ROOT / "envs" / "requirements.txt").read_text().splitlines() if line and line[0] != "#"}
    environment = yaml.safe_load((ROOT / "envs" / "environment.yaml").read_text())
    assert set(environment["dependencies"][-1]["pip"]) == pip
    assert all(re.fullmatch(r"[A-Za-z0-9-]+==[0-9.]+", pin) for pin in pip)


def test_every_key_of_the_configuration_is_documented():
    text = (ROOT / "config" / "README.md").read_text()
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    assert [key for key in set(keys(config)) if f"`{key}`" not in text] == []


HEAVY = {
    *("train_network", "sample_states", "find_dimensions", "reduce_networks"),
    *("evaluate_networks", "evaluate_functions", "find_fixed_points", "trace_network"),
}


def test_the_profile_of_the_cluster_repeats_that_of_local_runs():
    local, cluster = (
        yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text()) for name in ("default", "slurm")
    )
    assert local["rerun-triggers"] == ["mtime", "params", "input", "software-env"]
    assert {key: cluster[key] for key in local} == local
    assert set(cluster["groups"]) < HEAVY


def test_only_heavy_rules_go_to_the_cluster():
    rules = {}
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        parts = re.split(r"^ *rule ?(\w*):$", path.read_text(), flags=re.MULTILINE)
        rules |= dict(zip(parts[1::2], parts[2::2], strict=True))
    remote = {name for name, body in rules.items() if "script:" in body and "localrule: True" not in body}
    assert remote == HEAVY
