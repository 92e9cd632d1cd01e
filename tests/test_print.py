"""Pages on paper, as Chromium prints them: nothing folded away or cut, each address listed."""

import functools
import re
import unicodedata
from dataclasses import dataclass

import pypdfium2
import pytest
from built_site import DOCS, ROOT, address, article, has_class, sources, text_of, with_class
from conftest import AWAKE

from press.modules import PACKAGE

pytestmark = pytest.mark.browser

MM = 72 / 25.4  # points
TOP, SIDE, BOTTOM = 19 * MM, 17 * MM, 18 * MM  # the margins in print.css
ARTICLES = [path for path in sources() if (ROOT / PACKAGE / path.stem).is_dir()]
ARTICLES = [path for path in ARTICLES if path.parent == DOCS]
OTHERS = [DOCS / name for name in ("index.md", "components.md", "labs/dropout.md")]
PRINTED = [(path, "A4") for path in [*ARTICLES, *OTHERS]] + [(ARTICLES[0], "Letter")]
SIZES = {"A4": (210 * MM, 297 * MM), "Letter": (612, 792)}
MADE = re.compile(r"source|ran|mend|take|num")  # what links to what the site is made from
FULL = "https://example.org/checked/"
TEXT = "document.documentElement.textContent"


@dataclass
class Sheet:
    """One page of paper."""

    size: tuple
    body: str  # without spaces, as `squeezed` has it
    margins: str
    boxes: list  # left, bottom, right, top of each character


def squeezed(text):
    """Letters as they are whatever their style, without spaces and what ends a line in a word."""
    return re.sub(r"[\s\ufffe\x02\u00ad\u2061-\u2064-]", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="session")
def printed(browser, site):
    @functools.cache
    def printed(source, size="A4", home=site.url):
        """The sheets of a page; its own address may be made to stand below another home."""
        context = browser.new_context()
        page = context.new_page()
        page.goto(site.url + address(source).removesuffix("index.html"))
        page.wait_for_function(AWAKE)
        page.evaluate(
            "([from, to]) => { const own = document.querySelector('[rel=canonical]');"
            "own.href = own.href.replace(from, to); }",
            [site.url, home],
        )
        text = page.evaluate(TEXT)
        pdf = page.pdf(format=size)
        assert page.evaluate(TEXT) == text, "what is added for paper is taken away again"
        context.close()
        return [sheet(each) for each in pypdfium2.PdfDocument(pdf)]

    return printed


def sheet(page):
    (width, height), text = page.get_size(), page.get_textpage()
    body = text.get_text_bounded(0, BOTTOM - 1, width, height - TOP + 1)
    margins = text.get_text_bounded(0, height - TOP + 1, width, height)
    margins += text.get_text_bounded(0, 0, width, BOTTOM - 1)
    boxes = [text.get_charbox(at) for at in range(text.count_chars())]
    return Sheet((width, height), squeezed(body), squeezed(margins), boxes)


every_print = pytest.mark.parametrize(
    ("source", "size"), PRINTED, ids=lambda each: getattr(each, "stem", each)
)


@pytest.fixture
def sheets(printed, source, size):
    return printed(source, size)


@pytest.fixture
def whole(sheets):
    return "".join(each.body for each in sheets)


@pytest.fixture
def tree(site, source):
    return article(site.page(source))


def lacking(texts, whole):
    return [text for text in texts if squeezed(text) not in whole]


@every_print
def test_every_sheet_has_text_and_its_number(sheets, source, size, tree):
    title = squeezed(text_of(next(tree.iter("h1"))).removesuffix("¶"))
    for number, each in enumerate(sheets, 1):
        assert each.size == pytest.approx(SIZES[size], abs=1)
        assert len(each.body) > 40, number
        assert each.margins.endswith(f"{number}/{len(sheets)}")
    assert title in sheets[0].body


@every_print
def test_nothing_stands_outside_the_margins(sheets):
    for number, each in enumerate(sheets, 1):
        right, top = each.size[0] - SIDE, each.size[1]
        for box in each.boxes:
            if box[2] > box[0]:
                assert box[0] > SIDE - 2, number
                assert box[2] < right + 2, number
                assert 0 < box[1] < box[3] < top, number


@every_print
def test_claims_are_open(whole, tree):
    proofs = [text_of(pre) for claim in with_class(tree, "proven") for pre in claim.iter("pre")]
    would_fail = [text_of(node) for node in with_class(tree, "would-fail")]
    assert lacking(proofs + would_fail, whole) == []


@every_print
def test_a_claim_stands_with_the_beginning_of_its_proof(sheets, tree):
    for claim in with_class(tree, "claim"):
        (seal,), (proof, *_) = with_class(claim, "seal"), claim.iter("pre")
        measured = squeezed(text_of(seal)).removesuffix("proof")
        joint = measured + squeezed(text_of(proof))[:25]
        assert any(joint in each.body for each in sheets), joint


@every_print
def test_each_tab_stands_below_its_label(sheets, tree):
    for tabs in with_class(tree, "tabbed-set"):
        labels, blocks = (list(node) for node in list(tabs)[-2:])
        for label, block in zip(labels, blocks, strict=True):
            joint = squeezed(text_of(label)) + squeezed(text_of(block))[:25]
            assert any(joint in each.body for each in sheets), joint


@every_print
def test_code_and_output_are_whole(sheets, tree, whole):
    assert lacking([text_of(pre) for pre in tree.iter("pre")], whole) == []


@every_print
def test_captions_stand_with_their_figures(sheets, tree):
    for figure in tree.iter("figure"):
        labels = [text_of(node) for svg in figure.iter("svg") for node in svg.iter("text")]
        parts = [part for node in caption_of(figure) for part in around_formulas(node)]
        assert any(not lacking(labels + parts, each.body) for each in sheets), parts


def caption_of(figure):
    """What of a caption is printed: neither the way to its data nor what mirrors its formulas."""
    for node in (node for caption in figure.iter("figcaption") for node in caption):
        data = any(link.get("href", "").endswith(".csv") for link in node.iter("a"))
        if not (data or has_class(node, "ran") or has_class(node, "headerlink")):
            yield node


@every_print
def test_no_heading_ends_a_sheet(sheets, tree):
    for level in ("h2", "h3", "h4"):
        for heading in tree.iter(level):
            text = squeezed(text_of(heading).removesuffix("¶"))
            assert any(len(each.body.partition(text)[2]) > 10 for each in sheets), text


@every_print
def test_rows_are_not_cut(sheets, tree):
    for row in tree.iter("tr"):
        cells = [squeezed(text_of(cell)) for cell in row]
        assert any(all(cell in each.body for cell in cells) for each in sheets), cells


def around_formulas(node):
    """The text of a node in parts: of formulas, what is drawn and what is said differ."""
    return spelled(node).split("\0")


def spelled(node):
    if node.tag == "math":
        return "\0"
    return (node.text or "") + "".join(spelled(child) + (child.tail or "") for child in node)


@every_print
def test_formulas_are_set(sheets, tree, whole):
    letters = {
        squeezed(text_of(node))
        for math in tree.iter("math")
        for tag in ("mi", "mn", "mtext")
        for node in math.iter(tag)
    }
    assert lacking(letters, whole) == []


def links_of(tree, up=()):
    """(text, address) of the links of a page, but for those to what the site is made from."""
    for node in tree:
        if not any(MADE.fullmatch(name) for name in node.get("class", "").split()):
            href = node.get("href", "")
            if node.tag == "a" and not href.endswith(".csv"):
                yield text_of(node), href
            yield from links_of(node)


@every_print
def test_addresses_are_listed_under_their_numbers(whole, tree):
    _, found, listed = whole.rpartition("Links1.http")
    outside = [(text, href) for text, href in links_of(tree) if href.startswith("http")]
    assert bool(found) == bool(outside)
    numbers = {href: number for number, href in enumerate(dict.fromkeys(h for _, h in outside), 1)}
    for text, href in outside:
        assert squeezed(f"{text}[{numbers[href]}]") in whole
        assert squeezed(f"{numbers[href]}. {href}").removeprefix("1.http") in listed


def test_links_within_the_site_are_listed_where_it_has_a_home(printed, site):
    source = ARTICLES[0]
    within = [href for _, href in links_of(article(site.page(source))) if href.startswith("../")]
    at_home = "".join(each.body for each in printed(source, home=FULL))
    assert within
    assert lacking([FULL + href.removeprefix("../") for href in within], at_home) == []
    nowhere = "".join(each.body for each in printed(source))
    assert squeezed(site.url) not in nowhere


def test_without_a_script_an_address_follows_its_link(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}components/")
    pdf = pypdfium2.PdfDocument(page.pdf())
    context.close()
    assert "alinkoutside(https://example.com/)," in "".join(sheet(each).body for each in pdf)


@every_print
def test_answers_come_last(whole, tree):
    before, found, answers = whole.rpartition("Answers1.")
    exercises = with_class(tree, "exercise")
    assert bool(found) == bool(exercises)
    for number, exercise in enumerate(exercises, 1):
        question, *answer = exercise
        assert f"{number}.{squeezed(text_of(question))}" in before
        parts = [part for node in answer for part in around_formulas(node)]
        assert lacking(parts, answers) == []
        longest = squeezed(max(parts, key=len))
        assert len(longest) < 20 or longest not in before
