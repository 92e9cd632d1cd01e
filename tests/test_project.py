"""The files around the site: the lock, the commands, the texts, and nothing of one machine."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from built_site import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
LINES = [line for line in LOCK.splitlines() if line and not line.startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MADE = {
    ".cache", ".git", ".pytest_cache", ".ruff_cache", ".venv", ".venv-canary", ".venv-engines",
    ".venv-tf", "__pycache__", "node_modules", "site",
}  # fmt: skip
CUDA = ("nvidia-", "cuda-", "triton")  # larger builds of torch bring these in exact versions
TORCH_INDEX = "download.pytorch" + ".org"  # may be named where the lock is installed


def texts():
    """Path below the project to content, of every text file that is not made by a command."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and ".egg-info" not in name]
        for path in (Path(folder) / name for name in names if not name.startswith(".coverage")):
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # fonts and pictures


@pytest.mark.parametrize("line", LINES)
def test_lock_is_exact_and_installed(line):
    locked = Requirement(line)
    assert re.fullmatch(r"[\w.-]+==[\w.]+", line.partition(";")[0].strip())
    if not locked.marker or locked.marker.evaluate():
        installed = importlib.metadata.version(locked.name).partition("+")[0]
        assert installed in locked.specifier


def test_lock_has_all_that_the_project_needs():
    locked = {canonicalize_name(Requirement(line).name) for line in LINES}
    optional = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(name for names in optional for name in names)]
    seen = set()
    while wanted:
        needed = Requirement(wanted.pop())
        name = canonicalize_name(needed.name)
        here = needed.marker is None or needed.marker.evaluate({"extra": ""})
        if name in seen or name.startswith(CUDA) or not here:
            continue
        seen.add(name)
        assert name in locked
        assert importlib.metadata.version(name) in needed.specifier
        wanted += importlib.metadata.requires(name) or []
    assert locked - seen == {"setuptools"} - seen  # what installs the project itself


@pytest.mark.parametrize("first", ["snippets", "press.worker"])
def test_keras_will_run_on_torch_whatever_comes_first(first):
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    code = f"import os, sys, {first}; print(os.environ['KERAS_BACKEND'], 'keras' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["torch", "False"]


def test_makefile_sets_what_the_libraries_read():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    exported = dict(re.findall(r"(?m)^export (\w+) := (\w+)$", text))
    assert exported["KERAS_BACKEND"] == "torch"
    assert exported["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_text_is_short_and_its_links_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100  # ten minutes
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / link).exists() or link == ".github/page.png", link


def test_readme_names_only_commands_that_exist():
    targets = re.findall(r"(?m)^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        named = re.findall(r"\bmake (?:\w+=\S+ )?(\w+)(?:`|$|  )", text, re.MULTILINE)
        assert named
        assert set(named) <= set(targets)


def test_citation_can_be_read():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["version"] == PROJECT["version"]


OF_ONE_MACHINE = re.compile(
    r"/work\b(?!\w)|/root/|/home/\w|/Users/\w|/opt/\w|/mnt/\w|/tmp/\w|[A-Z]:\\\\"
    r"|\bpypi\.org|pythonhosted|registry\.npmjs|deb\.debian|\.local\b(?=[:/])|index-url|file:/{2}"
    rf"|{re.escape(TORCH_INDEX)}"
)


def test_nothing_names_a_machine_or_a_registry():
    allowed = {
        ("README.md", TORCH_INDEX),
        *((f".github/workflows/{name}.yml", TORCH_INDEX) for name in ("canary", "engines", "site")),
    }
    found = {
        (path, match[0])
        for path, text in texts()
        for match in OF_ONE_MACHINE.finditer(text)
        if path != "tests/test_project.py"
    }
    assert found - allowed == set()


@pytest.mark.parametrize(
    "text",
    ["see /home/me/x", "/" + "work/main", "at https://pypi" + ".org/simple", "/tmp/x", TORCH_INDEX],
)
def test_a_machine_or_a_registry_is_seen(text):
    assert OF_ONE_MACHINE.search(text)


def test_every_article_has_its_code_its_tests_and_its_place():
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    start = (ROOT / "docs/en/index.md").read_text(encoding="utf-8")
    articles = sorted(path.parent.name for path in (ROOT / "snippets").glob("*/scratch.py"))
    assert articles
    for article in articles:
        assert (ROOT / f"docs/en/{article}.md").exists()
        assert (ROOT / f"tests/test_{article}.py").exists()
        assert f": {article}.md" in site
        assert f"({article}.md)" in start
