"""What readers drag. docs/en/interactive/centering.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.centering.scratch import iid_eigenvalues
from snippets.drawing import live, panels, unit
from snippets.slider import Slider

DASHED = (0, (4, 2.5))
VARIANCE = 0.0434  # of a sigmoid unit at N(0, 1)


def level_lines(small, large):
    """x and y of two ellipses around (1, 0), with a gap.

    Level lines of a loss with these curvatures along
    (1, -1) and (1, 1): 0.4 and 0.9 is half their length.

    >>> x, y = level_lines(1, 4)
    >>> print(round(x[0] - 1, 4), round(x[6] - 1, 4))
    0.2828 0.1414
    """
    angle = np.linspace(0, 2 * np.pi, 25)
    flat = np.cos(angle) / np.sqrt(2)
    steep = np.sin(angle) * np.sqrt(small / large / 2)
    x, y = flat + steep, steep - flat
    gap = [np.nan]
    return (
        [*(1 + 0.4 * x), *gap, *(1 + 0.9 * x)],
        [*(0.4 * y), *gap, *(0.9 * y)],
    )


def descend(
    times: Annotated[
        float,
        Slider("rate × largest curvature", 0.1, 2, 0.05),
    ] = 1.9,
    mean: Annotated[
        float, Slider("mean of the inputs", 0, 0.5, 0.05)
    ] = 0.5,
):
    """15 steps of full-batch descent from (0, 0) to (1, 0).

    Two inputs with this mean and variance 0.0434; errors
    along (1, 1), steep, and (1, -1), flat, in shares of
    those at the start.

    >>> moved = descend(1.0, 0.0)  # there in one step
    >>> moved["weight_1"][:2], moved["weight_2"][:2]
    ([0.0, 1.0], [0.0, 0.0])
    """
    small, large = iid_eigenvalues(mean, VARIANCE, 2)
    steep, flat = 1 - times, 1 - times * (small / large)
    step = np.arange(16)
    along, across = steep**step, flat**step
    left = np.hypot(along[-1], across[-1]) / np.sqrt(2)
    level_1, level_2 = level_lines(small, large)
    return {
        "learning_rate": float(times / large),
        "condition_number": float(large / small),
        "steep_factor": float(steep),
        "flat_factor": float(flat),
        "share_of_the_error_left": float(left),
        "step": step.tolist(),
        "steep": along.tolist(),
        "flat": across.tolist(),
        "weight_1": (1 - (along + across) / 2).tolist(),
        "weight_2": ((across - along) / 2).tolist(),
        "level_1": level_1,
        "level_2": level_2,
        "at": [2.4],
        "upper": [1.66],
        "lower": [1.36],
    }


def drag_descend(fig, descend):
    """The path over the loss's level lines, and the error in both directions."""
    weights, errors = panels(fig, 2)

    def follow(ax, across, up, *look, **style):
        (artist,) = ax.plot(descend[across], descend[up], *look, **style)
        live(artist, descend, across, up)

    weights.set(xlim=(-0.55, 2.5), ylim=(-1.05, 1.2), xlabel="weight 1", xticks=[0, 1, 2])
    weights.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    unit(weights, "weight 2", 22)
    follow(weights, "level_1", "level_2", color="s4", linewidth=1)
    follow(weights, "weight_1", "weight_2", color="s3", linewidth=1.25)
    weights.plot(0, 0, "s", color="ink", markersize=7)
    weights.plot(1, 0, "o", color="ink", markersize=8)
    weights.text(-0.1, 0.0, "start", ha="right", va="center")
    apart = {"facecolor": "paper", "edgecolor": "none", "pad": 1.5}
    weights.text(1.1, -0.16, "goal", va="top", bbox=apart)

    errors.set(xlim=(0, 15.4), ylim=(-1.05, 1.9), xlabel="step", xticks=[0, 5, 10, 15])
    errors.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    unit(errors, "error left in each direction, share", 22)
    rows = (
        ("steep", "upper", 1.66, "-", "s3", "t3"),
        ("flat", "lower", 1.36, DASHED, "s2", "t2"),
    )
    for name, row, y, line, ink, text in rows:
        follow(errors, "step", name, color=ink, linestyle=line, clip_on=False)
        errors.plot([0.2, 2.0], [y, y], color=ink, linestyle=line)
        words = errors.text(2.4, y, "", color=text, va="center")
        factor = f"{{{name}_factor:.2f}}"
        live(words, descend, "at", row, f"{name} direction: × {factor} a step")


def curvatures(
    mean: Annotated[
        float, Slider("mean of the inputs", -1, 1, 0.05)
    ] = 0.5,
    spread: Annotated[
        float, Slider("standard deviation", 0.1, 1, 0.01)
    ] = 0.21,
    inputs: Annotated[
        int, Slider("number of inputs", 2, 50, 1)
    ] = 20,
):
    """Curvatures of a linear neuron, with a bias or not.

    Its inputs are independent; steps to a thousandth at the
    best rate, at most.

    >>> curvatures(1, 1, 8)["condition_number"]
    9.0
    """
    v, shown = spread**2, {}
    for name, bias in (("", False), ("_with_a_bias", True)):
        eigs = iid_eigenvalues(mean, v, int(inputs), bias)
        least, most = eigs[0], eigs[-1]
        kappa, steps = most / least, 1
        if kappa > 1:
            steps = np.log(1000) / np.log1p(2 / (kappa - 1))
        shown |= {
            f"condition_number{name}": float(kappa),
            f"steps_to_a_thousandth{name}": int(
                np.ceil(steps)
            ),
            f"range{name}": [float(least), float(most)],
            f"edge{name}": [1e-5],
            f"others{name}": [v],
            f"least{name}": [float(least)],
            f"most{name}": [float(most)],
            f"before{name}": [float(least / 1.7)],
            f"behind{name}": [float(most * 1.7)],
        }
    return shown | {
        "line": [1.0, 1.0],
        "row": [1.0],
        "words": [1.75],
        "below": [0.4],
    }


def drag_curvatures(fig, curvatures):
    """From the least to the largest curvature, without and with a bias."""
    fig.set_figheight(1.05 * fig.get_figheight())
    rows = (
        ("", "without a bias", "s2", "t2", ("", "v + d m²")),
        ("_with_a_bias", "with a bias", "s3", "t3", ("v ÷ λ", "λ")),
    )
    for ax, (name, title, ink, text, ends) in zip(fig.subplots(2, 1), rows, strict=True):
        def follow(across, up, *look, ax=ax, **style):
            (artist,) = ax.plot(curvatures[across], curvatures[up], *look, **style)
            live(artist, curvatures, across, up)

        def label(across, up, words, ax=ax, **style):
            (x,), (y,) = curvatures[across], curvatures[up]
            text = ax.text(x, y, "", va="center", **style)
            live(text, curvatures, across, up, words)

        ax.set(xscale="log", xlim=(1e-5, 4e3), ylim=(0, 2.1), yticks=[])
        ax.set_xlabel("curvature, log scale")
        ax.set_xticks([1e-4, 1e-2, 1, 100], ["0.0001", "0.01", "1", "100"])
        ax.minorticks_off()
        follow(f"range{name}", "line", color=ink, linewidth=4)
        follow(f"most{name}", "row", "s", color=ink, markersize=9)
        label(f"behind{name}", "row", ends[1], color=text)
        if name:
            follow(f"least{name}", "row", "s", color=ink, markersize=9)
            label(f"before{name}", "row", ends[0], color=text, ha="right")
        follow(f"others{name}", "row", "o", color="ink", markersize=8)
        label(f"others{name}", "below", "v", ha="center")
        kappa = f"{{condition_number{name}:.1f}}"
        label(f"edge{name}", "words", f"{title}: κ = {kappa}", color=text, weight=600)
