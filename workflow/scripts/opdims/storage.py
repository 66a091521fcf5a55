"""Networks as HDF5 files, read as tensors and written atomically."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from opdims.arguments import check_tensor
from opdims.formats import published
from opdims.formats.native import Attributes, Weights, read_weights, write_weights
from opdims.network import Network, check_network
from opdims.nonlinearity import NONLINEARITIES


class StoredNetwork(NamedTuple):
    """A network before and after training, with the attributes of its file."""

    initial: Network | None  # none where the weights before training are not known
    final: Network
    attributes: Attributes


def write_network(path: str | Path, network: StoredNetwork) -> None:
    """Write a network (see `opdims.formats.native` for the layout).

    Raises ValueError if its tensors do not fit together or are not of real numbers, and OSError, naming the file, if
    it cannot be written.
    """
    for weights in (network.initial, network.final):
        if weights is not None:
            check_network(weights, finite=False)  # training may have failed, of which the file then tells
            check_tensor("network.recurrent", weights.recurrent, ("N", "N"), finite=False)
    stages = {
        stage: {name: tensor.detach().cpu().double().numpy() for name, tensor in weights.tensors().items()}
        for stage, weights in (("initial", network.initial), ("final", network.final))
        if weights is not None
    }
    write_weights(path, stages, network.attributes)


def read_network(path: str | Path) -> StoredNetwork:
    """Read a network, in float64 on the CPU.

    Raises
    ------
    ValueError
        Naming file and dataset or attribute, if anything is missing, misshapen, unknown or not finite.
    """
    stages, attributes = read_weights(path)
    networks = {stage: to_network(weights, attributes) for stage, weights in stages.items()}
    return StoredNetwork(networks.get("initial"), networks["final"], attributes)


def read_published(path: str | Path, network: int) -> tuple[Network, Network]:
    """Return the initial and the final network of that number in a published file (see `opdims.formats.published`)."""
    stages = published.read_matrices(path, network)
    return to_network(stages["initial"]), to_network(stages["final"])


def to_network(weights: Weights, attributes: Attributes | None = None) -> Network:
    """Return weights as a network, with the equation and nonlinearity that the attributes say (default: Krause's)."""
    # Copies in torch's own memory, which is aligned: where a number lies can change the last bit of a product.
    tensors: dict[str, Any] = {name: torch.tensor(np.ascontiguousarray(array)) for name, array in weights.items()}
    if attributes is None:
        return Network(**tensors)
    return Network(**tensors, equation=attributes.equation, nonlinearity=NONLINEARITIES[attributes.nonlinearity])
