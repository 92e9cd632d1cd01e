"""The reference: an entry for every function that an article teaches with, linked both ways."""

import ast
import re
import subprocess
import sys
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from built_site import DOCS, ROOT, built, has_class, text_of, with_class

from press.modules import PACKAGE
from press.pages import scan
from press.show import TAUGHT

ARTICLES = sorted(path.parent.name for path in (ROOT / PACKAGE).glob("*/scratch.py"))
every_article = pytest.mark.parametrize("article", ARTICLES)


def taught(article):
    """Anchor to statement, of all that an article's modules define in public."""
    for module in TAUGHT:
        path = ROOT / PACKAGE / article / f"{module}.py"
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name[0] != "_":
                yield f"{PACKAGE}.{article}.{module}.{statement.name}", statement


def shown(article):
    """Anchors of what the article's snippets show of these modules."""
    path = DOCS / f"{article}.md"
    for exhibit, _ in scan(path.name, path.read_text(encoding="utf-8"))[0]:
        if exhibit.kind == "snippet":
            names = [target.replace(":", ".").split(".") for target in exhibit.targets]
            yield from (".".join([PACKAGE, *name]) for name in names if name[1] in TAUGHT)


def entries(site, article):
    """Anchor to section, of each entry of a page."""
    for section in site.pages[f"reference/{article}/index.html"].iter("section"):
        heading = next(section.iter("h2"))
        assert text_of(heading) == heading.get("id").rpartition(".")[2] + "¶"
        yield heading.get("id"), section


def links(site, page, tree):
    """(path, fragment) below the site, of each link."""
    for node in tree.iter("a"):
        here = site.url + page.removesuffix("index.html")
        url, fragment = urldefrag(urljoin(here, node.get("href")))
        path = url.removeprefix(site.url)
        yield f"{path}index.html" if path.endswith("/") or not path else path, unquote(fragment)


def words(text):
    return " ".join(text.replace("`", "").split())


@every_article
def test_every_function_has_an_entry(site, article):
    assert [anchor for anchor, _ in entries(site, article)] == [name for name, _ in taught(article)]


@every_article
def test_entries_are_in_the_contents(site, article):
    (contents,) = with_class(site.pages[f"reference/{article}/index.html"], "contents")
    names = [text_of(link) for link in contents.iter("a")]
    assert names == [statement.name for _, statement in taught(article)]


@every_article
def test_an_entry_says_what_the_docstring_says(site, article):
    found = dict(entries(site, article))
    for anchor, statement in taught(article):
        section = found[anchor]
        text, mark, example = ast.get_docstring(statement).partition(">>> ")
        prose = [text_of(node) for node in section.iter("p") if not has_class(node, "ran")]
        assert words(" ".join(prose)) == words(text), anchor
        examples = [text_of(node).rstrip() for node in with_class(section, "example")]
        assert examples == [(mark + example).rstrip()] * bool(mark), anchor


@every_article
def test_an_entry_has_the_signature_and_the_source(site, article):
    found = dict(entries(site, article))
    for anchor, statement in taught(article):
        module = anchor.split(".")[2]
        path = ROOT / PACKAGE / article / f"{module}.py"
        lines = path.read_text(encoding="utf-8").splitlines()
        first = min(node.lineno for node in [statement, *statement.decorator_list])
        docstring = statement.body[0]
        head = lines[first - 1 : docstring.lineno - 1]
        code = [*head, *lines[docstring.end_lineno : statement.end_lineno]]
        signature, source = (
            text_of(node)
            for node in with_class(found[anchor], "highlight")
            if ">>> " not in text_of(node)
        )
        assert signature.splitlines() == head, anchor
        assert source.strip().splitlines() == code, anchor
        assert path.relative_to(ROOT).as_posix() in text_of(found[anchor])


@every_article
def test_snippets_lead_to_their_entries(site, article):
    known = {anchor for anchor, _ in entries(site, article)}
    rows = with_class(site.pages[f"{article}/index.html"], "source")
    linked = [link for row in rows for link in links(site, f"{article}/index.html", row)]
    assert linked == [(f"reference/{article}/index.html", anchor) for anchor in shown(article)]
    assert {anchor for _, anchor in linked} <= known


@every_article
def test_entries_lead_back(site, article):
    """To a section of the article, in which there is a link to the entry."""
    page, here = f"{article}/index.html", f"reference/{article}/index.html"
    ids = {node.get("id"): node for node in site.pages[page].iter() if node.get("id")}
    for anchor, section in entries(site, article):
        (row,) = with_class(section, "ran")
        back = [fragment for path, fragment in links(site, here, row) if path == page]
        assert set(back) <= set(ids), anchor
        assert bool(back) or "Used by" in text_of(row), anchor
        if anchor in shown(article):
            assert set(back) == headings_above(site, page, (here, anchor)), anchor


def headings_above(site, page, link):
    """Anchors of the headings that links to an entry stand under."""
    found, heading = set(), None
    for node in site.pages[page].iter():
        if node.tag in ("h1", "h2", "h3", "h4"):
            heading = node.get("id")
        if has_class(node, "source") and link in links(site, page, node):
            found.add(heading)
    return found


def test_no_entry_leads_to_the_page_of_components(site):
    for article in ARTICLES:
        for _, section in entries(site, article):
            targets = links(site, f"reference/{article}/index.html", section)
            assert "components/index.html" not in {path for path, _ in targets}


def test_files_are_linked_to_where_they_can_be_seen():
    site = built("https://example.org/repository")
    _, section = next(entries(site, ARTICLES[0]))
    (row,) = with_class(section, "ran")
    href = next(row.iter("a")).get("href")
    file = f"{PACKAGE}/{ARTICLES[0]}/scratch.py"
    assert re.fullmatch(rf"https://example.org/repository/blob/main/{file}#L\d+-L\d+", href)


def test_the_list_has_every_page_and_every_page_is_reached(site):
    here = "reference/index.html"
    main = next(site.pages[here].iter("main"))
    assert {f"reference/{article}/index.html" for article in ARTICLES} <= {
        path for path, _ in links(site, here, main)
    }
    for page, tree in site.pages.items():
        if page != "404.html":
            (footer,) = with_class(tree, "bottom")
            assert (here, "") in links(site, page, footer)


def test_references_are_no_articles(site):
    for page in ("index.html", here := "reference/dropout/index.html"):
        (menu,) = with_class(site.pages[page], "menu")
        paths = [path for path, _ in links(site, page, menu)]
        assert sorted(paths) == sorted(f"{article}/index.html" for article in ARTICLES)
    assert not with_class(site.pages[here], "kicker")
    assert not with_class(site.pages[here], "neighbors")


@pytest.mark.browser
def test_search_finds_a_function_by_its_name(visit):
    page = visit("")
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("dropout_backward")
    first = page.get_by_role("dialog").locator("li a").first
    first.wait_for()
    assert first.get_attribute("href").endswith(
        "reference/dropout/#snippets.dropout.scratch.dropout_backward"
    )


UNKNOWN = {
    "an entry": ("::: snippets.dropout.scratch.no_such", "could not be found"),
    "a module": ("::: snippets.dropout.no_such", "could not be found"),
    "a snippet without an entry": (
        "```snippet\ndropout.scratch:keep_mask\n```",
        "Could not find cross-reference target 'snippets.dropout.scratch.keep_mask'",
    ),
}


@pytest.mark.parametrize(("text", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_name_fails_the_build(tmp_path, text, said):
    for name in ("CITATION.cff", "press", "snippets", "theme"):
        (tmp_path / name).symlink_to(ROOT / name)
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    site = re.sub(r"(?m)^(nav|not_in_nav):.*\n(?:  .*\n)+", "", site)
    (tmp_path / "mkdocs.yml").write_text(site, encoding="utf-8")
    page = tmp_path / "docs" / "en" / "index.md"
    page.parent.mkdir(parents=True)
    page.write_text(f"# x\n\n{text}\n", encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode
    assert said in done.stderr
