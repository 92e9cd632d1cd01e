"""Figures as inline SVG whose inks are CSS classes, at two sizes; figure.mplstyle has the look."""

import io
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib.style
from matplotlib import colors, font_manager
from matplotlib.figure import Figure

SIZES = {"wide": (704, 300), "narrow": (344, 290)}
INKS = {
    "ink": "#1d2125", "muted": "#5f6368", "edge": "#8d8a80", "grid": "#e9e5db", "paper": "#fffefb",
    "s1": "#16324f", "s2": "#2f80d0", "s3": "#c2500a", "s4": "#8a94a3", "t2": "#1f66ad",
    "t3": "#b04405",
}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-0\b")
KEPT = {
    "d", "x", "y", "transform", "points", "width", "height", "font-size", "font-weight",
    "font-style", "text-anchor", "stroke-width", "stroke-dasharray", "fill-opacity",
    "stroke-opacity", "opacity",
}  # fmt: skip
DEFAULTS = {("font-size", "15px"), ("text-anchor", "start"), ("stroke-width", "1")}
DROPPED = {f"{SVG}{tag}" for tag in ("metadata", "style", "clipPath")}
INK_OF = {value: name for name, value in INKS.items()}


def drawings(plot, arguments, *, prefix):
    """SVG of a figure at both sizes, from one run."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")  # the page's font lacks it too
        install_style()
        return [draw(plot, arguments, size, f"{prefix}-{size}") for size in SIZES]


def install_style():
    colors.get_named_colors_mapping().update(INKS)
    for path in sorted(Path(__file__).parent.glob("fonts/*.ttf")):
        font_manager.fontManager.addfont(path)
    matplotlib.style.use(Path(__file__).with_name("figure.mplstyle"))


def draw(plot, arguments, size, prefix):
    width, height = SIZES[size]
    fig = Figure(figsize=(width / 72, height / 72))
    plot(fig, **arguments)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None})
    return clean(buffer.getvalue(), size, prefix)


def clean(svg, size, prefix):
    """matplotlib's SVG without metadata, clipping, inline colors and clashing ids."""
    root = ET.fromstring(svg)
    for node in root.iter():
        clean_node(node, prefix)
    tidy(root)
    width, height = (float(root.get(side)[:-2]) for side in ("width", "height"))
    root.attrib = {"class": size, "viewBox": f"0 0 {width:g} {height:g}", "aria-hidden": "true"}
    ET.register_namespace("", SVG[1:-1])
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def clean_node(node, prefix):
    old, classes = node.attrib, []
    node.attrib, node.tail = {}, None
    node.text = node.text if node.tag == f"{SVG}text" else None
    pairs = [part.split(":", 1) for part in old.pop("style", "").split(";") if ":" in part]
    for key, value in [*old.items(), *((key.strip(), value.strip()) for key, value in pairs)]:
        value = " ".join(value.split())
        value = value if key.endswith("opacity") else NUMBER.sub(rounded, value)
        if key in ("fill", "stroke") and value in INK_OF:
            classes.append(f"{key[0]}-{INK_OF[value]}")
        elif node.tag == f"{SVG}image" or (key in ("fill", "stroke") and value.startswith("#")):
            raise ValueError(f"{value[:20]} follows neither light nor dark: use {', '.join(INKS)}")
        elif key == "id" and node.tag != f"{SVG}g":
            node.set("id", f"{prefix}-{value}")
        elif key == f"{XLINK}href":
            node.set("href", f"#{prefix}-{value[1:]}")
        elif (key, value) == ("fill", "none") or (
            key in KEPT and (key, value) not in DEFAULTS and not value.startswith("rotate(0 ")
        ):
            node.set(key, value)
    if classes:
        node.set("class", " ".join(classes))


def tidy(node):
    """Drop what draws nothing and replace groups without attributes by their children."""
    children = []
    for child in list(node):
        tidy(child)
        group = child.tag in (f"{SVG}g", f"{SVG}defs")
        invisible = child.tag == f"{SVG}path" and not child.get("class") and not child.get("id")
        if child.tag in DROPPED or invisible or (group and not len(child)):
            continue
        children += list(child) if child.tag == f"{SVG}g" and not child.attrib else [child]
    node[:] = children


def rounded(match):
    return f"{round(float(match[0]), 1) + 0:g}"


def standalone(svg):
    """A drawing that carries its inks, to look at in a file of its own."""
    rules = "".join(
        f".f-{name}{{fill:{ink}}}.s-{name}{{stroke:{ink}}}" for name, ink in INKS.items()
    )
    base = "svg{font:15px 'STIX Two Text',serif;background:#fffefb}"
    return svg.replace("><", f"><style>{base}{rules}</style><", 1)
