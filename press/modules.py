"""The project's Python files, parsed: what binds each name, and what runs on import."""

import ast
import builtins
import difflib
import functools
from itertools import dropwhile
from pathlib import Path
from textwrap import dedent

PACKAGE = "snippets"
HOMES = ("experiments", "interactive")  # of what claims and figures receive
IMPORTS = (ast.Import, ast.ImportFrom)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PLAIN = (ast.expr_context, ast.operator, ast.unaryop, ast.Constant, ast.Name, ast.BinOp,
         ast.UnaryOp, ast.Tuple, ast.List, ast.Set, ast.Dict)  # fmt: skip


class SourceError(Exception):
    """A cause that has a place: file, line and one line of why."""

    def __init__(self, file, line, why):
        super().__init__(f"{file}:{line}: {why}")
        self.file, self.line, self.why = str(file), line, why


class Module:
    """One parsed file; `bindings` maps a name to its top-level statements."""

    def __init__(self, root, name, path):
        self.name, self.path, self.file = name, path, path.relative_to(root).as_posix()
        try:
            self.source = path.read_text(encoding="utf-8")
            self.tree = ast.parse(self.source)
        except SyntaxError as error:
            raise SourceError(self.file, error.lineno or 1, f"SyntaxError: {error.msg}") from None
        except ValueError as error:
            raise SourceError(self.file, 1, str(error)) from None
        self.bindings, self.uses, self.effects, known = {}, {}, [], {"__name__", *dir(builtins)}
        for statement in self.tree.body:
            if has_effect(statement, known):
                self.effects.append(statement)
            for bound in bound_names(statement):
                self.bindings.setdefault(bound, []).append(statement)
                known.add(bound)

    def text(self, statement):
        return "\n".join(self.source.split("\n")[first_line(statement) - 1 : statement.end_lineno])

    @functools.cached_property
    def bare(self):
        """Each top-level statement without its docstrings."""
        tree = ast.parse(self.source)
        drop_docstrings(tree)
        return dict(zip(self.tree.body, tree.body, strict=True))

    def imported(self, statement):
        """(module, attribute or None, local name) of each name an import binds."""
        if isinstance(statement, ast.Import):
            return [(a.name, None, a.asname or a.name.split(".")[0]) for a in statement.names]
        source = statement.module or ""
        if statement.level:
            parts = self.name.split(".")
            depth = statement.level - (self.path.name == "__init__.py")
            source = ".".join([*parts[: len(parts) - depth], *filter(None, [source])])
        return [(source, a.name, a.asname or a.name) for a in statement.names]


class Project:
    """The modules below a folder, each parsed when first asked for."""

    def __init__(self, root):
        self.root, self._modules, self._stamps = Path(root).resolve(), {}, {}

    def module(self, name):
        """The module of that dotted name, or None if it is not a file of this project."""
        if name not in self._modules:
            base = self.root.joinpath(*name.split("."))
            paths = (base / "__init__.py", base.with_suffix(".py"))
            path = next(filter(Path.is_file, paths), None)
            self._modules[name] = Module(self.root, name, self.seen(path)) if path else None
        return self._modules[name]

    def lacks(self, source, attribute, statement):
        """Whether an import of a module here, or of a name in it, seems to fail."""
        found = self.module(source)
        if found is None or attribute is None:
            return found is None and source.split(".")[0] == PACKAGE
        bound = found.bindings.get(attribute, [])
        by_others = any(other is not statement for other in bound)  # not by importing from itself
        return not by_others and not self.module(f"{source}.{attribute}")

    def find(self, target):
        """The module and the statement that `module:name`, relative to snippets, stands for.

        Of a lab, which is named by its file, the first statement.
        """
        if is_lab(target):
            return self._lab(target)
        dotted, _, name = target.partition(":")
        module = self.module(f"{PACKAGE}.{dotted}")
        if module is None:
            folder = self.root / PACKAGE
            paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
            near = nearest(dotted, sorted(".".join(path.parts) for path in paths))
            raise SourceError(f"{PACKAGE}/{dotted.replace('.', '/')}.py", 1, f"no such file{near}")
        if name not in module.bindings:
            raise SourceError(module.file, 1, f"no {name!r} here{nearest(name, module.bindings)}")
        statement = module.bindings[name][-1]
        if isinstance(statement, IMPORTS):
            why = f"{name!r} is imported here; name it where it is defined, below {PACKAGE}/"
            raise SourceError(module.file, statement.lineno, why)
        return module, statement

    def _lab(self, file):
        path = self.root / file
        if not path.is_file():
            labs = [each.relative_to(self.root).as_posix() for each in path.parent.glob("*.py")]
            raise SourceError(file, 1, f"no such file{nearest(file, labs)}")
        if file not in self._modules:
            self._modules[file] = Module(self.root, file, self.seen(path))
        module = self._modules[file]
        if not module.tree.body:
            raise SourceError(file, 1, "a lab without code")
        return module, module.tree.body[0]

    def inputs(self, target, *, draw=False, above=()):
        """Parameter name to target, for the experiments that a function receives."""
        module, function = self.find(target)
        if is_lab(target):
            return {}

        def wrong(why):
            return SourceError(module.file, function.lineno, why)

        if not isinstance(function, ast.FunctionDef):
            raise wrong(f"{target} is not a function")
        if target in above:
            raise wrong("experiments that need each other: " + " -> ".join([*above, target]))
        spec = function.args
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]]
        names += [f"*{arg.arg}" for arg in (spec.vararg, spec.kwarg) if arg]
        if draw and names[:1] != ["fig"]:
            raise wrong("the first parameter of a figure is fig")
        article, known = target.split(".")[0], {}
        for home in HOMES:
            module_there = self.module(f"{PACKAGE}.{article}.{home}")
            bindings = module_there.bindings.items() if module_there else ()
            functions = [name for name, bound in bindings if isinstance(bound[-1], ast.FunctionDef)]
            known |= {name: f"{article}.{home}:{name}" for name in functions}
        knobs = len(spec.defaults) if ".interactive:" in target else 0  # have a start
        needed = names[bool(draw) : len(names) - knobs]
        for name in needed:
            if name not in known:
                near = nearest(name, known)
                raise wrong(f"parameter {name!r}: no experiment of that name{near}")
        experiments = {name: known[name] for name in needed}
        for experiment in experiments.values():
            self.inputs(experiment, above=(*above, target))
        return experiments

    def seen(self, path):
        """The path, noting how it looked before it is read."""
        self._stamps.setdefault(path, stamp(path))
        return path

    def unchanged(self, paths=None):
        """Whether these files, or all that were read so far, still look as they did then."""
        stamps = self._stamps
        return all(stamp(path) == stamps[path] for path in stamps.keys() & (paths or stamps))


def is_lab(target):
    return target.endswith(".py")


def bound_names(statement):
    """The names that a top-level statement binds in its module."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, IMPORTS):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names.add(node.name)
    return names


def has_effect(statement, known):
    """Whether importing may do more here than bind a function, a class or a literal to a name.

    Failing is more: a name that is not known yet, a division by zero.
    """
    if isinstance(statement, IMPORTS) or is_docstring(statement):
        return False
    if isinstance(statement, FUNCTIONS):
        signature = [statement.args, statement.returns or ast.arguments()]
        nodes = [node for part in signature for node in ast.walk(part)]
        calls = any(isinstance(node, ast.Call | ast.NamedExpr) for node in nodes)
        unknown = {node.id for node in nodes if isinstance(node, ast.Name)} - known
        implicit = statement.name.startswith("__")
        return bool(calls or unknown or statement.decorator_list or implicit)
    if isinstance(statement, ast.ClassDef):
        if statement.bases or statement.keywords or statement.decorator_list:
            return True
        inner = [each for each in statement.body if getattr(each, "name", "") != "__init__"]
        return any(has_effect(each, known) for each in inner)
    named = isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) for target in statement.targets
    )
    return not (named and is_plain(statement.value, known))


def is_plain(expression, known):
    if not all(isinstance(node, PLAIN) and is_quick(node) for node in ast.walk(expression)):
        return False
    code = compile(ast.Expression(expression), "", "eval")
    try:
        eval(code, {"__builtins__": {}}, dict.fromkeys(known))
    except Exception:
        return False
    return True


def is_quick(node):
    """Whether it is no such power as 10**10**10, which would take for ever."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Pow | ast.LShift):
        return True
    return isinstance(node.right, ast.Constant) and node.right.value in range(100)


def is_movable(statement):
    """Whether it binds a function without evaluating anything, so that its neighbors may swap."""
    if not isinstance(statement, FUNCTIONS) or statement.decorator_list or statement.returns:
        return False
    return all(isinstance(node, ast.arguments | ast.arg) for node in ast.walk(statement.args))


def is_docstring(statement):
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def drop_docstrings(node):
    body = getattr(node, "body", [])
    if body and is_docstring(body[0]):
        body[0] = ast.Pass()
    for statement in body:
        drop_docstrings(statement)


def first_line(statement):
    decorators = getattr(statement, "decorator_list", [])
    return min(node.lineno for node in [statement, *decorators])


def nearest(name, known):
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def stamp(path):
    status = path.stat() if path.exists() else None
    return status and (status.st_mtime_ns, status.st_size)


def stamps(paths):
    """{(file, its stamp)} of files and of all in folders, but for what Python compiled."""
    found = [each for path in paths for each in (path, *path.rglob("*")) if each.is_file()]
    return {(path, stamp(path)) for path in found if path.parent.name != "__pycache__"}


def split(module, statement):
    """(source without its doctest, the doctest)."""
    lines = module.text(statement).splitlines()
    body = getattr(statement, "body", None)
    if not body or not is_docstring(body[0]):
        return "\n".join(lines), ""
    first, last = (n - first_line(statement) for n in (body[0].lineno, body[0].end_lineno))
    start = next((n for n in range(first, last) if lines[n].lstrip().startswith(">>>")), last)
    example = dedent("\n".join(lines[start:last]))
    while start < last and not lines[start - 1].strip():
        start -= 1
    kept = [*lines[:start], *lines[last:]]
    if start < last and start == first + 1:  # nothing is left but one line: close it there
        kept[first : first + 2] = [f'{kept[first]}"""']
    return "\n".join(kept), example


def without_docstring(module, statement):
    docstring, start = statement.body[0], first_line(statement)
    lines = module.text(statement).splitlines()
    if not is_docstring(docstring):
        return "\n".join(lines)
    rest = dropwhile(lambda line: not line.strip(), lines[docstring.end_lineno - start + 1 :])
    return "\n".join([*lines[: docstring.lineno - start], *rest])
