"""Drawings of what the experiments found."""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from snippets.drawing import is_narrow, panels, unit

DASHED = (0, (4, 2.5))


def strokes(ax, x, y, length, ink, **style):
    """One path of level strokes: light, however many they are."""
    left, right = np.stack([x, y], axis=1), np.stack([x + length, y], axis=1)
    places = np.stack([left, right], axis=1).reshape(-1, 2)
    path = Path(places, [Path.MOVETO, Path.LINETO] * len(x))
    path.should_simplify = False
    ax.add_patch(PathPatch(path, fill=False, edgecolor=ink, **style))


def dots(ax, x, y, ink, side=3):
    """One path of squares; call it last, for it needs the scale of the axes."""
    ax.figure.draw_without_rendering()
    places = ax.transData.transform(np.stack([x, y], axis=1)) - (side / 2, 0)
    ends = places, places + np.array([side, 0])
    left, right = map(ax.transData.inverted().transform, ends)
    strokes(ax, *left.T, right[:, 0] - left[:, 0], ink, linewidth=side)


def seen_obliquely(X):
    """Points (n, 3) on paper: height goes back and to the right."""
    x, h, z = np.transpose(X)
    return x + 0.38 * h, z + 0.16 * h


def sketch_roll(fig, two_turns):
    """The roll end on, with a straight line between two turns."""
    ax = fig.subplots()
    for pair in ("inner", "outer"):
        x, _, z = two_turns[f"{pair}_path"][::3].T
        ax.plot(x, z, color="s2")
    x, _, z = two_turns["outer_straight"][[0, -1]].T
    ax.plot(x, z, color="s3", linestyle=(0, (1.4, 0.9)))
    ax.plot(x, z, "o", color="s3", markersize=5)
    ax.set_aspect("equal")
    ax.axis("off")


def plot_distances(fig, graphs):
    """Distances in the graph and in space against those along the roll."""
    clouds = {"graph": ("s2", "t2", "shortest path in the graph", 4, 92, "left"),
              "euclid": ("s3", "t3", "straight line", 4, 40, "left")}  # fmt: skip
    for ax, (name, (ink, text, label, x, y, side)) in zip(panels(fig, 2), clouds.items()):
        ax.plot([0, 90], [0, 90], color="edge", linewidth=1)
        ax.text(x, y, label, color=text, ha=side)
        ax.text(88, 75, "equal", color="muted", size=14, ha="right", va="top")
        ax.set(xlim=(0, 92), ylim=(0, 99), xticks=range(0, 81, 20), yticks=range(0, 81, 20))
        ax.set_xlabel("exact distance along the roll")
        unit(ax, "distance", 24)
        dots(ax, graphs["shown_exact"], graphs[f"shown_{name}"], ink)


def plot_neighbors(fig, many_rolls):
    """Correlation with the exact distances for each of 24 rolls, against k."""
    ax, ks, fits = fig.subplots(), many_rolls["ks_800"], many_rolls["fits_800"]
    places = np.arange(len(ks))
    straight = np.median(many_rolls["straight_800"])
    ax.axhline(straight, color="s3", linestyle=DASHED)
    ax.text(-0.4, straight - 0.03, f"straight lines: {straight:.2f}", color="t3", va="top")
    ax.plot(places, np.median(fits, axis=1), color="s2")
    ax.text(5.25, np.median(fits[-1]), "median", color="t2", va="center")
    for place, k in zip(places, ks):
        bridged = many_rolls[f"bridged_800_{k}"]
        text = f"{bridged} of 24" if place == 0 else f"{bridged}"
        ax.text(place, 1.13, text, ha="center", color="ink")
    ax.text(-0.4, 1.26, "rolls with a bridge:", color="ink")
    ax.set(xlim=(-0.5, 6.4), ylim=(0, 1.4), xticks=places, xticklabels=ks)
    ax.set(yticks=[0, 0.5, 1], xlabel="neighbors k of each point")
    unit(ax, "correlation with the exact distances", 26)
    aside = 0.16 * np.sin(2.4 * np.arange(fits.shape[1]))
    dots(ax, (places[:, None] + aside).ravel(), fits.ravel(), "s2", 4)


def plot_two_nn(fig, dimensions, digit_dimensions):
    """The line whose slope is the dimension, for three data sets."""
    ax, marks = fig.subplots(), []
    rows = (
        ("roll", dimensions, "s2", "t2", "swiss roll", 0.95, 1.7, "left"),
        ("digits", digit_dimensions, "s3", "t3", "digits", 0.29, 2.3, "left"),
        ("shuffled", digit_dimensions, "ink", "ink", "pixels\nshuffled", 0.03, 2.3, "right"),
    )
    for name, found, ink, text, label, x, y, side in rows:
        slope = found[name]
        top = 2.45
        ax.plot([0, top / slope], [0, top], color=ink, linewidth=1.25)
        ax.text(x, y, f"{label}:\n{slope:.1f}", color=text, ha=side, va="top")
        marks.append((found[f"{name}_x"], found[f"{name}_y"], ink))
    ax.set(xlim=(-0.4 if is_narrow(fig) else -0.2, 1.3), xticks=[0, 0.5, 1])
    ax.set(ylim=(0, 2.5), yticks=[0, 1, 2])
    ax.set_xlabel("log μ: second neighbor's distance ÷ first's, log")
    if is_narrow(fig):
        ax.set_xlabel("log μ")
    unit(ax, "−log(1 − F)", 14)
    for x, y, ink in marks:
        dots(ax, x, y, ink)


def paint(ax, images, x, y, pixel):
    """Images (n, 64) with their top left corners at x, y: one path for each of three levels."""
    for level in (0.2, 0.45, 0.7):
        starts = []
        for image, left, top in zip(images, x, y):
            ink = np.pad(image.reshape(8, 8) >= level, ((0, 0), (1, 1))).astype(int)
            steps = np.diff(ink, axis=1)
            (row, first), (_, last) = np.nonzero(steps == 1), np.nonzero(steps == -1)
            middle = top + pixel * (row + 0.5)
            starts.append([left + pixel * first, middle, pixel * (last - first)])
        strokes(ax, *np.concatenate(starts, axis=1), "ink", linewidth=pixel + 0.4, alpha=0.4)


def plot_strip(fig, strip):
    """Four ways from one 2 to one 0, with the label that an SVC gives each image."""
    fig.set_layout_engine("none")
    fig.set_figheight(384 / 72)
    names = ["pixels", "codes, seed 0", "codes, seed 1", "codes, seed 2"]
    x = 2 + 49.0 * np.arange(7)
    for panel in (0, 1):
        ax = fig.add_axes((0, 0.5 * (1 - panel) + 0.01, 1, 0.48))
        ax.set(xlim=(0, 344), ylim=(0.48 * 384, 0))
        ax.axis("off")
        for row in (0, 1):
            number, top = 2 * panel + row, 92 * row
            ax.text(2, top + 14, names[number], color="t2" if number else "t3")
            for place, label in zip(x, strip["labels"][number]):
                third = label not in (0, 2)
                ax.text(place + 20, top + 79, f"{label}", ha="center", size=14,
                        color="ink" if third else "muted",
                        weight=600 if third else 400)  # fmt: skip
        tops = np.repeat([22.0, 114.0], 7)
        images = strip["images"][2 * panel : 2 * panel + 2].reshape(14, 64)
        paint(ax, images, np.tile(x, 2), tops, 5)


def plot_scores(fig, halfway_scores):
    """Kinds of midpoints, of digits and random codes, by two scores."""
    rows = {
        "real": ("real digit", "s4"),
        "rebuilt": ("real digit, coded and decoded", "s4"),
        "latent": ("midpoint of codes", "s2"),
        "projected": ("pixel midpoint, coded and decoded", "s2"),
        "random": ("random code", "s2"),
        "pca": ("pixel midpoint, 8 components", "s3"),
        "pixel": ("pixel midpoint", "s3"),
    }
    axes = panels(fig, 2)
    for ax, score, places, label, ticks in (
        (axes[0], "distance", 2, "median distance to the nearest test digit", [0, 0.5, 1, 1.5]),
        (axes[1], "chance", 2, "mean top probability, by a net", [0, 0.5, 1]),
    ):
        for place, (name, (text, ink)) in enumerate(rows.items()):
            value = np.mean(halfway_scores[f"{name}_{score}"])
            ax.barh(place, value, 0.32, color=ink)
            ax.text(0, place - 0.33, text, size=14, color="ink")
            ax.text(value + 0.012 * ticks[-1], place, f"{value:.{places}f}", va="center", size=14)
        ax.set(xlim=(0, 1.14 * ticks[-1]), ylim=(6.3, -0.9), yticks=[], xticks=ticks)
        ax.set_xlabel(label)
        ax.grid(visible=False)


def plot_surrounded(fig, surrounded):
    """What nets of width 2 and 3 make of a disc in a ring."""
    X, y, side = surrounded["X"][:100], surrounded["y"][:100], surrounded["side"]
    names = {"three": "width 2, three layers", "wide": "width 3, one layer"}
    for ax, (name, text) in zip(panels(fig, 2), names.items()):
        odds = surrounded[f"{name}_map"]
        ax.contourf(side, side, odds, [odds.min() - 1, 0], colors=["grid"])
        ax.contour(side, side, odds, [0], colors=["ink"], linewidths=1.5, linestyles="-")
        ax.text(-1.08, 1.2, f"{text}: {surrounded[f'{name}_first']:.1f} % right")
        ax.text(0, 0, "disc", color="t2", ha="center", va="center")
        ax.text(0.85, -0.95, "ring", color="t3", ha="center")
        ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.3), aspect="equal")
        ax.axis("off")
        free = np.any(np.abs(X) > (0.24, 0.13), axis=1)
        dots(ax, *X[free & (y == 0)].T, "s2", 4.5)
        dots(ax, *X[y == 1].T, "s3", 2.5)
