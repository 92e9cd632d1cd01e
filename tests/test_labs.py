"""Labs: they run as they are; each task takes its solution and says what is wrong with others."""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest
from built_site import text_of, with_class

from press.modules import Project
from press.reach import Digests

ROOT = Path(__file__).parents[1]
LABS = sorted(path.stem for path in (ROOT / "docs/en/labs").glob("*.py"))
sys.path.insert(0, str(Path(__file__).parent))


def cells(stem):
    return jupytext.read(ROOT / f"docs/en/labs/{stem}.py").cells


def run(code, names):
    """What a cell prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "lab", "exec"), names)
    return printed.getvalue()


@pytest.mark.parametrize("stem", LABS)
def test_each_task_takes_its_solution_and_names_what_is_wrong(stem):
    tasks = importlib.import_module(f"labs.{stem}").TASKS
    names, code = {"__name__": "lab"}, [c for c in cells(stem) if c.cell_type == "code"]
    open_tasks = [cell for cell in code if "task" in cell.metadata.get("tags", [])]
    assert 2 <= len(tasks) == len(open_tasks) <= 3
    solving = iter(tasks)
    for cell, after in zip(code, [*code[1:], None]):
        if cell not in open_tasks:
            run(cell.source, names)
            continue
        right, mistakes = next(solving)
        run(cell.source, names)
        assert re.match(r"Task \d is open", run(after.source, names))
        for wrong, words in mistakes:
            run(wrong, names)
            with pytest.raises(AssertionError, match=words):
                run(after.source, names)
        assert len(mistakes) >= 2
        run(right, names)
        assert re.match(r"Task \d: right", run(after.source, names))


@pytest.mark.parametrize("stem", LABS)
def test_only_what_it_uses_runs_it_again(stem):
    assert not Digests(Project(ROOT)).reach(f"docs/en/labs/{stem}.py").blind


# What a reader takes home


@pytest.mark.parametrize("stem", LABS)
def test_the_page_shows_the_lab_and_offers_the_notebook(site, stem):
    tree = site.page(ROOT / f"docs/en/labs/{stem}.md")
    shown = [text_of(node) for node in with_class(tree, "cell")]
    code = [cell.source for cell in cells(stem) if cell.cell_type == "code"]
    assert len(shown) == len(code)
    for panel, source in zip(shown, code, strict=True):
        assert (
            source.split()
            == panel.removeprefix("What the check asks").split()[: len(source.split())]
        )
    links = {node.get("href"): node for node in tree.iter("a")}
    assert "download" in links[f"../{stem}.ipynb"].attrib
    assert not [link for link in links if link and "colab" in link]  # without repo_url


@pytest.mark.parametrize("stem", LABS)
def test_the_notebook_is_clean_and_leads_to_the_site(site, stem):
    text = (site.folder / f"labs/{stem}.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, 4)
    nbformat.validate(notebook)
    setup, *rest = notebook.cells
    assert [cell.source for cell in rest] == [
        re.sub(r"\]\(\.\./(\w+)\.md", rf"]({site.url}\1/", cell.source) for cell in cells(stem)
    ]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    (wheel,) = (site.folder / "labs").glob("*.whl")
    assert f"{site.url}labs/{wheel.name}" in setup.source


@pytest.mark.parametrize("given", [None, "elsewhere/checked.whl"])
def test_the_first_cell_installs_the_sites_wheel_where_there_is_none(site, monkeypatch, given):
    ran = []
    text = (site.folder / f"labs/{LABS[0]}.ipynb").read_text(encoding="utf-8")
    setup = nbformat.reads(text, 4).cells[0].source
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: ran.append((command, options))
    )
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.delenv("CHECKED_WHEEL", raising=False)
    if given:
        monkeypatch.setenv("CHECKED_WHEEL", given)
    exec(setup, {})
    assert not ran  # inside the repository
    assert os.environ["KERAS_BACKEND"] == "torch"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    exec(setup, {})
    ((command, options),) = ran
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert options == {"check": True}
    (wheel,) = (site.folder / "labs").glob("*.whl")
    assert command[-1] == (given or f"{site.url}labs/{wheel.name}")


def test_the_wheel_holds_the_code_and_needs_no_site(site):
    (wheel,) = (site.folder / "labs").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        needs = re.findall(
            r"(?m)^Requires-Dist: ([\w-]+)(?!.*extra)", packed.read(metadata).decode()
        )
    for stem in LABS:
        assert f"snippets/{stem}/scratch.py" in names
    assert {"press/notebook.py", "press/figure.mplstyle", "snippets/tf_facts.json"} <= names
    assert set(needs) == {"keras", "matplotlib", "numpy", "scikit-learn", "scipy", "torch"}


def test_colab_opens_what_the_repository_holds():
    from types import SimpleNamespace

    from press.show import download

    def page(repository):
        return download(SimpleNamespace(getConfig=lambda name: repository), "docs/en/labs/a.py")

    address = "https://colab.research.google.com/github/OWNER/REPO/blob/notebooks/a.ipynb"
    assert f'href="{address}"' in page("https://github.com/OWNER/REPO/")
    assert "colab" not in page("https://gitlab.com/OWNER/REPO")
    assert "colab" not in page("")
