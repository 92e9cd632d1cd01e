"""What a lab shows: a figure as the articles draw it, and in a notebook anywhere else."""

import itertools

from press.draw import drawings, standalone
from press.labs import DRAWING

COUNT = itertools.count(1)  # the parts of each drawing have names of their own


class Drawn:
    """A figure with its alternative text, for IPython to display."""

    def __init__(self, svg, alt):
        self.svg, self.alt = svg, alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            DRAWING: {"svg": self.svg, "alt": self.alt},
            "image/svg+xml": standalone(self.svg),
            "text/plain": self.alt,
        }


def figure(plot, *data, alt):
    """What plot(fig, *data) draws; alt says what is seen, for who does not see it.

    >>> figure(lambda fig: fig.subplots(), alt="empty axes").alt
    'empty axes'
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say what is seen, not {alt!r}")
    drawn = drawings(lambda fig: plot(fig, *data), {}, prefix=f"{plot.__name__}-{next(COUNT)}")
    return Drawn(drawn, alt)
