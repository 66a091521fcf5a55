"""Randomness: one generator for each task, network and purpose, so that no result depends on what ran beside it."""

import zlib
from hashlib import sha256
from typing import Any

import numpy as np
import torch


def make_generator(seed: int, task: str, network: int, purpose: str) -> torch.Generator:
    """Return a CPU generator that is a function of its four arguments only.

    Ensembles share their streams: networks of one number are initialised and tested alike in all of them.
    """
    key = (zlib.crc32(task.encode()), network, zlib.crc32(purpose.encode()))
    state = np.random.SeedSequence(seed, spawn_key=key).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]))


class TaskGenerator(np.random.Generator):
    """NumPy's generator for the trials of a task, on the stream of a torch generator.

    Normal numbers and integers are taken from that stream, which also gives a network's noise: so one generator is
    all that has to be seeded, kept in a checkpoint and continued. Whatever else a task draws comes from NumPy, seeded
    by where the stream stands.
    """

    def __init__(self, stream: torch.Generator) -> None:
        """Take over the stream, which drawing continues."""
        digest = sha256(stream.get_state().numpy().tobytes()).digest()
        super().__init__(np.random.PCG64(int.from_bytes(digest[:16], "little")))
        self.stream = stream

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw N(0, 1), as `numpy.random.Generator.standard_normal`."""
        if out is not None:
            out[...] = self.standard_normal(out.shape, dtype)
            return out
        drawn = torch.randn(_shape(size), dtype=torch.float64, generator=self.stream).numpy().astype(dtype, copy=False)
        return drawn if size is not None else drawn[()]

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw N(loc, scale²), as `numpy.random.Generator.normal`."""
        shape = np.broadcast_shapes(np.shape(loc), np.shape(scale)) if size is None else size
        return loc + np.asarray(scale) * self.standard_normal(shape or None)

    def integers(
        self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64, endpoint: bool = False
    ) -> Any:
        """Draw integers from `low` (0 if it is alone) to below `high`, as `numpy.random.Generator.integers`."""
        if np.ndim(low) or np.ndim(high if high is not None else 0):
            return super().integers(low, high, size, dtype, endpoint)
        low, high = (0, low) if high is None else (low, high)
        drawn = torch.randint(int(low), int(high) + endpoint, _shape(size), generator=self.stream).numpy()
        return drawn.astype(dtype, copy=False) if size is not None else drawn[()].astype(dtype)


def _shape(size: Any) -> tuple[int, ...]:
    return () if size is None else tuple(np.atleast_1d(size).tolist())
