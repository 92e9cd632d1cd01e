"""What readers drag. docs/en/interactive/crossentropy.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.crossentropy.scratch import (
    binary_ce,
    binary_ce_grad,
    categorical_ce,
    categorical_ce_from_probs,
    categorical_ce_grad,
    double_softmax_bounds,
    sigmoid,
    softmax,
)
from snippets.drawing import follow, panels, say, unit
from snippets.slider import Slider

DASHED = (0, (4, 2.5))
ROW = ("true_class", "second", "third")


def row_of_three(
    true: Annotated[
        float, Slider("logit of the true class", -6, 6, 0.5)
    ] = 2.0,
    second: Annotated[
        float, Slider("logit of the second", -6, 6, 0.5)
    ] = 1.0,
    third: Annotated[
        float, Slider("logit of the third", -6, 6, 0.5)
    ] = -1.0,
):
    """Loss, probabilities and slopes of three logits.

    >>> shown = row_of_three(0.0, 0.0, 0.0)
    >>> round(shown["slope_of_true_class"], 4)
    -0.6667
    """
    row = [[true, second, third]]
    loss = categorical_ce(row, [0])
    probs = softmax(row)[0]
    slopes = categorical_ce_grad(row, [0])[0]
    shown = {
        "loss": loss,
        "slope_of_true_class": float(slopes[0]),
        "above": [0.55],
    }
    for place, name in enumerate(ROW):
        prob, slope = probs[place], slopes[place]
        shown |= {
            f"p_of_{name}": float(prob),
            f"{name}_place": [place, place],
            f"{name}_bar": [0.0, prob],
            f"{name}_pull": [0.0, slope],
        }
    return shown


def drag_row_of_three(fig, row_of_three):
    """The probabilities with their targets, and their differences."""
    left, right = panels(fig, 2)
    bar = {"linewidth": 44, "solid_capstyle": "butt"}
    for at, name in enumerate(ROW):
        place, prob, target = f"{name}_place", f"p_of_{name}", at == 0
        ink, label = ("s3", "t3") if target else ("s2", "t2")
        slope, sign, side = (f"slope_of_{name}", "", -16) if target else (prob, "+", 6)
        follow(left, row_of_three, place, f"{name}_bar", color="s2", **bar)
        follow(right, row_of_three, place, f"{name}_pull", color=ink, **bar)
        say(left, row_of_three, place, prob, f"{{{prob}:.2f}}", (28, 3), color="t2")
        words = f"{sign}{{{slope}:.2f}}"
        say(right, row_of_three, place, slope, words, (0, side), color=label, ha="center")
        left.plot([at - 0.25, at + 0.25], [target] * 2, color="ink")
        left.text(at, 1.05 if target else -0.15, f"t = {target:d}", ha="center")
    say(right, row_of_three, f"{ROW[0]}_place", "above", "loss {loss:.2f}", ha="center", weight=600)
    right.axhline(0, color="edge", linewidth=1)
    ticks = [-1, -0.5, 0, 0.5, 1]
    for ax, low, text in ((left, -0.2, "probability p, target t"), (right, -1.3, "slope p − t")):
        ax.set(xlim=(-0.6, 2.6), ylim=(low, 1.2))
        ax.set_xticks(range(3), ["true class", "second", "third"])
        ax.set_yticks([tick for tick in ticks if tick > low])
        ax.yaxis.set_major_formatter("{x:g}")
        ax.tick_params(length=0)
        ax.spines.bottom.set_visible(False)
        unit(ax, text, 26)


def clip(
    logit: Annotated[
        float, Slider("logit, target 1", -20, 6, 0.5)
    ] = -18.0,
    power: Annotated[
        float, Slider("clip at ten to the power", -9, -4, 1)
    ] = -7,
):
    """The loss of a logit, and of its clipped probability.

    >>> clip(-17.0)["slope_from_probability"]
    0.0
    """
    eps, chance = 10.0**power, float(sigmoid(logit))
    probs = [[1 - chance, chance]]
    slope = float(binary_ce_grad([logit], [1])[0])
    edge = np.log(eps) - np.log1p(-eps)
    cap = float(-np.log(eps))
    return {
        "logit": logit,
        "loss_from_logit": binary_ce([logit], [1]),
        "loss_from_probability": categorical_ce_from_probs(
            probs, [1], eps=eps
        ),
        "slope_from_logit": slope,
        "slope_from_probability": (
            slope if chance > eps else 0.0
        ),
        "highest_from_probability": cap,
        "level": [-26.0, edge],
        "caps": [cap, cap],
        "ends": [-26.0, 12.0],
        "corner": [12.0],
        "floor": [0.0],
        "drop": [-26.0, edge, edge],
        "flat": [0.0, 0.0, eps - 1],
    }


def drag_clip(fig, clip):
    """Loss and slope against the logit, with and without the clip."""
    left, right = panels(fig, 2)
    z = np.linspace(-26, 12, 381)
    ones = np.ones_like(z)
    left.plot(z, binary_ce(z, ones, reduction="none"), color="s2")
    right.plot(z, len(z) * binary_ce_grad(z, ones), color="s2")
    follow(left, clip, "ends", "caps", color="edge", linewidth=1)
    follow(left, clip, "level", "caps", color="s3", linestyle=DASHED)
    follow(right, clip, "drop", "flat", color="s3", linestyle=DASHED)
    words = "never above {highest_from_probability:.2f}"
    say(left, clip, "corner", "highest_from_probability", words, (0, 5), color="t3", ha="right")
    compare(left, clip, "loss_from_probability", "from the clipped p, dashed", "s3", "s", 159)
    compare(left, clip, "loss_from_logit", "from the logit", "s2", "o", 178)
    compare(right, clip, "slope_from_probability", "from the clipped p, dashed", "s3", "s", 13)
    compare(right, clip, "slope_from_logit", "from the logit", "s2", "o", 32)
    left.set(ylim=(-1, 31), yticks=[0, 5, 10, 15, 20, 25])
    for ax, text in ((left, "loss, nats"), (right, "slope of the loss")):
        ax.set(xlim=(-26, 12), xticks=range(-20, 11, 10), xlabel="logit z of an example with y = 1")
        unit(ax, text, 30)
    slope_axis(right)


def compare(ax, shown, name, words, ink, marker, above):
    """A mark at the logit, and its number in the corner, some px above 0."""
    follow(ax, shown, "logit", name, marker, color=ink, markersize=9)
    words += f": {{{name}:.{3 if name.startswith('slope') else 2}f}}"
    label = ink.replace("s", "t")
    say(ax, shown, "corner", "floor", words, (0, above), color=label, ha="right")


def slope_axis(ax):
    """An axis from -1 to 0, with room for two numbers."""
    ax.set(ylim=(-1.1, 0.36))
    ax.set_yticks([-1, -0.5, 0], ["−1", "−0.5", "0"])


def softmax_twice(
    classes: Annotated[
        float, Slider("number of classes", 2, 20, 1)
    ] = 3,
    logit: Annotated[
        float, Slider("logit of the true class", -6, 6, 0.5)
    ] = -5.0,
):
    """Loss and slope of one softmax and of two.

    The logits of all other classes are 0.

    >>> low = softmax_twice(10)["least_loss_twice"]
    >>> round(low, 4)
    1.4612
    """
    classes = int(classes)
    z = np.append(np.linspace(-6, 6, 31), logit)
    rows = np.zeros((len(z), classes))
    rows[:, 0] = z
    truth = np.zeros(len(z), int)
    probs = softmax(rows)
    once, twice = (
        categorical_ce(x, truth, reduction="none")
        for x in (rows, probs)
    )
    pulls = len(z) * categorical_ce_grad(probs, truth)
    through = np.sum(pulls * probs, axis=1)
    slope_once = probs[:, 0] - 1
    slope_twice = probs[:, 0] * (pulls[:, 0] - through)
    low, high = double_softmax_bounds(classes)
    return {
        "logit": logit,
        "loss_once": float(once[-1]),
        "loss_twice": float(twice[-1]),
        "least_loss_twice": low,
        "most_loss_twice": high,
        "slope_once": float(slope_once[-1]),
        "slope_twice": float(slope_twice[-1]),
        "z": z[:-1],
        "losses_once": once[:-1],
        "losses_twice": twice[:-1],
        "slopes_once": slope_once[:-1],
        "slopes_twice": slope_twice[:-1],
        "ends": [-6.0, 7.0, np.nan, -6.0, 7.0],
        "bounds": [low, low, np.nan, high, high],
        "corner": [7.0],
        "floor": [0.0],
    }


def drag_softmax_twice(fig, softmax_twice):
    """Loss and slope against the true logit, after one softmax and two."""
    left, right = panels(fig, 2)
    follow(left, softmax_twice, "ends", "bounds", color="edge", linewidth=1)
    for ax, what, lines, above in ((left, "loss", "losses", 176), (right, "slope", "slopes", 32)):
        follow(ax, softmax_twice, "z", f"{lines}_once", color="s2")
        follow(ax, softmax_twice, "z", f"{lines}_twice", color="s3", linestyle=DASHED)
        compare(ax, softmax_twice, f"{what}_twice", "twice, dashed", "s3", "s", above - 19)
        compare(ax, softmax_twice, f"{what}_once", "softmax once", "s2", "o", above)
    words = "always from {least_loss_twice:.2f} to {most_loss_twice:.2f}"
    say(left, softmax_twice, "corner", "floor", words, (0, 138), color="t3", ha="right")
    left.set(ylim=(-0.5, 9.6), yticks=[0, 2, 4, 6, 8])
    for ax, text in ((left, "loss, nats"), (right, "slope of the loss")):
        ax.set(xlim=(-6.8, 7), xticks=range(-6, 7, 3), xlabel="logit of the true class, others 0")
        unit(ax, text, 30)
    slope_axis(right)
