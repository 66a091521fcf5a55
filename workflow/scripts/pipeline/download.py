"""Files from elsewhere, fetched once and checked."""

from pathlib import Path

import pooch


def download(url: str, sha256: str, path: str | Path, *, attempts: int = 5) -> None:
    """Fetch `url` to `path`, trying up to `attempts` times, and check its sha256; the file appears whole or not at all.

    Raises OSError with one line that says how to go on by hand.
    """
    path = Path(path)
    try:
        files = pooch.create(
            path.parent,
            base_url="",
            registry={path.name: sha256},
            urls={path.name: url},
            retry_if_failed=attempts - 1,
        )
        files.fetch(path.name, downloader=pooch.HTTPDownloader(timeout=30))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OSError(
            f"{path}: download of {url} failed ({reason}); put {path.name} into a folder by hand and pass "
            f"--config published_directory=<folder>"
        ) from error
