# %% [markdown]
# # Lab: the mean, not the sign
#
# You move the mean of a neuron's inputs and watch three
# things that are easily taken for one: the signs of its
# gradients, its curvatures, and the steps of descent. Then
# you build inputs that pull them apart, let a bias do the
# centering, and take the centering out again.
#
# The lab starts where [What is wrong with activations that
# are never negative?](../centering.md) ends, and uses its
# tested functions.

# %%
import numpy as np

from press.notebook import figure
from snippets.centering.experiments import (
    moments,
    two_targets,
)
from snippets.centering.figures import plot_paths
from snippets.centering.scratch import (
    activate,
    condition_number,
    gd_steps,
    neuron_gradients,
    same_sign_fraction,
    second_moment,
    sgd_path,
)
from snippets.drawing import panels, unit

# %% [markdown]
# ## Signs, curvature, steps
#
# A linear neuron reads inputs $x$. By sample, the gradient of
# its weights is $\delta\,x$, here with a random $\delta$. The
# condition number $\kappa$ is the ratio of the largest
# curvature to the smallest, and the steps are those of
# full-batch descent at its best rate, to a thousandth.

# %%
# SHIFT: subtracted from every input. Try 0.25, 0.5 and 1.
# Which rows does a shift of 1 leave alone, and why? At 0.5
# both κ are least. Why is the one with a bias still large?
SHIFT = 0.0
# INPUTS: try 2 and 50, at SHIFT 0 and at 0.5. What grows?
INPUTS = 10
# UNITS: try "tanh" and "relu". With relu, does a batch make
# a common sign rarer?
UNITS = "sigmoid"
# BATCH: try 2, 10 and 400. Look for a share that stays.
BATCH = 100


def descent_steps(m):
    """Steps to a random target at the curvatures of m."""
    eigs, vectors = np.linalg.eigh(m)
    target = np.random.default_rng(1).normal(size=len(m))
    return gd_steps(eigs, vectors.T @ target, 1e-3)


def look(x, batch=100):
    """Signs by sample and by batch, curvature, steps."""
    rng = np.random.default_rng(2)
    by_sample = neuron_gradients(x, rng.normal(size=len(x)))
    whole = by_sample[: len(x) // batch * batch]
    by_batch = whole.reshape(-1, batch, x.shape[1])
    plain, biased = second_moment(x), second_moment(x, True)
    return {
        "samples, one sign": same_sign_fraction(by_sample),
        "batches, one sign": same_sign_fraction(
            by_batch.mean(axis=1)
        ),
        "κ": condition_number(plain),
        "κ with a bias": condition_number(biased),
        "steps": descent_steps(plain),
        "steps with a bias": descent_steps(biased),
    }


a = np.random.default_rng(0).normal(size=(40_000, INPUTS))
X = activate(UNITS, a) - SHIFT
print(f"mean {X.mean():.2f}, variance {X.var():.3f}")
for name, value in look(X, BATCH).items():
    print(f"{name:18}{value:10.2f}")

# %% [markdown]
# The same for many shifts at once. Before you run it, sketch
# both curves, the share of gradients with one sign and
# $\kappa$. Which of them still tells a shift of −0.5 from
# one of 0?

# %%
# FLIP: True negates every other input. Guess which of the
# two panels changes.
FLIP = False

shifts = np.linspace(-0.5, 1.5, 21)
signs = np.where(FLIP & (np.arange(10) % 2 == 1), -1.0, 1.0)
a = np.random.default_rng(0).normal(size=(5000, 10))
seen = [
    look(signs * (activate("sigmoid", a) - shift))
    for shift in shifts
]
swept = {
    "shifts": shifts,
    "share": [row["samples, one sign"] for row in seen],
    "kappa": [row["κ"] for row in seen],
}


def plot_shifts(fig, swept):
    left, right = panels(fig, 2)
    shifts = swept["shifts"]
    left.plot(shifts, swept["share"], "o", color="s3")
    right.semilogy(shifts, swept["kappa"], "s", color="s2")
    left.set_ylim(-0.06, 1.2)
    left.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    right.set(ylim=(0.7, 2000))
    right.set_yticks([1, 10, 100], ["1", "10", "100"])
    for ax in (left, right):
        ax.set(xlim=(-0.6, 1.6), xlabel="shift")
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    unit(left, "samples with one sign", 24)
    unit(right, "condition number", 34)


low = int(np.argmin(swept["kappa"]))
figure(
    plot_shifts,
    swept,
    alt="Two panels against the shift. Left, the share of "
    "gradients with one sign: "
    f"{swept['share'][0]:.2f} at shift {shifts[0]}, "
    f"{swept['share'][low]:.2f} at {shifts[low]:.1f}, "
    f"{swept['share'][-1]:.2f} at {shifts[-1]}. Right, the "
    f"condition number: {swept['kappa'][0]:.0f}, "
    f"{swept['kappa'][low]:.1f} and "
    f"{swept['kappa'][-1]:.0f}.",
)

# %% [markdown]
# ## The walk
#
# Two inputs, one sample a step, from $(0, 0)$ to weights of
# opposite sign. Each kind of input runs at its own rate, a
# share of $1 / \mathbb{E}\lVert x \rVert^2$.

# %%
# TIMES: the share. Try 0.2 and 0.05. Look for what a lower
# rate does to the detour, which is the length of the path
# over the distance, and what to the steps. The goal (1, 1)
# is the control.
TIMES = 0.5
# SEED: of the samples. Try 1, 2, 3.
SEED = 0

found = moments()
print("inputs            goal      steps  detour")
routes = {}
for units in ("sigmoid", "centered sigmoid"):
    key = units.replace(" ", "_")
    m, v = found[f"{key}_mean"], found[f"{key}_var"]
    lr = TIMES / (2 * (m**2 + v))
    for goal in ([1, -1], [1, 1]):
        route = sgd_path(units, goal, lr, SEED)
        length = np.hypot(*np.diff(route.T)).sum()
        detour = length / np.hypot(*route[-1])
        row = f"{units:18}{goal!s:8}{len(route) - 1:7}"
        print(f"{row}{detour:8.2f}")
        if goal == [1, -1]:
            routes[f"{key}_opposite_path"] = route
print("\nfull batch, at 1 over the largest curvature:")
curvatures = two_targets(found)
first, second = (len(r) - 1 for r in routes.values())
figure(
    plot_paths,
    routes,
    curvatures,
    alt="Paths of two weights from (0, 0) to (1, −1). "
    f"Left, sigmoid inputs: {first} steps, to and fro "
    "along the rising diagonal. Right, centered inputs: "
    f"{second} steps in changing directions.",
)

# %% [markdown]
# ## Task 1: positive and well conditioned
#
# “Never negative” is not the trouble. Show it: build inputs
# that are all above 0, so that every sample moves all weights
# one way, and yet have a small $\kappa$. With mean $m$ and
# variance $v$, $d$ independent inputs have
# $\kappa = 1 + d\,m^2/v$. So what must a positive number
# look like most of the time?


# %% tags=["task"]
def positive_inputs(rng, n, d):
    """Inputs (n, d), all above 0, of κ below 2 at d = 10.

    rng is a generator of NumPy.
    """
    ...  # your turn


# %%
def drawn(seed, n=20_000, d=10):
    rng = np.random.default_rng(seed)
    return positive_inputs(rng, n, d)


if drawn(0, 10) is None:
    print("Task 1 is open.")
else:
    for seed in (0, 1):
        x = np.asarray(drawn(seed))
        assert x.shape == (20_000, 10), (
            "inputs must be (n, d): "
            f"{x.shape} is not (20000, 10)"
        )
        assert np.isfinite(x).all(), "not all are finite"
        assert x.min() > 0, (
            f"all inputs must be above 0: {x.min():.3g} is "
            "not; subtracting the mean is not the way here"
        )
        kappa = condition_number(second_moment(x))
        m, v = x.mean(), x.var(axis=0).mean()
        assert v > 1e-12 * m**2, (
            "inputs that never change have no variance: "
            "the smallest curvature is 0"
        )
        assert kappa < 2, (
            f"κ is {kappa:.1f}, not below 2: your m²/v is "
            f"{m**2 / v:.2f}, and a factor on all inputs "
            "leaves it as it is; most must be near 0, and "
            "few far above"
        )
    result = look(x)
    print("Task 1: right. All positive, and")
    for name in ("samples, one sign", "κ", "steps"):
        print(f"{name:18}{result[name]:8.2f}")
    rare = (x > x.mean()).mean()
    print(f"share of inputs above their mean: {rare:.3f}")

# %% [markdown]
# ## Task 2: a bias that does the centering
#
# A bias on the same rate as the weights makes $\kappa$ worse:
# you saw it in the first table. But what if it always stood
# at its best value? Write descent on
# $\frac12 \text{mean}((x \cdot w + b - t)^2)$ that first sets
# $b$ to the best value for the current $w$, then steps in
# $w$ alone, and again. Guess which descent that equals.


# %% tags=["task"]
def descend(x, t, lr, steps):
    """w (d,) and b, from w = 0, for x (n, d) and t (n,).

    Before each step, and after the last, b is at its best
    for w; each step goes down the slope of the mean loss.
    """
    ...  # your turn


# %%
rng = np.random.default_rng(3)
X = activate("sigmoid", rng.normal(size=(200, 10)))
w_star = rng.normal(size=10)
T = X @ w_star + 3.0

if descend(X, T, 1.0, 0) is None:
    print("Task 2 is open.")
else:
    w, b = descend(X, T, 1.0, 0)
    assert np.shape(w) == (10,), (
        f"w must be (d,): {np.shape(w)} is not (10,)"
    )
    assert np.all(w == 0), f"w starts at 0, not at {w}"
    assert abs(b - T.mean()) < 1e-9, (
        "with no step yet the best bias is the mean of t: "
        f"{b:.3f} is not {T.mean():.3f}"
    )
    w, b = descend(X, T, 1.0, 1)
    slope = X.T @ (T.mean() - T) / len(T)
    ratio = float(w @ -slope / (slope @ slope))
    assert np.allclose(w, -ratio * slope), (
        "the first step must use the residuals of the best "
        "bias, the mean of t"
    )
    assert ratio >= 0, "the first step goes up the loss"
    assert abs(ratio - 1) < 1e-9, (
        f"the first step is {ratio:.3g} times what it "
        "should be; the loss is half of a mean"
    )
    left = np.mean(X @ w + b - T)
    assert abs(left) < 1e-9, (
        "after the last step b must be set again: the "
        f"residuals have the mean {left:.3f}, not 0"
    )
    r = X @ w - T
    want = w - X.T @ (r - r.mean()) / len(T)
    w, b = descend(X, T, 1.0, 2)
    assert np.allclose(w, want), (
        "in the second step b must be the best one for the "
        "weights of then, the mean of t − x·w: you are off "
        f"by up to {np.abs(w - want).max():.3f}"
    )
    centered = second_moment(X, center=True)
    rate = 1 / np.linalg.eigvalsh(centered)[-1]
    w, b = descend(X, T, rate, 50)
    same = np.zeros(10)
    for _ in range(50):
        same = same - rate * centered @ (same - w_star)
    gap = np.abs(w - same).max()
    assert gap < 1e-9, (
        f"after 50 steps the weights are off by {gap:.3g}"
    )
    print("Task 2: right. After 50 steps your weights and")
    print("those of descent on centered inputs differ by")
    print(f"{gap:.0e} at most. Steps to a thousandth:")
    for name, m in {
        "bias at the same rate": second_moment(X, True),
        "bias at its best": centered,
    }.items():
        print(f"{name:22}{descent_steps(m):6}")

# %% [markdown]
# ## Task 3: take the centering out again
#
# Centering changes no function that the neuron can compute,
# only how descent gets there. Prove it: a neuron was trained
# on standardized inputs $z_j = (x_j - m_j) / s_j$ and has
# weights $w$ and bias $b$. Find the weights and the bias with
# which it does the same on $x$ itself.


# %% tags=["task"]
def fold(w, b, mean, sd):
    """Weights (d,) and bias for raw inputs.

    From w (d,) and b for (x - mean) / sd, with mean (d,)
    and sd (d,) of the training rows.
    """
    ...  # your turn


# %%
one = [np.array([value]) for value in (8.0, 2.0, 4.0)]

if fold(one[0], 1.0, one[1], one[2]) is None:
    print("Task 3 is open.")
else:
    w, b = fold(one[0], 1.0, one[1], one[2])
    assert np.shape(w) == (1,), (
        f"weights must be (d,): {np.shape(w)} is not (1,)"
    )
    assert np.ndim(b) == 0, (
        "the bias must be one number, a sum over inputs: "
        f"its shape is {np.shape(b)}"
    )
    why = {
        32.0: "; divide by sd",
        8.0: "; raw inputs have another spread",
    }.get(float(w[0]), "")
    assert np.allclose(w, 2), (
        "w = 8 on (x − 2) / 4 is a weight on x of 2: "
        f"{float(w[0])} is not{why}"
    )
    why = {
        1.0: "the mean must go somewhere",
        5.0: "the mean was subtracted",
        -15.0: "the mean is divided by sd too",
    }.get(float(b), "put x = 0 into both")
    assert np.isclose(b, -3), (
        "8 (x − 2) / 4 + 1 is −3 at x = 0: a bias of "
        f"{float(b)} is not; {why}"
    )
    new = activate("sigmoid", rng.normal(size=(1000, 10)))
    mean, sd = X.mean(axis=0), X.std(axis=0)
    w, b = fold(w_star, 0.5, mean, sd)
    gap = (new - mean) / sd @ w_star + 0.5 - (new @ w + b)
    assert np.abs(gap).max() < 1e-9, (
        "with ten inputs the answers differ by up to "
        f"{np.abs(gap).max():.3g}"
    )

    def trained(x, steps=30):
        """Descent on weights and bias, at its best rate."""
        ones = np.hstack([x, np.ones((len(x), 1))])
        eigs = np.linalg.eigvalsh(ones.T @ ones / len(x))
        rate, w = 2 / (eigs[0] + eigs[-1]), np.zeros(11)
        for _ in range(steps):
            w = w - rate * ones.T @ (ones @ w - T) / len(x)
        return w[:-1], w[-1]

    z = (X - mean) / sd
    goal, few = new @ w_star + 3.0, new[:5]
    raw = trained(X)
    folded = fold(*trained(z), mean, sd)
    own = (few - few.mean(axis=0)) / few.std(axis=0)
    w, b = trained(z)
    print("Task 3: right. Error on new rows, 30 steps:")
    for name, answer in {
        "raw inputs": new @ raw[0] + raw[1],
        "standardized, folded": new @ folded[0] + folded[1],
    }.items():
        error = np.mean((answer - goal) ** 2)
        print(f"{name:26}{error:10.6f}")
    error = np.mean((own @ w + b - goal[:5]) ** 2)
    print(f"five rows, own mean and sd{error:10.6f}")
    print("The last line is why the mean must be that of")
    print("the training rows: folded weights contain it.")

# %% [markdown]
# ## Where to go
#
# - [The mean, not the sign](../centering.md#the-mean-not-the-sign)
#   has two more pairs of inputs, and the spectrum of many.
# - [On real digits](../centering.md#on-real-digits) removes
#   the mean of each hidden unit of a net.
# - [What helps](../centering.md#what-helps) does it with batch
#   normalization.
