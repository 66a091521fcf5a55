"""What a job says: everything to its log, errors to the terminal as one line."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def logging_to(path: str) -> Iterator[None]:
    """Send log records to the file `path`; on an error add its traceback, print one line and exit with code 1."""
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    try:
        yield
    except Exception as error:
        logging.exception("failed")
        message = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, (ValueError, OSError, RuntimeError)):
            message = f"{type(error).__name__}: {message}"
        print(f"{Path(path).stem}: {message} (details: {path})", file=sys.stderr, flush=True)
        sys.exit(1)
