"""Every page, as built: complete, linked, described, and with no number merely typed."""

import collections
import functools
import os
import re
import subprocess
import sys
from urllib.parse import unquote, urldefrag, urljoin

import pytest
import yaml
from built_site import (
    PREFIX,
    ROOT,
    article,
    has_class,
    parse,
    sources,
    text_of,
    with_class,
)

from press.build import Build
from press.modules import without_docstring
from press.pages import COMPOSED, IN_FORMULA, INLINE, KINDS, parse_number, scan
from press.store import Store
from press.worker import Runner

CHEAP = 1.0  # seconds that a number may take to be computed again
PHONE = 60  # columns of code that a phone shows without wrapping
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
FENCE = re.compile(r"(?m)^ *(`{3,}|~{3,}) *(.*)\n([\s\S]*?)^ *\1 *$")

COMPOSED_FENCE = re.compile(rf"(?m)^```({'|'.join(COMPOSED)})$")
AUTHORED = [
    path for path in sources() if not COMPOSED_FENCE.search(path.read_text(encoding="utf-8"))
]
every_authored = pytest.mark.parametrize("source", AUTHORED, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)


# What a page names is on it


@every_authored
def test_every_fence_is_rendered(site, source):
    tree = article(site.page(source))
    ids = {node.get("id") for node in tree.iter()}
    lines = {line for node in tree.iter("pre") for line in plain_lines(text_of(node))}
    named, _, mistakes = scan(source.name, source.read_text(encoding="utf-8"))
    assert not mistakes
    project = Build(ROOT, "docs/en", 1).project
    for exhibit, place in named:
        if exhibit.kind in ("figure", "interactive", "claim"):
            assert exhibit.anchor in ids, place
        if exhibit.kind in ("snippet", "claim"):
            for target in exhibit.targets:
                module, statement = project.find(target)
                whole = exhibit.kind == "snippet"
                shown = module.text(statement) if whole else without_docstring(module, statement)
                assert plain_lines(shown) <= lines, f"{place}: {target}"
    kinds = collections.Counter(exhibit.kind for exhibit, _ in named)
    for kind in ("output", "snippet"):
        assert len(with_class(tree, kind)) == kinds[kind], kind
    assert len(list(tree.iter("figure"))) == kinds["figure"] + kinds["interactive"]


@every_authored
def test_every_number_is_rendered(site, source):
    shown = collections.Counter(number for number, _ in numbers_shown(site.page(source)))
    named = collections.Counter(number.targets[0] for number in numbers_named(source))
    assert shown == named


@every_page
def test_nothing_failed_or_was_left_raw(site, source):
    tree = article(site.page(source))
    assert not with_class(tree, "press-failure")
    assert raw(text_without_code(tree)) == []


def raw(text):
    """What of a page's text looks like Markdown, a number or a formula that was not rendered."""
    return re.findall(r"\$|`|~~~|\\num|#!num|\[\^|\]\(|\*\*|\{[.#]", text)


@pytest.mark.parametrize("text", ["costs $x^2$", "```figure", r"\num{a.b:c}{}", "[a](b)", "**a**"])
def test_raw_text_is_seen(text):
    assert raw(text)


@every_authored
def test_code_on_a_page_is_tested_code(source):
    fences = FENCE.findall(source.read_text(encoding="utf-8"))
    assert {kind for _, kind, _ in fences} <= set(KINDS)


@every_page
def test_code_fits_a_phone(site, source):
    panels = [
        node for name in ("snippet", "proven") for node in with_class(site.page(source), name)
    ]
    lines = [
        line for node in panels for pre in node.iter("pre") for line in text_of(pre).split("\n")
    ]
    assert [line for line in lines if len(line) > PHONE] == []


# Pictures and formulas


@every_page
def test_every_picture_has_alt_text(site, source):
    tree = article(site.page(source))
    for image in tree.iter("img"):
        assert image.get("alt", "").strip(), image.attrib
    drawings = with_class(tree, "drawing")
    for drawing in drawings:
        assert drawing.get("role") == "img"
        alt = drawing.get("aria-label", "")
        assert len(alt) > 20, "alt text says what is seen"
        assert not re.search(r"[$\\`*_^{}]", alt), f"no markup in alt text: {alt}"
        assert [svg.get("class") for svg in drawing.iter("svg")] == ["wide", "narrow"]
    for svg in tree.iter("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("role") == "img"


@every_page
def test_ids_are_unique(site, source):
    ids = collections.Counter(node.get("id") for node in site.page(source).iter() if node.get("id"))
    assert [name for name, times in ids.items() if times > 1] == []


@every_page
def test_every_formula_is_mathml(site, source):
    _, formulas, _ = scan(source.name, source.read_text(encoding="utf-8"))
    assert len(list(article(site.page(source)).iter("math"))) >= len(formulas)


@every_page
def test_no_bar_splits_a_table_cell(source):
    assert split_formulas(source.read_text(encoding="utf-8")) == []


def split_formulas(text):
    """Formulas in table rows that contain a bar, at which Markdown ends the cell."""
    rows = [line for line in text.splitlines() if line.lstrip().startswith("|")]
    return [found[0] for row in rows for found in re.finditer(r"\$[^$]+\$", row) if "|" in found[0]]


def test_a_bar_in_a_table_is_seen():
    assert split_formulas("| size | $|x|$ |") == ["$|x|$"]
    assert split_formulas(r"| size | $\lvert x \rvert$ |") == []


# Links and hosts


@every_page
def test_page_has_title_and_description(site, source):
    tree, meta = site.page(source), front_matter(source)
    assert meta["title"].strip()
    assert len(meta["description"]) > 40
    assert meta["title"] in text_of(next(tree.iter("title")))
    described = [
        node.get("content") for node in tree.iter("meta") if node.get("name") == "description"
    ]
    assert described == [meta["description"]]


def test_descriptions_differ():
    described = [front_matter(source)["description"] for source in sources()]
    assert len(set(described)) == len(described)


@every_page
def test_page_says_how_to_mend_it(site, source):
    (mend,) = with_class(article(site.page(source)), "mend")
    assert source.relative_to(ROOT).as_posix() in text_of(mend)


def test_links_resolve(site):
    assert [
        broken for page, tree in site.pages.items() for broken in dead_links(site, page, tree)
    ] == []


def dead_links(site, page, tree):
    for node in tree.iter():
        styled = in_style(text_of(node)) if node.tag == "style" else []
        for link in filter(None, [node.get("href"), node.get("src"), *map("".join, styled)]):
            url, fragment = urldefrag(urljoin(site.url + page.removesuffix("index.html"), link))
            if not url.startswith(site.origin):
                continue
            path = unquote(url.removeprefix(site.origin)).removeprefix(PREFIX)
            path += "index.html" if not path or path.endswith("/") else ""
            if not (site.folder / path).is_file():
                yield f"{page}: {link}"
            elif fragment and path in site.pages and node.tag == "a":
                ids = {other.get("id") for other in site.pages[path].iter()}
                if unquote(fragment) not in ids:
                    yield f"{page}: {link}"


def test_the_page_for_missing_pages_works_at_any_depth(site):
    links = [node.get("href") or node.get("src") or "#" for node in site.pages["404.html"].iter()]
    assert [link for link in links if not link.startswith((PREFIX, "#", "http"))] == []


def test_a_dead_link_is_seen(site):
    tree = parse(
        '<a href="dropout/">x</a><a href="nowhere/">x</a><a href="dropout/#nothing">x</a>'
        "<style>a { src: url(nothing.woff2) }</style>"
    )
    dead = ["index.html: nowhere/", "index.html: dropout/#nothing", "index.html: nothing.woff2"]
    assert list(dead_links(site, "index.html", tree)) == dead


def test_nothing_is_loaded_from_a_foreign_host(site):
    for page, tree in site.pages.items():
        assert [url for url in loaded(tree) if foreign(url, site.url)] == [], page
    sheets = sorted(site.folder.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        urls = in_style(sheet.read_text(encoding="utf-8"))
        assert [url for url in urls if foreign(url, site.url)] == [], sheet.name


def loaded(tree):
    """Addresses that a browser loads to show a page."""
    for node in tree.iter():
        if node.tag not in ("a", "link") or node.get("rel") in (
            "stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect",
            "dns-prefetch", "manifest",
        ):  # fmt: skip
            yield from filter(None, map(node.get, ("src", "href", "srcset", "data", "poster")))
        yield from in_style(node.get("style", ""))
        if node.tag == "style":
            yield from in_style(text_of(node))


def in_style(css):
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", css)


def foreign(url, home):
    url = "".join(url)
    return bool(re.match(r"(\w+:)?//", url)) and not url.startswith(home)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://example.com/a.js"></script>',
        '<img src="//example.com/a.png">',
        '<link rel="stylesheet" href="https://example.com/a.css">',
        '<p style="background: url(https://example.com/a.png)"></p>',
        '<style>@import "https://example.com/a.css"</style>',
    ],
)
def test_a_foreign_host_is_seen(html):
    assert any(foreign(url, "http://127.0.0.1/") for url in loaded(parse(html)))


# Numbers


@functools.cache
def recomputed():
    """Target to what a page shows of it, computed now; only of what is cheap."""
    kept, fresh = Runner(ROOT), Runner(ROOT)
    targets = {number.targets[0] for source in sources() for number in numbers_named(source)}

    def seconds(target):
        inputs = kept.project.inputs(target).values()
        return kept.run(target, draw=False)["seconds"] + sum(map(seconds, inputs))

    fresh.store = Store(os.devnull)  # has nothing and keeps nothing
    cheap = [target for target in sorted(targets) if seconds(target) < CHEAP]
    return {target: fresh.run(target, draw=False) for target in cheap}


@every_authored
def test_numbers_equal_a_fresh_computation(site, source):
    build = Build(ROOT, "docs/en", 1)
    build.shown = {(target, False): shown for target, shown in recomputed().items()}
    numbers = [n for n in numbers_named(source) if n.targets[0] in recomputed()]
    expected = collections.Counter((n.targets[0], build.number(n)) for n in numbers)
    shown = numbers_shown(site.page(source))
    assert expected == collections.Counter(pair for pair in shown if pair[0] in recomputed())


def test_some_numbers_are_cheap_to_compute_again():
    assert recomputed()


@every_page
def test_no_measured_number_is_typed(source):
    chosen = {str(number) for number in front_matter(source).get("chosen", [])}
    typed = numbers_typed(source.read_text(encoding="utf-8"))
    assert [f"{source.name}:{line}: {text}" for line, text in typed if text not in chosen] == []


@every_page
def test_every_chosen_number_is_on_its_page(source):
    typed = {text for _, text in numbers_typed(source.read_text(encoding="utf-8"))}
    assert {str(number) for number in front_matter(source).get("chosen", [])} <= typed


NOT_PROSE = re.compile(
    "|".join(
        [
            INLINE.pattern,
            IN_FORMULA.pattern,
            r"(?m:^\[\^[^\]]+\]:.*(?:\n(?:[ ]{4}.*|\s*))*)",  # a footnote
            r"(?P<ticks>`+).+?(?<!`)(?P=ticks)(?!`)",  # code
            r"(?<=\])\([^)\s]*\)",  # the address of a link
            r"\[\^[^\]]+\]",
            r"</?[A-Za-z][^>\n]*>",
            r"\{[ ]*[:.#][^}]*\}",  # attributes
            r"(?m:^\s*\d+\.\s)",  # a list
        ]
    )
)
TYPED = re.compile(
    r"""(?<![\w.])(?:
        \\[dt]?frac\{?(?P<over>\d+)\}?\{?(?P<under>\d+)\}?
        | 10\^\{?-?\d+\}? | 10[⁻⁰¹²³⁴-⁹]+
        | \d+[ ]?/[ ]?\d+
        | \d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?P<percent>[ ]?\\?%|[ ]percent)?
    )(?!\w)""",
    re.VERBOSE,
)


def numbers_typed(text):
    """(line, number) of each number above ten, decimal, fraction or percentage that stands in
    prose, captions, alt text and formulas."""
    text = FENCE.sub(words_of_a_fence, FRONT_MATTER.sub(blank, text))
    prose = NOT_PROSE.sub(blank, text)
    found = []
    for match in TYPED.finditer(prose):
        value = re.sub(r"[ ,\\%]|percent|[,.]$", "", match[0])
        if match["over"]:
            value = f"{match['over']}/{match['under']}"
        if match["percent"] or not re.fullmatch(r"\d|10", value):
            found.append((prose.count("\n", 0, match.start()) + 1, value))
    return found


def blank(match):
    """As many lines as the match has."""
    return "\n" * match[0].count("\n") or " "


def words_of_a_fence(match):
    """A figure's or claim's text, which follows the function's name."""
    _, kind, body = match.groups()
    words = body.partition("\n")[2] if kind in ("figure", "interactive", "claim") else ""
    return "\n" * (match[0].count("\n") - words.count("\n")) + words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It falls by 12.5 % here.", ["12.5"]),
        ("Five of 4 runs, at least 10.", []),
        ("Only 3 % fail, 7\\% pass, or 2 percent.", ["3", "7", "2"]),
        ("All 1,024 masks.", ["1024"]),
        ("About 1/3 or $\\frac{8}{3}$ of $2^n$.", ["1/3", "8/3"]),
        ("Down to $10^{-12}$, or 10⁻⁹, or 1e-30.", ["10^{-12}", "10⁻⁹", "1e-30"]),
        ("It ends in 2014.", ["2014"]),
        ("At `Dropout(0.5)`, L2, SHA-256, BatchNorm1d and `#!num a.b:c .2f`.", ["256"]),
        ("$\\num{a.b:c}{.12f}$ and [a link](https://example.com/2014/12).", []),
        ("Said in 2014.[^1]\n\n[^1]: Pages 1929 to 1958,\n    in 2014.\n\nNow 17.", ["2014", "17"]),
        ("```figure\na.b:c12\nalt: At 0.3.\n**Up** by 44.\n```", ["0.3", "44"]),
        ("```snippet\na.b:c\na.b:d 12\n```\n\n12. An item of 11", ["11"]),
        ("---\nchosen: [99]\n---\n\n## Forty-two {#x-42}\n\n42 words", ["42"]),
    ],
)
def test_typed_numbers_are_seen(text, found):
    assert [number for _, number in numbers_typed(text)] == found


def test_a_typed_number_has_its_line():
    text = "---\ntitle: x\n---\n\n```claim\na.b:c\nIt is 0.25.\n```\n\n[^a]: b\n\nAnd 12.\n"
    assert numbers_typed(text) == [(7, "0.25"), (12, "12")]


# The process that builds


def test_building_imports_no_library_of_the_articles(tmp_path):
    code = (
        "import sys; from mkdocs.__main__ import cli\n"
        f"cli(['build', '--strict', '-d', {str(tmp_path)!r}], standalone_mode=False)\n"
        "print(*{'numpy', 'matplotlib', 'torch', 'keras', 'scipy', 'sklearn'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


# Helpers


def front_matter(source):
    match = FRONT_MATTER.match(source.read_text(encoding="utf-8"))
    return yaml.safe_load(match[1]) if match else {}


def plain_lines(text):
    """Lines of code, however far they are indented and whatever quotes close them."""
    return {line.strip().removesuffix('"""') for line in text.splitlines()} - {""}


def text_without_code(tree):
    if tree.tag in ("pre", "code", "script", "style") or has_class(tree, "mend"):
        return " "
    return (tree.text or "") + "".join(text_without_code(c) + (c.tail or "") for c in tree)


def numbers_named(source):
    """The computed numbers of a page's prose, captions and claims."""
    text = source.read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.strip().startswith("alt:"))
    return [parse_number(match[1]) for match in INLINE.finditer(text)]


def numbers_shown(tree):
    """(target, text) of each computed number on a built page."""
    for node in with_class(article(tree), "num"):
        target = re.fullmatch(r"computed by (\S+)", node.get("title"))[1]
        yield target, text_of(node).replace("−", "-")
