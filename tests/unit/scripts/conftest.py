"""Fixtures that tests of several scripts share."""

import noisy
import pytest
import torch
from any_networks import KINDS
from stages import run_all


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Matrices are small: threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session", params=KINDS, ids=lambda name: name.replace(" ", "_"))
def results(request, tmp_path_factory):
    """A folder with the results of all stages, and what its networks are like."""
    kind = KINDS[request.param]
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_all(kind.write(folder), kind.networks)
    return folder, kind


@pytest.fixture(scope="session")
def noisy_results(tmp_path_factory):
    """The results of all stages for the two networks of `noisy`."""
    return noisy.Results(tmp_path_factory.mktemp("noisy"))
