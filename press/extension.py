"""The Markdown extension: runs the build when loaded, then places its results."""

import re
import sys
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import STX
from pymdownx.inlinehilite import InlineHiliteException
from pymdownx.superfences import SuperFencesException

from press import compose, reference, show
from press.build import Build
from press.formula import FORMULA
from press.modules import PACKAGE, stamps
from press.pages import COMPOSED, parse_fence, parse_number

PLACEHOLDER = re.compile(rf"{STX}wzxhzdk:(\d+)\x03")
ENCLOSED = rf"(?P<opening>[(‘“]*){FORMULA.pattern}(?P<closing>(?:[,.;:?)’”]|!(?!\[))*)"
COMPOSED_FENCE = re.compile(rf"^```({'|'.join(COMPOSED)})\n\s*(.*?)\s*\n```$", re.M)
NOT_SEARCHED = ("footnote-backref", "tabbed-labels")
LONGEST_KEPT = 40  # characters of a formula that stays on one line with what encloses it
_builds = {}
touched = {}  # pages that the last build has looked at again, or None: all of them
settled = set()  # builds that no edit changes now, since pages are made from them


class PlacingError(SuperFencesException, InlineHiliteException):
    """What could not be placed: the one kind of exception that those extensions let through."""


class Press(Extension):
    """Options: the pages' folder, where sources are linked to, seconds a function may run."""

    def __init__(self, **options):
        self.config = {
            "pages": ["docs", "folder of the pages, below the project"],
            "source": ["", "address that source files are linked below"],
            "repository": ["", "address of the repository, for labs in Colab"],
            "time_limit": [120, "seconds one function may run"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md):  # noqa: N802 (Markdown's name)
        md.press, self.md, self.pieces, self.shown = self, md, {}, []
        md.registerExtension(self)
        md.ESCAPED_CHARS = [*md.ESCAPED_CHARS, "$"]
        self.build = current_build(self.getConfig("pages"), self.getConfig("time_limit"))
        md.preprocessors.register(Composed(md), "press-composed", 28)  # before superfences
        md.preprocessors.register(Apart(md), "press-apart", 24)  # after superfences
        md.parser.blockprocessors.register(Formulas(md.parser), "press-formula", 75)
        md.inlinePatterns.register(InlineFormula(md), "press-formula", 185)
        md.treeprocessors.register(Captions(md), "press-captions", 30)
        md.treeprocessors.register(Sections(md), "press-sections", 0)  # after all others
        md.treeprocessors.register(Backlinks(md), "press-backlinks", 0)

    def reset(self):
        """For the next page. Not every engine runs hooks, so the reference is helped from here."""
        self.pieces.clear()
        self.shown.clear()
        if "mkdocstrings" in self.md.parser.blockprocessors:
            handlers = self.md.parser.blockprocessors["mkdocstrings"]._handlers
            reference.give_filters(handlers.get_handler("python"))

    @property
    def has_reference(self):
        """Whether mkdocstrings' cross-references are there to be used."""
        return "mkdocs-autorefs" in self.md.inlinePatterns

    def source(self, target):
        """(file, link or empty) of a target."""
        module, statement = self.build.project.find(target)
        base = (self.getConfig("source") or "").rstrip("/")
        lines = f"#L{statement.lineno}-L{statement.end_lineno}"
        return module.file, f"{base}/{module.file}{lines}" if base else ""


def current_build(pages, time_limit):
    """The build of this process; while serving, a new one after each edit."""
    serving, key = "serve" in sys.argv, (Path.cwd(), pages)
    if key in settled:
        return _builds[key][0]
    seen = stamps(Path.cwd() / folder for folder in (pages, PACKAGE) if serving)
    before, looked = _builds.get(key, (None, None))
    if looked != seen:
        edited = before and {path for path, _ in seen ^ looked}
        touched[key] = before and before.touched(edited)
        build = Build(Path.cwd(), pages, time_limit, only=touched[key])
        build.run()
        if touched[key] is not None:
            build.adopt(before)
        _builds[key] = build, seen
        if build.failures and not serving:
            raise SystemExit(build.report())
        if build.failures:
            print(build.report(), file=sys.stderr)
    return _builds[key][0]


def snippet(source, language, css_class, options, md, **rest):
    """HTML of a fence of any kind, its text between markers for `Captions` to find."""
    return _placed(lambda: getattr(show, language)(md.press, parse_fence(language, source)))


figure = interactive = sketch = claim = output = receipt = snippet


def cell(source, language, css_class, options, md, **rest):
    return _placed(lambda: getattr(show, language)(md.press, *source.split()))


download = cell


def num(source, language, css_class, md):
    return _placed(lambda: show.number(md.press, parse_number(source)))


def _placed(render):
    """What it renders; while serving, a failure stands in its place."""
    try:
        return render()
    except Exception as error:
        if "serve" not in sys.argv:
            raise PlacingError(f"{type(error).__name__}: {error}") from error
        return show.failure(error)


class Composed(Preprocessor):
    """Puts the Markdown of a lab, or of the ledger, in the place of its fence."""

    def run(self, lines):
        build = self.md.press.build

        def written(fence):
            return "\n".join(getattr(compose, fence[1])(build, fence[2]))

        return COMPOSED_FENCE.sub(written, "\n".join(lines)).split("\n")


class Apart(Preprocessor):
    """Makes a fence next to text a block of its own."""

    def run(self, lines):
        alone = re.compile(rf"[\s>]*{PLACEHOLDER.pattern}")
        return [x for line in lines for x in (["", line, ""] if alone.fullmatch(line) else [line])]


class Captions(Treeprocessor):
    """Puts an exhibit's texts and anchors into the page's tree, where Markdown sees them.

    Labels that only lead elsewhere are not for the search index. Where there are copy buttons,
    the code that they join comes last.
    """

    def run(self, root):
        stash = self.md.htmlStash
        for node in list(root.iter()):
            if node.get("class") in NOT_SEARCHED:
                node.set(show.UNSEARCHED, "")
            match = PLACEHOLDER.fullmatch((node.text or "").strip())
            html, *slots = (
                show.SLOT.split(str(stash.rawHtmlBlocks[int(match[1])])) if match else [""]
            )
            if slots:
                node.tag, node.text = "div", stash.store(html)
                node.set("class", "exhibit")
            for attribute, text, html in zip(slots[::3], slots[1::3], slots[2::3], strict=True):
                slot = SubElement(node, "span", dict([attribute.split("=")] if attribute else []))
                slot.text, slot.tail = text, stash.store(html)
        press = self.md.press
        if press.pieces:
            listed = show.pieces_of_code(press.pieces, press.shown)
            SubElement(root, "p").text = stash.store(listed)


class Sections(Treeprocessor):
    """Makes a section of each heading and what follows it: a browser lays out those in view."""

    def run(self, root):
        place = root
        for node in list(root):
            if node.tag == "h2":
                place = SubElement(root, "section")
            if place is not root:
                root.remove(node)
                place.append(node)


class Backlinks(Treeprocessor):
    """Tells each cross-reference of a snippet the heading that it stands under."""

    def run(self, root):
        heading, stash = "", self.md.htmlStash.rawHtmlBlocks
        for node in root.iter():
            match = PLACEHOLDER.fullmatch((node.text or "").strip())
            if node.tag in ("h1", "h2", "h3", "h4"):
                heading = node.get("id")
            elif match and "<autoref " in str(stash[int(match[1])]):
                place = f'<autoref backlink-type="used-in" backlink-anchor="{heading}" '
                stash[int(match[1])] = stash[int(match[1])].replace("<autoref ", place)


class InlineFormula(InlineProcessor):
    """Sets a formula, on one line with the brackets and punctuation that enclose it."""

    def __init__(self, md):
        super().__init__(ENCLOSED, md)

    def handleMatch(self, match, data):  # noqa: N802 (Markdown's name)
        formula, inner = set_formula(self.md, match), (match.end("opening"), match.start("closing"))
        if match["block"] or len(match["inline"]) > LONGEST_KEPT or inner == match.span():
            return formula, *inner
        kept = Element("span", {"class": "keep"})
        kept.text = f"{match['opening']}{formula}{match['closing']}"
        return kept, *match.span()


class Formulas(BlockProcessor):
    def test(self, parent, block):
        match = FORMULA.fullmatch(block.strip())
        return bool(match and match["block"])

    def run(self, parent, blocks):
        match = FORMULA.fullmatch(blocks.pop(0).strip())
        formula = SubElement(parent, "div", {"class": "formula"})
        formula.text = set_formula(self.parser.md, match)


def set_formula(md, match):
    tex, block = match["block"] or match["inline"], bool(match["block"])
    return md.htmlStash.store(_placed(lambda: md.press.build.mathml(tex, block=block)))
