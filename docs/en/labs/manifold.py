# %% [markdown]
# # Lab: rolls, codes and rulers
#
# [The article](../manifold.md) says that a straight line is
# the wrong ruler on a rolled-up sheet, that a graph of
# neighbors can replace it until one edge jumps the gap, and
# that the random seed decides whether a 6 lies between a 2
# and a 0. Here you break the graph and mend it, measure
# dimensions past noise, and draw the map of an
# autoencoder's codes.
#
# All functions come from the article. Cells that begin
# with names in capitals have knobs: change a value, run
# the cell again, and look at what the comment names.

# %%
import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from press.notebook import figure
from snippets.manifold.experiments import (
    all_geodesics,
    bridges,
    correlation,
    digits,
    ends_of_lines,
    gap_to_roll,
    generator,
    lines,
    visits,
    witness,
)
from snippets.manifold.figures import plot_distances
from snippets.manifold.scratch import (
    arc_length,
    geodesic_distance,
    inverse_arc_length,
    knn_graph_distances,
    lerp,
    neighbors,
    swiss_roll,
    swiss_roll_point,
    two_nn,
)
from snippets.manifold.torch_ import fit_autoencoder

# %% [markdown]
# ## Two rulers
#
# Two points of the roll, at the same height, and both
# distances between them.

# %%
# TURNS: how far B is from A, in turns. Try 0.25, 0.5, 0.75
# and 1, where the roll ends. Where does the straight line
# shrink while the way along the roll still grows?
TURNS = 1
START = 2.5 * np.pi

end = START + 2 * np.pi * TURNS
a, b = swiss_roll_point([START, end], 0)
chord = np.linalg.norm(b - a)
along = geodesic_distance(START, 0, end, 0)
middle = lerp(a, b, [0.5])[0]
gap = gap_to_roll(middle)
print(f"straight through space        {chord:6.2f}")
print(f"along the roll                {along:6.2f}")
print(f"from the line's middle to it  {gap:6.2f}")

# %% [markdown]
# ## Until an edge jumps
#
# Forget the formula and keep the points. Join each to its
# $K$ nearest others and measure along the edges. The
# article's `bridges` knows the roll and counts the edges
# that leave it.

# %%
# K: try 5, 12, 13 and 20. Where do the dots leave the line,
# and how many bridges does it take?
# SEED: try 2 with K = 10. POINTS: try 400 and 1200.
K = 15
SEED = 0
POINTS = 800

X, t, h = swiss_roll(POINTS, generator(SEED))
exact = all_geodesics(t, h)
upper = np.triu_indices(POINTS, 1)
graph = knn_graph_distances(X, K)[upper]
space = np.linalg.norm(X[upper[0]] - X[upper[1]], axis=1)
some = generator(1).choice(len(exact), 150, False)
fits = correlation(graph, exact), correlation(space, exact)
print(f"bridges: {len(bridges(X, t, h, K))}")
print(f"correlation of the graph          {fits[0]:.4f}")
print(f"correlation of straight distances {fits[1]:.4f}")
figure(
    plot_distances,
    {
        "shown_exact": exact[some],
        "shown_graph": graph[some],
        "shown_euclid": space[some],
    },
    alt=f"Distances in the graph and in space against "
    f"those along the roll, 150 pairs. Correlations are "
    f"{fits[0]:.2f} and {fits[1]:.2f}. A dot below the "
    f"line is a pair that some shortcut brings together.",
)

# %% [markdown]
# Can you find the bridges without knowing the roll? A
# bridge is the only short way between its ends. Take a
# second graph with few neighbors, in which no edge jumps,
# and ask it how far apart the two ends of each edge are.
# Where the edge is honest, the way around is a small
# zigzag. The *detour* of an edge is the length of that way
# less the length of the edge.


# %% tags=["task"]
def detours(points, k, few):
    """The detour of each of the k edges of each point.

    Shape (n, k), in the order of neighbors(points, k),
    which returns lengths (n, k) and places (n, k). Measure
    the way around in the graph of `few` neighbors: that is
    knn_graph_distances(points, few).
    """
    ...  # your turn


# %%
corner = np.array([[0.0, 0], [3, 0], [3, 4], [9, 4]])
got = detours(corner, 2, 1)
if got is None:
    print("Task 1 is open.")
else:
    got = np.asarray(got)
    assert got.shape == (4, 2), (
        "one detour for each point and neighbor: shape "
        f"{got.shape} is not (4, 2)"
    )
    assert np.abs(got).max() > 1e-9, (
        "all detours are 0: where an edge exists it is its "
        "own shortest way; ask the graph of `few`"
    )
    assert abs(got[0, 0] - 3) > 1e-9, (
        "an edge of both graphs has no detour: subtract "
        f"its length from the way around, {got[0, 0]:.0f}"
    )
    least = got.min()
    assert least > -1e-9, (
        f"a detour of {least:.1f}: the way around less the "
        "edge, not the reverse"
    )
    assert abs(got[0, 1] - 7 / 5) > 1e-9, (
        f"{got[0, 1]:.1f} is a ratio; the detour is the "
        "difference, 3 + 4 - 5"
    )
    longest = 10 - np.hypot(6, 4)
    want = np.array([[0, 2], [0, 0], [0, 2], [0, longest]])
    off = np.abs(got - want).max()
    assert off < 1e-9, (
        "around the corner (0, 0), (3, 0), (3, 4), (9, 4) "
        f"a detour is off by {off:.2f}"
    )
    for k, few in ((12, 5), (15, 8)):
        lengths, places = neighbors(X, k)
        rows = np.arange(len(X))[:, None]
        around = knn_graph_distances(X, few)[rows, places]
        got = np.asarray(detours(X, k, few))
        off = np.abs(got - (around - lengths)).max()
        assert off < 1e-6, (
            f"{k} neighbors on the roll, measured with "
            f"{few}: a detour is off by {off:.2f}"
        )

    def mended(points, k, limit):
        """Paths without the edges of long detours."""
        lengths, places = neighbors(points, k)
        keep = detours(points, k, 5) < limit
        edges = np.nonzero(keep)[0], places[keep]
        n = len(points)
        graph = csr_array((lengths[keep], edges), (n, n))
        return shortest_path(graph, directed=False)

    long = np.sort(detours(X, 15, 5), axis=None)[::-1]
    shown = " ".join(f"{d:.0f}" for d in long[:8])
    print("Task 1: right. The longest detours here, of")
    print(f"all edges with 15 neighbors: {shown}")
    print("roll  bridges  cut  correlation  mended")
    for seed in (0, 1, 2):
        Z, tz, hz = swiss_roll(800, generator(seed))
        true = all_geodesics(tz, hz)
        pairs = np.triu_indices(800, 1)
        before = knn_graph_distances(Z, 15)[pairs]
        after = mended(Z, 15, 30)[pairs]
        i, j = np.nonzero(detours(Z, 15, 5) >= 30)
        found = np.sort([i, neighbors(Z, 15)[1][i, j]], 0)
        cut = np.unique(found, axis=1).shape[1]
        print(
            f"{seed:4}  {len(bridges(Z, tz, hz, 15)):7}  "
            f"{cut:3}  {correlation(before, true):11.4f}"
            f"  {correlation(after, true):6.4f}"
        )
    print("Cut: edges with a detour of 30 or more. No")
    print("formula was asked; only the graph of few")
    print("neighbors had to be free of bridges itself.")

# %% [markdown]
# ## Dimensions, past the noise
#
# TwoNN looks only at the two nearest neighbors. So it sees
# whatever there is at *that* distance.

# %%
# NOISE: try 0, 0.1 and 1. The roll has 2 dimensions, noise
# has 3: which wins, and how early?
# SIZE: try 1000 and 16000. Do more points help?
NOISE = 0.5
SIZE = 4000

noisy, _, _ = swiss_roll(SIZE, generator(0), noise=NOISE)
data = digits()
mixed = generator(0).permuted(data["X"], axis=0)
print(f"roll with noise {NOISE}:  {two_nn(noisy):5.2f}")
print(f"digits:               {two_nn(data['X']):5.2f}")
print(f"each pixel shuffled:  {two_nn(mixed):5.2f}")

# %% [markdown]
# More points bring neighbors closer, down to where the
# noise is. Then fewer points must do the reverse: in a
# thinned sample neighbors are further away, and the noise
# looks small beside the sheet. Throwing points away wastes
# them, so use every part: split the sample into $p$ equal
# parts, estimate each, and take the mean.


# %% tags=["task"]
def two_nn_of_parts(points, parts):
    """Mean of two_nn over `parts` parts of the rows.

    Part i has the rows whose number leaves the remainder
    i when divided by `parts`.
    """
    ...  # your turn


# %%
sample = generator(3).normal(size=(60, 2))
sample[::2] *= [1, 1e-3]  # even rows: nearly a line
got = two_nn_of_parts(sample, 2)
if got is None:
    print("Task 2 is open.")
else:
    even = two_nn(sample[::2])
    odd = two_nn(sample[1::2])
    want = (even + odd) / 2
    for wrong, words in (
        (two_nn(sample), "that is the whole sample"),
        (even, "that is the first part alone"),
        (even + odd, "that is the sum of the parts"),
        (
            (two_nn(sample[:30]) + two_nn(sample[30:])) / 2,
            "that cuts the rows into blocks; take every "
            "second row",
        ),
    ):
        assert abs(got - wrong) > 1e-9, (
            f"{got:.3f} is not {want:.3f}: {words}"
        )
    assert abs(got - want) < 1e-9, (
        f"two parts with {even:.3f} and {odd:.3f}: "
        f"{got:.3f} is not their mean {want:.3f}"
    )
    got = two_nn_of_parts(sample, 4)
    want = np.mean([two_nn(sample[i::4]) for i in range(4)])
    assert abs(got - want) < 1e-9, (
        f"four parts: {got:.3f} is not {want:.3f}"
    )
    cube = generator(0).random((4000, 20))
    split = (1, 4, 16)
    print("Task 2: right. Dimensions, by number of parts:")
    print("parts     " + "".join(f"{p:8}" for p in split))
    for name, rows in (
        ("noisy roll", noisy),
        ("cube of 20", cube),
        ("digits", data["X"]),
        ("shuffled", mixed),
    ):
        found = (two_nn_of_parts(rows, p) for p in split)
        text = "".join(f"{d:8.2f}" for d in found)
        print(f"{name:10}{text}")
    print("The roll comes down toward its sheet. But the")
    print("cube has no noise and comes down too: a falling")
    print("estimate alone does not show noise.")

# %% [markdown]
# ## A map of the codes
#
# Three autoencoders with codes of two numbers, alike but
# for the seed. On the straight lines between the codes of
# a 2 and a 0, which digits does an SVC see? The columns 2
# and 0 are the ends themselves.


# %%
def train(seed):
    """Encoder, decoder and the ends of 100 lines."""
    encode, decode = fit_autoencoder(
        data["x_train"], 2, seed
    )
    two, zero = data["x_test"][ends_of_lines(data)]
    return encode, decode, encode(two), encode(zero)


svc = witness(data)
nets = {seed: train(seed) for seed in (0, 1, 2)}
print("% of lines that meet a digit")
print("seed " + "".join(f"{d:5}" for d in range(10)))
for seed, (_, decode, first, last) in nets.items():
    codes = lines(first, last)  # (100, 19, 2)
    seen = svc.predict(decode(codes.reshape(-1, 2)))
    shares = visits(seen.reshape(100, 19))
    text = "".join(f"{share:5.0f}" for share in shares)
    print(f"{seed:4} {text}")

# %% [markdown]
# Codes of two numbers can be drawn. Decode every point of
# the plane, let the SVC name what it sees, and draw the
# borders: a map with the lines of five pairs on it, from
# the 2 (square) to the 0 (dot). A region too small for its
# digit goes without.


# %%
def code_map(encode, decode, side=81):
    """What the SVC sees at the codes of a grid."""
    known = encode(data["x_train"])
    low, high = known.min(axis=0), known.max(axis=0)
    x, y = np.linspace(low, high, side).T
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    seen = svc.predict(decode(grid.reshape(-1, 2)))
    return x, y, seen.reshape(side, side)


def plot_map(fig, x, y, seen, first, last):
    """Borders between digits, and lines from 2 to 0."""
    ax = fig.subplots()
    taken = np.zeros(seen.shape, dtype=bool)
    taken[[0, -1]] = taken[:, [0, -1]] = True
    for a, b in zip(first, last):
        way = lerp(a, b, np.linspace(0, 1, 200)).T
        ax.plot(*way, color="s2")
        ax.plot(*a, "s", color="s3", ms=7)
        ax.plot(*b, "o", color="s2", ms=7)
        column, row = (
            np.clip(np.searchsorted(axis, at), 0, 80)
            for axis, at in zip((x, y), way)
        )
        taken[row, column] = True
    shape = fig.get_figwidth() / fig.get_figheight()
    for digit in np.unique(seen):
        here = (seen == digit).astype(float)
        ax.contour(
            x, y, here, [0.5], colors=["edge"], linewidths=1
        )
        room = distance_transform_edt(
            (seen == digit) & ~taken, sampling=(1, shape)
        )
        row, column = np.divmod(room.argmax(), len(x))
        if room.max() > 4:
            ax.text(
                x[column],
                y[row],
                f"{digit}",
                ha="center",
                va="center",
                weight=600,
            )
    ax.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
    ax.set(xticks=[], yticks=[], xlabel="its first number")
    ax.annotate(
        "second number of the code",
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 8),
        textcoords="offset points",
        color="muted",
    )


# %%
# SEED: try 1, 2, 3 and on. Which digits lie in the middle,
# and which never get a place between 2 and 0? Which seeds
# put the 6 there?
SEED = 0

if SEED not in nets:
    nets[SEED] = train(SEED)
encode, decode, first, last = nets[SEED]
plan = code_map(encode, decode)
counts = np.bincount(plan[2].ravel(), minlength=10)
figure(
    plot_map,
    *plan,
    first[:5],
    last[:5],
    alt=f"Map of the codes of seed {SEED}: regions named "
    f"by digits, and five lines from codes of a 2 to codes "
    f"of a 0. The largest region is that of the "
    f"{counts.argmax()}; the 6 has "
    f"{100 * counts[6] / counts.sum():.0f} % of the map.",
)

# %% [markdown]
# The map shows where a line goes, but not how fast the
# picture changes on it. Near a border, a small step may
# redraw the whole digit; elsewhere a large one does little.
# The ruler for that is the length of the *decoded* path:
# cut the line into many short steps, decode, and add up
# how far the pictures are apart.
#
# The roll is the same thing, with a decoder that we know:
# from the pair $(t, h)$ to a point of the roll. There the
# article proved that half the angle is not half the way.


# %% tags=["task"]
def halfway_share(decode, a, b):
    """The share u where half of the decoded way is done.

    decode maps codes (m, 2) to pictures (m, d); the codes
    go straight from a (2,) to b (2,), as in lerp(a, b, u).
    Measure steps between pictures, not between codes, and
    take a thousand of them.
    """
    ...  # your turn


# %%
def unroll(codes):
    """A decoder whose lengths are known: the roll."""
    return swiss_roll_point(*np.transpose(codes))


inner = np.array([2.5 * np.pi, 0])
outer = np.array([4.5 * np.pi, 0])
got = halfway_share(unroll, inner, outer)
if got is None:
    print("Task 3 is open.")
else:
    s = arc_length([inner[0], outer[0]]).mean()
    at = float(inverse_arc_length(s))
    want = (at / np.pi - 2.5) / 2
    assert np.abs(got - at).min() > 1e-3, (
        f"{at:.3f} is the angle: return its share of the "
        f"line from a to b, {want:.3f}"
    )
    assert np.ndim(got) == 0, (
        f"return one share, not an array of {np.size(got)}"
    )
    assert 0 <= got <= 1, (
        f"the share u is one number from 0 to 1, not {got}"
    )
    assert abs(got - 0.5) > 1e-4, (
        "0.5 is halfway in code; the outer half of the "
        "angle is the longer way: measure after decoding"
    )
    assert abs(got - want) < 2e-3, (
        f"half the way from 2.5 π to 4.5 π is done at "
        f"u = {want:.3f}, not at {got:.3f}"
    )
    back = halfway_share(unroll, outer, inner)
    assert abs(back - (1 - want)) < 2e-3, (
        f"walked back, half the way is at {1 - want:.3f}, "
        f"not at {back:.3f}"
    )
    up = np.array([2.5 * np.pi, 20.0])
    got = halfway_share(unroll, inner, up)
    assert abs(got - 0.5) < 2e-3, (
        "straight up the roll half the code is half the "
        f"way: {got:.3f} is not 0.5"
    )
    print("Task 3: right. Lines from a 2 to a 0, by seed:")
    print("seed  least share  median  greatest")
    for seed, (_, decode, first, last) in nets.items():
        found = [
            halfway_share(decode, a, b)
            for a, b in zip(first, last)
        ]
        low, middle, high = np.percentile(
            found, [0, 50, 100]
        )
        print(
            f"{seed:4}  {low:11.2f}  {middle:6.2f}"
            f"  {high:8.2f}"
        )
    print("The picture halfway in code is not halfway in")
    print("change: a strip of even codes is uneven.")

# %% [markdown]
# ## Where to go
#
# You found bridges without the roll's formula, looked past
# noise, and measured a decoder as the article measures the
# roll. Two controls belong before any walk between codes:
# the pixel midpoint through the same decoder, and a random
# code. Both are
# [in the article](../manifold.md#halfway-between-two-digits),
# and so is what
# [wider codes](../manifold.md#is-there-a-6-between-a-2-and-a-0)
# do to the map.
