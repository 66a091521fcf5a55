"""Archives of NumPy arrays (`.npz`, by numpy.savez)."""

import zipfile

import numpy as np

from opdims.files import reading
from opdims.formats.contents import Contents, add, contents_of, skip


def read(path: str) -> Contents:
    """Read an archive of arrays; pickled objects in it are skipped, never loaded.

    Parameters
    ----------
    path
        A `.npz` file.

    Returns
    -------
    Contents

    Raises
    ------
    ValueError
        If the file is no such archive, or damaged.
    """
    expected = "a whole .npz archive (numpy.savez)"
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: is truncated or not an archive of NumPy arrays, expected {expected}")
    contents = contents_of(path)
    with reading(path, expected), np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            try:
                value = archive[name]
            except ValueError as error:
                if "Object arrays" not in str(error):
                    raise
                skip(contents, name, "is of Python objects (pickled, which is never loaded)")
                continue
            if isinstance(value, np.ndarray):
                add(contents, name, value)
            else:
                skip(contents, name, "is not an array")
        if not any(name.endswith(".npy") for name in archive.zip.namelist()):
            raise ValueError("it has no NumPy arrays")
    return contents
