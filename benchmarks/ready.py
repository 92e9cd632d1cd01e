"""For bench.py: as a script, record all that press makes; as a Markdown extension, give it back."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from markdown.extensions import Extension

from press import extension
from press.pages import KINDS
from press.show import SLOT

FILE = Path("ready.json")
MADE = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


class Ready(Extension):
    def extendMarkdown(self, md):  # noqa: N802 (Markdown's name)
        md.press = SimpleNamespace(build=SimpleNamespace(mathml=mathml))
        md.parser.blockprocessors.register(extension.Formulas(md.parser), "formula", 75)
        md.inlinePatterns.register(extension.InlineFormula(md), "formula", 185)


def makeExtension(**options):  # noqa: N802 (Markdown's name)
    return Ready(**options)


def mathml(tex, block=False):
    return MADE[f"{tex} {block}"]


def fence(source, language, css_class, options, md, **rest):
    return MADE[f"{language} {source}"]


def num(source, language, css_class, md):
    return MADE[f"num {source}"]


snippet = figure = interactive = sketch = claim = output = receipt = cell = download = fence


def record():
    """Build the site, keep what press makes; print what the pages name."""
    from mkdocs.__main__ import cli

    made, kinds = {}, Counter()

    def keeping(kind, function):
        def format(source, language, css_class, *rest, **more):
            html = function(source, language, css_class, *rest, **more)
            made[f"{kind} {source}"] = SLOT.sub(r"<span \1>\2</span>", str(html))
            kinds[kind] += 1
            return html

        return format

    def keeping_formula(build, tex, *, block=False):
        made[f"{tex} {block}"] = set_formula(build, tex, block=block)
        kinds["formula"] += 1
        return made[f"{tex} {block}"]

    set_formula, extension.Build.mathml = extension.Build.mathml, keeping_formula
    for kind in (*KINDS, "cell", "download", "num"):
        setattr(extension, kind, keeping(kind, getattr(extension, kind)))
    with tempfile.TemporaryDirectory() as folder:
        cli(["build", "-d", folder], standalone_mode=False)
    (build, _) = next(iter(extension._builds.values()))
    composer = extension.Composed(SimpleNamespace(press=SimpleNamespace(build=build)))
    for page in sorted(build.read):
        lines = (build.root / page).read_text(encoding="utf-8").split("\n")
        made[page] = "\n".join(composer.run(lines))
    FILE.write_text(json.dumps(made), encoding="utf-8")
    named = [exhibit for exhibit, _ in build.exhibits if exhibit.kind != "card"]
    runs = dict.fromkeys(run for exhibit in named for run in exhibit.runs)
    print(json.dumps({"kinds": kinds, "runs": list(runs)}))


if __name__ == "__main__":
    record()
