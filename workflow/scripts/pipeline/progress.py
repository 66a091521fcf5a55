"""How far work is and how long it will take: in words, and on the terminal for a job that takes minutes."""

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO

INTERVAL = 20.0  # s, between two lines of a job


def in_words(seconds: float) -> str:
    """Return a time as one reads it: 45 s, 3 min, 1 h 5 min."""
    if seconds < 59.5:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class ProgressHandler(logging.Handler):
    """Prints log records that tell how much of the work is done, every so often, with the time left.

    Such a record has the attribute `share`, the share of the work that is done, between 0 and 1. The first one only
    starts the clock: what was done before, perhaps by a run that was killed, is not timed.
    """

    def __init__(
        self,
        name: str,  # of the job, which begins each line
        *,
        interval: float = INTERVAL,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(logging.INFO)
        self.job, self.interval, self.stream, self.clock = name, interval, stream, clock
        self.first: tuple[float, float] | None = None  # time and share
        self.shown = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        share = getattr(record, "share", None)
        if share is None:
            return
        now = self.clock()
        if self.first is None:
            self.first, self.shown = (now, share), now
        started, share_then = self.first
        if now - self.shown < self.interval or not share_then < share < 1:
            return
        self.shown = now
        left = (now - started) * (1 - share) / (share - share_then)
        line = f"{self.job}: {record.getMessage()}; about {in_words(left)} left"
        print(line, file=self.stream or sys.stderr, flush=True)
