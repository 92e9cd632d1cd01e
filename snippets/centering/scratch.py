"""Zero-centering in NumPy: signs, curvatures, steps."""

from bisect import bisect_left

import numpy as np
from scipy.integrate import quad
from scipy.special import ndtr


def real(name, x, ndim=None):
    """A float64 copy of x: real, finite, not empty.

    At most 1e100 in size, so that squares are finite.

    >>> real("x", [1, 2])
    array([1., 2.])
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} must be real numbers, got {x.dtype}"
        )
    if x.size == 0 or ndim not in (None, x.ndim):
        axes = "" if ndim is None else f" with {ndim} axes"
        raise ValueError(
            f"{name} must be a non-empty array{axes}, "
            f"got shape {x.shape}"
        )
    x = x.astype(float)
    fits = np.abs(x) <= 1e100  # False for nan
    if not fits.all():
        raise ValueError(
            f"{name} must be finite, at most 1e100 in "
            f"size, got {x[~fits][0]}"
        )
    return x


def whole(name, n, least):
    """The integer n, at least `least`, as an int.

    >>> whole("d", np.int8(3), 1)
    3
    """
    flag = isinstance(n, bool)
    if flag or not isinstance(n, int | np.integer):
        raise TypeError(f"{name} must be an int, got {n!r}")
    if n < least:
        raise ValueError(
            f"{name} must be >= {least}, got {n}"
        )
    return int(n)


def mean_and_sd(mean, var):
    """Two floats: the mean, and the root of var >= 0.

    >>> mean_and_sd(1, 4)
    (1.0, 2.0)
    """
    m, v = real("mean", mean, 0), real("var", var, 0)
    if v < 0:
        raise ValueError(f"var must be >= 0, got {v}")
    return float(m), float(np.sqrt(v))


def sigmoid(a):
    """1 / (1 + exp(-a)), which no a can overflow.

    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    a = real("a", a)
    e = np.exp(-np.abs(a))
    return np.where(a < 0, e, 1.0) / (1 + e)


def centered_sigmoid(a):
    """sigmoid(a) - 1/2, which is tanh(a / 2) / 2.

    >>> centered_sigmoid([-1000, 0, 1000])
    array([-0.5,  0. ,  0.5])
    """
    return np.tanh(real("a", a) / 2) / 2


def relu(a):
    """The larger of a and 0.

    >>> relu([-2, 3])
    array([0., 3.])
    """
    return np.maximum(real("a", a), 0.0)


def activate(name, a):
    """The activation of that name at a, an array.

    One of sigmoid, centered sigmoid, tanh and relu.

    >>> activate("relu", [-2, 3])
    array([0., 3.])
    """
    known = {
        "sigmoid": sigmoid,
        "centered sigmoid": centered_sigmoid,
        "tanh": np.tanh,
        "relu": relu,
    }
    if name not in known:
        raise ValueError(
            f"activation must be one of {[*known]}, "
            f"got {name!r}"
        )
    return known[name](real("a", a))


def neuron_gradients(X, delta):
    """Gradients (n, d) of one neuron's weights, by sample.

    X (n, d) is what it receives; delta (n,) is the slope of
    each sample's loss in its pre-activation.

    >>> neuron_gradients([[1, 2], [3, 4]], [1, -1])
    array([[ 1.,  2.],
           [-3., -4.]])
    """
    X, delta = real("X", X, 2), real("delta", delta, 1)
    if len(delta) != len(X):
        raise ValueError(
            f"delta must have shape ({len(X)},), "
            f"got {delta.shape}"
        )
    return delta[:, None] * X


def gradient_parts(X, delta):
    """The mean gradient (d,) as a sum of two parts.

    E[delta] E[x], which is 0 for centered inputs, and the
    covariance of delta and x.

    >>> gradient_parts([[1, 2], [3, 4]], [1, -1])
    (array([0., 0.]), array([-1., -1.]))
    """
    whole_mean = neuron_gradients(X, delta).mean(axis=0)
    of_means = np.mean(delta) * np.mean(X, axis=0)
    return of_means, whole_mean - of_means


def same_sign_fraction(G):
    """Share of the rows of G (m, d) of one strict sign.

    >>> same_sign_fraction([[1, 2], [-1, 2], [0, 2]])
    0.3333333333333333
    """
    G = real("G", G, 2)
    up, down = np.all(G > 0, axis=1), np.all(G < 0, axis=1)
    return float(np.mean(up | down))


def uncentered_correlation(mean, var):
    """m² / (m² + v), from a feature's mean and variance.

    It is E[xy] / E[x²] of two independent features.

    >>> uncentered_correlation(1, 3)
    0.25
    """
    m, sd = mean_and_sd(mean, var)
    size = np.hypot(m, sd)
    if size == 0:
        raise ValueError(
            "a feature that is always 0 has no "
            f"correlation, got mean {mean} and var {var}"
        )
    return float((m / size) ** 2)


def same_sign_limit(mean, var, d):
    """Chance that d weights of a neuron move together.

    For large batches of independent features with this mean
    and variance, and a symmetric, independent delta.

    >>> round(same_sign_limit(1, 1, 9), 12)  # 2 / (d + 1)
    0.2
    """
    m, sd = mean_and_sd(mean, var)
    d = whole("d", d, 1)
    if m == sd == 0:
        raise ValueError(
            "a feature that is always 0 moves no weight, "
            f"got mean {mean} and var {var}"
        )
    if sd == 0:
        return 1.0

    def both_signs(z):
        up = ndtr(abs(m) / sd * z) ** d
        down = ndtr(-abs(m) / sd * z) ** d
        return (up + down) * np.exp(-(z**2) / 2)

    edge = 9 * sd / max(abs(m), sd)  # from here ndtr is 1
    near, _ = quad(both_signs, 0, edge, epsabs=1e-13)
    far, _ = quad(both_signs, edge, np.inf, epsabs=1e-13)
    return float(2 * (near + far) / np.sqrt(2 * np.pi))


def second_moment(X, bias=False, center=False):
    """`XᵀX / n`, the curvature of a linear neuron's loss.

    Of X (n, d): (d, d), or (d + 1, d + 1) with a bias. The
    columns are centered before the bias's ones are added.

    >>> second_moment([[1.0], [3.0]], bias=True)
    array([[5., 2.],
           [2., 1.]])
    """
    X = real("X", X, 2)
    if center:
        X = X - X.mean(axis=0)
    if bias:
        X = np.hstack([X, np.ones((len(X), 1))])
    return X.T @ X / len(X)


def condition_number(M):
    """Largest over least eigenvalue of a symmetric M.

    inf if the least is not above 0 by more than rounding.

    >>> round(condition_number([[2, 1], [1, 2]]), 12)
    3.0
    """
    M = real("M", M, 2)
    if not np.array_equal(M, M.T):
        raise ValueError(f"M must be symmetric, got {M}")
    eigs = np.linalg.eigvalsh(M)
    rounding = len(M) * np.finfo(float).eps * abs(eigs[-1])
    if eigs[0] <= rounding:
        return np.inf
    return float(eigs[-1] / eigs[0])


def iid_eigenvalues(mean, var, d, bias=False):
    """Eigenvalues of `E[x xᵀ]`, rising: (d,) or (d + 1,).

    Of d independent features with this mean and variance,
    and of a constant 1 if there is a bias.

    >>> iid_eigenvalues(1, 2, 3)
    array([2., 2., 5.])
    """
    m, sd = mean_and_sd(mean, var)
    d, v = whole("d", d, 1), float(var)
    rest = [v + d * m**2]
    if bias:
        half = (1 + rest[0]) / 2  # a 2 × 2 block's trace
        apart = np.sqrt(max(half - sd, 0))
        largest = half + apart * np.sqrt(half + sd)
        rest = [v / largest, largest]
    return np.sort([v] * (d - 1) + rest)


def gd_steps(eigs, c0, tol, lr=None):
    """Steps of gradient descent until the error is tol.

    eigs (d,) are the loss's curvatures, c0 (d,) the error
    along each at the start. The error after t steps is the
    length of c_t over that of c_0. lr is by default the
    best one, 2 / (least + largest curvature).

    >>> gd_steps([1, 3], [1, 1], 0.1)  # halved every time
    4
    """
    eigs, c0 = real("eigs", eigs, 1), real("c0", c0, 1)
    tol = float(real("tol", tol, 0))
    if c0.shape != eigs.shape:
        raise ValueError(
            f"c0 must have shape {eigs.shape}, "
            f"got {c0.shape}"
        )
    if tol <= 0:
        raise ValueError(f"tol must be > 0, got {tol}")
    best = 2 / (eigs.min() + eigs.max())
    lr = best if lr is None else float(real("lr", lr, 0))
    factors = 1 - lr * eigs
    if np.any(np.abs(factors[c0 != 0]) >= 1):
        raise ValueError(
            f"lr must shrink every error, got lr {lr} "
            f"for eigs {eigs}"
        )

    def arrived(t):
        left = np.linalg.norm(factors**t * c0)
        return left <= tol * np.linalg.norm(c0)

    bound = 1
    while not arrived(bound):
        bound *= 2
    return bisect_left(range(bound), True, key=arrived)


def sgd_path(activation, w_star, lr, seed):
    """Weights (steps + 1, 2) of SGD, one sample at a time.

    From 0 until w_star is 0.05 away. The inputs are two
    units of that activation at N(0, 1), the targets what
    w_star makes of them.

    >>> path = sgd_path("sigmoid", [1, -1], 0.8, 0)
    >>> path[-1].round()
    array([ 1., -1.])
    """
    w_star = real("w_star", w_star, 1)
    if w_star.shape != (2,):
        raise ValueError(
            "w_star must have shape (2,), "
            f"got {w_star.shape}"
        )
    lr = float(real("lr", lr, 0))
    rng = np.random.default_rng(seed)
    units = rng.normal(size=(10_000, 2))
    path = [np.zeros(2)]
    for x in activate(activation, units):
        error = path[-1] - w_star
        if np.hypot(*error) <= 0.05:
            return np.array(path)
        path.append(path[-1] - lr * (x @ error) * x)
    raise ValueError(
        "lr must bring w within 0.05 of w_star in "
        f"10000 steps, got {lr}"
    )


def to_tanh(W, b):
    """Output layer for tanh(a / 2) instead of sigmoid(a).

    W (d, k) and b (k,) read d sigmoid units; the network's
    function stays the same.

    >>> to_tanh([[2]], [1])
    (array([[1.]]), array([2.]))
    """
    W, b = real("W", W, 2), real("b", b, 1)
    if len(b) != W.shape[1]:
        raise ValueError(
            f"b must have shape ({W.shape[1]},), "
            f"got {b.shape}"
        )
    return W / 2, b + W.sum(axis=0) / 2
