"""Build the site with other engines and compare it with that of MkDocs. Run by `make engines`.

ProperDocs must write the same bytes. Zensical reads the same mkdocs.yml, but another language of
templates, and runs no hooks: what its pages are made of must be the same, element for element.
"""

import difflib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from built_site import article, has_class, parse  # noqa: E402

OVERLAY = ROOT / ".venv-engines"
COPIED = (
    "LICENSE", "LICENSE-TEXT", "README.md", "docs", "mkdocs.yml", "press", "pyproject.toml",
    "requirements.txt", "snippets", "theme",
)  # fmt: skip
TEMPLATE = (
    "<!doctype html>\n<title>{{ page.title }}</title>\n<article>{{ page.content }}</article>\n"
)
ENGINES = ("properdocs", "zensical")
HOOK = "press/files.py"  # makes what pages link to; the others serve readers and hosts
WRITTEN_BY_HOOKS = ("claims.json", "data/", "labs/", "social/")
OF_ITS_OWN = ("404.html", "assets/", "feed.xml", "robots.txt", "search/", "sitemap.xml")
USED_UP = "data-search-exclude"  # Zensical's search takes it from the page
COUNTED = {"claims": "claim", "figures": "drawing", "formulas": "math", "numbers": "num"}
SHOWN = 10


def main():
    with tempfile.TemporaryDirectory(prefix="checked-engines-") as folder:
        home = Path(folder)
        sites = {name: home / name for name in ("mkdocs", "properdocs", "plain")}
        build(ROOT, "mkdocs", "-f", "mkdocs.yml", "-d", sites["mkdocs"])
        build(ROOT, "properdocs", "-f", "mkdocs.yml", "-d", sites["properdocs"])
        project = plain_copy(home / "project")
        build(project, "mkdocs", "-d", sites["plain"])
        build(project, "zensical")
        same_bytes = {
            name: bytes_differ(*(sites[each] / name for each in ("mkdocs", "properdocs")))
            for name in sorted(files(sites["mkdocs"]) | files(sites["properdocs"]))
        }
        plain, zensical = sites["plain"], project / "site"
        same_parts = {
            page: parts_differ(plain / page, zensical / page)
            for page in sorted(files(plain) | files(zensical))
            if page.endswith(".html") and not page.startswith(OF_ITS_OWN)
        }
        lacks = sorted(files(plain) - files(zensical))
        names = [f"{name} {importlib.metadata.version(name)}" for name in ENGINES]
        print(table(plain, names, same_bytes, same_parts))
        print(summary(same_bytes, lacks))
        return report(same_bytes, same_parts, lacks)


def build(project, engine, *options):
    paths = [project, *([OVERLAY] if engine != "mkdocs" else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", engine, "build", "--strict", *options]
    print(f"Building with {engine} …", flush=True)
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}\n{engine} does not build the site")


def plain_copy(project):
    """A copy of the project whose template both MkDocs and Zensical can read."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        project.mkdir(exist_ok=True)
        copy(ROOT / name, project / name)
    shutil.copytree(ROOT / ".cache", project / ".cache", copy_function=os.symlink)
    theme, settings = project / "theme", project / "mkdocs.yml"
    shutil.rmtree(theme / "partials")
    for path in theme.glob("*.*"):
        path.write_text(TEMPLATE if path.suffix == ".html" else "", encoding="utf-8")
    (theme / "404.html").unlink()
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    hooks = [line for line in lines if line.startswith("  - press/") and HOOK not in line]
    settings.write_text("".join(line for line in lines if line not in hooks), encoding="utf-8")
    return project


def files(site):
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def bytes_differ(wanted, got):
    """What tells two files apart; nothing if they are the same."""
    if wanted.exists() != got.exists():
        return only(wanted)
    if wanted.read_bytes() == got.read_bytes():
        return []
    try:
        return changed(*(path.read_text(encoding="utf-8").splitlines() for path in (wanted, got)))
    except UnicodeDecodeError:
        return [f"{wanted.stat().st_size} and {got.stat().st_size} bytes"]


def parts_differ(wanted, got):
    """What tells the articles of two pages apart."""
    if wanted.exists() != got.exists():
        return only(wanted)
    return changed(*(parts(path.read_text(encoding="utf-8")) for path in (wanted, got)))


def only(wanted):
    return ["only MkDocs writes it" if wanted.exists() else "MkDocs does not write it"]


def parts(html):
    """The tags and texts of a page's article, in order."""
    return list(below(article(parse(html))))


def below(node):
    kept = [f" {name}={value!r}" for name, value in sorted(node.items()) if name != USED_UP]
    yield f"<{node.tag}{''.join(kept)}>{node.text or ''}"
    for child in node:
        yield from below(child)
        yield child.tail or ""
    yield f"</{node.tag}>"


def changed(wanted, got):
    lines = list(difflib.unified_diff(wanted, got, lineterm="", n=0))[2:]
    return [line for line in lines if not line.startswith("@@")]


def table(site, names, same_bytes, same_parts):
    """For people: what each page holds, and whether the other engines agree."""
    heads = [*COUNTED, *names]
    lines = [f"\n{'':37}" + "".join(f"{head:>{len(head) + 3}}" for head in heads)]
    for page, differ in same_parts.items():
        if not (site / page).exists():
            continue
        verdicts = [says(same_bytes[page], "same bytes"), says(differ, "same parts")]
        cells = [*counts((site / page).read_text(encoding="utf-8")), *verdicts]
        row = "".join(f"{cell:>{len(head) + 3}}" for head, cell in zip(heads, cells, strict=True))
        lines.append(f"{page:37}{row}")
    return "\n".join(lines)


def counts(html):
    nodes = list(article(parse(html)).iter())
    return [
        sum(node.tag == kind or has_class(node, kind) for node in nodes)
        for kind in COUNTED.values()
    ]


def says(differ, same):
    return f"{len(differ)} differ" if differ else same


def summary(same_bytes, lacks):
    equal = sum(not differ for differ in same_bytes.values())
    made = [name for name in lacks if name.startswith(WRITTEN_BY_HOOKS)]
    kinds = sorted(
        {name if "/" not in name else f"{Path(name).parent}/*{Path(name).suffix}" for name in made}
    )
    return (
        f"\nProperDocs: {equal} of {len(same_bytes)} files are the same, byte for byte."
        f"\nZensical runs no hooks and lacks {len(made)} files: {', '.join(kinds)}."
    )


def report(same_bytes, same_parts, lacks):
    """The first lines of all that differs; None if nothing does."""
    found = {f"properdocs: {name}": differ for name, differ in same_bytes.items()}
    found |= {f"zensical: {name}": differ for name, differ in same_parts.items()}
    expected = (*WRITTEN_BY_HOOKS, *OF_ITS_OWN)
    missing = [name for name in lacks if not name.startswith(expected) and name not in same_parts]
    found |= {f"zensical: {name}": ["it lacks this file"] for name in missing}
    told = ["\n    ".join([name, *differ[:SHOWN]]) for name, differ in found.items() if differ]
    return "\n".join(["", *told]) if told else None


if __name__ == "__main__":
    sys.path.insert(0, str(OVERLAY))
    sys.exit(main())
