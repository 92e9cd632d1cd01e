"""Drawings of what the experiments found."""

import numpy as np

from snippets.drawing import is_narrow, panels, unit

DASHED = (0, (4, 2.5))


def sketch_prox(fig, proximal):
    """A weight after L2, and after L1, which is flat around 0."""
    ax, z = fig.subplots(), proximal["z"]
    ax.axhline(0, color="edge", linewidth=1)
    ax.plot(z, proximal["l2"], color="s2", linewidth=2)
    ax.plot(z, proximal["l1"], color="s3", linewidth=2.75)
    ax.axis("off")


def plot_u(fig, overfitting):
    """Training and test error of ridge against its strength."""
    ax, lams, narrow = fig.subplots(), overfitting["lams"], is_narrow(fig)
    test, train = overfitting["test"], overfitting["train"]
    low, high = np.percentile(test, [10, 90], axis=0)
    ax.fill_between(lams[::3], low[::3], high[::3], color="s2", alpha=0.16, linewidth=0)
    ax.loglog(lams, test.mean(axis=0), color="s2")
    ax.loglog(lams, train.mean(axis=0), color="s4", linestyle=DASHED)
    best, least = overfitting["best_lam"], overfitting["least_test"]
    ax.plot(best, least, "o", color="s2")
    ax.annotate(f"least: {least:.0f}\nat λ = {best:.0f}", (best, least), (-4, 26), ha="center",
                textcoords="offset points", color="t2")  # fmt: skip
    ax.text(lams[4], 1.45 * test.mean(axis=0)[4], "test rows", color="t2")
    ax.text(lams[1], 1.4 * train.mean(axis=0)[1], "training rows", color="muted")
    ax.set(ylim=(900, 26_000), xlabel="strength λ of the ridge penalty")
    ax.set_yticks([1000, 3000, 10_000], ["1000", "3000", "10,000"])
    shown = slice(4 if narrow else 5)
    ax.set_xticks(
        [1e-3, 0.1, 10, 1000, 1e5][shown], ["0.001", "0.1", "10", "1000", "100,000"][shown]
    )
    unit(ax, "mean squared error", 44)


def plot_paths(fig, ridge_path, lasso_path, diabetes):
    """Weights against the strength: ridge's cross 0, the lasso's arrive there."""
    names, flips = list(diabetes["names"]), ridge_path["flips"]
    rows = (
        ("ridge", ridge_path["lams"], ridge_path["w"], "λ, on the sum of squares",
         {1: "1", 100: "100", 10_000: "10,000"}),
        ("lasso", 100 * lasso_path["shares"][::-1], lasso_path["w"][::-1], "λ, in % of λ max",
         {0.1: "0.1", 1: "1", 10: "10", 100: "100"}),
    )  # fmt: skip
    for ax, (name, x, w, label, ticks) in zip(panels(fig, 2), rows, strict=True):
        thin = slice(None, None, len(x) // 24)
        x, w = x[thin], w[thin]
        zero = w == 0
        inside = zero & np.roll(zero, 1, axis=0) & np.roll(zero, -1, axis=0)
        for j in np.argsort(flips):
            ink, width = ("s3", 2) if flips[j] else ("s4", 1.25)
            ax.semilogx(x, np.where(inside[:, j], np.nan, w[:, j]), color=ink, linewidth=width)
            (k,) = np.nonzero(np.diff(np.sign(w[:, j])))
            share = w[k, j] / (w[k, j] - w[k + 1, j])  # of the way to the next point
            ax.plot(x[k] * (x[k + 1] / x[k]) ** share, 0 * k, "o", color=ink, markersize=5)
        for feature in ("s1", "s2", "s3"):
            level = w[0, names.index(feature)]
            left = x[0] * (x[0] / x[-1]) ** 0.015
            ax.text(left, level, feature, ha="right", va="center", color="t3", size=14)
        ax.text(x[-1], 32, name, weight=600, ha="right")
        ax.set(ylim=(-42, 38), xlim=(x[0] * (x[0] / x[-1]) ** 0.12, x[-1] * 1.1), xlabel=label)
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.set_yticks([-40, -20, 0, 20], ["−40", "−20", "0", "20"])
        unit(ax, "weight", 28)


def plot_zeros(fig, zeros):
    """The largest weight that should be 0, by step, for four ways to descend."""
    ax, steps, floor = fig.subplots(), zeros["steps"], 3e-3
    at = np.unique(np.logspace(0, np.log10(5000), 24).astype(int)) - 1
    for k, text in enumerate(("1/L", "0.1/L", "0.01/L")):
        ax.loglog(steps[at], zeros[f"slope_{k}"][at], color="s3", linewidth=1.5)
        ax.text(5800, zeros[f"slope_{k}_last"] / 1.5, text, color="t3", va="center")
    settled = zeros["ista_settled"]
    ista = np.append(zeros["ista"][: settled - 1], floor)
    ax.plot(steps[:settled], ista, color="s2", linestyle=DASHED)
    ax.plot(settled, floor, "s", color="s2", clip_on=False)
    ax.text(settled * 1.25, 4.5e-3, f"ISTA: exactly 0 from step {settled}", color="t2")
    ax.text(1.2, 22, "plain descent, at three rates", color="t3")
    ax.set(xlim=(1, 5000), ylim=(floor, 60), xlabel="step")
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    unit(ax, "largest weight that should be 0", 34)


def plot_bias_variance(fig, bias_variance, contest):
    """Squared bias and variance of ridge, stacked, for two truths; the lasso's best."""
    lams = bias_variance["lams"][::5]
    titles = {"dense": "20 weights alike", "sparse": "3 of 20 weights"}
    for ax, (name, title) in zip(panels(fig, 2), titles.items(), strict=True):
        var, bias2 = bias_variance[f"{name}_var"][::5], bias_variance[f"{name}_bias2"][::5]
        ax.fill_between(lams, 0, var, color="s2", alpha=0.35, linewidth=0)
        ax.fill_between(lams, var, var + bias2, color="s3", alpha=0.35, linewidth=0)
        ax.semilogx(lams, var + bias2, color="ink")
        ax.plot(bias_variance[f"{name}_best_lam"], bias_variance[f"{name}_best"], "o", color="ink")
        lasso = contest[f"{name}_lasso"][1]  # of the same design
        ax.axhline(lasso, color="s1", linestyle=DASHED, linewidth=1.75)
        ax.text(800, lasso + 0.12, "lasso's best", size=14, ha="right")
        ax.text(0.1, 1.1, "variance", ha="center", color="t2")
        ax.text(250, 1.3, "bias²", ha="center", color="t3")
        ax.text(0.012, 4.9, title, weight=600)
        ax.set(xlim=(0.01, 1000), ylim=(0, 5.4), xlabel="strength λ of ridge")
        ax.set_xticks([0.01, 1, 100], ["0.01", "1", "100"])
        ax.set_yticks([0, 2, 4])
        unit(ax, "squared error of the prediction", 16)


def plot_adam(fig, optimizers):
    """What is left of a weight, against the size of its gradients."""
    ax, scales = fig.subplots(), optimizers["scales"]
    ax.semilogx(optimizers["law_scales"][::4], optimizers["law"][::4], color="s3", linestyle=DASHED)
    ax.axhline(optimizers["decayed"], color="s2", linestyle=DASHED)
    for name, ink, marker in (("adam", "s3", "o"), ("adamw", "s2", "s")):
        error = optimizers[f"{name}_error"] / 2
        ends = np.stack([optimizers[name] - error, optimizers[name] + error, 0 * error + np.nan])
        ax.plot(np.repeat(scales, 3), ends.T.ravel(), color=ink, linewidth=1.25)
        ax.plot(scales, optimizers[name], marker, color=ink)
    ax.text(2.4, 0.72, "Adam with L2", color="t3", ha="right")
    ax.text(0.009, 0.22, "AdamW", color="t2")
    ax.set(xlim=(0.008, 125), ylim=(-0.07, 1.1), xlabel="size of the gradients")
    ax.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    unit(ax, "weight left of 1", 26)
