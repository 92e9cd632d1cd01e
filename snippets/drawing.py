"""What the figures of all articles share: panels, units and how wide the drawing is."""

import numpy as np
from matplotlib.transforms import offset_copy


def is_narrow(fig):
    """Whether this is the phone's drawing."""
    return fig.get_figwidth() < 6


def panels(fig, count):
    """Axes side by side, or one above the other on a narrow drawing."""
    if not is_narrow(fig):
        return fig.subplots(1, count, gridspec_kw={"wspace": 0.12})
    fig.set_figheight(0.95 * count * fig.get_figheight())
    return fig.subplots(count, 1, gridspec_kw={"hspace": 0.12})


def unit(ax, text, indent=0):
    """What the y axis counts, at its left end above the top tick."""
    ax.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(-indent, 8),
        textcoords="offset points",
        color="muted",
        size=14,
    )


def live(artist, shown, across, up, words=""):
    """Let an artist follow the numbers of these names when a reader sets others.

    The words of a text hold numbers as in "mean {mean:.2f}".
    """
    artist.set_gid(f"{across} {up} {words}".rstrip())
    if words:
        artist.set_text(words.format(**shown).replace("-", "−"))


def follow(ax, shown, across, up, *look, **style):
    """A line or markers that follow the numbers of these names."""
    (line,) = ax.plot(shown[across], shown[up], *look, clip_on=False, **style)
    live(line, shown, across, up)


def say(ax, shown, across, up, words, aside=(0, 0), **style):
    """Words that follow the numbers of these names, some px right of them and above."""
    right, above = aside
    place = offset_copy(ax.transData, ax.figure, right, above, units="points")
    x, y = (np.ravel(shown[name])[0] for name in (across, up))
    text = ax.text(x, y, "", transform=place, in_layout=False, **style)
    live(text, shown, across, up, words)
