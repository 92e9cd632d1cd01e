"""Manifolds against SciPy, scikit-learn, PyTorch, closed forms and values by hand."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.sparse.csgraph import floyd_warshall
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.datasets import make_swiss_roll
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from torch import nn

from snippets.manifold.experiments import (
    all_geodesics,
    bridges,
    correlation,
    curve_of,
    disc_and_ring,
    exercises,
    gap_to_roll,
    linear_r2,
    lines,
    mutual_distances,
    pieces,
    project,
    residual,
    two_turns,
    visits,
    with_edge,
)
from snippets.manifold.interactive import nearest_angle, neighbor_ratios, two_points
from snippets.manifold.keras_ import keras_autoencoder
from snippets.manifold.scratch import (
    arc_length,
    axes,
    classical_mds,
    distinct_neighbors,
    geodesic_distance,
    geodesic_interpolate,
    inverse_arc_length,
    knn_graph_distances,
    lerp,
    levina_bickel,
    log_ratios,
    nearest_distance,
    neighbors,
    number,
    pca_explained_ratio,
    real,
    swiss_roll,
    swiss_roll_point,
    two_nn,
    two_nn_curve,
    two_nn_mle,
    two_spirals,
    whole,
)
from snippets.manifold.torch_ import (
    fit_autoencoder,
    fit_mlp,
    fit_net,
    layer_outputs,
    mlp,
    outputs,
    probabilities,
    rows,
)


def generator(seed=0):
    return np.random.default_rng(seed)


def cloud(n=30, d=3, seed=0):
    return generator(seed).normal(size=(n, d))


# Bad input, wherever it goes in

OK = [[0.0, 1.0], [2.0, 5.0], [7.0, 3.0], [4.0, 4.5], [1.0, 9.0]]
REAL = {  # argument, call
    "real": ("x", lambda x: real("x", x)),
    "number": ("x", lambda x: number("x", x)),
    "axes": ("x", lambda x: axes("x", x, 1)),
    "swiss_roll_point, t": ("t", lambda x: swiss_roll_point(x, 0)),
    "swiss_roll_point, h": ("h", lambda x: swiss_roll_point(0, x)),
    "swiss_roll": ("noise", lambda x: swiss_roll(2, generator(), noise=x)),
    "arc_length": ("t", arc_length),
    "inverse_arc_length": ("s", inverse_arc_length),
    "geodesic_distance, t1": ("t1", lambda x: geodesic_distance(x, 0, 0, 0)),
    "geodesic_distance, h1": ("h1", lambda x: geodesic_distance(0, x, 0, 0)),
    "geodesic_distance, t2": ("t2", lambda x: geodesic_distance(0, 0, x, 0)),
    "geodesic_distance, h2": ("h2", lambda x: geodesic_distance(0, 0, 0, x)),
    "geodesic_interpolate, t1": ("t1", lambda x: geodesic_interpolate(x, 0, 0, 0, [0])),
    "geodesic_interpolate, h1": ("h1", lambda x: geodesic_interpolate(0, x, 0, 0, [0])),
    "geodesic_interpolate, t2": ("t2", lambda x: geodesic_interpolate(0, 0, x, 0, [0])),
    "geodesic_interpolate, h2": ("h2", lambda x: geodesic_interpolate(0, 0, 0, x, [0])),
    "geodesic_interpolate, u": ("u", lambda x: geodesic_interpolate(0, 0, 0, 0, x)),
    "lerp, a": ("a", lambda x: lerp(x, [0, 0], [0])),
    "lerp, b": ("b", lambda x: lerp([0, 0], x, [0])),
    "lerp, u": ("u", lambda x: lerp([0, 0], [0, 0], x)),
    "neighbors": ("X", lambda x: neighbors(x, 1)),
    "knn_graph_distances": ("X", lambda x: knn_graph_distances(x, 1)),
    "classical_mds": ("D", lambda x: classical_mds(x, 1)),
    "pca_explained_ratio": ("X", pca_explained_ratio),
    "distinct_neighbors": ("X", lambda x: distinct_neighbors(x, 1)),
    "log_ratios": ("X", log_ratios),
    "two_nn_curve, X": ("X", lambda x: two_nn_curve(x, 0.1)),
    "two_nn_curve, discard": ("discard", lambda x: two_nn_curve(OK, x)),
    "two_nn, X": ("X", two_nn),
    "two_nn, discard": ("discard", lambda x: two_nn(OK, discard=x)),
    "two_nn_mle": ("X", two_nn_mle),
    "levina_bickel": ("X", lambda x: levina_bickel(x, 3)),
    "nearest_distance, Q": ("Q", lambda x: nearest_distance(x, OK)),
    "nearest_distance, X": ("X", lambda x: nearest_distance(OK, x)),
    "two_spirals, turns": ("turns", lambda x: two_spirals(2, generator(), turns=x)),
    "two_spirals, noise": ("noise", lambda x: two_spirals(2, generator(), turns=1, noise=x)),
    "rows": ("X", lambda x: rows("X", x)),
    "outputs": ("X", lambda x: outputs(nn.Tanh(), x)),
    "probabilities": ("X", lambda x: probabilities(nn.Tanh(), x)),
    "layer_outputs": ("X", lambda x: layer_outputs(mlp([2, 2, 2], nn.Tanh), x)),
    "fit_autoencoder": ("X", lambda x: fit_autoencoder(x, 1, 0)),
    "fit_net": ("X", lambda x: fit_net(x, [0, 1], [1], 0)),
    "fit_mlp": ("X", lambda x: fit_mlp(x, [0, 1], [1], 0)),
}
every_real = pytest.mark.parametrize(("name", "call"), REAL.values(), ids=REAL)


@pytest.mark.parametrize("x", [[True], [False, True], ["1"], [None], [1j], [b"1"], [{}]])
@every_real
def test_what_is_no_real_number_is_a_type_error(name, call, x):
    with pytest.raises(TypeError) as error:
        call(x)
    assert str(error.value) == f"{name} must be real numbers, got {np.asarray(x).dtype}"


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf, 1.1e100, -1.1e100])
@every_real
def test_a_number_too_large_or_none_is_a_value_error(name, call, x):
    with pytest.raises(ValueError, match="must be finite") as error:
        call([[0.5, x]])
    assert str(error.value) == f"{name} must be finite, at most 1e100 in size, got {x}"


@every_real
def test_nothing_is_a_value_error(name, call):
    with pytest.raises(ValueError, match="must not be empty") as error:
        call(np.zeros((0, 2)))
    assert str(error.value) == f"{name} must not be empty, got shape (0, 2)"


@pytest.mark.parametrize("x", [3, 2.5, [1, 2], np.float32(0.1), np.arange(3, dtype="uint8"), 1e100])
def test_real_is_a_new_float64(x):
    copy = real("x", x)
    assert copy.dtype == np.float64
    assert_array_equal(copy, np.asarray(x, float))
    kept = np.ones(3)
    real("x", kept)[0] = 2
    assert_array_equal(kept, 1)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("noise", lambda x: swiss_roll(2, generator(), noise=x)),
        ("t1", lambda x: geodesic_interpolate(x, 0, 0, 0, [0])),
        ("h1", lambda x: geodesic_interpolate(0, x, 0, 0, [0])),
        ("t2", lambda x: geodesic_interpolate(0, 0, x, 0, [0])),
        ("h2", lambda x: geodesic_interpolate(0, 0, 0, x, [0])),
        ("discard", lambda x: two_nn(OK, discard=x)),
        ("turns", lambda x: two_spirals(2, generator(), turns=x)),
        ("noise", lambda x: two_spirals(2, generator(), turns=1, noise=x)),
    ],
)
def test_many_numbers_for_one(name, call):
    with pytest.raises(ValueError, match="must be one number") as error:
        call([0.5, 0.25])
    assert str(error.value) == f"{name} must be one number, got [0.5  0.25]"


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("noise", lambda x: swiss_roll(2, generator(), noise=x)),
        ("discard", lambda x: two_nn(OK, discard=x)),
        ("turns", lambda x: two_spirals(2, generator(), turns=x)),
        ("noise", lambda x: two_spirals(2, generator(), turns=1, noise=x)),
    ],
)
def test_a_negative_number(name, call):
    with pytest.raises(ValueError, match=f"{name} must be >= 0, got -0.5"):
        call(-0.5)


COUNTS = {  # name, least, call
    "whole": ("n", 3, lambda n: whole("n", n, 3)),
    "swiss_roll": ("n", 1, lambda n: swiss_roll(n, generator())),
    "neighbors": ("k", 1, lambda k: neighbors(OK, k)),
    "graph": ("k", 1, lambda k: knn_graph_distances(OK, k)),
    "classical_mds": ("dim", 1, lambda d: classical_mds([[0, 1], [1, 0]], d)),
    "levina_bickel": ("k", 3, lambda k: levina_bickel(OK, k)),
    "two_spirals": ("n", 2, lambda n: two_spirals(n, generator(), turns=1)),
    "mlp": ("sizes", 1, lambda n: mlp([2, n, 2], nn.Tanh)),
    "autoencoder, latent": ("latent", 1, lambda n: fit_autoencoder([[0, 1]], n, 0)),
    "autoencoder, seed": ("seed", 0, lambda n: fit_autoencoder([[0, 1]], 1, n)),
    "fit_net, widths": ("sizes", 1, lambda n: fit_net([[0]], [0], [n], 0)),
    "fit_net, seed": ("seed", 0, lambda n: fit_net([[0]], [0], [1], n)),
    "fit_mlp, seed": ("seed", 0, lambda n: fit_mlp([[0]], [0], [1], n)),
}


@pytest.mark.parametrize("n", [True, np.True_, 2.0, np.float64(3), "3", None, [3]])
@pytest.mark.parametrize(("name", "least", "call"), COUNTS.values(), ids=COUNTS)
def test_a_count_that_is_no_integer_is_a_type_error(name, least, call, n):
    with pytest.raises(TypeError) as error:
        call(n)
    assert str(error.value) == f"{name} must be an int, got {n!r}"


@pytest.mark.parametrize(("name", "least", "call"), COUNTS.values(), ids=COUNTS)
def test_a_count_too_small_is_a_value_error(name, least, call):
    for n in (least - 1, -7):
        with pytest.raises(ValueError, match=f"{name} must be >= {least}, got {n}"):
            call(n)


def test_a_count_of_numpy_becomes_an_int():
    assert type(whole("n", np.int16(7), 7)) is int
    assert whole("n", np.int16(7), 7) == 7
    assert type(number("x", np.float32(2), least=2)) is float


MATRICES = {  # name, axes, least rows, call
    "neighbors": ("X", 2, 2, lambda data: neighbors(data, 1)),
    "graph": ("X", 2, 2, lambda data: knn_graph_distances(data, 1)),
    "classical_mds": ("D", 2, 1, lambda paths: classical_mds(paths, 1)),
    "pca": ("X", 2, 2, pca_explained_ratio),
    "two_nn": ("X", 2, 2, two_nn),
    "mle": ("X", 2, 2, two_nn_mle),
    "levina_bickel": ("X", 2, 2, lambda data: levina_bickel(data, 3)),
    "nearest, Q": ("Q", 2, 1, lambda data: nearest_distance(data, OK)),
    "nearest, X": ("X", 2, 1, lambda data: nearest_distance(OK, data)),
    "lerp, a": ("a", 1, 1, lambda x: lerp(x, [1, 2], [0])),
    "lerp, b": ("b", 1, 1, lambda x: lerp([1, 2], x, [0])),
    "lerp, u": ("u", 1, 1, lambda u: lerp([1, 2], [1, 2], u)),
    "interpolate, u": ("u", 1, 1, lambda u: geodesic_interpolate(0, 0, 1, 1, u)),
    "rows": ("X", 2, 1, lambda data: rows("X", data)),
    "autoencoder": ("X", 2, 1, lambda data: fit_autoencoder(data, 1, 0)),
    "fit_net": ("X", 2, 1, lambda data: fit_net(data, [0], [1], 0)),
}


@pytest.mark.parametrize(("name", "ndim", "least", "call"), MATRICES.values(), ids=MATRICES)
def test_arrays_of_another_shape(name, ndim, least, call):
    bad = [(), (4,), (2, 2, 2)] if ndim == 2 else [(), (2, 2)]
    bad += [(1, 3)] if least == 2 else []
    for shape in bad:
        with pytest.raises(ValueError, match="must have") as error:
            call(np.full(shape, 0.5))
        wanted = f"{name} must have {ndim} axes and {least} rows or more, got shape {shape}"
        assert str(error.value) == wanted


def test_one_row_more_is_enough():
    assert axes("X", [[1], [2]], 2, least=2).shape == (2, 1)


# The roll


def test_points_are_scikit_learns():
    data, t = make_swiss_roll(200, random_state=0)
    assert_allclose(swiss_roll_point(t, data[:, 1]), data, rtol=1e-13)
    assert t.min() >= 1.5 * np.pi
    assert t.max() <= 4.5 * np.pi


@pytest.mark.parametrize(
    ("t", "h", "point"),
    [
        (0, 0, [0, 0, 0]),
        (np.pi, 3, [-np.pi, 3, 0]),
        (1.5 * np.pi, -2, [0, -2, -1.5 * np.pi]),
        (2.5 * np.pi, 21, [0, 21, 2.5 * np.pi]),
    ],
)
def test_points_by_hand(t, h, point):
    assert_allclose(swiss_roll_point(t, h), point, atol=1e-14)


def test_points_broadcast():
    assert swiss_roll_point(np.ones((4, 1)), np.ones(5)).shape == (4, 5, 3)
    with pytest.raises(ValueError, match="shape"):
        swiss_roll_point(np.ones(2), np.ones(3))


@pytest.mark.parametrize("n", [1, 2, 5000])
def test_swiss_roll(n):
    data, t, h = swiss_roll(n, generator())
    assert data.shape == (n, 3)
    assert t.shape == h.shape == (n,)
    assert_array_equal(data, swiss_roll_point(t, h))
    again, _, _ = swiss_roll(n, generator())
    assert_array_equal(data, again)
    assert np.all((t >= 1.5 * np.pi) & (t <= 4.5 * np.pi) & (h >= 0) & (h <= 21))
    if n > 2:
        for values, low, high in ((t, 1.5 * np.pi, 4.5 * np.pi), (h, 0, 21)):
            edges = np.linspace(low, high, 11)
            counts, _ = np.histogram(values, edges)
            assert np.abs(counts - n / 10).max() < 6 * np.sqrt(n / 10)  # 6 sd
        assert abs(np.corrcoef(t, h)[0, 1]) < 0.06


def test_noise_is_added_to_each_coordinate():
    clean, t, h = swiss_roll(20_000, generator())
    data, t_noisy, h_noisy = swiss_roll(20_000, generator(), noise=0.5)
    assert_array_equal(t, t_noisy)
    assert_array_equal(h, h_noisy)
    assert_allclose((data - clean).std(axis=0), 0.5, rtol=0.03)
    assert_allclose((data - clean).mean(axis=0), 0, atol=0.02)


@pytest.mark.parametrize("t", [0.0, 1e-8, 0.3, 1.5 * np.pi, 4.5 * np.pi, 40.0])
def test_arc_length_is_the_integral(t):
    integral, _ = quad(lambda t: np.sqrt(1 + t * t), 0, t)
    assert arc_length(t) == pytest.approx(integral, rel=1e-12)
    assert arc_length(-t) == -arc_length(t)


def test_arc_length_by_hand():
    assert arc_length(0) == 0
    assert arc_length(1) == pytest.approx((np.sqrt(2) + np.log(1 + np.sqrt(2))) / 2, rel=1e-15)
    assert arc_length(1e100) == pytest.approx(5e199, rel=1e-14)
    assert arc_length(np.zeros((2, 3))).shape == (2, 3)


def test_inverse_arc_length():
    s = np.concatenate([[0, 1e-300, 1e-12], np.logspace(-6, 6, 200), [1e50, 1e100]])
    assert_allclose(arc_length(inverse_arc_length(s)), s, rtol=1e-12, atol=0)
    assert_array_equal(inverse_arc_length(-s), -inverse_arc_length(s))
    for length in (0.1, 5.0, 100.0):
        root = brentq(lambda t, length=length: float(arc_length(t)) - length, 0, 100, xtol=1e-13)
        assert inverse_arc_length(length) == pytest.approx(root, abs=1e-10)


def test_geodesic_distance():
    t1, t2 = generator().uniform(4.7, 14.1, size=(2, 50))
    h1, h2 = generator(1).uniform(0, 21, size=(2, 50))
    found = geodesic_distance(t1, h1, t2, h2)
    for i in range(50):
        ds, _ = quad(lambda t: np.hypot(1, t), t1[i], t2[i])
        assert found[i] == pytest.approx(np.sqrt(ds**2 + (h2[i] - h1[i]) ** 2), rel=1e-10)
    assert_allclose(geodesic_distance(t2, h2, t1, h1), found, rtol=1e-15)
    straight = np.linalg.norm(swiss_roll_point(t1, h1) - swiss_roll_point(t2, h2), axis=1)
    assert np.all(found >= straight)
    assert geodesic_distance(3, 4, 3, 4) == 0
    assert geodesic_distance(t1[:, None], h1[:, None], t2, h2).shape == (50, 50)


def test_geodesic_interpolate():
    ends = 5.0, 20.0, 12.0, 3.0
    u = np.linspace(0, 1, 2001)
    path = geodesic_interpolate(*ends, u)
    assert path.shape == (2001, 3)
    assert_allclose(path[[0, -1]], swiss_roll_point([5, 12], [20, 3]), rtol=1e-10)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.sum() == pytest.approx(geodesic_distance(*ends), rel=1e-6)
    assert_allclose(steps, steps[0], rtol=1e-4)  # at constant speed
    assert_allclose(np.diff(path[:, 1]), (3 - 20) / 2000, rtol=1e-8)
    t = np.hypot(path[:, 0], path[:, 2])
    assert_allclose(path, swiss_roll_point(t, path[:, 1]), atol=1e-10)


def test_lerp():
    a, b = cloud(2, 5)
    found = lerp(a, b, [0, 1, 0.25, -1, 2])
    assert_allclose(found, [a, b, 0.75 * a + 0.25 * b, 2 * a - b, 2 * b - a], rtol=1e-12)
    assert_array_equal(found[:2], [a, b])
    with pytest.raises(ValueError, match=r"a and b must have one shape, got \(5,\) and \(3,\)"):
        lerp(a, b[:3], [0])


# Graphs and charts


@pytest.mark.parametrize(("n", "d", "k"), [(2, 1, 1), (30, 3, 1), (30, 3, 29), (200, 10, 7)])
def test_neighbors_are_scikit_learns(n, d, k):
    data = cloud(n, d)
    before = data.copy()
    lengths, places = neighbors(data, k)
    wanted, at = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(data).kneighbors()
    assert_allclose(lengths, wanted, rtol=1e-12)
    assert_array_equal(places, at)
    assert_array_equal(data, before)


def test_neighbors_of_duplicates():
    data = np.array([[0.0], [0.0], [0.0], [0.0], [5.0]])
    lengths, places = neighbors(data, 2)
    assert_array_equal(lengths, [[0, 0], [0, 0], [0, 0], [0, 0], [5, 5]])
    assert not np.any(places == np.arange(5)[:, None])
    paths = knn_graph_distances(data, 4)
    assert_array_equal(paths, cdist(data, data))


@pytest.mark.parametrize("k", [30, 31, 1000])
def test_too_many_neighbors(k):
    for call in (neighbors, knn_graph_distances, levina_bickel, distinct_neighbors):
        with pytest.raises(ValueError, match=f"k must be below the 30 points, got {k}"):
            call(cloud(30), k)


@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("d", [1, 2, 6])
def test_graph_by_floyd_and_warshall(k, d):
    data = cloud(40, d)
    graph = kneighbors_graph(data, k, mode="distance").toarray()
    wanted = floyd_warshall(graph, directed=False)
    paths = knn_graph_distances(data, k)
    assert_allclose(paths, wanted, rtol=1e-12)
    assert_allclose(paths, paths.T, rtol=1e-15)
    assert_array_equal(np.diag(paths), 0)
    assert np.all(paths >= cdist(data, data) - 1e-12)
    if k == 1:
        assert np.isinf(paths).any()


def test_graph_of_all_is_euclid():
    data = cloud(20)
    assert_allclose(knn_graph_distances(data, 19), cdist(data, data), rtol=1e-12)


def test_graph_joins_both_directions():
    data = np.array([[0.0], [1.0], [3.0]])  # 1 is the nearest of 3, and not the other way round
    assert_array_equal(knn_graph_distances(data, 1), [[0, 1, 3], [1, 0, 2], [3, 2, 0]])


@pytest.mark.parametrize("scale", [1e-50, 1.0, 1e50])
def test_graphs_and_dimensions_scale(scale):
    data = cloud(60)
    paths = knn_graph_distances(scale * data, 4)
    assert_allclose(paths / scale, knn_graph_distances(data, 4), rtol=1e-10)
    for estimate in (two_nn, two_nn_mle, lambda data: levina_bickel(data, 5)):
        assert estimate(scale * data) == pytest.approx(estimate(data), rel=1e-9)
        assert estimate(data + 100) == pytest.approx(estimate(data), rel=1e-9)
        turned = data @ np.linalg.qr(cloud(3, 3, seed=1))[0]
        assert estimate(turned) == pytest.approx(estimate(data), rel=1e-9)


@pytest.mark.parametrize("k", [6, 15])
def test_isomap_is_scikit_learns(k):
    data, _, _ = swiss_roll(300, generator())
    isomap = Isomap(n_neighbors=k, n_components=2, eigen_solver="dense").fit(data)
    paths = knn_graph_distances(data, k)
    assert_allclose(paths, isomap.dist_matrix_, rtol=1e-12)
    layout = classical_mds(paths, 2)
    signs = np.sign((layout * isomap.embedding_).sum(axis=0))
    assert_allclose(layout * signs, isomap.embedding_, atol=1e-8)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 2), (20, 3), (5, 5)])
def test_mds_recovers_points(n, d):
    data = cloud(n, d)
    paths = cdist(data, data)
    before = paths.copy()
    layout = classical_mds(paths, min(n, d))
    assert layout.shape == (n, min(n, d))
    assert_allclose(cdist(layout, layout), paths, atol=1e-7)
    assert_allclose(layout.mean(axis=0), 0, atol=1e-6)
    assert_array_equal(paths, before)


def test_mds_is_pca_for_euclidean_distances():
    data = cloud(25, 4)
    layout, plane = classical_mds(cdist(data, data), 2), PCA(2).fit_transform(data)
    assert_allclose(np.abs(layout), np.abs(plane), atol=1e-9)
    power = (layout**2).sum(axis=0)
    assert power[0] > power[1]


def test_mds_by_hand():
    paths = [[0, 3, 4], [3, 0, 5], [4, 5, 0]]  # a right triangle
    assert_allclose(pdist(classical_mds(paths, 2)), [3, 4, 5], rtol=1e-12)
    assert_allclose(classical_mds(paths, 3)[:, 2], 0, atol=1e-6)
    impossible = [[0, 1, 5], [1, 0, 1], [5, 1, 0]]  # no triangle: one eigenvalue is negative
    assert_array_equal(classical_mds(impossible, 3)[:, 2], 0)


@pytest.mark.parametrize(
    ("paths", "dim", "text"),
    [
        ([[0, 1], [2, 0]], 1, "D must be symmetric, but differs from D.T by 1.0"),
        ([[0, 1, 2], [1, 0, 1]], 1, r"diagonal of 0, got shape \(2, 3\), least 0.0"),
        ([[0, -1], [-1, 0]], 1, r"diagonal of 0, got shape \(2, 2\), least -1.0"),
        ([[1, 1], [1, 0]], 1, r"diagonal of 0, got shape \(2, 2\), least 0.0"),
        ([[0, 1], [1, 0]], 3, "dim must be <= 2, got 3"),
    ],
)
def test_distances_that_are_none(paths, dim, text):
    with pytest.raises(ValueError, match=text):
        classical_mds(paths, dim)


def test_mds_refuses_a_graph_in_pieces():
    paths = knn_graph_distances([[0], [1], [10], [11]], 1)
    with pytest.raises(ValueError, match="D must be finite"):
        classical_mds(paths, 1)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (50, 4), (4, 50)])
def test_pca_is_scikit_learns(n, d):
    data = cloud(n, d) + 10
    ours = pca_explained_ratio(data)
    assert ours.shape == (min(n, d),)
    assert_allclose(ours, PCA().fit(data).explained_variance_ratio_, atol=1e-12)
    assert ours.sum() == pytest.approx(1)
    assert_allclose(pca_explained_ratio(1e90 * data), ours, atol=1e-12)


def test_pca_of_one_point():
    with pytest.raises(ValueError, match=r"X must not be all the same row, got shape \(3, 2\)"):
        pca_explained_ratio(np.ones((3, 2)))


# Dimensions


@pytest.mark.parametrize("n", [4, 11, 100, 333])
@pytest.mark.parametrize("discard", [0, 0.1, 0.25, 0.5])
def test_two_nn_by_brute_force(n, discard):
    data = cloud(n, 3)
    r = np.sort(cdist(data, data), axis=1)[:, 1:3]
    log_mu = np.sort(np.log(r[:, 1] / r[:, 0]))
    kept = min(int(np.floor(n * (1 - discard))), n - 1)
    x = log_mu[:kept]
    y = np.array([-np.log((n - i) / n) for i in range(1, kept + 1)])
    wanted, *_ = np.linalg.lstsq(x[:, None], y)
    assert two_nn(data, discard=discard) == pytest.approx(wanted[0], rel=1e-10)
    ours = two_nn_curve(data, discard)
    assert_allclose(ours[0], x, rtol=1e-12)
    assert_allclose(ours[1], y, rtol=1e-12, atol=1e-15)


def test_two_nn_discards_a_tenth_unless_told():
    data = cloud(100)
    assert two_nn(data) == two_nn(data, discard=0.1)
    assert two_nn(data) != two_nn(data, discard=0)
    assert len(two_nn_curve(data, 0.1)[0]) == 90
    assert len(two_nn_curve(data, 0)[0]) == 99  # the last has F = 1


def test_estimates_by_hand():
    data = [[0], [1], [3]]  # ratios 3, 2, 3/2
    log_mu = np.log([3, 2, 1.5])
    assert_allclose(log_ratios(data), log_mu)
    assert two_nn_mle(data) == pytest.approx(2 / log_mu.sum())
    x, y = np.log([1.5, 2]), -np.log([2 / 3, 1 / 3])
    assert two_nn(data, discard=0.1) == pytest.approx(x @ y / (x @ x))
    data = [[0], [1], [3], [7]]  # 1 3 7, 1 2 6, 2 3 4, 4 6 7
    total = np.log([[7, 7 / 3], [6, 3], [2, 4 / 3], [7 / 4, 7 / 6]]).sum(axis=1)
    assert levina_bickel(data, 3) == pytest.approx(2 / total.mean())
    assert levina_bickel(data, 3, average="mean") == pytest.approx(np.mean(1 / total))


def test_estimates_are_numbers():
    data = cloud(20)
    for found in (
        two_nn(data),
        two_nn_mle(data),
        levina_bickel(data, 3),
        levina_bickel(data, 3, average="mean"),
    ):
        assert type(found) is float


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_estimates_find_the_dimension(d):
    rng = generator(d)
    found = []
    for _ in range(5):
        flat = rng.normal(size=(1500, d))
        data = flat @ rng.normal(size=(d, 8))  # d dimensions among 8
        found.append(
            [
                two_nn(data),
                two_nn_mle(data),
                levina_bickel(data, 10),
                levina_bickel(data, 10, average="mean"),
            ]
        )
    assert np.abs(np.mean(found, axis=0) / d - 1).max() < 0.09


def test_mle_has_the_error_that_theory_says():
    found = [two_nn_mle(generator(seed).normal(size=(400, 2))) for seed in range(60)]
    assert np.std(found) == pytest.approx(2 / np.sqrt(400), rel=0.45)


@pytest.mark.parametrize(
    "estimate", [two_nn, two_nn_mle, log_ratios, lambda data: levina_bickel(data, 3)]
)
def test_duplicates_are_refused(estimate):
    data = np.vstack([cloud(10), cloud(10)[:3], cloud(10)[:1]])  # one twice more
    with pytest.raises(ValueError, match="X must not have duplicates, got 7 rows that have one"):
        estimate(data)


def test_equal_distances_are_refused():
    grid = np.stack(np.meshgrid(np.arange(4), np.arange(4)), -1).reshape(-1, 2)
    text = "X must have some neighbors at two distances, got 16 ratios of 1"
    for estimate in (two_nn, two_nn_mle):
        with pytest.raises(ValueError, match=text):
            estimate(grid)
    square = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    for average in ("inverse", "mean"):
        with pytest.raises(ValueError, match="X must not have 3 neighbors all equally far, got 6"):
            levina_bickel(square, 3, average=average)


@pytest.mark.parametrize(
    ("discard", "text"),
    [
        (1, r"discard must be in \[0, 1\), got 1.0"),
        (1.5, r"discard must be in \[0, 1\), got 1.5"),
        (0.999, "discard must leave a ratio above 1, got 0.999 of 30"),
    ],
)
def test_discard_too_much(discard, text):
    with pytest.raises(ValueError, match=text):
        two_nn(cloud(30), discard=discard)


@pytest.mark.parametrize("average", ["median", None, "", "Mean"])
def test_an_average_that_is_none(average):
    with pytest.raises(ValueError, match="average must be") as error:
        levina_bickel(cloud(10), 3, average=average)
    assert str(error.value) == f"average must be 'inverse' or 'mean', got {average!r}"


@pytest.mark.parametrize(("m", "n", "d"), [(1, 1, 1), (7, 40, 3), (30, 5, 64)])
def test_nearest_distance(m, n, d):
    queries, data = cloud(m, d), cloud(n, d, seed=1)
    assert_allclose(nearest_distance(queries, data), cdist(queries, data).min(axis=1), rtol=1e-12)
    assert_array_equal(nearest_distance(data, data), 0)
    if n > 1:
        besides = np.arange(n)[:, None]
        wanted = neighbors(data, 1)[0].ravel()
        assert_allclose(nearest_distance(data, data, besides), wanted, rtol=1e-12)
    with pytest.raises(ValueError, match=f"rows of one length, got {d} and {d + 1}"):
        nearest_distance(queries, np.ones((2, d + 1)))


@pytest.mark.parametrize("turns", [0, 0.5, 2])
@pytest.mark.parametrize("n", [2, 3, 500])
def test_two_spirals(n, turns):
    data, y = two_spirals(n, generator(), turns=turns)
    assert data.shape == (n, 2)
    assert_array_equal(y, np.arange(n) % 2)
    r = np.linalg.norm(data, axis=1)
    assert np.all((r >= 0.1) & (r <= 1))
    angle = 2 * np.pi * turns * r + np.pi * y
    assert_allclose(data, r[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), atol=1e-12)
    again, _ = two_spirals(n, generator(), turns=turns)
    assert_array_equal(data, again)


def test_two_spirals_with_noise():
    clean, _ = two_spirals(5000, generator(), turns=1)
    data, _ = two_spirals(5000, generator(), turns=1, noise=0.1)
    assert_allclose((data - clean).std(axis=0), 0.1, rtol=0.05)


# Nets


def test_rows():
    data = rows("X", [[1, 2.5]])
    assert data.dtype == torch.float32
    assert data.tolist() == [[1, 2.5]]
    for big in (1.1e30, -1e50):
        with pytest.raises(ValueError, match="X must be at most 1e30 in size, got") as error:
            rows("X", [[0, big]])
        assert str(error.value).endswith(f"got {abs(big)}")
    assert torch.isfinite(rows("X", [[1e30]])).all()


def test_mlp():
    net = mlp([3, 5, 4, 2], nn.ReLU)
    assert [type(layer) for layer in net] == [nn.Linear, nn.ReLU] * 2 + [nn.Linear]
    assert [tuple(p.shape) for p in net.parameters()] == [(5, 3), (5,), (4, 5), (4,), (2, 4), (2,)]


def test_outputs_and_layers_by_hand():
    net = mlp([3, 5, 4, 2], nn.Tanh)
    data = cloud(6)
    weights = [p.detach().double().numpy() for p in net.parameters()]
    hidden, wanted = data, [data]
    for weight, b in zip(weights[:4:2], weights[1:4:2]):
        hidden = np.tanh(hidden @ weight.T + b)
        wanted.append(hidden)
    z = hidden @ weights[4].T + weights[5]
    found = layer_outputs(net, data)
    assert len(found) == 3
    for ours, theirs in zip(found, wanted):
        assert_allclose(ours, theirs, atol=1e-6)
    assert_allclose(outputs(net, data), z, atol=1e-6)
    assert outputs(net, data).dtype == np.float64
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert_allclose(probabilities(net, data), p, atol=1e-6)
    assert_allclose(probabilities(net, data).sum(axis=1), 1, rtol=1e-12)


def test_autoencoder_learns_a_curve():
    t = np.linspace(0, 1, 200)
    data = np.stack([t, t**2, 1 - t], axis=1)
    before, state = data.copy(), torch.get_rng_state()
    encode, decode = fit_autoencoder(data, 1, 0, epochs=300)
    assert torch.equal(torch.get_rng_state(), state)
    assert_array_equal(data, before)
    codes = encode(data)
    assert codes.shape == (200, 1)
    assert decode(codes).dtype == np.float64
    error = np.mean((decode(codes) - data) ** 2)
    assert error < 0.1 * data.var(axis=0).mean()
    assert np.all((decode([[1e6], [-1e6]]) >= 0) & (decode([[1e6], [-1e6]]) <= 1))
    steps = np.diff(codes[:, 0])
    assert np.mean(np.sign(steps) == np.sign(steps.sum())) > 0.9


def test_autoencoder_and_net_follow_their_seeds():
    data, y = generator().random((30, 4)), np.arange(30) % 3
    first, again, other = (fit_autoencoder(data, 2, seed, epochs=2)[0](data) for seed in (0, 0, 1))
    assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    first, again, other = (fit_mlp(data, y, [3], seed, epochs=2)(data) for seed in (0, 0, 1))
    assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_autoencoder_has_the_layers_it_says():
    encode, decode = fit_autoencoder(np.eye(5), 3, 0, epochs=1)
    shapes = [[tuple(p.shape) for p in f.args[0].parameters()] for f in (encode, decode)]
    assert shapes == [[(128, 5), (128,), (3, 128), (3,)], [(128, 3), (128,), (5, 128), (5,)]]
    kinds = [[type(layer) for layer in f.args[0]] for f in (encode, decode)]
    assert kinds[0] == [nn.Linear, nn.ReLU, nn.Linear]
    assert kinds[1] == [nn.Linear, nn.ReLU, nn.Linear, nn.Sigmoid]
    pickle.dumps((encode, decode))


def test_kerass_autoencoder_is_pytorchs():
    data = np.abs(np.tanh(cloud(30, 6)))
    encode, decode = fit_autoencoder(data, 2, 0, epochs=3)
    encoder, decoder = keras_autoencoder(data, 2, 0, epochs=0)
    for ours, keras_net in ((encode, encoder), (decode, decoder)):
        parameters = [p.detach().numpy() for p in ours.args[0].parameters()]
        keras_net.set_weights([p.T for p in parameters])
    codes = encode(data)
    assert_allclose(encoder.predict(data, verbose=0), codes, atol=1e-5)
    assert_allclose(decoder.predict(codes, verbose=0), decode(codes), atol=1e-5)


def test_kerass_training_is_pytorchs():
    data = np.abs(np.tanh(cloud(150, 6)))
    errors = []
    encode, decode = fit_autoencoder(data, 2, 0, epochs=40)
    encoder, decoder = keras_autoencoder(data, 2, 0, epochs=40)
    errors.append(np.mean((decode(encode(data)) - data) ** 2))
    rebuilt = decoder.predict(encoder.predict(data, verbose=0), verbose=0)
    errors.append(np.mean((rebuilt - data) ** 2))
    assert errors[1] == pytest.approx(errors[0], rel=0.25)
    assert max(errors) < 0.7 * data.var(axis=0).mean()


def test_a_linear_autoencoder_finds_the_plane_of_pca():
    """PyTorch's gradient descent and NumPy's singular vectors agree."""
    data = cloud(200, 5) * [3, 2, 0.5, 0.3, 0.1]
    data -= data.mean(axis=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder, decoder = nn.Linear(5, 2, bias=False), nn.Linear(2, 5, bias=False)
    both = nn.Sequential(encoder, decoder).double()
    adam = torch.optim.Adam(both.parameters(), lr=0.02)
    target = torch.tensor(data)
    for _ in range(1500):
        adam.zero_grad()
        nn.functional.mse_loss(both(target), target).backward()
        adam.step()
    _, _, right = np.linalg.svd(data, full_matrices=False)
    assert_allclose(both(target).detach().numpy(), data @ right[:2].T @ right[:2], atol=2e-2)


@pytest.mark.parametrize("low_high", [(-0.1, 1.0), (0.0, 1.5)])
def test_autoencoder_refuses_what_is_no_image(low_high):
    low, high = (float(np.float32(value)) for value in low_high)
    with pytest.raises(ValueError, match="X must be in") as error:
        fit_autoencoder([low_high], 1, 0)
    assert str(error.value) == f"X must be in [0, 1], got values from {low} to {high}"


def test_net_learns_exclusive_or():
    data, y = [[0, 0], [0, 1], [1, 0], [1, 1]], np.array([0, 1, 1, 0])
    state = torch.get_rng_state()
    net = fit_net(data, y, [8], 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert_array_equal(outputs(net, data).argmax(axis=1), y)
    assert [type(layer) for layer in net] == [nn.Linear, nn.Tanh, nn.Linear]
    predict = fit_mlp(data, y, [8], 0)
    assert_array_equal(predict(data), probabilities(net, data))
    assert predict(data).max(axis=1).min() > 0.9


def test_net_without_steps_is_as_drawn():
    data, y = cloud(6), np.arange(6) % 2
    with torch.random.fork_rng():
        torch.manual_seed(3)
        drawn = mlp([3, 4, 2], nn.Tanh)
    net = fit_net(data, y, [4], 3, epochs=0)
    assert_array_equal(outputs(net, data), outputs(drawn, data))


def test_one_full_step_is_adams():
    data, y = cloud(6), np.arange(6) % 2
    net = fit_net(data, y, [4], 0, epochs=0)
    loss = nn.functional.cross_entropy(net(rows("X", data)), torch.tensor(y))
    grads = torch.autograd.grad(loss, list(net.parameters()))
    stepped = fit_net(data, y, [4], 0, epochs=1, lr=0.01)
    for before, after, grad in zip(net.parameters(), stepped.parameters(), grads):
        assert_allclose((after - before).detach(), -0.01 * grad.sign(), atol=2e-4)


def test_training_is_adam_on_the_cross_entropy():
    data, y = cloud(6), np.array([0, 2, 1, 0, 1, 1])
    found = fit_net(data, y, [4], 5, epochs=20, lr=0.1)
    wanted = fit_net(data, y, [4], 5, epochs=0)
    adam = torch.optim.Adam(wanted.parameters(), lr=0.1)
    for _ in range(20):
        log_p = wanted(rows("X", data)).log_softmax(dim=1)
        loss = -log_p[range(6), y].mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    for ours, theirs in zip(found.parameters(), wanted.parameters()):
        assert_allclose(ours.detach(), theirs.detach(), atol=1e-3)


def test_batches_are_steps():
    data, y = cloud(6), np.arange(6) % 2
    start, whole_set, thirds = (
        outputs(fit_net(data, y, [4], 0, **settings), data)
        for settings in ({"epochs": 0}, {"epochs": 1}, {"epochs": 1, "batch": 2})
    )
    assert np.abs(thirds - start).max() > 1.3 * np.abs(whole_set - start).max()


@pytest.mark.parametrize("y", [[0.0, 1.0], [True, False], ["0", "1"]])
def test_labels_that_are_no_integers(y):
    with pytest.raises(TypeError, match=f"y must be integers, got {np.asarray(y).dtype}"):
        fit_net([[0], [1]], y, [1], 0)


@pytest.mark.parametrize(
    ("y", "text"),
    [
        ([0, -1], r"y must be 2 labels from 0 on, got shape \(2,\), least -1"),
        ([0, 1, 2], r"y must be 2 labels from 0 on, got shape \(3,\), least 0"),
        ([[0], [1]], r"y must be 2 labels from 0 on, got shape \(2, 1\), least 0"),
    ],
)
def test_labels_that_do_not_fit(y, text):
    with pytest.raises(ValueError, match=text):
        fit_mlp([[0], [1]], y, [1], 0)


# What the experiments found


def test_the_demo_by_hand(capsys):
    found = two_turns()
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split() == ["inner", "6.2832", "49.7694", "7.92", "3.1007"]
    assert printed[2].split() == ["outer", "6.2832", "69.3804", "11.04", "3.1236"]
    for name, (first, last) in {"inner": (1.5, 3.5), "outer": (2.5, 4.5)}.items():
        integral, _ = quad(lambda t: np.hypot(1, t), first * np.pi, last * np.pi)
        assert found[f"{name}_geodesic"] == pytest.approx(integral, rel=1e-12)
        assert found[f"{name}_straight"].shape == found[f"{name}_path"].shape == (101, 3)
        assert_allclose(found[f"{name}_midpoint"], found[f"{name}_path"][50])
    t = np.pi * found["middle_pi"]
    half, _ = quad(lambda t: np.hypot(1, t), 2.5 * np.pi, t)
    assert half == pytest.approx(found["outer_geodesic"] / 2)
    assert found["density"] == pytest.approx(2.9419845)
    assert found["t_middle_share"] == pytest.approx(0.4291780, rel=1e-6)


def test_gap_to_roll():
    for t in (1.5 * np.pi, 7.0, 4.5 * np.pi):  # both edges too
        assert gap_to_roll(swiss_roll_point(t, 5)) < 1e-5
    beyond = np.add(swiss_roll_point(4.5 * np.pi, 3), [0, 0, 1.25])
    assert gap_to_roll(beyond) == pytest.approx(1.25, abs=1e-6)
    points = 4 * cloud(20)
    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, 200_001)
    for point in points:
        roll = swiss_roll_point(t, point[1])
        brute = np.linalg.norm(roll - point, axis=1).min()
        assert gap_to_roll(point) == pytest.approx(brute, abs=1e-6)


def test_all_geodesics():
    _, t, h = swiss_roll(9, generator())
    found = squareform(all_geodesics(t, h))
    for i in range(9):
        assert_allclose(found[i], geodesic_distance(t[i], h[i], t, h), atol=1e-12)


def test_bridges():
    t = np.pi * np.array([1.5, 1.52, 3.5, 3.52])  # two neighbors on each of two turns
    data, h = swiss_roll_point(t, np.zeros(4)), np.zeros(4)
    assert bridges(data, t, h, 1).shape == (0, 2)
    assert_array_equal(bridges(data, t, h, 3), [[0, 2], [0, 3], [1, 2], [1, 3]])


def test_with_edge_is_a_new_shortest_path():
    data = cloud(15, 1)
    graph = kneighbors_graph(data, 3, mode="distance").toarray()
    paths = floyd_warshall(graph, directed=False)
    longest = np.unravel_index(np.where(np.isinf(paths), -1, paths).argmax(), paths.shape)
    i, j = map(int, longest)
    graph[i, j] = 0.01
    wanted = floyd_warshall(graph, directed=False)
    assert_allclose(with_edge(paths, i, j, 0.01), wanted, rtol=1e-12)
    assert np.any(wanted < paths)


def test_pieces():
    places = neighbors([[0], [10], [1], [20], [11], [12], [21]], 1)[1]
    assert_array_equal(pieces(places), [0, 1, 0, 2, 1, 1, 2])
    data = cloud(30, 2)
    paths = knn_graph_distances(data, 1)
    first = np.isfinite(paths).argmax(axis=1)
    assert len(set(first)) > 1
    found = pieces(neighbors(data, 1)[1])
    assert_array_equal(found[:, None] == found, first[:, None] == first)


def test_residual_correlation_and_r2():
    layout = cloud(30, 2)
    assert residual(5 * layout, pdist(layout)) == pytest.approx(0, abs=1e-12)
    a, b = cloud(2, 40)
    assert correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert linear_r2(layout, layout @ [2, -3] + 7) == pytest.approx(1)
    assert linear_r2(np.zeros((4, 1)), np.arange(4)) == pytest.approx(0, abs=1e-12)


def test_project_is_scikit_learns():
    data = cloud(20, 4) + 3
    assert_allclose(np.abs(project(data, 2)), np.abs(PCA(2).fit_transform(data)), atol=1e-10)


def test_curve_of():
    data = cloud(100)
    found = curve_of(data, "here", count=5)
    x, y = two_nn_curve(data, 0.1)
    assert found["here"] == two_nn(data)
    assert_array_equal(found["here_x"], x[[0, 22, 44, 66, 89]])
    assert_array_equal(found["here_y"], y[[0, 22, 44, 66, 89]])


def test_graphs(graphs, roll):
    assert_array_equal(roll["s"], arc_length(roll["t"]))
    paths = Isomap(n_neighbors=10).fit(roll["X"]).dist_matrix_
    upper = np.triu_indices(800, 1)
    exact = all_geodesics(roll["t"], roll["h"])
    assert graphs["at_10"] == pytest.approx(np.corrcoef(paths[upper], exact)[0, 1], rel=1e-10)
    assert graphs["median_10"] == pytest.approx(np.median(paths[upper] / exact), rel=1e-10)
    assert graphs["euclid"] == pytest.approx(np.corrcoef(pdist(roll["X"]), exact)[0, 1])
    assert graphs["one_bridge_length"] > 6
    assert len(graphs["shown_exact"]) == len(graphs["shown_graph"]) == len(graphs["shown_euclid"])
    assert np.all(graphs["shown_euclid"] <= graphs["shown_graph"] + 1e-9)


def test_mutual_distances():
    data = cloud(40, 2)
    graph = kneighbors_graph(data, 6, mode="distance").toarray()
    wanted = floyd_warshall(np.minimum(graph, graph.T), directed=False)
    assert_allclose(mutual_distances(data, 6, range(9)), wanted[:9], rtol=1e-12)


def test_many_rolls(many_rolls):
    data, t, h = swiss_roll(800, generator(3))
    paths = Isomap(n_neighbors=12).fit(data).dist_matrix_[:40].ravel()
    exact = geodesic_distance(t[:40, None], h[:40, None], t, h).ravel()
    place = many_rolls["ks_800"].tolist().index(12)
    found = many_rolls["fits_800"][place, 3]
    assert found == pytest.approx(np.corrcoef(paths, exact)[0, 1], rel=1e-10)
    assert many_rolls["worst_800_12"] <= found
    counts = np.sum(many_rolls["bridges_800"] > 0, axis=1)
    assert [many_rolls[f"bridged_800_{k}"] for k in many_rolls["ks_800"]] == counts.tolist()
    assert np.all(np.diff(many_rolls["bridges_800"], axis=0) >= 0)  # more edges, more bridges
    assert many_rolls["fits_1500"].shape == (4, 10)


def test_embeddings(embeddings, roll):
    wanted = PCA().fit(roll["X"]).explained_variance_ratio_
    assert_allclose(embeddings["ratios"], wanted, rtol=1e-10)
    assert embeddings["isomap"].shape == embeddings["pca"].shape == (800, 2)


def test_dimensions(dimensions):
    assert dimensions["roll_mean"] == pytest.approx(dimensions["roll_slopes"].mean())
    assert dimensions["roll"] == dimensions["roll_slopes"][0]
    data, _, _ = swiss_roll(5000, generator(), noise=0.5)
    assert dimensions["noise_half"] == two_nn(data)
    assert dimensions["plane_twice"] == pytest.approx(dimensions["plane_inverse"] * 8 / 9)


def test_digits(digits, digit_dimensions):
    assert digits["x_train"].shape == (1400, 64)
    assert digits["x_test"].shape == (397, 64)
    both = np.vstack([digits["x_train"], digits["x_test"]])
    assert_array_equal(np.sort(both, axis=0), np.sort(digits["X"], axis=0))
    assert digits["X"].min() == 0
    assert digits["X"].max() == 1
    cumulated = PCA().fit(digits["X"]).explained_variance_ratio_.cumsum()
    for percent in (50, 80, 90, 95, 99):
        count = digit_dimensions[f"components_{percent}"]
        assert cumulated[count - 2] < percent / 100 <= cumulated[count - 1]
    ones = digits["X"][digits["y"] == 1]
    assert digit_dimensions["classes"][1] == two_nn(ones)
    assert digit_dimensions["digits"] == two_nn(digits["X"])
    assert digit_dimensions["digits_mle"] == two_nn_mle(digits["X"])
    assert digit_dimensions["shuffled_all"][0] == digit_dimensions["shuffled"]


def test_halfway(halfway, digits):
    (first, second), found = halfway["pairs"], halfway["images"]
    assert len(first) == 300
    assert np.all(digits["y_test"][first] != digits["y_test"][second])
    assert found["latent_0"].shape == found["random_2"].shape == (300, 64)
    data, train = found["pixel"], digits["x_train"]
    pca = PCA(8).fit(train)
    wanted = pca.inverse_transform(pca.transform(data))
    assert_allclose(found["pca"], wanted, atol=1e-10)
    assert_array_equal(found["real"], digits["x_test"][first])
    assert_allclose(2 * data - found["real"], digits["x_test"][second], atol=1e-12)
    encode, _ = fit_autoencoder(train, 8, 2)
    ends = [encode(digits["x_test"][place]) for place in (first, second)]
    off = np.linalg.norm(encode(data) - sum(ends) / 2, axis=1)
    half = np.linalg.norm(ends[1] - ends[0], axis=1) / 2
    assert halfway["offsets"][2] == pytest.approx(np.median(off / half), rel=1e-6)


def test_halfway_scores(halfway_scores, halfway, digits):
    nearest = []
    for pair, image in zip(halfway["pairs"].T, halfway["images"]["pixel"]):
        others = np.delete(digits["x_test"], pair, axis=0)
        nearest.append(np.linalg.norm(others - image, axis=1).min())
    assert halfway_scores["pixel_distance"] == pytest.approx(np.median(nearest))
    assert halfway_scores["net_percent"] > 95
    assert halfway_scores["svc_percent"] > 97
    assert halfway_scores["real_ends"] > 95
    for name in ("latent", "projected", "rebuilt", "random"):
        values = [halfway_scores[f"{name}_{seed}_chance"] for seed in range(3)]
        assert_array_equal(halfway_scores[f"{name}_chance"], values)
        assert halfway_scores[f"{name}_chance_most"] == max(values)


def test_visits():
    labels = np.array([[2, 2, 6, 0], [2, 2, 0, 0], [2, 6, 6, 6], [1, 6, 2, 0]])
    assert_array_equal(visits(labels), [75, 25, 100, 0, 0, 0, 75, 0, 0, 0])


def test_lines():
    first, last = cloud(2, 3), cloud(2, 3, seed=1)
    found = lines(first, last)
    assert found.shape == (2, 19, 3)
    assert_allclose(found[:, 9], (first + last) / 2)
    assert_array_equal(found[:, [0, -1]], np.stack([first, last], axis=1))


def test_crossings(crossfades, journeys, crossings, strip):
    labels = crossfades["labels"]
    assert labels.shape == (100, 19)
    assert crossfades["six"] == 100 * np.mean((labels == 6).any(axis=1))
    assert journeys["latent_2"].shape == (6, 100, 19, 64)
    shares = crossings["latent_2_shares"]
    for net in range(6):
        others = {c: shares[net, c] for c in (1, 3, 4, 5, 6, 7, 8, 9)}
        assert crossings["latent_2_third_share"][net] == max(others.values())
        assert shares[net, crossings["latent_2_third"][net]] == max(others.values())
    direct = np.mean([set(row) <= {0, 2} for row in crossings["latent_16_labels"][0].tolist()])
    assert crossings["latent_16_direct"][0] == pytest.approx(100 * direct)
    assert crossings["mostly_six"] == np.sum(shares[:, 6] > 50)
    assert strip["images"].shape == (4, 7, 64)
    assert strip["labels"].shape == (4, 7)
    assert_array_equal(strip["labels"][1:, [0, -1]], [[2, 0]] * 3)
    seen = [set(row) for row in strip["labels"].tolist()]
    assert seen == [{2, 0}, {2, 8, 0}, {2, 3, 9, 0}, {2, 6, 0}]  # as the caption says
    assert_array_equal(strip["images"][0], crossfades["images"][strip["line"], ::3])


def test_spirals(spirals):
    assert spirals["probes"].shape == spirals["slopes"].shape == (3, 4)
    assert np.all(spirals["probes"][:, 0] >= 50)
    assert np.all(spirals["probes"][:, 1:] > spirals["probes"][:, :1])


@pytest.mark.parametrize("n", [2, 5, 20_000])
def test_disc_and_ring(n):
    data, y = disc_and_ring(n, generator())
    r = np.linalg.norm(data, axis=1)
    assert data.shape == (n, 2)
    assert np.all(r[y == 0] <= 0.6)
    assert np.all((r[y == 1] >= 0.7) & (r[y == 1] <= 1))
    if n > 5:
        assert np.mean(r[y == 0] ** 2) == pytest.approx(0.18, rel=0.03)  # uniform in area
        assert np.mean(r[y == 1] ** 2) == pytest.approx(0.745, rel=0.02)
        assert_allclose(data.mean(axis=0), 0, atol=0.03)


def test_surrounded(surrounded):
    data, y = disc_and_ring(400, generator())
    assert_array_equal(surrounded["X"], data)
    assert_array_equal(surrounded["y"], y)
    odds, side = surrounded["wide_map"], surrounded["side"]
    assert odds.shape == (41, 41)
    r = np.hypot(*np.meshgrid(side, side))
    assert np.all(odds[r < 0.5] < 0)
    assert np.all(odds[(r > 0.8) & (r < 0.95)] > 0)
    assert np.all(surrounded["one_fit"] < surrounded["wide_fit"])


def test_exercises_by_hand():
    wanted = {
        "ratio": 7.921046572556873,  # 49.7694 / 6.2832
        "aspect": 4.255870224307587,  # 89.3733 / 21
        "dimension": 2.0,  # 2 ** (1 / d) = sqrt(2)
        "error": 0.21230903232948226,  # 9 / sqrt(1797)
    }
    assert exercises() == pytest.approx(wanted, rel=1e-8)


# What readers drag


def test_dragged_points_by_hand():
    # one turn apart, at heights 10.5 and 2.5
    found = two_points(2.5, 4.5, 2.5)
    length = quad(lambda t: np.hypot(1, t), 2.5 * np.pi, 4.5 * np.pi)[0]
    assert found["along_the_roll"] == pytest.approx(np.hypot(length, 8))
    assert found["through_space"] == pytest.approx(np.hypot(2 * np.pi, 8))
    assert found["times_as_far"] == pytest.approx(found["along_the_roll"] / found["through_space"])
    half = quad(lambda t: np.hypot(1, t), 2.5 * np.pi, np.pi * found["half_the_way_is_at_angle"])
    assert half[0] == pytest.approx(length / 2)
    # A stands on the roll's z axis, 2.5 pi up; paper shifts by height
    assert_allclose([found["dot_a_x"][0], found["dot_a_y"][0]], [3.99, 2.5 * np.pi + 1.68])
    assert_allclose([found["line_x"][1], found["line_y"][1]], [0.95, 4.5 * np.pi + 0.4])
    with pytest.raises(ValueError, match="must be finite"):
        two_points(2.5, np.nan, 0)


def test_dragged_points_are_the_two_turns(two_turns):
    for name, a in (("outer", 2.5), ("inner", 1.5)):
        found = two_points(a, a + 2, 10.5)
        assert found["along_the_roll"] == pytest.approx(two_turns[f"{name}_geodesic"])
        assert found["middle_is_off_the_roll_by"] == pytest.approx(two_turns[f"{name}_gap"])
    same = two_points(3, 3, 10.5)
    assert same["times_as_far"] == 1
    assert same["through_space"] == 0
    assert same["middle_is_off_the_roll_by"] == pytest.approx(0, abs=1e-12)


def test_nearest_angle_is_the_nearest():
    rng = np.random.default_rng(0)
    for x, z in rng.uniform(-16, 16, (200, 2)):
        t = nearest_angle(x, z)
        assert 1.5 * np.pi <= t <= 4.5 * np.pi
        gap = np.hypot(t * np.cos(t) - x, t * np.sin(t) - z)
        assert gap == pytest.approx(gap_to_roll(np.array([x, 0, z])), abs=1e-6)


def test_dragged_labels_are_off_the_line():
    for a, b in ((1.5, 4.5), (2.5, 4.5), (4.5, 2.5), (2.5, 3.5), (3, 3)):
        found = two_points(a, b, 10.5)
        ends = np.transpose([found["line_x"], found["line_y"]])
        labels = np.array([found[f"label_{name}_{axis}"] for name in "ab" for axis in "xy"])
        away = labels.reshape(2, 2) - ends
        assert_allclose(np.hypot(*away.T), 1.7)
        assert np.all(np.sum(away * (ends[::-1] - ends), axis=1) <= 1e-9)


def test_neighbor_ratios_by_hand():
    found = neighbor_ratios(3, 1000)
    assert found["edge_of_a_cube"] == pytest.approx(0.1)  # 10 · 10 · 10 cubes
    assert found["standard_error"] == pytest.approx(3 / np.sqrt(1000))
    assert found["median_of_the_ratio"] == pytest.approx(np.cbrt(2))
    x, y = found["line_x"][1], found["line_y"][1]
    assert 1 - np.exp(-y) == pytest.approx(1 - np.exp(x) ** -3.0)  # F = 1 - mu^-d
    assert found["edges"][2] == pytest.approx(found["edge"][0])
    for n in (100, 5000):  # more points, the same line, nearer to its neighbors
        slope = neighbor_ratios(4, n)["steeper_y"][1] / neighbor_ratios(4, n)["steeper_x"][1]
        assert slope == pytest.approx(4 + 8 / np.sqrt(n))


def test_neighbor_ratios_of_random_points():
    # in a cube with wrapped edges the median ratio is the one drawn
    rng = np.random.default_rng(0)
    points = rng.random((2000, 3))
    shifted = np.concatenate([points + shift for shift in np.ndindex(3, 3, 3)])
    r = NearestNeighbors(n_neighbors=3).fit(shifted).kneighbors(points + 1)[0]
    ratios = r[:, 2] / r[:, 1]
    assert np.median(ratios) == pytest.approx(
        neighbor_ratios(3, 2000)["median_of_the_ratio"], abs=0.02
    )
