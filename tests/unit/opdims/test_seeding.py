"""Every task, network and purpose has a stream of its own."""

from itertools import product

import torch

from opdims.seeding import make_generator


def first(*arguments):
    return torch.randn(3, generator=make_generator(*arguments)).tolist()


def test_the_same_arguments_give_the_same_stream():
    assert first(1, "sine_generation", 2, "training") == first(1, "sine_generation", 2, "training")


def test_every_argument_matters():
    arguments = product((1, 2), ("sine_generation", "context_integration"), (1, 2, 12), ("training", "sampling"))
    streams = [tuple(first(*each)) for each in arguments]
    assert len(set(streams)) == len(streams) == 24
