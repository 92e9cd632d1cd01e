"""Seeded experiments: data for figures and claims."""

import numpy as np
import scipy
import sklearn
import torch
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    connected_components,
    shortest_path,
)
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from snippets.manifold.scratch import (
    arc_length,
    classical_mds,
    geodesic_distance,
    geodesic_interpolate,
    inverse_arc_length,
    knn_graph_distances,
    lerp,
    levina_bickel,
    nearest_distance,
    neighbors,
    pca_explained_ratio,
    swiss_roll,
    swiss_roll_point,
    two_nn,
    two_nn_curve,
    two_nn_mle,
    two_spirals,
)
from snippets.manifold.torch_ import (
    fit_autoencoder,
    fit_mlp,
    fit_net,
    layer_outputs,
)


def generator(seed=0):
    """A new generator of random numbers."""
    return np.random.default_rng(seed)


def gap_to_roll(point):
    """Distance of a point to the roll at its height.

    The best of many angles in [1.5 pi, 4.5 pi], refined.
    """

    def gap(t):
        there = swiss_roll_point(t, point[1])
        return np.linalg.norm(there - point, axis=-1)

    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, 2001)
    best = gap(t).argmin()
    around = t[max(best - 1, 0)], t[min(best + 1, 2000)]
    found = minimize_scalar(
        gap, bounds=around, options={"xatol": 1e-9}
    )
    return float(min(found.fun, gap(t[best])))


def two_turns():
    """Neighbors across a gap: their two distances.

    At height 0, one turn apart: from 2.5 pi to 4.5 pi, and
    the inner pair from 1.5 pi to 3.5 pi.
    """
    found = {}
    print("pair    chord  geodesic  ratio     gap")
    for name, first, last in (
        ("inner", 1.5 * np.pi, 3.5 * np.pi),
        ("outer", 2.5 * np.pi, 4.5 * np.pi),
    ):
        a = swiss_roll_point(first, 0)
        b = swiss_roll_point(last, 0)
        chord = float(np.linalg.norm(b - a))
        along = float(geodesic_distance(first, 0, last, 0))
        u = np.linspace(0, 1, 101)
        path = geodesic_interpolate(first, 0, last, 0, u)
        straight = lerp(a, b, u)
        gap = gap_to_roll(straight[50])
        found |= {
            f"{name}_chord": chord,
            f"{name}_geodesic": along,
            f"{name}_ratio": along / chord,
            f"{name}_gap": gap,
            f"{name}_midpoint": path[50],
            f"{name}_midpoint_gap": gap_to_roll(path[50]),
            f"{name}_path": path,
            f"{name}_straight": straight,
        }
        print(
            f"{name:5} {chord:7.4f} {along:9.4f} "
            f"{along / chord:6.2f} {gap:7.4f}"
        )
    edges = np.pi * np.array([1.5, 4.5])
    start, end = arc_length(edges)
    density = np.sqrt(1 + edges[1] ** 2)
    density /= np.sqrt(1 + edges[0] ** 2)
    outer = arc_length(np.pi * np.array([2.5, 3.5, 4.5]))
    middle = (outer[0] + outer[2]) / 2
    return found | {
        "start": float(start),
        "end": float(end),
        "length": float(end - start),
        "aspect": float(end - start) / 21,
        "density": float(density),
        "middle_pi": float(
            inverse_arc_length(middle) / np.pi
        ),
        "t_middle_share": float(
            (outer[1] - outer[0]) / (outer[2] - outer[0])
        ),
    }


def roll():
    """800 points of a swiss roll."""
    X, t, h = swiss_roll(800, generator())
    return {"X": X, "t": t, "h": h, "s": arc_length(t)}


def correlation(a, b):
    """Pearson's correlation of two arrays."""
    return float(np.corrcoef(a, b)[0, 1])


def all_geodesics(t, h):
    """Exact distances of all pairs, in pdist's order."""
    pairs = np.triu_indices(len(t), 1)
    (t1, t2), (h1, h2) = t[[*pairs]], h[[*pairs]]
    return geodesic_distance(t1, h1, t2, h2)


def bridges(X, t, h, k):
    """Edges of the graph that leave the roll, (m, 2).

    Along it their ends are more than 2 length + 1 apart.
    """
    lengths, places = neighbors(X, k)
    along = geodesic_distance(
        t[:, None], h[:, None], t[places], h[places]
    )
    i, j = np.nonzero(along > 2 * lengths + 1)
    found = np.sort(np.stack([i, places[i, j]]), axis=0)
    return np.unique(found, axis=1).T


def with_edge(D, i, j, length):
    """Shortest paths after one more edge, from D (n, n)."""
    there = D[:, i, None] + length + D[j]
    return np.minimum(D, np.minimum(there, there.T))


def graphs(roll):
    """Graph distances against the exact ones, by k.

    Also what one edge between two turns does to k = 10.
    """
    X, t, h = roll["X"], roll["t"], roll["h"]
    exact, straight = all_geodesics(t, h), pdist(X)
    upper = np.triu_indices(len(X), 1)
    found = {"euclid": correlation(straight, exact)}
    for k in (5, 10):
        D = knn_graph_distances(X, k)
        along = D[upper]
        found |= {
            f"at_{k}": correlation(along, exact),
            f"median_{k}": float(np.median(along / exact)),
            f"over_euclid_{k}": float(
                (along / straight).min()
            ),
        }
    across = squareform(straight)
    gap = across + 1e9 * (squareform(exact) < 40)
    i, j = np.unravel_index(gap.argmin(), gap.shape)
    bridged = with_edge(D, i, j, across[i, j])[upper]
    shown = generator(1).choice(len(exact), 150, False)
    return found | {
        "shown_exact": exact[shown],
        "shown_euclid": straight[shown],
        "shown_graph": along[shown],
        "one_bridge": correlation(bridged, exact),
        "one_bridge_length": float(across[i, j]),
    }


def mutual_distances(X, k, sources):
    """Paths of a graph whose neighbors are so both ways."""
    lengths, places = neighbors(X, k)
    n = len(X)
    ends = np.arange(0, n * k + 1, k)
    graph = csr_array(
        (lengths.ravel(), places.ravel(), ends), (n, n)
    )
    both = graph.minimum(graph.T)  # 0 where one is missing
    return shortest_path(both, method="D", indices=sources)


def many_rolls():
    """24 rolls of 800 points and ten of 1500, by k.

    Correlations with the exact distances from 40 points to
    all, (ks, rolls); and how many graphs have bridges.
    """
    some, found = np.arange(40), {}
    for n, rolls, ks in (
        (800, 24, (5, 8, 10, 12, 15, 20)),
        (1500, 10, (8, 10, 12, 15)),
    ):
        fits, jumps = np.zeros((2, len(ks), rolls))
        mutual, straight = np.zeros((2, rolls))
        for seed in range(rolls):
            X, t, h = swiss_roll(n, generator(seed))
            exact = geodesic_distance(
                t[some, None], h[some, None], t, h
            ).ravel()
            for place, k in enumerate(ks):
                D = knn_graph_distances(X, k, some)
                fit = correlation(D.ravel(), exact)
                fits[place, seed] = fit
                jumping = bridges(X, t, h, k)
                jumps[place, seed] = len(jumping)
            D = mutual_distances(X, 15, some)
            mutual[seed] = correlation(D.ravel(), exact)
            D = cdist(X[some], X)
            straight[seed] = correlation(D.ravel(), exact)
        found |= {
            f"ks_{n}": np.array(ks),
            f"fits_{n}": fits,
            f"bridges_{n}": jumps,
            f"mutual_{n}": mutual,
            f"straight_{n}": straight,
        }
        for place, k in enumerate(ks):
            found |= {
                f"median_{n}_{k}": np.median(fits[place]),
                f"worst_{n}_{k}": fits[place].min(),
                f"bridged_{n}_{k}": np.count_nonzero(
                    jumps[place]
                ),
            }
    return found


def residual(Y, exact):
    """Residual variance: 1 - R² of the distances in Y."""
    return 1 - correlation(pdist(Y), exact) ** 2


def linear_r2(Y, target):
    """Share of target's variance that is linear in Y."""
    A = np.column_stack([Y, np.ones(len(Y))])
    error = target - A @ np.linalg.lstsq(A, target)[0]
    return float(1 - error.var() / target.var())


def project(X, dim):
    """X (n, d) on its first principal axes: (n, dim)."""
    X = X - X.mean(axis=0)
    _, _, axes = np.linalg.svd(X, full_matrices=False)
    return X @ axes[:dim].T


def embeddings(roll):
    """PCA and Isomap of the roll in 1 to 3 dimensions."""
    X, s, h = roll["X"], roll["s"], roll["h"]
    exact = all_geodesics(roll["t"], h)
    D = knn_graph_distances(X, 10)
    found = {"ratios": pca_explained_ratio(X)}
    for dim in (1, 2, 3):
        Y, P = classical_mds(D, dim), project(X, dim)
        found |= {
            f"isomap_{dim}": residual(Y, exact),
            f"pca_{dim}": residual(P, exact),
        }
        if dim == 2:
            found |= {"isomap": Y, "pca": P}
    Y, P = found["isomap"], found["pca"]
    ranks = [abs(spearmanr(Z[:, 0], s)[0]) for Z in (Y, P)]
    chart = classical_mds(squareform(exact), 2)
    return found | {
        "isomap_rank": float(ranks[0]),
        "pca_rank": float(ranks[1]),
        "recovered_s": linear_r2(Y, s),
        "recovered_h": linear_r2(Y, h),
        "pca_s": linear_r2(P, s),
        "chart_error": float(
            np.abs(pdist(chart) - exact).max()
        ),
    }


def sphere():
    """A sphere's distances in the plane: they do not fit.

    300 points, great circles, the best 2-D layout.
    """
    X = generator().normal(size=(300, 3))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    cosines = np.clip(X @ X.T, -1, 1)
    D = np.arccos(cosines) * (1 - np.eye(300))
    exact = D[np.triu_indices(300, 1)]
    flat = pdist(classical_mds((D + D.T) / 2, 2))
    error = np.abs(flat / exact - 1)
    return {
        "residual": 1 - correlation(flat, exact) ** 2,
        "error_percent": float(100 * np.median(error)),
    }


def curve_of(X, name, count=36):
    """Points of a two_nn_curve, and its slope."""
    x, y = two_nn_curve(X, 0.1)
    some = np.linspace(0, len(x) - 1, count).astype(int)
    return {
        f"{name}_x": x[some],
        f"{name}_y": y[some],
        name: two_nn(X),
    }


def dimensions():
    """Estimated dimensions of data whose own is known."""
    rolls = [
        swiss_roll(1000, generator(seed))[0]
        for seed in range(10)
    ]
    slopes = np.array([two_nn(X) for X in rolls])
    likely = np.array([two_nn_mle(X) for X in rolls])
    found = {
        "roll_slopes": slopes,
        "roll_mean": float(slopes.mean()),
        "roll_sd": float(slopes.std(ddof=1)),
        "roll_least": float(slopes.min()),
        "roll_most": float(slopes.max()),
        "roll_likely": likely,
        "roll_error": 2 / np.sqrt(1000),
    } | curve_of(rolls[0], "roll")
    noises = np.array([0, 0.05, 0.1, 0.2, 0.5, 1.0])
    noisy = []
    for noise in noises:
        X, _, _ = swiss_roll(5000, generator(), noise=noise)
        noisy.append(two_nn(X))
    found |= {"noises": noises, "noisy": np.array(noisy)}
    found |= {"clean": noisy[0], "noise_half": noisy[4]}
    rng = generator()
    for d in (2, 5, 10, 20):
        shape = 2000, d
        found |= {
            f"cube_{d}": two_nn(rng.random(shape)),
            f"gauss_{d}": two_nn(rng.normal(size=shape)),
        }
    plane = [rng.random((1000, 2)) for _ in range(10)]
    for average in ("inverse", "mean"):
        values = [
            levina_bickel(X, 10, average=average)
            for X in plane
        ]
        found[f"plane_{average}"] = float(np.mean(values))
    found["plane_twice"] = found["plane_inverse"] * 8 / 9
    return found


def digits():
    """1797 digits of 8 x 8 pixels in [0, 1], split once."""
    X, y = load_digits(return_X_y=True)
    X, order = X / 16, generator().permutation(len(X))
    train, test = order[:1400], order[1400:]
    return {
        "X": X,
        "y": y,
        "x_train": X[train],
        "y_train": y[train],
        "x_test": X[test],
        "y_test": y[test],
    }


def pieces(places):
    """The piece (n,) of each point: neighbors (n, k)."""
    n, k = places.shape
    ends = np.arange(0, n * k + 1, k)
    ones = np.ones(n * k)
    graph = csr_array((ones, places.ravel(), ends), (n, n))
    return connected_components(graph, directed=False)[1]


def digit_dimensions(digits):
    """Estimated dimensions of digits, and shuffled."""
    X, y, rng = digits["X"], digits["y"], generator()
    shuffled = [rng.permuted(X, axis=0) for _ in range(2)]
    found = curve_of(X, "digits")
    found |= curve_of(shuffled[0], "shuffled")
    gauss = rng.multivariate_normal(
        X.mean(axis=0), np.cov(X.T), len(X)
    )
    found |= {
        "gauss": two_nn(gauss),
        "digits_mle": two_nn_mle(X),
        "shuffled_all": np.array(
            [found["shuffled"], two_nn(shuffled[1])]
        ),
    }
    for k in (5, 10, 20):
        found[f"bickel_{k}"] = levina_bickel(X, k)
    for m, times in ((225, 32), (450, 16), (900, 8)):
        some = [
            two_nn(X[rng.permutation(1797)[:m]])
            for _ in range(times)
        ]
        found[f"size_{m}"] = float(np.mean(some))
    classes = [two_nn(X[y == c]) for c in range(10)]
    shares = pca_explained_ratio(X).cumsum()
    for percent in (50, 80, 90, 95, 99):
        enough = int(np.sum(shares < percent / 100)) + 1
        found[f"components_{percent}"] = enough
    places = neighbors(X, 7)[1]
    piece = pieces(places[:, :5])
    smaller = piece == np.bincount(piece).argmin()
    return found | {
        "classes": np.array(classes),
        "class_least": min(classes),
        "class_most": max(classes),
        "flattest": int(np.argmin(classes)),
        "richest": int(np.argmax(classes)),
        "parts": np.array(
            [
                len(set(pieces(places[:, :k])))
                for k in (5, 6, 7)
            ]
        ),
        "cut_off": y[smaller],
        "cut_off_count": int(smaller.sum()),
    }


def halfway(digits):
    """300 pairs of test digits of two classes, and middles.

    A straight line's midpoint in pixels, in the plane of 8
    principal components, and in the codes of three
    autoencoders of 8 numbers; what those autoencoders
    make of the pixel midpoint, of A and of random codes;
    and how far apart the codes of both midpoints are, as a
    share of half the way between the codes.
    """
    X, y = digits["x_test"], digits["y_test"]
    a, b = generator().integers(len(X), size=(2, 600))
    differ = np.flatnonzero(y[a] != y[b])[:300]
    a, b = a[differ], b[differ]
    train = digits["x_train"]
    mean = train.mean(axis=0)
    _, _, axes = np.linalg.svd(
        train - mean, full_matrices=False
    )
    plane = axes[:8].T @ axes[:8]  # (64, 64)

    def middles(first, last):
        ends = zip(first, last)
        return np.concatenate(
            [lerp(p, q, [0.5]) for p, q in ends]
        )

    pixel = middles(X[a], X[b])
    images = {
        "real": X[a],
        "pixel": pixel,
        "pca": (pixel - mean) @ plane + mean,
    }
    offsets = []
    for seed in range(3):
        encode, decode = fit_autoencoder(train, 8, seed)
        first, last = encode(X[a]), encode(X[b])
        codes, other = middles(first, last), encode(pixel)
        half = np.linalg.norm(last - first, axis=1) / 2
        offset = np.linalg.norm(other - codes, axis=1)
        offsets.append(np.median(offset / half))
        known = encode(train)
        drawn = generator(seed).multivariate_normal(
            known.mean(axis=0), np.cov(known.T), 300
        )
        images |= {
            f"latent_{seed}": decode(codes),
            f"projected_{seed}": decode(other),
            f"rebuilt_{seed}": decode(first),
            f"random_{seed}": decode(drawn),
        }
    return {
        "pairs": np.stack([a, b]),  # (2, 300)
        "images": images,
        "offsets": np.array(offsets),
    }


def halfway_scores(digits, halfway):
    """How real the middles look: three scores each.

    Median distance to the nearest test digit but for the
    pair; mean of the top probability, by a net; and how
    often an SVC sees one of the two ends, in percent.
    """
    train, labels = digits["x_train"], digits["y_train"]
    predict = fit_mlp(
        train, labels, [64], 0, epochs=25, batch=50, lr=3e-3
    )
    svc = SVC(C=10).fit(train, labels)
    test, truth = digits["x_test"], digits["y_test"]
    right = predict(test).argmax(axis=1) == truth
    found = {
        "net_percent": float(100 * right.mean()),
        "svc_percent": 100 * svc.score(test, truth),
    }
    pairs = halfway["pairs"]
    for name, images in halfway["images"].items():
        ends = svc.predict(images) == truth[pairs]
        r = nearest_distance(
            images, test, besides=pairs.T
        )
        found |= {
            f"{name}_distance": float(np.median(r)),
            f"{name}_chance": float(
                predict(images).max(axis=1).mean()
            ),
            f"{name}_ends": float(
                100 * ends.any(axis=0).mean()
            ),
        }
    means = [
        train[labels == c].mean(axis=0) for c in range(10)
    ]
    r = nearest_distance(means, test)
    found["means_distance"] = float(np.median(r))
    kinds = "latent", "projected", "rebuilt", "random"
    for name in kinds:
        for score in ("distance", "chance", "ends"):
            of_seeds = np.array(
                [
                    found[f"{name}_{seed}_{score}"]
                    for seed in range(3)
                ]
            )
            found |= {
                f"{name}_{score}": of_seeds,
                f"{name}_{score}_least": of_seeds.min(),
                f"{name}_{score}_most": of_seeds.max(),
            }
    return found


def ends_of_lines(digits):
    """100 twos and 100 zeros of the test set, (2, 100)."""
    y, rng = digits["y_test"], generator()
    found = [np.flatnonzero(y == c) for c in (2, 0)]
    return np.stack([rng.choice(c, 100) for c in found])


def lines(first, last):
    """19 points on each line between rows: (m, 19, d)."""
    u = np.linspace(0, 1, 19)
    ends = zip(first, last)
    return np.stack([lerp(p, q, u) for p, q in ends])


def visits(labels):
    """Percent of lines (lines, points) that meet a digit.

    One share for each of ten digits: (10,).
    """
    met = labels[:, :, None] == np.arange(10)
    return 100 * met.any(axis=1).mean(axis=0)


def witness(digits):
    """An SVC that knows digits, for labels on the way."""
    svc = SVC(C=10)
    return svc.fit(digits["x_train"], digits["y_train"])


def crossfades(digits):
    """What an SVC sees on straight lines between pixels."""
    two, zero = digits["x_test"][ends_of_lines(digits)]
    images = lines(two, zero)  # (100, 19, 64)
    labels = witness(digits).predict(images.reshape(-1, 64))
    labels = labels.reshape(100, 19)
    shares = visits(labels)
    direct = np.isin(labels, [0, 2]).all(axis=1)
    return {
        "images": images,
        "labels": labels,
        "shares": shares,
        "six": float(shares[6]),
        "eight": float(shares[8]),
        "direct": float(100 * direct.mean()),
    }


def journeys(digits):
    """Straight lines between codes of the same ends.

    Decoded, (nets, 100, 19, 64), by six autoencoders of 2
    numbers and two of 16, which differ in their seeds.
    """
    two, zero = digits["x_test"][ends_of_lines(digits)]
    found = {}
    for latent, seeds in ((2, 6), (16, 2)):
        nets = []
        for seed in range(seeds):
            encode, decode = fit_autoencoder(
                digits["x_train"], latent, seed
            )
            codes = lines(encode(two), encode(zero))
            images = decode(codes.reshape(-1, latent))
            nets.append(images.reshape(100, 19, 64))
        nets = np.stack(nets).astype("float32")
        found[f"latent_{latent}"] = nets
    return found


def crossings(digits, journeys):
    """What an SVC sees on the way between codes."""
    svc, found = witness(digits), {}
    for name, images in journeys.items():
        labels = svc.predict(images.reshape(-1, 64))
        labels = labels.reshape(images.shape[:3])
        shares = np.stack([visits(net) for net in labels])
        others = np.delete(shares, [0, 2], axis=1)
        digit = np.delete(np.arange(10), [0, 2])
        direct = np.isin(labels, [0, 2]).all(axis=2)
        direct = 100 * direct.mean(axis=1)
        found |= {
            f"{name}_labels": labels,
            f"{name}_shares": shares,  # (nets, 10)
            f"{name}_third": digit[others.argmax(axis=1)],
            f"{name}_third_share": others.max(axis=1),
            f"{name}_direct": direct,
            f"{name}_direct_least": float(direct.min()),
            f"{name}_direct_most": float(direct.max()),
            f"{name}_six": shares[:, 6],
            f"{name}_six_least": float(shares[:, 6].min()),
            f"{name}_six_most": float(shares[:, 6].max()),
        }
    thirds = found["latent_2_third"]
    six = found["latent_2_six"]
    return found | {
        "different_thirds": len(set(thirds.tolist())),
        "mostly_six": int(np.sum(six > 50)),
        "rarely_six": int(np.sum(six < 20)),
    }


def strip(crossfades, journeys, crossings):
    """One line in pixels and in three spaces: 7 images.

    The first whose ends all three autoencoders rebuild as
    a 2 and a 0.
    """
    labels = crossings["latent_2_labels"][:3]
    fits = (labels[..., 0] == 2) & (labels[..., -1] == 0)
    line = int(fits.all(axis=0).argmax())
    images = journeys["latent_2"][:3, line, ::3]
    pixel = crossfades["images"][line, ::3]
    own = crossfades["labels"][line, ::3]
    return {
        "line": line,
        "images": np.concatenate([pixel[None], images]),
        "labels": np.stack([own, *labels[:, line, ::3]]),
    }


def spirals():
    """Two spirals, layer by layer, in three tanh nets.

    Accuracy of a linear probe and estimated dimension of
    each layer's activations: (3 seeds, 4 layers).
    """
    probes, slopes = np.zeros((2, 3, 4))
    for seed in range(3):
        X, y = two_spirals(
            600, generator(seed), turns=1, noise=0.02
        )
        net = fit_net(X, y, [16, 16, 16], seed, epochs=400)
        layers = layer_outputs(net, X)
        for depth, H in enumerate(layers):
            probe = LogisticRegression(C=1e4, max_iter=5000)
            probe.fit(H, y)
            probes[seed, depth] = 100 * probe.score(H, y)
            slopes[seed, depth] = two_nn(H)
    return {
        "probes": probes,
        "slopes": slopes,
        "first": float(probes[:, 0].max()),
        "last": float(probes[:, -1].min()),
        "least_slope": float(slopes.min()),
        "most_slope": float(slopes.max()),
    }


def disc_and_ring(n, rng):
    """A disc, label 0, inside a ring, label 1.

    Radii up to 0.6 and from 0.7 to 1, uniform in area.
    """
    y = np.arange(n) % 2
    inside = 0.36 * rng.random(n)
    outside = rng.uniform(0.49, 1, n)
    r = np.sqrt(np.where(y, outside, inside))
    angle = 2 * np.pi * rng.random(n)
    X = r * np.stack([np.cos(angle), np.sin(angle)])
    return X.T, y


def surrounded():
    """A disc in a ring, and tanh nets of width 2 and 3.

    Percent right on their own 400 points and on 20,000
    others, for three seeds; and the first one's log odds
    of the ring, on a grid.
    """
    others, truth = disc_and_ring(20_000, generator(99))
    side = np.linspace(-1.1, 1.1, 41)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    found = {"side": side}
    for name, widths in (
        ("one", [2]),
        ("three", [2, 2, 2]),
        ("wide", [3]),
    ):
        fit, fresh = np.zeros((2, 3))
        for seed in range(3):
            X, y = disc_and_ring(400, generator(seed))
            predict = fit_mlp(
                X, y, widths, seed, epochs=500
            )
            own = predict(X).argmax(axis=1) == y
            new = predict(others).argmax(axis=1) == truth
            fit[seed] = 100 * own.mean()
            fresh[seed] = 100 * new.mean()
            if seed == 0:
                p = np.log(predict(grid.reshape(-1, 2)))
                found |= {
                    "X": X,
                    "y": y,
                    f"{name}_map": np.reshape(
                        p[:, 1] - p[:, 0], (41, 41)
                    ),
                    f"{name}_first": float(fit[0]),
                }
        found |= {
            f"{name}_fit": fit,
            f"{name}_fresh": fresh,
            f"{name}_best": float(fit.max()),
            f"{name}_least": float(fit.min()),
        }
    narrow = found["one_fit"], found["three_fit"]
    return found | {"narrow_best": float(np.max(narrow))}


def exercises():
    """The answers to the exercises."""
    inner = geodesic_distance(
        1.5 * np.pi, 0, 3.5 * np.pi, 0
    )
    edges = arc_length(np.pi * np.array([1.5, 4.5]))
    return {
        "ratio": float(inner / (2 * np.pi)),
        "aspect": float((edges[1] - edges[0]) / 21),
        "dimension": float(np.log(2) / np.log(np.sqrt(2))),
        "error": 9 / np.sqrt(1797),
    }


def versions():
    """The libraries this article was built with."""
    libraries = {
        "torch": torch,
        "scipy": scipy,
        "sklearn": sklearn,
    }
    return {
        name: library.__version__.split("+")[0]
        for name, library in libraries.items()
    }
