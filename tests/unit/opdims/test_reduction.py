"""Reduced matrices against their definitions."""

import pytest
import torch

from opdims.names import REDUCTIONS
from opdims.reduction import Factors, reduce_all, reduce_columns, reduce_rows, truncate, variance_explained

N = 8


def draw(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(len(shape)))


@pytest.fixture
def directions():
    return torch.linalg.qr(draw(3, N, N)).Q


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rank", range(N + 1))
def test_columns_and_rows_are_projected_on_the_first_directions(directions, rank):
    recurrent = draw(3, N, N)
    projector = directions[..., :rank] @ directions[..., :rank].mT
    close(reduce_columns(recurrent, directions).matrix(rank), projector @ recurrent)
    close(reduce_rows(recurrent, directions).matrix(rank), recurrent @ projector)


@pytest.mark.parametrize("rank", range(N + 1))
def test_a_truncation_is_the_best_approximation_of_its_rank(rank):
    matrix = draw(3, N, N)
    gap = matrix - truncate(matrix).matrix(rank)
    tail = torch.linalg.svdvals(matrix)[..., rank:].square().sum(-1)
    close(gap.square().sum((-2, -1)), tail)


def test_every_reduction_is_the_full_matrix_at_full_rank(directions):
    recurrent, initial = draw(3, N, N), draw(3, N, N).flip(-1)
    made = reduce_all(recurrent, initial, dict.fromkeys(REDUCTIONS, directions))
    assert set(made) == set(REDUCTIONS)
    for name, factors in made.items():
        close(factors.matrix(N), recurrent)
        close(factors.matrix(0), initial if name == "weight_change" else torch.zeros_like(recurrent))


def test_reductions_take_the_directions_of_their_name(directions):
    recurrent, initial = draw(3, N, N), draw(3, N, N).flip(-1)
    made = reduce_all(recurrent, initial, {name: directions.roll(i, -1) for i, name in enumerate(REDUCTIONS)})
    for name in REDUCTIONS[:4] + REDUCTIONS[5:6]:
        own = directions.roll(REDUCTIONS.index(name), -1)
        expected = reduce_rows(recurrent, own) if "rows" in name else reduce_columns(recurrent, own)
        close(made[name].matrix(3), expected.matrix(3))
    close(made["weight_change"].matrix(3), initial + truncate(recurrent - initial).matrix(3))
    close(made["high_variance"].matrix(3), truncate(recurrent).matrix(3))


@pytest.mark.parametrize("offset", [False, True])
def test_the_factors_of_networks_are_stacked_and_taken_apart(directions, offset):
    alone = [truncate(matrix, offset=directions[0] if offset else None) for matrix in draw(3, N, N)]
    batch = Factors.stack(alone)
    for index, factors in enumerate(alone):
        assert torch.equal(batch.of_network(index).matrix(4), factors.matrix(4))


def test_variance_explained_equals_a_loop_over_ranks(directions):
    recurrent = draw(3, N, N)
    for factors in (reduce_columns(recurrent, directions), reduce_rows(recurrent, directions), truncate(recurrent)):
        explained = variance_explained(factors)
        assert explained.shape == (3, N + 1)
        for rank in range(N + 1):
            gap = (recurrent - factors.matrix(rank)).square().sum((-2, -1))
            close(explained[..., rank], 1 - gap / recurrent.square().sum((-2, -1)))


def test_no_projection_explains_more_than_the_high_variance_dimensions(directions):
    recurrent = draw(3, N, N)
    best = variance_explained(truncate(recurrent))
    for factors in (reduce_columns(recurrent, directions), reduce_rows(recurrent, directions)):
        assert (variance_explained(factors) <= best + 1e-12).all()


def test_variance_explained_is_refused_for_what_is_no_projection():
    with pytest.raises(ValueError, match="offset"):
        variance_explained(truncate(draw(3, N, N), offset=draw(3, N, N)))


def test_without_the_initial_matrix_there_is_no_weight_change(directions):
    made = reduce_all(draw(N, N), None, dict.fromkeys(REDUCTIONS, directions[0]))
    assert list(made) == [name for name in REDUCTIONS if name != "weight_change"]
    for factors in made.values():
        close(factors.matrix(N), draw(N, N))


def test_no_matrix_at_all_is_explained_by_no_rank():
    zero = torch.zeros(3, 3, dtype=torch.float64)
    assert variance_explained(truncate(zero)).tolist() == [0, 0, 0, 0]
    assert torch.equal(truncate(zero).matrix(3), zero)


def test_a_single_unit_is_reduced_to_nothing_or_itself():
    recurrent, direction = torch.tensor([[-2.0]]).double(), torch.ones(1, 1).double()
    for name, factors in reduce_all(recurrent, 3 * direction, dict.fromkeys(REDUCTIONS, direction)).items():
        close(factors.matrix(1), recurrent)
        close(factors.matrix(0), 3 * direction if name == "weight_change" else torch.zeros(1, 1).double())
