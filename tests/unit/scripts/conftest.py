"""Fixtures that tests of several scripts share."""

import pytest
from any_networks import KINDS
from stages import run_all


@pytest.fixture(scope="session", params=KINDS, ids=lambda name: name.replace(" ", "_"))
def results(request, tmp_path_factory):
    """A folder with the results of all stages, and what its networks are like."""
    kind = KINDS[request.param]
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_all(kind.write(folder), kind.networks)
    return folder, kind
