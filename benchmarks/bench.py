"""What a build costs: CPU seconds of all its processes, the median of three. Run by `make bench`.

A cold build is compared with calling every function of the pages once, in bare processes; the
others with a site whose exhibits, numbers and formulas are ready-made. All of it in a copy.
"""

import ast
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT, HERE = Path(__file__).parents[1], Path(__file__).parent
COPIED = ("docs", "mkdocs.yml", "press", "requirements.txt", "snippets", "theme")
HELPER = "snippets/drawing.py", "panels"
RUNS = 3
ENVIRONMENT = {
    **os.environ,
    "KERAS_BACKEND": "torch",
    "MPLBACKEND": "agg",
    "NO_MKDOCS_2_WARNING": "1",
    "OMP_NUM_THREADS": "1",
}


def main():
    with tempfile.TemporaryDirectory(prefix="checked-bench-") as folder:
        project, ready = Path(folder, "project"), Path(folder, "ready")
        for name in COPIED:
            copy(ROOT / name, project / name)
        names = json.loads(run(project, "ready.py"))
        make_ready(project, ready)
        figure, users = last_figure(project), users_of_helper(project)
        kinds = ", ".join(f"{count} {kind}" for kind, count in names["kinds"].items())
        print(f"{machine()}\n{kinds}: {len(names['runs'])} functions and their experiments\n")
        print(f"{'':32}{'floor':>9}{'build':>9}{'ratio':>7}{'goal':>6}{'ran':>5}{'expected':>10}")
        bare, _ = median(lambda: calls(project, names["runs"]))
        row("cold build", bare, project, "1.15", None, lambda: shutil.rmtree(project / ".cache"))
        built, _ = median(lambda: build(ready))
        row("nothing changed", built, project, "1.25", 0)
        row("prose edit", built, project, "1.25", 0, lambda: write_on(project / "docs/en/index.md"))
        row("one figure function edited", built, project, "", 1, lambda: edit(project, *figure))
        row("an imported helper edited", built, project, "", users, lambda: edit(project, *HELPER))


def row(name, floor, project, goal, expected, change=lambda: None):
    cost, ran = median(lambda: build(project), change)
    expected = "all" if expected is None else expected
    numbers = f"{floor:7.2f} s{cost:7.2f} s{cost / floor:7.2f}"
    print(f"{name:32}{numbers}{goal:>6}{ran:>5}{expected:>10}", flush=True)


def median(cost, change=lambda: None):
    """Median CPU seconds, and what the last run returned."""
    seconds = []
    for _ in range(RUNS):
        change()
        before = used()
        result = cost()
        seconds.append(used() - before)
    return statistics.median(seconds), result


def used():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def run(project, script, text=""):
    command = [sys.executable, HERE / script]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(project)}
    done = subprocess.run(
        command, cwd=project, env=environment, input=text, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{script}: {done.stderr}")
    return done.stdout


def build(project):
    """Build the site; how many functions ran."""
    command = [sys.executable, "-m", "mkdocs", "build"]
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{project}{os.pathsep}{HERE}"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    counted = re.search(r"press: (\d+) functions? run", done.stderr)
    return int(counted[1]) if counted else 0


def calls(project, runs):
    """Call every function, an article in one of two bare processes."""
    articles = {}
    for target, draw in runs:
        articles.setdefault(target.partition(".")[0], []).append(f"{target} {draw}\n")
    hands = [[], []]
    for lines in articles.values():
        min(hands, key=len).extend(lines)
    for lines in filter(None, hands):
        run(project, "calls.py", "".join(lines))


def make_ready(project, ready):
    """The same site with `ready` in the place of press."""
    for name in ("docs", "press", "snippets", "theme", "ready.json"):
        copy(project / name, ready / name)
    settings = (project / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("press.extension", "ready").replace("\n  press:", "\n  ready:")
    settings = re.sub(r"(\n  ready:)(\n    .*)+", r"\1 {}", settings)
    settings = settings.replace("strict: true", "strict: false")  # its anchors are plain HTML
    (ready / "mkdocs.yml").write_text(settings, encoding="utf-8")


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def write_on(path):
    with path.open("a", encoding="utf-8") as file:
        file.write("\nAnd so on.\n")


def edit(project, file, name):
    """Add a statement to a function that does nothing."""
    path = project / file
    lines = path.read_text(encoding="utf-8").splitlines()
    body = functions(path)[name].body
    start = body[1 if isinstance(body[0], ast.Expr) else 0]
    lines.insert(start.lineno - 1, f"{' ' * start.col_offset}_ = {len(lines)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def last_figure(project):
    path = sorted(project.glob("snippets/*/figures.py"))[-1]
    name = [name for name in functions(path) if name.startswith("plot_")][-1]
    return path.relative_to(project).as_posix(), name


def users_of_helper(project):
    nodes = [
        node
        for path in project.glob("snippets/*/figures.py")
        for name, node in functions(path).items()
        if name.startswith("plot_")
    ]
    return sum(f"'{HELPER[1]}'" in ast.dump(node) for node in nodes)


def machine():
    about = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", about.read_text()) if about.exists() else []
    name = names[0] if names else platform.machine()
    return f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} × {name}"


if __name__ == "__main__":
    main()
