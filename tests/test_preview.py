"""`mkdocs serve`: an edit makes the pages that it has a part in anew, and no others."""

import os
import re
import socket
import subprocess
import sys
import urllib.request

import pytest
from built_site import ROOT
from projects import wait_until

sys.path.append(str(ROOT / "benchmarks"))
import articles
import bench

SECONDS = 300  # that a busy machine may take to start
TALLY = """
from pathlib import Path

def on_page_content(html, page, **more):
    with Path("made.txt").open("a") as file:
        file.write(page.file.src_uri + "\\n")
"""
ARTICLE = re.compile(r"<article>.*</article>", re.DOTALL)


class Preview:
    """A project of three articles that is being served."""

    def __init__(self, root):
        self.root = root
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "-m", "mkdocs", "serve", "-a", self.address]
        self.log = (root / "log.txt").open("wb")
        self.server = subprocess.Popen(command, cwd=root, stderr=self.log, env=environment(root))

    def page(self, path=""):
        with urllib.request.urlopen(f"http://{self.address}/{path}", timeout=60) as response:
            return response.read().decode()

    def edit(self, file, old, new):
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        self.write(file, text.replace(old, new, 1))

    def write(self, file, text):
        """Write a file and wait until it is served."""
        (self.root / "made.txt").write_text("")
        path, builds = self.root / file, self.said("Reloading browsers")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        wait_until(lambda: len(self.said("Reloading browsers")) > len(builds), SECONDS)

    @property
    def made(self):
        """The pages made since the last edit."""
        return sorted((self.root / "made.txt").read_text().split())

    def said(self, pattern):
        return re.findall(pattern, (self.root / "log.txt").read_text())

    def close(self):
        self.server.terminate()
        self.server.wait(timeout=60)
        self.log.close()


def environment(root):
    return {**os.environ, "PYTHONPATH": str(root), "NO_MKDOCS_2_WARNING": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("preview") / "project"
    for name in bench.COPIED:
        bench.copy(ROOT / name, root / name)
    articles.write(root, 3)
    (root / "tally.py").write_text(TALLY)
    settings = (root / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("hooks:\n", "hooks:\n  - tally.py\n")
    (root / "mkdocs.yml").write_text(settings, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def preview(project):
    preview = Preview(project)
    try:
        wait_until(lambda: preview.said("Serving on") or preview.server.poll() is not None, SECONDS)
        yield preview
    finally:
        preview.close()


def test_prose_is_made_anew_alone(preview):
    found = preview.page("search/search_index.json")
    preview.edit("docs/en/article_001.md", "## Part 2", "## Volume 2")
    assert preview.made == ["article_001.md"]
    page = preview.page("article_001/")
    assert "Volume 2" in page
    assert 'href="../article_000/"' in page
    index = preview.page("search/search_index.json")
    assert "Volume 2" in index
    assert index.count('"location"') == found.count('"location"')


def test_a_function_makes_its_page_anew(preview):
    before = preview.said(r"(\d+) functions? run")
    preview.edit("snippets/article_002/figures.py", 'color="C0"', 'color="C2"')
    assert preview.made == ["article_002.md"]
    assert preview.said(r"(\d+) functions? run")[len(before) :] == ["1"]


def test_what_reads_a_function_is_made_anew_too(preview):
    preview.edit("snippets/article_000/scratch.py", "moved by 3", "shifted by 3")
    assert preview.made == ["article_000.md", "reference/article_000.md"]
    assert "shifted by 3" in preview.page("reference/article_000/")
    assert "#snippets.article_000.scratch.scale_3" in preview.page("article_000/")


def test_a_mistake_stands_on_its_page_until_it_is_mended(preview):
    name = "snippets/article_001/experiments.py"
    preview.edit(name, "default_rng(103)", "default_rng(1 / 0)")
    assert preview.made == ["article_001.md"]
    preview.edit("docs/en/article_002.md", "## Part 2", "## Volume 2")
    assert preview.made == ["article_002.md"]
    assert "ZeroDivisionError" in preview.page("article_001/")
    preview.edit(name, "default_rng(1 / 0)", "default_rng(103)")
    assert preview.made == ["article_001.md"]
    assert "ZeroDivisionError" not in preview.page("article_001/")


def test_what_no_page_shows_makes_all_anew(preview):
    text = (preview.root / "mkdocs.yml").read_text(encoding="utf-8")
    preview.write("docs/en/interactive.js", "")  # known to no page
    assert len(preview.made) == 8
    preview.write("mkdocs.yml", text.replace("Deep Learning, Checked", "Renamed", 1))
    assert len(preview.made) == 8
    assert "Renamed" in preview.page("article_001/")


def test_what_python_compiled_makes_nothing_anew(preview):
    preview.write("snippets/article_000/__pycache__/scratch.pyc", "")
    assert preview.made == []


def test_a_new_page_makes_all_anew(preview):
    preview.write("docs/en/labs/new.md", "# A new page\n")
    assert len(preview.made) == 9
    assert "A new page" in preview.page("labs/new/")


def test_what_is_served_is_what_is_built(preview, tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "-d", tmp_path]
    subprocess.run(command, cwd=preview.root, check=True, env=environment(preview.root))
    pages = sorted(path.parent.relative_to(tmp_path) for path in tmp_path.rglob("index.html"))
    assert len(pages) == 9
    for page in pages:
        built = (tmp_path / page / "index.html").read_text(encoding="utf-8")
        assert ARTICLE.search(preview.page(f"{page}/"))[0] == ARTICLE.search(built)[0]
