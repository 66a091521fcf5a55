"""A digest changes with the code that a script runs and the packages that it imports, and with nothing else."""

import pytest

from pipeline import provenance
from pipeline.provenance import source_digest, source_files

FILES = {
    "make_soup.py": '"""Doc."""\nfrom opdims.kitchen import stove\n\nstove.heat()\n',
    "opdims/__init__.py": "",
    "opdims/kitchen/__init__.py": "import numpy\nfrom opdims import spoon\n",
    "opdims/kitchen/stove.py": "import opdims.fuel as fuel\n\n\ndef heat():\n    return fuel.BURN\n",
    "opdims/fuel.py": "from pipeline.pipes import GAS\n\nBURN = 1\n",
    "opdims/spoon.py": "def stir():\n    import yaml.nodes\n    from scipy import stats\n",
    "opdims/unused.py": "import torch\n\nX = 1\n",
    "pipeline/pipes.py": "GAS = 2\n",
}
PINS = "# Pins.\nnumpy==2.4.6\nscipy==1.17.1\ntorch==2.13.0\nPyYAML==6.0.3\nsnakemake-executor-plugin-slurm==2.8.0\n"


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


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("opdims/fuel.py", FILES["opdims/fuel.py"].replace("1", "2"), True),
        ("pipeline/pipes.py", "GAS = 3\n", True),
        ("opdims/kitchen/__init__.py", "import numpy\n", True),
        ("make_soup.py", "from opdims.kitchen import stove\n\nstove.heat(2)\n", True),
        ("opdims/fuel.py", "# a comment\n" + FILES["opdims/fuel.py"].replace(" = 1", "   =   1"), False),
        ("make_soup.py", '"""Other doc."""\nfrom opdims.kitchen import stove\nstove.heat()\n', False),
        ("opdims/kitchen/stove.py", FILES["opdims/kitchen/stove.py"].replace("heat():", 'heat():\n    "Burn."'), False),
        ("opdims/unused.py", "X = 2\n", False),
        ("requirements.txt", PINS.replace("numpy==2.4.6", "numpy==2.4.7"), True),
        ("requirements.txt", PINS.replace("scipy==1.17.1", "scipy==1.17.2"), True),  # imported by a function
        ("requirements.txt", PINS.replace("PyYAML==6.0.3", "PyYAML==6.0.4"), True),  # whose module has another name
        ("requirements.txt", PINS.replace("torch==2.13.0", "torch==2.13.1"), False),  # imported by what is not
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
