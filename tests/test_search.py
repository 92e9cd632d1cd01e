"""The search: loaded when first used, answered by the theme's worker, for key, ear and thumb."""

import re
from pathlib import Path

import material
import pytest
from built_site import ROOT
from conftest import AWAKE, PATIENCE
from playwright.sync_api import expect
from queries import QUERIES

pytestmark = pytest.mark.browser

PHONE = 360
RARE, PLACE = "uncorrelated", "dropout/#relatives"  # a word of one section only
WORKERS = "assets/javascripts/workers"
INDEX, WORKER = "**/search_index.json", "**/workers/*.js"

HOLD = """() => {  // answers wait for release(), and all that is sent is written down
    const answers = [];
    window.sent = [];
    window.release = async () => {
        while (!answers.length) await new Promise(resolve => setTimeout(resolve, 10));
        answers.shift()();
    };
    window.Worker = class extends Worker {
        postMessage(message) { sent.push(message.data); super.postMessage(message); }
        set onmessage(hear) {
            super.onmessage = event => event.data.type == 1
                ? hear(event) : answers.push(() => hear(event));
        }
    };
}"""
ANSWER = """async ([words, base]) => {  // what the worker says, asked without the page's script
    const { worker } = document.querySelector("button.search").dataset;
    const lunr = new Worker(worker);
    const told = message => new Promise(resolve => {
        lunr.onmessage = ({ data }) => resolve(data.data);
        lunr.postMessage(message);
    });
    const index = await (await fetch(`${base}search/search_index.json`)).json();
    await told({ type: 0, data: { ...index, options: { suggest: false } } });
    const { items } = await told({ type: 2, data: words });
    return items.flat().filter(({ score }) => score).map(({ location }) => base + location);
}"""


class Search:
    """What a reader has in hand when the search is open."""

    def __init__(self, page):
        self.page = page
        self.dialog = page.get_by_role("dialog", name="Search")
        self.field = self.dialog.get_by_role("searchbox", name="Search the articles")
        self.status = self.dialog.get_by_role("status")
        self.links = self.dialog.locator("li a")

    def open(self):
        self.page.keyboard.press("/")
        expect(self.dialog).to_be_visible()
        expect(self.field).to_be_focused()
        return self

    def find(self, words):
        """Enter the words at once and wait until something is said of them."""
        self.field.fill("")
        expect(self.status).to_be_empty()
        self.field.fill(words)
        expect(self.status).to_have_text(re.compile(r"^(\d+ results?|Nothing found .*)$"))
        return self

    def close(self):
        self.page.keyboard.press("Escape")
        expect(self.dialog).to_be_hidden()

    def hrefs(self):
        return self.links.evaluate_all("links => links.map(link => link.href)")


@pytest.fixture
def search(visit):
    """The search, opened on a page whose console must stay silent."""
    opened = []

    def search(words="", path="dropout/", **options):
        opened.append(Search(visit(path, **options)).open())
        return opened[-1].find(words) if words else opened[-1]

    yield search
    for each in opened:
        assert each.page.noise == []


@pytest.fixture(scope="module")
def finder(browser, site):
    """The search, opened once for many queries."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(site.url)
    page.wait_for_function(AWAKE)
    yield Search(page).open()
    context.close()


@pytest.fixture
def closed(visit):
    """The same, not yet opened, of a page whose requests may go wrong."""
    return lambda **options: Search(visit("dropout/", **options))


def serve(page, *docs):
    """Let the index hold nothing but these: location, title and text."""
    fields = {"title": {"boost": 1000}, "text": {}}
    config = {"lang": ["en"], "separator": r"\s+", "pipeline": [], "fields": fields}
    docs = [dict(zip(("location", "title", "text"), each)) for each in docs]
    page.route(INDEX, lambda route: route.fulfill(json={"config": config, "docs": docs}))


# The theme's worker


def test_the_worker_is_the_one_that_the_theme_ships():
    folder = Path(material.__file__).parent / "templates" / WORKERS
    shipped = [path.name for path in folder.glob("*.js")]
    named = [
        (path.relative_to(ROOT), name)
        for path in (ROOT / "theme").rglob("*.html")
        for name in re.findall(rf"{WORKERS}/([\w.]+)", path.read_text(encoding="utf-8"))
    ]
    assert named
    for path, name in named:
        assert name in shipped, f"the theme now ships {shipped}: name it in {path}, data-worker"


def unhashed(path):
    return re.sub(r"\.[0-9a-f]{8}\.", ".", path)


def test_nothing_of_it_is_asked_for_before_it_is_used(visit, site):
    page = visit("dropout/")
    assert [url for url in page.asked if "search" in url] == []
    found = Search(page).open().find("inverted")
    asked = [url.removeprefix(site.url) for url in page.asked if "search" in url]
    worker = page.locator("button.search").get_attribute("data-worker").removeprefix("../")
    needed = ["assets/search.css", "assets/search.js", "search/search_index.json", worker]
    assert sorted(map(unhashed, asked)) == sorted(map(unhashed, needed))
    found.close()
    found.open().find(RARE)
    assert [url for url in page.asked if "search" in url][4:] == []


@pytest.mark.parametrize("path", ["", "dropout/"])
def test_order_and_number_are_the_workers(search, site, path):
    found = search(path=path)
    for words in ("dropout", "monte carlo", "inverted", "rate 1", '"batch normalization"', "a"):
        expected = found.page.evaluate(ANSWER, [words, site.url])
        assert found.find(words).hrefs() == expected
        number = f"{len(expected)} result{'s' * (len(expected) > 1)}"
        expect(found.status).to_have_text(number)


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("inverted", "two-ways-to-keep-the-books"),
        ("invert", "two-ways-to-keep-the-books"),
        ("Bernoulli", "two-ways-to-keep-the-books"),
        ("monte carlo", "keep-it-on-at-test-monte-carlo-dropout"),
        ("model.eval", "in-a-real-project"),
        ("rate 1", "the-masks-edge-rate-1-and-the-way-back"),
    ],
)
def test_words_lead_to_their_section(search, site, words, section):
    found = search(words, path="")
    assert f"{site.url}dropout/#{section}" in found.hrefs()
    found.dialog.locator("details").evaluate_all("folds => folds.forEach(fold => fold.open = true)")
    found.dialog.locator(f'a[href$="#{section}"]').click()
    found.page.wait_for_url(f"{site.url}dropout/#{section}")
    expect(found.page.locator(f"#{section}")).to_be_in_viewport()


@pytest.mark.parametrize(("words", "place"), QUERIES.items())
def test_what_readers_type_leads_to_its_section(finder, site, words, place):
    assert site.url + place in finder.find(words).hrefs()[:3]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("what is the manifold", "manifold"),
        ("MANIFLOD", "manifold"),
        ("dropout -rate", "dropout rate"),
        ("+dropout ~rate* title:", "dropout rate title"),
        ("dropout^2", "dropout 2"),
        ('the "manifold', "manifold"),
    ],
)
def test_no_word_and_no_sign_stands_in_the_way(finder, typed, words):
    wanted = finder.find(words).hrefs()
    assert len(wanted) > 3
    assert finder.find(typed).hrefs() == wanted


def test_one_query_at_a_time_and_the_latest_wins(closed):
    found = closed()
    found.page.evaluate(HOLD)
    found.open()
    found.page.keyboard.type("m")
    found.page.wait_for_function("sent.length == 2")
    found.page.keyboard.type("onte carlo")
    assert found.page.evaluate("sent.slice(1)") == ["m"]
    found.page.evaluate("release()")
    found.page.wait_for_function("sent.length == 3")
    assert found.page.evaluate("sent.slice(1)") == ["m", "monte carlo"]
    assert found.links.count() == 0  # nobody asks about m any more
    found.page.wait_for_function("release(), document.querySelector('.finder li a')")
    expect(found.links.first.locator("mark").first).to_have_text("Monte")


# Opening and closing


@pytest.mark.parametrize("path", ["", "dropout/", "no/such/page/"])
def test_opens_by_its_button(visit, path):
    found = Search(visit(path))
    button = found.page.get_by_role("button", name="Search")
    button.click()
    expect(found.field).to_be_focused()
    found.find("inverted")
    found.close()
    expect(button).to_be_focused()


def test_a_slash_typed_in_it_is_a_slash(search):
    found = search()
    found.page.keyboard.type("1/2")
    expect(found.field).to_have_value("1/2")


def test_a_key_after_escape_is_the_pages(search):
    found = search()
    inside = found.dialog.evaluate(
        """dialog => {  // within one frame
            const key = new KeyboardEvent("keydown", {key: "Escape", bubbles: true});
            document.activeElement.dispatchEvent(key);
            return dialog.contains(document.activeElement);
        }"""
    )
    assert not inside
    found.open()


@pytest.mark.parametrize("way", ["Escape", "Close", "backdrop"])
def test_closes_and_gives_the_focus_back(closed, way):
    found = closed()
    link = found.page.locator("article a").first
    link.focus()
    found.open().find("inverted")
    if way == "Escape":
        found.page.keyboard.press("Escape")
    elif way == "Close":
        found.dialog.get_by_role("button", name="Close").click()
    else:
        found.page.mouse.click(100, 700)
    expect(found.dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_stays_open_when_a_selection_ends_outside(search):
    found = search("inverted")
    box = found.field.bounding_box()
    found.page.mouse.move(box["x"] + 60, box["y"] + 30)
    found.page.mouse.down()
    found.page.mouse.move(20, 30)
    found.page.mouse.up()
    expect(found.dialog).to_be_visible()


def test_the_words_are_there_and_selected_when_it_opens_again(search):
    found = search("inverted")
    count = found.links.count()
    found.close()
    found.open()
    expect(found.links).to_have_count(count)
    found.page.keyboard.type(RARE)
    expect(found.field).to_have_value(RARE)
    expect(found.status).to_have_text("1 result")


def test_the_page_behind_stays(search):
    found = search("inverted")
    found.page.mouse.move(100, 700)
    found.page.mouse.wheel(0, 600)
    found.page.mouse.move(640, 500)
    found.page.mouse.wheel(0, 9000)
    found.page.wait_for_function("document.querySelector('.finder > ul').scrollTop > 0")
    assert found.page.evaluate("scrollY") == 0


# Reading


def test_what_was_found_is_marked_and_surrounded(search):
    found = search()
    for words in ("invert", "monte carlo"):
        found.find(words)
        for link in found.links.all():
            marks = link.locator("mark").all_text_contents()
            assert marks
            assert all(re.search("|".join(words.split()), mark, re.IGNORECASE) for mark in marks)
            assert 20 < len(link.locator("span").text_content()) < 260
            assert link.locator("b").text_content()


def test_an_excerpt_shows_as_many_of_the_words_as_stand_together(closed):
    found = closed()
    serve(found.page, ("", "Greek", f"<p>alpha {'and so on ' * 50} alpha beta.</p>"))
    found.open().find("alpha beta")
    expect(found.links.first.locator("mark")).to_have_text(["alpha", "beta."])


def test_the_title_of_the_page_stands_above_its_sections(closed):
    found = closed()
    page, section = ("", "Greek letters", "<p>alpha</p>"), ("#two", "alpha", "<p>alpha</p>")
    serve(found.page, page, section)
    for words, titles, heading in (
        ("alpha", ["alpha", "Greek letters"], "p"),  # the section fits better than the page
        ("letters", ["Greek letters"], "a > b"),
    ):
        found.open().find(words)
        expect(found.links.locator("b")).to_have_text(titles)
        title = found.dialog.locator(f":scope > ul > li > {heading}")
        expect(title).to_have_text("Greek letters")
        found.close()


def test_words_that_a_result_lacks_are_named(search):
    found = search(f"{RARE} xyzzy")
    expect(found.links).to_have_count(1)
    expect(found.links.first).to_contain_text("without xyzzy")
    found.page.keyboard.press("End")
    for _ in " xyzzy":
        found.page.keyboard.press("Backspace")
    expect(found.links.first).not_to_contain_text("without")


def test_many_results_of_one_page_are_folded(search):
    found = search("dropout")
    more = found.dialog.locator("summary").first
    expect(more).to_have_text(re.compile(r"^\d+ more on this page$"))
    last = found.dialog.locator("details").first.locator("a").last
    expect(last).to_be_hidden()
    more.click()
    expect(last).to_be_visible()


def test_nothing_found_is_said(search):
    found = search("xyzzy")
    expect(found.status).to_have_text("Nothing found for “xyzzy”")
    expect(found.links).to_have_count(0)
    found.field.fill("  ")
    expect(found.status).to_be_empty()


def test_markup_is_text(search):
    words = "<img src=x onerror=alert(1)>"
    found = search(words)
    expect(found.status).to_have_text(re.compile(r"results?$|<img src=x onerror=alert\(1\)>"))
    assert found.dialog.locator("img, script").count() == 0


def test_a_hostile_index_gives_text_alone(closed):
    found = closed(bypass_csp=True)  # the script alone sees to it
    evil = "<img src=x onerror='document.title = 1'><script>document.title = 2</script>"
    serve(found.page, ("", f"Poison &lt;b&gt; {evil}", f"<p>Poison &lt;i&gt; {evil}</p>"))
    found.open().find("poison")
    expect(found.links.first.locator("b")).to_contain_text("<b>")
    expect(found.links.first.locator("span")).to_contain_text("<i>")
    assert found.dialog.locator("img, script").count() == 0
    assert found.page.title() not in ("1", "2")
    assert found.page.noise == []


# Keys


def test_arrows_walk_through_what_is_seen(search):
    found = search("dropout")
    press, links = found.page.keyboard.press, found.links
    press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    press("ArrowUp")
    press("ArrowUp")
    expect(found.field).to_be_focused()
    press("ArrowDown")
    press("End")
    expect(links.last).to_be_focused()
    press("ArrowDown")
    expect(links.last).to_be_focused()
    press("Home")
    expect(links.first).to_be_focused()
    for _ in range(5):
        press("ArrowDown")
    expect(found.dialog.locator("summary").first).to_be_focused()
    press("ArrowDown")
    expect(found.dialog.locator(":scope > ul > li:nth-child(2) a").first).to_be_focused()
    press("ArrowUp")
    press("Enter")
    press("ArrowDown")
    expect(found.dialog.locator("details a").first).to_be_focused()


def test_arrows_and_enter_lead_to_the_section(search):
    found = search("inverted", path="")
    href = next(href for href in found.hrefs() if "#" in href)
    for _ in range(found.hrefs().index(href) + 1):
        found.page.keyboard.press("ArrowDown")
    found.page.keyboard.press("Enter")
    found.page.wait_for_url(href)


def test_the_focus_stays_in_a_list_that_changes(closed):
    found = closed()
    found.page.evaluate(HOLD)
    found.open()
    for words in ("invert", RARE):
        found.field.fill(words)
        if words == RARE:
            found.page.keyboard.press("ArrowDown")
            expect(found.links.first).to_be_focused()
        found.page.wait_for_function("words => sent.at(-1) == words", arg=words)
        found.page.evaluate("release()")
        expect(found.status).to_have_text(re.compile("result"))
    expect(found.status).to_have_text("1 result")
    expect(found.links.first).to_be_focused()


def test_home_and_end_move_the_caret_in_the_field(search):
    found = search(f"w{RARE[1:]}")
    found.page.keyboard.press("Home")
    found.page.keyboard.press("Delete")
    found.page.keyboard.type(RARE[0])
    expect(found.status).to_have_text("1 result")
    expect(found.field).to_have_value(RARE)


@pytest.mark.parametrize(("key", "value"), [("x", "invertedx"), ("/", "inverted")])
def test_typing_on_a_result_goes_to_the_field(search, key, value):
    found = search("inverted")
    found.page.keyboard.press("ArrowDown")
    found.page.keyboard.press(key)
    expect(found.field).to_be_focused()
    expect(found.field).to_have_value(value)


def test_enter_follows_the_first_result(search):
    found = search("monte carlo", path="")
    href = found.hrefs()[0]
    found.page.keyboard.press("Enter")
    found.page.wait_for_url(href)


def test_enter_before_the_index_has_come_waits_for_it(closed, site):
    found, waiting = closed(), []
    found.page.route(INDEX, lambda route: waiting.append(route))
    found.open()
    expect(found.status).to_have_text("Loading the index …")
    found.page.keyboard.type("rate 1")
    found.page.keyboard.press("Enter")
    waiting[0].continue_()
    found.page.wait_for_url(f"{site.url}dropout/#the-masks-edge-rate-1-and-the-way-back")


def test_a_result_on_the_same_page_closes_it_and_goes_there(search, site):
    found = search(RARE)
    found.links.first.click()
    expect(found.dialog).to_be_hidden()
    section = found.page.locator(f"#{PLACE.split('#')[1]}")
    expect(section).to_be_in_viewport()
    expect(found.page).to_have_url(site.url + PLACE)
    found.page.keyboard.press("Tab")
    assert section.evaluate(
        "node => node.contains(document.activeElement) || Boolean("
        "node.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )


# When it cannot be loaded


@pytest.mark.parametrize("broken", [INDEX, WORKER])
def test_what_cannot_be_loaded_is_said_and_can_be_tried_again(closed, broken):
    found = closed()
    found.page.route(broken, lambda route: route.abort())
    found.open()
    said = "The search index cannot be loaded. Try again, or see all articles."
    expect(found.status).to_have_text(said)
    found.page.keyboard.type("inverted")
    expect(found.status).to_have_text(said)
    found.close()
    found.page.unroute(broken)
    found.open()
    expect(found.status).to_have_text(re.compile("results$"))


def test_it_can_be_tried_again_at_once(closed, site):
    found = closed()
    found.page.route(INDEX, lambda route: route.fulfill(status=404, body="<!doctype html>"))
    found.open()
    assert found.status.get_by_role("link").evaluate("link => link.href") == site.url
    found.page.unroute(INDEX)
    found.page.keyboard.type("inverted")
    found.status.get_by_role("button", name="Try again").click()
    expect(found.status).to_have_text(re.compile("results$"))


# Shapes


@pytest.mark.parametrize("width", [320, PHONE, 760, 1280])
def test_it_fits_the_window(search, width):
    found = search(width=width)
    for words in ("dropout", "nn.Dropout", "torch_predict", "x" * 80):
        found.find(words)
        box = found.dialog.bounding_box()
        assert box["x"] >= 0
        assert box["width"] <= (width if width <= 760 else 704)
        assert found.dialog.evaluate(STICKS_OUT) == []


def test_targets_on_a_phone_fit_a_thumb(search):
    found = search("dropout", width=PHONE, has_touch=True)
    found.dialog.locator("summary").first.tap()
    heights = found.dialog.locator("a, button, input, summary").evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


@pytest.mark.parametrize(
    ("scheme", "words"), [("light", "dropout"), ("dark", RARE), ("light", "xyzzy")]
)
def test_axe_finds_nothing(search, axe, scheme, words):
    found = search(words, color_scheme=scheme)
    found.page.evaluate(axe)
    told = found.page.evaluate("axe.run('.finder')")
    assert told["passes"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in told["violations"]] == []


def test_what_has_the_focus_is_seen(search):
    found = search("inverted")
    form = found.dialog.locator("form")
    inside = form.evaluate(LINE)
    found.page.keyboard.press("ArrowDown")
    assert found.links.first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert form.evaluate(LINE) != inside


STICKS_OUT = """dialog => [dialog, ...dialog.querySelectorAll("ul, p, a")].filter(
    node => node.scrollWidth > node.clientWidth).map(node => node.outerHTML.slice(0, 80))"""
LINE = "form => getComputedStyle(form).borderBottomColor"
