"""The planted errors apply to the code as it is, and the command that plants them tells the caught from the missed."""

import ast

import pytest

import planted_errors
from planted_errors import PlantedError, planted, read_errors

ALL = read_errors()
CODE = "def double(value):\n    return 2 * value\n\n\ndef triple(value):\n    return 3 * value\n"
TEST = "from code_under_test import double\n\n\ndef test_double():\n    assert double(3) == 6\n"
FOUND = PlantedError("double", "code_under_test.py", "2 *", "3 *", "it triples", ("test_code.py",))
MISSED = PlantedError("triple", "code_under_test.py", "3 *", "4 *", "it quadruples", ("test_code.py",))


def test_there_are_many_and_every_stage_has_some():
    assert len(ALL) >= 100


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.id)
def test_every_error_applies_and_changes_code_that_still_parses(error):
    text = (planted_errors.ROOT / error.file).read_text(encoding="utf-8")
    before, after = (ast.dump(ast.parse(each)) for each in (text, planted(error, planted_errors.ROOT)))
    assert before != after
    assert all((planted_errors.ROOT / test).is_file() for test in error.tests)


@pytest.mark.parametrize("old", ["nowhere", "value"])
def test_an_error_that_no_longer_applies_is_named(tmp_path, old):
    (tmp_path / "code_under_test.py").write_text(CODE)
    with pytest.raises(ValueError, match=rf"^double: '{old}' occurs \d times in code_under_test.py, expected once$"):
        planted(FOUND._replace(old=old), tmp_path)


def test_an_error_is_caught_by_the_first_test_that_fails_and_taken_out_again(tmp_path):
    (tmp_path / "code_under_test.py").write_text(CODE)
    (tmp_path / "test_code.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    assert planted_errors.first_failure(tmp_path, ["test_code.py"]) == ""
    found = list(planted_errors.plant_one_by_one([FOUND, MISSED], tmp_path, every_test=False))
    assert [each.test for each in found] == ["test_code.py::test_double", ""]
    assert (tmp_path / "code_under_test.py").read_text() == CODE
    report = planted_errors.report(found)
    assert "1 of 2 planted errors caught (50.0%)" in report
    assert "    1  test_code.py" in report
    assert "missed: triple: it quadruples" in report
    with pytest.raises(RuntimeError, match="pytest ended with code 4"):
        planted_errors.first_failure(tmp_path, ["no_test.py"])


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that runs the command on a small project with these errors, and returns its exit code."""

    def run(errors, *arguments, test=TEST):
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "test_code.py").write_text(test)
        (tmp_path / "tests" / "code_under_test.py").write_text(CODE)
        (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["tests"]\n')
        moved = {"file": "tests/code_under_test.py", "tests": ("tests/test_code.py",)}
        monkeypatch.setattr(planted_errors, "read_errors", lambda: [error._replace(**moved) for error in errors])
        monkeypatch.setattr(planted_errors, "ROOT", tmp_path)
        return planted_errors.main(arguments)

    return run


def test_the_command_fails_if_too_many_errors_are_missed(command, capsys):
    assert command([FOUND, MISSED]) == 1
    double, triple = capsys.readouterr().out.splitlines()[:2]
    assert double.split()[:2] == ["double", "caught"]
    assert double.endswith("tests/test_code.py::test_double")
    assert triple.split()[:2] == ["triple", "MISSED"]


def test_the_command_plants_the_errors_that_are_chosen(command, capsys):
    assert command([FOUND, MISSED], "double") == 0
    assert "1 of 1 planted errors caught (100.0%)" in capsys.readouterr().out


def test_the_command_names_an_unknown_error(command, capsys):
    assert command([FOUND, MISSED], "half") == 2
    assert capsys.readouterr().err == "half is no planted error, expected one of double, triple\n"


def test_the_command_wants_tests_that_pass_without_any_error(command, capsys):
    assert command([FOUND], test=TEST.replace("6", "7")) == 2
    assert "tests/test_code.py::test_double fails without any error planted" in capsys.readouterr().err
