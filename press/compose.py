"""Pages that press writes in Markdown: a lab's cells, and the ledger of all claims."""

import re
from pathlib import Path

from press.modules import SourceError
from press.pages import INLINE, TITLE
from press.show import numbers

FOOTNOTE = re.compile(r"\[\^[\w-]+\]")
HERE = re.compile(r"\]\(#")


def lab(build, file):
    """Its cells: text as it is, code as fences; how to take it home stands below the first."""
    try:
        cells = build.result(file)["cells"]
    except SourceError:
        return fence("cell", f"{file} 0")  # a red box while serving
    lines = []
    for number, cell in enumerate(cells):
        if "markdown" in cell:
            lines += [*cell["markdown"].split("\n"), ""]
        else:
            lines += fence("cell", f"{file} {number}")
        if number == 0:
            lines += fence("download", file)
    return lines


def fence(kind, text):
    return ["", f"```{kind}", text, "```", ""]


def ledger(build, _):
    """Each article's claims: the sentence, what was measured, and where its proof stands."""
    lines = []
    for page, claims in claims_of(build).items():
        title = TITLE.search((build.root / build.pages / page).read_text(encoding="utf-8"))[2]
        lines += ["", f"## {title}", "", f"{len(claims)} claims on [their page]({page}).", ""]
        for claim in claims:
            measured = numbers(build.result(claim.targets[0])["value"])
            proof = f"[`{claim.anchor}`]({page}#{claim.anchor})"
            measured = f"<small>{proof} measured <span>{measured}</span></small>"
            lines += [f"-   {sentence(claim, page)}<br>{measured}"]
    return lines


def claims_of(build):
    """{page below the docs folder: claims} of the articles: pages named as their package is."""
    found = {}
    for exhibit, place in build.exhibits:
        article = exhibit.targets[0].partition(".")[0] if exhibit.kind == "claim" else ""
        page = Path(place.page).relative_to(build.pages).as_posix()
        if page == f"{article}.md" and exhibit in build.sound:
            found.setdefault(page, []).append(exhibit)
    return found


def sentence(claim, page):
    """A claim's text where it does not stand on its page."""
    return HERE.sub(f"]({page}#", FOOTNOTE.sub("", claim.text))


def plain(build, claim):
    """A claim's text with its numbers put in."""
    return FOOTNOTE.sub("", build.with_numbers(claim.text, INLINE))
