"""Seeded experiments: data for figures and claims."""

import inspect

import keras
import numpy as np
import scipy
import sklearn
import torch
from sklearn.datasets import load_digits

from snippets.centering.keras_ import (
    keras_activate,
    keras_batchnorm,
    keras_updates,
)
from snippets.centering.scratch import (
    activate,
    condition_number,
    gd_steps,
    gradient_parts,
    iid_eigenvalues,
    neuron_gradients,
    same_sign_fraction,
    same_sign_limit,
    second_moment,
    sgd_path,
    uncentered_correlation,
)
from snippets.centering.torch_ import (
    fit_digits,
    heavy_ball_steps,
    torch_activate,
    torch_batchnorm,
    torch_depth_gradients,
    torch_sample_gradients,
    torch_updates,
    train_digits,
)


def signs():
    """Gradients of one neuron with two inputs, by sample.

    300 samples: the inputs are units at N(0, 1), delta is
    N(0, 1).
    """
    rng = np.random.default_rng(0)
    a = rng.normal(size=(300, 2))
    delta = rng.normal(size=300)
    found = {}
    for name in ("sigmoid", "tanh", "relu"):
        G = neuron_gradients(activate(name, a), delta)
        counts = {
            "same": int(np.sum(np.prod(G, axis=1) > 0)),
            "opposite": int(np.sum(np.prod(G, axis=1) < 0)),
            "still": int(np.sum(np.any(G == 0, axis=1))),
        }
        fraction = same_sign_fraction(G)
        print(
            f"{name:8} {counts}, same sign: {fraction:.3f}"
        )
        found |= {name: G, f"{name}_fraction": fraction}
        found |= {
            f"{name}_{k}": n for k, n in counts.items()
        }
    return found


def own_activation():
    """Same-sign fractions for neurons of four activations.

    200 samples of five inputs, once sigmoid units and once
    N(0, 1) themselves, as in a first layer; squared error.
    """
    rng = np.random.default_rng(0)
    a = rng.normal(size=(200, 5))
    w, t = rng.normal(size=5), rng.normal(size=200)
    neurons = {
        "none": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": torch.nn.functional.softplus,
    }
    inputs = {
        "positive": activate("sigmoid", a),
        "signed": a,
    }
    found = {}
    for name, neuron in neurons.items():

        def loss(w, x, t, neuron=neuron):
            return (neuron(w @ x) - t) ** 2 / 2

        for kind, X in inputs.items():
            G = torch_sample_gradients(
                loss, *map(torch.tensor, (w, X, t))
            )
            key = f"{name}_{kind}"
            found[key] = same_sign_fraction(G)
    return found


def one_layer():
    """Gradients of a softmax layer of ten, for 200 samples.

    The inputs are five sigmoid units: (200, 10, 5), a row
    for each neuron.
    """
    rng = np.random.default_rng(0)
    X = activate("sigmoid", rng.normal(size=(200, 5)))
    W, labels = (
        rng.normal(size=(10, 5)),
        np.arange(200) % 10,
    )

    def loss(W, x, target):
        return -target @ torch.log_softmax(W @ x, dim=0)

    targets = np.eye(10)[labels]
    G = torch_sample_gradients(
        loss, *map(torch.tensor, (W, X, targets))
    ).numpy()
    return {
        "gradients": G,
        "labels": labels,
        "by_neuron": same_sign_fraction(G.reshape(-1, 5)),
        "by_layer": same_sign_fraction(G.reshape(200, -1)),
    }


def history():
    """Same-sign fractions of updates with a memory.

    One linear neuron, two sigmoid inputs, 300 samples, one
    at a time; the targets are those of weights 1 and -1.
    """
    rng = np.random.default_rng(0)
    X = activate("sigmoid", rng.normal(size=(300, 2)))
    t = X @ [1.0, -1.0]
    X_torch, t_torch = map(torch.tensor, (X, t))
    optimizers = {
        "sgd": lambda w: torch.optim.SGD(w, lr=0.5),
        "momentum": lambda w: torch.optim.SGD(
            w, lr=0.1, momentum=0.9
        ),
        "decay": lambda w: torch.optim.SGD(
            w, lr=0.5, weight_decay=0.1
        ),
        "adam": lambda w: torch.optim.Adam(w, lr=0.01),
        "adam_forgetting": lambda w: torch.optim.Adam(
            w, lr=0.01, betas=(0.0, 0.999)
        ),
        "rmsprop": lambda w: torch.optim.RMSprop(
            w, lr=0.01
        ),
        "adagrad": lambda w: torch.optim.Adagrad(w, lr=0.5),
    }
    found = {}
    for name, optimizer in optimizers.items():
        updates = torch_updates(optimizer, X_torch, t_torch)
        found[name] = same_sign_fraction(updates)
    keras_momentum = keras.optimizers.SGD(0.1, momentum=0.9)
    updates = keras_updates(keras_momentum, X, t)
    return found | {
        "keras_momentum": same_sign_fraction(updates)
    }


def normal_moments(f):
    """Mean and variance of f(a), for a of N(0, 1).

    By quadrature on both sides of 0, up to 12.

    >>> mean, var = normal_moments(np.abs)
    >>> print(mean.round(9), (mean**2 + var).round(9))
    0.797884561 1.0
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    a = 6 * np.concatenate([nodes - 1, nodes + 1])
    p = 6 * np.concatenate([weights, weights])
    p = p * np.exp(-(a**2) / 2) / np.sqrt(2 * np.pi)
    values = np.asarray(f(a))
    mean = p @ values
    return mean, p @ (values - mean) ** 2


def moments():
    """Means and variances of activations at N(0, 1).

    With the correlation of two such features and condition
    numbers of d of them.
    """
    ours = ("sigmoid", "centered sigmoid", "tanh", "relu")
    functions = {
        name: lambda a, name=name: activate(name, a)
        for name in ours
    }
    theirs = "leaky_relu", "elu", "gelu", "silu", "softplus"
    for name in theirs:
        functions[name] = lambda a, name=name: (
            torch_activate(name, torch.tensor(a))
        )
    functions["keras_leaky_relu"] = lambda a: (
        keras_activate("leaky_relu", a)
    )
    found = {}
    for name, function in functions.items():
        mean, var = map(float, normal_moments(function))
        name = name.replace(" ", "_")
        found |= {
            f"{name}_mean": mean,
            f"{name}_var": var,
            f"{name}_rho": uncentered_correlation(
                mean, var
            ),
        }
        for d in (2, 10, 20, 100):
            eigs = iid_eigenvalues(mean, var, d)
            biased = iid_eigenvalues(
                mean, var, d, bias=True
            )
            found |= {
                f"{name}_kappa_{d}": eigs[-1] / eigs[0],
                f"{name}_bias_{d}": biased[-1] / biased[0],
            }
        for d in (2, 3, 5, 10, 20, 100):
            limit = same_sign_limit(mean, var, d)
            found[f"{name}_limit_{d}"] = limit
    return found


def batches():
    """How often a batch's gradient has one sign.

    Of one neuron with 2 or 10 independent inputs, units at
    N(0, 1); delta is N(0, 1). 4000 batches of each size.
    """
    rng = np.random.default_rng(0)
    sizes = 2 ** np.arange(9)
    found = {"sizes": sizes}
    names = "sigmoid", "relu", "tanh"
    rows = {
        f"{name}_{d}": [] for name in names for d in (2, 10)
    }
    for size in sizes:
        a = rng.normal(size=(4000, size, 10))
        delta = rng.normal(size=(4000, 1, size))
        for name in names:
            X = activate(name, a)
            G = np.squeeze(delta @ X, axis=1)  # (4000, 10)
            for d in (2, 10):
                fraction = same_sign_fraction(G[:, :d])
                rows[f"{name}_{d}"].append(fraction)
    for key, fractions in rows.items():
        found[key] = np.array(fractions)
        for size, fraction in zip(sizes, fractions):
            found[f"{key}_{size}"] = fraction
    return found


def true_gradients():
    """How large batches follow the true gradient.

    Two sigmoid inputs, 1000 batches each. "drift": delta is
    N(0.1, 1), apart from the inputs. "task": the delta of a
    linear neuron at weights 0, whose targets are those of
    weights 1 and -1.
    """
    rng = np.random.default_rng(0)
    sizes = [1, 16, 256, 4096]
    found = {"sizes": np.array(sizes)}
    for size in sizes:
        G = {"drift": [], "task": []}
        for _ in range(1000):
            a = rng.normal(size=(size, 2))
            X = activate("sigmoid", a)
            drift = rng.normal(0.1, size=size)
            G["drift"].append(drift @ X)
            G["task"].append(X @ [-1.0, 1.0] @ X)
        for name, rows in G.items():
            fraction = same_sign_fraction(rows)
            found[f"{name}_{size}"] = fraction
    return found


def conditioning(moments):
    """Condition numbers against the number of inputs.

    By formula for d from 2 to 200, and of 50,000 samples.
    """
    rng = np.random.default_rng(0)
    dims, drawn = (
        np.arange(2, 201),
        np.array([2, 10, 20, 100]),
    )
    a = rng.normal(size=(50_000, 100))
    found = {"dims": dims, "drawn": drawn}
    for name in ("sigmoid", "relu", "tanh"):
        mean, var = (
            moments[f"{name}_mean"],
            moments[f"{name}_var"],
        )
        X = activate(name, a)
        for key, bias, center in (
            ("plain", False, False),
            ("bias", True, False),
            ("centered", False, True),
        ):
            m = 0.0 if center else mean
            eigs = [
                iid_eigenvalues(m, var, d, bias)
                for d in dims
            ]
            found[f"{name}_{key}"] = np.array(
                [eig[-1] / eig[0] for eig in eigs]
            )
            found[f"{name}_{key}_drawn"] = np.array(
                [
                    condition_number(
                        second_moment(
                            X[:, :d], bias, center
                        )
                    )
                    for d in drawn
                ]
            )
    return found


def two_targets(moments):
    """Gradient descent of two weights to three targets.

    Sigmoid inputs; from 0, at rate 1 over the largest
    curvature, until the error is a thousandth.
    """
    mean = moments["sigmoid_mean"]
    var = moments["sigmoid_var"]
    eigs = iid_eigenvalues(mean, var, 2)
    directions = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    lr, found = 1 / eigs[-1], {"eigs": eigs}
    for name, w_star in (
        ("same", [1, 1]),
        ("opposite", [1, -1]),
        ("one", [1, 0]),
    ):
        c0 = directions @ w_star
        steps = gd_steps(eigs, c0, 1e-3, lr)
        t = np.arange(steps + 1)[:, None]
        path = (
            w_star - (1 - lr * eigs) ** t * c0 @ directions
        )
        length = np.linalg.norm(
            np.diff(path, axis=0), axis=1
        )
        net = np.linalg.norm(path[-1] - path[0])
        found |= {
            name: steps,
            f"{name}_path": path,
            f"{name}_detour": float(length.sum() / net),
        }
        print(f"to {w_star!s:8} {steps:3} steps")
    return found


def steps(moments):
    """Steps to a thousandth at the best rate, 20 inputs.

    Mean and most over 20 random targets, with and without
    a bias; "ball": with momentum, both at their best.
    """
    found = {}
    for name in ("sigmoid", "relu", "tanh"):
        mean, var = (
            moments[f"{name}_mean"],
            moments[f"{name}_var"],
        )
        for key, bias in (("plain", False), ("bias", True)):
            rng = np.random.default_rng(0)
            eigs = iid_eigenvalues(mean, var, 20, bias)
            targets = rng.normal(size=(20, len(eigs)))
            counts = [
                gd_steps(eigs, c, 1e-3) for c in targets
            ]
            kappa = eigs[-1] / eigs[0]
            balls = [
                heavy_ball_steps(eigs, c, 1e-3)
                for c in targets
            ]
            shrink = (kappa - 1) / (kappa + 1)
            with np.errstate(divide="ignore"):
                theory = np.log(1e-3) / np.log(shrink)
            found |= {
                f"{name}_{key}": float(np.mean(counts)),
                f"{name}_{key}_most": max(counts),
                f"{name}_{key}_theory": float(theory),
                f"{name}_{key}_ball": float(np.mean(balls)),
            }
    return found


def paths(moments):
    """SGD to two targets from 0, one sample at a time.

    30 seeds each; the rate is half of 1 / E|x|². Steps, the
    path's length over the distance, the updates' same-sign
    fraction; and the paths of the first seed. Two controls
    at the rate of raw inputs: "full", descent on the mean
    loss, and "slow", SGD on centered inputs.
    """
    raw_eigs = iid_eigenvalues(
        moments["sigmoid_mean"], moments["sigmoid_var"], 2
    )
    raw_lr = 0.5 / raw_eigs.sum()
    directions = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    found = {}
    for to, w_star in (
        ("opposite", [1, -1]),
        ("same", [1, 1]),
    ):
        found[f"full_{to}_steps"] = gd_steps(
            raw_eigs,
            directions @ w_star,
            0.05 / np.sqrt(2),
            raw_lr,
        )
        slow = [
            sgd_path("centered sigmoid", w_star, raw_lr, i)
            for i in range(30)
        ]
        found[f"slow_{to}_steps"] = float(
            np.mean([len(path) - 1 for path in slow])
        )
    for name in ("sigmoid", "centered sigmoid", "tanh"):
        key = name.replace(" ", "_")
        square = moments[f"{key}_mean"] ** 2
        square += moments[f"{key}_var"]
        lr = 0.5 / (2 * square)
        found[f"{key}_lr"] = lr
        for to, w_star in (
            ("opposite", [1, -1]),
            ("same", [1, 1]),
        ):
            rows = {
                "steps": [],
                "detour": [],
                "fraction": [],
            }
            for seed in range(30):
                path = sgd_path(name, w_star, lr, seed)
                moves = np.diff(path, axis=0)
                length = np.linalg.norm(moves, axis=1).sum()
                net = np.linalg.norm(path[-1])
                rows["steps"].append(len(moves))
                rows["detour"].append(length / net)
                fraction = same_sign_fraction(moves)
                rows["fraction"].append(fraction)
                if seed == 0:
                    found[f"{key}_{to}_path"] = path
            for row, values in rows.items():
                values = np.array(values)
                found[f"{key}_{to}_all_{row}"] = values
                found[f"{key}_{to}_{row}"] = float(
                    values.mean()
                )
    found["rate_ratio"] = (
        found["centered_sigmoid_lr"] / found["sigmoid_lr"]
    )
    return found


def flipped():
    """A feature matrix, and the same with signs flipped.

    Ten sigmoid units, 5000 samples; every other column is
    multiplied by -1. Descent at the best rate to a random
    target, and to the same with flipped signs.
    """
    rng = np.random.default_rng(0)
    X = activate("sigmoid", rng.normal(size=(5000, 10)))
    flip = np.where(np.arange(10) % 2, -1.0, 1.0)
    target = rng.normal(size=10)
    delta = rng.normal(size=5000)
    found = {}
    for name, signs in (("plain", 1.0), ("flipped", flip)):
        M = second_moment(signs * X)
        eigs, vectors = np.linalg.eigh(M)
        G = neuron_gradients(signs * X, delta)
        c0 = vectors.T @ (signs * target)
        found |= {
            f"{name}_least": float((signs * X).min()),
            f"{name}_fraction": same_sign_fraction(G),
            f"{name}_kappa": condition_number(M),
            f"{name}_steps": gd_steps(eigs, c0, 1e-3),
        }
    return found


def separated():
    """Positive inputs, and inputs with a mean: not one.

    Ten inputs, 50,000 samples: gamma of shape 0.05, all
    positive, with a mean small beside the spread; normal of
    mean 1 and variance 1. delta is N(0, 1).
    """
    rng = np.random.default_rng(0)
    shape = 50_000, 10
    delta = rng.normal(size=shape[0])
    found = {}
    for name, X in (
        ("gamma", rng.gamma(0.05, size=shape)),
        ("normal", rng.normal(1.0, size=shape)),
    ):
        G = neuron_gradients(X, delta)
        found |= {
            f"{name}_least": float(X.min()),
            f"{name}_fraction": same_sign_fraction(G),
            f"{name}_kappa": condition_number(
                second_moment(X)
            ),
        }
    return found


def rates(moments):
    """Gradient descent to (1, 0) at three learning rates.

    Two sigmoid inputs, from 0, 40 steps; the rate is 0.5, 1
    or 1.9 times 1 over the largest curvature. Detours are
    the path's length over the distance from its start.
    """
    mean = moments["sigmoid_mean"]
    var = moments["sigmoid_var"]
    eigs = iid_eigenvalues(mean, var, 2)
    directions = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    w_star = np.array([1.0, 0.0])
    t = np.arange(41)[:, None]
    found = {"eigs": eigs, "edge": float(1 / eigs[-1])}
    for name, times in (
        ("half", 0.5),
        ("one", 1),
        ("most", 1.9),
    ):
        factors = 1 - times / eigs[-1] * eigs
        c = factors**t * (directions @ w_star)  # (41, 2)
        path = w_star - c @ directions
        moves = np.diff(path, axis=0)
        length = np.linalg.norm(moves, axis=1).sum()
        turns = np.sum(moves[1:] * moves[:-1], axis=1) < 0
        found |= {
            f"{name}_path": path,
            f"{name}_top": c[:, 1],
            f"{name}_factor": float(factors[1]),
            f"{name}_turns": int(turns.sum()),
            f"{name}_detour": float(
                length / np.linalg.norm(path[-1])
            ),
        }
    return found


def spectrum():
    """Eigenvalues of XᵀX / p, for entries of N(m, 1).

    N = 100 inputs, p = 1000 samples. Ten draws each for m
    of 0, 0.1 and 0.5, and of 0.5 with centered columns.
    Then the largest, over N, for N up to 400 and p = 10 N.
    With the edges of Marchenko and Pastur and the outlier
    of Baik and Silverstein.
    """
    rng = np.random.default_rng(0)
    N, p = 100, 1000
    ratio = N / p
    low, high = (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2
    found = {"low": low, "high": high}
    for name, m, center in (
        ("centered", 0.0, False),
        ("slight", 0.1, False),
        ("shifted", 0.5, False),
        ("repaired", 0.5, True),
    ):
        draws = [
            np.linalg.eigvalsh(
                second_moment(
                    m + rng.normal(size=(p, N)),
                    center=center,
                )
            )
            for _ in range(10)
        ]
        spike = float(iid_eigenvalues(m, 1.0, N)[-1])
        found |= {
            name: np.array(draws),  # (10, N)
            f"{name}_largest": float(
                np.mean(draws, axis=0)[-1]
            ),
            f"{name}_second": float(
                np.mean(draws, axis=0)[-2]
            ),
            f"{name}_least": float(
                np.mean(draws, axis=0)[0]
            ),
            f"{name}_mean_field": spike,
        }
        if m > 0:
            outlier = spike * (1 + ratio / (spike - 1))
            found[f"{name}_outlier"] = outlier
    found["sizes"] = np.array([50, 100, 200, 400])
    found["largest_over_n"] = np.array(
        [
            np.linalg.eigvalsh(
                second_moment(
                    0.5 + rng.normal(size=(10 * n, n))
                )
            )[-1]
            / n
            for n in found["sizes"]
        ]
    )
    return found


def digits_runs(rates, layers):
    """First 60 losses of digits nets.

    Shape (rates, 3 seeds, 60) for each of the layers, which
    are (key, activation, center). "first" is the first step
    below 0.3, or 60 if there is none; "best" the rate whose
    mean of that is least, "needs" that mean.
    """
    found = {
        "rates": np.array(rates),
        "steps": np.arange(60),
    }
    for key, name, center in layers:
        losses = [
            train_digits(name, center, lr, 60, seed)
            for lr in rates
            for seed in range(3)
        ]
        losses = np.reshape(losses, (len(rates), 3, 60))
        below = losses < 0.3
        first = np.where(
            below.any(axis=2), below.argmax(axis=2), 60
        )
        best = first.mean(axis=1).argmin()
        found |= {
            key: losses,
            f"{key}_first": first,  # (rates, 3 seeds)
            f"{key}_best": float(rates[best]),
            f"{key}_curve": losses[best].mean(axis=0),
            f"{key}_needs": float(first[best].mean()),
        }
    return found


def digits():
    """Digits nets at rates 1, 4, 16, raw and centered."""
    return digits_runs(
        (1.0, 4.0, 16.0),
        [
            ("sigmoid", "sigmoid", False),
            ("sigmoid_mean", "sigmoid", True),
            ("tanh", "tanh", False),
            ("tanh_mean", "tanh", True),
            ("relu", "relu", False),
            ("relu_mean", "relu", True),
        ],
    )


def digits_shift():
    """Sigmoid and sigmoid - 1/2 units at rates 2, 4, 8."""
    return digits_runs(
        (2.0, 4.0, 8.0),
        [
            ("sigmoid", "sigmoid", False),
            ("shifted", "centered sigmoid", False),
        ],
    )


def digits_layer(activation, steps, seed):
    """Hidden units (n, 30) and deltas (n, 10) on digits.

    Before or after some steps at rate 1. The deltas are
    those of the output layer: p - t.
    """
    x, labels = load_digits(return_X_y=True)
    weights, _ = fit_digits(
        activation, False, 1.0, steps, seed
    )
    w1, b1, w2, b2 = (w.double() for w in weights)
    h = torch_activate(
        activation, torch.tensor(x / 16) @ w1 + b1
    )
    p = torch.softmax(h @ w2 + b2, dim=1).numpy()
    return h.numpy(), p - np.eye(10)[labels]


def digits_signs():
    """Same-sign fractions of ten neurons of 30 inputs.

    The output layer on digits, before training and after
    100 steps; 200 batches of each size for three seeds.
    """
    sizes = np.array([1, 2, 4, 8, 16, 32, 64, 128, 512])
    found = {"sizes": sizes}
    for name in ("sigmoid", "tanh", "relu"):
        for key, steps in (("start", 0), ("later", 100)):
            rows = []
            for seed in range(3):
                rng = np.random.default_rng(seed)
                h, delta = digits_layer(name, steps, seed)
                row = []
                for size in sizes:
                    rows_of = rng.integers(
                        len(h), size=(200, size)
                    )
                    G = np.swapaxes(delta[rows_of], 1, 2)
                    G = (G @ h[rows_of]).reshape(-1, 30)
                    row.append(same_sign_fraction(G))
                rows.append(row)
            rows = np.array(rows)  # (3 seeds, 9 sizes)
            found[f"{name}_{key}"] = rows
            for size, mean in zip(sizes, rows.mean(axis=0)):
                found[f"{name}_{key}_{size}"] = float(mean)
    return found


def digits_parts():
    """How much of a gradient is E[delta] E[h], on digits.

    Output layer before training, three seeds: the squared
    length of that part over the whole's, ten neurons, with
    raw and with centered units. And the curvatures.
    """
    found = {}
    for name in ("sigmoid", "relu", "tanh"):
        shares, centered, top, top_centered = [], [], [], []
        for seed in range(3):
            h, delta = digits_layer(name, 0, seed)
            for units, rows in (
                (h, shares),
                (h - h.mean(axis=0), centered),
            ):
                parts = [
                    gradient_parts(units, column)
                    for column in delta.T
                ]
                bias = sum(np.sum(a**2) for a, _ in parts)
                full = sum(
                    np.sum((a + b) ** 2) for a, b in parts
                )
                rows.append(bias / full)
            for center, rows in (
                (False, top),
                (True, top_centered),
            ):
                M = second_moment(
                    h, bias=True, center=center
                )
                rows.append(np.linalg.eigvalsh(M)[-1])
        found |= {
            f"{name}_share": float(np.mean(shares)),
            f"{name}_centered_share": float(
                np.mean(centered)
            ),
            f"{name}_shares": np.array(shares),
            f"{name}_top": np.array(top),
            f"{name}_centered_top": np.array(top_centered),
            f"{name}_curvature": float(np.mean(top)),
            f"{name}_centered_curvature": float(
                np.mean(top_centered)
            ),
        }
    return found


def normalized():
    """Batch normalization of 20 sigmoid units.

    By two libraries, 5000 samples: means, variances and
    condition numbers, without and with a bias.
    """
    rng = np.random.default_rng(0)
    h = activate("sigmoid", rng.normal(size=(5000, 20)))
    layers = {
        "raw": h,
        "torch": torch_batchnorm(torch.tensor(h)).numpy(),
        "keras": keras_batchnorm(h).numpy(),
    }
    found = {}
    for name, units in layers.items():
        units = units.astype(float)
        found |= {
            f"{name}_mean": float(
                np.abs(units.mean(axis=0)).max()
            ),
            f"{name}_var": float(units.var(axis=0).mean()),
        }
        for key, bias in (("kappa", False), ("bias", True)):
            M = second_moment(units, bias=bias)
            found[f"{name}_{key}"] = condition_number(M)
    return found


def dead_unit():
    """Condition numbers of 20 ReLU units, one of them dead.

    1000 samples; dead means that it is 0 on all of them.
    """
    rng = np.random.default_rng(0)
    h = activate("relu", rng.normal(size=(1000, 20)))
    alive = condition_number(second_moment(h))
    h[:, 7] = 0
    M = second_moment(h)
    return {
        "alive": alive,
        "dead": condition_number(M),
        "dead_top": float(np.linalg.eigvalsh(M)[-1]),
    }


def depth():
    """How gradients fade through ten layers of width 50.

    The norm at the first layer over that at the last, for
    five seeds; "large": with weights 4 times larger.
    """
    found = {}
    for key, name, gain in (
        ("sigmoid", "sigmoid", 1.0),
        ("centered_sigmoid", "centered sigmoid", 1.0),
        ("tanh", "tanh", 1.0),
        ("relu", "relu", 1.0),
        ("large_sigmoid", "sigmoid", 4.0),
        ("large_centered_sigmoid", "centered sigmoid", 4.0),
    ):
        norms = np.array(
            [
                torch_depth_gradients(
                    name, 10, 50, seed, gain=gain
                )
                for seed in range(5)
            ]
        )
        found[key] = norms[:, 0] / norms[:, -1]
        found[f"{key}_mean"] = float(found[key].mean())
    return found


def exercises(moments):
    """The answers to the exercises."""
    uniform = iid_eigenvalues(0.5, 1 / 12, 12)
    mean, var = (
        moments["sigmoid_mean"],
        moments["sigmoid_var"],
    )
    pair = iid_eigenvalues(mean, var, 2)
    biased = iid_eigenvalues(mean, var, 2, bias=True)
    block = biased[[0, -1]]
    return {
        "uniform_kappa": float(uniform[-1] / uniform[0]),
        "biased_kappa": float(biased[-1] / biased[0]),
        "nine_inputs": same_sign_limit(1.0, 1.0, 9),
        "largest_lr": float(1 / pair[-1]),
        "determinant_over_var": float(block.prod() / var),
        "exponential_rho": uncentered_correlation(1.0, 1.0),
    }


def preactivations():
    """Normalized sums of raw and of centered units.

    3 sums of 10 sigmoid units, 200 samples, after batch
    normalization; gradients of a random direction in W.
    """
    rng = np.random.default_rng(0)
    h = activate("sigmoid", rng.normal(size=(200, 10)))
    W, direction = (
        rng.normal(size=(10, 3)),
        rng.normal(size=(200, 3)),
    )
    found = {}
    for name, units in (
        ("raw", h),
        ("centered", h - h.mean(axis=0)),
    ):
        w = torch.tensor(W, requires_grad=True)
        sums = torch_batchnorm(torch.tensor(units) @ w)
        total = (sums * torch.tensor(direction)).sum()
        (slope,) = torch.autograd.grad(total, w)
        found |= {
            f"{name}_sums": sums.detach().numpy(),
            f"{name}_slope": slope.numpy(),
        }
    return found


def defaults():
    """What the libraries' layers and functions set."""

    def default(kind, name):
        value = inspect.signature(kind).parameters[name]
        return value.default

    ours = torch.nn.BatchNorm1d
    theirs = keras.layers.BatchNormalization
    slope = "negative_slope"
    return {
        "torch_eps": default(ours, "eps"),
        "torch_momentum": default(ours, "momentum"),
        "torch_leak": default(
            torch.nn.functional.leaky_relu, slope
        ),
        "keras_epsilon": default(theirs, "epsilon"),
        "keras_momentum": default(theirs, "momentum"),
        "keras_leak": default(
            keras.activations.leaky_relu, slope
        ),
        "keras_layer_leak": default(
            keras.layers.LeakyReLU, slope
        ),
    }


def versions():
    """The libraries this article was built with."""
    libraries = {
        "torch": torch,
        "keras": keras,
        "scipy": scipy,
        "sklearn": sklearn,
    }
    return {
        name: library.__version__.split("+")[0]
        for name, library in libraries.items()
    }
