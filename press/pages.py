"""What the pages name: every exhibit with its page and line, found before anything runs."""

import re
from dataclasses import dataclass

from press.formula import FORMULA

KINDS = ("snippet", "figure", "claim", "output")
FENCE = re.compile(r"(?P<indent>[\s>]*)(?P<ticks>`{3,}|~{3,})(?P<head>.*)")
TARGET = re.compile(r"[A-Za-z]\w*(\.\w+)+:[A-Za-z]\w*")
NUMBER = re.compile(r"(?P<target>[^\s.:]+(?:\.\w+)*:\w+)(?P<path>(?:\.\w+)*)(?:\s+(?P<spec>\S+))?")
INLINE = re.compile(r"`#!num\s+([^`]*)`")
IN_FORMULA = re.compile(r"\\num\{([^{}]*)\}\{([^{}]*)\}")
CODE = re.compile(r"(`+).+?\1")


class PageError(ValueError):
    """Something on a page that press cannot read."""


@dataclass(frozen=True)
class Exhibit:
    """What a page names: `targets` are `module:function`; `text` is the caption or the claim."""

    kind: str
    targets: tuple
    text: str = ""
    alt: str = ""

    @property
    def runs(self):
        return [] if self.kind == "snippet" else [(self.targets[0], self.kind == "figure")]

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
    several = kind == "snippet"
    targets = lines if several else lines[:1]
    if not targets:
        raise PageError(f"empty {kind}: name a function, as in dropout.scratch:dropout")
    for target in targets:
        if not TARGET.fullmatch(target):
            raise PageError(f"{target!r} is no dotted.module:function below snippets")
    rest = [] if several else lines[1:]
    alt = " ".join(line.removeprefix("alt:").strip() for line in rest if line.startswith("alt:"))
    text = " ".join(line for line in rest if not line.startswith("alt:"))
    if kind == "figure" and not (alt and text):
        raise PageError(f"figure without {'a caption' if alt else 'alt text'}")
    if kind == "claim" and not text:
        raise PageError("claim without a sentence")
    if kind == "output" and text:
        raise PageError(f"output takes one function, not {text!r}")
    return Exhibit(kind, tuple(targets), text, alt)


def parse_number(body, spec=""):
    """The number that `module:function.path format` describes."""
    body = f"{body} {spec}".strip()
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
        for match in INLINE.finditer(text):
            attempt(place, parse_number, match[1])
        for match in FORMULA.finditer(CODE.sub("", text)):
            tex = match["block"] or match["inline"]
            formulas.append((tex, place))
            for number in IN_FORMULA.finditer(tex):
                attempt(place, parse_number, *number.groups())

    def attempt(place, parse, *arguments):
        try:
            found.append((parse(*arguments), place))
        except PageError as error:
            mistakes.append((place, str(error)))

    for number, head, body in blocks(text):
        if head is None:
            numbers_and_formulas(body, number)
            continue
        kind, *options = head.split() or [""]
        kind = kind.strip("{}.").lower()
        if kind not in KINDS:
            continue
        if body is None:
            mistakes.append((Place(page, number), f"{kind} fence is never closed"))
        elif options or head != kind:
            mistakes.append((Place(page, number), f"unknown fence option: {head!r}"))
        else:
            attempt(Place(page, number), parse_fence, kind, body)
            numbers_and_formulas(body, number)
    return found, formulas, mistakes


def blocks(text):
    """(line, None, paragraph) outside fences and (line, head, body or None if open) for fences."""
    lines, start = text.splitlines(), 0
    while start < len(lines):
        match = FENCE.fullmatch(lines[start])
        end = start + 1
        if match:
            closing = re.compile(rf"[\s>]*{match['ticks'][0]}{{{len(match['ticks'])},}}\s*")
            while end < len(lines) and not closing.fullmatch(lines[end]):
                end += 1
            body = "\n".join(lines[start + 1 : end]) if end < len(lines) else None
            yield start + 1, match["head"].strip(), body
            end += 1
        elif lines[start].strip():
            while end < len(lines) and lines[end].strip() and not FENCE.fullmatch(lines[end]):
                end += 1
            yield start + 1, None, "\n".join(lines[start:end])
        start = end
