"""Measures what Keras does on TensorFlow, and compares the record. Run by `make tf-facts`."""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
from facts import FACTS, measured

RECORD = Path(__file__).parents[1] / "snippets" / "tf_facts.json"
NAME = f"snippets/{RECORD.name}"


def main():
    if keras.backend.backend() != "tensorflow":
        sys.exit("This measures Keras on TensorFlow: make tf-facts")
    found = {"versions": versions(), "facts": all_facts()}
    about = f"{len(FACTS)} facts, " + ", ".join(map(" ".join, found["versions"].items()))
    if "--accept" in sys.argv:
        RECORD.write_text(as_text(found), encoding="utf-8")
        print(f"{NAME} is written: {about}")
        return
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    if told := differences(recorded, found):
        told.append(f"{NAME} says otherwise. If what is measured is right: make tf-facts ACCEPT=1")
        sys.exit("\n".join(told))
    print(f"{NAME} holds: {about}")


def all_facts():
    facts = {}
    for number, name in enumerate(FACTS, 1):
        progress(f"{number} of {len(FACTS)}: {name}")
        facts[name] = measured(name)
    progress("")
    return facts


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def versions():
    python = ".".join(platform.python_version_tuple()[:2])
    names = "keras", "numpy", "tensorflow"
    return {name: installed(name) for name in names} | {"python": python}


def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return version(f"{name}-cpu")


def differences(recorded, found):
    """Three lines for each fact or version that is not as recorded; Python's version may differ."""
    told = []
    for part in ("versions", "facts"):
        old, new = recorded.get(part, {}), found[part]
        for name in sorted((old.keys() | new.keys()) - {"python"}):
            if old.get(name) != new.get(name):
                before, now = (json.dumps(values.get(name)) for values in (old, new))
                told += [name, f"    recorded  {before}", f"    measured  {now}"]
    return told


def as_text(found):
    """JSON with a line for each version and fact."""
    parts = (f"  {json.dumps(name)}: {{\n{lines(part)}\n  }}" for name, part in found.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def lines(part):
    return ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in part.items())


if __name__ == "__main__":
    main()
