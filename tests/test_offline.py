"""The copy for offline use: unpacked anywhere, it opens from a file and asks no host."""

import importlib.util
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from built_site import ROOT, parse
from conftest import AWAKE, MODULES, PATIENCE, tool, without
from playwright.sync_api import expect
from test_search import Search

spec = importlib.util.spec_from_file_location("offline", ROOT / "tools/offline.py")
offline = importlib.util.module_from_spec(spec)
spec.loader.exec_module(offline)

HOME = "https://example.org/checked/"
PLACE = "uncorrelated", "dropout/index.html#relatives"  # a word of one section only
FIREFOX = shutil.which("firefox") or shutil.which("firefox-esr")


@pytest.fixture(scope="module")
def zipped(site, tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "copy.zip"
    offline.main(site.folder, path)
    return path


@pytest.fixture(scope="module")
def folder(zipped, tmp_path_factory):
    """The copy, unpacked where a name has a space and a letter outside ASCII."""
    home = tmp_path_factory.mktemp("copy") / "über alles"
    with zipfile.ZipFile(zipped) as packed:
        packed.extractall(home)
    return home / offline.NAME


@pytest.fixture
def visit(browser, folder):
    """Open a page of the copy: only files are asked for, and the console stays silent."""
    contexts, pages = [], []

    def visit(path="index.html", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        pages.append(page)
        page.noise, page.asked = [], []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((folder / path).as_uri())
        page.wait_for_function(AWAKE)
        return page

    yield visit
    for page in pages:
        assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert page.noise == []
    for context in contexts:
        context.close()


def pages(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


# What is in it


@pytest.mark.parametrize(
    ("link", "page", "file"),
    [
        ("../dropout/#x", "predict/index.html", "../dropout/index.html#x"),
        ("..", "predict/index.html", "../index.html"),
        (".", "index.html", "index.html"),
        ("./", "labs/index.html", "index.html"),
        ("dropout/", "index.html", "dropout/index.html"),
        ("../a%20b.csv?x=/#y/", "predict/index.html", "../a%20b.csv?x=/#y/"),
        (HOME, "labs/dropout/index.html", "../../index.html"),
        ("/checked/claims/", "predict/index.html", "../claims/index.html"),
        ("/other/", "index.html", "/other/"),
        ("https://example.org/", "index.html", "https://example.org/"),
        ("mailto:me@example.org", "index.html", "mailto:me@example.org"),
    ],
)
def test_a_link_to_a_folder_leads_to_its_page(link, page, file):
    assert offline.file_of(link, page, HOME) == file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a class=x href="a/">', '<a class=x href="a/index.html">'),
        ("<a href='a/?b&amp;c' id=b>", '<a href="a/index.html?b&amp;c" id=b>'),
        ("<a href=a/>", '<a href="a/index.html">'),
        ('<a title=\'href="a/"\' href="#a/">', '<a title=\'href="a/"\' href="#a/">'),
        ('<pre>&lt;a href="a/"></pre>', '<pre>&lt;a href="a/"></pre>'),
        ('<!-- <a href="a/"> --><script>"<a href=a/>"</script>', None),
        ('<link rel="canonical" href="a/"><link rel=preload href=b>é\n<br>', "é\n<br>"),
        (
            '<meta property="og:image" content="a/"><meta name="b" content="a/">',
            '<meta name="b" content="a/">',
        ),
        (
            'é\n\n  <b\n  title="<">\r\n<a\n HREF = "a/">',
            'é\n\n  <b\n  title="<">\r\n<a\n HREF = "a/index.html">',
        ),
    ],
)
def test_only_links_are_changed(before, after):
    said = offline.offline(before, "index.html", HOME)
    assert said == (before if after is None else after)


def test_a_start_page_without_an_address_is_told(tmp_path):
    (tmp_path / "index.html").write_text("<p>none</p>", encoding="utf-8")
    with pytest.raises(ValueError, match=r'index\.html: no link whose rel is "canonical"'):
        offline.files(tmp_path)


def test_site_stays_as_it_is_and_the_zip_too(site, zipped, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in site.folder.rglob("*")}
    offline.main(site.folder, tmp_path / "again.zip")
    assert {path: path.stat().st_mtime_ns for path in site.folder.rglob("*")} == before
    assert (tmp_path / "again.zip").read_bytes() == zipped.read_bytes()


def test_what_only_a_host_needs_is_left_out(site, folder):
    served = {path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*")}
    packed = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert packed <= served
    assert not packed & {"404.html", "sitemap.xml", "objects.inv", "search/search_index.json"}
    assert [name for name in packed if re.search(r"\.(map|br|gz)$|lunr|bundle", name)] == []
    for name in ("claims.json", "assets/fonts/OFL.txt", "labs/dropout.ipynb"):
        assert name in packed


def test_every_link_leads_to_a_file_and_its_place(folder):
    trees = {path: parse((folder / path).read_text(encoding="utf-8")) for path in pages(folder)}
    ids = {path: {node.get("id") for node in tree.iter()} for path, tree in trees.items()}
    for path, tree in trees.items():
        links = {node.get(name) for node in tree.iter() for name in ("href", "src")} - {None}
        assert links
        for link in links:
            parts = urlsplit(urljoin((folder / path).as_uri(), link))
            if parts.scheme in ("http", "https"):
                assert urlsplit(link).hostname not in ("127.0.0.1", "localhost"), (path, link)
                continue
            file = Path(unquote(parts.path))
            assert file.is_file(), (path, link)
            if file.suffix == ".html" and parts.fragment:
                fragment = unquote(parts.fragment).partition("?")[0]
                assert fragment in ids[file.relative_to(folder).as_posix()], (path, link)


def test_a_notebook_finds_its_wheel_and_its_article_beside_it(folder):
    for path in (folder / "labs").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "127.0.0.1" not in text
        (wheel,) = re.findall(r'CHECKED_WHEEL\\", \\"(.+?)\\"', text)
        assert (path.parent / wheel).is_file()
        for link in re.findall(r"\]\((\.\./[^)#]+)", text):
            assert (path.parent / link).is_file()


# In Chromium


@pytest.mark.browser
def test_every_page_is_quiet(visit, folder):
    page = visit()
    for path in pages(folder):
        page.goto((folder / path).as_uri())
        page.wait_for_function(AWAKE)
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        loaded = "[...document.fonts].filter(({ status }) => status == 'loaded').length"
        assert page.evaluate(f"document.fonts.ready.then(() => {loaded})")
    assert len(page.asked) > 3 * len(pages(folder))


@pytest.mark.browser
@pytest.mark.parametrize("path", ["index.html", "labs/dropout/index.html"])
def test_search_finds_and_leads_there(visit, folder, path):
    found = Search(visit(path)).open().find(PLACE[0])
    found.links.first.click()
    found.page.wait_for_url((folder / PLACE[1].split("#")[0]).as_uri() + "#*")
    expect(found.page.locator("#" + PLACE[1].split("#")[1])).to_be_in_viewport()
    found = Search(found.page).open().find("dropout")
    for href in found.hrefs():
        assert Path(unquote(urlsplit(href).path)).is_file(), href


@pytest.mark.browser
def test_a_foreign_request_is_seen(visit, folder):
    page = visit()
    page.route("https://example.org/**", lambda route: route.abort())
    page.evaluate("fetch('https://example.org/').catch(() => {})")
    page.wait_for_timeout(100)
    assert page.asked.pop() == "https://example.org/"
    assert "ERR_FAILED" in page.noise.pop()


@pytest.mark.browser
def test_figures_tabs_palette_and_copy_work(visit):
    page = visit("dropout/index.html", permissions=["clipboard-read", "clipboard-write"])
    figure = page.locator("figure.drag").first
    before = figure.inner_html()
    figure.locator("input").first.focus()
    page.keyboard.press("End")
    assert figure.inner_html() != before
    expect(page).to_have_url(re.compile(r"#drag_one_input\?drop_rate="))
    page.locator(".tabbed-labels > label", has_text="Keras").first.click()
    page.locator("button.palette").click()
    expect(page.locator("button.palette")).to_have_accessible_name("Color scheme: light")
    button = page.locator("button.copy:visible").first
    button.click()
    expect(button).to_have_text("copied")
    assert "def " in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.browser
def test_readers_walk_from_page_to_page(visit, folder):
    page = visit()
    page.locator(".menu").get_by_role("link", name="Dropout").click()
    page.get_by_role("link", name="lab", exact=False).last.click()
    expect(page).to_have_url(re.compile("labs/dropout/index.html$"))
    page.locator(".take a[download]").first.click()
    page.wait_for_url("**/labs/dropout.ipynb")  # of a file the browser shows the text
    page.go_back()
    page.locator(".brand").click()
    expect(page).to_have_title("Deep Learning, Checked")
    expect(page).to_have_url((folder / "index.html").as_uri())


# In Firefox


@pytest.mark.browser
def test_it_works_in_firefox(folder):
    if FIREFOX is None:
        without("no Firefox: apt-get install firefox-esr")
    tool(MODULES / "puppeteer-core" / "package.json")
    script = ["node", ROOT / "tools/firefox.mjs", FIREFOX]
    command = [*script, (folder / "index.html").as_uri(), PLACE[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    told = json.loads(done.stdout)
    assert told["place"] == (folder / PLACE[1].split("#")[0]).as_uri() + "#relatives"
    assert told["found"] == [told["place"]]
    assert told["fonts"] >= 2
    assert told["moved"]
    assert told["tab"] == "Keras"
    assert told["palette"] == "Color scheme: light"
    assert told["noise"] == []
    asked = [url for url in told["asked"] if not url.startswith(("file:", "data:", "blob:"))]
    assert asked == []
