"""A digest changes with the code that a script runs, and with nothing else."""

import pytest

from pipeline import provenance
from pipeline.provenance import source_digest, source_files

FILES = {
    "make_soup.py": '"""Doc."""\nfrom opdims.kitchen import stove\n\nstove.heat()\n',
    "opdims/__init__.py": "",
    "opdims/kitchen/__init__.py": "import numpy\n",
    "opdims/kitchen/stove.py": "import opdims.fuel as fuel\n\n\ndef heat():\n    return fuel.BURN\n",
    "opdims/fuel.py": "BURN = 1\n",
    "opdims/unused.py": "X = 1\n",
}


@pytest.fixture
def scripts(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(scripts):
    provenance.source_digest.cache_clear()
    return source_digest(scripts / "make_soup.py")


def test_imports_are_followed_through_packages(scripts):
    found = {str(path.relative_to(scripts)) for path in source_files(scripts / "make_soup.py")}
    assert found == set(FILES) - {"opdims/unused.py"}


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("opdims/fuel.py", "BURN = 2\n", True),
        ("opdims/kitchen/__init__.py", "import scipy\n", True),
        ("make_soup.py", "from opdims.kitchen import stove\n\nstove.heat(2)\n", True),
        ("opdims/fuel.py", "# a comment\nBURN    =   1\n", False),
        ("make_soup.py", '"""Other doc."""\nfrom opdims.kitchen import stove\nstove.heat()\n', False),
        ("opdims/kitchen/stove.py", FILES["opdims/kitchen/stove.py"].replace("heat():", 'heat():\n    "Burn."'), False),
        ("opdims/unused.py", "X = 2\n", False),
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
