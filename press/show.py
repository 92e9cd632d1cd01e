"""HTML of what a page names."""

import ast
import contextlib
import hashlib
import re
from html import escape
from textwrap import dedent

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from press.modules import first_line, is_docstring
from press.reach import runnable

SLOT = re.compile("\x04(.*?)\x05(.*?)\x06", re.DOTALL)
CHECK = '<svg class="tick" viewBox="0 0 16 16" aria-hidden="true"><path d="M2 9l4 4 8-10"/></svg>'


def snippet(press, exhibit):
    sources, examples = zip(*(split(press.build, target) for target in exhibit.targets))
    copied = runnable([press.build.digests.reach(target) for target in exhibit.targets])
    shown = code(press.build, "\n\n\n".join(sources))
    button = (
        f'<button class="copy" type="button" data-clipboard-text="{escape(copied)}">copy</button>'
    )
    links = " ".join(source_link(press, target) for target in exhibit.targets)
    example = "\n".join(filter(None, examples))
    if example:
        example = (
            f'<details class="example"><summary>Example, run as a test</summary>'
            f"{code(press.build, example, 'pycon')}</details>"
        )
    return f'<div class="snippet">{shown}<div class="source">{button}{links}</div>{example}</div>'


def figure(press, exhibit):
    shown = press.build.result(exhibit.targets[0], draw=True)
    alt = press.build.with_numbers(exhibit.alt)
    wide, narrow = shown["svg"]
    return (
        f'<figure>{slot(anchor=exhibit.anchor)}<div class="drawing" role="img" '
        f'aria-label="{escape(alt)}">{wide}{narrow}</div>'
        f"<figcaption>{slot(exhibit.text)}</figcaption></figure>"
    )


def claim(press, exhibit):
    target = exhibit.targets[0]
    value = press.build.result(target)["value"]
    proof, _ = split(press.build, target)
    wrong = "".join(
        f'<p class="would-fail">It would fail if {inline(press, version, right)}:</p>'
        f"{code(press.build, split(press.build, version)[0])}"
        for right, version in press.build.wrong_versions(target).items()
    )
    return (
        f'<details class="claim"><summary>{CHECK}<span class="sentence">{slot(exhibit.text)}'
        f'</span> <span class="seal">{measured(value)} <span class="proof">proof</span></span>'
        f'</summary><div class="proven">{slot(anchor=exhibit.anchor)}{code(press.build, proof)}'
        f'<p class="ran">This ran in this build and returned <code>{escape(repr(value))}</code>. '
        f"{source_link(press, target)}</p>{wrong}</div></details>"
    )


def output(press, exhibit):
    text = press.build.result(exhibit.targets[0])["text"].rstrip()
    return f'<div class="output"><pre><code>{escape(text)}</code></pre></div>'


def number(press, number):
    text = escape(press.build.number(number).replace("-", "−"))
    target = number.targets[0]
    file, link = press.source(target)
    title = f'title="computed by {target} in {file}"'
    if link:
        return f'<a class="num" href="{link}" {title}>{text}</a>'
    return f'<span class="num" {title}>{text}</span>'


def failure(error):
    return f'<span class="press-failure" role="alert">{escape(str(error))}</span>'


def slot(text="", anchor=""):
    """A place in the HTML for an element that Markdown sees: a text to render, or an anchor."""
    return f"\x04{anchor}\x05{text}\x06"


def measured(value):
    """A claim's value in a few characters."""
    if isinstance(value, dict):
        return "measured " + ", ".join(f"{k.replace('_', ' ')} {v:.4g}" for k, v in value.items())
    return f"measured {value:.4g}"


def inline(press, version, right):
    """Why a wrong version is wrong: the first line of its docstring."""
    _, statement = press.build.project.find(version)
    why = ast.get_docstring(statement).split("\n")[0].rstrip(".")
    why = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(why))
    return f"{why} (in place of <code>{right}</code>)"


def source_link(press, target):
    file, link = press.source(target)
    text = f"{file.rpartition('/')[2]} · {target.partition(':')[2]}"
    return f'<a href="{link}">{text}</a>' if link else f'<span title="{file}">{text}</span>'


def code(build, source, language="python"):
    """A panel of highlighted code, from the store: lexing takes longer than the rest of a page."""
    key = f"code.{hashlib.sha256(f'{language} {source}'.encode()).hexdigest()[:24]}"
    kept = build.store.load(key, build.digests.machinery[False])
    if kept:
        return kept[0]
    spans = highlight(source, get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    panel = f'<div class="highlight"><pre><code>{spans}</code></pre></div>'
    with contextlib.suppress(OSError):
        build.store.save(key, build.digests.machinery[False], panel)
    return panel


def split(build, target):
    """(source without its doctest, the doctest)."""
    module, statement = build.project.find(target)
    lines = module.text(statement).splitlines()
    body = getattr(statement, "body", None)
    if not body or not is_docstring(body[0]):
        return "\n".join(lines), ""
    first, last = (n - first_line(statement) for n in (body[0].lineno, body[0].end_lineno))
    start = next((n for n in range(first, last) if lines[n].lstrip().startswith(">>>")), last)
    example = dedent("\n".join(lines[start:last]))
    while start < last and not lines[start - 1].strip():
        start -= 1
    kept = [*lines[:start], *lines[last:]]
    if start < last and start == first + 1:  # nothing is left but one line: close it there
        kept[first : first + 2] = [f'{kept[first]}"""']
    return "\n".join(kept), example
