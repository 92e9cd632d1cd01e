"""Drawings of what the experiments found."""

import numpy as np

from snippets.drawing import panels, unit

DASHED = (0, (4, 2.5))
LOOKS = {
    "sigmoid": ("s3", "t3", "o", "sigmoid"),
    "relu": ("s2", "t2", "s", "ReLU"),
    "tanh": ("s1", "ink", "^", "tanh"),
}


def ellipses(ax, center, eigs, top):
    """Level lines of a loss whose curvature along (1, 1) is the larger, below top."""
    angle = np.linspace(0, 2 * np.pi, 73)
    (left, right), (bottom, _) = ax.get_xlim(), ax.get_ylim()
    for level in (0.004, 0.02, 0.06):
        slow, fast = np.sqrt(2 * level / eigs)
        along = np.stack([slow * np.cos(angle), fast * np.sin(angle)])
        x = center[0] + (along[0] + along[1]) / np.sqrt(2)
        y = center[1] + (along[1] - along[0]) / np.sqrt(2)
        shown = (x > left) & (x < right) & (y > bottom) & (y < top)
        ax.plot(np.where(shown, x, np.nan), y, color="s4", linewidth=1)


def sketch_paths(fig, paths, two_targets):
    """SGD to (1, -1) over the loss's level lines."""
    ax = fig.subplots()
    ax.set(xlim=(-0.35, 1.35), ylim=(-1.32, 0.3))
    ellipses(ax, (1, -1), two_targets["eigs"], 0.3)
    path = paths["sigmoid_opposite_path"]
    ax.plot(path[:, 0], path[:, 1], color="s3", linewidth=1.5)
    ax.plot(1, -1, "o", color="ink", markersize=6)
    ax.axis("off")


def plot_signs(fig, signs):
    """Gradients of one neuron with two inputs, by sample."""
    names = {"sigmoid": "Sigmoid inputs", "tanh": "Tanh inputs"}
    for ax, (name, title) in zip(panels(fig, 2), names.items(), strict=True):
        ink, text, _, _ = LOOKS[name]
        G = signs[name][:40]
        reach = 1.05 * np.abs(G).max()
        for side in (-reach, reach):
            ax.fill([0, side, side, 0], [0, 0, side, side], color="grid", linewidth=0)
        apart = np.full_like(G, np.nan)
        x, y = np.stack([0 * G, G, apart], axis=1).reshape(-1, 2).T
        ax.plot(x, y, color=ink, linewidth=1.5)
        ax.plot([-reach, reach], [0, 0], color="edge", linewidth=1)
        ax.plot([0, 0], [-reach, reach], color="edge", linewidth=1)
        count, total = signs[f"{name}_opposite"], len(signs[name])
        ax.text(-reach, 1.32 * reach, title, color=text, weight=600)
        ax.text(-reach, 1.1 * reach, f"{count} of {total} slopes differ in sign", color=text)
        ax.set(xlim=(-reach, reach), ylim=(-reach, 1.5 * reach), yticks=[], xticks=[])
        ax.spines.bottom.set_visible(False)
        ax.set_xlabel("slope in weight 1")
        unit(ax, "slope in weight 2")


def plot_batches(fig, batches, moments):
    """How often all weights of a neuron move together, by batch size."""
    for ax, d in zip(panels(fig, 2), (2, 10), strict=True):
        for name, (ink, text, marker, label) in LOOKS.items():
            fractions, limit = batches[f"{name}_{d}"], moments[f"{name}_limit_{d}"]
            ax.plot([0.85, 300], [limit] * 2, color=ink, linewidth=1.25, linestyle=DASHED)
            ax.semilogx(batches["sizes"], fractions, marker, color=ink, markersize=6.5)
            place = limit + (0.03 if name == "relu" else 0)
            value = f"{limit:.2f}" if limit > 0.01 else f"{limit:.3f}"
            ax.text(360, place, f"{label} {value}", color=text, va="center")
        ax.set(xlim=(0.85, 3600), ylim=(-0.06, 1.06), xlabel="samples in a batch")
        ax.set_xticks(batches["sizes"][::2], [f"{size}" for size in batches["sizes"][::2]])
        ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        ax.minorticks_off()
        unit(ax, f"share of batches that move all {d} weights alike", 24)


def plot_paths(fig, paths, two_targets):
    """SGD to (1, -1) over the loss's level lines, with raw and centered inputs."""
    small, large = two_targets["eigs"]
    rows = {
        "sigmoid": ("Sigmoid inputs", "s3", "t3", np.array([small, large])),
        "centered_sigmoid": ("Centered inputs", "s2", "t2", np.array([small, small])),
    }
    for ax, (key, (title, ink, text, eigs)) in zip(panels(fig, 2), rows.items(), strict=True):
        path = paths[f"{key}_opposite_path"]
        ax.set(xlim=(-0.75, 2.3), ylim=(-2.0, 0.95), xlabel="weight 1")
        ellipses(ax, (1, -1), eigs, 0.5)
        ax.plot(path[:, 0], path[:, 1], color=ink, linewidth=1.25)
        ax.plot(0, 0, "s", color="ink", markersize=7)
        ax.plot(1, -1, "o", color="ink", markersize=8)
        ax.text(-0.1, 0.0, "start", ha="right", va="center")
        ax.text(1.12, -1.02, "goal", va="center")
        ax.text(2.3, 0.6, f"{title}: {len(path) - 1} steps", color=text, ha="right")
        ax.set_xticks([0, 1, 2])
        ax.set_yticks([-2, -1, 0], ["−2", "−1", "0"])
        unit(ax, "weight 2", 22)


def plot_conditioning(fig, conditioning):
    """Condition numbers against the number of inputs, formula and samples."""
    dims, drawn = conditioning["dims"], conditioning["drawn"]
    names = {"plain": "without a bias", "bias": "with a bias"}
    places = {
        "plain": {"sigmoid": (30, 420), "relu": (30, 6), "tanh": (30, 1.7)},
        "bias": {"sigmoid": (14, 2200), "relu": (30, 38), "tanh": (30, 4.4)},
    }
    for ax, (key, title) in zip(panels(fig, 2), names.items(), strict=True):
        for name, (ink, text, marker, label) in LOOKS.items():
            ax.loglog(dims, conditioning[f"{name}_{key}"], color=ink)
            ax.loglog(drawn, conditioning[f"{name}_{key}_drawn"], marker, color=ink)
            side = "right" if name == "sigmoid" else "left"
            ax.text(*places[key][name], label, color=text, va="center", ha=side)
        ax.set(xlim=(1.8, 220), ylim=(0.7, 1e5), xlabel=f"inputs d, {title}")
        ax.set_xticks([2, 10, 20, 100], ["2", "10", "20", "100"])
        ax.set_yticks([1, 10, 100, 1e3, 1e4], ["1", "10", "100", "1,000", "10,000"])
        ax.minorticks_off()
        unit(ax, "condition number", 44)


def plot_spectrum(fig, spectrum):
    """Eigenvalues of one draw each, of inputs with and without a mean."""
    low, high = spectrum["low"], spectrum["high"]
    edges = low * (high / low) ** (np.arange(-1, 42) / 12)
    for ax, (key, m, ink, text) in zip(
        panels(fig, 2),
        [("centered", "0", "s2", "t2"), ("shifted", "0.5", "s3", "t3")],
        strict=True,
    ):
        counts, _ = np.histogram(spectrum[key][0], edges)
        ax.stairs(counts, edges, fill=True, color=ink, linewidth=0)
        for x in (low, high):
            ax.plot([x, x], [0, 15.5], color="ink", linewidth=1.25, linestyle=DASHED)
        ax.text(2.1, 14, f"mean {m}", color=text)
        ax.text(2.1, 10.3, "dashed: where they\nend for mean 0", color="muted")
        largest = spectrum[key][0, -1]
        if largest > 2 * high:
            ax.text(largest, 1.7, f"{largest:.1f}", color=text, ha="center")
        ax.set(xscale="log", xlim=(0.38, 40), ylim=(0, 16), xlabel="eigenvalue, log scale")
        ax.set_xticks([0.5, 1, 2, 5, 10, 25], ["0.5", "1", "2", "5", "10", "25"])
        ax.set_yticks([0, 5, 10, 15])
        ax.minorticks_off()
        unit(ax, "eigenvalues, of 100", 22)


def plot_digits(fig, digits, digits_shift):
    """Losses on digits at the best rate of each net."""
    left, right = panels(fig, 2)
    left.plot(digits["steps"], digits_shift["shifted_curve"], color="s4", linestyle=DASHED)
    for ax, name in ((left, "sigmoid"), (right, "relu")):
        raw, centered = digits[f"{name}_curve"], digits[f"{name}_mean_curve"]
        ax.axhline(0.3, color="edge", linewidth=1)
        ax.semilogy(digits["steps"], raw, color="s3", linestyle=(0, (2, 1.5)))
        ax.semilogy(digits["steps"], centered, color="s2")
        rate = digits[f"{name}_mean_best"]
        ax.text(0.5, 0.052, f"batch mean removed, rate {rate:.0f}", color="t2")
        ax.set(xlim=(0, 60), ylim=(0.045, 3.6), xlabel="steps of full-batch descent")
        ax.set_yticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
        ax.minorticks_off()
        unit(ax, "training loss, nats", 24)
    left.text(20, 1.5, f"sigmoid, rate {digits['sigmoid_best']:.0f}", color="t3")
    rate = digits_shift["shifted_best"]
    left.text(60, 0.12, f"sigmoid − 0.5, rate {rate:.0f}", color="muted", ha="right")
    right.text(18, 1.2, f"ReLU, rate {digits['relu_best']:.0f}", color="t3")


def plot_digits_signs(fig, digits_signs):
    """How often 30 weights move together on digits, by batch size."""
    ax, sizes = fig.subplots(), digits_signs["sizes"]
    rows = {"start": ("s4", "s", DASHED, "muted", "before training"),
            "later": ("s3", "o", "-", "t3", "after 100 steps")}  # fmt: skip
    for key, (ink, marker, line, text, label) in rows.items():
        fractions = digits_signs[f"sigmoid_{key}"].mean(axis=0)
        ax.semilogx(sizes, fractions, marker, color=ink, linestyle=line)
        ax.text(70, fractions[-3] + 0.06, label, color=text)
    ax.semilogx(sizes, digits_signs["tanh_later"].mean(axis=0), "^", color="s1")
    ax.text(1, 0.06, "tanh and ReLU: never")
    ax.set(xlim=(0.85, 620), ylim=(-0.04, 1.06), xlabel="samples in a batch")
    ax.set_xticks([1, 4, 16, 64, 512], ["1", "4", "16", "64", "512"])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.minorticks_off()
    unit(ax, "share of batches that move all 30 weights alike", 24)
