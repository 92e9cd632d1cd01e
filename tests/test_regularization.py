"""L1, L2 and weight decay against scikit-learn, SciPy, PyTorch, Keras and brute force."""

import itertools
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime, brentq, minimize_scalar
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeCV,
    lars_path,
)

from snippets.regularization.experiments import (
    defaults,
    demo,
    exercises,
    lasso_of_all,
    truth,
    versions,
)
from snippets.regularization.interactive import one_point, one_weight, two_columns
from snippets.regularization.keras_ import (
    keras_adamw,
    keras_l1_penalty,
    keras_l2_penalty,
    keras_linear,
    keras_soft_threshold,
    keras_steps,
)
from snippets.regularization.scratch import (
    adam_step,
    averaging,
    centered,
    decomposed,
    degrees_of_freedom,
    half_or_one,
    ista,
    l1_penalty,
    l1_subgradient,
    l2_gradient,
    l2_penalty,
    lasso_cd,
    lasso_lambda_max,
    lasso_objective,
    matrix,
    project_l1_ball,
    real,
    regression,
    ridge,
    ridge_bias_variance,
    ridge_map,
    ridge_shrinkage,
    scalar,
    sgd_step,
    shrink,
    smooth_part,
    soft_threshold,
    thresholds,
    vertex_probability,
    weights_and_gradient,
    whole,
)
from snippets.regularization.torch_ import (
    torch_batchnorm_loss,
    torch_decay_groups,
    torch_l1_fit,
    torch_l1_penalty,
    torch_l2_penalty,
    torch_linear,
    torch_proximal_fit,
    torch_soft_threshold,
    torch_steps,
)

XS = [[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]]
YS = [1.0, 2.0, 4.0]


def generator(seed=0):
    return np.random.default_rng(seed)


def data(n=30, d=5, seed=0):
    """Columns of different lengths and means, and targets."""
    rng = generator(seed)
    x = rng.normal(size=(n, d)) * np.logspace(0, 1, d) + rng.normal(size=d)
    return x, x @ rng.normal(size=d) + rng.normal(size=n) + 7


# What is refused, wherever it is asked for

STRENGTHS = {  # name: (argument, function, whether 0 is refused)
    "scalar": ("x", lambda v: scalar("x", v), False),
    "l1_penalty": ("lam", lambda v: l1_penalty([1], v), False),
    "l2_penalty": ("lam", lambda v: l2_penalty([1], v), False),
    "l2_gradient": ("lam", lambda v: l2_gradient([1], v), False),
    "shrink": ("t", lambda v: shrink([1], v), False),
    "ridge": ("lam", lambda v: ridge(XS, YS, v), False),
    "ridge_shrinkage": ("lam", lambda v: ridge_shrinkage(XS, v), False),
    "degrees_of_freedom": ("lam", lambda v: degrees_of_freedom(XS, v), False),
    "lasso_objective": ("lam", lambda v: lasso_objective(XS, YS, [1, 1], 0, v), False),
    "lasso_cd": ("lam", lambda v: lasso_cd(XS, YS, v), False),
    "lasso_cd tol": ("tol", lambda v: lasso_cd(XS, YS, 9, tol=v), False),
    "ista": ("lam", lambda v: ista(XS, YS, v, 3), False),
    "l1_subgradient": ("lam", lambda v: l1_subgradient(XS, YS, v, 0.01, 3), False),
    "l1_subgradient lr": ("lr", lambda v: l1_subgradient([[1], [1]], [1, 2], 1, v, 3), True),
    "project_l1_ball": ("t", lambda v: project_l1_ball([1, 2], v), True),
    "bias_variance sigma": ("sigma", lambda v: ridge_bias_variance(XS, [1, 1], v, 1, XS), False),
    "bias_variance lam": ("lam", lambda v: ridge_bias_variance(XS, [1, 1], 1, v, XS), False),
    "sgd_step lr": ("lr", lambda v: sgd_step([1], [1], v), False),
    "sgd_step wd": ("wd", lambda v: sgd_step([1], [1], 1, v), False),
    "adam_step lr": ("lr", lambda v: adam_step([1], [1], {}, v), False),
    "adam_step l2": ("l2", lambda v: adam_step([1], [1], {}, 1, l2=v), False),
    "adam_step decoupled": ("decoupled", lambda v: adam_step([1], [1], {}, 1, decoupled=v), False),
    "adam_step eps": ("eps", lambda v: adam_step([1], [1], {}, 1, eps=v), True),
}
with_strength = pytest.mark.parametrize(
    ("name", "function", "positive"), STRENGTHS.values(), ids=STRENGTHS
)


@with_strength
@pytest.mark.parametrize("value", [-1, -1e-20, [1.0], np.ones((1, 1)), []])
def test_a_strength_is_one_number_from_0(name, function, positive, value):
    sign = ">" if positive else ">="
    with pytest.raises(ValueError, match=f"{name} must be one number {sign} 0, got ") as error:
        function(value)
    assert str(error.value).endswith(f"got {value!r}")


@with_strength
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.1e30])
def test_a_strength_is_finite(name, function, positive, value):
    with pytest.raises(ValueError, match=f"{name} must be finite, at most 1e30 in size, got "):
        function(value)


@with_strength
@pytest.mark.parametrize("value", [None, True, "1", 1j])
def test_a_strength_is_a_number(name, function, positive, value):
    with pytest.raises(TypeError, match=f"{name} must be real numbers, got "):
        function(value)


@with_strength
def test_a_strength_may_be_0_unless_it_must_not(name, function, positive):
    if not positive:
        function(0)
        return
    with pytest.raises(ValueError, match=f"{name} must be one number > 0, got 0"):
        function(0)


def test_scalar():
    assert scalar("x", np.float32(0.5)) == 0.5
    assert type(scalar("x", 3)) is float
    assert scalar("x", 1e-300, positive=True) == 1e-300


COUNTS = {
    "steps": lambda v: ista(XS, YS, 1, v),
    "steps of descent": lambda v: l1_subgradient(XS, YS, 1, 0.01, v),
    "max_iter": lambda v: lasso_cd(XS, YS, 99, max_iter=v),
}


@pytest.mark.parametrize(("name", "function"), COUNTS.items(), ids=COUNTS)
def test_counts_are_integers(name, function):
    name, least = name.split()[0], 1 if name == "max_iter" else 0
    for value in (1.0, True, None, "1"):
        with pytest.raises(TypeError, match=f"{name} must be an int, got {value!r}"):
            function(value)
    with pytest.raises(ValueError, match=f"{name} must be >= {least}, got {least - 1}"):
        function(least - 1)
    function(np.int64(least))


def test_whole_is_a_python_int():
    assert type(whole("n", np.int32(3), 3)) is int


ARRAYS = {  # what takes real numbers of any shape
    "w of l1_penalty": lambda v: l1_penalty(v, 1),
    "w of l2_penalty": lambda v: l2_penalty(v, 1),
    "w of l2_gradient": lambda v: l2_gradient(v, 1),
    "z of soft_threshold": lambda v: soft_threshold(v, 1),
    "t of soft_threshold": lambda v: soft_threshold(np.ones(np.shape(v)), v),
    "z of shrink": lambda v: shrink(v, 1),
    "X of ridge": lambda v: ridge([v], [1], 1),
    "y of ridge": lambda v: ridge([[1]], v, 1),
    "X of shrinkage": lambda v: ridge_shrinkage([v], 1),
    "X of objective": lambda v: lasso_objective([v], [1], [1], 0, 1),
    "w of objective": lambda v: lasso_objective([[1]], [1], v, 0, 1),
    "b of objective": lambda v: lasso_objective([[1]], [1], [1], v[0], 1),
    "X of lambda_max": lambda v: lasso_lambda_max([v], [1]),
    "y of lasso_cd": lambda v: lasso_cd([[1]], v, 1),
    "X of ista": lambda v: ista([v], [1], 1, 3),
    "y of descent": lambda v: l1_subgradient([[1]], v, 1, 1, 3),
    "v of project": lambda v: project_l1_ball(v, 1),
    "s of vertex": vertex_probability,
    "X of bias_variance": lambda v: ridge_bias_variance([v], [1], 1, 1, [[1]]),
    "beta of bias_variance": lambda v: ridge_bias_variance([[1]], v, 1, 1, [[1]]),
    "Xtest of bias_variance": lambda v: ridge_bias_variance([[1]], [1], 1, 1, [v]),
    "w of sgd_step": lambda v: sgd_step(v, np.ones(np.shape(v)), 1),
    "g of sgd_step": lambda v: sgd_step(np.ones(np.shape(v)), v, 1),
    "w of adam_step": lambda v: adam_step(v, np.ones(np.shape(v)), {}, 1),
    "g of adam_step": lambda v: adam_step(np.ones(np.shape(v)), v, {}, 1),
    "betas of adam_step": lambda v: adam_step([1], [1], {}, 1, betas=v),
}


@pytest.mark.parametrize(("name", "function"), ARRAYS.items(), ids=ARRAYS)
def test_arrays_are_of_finite_real_numbers(name, function):
    name = name.split()[0]
    for value in ([np.nan], [np.inf], [-np.inf], [1.1e30], [-1.1e30]):
        with pytest.raises(ValueError, match=f"{name} must be finite") as error:
            function(value)
        assert str(error.value).endswith(f"got {value[0]}")
    for value in ([1j], ["1"], [None], [True]):
        with pytest.raises(TypeError, match=f"{name} must be real numbers, got "):
            function(value)


def test_real():
    x = np.array([1, -2], dtype="float32")
    y = real("x", x)
    assert y.dtype == float
    assert not np.shares_memory(x, y)
    z = np.ones(2)
    assert not np.shares_memory(z, real("z", z))
    assert_array_equal(real("x", [1e30, -1e30]), [1e30, -1e30])
    assert real("x", []).shape == (0,)
    assert_array_equal(real("x", np.array([255], dtype="uint8")), [255])


MATRICES = {  # what takes X (n, d)
    "X of ridge": lambda v: ridge(v, [1], 1),
    "X of shrinkage": lambda v: ridge_shrinkage(v, 1),
    "X of freedom": lambda v: degrees_of_freedom(v, 1),
    "X of objective": lambda v: lasso_objective(v, [1], [1], 0, 1),
    "X of lambda_max": lambda v: lasso_lambda_max(v, [1]),
    "X of lasso_cd": lambda v: lasso_cd(v, [1], 1),
    "X of ista": lambda v: ista(v, [1], 1, 3),
    "X of descent": lambda v: l1_subgradient(v, [1], 1, 1, 3),
    "X of bias_variance": lambda v: ridge_bias_variance(v, [1], 1, 1, [[1]]),
    "Xtest of bias_variance": lambda v: ridge_bias_variance([[1]], [1], 1, 1, v),
}


@pytest.mark.parametrize(("name", "function"), MATRICES.items(), ids=MATRICES)
def test_matrices_have_rows_and_columns(name, function):
    name = name.split()[0]
    for shape in [(), (1,), (0, 1), (1, 0), (1, 1, 1)]:
        with pytest.raises(ValueError, match=rf"{name} must be \(n, d\), not empty") as error:
            function(np.ones(shape))
        assert str(error.value).endswith(f"got shape {shape}")
    with pytest.raises(ValueError, match=f"{name} must be 0 or at least 1e-30 in size, got -1e-31"):
        function([[-1e-31]])


REGRESSIONS = {
    "ridge": lambda x, y: ridge(x, y, 1),
    "lasso_objective": lambda x, y: lasso_objective(x, y, np.ones(len(x[0])), 0, 1),
    "lasso_lambda_max": lasso_lambda_max,
    "lasso_cd": lambda x, y: lasso_cd(x, y, 1),
    "ista": lambda x, y: ista(x, y, 1, 3),
    "ista accelerated": lambda x, y: ista(x, y, 1, 3, accelerate=True),
    "l1_subgradient": lambda x, y: l1_subgradient(x, y, 1, 1e-3, 3),
}
each_regression = pytest.mark.parametrize("function", REGRESSIONS.values(), ids=REGRESSIONS)


@each_regression
def test_targets_fit_the_rows(function):
    for shape in [(), (2,), (4,), (3, 1), (1, 3)]:
        with pytest.raises(ValueError, match=r"y must be \(3,\) to fit X \(3, 2\)") as error:
            function(XS, np.ones(shape))
        assert str(error.value).endswith(f"got shape {shape}")
    with pytest.raises(ValueError, match="y must be 0 or at least 1e-30 in size, got 1e-31"):
        function(XS, [1e-31, 0, 0])


@each_regression
def test_regressions_change_nothing_and_take_lists(function):
    x, y = np.array(XS), np.array(YS)
    first, second = function(x, y), function(XS, YS)
    pairs = zip(first, second, strict=True) if isinstance(first, tuple) else [(first, second)]
    for a, b in pairs:
        assert_array_equal(a, b)
    assert_array_equal(x, XS)
    assert_array_equal(y, YS)
    function(np.array(XS, dtype="float32"), np.array(YS, dtype=int))


def test_checked_copies():
    x, y = regression(XS, YS)
    assert_array_equal(x, XS)
    assert_array_equal(y, YS)
    assert_array_equal(matrix("X", [[0, 1e-30]]), [[0, 1e-30]])
    w, g = weights_and_gradient([1], [2])
    assert (w, g) == (1, 2)


def test_centered_columns():
    x = 7 + generator().normal(size=(9, 3))
    x[:, 1] = 0.1  # a sum of nine rounds: plain subtraction would leave 1e-17
    before = x.copy()
    z = centered(x)
    assert_allclose(z, x - x.mean(axis=0), atol=1e-14)
    assert_array_equal(z[:, 1], 0)
    assert_array_equal(x, before)


# Penalties

HAND = [  # w, lam, L1, L2, half of it
    ([3, -4], 0.1, 0.7, 2.5, 1.25),  # 7 · 0.1; 25 · 0.1
    ([[1], [-2]], 2, 6, 10, 5),  # any shape
    ([], 5, 0, 0, 0),
    (-3, 1, 3, 9, 4.5),  # one number
    ([1e30, 0], 1, 1e30, 1e60, 5e59),
    ([1, 1], 0, 0, 0, 0),
]


@pytest.mark.parametrize(("w", "lam", "l1", "l2", "half"), HAND)
def test_penalties_by_hand(w, lam, l1, l2, half):
    assert l1_penalty(w, lam) == pytest.approx(l1)
    assert l2_penalty(w, lam) == pytest.approx(l2)
    assert l2_penalty(w, lam, convention="keras") == pytest.approx(l2)
    assert l2_penalty(w, lam, convention="half") == pytest.approx(half)
    assert type(l1_penalty(w, lam)) is type(l2_penalty(w, lam)) is float
    assert_allclose(l2_gradient(w, lam), 2 * lam * np.array(w))
    assert_allclose(l2_gradient(w, lam, convention="half"), lam * np.array(w))


@pytest.mark.parametrize("convention", ["keras", "half"])
def test_the_gradient_is_the_slope(convention):
    w = generator().normal(size=6)
    slope = approx_fprime(w, lambda w: l2_penalty(w, 0.7, convention=convention), 1e-6)
    assert_allclose(l2_gradient(w, 0.7, convention=convention), slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", [l2_penalty, l2_gradient])
def test_an_unknown_convention_is_a_value_error(function):
    wanted = "convention must be 'keras' or 'half', got 'torch'"
    with pytest.raises(ValueError, match=wanted):
        function([1], 1, convention="torch")
    assert half_or_one("keras") == 1


@pytest.mark.parametrize("lam", [0.0, 0.3, 5.0])
def test_the_frameworks_penalties(lam):
    w = generator().normal(size=(4, 3))
    for ours, frameworks in (
        (l1_penalty, (torch_l1_penalty, keras_l1_penalty)),
        (l2_penalty, (torch_l2_penalty, keras_l2_penalty)),
    ):
        for function in frameworks:
            leaf = torch.tensor(w, requires_grad=True)
            penalty = function(leaf, lam)
            assert penalty.shape == ()
            assert penalty.item() == pytest.approx(ours(w, lam), rel=1e-6)
            (slope,) = torch.autograd.grad(penalty, leaf)
            wanted = lam * np.sign(w) if ours is l1_penalty else l2_gradient(w, lam)
            assert_allclose(slope.numpy(), wanted, rtol=1e-6)


# Proximal operators


@pytest.mark.parametrize(
    ("z", "t", "l1", "l2"),
    [
        ([-2, -0.5, 0.3, 1.7], 0.5, [-1.5, 0, 0, 1.2], [-4 / 3, -1 / 3, 0.2, 17 / 15]),
        ([-2, 0, 2], 0, [-2, 0, 2], [-2, 0, 2]),  # no penalty
        ([[4.0]], 4, [[0.0]], [[0.8]]),  # the edge belongs to 0
        (np.nextafter(4, 5), 4, np.nextafter(4, 5) - 4, 0.8),
        ([], 1, [], []),
        ([1e30, 5e-324], 1, [1e30, 0], [5e29, 0]),
    ],
)
def test_prox_by_hand(z, t, l1, l2):
    assert_allclose(soft_threshold(z, t), l1, rtol=1e-15)
    assert_allclose(shrink(z, t), l2, rtol=1e-15)


@pytest.mark.parametrize("t", [0.0, 0.1, 1.0, 7.0])
def test_prox_minimizes(t):
    for z in 2 * generator().normal(size=25):
        for prox, penalty in ((soft_threshold, abs), (shrink, lambda w: w**2 / 2)):
            found = minimize_scalar(
                lambda w, z=z, penalty=penalty: (w - z) ** 2 / 2 + t * penalty(w),
                bracket=(-9, 9),
                tol=1e-10,
            )
            assert prox(z, t) == pytest.approx(found.x, abs=1e-6)


def test_soft_thresholds_of_their_own():
    z = generator().normal(size=(3, 4))
    t = np.abs(generator(1).normal(size=(3, 1)))
    rows = [soft_threshold(row, limit) for row, (limit,) in zip(z, t, strict=True)]
    assert_array_equal(soft_threshold(z, t), rows)
    assert_array_equal(soft_threshold(z, t[:, 0][:1]), soft_threshold(z, t[0, 0]))
    assert_array_equal(soft_threshold(z, z**2), np.sign(z) * np.maximum(np.abs(z) - z**2, 0))
    for shape in [(3,), (4, 1), (1, 3, 4), (2, 4)]:
        with pytest.raises(ValueError, match=r"t must fit z's shape \(3, 4\), got shape") as error:
            soft_threshold(z, np.ones(shape))
        assert str(error.value).endswith(f"got shape {shape}")
    with pytest.raises(ValueError, match=r"t must fit z's shape \(\), got shape \(1,\)"):
        soft_threshold(1.0, [1.0])
    with pytest.raises(ValueError, match=r"t must be >= 0, got -0\.5"):
        soft_threshold(z[0], [1, 2, -0.5, -0.1])


def test_thresholds():
    assert thresholds(2, np.zeros((3, 4))) == 2
    limits = np.ones((3, 1))
    found = thresholds(limits, np.zeros((3, 4)))
    assert_array_equal(found, limits)
    assert not np.shares_memory(found, limits)


def test_soft_threshold_has_no_negative_zero():
    assert not np.signbit(soft_threshold([-0.5, -0.2, -0.0, 0.0, 0.2], 0.5)).any()


@pytest.mark.parametrize("function", [torch_soft_threshold, keras_soft_threshold])
def test_the_frameworks_soft_thresholds(function):
    z = np.append(3 * generator().normal(size=50), [0.0, 1.0, -1.0, 1e30, -1e-30])
    for t in (0.0, 0.5, 1.0):
        found = function(torch.tensor(z), t).numpy()
        assert_allclose(found, soft_threshold(z, t), rtol=1e-15)
    assert function(torch.zeros(0, 3), 1.0).shape == (0, 3)


# Ridge

SHAPES = [(30, 5), (5, 30), (6, 6), (2, 3)]


@pytest.mark.parametrize("lam", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_ridge_is_scikit_learns(shape, lam, fit_intercept):
    x, y = data(*shape)
    w, b = ridge(x, y, lam, fit_intercept=fit_intercept)
    model = Ridge(alpha=lam, fit_intercept=fit_intercept, solver="svd").fit(x, y)
    assert w.shape == shape[1:]
    assert type(b) is float
    assert_allclose(w, model.coef_, rtol=1e-8, atol=1e-10)
    assert_allclose(b, model.intercept_, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_ridge_has_no_slope_left(shape):
    x, y = data(*shape, seed=3)
    w, b = ridge(x, y, 0.7)
    r = y - x @ w - b
    assert_allclose(x.T @ r, 0.7 * w, atol=1e-9)
    assert r.sum() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_without_penalty_ridge_is_the_shortest_least_squares(shape, fit_intercept):
    x, y = data(*shape)
    w, b = ridge(x, y, 0, fit_intercept=fit_intercept)
    model = LinearRegression(fit_intercept=fit_intercept).fit(x, y)
    assert_allclose(x @ w + b, model.predict(x), rtol=1e-9)
    offset = x.mean(axis=0) if fit_intercept else 0
    shortest = np.linalg.pinv(x - offset) @ (y - y.mean() * fit_intercept)
    assert_allclose(w, shortest, rtol=1e-8, atol=1e-10)


def test_ridge_of_odd_columns():
    x, y = data(20, 3)
    twins = np.hstack([x, x[:, :1], np.full((20, 1), 0.1)])
    for lam in (0.0, 2.0):
        w, _ = ridge(twins, y, lam)
        assert w[0] == pytest.approx(w[3], rel=1e-9)  # twins share alike
        assert w[4] == 0  # a constant column has no weight
    w, b = ridge(np.full((5, 2), 0.1), np.arange(5), 0)
    assert_array_equal(w, 0)
    assert b == 2
    w, b = ridge([[3, 4]], [7], 0)  # one row: the intercept does it all
    assert_array_equal(w, 0)
    assert b == 7
    w, b = ridge([[3, 4]], [7], 0, fit_intercept=False)
    assert_allclose(w, [0.84, 1.12])  # 7 · (3, 4) / 25
    assert b == 0


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e12])
def test_ridge_in_other_units(unit):
    x, y = data()
    w, b = ridge(x, y, 3.0)
    v, c = ridge(unit * x, y, 3.0 * unit**2)
    assert_allclose(unit * v, w, rtol=1e-9)
    assert c == pytest.approx(b)
    v, c = ridge(x, unit * y, 3.0)
    assert_allclose(v, unit * w, rtol=1e-9)
    assert c == pytest.approx(unit * b)


def test_decomposed():
    x, _ = data(7, 4)
    x[:, 3] = x[:, 0] - 2 * x[:, 1]
    u, s, vt = decomposed(x)
    assert u.shape == (7, 4)
    assert vt.shape == (4, 4)
    assert_allclose((u * s) @ vt, x, atol=1e-13)
    assert s[3] == 0
    assert np.all(s[:3] > 0)
    for small in (3e-16, 2 * np.finfo(float).eps):  # up to 2 eps: noise
        _, s, _ = decomposed(np.diag([1.0, small]))
        assert_array_equal(s, [1, 0])
    _, s, _ = decomposed(np.diag([1.0, 6e-16]))
    assert s[1] == pytest.approx(6e-16)


def test_ridge_map_is_the_closed_form():
    x, _ = data(9, 4)
    a = np.linalg.solve(x.T @ x + 0.5 * np.eye(4), x.T)
    assert_allclose(ridge_map(x, 0.5), a, rtol=1e-9, atol=1e-14)
    x[:, 3] = x[:, 0]
    assert_allclose(ridge_map(x, 0.0), np.linalg.pinv(x), atol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.5, 100.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_shrinkage_is_the_fit(shape, lam):
    x, _ = data(*shape)
    n = len(x)
    hat = [np.dot(x, w) + b for w, b in (ridge(x, row, lam) for row in np.eye(n))]
    kept = ridge_shrinkage(x, lam)
    assert kept.shape == (min(shape),)
    assert np.all(np.diff(kept) <= 1e-14)
    values = np.linalg.eigvalsh(np.array(hat) - 1 / n)[::-1][: min(shape)]
    assert_allclose(kept, values, atol=1e-9)
    assert degrees_of_freedom(x, lam) == pytest.approx(np.trace(hat) - 1, abs=1e-9)


def test_shrinkage_by_hand():
    x = [[1, 5], [-1, 5]]  # centered: one direction, s² = 2
    assert_allclose(ridge_shrinkage(x, 0), [1, 0])
    assert_allclose(ridge_shrinkage(x, 2), [0.5, 0])
    assert_allclose(ridge_shrinkage(x, 6), [0.25, 0])
    assert degrees_of_freedom(x, 6) == pytest.approx(0.25)
    assert type(degrees_of_freedom(x, 6)) is float
    assert_array_equal(ridge_shrinkage([[3, 4]], 1), [0])  # one row
    assert_allclose(ridge_shrinkage([[1e-9], [-1e-9]], 2e-18), [0.5])
    assert degrees_of_freedom(np.ones((4, 2)), 0) == 0


# Lasso


def test_lasso_objective_by_hand():
    # residuals 1 - 3 - 1 and 2 - 8 - 1: (9 + 49) / 4 + 0.5 · 2
    assert lasso_objective([[1, 2], [3, 5]], [1, 2], [1, 1], 1, 0.5) == pytest.approx(15.5)
    assert lasso_objective([[1]], [3], [-2], 0, 0) == pytest.approx(12.5)
    assert type(lasso_objective([[1]], [3], [-2], 0, 0)) is float
    for w, b in (([1], 0), ([1, 1, 1], 0), ([[1, 1]], 0), ([1, 1], [0]), (1, 0)):
        wanted = r"w, b must have shapes \(2,\), \(\), got "
        with pytest.raises(ValueError, match=wanted) as error:
            lasso_objective([[1, 2]], [1], w, b, 1)
        assert str(error.value).endswith(f"got {np.shape(w)}, {np.shape(b)}")


@pytest.mark.parametrize("shape", SHAPES)
def test_lambda_max_is_where_the_path_starts(shape):
    x, y = data(*shape)
    top = lasso_lambda_max(x, y)
    alphas, _, _ = lars_path(x - x.mean(axis=0), y - y.mean(), method="lasso")
    assert top == pytest.approx(alphas[0])
    assert type(top) is float
    w, b = lasso_cd(x, y, top)
    assert_array_equal(w, 0)
    assert b == pytest.approx(y.mean())
    assert np.sum(lasso_cd(x, y, 0.9999 * top)[0] != 0) == 1


@pytest.mark.parametrize("share", [0.9, 0.3, 0.05, 0.001])
@pytest.mark.parametrize("shape", SHAPES)
def test_lasso_is_scikit_learns(shape, share):
    x, y = data(*shape, seed=1)
    lam = share * lasso_lambda_max(x, y)
    w, b = lasso_cd(x, y, lam, max_iter=200_000)
    model = Lasso(alpha=lam, tol=1e-14, max_iter=200_000).fit(x, y)
    assert_allclose(w, model.coef_, atol=1e-6 * np.abs(w).max())
    assert b == pytest.approx(model.intercept_, abs=1e-5)
    ours, theirs = (
        lasso_objective(x, y, *found, lam) for found in ((w, b), (model.coef_, model.intercept_))
    )
    assert ours <= theirs * (1 + 1e-9)


@pytest.mark.parametrize("share", [0.9, 0.3, 0.05])
@pytest.mark.parametrize("shape", SHAPES)
def test_lasso_is_optimal(shape, share):
    x, y = data(*shape, seed=2)
    lam = share * lasso_lambda_max(x, y)
    w, b = lasso_cd(x, y, lam)
    r = y - x @ w - b
    pull, on = x.T @ r / len(y), w != 0
    assert_allclose(pull[on], lam * np.sign(w[on]), rtol=1e-6)
    assert np.all(np.abs(pull[~on]) <= lam * (1 + 1e-9))
    assert r.mean() == pytest.approx(0, abs=1e-10)
    assert on.sum() <= min(shape)


def test_lasso_without_penalty_is_least_squares():
    x, y = data()
    w, b = lasso_cd(x, y, 0)
    model = LinearRegression().fit(x, y)
    assert_allclose(w, model.coef_, rtol=1e-8)
    assert b == pytest.approx(model.intercept_, rel=1e-8)


def test_lasso_of_odd_columns():
    x, y = data(20, 2)
    w, _ = lasso_cd(np.hstack([x, np.full((20, 1), 0.1)]), y, 0.1)
    assert w[2] == 0
    assert_array_equal(w[:2], lasso_cd(x, y, 0.1)[0])
    w, b = lasso_cd([[3, 4]], [7], 0)
    assert_array_equal(w, 0)
    assert b == 7
    w, b = lasso_cd(np.ones((3, 2)), [1, 2, 6], 0)
    assert_array_equal(w, 0)
    assert b == 3
    w, b = lasso_cd(XS, [5, 5, 5], 0)
    assert_array_equal(w, 0)
    assert b == 5


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e12])
def test_lasso_in_other_units(unit):
    x, y = data()
    w, b = lasso_cd(x, y, 0.5)
    v, c = lasso_cd(unit * x, y, 0.5 * unit)
    assert_allclose(unit * v, w, rtol=1e-8)
    assert c == pytest.approx(b)
    v, c = lasso_cd(x, unit * y, 0.5 * unit)
    assert_allclose(v, unit * w, rtol=1e-8)
    assert c == pytest.approx(unit * b)


def test_lasso_says_when_it_did_not_get_there():
    x, y = data()
    with pytest.raises(ValueError, match=r"max_iter must be more than 3 for tol 1e-12: a step of"):
        lasso_cd(x, y, 0.1, max_iter=3)
    rough, _ = lasso_cd(x, y, 0.1, max_iter=30, tol=0.01)
    fine, _ = lasso_cd(x, y, 0.1)
    gap = np.abs((x @ (rough - fine)) / np.abs(y - y.mean()).max()).max()
    assert 1e-8 < gap < 0.2


def test_lasso_stops_by_what_a_step_does_to_the_predictions():
    # the only step is 1; it moves a prediction by 3, as far as the largest y is from its mean
    x, y = [[-3], [1], [1], [1]], [-3, 1, 1, 1]
    w, b = lasso_cd(x, y, 0, max_iter=1, tol=1.1)
    assert w == 1
    assert type(b) is float
    with pytest.raises(ValueError, match=r"for tol 0\.9: a step of 3\.0 is left"):
        lasso_cd(x, y, 0, max_iter=1, tol=0.9)
    lasso_cd(x, y, 0, max_iter=2, tol=0)


def test_one_sweep_by_hand():
    # columns of mean 0; the second weight already sees the first one's step
    x = np.array([[1, 1], [-1, -1], [1, 0], [-1, 0]]) * np.sqrt([1, 2])
    y = np.array([4.0, -4.0, 1.0, -1.0])
    gram, pull = x.T @ x / 4, x.T @ y / 4
    first = (pull[0] - 0.5) / gram[0, 0]
    second = (pull[1] - gram[0, 1] * first - 0.5) / gram[1, 1]
    w, _ = lasso_cd(x, y, 0.5, tol=10.0)  # content with one sweep
    assert_allclose(w, [first, second])


def test_smooth_part():
    x, y = data()
    gradient, step = smooth_part(x, y)
    z = x - x.mean(axis=0)
    assert 1 / step == pytest.approx(np.linalg.eigvalsh(z.T @ z / len(y))[-1])
    w = generator(5).normal(size=5)

    def loss(w):
        return np.mean((y - y.mean() - z @ w) ** 2) / 2

    assert_allclose(gradient(w), approx_fprime(w, loss, 1e-7), rtol=1e-4)
    _, step = smooth_part(np.ones((3, 2)), YS)
    assert step == 0


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("shape", [(30, 5), (8, 12)])
def test_ista_is_the_recipe(shape, accelerate):
    x, y = data(*shape)
    gradient, step = smooth_part(x, y)
    w = ahead = np.zeros(shape[1])
    t, path = 1.0, []
    for _ in range(6):  # in the names of Beck and Teboulle: x_k is w, y_k is ahead
        z = ahead - step * gradient(ahead)
        w, before = np.sign(z) * np.maximum(np.abs(z) - step * 0.2, 0), w
        t, last = (1 + (1 + 4 * t**2) ** 0.5) / 2, t
        ahead = w + (last - 1) / t * (w - before) if accelerate else w
        path.append(w)
    found, steps = ista(x, y, 0.2, 6, accelerate=accelerate)
    assert_allclose(steps, path, rtol=1e-9)
    assert_array_equal(found, steps[-1])
    assert not np.shares_memory(found, steps)


def test_ista_goes_down_to_the_lasso():
    x, y = data()
    x = x / x.std(axis=0)
    w, path = ista(x, y, 0.3, 3000)
    best, b = lasso_cd(x, y, 0.3)
    assert_allclose(w, best, atol=1e-9)
    fast, _ = ista(x, y, 0.3, 3000, accelerate=True)
    assert_allclose(fast, best, atol=1e-7)
    losses = [lasso_objective(x, y, v, y.mean() - x.mean(axis=0) @ v, 0.3) for v in path[:12]]
    assert np.all(np.diff(losses) < 0)
    assert lasso_objective(x, y, best, b, 0.3) <= losses[-1]


@pytest.mark.parametrize("run", [
    lambda x, y, steps: ista(x, y, 1, steps),
    lambda x, y, steps: l1_subgradient(x, y, 1, 1e-3, steps),
])  # fmt: skip
def test_paths_of_no_steps_and_of_constant_columns(run):
    w, path = run(XS, YS, 0)
    assert_array_equal(w, [0, 0])
    assert path.shape == (0, 2)
    w, path = run(np.full((3, 2), 0.1), YS, 4)
    assert_array_equal(w, [0, 0])
    assert_array_equal(path, np.zeros((4, 2)))


def test_plain_descent_by_hand():
    # centered: X = (2, -2), y = (3, -3); gradient 4 w - 6, lr 1/4, lam 1
    w, path = l1_subgradient([[5], [1]], [10, 4], 1, 0.25, 3)
    # 0 + 6/4; then 1.5 - (0 + 1)/4; then 1.25 - (-1 + 1)/4
    assert_allclose(path[:, 0], [1.5, 1.25, 1.25])
    assert w == path[-1]
    assert not np.shares_memory(w, path)
    _, path = l1_subgradient([[5], [1]], [10, 4], 20, 0.25, 3)
    assert_allclose(path[:, 0], [1.5, -3.5, 6.5])  # 1.5 - 20/4; 1.5 + 20/4


def test_plain_descent_is_pytorchs():
    x, y = data()
    lam, lr = 0.4, 0.005
    w, _ = l1_subgradient(x, y, lam, lr, 40)
    tensors = torch.tensor(x), torch.tensor(y)
    theirs = torch_l1_fit(*tensors, lam, 40, torch.optim.SGD, lr=lr)
    assert_allclose(theirs.numpy(), w, rtol=1e-9)


def test_plain_descent_refuses_rates_that_diverge():
    x, y = data()
    _, step = smooth_part(x, y)
    l1_subgradient(x, y, 1, 2 * step, 2)
    with pytest.raises(ValueError, match=r"lr must be at most 2/L = .*, got 1.0$"):
        l1_subgradient(x, y, 1, 1, 2)
    with pytest.raises(ValueError, match="lr must be at most"):
        l1_subgradient(x, y, 1, 2.001 * step, 2)


FITS = {  # weights (d,)
    "ridge": lambda x, y: ridge(x, y, 1)[0],
    "lasso_cd": lambda x, y: lasso_cd(x, y, 0.1)[0],
    "ista": lambda x, y: ista(x, y, 0.1, 9)[0],
    "l1_subgradient": lambda x, y: l1_subgradient(x, y, 0.1, 0.01, 9)[0],
    "lasso_lambda_max": lasso_lambda_max,
    "torch_l1_fit": lambda x, y: torch_l1_fit(
        torch.tensor(x), torch.tensor(y), 0.1, 9, torch.optim.SGD, lr=0.01
    ),
    "torch_proximal_fit": lambda x, y: torch_proximal_fit(
        torch.tensor(x), torch.tensor(y), 0.1, 9, lr=0.01
    ),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_weights_feel_no_shift(fit):
    x = generator().integers(-9, 9, size=(8, 3)).astype(float)
    y = generator(1).integers(-9, 9, size=8).astype(float)
    # means of eight integers are exact, and so is what is left
    assert_allclose(fit(x + 2.0**20, y + 2.0**40), fit(x, y), rtol=1e-12)
    assert_array_equal(fit(x[:1], y[:1]), 0)  # one row says nothing of slopes


# Geometry


def by_bisection(v, t):
    """Projection of one row, its threshold found as a root."""
    if np.abs(v).sum() <= t:
        return v
    size = brentq(
        lambda k: np.maximum(np.abs(v) - k, 0).sum() - t, 0, np.abs(v).max(), xtol=1e-15, rtol=1e-15
    )
    return np.sign(v) * np.maximum(np.abs(v) - size, 0)


@pytest.mark.parametrize("t", [0.01, 0.5, 2.0, 50.0])
@pytest.mark.parametrize("d", [1, 2, 7, 40])
def test_projection_by_bisection(d, t):
    v = generator().normal(size=(20, d))
    before = v.copy()
    w = project_l1_ball(v, t)
    assert_allclose(w, [by_bisection(row, t) for row in v], atol=1e-12)
    assert_array_equal(v, before)
    assert_allclose(w[3], project_l1_ball(v[3], t), rtol=1e-15)
    assert np.all(np.abs(w).sum(axis=1) <= t * (1 + 1e-12))
    assert_allclose(project_l1_ball(w, t), w, atol=1e-15)
    assert_allclose(project_l1_ball(-v[:, ::-1], t), -w[:, ::-1], atol=1e-15)


@pytest.mark.parametrize(
    ("v", "t", "w"),
    [
        ([3, 1], 1, [1, 0]),  # a vertex
        ([2, -1], 2, [1.5, -0.5]),  # an edge: half of 3 - 2 off each
        ([2, 1], 1, [1, 0]),  # the edge of the edge
        ([0.2, -0.3], 1, [0.2, -0.3]),  # inside
        ([0, 0], 1, [0, 0]),
        ([[[5]]], 2, [[[2]]]),
        ([1e30, 1], 1, [0, 0]),  # 1 is nothing beside 1e30
        ([1, 1, 1], 1.5, [0.5, 0.5, 0.5]),
    ],
)
def test_projection_by_hand(v, t, w):
    assert_allclose(project_l1_ball(v, t), w, atol=1e-15)


@pytest.mark.parametrize("v", [3.0, [], np.zeros((2, 0)), np.zeros((0, 2))])
def test_projection_refuses_what_has_no_rows(v):
    with pytest.raises(ValueError, match=r"v must be \(\.\.\., d\), not empty, got ") as error:
        project_l1_ball(v, 1)
    assert str(error.value).endswith(f"got {np.shape(v)}")


@pytest.mark.parametrize(
    ("s", "chance"),
    [
        (1, 0),
        (np.sqrt(2) * np.cos(3 * np.pi / 8), 0.5),
        (np.sqrt(2) * np.cos(np.pi / 3), 1 / 3),
        (1e-12, 1),
    ],
)
def test_vertex_probability_by_hand(s, chance):
    assert vertex_probability(s) == pytest.approx(chance, abs=1e-11)


def test_vertex_probability_by_counting():
    angles = 2 * np.pi * (np.arange(40_000) + 0.5) / 40_000
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for s in (0.1, 0.5, 0.9):
        share = np.mean(np.any(project_l1_ball(3 * circle, 3 * s) == 0, axis=1))
        assert vertex_probability(s) == pytest.approx(share, abs=2e-4)
    assert vertex_probability([[0.1, 0.5]]).shape == (1, 2)
    assert vertex_probability([]).shape == (0,)


@pytest.mark.parametrize("s", [0, -0.1, 1.0000001, [0.5, 2]])
def test_vertex_probability_refuses(s):
    with pytest.raises(ValueError, match=r"s must be in \(0, 1\], got ") as error:
        vertex_probability(s)
    assert str(error.value).endswith(f"got {float(np.ravel(s)[-1])}")


# Bias and variance


@pytest.mark.parametrize("lam", [0.0, 0.5, 20.0])
@pytest.mark.parametrize("shape", [(5, 3), (4, 6)])
def test_bias_and_variance_by_all_noises(shape, lam):
    rng, sigma = generator(), 0.7
    x, x_test = rng.normal(size=shape), rng.normal(size=(3, shape[1]))
    beta = rng.normal(size=shape[1])
    guesses = []
    for signs in itertools.product([-1, 1], repeat=shape[0]):  # noise of sd sigma, exactly
        y = x @ beta + sigma * np.array(signs)
        if lam:
            w = Ridge(alpha=lam, fit_intercept=False, solver="svd").fit(x, y).coef_
        else:
            w = np.linalg.pinv(x) @ y
        guesses.append(x_test @ w)
    mean = np.mean(guesses, axis=0)
    bias2, var = ridge_bias_variance(x, beta, sigma, lam, x_test)
    assert bias2 == pytest.approx(np.mean((mean - x_test @ beta) ** 2), abs=1e-12)
    assert var == pytest.approx(np.var(guesses, axis=0).mean())
    assert type(bias2) is type(var) is float
    if shape[0] > shape[1] and lam == 0:
        assert bias2 < 1e-20
    assert ridge_bias_variance(x, beta, 0, lam, x_test) == (bias2, 0)


@pytest.mark.parametrize("seed", range(5))
def test_the_first_penalty_pays_at_the_rate_of_hoerl_and_kennard(seed):
    rng, sigma, lam = generator(seed), 0.7, 1e-6
    x, x_test, beta = rng.normal(size=(12, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    inverse = np.linalg.inv(x.T @ x)
    for rows in (np.eye(4), x_test):  # errors of the weights, and of predictions
        none, tiny = (sum(ridge_bias_variance(x, beta, sigma, at, rows)) for at in (0, lam))
        # the variance falls at 2 σ² x'(X'X)⁻² x; the squared bias starts level
        rate = 2 * sigma**2 * np.mean(np.sum((rows @ inverse) ** 2, axis=1))
        assert (none - tiny) / lam == pytest.approx(rate, rel=1e-3)


def test_bias_variance_shapes():
    for beta, x_test in (([1], [[1, 2]]), ([1, 2], [[1]]), ([[1, 2]], [[1, 2]]), (1, [[1, 2]])):
        wanted = r"beta, Xtest must be \(2,\), \(m, 2\), got shapes "
        with pytest.raises(ValueError, match=wanted) as error:
            ridge_bias_variance([[1, 2]], beta, 1, 1, x_test)
        assert str(error.value).endswith(f"got shapes {np.shape(beta)}, {np.shape(x_test)}")


# Optimizers


def test_one_step_of_weight_decay_by_hand(conventions):
    w = torch.tensor([3.0, -4.0], requires_grad=True)
    moved = torch_steps(torch.optim.SGD, w.detach(), [torch.zeros(2)], lr=1, weight_decay=0.1)
    assert_allclose((moved - w.detach()).numpy(), [-0.3, 0.4], atol=1e-6)
    half = 0.1 / 2 * w.square().sum()
    assert half.item() == pytest.approx(1.25)
    (slope,) = torch.autograd.grad(half, w)
    assert_allclose(conventions["torch_sgd"], -0.5 * slope.numpy(), atol=1e-6)
    assert_allclose(conventions["keras_sgd"], [-0.15, 0.2], atol=1e-6)


def test_momentum_by_hand(momentum):
    for name, beta in (("plain", 0.0), ("momentum", 0.9)):
        w, speed = 1.0, 0.0
        for _ in range(200):
            speed = beta * speed + 0.1 * w
            w -= 0.01 * speed
        assert momentum[f"{name}_coupled"] == pytest.approx(w, rel=1e-4)
        assert momentum[f"{name}_data"] == pytest.approx(w, rel=1e-4)
        assert momentum[f"{name}_decoupled"] == pytest.approx(0.999**200, rel=1e-4)
    wanted = np.log(momentum["momentum_coupled"]) / (200 * np.log(0.999))
    assert momentum["ratio"] == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("wd", [0.0, 0.3])
def test_sgd_step_is_pytorchs(wd):
    w, gradients = generator().normal(size=(2, 3)), generator(1).normal(size=(20, 2, 3))
    theirs = torch_steps(
        torch.optim.SGD, torch.tensor(w), torch.tensor(gradients), lr=0.1, weight_decay=wd
    )
    ours = w
    for g in gradients:
        before = ours.copy()
        ours = sgd_step(ours, g, 0.1, wd)
    assert_allclose(ours, theirs.numpy(), rtol=1e-12)
    assert not np.array_equal(before, ours)
    assert_allclose(sgd_step(2.0, 1.0, 0.5, 0.1), 1.4)  # 2 - 0.5 · (1 + 0.2)
    assert_allclose(sgd_step(2.0, 1.0, 0.5), 1.5)
    assert sgd_step([], [], 1).shape == (0,)


ADAMS = [
    {},
    {"betas": (0.5, 0.8)},
    {"betas": (0.0, 0.0)},
    {"eps": 0.1},
    {"l2": 0.3},
    {"decoupled": 0.3},
    {"betas": (0.7, 0.95), "eps": 1e-3, "l2": 0.2},
]


@pytest.mark.parametrize("settings", ADAMS)
def test_adam_step_is_pytorchs(settings):
    w, gradients = generator().normal(size=(2, 3)), generator(1).normal(size=(20, 2, 3))
    theirs = dict(settings, lr=0.02)
    decay = theirs.pop("l2", 0) + theirs.pop("decoupled", 0)
    optimizer = torch.optim.AdamW if "decoupled" in settings else torch.optim.Adam
    found = torch_steps(
        optimizer, torch.tensor(w), torch.tensor(gradients), weight_decay=decay, **theirs
    )
    ours, state = w, {}
    for g in gradients:
        ours, state = adam_step(ours, g, state, 0.02, **settings)
    assert state["step"] == 20
    assert_allclose(ours, found.numpy(), rtol=1e-9)


def test_adam_with_both_decays():
    w, _ = adam_step([2.0], [-0.2], {}, 0.5, l2=0.1, decoupled=0.2)
    assert_allclose(w, [2 - 0.2])  # l2 cancels the gradient; then 0.5 · 0.2 · 2
    w, _ = adam_step([2.0], [1.0], {}, 0.5, decoupled=0.2)
    assert_allclose(w, [2 - 0.2 - 0.5])  # the first step is lr


def test_averaging_goes_on():
    w = np.ones(2)
    first = averaging((0.9, 0.99), {}, w)
    assert first[:3] == (0.9, 0.99, 0)
    assert_array_equal(first[3:], np.zeros((2, 2)))
    _, state = adam_step(w, w, {}, 0.1)
    b1, b2, step, m, v = averaging([0.5, 0], state, w)
    assert (b1, b2, step) == (0.5, 0, 1)
    assert m is state["m"]
    assert v is state["v"]


def test_adam_changes_nothing_it_is_given():
    w, g = np.ones(3), np.ones(3)
    _, first = adam_step(w, g, {}, 0.1)
    kept = {key: np.copy(value) for key, value in first.items()}
    _, second = adam_step(w, g, first, 0.1)
    assert_array_equal(w, 1)
    for key, value in first.items():
        assert_array_equal(value, kept[key])
        assert not np.array_equal(value, second[key])
    state = {}
    adam_step(w, g, state, 0.1)
    assert state == {}


def test_adam_refuses_another_state():
    _, state = adam_step(np.ones(2), np.ones(2), {}, 0.1)
    for other in (
        {"step": 1},
        {"m": 1},
        state | {"extra": 1},
        {k: v for k, v in state.items() if k != "v"},
    ):
        with pytest.raises(ValueError, match=r"state must be {} or that of weights \(2,\), got "):
            adam_step(np.ones(2), np.ones(2), other, 0.1)
    with pytest.raises(ValueError, match=r"state must be {} or that of weights \(3,\), got "):
        adam_step(np.ones(3), np.ones(3), state, 0.1)


@pytest.mark.parametrize("betas", [(0.9,), (1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, -0.1), 0.9])
def test_adam_refuses_other_betas(betas):
    with pytest.raises(ValueError, match=r"betas must be two in \[0, 1\), got ") as error:
        adam_step([1], [1], {}, 0.1, betas=betas)
    assert str(error.value).endswith(f"got {betas}")


@pytest.mark.parametrize("step", [
    lambda w, g: sgd_step(w, g, 1),
    lambda w, g: adam_step(w, g, {}, 1),
])  # fmt: skip
def test_gradients_fit_the_weights(step):
    for w, g in (((2,), (3,)), ((2,), ()), ((2, 1), (2,)), ((1,), (3,))):
        with pytest.raises(ValueError, match=r"g must have w's shape ") as error:
            step(np.ones(w), np.ones(g))
        assert str(error.value) == f"g must have w's shape {w}, got {g}"


# The frameworks


def test_steps_leave_the_start_alone():
    w, g = torch.ones(3), [torch.ones(3)] * 2
    assert_allclose(torch_steps(torch.optim.SGD, w, g, lr=0.5).numpy(), 0)
    assert_allclose(keras_steps(keras.optimizers.SGD(0.5), w, g).numpy(), 0)
    assert torch.equal(w, torch.ones(3))
    assert torch.equal(torch_steps(torch.optim.SGD, w, [], lr=0.5), w)
    assert torch.equal(keras_steps(keras.optimizers.SGD(0.5), w, []), w)


@pytest.mark.parametrize("decay", [None, 0.3])
def test_keras_adam_is_adam_step(decay):
    w, gradients = generator().normal(size=4), generator(1).normal(size=(20, 4))
    adam = keras.optimizers.Adam(0.02, weight_decay=decay, epsilon=1e-8)
    theirs = keras_steps(adam, torch.tensor(w).float(), torch.tensor(gradients).float())
    ours, state = w, {}
    for g in gradients:
        ours, state = adam_step(ours, g, state, 0.02, decoupled=decay or 0)
    assert_allclose(theirs.numpy(), ours, rtol=1e-4, atol=1e-6)
    assert not theirs.requires_grad


def test_the_penalty_joins_the_loss():
    x, y = data()
    tensors = torch.tensor(x), torch.tensor(y)
    w = torch_l1_fit(*tensors, 0.4, 1, torch.optim.SGD, lr=0.1)
    assert_allclose(w.numpy(), 0.1 * (x - x.mean(axis=0)).T @ (y - y.mean()) / 30)
    assert not w.requires_grad
    w = torch_l1_fit(*tensors, 0.4, 3, torch.optim.Adam, lr=0.01)
    ours, state = np.zeros(5), {}
    gradient, _ = smooth_part(x, y)
    for _ in range(3):
        g = gradient(ours) + 0.4 * np.sign(ours)
        ours, state = adam_step(ours, g, state, 0.01)
    assert_allclose(w.numpy(), ours, rtol=1e-9)
    assert_array_equal(tensors[0].numpy(), x)


def test_proximal_descent_is_ista():
    x, y = data()
    _, step = smooth_part(x, y)
    w = torch_proximal_fit(torch.tensor(x), torch.tensor(y), 0.4, 25, lr=step)
    ours, _ = ista(x, y, 0.4, 25)
    assert_allclose(w.numpy(), ours, rtol=1e-9, atol=1e-12)
    assert not w.requires_grad


def test_linear_is_adam_step_at_a_falling_rate():
    x, y = data()
    w = torch_linear(*map(torch.tensor, (x, y)), torch.optim.Adam, 4, lr=0.1, weight_decay=0.3)
    ours, state = np.zeros(5), {}
    gradient, _ = smooth_part(x, y)  # of half the mean
    for rate in 0.05 * (1 + np.cos(np.pi * np.arange(4) / 4)):
        ours, state = adam_step(ours, 2 * gradient(ours), state, rate, l2=0.3)
    assert_allclose(w.numpy(), ours, rtol=1e-9)
    assert not w.requires_grad


def test_decay_groups():
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 2, bias=False)
    )
    decayed, spared = torch_decay_groups(net, 0.3)
    assert [tuple(p.shape) for p in decayed["params"]] == [(2, 1, 3, 3), (2, 2)]
    assert [tuple(p.shape) for p in spared["params"]] == [(2,), (2,), (2,)]
    assert decayed["weight_decay"] == 0.3
    assert spared["weight_decay"] == 0
    torch.optim.AdamW(torch_decay_groups(net, 0.3))


def named_groups(model):
    """The names of the parameters that decay, and of those that are spared."""
    names = {p: name for name, p in model.named_parameters()}
    return [[names[p] for p in group["params"]] for group in torch_decay_groups(model, 0.1)]


@pytest.mark.parametrize("norm", [
    torch.nn.LayerNorm((3, 4)),
    torch.nn.GroupNorm(2, 4),
    torch.nn.InstanceNorm2d(3, affine=True),
    torch.nn.BatchNorm1d(3),
    torch.nn.RMSNorm((3, 4)),
])  # fmt: skip
def test_decay_spares_normalization_of_any_shape(norm):
    decayed, spared = named_groups(torch.nn.Sequential(torch.nn.Linear(3, 2), norm))
    assert decayed == ["0.weight"]
    assert spared == ["0.bias", *[f"1.{name}" for name, _ in norm.named_parameters()]]


def test_decay_of_other_layers():
    decayed, spared = named_groups(torch.nn.LSTM(2, 3))
    assert decayed == ["weight_ih_l0", "weight_hh_l0"]
    assert spared == ["bias_ih_l0", "bias_hh_l0"]
    tied = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 5))
    tied[1].weight = tied[0].weight
    assert named_groups(tied) == [["0.weight"], ["1.bias"]]
    tied[0].weight.requires_grad_(False)
    assert named_groups(tied) == [[], ["1.bias"]]
    torch.optim.AdamW(torch_decay_groups(tied, 0.1))
    bias = torch.nn.Sequential()
    bias.bias_net = torch.nn.Linear(2, 2)  # the name of a module does not matter
    assert named_groups(bias) == [["bias_net.weight"], ["bias_net.bias"]]


def test_keras_adamw():
    adamw = keras_adamw(0.02, 0.3)
    assert isinstance(adamw, keras.optimizers.AdamW)
    assert adamw.weight_decay == 0.3
    assert float(adamw.learning_rate) == pytest.approx(0.02)
    layers = [keras.layers.Dense(2), keras.layers.LayerNormalization(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.layers.Input((3,)), *layers])
    decayed = [v.path for v in model.trainable_variables if adamw._use_weight_decay(v)]
    assert decayed == [layer.kernel.path for layer in (layers[0], layers[2])]


def test_the_calls_on_the_page_work():
    page = Path(__file__).parents[1] / "docs/en/regularization.md"
    calls = re.findall(r"^- `(.*)`$", page.read_text(encoding="utf-8"), re.MULTILINE)
    x, y = data()
    names = {"keras": keras, "torch": torch, "np": np, "RidgeCV": RidgeCV, "X": x, "y": y}
    dense, adamw, ridge_cv = (
        eval(call, {**names, "model": torch.nn.Linear(2, 1)}) for call in calls
    )
    assert float(dense.kernel_regularizer.l2) == pytest.approx(0.01)
    assert adamw.defaults["weight_decay"] == 0.01
    assert ridge_cv.alpha_ in ridge_cv.alphas
    assert_allclose(ridge_cv.coef_, ridge(x, y, ridge_cv.alpha_)[0], rtol=1e-6)


def test_batchnorm_loss_by_hand():
    x, v, y = (generator(k).normal(size=s) for k, s in enumerate([(9, 3), (3, 2), 9]))
    z = x @ v
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    wanted = np.mean((np.maximum(z, 0).sum(axis=1) - y) ** 2)
    loss = torch_batchnorm_loss(*map(torch.tensor, (v, x, y)))
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_keras_linear():
    x, y = data(12, 3)
    x, y = x.astype("float32"), y.astype("float32")[:, None]
    model = keras_linear(keras.regularizers.L1(0.5), 0.01, momentum=0.5)
    model.build((None, 3))
    kernel, bias = model.trainable_variables
    assert_array_equal(kernel.value.detach().numpy(), 0)
    assert model.optimizer.momentum == 0.5
    kernel.assign(np.array([[1.0], [-2.0], [0.5]]))
    bias.assign([3.0])
    error = np.mean((x @ [[1.0], [-2.0], [0.5]] + 3 - y) ** 2)
    assert float(model.evaluate(x, y, verbose=0)) == pytest.approx(error + 0.5 * 3.5, rel=1e-5)
    assert float(sum(model.losses).detach()) == pytest.approx(1.75)  # nothing for the bias
    guess = model(x).detach().numpy()
    model.train_on_batch(x, y)
    slope = 2 * np.mean(guess - y)
    assert float(bias.value.detach()) == pytest.approx(3 - 0.01 * slope, rel=1e-5)


# Experiments


def test_the_demo_by_hand():
    found = demo()
    assert_allclose(found["l2_slope"], 0.7 ** np.arange(6))
    assert_allclose(found["l1_slope"], [1, 0.7, 0.4, 0.1, -0.2, 0.1])
    assert_allclose(found["l1_soft"], [1, 0.7, 0.4, 0.1, 0, 0], atol=1e-15)


def test_exercises_by_hand():
    found = exercises()
    wanted = {
        "threshold": 0,  # |-0.5| is not more than 0.5
        "kept": 0.8,  # 4 / (4 + 1)
        "weight_decay": 0.02,  # twice 0.01
        "C": 1 / 88.4,  # 2 n c = 2 · 442 · 0.1
        "even": np.sqrt(2) * np.cos(3 * np.pi / 8),
        "short": 1000 / 11,  # λ / (n + λ) with λ = n/10
        "left": np.exp(-0.2),  # lr λ T / s = 0.01 · 0.1 · 2000 / 10
        "ratio": 0.8,  # 1 / (1 + 0.25)
        "ratios": [0.8, 0.8, 0.8],
    }
    assert set(found) == set(wanted)
    for key, value in wanted.items():
        assert_allclose(found[key], value, rtol=1e-9, err_msg=key)
    assert not np.signbit(found["threshold"])


def test_defaults_are_what_a_new_one_has():
    found, w = defaults(), [torch.ones(1)]
    for name in ("SGD", "Adam", "AdamW"):
        theirs = getattr(torch.optim, name)(w, lr=0.1).defaults["weight_decay"]
        assert found[f"torch_{name}"] == theirs
        assert found[f"keras_{name}"] == (getattr(keras.optimizers, name)().weight_decay or 0)
    assert found["keras_L1"] == pytest.approx(float(keras.regularizers.L1().l1))
    assert found["keras_L2"] == pytest.approx(float(keras.regularizers.L2().l2))
    assert found["keras_L1"] == found["keras_L2"]
    assert (found["ridge"], found["lasso"]) == (Ridge().alpha, Lasso().alpha)
    assert found["logistic"] == LogisticRegression().C


def test_translated_strengths_have_one_minimum(translations, diabetes):
    x, y = diabetes["X"], diabetes["y"]
    assert translations["ridge_c"] == pytest.approx(0.1)
    assert translations["ridge_decay"] == pytest.approx(0.2)
    assert_allclose(translations["ridge_w"], ridge(x, y, 44.2)[0])
    assert_allclose(translations["lasso_w"], lasso_cd(x, y, 2.0)[0], atol=1e-6)
    w, n = translations["logistic_w"], len(y)
    margins = np.where(y > np.median(y), 1, -1) * (x @ w)
    least = np.log1p(np.exp(-margins)).sum() * 0.1 + w @ w / 2  # as scikit-learn writes it
    ours = np.log1p(np.exp(-margins)).mean() + translations["logistic_c"] * w @ w
    assert ours == pytest.approx(least / (0.1 * n))
    both = np.stack([y - y.mean(), (y - y.mean())[::-1]], axis=1)
    assert_allclose(
        translations["pair_w"], np.linalg.solve(x.T @ x + 44.2 * np.eye(10), x.T @ both)
    )
    assert translations["pair_c"] == pytest.approx(0.05)
    for name in ("ridge", "pair", "logistic"):  # plain descent on Keras's terms stays there
        assert np.abs(translations[f"{name}_pull"]).max() > 1e-3
        assert_allclose(translations[f"{name}_pull"], 2 * translations[f"{name}_c"]
                        * translations[f"{name}_w"], rtol=1e-6)  # fmt: skip


def test_versions():
    assert versions()["torch"] == torch.__version__.split("+")[0]
    assert set(versions()) == {"torch", "keras", "sklearn", "scipy"}


def test_diabetes_is_standardized(diabetes):
    x = diabetes["X"]
    assert x.shape == (442, 10)
    assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    assert_allclose(x.std(axis=0), 1)
    assert diabetes["sizes"].sum() == pytest.approx(10)
    assert diabetes["s1_s2_correlation"] == pytest.approx(0.8967, abs=1e-4)


def test_paths_are_scikit_learns(diabetes, ridge_path, lasso_path):
    x, y = diabetes["X"], diabetes["y"]
    for k in (0, 200, 399):
        model = Ridge(alpha=ridge_path["lams"][k]).fit(x, y)
        assert_allclose(ridge_path["w"][k], model.coef_, atol=1e-8)
    alphas, _, weights = lars_path(x, y - y.mean(), method="lasso")
    top, shares = lasso_path["lambda_max"], lasso_path["shares"]
    assert top == pytest.approx(alphas[0])
    for j, column in enumerate(weights):  # the path is piecewise linear between its knots
        exact = np.interp(shares * top, alphas[::-1], column[::-1])
        assert_allclose(lasso_path["w"][:, j], exact, atol=1e-6)
    first = [np.argmax(column != 0) for column in weights]
    assert_array_equal(lasso_path["order"], np.array(diabetes["names"])[np.argsort(first)])
    assert len(set(lasso_path["entry"])) == 10
    s3 = weights[list(diabetes["names"]).index("s3")]
    back = np.flatnonzero((s3[1:-1] == 0) & (s3[:-2] < 0)) + 1  # a knot where it is 0 once more
    ((left, returned),) = ((alphas[k], alphas[k + 1]) for k in back)
    assert s3[back + 2] > 0
    assert returned <= lasso_path["s3_gone_to"] / 100 * top
    assert lasso_path["s3_gone_from"] / 100 * top <= left


def test_lasso_of_all_is_scikit_learns():
    x, _, truths, rng = truth(3)
    ys = (x @ truths["sparse"])[:, None] + rng.normal(size=(30, 4))
    v = lasso_of_all(x, ys, [0.05, 0.3])
    assert v.shape == (2, 20, 4)
    for k, lam in enumerate((0.05, 0.3)):
        model = Lasso(alpha=lam, fit_intercept=False, tol=1e-10, max_iter=100_000).fit(x, ys)
        assert_allclose(v[k], model.coef_.T, atol=2e-3)


def test_truths_are_of_one_length():
    x, x_test, truths, _ = truth(0)
    assert x.shape == (30, 20)
    assert x_test.shape == (1000, 20)
    for beta, count in ((truths["dense"], 20), (truths["sparse"], 3)):
        assert beta @ beta == pytest.approx(5)
        assert np.sum(beta != 0) == count
        assert len(set(np.abs(beta[beta != 0]).round(12))) == 1
    assert not np.array_equal(x, truth(1)[0])


def test_overfitting_is_of_50_splits(overfitting):
    assert overfitting["test"].shape == overfitting["train"].shape == (50, 25)
    assert overfitting["columns"] == 65
    assert np.all(overfitting["train"] < overfitting["test"].max())
    assert overfitting["least_test"] == pytest.approx(overfitting["test"].mean(axis=0).min())


def test_contest_and_figure_share_a_design(bias_variance, contest):
    for name in ("dense", "sparse"):
        total = bias_variance[f"{name}_bias2"] + bias_variance[f"{name}_var"]
        assert contest[f"{name}_ridge"][1] == pytest.approx(total.min(), rel=1e-3)
        assert_allclose(
            contest[f"{name}_ratio"] * contest[f"{name}_ridge"], contest[f"{name}_lasso"]
        )


def test_frameworks_run_the_same_lasso(frameworks_zeros, zeros):
    assert_allclose(frameworks_zeros["sgd"], frameworks_zeros["keras"], atol=1e-2)
    assert_allclose(frameworks_zeros["proximal"], zeros["best"], atol=1e-8)


def test_circle_lies_on_its_figures(circle):
    assert_allclose(np.linalg.norm(circle["points"], axis=1), 1)
    assert_allclose(np.linalg.norm(circle["disc"], axis=1), 0.5)
    assert_allclose(np.abs(circle["diamond"]).sum(axis=1), 0.5)
    assert circle["on_vertex"].sum() == 216  # of 400: 54 %


# What readers drag


@pytest.mark.parametrize(
    ("z", "t", "l1", "l2", "least_l1", "least_l2"),
    [
        (1.5, 1, 0.5, 0.75, 1.0, 0.5625),
        (0.6, 1, 0.0, 0.3, 0.18, 0.09),
        (-3, 3, 0.0, -0.75, 4.5, 3.375),
        (2, 0, 2, 2, 0, 0),
    ],
)
def test_one_weight_by_hand(z, t, l1, l2, least_l1, least_l2):
    found = one_weight(z, t)
    assert found["weight_with_L1"] == pytest.approx(l1)
    assert found["weight_with_L2"] == pytest.approx(l2)
    assert found["least_L1"] == [pytest.approx(least_l1)]
    assert found["least_L2"] == [pytest.approx(least_l2)]


def test_losses_of_one_weight_stay_in_the_drawing():
    for z, t in itertools.product(np.arange(-30, 31) / 10, np.arange(31) / 10):
        found = one_weight(z, t)
        for name, penalty in (("L1", np.abs), ("L2", lambda w: w**2 / 2)):
            w, losses = np.array(found[f"w_{name}"]), np.array(found[f"losses_{name}"])
            assert_allclose(losses, (w - z) ** 2 / 2 + t * penalty(w), atol=1e-12)
            assert np.all(np.diff(w) >= 0)
            assert losses.min() >= found[f"least_{name}"][0] - 1e-12
            ends = np.isclose(np.abs(w[[0, -1]]), 3) | np.isclose(losses[[0, -1]], 6)
            assert ends.all()
            assert np.abs(w).max() <= 3
            assert losses.max() <= 6 + 1e-9


def test_one_point_by_hand():
    found = one_point(0.5, 20)
    assert found["second_weight_with_L1"] == 0  # cos 20° - sin 20° = 0.598 > 0.5
    assert found["second_weight_with_L2"] == pytest.approx(0.1710100717)
    assert found["chance_of_a_zero_with_L1"] == pytest.approx(0.5398930877)
    found = one_point(0.8, 45)
    assert found["to_L1"] == pytest.approx([0.5**0.5, 0.4])
    assert found["second_weight_with_L1"] == pytest.approx(0.4)
    assert one_point(1, 0)["chance_of_a_zero_with_L1"] == 0


def test_thick_arcs_are_the_points_that_go_to_a_vertex():
    for reach in (0.1, 0.5, 0.95):
        found = one_point(reach, 0)
        end = np.degrees(np.arctan2(found["lit_y"][8], found["lit_x"][8]))
        assert one_point(reach, end - 1e-6)["second_weight_with_L1"] == 0
        assert one_point(reach, end + 1e-3)["second_weight_with_L1"] > 0
        assert 8 * end / 360 == pytest.approx(found["chance_of_a_zero_with_L1"])


def test_two_columns_by_hand():
    found = two_columns(0.4, 0.7, 0.4)
    assert found["A_end_ridge"] == [pytest.approx(1.12 / 1.47)]
    assert found["B_with_ridge"] == pytest.approx(-0.14 / 1.47)
    assert found["A_end_lasso"] == [pytest.approx(0.6)]
    assert found["B_with_lasso"] == 0
    assert found["turn_ridge"] == [pytest.approx(0.75)]
    assert found["turn_lasso"] == [pytest.approx(0.3 / 1.7)]
    assert two_columns(0.75, 0.7, 0.4)["B_with_ridge"] == 0
    found = two_columns(0, 0.3, 0.6)  # B is positive throughout
    assert np.isnan(found["turn_ridge"][0])
    assert found["turn_lasso"] == [pytest.approx(0.3 / 0.7)]
    assert found["B_with_ridge"] == pytest.approx((0.6 - 0.3) / 0.91)


def test_two_columns_are_scikit_learns():
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 2)))[0] * 50**0.5
    for strength, r, pull in [(0.1, 0.7, 0.4), (0.2, 0.3, 0.6), (0.4, 0, 1), (0.05, 0.7, 1)]:
        found = two_columns(strength, r, pull)
        x = basis @ np.array([[1, r], [0, (1 - r**2) ** 0.5]])
        y = basis @ np.array([1, (pull - r) / (1 - r**2) ** 0.5])
        w = Ridge(alpha=50 * strength, fit_intercept=False).fit(x, y).coef_
        assert [*found["A_end_ridge"], found["B_with_ridge"]] == pytest.approx(w)
        lasso = Lasso(alpha=strength, fit_intercept=False, tol=1e-14).fit(x, y).coef_
        assert [*found["A_end_lasso"], found["B_with_lasso"]] == pytest.approx(lasso, abs=1e-9)


@pytest.mark.parametrize(
    ("shown", "settings"),
    [(one_weight, {"t": -1}), (one_point, {"reach": 0}), (two_columns, {"strength": -1})],
)
def test_what_readers_drag_refuses_nonsense(shown, settings):
    with pytest.raises(ValueError, match="must be"):
        shown(**settings)
