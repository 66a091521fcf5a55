"""Every wrong input gets one line that says what is wrong, and an exit code that is not 0."""

import re

import pytest

from bad_inputs import cases

CASES = {case.id: case for case in cases()}


def test_ids_are_unique():
    assert len(CASES) == len(cases())


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_input_gets_one_line(name, tmp_path):
    code, text = CASES[name].run(tmp_path)
    assert code != 0, text
    assert len(text.splitlines()) == 1, text
    assert re.search(CASES[name].expected, text), text
