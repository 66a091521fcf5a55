"""How the networks that users have are stored: a table of presets that map them to ours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from opdims.formats.contents import Contents, Tensor, has, missing, prefixed, summed, take
from opdims.formats.neuroscience import Found, find_psychrnn, find_trainrnnbrain


class Preset(NamedTuple):
    """A network that is stored in a known way."""

    description: str
    find: Callable[[Contents, str, str | None], Found]  # takes the prefix and the name of a readout that is told
    step: float | None  # dt / tau, None where the user has to know it


def _find_nn_rnn(contents: Contents, prefix: str, readout: str | None) -> Found:
    """Find torch.nn.RNN: h ← φ(W h + B u + b_ih + b_hh), W (N, N), B (N, n_inputs), and Linear: z = Y h + c."""
    recurrent = _only(contents, prefix, ("weight_hh_l0", "weight_hh"))
    start, _, ending = recurrent.rpartition("weight_hh")  # the ending is _l0 in nn.RNN, and empty in nn.RNNCell
    for name in contents.arrays:
        if name.startswith(f"{start}weight_hh") and name != recurrent:
            reason = "is bidirectional" if name.endswith("_reverse") else "has more than one layer"
            raise ValueError(f"{contents.path}: {reason} ({name}), expected one layer that runs forward")
    tensors = {"recurrent": take(contents, recurrent)}
    tensors["initial_rates"] = _no_rates(tensors["recurrent"])
    if has(contents, f"{start}weight_ih{ending}"):
        tensors["input"] = take(contents, f"{start}weight_ih{ending}")
    biases = [f"{start}bias_{kind}{ending}" for kind in ("ih", "hh")]
    if any(has(contents, name) for name in biases):
        tensors["bias"] = summed(contents, biases)
    size = tensors["recurrent"].values.shape[-1:]
    weights = readout or _sole_readout(contents, list(contents.arrays), ["weight"], (None, *size))
    return Found(tensors | _dense(contents, weights, {"weight": "bias"}), "current", "tanh")


def _find_keras_simple_rnn(contents: Contents, prefix: str, readout: str | None) -> Found:
    """Find Keras's SimpleRNN: h ← φ(h U + u K + b), U (N, N), K (n_inputs, N), and Dense: z = h V + c, V (N, m)."""
    layouts = [("cell/vars/1", "cell/vars/0", "cell/vars/2")]
    layouts += [(f"recurrent_kernel{end}", f"kernel{end}", f"bias{end}") for end in ("", ":0")]  # the older .h5
    recurrent = _only(contents, prefix, [layout[0] for layout in layouts])
    layout = next(layout for layout in layouts if recurrent.endswith(layout[0]))
    names = [recurrent.removesuffix(layout[0]) + name for name in layout]
    tensors = {
        ours: _transposed(take(contents, name))
        for ours, name in zip(("recurrent", "input", "bias"), names, strict=True)
        if has(contents, name)
    }
    tensors["initial_rates"] = _no_rates(tensors["recurrent"])
    pairs = {"vars/0": "vars/1", "kernel": "bias", "kernel:0": "bias:0"}
    others = [name for name in contents.arrays if name not in names and not _of_optimizer(name)]
    size = tensors["recurrent"].values.shape[:1]
    weights = readout or _sole_readout(contents, others, pairs, (*size, None))
    found = _dense(contents, weights, pairs)
    if "output" in found:
        found["output"] = _transposed(found["output"])
    # a .keras file says its activation, empty if its layers differ; a file of weights alone does not
    return Found(tensors | found, "current", contents.texts.get("activation", "tanh") or None)


PRESETS = {
    "nn_rnn": Preset("torch.nn.RNN (or RNNCell) and, if there is one, a Linear readout", _find_nn_rnn, 1.0),
    "keras_simple_rnn": Preset("Keras's SimpleRNN and, if there is one, a Dense readout", _find_keras_simple_rnn, 1.0),
    "psychrnn": Preset("PsychRNN's Basic networks (model.save), transfer function relu", find_psychrnn, None),
    "trainrnnbrain": Preset("trainRNNbrain's networks (…_params_….json)", find_trainrnnbrain, None),
}


def _only(contents: Contents, prefix: str, endings: Sequence[str]) -> str:
    """Return the only name with one of the endings: right below the prefix, or, without one, anywhere."""
    if prefix:
        names = [name for name in (prefixed(contents, prefix, end) for end in endings) if name in contents.arrays]
    else:
        names = [name for name in contents.arrays if _ending(name, endings) and not _of_optimizer(name)]
    if not names:
        raise missing(contents, prefixed(contents, prefix, endings[0]))
    if len(names) > 1:
        raise ValueError(
            f"{contents.path}: has several recurrent layers ({', '.join(names)}), expected one; name it by its prefix"
        )
    return names[0]


def _sole_readout(
    contents: Contents,
    candidates: list[str],
    endings: Iterable[str],
    shape: tuple[int | None, ...],  # (None, N) or (N, None), None for any length
) -> str | None:
    """Return the name of the one matrix that fits the rates, or None if there is none."""
    fitting = []
    for name in candidates:
        found = contents.arrays[name].shape
        fits = len(found) == 2 == len(shape) and all(a in (None, b) for a, b in zip(shape, found, strict=True))
        if fits and _ending(name, endings):
            fitting.append(name)
    if len(fitting) > 1:
        value = f"{{tensor: {fitting[0]}, transposed: true}}" if shape[-1] is None else fitting[0]
        raise ValueError(
            f"{contents.path}: {' and '.join(fitting)} could each be the readout, expected one;"
            f" name it under tensors: (output: {value})"
        )
    return fitting[0] if fitting else None


def _dense(contents: Contents, weights: str | None, pairs: Mapping[str, str]) -> dict[str, Tensor]:
    """Return the weights of a readout and, where the file has it, its bias; `pairs` has how their names end."""
    if weights is None or weights not in contents.arrays:
        return {}
    found = {"output": take(contents, weights)}
    ending = _ending(weights, pairs)
    bias = weights.removesuffix(ending) + pairs[ending] if ending else ""
    return found | ({"output_bias": take(contents, bias)} if has(contents, bias) else {})


def _ending(name: str, endings: Iterable[str]) -> str:
    """Return the ending that a name has, as a whole part between dots or slashes; empty if none."""
    return next((end for end in endings if name == end or name.endswith((f".{end}", f"/{end}"))), "")


def _of_optimizer(name: str) -> bool:
    return name.startswith(("optimizer/", "optimizer_weights/"))


def _no_rates(recurrent: Tensor) -> Tensor:
    """Return the rates from which these layers start unless told: 0, also where φ(0) is not."""
    return Tensor("the start at 0", np.zeros(recurrent.values.shape[:1]))


def _transposed(tensor: Tensor) -> Tensor:
    return Tensor(tensor.name, np.ascontiguousarray(tensor.values.T))
