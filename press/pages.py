"""What the pages name: every exhibit with its page and line, found before anything runs."""

import re
from dataclasses import dataclass
from unicodedata import normalize

from press.formula import FORMULA

KINDS = ("snippet", "figure", "interactive", "sketch", "claim", "output", "receipt")
COMPOSED = ("lab", "ledger")  # become Markdown before anything else
NAMED = (*KINDS, *COMPOSED)
# What is drawn, and how the names of the functions begin that draw it
DRAWN = {"figure": "plot_", "interactive": "drag_", "sketch": "sketch_"}
FENCE = re.compile(r"(?P<indent>[\s>]*)(?P<ticks>`{3,}|~{3,})[\s{.]*(?P<kind>\w*)[^`]*")
LAB = re.compile(r"[\w./-]+\.py")
TARGET = re.compile(r"[^\W\d_]\w*(\.\w+)+:[^\W\d_]\w*")
NUMBER = re.compile(r"(?P<target>[^\s.:]+(?:\.\w+)*:\w+)(?P<path>(?:\.\w+)*)(?:\s+(?P<spec>\S+))?")
INLINE = re.compile(r"`(?:#!|:::)num\s+([^`]*)`")
IN_FORMULA = re.compile(r"\\num\{([^{}]*)\}\{([^{}]*)\}")
TITLE = re.compile(r'^title: (["\']?)(.*)\1$', re.MULTILINE)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
CODE = re.compile(r"(?<!\\)(`+).+?(?<!`)\1(?!`)", re.DOTALL)


EXAMPLES = {
    "receipt": "libraries", "lab": "its file, as docs/en/labs/dropout.py", "ledger": "all articles",
}  # fmt: skip


class PageError(ValueError):
    """Something on a page that press cannot read."""


@dataclass(frozen=True)
class Exhibit:
    """What a page names: `targets` are `module:function`.

    `text` is the caption, the claim, a receipt's libraries, or what a card says: such a picture of
    an article is drawn where its sketch is named. An `opened` claim shows its proof.
    """

    kind: str
    targets: tuple
    text: str = ""
    alt: str = ""
    opened: bool = False

    @property
    def runs(self):
        """(function, whether it draws; of a card, the words over the drawing)"""
        called = () if self.kind == "snippet" else self.targets
        draw = self.text if self.kind == "card" else self.kind in DRAWN
        return [(target, draw) for target in called]

    @property
    def anchor(self):
        return self.targets[0].partition(":")[2]


@dataclass(frozen=True)
class Number(Exhibit):
    """A computed number: a path into what a function returns, and a format."""

    path: str = ""
    spec: str = ""


@dataclass(frozen=True)
class Place:
    page: str
    line: int

    def __str__(self):
        return f"{self.page}:{self.line}"


def parse_fence(kind, source):
    """The exhibit that a fence's lines describe."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    if not lines:
        example = EXAMPLES.get(kind, "a function, as in dropout.scratch:dropout")
        raise PageError(f"empty {kind}: name {example}")
    if kind in ("receipt", "ledger"):
        return Exhibit(kind, (), " ".join(lines))
    if kind == "lab":
        if len(lines) > 1 or not LAB.fullmatch(lines[0]):
            raise PageError(f"{' '.join(lines)!r} is no lab: name {EXAMPLES['lab']}")
        return Exhibit(kind, (lines[0],))
    targets, rest = (lines, []) if kind == "snippet" else (lines[:1], lines[1:])
    targets = [normalize("NFKC", target) for target in targets]  # as Python does with names
    start = DRAWN.get(kind, "")
    for target in targets:
        if not TARGET.fullmatch(target):
            raise PageError(f"{target!r} is no dotted.module:function below snippets")
        if not target.partition(":")[2].startswith(start):
            raise PageError(f"a {kind} names a function {start}…, not {target!r}")
    opened = kind == "claim" and rest[:1] == ["open"]
    rest = rest[opened:]
    alt = " ".join(line.removeprefix("alt:").strip() for line in rest if line.startswith("alt:"))
    text = " ".join(line for line in rest if not line.startswith("alt:"))
    if kind in ("figure", "interactive") and not (alt and text):
        raise PageError(f"{kind} without {'a caption' if alt else 'alt text'}")
    if kind == "claim" and not text:
        raise PageError("claim without a sentence")
    if kind in ("output", "sketch") and rest:
        raise PageError(f"{kind} takes one function, not {' '.join(rest)!r}")
    return Exhibit(kind, tuple(targets), text, alt, opened)


def parse_number(body, spec=""):
    """The number that `module:function.path format` describes."""
    body = f"{body} {spec}".strip()
    module, colon, rest = body.partition(":")
    name, dot, rest = rest.partition(".")
    body = normalize("NFKC", f"{module}{colon}{name}") + dot + rest
    match = NUMBER.fullmatch(body)
    if not match or not TARGET.fullmatch(match["target"]):
        raise PageError(f"{body!r} is no dotted.module:function.path with a format")
    spec = match["spec"] or ""
    try:
        format(1, spec)
    except ValueError as error:
        raise PageError(f"format {spec!r} of {match['target']}: {error}") from None
    return Number("num", (match["target"],), path=match["path"].lstrip("."), spec=spec)


def scan(page, text):
    """Exhibits, numbers and formulas of one page with their places, and the mistakes."""
    found, formulas, mistakes = [], [], []

    def numbers_and_formulas(text, line):
        place = Place(page, line)
        for match in filter(None, (INLINE.fullmatch(code[0]) for code in CODE.finditer(text))):
            attempt(place, parse_number, match[1])
        for match in FORMULA.finditer(CODE.sub("", text)):
            tex = match["block"] or match["inline"]
            formulas.append((tex, bool(match["block"]), place))
            for number in IN_FORMULA.finditer(tex):
                attempt(place, parse_number, *number.groups())

    def attempt(place, parse, *arguments):
        try:
            found.append((parse(*arguments), place))
        except PageError as error:
            mistakes.append((place, str(error)))

    for line, fence, body in blocks(text):
        kind = fence["kind"].lower() if fence else ""
        head = fence[0].strip(" \t>`~") if fence else ""
        if not fence:
            numbers_and_formulas(body, line)
        elif body is None:
            mistakes.append((Place(page, line), f"{kind or 'this'} fence is never closed"))
        elif kind in COMPOSED and fence[0] != f"```{kind}":
            mistakes.append((Place(page, line), f"a {kind} stands at the left, after three `"))
        elif kind in NAMED and head != kind:
            mistakes.append((Place(page, line), f"unknown fence option: {head!r}"))
        elif kind in NAMED:
            attempt(Place(page, line), parse_fence, kind, body)
            numbers_and_formulas(body, line)
    anchors = set()
    for exhibit, place in found:
        if exhibit.kind in ("claim", *DRAWN):
            if exhibit.anchor in anchors:
                mistakes.append((place, f"{exhibit.anchor} is on this page already"))
            anchors.add(exhibit.anchor)
    return found, formulas, mistakes


def blocks(text):
    """(line, None, paragraph) outside fences and (line, match, body or None if open) for fences."""
    lines, start = text.split("\n"), 0
    last = {line.rstrip(): number for number, line in enumerate(lines)}
    while start < len(lines):
        fence, end = FENCE.fullmatch(lines[start]), start + 1
        if fence:
            closed, body = None, None
            if last.get(fence["indent"] + fence["ticks"], 0) >= end:
                closed = end_of(fence, lines, end)
            if closed:
                body = "\n".join(line[len(fence["indent"]) :] for line in lines[end:closed])
                end = closed + 1
            yield start + 1, fence, body
        elif lines[start].strip():
            while end < len(lines) and lines[end].strip() and not FENCE.fullmatch(lines[end]):
                end += 1
            yield start + 1, None, "\n".join(lines[start:end])
        start = end


def end_of(fence, lines, start):
    """Where Markdown sees a fence end, or None: text to its left or another exhibit comes first."""
    indent, ticks = fence["indent"], fence["ticks"]
    for number in range(start, len(lines)):
        line = lines[number]
        if line.rstrip() == indent + ticks:
            return number
        inner = FENCE.fullmatch(line)
        opens = inner and inner["ticks"] == ticks and inner["kind"] in ("", *NAMED)
        if opens or (line.strip(" >") and not line.startswith(indent)):
            return None
    return None
