"""Weights that torch.save wrote: state_dicts, checkpoints, and what is neither."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from opdims.formats.arrays import read_arrays, read_contents


def test_a_pickled_module_is_refused(tmp_path, message):
    torch.save(torch.nn.RNN(2, 3), tmp_path / "net.pt")
    assert message(tmp_path / "net.pt").endswith(
        "is a pickled module or holds other objects than tensors, "
        "expected a state_dict (torch.save(model.state_dict(), ...))"
    )


def test_a_torchscript_archive_is_refused(tmp_path, message):
    path = tmp_path / "net.pt"
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 3)), str(path))
    assert "is a TorchScript archive, expected a state_dict" in message(path)


@pytest.mark.parametrize(
    ("saved", "found"), [(torch.eye(2), "holds a Tensor"), ([torch.eye(2)], "holds a list"), ({}, "holds no tensors")]
)
def test_what_torch_saved_must_be_a_state_dict(saved, found, tmp_path, message):
    torch.save(saved, tmp_path / "net.pt")
    assert f"{found}, expected a state_dict" in message(tmp_path / "net.pt")


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict"])
def test_a_checkpoint_gives_its_state_dict(wrapper, tmp_path):
    module = torch.nn.DataParallel(torch.nn.RNN(2, 3))
    torch.save({"epoch": 3, wrapper: module.state_dict(), "optimizer": {"lr": 0.1}}, tmp_path / "net.ckpt")
    assert set(read_arrays(tmp_path / "net.ckpt")) == set(module.state_dict())
    assert all(name.startswith("module.") for name in module.state_dict())


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_types_that_numpy_lacks_become_float32(suffix, tmp_path):
    values = torch.tensor([1.0, -0.1, 3e38, 1e-40])
    saved = {
        "half": values[:2].half(),
        "brain": values.bfloat16(),
        "byte": torch.tensor([1, 2], dtype=torch.uint8),
        "complex": torch.tensor([1j]),
        "flag": torch.tensor([True]),
    }
    path = tmp_path / f"net{suffix}"
    torch.save(saved, path) if suffix == ".pt" else save_file(saved, path)
    found = read_arrays(path)
    np.testing.assert_array_equal(found["brain"], values.bfloat16().float().numpy())
    assert {name: str(array.dtype) for name, array in found.items()} == {
        "half": "float16",
        "brain": "float32",
        "byte": "uint8",
        "complex": "complex64",
        "flag": "bool",
    }


def test_parameters_sparse_and_conjugate_tensors_are_read(tmp_path):
    saved = {
        "a": torch.nn.Parameter(torch.eye(2)),
        "b": torch.eye(2).to_sparse(),
        "c": torch.tensor([1j]).conj(),
        "d": torch.eye(2, device="meta"),
        5: torch.eye(2),
        "epoch": 3,
    }
    torch.save(saved, tmp_path / "net.pt")
    contents = read_contents(tmp_path / "net.pt")
    assert set(contents.arrays) == {"a", "b", "c", "5"}
    np.testing.assert_array_equal(contents.arrays["b"], np.eye(2))
    assert contents.arrays["c"] == -1j
    assert set(contents.skipped) == {"d", "epoch"}
