"""What readers drag. docs/en/interactive/manifold.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.drawing import live, panels, unit
from snippets.manifold.figures import seen_obliquely
from snippets.manifold.scratch import (
    arc_length,
    geodesic_distance,
    geodesic_interpolate,
    inverse_arc_length,
    swiss_roll_point,
)
from snippets.slider import Slider

DASHED = (0, (4, 2.5))
EDGES = 1.5 * np.pi, 4.5 * np.pi


def nearest_angle(x, z):
    """Angle at which the roll comes closest to (x, z).

    The best of 301, refined by Newton.

    >>> nearest_angle(0, 20) / np.pi  # its outer edge
    4.5
    """
    t = np.linspace(*EDGES, 301)
    there = swiss_roll_point(t, 0.0)
    gaps = np.hypot(there[:, 0] - x, there[:, 2] - z)
    t = t[gaps.argmin()]
    for _ in range(6):
        out = x * np.cos(t) + z * np.sin(t)
        on = z * np.cos(t) - x * np.sin(t)
        slope, bend = t - out - t * on, 1 - 2 * on + t * out
        t = np.clip(t - slope / bend, *EDGES)
    return float(t)


def on_paper(X, *names):
    """Points (n, 3) seen obliquely, as "name_x", "name_y".

    One name for all of them, or one for each.

    >>> on_paper([[1, 10, 2]], "a")
    {'a_x': [4.8], 'a_y': [3.6]}
    """
    x, y = seen_obliquely(X)
    if len(names) > 1:
        x, y = x[:, None], y[:, None]
    else:
        x, y = [x], [y]
    return {
        f"{name}_{axis}": places[at].tolist()
        for at, name in enumerate(names)
        for axis, places in (("x", x), ("y", y))
    }


def two_points(
    a: Annotated[
        float, Slider("angle of A", 1.5, 4.5, 0.05, " π")
    ] = 2.5,
    b: Annotated[
        float, Slider("angle of B", 1.5, 4.5, 0.05, " π")
    ] = 4.5,
    height: Annotated[
        float, Slider("height of B", 0, 21, 0.5)
    ] = 10.5,
):
    """Two ways from A to B, in space and in the chart.

    Angles are in units of pi; A is halfway up.

    >>> found = two_points(2.5, 4.5, 10.5)
    >>> print(round(found["times_as_far"], 6))
    11.042238
    """
    t, h = np.pi * np.array([a, b]), np.array([10.5, height])
    ends = swiss_roll_point(t, h)
    far = float(geodesic_distance(t[0], h[0], t[1], h[1]))
    chord = float(np.linalg.norm(ends[1] - ends[0]))
    middle = ends.mean(axis=0)
    near = swiss_roll_point(
        nearest_angle(middle[0], middle[2]), middle[1]
    )
    s = arc_length(t)
    half = float(inverse_arc_length(s.mean()))
    path = geodesic_interpolate(
        t[0], h[0], t[1], h[1], np.linspace(0, 1, 41)
    )
    # labels: in or out, where the line does not go
    out = ends / t[:, None] * [1, 0, 1]
    ahead = np.sum((ends[::-1] - ends) * out, axis=1)
    inward = ahead > [-1e-9, 1e-9]
    away = np.where(inward, -1.7, 1.7)[:, None]
    labels = ends + away * out
    s = s - arc_length(EDGES[0])
    beside = 4.0 if b >= a else -4.0
    return {
        "along_the_roll": far,
        "through_space": chord,
        "times_as_far": far / chord if far else 1.0,
        "middle_is_off_the_roll_by": float(
            np.linalg.norm(near - middle)
        ),
        "half_the_way_is_at_angle": half / np.pi,
        **on_paper(path, "path"),
        **on_paper(ends, "line"),
        **on_paper(np.stack([middle, near]), "gap"),
        **on_paper(ends, "dot_a", "dot_b"),
        **on_paper(labels, "label_a", "label_b"),
        **on_paper(middle[None], "middle"),
        **on_paper(path[20:21], "half"),
        "s": s.tolist(),
        "h": h.tolist(),
        "s_a": [float(s[0])],
        "h_a": [10.5],
        "s_b": [float(s[1])],
        "h_b": [height],
        "s_half": [float(s.mean())],
        "h_half": [float(h.mean())],
        "beside_a": [float(s[0]) - beside],
        "beside_b": [float(s[1]) + beside],
        "left": [-11.5],
        "first": [23.0],
        "second": [20.2],
        "right": [89.0],
        "above": [25.5],
    }


def drag_two_points(fig, two_points):
    """The roll in space, and its chart, with both ways from A to B."""
    fig.set_figheight(1.65 * fig.get_figheight())
    space, chart = fig.subplots(2, 1, gridspec_kw={"height_ratios": [3.1, 1]})

    def follow(ax, across, up, *look, **style):
        (artist,) = ax.plot(two_points[across], two_points[up], *look, **style)
        live(artist, two_points, across, up)

    def label(ax, across, up, words, **style):
        (x,), (y,) = two_points[across], two_points[up]
        live(ax.text(x, y, "", va="center", **style), two_points, across, up, words)

    front = swiss_roll_point(np.linspace(*EDGES, 61), 0.0)
    back = front + np.array([0, 21, 0])
    strokes = np.insert(np.stack([front, back], axis=1)[::3], 2, np.nan, axis=1)
    space.plot(*seen_obliquely(strokes.reshape(-1, 3)), color="grid", linewidth=1)
    for edge in (front, back, np.stack([front, back])[:, 0], np.stack([front, back])[:, -1]):
        space.plot(*seen_obliquely(edge), color="edge", linewidth=1)
    follow(space, "path_x", "path_y", color="s2")
    follow(space, "line_x", "line_y", color="s3", linestyle=DASHED)
    follow(space, "gap_x", "gap_y", color="ink", linewidth=1.25)
    follow(space, "half_x", "half_y", "^", color="s2", markersize=9)
    follow(space, "middle_x", "middle_y", "D", color="s3", markersize=6)
    space.plot([-14.2, -12], [23, 23], color="s3", linestyle=(0, (3.2, 2)))
    space.plot(-13.1, 20.2, "D", color="s3", markersize=6)
    label(space, "left", "first", "through space: {through_space:.2f}", color="t3")
    gap = "{middle_is_off_the_roll_by:.2f}"
    label(space, "left", "second", f"its middle: {gap} off the roll", color="t3")
    space.set(xlim=(-14.5, 23), ylim=(-15.5, 24.5), aspect="equal")
    space.axis("off")

    follow(chart, "s", "h", color="s2")
    follow(chart, "s_half", "h_half", "^", color="s2", markersize=9, clip_on=False)
    label(chart, "right", "above", "along the roll: {along_the_roll:.2f}", color="t2", ha="right")
    for name in "ab":
        follow(space, f"dot_{name}_x", f"dot_{name}_y", "o", color="ink", markersize=6)
        label(space, f"label_{name}_x", f"label_{name}_y", name.upper(), ha="center", weight=600)
        follow(chart, f"s_{name}", f"h_{name}", "o", color="ink", markersize=6, clip_on=False)
        label(chart, f"beside_{name}", f"h_{name}", name.upper(), ha="center", weight=600)
    chart.set(xlim=(-7, 97), ylim=(0, 21), yticks=[0, 21], aspect="equal")
    chart.set(xticks=range(0, 90, 20), xlabel="arc length s, from the inner edge")
    unit(chart, "height h", 20)


def neighbor_ratios(
    dimension: Annotated[
        float, Slider("dimension d", 1, 20, 1)
    ] = 2,
    points: Annotated[
        int, Slider("number of points n", 100, 5000, 100)
    ] = 1000,
):
    """What TwoNN reads in n points of d dimensions.

    The line whose slope is d and lines two standard errors
    of d beside it; the median of the ratio; and the edge of
    a cube that holds one point of those in a unit cube.

    >>> found = neighbor_ratios(2, 400)
    >>> found["standard_error"], found["edge_of_a_cube"]
    (0.1, 0.05)
    """
    error = float(dimension / np.sqrt(points))
    middle = float(np.log(2) / dimension)
    edge = float(points ** (-1 / dimension))
    dims = np.arange(1, 21)
    shown = {
        "standard_error": error,
        "median_of_the_ratio": float(2 ** (1 / dimension)),
        "edge_of_a_cube": edge,
    }
    for name, slope in (
        ("line", dimension),
        ("steeper", dimension + 2 * error),
        ("flatter", dimension - 2 * error),
    ):
        end = min(1.25, 2.45 / slope)
        shown |= {
            f"{name}_x": [0.0, end],
            f"{name}_y": [0.0, slope * end],
        }
    return shown | {
        "drop_x": [middle, middle],
        "drop_y": [0.0, float(np.log(2))],
        "middle_x": [middle],
        "middle_y": [float(np.log(2))],
        "dims": dims.tolist(),
        "edges": (points ** (-1 / dims)).tolist(),
        "at": [dimension],
        "edge": [edge],
        "left": [0.02],
        "first": [3.25],
        "second": [2.9],
        "words_x": [1.0],
        "words_y": [1.2],
    }


def drag_neighbor_ratios(fig, neighbor_ratios):
    """The line of TwoNN with its error, and how far a neighborhood reaches."""
    slopes, reach = panels(fig, 2)

    def follow(ax, across, up, *look, **style):
        (artist,) = ax.plot(neighbor_ratios[across], neighbor_ratios[up], *look, **style)
        live(artist, neighbor_ratios, across, up)

    def label(ax, across, up, words, **style):
        (x,), (y,) = neighbor_ratios[across], neighbor_ratios[up]
        live(ax.text(x, y, "", va="center", **style), neighbor_ratios, across, up, words)

    for side in ("steeper", "flatter"):
        follow(slopes, f"{side}_x", f"{side}_y", color="s4", linewidth=1.25, linestyle=DASHED)
    follow(slopes, "line_x", "line_y", color="s2")
    follow(slopes, "drop_x", "drop_y", color="ink", linewidth=1.25)
    follow(slopes, "middle_x", "middle_y", "o", color="ink", markersize=7)
    label(slopes, "left", "first", "slope d, standard error {standard_error:.2f}", color="t2")
    label(slopes, "left", "second", "half of the ratios: below {median_of_the_ratio:.2f}")
    slopes.set(xlim=(0, 1.28), ylim=(0, 3.5), yticks=[0, 1, 2])
    slopes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    slopes.set_xlabel("log μ")
    unit(slopes, "−log(1 − F)", 14)

    follow(reach, "dims", "edges", color="s3")
    follow(reach, "at", "edge", "o", color="ink", markersize=8)
    label(reach, "words_x", "words_y", "a cube with one point: edge {edge_of_a_cube:.2f}")
    reach.set(xlim=(0.4, 20.6), ylim=(0, 1.35), xticks=[1, 5, 10, 15, 20])
    reach.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    reach.set_xlabel("dimension d")
    unit(reach, "edge ÷ edge of the whole", 22)
