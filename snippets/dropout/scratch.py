"""Dropout in NumPy: both forms, and their exact laws."""

import numpy as np


def drop_and_keep(drop_rate):
    """The probabilities r in [0, 1) to drop, 1 - r to keep.

    >>> drop_and_keep(0.25)
    (0.25, 0.75)
    """
    real = int, float, np.integer, np.floating
    flag = isinstance(drop_rate, bool)
    if flag or not isinstance(drop_rate, real):
        raise TypeError(
            f"drop_rate must be a number, got {drop_rate!r}"
        )
    if not 0 <= drop_rate < 1:
        raise ValueError(
            "drop_rate must be in [0, 1), "
            f"got {drop_rate!r}"
        )
    return float(drop_rate), 1 - float(drop_rate)


def is_inverted(kind):
    """Whether kind is "inverted" and not "standard"."""
    if kind not in ("inverted", "standard"):
        raise ValueError(
            "kind must be 'inverted' or 'standard', "
            f"got {kind!r}"
        )
    return kind == "inverted"


def float_copy(x):
    """A float64 copy; complex and text are refused."""
    return np.asarray(x).astype(float, casting="same_kind")


def keep_mask(shape, drop_rate, rng):
    """Random bools, True with probability 1 - drop_rate.

    `>=`, not `>`: rng.random() may return exactly 0, and a
    drop rate of 0 must keep that unit too.

    >>> rng = np.random.default_rng(0)
    >>> keep_mask(4, 0.5, rng)
    array([ True, False, False, False])
    """
    r, _ = drop_and_keep(drop_rate)
    if rng is None:
        raise ValueError("training needs rng, got None")
    u = np.asarray(rng.random(shape))
    return u >= r


def dropout(
    x,
    drop_rate,
    training,
    rng=None,
    *,
    kind="inverted",
    return_mask=False,
):
    """Dropout of x, of any shape; x itself is not changed.

    With return_mask also the mask: None outside training.

    >>> rng = np.random.default_rng(0)
    >>> dropout([1, 2, 3], 0.5, True, rng)
    array([2., 0., 0.])
    >>> dropout([1, 2, 3], 0.5, False)
    array([1., 2., 3.])
    """
    _, q = drop_and_keep(drop_rate)
    inverted = is_inverted(kind)
    y, mask = float_copy(x), None
    if training:
        mask = keep_mask(y.shape, drop_rate, rng)
        y[~mask] = 0.0  # a product would turn inf into nan
    if training and inverted:
        y /= q
    if not training and not inverted:
        y *= q
    return (y, mask) if return_mask else y


def dropout_backward(
    grad_out, mask, drop_rate, *, kind="inverted"
):
    """Gradient at x, from the gradient at dropout's output.

    mask is the one the forward pass drew.

    >>> mask = np.array([True, False])
    >>> dropout_backward([1, 1], mask, 0.75)
    array([4., 0.])
    """
    _, q = drop_and_keep(drop_rate)
    inverted = is_inverted(kind)
    grad, mask = float_copy(grad_out), np.asarray(mask)
    if mask.dtype != bool or mask.shape != grad.shape:
        raise ValueError(
            f"mask must be bool{list(grad.shape)}, "
            f"got {mask.dtype}{list(mask.shape)}"
        )
    grad[~mask] = 0.0
    if inverted:
        grad /= q
    return grad


def output_moments(
    mean, var, drop_rate, *, kind="inverted"
):
    """Mean and variance, in training, of one unit's output.

    mean and var are those of its input: numbers or arrays.

    >>> y_mean, y_var = output_moments(2, 0, 0.5)
    >>> print(y_mean, y_var)
    2.0 4.0
    """
    r, q = drop_and_keep(drop_rate)
    mean, var = float_copy(mean), float_copy(var)
    if np.any(var < 0):
        raise ValueError(f"var must be >= 0, got {var}")
    y_mean = q * mean
    y_var = q * (var + r * mean**2)
    if is_inverted(kind):
        return y_mean / q, y_var / q**2
    return y_mean, y_var


def fitting(names, left, matrix, right):
    """Three float copies, (m,), (m, n) and (n,)."""
    a, b = float_copy(left), float_copy(right)
    c = float_copy(matrix)
    vectors = a.ndim == b.ndim == 1
    if not vectors or c.shape != a.shape + b.shape:
        raise ValueError(
            f"{names} must have shapes (m,), (m, n), (n,), "
            f"got {a.shape}, {c.shape}, {b.shape}"
        )
    return a, c, b


def linear_moments(x, w, b, drop_rate, *, kind="inverted"):
    """Means and variances (k,) of z = y @ w + b over masks.

    y is x (d,) after dropout in training; w is (d, k).

    >>> z = linear_moments([1, 2], [[3], [1]], [0], 0.5)
    >>> print(*z)
    [5.] [13.]
    """
    x, w, b = fitting("x, w, b", x, w, b)
    mean, var = output_moments(x, 0.0, drop_rate, kind=kind)
    return mean @ w + b, var @ w**2


def every_mask(d):
    """All masks of d units, bool `(2**d, d)`, d <= 20.

    >>> every_mask(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if d > 20:
        raise ValueError(f"d must be at most 20, got {d}")
    bits = np.arange(2**d)[:, None] >> np.arange(d)
    return bits % 2 == 1


def exact_expectation(f, x, drop_rate, *, kind="inverted"):
    """Mean of f(y) over all masks, each by its chance.

    f maps (m, d), one masked x (d,) a row, to (m, ...);
    d <= 20.

    >>> def product(y):
    ...     return y[:, 0] * y[:, 1]
    >>> print(exact_expectation(product, [3, 5], 0.5))
    15.0
    """
    (r, q), x = drop_and_keep(drop_rate), float_copy(x)
    if x.ndim != 1:
        raise ValueError(f"x must be (d,), got {x.shape}")
    masks = every_mask(len(x))  # (m, d)
    chances = np.where(masks, q, r).prod(axis=1)
    y = np.where(masks, x, 0.0)
    if is_inverted(kind):
        y /= q
    values = np.asarray(f(y))  # (m, ...)
    if values.shape[:1] != chances.shape:
        raise ValueError(
            f"f must return {len(y)} rows, "
            f"got shape {values.shape}"
        )
    possible = chances > 0  # at rate 0, one mask only
    return np.tensordot(
        chances[possible], values[possible], axes=1
    )


def log_softmax(z):
    """Log probabilities along the last axis.

    >>> log_softmax([0, 0]).round(4)
    array([-0.6931, -0.6931])
    """
    z = z - np.max(z, axis=-1, keepdims=True)
    total = np.exp(z).sum(axis=-1, keepdims=True)
    return z - np.log(total)


def geometric_mean_softmax(
    x, w, b, drop_rate, *, kind="inverted"
):
    """Geometric mean of softmax(y @ w + b) over all masks.

    Weighted by the masks' chances, renormalized: (k,).

    >>> w, b = np.eye(2), [0, 0]
    >>> geometric_mean_softmax([0, 0], w, b, 0.5)
    array([0.5, 0.5])
    """
    x, w, b = fitting("x, w, b", x, w, b)

    def log_probability(y):
        return log_softmax(y @ w + b)  # (m, k)

    mean = exact_expectation(
        log_probability, x, drop_rate, kind=kind
    )
    return np.exp(log_softmax(mean))


def variance_shift(mean, var, drop_rate):
    """Test variance over training variance of one unit.

    The same for both forms; mean and var are its input's.
    Li et al. (2019).

    >>> variance_shift(0, 4, 0.25)
    0.75
    """
    _, train = output_moments(mean, var, drop_rate)
    if train == 0:
        raise ValueError(
            "a constant output has no ratio, got "
            f"mean {mean!r} and var {var!r}"
        )
    return float(var / train)


def equivalent_lr(lr, drop_rate, optimizer):
    """Learning rate of the inverted run, from the standard.

    For weights W that read dropped units, started at q W.

    >>> equivalent_lr(0.5, 0.5, "sgd")
    0.125
    """
    _, q = drop_and_keep(drop_rate)
    if optimizer not in ("sgd", "adam"):
        raise ValueError(
            "optimizer must be 'sgd' or 'adam', "
            f"got {optimizer!r}"
        )
    return lr * q**2 if optimizer == "sgd" else lr * q


def equivalent_decay(
    weight_decay, drop_rate, optimizer="sgd"
):
    """Weight decay of the inverted run, likewise.

    For "adamw", whose decay bypasses the gradient, too.

    >>> equivalent_decay(0.5, 0.5)
    2.0
    >>> equivalent_decay(0.5, 0.5, "adamw")
    1.0
    """
    _, q = drop_and_keep(drop_rate)
    if optimizer not in ("sgd", "adam", "adamw"):
        raise ValueError(
            "optimizer must be 'sgd', 'adam' or 'adamw', "
            f"got {optimizer!r}"
        )
    power = 1 if optimizer == "adamw" else 2
    return weight_decay / q**power


def linear_dropout_objective(X, y, w, drop_rate):
    """Expected squared error of X @ w with dropped inputs.

    Inverted dropout on X (n, d); summed over the n rows of
    y (n,), averaged over masks. Srivastava et al. (2014).

    >>> X, y, w = [[1, 2]], [0], [3, 1]
    >>> print(linear_dropout_objective(X, y, w, 0.5))
    38.0
    """
    r, q = drop_and_keep(drop_rate)
    y, X, w = fitting("y, X, w", y, X, w)
    noise = r / q * np.sum((X * w) ** 2)
    return np.sum((y - X @ w) ** 2) + noise


def linear_dropout_solution(X, y, drop_rate):
    """Weights (d,) with the least linear_dropout_objective.

    Ridge on columns of length one, as extra rows of least
    squares: X is (n, d), y is (n,).

    >>> X = [[2, 0], [0, 2]]
    >>> linear_dropout_solution(X, [2, 4], 0.5)
    array([0.5, 1. ])
    """
    r, q = drop_and_keep(drop_rate)
    X, y = float_copy(X), float_copy(y)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(
            "X, y must have shapes (n, d), (n,), "
            f"got {X.shape}, {y.shape}"
        )
    length = np.linalg.norm(X, axis=0)  # (d,)
    length[length == 0] = 1.0
    noise = np.sqrt(r / q) * np.eye(len(length))
    rows = np.vstack([X / length, noise])  # (n + d, d)
    target = np.append(y, np.zeros(len(length)))
    w, *_ = np.linalg.lstsq(rows, target)
    return w / length
