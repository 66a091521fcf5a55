"""Randomness: one generator for each task, network and purpose, so that no result depends on what ran beside it."""

import zlib

import numpy as np
import torch


def make_generator(seed: int, task: str, network: int, purpose: str) -> torch.Generator:
    """Return a CPU generator that is a function of its four arguments only.

    Ensembles share their streams: networks of one number are initialised and tested alike in all of them.
    """
    key = (zlib.crc32(task.encode()), network, zlib.crc32(purpose.encode()))
    state = np.random.SeedSequence(seed, spawn_key=key).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]))
