"""Small projects that the tests write, edit and build."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[1]
EDIT = re.compile(r"<<(.*?)\|(.*?)>>", re.DOTALL)
FILE = re.compile(r"^# (?=\S*/\S+$)", re.MULTILINE)


LIBRARY = """
    # ./tally.py
    import os
    def ran(name):
        with open(os.environ["TALLY"], "a") as file:
            file.write(name + "\\n")
"""
CONFIG = """
    # ./mkdocs.yml
    site_name: Test
    plugins: []
    hooks: [PRESS/files.py]
    watch: [snippets]
    markdown_extensions:
      press: {pages: docs, time_limit: 60}
      admonition: {}
      footnotes: {}
      md_in_html: {}
      pymdownx.details: {}
      pymdownx.tabbed: {alternate_style: true}
      pymdownx.inlinehilite:
        custom_inline:
          - {name: num, class: num, format: !!python/name:press.extension.num }
      pymdownx.superfences:
        custom_fences:
          - {name: snippet, class: x, format: !!python/name:press.extension.snippet }
          - {name: figure, class: x, format: !!python/name:press.extension.figure }
          - {name: claim, class: x, format: !!python/name:press.extension.claim }
          - {name: output, class: x, format: !!python/name:press.extension.output }
          - {name: sketch, class: x, format: !!python/name:press.extension.sketch }
          - {name: receipt, class: x, format: !!python/name:press.extension.receipt }
"""
# To follow CONFIG: pages without style and script, the same on any day
PLAIN_THEME = """
    theme: {name: null, custom_dir: theme}
    # theme/main.html
    <!doctype html><meta name="description" content="{{ page.meta.description }}">
    <title>{{ page.title }}</title>{{ page.content }}
"""


def lay(root, text, version=1):
    """Write files, each after a line `# path`; of `<<old|new>>` the old is version 1."""
    text = EDIT.sub(lambda match: match[version], dedent(text))
    for part in FILE.split(text)[1:]:
        name, _, body = part.partition("\n")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    return root


def mkdocs(root, *arguments, **environment):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", *arguments]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, env={**os.environ, **environment}
    )


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(root, file, old, new):
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
