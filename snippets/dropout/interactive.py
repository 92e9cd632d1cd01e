"""What readers drag. docs/en/interactive/dropout.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.drawing import follow, panels, say, unit
from snippets.dropout.scratch import (
    output_moments,
    variance_shift,
)
from snippets.slider import Slider

DASHED = (0, (4, 2.5))
WANTED = np.array([-2.0, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2])


def one_input(
    drop_rate: Annotated[
        float, Slider("drop rate", 0, 0.75, 0.05)
    ] = 0.4,
    value: Annotated[
        float, Slider("input of the unit", 0.4, 2, 0.2)
    ] = 2.0,
):
    """Outputs of a unit in both forms, with their moments.

    The sd over the mean is the same in both.

    >>> half = one_input(0.5, 2.0)
    >>> half["inverted_mean"], half["inverted_sd"]
    (2.0, 2.0)
    """
    kept = 1 - drop_rate
    shown = {
        "drop_rate": drop_rate,
        "chance_to_be_kept": kept,
        "chances": [drop_rate, kept],
        "heights": [0.0, drop_rate, np.nan, 0.0, kept],
        "level": [1.16, 1.16],
        "middle": [1.16],
        "floor": [0.0],
    }
    for kind in ("standard", "inverted"):
        mean, variance = output_moments(
            value, 0.0, drop_rate, kind=kind
        )
        sd = np.sqrt(variance)
        scale = kept if kind == "inverted" else 1.0
        output = value / scale
        shown |= {
            f"{kind}_mean": float(mean),
            f"{kind}_sd": float(sd),
            f"{kind}_outputs": [0.0, output],
            f"{kind}_survivor": [output],
            f"{kind}_stems": [0, 0, np.nan, output, output],
            f"{kind}_spread": [mean - sd, mean + sd],
        }
    ratio = shown["inverted_sd"] / shown["inverted_mean"]
    return shown | {"sd_over_mean": ratio}


def drag_one_input(fig, one_input):
    """Each form's two outputs, their mean and their spread."""
    looks = {"standard": ("s2", "t2", "s", "2014"), "inverted": ("s3", "t3", "o", "today")}
    for ax, (kind, (ink, label, marker, when)) in zip(panels(fig, 2), looks.items(), strict=True):

        def mark(across, up, *look, ax=ax, kind=kind, **style):
            follow(ax, one_input, f"{kind}_{across}", up, *look, **style)

        def words(across, up, text, aside, ax=ax, kind=kind, **style):
            say(ax, one_input, f"{kind}_{across}", up, text, aside, **style)

        mark("stems", "heights", color=ink, linewidth=3)
        mark("outputs", "chances", marker, color=ink, markersize=9)
        mark("spread", "level", color="edge", linewidth=3)
        mark("mean", "middle", "o", color="ink", markersize=7)
        mark("mean", "floor", "^", color="ink", markersize=9)
        moments = f"mean {{{kind}_mean:.2f}} ± {{{kind}_sd:.2f}}"
        words("mean", "middle", moments, (0, 9), ha="center")
        words("outputs", "chances", "{drop_rate:.2f}", (-8, 4), color=label, ha="right")
        words("survivor", "chance_to_be_kept", "{chance_to_be_kept:.2f}", (9, 4), color=label)
        ax.text(9.7, 0.86, f"{kind}, {when}", color=label, weight=600, ha="right")
        ax.set(xlim=(-2.1, 9.7), ylim=(0, 1.32), xticks=range(-2, 10, 2))
        ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        ax.set_xlabel("output of the unit")
        unit(ax, "chance", 22)


def before_batchnorm(
    drop_rate: Annotated[
        float, Slider("drop rate", 0, 0.8, 0.05)
    ] = 0.5,
    mean: Annotated[
        float,
        Slider("mean before dropout", 0, 2, 0.1, " sd"),
    ] = 0.7,
):
    """Batch normalization's variance at test, of a unit.

    It sees the unit, of variance 1, after dropout.

    >>> before_batchnorm(0.5, 0.0)["variance_at_test"]
    0.5
    """
    rates = np.linspace(0, 0.8, 17)
    shift = variance_shift(mean, 1.0, drop_rate)
    sd = np.sqrt(shift)
    gap = np.full(len(WANTED), np.nan)
    rays = np.stack([WANTED, sd * WANTED, gap], axis=1)
    return {
        "drop_rate": drop_rate,
        "variance_at_test": shift,
        "sd_at_test": float(sd),
        "variance_if_mean_were_0": 1 - drop_rate,
        "rates": rates,
        "variances": [
            variance_shift(mean, 1.0, r) for r in rates
        ],
        "rays": rays.ravel(),
        "heights": np.tile([1.0, 0.0, np.nan], len(WANTED)),
        "ends": sd * WANTED,
        "floor": np.zeros(len(WANTED)),
        "center": [0.0],
    }


def drag_before_batchnorm(fig, before_batchnorm):
    """The variance against the rate, and how far outputs shrink."""
    left, right = panels(fig, 2)
    shown, here = before_batchnorm, ("drop_rate", "variance_at_test")
    left.plot([0, 0.8], [1, 0.2], color="edge", linestyle=DASHED, linewidth=1.5)
    left.text(0.42, 0.65, "mean 0: 1 − r", color="muted")
    follow(left, shown, "rates", "variances", color="s2")
    follow(left, shown, *here, "o", color="s2", markersize=9)
    say(left, shown, *here, "{variance_at_test:.2f}", (-6, -17), ha="right", color="t2")
    left.set(xlim=(-0.11, 0.84), ylim=(-0.15, 1.1), xlabel="drop rate r")
    left.set_xticks([0, 0.2, 0.4, 0.6, 0.8], ["0", "0.2", "0.4", "0.6", "0.8"])
    left.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    unit(left, "variance at test, in place of 1", 22)
    follow(right, shown, "rays", "heights", color="edge", linewidth=1)
    rings = {"markerfacecolor": "paper", "markeredgecolor": "ink"}
    right.plot(WANTED, np.ones(len(WANTED)), "o", **rings)
    follow(right, shown, "ends", "floor", "o", color="s2")
    right.text(0, 1.12, "in training: sd 1", ha="center")
    words = "at test: sd {sd_at_test:.3f}"
    say(right, shown, "center", "floor", words, (0, -20), ha="center", color="t2")
    right.set(xlim=(-2.2, 2.2), ylim=(-0.28, 1.25), xticks=range(-2, 3), yticks=[])
    right.set_xlabel("output of batch normalization")
