"""Seeded experiments: data for figures and claims."""

import datetime
import json
from pathlib import Path

import keras
import numpy as np
import torch
from scipy.optimize import nnls
from scipy.special import softmax
from sklearn.datasets import load_digits

from snippets.predict.keras_ import (
    keras_call,
    keras_call_with,
    keras_fitted,
    keras_mlp,
    keras_on_tensorflow,
    keras_passes,
    keras_predict,
    keras_predict_by_hand,
    keras_predict_on_batch,
    keras_to_numpy,
)
from snippets.predict.scratch import (
    activation_bytes,
    batch_slices,
    call_cost_model,
    predict_as_posted,
    predict_in_batches,
)
from snippets.predict.torch_ import (
    describe_output,
    input_gradient,
    saved_for_backward_bytes,
    torch_call,
    torch_call_inference,
    torch_call_no_grad,
    torch_eval_mode,
    torch_mlp,
)

MIB = 2**20


def demo():
    """One net and five rows, asked in three ways."""
    model = keras_mlp([8, 16, 3], seed=0)
    x = np.random.default_rng(0).normal(size=(5, 8))
    asked = {
        "model": keras_call(model, x),
        "predict": keras_predict(model, x),
        "predict_on_batch": keras_predict_on_batch(
            model, x
        ),
    }
    found = {}
    for way, y in asked.items():
        facts = describe_output(y)
        graph = "graph" if facts.requires_grad else "-"
        name = facts.type_name.rpartition(".")[2]
        value = y[0, 0].item()
        print(f"{way:17}{name:8}{graph:6}{value:.4f}")
        found[way] = value
    return found


def random_rows(n, width):
    """Normal numbers (n, width) in single precision."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, width)).astype("float32")


def zeros(y):
    """How many of an output's numbers are 0."""
    return int(np.sum(keras_to_numpy(y) == 0))


def passes():
    """Rows of each forward pass that 100 rows cost."""
    x = random_rows(100, 8)

    def posted(model):
        def ask(rows):
            return keras_to_numpy(model(rows))

        predict_as_posted(ask, x, 32)

    def one_by_one(model):
        for row in x:
            keras_predict(model, row[None])

    ways = {
        "call": lambda model: keras_call(model, x),
        "predict": lambda model: keras_predict(model, x),
        "predict_on_batch": lambda model: (
            keras_predict_on_batch(model, x)
        ),
        "by_hand": lambda model: keras_predict_by_hand(
            model, x
        ),
        "one_by_one": one_by_one,
        "posted": posted,
    }
    found = {"n": len(x), "batch_size": 32, "classes": 10}
    for way, ask in ways.items():
        rows = np.array(keras_passes(ask))
        found |= {
            f"{way}_rows": rows,
            f"{way}_calls": len(rows),
            f"{way}_total": int(rows.sum()),
        }
    return found


def posted():
    """Ten rows in batches of 4: the sketch, and mended.

    Which rows each pass of the model sees, (passes, 10).
    """
    n, batch_size = 10, 4
    model, x = keras_mlp([8, 16, 10], 0), random_rows(n, 8)
    found = {"n": n, "batch_size": batch_size}
    whole = keras_to_numpy(keras_call(model, x))
    for name, predict in (
        ("posted", predict_as_posted),
        ("mended", predict_in_batches),
    ):
        seen = []

        def ask(rows, seen=seen):
            known = (x[:, None] == rows).all(axis=2)
            seen.append(known.any(axis=1))
            return keras_to_numpy(keras_call(model, rows))

        y = predict(ask, x, batch_size)
        found |= {
            f"{name}_seen": np.array(seen),
            f"{name}_computed": int(np.sum(seen)),
            f"{name}_shape": np.array(y.shape),
            f"{name}_rows": len(y),
            f"{name}_calls": len(seen),
        }
        if len(y) % n == 0:
            copies = y.reshape(-1, n, 10)
            gap = float(np.abs(copies - whole).max())
            found[f"{name}_gap"] = gap
    many = len(batch_slices(100_000, 32))
    return found | {"many": 100_000, "many_times": many}


def flow():
    """What predict does with 100 rows: batches, result."""
    x = random_rows(100, 8)
    kept = []
    rows = keras_passes(
        lambda model: kept.append(keras_predict(model, x))
    )
    return {
        "n": len(x),
        "batch_rows": np.array(rows),
        "shape": np.array(kept[0].shape),
        "result_bytes": kept[0].nbytes,
    }


def digits():
    """1000 digits to learn from, 797 to ask about."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    return {
        "x": X[:1000],
        "labels": y[:1000],
        "x_test": X[1000:],
        "labels_test": y[1000:],
    }


def trained(digits):
    """Weights of a net with dropout, fitted to digits."""
    net = keras_mlp([64, 64, 10], seed=0, drop_rate=0.5)
    x, labels = digits["x"], digits["labels"]
    keras_fitted(net, x, labels, epochs=10)
    weights = net.get_weights()
    return {str(i): w for i, w in enumerate(weights)}


def net_of(weights):
    """The net again, from the weights of `trained`."""
    net = keras_mlp([64, 64, 10], seed=0, drop_rate=0.5)
    net.set_weights([weights[key] for key in weights])
    return net


def one_digit(digits, trained):
    """The test digit that is right with chance near 0.7.

    Asked 20 times with training=True, and as it should be.
    """
    net, x = net_of(trained), digits["x_test"]
    labels = digits["labels_test"]
    p = softmax(keras_predict(net, x), axis=1)  # (797, 10)
    true = p[np.arange(len(p)), labels]
    index = int(np.argmin(np.abs(true - 0.7)))
    row, label = x[index][None], int(labels[index])
    draws = np.array(
        [
            softmax(
                keras_to_numpy(
                    keras_call_with(net, row, training=True)
                ),
                axis=1,
            )[0]
            for _ in range(20)
        ]
    )  # (20, 10)
    again = [
        softmax(keras_predict(net, row), axis=1)[0, label]
        for _ in range(20)
    ]
    right = p.argmax(axis=1) == labels
    return {
        "index": index,
        "row": row[0],
        "label": label,
        "single": float(true[index]),
        "again": np.array(again),
        "draws": draws[:, label],
        "least": float(draws[:, label].min()),
        "most": float(draws[:, label].max()),
        "flipped": int(np.sum(draws.argmax(1) != label)),
        "right_percent": float(100 * np.mean(right)),
    }


def gradient(digits, trained, one_digit):
    """Slopes of digits' scores, and a step down them.

    Every pixel moves by a tenth of the ink, against its
    slope; and by as much in random directions.
    """
    net, size = net_of(trained), 0.1
    x, labels = digits["x_test"], digits["labels_test"]
    slopes = np.zeros_like(x)  # (797, 64)
    for label in range(10):
        mine = labels == label
        slopes[mine] = input_gradient(net, x[mine], label)
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], size=x.shape)

    def chances(direction):
        moved = np.clip(x + size * direction, 0, 1)
        rows = moved.astype("float32")
        return softmax(keras_predict(net, rows), axis=1)

    i, label = one_digit["index"], one_digit["label"]
    found = {
        "pixels": x[i],
        "slopes": slopes[i],
        "label": label,
        "size": size,
        "digits": len(x),
    }
    for name, direction in (
        ("before", 0 * slopes),
        ("after", -np.sign(slopes)),
        ("random", signs),
    ):
        p = chances(direction)
        right = p.argmax(axis=1) == labels
        found |= {
            f"chance_{name}": float(p[i, label]),
            f"taken_{name}": int(p[i].argmax()),
            f"right_{name}": float(100 * np.mean(right)),
        }
    return found


def rounding():
    """predict against model(x), and NumPy against itself.

    500 rows through a net 512-1024-512-10.
    """
    x = random_rows(500, 512)
    model = keras_mlp([512, 1024, 512, 10], seed=0)
    called = keras_to_numpy(keras_call(model, x))
    sizes = np.array([1, 7, 32, 333, 500])
    answers = np.array(
        [keras_predict(model, x, int(b)) for b in sizes]
    )  # (5, 500, 10)
    gaps = np.abs(answers - called)
    large = keras_to_numpy(keras_call(model, 1e4 * x))
    by_1 = keras_predict(model, 1e4 * x, 1)
    moved = answers.argmax(axis=2) != called.argmax(axis=1)
    w1, _, w2, _, w3, _ = map(
        keras_to_numpy, model.trainable_variables
    )

    def by_hand(dtype):
        v = [w.astype(dtype) for w in (w1, w2, w3)]

        def net(rows):
            h = np.maximum(rows @ v[0], 0)
            return np.maximum(h @ v[1], 0) @ v[2]

        rows = x[:100].astype(dtype)
        each = predict_in_batches(net, rows, 1)
        return float(np.abs(each - net(rows)).max())

    return {
        "sizes": sizes,
        "gaps_of_1": gaps[0],
        "called": called,
        "by_1": answers[0],
        "large_called": large,
        "large_by_1": by_1,
        "large_gap": float(np.abs(by_1 - large).max()),
        "largest": gaps.max(axis=(1, 2)),
        "differing": np.sum(gaps > 0, axis=(1, 2)),
        "outputs": called.size,
        "classes_moved": int(np.sum(moved)),
        "largest_output": float(np.abs(called).max()),
        "numpy_single": by_hand("float32"),
        "numpy_double": by_hand("float64"),
    } | {
        f"largest_{b}": float(gap.max())
        for b, gap in zip(sizes, gaps)
    }


def switches():
    """PyTorch's mode and recording, in all six pairs.

    Whether two calls differ, whether the output requires a
    gradient, and the bytes saved for backward: (2, 3).
    """
    net = torch_mlp([64, 512, 10], seed=0, drop_rate=0.5)
    x = torch.tensor(random_rows(1000, 64))
    calls = {
        "plain": torch_call,
        "no_grad": torch_call_no_grad,
        "inference_mode": torch_call_inference,
    }
    names = "random", "requires_grad", "saved"
    found = {name: np.zeros((2, 3), int) for name in names}
    found["saved"] = found["saved"].astype("int64")
    for i, mode in enumerate(("train", "eval")):
        net.train(mode == "train")
        for j, (name, call) in enumerate(calls.items()):
            with torch.random.fork_rng():
                torch.manual_seed(0)
                one, two = call(net, x), call(net, x)
                saved = saved_for_backward_bytes(
                    lambda call=call: call(net, x)
                )
            values = (
                int(not torch.equal(one, two)),
                int(describe_output(one).requires_grad),
                saved,
            )
            for key, value in zip(names, values):
                found[key][i, j] = value
                found[f"{mode}_{name}_{key}"] = value
    return found


def saved():
    """Bytes saved for backward: 1000 rows, 64-512-10."""
    model = keras_mlp([64, 512, 10], seed=0)
    x = random_rows(1000, 64)
    ways = {
        "call": lambda: keras_call(model, x),
        "call_inferring": lambda: keras_call_with(
            model, x, training=False
        ),
        "predict": lambda: keras_predict(model, x),
        "predict_on_batch": lambda: keras_predict_on_batch(
            model, x
        ),
        "no_grad": lambda: torch_call_no_grad(model, x),
        "chunks": lambda: [
            keras_call(model, x[rows])
            for rows in batch_slices(len(x), 32)
        ],
    }
    inputs = activation_bytes([64, 512], len(x))
    second_kernel = activation_bytes([512], 10)
    return {
        name: saved_for_backward_bytes(way)
        for name, way in ways.items()
    } | {"layer_inputs": inputs, "kernel": second_kernel}


def measured():
    """Times and memory on record, with their machine."""
    return json.loads(
        Path("snippets/predict/measured.json").read_text()
    )


def speed(measured):
    """Time of one row, over that of model(x), on record.

    And of 1000 rows, over that of one call.
    """
    found = {"label": label_of(measured)}
    for backend in ("torch", "tensorflow"):
        part = measured[backend]
        for key in ("one_row", "few_rows"):
            times = part[f"{key}_seconds"]
            found |= {
                f"{backend}_{key}_{way}": t / times["call"]
                for way, t in times.items()
            }
        found[f"{backend}_few_rows"] = part["few_rows"]
    return found


def label_of(record):
    """Where and when a record was measured, in a line."""
    about, part = record["about"], record["torch"]
    date = datetime.date.fromisoformat(about["date"])
    return (
        f"{about['machine']}, {about['threads']} thread, "
        f"Keras {part['versions']['keras']}, "
        f"{date.day} {date:%B %Y}"
    )


def batch_sizes(measured):
    """Time of predict by batch size, over its least.

    And the cost model, fitted to all times of predict on
    record: its three costs, in those of a row.
    """
    found = {}
    for backend in ("torch", "tensorflow"):
        part = measured[backend]
        by_size = part["rows_seconds_by_batch_size"]
        n, few = part["rows"], part["few_rows"]
        sizes = np.array([int(size) for size in by_size])
        times = np.array(list(by_size.values()))
        one_row = part["one_row_seconds"]["predict"]
        some = part["few_rows_seconds"]
        runs = [(n, int(size)) for size in sizes]
        runs += [(1, 1), (few, 32), (few, few)]
        taken = [*times, one_row]
        taken += [some["predict"], some["predict_all"]]
        costs = fitted_costs(runs, taken)
        curve = [
            call_cost_model(n, int(size), *costs)
            for size in sizes
        ]
        per_call, per_batch, per_row = costs
        default = times[sizes == 32][0]
        found |= {
            "rows": n,
            f"{backend}_sizes": sizes,
            f"{backend}_ratios": times / times.min(),
            f"{backend}_model": np.array(curve)
            / times.min(),
            f"{backend}_default": float(
                default / times.min()
            ),
            f"{backend}_call": float(
                part["rows_seconds"]["call"] / times.min()
            ),
            f"{backend}_call_in_rows": per_call / per_row,
            f"{backend}_batch_in_rows": per_batch / per_row,
            f"{backend}_loop": float(
                n * sum(costs) / times.min()
            ),
        }
    return found


def fitted_costs(runs, taken):
    """Costs of a call, a batch and a row, none negative.

    From pairs (rows, batch size) and the time each took;
    the relative errors have the least squares.
    """
    counts = [
        (1, len(batch_slices(n, size)), n)
        for n, size in runs
    ]
    relative = np.array(counts) / np.array(taken)[:, None]
    costs, _ = nnls(relative, np.ones(len(runs)))
    return [float(cost) for cost in costs]


def memory(measured):
    """Bytes of activations, and what a process added.

    Computed for one call and for batches; on record, in
    MiB, by how the rows were asked and how many they were.
    """
    part = measured["torch"]["memory"]
    widths, chunk = part["widths"], part["chunk"]
    rows = np.array([12_500, 25_000, 50_000, 100_000])
    rows = np.append(rows, part["rows"])
    last = widths[-1:]
    outputs = [activation_bytes(last, n) for n in rows]
    whole = [activation_bytes(widths, n) for n in rows]
    batch = activation_bytes(widths, chunk)
    three = [widths[0], *3 * [max(widths)]]
    found = {
        "rows": rows,
        "chunk": chunk,
        "whole_mib": np.array(whole) / MIB,
        "batches_mib": (batch + np.array(outputs)) / MIB,
        "whole_bytes": whole[-1],
        "batch_bytes": batch,
        "output_bytes": outputs[-1],
        "three_mib": activation_bytes(three, rows[-1]) / MIB,
    }
    peak = part["extra_bytes"]["call"][str(rows[-1])]
    found["call_over_line"] = peak / whole[-1]
    for backend in ("torch", "tensorflow"):
        extra = measured[backend]["memory"]["extra_bytes"]
        for way, by_rows in extra.items():
            sizes = np.array([int(n) for n in by_rows])
            mib = np.array([*by_rows.values()]) / MIB
            found |= {
                f"{backend}_{way}_rows": sizes,
                f"{backend}_{way}_mib": mib,
                f"{backend}_{way}": float(mib[-1]),
            }
    return found


def retention(measured):
    """Batches still in memory after 20 calls of 100 rows.

    On record, with Python's cycle collector off, and after
    it has run.
    """
    return measured["torch"]["alive"]


def backends():
    """The same questions to both backends.

    PyTorch answers now, TensorFlow from its record.
    """
    model = keras_mlp([4, 3], seed=0)
    x = random_rows(5, 4)
    recorded = keras_on_tensorflow()

    def outcome(ask):
        try:
            return type(ask()).__name__
        except Exception as error:
            return type(error).__name__

    now = {
        "call_returns": lambda: keras_call(model, x),
        "predict_returns": lambda: keras_predict(model, x),
        "predict_on_batch_returns": lambda: (
            keras_predict_on_batch(model, x)
        ),
        "call_numpy": lambda: keras_call(model, x).numpy(),
        "call_asarray": lambda: np.asarray(
            keras_call(model, x)
        ),
        "call_convert_to_numpy": lambda: keras_to_numpy(
            keras_call(model, x)
        ),
    }
    found = {}
    for name, ask in now.items():
        found[f"torch_{name}"] = outcome(ask)
        found[f"tensorflow_{name}"] = recorded[name]
    sizes = range(1, 9)
    first = recorded["predict_runs"]["first"]
    again = recorded["predict_runs"]["again"]
    batches = recorded["predict_batches_runs"]
    runs = keras_passes(
        lambda model: [
            keras_predict(model, random_rows(n, 8))
            for n in sizes
        ]
    )
    return found | {
        "sizes": len(sizes),
        "torch_predict_runs": len(runs),
        "tensorflow_predict_runs": sum(first),
        "tensorflow_predict_runs_again": sum(again),
        "tensorflow_call_runs": sum(recorded["call_runs"]),
        "tensorflow_even_runs": batches["8"],
        "tensorflow_ragged_runs": batches["10"],
        "tensorflow_warns_at": int(
            recorded["rebuilt_models_warning"].split(":")[0]
        ),
    }


def exercises():
    """The answers to the exercises."""
    x = random_rows(100, 8)
    batches = batch_slices(1000, 32)
    net = torch_mlp([100, 100, 3], seed=0, drop_rate=0.5)

    def ask(rows):
        return rows

    with torch.random.fork_rng():
        torch.manual_seed(0)
        rows = torch.ones(5, 100)
        one, two = (
            torch_call_no_grad(net, rows) for _ in range(2)
        )
        with torch_eval_mode(net):
            kept = torch_call(net, rows)
    cut = keras_passes(
        lambda model: model.predict(
            x, batch_size=10, steps=3, verbose=0
        )
    )
    return {
        "batches": len(batches),
        "last_batch": batches[-1].stop - batches[-1].start,
        "layer_bytes": activation_bytes([512], 200_000),
        "posted_rows": len(predict_as_posted(ask, x, 32)),
        "no_grad_drops": int(not torch.equal(one, two)),
        "eval_records": int(kept.requires_grad),
        "steps_rows": sum(cut),
        "cost": call_cost_model(33, 32, 5, 2, 0.5),
        "costs_of_two": call_cost_model(33, 33, 5, 2, 0.5),
    }


def versions(measured):
    """The libraries of this build, and of the record."""
    recorded = measured["tensorflow"]["versions"]
    return {
        "keras": keras.__version__,
        "torch": torch.__version__.split("+")[0],
        "numpy": np.__version__,
        "tensorflow": recorded["tensorflow"],
        "machine": measured["about"]["machine"],
        "date": measured["about"]["date"],
    }
