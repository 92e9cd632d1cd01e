"""Every page of the built site against the limits: markup, accessibility, contrast, weight, and
nothing that moves while it loads. The pages are those that were built, listed nowhere."""

import collections
import gzip
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from urllib.parse import unquote, urldefrag

import brotli
import limits
import pytest
from built_site import ROOT, SHEETS, STYLE, parse, text_of
from conftest import AWAKE, MODULES, tool, without

TOOLS = ROOT / "tools"
VNU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
NODE = (20, 19)  # what html-validate needs
KINDS = {
    ".html": "html", ".css": "style", ".js": "script", ".woff2": "font", ".svg": "image",
    ".json": "data",
}  # fmt: skip
COLOR = r"#[0-9a-f]{6}"
TOKEN = re.compile(rf"--([\w-]+):\s*light-dark\(({COLOR}),\s*({COLOR})\);")
LATE = 0.2  # seconds by which fonts come after the text


@pytest.fixture(scope="session")
def html_validate():
    if node_version() < NODE:
        without(f"no Node {'.'.join(map(str, NODE))} or newer: install nodejs and npm")
    script = tool(MODULES / "html-validate" / "bin" / "html-validate.mjs")
    return ["node", script, "--config", TOOLS / "htmlvalidate.json", "--formatter", "json"]


@pytest.fixture(scope="session")
def nu():
    if shutil.which("java") is None:
        without("no Java: apt-get install default-jre-headless")
    return ["java", "-Xss4m", "-jar", tool(VNU), "--format", "json", "--exit-zero-always"]


def node_version():
    if shutil.which("node") is None:
        return (0,)
    told = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return tuple(map(int, re.findall(r"\d+", told)))


def pages(site):
    return [path.removesuffix("index.html") for path in site.pages]


def nothing(found):
    """Fail with all that was found, a line each."""
    if found := list(found):
        pytest.fail("\n".join(found), pytrace=False)


# Markup


def test_html_validate_finds_nothing(site, html_validate):
    nothing(listed(by_html_validate(html_validate, site.folder, site.pages)))


def test_the_nu_checker_finds_nothing(site, nu):
    nothing(listed(by_nu(nu, site.folder, site.pages)))


def by_html_validate(command, folder, files):
    """(file, line, rule, message) of every mistake."""
    with tempfile.TemporaryFile("w+") as said:  # of a pipe, node leaves out what is long
        subprocess.run([*command, *files], cwd=folder, stdout=said)
        said.seek(0)
        results = json.load(said)
    for result in results:
        for found in result["messages"]:
            file = below(folder, result["filePath"])
            yield file, found["line"], found["ruleId"], found["message"]


def by_nu(command, folder, files):
    """(file, line, kind, message) of every error and warning; the rest is advice."""
    done = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True)
    for found in json.loads(done.stderr)["messages"]:
        kind = found.get("subType", found["type"])
        if kind != "info":
            file = below(folder, unquote(found.get("url", "").removeprefix("file:")))
            yield file, found.get("lastLine"), kind, found["message"]


def below(folder, path):
    return os.path.relpath(path, folder.resolve())


def listed(found):
    return [f"{file}:{line}: {rule}: {message}" for file, line, rule, message in found]


FAULTS = {
    "alt": '<img src="a.png">',
    "nesting": "<p><div>x</div></p>",
    "end": "<section><h2>x</h2>",
    "id": '<p id="a">x</p><p id="a">y</p>',
    "attribute": '<p colour="red">x</p>',
    "heading": "<h1>x</h1>",
    "skipped": "<h3>x</h3>",
    "main": "<main>x</main>",
}


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    """A folder with a page for each fault, and one without."""
    folder = tmp_path_factory.mktemp("faulty")
    for fault, html in {**FAULTS, "none": ""}.items():
        page = whole(f"<main><h1>x</h1>{html}</main>")
        (folder / f"{fault}.html").write_text(page, encoding="utf-8")
    return folder


def whole(body):
    head = '<meta charset="utf-8"><title>x</title>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>{body}</body>\n</html>\n'


def test_html_validate_sees_a_fault(html_validate, faulty):
    files = [f"{fault}.html" for fault in [*FAULTS, "none"]]
    seen = {file for file, *_ in by_html_validate(html_validate, faulty, files)}
    assert {f"{fault}.html" for fault in FAULTS} - seen == {"alt.html", "attribute.html"}
    assert "none.html" not in seen


def test_the_nu_checker_sees_a_fault(nu, faulty):
    files = [f"{fault}.html" for fault in [*FAULTS, "none"]]
    seen = {file for file, *_ in by_nu(nu, faulty, files)}
    assert {f"{fault}.html" for fault in FAULTS} - seen == {"heading.html"}
    assert "none.html" not in seen


def test_every_page_describes_itself(site):
    for path, tree in site.pages.items():
        described = [node for node in tree.iter("meta") if node.get("name") == "description"]
        assert len(described) == 1, path
        assert len(described[0].get("content")) > 20, path


# Accessibility


@pytest.mark.browser
def test_axe_finds_nothing(visit, site, axe):
    found = collections.defaultdict(list)
    for path in pages(site):
        both = {
            scheme: visit(path, color_scheme=scheme, reduced_motion="reduce")
            for scheme in ("light", "dark")
        }
        for page in both.values():
            page.evaluate(axe)
        for (kind, width), is_open in itertools.product(limits.WIDTHS.items(), (False, True)):
            for page in both.values():  # one on each core
                page.set_viewport_size({"width": width, "height": 900})
                page.evaluate(OPEN, is_open)
                page.evaluate(START_AXE)
            for scheme, page in both.items():
                state = f"{kind} {scheme} {'open' if is_open else 'closed'}"
                for fault in page.evaluate("found"):
                    found[f"{path or 'start'}: {fault}"].append(state)
        for page in both.values():
            page.close()
    nothing([f"{fault} ({', '.join(states)})" for fault, states in found.items()])


OPEN = "open => document.querySelectorAll('details').forEach(each => each.open = open)"
START_AXE = """() => {
    window.found = axe.run({resultTypes: ["violations"], preload: false}).then(
        result => result.violations.flatMap(rule => rule.nodes.map(
            node => `${rule.id}: ${node.target.join(" ")}: ${rule.help}`)));
}"""
SPOIL = {
    "color-contrast": "add('<p style=\"color: #999; background: #fff\">words</p>')",
    "document-title": "document.title = ''",
    "html-has-lang": "document.documentElement.lang = ''",
    "image-alt": "add('<img src=\"data:,\">')",
    "landmark-one-main": "main.setAttribute('role', 'group')",
    "page-has-heading-one": "document.querySelector('h1').setAttribute('role', 'note')",
}


@pytest.mark.browser
def test_axe_sees_a_fault(visit, axe):
    page = visit("404.html")
    page.evaluate(axe)
    page.evaluate(f"""() => {{
        const main = document.querySelector("main");
        const add = html => main.insertAdjacentHTML("beforeend", html);
        {"; ".join(SPOIL.values())}
    }}""")
    page.evaluate(START_AXE)
    assert SPOIL.keys() <= {fault.partition(":")[0] for fault in page.evaluate("found")}


# Contrast


def tokens():
    """Name to (light, dark), of every color."""
    return {color: pair for color, *pair in TOKEN.findall(STYLE.read_text(encoding="utf-8"))}


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def pale(colors):
    """The pairs that cannot be told apart well enough."""
    for names, ground, least in limits.CONTRAST:
        for color, number in itertools.product(names, (0, 1)):
            ratio = contrast(colors[color][number], colors[ground][number])
            if ratio < least:
                yield f"{color} on {ground}, {('light', 'dark')[number]}: {ratio:.2f} < {least}"


def test_every_color_can_be_seen():
    nothing(pale(tokens()))


def test_every_color_is_checked():
    compared = {color for names, ground, _ in limits.CONTRAST for color in (*names, ground)}
    assert set(tokens()) == compared | limits.DECORATION
    assert not compared & limits.DECORATION


def test_every_color_is_a_token():
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in SHEETS)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", TOKEN.sub("", style)) == []


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_a_pale_color_is_seen():
    colors = tokens() | {"muted": ["#999999", "#9aa4b0"]}
    assert [fault.partition(",")[0] for fault in pale(colors)] == [
        "muted on paper",
        "muted on panel",
    ]


# Weight


@pytest.fixture(scope="session")
def loads(browser, site):
    """(page, width) to what it asked for, and what moved though no font came."""
    return {
        (path, width): load(browser, site.url + path, width, refuse)
        for path in pages(site)
        for width in limits.WIDTHS.values()
    }


def load(browser, url, width, answer):
    """Open a page whose fonts are answered so."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/*.woff2", answer)
    page.goto(url)
    page.wait_for_function(AWAKE)
    moved = page.evaluate(MOVED)
    icons = page.evaluate("[...document.querySelectorAll('link[rel~=icon]')].map(l => l.href)")
    context.close()
    asked += [icon for icon in icons if icon not in asked]  # some builds of Chromium leave it out
    return [urldefrag(url)[0] for url in asked if not url.startswith("data:")], moved


def refuse(route):
    route.abort()


def late(route):
    time.sleep(LATE)
    route.continue_()


@pytest.mark.browser
def test_every_page_is_light(site, loads):
    nothing(
        f"{path or 'start'} at {width}: {fault}"
        for (path, width), (urls, _) in loads.items()
        for fault in heavy(urls, site.url, site.folder)
    )


def heavy(urls, home, folder):
    """What is above its limit."""
    own = [url for url in urls if url.startswith(home)]
    bytes_of, squeezed = weigh(folder, [url.removeprefix(home) for url in own])
    parts = ", ".join(f"{kind} {size / limits.KB:.1f}" for kind, size in bytes_of.items())
    parts += f"; with gzip {squeezed / limits.KB:.1f}"
    more = limits.DRAGGED if any("/drag." in url for url in own) else {}
    for kind, most in (limits.WEIGHT | more).items():
        if bytes_of[kind] > most:
            yield f"{kind} > {most / limits.KB:g} KB: {parts}"
    if len(urls) > limits.REQUESTS:
        yield f"{len(urls)} requests > {limits.REQUESTS}: {', '.join(urls)}"
    if len(urls) - len(own) > limits.FOREIGN:
        yield f"foreign: {', '.join(sorted(set(urls) - set(own)))}"


def weigh(folder, files):
    """Bytes of each kind with brotli, and of all with gzip."""
    bytes_of, squeezed = collections.Counter(), 0
    for file in files:
        path = folder / file / "index.html" if (folder / file).is_dir() else folder / file
        raw, kind = path.read_bytes(), KINDS.get(path.suffix, "other")
        packed = path.suffix not in KINDS or kind == "font"
        bytes_of["page"] += len(raw) if packed else small(raw)
        bytes_of[kind] += len(raw) if packed else small(raw)
        squeezed += len(raw) if packed else len(gzip.compress(raw, limits.GZIP))
        if kind == "html":  # style and script count wherever they stand
            for tag in ("style", "script"):
                bytes_of[tag] += small(inline(tag, raw.decode()).encode())
    return bytes_of, squeezed


def small(raw):
    return len(brotli.compress(raw, quality=limits.BROTLI)) if raw else 0


def inline(tag, html):
    nodes = parse(html).iter(tag)
    return "".join(text_of(node) for node in nodes if node.get("type") != "application/json")


def test_what_is_too_heavy_is_seen(tmp_path):
    files = {"a.css": 9, "b.js": 6, "c.woff2": 49, "d.png": 40}
    (tmp_path / "drag.js").touch()
    for file, size in files.items():
        (tmp_path / file).write_bytes(os.urandom(size * limits.KB))
    html = "<style>a {}</style><script>let a</script>"
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    home, foreign = "https://a.example/", "https://b.example/x"
    urls = [home, *(home + file for file in files), *[foreign] * 5]
    faults = [" ".join(fault.split()[:2]) for fault in heavy(urls, home, tmp_path)]
    assert faults == ["page >", "script >", "font >", "10 requests", f"foreign: {foreign}"]
    dragged = heavy([*urls[:-5], home + "drag.js"], home, tmp_path)
    assert not any(fault.startswith("script >") for fault in dragged)
    weighed, _ = weigh(tmp_path, [""])
    assert weighed["script"] > 5 < weighed["style"]


# Shift

MOVED = """() => new Promise(done => {
    const moved = [];
    const named = node => node?.outerHTML?.slice(0, 60) ?? node?.data ?? "what is gone";
    new PerformanceObserver(list => list.getEntries().forEach(entry => moved.push(
        [entry.value, entry.sources.map(source => named(source.node)).join(", ")]))
    ).observe({type: "layout-shift", buffered: true});
    document.fonts.ready.then(() => setTimeout(() => done(moved), 300));
})"""


@pytest.mark.browser
def test_nothing_moves_but_for_fonts(loads):
    nothing(
        fault
        for (path, width), (_, moved) in loads.items()
        for fault in jumps(path, width, moved, limits.SHIFT)
    )


@pytest.mark.browser
def test_little_moves_when_fonts_are_late(browser, site):
    nothing(
        fault
        for path in pages(site)
        for width in limits.WIDTHS.values()
        for fault in jumps(
            path, width, load(browser, site.url + path, width, late)[1], limits.LATE_SHIFT
        )
    )


def jumps(path, width, moved, most):
    total = sum(value for value, _ in moved)
    if total > most:
        yield f"{path or 'start'} at {width}: {total:.4f} > {most}: {max(moved)[1]}"


@pytest.mark.browser
def test_a_jump_is_seen(browser, site, tmp_path):
    page = tmp_path / "jump.html"
    late = "setTimeout(() => document.body.prepend(document.createElement('hr')), 50)"
    page.write_text(f"<body><h1>x</h1><script>{late}</script>", encoding="utf-8")
    _, moved = load(browser, page.as_uri(), 360, refuse)
    assert list(jumps("x", 360, moved, 0))
