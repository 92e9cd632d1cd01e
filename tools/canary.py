"""Build and test the site with the newest version of everything. Run by `make canary`.

It tells what differs from the lock: versions, tests and claims that fail, numbers on the pages. The
site is built twice, in copies of the newest commit. What fails with the lock as well is not told.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from built_site import article, has_class, parse, text_of  # noqa: E402

from press.show import measured  # noqa: E402

ENVIRONMENT = ROOT / ".venv-canary"
FAILURE = re.compile(r"(?m)^\S+\.md:\d+: .+$")
COMPUTED = "computed by "
PROBLEMS = ("failure", "error")
NOT_BUILT = "the site does not build"
# These say that times and facts are to be measured anew, which the lock's next change will do.
OF_RECORDS = ("test_record_is_of_the_locked", "test_ratios_of_the_record")


def main():
    python, lock = install(), locked((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    newest = installed(python)
    with tempfile.TemporaryDirectory(prefix="checked-canary-") as folder:
        old, new = clone(Path(folder, "lock")), clone(Path(folder, "newest"))
        lift_pins(new, newest)
        if build(old, sys.executable).returncode:
            return f"{NOT_BUILT} with the lock: see to that first"
        built = build(new, python)
        failures = failures_of(built.stdout + built.stderr) if built.returncode else []
        tests = test(new, python)
        broken = {name: why for name, why in tests.items() if why and NOT_BUILT not in why}
        names = [name for name in broken if not name.startswith("None::")]  # None: no such module
        if names:
            again, before = test(new, python, *names), test(old, sys.executable, *names)
            broken = {
                name: why
                for name, why in broken.items()
                if again.get(name, why) and not before.get(name)
            }
        numbers = [] if failures else changed(numbers_of(old / "site"), numbers_of(new / "site"))
    text, failed = report(changed(lock, newest), failures, broken, numbers, len(tests))
    print(text)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    return int(failed)


def install():
    """Python of a new environment with the newest of what the project names."""
    project = tomllib.loads(unpinned((ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    groups = project["project"]["optional-dependencies"].values()
    names = [*project["project"]["dependencies"], *(name for group in groups for name in group)]
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, with_pip=True)
    python = ENVIRONMENT / "bin/python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    say("installing the newest versions")
    if subprocess.run([*pip, *names]).returncode:
        raise SystemExit("the newest versions cannot be installed together")
    return python


def unpinned(text):
    """The project's file without exact versions; that of torch stays unless CANARY_TORCH is set."""
    kept = "" if os.environ.get("CANARY_TORCH") else "(?!torch)"
    return re.sub(rf'"{kept}([\w-]+)==[\w.]+"', r'"\1"', text)


def installed(python):
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    versions = {each["name"]: each["version"].partition("+")[0] for each in listed}
    return {canonicalize_name(name): versions[name] for name in versions if name != "pip"}


def locked(text):
    pins = (line.split("==") for line in text.splitlines() if "==" in line and line[0] != "#")
    return {canonicalize_name(name): version.partition(";")[0].strip() for name, version in pins}


def clone(project):
    """A copy of the newest commit, with nothing cached."""
    subprocess.run(["git", "clone", "--quiet", ROOT, project], check=True)
    if (ROOT / "tools/node_modules").exists():
        (project / "tools/node_modules").symlink_to(ROOT / "tools/node_modules")
    return project


def lift_pins(project, versions):
    """Make what is installed the lock of a copy: its tests compare the two."""
    text = unpinned((project / "pyproject.toml").read_text(encoding="utf-8"))
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    lines = "".join(f"{name}=={version}\n" for name, version in versions.items())
    (project / "requirements.txt").write_text(lines, encoding="utf-8")


def build(project, python):
    return run(project, python, "mkdocs", "build", "--strict")


def test(project, python, *files):
    """What each test says: nothing if it holds."""
    result = project / "junit.xml"
    options = ["--continue-on-collection-errors", "-o", "junit_family=xunit1"]
    done = run(project, python, "pytest", *options, f"--junitxml={result}", *files)
    if not result.exists():
        raise SystemExit(f"{done.stdout}{done.stderr}\nthe tests do not run")
    return outcomes(result.read_text(encoding="utf-8"))


def run(project, python, module, *options):
    say(f"{module} with {'the lock' if python == sys.executable else 'the newest versions'}")
    environment = os.environ | {"PYTHONPATH": str(project)}
    command = [python, "-m", module, *options]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def say(text):
    print(f"{text} …", file=sys.stderr, flush=True)


def failures_of(output):
    """What press says of claims and figures that fail, or the end of what else went wrong."""
    return FAILURE.findall(output) or [" ".join([NOT_BUILT, *output.split("\n")[-5:]])]


def outcomes(xml):
    """file::test to the first line of why it fails; nothing if it holds or is skipped."""
    found = {}
    for case in ElementTree.fromstring(xml).iter("testcase"):
        name = f"{case.get('file')}::{case.get('name')}"
        problems = [each.get("message") or each.tag for each in case if each.tag in PROBLEMS]
        found[name] = " ".join(problems).split("\n")[0]
    return found


def numbers_of(site):
    """(page, name, how often before) to text, of each computed number, formula and printed line."""
    found, seen = {}, Counter()

    def add(page, name, text):
        found[page, name, seen[page, name]] = text
        seen[page, name] += 1

    for path in sorted(site.rglob("*.html")):
        page = path.relative_to(site).as_posix()
        nodes = list(article(parse(path.read_text(encoding="utf-8"))).iter())
        for node in nodes:
            if has_class(node, "num"):
                add(page, node.get("title").removeprefix(COMPUTED), text_of(node))
            elif node.tag == "math":
                add(page, "formula", text_of(node))
        # A kernel sends what a cell prints in as many parts as it happens to.
        printed = "\n".join(text_of(node) for node in nodes if has_class(node, "output"))
        for line in filter(None, map(str.strip, printed.splitlines())):
            add(page, "printed", line)
    for row in json.loads((site / "claims.json").read_text(encoding="utf-8"))["claims"]:
        values = row["measured"]
        for name, value in (values if isinstance(values, dict) else {"": values}).items():
            add(f"{row['article']}/index.html", f"{row['claim']} {name}".strip(), measured(value))
    return found


def changed(old, new):
    """[(what, in the old, in the new)], with a dash where it is missing."""
    names = sorted({*old, *new}, key=str)
    return [
        (name, old.get(name, "–"), new.get(name, "–"))
        for name in names
        if old.get(name) != new.get(name)
    ]


def report(versions, failures, broken, numbers, count):
    """(Markdown of what is to be said, whether something fails)."""
    records = [name for name in broken if name.partition("::")[2].startswith(OF_RECORDS)]
    broken = {name: why for name, why in broken.items() if name not in records}
    failed = bool(failures or broken)
    verdict = "**Something fails.**" if failed else f"All claims and {count} tests hold."
    parts = [
        f"# The site with the newest versions\n\n{verdict} Other than in the lock: "
        f"{len(versions)} versions, {len(numbers)} numbers on the pages."
    ]
    parts += listed("Claims and figures that fail", failures)
    parts += listed("Tests that fail", [f"`{name}`: {why}" for name, why in broken.items()])
    parts += listed("To be measured anew when the lock changes", [f"`{name}`" for name in records])
    parts += table("Versions", ["package", "lock", "newest"], versions)
    shown = [(page, name, old, new) for (page, name, _), old, new in numbers]
    parts += table("Numbers", ["page", "number", "lock", "newest"], shown)
    if failures:
        parts.append("The site was not built, so its numbers are not compared.")
    return "\n\n".join(parts) + "\n", failed


def listed(title, lines):
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []


def table(title, heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    text = "\n".join(f"| {' | '.join(cell.replace('|', '∣') for cell in line)} |" for line in lines)
    return [f"## {title}", text] if rows else []


if __name__ == "__main__":
    sys.exit(main())
