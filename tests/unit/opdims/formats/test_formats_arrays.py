"""Files of weights in all formats, whole and damaged."""

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from opdims.formats.arrays import SUFFIXES, read_arrays, read_contents

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([1.0, -2.0], dtype=np.float32)}


def write_hdf5(target, arrays: dict) -> None:
    with h5py.File(target, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def write_keras(path: Path, arrays: dict) -> None:
    buffer = io.BytesIO()
    write_hdf5(buffer, arrays)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", buffer.getvalue())
        archive.writestr("config.json", "{}")


def write_torch(path: Path, arrays: dict) -> None:
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, path)


def write_onnx(path: Path, arrays: dict) -> None:
    onnx = pytest.importorskip("onnx")
    initializers = [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "net", [], [], initializers)), path)


WRITERS: dict[str, Callable[[Path, dict], None]] = {
    ".npz": lambda path, arrays: np.savez(path, **arrays),
    ".safetensors": lambda path, arrays: save_file({k: torch.from_numpy(v) for k, v in arrays.items()}, path),
    ".pt": write_torch,
    ".pth": write_torch,
    ".ckpt": write_torch,
    ".bin": write_torch,
    ".onnx": write_onnx,
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
    ".weights.h5": write_hdf5,
    ".keras": write_keras,
    ".json": lambda path, arrays: path.write_text(json.dumps({k: v.tolist() for k, v in arrays.items()})),
}


class Touch:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (os.mknod, (str(self.path),))


def message(path: Path) -> str:
    """Return the one line that reading the file raises."""
    with pytest.raises(ValueError, match=r".") as caught:
        read_arrays(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_gives_back_what_was_written(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    WRITERS[suffix](path, ARRAYS)
    found = read_arrays(path)
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert suffix == ".json" or found[name].dtype == array.dtype


def test_every_suffix_is_tested():
    assert set(SUFFIXES) <= set(WRITERS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_suffix_may_be_in_capitals(suffix, tmp_path):
    WRITERS[suffix](tmp_path / f"net{suffix}", ARRAYS)
    (tmp_path / f"net{suffix}").rename(tmp_path / f"NET{suffix.upper()}")
    assert set(read_arrays(tmp_path / f"NET{suffix.upper()}")) == {"a", "b"}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_refused_in_one_line(suffix, kept, tmp_path):
    path = tmp_path / f"net{suffix}"
    WRITERS[suffix](path, {"a": np.random.default_rng(0).normal(size=(30, 30))})
    whole = path.read_bytes()
    path.write_bytes(whole[: max(1, int(kept * len(whole)))])
    assert "expected" in message(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"x", b"not a network\n" * 50, bytes(4096), b"\x80\x04" + bytes(100), b"PK\x03\x04"]
)
def test_a_file_of_something_else_is_refused_in_one_line(suffix, content, tmp_path):
    path = tmp_path / f"net{suffix}"
    path.write_bytes(content)
    assert "expected" in message(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("other", [".npz", ".safetensors", ".pt", ".onnx", ".h5", ".keras", ".json"])
def test_a_file_of_another_format_is_refused_in_one_line(suffix, other, tmp_path):
    if WRITERS[suffix] is WRITERS[other]:
        return
    WRITERS[other](tmp_path / f"other{other}", ARRAYS)
    path = tmp_path / f"net{suffix}"
    path.write_bytes((tmp_path / f"other{other}").read_bytes())
    assert "expected" in message(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_an_empty_file_and_a_folder_are_told_apart(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    assert message(path) == f"{path}: no such file, expected a {suffix} file"
    path.touch()
    assert message(path) == f"{path}: is empty, expected a {suffix} file"
    path.unlink()
    path.mkdir()
    assert message(path) == f"{path}: is a folder, expected a {suffix} file"


def test_an_unknown_suffix_names_those_known(tmp_path):
    assert "has suffix .mat, expected .npz, .safetensors, .pt," in message(tmp_path / "net.mat")
    assert "has no suffix, expected .npz" in message(tmp_path / "net")
    assert "suffix .pkl (pickled files can run code and are never read)" in message(tmp_path / "net.pkl")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_code_in_a_pickle_never_runs(suffix, tmp_path):
    path, touched = tmp_path / f"net{suffix}", tmp_path / "touched"
    path.write_bytes(pickle.dumps({"a": Touch(touched)}))
    assert "expected" in message(path)
    if suffix in (".pt", ".pth", ".ckpt", ".bin"):
        for zipped in (True, False):
            torch.save({"state_dict": {"a": Touch(touched)}}, path, _use_new_zipfile_serialization=zipped)
            assert "is a pickled module or holds other objects than tensors" in message(path)
    assert not touched.exists()
    pickle.loads(pickle.dumps(Touch(touched)))
    assert touched.exists()  # as it would if it had run


def test_objects_in_an_npz_are_skipped_and_never_unpickled(tmp_path):
    path, touched = tmp_path / "net.npz", tmp_path / "touched"
    np.savez(path, a=np.eye(2), evil=np.array([Touch(touched)], dtype=object), none=np.array(None), name=np.array("x"))
    contents = read_contents(path)
    assert set(contents.arrays) == {"a"}
    assert contents.skipped["evil"].startswith("is of Python objects (pickled, which is never loaded)")
    assert contents.texts == {"name": "x"}
    assert not touched.exists()


def test_a_single_array_is_no_npz(tmp_path):
    np.save(tmp_path / "net.npy", np.eye(2))
    (tmp_path / "net.npy").rename(tmp_path / "net.npz")
    assert "expected a whole .npz archive" in message(tmp_path / "net.npz")


def test_a_damaged_byte_in_an_npz_is_noticed(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, a=np.random.default_rng(0).normal(size=(30, 30)))
    content = bytearray(path.read_bytes())
    content[2000] ^= 255
    path.write_bytes(content)
    assert "cannot be read" in message(path)


def test_a_scalar_keeps_its_shape_in_safetensors(tmp_path):
    save_file({"a": torch.tensor(1.5), "b": torch.zeros(3, 0)}, tmp_path / "net.safetensors")
    found = read_arrays(tmp_path / "net.safetensors")
    assert found["a"].shape == ()
    assert found["b"].shape == (3, 0)


def test_hdf5_gives_datasets_of_all_groups_by_path(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file["x/y/weights"] = np.eye(2)
        file["x/name"] = "relu"
        file["x/names"] = ["a", "b"]
        file["x/nothing"] = h5py.Empty("f8")
        file["x/pair"] = np.zeros(2, dtype=[("a", "f8"), ("b", "i4")])
        file["x/link"] = h5py.SoftLink("/gone")
        file.attrs["equation"] = "rate"
    contents = read_contents(tmp_path / "net.h5")
    assert set(contents.arrays) == {"x/y/weights"}
    assert contents.texts == {"x/name": "relu", "equation": "rate"}
    assert set(contents.skipped) == {"x/names", "x/nothing", "x/pair"}


def test_json_joins_nested_keys_and_skips_what_is_no_array(tmp_path):
    content = {"W": [[0, 1], [1, 0]], "args": {"name": "relu", "slope": 1}, "bias": None, "bad": [[1], [1, 2]]}
    (tmp_path / "net.json").write_text(json.dumps(content))
    contents = read_contents(tmp_path / "net.json")
    assert {name: array.dtype for name, array in contents.arrays.items()} == {"W": float, "args/slope": float}
    assert contents.texts == {"args/name": "relu"}
    assert contents.skipped == {"bad": "has lists of different lengths, expected an array of real numbers"}


@pytest.mark.parametrize("content", ["[1, 2]", "3", "null", '{"a": 1', "[" * 100_000, '{"a": "\xff"}'])
def test_json_without_an_object_at_the_top_is_refused(content, tmp_path):
    (tmp_path / "net.json").write_bytes(content.encode("latin-1"))
    assert "expected a JSON object with arrays by key" in message(tmp_path / "net.json")


def test_a_keras_model_needs_its_weights_and_its_configuration(tmp_path):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert "expected a whole Keras 3 model" in message(path)
    buffer = io.BytesIO()
    write_hdf5(buffer, ARRAYS)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", buffer.getvalue())
        archive.writestr("config.json", "{")
    assert "its configuration cannot be read" in message(path)


@pytest.mark.parametrize(("package", "suffix"), [("onnx", ".onnx"), ("safetensors", ".safetensors")])
def test_a_package_that_is_not_installed_is_named(package, suffix, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / f"net{suffix}").write_bytes(b"x")
    assert message(tmp_path / f"net{suffix}").endswith(f"needs the package {package}: pip install {package}")


def test_the_checker_of_configurations_starts_without_torch_and_onnx():
    code = "import sys, opdims.formats.mapping; print(*sorted({'torch', 'onnx', 'safetensors'} & set(sys.modules)))"
    scripts = Path(__file__).parents[4] / "workflow" / "scripts"
    done = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
