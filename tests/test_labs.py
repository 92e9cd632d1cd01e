"""Labs: they run as they are; each task takes its solution and says what is wrong with others."""

import contextlib
import importlib
import io
import re
import sys
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[1]
LABS = sorted(path.stem for path in (ROOT / "docs/en/labs").glob("*.py"))
sys.path.insert(0, str(Path(__file__).parent))


def cells(stem):
    return jupytext.read(ROOT / f"docs/en/labs/{stem}.py").cells


def run(code, names):
    """What a cell prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "lab", "exec"), names)
    return printed.getvalue()


@pytest.mark.parametrize("stem", LABS)
def test_each_task_takes_its_solution_and_names_what_is_wrong(stem):
    tasks = importlib.import_module(f"labs.{stem}").TASKS
    names, code = {"__name__": "lab"}, [c for c in cells(stem) if c.cell_type == "code"]
    open_tasks = [cell for cell in code if "task" in cell.metadata.get("tags", [])]
    assert 2 <= len(tasks) == len(open_tasks) <= 3
    solving = iter(tasks)
    for cell, after in zip(code, [*code[1:], None]):
        if cell not in open_tasks:
            run(cell.source, names)
            continue
        right, mistakes = next(solving)
        run(cell.source, names)
        assert re.match(r"Task \d is open", run(after.source, names))
        for wrong, words in mistakes:
            run(wrong, names)
            with pytest.raises(AssertionError, match=words):
                run(after.source, names)
        assert len(mistakes) >= 2
        run(right, names)
        assert re.match(r"Task \d: right", run(after.source, names))
