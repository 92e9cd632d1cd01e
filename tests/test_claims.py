"""Every claim holds, and fails under its wrong versions; every function is used; copies run."""

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import pytest

from press.modules import PACKAGE, Project
from press.pages import scan
from press.reach import Digests, runnable
from press.worker import frozen

ROOT = Path(__file__).parents[1]
TAUGHT = ("scratch", "torch_", "keras_", "experiments")
PROJECT = Project(ROOT)
DIGESTS = Digests(PROJECT)
ARTICLES = sorted(path.parent.name for path in (ROOT / PACKAGE).glob("*/claims.py"))
EXHIBITS = [
    pair
    for path in sorted((ROOT / "docs/en").rglob("*.md"))
    for pair in scan(path.name, path.read_text(encoding="utf-8"))[0]
]
SNIPPETS = [
    pytest.param(exhibit.targets, id=str(place))
    for exhibit, place in EXHIBITS
    if exhibit.kind == "snippet"
]
RUNS = sorted({run for exhibit, _ in EXHIBITS for run in exhibit.runs})


def public(dotted):
    """`module:function` of the public functions that a module defines."""
    module = PROJECT.module(f"{PACKAGE}.{dotted}")
    statements = module.tree.body if module else []
    functions = [node.name for node in statements if isinstance(node, ast.FunctionDef)]
    return [f"{dotted}:{name}" for name in functions if not name.startswith("_")]


def breaks(article):
    """{claim: {right function: wrong function}}"""
    _, statement = PROJECT.find(f"{article}.wrong:BREAKS")
    return ast.literal_eval(statement.value)


def function(target):
    dotted, _, name = target.partition(":")
    return getattr(importlib.import_module(f"{PACKAGE}.{dotted}"), name)


def named(function):
    """The parameters of a function, but for those that it hands on."""
    parameters = inspect.signature(function).parameters.values()
    handed_on = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [each.name for each in parameters if each.kind not in handed_on]


def modules(article):
    """{name: module} of an article."""
    names = sorted(path.stem for path in (ROOT / PACKAGE / article).glob("*.py"))
    return {name: importlib.import_module(f"{PACKAGE}.{article}.{name}") for name in names}


def received(target, draw=False):
    """The experiments that a function rests on."""
    experiments = PROJECT.inputs(target, draw=draw).values()
    return {*experiments}.union(*map(received, experiments))


CLAIMS = [claim for article in ARTICLES for claim in public(f"{article}.claims")]
WRONG = [
    pytest.param(f"{article}.claims:{claim}", right, wrong, id=f"{claim}-{wrong}")
    for article in ARTICLES
    for claim, versions in breaks(article).items()
    for right, wrong in versions.items()
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_claim_holds(claim, runner):
    _, statement = PROJECT.find(claim)
    assert ast.get_docstring(statement), "the claim in words"
    inputs = PROJECT.inputs(claim).items()
    value = function(claim)(**{name: runner.experiment(target) for name, target in inputs})
    values = value.values() if isinstance(value, dict) else [value]
    assert all(isinstance(value, int | float) for value in values)


@pytest.mark.parametrize(("claim", "right", "wrong"), WRONG)
def test_claim_fails_under_a_wrong_version(claim, right, wrong, runner, monkeypatch):
    article = claim.partition(".")[0]
    loaded = modules(article)
    wrong = getattr(loaded.pop("wrong"), wrong)
    (home,) = (
        name for name in loaded if f"{article}.{name}:{right}" in public(f"{article}.{name}")
    )
    _, statement = PROJECT.find(f"{article}.{home}:{right}")
    right = getattr(loaded[home], right)
    assert set(named(wrong)) <= set(named(right))
    for module in loaded.values():
        for name in [name for name, value in vars(module).items() if value is right]:
            monkeypatch.setattr(module, name, wrong)

    def rests_on_it(target):
        own = any(statement is node for _, node in DIGESTS.reach(target).statements)
        return own or any(map(rests_on_it, PROJECT.inputs(target).values()))

    def result(target):
        return frozen(call(target)) if rests_on_it(target) else runner.experiment(target)

    def call(target):
        inputs = PROJECT.inputs(target).items()
        return function(target)(**{name: result(experiment) for name, experiment in inputs})

    assert rests_on_it(claim)
    with pytest.raises(AssertionError):
        call(claim)


@pytest.mark.parametrize("article", ARTICLES)
def test_every_claim_can_fail_and_every_wrong_version_is_used(article):
    versions = breaks(article)
    used = {wrong for pairs in versions.values() for wrong in pairs.values()}
    assert {f"{article}.claims:{claim}" for claim in versions} == set(public(f"{article}.claims"))
    assert all(versions.values())
    assert {f"{article}.wrong:{wrong}" for wrong in used} == set(public(f"{article}.wrong"))


@pytest.mark.parametrize("article", ARTICLES)
def test_every_function_is_on_a_page_or_behind_one(article):
    targets = {target for exhibit, _ in EXHIBITS for target in exhibit.targets}
    targets |= {experiment for run in RUNS for experiment in received(*run)}
    behind = {
        f"{module.name.removeprefix(f'{PACKAGE}.')}:{node.name}"
        for target in targets
        for module, node in DIGESTS.reach(target).statements
        if isinstance(node, ast.FunctionDef)
    }
    taught = {target for name in TAUGHT for target in public(f"{article}.{name}")}
    assert taught <= behind


@pytest.mark.parametrize(("target", "draw"), RUNS)
def test_exhibit_is_no_constant(target, draw):
    assert DIGESTS.grounded(target, draw=draw)


@pytest.mark.parametrize("targets", SNIPPETS)
def test_copied_code_runs(targets):
    namespace = {}
    exec(runnable([DIGESTS.reach(target) for target in targets]), namespace)
    for target in targets:
        module, name = target.split(":")
        taught = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
        for example in doctest.DocTestFinder().find(taught, name, globs=namespace):
            assert doctest.DocTestRunner().run(example).failed == 0
