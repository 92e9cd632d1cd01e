"""Solutions of the lab on predict, and mistakes that its checks name."""

MEAN = """
def mean_answer(ask, batches):
    total, n = 0, 0
    for rows in batches:
        total = total + ask(rows).sum(axis=0)
        n += len(rows)
    return {}
"""
MEAN_OF_ALL = """
def mean_answer(ask, batches):
    return {}.mean(axis=0)
"""
SLOPES = """
def slopes_by_predict(predict, row, output, step):
    moves = step * np.eye(len(row))
    {}
    y = predict(np.concatenate([up, down]))[:, output]
    rise = y[: len(row)] - y[len(row) :]
    return {}
"""
BOTH = "up, down = row + moves, row - moves"
SLOPES_IN_A_LOOP = """
def slopes_by_predict(predict, row, output, step):
    rises = []
    for move in step * np.eye(len(row)):
        up, down = predict((row + move)[None]), predict((row - move)[None])
        rises.append(up[0, output] - down[0, output])
    return np.array(rises) / (2 * step)
"""
SLOPES_IN_PLACE = """
def slopes_by_predict(predict, row, output, step):
    rows = []
    for j in range(len(row)):
        row[j] += step
        rows.append(row.copy())
        row[j] -= 2 * step
        rows.append(row.copy())
        {}
    y = predict(np.array(rows))[:, output]
    return (y[::2] - y[1::2]) / (2 * step)
"""
WHY = """
def why(model, x):
    predicted = keras_predict(model, x)
    called = keras_to_numpy(keras_call(model, x))
    told = keras_to_numpy(keras_call_with(model, x, training=False))

    def same(y):
        return {}

    if same(called):
        return "same"
    return {}
"""
IN_PROPORTION = "np.abs(y - predicted).max() <= 1e-5 * np.abs(predicted).max()"
BY_MODE = '"mode" if same(told) else "other"'

TASKS = [
    (
        MEAN.format("total / n"),
        [
            (MEAN_OF_ALL.format("np.array([ask(rows).mean(axis=0) for rows in batches])"),
             r"the mean of the batches' means is 0\.\d+ for digit 0, of the rows"),
            (MEAN_OF_ALL.format("np.concatenate([ask(rows) for rows in batches])"),
             "after 4 answers you hold the answers of 4 batches"),
            (MEAN_OF_ALL.format("np.array([ask(rows).mean(axis=0) for rows in list(batches)])"),
             "you hold the rows of 9 batches"),
            (MEAN_OF_ALL.format("ask(np.concatenate(list(batches)))"), "797 rows at once"),
            (MEAN_OF_ALL.format("ask(next(batches))"), "797 rows came, you asked about 90"),
            (MEAN.format("total"), "all ten sum to 797"),
            (MEAN.format("total.sum() / n"), r"shape \(10,\), not \(\)"),
        ],
    ),
    (
        SLOPES.format(BOTH, "rise / (2 * step)"),
        [
            (SLOPES.format(BOTH, "rise / step"), "yours are 2 times that: up and down are two"),
            (SLOPES.format(BOTH, "rise"), "divide by the step"),
            (SLOPES.format(BOTH, "rise / 2"), "divide by the distance"),
            (SLOPES.format(BOTH, "-rise / (2 * step)"), "up minus down"),
            (SLOPES.format("output, (up, down) = 1, (row + moves, row - moves)",
                           "rise / (2 * step)"), "slopes of output 1"),
            (SLOPES.format("up, down = row + moves, row + 0 * moves", "rise / step"),
             "to both sides"),
            (SLOPES_IN_A_LOOP, "called predict 6 times: collect the rows and ask once"),
            (SLOPES_IN_PLACE.format("pass"), "you changed the row you were given"),
            (SLOPES.format("up, down = row + 0 * moves + step, row + 0 * moves - step",
                           "rise / (2 * step)"), r"the slopes of 2a - 3b \+ c/2 are"),
            (SLOPES.format("step = 1e-7; moves = step * np.eye(len(row));" + BOTH,
                           "rise / (2 * step)"), "median gap to the gradient is"),
        ],
    ),
    (
        WHY.format(IN_PROPORTION, BY_MODE),
        [
            (WHY.format("np.array_equal(y, predicted)", BY_MODE),
             "outputs of some 10,000 that differ by 0.01|a plain net"),
            (WHY.format("np.allclose(y, predicted)", BY_MODE), "in proportion to the largest"),
            (WHY.format("np.abs(y - predicted).max() < 1e-5", BY_MODE), "some 10,000"),
            (WHY.format("np.abs(y - predicted).max() < 0.1", BY_MODE), "below a millionth"),
            (WHY.format(IN_PROPORTION, '"mode"'), "dropout on, whatever: you say 'mode'"),
            (WHY.format(IN_PROPORTION, '"other"'), "on by default: you say 'other'"),
            (
                WHY.format(IN_PROPORTION, BY_MODE).replace("same(c", "np.array_equal(told, c"),
                "predict doubles: you say 'same', it is 'other'",
            ),
        ],
    ),
]  # fmt: skip
