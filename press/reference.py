"""What mkdocstrings' templates of the reference need to look like an article.

An entry's path is `snippets.article.module.name`. That an article shows it, mkdocstrings knows from
the links of snippets; who else uses it is read from the code.
"""

import ast
import functools
import re
from html import escape

from markupsafe import Markup

from press import show
from press.modules import HOMES, PACKAGE

MOST = 3  # claims and figures that are named for a function


def give_filters(handler):
    for render in (prose, panel, file, users):
        handler.env.filters[render.__name__] = lambda *given, render=render: Markup(
            render(handler.md.press, *given)
        )


def prose(press, text):
    """Paragraphs of a docstring: what it has in backticks is code, and nothing else is markup."""
    html = re.sub("`([^`]+)`", r"<code>\1</code>", escape(text.strip(), False))
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", html))


def panel(press, source, language="python"):
    """Code as on an article. It is not searched: a name leads to its entry, not to every use."""
    return show.code(press.build, source, language).replace("<div ", f"<div {show.UNSEARCHED} ", 1)


def file(press, path):
    """The file of an entry, as a link if the site knows where files can be seen."""
    module, _, name = path.removeprefix(f"{PACKAGE}.").rpartition(".")
    shown, link = press.source(f"{module}:{name}")
    return f'<a href="{escape(link)}">{shown}</a>' if link else f"<code>{shown}</code>"


def users(press, path):
    """The functions that name it; for what no snippet shows and none names, claims and figures."""
    _, article, module, name = path.split(".")
    taught = functions(press, article, show.TAUGHT)
    using = [f"{PACKAGE}.{user}" for user, names in taught.items() if name in names]
    links = [(f"#{user}", user.rpartition(".")[2]) for user in using if user != path]
    shown = {each for exhibit in exhibits(press, article, "snippet") for each in exhibit.targets}
    if not links and f"{article}.{module}:{name}" not in shown:
        links = [
            (f"{show.up()}../{article}/#{exhibit.anchor}", exhibit.anchor.replace("_", " "))
            for exhibit in exhibits(press, article, "claim", "figure", "interactive")
            if name in behind(press, exhibit.targets[0])
        ][:MOST]
    said = ", ".join(f'<a href="{href}">{text}</a>' for href, text in links)
    return f". Used by {said}" if said else ""


def exhibits(press, article, *kinds):
    found = press.build.by_page[f"{press.build.pages}/{article}.md"]
    return [exhibit for exhibit in found if exhibit.kind in kinds]


def behind(press, target):
    """The names in a function, and in the experiments that it or they receive."""
    article = target.partition(".")[0]
    homes = functions(press, article, HOMES)
    homes = {user.rpartition(".")[2]: names for user, names in homes.items()}
    found, new = set(), names_in(press.build.project.find(target)[1])
    while new:
        found |= new
        new = set().union(*(homes.get(name, ()) for name in new)) - found
    return found


def functions(press, article, modules):
    """`article.module.name` of functions and classes to the names in them."""
    found = {}
    for home in modules:
        module = press.build.project.module(f"{PACKAGE}.{article}.{home}")
        for name, bound in module.bindings.items() if module else ():
            if isinstance(bound[-1], ast.FunctionDef | ast.ClassDef):
                found[f"{article}.{home}.{name}"] = names_in(bound[-1])
    return found


@functools.cache
def names_in(statement):
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
