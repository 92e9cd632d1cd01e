# %% [markdown]
# # Lab: Softmax twice
#
# A model ends in a softmax, and its loss applies another one. Nothing
# complains. You will measure what the second softmax takes from the
# gradient, find out which learning rate gives it back, see which
# probabilities such a model ends up showing, and repair its loss. The lab
# continues [Which cross-entropy?](../crossentropy.md).

# %%
import numpy as np
import torch

from press.notebook import figure
from snippets.crossentropy.experiments import double_softmax
from snippets.crossentropy.scratch import (
    categorical_ce,
    double_softmax_bounds,
    sigmoid,
    softmax,
)
from snippets.crossentropy.torch_ import (
    torch_categorical_ce,
    torch_double_softmax,
    torch_gradient,
)
from snippets.drawing import unit

# %% [markdown]
# ## One confident mistake
#
# This is the article's experiment. Three classes, logits 10, 0 and 0, and
# the last class is true: a confident mistake. Both losses then get the same
# steps of gradient descent on these logits, at rate 1.

# %%
found = double_softmax()
print("             first loss  largest slope  last loss")
for name, words in (
    ("correct", "one softmax"),
    ("double", "two"),
):
    print(
        f"{words:11}{found[f'{name}_wrong']:12.4f}"
        f"{found[f'{name}_pull']:15.5f}"
        f"{found[f'{name}_after']:11.4f}"
    )
low, high = double_softmax_bounds(3)
print(f"band of two {low:11.4f} to {high:.4f}")

# %% [markdown]
# The loss of two softmaxes stays in its band, and it starts right below the
# upper edge. From there it does not move.
#
# Now turn the knobs. The wrong class leads by some distance, all other
# logits are 0, and the table shows how hard each loss pulls up the true
# class.

# %%
CLASSES = 3  # try 2, 10, 100: watch the line of lead 0
LEADS = [0, 1, 2, 5, 10]  # try -5: the true class leads

print("lead     one softmax       two    two ÷ one")
true = torch.tensor([0])
for lead in LEADS:
    z = torch.zeros(1, CLASSES).double()
    z[0, 0 if lead < 0 else 1] = abs(lead)
    pulls = [
        -torch_gradient(loss, z, true)[0, 0].item()
        for loss in (
            torch_categorical_ce,
            torch_double_softmax,
        )
    ]
    print(
        f"{lead:4}{pulls[0]:16.5f}{pulls[1]:10.5f}"
        f"{pulls[1] / pulls[0]:13.5f}"
    )

# %% [markdown]
# Go down a column. With one softmax the pull grows with the mistake. With
# two it fades as the mistake becomes confident: the loss forgives.
#
# Then stay in the line of lead 0, a model without an opinion, and change
# `CLASSES`. There the ratio follows a simple rule. The first task finds it.
#
# ## Task 1: the slopes behind two softmaxes
#
# Let $p$ be the softmax of the logits $z$ and $q$ the softmax of $p$. At
# $p$ the loss has the slopes $g = q - t$. The inner softmax turns them into
# slopes at the logits. Its derivatives are
#
# $$
# \frac{\partial p_j}{\partial z_k} = p_j (\delta_{jk} - p_k)
# $$
#
# where $\delta_{jk}$ is 1 if $j = k$ and 0 otherwise.


# %% tags=["task"]
def slopes_twice(z, label):
    """Slopes (K,) of the loss of two softmaxes.

    z is (K,), the logits; label is the true class.
    `softmax` is imported. The chain rule multiplies g by
    the derivatives above and sums over j.
    """
    ...  # your turn


# %%
def check_slopes(slopes_of):
    z = np.array([2.0, 1.0, -1.0])
    if slopes_of(z, 0) is None:
        print("Task 1 is open.")
        return
    tried = [(z, 0), (z, 2), (np.array([0.5, -3.0]), 1)]
    for z, label in tried:
        got = np.asarray(slopes_of(z.copy(), label))
        assert got.shape == z.shape, (
            f"{len(z)} logits have {len(z)} slopes: the "
            f"shape {got.shape} is not {z.shape}"
        )
        rows = torch.tensor(z)[None]
        true = torch.tensor([label])
        once = torch_gradient(
            torch_categorical_ce, rows, true
        )[0].numpy()
        want = torch_gradient(
            torch_double_softmax, rows, true
        )[0].numpy()
        at_p = torch_gradient(
            torch_categorical_ce,
            torch.softmax(rows, 1),
            true,
        )[0].numpy()
        p = softmax(z)
        seen = np.round(got, 4)
        assert not np.allclose(got, once), (
            f"{seen} is p - t, the slopes of one softmax: "
            "the loss must see q"
        )
        assert not np.allclose(got, at_p), (
            f"{seen} is q - t, the slopes at p: the inner "
            "softmax is still to come"
        )
        assert not np.allclose(got, p * (1 - p) * at_p), (
            f"{seen} leaves out how a logit moves the "
            "probabilities of the other classes: sum over "
            "all j, not only j = k"
        )
        assert abs(got.sum()) < 1e-9, (
            "one number added to all logits changes "
            "nothing, so the slopes sum to 0, not to "
            f"{got.sum():.4f}"
        )
        assert np.allclose(got, want, rtol=0, atol=1e-9), (
            f"at the logits {z}, class {label} true, the "
            f"slopes are {want.round(4)}, not {seen}"
        )
    print("Task 1: right. With all logits 0:")
    print("classes   one softmax      two   one ÷ two")
    for k in (2, 10, 100):
        z, true = torch.zeros(1, k), torch.tensor([0])
        (once,) = torch_gradient(
            torch_categorical_ce, z, true
        )
        two = slopes_of(np.zeros(k), 0)[0]
        print(
            f"{k:7}{once[0]:14.4f}{two:9.4f}"
            f"{once[0] / two:12.1f}"
        )


check_slopes(slopes_twice)

# %% [markdown]
# ## A learning rate that makes up for it
#
# So on its first step a model with two softmaxes learns as slowly as if its
# learning rate were divided by the number of classes. Will a larger rate
# mend it? Here are classes in 20 dimensions, ten points in each, as in the
# article, and a linear model that starts from zero.


# %%
def points(classes):
    """Rows to learn from, rows to ask about, labels."""
    rng = np.random.default_rng(0)
    centers = 2 * rng.normal(size=(classes, 20))
    labels = torch.arange(classes).repeat(10)
    noise = rng.normal(size=(2, len(labels), 20))
    rows = torch.tensor(centers[labels] + noise).float()
    return *rows, labels


def learn(loss, rate, x, x_test, labels):
    """Test accuracy in percent before each step."""
    w, right = torch.zeros(20, len(labels.unique())), []
    for _ in range(201):
        hits = (x_test @ w).argmax(dim=1) == labels
        right.append(100 * hits.float().mean().item())
        slopes = torch_gradient(
            lambda w, y: loss(x @ w, y), w, labels
        )
        w = w - rate * slopes
    return np.array(right)


def plot_runs(fig, once, twice, rate):
    ax, steps = fig.subplots(), np.arange(len(once))
    ax.plot(steps[1:], once[1:], color="s2")
    ax.plot(
        steps[1:],
        twice[1:],
        color="s3",
        linestyle="--",
    )
    low = min(twice[-1], once[-1] - 16)  # apart from "one"
    for end, ink, words in (
        (once[-1], "t2", "one"),
        (low, "t3", f"two,\nrate {rate:g}"),
    ):
        ax.text(205, end, words, color=ink, va="center")
    ax.set(xlim=(0, 262), ylim=(0, 107), xlabel="step")
    ax.set_xticks([1, 50, 100, 150, 200])
    ax.set_yticks([0, 50, 100])
    unit(ax, "test accuracy, %", 30)


# %%
CLASSES = 100  # try 10, 30: do two softmaxes still harm?
RATE_TWICE = 0.5  # try 5, 50 and 500: is more better?

data = points(CLASSES)
once = learn(torch_categorical_ce, 0.5, *data)
twice = learn(torch_double_softmax, RATE_TWICE, *data)
print("accuracy in % after step    1    10    50   200")
for words, rate, right in (
    ("one softmax, ", 0.5, once),
    ("two softmaxes,", RATE_TWICE, twice),
):
    shown = "".join(
        f"{right[step]:6.1f}" for step in (1, 10, 50, 200)
    )
    print(f"{words:14} rate {rate:<5g}{shown}")

# %%
figure(
    plot_runs,
    once,
    twice,
    RATE_TWICE,
    alt=(
        f"Test accuracy by step for {CLASSES} classes. One "
        f"softmax at rate 0.5 ends at {once[-1]:.0f} %. "
        f"Two softmaxes at rate {RATE_TWICE:g} go as low "
        f"as {twice[1:].min():.0f} % and end at "
        f"{twice[-1]:.0f} %."
    ),
)

# %% [markdown]
# What to look for:
#
# - After step 1 both rows agree, whatever the rate. With all logits equal,
#   the slopes differ by one factor, and a factor does not move the largest
#   logit.
# - After that the accuracy of two softmaxes falls. Each slope of task 1
#   carries the factor $p_k$: a true class that has little probability is
#   barely pulled.
# - `RATE_TWICE = 50` is the rate of one softmax times the number of
#   classes. The model gets far, but after a detour.
# - At `RATE_TWICE = 500` it jumps into confident mistakes. There the pull
#   is gone, and it stays where it is. A rate can make up for the slow start.
#   It cannot make up for the forgiveness.
#
# ## What such a model believes
#
# Now let a model see nothing but the labels. A share of them is class 0,
# the others are spread evenly. The best answer is the share itself, and the
# loss of one softmax finds it. What does the loss of two find? We try every
# lead of the logit of class 0 and keep the one of the least mean loss.


# %%
def best_answers(shares, classes):
    """Probability shown for class 0, for both losses."""
    lead = np.linspace(-14, 14, 5601)
    rows = np.zeros((len(lead), classes))
    rows[:, 0] = lead
    p, found = softmax(rows), []
    labels = np.zeros(len(lead), int)
    for outputs in (rows, p):  # p: the loss adds another
        yes, no = (
            categorical_ce(outputs, truth, reduction="none")
            for truth in (labels, labels + 1)
        )
        least = [
            (share * yes + (1 - share) * no).argmin()
            for share in shares
        ]
        found.append(p[least, 0])
    return found


def plot_beliefs(fig, shares, once, twice):
    ax = fig.subplots()
    ax.plot(shares, once, "o", color="s2", markersize=5)
    ax.plot(shares, twice, "s", color="s3", markersize=5)
    end = {"ha": "right", "va": "center"}
    ax.text(0.98, 1.12, "two softmaxes", color="t3", **end)
    ax.text(0.98, 0.4, "one softmax", color="t2", **end)
    ax.set(xlim=(0, 1), ylim=(-0.05, 1.22))
    ax.set_xlabel("share of class 0 among the labels")
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    unit(ax, "probability of the best answer", 26)


# %%
CLASSES = 2  # try 3, 10: where does certainty begin?

shares = np.linspace(0.02, 0.98, 25)
once, twice = best_answers(shares, CLASSES)
figure(
    plot_beliefs,
    shares,
    once,
    twice,
    alt=(
        f"Best constant answer for one of {CLASSES} "
        "classes against its share. One softmax: the "
        f"diagonal, {once[15]:.2f} at a share of "
        f"{shares[15]:.2f}. Two softmaxes: a steep line, "
        f"{twice[15]:.2f} there, level at both ends."
    ),
)

# %% [markdown]
# With two softmaxes a clear majority becomes a certainty. The model
# exaggerates because the second softmax flattens: to get a moderate $q$, it
# needs an extreme $p$. With ten classes a plurality is enough.
#
# ## Task 2: the answer as a formula
#
# Two classes. The mean loss is least where $q$ is the share. The lead of
# class 0 within $p$ is $p_0 - p_1$, and that is what the second softmax
# reads as a difference of logits. So which $p_0$ makes $q_0$ the share, and
# what if no probability does?


# %% tags=["task"]
def believed(share):
    """Best p of class 0 after two softmaxes, two classes.

    share is between 0 and 1, the share of class 0. Return
    a number from 0 to 1.
    """
    ...  # your turn


# %%
def check_belief(belief_of):
    if belief_of(0.6) is None:
        print("Task 2 is open.")
        return
    shares = np.array([0.6, 0.5, 0.35, 0.7, 0.9, 0.05])
    _, want = best_answers(shares, 2)
    for share, right in zip(shares, want):
        got = float(belief_of(float(share)))
        odds = np.log(share / (1 - share))
        says = f"for a share of {share:.2f}"
        if share != 0.5:
            assert abs(got - share) > 1e-9, (
                f"{says} you return the share: that is the "
                "answer of one softmax"
            )
        assert abs(got - odds) > 1e-9, (
            f"{says}, {got:.4f} is the lead p0 - p1, not "
            "p0: the two sum to 1"
        )
        assert abs(got - sigmoid(2 * share - 1)) > 1e-9 or (
            share == 0.5
        ), (
            f"{says}, {got:.4f} is q0 if p0 is the share: "
            "you went forward, now go backward"
        )
        assert 0 <= got <= 1, (
            f"{says} you return {got:.4f}, which is no "
            "probability: which p comes closest?"
        )
        assert abs(got - right) < 0.005, (
            f"{says} the least mean loss is at "
            f"{right:.3f}, not at {got:.3f}"
        )
    edge = sigmoid(1.0)
    print("Task 2: right. Two softmaxes claim certainty")
    print(f"as soon as a class has {100 * edge:.1f} %.")


check_belief(believed)

# %% [markdown]
# ## Task 3: the repair
#
# A colleague's model ends in a softmax, and you may not change it. You have
# its probabilities, and a loss that applies softmax by itself. What must you
# hand to that loss instead of $p$, so that both its value and its gradient
# are those of one softmax? Work in PyTorch, so that the gradient finds its
# way back.


# %% tags=["task"]
def instead_of(p):
    """What to pass to F.cross_entropy in place of p.

    p is a tensor (N, K), rows of probabilities. Return a
    tensor (N, K).
    """
    ...  # your turn


# %%
def check_repair(repair):
    z = torch.tensor(
        [[2.0, 1.0, -1.0], [0.5, 0.0, 3.0]],
        requires_grad=True,
    )
    if repair(torch.softmax(z, 1)) is None:
        print("Task 3 is open.")
        return

    def repaired(z, labels):
        return torch_categorical_ce(
            repair(torch.softmax(z, 1)), labels
        )

    def both(loss, z, labels):
        slopes = torch_gradient(loss, z, labels)
        return loss(z, labels).item(), slopes

    assert repair(torch.softmax(z, 1)).requires_grad, (
        "what you return has no way back to the logits: "
        "keep it a tensor, without detach"
    )
    labels = torch.tensor([2, 1])
    loss, want = (
        both(each, z, labels)
        for each in (repaired, torch_categorical_ce)
    )
    twice = torch_double_softmax(z, labels).item()
    assert abs(loss[0] - twice) > 1e-5, (
        f"the loss is still {twice:.4f}, that of two "
        f"softmaxes, in place of {want[0]:.4f}"
    )
    assert abs(loss[0] - want[0]) < 1e-4, (
        f"softmax of what you pass is not p: the loss is "
        f"{loss[0]:.4f} in place of {want[0]:.4f}"
    )
    assert torch.allclose(loss[1], want[1], atol=1e-4), (
        f"the loss is right, its slopes {loss[1][0]} are "
        f"not {want[1][0]}"
    )
    far, last = torch.tensor([[30.0, 0.0]]), labels[1:]
    loss, want = (
        both(each, far, last)
        for each in (repaired, torch_categorical_ce)
    )
    assert abs(loss[0] - want[0]) < 1e-2, (
        f"a lead of 30 costs {loss[0]:.2f} in place of "
        f"{want[0]:.2f}: do not clip p or add to it, there "
        "is still room"
    )
    assert torch.allclose(loss[1], want[1], atol=1e-3), (
        f"at a lead of 30 the slopes are {loss[1][0]}, "
        f"not {want[1][0]}"
    )
    print("Task 3: right. The lead of the wrong logit:")
    print("  lead   repaired   logits")
    for lead in (10.0, 50.0, 100.0, 200.0):
        far = torch.tensor([[lead, 0.0]])
        print(
            f"{lead:6.0f}{repaired(far, last):11.2f}"
            f"{torch_categorical_ce(far, last):9.2f}"
        )


check_repair(instead_of)

# %% [markdown]
# Once the task is done, read the last line of its table: a probability that
# rounded to 0 has lost its logit for good. A repair behind the softmax
# works until there. A model that ends in logits has no such place.
#
# ## Where to go
#
# The article explains [the band and the other ways to mix up logits and
# probabilities](../crossentropy.md#softmax-twice), and why in
# `float32` [a probability ends where a logit goes
# on](../crossentropy.md#stability-shift-then-stay-in-logarithms).
# [The table](../crossentropy.md#which-one-to-use) says which loss to
# write from the start.
