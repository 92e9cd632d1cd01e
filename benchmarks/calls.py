"""For bench.py: call the functions named on stdin, each once, with nothing around them."""

import importlib
import sys
from pathlib import Path

from press.modules import Project

project, results = Project(Path.cwd()), {}


def result(target, draw):
    if (target, draw) not in results:
        inputs = project.inputs(target, draw=draw).items()
        arguments = {name: result(experiment, False) for name, experiment in inputs}
        dotted, _, name = target.partition(":")
        function = getattr(importlib.import_module(f"snippets.{dotted}"), name)
        results[target, draw] = drawn(function, arguments) if draw else function(**arguments)
    return results[target, draw]


def drawn(function, arguments):
    from press.draw import drawings

    return drawings(function, arguments, prefix=function.__name__)


for line in sys.stdin:
    target, draw = line.split()
    result(target, draw == "True")
