"""Manifolds in NumPy: a roll, its chart, dimensions."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist


def real(name, x):
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
    if x.size == 0:
        raise ValueError(
            f"{name} must not be empty, got shape {x.shape}"
        )
    x = x.astype(float)
    fits = np.abs(x) <= 1e100  # False for nan
    if not fits.all():
        raise ValueError(
            f"{name} must be finite, at most 1e100 in "
            f"size, got {x[~fits][0]}"
        )
    return x


def number(name, x, least=-np.inf):
    """One real number, at least `least`, as a float.

    >>> number("noise", 1, least=0)
    1.0
    """
    x = real(name, x)
    if x.ndim:
        raise ValueError(
            f"{name} must be one number, got {x}"
        )
    if x < least:
        raise ValueError(
            f"{name} must be >= {least}, got {x}"
        )
    return float(x)


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


def axes(name, x, ndim, least=1):
    """A copy of x with ndim axes and `least` rows or more.

    >>> axes("X", [[1, 2]], 2)
    array([[1., 2.]])
    """
    x = real(name, x)
    if x.ndim != ndim or len(x) < least:
        raise ValueError(
            f"{name} must have {ndim} axes and {least} "
            f"rows or more, got shape {x.shape}"
        )
    return x


def swiss_roll_point(t, h):
    """Points (..., 3) of the roll at angle t, height h.

    >>> swiss_roll_point(2 * np.pi, 5).round(3)
    array([ 6.283,  5.   , -0.   ])
    """
    t, h = np.broadcast_arrays(real("t", t), real("h", h))
    x, z = t * np.cos(t), t * np.sin(t)
    return np.stack([x, h, z], axis=-1)


def swiss_roll(n, rng, *, noise=0.0):
    """Random points X (n, 3), their t (n,) and h (n,).

    t is uniform in [1.5 pi, 4.5 pi], h in [0, 21]; noise
    is the standard deviation added to each coordinate.

    >>> rng = np.random.default_rng(0)
    >>> X, t, h = swiss_roll(5, rng)
    >>> bool(np.all(X == swiss_roll_point(t, h)))
    True
    """
    n = whole("n", n, 1)
    noise = number("noise", noise, least=0)
    t = 1.5 * np.pi * (1 + 2 * rng.random(n))
    h = 21 * rng.random(n)
    X = swiss_roll_point(t, h)
    return X + noise * rng.normal(size=X.shape), t, h


def arc_length(t):
    """Length of the roll's spiral from angle 0 to t.

    >>> arc_length([0, 2 * np.pi]).round(4)
    array([ 0.    , 21.2563])
    """
    t = real("t", t)
    return (t * np.hypot(1, t) + np.arcsinh(t)) / 2


def inverse_arc_length(s):
    """The angle t with arc_length(t) = s, by Newton.

    >>> inverse_arc_length([0, 21.2563]).round(4)
    array([0.    , 6.2832])
    """
    s = real("s", s)
    t = np.sqrt(2 * np.abs(s))  # never too small
    for _ in range(8):
        excess = arc_length(t) - np.abs(s)
        t = t - excess / np.hypot(1, t)
    return np.copysign(t, s)


def geodesic_distance(t1, h1, t2, h2):
    """Distance along the roll, of numbers or arrays.

    In the chart (arc length, height) it is Euclid's.

    >>> print(geodesic_distance([0, 0], 0, 0, [3, 4]))
    [3. 4.]
    """
    ds = arc_length(real("t2", t2))
    ds = ds - arc_length(real("t1", t1))
    return np.hypot(ds, real("h2", h2) - real("h1", h1))


def lerp(a, b, u):
    """Points (m, d) from a (d,) to b, at shares u (m,).

    >>> lerp([0, 0], [4, 8], [0.5, 1])
    array([[2., 4.],
           [4., 8.]])
    """
    a, b = axes("a", a, 1), axes("b", b, 1)
    if a.shape != b.shape:
        raise ValueError(
            "a and b must have one shape, "
            f"got {a.shape} and {b.shape}"
        )
    u = axes("u", u, 1)[:, None]
    return (1 - u) * a + u * b


def geodesic_interpolate(t1, h1, t2, h2, u):
    """Points (m, 3) of the roll's shortest path.

    From (t1, h1) to (t2, h2), at shares u (m,) of its
    length: a straight line in the chart, rolled up.

    >>> geodesic_interpolate(0, 0, 0, 8, [0.25])
    array([[0., 2., 0.]])
    """
    t1, t2 = number("t1", t1), number("t2", t2)
    h1, h2 = number("h1", h1), number("h2", h2)
    start = [arc_length(t1), h1]
    end = [arc_length(t2), h2]
    s, h = lerp(start, end, u).T
    return swiss_roll_point(inverse_arc_length(s), h)


def neighbors(X, k):
    """Distances and places (n, k) of k nearest others.

    1 <= k < n; X is (n, d).

    >>> neighbors([[0], [1], [5]], 1)[0].ravel()
    array([1., 1., 4.])
    """
    X, k = axes("X", X, 2, least=2), whole("k", k, 1)
    n = len(X)
    if k >= n:
        raise ValueError(
            f"k must be below the {n} points, got {k}"
        )
    distances, places = KDTree(X).query(X, k + 1)
    own = places == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True  # behind duplicates
    shape = n, k
    return (
        distances[~own].reshape(shape),
        places[~own].reshape(shape),
    )


def knn_graph_distances(X, k, sources=None):
    """Shortest paths (n, n) in a graph of k neighbors.

    An edge joins two points if either is among the k
    nearest of the other; inf where no path leads. From
    the points `sources` alone: (m, n).

    >>> knn_graph_distances([[0], [1], [3]], 1)
    array([[0., 1., 3.],
           [1., 0., 2.],
           [3., 2., 0.]])
    """
    lengths, places = neighbors(X, k)
    n = len(lengths)
    ends = np.arange(0, n * k + 1, k)
    graph = csr_array(
        (lengths.ravel(), places.ravel(), ends), (n, n)
    )
    return shortest_path(
        graph, method="D", directed=False, indices=sources
    )


def classical_mds(D, dim):
    """Points (n, dim) whose distances come close to D.

    D is (n, n), symmetric, with zeros on the diagonal.

    >>> D = [[0, 3], [3, 0]]
    >>> np.abs(classical_mds(D, 1)).ravel()
    array([1.5, 1.5])
    """
    D, dim = axes("D", D, 2), whole("dim", dim, 1)
    n = len(D)
    square = D.shape == (n, n)
    if not square or np.any(D < 0) or np.any(np.diag(D)):
        raise ValueError(
            "D must be (n, n), >= 0, with a diagonal of 0, "
            f"got shape {D.shape}, least {D.min()}"
        )
    if not np.allclose(D, D.T):
        raise ValueError(
            "D must be symmetric, but differs from D.T by "
            f"{np.abs(D - D.T).max()}"
        )
    if dim > n:
        raise ValueError(f"dim must be <= {n}, got {dim}")
    B = D**2
    B -= B.mean(axis=0)
    B -= B.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(-B / 2)
    values, vectors = values[::-1], vectors[:, ::-1]
    length = np.sqrt(np.maximum(values[:dim], 0))
    return vectors[:, :dim] * length


def pca_explained_ratio(X):
    """Shares of the variance of X (n, d), largest first.

    One for each of min(n, d) components.

    >>> X = [[0, 0], [4, 0], [0, 2], [4, 2]]
    >>> pca_explained_ratio(X)
    array([0.8, 0.2])
    """
    X = axes("X", X, 2, least=2)
    X -= X.mean(axis=0)
    power = np.linalg.svd(X, compute_uv=False) ** 2
    if power.sum() == 0:
        raise ValueError(
            "X must not be all the same row, got "
            f"shape {X.shape}"
        )
    return power / power.sum()


def distinct_neighbors(X, k):
    """Distances (n, k) to the k nearest; none is 0.

    >>> distinct_neighbors([[0], [1], [5]], 2)
    array([[1., 5.],
           [1., 4.],
           [4., 5.]])
    """
    r, _ = neighbors(X, k)
    if np.any(r == 0):
        raise ValueError(
            "X must not have duplicates, got "
            f"{np.sum(r[:, 0] == 0)} rows that have one"
        )
    return r


def log_ratios(X):
    """log(r2 / r1) of each point's two neighbors: (n,).

    >>> log_ratios([[0], [1], [5]]).round(2)
    array([1.61, 1.39, 0.22])
    """
    r1, r2 = distinct_neighbors(X, 2).T
    log_mu = np.log(r2 / r1)
    if not np.any(log_mu):
        raise ValueError(
            "X must have some neighbors at two distances, "
            f"got {len(log_mu)} ratios of 1"
        )
    return log_mu


def two_nn_curve(X, discard):
    """log mu and -log(1 - F), sorted, without the top.

    mu is r2 / r1 and F its empirical distribution, i / n.

    >>> two_nn_curve([[0], [1], [5]], 0.4)[1].round(3)
    array([0.405])
    """
    discard = number("discard", discard, least=0)
    if discard >= 1:
        raise ValueError(
            f"discard must be in [0, 1), got {discard}"
        )
    log_mu = np.sort(log_ratios(X))
    n = len(log_mu)
    kept = min(int(n * (1 - discard)), n - 1)
    if not np.any(log_mu[:kept]):
        raise ValueError(
            "discard must leave a ratio above 1, "
            f"got {discard} of {n}"
        )
    F = np.arange(1, kept + 1) / n
    return log_mu[:kept], -np.log(1 - F)


def two_nn(X, *, discard=0.1):
    """Intrinsic dimension of X (n, d), n >= 3: a slope.

    Line through 0 of -log(1 - F) on log mu, without the
    share `discard` of largest mu. Facco et al. (2017).

    >>> rng = np.random.default_rng(0)
    >>> print(round(two_nn(rng.random((999, 2)))))
    2
    """
    x, y = two_nn_curve(X, discard)
    return float(x @ y / (x @ x))


def two_nn_mle(X):
    """Intrinsic dimension of X (n, d) by likelihood.

    Its standard error is about d / sqrt(n).

    >>> rng = np.random.default_rng(0)
    >>> print(round(two_nn_mle(rng.random((999, 2)))))
    2
    """
    log_mu = log_ratios(X)
    return float((len(log_mu) - 1) / log_mu.sum())


def levina_bickel(X, k, *, average="inverse"):
    """Intrinsic dimension of X (n, d) from k neighbors.

    3 <= k < n. "mean" averages the points' estimates, as
    Levina and Bickel do; "inverse" their inverses, as
    MacKay and Ghahramani recommend.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((999, 2))
    >>> print(round(levina_bickel(X, 10)))
    2
    """
    k = whole("k", k, 3)
    r = distinct_neighbors(X, k)
    total = np.log(r[:, -1:] / r[:, :-1]).sum(axis=1)
    if not total.all():
        raise ValueError(
            f"X must not have {k} neighbors all equally "
            f"far, got {np.sum(total == 0)} such rows"
        )
    if average == "inverse":
        return float((k - 1) / total.mean())
    if average == "mean":
        return float(np.mean((k - 2) / total))
    raise ValueError(
        "average must be 'inverse' or 'mean', "
        f"got {average!r}"
    )


def nearest_distance(Q, X, besides=None):
    """Distance (m,) of each row of Q (m, d) to X (n, d).

    But for the rows of X whose numbers are in the same
    row of `besides` (m, j).

    >>> X = [[3, 4], [6, 8]]
    >>> nearest_distance([[0, 0]], X, besides=[[0]])
    array([10.])
    """
    Q, X = axes("Q", Q, 2), axes("X", X, 2)
    if Q.shape[1] != X.shape[1]:
        raise ValueError(
            "Q and X must have rows of one length, "
            f"got {Q.shape[1]} and {X.shape[1]}"
        )
    D = cdist(Q, X)
    if besides is not None:
        np.put_along_axis(D, np.array(besides), np.inf, 1)
    return D.min(axis=1)


def two_spirals(n, rng, *, turns, noise=0.0):
    """Points X (n, 2) on two arms, and the arm y (n,).

    Each arm winds `turns` times, out to radius 1.

    >>> rng = np.random.default_rng(0)
    >>> X, y = two_spirals(4, rng, turns=1)
    >>> y
    array([0, 1, 0, 1])
    """
    n, y = whole("n", n, 2), np.arange(n) % 2
    turns = number("turns", turns, least=0)
    noise = number("noise", noise, least=0)
    r = rng.uniform(0.1, 1.0, n)
    angle = 2 * np.pi * turns * r + np.pi * y
    X = r * np.stack([np.cos(angle), np.sin(angle)])
    return X.T + noise * rng.normal(size=(n, 2)), y
