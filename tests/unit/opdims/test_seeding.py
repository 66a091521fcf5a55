"""Every task, network and purpose has a stream of its own, from which the trials of a task are drawn."""

from itertools import product

import numpy as np
import pytest
import torch
from plain import generator

from opdims.seeding import TaskGenerator, make_generator


def first(*arguments):
    return torch.randn(3, generator=make_generator(*arguments)).tolist()


def test_the_same_arguments_give_the_same_stream():
    assert first(1, "sine_generation", 2, "training") == first(1, "sine_generation", 2, "training")


def test_every_argument_matters():
    arguments = product((1, 2), ("sine_generation", "context_integration"), (1, 2, 12), ("training", "sampling"))
    streams = [tuple(first(*each)) for each in arguments]
    assert len(set(streams)) == len(streams) == 24


def test_the_stream_is_pinned():
    """Initial weights, trials and noise of every result so far hang on these numbers."""
    drawn = torch.randn(3, dtype=torch.float64, generator=make_generator(1, "sine_generation", 2, "training"))
    assert drawn.tolist() == pytest.approx([-0.38443701539199937, 0.11188480036632363, -0.9631040352543078], rel=1e-14)
    whole = torch.randint(1000, (3,), generator=make_generator(1, "sine_generation", 2, "training"))
    assert whole.tolist() == [7, 48, 240]


# --- numbers for tasks

SIZES = [None, (), 5, (3,), (2, 3), [4, 1, 2], np.int64(3), (0, 2), 40]  # torch draws 16 and more in another way


def shape(size):
    return () if size is None else tuple(np.atleast_1d(size).tolist())


def assert_same_place(rng, stream):
    assert torch.equal(rng.stream.get_state(), stream.get_state())


@pytest.mark.parametrize("size", SIZES)
def test_normal_numbers_are_those_of_torch(size):
    rng, stream = TaskGenerator(generator(3)), generator(3)
    for _ in range(2):
        found = rng.standard_normal(size)
        expected = torch.randn(shape(size), dtype=torch.float64, generator=stream).numpy()
        np.testing.assert_array_equal(found, expected)
        assert np.shape(found) == shape(size)
        assert found.dtype == np.float64
    assert_same_place(rng, stream)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("arguments", "low", "high"),
    [((6,), 0, 6), ((2, 5), 2, 5), ((-3, 4, "endpoint"), -3, 5), ((0, 2**40), 0, 2**40)],
)
def test_integers_are_those_of_torch(size, arguments, low, high):
    rng, stream = TaskGenerator(generator(3)), generator(3)
    for _ in range(2):
        found = rng.integers(*arguments[:2], size=size, endpoint="endpoint" in arguments)
        np.testing.assert_array_equal(found, torch.randint(low, high, shape(size), generator=stream).numpy())
        assert np.shape(found) == shape(size)
        assert found.dtype == np.int64
    assert_same_place(rng, stream)


def test_normal_numbers_have_their_mean_and_deviation():
    rng, stream = TaskGenerator(generator(3)), generator(3)
    means, deviations = np.arange(4.0), np.array([[1.0], [0.5]])
    for arguments, size in (((2.0, 3.0), (5,)), ((means, deviations), (2, 4)), ((1.0,), ())):
        given = {"size": size} if len(size) == 1 else {}
        location, scale, *_ = (*arguments, 1.0)
        standard = torch.randn(size, dtype=torch.float64, generator=stream).numpy()
        np.testing.assert_array_equal(rng.normal(*arguments, **given), location + scale * standard)
    assert_same_place(rng, stream)


def test_numbers_are_written_where_they_are_asked_for():
    out, expected = np.empty((3, 2)), torch.randn(3, 2, dtype=torch.float64, generator=generator(3)).numpy()
    assert TaskGenerator(generator(3)).standard_normal(out=out) is out
    np.testing.assert_array_equal(out, expected)
    single = TaskGenerator(generator(3)).standard_normal((3, 2), dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, expected.astype(np.float32))
    assert TaskGenerator(generator(3)).integers(9, size=4, dtype=np.uint8).dtype == np.uint8


def test_integers_between_arrays_are_drawn_too():
    rng = TaskGenerator(generator(3))
    found = rng.integers([0, 10, 20], [1, 11, 25], size=(50, 3))
    assert found.shape == (50, 3)
    assert (found[:, :2] == [0, 10]).all()
    assert set(found[:, 2].tolist()) == {20, 21, 22, 23, 24}


OTHERS = {
    "random": lambda rng: rng.random(4),
    "uniform": lambda rng: rng.uniform(-1, 2, (2, 3)),
    "choice": lambda rng: rng.choice(10, 4, replace=False),
    "permutation": lambda rng: rng.permutation(12),
    "exponential": lambda rng: rng.exponential(2.0, 3),
    "shuffle": lambda rng: [rng.shuffle(cards := np.arange(12)), cards][1],
}


@pytest.mark.parametrize("method", OTHERS)
def test_whatever_else_a_task_draws_hangs_on_the_stream_and_does_not_move_it(method):
    drawn = {}
    for seed in (1, 2):
        rng, again = TaskGenerator(generator(seed)), TaskGenerator(generator(seed))
        drawn[seed] = OTHERS[method](rng)
        np.testing.assert_array_equal(drawn[seed], OTHERS[method](again))
        assert_same_place(rng, generator(seed))
        assert not np.array_equal(OTHERS[method](rng), drawn[seed]), "the next numbers are others"
    assert not np.array_equal(drawn[1], drawn[2])


def test_a_generator_that_is_made_later_in_the_stream_draws_others():
    stream = generator(1)
    before = TaskGenerator(stream).random(4)
    torch.randn(5, generator=stream)
    after = TaskGenerator(stream).random(4)
    assert not np.array_equal(before, after)


def test_a_task_generator_is_one_of_numpy():
    assert isinstance(TaskGenerator(generator()), np.random.Generator)
