"""The ledger, its list for machines, and the data behind figures: all that the articles hold."""

import csv
import json
import math

import pytest
from built_site import ROOT, sources, text_of, with_class
from conftest import RUNNER

from press.modules import PACKAGE
from press.pages import scan
from press.receipt import newest_commit

ARTICLES = [path for path in sources() if (ROOT / PACKAGE / path.stem).is_dir()]
ARTICLES = [path for path in ARTICLES if path.parent.name == "en"]


def named(path, *kinds):
    found, _, _ = scan(path.name, path.read_text(encoding="utf-8"))
    return [exhibit for exhibit, _ in found if exhibit.kind in kinds]


def broken(stem):
    """The claims of an article that the tests see fail under a wrong version."""
    return set(__import__(f"{PACKAGE}.{stem}.wrong", fromlist=["BREAKS"]).BREAKS)


@pytest.fixture(scope="module")
def listed(site):
    return json.loads((site.folder / "claims.json").read_text(encoding="utf-8"))


def test_there_are_articles():
    assert len(ARTICLES) == len(list((ROOT / PACKAGE).glob("*/claims.py"))) > 0


@pytest.mark.parametrize("source", ARTICLES, ids=lambda path: path.stem)
def test_machines_read_the_claims_that_the_tests_break(listed, site, source):
    rows = [row for row in listed["claims"] if row["article"] == source.stem]
    assert {row["claim"] for row in rows} == broken(source.stem)
    assert len(rows) == len(broken(source.stem))
    for row in rows:
        shown = RUNNER.run(f"{source.stem}.claims:{row['claim']}", draw=False)
        assert row["measured"] == shown["value"]
        assert row["url"] == f"{site.url}{source.stem}/#{row['claim']}"
        file, _, line = row["proof"].partition(":")
        text = (ROOT / file).read_text(encoding="utf-8").split("\n")
        assert text[int(line) - 1].startswith(f"def {row['claim']}(")
        assert row["sentence"]
        assert "`#!num" not in row["sentence"]


def test_the_ledger_lists_them_all(listed, site):
    tree = site.page(ROOT / "docs/en/claims.md")
    links = [node.get("href") for node in tree.iter("a")]
    wanted = [f"../{row['article']}/#{row['claim']}" for row in listed["claims"]]
    assert [link for link in links if link in set(wanted)] == wanted
    assert len(list(tree.iter("small"))) == len(wanted)
    (receipt,) = with_class(tree, "receipt")
    day = newest_commit(ROOT)
    for part in (f"{len(wanted)} of {len(wanted)}", *listed["versions"].values(), day):
        assert part in text_of(receipt)
    assert listed["newest_commit"] == day


def numbers(value):
    """All numbers in what an experiment returns, in order; no more than a page could name."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("source", ARTICLES, ids=lambda path: path.stem)
def test_each_figure_has_its_data(site, source):
    links = {node.get("href") for node in site.page(source).iter("a")}
    for exhibit in named(source, "figure", "interactive"):
        (target,) = exhibit.targets
        name = f"data/{target.replace(':', '.')}.csv"
        assert f"../{name}" in links
        rows = list(csv.DictReader((site.folder / name).read_text(encoding="utf-8").splitlines()))
        wanted = []
        for experiment in RUNNER.project.inputs(target, draw=True).values():
            wanted += numbers(RUNNER.run(experiment, draw=False)["value"])
        found = [row["value"] for row in rows]
        as_numbers = [float(value) for value in found if is_number(value)]
        assert len(as_numbers) == len(wanted) > 0, target
        for got, number in zip(as_numbers, wanted, strict=True):
            assert got == number or (math.isnan(got) and math.isnan(number))


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
