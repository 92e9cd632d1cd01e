"""Measures snippets/predict/measured.json: times and peak memory of predict and of a plain call.

    python benchmarks/measure_predict.py            compares with the record, writes nothing
    python benchmarks/measure_predict.py --accept   writes it

Keras on PyTorch, and on TensorFlow where `make tf-facts` has made its environment; without that
the record's TensorFlow part stays. Times are CPU seconds, which other programs disturb less:
medians of rounds in which the ways take turns, on one thread. Memory is what a fresh process adds
to its resident set at the peak (Linux), the allocator set to give back what is freed.
"""

import datetime
import gc
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "snippets" / "predict" / "measured.json"
NAME = RECORD.relative_to(ROOT).as_posix()
PYTHONS = {
    "torch": Path(sys.executable),
    "tensorflow": ROOT / ".venv-tf" / "bin" / "python",
}
PACKAGES = {
    "torch": ("keras", "numpy", "torch"),
    "tensorflow": ("keras", "numpy", "tensorflow"),
}

WIDTHS = (64, 128, 10)  # of the net that is timed
ROWS = 32_768
BATCH_SIZES = tuple(8 * 4**power for power in range(7))  # the last takes all rows at once
FEW, ONE_ROW_ROUNDS, ROUNDS = 1000, 41, 7
WIDE = (64, 512, 512, 10)  # of the net whose memory is measured
CHUNK, MOST = 1024, 200_000
MEMORY = {
    "torch": (
        "predict", "predict_dynamic_malloc", "predict_32", "predict_32_dynamic_malloc",
        "predict_all", "call", "call_no_grad", "loop_to_numpy", "loop_to_numpy_no_grad",
        "loop_keeping_tensors",
    ),
    "tensorflow": (
        "predict", "predict_dynamic_malloc", "predict_32", "predict_all", "call", "loop_to_numpy",
        "loop_keeping_tensors",
    ),
}  # fmt: skip
MEMORY_ROUNDS = 3
DYNAMIC = "_dynamic_malloc"  # glibc as it comes: a heap that small results can pin
FIXED = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "16384"}
FRACTIONS = (16, 8, 4, 2)  # of the rows, for the ways that a figure follows
FOLLOWED = ("predict", "call")


def main():
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    about = {"machine": machine(), "threads": 1, "date": datetime.date.today().isoformat()}
    found = {"about": about}
    for backend, python in PYTHONS.items():
        if python.exists():
            found[backend] = measured(backend, python)
        elif backend in recorded:
            found[backend] = recorded[backend]
            print(f"{backend}: no {python.relative_to(ROOT)}; the record's part stays")
    progress("")
    if "--accept" in sys.argv:
        RECORD.write_text(as_text(found), encoding="utf-8")
        print(f"{NAME} is written")
        return
    for line in compared(recorded, found):
        print(line)
    print(f"To write {NAME}: --accept")


def measured(backend, python):
    """All numbers of one backend, each kind from processes of its own."""
    found = child(python, backend, "times")
    found["memory"] = {"widths": WIDE, "chunk": CHUNK, "rows": MOST, "extra_bytes": {}}
    extra = found["memory"]["extra_bytes"]
    for way in MEMORY[backend]:
        sizes = [MOST // part for part in FRACTIONS] if way in FOLLOWED else []
        for rows in [*sizes, MOST]:
            rounds = range(MEMORY_ROUNDS if rows == MOST else 1)
            peaks = [child(python, backend, "memory", way, rows) for _ in rounds]
            extra.setdefault(way, {})[str(rows)] = int(statistics.median(peaks))
    if backend == "torch":
        found["alive"] = child(python, backend, "alive")
    return found


def child(python, backend, *task):
    progress(f"{backend}: {' '.join(map(str, task))}")
    environment = os.environ | {
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": backend,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
    }
    if task[0] == "memory" and not task[1].endswith(DYNAMIC):
        environment |= FIXED
    command = [python, __file__, "--child", *map(str, task)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{backend} {task}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def machine():
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", info.read_text()) if info.exists() else []
    name = names[0].strip() if names else platform.machine()
    return f"{os.cpu_count()} × {name}, {platform.system()}"


def as_text(record):
    """JSON with a line for each part."""
    parts = (f"  {json.dumps(name)}: {lines(part)}" for name, part in record.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def lines(part):
    items = (f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in part.items())
    return "{\n" + ",\n".join(items) + "\n  }"


def compared(old, new):
    """Three lines for each part that is not as recorded."""
    for part, values in new.items():
        for key, value in values.items():
            before, now = json.dumps(old.get(part, {}).get(key)), json.dumps(value)
            if before != now:
                yield f"{part}.{key}"
                yield f"    recorded  {before}"
                yield f"    measured  {now}"


# In a process of its own, which sees one backend


def run_child(task, *rest):
    warnings.filterwarnings("ignore")  # keras and numpy about __array__
    print(json.dumps({"times": times, "memory": extra_bytes, "alive": alive}[task](*rest)))


def net(widths):
    import keras

    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(1)
    else:
        import tensorflow

        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    first, *hidden, last = widths
    layers = [keras.layers.Dense(width, activation="relu") for width in hidden]
    return keras.Sequential([keras.Input((first,)), *layers, keras.layers.Dense(last)])


def numbers(rows, width):
    import numpy as np

    return np.random.default_rng(0).normal(size=(rows, width)).astype("float32")


def times():
    import keras

    model, x = net(WIDTHS), numbers(ROWS, WIDTHS[0])
    to_numpy = keras.ops.convert_to_numpy
    row, few = x[:1], x[:FEW]
    one_row = {
        "call": lambda: model(row),
        "call_to_numpy": lambda: to_numpy(model(row)),
        "predict_on_batch": lambda: model.predict_on_batch(row),
        "predict": lambda: model.predict(row, verbose=0),
    }
    few_rows = {
        "call": lambda: to_numpy(model(few)),
        "predict": lambda: model.predict(few, verbose=0),
        "predict_all": lambda: model.predict(few, batch_size=FEW, verbose=0),
    }
    sizes = {
        str(size): lambda size=size: model.predict(x, batch_size=size, verbose=0)
        for size in BATCH_SIZES
    }
    if keras.backend.backend() == "torch":
        one_row |= in_torch(model, row)
    else:
        one_row |= in_tensorflow(model, row)
    python = ".".join(platform.python_version_tuple()[:2])
    names = PACKAGES[keras.backend.backend()]
    return {
        "versions": {name: installed(name) for name in names} | {"python": python},
        "widths": WIDTHS,
        "one_row_seconds": medians(one_row, ONE_ROW_ROUNDS, 5),
        "few_rows": FEW,
        "few_rows_seconds": medians(few_rows, ROUNDS),
        "rows": ROWS,
        "rows_seconds_by_batch_size": medians(sizes, ROUNDS),
        "rows_seconds": medians({"call": lambda: to_numpy(model(x))}, ROUNDS),
    }


def in_torch(model, row):
    import torch
    from torch import nn

    first, *hidden, last = WIDTHS
    layers = []
    for width in hidden:
        layers += [nn.Linear(first, width), nn.ReLU()]
        first = width
    plain = nn.Sequential(*layers, nn.Linear(first, last)).eval()
    rows = torch.from_numpy(row)

    def inferred():
        with torch.inference_mode():
            return plain(rows).numpy()

    return {"torch_inference_mode": inferred}


def in_tensorflow(model, row):
    import tensorflow

    compiled, rows = tensorflow.function(model), tensorflow.constant(row)
    return {"tf_function": lambda: compiled(rows).numpy()}


def medians(ways, rounds, calls=1):
    """Median CPU seconds of a call, each way in turn; what builds and traces does not count."""
    for way in ways.values():
        way()
    seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            if calls > 1:
                way()  # the way before has left the caches cold
            start = time.process_time()
            for _ in range(calls):
                way()
            seconds[name].append((time.process_time() - start) / calls)
    return {name: float(f"{statistics.median(found):.3g}") for name, found in seconds.items()}


def installed(name):
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return version(f"{name}-cpu")


def extra_bytes(way, rows):
    """How far the resident set of this process rises above its size before."""
    import keras

    rows = int(rows)
    model, x = net(WIDE), numbers(rows, WIDE[0])
    to_numpy = keras.ops.convert_to_numpy
    chunks = [slice(start, start + CHUNK) for start in range(0, rows, CHUNK)]

    def unrecorded(function):
        import torch

        with torch.no_grad():
            return function()

    def to_arrays():
        return [to_numpy(model(x[chunk])) for chunk in chunks]

    ways = {
        "predict": lambda: model.predict(x, batch_size=CHUNK, verbose=0),
        "predict_32": lambda: model.predict(x, verbose=0),
        "predict_all": lambda: model.predict(x, batch_size=rows, verbose=0),
        "call": lambda: model(x),
        "call_no_grad": lambda: unrecorded(lambda: model(x)),
        "loop_to_numpy": to_arrays,
        "loop_to_numpy_no_grad": lambda: unrecorded(to_arrays),
        "loop_keeping_tensors": lambda: [model(x[chunk]) for chunk in chunks],
    }
    model.predict(x[:CHUNK], batch_size=CHUNK, verbose=0)
    to_numpy(model(x[:CHUNK]))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    kept = ways[way.removesuffix(DYNAMIC)]()
    del kept
    return resident("VmHWM") - before


def resident(field):
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{field}:\s*(\d+) kB", status)[1])


def alive():
    """Batches still in memory after 20 calls on 100 rows, collector off; and once it has run."""
    import torch

    model, x = net(WIDTHS), numbers(100, WIDTHS[0])

    def batches():
        shapes = [tuple(one.shape) for one in gc.get_objects() if type(one) is torch.Tensor]
        return sum(shape[1:] == WIDTHS[:1] for shape in shapes)

    ways = {
        "call": lambda: model(x),
        "predict_on_batch": lambda: model.predict_on_batch(x),
        "predict": lambda: model.predict(x, verbose=0),
    }
    found = {}
    for name, way in ways.items():
        way()
        gc.collect()
        gc.disable()
        before = batches()
        for _ in range(20):
            way()
        found[name] = batches() - before
        gc.enable()
        gc.collect()
        found[f"{name}_collected"] = batches() - before
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_child(*sys.argv[2:])
    else:
        main()
