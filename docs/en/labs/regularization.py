# %% [markdown]
# # Lab: zeros, and who lands on them
#
# You look for the exact zeros of an L1 penalty on real
# data: first at the minimum, then with algorithms that
# should go there. Then you write a test for anyone's lasso,
# mix L1 with L2, and find out what Adam makes of a decay.
#
# The lab starts where
# [What do L1 and L2 really do?](../regularization.md)
# ends, and uses its tested functions.

# %%
import numpy as np

from press.notebook import figure
from snippets.drawing import unit
from snippets.regularization.experiments import (
    diabetes,
    zeros,
)
from snippets.regularization.figures import plot_zeros
from snippets.regularization.scratch import (
    adam_step,
    ista,
    l1_subgradient,
    lasso_cd,
    lasso_lambda_max,
    ridge,
    shrink,
    smooth_part,
    soft_threshold,
)

data = diabetes()  # ten columns: mean 0, variance 1
X, y, names = data["X"], data["y"], data["names"]
most = lasso_lambda_max(X, y)  # from here on all are 0
print(f"{len(y)} rows, columns: {', '.join(names)}")
print(f"every lasso weight is 0 from {most:.2f} on")

# %% [markdown]
# ## Three minima
#
# Least squares, ridge and the lasso on the same data. The
# last column is the pull of the data on each weight at the
# lasso's minimum, $X_j^\top r / n$ with residuals $r$,
# divided by $\lambda$. The article's rule says what it may
# be: 1 or −1 where the weight is not 0, anything between
# where it is.

# %%
# SHARE: the lasso's strength as a share of the one that
# makes all weights 0. Try 0.6, 0.1, 0.05 and 0.01. Look
# for s3: it comes, goes and returns with another sign.
SHARE = 0.3
# RIDGE: ridge's strength. Try 0.1, 10 and 100_000. Look
# for a 0, for weights that grow, and for the sign of s3.
RIDGE = 44.2

lam = SHARE * most
by_lasso, b = lasso_cd(X, y, lam)
residuals = y - X @ by_lasso - b
columns = {
    "least squares": ridge(X, y, 0)[0],
    "ridge": ridge(X, y, RIDGE)[0],
    "lasso": by_lasso,
    "pull / λ": X.T @ residuals / len(y) / lam,
}
print("      " + "".join(f"{k:>14}" for k in columns))
for name, *row in zip(names, *columns.values()):
    print(f"{name:6}" + "".join(f"{v:14.3f}" for v in row))
counts = [np.sum(w == 0) for w in columns.values()]
print("zeros " + "".join(f"{k:14}" for k in counts[:3]))

# %% [markdown]
# ## Who lands on a zero?
#
# The minimum has zeros. Does your optimizer find them? The
# article's figure, computed here: the largest of the weights
# that should be 0, at a share of 0.3. Plain descent follows
# the slope of $\lvert w \rvert$, which is 1 or −1. ISTA
# takes a step for the data alone, then a soft threshold.

# %%
found = zeros(data)
figure(
    plot_zeros,
    found,
    alt="Largest weight that should be 0, by step. Plain "
    "descent at rates 1/L, 0.1/L and 0.01/L ends below "
    f"{found['slope_0_last']:.2f}, "
    f"{found['slope_1_last']:.2f} and "
    f"{found['slope_2_last']:.3f}; ISTA is exactly 0 from "
    f"step {found['ista_settled']} on.",
)

# %% [markdown]
# Now from close by: one weight in the last 30 steps. Guess
# before you run it: if you halve the rate, what becomes of
# the swing? And if you take ten times the steps?

# %%
# RATE: plain descent's, in units of 1/L, at most 2. Try
# 0.5, 0.1 and 0.01. Look at the scale of the vertical axis,
# and at the swing in units of rate × λ.
RATE = 1.0
# STEPS: try 200 and 20_000. Look for what does not change.
STEPS = 2000
# COLUMN: try "s1" and "s6". And try "bmi", which should not
# be 0: do both runs agree there?
COLUMN = "age"

lr = RATE * smooth_part(X, y)[1]
lam = 0.3 * most
goal = lasso_cd(X, y, lam)[0]
w_plain, plain = l1_subgradient(X, y, lam, lr, STEPS)
w_ista, soft = ista(X, y, lam, STEPS)
j = list(names).index(COLUMN)
run = {
    "steps": np.arange(1, STEPS + 1)[-30:],
    "plain": plain[-30:, j],
    "ista": soft[-30:, j],
    "column": COLUMN,
}
swing = np.abs(plain[-30:, goal == 0]).max()
print(f"minimum: {COLUMN} is {goal[j]:.4f}")
print(f"zeros at the minimum  {np.sum(goal == 0):4}")
print(f"zeros of ISTA         {np.sum(w_ista == 0):4}")
print(f"zeros of descent      {np.sum(w_plain == 0):4}")
print(f"swing of those weights  {swing:.4f}")
print(f"in units of rate × λ    {swing / (lr * lam):.2f}")


def plot_end(fig, run):
    ax, steps = fig.subplots(), run["steps"]
    ax.plot(steps, run["plain"], "o-", color="s3", lw=1)
    ax.plot(steps, run["ista"], "s", color="s2", ms=4)
    far = 1.2 * np.abs(run["plain"] - run["ista"]).max()
    far, middle = far + 1e-9, run["ista"][-1]
    ax.ticklabel_format(useOffset=False)
    ticks = ax.get_yticks()
    ax.set_yticks(ticks[np.abs(ticks - middle) < far])
    ax.set_ylim(middle - far, middle + 1.7 * far)
    place = {"transform": ax.transAxes, "va": "top"}
    words = "circles: plain descent"
    ax.text(0.01, 0.97, words, color="t3", **place)
    words = "squares: ISTA"
    ax.text(0.01, 0.87, words, color="t2", **place)
    ax.set_xlabel("step")
    unit(ax, f"weight of {run['column']}", 20)


figure(
    plot_end,
    run,
    alt=f"Weight of {COLUMN} in the last 30 of {STEPS} "
    "steps. Plain descent goes to and fro between "
    f"{run['plain'].min():.3f} and "
    f"{run['plain'].max():.3f}; ISTA stays at "
    f"{run['ista'][-1]:.3f}.",
)

# %% [markdown]
# ## Task 1: certify anyone's lasso
#
# Somebody sends you weights and says that they are a
# lasso's. You need not solve it again: the rule at 0 is a
# test. Write how far each pull is from what it asks.
#
# - At a weight that is not 0 the pull must be
#   $\lambda \,\text{sign}(w)$.
# - At 0 it may be anything from $-\lambda$ to $\lambda$.
#
# The intercept is free. At its best value the residuals are
# those of the centered columns and the centered target.


# %% tags=["task"]
def violation(x, y, w, lam):
    """How far each pull is from what the rule asks: (d,).

    x (n, d), y (n,), w (d,); the loss is mean(r²)/2 plus
    lam sum |w|. All 0 at the minimum, never negative.
    """
    ...  # your turn


# %%
x1, y1 = np.array([[1.0], [-1.0]]), np.array([5.0, 1.0])


def at(x, w, lam):
    """What violation says of one weight on two rows."""
    got = np.asarray(violation(x, y1, np.array([w]), lam))
    assert got.shape == (1,), (
        "violation must give one number for each weight: "
        f"shape {got.shape} is not (1,)"
    )
    return float(got[0])


if violation(x1, y1, np.zeros(1), 1.0) is None:
    print("Task 1 is open.")
else:
    # here the pull on a weight w is 2 − w
    got = at(x1, 1.5, 0.5)
    hint = {
        0.5: "; the pull is a mean: divide by the rows",
        1.0: "; X'r points to where the loss falls",
    }.get(round(got, 6), "")
    assert abs(got) < 1e-9, (
        "at w = 1.5 the pull is 0.5, as lam and sign(w) "
        f"ask: {got:.3g} is not 0{hint}"
    )
    got = at(x1, 0.0, 3.0)
    assert abs(got) < 1e-9, (
        "a weight of 0 may be pulled by up to lam: with "
        f"pull 2 and lam 3, {got:.3g} is not 0"
    )
    got = at(x1, 0.0, 0.5)
    assert abs(got - 1.5) < 1e-9, (
        "at 0 only what exceeds lam counts: with pull 2 "
        f"and lam 0.5, {got:.3g} is not 1.5"
    )
    got = at(x1, 3.0, 0.5)
    assert abs(got - 1.5) < 1e-9, (
        "at w = 3 the pull is −1 and should be 0.5: "
        f"{got:.3g} is not 1.5; too weak a pull, or a "
        "wrong direction, is a violation too"
    )
    got = at(x1, -1.0, 0.5)
    assert abs(got - 3.5) < 1e-9, (
        "at w = −1 the pull is 3 and should be −0.5: "
        f"{got:.3g} is not 3.5"
    )
    got = at(x1 + 2, 1.5, 0.5)
    assert abs(got) < 1e-9, (
        "the intercept is free, so adding 2 to a column "
        f"changes nothing: {got:.3g} is not 0; center"
    )
    got = violation(X, y, goal, lam)
    assert np.shape(got) == (10,), (
        "one number for each of ten weights: shape "
        f"{np.shape(got)} is not (10,)"
    )
    assert np.max(got) < 1e-6, (
        "at the lasso's minimum on the diabetes data all "
        f"are 0: yours go up to {np.max(got):.3g}"
    )
    got = violation(X, y, ridge(X, y, 0)[0], lam)
    assert np.allclose(got, lam), (
        "at least squares no pull is left, so each weight "
        f"is off by lam, {lam:.2f}: yours are {got}"
    )
    print("Task 1: right. Your test of five answers:")
    rows = {"ISTA": ista(X, y, lam, 2000)[0]}
    for share in (0.1, 0.01):
        rate = share * smooth_part(X, y)[1]
        w = l1_subgradient(X, y, lam, rate, 5000)[0]
        rows[f"descent at {share}/L"] = w
        small = np.abs(w) < 3 * rate * lam  # the swing
        rows["  small ones set to 0"] = w * ~small
        for words, w in rows.items():
            off = violation(X, y, w, lam) / lam
            k, none = off.argmax(), np.sum(w == 0)
            print(f"{words:22}{none:2} zeros,", end=" ")
            print(f"worst {names[k]}: {off[k]:.4f} λ")
        rows = {}
    print("Which weight did the larger rate lose, and why?")

# %% [markdown]
# ## Task 2: both penalties at once
#
# The *elastic net* has both. For one weight that the data
# alone would put at $z$, minimize
#
# $$
# \frac12 (w - z)^2 + t_1 \lvert w \rvert
# + \frac{t_2}{2} w^2
# $$
#
# You have `soft_threshold(z, t)` for L1 alone and
# `shrink(z, t)` for L2 alone. Guess first: does L2 widen the
# range of $z$ in which the weight is exactly 0, narrow it, or
# leave it?


# %% tags=["task"]
def elastic(z, t1, t2):
    """The w with the least (w-z)²/2 + t1 |w| + t2 w²/2.

    For an array z, and numbers t1 and t2 of at least 0.
    """
    ...  # your turn


# %%
if elastic(np.array([2.0]), 0.5, 0.5) is None:
    print("Task 2 is open.")
else:
    z = np.array([-2.0, -0.6, 0.3, 0.6, 1.7])
    got = np.asarray(elastic(z, 0.5, 0.0))
    assert np.allclose(got, soft_threshold(z, 0.5)), (
        "without L2 it is the soft threshold: "
        f"{got} is not {soft_threshold(z, 0.5)}"
    )
    got = np.asarray(elastic(z, 0.0, 0.5))
    assert np.allclose(got, shrink(z, 0.5)), (
        "without L1 it divides by 1 + t2 = 1.5: "
        f"{got} is not {shrink(z, 0.5).round(3)}"
    )
    got = float(elastic(np.array([0.6]), 0.5, 0.5)[0])
    assert got != 0, (
        "at z = 0.6 the data pull with 0.6 on a weight of "
        "0, L1 holds with 0.5, and L2 does not hold at "
        "all: 0 is not the minimum; which comes first?"
    )
    grid = np.linspace(-3, 3, 60_001)  # steps of 0.0001
    for t1, t2 in ((0.5, 0.5), (0.2, 3.0), (1.0, 0.1)):
        loss = (grid - z[:, None]) ** 2 / 2
        loss = loss + t1 * np.abs(grid) + t2 * grid**2 / 2
        best = grid[loss.argmin(axis=1)]
        got = np.asarray(elastic(z, t1, t2))
        k = int(np.abs(got - best).argmax())
        assert np.abs(got - best).max() < 2e-4, (
            f"for z = {z[k]}, t1 = {t1} and t2 = {t2} the "
            f"least is at {best[k]:.3f}: {got[k]:.3f} is "
            "not there"
        )
        assert np.all(got[np.abs(z) <= t1] == 0), (
            f"where |z| is at most {t1} it is exactly 0"
        )
    print("Task 2: right. L2 leaves the flat part alone.")
    print("Ten columns together, in ISTA with your step:")
    gradient, step = smooth_part(X, y)
    for l2 in (0.0, 0.1, 1.0, 10.0):
        w = np.zeros(10)
        for _ in range(2000):
            z = w - step * gradient(w)
            w = elastic(z, step * lam, step * l2)
        left = " ".join(names[w != 0])
        print(f"L2 {l2:4}: {np.sum(w == 0)} zeros; {left}")
    print("Why do zeros go? Shrunk weights explain less,")
    print("and more pull is left for their neighbors.")

# %% [markdown]
# ## A decay in the noise
#
# Last, L2 in Adam. A weight starts at 1, and the data neither
# want nor mind it: its gradient is $+s$ or $-s$ at random.
# With `l2` the penalty's slope joins the gradient; with
# `decoupled` the weight shrinks directly, as in AdamW. The
# article's law for the first is $e^{-\text{lr}\,\lambda T/s}$
# after $T$ steps.

# %%
# DECAY: λ. Try 0.02 and 0.5. Look for the column in which
# all sizes follow alike.
DECAY = 0.1
# SIZES: of the gradients. Add 0.01 and 100. Look for where
# the law begins to hold, and what the weight does below.
SIZES = 0.1, 1.0, 3.0, 10.0, 30.0


def left(size, steps=1000, *, l2=0.0, decoupled=0.0):
    """Mean of 1000 weights that were 1; rate 0.01."""
    rng = np.random.default_rng(0)
    w, state = np.ones(1000), {}
    for _ in range(steps):
        g = size * rng.choice([-1.0, 1.0], size=1000)
        kinds = {"l2": l2, "decoupled": decoupled}
        w, state = adam_step(w, g, state, 0.01, **kinds)
    return float(w.mean())


print("    size   Adam, L2     AdamW   the law")
for size in SIZES:
    coupled = left(size, l2=DECAY)
    apart = left(size, decoupled=DECAY)
    law = np.exp(-0.01 * DECAY * 1000 / size)
    row = f"{size:8}{coupled:11.3f}{apart:10.3f}{law:10.3f}"
    print(row)

# %% [markdown]
# ## Task 3: make Adam's L2 do what AdamW does
#
# Your framework has only the coupled kind. Gradients have
# size $s \ge 1$. Which `l2` leaves what a decoupled decay of
# $d$ would? Read it off the law.


# %% tags=["task"]
def matching_l2(decay, size):
    """The l2 that acts as a decoupled decay does.

    Under random gradients of that size, 1 or more.
    """
    ...  # your turn


# %%
if matching_l2(0.1, 2.0) is None:
    print("Task 3 is open.")
else:
    rows, pairs = [], ((0.1, 2.0), (0.1, 10.0), (0.3, 4.0))
    for decay, size in pairs:
        l2 = float(matching_l2(decay, size))
        assert l2 >= 0, f"a strength is not {l2:.3g}"
        want = left(size, 600, decoupled=decay)
        got = left(size, 600, l2=l2)
        assert got < want + 0.06, (
            f"at size {size:.0f} AdamW leaves {want:.2f} "
            f"and your l2 = {l2:.3g} leaves {got:.2f}: it "
            "is too weak; Adam divides it by the size"
        )
        assert got > want - 0.06, (
            f"at size {size:.0f} AdamW leaves {want:.2f} "
            f"and your l2 = {l2:.3g} leaves {got:.2f}: it "
            "is too strong"
        )
        rows.append((size, l2, got, want))
    print("Task 3: right.")
    for size, l2, got, want in rows:
        print(f"size {size:4}, l2 {l2:4.1f}:", end=" ")
        print(f"{got:.2f} left, AdamW {want:.2f}")
    print("But a net has gradients of many sizes:")
    for size in (1.0, 10.0):
        got = left(size, 600, l2=matching_l2(0.1, 10.0))
        print(f"made for 10, at {size:4}: {got:.2f} left")
    print("No one l2 fits all. That is what AdamW is for.")

# %% [markdown]
# ## Where to go
#
# - [Who finds the zeros](../regularization.md#who-finds-the-zeros)
#   has the same experiment in PyTorch and Keras, and three
#   remedies.
# - [Which λ is which](../regularization.md#which-lambda)
#   translates the strengths above to other libraries.
# - [Shrinking the weights directly](../regularization.md#weight-decay)
#   has momentum too, which thins a decoupled decay.
