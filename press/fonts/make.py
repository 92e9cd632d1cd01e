"""Make the fonts from the published packages: python press/fonts/make.py (needs npm).

`theme/assets/fonts/*.woff2` are for the page, `press/fonts/*.ttf` for matplotlib, which cannot
read woff2. Both are subsets of STIX Two, under the SIL Open Font License beside them.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "theme" / "assets" / "fonts"
TEXT, MATH = "@fontsource-variable/stix-two-text@5.3.0", "@fontsource/stix-two-math@5.3.0"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2000, 0x2070), 0x131, 0x2191, 0x2193,
         0x2212, 0x2215]  # fmt: skip
GREEK = [*range(0x391, 0x3CA), 0x3D1, 0x3D5]
SYMBOLS = [*range(0x20, 0x7F), *GREEK, 0xA0, 0xAC, 0xB1, 0xB7, 0xD7, 0xF7, 0x2016, 0x2026, 0x2032,
           0x2061, 0x2062, 0x2102, 0x210E, 0x2113, 0x2115, 0x211A, 0x211D, 0x2124,
           *range(0x2190, 0x219A),
           0x21A6, 0x21D2, 0x21D4, *range(0x2200, 0x2270), 0x2294, 0x2299, 0x22C5, 0x22EE, 0x22EF,
           0x2308, 0x2309, 0x230A, 0x230B, 0x27E8, 0x27E9, 0x2A7D, 0x2A7E,
           *range(0x1D400, 0x1D468), *range(0x1D538, 0x1D56C),
           *range(0x1D6A8, 0x1D71C)]  # fmt: skip


def unpack(package, folder):
    command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(Path(folder) / name) as archive:
        archive.extractall(Path(folder) / name[:-4], filter="data")
    return Path(folder) / name[:-4] / "package"


def subset(path, characters):
    font = TTFont(path)
    options = Options(hinting=False, layout_features=["*"], notdef_outline=True, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def save(font, path, flavor=None):
    font.flavor = flavor
    font.save(path)
    print(f"{path.name:32} {path.stat().st_size / 1000:6.1f} kB")


def static(paths, weight, name, folder):
    """One weight of all parts of a variable font, as TTF."""
    parts = []
    for path in paths:
        font = instantiateVariableFont(subset(path, LATIN + GREEK), {"wght": weight})
        for tag in ("GSUB", "GPOS", "GDEF", "STAT"):
            if tag in font:
                del font[tag]
        font.flavor = None
        parts.append(Path(folder) / f"{path.stem}-{weight}.ttf")
        font.save(parts[-1])
    merged = Merger().merge([str(part) for part in parts])
    for record in (1, 16):
        merged["name"].setName("STIX Two Text", record, 3, 1, 0x409)
    for record in (2, 17):
        merged["name"].setName(name, record, 3, 1, 0x409)
    merged["name"].setName(f"STIX Two Text {name}", 4, 3, 1, 0x409)
    merged["OS/2"].usWeightClass = weight
    save(merged, HERE / f"stix-two-text-{name.lower()}.ttf")


def main():
    PAGE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        text, math = unpack(TEXT, folder), unpack(MATH, folder)
        roman = [
            text / f"files/stix-two-text-{part}-wght-normal.woff2" for part in ("latin", "greek")
        ]
        italic = text / "files/stix-two-text-latin-wght-italic.woff2"
        save(subset(roman[0], LATIN), PAGE / "stix-two-text.woff2", "woff2")
        save(subset(roman[1], GREEK), PAGE / "stix-two-text-greek.woff2", "woff2")
        upright = instantiateVariableFont(subset(italic, LATIN), {"wght": 400})
        save(upright, PAGE / "stix-two-text-italic.woff2", "woff2")
        symbols = subset(math / "files/stix-two-math-latin-400-normal.woff2", SYMBOLS)
        save(symbols, PAGE / "stix-two-math.woff2", "woff2")
        static(roman, 400, "Regular", folder)
        static(roman, 600, "SemiBold", folder)
        license_ = (text / "LICENSE").read_text(encoding="utf-8")
    for place in (HERE, PAGE):
        (place / "OFL.txt").write_text(license_, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
