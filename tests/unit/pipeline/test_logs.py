"""An error goes to the log with its traceback and to the terminal as one line."""

import logging

import pytest

from pipeline.logs import logging_to


def fail(path, error):
    with logging_to(str(path)):
        logging.info("began")
        raise error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("ranks: 101\n is beyond"), "train_network_3: ranks: 101 is beyond (details: {path})\n"),
        (KeyError("tau"), "train_network_3: KeyError: 'tau' (details: {path})\n"),
        (ValueError(), "train_network_3: ValueError (details: {path})\n"),
    ],
)
def test_an_error_is_one_line_and_a_traceback(tmp_path, capsys, error, line):
    path = tmp_path / "train_network_3.log"
    with pytest.raises(SystemExit) as caught:
        fail(path, error)
    assert caught.value.code == 1
    assert capsys.readouterr().err == line.format(path=path)
    assert "INFO began" in path.read_text()
    assert "Traceback" in path.read_text()
