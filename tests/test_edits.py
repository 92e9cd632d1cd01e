"""After each of many random edits, a build that goes on is a build from nothing, and no dearer.

What must run is told by a table of this file: which piece of code names which, not by press.
A function runs again when, in that table, something that it reaches reads otherwise than in the
last results kept of it: code without comments and docstrings, the statements that run when a
module that it imports is imported, files that it opens by a literal path, the lock, for a drawing
the style. What opens a computed path reaches every file below `snippets/`.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from projects import CONFIG, PLAIN_THEME, ROOT, contents, lay

from press.store import KEPT

EDITS = 100  # of each seed
# Each piece of code. NAME is its name, VALUE a number that edits change; {module.piece} is a use of
# another piece, by the name that it has in this module; <module.piece> only its name. A function
# with PARAMETERS receives the experiments that it uses, and tells that it runs.
PIECES = {
    "util.tools.LIMIT": "NAME = VALUE",
    "util.tools.clip": "def NAME(x):\n    return min(x, {util.tools.LIMIT}) + VALUE",
    "util.tools.passed": """\
def NAME(function):
    def inner(*given):
        return function(*given) + VALUE
    return inner""",
    "art.far.FACTOR": "NAME = VALUE",
    "art.far.PAIR": "NAME = [{art.far.FACTOR}, (VALUE, 1)]",
    "art.far.Shape": """\
class NAME:
    side = VALUE

    def area(self):
        return self.side * {art.far.FACTOR}""",
    "art.far.scale": "def NAME(x, by={art.far.FACTOR}):\n    return by * x + VALUE",
    "art.far.total": "def NAME():\n    return sum({art.far.PAIR}[1]) + VALUE",
    "art.scratch.double": "def NAME(x):\n    return {art.far.scale}(x) + {util.tools.clip}(x)",
    "art.scratch.square": "def NAME(x):\n    return {art.far.Shape}().area() * x + VALUE",
    "art.scratch.lone": "def NAME(x):\n    return x + VALUE",
    "art.scratch.most": "def NAME(x):\n    return max(x, {art.far.total}()) + VALUE",
    "art.experiments.base": """\
def NAME(PARAMETERS):
    return {"n": {art.scratch.double}(VALUE), "list": [1.0, {art.scratch.lone}(2)]}""",
    "art.experiments.derived": """\
def NAME(PARAMETERS):
    return {"n": {art.scratch.square}({art.experiments.base}["n"]), "text": "<b>"}""",
    "art.experiments.reads": """\
def NAME(PARAMETERS):
    data = json.loads(open("snippets/art/data.json").read())
    table = open("snippets/art/table.csv").read().split(",")
    return {"n": {art.scratch.lone}(data["n"]) + len(table) + VALUE}""",
    "art.experiments.blind": """\
def NAME(PARAMETERS):
    return {"n": {art.scratch.lone}(len(open("snippets/art/" + "table.csv").read()))}""",
    "art.claims.holds": """\
def NAME(PARAMETERS):
    assert {art.scratch.most}({art.experiments.base}["n"]) > -1, "it moved"
    return {art.experiments.base}["n"] + VALUE""",
    "art.claims.kept": """\
def NAME(PARAMETERS):
    assert {art.scratch.lone}(1) > 0
    return {"one": {art.scratch.lone}(1), "two": VALUE}""",
    "art.figures.axes_of": "def NAME(fig):\n    return fig.subplots()",
    "art.figures.plot_base": """\
def NAME(fig, PARAMETERS):
    {art.figures.axes_of}(fig).plot([0, VALUE], [0, {art.experiments.base}["n"]], "x")""",
    "art.wrong.other": "def NAME(x):\n    return x - VALUE",
    "art.wrong.breaks": """\
BREAKS = {
    "<art.claims.holds>": {"<art.scratch.double>": "<art.wrong.other>"},
    "<art.claims.kept>": {"<art.scratch.lone>": "<art.wrong.other>"},
}""",
    "bee.scratch.TABLE": "NAME = []",
    "bee.scratch.noted": "{bee.scratch.TABLE}.append(VALUE)",
    "bee.scratch.one": "def NAME(x):\n    return {util.tools.clip}(x) + {bee.scratch.TABLE}[0]",
    "bee.scratch.unseen": "def NAME(x):\n    return x * VALUE",
    "bee.experiments.count": "def NAME(PARAMETERS):\n    return {'n': {bee.scratch.one}(VALUE)}",
}
INPUTS = {
    "art.experiments.derived": ["art.experiments.base"],
    "art.claims.holds": ["art.experiments.base"],
    "art.figures.plot_base": ["art.experiments.base"],
}
HEADS = {"art.experiments": "import json\nfrom tally import ran\n"}
HEADS |= dict.fromkeys(["art.claims", "art.figures", "bee.experiments"], "from tally import ran\n")
PACKAGES = [f"snippets/{folder}__init__.py" for folder in ("", "util/", "art/", "bee/")]
FILES = {
    "snippets/art/data.json": '{"n": VALUE}\n',
    "snippets/art/table.csv": "1,VALUE\n",
    "snippets/art/unread.txt": "VALUE\n",
    "requirements.txt": "numpy==VALUE\n",
    "theme/main.css": "p { margin: VALUEpx }\n",
    "figure.mplstyle": "lines.markeredgewidth: VALUE\n",
}
PAGES = {
    "docs/index.md": [
        "Words VALUE and `#!num <art.experiments.base>.n d`.",
        "```snippet\n<art.scratch.double>\n```",
        "```figure\n<art.figures.plot_base>\nalt: A line VALUE to `#!num <art.experiments.base>.n`."
        "\n**A line.** A caption VALUE with `#!num <art.experiments.base>.list.1`.\n```",
        "```claim\n<art.claims.holds>\nIt holds VALUE.\n```",
        "- Reads `#!num <art.experiments.reads>.n` VALUE and $x^VALUE$.",
        "```output\n<art.experiments.derived>\n```",
    ],
    "docs/bee.md": [
        "```claim\n<art.claims.kept>\nIt is kept VALUE.\n```",
        "```snippet\n<bee.scratch.one>\n<util.tools.clip>\n```",
        "Blind `#!num <art.experiments.blind>.n` VALUE.",
        "A formula $\\num{<bee.experiments.count>.n}{d} + VALUE$.",
    ],
    "docs/extra.md": [
        "Again `#!num <art.experiments.derived>.n` and `#!num <bee.experiments.count>.n` VALUE.",
        "```snippet\n<art.far.Shape>\n```",
    ],
}
USE, NAME = re.compile(r"\{([a-z]+\.[\w.]+)\}"), re.compile(r"<([a-z]+\.[\w.]+)>")
FIXED = {"art.wrong.breaks", "bee.scratch.noted"}  # bind no name that edits change
FUNCTIONS = [key for key, text in PIECES.items() if text.startswith("def")]
CALLED = [key for key in FUNCTIONS if key != "util.tools.passed"]
EXHIBITS = [key for key, text in PIECES.items() if "PARAMETERS" in text]


def module_of(key):
    return key.rpartition(".")[0]


def path_of(module):
    return f"snippets/{module.replace('.', '/')}.py"


@dataclass
class State:
    """The project at one time: what is in the place of NAME and VALUE, and how it is set."""

    values: Counter = field(default_factory=Counter)
    names: dict = field(default_factory=lambda: {key: key.rpartition(".")[2] for key in PIECES})
    order: list = field(default_factory=lambda: list(PIECES))
    aliases: dict = field(default_factory=dict)  # (module, piece): the name it is imported as
    remarks: Counter = field(default_factory=Counter)  # comments, docstrings, empty lines
    decorated: set = field(default_factory=set)
    added: dict = field(default_factory=dict)  # pieces that nothing uses: module and code
    pages: dict = field(default_factory=lambda: {page: [*PAGES[page]] for page in PAGES})
    gone: set = field(default_factory=set)  # pages
    raising: str = ""  # a function
    unimportable: tuple = ()  # a module and the line that breaks it
    untrue: tuple = ()  # a page and what is wrong on it

    def value(self, key):
        return str(1 + self.values[key] % 9)

    def uses(self, key):
        found = USE.findall(PIECES[key])
        return [*found, *(["util.tools.passed"] if key in self.decorated else [])]

    def local(self, module, key):
        return self.aliases.get((module, key), self.names[key])

    def code(self, key):
        """Without comments and docstrings."""
        module, text = module_of(key), PIECES[key]
        text = USE.sub(lambda use: self.local(module, use[1]), self.with_names(text))
        inputs = [self.names[name] for name in INPUTS.get(key, [])]
        text = text.replace("PARAMETERS", ", ".join(inputs)).replace("VALUE", self.value(key))
        text = text.replace("NAME", self.names[key])
        head, _, body = text.partition("\n")
        body = f'    raise ValueError("broken")\n{body}' if key == self.raising else body
        body = f'    ran("{key}")\n{body}' if key in EXHIBITS else body
        text = f"{head}\n{body}" if body else head
        if key in self.decorated:
            text = f"@{self.local(module, 'util.tools.passed')}\n{text}"
        return text

    def with_names(self, text):
        return NAME.sub(lambda name: self.names[name[1]], text)

    def dressed(self, key):
        """With comments, docstrings and empty lines."""
        text, remark = self.code(key), self.remarks[key]
        if key in (*FUNCTIONS, "art.far.Shape"):
            head, colon, body = text.partition(":\n")
            text = f'{head}{colon}    """Says {remark}."""\n{body}'
        return f"# {remark}\n{text}  # {remark}\n" + "\n" * (remark % 4)

    def imports(self, module):
        """The pieces of other modules that a module imports, by statements at its top."""
        there = [key for key in self.order if module_of(key) == module]
        used = {use for key in there for use in self.uses(key) if use not in INPUTS.get(key, [])}
        return sorted(use for use in used if module_of(use) != module)

    def module(self, module):
        lines = [f'"""Notes {self.remarks[module]}."""', HEADS.get(module, "")]
        for key in self.imports(module):
            name, local = self.names[key], self.local(module, key)
            renamed = "" if name == local else f" as {local}"
            lines.append(f"from snippets.{module_of(key)} import {name}{renamed}")
        lines += [self.dressed(key) for key in self.order if module_of(key) == module]
        lines += [code for place, code in self.added.values() if place == module]
        lines += self.unimportable[1:] if module in self.unimportable else ()
        return "\n".join(lines) + "\n"

    def page(self, page):
        text = NAME.sub(lambda name: self.target(name[1]), "\n\n".join(self.pages[page]))
        text = text.replace("VALUE", self.value(page))
        head = (
            f"---\ntitle: {page} {self.remarks[page]}\ndescription: Words {self.value(page)}\n---\n"
        )
        wrong = f"\n\n{self.untrue[1]}\n" if page in self.untrue[:1] else ""
        return f"{head}\n# A page\n\n{text}\n{wrong}"

    def target(self, key):
        return f"{module_of(key)}:{self.names[key]}"

    def files(self):
        modules = {path_of(module): self.module(module) for module in map(module_of, PIECES)}
        other = {file: text.replace("VALUE", self.value(file)) for file, text in FILES.items()}
        pages = {page: self.page(page) for page in PAGES if page not in self.gone}
        return dict.fromkeys(PACKAGES, "") | modules | other | pages

    # What the table says

    def modules_of(self, modules):
        """The modules, with what they import."""
        found, left = set(), [*modules]
        while left:
            module = left.pop()
            if module not in found:
                found.add(module)
                left += map(module_of, self.imports(module))
        return found

    def reached(self, key):
        """(pieces, modules) that stand behind a function, the experiments it receives aside."""
        pieces, modules, left = set(), set(), [key]
        while left:
            piece = left.pop()
            if piece not in pieces:
                pieces.add(piece)
                left += self.uses(piece)
            modules |= self.modules_of({module_of(piece)})
            for other in {"bee.scratch.noted", *self.decorated} - pieces:
                if module_of(other) in modules:  # it runs on import
                    left.append(other)
        return pieces, modules

    def reads(self, key, files):
        """All that stands behind a function, as text."""
        pieces, _ = self.reached(key)
        named = [f"{module_of(piece)} {self.code(piece)}" for piece in pieces]
        named += [file + files[file] for file in FILES if any(file in PIECES[p] for p in pieces)]
        named += [files["requirements.txt"]]
        if ".figures." in key:
            named.append(files["figure.mplstyle"])
        if key == "art.experiments.blind":
            named += [name + text for name, text in files.items() if name.startswith("snippets/")]
        named += [self.reads(given, files) for given in INPUTS.get(key, [])]
        return "\0".join(sorted(named))

    def wanted(self):
        shown = [block for page in PAGES if page not in self.gone for block in self.pages[page]]
        run = [block for block in shown if not block.startswith("```snippet")]
        return {name for block in run for name in NAME.findall(block)}

    def broken(self):
        return bool(self.raising or self.unimportable or self.untrue)


class Author:
    """Edits at random; each method is a kind of edit."""

    def __init__(self, seed):
        self.random, self.state, self.past = random.Random(seed), State(), []
        self.touched = None  # seconds that the next files written are set to
        edits = [name for name in vars(Author) if name.startswith("edit_")]
        self.kinds = self.random.sample(edits, len(edits)) + self.random.choices(edits, k=EDITS)

    def edit(self):
        """The kind of edit made. What is broken is mended next."""
        if self.state.broken():
            self.state = deepcopy(self.past[-1])
            return "mend"
        self.past.append(deepcopy(self.state))
        kind = self.kinds.pop(0)
        getattr(self, kind)()
        return kind

    def some(self, keys):
        return self.random.choice(sorted(keys))

    def edit_value(self):
        self.state.values[self.some(key for key, text in PIECES.items() if "VALUE" in text)] += 1

    edit_constant = edit_body = edit_default = edit_value

    def edit_attribute(self):
        self.state.values["art.far.Shape"] += 1

    def edit_deep(self):
        self.state.values[self.some(["util.tools.LIMIT", "util.tools.clip"])] += 1

    def edit_decorator(self):
        self.state.values["util.tools.passed"] += 1

    def edit_decorated(self):
        self.state.decorated ^= {
            self.some(["art.scratch.lone", "art.far.total", "bee.scratch.one"])
        }

    def edit_name(self):
        key = self.some(PIECES.keys() - FIXED)
        self.state.names[key] = f"{key.rpartition('.')[2]}_{self.random.randrange(4)}"

    def edit_alias(self):
        module = self.some(
            module for module in map(module_of, PIECES) if self.state.imports(module)
        )
        key = self.some(self.state.imports(module))
        if self.state.aliases.pop((module, key), None) is None:
            self.state.aliases[module, key] = (
                f"{key.rpartition('.')[2]}_as_{self.random.randrange(4)}"
            )

    def edit_order(self):
        """Of two functions in a module where nothing that runs on import stands between them."""
        ran, order = {module_of(key) for key in self.state.decorated}, self.state.order
        one = self.some(key for key in CALLED if module_of(key) not in ran)
        other = self.some(key for key in CALLED if module_of(key) == module_of(one))
        first, second = order.index(one), order.index(other)
        order[first], order[second] = other, one

    def edit_remark(self):
        self.state.remarks[self.some(PIECES)] += 1
        self.state.remarks[self.some(map(module_of, PIECES))] += 1

    def edit_added(self):
        name = f"added_{self.random.randrange(5)}"
        if self.state.added.pop(name, None) is None:
            code = [f"def {name}(x=1):\n    return x\n", f"{name} = [1, 2]\n", f"{name} = 3 * -4\n"]
            self.state.added[name] = self.some(map(module_of, PIECES)), self.some(code)

    edit_removed = edit_added

    def edit_file(self):
        self.state.values[self.some(FILES)] += 1

    def edit_data(self):
        self.state.values[self.some(file for file in FILES if file.startswith("snippets/"))] += 1

    def edit_prose(self):
        self.state.values[self.some(PAGES)] += 1

    def edit_head(self):
        self.state.remarks[self.some(PAGES)] += 1

    def edit_fences(self):
        self.random.shuffle(self.state.pages[self.some(PAGES)])

    def edit_page(self):
        self.state.gone ^= {self.some(["docs/bee.md", "docs/extra.md"])}

    def edit_back(self):
        """To an earlier version, as git checkout does."""
        self.state = deepcopy(self.random.choice(self.past[-12:]))

    edit_further_back = edit_back

    def edit_touch(self):
        self.touched = "now"

    def edit_clock(self):
        self.touched = self.random.choice([1e9, 1e9 + 1e6, 4e9])
        self.state.values[self.some(FUNCTIONS)] += 1

    def edit_within_the_same_second(self):
        """The size stays too."""
        self.touched = 1e9
        self.state.values[self.some(["art.scratch.lone", "art.far.FACTOR", "art.wrong.other"])] += 1

    def break_function(self):
        self.state.raising = self.some(CALLED)

    def edit_break(self):
        self.random.choice([self.break_function, self.break_module, self.break_page])()

    edit_break_again = edit_break

    def break_module(self):
        lines = ["def broken(:", "broken = 1 / 0", "broken = gone", "def broken(x=gone): pass"]
        lines += [
            "from snippets.util.tools import gone",
            "import snippets.gone",
            "raise ValueError",
        ]
        self.state.unimportable = self.some(map(module_of, PIECES)), self.some(lines)

    def break_page(self):
        wrong = ["```claim\nart.claims:gone\nx\n```", "```claim", "$\\frac{1$", "`#!num art:n`"]
        wrong.append("`#!num bee.experiments:count.gone`")
        self.state.untrue = self.some(PAGES.keys() - self.state.gone), self.some(wrong)


class Ledger:
    """What must run, by the table: the results kept of each function."""

    def __init__(self):
        self.kept = defaultdict(list)

    def expected(self, state, files):
        runs, failed, seen = [], set(), set()

        def want(key):
            if key in seen:
                return
            seen.add(key)
            reads, kept = state.reads(key, files), self.kept[state.target(key)]
            if reads in kept:
                return
            inputs = INPUTS.get(key, [])
            for given in inputs:
                want(given)
            pieces, modules = state.reached(key)
            if failed.intersection(inputs) or state.unimportable[:1] in [(m,) for m in modules]:
                failed.add(key)
                return
            runs.append(key)
            if state.raising in pieces:
                failed.add(key)
            else:
                kept.append(reads)
                del kept[:-KEPT]

        for key in sorted(state.wanted()):
            want(key)
        return set(runs)


def write(root, files, touched):
    """Write what differs; files without a name are gone."""
    for page in PAGES.keys() - files.keys():
        (root / page).unlink(missing_ok=True)
    for name, text in files.items():
        path = root / name
        old = path.read_text(encoding="utf-8") if path.exists() else None
        if old != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if touched == "now":
            path.touch()
        elif touched and (old != text or touched == 4e9):
            os.utime(path, (touched, touched))


def start(root, library):
    """A build in a process of its own, which writes what runs to `ran` beside the project."""
    (root.parent / f"{root.name}.ran").unlink(missing_ok=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(root.parent / "lib"), library]),
        "SOURCE_DATE_EPOCH": "1000000000",
        "TALLY": str(root.parent / f"{root.name}.ran"),
    }
    command = [sys.executable, "-P", "-m", "mkdocs", "build", "--strict"]
    return subprocess.Popen(
        command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def ran(root):
    path = root.parent / f"{root.name}.ran"
    return Counter(path.read_text().split() if path.exists() else [])


def relative(root):
    folder = root / "site"
    return {path.relative_to(folder).as_posix(): data for path, data in contents(folder).items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_build_that_goes_on_equals_one_from_nothing(seed, tmp_path, library, record_property):
    author, ledger, counts = Author(seed), Ledger(), Counter()
    going, clean = tmp_path / "going", tmp_path / "clean"
    style = tmp_path / "lib/press/figure.mplstyle"
    shutil.copytree(ROOT / "press", style.parent, ignore=shutil.ignore_patterns("__pycache__"))
    usual = style.read_text(encoding="utf-8")
    config = CONFIG.replace("PRESS", str(style.parent))
    lay(going, f"{config}      toc: {{permalink: true}}\n{PLAIN_THEME}")
    kind, before = "start", {}
    for _ in range(EDITS + 1):
        files = author.state.files()
        write(going, files, author.touched)
        author.touched = None
        style.write_text(usual + files["figure.mplstyle"])
        shutil.rmtree(clean, ignore_errors=True)
        shutil.copytree(going, clean, ignore=shutil.ignore_patterns("site", ".cache", "*.pyc"))
        builds = [start(root, str(library)) for root in (going, clean)]
        (told, clean_told), (code, clean_code) = (
            [build.communicate()[1] for build in builds],
            [build.returncode for build in builds],
        )
        expected, runs = ledger.expected(author.state, files), ran(going)
        counts += Counter(edits=1, builds=2, runs=len(runs), clean_runs=len(ran(clean)))
        counts["stale"] += len(expected - runs.keys())
        counts["needless"] += len(runs.keys() - expected)
        assert code == clean_code <= (kind != "start"), (kind, told, clean_told)
        if code:
            assert relative(going) == before, kind
            assert failures(told) == failures(clean_told), kind
            counts["failed"] += 1
        else:
            before = relative(going)
            assert before == relative(clean), kind
        assert set(runs) == expected, (kind, told)
        twice = {key for key, times in runs.items() if times > 1 + (".figures." in key)}
        assert not twice, kind
        kind = author.edit()
    record_property("counts", dict(counts))
    print(seed, dict(counts))


def failures(told):
    lines = told.replace("/clean/", "/going/").splitlines()
    return [line for line in lines if not line.startswith(("press:", "INFO"))]
