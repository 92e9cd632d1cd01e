"""Experiments are fixtures of the same name, shared with the site through its cache; the site is
built once, and a browser opens its pages."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from built_site import built
from playwright.sync_api import expect, sync_playwright
from projects import LIBRARY, lay

from press.modules import PACKAGE, SourceError
from press.worker import Runner  # sets what numpy and keras read from the environment

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "tools" / "node_modules"
RUNNER = Runner(ROOT)
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROME = os.environ.get("CHROME") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 20_000  # milliseconds that a busy machine may take to show something
expect.set_options(timeout=PATIENCE)


def experiments():
    """The names of all experiments: functions that take nothing but other experiments."""
    names = set()
    for path in (ROOT / PACKAGE).glob("*/experiments.py"):
        dotted = f"{path.parent.name}.experiments"
        for name in RUNNER.project.module(f"{PACKAGE}.{dotted}").bindings:
            try:
                RUNNER.project.inputs(f"{dotted}:{name}")
            except SourceError:
                continue  # a helper, an import or a constant
            names.add(name)
    return names


def fixture(name):
    @pytest.fixture(name=name)
    def result(request):
        article = request.module.__name__.removeprefix("test_")
        return RUNNER.experiment(f"{article}.experiments:{name}")

    return result


globals().update({f"{name}_fixture": fixture(name) for name in experiments()})


@pytest.fixture(scope="session")
def runner():
    """Runs the functions of this project, as the site's build does."""
    return RUNNER


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library outside of all projects: what it writes is invisible to press, as it should be."""
    folder = lay(tmp_path_factory.mktemp("library"), LIBRARY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # a stale .pyc must do no harm
        patch.setenv("TALLY", str(folder / "tally.txt"))
        yield folder


@pytest.fixture
def tally(tmp_path, monkeypatch):
    """How often each function ran since asked last, by what the functions wrote."""
    path = tmp_path / "tally.txt"
    monkeypatch.setenv("TALLY", str(path))

    def ran():
        lines = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return Counter(lines)

    return ran


def without(what):
    """Skip what cannot be tested here, where a person sees it; CI must have everything."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def tool(path):
    if not path.exists():
        without(f"no {path.name}: make test installs it where there is npm")
    return path


@pytest.fixture(scope="session")
def axe():
    return tool(MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser():
    if CHROME is None:
        without("no Chromium: apt-get install chromium, or set CHROME to a browser's path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROME, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site():
    return built()


AWAKE = """[...document.querySelectorAll(".palette, .drag input")].every(
    node => node.title || node.ariaValueText)"""  # all scripts of the page have run


@pytest.fixture
def visit(browser, site):
    """Open a page of the site in a profile of its own."""
    contexts = []

    def visit(path, width=1280, site=site, **options):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, base_url=site.url, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.noise = []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(site.url + path)  # until it is loaded: the network may rest before
        page.wait_for_load_state("networkidle")
        if options.get("java_script_enabled", True):
            page.wait_for_function(AWAKE)
        return page

    yield visit
    for context in contexts:
        context.close()
