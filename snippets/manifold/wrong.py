"""Wrong versions: claims must fail under them."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    connected_components,
    shortest_path,
)
from scipy.spatial.distance import pdist, squareform
from torch import nn

from snippets.manifold.scratch import (
    arc_length,
    inverse_arc_length,
    knn_graph_distances,
    lerp,
    levina_bickel,
    log_ratios,
    nearest_distance,
    neighbors,
    swiss_roll,
    swiss_roll_point,
    two_nn_curve,
)
from snippets.manifold.torch_ import (
    fit_mlp,
    fit_net,
    layer_outputs,
    mlp,
)


def arc_length_of_an_archimedean(t):
    """the length was taken to be t² / 2"""
    return np.asarray(t) ** 2 / 2


def arc_length_is_the_angle(t):
    """the angle was taken for the length"""
    return np.asarray(t, float)


def inverse_arc_length_by_root(s):
    """Newton's steps were left out"""
    return np.sqrt(2 * np.asarray(s))


def geodesic_distance_of_angles(t1, h1, t2, h2):
    """angles were subtracted, not lengths"""
    along = np.subtract(t2, t1)
    return np.hypot(along, np.subtract(h2, h1))


def geodesic_interpolate_straight(t1, h1, t2, h2, u):
    """points were interpolated in space"""
    a = swiss_roll_point(t1, h1)
    return lerp(a, swiss_roll_point(t2, h2), u)


def geodesic_interpolate_by_angle(t1, h1, t2, h2, u):
    """angles were interpolated, not lengths"""
    t, h = lerp([t1, h1], [t2, h2], u).T
    return swiss_roll_point(t, h)


def swiss_roll_by_length(n, rng, *, noise=0.0):
    """points were uniform in area"""
    edges = arc_length(np.pi * np.array([1.5, 4.5]))
    t = inverse_arc_length(rng.uniform(*edges, n))
    h = 21 * rng.random(n)
    return swiss_roll_point(t, h), t, h


def swiss_roll_with_inner_noise(n, rng, *, noise=0.0):
    """noise moved points within the roll only"""
    _, t, h = swiss_roll(n, rng)
    t = t + noise / t * rng.normal(size=n)
    h = h + noise * rng.normal(size=n)
    return swiss_roll_point(t, h), t, h


def knn_graph_of_all(X, k, sources=None):
    """every point was a neighbor of every other"""
    D = squareform(pdist(X))
    return D if sources is None else D[sources]


def knn_graph_of_eight(X, k, sources=None):
    """never more than eight neighbors were used"""
    return knn_graph_distances(X, min(k, 8), sources)


def mutual_distances_of_either(X, k, sources):
    """neighbors one way were enough"""
    return knn_graph_distances(X, k, sources)


def knn_graph_counting_steps(X, k, **options):
    """each edge counted as 1"""
    _, places = neighbors(X, k)
    n = len(places)
    graph = np.zeros((n, n))
    graph[np.arange(n)[:, None], places] = 1
    return shortest_path(graph, directed=False, method="D")


def pieces_of_one_way_streets(places):
    """each edge led one way only"""
    n, k = places.shape
    ends = np.arange(0, n * k + 1, k)
    ones = np.ones(n * k)
    graph = csr_array((ones, places.ravel(), ends), (n, n))
    return connected_components(
        graph, connection="strong"
    )[1]


def classical_mds_of_distances(D, dim):
    """distances were not squared before centering"""
    B = D - D.mean(axis=0) - D.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(-(B + D.mean()) / 2)
    length = np.sqrt(np.maximum(values[::-1][:dim], 0))
    return vectors[:, ::-1][:, :dim] * length


def pca_explained_ratio_uncentered(X):
    """the mean was not subtracted"""
    power = np.linalg.svd(X, compute_uv=False) ** 2
    return power / power.sum()


def log_ratios_of_squares(X):
    """squared distances were compared"""
    return 2 * log_ratios(X)


def two_nn_upside_down(X, *, discard=0.1):
    """log mu was regressed on -log(1 - F)"""
    x, y = two_nn_curve(X, discard)
    return float(x @ y / (y @ y))


def two_nn_counting_columns(X, *, discard=0.1):
    """coordinates were counted"""
    return float(X.shape[1])


def levina_bickel_corrected_twice(
    X, k, *, average="inverse"
):
    """the inverses' mean was corrected once more"""
    d = levina_bickel(X, k, average=average)
    return d * (k - 2) / (k - 1)


def lerp_on_the_sphere(a, b, u):
    """the line was an arc, as slerp draws it"""
    length = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.dot(a, b) / length)
    u = np.asarray(u)[:, None]
    first = np.sin((1 - u) * angle) * a
    return (first + np.sin(u * angle) * b) / np.sin(angle)


def lines_overlaid(first, last):
    """both images were laid over each other"""
    both = [np.maximum(first, last)] * 17
    return np.stack([first, *both, last], axis=1)


def nearest_distance_to_the_mean(Q, X, **options):
    """the distance to the mean digit was measured"""
    return nearest_distance(Q, [X.mean(axis=0)])


def fit_autoencoder_linear(X, latent, seed, *, epochs=60):
    """autoencoders were linear"""
    mean = X.mean(axis=0)
    axes = np.linalg.svd(X - mean)[2][:latent]
    return (
        lambda X: (X - mean) @ axes.T,
        lambda codes: codes @ axes + mean,
    )


def fit_autoencoder_copying(X, latent, seed, *, epochs=60):
    """autoencoders copied their input"""
    return np.asarray, lambda codes: codes.reshape(-1, 64)


def fit_net_untrained(
    X, y, widths, seed, *, epochs=1000, batch=1000, lr=0.02
):
    """the net was never trained"""
    return fit_net(X, y, widths, seed, epochs=0)


def layer_outputs_with_noise(net, X):
    """each layer added noise of its own"""
    rng = np.random.default_rng(0)
    return [
        H + 0.1 * rng.normal(size=H.shape)
        for H in layer_outputs(net, X)
    ]


def mlp_of_relus(sizes, activation):
    """layers were ReLU layers"""
    return mlp(sizes, nn.ReLU)


def fit_mlp_with_one_more(X, y, widths, seed, **settings):
    """each layer had one unit more"""
    wider = [width + 1 for width in widths]
    return fit_mlp(X, y, wider, seed, **settings)


BREAKS = {
    "chart_is_an_isometry": {
        "inverse_arc_length": "inverse_arc_length_by_root",
        "geodesic_interpolate": (
            "geodesic_interpolate_by_angle"
        ),
    },
    "arc_length_is_the_integral": {
        "arc_length": "arc_length_of_an_archimedean",
    },
    "near_in_space_is_far_on_the_roll": {
        "geodesic_distance": "geodesic_distance_of_angles",
    },
    "chord_midpoint_is_no_datum": {
        "geodesic_interpolate": (
            "geodesic_interpolate_straight"
        ),
    },
    "roll_is_denser_inside": {
        "swiss_roll": "swiss_roll_by_length",
    },
    "half_the_angle_is_not_half_the_way": {
        "arc_length": "arc_length_is_the_angle",
    },
    "graph_measures_along_the_roll": {
        "knn_graph_distances": "knn_graph_of_all",
    },
    "few_bridges_ruin_it": {
        "knn_graph_distances": "knn_graph_of_eight",
    },
    "mutual_neighbors_leave_no_bridge": {
        "mutual_distances": "mutual_distances_of_either",
    },
    "paths_are_never_shorter_than_lines": {
        "knn_graph_distances": "knn_graph_counting_steps",
    },
    "few_neighbors_zigzag": {
        "knn_graph_distances": "knn_graph_of_all",
    },
    "pca_finds_no_plane": {
        "pca_explained_ratio": (
            "pca_explained_ratio_uncentered"
        ),
    },
    "isomap_finds_the_chart": {
        "classical_mds": "classical_mds_of_distances",
    },
    "isomap_joins_pieces": {
        "knn_graph_distances": "knn_graph_of_all",
    },
    "spheres_do_not_flatten": {
        "classical_mds": "classical_mds_of_distances",
    },
    "two_nn_finds_two": {
        "two_nn": "two_nn_upside_down",
    },
    "noise_adds_dimensions": {
        "swiss_roll": "swiss_roll_with_inner_noise",
    },
    "many_dimensions_look_like_fewer": {
        "two_nn": "two_nn_counting_columns",
    },
    "inverses_are_averaged_once": {
        "levina_bickel": "levina_bickel_corrected_twice",
    },
    "digits_have_few_dimensions": {
        "log_ratios": "log_ratios_of_squares",
    },
    "more_digits_more_dimensions": {
        "two_nn": "two_nn_counting_columns",
    },
    "classes_differ_in_dimension": {
        "two_nn": "two_nn_counting_columns",
    },
    "digits_fall_apart": {
        "pieces": "pieces_of_one_way_streets",
    },
    "linear_codes_change_nothing": {
        "lerp": "lerp_on_the_sphere",
    },
    "decoder_makes_the_gain": {
        "fit_autoencoder": "fit_autoencoder_linear",
        "nearest_distance": "nearest_distance_to_the_mean",
    },
    "middles_lose_their_ends": {
        "fit_autoencoder": "fit_autoencoder_copying",
    },
    "closeness_is_not_realism": {
        "fit_autoencoder": "fit_autoencoder_copying",
    },
    "seed_decides_what_lies_between": {
        "fit_autoencoder": "fit_autoencoder_linear",
    },
    "pixels_hardly_meet_a_six": {
        "lines": "lines_overlaid",
    },
    "wider_codes_go_straight": {
        "fit_autoencoder": "fit_autoencoder_copying",
    },
    "layers_untangle": {
        "fit_net": "fit_net_untrained",
    },
    "layers_keep_the_dimension": {
        "layer_outputs": "layer_outputs_with_noise",
    },
    "layers_can_be_undone": {
        "mlp": "mlp_of_relus",
    },
    "two_units_cannot_lift": {
        "fit_mlp": "fit_mlp_with_one_more",
    },
}
