"""The site, built once for all tests of a session and served at the address it was built for."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "en"
THEME = ROOT / "theme"
STYLE = THEME / "partials" / "style.html"
SHEETS = [
    STYLE,
    *map(STYLE.with_name, ("start.html", "composed.html", "reference.html")),
    *sorted(THEME.glob("assets/*.css")),
]
PREFIX = "/checked/"  # as on a host that serves the project below its own name
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip


class Site:
    """A folder of pages and where it is served."""

    def __init__(self, repo_url=""):
        self.home = Path(tempfile.mkdtemp(prefix="checked-site-"))
        atexit.register(shutil.rmtree, self.home, ignore_errors=True)
        self.folder = self.home / PREFIX.strip("/")
        handler = functools.partial(_Handler, directory=self.home)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.url = self.origin + PREFIX
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", self.folder]
        environment = {**os.environ, "SITE_URL": self.url, "NO_MKDOCS_2_WARNING": "1"}
        if repo_url:
            environment |= {"REPO_URL": repo_url, "SOURCE_URL": f"{repo_url}/blob/main"}
        done = subprocess.run(command, cwd=ROOT, env=environment)
        if done.returncode:
            self.server.server_close()
            pytest.fail("the site does not build", pytrace=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        atexit.register(self.close)

    @property
    def pages(self):
        """Path below the site to tree, of every page."""
        return _trees(self.folder)

    def page(self, source):
        """The tree of the page made from a Markdown file."""
        return self.pages[address(source)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@functools.cache
def rules(folder):
    """{pattern: {name: value}} of the site's `_headers`."""
    found = {}
    for line in (folder / "_headers").read_text(encoding="utf-8").splitlines():
        if line.startswith("/"):
            block = found[line] = {}
        elif not line.startswith("#"):
            name, _, value = line.strip().partition(": ")
            block[name] = value
    return found


@functools.cache
def built(repo_url=""):
    return Site(repo_url)


def sources():
    return sorted(DOCS.rglob("*.md"))


def address(source):
    """Path below the site of the page that MkDocs makes from a Markdown file."""
    path = source.relative_to(DOCS).with_suffix("")
    folder = path.parent if path.name == "index" else path
    return (folder / "index.html").as_posix()


def article(tree):
    """The part of a page that its Markdown file makes."""
    return next(node for node in tree.iter("article"))


def has_class(node, name):
    return name in node.get("class", "").split()


def with_class(tree, name):
    return [node for node in tree.iter() if has_class(node, name)]


def text_of(node):
    return "".join(node.itertext())


def parse(html):
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.root


@functools.cache
def _trees(folder):
    paths = sorted(folder.rglob("*.html"))
    return {
        path.relative_to(folder).as_posix(): parse(path.read_text(encoding="utf-8"))
        for path in paths
    }


class _Handler(SimpleHTTPRequestHandler):
    """A host that reads `_headers` and answers what it lacks with 404.html.

    To wait for something, Playwright needs eval; what goes without it, `test_policy` sees.
    """

    def end_headers(self):
        folder = Path(self.directory, PREFIX.strip("/"))
        found, path = rules(folder), "/" + self.path.removeprefix(PREFIX)
        for name, value in {**found["/*"], **found.get(path, {})}.items():
            self.send_header(name, value.replace("script-src", "script-src 'unsafe-eval'"))
        super().end_headers()

    def send_error(self, code, *rest):
        page = Path(self.directory, PREFIX.strip("/"), "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments):
        pass


class _Parser(HTMLParser):
    """HTML as a tree."""

    def __init__(self):
        super().__init__()
        self.builder, self.open = TreeBuilder(), []
        self.handle_starttag("document", [])

    def handle_starttag(self, tag, attributes):
        self.builder.start(tag, {name: value or "" for name, value in attributes})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open[-1] != tag:
                self.builder.end(self.open.pop())
            self.builder.end(self.open.pop())

    def handle_data(self, data):
        self.builder.data(data)

    @property
    def root(self) -> Element:
        while self.open:
            self.builder.end(self.open.pop())
        return self.builder.close()
