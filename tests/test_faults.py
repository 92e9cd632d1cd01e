"""What goes wrong around a build: killed processes, full disks, endless functions, odd input.

Whatever happens, the site is as it was or right, the cache holds whole entries or none, and no
process is left behind.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from projects import CONFIG, PLAIN_THEME, ROOT, contents, edit, lay, wait_until

from press.labs import LONGEST_PRINTED
from press.store import KEPT, Store

pytestmark = pytest.mark.usefixtures("library")

SECONDS = 200  # that a build may take on a busy machine before it counts as hanging
TIME_LIMIT = 6
PROJECT = """
    # ./requirements.txt
    numpy==1
    # snippets/__init__.py
    # snippets/art/__init__.py
    # snippets/art/scratch.py
    def one(): return 1
    # snippets/art/experiments.py
    import os
    from tally import ran
    from snippets.art.scratch import one
    def note():
        ran(str(os.getpid()))
    def fault():
        note()
        return {"n": one()}
    def first():
        ran("first")
        return {"n": one(), "long": list(range(2000))}
    # snippets/bee/__init__.py
    # snippets/bee/experiments.py
    from tally import ran
    from snippets.art.scratch import one
    def works():
        ran("works")
        return {"n": one() + 1}
    # docs/index.md
    `#!num art.experiments:first.n` `#!num art.experiments:fault.n` `#!num bee.experiments:works.n`
"""


@pytest.fixture
def project(tmp_path):
    """A project, not yet built."""
    config = CONFIG.replace("PRESS", str(ROOT / "press"))
    config = config.replace("time_limit: 60", f"time_limit: {TIME_LIMIT}")
    return lay(lay(tmp_path / "project", f"{config}{PLAIN_THEME}"), PROJECT)


def build(root, *arguments, **options):
    """A finished build of the site; a hanging one fails."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", *map(str, arguments)]
    with (root.parent / "told.txt").open("w+") as file:  # a pipe may outlive the build
        process = subprocess.Popen(command, cwd=root, stdout=file, stderr=file, **options)
        try:
            process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail("the build hangs")
        file.seek(0)
        return process.returncode, file.read()


def site(root):
    folder = root / "site"
    return {path.relative_to(folder): data for path, data in contents(folder).items()}


def clean(root):
    """What a build from nothing makes of the project."""
    copy = root.with_name("clean")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("site", ".cache"))
    code, told = build(copy)
    assert code == 0, told
    return site(copy)


def body(root, lines, file="snippets/art/experiments.py"):
    """Let `fault` do something before it returns."""
    inner = "".join(f"    {line}\n" for line in lines.strip().split("\n"))
    edit(
        root,
        file,
        '    note()\n    return {"n": one()}',
        f'    note()\n{inner}    return {{"n": one()}}',
    )


def processes():
    """The process ids that `fault` and its children wrote."""
    path = Path(os.environ["TALLY"])
    return (
        {int(word) for word in path.read_text().split() if word.isdigit()}
        if path.exists()
        else set()
    )


def runs(pid):
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def gone(tally):
    """Check that no process is left of those that tell their number; what is left is ended."""

    def gone(at_least=1):
        there = processes()
        assert len(there) >= at_least
        wait_until(lambda: not any(map(runs, there)))

    yield gone
    for pid in filter(runs, processes()):
        os.kill(pid, signal.SIGKILL)


def sound(root):
    """Whether each entry of the cache is whole, and no other file is there."""
    kept = [path for path in contents(root / ".cache") if path.suffix != ".draft"]
    store = Store(root / ".cache")
    for path in kept:
        key, _, digest = path.name.rpartition("-")
        assert store.load(key, digest), path.name
    return len(kept)


# Killed


def test_a_build_killed_in_mid_run(project, tally, gone):
    assert build(project)[0] == 0
    before = site(project)
    tally()
    edit(project, "snippets/art/scratch.py", "return 1", "return 2")
    body(project, "if not os.path.exists('go'): import time; time.sleep(600)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    killed = subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
    wait_until(processes)
    killed.kill()
    killed.wait()
    gone()
    assert site(project) == before
    sound(project)
    (project / "go").touch()
    assert "first" in tally()
    code, told = build(project)
    assert code == 0, told
    assert "first" not in tally()  # what was finished is kept
    assert site(project) == clean(project) != before


KILL_AT_WRITE = """
    # ./sitecustomize.py
    import os, pathlib, signal
    def {name}(self, *arguments, original=pathlib.Path.{name}):
        if self.name.endswith(".draft") and self.name.startswith("art.experiments.first"):
            if "{name}" == "write_bytes":
                original(self, arguments[0][: len(arguments[0]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *arguments)
    pathlib.Path.{name} = {name}
"""


@pytest.mark.parametrize("name", ["write_bytes", "replace"])
def test_a_process_killed_while_it_writes_an_entry(project, tally, tmp_path, name):
    folder = lay(tmp_path / "killing", KILL_AT_WRITE.replace("{name}", name))
    path = os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])
    code, told = build(project, env=os.environ | {"PYTHONPATH": path})
    assert code == 1
    assert "art.experiments:first: its process died" in told
    assert list((project / ".cache").rglob("*.draft"))
    assert sound(project) == 2
    assert {"works", "first"} <= set(tally())
    assert build(project)[0] == 0
    assert "works" not in tally()
    assert site(project) == clean(project)


def test_a_worker_killed_from_outside_is_named_and_the_rest_run(project, tally):
    body(project, "os.kill(os.getpid(), 9)")
    code, told = build(project)
    assert code == 1
    assert "docs/index.md:1: art.experiments:fault: its process died" in told
    assert re.search(r"\n    snippets/art/experiments\.py:\d+\n", told)
    assert {"first", "works"} <= set(tally())
    assert not (project / "site").exists()


# A full disk


@contextlib.contextmanager
def full_disk(folder, size):
    """A disk of so many bytes in the place of a folder; the argument for a build on it."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            yield {}
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:  # no file may be longer: its write fails in the middle, as on a full disk
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 4,) * 2)}


def test_a_full_disk_below_the_cache_costs_time_only(project, tally):
    edit(project, "snippets/art/experiments.py", "range(2000)", "range(9000)")
    expected = clean(project)
    tally()
    with full_disk(project / ".cache", 1 << 14) as options:
        for _ in range(2):
            code, told = build(project, **options)
            assert code == 0, told
            assert "press: the cache cannot be written, so nothing is kept: " in told
            assert "first" in tally()
            assert site(project) == expected
            sound(project)
            assert not list((project / ".cache").rglob("*.draft"))


def test_a_full_disk_below_the_site_is_told(project, tally):
    with (project / "docs/index.md").open("a", encoding="utf-8") as page:
        page.write("\n\nword" * 9000)
    with full_disk(project / "site", 1 << 14) as options:
        code, told = build(project, **options)
    assert code != 0
    assert re.search(r"No space left on device|File too large", told)
    assert build(project)[0] == 0
    assert site(project) == clean(project)


# Much of everything

MILLION = 10**6
LONG = {
    "paragraphs": "Words, $x$, `code` and [a link](#a).\n\n",
    "one line": "word ",
    "one paragraph": "Some words on a line.\n",
    "amounts": "It costs \\$5 and $ 6.\n\n",
    "code": "    some code\n\n",
    "fences": "```python\n" + "x = 1\n" * 200 + "```\n\n",
}


@pytest.mark.parametrize("name", LONG)
def test_a_page_of_a_million_characters(project, tally, name):
    text = LONG[name] * (MILLION // len(LONG[name]))
    (project / "docs/index.md").write_text(f"# A\n\n{text}\n", encoding="utf-8")
    code, told = build(project)
    assert code == 0, told[-1000:]


@pytest.mark.parametrize(
    "text",
    ["$", "$a ", "a$", "$1", "$$ ", "$$a ", "\\$", "[", "`a ", "`#!num ", "\\num{", "> ", "```\n",
     "```python\n", "```snippet\n", "~~~~x\ny\n```x\nz\n", "alt: x\n", "&", "<", "*", "_", "| "],
)  # fmt: skip
def test_scanning_a_million_characters_ends(text):
    """In a process of its own, which can be ended."""
    code = f"from press.pages import scan; scan('a.md', {text!r} * ({MILLION} // len({text!r})))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=SECONDS)


def peak(command, root):
    """(exit code, what it printed, the megabytes that it or a child needed at most)"""
    code = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("MB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS,
    )  # fmt: skip
    return done.returncode, done.stdout, int(done.stdout.rpartition("MB ")[2])


@pytest.mark.parametrize("how", ["for _ in range(10**5): print('x' * 999)", "print('x' * 10**8)"])
def test_a_function_that_prints_100_megabytes(project, tally, how):
    body(project, how)
    line = 1 + (project / "snippets/art/experiments.py").read_text()[:-1].split(how)[0].count("\n")
    code, told, megabytes = peak([sys.executable, "-m", "mkdocs", "build", "--strict"], project)
    assert code == 1
    why = f"art.experiments:fault: ValueError: it prints more than {LONGEST_PRINTED} characters"
    assert f"docs/index.md:1: {why}\n    snippets/art/experiments.py:{line}\n" in told
    assert megabytes < 400
    assert sum(map(len, contents(project / ".cache").values())) < MILLION


def test_what_prints_less_is_shown(project, tally):
    body(project, f"print('x' * {LONGEST_PRINTED - 1})")
    (project / "docs/index.md").write_text("```output\nart.experiments:fault\n```\n")
    code, told = build(project)
    assert code == 0, told
    assert "x" * (LONGEST_PRINTED - 1) in (project / "site/index.html").read_text()


# Processes that functions start

FORKS = {
    "comes back": "os.fork()\nnote()",
    "raises": "if os.fork() == 0:\n    note()\n    raise ValueError",
    "leaves": "if os.fork() == 0:\n    note()\n    raise SystemExit",
    "stays": "import time\nif os.fork() == 0:\n    note()\n    time.sleep(600)",
    "stays in a session": (
        "import time\nif os.fork() == 0:\n    os.setsid()\n    note()\n    time.sleep(600)"
    ),
    "multiprocessing": (
        "import multiprocessing, time\n"
        "def stay():\n"
        "    note()\n"
        "    time.sleep(600)\n"
        "multiprocessing.get_context('fork').Process(target=stay).start()"
    ),
    "a command": "import subprocess\nran(str(subprocess.Popen(['sleep', '600']).pid))",
}
UNTIL_BOTH_ARE_THERE = """
import time
while sum(map(str.isdigit, open(os.environ["TALLY"]).read().split())) < 2: time.sleep(0.01)
"""


@pytest.mark.parametrize("name", FORKS)
def test_what_a_function_forks_neither_answers_nor_holds_up_the_build(project, tally, gone, name):
    body(project, f"{FORKS[name]}\n{UNTIL_BOTH_ARE_THERE}")
    code, told = build(project)
    assert code == 0, told
    assert "press: 3 functions run" in told
    if "session" not in name:  # what leaves on purpose is on its own
        gone(2)
    (kept,) = (project / ".cache").rglob("art.experiments.fault-*")
    assert json.loads(kept.read_bytes().split(b"\n")[1])["value"] == {"n": 1}


# Functions that never end

ENDLESS = {
    "in Python": "while True: pass",
    "in C": "import time\ntime.sleep(600)",
    "in one call of C": "sum(map(len, __import__('itertools').repeat(())))",
    "deaf to SIGTERM": (
        "import signal, time\n"
        "for number in (signal.SIGTERM, signal.SIGINT): signal.signal(number, signal.SIG_IGN)\n"
        "time.sleep(600)"
    ),
    "all exceptions caught": (
        "import time\nwhile True:\n    try: time.sleep(600)\n    except BaseException: pass"
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_function_that_never_ends_is_ended(project, tally, gone, name):
    body(project, ENDLESS[name])
    code, told = build(project)
    assert code == 1
    why = f"art.experiments:fault: it ran longer than the time limit of {TIME_LIMIT} s"
    assert f"docs/index.md:1: {why}\n    snippets/art/experiments.py:" in told
    assert "1 failure; nothing was written" in told
    gone()
    assert {"first", "works"} <= set(tally())


LAB = """
    # docs/lab.py
    # %%
    import os
    from tally import ran
    from snippets.art.scratch import one
    ran(str(os.getpid()))
    # %%
    {code}
    # docs/lab.md
    ```lab
    docs/lab.py
    ```
"""


def with_lab(root, code):
    lay(root, LAB.replace("{code}", code))
    (last,) = re.findall(".*press.extension.receipt.*", (root / "mkdocs.yml").read_text())
    fences = [last.replace("receipt", name) for name in ("receipt", "cell", "download")]
    edit(root, "mkdocs.yml", last, "\n".join([*fences, "exclude_docs: '*.py'"]))


@pytest.mark.parametrize(
    "code", ["import time; time.sleep(600 * one())", "while one(): pass"], ids=["in C", "in Python"]
)
def test_a_lab_that_never_ends_is_ended_with_its_kernel(project, tally, gone, code):
    with_lab(project, code)
    edit(project, "mkdocs.yml", f"time_limit: {TIME_LIMIT}", "time_limit: 20")
    code, told = build(project)
    assert code == 1
    assert "docs/lab.md:1: docs/lab.py: it ran longer than the time limit of 20 s" in told
    gone()


def test_a_lab_that_prints_100_megabytes(project, tally):
    with_lab(project, "for _ in range(10**5): print('x' * 999 * one())")
    edit(project, "mkdocs.yml", f"time_limit: {TIME_LIMIT}", "time_limit: 120")
    code, told = build(project)
    assert code == 1
    why = f"docs/lab.py: cell 2: prints more than {LONGEST_PRINTED} characters"
    assert f"docs/lab.md:1: {why}\n    docs/lab.py:7\n" in told
    assert sum(map(len, contents(project / ".cache").values())) < MILLION


# Names

HANGUL = """
    # snippets/예술/__init__.py
    # snippets/예술/scratch.py
    def 두배(x): return 2 * x
    # snippets/예술/experiments.py
    from tally import ran
    from snippets.예술.scratch import 두배
    def ﬁnd_café():
        ran("once")
        return {"값": 두배(2)}
    # snippets/예술/figures.py
    def plot_선(fig, find_café):
        fig.subplots().plot([0, find_café["값"]])
    # snippets/예술/claims.py
    from snippets.예술.scratch import 두배
    def 두배이다(find_café):
        assert find_café["값"] == 두배(2)
        return find_café["값"]
    # snippets/예술/wrong.py
    def 세배(x):
        '''it tripled'''
        return 3 * x
    BREAKS = {"두배이다": {"두배": "세배"}}
    # docs/한글-쪽.md
    # 제목

    `#!num 예술.experiments:ﬁnd_café.값`

    ```snippet
    예술.scratch:두배
    ```

    ```figure
    예술.figures:plot_선
    alt: 선.
    **선.** 그림.
    ```

    ```claim
    예술.claims:두배이다
    두배이다.
    ```
"""


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_names_in_any_script(tmp_path, project, tally, form):
    """Python reads names in NFKC; a page may have them as any editor writes them."""
    root = project.rename(tmp_path / "내 프로젝트 (1)")
    lay(root, HANGUL)
    page = root / "docs/한글-쪽.md"
    page.write_text(unicodedata.normalize(form, page.read_text()))
    for file in root.glob("snippets/예술/*.py"):
        text = (
            file.read_text()
            if file.name == "wrong.py"
            else unicodedata.normalize(form, file.read_text())
        )
        file.write_text(text)
    for expected in (1, 0):
        code, told = build(root)
        assert code == 0, told
        assert tally()["once"] == expected
    html = (root / "site/한글-쪽/index.html").read_text()
    assert 'id="두배이다"' in html
    assert ">4<" in html
    assert "<svg" in html


# A clock set back


def test_a_clock_set_back(project, tally):
    assert build(project)[0] == 0
    future = time.time() + 10**6
    for path in [*contents(project / ".cache"), *project.rglob("*.py"), *project.rglob("*.md")]:
        os.utime(path, (future, future))
    for number in range(2, 2 * KEPT):
        edit(project, "snippets/art/scratch.py", f"return {number - 1}", f"return {number}")
        os.utime(project / "snippets/art/scratch.py", (1e9, 1e9))
        tally()
        for expected in (1, 0):
            assert build(project)[0] == 0
            assert tally()["works"] == expected
        assert site(project) == clean(project)
    for path in contents(project / ".cache"):
        os.utime(path, (future, future))
    edit(project, "snippets/art/scratch.py", f"return {2 * KEPT - 1}", f"return {2 * KEPT - 3}")
    tally()
    assert build(project)[0] == 0
    assert not tally()["works"]  # it is among the latest
