"""Networks in ONNX graphs: hand-built ones, run by ONNX's own evaluator, and what torch exports."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from opdims.formats.mapping import read_weights

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402
from onnx.reference.ops import op_rnn  # noqa: E402

STEPS, N_INPUTS, N, N_OUTPUTS = 9, 4, 4, 4  # equal, so that shapes hide a transposition


def build(
    path: Path,
    rng: np.random.Generator,
    *,
    readout: str = "matmul",
    start: np.ndarray | None = None,
    bias: bool = True,
    nodes: int = 1,
    changed: dict[str, np.ndarray] | None = None,
    **attributes: Any,
) -> Path:
    """Write a graph with `nodes` RNN nodes and a readout, one trial at a time; `changed` replaces initializers."""
    arrays = {
        "W": rng.normal(size=(1, N, N_INPUTS)),
        "R": 0.5 * rng.normal(size=(1, N, N)),
        "Y": rng.normal(size=(N, N_OUTPUTS)),
        "c": rng.normal(size=N_OUTPUTS),
        "axis": np.array([1]),
        "shape": np.array([STEPS, N]),
    }
    arrays |= {"B": rng.normal(size=(1, 2 * N))} if bias else {}
    arrays |= {} if start is None else {"start": start}
    arrays = {name: array.astype(np.float32) if array.dtype == float else array for name, array in arrays.items()}
    arrays |= changed or {}
    operands = ["x", "W", "R", "B" if bias else "", "", "" if start is None else "start"]
    graph = [helper.make_node("RNN", operands, [f"h{k}"], f"rnn{k}", hidden_size=N, **attributes) for k in range(nodes)]
    if nodes:
        graph.append(helper.make_node("Squeeze", [f"h{nodes - 1}", "axis"], ["rates"]))
    else:
        graph.append(helper.make_node("Identity", ["x"], ["rates"]))
    if readout == "matmul":
        graph += [helper.make_node("MatMul", ["rates", "Y"], ["p"]), helper.make_node("Add", ["c", "p"], ["z"])]
    elif readout == "gemm":
        graph += [
            helper.make_node("Reshape", ["rates", "shape"], ["flat"]),
            helper.make_node("Gemm", ["flat", "Y", "c"], ["z"], transB=1, alpha=0.5, beta=2.0),
        ]
    elif readout == "plain":
        graph += [
            helper.make_node("Transpose", ["Y"], ["Yt"], perm=[1, 0]),
            helper.make_node("MatMul", ["rates", "Yt"], ["z"]),
        ]
    elif readout == "two":
        graph += [helper.make_node("MatMul", ["rates", "Y"], [name]) for name in ("z", "other")]
    elif readout == "bent":
        graph += [helper.make_node("Relu", ["rates"], ["bent"]), helper.make_node("MatMul", ["bent", "Y"], ["z"])]
    elif readout == "moving":
        graph += [helper.make_node("MatMul", ["rates", "x"], ["z"])]
    else:
        graph += [helper.make_node("Identity", ["rates"], ["z"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [STEPS, 1, N_INPUTS])]
    outputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
    initializers = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    onnx.save(helper.make_model(helper.make_graph(graph, "net", inputs, outputs, initializers)), path)
    return path


@pytest.mark.parametrize("activation", [None, "Tanh", "Relu", "Sigmoid"])
@pytest.mark.parametrize("readout", ["matmul", "gemm", "plain"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("start", [None, np.zeros((1, 1, N)), np.linspace(-1, 1, N).reshape(1, 1, N)])
def test_a_graph_computes_what_onnx_computes(activation, readout, bias, start, tmp_path, simulate, rng, monkeypatch):
    # ONNX's evaluator of RNN nodes knows Tanh alone
    others = {"Tanh": np.tanh, "Relu": lambda x: np.maximum(x, 0), "Sigmoid": lambda x: 1 / (1 + np.exp(-x))}
    monkeypatch.setattr(op_rnn.CommonRNN, "choose_act", lambda self, name, alpha, beta: others[name])
    attributes = {} if activation is None else {"activations": [activation]}
    path = build(tmp_path / "net.onnx", rng, readout=readout, bias=bias, start=start, **attributes)
    found = read_weights(path)
    assert (found.equation, found.nonlinearity) == ("current", (activation or "Tanh").lower())
    assert ("bias" in found.matrices, "output_bias" in found.matrices) == (bias, readout != "plain")
    inputs = rng.normal(size=(STEPS, N_INPUTS)).astype(np.float32)
    expected = ReferenceEvaluator(str(path)).run(None, {"x": inputs[:, None]})[0].reshape(STEPS, N_OUTPUTS)
    np.testing.assert_allclose(simulate(found, inputs)[1][1:], expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("learnt_start", [True, False])
def test_what_torch_exports_computes_what_torch_computes(nonlinearity, last, learnt_start, tmp_path, simulate, rng):
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.rnn = torch.nn.RNN(N_INPUTS, N, nonlinearity=nonlinearity, batch_first=True)
            self.readout = torch.nn.Linear(N, N_OUTPUTS)
            self.start = torch.nn.Parameter(torch.linspace(-1, 1, N)[None, None])

        def forward(self, inputs):
            start = self.start.expand(1, inputs.shape[0], N) if learnt_start else None
            rates = self.rnn(inputs, start)[0]
            return self.readout(rates[:, -1] if last else rates)

    net, inputs = Net().eval(), torch.from_numpy(rng.normal(size=(1, STEPS, N_INPUTS))).float()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that keeps RNN nodes is the older one
        torch.onnx.export(
            net,
            (inputs,),
            str(tmp_path / "net.onnx"),
            dynamo=False,
            dynamic_axes={"x": {0: "batch"}},
            input_names=["x"],
        )
    found = read_weights(tmp_path / "net.onnx")
    assert found.nonlinearity == nonlinearity
    assert found.matrices["initial_rates"].any() == learnt_start
    outputs = simulate(found, inputs[0].numpy())[1][1:]
    np.testing.assert_allclose(
        outputs[-1:] if last else outputs, net(inputs).detach().reshape(-1, N_OUTPUTS), atol=1e-6
    )


def test_weights_that_are_joined_in_the_graph_are_found(tmp_path, rng):
    path = build(tmp_path / "net.onnx", rng)
    whole = read_weights(path).matrices
    model = onnx.load(path)
    biases = next(each for each in model.graph.initializer if each.name == "B")
    halves = np.split(numpy_helper.to_array(biases)[0], 2)
    model.graph.initializer.remove(biases)
    model.graph.initializer.extend(numpy_helper.from_array(half, f"b{k}") for k, half in enumerate(halves))
    joined = [
        helper.make_node("Concat", ["b0", "b1"], ["flat_B"], axis=0),
        helper.make_node("Constant", [], ["first"], value=numpy_helper.from_array(np.array([0]))),
        helper.make_node("Unsqueeze", ["flat_B", "first"], ["B"]),
    ]
    nodes = [*joined, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)
    np.testing.assert_array_equal(read_weights(path).matrices["bias"], whole["bias"])


@pytest.mark.parametrize("readout", ["none", "bent"])
def test_a_graph_without_a_linear_readout_has_none(readout, tmp_path, rng):
    found = read_weights(build(tmp_path / "net.onnx", rng, readout=readout))
    assert set(found.matrices) == {"recurrent", "input", "bias", "initial_rates"}


ACTIVATIONS = "expected Tanh, Relu, Sigmoid"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"nodes": 2}, "recurrent cannot be found: the graph has 2 RNN nodes, expected exactly one"),
        (
            {"nodes": 0},
            "recurrent cannot be found: the graph has no RNN nodes, expected exactly one"
            " (torch.onnx.export keeps it with dynamo=False)",
        ),
        (
            {"direction": "bidirectional", "activations": ["Tanh", "Tanh"]},
            "recurrent cannot be found: the graph has an RNN node with direction bidirectional, expected forward",
        ),
        (
            {"direction": "reverse"},
            "recurrent cannot be found: the graph has an RNN node with direction reverse, expected forward",
        ),
        (
            {"activations": ["Softsign"]},
            f"recurrent cannot be found: the graph has an RNN node with activation Softsign, {ACTIVATIONS}",
        ),
        ({"clip": 1.0}, "recurrent cannot be found: the graph has an RNN node with clipped rates, expected none"),
        (
            {"readout": "two"},
            "output cannot be found: the graph has 2 products with the rates, expected one;"
            " name the readout's initializer",
        ),
        (
            {"readout": "moving"},
            "output cannot be found: the graph multiplies the rates by what is not constant, expected an initializer",
        ),
        (
            {"changed": {"Y": np.zeros((N + 1, 2), dtype=np.float32)}},
            "output cannot be found: the graph multiplies the rates by weights of (5, 2), expected (4, n_outputs)",
        ),
        (
            {"start": np.zeros((1, 1, N + 1))},
            "initial_rates cannot be found: the graph has initial rates of (1, 1, 5), expected (1, 1, 4)",
        ),
        (
            {"changed": {"c": np.zeros(3, dtype=np.float32)}},
            "output cannot be found: the graph adds (3,) to the outputs, expected (4,)",
        ),
        (
            {"changed": {"B": np.zeros((1, 7), dtype=np.float32)}},
            "recurrent cannot be found: the graph has weights of shapes that do not fit"
            " (array split does not result in an equal division)",
        ),
        (
            {"changed": {"R": np.zeros((N, N), dtype=np.float32)}},
            "recurrent (recurrent) is (4,), expected a square matrix",
        ),
        (
            {"start": np.arange(8.0).reshape(1, 2, 4)},
            "initial_rates cannot be found: the graph has different initial rates for the trials, expected the same",
        ),
    ],
)
def test_other_graphs_are_refused(settings, found, tmp_path, message, rng):
    path = build(tmp_path / "net.onnx", rng, **settings)
    assert message(path).removeprefix("tensor ") == found


def test_one_of_two_readouts_can_be_named(tmp_path, rng):
    path = build(tmp_path / "net.onnx", rng, readout="two")
    tensors = {name: name for name in ("recurrent", "input", "bias")} | {"output": {"tensor": "Y", "transposed": True}}
    found = read_weights(path, tensors)
    np.testing.assert_array_equal(
        found.matrices["output"], numpy_helper.to_array(onnx.load(path).graph.initializer[2]).T
    )
    assert (found.equation, found.nonlinearity) == ("current", "tanh")


def test_a_start_that_is_an_input_of_the_graph_is_left_out(tmp_path, message, rng):
    path = build(tmp_path / "net.onnx", rng, start=np.ones((1, 1, N)))
    model = onnx.load(path)
    model.graph.initializer.remove(next(each for each in model.graph.initializer if each.name == "start"))
    model.graph.input.append(helper.make_tensor_value_info("start", TensorProto.FLOAT, [1, 1, N]))
    onnx.save(model, path)
    assert "initial_rates" not in read_weights(path).matrices
    model.graph.node.insert(0, helper.make_node("Tanh", ["raw"], ["start"]))
    model.graph.input[-1].name = "raw"
    onnx.save(model, path)
    assert message(path) == (
        "tensor initial_rates cannot be found: the graph computes the initial rates, expected an initializer"
    )


def test_weights_that_are_inputs_of_the_graph_are_refused(tmp_path, message, rng):
    path = build(tmp_path / "net.onnx", rng)
    model = onnx.load(path)
    model.graph.initializer.remove(next(each for each in model.graph.initializer if each.name == "R"))
    onnx.save(model, path)
    assert message(path) == (
        "tensor recurrent cannot be found: the graph has an RNN node whose recurrent weights are not constant,"
        " expected initializers"
    )


def test_weights_in_a_file_beside_are_read_and_missed(tmp_path, message, rng):
    path = build(tmp_path / "net.onnx", rng)
    expected = read_weights(path).matrices["recurrent"]
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    np.testing.assert_array_equal(read_weights(path).matrices["recurrent"], expected)
    (tmp_path / "weights.bin").unlink()
    assert "cannot be read" in message(path)
