"""Drawings of what the experiments found."""

import numpy as np

from snippets.drawing import is_narrow, panels, unit

DASHED = (0, (4, 2.5))


def signed(number, places):
    """The number with a minus sign instead of a hyphen."""
    return f"{number:.{places}f}".replace("-", "−")


def sketch_losses(fig, loss_curve):
    """Cross-entropy against squared error."""
    ax, p = fig.subplots(), loss_curve["p"]
    shown = p > 0.025  # the rest would leave no height for the squared error
    ax.axhline(0, color="edge", linewidth=1)
    for key, ink, line in (("ce", "s2", "-"), ("squared_error", "s3", DASHED)):
        ax.plot(p[shown], loss_curve[key][shown], color=ink, linestyle=line)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.15, 3.7))
    ax.axis("off")


def plot_loss(fig, loss_curve):
    """Both losses against p; then Keras at the smallest p."""
    ax, zoom = panels(fig, 2)
    ax.plot(loss_curve["p"], loss_curve["ce"], color="s2")
    ax.plot(loss_curve["p"], loss_curve["squared_error"], color="s3", linestyle=DASHED)
    for p, name in ((0.5, "half"), (0.1, "tenth"), (0.01, "hundredth")):
        loss = loss_curve[f"ce_{name}"]
        ax.plot(p, loss, "o", color="s2")
        ax.text(p + 0.025, loss + 0.1, f"{loss:.2f}", color="t2")
    ax.text(0.3, 1.4, "cross-entropy, −log p", color="t2")
    ax.text(0.015, 0.1, "squared error", color="t3")
    ax.set(xlim=(0, 1), ylim=(0, 5.6), yticks=range(6), xlabel="p of the true class")
    tiny = loss_curve["tiny"]
    zoom.semilogx(tiny, loss_curve["tiny_ce"], color="s2")
    zoom.semilogx(tiny, loss_curve["tiny_keras"], color="ink", linestyle=DASHED)
    zoom.text(3e-10, 23.5, "−log p", color="t2")
    zoom.text(1e-12, 12.5, f"Keras stops at {loss_curve['cap']:.2f}")
    zoom.set(xlim=(1e-12, 0.1), ylim=(0, 28), yticks=range(0, 26, 5))
    zoom.set_xticks([1e-12, 1e-9, 1e-6, 1e-3], ["1e−12", "1e−9", "1e−6", "0.001"])
    zoom.set_xlabel("p of the true class, log scale")
    for panel in (ax, zoom):
        unit(panel, "loss, nats", 26)


def plot_slopes(fig, slopes):
    """Slopes of both losses at one logit."""
    ax, z = fig.subplots(), slopes["steepest_z"]
    steepest = slopes["steepest"]
    ax.plot(slopes["z"], slopes["ce"], color="s2")
    ax.plot(slopes["z"], slopes["mse"], color="s3", linestyle=DASHED)
    ax.vlines(-10, slopes["ce_10"], slopes["mse_10"], color="edge", linewidth=1)
    ax.text(-9.6, -0.6, f"{slopes['ratio_10']:,.0f} times\nas steep", color="muted")
    ax.plot(z, -steepest, "o", color="s3")
    where = "" if is_narrow(fig) else f" at z = {signed(z, 2)}"
    ax.text(-1.4, -steepest - 0.08, f"−{steepest:.2f}{where}", color="t3", ha="right")
    ax.text(-6, 0.06, "squared error", color="t3", ha="center")
    ax.text(0.2, -0.67, "cross-entropy", color="t2")
    ax.set(xlim=(-12, 12), ylim=(-1.08, 0.2), xlabel="logit z of an example with y = 1")
    ax.set_yticks([-1, -0.5, 0], ["−1", "−0.5", "0"])
    unit(ax, "slope of the loss", 36)


def plot_stability(fig, stability):
    """Losses in float32 by four formulas."""
    ax, gaps = fig.subplots(), stability["gaps"]
    ax.plot(gaps, stability["fused"], color="s2")
    clipped = stability["clipped"]
    ax.plot(gaps, clipped, color="s3", linestyle=DASHED)
    ax.text(130, clipped[-1] + 5.5, f"clipped p: never above {clipped[-1]:.2f}",
            color="t3", ha="right")  # fmt: skip
    last = np.isfinite(stability["two_steps"]).nonzero()[0][-1]
    for name, x, top, text in (
        ("unshifted", stability["exp_32"], 132,
         f"unshifted exp: ∞ above {stability['exp_32']:.2f}"),
        ("two_steps", gaps[last], 158, f"log of softmax: ∞ from {gaps[last + 1]:.0f}"),
    ):  # fmt: skip
        y = stability[name][gaps <= x][-1]
        ax.plot([x, x], [y, top], color="ink", linewidth=1.25)
        ax.plot(x, y, "x", color="ink", markersize=8, markeredgewidth=2)
        ax.plot(x, top, "^", color="ink", markersize=8)
        ax.text(x - 4, top, text, ha="right", va="center")
    ax.text(62, 48, "fused: exact", color="t2")
    ax.set(xlim=(0, 130), ylim=(0, 165), xlabel="lead of the wrong logit")
    ax.set_yticks([0, 50, 100, 150])
    unit(ax, "loss, nats", 30)
