"""Wrong files of weights, see `bad_inputs`: those that a user names, in whatever format, and recorded trials."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bad_files import READING, UNITS, Change, case, normal
from bad_inputs import Case
from opdims.formats.mapping import read_weights
from opdims.recordings import read_recordings
from pipeline.imports import read_import


def own_case(id: str, given: str, expected: str, name: str, write: Change, **reading: Any) -> Case:
    return case(
        f"own_{id}",
        given,
        rf"{name}: {expected}",
        write,
        lambda folder: read_import(folder / name, READING | {"number": None} | reading),
    )


def npz(**arrays: Any) -> Change:
    return lambda folder: np.savez(folder / "net.npz", **arrays)


def archive(cut: int | None = None, flip: int | None = None, **arrays: Any) -> Change:
    def write(folder: Path) -> None:
        file = io.BytesIO()
        np.savez(file, **arrays)
        data = bytearray(file.getvalue()[:cut])
        if flip is not None:
            data[flip] ^= 255
        (folder / "net.npz").write_bytes(data)

    return write


WEIGHTS = {"recurrent": normal(UNITS, UNITS), "input": normal(UNITS, 1)}
OWN = [
    own_case(
        "npz_complex",
        "complex weights in .npz",
        "tensor recurrent is of complex numbers, expected real numbers",
        "net.npz",
        npz(**WEIGHTS | {"recurrent": WEIGHTS["recurrent"] + 1j}),
    ),
    own_case(
        "npz_dt_nan",
        "dt that is no number in .npz",
        "dt is nan, expected one finite number",
        "net.npz",
        npz(**WEIGHTS, dt=np.nan),
        constants={},
    ),
    own_case(
        "npz_tau_complex",
        "a complex tau in .npz",
        r"tau is \(10\+1j\), expected one finite number",
        "net.npz",
        npz(**WEIGHTS, tau=10 + 1j),
        constants={},
    ),
    own_case(
        "npz_dt_array",
        "two numbers for dt in .npz",
        r"dt is \[1.0, 2.0\], expected one finite number",
        "net.npz",
        npz(**WEIGHTS, dt=[1.0, 2.0]),
        constants={},
    ),
    own_case(
        "npz_half",
        "weights beyond half precision in .npz",
        "tensor recurrent holds values that are not finite",
        "net.npz",
        npz(**WEIGHTS | {"recurrent": np.full((UNITS, UNITS), np.inf, dtype=np.float16)}),
    ),
    own_case(
        "npz_integers",
        "weights that are whole numbers",
        "tensor recurrent is of integers, expected real numbers",
        "net.npz",
        npz(**WEIGHTS | {"recurrent": np.eye(UNITS, dtype=int)}),
    ),
    own_case(
        "npz_objects",
        "weights that are Python objects",
        "tensor recurrent is of Python objects",
        "net.npz",
        npz(**WEIGHTS | {"recurrent": np.array([[1, None]], dtype=object)}),
    ),
    own_case("npz_cut", "an .npz cut short", "is truncated or not an archive", "net.npz", archive(cut=-40, **WEIGHTS)),
    own_case(
        "npz_flipped",
        "an .npz with a damaged byte",
        r"cannot be read \(Bad CRC-32",
        "net.npz",
        archive(flip=200, **WEIGHTS),
    ),
    own_case(
        "two_outputs",
        "a readout of two outputs",
        r"tensor output is \(2, 6\), expected \(1, 6\)",
        "net.npz",
        npz(**WEIGHTS, output=normal(2, UNITS)),
    ),
    own_case(
        "json_ragged",
        "lists of different lengths in .json",
        "tensor recurrent has lists of different lengths",
        "net.json",
        lambda folder: (folder / "net.json").write_text(json.dumps({"recurrent": [[1.0, 2.0], [3.0]]})),
    ),
    own_case(
        "json_deep",
        "a .json nested too deep",
        "cannot be read",
        "net.json",
        lambda folder: (folder / "net.json").write_text("[" * 100000),
    ),
    own_case(
        "pt_complex",
        "complex weights in .pt",
        "tensor recurrent is of complex numbers",
        "net.pt",
        lambda folder: torch.save({"recurrent": torch.ones(2, 2, dtype=torch.complex64)}, folder / "net.pt"),
    ),
    own_case(
        "h5_text",
        "a .h5 file that is a text",
        "cannot be read",
        "net.h5",
        lambda folder: (folder / "net.h5").write_text("weights"),
    ),
    own_case(
        "safetensors_text",
        "a .safetensors file that is a text",
        "cannot be read",
        "net.safetensors",
        lambda folder: (folder / "net.safetensors").write_text("weights"),
    ),
    case(
        "own_unknown_suffix",
        "a pickled file",
        r"net\.pkl: has suffix \.pkl \(pickled files can run code",
        lambda folder: (folder / "net.pkl").write_bytes(b"x"),
        lambda folder: read_weights(folder / "net.pkl"),
    ),
    case(
        "recordings_complex",
        "complex recorded inputs",
        r"trials\.npz: array inputs is of complex128, expected real numbers",
        lambda folder: np.savez(folder / "trials.npz", inputs=normal(2, 3, 1) * 1j),
        lambda folder: read_recordings(folder / "trials.npz", dt=1.0),
    ),
    case(
        "recordings_nan",
        "recorded inputs that are no numbers",
        r"trials\.npz: array inputs holds values that are not finite",
        lambda folder: np.savez(folder / "trials.npz", inputs=np.full((2, 3, 1), np.nan)),
        lambda folder: read_recordings(folder / "trials.npz", dt=1.0),
    ),
]


CASES = OWN
