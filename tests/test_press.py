"""press: never stale, never needlessly slow, and loud about everything that is wrong."""

import ast
import contextlib
import importlib.metadata
import io
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from html import unescape
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType

import markdown
import nbformat
import numpy as np
import pytest
from projects import CONFIG, contents, edit, lay, mkdocs, wait_until
from pymdownx.inlinehilite import InlineHiliteException
from pymdownx.superfences import SuperFencesException

import press.crew
import press.worker
from press import extension, show
from press.__main__ import main
from press.build import Build
from press.formula import FORMULA, FormulaError, mathml
from press.modules import Module, Project, SourceError, is_plain, without_docstring
from press.pages import KINDS, PageError, parse_fence, parse_number, scan
from press.reach import Digests, Reach, runnable
from press.receipt import newest_commit
from press.store import KEPT, Store
from press.worker import Runner, frozen, plain

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("library")


def digest(root, target="art.use:f", **options):
    return Digests(Project(root)).digest(target, **options)


def lay_case(root, case, version):
    """Write a case of the tables below: use.py, its other files, far.py if nothing is edited."""
    far = "" if "<<" in case else "# art/far.py\ndef g(): return <<1|2>>\n"
    files = f"# ./__init__.py\n# art/__init__.py\n# art/use.py\n{dedent(case).lstrip()}\n{far}"
    lay(root / "snippets", files, version)
    return root


# Reach: an edit that changes what use.f() returns changes its digest

CHANGES = {
    "the function itself": """
        def f(): return <<1|2>>
    """,
    "a name from another module": """
        from snippets.art.far import g
        def f(): return g()
    """,
    "two modules away": """
        from snippets.art.mid import g
        def f(): return g()
        # art/mid.py
        from snippets.art.far import h
        def g(): return h()
        # art/far.py
        def h(): return <<1|2>>
    """,
    "a renamed import": """
        from snippets.art.far import g as other
        def f(): return other()
    """,
    "a default value": """
        from snippets.art.far import N
        def g(n=N): return n
        def f(): return g()
        # art/far.py
        N = <<1|2>>
    """,
    "a constant of constants": """
        A = <<1|2>>
        B = [A, {"b": A}]
        def f(): return B
    """,
    "rebound later": """
        A = 1
        A = <<1|2>>
        def f(): return A
    """,
    "changed by an augmented assignment": """
        A = 1
        A += <<1|2>>
        def f(): return A
    """,
    "an unpacked assignment": """
        A, (B, C) = 0, (0, <<1|2>>)
        def f(): return C
    """,
    "a module as a value": """
        from snippets.art import far
        def f(): return far.g()
    """,
    "a module under a short name": """
        import snippets.art.far as far
        def f(): return far.g()
    """,
    "a dotted module": """
        import snippets.art.far
        def f(): return snippets.art.far.g()
    """,
    "a module imported by another one": """
        import snippets.art.near
        def f(): return snippets.art.far.g()
        # art/near.py
        from snippets.art.far import other
        # art/far.py
        def other(): return 0
        def g(): return <<1|2>>
    """,
    "a submodule of a package, imported elsewhere": """
        from snippets import art
        from snippets.art.near import g
        def f(): return g() + art.far.h()
        # art/near.py
        from snippets.art.far import i
        def g(): return i()
        # art/far.py
        def i(): return 0
        def h(): return <<1|2>>
    """,
    "a package without __init__": """
        from snippets import other
        import snippets.other.far
        def f(): return other.far.g()
        # other/far.py
        def g(): return <<1|2>>
    """,
    "a relative import": """
        from .far import g
        def f(): return g()
    """,
    "a relative import of a module": """
        from . import far
        def f(): return far.g()
    """,
    "a relative import from above": """
        from ..other.far import g
        def f(): return g()
        # other/__init__.py
        # other/far.py
        def g(): return <<1|2>>
    """,
    "an import in the function": """
        def f():
            from snippets.art.far import g
            return g()
    """,
    "a module imported in the function": """
        def f():
            import snippets.art.far
            return snippets.art.far.g()
    """,
    "a re-export": """
        from snippets.art import g
        def f(): return g()
        # art/__init__.py
        from .far import g
    """,
    "a re-export by star": """
        from snippets.art import g
        def f(): return g()
        # art/__init__.py
        from .far import *
    """,
    "a name that a star overrides": """
        from snippets.art.mid import g
        def f(): return g()
        # art/mid.py
        def g(): return 0
        from .far import *
    """,
    "a star import": """
        from snippets.art.far import *
        def f(): return g()
    """,
    "a star in a try": """
        try:
            from snippets.art.far import *
        except ImportError:
            pass
        def f(): return g()
    """,
    "a function and a module of one name": """
        import snippets.art.far
        from snippets.art import far
        def f(): return far.g()
        # art/__init__.py
        def far(): return 0
    """,
    "a package that hides a module": """
        from snippets.art.far import g
        def f(): return g()
        # art/far.py
        def g(): return 0
        # art/far/__init__.py
        def g(): return <<1|2>>
    """,
    "a conditional import": """
        try:
            from snippets.art.fast import g
        except ImportError:
            from snippets.art.slow import g
        def f(): return g()
        # art/slow.py
        def g(): return <<1|2>>
    """,
    "a module __getattr__": """
        from snippets.art import far
        def f(): return far.anything
        # art/far.py
        def __getattr__(name): return <<1|2>>
    """,
    "a package __getattr__": """
        from snippets.art import g
        def f(): return g()
        # art/__init__.py
        def __getattr__(name):
            import snippets.art.far as far
            return far.g
    """,
    "a registering decorator": """
        TABLE = []
        def register(g):
            TABLE.append(g)
            return g
        @register
        def one(): return <<1|2>>
        def f(): return [g() for g in TABLE]
    """,
    "a registering decorator, imported for its effect": """
        from snippets.art.table import TABLE
        import snippets.art.far
        def f(): return [g() for g in TABLE]
        # art/table.py
        TABLE = []
        def register(g):
            TABLE.append(g)
            return g
        # art/far.py
        from .table import register
        @register
        def one(): return <<1|2>>
    """,
    "a registering class": """
        class Base:
            known = []
            def __init_subclass__(cls): Base.known.append(cls)
        class One(Base):
            value = <<1|2>>
        def f(): return [known.value for known in Base.known]
    """,
    "a call at import": """
        from .state import STATE
        from .far import setup
        setup()
        def f(): return STATE
        # art/state.py
        STATE = []
        # art/far.py
        from .state import STATE
        def setup(): STATE.append(<<1|2>>)
    """,
    "a default evaluated at import": """
        STATE = []
        def note(value): STATE.append(value)
        def unrelated(x=note(<<1|2>>)): return 0
        def f(): return STATE
    """,
    "a name bound in a default": """
        def unrelated(x=(n := <<1|2>>)): return 0
        def f(): return n
    """,
    "an annotation evaluated at import": """
        STATE = []
        def note(value): STATE.append(value)
        def unrelated(x: note(<<1|2>>)) -> None: return 0
        def f(): return STATE
    """,
    "a loop at import": """
        STATE = {}
        for key in "ab":
            STATE[key] = <<1|2>>
        def f(): return STATE
    """,
    "a patched attribute": """
        from snippets.art import far
        far.g = lambda: <<1|2>>
        def f(): return far.g()
        # art/far.py
        def g(): return 0
    """,
    "a deleted name": """
        from builtins import max
        def max(*a): return <<1|2>>
        def f(): return max(0, 5)
    """,
    "an effect of a package": """
        from snippets.state import STATE
        def f(): return STATE
        # ./state.py
        STATE = []
        # art/__init__.py
        from snippets.state import STATE
        STATE.append(<<1|2>>)
    """,
    "a global set by a function": """
        def setup():
            global N
            N = <<1|2>>
        setup()
        def f(): return N
    """,
    "a match at import": """
        match {"n": <<1|2>>}:
            case {"n": n}: pass
        def f(): return n
    """,
    "a class": """
        class A:
            def g(self): return <<1|2>>
        def f(): return A().g()
    """,
    "a base class": """
        from .far import B
        class A(B): pass
        def f(): return A().g()
        # art/far.py
        class B:
            def g(self): return <<1|2>>
    """,
    "the wrapped function": """
        from functools import cache
        def g(): return <<1|2>>
        h = cache(g)
        def f(): return h()
    """,
    "getattr by string": """
        from snippets.art import far
        def f(): return getattr(far, "g" + "")()
    """,
    "getattr by another name": """
        import builtins
        import snippets.art.far
        import snippets.art.near as near
        def f(): return builtins.getattr(near, "g")()
        # art/near.py
        from .far import g
    """,
    "importlib": """
        import importlib
        def f(): return importlib.import_module("snippets." + "art.far").g()
    """,
    "importlib.util under another name": """
        import importlib.util as u
        def f():
            spec = u.find_spec(".".join(["snip" "pets", "art", "far"]))
            module = u.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.g()
    """,
    "a part of importlib": """
        from importlib.machinery import SourceFileLoader as S
        def f(): return S("x", "snip" + "pets/art/far.py").load_module().g()
    """,
    "__import__": """
        def f(): return __import__("snip" + "pets.art.far").art.far.g()
    """,
    "a dotted name in a string": """
        import pkgutil as p, pydoc as d
        def f(): return d.locate("snippets.art.far.g")()
    """,
    "timeit": """
        import timeit as t
        def f():
            found = []
            t.timeit("found.append(g())", f"from {'snip'}pets.art.far import g", number=1,
                     globals={"found": found})
            return found
    """,
    "eval": """
        def g(): return <<1|2>>
        def f(): return eval("g" + "()")
    """,
    "globals": """
        def g(): return <<1|2>>
        def f(): return globals()["g"]()
    """,
    "dir": """
        def <<g|gg>>(): return 1
        NAMES = dir()
        def f(): return [name for name in NAMES if name.strip("_") == name]
    """,
    "sys.modules": """
        import sys
        def g(): return <<1|2>>
        def f(): return sys.modules[__name__].g()
    """,
    "operator": """
        from operator import attrgetter as a
        from snippets.art import far
        def f(): return a("g")(far)()
    """,
    "a docstring that is read": '''
        def g():
            """<<1|2>>"""
        def f(): return g.__doc__
    ''',
    "a docstring that is read by a library": '''
        import inspect
        def g():
            """<<1|2>>"""
        def f(): return inspect.getdoc(g)
    ''',
    "a docstring that is formatted": '''
        def g():
            """<<1|2>>"""
        def f(): return "{0.__doc__}".format(g)
    ''',
    "a docstring of the module": '''
        """<<1|2>>"""
        def f(): return __doc__
    ''',
    "a doctest": '''
        import doctest
        def g():
            """
            >>> <<1|2>>
            2
            """
        def f():
            test = doctest.DocTestFinder().find(g, "g", globs={})[0]
            return doctest.DocTestRunner(verbose=False).run(test, out=len).failed
    ''',
    "a line number": """
        N = <<0|(
            0)>>
        def g(): raise ValueError
        def f():
            try: g()
            except ValueError as error: return error.__traceback__.tb_next.tb_lineno
    """,
    "source that is read": """
        import inspect
        def g(): return 1  # <<1|2>>
        def f(): return inspect.getsource(g)
    """,
    "a file named by a literal": """
        def f(): return open("snippets/art/data.txt").read()
        # art/data.txt
        <<1|2>>
    """,
    "a file named by a constant": """
        from pathlib import Path
        FILE = "snippets/art/data.txt"
        def f(): return Path(FILE).read_text()
        # art/data.txt
        <<1|2>>
    """,
    "a file without a suffix": """
        def f(): return open("DATA").read()
        # ../DATA
        <<1|2>>
    """,
    "a file of another folder": """
        from pathlib import Path
        def f(): return Path("data/one.txt").read_text()
        # ../data/one.txt
        <<1|2>>
    """,
    "a computed path": """
        from pathlib import Path
        def f(): return (Path("snippets") / "art" / ("da" + "ta.txt")).read_text()
        # art/data.txt
        <<1|2>>
    """,
    "beside the module": """
        from pathlib import Path
        HERE = Path(__file__).parent
        def f(): return (HERE / f"{'data'}.txt").open().read()
        # art/data.txt
        <<1|2>>
    """,
    "a glob": """
        from pathlib import Path
        def f(): return sorted(p.read_text() for p in Path("snippets").glob("*/*.txt"))
        # art/data.txt
        <<1|2>>
    """,
    "a name in a listing": """
        import os
        def f(): return sorted(os.listdir("snippets/art"))
        # art/<<one|two>>.txt
    """,
    "a folder in a listing": """
        import os
        def f(): return sorted(p for p, _, _ in os.walk("snippets"))
        # art/<<one|two>>/x.txt
    """,
    "a reader of the project, by a literal": """
        from snippets.art.far import load
        def f(): return load("snippets/art/data.txt")
        # art/far.py
        def load(name): return <<1|2>>
        # art/data.txt
        0
    """,
    "a reader in a module of the project, by a literal": """
        from snippets.art import far
        def f(): return far.load("snippets/art/data.txt")
        # art/far.py
        def load(name): return <<1|2>>
        # art/data.txt
        0
    """,
    "a path beside a literal": """
        from pathlib import Path
        def f(): return Path("snippets/data/a.txt").with_name("b.txt").read_text()
        # ../b.txt
        0
        # data/a.txt
        0
        # data/b.txt
        <<1|2>>
    """,
    "a member of an archive": """
        class Archive:
            def __init__(self, folder): self.folder = folder
            def open(self, name): return unknown_reader(self.folder + name)
        from linecache import getlines as unknown_reader
        def f(): return Archive("snippets/" + "art/").open("a.txt")
        # ../a.txt
        0
        # art/a.txt
        <<1|2>>
    """,
    "a reader that is not open": """
        import fileinput as x
        def f(): return list(x.input(["snip" + "pets/art/data.txt"]))
        # art/data.txt
        <<1|2>>
    """,
    "a command": """
        import os
        def f(): return os.popen("cat snip''pets/art/data.txt").readline()
        # art/data.txt
        <<1|2>>
    """,
    "the size of a file": """
        from os.path import getsize as g
        def f(): return g("snip" + "pets/art/data.txt")
        # art/data.txt
        <<1|22>>
    """,
    "a nested function": """
        def g(): return <<1|2>>
        def f():
            def inner(): return [g() for _ in range(2)]
            return inner()
    """,
    "a lambda": """
        g = lambda: <<1|2>>
        def f(): return (lambda: g())()
    """,
    "an f-string": """
        def g(): return <<1|2>>
        def f(): return f"{g()}"
    """,
    "a type of a constant": """
        def f(): return <<1|1.0>>
    """,
    "the order of effects": """
        STATE = []
        def one(): STATE.append(1)
        def two(): STATE.append(2)
        <<one()|two()>>
        <<two()|one()>>
        def f(): return STATE
    """,
    "the order of functions of one name": """
        def g(): return <<1|2>>
        def h(): return 0
        def g(): return <<2|1>>
        def f(): return g() + h()
    """,
    "the order of functions with defaults": """
        N = [0]
        def note(): N[0] += 1; return N[0]
        <<def g(n=note()): return n|def h(n=note()): return n>>
        <<def h(n=note()): return n|def g(n=note()): return n>>
        def f(): return g()
    """,
    "the order of imports": """
        from .state import STATE
        <<from .a import x|from .b import x>>
        <<from .b import x|from .a import x>>
        def f(): return STATE
        # art/state.py
        STATE = []
        # art/a.py
        from .state import STATE
        STATE.append(1)
        x = 0
        # art/b.py
        from .state import STATE
        STATE.append(2)
        x = 0
    """,
    "an import taken away": """
        from .state import STATE
        <<from . import a|pass>>
        def f(): return STATE
        # art/state.py
        STATE = []
        # art/a.py
        from .state import STATE
        STATE.append(1)
    """,
    "modules that import each other": """
        import snippets.art.a
        def f(): return snippets.art.a.g()
        # art/a.py
        import snippets.art.b
        def g(): return snippets.art.b.h()
        # art/b.py
        import snippets.art.a
        def h(): return <<1|2>>
    """,
}

KEEPS = {
    "a comment": """
        def f(): return 1  # <<one|two>>
    """,
    "a docstring": '''
        """<<one|two>>"""
        def f():
            """<<one|two>>"""
            return 1
    ''',
    "empty lines": """
        <<|

        >>def f(): return 1
    """,
    "a function that nothing calls": """
        def g(): return <<1|2>>
        def f(): return 1
    """,
    "a constant that nothing reads": """
        N = <<1|[2, -3]>>
        def f(): return 1
    """,
    "a function beside the imported one": """
        from snippets.art.far import g
        def f(): return g()
        # art/far.py
        def g(): return 1
        def h(): return <<1|2>>
    """,
    "an import that nothing uses": """
        <<import math|from .far import g>>
        def f(): return 1
        # art/far.py
        def g(): return 1
    """,
    "a file that nothing names": """
        def f(): return open("snippets/art/a.txt").read()
        # art/a.txt
        0
        # art/b.txt
        <<1|2>>
    """,
    "a file beside the one NumPy reads": """
        import numpy as np
        def f(): return np.loadtxt("snippets/art/a.txt", delimiter=",")
        # art/a.txt
        0
        # art/b.txt
        <<1|2>>
    """,
    "a file beside the one a Path reads": """
        from pathlib import Path
        def f(): return Path("snippets/art/a.txt").read_text()
        # art/a.txt
        0
        # art/b.txt
        <<1|2>>
    """,
    "a module of another article": """
        def f(): return 1
        # other/use.py
        def f(): return <<1|2>>
    """,
    "the order of functions": """
        <<def g(x): return 1|def h(y): return 2>>
        # not their order here
        <<def h(y): return 2|def g(x): return 1>>
        def f(): return g(0) + h(0)
    """,
    "an attribute of a class that nothing uses": """
        class A:
            n = <<1|2>>
            def __init__(self): self.n = <<1|2>>
        def f(): return 1
    """,
}
# A process for each would take ten times as long: each version runs in a fork of one.
FORKS = """
import contextlib, io, json, os, sys
for root in sys.argv[1:]:
    if os.fork() == 0:
        os.chdir(root)
        sys.path.insert(0, root)
        from snippets.art.use import f
        print(json.dumps([root, repr(f())]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """{(case, version): (root, what f returns)}"""
    base, roots = tmp_path_factory.mktemp("versions"), {}
    for table in (CHANGES, KEEPS):
        for name, text in table.items():
            for version in (1, 2):
                roots[name, version] = lay_case(base / f"{len(roots)}", text, version)
    command = [sys.executable, "-W", "ignore", "-c", FORKS, *map(str, roots.values())]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    returned = dict(map(json.loads, output.splitlines()))
    return {key: (root, returned[str(root)]) for key, root in roots.items()}


@pytest.mark.parametrize("name", CHANGES)
def test_an_edit_that_changes_a_result_changes_the_digest(name, versions):
    (before, old), (after, new) = versions[name, 1], versions[name, 2]
    assert old != new, "the case proves nothing"
    assert digest(before) != digest(after)


@pytest.mark.parametrize("name", KEEPS)
def test_an_unrelated_edit_keeps_the_digest(name, versions):
    (before, old), (after, new) = versions[name, 1], versions[name, 2]
    assert old == new, "the case proves nothing"
    assert digest(before) == digest(after)


@pytest.mark.parametrize(
    "line",
    [
        "broken = gone",
        "broken = [1, gone]",
        "broken = 1 / 0",
        "broken = -'1'",
        "broken = {[]: 1}",
        "broken = f",
        "def broken(x=gone): pass",
        "def broken(x: gone): pass",
        "class Broken: n = gone",
        "class Broken(gone): pass",
        "from snippets.art.far import gone",
        "from snippets.gone import g",
        "import snippets.gone",
        "from . import gone",
        "from .use import gone",
    ],
)
def test_what_cannot_be_imported_changes_the_digest(tmp_path, line):
    """Though the function does not use it, it cannot run."""
    lay_case(tmp_path, "def f(): return 1\n", 1)
    before = digest(tmp_path)
    lay_case(tmp_path, f"{line}\ndef f(): return 1\n", 1)
    assert digest(tmp_path) != before


@pytest.mark.parametrize(
    ("expression", "computed"), [("2**20", True), ("10**10**3", False), ("1 << 10**3", False)]
)
def test_a_power_without_end_is_left_to_the_run(expression, computed):
    """Whose time is limited, as that of parsing is not."""
    assert is_plain(ast.parse(expression, mode="eval").body, ()) == computed


@pytest.mark.parametrize(
    ("code", "widens"),
    [
        ("import os\ndef f(): return os.environ['A']", True),
        ("from os import environ as e\ndef f(): return e['A']", True),
        ("import os\ndef f(): return os.getenv('A')", True),
        ("import os\nos.environ.setdefault('A', '1')\ndef f(): return 1", True),
        ("import os\nos.environ['A'] = '1'\ndef f(): return 1", False),  # it only sets it
        ("def f(): return 1", False),
    ],
)
def test_the_environment_counts_for_what_reads_it(tmp_path, monkeypatch, code, widens):
    lay_case(tmp_path, code, 1)
    monkeypatch.setenv("PRESS_TEST", "1")
    before = digest(tmp_path)
    monkeypatch.setenv("PRESS_TEST", "2")
    assert (digest(tmp_path) != before) == widens


def test_a_file_that_appears_counts(tmp_path):
    root = lay_case(tmp_path, 'def f(): return open("snippets/art/data.txt").read()', 1)
    before = digest(root)
    (root / "snippets/art/data.txt").write_text("1")
    assert digest(root) != before


def test_the_machine_counts(tmp_path, monkeypatch):
    lay_case(tmp_path, "def f(): return 1\n", 1)
    before = digest(tmp_path)
    monkeypatch.setattr("platform.platform", lambda: "another machine")
    assert digest(tmp_path) != before


def test_what_stands_behind_an_exhibit(tmp_path):
    root = lay(
        tmp_path,
        """
        # snippets/art/scratch.py
        def g(): return 1
        # snippets/art/experiments.py
        def constant(): return {"n": 1}
        def taught():
            from snippets.art.scratch import g
            return g()
        def measured(): return scipy.stats.norm
        import scipy.stats
        def recorded(): return open("snippets/art/data.json")
        def received(taught): return taught
        # snippets/art/data.json
        {}
        """,
    )
    digests = Digests(Project(root))
    names = ("constant", "taught", "measured", "recorded", "received")
    grounded = [name for name in names if digests.grounded(f"art.experiments:{name}")]
    assert grounded == ["taught", "measured", "recorded", "received"]


def test_runnable_code_brings_all_it_calls(tmp_path):
    root = lay(
        tmp_path,
        """
        # snippets/art/use.py
        import math as m
        from pathlib import Path
        from .far import SCALE, h
        def f(): return m.sqrt(h(SCALE)), Path("snippets/art/data.txt").read_text()
        def unrelated(): return 0
        # snippets/art/far.py
        import operator
        BASE = 2
        SCALE = BASE * 2
        def h(x): return operator.mul(x, BASE + BASE)
        # snippets/art/data.txt
        0
        """,
    )
    text = runnable([Reach(Project(root), "art.use:f")])
    namespace = {}
    with contextlib.chdir(root):
        exec(text, namespace)
        assert namespace["f"]() == (4.0, "0\n")
    assert "unrelated" not in text


# Pages: what is named where, exactly as Markdown sees it

DEMO = "art.scratch:double"
FENCES = {
    "plain": ("```snippet\nT\n```", 1),
    "four backticks": ("````snippet\nT\n````", 1),
    "tildes": ("~~~snippet\nT\n~~~", 1),
    "a space": ("``` snippet\nT\n```  ", 1),
    "empty lines": ("```snippet\n\nT\n\n```", 1),
    "next to text": ("text\n```snippet\nT\n```\ntext", 1),
    "in a list": ("- a\n\n    ```snippet\n    T\n    ```", 1),
    "in a tight list": ("- a\n    ```snippet\n    T\n    ```", 1),
    "in a tab": ('=== "A"\n\n    ```snippet\n    T\n    ```', 1),
    "in a quote": ("> ```snippet\n> T\n> ```", 1),
    "in a quote, empty line": ("> ```snippet\n>\n> T\n> ```", 1),
    "in a quote in a quote": ("> > ```snippet\n> > T\n> > ```", 1),
    "in front matter's wake": ("---\ntitle: x\n---\n```snippet\nT\n```", 1),
    "after code in three backticks": ("```x``` y\n\n```snippet\nT\n```", 1),
    "an example": ("````markdown\n```snippet\nT\n```\n````", 0),
    "an example between tildes": ("~~~markdown\n```snippet\nT\n```\n~~~", 0),
    "another language": ("```python\nx\n```", 0),
    "a title that is a kind": ('```python title="output"\nx\n```', 0),
    "an inline number": ("a `#!num art.experiments:two.four .1f` b", 1),
    "a number over a line break": ("a `#!num art.experiments:two.four\n.1f` b", 1),
    "a number after colons": ("a `:::num art.experiments:two.four` b", 1),
    "a number in a table": ("|a|\n|-|\n|`#!num art.experiments:two.four`|", 1),
    "a number in code": ("`` `#!num art.experiments:two.four` ``", 0),
    "an escaped number": ("\\`#!num art.experiments:two.four`", 0),
    "a number in a fence": ("```python\n`#!num art.experiments:two.four`\n```", 0),
    "two numbers": ("`#!num art.experiments:two.a` `#!num art.experiments:two.b`", 2),
}
MISTAKES = {
    "never closed": ("```snippet\nT\n", "snippet fence is never closed"),
    "closed by more": ("```snippet\nT\n````", "snippet fence is never closed"),
    "closed by another": ("```snippet\nT\n~~~", "snippet fence is never closed"),
    "closed elsewhere": ("- a\n\n    ```snippet\n    T\n```", "snippet fence is never closed"),
    "text to the left": ("- a\n\n    ```snippet\nT\n    ```", "snippet fence is never closed"),
    "a quote that ends": ("> ```snippet\n> T\n\n```", "snippet fence is never closed"),
    "code before it": ("```python\nx\n\n```snippet\nT\n```", "python fence is never closed"),
    "on a bullet's line": ("- ```snippet\n  T\n  ```", "this fence is never closed"),
    "a title": ('```snippet title="x"\nT\n```', "unknown fence option: 'snippet title=\"x\"'"),
    "an attribute": ("```{.snippet}\nT\n```", "unknown fence option: '{.snippet}'"),
    "attributes": ("``` { .snippet #x }\nT\n```", "unknown fence option: '{ .snippet #x }'"),
    "a dot": ("```.snippet\nT\n```", "unknown fence option: '.snippet'"),
    "a capital": ("```Snippet\nT\n```", "unknown fence option: 'Snippet'"),
}


def rendered(text):
    """The bodies that Markdown hands to a formatter."""
    seen = []

    def fence(source, *_, **__):
        seen.append(source)
        return ""

    def inline(source, *_):
        seen.append(source)
        return ""

    fences = [{"name": "snippet", "class": "", "format": fence}]
    numbers = [{"name": "num", "class": "", "format": inline}]
    options = {
        "pymdownx.tabbed": {"alternate_style": True},
        "pymdownx.superfences": {"custom_fences": fences},
        "pymdownx.inlinehilite": {"custom_inline": numbers},
    }
    markdown.markdown(text, extensions=["meta", "tables", *options], extension_configs=options)
    return seen


@pytest.mark.parametrize("name", FENCES)
def test_scan_finds_what_markdown_renders(name):
    text, number = FENCES[name]
    text = text.replace("T", DEMO)
    found, _, mistakes = scan("page.md", text)
    assert (len(found), mistakes) == (number, [])
    sources = rendered(text)
    assert [exhibit for exhibit, _ in found] == [
        parse_fence("snippet", source) if source.strip() == DEMO else parse_number(source)
        for source in sources
    ]


@pytest.mark.parametrize("name", MISTAKES)
def test_scan_names_what_markdown_would_print_as_code(name):
    text, why = MISTAKES[name]
    assert why in [why for _, why in scan("page.md", text.replace("T", DEMO))[2]]


def test_scan_tells_the_line():
    text = "# T\n\n$x$\n\n```snippet\nart.scratch:double\n```\n\n`#!num a.b:c`"
    found, formulas, _ = scan("p.md", text)
    assert [str(place) for _, place in found] == ["p.md:5", "p.md:9"]
    assert [str(place) for *_, place in formulas] == ["p.md:3"]


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("claim", "holds", "It holds."),
        ("figure", "plot_it", "alt: It.\nIt."),
        ("sketch", "sketch_it", ""),
    ],
)
def test_an_anchor_is_used_once(kind, name, text):
    fence = f"```{kind}\nart.code:{name}\n{text}\n```\n"
    _, _, mistakes = scan("p.md", fence + fence)
    line, why = fence.count("\n") + 1, f"{name} is on this page already"
    assert [(place.line, told) for place, told in mistakes] == [(line, why)]


def test_fence_parts():
    exhibit = parse_fence("figure", "art.figures:plot_a\n alt: One\nA\n alt: two.\n\nB.\n")
    assert (exhibit.targets, exhibit.alt, exhibit.text) == (
        ("art.figures:plot_a",),
        "One two.",
        "A B.",
    )
    assert exhibit.runs == [("art.figures:plot_a", True)]
    assert parse_fence("snippet", "a.b:c\na.d:e").targets == ("a.b:c", "a.d:e")
    assert parse_fence("sketch", "a.b:sketch_c").runs == [("a.b:sketch_c", True)]
    receipt = parse_fence("receipt", "numpy torch\n\nkeras\n")
    assert (receipt.targets, receipt.text, receipt.runs) == ((), "numpy torch keras", [])


@pytest.mark.parametrize(
    ("body", "opened", "text"),
    [
        ("open\nIt holds.", True, "It holds."),
        ("It holds.", False, "It holds."),
        ("It is\nopen\nhere.", False, "It is open here."),
        ("open questions", False, "open questions"),
    ],
)
def test_a_claim_may_be_open(body, opened, text):
    exhibit = parse_fence("claim", f"art.claims:holds\n{body}")
    assert (exhibit.opened, exhibit.text) == (opened, text)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("a.b:c", ("a.b:c", "", "")),
        ("a.b:c.d", ("a.b:c", "d", "")),
        ("a.b:c.d.0 .2f", ("a.b:c", "d.0", ".2f")),
        ("a.b.c:d.e  ,.0f ", ("a.b.c:d", "e", ",.0f")),
        ("a.b:c .0%", ("a.b:c", "", ".0%")),
        ("a:c", None),  # a module lies in an article
        ("a.b:c d e", None),
        ("a.b", None),
        ("a.b:c .2q", None),
        ("a.b:c.d-e", None),
        ("", None),
    ],
)
def test_number(body, parts):
    if parts is None:
        with pytest.raises(PageError):
            parse_number(body)
    else:
        number = parse_number(body)
        assert (number.targets[0], number.path, number.spec) == parts


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("$x$", ["x"]),
        ("a $x$, $y$.", ["x", "y"]),
        ("costs $5 and $6", []),
        ("costs $5, not $6.", []),
        ("costs \\$5 and $x$", ["x"]),
        ("\\$x\\$", []),
        ("$ x $", []),
        ("$x$5", []),  # 5 dollars, not a formula
        ("`$x$` and ``a ` $y$``", []),
        ("$x +\ny$", ["x +\ny"]),
        ("$x\n\ny$", []),  # a paragraph ends it
        ("$$x$$", ["x"]),
        ("$$\nx \\\\\ny\n$$", ["\nx \\\\\ny\n"]),
        ("```python\n$x$\n```", []),
        ("$f(x)$-th", ["f(x)"]),
        ("($x$)", ["x"]),
    ],
)
def test_formulas_and_amounts(text, formulas):
    assert [tex for tex, *_ in scan("p.md", text)[1]] == formulas


def test_formula_is_mathml():
    assert mathml(" x^2 ").startswith("<math>")
    assert 'display="block"' in mathml("x", block=True)
    assert mathml(r"a \qquad b", block=True).count("<math") == 2
    assert mathml(r"\E X \lt \Var X")
    for bad in (r"\frac{1", r"\nonsense", "a <b>"):
        with pytest.raises(FormulaError, match="formula"):
            mathml(bad)
    assert FORMULA.fullmatch("$x$")


# The store


def test_store_gives_back_what_it_got(tmp_path):
    store = Store(tmp_path / "a" / "b")
    assert store.load("x:y", "0" * 64) is None
    store.save("x:y", "0" * 64, {"value": [1, None, "é"]}, b"\n\0pickle\n")
    assert store.load("x:y", "0" * 64) == ({"value": [1, None, "é"]}, b"\n\0pickle\n")
    assert store.load("x:y", "1" * 64) is None
    assert store.load("x:yy", "0" * 64) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],  # a disk that was full
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data.replace(b"one", b"two"),  # in the JSON
        lambda data: data.replace(b"PICKLE", b"pickle"),
        lambda data: b"\n" + data,
    ],
)
def test_a_damaged_entry_is_none(tmp_path, damage):
    store = Store(tmp_path)
    store.save("x:y", "0" * 64, {"value": "one"}, b"PICKLE")
    path = store.path("x:y", "0" * 64)
    path.write_bytes(damage(path.read_bytes()))
    assert store.load("x:y", "0" * 64) is None


def test_store_keeps_the_latest(tmp_path):
    store = Store(tmp_path)
    for second, version in enumerate("abcdef"):
        store.save("x:y", version * 64, {})
        if store.path("x:y", version * 64).exists():
            os.utime(store.path("x:y", version * 64), (second, second))
    store.save("x:yy", "0" * 64, {})
    store.save("x:y.svg", "0" * 64, {})
    assert len(contents(tmp_path)) == KEPT + 2
    assert store.load("x:y", "f" * 64)
    assert store.load("x:y", "a" * 64) is None


# Projects to build

ART = """
    # snippets/__init__.py
    # snippets/art/__init__.py
    # snippets/art/far.py
    FACTOR = 2
    def scale(x):
        return FACTOR * x
    # snippets/art/scratch.py
    from tally import ran
    from snippets.art.far import scale
    def double(x):
        \"\"\"Twice x.

        >>> double(2)
        4
        \"\"\"
        return scale(x)
    def unseen(x):
        return x
    # snippets/art/experiments.py
    from tally import ran
    from snippets.art.scratch import double, unseen
    def base():
        ran("base")
        print("base")
        return {"four": double(2), "list": [1.0, -2.5], "text": "<b>"}
    def derived(base):
        ran("derived")
        return {"eight": double(base["four"]), "base": base}
    def reads():
        ran("reads")
        return {"data": unseen(open("snippets/art/data.txt").read())}
    def blind():
        ran("blind")
        return {"data": unseen(open("snippets/art/" + "data.txt").read())}
    # snippets/art/data.txt
    1
    # snippets/art/other.txt
    1
    # snippets/art/figures.py
    from tally import ran
    def plot_base(fig, base):
        \"\"\"A line.\"\"\"
        ran("plot_base")
        axes = fig.subplots()
        axes.plot([0, 1], [0, base["four"]])
        axes.fill_between([0, 1], [0, 1], alpha=0.15)
    def plot_derived(fig, derived):
        ran("plot_derived")
        fig.subplots().plot([0, 1], [0, derived["eight"]], "o")
    def sketch_base(fig, base):
        ran("sketch_base")
        axes = fig.subplots()
        axes.plot([0, 1], [0, base["four"]], "o")
        axes.axis("off")
    # snippets/art/claims.py
    from tally import ran
    from snippets.art.scratch import double
    def doubles(base):
        \"\"\"Doubling doubles.\"\"\"
        ran("doubles")
        assert base["four"] == 4
        return {"four_times": base["four"]}
    def alone():
        \"\"\"Zero stays.\"\"\"
        ran("alone")
        assert double(0) == 0, "it moved"
        return 0
    def noted():
        \"\"\"One becomes two.\"\"\"
        ran("noted")
        return double(1)
    # snippets/art/wrong.py
    def triple(x):
        \"\"\"it tripled `x`\"\"\"
        return 3 * x
    BREAKS = {
        "doubles": {"double": "triple"},
        "alone": {"double": "triple"},
        "noted": {"double": "triple"},
    }
    # snippets/bee/__init__.py
    # snippets/bee/scratch.py
    def one():
        return 1
    # snippets/bee/experiments.py
    from tally import ran
    from snippets.bee.scratch import one
    def lone():
        ran("lone")
        return {"one": one()}
"""
PAGES = """
    # docs/index.md
    # Title $x^2$

    Costs \\$5 and $5 and $6. Value `#!num art.experiments:base.four .1f`,
    $\\num{art.experiments:base.list.1}{.2f} \\le a +
    b$.[^1]

    $$
    x = \\frac{1}{2}
    $$

    ```snippet
    art.scratch:double
    ```

    === "In a tab"

        ```figure
        art.figures:plot_base
        alt: A line to `#!num art.experiments:base.four d` <b>.
        **A line.** Caption with $y$, `#!num art.experiments:base.list.1` and a note.[^1]
        ```

    - in a tight list
        ```figure
        art.figures:plot_derived
        alt: A dot.
        A *dot* at $z$ and `#!num art.experiments:derived.base.four`.
        ```

    !!! note

        ```claim
        art.claims:doubles
        open
        Doubling *doubles* `#!num art.experiments:base.text`.[^1]
        ```

    ??? note "Details"

        ```claim
        art.claims:alone
        Zero *stays*, $0$.
        ```

    > Quoted
    > ```claim
    > art.claims:noted
    > One *becomes* `#!num art.claims:noted`.
    > ```

    - loose

        ```output
        art.experiments:base
        ```

    <div markdown>
    ```output
    art.experiments:derived
    ```
    </div>

    ````markdown
    ```output
    art.experiments:shown_as_an_example
    ```
    ````

    ```sketch
    art.figures:sketch_base
    ```

    ```receipt
    numpy pymdown-extensions
    ```

    [^1]: Note with $w$ and `#!num art.experiments:base.four`.
    # docs/files/page.md
    `#!num art.experiments:reads.data` `#!num art.experiments:blind.data`
    `#!num bee.experiments:lone.one`

    ```receipt
    numpy
    pymdown-extensions
    ```
"""
EVERYTHING = {
    "base", "derived", "reads", "blind", "plot_base", "plot_derived", "sketch_base", "doubles",
    "alone", "noted", "lone",
}  # fmt: skip
FIGURES = {"plot_base", "plot_derived"}
DRAWN = FIGURES | {"sketch_base"}
ART_ONLY = EVERYTHING - {"lone", "reads"}


def built(root, time_limit=60):
    build = Build(root, "docs", time_limit)
    build.run()
    return build


@pytest.fixture(scope="module")
def template(tmp_path_factory, library):
    """The project, built once by MkDocs, and what it printed."""
    root = tmp_path_factory.mktemp("template")
    for text in (CONFIG.replace("PRESS", str(ROOT / "press")), ART, PAGES):
        lay(root, text)
    (root / "requirements.txt").write_text("numpy==1\n")
    return root, mkdocs(root, TALLY=str(root / "tally.txt"))


@pytest.fixture
def project(template, tmp_path):
    """A copy of it, cache and site included."""
    return shutil.copytree(template[0], tmp_path / "project")


# Never stale, never needlessly slow


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("docs/index.md", "Quoted", "Cited", set()),
        ("docs/index.md", "A *dot*", "One *dot*", set()),
        ("snippets/art/figures.py", '[0, derived["eight"]]', "[0, 1]", {"plot_derived"}),
        ("snippets/art/figures.py", '"""A line."""', '"""A curve."""  # really', set()),
        ("snippets/art/far.py", "FACTOR * x", "x * FACTOR", ART_ONLY),
        ("snippets/art/claims.py", '"it moved"', '"it went"', {"alone"}),
        ("snippets/art/scratch.py", "return x", "return x or x", {"reads", "blind"}),
        ("snippets/art/experiments.py", 'print("base")', 'print("Base")',
         {"base", "derived", "doubles"} | DRAWN),
        ("snippets/art/experiments.py", 'base["four"])', 'base["four"] + 0)',
         {"derived", "plot_derived"}),
        ("snippets/art/data.txt", "1", "2", {"reads", "blind"}),
        ("snippets/art/other.txt", "1", "2", {"blind"}),
        ("snippets/bee/scratch.py", "return 1", "return 2", {"lone"}),
        ("snippets/art/wrong.py", "3 * x", "4 * x", set()),
        ("requirements.txt", "1", "2", EVERYTHING),
    ],
)  # fmt: skip
def test_an_edit_runs_what_reaches_it(project, tally, file, old, new, expected):
    edit(project, file, old, new)
    build = built(project)
    blind = {"blind"} if file.startswith("snippets/") else set()
    ran = tally()
    assert set(ran) == expected | blind
    assert {count for name, count in ran.items() if name not in FIGURES} <= {1}
    assert not build.failures
    built(project)
    assert not tally()


def test_nothing_changed_runs_nothing(project, tally, capsys):
    for path in project.rglob("*.py"):
        path.touch()
    assert not built(project).failures
    assert not tally()
    assert capsys.readouterr().err == ""  # and starts no process


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        ("figure.mplstyle", lambda data: data.replace(b"size: 15", b"size: 16"), DRAWN),
        ("draw.py", lambda data: data.replace(b"704", b"705"), DRAWN),
        ("fonts/stix-two-text-regular.ttf", lambda data: data + b"\0", DRAWN),
        ("worker.py", lambda data: data + b"\n# edited\n", EVERYTHING),
        ("show.py", lambda data: data + b"\n# edited\n", set()),  # it runs in every build
        ("build.py", lambda data: data, set()),
    ],
)
def test_style_and_machinery_count(
    project, tally, library, tmp_path, monkeypatch, file, change, expected
):
    copy = shutil.copytree(ROOT / "press", tmp_path / "lib" / "press") / file
    copy.write_bytes(change(copy.read_bytes()))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'lib'}{os.pathsep}{library}")
    code = "from press.build import *; b = Build('.', 'docs', 60); b.run(); print(b.failures)"
    command = [sys.executable, "-P", "-c", code]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert (run.stdout, set(tally())) == ("[]\n", expected), run.stderr


def test_code_is_colored_anew_when_show_changes(project, library, tmp_path):
    press = shutil.copytree(ROOT / "press", tmp_path / "lib" / "press")
    edit(press, "show.py", 'Keyword: "b"', 'Keyword: "other"')
    assert mkdocs(project, PYTHONPATH=f"{press.parent}{os.pathsep}{library}").returncode == 0
    assert "<other>def</other>" in (project / "site/index.html").read_text()


def test_an_edit_within_one_second_is_seen(project, tally):
    edit(project, "snippets/bee/scratch.py", "return 1", "return 2")
    path = project / "snippets/bee/scratch.py"
    os.utime(path, (1e9, 1e9))
    assert built(project).result("bee.experiments:lone")["value"] == {"one": 2}
    edit(project, "snippets/bee/scratch.py", "return 2", "return 3")
    os.utime(path, (1e9, 1e9))  # the compiled file, of the same second and size, looks fresh
    assert built(project).result("bee.experiments:lone")["value"] == {"one": 3}


def test_a_result_is_not_kept_when_its_source_changed_meanwhile(project):
    target = "bee.experiments:lone"
    runner = Runner(project)
    edit(project, "snippets/bee/scratch.py", "return 1", "return 2")
    before = contents(project / ".cache")
    runner.digests.digest(target)  # as parsed now
    edit(project, "snippets/bee/scratch.py", "return 2", "return 33")
    with running_in(project):
        assert runner.run(target, draw=False)["value"] == {"one": 33}
    assert contents(project / ".cache") == before


@contextlib.contextmanager
def running_in(root):
    """For functions that run in this process: their project first, and forgotten afterwards."""
    known = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        ours = [name for name in sys.modules if name.partition(".")[0] == "snippets"]
        for name in ours:
            patch.delitem(sys.modules, name)
        folder = os.environ["PYTHONPATH"].split(os.pathsep)[0]
        patch.setattr(sys, "path", [str(root), folder, *sys.path])
        patch.chdir(root)
        yield
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in ("snippets", "tally"):
            del sys.modules[name]


def test_an_experiment_runs_once_for_all_that_receive_it(template):
    root, run = template
    ran = Counter((root / "tally.txt").read_text().split())
    twice = dict.fromkeys(FIGURES, 2)  # once a size
    assert ran == dict.fromkeys(EVERYTHING, 1) | twice
    assert run.returncode == 0, run.stderr


def test_progress_can_be_read(template):
    _, run = template
    assert re.search(r"press: +11/11 +\d+\.\d s +\w+\.\w+:\w+\n", run.stderr)
    assert re.search(r"press: 11 functions run in \d+\.\d s\n", run.stderr)


@pytest.mark.parametrize("damage", [b"", b"not an entry\n", None])
def test_damaged_entries_are_run_again(project, tally, damage):
    for entry in contents(project / ".cache"):
        data = entry.read_bytes()
        entry.write_bytes(data[: len(data) // 2] if damage is None else damage)
    assert not built(project).failures
    assert set(tally()) == EVERYTHING
    built(project)
    assert not tally()


def test_two_builds_at_once_share_a_cache(project, tally):
    pages = contents(project / "site")
    shutil.rmtree(project / ".cache")
    edit(project, "snippets/bee/scratch.py", "def one", "import time; time.sleep(0.1)\ndef one")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d"]
    folders = [project / "one", project / "two"]
    builds = [
        subprocess.Popen([*command, folder], cwd=project, stderr=subprocess.PIPE, text=True)
        for folder in folders
    ]
    for build in builds:
        assert build.communicate()[1].count("Error") == 0
        assert build.returncode == 0
    for folder in folders:
        assert {path.relative_to(folder) for path in contents(folder)} == {
            path.relative_to(project / "site") for path in pages
        }
    tally()
    assert not built(project).failures
    assert not tally()
    assert not list((project / ".cache").rglob("*.draft"))


def test_a_cache_that_cannot_be_written_costs_time_only(project, tally, capsys):
    shutil.rmtree(project / ".cache")
    (project / ".cache").write_text("a file")
    edit(project, "docs/index.md", "plot_base", "plot_derived")
    edit(project, "docs/index.md", "- in a tight list", "```figure\nart.figures:plot_base\n")
    (project / "docs/index.md").write_text("`#!num art.experiments:derived.eight`")
    build = built(project)
    assert not build.failures
    assert build.result("art.experiments:derived")["value"]["eight"] == 8
    assert "press: the cache cannot be written, so nothing is kept: " in capsys.readouterr().err
    assert tally() == {"base": 1, "derived": 1, "reads": 1, "blind": 1, "lone": 1}


def test_the_building_process_stays_light(project):
    code = """
        import sys
        from mkdocs.__main__ import cli
        try:
            cli(["build", "--strict"])
        finally:
            print({"numpy", "matplotlib", "torch", "keras"} & {*sys.modules})
    """
    command = [sys.executable, "-c", dedent(code)]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "set()\n"), run.stderr


# Everything that is wrong is named, together

BAD = """
    # snippets/bad/__init__.py
    # snippets/bad/scratch.py
    def good():
        return 1
    # snippets/bad/broken.py
    N = 1
    def f(:
    # snippets/bad/latin.py
    # snippets/bad/indirect.py
    from snippets.bad.broken import f
    def g():
        return f()
    # snippets/bad/experiments.py
    import sys
    from snippets.bad.scratch import good
    def raises():
        value = good()
        raise ValueError(f"no {value}" + chr(10) + "more")
    def receives(raises):
        return good()
    def loops(pools):
        return good()
    def pools(loops):
        return good()
    def constant():
        return {"n": 1}
    def values():
        return {"n": good(), "s": "x", "list": [1], "f": {"g": 2}}
    def takes(*args):
        return good()
    def unknown(value):
        return good()
    def unpicklable():
        return {"f": lambda: good()}
    def leaves():
        sys.exit("left" * good())
    async def waits():
        return good()
    # snippets/bad/claims.py
    from snippets.bad.scratch import good
    def fails():
        assert good() == 2
    def differs():
        raise AssertionError(chr(10) + f"not {good()}" + chr(10) + "more")
    def unbreakable():
        return good()
    def emptied():
        return good()
    def unexplained():
        return good()
    def missing():
        return good()
    def returns_nothing():
        good()
    def returns_text():
        return {"n": good(), "text": "a"}
    # snippets/bad/wrong.py
    def bad():
        \"\"\"it was bad\"\"\"
    def silent():
        return 2
    BREAKS = {
        "fails": {"good": "bad"},
        "differs": {"good": "bad"},
        "emptied": {},
        "unexplained": {"good": "silent"},
        "missing": {"good": "baad"},
        "returns_nothing": {"good": "bad"},
        "returns_text": {"good": "bad"},
    }
    # snippets/bad/figures.py
    from snippets.bad.scratch import good
    def plot_nothing(fig, values):
        good()
    def plot_unknown(fig, value):
        good()
    def plot_without(axes):
        good()
    def plot_red(fig):
        fig.subplots().plot([0, good()], color="red")
    def plot_image(fig):
        fig.subplots().imshow([[0, good()]])
    def plot_black(fig):
        fig.text(0, good(), "a", color="black")
    def sketch_text(fig):
        fig.text(0, good(), "b")
    # snippets/worse/claims.py
    from snippets.bad.scratch import good
    def unlisted():
        return good()
"""
CLAIM = "```claim\nbad.claims:{}\nA sentence.\n```"
FIGURE = "```figure\nbad.figures:{}\nalt: A plot.\nA caption.\n```"
WRONG = {
    # name: (page, line, why, cause)
    "module": ("\n```snippet\nbad.scrach:good\n```", 2,
               "bad.scrach:good: no such file; did you mean 'bad.scratch'?",
               "snippets/bad/scrach.py:1"),
    "function": ("```output\nbad.experiments:value\n```", 1,
                 "no 'value' here; did you mean 'values'?", "snippets/bad/experiments.py:1"),
    "imported": ("```snippet\nbad.claims:good\n```", 1,
                 "'good' is imported here; name it where it is defined, below snippets/",
                 "snippets/bad/claims.py:1"),
    "raises": ("`#!num bad.experiments:raises.n`", 1,
               "bad.experiments:raises: ValueError: no 1", "snippets/bad/experiments.py:5"),
    "receives": ("# T\n\n\n`#!num bad.experiments:receives.n`", 4,
                 "bad.experiments:receives: ValueError: no 1", "snippets/bad/experiments.py:5"),
    "exits": ("```output\nbad.experiments:leaves\n```", 1, "SystemExit: left",
              "snippets/bad/experiments.py:23"),
    "async": ("```output\nbad.experiments:waits\n```", 1, "bad.experiments:waits is not a function",
              "snippets/bad/experiments.py:24"),
    "unpicklable": ("```output\nbad.experiments:unpicklable\n```", 1, "local object",
                    "snippets/bad/experiments.py:20"),
    "claim": (CLAIM.format("fails"), 1, "bad.claims:fails: AssertionError: assert good() == 2",
              "snippets/bad/claims.py:3"),
    "numpy-claim": (CLAIM.format("differs"), 1, "AssertionError: not 1\n",
                    "snippets/bad/claims.py:5"),
    "unbreakable": (CLAIM.format("unbreakable"), 1, "no wrong version of unbreakable",
                    "snippets/bad/wrong.py:5"),
    "emptied": (CLAIM.format("emptied"), 1, "no wrong version of emptied",
                "snippets/bad/wrong.py:5"),
    "unexplained": (CLAIM.format("unexplained"), 1,
                    "bad.wrong:silent must be a function whose docstring says what is wrong",
                    "snippets/bad/wrong.py:3"),
    "missing": (CLAIM.format("missing"), 1, "no 'baad' here; did you mean 'bad'?",
                "snippets/bad/wrong.py:1"),
    "unlisted": ("```claim\nworse.claims:unlisted\nA sentence.\n```", 1, "no such file",
                 "snippets/worse/wrong.py:1"),
    "nothing": (CLAIM.format("returns_nothing"), 1,
                "a claim returns a number or a dict of numbers, not None",
                "snippets/bad/claims.py:14"),
    "text": (CLAIM.format("returns_text"), 1, "a number or a dict of numbers, not {",
             "snippets/bad/claims.py:16"),
    "syntax": ("```output\nbad.broken:f\n```", 1, "SyntaxError: invalid syntax",
               "snippets/bad/broken.py:2"),
    "syntax-behind": ("```snippet\nbad.indirect:g\n```", 1, "SyntaxError: invalid syntax",
                      "snippets/bad/broken.py:2"),
    "encoding": ("```snippet\nbad.latin:f\n```", 1, "'utf-8' codec can't decode",
                 "snippets/bad/latin.py:1"),
    "caption": ("```figure\nbad.figures:plot_nothing\nalt: A plot.\n```", 1,
                "figure without a caption", ""),
    "alt": ("```figure\nbad.figures:plot_nothing\nA caption.\n```", 1, "figure without alt text",
            ""),
    "alt-number": ("```figure\nbad.figures:plot_nothing\n"
                   "alt: `#!num bad.experiments:values.m`\nA.\n```", 1,
                   "bad.experiments:values has no number 'm'", ""),
    "sentence": ("```claim\nbad.claims:fails\n```", 1, "claim without a sentence", ""),
    "empty": ("```snippet\n\n```", 1,
              "empty snippet: name a function, as in dropout.scratch:dropout", ""),
    "two": ("```output\nbad.experiments:values\nbad.experiments:values\n```", 1,
            "output takes one function, not 'bad.experiments:values'", ""),
    "outside": ("```snippet\n../os:path\n```", 1,
                "'../os:path' is no dotted.module:function below snippets", ""),
    "library": ("```snippet\nos.path:join\n```", 1, "no such file", "snippets/os/path.py:1"),
    "private": ("```snippet\nbad.scratch:_good\n```", 1, "'bad.scratch:_good' is no dotted", ""),
    "parameter": (FIGURE.format("plot_unknown"), 1,
                  "parameter 'value': no experiment of that name; did you mean 'values'?",
                  "snippets/bad/figures.py:4"),
    "star": ("```output\nbad.experiments:takes\n```", 1,
             "parameter '*args': no experiment of that name", "snippets/bad/experiments.py:16"),
    "no-fig": (FIGURE.format("plot_without"), 1, "the first parameter of a figure is fig",
               "snippets/bad/figures.py:6"),
    "red": (FIGURE.format("plot_red"), 1, "#ff0000 follows neither light nor dark: use ink, ",
            "snippets/bad/figures.py:8"),
    "image": (FIGURE.format("plot_image"), 1, "follows neither light nor dark",
              "snippets/bad/figures.py:10"),
    "black": (FIGURE.format("plot_black"), 1, "#000000 follows neither light nor dark",
              "snippets/bad/figures.py:12"),
    "plot": ("```figure\nbad.figures:sketch_text\nalt: A.\nA.\n```", 1,
             "a figure names a function plot_…, not 'bad.figures:sketch_text'", ""),
    "sketch": ("```sketch\nbad.figures:plot_nothing\n```", 1,
               "a sketch names a function sketch_…, not 'bad.figures:plot_nothing'", ""),
    "sketch-alt": ("```sketch\nbad.figures:sketch_text\nalt: A.\n```", 1,
                   "sketch takes one function, not 'alt: A.'", ""),
    "sketch-text": ("\n```sketch\nbad.figures:sketch_text\n```", 2, "a sketch has no text: 'b'",
                    "snippets/bad/figures.py:14"),
    "receipt": ("\n```receipt\nnumpy\nnunpy\n```", 2,
                "'nunpy' is not installed; did you mean 'numpy'?", ""),
    "empty-receipt": ("```receipt\n```", 1, "empty receipt: name libraries", ""),
    "circle": ("```output\nbad.experiments:loops\n```", 1,
               "experiments that need each other: bad.experiments:loops -> "
               "bad.experiments:pools -> bad.experiments:loops", "snippets/bad/experiments.py:8"),
    "constant": ("```output\nbad.experiments:constant\n```", 1,
                 "bad.experiments:constant is a constant: no teaching code or library is "
                 "behind it",
                 "snippets/bad/experiments.py:12"),
    "path": ("a\nb `#!num bad.experiments:values.m`", 1, "bad.experiments:values has no number 'm'",
             ""),
    "deep-path": ("`#!num bad.experiments:values.f.h`", 1,
                  "bad.experiments:values.f has no number 'h'", ""),
    "index": ("`#!num bad.experiments:values.list.1`", 1,
              "bad.experiments:values.list has no number '1'", ""),
    "format": ("`#!num bad.experiments:values.n .2q`", 1,
               "format '.2q' of bad.experiments:values: Unknown format code 'q'", ""),
    "format-of-text": ("`#!num bad.experiments:values.s .2f`", 1,
                       "bad.experiments:values.s = 'x': Unknown format code 'f'", ""),
    "number": ("`#!num bad`", 1, "'bad' is no dotted.module:function.path with a format", ""),
    "formula": ("# T\n\n$\\frac{1$", 3, "formula '\\\\frac{1': ", ""),
    "tag": ("$a <b$", 1, "formula 'a <b': write \\lt, since < opens a tag", ""),
    "formula-number": ("$\\num{bad.experiments:values.m}{.1f}$", 1,
                       "bad.experiments:values has no number 'm'", ""),
    "unclosed": ("\n\n```snippet\nbad.scratch:good", 3, "snippet fence is never closed", ""),
    "option": ("```snippet title='x'\nbad.scratch:good\n```", 1,
               "unknown fence option: \"snippet title='x'\"", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def bad(template, tmp_path_factory):
    """(what a build of all that is wrong printed, its exit code, what it changed)"""
    root = shutil.copytree(template[0], tmp_path_factory.mktemp("bad") / "project")
    lay(root, BAD)
    (root / "snippets/bad/latin.py").write_bytes("# café".encode("latin-1"))
    (root / "docs/bad").mkdir()
    for name, (page, *_) in WRONG.items():
        (root / f"docs/bad/{name}.md").write_text(page)
    folders = [root / ".cache", root / "site"]
    # What the new functions return when they work may be kept; nothing that was there may change.
    before = {path: data for folder in folders for path, data in contents(folder).items()}
    run = mkdocs(root)
    after = {path: data for folder in folders for path, data in contents(folder).items()}
    changed = {path.name for path in before if after.get(path) != before[path]}
    return run.stderr, run.returncode, changed, {path.name for path in after.keys() - before.keys()}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(bad, name):
    _, line, why, cause = WRONG[name]
    message = bad[0].partition("functions run")[2]
    (told,) = re.findall(rf"^docs/bad/{name}\.md:.*(?:\n    .*)?$", message, re.MULTILINE)
    assert told.startswith(f"docs/bad/{name}.md:{line}: ")
    assert why in told + "\n"
    assert told.endswith(f"\n    {cause}") if cause else "\n" not in told


def test_a_failed_build_changes_nothing(bad):
    printed, code, changed, new = bad
    assert code == 1
    assert f"\n\n{len(WRONG)} failures; nothing was written.\n" in printed
    assert "Traceback" not in printed
    assert changed == set()
    kept = {name.rpartition("-")[0] for name in new}
    works = {"bad.experiments.values", "bad.claims.returns_nothing", "bad.claims.returns_text"}
    works |= {f"bad.claims.{name}" for name in ("unbreakable", "emptied", "unexplained", "missing")}
    works |= {"worse.claims.unlisted", "bad.figures.plot_nothing.svg", "art.experiments.blind"}
    assert kept == works


def test_a_false_claim_is_false_without_assertions_too(project):
    edit(project, "snippets/art/claims.py", "== 4", "== 5")
    for options, environment in (([], {"PYTHONOPTIMIZE": "1"}), (["-O"], {})):
        command = [sys.executable, *options, "-m", "mkdocs", "build", "--strict"]
        run = subprocess.run(
            command, cwd=project, capture_output=True, text=True, env=os.environ | environment
        )
        assert run.returncode == 1
        assert "art.claims:doubles: AssertionError" in run.stderr
        command = [sys.executable, *options, "-m", "press", "art.claims:doubles"]
        run = subprocess.run(
            command, cwd=project, capture_output=True, text=True, env=os.environ | environment
        )
        assert (run.returncode, run.stdout) == (1, "")
        assert "python -O strips assertions" in run.stderr


# Processes that die


def test_a_process_that_dies_is_named_and_the_rest_run(tmp_path, tally):
    root = lay(
        tmp_path,
        """
        # snippets/__init__.py
        # snippets/one/scratch.py
        def good(): return 1
        # snippets/one/experiments.py
        import os, signal, time
        from tally import ran
        from snippets.one.scratch import good
        def a_sleeps():
            time.sleep(600 * good())
        def b_is_killed():
            os.kill(os.getpid(), signal.SIGKILL * good())
        def c_leaves():
            os._exit(good() - 1)
        def d_leaves_after_a_word():
            os.write(1, b"{")
            os._exit(3 * good())
        def e_receives(a_sleeps):
            ran("never")
        def f_works():
            print("printed")
            os.system("echo a line in the channel")
            ran("f_works")
            return {"n": good()}
        # snippets/two/experiments.py
        from tally import ran
        from snippets.one.scratch import good
        def works():
            ran("works")
            return {"n": good()}
        # docs/index.md
        `#!num one.experiments:a_sleeps.n` `#!num one.experiments:b_is_killed.n`
        `#!num one.experiments:c_leaves.n` `#!num one.experiments:d_leaves_after_a_word.n`

        `#!num one.experiments:e_receives.n` `#!num one.experiments:f_works.n`
        `#!num two.experiments:works.n`
        """,
    )
    build = built(root, time_limit=4)
    whys = {failure.name.partition(":")[2]: failure for failure in build.failures}
    assert {name: (failure.why, failure.cause) for name, failure in whys.items()} == {
        "a_sleeps": ("it ran longer than the time limit of 4 s", "snippets/one/experiments.py:4"),
        "b_is_killed": (
            "its process died (exit code -9, killed by a signal)",
            "snippets/one/experiments.py:6",
        ),
        "c_leaves": ("its process died (exit code 0)", "snippets/one/experiments.py:8"),
        "d_leaves_after_a_word": (
            "its process died (exit code 3)",
            "snippets/one/experiments.py:10",
        ),
        "e_receives": (
            "it ran longer than the time limit of 4 s",
            "snippets/one/experiments.py:4",
        ),
    }
    assert tally() == {"f_works": 1, "works": 1}


def test_an_interrupt_ends_the_build(tmp_path, tally):
    root = lay(
        tmp_path,
        """
        # snippets/__init__.py
        # snippets/one/scratch.py
        def good(): return 1
        # snippets/one/experiments.py
        import time
        from tally import ran
        from snippets.one.scratch import good
        def first():
            ran("first")
            time.sleep(600)
            return good()
        def second():
            ran("second")
            time.sleep(600)
            return good()
        # docs/index.md
        `#!num one.experiments:first` `#!num one.experiments:second`
        """,
    )
    code = """
        import signal
        from press.build import Build
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
        Build(".", "docs", 60).run()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(code)],
        cwd=root,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    path = Path(os.environ["TALLY"])
    wait_until(path.exists)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(timeout=30) != 0
    assert set(tally()) == {"first"}


# On a cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a Dask scheduler, and the processes of its two workers."""
    code = """
    import sys
    from distributed import LocalCluster

    if __name__ == "__main__":
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            pids = [worker.pid for worker in cluster.workers.values()]
            print(cluster.scheduler_address, *pids, flush=True)
            sys.stdin.read()
    """
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(dedent(code))
    pipe = subprocess.PIPE
    command = [sys.executable, script]
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, cwd=script.parent
    ) as process:
        address, *pids = process.stdout.readline().split()
        yield address, set(map(int, pids))
        process.communicate("")


def test_a_cluster_makes_the_same_site(template, cluster, tmp_path):
    root = shutil.copytree(template[0], tmp_path / "project")
    page, built_on = root / "site/index.html", re.compile("Build Date UTC : .*")
    here = built_on.sub("", page.read_text(encoding="utf-8"))
    shutil.rmtree(root / ".cache")
    run = mkdocs(root, PRESS_SCHEDULER=cluster[0])
    assert run.returncode == 0, run.stderr
    assert "functions run in" in run.stderr
    assert built_on.sub("", page.read_text(encoding="utf-8")) == here


def test_articles_run_side_by_side_on_a_cluster(tmp_path, cluster, monkeypatch):
    monkeypatch.setenv("PRESS_SCHEDULER", cluster[0])
    waits = """
        import os, time
        from pathlib import Path
        from snippets.scratch import good
        def waits():
            Path("NAME.here").touch()
            while not Path("OTHER.here").exists():
                time.sleep(0.02)
            return {"parent": os.getppid(), "pid": os.getpid() * good()}
        def follows(waits):
            return {"same": os.getpid() == waits["pid"]}
    """
    root = lay(tmp_path, "# snippets/__init__.py\n# snippets/scratch.py\ndef good(): return 1\n")
    pages = []
    for name, other in (("one", "two"), ("two", "one")):
        text = dedent(waits).replace("NAME", name).replace("OTHER", other)
        lay(root, f"# snippets/{name}/experiments.py\n{text}")
        pages.append(f"`#!num {name}.experiments:follows.same`")
        pages.append(f"`#!num {name}.experiments:waits.parent`")
    lay(root, f"# docs/index.md\n{' '.join(pages)}\n")
    build = built(root)
    assert not build.failures
    shown = {name: build.result(f"{name}.experiments:waits")["value"] for name in ("one", "two")}
    assert {shown[name]["parent"] for name in shown} == cluster[1]
    assert all(build.result(f"{name}.experiments:follows")["value"]["same"] for name in shown)


def test_what_dies_on_a_cluster_is_named_and_the_rest_run(tmp_path, cluster, monkeypatch):
    monkeypatch.setenv("PRESS_SCHEDULER", cluster[0])
    root = lay(
        tmp_path,
        """
        # snippets/__init__.py
        # snippets/one/scratch.py
        def good(): return 1
        # snippets/one/experiments.py
        import os, signal, time
        from snippets.one.scratch import good
        def a_sleeps(): time.sleep(600 * good())
        def b_is_killed(): os.kill(os.getpid(), signal.SIGKILL * good())
        def c_works(): return {"n": good()}
        # docs/index.md
        `#!num one.experiments:a_sleeps.n` `#!num one.experiments:b_is_killed.n`
        `#!num one.experiments:c_works.n`
        """,
    )
    build = built(root, time_limit=4)
    assert {failure.name: failure.why for failure in build.failures} == {
        "one.experiments:a_sleeps": "it ran longer than the time limit of 4 s",
        "one.experiments:b_is_killed": "its process died (exit code -9, killed by a signal)",
    }


def test_a_cluster_that_loses_its_workers_is_named(tmp_path, cluster, monkeypatch):
    monkeypatch.setenv("PRESS_SCHEDULER", cluster[0])
    root = lay(
        tmp_path,
        f"""
        # snippets/__init__.py
        # snippets/one/scratch.py
        def good(): return 1
        # snippets/one/experiments.py
        import os, signal, time
        from snippets.one.scratch import good
        def ends_the_worker():
            assert os.getppid() != {os.getpid()}
            os.kill(os.getppid(), signal.SIGKILL * good())
            time.sleep(60)
        # docs/index.md
        `#!num one.experiments:ends_the_worker`
        """,
    )
    (failure,) = built(root).failures
    assert failure.name == "one.experiments:ends_the_worker"
    assert failure.why.startswith("the cluster lost it: KilledWorker")
    assert failure.cause == "snippets/one/experiments.py:3"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_a_scheduler_that_does_not_answer_is_named(project, address, monkeypatch):
    monkeypatch.setattr(press.crew, "PATIENCE", 0.5)
    edit(project, "docs/index.md", "Quoted", "`#!num art.experiments:base.n` Quoted")
    shutil.rmtree(project / ".cache")
    monkeypatch.setenv("PRESS_SCHEDULER", address)
    with pytest.raises(SystemExit, match=f"^PRESS_SCHEDULER={address}: "):
        built(project)


# On the page


@pytest.fixture(scope="module")
def page(template):
    root, run = template
    assert run.returncode == 0, run.stderr
    html = (root / "site/index.html").read_text(encoding="utf-8")
    return html[html.index("<h1") :]


def test_every_fence_is_on_the_page(page, template):
    text = (template[0] / "docs/index.md").read_text(encoding="utf-8")
    kinds = Counter(exhibit.kind for exhibit, _ in scan("index.md", text)[0])
    assert kinds == {
        "snippet": 1, "figure": 2, "sketch": 1, "claim": 3, "output": 2, "num": 8, "receipt": 1,
    }  # fmt: skip
    assert page.count('<div class="snippet">') == kinds["snippet"]
    assert page.count("<figure>") == kinds["figure"]
    assert page.count('<details class="claim"') == kinds["claim"]
    assert page.count('<div class="sketch"><svg ') == kinds["sketch"]
    assert page.count('<dl class="receipt">') == kinds["receipt"]
    assert page.count('<div class="output">') == kinds["output"]
    for anchor in ("plot_base", "plot_derived", "doubles", "alone", "noted"):
        assert page.count(f'id="{anchor}"') == 1
    assert page.count("art.experiments:shown_as_an_example") == 1
    assert not re.search(r"[\x00-\x08]|press-failure|wzxhzdk", page)


@pytest.mark.parametrize(
    "html",
    [
        '<p>Costs $5 and $5 and $6. Value <span class="num"',
        '>4.0</span>,\n<math><mo lspace="0" rspace="0">−</mo><mn>2.50</mn>',
        '<figcaption><span><strong>A line.</strong> Caption with <span class="keep"><math>',
        '</a></sup></span><span> <a href="data/art.figures.plot_base.csv">data</a></span>'
        '<a class="headerlink" href="#plot_base" title="Permanent link" '
        "data-search-exclude>¶</a></figcaption>",
        ">−2.5</span> and a note.<sup",
        "A <em>dot</em> at <math><mi>z</mi></math> and <span",
        "Doubling <em>doubles</em> <span",
        ">&lt;b&gt;</span>.<sup",
        'Zero <em>stays</em>, <span class="keep"><math><mn>0</mn></math>.</span>',
        "One <em>becomes</em> <span",
        'aria-label="A line to 4 &lt;b&gt;."',
        '<summary><span class="sentence">Doubling <em>',
        '<span class="sentence">Zero <em>stays</em>, ',
        '<span class="seal"><span class="measured">measured four times 4</span> ',
        '<span class="measured">measured 0</span> <span class="proof" data-search-exclude>proof',
        '<details class="claim" open><summary>',
        '<a class="headerlink" href="#doubles" title="Permanent link"',
        "it tripled <code>x</code> (in place of <code>double</code>)",
        "<summary data-search-exclude>Example, run as a test</summary>",
        "<pre><code>base\n</code></pre>",
        "Note with <math><mi>w</mi></math> and <span",
        '<math display="block"',
    ],
)
def test_texts_are_markdown(page, html):
    assert html.replace("\n</code>", "</code>") in page


def elements(html):
    """`<b>if</b>` as `b{if}`, to be read."""
    html = re.sub(r'<span class="([^"]*)">', r"\1{", html)
    return unescape(re.sub(r"</\w+>", "}", re.sub(r"<(\w+)>", r"\1{", html)))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("x = max(y) + self.z", "x = max(y) + self.z"),
        ("if x is None and not y:", "b{if} x b{is} b{None} b{and} b{not} y:"),
        ("return -1e-3 + 0x1F", "b{return} -1e-3 + 0x1F"),
        ("def double(x=2):", "b{def} dfn{double}(x=2):"),
        ("class  A(B): b = B()", "b{class}  dfn{A}(B): b = B()"),
        ("def __init__(self): a.__init__()", "b{def} dfn{__init__}(self): a.__init__()"),
        ("@cache\nclass A: pass", "@cache\nb{class} dfn{A}: b{pass}"),
        ("f(r'a' \"b\")  # <c>", "f(u{r'a'} u{\"b\"})  i{# <c>}"),
        ("f'a {b!r:>3} c'", "u{f'a {}bu{!r:>3} c'}"),
        ('x = """a\n\n  b"""', 'x = u{"""a\n\n  b"""}'),
        ("import numpy as np", "b{import} numpy b{as} np"),
        (">>> f(1)\n... \n'a'\n2\n", "i{>>> }f(1)\ni{... }\n'a'\n2\n"),
    ],
)
def test_only_what_has_a_color_is_in_an_element(source, shown):
    html = show.colored(source, "pycon" if source.startswith(">>>") else "python")
    assert elements(html).rstrip("\n") == shown.rstrip("\n")
    assert unescape(re.sub("<[^>]+>", "", html)) == source.rstrip("\n") + "\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (f"{'x' * 40}\n{'y' * 41}\nz", f"{'x' * 40}\ni0{{{'y' * 41}\n}}z\n"),
        (f"{'x' * 41}\n{'y' * 41}", f"i0{{{'x' * 41}\n}}i0{{{'y' * 41}\n}}"),
        (f"f(\n    {'x' * 40})", f"f(\ni4{{    {'x' * 40})\n}}"),
        (f"f(\n       {'x' * 40}\n)", f"f(\ni4{{       {'x' * 40}\n}})\n"),
        (f"f(\n{' ' * 28}{'x' * 40}\n)", f"f(\ni24{{{' ' * 28}{'x' * 40}\n}})\n"),
        (f"return {'x' * 40}", f"i0{{b{{return}} {'x' * 40}\n}}"),
        (
            f"'''{'x' * 41}\n\n{'y' * 41}'''",
            f"i0{{u{{'''{'x' * 41}\n}}}}\ni0{{u{{{'y' * 41}'''}}\n}}",
        ),
        (f"'''a\n  {'b' * 40}\n  c'''", f"u{{'''a\n}}i0{{u{{  {'b' * 40}\n}}}}u{{  c'''}}\n"),
    ],
)
def test_a_long_line_is_wrapped(source, shown):
    html = show.colored(source, "python")
    assert elements(html) == shown
    assert unescape(re.sub("<[^>]+>", "", html)) == source + "\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('def f():\n    """One."""\n    return 1', "def f():\n    return 1"),
        ('def f():\n    """One.\n\n    Two.\n    """\n\n    return 1', "def f():\n    return 1"),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ('@g\ndef f():\n    """One."""\n    x = """a"""\n\n    return x',
         '@g\ndef f():\n    x = """a"""\n\n    return x'),
    ],
)  # fmt: skip
def test_a_proof_has_no_docstring(tmp_path, source, shown):
    lay(tmp_path / "snippets", f"# __init__.py\n# a/__init__.py\n# a/b.py\n{source}\n")
    assert without_docstring(*Project(tmp_path).find("a.b:f")) == shown


CODE = re.compile('<script type="application/json" id="__code">(.*?)</script>', re.DOTALL)


def copied(html):
    """What each copy button of a page copies."""
    panels = re.findall(
        '<div class="snippet"><div class="highlight"><pre>(.*?)</pre>', html, re.DOTALL
    )
    panels = [unescape(re.sub("<[^>]+>", "", panel)).rstrip() for panel in panels]
    shown = [text for panel in panels for text in panel.split("\n\n\n")]
    pieces = json.loads(CODE.search(html)[1])
    pieces = [shown[piece] if isinstance(piece, int) else piece for piece in pieces]
    assert len(pieces) == len(set(pieces))
    buttons = re.findall(
        r'<button class="copy" type="button" data-search-exclude data-code="(.*?)">', html
    )
    return ["\n\n\n".join(pieces[int(n)] for n in button.split()) + "\n" for button in buttons]


def test_a_copy_button_names_pieces_of_runnable_code(project, monkeypatch):
    edit(project, "snippets/art/far.py", "FACTOR = 2", "import math\nFACTOR = math.floor(2.5)")
    md = converter(project, monkeypatch)
    fences = "# T\n\n```snippet\nart.scratch:double\n```\n\n```snippet\nart.far:scale\n```"
    html = md.convert(fences)
    assert html.endswith("</script>")
    targets = ["art.scratch:double", "art.far:scale"]
    assert copied(html) == [runnable([Reach(Project(project), target)]) for target in targets]
    assert "def scale" not in html  # the list names the panel, which has elements
    assert "def by" in CODE.search(html)[1] or "FACTOR = " in CODE.search(html)[1]
    assert md.reset().convert(fences) == html
    assert "<script" not in md.reset().convert("# T")


def test_code_cannot_end_its_script():
    listed = show.pieces_of_code({"print('</script>')": 0, "é": 1}, [])
    assert listed.count("</script>") == 1
    assert json.loads(CODE.search(listed)[1]) == ["print('</script>')", "é"]


def test_only_a_page_with_copy_buttons_lists_code(template):
    pages = [template[0] / f"site/{name}index.html" for name in ("", "files/page/")]
    assert [path.read_text().count('id="__code"') for path in pages] == [1, 0]


# Receipts


def receipts(html):
    """{label: value} of each receipt of a page."""
    for listed in re.findall(r'<dl class="receipt">(.*?)</dl>', html):
        yield dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", listed))


def test_a_receipt_counts_what_all_pages_hold(template):
    pages = [template[0] / f"site/{name}index.html" for name in ("", "files/page/")]
    expected = {
        "Claims held": "3 of 3",
        "Figures drawn": str(len(FIGURES)),
        "Functions run": str(len(EVERYTHING)),
        "Python": platform.python_version(),
    }
    for name in ("numpy", "pymdown-extensions"):
        expected[name] = importlib.metadata.version(name).partition("+")[0]
    assert [list(receipts(path.read_text())) for path in pages] == [[expected]] * 2


def test_a_receipt_counts_claims_that_do_not_hold(project, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mkdocs", "serve"])
    edit(project, "snippets/art/claims.py", "== 4", "== 5")
    edit(project, "snippets/art/wrong.py", '"noted": {', '"another": {')
    html = converter(project, monkeypatch).convert("```receipt\nnumpy\n```")
    (shown,) = receipts(html)
    assert shown["Claims held"] == "1 of 3"
    assert shown["Functions run"] == str(len(EVERYTHING) - 1)  # one is a number on the page too


def test_a_receipt_counts_the_experiments_behind_an_exhibit(project, monkeypatch):
    fence = "```figure\nart.figures:plot_derived\nalt: A.\nA.\n```"
    (project / "docs/index.md").write_text(fence)
    (shown,) = receipts(converter(project, monkeypatch).convert("```receipt\nnumpy\n```"))
    names = {"plot_derived", "derived", "base", "reads", "blind", "lone"}
    assert shown["Functions run"] == str(len(names))
    assert (shown["Claims held"], shown["Figures drawn"]) == ("0 of 0", "1")


def test_a_receipt_tells_the_newest_commit(project, monkeypatch):
    assert newest_commit(project) == ""
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-02-29T23:00:00+0900")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    assert newest_commit(project) == ""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x"]
    commit = [*git, "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(commit, cwd=project, check=True)
    html = converter(project, monkeypatch).convert("```receipt\nnumpy\n```")
    (shown,) = receipts(html)
    assert shown["Newest commit"] == '<time datetime="2024-02-29">2024-02-29</time>'
    monkeypatch.setenv("PATH", os.devnull)
    assert newest_commit(project) == ""


# Formulas stay with their punctuation


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a $x$, b", "<p>a <keep>M,</keep> b</p>"),
        ("a ($x$) b", "<p>a <keep>(M)</keep> b</p>"),
        ("a “$x$.” b", "<p>a <keep>“M.”</keep> b</p>"),
        ("a ($x$, $x$).", "<p>a <keep>(M,</keep> <keep>M).</keep></p>"),
        ("a $x$ b", "<p>a M b</p>"),
        ("a $x$-th, $x$/2", "<p>a M-th, M/2</p>"),
        ("*$x$*.", "<p><em>M</em>.</p>"),
        ("[a $x$](b.md) c", '<p><a href="b.md">a M</a> c</p>'),
        ("[a ($x$)](b.md)", '<p><a href="b.md">a <keep>(M)</keep></a></p>'),
        ("$x$![a](b.png)", '<p>M<img alt="a" src="b.png" /></p>'),
        ("a $x$.`b`", "<p>a <keep>M.</keep><code>b</code></p>"),
        (f"a $xxx{'+x' * 19}$, b", "<p>a M, b</p>"),
        (f"a $xx{'+x' * 19}$, b", "<p>a <keep>M,</keep> b</p>"),
        ("a $$x$$, b", "<p>a M, b</p>"),
        ("# A $x$?", "<h1>A <keep>M?</keep></h1>"),
        ("- $x$;", "<ul>\n<li><keep>M;</keep></li>\n</ul>"),
    ],
)
def test_a_formula_stays_with_its_punctuation(project, monkeypatch, text, html):
    made = re.sub(r"<math.*?</math>", "M", converter(project, monkeypatch).convert(text))
    assert re.sub(r'<span class="keep">(.*?)</span>', r"<keep>\1</keep>", made) == html


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tables", "| a |\n|-|\n| ($x$, $x$). |"),
        ("footnotes", "a[^1]\n\n[^1]: ($x$, $x$)."),
        ("toc", "# a ($x$, $x$)."),
    ],
)
def test_formulas_stay_with_their_punctuation_elsewhere(project, monkeypatch, name, text):
    html = converter(project, monkeypatch, name).convert(text)
    html = re.sub(r"<math.*?</math>", "M", html)
    assert '<span class="keep">(M,</span> <span class="keep">M).</span>' in html


# Drawings


def test_drawings(page):
    drawings = re.findall(r"<svg [^>]*wide.*?</svg>|<svg [^>]*narrow.*?</svg>", page, re.DOTALL)
    assert ['class="wide"' in drawing for drawing in drawings] == [True, False] * 2
    ids = re.findall(r' id="(.*?)"', "".join(drawings))
    assert ids == ["plot_derived-w0", "plot_derived-n0"]
    for drawing in drawings:
        assert "fill" not in re.sub(r'^<svg [^>]*>|fill-opacity="0.15"', "", drawing)
        own = set(re.findall(r' id="(.*?)"', drawing))
        assert set(re.findall(r'href="#(.*?)"', drawing)) <= own
        assert not re.search(r"#[0-9a-f]{3,8}\b(?!\")|rgb|style=|<style|metadata|clip", drawing)
        assert re.search(r' class="[fs]-\w+', drawing)
    assert 'fill-opacity="0.15"' in drawings[0]


def test_a_sketch(page):
    (sketch,) = re.findall(r'<div class="sketch">(.*?)</div>', page)
    assert ' class="sketch" viewBox="0 0 136 82" aria-hidden="true"' in sketch
    assert re.search(r'<path id="sketch_base-s0" d="[^"]+" class="f-s2 s-s2"/>', sketch)
    assert sketch.count('<use href="#sketch_base-s0" x="') == 2


def wide(plot):
    from press.draw import drawings

    return drawings(plot, {}, prefix="plot_x")[0]


def test_what_repeats_is_drawn_once():
    def plot(fig):
        axes = fig.subplots()
        axes.plot([1, 2, 3], [1, 2, 3], "o", color="s3")
        axes.plot([1, 2, 3], [3, 2, 1], "s", color="ink", alpha=0.5)
        axes.set(xticks=[1, 2, 3], yticks=[1, 2, 3])

    svg = wide(plot)
    assert re.search(r'<path (?=[^>]*class="s-edge")[^>]*d="(m[\d.]+[ -][\d.]+v4){3}"', svg)
    assert re.search(r'<path (?=[^>]*class="s-grid")[^>]*d="(m[-\d.]+[ -][\d.]+h[\d.]+){3}"', svg)
    assert svg.count("<path id=") == 2
    assert svg.count('<use href="#plot_x-w0" x=') == svg.count('<use href="#plot_x-w1" x=') == 3
    assert svg.count('class="f-s3 s-s3"') == 1
    assert "f-muted" not in svg  # text is, unless it says otherwise


def test_lines_of_the_data_are_not_joined():
    def plot(fig):
        axes = fig.subplots()
        axes.vlines([1, 2], 0, 1, color="s2")
        axes.hlines([0.2, 0.4], 1, 2, color="edge", alpha=0.5)

    assert len(re.findall(r'class="s-s2"|stroke-opacity="0.5"', wide(plot))) == 4


@pytest.mark.parametrize(
    ("outline", "shorter"),
    [
        ("M 0 0 L 0 4", "m0 0v4"),
        ("M -1.5 2 L 7 2", "m-1.5 2h8.5"),
        ("M 1 2 L 3 4 L 3 -5 z", "m1 2l2 2v-9z"),
        ("M 1 2 L 3 2 L 3 5 L 1 5 L 1 2 z", "m1 2h2v3h-2v-3z"),
        ("M 1 2 L 1.5 2.3 L 1.2 5", "m1 2l.5 .3l-.3 2.7"),
        ("M 1 2 C 3 4 5 6 7 8 L 7 9 L 9 9", "m1 2c2 2 4 4 6 6v1h2"),
        ("M 1 2 L 3 4 M 3 1 L 3 6", "m1 2l2 2m0-3v5"),
        ("M 1 2 L 3 4 L 5 1 z M 2 2 L 4 2", "m1 2l2 2l2-3zm1 0h2"),
        ("M 100.1 2 L 110.1 2", "m100.1 2h10"),
    ],
)
def test_compact(outline, shorter):
    from press.draw import compact

    assert compact(outline) == shorter


def stacked(fig):
    fig.set_figheight(2 * fig.get_figheight())
    for axes in fig.subplots(2, 1):
        axes.plot([0, 1], [0, 1])


def test_what_readers_drag_is_not_joined():
    from press.draw import drawings
    from snippets.drawing import live

    def plot(fig):
        axes, shown = fig.subplots(), {"x": [0, 1], "low": [0, 0], "high": [1, 1]}
        for name in ("low", "high"):
            (line,) = axes.plot(shown["x"], shown[name], "|-", color="edge", linewidth=1)
            live(line, shown, "x", name)

    wide, _ = drawings(plot, {}, prefix="drag_x")
    assert re.findall('<(path|use)[^>]* data-mark="(.)"', wide) == [
        (tag, mark) for mark in "01" for tag in ("path", "use", "use")
    ]


@pytest.mark.parametrize(
    ("number", "measured", "typeset"),
    [
        (15847.3, "15,850", "15850"), (1.8042e-16, "1.804e−16", "0.0000000000000001804"),
        (-0.5, "−0.5", "−0.5"), (3, "3", "3"), (2e12, "2e+12", "2000000000000"),
        (-0.0, "−0", "0"), (float("inf"), "inf", "–"),
    ],
)  # fmt: skip
def test_numbers_have_four_digits(number, measured, typeset):
    from press import show

    assert show.measured(number) == measured
    assert show.typeset(number) == typeset


def test_two_artists_that_follow_the_same_are_told_apart():
    from press.draw import drawings
    from snippets.drawing import live

    def plot(fig):
        axes, shown = fig.subplots(), {"x": [0, 1]}
        for look in ("-", "o"):
            live(axes.plot(shown["x"], shown["x"], look)[0], shown, "x", "x")

    with pytest.raises(ValueError, match="two artists follow 'x x': give one of them names"):
        drawings(plot, {}, prefix="drag_x")


def test_two_stacked_panels_are_drawn_once():
    from press.draw import drawings

    wide, narrow = drawings(stacked, {}, prefix="plot_x")
    height, down = (float(n) for n in re.search(r'704 ([\d.]+)".*y="-([\d.]+)"', wide).groups())
    assert abs(height + down - 580) < 0.2
    assert re.findall('<use href="(.*?)"', wide) == ["#plot_x-0", "#plot_x-1"]
    assert re.findall('<g id="(.*?)"', narrow) == ["plot_x-0", "plot_x-1"]
    assert "<path" in narrow
    assert "<path" not in wide


def test_what_belongs_to_no_panel_is_refused():
    from press.draw import drawings

    def plot(fig):
        stacked(fig)
        fig.text(0.5, 0.5, "stray", color="ink")

    with pytest.raises(ValueError, match="belongs to one of them"):
        drawings(plot, {}, prefix="plot_x")


def test_the_source_is_linked(project, monkeypatch):
    md = converter(project, monkeypatch, source="https://example.org/main/")
    html = md.convert("```snippet\nart.scratch:double\n```\n\n`#!num art.experiments:base.four`")
    assert 'href="https://example.org/main/snippets/art/scratch.py#L3-L9"' in html
    assert (
        '<a class="num" href="https://example.org/main/snippets/art/experiments.py#L3-L6"' in html
    )


FORMATTERS = {
    "pymdownx.superfences": {
        "custom_fences": [
            {"name": kind, "class": kind, "format": getattr(extension, kind)} for kind in KINDS
        ]
    },
    "pymdownx.inlinehilite": {
        "custom_inline": [{"name": "num", "class": "num", "format": extension.num}]
    },
}


def converter(root, monkeypatch, *others, **options):
    """Markdown with press, as MkDocs sets it up for a page."""
    monkeypatch.chdir(root)
    extension._builds.clear()
    return markdown.Markdown(
        extensions=["press", *FORMATTERS, *others],
        extension_configs={"press": options, **FORMATTERS},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```output\nart.experiments:fourth\n```", SuperFencesException),
        ("`#!num art.experiments:base.fourth`", InlineHiliteException),
        ("$\\nonsense$", Exception),
    ],
)
def test_what_the_scan_missed_stops_the_build(project, monkeypatch, text, expected):
    md = converter(project, monkeypatch)
    with pytest.raises(expected):
        md.convert(text)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("```output\nart.experiments:fourth\n```", "no &#x27;fourth&#x27; here"),
        ("```figure\nart.figures:plot_base\n```", "figure without alt text"),
        ("```claim\nart.claims:doubles\nIt *doubles*.\n```", "AssertionError: assert base"),
        ("a `#!num art.experiments:base.fourth` b", "has no number &#x27;fourth&#x27;"),
        ("a $\\nonsense$ b", "formula "),
        ("a $\\num{art.experiments:base.fourth}{}$ b", "has no number &#x27;fourth&#x27;"),
    ],
)
def test_while_serving_a_failure_is_a_red_box(project, monkeypatch, capsys, page, why):
    monkeypatch.setattr(sys, "argv", ["mkdocs", "serve"])
    edit(project, "snippets/art/claims.py", "== 4", "== 5")
    (project / "docs/index.md").write_text(page)
    html = converter(project, monkeypatch).convert(page)
    assert '<span class="press-failure" role="alert">' in html
    assert why in html
    assert "docs/index.md:1: " in capsys.readouterr().err


def test_while_serving_a_mended_file_heals(project, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mkdocs", "serve"])
    page = "`#!num bee.experiments:lone.one`"
    (project / "docs/index.md").write_text(page)
    edit(project, "snippets/bee/scratch.py", "return 1", "return 1 / 0")
    assert "ZeroDivisionError" in converter(project, monkeypatch).convert(page)
    edit(project, "snippets/bee/scratch.py", "return 1 / 0", "return 7")
    build = extension.current_build("docs", 60)
    assert build.result("bee.experiments:lone")["value"] == {"one": 7}
    assert extension.current_build("docs", 60) is build


def test_serve(project):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (project / "docs/index.md").write_text("`#!num bee.experiments:lone.one`")
    edit(project, "snippets/bee/scratch.py", "return 1", "return 1 / 0")
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)

    def shows(text):
        address = f"http://127.0.0.1:{port}/"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30) as response:
            return text in response.read().decode()
        return False

    try:
        wait_until(lambda: shows("ZeroDivisionError"))
        edit(project, "snippets/bee/scratch.py", "return 1 / 0", "return 77")
        wait_until(lambda: shows(">77<"))
    finally:
        server.terminate()
        server.wait(timeout=30)


# One exhibit at a time


def press_command(root, *arguments):
    command = [sys.executable, "-m", "press", *map(str, arguments)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_command_draws(project):
    run = press_command(project, "art.figures:plot_base", "out.svg")
    assert (run.returncode, run.stderr) == (0, "")
    assert (project / "out.svg").read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')


@pytest.mark.parametrize(
    ("arguments", "code", "printed"),
    [
        (["art.experiments:base"], 0, "base\n"),
        (["art.claims:alone"], 0, "0\n"),
        ([], 1, "python -m press dropout.figures:plot_masks out.svg"),
        (["a", "b", "c"], 1, "python -m press dropout.figures:plot_masks out.svg"),
        (["--help"], 1, "python -m press dropout.figures:plot_masks out.svg"),
        (["art.figures:plot_bas", "o.svg"], 1, "no 'plot_bas' here; did you mean 'plot_base'?"),
        (["art.figure:plot_base"], 1, "no such file; did you mean 'art.figures'?"),
        (["art.experiments:base", "o.svg"], 1, "the first parameter of a figure is fig"),
        (["art.figures:plot_base"], 1, "parameter 'fig': no experiment of that name"),
        (["art.figures:plot_base", "no/such/o.svg"], 1, "No such file or directory"),
    ],
)
def test_command(project, monkeypatch, capsys, arguments, code, printed):
    with running_in(project):
        result = main(arguments)
    assert bool(result) == bool(code)
    assert printed in (result or capsys.readouterr().out)


def test_every_entry_point_sets_the_environment():
    names = ("KERAS_BACKEND", "MPLBACKEND", "OMP_NUM_THREADS")
    code = f"import press.worker, os; print(*(os.environ[name] for name in {names}))"
    environment = {name: value for name, value in os.environ.items() if name not in names}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert run.stdout == "torch agg 1\n"
    assert [os.environ[name] for name in names] == ["torch", "agg", "1"]


# The runner


def test_results_are_read_only_and_shared(project, tally):
    runner = Runner(project)
    with running_in(project):
        runner.digests = Digests(project := Project(project))
        runner.project = project
        derived = runner.experiment("art.experiments:derived")
    assert derived["base"]["four"] == 4
    assert derived["base"]["list"] == (1.0, -2.5)
    with pytest.raises(TypeError):
        derived["base"]["four"] = 5
    assert not tally()


def test_frozen():
    array = np.zeros(2)
    value = frozen({"a": array, "b": [{"c": np.float64(1)}]})
    with pytest.raises(ValueError, match="read-only"):
        value["a"][0] = 1
    array[0] = 1  # the owner's is not
    with pytest.raises(TypeError):
        value["b"][0]["c"] = 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.arange(3), [0, 1, 2]),
        (np.zeros(100_000), None),  # too large to name numbers of
        (MappingProxyType({1: (True, None)}), {"1": [True, None]}),
        ({"a": {2}}, {"a": "{2}"}),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected
    assert json.loads(json.dumps(plain(value))) == expected


def test_worker_answers_one_line_a_job(project, monkeypatch):
    jobs = [{"target": "bee.experiments:lone", "draw": False}, {"target": "a.b:c", "draw": False}]
    replies = io.StringIO()
    with running_in(project):
        press.worker.serve(project, map(json.dumps, jobs), replies)
    first, second = map(json.loads, replies.getvalue().splitlines())
    assert first["shown"]["value"] == {"one": 1}
    assert (second["file"], second["line"]) == ("snippets/a/b.py", 1)


def test_a_module_tells_its_place(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("\n\nx = (\n")
    with pytest.raises(SourceError, match=r"bad\.py:3: SyntaxError: '\(' was never closed"):
        Module(tmp_path, "bad", path)


# Interactive figures

DRAG = """
    # snippets/__init__.py
    # snippets/slider.py
    from dataclasses import dataclass
    @dataclass(frozen=True)
    class Slider:
        label: str
        low: float
        high: float
        step: float
        unit: str = ""
    # snippets/art/__init__.py
    # snippets/art/scratch.py
    def double(x): return <<2|3>> * x
    # snippets/art/interactive.py
    from typing import Annotated
    from snippets.art.scratch import double
    from snippets.slider import Slider
    def line(
        slope: Annotated[float, Slider("slope", 0, <<2|3>>, 0.5, " px")] = 1,
        height: Annotated[float, Slider("height", -1, 1, 0.1)] = 0,
    ):
        return {"x": [0, 1], "y": [height, height + double(slope)], "end": height + double(slope)}
    def drag_line(fig, line):
        ax = fig.subplots()
        ax.set(xlim=(0, 2), ylim=(-1, 9))
        ax.plot(line["x"], line["y"])[0].set_gid("x y")
        words = ax.text(2, line["end"], f"end {line['end']:.1f}")
        words.set_gid("two end end {end:.1f}")
"""
LINE = "art.interactive:drag_line"


@pytest.fixture
def line(tmp_path, monkeypatch):
    lay(tmp_path, DRAG, 1)
    for name in [name for name in sys.modules if name.split(".")[0] == "snippets"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Runner(tmp_path).run(LINE, draw=True)


def test_sliders_are_the_annotations(line):
    assert line["compute"] == "line"
    assert line["sliders"] == [
        {
            "name": "slope",
            "label": "slope",
            "low": 0,
            "high": 2,
            "step": 0.5,
            "unit": " px",
            "start": 1,
        },
        {
            "name": "height",
            "label": "height",
            "low": -1,
            "high": 1,
            "step": 0.1,
            "unit": "",
            "start": 0,
        },
    ]


def test_the_table_has_the_start_and_every_end(line):
    assert [settings for settings, _ in line["rows"]] == [
        {"slope": 1, "height": 0}, {"slope": 0, "height": 0}, {"slope": 2, "height": 0},
        {"slope": 1, "height": -1}, {"slope": 1, "height": 1},
    ]  # fmt: skip
    assert [values for _, values in line["rows"]] == [{"end": end} for end in (2, 0, 4, 1, 3)]


def test_a_mark_says_where_its_numbers_are(line):
    for svg in line["svg"]:
        path, words = json.loads(unescape(re.search('data-marks="(.*?)"', svg)[1]))
        assert path[:2] == ["x", "y"]
        (a, b, log), (c, d, log_y) = path[2:5], path[5:8]
        assert (log, log_y) == (0, 0)
        drawn = re.search(
            r'd="m([\d.]+) ([\d.]+)l([\d.]+)-([\d.]+)"[^>]*data-mark="0"', svg
        ) or re.search(r'data-mark="0"[^>]*d="m([\d.]+) ([\d.]+)l([\d.]+)-([\d.]+)"', svg)
        x, y, right, up = map(float, drawn.groups())
        assert (a, c) == pytest.approx((x, y), abs=0.1)
        assert (b, -2 * d) == pytest.approx((right, up), abs=0.1)
        assert words[8] == "end {end:.1f}"
        assert re.search(r'data-mark="1"[^>]*>end 2.0<|>end 2.0<', svg)


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_slider_offers_and_what_moves_are_part_of_the_figure(tmp_path, version):
    before = digest(lay(tmp_path, DRAG, 1), LINE, draw=True)
    assert (digest(lay(tmp_path, DRAG, version), LINE, draw=True) == before) == (version == 1)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "def drag_line(fig, line)",
            "def drag_line(fig): ...\ndef f(line)",
            "shows one function, not 0",
        ),
        ("def drag_line(fig, line)", "def drag_line(fig, lime)", "did you mean 'line'?"),
        ('Annotated[float, Slider("height", -1, 1, 0.1)]', "float", "height must be Annotated"),
        (")] = 1,", ")] = 1.2,", "slope starts at 1.2, where no step is"),
        (")] = 1,", ")] = 5,", "slope starts at 5, where no step is"),
    ],
)
def test_a_figure_that_cannot_be_dragged_says_why(tmp_path, monkeypatch, old, new, why):
    lay(tmp_path, DRAG, 1)
    edit(tmp_path, "snippets/art/interactive.py", old, new)
    for name in [name for name in sys.modules if name.split(".")[0] == "snippets"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SourceError, match=re.escape(why)):
        Runner(tmp_path).run(LINE, draw=True)


# Labs, the ledger and the data behind figures

LAB = """
    # docs/labs/art.py
    # # %% [markdown]
    # # # A lab
    # #
    # # Text with $x^2$ and [the page](../index.md).
    #
    # # %%
    from press.notebook import figure
    from snippets.art.experiments import base
    from snippets.art.figures import plot_base
    from snippets.art.scratch import double
    from tally import ran
    ran("lab")
    print("printed", double(2))
    #
    # # %%
    figure(plot_base, base(), alt="A line <b>")
    #
    # # %%
    double(4)
    # docs/labs/art.md
    ```lab
    docs/labs/art.py
    ```
"""


@pytest.fixture
def lab(project):
    """The synthetic project with a lab."""
    text = dedent(LAB).lstrip("\n")
    script, page = text.split("# docs/labs/art.md\n")
    (project / "docs/labs").mkdir()
    script = script.removeprefix("# docs/labs/art.py\n")
    script = re.sub(r"(?m)^# ?(# ?.*)?$", lambda line: line[1] or "", script)
    (project / "docs/labs/art.py").write_text(script, encoding="utf-8")
    (project / "docs/labs/art.md").write_text(page, encoding="utf-8")
    config = project / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    last = text.rstrip().rpartition("\n")[2]
    fences = [last.replace("receipt", name) for name in ("cell", "download")]
    config.write_text("\n".join([text.rstrip(), *fences, "exclude_docs: labs/*.py\n"]))
    return project


def test_a_lab_is_a_page_and_a_notebook(lab, tally):
    done = mkdocs(lab)
    assert done.returncode == 0, done.stderr
    page = (lab / "site/labs/art/index.html").read_text(encoding="utf-8")
    assert '<h1 id="a-lab">A lab</h1>' in page
    assert "<math><msup>" in page
    assert '<div class="output"><pre tabindex="0"><code>printed 4</code></pre></div>' in page
    assert '<div class="output"><pre tabindex="0"><code>8</code></pre></div>' in page
    assert 'aria-label="A line &lt;b&gt;"><svg' in page
    notebook = json.loads((lab / "site/labs/art.ipynb").read_text(encoding="utf-8"))
    nbformat.validate(notebook)
    setup, text, *code = notebook["cells"]
    assert "find_spec" in "".join(setup["source"])
    assert "press" not in "".join(setup["source"])
    assert "](index/)" in "".join(text["source"])
    assert all(cell["outputs"] == [] for cell in [setup, *code])
    assert len(code) == 3
    assert not (lab / "site/labs/art.py").exists()
    assert tally()["lab"] == 1


def test_two_labs_run_at_once_and_leave_nothing_behind(lab):
    for kind in ("py", "md"):
        text = (lab / f"docs/labs/art.{kind}").read_text(encoding="utf-8")
        (lab / f"docs/labs/other.{kind}").write_text(text.replace("art.py", "other.py"))
    before = set(lab.iterdir())
    assert not built(lab).failures
    assert set(lab.iterdir()) - before <= {lab / "__pycache__"}


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("snippets/art/far.py", "return FACTOR * x", "return x * FACTOR", True),
        ("snippets/art/figures.py", "alpha=0.15", "alpha=0.25", True),
        ("docs/labs/art.py", "# Text", "# Words", True),
        ("snippets/art/other.txt", "1", "2", False),
        ("snippets/art/claims.py", "it moved", "it has moved", False),
        ("docs/labs/art.md", "```lab", "Words.\n\n```lab", False),
    ],
)
def test_a_lab_runs_again_only_if_what_it_reaches_changed(lab, tally, file, old, new, again):
    assert not built(lab).failures
    assert tally()["lab"] == 1
    edit(lab, file, old, new)
    assert not built(lab).failures
    assert tally()["lab"] == again


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        (
            "docs/labs/art.py",
            "double(4)",
            "\n1 / 0",
            "docs/labs/art.md:1: docs/labs/art.py: cell 4: ZeroDivisionError: division by zero\n"
            "    docs/labs/art.py:{line}",
        ),
        (
            "snippets/art/far.py",
            "return FACTOR * x",
            "return FACTOR * x if x < 4 else {}['four']",
            "docs/labs/art.md:1: docs/labs/art.py: KeyError: 'four' (called from cell 4, "
            "docs/labs/art.py:{line})\n    snippets/art/far.py:3",
        ),
        ("docs/labs/art.py", "double(4)", "import warnings; warnings.warn('old')", "to stderr: "),
        ("docs/labs/art.py", "double(4)", "__import__('os').abort()", "cell 4: "),
        ("docs/labs/art.py", "$x^2$", "`#!num art.experiments:base.four`", "let code print it"),
        ("docs/labs/art.py", "$x^2$", r"$\frac{1$", "formula"),
        ("docs/labs/art.md", "art.py", "arts.py", "no such file; did you mean 'docs/labs/art.py'?"),
        ("docs/labs/art.md", "docs/labs/art.py", "art", "'art' is no lab: name its file"),
        ("docs/labs/art.md", "```lab\n", "```lab x\n", "a lab stands at the left, after three `"),
    ],
)
def test_a_lab_that_fails_says_where(lab, file, old, new, why):
    edit(lab, file, old, new)
    lines = (lab / "docs/labs/art.py").read_text(encoding="utf-8").split("\n")
    last = max(number for number, line in enumerate(lines, 1) if line.strip())
    report = built(lab).report()
    assert why.format(line=last) in report


def test_a_wheel_that_cannot_be_made_leaves_the_site_as_it_was(project):
    before = contents(project / "site")
    (project / "pyproject.toml").write_text("[project", encoding="utf-8")
    done = mkdocs(project)
    assert done.returncode == 1
    assert "the wheel cannot be made:" in done.stderr
    assert contents(project / "site") == before


def test_a_damaged_table_is_made_again(project):
    (data,) = (project / "site/data").glob("art.figures.plot_base.csv")
    before = data.read_bytes()
    assert before.startswith(b"experiment,name,row,column,value\nbase,four,,,4\nbase,list,0,,1.0\n")
    for kept in (project / ".cache").rglob("*.csv-*"):
        kept.write_bytes(b"damaged")
    assert mkdocs(project).returncode == 0
    assert data.read_bytes() == before
