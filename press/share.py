"""A MkDocs hook: when the files of a page last changed, and how the articles are cited."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import yaml

from press.modules import PACKAGE

SPECIAL = re.compile(r"([&%$#_{}])")  # to TeX

_seconds = {}  # when the newest commit that touches a file was made


def on_config(config):
    _seconds.clear()
    _seconds.update(commits(root_of(config)))


def on_pre_page(page, config, files):
    root = root_of(config)
    page.update_date = last_change(root, Path(page.file.abs_src_path).relative_to(root), _seconds)


def on_env(env, config, files):
    source = root_of(config).joinpath("CITATION.cff").read_text(encoding="utf-8")
    env.globals |= {"citation": yaml.safe_load(source)}
    env.globals |= {function.__name__: function for function in (name_of, plain, bibtex)}


def root_of(config):
    return Path(config.config_file_path).absolute().parent


def commits(root):
    """{path below the project: seconds} of the newest commit; empty without git."""
    command = ["git", "-c", "core.quotepath=off", "log", "--name-only", "--relative"]
    try:
        told = subprocess.run(
            [*command, "--format=%x00%ct"], cwd=root, capture_output=True, text=True
        ).stdout
    except OSError:
        return {}
    found = {}
    for commit in told.split("\0")[1:]:  # the newest first
        seconds, *paths = commit.split("\n")
        for path in filter(None, paths):
            found.setdefault(path, int(seconds))
    return found


def last_change(root, page, seconds):
    """When a commit last touched the page, the lab beside it or its article's code, in UTC.

    What no commit has is as old as its newest file, in an unpacked archive as old as the commit.
    """
    code = Path(PACKAGE, page.stem)
    own = (f"{page.with_suffix('')}.", f"{code}/")
    times = [when for path, when in seconds.items() if path.startswith(own)]
    if not times:
        files = [root / page, *(root / code).glob("*.py")]
        times = [int(path.stat().st_mtime) for path in files]
    return f"{datetime.fromtimestamp(max(times), UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(citation, title, url, changed):
    """A line for a list of references."""
    day, site = datetime.fromisoformat(changed), citation["title"]
    authors = "; ".join(map(name_of, citation["authors"]))
    within = "" if title == site else f"{site}, "
    return f"{authors}. “{title}” {within}version of {day.day} {day:%B %Y}. {url}"


def bibtex(citation, key, title, url, changed):
    """An entry for BibTeX, and for biber. Braces keep a name whole and a title as it is."""
    day, site = datetime.fromisoformat(changed), citation["title"]
    authors = " and ".join(
        f"{{{tex(author['name'])}}}" if "name" in author else tex(name_of(author))
        for author in citation["authors"]
    )
    fields = {
        "author": f"{{{authors}}}",
        "title": f"{{{{{tex(title)}}}}}",
        "howpublished": "" if title == site else f"{{{tex(site)}}}",
        "year": f"{{{day.year}}}",
        "month": f"{day:%b}".lower(),
        "note": f"{{Version of {day.day} {day:%B %Y}}}",
        "url": f"{{{url}}}",
    }
    lines = "".join(f"  {name} = {value},\n" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}}}"


def name_of(author):
    return author.get("name") or f"{author['family-names']}, {author['given-names']}"


def tex(text):
    return SPECIAL.sub(r"\\\1", text)
