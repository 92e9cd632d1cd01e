"""One build: scan the pages, run what is missing, and collect everything that is wrong."""

import ast
import functools
import re
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from press import crew
from press.formula import FORMULA, FormulaError, mathml
from press.modules import PACKAGE, Project, SourceError, nearest
from press.pages import (
    CODE,
    HEADING,
    IN_FORMULA,
    INLINE,
    TITLE,
    Exhibit,
    PageError,
    Place,
    parse_number,
    scan,
)
from press.reach import Digests
from press.receipt import versions
from press.store import Store
from press.worker import key_of

REFERENCE = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """What is wrong: where a page meets it, and where it comes from."""

    place: Place
    name: str
    why: str
    cause: str = ""

    def __str__(self):
        name = f"{self.name}: " if self.name else ""
        cause = f"\n    {self.cause}" if self.cause else ""
        return f"{self.place}: {name}{self.why}{cause}"


class Build:
    """What the pages name, with what each shows or why it cannot."""

    def __init__(self, root, pages, time_limit, only=None):
        """`only` some pages are looked at, if the rest can be adopted from an earlier build."""
        self.root, self.pages, self.time_limit = Path(root).resolve(), pages, time_limit
        self.only = only
        self.project = Project(self.root)
        self.digests = Digests(self.project)
        self.store = Store(self.root / ".cache")
        self.shown, self.errors, self.failures = {}, {}, []
        self.exhibits, self.sound, self.unsaved = [], set(), None
        self.read, self.files_of = set(), {}

    def run(self):
        """Fill `shown`, `errors` (a SourceError for each run that has none) and `failures`."""
        formulas = self._scan()
        misses = self._misses()
        if misses:
            self._run(misses)
        if self.unsaved:
            say(f"the cache cannot be written, so nothing is kept: {self.unsaved}")
        for exhibit, place in self.exhibits:
            try:
                self._check(exhibit)
                self.sound.add(exhibit)
            except SourceError as error:
                cause = f"{error.file}:{error.line}"
                self._fail(place, ", ".join(exhibit.targets), error.why, cause)
            except (PageError, FormulaError) as error:
                self._fail(place, "", str(error))
        for tex, block, place in formulas:
            try:
                self.mathml(tex, block=block)
            except FormulaError as error:
                self._fail(place, "", str(error))
            except (PageError, SourceError):
                continue  # reported with the number itself
        self.failures.sort(key=lambda failure: (failure.place.page, failure.place.line))

    def adopt(self, before):
        """Take over what an earlier build knows of the pages that this one did not look at."""
        kept = [pair for pair in before.exhibits if pair[1].page not in self.only]
        self.exhibits = sorted([*kept, *self.exhibits], key=lambda pair: pair[1].page)
        self.sound |= {exhibit for exhibit, _ in kept if exhibit in before.sound}
        self.failures += [each for each in before.failures if each.place.page not in self.only]
        self.shown = before.shown | self.shown
        failed = {run: error for run, error in before.errors.items() if run not in self.shown}
        self.errors = failed | self.errors
        others = before.files_of.items()
        self.files_of |= {page: files for page, files in others if page not in self.only}

    def touched(self, changed):
        """The pages that changed files have a part in; None if one of them has a part in none."""
        for page in self.read - self.files_of.keys():
            self.files_of[page] = self._files_of(page)
        found = set()
        for path in changed:
            hidden = {None} if path.is_relative_to(self.root / PACKAGE) else set()
            pages = {page for page, files in self.files_of.items() if files & {path, *hidden}}
            if not pages:
                return None
            found |= pages
        return found

    def _files_of(self, page):
        """The files that have a part in a page; with None, any file below snippets."""
        text, found = (self.root / page).read_text(encoding="utf-8"), {self.root / page}
        modules = map(self.project.module, REFERENCE.findall(text))
        found |= {module.path for module in modules if module}
        for exhibit in self.by_page[page]:
            if exhibit.kind == "claim":
                found.add(self.root / PACKAGE / exhibit.targets[0].split(".")[0] / "wrong.py")
            try:
                parts = [self.digests.behind(target) for target in exhibit.targets]
                parts += [self.digests.sources(target, draw=draw) for target, draw in exhibit.runs]
            except SourceError:
                parts = [None]
            found |= set().union(*({None} if files is None else files for files in parts))
        return found

    @functools.cached_property
    def by_page(self):
        """{page: what it names}"""
        found = defaultdict(list)
        for exhibit, place in self.exhibits:
            found[place.page].append(exhibit)
        return found

    def report(self):
        lines = "\n".join(map(str, self.failures))
        return f"\n{lines}\n\n{count(len(self.failures), 'failure')}; nothing was written."

    def result(self, target, draw=False):
        """What one function shows; a SourceError if it failed."""
        if (target, draw) in self.errors:
            raise self.errors[target, draw]
        return self.shown[target, draw]

    def listed(self, target):
        """The numbers behind a drawing as a table of text, if the store has it."""
        kept = self.store.load(f"{target}.csv", self.digests.digest(target, draw=True))
        return kept and kept[0]["text"]

    def number(self, number):
        """The text of a computed number."""
        name = number.targets[0]
        value = self.result(name)["value"]
        for key in filter(None, number.path.split(".")):
            known = value if isinstance(value, dict) else {}
            if isinstance(value, list):
                known = {str(index): item for index, item in enumerate(value)}
            if key not in known:
                raise PageError(f"{name} has no number {key!r}{nearest(key, known)}")
            name, value = f"{name}.{key}", known[key]
        try:
            return format(value, number.spec or ("" if isinstance(value, str) else ".4g"))
        except (TypeError, ValueError) as error:
            raise PageError(f"{name} = {value!r}: {error}") from None

    def with_numbers(self, text, pattern=INLINE):
        """The text with the numbers it names put in."""
        return pattern.sub(lambda match: self.number(parse_number(*match.groups())), text)

    def mathml(self, tex, *, block=False):
        return mathml(self.with_numbers(tex, IN_FORMULA), block=block)

    def wrong_versions(self, claim):
        """{right function: wrong function} of a claim, as `wrong.py` beside it lists them."""
        dotted, _, name = claim.partition(":")
        target = f"{dotted.rpartition('.')[0]}.wrong:BREAKS"
        module, statement = self.project.find(target)
        try:
            versions = ast.literal_eval(statement.value)[name].items()
        except (AttributeError, KeyError, TypeError, ValueError):
            versions = []
        if not versions:
            raise SourceError(module.file, statement.lineno, f"no wrong version of {name}")
        found = {right: f"{target.partition(':')[0]}:{wrong}" for right, wrong in versions}
        for wrong in found.values():
            module, statement = self.project.find(wrong)
            if not isinstance(statement, ast.FunctionDef) or not ast.get_docstring(statement):
                why = f"{wrong} must be a function whose docstring says what is wrong"
                raise SourceError(module.file, statement.lineno, why)
        return found

    def _scan(self):
        formulas = []
        for path in sorted((self.root / self.pages).rglob("*.md")):
            page = path.relative_to(self.root).as_posix()
            if self.only is not None and page not in self.only:
                continue
            self.read.add(page)
            found, tex, mistakes = scan(page, path.read_text(encoding="utf-8"))
            self.exhibits += found
            formulas += tex
            for place, why in mistakes:
                self._fail(place, "", why)
        if self.only is None:
            self.exhibits += self._cards()
        return formulas

    def _cards(self):
        """A picture of the start page, and one of each article that is sketched there."""
        drawn, start = {}, f"{self.pages}/index.md"
        for exhibit, place in self.exhibits:
            if exhibit.kind == "sketch" and place.page == start:
                drawn.setdefault(start, exhibit.targets)
                drawn[f"{self.pages}/{exhibit.targets[0].partition('.')[0]}.md"] = exhibit.targets
        site = drawn and TITLE.search((self.root / start).read_text(encoding="utf-8"))
        for page, targets in drawn.items():
            path = self.root / page
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            heading = HEADING.search(text)
            if site and heading:
                words = f"{heading[1].replace('`', '')}\n{site[2]}"
                place = Place(page, text.count("\n", 0, heading.start()) + 1)
                yield Exhibit("card", targets, words), place

    def _misses(self):
        """Runs that the store lacks, experiments before what receives them."""
        misses = {}

        def want(target, draw):
            if (target, draw) in misses or (target, draw) in self.shown:
                return
            kept = self.store.load(key_of(target, draw), self.digests.digest(target, draw=draw))
            if kept:
                self.shown[target, draw] = kept[0]
            if not kept or (draw and not self.listed(target)):
                for experiment in self.project.inputs(target, draw=draw).values():
                    want(experiment, False)
            if not kept:
                misses[target, draw] = None

        for exhibit, _ in self.exhibits:
            for target, draw in exhibit.runs:
                try:
                    if not self.digests.grounded(target, draw=draw):
                        module, statement = self.project.find(target)
                        why = f"{target} is a constant: no teaching code or library is behind it"
                        raise SourceError(module.file, statement.lineno, why)
                    want(target, draw)
                except SourceError as error:
                    self.errors[target, draw] = error
        return list(misses)

    def _run(self, misses):
        jobs, done, lock = [self._job(target, draw) for target, draw in misses], 0, threading.Lock()

        def hear(reply):
            nonlocal done
            with lock:
                self._hear(reply)
                done += 1
                state = "failed" if reply.why else "      "
                say(f"{done:4}/{len(jobs)} {reply.seconds:6.1f} s {state} {reply.job.target}")

        start = time.perf_counter()
        crew.run(self.root, jobs, self.time_limit, hear)
        say(f"{count(len(jobs), 'function')} run in {time.perf_counter() - start:.1f} s")

    def _job(self, target, draw):
        return crew.Job(target, draw, tuple(self.project.inputs(target, draw=draw).values()))

    def _hear(self, reply):
        run = reply.job.target, reply.job.draw
        if reply.why:
            file, line = reply.file, reply.line
            if not file:
                module, statement = self.project.find(reply.target)
                file, line = module.file, statement.lineno
            self.errors[run] = SourceError(file, line, reply.why)
        else:
            self.shown[run] = reply.shown
            self.unsaved = reply.shown.get("unsaved", self.unsaved)

    def _check(self, exhibit):
        for target, draw in exhibit.runs:
            self.result(target, draw)
        if exhibit.kind == "snippet":
            for target in exhibit.targets:
                self.digests.reach(target)
        if exhibit.kind == "claim":
            target = exhibit.targets[0]
            self.wrong_versions(target)
            value = self.result(target)["value"]
            values = value.values() if isinstance(value, dict) else [value]
            if not all(isinstance(value, int | float) for value in values):
                module, statement = self.project.find(target)
                why = f"a claim returns a number or a dict of numbers, not {value!r}"
                raise SourceError(module.file, statement.lineno, why)
        if exhibit.kind == "num":
            self.number(exhibit)
        if exhibit.kind == "lab":
            self._check_text(*exhibit.targets)
        if exhibit.kind == "receipt":
            versions(exhibit.text.split())

    def _check_text(self, lab):
        """A lab's text is read in notebooks too, where no number is put in."""
        for cell in self.result(lab)["cells"]:
            text = cell.get("markdown", "")
            if found := INLINE.search(text):
                raise PageError(f"{lab}: {found[0]} is no number in a notebook: let code print it")
            for match in FORMULA.finditer(CODE.sub("", text)):
                self.mathml(match["block"] or match["inline"], block=bool(match["block"]))

    def _fail(self, place, name, why, cause=""):
        self.failures.append(Failure(place, name, why, cause))


def count(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"


def say(text):
    print(f"press: {text}", file=sys.stderr, flush=True)
