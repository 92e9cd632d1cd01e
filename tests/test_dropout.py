"""Dropout against enumeration, PyTorch, Keras, scikit-learn and SciPy."""

import itertools
import os
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge
from torch import nn

from snippets.dropout.experiments import (
    demo,
    entropy,
    error_percent,
    exercises,
    fit_all,
    mean_nll,
    nets,
    network_gradients,
    relu,
    softmax,
)
from snippets.dropout.interactive import before_batchnorm, one_input
from snippets.dropout.keras_ import (
    keras_called_directly,
    keras_dropout,
    keras_gaussian_dropout,
    keras_net,
)
from snippets.dropout.scratch import (
    drop_and_keep,
    dropout,
    dropout_backward,
    equivalent_decay,
    equivalent_lr,
    every_mask,
    exact_expectation,
    geometric_mean_softmax,
    keep_mask,
    linear_dropout_objective,
    linear_dropout_solution,
    linear_moments,
    log_softmax,
    output_moments,
    variance_shift,
)
from snippets.dropout.torch_ import (
    torch_alpha_dropout,
    torch_batchnorm_variance,
    torch_called_directly,
    torch_dropout,
    torch_net,
    torch_predict,
    torch_predict_mc,
    torch_spatial_dropout,
    torch_trained,
)

KINDS = ("standard", "inverted")
RATES = (0.0, 0.1, 0.4, 0.75)


def generator(seed=0):
    return np.random.default_rng(seed)


def draws(u):
    """A generator of these uniform numbers, whatever shape is asked for."""
    return SimpleNamespace(random=lambda shape: np.asarray(u))


def replay(mask):
    """A generator that makes keep_mask draw this mask, at any rate."""
    return draws(np.where(mask, 1 - 2**-53, 0.0))


def masks_of(d, drop_rate, kind):
    """Each mask of d units, its chance, and the scale of a survivor."""
    scale = 1 / (1 - drop_rate) if kind == "inverted" else 1.0
    for bits in itertools.product([0, 1], repeat=d):
        kept = sum(bits)
        chance = (1 - drop_rate) ** kept * drop_rate ** (d - kept)
        yield np.array(bits), chance, scale


@pytest.fixture
def torch_rng_stays():
    """PyTorch's global generator is as it was before the test."""
    before = torch.random.get_rng_state()
    yield
    assert torch.equal(torch.random.get_rng_state(), before)


# Drop rates and kinds, wherever they are asked for

WITH_RATE = {
    "drop_and_keep": drop_and_keep,
    "keep_mask": lambda r: keep_mask(3, r, generator()),
    "dropout in training": lambda r: dropout([1.0], r, True, generator()),
    "dropout at test": lambda r: dropout([1.0], r, False),
    "dropout_backward": lambda r: dropout_backward([1.0], [True], r),
    "output_moments": lambda r: output_moments(1.0, 1.0, r),
    "linear_moments": lambda r: linear_moments([1], [[1]], [1], r),
    "exact_expectation": lambda r: exact_expectation(np.copy, [1.0], r),
    "geometric_mean_softmax": lambda r: geometric_mean_softmax([1], [[1]], [1], r),
    "variance_shift": lambda r: variance_shift(1.0, 1.0, r),
    "equivalent_lr": lambda r: equivalent_lr(0.1, r, "sgd"),
    "equivalent_decay": lambda r: equivalent_decay(0.1, r),
    "linear_dropout_objective": lambda r: linear_dropout_objective([[1]], [1], [1], r),
    "linear_dropout_solution": lambda r: linear_dropout_solution([[1]], [1], r),
}
WITH_KIND = {
    "dropout in training": lambda k: dropout([1], 0.5, True, generator(), kind=k),
    "dropout at test": lambda k: dropout([1], 0.5, False, kind=k),
    "dropout_backward": lambda k: dropout_backward([1], [True], 0.5, kind=k),
    "output_moments": lambda k: output_moments(1, 1, 0.5, kind=k),
    "linear_moments": lambda k: linear_moments([1], [[1]], [1], 0.5, kind=k),
    "exact_expectation": lambda k: exact_expectation(np.copy, [1], 0.5, kind=k),
    "geometric_mean_softmax": lambda k: geometric_mean_softmax([1], [[1]], [1], 0.5, kind=k),
}


@pytest.mark.parametrize("rate", [-0.1, -1e-300, 1, 1.0, 1.5, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("function", WITH_RATE.values(), ids=WITH_RATE)
def test_a_rate_outside_0_to_1_is_a_value_error(function, rate):
    with pytest.raises(ValueError, match="drop_rate") as error:
        function(rate)
    assert str(error.value) == f"drop_rate must be in [0, 1), got {rate!r}"


@pytest.mark.parametrize("rate", [None, "0.5", True, False, np.True_, 0.5j, [0.5], np.zeros(2)])
@pytest.mark.parametrize("function", WITH_RATE.values(), ids=WITH_RATE)
def test_a_rate_that_is_no_number_is_a_type_error(function, rate):
    with pytest.raises(TypeError, match="drop_rate") as error:
        function(rate)
    assert str(error.value) == f"drop_rate must be a number, got {rate!r}"


@pytest.mark.parametrize("kind", ["Inverted", "paper", "", None])
@pytest.mark.parametrize("function", WITH_KIND.values(), ids=WITH_KIND)
def test_an_unknown_kind_is_a_value_error(function, kind):
    wanted = f"kind must be 'inverted' or 'standard', got {kind!r}"
    with pytest.raises(ValueError, match=wanted):
        function(kind)


@pytest.mark.parametrize("function", WITH_KIND.values(), ids=WITH_KIND)
def test_both_kinds_are_known(function):
    for kind in KINDS:
        function(kind)


def test_inverted_is_the_default():
    x, w, b = [1.0, 2.0], [[1.0, 0.0], [3.0, -1.0]], [1.0, 2.0]
    mask = [True, False]
    assert_array_equal(dropout(x, 0.5, True, replay(mask)), [2, 0])
    assert_array_equal(dropout(x, 0.5, False), x)
    assert_array_equal(dropout_backward(x, mask, 0.5), [2, 0])
    assert output_moments(1, 0, 0.5) == (1, 1)
    mean, _ = linear_moments(x, w, b, 0.5)
    assert_array_equal(mean, [8, 0])  # 1 + 1·1 + 2·3, 2 + 2·(-1)
    assert_array_equal(exact_expectation(np.copy, x, 0.5), x)
    assert_allclose(geometric_mean_softmax(x, w, b, 0.5), scipy.special.softmax([8, 0]))


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (0, (0.0, 1.0)),
        (0.5, (0.5, 0.5)),
        (np.float64(0.25), (0.25, 0.75)),
        (np.float32(0.1), (float(np.float32(0.1)), 1 - float(np.float32(0.1)))),
        (np.int64(0), (0.0, 1.0)),
        (1 - 2**-53, (1 - 2**-53, 2**-53)),
    ],
)
def test_drop_and_keep(rate, wanted):
    pair = drop_and_keep(rate)
    assert pair == wanted
    assert [type(number) for number in pair] == [float, float]


# Masks


@pytest.mark.parametrize("shape", [(), 3, (0,), (2, 3), (4, 1, 2)])
def test_a_mask_is_one_draw_of_the_generator(shape):
    mask = keep_mask(shape, 0.3, generator())
    assert_array_equal(mask, generator().random(shape) >= 0.3)
    assert mask.dtype == bool
    asked = []

    def random(size):
        asked.append(size)
        return np.zeros(size)

    keep_mask(shape, 0.3, SimpleNamespace(random=random))
    assert asked == [shape]


@pytest.mark.parametrize(
    ("u", "rate", "kept"),
    [
        (0.0, 0.0, True),  # rate 0 keeps all
        (0.0, 2**-53, False),  # the next draw above 0 is the first kept
        (2**-53, 2**-53, True),
        (0.5, 0.5, True),  # the edge belongs to the kept
        (np.nextafter(0.5, 0), 0.5, False),
        (1 - 2**-53, 1 - 2**-53, True),  # the highest draw is always kept
    ],
)
def test_the_edge_of_the_mask(u, rate, kept):
    assert keep_mask((), rate, draws(u)) == kept


def test_a_generator_may_return_plain_lists():
    assert_array_equal(keep_mask(2, 0.5, SimpleNamespace(random=lambda n: [0.4, 0.6])), [0, 1])
    scalar = SimpleNamespace(random=lambda shape: 0.4)
    assert dropout(3.0, 0.5, True, scalar) == 0


def test_training_needs_a_generator():
    for call in (lambda: keep_mask(3, 0.5, None), lambda: dropout([1.0], 0.5, True)):
        with pytest.raises(ValueError, match=r"training needs rng, got None$"):
            call()


def test_six_masks_show_both_fates_of_every_unit(six_masks):
    kept = six_masks["kept"]
    assert kept.shape == (6, 10)
    assert kept.any(axis=0).all()
    assert not kept.all(axis=0).any()
    assert len(np.unique(kept, axis=0)) == 6


# The two forms

HAND = [  # x, mask, r, kind, in training, at test
    ([2.0, 3.0], [1, 0], 0.4, "standard", [2.0, 0.0], [1.2, 1.8]),  # test: 0.6 of it
    ([3.0, 6.0], [1, 0], 0.25, "inverted", [4.0, 0.0], [3.0, 6.0]),  # training: 3 / 0.75
    ([1.0, -8.0], [1, 1], 0.0, "standard", [1.0, -8.0], [1.0, -8.0]),
    ([1.0, -8.0], [1, 1], 0.0, "inverted", [1.0, -8.0], [1.0, -8.0]),
    ([[5.0], [7.0]], [[0], [1]], 0.5, "inverted", [[0.0], [14.0]], [[5.0], [7.0]]),
    ([[5.0], [7.0]], [[0], [1]], 0.5, "standard", [[0.0], [7.0]], [[2.5], [3.5]]),
]


@pytest.mark.parametrize(("x", "mask", "rate", "kind", "train", "test"), HAND)
def test_dropout_by_hand(x, mask, rate, kind, train, test):
    assert_allclose(dropout(x, rate, True, replay(mask), kind=kind), train, rtol=1e-15)
    assert_allclose(dropout(x, rate, False, kind=kind), test, rtol=1e-15)


EDGES = {
    "empty": np.zeros(0),
    "no rows": np.zeros((0, 3)),
    "one number": np.array(3.0),
    "one row": np.array([[1.0, -2.0, 3.0]]),
    "huge": np.full(20, 1e307),
    "tiny": np.full(20, 5e-324),
    "integers": np.arange(20),
    "bools": np.ones(20, bool),
    "single precision": np.linspace(-1, 1, 20, dtype="float32"),
    "inf and nan": np.array([np.inf, -np.inf, np.nan, 1.0] * 5),
    "random": generator(5).normal(size=(4, 5, 6)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("x", EDGES.values(), ids=EDGES)
def test_dropout_of_any_array(x, kind, training):
    before = x.copy()
    y, mask = dropout(x, 0.4, training, generator(), kind=kind, return_mask=True)
    assert_array_equal(x, before)
    assert isinstance(y, np.ndarray)
    assert y.dtype == float
    assert y.shape == x.shape
    assert not np.shares_memory(x, y)
    x = x.astype(float)
    if training:
        assert_array_equal(mask, keep_mask(x.shape, 0.4, generator()))
        scaled = x / 0.6 if kind == "inverted" else x
        assert_allclose(y, np.where(mask, scaled, 0.0), rtol=1e-15)
    else:
        assert mask is None
        assert_array_equal(y, x if kind == "inverted" else 0.6 * x)
    alone = dropout(x, 0.4, training, generator(), kind=kind)
    assert_array_equal(alone, y)


def test_a_test_pass_draws_nothing():
    rng = generator()
    dropout(np.ones(3), 0.5, False, rng)
    assert rng.random() == generator().random()


@pytest.mark.parametrize("x", [np.array([1j]), ["1.5"], [None]])
def test_what_is_no_real_number_is_a_type_error(x):
    with pytest.raises(TypeError, match="Cannot cast"):
        dropout(x, 0.5, False)


def test_dropped_infinity_leaves_a_plain_zero():
    y = dropout([np.inf, -np.inf, np.nan, -1.0], 0.5, True, replay([0, 0, 0, 0]))
    assert_array_equal(np.signbit(y), False)
    assert_array_equal(y, 0.0)


# The backward pass


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_backward_is_the_slope_of_forward(kind, rate):
    x, grad_out = generator(1).normal(size=(2, 3, 4))
    _, mask = dropout(x, rate, True, generator(), kind=kind, return_mask=True)
    slope = np.empty_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 0.5  # the function is linear: any step is exact
        up, down = (dropout(v, rate, True, replay(mask), kind=kind) for v in (x + step, x - step))
        slope[place] = np.sum(grad_out * (up - down))
    grad = dropout_backward(grad_out, mask, rate, kind=kind)
    assert_allclose(grad, slope, rtol=1e-12, atol=1e-14)


def test_backward_is_pytorchs():
    x = torch.tensor(generator().normal(size=(5, 7)), requires_grad=True)
    y = torch_dropout(x, 0.4, True, seed=3)
    grad_out = generator(1).normal(size=(5, 7))
    y.backward(torch.tensor(grad_out))
    ours = dropout_backward(grad_out, (y != 0).numpy(), 0.4)
    assert_allclose(ours, x.grad.numpy(), rtol=1e-15)


def test_backward_keeps_its_input_and_drops_nan():
    grad_out = np.array([np.nan, np.inf, 3.0])
    grad = dropout_backward(grad_out, [False, False, True], 0.25)
    assert_array_equal(grad, [0, 0, 4])
    assert_array_equal(grad_out, [np.nan, np.inf, 3])


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        (None, r"object\[\]"),
        ([1, 0, 1], r"int64\[3\]"),
        ([True, False], r"bool\[2\]"),
        (np.ones((3, 1), bool), r"bool\[3, 1\]"),
        (True, r"bool\[\]"),
    ],
)
def test_backward_refuses_another_mask(mask, found):
    with pytest.raises(ValueError, match=rf"mask must be bool\[3\], got {found}"):
        dropout_backward(np.ones(3), mask, 0.5)


# Moments


@pytest.mark.parametrize(
    ("mean", "var", "rate", "kind", "wanted"),
    [
        (2, 0, 0.4, "standard", (1.2, 0.96)),  # 0.6 · 2; 0.6 · 0.4 · 4
        (2, 0, 0.4, "inverted", (2.0, 8 / 3)),  # 2; 0.4 / 0.6 · 4
        (1, 0.25, 0.4, "standard", (0.6, 0.39)),  # 0.6 · 1.25 - 0.36
        (1, 0.25, 0.4, "inverted", (1.0, 13 / 12)),  # 1.25 / 0.6 - 1
        (3, 0, 0.25, "standard", (2.25, 1.6875)),  # 0.75 · 3; 0.75 · 0.25 · 9
        (3, 0, 0.25, "inverted", (3.0, 3.0)),  # 3; 9 / 3
        (-5, 2, 0.0, "standard", (-5.0, 2.0)),  # no dropout
        (-5, 2, 0.0, "inverted", (-5.0, 2.0)),
        (0, 1, 0.75, "inverted", (0.0, 4.0)),  # 1 / 0.25
    ],
)
def test_output_moments_by_hand(mean, var, rate, kind, wanted):
    assert_allclose(output_moments(mean, var, rate, kind=kind), wanted, rtol=1e-14)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_output_moments_of_a_coin(kind, rate):
    # x is 1 or 4, half the time each: mean 2.5, variance 2.25
    first = second = 0.0
    for mask, chance, scale in masks_of(1, rate, kind):
        for x in (1.0, 4.0):
            y = (mask * x * scale).item()
            first += chance / 2 * y
            second += chance / 2 * y**2
    mean, var = output_moments(2.5, 2.25, rate, kind=kind)
    assert_allclose((mean, var), (first, second - first**2), rtol=1e-13)


def test_output_moments_of_arrays():
    mean, var = output_moments([2, 0], [[0, 1]], 0.5)
    assert_array_equal(mean, [2, 0])
    assert_array_equal(var, [[4, 2]])
    with pytest.raises(ValueError, match=r"var must be >= 0, got \[ 1. -1.\]"):
        output_moments(0, [1, -1], 0.5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_linear_moments_by_enumeration(kind, rate):
    x, w, b = (generator().normal(size=s) for s in [4, (4, 3), 3])
    z, chances = [], []
    for mask, chance, scale in masks_of(4, rate, kind):
        z.append((scale * mask * x) @ w + b)
        chances.append(chance)
    wanted = np.average(z, axis=0, weights=chances)
    spread = np.average((z - wanted) ** 2, axis=0, weights=chances)
    mean, var = linear_moments(x, w, b, rate, kind=kind)
    assert_allclose(mean, wanted, rtol=1e-13)
    assert_allclose(var, spread, rtol=1e-12, atol=1e-14)


LAYERS = {
    "x a matrix": ((1, 2), (2, 3), (3,)),
    "b a number": ((2,), (2,), ()),
    "w a vector": ((2,), (2,), (2,)),
    "w turned": ((2,), (3, 2), (3,)),
    "b too long": ((2,), (2, 3), (4,)),
    "x too short": ((1,), (2, 3), (3,)),
}


@pytest.mark.parametrize(("x", "w", "b"), LAYERS.values(), ids=LAYERS)
def test_layers_that_do_not_fit(x, w, b):
    wanted = r"x, w, b must have shapes \(m,\), \(m, n\), \(n,\), got "
    for function in (linear_moments, geometric_mean_softmax):
        with pytest.raises(ValueError, match=wanted) as error:
            function(np.zeros(x), np.zeros(w), np.zeros(b), 0.5)
        assert str(error.value).endswith(f"got {x}, {w}, {b}")


# Expectations over all masks


@pytest.mark.parametrize("d", [0, 1, 2, 5])
def test_every_mask_once(d):
    masks = every_mask(d)
    assert masks.dtype == bool
    assert masks.shape == (2**d, d)
    assert {tuple(m) for m in masks.tolist()} == set(itertools.product([False, True], repeat=d))


def test_twenty_units_are_the_most():
    assert every_mask(20).shape == (2**20, 20)
    for call in (lambda: every_mask(21), lambda: exact_expectation(np.copy, np.ones(21), 0.5)):
        with pytest.raises(ValueError, match="d must be at most 20, got 21"):
            call()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "f",
    [
        lambda y: np.exp(y).sum(axis=1),  # (m,)
        lambda y: np.stack([y, y**2], axis=1),  # (m, 2, d)
        lambda y: y[:, :1].tolist(),  # lists do
    ],
    ids=["number", "matrix", "lists"],
)
def test_exact_expectation_by_enumeration(f, kind, rate):
    x = generator().normal(size=4)
    wanted = sum(
        chance * np.asarray(f((scale * mask * x)[None]))[0]
        for mask, chance, scale in masks_of(4, rate, kind)
    )
    assert_allclose(exact_expectation(f, x, rate, kind=kind), wanted, rtol=1e-13, atol=1e-15)


def test_exact_expectation_without_inputs():
    assert exact_expectation(lambda y: np.full(len(y), 7.0), [], 0.5) == 7


def test_exact_expectation_skips_no_zero_of_infinity():
    mean = exact_expectation(lambda y: (y[:, 0] > 0) * 1.0, [np.inf], 0.25)
    assert mean == 0.75


def test_exact_expectation_leaves_out_impossible_masks():
    with np.errstate(divide="ignore"):
        assert exact_expectation(lambda y: 1 / y[:, 0], [4.0], 0.0) == 0.25


def test_exact_expectation_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"x must be \(d,\), got \(1, 2\)"):
        exact_expectation(np.copy, [[1, 2]], 0.5)
    for f, shape in (
        (np.sum, r"\(\)"),
        (np.transpose, r"\(2, 4\)"),
        (lambda y: y[:3], r"\(3, 2\)"),
    ):
        with pytest.raises(ValueError, match=f"f must return 4 rows, got shape {shape}"):
            exact_expectation(f, [1, 2], 0.5)


@pytest.mark.parametrize("shape", [(1,), (5,), (3, 4), (2, 3, 4)])
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e-8])
def test_log_softmax_is_scipys(shape, scale):
    z = scale * generator().normal(size=shape)
    before = z.copy()
    assert_allclose(log_softmax(z), scipy.special.log_softmax(z, axis=-1), rtol=1e-12, atol=1e-15)
    assert_allclose(softmax(z), scipy.special.softmax(z, axis=-1), rtol=1e-12, atol=1e-300)
    assert_array_equal(z, before)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", KINDS)
def test_geometric_mean_by_enumeration(kind, rate):
    x, w, b = (generator().normal(size=s) for s in [4, (4, 3), 3])
    product = np.ones(3)
    for mask, chance, scale in masks_of(4, rate, kind):
        product *= scipy.special.softmax((scale * mask * x) @ w + b) ** chance
    ours = geometric_mean_softmax(x, w, b, rate, kind=kind)
    assert_allclose(ours, product / product.sum(), rtol=1e-12)
    test = dropout(x, rate, False, kind=kind)
    assert_allclose(ours, scipy.special.softmax(test @ w + b), rtol=1e-12)


# Before BatchNorm


@pytest.mark.parametrize(
    ("mean", "var", "rate", "wanted"),
    [
        (0, 4, 0.3, 0.7),  # mean 0: 1 - r
        (0, 1e-300, 0.5, 0.5),
        (7, 2, 0.0, 1.0),  # no dropout, no shift
        (1, 0.25, 0.4, 3 / 13),  # 0.25 / (13 / 12)
        (1, 0, 0.4, 0.0),  # constant at test only
    ],
)
def test_variance_shift_by_hand(mean, var, rate, wanted):
    shift = variance_shift(mean, var, rate)
    assert type(shift) is float
    assert shift == pytest.approx(wanted, rel=1e-14)


def test_variance_shift_is_the_same_for_both_forms():
    _, standard = output_moments(1.5, 0.7, 0.3, kind="standard")
    at_test = 0.7**2 * 0.7  # the output is multiplied by 0.7
    assert variance_shift(1.5, 0.7, 0.3) == pytest.approx(at_test / standard)


def test_variance_shift_of_a_constant():
    with pytest.raises(ValueError, match="a constant output has no ratio, got mean 2 and var 0"):
        variance_shift(2, 0, 0.0)
    with pytest.raises(ValueError, match="var must be >= 0, got -1"):
        variance_shift(0, -1, 0.5)


# The dictionary between the two forms


def test_equivalent_settings():
    assert equivalent_lr(0.1, 0.5, "sgd") == 0.025  # 0.1 · 0.5²
    assert equivalent_lr(0.1, 0.5, "adam") == 0.05  # 0.1 · 0.5
    assert equivalent_lr(3.0, 0.75, "sgd") == 3 / 16
    assert equivalent_lr(3.0, 0.75, "adam") == 3 / 4
    assert equivalent_decay(0.1, 0.5) == 0.4  # 0.1 / 0.5²
    assert equivalent_decay(3.0, 0.75, "adam") == 48.0
    assert equivalent_decay(3.0, 0.75, "adamw") == 12.0  # 3 / 0.25
    with pytest.raises(ValueError, match="optimizer must be 'sgd' or 'adam', got 'SGD'"):
        equivalent_lr(0.1, 0.5, "SGD")
    with pytest.raises(ValueError, match="optimizer must be 'sgd', 'adam' or 'adamw', got 'SGD'"):
        equivalent_decay(0.1, 0.5, "SGD")


@pytest.mark.parametrize("kind", KINDS)
def test_network_gradients_are_pytorchs(kind):
    x, target = generator().normal(size=(6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    v, w = generator(1).normal(size=(4, 5)), generator(2).normal(size=(5, 3))
    mask = keep_mask((6, 5), 0.4, generator(3))
    ours = network_gradients(v, w, (x, target), 0.4, replay(mask), kind)
    v, w = (torch.tensor(a, requires_grad=True) for a in (v, w))
    scale = 1 / 0.6 if kind == "inverted" else 1.0
    hidden = torch.tanh(torch.tensor(x) @ v) * torch.tensor(scale * mask)
    nn.functional.cross_entropy(hidden @ w, torch.tensor(target)).backward()
    assert_allclose(ours[0], v.grad.numpy(), rtol=1e-12, atol=1e-16)
    assert_allclose(ours[1], w.grad.numpy(), rtol=1e-12, atol=1e-16)


# Linear regression


def regression(n=30, d=4, seed=0):
    rng = generator(seed)
    x = rng.normal(size=(n, d)) * [1, 10, 0.1, 3][:d]
    return x, x @ rng.normal(size=d) + rng.normal(size=n), rng.normal(size=d)


@pytest.mark.parametrize("rate", RATES)
def test_objective_by_enumeration(rate):
    x, y, w = regression(n=3)
    wanted = sum(
        chance * (target - (scale * mask * row) @ w) ** 2
        for row, target in zip(x, y, strict=True)
        for mask, chance, scale in masks_of(4, rate, "inverted")
    )
    assert linear_dropout_objective(x, y, w, rate) == pytest.approx(wanted, rel=1e-12)


def test_objective_by_hand():
    # (0 - 5)² + 1/3 · (9 + 4): r / q is 1/3
    assert linear_dropout_objective([[1, 2]], [0], [3, 1], 0.25) == pytest.approx(88 / 3)


@pytest.mark.parametrize("rate", RATES)
def test_solution_is_scikit_learns(rate):
    x, y, _ = regression()
    lengths = np.linalg.norm(x, axis=0)
    if rate:
        model = Ridge(alpha=rate / (1 - rate), fit_intercept=False)
    else:
        model = LinearRegression(fit_intercept=False)
    wanted = model.fit(x / lengths, y).coef_ / lengths
    before = x.copy(), y.copy()
    assert_allclose(linear_dropout_solution(x, y, rate), wanted, rtol=1e-9)
    assert_array_equal(x, before[0])
    assert_array_equal(y, before[1])


def test_solution_has_the_least_objective():
    x, y, _ = regression()
    w = linear_dropout_solution(x, y, 0.3)
    least = linear_dropout_objective(x, y, w, 0.3)
    for step in 1e-3 * generator().normal(size=(50, 4)):
        assert linear_dropout_objective(x, y, w + step, 0.3) > least


def test_solution_of_odd_matrices():
    # a column of zeros has weight 0, at any rate
    x = np.array([[1, 0], [1, 0]])
    assert_allclose(linear_dropout_solution(x, [2, 4], 0.0), [3, 0], atol=1e-15)
    assert_allclose(linear_dropout_solution(x, [2, 4], 0.5), [1.5, 0], atol=1e-15)
    # fewer rows than columns: the penalty decides, twins share alike
    assert_allclose(linear_dropout_solution([[1, 1]], [3], 0.5), [1, 1])  # 2w - 3 = -w
    # a tiny unit is a unit
    x, y, _ = regression()
    other = linear_dropout_solution(x * [1, 1, 1e-100, 1], y, 0.5)
    assert_allclose(other * [1, 1, 1e-100, 1], linear_dropout_solution(x, y, 0.5), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "w"),
    [
        ((3,), (3,), (1,)),
        ((3, 2), (3, 1), (2,)),
        ((3, 2), (2,), (2,)),
        ((3, 2), (3,), (3,)),
        ((3, 2), (3,), (2, 1)),
    ],
)
def test_regressions_that_do_not_fit(x, y, w):
    x, y, w = np.zeros(x), np.zeros(y), np.zeros(w)
    with pytest.raises(ValueError, match=r"y, X, w must have shapes \(m,\), \(m, n\), \(n,\)") as e:
        linear_dropout_objective(x, y, w, 0.5)
    assert str(e.value).endswith(f"got {y.shape}, {x.shape}, {w.shape}")


@pytest.mark.parametrize(("x", "y"), [((3,), (3,)), ((3, 2), (2,)), ((3, 2), (3, 1)), ((), ())])
def test_solutions_that_do_not_fit(x, y):
    with pytest.raises(ValueError, match=r"X, y must have shapes \(n, d\), \(n,\), got ") as error:
        linear_dropout_solution(np.zeros(x), np.zeros(y), 0.5)
    assert str(error.value).endswith(f"got {x}, {y}")


# The frameworks' own dropout


def test_keras_runs_on_pytorch():
    import keras  # here: snippets has chosen the backend

    assert os.environ["KERAS_BACKEND"] == "torch"
    assert keras.backend.backend() == "torch"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("framework", [torch_dropout, keras_dropout])
def test_the_tabs_agree(framework, rate, torch_rng_stays):
    x = generator().normal(size=(40, 50)).astype("float32")
    y = framework(torch.tensor(x), rate, True, seed=0).numpy()
    mask = y != 0
    assert mask.mean() == pytest.approx(1 - rate, abs=0.06)  # 6 sd: 2000 units
    assert_allclose(dropout(x, rate, True, replay(mask)), y, rtol=3e-7)
    at_test = framework(torch.tensor(x), rate, False, seed=0).numpy()
    assert_array_equal(at_test, dropout(x, rate, False))


@pytest.mark.parametrize("framework", [torch_dropout, keras_dropout])
def test_a_seed_decides_the_frameworks_mask(framework):
    x = torch.ones(1000)
    one, again, two = (framework(x, 0.5, True, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, two)


@pytest.mark.parametrize("framework", [torch_dropout, keras_dropout])
def test_the_frameworks_edges(framework):
    assert torch.equal(framework(torch.ones(9), 1.0, True, seed=0), torch.zeros(9))
    assert framework(torch.zeros(0, 3), 0.5, True, seed=0).shape == (0, 3)
    for rate in (-0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            framework(torch.ones(9), rate, True, seed=0)


def test_a_module_trains_and_a_layer_infers(torch_rng_stays):
    x = torch.ones(1000)
    for seed in (0, 1):
        assert torch.equal(torch_called_directly(x, 0.2, seed), torch_dropout(x, 0.2, True, seed))
    assert torch.equal(keras_called_directly(x, 0.2), x)


def test_keras_called_directly_is_the_layer_of_that_rate():
    with pytest.raises(ValueError, match=r"rate=1\.5"):
        keras_called_directly(torch.ones(2), 1.5)


def test_spatial_dropout_is_dropout_of_channels(torch_rng_stays):
    x = torch.rand(30, 20, 2, 3, generator=torch.Generator().manual_seed(0)) + 1
    y = torch_spatial_dropout(x, 0.2, seed=0)
    kept = y[:, :, :1, :1] != 0
    assert torch.allclose(y, x / 0.8 * kept)
    assert kept.float().mean().item() == pytest.approx(0.8, abs=0.08)  # 5 sd: 600 maps
    assert torch.equal(y, torch_spatial_dropout(x, 0.2, seed=0))
    assert not torch.equal(y, torch_spatial_dropout(x, 0.2, seed=1))


def test_alpha_dropout_is_affine_on_two_values(torch_rng_stays):
    x = torch.tensor(generator().normal(size=200_000))
    y = torch_alpha_dropout(x, 0.2, seed=0)
    dropped = y == y.mode().values  # all dropped units share one value
    assert dropped.double().mean().item() == pytest.approx(0.2, abs=0.01)
    limit = -1.7580993408473766  # SELU at minus infinity: -scale · alpha
    q = 0.8
    a = (q + limit**2 * q * (1 - q)) ** -0.5  # keeps variance 1
    b = -a * (1 - q) * limit  # keeps mean 0
    assert_allclose(y[~dropped].numpy(), (a * x + b)[~dropped].numpy(), rtol=1e-6, atol=1e-9)
    assert_allclose(y[dropped].numpy(), a * limit + b, rtol=1e-6)
    assert not torch.equal(y, torch_alpha_dropout(x, 0.2, seed=1))


def test_gaussian_dropout_is_normal_noise():
    x = torch.full((200_000,), 2.0)
    y = keras_gaussian_dropout(x, 0.2, seed=0)
    noise = (y / x).numpy()
    _, wanted = output_moments(1, 0, 0.2)
    assert noise.mean() == pytest.approx(1, abs=0.006)  # 5 sd
    assert noise.var() == pytest.approx(wanted, rel=0.02)  # 6 sd
    share = np.mean(np.abs(noise - 1) < wanted**0.5)
    assert share == pytest.approx(0.6827, abs=0.01)  # a normal's within one sd
    assert torch.equal(y, keras_gaussian_dropout(x, 0.2, seed=0))
    assert not torch.equal(y, keras_gaussian_dropout(x, 0.2, seed=1))


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_batchnorm_divides_by_the_training_variance(rate, torch_rng_stays):
    x = torch.tensor(generator().normal(2.0, 3.0, size=(500, 1))).float()
    trained_on = torch_dropout(x, rate, True, seed=4)  # the same mask
    wanted = x.var() / (trained_on.var() + 1e-5)  # BatchNorm's epsilon
    assert torch_batchnorm_variance(x, rate, seed=4) == pytest.approx(wanted.item(), rel=1e-5)


def test_batchnorm_has_one_variance_per_column():
    x = torch.tensor(generator().normal(size=(500, 3)) * [1, 10, 100]).float()
    assert torch_batchnorm_variance(x, 0.0, seed=0) == pytest.approx(1, rel=0.01)


# The nets of the experiment


def test_torch_net_drops_after_each_hidden_layer():
    net = torch_net(0.3)
    names = [type(layer).__name__ for layer in net]
    assert names == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert [layer.p for layer in net if isinstance(layer, nn.Dropout)] == [0.3, 0.3]
    shapes = [tuple(p.shape) for p in net.parameters()]
    assert shapes == [(128, 64), (128,), (128, 128), (128,), (10, 128), (10,)]


def toy_digits():
    rng = generator()
    labels = rng.integers(10, size=120)
    centers = 3 * rng.normal(size=(10, 64))
    x = centers[labels] + rng.normal(size=(120, 64))
    return torch.tensor(x).float(), torch.tensor(labels)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_training_is_adam_in_batches_of_fifty(rate, torch_rng_stays):
    x, labels = toy_digits()
    net = torch_trained(x, labels, rate, epochs=2, seed=1)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        other = torch_net(rate)
        start = [p.detach().clone() for p in other.parameters()]
        adam = torch.optim.Adam(other.parameters(), lr=3e-3, fused=False)
        for _ in range(2):
            order = torch.randperm(120)
            for rows in (order[:50], order[50:100], order[100:]):
                loss = nn.functional.cross_entropy(other(x[rows]), labels[rows])
                grads = torch.autograd.grad(loss, list(other.parameters()))
                for p, grad in zip(other.parameters(), grads, strict=True):
                    p.grad = grad
                adam.step()
    for ours, theirs, first in zip(net.parameters(), other.parameters(), start, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-5)
        assert not torch.allclose(ours, first, rtol=1e-3, atol=1e-5)


def test_training_learns():
    x, labels = toy_digits()
    net = torch_trained(x, labels, 0.5, epochs=20, seed=0)
    assert error_percent(torch_predict(net, x).numpy(), labels.numpy()) == 0


def test_predicting_switches_dropout_off(torch_rng_stays):
    x, _ = toy_digits()
    with torch.random.fork_rng():
        net = torch_net(0.5).train()
    p = torch_predict(net, x)
    assert p.dtype == torch.float64
    assert p.shape == (120, 10)
    assert not p.requires_grad
    assert not net.training
    z = net.eval()(x).detach().double().numpy()
    assert_allclose(p.numpy(), scipy.special.softmax(z, axis=1), rtol=1e-12)


def batchnorm_net():
    return nn.Sequential(nn.BatchNorm1d(64), nn.Dropout(0.5), nn.Linear(64, 10))


def test_monte_carlo_trains_only_dropout(torch_rng_stays):
    x, _ = toy_digits()
    with torch.random.fork_rng():
        net = batchnorm_net().train()
    p = torch_predict_mc(net, x, 3, seed=7)
    assert p.dtype == torch.float64
    assert p.shape == (3, 120, 10)
    assert not p.requires_grad
    assert not any(layer.training for layer in net.modules())
    assert_array_equal(net[0].running_mean, 0)  # BatchNorm has learned nothing
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(7)
        for one in p:
            dropped = nn.functional.dropout(net[0](x), 0.5)
            z = net[2](dropped).double().numpy()
            assert_allclose(one.numpy(), scipy.special.softmax(z, axis=1), rtol=1e-12)


def test_monte_carlo_without_dropout_is_the_prediction():
    x, _ = toy_digits()
    net = torch_net(0.0)
    passes = torch_predict_mc(net, x, 2, seed=0)
    assert_allclose(passes[1].numpy(), torch_predict(net, x).numpy(), rtol=1e-12)


def test_keras_net_drops_in_training_only():
    net = keras_net(0.3)
    names = [type(layer).__name__ for layer in net.layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert [layer.rate for layer in net.layers if names[net.layers.index(layer)] == "Dropout"] == [
        0.3,
        0.3,
    ]
    x, _ = toy_digits()
    p = net(x).detach()
    assert_allclose(p.sum(dim=1).numpy(), 1, rtol=1e-5)
    assert torch.equal(p, net(x).detach())
    assert not torch.allclose(p, net(x, training=True).detach())
    shapes = [tuple(weight.shape) for weight in net.weights if weight.dtype == "float32"]
    assert shapes == [(64, 128), (128,), (128, 128), (128,), (128, 10), (10,)]
    hidden = net.layers[2](net.layers[0](x)).detach()
    assert hidden.min() == 0  # relu
    assert net.layers[0](x).detach().min() == 0


def test_fitted_nets_come_back():
    x, labels = toy_digits()
    weights = fit_all(x.numpy(), labels.numpy(), (0.0, 0.5), epochs=1)
    assert weights["3.weight"].shape == (2, 5, 128, 128)
    for index, rate in enumerate((0.0, 0.5)):
        for seed, net in enumerate(nets(weights, index, rate)):
            again = torch_trained(x, labels, rate, epochs=1, seed=seed)
            assert net[2].p == rate
            assert torch.equal(torch_predict(net, x), torch_predict(again, x))


# What the experiments measure with


def test_measures():
    p = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]])
    assert error_percent(p, np.array([0, 1])) == 50  # the second is taken for 2
    assert mean_nll(p, np.array([0, 2])) == pytest.approx(-np.log(0.5 * 0.7) / 2)
    assert_allclose(entropy(p), scipy.stats.entropy(p, axis=1))
    assert_array_equal(relu(np.array([-1.0, 0.0, 2.0])), [0, 0, 2])


def test_exercises_by_hand():
    found = exercises()
    wanted = {
        "standard_mean": 2.25,  # 0.75 · 3
        "standard_var": 1.6875,  # 0.75 · 0.25 · 9
        "inverted_mean": 3,
        "inverted_var": 3,  # 0.25 / 0.75 · 9
        "doubling_rate": 0.5,  # 1 / (1 - r) = 2
        "relu_means": found["relu_rates"],  # P(keep 1, drop 2) / q = r
        "sgd_lr": 0.025,
        "adam_lr": 0.05,
        "batchnorm_var": 0.7,
        "relu_mean_of_twos": 0.5,  # 2 · 0.25
        "paper_drop_rate": 0.2,  # 1 - 0.8
    }
    assert set(found) == {*wanted, "relu_rates"}
    for key, value in wanted.items():
        assert_allclose(found[key], value, rtol=1e-9, err_msg=key)


def test_the_demo_by_hand():
    found = demo()
    x, mask = found["input"], found["mask"]
    assert_array_equal(found["standard_train"], mask * x)
    assert_allclose(found["inverted_train"], mask * x / 0.6)
    assert_allclose(found["standard_test"], 0.6 * x)
    assert_array_equal(found["inverted_test"], x)
    assert 0 < mask.sum() < 5


# What readers drag


@pytest.mark.parametrize(
    ("drop_rate", "value", "wanted"),
    [
        (0, 2, {"standard_mean": 2, "standard_sd": 0, "inverted_mean": 2, "inverted_sd": 0}),
        (0.5, 1, {"standard_mean": 0.5, "standard_sd": 0.5, "inverted_mean": 1, "inverted_sd": 1}),
        (0.75, 2, {"standard_mean": 0.5, "standard_sd": 0.75**0.5, "inverted_sd": 12**0.5}),
    ],
)
def test_one_input_by_hand(drop_rate, value, wanted):
    found = one_input(drop_rate, value)
    assert {key: found[key] for key in wanted} == pytest.approx(wanted, abs=1e-14)
    assert found["sd_over_mean"] == pytest.approx((drop_rate / (1 - drop_rate)) ** 0.5)


def test_one_input_draws_its_moments():
    shown = one_input(0.75, 2.0)
    assert shown["chances"] == [0.75, 0.25]
    assert shown["standard_outputs"] == [0, 2]
    assert shown["inverted_outputs"] == [0, 8]
    assert_array_equal(shown["inverted_stems"], [0, 0, np.nan, 8, 8])
    assert_array_equal(shown["heights"], [0, 0.75, np.nan, 0, 0.25])
    for kind in ("standard", "inverted"):
        mean = np.dot(shown["chances"], shown[f"{kind}_outputs"])
        square = np.dot(shown["chances"], np.square(shown[f"{kind}_outputs"]))
        low, high = shown[f"{kind}_spread"]
        assert (low + high) / 2 == pytest.approx(mean)
        assert ((high - low) / 2) ** 2 == pytest.approx(square - mean**2)


def test_at_rate_half_the_spread_reaches_zero():
    for value in (0.4, 2.0):
        half = one_input(0.5, value)
        assert [half["standard_spread"][0], half["inverted_spread"][0]] == pytest.approx([0, 0])
    assert one_input(0.45)["inverted_spread"][0] > 0 > one_input(0.55)["inverted_spread"][0]


@pytest.mark.parametrize(
    ("drop_rate", "mean", "variance"),
    [(0, 1.5, 1), (0.3, 0, 0.7), (0.5, 1, 1 / 3), (0.8, 2, 1 / 21), (0.5, 0.7, 1 / 2.49)],
)
def test_before_batchnorm_by_hand(drop_rate, mean, variance):
    shown = before_batchnorm(drop_rate, mean)
    assert shown["variance_at_test"] == pytest.approx(variance, rel=1e-12)
    assert shown["sd_at_test"] == pytest.approx(variance**0.5, rel=1e-12)
    assert shown["variance_if_mean_were_0"] == pytest.approx(1 - drop_rate)
    assert_allclose(shown["ends"], variance**0.5 * np.linspace(-2, 2, 9), rtol=1e-12)
    assert_allclose(shown["rays"][1::3], shown["ends"])
    assert_allclose(np.interp(drop_rate, shown["rates"], shown["variances"]), variance)


def test_before_batchnorm_is_the_variance_that_torch_shows():
    x = torch.tensor(np.random.default_rng(0).normal(0.7, 1, size=(200_000, 1))).float()
    measured = torch_batchnorm_variance(x, 0.5, seed=0)
    assert measured == pytest.approx(before_batchnorm()["variance_at_test"], abs=0.01)


@pytest.mark.parametrize("drop_rate", [-0.05, 1, np.nan])
def test_draggable_figures_refuse_bad_rates(drop_rate):
    for compute in (one_input, before_batchnorm):
        with pytest.raises(ValueError, match=r"drop_rate must be in \[0, 1\)"):
            compute(drop_rate)
