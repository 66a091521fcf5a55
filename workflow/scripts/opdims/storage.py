"""Networks as HDF5 files, read as tensors and written atomically."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from opdims import published
from opdims.network import Network
from opdims.weights import Attributes, Weights, read_weights, write_weights


class StoredNetwork(NamedTuple):
    """A network before and after training, with the attributes of its file."""

    initial: Network
    final: Network
    attributes: Attributes


def write_network(path: str | Path, network: StoredNetwork) -> None:
    """Write a network (see `opdims.weights.write_weights` for the layout)."""
    stages = {
        stage: {name: matrix.detach().cpu().double().numpy() for name, matrix in weights._asdict().items()}
        for stage, weights in (("initial", network.initial), ("final", network.final))
    }
    write_weights(path, stages, network.attributes)


def read_network(path: str | Path) -> StoredNetwork:
    """Read a network, in float64 on the CPU.

    Raises ValueError, naming file and dataset or attribute, if anything is missing, misshapen or not finite.
    """
    stages, attributes = read_weights(path)
    return StoredNetwork(_to_network(stages["initial"]), _to_network(stages["final"]), attributes)


def read_published(path: str | Path, network: int) -> tuple[Network, Network]:
    """Return the initial and the final network of that number in a published file (see `opdims.published`)."""
    matrices = published.read_matrices(path, network)
    return _to_network(matrices["initial"]), _to_network(matrices["final"])


def _to_network(matrices: Weights) -> Network:
    # Copies in torch's own memory, which is aligned: where a number lies can change the last bit of a product.
    return Network(**{name: torch.tensor(np.ascontiguousarray(matrix)) for name, matrix in matrices.items()})
