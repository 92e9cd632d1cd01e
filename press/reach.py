"""What a function depends on: the project's statements and files it can reach.

A function pulls in the top-level statements that bind the names it uses, and theirs in turn.
Importing a module also runs its other top-level statements, so those that do more than bind a
plain value count too. Whatever cannot be seen through, such as `open` on a computed path or
`getattr` by string, widens the reach to every file below `snippets/`, never narrows it.
"""

import ast
import functools
import hashlib
import os
import platform
import sys
from itertools import groupby
from pathlib import Path

from press.modules import IMPORTS, PACKAGE, is_lab, is_movable, split

BETWEEN = "\n\n\n"  # two definitions
NAMES = (ast.Name, ast.Attribute)
GROUND = {"scratch", "torch_", "keras_"}
ORACLES = {"torch", "keras", "sklearn", "scipy"}
READERS = {
    "open", "read_text", "read_bytes", "load", "loadtxt", "genfromtxt", "fromfile", "memmap",
    "read_csv", "imread",
}  # fmt: skip
BLIND = READERS | {
    "__builtins__", "__code__", "__dict__", "__doc__", "__file__", "__getattribute__",
    "__globals__", "__loader__", "__spec__", "__subclasses__", "__traceback__", "_getframe",
    "attrgetter", "builtins", "ctypes", "doctest", "exists", "fileinput", "gc", "getsize", "glob",
    "importlib", "inspect", "is_file", "isfile", "iterdir", "linecache", "listdir", "load_files",
    "load_model", "load_weights", "loadmat", "methodcaller", "mmap", "mmread", "pkgutil", "popen",
    "pydoc", "rglob", "runpy", "scandir", "shelve", "shutil", "sqlite3", "stat", "subprocess",
    "sys", "system", "tarfile", "timeit", "traceback", "walk", "zipfile",
}  # fmt: skip
BLIND_BUILTINS = {
    "__import__", "compile", "dir", "eval", "exec", "getattr", "globals", "help", "locals", "vars",
}  # fmt: skip
LAB, CARD = "lab", "card"
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}


class Reach:
    """All that stands behind one function; `statements` lists dependencies first."""

    def __init__(self, project, target):
        self.project, self.tried, self.entered, self.seen = project, set(), set(), set()
        self.statements, self.effects, self.named, self.files = [], [], set(), set()
        self.libraries, self.import_lines = set(), {}
        self.blind = self.environment = False
        module, _ = project.find(target)
        if is_lab(target):
            for statement in module.tree.body:
                self._statement(module, statement)
        else:
            self._name(module, target.partition(":")[2])

    @property
    def grounded(self):
        """Whether teaching code, a recorded file or a library stands behind the function."""
        homes = {module.name.rpartition(".")[2] for module, _ in self.statements}
        return bool(homes & GROUND or self.libraries & ORACLES or self.files)

    def _enter(self, dotted):
        """Importing `a.b.c` runs the top-level statements of a, a.b and a.b.c."""
        if dotted in self.tried or dotted.startswith("press."):  # see Digests.machinery
            return
        self.tried.add(dotted)
        parts = dotted.split(".")
        for depth in range(1, len(parts) + 1):
            module = self.project.module(".".join(parts[:depth]))
            if module and module.name not in self.entered:
                self.entered.add(module.name)
                self.blind |= "*" in module.bindings
                for statement in module.tree.body:
                    if isinstance(statement, IMPORTS):
                        for source, attribute, _ in module.imported(statement):
                            self._enter(source)
                            self._enter(f"{source}.{attribute}")
                            self.blind |= self.project.lacks(source, attribute, statement)
                    elif statement in module.effects:
                        self.effects.append(module.name)
                        self._statement(module, statement)

    def _name(self, module, name):
        if (module, name) in self.seen:
            return
        self.seen.add((module, name))
        self._enter(module.name)
        for statement in module.bindings.get(name, []):
            if isinstance(statement, IMPORTS):
                self._import(module, statement, name)
            else:
                self.named.add(statement)
                self._statement(module, statement)

    def _import(self, module, statement, only=None):
        for source, attribute, local in module.imported(statement):
            if only not in (None, local) or source.startswith("press."):
                continue
            found = self.project.module(source)
            inner = self.project.module(f"{source}.{attribute}")
            if inner:
                self._whole(inner)
            if found and attribute in found.bindings:
                self._name(found, attribute)
            elif found and attribute is None:
                self.blind |= local == PACKAGE  # the package: any module of it, by its dotted name
                self._whole(found)
            elif found or source.split(".")[0] == PACKAGE:
                self.blind |= not inner
            else:
                words = {*source.split("."), attribute, local}
                self.libraries.add(source.split(".")[0])
                self.blind |= attribute == "*" or not BLIND.isdisjoint(words)
                self.environment |= attribute in ENVIRONMENT
                if only:
                    self.import_lines[local] = import_line(source, attribute, local)

    def _whole(self, module):
        """A module used as a value: all that it binds."""
        self._enter(module.name)
        self.blind |= module.path.name == "__init__.py"  # any module of the package, as attribute
        for name in module.bindings:
            self._name(module, name)

    def _statement(self, module, statement):
        if statement in self.seen:
            return
        self.seen.add(statement)
        if statement not in module.uses:
            module.uses[statement] = Uses(self.project, module, module.bare[statement])
        uses = module.uses[statement]
        self.files |= uses.files
        self.blind |= uses.blind
        self.environment |= uses.environment
        for used in uses.names:
            if isinstance(used, str):
                self._name(module, used)
            else:
                self._import(module, used)
        self.statements.append((module, statement))


class Uses:
    """What one statement uses: names and imports in order, files, and what is out of sight."""

    def __init__(self, project, module, statement):
        self.project, self.module, self.excused = project, module, set()
        self.names, self.files, self.blind, self.environment = {}, set(), False, False
        self._visit(statement)

    def _visit(self, node):
        children = ast.iter_child_nodes(node)
        if isinstance(node, NAMES):
            name = node.id if isinstance(node, ast.Name) else node.attr
            self.blind |= node not in self.excused and (name in BLIND or name.startswith("read_"))
            self.environment |= name in ENVIRONMENT
            if isinstance(node, ast.Name):
                self.blind |= name in BLIND_BUILTINS
                self.names[name] = None
        elif isinstance(node, IMPORTS):
            self.names[node] = None
        elif isinstance(node, ast.Constant):
            files, text = self._files(node.value), str(node.value)
            self.files |= files
            self.blind |= "__" in text or (PACKAGE in text and not files)  # names by string
        elif isinstance(node, ast.Call) and self._reads_what_it_names(node):
            self.excused.add(node.func)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            sets_environment = getattr(node.value, "attr", None) in ENVIRONMENT
            children = [node.value.value, node.slice] if sets_environment else children
        for child in children:
            self._visit(child)

    def _reads_what_it_names(self, call):
        """Whether a call is open("f.csv"), np.load("f.npy") or Path("f.txt").read_text()."""
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
        of = getattr(call.func, "value", None)
        bound = self.module.bindings.get(getattr(of, "id", None), [None])
        if getattr(getattr(of, "func", None), "id", None) == "Path":
            call = of
        elif of and not all(isinstance(statement, IMPORTS) for statement in bound):
            return False
        path = getattr(call.args[0], "value", None) if call.args else None
        return name in READERS and bool(self._files(path))

    def _files(self, text):
        if not isinstance(text, str) or not 0 < len(text) < 200 or "\n" in text or "\0" in text:
            return set()
        folders = self.project.root, self.project.root / PACKAGE, self.module.path.parent
        return {path for path in (folder / text for folder in folders) if path.is_file()}


class Digests:
    """Hashes of all that could change what a function returns or draws."""

    def __init__(self, project):
        self.project, self._reaches, self._known, self._dumps = project, {}, {}, {}
        here = Path(__file__).parent
        run = [project.root / "requirements.txt", here / "worker.py"]
        draw = [*run, here / "draw.py", here / "figure.mplstyle", *sorted(here.glob("fonts/*.ttf"))]
        lab = [*draw, here / "labs.py", here / "notebook.py"]
        self.machines = {*lab, here / "card.py"}
        self.machinery = {
            False: self._hashes(run),
            True: self._hashes(draw),
            LAB: self._hashes(lab),
            CARD: self._hashes([*draw, here / "card.py"]),
        }
        self.shown = self._hashes([run[0], here / "show.py"])

    def reach(self, target):
        if target not in self._reaches:
            self._reaches[target] = Reach(self.project, target)
        return self._reaches[target]

    def grounded(self, target, *, draw=False):
        inputs = self.project.inputs(target, draw=draw).values()
        return self.reach(target).grounded or any(map(self.grounded, inputs))

    def digest(self, target, *, draw=False):
        if (target, draw) not in self._known:
            reach = self.reach(target)
            kind = LAB if is_lab(target) else CARD if isinstance(draw, str) else draw
            parts = [target, self.machinery[kind], *reach.effects]
            if kind == CARD:
                parts.append(draw)
            if is_lab(target):
                parts.append(self.project.find(target)[0].source)
            for module, statement in ordered(reach.statements):
                parts += [module.name, self._dump(module, statement)]
            parts += self._contents(reach.files)
            if reach.blind:
                parts.append(self._everything)
            if reach.environment:
                parts += [f"{name}={value}" for name, value in sorted(os.environ.items())]
            inputs = self.project.inputs(target, draw=draw).values()
            parts += [self.digest(experiment) for experiment in inputs]
            self._known[target, draw] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self._known[target, draw]

    def unchanged(self, target, *, draw=False):
        """Whether all that the digest stands for, and what importing runs, is as it was read."""
        paths = self.sources(target, draw=draw)
        return self.project.unchanged(paths and paths | self.machines)

    def sources(self, target, *, draw=False):
        """The files that could change what it returns; None: any file below snippets."""
        inputs = self.project.inputs(target, draw=draw).values()
        found = [self.behind(target), *map(self.sources, inputs)]
        return None if None in found else set().union(*found)

    def behind(self, target):
        """Those of the function alone, without what it receives."""
        reach = self.reach(target)
        modules = {module for module, _ in reach.statements}
        modules |= set(filter(None, map(self.project.module, reach.entered)))
        return None if reach.blind else reach.files | {module.path for module in modules}

    def _dump(self, module, statement):
        if statement not in self._dumps:
            self._dumps[statement] = ast.dump(module.bare[statement], annotate_fields=False)
        return self._dumps[statement]

    def _contents(self, files):
        root = self.project.root
        for path in sorted(files):
            yield from (os.path.relpath(path, root), sha(self.project.seen(path)))

    @functools.cached_property
    def _everything(self):
        files = (self.project.root / PACKAGE).rglob("*")
        files = {path for path in files if path.is_file() and path.parent.name != "__pycache__"}
        return hashlib.sha256("\0".join(self._contents(files)).encode()).hexdigest()

    def _hashes(self, paths):
        hashes = [sha(self.project.seen(path)) for path in paths if path.exists()]
        versions = " ".join([sys.version, platform.platform(), *hashes])
        return hashlib.sha256(versions.encode()).hexdigest()


def ordered(statements):
    """By place, but functions that only bind their names by these: their order means nothing."""
    runs = groupby(sorted(statements, key=place), lambda pair: is_movable(pair[1]))
    for movable, run in runs:
        yield from sorted(run, key=name_of if movable else place)


def place(pair):
    module, statement = pair
    return module.name, statement.lineno


def name_of(pair):
    module, statement = pair
    return module.name, statement.name


def import_line(source, attribute, local):
    line = f"from {source} import {attribute}" if attribute else f"import {source}"
    return line if local == (attribute or source.split(".")[0]) else f"{line} as {local}"


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def runnable(reaches):
    """The source of functions with all they use from this project, for an empty namespace."""
    return BETWEEN.join(pieces(reaches)) + "\n"


def pieces(reaches):
    """What `runnable` joins: the imports, if any, and each definition without its doctest."""
    lines = {line for reach in reaches for line in reach.import_lines.values()}
    named = [pair for reach in reaches for pair in reach.statements if pair[1] in reach.named]
    texts = [split(*pair)[0] for pair in dict.fromkeys(named)]
    return list(filter(None, ["\n".join(sorted(lines)), *texts]))
