"""HTML of what a page names."""

import ast
import contextlib
import hashlib
import json
import math
import re
import sys
from decimal import Decimal
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Operator, String

from press.modules import PACKAGE, split, without_docstring
from press.reach import BETWEEN, pieces
from press.receipt import rows

SLOT = re.compile("\x04(.*?)\x05(.*?)\x06", re.DOTALL)
COLORED = {  # elements, since a page has thousands of them
    Keyword: "b", Operator.Word: "b", String: "u", Comment: "i", Generic.Prompt: "i",
}  # fmt: skip
GITHUB, COLAB = "https://github.com/", "https://colab.research.google.com/github/"
UNSEARCHED = "data-search-exclude"  # as Material's search plugin spells it
TAUGHT = ("scratch", "torch_", "keras_")  # modules that the reference describes
LONG = 40  # columns of code that fit a phone


def snippet(press, exhibit):
    sources, examples = zip(
        *(split(*press.build.project.find(target)) for target in exhibit.targets)
    )
    copied = pieces([press.build.digests.reach(target) for target in exhibit.targets])
    places = " ".join(str(press.pieces.setdefault(each, len(press.pieces))) for each in copied)
    text = BETWEEN.join(sources)
    press.shown += text.split(BETWEEN)
    button = f'<button class="copy" type="button" {UNSEARCHED} data-code="{places}">copy</button>'
    links = " ".join(entry_link(press, target) for target in exhibit.targets)
    example = "\n".join(filter(None, examples))
    if example:
        example = (
            f'<details class="example"><summary {UNSEARCHED}>Example, run as a test</summary>'
            f"{code(press.build, example, 'pycon')}</details>"
        )
    shown, source = code(press.build, text), f'<div class="source">{button}{links}</div>'
    return f'<div class="snippet">{shown}{source}{example}</div>'


def pieces_of_code(pieces, shown):
    """The pieces that a page's copy buttons join, named by their places in this list.

    Of what the page shows anyway, the list has the place among all that its snippets show.
    """
    known = {text: place for place, text in enumerate(shown)}
    listed = [known.get(piece, piece) for piece in pieces]
    listed = json.dumps(listed, ensure_ascii=False).replace("</", r"<\/")
    return f'<script type="application/json" id="__code">{listed}</script>'


def figure(press, exhibit):
    shown = press.build.result(exhibit.targets[0], draw=True)
    return (
        f"<figure>{slot(attribute=f'id={exhibit.anchor}')}{drawing(press, exhibit, shown)}"
        f"<figcaption>{slot(exhibit.text)}{data(exhibit)}{permalink(exhibit)}</figcaption></figure>"
    )


def drawing(press, exhibit, shown):
    alt, drawn = press.build.with_numbers(exhibit.alt), "".join(shown["svg"])
    return f'<div class="drawing" role="img" aria-label="{escape(alt)}">{drawn}</div>'


def data(exhibit):
    """The way to the numbers behind it; `press.files` writes them."""
    return slot(f" [data](data/{exhibit.targets[0].replace(':', '.')}.csv)")


def interactive(press, exhibit):
    """A figure with sliders, and a table of some settings for where no script moves it."""
    target = exhibit.targets[0]
    shown = press.build.result(target, draw=True)
    mirrored = source_link(press, f"{target.partition(':')[0]}:{shown['compute']}")
    article = target.partition(".")[0]
    sliders = "".join(slider(exhibit.anchor, **each) for each in shown["sliders"])
    return (
        f'<figure class="drag" data-compute="{article}:{shown["compute"]}">'
        f"{slot(attribute=f'id={exhibit.anchor}')}{drawing(press, exhibit, shown)}"
        f'<div class="settings"><form {UNSEARCHED}>{sliders}'
        '<button type="reset">Reset</button></form>'
        f"{table(shown['sliders'], shown['rows'])}</div>"
        f"<figcaption>{slot(exhibit.text)}{data(exhibit)}{permalink(exhibit)}"
        f'<p class="ran">The script repeats {mirrored}; the tests compare them.</p>'
        "</figcaption></figure>"
    )


def slider(anchor, *, name, label, low, high, step, unit, start):
    name_and_for = f'"{anchor}-{name}"'
    return (
        f"<div><label for={name_and_for}>{escape(label)}</label>"
        f"<output for={name_and_for}>{typeset(start)}{unit}</output>"
        f'<input type="range" id={name_and_for} name="{name}" min="{low:g}" max="{high:g}" '
        f'step="{step:g}" value="{start:g}" data-unit="{unit}" autocomplete="off"></div>'
    )


def typeset(number):
    """Four digits, as the script of the page writes them."""
    if not math.isfinite(number):
        return "–"
    return f"{Decimal(f'{number:.4g}') + 0:f}".replace("-", "−")


def table(sliders, rows):
    """A column for each setting, the first as the figure starts: the script keeps that one true."""
    labels = {each["name"]: each["label"] for each in sliders}
    columns = [{**settings, **values} for settings, values in rows]
    body = ""
    for name in columns[0]:
        cells = "".join(f"<td>{typeset(column[name])}</td>" for column in columns)
        head = escape(labels.get(name, name.replace("_", " ")))
        set_here = ' class="set"' if name in labels else ""
        body += f'<tr data-name="{name}"{set_here}><th scope="row">{head}</th>{cells}</tr>'
    return f'<table {UNSEARCHED} aria-live="polite"><tbody>{body}</tbody></table>'


def cell(press, file, number):
    """One cell of a lab: its code, and what it printed or drew."""
    done = press.build.result(file)["cells"][int(number)]
    outputs = "".join(map(shown_by_cell, done["outputs"]))
    panel = code(press.build, done["code"])
    if done["folded"]:
        panel = f'<details class="example"><summary>What the check asks</summary>{panel}</details>'
    return f'<div class="cell">{panel}{outputs}</div>'


def shown_by_cell(output):
    if "text" in output:
        text = escape(output["text"].rstrip(), False)
        return f'<div class="output"><pre tabindex="0"><code>{text}</code></pre></div>'
    alt, drawn = escape(output["alt"]), "".join(output["svg"])
    return f'<figure><div class="drawing" role="img" aria-label="{alt}">{drawn}</div></figure>'


def download(press, file):
    """How a lab is taken home."""
    name = f"{Path(file).stem}.ipynb"
    repository = press.getConfig("repository").rstrip("/")
    links = f'<a href="{up()}{name}" download>Download the notebook</a>'
    if repository.startswith(GITHUB):
        colab = f"{COLAB}{repository.removeprefix(GITHUB)}/blob/notebooks/{name}"
        links += f' <a href="{colab}">Open it in Colab</a>'
    return f'<p class="take">{links}</p>'


def up():
    """From a page to its file's folder; Zensical reads addresses in HTML as if from there."""
    return "" if "zensical" in sys.modules else "../"


def sketch(press, exhibit):
    (svg,) = press.build.result(exhibit.targets[0], draw=True)["svg"]
    return f'<div class="sketch">{svg}</div>'


def claim(press, exhibit):
    target = exhibit.targets[0]
    value = press.build.result(target)["value"]
    proof = without_docstring(*press.build.project.find(target))
    wrong = "".join(
        f'<p class="would-fail">It would fail if {inline(press, version, right)}:</p>'
        f"{code(press.build, without_docstring(*press.build.project.find(version)))}"
        for right, version in press.build.wrong_versions(target).items()
    )
    opened, values = " open" if exhibit.opened else "", numbers(value)
    return (
        f'<details class="claim"{opened}><summary>'
        f'{slot(exhibit.text, "class=sentence")} <span class="seal">'
        f'<span class="measured">measured {values}</span> '
        f'<span class="proof" {UNSEARCHED}>proof</span></span>'
        f'</summary><div class="proven">{slot(attribute=f"id={exhibit.anchor}")}'
        f"{code(press.build, proof)}"
        f'<p class="ran">This ran in this build. '
        f"{source_link(press, target, named=False)}{permalink(exhibit)}</p>{wrong}</div></details>"
    )


def output(press, exhibit):
    text = press.build.result(exhibit.targets[0])["text"].rstrip()
    return f'<div class="output"><pre><code>{escape(text, False)}</code></pre></div>'


def receipt(press, exhibit):
    shown = rows(press.build, exhibit.text.split()).items()
    parts = (f"<div><dt>{escape(label)}</dt><dd>{value}</dd></div>" for label, value in shown)
    return f'<dl class="receipt">{"".join(parts)}</dl>'


def number(press, number):
    text = escape(press.build.number(number).replace("-", "−"))
    target = number.targets[0]
    _, link = press.source(target)
    title = f'title="computed by {target}"'
    if link:
        return f'<a class="num" href="{link}" {title}>{text}</a>'
    return f'<span class="num" {title}>{text}</span>'


def failure(error):
    return f'<span class="press-failure" role="alert">{escape(str(error))}</span>'


def slot(text="", attribute=""):
    """A place in the HTML for a span that Markdown sees: a text to render, or an anchor."""
    return f"\x04{attribute}\x05{text}\x06"


def permalink(exhibit):
    """Like that of a heading, which Material's search leaves out by itself."""
    link = f'class="headerlink" href="#{exhibit.anchor}" title="Permanent link"'
    return f"<a {link} {UNSEARCHED}>¶</a>"


def numbers(value):
    """A claim's value in a few characters, each number with its name."""
    named = value if isinstance(value, dict) else {"": value}
    return ",</span> <span>".join(
        f"{name.replace('_', ' ')} {measured(number)}".strip() for name, number in named.items()
    )


def measured(number):
    """Four digits; as a power of ten only what is too small to be read otherwise."""
    text = f"{number:.4g}"
    large = "e+" in text and number < 1e9
    return (f"{float(text):,.0f}" if large else text).replace("-", "−")


def inline(press, version, right):
    """Why a wrong version is wrong: the first line of its docstring."""
    _, statement = press.build.project.find(version)
    why = ast.get_docstring(statement).split("\n")[0].rstrip(".")
    why = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(why.replace("'", "’")))
    return f"{why} (in place of <code>{right}</code>)"


def entry_link(press, target):
    """To a function's entry in the reference, which knows by it where the function is shown."""
    module, _, name = target.partition(":")
    if not press.has_reference or module.rpartition(".")[2] not in TAUGHT:
        return source_link(press, target)
    text = f"{module.rpartition('.')[2]}.py · {name}"
    return f'<autoref identifier="{PACKAGE}.{module}.{name}">{text}</autoref>'


def source_link(press, target, *, named=True):
    file, link = press.source(target)
    text = file.rpartition("/")[2] + (f" · {target.partition(':')[2]}" if named else "")
    return f'<a href="{link}">{text}</a>' if link else f'<span title="{file}">{text}</span>'


def code(build, source, language="python"):
    """A panel of highlighted code, from the store: lexing takes longer than the rest of a page."""
    key = f"code.{hashlib.sha256(f'{language} {source}'.encode()).hexdigest()[:24]}"
    kept = build.store.load(key, build.digests.shown)
    if kept:
        return kept[0]
    panel = f'<div class="highlight"><pre><code>{colored(source, language)}</code></pre></div>'
    with contextlib.suppress(OSError):
        build.store.save(key, build.digests.shown, panel)
    return panel


def colored(source, language):
    """HTML of code: an element for what has a color of its own, a span for each long line."""
    text, colors, defines = "", [], False
    for token, part in get_lexer_by_name(language).get_tokens(source):
        color = next((COLORED[kind] for kind in COLORED if token in kind), "")
        color = "dfn" if defines and token in Name else color
        defines = part in ("def", "class") or (defines and part.isspace())
        text += part
        colors += [color] * len(part)
    html, start = "", 0
    for long, lines in groupby(text.splitlines(keepends=True), lambda line: len(line) > LONG + 1):
        for part in lines if long else ["".join(lines)]:
            indent = min((len(part) - len(part.lstrip())) // 4 * 4, 24)
            same = groupby(zip(colors[start:], part), itemgetter(0))
            line = "".join(element(color, "".join(c for _, c in run)) for color, run in same)
            html += f'<span class="i{indent}">{line}</span>' if long else line
            start += len(part)
    return html


def element(tag, text):
    html = escape(text, False)
    return f"<{tag}>{html}</{tag}>" if tag and not text.isspace() else html
