"""The built site in Chromium: quiet on the network, readable at every width, with and without
JavaScript, and what can be opened, switched, searched or copied works."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from built_site import DOCS, address, built, sources
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROME = os.environ.get("CHROME") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, TABLET, DESKTOP = 360, 760, 1280
PAGES = [address(source).removesuffix("index.html") for source in sources()]

every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.strip("/") or "start")


@pytest.fixture(scope="session")
def browser():
    if CHROME is None:
        why = "no Chromium: apt-get install chromium, or set CHROME to a browser's path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROME, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site():
    return built()


@pytest.fixture
def visit(browser, site):
    """Open a page of the site in a profile of its own."""
    contexts = []

    def visit(path, width=DESKTOP, site=site, **options):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, base_url=site.url, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(5000)
        page.noise = []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(site.url + path, wait_until="networkidle")
        return page

    yield visit
    for context in contexts:
        context.close()


def foreign(page, site):
    return [url for url in page.asked if not url.startswith((site.url, "data:", "blob:"))]


# Quiet


@every_page
@pytest.mark.parametrize("repo_url", ["", "https://github.com/example/example"])
def test_nothing_is_asked_of_another_host(visit, path, repo_url):
    site = built(repo_url)
    page = visit(path, site=site)
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(300)
    assert len(page.asked) > 3
    assert foreign(page, site) == []
    assert page.noise == []


def test_a_foreign_request_is_seen(visit, site):
    page = visit("")
    page.route("https://example.com/**", lambda route: route.abort())
    page.evaluate("fetch('https://example.com/').catch(() => {})")
    page.wait_for_timeout(100)
    assert foreign(page, site) == ["https://example.com/"]


def test_a_missing_page_leads_back(visit):
    page = visit("no/such/page/")
    expect(page.locator("h1")).to_be_visible()
    page.locator("article a").first.click()
    expect(page).to_have_title(re.compile("Deep Learning, Checked"))
    assert page.locator("article").count() == 1


def test_report_links_appear_with_a_repository(visit):
    page = visit("", site=built("https://github.com/example/example"))
    links = [link.get_attribute("href") for link in page.locator(".mend a").all()]
    home = "https://github.com/example/example"
    assert links == [f"{home}/issues/new", f"{home}/edit/main/docs/en/index.md"]
    assert page.locator('a[data-md-component="source"]').count() == 0


# Shapes


@every_page
@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_nothing_sticks_out_sideways(visit, path, width):
    page = visit(path, width)
    page.evaluate("document.querySelectorAll('article details').forEach(each => each.open = true)")
    for tab in range(3):
        page.evaluate(CHOOSE_TAB, tab)
        total, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert total <= seen
        assert page.evaluate(STICKS_OUT) == []


CHOOSE_TAB = """tab => document.querySelectorAll("article .tabbed-set").forEach(
    set => set.querySelectorAll(":scope > input")[tab]?.click())"""
STICKS_OUT = """() => [...document.querySelectorAll("article *")].filter(node => {
    const box = node.getBoundingClientRect();
    for (let up = node.parentElement; up; up = up.parentElement)  // may be cut off or scroll
        if (getComputedStyle(up).overflowX != "visible") return false;
    return box.width > 1 && box.right > innerWidth + 1;
}).map(node => node.outerHTML.slice(0, 80))"""


@every_page
@pytest.mark.parametrize(("width", "shown"), [(PHONE, "narrow"), (DESKTOP, "wide")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_figure_shows_one_drawing(visit, path, width, shown, scheme):
    page = visit(path, width, color_scheme=scheme)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("article .drawing")].map(drawing =>
            [...drawing.querySelectorAll("svg")].map(svg => [
                svg.classList[0], svg.getBoundingClientRect().width,
                svg.getBoundingClientRect().height]))"""
    )
    for drawings in sizes:
        ((name, wide, high),) = [drawing for drawing in drawings if drawing[1]]
        assert name == shown
        assert min(wide, high) > 100


@every_page
def test_labels_of_figures_are_readable_on_a_phone(visit, path):
    page = visit(path, PHONE)
    heights = page.evaluate(
        """() => [...document.querySelectorAll("svg.narrow text")].map(text =>
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d)"""
    )
    assert all(height >= 12 for height in heights)


@every_page
def test_ink_follows_the_scheme(visit, path):
    inks = []
    for scheme in ("light", "dark"):
        page = visit(path, color_scheme=scheme)
        inks.append(page.evaluate(INKS))
    light, dark = inks
    assert light["paper"] > 200 > 60 > dark["paper"]
    assert len(light["text"]) == len(dark["text"])
    assert all(a != b for a, b in zip(light["text"], dark["text"]))


INKS = """() => ({
    paper: parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)),
    text: [...document.querySelectorAll("article svg text, article p")].map(
        node => getComputedStyle(node)[node.tagName == "P" ? "color" : "fill"]),
})"""


def test_the_switch_changes_the_scheme_and_is_remembered(visit):
    page = visit("dropout/", color_scheme="light")
    before = page.evaluate(INKS)["paper"]
    page.locator("label[for^=__palette]:visible").click()
    page.wait_for_timeout(300)
    assert page.evaluate(INKS)["paper"] < 60 < before
    page.reload(wait_until="networkidle")
    assert page.evaluate(INKS)["paper"] < 60


@every_page
def test_formulas_are_mathml_with_a_size(visit, path):
    page = visit(path)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("article math")]
            .filter(math => !math.closest("details:not([open]), .tabbed-block:not(:first-child)"))
            .map(math => [math.namespaceURI, math.getBoundingClientRect().width,
                          math.getBoundingClientRect().height])"""
    )
    assert all(space.endswith("MathML") and min(size) > 2 for space, *size in boxes)
    if path == "dropout/":
        assert len(boxes) > 10


# Claims, tabs, search, copy


def test_claims_open_by_click_by_key_and_by_address(visit):
    page = visit("dropout/")
    first, second, third = (page.locator("details.claim").nth(n) for n in range(3))
    proof = first.locator(".proven pre").first
    expect(proof).to_be_hidden()
    first.locator("summary").click()
    expect(proof).to_be_visible()
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(second.locator(".proven pre").first).to_be_visible()
    name = third.locator("[id]").first.get_attribute("id")
    fresh = visit(f"dropout/#{name}")
    expect(fresh.locator("details.claim").nth(2).locator(".proven pre").first).to_be_visible()
    expect(fresh.locator("details.claim").nth(2)).to_be_in_viewport()
    expect(fresh.locator("details.claim").nth(0).locator(".proven pre").first).to_be_hidden()


def test_every_claim_tells_its_value_and_what_would_break_it(visit):
    page = visit("dropout/")
    claims = page.locator("details.claim")
    assert claims.count() > 5
    for claim in claims.all():
        claim.locator("summary").click()
        expect(claim.locator(".ran code").first).to_be_visible()
        assert claim.locator(".would-fail").count() >= 1


def test_tabs_are_linked_across_the_page(visit):
    page = visit("dropout/")
    sets = page.locator(".tabbed-set", has=page.get_by_text("Keras", exact=True))
    assert sets.count() >= 1
    sets.first.locator(".tabbed-labels > label", has_text="Keras").click()
    page.wait_for_timeout(300)
    for tabs in sets.all():
        chosen = tabs.locator("> input:checked").get_attribute("id")
        assert tabs.locator(f'label[for="{chosen}"]').inner_text() == "Keras"


@pytest.mark.parametrize("words", ["inverted", "Bernoulli"])
def test_search_leads_to_the_page(visit, words):
    page = visit("")
    page.locator("input[name=query]").click()
    page.keyboard.type(words)
    result = page.locator(".md-search-result__link").first
    expect(result).to_have_attribute("href", re.compile("/dropout/"))
    result.click()
    expect(page).to_have_url(re.compile("/dropout/"))


def test_copied_code_runs(visit, tmp_path):
    permissions = ["clipboard-read", "clipboard-write"]
    page = visit("dropout/", permissions=permissions)
    buttons = page.locator(".snippet button.copy")
    assert buttons.count() > 3
    first = next(button for button in buttons.all() if button.is_visible())
    first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == first.get_attribute("data-clipboard-text")
    for button in buttons.all():
        code = button.get_attribute("data-clipboard-text")
        assert "snippets" not in code
        (tmp_path / "copied.py").write_text(code, encoding="utf-8")
        environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": ""}
        command = [sys.executable, "-W", "error", "copied.py"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)


# Without JavaScript


@every_page
def test_page_is_whole_without_javascript(visit, path):
    whole, plain = visit(path), visit(path, java_script_enabled=False)
    assert len(plain.asked) > 3
    article = plain.locator("article")
    assert words(article) == words(whole.locator("article"))
    for claim in plain.locator("details.claim").all():
        claim.locator("summary").click()
        expect(claim.locator(".proven pre").first).to_be_visible()


def words(article):
    return re.findall(r"\w+", article.inner_text())


def test_every_page_is_visited():
    assert len(PAGES) == len(list(DOCS.rglob("*.md"))) >= 2
