"""Ten random edits: each build that goes on equals one that starts anew. Run by `make bench`.

After each edit a second copy is built without any result of the edited article but its
experiments, which these edits do not touch; after the last, a third one without a cache.
SEED=2 makes other edits.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import COPIED, ENVIRONMENT, ROOT, copy, edit, functions

from press.modules import Project
from press.reach import Digests

EDITS = 10
PACKED = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT")  # with what COPIED names


def main():
    chance = random.Random(int(os.environ.get("SEED", "1")))
    with tempfile.TemporaryDirectory(prefix="checked-edits-") as folder:
        going, anew = Path(folder, "going"), Path(folder, "anew")
        for name in (*COPIED, *PACKED):
            copy(ROOT / name, going / name)
        if (ROOT / ".cache").exists():
            copy(ROOT / ".cache", going / ".cache")
        build(going)
        kinds = chance.sample(KINDS, len(KINDS)) + chance.choices(KINDS, k=EDITS - len(KINDS))
        wrong = 0
        for kind in kinds:
            article = chance.choice(sorted(path.name for path in going.glob("snippets/*/")))
            what, expected = kind(going, article, chance)
            before = entries(going)
            if not what.startswith(("docs/", "theme/")):
                expected |= of_any_file(going) & {result_of(name) for name in before}
            start = time.perf_counter()
            build(going)
            seconds = time.perf_counter() - start
            new = entries(going).items() - before.items()
            ran = {result_of(name) for name, _ in new}
            shutil.rmtree(anew, ignore_errors=True)
            shutil.copytree(going, anew, ignore=shutil.ignore_patterns("site", "__pycache__"))
            dropped = drop(anew, article)
            build(anew)
            same, right = site(going) == site(anew), ran == expected
            wrong += not (same and right)
            told = f"{what:44}{seconds:6.1f} s, ran {len(ran)} of {len(expected)} expected; "
            told += f"{'equals' if same else 'DIFFERS FROM'} a build without {dropped} results"
            print(told if right else f"{told}; RAN {sorted(ran)}", flush=True)
        shutil.rmtree(anew / ".cache")
        build(anew)
        same = site(going) == site(anew)
        print(f"The last {'equals' if same else 'DIFFERS FROM'} a build without a cache.")
        sys.exit(bool(wrong or not same))


def of_a_function(file, start):
    """An edit of a function that nothing else names."""

    def change(project, article, chance):
        path = project / f"snippets/{article}/{file}.py"
        others = [each.read_text(encoding="utf-8") for each in project.glob("snippets/*/*.py")
                  if each.name != "wrong.py"]  # fmt: skip
        others += [each.read_text(encoding="utf-8") for each in project.glob("docs/en/labs/*.py")]
        shown = "\n".join(
            page.read_text(encoding="utf-8") for page in project.rglob("docs/**/*.md")
        )
        names = [
            name
            for name in functions(path)
            if name.startswith(start)
            and f"{article}.{file}:{name}\n" in shown
            and sum(len(re.findall(rf"\b{name}\b", text)) for text in others) == 1
        ]
        name = chance.choice(names)
        edit(project, f"snippets/{article}/{file}.py", name)
        kinds = (".svg", ".csv") if file == "figures" else ("",)
        return f"{article}.{file}:{name}", {f"{article}.{file}.{name}{kind}" for kind in kinds}

    return change


def of_text(name, pattern, new):
    """An edit that runs nothing: the first place in a file that a pattern finds."""

    def change(project, article, chance):
        path = project / name.format(article)
        text = path.read_text(encoding="utf-8")
        places = list(re.finditer(pattern, text, re.MULTILINE))
        place = chance.choice(places)
        path.write_text(f"{text[: place.end()]}{new}{text[place.end() :]}", encoding="utf-8")
        return path.relative_to(project).as_posix(), set()

    return change


KINDS = [
    of_a_function("figures", "plot_"),
    of_a_function("claims", ""),
    of_a_function("figures", "plot_"),
    of_a_function("claims", ""),
    of_text("docs/en/{}.md", r"^## .*\n\n(?=[A-Z])", "And so on. "),
    of_text("docs/en/{}.md", r"^alt: ", "Seen: "),
    of_text("snippets/{}/scratch.py", r'^    """', "Once more: "),
    of_text("snippets/{}/wrong.py", r'^    """', "it changed; "),
    of_text("snippets/{}/figures.py", r"^def .*\n", "    # a comment\n"),
    of_text("theme/partials/style.html", r"^<style>\n?", "/* a comment */"),
]


def build(project):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    own = {"PYTHONPATH": str(project), "SOURCE_DATE_EPOCH": "1000000000"}
    done = subprocess.run(
        command, cwd=project, env=ENVIRONMENT | own, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def entries(project):
    """{name in the cache: when written}, of what functions and labs returned."""
    found = (project / ".cache").glob("*/*.*-*")
    made = ("packed.", "code.")  # of other results
    return {path.name: path.stat().st_mtime_ns for path in found if not path.name.startswith(made)}


def result_of(name):
    return name.rpartition("-")[0]


def of_any_file(project):
    """The experiments that could read any file of the package: all its edits run them."""
    digests = Digests(Project(project))
    targets = [
        f"{path.parent.name}.experiments:{name}"
        for path in project.glob("snippets/*/experiments.py")
        for name in functions(path)
    ]
    return {target.replace(":", ".") for target in targets if digests.reach(target).blind}


def drop(project, article):
    """Forget what an article's functions and labs returned; how many results."""
    kept = ("experiments.", "interactive.")
    dropped = [
        path
        for path in (project / ".cache").glob("*/*")
        if path.name.startswith((f"{article}.", f"docs.en.labs.{article}."))
        and not path.name.startswith(tuple(f"{article}.{kind}" for kind in kept))
    ]
    for path in dropped:
        path.unlink()
    return len(dropped)


def site(project):
    folder = project / "site"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


if __name__ == "__main__":
    main()
