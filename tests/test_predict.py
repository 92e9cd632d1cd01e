"""predict and the plain call against NumPy, PyTorch and Keras; the record; what press tracks."""

import datetime
import importlib
import json
import re
import shutil
import sys
import warnings

import keras
import numpy as np
import pytest
import torch
from built_site import ROOT
from numpy.testing import assert_allclose, assert_array_equal
from packaging.requirements import Requirement
from torch import nn

from press.modules import Project
from press.reach import Digests
from snippets.predict.experiments import (
    demo,
    exercises,
    fitted_costs,
    label_of,
    net_of,
    random_rows,
    zeros,
)
from snippets.predict.interactive import time_by_rows, what_fits
from snippets.predict.keras_ import (
    KerasAlwaysDrops,
    KerasCounting,
    KerasDataset,
    KerasDropsByDefault,
    KerasListener,
    KerasWithoutTraining,
    keras_batchnorm,
    keras_call,
    keras_call_with,
    keras_fitted,
    keras_functional,
    keras_generator,
    keras_loader,
    keras_mlp,
    keras_on_tensorflow,
    keras_passes,
    keras_predict,
    keras_predict_by_hand,
    keras_predict_on_batch,
    keras_predict_steps,
    keras_to_numpy,
    keras_transfer,
    keras_wrapped,
)
from snippets.predict.scratch import (
    activation_bytes,
    batch_slices,
    call_cost_model,
    predict_as_posted,
    predict_in_batches,
    same_but_rounding,
)
from snippets.predict.torch_ import (
    OutputFacts,
    alive_bytes,
    describe_output,
    input_gradient,
    saved_for_backward_bytes,
    torch_call,
    torch_call_inference,
    torch_call_no_grad,
    torch_eval_mode,
    torch_mlp,
    torch_predict,
    torch_predict_plain,
)

sys.path.insert(0, str(ROOT / "benchmarks"))
measure_predict = importlib.import_module("measure_predict")

SIZES = (1, 2, 3, 7, 10, 11, 32, 1000)


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def torch_rng_stays():
    """PyTorch's global generator is as it was before the test."""
    before = torch.random.get_rng_state()
    yield
    assert torch.equal(torch.random.get_rng_state(), before)


# Whole numbers, wherever they are asked for

X4 = np.ones((4, 2), "float32")
WHOLE = {  # name, least, call
    "n of batch_slices": ("n", 0, lambda n: batch_slices(n, 2)),
    "batch_size of batch_slices": ("batch_size", 1, lambda n: batch_slices(3, n)),
    "batch_size of predict_in_batches": (
        "batch_size", 1, lambda n: predict_in_batches(np.copy, X4, n)
    ),
    "batch_size of predict_as_posted": (
        "batch_size", 1, lambda n: predict_as_posted(np.copy, X4, n)
    ),
    "batch_size of torch_predict": (
        "batch_size", 1, lambda n: torch_predict(nn.Identity(), X4, n)
    ),
    "batch_size of keras_predict_by_hand": (
        "batch_size", 1, lambda n: keras_predict_by_hand(keras_mlp([2, 2], 0), X4, n)
    ),
    "a width": ("widths", 1, lambda n: activation_bytes([3, n], 2)),
    "rows": ("rows", 0, lambda n: activation_bytes([3], n)),
    "itemsize": ("itemsize", 1, lambda n: activation_bytes([3], 2, n)),
    "n of call_cost_model": ("n", 1, lambda n: call_cost_model(n, 2, 1, 1, 1)),
    "batch_size of call_cost_model": ("batch_size", 1, lambda n: call_cost_model(3, n, 1, 1, 1)),
    "output_index": ("output_index", 0, lambda n: input_gradient(nn.Linear(2, 9), X4, n)),
}  # fmt: skip
whole = pytest.mark.parametrize(("name", "least", "call"), WHOLE.values(), ids=WHOLE)


@whole
@pytest.mark.parametrize("value", [None, "2", 2.0, np.float32(2), True, False, np.True_, [2], 2j])
def test_what_is_no_integer_is_a_type_error(name, least, call, value):
    with pytest.raises(TypeError) as error:
        call(value)
    assert str(error.value) == f"{name} must be an int, got {value!r}"


@whole
@pytest.mark.parametrize("below", [1, 7])
def test_an_integer_too_small_is_a_value_error(name, least, call, below):
    with pytest.raises(ValueError, match=name) as error:
        call(least - below)
    assert str(error.value) == f"{name} must be >= {least}, got {least - below}"


@whole
def test_the_least_integer_and_numpys_are_taken(name, least, call):
    call(least)
    call(np.int64(least))
    call(np.uint8(least + 3))


COSTS = ("per_call", "per_batch", "per_row")


@pytest.mark.parametrize("place", range(3))
def test_costs_are_checked(place):
    def call(cost):
        costs = [1, 1, 1]
        costs[place] = cost
        return call_cost_model(3, 2, *costs)

    for cost in (None, "1", True, 1j, [1.0]):
        with pytest.raises(TypeError) as error:
            call(cost)
        assert str(error.value) == f"{COSTS[place]} must be a number, got {cost!r}"
    for cost in (-1, -1e-300, np.inf, np.nan):
        with pytest.raises(ValueError, match=COSTS[place]) as error:
            call(cost)
        assert str(error.value) == f"{COSTS[place]} must be finite and >= 0, got {cost!r}"
    for cost in (0, np.float32(0.5), np.int64(3), 1e300):
        assert type(call(cost)) is float


# Batches


@pytest.mark.parametrize(
    ("n", "size", "wanted"),
    [
        (0, 3, []),  # no rows, no batches
        (1, 3, [(0, 1)]),
        (3, 3, [(0, 3)]),
        (4, 3, [(0, 3), (3, 4)]),  # the rest is a batch of its own
        (6, 3, [(0, 3), (3, 6)]),
        (2, 1, [(0, 1), (1, 2)]),
        (5, 10**30, [(0, 5)]),
        (10**18, 10**18, [(0, 10**18)]),
    ],
)
def test_batch_slices_by_hand(n, size, wanted):
    slices = batch_slices(n, size)
    assert slices == [slice(*pair) for pair in wanted]
    assert all(type(rows.stop) is int and rows.step is None for rows in slices)


def test_numpys_integers_make_plain_slices():
    (rows,) = batch_slices(np.int8(100), np.int8(100))  # 100 + 100 would overflow
    assert (type(rows.start), rows.stop, type(rows.stop)) == (int, 100, int)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n", [0, 1, 2, 10, 11, 64])
def test_batches_are_kerass(n, size):
    ours = [rows.stop - rows.start for rows in batch_slices(n, size)]
    if n:
        x = random_rows(n, 8)
        assert keras_passes(lambda model: keras_predict(model, x, size)) == ours
    assert ours == [len(part) for part in np.split(np.arange(n), range(size, n, size)) if len(part)]


EDGES = {
    "one row": random_rows(1, 3),
    "ten rows": random_rows(10, 3),
    "eleven": random_rows(11, 3),
    "numbers": np.arange(10.0),
    "images": generator().normal(size=(10, 2, 3, 4)),
    "huge": np.full((10, 3), 3e38, "float32"),
    "tiny": np.full((10, 3), 5e-324),
    "nan and inf": np.array([[np.nan, np.inf, -np.inf]] * 10),
    "integers": np.arange(30).reshape(10, 3),
    "bools": np.eye(10, dtype=bool),
    "backwards": np.arange(30.0).reshape(10, 3)[::-1, ::-1],
    "no columns": np.zeros((10, 0)),
}


def flat(rows):
    """A function of each row that no order of rows and no padding leaves alone."""
    return np.asarray(rows).reshape(len(rows), -1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("x", EDGES.values(), ids=EDGES)
def test_batches_put_together_are_the_whole(x, size):
    before = x.copy()
    y = predict_in_batches(flat, x, size)
    assert_array_equal(y, flat(x))
    assert y.dtype == x.dtype
    assert_array_equal(x, before)
    assert not np.shares_memory(x, y)
    batches = -(-len(x) // size)
    assert_array_equal(predict_as_posted(flat, x, size), np.concatenate([flat(x)] * batches))


def test_each_batch_is_asked_once_in_order():
    asked = []

    def fn(rows):
        asked.append(rows.tolist())
        return rows

    predict_in_batches(fn, range(5), 2)
    assert asked == [[0, 1], [2, 3], [4]]
    asked.clear()
    predict_as_posted(fn, range(3), 2)
    assert asked == [[0, 1, 2], [0, 1, 2]]


def test_batches_are_of_32_by_default():
    for function in (predict_in_batches, predict_as_posted):
        calls = []
        function(lambda rows, calls=calls: calls.append(len(rows)) or rows, np.ones(65))
        assert len(calls) == 3
    assert len(keras_passes(lambda model: keras_predict(model, random_rows(65, 8)))) == 3
    assert len(keras_passes(lambda model: keras_predict_by_hand(model, random_rows(65, 8)))) == 3


def test_a_function_may_write_on_its_batch():
    x = np.arange(5.0)

    def double(rows):
        rows *= 2
        return rows

    assert_array_equal(predict_in_batches(double, x, 2), [0, 2, 4, 6, 8])
    assert_array_equal(x, np.arange(5))


def test_a_function_may_return_its_own_buffer():
    buffer = np.zeros(2)

    def reuse(rows):
        buffer[: len(rows)] = rows
        return buffer[: len(rows)]

    assert_array_equal(predict_in_batches(reuse, [1.0, 2.0, 3.0], 2), [1, 2, 3])


def test_lists_do():
    assert_array_equal(
        predict_in_batches(list, [[1, 2], [3, 4], [5, 6]], 2), [[1, 2], [3, 4], [5, 6]]
    )


@pytest.mark.parametrize("x", [[], np.zeros((0, 3)), 3.0, np.array(1)])
@pytest.mark.parametrize("function", [predict_in_batches, predict_as_posted])
def test_no_rows_are_a_value_error(function, x):
    def fn(rows):
        pytest.fail("nothing to ask")

    with pytest.raises(ValueError, match="x must have rows") as error:
        function(fn, x)
    assert str(error.value) == f"x must have rows, got shape {np.shape(x)}"


@pytest.mark.parametrize(
    ("fn", "shape"),
    [(np.sum, ()), (lambda rows: rows[:1], (1, 2)), (lambda rows: [*rows, rows[0]], (4, 2)),
     (lambda rows: None, ())],
)  # fmt: skip
def test_other_than_a_row_for_a_row_is_a_value_error(fn, shape):
    with pytest.raises(ValueError, match="fn must return 3 rows") as error:
        predict_in_batches(fn, np.ones((7, 2)), 3)
    assert str(error.value) == f"fn must return 3 rows, got shape {shape}"


def test_the_last_batch_is_checked_too():
    with pytest.raises(ValueError, match="fn must return 1 rows, got shape \\(3, 2\\)"):
        predict_in_batches(lambda rows: np.ones((3, 2)), np.ones((7, 2)), 3)


# Bytes and costs


@pytest.mark.parametrize(
    ("widths", "rows", "itemsize", "wanted"),
    [
        ([512], 200_000, 4, 409_600_000),  # 512 · 200,000 · 4
        ([64, 512, 512, 10], 200_000, 4, 878_400_000),  # 1098 · 200,000 · 4
        ([3, 4], 5, 8, 280),  # 7 · 5 · 8
        ([3, 4], 0, 8, 0),
        ((1,), 1, 1, 1),
        ([10**12, 1], 10**12, 4, 4 * (10**24 + 10**12)),  # beyond 64 bits
    ],
)
def test_activation_bytes_by_hand(widths, rows, itemsize, wanted):
    assert activation_bytes(widths, rows, itemsize) == wanted
    assert activation_bytes(iter(widths), rows, itemsize) == wanted


def test_numpys_widths_do_not_overflow():
    assert activation_bytes([np.int32(2**30)], np.int32(2**30)) == 2**62


def test_no_widths_are_a_value_error():
    with pytest.raises(ValueError, match=r"widths must not be empty, got \[\]"):
        activation_bytes([], 3)


def test_numbers_take_four_bytes_by_default():
    x = torch.ones(7, 3)
    assert activation_bytes([3, 5], 7) == x.nbytes + nn.Linear(3, 5)(x).nbytes
    x = x.double()
    assert activation_bytes([3, 5], 7, 8) == x.nbytes + nn.Linear(3, 5).double()(x).nbytes


@pytest.mark.parametrize(
    ("n", "size", "costs", "wanted"),
    [
        (33, 32, (5, 2, 0.5), 25.5),  # 5 + 2 · 2 + 0.5 · 33
        (32, 32, (5, 2, 0.5), 23.0),  # 5 + 2 + 16
        (1, 1000, (5, 2, 0.5), 7.5),
        (10, 1, (1, 0, 0), 1.0),
        (10, 3, (0, 1, 0), 4.0),
        (10, 3, (0, 0, 1), 10.0),
        (10, 3, (0, 0, 0), 0.0),
    ],
)
def test_costs_by_hand(n, size, costs, wanted):
    cost = call_cost_model(n, size, *costs)
    assert cost == wanted
    assert type(cost) is float


def test_larger_batches_never_cost_more():
    costs = [call_cost_model(100, size, 3, 2, 0.1) for size in range(1, 120)]
    assert costs == sorted(costs, reverse=True)
    assert costs[99] == costs[-1]


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_rounding_is_measured_by_the_outputs_size(size):
    wanted = size * np.array([[-3.0, 1.0], [0.0, 2.0]])
    same_but_rounding(wanted, wanted)
    same_but_rounding(wanted + 2.9e-5 * size, wanted)  # a share of the largest, 3
    for wrong in (wanted + 3.1e-5 * size, wanted * 1.1, wanted[:1, :1] + wanted, wanted * np.nan):
        with pytest.raises(AssertionError):
            same_but_rounding(wrong, wanted)


# What an output is


@pytest.mark.parametrize(
    ("y", "wanted"),
    [
        (torch.ones(2), ("torch.Tensor", False, False)),
        (torch.ones(2, requires_grad=True), ("torch.Tensor", False, True)),
        (nn.Parameter(torch.ones(2)), ("torch.nn.parameter.Parameter", False, True)),
        (np.ones(2), ("numpy.ndarray", True, False)),
        (np.float32(1), ("numpy.float32", False, False)),
        (np.ma.ones(2), ("numpy.ma.MaskedArray", True, False)),
        ([torch.ones(2, requires_grad=True)], ("builtins.list", False, False)),
        (None, ("builtins.NoneType", False, False)),
    ],
)
def test_describe_output(y, wanted):
    facts = describe_output(y)
    assert isinstance(facts, OutputFacts)
    assert facts == wanted
    assert facts._fields == ("type_name", "is_numpy", "requires_grad")
    assert [type(fact) for fact in facts] == [str, bool, bool]


# PyTorch


def convolutional():
    """A net with all that can go wrong: images, batch normalization, dropout, ReLU in place."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(2, 3, 3),
            nn.BatchNorm2d(3),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(12, 5),
        )


def images(n):
    return generator().normal(size=(n, 2, 4, 4)).astype("float32")


def modes(net):
    return [part.training for part in net.modules()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n", [1, 2, 10, 11])
def test_torch_predict_is_the_net_in_eval_mode(n, size, torch_rng_stays):
    net, x = convolutional(), images(n)
    before = x.copy()
    with torch.no_grad():
        wanted = net.eval()(torch.tensor(x)).numpy()
    net.train()
    net[2].eval()  # frozen
    kept, buffers = modes(net), [value.clone() for value in net.buffers()]
    y = torch_predict(net, x, size)
    assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
    assert (type(y), y.dtype, y.shape) == (np.ndarray, np.float32, (n, 5))
    assert modes(net) == kept
    assert all(map(torch.equal, buffers, net.buffers()))
    assert_array_equal(x, before)


def test_torch_predict_takes_any_layout():
    net, x = nn.Linear(3, 2), random_rows(6, 3)
    wanted = torch_predict(net, x)
    frozen = x.copy()
    frozen.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows in (x[::-1][::-1], np.asfortranarray(x), frozen, x.tolist()):
            rows = rows if isinstance(rows, np.ndarray) else np.array(rows, "float32")
            assert_allclose(torch_predict(net, rows, 4), wanted, rtol=1e-6)


def test_torch_predict_keeps_autograd_as_it_is():
    net = nn.Linear(3, 2)
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            torch_predict(net, random_rows(2, 3))
            assert torch.is_grad_enabled() == enabled
    assert not torch.is_inference_mode_enabled()
    assert net(torch.ones(1, 3)).requires_grad


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "bool", "complex64", "object"])
def test_torch_predict_wants_single_precision(dtype):
    with pytest.raises(TypeError, match=f"x must be float32, got {dtype}$"):
        torch_predict(nn.Linear(3, 2), np.ones((2, 3)).astype(dtype))


def test_torch_predict_refuses_no_rows():
    net = nn.Linear(3, 2).train()
    with pytest.raises(ValueError, match=r"x must have rows, got shape \(0, 3\)"):
        torch_predict(net, np.zeros((0, 3), "float32"))
    assert net.training


def test_torch_predict_refuses_a_net_that_joins_rows():
    with pytest.raises(ValueError, match=r"fn must return 2 rows, got shape \(6,\)"):
        torch_predict(nn.Flatten(0), np.zeros((5, 3), "float32"), 2)


def test_torch_predict_passes_nan_on():
    x = random_rows(3, 2)
    x[1] = np.nan
    y = torch_predict(nn.Linear(2, 2), x, 2)
    assert_array_equal(np.isnan(y).all(axis=1), [False, True, False])


def test_the_plain_loop_is_torch_predict(torch_rng_stays):
    net, x = convolutional().train(), images(10)
    wanted = torch_predict(net, x)
    assert net.training
    loader = keras_loader(x, 4, shuffle=False, seed=0)
    y = torch_predict_plain(net, loader)
    assert_allclose(y.numpy(), wanted, rtol=1e-5, atol=1e-6)
    assert y.is_inference()
    assert not any(modes(net))  # as its docstring says


def test_batches_are_of_32_for_torch_too():
    net, rows = nn.Linear(2, 2), []
    net.register_forward_hook(lambda _, x, y: rows.append((len(y), y.is_inference())))
    torch_predict(net, random_rows(70, 2))
    assert rows == [(32, True), (32, True), (6, True)]


def test_eval_mode_is_for_a_while():
    net = convolutional().train()
    net[3].eval()
    kept = modes(net)
    with torch_eval_mode(net):
        assert not any(modes(net))
    assert modes(net) == kept
    with pytest.raises(KeyError), torch_eval_mode(net):
        raise KeyError
    assert modes(net) == kept
    net.eval()
    with torch_eval_mode(net):
        net.train()
    assert not any(modes(net))
    shared = nn.Dropout(0.5)
    net = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared)).train()
    shared.eval()  # frozen, below two parents that are not
    with torch_eval_mode(net):
        pass
    assert modes(net) == [True, True, False, True]


@pytest.mark.parametrize(
    ("call", "requires_grad", "is_inference"),
    [(torch_call, True, False), (torch_call_no_grad, False, False),
     (torch_call_inference, False, True)],
)  # fmt: skip
def test_the_three_calls(call, requires_grad, is_inference):
    net, x = nn.Linear(3, 2), torch.ones(4, 3)
    y = call(net, x)
    assert (y.requires_grad, y.is_inference()) == (requires_grad, is_inference)
    assert torch.equal(y.detach(), net(x).detach())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_torch_mlp(torch_rng_stays):
    net = torch_mlp([4, 8, 6, 3], seed=1, drop_rate=0.3)
    names = [type(layer).__name__ for layer in net]
    assert names == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert [layer.p for layer in net if isinstance(layer, nn.Dropout)] == [0.3, 0.3]
    assert [p.shape for p in net.parameters() if p.ndim == 2] == [(8, 4), (6, 8), (3, 6)]
    same, other = torch_mlp([4, 8, 6, 3], 1), torch_mlp([4, 8, 6, 3], 2)
    assert same[2].p == 0
    assert torch.equal(net[0].weight, same[0].weight)
    assert not torch.equal(net[0].weight, other[0].weight)


# Gradients at the input


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("j", [0, 2])
def test_input_gradient_is_the_jacobians_diagonal(j, n, dtype, torch_rng_stays):
    net = torch_mlp([4, 8, 3], seed=0, drop_rate=0.5).to(getattr(torch, dtype))
    x = generator().normal(size=(n, 4)).astype(dtype)
    before = x.copy()
    slopes = input_gradient(net, x, j)
    assert (slopes.dtype, slopes.shape) == (x.dtype, (n, 4))
    assert_array_equal(x, before)
    assert all(p.grad is None for p in net.parameters())
    assert net.training
    net.eval()
    for row, slope in zip(torch.tensor(x), slopes, strict=True):
        jacobian = torch.autograd.functional.jacobian(net, row[None])  # (1, 3, 1, 4)
        assert_allclose(slope, jacobian[0, j, 0].numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("j", [0, 1, 2])
def test_input_gradient_of_a_keras_model(j):
    model, x = keras_mlp([4, 8, 3], 0, drop_rate=0.5), random_rows(6, 4)
    w1, b1, w2, _ = model.get_weights()
    wanted = ((x @ w1 + b1 > 0) * w2[:, j]) @ w1.T
    model.train()
    assert_allclose(input_gradient(model, x, j), wanted, rtol=1e-4, atol=1e-6)
    assert model.training
    assert all(v.value.grad is None for v in model.trainable_variables)


def test_input_gradient_asks_keras_models_in_inference(torch_rng_stays):
    x = random_rows(20, 8)
    wanted = np.zeros_like(x)
    wanted[:, 2] = 1  # nothing is dropped or doubled
    wrapped = keras_wrapped(nn.Dropout(0.5))
    for model in (KerasDropsByDefault(0), wrapped, KerasWithoutTraining(wrapped)):
        assert_array_equal(input_gradient(model, x, 2), wanted)
    norm = nn.BatchNorm1d(8)
    input_gradient(keras_wrapped(norm), x + 1, 0)
    assert_array_equal(norm.running_mean.numpy(), 0)
    assert norm.num_batches_tracked == 0


def test_input_gradient_does_not_mix_rows():
    norm = nn.BatchNorm1d(3).train()  # in training every row would move every other
    slopes = input_gradient(nn.Sequential(norm, nn.Linear(3, 2)), random_rows(5, 3), 1)
    assert np.ptp(slopes, axis=0).max() < 1e-7
    assert_array_equal(norm.running_mean.numpy(), 0)
    assert norm.training


def test_input_gradient_keeps_what_parameters_have():
    net = nn.Linear(3, 2)
    net(torch.ones(1, 3)).sum().backward()
    before = net.weight.grad.clone()
    slopes = input_gradient(net, random_rows(5, 3), 0)
    assert torch.equal(net.weight.grad, before)
    assert_allclose(slopes, np.tile(net.weight[0].detach().numpy(), (5, 1)), rtol=1e-6)


def test_input_gradient_passes_nan_on():
    x = random_rows(3, 2)
    x[1] = np.nan
    slopes = input_gradient(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), x, 0)
    assert_array_equal(np.isnan(slopes).all(axis=1), [False, True, False])


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64", "object"])
def test_input_gradient_wants_floats(dtype):
    with pytest.raises(TypeError, match=f"x must be floats, got {dtype}$"):
        input_gradient(nn.Linear(3, 2), np.ones((2, 3)).astype(dtype), 0)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 3)])
def test_input_gradient_wants_a_matrix(shape):
    with pytest.raises(ValueError, match="x must be") as error:
        input_gradient(nn.Linear(3, 2), np.ones(shape, "float32"), 0)
    assert str(error.value) == f"x must be (N, D), got shape {shape}"


@pytest.mark.parametrize(
    ("net", "shape"),
    [(nn.Flatten(0), (6,)), (nn.Unflatten(1, (3, 1)), (2, 3, 1)),
     (nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (3, 2))), (3, 2))],
)  # fmt: skip
def test_input_gradient_wants_a_row_for_a_row(net, shape):
    with pytest.raises(ValueError, match="net must return") as error:
        input_gradient(net, np.ones((2, 3), "float32"), 0)
    assert str(error.value) == f"net must return (2, K), got shape {shape}"


@pytest.mark.parametrize("index", [2, 3, 10**9])
def test_input_gradient_wants_an_output_that_is_there(index):
    net = nn.Linear(3, 2).train()
    with pytest.raises(ValueError, match=rf"output_index must be in \[0, 2\), got {index}$"):
        input_gradient(net, np.ones((2, 3), "float32"), index)
    assert net.training


# Bytes of outputs alive


def test_alive_bytes_by_hand():
    net, x = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 5), nn.Identity()), X4
    rows = torch.tensor(x)
    # recorded: ReLU's output and the last; before, the first and ReLU's
    assert alive_bytes(net, lambda: net(rows)) == 4 * 4 * (3 + 5)
    assert alive_bytes(net, lambda: torch_call_no_grad(net, rows)) == 4 * 4 * (3 + 5)
    assert alive_bytes(net[:1], lambda: net(rows)) == 4 * 4 * 3
    kept = []
    assert alive_bytes(net, lambda: kept.extend(net(rows) for _ in range(3))) == 3 * 4 * 4 * 8
    assert not any(layer._forward_hooks for layer in net)
    with pytest.raises(RuntimeError):
        alive_bytes(net, lambda: net(rows.T))
    assert not any(layer._forward_hooks for layer in net)


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_recording_holds_a_deep_nets_outputs(depth):
    widths, x = [16] * (depth + 1), torch.ones(5, 16)
    net, model, one = torch_mlp(widths, 0), keras_mlp(widths, 0), 5 * 16 * 4
    assert alive_bytes(net, lambda: net(x)) == depth * one
    assert alive_bytes(net, lambda: torch_call_no_grad(net, x)) == 2 * one
    for call in (torch_call, torch_call_no_grad):
        held = alive_bytes(model.layers, lambda call=call: call(model, x))
        assert held == depth * one


# Bytes saved for backward


def parameter(*shape, dtype=torch.float32):
    return torch.ones(shape, dtype=dtype, requires_grad=True)


W, V, D = parameter(3), parameter(3), parameter(3, dtype=torch.float64)
BIG = parameter(100)
SAVED = {
    "nothing": (lambda: None, 0),
    "a sum": (lambda: W + V, 0),  # needs neither
    "a square": (lambda: W * W, 12),  # one storage, saved twice
    "a product": (lambda: W * V, 24),
    "eight bytes": (lambda: D * D, 24),
    "a view": (lambda: BIG[:1] * BIG[1:2], 400),  # a view keeps the whole storage
    "unrecorded": (lambda: torch_call_no_grad(lambda w: w * w, W), 0),
    "inferred": (lambda: torch_call_inference(lambda w: w * w, W), 0),
    "detached": (lambda: W.detach() * W.detach(), 0),
    "exp": (lambda: W.exp(), 12),  # its own result
    "dropped at once": (lambda: [W.exp() for _ in range(5)] and None, 60),
    "with its way back": (lambda: torch.autograd.grad((W * V).sum(), W), 24),
}


@pytest.mark.parametrize(("fn", "wanted"), SAVED.values(), ids=SAVED)
def test_saved_bytes_by_hand(fn, wanted):
    found = saved_for_backward_bytes(fn)
    assert found == wanted
    assert type(found) is int


def test_freed_storages_count_too():
    def fn():
        for _ in range(50):
            W.exp()  # freed at once: the next may stand at the same address

    assert saved_for_backward_bytes(fn) == 50 * 12


def test_saving_is_watched_only_meanwhile():
    calls = []

    def fn():
        calls.append(len(calls))
        raise KeyError

    with pytest.raises(KeyError):
        saved_for_backward_bytes(fn)
    assert calls == [0]
    y = (W * W).sum()
    assert y.grad_fn.next_functions[0][0]._saved_self is not None  # no hook in the way


def test_gradients_are_right_under_the_hooks():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    saved_for_backward_bytes(lambda: (w.exp() * w).sum().backward())
    assert_allclose(w.grad, (w.exp() * (1 + w)).detach(), rtol=1e-6)


# Keras


def forward(model, x):
    """The answers of keras_mlp, from its weights."""
    *hidden, w, b = model.get_weights()
    hidden = [array for array in hidden if array.dtype == "float32"]
    for kernel, bias in zip(hidden[::2], hidden[1::2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return x @ w + b


def test_keras_runs_on_pytorch():
    assert keras.backend.backend() == "torch"


def test_keras_mlp(torch_rng_stays):
    model = keras_mlp([4, 8, 6, 3], seed=1, drop_rate=0.3)
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert [layer.rate for layer in model.layers[1::2]] == [0.3, 0.3]
    kernels = [layer.kernel for layer in model.layers[::2]]
    assert [tuple(kernel.shape) for kernel in kernels] == [(4, 8), (8, 6), (6, 3)]
    same, other = keras_mlp([4, 8, 6, 3], 1), keras_mlp([4, 8, 6, 3], 2)
    assert same.layers[1].rate == 0
    assert_array_equal(model.layers[0].get_weights()[0], same.layers[0].get_weights()[0])
    assert np.any(same.layers[0].get_weights()[0] != other.layers[0].get_weights()[0])
    square = keras_mlp([5, 5, 5], 0)
    assert np.any(square.layers[0].get_weights()[0] != square.layers[2].get_weights()[0])


def test_the_seed_decides_what_dropout_drops():
    x = random_rows(20, 8)
    models = [keras_mlp([8, 30, 3], seed, 0.5) for seed in (5, 5, 6)]
    for model in models:
        model.set_weights(models[0].get_weights())
    one, same, other = (keras_to_numpy(keras_call_with(model, x, True)) for model in models)
    assert_array_equal(one, same)
    assert np.any(one != other)


WAYS = {
    "call": lambda model, x: keras_to_numpy(keras_call(model, x)),
    "call_with": lambda model, x: keras_to_numpy(keras_call_with(model, x, False)),
    "predict": keras_predict,
    "predict_3": lambda model, x: keras_predict(model, x, 3),
    "predict_on_batch": keras_predict_on_batch,
    "by_hand": keras_predict_by_hand,
    "by_hand_3": lambda model, x: keras_predict_by_hand(model, x, 3),
    "generator": lambda model, x: keras_predict(model, keras_generator(x, 3)),
    "dataset": lambda model, x: keras_predict(model, KerasDataset(x, 3)),
    "loader": lambda model, x: keras_predict(model, keras_loader(x, 3, False, 0)),
    "steps": lambda model, x: keras_predict_steps(model, x, 1),
    "torch": torch_predict,
}
INPUTS = {
    "one row": random_rows(1, 8),
    "ten": random_rows(10, 8),
    "many": random_rows(70, 8),
    "huge": np.full((5, 8), 1e30, "float32"),
    "tiny": np.full((5, 8), 1e-38, "float32"),
    "nan": np.full((5, 8), np.nan, "float32"),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize("way", WAYS)
def test_all_ways_answer_alike(way, x):
    model, before = keras_mlp([8, 16, 3], 0, drop_rate=0.5), x.copy()
    y = WAYS[way](model, x)
    assert (type(y), y.dtype, y.shape) == (np.ndarray, np.float32, (len(x), 3))
    assert_allclose(y, forward(model, x), rtol=1e-4, atol=1e-6)
    assert_array_equal(x, before)


@pytest.mark.parametrize("way", ["call", "predict", "predict_on_batch", "by_hand"])
def test_rows_of_another_width_are_a_value_error(way):
    with pytest.raises(ValueError, match="expected axis -1 of input shape"):
        WAYS[way](keras_mlp([8, 3], 0), random_rows(4, 7))


def test_a_call_passes_training_on():
    heard = []

    def model(x, **options):
        heard.append(options)

    keras_call(model, 0)
    for training in (None, True, False):
        keras_call_with(model, 0, training)
    keras_predict_by_hand(lambda x, **options: heard.append(options) or x, np.ones((1, 2)))
    told = [{"training": training} for training in (None, True, False, False)]
    assert heard == [{}, *told]


def test_predict_is_told_all_options():
    heard = []

    class Model:
        def predict(self, x, **options):
            heard.append(options)

        def predict_on_batch(self, x):
            heard.append("on batch")

    keras_predict(Model(), 0, 5)
    keras_predict_steps(Model(), 0, 2, 7)
    keras_predict_steps(Model(), 0, 2)
    keras_predict_on_batch(Model(), 0)
    assert heard == [
        {"batch_size": 5, "verbose": 0},
        {"batch_size": 7, "steps": 2, "verbose": 0},
        {"batch_size": None, "steps": 2, "verbose": 0},
        "on batch",
    ]


def test_fitting_is_adam_on_logits_in_order():
    x, labels = random_rows(120, 8), np.arange(120) % 3
    model = keras_fitted(keras_mlp([8, 16, 3], 0, 0.5), x, labels, epochs=2)
    other = keras_mlp([8, 16, 3], 0, 0.5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    other.compile(keras.optimizers.Adam(3e-3), loss)
    for _ in range(2):
        for start in (0, 50, 100):
            other.train_on_batch(x[start : start + 50], labels[start : start + 50])
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert model.optimizer.iterations == 6


def test_pytorch_takes_one_step_per_execution():
    model = keras_mlp([8, 3], 0)
    model.compile(steps_per_execution=2)
    with pytest.raises(ValueError, match="steps_per_execution` must be 1 with the PyTorch"):
        keras_predict(model, random_rows(4, 8))


def test_fitting_is_silent(capsys):
    model = keras_mlp([8, 3], 0)
    assert keras_fitted(model, random_rows(60, 8), np.arange(60) % 3, epochs=1) is model
    assert capsys.readouterr() == ("", "")


def test_passes_are_noted_one_by_one():
    x = random_rows(7, 8)

    def ask(model):
        assert isinstance(model, KerasCounting)
        assert_allclose(keras_predict(model, x, 3), forward(model.net, x), rtol=1e-5, atol=1e-7)
        model(x[:2])

    assert keras_passes(ask) == [3, 3, 1, 2]
    assert keras_passes(lambda model: None) == []


def test_streams_hold_every_row_once():
    x = random_rows(10, 8)
    batches = list(keras_generator(x, 4))
    assert [[len(part) for part in batch] for batch in batches] == [[4], [4], [2]]
    assert all(isinstance(batch, tuple) for batch in batches)
    assert_array_equal(np.concatenate([rows for (rows,) in batches]), x)
    dataset = KerasDataset(x, 4)
    assert len(dataset) == 3
    assert_array_equal(np.concatenate([dataset[i][0] for i in range(3)]), x)
    loader = keras_loader(x, 4, shuffle=False, seed=0)
    assert_array_equal(np.concatenate([rows.numpy() for (rows,) in loader]), x)


def test_a_seed_decides_how_a_loader_shuffles(torch_rng_stays):
    def order(seed):
        loader = keras_loader(np.arange(50.0), 7, shuffle=True, seed=seed)
        return torch.cat([rows for (rows,) in loader]).tolist()

    assert order(0) == order(0) != order(1)
    assert sorted(order(0)) == list(range(50)) != order(0)


# Who decides whether dropout drops: the call, a default, the layer, or what it wraps


def drops(model):
    """Whether a model drops when called, told, predicting: shares between 0.3 and 0.7."""
    x = np.ones((4, 100), "float32")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        shares = [
            zeros(y) / x.size
            for y in (
                keras_call(model, x),
                keras_call_with(model, x, False),
                keras_call_with(model, x, True),
                keras_predict(model, x),
                keras_predict_on_batch(model, x),
            )
        ]
    assert all(share == 0 or 0.3 < share < 0.7 for share in shares)
    return "".join("x" if share else "." for share in shares)


class Takes(keras.Model):
    """A subclass that passes training on."""

    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5, seed=0)

    def call(self, x, training=None):
        return self.drop(x, training=training)


DROPS = {  # called, training=False, training=True, predict, predict_on_batch
    "a subclass": (Takes, "..x.."),
    "its default is to train": (lambda: KerasDropsByDefault(0), "x.x.."),
    "it always trains": (lambda: KerasAlwaysDrops(0), "xxxxx"),
    "wired to train": (lambda: keras_functional(100, 0, True), "x.x.."),
    "wired not to train": (lambda: keras_functional(100, 0, False), "..x.."),
    "wired without a word": (lambda: keras_functional(100, 0, None), "..x.."),
    "a wrapped module": (lambda: keras_wrapped(nn.Dropout(0.5)), "x.x.."),
    "a wrapped module, training not passed on": (
        lambda: KerasWithoutTraining(keras_wrapped(nn.Dropout(0.5))),
        "x.xxx",
    ),
    "a wrapped module in eval mode": (lambda: keras_wrapped(nn.Dropout(0.5)).eval(), "x.x.."),
}


@pytest.mark.parametrize(("make", "wanted"), DROPS.values(), ids=DROPS)
def test_who_decides_whether_dropout_drops(make, wanted):
    assert drops(make()) == wanted


def test_what_a_layer_hears():
    """What was passed; what the call around it goes by; the default in the signature; None."""

    class Outer(keras.Model):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def call(self, x, training=True):
            return self.layer(x)

    layer, x = KerasListener(), np.ones((2, 3))
    outer = Outer(layer)
    for told in (None, False, True):  # None too counts as passed
        keras_call_with(outer, x, told)
        assert layer.heard[-1] is told
    keras_call(outer, x)
    assert layer.heard[-1] is True
    keras_predict(outer, x)
    assert layer.heard[-1] is False
    keras_call_with(layer, x, None)
    assert layer.heard[-1] is None


@pytest.mark.parametrize("frozen", [False, True])
def test_fitting_moves_a_wired_batch_norm_unless_frozen(frozen):
    base, x = keras_batchnorm(8), random_rows(50, 8) + 1
    base.trainable = not frozen
    model, before = keras_transfer(base, 8), base.get_weights()[2]
    keras_call(model, x)
    keras_predict(model, x)
    keras_call_with(model, x, False)
    assert_array_equal(base.get_weights()[2], before)
    model.compile("sgd", "mse")
    model.fit(x, np.ones((50, 1)), batch_size=50, verbose=0)
    moved = base.get_weights()[2] - before
    assert_allclose(moved, 0 * moved if frozen else 0.01 * x.mean(axis=0), rtol=1e-3)


def test_seeds_decide_the_masks():
    x = np.ones((4, 100), "float32")
    for make in (KerasDropsByDefault, KerasAlwaysDrops, lambda s: keras_functional(100, s, True)):
        one, same, other = (keras_to_numpy(make(seed)(x)) for seed in (1, 1, 2))
        assert_array_equal(one, same)
        assert np.any(one != other)
        assert set(np.unique(one)) == {0, 2}


def test_batchnorm_alone():
    model, x = keras_batchnorm(8), 3 * random_rows(50, 8) + 1
    assert_allclose(keras_predict(model, x), x / np.sqrt(1.001), rtol=1e-5)
    y = keras_to_numpy(keras_call_with(model, x, True))
    assert_allclose(y, (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3), rtol=1e-3, atol=1e-5)
    gamma, beta, mean, variance = model.get_weights()
    assert_allclose(mean, 0.01 * x.mean(0), rtol=1e-4)
    assert_array_equal((gamma, beta), (np.ones(8), np.zeros(8)))
    assert_allclose(variance, 0.99 + 0.01 * x.var(0), rtol=1e-4)


def test_the_tabs_agree():
    for drop_rate in (0.0, 0.5):
        net = torch_mlp([8, 16, 12, 3], 0, drop_rate)
        model = keras_mlp([8, 16, 12, 3], 0, drop_rate)
        model.set_weights([p.detach().numpy().T for p in net.parameters()])
        x = random_rows(50, 8)
        wanted = torch_predict(net, x, 7)
        assert_allclose(keras_predict(model, x, 9), wanted, rtol=1e-4, atol=1e-6)
        assert_allclose(keras_predict_by_hand(model, x, 11), wanted, rtol=1e-4, atol=1e-6)
        for j in range(3):
            ours, theirs = (input_gradient(asked, x, j) for asked in (net, model))
            assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_inputs_stay_in_memory_until_the_collector_runs(retention):
    for way, batches in (("call", 1), ("predict_on_batch", 1), ("predict", 4)):
        assert retention[way] == 20 * batches
        assert retention[f"{way}_collected"] == 0
    assert measure_predict.alive() == retention


# Experiments


def test_the_demo_answers_three_times_alike(capsys):
    found = demo()
    assert set(found) == {"model", "predict", "predict_on_batch"}
    assert_allclose(list(found.values()), found["model"], rtol=1e-6)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in lines] == [
        ["Tensor", "graph"], ["ndarray", "-"], ["ndarray", "-"],
    ]  # fmt: skip
    assert max(map(len, lines)) <= 40  # a phone's columns


def test_random_rows_and_zeros():
    assert_array_equal(random_rows(3, 2), generator().normal(size=(3, 2)).astype("float32"))
    assert random_rows(3, 2).dtype == np.float32
    assert zeros(torch.tensor([0.0, -0.0, 1.0, np.nan])) == 2


def test_passes(passes):
    assert passes["call_rows"].tolist() == [100]
    assert passes["predict_rows"].tolist() == passes["by_hand_rows"].tolist() == [32, 32, 32, 4]
    assert passes["one_by_one_rows"].tolist() == [1] * 100
    assert passes["posted_rows"].tolist() == [100] * 4
    for way in ("call", "predict", "predict_on_batch", "by_hand", "one_by_one", "posted"):
        rows = passes[f"{way}_rows"]
        assert (passes[f"{way}_calls"], passes[f"{way}_total"]) == (len(rows), rows.sum())


def test_posted(posted):
    assert_array_equal(posted["posted_seen"], np.ones((3, 10), bool))
    assert_array_equal(posted["mended_seen"].sum(axis=0), 1)
    assert_array_equal(posted["mended_seen"].argmax(axis=0), [0] * 4 + [1] * 4 + [2] * 2)
    assert (posted["posted_calls"], posted["mended_calls"]) == (3, 3)
    assert posted["many_times"] == 3125  # 100,000 / 32


def test_flow(flow):
    assert flow["batch_rows"].tolist() == [32, 32, 32, 4]
    assert flow["shape"].tolist() == [100, 10]
    assert flow["result_bytes"] == 100 * 10 * 4


def test_the_digits_net_has_learned(digits, trained, one_digit):
    net = net_of(trained)
    assert [layer.rate for layer in net.layers if hasattr(layer, "rate")] == [0.5]
    right = keras_predict(net, digits["x_test"]).argmax(axis=1) == digits["labels_test"]
    assert 100 * right.mean() == pytest.approx(one_digit["right_percent"])
    assert right.mean() > 0.85
    p = torch.tensor(keras_predict(net, one_digit["row"][None])).softmax(dim=1)[0]
    assert p[one_digit["label"]].item() == pytest.approx(one_digit["single"], rel=1e-5)
    assert 0.6 < one_digit["single"] < 0.8
    assert p.argmax() == one_digit["label"] == digits["labels_test"][one_digit["index"]]
    assert len(one_digit["draws"]) == len(one_digit["again"]) == 20
    assert len(set(one_digit["draws"])) == 20
    assert one_digit["least"] == one_digit["draws"].min()
    assert one_digit["most"] == one_digit["draws"].max()


def test_slopes_of_a_digit(trained, one_digit, gradient):
    net, row = net_of(trained), torch.tensor(one_digit["row"][None], requires_grad=True)
    net(row)[0, one_digit["label"]].backward()
    assert_allclose(gradient["slopes"], row.grad[0].numpy(), rtol=1e-4, atol=1e-6)
    assert_array_equal(gradient["pixels"], one_digit["row"])
    moved = np.clip(gradient["pixels"] - 0.1 * np.sign(gradient["slopes"]), 0, 1)
    p = torch.tensor(keras_predict(net, moved[None].astype("float32"))).softmax(dim=1)[0]
    assert p[gradient["label"]].item() == pytest.approx(gradient["chance_after"], rel=1e-4)
    assert gradient["chance_before"] == pytest.approx(one_digit["single"], rel=1e-5)
    assert gradient["taken_before"] == gradient["taken_random"] == gradient["label"]
    assert gradient["taken_after"] != gradient["label"]
    assert gradient["right_before"] == pytest.approx(one_digit["right_percent"])


def test_rounding(rounding):
    assert rounding["outputs"] == rounding["gaps_of_1"].size == 5000
    assert rounding["largest"].shape == rounding["differing"].shape == (5,)
    assert_array_equal(rounding["differing"] > 0, rounding["largest"] > 0)
    assert rounding["largest_1"] == rounding["gaps_of_1"].max()


def test_switches(switches):
    plain = activation_bytes([64, 512], 1000) + 512 * 10 * 4
    dropped = 2 * activation_bytes([512], 1000)  # the mask's and the ReLU's copies
    assert switches["eval_plain_saved"] == plain
    assert switches["train_plain_saved"] == plain + dropped
    assert switches["saved"].tolist() == [[plain + dropped, 0, 0], [plain, 0, 0]]
    assert switches["eval_no_grad_random"] == 0 == switches["train_no_grad_requires_grad"]


def test_saved(saved):
    assert saved["layer_inputs"] == 4 * 1000 * (64 + 512)
    assert saved["kernel"] == 4 * 512 * 10
    assert saved["call"] == saved["layer_inputs"] + saved["kernel"]


def test_backends(backends):
    recorded = keras_on_tensorflow()
    assert backends["tensorflow_call_returns"] == recorded["call_returns"]
    assert backends["tensorflow_predict_runs"] == sum(recorded["predict_runs"]["first"])
    assert backends["tensorflow_predict_runs_again"] == sum(recorded["predict_runs"]["again"])
    assert (backends["sizes"], backends["torch_predict_runs"]) == (8, 8)
    ragged = backends["tensorflow_even_runs"], backends["tensorflow_ragged_runs"]
    assert ragged == tuple(recorded["predict_batches_runs"].values()) == (1, 2)
    warning = recorded["rebuilt_models_warning"]
    assert warning.startswith(f"{backends['tensorflow_warns_at']}: ")
    assert warning.endswith("triggered tf.function retracing")


def test_exercises_by_hand():
    assert exercises() == {
        "batches": 32,  # 31 · 32 = 992
        "last_batch": 8,
        "layer_bytes": 409_600_000,  # 200,000 · 512 · 4
        "posted_rows": 400,  # 4 batches, 100 rows each
        "no_grad_drops": 1,
        "eval_records": 1,
        "steps_rows": 30,  # 3 · 10
        "cost": 25.5,  # 5 + 2 · 2 + 33 / 2
        "costs_of_two": 23.5,  # 5 + 2 + 33 / 2
    }


# The record


RECORD = json.loads(measure_predict.RECORD.read_text(encoding="utf-8"))


def locked(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name.removesuffix("-cpu"): str(one.specifier)[2:] for one in found}


def test_record_is_of_the_locked_versions():
    how = "run benchmarks/measure_predict.py --accept"
    for backend, lock in (("torch", "requirements.txt"), ("tensorflow", "requirements-tf.txt")):
        versions = RECORD[backend]["versions"]
        assert set(versions) == {*measure_predict.PACKAGES[backend], "python"}
        for name in measure_predict.PACKAGES[backend]:
            assert versions[name] == locked(lock)[name], how


def test_record_is_as_the_command_writes_it():
    text = measure_predict.RECORD.read_text(encoding="utf-8")
    assert measure_predict.as_text(RECORD) == text
    assert text.isascii()


def test_record_says_where_and_when():
    about = RECORD["about"]
    assert set(about) == {"machine", "threads", "date"}
    assert re.fullmatch(r"\d+ × [\w .@()-]+, \w+", about["machine"])
    assert about["threads"] == 1
    assert datetime.date(2026, 1, 1) <= datetime.date.fromisoformat(about["date"])
    label = label_of(RECORD)
    assert about["machine"] in label
    date = datetime.date.fromisoformat(about["date"])
    assert label.endswith(f" {date.day} {date:%B %Y}")
    assert RECORD["torch"]["versions"]["keras"] in label


def numbers_of(part):
    for value in part.values() if isinstance(part, dict) else part:
        yield from numbers_of(value) if isinstance(value, dict | list) else [value]


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_record_is_whole(backend):
    part, measured = RECORD[backend], measure_predict
    assert part["widths"] == list(measured.WIDTHS)
    assert (part["rows"], part["few_rows"]) == (measured.ROWS, measured.FEW)
    assert [int(size) for size in part["rows_seconds_by_batch_size"]] == list(measured.BATCH_SIZES)
    assert {"call", "call_to_numpy", "predict", "predict_on_batch"} < set(part["one_row_seconds"])
    assert set(part["few_rows_seconds"]) == {"call", "predict", "predict_all"}
    memory = part["memory"]
    assert (memory["widths"], memory["chunk"]) == (list(measured.WIDE), measured.CHUNK)
    assert list(memory["extra_bytes"]) == list(measured.MEMORY[backend])
    for way, by_rows in memory["extra_bytes"].items():
        assert str(measured.MOST) in by_rows
        assert len(by_rows) == (5 if way in measured.FOLLOWED else 1)
    numbers = [value for value in numbers_of(part) if not isinstance(value, str)]
    assert all(isinstance(value, int | float) and 0 <= value < 1e12 for value in numbers)
    assert all(
        seconds > 0 for name in part if "seconds" in name for seconds in numbers_of(part[name])
    )


def test_ratios_of_the_record(speed, batch_sizes, memory, versions):
    for backend in ("torch", "tensorflow"):
        part = RECORD[backend]
        one_row = part["one_row_seconds"]
        assert speed[f"{backend}_one_row_call"] == speed[f"{backend}_few_rows_call"] == 1
        wanted = one_row["predict"] / one_row["call"]
        assert speed[f"{backend}_one_row_predict"] == pytest.approx(wanted)
        ratios = batch_sizes[f"{backend}_ratios"]
        assert ratios.min() == 1
        assert batch_sizes[f"{backend}_default"] == ratios[1]  # the sizes are 8, 32, …
        extra = part["memory"]["extra_bytes"]
        assert memory[f"{backend}_call"] == pytest.approx(extra["call"]["200000"] / 2**20)
        assert memory[f"{backend}_call_rows"].tolist() == memory["rows"].tolist()
    assert memory["whole_bytes"] == 878_400_000
    assert memory["batch_bytes"] == 4 * 1024 * 1098
    assert memory["output_bytes"] == 8_000_000
    assert memory["three_mib"] == 200_000 * (64 + 3 * 512) * 4 / 2**20
    assert_allclose(memory["whole_mib"], memory["rows"] * 1098 * 4 / 2**20)
    wanted = (1024 * 1098 + memory["rows"] * 10) * 4 / 2**20
    assert_allclose(memory["batches_mib"], wanted)
    assert speed["label"] == label_of(RECORD)
    assert versions["keras"] == keras.__version__ == RECORD["torch"]["versions"]["keras"]
    assert versions["tensorflow"] == RECORD["tensorflow"]["versions"]["tensorflow"]


def test_the_page_and_the_record_agree(speed, batch_sizes, memory):
    """What the page says of the record in words; if a new record says otherwise, mend the page."""
    for backend in ("torch", "tensorflow"):
        one_row = {
            name.removeprefix(f"{backend}_one_row_"): ratio
            for name, ratio in speed.items()
            if name.startswith(f"{backend}_one_row_")
        }
        assert max(one_row, key=one_row.get) == "predict"
        assert batch_sizes[f"{backend}_default"] > 5
        assert batch_sizes[f"{backend}_ratios"].argmin() >= 4  # from 2048 rows on
        assert batch_sizes[f"{backend}_call"] < 1
        assert memory[f"{backend}_call"] > 5 * memory[f"{backend}_predict"]
    assert speed["tensorflow_one_row_predict_on_batch"] < 1
    assert memory["torch_call_no_grad"] == pytest.approx(memory["torch_call"], rel=0.01)
    assert memory["torch_loop_keeping_tensors"] > 10 * memory["torch_loop_to_numpy"]
    assert memory["torch_predict_dynamic_malloc"] > 5 * memory["torch_predict"]
    assert memory["torch_call"] == pytest.approx(memory["three_mib"], rel=0.01)
    assert np.all(memory["torch_call_mib"] > memory["whole_mib"])
    assert memory["call_over_line"] == pytest.approx(
        memory["torch_call_mib"][-1] / memory["whole_mib"][-1]
    )
    page = (ROOT / "docs/en/predict.md").read_text(encoding="utf-8")
    limit = measure_predict.FIXED["MALLOC_MMAP_THRESHOLD_"]
    assert f"`MALLOC_MMAP_THRESHOLD_={limit}`" in page
    assert (measure_predict.CHUNK, memory["chunk"]) == (1024, 1024)


def test_fitted_costs_are_found_again():
    runs = [(1, 1), (1000, 32), (1000, 1000), (5000, 8), (5000, 5000)]
    taken = [call_cost_model(*run, 3e-3, 5e-4, 2e-6) for run in runs]
    assert_allclose(fitted_costs(runs, taken), [3e-3, 5e-4, 2e-6], rtol=1e-8)
    taken = [call_cost_model(*run, 0, 5e-4, 2e-6) for run in runs]
    assert_allclose(fitted_costs(runs, taken), [0, 5e-4, 2e-6], rtol=1e-8, atol=1e-12)


def test_what_differs_from_the_record_is_told():
    old = {"about": {"date": "a"}, "torch": {"rows": 1, "same": [2]}}
    new = {"about": {"date": "b"}, "torch": {"rows": 3, "same": [2], "new": 4}}
    assert list(measure_predict.compared(old, new)) == [
        "about.date", '    recorded  "a"', '    measured  "b"',
        "torch.rows", "    recorded  1", "    measured  3",
        "torch.new", "    recorded  null", "    measured  4",
    ]  # fmt: skip
    assert list(measure_predict.compared(RECORD, RECORD)) == []


def test_ways_take_turns(monkeypatch):
    clock, calls = [0.0], []

    def way(name, seconds):
        calls.append(name)
        clock[0] += seconds.pop(0)

    monkeypatch.setattr(measure_predict.time, "process_time", lambda: clock[0])
    a, b = [9.0, 1.0, 7.0, 2.0], [5.0, 3.0, 3.0, 3.0]  # the first call builds
    found = measure_predict.medians({"a": lambda: way("a", a), "b": lambda: way("b", b)}, 3)
    assert "".join(calls) == "abababab"
    assert found == {"a": 2.0, "b": 3.0}
    calls.clear()
    a = [9.0, 8.0, 1.0, 3.0]  # it builds, the caches are cold, two count
    assert measure_predict.medians({"a": lambda: way("a", a)}, 1, calls=2) == {"a": 2.0}


# What press tracks


@pytest.mark.parametrize(
    ("file", "runs_again", "stays"),
    [
        (
            "predict/measured.json",
            ["measured", "speed", "memory", "versions"],
            ["backends", "flow"],
        ),
        ("tf_facts.json", ["backends"], ["speed", "flow", "rounding"]),
    ],
)
def test_an_edited_record_runs_its_exhibits_again(tmp_path, file, runs_again, stays):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "snippets", tmp_path / "snippets", ignore=ignored)
    shutil.copy(ROOT / "requirements.txt", tmp_path)

    def digests(names):
        found = Digests(Project(tmp_path))
        return [found.digest(f"predict.experiments:{name}") for name in names]

    before, kept = digests(runs_again), digests(stays)
    path = tmp_path / "snippets" / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not set(before) & set(digests(runs_again))
    assert kept == digests(stays)


def test_press_sees_through_every_exhibit():
    digests = Digests(Project(ROOT))
    for name in ("experiments", "claims", "figures"):
        module = digests.project.module(f"snippets.predict.{name}")
        for function in (node.name for node in module.tree.body if hasattr(node, "args")):
            assert not digests.reach(f"predict.{name}:{function}").blind, function


# What readers drag

GIB_8 = 8_589_934_592


@pytest.mark.parametrize(
    ("outputs", "batch", "call", "predict"),
    [
        (10, 1, GIB_8 / 4392, (GIB_8 - 4_392_000) / 40),  # 4 * (64 + 512 + 512 + 10) bytes a row
        (1000, 1, GIB_8 / 8352, (GIB_8 - 8_352_000) / 4000),
        (1000, 1000, GIB_8 / 8352, GIB_8 / (8352 + 4000)),  # full before the first batch is
    ],
)
def test_rows_that_fit_by_hand(outputs, batch, call, predict):
    found = what_fits(outputs, batch)
    assert found["million_rows_in_a_call"] == pytest.approx(call / 1e6)
    assert found["million_rows_in_predict"] == pytest.approx(predict / 1e6)


def test_lines_of_what_fits_hold_what_the_formula_says():
    for outputs, batch in [(10, 1), (500, 40), (1000, 1000)]:
        found, row = what_fits(outputs, batch), 4 * (1088 + outputs)
        n = np.array(found["predict_rows"])
        held = np.minimum(n, 1000 * batch) * row + 4 * n * outputs
        assert_allclose(found["predict_holds"], held)
        assert np.all(np.diff(n) >= 0)
        assert found["predict_holds"][-1] == pytest.approx(GIB_8)
        assert found["call_rows"][-1] * row == pytest.approx(GIB_8)


def test_times_by_hand():
    found = time_by_rows(5, 1)
    assert found["batch_size"] == 32
    assert found["predict_of_one_row_over_call"] == pytest.approx(1.401 / 0.401)
    assert found["predict_ratios"][6] == pytest.approx((1 + 2 * 0.4 + 0.064) / 0.464)  # 64 rows
    assert found["predict_of_all_rows_over_call"] == pytest.approx((1 + 819.2 + 65.536) / 65.936)
    assert found["loop_ratios"][3] == pytest.approx(8 * 1.401 / 0.408)
    assert time_by_rows(0)["predict_ratios"][4] == pytest.approx((1 + 16 * 0.4 + 0.016) / 0.416)


def test_batches_of_all_rows_cost_one_predict_more():
    found = time_by_rows(13, 100)
    few = np.array(found["rows"][:14])
    wanted = 1 + 1 / (0.4 + 0.1 * few)
    assert_allclose(found["predict_ratios"][:14], wanted)


@pytest.mark.parametrize(
    ("shown", "settings"), [(what_fits, {"outputs": 0}), (time_by_rows, {"per_row": -1})]
)
def test_what_readers_drag_refuses_nonsense(shown, settings):
    with pytest.raises(ValueError, match="must be"):
        shown(**settings)
