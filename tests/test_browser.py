"""The built site in Chromium: quiet on the network, readable at every width, with and without
JavaScript, and what can be opened, switched, searched or copied works."""

import os
import re
import subprocess
import sys

import pytest
from built_site import DOCS, address, built, sources
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE, TABLET, DESKTOP = 360, 760, 1280
PAGES = [address(source).removesuffix("index.html") for source in sources()]


def on(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.strip("/") or "start")


every_page, every_page_and_none = on(PAGES), on([*PAGES, "404.html"])


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
    page = visit("", bypass_csp=True)
    page.route("https://example.com/**", lambda route: route.abort())
    page.evaluate("fetch('https://example.com/').catch(() => {})")
    page.wait_for_timeout(100)
    assert foreign(page, site) == ["https://example.com/"]


def test_a_missing_page_leads_back(visit):
    page = visit("no/such/page/")
    expect(page.locator("h1")).to_be_visible()
    page.locator("article a").first.click()
    expect(page).to_have_title("Deep Learning, Checked")
    expect(page.locator("article")).to_have_count(1)


def test_report_links_appear_with_a_repository(visit):
    page = visit("", site=built("https://github.com/example/example"))
    links = [link.get_attribute("href") for link in page.locator(".mend a").all()]
    home = "https://github.com/example/example"
    assert links == [f"{home}/issues/new", f"{home}/edit/main/docs/en/index.md"]


# Shapes


@every_page_and_none
@pytest.mark.parametrize("width", [320, PHONE, TABLET, 1000, 1215, DESKTOP])
def test_nothing_sticks_out_sideways(visit, path, width):
    page = visit(path, width)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for tab in range(3):
        page.evaluate(CHOOSE_TAB, tab)
        total, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert total <= seen
        assert page.evaluate(STICKS_OUT) == []


CHOOSE_TAB = """tab => document.querySelectorAll("article .tabbed-set").forEach(
    set => set.querySelectorAll(":scope > input")[tab]?.click())"""
STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter(node => {
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
    paper: parseInt(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)),
    text: [...document.querySelectorAll("article svg text, article p")].map(
        node => getComputedStyle(node)[node.tagName == "P" ? "color" : "fill"]),
})"""


def test_the_switch_goes_round_and_is_remembered(visit):
    page = visit("dropout/", color_scheme="dark")
    switch = page.locator("button.palette")
    for name, is_dark in [("light", False), ("dark", True), ("system", True), ("light", False)]:
        switch.click()
        expect(switch).to_have_accessible_name(f"Color scheme: {name}")
        assert (page.evaluate(INKS)["paper"] < 60) == is_dark
    page.reload(wait_until="domcontentloaded")
    assert page.evaluate(INKS)["paper"] > 200
    expect(switch).to_have_accessible_name("Color scheme: light")


def test_the_chosen_scheme_is_there_before_the_first_paint(visit):
    page = visit("dropout/", color_scheme="light")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.route("**/site.*.js", lambda route: route.abort())
    page.reload(wait_until="domcontentloaded")
    assert page.evaluate(INKS)["paper"] < 60


def test_a_page_works_when_storage_is_refused(visit):
    page = visit("dropout/")
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw Error('refused'); }})"
    page.context.add_init_script(refuse)
    page.noise.clear()
    page.reload(wait_until="networkidle")
    page.locator("button.palette").click()
    page.locator(".tabbed-labels > label", has_text="Keras").first.click()
    expect(page.locator("button.palette")).to_have_accessible_name("Color scheme: light")
    assert page.noise == []


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


# Claims, tabs, copy, contents


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
        expect(claim.locator(".ran span").first).to_be_visible()
        assert claim.locator(".would-fail").count() >= 1


def chosen_tabs(page):
    return page.evaluate("""() => [...document.querySelectorAll(".tabbed-set > input:checked")]
        .map(input => input.labels[0].textContent)""")


def test_tabs_are_linked_across_the_page_and_remembered(visit):
    page = visit("dropout/")
    before = chosen_tabs(page)
    page.locator(".tabbed-labels > label", has_text="Keras").first.click()
    after = chosen_tabs(page)
    assert before.count("Keras") == 0 < 1 < after.count("Keras")
    page.reload(wait_until="networkidle")
    assert chosen_tabs(page) == after


def test_choosing_a_tab_does_not_move_what_is_read(visit):
    page = visit("dropout/")
    label = page.locator(".tabbed-labels > label", has_text="Keras").last
    label.scroll_into_view_if_needed()
    before = label.bounding_box()["y"]
    label.click()
    assert abs(label.bounding_box()["y"] - before) < 2


def test_tabs_follow_the_arrow_keys(visit):
    page = visit("dropout/")
    page.locator(".tabbed-set > input").first.focus()
    page.keyboard.press("ArrowRight")
    assert chosen_tabs(page)[0] == "PyTorch"
    expect(page.locator(".tabbed-block:visible").first).to_contain_text("torch")


def test_an_address_inside_a_tab_chooses_the_tab(visit):
    page = visit("dropout/")
    page.evaluate("""document.querySelectorAll(".tabbed-block")[2].id = "inside" """)
    page.evaluate("location.hash = 'inside'")
    expect(page.locator("#inside")).to_be_in_viewport()


@every_page
def test_copied_code_runs(visit, path, tmp_path):
    page = visit(path, permissions=["clipboard-write"])
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    copied = set()
    for button in page.locator("button.copy").all():
        button.evaluate(SHOW_TAB)
        button.click()
        expect(button).to_have_text("copied")
        copied.add(pasted(page))
    assert len(copied) == len(set(map(button_code, page.locator("button.copy").all())))
    for code in copied:
        assert "snippets" not in code
        (tmp_path / "copied.py").write_text(code, encoding="utf-8")
        environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": ""}
        command = [sys.executable, "-W", "error", "copied.py"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)


def pasted(page):
    """What the clipboard has: a page may not read it."""
    page.evaluate("document.body.prepend(document.createElement('textarea'))")
    field = page.locator("body > textarea")
    field.press("Control+V")
    text = field.input_value()
    field.evaluate("field => field.remove()")
    return text


SHOW_TAB = """button => {
    const block = button.closest(".tabbed-block");
    const place = block && [...block.parentElement.children].indexOf(block);
    const tabs = block?.closest(".tabbed-set").querySelectorAll(":scope > input");
    if (tabs) tabs[place].checked = true;
}"""


def button_code(button):
    return button.get_attribute("data-code")


def test_contents_show_where_the_reader_is(visit):
    page = visit("dropout/")
    links = page.locator(".contents a")
    assert links.count() > 10
    links.nth(4).click()
    expect(page.locator(".contents [aria-current]")).to_have_text(links.nth(4).inner_text())
    expect(page.locator("article h2").nth(4)).to_be_in_viewport()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_menu_and_contents_lead_on(visit, width):
    page = visit("", width)
    menu = page.locator(".menu")
    if width == PHONE:
        expect(menu.get_by_role("link").first).to_be_hidden()
        menu.locator("summary").click()
    menu.get_by_role("link", name="Dropout").click()
    expect(page).to_have_url(re.compile("/dropout/$"))
    contents = page.locator(".contents")
    if width == PHONE:
        contents.locator("summary").click()
    contents.get_by_role("link").last.click()
    expect(page.locator("article h2").last).to_be_in_viewport()


# Keyboard


@every_page_and_none
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_keyboard_reaches_everything_with_a_visible_focus(visit, path, width):
    page = visit(path, width)
    page.evaluate(OPEN_HALF)
    wanted = page.evaluate(REACHABLE)
    reached = []
    while True:
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None or found["place"] in [each["place"] for each in reached]:
            break
        reached.append(found)
    assert [each["place"] for each in reached] == wanted
    assert [each["html"] for each in reached if not each["seen"]] == []


OPEN_HALF = (
    """document.querySelectorAll("article details").forEach((each, n) => each.open = n % 2)"""
)
# A group of radio buttons is one stop.
REACHABLE = """() => [...document.querySelectorAll("*")].map((node, place) => [node, place])
    .filter(([node]) => node.matches(
        "a[href], button, summary, input:is(:checked, [type=range]), [tabindex='0']")
        && node.checkVisibility({visibilityProperty: true}))
    .map(([, place]) => place)"""
FOCUSED = """() => {
    let node = document.activeElement;
    if (node == document.body) return null;
    const place = [...document.querySelectorAll("*")].indexOf(node);
    if (node.matches(".tabbed-set > input"))
        node = node.labels[0];
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    return {
        place, html: node.outerHTML.slice(0, 80),
        seen: style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 2
            && style.opacity > 0.9 && box.width > 4 && box.left >= 0 && box.right <= innerWidth
            && box.bottom > 0 && box.top < innerHeight,
    };
}"""


def test_the_first_stop_skips_to_the_content(visit):
    page = visit("dropout/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') != null")


# Paper


@every_page
def test_paper_shows_what_is_folded_away(visit, path):
    page = visit(path, color_scheme="dark")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.documentElement).color")
    assert ink == "rgb(29, 33, 37)"
    for selector in (".proven pre", ".exercise > p", ".tabbed-block pre", ".experiment pre"):
        for hidden in page.locator(f"article {selector}").all():
            expect(hidden).to_be_visible()
    for chrome in (".tools", ".menu", ".copy", ".contents"):
        for node in page.locator(chrome).all():
            expect(node).to_be_hidden()


# Without JavaScript


@every_page
def test_page_is_whole_without_javascript(visit, path):
    whole, plain = visit(path), visit(path, java_script_enabled=False)
    assert len(plain.asked) >= 3  # the page and two fonts
    article = plain.locator("article")
    assert words(article) == words(whole.locator("article"))
    for claim in plain.locator("details.claim").all():
        if claim.get_attribute("open") is None:
            claim.locator("summary").click()
        expect(claim.locator(".proven pre").first).to_be_visible()
    for tabs in plain.locator(".tabbed-set").all():
        tabs.locator(".tabbed-labels > label").last.click()
        expect(tabs.locator(".tabbed-block").last).to_be_visible()
        expect(tabs.locator(".tabbed-block").first).to_be_hidden()


def words(article):
    """All but the label of the buttons that copying needs, and what stands for sliders."""
    text = article.inner_text()
    for settings in article.locator(".settings").all():
        text = text.replace(settings.inner_text(), "")
    return [word for word in re.findall(r"\w+", text) if word != "copy"]


def test_every_page_is_visited():
    assert len(PAGES) == len(list(DOCS.rglob("*.md"))) >= 2
