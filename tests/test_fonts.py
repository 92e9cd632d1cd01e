"""The fonts of the pages: small, whole, and with every character that a page shows."""

import functools
import re
import unicodedata

import limits
import pytest
from built_site import ROOT, SHEETS, STYLE, THEME, parse
from fontTools.ttLib import TTFont

PAGE = ROOT / "theme" / "assets" / "fonts"
PRESS = ROOT / "press" / "fonts"
ROMAN, ITALIC, MATH = "stix-two-text.woff2", "stix-two-text-italic.woff2", "stix-two-math.woff2"
DRAWING = ("stix-two-text-regular.ttf", "stix-two-text-semibold.ttf")
BYTES = {ROMAN: 19 * limits.KB, ITALIC: 9.5 * limits.KB, MATH: 18 * limits.KB}

# What draws a text: of each group, one font must have its characters.
DRAWN_BY = {
    "text": [(ROMAN,)],
    "italic": [(ITALIC,)],
    "label": [(ROMAN,), *((name,) for name in DRAWING)],
    "formula": [(MATH, ROMAN)],  # as the style has it
}
KINDS = {
    **dict.fromkeys(("address", "cite", "dfn", "em", "i", "var"), "italic"),
    "math": "formula",
    "svg": "label",
}
MONOSPACE = {"code", "kbd", "pre", "samp"}  # in a font of the reader's system
NOT_SHOWN = {"head", "script", "style", "template", "title"}
UNSEEN = re.compile("[\t\n\r\ufe00-\ufe0f]")  # line ends, and choices between forms of a character

# How a letter is drawn that is alone in its <mi>
ITALICS = {
    chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)
    for code in (0x210E, *range(0x1D434, 0x1D468), 0x1D6A4, 0x1D6A5, *range(0x1D6E2, 0x1D71C))
    if unicodedata.decomposition(chr(code))
}


@functools.cache
def font(name):
    return TTFont((PAGE if name.endswith(".woff2") else PRESS) / name)


@functools.cache
def characters(name):
    return frozenset(map(chr, font(name).getBestCmap()))


def shown(node, kind="text"):
    """(character, kind of text) of what a page shows."""
    if node.tag in MONOSPACE | NOT_SHOWN:
        return
    kind = KINDS.get(node.tag, kind)
    text = (node.text or "") + node.get("placeholder", "")
    if node.tag == "mi" and node.get("mathvariant") != "normal":
        text = ITALICS.get(text.strip(), text)
    yield from each(text, kind)
    for child in node:
        yield from shown(child, kind)
        yield from each(child.tail or "", kind)


def each(text, kind):
    return ((character, kind) for character in UNSEEN.sub("", text))


def in_style(css):
    """(character, kind of text) of what a style sheet adds to a page."""
    for content in re.findall(r"content:([^;}]+)", css):
        for text in re.findall(r'"([^"]*)"', content):
            yield from each(re.sub(r"\\([0-9a-fA-F]{1,6}) ?", unescaped, text), "text")


def in_script(script):
    return each(re.sub(r"\\u\{?([0-9a-fA-F]{4,6})\}?", unescaped, script), "text")


def unescaped(match):
    return chr(int(match[1], 16))


def lacking(place, text, have=characters):
    """A line for each character that the font for it lacks."""
    return [
        f"{place}: U+{ord(character):04X} {character} is not in {group[0]}:"
        " add it to press/fonts/make.py and run it"
        for character, kind in sorted(set(text))
        for group in DRAWN_BY[kind]
        if not any(character in have(name) for name in group)
    ]


def nothing(found):
    if found:
        pytest.fail("\n".join(found), pytrace=False)


# Characters


def test_the_fonts_have_all_that_pages_show(site):
    pages = site.pages.items()
    nothing([line for page, tree in pages for line in lacking(page, shown(tree))])


@pytest.mark.parametrize(
    ("files", "read"), [(SHEETS, in_style), ([*THEME.glob("assets/*.js")], in_script)]
)
def test_the_fonts_have_all_that_the_theme_adds(files, read):
    assert files
    texts = [(file.name, read(file.read_text(encoding="utf-8"))) for file in files]
    nothing([line for name, text in texts for line in lacking(name, text)])


def test_formulas_take_letters_and_digits_from_the_roman():
    style = STYLE.read_text(encoding="utf-8")
    assert re.search(r'\bmath\s*\{\s*font-family:\s*"STIX Two Math",\s*"STIX Two Text"', style)


HAVE = {ROMAN: "Var ", ITALIC: "a", MATH: "𝑎", DRAWING[0]: "Va", DRAWING[1]: "V"}


@pytest.mark.parametrize(
    ("html", "missing"),
    [
        ("<p>a\n<b>r</b>\u2297</p>", {("\u2297", ROMAN)}),
        ("<p>a <em>r<b>V</b></em>r</p>", {("r", ITALIC), ("V", ITALIC)}),
        ("<p><code>⊗</code>⊕<em></em>⊙</p>", {("⊕", ROMAN), ("⊙", ROMAN)}),
        ("<head><title>⊗</title></head><pre>⊗</pre><script>⊗</script>", set()),
        ('<input placeholder="⊗">', {("⊗", ROMAN)}),
        ("<svg><text>Var</text></svg>", {("r", DRAWING[0]), ("r", DRAWING[1]), ("a", DRAWING[1])}),
        ("<math><mi>Var</mi><mo>\u2297</mo></math>", {("\u2297", MATH)}),
        ("<math> <mi>a</mi> <mi> r </mi></math>", {("𝑟", MATH)}),
        ('<math><mi mathvariant="normal">a</mi><mi>V\ufe00</mi></math>', set()),
        ("<math><mi>h</mi><mi>Δ</mi><mi>∂</mi></math>", {("ℎ", MATH), ("𝛥", MATH), ("𝜕", MATH)}),
        ("<math><mn>1</mn><mtext><i>r</i></mtext></math>", {("1", MATH), ("r", ITALIC)}),
    ],
)
def test_a_missing_character_is_seen(html, missing):
    lines = lacking("page", shown(parse(html)), have=HAVE.get)
    assert {tuple(re.search(r" (.) is not in (\S+):", line).groups()) for line in lines} == missing


def test_a_missing_character_is_told():
    assert lacking("dropout/index.html", [("⊗", "formula")], have=HAVE.get) == [
        "dropout/index.html: U+2297 ⊗ is not in stix-two-math.woff2:"
        " add it to press/fonts/make.py and run it"
    ]


def test_what_the_theme_adds_is_seen():
    css = '.a::after { content: " ▸" / ""; } .b::after { content: "\\25be x" }'
    assert {character for character, _ in in_style(css)} == set(" ▸▾x")
    assert {character for character, _ in in_script(r'"…\u00a0"')} == set('"…\u00a0')


# Files


def test_the_fonts_are_those_that_the_style_names():
    style = STYLE.read_text(encoding="utf-8")
    named = sorted(re.findall(r"'assets/fonts/([^']+)' \| url", style))
    assert named == sorted(path.name for path in PAGE.glob("*.woff2")) == sorted(BYTES)


@pytest.mark.parametrize("name", BYTES)
def test_a_font_is_small(name):
    assert (PAGE / name).stat().st_size <= BYTES[name]


def test_the_fonts_are_small_together():
    assert sum(BYTES.values()) <= limits.WEIGHT["font"]


@pytest.mark.parametrize("name", [*BYTES, *DRAWING])
def test_a_font_names_its_family(name):
    assert font(name)["name"].getDebugName(1).startswith("STIX Two")


@pytest.mark.parametrize("folder", [PAGE, PRESS], ids=["page", "press"])
def test_the_license_stands_beside_the_fonts(folder):
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("character", "()[]{}|‖√∑")
def test_brackets_roots_and_sums_stretch(character):
    variants = font(MATH)["MATH"].table.MathVariants
    name = font(MATH).getBestCmap()[ord(character)]
    stretch = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(name)]
    assert len(stretch.MathGlyphVariantRecord) > 1 or stretch.GlyphAssembly


@pytest.mark.parametrize("name", DRAWING)
def test_figures_are_drawn_in_the_roman(name):
    assert characters(name) == characters(ROMAN)
