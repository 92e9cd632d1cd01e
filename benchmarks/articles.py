"""For bench.py: any number of articles as long as the real ones, with functions of milliseconds."""

import random
import shutil

EXPERIMENTS, FIGURES, CLAIMS, PARAGRAPHS = 6, 6, 36, 60
WORDS = """
a as batch both curve data each falls gradient grows halves input is layer less loss mask mean more
network never noise of only output point rate stays step test than the then train unit weight which
"""

SCRATCH = '''
"""NumPy from scratch."""

import numpy as np


'''
FUNCTION = '''
def scale_{n}(x, rate):
    """Values of x, scaled by 1 - rate and moved by {n}.

    Raises ValueError for a rate outside of [0, 1).

    >>> scale_{n}([1.0, 2.0], 0.5)
    array([{first}, {second}])
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be in [0, 1), not {{rate}}")
    return np.asarray(x) * (1 - rate) + {n}
'''
EXPERIMENT = '''
def series_{n}():
    """A walk whose steps are scaled."""
    steps = np.random.default_rng({n}).normal(size=200)
    path = scratch.scale_{n}(steps, 0.25).cumsum()
    return {{"path": path, "mean": path.mean(), "steps": steps}}
'''
FIGURE = """
def plot_walk_{n}(fig, series_{n}):
    ax = fig.subplots()
    ax.plot(series_{n}["path"], color="C0")
    ax.plot(series_{n}["steps"], color="C1")
    ax.set(xlabel="step", ylabel="sum")
"""
CLAIM = '''
def moves_{n}(series_{e}):
    """The walk moves by more than {n} steps. It would fail if the walk stood still."""
    value = float(np.ptp(scratch.scale_{e}(series_{e}["path"], 0.5)))
    assert value > 0
    return value
'''
WRONG = '''
def scale_{n}_stands(x, rate):
    """every value was the same"""
    return np.zeros(len(x))
'''
REFERENCE = """# {stem}: the functions

[The article](../{stem}.md)

::: snippets.{stem}.scratch
"""


def write(project, count):
    """Put the articles, with their reference, in the place of the real ones."""
    pages, code = project / "docs/en", project / "snippets"
    settings = (project / "mkdocs.yml").read_text(encoding="utf-8")
    head, nav = settings.split("  - Start: index.md\n")
    rest = nav[nav.index("\n\n") :]
    stems = [f"article_{number:03}" for number in range(count)]
    lines = "".join(f"  - {stem}: {stem}.md\n" for stem in stems).rstrip()
    settings = f"{head}  - Start: index.md\n{lines}{rest}"
    (project / "mkdocs.yml").write_text(settings, encoding="utf-8")
    for path in (pages, code):
        for old in path.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
            elif old.suffix == ".md":
                old.unlink()
    (pages / "reference").mkdir()
    (pages / "index.md").write_text(start(stems), encoding="utf-8")
    (pages / "claims.md").write_text("# Every claim\n\n```ledger\nall articles\n```\n")
    for number, stem in enumerate(stems):
        article(code / stem, number)
        (pages / f"{stem}.md").write_text(page(stem, number), encoding="utf-8")
        (pages / f"reference/{stem}.md").write_text(REFERENCE.format(stem=stem))


def start(stems):
    lines = "".join(f"- [{stem}]({stem}.md)\n" for stem in stems)
    return f"# Articles\n\n{lines}\n```receipt\nnumpy\n```\n"


def article(folder, seed):
    folder.mkdir()
    (folder / "__init__.py").touch()
    numbers = range(seed * 100, seed * 100 + EXPERIMENTS)
    claims = [(n, seed * 100 + n % EXPERIMENTS) for n in range(CLAIMS)]
    numpy, scratch = "import numpy as np\n\n", f"from snippets.{folder.name} import scratch\n\n"
    parts = {
        "scratch": [
            SCRATCH,
            *(FUNCTION.format(n=n, first=0.5 + n, second=1.0 + n) for n in numbers),
        ],
        "experiments": [numpy, scratch, *(EXPERIMENT.format(n=n) for n in numbers)],
        "figures": [FIGURE.format(n=n) for n in numbers],
        "claims": [numpy, scratch, *(CLAIM.format(n=n, e=e) for n, e in claims)],
        "wrong": [numpy, *(WRONG.format(n=n) for n in numbers), breaks(claims)],
    }
    for name, texts in parts.items():
        (folder / f"{name}.py").write_text("\n".join(texts), encoding="utf-8")


def breaks(claims):
    return f"BREAKS = { {f'moves_{n}': {f'scale_{e}': f'scale_{e}_stands'} for n, e in claims}!r}\n"


def page(stem, seed):
    words, known = random.Random(seed), WORDS.split()
    parts = [f"---\ntitle: {stem}\ndescription: {stem} for the bench\n---\n\n# {stem}\n"]
    for number in range(PARAGRAPHS):
        n, each = seed * 100 + number % EXPERIMENTS, number // EXPERIMENTS
        text = " ".join(words.choices(known, k=60))
        if number % 6 == 0:
            parts.append(f"## Part {number // 6}: {' '.join(words.choices(known, k=4))}\n")
        parts.append(
            f"{text} $y_{{{n}}} = (1-r)\\,x^{{{number}}}$, a mean of "
            f"`#!num {stem}.experiments:series_{n}.mean .2f`.\n"
        )
        if each == 0:
            parts.append(f"```snippet\n{stem}.scratch:scale_{n}\n```\n")
            caption = f"alt: A walk.\n**It walks.** {text}"
            parts.append(f"```figure\n{stem}.figures:plot_walk_{n}\n{caption}\n```\n")
        if number < CLAIMS:
            sentence = f"The walk moves at {number}."
            parts.append(f"```claim\n{stem}.claims:moves_{number}\n{sentence}\n```\n")
    return "\n".join(parts)
