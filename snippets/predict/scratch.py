"""What predict does around the model, in NumPy."""

import math

import numpy as np


def whole(name, n, least):
    """The integer n, at least `least`, as an int."""
    flag = isinstance(n, bool)
    if flag or not isinstance(n, int | np.integer):
        raise TypeError(f"{name} must be an int, got {n!r}")
    if n < least:
        raise ValueError(
            f"{name} must be >= {least}, got {n}"
        )
    return int(n)


def seconds(name, cost):
    """The cost, finite and at least 0, as a float."""
    real = int, float, np.integer, np.floating
    flag = isinstance(cost, bool)
    if flag or not isinstance(cost, real):
        raise TypeError(
            f"{name} must be a number, got {cost!r}"
        )
    if not 0 <= cost < math.inf:
        raise ValueError(
            f"{name} must be finite and >= 0, got {cost!r}"
        )
    return float(cost)


def with_rows(x):
    """x as an array that has at least one row."""
    x = np.asarray(x)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(
            f"x must have rows, got shape {x.shape}"
        )
    return x


def batch_slices(n, batch_size):
    """Slices that cut n rows into batches, in order.

    The last batch is shorter if n is no multiple.

    >>> [rows.stop for rows in batch_slices(10, 4)]
    [4, 8, 10]
    """
    n = whole("n", n, 0)
    size = whole("batch_size", batch_size, 1)
    return [
        slice(start, min(start + size, n))
        for start in range(0, n, size)
    ]


def predict_in_batches(fn, x, batch_size=32):
    """What fn makes of the rows of x, batch by batch.

    x is (N, ...); fn maps each batch to as many rows. All
    of them come back in one array.

    >>> predict_in_batches(np.sqrt, [1.0, 4.0, 9.0], 2)
    array([1., 2., 3.])
    """
    x, y_batches = with_rows(x), []
    for rows in batch_slices(len(x), batch_size):
        x_batch = x[rows].copy()  # fn may write on it
        n, y_batch = len(x_batch), np.array(fn(x_batch))
        if y_batch.shape[:1] != (n,):
            raise ValueError(
                f"fn must return {n} rows, "
                f"got shape {y_batch.shape}"
            )
        y_batches.append(y_batch)
    return np.concatenate(y_batches)


def predict_as_posted(fn, x, batch_size=32):
    """The post's sketch: the loop asks fn(x) every time.

    With B batches, B * N rows come back for the N of x.

    >>> predict_as_posted(np.sqrt, [1.0, 4.0, 9.0], 2)
    array([1., 2., 3., 1., 2., 3.])
    """
    x, y_batches = with_rows(x), []
    for _ in batch_slices(len(x), batch_size):
        y_batch = fn(x)
        y_batches.append(y_batch)
    return np.concatenate(y_batches)


def same_but_rounding(y, wanted):
    """Fail unless y is wanted, for its size.

    >>> same_but_rounding(np.ones(3), np.ones(3) + 1e-6)
    """
    atol = 1e-5 * np.abs(wanted).max()
    np.testing.assert_allclose(y, wanted, rtol=0, atol=atol)


def activation_bytes(widths, rows, itemsize=4):
    """Bytes of the input and of all dense layers' outputs.

    widths are those of the input and of each layer; rows
    pass through at once; a number takes itemsize bytes.
    The order of magnitude of a call's peak, not the peak.

    >>> activation_bytes([64, 512, 512, 10], 32)
    140544
    """
    widths = [whole("widths", w, 1) for w in widths]
    if not widths:
        raise ValueError("widths must not be empty, got []")
    rows = whole("rows", rows, 0)
    itemsize = whole("itemsize", itemsize, 1)
    return sum(widths) * rows * itemsize


def call_cost_model(
    n, batch_size, per_call, per_batch, per_row
):
    """Seconds for one predict of n rows.

    A fixed cost, a cost for each batch, a cost for each
    row, all in seconds.

    >>> call_cost_model(33, 32, 5, 2, 0.5)
    25.5
    """
    n = whole("n", n, 1)
    batches = len(batch_slices(n, batch_size))
    return (
        seconds("per_call", per_call)
        + seconds("per_batch", per_batch) * batches
        + seconds("per_row", per_row) * n
    )
