"""Local dimensions of the authors' published networks: columns as theirs, rows no worse than numerical optimisation."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from opdims.dimensions import local_column_dimensions, local_row_dimensions

STEP = 0.1


def recurrent_weights(path: Path, network: int) -> torch.Tensor:
    with h5py.File(path) as file:
        return torch.tensor(file[f"NetNr{network}/final/n_Wrr_n"][()].T.copy())  # MATLAB wrote it transposed


@pytest.fixture(scope="module")
def authors(published) -> list[dict[str, np.ndarray]]:
    """The authors' column dimensions of context_integration network 1, one entry a location."""
    with h5py.File(published / "localOpDims_ctxt_columns.h5") as file:
        names = ("sampling_loc", "local_op_dims", "all_fvals")
        return [{name: group[name][()].squeeze() for name in names} for group in file.values()]


@pytest.fixture(scope="module")
def sampled(authors) -> torch.Tensor:
    return torch.tensor(np.stack([location["sampling_loc"] for location in authors]))


def test_columns_equal_the_authors(published, authors, sampled):
    direction, impact = local_column_dimensions(recurrent_weights(published / "ctxt_weights.h5", 1), sampled)
    assert len(authors) == 120
    theirs = torch.tensor(np.stack([location["local_op_dims"][:, 0] for location in authors]))
    overlap = (direction[:, 0] * theirs).sum(dim=-1).abs()
    torch.testing.assert_close(overlap, torch.ones_like(overlap), rtol=0, atol=1e-9)
    impacts = -torch.tensor(np.stack([location["all_fvals"] for location in authors]))  # they minimise −Δf
    torch.testing.assert_close(impact[:, 0], impacts[:, 0], rtol=0, atol=1e-9)
    assert impacts[:, 1:].isnan().all()  # one dimension a location


@pytest.mark.slow
@pytest.mark.parametrize(("file", "network"), [("ctxt_weights.h5", 1), ("swg_weights.h5", 2)])
def test_row_impact_is_never_below_a_numerical_optimum(published, sampled, best_of_optimisations, file, network):
    rng = np.random.default_rng(network)
    recurrent = recurrent_weights(published / file, network)
    states = sampled[rng.permutation(len(sampled))[:20]]
    found = local_row_dimensions(recurrent, states)
    direction, impact = found
    torch.testing.assert_close(impact, found.bound, rtol=1e-9, atol=1e-15, equal_nan=True)
    for location, x in enumerate(states):
        order = int(rng.integers(int(impact[location].isfinite().sum())))
        earlier = direction[location, :order].numpy()
        optimum = STEP * best_of_optimisations(recurrent.numpy(), x.tanh().numpy(), earlier, rng)
        assert impact[location, order] >= (1 - 1e-9) * optimum - 1e-15


def test_about_eighteen_row_dimensions_a_location(published, sampled):
    impact = local_row_dimensions(recurrent_weights(published / "ctxt_weights.h5", 1), sampled).impact
    found = impact.isfinite().sum(dim=-1)
    assert found.min() >= 12
    assert found.max() <= 22
