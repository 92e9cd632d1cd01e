"""Zero-centering against NumPy, SciPy, PyTorch, Keras, enumeration and values by hand."""

import itertools

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from torch import nn

from snippets.centering.experiments import defaults, digits_layer, exercises, normal_moments
from snippets.centering.interactive import VARIANCE, curvatures, descend, level_lines
from snippets.centering.keras_ import keras_activate, keras_batchnorm, keras_updates
from snippets.centering.scratch import (
    activate,
    centered_sigmoid,
    condition_number,
    gd_steps,
    gradient_parts,
    iid_eigenvalues,
    mean_and_sd,
    neuron_gradients,
    real,
    relu,
    same_sign_fraction,
    same_sign_limit,
    second_moment,
    sgd_path,
    sigmoid,
    to_tanh,
    uncentered_correlation,
    whole,
)
from snippets.centering.torch_ import (
    digits_loss,
    fit_digits,
    heavy_ball_steps,
    normalized_net,
    torch_activate,
    torch_batchnorm,
    torch_depth_gradients,
    torch_sample_gradients,
    torch_updates,
    train_digits,
)

NAMES = ("sigmoid", "centered sigmoid", "tanh", "relu")


def generator(seed=0):
    return np.random.default_rng(seed)


# Bad input, wherever it goes in

PAIR = [[1.0, 2.0], [3.0, 4.0]]
ARRAYS = {  # argument, axes, call
    "sigmoid": ("a", None, sigmoid),
    "centered_sigmoid": ("a", None, centered_sigmoid),
    "relu": ("a", None, relu),
    "activate": ("a", None, lambda x: activate("tanh", x)),
    "neuron_gradients, X": ("X", 2, lambda x: neuron_gradients(x, [1.0])),
    "neuron_gradients, delta": ("delta", 1, lambda x: neuron_gradients(PAIR, x)),
    "gradient_parts, X": ("X", 2, lambda x: gradient_parts(x, [1.0])),
    "gradient_parts, delta": ("delta", 1, lambda x: gradient_parts(PAIR, x)),
    "same_sign_fraction": ("G", 2, same_sign_fraction),
    "second_moment": ("X", 2, second_moment),
    "condition_number": ("M", 2, condition_number),
    "gd_steps, eigs": ("eigs", 1, lambda x: gd_steps(x, [1.0], 0.1)),
    "gd_steps, c0": ("c0", 1, lambda x: gd_steps([1.0], x, 0.1)),
    "sgd_path, w_star": ("w_star", 1, lambda x: sgd_path("tanh", x, 0.1, 0)),
    "to_tanh, W": ("W", 2, lambda x: to_tanh(x, [1.0])),
    "to_tanh, b": ("b", 1, lambda x: to_tanh(PAIR, x)),
}
NUMBERS = {
    "mean_and_sd, mean": ("mean", lambda x: mean_and_sd(x, 1)),
    "mean_and_sd, var": ("var", lambda x: mean_and_sd(1, x)),
    "uncentered_correlation, mean": ("mean", lambda x: uncentered_correlation(x, 1)),
    "uncentered_correlation, var": ("var", lambda x: uncentered_correlation(1, x)),
    "same_sign_limit, mean": ("mean", lambda x: same_sign_limit(x, 1, 2)),
    "same_sign_limit, var": ("var", lambda x: same_sign_limit(1, x, 2)),
    "iid_eigenvalues, mean": ("mean", lambda x: iid_eigenvalues(x, 1, 2)),
    "iid_eigenvalues, var": ("var", lambda x: iid_eigenvalues(1, x, 2)),
    "gd_steps, tol": ("tol", lambda x: gd_steps([1.0], [1.0], x)),
    "gd_steps, lr": ("lr", lambda x: gd_steps([1.0], [1.0], 0.1, x)),
    "sgd_path, lr": ("lr", lambda x: sgd_path("tanh", [1, 1], x, 0)),
}
COUNTS = {
    "whole": ("n", lambda n: whole("n", n, 1)),
    "same_sign_limit": ("d", lambda d: same_sign_limit(1, 1, d)),
    "iid_eigenvalues": ("d", lambda d: iid_eigenvalues(1, 1, d)),
}
CALLS = {name: (arg, call) for name, (arg, _, call) in ARRAYS.items()} | NUMBERS
every_call = pytest.mark.parametrize(("name", "call"), CALLS.values(), ids=CALLS)


@pytest.mark.parametrize("x", [[True], ["1"], [None], [1j], [b"1"], True, "1", None, {}])
@every_call
def test_what_is_no_real_number_is_a_type_error(name, call, x):
    if name == "lr" and x is None:
        return  # the best rate
    with pytest.raises(TypeError) as error:
        call(x)
    assert str(error.value) == f"{name} must be real numbers, got {np.asarray(x).dtype}"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.1e100, -1.1e100])
@every_call
def test_a_number_too_large_or_none_is_a_value_error(name, call, bad):
    axes = {arg: axes for arg, axes, _ in ARRAYS.values()}.get(name, 0)
    x = np.full((1,) * (axes or 0), bad)
    with pytest.raises(ValueError, match="must be finite") as error:
        call(x)
    assert str(error.value) == f"{name} must be finite, at most 1e100 in size, got {bad}"


@pytest.mark.parametrize(("name", "axes", "call"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_another_shape(name, axes, call):
    shapes = [(0,), (0, 3), (2, 0)] + ([] if axes is None else [(), (1, 1, 1), (1,) * (3 - axes)])
    for shape in shapes:
        with pytest.raises(ValueError, match="must be a non-empty array") as error:
            call(np.zeros(shape))
        wanted = "" if axes is None else f" with {axes} axes"
        assert str(error.value) == f"{name} must be a non-empty array{wanted}, got shape {shape}"


@pytest.mark.parametrize(("name", "call"), NUMBERS.values(), ids=NUMBERS)
def test_an_array_is_no_number(name, call):
    with pytest.raises(ValueError, match=f"{name} must be a non-empty array with 0 axes"):
        call([1.0])


@pytest.mark.parametrize("n", [True, np.True_, 2.0, np.float64(3), "3", None, [3]])
@pytest.mark.parametrize(("name", "call"), COUNTS.values(), ids=COUNTS)
def test_a_count_that_is_no_integer_is_a_type_error(name, call, n):
    with pytest.raises(TypeError) as error:
        call(n)
    assert str(error.value) == f"{name} must be an int, got {n!r}"


@pytest.mark.parametrize("n", [0, -3, np.int8(0)])
@pytest.mark.parametrize(("name", "call"), COUNTS.values(), ids=COUNTS)
def test_a_count_too_small_is_a_value_error(name, call, n):
    with pytest.raises(ValueError, match=f"{name} must be >= 1, got {n}$"):
        call(n)


def test_a_count_of_numpy_becomes_an_int():
    assert type(whole("n", np.int16(7), 7)) is int
    assert whole("n", 7, 7) == 7


@pytest.mark.parametrize("var", [-1.0, -1e-300])
@pytest.mark.parametrize(
    "call",
    [
        lambda v: mean_and_sd(1, v),
        lambda v: uncentered_correlation(1, v),
        lambda v: same_sign_limit(1, v, 2),
        lambda v: iid_eigenvalues(1, v, 2),
    ],
)
def test_a_negative_variance(call, var):
    with pytest.raises(ValueError, match=f"var must be >= 0, got {var}"):
        call(var)


def test_a_feature_that_is_always_zero():
    for call in (lambda: uncentered_correlation(0, 0), lambda: same_sign_limit(0.0, 0, 3)):
        with pytest.raises(ValueError, match=r"always 0 .*, got mean 0(\.0)? and var 0$"):
            call()


@pytest.mark.parametrize(
    "x", [3, 2.5, [1, 2], np.float32(0.1), np.arange(3, dtype="uint8"), 1e100, [-1e100, 0]]
)
def test_real_is_a_new_float64(x):
    copy = real("x", x)
    assert copy.dtype == np.float64
    assert_array_equal(copy, np.asarray(x, float))
    assert not np.shares_memory(copy, x)


def test_nothing_is_changed():
    x, v = np.array(PAIR), np.array([1.0, -2.0])
    moment = np.array([[2.0, 1.0], [1.0, 2.0]])
    for call in (
        lambda: [activate(name, x) for name in NAMES],
        lambda: neuron_gradients(x, v),
        lambda: gradient_parts(x, v),
        lambda: same_sign_fraction(x),
        lambda: second_moment(x, bias=True, center=True),
        lambda: condition_number(moment),
        lambda: gd_steps(x[0], v, 0.1),
        lambda: sgd_path("sigmoid", v, 0.5, 0),
        lambda: to_tanh(x, v),
    ):
        call()
    assert_array_equal(x, PAIR)
    assert_array_equal(v, [1, -2])
    assert_array_equal(moment, [[2, 1], [1, 2]])


# Activations

TAILS = np.array([0.0, 1e-300, 1e-9, 0.5, 1, 20, 36.8, 40, 700, 745, 1e4, 1e100])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_activations_are_scipys_and_pytorchs(shape):
    a = np.asarray(5 * generator().normal(size=shape))
    for name in NAMES:
        ours = activate(name, a)
        assert np.shape(ours) == shape
        assert_allclose(ours, torch_activate(name, torch.tensor(a)).numpy(), rtol=1e-13)
        if name != "centered sigmoid":
            assert_allclose(ours, keras_activate(name, a.astype("float64")).numpy(), rtol=1e-5)
    assert_allclose(sigmoid(a), scipy.special.expit(a), rtol=1e-14)


@pytest.mark.parametrize("sign", [1, -1])
def test_activations_in_the_tails(sign):
    a = sign * TAILS
    assert_allclose(sigmoid(a), scipy.special.expit(a), rtol=1e-13, atol=1e-323)
    assert_allclose(sigmoid(a) + sigmoid(-a), 1, rtol=1e-15)
    assert_allclose(centered_sigmoid(a), sigmoid(a) - 0.5, atol=2e-16)
    assert_allclose(centered_sigmoid([1e-300]), 2.5e-301)  # no cancellation
    assert_array_equal(relu(a), np.where(a > 0, a, 0))
    assert_array_equal(activate("tanh", a), np.tanh(a))


@pytest.mark.parametrize("name", ["Sigmoid", "", None, "elu"])
def test_an_unknown_activation(name):
    text = f"activation must be one of {[*NAMES]}, got {name!r}"
    for call in (lambda: activate(name, [1.0]), lambda: sgd_path(name, [1, 1], 0.1, 0)):
        with pytest.raises(ValueError, match="activation") as error:
            call()
        assert str(error.value) == text


def test_an_unknown_activation_of_pytorch():
    for name in ("softmax", "", None):
        for call in (
            lambda name=name: torch_activate(name, torch.ones(1)),
            lambda name=name: train_digits(name, False, 1.0, 1, 0),
            lambda name=name: torch_depth_gradients(name, 2, 2, 0),
        ):
            with pytest.raises(ValueError, match=f"activation must be one of .*, got {name!r}$"):
                call()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "elu", "gelu", "silu", "softplus"])
def test_keras_and_pytorch_have_the_same_activations(name):
    a = np.linspace(-8, 8, 161, dtype="float32")
    theirs = keras_activate(name, a).numpy()
    assert_allclose(torch_activate(name, torch.tensor(a)).numpy(), theirs, rtol=1e-4, atol=1e-6)


def test_pytorchs_activations_by_hand():
    one = torch.tensor([-1.0, 2.0]).double()
    e = np.exp(-1)
    wanted = {
        "leaky_relu": [-0.01, 2],
        "elu": [e - 1, 2],
        "silu": [-e / (1 + e), 2 / (1 + np.exp(-2))],
        "gelu": [-scipy.special.ndtr(-1), 2 * scipy.special.ndtr(2)],
        "softplus": [np.log1p(e), np.log1p(np.exp(2))],
        "centered sigmoid": [np.tanh(-0.5) / 2, np.tanh(1) / 2],
        "tanh of half": [np.tanh(-0.5), np.tanh(1)],
    }
    for name, values in wanted.items():
        assert_allclose(torch_activate(name, one).numpy(), values, rtol=1e-7)
    assert_allclose(keras_activate("leaky_relu", [-1.0, 2.0]).numpy(), [-0.2, 2])


# Gradients of a neuron


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 5), (7, 1), (40, 6)])
def test_neuron_gradients_are_autograds(n, d):
    rng = generator()
    x, w, t = rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=n)
    x_torch, t_torch = torch.tensor(x), torch.tensor(t)
    w_torch = torch.tensor(w, requires_grad=True)
    y = torch.tanh(x_torch @ w_torch)
    rows = [torch.autograd.grad(loss, w_torch, retain_graph=True)[0] for loss in (y - t_torch) ** 2]
    y = np.tanh(x @ w)
    ours = neuron_gradients(x, 2 * (y - t) * (1 - y**2))
    assert_allclose(ours, torch.stack(rows).numpy(), rtol=1e-10, atol=1e-14)

    def loss(w, x, t):
        return (torch.tanh(w @ x) - t) ** 2

    by_sample = torch_sample_gradients(loss, torch.tensor(w), x_torch, t_torch)
    assert_allclose(ours, by_sample.numpy(), rtol=1e-10, atol=1e-14)


def test_neuron_gradients_by_hand():
    grads = neuron_gradients([[1, 2, 0], [3, -4, 5]], [2, -1])
    assert_array_equal(grads, [[2, 4, 0], [-3, 4, -5]])
    assert grads.dtype == float


@pytest.mark.parametrize(("n", "m"), [(2, 3), (2, 1), (1, 2)])
def test_deltas_that_do_not_fit(n, m):
    for function in (neuron_gradients, gradient_parts):
        with pytest.raises(ValueError, match="delta") as error:
            function(np.ones((n, 4)), np.ones(m))
        assert str(error.value) == f"delta must have shape ({n},), got ({m},)"


@pytest.mark.parametrize(("n", "d"), [(1, 3), (2, 1), (50, 4)])
def test_gradient_parts(n, d):
    rng = generator(1)
    x, delta = rng.normal(1, 2, size=(n, d)), rng.normal(3, 1, size=n)
    common, rest = gradient_parts(x, delta)
    assert_allclose(common, x.mean(axis=0) * delta.mean(), rtol=1e-14)
    assert_allclose(common + rest, (x * delta[:, None]).mean(axis=0), rtol=1e-13)
    together = np.hstack([x, delta[:, None]]) - np.append(x.mean(axis=0), delta.mean())
    assert_allclose(rest, together[:, :-1].T @ together[:, -1] / n, atol=1e-13)
    common, _ = gradient_parts(x - x.mean(axis=0), delta)
    assert_allclose(common, 0, atol=1e-14)


@pytest.mark.parametrize(
    ("grads", "wanted"),
    [
        ([[1, 2]], 1),
        ([[-1, -2]], 1),
        ([[1, -2]], 0),
        ([[0, 2]], 0),  # a zero is no sign
        ([[0, -2]], 0),
        ([[0, 0]], 0),
        ([[5e-324, 1e100]], 1),
        ([[-5e-324, -1e100]], 1),
        ([[3], [-3], [0]], 2 / 3),
        ([[1, 1], [1, -1], [-1, 1], [-1, -1]], 1 / 2),
        ([[1, 1, 1], [1, 1, -1], [-1, -1, -1], [-1, -1, 1], [0, 1, 1]], 2 / 5),
    ],
)
def test_same_sign_fraction_by_hand(grads, wanted):
    fraction = same_sign_fraction(grads)
    assert fraction == pytest.approx(wanted, rel=1e-15)
    assert type(fraction) is float
    assert same_sign_fraction(-np.array(grads)) == fraction
    assert same_sign_fraction(np.array(grads)[:, ::-1]) == fraction


def test_every_positive_input_gives_one_sign():
    rng = generator()
    for d in (1, 2, 30):
        x = rng.exponential(size=(500, d)) + 1e-12
        assert same_sign_fraction(neuron_gradients(x, rng.normal(size=500))) == 1


# The limit for large batches


@pytest.mark.parametrize(
    ("mean", "var", "rho"),
    [
        (0, 1, 0),
        (1, 0, 1),
        (-3, 0, 1),
        (1, 1, 0.5),
        (-1, 1, 0.5),  # exponential inputs, with a minus
        (0.5, 1 / 12, 0.75),  # uniform on [0, 1]
        (1e100, 1e100, 1),
        (1e-200, 1e-300, 0),
        (1e-160, 1e-320, 0.5),
    ],
)
def test_correlation_by_hand(mean, var, rho):
    assert uncentered_correlation(mean, var) == pytest.approx(rho, rel=1e-4, abs=1e-90)


def test_correlation_is_that_of_products():
    x, y = generator().exponential(2.0, size=(2, 400_000)) - 1
    rho = uncentered_correlation(1, 4)  # of that distribution
    assert np.mean(x * y) / np.mean(x**2) == pytest.approx(rho, abs=0.01)


@pytest.mark.parametrize("mean", [0.0, 1e-3, 0.2, 1.0, 5.0, 300.0, 1e6])
def test_limit_in_closed_form(mean):
    rho = mean**2 / (1 + mean**2)
    arc = np.arctan2(mean**2, np.sqrt(1 + 2 * mean**2)) / np.pi  # asin(rho) / pi
    assert same_sign_limit(mean, 1, 1) == pytest.approx(1, rel=1e-9)
    assert same_sign_limit(mean, 1, 2) == pytest.approx(1 / 2 + arc, rel=1e-9)
    assert same_sign_limit(mean, 1, 3) == pytest.approx(1 / 4 + 3 / 2 * arc, rel=1e-9)
    assert same_sign_limit(-mean, 1, 3) == same_sign_limit(mean, 1, 3)
    assert 2.0 ** (1 - 9) * 0.999 <= same_sign_limit(mean, 1, 9) <= 1
    assert 0 <= rho < 1


@pytest.mark.parametrize("d", [1, 2, 3, 9, 40, 1000])
def test_limit_at_the_ends(d):
    assert same_sign_limit(2, 4, d) == pytest.approx(2 / (d + 1), rel=1e-9)
    assert same_sign_limit(3, 0, d) == 1
    assert same_sign_limit(0, 3, d) == pytest.approx(2.0 ** (1 - d), rel=1e-9)
    assert same_sign_limit(1e90, 1e-90, d) == pytest.approx(1, rel=1e-9)


def test_limit_falls_with_inputs_and_rises_with_the_mean():
    limits = np.array(
        [[same_sign_limit(m, 0.7, d) for d in (1, 2, 5, 20)] for m in (0.1, 0.5, 2.0)]
    )
    assert np.all(np.diff(limits, axis=1) < 0)
    assert np.all(np.diff(limits, axis=0)[:, 1:] > 0)


@pytest.mark.parametrize(("mean", "var", "d"), [(0.5, 0.04, 4), (0.4, 0.34, 6), (0.0, 2.0, 3)])
def test_limit_is_the_chance_of_two_orthants(mean, var, d):
    cov = var * np.eye(d) + mean**2
    chance = scipy.stats.multivariate_normal(cov=cov, seed=1).cdf(np.zeros(d))
    assert same_sign_limit(mean, var, d) == pytest.approx(2 * chance, abs=1e-4)


# Curvatures


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 4), (30, 1), (50, 4)])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("center", [False, True])
def test_second_moment(n, d, bias, center):
    x = generator().normal(3, 2, size=(n, d))
    moment = second_moment(x, bias, center)
    rows = x - x.mean(axis=0) if center else x
    rows = np.column_stack([rows, np.ones(n)]) if bias else rows
    wanted = np.mean([np.outer(row, row) for row in rows], axis=0)
    assert_allclose(moment, wanted, rtol=1e-12, atol=1e-13)
    assert_array_equal(moment, moment.T)
    assert moment.shape == (d + bias, d + bias)
    if bias:
        assert moment[-1, -1] == 1


def test_second_moment_is_the_hessian_of_the_squared_error():
    x, t = generator().normal(1, 1, size=(20, 3)), torch.zeros(20).double()
    rows_torch = torch.tensor(np.column_stack([x, np.ones(20)]))
    hessian = torch.autograd.functional.hessian(
        lambda w: ((rows_torch @ w - t) ** 2 / 2).mean(), torch.zeros(4).double()
    )
    assert_allclose(second_moment(x, bias=True), hessian.numpy(), rtol=1e-12)
    assert_array_equal(second_moment(x), second_moment(x, bias=False, center=False))


def test_centered_second_moment_is_numpys_covariance():
    x = generator().exponential(size=(40, 5))
    assert_allclose(second_moment(x, center=True), np.cov(x.T, bias=True), atol=1e-14)
    moment = second_moment(x, bias=True, center=True)
    assert_allclose(moment[-1, :-1], 0, atol=1e-15)  # a centered input ignores the bias


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ([[4]], 1),
        ([[1e-90]], 1),
        ([[2, 1], [1, 2]], 3),
        (np.diag([1, 5, 100]), 100),
        (np.diag([1e-10, 1]), 1e10),
        ([[1, 1], [1, 1]], np.inf),
        ([[1, 2], [2, 1]], np.inf),  # eigenvalues 3 and -1
        ([[0]], np.inf),
        (np.zeros((3, 3)), np.inf),
        (-np.eye(2), np.inf),
        ([[1, 1e-20], [1e-20, 1e-20]], np.inf),  # within rounding of 0
    ],
)
def test_condition_number_by_hand(moment, wanted):
    assert condition_number(moment) == pytest.approx(wanted, rel=1e-5)
    assert type(condition_number(moment)) is float


@pytest.mark.parametrize("d", [1, 2, 10, 40])
def test_condition_number_is_numpys(d):
    moment = second_moment(generator().random(size=(200, d)))
    assert condition_number(moment) == pytest.approx(np.linalg.cond(moment), rel=1e-9)
    assert condition_number(7 * moment) == pytest.approx(condition_number(moment), rel=1e-9)


@pytest.mark.parametrize("moment", [[[1, 2], [3, 4]], [[1, 2]], [[1], [2]]])
def test_a_matrix_that_is_not_symmetric(moment):
    with pytest.raises(ValueError, match="M must be symmetric") as error:
        condition_number(moment)
    assert str(error.value) == f"M must be symmetric, got {np.array(moment, float)}"


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("d", [1, 2, 7, 60])
@pytest.mark.parametrize(
    ("mean", "var"), [(0.5, 0.043), (-2, 3), (0, 4), (0, 0.25), (1, 0), (0, 0), (30, 1e-3)]
)
def test_iid_eigenvalues_are_numpys(mean, var, d, bias):
    moment = var * np.eye(d) + mean**2
    if bias:
        moment = np.block(
            [[moment, np.full((d, 1), mean)], [np.full((1, d), mean), np.ones((1, 1))]]
        )
    eigs = iid_eigenvalues(mean, var, d, bias)
    assert eigs.shape == (d + bias,)
    assert np.all(np.diff(eigs) >= 0)
    assert_allclose(eigs, np.linalg.eigvalsh(moment), rtol=1e-9, atol=1e-13 * (1 + d * mean**2))


def test_eigenvalues_of_huge_and_tiny_inputs():
    assert_allclose(iid_eigenvalues(1e100, 1, 2), [1, 2e200])
    assert_allclose(iid_eigenvalues(1e100, 1, 2, bias=True), [1 / 2e200, 1, 2e200])
    assert_allclose(iid_eigenvalues(1e-100, 1e-100, 1, bias=True), [1e-100, 1])
    assert_allclose(iid_eigenvalues(0, 1, 3, bias=True), 1)
    assert_array_equal(iid_eigenvalues(1, 2, 3), [2, 2, 5])
    for var in 1 + np.finfo(float).eps * np.arange(-40, 40):  # half the trace is about sd
        assert_allclose(iid_eigenvalues(0, var, 1, bias=True), 1, rtol=1e-7)


# Descent


def counted(eigs, c0, tol, lr):
    """Steps of gradient descent, one by one, with matrices."""
    rng = generator(2)
    turn, _ = np.linalg.qr(rng.normal(size=(len(eigs), len(eigs))))
    curvature = turn @ np.diag(eigs) @ turn.T
    w, steps = turn @ c0, 0
    while np.linalg.norm(w) > tol * np.linalg.norm(c0):
        w, steps = w - lr * curvature @ w, steps + 1
    return steps


@pytest.mark.parametrize("tol", [0.5, 1e-3, 1e-7])
@pytest.mark.parametrize("lr", [None, 0.05, 0.2, 0.39])
def test_gd_steps_by_counting(lr, tol):
    eigs, c0 = [0.3, 1.1, 5.0], [1.0, -2.0, 0.7]
    used = 2 / 5.3 if lr is None else lr
    assert gd_steps(eigs, c0, tol, lr) == counted(eigs, np.array(c0), tol, used)
    order = [2, 0, 1]
    turned = gd_steps(np.array(eigs)[order], np.array(c0)[order], tol, lr)
    assert turned == gd_steps(eigs, c0, tol, lr)


@pytest.mark.parametrize(
    ("eigs", "c0", "tol", "lr", "wanted"),
    [
        ([2], [3], 0.1, None, 1),  # best rate is one over the only curvature
        ([1, 3], [1, 1], 1 / 16, None, 4),  # halved every time: 2^-4
        ([1, 3], [1, 1], 1 / 16 + 1e-9, None, 4),
        ([1, 3], [1, 1], 1 / 16 - 1e-9, None, 5),
        ([1, 3], [-5, 5], 1 / 16, None, 4),
        ([1], [1], 1, 0.5, 0),  # there already
        ([1], [1], 7, 0.5, 0),
        ([1, 4], [1, 0], 0.25, 0.5, 2),  # an absent error may grow: factor -1
        ([1, 8], [1, 0], 0.25, 0.5, 2),  # factor -3
        ([0, 1], [0, 1], 0.25, 0.5, 2),  # no curvature, no error
        ([1, 2], [0, 0], 0.1, None, 0),
        ([1], [1e-90], 0.25, 0.5, 2),
        ([1e-80], [1], 0.25, 5e79, 2),
    ],
)
def test_gd_steps_by_hand(eigs, c0, tol, lr, wanted):
    steps = gd_steps(eigs, c0, tol, lr)
    assert steps == wanted
    assert type(steps) is int


def test_gd_steps_far_beyond_counting():
    eigs = [1e-9, 1.0]
    steps = gd_steps(eigs, [1, 1], 1e-3)
    assert steps == pytest.approx(np.log(1e3) * 1e9 / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("eigs", "lr"),
    [
        ([1, 4], 0.5),  # factor -1
        ([1, 4], 0.6),
        ([1, 4], 0.0),
        ([1, 4], -0.1),
        ([0, 4], None),  # flat
        ([-1, 4], None),
    ],
)
def test_descent_that_does_not_converge(eigs, lr):
    with pytest.raises(ValueError, match="lr must shrink every error, got lr") as error:
        gd_steps(eigs, [1, 1], 0.1, lr)
    used = 2 / sum(eigs) if lr is None else lr
    assert f"got lr {used} for eigs {np.array(eigs, float)}" in str(error.value)


def test_errors_and_curvatures_that_do_not_fit():
    for c0 in ([1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="c0 must have shape") as error:
            gd_steps([1.0, 2.0], c0, 0.1)
        assert str(error.value) == f"c0 must have shape (2,), got ({len(c0)},)"
    for tol in (0, -0.5):
        with pytest.raises(ValueError, match=f"tol must be > 0, got {float(tol)}"):
            gd_steps([1.0], [1.0], tol)


@pytest.mark.parametrize(("name", "lr"), [("sigmoid", 0.8), ("centered sigmoid", 5.0),
                                          ("tanh", 0.6), ("relu", 0.5)])  # fmt: skip
@pytest.mark.parametrize("w_star", [(1, -1), (1, 1), (-0.3, 2)])
def test_sgd_path_is_pytorchs(name, lr, w_star):
    path = sgd_path(name, w_star, lr, 3)
    x = activate(name, generator(3).normal(size=(10_000, 2)))[: len(path) - 1]
    t = x @ np.array(w_star, float)
    updates = torch_updates(lambda w: torch.optim.SGD(w, lr=lr), torch.tensor(x), torch.tensor(t))
    assert_allclose(np.diff(path, axis=0), updates.numpy(), rtol=1e-9, atol=1e-12)
    by_keras = keras_updates(keras.optimizers.SGD(lr), x, t)
    assert_allclose(by_keras, updates.numpy(), atol=1e-4)
    distances = np.hypot(*(path - w_star).T)
    assert_array_equal(path[0], 0)
    assert distances[-1] <= 0.05 < distances[:-1].min()


def test_sgd_path_from_where_it_starts():
    assert_array_equal(sgd_path("tanh", [0, 0.05], 0.1, 0), [[0, 0]])
    assert len(sgd_path("tanh", [0, 0.0501], 0.1, 0)) > 1
    again = [sgd_path("sigmoid", [1, -1], 0.8, seed) for seed in (4, 4, 5)]
    assert_array_equal(again[0], again[1])
    assert len(again[0]) != len(again[2]) or np.any(again[0] != again[2])


@pytest.mark.parametrize("lr", [0.0, -0.1, 1e-9])
def test_a_path_that_does_not_arrive(lr):
    with pytest.raises(ValueError, match="lr must bring w within") as error:
        sgd_path("tanh", [1, 1], lr, 0)
    assert str(error.value) == f"lr must bring w within 0.05 of w_star in 10000 steps, got {lr}"


@pytest.mark.parametrize("w_star", [[1], [1, 2, 3]])
def test_a_goal_of_another_shape(w_star):
    with pytest.raises(ValueError, match="w_star must have shape") as error:
        sgd_path("tanh", w_star, 0.1, 0)
    assert str(error.value) == f"w_star must have shape (2,), got ({len(w_star)},)"


# One function class


@pytest.mark.parametrize(("n", "d", "k"), [(1, 1, 1), (5, 8, 3), (20, 2, 1)])
def test_to_tanh(n, d, k):
    rng = generator()
    a, w, b = 9 * rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)
    w_tanh, b_tanh = to_tanh(w, b)
    ours = np.tanh(a / 2) @ w_tanh + b_tanh
    assert_allclose(ours, scipy.special.expit(a) @ w + b, rtol=1e-10, atol=1e-13)


def test_layers_that_do_not_fit():
    for b in ([1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="b must have shape") as error:
            to_tanh(PAIR, b)
        assert str(error.value) == f"b must have shape (2,), got ({len(b)},)"


# PyTorch and Keras


def test_sample_gradients_of_a_matrix():
    rng = generator()
    w, x = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
    labels = np.array([0, 1, 2, 3, 0, 1])

    def loss(w, x, target):
        return -target @ torch.log_softmax(w @ x, dim=0)

    grads = torch_sample_gradients(loss, *map(torch.tensor, (w, x, np.eye(4)[labels])))
    p = scipy.special.softmax(x @ w.T, axis=1) - np.eye(4)[labels]
    assert_allclose(grads.numpy(), p[:, :, None] * x[:, None], rtol=1e-9, atol=1e-13)


OPTIMIZERS = {
    "plain": (lambda w: torch.optim.SGD(w, lr=0.5), lambda: keras.optimizers.SGD(0.5)),
    "momentum": (
        lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    ),
    "nesterov": (
        lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    ),
    "adam": (
        lambda w: torch.optim.Adam(w, lr=0.01, eps=1e-7),
        lambda: keras.optimizers.Adam(0.01),
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_keras_and_pytorch_make_the_same_updates(ours, theirs):
    x = generator().random(size=(30, 3))
    t = x @ [1.0, -1.0, 0.5]
    by_torch = torch_updates(ours, torch.tensor(x), torch.tensor(t)).numpy()
    by_keras = keras_updates(theirs(), x, t)
    assert by_torch.shape == by_keras.shape == (30, 3)
    assert_allclose(by_keras, by_torch, atol=2e-5)


@pytest.mark.parametrize("n", [1, 3])
def test_updates_need_a_target_for_each_sample(n):
    with pytest.raises(ValueError, match="zip"):
        torch_updates(OPTIMIZERS["plain"][0], torch.ones(2, 2), torch.ones(n))
    with pytest.raises(ValueError, match="zip"):
        keras_updates(keras.optimizers.SGD(0.5), np.ones((2, 2)), np.ones(n))


def test_updates_of_momentum_by_hand():
    x, t = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double(), torch.tensor([1.0, 1.0]).double()
    updates = torch_updates(lambda w: torch.optim.SGD(w, lr=0.5, momentum=0.5), x, t)
    assert_allclose(updates.numpy(), [[0.5, 0], [0.25, 0.5]])  # half of the last one


@pytest.mark.parametrize(("n", "d"), [(2, 1), (50, 4)])
def test_batch_normalization_by_hand(n, d):
    h = generator().exponential(size=(n, d))
    centered = h - h.mean(axis=0)
    for layer, eps in (
        (torch_batchnorm(torch.tensor(h)).numpy(), 1e-5),
        (keras_batchnorm(h).numpy(), 1e-3),
    ):
        assert_allclose(layer, centered / np.sqrt(h.var(axis=0) + eps), atol=1e-5)
    assert torch_batchnorm(torch.tensor(h)).dtype == torch.float64


def test_depth_gradients_by_hand():
    norms = torch_depth_gradients("relu", 1, 3, 5)
    rng = torch.Generator().manual_seed(5)
    h, w, v = (torch.randn(*s, generator=rng).double() for s in [(100, 3), (3, 3), (3,)])
    a = h @ w / 3**0.5
    assert_allclose(norms.numpy(), [np.linalg.norm((a.numpy() > 0) * v.numpy())], rtol=1e-12)


def test_depth_gradients_with_a_gain():
    plain, large = (torch_depth_gradients("relu", 3, 5, 1, gain=gain) for gain in (1, 4))
    assert_allclose(large.numpy(), [16, 4, 1] * plain.numpy(), rtol=1e-12)


def test_heavy_ball_by_hand():
    eigs, w = np.array([0.5, 1.0, 4.5]), np.array([1.0, -2.0, 0.5])
    lr, momentum = 4 / (np.sqrt(0.5) + np.sqrt(4.5)) ** 2, 1 / 4
    velocity, first = np.zeros(3), np.linalg.norm(w)
    count = 0
    while np.linalg.norm(w) > 1e-6 * first:
        velocity = momentum * velocity + eigs * w
        w, count = w - lr * velocity, count + 1
    assert heavy_ball_steps(eigs, [1.0, -2.0, 0.5], 1e-6) == count


def test_a_normalized_net_centers_its_hidden_units():
    net, x = normalized_net(6, 4, 3), torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    assert_allclose(net[:3](x).mean(dim=0).detach().numpy(), np.zeros(4), atol=1e-6)
    assert net(x).shape == (50, 3)


def test_centering_leaves_its_argument_alone():
    x = np.ones((2, 3))
    second_moment(x, center=True)
    assert_array_equal(x, np.ones((2, 3)))


def test_depth_gradients_of_two_layers():
    norms = torch_depth_gradients("tanh", 2, 3, 5)
    rng = torch.Generator().manual_seed(5)
    shapes = [(100, 3), (3, 3), (3, 3), (3,)]
    h, first, second, v = (torch.randn(*s, generator=rng).double() for s in shapes)
    a = (h @ first / 3**0.5).requires_grad_()
    b = torch.tanh(a) @ second / 3**0.5
    slopes = torch.autograd.grad((torch.tanh(b) @ v).sum(), [a, b])
    assert_allclose(norms.numpy(), [slope.norm() for slope in slopes], rtol=1e-12)


def test_depth_gradients_shrink_by_the_slope():
    sigmoid_norms = torch_depth_gradients("centered sigmoid", 4, 30, 0)
    tanh_norms = torch_depth_gradients("tanh", 4, 30, 0)
    assert sigmoid_norms.shape == (4,)
    assert torch.all(sigmoid_norms.diff() > 0)  # smallest at the first layer
    assert sigmoid_norms[0] < tanh_norms[0] / 50
    assert torch.all(torch_depth_gradients("tanh", 4, 30, 0) == tanh_norms)


def weights_of(seed):
    rng = torch.Generator().manual_seed(seed)
    first = torch.randn(64, 30, generator=rng) / 8
    second = torch.randn(30, 10, generator=rng) / 30**0.5
    return [first, torch.zeros(30), second, torch.zeros(10)]


def test_the_start_of_training_on_digits():
    weights, losses = fit_digits("tanh", False, 1.0, 0, 7)
    assert losses == []
    for ours, wanted in zip(weights, weights_of(7), strict=True):
        assert_allclose(ours.numpy(), wanted.numpy(), rtol=1e-6)
        assert not ours.requires_grad


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("name", ["sigmoid", "relu"])
def test_training_on_digits_is_pytorchs(name, center):
    x, labels = load_digits(return_X_y=True)
    x, labels = torch.tensor(x / 16).float(), torch.tensor(labels)
    weights = [w.requires_grad_() for w in weights_of(1)]
    sgd, losses = torch.optim.SGD(weights, lr=0.7), []
    for _ in range(3):
        h = torch_activate(name, x @ weights[0] + weights[1])
        h = h - h.mean(dim=0) if center else h
        loss = nn.functional.cross_entropy(h @ weights[2] + weights[3], labels)
        assert float(digits_loss(weights, x, labels, name, center).detach()) == pytest.approx(
            float(loss.detach())
        )
        losses.append(float(loss.detach()))
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    ours = train_digits(name, center, 0.7, 3, 1)
    assert ours.shape == (3,)
    assert_allclose(ours.numpy(), losses, rtol=1e-5)
    fitted, _ = fit_digits(name, center, 0.7, 3, 1)
    for w, wanted in zip(fitted, weights, strict=True):
        assert_allclose(w.numpy(), wanted.detach().numpy(), rtol=1e-4, atol=1e-6)


def test_digits_layer_has_the_gradient_of_the_loss():
    x, labels = load_digits(return_X_y=True)
    h, delta = digits_layer("tanh", 2, 0)
    assert h.shape == (1797, 30)
    assert delta.shape == (1797, 10)
    weights, _ = fit_digits("tanh", False, 1.0, 2, 0)
    w1, b1, w2, b2 = (w.double().requires_grad_() for w in weights)
    loss = digits_loss([w1, b1, w2, b2], torch.tensor(x / 16), torch.tensor(labels), "tanh", False)
    slope, slope_bias = torch.autograd.grad(loss, [w2, b2])
    assert_allclose(h.T @ delta / 1797, slope.numpy(), rtol=1e-9, atol=1e-14)
    assert_allclose(delta.mean(axis=0), slope_bias.numpy(), rtol=1e-9, atol=1e-14)


# Experiments


@pytest.mark.parametrize(
    ("f", "mean", "second"),
    [
        (np.ones_like, 1, 1),
        (lambda a: a, 0, 1),
        (lambda a: a**2, 1, 3),
        (np.abs, np.sqrt(2 / np.pi), 1),
        (lambda a: np.maximum(a, 0), 1 / np.sqrt(2 * np.pi), 1 / 2),
        (lambda a: a > 0, 1 / 2, 1 / 2),
        (np.cos, np.exp(-1 / 2), (1 + np.exp(-2)) / 2),
    ],
)
def test_normal_moments_by_hand(f, mean, second):
    ours = normal_moments(f)
    assert_allclose(ours, (mean, second - mean**2), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["sigmoid", "gelu", "softplus"])
def test_moments_are_scipys(moments, name):
    def mean_of(power):
        def f(a):
            y = float(torch_activate(name, torch.tensor(a, dtype=torch.float64)))
            return y**power * scipy.stats.norm.pdf(a)

        return scipy.integrate.quad(f, -12, 12, epsabs=1e-13)[0]

    mean = mean_of(1)
    assert moments[f"{name}_mean"] == pytest.approx(mean, rel=1e-10)
    assert moments[f"{name}_var"] == pytest.approx(mean_of(2) - mean**2, rel=1e-8)


def test_moments(moments):
    assert moments["relu_var"] == pytest.approx(1 / 2 - 1 / (2 * np.pi), rel=1e-12)
    assert moments["sigmoid_rho"] == pytest.approx(0.852140, abs=1e-6)
    m, v = moments["gelu_mean"], moments["gelu_var"]
    assert moments["gelu_kappa_10"] == pytest.approx(1 + 10 * m**2 / v, rel=1e-12)
    assert moments["gelu_limit_2"] == pytest.approx(1 / 2 + np.arcsin(moments["gelu_rho"]) / np.pi)
    leak = moments["keras_leaky_relu_mean"]
    assert leak == pytest.approx(0.8 / np.sqrt(2 * np.pi), rel=1e-5)
    assert moments["leaky_relu_mean"] == pytest.approx(0.99 / np.sqrt(2 * np.pi), rel=1e-9)
    assert moments["centered_sigmoid_var"] == pytest.approx(moments["sigmoid_var"], rel=1e-12)


def test_signs(signs):
    for name in ("sigmoid", "tanh"):
        same, opposite = signs[f"{name}_same"], signs[f"{name}_opposite"]
        assert same + opposite == 300
        assert signs[f"{name}_fraction"] == same / 300
    ratio = signs["tanh"] / signs["sigmoid"]  # delta cancels
    a = generator().normal(size=(300, 2))
    assert_allclose(ratio, np.tanh(a) / scipy.special.expit(a), rtol=1e-9)


def test_one_layer(one_layer):
    grads = one_layer["gradients"]
    assert grads.shape == (200, 10, 5)
    assert_allclose(grads.sum(axis=1), 0, atol=1e-12)  # p - t sums to 0


def test_own_activation(own_activation):
    assert len(own_activation) == 8
    signed = [value for key, value in own_activation.items() if key.endswith("signed")]
    assert len(set(signed)) == 1  # the inputs decide, not the neuron


@pytest.mark.parametrize("d", [1, 2, 3])
def test_single_samples_by_enumeration(d):
    rows = [np.prod(signs) for signs in itertools.product([1, -1], repeat=d)]
    by_hand = np.mean([abs(sum(signs)) == d for signs in itertools.product([1, -1], repeat=d)])
    assert len(rows) == 2**d
    assert same_sign_limit(0, 1, d) == pytest.approx(by_hand)


def test_batches(batches):
    assert_array_equal(batches["sizes"], [1, 2, 4, 8, 16, 32, 64, 128, 256])
    assert batches["tanh_2"] == pytest.approx(np.full(9, 1 / 2), abs=0.03)
    assert batches["tanh_10"] == pytest.approx(np.full(9, 2**-9), abs=0.006)
    assert batches["relu_10_1"] == pytest.approx(2**-10, abs=0.003)
    assert batches["sigmoid_10_64"] == batches["sigmoid_10"][6]
    for name in ("sigmoid", "relu", "tanh"):
        assert np.all(batches[f"{name}_10"] <= batches[f"{name}_2"])


def test_conditioning(conditioning):
    dims, at = conditioning["dims"], conditioning["drawn"] - 2
    assert_array_equal(dims[at], conditioning["drawn"])
    for name in ("sigmoid", "relu", "tanh"):
        for key in ("plain", "bias", "centered"):
            assert conditioning[f"{name}_{key}_drawn"] == pytest.approx(
                conditioning[f"{name}_{key}"][at], rel=0.25
            )
    m, v = 0.5, 0.0433790358
    assert_allclose(conditioning["sigmoid_plain"], 1 + dims * m**2 / v, rtol=1e-8)
    assert_allclose(conditioning["tanh_plain"], 1, rtol=1e-12)
    trace = 1 + v + dims * m**2
    largest = (trace + np.sqrt(trace**2 - 4 * v)) / 2
    assert_allclose(conditioning["sigmoid_bias"], largest**2 / v, rtol=1e-8)
    assert_allclose(conditioning["sigmoid_centered"], 1, rtol=1e-12)


@pytest.mark.parametrize(("name", "goal"), [("same", (1, 1)), ("opposite", (1, -1)),
                                            ("one", (1, 0))])  # fmt: skip
def test_two_targets_by_matrices(two_targets, name, goal):
    v = 0.0433790358580932
    curvature, w, path = v * np.eye(2) + 0.25, np.zeros(2), [np.zeros(2)]
    for _ in range(two_targets[name]):
        w = w - curvature @ (w - goal) / (v + 0.5)
        path.append(w)
    assert_allclose(two_targets[f"{name}_path"], path, atol=1e-9)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert two_targets[f"{name}_detour"] == pytest.approx(length / np.linalg.norm(w))


@pytest.mark.parametrize(("name", "times"), [("half", 0.5), ("one", 1.0), ("most", 1.9)])
def test_rates_by_matrices(rates, name, times):
    v = 0.0433790358580932
    curvature, w, path = v * np.eye(2) + 0.25, np.zeros(2), [np.zeros(2)]
    for _ in range(40):
        w = w - times / (v + 0.5) * curvature @ (w - [1, 0])
        path.append(w)
    assert_allclose(rates[f"{name}_path"], path, atol=1e-9)
    moves = np.diff(path, axis=0)
    turns = sum(a @ b < 0 for a, b in itertools.pairwise(moves))
    assert rates[f"{name}_turns"] == turns
    length = np.linalg.norm(moves, axis=1).sum()
    assert rates[f"{name}_detour"] == pytest.approx(length / np.linalg.norm(w))
    across = (np.array(path) - [1, 0]) @ [1, 1] / np.sqrt(2)
    assert_allclose(rates[f"{name}_top"], -across, atol=1e-9)


def test_steps(steps):
    for name in ("sigmoid", "relu"):
        assert steps[f"{name}_plain_most"] == steps[f"{name}_plain"]
        assert steps[f"{name}_bias"] < steps[f"{name}_bias_most"]
    assert steps["sigmoid_plain_theory"] == pytest.approx(401.548, abs=0.01)
    assert steps["tanh_plain_theory"] == 0


def test_paths(paths):
    for key in ("sigmoid", "centered_sigmoid", "tanh"):
        for to in ("opposite", "same"):
            path = paths[f"{key}_{to}_path"]
            moves = np.diff(path, axis=0)
            assert len(moves) == paths[f"{key}_{to}_all_steps"][0]
            length = np.linalg.norm(moves, axis=1).sum()
            wanted = length / np.linalg.norm(path[-1] - path[0])
            assert paths[f"{key}_{to}_all_detour"][0] == pytest.approx(wanted)
            assert paths[f"{key}_{to}_all_steps"].shape == (30,)
            assert paths[f"{key}_{to}_detour"] > 1
    assert paths["sigmoid_lr"] == pytest.approx(0.25 / (0.25 + 0.0433790358))
    assert paths["tanh_lr"] == pytest.approx(0.6340438583)


def test_controls_at_one_rate(paths):
    v, lr = 0.0433790358580932, paths["sigmoid_lr"]
    for to, goal in (("opposite", [1, -1]), ("same", [1, 1])):
        w, count = np.zeros(2), 0
        while np.hypot(*(w - goal)) > 0.05:
            w = w - lr * (v * np.eye(2) + 0.25) @ (w - goal)
            count += 1
        assert paths[f"full_{to}_steps"] == count


def test_separated(separated):
    assert separated["gamma_kappa"] == pytest.approx(1 + 10 * 0.05, rel=0.15)
    assert separated["normal_kappa"] == pytest.approx(1 + 10, rel=0.05)
    below = scipy.special.ndtr(-1.0)
    alike = below**10 + (1 - below) ** 10
    assert separated["normal_fraction"] == pytest.approx(alike, abs=0.01)


def test_true_gradients_by_the_normal_limit(true_gradients):
    v = 0.0433790358580932
    cov = 1.01 * (v * np.eye(2) + 0.25) - 0.01 * 0.25
    at = 0.1 * 0.5 * np.sqrt(256) * np.ones(2)
    normal = scipy.stats.multivariate_normal(at, cov, seed=0)
    up, down = 1 - normal.cdf([0, np.inf]) - normal.cdf([np.inf, 0]), normal.cdf(np.zeros(2))
    assert true_gradients["drift_256"] == pytest.approx(up + 2 * down, abs=0.03)


def test_flipped(flipped):
    assert flipped["plain_kappa"] == pytest.approx(1 + 10 * 0.25 / 0.0433790358, rel=0.1)
    x = activate("sigmoid", generator().normal(size=(5000, 10)))
    assert flipped["plain_least"] == x.min()
    assert flipped["flipped_least"] == -x[:, 1::2].max()
    target = generator(1).normal(size=10)
    flip = np.tile([1.0, -1.0], 5)
    for signs in (1.0, flip):  # as many steps for any target, too
        eigs, vectors = np.linalg.eigh(second_moment(signs * x))
        steps = gd_steps(eigs, vectors.T @ (signs * target), 1e-3)
        assert steps == counted(eigs, vectors.T @ (signs * target), 1e-3, 2 / (eigs[0] + eigs[-1]))


def test_spectrum(spectrum):
    assert spectrum["low"] == pytest.approx((1 - np.sqrt(0.1)) ** 2)
    assert spectrum["high"] == pytest.approx((1 + np.sqrt(0.1)) ** 2)
    for name in ("centered", "slight", "shifted", "repaired"):
        eigs = spectrum[name]
        assert eigs.shape == (10, 100)
        assert spectrum[f"{name}_largest"] == pytest.approx(eigs[:, -1].mean())
        assert spectrum[f"{name}_second"] == pytest.approx(eigs[:, -2].mean())
        assert spectrum[f"{name}_least"] == pytest.approx(eigs[:, 0].mean())
    # E of the trace of a second moment is N (m² + 1)
    assert spectrum["shifted"].sum(axis=1) == pytest.approx(np.full(10, 125), rel=0.02)
    assert spectrum["centered"].sum(axis=1) == pytest.approx(np.full(10, 100), rel=0.02)
    assert spectrum["shifted_outlier"] == pytest.approx(26.104)
    assert spectrum["slight_outlier"] == pytest.approx(2.2)
    assert "centered_outlier" not in spectrum


def test_digits(digits, digits_shift):
    for found, rates, keys in (
        (digits, [1, 4, 16], ("sigmoid", "sigmoid_mean", "tanh", "tanh_mean", "relu", "relu_mean")),
        (digits_shift, [2, 4, 8], ("sigmoid", "shifted")),
    ):
        assert_array_equal(found["rates"], rates)
        for key in keys:
            losses = found[key]
            assert losses.shape == (3, 3, 60)
            for row, first in zip(losses.reshape(9, 60), found[f"{key}_first"].ravel()):
                assert np.all(row[:first] >= 0.3)
                assert first == 60 or row[first] < 0.3
            means = found[f"{key}_first"].mean(axis=1)
            assert found[f"{key}_needs"] == means.min()
            assert means[rates.index(found[f"{key}_best"])] == means.min()
            best = rates.index(found[f"{key}_best"])
            assert_allclose(found[f"{key}_curve"], losses[best].mean(axis=0))
    assert_allclose(digits["sigmoid"][1], digits_shift["sigmoid"][1], rtol=1e-6)
    again = train_digits("tanh", True, 4.0, 5, 2)
    assert_allclose(digits["tanh_mean"][1, 2, :5], again.numpy(), rtol=1e-6)


def test_digits_signs(digits_signs):
    for name in ("sigmoid", "tanh", "relu"):
        for key in ("start", "later"):
            rows = digits_signs[f"{name}_{key}"]
            assert rows.shape == (3, 9)
            assert digits_signs[f"{name}_{key}_64"] == rows[:, 6].mean()
    h, delta = digits_layer("sigmoid", 100, 0)
    rng, hits = generator(9), 0
    for _ in range(100):  # batches of 8, one neuron after the other
        rows = rng.integers(len(h), size=8)
        gradients = [neuron_gradients(h[rows], column).sum(axis=0) for column in delta[rows].T]
        hits += sum(same_sign_fraction([gradient]) for gradient in gradients)
    assert digits_signs["sigmoid_later"][0, 3] == pytest.approx(hits / 1000, abs=0.07)


def test_digits_parts(digits_parts):
    h, delta = digits_layer("relu", 0, 1)
    common = np.outer(h.mean(axis=0), delta.mean(axis=0))
    full = h.T @ delta / len(h)
    assert digits_parts["relu_shares"][1] == pytest.approx(np.sum(common**2) / np.sum(full**2))
    rows = np.column_stack([h, np.ones(len(h))])
    top = np.linalg.norm(rows, 2) ** 2 / len(h)
    assert digits_parts["relu_top"][1] == pytest.approx(top)
    for name in ("sigmoid", "relu", "tanh"):
        assert digits_parts[f"{name}_share"] == digits_parts[f"{name}_shares"].mean()
        assert digits_parts[f"{name}_curvature"] == digits_parts[f"{name}_top"].mean()
        assert digits_parts[f"{name}_centered_curvature"] == pytest.approx(1)


def test_normalized(normalized):
    assert normalized["raw_kappa"] == pytest.approx(1 + 20 * 0.25 / 0.0433790358, rel=0.15)
    assert normalized["raw_mean"] == pytest.approx(0.5, abs=0.02)
    assert normalized["torch_kappa"] == pytest.approx(normalized["keras_kappa"], rel=1e-2)


def test_history(history):
    keepers = {"rmsprop", "adagrad", "adam_forgetting"}
    moved = {"sgd", "momentum", "decay", "adam", "keras_momentum"}
    assert set(history) == keepers | moved
    rng = generator()
    x = activate("sigmoid", rng.normal(size=(300, 2)))
    t = x @ [1.0, -1.0]
    for name, lr, momentum, decay in (
        ("sgd", 0.5, 0, 0),
        ("momentum", 0.1, 0.9, 0),
        ("decay", 0.5, 0, 0.1),
    ):
        w, velocity, same = np.zeros(2), np.zeros(2), 0
        for row, target in zip(x, t, strict=True):
            slope = (row @ w - target) * row + decay * w
            velocity = momentum * velocity + slope
            w = w - lr * velocity
            same += np.all(velocity > 0) or np.all(velocity < 0)
        assert history[name] == same / 300
    w, first, second, same = np.zeros(2), np.zeros(2), np.zeros(2), 0
    for step, (row, target) in enumerate(zip(x, t, strict=True), 1):
        slope = (row @ w - target) * row
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        scaled = np.sqrt(second / (1 - 0.999**step)) + 1e-8
        w = w - 0.01 * first / (1 - 0.9**step) / scaled
        same += np.all(first > 0) or np.all(first < 0)
    assert history["adam"] == pytest.approx(same / 300, abs=0.01)


def test_depth(depth):
    large = "large_sigmoid", "large_centered_sigmoid"
    for key in ("sigmoid", "centered_sigmoid", "tanh", "relu", *large):
        assert depth[key].shape == (5,)
        assert depth[f"{key}_mean"] == depth[key].mean()
    norms = torch_depth_gradients("relu", 10, 50, 3)
    assert depth["relu"][3] == pytest.approx(float(norms[0] / norms[-1]))


def test_preactivations_by_hand(preactivations):
    rng = generator()
    h = 1 / (1 + np.exp(-rng.normal(size=(200, 10))))
    sums = h @ rng.normal(size=(10, 3))
    wanted = (sums - sums.mean(axis=0)) / np.sqrt(sums.var(axis=0) + 1e-5)
    assert_allclose(preactivations["raw_sums"], wanted, rtol=0, atol=1e-12)
    assert preactivations["raw_slope"].shape == (10, 3)
    # longer weights only scale, so no gradient is along them
    rng = generator()
    rng.normal(size=(200, 10))
    along = preactivations["raw_slope"] * rng.normal(size=(10, 3))
    assert_allclose(along.sum(axis=0), 0, atol=1e-2)


def test_defaults_are_those_of_the_layers():
    found = defaults()
    ours, theirs = nn.BatchNorm1d(3), keras.layers.BatchNormalization()
    assert (found["torch_eps"], found["torch_momentum"]) == (ours.eps, ours.momentum)
    assert (found["keras_epsilon"], found["keras_momentum"]) == (theirs.epsilon, theirs.momentum)
    below = torch.tensor(-1.0)
    assert found["torch_leak"] == pytest.approx(-float(torch_activate("leaky_relu", below)))
    assert found["keras_leak"] == pytest.approx(-float(keras_activate("leaky_relu", -1.0)))
    (by_layer,) = keras.layers.LeakyReLU()(np.array([-1.0]))
    assert found["keras_layer_leak"] == pytest.approx(-float(by_layer))
    # the share of the new batch, and of the old average
    ours(torch.full((4, 3), 5.0))
    theirs(np.full((4, 3), 5.0), training=True)
    assert_allclose(ours.running_mean, 5 * found["torch_momentum"], rtol=1e-6)
    moved = keras.ops.convert_to_numpy(theirs.moving_mean)
    assert_allclose(moved, 5 * (1 - found["keras_momentum"]), rtol=1e-5)


def test_exercises_by_hand(moments):
    v = 0.0433790358580932
    lam = (1 + v + 0.5 + np.sqrt((1 + v + 0.5) ** 2 - 4 * v)) / 2
    wanted = {
        "uniform_kappa": 37.0,  # 1 + 12 · 0.25 · 12
        "biased_kappa": lam**2 / v,
        "nine_inputs": 0.2,  # 2 / 10
        "largest_lr": 1 / (v + 0.5),
        "determinant_over_var": 1.0,
        "exponential_rho": 0.5,  # mean 1, variance 1
    }
    assert exercises(moments) == pytest.approx(wanted, rel=1e-9)


# What readers drag


def test_variance_dragged_is_a_sigmoids(moments):
    assert pytest.approx(moments["sigmoid_var"], abs=5e-5) == VARIANCE


def test_level_lines_are_level():
    w = np.array(level_lines(1.0, 9.0)).T - [1, 0]
    along, across = (w @ [1, 1]) ** 2 / 2, (w @ [1, -1]) ** 2 / 2
    loss = (9 * along + across) / 2
    assert_allclose(loss[:25], 0.4**2 / 2)
    assert_allclose(loss[-25:], 0.9**2 / 2)
    assert np.isnan(loss[25])
    assert len(loss) == 51


def test_descend_by_hand():
    v, m = VARIANCE, 0.3
    moved = descend(1.5, m)
    assert moved["condition_number"] == pytest.approx(1 + 2 * m**2 / v)
    assert moved["learning_rate"] == pytest.approx(1.5 / (v + 2 * m**2))
    assert moved["steep_factor"] == -0.5
    # step by step, by the gradient, curvature times (w - w*)
    curvature, w = v * np.eye(2) + m**2, np.zeros(2)
    for at in range(16):
        assert_allclose([moved["weight_1"][at], moved["weight_2"][at]], w, atol=1e-12)
        error = np.hypot(*(w - [1, 0]))
        w = w - moved["learning_rate"] * curvature @ (w - [1, 0])
    assert moved["share_of_the_error_left"] == pytest.approx(error)
    assert moved["steep"][:3] == [1, -0.5, 0.25]
    with pytest.raises(ValueError, match="mean must be finite"):
        descend(1.0, np.nan)


@pytest.mark.parametrize("times", [0.5, 1.9])
def test_descend_is_the_experiments_path(rates, times):
    path = rates["half_path" if times == 0.5 else "most_path"]
    moved = descend(times, 0.5)
    assert_allclose(moved["weight_1"], path[:16, 0], atol=1e-4)
    assert_allclose(moved["weight_2"], path[:16, 1], atol=1e-4)


def test_curvatures_by_hand():
    # v = 1/4, d = 3, m = 1: 3.25, and 4.25 is the trace of the bias's block
    found = curvatures(1, 0.5, 3)
    largest = (4.25 + np.sqrt(4.25**2 - 1)) / 2
    assert found["range"] == [0.25, 3.25]
    assert found["condition_number"] == 13.0
    assert found["range_with_a_bias"] == pytest.approx([0.25 / largest, largest])
    assert found["condition_number_with_a_bias"] == pytest.approx(4 * largest**2)
    # 12/14 of the error is left by a step: 44.8 of them make a thousandth
    assert found["steps_to_a_thousandth"] == 45
    assert curvatures(-1, 0.5, 3) == found
    assert curvatures(0, 1, 50)["steps_to_a_thousandth_with_a_bias"] == 1
    with pytest.raises(ValueError, match="d must be >= 1"):
        curvatures(1, 1, 0)


def test_curvatures_count_steps_of_descent():
    found = curvatures(0.5, 0.21, 20)
    for name in ("", "_with_a_bias"):
        ends = found[f"range{name}"]
        assert found[f"steps_to_a_thousandth{name}"] == gd_steps(ends, [1, 1], 1e-3)
