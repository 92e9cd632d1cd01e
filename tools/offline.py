"""Pack the built site into a zip that opens from a file, without a host. Used by `make offline`.

Links to folders lead to their index.html. A page from a file may neither fetch nor start a worker
by its address, so the script of the search brings both along. What no page names stays behind.
"""

import html
import json
import posixpath
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

ROOT = Path(__file__).parents[1]
NAME = "deep-learning-checked"
INDEX = "search/search_index.json"
NOT_FOUND = "404.html"
NAMED_BY_SCRIPTS = "interactive/", "assets/fonts/"  # formulas, and the license beside the fonts
PRECOMPRESSED = ".br", ".gz"
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)""")
FOR_HOSTS = "alternate", "canonical", "preload"


class Page(HTMLParser):
    """The tags of a page, each with its place in the text."""

    def __init__(self, text):
        super().__init__()
        self.tags = []  # (tag, attributes, start, end)
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        line, column = self.getpos()
        start = self.starts[line - 1] + column
        self.tags.append((tag, dict(attributes), start, start + len(self.get_starttag_text())))

    def find(self, tag, name, value):
        for kind, attributes, *_ in self.tags:
            if kind == tag and attributes.get(name) == value:
                return attributes
        raise ValueError(f'index.html: no {tag} whose {name} is "{value}"')


def offline(text, page, home):
    """A page whose links lead to files; `home` is where the site stands."""
    pieces, last = [], 0
    for tag, attributes, start, end in Page(text).tags:
        whole = text[start:end]
        if for_hosts(tag, attributes):
            whole = ""
        elif attributes.keys() & {"href", "src"}:
            whole = ATTRIBUTE.sub(lambda found: attribute(found, page, home), whole)
        pieces += text[last:start], whole
        last = end
    return "".join(pieces) + text[last:]


def for_hosts(tag, attributes):
    """Is this for other machines, or, like a preload, refused from a file?"""
    if tag == "meta":
        name = attributes.get("property") or attributes.get("name") or ""
        return name.startswith(("og:", "twitter:"))
    return tag == "link" and attributes.get("rel") in FOR_HOSTS


def attribute(found, page, home):
    name, equals, value = found.groups()
    link = html.unescape(value.strip("\"'"))
    if name.lower() not in ("href", "src") or link.startswith("#"):
        return found[0]
    return f'{name}{equals}"{html.escape(file_of(link, page, home))}"'


def file_of(link, page, home):
    """The same link, to a file if it leads to a page of the site."""
    there = urljoin(home + page, link)
    if not there.startswith(home):
        return link
    path, rest = re.fullmatch(r"([^?#]*)(.*)", there.removeprefix(home)).groups()
    if not path or path.endswith("/"):
        path += "index.html"
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + rest


def notebook(text, name, home):
    """A notebook whose links lead to files, the first cell's to the wheel beside it."""
    ours = re.compile(re.escape(home) + r"[^\s)\"\\]*")
    return ours.sub(lambda found: file_of(found[0], name, home), text)


def searching(script, worker, index):
    """The script of the search, with what it would ask a host for."""
    for entry in index["docs"]:
        entry["location"] = file_of(entry["location"], "", "/")
    packed = json.dumps({"worker": worker, "index": index}, separators=(",", ":"))
    return f"window.packed = {packed};\n{script}"


def files(site):
    """Path below the site to bytes, of all that is read without a host."""
    read = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file() and path.name != NOT_FOUND
    }
    start = Page(read["index.html"].decode())
    home = start.find("link", "rel", "canonical")["href"]
    search = start.find("button", "class", "search")
    kept = {}
    for name, content in read.items():
        if name.endswith(".html"):
            kept[name] = offline(content.decode(), name, home).encode()
        elif name.endswith(".ipynb"):
            kept[name] = notebook(content.decode(), name, home).encode()
    named = b"".join(kept.values())
    for name, content in read.items():
        asked = posixpath.basename(name).encode() in named or name.startswith(NAMED_BY_SCRIPTS)
        if asked and name not in kept and not name.endswith(PRECOMPRESSED):
            kept[name] = content
    worker, index = kept.pop(search["data-worker"]).decode(), json.loads(read[INDEX])
    kept[search["data-script"]] = searching(
        kept[search["data-script"]].decode(), worker, index
    ).encode()
    return kept


def pack(kept, path):
    """Write the zip: the same bytes for the same files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(kept):
            info = zipfile.ZipInfo(f"{NAME}/{name}")  # of 1980
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o644 << 16
            packed.writestr(info, kept[name])


def main(site, path):
    pack(files(site), path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB; unpack it and open index.html")


if __name__ == "__main__":
    main(ROOT / "site", ROOT / f"{NAME}.zip")
