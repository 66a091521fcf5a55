"""Files that appear whole or not at all, and errors that name the file."""

import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SEAL = b"\nopdims crc32 "  # what stands between a file's content and its checksum


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file beside `path` that takes its place at the end, or vanishes if the block raises.

    Raises OSError in one line that names `path`, if it cannot be written: a full disk, no permission.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes | memoryview) -> None:
    """Write a whole file.

    Libraries that write to a full disk by themselves may crash the process when they close what they could not write,
    so HDF5 and netCDF files are made in memory, and written here.
    """
    with atomic(path) as temporary, open(temporary, "wb") as file:
        file.write(content)


def sealed(content: bytes) -> bytes:
    """Return the content of an HDF5 file followed by its checksum.

    HDF5 ignores what follows its content, and drops it when the file is edited. Without a checksum a damaged byte is
    another number, or makes the library itself run in circles.
    """
    return content + SEAL + f"{zlib.crc32(content):08x}\n".encode()


def check_seal(path: str | Path) -> None:
    """Raise ValueError, naming the file, if its content does not have the checksum that follows it, if one does."""
    content = memoryview(Path(path).read_bytes())
    end = len(content) - len(SEAL) - 9
    if content[end : end + len(SEAL)] == SEAL:
        found, expected = f"{zlib.crc32(content[:end]):08x}", bytes(content[-9:-1]).decode(errors="replace")
        if found != expected:
            raise ValueError(f"{path}: its checksum is {found}, expected {expected}: it is damaged; delete it")


@contextmanager
def reading(path: str | Path, expected: str) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into a ValueError of one line that names the file.

    Parameters
    ----------
    path
        The file.
    expected
        What it should be: "a whole HDF5 file".

    Raises
    ------
    ValueError
        Those of the block that begin with the path are left as they are.
    """
    try:
        yield
    except Exception as error:  # there is no telling what a parser meets in a damaged file
        message = " ".join(str(error).split())
        if isinstance(error, OSError) and error.filename is not None and error.strerror:
            message = error.strerror  # without the name of the file
        if isinstance(error, ValueError) and message.startswith(f"{path}: "):
            raise
        raise ValueError(f"{path}: cannot be read ({message or type(error).__name__}), expected {expected}") from error


def remove(path: str | Path) -> None:
    """Remove the file, if there is one, and what `atomic` left of it where a process was killed while it wrote."""
    path = Path(path)
    for each in (path, *path.parent.glob(f".{path.stem}-*{path.suffix}")):
        each.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
