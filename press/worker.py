"""Runs functions, in a process of its own: one target a line on stdin, one reply a line.

The tests use the same `Runner`, so they share experiments with the pages.
"""

import contextlib
import copyreg
import importlib
import io
import json
import multiprocessing
import os
import pickle
import pprint
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from types import MappingProxyType

from press import knobs
from press.labs import LONGEST_PRINTED
from press.modules import HOMES, PACKAGE, Project, SourceError, is_lab
from press.reach import Digests
from press.store import Store

LARGEST_SHOWN = 32768  # bytes of an array that pages can name

os.environ |= {"KERAS_BACKEND": "torch", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
os.environ.pop("PYTHONOPTIMIZE", None)  # it would strip the assertions of the processes to start
copyreg.pickle(MappingProxyType, lambda proxy: (dict, (dict(proxy),)))


class Runner:
    """Calls functions with their experiments, each computed once and kept in the store."""

    def __init__(self, root):
        if not __debug__:
            raise SystemExit("python -O strips assertions: every claim would hold")
        self.project = Project(root)
        # Python takes compiled files for fresh when an edit kept the second and the size.
        for compiled in self.project.root.glob(f"{PACKAGE}/**/*.pyc"):
            with contextlib.suppress(OSError):
                compiled.unlink()
        self.digests = Digests(self.project)
        self.store = Store(self.project.root / ".cache")
        self.memo = {}

    def experiment(self, target):
        """The result of an experiment, read-only."""
        if target not in self.memo:
            self.run(target, draw=False)
        return self.memo[target]

    def run(self, target, *, draw):
        """What a page shows of a function, from the store or by calling it."""
        digest, key = self.digests.digest(target, draw=draw), key_of(target, draw)
        is_experiment = not draw and target.partition(":")[0].rpartition(".")[2] in HOMES
        kept = self.store.load(key, digest)
        if kept:
            shown, pickled = kept
            if is_experiment:
                self.memo[target] = frozen(pickle.loads(pickled))
            return shown
        inputs = self.project.inputs(target, draw=draw).items()
        arguments = {name: self.experiment(experiment) for name, experiment in inputs}
        with self.located(target):
            shown, result = self.call(target, arguments, draw=draw)
            pickled = pickle.dumps(result) if is_experiment else b""
        if is_experiment:
            self.memo[target] = frozen(result)
        if self.digests.unchanged(target, draw=draw):
            try:
                self.store.save(key, digest, shown, pickled)
            except OSError as error:
                shown = shown | {"unsaved": str(error)}
        return shown

    def call(self, target, arguments, *, draw):
        """(what a page shows, the result) of calling it now."""
        if is_lab(target):
            from press.labs import execute

            return execute(self.project.root, target), None
        dotted, _, name = target.partition(":")
        start, printed = time.perf_counter(), Printed()
        with contextlib.redirect_stdout(printed), one_process():
            function = getattr(importlib.import_module(f"{PACKAGE}.{dotted}"), name)
            if isinstance(draw, str):
                from press.card import card

                return {"png": card(function, arguments, draw)}, None
            if draw:
                from press.draw import drawings

                result = drawings(function, arguments, prefix=name)
            else:
                result = function(**arguments)
        shown = {"svg": result} if draw else {"value": plain(result)}
        if draw and ".interactive:" in target:
            shown |= knobs.of(importlib.import_module(function.__module__), arguments)
        shown["text"] = printed.getvalue() or pprint.pformat(result, width=72)
        shown["seconds"] = time.perf_counter() - start
        return shown, result

    @contextlib.contextmanager
    def located(self, target):
        """Turn what a function raises into its file, line and one line of why."""
        try:
            yield
        except SourceError:
            raise
        except (Exception, SystemExit) as error:
            frames = traceback.extract_tb(error.__traceback__)
            root = str(self.project.root / PACKAGE)
            own = [frame for frame in frames if frame.filename.startswith(root)]
            module, statement = self.project.find(target)
            file, line = module.file, statement.lineno
            if own:
                file = Path(own[-1].filename).relative_to(self.project.root).as_posix()
                line = own[-1].lineno
            detail = str(error).strip() or (own[-1].line if own else "")
            why = f"{type(error).__name__}: {detail}".split("\n")[0]
            raise SourceError(file, line, why) from error


class Printed(io.StringIO):
    """What a function prints, up to a limit."""

    def write(self, text):
        if self.tell() + len(text) > LONGEST_PRINTED:
            raise ValueError(f"it prints more than {LONGEST_PRINTED} characters")
        return super().write(text)


@contextlib.contextmanager
def one_process():
    """What a function forks ends here: it must not answer in place of the worker."""
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            os._exit(0)


def key_of(target, draw):
    return f"{target}.png" if isinstance(draw, str) else f"{target}.svg" if draw else target


def plain(value):
    """The value in JSON's types; large arrays are left out."""
    if isinstance(value, dict | MappingProxyType):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist() if value.nbytes <= LARGEST_SHOWN else None
    return value if isinstance(value, str | int | float | None) else repr(value)


def frozen(value):
    """The value with every dict, list and array in it read-only."""
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if hasattr(value, "setflags"):
        value = value.view()
        value.setflags(write=False)
    return value


def serve(root, jobs, replies):
    runner = Runner(root)
    for line in jobs:
        job = json.loads(line)
        try:
            reply = {"shown": runner.run(job["target"], draw=job["draw"])}
        except SourceError as error:
            reply = {"file": error.file, "line": error.line, "why": error.why}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def lines_of(stream):
    """Each line until an empty one. If none comes, the sender has died: so does this process."""
    lines = queue.SimpleQueue()

    def read():
        line = None
        for line in stream:
            lines.put(line.strip())
        if line != "\n":
            os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, "")


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not look like a reply
    os.register_at_fork(after_in_child=lambda: os.close(channel.fileno()))
    sys.path.insert(0, "")
    jobs = os.fdopen(os.dup(0))  # sys.stdin, locked while a thread reads it, would hang in a fork
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    serve(Path.cwd(), lines_of(jobs), channel)
    for child in multiprocessing.active_children():  # which Python would wait for
        child.kill()
