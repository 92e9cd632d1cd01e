# %% [markdown]
# # Lab: dropout, mask by mask
#
# [The article](../dropout.md) says what dropout keeps at
# test time: the mean of a unit, not its variance, and
# after a ReLU not even the mean. Here you count the masks,
# turn the knobs, and then answer three questions that the
# article leaves open.
#
# All functions come from the article. Cells that begin
# with names in capitals have knobs: change a value, run
# the cell again, and look at what the comment names.

# %%
import numpy as np
import torch
from scipy.stats import norm

from press.notebook import figure
from snippets.dropout.experiments import (
    all_masks,
    descend,
    digits,
    error_percent,
    mean_nll,
    predicted,
    random_layer,
    relu,
)
from snippets.dropout.figures import plot_masks
from snippets.dropout.scratch import (
    dropout,
    equivalent_lr,
    exact_expectation,
    geometric_mean_softmax,
    linear_moments,
    log_softmax,
    output_moments,
)
from snippets.dropout.torch_ import (
    torch_predict_mc,
    torch_trained,
)

# %% [markdown]
# ## One unit, two forms
#
# One unit, many coins. The formulas are those of the
# article; the draws are yours.

# %%
# RATE: try 0.1, 0.5 and 0.9. At which rate does the sd of
# the inverted form reach X itself? Which form's mean
# moves, and does it move away from its test value?
RATE = 0.4
X = 2.0

print("form      mean  drawn  at test    sd  drawn")
for kind in ("standard", "inverted"):
    rng = np.random.default_rng(0)
    unit = np.full(100_000, X)
    y = dropout(unit, RATE, True, rng, kind=kind)
    test = dropout([X], RATE, False, kind=kind)[0]
    mean, var = output_moments(X, 0, RATE, kind=kind)
    print(
        f"{kind:8} {mean:5.2f}  {y.mean():5.2f}  "
        f"{test:7.2f} {var**0.5:5.2f}  {y.std():5.2f}"
    )

# %% [markdown]
# ## Every mask of a small layer
#
# The next unit adds ten dropped inputs up, then takes the
# ReLU. Ten inputs have few enough masks to count them all.
# This is the article's layer and its worst unit at rate
# one half.

# %%
masks = all_masks(random_layer())
figure(
    plot_masks,
    masks,
    alt=f"Histogram of one unit's pre-activation over "
    f"{masks['mask_count']} masks, about as often below 0 "
    f"as above. Weight scaling says "
    f"{masks['weight_scaled']:.0f}; the true mean of the "
    f"ReLU is {masks['true_mean']:.2f}.",
)

# %% [markdown]
# Is that unit an accident? Take sixty units instead of
# four and look at each one's *gap*: the true mean of
# $\mathrm{relu}(z)$ over all masks, minus what test time
# shows. Two numbers of the article's `linear_moments` are
# enough to place a unit: its test value $\mu$ and the
# standard deviation $s$ that the masks give it. So draw
# the gap, in units of $s$, over $\mu / s$.


# %%
def layer_gaps(inputs, rate, loud, seed):
    """mu, s and gap of sixty units, by all masks."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=inputs)
    x[0] = loud
    w = rng.normal(size=(inputs, 60))
    b = np.zeros(60)
    mu, var = linear_moments(x, w, b, rate)
    true = exact_expectation(
        lambda y: relu(y @ w + b), x, rate
    )
    return mu, np.sqrt(var), true - relu(mu)


def plot_gaps(fig, a, gap):
    """The gap over the test value, both in units of s."""
    ax = fig.subplots()
    for side, ink, mark in (
        (a <= 0, "s3", "s"),
        (a > 0, "s2", "o"),
    ):
        ax.plot(
            a[side], gap[side], mark, color=ink, ms=5.5
        )
    reach = 1.05 * max(3, np.abs(a).max())
    top = 1.25 * max(0.4, gap.max())
    high = 0.9 * top
    ax.text(-reach, high, " test shows 0", color="t3")
    kept = "test shows μ "
    ax.text(reach, high, kept, color="t2", ha="right")
    ax.set(xlim=(-reach, reach), ylim=(-0.02, top))
    ax.set(xlabel="μ / s", yticks=[0, 0.2, 0.4])
    ax.annotate(
        "gap / s",
        (0, 1),
        xycoords="axes fraction",
        xytext=(-22, 8),
        textcoords="offset points",
        color="muted",
    )


# %%
# RATE: try 0.2 and 0.8. Does the cloud change its shape,
# or do units only move along it?
# LOUD: the value of the first input. Try 10: where do the
# dots gather, and why are the gaps so small there? Then
# LOUD = 1 again, and INPUTS 3 and 14.
# Look for a dot below 0. Jensen says there is none.
RATE = 0.5
INPUTS = 10
LOUD = 1
SEED = 0

mu, s, gap = layer_gaps(INPUTS, RATE, LOUD, SEED)
print(f"smallest gap {gap.min():.4f}")
print(f"largest gap  {gap.max():.4f}")
figure(
    plot_gaps,
    mu / s,
    gap / s,
    alt=f"Sixty dots, one a unit. The gap divided by s is "
    f"up to {(gap / s).max():.2f} near μ = 0 and falls "
    f"toward {(gap / s).min():.2f} on both sides.",
)

# %% [markdown]
# The dots look as if they lay on one curve, whatever the
# weights are. Find it, and you know the error of weight
# scaling without a single mask.
#
# A sum of many small independent terms is nearly normal.
# So pretend that $z$ *is* normal, with mean $\mu$ and
# standard deviation $s$, and compute
#
# $$
# \int_0^\infty z\,\frac{1}{s}\,
# \varphi\Bigl(\frac{z-\mu}{s}\Bigr)\,dz,
# $$
#
# where $\varphi$ is the density of a standard normal
# variable. Substitute $z = \mu + s\,v$; the integral of
# $v\,\varphi(v)$ is $-\varphi(v)$.


# %% tags=["task"]
def relu_mean(mu, s):
    """Mean of relu(z) for normal z: mean mu, sd s.

    mu and s are arrays of one shape; so is the result.
    norm.cdf and norm.pdf are the normal distribution
    function and its density.
    """
    ...  # your turn


# %%
if relu_mean(np.zeros(1), np.ones(1)) is None:
    print("Task 1 is open.")
else:

    def added_up(mu, s):
        """The integral as a plain sum."""
        v = np.linspace(-9, 9, 100_001)
        z = relu(mu + s * v) * norm.pdf(v)
        return z.sum() * (v[1] - v[0])

    def tried(mu, s):
        return relu_mean(np.array([mu]), np.array([s]))[0]

    got, want = tried(0.0, 1.0), added_up(0, 1)
    assert abs(got) > 1e-9, (
        "for mu = 0, s = 1 you return 0: that is weight "
        f"scaling, which leaves out s; want {want:.4f}"
    )
    assert abs(got - want) < 1e-6, (
        "mu = 0, s = 1: half of z counts, with its mean "
        f"{2 * want:.4f}: {got:.4f} is not {want:.4f}"
    )
    got, want = tried(0.0, 2.0), added_up(0, 2)
    assert abs(got - want) < 1e-6, (
        "twice the sd s is twice the mean at mu = 0: "
        f"{got:.4f} is not {want:.4f}"
    )
    got, want = tried(8.0, 1.0), added_up(8, 1)
    assert abs(got - want) < 1e-6, (
        "where z is never negative the ReLU changes "
        f"nothing: {got:.4f} is not {want:.4f}"
    )
    for pair in ((1.5, 2.0), (-1.5, 2.0), (-4, 0.5)):
        got, want = tried(*pair), added_up(*pair)
        assert abs(got - want) < 1e-6, (
            "mu = {}, s = {}: ".format(*pair)
            + f"{got:.4f} is not {want:.4f}; has each part "
            "its weight, with the argument mu / s?"
        )
    print("Task 1: right. Mean error over sixty units:")
    print("inputs  rate  weight scaling  your curve")
    for inputs in (3, 14):
        for rate in (0.2, 0.5, 0.8):
            found = layer_gaps(inputs, rate, 1, 0)
            yours = relu_mean(*found[:2]) - relu(found[0])
            off = np.abs(found[2] - yours).mean()
            print(
                f"{inputs:6}  {rate:4}  "
                f"{found[2].mean():14.3f}  {off:10.3f}"
            )
    print("With many inputs the spread alone explains it;")
    print("with few survivors a sum is not yet normal.")

# %% [markdown]
# ## Two forms, two runs
#
# The article's dictionary says how to set the optimizer so
# that an inverted run repeats a standard run. `descend`
# trains a small network for both; its masks are the same.
# First SGD, with the learning rate kept and with the one
# from the dictionary.


# %%
def apart(optimizer, rate, standard, inverted):
    """Largest distance of a weight between two runs."""
    keep = 1 - rate
    common = optimizer, rate
    path, _ = descend(
        "standard", *common, 1.0, standard, standard
    )
    other, _ = descend(
        "inverted", *common, keep, inverted, standard
    )
    return np.abs(keep * path - other).max()


# RATE: try 0.1 and 0.8. How much does the kept learning
# rate cost, and does the dictionary's ever cost anything?
RATE = 0.4
LR = 0.1

matched = equivalent_lr(LR, RATE, "sgd")
sgd = torch.optim.SGD
for name, lr in (("kept", LR), ("dictionary", matched)):
    runs = {"lr": LR}, {"lr": lr}
    far = apart(sgd, RATE, *runs)
    print(f"{name:10}  lr {lr:.4f}  apart by {far:.1e}")

# %% [markdown]
# The table has no row for RMSprop. It divides each
# gradient by the root of a running mean of its squares:
#
# $$
# w \leftarrow w - \eta\,\frac{g}{\sqrt{\bar v} +
# \varepsilon}, \qquad
# \bar v \leftarrow 0.99\,\bar v + 0.01\,g^2
# $$
#
# The inverted run starts at $W' = (1-r)\,W$ and its
# gradients are $g / (1-r)$. Work out what $\eta$ and
# $\varepsilon$ must become so that $W' = (1-r)\,W$ after
# every step.


# %% tags=["task"]
def rmsprop(lr, eps, rate):
    """Settings of the inverted run, for the standard's.

    Return {"lr": ..., "eps": ...}.
    """
    ...  # your turn


# %%
if rmsprop(0.01, 1e-3, 0.4) is None:
    print("Task 2 is open.")
else:
    names = set(rmsprop(0.01, 1e-3, 0.4))
    assert names == {"lr", "eps"}, (
        f"return the settings lr and eps, not {names}"
    )
    rms = torch.optim.RMSprop
    for rate in (0.4, 0.7):
        # eps so small that only the learning rate counts
        tiny = {"lr": 0.01, "eps": 1e-10}
        yours = rmsprop(**tiny, rate=rate)
        far = apart(rms, rate, tiny, yours)
        factor = yours["lr"] / tiny["lr"]
        assert far < 1e-4, (
            f"at rate {rate} you multiply the learning "
            f"rate by {factor:.2f}, and the runs part by "
            f"{far:.2g}: the step does not grow with g, so "
            "how far must it go in the smaller weights?"
        )
        large = {"lr": 0.01, "eps": 0.01}
        yours = rmsprop(**large, rate=rate)
        far = apart(rms, rate, large, yours)
        factor = yours["eps"] / large["eps"]
        assert far < 1e-10, (
            f"at rate {rate} you multiply eps by "
            f"{factor:.2f}, and the runs part by "
            f"{far:.2g}: eps must grow as the root of v "
            "grows"
        )
    print("Task 2: right. The runs are one run again:")
    print(f"they part by {far:.0e}, which is rounding.")
    print("It divides the gradient by the gradient's own")
    print("size, as Adam does, and takes Adam's row.")

# %% [markdown]
# ## Wrong labels
#
# Now the article's networks, fewer of them: digits, some of
# whose labels are drawn anew, with dropout after both
# hidden layers.


# %%
def noisy_runs(data, redrawn, rates, seeds):
    """Errors (rates, seeds), and the nets in that order."""
    rng = np.random.default_rng(0)
    some = rng.choice(400, size=redrawn, replace=False)
    labels = data["clean"].copy()
    labels[some] = rng.integers(10, size=redrawn)
    x, y = torch.tensor(data["x"]), torch.tensor(labels)
    nets = [
        [torch_trained(x, y, r, 60, k) for k in seeds]
        for r in rates
    ]

    def errors(x, y):
        found = [
            error_percent(predicted(net, x), y)
            for row in nets
            for net in row
        ]
        return np.reshape(found, (len(rates), len(seeds)))

    return nets, {
        "rates": np.array(rates),
        "error": errors(data["x_test"], data["y_test"]),
        "train_error": errors(data["x"], labels),
    }


def plot_labels(fig, found):
    """A dot for each net, a line through the means."""
    ax, rates = fig.subplots(), found["rates"]
    rows = (
        ("error", "s2", "o-"),
        ("train_error", "s4", "s--"),
    )
    for name, ink, look in rows:
        error = found[name]
        ax.plot(rates, error, look[0], color=ink, ms=5.5)
        ax.plot(
            rates, error.mean(axis=1), look[1:], color=ink
        )
    test, train = found["error"], found["train_error"]
    top = max(test.max(), train.max())
    ax.text(
        rates[0],
        test[0].max() + 0.05 * top,
        "on clean test digits",
        color="t2",
    )
    ax.text(
        rates[-1],
        max(train[-1].max(), test[-1].max()) + 0.05 * top,
        "on its training labels",
        color="muted",
        ha="right",
    )
    ax.set(ylim=(0, 1.2 * top), xlabel="drop rate r")
    ax.set(xlim=(rates[0] - 0.03, rates[-1] + 0.04))
    ax.set(xticks=rates)
    ax.annotate(
        "error, %",
        (0, 1),
        xycoords="axes fraction",
        xytext=(-22, 8),
        textcoords="offset points",
        color="muted",
    )


# %%
# REDRAWN: of 400 labels. Try 0 and 200. How much is there
# to gain, and does the best rate move?
# RATES: add 0.2, keep 0.5. SEEDS: add 2. Does any single
# network without dropout beat one with it?
REDRAWN = 80
RATES = (0.0, 0.5, 0.8)
SEEDS = (0, 1)

data = digits()
nets, runs = noisy_runs(data, REDRAWN, RATES, SEEDS)
means = runs["error"].mean(axis=1)
for r, test in zip(RATES, means):
    print(f"rate {r}: {test:4.1f} % of test digits wrong")
first, last = (
    runs["train_error"].mean(axis=1)[at] for at in (0, -1)
)
figure(
    plot_labels,
    runs,
    alt=f"Test error against drop rate, from "
    f"{means[0]:.0f} % at rate {RATES[0]} to "
    f"{means[-1]:.0f} % at {RATES[-1]}. The error on the "
    f"training labels goes from {first:.0f} % to "
    f"{last:.0f} %.",
)

# %% [markdown]
# The test output was meant to stand for an average over
# thinned networks. Which average? Monte Carlo dropout takes
# the arithmetic mean of the probabilities, and in the
# article its likelihood has not caught up with weight
# scaling after fifty passes. For a single softmax layer,
# though, weight scaling *is* a mean, the geometric one:
#
# $$
# \bar p_c = \frac{\prod_m p_{mc}^{1/k}}
# {\sum_j \prod_m p_{mj}^{1/k}}
# $$
#
# over $k$ passes $m$, and classes $c$ and $j$. This network
# has two hidden ReLU layers, so nothing is exact. Compute
# the geometric mean of its passes and see which average
# weight scaling is close to.


# %% tags=["task"]
def geometric_mean(p):
    """The renormalized geometric mean over the passes.

    p has shape (passes, n, classes); return (n, classes),
    each row with the sum 1. Some p are extremely small.
    """
    ...  # your turn


# %%
two = np.array([[[0.8, 0.2]], [[0.5, 0.5]]])
if geometric_mean(two) is None:
    print("Task 3 is open.")
else:
    got = np.asarray(geometric_mean(two))
    assert got.shape == (1, 2), (
        "average over the passes, the first axis: shape "
        f"{got.shape} is not (1, 2)"
    )
    total = got.sum()
    assert abs(total - 1) < 1e-9, (
        f"renormalize: a row adds up to {total:.4f}, not 1"
    )
    first = got[0, 0]
    assert abs(first - 0.65) > 1e-6, (
        f"{first:.2f} is the arithmetic mean of 0.8 and 0.5"
    )
    assert abs(first - 0.8) > 1e-6, (
        "of two passes take the square root: the bare "
        f"product gives {first:.3f} and not {2 / 3:.3f}"
    )
    assert abs(first - 2 / 3) < 1e-6, (
        f"passes of 0.8 and 0.5: {first:.3f} is not 2/3, "
        "from the roots of 0.8 · 0.5 and 0.2 · 0.5"
    )
    # all masks of one softmax layer, each as likely
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=4), rng.normal(size=(4, 3))
    each = np.indices((2, 2, 2, 2)).reshape(4, -1).T
    p = np.exp(log_softmax(2 * each * x @ w))[:, None]
    want = geometric_mean_softmax(x, w, np.zeros(3), 0.5)
    off = np.abs(geometric_mean(p)[0] - want).max()
    assert off < 1e-9, (
        "over all masks of one softmax layer you are off "
        f"the article's geometric mean by {off:.2g}"
    )
    net = nets[RATES.index(0.5)][0]
    labels = data["y_test"]
    x_test = torch.tensor(data["x_test"])
    p = torch_predict_mc(net, x_test, 50, seed=0).numpy()
    yours = np.asarray(geometric_mean(p))
    zeros = int(np.sum(~(yours > 0)))
    assert zeros == 0, (
        f"{zeros} probabilities underflow to 0 over 50 "
        "passes: add logarithms, do not multiply"
    )
    far = np.abs(yours.sum(axis=1) - 1).max()
    assert far < 1e-9, (
        "renormalize each row on its own: with many rows "
        f"a sum is off 1 by {far:.4f}"
    )
    scaled = predicted(net, data["x_test"])
    print("Task 3: right. Clean test digits, 50 passes:")
    print("average         error %   NLL  from scaling")
    for name, q in (
        ("arithmetic", p.mean(axis=0)),
        ("geometric", yours),
        ("weight scaling", scaled),
    ):
        error = error_percent(q, labels)
        nll = mean_nll(q, labels)
        far = np.abs(q - scaled).max(axis=1).mean()
        print(
            f"{name:14}  {error:7.1f}  {nll:.2f}"
            f"  {far:12.3f}"
        )
    print("The likelihood hangs on the kind of average.")

# %% [markdown]
# ## Where to go
#
# You predicted an error that the article counts, wrote a
# missing row of its
# [dictionary](../dropout.md#the-exact-dictionary-between-the-two-forms),
# and saw which average test time stands for. The article
# runs [five networks](../dropout.md#keep-it-on-at-test-monte-carlo-dropout)
# from one pass to fifty. If yours has batch normalization,
# read [what dropout does to it](../dropout.md#before-batch-normalization)
# next.
