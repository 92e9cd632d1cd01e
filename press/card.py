"""The picture of a page where its address is shared: the title over the article's sketch, a PNG."""

import base64
import io
import textwrap
import warnings

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from press.draw import INKS, draw, install_style

WIDTH, HEIGHT = 1200, 630
MARGIN = 80  # px
SITE, TITLE = 34, 64  # sizes of type, in px
LEADING, LETTERS = 80, 22  # px, and how many letters of a title stand on one line
SCALE = 3  # of the sketch, which stands right of the title
CHECK = "#0a7048"
COLORS = 64  # of the palette: few inks, and what lies between them


def card(sketch, arguments, words):
    """The PNG in base64. The first line of `words` is the title, the second the site's name."""
    title, site = words.split("\n")
    lines = balanced(title)
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")
        install_style()
        fig = Figure(figsize=(WIDTH / 72, HEIGHT / 72), facecolor=INKS["paper"], layout="none")
        top = HEIGHT - MARGIN - SITE
        fig.add_artist(check_mark(MARGIN, top))
        write(fig, MARGIN + 1.5 * SITE, top, site, color="muted", size=SITE)
        middle = top / 2
        for number, line in enumerate(lines):
            down = LEADING * (number - (len(lines) - 1) / 2)
            write(fig, MARGIN, middle - down - TITLE / 3, line, color="ink", size=TITLE)
        drawn = draw(sketch, arguments, "sketch")
        for artist in drawn.findobj():
            artist.set_clip_on(False)  # the page does not clip it either
        shown = pixels(drawn, 72 * SCALE)
        fig.figimage(shown, WIDTH - MARGIN - shown.shape[1], middle - shown.shape[0] / 2)
        picture = Image.fromarray(pixels(fig, 72)[..., :3])
    buffer = io.BytesIO()
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def balanced(title):
    """Its lines: as few as fit, and as even as they come."""
    tries = [
        textwrap.wrap(title, width, break_on_hyphens=False, break_long_words=False)
        for width in range(1, LETTERS + 1)
    ]
    return next(lines for lines in tries if len(lines) == len(tries[-1]))


def write(fig, x, y, text, **style):
    fig.text(x / WIDTH, y / HEIGHT, text, verticalalignment="baseline", **style)


def check_mark(x, y):
    """As the header of a page has it, standing on the line at y."""
    across, up = np.array([2, 6, 14]), np.array([6, 2, 12])
    size = 2 * SITE / 25
    return Line2D(
        (x + size * (across - 2)) / WIDTH,
        (y + size * (up - 2)) / HEIGHT,
        color=CHECK,
        linewidth=5,
    )


def pixels(fig, dpi):
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
