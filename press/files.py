"""A hook of MkDocs: the files that a build makes besides its pages.

Notebooks to take home, the wheel that they install, the claims for machines, the data of figures,
the pictures of shared addresses.
"""

import base64
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


_made = {}  # what `on_config` makes for `on_files`: between them MkDocs empties the site


def on_config(config):
    options = config.mdx_configs["press"]
    build = current_build(options["pages"], options["time_limit"])
    if build.only is None:
        _made.clear()
    _made.update(made(build, config.site_url or "", "serve" in sys.argv))


def on_files(files, config):
    for name, content in _made.items():
        files.append(File.generated(config, name, content=content))
    return files


def made(build, home, serving):
    """(name below the site, content) of each file. While serving there is no wheel."""
    wheel, packed = ("", b"") if serving else wheel_of(build)
    if wheel:
        yield f"labs/{wheel}", packed
    looked_at = sorted(build.read if build.only is None else build.only)
    named = [(page, exhibit) for page in looked_at for exhibit in build.by_page[page]]
    for page, exhibit in named:
        if exhibit not in build.sound:
            continue
        if exhibit.kind == "card":
            picture = build.result(*exhibit.runs[0])["png"]
            yield f"social/{Path(page).stem}.png", base64.b64decode(picture)
        if exhibit.kind == "lab":
            (target,) = exhibit.targets
            cleared = build.result(target)["notebook"]
            yield f"labs/{Path(target).stem}.ipynb", notebook(cleared, home, wheel)
        if exhibit.kind in ("figure", "interactive"):
            (target,) = exhibit.targets
            yield f"data/{target.replace(':', '.')}.csv", data_of(build, target)
    if build.only is None and claims_of(build):
        yield "claims.json", json.dumps(claims(build, home), indent=1, ensure_ascii=False)


def notebook(text, home, wheel):
    """A lab's notebook whose links and first cell lead to the site."""
    text = text.replace(WHEEL, f"{home}labs/{wheel}")
    return TO_A_PAGE.sub(lambda link: f"]({home}{link[1]}/{link[2] or ''})", text)


def wheel_of(build):
    """(name, bytes) of the project's wheel, made anew if a file in it has changed."""
    root = build.root
    if not (root / "pyproject.toml").exists():
        return "", b""
    packed = [path for name in PACKED for path in below(root / name)]
    digest = hashlib.sha256()
    for path in packed:
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    kept = build.store.load("wheel", digest.hexdigest())
    if not kept:
        name, content = packing(root, packed)
        kept = [{"name": name, "content": base64.b64encode(content).decode()}]
        with contextlib.suppress(OSError):
            build.store.save("wheel", digest.hexdigest(), *kept)
    return kept[0]["name"], base64.b64decode(kept[0]["content"])


def packing(root, packed):
    """(name, bytes) of a wheel, made from a copy: setuptools leaves files beside the source."""
    with tempfile.TemporaryDirectory() as folder:
        source, wheels = Path(folder, "source"), Path(folder, "wheels")
        for path in packed:
            place = source / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        make = f"from setuptools import build_meta; build_meta.build_wheel({str(wheels)!r})"
        done = subprocess.run(
            [sys.executable, "-c", make],
            cwd=source,
            env=os.environ | {"SOURCE_DATE_EPOCH": "1000000000"},  # the same bytes each time
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"the wheel cannot be made:\n{done.stderr}")
        (wheel,) = wheels.iterdir()
        return wheel.name, wheel.read_bytes()


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
