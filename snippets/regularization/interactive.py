"""What readers drag. docs/en/interactive/regularization.js says each of these functions again."""

from typing import Annotated

import numpy as np
from matplotlib.patches import Circle

from snippets.drawing import follow, panels, say, unit
from snippets.regularization.scratch import (
    lasso_cd,
    project_l1_ball,
    ridge,
    shrink,
    soft_threshold,
    vertex_probability,
)
from snippets.slider import Slider

DASHED = (0, (4, 2.5))
TOP = 6  # the highest loss that is drawn


def one_weight(
    z: Annotated[
        float,
        Slider("z, the weight without penalty", -3, 3, 0.1),
    ] = 1.5,
    t: Annotated[
        float, Slider("strength t", 0, 3, 0.1)
    ] = 1,
):
    """Losses of one weight, penalized, and their minima.

    >>> found = one_weight(1.5, 1)
    >>> found["weight_with_L1"], found["weight_with_L2"]
    (0.5, 0.75)
    """
    l1 = float(soft_threshold(z, t))
    l2 = float(shrink(z, t))

    def loss_l1(w):
        return (w - z) ** 2 / 2 + t * abs(w)

    def loss_l2(w):
        return (w - z) ** 2 / 2 + t * w**2 / 2

    low = z + t - np.sqrt(2 * TOP + 2 * t * z + t**2)
    high = z - t + np.sqrt(2 * TOP - 2 * t * z + t**2)
    w_l1 = np.concatenate(
        [
            np.linspace(max(low, -3), 0, 10),
            np.linspace(0, min(high, 3), 10),
        ]
    )
    half = np.sqrt(2 * (TOP - loss_l2(l2)) / (1 + t))
    low, high = max(l2 - half, -3), min(l2 + half, 3)
    w_l2 = np.linspace(low, high, 19)
    return {
        "weight_with_L1": l1,
        "weight_with_L2": l2,
        "w_L1": w_l1.tolist(),
        "w_L2": w_l2.tolist(),
        "losses_L1": loss_l1(w_l1).tolist(),
        "losses_L2": loss_l2(w_l2).tolist(),
        "least_L1": [loss_l1(l1)],
        "least_L2": [loss_l2(l2)],
        "from_L1": [-3, -t, t, 3],
        "from_L2": [-3, 3],
        "to_L1": soft_threshold([-3, -t, t, 3], t).tolist(),
        "to_L2": shrink([-3, 3], t).tolist(),
        "place": [z],
        "floor": [-0.7],
        "key": [-2.6],
        "first": [8],
        "second": [7],
    }


def drag_one_weight(fig, one_weight):
    """The losses with their minima; and the minima for every z."""
    losses, minima = panels(fig, 2)
    losses.set(xlim=(-3.3, 3.3), ylim=(-1.5, 8.8), xticks=[-2, 0, 2], yticks=[0, 2, 4, 6])
    losses.set_xlabel("weight")
    minima.set(xlim=(-3.3, 3.3), ylim=(-3.2, 3.6), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    minima.set_xlabel("z, the weight without penalty")
    minima.plot([-3, 3], [-3, 3], color="edge", linewidth=1)
    looks = {"L1": ("s3", "t3", "o", "-", 8), "L2": ("s2", "t2", "s", DASHED, 7)}
    for name, (ink, text, marker, dashes, row) in looks.items():
        weight, dot = f"weight_with_{name}", {"color": ink, "markersize": 9}
        follow(losses, one_weight, f"w_{name}", f"losses_{name}", color=ink, linestyle=dashes)
        follow(losses, one_weight, weight, f"least_{name}", marker, **dot)
        losses.plot(-2.8, row, marker, color=ink)
        words = f"{name}: least at {{{weight}:.2f}}"
        place = "first" if name == "L1" else "second"
        say(losses, one_weight, "key", place, words, (0, 0), va="center", color=text)
        follow(minima, one_weight, f"from_{name}", f"to_{name}", color=ink, linestyle=dashes)
        follow(minima, one_weight, "place", weight, marker, **dot)
        level = {"L1": 3.15, "L2": 2.55}[name]
        minima.plot(-2.8, level, marker, color=ink)
        minima.text(-2.6, level, name, va="center", color=text)
    follow(losses, one_weight, "place", "floor", "^", color="ink", markersize=8)
    say(losses, one_weight, "place", "floor", "z", (9, 0), va="center")
    minima.text(2.3, 2.8, "no penalty", ha="right", va="center", color="muted", size=14)
    unit(losses, "loss with its penalty", 12)
    unit(minima, "weight after it", 22)


def one_point(
    reach: Annotated[
        float, Slider("s, their reach", 0.05, 1, 0.05)
    ] = 0.5,
    angle: Annotated[
        float, Slider("angle of the point", 0, 45, 1, "°")
    ] = 20,
):
    """Where a point of a circle goes, in diamond and disc.

    >>> found = one_point(0.5, 20)
    >>> found["second_weight_with_L1"]
    0.0
    """
    turn = np.radians(angle)
    x, y = float(np.cos(turn)), float(np.sin(turn))
    first, second = project_l1_ball([x, y], reach).tolist()
    chance = round(float(vertex_probability(reach)), 12)
    arc = np.linspace(-1, 1, 9) * chance * np.pi / 4
    arc = np.append(arc, np.nan)  # nan lifts the pen
    lit = np.add.outer(np.arange(4) * np.pi / 2, arc).ravel()
    around = np.linspace(0, 2 * np.pi, 41)
    return {
        "second_weight_with_L1": second,
        "second_weight_with_L2": reach * y,
        "chance_of_a_zero_with_L1": chance,
        "lit_x": np.cos(lit).tolist(),
        "lit_y": np.sin(lit).tolist(),
        "L1_x": [reach, 0, -reach, 0, reach],
        "L1_y": [0, reach, 0, -reach, 0],
        "L2_x": (reach * np.cos(around)).tolist(),
        "L2_y": (reach * np.sin(around)).tolist(),
        "way_with_L1": [y, second],
        "way_with_L2": [y, reach * y],
        "to_L1": [x, first],
        "to_L2": [x, reach * x],
        "dots_L1": [x, first],
        "dots_L2": [x, reach * x],
        "left": [-1.2],
        "top": [1.36],
        "bottom": [-1.36],
    }


def drag_one_point(fig, one_point):
    """A point of a circle on its way into a diamond, whose arcs are thick, and into a disc."""
    for ax, (name, ink, text) in zip(
        panels(fig, 2), (("L1", "s3", "t3"), ("L2", "s2", "t2")), strict=True
    ):
        ax.set(aspect="equal", xlim=(-1.25, 1.25), ylim=(-1.5, 1.5))
        ax.axis("off")
        ax.plot([-1.15, 1.15, np.nan, 0, 0], [0, 0, np.nan, -1.15, 1.15], color="grid", linewidth=1)
        ax.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor="edge"))
        if name == "L1":
            follow(ax, one_point, "lit_x", "lit_y", color=ink, linewidth=5)
        follow(ax, one_point, f"{name}_x", f"{name}_y", color="ink")
        way = {"color": ink, "linewidth": 1.5, "linestyle": DASHED}
        follow(ax, one_point, f"to_{name}", f"way_with_{name}", **way)
        weight = f"second_weight_with_{name}"
        follow(ax, one_point, f"dots_{name}", f"way_with_{name}", "o", color=ink)
        words = f"{name}: second weight {{{weight}:.2f}}"
        say(ax, one_point, "left", "top", words, (0, 0), va="center", color=text)
    words = "chance of a zero {chance_of_a_zero_with_L1:.2f}"
    say(fig.axes[0], one_point, "left", "bottom", words, (0, 0), va="center", color="t3")
    ax.text(-1.2, -1.36, "chance of a zero 0", va="center", color="t2")


def two_columns(
    strength: Annotated[
        float, Slider("strength λ", 0, 1.5, 0.05)
    ] = 0.4,
    correlation: Annotated[
        float,
        Slider("correlation of A and B", 0, 0.7, 0.05),
    ] = 0.7,
    pull: Annotated[
        float,
        Slider("pull on B, that on A is 1", 0.2, 1, 0.05),
    ] = 0.4,
):
    """Weights of two columns, by ridge and by the lasso.

    Both for half the mean of the squared errors, ridge with
    the half penalty.

    >>> found = two_columns(0.5, 0.6, 0.4)
    >>> found["B_with_ridge"], found["B_with_lasso"]
    (0.0, 0.0)
    """
    a, b = np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    rest = np.sqrt(1 - correlation**2)
    X = np.stack([a, correlation * a + rest * b], axis=1)
    y = a + (pull - correlation) / rest * b

    def by_ridge(lams):
        found = [ridge(X, y, 4 * t) for t in lams]
        return np.array([w for w, _ in found])

    def by_lasso(lams):
        found = [lasso_cd(X, y, t, tol=1e-15) for t in lams]
        return np.array([w for w, _ in found])

    gap = pull - correlation
    turn = abs(gap) / (1 - np.copysign(correlation, gap))
    cross = correlation / pull - 1
    shown = {
        "lams_ridge": np.linspace(0, 2, 25).tolist(),
        "lams_lasso": [0.0, float(turn), 1.0, 2.0],
        "turn_ridge": [cross if 0 < cross < 2 else np.nan],
        "turn_lasso": [float(turn)],
        "floor": [0],
        "here": [strength],
    }
    ways = {"ridge": by_ridge, "lasso": by_lasso}
    for name, fit in ways.items():
        ((end_a, end_b),) = fit([strength]).tolist()
        shown[f"A_end_{name}"] = [end_a]
        shown[f"B_with_{name}"] = round(end_b, 12) + 0.0
        shown[f"below_{name}"] = [min(end_b, 0.0)]
        for j, column in enumerate("AB"):
            path = fit(shown[f"lams_{name}"])[:, j]
            shown[f"{column}_{name}"] = path.tolist()
    return shown


def drag_two_columns(fig, two_columns):
    """Paths of both weights, by ridge and by the lasso, and where λ is."""
    for ax, method in zip(panels(fig, 2), ("ridge", "lasso"), strict=True):
        ax.set(xlim=(0, 2), ylim=(-1.6, 2.6), yticks=[-1, 0, 1], xlabel="strength λ")
        ax.set_xticks([0, 0.5, 1, 1.5, 2], ["0", "0.5", "1", "1.5", "2"])
        ax.axhline(0, color="edge", linewidth=1)
        lams, a, b = f"lams_{method}", f"A_end_{method}", f"B_with_{method}"
        follow(ax, two_columns, lams, f"A_{method}", color="s2", linestyle=DASHED)
        follow(ax, two_columns, lams, f"B_{method}", color="s3")
        follow(ax, two_columns, "here", a, "s", color="s2")
        follow(ax, two_columns, "here", b, "o", color="s3")
        say(ax, two_columns, "here", a, "A", (0, 9), ha="center", color="t2")
        words = f"B: {{{b}:.2f}}"
        say(ax, two_columns, "here", f"below_{method}", words, (6, -20), color="t3")
        turn = {"color": "s3", "markersize": 11, "markerfacecolor": "none"}
        follow(ax, two_columns, f"turn_{method}", "floor", "D", **turn)
        ax.text(0.04, 2.35, method, va="center", weight=600)
        unit(ax, "weight", 22)
