"""What readers drag. docs/en/interactive/predict.js says each of these functions again."""

from typing import Annotated

import numpy as np

from snippets.drawing import follow, say, unit
from snippets.predict.scratch import (
    activation_bytes,
    call_cost_model,
)
from snippets.slider import Slider

DASHED = (0, (4, 2.5))


def what_fits(
    outputs: Annotated[
        float, Slider("outputs of a row", 10, 1000, 10)
    ] = 10,
    batch: Annotated[
        float, Slider("batch size, thousands", 1, 1000, 1)
    ] = 1,
):
    """Rows that fit into 8 GiB: in a call, and in predict.

    A call holds all layers of all rows, predict those of
    one batch and the answers. Widths 64, 512, 512, outputs.

    >>> round(what_fits()["million_rows_in_a_call"], 3)
    1.956
    """
    full, size = 8 * 2**30, round(1000 * batch)
    answer = activation_bytes([round(outputs)], 1)
    row = answer + activation_bytes([64, 512, 512], 1)
    call = full / row
    if full < size * (row + answer):  # within one batch
        predict = full / (row + answer)
    else:
        predict = (full - size * row) / answer
    turn = min(max(size, 2**14), predict)
    n = turn * (predict / turn) ** np.linspace(0, 1, 12)
    n = np.array([2**14, *n])
    held = np.minimum(n, size) * row + n * answer
    return {
        "million_rows_in_a_call": call / 1e6,
        "million_rows_in_predict": predict / 1e6,
        "call_rows": [2**14, call],
        "call_holds": [2**14 * row, full],
        "predict_rows": n.tolist(),
        "predict_holds": held.tolist(),
        "call_end": [call],
        "predict_end": [predict],
        "full": [full],
        "left": [2**14],
        "first": [2.0**39],
        "second": [2.0**37],
    }


def drag_what_fits(fig, what_fits):
    """Memory against rows, up to the limit, for a call and for predict."""
    ax, (full,) = fig.subplots(), what_fits["full"]
    ax.set(xscale="log", yscale="log", xlim=(2**14, 2**31), ylim=(2**19, 2**40), xlabel="rows")
    ax.minorticks_off()
    ax.set_xticks([1e5, 1e7, 1e9], ["100,000", "10 million", "1 billion"])
    ax.set_yticks([2**20, 2**25, 2**30], ["1 MiB", "32 MiB", "1 GiB"])
    ax.axhline(full, color="edge", linewidth=1)
    ax.text(2**31, full / 3.4, "8 GiB", ha="right", color="muted", size=14)
    looks = {
        "call": ("s3", "t3", "s", "-", "model(x)", "a_call", "first", (-12, "right")),
        "predict": ("s2", "t2", "o", DASHED, "predict", "predict", "second", (12, "left")),
    }
    for way, (ink, text, marker, dashes, name, key, row, (aside, side)) in looks.items():
        follow(ax, what_fits, f"{way}_rows", f"{way}_holds", color=ink, linestyle=dashes)
        follow(ax, what_fits, f"{way}_end", "full", marker, color=ink, markersize=9)
        say(ax, what_fits, f"{way}_end", "full", name, (aside, 7), ha=side, color=text)
        words = f"{name} fits {{million_rows_in_{key}:.2f}} million rows"
        say(ax, what_fits, "left", row, words, (6, 0), va="center", color=text)
    unit(ax, "memory held", 48)


def time_by_rows(
    batch_power: Annotated[
        float,
        Slider("batch size: 2 to the power", 0, 13, 1),
    ] = 5,
    per_row: Annotated[
        float, Slider("cost of a row", 1, 100, 1, " μs")
    ] = 1,
):
    """Times of two ways over that of a call, by rows.

    A predict costs 1 ms, a batch 0.4; a call is one batch.
    Rows are 1, 2, 4, … 65,536.

    >>> found = time_by_rows(batch_power=5)
    >>> round(found["predict_of_one_row_over_call"], 3)
    3.494
    """
    size, rows = 2 ** round(batch_power), 2 ** np.arange(17)
    costs = 0.001, 0.0004, per_row / 1e6
    single = call_cost_model(1, 1, *costs)
    predict, loop = [], []
    for n in rows:
        call = call_cost_model(n, n, 0, *costs[1:])
        one = call_cost_model(n, size, *costs)
        predict.append(one / call)
        loop.append(float(n * single / call))
    return {
        "batch_size": size,
        "predict_of_one_row_over_call": predict[0],
        "predict_of_all_rows_over_call": predict[-1],
        "rows": rows.tolist(),
        "predict_ratios": predict,
        "loop_ratios": loop,
        "start": [1],
        "end": [65_536],
        "loop_last": [loop[-1]],
    }


def drag_time_by_rows(fig, time_by_rows):
    """Time over that of model(x), by rows: one predict, and a loop of predicts."""
    ax = fig.subplots()
    ax.set(xscale="log", yscale="log", xlim=(0.25, 90_000), ylim=(0.3, 6000), xlabel="rows")
    ax.minorticks_off()
    ax.set_xticks([1, 32, 1024, 32_768], ["1", "32", "1024", "32,768"])
    ax.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.plot([1, 65_536], [1, 1], color="ink", linewidth=1)
    ax.text(65_536, 0.58, "model(x)", ha="right", va="center")
    follow(ax, time_by_rows, "rows", "loop_ratios", color="s3", linestyle=DASHED)
    follow(ax, time_by_rows, "rows", "predict_ratios", color="s2")
    first, last = "predict_of_one_row_over_call", "predict_of_all_rows_over_call"
    follow(ax, time_by_rows, "start", first, "o", color="s2")
    follow(ax, time_by_rows, "end", last, "o", color="s2")
    beside = {"va": "center", "ha": "right", "color": "t2"}
    say(ax, time_by_rows, "start", first, f"{{{first}:.1f}}", (-8, 0), **beside)
    words = f"one predict: {{{last}:.1f}}"
    say(ax, time_by_rows, "end", last, words, (5, 8), ha="right", color="t2")
    words = "a predict for each row"
    say(ax, time_by_rows, "end", "loop_last", words, (5, 6), ha="right", color="t3")
    unit(ax, "time ÷ that of model(x)", 30)
