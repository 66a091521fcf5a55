"""Downloads: fetched whole or not at all, checked, and with a way to go on by hand."""

import hashlib
import http.server
import threading
from functools import partial

import pytest

from pipeline.download import download


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
    download(server, SHA256, target)
    assert target.read_bytes() == b"weights"


def test_a_failing_server_is_asked_again(server, tmp_path):
    Handler.failures = 1
    download(server, SHA256, tmp_path / "ctxt_weights.h5", attempts=2)
    assert (tmp_path / "ctxt_weights.h5").read_bytes() == b"weights"


@pytest.mark.parametrize(("url_end", "sha256"), [("", "0" * 64), (".missing", SHA256)])
def test_a_failed_download_says_how_to_go_on_and_leaves_nothing(server, tmp_path, url_end, sha256):
    target = tmp_path / "published" / "ctxt_weights.h5"
    with pytest.raises(OSError, match=r"--config published_directory=<folder>") as caught:
        download(server + url_end, sha256, target, attempts=1)
    assert "\n" not in str(caught.value)
    assert list(target.parent.iterdir()) == []


def test_a_server_that_is_not_there_is_a_failed_download(tmp_path):
    with pytest.raises(OSError, match=r"put ctxt_weights.h5 into a folder by hand"):
        download("http://127.0.0.1:9/ctxt_weights.h5", SHA256, tmp_path / "ctxt_weights.h5", attempts=1)
