"""Make the fonts from the published packages: python press/fonts/make.py (needs npm).

`theme/assets/fonts/*.woff2` are for the page, `press/fonts/*.ttf` for matplotlib, which cannot
read woff2. All are subsets of STIX Two, under the SIL Open Font License beside them. Each character
costs 30 to 200 bytes of every page; tests/test_fonts.py says which a page needs and a font lacks.
"""

import copy
import itertools
import math
import string
import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.woff2 import WOFF2FlavorData
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "theme" / "assets" / "fonts"
TEXT, MATH = "@fontsource-variable/stix-two-text@5.3.0", "@fontsource/stix-two-math@5.3.0"

LETTERS = " \u00a0" + string.ascii_letters + string.digits
POINTS = "!\"%&'()*+,-./:;=?[]–—‘’“”…·×−"

# The roman draws all text, the labels of figures, and the letters and digits of formulas.
ROMAN = LETTERS + POINTS + "±°áàâäãåæçéèêëíìîïñóòôöõøúùûüßÁÄÅÉÖØÜ"
CENTRAL = "čćńřšžłŠČŽŷ"
# From the math font, whose hand is the same, but in one weight
RARE = "\u2009#$<>@\\^_`{|}~§¶÷©²³¹½⁰⁴⁵⁶⁷⁸⁹⁻₀₁₂′αβγδεηθκλμπρστφχωΔΣ→←↔↩≤≥≈≠∞√∂‖▸▾"

ITALIC = LETTERS + "!&'(),-./:;?–—‘’“”…" + "äåçèéíñóöøüß"

# What a formula has beyond the roman. A letter alone, as in $x$, is drawn by an italic of its own.
ITALIC_LETTERS = "𝑎𝑏𝑐𝑑𝑒𝑓𝑔ℎ𝑖𝑗𝑘𝑙𝑚𝑛𝑜𝑝𝑞𝑟𝑠𝑡𝑢𝑣𝑤𝑥𝑦𝑧𝐴𝐵𝐶𝐷𝐸𝐹𝐺𝐻𝐼𝐽𝐾𝐿𝑀𝑁𝑂𝑃𝑄𝑅𝑆𝑇𝑈𝑉𝑊𝑋𝑌𝑍𝛼𝛽𝛾𝛿𝜀𝜖𝜁𝜂𝜃𝜅𝜆𝜇𝜈𝜉𝜋𝜌𝜎𝜏𝜑𝜙𝜒𝜓𝜔𝜕"
OTHER_LETTERS = "ΓΘΛΠΦΨΩ∇ℓ𝔼ℝℕℙ𝟙𝟏𝐰𝐱𝐲𝐳𝐖𝐗𝒩𝒰ℒ𝒟𝒪"
OPERATORS = "+−±∓×⋅∗∘⋆†⊙⊗⊕∖∧∨¬∩∪=≡∼≃≔∝<>≪≫≻⪰∈∉⊂⊆∣∥⟂∀∃∅⊤⋯⋮⋱′″←→↔↦⇒⇔⟹⟺∑∏∫√"
UNSEEN = "\u2061\u2062\u2063"  # after a function, between factors, where a bracket would close
FENCES = "()[]{}|‖⟨⟩⌈⌉⌊⌋⏟"
ACCENTS = "ˆ˜¯˙\u0302\u0332\u20d7"  # the last three: \widehat, \overline, \vec
FORMULA = " " + ITALIC_LETTERS + OTHER_LETTERS + OPERATORS + UNSEEN + FENCES + ACCENTS
STEP = 1.24  # from one size of a bracket to the next; the published font has twice as many
# (size, right, up): primes fit for superscripts, and accents that do not reach back over a letter
MOVED = {
    "′": (1.6, -60, -525),
    "″": (1.6, -60, -525),
    "\u0302": (1, 371, 0),
    "\u0332": (1, 486, 0),
    "\u20d7": (1, 438, 0),
}


def unpack(package, folder):
    command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(Path(folder) / name) as archive:
        archive.extractall(Path(folder) / name[:-4], filter="data")
    return Path(folder) / name[:-4] / "package"


def read(path):
    return TTFont(path, recalcTimestamp=False)


def subset(font, characters, features=("kern", "liga")):
    missing = sorted(set(map(ord, characters)) - set(font.getBestCmap()))
    if missing:
        raise SystemExit(f"{font.reader.file.name} lacks {''.join(map(chr, missing))}")
    options = Options(hinting=False, layout_features=features, notdef_outline=True)
    options.name_IDs = [1, 2, 4, 6, 256]
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    drop(font, "gasp", "STAT")
    return font


def drop(font, *tags):
    for tag in tags:
        if tag in font:
            del font[tag]


def fold(font, other):
    """Add the glyphs of another font: variable ones with their weights, others with one."""
    variations = other["gvar"].variations if "gvar" in other else {}
    for name in other.getGlyphOrder():
        if name not in font["glyf"].glyphs:
            font["glyf"][name] = other["glyf"][name]
            font["hmtx"][name] = other["hmtx"][name]
            font["gvar"].variations[name] = variations.get(name, [])
    font.setGlyphOrder(font["glyf"].glyphOrder)
    for table in font["cmap"].tables:
        table.cmap.update(other.getBestCmap())


def simplify(font):
    """What no eye misses: ligatures of f but with f, i and l, and the last two bits of weight."""
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for letter in "bhjk":
                getattr(table, "mapping", {}).pop(letter, None)
    for variation in itertools.chain(*font["gvar"].variations.values()):
        variation.coordinates = [
            pair and (round(pair[0] / 4) * 4, round(pair[1] / 4) * 4)
            for pair in variation.coordinates
        ]


def thin_out(font):
    """Of a stretching character, keep the sizes that differ and that its pieces cannot make."""
    variants = font["MATH"].table.MathVariants
    for stretch in variants.VertGlyphConstruction + variants.HorizGlyphConstruction:
        parts = stretch.GlyphAssembly.PartRecords if stretch.GlyphAssembly else []
        pieces = [part for part in parts if not part.PartFlags]
        least = sum(part.FullAdvance - part.EndConnectorLength for part in pieces) or math.inf
        sizes = stretch.MathGlyphVariantRecord
        kept = sizes[:1] if len(sizes) > 4 else sizes  # a root has few
        for size in sizes[len(kept) :]:
            if STEP * kept[-1].AdvanceMeasurement <= size.AdvanceMeasurement < least:
                kept.append(size)
        stretch.MathGlyphVariantRecord, stretch.VariantCount = kept, len(kept)


def move(font, character, size, right, up):
    name = font.getBestCmap()[ord(character)]
    glyph = font["glyf"][name]
    glyph.coordinates.scale((size, size))
    glyph.coordinates.translate((right, up))
    glyph.coordinates.toInt()
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = glyph.xMax, glyph.xMin
    attached = font["MATH"].table.MathGlyphInfo.MathTopAccentAttachment
    for at, point in zip(attached.TopAccentCoverage.glyphs, attached.TopAccentAttachment):
        point.Value += right * (at == name)


def save_page(font, name):
    font.flavor = "woff2"
    font.flavorData = WOFF2FlavorData(transformedTables={"glyf", "loca", "hmtx"})
    save(font, PAGE / f"{name}.woff2")


def save_drawing(roman, weight, style):
    """One weight of the roman, for matplotlib."""
    font = instantiateVariableFont(copy.deepcopy(roman), {"wght": weight})
    drop(font, "GSUB", "GPOS", "GDEF")
    names = {1: "STIX Two Text", 2: style, 4: f"STIX Two Text {style}"}
    for number, name in names.items():
        font["name"].setName(name, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font.flavor = None
    save(font, HERE / f"stix-two-text-{style.lower()}.ttf")


def save(font, path):
    font.save(path)
    print(f"{path.name:28} {path.stat().st_size:6} bytes, {len(font.getBestCmap())} characters")


def main():
    PAGE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        text, symbols = unpack(TEXT, folder), unpack(MATH, folder)
        symbols = symbols / "files/stix-two-math-latin-400-normal.woff2"

        def letters(part, slant, characters):
            font = read(text / f"files/stix-two-text-{part}-wght-{slant}.woff2")
            simplify(font)
            return subset(font, characters)

        roman = letters("latin", "normal", ROMAN)
        fold(roman, letters("latin-ext", "normal", CENTRAL))
        rare = read(symbols)
        drop(rare, "MATH")  # its sizes of brackets and arrows
        fold(roman, subset(rare, RARE))
        drop(roman, "HVAR")  # lacks the folded glyphs; "gvar" has all widths too
        roman["fvar"].instances = []
        save_drawing(roman, 400, "Regular")
        save_drawing(roman, 600, "SemiBold")
        save_page(roman, "stix-two-text")

        italic = instantiateVariableFont(letters("latin", "italic", ITALIC), {"wght": 400})
        save_page(italic, "stix-two-text-italic")

        formula = read(symbols)
        thin_out(formula)
        formula["MATH"].table.MathGlyphInfo.MathKernInfo = None  # browsers do without
        subset(formula, FORMULA, [])
        for character, (size, right, up) in MOVED.items():
            move(formula, character, size, right, up)
        drop(formula, "GPOS", "GSUB")
        tables = formula["cmap"].tables
        formula["cmap"].tables = [table for table in tables if table.format == 12]
        save_page(formula, "stix-two-math")

        license_ = (text / "LICENSE").read_text(encoding="utf-8")
    for place in (HERE, PAGE):
        (place / "OFL.txt").write_text(license_, encoding="utf-8")


if __name__ == "__main__":
    main()
