"""What leads to the pages from elsewhere: the feed, the map of the site, what links show of a page,
how it is cited, and addresses of claims and figures that stay."""

import base64
import functools
import itertools
import os
import re
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from built_site import DOCS, ROOT, address, has_class, sources, text_of
from conftest import RUNNER, without

from press.build import Build
from press.card import LETTERS, balanced
from press.modules import PACKAGE
from press.share import bibtex, commits, last_change, plain
from press.worker import key_of

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ARTICLES = [path for path in sources() if (ROOT / PACKAGE / path.stem).is_dir()]
ARTICLES = [path for path in ARTICLES if path.parent == DOCS]
KEPT = (ROOT / "tests" / "anchors.txt").read_text(encoding="utf-8").splitlines()
LARGEST = 60 * 1024
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
every_article = pytest.mark.parametrize("source", ARTICLES, ids=lambda path: path.stem)


def meta(tree):
    """{name: content} of a page."""
    nodes = [node for node in tree.iter("meta") if node.get("name") or node.get("property")]
    return {node.get("name") or node.get("property"): node.get("content") for node in nodes}


def links(tree, rel):
    return [node.get("href") for node in tree.iter("link") if node.get("rel") == rel]


def own_address(site, source):
    return site.url + address(source).removesuffix("index.html")


# The feed, after RFC 4287


@pytest.fixture(scope="module")
def feed(site):
    return ET.parse(site.folder / "feed.xml").getroot()


def one(node, name):
    (found,) = node.findall(f"{ATOM}{name}")
    return found


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def test_the_feed_is_atom(feed, site):
    assert feed.tag == f"{ATOM}feed"
    for node in (feed, *feed.iter(f"{ATOM}entry")):
        assert one(node, "title").text.strip()
        assert moment(one(node, "updated").text) <= datetime.now(UTC)
        assert one(node, "id").text.startswith(site.url)
    assert one(one(feed, "author"), "name").text
    to = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert to == {"self": f"{site.url}feed.xml", "alternate": site.url}
    ids = [node.text for node in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)


def test_the_feed_has_every_article_the_newest_first(feed, site):
    entries = feed.findall(f"{ATOM}entry")
    found = {one(entry, "id").text: entry for entry in entries}
    assert found.keys() == {own_address(site, source) for source in ARTICLES}
    for source in ARTICLES:
        entry, told = found[own_address(site, source)], meta(site.page(source))
        assert one(entry, "link").get("href") == one(entry, "id").text
        assert one(entry, "title").text == told["og:title"]
        assert one(entry, "summary").text == told["description"]
    times = [moment(one(entry, "updated").text) for entry in entries]
    assert times == sorted(times, reverse=True)
    assert moment(one(feed, "updated").text) == times[0]


def test_the_start_page_leads_to_the_feed(site):
    for path, tree in site.pages.items():
        assert links(tree, "alternate") == (["feed.xml"] if path == "index.html" else [])


# When a page changed


@pytest.fixture
def repository(tmp_path):
    """A project of two commits, a day apart."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*words, day=1):
        when = {f"GIT_{who}_DATE": f"2020-02-0{day}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
        who = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
        command = ["git", *who, *words]
        subprocess.run(command, cwd=tmp_path, env=environment | when, check=True)

    write(tmp_path, "docs/a.md", "docs/b.md", "docs/labs/a.py", "snippets/a/scratch.py")
    try:
        git("init", "--quiet")
    except OSError:
        without("no git")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    return tmp_path, git


def write(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name} {len(list(root.rglob('*')))}", encoding="utf-8")
        os.utime(root / name, (0, 86400))


@pytest.mark.parametrize(
    ("name", "newer"),
    [
        ("docs/a.md", {"docs/a.md"}),
        ("snippets/a/scratch.py", {"docs/a.md", "docs/labs/a.md"}),
        ("snippets/a/deep/new.json", {"docs/a.md", "docs/labs/a.md"}),
        ("docs/labs/a.py", {"docs/labs/a.md"}),
        ("docs/b.md", {"docs/b.md"}),
        ("snippets/ab.py", set()),
    ],
)
def test_a_page_is_as_new_as_the_commit_to_its_text_or_code(repository, name, newer):
    root, git = repository
    write(root, name)
    git("add", ".")
    git("commit", "--quiet", "-m", "two", day=2)
    seconds = commits(root)
    pages = ("docs/a.md", "docs/b.md", "docs/labs/a.md")
    days = {page: last_change(root, Path(page), seconds)[:10] for page in pages}
    assert days == {page: "2020-02-02" if page in newer else "2020-02-01" for page in pages}


def test_without_git_a_page_is_as_new_as_its_files(tmp_path, monkeypatch):
    write(tmp_path, "docs/a.md", "snippets/a/scratch.py")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commits(tmp_path) == {}
    assert last_change(tmp_path, Path("docs/a.md"), {}) == "1970-01-02T00:00:00Z"
    os.utime(tmp_path / "snippets/a/scratch.py", (0, 2 * 86400))
    assert last_change(tmp_path, Path("docs/a.md"), {}) == "1970-01-03T00:00:00Z"
    monkeypatch.setenv("PATH", "")
    assert commits(tmp_path) == {}


def test_the_same_site_comes_out_on_any_day(site, tmp_path):
    environment = os.environ | {
        "SITE_URL": site.url, "SOURCE_DATE_EPOCH": "0", "TZ": "Asia/Seoul",
    }  # fmt: skip
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    one, other = (
        {p.relative_to(f): p.read_bytes() for p in files(f)} for f in (site.folder, tmp_path)
    )
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def files(folder):
    return (path for path in folder.rglob("*") if path.is_file())


# What search engines read


def test_the_map_lists_what_is_to_be_found(site):
    root = ET.parse(site.folder / "sitemap.xml").getroot()
    assert root.tag == f"{MAP}urlset"
    listed = [node.text for node in root.iter(f"{MAP}loc")]
    hidden = {"404.html", "components/index.html"}  # for the host, and for the tests
    shown = {site.url + path.removesuffix("index.html") for path in site.pages.keys() - hidden}
    assert sorted(listed) == sorted(shown)
    for node in root.iter(f"{MAP}lastmod"):
        assert moment(node.text) <= datetime.now(UTC)
    robots = (site.folder / "robots.txt").read_text(encoding="utf-8").split("\n")
    assert f"Sitemap: {site.url}sitemap.xml" in robots
    assert "Disallow" not in "".join(robots)


def test_every_page_has_a_description_of_its_own(site):
    described = [meta(tree)["description"] for tree in site.pages.values()]
    assert len(set(described)) == len(described)


# What a link shows of a page


def test_every_page_says_what_a_link_shows(site):
    for path, tree in site.pages.items():
        if path == "404.html":
            continue
        told, url = meta(tree), site.url + path.removesuffix("index.html")
        stem = path.removesuffix("/index.html")
        is_article = (ROOT / PACKAGE / stem / "claims.py").exists()
        assert links(tree, "canonical") == [told["og:url"]] == [url]
        assert told["og:type"] == ("article" if is_article else "website")
        assert told["og:title"] in text_of(next(tree.iter("title")))
        assert told["og:description"] == told["description"]
        assert told["og:image"] == f"{site.url}social/{stem if is_article else 'index'}.png"
        assert told["og:image:alt"]
        assert told["twitter:card"] == "summary_large_image"
        raw = (site.folder / told["og:image"].removeprefix(site.url)).read_bytes()
        size = (int(told["og:image:width"]), int(told["og:image:height"]))
        assert struct.unpack(">II", raw[16:24]) == size == (1200, 630)


def test_pictures_are_small_and_say_nothing_of_their_making(site):
    pictures = sorted((site.folder / "social").glob("*"))
    assert {path.stem for path in pictures} == {path.stem for path in ARTICLES} | {"index"}
    for path in pictures:
        raw = path.read_bytes()
        assert len(raw) <= LARGEST
        assert raw.startswith(b"\x89PNG")
        assert set(chunks(raw)) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def chunks(raw):
    at = 8
    while at < len(raw):
        yield raw[at + 4 : at + 8]
        at += 12 + struct.unpack(">I", raw[at : at + 4])[0]


@functools.cache
def cards():
    build = Build(ROOT, "docs/en", 1)
    build._scan()
    found = [(exhibit, place) for exhibit, place in build.exhibits if exhibit.kind == "card"]
    return {place.page: exhibit for exhibit, place in found}


def test_pictures_carry_the_title_and_the_name_of_the_site():
    for page, card in cards().items():
        text = (ROOT / page).read_text(encoding="utf-8")
        title, site = card.text.split("\n")
        assert f"\n# {title}\n" in text.replace("`", "")
        assert site == CITATION["title"]
        lines = balanced(title)
        assert " ".join(lines) == title
        assert max(map(len, lines)) <= LETTERS, "a line would reach the sketch"


def test_a_picture_drawn_again_is_the_same(site):
    page = "docs/en/dropout.md"
    ((target, words),) = cards()[page].runs
    inputs = RUNNER.project.inputs(target, draw=words).items()
    arguments = {name: RUNNER.experiment(experiment) for name, experiment in inputs}
    shown, _ = RUNNER.call(target, arguments, draw=words)
    assert base64.b64decode(shown["png"]) == (site.folder / "social/dropout.png").read_bytes()
    other, _ = RUNNER.call(target, arguments, draw=words.replace("dropout", "it"))
    assert other["png"] != shown["png"]


def test_a_picture_is_drawn_again_for_another_title():
    target, words = cards()["docs/en/dropout.md"].runs[0]
    digest = functools.partial(RUNNER.digests.digest, target)
    assert digest(draw=words) == digest(draw=words) != digest(draw=f"{words}!")
    assert digest(draw=words) != digest(draw=True)
    assert key_of(target, words) != key_of(target, True)


# How it is cited

ENTRY = re.compile(r"@misc\{(?P<key>[\w-]+),\n(?P<fields>(?:  \w+ = .+,\n)+)\}")
FIELD = re.compile(r"  (\w+) = (\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[a-z]{3}),")


def entry(text):
    """(key, {field: value}) of a BibTeX entry, all of which must be read."""
    match = ENTRY.fullmatch(text)
    fields = [FIELD.fullmatch(line) for line in match["fields"].splitlines()]
    return match["key"], {field[1]: field[2].strip("{}") for field in fields}


@pytest.fixture(scope="module")
def cited(site):
    """{id or empty: (line of text, BibTeX)} of the page."""
    tree = site.pages["cite/index.html"]
    found = {}
    for parent in tree.iter():
        nodes = list(parent)
        for text, panel in itertools.pairwise(nodes):
            if has_class(panel, "highlight"):
                heading = parent.find("h2")
                name = "" if heading is None else heading.get("id")
                found[name] = text_of(text), text_of(panel)
    return found


def test_every_article_is_cited_at_its_anchor(site, cited, feed):
    entries = {one(each, "id").text: each for each in feed.iter(f"{ATOM}entry")}
    assert cited.keys() == {""} | {source.stem for source in ARTICLES}
    keys = [entry(both[1])[0] for both in cited.values()]
    assert len(set(keys)) == len(keys)
    for source in ARTICLES:
        line, text = cited[source.stem]
        url, (_, fields) = own_address(site, source), entry(text)
        day = moment(one(entries[url], "updated").text)
        assert fields["title"] == meta(site.page(source))["og:title"]
        assert fields["howpublished"] == CITATION["title"]
        assert fields["author"] == CITATION["authors"][0]["name"]
        assert (fields["year"], fields["month"]) == (f"{day.year}", f"{day:%b}".lower())
        assert fields["note"] == f"Version of {day.day} {day:%B %Y}"
        assert fields["url"] == url
        for part in (fields["title"], fields["author"], f"{day.day} {day:%B %Y}", url):
            assert part in line


def test_the_site_is_cited_as_a_whole(site, cited, feed):
    line, text = cited[""]
    _, fields = entry(text)
    assert (fields["title"], fields["url"]) == (CITATION["title"], site.url)
    assert "howpublished" not in fields
    assert fields["note"].removeprefix("Version of ") in line
    day = moment(one(feed, "updated").text)
    assert fields["note"] == f"Version of {day.day} {day:%B %Y}"


@every_article
def test_an_article_leads_to_its_citation(site, source):
    hrefs = [node.get("href") for node in site.page(source).iter("a")]
    assert hrefs.count(f"../cite/#{source.stem}") == 1


def test_a_citation_names_people_and_escapes_what_tex_reads():
    people = [{"family-names": "Kim", "given-names": "A. B."}, {"name": "R&D Group"}]
    about = {"title": "A Site", "authors": people}
    arguments = "50 % & more_", "https://a.example/x_y/", "2020-02-01T23:00:00Z"
    _, fields = entry(bibtex(about, "a-b", *arguments))
    assert fields["author"] == r"Kim, A. B. and {R\&D Group"
    assert fields["title"] == r"50 \% \& more\_"
    assert fields["url"] == "https://a.example/x_y/"
    said = "Kim, A. B.; R&D Group. “50 % & more_” A Site, version of 1 February 2020. "
    assert plain(about, *arguments) == f"{said}https://a.example/x_y/"


# Addresses that stay


def anchors():
    """page#anchor of each claim and figure of the articles."""
    build = Build(ROOT, "docs/en", 1)
    build._scan()
    pages = {f"docs/en/{source.name}": f"{source.stem}/" for source in ARTICLES}
    return {
        f"{pages[place.page]}#{exhibit.anchor}"
        for exhibit, place in build.exhibits
        if place.page in pages and exhibit.kind in ("claim", "figure", "interactive")
    }


def test_no_address_is_lost(site):
    ids = {
        f"{path.removesuffix('index.html')}#{node.get('id')}"
        for path, tree in site.pages.items()
        for node in tree.iter()
        if node.get("id")
    }
    lost = sorted(set(KEPT) - ids)
    assert not lost, (
        f"others may link to {', '.join(lost)}: keep the old name where the exhibit now stands, as "
        'in <span id="old_name"></span> at the end of the paragraph above it. Take a line out of '
        "tests/anchors.txt only if what it led to is gone"
    )


def test_every_address_is_kept():
    new = sorted(anchors() - set(KEPT))
    assert not new, "add to tests/anchors.txt, in order:\n" + "\n".join(new)
    assert sorted(set(KEPT)) == KEPT
