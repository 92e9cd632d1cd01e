# %% [markdown]
# # Lab: Asking a model
#
# You will count what `predict` does behind your back, push digits along the
# slopes that only `model(x)` gives, get the same slopes from `predict`
# alone, and write a test that says why two answers differ. The lab continues
# [`model.predict(x)` or `model(x)`?](../predict.md).

# %%
import weakref

import numpy as np
import torch
from scipy.special import softmax

from press.notebook import figure
from snippets.drawing import unit
from snippets.predict.experiments import (
    digits,
    gradient,
    net_of,
    one_digit,
    random_rows,
    trained,
    zeros,
)
from snippets.predict.figures import plot_gradient
from snippets.predict.keras_ import (
    KerasAlwaysDrops,
    KerasDropsByDefault,
    keras_call,
    keras_call_with,
    keras_functional,
    keras_generator,
    keras_mlp,
    keras_passes,
    keras_predict,
    keras_predict_on_batch,
    keras_to_numpy,
)
from snippets.predict.scratch import (
    call_cost_model,
    predict_as_posted,
)
from snippets.predict.torch_ import input_gradient

# %% [markdown]
# ## Count the passes
#
# `keras_passes` notes how many rows each pass through a small net has. The
# rows themselves are the same in every way of asking.

# %%
N = 100  # try 32, 33 and 1000: when is a pass added?
BATCH_SIZE = 32  # try 1, 50 and 128

x = random_rows(N, 8)


def posted(model):
    predict_as_posted(
        lambda rows: keras_to_numpy(model(rows)),
        x,
        BATCH_SIZE,
    )


ways = {
    "model(x)": lambda model: keras_call(model, x),
    "predict": lambda model: keras_predict(
        model, x, BATCH_SIZE
    ),
    "predict, row by row": lambda model: [
        keras_predict(model, row[None]) for row in x
    ],
    "the posted loop": posted,
}
print(f"{'way':21}passes  rows  the first passes")
for way, ask in ways.items():
    rows = keras_passes(ask)
    print(
        f"{way:21}{len(rows):6}{sum(rows):6}  {rows[:5]}"
    )

# %% [markdown]
# Row by row, you pay for one pass per row. In the posted loop, each pass
# computes all rows again. Two columns, two prices: the article's model of
# costs turns them into time.

# %%
PER_CALL = 1.0  # what one predict costs besides
PER_BATCH = 0.4  # try 0.04 and 4: is a small batch dear?
PER_ROW = 0.002  # try 0.2, a net with dear rows

costs = PER_CALL, PER_BATCH, PER_ROW
least = call_cost_model(10_000, 10_000, *costs)
print("10,000 rows\nbatch size   time ÷ least")
for size in (1, 8, 32, 128, 512, 2048, 10_000):
    time = call_cost_model(10_000, size, *costs)
    print(f"{size:10,}{time / least:15.2f}")

# %% [markdown]
# `PER_BATCH / PER_ROW` is the number of rows that cost as much as a batch.
# At that batch size a pass costs twice what its rows do; at several times
# that size, a larger batch hardly pays. `PER_CALL` has no part in it: it
# is paid once. So measure these two for your net, and you know the batch
# size to take.
#
# ## Task 1: more answers than memory holds
#
# Here is the article's net, trained on digits with dropout. A loop over
# `predict_on_batch` reads the test digits as a stream, from a generator.


# %%
data = digits()
weights = trained(data)
net = net_of(weights)
x_test, labels = data["x_test"], data["labels_test"]


def chances(rows):
    """Probabilities (N, 10), all rows as one batch."""
    logits = keras_predict_on_batch(net, rows)
    return softmax(logits, axis=1)


for (rows,) in keras_generator(x_test, 300):
    print(f"{len(rows):4} rows:", chances(rows).shape)

# %% [markdown]
# Suppose that neither the rows nor the answers fit in memory. You want the
# mean answer: which share of the digits does the net expect to be a 0, a 1
# and so on? Watch the last batch.


# %% tags=["task"]
def mean_answer(ask, batches):
    """Mean over all rows of what ask answers, (K,).

    batches yields arrays (n, D), one after the other, and
    only once; ask maps each to answers (n, K). Keep no
    batch and no answers once you are done with them.
    """
    ...  # your turn


# %%
def check_mean(mean_of):
    asked = []
    held = {
        "rows": weakref.WeakValueDictionary(),
        "answers": weakref.WeakValueDictionary(),
    }

    def stream():
        chunks = keras_generator(x_test, 90)
        for number, (rows,) in enumerate(chunks):
            held["rows"][number] = rows = rows.copy()
            yield rows

    def ask(rows):
        asked.append(len(rows))
        y = chances(np.array(rows))
        held["answers"][len(asked)] = y
        for kind, arrays in held.items():
            assert len(arrays) <= 3, (
                f"after {len(asked)} answers you hold the "
                f"{kind} of {len(arrays)} batches: let "
                "each batch go before the next"
            )
        return y

    batches = stream()
    got = mean_of(ask, batches)
    if got is None:
        print("Task 1 is open.")
        return
    assert max(asked) <= 90, (
        f"you asked about {max(asked)} rows at once: ask "
        "about one batch at a time"
    )
    assert sum(asked) == len(x_test), (
        f"{len(x_test)} rows came, you asked about "
        f"{sum(asked)}"
    )
    got = np.asarray(got)
    assert got.shape == (10,), (
        "the mean over rows has shape (10,), not "
        f"{got.shape}"
    )
    each = [
        chances(rows)
        for (rows,) in keras_generator(x_test, 90)
    ]
    want = np.concatenate(each).mean(axis=0)
    of_means = np.mean([y.mean(axis=0) for y in each], 0)
    assert not np.allclose(got, of_means, atol=1e-6), (
        f"the mean of the batches' means is {got[0]:.4f} "
        f"for digit 0, of the rows {want[0]:.4f}: the last "
        f"batch has {asked[-1]} rows and counts as much as "
        f"one of {asked[0]}"
    )
    assert np.allclose(got, want, atol=1e-5), (
        f"the mean of digit 0 is {want[0]:.4f}, not "
        f"{got[0]:.4f}; all ten sum to {got.sum():.3f}"
    )
    print("Task 1: right. Shares of the digits in percent:")
    share = np.bincount(labels) / len(labels)
    for name, row in (
        ("expected", got),
        ("true", share),
    ):
        print(
            f"{name:9}"
            + "".join(f"{100 * s:5.1f}" for s in row)
        )


check_mean(mean_answer)

# %% [markdown]
# ## Against the slopes
#
# `input_gradient` asks `model(x)` and runs back along its graph. This is the
# article's experiment: every pixel of a digit moves a little, against the
# slope of the true digit's score.

# %%
one = one_digit(data, weights)
found = gradient(data, weights, one)
figure(
    plot_gradient,
    found,
    alt=(
        f"The digit {found['label']} and its slopes. "
        f"As it is, its probability is "
        f"{found['chance_before']:.2f}, after a random "
        f"step {found['chance_random']:.2f}, after a step "
        f"against the slopes {found['chance_after']:.2f}, "
        f"and it is read as {found['taken_after']}."
    ),
)

# %% [markdown]
# How large must the step be? And what does a step in the other direction
# do?


# %%
def slopes_of(x, labels):
    """The slope of each row's true score, (N, D)."""
    slopes = np.zeros_like(x)
    for label in range(10):
        mine = labels == label
        slopes[mine] = input_gradient(net, x[mine], label)
    return slopes


def accuracy(direction, step):
    moved = np.clip(x_test + step * direction, 0, 1)
    guess = keras_predict(net, moved, 1024).argmax(axis=1)
    return 100 * np.mean(guess == labels)


def plot_steps(fig, steps, against, random):
    ax = fig.subplots()
    for y, ink, look, words in (
        (random, "s2", "o--", "random"),
        (against, "s3", "s-", "by the slopes"),
    ):
        ax.plot(steps, y, look, color=ink)
        upper = y[-1] >= max(against[-1], random[-1])
        ax.annotate(
            words,
            (steps[-1], y[-1]),
            (0, 14 if upper else -16),
            textcoords="offset points",
            color=ink.replace("s", "t"),
            ha="right",
            va="center",
        )
    ax.set(ylim=(-18, 118), xlabel="step of each pixel")
    ax.set_xticks(steps, [f"{step:g}" for step in steps])
    ax.set_yticks([0, 50, 100])
    unit(ax, "test accuracy, %", 30)


# %%
DIRECTION = -1  # try 1: along the slopes
STEPS = [0, 0.05, 0.1, 0.15, 0.2]  # 1 is the full ink
BY_SIGN = True  # try False: each pixel by its slope's size

slopes = slopes_of(x_test, labels)
signs = np.sign(slopes)
if not BY_SIGN:
    largest = np.abs(slopes).max(axis=1, keepdims=True)
    signs = slopes / largest
rng = np.random.default_rng(0)
random = rng.choice([-1, 1], size=x_test.shape)
pushed, shaken = (
    np.array([accuracy(way, step) for step in STEPS])
    for way in (
        (DIRECTION * signs).astype("float32"),
        random.astype("float32"),
    )
)
figure(
    plot_steps,
    STEPS,
    pushed,
    shaken,
    alt=(
        "Test accuracy by size of the step. Random steps: "
        f"from {shaken[0]:.0f} to {shaken[-1]:.0f} %. "
        f"By the slopes: from {pushed[0]:.0f} to "
        f"{pushed[-1]:.0f} %."
    ),
)

# %% [markdown]
# With `DIRECTION = 1` the net gets better at digits that it misread, by a
# hint from the labels that it never has in use. With `BY_SIGN = False` the
# largest change of a pixel stays the same, all others shrink, and the step
# does less.
#
# ## Task 2: slopes from `predict`
#
# The array that `predict` returns has no graph. But the function has slopes,
# and you can feel them: move one input up and down, and see how far the
# answer moves. Do it for every input of one row, with a single `predict`.


# %% tags=["task"]
def slopes_by_predict(predict, row, output, step):
    """Slopes (D,) of one output at the inputs of a row.

    row is (D,). predict maps rows (N, D) to answers
    (N, K); call it once. Move each input by step, up and
    down, and divide by the distance of the two.
    """
    ...  # your turn


# %%
def check_slopes(slopes_by):
    calls = []

    def line(rows):
        calls.append(len(rows))
        slopes = [[2.0, 5.0], [-3.0, 7.0], [0.5, 1.0]]
        return rows @ np.array(slopes)

    def bend(rows):
        return rows**2

    row = np.array([1.0, 2.0, -1.0])
    got = slopes_by(line, row.copy(), 0, 0.25)
    if got is None:
        print("Task 2 is open.")
        return
    got, want = np.asarray(got), np.array([2.0, -3.0, 0.5])
    assert len(calls) == 1, (
        f"you called predict {len(calls)} times: collect "
        "the rows and ask once"
    )
    assert got.shape == (3,), (
        "three inputs have three slopes of one output, "
        f"you return shape {got.shape}"
    )
    hints = {
        2.0: "up and down are two steps apart",
        0.5: "divide by the step",
        0.25: "divide by the distance",
        -1.0: "up minus down, not down minus up",
    }
    for factor, hint in hints.items():
        assert not np.allclose(got, factor * want), (
            f"the slopes are {want}, yours are {factor:g} "
            f"times that: {hint}"
        )
    assert not np.allclose(got, [5, 7, 1]), (
        f"{got} are the slopes of output 1, not of output 0"
    )
    assert np.allclose(got, want), (
        f"the slopes of 2a - 3b + c/2 are {want}, not {got}"
    )
    got = np.asarray(slopes_by(bend, row.copy(), 1, 0.25))
    assert np.allclose(got, [0, 4, 0]), (
        "at b = 2 the slope of b² is 4, and 0 in a and c, "
        f"not {got}: move one input at a time, and to both "
        "sides"
    )
    label, before = found["label"], found["pixels"]
    row = before.copy()

    def predict(rows):
        rows = np.asarray(rows, "float32")
        return keras_predict(net, rows, len(rows))

    step = 2.0**-8
    got = np.asarray(slopes_by(predict, row, label, step))
    assert np.array_equal(row, before), (
        "you changed the row you were given: copy it"
    )
    want = input_gradient(net, before[None], label)[0]
    gap = np.median(np.abs(got - want))
    assert gap < 0.001, (
        f"for the digit the median gap to the gradient is "
        f"{gap:.4f}"
    )
    print(f"Task 2: right. {len(row)} slopes of a digit:")
    print(f"largest slope {np.abs(want).max():12.3f}")
    print(f"median gap {gap:15.5f}")
    print(f"rows asked {2 * len(row):15}")
    print(f"with a graph {1:13}")


check_slopes(slopes_by_predict)

# %% [markdown]
# So slopes need no graph. What the graph saves is work: by `predict` the
# number of rows grows with the inputs, and by the graph one way back gives
# all slopes.
#
# ## Task 3: why do the two differ?
#
# Three models have dropout. We ask each in three ways about rows of 100
# ones and count the zeros, which are the dropped units.

# %%
ones = np.ones((10, 100), "float32")
print(" " * 19 + "predict  training=False  model(x)")
for words, model in (
    ("as wired", keras_functional(100, 0, None)),
    ("on by default", KerasDropsByDefault(0)),
    ("on, whatever", KerasAlwaysDrops(0)),
):
    counts = (
        zeros(keras_predict(model, ones)),
        zeros(keras_call_with(model, ones, training=False)),
        zeros(keras_call(model, ones)),
    )
    print("{:16}{:10}{:16}{:10}".format(words, *counts))

# %% [markdown]
# The article gives a rule for a `predict` and a call that disagree: put
# `model(x, training=False)` beside both. Write that rule as a function. It
# must not take rounding for a difference, nor a difference for rounding,
# however large or small the outputs are.


# %% tags=["task"]
def why(model, x):
    """Why predict and model(x) differ, in one word.

    "same": they agree, but for rounding. "mode": only
    with training=False the call agrees with predict.
    "other": not even then.

    Imported: keras_predict(model, x), keras_call(model, x),
    keras_call_with(model, x, training=False), and
    keras_to_numpy for the answers of the calls.
    """
    ...  # your turn


# %%
class Rounding:
    """A model whose predict rounds otherwise."""

    def __call__(self, x, training=None):
        return torch.tensor(1e4 * np.asarray(x))

    def predict(self, x, **options):
        return 1e4 * np.asarray(x) + np.float32(0.01)


class Doubling(Rounding):
    """A model whose predict is another function."""

    def predict(self, x, **options):
        return 2e4 * np.asarray(x)


def check_why(why):
    if why(Rounding(), ones) is None:
        print("Task 3 is open.")
        return
    net = keras_mlp([100, 50, 3], seed=0, drop_rate=0.5)
    rows = random_rows(10, 100)
    late = KerasDropsByDefault(0)
    wired = keras_functional(100, 0, training=True)
    always = KerasAlwaysDrops(0)
    for words, model, x, want in (
        ("a plain net", net, rows, "same"),
        ("dropout on by default", late, ones, "mode"),
        ("dropout wired to be on", wired, ones, "mode"),
        ("dropout on, whatever", always, ones, "other"),
        ("predict doubles", Doubling(), rows, "other"),
    ):
        got = why(model, x)
        assert got == want, (
            f"{words}: you say {got!r}, it is {want!r}"
        )
    got = why(Rounding(), rows)
    assert got == "same", (
        "outputs of some 10,000 that differ by 0.01 only "
        f"differ by rounding, you say {got!r}: compare in "
        "proportion to the largest output"
    )
    got = why(late, np.float32(1e-7) * ones)
    assert got == "mode", (
        "outputs below a millionth were dropped, you say "
        f"{got!r}: compare in proportion to the outputs"
    )
    print("Task 3: right. Rounding is told from the mode.")


check_why(why)

# %% [markdown]
# ## Where to go
#
# The article lists [when the two really
# differ](../predict.md#when-the-two-really-differ), with batch normalization
# too. It has measured [time](../predict.md#time) and
# [memory](../predict.md#memory) for both backends: put `PER_BATCH` and
# `PER_ROW` of your own net beside it.
