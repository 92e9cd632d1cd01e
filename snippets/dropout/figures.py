"""Drawings of what the experiments found."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from snippets.drawing import is_narrow, panels, unit

DASHED = (0, (4, 2.5))


def sketch_masks(fig, six_masks):
    """Ten units in six steps: dots are kept, rings are dropped."""
    ax, kept = fig.subplots(), six_masks["kept"]
    for units, face, edge in ((kept, "s2", "s2"), (~kept, "none", "edge")):
        rows, columns = np.nonzero(units)
        ax.plot(columns, rows, "o", markersize=7.5, markerfacecolor=face, markeredgecolor=edge)
    ax.axis("off")


def plot_noise(fig, noise_curve):
    """Relative noise against drop rate, closed form and simulated."""
    ax = fig.subplots()
    ax.semilogy(noise_curve["rates"], noise_curve["noise"], color="s2")
    ax.semilogy(noise_curve["dot_rates"], noise_curve["simulated"], "o", color="s3")
    ax.axhline(1, color="edge", linewidth=1, linestyle=DASHED)
    ax.text(0.99, 0.52, "as strong as the signal", color="muted", size=14, ha="right")
    ax.text(0.84, 2.1, "r / (1 − r)", color="t2")
    ax.annotate("simulated", (0.75, noise_curve["simulated"][5]), (-12, 6), ha="right",
                textcoords="offset points", color="t3")  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(0.01, 20), xlabel="drop rate r", yticks=[0.01, 0.1, 1, 10])
    ax.set_yticklabels(["0.01", "0.1", "1", "10"])
    unit(ax, "variance of the noise ÷ signal squared", 34)


def plot_masks(fig, all_masks):
    """Pre-activations of one unit over all masks, and the two means after ReLU."""
    ax, z, narrow = fig.subplots(), all_masks["z"], is_narrow(fig)
    edges = np.arange(np.floor(z.min()), np.ceil(z.max()) + 0.1, 1)
    counts, _ = np.histogram(z, edges)
    middles, width = (edges[:-1] + edges[1:]) / 2, 0.86 * (edges[1] - edges[0])
    for side, ink in ((middles < 0, "s4"), (middles > 0, "s2")):
        ax.bar(middles[side], counts[side], width, color=ink)
    top = counts.max()
    for x, ink, line in ((all_masks["weight_scaled"], "ink", "-"),
                         (all_masks["true_mean"], "s3", DASHED)):  # fmt: skip
        ax.vlines(x, 0, 1.42 * top, color="paper", linewidth=5)
        ax.vlines(x, 0, 1.42 * top, color=ink, linestyle=line)
    scaled, mean = all_masks["weight_scaled"], all_masks["true_mean"]
    ax.text(scaled - 0.2, 1.2 * top, f"weight scaling\nsays {scaled:.0f}", ha="right")
    ax.text(mean + 0.2, 1.2 * top, f"true mean of\nrelu(z), {mean:.2f}", color="t3")
    if not narrow:
        ax.text(-4.1, 0.86 * top, "relu sets these to 0", ha="right", color="muted")
        ax.text(4.15, 0.86 * top, "these it keeps", color="t2")
    reach = np.abs(edges).max() + 0.3
    ax.set(xlim=(-reach, reach), ylim=(0, 1.45 * top), xlabel="pre-activation z of one unit")
    ax.set_xticks(range(-6, 7, 2))
    ax.set_yticks([tick for tick in range(0, 400, 40 if top < 160 else 80) if tick <= top])
    unit(ax, "number of masks", 26)


def plot_dictionary(fig, dictionary):
    """How far the inverted run is from q times the standard run."""
    steps = dictionary["steps"]
    names = {"sgd": "SGD", "adam": "Adam"}
    for ax, (key, name) in zip(panels(fig, 2), names.items(), strict=True):
        for case, ink, line in (("unmatched", "s3", DASHED), ("matched", "s2", "-")):
            gaps = np.maximum(dictionary[f"{key}_{case}"], 1e-18)  # a log axis has no 0
            ax.semilogy(steps, gaps, color=ink, linestyle=line)
        ax.text(200, 1.2, "learning rate kept", color="t3", ha="right")
        ax.text(200, 3e-15, "learning rate from the dictionary", color="t2", ha="right")
        ax.text(0, 1e2, name, weight=600)
        ax.set(xlim=(0, 200), ylim=(1e-18, 1e3), xlabel="training step")
        ax.set_yticks([1e-15, 1e-10, 1e-5, 1], ["1e−15", "1e−10", "1e−5", "1"])
        unit(ax, "largest distance of a weight", 38)


def plot_noisy(fig, noisy):
    """Test and training error of every net against its drop rate."""
    ax, rates = fig.subplots(), noisy["rates"]
    rows = {"train_error": ("s4", "s", "on its training labels", "muted"),
            "error": ("s2", "o", "on clean test digits", "t2")}  # fmt: skip
    for key, (ink, marker, text, label_ink) in rows.items():
        means = noisy[key].mean(axis=1)
        ax.plot(rates, means, color=ink, linestyle="-" if key == "error" else DASHED)
        for seed in range(noisy[key].shape[1]):
            ax.plot(rates, noisy[key][:, seed], marker, color=ink, markersize=5.5)
        at, side = (0, "left") if key == "error" else (-1, "right")
        ax.text(rates[at], noisy[key][at].max() + 1.2, text, color=label_ink, ha=side)
    ax.set(xlim=(-0.03, 0.84), ylim=(0, 25), xlabel="drop rate r", xticks=rates)
    ax.set_yticks([0, 10, 20])
    unit(ax, "error, %", 22)


def plot_mc(fig, mc):
    """Monte Carlo averages of k passes against one pass of weight scaling."""
    passes = mc["passes"]
    rows = {"error": "test error, %", "nll": "test negative log-likelihood, nats"}
    for ax, (key, text) in zip(panels(fig, 2), rows.items(), strict=True):
        for values in mc[key]:
            ax.semilogx(passes, values, color="s3", linewidth=1, alpha=0.45)
        ax.semilogx(passes, mc[key].mean(axis=0), "o-", color="s3", markersize=6)
        scaled = mc[f"scaled_{key}"].mean()
        ax.axhline(scaled, color="s2", linestyle=DASHED)
        low, high = min(mc[f"scaled_{key}"].min(), mc[key].min()), mc[key].max()
        span = high - low
        ax.set(ylim=(low - 0.25 * span, high + 0.08 * span), xlim=(0.9, 56),
               xlabel="forward passes averaged, k")
        ax.text(1, low - 0.03 * span, "weight scaling, one pass", color="t2", va="top")
        ax.text(2.4, mc[key].mean(axis=0)[1] + 0.05 * span, "Monte Carlo", color="t3")
        ax.set_xticks(passes, [f"{k:d}" for k in passes])
        ax.yaxis.set_major_locator(MaxNLocator(4))
        unit(ax, text, 30)
