"""A digest changes with the code that a script runs and the packages that it imports, and with nothing else."""

import re
from importlib.metadata import requires
from pathlib import Path

import pytest

from pipeline import provenance
from pipeline.provenance import source_digest, source_files

ROOT = Path(__file__).parents[3]
FILES = {
    "make_soup.py": """'''Doc.'''
from opdims.kitchen import stove

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

stove.heat()
""",
    "opdims/__init__.py": "",
    "opdims/kitchen/__init__.py": "import numpy\nfrom opdims import spoon\n",
    "opdims/kitchen/stove.py": "import opdims.fuel as fuel\n\n\ndef heat():\n    return fuel.BURN\n",
    "opdims/fuel.py": "from pipeline.pipes import GAS\n\nBURN = 1\n",
    "opdims/fork.py": "import xarray\n",
    "opdims/spoon.py": "def stir():\n    import yaml.nodes\n    from scipy import stats\n    import opdims.fork\n",
    "opdims/unused.py": "import torch\n\nX = 1\n",
    "pipeline/pipes.py": "GAS = 2\n",
}
PINS = """# Pins.
numpy==2.4.6
scipy==1.17.1
torch==2.13.0
PyYAML==6.0.3
snakemake==9.27.1
snakemake-executor-plugin-slurm==2.8.0
h5netcdf==1.8.2
h5py==3.16.0
matplotlib==3.11.2
"""


@pytest.fixture
def scripts(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "requirements.txt").write_text(PINS)
    return tmp_path


def digest(scripts, script=None, pins=True):
    for cached in (source_digest, provenance._imports, provenance._pins, provenance._code):
        cached.cache_clear()
    return source_digest(script or scripts / "make_soup.py", scripts, scripts / "requirements.txt" if pins else None)


def test_imports_are_followed_through_packages_and_both_libraries(scripts):
    found = {str(path.relative_to(scripts)) for path in source_files(scripts / "make_soup.py", scripts)}
    assert found == set(FILES) - {"opdims/unused.py"}


def test_packages_behind_others_are_those_that_these_require():
    pinned = provenance._pins(ROOT / "envs" / "requirements.txt")
    assert provenance.BEHIND.keys() <= pinned.keys()
    for package, behind in provenance.BEHIND.items():
        required = {re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in requires(package) or []}
        assert set(behind) <= required | {"h5netcdf"}, package  # which xarray takes to write files, by `engine`
    for package in pinned.keys() - {"snakemake", "snakemake_executor_plugin_slurm", "yaml", "jsonschema", "pooch"}:
        plain = [line for line in requires(package) or [] if "extra ==" not in line]
        required = {re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in plain}
        assert required & pinned.keys() <= set(provenance.BEHIND.get(package, ())), package


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("opdims/fuel.py", FILES["opdims/fuel.py"].replace("1", "2"), True),
        ("pipeline/pipes.py", "GAS = 3\n", True),
        ("opdims/kitchen/__init__.py", "import numpy\n", True),
        ("make_soup.py", FILES["make_soup.py"].replace("heat()", "heat(2)"), True),
        ("opdims/fuel.py", "# a comment\n" + FILES["opdims/fuel.py"].replace(" = 1", "   =   1"), False),
        ("make_soup.py", FILES["make_soup.py"].replace("Doc.", "Other doc.").replace("\n\n", "\n"), False),
        ("opdims/kitchen/stove.py", FILES["opdims/kitchen/stove.py"].replace("heat():", 'heat():\n    "Burn."'), False),
        ("opdims/unused.py", "X = 2\n", False),
        ("requirements.txt", PINS.replace("numpy==2.4.6", "numpy==2.4.7"), True),
        ("requirements.txt", PINS.replace("scipy==1.17.1", "scipy==1.17.2"), True),  # imported by a function
        ("requirements.txt", PINS.replace("PyYAML==6.0.3", "PyYAML==6.0.4"), True),  # whose module has another name
        ("requirements.txt", PINS.replace("torch==2.13.0", "torch==2.13.1"), False),  # imported by what is not
        ("requirements.txt", PINS.replace("h5netcdf==1.8.2", "h5netcdf==1.8.3"), True),  # which xarray calls
        ("requirements.txt", PINS.replace("h5py==3.16.0", "h5py==3.16.1"), True),  # which h5netcdf calls
        ("requirements.txt", PINS.replace("matplotlib==3.11.2", "matplotlib==3.11.3"), False),
        ("requirements.txt", PINS.replace("snakemake==9.27.1", "snakemake==9.27.2"), False),  # imported for types only
        ("requirements.txt", PINS.replace("# Pins.", "# Other words."), False),
    ],
)
def test_the_digest_follows_code_and_nothing_else(scripts, name, text, changes):
    before = digest(scripts)
    (scripts / name).write_text(text)
    assert (digest(scripts) != before) == changes


def test_the_digest_does_not_depend_on_where_the_code_lies(scripts, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere") / "scripts"
    scripts.rename(other)
    moved = digest(other)
    other.rename(scripts)
    assert digest(scripts) == moved


def test_a_users_task_file_is_followed_into_the_libraries(scripts, tmp_path_factory):
    task = tmp_path_factory.mktemp("mine") / "task.py"
    task.write_text("from opdims.fuel import BURN\n")
    before = digest(scripts, task, pins=False)
    task.write_text("# A comment.\nfrom opdims.fuel import BURN\n")
    assert digest(scripts, task, pins=False) == before
    (scripts / "pipeline" / "pipes.py").write_text("GAS = 3\n")
    assert digest(scripts, task, pins=False) != before
