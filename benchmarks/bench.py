"""What a build costs: CPU seconds of all its processes, the median of three. Run by `make bench`.

A cold build is compared with calling every function of the pages once, in bare processes; the
others with a site whose exhibits, numbers and formulas are ready-made. All of it in a copy, first
without the reference, which mkdocstrings makes. With a number, that many articles of articles.py
stand in the place of the real ones.
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
import time
from pathlib import Path

import articles

ROOT, HERE = Path(__file__).parents[1], Path(__file__).parent
COPIED = ("CITATION.cff", "docs", "mkdocs.yml", "press", "requirements.txt", "snippets", "theme")
HELPER = "snippets/drawing.py", "panels"
RUNS = 3
ENVIRONMENT = {
    **os.environ,
    "KERAS_BACKEND": "torch",
    "MPLBACKEND": "agg",
    "NO_MKDOCS_2_WARNING": "1",
    "OMP_NUM_THREADS": "1",
}


def main(count=0):
    with tempfile.TemporaryDirectory(prefix="checked-bench-") as folder:
        whole, project, ready = (Path(folder, name) for name in ("whole", "project", "ready"))
        for name in COPIED:
            copy(ROOT / name, whole / name)
        if count:
            articles.write(whole, count)
        copy(whole, project)
        drop_reference(project)
        names = json.loads(run(project, "ready.py"))
        make_ready(project, ready)
        figure, users = last_figure(project), users_of_helper(project)
        kinds = ", ".join(f"{count} {kind}" for kind, count in names["kinds"].items())
        print(f"{machine()}\n{kinds}: {len(names['runs'])} functions and their experiments\n")
        print(f"{'':32}{'floor':>9}{'build':>9}{'ratio':>7}{'goal':>6}{'ran':>5}{'expected':>10}")
        bare, _ = median(lambda: calls(project, names["runs"]))
        row("cold build", bare, project, "1.15", None, lambda: shutil.rmtree(project / ".cache"))
        built, _ = median(lambda: build(ready))
        page = sorted(path for path in project.glob("docs/en/*.md") if path.stem != "index")[0]
        row("nothing changed", built, project, "1.25", 0)
        edited, _ = median(
            lambda: build(ready), lambda: write_on(ready / page.relative_to(project))
        )
        row("prose edit", edited, project, "1.25", 0, lambda: write_on(page))
        row("one figure function edited", built, project, "", 1, lambda: edit(project, *figure))
        if users:
            row(
                "an imported helper edited",
                built,
                project,
                "",
                users,
                lambda: edit(project, *HELPER),
            )
        shutil.copytree(project / ".cache", whole / ".cache")
        row("with the reference", 0, whole, "", 0)
        serving(whole, whole / page.relative_to(project), figure)
        print(f"\nLargest process: {largest()} MB")


def serving(project, page, figure):
    """Print what an edit costs while MkDocs serves the site."""
    log, command = (
        project / "serve.txt",
        [sys.executable, "-m", "mkdocs", "serve", "-a", "127.0.0.1:0"],
    )
    with log.open("wb") as file:
        server = subprocess.Popen(command, cwd=project, env=environment(project), stderr=file)
    try:
        wait_for(lambda: "Serving on" in log.read_text(), server)
        for name, change in (
            ("prose edit while serving", lambda: write_on(page)),
            ("figure edited while serving", lambda: edit(project, *figure)),
        ):
            builds, before = log.read_text().count("Reloading"), cpu_of(server)
            change()
            wait_for(lambda builds=builds: log.read_text().count("Reloading") > builds, server)
            seconds = re.findall(r"built in ([\d.]+) seconds", log.read_text())[-1]
            print(f"{name:32}{'':9}{cpu_of(server) - before:7.2f} s   MkDocs says {seconds} s")
    finally:
        server.terminate()
        server.wait()


def wait_for(condition, server):
    while not condition():
        if server.poll() is not None:
            sys.exit("the server died")
        time.sleep(0.05)


def cpu_of(process):
    """CPU seconds of a running process without its children, on Linux."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def largest():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def drop_reference(project):
    shutil.rmtree(project / "docs/en/reference")
    path = project / "mkdocs.yml"
    settings = path.read_text(encoding="utf-8").replace("strict: true", "strict: false")
    settings = re.sub(r"  mkdocstrings:\n(    .*\n)+", "", settings)
    path.write_text(settings, encoding="utf-8")


def row(name, floor, project, goal, expected, change=lambda: None):
    cost, ran = median(lambda: build(project), change)
    expected = "all" if expected is None else expected
    numbers = f"{'':9}{cost:7.2f} s{'':7}"
    if floor:
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
    done = subprocess.run(
        command, cwd=project, env=environment(project), input=text, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{script}: {done.stderr}")
    return done.stdout


def environment(project):
    return {**ENVIRONMENT, "PYTHONPATH": f"{project}{os.pathsep}{HERE}"}


def build(project):
    """Build the site; how many functions ran."""
    command = [sys.executable, "-m", "mkdocs", "build"]
    done = subprocess.run(
        command, cwd=project, env=environment(project), capture_output=True, text=True
    )
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
    for name in ("CITATION.cff", "docs", "press", "snippets", "theme", "ready.json"):
        copy(project / name, ready / name)
    settings = (project / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("press.extension", "ready").replace("\n  press:", "\n  ready:")
    settings = re.sub(r"(\n  ready:)(\n    .*)+", r"\1 {}", settings)
    settings = settings.replace("  - press/preview.py\n  - press/files.py\n", "")
    (ready / "mkdocs.yml").write_text(settings, encoding="utf-8")
    made = json.loads((project / "ready.json").read_text(encoding="utf-8"))
    for page in ready.rglob("docs/**/*.md"):
        page.write_text(made[page.relative_to(ready).as_posix()], encoding="utf-8")


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
    main(*map(int, sys.argv[1:]))
