"""L1 and L2 penalties in NumPy: what each does, exactly."""

import numpy as np


def real(name, x):
    """A float64 copy of x, real, at most 1e30 in size.

    So nan and inf are refused, and all results are finite.

    >>> real("w", [3, -4])
    array([ 3., -4.])
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} must be real numbers, got {x.dtype}"
        )
    x = x.astype(float)
    fits = np.abs(x) <= 1e30  # False for nan
    if not fits.all():
        raise ValueError(
            f"{name} must be finite, at most 1e30 in "
            f"size, got {x[~fits][0]}"
        )
    return x


def scalar(name, x, *, positive=False):
    """One number x >= 0, or x > 0, as a float.

    >>> scalar("lam", 1)
    1.0
    """
    value = real(name, x)
    if value.ndim or value < 0 or (positive and value == 0):
        raise ValueError(
            f"{name} must be one number "
            f"{'>' if positive else '>='} 0, got {x!r}"
        )
    return float(value)


def whole(name, n, least):
    """The integer n, at least `least`, as an int.

    >>> whole("steps", 3, 0)
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


def matrix(name, X):
    """A float copy of X (n, d); neither may be 0.

    What is not 0 is at least 1e-30 in size, so that its
    square is not 0 either.

    >>> matrix("X", [[1, 2]])
    array([[1., 2.]])
    """
    X = real(name, X)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(
            f"{name} must be (n, d), not empty, "
            f"got shape {X.shape}"
        )
    tiny = (X != 0) & (np.abs(X) < 1e-30)
    if tiny.any():
        raise ValueError(
            f"{name} must be 0 or at least 1e-30 in "
            f"size, got {X[tiny][0]}"
        )
    return X


def regression(X, y):
    """Float copies of X (n, d) and its targets y (n,).

    >>> regression([[1, 2]], [3])
    (array([[1., 2.]]), array([3.]))
    """
    X, y = matrix("X", X), real("y", y)
    if y.shape != X.shape[:1]:
        raise ValueError(
            f"y must be ({len(X)},) to fit X {X.shape}, "
            f"got shape {y.shape}"
        )
    return X, matrix("y", y[:, None])[:, 0]


def centered(x):
    """x minus its mean over rows; constants are exactly 0.

    >>> centered(np.array([0.1, 0.1, 0.1]))
    array([0., 0., 0.])
    """
    x = x - x[0]
    return x - x.mean(axis=0)


def l1_penalty(w, lam):
    """lam * sum of |w|, for w of any shape.

    >>> l1_penalty([3, -4], 0.5)
    3.5
    """
    w, lam = real("w", w), scalar("lam", lam)
    return lam * float(np.abs(w).sum())


def half_or_one(convention):
    """The factor before lam * sum(w²): 1 or 1/2.

    >>> half_or_one("half")
    0.5
    """
    if convention not in ("keras", "half"):
        raise ValueError(
            "convention must be 'keras' or 'half', "
            f"got {convention!r}"
        )
    return 1.0 if convention == "keras" else 0.5


def l2_penalty(w, lam, *, convention="keras"):
    """lam * sum of w², or "half" of it, the textbook's.

    >>> l2_penalty([3, -4], 0.1)
    2.5
    >>> l2_penalty([3, -4], 0.1, convention="half")
    1.25
    """
    w, lam = real("w", w), scalar("lam", lam)
    factor = half_or_one(convention)
    return factor * lam * float(np.sum(w**2))


def l2_gradient(w, lam, *, convention="keras"):
    """Gradient of l2_penalty: 2 lam w, or lam w for "half".

    >>> l2_gradient([3, -4], 0.5)
    array([ 3., -4.])
    """
    w, lam = real("w", w), scalar("lam", lam)
    return 2 * half_or_one(convention) * lam * w


def thresholds(t, z):
    """A float copy of t >= 0 that fits z's shape.

    >>> thresholds(1, np.zeros(3))
    array(1.)
    """
    t = real("t", t)
    if np.any(t < 0):
        raise ValueError(f"t must be >= 0, got {t.min()}")
    pairs = zip(t.shape[::-1], z.shape[::-1])
    wide = any(a not in (1, b) for a, b in pairs)
    if wide or t.ndim > z.ndim:
        raise ValueError(
            f"t must fit z's shape {z.shape}, "
            f"got shape {t.shape}"
        )
    return t


def soft_threshold(z, t):
    """The w with the least (w - z)²/2 + t |w|.

    Each z moves t toward 0 and stops there; t >= 0 is one
    number or fits z's shape.

    >>> soft_threshold([-2, 0.3, 1.7], 0.5)
    array([-1.5,  0. ,  1.2])
    """
    z = real("z", z)
    t = thresholds(t, z)
    return z - np.clip(z, -t, t)


def shrink(z, t):
    """The w with the least (w - z)²/2 + t w²/2.

    Each z is divided by 1 + t, for one number t >= 0.

    >>> shrink([-2, 0.3, 1.8], 0.5).round(4)
    array([-1.3333,  0.2   ,  1.2   ])
    """
    return real("z", z) / (1 + scalar("t", t))


def decomposed(X):
    """U, s, Vt of X; an s of rounding errors only is 0.

    >>> decomposed(np.ones((2, 2)))[1].round(4)
    array([2., 0.])
    """
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    noise = max(X.shape) * np.finfo(float).eps * s[0]
    return U, np.where(s > noise, s, 0.0), Vt


def ridge_map(X, lam):
    """A (d, n), (X'X + lam I)^-1 X': the weights are A y.

    With lam 0 the pseudoinverse: the shortest w that fits.

    >>> ridge_map(np.array([[2.0]]), 4).round(4)
    array([[0.25]])
    """
    U, s, Vt = decomposed(X)
    gain = np.zeros_like(s)
    np.divide(s, s**2 + lam, out=gain, where=s > 0)
    return (Vt.T * gain) @ U.T


def ridge(X, y, lam, *, fit_intercept=True):
    """w (d,), b with the least sum(r²) + lam sum(w²).

    Residuals are r = y - X @ w - b, so b goes unpenalized.
    Any n and d will do, and columns may be dependent.

    >>> w, b = ridge([[0], [2]], [1, 5], 2)
    >>> print(w, b)
    [1.] 2.0
    """
    X, y = regression(X, y)
    lam = scalar("lam", lam)
    if not fit_intercept:
        return ridge_map(X, lam) @ y, 0.0
    w = ridge_map(centered(X), lam) @ centered(y)
    return w, float(y.mean() - X.mean(axis=0) @ w)


def ridge_shrinkage(X, lam):
    """What ridge leaves of the fit, one for each direction.

    s²/(s² + lam) for the singular values s of the centered
    X, largest first: (min(n, d),).

    >>> ridge_shrinkage([[2, 0], [0, 1], [-2, -1]], 0)
    array([1., 1.])
    """
    X, lam = matrix("X", X), scalar("lam", lam)
    _, s, _ = decomposed(centered(X))
    kept = np.zeros_like(s)
    np.divide(s**2, s**2 + lam, out=kept, where=s > 0)
    return kept


def degrees_of_freedom(X, lam):
    """Sum of ridge_shrinkage; with lam 0 the rank of X.

    >>> X = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    >>> print(round(degrees_of_freedom(X, 4), 4))
    1.0
    """
    return float(ridge_shrinkage(X, lam).sum())


def lasso_objective(X, y, w, b, lam):
    """mean(r²)/2 + lam sum |w|, for r = y - X @ w - b.

    >>> lasso_objective([[1], [2]], [2, 2], [1], 0, 0.5)
    0.75
    """
    (X, y), w = regression(X, y), real("w", w)
    penalty, b = l1_penalty(w, lam), real("b", b)
    if w.shape != X.shape[1:] or b.ndim:
        raise ValueError(
            f"w, b must have shapes ({X.shape[1]},), (), "
            f"got {w.shape}, {b.shape}"
        )
    r = y - X @ w - b
    return float(np.mean(r**2) / 2 + penalty)


def lasso_lambda_max(X, y):
    """The least lam at which every lasso weight is 0.

    The strongest pull of the data at w = 0: max |X'y| / n,
    both centered.

    >>> lasso_lambda_max([[1], [-1]], [3, 1])
    1.0
    """
    X, y = map(centered, regression(X, y))
    return float(np.abs(X.T @ y).max() / len(y))


def lasso_cd(X, y, lam, *, max_iter=10_000, tol=1e-12):
    """w (d,), b with the least lasso_objective.

    One weight at a time: each step is a soft threshold.
    Stops after a sweep whose steps change no prediction by
    more than tol times the largest centered y; ValueError
    if max_iter sweeps do not get there.

    >>> w, b = lasso_cd([[1], [-1]], [5, 1], 0.5)
    >>> print(w, b)
    [1.5] 3.0
    """
    X, y = regression(X, y)
    lam, tol = scalar("lam", lam), scalar("tol", tol)
    A, r = centered(X), centered(y)
    n, w = len(y), np.zeros(A.shape[1])
    gram, pull = A.T @ A / n, A.T @ r / n  # (d, d), (d,)
    size, enough = np.abs(A).max(axis=0), np.abs(r).max()
    for _ in range(whole("max_iter", max_iter, 1)):
        largest = 0.0
        for j in np.flatnonzero(size):
            z = pull[j] + gram[j, j] * w[j]
            z -= min(max(z, -lam), lam)  # soft threshold
            step = z / gram[j, j] - w[j]
            w[j] += step
            pull -= step * gram[j]
            largest = max(largest, size[j] * abs(step))
        if largest <= tol * enough:
            return w, float(y.mean() - X.mean(axis=0) @ w)
    raise ValueError(
        f"max_iter must be more than {max_iter} for tol "
        f"{tol}: a step of {largest} is left"
    )


def smooth_part(X, y):
    """Gradient of mean(r²)/2 as a function, and 1/L.

    Both centered; L is the largest curvature.

    >>> gradient, step = smooth_part([[2], [-2]], [1, -1])
    >>> print(gradient(np.zeros(1)), round(step, 4))
    [-2.] 0.25
    """
    X, y = map(centered, regression(X, y))
    curvature = np.linalg.norm(X, 2) ** 2 / len(y)

    def gradient(w):
        return X.T @ (X @ w - y) / len(y)

    return gradient, 1 / curvature if curvature else 0.0


def ista(X, y, lam, steps, *, accelerate=False):
    """Lasso by gradient steps, each with a soft threshold.

    Of length 1/L, from 0; returns w (d,) and its path
    (steps, d). With accelerate it is FISTA, whose steps
    start ahead of w.

    >>> w, path = ista([[2], [-2]], [2, -2], 1, 5)
    >>> print(w, path.shape)
    [0.75] (5, 1)
    """
    gradient, step = smooth_part(X, y)
    lam = scalar("lam", lam)
    shape = whole("steps", steps, 0), np.shape(X)[1]
    path, k = np.empty(shape), 1.0
    w = ahead = np.zeros(shape[1])
    for row in path:
        old, z = w, ahead - step * gradient(ahead)
        w = ahead = soft_threshold(z, step * lam)
        if accelerate:
            k, before = (1 + np.sqrt(1 + 4 * k**2)) / 2, k
            ahead = w + (before - 1) / k * (w - old)
        row[:] = w
    return w, path


def l1_subgradient(X, y, lam, lr, steps):
    """Lasso by plain descent: the slope of |w| is sign(w).

    From 0, with 0 < lr <= 2/L; returns w (d,) and its path
    (steps, d).

    >>> X, y = [[2], [-2]], [2, -2]
    >>> w, path = l1_subgradient(X, y, 5, 0.1, 4)
    >>> path[:, 0].round(2)
    array([ 0.4 ,  0.14, -0.02,  0.89])
    """
    gradient, step = smooth_part(X, y)
    lam = scalar("lam", lam)
    lr = scalar("lr", lr, positive=True)
    if step and lr > 2 * step:
        raise ValueError(
            f"lr must be at most 2/L = {2 * step}, got {lr}"
        )
    shape = whole("steps", steps, 0), np.shape(X)[1]
    path, w = np.empty(shape), np.zeros(shape[1])
    for row in path:
        w = w - lr * (gradient(w) + lam * np.sign(w))
        row[:] = w
    return w, path


def project_l1_ball(v, t):
    """The point nearest to v whose |w| sum to t at most.

    Of v (d,), or of each row of v (..., d); t > 0. It is a
    soft threshold, as large as it must be. Duchi et al.
    (2008).

    >>> project_l1_ball([3, 1], 1)
    array([1., 0.])
    """
    v, t = real("v", v), scalar("t", t, positive=True)
    if v.ndim == 0 or v.size == 0:
        raise ValueError(
            f"v must be (..., d), not empty, got {v.shape}"
        )
    sizes = -np.sort(-np.abs(v), axis=-1)  # falling
    excess = np.cumsum(sizes, axis=-1) - t
    counts = np.arange(1, v.shape[-1] + 1)
    t = (excess / counts).max(axis=-1, keepdims=True)
    return soft_threshold(v, np.maximum(t, 0.0))


def vertex_probability(s):
    """Chance that a point of a circle projects on a vertex.

    Of the diamond |x| + |y| <= t, from the circle of radius
    R around it, all angles alike; s = t / R is in (0, 1].

    >>> print(vertex_probability(0.5).round(4))
    0.5399
    """
    s = real("s", s)
    inside = (s > 0) & (s <= 1)
    if not inside.all():
        raise ValueError(
            f"s must be in (0, 1], got {s[~inside][0]}"
        )
    return 4 / np.pi * np.arccos(s / np.sqrt(2)) - 1


def ridge_bias_variance(X, beta, sigma, lam, Xtest):
    """Squared bias and variance of ridge's predictions.

    Over noise of standard deviation sigma in y = X @ beta +
    noise; X (n, d) fixed, no intercept; means over the rows
    of Xtest (m, d).

    >>> X, x, sd, lam = [[1], [1]], [[1]], 1, 1
    >>> found = ridge_bias_variance(X, [3], sd, lam, x)
    >>> print(*np.round(found, 4))
    1.0 0.2222
    """
    X, Xtest = matrix("X", X), matrix("Xtest", Xtest)
    beta, d = real("beta", beta), X.shape[1:]
    if not beta.shape == Xtest.shape[1:] == d:
        raise ValueError(
            f"beta, Xtest must be {d}, (m, {d[0]}), "
            f"got shapes {beta.shape}, {Xtest.shape}"
        )
    sigma = scalar("sigma", sigma)
    A = ridge_map(X, scalar("lam", lam))
    bias = Xtest @ (A @ (X @ beta) - beta)  # (m,)
    spread = sigma**2 * np.sum((Xtest @ A) ** 2, axis=1)
    return float(np.mean(bias**2)), float(spread.mean())


def weights_and_gradient(w, g):
    """Float copies of w and of its gradient g, one shape.

    >>> weights_and_gradient([1], [2])
    (array([1.]), array([2.]))
    """
    w, g = real("w", w), real("g", g)
    if w.shape != g.shape:
        raise ValueError(
            f"g must have w's shape {w.shape}, "
            f"got {g.shape}"
        )
    return w, g


def sgd_step(w, g, lr, wd=0.0):
    """Weights after a step of SGD along the gradient g.

    Weight decay and the "half" penalty are the same here.

    >>> sgd_step([3, -4], [0, 0], 1, wd=0.1)
    array([ 2.7, -3.6])
    """
    w, g = weights_and_gradient(w, g)
    lr, wd = scalar("lr", lr), scalar("wd", wd)
    return w - lr * (g + wd * w)


def averaging(betas, state, w):
    """Adam's two rates, its step count and two averages.

    >>> averaging((0.9, 0.99), {}, np.ones(1))
    (0.9, 0.99, 0, array([0.]), array([0.]))
    """
    b = real("betas", betas)
    if b.shape != (2,) or min(b) < 0 or max(b) >= 1:
        raise ValueError(
            f"betas must be two in [0, 1), got {betas}"
        )
    first = {"step": 0, "m": 0 * w, "v": 0 * w}
    state = state or first
    known = state.keys() == first.keys()
    if not known or np.shape(state["m"]) != w.shape:
        raise ValueError(
            "state must be {} or that of weights "
            f"{w.shape}, got {state}"
        )
    return *b.tolist(), *(state[key] for key in first)


def adam_step(
    w,
    g,
    state,
    lr,
    *,
    betas=(0.9, 0.999),
    eps=1e-8,
    l2=0.0,
    decoupled=0.0,
):
    """Weights and a new state after a step of Adam.

    The first state is {}. l2 * w joins the gradient, as
    with Adam's weight_decay in PyTorch; decoupled shrinks
    the weights directly, as in AdamW.

    >>> w, state = adam_step([1], [5], {}, 0.5)
    >>> print(w, state["step"])
    [0.5] 1
    """
    w, g = weights_and_gradient(w, g)
    lr, l2 = scalar("lr", lr), scalar("l2", l2)
    decoupled = scalar("decoupled", decoupled)
    eps = scalar("eps", eps, positive=True)
    b1, b2, step, m, v = averaging(betas, state, w)
    step, g = step + 1, g + l2 * w
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    mean, square = m / (1 - b1**step), v / (1 - b2**step)
    w = w - lr * decoupled * w
    w = w - lr * mean / (np.sqrt(square) + eps)
    return w, {"step": step, "m": m, "v": v}
