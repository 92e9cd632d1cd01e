"""A hook of MkDocs: the files that a build makes besides its pages.

Notebooks to take home, the wheel that they install, the claims for machines, the data of figures.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mkdocs.structure.files import File

from press.compose import claims_of, plain
from press.extension import current_build
from press.labs import WHEEL
from press.receipt import newest_commit, versions

PACKED = ("press", "snippets", "pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "keras", "matplotlib")
TO_A_PAGE = re.compile(r"\]\(\.\./([\w/]+)\.md(#[\w-]+)?\)")


def on_files(files, config):
    options = config.mdx_configs["press"]
    build = current_build(options["pages"], options["time_limit"])
    home, serving = config.site_url or "", "serve" in sys.argv
    wheel = "" if serving else wheel_of(build)
    for exhibit, _ in build.exhibits:
        if exhibit not in build.sound:
            continue
        if exhibit.kind == "lab":
            name = f"labs/{Path(exhibit.targets[0]).stem}.ipynb"
            text = notebook(build.result(exhibit.targets[0])["notebook"], home, Path(wheel).name)
            files.append(File.generated(config, name, content=text))
        if exhibit.kind in ("figure", "interactive"):
            name = f"data/{exhibit.targets[0].replace(':', '.')}.csv"
            if name not in files.src_uris:
                files.append(File.generated(config, name, content=data_of(build, *exhibit.targets)))
    if wheel:
        name = f"labs/{Path(wheel).name}"
        files.append(File.generated(config, name, abs_src_path=wheel))
    if claims_of(build):
        listed = json.dumps(claims(build, home), indent=1, ensure_ascii=False)
        files.append(File.generated(config, "claims.json", content=listed))
    return files


def notebook(text, home, wheel):
    """A lab's notebook whose links and first cell lead to the site."""
    text = text.replace(WHEEL, f"{home}labs/{wheel}")
    return TO_A_PAGE.sub(lambda link: f"]({home}{link[1]}/{link[2] or ''})", text)


def wheel_of(build):
    """Where the project's wheel lies, made anew if a file in it has changed; empty without one."""
    root = build.root
    if not (root / "pyproject.toml").exists():
        return ""
    packed = [path for name in PACKED for path in below(root / name)]
    digest = hashlib.sha256()
    for path in packed:
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    kept = build.store.folder / "wheel" / digest.hexdigest()[:24]
    if not kept.exists():
        shutil.rmtree(kept.parent, ignore_errors=True)
        with tempfile.TemporaryDirectory() as copy:
            for path in packed:
                place = Path(copy, "source", path.relative_to(root))
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
            make = f"from setuptools import build_meta; build_meta.build_wheel({copy + '/wheel'!r})"
            subprocess.run(
                [sys.executable, "-c", make],
                cwd=Path(copy, "source"),
                env=os.environ | {"SOURCE_DATE_EPOCH": "1000000000"},  # the same bytes each time
                check=True,
                capture_output=True,
            )
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(copy, "wheel"), kept)
    (wheel,) = kept.iterdir()
    return str(wheel)


def below(path):
    """The files of a folder, or the file itself, without what Python compiled."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [each for each in files if each.is_file() and each.suffix != ".pyc"]


def claims(build, home):
    """All claims with what proves them, for machines."""
    listed = []
    for page, found in claims_of(build).items():
        for claim in found:
            module, statement = build.project.find(claim.targets[0])
            listed.append({
                "article": Path(page).stem,
                "claim": claim.anchor,
                "sentence": plain(build, claim),
                "measured": build.result(claim.targets[0])["value"],
                "proof": f"{module.file}:{statement.lineno}",
                "url": f"{home}{Path(page).stem}/#{claim.anchor}",
            })  # fmt: skip
    return {"newest_commit": newest_commit(build.root), "versions": installed(), "claims": listed}


def installed():
    return {"python": platform.python_version(), **versions(LIBRARIES)}


def data_of(build, target):
    """The numbers behind a drawing: of each experiment each name, place and value."""
    if kept := build.listed(target):
        return kept
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["experiment", "name", "row", "column", "value"])
    for name, experiment in build.project.inputs(target, draw=True).items():
        values = build.result(experiment)["value"]
        table.writerows([name, *line] for line in rows_of(values))
    with contextlib.suppress(OSError):
        digest = build.digests.digest(target, draw=True)
        build.store.save(f"{target}.csv", digest, {"text": text.getvalue()})
    return text.getvalue()


def rows_of(value, name=""):
    """(name, row, column, value) of each number; a name is a path, as `num` takes it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from rows_of(item, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        for place, number in cells_of(value):
            yield name, *place, number
    else:
        yield name, "", "", "too many to list" if value is None else value


def cells_of(value):
    """((row, column), number) of a list, of a list of lists; deeper ones lie in one row."""
    for row, item in enumerate(value):
        if not isinstance(item, list):
            yield (row, ""), item
        else:
            yield from (((row, column), number) for column, number in enumerate(flat(item)))


def flat(value):
    for item in value:
        yield from flat(item) if isinstance(item, list) else [item]
