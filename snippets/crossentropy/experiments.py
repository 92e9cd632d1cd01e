"""Seeded experiments: data for figures and claims."""

import json
import warnings
from pathlib import Path

import keras
import numpy as np
import scipy
import torch
from scipy.optimize import brentq, minimize_scalar
from scipy.special import entr

from snippets.crossentropy.keras_ import (
    keras_binary_ce,
    keras_categorical_ce,
    keras_compile_classes,
    keras_sparse_ce,
)
from snippets.crossentropy.scratch import (
    binary_ce,
    binary_ce_grad,
    categorical_ce,
    categorical_ce_from_probs,
    categorical_ce_grad,
    double_softmax_bounds,
    kl_divergence,
    one_hot,
    perplexity,
    reduce_loss,
    sigmoid,
    sigmoid_mse_grad,
    smooth_labels,
    softmax,
)
from snippets.crossentropy.torch_ import (
    torch_binary_ce,
    torch_binary_ce_from_probs,
    torch_categorical_ce,
    torch_categorical_ce_from_probs,
    torch_double_softmax,
    torch_gradient,
    torch_kl_divergence,
    torch_log_of_softmax,
    torch_naive_sigmoid,
    torch_pixels_ce,
    torch_softmax_mse,
    torch_unshifted_ce,
)


def one_row():
    """Logits 2, 1, -1 with class 0 true, step by step."""
    logits, targets = np.array([[2.0, 1.0, -1.0]]), [0]
    (p,), (t,) = softmax(logits), one_hot(targets, 3)
    (gradient,) = categorical_ce_grad(logits, targets)
    loss = categorical_ce(logits, targets)
    found = {
        "logits": logits[0],
        "probs": p,
        "target": t,
        "gradient": gradient,
    }
    for name, values in found.items():
        row = " ".join(f"{value:8.4f}" for value in values)
        print(f"{name:9} {row}")
    print(f"{'loss':9} {loss:8.4f}")
    hessian = np.diag(p) - np.outer(p, p)
    return found | {
        "loss": loss,
        "perplexity": perplexity(loss),
        "hessian": hessian,
        "curvatures": np.linalg.eigvalsh(hessian),
        "softmax_twice": categorical_ce([p], targets),
        "binary": float(
            keras_binary_ce(p, t, from_logits=False)
        ),
    }


def loss_curve():
    """Loss against the true class's probability p."""
    p = np.linspace(0.005, 0.995, 199)
    tiny = np.logspace(-12, -1, 111)
    found = {"p": p, "squared_error": (1 - p) ** 2}
    for name, true in (
        ("ce", p),
        ("tiny_ce", tiny),
        ("at", np.array([0.5, 0.1, 0.01])),
    ):
        rows = np.stack([true, 1 - true], axis=1)
        labels = np.zeros(len(true), int)
        found[name] = categorical_ce_from_probs(
            rows, labels, eps=1e-15, reduction="none"
        )
        if name == "tiny_ce":
            found["tiny_keras"] = keras_sparse_ce(
                rows,
                labels,
                from_logits=False,
                reduction=None,
            ).numpy()
    half, tenth, hundredth = found.pop("at").tolist()
    return found | {
        "tiny": tiny,
        "ce_half": half,
        "ce_tenth": tenth,
        "ce_hundredth": hundredth,
        "cap": float(found["tiny_keras"].max()),
    }


def slopes():
    """Slopes of both losses at one logit z, target 1."""
    z = np.linspace(-12, 12, 481)

    def slope(gradient, z):
        return gradient([z], [1.0]).item()

    ce = [slope(binary_ce_grad, x) for x in z]
    mse = [slope(sigmoid_mse_grad, x) for x in z]
    steepest = minimize_scalar(
        lambda x: slope(sigmoid_mse_grad, x),
        bounds=(-12, 12),
        options={"xatol": 1e-9},
    )
    found = {
        "z": z,
        "ce": np.array(ce),
        "mse": np.array(mse),
        "steepest_z": float(steepest.x),
        "steepest": float(-steepest.fun),
    }
    for x in (0, 6, 10):
        found |= {
            f"ce_{x}": slope(binary_ce_grad, -x),
            f"mse_{x}": slope(sigmoid_mse_grad, -x),
        }
        ratio = found[f"ce_{x}"] / found[f"mse_{x}"]
        found[f"ratio_{x}"] = ratio
    return found


def descent():
    """Gradient descent on one logit, target 1, rate 1.

    Steps until the probability is at least 0.9, from five
    starts; and the probabilities on the way from -6.
    """
    starts = np.array([-10.0, -8.0, -6.0, -4.0, 0.0])
    found = {"starts": starts}
    for name, gradient in (
        ("ce", binary_ce_grad),
        ("mse", sigmoid_mse_grad),
    ):
        z, steps = starts.copy(), np.zeros(5, int)
        path = []
        for _ in range(12_000):
            p = sigmoid(z)
            path.append(p[2])
            steps += p < 0.9
            if p.min() >= 0.9:
                break
            z = z - len(z) * gradient(z, np.ones(5))
        found[f"{name}_steps"] = steps
        found[f"{name}_path"] = np.array(path[:301])
        for z, count in zip(starts, steps, strict=True):
            found[f"{name}_{abs(z):.0f}"] = int(count)
    return found


def double_softmax():
    """Softmax twice against once: losses, gradients, runs.

    Logits 10, 0, 0 with class 2 true, and 500 steps of
    gradient descent from there at rate 1.
    """
    two = torch.tensor([2])
    wrong = torch.tensor([[10.0, 0.0, 0.0]]).double()
    found = {}
    for name, loss in (
        ("correct", torch_categorical_ce),
        ("double", torch_double_softmax),
    ):
        at, path = wrong, []
        for _ in range(501):
            path.append(loss(at, two).item())
            at = at - torch_gradient(loss, at, two)
        gradient = torch_gradient(loss, wrong, two)
        found |= {
            f"{name}_gradient": gradient[0].numpy(),
            f"{name}_pull": float(gradient.abs().max()),
            f"{name}_path": np.array(path),
            f"{name}_wrong": path[0],
            f"{name}_after": path[-1],
        }
    for k in (2, 3, 10, 1000):
        low, high = double_softmax_bounds(k)
        found |= {f"low_{k}": low, f"high_{k}": high}
    return found


def exp_edge(dtype):
    """The largest number of a dtype with a finite exp."""
    low, high = dtype(0), dtype(1000)
    with np.errstate(over="ignore"):
        while True:
            middle = dtype((float(low) + float(high)) / 2)
            if middle in (low, high):
                return float(low)
            if np.isfinite(np.exp(middle)):
                low = middle
            else:
                high = middle


def stability():
    """Float32 losses of logits 0 and gap, class 0 true.

    By four formulas; they should be the gap, from about 17
    on. Then two classes at 88.5, a gap of 200, and where
    exp and the textbook sigmoid end.
    """
    gaps = np.arange(0, 130.5, 0.5, dtype="float32")
    z = torch.tensor(np.stack([0 * gaps, gaps], axis=1))
    labels = torch.zeros(len(z), dtype=torch.int64)
    probs = torch.softmax(z, dim=1)
    exact = categorical_ce(
        z.double(), labels, reduction="none"
    )
    found = {
        "gaps": gaps,
        "exact": exact,
        "unshifted": torch_unshifted_ce(z, labels),
        "two_steps": torch_log_of_softmax(z, labels),
        "clipped": keras_sparse_ce(
            probs, labels, from_logits=False, reduction=None
        ),
        "fused": torch_categorical_ce(
            z, labels, reduction="none"
        ),
    }
    found = {k: np.asarray(v) for k, v in found.items()}
    for name in ("unshifted", "two_steps", "clipped"):
        right = np.isclose(found[name], exact, rtol=1e-4)
        found[f"{name}_until"] = float(
            gaps[right.argmin() - 1]
        )
    equal = torch.full((1, 2), 88.5)
    far = torch.tensor([[0.0, 200.0]])
    for name, loss in (
        ("two_steps", torch_log_of_softmax),
        ("fused", torch_categorical_ce),
    ):
        gradient = torch_gradient(loss, far, labels[:1])
        found |= {
            f"{name}_far": loss(far, labels[:1]).item(),
            f"{name}_gradient": gradient[0].numpy(),
        }
    z = torch.arange(16.0, 17.0, 2**-12)
    below = z[torch_naive_sigmoid(z) < 1].max()
    return found | {
        "equal_unshifted": torch_unshifted_ce(
            equal, labels[:1]
        ).item(),
        "equal_fused": torch_categorical_ce(
            equal, labels[:1]
        ).item(),
        "exp_16": exp_edge(np.float16),
        "exp_32": exp_edge(np.float32),
        "exp_64": exp_edge(np.float64),
        "sigmoid_below_one": float(below),
    }


def blobs():
    """Ten times 300 points around three centers, and more.

    Unit variance around points of a circle of radius 2; the
    test set of 3000 is drawn once. The last column is 1.
    """
    rng = np.random.default_rng(0)
    angles = 2 * np.pi * np.arange(3) / 3
    centers = np.stack([np.cos(angles), np.sin(angles)]).T

    def draw(*shape, labels):
        noise = rng.normal(size=(*shape, len(labels), 2))
        x = 2 * centers[labels] + noise
        return np.concatenate(
            [x, np.ones((*x.shape[:-1], 1))], axis=-1
        )

    labels = np.repeat(np.arange(3), 100)
    test_labels = np.repeat(np.arange(3), 1000)
    return {
        "x": draw(10, labels=labels),  # (10, 300, 3)
        "labels": labels,
        "x_test": draw(labels=test_labels),  # (3000, 3)
        "test_labels": test_labels,
    }


def training(blobs):
    """Linear classifiers by 200 full steps at rate 0.5.

    Ten runs for each of three losses, on their own data.
    What counts is the cross-entropy on that data, (10, 201)
    with the start, and the test accuracy, (10,).
    """
    x, labels = map(
        torch.tensor, (blobs["x"], blobs["labels"])
    )
    x_test = torch.tensor(blobs["x_test"])
    test_labels = torch.tensor(blobs["test_labels"])
    found = {"steps": np.arange(201)}
    for name, loss in (
        ("correct", torch_categorical_ce),
        ("double", torch_double_softmax),
        ("mse", torch_softmax_mse),
    ):

        def all_runs(w, labels, loss=loss):
            z = (x @ w).flatten(0, 1)  # (3000, 3)
            return 10 * loss(z, labels.repeat(10))

        w, curve = torch.zeros(10, 3, 3).double(), []
        for _ in range(201):
            ce = torch_categorical_ce(
                (x @ w).movedim(-1, 1),  # (10, 3, 300)
                labels.expand(10, -1),
                reduction="none",
            )
            curve.append(ce.mean(dim=1).numpy())
            last = w
            gradient = torch_gradient(all_runs, w, labels)
            w = w - 0.5 * gradient
        guess = (x_test @ last).argmax(dim=-1)  # (10, 3000)
        right = (guess == test_labels).double()
        found[f"{name}_ce"] = np.stack(curve, axis=1)
        found[f"{name}_right"] = (
            100 * right.mean(dim=1).numpy()
        )
        found[f"{name}_percent"] = float(100 * right.mean())
        for step in (10, 50, 200):
            found |= {
                f"{name}_{step}": float(curve[step].mean()),
                f"{name}_{step}_sd": float(
                    curve[step].std(ddof=1)
                ),
            }
    return found


def many_classes():
    """Test accuracy in percent, softmax once and twice.

    Of linear models of 20 features with ten points in each
    of 10 or 100 classes, after 200 full steps; three runs.
    """
    rng = np.random.default_rng(0)
    losses = torch_categorical_ce, torch_double_softmax
    found = {}
    for name, k, optimizer, rate in (
        ("10", 10, torch.optim.SGD, 0.5),
        ("100", 100, torch.optim.SGD, 0.5),
        ("100_adam", 100, torch.optim.Adam, 0.01),
    ):
        labels = torch.arange(k).repeat(10)
        right = np.zeros((3, 2))  # a row for each run
        for run in np.ndindex(3):
            centers = 2 * rng.normal(size=(k, 20))
            noise = rng.normal(size=(2, 10 * k, 20))
            x, x_test = torch.tensor(
                centers[labels] + noise
            ).float()
            for column, loss in enumerate(losses):
                w = torch.zeros(20, k, requires_grad=True)
                descent = optimizer([w], lr=rate)
                for _ in range(200):
                    descent.zero_grad()
                    loss(x @ w, labels).backward()
                    descent.step()
                guess = (x_test @ w).argmax(dim=1)
                hits = (guess == labels).float()
                right[run, column] = 100 * hits.mean()
        found |= {
            f"once_{name}": right[:, 0],
            f"twice_{name}": right[:, 1],
            f"twice_{name}_most": float(right[:, 1].max()),
        }
    return found


def saturation():
    """Where probabilities end: caps, floors, gradients.

    For target 1 and logits from -20 to 0, in float32.
    """
    z = np.linspace(-20, 0, 201, dtype="float32")
    ones = torch.ones(201, 1)  # one label for each

    def through_sigmoid(z, y):
        return keras_binary_ce(
            keras.ops.sigmoid(z),
            y,
            from_logits=False,
            reduction=None,
        )

    def from_logits(z, y):
        return keras_binary_ce(
            z, y, from_logits=True, reduction=None
        )

    found = {"z": z}
    for name, loss in (
        ("probs", through_sigmoid),
        ("logits", from_logits),
    ):
        rows = torch.tensor(z)[:, None]
        gradient = torch_gradient(loss, rows, ones)
        found |= {
            f"{name}_loss": loss(rows, ones).numpy(),
            f"{name}_gradient": gradient[:, 0].numpy(),
        }

    def binary(p, y, dtype=None):
        loss = keras_binary_ce(
            np.array([[p]]),
            np.array([[y]]),
            from_logits=False,
            dtype=dtype,
        )
        return float(loss)

    def torch_binary(p, y):
        p, y = torch.tensor([p, y]).split(1)
        return float(torch_binary_ce_from_probs(p, y))

    sure, other = np.eye(2)[:1], np.eye(2)[1:]
    return found | {
        "categorical_cap": float(
            keras_categorical_ce(
                sure, other, from_logits=False
            )
        ),
        "sparse_cap": float(
            keras_sparse_ce(
                sure, np.array([1]), from_logits=False
            )
        ),
        "cap_of_one": binary(0, 1),
        "cap_of_zero": binary(1, 0),
        "cap_of_zero_64": binary(1, 0, "float64"),
        "floor_of_one": binary(1, 1),
        "floor_of_zero": binary(0, 0),
        "torch_cap": torch_binary(0.0, 1.0),
        "torch_cap_of_zero": torch_binary(1.0, 0.0),
        "torch_categorical": float(
            torch_categorical_ce_from_probs(
                torch.tensor(sure), torch.tensor([1])
            )
        ),
        "torch_logits": float(
            torch_binary_ce(
                torch.tensor([-1000.0]), torch.tensor([1.0])
            )
        ),
    }


def misreadings():
    """What Keras makes of outputs it was not meant for."""

    def sparse(outputs, label):
        loss = keras_sparse_ce(
            np.array([outputs]),
            np.array([label]),
            from_logits=False,
        )
        return float(loss)

    def categorical(outputs, target, from_logits=False):
        loss = keras_categorical_ce(
            np.array([outputs]),
            np.array([target]),
            from_logits=from_logits,
        )
        return float(loss)

    def raw(z, y):
        return keras_categorical_ce(z, y, from_logits=False)

    def raw_binary(z):
        loss = keras_binary_ce(
            np.array([[z]]),
            np.array([[1.0]]),
            from_logits=False,
        )
        return float(loss)

    def of_softmax(z, y):
        p = torch.softmax(z, dim=1)
        return keras_categorical_ce(p, y, from_logits=False)

    def softmax_twice(z, y):
        p = torch.softmax(z, dim=1)
        return keras_categorical_ce(p, y, from_logits=True)

    logits = torch.tensor([[2.0, 1.0, -1.0]])
    wrong = torch.tensor([[30.0, 0.0, 0.0]])
    last = torch.tensor([[0.0, 0.0, 1.0]])
    raw_gradient = torch_gradient(raw, logits, last)
    found = {}
    for name, loss in (
        ("of_softmax", of_softmax),
        ("softmax_twice", softmax_twice),
    ):
        pull = torch_gradient(loss, wrong, last).abs().max()
        found[name] = float(loss(wrong, last))
        found[f"{name}_pull"] = float(pull)
    return found | {
        "renormalized": categorical([0.9] * 3, [1, 0, 0]),
        "renormalized_sparse": sparse([2.0, 2.0, 4.0], 2),
        "two_hot": categorical(
            [0.0, 0.0, 0.0], [1, 1, 0], from_logits=True
        ),
        "raw_first": categorical([2.0, 1, -1], [1, 0, 0]),
        "raw_last": float(raw(logits, last)),
        "raw_gradient": raw_gradient[0].numpy(),
        "raw_binary_2": raw_binary(2.0),
        "raw_binary_minus_2": raw_binary(-2.0),
        "zeros": sparse([0.0, 0.0, 0.0], 0),
    }


def averages():
    """Three examples with four labels each, both ways.

    Then one label for each of three examples, as (3,).
    """
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3, 4)).astype("float32")
    y = rng.integers(2, size=(3, 4)).astype("float32")
    z_torch, y_torch = torch.tensor(z), torch.tensor(y)

    def weighted(outputs, targets):
        loss = keras_binary_ce(
            outputs,
            targets,
            from_logits=True,
            sample_weight=np.array([1.0, 0.0, 0.0]),
        )
        return float(loss)

    found = {
        "keras_losses": keras_binary_ce(
            z, y, from_logits=True, reduction=None
        ).numpy(),
        "torch_losses": torch_binary_ce(
            z_torch, y_torch, reduction="none"
        ).numpy(),
        "losses": binary_ce(z, y, reduction="none"),
        "per_sample": binary_ce(
            z, y, reduction="per_sample"
        ),
        "mean": binary_ce(z, y),
        "sum": binary_ce(z, y, reduction="sum"),
        "keras_mean": float(
            keras_binary_ce(z, y, from_logits=True)
        ),
        "keras_sum": float(
            keras_binary_ce(
                z, y, from_logits=True, reduction="sum"
            )
        ),
        "torch_mean": float(
            torch_binary_ce(z_torch, y_torch)
        ),
        "torch_sum": float(
            torch_binary_ce(
                z_torch, y_torch, reduction="sum"
            )
        ),
        "flat_losses": binary_ce(
            z[:, 0], y[:, 0], reduction="none"
        ),
        "flat_axes": keras_binary_ce(
            z[:, 0],
            y[:, 0],
            from_logits=True,
            reduction=None,
        ).ndim,
        "flat_weighted": weighted(z[:, 0], y[:, 0]),
        "column_weighted": weighted(z[:, :1], y[:, :1]),
        "mixed_weighted": weighted(z[:, :1], y[:, 0]),
    }
    return found | {
        "sum_ratio": found["torch_sum"] / found["keras_sum"]
    }


def weights():
    """Four weighted examples of three classes."""
    rng = np.random.default_rng(0)
    z = torch.tensor(rng.normal(size=(4, 3)))
    labels = torch.tensor([0, 2, 1, 2])
    by_class = torch.tensor([1.0, 2.0, 5.0]).double()
    w = by_class[labels]
    losses = categorical_ce(z, labels, reduction="none")
    rows = torch.tensor(one_hot(labels, 3))

    def weighted(z, targets):
        loss = torch_categorical_ce(
            z, targets, weight=by_class
        )
        return float(loss)

    def by_keras(reduction):
        loss = keras_sparse_ce(
            z,
            labels,
            from_logits=True,
            sample_weight=w,
            reduction=reduction,
        )
        return float(loss)

    unchanged = keras.layers.Dense(
        3, use_bias=False, kernel_initializer="identity"
    )
    model = keras.Sequential([unchanged])
    keras_compile_classes(model)
    in_fit, _ = model.train_on_batch(
        z, labels, class_weight={0: 1.0, 1: 2.0, 2: 5.0}
    )
    over_weights = categorical_ce(
        z,
        labels,
        sample_weight=w,
        reduction="weighted_mean",
    )
    halves = [
        reduce_loss(losses[part], w[part], "weighted_mean")
        for part in (slice(0, 2), slice(2, 4))
    ]
    kept = torch.tensor([0, -100, 1, -100])
    none_kept = torch.full((4,), -100)
    return {
        "losses": losses,
        "weights": w.numpy(),
        "over_n": categorical_ce(
            z, labels, sample_weight=w
        ),
        "over_weights": over_weights,
        "keras_over_n": by_keras("sum_over_batch_size"),
        "keras_class_weight": float(in_fit),
        "keras_over_weights": by_keras(
            "mean_with_sample_weight"
        ),
        "torch_labels": weighted(z, labels),
        "torch_rows": weighted(z, rows),
        "one_weighted": weighted(z[1:2], labels[1:2]),
        "one_unweighted": float(
            torch_categorical_ce(z[1:2], labels[1:2])
        ),
        "mean_of_halves": float(np.mean(halves)),
        "kept_mean": float(losses[[0, 2]].mean()),
        "torch_kept": float(torch_categorical_ce(z, kept)),
        "keras_kept": float(
            keras_sparse_ce(
                z, kept, from_logits=True, ignore_class=-100
            )
        ),
        "keras_unnamed": float(
            keras_sparse_ce(z, kept, from_logits=True)
        ),
        "torch_none_kept": float(
            torch_categorical_ce(z, none_kept)
        ),
        "torch_none_kept_sum": float(
            torch_categorical_ce(
                z, none_kept, reduction="sum"
            )
        ),
        "keras_none_kept": float(
            keras_sparse_ce(
                z,
                none_kept,
                from_logits=True,
                ignore_class=-100,
            )
        ),
    }


def rare_class():
    """One probability for ten examples, one positive.

    Its loss with and without pos_weight 3, and the best
    probability for weights from 1 to 100.
    """
    y = np.eye(10)[0]
    p = np.linspace(0.01, 0.99, 99)

    def loss(z, pos_weight):
        z = np.full(10, z)
        return binary_ce(z, y, pos_weight=pos_weight)

    def best(pos_weight):
        found = minimize_scalar(
            lambda z: loss(z, pos_weight), bounds=(-9, 9)
        )
        return sigmoid(found.x).item()

    found = {"p": p, "share": float(y.mean())}
    for c in (1, 3):
        found[f"loss_{c}"] = np.array(
            [loss(np.log(q / (1 - q)), c) for q in p]
        )
        found[f"best_{c}"] = best(c)
    pos_weights = np.logspace(0, 2, 21)
    return found | {
        "pos_weights": pos_weights,
        "best": np.array([best(c) for c in pos_weights]),
    }


def entropy(p):
    """Entropy of p along the last axis, in nats."""
    return entr(p).sum(axis=-1)


def smoothing():
    """Smoothed losses against the true logit's lead.

    For K = 10; floors and best leads for several K at 0.1.
    """
    leads = np.linspace(0, 12, 121)

    def loss(lead, k, eps):
        z = lead * np.eye(k)[:1]
        return categorical_ce(z, [0], label_smoothing=eps)

    found = {"leads": leads}
    for eps in (0.0, 0.1):
        found[f"loss_{100 * eps:.0f}"] = np.array(
            [loss(lead, 10, eps) for lead in leads]
        )
    for k in (3, 5, 10):
        best = minimize_scalar(
            loss,
            args=(k, 0.1),
            bounds=(0, 20),
            options={"xatol": 1e-9},
        )
        target = smooth_labels(np.eye(k)[:1], 0.1)
        found |= {
            f"floor_{k}": float(best.fun),
            f"entropy_{k}": float(entropy(target)[0]),
            f"lead_{k}": float(best.x),
        }
    return found


def likelihood():
    """Cross-entropy as a log likelihood; the best guess."""
    z = np.array([2.0, -1.0, 0.5, 0.0, -3.0])
    y = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    p = sigmoid(z)
    chances = np.where(y == 1, p, 1 - p)
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [7, 2, 1])
    frequencies = one_hot(labels, 3).mean(axis=0)
    others = rng.dirichlet(5 * frequencies, size=200)

    def constant(q):
        q = np.tile(q, (10, 1))
        return categorical_ce_from_probs(q, labels)

    return {
        "mean_loss": binary_ce(z, y),
        "likelihood": float(chances.prod()),
        "count": len(y),
        "frequencies": frequencies,
        "entropy": float(entropy(frequencies)),
        "best_constant": constant(frequencies),
        "other_constants": np.array(
            [constant(q) for q in others]
        ),
    }


def untrained():
    """Equal logits of 2 to 1000 classes."""
    classes = np.array([2, 3, 10, 100, 1000])
    losses = [
        categorical_ce(np.zeros((1, k)), [0])
        for k in classes
    ]
    found = {
        "classes": classes,
        "losses": np.array(losses),
        "perplexities": np.array(
            [perplexity(loss) for loss in losses]
        ),
    }
    for k, loss in zip(classes, losses, strict=True):
        found[f"loss_{k}"] = loss
    return found


def divergence():
    """Cross-entropy split into entropy and divergence."""
    p = np.array([0.7, 0.2, 0.1])
    q = np.array([0.5, 0.3, 0.2])
    ce = categorical_ce([np.log(q)], [p])

    def by_torch(reduction):
        rows = torch.tensor(np.stack([p, q])).split(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "mean"
            loss = torch_kl_divergence(
                *rows, reduction=reduction
            )
        return float(loss)

    return {
        "p": p,
        "q": q,
        "entropy": float(entropy(p)),
        "divergence": kl_divergence(p, q),
        "reverse": kl_divergence(q, p),
        "ce": ce,
        "bits": ce / float(np.log(2)),
        "torch_mean": by_torch("mean"),
        "torch_batchmean": by_torch("batchmean"),
    }


def pixels():
    """Two images of 4 by 4 pixels, three classes."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, 4, 4, 3))
    labels = rng.integers(3, size=(2, 4, 4))
    return {
        "scratch": categorical_ce(
            z.reshape(-1, 3), labels.ravel()
        ),
        "torch": float(
            torch_pixels_ce(
                torch.tensor(z), torch.tensor(labels)
            )
        ),
        "keras": float(
            keras_sparse_ce(z, labels, from_logits=True)
        ),
    }


def exercises():
    """The answers to the exercises."""

    def lead_slope(lead):
        z = lead * np.eye(10)[:1]
        gradient = categorical_ce_grad(
            z, [0], label_smoothing=0.1
        )
        return gradient[0, 0]

    def rare_slope(pos_weight):
        """Change of the loss at p = 0.5, 2 % positive."""
        up, down = (
            binary_ce(
                np.full(50, z),
                np.eye(50)[0],
                pos_weight=pos_weight,
            )
            for z in (0.001, -0.001)
        )
        return up - down

    def mse_slope(z):
        return sigmoid_mse_grad([z], [1]).item()

    rng = np.random.default_rng(0)
    z = rng.normal(size=(5, 4))
    y = rng.integers(2, size=(3, 4)).astype("float32")
    sums = [
        float(
            keras_binary_ce(
                z[:3], y, from_logits=True, reduction="sum"
            )
        ),
        binary_ce(z[:3], y, reduction="sum"),
    ]
    gradient = categorical_ce_grad(z, [0, 1, 2, 3, 0])
    return {
        "two_classes": categorical_ce(
            [[0, np.log(3)]], [1]
        ),
        "untrained": categorical_ce(
            np.zeros((1, 100)), [0]
        ),
        "smoothed_lead": brentq(lead_slope, 0, 20),
        "pos_weight": brentq(rare_slope, 1, 100),
        "double_softmax": double_softmax_bounds(10)[0],
        "steepest": float(
            minimize_scalar(
                mse_slope,
                bounds=(-12, 12),
                options={"xatol": 1e-9},
            ).x
        ),
        "gradient_sum": float(
            np.abs(gradient.sum(axis=1)).max()
        ),
        "sum_ratio": sums[0] / sums[1],
    }


def tensorflow_record():
    """What Keras's losses did on TensorFlow, as recorded.

    The record was taken on another machine and names its
    versions; this build only reads it.
    """
    record = json.loads(
        Path("snippets/tf_facts.json").read_bytes()
    )
    facts = record["facts"]
    found = {
        name: facts[name]
        for name in (
            "softmax_then_categorical",
            "softmax_then_categorical_from_logits",
            "softmax_by_its_form",
            "tf_softmax",
            "sigmoid_then_binary",
            "caps",
            "unnormalised",
            "zero_row",
            "logits_as_probabilities",
            "index_out_of_range",
        )
    }
    softmax_twice = "softmax_then_categorical_from_logits"
    warning = facts[softmax_twice]["warning"]
    warning = warning.replace("`", "").strip('"')
    return found | {
        "versions": record["versions"],
        "warning": warning.partition(",")[0],
    }


def versions():
    """The libraries this article was built with."""
    libraries = {
        "torch": torch,
        "keras": keras,
        "scipy": scipy,
    }
    return {
        name: library.__version__.split("+")[0]
        for name, library in libraries.items()
    }
