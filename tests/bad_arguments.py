"""Wrong arguments of the library's functions, see `bad_inputs`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from bad_files import normal
from bad_inputs import Case, printed
from opdims import fixed_points, geometry, sampling, traces
from opdims.dimensions import global_dimensions, local_column_dimensions, local_row_dimensions
from opdims.evaluation import Evaluation
from opdims.formats.native import Attributes
from opdims.losses import mean_loss
from opdims.network import Network, current_form, initial_network, outputs_of, rates_of, simulate
from opdims.reduction import Factors, reduce_all, reduce_columns, reduce_rows, truncate, variance_explained
from opdims.storage import StoredNetwork, write_network
from opdims.task import Trials, complete_trials, draw_trials, task_from
from opdims.torch_modules import network_from_rnn

N = 4
W, X = torch.tensor(normal(N, N)), torch.tensor(normal(3, N))
NETWORK = Network(W, torch.tensor(normal(N, 2)), torch.tensor(normal(1, N)))
INPUTS = torch.tensor(normal(5, 7, 2))
TRIALS = complete_trials(Trials(normal(5, 7, 2), normal(5, 7, 1)))
GENERATOR = torch.Generator()
TASK = task_from(
    {"name": "a", "n_inputs": 2, "n_outputs": 1, "duration": 7.0}
    | {"trials": lambda repeats, *, dt, rng: Trials(normal(5, 7, 2), normal(5, 7, 1))},
    "task",
)
EYE = torch.eye(N, dtype=torch.float64)
NAN = torch.full((3, N), torch.nan, dtype=torch.float64)


def case(id: str, given: str, expected: str, call: Callable[[], Any]) -> Case:
    return Case(f"library_{id}", given, rf"^{expected}", lambda folder: printed(call, ValueError))


def evaluation(network: Network = NETWORK, step: float = 0.1, **given: Any) -> Evaluation:
    return Evaluation(network, TRIALS, **given, step=step)


def sample(**given: Any) -> sampling.Samples:
    settings = {"repeats": 1, "interval": None, "dt": 1.0, "tau": 10.0, "noise_std": 0.1} | given
    return sampling.sample_states(NETWORK, TASK, **settings, generator=GENERATOR, random_generator=GENERATOR)


def write(**tensors: torch.Tensor) -> None:
    attributes = Attributes("a", 1, 10.0, 1.0, 0.1, -1, "files")
    write_network("never.h5", StoredNetwork(None, NETWORK._replace(**tensors), attributes))


def dtypes() -> list[Case]:
    """Return cases of every type that no function takes."""
    cases = []
    for dtype in (torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex128):
        name = str(dtype).removeprefix("torch.")
        cases += [
            case(f"columns_{name}", f"weights of {name}", f"recurrent is of {name}, expected float64 or float32",
                 lambda dtype=dtype: local_column_dimensions(W.to(dtype), X, step=0.1)),
            case(f"rows_{name}", f"states of {name}", f"states is of {name}, expected float64 or float32",
                 lambda dtype=dtype: local_row_dimensions(W, X.to(dtype), step=0.1)),
            case(f"simulate_{name}", f"inputs of {name}", f"inputs is of {name}, expected float64 or float32",
                 lambda dtype=dtype: simulate(NETWORK, INPUTS.to(dtype), step=0.1)),
        ]  # fmt: skip
    return cases


DIMENSIONS = [
    case("array", "an array for a tensor", "recurrent is a ndarray, expected a torch tensor",
         lambda: local_column_dimensions(W.numpy(), X, step=0.1)),
    case("not_square", "weights that are not square", r"recurrent is \(3, 4\), expected \(\.\.\., N, N\)",
         lambda: local_column_dimensions(W[:3], X, step=0.1)),
    case("empty", "a network of no unit", r"recurrent is \(0, 0\), expected \(\.\.\., N, N\) with at least one",
         lambda: local_column_dimensions(W[:0, :0], X[:, :0], step=0.1)),
    case("no_location", "no location", r"states is \(0, 4\), expected \(\.\.\., L, 4\) with at least one",
         lambda: local_row_dimensions(W, X[:0], step=0.1)),
    case("vector", "states of one dimension", r"states is \(4,\), expected \(\.\.\., L, 4\)",
         lambda: local_row_dimensions(W, X[0], step=0.1)),
    case("other_units", "states of other units", r"states is \(3, 3\), expected \(\.\.\., L, 4\)",
         lambda: local_row_dimensions(W, X[:, :3], step=0.1)),
    case("batches", "batches that do not fit", r"recurrent \(2, 4, 4\) and states \(3, 3, 4\) differ in their leading",
         lambda: local_row_dimensions(W.expand(2, N, N), X.expand(3, 3, N), step=0.1)),
    case("nan_states", "states that are no numbers", "states holds values that are not finite",
         lambda: local_column_dimensions(W, NAN, step=0.1)),
    case("step_zero", "dt/τ = 0", "step is 0, expected a finite number above 0",
         lambda: local_column_dimensions(W, X, step=0)),
    case("step_nan", "dt/τ that is no number", "step is nan, expected a finite number above 0",
         lambda: local_column_dimensions(W, X, step=np.nan)),
    case("step_text", "dt/τ that is a text", "step is 0.1, expected a finite number above 0",
         lambda: local_column_dimensions(W, X, step="0.1")),
    case("threshold", "a threshold that is no number", "threshold is nan, expected a finite number of at least 0",
         lambda: local_row_dimensions(W, X, step=0.1, threshold=np.nan)),
    case("limit", "no dimension at most", "max_dimensions is 0, expected a whole number from 1 on",
         lambda: local_row_dimensions(W, X, step=0.1, max_dimensions=0)),
    case("half_limit", "1.5 dimensions at most", "max_dimensions is 1.5, expected a whole number from 1 on",
         lambda: local_row_dimensions(W, X, step=0.1, max_dimensions=1.5)),
    case("nonlinearity", "the name of a nonlinearity", "nonlinearity is 'tanh', expected one of",
         lambda: local_row_dimensions(W, X, step=0.1, nonlinearity="tanh")),
    case("global_shape", "directions and impacts that do not fit",
         r"direction is \(3, 1, 4\) and impact \(2, 1\), expected",
         lambda: global_dimensions(X[:, None], torch.ones(2, 1))),
    case("global_negative", "a negative impact", "impact goes down to -1.0, expected values from 0 on, or NaN",
         lambda: global_dimensions(X[:, None], -torch.ones(3, 1))),
    case("global_infinite", "an infinite impact", "impact holds values that are not finite",
         lambda: global_dimensions(X[:, None], torch.full((3, 1), torch.inf))),
    case("global_complex", "complex directions", "direction is of complex128, expected float64 or float32",
         lambda: global_dimensions(X[:, None] * 1j, torch.ones(3, 1))),
]  # fmt: skip

NETWORKS = [
    case("no_network", "a matrix for a network", "network is a Tensor, expected an opdims.network.Network",
         lambda: simulate(W, INPUTS, step=0.1)),
    case("mixed", "weights of two precisions", "network.input is of float32 on cpu, expected float64 on cpu",
         lambda: simulate(NETWORK._replace(input=NETWORK.input.float()), INPUTS, step=0.1)),
    case("bias", "a bias of other units", r"network.bias is \(3,\), expected \(\.\.\., 4\)",
         lambda: simulate(NETWORK._replace(bias=X[0, :3]), INPUTS, step=0.1)),
    case("equation", "an equation that there is not", "network.equation is 'rates', expected current or rate",
         lambda: simulate(NETWORK._replace(equation="rates"), INPUTS, step=0.1)),
    case("nan_weights", "weights that are no numbers", "network.recurrent holds values that are not finite",
         lambda: simulate(NETWORK._replace(recurrent=W * torch.nan), INPUTS, step=0.1)),
    case("input_channels", "inputs of other channels", r"inputs is \(5, 7, 1\), expected \(\.\.\., T, S, 2\)",
         lambda: simulate(NETWORK, INPUTS[..., :1], step=0.1)),
    case("no_trial", "no trial", r"inputs is \(0, 7, 2\), expected .* with at least one",
         lambda: simulate(NETWORK, INPUTS[:0], step=0.1)),
    case("input_precision", "inputs of another precision", "inputs is of float32, expected float64 as the network",
         lambda: simulate(NETWORK, INPUTS.float(), step=0.1)),
    case("noise", "noise of other trials", r"noise is \(4, 7, 4\), expected \(\.\.\., 5, 7, 4\)",
         lambda: simulate(NETWORK, INPUTS, INPUTS.new_zeros(4, 7, N), step=0.1)),
    case("negative_step", "a negative dt/τ", "step is -0.1, expected a finite number above 0",
         lambda: simulate(NETWORK, INPUTS, step=-0.1)),
    case("rates_units", "states of other units", r"states is \(5, 7, 2\), expected \(\.\.\., T, S, 4\)",
         lambda: rates_of(NETWORK, INPUTS, step=0.1)),
    case("outputs_units", "rates of other units", r"rates is \(5, 7, 2\), expected \(\.\.\., 4\)",
         lambda: outputs_of(NETWORK, INPUTS)),
    case("form", "current form twice", "the network is in current form already",
         lambda: current_form(NETWORK, INPUTS, step=0.1)),
    case("no_units", "a new network of no unit", "units is 0, expected a whole number from 1 on",
         lambda: initial_network(0, 1, 1, GENERATOR)),
    case("gain", "a gain that is no number", "gain is nan, expected a finite number of at least 0",
         lambda: initial_network(3, 1, 1, GENERATOR, gain=np.nan)),
    case("write_complex", "a complex network to be written", "network.recurrent is of complex128, expected float64 or",
         lambda: write(recurrent=W * 1j)),
    case("write_batch", "a batch of networks to be written", r"network.recurrent is \(2, 4, 4\), expected \(N, N\)",
         lambda: write(recurrent=W.expand(2, N, N))),
    case("module_complex", "a complex module", ".* of a module is of complex64 or not finite",
         lambda: network_from_rnn(nn.RNN(1, 2), nn.Linear(2, 1, dtype=torch.complex64))),
]  # fmt: skip

REDUCTIONS = [
    case("rank_negative", "rank −1", "rank is -1, expected a whole number from 0 to 4", lambda: truncate(W).matrix(-1)),
    case("rank_beyond", "a rank beyond N", "rank is 5, expected a whole number from 0 to 4",
         lambda: truncate(W).matrix(5)),
    case("rank_half", "rank 1.5", "rank is 1.5, expected a whole number from 0 to 4", lambda: truncate(W).matrix(1.5)),
    case("directions", "directions of other units", r"directions is \(3, 3\), expected \(\.\.\., 4, 4\)",
         lambda: reduce_columns(W, EYE[:3, :3])),
    case("directions_precision", "directions of another precision",
         "directions is of float32, expected float64 as recurrent",
         lambda: reduce_rows(W, EYE.float())),
    case("no_directions", "directions that are missing", "directions has no operative_columns, expected",
         lambda: reduce_all(W, None, {})),
    case("initial", "initial weights of other units", r"initial is \(3, 3\), expected \(\.\.\., 4, 4\)",
         lambda: reduce_all(W, W[:3, :3], {})),
    case("truncate", "a matrix that is no number", "matrix holds values that are not finite",
         lambda: truncate(W * torch.nan)),
    case("factors", "factors that do not fit", r"factors.right is \(2, 4\), expected \(\.\.\., 4, 4\)",
         lambda: variance_explained(Factors(W, W[:2]))),
    case("no_ranks", "no rank", "there are 1 factors and 0 ranks, expected at least one of each",
         lambda: evaluation().measure([truncate(W)], [])),
    case("ranks_beyond", "ranks beyond N", "rank is 5, expected a whole number from 0 to 4",
         lambda: evaluation().measure([truncate(W)], [0, 5])),
    case("ranks_half", "a rank of 1.5", "rank is 1.5, expected a whole number from 0 to 4",
         lambda: evaluation().measure([truncate(W)], [1.5])),
    case("factors_units", "factors of other units", r"factors.left is \(3, 3\), expected",
         lambda: evaluation().measure([truncate(W[:3, :3])], [0])),
    case("loss", "a loss that there is not", "loss is 'absolute', expected one of squared_error",
         lambda: evaluation(loss="absolute")),
    case("evaluation_noise", "noise of other units", r"noise is \(5, 7, 2\), expected \(5, 7, 4\)",
         lambda: evaluation(noise=INPUTS)),
    case("evaluation_step", "dt/τ = 0", "step is 0, expected a finite number above 0", lambda: evaluation(step=0)),
    case("loss_shape", "targets of other shape",
         r"outputs \(7, 5, 1\), targets \(7, 5, 2\) and weights \(7,\) do not fit",
         lambda: mean_loss("squared_error", torch.ones(7, 5, 1), torch.ones(7, 5, 2), torch.ones(7))),
    case("loss_weights", "weights that are all zero", r"weights is \[0.0, 0.0\], expected \(S,\) of finite numbers",
         lambda: mean_loss("squared_error", torch.ones(2, 5, 1), torch.ones(2, 5, 1), torch.zeros(2))),
]  # fmt: skip

GEOMETRY = [
    case("no_samples", "no sample", r"samples is \(0, 4\), expected .* with at least one",
         lambda: geometry.principal_components(X[:0])),
    case("nan_samples", "samples that are no numbers", "samples holds values that are not finite",
         lambda: geometry.principal_components(NAN)),
    case("basis", "more columns than units", "count is 5, expected a whole number from 1 to 4",
         lambda: geometry.random_basis(4, 5, GENERATOR)),
    case("angles_length", "columns that are not of unit length", "first has columns of length 2 to 2, expected 1",
         lambda: geometry.principal_angles(2 * EYE, EYE)),
    case("angles_units", "columns of other units", r"second is \(3, 3\), expected \(\.\.\., 4, K\)",
         lambda: geometry.acute_angles(EYE, EYE[:3, :3])),
    case("overlap", "bases of other sizes", r"bases are \(4, 4\) and \(4, 3\), expected",
         lambda: geometry.overlap(EYE, EYE[:, :3])),
    case("drive", "a drive of other units", r"drive is \(3,\), expected \(4,\)",
         lambda: fixed_points.find_points(W, X[0, :3], X)),
    case("nan_starts", "starts that are no numbers", "starts holds values that are not finite",
         lambda: fixed_points.find_points(W, X[0], NAN)),
    case("tolerance", "a tolerance that is no number",
         "search.slow_tolerance is nan, expected a finite number of at least 0",
         lambda: fixed_points.find_points(W, X[0], X, fixed_points.Search(slow_tolerance=np.nan))),
    case("no_inputs", "no constant input", "drives has 0 inputs and starts 0, expected as many, and at least one",
         lambda: fixed_points.find_points_of_inputs(W, [], [])),
    case("distance", "a distance of 0", "distance is 0, expected a finite number above 0",
         lambda: fixed_points.merge(X, 0)),
    case("jacobian", "states of other units", r"states is \(3, 3\), expected \(\.\.\., P, 4\)",
         lambda: fixed_points.jacobian(W, X[:, :3])),
    case("plane", "no state", r"states is \(0, 4\), expected .* with at least one",
         lambda: traces.principal_plane(X[:0])),
    case("no_matrices", "no matrix to trace", "matrices is empty, expected at least one",
         lambda: traces.trace(NETWORK, [], TRIALS, INPUTS.new_zeros(5, 7, N), step=0.1)),
    case("trace_noise", "noise of other trials", r"noise is \(4, 7, 4\), expected \(5, 7, 4\)",
         lambda: traces.trace(NETWORK, [W], TRIALS, INPUTS.new_zeros(4, 7, N), step=0.1)),
]  # fmt: skip

SAMPLING = [
    case("repeats", "no trial of each level", "task a: repeats is 0, expected a whole number from 1 on",
         lambda: sample(repeats=0)),
    case("dt", "dt = 0", "dt is 0, expected a number above 0", lambda: sample(dt=0)),
    case("tau", "a negative tau", "tau is -10, expected a finite number above 0", lambda: sample(tau=-10)),
    case("noise_std", "noise that is no number", "noise_std is nan, expected a finite number of at least 0",
         lambda: sample(noise_std=np.nan)),
    case("interval", "an interval of 0", "dt = 1.0 ms does not divide 0 ms", lambda: sample(interval=0)),
    case("dt_nan", "dt that is no number", "dt is nan, expected a number above 0",
         lambda: draw_trials(TASK, 1, dt=np.nan, rng=np.random.default_rng(0))),
    case("trials_nan", "trials that are no numbers", "trials: inputs of its trials hold values that are not finite",
         lambda: complete_trials(Trials(np.full((2, 3, 1), np.nan)))),
    case("trials_complex", "complex trials", "trials: inputs of its trials are of complex128, expected real numbers",
         lambda: complete_trials(Trials(normal(2, 3, 1) * 1j))),
    case("trials_weights", "weights that are all zero",
         "trials: weights are .*, expected none below 0 and one above it",
         lambda: complete_trials(Trials(normal(2, 3, 1), weights=np.zeros(3)))),
    case("no_condition", "a condition without a trial", "condition has no trial of condition 1, expected 0 to 1",
         lambda: sampling.average_by_condition(X, np.zeros(3, dtype=int), 2)),
]  # fmt: skip

CASES = [*dtypes(), *DIMENSIONS, *NETWORKS, *REDUCTIONS, *GEOMETRY, *SAMPLING]
