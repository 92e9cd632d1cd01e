"""Cross-entropy in NumPy: losses, gradients, bounds."""

import numpy as np


def real(name, x):
    """A float64 copy of x: real, finite, not empty.

    At most 1e300 in size, so that differences are finite.

    >>> real("x", [1, 2])
    array([1., 2.])
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} must be real numbers, got {x.dtype}"
        )
    if x.size == 0:
        raise ValueError(
            f"{name} must not be empty, got shape {x.shape}"
        )
    x = x.astype(float)
    fits = np.abs(x) <= 1e300  # False for nan
    if not fits.all():
        raise ValueError(
            f"{name} must be finite, at most 1e300 in "
            f"size, got {x[~fits][0]}"
        )
    return x


def whole(name, n, least):
    """The integer n, at least `least`, as an int.

    >>> whole("k", np.int8(3), 1)
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


def distributions(name, p, ndim):
    """A copy of p that sums to 1 along its last axis.

    >>> distributions("p", [0.25, 0.75], 1)
    array([0.25, 0.75])
    """
    p = real(name, p)
    if p.ndim != ndim:
        raise ValueError(
            f"{name} must have {ndim} axes, "
            f"got shape {p.shape}"
        )
    off = np.abs(p.sum(axis=-1) - 1) > 1e-6
    off |= np.any(p < 0, axis=-1)
    if off.any():
        raise ValueError(
            f"{name} must be >= 0 and sum to 1, "
            f"got {p[off][0]}"
        )
    return p


def logsumexp(z, axis=-1):
    """log(sum(exp(z))), which no z can overflow.

    >>> print(logsumexp([1000, 1000]).round(4))
    1000.6931
    """
    z = real("z", z)
    top = z.max(axis, keepdims=True)
    total = np.exp(z - top).sum(axis)
    return np.squeeze(top, axis) + np.log(total)


def log_softmax(z, axis=-1):
    """Log probabilities, finite for z of up to 1e300.

    >>> log_softmax([0, -1000])
    array([    0., -1000.])
    """
    z = real("z", z)
    z = z - z.max(axis, keepdims=True)
    total = np.exp(z).sum(axis, keepdims=True)
    return z - np.log(total)


def softmax(z, axis=-1):
    """Probabilities that sum to 1 along the axis.

    >>> softmax([2, 1, -1]).round(4)
    array([0.7054, 0.2595, 0.0351])
    """
    z = real("z", z)
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def sigmoid(z):
    """1 / (1 + exp(-z)), which no z can overflow.

    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    z = real("z", z)
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1.0) / (1 + e)


def softplus(z):
    """log(1 + exp(z)), which no z can overflow.

    >>> softplus([-1000, 0]).round(4)
    array([0.    , 0.6931])
    """
    z = real("z", z)
    tail = np.log1p(np.exp(-np.abs(z)))
    return np.maximum(z, 0.0) + tail


def one_hot(labels, k):
    """Rows (N, k), each with a 1 at its label of (N,).

    Labels are integers from 0 to k - 1: -1 is refused.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels, k = np.asarray(labels), whole("k", k, 1)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be integers, got {labels.dtype}"
        )
    if labels.ndim != 1:
        raise ValueError(
            f"labels must be (N,), got shape {labels.shape}"
        )
    known = (labels >= 0) & (labels < k)
    if not known.all():
        raise ValueError(
            f"labels must be in [0, {k}), "
            f"got {labels[~known][0]}"
        )
    return (labels[:, None] == np.arange(k)).astype(float)


def smooth_labels(targets, eps):
    """Targets (N, K) mixed with a share eps of 1 / K.

    eps is in [0, 1]; libraries call it label_smoothing.

    >>> smooth_labels([[1, 0, 0, 0]], 0.5)
    array([[0.625, 0.125, 0.125, 0.125]])
    """
    t = distributions("targets", targets, 2)
    eps = real("label smoothing eps", eps)
    if eps.ndim or not 0 <= eps <= 1:
        raise ValueError(
            "label smoothing eps must be one number in "
            f"[0, 1], got {eps}"
        )
    return (1 - eps) * t + eps / t.shape[1]


def target_rows(targets, shape):
    """Distributions (N, K), from labels (N,) if need be.

    >>> target_rows([1], (1, 2))
    array([[0., 1.]])
    """
    if np.ndim(targets) == 1:
        t = one_hot(targets, shape[1])
    else:
        t = distributions("targets", targets, 2)
    if t.shape != shape:
        raise ValueError(
            f"targets must fit shape {shape}, got {t.shape}"
        )
    return t


def categorical_pair(logits, targets, label_smoothing):
    """Both as (N, K), the targets smoothed.

    >>> z, t = categorical_pair([[2, 1]], [1], 0.5)
    >>> t
    array([[0.25, 0.75]])
    """
    z = real("logits", logits)
    if z.ndim != 2:
        raise ValueError(
            f"logits must be (N, K), got shape {z.shape}"
        )
    t = target_rows(targets, z.shape)
    return z, smooth_labels(t, label_smoothing)


def reduce_loss(losses, sample_weight, reduction):
    """Losses (N,) times their weights, reduced.

    The "mean" divides their sum by N, "weighted_mean" by
    the sum of the weights.

    >>> reduce_loss(np.ones(2), [3, 1], "mean")
    2.0
    >>> reduce_loss(np.ones(2), [3, 1], "weighted_mean")
    1.0
    """
    w = np.ones(len(losses))
    if sample_weight is not None:
        w = real("sample_weight", sample_weight)
    if w.shape != losses.shape or np.any(w < 0):
        raise ValueError(
            "sample_weight must be >= 0 and of shape "
            f"{losses.shape}, got {w}"
        )
    if reduction == "none":
        return w * losses
    total = float(np.sum(w * losses))
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / len(losses)
    if reduction != "weighted_mean":
        raise ValueError(
            "reduction must be 'none', 'sum', 'mean' or "
            f"'weighted_mean', got {reduction!r}"
        )
    if w.sum() == 0:
        raise ValueError(
            f"sample_weight must have a sum > 0, got {w}"
        )
    return total / float(w.sum())


def categorical_ce(
    logits,
    targets,
    *,
    label_smoothing=0.0,
    sample_weight=None,
    reduction="mean",
):
    """Cross-entropy of softmax(logits), (N, K), in nats.

    targets are labels (N,) or distributions (N, K); weights
    are (N,); reduction is "none", "sum", "mean" or
    "weighted_mean".

    >>> loss = categorical_ce([[2, 1, -1]], [0])
    >>> print(round(loss, 4))
    0.349
    """
    z, t = categorical_pair(
        logits, targets, label_smoothing
    )
    losses = -np.sum(t * log_softmax(z), axis=1)  # (N,)
    return reduce_loss(losses, sample_weight, reduction)


def categorical_ce_grad(
    logits, targets, *, label_smoothing=0.0
):
    """Gradient (N, K) of the mean: (p - t) / N.

    >>> categorical_ce_grad([[2, 1, -1]], [0]).round(4)
    array([[-0.2946,  0.2595,  0.0351]])
    """
    z, t = categorical_pair(
        logits, targets, label_smoothing
    )
    return (softmax(z) - t) / len(z)


def categorical_ce_from_probs(
    probs, targets, *, eps=1e-7, reduction="mean"
):
    """Cross-entropy of probabilities (N, K), clipped.

    Clipped to [eps, 1 - eps], eps in (0, 0.5), as Keras
    does; but rows that do not sum to 1 are refused.

    >>> loss = categorical_ce_from_probs([[1, 0]], [1])
    >>> print(round(loss, 3))
    16.118
    """
    p = distributions("probs", probs, 2)
    t = target_rows(targets, p.shape)
    eps = real("eps", eps)
    if eps.ndim or not 0 < eps < 0.5:
        raise ValueError(
            "eps must be one number in (0, 0.5), "
            f"got {eps}"
        )
    log_p = np.log(np.clip(p, eps, 1 - eps))
    losses = -np.sum(t * log_p, axis=1)  # (N,)
    return reduce_loss(losses, None, reduction)


def binary_pair(logits, targets):
    """Both in one shape, (N,) or (N, L); 0 <= y <= 1.

    >>> binary_pair([2], [1])
    (array([2.]), array([1.]))
    """
    z, y = real("logits", logits), real("targets", targets)
    if z.ndim not in (1, 2) or y.shape != z.shape:
        raise ValueError(
            "logits and targets must have one shape, (N,) "
            f"or (N, L), got {z.shape} and {y.shape}"
        )
    inside = (y >= 0) & (y <= 1)
    if not inside.all():
        raise ValueError(
            "targets must be in [0, 1], "
            f"got {y[~inside][0]}"
        )
    return z, y


def binary_ce(
    logits, targets, *, pos_weight=1.0, reduction="mean"
):
    """Cross-entropy of sigmoid(logits), in nats.

    Logits and targets in [0, 1] have one shape, (N,) or
    (N, L); pos_weight is a number or (L,); reduction is
    "none", "per_sample" (over labels), "sum" or "mean".

    >>> loss = binary_ce([0.7], [1])
    >>> print(round(loss, 4))
    0.4032
    """
    z, y = binary_pair(logits, targets)
    c = real("pos_weight", pos_weight)
    if c.shape not in ((), z.shape[1:]) or np.any(c < 0):
        raise ValueError(
            "pos_weight must be >= 0, one number or one "
            f"for each label, got {c}"
        )
    losses = c * y * softplus(-z) + (1 - y) * softplus(z)
    if reduction == "none":
        return losses
    if reduction == "per_sample":
        return losses.reshape(len(z), -1).mean(axis=1)
    if reduction == "sum":
        return float(losses.sum())
    if reduction == "mean":
        return float(losses.mean())
    raise ValueError(
        "reduction must be 'none', 'per_sample', 'sum' or "
        f"'mean', got {reduction!r}"
    )


def binary_ce_grad(logits, targets):
    """Gradient of the mean loss: (p - y) / size.

    >>> binary_ce_grad([0.7], [1]).round(4)
    array([-0.3318])
    """
    z, y = binary_pair(logits, targets)
    return (sigmoid(z) - y) / z.size


def sigmoid_mse(logits, targets):
    """Mean squared error of sigmoid(logits).

    >>> sigmoid_mse([0, 0], [1, 0])
    0.25
    """
    z, y = binary_pair(logits, targets)
    return float(np.mean((sigmoid(z) - y) ** 2))


def sigmoid_mse_grad(logits, targets):
    """Gradient of the mean: 2 (p - y) p (1 - p) / size.

    >>> sigmoid_mse_grad([0], [1])
    array([-0.25])
    """
    z, y = binary_pair(logits, targets)
    slope = sigmoid(z) * sigmoid(-z)  # p (1 - p)
    return 2 * (sigmoid(z) - y) * slope / z.size


def double_softmax_bounds(k):
    """Least and most loss that softmax twice can reach.

    For k >= 2 classes; they are always 1 apart.

    >>> low, high = double_softmax_bounds(3)
    >>> print(round(low, 4), round(high, 4))
    0.5514 1.5514
    """
    k = whole("k", k, 2)
    low = np.log1p((k - 1) / np.e)
    return float(low), float(np.log(np.e + k - 1))


def perplexity(mean_ce):
    """exp of a mean cross-entropy in nats, one number.

    >>> print(round(perplexity(np.log(6)), 4))
    6.0
    """
    ce = real("mean_ce", mean_ce)
    if ce.ndim or ce < 0:
        raise ValueError(
            f"mean_ce must be one number >= 0, got {ce}"
        )
    return float(np.exp(ce))


def kl_divergence(p, q):
    """Sum of p ln(p / q): what q costs if p is true.

    Both are (K,). Where p is 0 nothing is added; where only
    q is 0 it is inf.

    >>> print(round(kl_divergence([1, 0], [0.5, 0.5]), 4))
    0.6931
    """
    p = distributions("p", p, 1)
    q = distributions("q", q, 1)
    if p.shape != q.shape:
        raise ValueError(
            "p and q must have one shape, "
            f"got {p.shape} and {q.shape}"
        )
    seen = p > 0
    p, q = p[seen], q[seen]
    if np.any(q == 0):
        return np.inf
    return float(np.sum(p * (np.log(p) - np.log(q))))
