"""Network files are written whole, read back the same, and say what is wrong with them."""

import h5py
import numpy as np
import pytest
import torch
from plain import random_network

from opdims import storage
from opdims.files import atomic, remove
from opdims.formats.native import Attributes, read_weights
from opdims.network import OPTIONAL, TENSORS, initial_network
from opdims.nonlinearity import NONLINEARITIES

ATTRIBUTES = Attributes("sine_generation", 3, 10.0, 1.0, 0.1, 7, "train")


@pytest.fixture
def network() -> storage.StoredNetwork:
    generator = torch.Generator().manual_seed(0)
    return storage.StoredNetwork(initial_network(6, 2, 1, generator), initial_network(6, 2, 1, generator), ATTRIBUTES)


@pytest.fixture
def whole() -> storage.StoredNetwork:
    """A network with all that it may have."""
    kind = {"equation": "rate", "nonlinearity": NONLINEARITIES["relu"], "bias": True, "start": "both"}
    attributes = ATTRIBUTES._replace(equation="rate", nonlinearity="relu")
    return storage.StoredNetwork(random_network(**kind), random_network(**kind, seed=9), attributes)


def assert_same(first, second):
    assert first.tensors().keys() == second.tensors().keys()
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, second.tensors()[name])
        assert second.tensors()[name].dtype == torch.float64
    assert (first.equation, first.nonlinearity) == (second.equation, second.nonlinearity)


def test_a_network_is_read_as_it_was_written(tmp_path, network):
    storage.write_network(tmp_path / "network_3.h5", network)
    read = storage.read_network(tmp_path / "network_3.h5")
    assert read.attributes == network.attributes
    assert [type(value) for value in read.attributes] == [str, int, float, float, float, int, str, str, str, float]
    for stage in ("initial", "final"):
        assert_same(getattr(network, stage), getattr(read, stage))


@pytest.mark.parametrize("name", ["all", *OPTIONAL])
def test_biases_and_start_are_read_as_they_were_written(tmp_path, whole, name):
    lacking = {} if name == "all" else {name: None}
    written = whole._replace(final=whole.final._replace(**lacking))
    storage.write_network(tmp_path / "network_3.h5", written)
    read = storage.read_network(tmp_path / "network_3.h5")
    assert_same(read.initial, written.initial)
    assert_same(read.final, written.final)
    assert set(read.initial.tensors()) - set(read.final.tensors()) == set(lacking)
    assert set(read.initial.tensors()) == set(TENSORS)
    assert read.attributes == written.attributes


def test_a_network_without_known_initial_weights_has_none(tmp_path, whole):
    storage.write_network(tmp_path / "network_3.h5", whole._replace(initial=None))
    read = storage.read_network(tmp_path / "network_3.h5")
    assert read.initial is None
    assert_same(read.final, whole.final)
    with h5py.File(tmp_path / "network_3.h5") as file:
        assert list(file) == ["final"]


@pytest.mark.parametrize("counts", [(0, 2), (3, 0), (0, 0)])
@pytest.mark.parametrize("bias", [False, True])
def test_a_network_may_have_no_input_or_no_output(tmp_path, counts, bias):
    network = random_network(5, *counts, bias=bias)
    storage.write_network(tmp_path / "network_3.h5", storage.StoredNetwork(None, network, ATTRIBUTES))
    read = storage.read_network(tmp_path / "network_3.h5").final
    assert_same(read, network)
    assert read.input.shape == (5, counts[0])
    assert read.output.shape == (counts[1], 5)


def test_a_trained_network_is_written_in_float64_from_where_it_is(tmp_path, network):
    single = network.final.map(lambda tensor: tensor.float().requires_grad_())
    storage.write_network(tmp_path / "network_3.h5", network._replace(final=single))
    assert_same(storage.read_network(tmp_path / "network_3.h5").final, single.map(torch.detach).to(torch.float64))


def test_files_that_say_neither_equation_nor_nonlinearity_are_in_current_form_with_tanh(tmp_path, whole):
    path = tmp_path / "network_3.h5"
    storage.write_network(path, whole)
    with h5py.File(path, "a") as file:
        del file.attrs["equation"], file.attrs["nonlinearity"]
    read = storage.read_network(path)
    assert (read.attributes.equation, read.attributes.nonlinearity) == ("current", "tanh")
    assert read.final.equation == read.initial.equation == "current"
    assert read.final.nonlinearity is NONLINEARITIES["tanh"]


@pytest.mark.parametrize("equation", ["current", "rate"])
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_equation_and_nonlinearity_are_those_of_the_attributes(tmp_path, network, equation, nonlinearity):
    attributes = ATTRIBUTES._replace(equation=equation, nonlinearity=nonlinearity)
    storage.write_network(tmp_path / "network_3.h5", network._replace(attributes=attributes))
    read = storage.read_network(tmp_path / "network_3.h5")
    for stage in (read.initial, read.final):
        assert (stage.equation, stage.nonlinearity) == (equation, NONLINEARITIES[nonlinearity])


def test_the_step_is_dt_over_tau():
    assert ATTRIBUTES.step == 0.1


def test_arrays_are_read_without_torch(tmp_path, whole):
    storage.write_network(tmp_path / "network_3.h5", whole)
    stages, attributes = read_weights(tmp_path / "network_3.h5")
    assert attributes == whole.attributes
    assert list(stages) == ["initial", "final"]
    for name, array in stages["final"].items():
        np.testing.assert_array_equal(array, whole.final.tensors()[name].numpy())


def test_a_network_is_the_same_bytes_again(tmp_path, network, whole):
    for each in (network, whole):
        for name in ("a.h5", "b.h5"):
            storage.write_network(tmp_path / name, each)
        assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def change(path, dataset, value):
    with h5py.File(path, "a") as file:
        del file[dataset]
        if value is not None:
            file[dataset] = value


@pytest.mark.parametrize(
    ("dataset", "value", "message"),
    [
        ("final/recurrent", None, "dataset final/recurrent is missing"),
        (
            "final/recurrent",
            np.ones((6, 5)),
            r"dataset final/recurrent is \(6, 5\), expected a square matrix; was it tr",
        ),
        (
            "initial/input",
            np.ones((2, 6)),
            r"dataset initial/input is \(2, 6\), expected \(6, n_inputs\); was it transp",
        ),
        ("final/output", np.ones((6, 1)), r"dataset final/output is \(6, 1\), expected \(n_outputs, 6\)"),
        ("final/input", np.ones(6), r"dataset final/input is \(6,\), expected two dimensions"),
        ("final/input", np.full((6, 2), np.nan), "dataset final/input holds values that are not finite"),
        ("final/input", "words", "dataset final/input cannot be read as numbers"),
        ("final/recurrent", np.ones((6, 6)) * 1j, "dataset final/recurrent cannot be read as numbers .*complex128"),
        ("final/recurrent", np.ones((6, 6), dtype=bool), "dataset final/recurrent cannot be read as numbers .*bool"),
        ("final/bias", np.ones(5), r"dataset final/bias is \(5,\), expected \(6,\)"),
        ("final/bias", np.ones((6, 1)), r"dataset final/bias is \(6, 1\), expected one dimension"),
        ("initial/output_bias", np.ones(6), r"dataset initial/output_bias is \(6,\), expected \(2,\)"),
        ("final/initial_state", np.ones(2), r"dataset final/initial_state is \(2,\), expected \(6,\)"),
        ("final/initial_rates", np.full(6, np.inf), "dataset final/initial_rates holds values that are not finite"),
        ("final", None, "dataset final/recurrent is missing"),
    ],
)
def test_what_is_wrong_with_a_network_file_is_named(tmp_path, whole, dataset, value, message):
    path = tmp_path / "network_3.h5"
    storage.write_network(path, whole)
    change(path, dataset, value)
    with pytest.raises(ValueError, match=message) as caught:
        storage.read_network(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("tau", None, "attribute tau is missing"),
        ("tau", "ten", "attribute tau is 'ten', expected a number"),
        ("nonlinearity", "swish", "attribute nonlinearity is 'swish', expected one of tanh, relu, softplus, sigmoid"),
        ("equation", "rates", "attribute equation is 'rates', expected one of current, rate"),
    ],
)
def test_what_is_wrong_with_an_attribute_is_named(tmp_path, network, attribute, value, message):
    path = tmp_path / "network_3.h5"
    storage.write_network(path, network)
    with h5py.File(path, "a") as file:
        del file.attrs[attribute]
        if value is not None:
            file.attrs[attribute] = value
    with pytest.raises(ValueError, match=message) as caught:
        storage.read_network(path)
    assert str(path) in str(caught.value)


def test_missing_truncated_and_foreign_files_are_named(tmp_path, network):
    path = tmp_path / "network_3.h5"
    with pytest.raises(ValueError, match=r"network_3.h5: no such file"):
        storage.read_network(path)
    storage.write_network(path, network)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"network_3.h5: cannot be read .* expected a whole HDF5 file"):
        storage.read_network(path)
    path.write_text("not HDF5")
    with pytest.raises(ValueError, match=r"network_3.h5: cannot be read"):
        storage.read_network(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half() -> None:
        with atomic(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_removed_file_leaves_nothing_of_itself(tmp_path):
    (tmp_path / "network_1.checkpoint").touch()
    (tmp_path / ".network_1-x1y2z3.checkpoint").touch()  # as a process leaves it that is killed while it writes
    (tmp_path / ".network_12-x1y2z3.checkpoint").touch()  # another's
    (tmp_path / "network_1.csv").touch()
    remove(tmp_path / "network_1.checkpoint")
    remove(tmp_path / "network_1.checkpoint")
    assert {path.name for path in tmp_path.iterdir()} == {".network_12-x1y2z3.checkpoint", "network_1.csv"}


def test_written_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    with atomic(tmp_path / "file"):
        pass
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode
