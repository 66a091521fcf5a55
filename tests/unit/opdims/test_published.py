"""The layout of the published files, and their download from a server on this machine."""

import hashlib
import http.server
import threading
from functools import partial

import h5py
import numpy as np
import pytest
import torch

from opdims import published, storage


@pytest.fixture
def matlab_file(tmp_path):
    """Two small networks as MATLAB writes them: every array transposed."""
    rng = np.random.default_rng(0)
    path = tmp_path / "ctxt_weights.h5"
    with h5py.File(path, "w") as file:
        for number in (1, 2):
            for group in ("init", "final"):
                base = f"NetNr{number}/{group}"
                file[f"{base}/n_Wru_v"] = rng.standard_normal((3, 4))
                file[f"{base}/n_Wrr_n"] = rng.standard_normal((4, 4))
                file[f"{base}/m_Wzr_n"] = rng.standard_normal((4, 1))
                for name, shape in (("n_x0_c", (2, 4)), ("n_bx_1", (1, 4)), ("m_bz_1", (1, 1))):
                    file[f"{base}/{name}"] = np.zeros(shape)
    return path


def test_arrays_are_transposed(matlab_file):
    initial, final = storage.read_published(matlab_file, 2)
    with h5py.File(matlab_file) as file:
        for network, group in ((initial, "init"), (final, "final")):
            for matrix, name in zip(network, ("n_Wrr_n", "n_Wru_v", "m_Wzr_n"), strict=True):
                assert torch.equal(matrix, torch.from_numpy(file[f"NetNr2/{group}/{name}"][()].T.copy()))


def test_a_network_that_is_not_there_is_named(matlab_file):
    with pytest.raises(ValueError, match=r"ctxt_weights.h5: no group NetNr3, expected one of the networks \[1, 2\]"):
        published.read_matrices(matlab_file, 3)


@pytest.mark.parametrize(
    ("dataset", "value", "message"),
    [
        ("n_Wrr_n", np.ones((4, 3)), r"NetNr1/final/n_Wrr_n is \(3, 4\), expected a square matrix"),
        ("n_Wru_v", np.ones((4, 3)), r"NetNr1/final/n_Wru_v is \(3, 4\), expected \(4, n_inputs\)"),
        ("m_Wzr_n", np.full((4, 1), np.inf), "NetNr1/final/m_Wzr_n holds values that are not finite"),
        ("n_bx_1", np.ones((1, 4)), "NetNr1/final/n_bx_1 is not zero, expected no initial state and no bias"),
    ],
)
def test_what_is_wrong_with_a_published_file_is_named(matlab_file, dataset, value, message):
    with h5py.File(matlab_file, "a") as file:
        del file[f"NetNr1/final/{dataset}"]
        file[f"NetNr1/final/{dataset}"] = value
    with pytest.raises(ValueError, match=message):
        published.read_matrices(matlab_file, 1)


class Handler(http.server.SimpleHTTPRequestHandler):
    failures = 0

    def do_GET(self):
        if Handler.failures > 0:
            Handler.failures -= 1
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "ctxt_weights.h5").write_bytes(b"weights")
    Handler.failures = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/ctxt_weights.h5"
        httpd.shutdown()


SHA256 = hashlib.sha256(b"weights").hexdigest()


def test_a_file_is_downloaded_and_checked(server, tmp_path):
    target = tmp_path / "published" / "ctxt_weights.h5"
    published.download(server, SHA256, target)
    assert target.read_bytes() == b"weights"


def test_a_failing_server_is_asked_again(server, tmp_path):
    Handler.failures = 1
    published.download(server, SHA256, tmp_path / "ctxt_weights.h5", attempts=2)
    assert (tmp_path / "ctxt_weights.h5").read_bytes() == b"weights"


@pytest.mark.parametrize(("url_end", "sha256"), [("", "0" * 64), (".missing", SHA256)])
def test_a_failed_download_says_how_to_go_on_and_leaves_nothing(server, tmp_path, url_end, sha256):
    target = tmp_path / "published" / "ctxt_weights.h5"
    with pytest.raises(OSError, match=r"--config published_directory=<folder>") as caught:
        published.download(server + url_end, sha256, target, attempts=1)
    assert "\n" not in str(caught.value)
    assert list(target.parent.iterdir()) == []


def test_a_server_that_is_not_there_is_a_failed_download(tmp_path):
    with pytest.raises(OSError, match=r"put ctxt_weights.h5 into a folder by hand"):
        published.download("http://127.0.0.1:9/ctxt_weights.h5", SHA256, tmp_path / "ctxt_weights.h5", attempts=1)
