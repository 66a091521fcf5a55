"""Recurrent networks in ONNX graphs (`.onnx`)."""

import itertools
from typing import Any, NamedTuple

import numpy as np

from opdims.formats.contents import Contents, add, contents_of

_NONLINEARITIES = {"Tanh": "tanh", "Relu": "relu", "Sigmoid": "sigmoid"}
# what may stand between the recurrent layer and its readout: the rates stay the same numbers
_RESHAPING = (
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Reshape",
    "Flatten",
    "Identity",
    "Gather",
    "Slice",
    "Cast",
    "Dropout",
)


class _Graph(NamedTuple):
    nodes: list[Any]
    constants: dict[str, np.ndarray]  # initializers, and what the graph computes from them alone


class _Refused(Exception):
    """Why a part of the network cannot be taken from the graph."""


def read(path: str) -> Contents:
    """Read the initializers of an ONNX graph, and the network of its RNN node under our names.

    The node is the only one with op_type RNN, runs forward and has the activation Tanh, Relu or Sigmoid. Its tensors
    are `recurrent` (N, N), `input` (N, n_inputs), `bias` (N,), the sum of its two biases, and `initial_rates` (N,),
    unless they are an input of the graph. `output` (n_outputs, N) and `output_bias` (n_outputs,) are those of the only
    MatMul or Gemm (and Add) that follows.

    Parameters
    ----------
    path
        A `.onnx` file; weights in files beside it are read too.

    Returns
    -------
    Contents
        With the texts `equation` and `nonlinearity` if there is such a node, else with the reason at `recurrent`.

    Raises
    ------
    ValueError
        If the file is no ONNX model, or if the package onnx is not installed.
    """
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError as error:
        raise ValueError(f"{path}: needs the package onnx: pip install onnx") from error
    expected = "expected a whole ONNX model"
    try:
        graph = onnx.load(path).graph
        initializers = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    except Exception as error:  # protobuf's, the file system's, those of weights in other files
        raise ValueError(f"{path}: cannot be read ({' '.join(str(error).split())}), {expected}") from error
    if not graph.node and not initializers:  # almost any bytes are a model without a graph
        raise ValueError(f"{path}: holds no graph, {expected}")
    contents = contents_of(path)
    for name, array in initializers.items():
        add(contents, name, _plain(array))
    nodes = list(graph.node)
    constants = {**initializers, **_computed(nodes, initializers)}
    _add_network(contents, _Graph(nodes, {name: _plain(array) for name, array in constants.items()}))
    return contents


def _add_network(contents: Contents, graph: _Graph) -> None:
    """Add what the graph says of the network, or why it does not."""
    try:
        node, nonlinearity = _rnn_node(graph)
        recurrent = _constant(graph, node, 2, "recurrent weights")[0]
        network = {"recurrent": recurrent, "input": _constant(graph, node, 1, "input weights")[0]}
        if _operand(node, 3):
            input_bias, recurrent_bias = np.split(_constant(graph, node, 3, "biases")[0], 2)
            network["bias"] = input_bias + recurrent_bias
        if _operand(node, 4):
            raise _Refused("has trials of different lengths (sequence_lens), expected none")
    except _Refused as error:
        contents.skipped["recurrent"] = f"cannot be found: the graph {error}"
        return
    except (IndexError, ValueError) as error:  # NumPy's
        contents.skipped["recurrent"] = f"cannot be found: the graph has weights of shapes that do not fit ({error})"
        return
    for name in ("recurrent", "input", "bias", "initial_rates", "output", "output_bias"):
        contents.arrays.pop(name, None)  # an initializer of something else
    contents.texts.update(equation="current", nonlinearity=nonlinearity)
    for part in (_start, _readout):
        try:
            network |= part(graph, node, len(recurrent))
        except _Refused as error:
            contents.skipped["initial_rates" if part is _start else "output"] = f"cannot be found: the graph {error}"
    for name, array in network.items():
        add(contents, name, array)


def _rnn_node(graph: _Graph) -> tuple[Any, str]:
    """Return the RNN node and its nonlinearity."""
    found = [node for node in graph.nodes if node.op_type == "RNN"]
    if len(found) != 1:
        others = sorted({node.op_type for node in graph.nodes} & {"LSTM", "GRU", "Loop", "Scan"})
        there = f" but {' and '.join(others)}" if others else ""
        hint = "" if found else " (torch.onnx.export keeps it with dynamo=False)"
        raise _Refused(f"has {len(found) or 'no'} RNN nodes{there}, expected exactly one{hint}")
    import onnx.helper

    settings = {each.name: onnx.helper.get_attribute_value(each) for each in found[0].attribute}
    direction = settings.get("direction", b"forward").decode()
    if direction != "forward":
        raise _Refused(f"has an RNN node with direction {direction}, expected forward")
    if "clip" in settings:
        raise _Refused("has an RNN node with clipped rates, expected none")
    activation = settings.get("activations", [b"Tanh"])[0].decode()
    named = {name.lower(): ours for name, ours in _NONLINEARITIES.items()}  # ONNX ignores case here
    if activation.lower() not in named:
        raise _Refused(f"has an RNN node with activation {activation}, expected {', '.join(_NONLINEARITIES)}")
    return found[0], named[activation.lower()]


def _start(graph: _Graph, node: Any, size: int) -> dict[str, np.ndarray]:
    """Return the rates that all trials start from, or nothing if they are an input of the graph."""
    import onnx.helper

    name = _operand(node, 5)
    maker = next((each for each in graph.nodes if name and name in each.output), None)
    start = np.zeros(1, dtype=np.float32)  # what ONNX starts from if it is told nothing
    if name in graph.constants:
        start = graph.constants[name]
    elif maker is not None and maker.op_type == "Expand" and maker.input[0] in graph.constants:
        start = graph.constants[maker.input[0]]  # one start, expanded to the number of trials
    elif maker is not None and maker.op_type == "ConstantOfShape":
        for each in maker.attribute:  # the value, or else 0
            start = onnx.numpy_helper.to_array(onnx.helper.get_attribute_value(each))
    elif maker is not None:
        raise _Refused("computes the initial rates, expected an initializer")
    elif name:
        return {}
    if start.ndim > 3 or start.shape[-1:] not in ((), (1,), (size,)):
        raise _Refused(f"has initial rates of {start.shape}, expected (1, 1, {size})")
    rates = np.broadcast_to(start, np.broadcast_shapes(start.shape, (1, 1, size))).reshape(-1, size)
    if (rates != rates[0]).any():
        raise _Refused("has different initial rates for the trials, expected the same")
    return {"initial_rates": np.array(rates[0])}


def _readout(graph: _Graph, node: Any, size: int) -> dict[str, np.ndarray]:
    """Return the matrix that is applied to the rates, and its bias, or nothing if there is none."""
    reached = set(node.output) - {""}
    products = []
    for each in graph.nodes:  # in the order of execution, as ONNX demands
        if each.op_type in _RESHAPING and each.input[0] in reached:
            reached.update(each.output)
        elif each.op_type in ("MatMul", "Gemm") and reached & set(each.input[:2]):
            products.append(each)
    if not products:
        return {}
    if len(products) > 1:
        raise _Refused(f"has {len(products)} products with the rates, expected one; name the readout's initializer")
    product = products[0]
    if product.input[1] not in graph.constants:
        raise _Refused("multiplies the rates by what is not constant, expected an initializer")
    import onnx.helper

    settings = {each.name: onnx.helper.get_attribute_value(each) for each in product.attribute}
    weights = graph.constants[product.input[1]]
    output = weights if settings.get("transB", 0) else weights.T
    if output.ndim != 2 or output.shape[1] != size or settings.get("transA", 0):
        raise _Refused(f"multiplies the rates by weights of {weights.shape}, expected ({size}, n_outputs)")
    if product.op_type == "Gemm":
        bias, scale = _operand(product, 2), settings.get("beta", 1.0)
        output = output * np.asarray(settings.get("alpha", 1.0), dtype=output.dtype)
    else:
        sums = [each for each in graph.nodes if each.op_type == "Add" and product.output[0] in each.input]
        others = [name for each in sums for name in each.input if name != product.output[0]]
        bias, scale = (others[0] if len(others) == 1 else ""), 1.0
    readout = {"output": output}
    if bias in graph.constants:
        values = graph.constants[bias] * np.asarray(scale, dtype=graph.constants[bias].dtype)
        if values.size not in (1, len(output)):
            raise _Refused(f"adds {values.shape} to the outputs, expected ({len(output)},)")
        readout["output_bias"] = np.array(np.broadcast_to(values.reshape(-1), len(output)))
    return readout


def _computed(nodes: list[Any], initializers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what the graph computes from its initializers alone: exporters leave weights to transpose or join."""
    from onnx.reference import ReferenceEvaluator

    known = dict(initializers)
    for node in nodes:
        names = [name for name in node.input if name]
        kept = node.op_type in ("Constant", "Concat", "Mul", "Add", *_RESHAPING)
        if kept and all(name in known for name in names):
            try:
                results = ReferenceEvaluator(node).run(None, {name: known[name] for name in names})
            except Exception:  # of an operation that the evaluator does not know: not among the constants
                continue
            known.update((name, np.asarray(each)) for name, each in zip(node.output, results, strict=False) if name)
    return dict(itertools.islice(known.items(), len(initializers), None))


def _operand(node: Any, place: int) -> str:
    """Return the name of an input of a node, empty if it is not given."""
    return node.input[place] if place < len(node.input) else ""


def _constant(graph: _Graph, node: Any, place: int, what: str) -> np.ndarray:
    """Return the values of an input of a node."""
    if _operand(node, place) not in graph.constants:
        raise _Refused(f"has an RNN node whose {what} are not constant, expected initializers")
    return graph.constants[_operand(node, place)]


def _plain(array: np.ndarray) -> np.ndarray:
    """Return bfloat16 and the 8-bit floats, which NumPy itself does not have, as float32."""
    return array.astype(np.float32) if array.dtype.name.startswith(("bfloat16", "float8")) else array
