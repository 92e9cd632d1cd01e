"""What readers drag. docs/en/interactive/dropout.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.drawing import live, panels
from snippets.dropout.scratch import output_moments
from snippets.slider import Slider


def one_input(
    drop_rate: Annotated[
        float, Slider("drop rate", 0, 0.8, 0.05)
    ] = 0.4,
    value: Annotated[
        float, Slider("input of the unit", 0, 2, 0.1)
    ] = 2.0,
):
    """Outputs of a unit in both forms, with their moments.

    >>> round(one_input(0.5, 2.0)["inverted_variance"], 6)
    4.0
    """
    kept, shown = 1 - drop_rate, {}
    for kind in ("standard", "inverted"):
        mean, variance = output_moments(
            value, 0.0, drop_rate, kind=kind
        )
        sd = float(np.sqrt(variance))
        scale = kept if kind == "inverted" else 1.0
        shown |= {
            f"{kind}_mean": float(mean),
            f"{kind}_variance": float(variance),
            f"{kind}_outputs": [0.0, value / scale],
            f"{kind}_stems": stems([0.0, value / scale]),
            f"{kind}_spread": [mean - sd, mean + sd],
        }
    chances = [drop_rate, kept]
    return shown | {
        "chances": chances,
        "heights": [0.0, drop_rate, np.nan, 0.0, kept],
        "level": [1.15, 1.15],
        "floor": [0.0],
        "top": [1.2],
    }


def stems(places):
    """Two upright lines, as one with a gap."""
    first, second = places
    return [first, first, np.nan, second, second]


def drag_one_input(fig, one_input):
    """Each form's two outputs, their mean and their spread."""
    looks = {"standard": ("s2", "t2", "s", "2014"), "inverted": ("s3", "t3", "o", "today")}
    for ax, (kind, (ink, text, marker, when)) in zip(panels(fig, 2), looks.items(), strict=True):
        def follow(across, up, look="-", ax=ax, **style):
            (artist,) = ax.plot(one_input[across], one_input[up], look, clip_on=False, **style)
            live(artist, one_input, across, up)

        ax.set(xlim=(-3, 11), ylim=(0, 1.45), yticks=[0, 0.5, 1], xlabel="output of the unit")
        follow(f"{kind}_stems", "heights", color=ink, linewidth=3)
        follow(f"{kind}_outputs", "chances", marker, color=ink, markersize=9)
        follow(f"{kind}_spread", "level", color="edge", linewidth=1.25)
        follow(f"{kind}_mean", "floor", "^", color="ink", markersize=8)
        words = ax.text(one_input[f"{kind}_mean"], 1.2, "", ha="center", size=14)
        live(words, one_input, f"{kind}_mean", "top", f"mean {{{kind}_mean:.2f}}")
        ax.text(-3, 1.36, f"{kind.title()}, {when}", color=text, weight=600)
        ax.text(-3, 1.04, "chance", color="muted", size=14)
