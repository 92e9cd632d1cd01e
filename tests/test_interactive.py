"""What readers drag: the script says what Python says, marks stand where the numbers are."""

import importlib
import itertools
import re
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from built_site import address, sources
from conftest import AWAKE
from playwright.sync_api import expect

from press.draw import MARK, drawings
from press.modules import PACKAGE
from press.pages import scan

pytestmark = pytest.mark.browser

SETTINGS = 50
RELATIVE = 1e-6
HALF_A_PIXEL = 0.5
FIGURES = [
    pytest.param(source, exhibit, id=exhibit.anchor)
    for source in sources()
    for exhibit, _ in scan(source.name, source.read_text(encoding="utf-8"))[0]
    if exhibit.kind == "interactive"
]
every_figure = pytest.mark.parametrize(("source", "exhibit"), FIGURES)

MARKS = f"""figure => [...figure.querySelectorAll("svg[data-marks]")].map(svg =>
    [...svg.querySelectorAll("[{MARK}]")].map(node => [Number(node.getAttribute("{MARK}")),
        node.tagName, node.getAttribute("d") ?? [node.getAttribute("x"), node.getAttribute("y")],
        node.textContent, node.getAttribute("visibility")]))"""
SET = """(figure, settings) => {
    for (const input of figure.querySelectorAll("input")) input.value = settings[input.name];
    figure.querySelector("form").dispatchEvent(new Event("input"));
}"""


class Dragged:
    """An interactive figure in Python, and open in a browser."""

    def __init__(self, runner, visit, source, exhibit, fragment="", **options):
        target = exhibit.targets[0]
        self.anchor, shown = exhibit.anchor, runner.run(target, draw=True)
        module = importlib.import_module(f"{PACKAGE}.{target.partition(':')[0]}")
        self.name, self.sliders = shown["compute"], shown["sliders"]
        self.compute, self.plot = getattr(module, self.name), getattr(module, self.anchor)
        self.path = address(source).removesuffix("index.html")
        self.page = visit(f"{self.path}{fragment}", **options)
        self.figure = self.page.locator("figure.drag", has=self.page.locator(f"#{self.anchor}"))
        self.inputs = self.figure.locator("input")

    def settings(self):
        """Corners of the full range, then random steps within it."""
        ends = itertools.product(*([each["low"], each["high"]] for each in self.sliders))
        names, rng = [each["name"] for each in self.sliders], np.random.default_rng(0)
        found = [dict(zip(names, end)) for end in ends][: SETTINGS // 2]
        while len(found) < SETTINGS:
            found.append({each["name"]: self.step(each, rng) for each in self.sliders})
        return found

    @staticmethod
    def step(slider, rng):
        steps = round((slider["high"] - slider["low"]) / slider["step"])
        return round(slider["low"] + slider["step"] * int(rng.integers(steps + 1)), 10)

    def drawn(self, settings):
        """(mark, tag, points, text) of every mark, by matplotlib."""
        svgs = drawings(self.plot, {self.name: self.compute(**settings)}, prefix=self.anchor)
        return [marks for marks in map(marks_of, svgs) if marks]

    def state(self):
        return [each.input_value() for each in self.inputs.all()]

    def start(self):
        return [f"{each['start']:g}" for each in self.sliders]


@pytest.fixture
def dragged(runner, visit):
    opened = []

    def dragged(*arguments, **options):
        opened.append(Dragged(runner, visit, *arguments, **options))
        return opened[-1]

    yield dragged
    for each in opened:
        assert each.page.noise == []


def marks_of(svg):
    nodes = [node for node in ET.fromstring(svg).iter() if node.get(MARK)]
    return [
        (int(node.get(MARK)), node.tag.rpartition("}")[2], points(node), node.text or "")
        for node in nodes
    ]


def points(node):
    return path_points(node.get("d")) if node.get("d") else [(node.get("x"), node.get("y"))]


def path_points(d):
    """Corners of a path of lines, in steps or places."""
    at, found = np.zeros(2), []
    for command, numbers in re.findall(r"([MmLlHhVv])([^A-Za-z]*)", d):
        places = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if command in "hv":
            places = [(each, 0) if command == "h" else (0, each) for each in places]
        else:
            places = list(zip(places[::2], places[1::2]))
        for place in places:
            at = at + place if command.islower() else np.array(place)
            found.append(at)
    return found


def differences(name, settings, python, script):
    """A line for each number on which the two do not agree."""
    if python.keys() != script.keys():
        yield f"{name}: {sorted(python)} in Python, {sorted(script)} in the script"
        return
    for key, value in python.items():
        right, said = np.ravel(np.array(value, float)), np.ravel(np.array(script[key], float))
        same = right.shape == said.shape and np.allclose(
            said, right, rtol=RELATIVE, atol=1e-12, equal_nan=True
        )
        if not same:
            yield f"{name} at {settings}: {key} is {right} in Python, {said} in the script"


def nothing(found):
    if found := list(found):
        pytest.fail("\n".join(found[:10]), pytrace=False)


@every_figure
def test_the_script_says_what_python_says(dragged, source, exhibit):
    shown = dragged(source, exhibit)
    settings = shown.settings()
    said = shown.page.evaluate(
        "([name, all]) => all.map(each => formulas[name](each))", [shown.name, settings]
    )
    nothing(
        line
        for each, script in zip(settings, said, strict=True)
        for line in differences(shown.name, each, shown.compute(**each), script)
    )


def test_a_wrong_formula_is_told():
    (line,) = differences("f", {"a": 1}, {"b": [1, 2], "c": 1}, {"b": [1, 2.1], "c": 1})
    assert line == "f at {'a': 1}: b is [1. 2.] in Python, [1.  2.1] in the script"
    assert list(differences("f", {}, {"b": np.nan}, {"b": float("nan")})) == []
    assert list(differences("f", {}, {"b": 1}, {}))


@every_figure
def test_marks_stand_where_the_numbers_say(dragged, source, exhibit):
    shown = dragged(source, exhibit)
    faults = []
    for settings in shown.settings():
        shown.figure.evaluate(SET, settings)
        for right, said in zip(shown.drawn(settings), shown.figure.evaluate(MARKS), strict=True):
            faults += misplaced(settings, right, said)
    nothing(f"{shown.anchor} at {fault}" for fault in faults)


def misplaced(settings, right, said):
    seen = [mark for mark in said if mark[4] != "hidden"]
    if [mark[:2] for mark in right] != [tuple(mark[:2]) for mark in seen]:
        yield f"{settings}: {[mark[:2] for mark in right]}, not {[mark[:2] for mark in seen]}"
        return
    for (mark, tag, places, text), (_, _, where, words, _) in zip(right, seen):
        there = path_points(where) if tag == "path" else [where]
        one, other = np.array(places, float), np.array(there, float)
        if one.shape != other.shape or np.abs(one - other).max(initial=0) > HALF_A_PIXEL:
            yield f"{settings}: mark {mark} at {one.tolist()}, not {other.tolist()}"
        elif tag == "text" and text != words:
            yield f"{settings}: {text!r}, not {words!r}"


def test_a_misplaced_mark_is_told():
    right = [(0, "path", [(1.0, 2.0), (3.0, 4.0)], ""), (1, "text", [(1, 1)], "a 1.0")]
    said = [[0, "path", "M1,2L3,4.4", "", None], [1, "text", ["1", "1"], "a 1.0", None]]
    assert list(misplaced({}, right, said)) == []
    said[0][2], said[1][3] = "M1,2L3,4.6", "a 1.1"
    assert len(list(misplaced({}, right, said))) == 2
    assert len(list(misplaced({}, right, said[:1]))) == 1


# Keys, thumbs, addresses


@every_figure
def test_keys_move_it(dragged, source, exhibit):
    shown = dragged(source, exhibit)
    for slider, field in zip(shown.sliders, shown.inputs.all(), strict=True):
        before = shown.figure.evaluate(MARKS)
        field.focus()
        shown.page.keyboard.press("End")
        assert float(field.input_value()) == pytest.approx(slider["high"])
        shown.page.keyboard.press("ArrowLeft")
        value = float(field.input_value())
        assert value == pytest.approx(slider["high"] - slider["step"])
        assert shown.figure.evaluate(MARKS) != before
        said = field.get_attribute("aria-valuetext")
        assert field.locator("xpath=preceding-sibling::output").text_content() == said
        assert f"{value:.4g}".replace("-", "−") in said
        row = shown.figure.locator(f'tr[data-name="{slider["name"]}"] td').first
        assert row.text_content() == f"{value:.4g}".replace("-", "−")
        said = f"{slider['name']}={field.input_value()}"
        expect(shown.page).to_have_url(re.compile(rf"[?&]{re.escape(said)}"))
    shown.figure.get_by_role("button", name="Reset").click()
    expect(shown.inputs.first).to_have_value(shown.start()[0])
    assert shown.state() == shown.start()
    expect(shown.page).to_have_url(re.compile(f"#{shown.anchor}$"))


@every_figure
def test_a_thumb_moves_it(dragged, source, exhibit):
    shown = dragged(source, exhibit, width=360, has_touch=True)
    for field in shown.inputs.all():
        field.scroll_into_view_if_needed()
        box, before = field.bounding_box(), field.input_value()
        at = 0.9 if float(before) < float(field.get_attribute("max")) * 0.8 else 0.1
        shown.page.touchscreen.tap(box["x"] + at * box["width"], box["y"] + box["height"] / 2)
        assert field.input_value() != before
    heights = shown.figure.locator("input, button").evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


@every_figure
def test_an_address_sets_it(dragged, source, exhibit):
    ends = {}
    start = dragged(source, exhibit)
    for each in start.sliders:
        ends[each["name"]] = f"{each['low']:g}"
    shared = dragged(source, exhibit, f"#{exhibit.anchor}?{urlencode(ends)}")
    assert shared.state() == [*ends.values()]
    start.page.evaluate("hash => location.hash = hash", f"{exhibit.anchor}?{urlencode(ends)}")
    expect(start.inputs.first).to_have_value(next(iter(ends.values())))
    assert shared.figure.evaluate(MARKS) == start.figure.evaluate(MARKS)


@every_figure
@pytest.mark.parametrize("value", ["abc", "", "1e999", "-1e9", "NaN", "0x10000", "%00", "%"])
def test_nonsense_in_an_address_is_left_out(dragged, source, exhibit, value):
    names = [each["name"] for each in scanned_sliders(exhibit)]
    fragment = f"#{exhibit.anchor}?{names[0]}={value}&nothing=1"
    shown = dragged(source, exhibit, fragment)
    assert shown.state() == shown.start()


def scanned_sliders(exhibit):
    from conftest import RUNNER

    return RUNNER.run(exhibit.targets[0], draw=True)["sliders"]


@every_figure
def test_it_stands_as_it_was_after_going_back(dragged, source, exhibit):
    shown = dragged(source, exhibit)
    shown.inputs.first.focus()
    shown.page.keyboard.press("Home")
    state, marks = shown.state(), shown.figure.evaluate(MARKS)
    shown.page.goto(shown.page.url.partition("#")[0].removesuffix(shown.path))
    shown.page.go_back()
    shown.page.wait_for_function(AWAKE)
    expect(shown.inputs.first).to_have_value(state[0])
    assert shown.state() == state
    assert shown.figure.evaluate(MARKS) == marks


@every_figure
def test_without_script_there_is_a_table(dragged, source, exhibit):
    shown = dragged(source, exhibit, java_script_enabled=False)
    expect(shown.figure.locator("form")).to_be_hidden()
    expect(shown.figure.locator("svg:visible")).to_have_count(1)
    columns = shown.figure.locator("tr").first.locator("td:visible")
    expect(columns).to_have_count(1 + 2 * len(shown.sliders))


@every_figure
def test_nothing_is_animated(dragged, source, exhibit):
    shown = dragged(source, exhibit, reduced_motion="reduce")
    shown.inputs.first.focus()
    shown.page.keyboard.press("End")
    assert shown.page.evaluate("document.getAnimations().length") == 0


def test_its_scripts_come_only_where_it_is_used(visit, site):
    for path, tree in site.pages.items():
        used = any(node.get("class") == "drag" for node in tree.iter("figure"))
        asked = visit(path.removesuffix("index.html")).asked
        assert any("/drag." in url or "/interactive/" in url for url in asked) == used
