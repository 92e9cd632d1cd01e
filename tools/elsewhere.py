"""Run the notebooks of the built site as a reader would: in an empty folder, in an environment
that has nothing but Jupyter's kernel, with the site's wheel. Used by `make labs`."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=1800, allow_errors=False).execute()
"""


def main():
    labs = sorted((ROOT / "site/labs").glob("*.ipynb"))
    (wheel,) = (ROOT / "site/labs").glob("*.whl")
    names = ("PYTHONPATH", "KERAS_BACKEND", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        python = home / "env/bin/python"
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "ipykernel", "nbclient"], check=True, env=clean)
        (home / "lab").mkdir()
        for lab in labs:
            shutil.copy(lab, home / "lab")
            start = time.perf_counter()
            done = subprocess.run(
                [python, "-c", RUN, lab.name],
                cwd=home / "lab",
                env=clean | {"CHECKED_WHEEL": str(wheel)},
                capture_output=True,
                text=True,
            )
            seconds = time.perf_counter() - start
            print(
                f"{'failed' if done.returncode else 'ran'} {seconds:6.1f} s  {lab.name}", flush=True
            )
            if done.returncode:
                return done.stderr
    return None


if __name__ == "__main__":
    sys.exit(main())
