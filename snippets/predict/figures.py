"""Drawings of what the experiments found."""

from itertools import pairwise

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from snippets.drawing import is_narrow, panels, unit

DASHED = (0, (4, 2.5))
BACKENDS = {"torch": ("s2", "t2", "o", "PyTorch"), "tensorflow": ("s3", "t3", "s", "TensorFlow")}


def sketch_batches(fig, posted):
    """Ten rows at once, and in the batches that predict would make."""
    ax, batches = fig.subplots(), posted["mended_seen"]  # (3, 10)
    rows = np.arange(batches.shape[1])
    shift = 1.2 * (batches.argmax(axis=0) - 1)  # each batch stands apart
    ax.plot(rows, 0 * rows + 1, "s", color="s2", markersize=8)
    ax.plot(rows + shift, 0 * rows, "s", color="s3", markersize=8)
    ax.set(xlim=(-2, 11), ylim=(-0.9, 1.9))
    ax.axis("off")


def plot_posted(fig, posted):
    """Which rows each pass of the model computes, as posted and as meant."""
    n, height = posted["n"], 2.2
    names = {"posted": ("s3", "t3", "model(x)"), "mended": ("s2", "t2", "model(x_batch)")}
    for ax, (name, (ink, text, code)) in zip(panels(fig, 2), names.items(), strict=True):
        seen = posted[f"{name}_seen"]  # (passes, 10)
        for call, row in np.ndindex(seen.shape):
            face, edge = (ink, ink) if seen[call, row] else ("none", "edge")
            square = Rectangle((row + 0.1, -call - 0.9), 0.8, 0.8, facecolor=face, edgecolor=edge)
            ax.add_patch(square)
        middle = {"ha": "center", "va": "top", "color": "muted"}
        for call in range(len(seen)):
            ax.text(-0.25, -call - 0.5, f"pass {call + 1}", ha="right", va="center", color="muted")
        ax.text(0, 0.35, code, color=text, weight=600)
        ax.text(n, 0.35, f"{np.sum(seen)} rows computed", ha="right", color=text)
        ax.text(n / 2, -len(seen) - 0.2, f"the {n} rows of x", **middle)
        ax.set(xlim=(-2.4, n + 0.1), ylim=(-len(seen) - 1, 1.2), aspect="equal")
        ax.axis("off")
    fig.set_figheight(2 * height if is_narrow(fig) else height)


def plot_flow(fig, flow):
    """The way of rows through predict, beside that of model(x)."""
    ax, narrow = fig.subplots(), is_narrow(fig)
    x, y = f"{flow['n']} rows", "({}, {})".format(*flow["shape"])
    cut = ", ".join(map(str, flow["batch_rows"]))
    passes = f"{len(flow['batch_rows'])} passes"
    ways = {
        "predict(x)": ("s2", "t2", {"x": x, "batches": cut, "no graph": passes, "array": y}),
        "model(x)": ("s3", "t3", {"x": x, "graph kept": "1 pass", "tensor": y}),
    }
    shrink = 25 if narrow else 60
    for lane, (name, (ink, text, steps)) in enumerate(ways.items()):
        along = np.linspace(0, 1, len(steps))
        places = [(lane, 1 - part) if narrow else (part, 1 - lane) for part in along]
        here = {"ha": "center", "va": "center", "textcoords": "offset points"}
        for place, (below, word) in zip(places, steps.items(), strict=True):
            ax.annotate(word, place, (0, 8), **here)
            ax.annotate(below, place, (0, -10), color="muted", size=14, **here)
        arrow = {"arrowstyle": "-|>", "color": ink, "linewidth": 1.5, "mutation_scale": 12,
                 "shrinkA": shrink, "shrinkB": shrink}  # fmt: skip
        for place, after in pairwise(places):
            ax.annotate("", after, place, arrowprops=arrow)
        ax.annotate(name, places[0], (0, 36), color=text, weight=600, **here)
    ax.set(xlim=(-0.5, 1.5) if narrow else (-0.11, 1.11))
    ax.set(ylim=(-0.12, 1.22) if narrow else (-0.35, 1.6))
    ax.axis("off")
    fig.set_figheight(4.3 if narrow else 3)


def plot_one_row(fig, speed):
    """Time of one row by way of asking, over that of model(x), on a log axis."""
    by_hand = {
        "torch": ("torch_inference_mode", "the net in plain PyTorch"),
        "tensorflow": ("tf_function", "tf.function(model)"),
    }
    paper = {"facecolor": "paper", "edgecolor": "none", "pad": 1}
    for ax, (backend, (ink, text, marker, title)) in zip(
        panels(fig, 2), BACKENDS.items(), strict=True
    ):
        ways = [("predict",) * 2, ("predict_on_batch",) * 2, by_hand[backend]]
        ax.axvline(1, color="edge", linewidth=1)
        for place, (way, name) in enumerate(reversed(ways)):
            ratio = speed[f"{backend}_one_row_{way}"]
            ax.hlines(place, 1, ratio, color=ink, linewidth=3)
            ax.plot(ratio, place, marker, color=ink, markersize=9)
            offset, side = (-9, "right") if ratio < 0.95 else (9, "left")
            number = f"{ratio:.{2 if ratio < 0.95 else 1 if ratio < 10 else 0}f}"
            ax.annotate(number, (ratio, place), (offset, 0), textcoords="offset points",
                        ha=side, va="center", color=text)  # fmt: skip
            ax.text(0.006, place + 0.3, name, color="muted", size=14, bbox=paper)
        ax.text(1.12, -0.55, "model(x)", color="muted", size=14)
        ax.text(0.006, 3, f"on {title}", weight=600, color=text, bbox=paper)
        ax.set(xlim=(0.005, 180), ylim=(-0.7, 3.4), yticks=[], xscale="log")
        ax.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        ax.set_xlabel("time of one row ÷ that of model(x)")


def plot_batch_sizes(fig, batch_sizes):
    """Time of predict by batch size on both backends, and the fitted cost model."""
    ax = fig.subplots()
    sides = {
        "torch": (2, {"xytext": (10, 4)}),
        "tensorflow": (2, {"xytext": (-8, -20), "ha": "right"}),
    }
    for backend, (ink, text, marker, title) in BACKENDS.items():
        sizes, ratios = batch_sizes[f"{backend}_sizes"], batch_sizes[f"{backend}_ratios"]
        line = "-" if backend == "torch" else DASHED
        ax.loglog(sizes, batch_sizes[f"{backend}_model"], color=ink, linestyle=line)
        ax.loglog(sizes, ratios, marker, color=ink)
        at, side = sides[backend]
        place = sizes[at], ratios[at]
        ax.annotate(title, place, textcoords="offset points", color=text, **side)
    top = max(batch_sizes[f"{name}_ratios"].max() for name in BACKENDS)
    default = batch_sizes["torch_default"], batch_sizes["tensorflow_default"]
    ax.vlines(32, min(default), 4 * top, color="edge", linewidth=1, linestyle=DASHED)
    ax.text(36, 2.2 * top, "default, 32", color="muted", size=14, va="center")
    ax.text(45_000, 2.2 * top, "dots measured, lines fitted", color="muted", size=14, ha="right",
            va="center")  # fmt: skip
    ax.set(xlim=(6, 45_000), ylim=(0.6, 4 * top), xlabel="batch size")
    ax.set_xticks([10, 100, 1000, 10_000], ["10", "100", "1000", "10,000"])
    ax.set_yticks([1, 10, 100], ["1", "10", "100"])
    unit(ax, "time of predict ÷ its least", 28)


def plot_memory(fig, memory):
    """Extra memory against rows: computed lines, recorded dots."""
    ax, rows, narrow = fig.subplots(), memory["rows"], is_narrow(fig)
    ax.loglog(rows, memory["whole_mib"], color="s3")
    ax.loglog(rows, memory["batches_mib"], color="s2", linestyle=DASHED)
    ax.loglog(memory["torch_call_rows"], memory["torch_call_mib"], "s", color="s3")
    ax.loglog(memory["torch_predict_rows"], memory["torch_predict_mib"], "o", color="s2")
    ax.annotate("model(x)" if narrow else "model(x), all rows at once",
                (memory["torch_call_rows"][1], memory["torch_call_mib"][1]), (-6, 14), ha="right",
                textcoords="offset points", color="t3")  # fmt: skip
    ax.annotate(f"predict, batches of {memory['chunk']}",
                (rows[-1], memory["torch_predict_mib"][-1]), (4, 14), ha="right",
                textcoords="offset points", color="t2")  # fmt: skip
    ax.text(rows[0], 2, "dots measured, lines computed", color="muted", size=14)
    ax.set(xlim=(10_500, 240_000), ylim=(1.5, 3000), xlabel="rows")
    ax.set_xticks([12_500, 50_000, 200_000], ["12,500", "50,000", "200,000"])
    ax.set_yticks([10, 100, 1000], ["10", "100", "1000"])
    ax.minorticks_off()
    unit(ax, "memory on top of model and rows, MiB", 34)


def plot_rounding(fig, rounding):
    """Gaps between predict one by one and model(x), of all outputs."""
    ax, gaps = fig.subplots(), 1e6 * rounding["gaps_of_1"].ravel()
    counts, edges = np.histogram(gaps, np.arange(0, 2.6, 0.1))
    middles = (edges[:-1] + edges[1:]) / 2
    ax.bar(middles, counts, 0.086, color="s2")
    largest, top = gaps.max(), counts.max()
    ax.vlines(largest, 0, 0.18 * top, color="s2", linewidth=1)
    ax.text(largest, 0.21 * top, f"largest: {largest:.1f}", color="t2")
    ax.vlines(10, 0, 0.78 * top, color="s3", linestyle=DASHED)
    ax.text(10.1, 0.82 * top, "the tolerance, 0.00001", color="t3", ha="right")
    ax.set(xlim=(-0.15, 10.3), ylim=(0, 1.12 * top), xticks=[0, 2, 4, 6, 8, 10])
    ax.set_xlabel("distance from model(x), millionths")
    ax.set_yticks([tick for tick in range(0, 5000, 500) if tick <= top])
    unit(ax, "number of outputs", 32)


def plot_training(fig, one_digit):
    """One digit's chance in 20 calls with training=True, and in predict."""
    ax, draws = fig.subplots(), one_digit["draws"]
    calls, single = np.arange(1, len(draws) + 1), one_digit["single"]
    ends = np.stack([0 * draws + single, draws, 0 * draws + np.nan], axis=1)  # nan lifts the pen
    ax.plot(np.repeat(calls, 3), ends.ravel(), color="s3", linewidth=1, alpha=0.6)
    ax.plot(calls, draws, "s", color="s3")
    ax.hlines(single, 0.6, 20.4, color="s2", linewidth=2.25)
    ax.plot(calls, one_digit["again"], "o", color="s2", markersize=5)
    says = f"predict says {single:.2f}"
    if is_narrow(fig):
        limit = 20.7
        ax.text(20.4, 1.06, f"{says}, 20 times", color="t2", ha="right")
        ax.text(20.4, 0.04, "model(x, training=True)", color="t3", ha="right")
    else:
        limit, lowest = 25.2, int(draws.argmin())
        ax.text(20.6, single, f"{says},\n20 times", color="t2", va="center")
        place = calls[lowest], draws[lowest]
        ax.annotate("model(x, training=True)", place, (10, -4),
                    textcoords="offset points", color="t3")  # fmt: skip
    ax.set(xlim=(0.3, limit), ylim=(0, 1.15), xticks=[1, 5, 10, 15, 20], xlabel="call")
    ax.set_yticks([0, 0.5, 1])
    unit(ax, f"probability of the true class, {one_digit['label']}", 24)


def square(left, bottom, side):
    """The outline of a square."""
    return Path([(left, bottom), (left, bottom + side), (left + side, bottom + side),
                 (left + side, bottom), (left, bottom)], closed=True)  # fmt: skip


def plot_gradient(fig, gradient):
    """A digit, the slopes of its score at each pixel, and what a step against them does."""
    ax, narrow = fig.subplots(), is_narrow(fig)
    slopes = gradient["slopes"] / np.abs(gradient["slopes"]).max()
    lefts = (0, 10) if narrow else (0, 11)
    for left, values in zip(lefts, (gradient["pixels"], slopes), strict=True):
        squares = {True: [], False: []}
        for place, value in enumerate(values):
            row, column = divmod(place, 8)
            side = 0.94 * np.sqrt(abs(value))
            corner = left + column + 0.5 - side / 2, -row - 0.5 - side / 2
            if side > 0.05:
                squares[bool(value > 0)].append(square(*corner, side))
        for positive, paths in squares.items():
            ink = "s1" if left == 0 else "s2" if positive else "s3"
            face = ink if positive else "none"  # a negative slope is hollow
            if paths:
                whole = Path.make_compound_path(*paths)  # one mark in the drawing, not sixty
                ax.add_patch(PathPatch(whole, facecolor=face, edgecolor=ink))
    ax.text(0, 0.45, f"a {gradient['label']}", weight=600)
    ax.text(lefts[1], 0.45, "its slopes", weight=600)
    ax.text(lefts[1], -8.8, "filled: more ink helps", color="t2", size=14)
    ax.text(lefts[1], -9.7, "hollow: it hurts", color="t3", size=14)
    words = [
        ("as it is", gradient["chance_before"], gradient["taken_before"], "ink"),
        ("random step", gradient["chance_random"], gradient["taken_random"], "muted"),
        ("step against the slopes", gradient["chance_after"], gradient["taken_after"], "t3"),
    ]
    for line, (name, chance, digit, ink) in enumerate(words):
        text = f"{name}: read as {digit}"
        place = (0, -12.4 - 1.2 * line) if narrow else (22, -1.6 - 2.6 * line)
        ax.text(*place, text, color=ink, weight=600 if not narrow else 400)
        more = f"probability of {gradient['label']}: {chance:.2f}"
        if narrow:
            ax.text(18.2, place[1], f"{chance:.2f}", color=ink, ha="right")
        else:
            ax.text(place[0], place[1] - 1.05, more, color="muted", size=14)
    if narrow:
        more = f"probability of {gradient['label']}"
        ax.text(18.2, -11.2, more, color="muted", size=14, ha="right")
    ax.set(xlim=(-0.2, 18.4 if narrow else 36), aspect="equal")
    ax.set(ylim=(-15.1 if narrow else -10, 1.4))
    ax.axis("off")
    fig.set_figheight(4.3 if narrow else 3.3)
