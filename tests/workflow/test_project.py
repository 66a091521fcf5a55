"""The workflow as a piece of code: lint, documentation of its keys, one source of its pins."""

import re
from pathlib import Path

import pytest
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
    schema = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    def allowed(value):
        if isinstance(value, dict):
            properties = value.get("properties", {})
            yield from properties
            for inner in [*properties.values(), *(inner for key, inner in value.items() if key != "properties")]:
                yield from allowed(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from allowed(inner)

    assert sorted(key for key in {*keys(config), *allowed(schema)} if f"`{key}`" not in text) == []


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


@pytest.mark.parametrize("module", [False, True])
def test_only_heavy_rules_go_to_the_cluster(project, module):
    use = 'include: "Snakefile"'
    if module:
        use = 'module opdims:\n    snakefile: "Snakefile"\nuse rule * from opdims as opdims_*'
    probe = "print('remote', *sorted({rule.name for rule in workflow.rules} - workflow._localrules))"
    (project.folder / "probe.smk").write_text(f"{use}\n{probe}\n")
    run = project.snakemake("--snakefile", "probe.smk", "--dry-run", "--quiet")
    assert run.returncode == 0, run.stdout
    expected = sorted(f"opdims_{name}" if module else name for name in HEAVY)
    assert next(line for line in run.stdout.splitlines() if line.startswith("remote")).split()[1:] == expected
    assert "localrules directive" not in run.stdout
