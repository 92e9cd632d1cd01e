"""What compares the site with that of other engines or newer versions sees each difference."""

import importlib
import json
import re
import sys
import tomllib
from textwrap import dedent
from types import SimpleNamespace

import pytest
from built_site import ROOT
from packaging.utils import canonicalize_name

from press import show
from press.build import Failure
from press.pages import Place

sys.path.insert(0, str(ROOT / "tools"))
canary, engines = (importlib.import_module(name) for name in ("canary", "engines"))

PAGE = """<!doctype html><article>
<p>It is <a class="num" title="computed by a.claims:b">0.50</a>.</p>
<details class="claim" id="b"><summary>It holds.</summary><pre>x = 1
    y = 2</pre></details><figure><div class="drawing"><svg><path d="M1 2"/></svg></div></figure>
<div class="output"><pre>loss 0.25
end</pre></div><math><mi>x</mi><mo>=</mo><mn>3</mn></math>
<p data-search-exclude><b>Told.</b></p></article>
"""


NUMBER = "<a class='num' title='computed by a.claims:b'"


def page(folder, html):
    path = folder / "index.html"
    folder.mkdir(exist_ok=True)
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("It is <a", "It is<a", ["-<p>It is ", "+<p>It is"]),
        (">0.50", ">0.51", [f"-{NUMBER}>0.50", f"+{NUMBER}>0.51"]),
        (' id="b"', "", ["-<details class='claim' id='b'>", "+<details class='claim'>"]),
        ("M1 2", "M1 3", ["-<path d='M1 2'>", "+<path d='M1 3'>"]),
        ("<mn>3</mn>", "", ["-<mn>3", "-</mn>", "-"]),
        ("    y", "  y", ["-<pre>x = 1\n    y = 2", "+<pre>x = 1\n  y = 2"]),
        ("</a>.", "</a>++ more", ["-.", "+++ more"]),
    ],
)
def test_a_changed_part_is_seen(tmp_path, old, new, told):
    wanted, got = page(tmp_path / "a", PAGE), page(tmp_path / "b", PAGE.replace(old, new))
    assert engines.parts_differ(wanted, got) == told
    assert engines.bytes_differ(wanted, got)


def test_what_search_leaves_out_may_be_unmarked(tmp_path):
    bare = PAGE.replace(" data-search-exclude", "")
    wanted, got = page(tmp_path / "a", PAGE), page(tmp_path / "b", bare)
    assert engines.parts_differ(wanted, got) == []
    assert engines.bytes_differ(wanted, got)
    assert engines.bytes_differ(wanted, wanted) == []


@pytest.mark.parametrize("differ", [engines.bytes_differ, engines.parts_differ])
def test_a_page_that_one_engine_lacks_is_seen(tmp_path, differ):
    written, lacking = page(tmp_path / "a", PAGE), tmp_path / "b" / "index.html"
    assert differ(written, lacking) == ["only MkDocs writes it"]
    assert differ(lacking, written) == ["MkDocs does not write it"]


def test_changed_bytes_of_no_text_are_seen(tmp_path):
    for name, content in (("a", b"\xff\xfe"), ("b", b"\xff")):
        (tmp_path / name).write_bytes(content)
    assert engines.bytes_differ(tmp_path / "a", tmp_path / "b") == ["2 and 1 bytes"]


def test_report_of_engines_names_each_difference():
    same = {"index.html": []}
    assert engines.report(same, same, ["claims.json", "labs/a.ipynb", "search/index.json"]) is None
    told = engines.report({"index.html": ["-a", "+b"]}, same, ["interactive/a.js"])
    assert "properdocs: index.html\n    -a\n    +b" in told
    assert "zensical: interactive/a.js" in told
    assert "zensical: index.html\n    -c" in engines.report(same, {"index.html": ["-c"]}, [])


def test_table_of_engines_counts_what_a_page_holds(tmp_path):
    page(tmp_path, PAGE)
    table = engines.table(
        tmp_path,
        ["properdocs 1", "zensical 0.1"],
        {"index.html": []},
        {"index.html": ["-a"], "x.html": ["+b"]},
    )
    assert table.splitlines()[-1].split() == [
        "index.html", "1", "1", "1", "1", "same", "bytes", "1", "differ",
    ]  # fmt: skip


def test_engines_lie_over_the_lock():
    text = (ROOT / "requirements-engines.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    names = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert {"properdocs", "zensical"} < names
    assert names.isdisjoint(canary.locked((ROOT / "requirements.txt").read_text(encoding="utf-8")))


def test_addresses_in_html_suit_the_engine(monkeypatch):
    assert show.up() == "../"
    monkeypatch.setitem(sys.modules, "zensical", None)
    assert show.up() == ""


def site(folder, html, measured):
    page(folder, html)
    rows = [{"article": "a", "claim": "b", "measured": measured}]
    (folder / "claims.json").write_text(json.dumps({"claims": rows}), encoding="utf-8")
    return canary.numbers_of(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (">0.50", ">0.51", [("a.claims:b", "0.50", "0.51")]),
        ("<mn>3", "<mn>4", [("formula", "x=3", "x=4")]),
        ("It is", '<b class="num" title="c">9</b> is', [("c", "–", "9")]),
        (
            "<math>",
            "<math><mn>7</mn></math><math>",
            [("formula", "x=3", "7"), ("formula", "–", "x=3")],
        ),
        ("loss 0.25", "loss 0.26", [("printed", "loss 0.25", "loss 0.26")]),
        ("0.25\nend", '0.25</pre></div><div class="output"><pre>end', []),
        ("Told.", "Told again.", []),
    ],
)
def test_a_changed_number_is_seen(tmp_path, old, new, told):
    before = site(tmp_path / "old", PAGE, 1)
    after = site(tmp_path / "new", PAGE.replace(old, new), 1)
    found = canary.changed(before, after)
    assert [(name, *texts) for (_, name, _), *texts in found] == told
    assert {where for (where, *_), *_ in found} <= {"index.html"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (0.123456, 0.123457, []),  # the same at the four digits that are shown
        (0.1234, 0.1235, [("b", "0.1234", "0.1235")]),
        ({"x": 1, "y": 2}, {"x": 1, "y": 3}, [("b y", "2", "3")]),
        ({"x": 1}, {"z": 1}, [("b x", "1", "–"), ("b z", "–", "1")]),
    ],
)
def test_a_changed_measured_value_is_seen(tmp_path, old, new, told):
    before, after = site(tmp_path / "old", PAGE, old), site(tmp_path / "new", PAGE, new)
    assert [(name, *texts) for (_, name, _), *texts in canary.changed(before, after)] == told


def test_versions_are_compared_by_name():
    lock = canary.locked("# old==1\nfoo_bar==1.0\nbaz==2; python_version < '3'\ngone==3\n")
    assert canary.changed(lock, {"foo-bar": "1.1", "baz": "2", "new": "4"}) == [
        ("foo-bar", "1.0", "1.1"), ("gone", "3", "–"), ("new", "–", "4"),
    ]  # fmt: skip


@pytest.mark.parametrize("torch", [False, True])
def test_newest_versions_are_asked_for(monkeypatch, torch):
    monkeypatch.delenv("CANARY_TORCH", raising=False)
    if torch:
        monkeypatch.setenv("CANARY_TORCH", "1")
    project = tomllib.loads(canary.unpinned((ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    groups = project["project"]["optional-dependencies"].values()
    names = [*project["project"]["dependencies"], *(name for group in groups for name in group)]
    assert [name for name in names if "==" in name] == ([] if torch else ["torch==2.13.0"])
    assert {"torch"} <= {name.partition("==")[0] for name in names}
    assert project["project"]["version"]


def test_press_names_the_claims_that_fail():
    failure = Failure(Place("docs/en/a.md", 3), "a.claims:b", "AssertionError: 1 > 2", "a.py:9")
    output = f"INFO - building\n\n{failure}\n\n1 failure; nothing was written.\n"
    found = canary.failures_of(output)
    assert found == ["docs/en/a.md:3: a.claims:b: AssertionError: 1 > 2"]
    (other,) = canary.failures_of("a\nTypeError: no such option")
    assert "TypeError: no such option" in other


def test_what_tests_say_is_read(tmp_path):
    code = """
        import pytest
        def test_a(): pass
        def test_b(): assert 1 > 2
        @pytest.mark.skip
        def test_c(): pass
        @pytest.fixture
        def d(): raise ValueError("no")
        def test_d(d): pass
    """
    (tmp_path / "test_x.py").write_text(dedent(code), encoding="utf-8")
    (tmp_path / "test_y.py").write_text("import no_such_module\n", encoding="utf-8")
    found = canary.test(tmp_path, sys.executable)
    assert found.pop("test_x.py::test_a") == found.pop("test_x.py::test_c") == ""
    assert "assert 1 > 2" in found.pop("test_x.py::test_b")
    assert "ValueError: no" in found.pop("test_x.py::test_d")
    ((name, why),) = found.items()
    assert "test_y" in name
    assert why


def test_canary_fails_for_claims_and_tests_only():
    version, number = ("numpy", "1", "2"), (("a/index.html", "a.claims:b", 0), "3", "4|5")
    text, failed = canary.report([version], [], {}, [number], 9)
    assert not failed
    assert "9 tests hold" in text
    assert "| numpy | 1 | 2 |" in text
    assert "| a/index.html | a.claims:b | 3 | 4∣5 |" in text
    text, failed = canary.report([], ["a.md:3: a.claims:b: no"], {}, [], 9)
    assert failed
    assert "- a.md:3: a.claims:b: no" in text
    text, failed = canary.report([], [], {"tests/test_a.py::test_b": "assert 0"}, [], 9)
    assert failed
    assert "- `tests/test_a.py::test_b`: assert 0" in text


def test_a_record_to_be_measured_anew_is_no_failure():
    name = "tests/test_tf_facts.py::test_record_is_of_the_locked_version[keras]"
    text, failed = canary.report([], [], {name: "assert '1' == '2'"}, [], 9)
    assert not failed
    assert name in text


@pytest.fixture
def run_canary(monkeypatch, tmp_path, capsys):
    """Run it without installing or building: (exit code, what it says)."""

    def run(says, built=""):
        stubs = {
            "install": lambda: "python",
            "installed": lambda python: {},
            "clone": lambda project: project,
            "lift_pins": lambda project, versions: None,
            "build": lambda project, python: SimpleNamespace(
                returncode=int(bool(built) and project.name == "newest"), stdout="", stderr=built
            ),
            "test": lambda project, *_: {"test_a.py::test_b": says[project.name].pop(0)},
            "numbers_of": lambda site: {},
        }
        for name, stub in stubs.items():
            monkeypatch.setattr(canary, name, stub)
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
        code = canary.main()
        text = (tmp_path / "summary.md").read_text(encoding="utf-8")
        assert capsys.readouterr().out.strip() == text.strip()
        return code, text

    return run


@pytest.mark.parametrize(
    ("lock", "newest", "code"),
    [("", ["assert 0", "assert 0"], 1), ("assert 0", ["assert 0", "assert 0"], 0),
     ("", ["assert 0", ""], 0), ("", [""], 0)],
)  # fmt: skip
def test_canary_tells_which_tests_failed_only_now(run_canary, lock, newest, code):
    found, text = run_canary({"lock": [lock], "newest": newest})
    assert found == code
    assert ("test_a.py::test_b" in text) == bool(code)


def test_canary_tells_which_claims_failed(run_canary):
    says = {"lock": [], "newest": ["Failed: the site does not build"]}
    found, text = run_canary(says, "docs/en/a.md:3: a.claims:b: AssertionError: no")
    assert found == 1
    assert "- docs/en/a.md:3: a.claims:b: AssertionError: no" in text
    assert "test_a.py" not in text
    assert "not compared" in text
