"""A receipt: what all pages hold, the versions they were built with, and the newest commit."""

import platform
import subprocess
from importlib import metadata

from press.modules import nearest
from press.pages import PageError


def rows(build, libraries):
    """{label: HTML}"""
    found = counts(build) | {"Python": platform.python_version()} | versions(libraries)
    day = newest_commit(build.root)
    return found | ({"Newest commit": f'<time datetime="{day}">{day}</time>'} if day else {})


def counts(build):
    """What all pages name and what of it works, each once."""
    named = {exhibit.targets for exhibit, _ in build.exhibits if exhibit.kind == "claim"}
    held = {exhibit.targets for exhibit in build.sound if exhibit.kind == "claim"}
    figures = {
        exhibit.targets for exhibit in build.sound if exhibit.kind in ("figure", "interactive")
    }
    runs = {run for exhibit in build.sound for run in exhibit.runs if exhibit.kind != "lab"}
    functions = set().union(*(behind(build.project, *run) for run in runs))
    return {
        "Claims held": f"{len(held)} of {len(named)}",
        "Figures drawn": len(figures),
        "Functions run": len(functions),
    }


def behind(project, target, draw=False):
    """The function and the experiments that it rests on."""
    experiments = project.inputs(target, draw=draw).values()
    return {target}.union(*(behind(project, experiment) for experiment in experiments))


def versions(libraries):
    """{library: installed version}, without a local label such as +cpu."""
    try:
        return {name: metadata.version(name).partition("+")[0] for name in libraries}
    except metadata.PackageNotFoundError as error:
        near = nearest(error.name, [installed.name for installed in metadata.distributions()])
        raise PageError(f"{error.name!r} is not installed{near}") from None


def newest_commit(root):
    """Its day; nothing without git or a commit."""
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
