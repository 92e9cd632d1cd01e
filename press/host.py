"""A hook of MkDocs: what a host needs to serve the site: headers, and small files.

The site is written to a folder of its own, looked through, and only then put in the place of the
last one. nginx's configuration comes to lie beside it.
"""

import contextlib
import gzip
import logging
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from jinja2 import Template
from mkdocs.plugins import event_priority
from mkdocs.utils import CountHandler, clean_directory
from rcssmin import cssmin

from press.build import say
from press.policy import headers
from press.store import Store

COMPRESSED = {
    "css": "text/css",
    "csv": "text/csv",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "xml": "application/xml",
}
TYPES = COMPRESSED | {
    "gz": "application/gzip",
    "png": "image/png",
    "whl": "application/octet-stream",  # as a zip, some browsers would unpack it
    "woff2": "font/woff2",
}
HASHED = re.compile(r"\.[0-9a-f]{8}\.")
KEPT = "public, max-age=31536000, immutable"
CHECKED = "no-cache"  # asked for again: a page of yesterday names files that may be gone
RULES = """\
# For hosts that read this file, as Netlify and Cloudflare Pages do; nginx has a file of its own.
# What is listed may be kept. All else they have asked for again each time, unless told otherwise.
# No Strict-Transport-Security: it binds a whole domain. Both hosts have a setting for it.
"""
SOURCE = Path(__file__).read_bytes()

_place = {}  # the folder where the site will stand, and the one where it is written


def on_config(config):
    if "serve" not in sys.argv:
        _place["site"] = Path(config.site_dir)
        _place["draft"] = tempfile.TemporaryDirectory(prefix="checked-draft-")
        config.site_dir = _place["draft"].name


def on_env(env, config, files):
    env.filters["minified"] = cssmin


@event_priority(-100)  # when the search has written its index
def on_post_build(config):
    if "serve" in sys.argv or warned():
        return
    draft, site = Path(config.site_dir), _place["site"]
    files = {path.relative_to(draft).as_posix(): path for path in sorted(draft.rglob("*.*"))}
    pages = {
        name: path.read_text("utf-8") for name, path in files.items() if path.suffix == ".html"
    }
    sent = headers(pages)
    (draft / "_headers").write_text(rules(sent, files), encoding="utf-8")
    compress(files, Store(Path(config.config_file_path).parent / ".cache"))
    clean_directory(site)
    site.mkdir(parents=True, exist_ok=True)
    for path in draft.iterdir():
        shutil.move(path, site / path.name)
    conf = nginx(sent, urlsplit(config.site_url or "/").path)
    site.with_name(f"{site.name}.nginx.conf").write_text(conf, encoding="utf-8")
    config.site_dir = str(site)
    say(f"the site is in {site}")


def warned():
    """Whether MkDocs will fail at once, for it is strict; then the last site stays."""
    handlers = logging.getLogger("mkdocs").handlers
    return any(each.get_counts() for each in handlers if isinstance(each, CountHandler))


def rules(sent, files):
    """A `_headers` file."""
    blocks = [("*", sent)]
    blocks += [(name, {"Cache-Control": KEPT}) for name in files if HASHED.search(name)]
    lines = []
    for path, block in blocks:
        lines += [f"/{path}", *(f"  {name}: {value}" for name, value in block.items())]
    return RULES + "\n".join(lines) + "\n"


def nginx(sent, home):
    """A server's configuration; the template says what is to be set in it."""
    template = Path(__file__).with_name("templates") / "nginx.conf.jinja"
    plain = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    return Template(template.read_text(encoding="utf-8"), **plain).render(
        headers=sent, home=home, types=TYPES, hashed=HASHED.pattern, kept=KEPT, checked=CHECKED
    )


def compress(files, store):
    """Put a .br and a .gz beside each file of text."""

    def pack(name):
        path = files[name]
        for suffix, content in zip((".br", ".gz"), packed(name, path.read_bytes(), store)):
            path.with_name(path.name + suffix).write_bytes(content)

    with ThreadPoolExecutor() as pool:
        list(pool.map(pack, [name for name in files if name.rpartition(".")[2] in COMPRESSED]))


def packed(name, content, store):
    """(brotli, gzip) of a file, from the store if it has not changed."""
    key, digest = f"packed.{HASHED.sub('.', name)}", sha256(SOURCE + content).hexdigest()
    kept = store.load(key, digest)
    if kept:
        length, both = kept
        return both[:length], both[length:]
    br = brotli.compress(content, quality=11)
    gz = gzip.compress(content, 9, mtime=0)
    with contextlib.suppress(OSError):
        store.save(key, digest, len(br), br + gz)
    return br, gz
