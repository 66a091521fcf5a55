"""The workflow as a part of another one, from another folder."""

import pytest
import yaml

from opdims import storage
from project import TINY, Project

USE = "use rule * from opdims as opdims_*\n"
MODULE = """
module opdims:
    snakefile: "{snakefile}"
    config: config["opdims"]
{prefix}

rule all:
    input: "own.txt"

rule own:
    input: "{folder}results/tiny/sine_generation/states/chunk_1.nc"
    output: "own.txt"
    shell: "echo made > {{output}}"

"""


class Outer(Project):
    """A workflow in a folder of its own that uses the project's as a module; it has rules and settings besides."""

    def __init__(self, folder, prefix=None):
        (folder / "inner").mkdir()
        self.inner = Project(folder / "inner")
        self.folder = folder / "outer"
        self.folder.mkdir()
        self.environment = None
        # the outer workflow's own configuration holds that of the module under a key
        self.write("outer.yaml", {"mine": 1, "opdims": TINY | {"chunk_size": 2}})
        text = MODULE.format(
            snakefile=self.inner.folder / "Snakefile",
            prefix=f'    prefix: "{prefix}"\n' if prefix else "",
            folder=f"{prefix}/" if prefix else "",
        )
        (self.folder / "Snakefile").write_text(f'configfile: "outer.yaml"\n{text}{USE}')


@pytest.fixture
def outer(tmp_path):
    return Outer(tmp_path)


def test_the_outer_workflows_default_target_stays(outer):
    assert outer.planned() == {"all", "own", "opdims_train_network", "opdims_accept_network", "opdims_sample_states"}


def test_all_of_it_can_be_planned(outer):
    planned = outer.planned("opdims_all")
    assert {
        f"opdims_{name}" for name in ("train_network", "tabulate_angles", "draw_figure_3", "check_claims")
    } < planned
    assert {rule for rule in planned if not rule.startswith("opdims_")} == set()
    assert len(planned) == len(outer.inner.planned("--configfile", "tiny.yaml"))


def test_single_rules_can_be_used(outer):
    text = (outer.folder / "Snakefile").read_text()
    (outer.folder / "Snakefile").write_text(
        text.replace(USE, "use rule train_network, accept_network, sample_states from opdims\n")
    )
    run = outer.snakemake("--dry-run")
    assert run.returncode == 0, run.stdout
    assert outer.planned() == {"all", "own", "train_network", "accept_network", "sample_states"}


def test_a_module_without_settings_has_the_defaults(outer):
    text = (outer.folder / "Snakefile").read_text()
    (outer.folder / "Snakefile").write_text(text.replace('config: config["opdims"]', "config: {'run': ['published']}"))
    planned = outer.planned("opdims_networks")
    assert planned == {"opdims_download_published", "opdims_import_network", "opdims_networks"}


def test_a_mistake_in_its_settings_is_one_line(outer):
    outer.write("outer.yaml", {"opdims": TINY | {"rnaks": [1]}})
    run = outer.snakemake("--cores", "1")
    assert run.returncode == 1
    assert [line for line in run.stdout.splitlines() if not line.startswith("Using")] == [
        "config: unknown key 'rnaks', did you mean ranks?"
    ]


def test_own_networks_lie_in_the_outer_folder(tmp_path):
    outer = Outer(tmp_path, prefix="part")
    outer.inner.own_networks()
    for name in ("nets", "echo.py"):
        (outer.inner.folder / name).rename(outer.folder / name)
    mine = yaml.safe_load((outer.inner.folder / "mine.yaml").read_text())
    outer.write("outer.yaml", {"opdims": mine})
    target = "part/results/mine/echo/networks/network_2.h5"
    run = outer.snakemake("--cores", "1", "--", target)
    assert run.returncode == 0, run.stdout
    assert storage.read_network(outer.folder / target).attributes.network == 2


@pytest.mark.slow
@pytest.mark.parametrize("prefix", [None, "part/of"])
def test_networks_are_trained_and_sampled(tmp_path, prefix):
    outer = Outer(tmp_path, prefix)
    run = outer.snakemake("--cores", "2")
    assert run.returncode == 0, run.stdout
    assert (outer.folder / "own.txt").read_text() == "made\n"
    folder = outer.folder / (prefix or "") / "results" / "tiny" / "sine_generation"
    assert storage.read_network(folder / "networks" / "network_2.h5").attributes.source == "train"
    assert (folder / "training" / "network_2.checkpoint").exists()  # only the project's own run removes them
    assert outer.planned() == set()
    assert sorted(path.name for path in outer.folder.iterdir() if path.is_dir() and path.name[0] != ".") == (
        ["part"] if prefix else ["logs", "results"]
    )
    assert not (outer.inner.folder / "results").exists()
