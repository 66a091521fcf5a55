"""Times in words, and the lines of a job that takes minutes."""

import io
import logging

import pytest

from pipeline.progress import ProgressHandler, in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (4.4, "4 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3569, "59 min"),
        (3571, "1 h 0 min"),
        (5460, "1 h 31 min"),
    ],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words


def lines(*records, interval=20.0):
    """Return what is printed of records, each a time (s) and a share of the work."""
    now, stream = [0.0], io.StringIO()
    handler = ProgressHandler("train_network_3", interval=interval, stream=stream, clock=lambda: now[0])
    log = logging.Logger("training")
    log.addHandler(handler)
    for number, (when, share) in enumerate(records):
        now[0] = when
        log.info("record %d", number, extra={} if share is None else {"share": share})
    return stream.getvalue().splitlines()


def test_the_time_left_is_that_of_the_rest_at_the_speed_so_far():
    assert lines((0, 0.1), (50, 0.2), (100, 0.3)) == [
        "train_network_3: record 1; about 7 min left",  # 0.8 at 0.1 in 50 s
        "train_network_3: record 2; about 6 min left",
    ]


def test_work_of_an_earlier_run_took_no_time_in_this_one():
    assert lines((1000, 0.8), (1100, 0.9)) == ["train_network_3: record 1; about 2 min left"]


def test_lines_are_an_interval_apart_and_none_comes_at_the_end():
    assert len(lines(*((second, second / 100) for second in range(100)), interval=20.0)) == 4
    assert lines((0, 0.5), (100, 1.0)) == []


def test_other_records_are_not_shown():
    assert lines((0, 0.0), (100, None)) == []
