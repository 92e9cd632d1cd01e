"""Cross-entropy against SciPy, PyTorch, Keras, finite differences and values by hand."""

import keras
import numpy as np
import pytest
import scipy.special
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from snippets.crossentropy.experiments import entropy, exercises, exp_edge, one_row
from snippets.crossentropy.interactive import clip, row_of_three, softmax_twice
from snippets.crossentropy.keras_ import (
    keras_binary_ce,
    keras_categorical_ce,
    keras_compile_classes,
    keras_compile_yes_no,
    keras_evaluate,
    keras_sparse_ce,
)
from snippets.crossentropy.scratch import (
    binary_ce,
    binary_ce_grad,
    binary_pair,
    categorical_ce,
    categorical_ce_from_probs,
    categorical_ce_grad,
    categorical_pair,
    distributions,
    double_softmax_bounds,
    kl_divergence,
    log_softmax,
    logsumexp,
    one_hot,
    perplexity,
    real,
    reduce_loss,
    sigmoid,
    sigmoid_mse,
    sigmoid_mse_grad,
    smooth_labels,
    softmax,
    softplus,
    target_rows,
    whole,
)
from snippets.crossentropy.torch_ import (
    torch_binary_ce,
    torch_binary_ce_from_probs,
    torch_categorical_ce,
    torch_categorical_ce_from_probs,
    torch_double_softmax,
    torch_gradient,
    torch_kl_divergence,
    torch_log_of_softmax,
    torch_naive_sigmoid,
    torch_pixels_ce,
    torch_softmax_mse,
    torch_unshifted_ce,
)

ROW, LOSS = [2.0, 1.0, -1.0], 0.34901221676818633  # ln(1 + 1/e + 1/e³), class 0


def generator(seed=0):
    return np.random.default_rng(seed)


def batch(n=6, k=4, scale=3.0, seed=0):
    """Logits (n, k), labels (n,) and distributions (n, k)."""
    rng = generator(seed)
    rows = rng.dirichlet(np.ones(k), size=n)
    return scale * rng.normal(size=(n, k)), rng.integers(k, size=n), rows


def answers():
    """Logits (12, 5), hard and soft answers of that shape."""
    rng, shape = generator(), (12, 5)
    return 3 * rng.normal(size=shape), 1.0 * rng.integers(2, size=shape), rng.random(shape)


def slope(loss, z, step=1e-6):
    """Central differences of a number at each entry of z."""
    found = np.empty_like(z)
    for place in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[place] += step
        down[place] -= step
        found[place] = (loss(up) - loss(down)) / (2 * step)
    return found


def tensors(*arrays):
    return [torch.tensor(np.asarray(array)) for array in arrays]


# Bad input, wherever it goes in

OK = [[0.5, 0.5]]
REAL = {  # argument, call
    "real": ("x", lambda x: real("x", x)),
    "distributions": ("p", lambda x: distributions("p", x, 2)),
    "logsumexp": ("z", logsumexp),
    "log_softmax": ("z", log_softmax),
    "softmax": ("z", softmax),
    "sigmoid": ("z", sigmoid),
    "softplus": ("z", softplus),
    "smooth_labels, targets": ("targets", lambda x: smooth_labels(x, 0.1)),
    "smooth_labels, eps": ("label smoothing eps", lambda x: smooth_labels(OK, x)),
    "target_rows": ("targets", lambda x: target_rows(np.reshape(x, (1, -1)), (1, 2))),
    "categorical_pair": ("logits", lambda x: categorical_pair(x, [0], 0)),
    "reduce_loss": ("sample_weight", lambda x: reduce_loss(np.ones(1), x, "mean")),
    "categorical_ce, logits": ("logits", lambda x: categorical_ce(x, [0])),
    "categorical_ce, targets": (
        "targets",
        lambda x: categorical_ce([[0, 0]], np.reshape(x, (1, -1))),
    ),
    "categorical_ce, smoothing": (
        "label smoothing eps",
        lambda x: categorical_ce(OK, [0], label_smoothing=x),
    ),
    "categorical_ce, weights": (
        "sample_weight",
        lambda x: categorical_ce(OK, [0], sample_weight=x),
    ),
    "categorical_ce_grad": ("logits", lambda x: categorical_ce_grad(x, [0])),
    "categorical_ce_grad, smoothing": (
        "label smoothing eps",
        lambda x: categorical_ce_grad(OK, [0], label_smoothing=x),
    ),
    "categorical_ce_from_probs": ("probs", lambda x: categorical_ce_from_probs(x, [0])),
    "categorical_ce_from_probs, eps": (
        "eps",
        lambda x: categorical_ce_from_probs(OK, [0], eps=x),
    ),
    "binary_pair, logits": ("logits", lambda x: binary_pair(x, [0])),
    "binary_pair, targets": ("targets", lambda x: binary_pair([0], x)),
    "binary_ce, logits": ("logits", lambda x: binary_ce(x, [0])),
    "binary_ce, targets": ("targets", lambda x: binary_ce([0], x)),
    "binary_ce, pos_weight": ("pos_weight", lambda x: binary_ce([0], [0], pos_weight=x)),
    "binary_ce_grad": ("targets", lambda x: binary_ce_grad([0], x)),
    "sigmoid_mse": ("logits", lambda x: sigmoid_mse(x, [0])),
    "sigmoid_mse_grad": ("targets", lambda x: sigmoid_mse_grad([0], x)),
    "perplexity": ("mean_ce", perplexity),
    "kl_divergence, p": ("p", lambda x: kl_divergence(x, OK[0])),
    "kl_divergence, q": ("q", lambda x: kl_divergence(OK[0], x)),
}
every_real = pytest.mark.parametrize(("name", "call"), REAL.values(), ids=REAL)


@pytest.mark.parametrize("x", [[True], [False, True], ["1"], [None], [1j], [b"1"], [{}]])
@every_real
def test_what_is_no_real_number_is_a_type_error(name, call, x):
    with pytest.raises(TypeError) as error:
        call(x)
    assert str(error.value) == f"{name} must be real numbers, got {np.asarray(x).dtype}"


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf, 1.1e300, -1.1e300])
@every_real
def test_a_number_too_large_or_none_is_a_value_error(name, call, x):
    with pytest.raises(ValueError, match="must be finite") as error:
        call([0.5, x])
    wanted = f"{name} must be finite, at most 1e300 in size, got {x}"
    assert str(error.value) == wanted


@every_real
def test_nothing_is_a_value_error(name, call):
    with pytest.raises(ValueError, match="must not be empty") as error:
        call(np.zeros((1, 0)))
    assert str(error.value) == f"{name} must not be empty, got shape (1, 0)"


@pytest.mark.parametrize(
    "x", [3, 2.5, [1, 2], np.float32(0.1), np.arange(3, dtype="uint8"), 1e300, [-1e300, 0]]
)
def test_real_is_a_new_float64(x):
    copy = real("x", x)
    assert copy.dtype == np.float64
    assert_array_equal(copy, np.asarray(x, float))
    assert not np.shares_memory(copy, x)


def test_real_copies_what_is_float64_already():
    x = np.ones(3)
    real("x", x)[0] = 2
    assert_array_equal(x, 1)


@pytest.mark.parametrize("n", [True, np.True_, 2.0, np.float64(3), "3", None, [3]])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("n", lambda n: whole("n", n, 1)),
        ("k", lambda k: one_hot([0], k)),
        ("k", double_softmax_bounds),
    ],
)
def test_a_count_that_is_no_integer_is_a_type_error(name, call, n):
    with pytest.raises(TypeError) as error:
        call(n)
    assert str(error.value) == f"{name} must be an int, got {n!r}"


@pytest.mark.parametrize(
    ("call", "n", "wanted"),
    [
        (lambda n: whole("n", n, 3), 2, "n must be >= 3, got 2"),
        (lambda k: one_hot(np.zeros(0, int), k), 0, "k must be >= 1, got 0"),
        (double_softmax_bounds, 1, "k must be >= 2, got 1"),
        (double_softmax_bounds, -3, "k must be >= 2, got -3"),
    ],
)
def test_a_count_too_small_is_a_value_error(call, n, wanted):
    with pytest.raises(ValueError, match=wanted):
        call(n)


def test_a_count_of_numpy_becomes_an_int():
    assert type(whole("n", np.int16(7), 7)) is int
    assert whole("n", np.int16(7), 7) == 7


@pytest.mark.parametrize(
    ("p", "bad"),
    [
        ([[0.5, 0.5], [0.5, 0.4]], [0.5, 0.4]),
        ([[0.5, 0.5], [1.5, -0.5]], [1.5, -0.5]),
        ([[1.0, -1e-9]], [1.0, -1e-9]),
        ([[0.5, 0.500002]], [0.5, 0.500002]),
        ([[0.5, 0.499998]], [0.5, 0.499998]),
        ([[1.0, 1.0]], [1.0, 1.0]),
        ([[0.0, 0.0]], [0.0, 0.0]),
    ],
)
def test_rows_that_are_no_distributions(p, bad):
    text = f"must be >= 0 and sum to 1, got {np.array(bad)}"
    calls = {
        "p": lambda: distributions("p", p, 2),
        "targets": lambda: categorical_ce(np.zeros((len(p), 2)), p),
        "probs": lambda: categorical_ce_from_probs(p, [0] * len(p)),
    }
    for name, call in calls.items():
        with pytest.raises(ValueError, match="sum to 1") as error:
            call()
        assert str(error.value) == f"{name} {text}"
    for call in (
        lambda: smooth_labels(p, 0.5),
        lambda: kl_divergence(bad, [0.5, 0.5]),
        lambda: kl_divergence([0.5, 0.5], bad),
    ):
        with pytest.raises(ValueError, match="must be >= 0 and sum to 1"):
            call()


def test_rounded_distributions_pass():
    assert_array_equal(distributions("p", [0.5, 0.5000005], 1), [0.5, 0.5000005])
    assert_array_equal(distributions("p", [0.5, 0.4999995], 1), [0.5, 0.4999995])
    z, _, _ = batch(200, 1000)
    rows = torch.softmax(torch.tensor(z).float(), dim=1)
    assert distributions("p", rows, 2).shape == (200, 1000)


@pytest.mark.parametrize("shape", [(), (4,), (2, 2, 2)])
def test_matrices_of_another_shape(shape):
    x = np.full(shape, 0.5)
    wanted = {
        "logits must be (N, K)": [
            lambda: categorical_ce(x, [0]),
            lambda: categorical_ce_grad(x, [0]),
            lambda: categorical_pair(x, [0], 0),
        ],
        "probs must have 2 axes": [lambda: categorical_ce_from_probs(x, [0])],
        "targets must have 2 axes": [lambda: smooth_labels(x, 0)],
    }
    for text, calls in wanted.items():
        for call in calls:
            with pytest.raises(ValueError, match="must") as error:
                call()
            assert str(error.value) == f"{text}, got shape {shape}"


# Softmax and its relatives

SHAPES = [(1,), (5,), (3, 4), (1, 7), (2, 3, 4)]
SCALES = [1e-8, 1.0, 30.0, 1e4]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_and_its_logs_are_scipys(shape, scale):
    z = scale * generator().normal(size=shape)
    before = z.copy()
    for axis in range(-len(shape), len(shape)):
        assert_allclose(
            logsumexp(z, axis), scipy.special.logsumexp(z, axis), rtol=1e-14, atol=1e-15
        )
        assert_allclose(
            log_softmax(z, axis), scipy.special.log_softmax(z, axis), rtol=1e-12, atol=1e-14
        )
        ours = softmax(z, axis)
        assert_allclose(ours, scipy.special.softmax(z, axis), rtol=1e-13, atol=1e-300)
        assert_allclose(ours.sum(axis), 1, rtol=1e-15)
        assert_allclose(ours, torch.tensor(z).softmax(axis).numpy(), rtol=1e-12, atol=1e-300)
    assert_array_equal(z, before)
    assert_array_equal(logsumexp(z), logsumexp(z, -1))
    assert_array_equal(log_softmax(z), log_softmax(z, -1))
    assert_array_equal(softmax(z), softmax(z, -1))


@pytest.mark.parametrize(
    ("z", "p", "total"),
    [
        ([0, 0], [1 / 2, 1 / 2], np.log(2)),
        ([0, np.log(3)], [1 / 4, 3 / 4], np.log(4)),
        ([1e4, 1e4], [1 / 2, 1 / 2], 1e4 + np.log(2)),
        ([-1e4, -1e4], [1 / 2, 1 / 2], -1e4 + np.log(2)),
        ([1e4, -1e4], [1, 0], 1e4),
        ([1e300, -1e300], [1, 0], 1e300),
        ([-710], [1], -710),  # one class is certain
        ([5e-324, 0], [1 / 2, 1 / 2], np.log(2)),
        (3.0, 1, 3),
    ],
)
def test_softmax_by_hand(z, p, total):
    assert_allclose(softmax(z), p, rtol=1e-12)
    assert logsumexp(z) == pytest.approx(total, rel=1e-15)
    assert isinstance(logsumexp(z), float)
    assert np.isfinite(log_softmax(z)).all()


def test_log_softmax_far_from_the_top():
    assert_array_equal(log_softmax([1e300, 0, -1e300]), [0, -1e300, -2e300])


@pytest.mark.parametrize("function", [logsumexp, log_softmax, softmax])
def test_an_axis_that_is_not_there(function):
    for z, axis in (([1.0], 1), ([[1.0]], -3)):
        with pytest.raises(ValueError, match="axis"):
            function(z, axis)


def test_shift_and_permutation():
    z, _, _ = batch(20)
    order = generator(1).permutation(4)
    for shift in (-500.0, 3.0, 500.0):
        assert_allclose(softmax(z + shift), softmax(z), rtol=1e-11)
        assert_allclose(logsumexp(z + shift), logsumexp(z) + shift, rtol=1e-12)
    assert_allclose(softmax(z[:, order]), softmax(z)[:, order], rtol=1e-14)
    assert_allclose(logsumexp(z[:, order]), logsumexp(z), rtol=1e-14)


TAILS = np.array([0.0, 1e-300, 1e-9, 0.5, 1, 20, 36.8, 40, 700, 745, 1e4, 1e300])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_sigmoid_and_softplus_are_scipys(shape):
    z = 5 * generator().normal(size=shape)
    assert_allclose(sigmoid(z), scipy.special.expit(z), rtol=1e-14)
    assert_allclose(softplus(z), np.logaddexp(0, z), rtol=1e-14)
    assert np.shape(sigmoid(z)) == np.shape(softplus(z)) == shape


@pytest.mark.parametrize("sign", [1, -1])
def test_sigmoid_and_softplus_in_the_tails(sign):
    z = sign * TAILS
    assert_allclose(sigmoid(z), scipy.special.expit(z), rtol=1e-13, atol=1e-323)
    assert_allclose(softplus(z), -scipy.special.log_expit(-z), rtol=1e-14)
    assert_allclose(sigmoid(z) + sigmoid(-z), 1, rtol=1e-15)
    assert_allclose(softplus(z) - softplus(-z), z, rtol=1e-12, atol=1e-15)


# Targets


@pytest.mark.parametrize(
    ("labels", "k", "rows"),
    [
        ([2, 0], 3, [[0, 0, 1], [1, 0, 0]]),
        ([0], 1, [[1]]),
        (np.array([1, 1], dtype="uint8"), 2, [[0, 1], [0, 1]]),
        (np.zeros(0, int), 2, np.zeros((0, 2))),
        (torch.tensor([1]), np.int64(2), [[0, 1]]),
    ],
)
def test_one_hot_by_hand(labels, k, rows):
    ours = one_hot(labels, k)
    assert ours.dtype == np.float64
    assert ours.shape == np.shape(rows)
    assert_array_equal(ours, rows)


BAD_LABELS = {  # labels for three classes, error, text
    "minus one": ([0, -1], ValueError, r"labels must be in \[0, 3\), got -1"),
    "three": ([3, 0], ValueError, r"labels must be in \[0, 3\), got 3"),
    "minus 100": ([-100, 0], ValueError, r"labels must be in \[0, 3\), got -100"),
    "floats": ([0.0, 1.0], TypeError, "labels must be integers, got float64"),
    "bools": ([True, False], TypeError, "labels must be integers, got bool"),
    "text": (["0", "1"], TypeError, "labels must be integers, got <U1"),
    "nothing": ([], TypeError, "labels must be integers, got float64"),
}


@pytest.mark.parametrize(("labels", "kind", "text"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels(labels, kind, text):
    z = np.zeros((2, 3))
    for call in (
        lambda: one_hot(labels, 3),
        lambda: target_rows(labels, (2, 3)),
        lambda: categorical_ce(z, labels),
        lambda: categorical_ce_grad(z, labels),
        lambda: categorical_ce_from_probs(z + 1 / 3, labels),
    ):
        with pytest.raises(kind, match=text):
            call()


@pytest.mark.parametrize("labels", [0, [[0]], [[0, 1]]])
def test_labels_of_another_shape(labels):
    with pytest.raises(ValueError, match="labels must be") as error:
        one_hot(labels, 3)
    assert str(error.value) == f"labels must be (N,), got shape {np.shape(labels)}"


@pytest.mark.parametrize(
    ("targets", "shape"),
    [
        ([0, 1], (1, 2)),
        ([0, 1], (3, 2)),
        ([[1, 0]], (2, 2)),
        ([[1, 0, 0]], (1, 2)),
        ([[1], [1]], (2, 3)),  # labels as a column
    ],
)
def test_targets_that_do_not_fit(targets, shape):
    found = (len(targets), shape[1] if np.ndim(targets) == 1 else len(targets[0]))
    text = f"targets must fit shape {shape}, got {found}"
    for call in (
        lambda: target_rows(targets, shape),
        lambda: categorical_ce(np.zeros(shape), targets),
        lambda: categorical_ce_grad(np.zeros(shape), targets),
        lambda: categorical_ce_from_probs(np.full(shape, 1 / shape[1]), targets),
    ):
        with pytest.raises(ValueError, match="must fit") as error:
            call()
        assert str(error.value) == text


def test_target_rows_are_new():
    _, _, rows = batch()
    ours = target_rows(rows, rows.shape)
    assert_array_equal(ours, rows)
    assert not np.shares_memory(ours, rows)


@pytest.mark.parametrize(
    ("row", "eps", "wanted"),
    [
        ([1, 0, 0, 0, 0], 0.1, [0.92, 0.02, 0.02, 0.02, 0.02]),  # 0.9 + 0.1 / 5
        ([0, 1], 0.0, [0, 1]),
        ([0, 1], 0, [0, 1]),
        ([0, 1], 1, [0.5, 0.5]),  # nothing left of the label
        ([0.25, 0.75], 0.5, [0.375, 0.625]),
        ([1], 0.3, [1]),
    ],
)
def test_smooth_labels_by_hand(row, eps, wanted):
    before = np.array([row], float)
    rows = before.copy()
    assert_allclose(smooth_labels(rows, eps), [wanted], rtol=1e-15)
    assert_array_equal(rows, before)


@pytest.mark.parametrize("eps", [-0.1, -1e-300, 1.0000001, 2, [0.1]])
def test_smoothing_outside_0_to_1(eps):
    z, labels, rows = batch()
    text = f"label smoothing eps must be one number in [0, 1], got {np.asarray(eps, float)}"
    for call in (
        lambda: smooth_labels(rows, eps),
        lambda: categorical_ce(z, labels, label_smoothing=eps),
        lambda: categorical_ce_grad(z, labels, label_smoothing=eps),
    ):
        with pytest.raises(ValueError, match="label smoothing") as error:
            call()
        assert str(error.value) == text


# Averages


@pytest.mark.parametrize(
    ("reduction", "weight", "wanted"),
    [
        ("none", None, [1, 2, 6]),
        ("sum", None, 9),
        ("mean", None, 3),
        ("weighted_mean", None, 3),
        ("none", [1, 0, 3], [1, 0, 18]),
        ("sum", [1, 0, 3], 19),
        ("mean", [1, 0, 3], 19 / 3),  # over N
        ("weighted_mean", [1, 0, 3], 19 / 4),  # over the sum of the weights
        ("mean", [0, 0, 0], 0),
    ],
)
def test_reduce_loss_by_hand(reduction, weight, wanted):
    losses = np.array([1.0, 2.0, 6.0])
    ours = reduce_loss(losses, weight, reduction)
    assert_allclose(ours, wanted, rtol=1e-15)
    assert type(ours) is (np.ndarray if reduction == "none" else float)
    assert_array_equal(losses, [1, 2, 6])


def with_weights(weight, reduction="mean"):
    return [
        lambda: reduce_loss(np.ones(3), weight, reduction),
        lambda: categorical_ce(np.zeros((3, 2)), [0, 1, 0], sample_weight=weight,
                               reduction=reduction),
    ]  # fmt: skip


@pytest.mark.parametrize("weight", [[1, -1, 1], [-1e-300, 1, 1], [1, 1], [[1, 1, 1]], 1.0])
def test_bad_weights(weight):
    text = f"sample_weight must be >= 0 and of shape (3,), got {np.asarray(weight, float)}"
    for reduction in ("none", "sum", "mean", "weighted_mean"):
        for call in with_weights(weight, reduction):
            with pytest.raises(ValueError, match="sample_weight") as error:
                call()
            assert str(error.value) == text


def test_weights_without_a_sum():
    for call in with_weights([0, 0, 0], "weighted_mean"):
        with pytest.raises(
            ValueError, match=r"sample_weight must have a sum > 0, got \[0. 0. 0.\]"
        ):
            call()


@pytest.mark.parametrize("reduction", ["average", "Mean", "per_sample", "", None, True])
def test_unknown_reductions_of_rows(reduction):
    text = f"reduction must be 'none', 'sum', 'mean' or 'weighted_mean', got {reduction!r}"
    for call in (
        *with_weights(None, reduction),
        lambda: categorical_ce_from_probs([[1, 0]], [0], reduction=reduction),
    ):
        with pytest.raises(ValueError, match="reduction") as error:
            call()
        assert str(error.value) == text


# Categorical cross-entropy


def test_one_row_by_hand():
    assert categorical_ce([ROW], [0]) == pytest.approx(LOSS, rel=1e-15)
    assert categorical_ce([ROW], [1]) == pytest.approx(LOSS + 1, rel=1e-15)
    assert categorical_ce([ROW], [2]) == pytest.approx(LOSS + 3, rel=1e-15)
    assert categorical_ce([ROW], [[0.5, 0.25, 0.25]]) == pytest.approx(LOSS + 1, rel=1e-15)
    assert categorical_ce([ROW, ROW], [0, 2]) == pytest.approx(LOSS + 1.5, rel=1e-15)
    assert type(categorical_ce([ROW], [0])) is float


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("n", "k"), [(1, 2), (6, 4), (40, 3), (3, 1)])
@pytest.mark.parametrize("eps", [0.0, 0.1, 1.0])
def test_categorical_ce_is_pytorchs(n, k, scale, eps):
    z, labels, rows = batch(n, k, scale)
    before = z.copy(), labels.copy(), rows.copy()
    for targets in (labels, rows, one_hot(labels, k)):
        for reduction in ("none", "sum", "mean"):
            ours = categorical_ce(z, targets, label_smoothing=eps, reduction=reduction)
            theirs = nn.functional.cross_entropy(
                *tensors(z, targets), label_smoothing=eps, reduction=reduction
            )
            assert_allclose(ours, theirs.numpy(), rtol=1e-12, atol=1e-14)
        assert categorical_ce(z, targets) == categorical_ce(
            z, targets, label_smoothing=0.0, sample_weight=None, reduction="mean"
        )
    for now, then in zip((z, labels, rows), before, strict=True):
        assert_array_equal(now, then)


@pytest.mark.parametrize("k", [2, 3, 10])
def test_class_weights_are_sample_weights(k):
    z, labels, _ = batch(15, k)
    by_class = generator(3).random(k) + 0.1
    theirs = nn.functional.cross_entropy(*tensors(z, labels), weight=torch.tensor(by_class))
    ours = categorical_ce(z, labels, sample_weight=by_class[labels], reduction="weighted_mean")
    assert ours == pytest.approx(float(theirs), rel=1e-13)


def test_categorical_ce_at_the_edges():
    far = [[1e4, -1e4], [-1e4, 1e4]]
    assert_array_equal(categorical_ce(far, [0, 0], reduction="none"), [0, 2e4])
    huge = [[1e300, -1e300]]
    assert categorical_ce(huge, [0]) == 0
    assert categorical_ce(huge, [1]) == 2e300
    assert categorical_ce(huge, [[1, 0]]) == 0  # not 0 times infinity
    tiny = categorical_ce([[5e-324, 0.0]], [0])
    assert tiny == pytest.approx(np.log(2), rel=1e-15)


def test_categorical_ce_is_at_least_the_entropy_of_its_targets():
    z, _, rows = batch(50)
    losses = categorical_ce(z, rows, reduction="none")
    entropies = scipy.special.entr(rows).sum(axis=1)
    divergences = scipy.special.rel_entr(rows, scipy.special.softmax(z, axis=1)).sum(axis=1)
    assert_allclose(losses, entropies + divergences, rtol=1e-12)
    at_best = categorical_ce(np.log(rows), rows, reduction="none")
    assert_allclose(at_best, entropies, rtol=1e-13)


def test_categorical_ce_is_convex():
    a, labels, _ = batch(200)
    b, _, _ = batch(200, seed=1)
    losses = [categorical_ce(z, labels, reduction="none") for z in (a, 0.3 * a + 0.7 * b, b)]
    assert np.all(losses[1] <= 0.3 * losses[0] + 0.7 * losses[2] + 1e-12)


def test_categorical_ce_of_renamed_classes():
    z, labels, rows = batch(20)
    order = np.array([2, 0, 3, 1])
    names = np.argsort(order)
    assert_allclose(
        categorical_ce(z[:, order], names[labels]), categorical_ce(z, labels), rtol=1e-14
    )
    assert_allclose(
        categorical_ce(z[:, order], rows[:, order]), categorical_ce(z, rows), rtol=1e-14
    )


@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize(("n", "k"), [(1, 3), (5, 4), (4, 1)])
def test_categorical_gradient(n, k, eps):
    z, labels, rows = batch(n, k)
    for targets in (labels, rows):
        ours = categorical_ce_grad(z, targets, label_smoothing=eps)

        def loss(z, targets=targets):
            return categorical_ce(z, targets, label_smoothing=eps)

        assert_allclose(ours, slope(loss, z), rtol=1e-6, atol=1e-9)
        by_torch = torch_gradient(
            lambda z, t: nn.functional.cross_entropy(z, t, label_smoothing=eps),
            *tensors(z, targets),
        )
        assert_allclose(ours, by_torch.numpy(), rtol=1e-12, atol=1e-16)
        assert_allclose(ours.sum(axis=1), 0, atol=1e-15)
        if not eps:
            assert_array_equal(ours, categorical_ce_grad(z, targets))


def test_categorical_gradient_by_hand():
    assert_allclose(
        categorical_ce_grad([ROW], [0]), [[-0.29461549, 0.25949646, 0.03511903]], rtol=1e-7
    )
    assert_array_equal(categorical_ce_grad([[1e4, -1e4]], [1]), [[1, -1]])


# From probabilities


def test_from_probs_is_from_logits():
    z, labels, rows = batch(scale=1.0)
    p = scipy.special.softmax(z, axis=1)
    before = p.copy()
    for targets in (labels, rows):
        for reduction in ("none", "sum", "mean"):
            assert_allclose(
                categorical_ce_from_probs(p, targets, reduction=reduction),
                categorical_ce(z, targets, reduction=reduction),
                rtol=1e-13,
            )
        assert categorical_ce_from_probs(p, targets) == categorical_ce_from_probs(
            p, targets, eps=1e-7, reduction="mean"
        )
    by_scipy = -scipy.special.xlogy(rows, p).sum(axis=1)
    assert_allclose(categorical_ce_from_probs(p, rows, reduction="none"), by_scipy, rtol=1e-13)
    assert_array_equal(p, before)


@pytest.mark.parametrize(
    ("p", "label", "eps", "wanted"),
    [
        ([0.0, 1.0], 0, 1e-7, -np.log(1e-7)),  # 16.118
        ([0.0, 1.0], 1, 1e-7, -np.log1p(-1e-7)),  # not 0
        ([1e-8, 1 - 1e-8], 0, 1e-7, -np.log(1e-7)),
        ([1e-6, 1 - 1e-6], 0, 1e-7, -np.log(1e-6)),
        ([0.0, 1.0], 0, 0.25, np.log(4)),
        ([0.0, 1.0], 1, 0.25, np.log(4 / 3)),
        ([0.0, 1.0], 0, 1e-300, 300 * np.log(10)),
        ([0.3, 0.7], 1, 1e-7, -np.log(0.7)),
    ],
)
def test_clipping_by_hand(p, label, eps, wanted):
    ours = categorical_ce_from_probs([p], [label], eps=eps)
    assert ours == pytest.approx(wanted, rel=1e-13)
    assert type(ours) is float


@pytest.mark.parametrize("eps", [0, -1e-7, 0.5, 1, [1e-7]])
def test_a_clip_outside_0_to_half(eps):
    with pytest.raises(ValueError, match="eps must be one number in") as error:
        categorical_ce_from_probs([[0.5, 0.5]], [0], eps=eps)
    text = f"eps must be one number in (0, 0.5), got {np.asarray(eps, float)}"
    assert str(error.value) == text


def test_clipping_is_keras():
    p = np.array([[1.0, 0, 0], [0, 1, 0], [0.2, 0.3, 0.5], [1e-9, 0, 1 - 1e-9]])
    labels = [1, 2, 0, 0]
    theirs = keras_sparse_ce(p, np.array(labels), from_logits=False, reduction=None)
    ours = categorical_ce_from_probs(p, labels, reduction="none")
    assert_allclose(ours, theirs.numpy(), rtol=1e-6)


# Binary cross-entropy


@pytest.mark.parametrize(
    ("z", "y", "wanted", "gradient"),
    [
        (0.7, 1, 0.4031860488854579, -0.33181222783),
        (0.7, 0, 1.1031860488854578, 0.66818777217),
        (0.7, 0.3, 0.8931860488854578, 0.36818777217),
        (0, 1, np.log(2), -0.5),
        (1e4, 0, 1e4, 1),
        (1e4, 1, 0, 0),
        (-1e4, 1, 1e4, -1),
        (1e300, 0.5, 5e299, 0.5),
        (-40, 0, np.exp(-40), np.exp(-40)),  # log1p keeps it
    ],
)
def test_binary_by_hand(z, y, wanted, gradient):
    assert binary_ce([z], [y]) == pytest.approx(wanted, rel=1e-14)
    assert type(binary_ce([z], [y])) is float
    assert_allclose(binary_ce_grad([z], [y]), [gradient], rtol=1e-10)


@pytest.mark.parametrize("weighted", [None, "one", "each"])
@pytest.mark.parametrize("shape", [(12, 5), (1, 3), (4, 1), (6,)])
def test_binary_ce_is_pytorchs(shape, weighted):
    rng = generator()
    z, soft = 3 * rng.normal(size=shape), rng.random(shape)
    each = 3 * rng.random(shape[1:]) + 0.1 if len(shape) == 2 else 2.5
    c = {None: 1.0, "one": 3.0, "each": each}[weighted]
    before = z.copy(), soft.copy()
    for y in (soft, np.round(soft)):
        for reduction in ("none", "sum", "mean"):
            ours = binary_ce(z, y, pos_weight=c, reduction=reduction)
            theirs = nn.functional.binary_cross_entropy_with_logits(
                *tensors(z, y), pos_weight=torch.tensor(c), reduction=reduction
            )
            assert_allclose(ours, theirs.numpy(), rtol=1e-12)
            assert type(ours) is (np.ndarray if reduction == "none" else float)
        per_label = binary_ce(z, y, pos_weight=c, reduction="none")
        per_sample = per_label if len(shape) == 1 else per_label.mean(axis=1)
        ours = binary_ce(z, y, pos_weight=c, reduction="per_sample")
        assert ours.shape == shape[:1]
        assert_allclose(ours, per_sample, rtol=1e-15)
        assert binary_ce(z, y) == binary_ce(z, y, pos_weight=1.0, reduction="mean")
    assert_array_equal(z, before[0])
    assert_array_equal(soft, before[1])


def test_pos_weight_by_hand():
    # c y softplus(-z) + (1 - y) softplus(z) at z = 0: ln 2 times 3 · 0.25 + 0.75
    assert binary_ce([0], [0.25], pos_weight=3) == pytest.approx(1.5 * np.log(2))
    assert binary_ce([2], [1], pos_weight=0) == 0
    assert binary_ce([2], [0], pos_weight=0) == binary_ce([2], [0])
    losses = binary_ce([[0, 0]], [[1, 1]], pos_weight=[2, 5], reduction="none")
    assert_allclose(losses, [[2 * np.log(2), 5 * np.log(2)]])


@pytest.mark.parametrize(
    ("shape", "pos_weight"),
    [
        ((3, 2), [1, -1]),
        ((3, 2), -1e-300),
        ((3, 2), [1, 1, 1]),
        ((3, 2), [[1, 1]]),
        ((3, 2), [1]),
        ((3,), [1]),
        ((3,), [1, 1, 1]),
    ],
)
def test_bad_pos_weights(shape, pos_weight):
    with pytest.raises(ValueError, match="pos_weight") as error:
        binary_ce(np.zeros(shape), np.zeros(shape), pos_weight=pos_weight)
    text = "pos_weight must be >= 0, one number or one for each label, got "
    assert str(error.value) == text + str(np.asarray(pos_weight, float))


WITH_PAIRS = [binary_ce, binary_ce_grad, sigmoid_mse, sigmoid_mse_grad]


@pytest.mark.parametrize("function", WITH_PAIRS)
@pytest.mark.parametrize(
    ("z", "y"),
    [((3,), (3, 1)), ((3, 1), (3,)), ((3, 2), (3, 1)), ((2,), (1,)), ((), ()), ((1, 1, 1),) * 2],
)
def test_binary_shapes_are_not_broadcast(function, z, y):
    with pytest.raises(ValueError, match="one shape") as error:
        function(np.zeros(z), np.zeros(y))
    text = "logits and targets must have one shape, (N,) or (N, L), got "
    assert str(error.value) == f"{text}{z} and {y}"


@pytest.mark.parametrize("function", WITH_PAIRS)
@pytest.mark.parametrize("y", [-1, -1e-300, 1.0000001, 2])
def test_binary_targets_outside_0_to_1(function, y):
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\]") as error:
        function([0, 0], [1, y])
    assert str(error.value) == f"targets must be in [0, 1], got {float(y)}"


@pytest.mark.parametrize("reduction", ["average", "weighted_mean", "", None])
def test_unknown_reductions_of_labels(reduction):
    text = f"reduction must be 'none', 'per_sample', 'sum' or 'mean', got {reduction!r}"
    with pytest.raises(ValueError, match="reduction") as error:
        binary_ce([0], [0], reduction=reduction)
    assert str(error.value) == text


@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 1)])
def test_binary_gradients(shape):
    rng = generator()
    z, y = 2 * rng.normal(size=shape), rng.random(shape)
    for loss, gradient, theirs in (
        (binary_ce, binary_ce_grad, nn.functional.binary_cross_entropy_with_logits),
        (sigmoid_mse, sigmoid_mse_grad, lambda z, y: nn.functional.mse_loss(z.sigmoid(), y)),
    ):
        ours = gradient(z, y)
        assert ours.shape == shape
        assert_allclose(ours, slope(lambda z, loss=loss: loss(z, y), z), rtol=1e-6, atol=1e-9)
        by_torch = torch_gradient(theirs, *tensors(z, y))
        assert_allclose(ours, by_torch.numpy(), rtol=1e-12, atol=1e-17)
        assert loss(z, y) == pytest.approx(float(theirs(*tensors(z, y))), rel=1e-13)


def test_squared_error_by_hand():
    assert sigmoid_mse([np.log(3), 0], [1, 0]) == pytest.approx((1 / 16 + 1 / 4) / 2)
    assert type(sigmoid_mse([0], [1])) is float
    # 2 (p - 1) p (1 - p) at p = 3/4
    assert_allclose(sigmoid_mse_grad([np.log(3)], [1]), [-3 / 32])
    assert_allclose(sigmoid_mse_grad([-50, 50], [1, 0]), [-np.exp(-50), np.exp(-50)])


def test_binary_symmetry():
    z, y, soft = answers()
    for targets in (y, soft):
        assert binary_ce(-z, 1 - targets) == pytest.approx(binary_ce(z, targets), rel=1e-14)
        assert_allclose(binary_ce_grad(-z, 1 - targets), -binary_ce_grad(z, targets), rtol=1e-9)


# Bounds, perplexity, divergence


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [
        (2, 0.3132616875182228, 1.3132616875182228),
        (3, 0.5514447139320511, 1.5514447139320511),
        (10, 1.4611501717344746, 2.4611501717344746),
        (1000, 5.909472086253270, 6.909472086253270),
    ],
)
def test_double_softmax_bounds(k, low, high):
    ours = double_softmax_bounds(k)
    assert ours == pytest.approx((low, high), rel=1e-14)
    assert [type(bound) for bound in ours] == [float, float]
    sure = np.eye(k)[:1]  # a softmax that has made up its mind
    assert ours == pytest.approx((categorical_ce(sure, [0]), categorical_ce(sure, [1])), rel=1e-14)


@pytest.mark.parametrize(("ce", "wanted"), [(0, 1), (np.log(7), 7), (np.float32(1), np.e)])
def test_perplexity_by_hand(ce, wanted):
    assert perplexity(ce) == pytest.approx(wanted, rel=1e-15)
    assert type(perplexity(ce)) is float


@pytest.mark.parametrize("ce", [-1e-300, -1, [1.0], [[1.0]]])
def test_perplexity_of_something_else(ce):
    with pytest.raises(ValueError, match="mean_ce must be one number >= 0") as error:
        perplexity(ce)
    text = f"mean_ce must be one number >= 0, got {np.asarray(ce, float)}"
    assert str(error.value) == text


def test_kl_divergence_is_scipys():
    rng = generator()
    for k in (1, 2, 5):
        for p, q in rng.dirichlet(np.ones(k), size=(20, 2)):
            before = p.copy(), q.copy()
            ours = kl_divergence(p, q)
            wanted = scipy.special.rel_entr(p, q).sum()
            assert ours == pytest.approx(wanted, rel=1e-11, abs=1e-15)
            assert type(ours) is float
            assert ours >= -1e-15
            assert_array_equal(p, before[0])
            assert_array_equal(q, before[1])


@pytest.mark.parametrize(
    ("p", "q", "wanted"),
    [
        ([1, 0], [0.25, 0.75], np.log(4)),
        ([0.5, 0.5], [0.25, 0.75], np.log(2) / 2 + np.log(2 / 3) / 2),
        ([0.5, 0.5], [1, 0], np.inf),
        ([1, 0], [1, 0], 0),  # 0 log 0 is 0
        ([1, 0], [0, 1], np.inf),
        ([1, 0], [5e-324, 1], 744.4400719213812),
    ],
)
def test_kl_divergence_by_hand(p, q, wanted):
    assert kl_divergence(p, q) == pytest.approx(wanted, rel=1e-14)


def test_divergence_of_other_shapes():
    with pytest.raises(ValueError, match=r"p and q must have one shape, got \(2,\) and \(1,\)"):
        kl_divergence([0.5, 0.5], [1])
    for p, q, name in (([[1.0]], [1.0], "p"), ([1.0], [[1.0]], "q"), (1.0, [1.0], "p")):
        with pytest.raises(ValueError, match=rf"^{name} must have 1 axes, got shape "):
            kl_divergence(p, q)


# The frameworks


def test_keras_runs_on_pytorch():
    assert keras.backend.backend() == "torch"


@pytest.mark.parametrize("eps", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_the_categorical_tabs_agree(reduction, eps):
    z, labels, rows = batch(20)
    in_keras = {"none": None, "sum": "sum", "mean": "sum_over_batch_size"}[reduction]
    for targets in (rows, one_hot(labels, 4)):
        ours = categorical_ce(z, targets, label_smoothing=eps, reduction=reduction)
        by_torch = torch_categorical_ce(
            *tensors(z, targets), label_smoothing=eps, reduction=reduction
        )
        by_keras = keras_categorical_ce(
            z, targets, from_logits=True, label_smoothing=eps, reduction=in_keras
        )
        assert_allclose(by_torch.numpy(), ours, rtol=1e-12)
        assert_allclose(by_keras.numpy(), ours, rtol=2e-6)
    sparse = keras_sparse_ce(z, labels, from_logits=True, reduction=in_keras)
    assert_allclose(sparse.numpy(), categorical_ce(z, labels, reduction=reduction), rtol=2e-6)


def test_the_tabs_defaults():
    z, labels, rows = batch()
    mean = categorical_ce(z, rows)
    assert float(torch_categorical_ce(*tensors(z, rows))) == pytest.approx(mean, rel=1e-13)
    assert float(keras_categorical_ce(z, rows, from_logits=True)) == pytest.approx(mean, rel=1e-6)
    mean = categorical_ce(z, labels)
    assert float(keras_sparse_ce(z, labels, from_logits=True)) == pytest.approx(mean, rel=1e-6)
    kept = torch.tensor([*labels[:-1], -100])
    mean = categorical_ce(z[:-1], labels[:-1])
    assert float(torch_categorical_ce(torch.tensor(z), kept)) == pytest.approx(mean, rel=1e-13)


def test_keras_without_weights_is_not_weighted():
    z, labels, rows = batch()
    how = {"from_logits": True, "reduction": "mean_with_sample_weight"}
    assert float(keras_sparse_ce(z, labels, **how)) == pytest.approx(categorical_ce(z, labels))
    assert float(keras_categorical_ce(z, rows, **how)) == pytest.approx(categorical_ce(z, rows))
    assert float(keras_binary_ce(z, rows, **how)) == pytest.approx(binary_ce(z, rows))


def test_torch_weights_and_what_it_ignores():
    z, labels, _ = batch(20)
    by_class = np.array([0.5, 1.0, 2.0, 4.0])
    theirs = torch_categorical_ce(*tensors(z, labels), weight=torch.tensor(by_class))
    ours = categorical_ce(z, labels, sample_weight=by_class[labels], reduction="weighted_mean")
    assert float(theirs) == pytest.approx(ours, rel=1e-13)
    theirs = torch_categorical_ce(
        *tensors(z, labels), weight=torch.tensor(by_class), label_smoothing=0.1
    )
    w, every = by_class[labels], -log_softmax(z)
    by_label = categorical_ce(z, labels, sample_weight=w, reduction="sum")
    by_hand = 0.9 * by_label + 0.1 / 4 * np.sum(every * by_class)  # the smoothed part, by class
    assert float(theirs) == pytest.approx(by_hand / w.sum(), rel=1e-13)
    theirs = torch_categorical_ce(*tensors(z, labels), ignore_index=2)
    kept = 1.0 * (labels != 2)
    ours = categorical_ce(z, labels, sample_weight=kept, reduction="weighted_mean")
    assert float(theirs) == pytest.approx(ours, rel=1e-13)


@pytest.mark.parametrize("from_logits", [True, False])
def test_keras_weights_and_what_it_ignores(from_logits):
    z, labels, _ = batch(20, scale=1.0)
    outputs = z if from_logits else scipy.special.softmax(z, axis=1)
    w = generator(4).random(20)
    options = {"from_logits": from_logits, "sample_weight": w}
    for loss, targets in ((keras_sparse_ce, labels), (keras_categorical_ce, one_hot(labels, 4))):
        ours = categorical_ce(z, labels, sample_weight=w)
        assert float(loss(outputs, targets, **options)) == pytest.approx(ours, rel=1e-6)
        ours = categorical_ce(z, labels, sample_weight=w, reduction="weighted_mean")
        theirs = loss(outputs, targets, **options, reduction="mean_with_sample_weight")
        assert float(theirs) == pytest.approx(ours, rel=1e-6)
    theirs = keras_sparse_ce(outputs, labels, from_logits=from_logits, ignore_class=2)
    ours = categorical_ce(z[labels != 2], labels[labels != 2])
    assert float(theirs) == pytest.approx(ours, rel=1e-6)
    if not from_logits:
        smoothed = keras_categorical_ce(
            outputs, one_hot(labels, 4), from_logits=False, label_smoothing=0.3
        )
        ours = categorical_ce(z, labels, label_smoothing=0.3)
        assert float(smoothed) == pytest.approx(ours, rel=1e-6)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("dtype", [None, "float64"])
def test_keras_binary_ce(from_logits, dtype):
    z, y, _ = answers()
    outputs = z if from_logits else scipy.special.expit(z)
    options = {"from_logits": from_logits, "dtype": dtype}
    tight = {"rel": 2e-6 if from_logits or dtype else 2e-5}
    ours = binary_ce(z, y)
    assert float(keras_binary_ce(outputs, y, **options)) == pytest.approx(ours, **tight)
    per_sample = binary_ce(z, y, reduction="per_sample")
    theirs = keras_binary_ce(outputs, y, **options, reduction=None)
    assert theirs.tolist() == pytest.approx(per_sample.tolist(), **tight)
    w = generator(4).random(12)
    theirs = keras_binary_ce(outputs, y, **options, sample_weight=w)
    assert float(theirs) == pytest.approx(np.mean(w * per_sample), **tight)
    theirs = keras_binary_ce(outputs, y, **options, label_smoothing=0.2)
    ours = binary_ce(z, 0.8 * y + 0.1)
    assert float(theirs) == pytest.approx(ours, **tight)
    theirs = keras_binary_ce(outputs, y, **options, reduction="sum")
    assert float(theirs) == pytest.approx(per_sample.sum(), **tight)


def test_keras_clips_in_the_dtype_it_is_given():
    one, zero = np.array([[1.0]]), np.array([[0.0]])
    for dtype, cap in ((None, 23 * np.log(2)), ("float64", -np.log(1e-7))):
        loss = keras_binary_ce(one, zero, from_logits=False, dtype=dtype)
        assert float(loss) == pytest.approx(cap, rel=1e-6)


def test_evaluate_is_the_loss_and_the_share_of_right_answers():
    z, labels, _ = batch(20)
    loss, right = keras_evaluate(keras_compile_classes, z, labels)
    assert float(loss) == pytest.approx(categorical_ce(z, labels), rel=1e-6)
    assert float(right) == pytest.approx(np.mean(z.argmax(axis=1) == labels))
    for shape in ((12, 5), (60, 1)):
        z, y, _ = (array.reshape(shape) for array in answers())
        loss, right = keras_evaluate(keras_compile_yes_no, z, y)
        assert float(loss) == pytest.approx(binary_ce(z, y), rel=1e-6)
        assert float(right) == pytest.approx(np.mean((z > 0) == y))


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("categorical_crossentropy", [[1, 0, 0]]),
        ("sparse_categorical_crossentropy", [0]),
        ("binary_crossentropy", [[1, 1, 0]]),
    ],
)
def test_a_string_means_probabilities(name, targets):
    def by_name(model):
        model.compile(loss=name, metrics=["accuracy"])

    loss, _ = keras_evaluate(by_name, np.array([[2.0, 1, -1]]), np.array(targets))
    assert float(loss) < 1e-6


def test_torch_binary_ce():
    z, y, soft = answers()
    c = np.array([1.0, 2.0, 0.5, 3.0, 1.0])
    for targets in (y, soft):
        rows = tensors(z, targets)
        assert float(torch_binary_ce(*rows)) == pytest.approx(binary_ce(z, targets), rel=1e-13)
        for reduction in ("none", "sum", "mean"):
            theirs = torch_binary_ce(*rows, pos_weight=torch.tensor(c), reduction=reduction)
            ours = binary_ce(z, targets, pos_weight=c, reduction=reduction)
            assert_allclose(theirs.numpy(), ours, rtol=1e-12)
        p = torch.tensor(scipy.special.expit(z))
        theirs = torch_binary_ce_from_probs(p, rows[1])
        assert float(theirs) == pytest.approx(binary_ce(z, targets), rel=1e-12)


def test_torch_from_probs_is_from_logits():
    z, labels, _ = batch()
    probs = torch.softmax(torch.tensor(z), dim=1)
    theirs = torch_categorical_ce_from_probs(probs, torch.tensor(labels))
    assert float(theirs) == pytest.approx(categorical_ce(z, labels), rel=1e-13)


def test_torch_two_ways_to_write_a_softmax():
    z, labels, _ = batch()
    ours = categorical_ce(z, labels, reduction="none")
    for loss in (torch_unshifted_ce, torch_log_of_softmax):
        theirs = loss(*tensors(z, labels))
        assert theirs.shape == (6,)
        assert_allclose(theirs.numpy(), ours, rtol=1e-13)
    big = torch.tensor([[89.0, 0.0]])
    zero = torch.tensor([0])
    assert torch_unshifted_ce(big, zero).isnan().all()
    assert torch_log_of_softmax(big, zero) == 0


def test_torch_wrong_losses():
    z, labels, _ = batch()
    p = scipy.special.softmax(z, axis=1)
    double = torch_double_softmax(*tensors(z, labels))
    assert float(double) == pytest.approx(categorical_ce(p, labels), rel=1e-13)
    mse = torch_softmax_mse(*tensors(z, labels))
    wanted = np.mean(np.sum((p - one_hot(labels, 4)) ** 2, axis=1))
    assert float(mse) == pytest.approx(wanted, rel=1e-13)


def test_torch_naive_sigmoid_is_right_where_it_can_be():
    z = np.linspace(-700, 700, 141)
    assert_allclose(torch_naive_sigmoid(torch.tensor(z)).numpy(), sigmoid(z), rtol=1e-12)
    assert torch_naive_sigmoid(torch.tensor([-90.0])) == 0  # exp(90) is infinite


def test_torch_gradient_of_one_number_or_many():
    z, labels, _ = batch()
    z, labels = tensors(z, labels)
    z.requires_grad_()
    one = torch_gradient(torch_categorical_ce, z, labels)
    many = torch_gradient(lambda z, y: torch_categorical_ce(z, y, reduction="none"), z, labels)
    assert_allclose(many.numpy(), 6 * one.numpy(), rtol=1e-13)
    assert z.grad is None
    assert not one.requires_grad


def test_torch_gradient_leaves_the_logits_alone():
    z = torch.zeros(1, 2)

    def loss(z, _):
        return z.mul(2).sum()

    assert torch_gradient(loss, z, None).tolist() == [[2, 2]]
    assert not z.requires_grad


def test_torch_kl_divergence():
    p, q = generator().dirichlet(np.ones(3), size=(2, 5))
    each = [kl_divergence(*pair) for pair in zip(p, q, strict=True)]
    theirs = torch_kl_divergence(*tensors(p, q), reduction="batchmean")
    assert float(theirs) == pytest.approx(np.mean(each), rel=1e-12)
    theirs = torch_kl_divergence(*tensors(p, q), reduction="sum")
    assert float(theirs) == pytest.approx(np.sum(each), rel=1e-12)


@pytest.mark.parametrize("shape", [(2, 4, 4, 3), (1, 2, 5, 2), (7, 3)])
def test_torch_pixels(shape):
    rng = generator()
    z, labels = rng.normal(size=shape), rng.integers(shape[-1], size=shape[:-1])
    theirs = torch_pixels_ce(*tensors(z, labels))
    ours = categorical_ce(z.reshape(-1, shape[-1]), labels.ravel())
    assert float(theirs) == pytest.approx(ours, rel=1e-13)


# What the experiments found


def test_the_demo_by_hand(capsys):
    found = one_row()
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1].split() == ["loss", "0.3490"]
    assert printed.splitlines()[1].split() == ["probs", "0.7054", "0.2595", "0.0351"]
    assert found["loss"] == pytest.approx(LOSS, rel=1e-15)
    assert found["perplexity"] == pytest.approx(1 / found["probs"][0])
    assert_allclose(found["curvatures"], [0, 0.0502758, 0.3835851], atol=1e-7)
    assert found["softmax_twice"] == pytest.approx(0.766317800, rel=1e-8)
    p = found["probs"]
    by_hand = -(np.log(p[0]) + np.log(1 - p[1]) + np.log(1 - p[2])) / 3
    assert found["binary"] == pytest.approx(by_hand, rel=1e-6)


def test_loss_curve(loss_curve):
    p = loss_curve["p"]
    assert_allclose(loss_curve["ce"], -np.log(p), rtol=1e-12)
    assert_allclose(loss_curve["squared_error"], (1 - p) ** 2)
    tiny = loss_curve["tiny"]
    assert_allclose(loss_curve["tiny_ce"], -np.log(tiny), rtol=1e-12)
    assert_allclose(loss_curve["tiny_keras"], -np.log(np.maximum(tiny, 1e-7)), rtol=1e-6)
    assert loss_curve["cap"] == pytest.approx(-np.log(1e-7), rel=1e-6)
    wanted = {"ce_half": np.log(2), "ce_tenth": np.log(10), "ce_hundredth": np.log(100)}
    assert {key: loss_curve[key] for key in wanted} == pytest.approx(wanted, rel=1e-13)


def test_slopes(slopes):
    p = scipy.special.expit(slopes["z"])
    assert_allclose(slopes["ce"], p - 1, rtol=1e-9)
    assert_allclose(slopes["mse"], 2 * (p - 1) * p * (1 - p), rtol=1e-9)
    assert slopes["ratio_6"] == pytest.approx(202.71563612)
    assert slopes["ratio_0"] == 2


def test_descent(descent):
    def squared_error(z, y):
        return nn.functional.mse_loss(z.sigmoid(), y)

    for name, loss in (("ce", torch_binary_ce), ("mse", squared_error)):
        z, path = torch.tensor([-6.0]).double(), []
        for _ in range(descent[f"{name}_6"] + 1):
            path.append(float(z.sigmoid()))
            z = z - torch_gradient(loss, z, torch.ones(1).double())
        assert path[-2] < 0.9 <= path[-1]
        assert_allclose(descent[f"{name}_path"][: len(path)], path, rtol=1e-9)
    assert np.all(descent["ce_steps"] < descent["mse_steps"])
    assert len(descent["ce_path"]) == 22  # until the start at -10 has arrived
    assert len(descent["mse_path"]) == 301


def test_double_softmax(double_softmax):
    wanted = {"correct_wrong": 10.0000908, "double_wrong": 1.5513663}
    assert {key: double_softmax[key] for key in wanted} == pytest.approx(wanted, rel=1e-7)


def test_stability(stability):
    gaps = stability["gaps"]
    assert_allclose(stability["exact"], np.logaddexp(0, gaps.astype(float)), rtol=1e-7)
    capped = np.minimum(stability["exact"], -np.log(1e-7))
    assert_allclose(stability["clipped"], capped, rtol=1e-5)
    assert 16 <= stability["clipped_until"] < 16.5
    assert_allclose(stability["fused"], stability["exact"], rtol=1e-6)
    assert_allclose(stability["two_steps"][gaps <= 87], stability["exact"][gaps <= 87], rtol=1e-5)
    assert np.isinf(stability["two_steps"][gaps >= 104]).all()
    assert stability["unshifted_until"] == 88.5
    assert 87 <= stability["two_steps_until"] < 104


@pytest.mark.parametrize(("dtype", "edge"), [("float16", 11.09), ("float32", 88.7229)])
def test_exp_edge(dtype, edge):
    dtype = np.dtype(dtype).type
    found = exp_edge(dtype)
    assert found == pytest.approx(edge, rel=1e-3)
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(dtype(found)))
        assert np.isinf(np.exp(np.nextafter(dtype(found), dtype(1000))))


def test_blobs(blobs):
    assert blobs["x"].shape == (10, 300, 3)
    assert_array_equal(np.bincount(blobs["labels"]), [100, 100, 100])
    assert_array_equal(np.bincount(blobs["test_labels"]), [1000, 1000, 1000])
    assert_array_equal(blobs["x"][..., 2], 1)
    for label, center in enumerate([(2, 0), (-1, 3**0.5), (-1, -(3**0.5))]):
        for x, labels in (
            (blobs["x"].reshape(-1, 3), np.tile(blobs["labels"], 10)),
            (blobs["x_test"], blobs["test_labels"]),
        ):
            own = x[labels == label][:, :2]
            assert_allclose(own.mean(axis=0), center, atol=0.16)  # 5 sd of a mean of 1000
            assert_allclose(own.std(axis=0), 1, atol=0.12)
    assert len(np.unique(blobs["x"][:, 0, 0])) == 10


def test_training(training, blobs):
    x, labels = blobs["x"][3], blobs["labels"]
    w = np.zeros((3, 3))
    curve = []
    for _ in range(201):
        curve.append(categorical_ce(x @ w, labels))
        w = w - 0.5 * x.T @ categorical_ce_grad(x @ w, labels)
    assert_allclose(training["correct_ce"][3], curve, rtol=1e-9)
    for name in ("correct", "double", "mse"):
        assert training[f"{name}_ce"].shape == (10, 201)
        assert_allclose(training[f"{name}_ce"][:, 0], np.log(3), rtol=1e-12)
        assert training[f"{name}_10"] == training[f"{name}_ce"][:, 10].mean()
        assert np.all(training[f"{name}_right"] > 90)
        assert training[f"{name}_percent"] == pytest.approx(training[f"{name}_right"].mean())
    assert np.all(np.diff(training["correct_ce"], axis=1) < 0)


def test_saturation(saturation):
    z, p = saturation["z"], scipy.special.expit(saturation["z"])
    assert_allclose(saturation["probs_loss"], -np.log(np.maximum(p, 1e-7)), rtol=1e-5)
    assert_allclose(saturation["logits_loss"], np.logaddexp(0, -z), rtol=1e-5)
    assert_allclose(saturation["logits_gradient"], p - 1, rtol=1e-5)


def test_many_classes(many_classes):
    assert many_classes["twice_100_most"] == many_classes["twice_100"].max()
    for name in ("10", "100", "100_adam"):
        once, twice = many_classes[f"once_{name}"], many_classes[f"twice_{name}"]
        assert once.shape == twice.shape == (3,)
        assert once.min() >= 99
        assert np.all(twice <= 100)
    assert many_classes["twice_100"].min() > 10  # guessing is 1 %


def test_averages(averages):
    assert averages["mean"] == pytest.approx(averages["losses"].mean())
    assert averages["sum"] == pytest.approx(averages["losses"].sum())
    assert averages["per_sample"] == pytest.approx(averages["losses"].mean(axis=1))
    assert_allclose(averages["flat_losses"], averages["losses"][:, 0])


def test_weights(weights):
    losses, w = weights["losses"], weights["weights"]
    assert_array_equal(w, [1, 5, 2, 5])  # of classes 0, 2, 1, 2
    halves = [np.average(losses[:2], weights=w[:2]), np.average(losses[2:], weights=w[2:])]
    assert weights["mean_of_halves"] == pytest.approx(np.mean(halves))
    assert weights["over_weights"] == pytest.approx(np.average(losses, weights=w))


def test_rare_class(rare_class):
    p = rare_class["p"]
    for c in (1, 3):
        wanted = -(c * np.log(p) + 9 * np.log(1 - p)) / 10
        assert_allclose(rare_class[f"loss_{c}"], wanted, rtol=1e-9)
    assert np.all(np.diff(rare_class["best"]) > 0)


def test_smoothing(smoothing):
    leads = smoothing["leads"]
    for eps in (0, 10):
        wanted = np.log1p(9 * np.exp(-leads)) + eps / 100 * 0.9 * leads
        assert_allclose(smoothing[f"loss_{eps}"], wanted, rtol=1e-9)
    assert smoothing["floor_5"] == pytest.approx(0.3896729, rel=1e-6)
    assert smoothing["lead_3"] == pytest.approx(3.3322045, rel=1e-6)


def test_entropy():
    assert entropy(np.array([0.7, 0.2, 0.1])) == pytest.approx(0.8018185525433372)
    assert_allclose(entropy(np.array([[1, 0], [0.5, 0.5]])), [0, np.log(2)])


def test_likelihood(likelihood):
    p = 1 / (1 + np.exp(-np.array([2.0, 1.0, -0.5, 0.0, 3.0])))
    assert likelihood["likelihood"] == pytest.approx(p.prod())  # 0.5 counts against itself
    assert_allclose(likelihood["frequencies"], [0.7, 0.2, 0.1])
    assert len(likelihood["other_constants"]) == 200


def test_untrained(untrained):
    assert untrained["loss_100"] == pytest.approx(np.log(100), rel=1e-14)
    assert_allclose(np.exp(untrained["losses"]), untrained["classes"], rtol=1e-13)


def test_pixels(pixels):
    rng = generator()
    z, labels = rng.normal(size=(2, 4, 4, 3)), rng.integers(3, size=(2, 4, 4))
    log_p = scipy.special.log_softmax(z, axis=-1)
    wanted = -np.take_along_axis(log_p, labels[..., None], -1).mean()
    assert pixels["scratch"] == pytest.approx(wanted)


def test_exercises_by_hand():
    wanted = {
        "two_classes": np.log(4 / 3),  # softmax of 0, ln 3 is 1/4, 3/4
        "untrained": np.log(100),
        "smoothed_lead": np.log(91),  # 1 + 10 · 0.9 / 0.1
        "pos_weight": 49.0,  # 0.98 / 0.02
        "double_softmax": np.log(1 + 9 / np.e),
        "steepest": -np.log(2),
        "gradient_sum": 0.0,
        "sum_ratio": 0.25,  # four labels
    }
    assert exercises() == pytest.approx(wanted, rel=1e-6, abs=1e-15)


# What readers drag


def test_row_of_three_by_hand():
    shown = row_of_three()
    assert shown["loss"] == pytest.approx(LOSS, rel=1e-14)
    e = np.exp([2, 1, -1]) / np.exp([2, 1, -1]).sum()
    names = ("true_class", "second", "third")
    assert [shown[f"p_of_{name}"] for name in names] == pytest.approx(e)
    assert [shown[f"{name}_pull"][1] for name in names] == pytest.approx(e - [1, 0, 0])
    even = row_of_three(0.5, 0.5, 0.5)
    assert even["loss"] == pytest.approx(np.log(3))
    assert even["slope_of_true_class"] == pytest.approx(-2 / 3)


def test_row_of_three_does_what_its_caption_says():
    one, other = row_of_three(-5.0, 4.0, 0.0), row_of_three(-4.0, 5.0, 1.0)
    assert all(np.allclose(one[key], other[key], rtol=1e-12) for key in one)
    pulls = [one[f"{name}_pull"][1] for name in ("true_class", "second", "third")]
    assert sum(pulls) == pytest.approx(0, abs=1e-15)
    worst = row_of_three(-6.0, 6.0, 6.0)
    assert worst["loss"] == pytest.approx(12 + np.log(2), abs=1e-5)
    assert -1 < worst["slope_of_true_class"] < -0.99999


@pytest.mark.parametrize(
    ("logit", "power", "loss", "slope"),
    [
        (0.0, -7, np.log(2), -0.5),
        (-16.0, -7, 16 + np.exp(-16), -1 / (1 + np.exp(-16))),
        (-16.5, -7, 7 * np.log(10), 0),
        (-16.5, -8, 16.5 + np.exp(-16.5), -1 / (1 + np.exp(-16.5))),
        (-9.0, -4, 9 + np.log1p(np.exp(-9)), -1 / (1 + np.exp(-9))),
        (-9.5, -4, 4 * np.log(10), 0),
    ],
)
def test_clip_by_hand(logit, power, loss, slope):
    shown = clip(logit, power)
    assert shown["loss_from_probability"] == pytest.approx(loss, rel=1e-9)
    assert shown["slope_from_probability"] == pytest.approx(slope, rel=1e-12)
    assert shown["loss_from_logit"] == pytest.approx(np.logaddexp(0, -logit), rel=1e-12)
    assert shown["highest_from_probability"] == pytest.approx(-power * np.log(10))


@pytest.mark.parametrize("logit", [-20.0, -16.5, -16.0, -3.0, 0.0, 6.0])
def test_clip_is_what_keras_shows_on_torch(logit):
    z, shown = torch.tensor([[logit]], dtype=torch.float64, requires_grad=True), clip(logit)
    one = torch.ones(1, 1, dtype=torch.float64)
    loss = keras_binary_ce(z.sigmoid(), one, from_logits=False, dtype="float64")
    loss.backward()
    assert loss.item() == pytest.approx(shown["loss_from_probability"], rel=1e-7)
    assert z.grad.item() == pytest.approx(shown["slope_from_probability"], rel=1e-7)


def test_clip_draws_its_edge():
    shown = clip(-16.0, -7)
    edge = shown["level"][1]
    assert 1 / (1 + np.exp(-edge)) == pytest.approx(1e-7, rel=1e-12)
    assert shown["drop"][1:] == [edge, edge]
    assert shown["flat"] == pytest.approx([0, 0, 1e-7 - 1])


@pytest.mark.parametrize(("classes", "logit"), [(2, -6.0), (3, -5.0), (3, 0.0), (20, 6.0)])
def test_softmax_twice_by_hand_and_by_torch(classes, logit):
    shown = softmax_twice(classes, logit)
    p = 1 / (1 + (classes - 1) * np.exp(-logit))
    q = 1 / (1 + (classes - 1) * np.exp((1 - p) / (classes - 1) - p))
    assert [shown["loss_once"], shown["loss_twice"]] == pytest.approx([-np.log(p), -np.log(q)])
    assert shown["slope_once"] == pytest.approx(p - 1)
    row, label = torch.zeros(1, classes).double(), torch.tensor([0])
    row[0, 0] = logit
    slope = torch_gradient(torch_double_softmax, row, label)[0, 0]
    assert shown["slope_twice"] == pytest.approx(slope.item(), rel=1e-10)
    bounds = double_softmax_bounds(classes)
    assert (shown["least_loss_twice"], shown["most_loss_twice"]) == bounds


def test_softmax_twice_stays_in_its_band():
    for classes in (2, 3, 10, 20):
        shown = softmax_twice(classes)
        losses = shown["losses_twice"]
        assert np.all(np.diff(losses) < 0)
        assert shown["least_loss_twice"] < losses.min() < losses.max() < shown["most_loss_twice"]
        assert_allclose(np.gradient(shown["losses_once"], shown["z"])[1:-1],
                        shown["slopes_once"][1:-1], atol=0.01)  # fmt: skip


def test_draggable_losses_refuse_nonsense():
    with pytest.raises(ValueError, match="finite"):
        row_of_three(np.nan)
    with pytest.raises(ValueError, match="eps must be one number"):
        clip(0.0, -0.25)
    with pytest.raises(ValueError, match="k must be >= 2"):
        softmax_twice(1)
