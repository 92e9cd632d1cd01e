"""Experiments are fixtures of the same name, shared with the site through its cache."""

from pathlib import Path

import pytest

from press.modules import PACKAGE, SourceError
from press.worker import Runner  # sets what numpy and keras read from the environment

ROOT = Path(__file__).parents[1]
RUNNER = Runner(ROOT)


def experiments():
    """The names of all experiments: functions that take nothing but other experiments."""
    names = set()
    for path in (ROOT / PACKAGE).glob("*/experiments.py"):
        dotted = f"{path.parent.name}.experiments"
        for name in RUNNER.project.module(f"{PACKAGE}.{dotted}").bindings:
            try:
                RUNNER.project.inputs(f"{dotted}:{name}")
            except SourceError:
                continue  # a helper, an import or a constant
            names.add(name)
    return names


def fixture(name):
    @pytest.fixture(name=name)
    def result(request):
        article = request.module.__name__.removeprefix("test_")
        return RUNNER.experiment(f"{article}.experiments:{name}")

    return result


globals().update({f"{name}_fixture": fixture(name) for name in experiments()})


@pytest.fixture(scope="session")
def runner():
    """Runs the functions of this project, as the site's build does."""
    return RUNNER
