"""Figures as inline SVG whose inks are CSS classes, at two sizes; figure.mplstyle has the look."""

import io
import itertools
import json
import math
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib.style
from matplotlib import colors, font_manager
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

SIZES = {"wide": (704, 300), "narrow": (344, 290), "sketch": (136, 82)}
INKS = {
    "ink": "#1d2125", "muted": "#5f6368", "edge": "#8d8a80", "grid": "#e9e5db", "paper": "#fffefb",
    "s1": "#16324f", "s2": "#2f80d0", "s3": "#c2500a", "s4": "#8a94a3", "t2": "#1f66ad",
    "t3": "#b04405",
}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
DEFS, GROUP, PATH, TEXT, USE = (f"{SVG}{tag}" for tag in ("defs", "g", "path", "text", "use"))
XLINK = "{http://www.w3.org/1999/xlink}"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-0\b")
COORDINATE = re.compile(r"-?[\d.]+")
MARK = "data-mark"
KEPT = {
    "d", "x", "y", "transform", "points", "width", "height", "font-size", "font-weight",
    "font-style", "text-anchor", "stroke-width", "stroke-dasharray", "fill-opacity",
    "stroke-opacity", "opacity",
}  # fmt: skip
DEFAULTS = {("font-size", "14px"), ("text-anchor", "middle"), ("stroke-width", "1")}
LINE = {"class", "stroke-width"}
PLACED = {"d", "href", "x", "y", MARK}
DROPPED = {f"{SVG}{tag}" for tag in ("metadata", "style", "clipPath")}
INK_OF = {value: name for name, value in INKS.items()}


def drawings(plot, arguments, *, prefix):
    """SVG of a figure at both sizes, of a sketch at its one.

    Two panels that a narrow drawing stacks stand side by side in the wide one: the same two.
    """
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")  # the page's font lacks it too
        install_style()
        if prefix.startswith("sketch_"):
            return [svg_of(draw(plot, arguments, "sketch"), "sketch", prefix)]
        narrow = draw(plot, arguments, "narrow")
        if is_pair(narrow):
            return [side_by_side(narrow, prefix), svg_of(narrow, "narrow", prefix)]
        wide = draw(plot, arguments, "wide")
        return [svg_of(wide, "wide", prefix), svg_of(narrow, "narrow", prefix)]


def install_style():
    colors.get_named_colors_mapping().update(INKS)
    for path in sorted(Path(__file__).parent.glob("fonts/*.ttf")):
        font_manager.fontManager.addfont(path)
    matplotlib.style.use(Path(__file__).with_name("figure.mplstyle"))


def draw(plot, arguments, size):
    fig = Figure(figsize=[side / 72 for side in SIZES[size]])
    plot(fig, **arguments)
    for line in fig.findobj(Line2D):  # matplotlib leaves paths below 128 points alone
        line.get_path().should_simplify = not line.get_gid()
    return fig


def is_pair(fig):
    """Whether it is two panels, one above the other."""
    return len(fig.axes) == 2 and fig.get_figheight() * 72 > SIZES["narrow"][1]


def svg_of(fig, size, prefix):
    buffer = io.BytesIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None})
    marks = {artist.get_gid(): artist for artist in fig.findobj(lambda each: each.get_gid())}
    return clean(buffer.getvalue(), size, prefix, panels=is_pair(fig), marks=marks)


def side_by_side(fig, prefix):
    """The panels of the narrow drawing, at one height."""
    fig.draw_without_rendering()
    first, second = (panel.get_position().y0 for panel in fig.axes)
    height = 72 * fig.get_figheight()
    down = height * (first - second)
    uses = f'<use href="#{prefix}-0"/><use href="#{prefix}-1" x="360" y="{tenths(-down)}"/>'
    root = ET.fromstring(f'<svg xmlns="{SVG[1:-1]}">{uses}</svg>')
    return outermost(root, "wide", SIZES["wide"][0], height - down)


def clean(svg, size, prefix, *, panels, marks):
    """matplotlib's SVG without metadata, clipping, inline colors, clashing ids and repetition."""
    root = ET.fromstring(svg)
    moving = {gid: find_mark(root, gid) for gid in marks}
    named = [node for node in root.iter(GROUP) if panels and node.get("id", "").startswith("axes_")]
    for node in root.iter():
        clean_node(node)
        if size == "sketch" and node.text:
            raise ValueError(f"a sketch has no text: {node.text!r}")
    for number, nodes in enumerate(moving.values()):
        for node in nodes:
            node.set(MARK, str(number))
    for number, panel in enumerate(named):
        panel.set("id", f"{prefix}-{number}")
    tidy(root)
    if panels and list(root) != named:
        raise ValueError("of two panels side by side, all that is drawn belongs to one of them")
    for part in named or [root]:
        join(part)
    share(root, f"{prefix}-{size[0]}")
    for path in root.iter(PATH):
        path.set("d", compact(path.get("d")))
    width, height = (float(root.get(side)[:-2]) for side in ("width", "height"))
    seen = {gid: next(iter(nodes), None) for gid, nodes in moving.items()}  # none where it is nan
    placed = [placing(gid, marks[gid], node, height) for gid, node in seen.items()]
    return outermost(root, size, width, height, placed)


def find_mark(root, gid):
    """What is drawn of an artist."""
    group, *others = (node for node in root.iter(GROUP) if node.get("id") == gid)
    if others:
        raise ValueError(f"two artists follow {gid!r}: give one of them names of its own")
    marks = {path for defs in group.iter(DEFS) for path in defs}
    return [node for node in group.iter() if node.tag in (PATH, USE, TEXT) and node not in marks]


def placing(gid, artist, node, height):
    """How a mark follows its numbers: their names, and from number to px for x and for y.

    Of a text also its words, and how far it stands from its place.
    """
    across, up, *words = gid.split(" ", 2)
    ax = artist.axes
    x = onto_px(ax.get_xlim(), ax.get_xscale(), ax.bbox.x0, ax.bbox.x1)
    y = onto_px(ax.get_ylim(), ax.get_yscale(), height - ax.bbox.y0, height - ax.bbox.y1)
    aside = []
    if words:
        aside = [
            float(node.get(name)) - (start + slope * (math.log10(at) if log else at))
            for name, at, (start, slope, log) in zip("xy", artist.get_position(), (x, y))
        ]
    return [across, up, *x, *y, *words, *(round(each, 1) for each in aside)]


def onto_px(limits, scale, start, end):
    """(a, b, whether logarithmic) of px = a + b * number."""
    log = scale == "log"
    low, high = map(math.log10, limits) if log else limits
    slope = (end - start) / (high - low)
    return round(start - slope * low, 1), float(f"{slope:.5g}"), int(log)


def outermost(root, size, width, height, marks=()):
    box = f"0 0 {width:g} {tenths(height)}"
    root.attrib = {"class": size, "viewBox": box, "aria-hidden": "true", "fill": "none"}
    root.attrib |= {"text-anchor": "middle", "data-search-exclude": ""}
    root.attrib |= {"data-marks": json.dumps(marks)} if marks else {}
    ET.register_namespace("", SVG[1:-1])
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def clean_node(node):
    old, classes = node.attrib, []
    node.attrib, node.tail = {}, None
    node.text = node.text if node.tag == TEXT else None
    pairs = (part.split(":", 1) for part in old.pop("style", "").split(";") if ":" in part)
    unsaid = {"fill": "#000000", "text-anchor": "start"} if node.tag == TEXT else {}
    for key, value in (unsaid | old | {key.strip(): value for key, value in pairs}).items():
        value = " ".join(value.split())
        if not key.endswith("opacity"):
            value = NUMBER.sub(lambda number: tenths(number[0]), value)
        if (node.tag, key, value) == (TEXT, "fill", INKS["muted"]):
            continue  # most text is
        if key in ("fill", "stroke") and value in INK_OF:
            classes.append(f"{key[0]}-{INK_OF[value]}")
        elif node.tag == f"{SVG}image" or (key in ("fill", "stroke") and value.startswith("#")):
            raise ValueError(f"{value[:20]} follows neither light nor dark: use {', '.join(INKS)}")
        elif key == f"{XLINK}href":
            node.set("href", value)
        elif (
            key in KEPT and (key, value) not in DEFAULTS and not value.startswith("rotate(0 ")
        ) or (key == "id" and node.tag != GROUP):
            node.set(key, value)
    if classes:
        node.set("class", " ".join(classes))


def tidy(node):
    """Drop what draws nothing and replace groups without attributes by their children."""
    children = []
    for child in list(node):
        tidy(child)
        group = child.tag in (GROUP, DEFS)
        invisible = child.tag == PATH and not child.get("class") and not child.get("id")
        if child.tag in DROPPED or invisible or (group and not len(child)):
            continue
        children += list(child) if child.tag == GROUP and not child.attrib else [child]
    node[:] = children


def join(root):
    """Make one path of an axis's ticks, and one of its grid."""
    marks, before = {f"#{path.get('id')}": path.get("d") for path in root.iter(PATH)}, root
    for node in list(root):
        if node.get(MARK):
            before = root  # a mark moves alone
            continue
        mark = marks.get(node.get("href"))
        if mark and not {"C", "z"}.intersection(mark):
            stroke = node.get("class", "").rpartition(" ")[2]  # a line has no fill
            place = {"d": moved(mark, node.get("x"), node.get("y"))}
            node.tag, node.attrib = PATH, look(node) | place | {"class": stroke}
        joined = (node.tag, look(node)) == (before.tag, look(before))
        joined = joined and not (node.get(MARK) or before.get(MARK))  # what moves stays alone
        if joined and node.get("class") in ("s-edge", "s-grid") and look(node).keys() <= LINE:
            before.set("d", f"{before.get('d')} {node.get('d')}")
            root.remove(node)
        elif node.tag not in (DEFS, TEXT):
            before = node


def share(root, prefix):
    """Give each mark a short name, and the look of its copies if all are alike."""
    names = (f"{prefix}{number}" for number in itertools.count())
    for defs in list(root.iter(DEFS)):
        for mark in list(defs):
            copies = [node for node in root.iter(USE) if node.get("href") == f"#{mark.get('id')}"]
            alike = bool(copies) and all(look(copy) == look(copies[0]) for copy in copies)
            mark.attrib |= look(copies[0]) if alike else {}
            mark.set("id", next(names)) if copies else defs.remove(mark)
            for copy in copies:
                copy.set("href", f"#{mark.get('id')}")
                copy.attrib = {k: v for k, v in copy.items() if not alike or k in PLACED}
    tidy(root)


def moved(d, x, y):
    steps = itertools.cycle((float(x), float(y)))
    return COORDINATE.sub(lambda number: tenths(float(number[0]) + next(steps)), d)


def look(node):
    """All but its place and outline."""
    return {key: value for key, value in node.items() if key not in PLACED}


def compact(d):
    """The same path in steps from point to point, which are shorter than places."""
    path, at, start = "", (0, 0), (0, 0)
    for command, places in re.findall("([A-Za-z])([^A-Za-z]*)", d):
        numbers = [round(10 * float(number)) for number in COORDINATE.findall(places)]
        points = list(zip(numbers[::2], numbers[1::2]))
        steps = [(x - at[0], y - at[1]) for x, y in points]
        straight = command == "L" and 0 in steps[0]
        if straight:
            command, steps = ("v", steps[0][1:]) if steps[0][0] == 0 else ("h", steps[0][:1])
            steps = [steps]
        shown = " ".join(f"{number / 10:g}" for step in steps for number in step)
        path += command.lower() + re.sub(r"\b0\.", ".", shown).replace(" -", "-")
        at = points[-1] if points else start
        start = at if command == "M" else start
    return path


def tenths(number):
    return f"{round(float(number), 1) + 0:g}"


def standalone(drawings):
    """A drawing that carries its inks, to look at in a file of its own."""
    svg = next(drawing for drawing in drawings if "<path" in drawing)
    rules = "".join(
        f".f-{name}{{fill:{ink}}}.s-{name}{{stroke:{ink}}}" for name, ink in INKS.items()
    )
    base = "svg{font:14px 'STIX Two Text',serif;background:#fffefb}text{fill:#5f6368}"
    return svg.replace("><", f"><style>{base}{rules}</style><", 1)
