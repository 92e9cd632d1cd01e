"""Labs: notebooks in jupytext's percent format, executed by a kernel of their own.

A lab is a file of Python, so `reach` sees what it rests on, and it runs again when that changes.
"""

import os
import re
import tempfile
from pathlib import Path

from press.modules import SourceError

DRAWING = "application/vnd.checked.drawing+json"  # what the site shows; notebooks pass it by
WHEEL = "{wheel}"  # where the project's wheel lies, in the first cell of a notebook
SETUP = f"""\
# Installs the code of the articles where it is missing.
import importlib.util, os, subprocess, sys

os.environ["KERAS_BACKEND"] = "torch"
if importlib.util.find_spec("snippets") is None:
    wheel = os.environ.get("CHECKED_WHEEL", "{WHEEL}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, wheel], check=True)"""
MARKER = re.compile(r"# %%")
ESCAPE = re.compile(r"\x1b\[[\d;]*m")
FRAME = re.compile(r"^(?:File (?P<file>.+?):(?P<at>\d+)|Cell In\[\d+\], line (?P<line>\d+))", re.M)
SECONDS = 100  # of one cell
LONGEST_PRINTED = 100_000  # characters, of a cell or a function


def execute(root, file):
    """What a page shows of a lab, and the notebook without outputs; a SourceError if it fails."""
    import jupytext
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell
    from traitlets.config import Config

    notebook = jupytext.read(root / file)
    notebook.cells.insert(0, new_code_cell(SETUP, id="setup"))
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.get("id") if number == 0 else f"cell-{number}"
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    cleared = jupytext.writes(notebook, fmt="ipynb")
    starts = lines_of_cells(root / file)
    with tempfile.TemporaryDirectory() as home:
        paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        own = {
            "IPYTHONDIR": home,
            "JUPYTER_RUNTIME_DIR": home,
            "PYTHONPATH": os.pathsep.join(paths),
        }
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            allow_errors=False,
            coalesce_streams=True,
            resources={"metadata": {"path": root}},
            config=Config(ConnectionFileMixin={"transport": "ipc", "ip": f"{home}/kernel"}),
        )
        try:
            client.execute(env=os.environ | own)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise failure(root, file, notebook, starts, error) from None
    ran, cells = notebook.cells[1:], []
    for number, (cell, before) in enumerate(zip(ran, [None, *ran]), 1):
        place = file, starts[number - 1], f"cell {number}"
        folded = before is not None and "task" in before.metadata.get("tags", [])
        cells.append(shown(cell, place) | {"folded": folded})
    return {"cells": cells, "notebook": cleared}


def lines_of_cells(path):
    """The line on which the source of each cell starts."""
    lines = path.read_text(encoding="utf-8").split("\n")
    starts = []
    for number, line in enumerate(lines):
        if MARKER.match(line):
            filled = (at for at in range(number + 1, len(lines)) if lines[at].strip())
            starts.append(next(filled, number) + 1)
    return starts


def failure(root, file, notebook, starts, error):
    """Which cell failed, at which line, and in which helper."""
    cells = [(at, cell) for at, cell in enumerate(notebook.cells[1:]) if cell.cell_type == "code"]
    raised = [
        (at, output)
        for at, cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    ]
    if not raised:  # it died, or took too long, in the first cell without an answer
        timing = "shell.execute_reply"
        answered = (timing in cell.metadata.get("execution", {}) for _, cell in cells)
        at = next((at for (at, _), done in zip(cells, answered) if not done), 0)
        return SourceError(file, starts[at], f"cell {at + 1}: {str(error).strip().splitlines()[0]}")
    at, output = raised[-1]
    trace = ESCAPE.sub("", "\n".join(output.traceback))
    why = f"{output.ename}: {output.evalue}".split("\n")[0]
    line, helper = starts[at], None
    for frame in FRAME.finditer(trace):  # from the cell inward
        if frame["line"]:
            line = starts[at] + int(frame["line"]) - 1
        elif Path(frame["file"]).is_relative_to(root) and ".venv" not in frame["file"]:
            helper = Path(frame["file"]).relative_to(root).as_posix(), int(frame["at"])
    if helper:
        return SourceError(*helper, f"{why} (called from cell {at + 1}, {file}:{line})")
    return SourceError(file, line, f"cell {at + 1}: {why}")


def shown(cell, place):
    """A cell in JSON's types: its source, and what it printed or drew."""
    if cell.cell_type != "code":
        return {"markdown": cell.source}
    file, line, name = place
    outputs = []
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            outputs.append({"text": output.text})
        elif output.output_type == "stream":
            last = output.text.strip().splitlines()[-1]
            raise SourceError(file, line, f"{name}: wrote to stderr: {last}")
        elif DRAWING in data:
            outputs.append(dict(data[DRAWING]))
        elif set(data) == {"text/plain"}:
            outputs.append({"text": data["text/plain"]})
        else:
            kinds = ", ".join(sorted(data))
            raise SourceError(file, line, f"{name}: shows {kinds}: use press.notebook.figure")
    if sum(len(output.get("text", "")) for output in outputs) > LONGEST_PRINTED:
        raise SourceError(file, line, f"{name}: prints more than {LONGEST_PRINTED} characters")
    return {"code": cell.source, "outputs": outputs}
