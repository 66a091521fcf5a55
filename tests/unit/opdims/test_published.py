"""The layout of the published files."""

import h5py
import numpy as np
import pytest
import torch

from opdims import storage
from opdims.formats.published import read_matrices
from opdims.nonlinearity import TANH

VECTORS = {"n_x0_c": (2, 4), "n_bx_1": (1, 4), "m_bz_1": (1, 2)}


@pytest.fixture
def matlab_file(tmp_path):
    """Two small networks of two outputs as MATLAB writes them: every array transposed."""
    rng = np.random.default_rng(0)
    path = tmp_path / "ctxt_weights.h5"
    with h5py.File(path, "w") as file:
        for number in (1, 2):
            for group in ("init", "final"):
                base = f"NetNr{number}/{group}"
                file[f"{base}/n_Wru_v"] = rng.standard_normal((3, 4))
                file[f"{base}/n_Wrr_n"] = rng.standard_normal((4, 4))
                file[f"{base}/m_Wzr_n"] = rng.standard_normal((4, 2))
                for name, shape in VECTORS.items():
                    file[f"{base}/{name}"] = np.zeros(shape)
    return path


def change(path, **datasets):
    with h5py.File(path, "a") as file:
        for name, value in datasets.items():
            del file[f"NetNr1/final/{name}"]
            if value is not None:
                file[f"NetNr1/final/{name}"] = value


def test_arrays_are_transposed(matlab_file):
    initial, final = storage.read_published(matlab_file, 2)
    with h5py.File(matlab_file) as file:
        for network, group in ((initial, "init"), (final, "final")):
            assert tuple(network.tensors()) == ("recurrent", "input", "output")
            names = ("n_Wrr_n", "n_Wru_v", "m_Wzr_n")
            for matrix, name in zip(network.tensors().values(), names, strict=True):
                assert torch.equal(matrix, torch.from_numpy(file[f"NetNr2/{group}/{name}"][()].T.copy()))
            assert network.recurrent.is_contiguous()
            assert network.output.shape == (2, 4), "two outputs are read"
            assert (network.equation, network.nonlinearity) == ("current", TANH)


def test_biases_and_initial_state_are_read_where_they_are_not_zero(matlab_file):
    state, bias = np.arange(1.0, 5.0), np.arange(5.0, 9.0)
    change(matlab_file, n_x0_c=state[None], n_bx_1=bias[None], m_bz_1=np.array([[0.0, 3.0]]))
    initial, final = storage.read_published(matlab_file, 1)
    assert tuple(initial.tensors()) == ("recurrent", "input", "output")
    assert final.initial_state.tolist() == state.tolist()
    assert final.bias.tolist() == bias.tolist()
    assert final.output_bias.tolist() == [0, 3]
    assert final.initial_rates is None


def test_files_need_not_have_biases(matlab_file):
    change(matlab_file, n_x0_c=None, n_bx_1=None, m_bz_1=None)
    assert tuple(read_matrices(matlab_file, 1)["final"]) == ("recurrent", "input", "output")


def test_a_network_that_is_not_there_is_named(matlab_file):
    with pytest.raises(ValueError, match=r"ctxt_weights.h5: no group NetNr3, expected one of the networks \[1, 2\]"):
        read_matrices(matlab_file, 3)


@pytest.mark.parametrize(
    ("dataset", "value", "message"),
    [
        ("n_Wrr_n", np.ones((4, 3)), r"NetNr1/final/n_Wrr_n is \(3, 4\), expected a square matrix"),
        ("n_Wru_v", np.ones((4, 3)), r"NetNr1/final/n_Wru_v is \(3, 4\), expected \(4, n_inputs\)"),
        ("m_Wzr_n", np.full((4, 1), np.inf), "NetNr1/final/m_Wzr_n holds values that are not finite"),
        ("n_bx_1", np.ones((1, 3)), r"NetNr1/final/n_bx_1 is \(1, 3\), expected 4 numbers, the same in every trial"),
        ("m_bz_1", np.ones((1, 4)), r"NetNr1/final/m_bz_1 is \(1, 4\), expected 2 numbers"),
        ("n_x0_c", np.ones((2, 4)), r"NetNr1/final/n_x0_c is \(2, 4\), expected 4 numbers, the same in every trial"),
    ],
)
def test_what_is_wrong_with_a_published_file_is_named(matlab_file, dataset, value, message):
    change(matlab_file, **{dataset: value})
    with pytest.raises(ValueError, match=message) as caught:
        read_matrices(matlab_file, 1)
    assert "\n" not in str(caught.value)
