"""Seeded experiments: data for figures and claims."""

import keras
import numpy as np
import sklearn
import torch
from scipy.optimize import brentq
from scipy.special import entr, expit
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import roc_auc_score

from snippets.dropout.keras_ import keras_gaussian_dropout
from snippets.dropout.scratch import (
    drop_and_keep,
    dropout,
    dropout_backward,
    equivalent_decay,
    equivalent_lr,
    every_mask,
    exact_expectation,
    geometric_mean_softmax,
    keep_mask,
    linear_dropout_objective,
    linear_dropout_solution,
    linear_moments,
    log_softmax,
    output_moments,
    variance_shift,
)
from snippets.dropout.torch_ import (
    torch_alpha_dropout,
    torch_batchnorm_variance,
    torch_net,
    torch_predict,
    torch_predict_mc,
    torch_spatial_dropout,
    torch_trained,
)


def demo():
    """Both forms of dropout on one mask, then at test."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])

    def train(kind):
        rng = np.random.default_rng(1)
        return dropout(
            x, 0.4, True, rng, kind=kind, return_mask=True
        )

    standard, mask = train("standard")
    inverted, _ = train("inverted")
    found = {
        "input": x,
        "mask": mask,
        "standard_train": standard,
        "inverted_train": inverted,
        "standard_test": dropout(
            x, 0.4, False, kind="standard"
        ),
        "inverted_test": dropout(
            x, 0.4, False, kind="inverted"
        ),
    }
    for name, values in found.items():
        columns = " ".join(
            f"{value:5.2f}" for value in values
        )
        print(f"{name.replace('_', ', '):15} {columns}")
    return found


def six_masks():
    """Which of ten units stay, in six steps at rate 0.5."""
    rng = np.random.default_rng(5)
    return {"kept": keep_mask((6, 10), 0.5, rng)}


def one_unit():
    """Output 2 under drop rate 0.4, a million draws."""
    x, drop_rate, draws = 2.0, 0.4, 1_000_000
    found = {"x": x, "drop_rate": drop_rate, "draws": draws}
    for kind in ("standard", "inverted"):
        rng = np.random.default_rng(0)
        unit = np.full(draws, x)
        y = dropout(unit, drop_rate, True, rng, kind=kind)
        mean, var = output_moments(
            x, 0.0, drop_rate, kind=kind
        )
        test = dropout(unit, drop_rate, False, kind=kind)
        survivor = y.max()
        found |= {
            f"{kind}_mean": float(mean),
            f"{kind}_var": float(var),
            f"{kind}_sd": float(np.sqrt(var)),
            f"{kind}_test": float(test.mean()),
            f"{kind}_test_var": float(test.var()),
            f"{kind}_values": np.array([0.0, survivor]),
            f"{kind}_chances": np.array(
                [drop_rate, 1 - drop_rate]
            ),
            f"{kind}_frequencies": np.array(
                [np.mean(y == 0), np.mean(y == survivor)]
            ),
            f"{kind}_simulated_mean": float(y.mean()),
            f"{kind}_simulated_var": float(y.var()),
            f"{kind}_simulated_sd": float(y.std()),
        }
    return found


def random_unit():
    """A normal unit, mean 1 and variance 0.25, likewise."""
    rng = np.random.default_rng(0)
    x = rng.normal(1.0, 0.5, size=1_000_000)
    found = {"mean": 1.0, "var": 0.25, "drop_rate": 0.4}
    for kind in ("standard", "inverted"):
        y = dropout(x, 0.4, True, rng, kind=kind)
        at_test = dropout(x, 0.4, False, kind=kind)
        mean, var = output_moments(
            1.0, 0.25, 0.4, kind=kind
        )
        found |= {
            f"{kind}_mean": float(mean),
            f"{kind}_var": float(var),
            f"{kind}_simulated_mean": float(y.mean()),
            f"{kind}_simulated_var": float(y.var()),
            f"{kind}_simulated_test_var": float(
                at_test.var()
            ),
        }
    return found


def noise_curve():
    """Variance added to an output of 2, over its square."""
    rng = np.random.default_rng(0)
    rates = np.linspace(0.01, 0.95, 95)
    dots = np.array(
        [0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 0.8, 0.9]
    )
    noise = np.array(
        [output_moments(2, 0, r)[1] / 4 for r in rates]
    )
    simulated = np.array(
        [
            dropout(
                np.full(50_000, 2.0), r, True, rng
            ).var()
            for r in dots
        ]
    )
    exact = [
        float(output_moments(2, 0, r)[1] / 4) for r in dots
    ]
    named = {
        f"noise_{100 * r:.0f}": v
        for r, v in zip(dots, exact, strict=True)
    }
    return {
        "rates": rates,
        "noise": noise,
        "dot_rates": dots,
        "dot_noise": np.array(exact),
        "simulated": simulated / 4,
        **named,
    }


def random_layer():
    """Normal inputs (10,), weights (10, 4), biases (4,)."""
    rng = np.random.default_rng(0)
    return {
        "x": rng.normal(size=10),
        "w": rng.normal(size=(10, 4)),
        "b": 0.1 * rng.normal(size=4),
    }


def relu(z):
    """The positive part."""
    return np.maximum(z, 0.0)


def softmax(z):
    """Probabilities along the last axis."""
    return np.exp(log_softmax(z))


def all_masks(random_layer):
    """A nonlinearity and the mean over all 1024 masks."""
    x, w, b = (random_layer[key] for key in ("x", "w", "b"))
    rates = (0.1, 0.2, 0.5, 0.8)

    def gap(f, drop_rate):
        """Mean of f(z) minus f at the mean: (4,)."""
        mean = exact_expectation(
            lambda y: f(y @ w + b), x, drop_rate
        )
        return mean - f(x @ w + b)

    relu_gap = np.array(
        [gap(relu, r) for r in rates]
    )  # (4, 4)
    sigmoid_gap = np.array([gap(expit, r) for r in rates])
    softmax_gap = np.array([gap(softmax, r) for r in rates])
    geometric_gap = np.array(
        [
            geometric_mean_softmax(x, w, b, r)
            - softmax(x @ w + b)
            for r in rates
        ]
    )
    unit = int(np.argmax(relu_gap[2]))
    true_mean = exact_expectation(
        lambda y: relu(y @ w + b), x, 0.5
    )
    z = (
        np.where(every_mask(10), x, 0.0) @ w[:, unit] / 0.5
        + b[unit]
    )
    mean, var = linear_moments(x, w, b, 0.5)
    return {
        "rates": np.array(rates),
        "relu_gap": relu_gap,
        "sigmoid_gap": sigmoid_gap,
        "softmax_gap": softmax_gap,
        "geometric_gap": geometric_gap,
        "unit": unit,
        "mask_count": len(z),
        "z": z,  # (1024,), each as likely at drop rate 0.5
        "z_mean": float(mean[unit]),
        "z_sd": float(np.sqrt(var[unit])),
        "positive_percent": float(100 * np.mean(z > 0)),
        "weight_scaled": float(relu(x @ w + b)[unit]),
        "true_mean": float(true_mean[unit]),
    } | {
        f"{name}_gap_{100 * r:.0f}": float(
            np.abs(row).max()
        )
        for name, gaps in (
            ("relu", relu_gap),
            ("sigmoid", sigmoid_gap),
            ("softmax", softmax_gap),
            ("geometric", geometric_gap),
        )
        for r, row in zip(rates, gaps, strict=True)
    }


def network_gradients(v, w, data, drop_rate, rng, kind):
    """Gradients of the cross-entropy of tanh(x @ v) @ w.

    At v (d, h) and w (h, k), with units dropped between.
    """
    x, target = data  # (n, d), (n, k)
    h = np.tanh(x @ v)
    y, mask = dropout(
        h, drop_rate, True, rng, kind=kind, return_mask=True
    )
    error = (softmax(y @ w) - target) / len(x)
    back = dropout_backward(
        error @ w.T, mask, drop_rate, kind=kind
    )
    return x.T @ (back * (1 - h**2)), y.T @ error


def descend(
    kind,
    optimizer,
    drop_rate,
    w_scale,
    w_options,
    v_options,
):
    """Weights w after 0 to 200 steps: (201, h, k).

    And the scores at test. Runs differ in their arguments
    only: data, first weights (w times w_scale) and masks
    are the same.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8))
    target = np.eye(3)[rng.integers(3, size=60)]
    v = torch.tensor(rng.normal(size=(8, 16)) / 3)
    w = torch.tensor(w_scale * rng.normal(size=(16, 3)) / 4)
    groups = [
        {"params": [v]} | v_options,
        {"params": [w]} | w_options,
    ]
    step_by = optimizer(groups)
    path = [w.numpy().copy()]
    for _ in range(200):
        gradients = network_gradients(
            v.numpy(),
            w.numpy(),
            (x, target),
            drop_rate,
            rng,
            kind,
        )
        v.grad, w.grad = map(torch.from_numpy, gradients)
        step_by.step()
        path.append(w.numpy().copy())
    hidden = dropout(
        np.tanh(x @ v.numpy()), drop_rate, False, kind=kind
    )
    return np.array(path), hidden @ w.numpy()


def dictionary():
    """Distance of q times the standard run's weights.

    From the inverted run's, per step. "matched" runs start
    at q W with the settings of the dictionary, "unmatched"
    runs start there but keep the standard run's settings.
    """
    r = 0.4
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    found = {"drop_rate": r, "steps": np.arange(201)}

    def compare(name, optimizer, standard, matched):
        path, at_test = descend(
            "standard",
            optimizer,
            r,
            1.0,
            standard,
            standard,
        )
        for case, w in (
            ("matched", matched),
            ("unmatched", standard),
        ):
            other, other_at_test = descend(
                "inverted", optimizer, r, 1 - r, w, standard
            )
            gap = np.abs((1 - r) * path - other).max(
                axis=(1, 2)
            )
            found[f"{name}_{case}"] = gap  # (201,)
            found[f"{name}_{case}_max"] = float(gap.max())
            found[f"{name}_{case}_test"] = float(
                np.abs(at_test - other_at_test).max()
            )

    lr = 0.1
    compare(
        "sgd",
        sgd,
        {"lr": lr},
        {"lr": equivalent_lr(lr, r, "sgd")},
    )
    compare(
        "decay",
        sgd,
        {"lr": lr, "weight_decay": 0.1},
        {
            "lr": equivalent_lr(lr, r, "sgd"),
            "weight_decay": equivalent_decay(0.1, r),
        },
    )
    lr, eps, adamw = 0.01, 1e-8, torch.optim.AdamW
    eps_kept = {"lr": equivalent_lr(lr, r, "adam")}
    matched = eps_kept | {"eps": eps / (1 - r)}
    compare("adam", adam, {"lr": lr}, matched)
    compare("adam_eps_kept", adam, {"lr": lr}, eps_kept)
    decayed = {"lr": lr, "weight_decay": 0.1}
    for name, optimizer in (
        ("adam", adam),
        ("adamw", adamw),
    ):
        decay = equivalent_decay(0.1, r, name)
        compare(
            f"{name}_decay",
            optimizer,
            decayed,
            matched | {"weight_decay": decay},
        )
    decay_kept = matched | {"weight_decay": 0.1}
    compare("adamw_decay_kept", adamw, decayed, decay_kept)
    return found


def diabetes():
    """Diabetes: columns standardized, target centered."""
    X, y = load_diabetes(return_X_y=True)
    return {
        "X": (X - X.mean(0)) / X.std(0),
        "y": y - y.mean(),
    }


def ridge(diabetes):
    """SGD on dropped inputs, against its limit."""
    X, y = diabetes["X"], diabetes["y"]
    n, d = X.shape
    rng = np.random.default_rng(0)
    closed = linear_dropout_solution(X, y, 0.5)
    ols = linear_dropout_solution(X, y, 0.0)
    w, total, distance = np.zeros(d), np.zeros(d), []

    def from_closed(v):
        return float(
            np.linalg.norm(v - closed)
            / np.linalg.norm(closed)
        )

    for block in range(60):  # of 1000 steps on 16 rows
        rows = rng.integers(n, size=(1000, 16))
        dropped = dropout(
            X[rows], 0.5, True, rng
        )  # (1000, 16, d)
        for x, target in zip(dropped, y[rows], strict=True):
            w = w - 0.005 * 2 / 16 * x.T @ (x @ w - target)
            total += w
        distance.append(
            from_closed(total / (1000 * (block + 1)))
        )
    averaged = total / 60_000
    return {
        "closed": closed,
        "ols": ols,
        "averaged": averaged,
        "steps": np.arange(1, 61) * 1000,
        "distance": np.array(distance),
        "alpha": n * 0.5 / (1 - 0.5),
        "closed_norm": float(np.linalg.norm(closed)),
        "ols_norm": float(np.linalg.norm(ols)),
        "distance_ridge": from_closed(averaged),
        "distance_ols": float(
            np.linalg.norm(averaged - ols)
            / np.linalg.norm(closed)
        ),
        "objective_closed": float(
            linear_dropout_objective(X, y, closed, 0.5)
        ),
        "objective_ols": float(
            linear_dropout_objective(X, y, ols, 0.5)
        ),
    }


def digits():
    """400 digits, a fifth of their labels drawn anew."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    train, test = order[:400], order[400:]
    labels = y[train].copy()
    redrawn = rng.choice(400, size=80, replace=False)
    labels[redrawn] = rng.integers(10, size=80)
    return {
        "x": X[train],
        "noisy": labels,
        "clean": y[train],
        "x_test": X[test],
        "y_test": y[test],
        "train_size": 400,
        "test_size": len(test),
        "redrawn": 80,
        "wrong": int(np.sum(labels != y[train])),
        "wrong_percent": float(
            100 * np.mean(labels != y[train])
        ),
    }


def fit_all(x, labels, rates, epochs):
    """Arrays of five nets per rate: (rates, 5, …)."""
    x, labels = torch.tensor(x), torch.tensor(labels)
    states = [
        torch_trained(
            x, labels, rate, epochs, seed
        ).state_dict()
        for rate in rates
        for seed in range(5)
    ]
    shape = len(rates), 5
    return {
        name: np.stack(
            [state[name].numpy() for state in states]
        ).reshape(*shape, *states[0][name].shape)
        for name in states[0]
    }


def trained(digits):
    """Nets fitted to the noisy labels at four rates."""
    return fit_all(
        digits["x"],
        digits["noisy"],
        (0.0, 0.2, 0.5, 0.8),
        60,
    )


def trained_clean(digits):
    """Nets fitted to the true labels at two rates."""
    return fit_all(
        digits["x"], digits["clean"], (0.0, 0.5), 60
    )


def nets(weights, index, drop_rate):
    """The five nets of one drop rate."""
    for seed in range(5):
        net = torch_net(drop_rate)
        net.load_state_dict(
            {
                k: torch.tensor(w[index, seed])
                for k, w in weights.items()
            }
        )
        yield net


def error_percent(p, labels):
    """Percent of rows of p (n, k) that miss their label."""
    return float(100 * np.mean(p.argmax(axis=1) != labels))


def mean_nll(p, labels):
    """Mean negative log-likelihood under p (n, k), nats."""
    return float(
        -np.mean(np.log(p[np.arange(len(p)), labels]))
    )


def predicted(net, x):
    """torch_predict, in and out of NumPy."""
    return torch_predict(net, torch.tensor(x)).numpy()


def scores(weights, rates, names, digits, labels):
    """Test error and NLL, training error: (rates, 5).

    Means and standard deviations under each rate's name.
    """
    found = {"rates": np.array(rates)}
    wrong = digits["noisy"] != digits["clean"]
    rows = {
        "error": [],
        "nll": [],
        "train_error": [],
        "memorized": [],
    }
    for index, rate in enumerate(rates):
        for net in nets(weights, index, rate):
            test = predicted(net, digits["x_test"])
            train = predicted(net, digits["x"])
            rows["error"].append(
                error_percent(test, digits["y_test"])
            )
            rows["nll"].append(
                mean_nll(test, digits["y_test"])
            )
            rows["train_error"].append(
                error_percent(train, labels)
            )
            kept = error_percent(
                train[wrong], digits["noisy"][wrong]
            )
            rows["memorized"].append(100 - kept)
    for key, values in rows.items():
        found[key] = np.reshape(values, (len(rates), 5))
        for name, row in zip(
            names, found[key], strict=True
        ):
            found[f"{key}_{name}"] = float(row.mean())
            found[f"{key}_{name}_sd"] = float(
                row.std(ddof=1)
            )
    return found


def noisy(digits, trained):
    """The nets that were trained on partly wrong labels."""
    rates, names = (
        (0.0, 0.2, 0.5, 0.8),
        ("none", "light", "half", "heavy"),
    )
    found = scores(
        trained, rates, names, digits, digits["noisy"]
    )
    return found | {
        "gain": found["error_none"] - found["error_half"],
    }


def clean(digits, trained_clean):
    """The nets that were trained on the true labels."""
    rates, names = (0.0, 0.5), ("none", "half")
    found = scores(
        trained_clean, rates, names, digits, digits["clean"]
    )
    return found | {
        "gain": found["error_none"] - found["error_half"],
    }


def entropy(p):
    """Entropy of p along the last axis, in nats."""
    return entr(p).sum(axis=-1)


def mc_scores(weights, index, digits):
    """Averages of k passes, against weight scaling.

    For five nets of drop rate 0.5: error and NLL (5, 6),
    the same of weight scaling (5,), and how well three
    scores rank mistakes: areas under the ROC curve (5,).
    """
    x, labels = (
        torch.tensor(digits["x_test"]),
        digits["y_test"],
    )
    counts = np.array([1, 2, 5, 10, 20, 50])
    keys = "error", "nll", "scaled_error", "scaled_nll"
    aurocs = "scaled_auroc", "mc_auroc", "information_auroc"
    rows = {key: [] for key in keys + aurocs}
    for net in nets(weights, index, 0.5):
        scaled = predicted(net, digits["x_test"])  # (n, 10)
        passes = torch_predict_mc(
            net, x, 50, seed=0
        ).numpy()
        sums = passes.cumsum(axis=0)[
            counts - 1
        ]  # (6, n, 10)
        means = sums / counts[:, None, None]
        rows["error"].append(
            [error_percent(p, labels) for p in means]
        )
        rows["nll"].append(
            [mean_nll(p, labels) for p in means]
        )
        rows["scaled_error"].append(
            error_percent(scaled, labels)
        )
        rows["scaled_nll"].append(mean_nll(scaled, labels))
        mean = means[-1]
        information = entropy(mean) - entropy(passes).mean(
            axis=0
        )
        doubts = entropy(scaled), entropy(mean), information
        votes = scaled, mean, mean
        for key, p, doubt in zip(
            aurocs, votes, doubts, strict=True
        ):
            mistake = p.argmax(axis=1) != labels
            rows[key].append(roc_auc_score(mistake, doubt))
    found = {"passes": counts}
    found |= {
        key: np.array(values)
        for key, values in rows.items()
    }
    for key in keys[2:] + aurocs:
        found[f"{key}_mean"] = float(found[key].mean())
    for key in keys[:2]:
        for count, column in zip(
            counts, found[key].T, strict=True
        ):
            found[f"{key}_{count}"] = float(column.mean())
    return found


def mc(digits, trained):
    """Monte Carlo dropout on nets that saw noisy labels."""
    return mc_scores(trained, 2, digits)


def mc_clean(digits, trained_clean):
    """Monte Carlo dropout, nets that saw true labels."""
    return mc_scores(trained_clean, 1, digits)


def batchnorm():
    """Variance at test of BatchNorm right after dropout."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(200_000, 1))
    rates = (0.1, 0.3, 0.5, 0.7)
    inputs = {
        "relu": (
            relu(normal),
            1 / np.sqrt(2 * np.pi),
            0.5 - 0.5 / np.pi,
        ),
        "zero_mean": (normal, 0.0, 1.0),
    }
    found = {"rates": np.array(rates)}
    for name, (x, mean, var) in inputs.items():
        formula = [
            variance_shift(mean, var, r) for r in rates
        ]
        measured = [
            torch_batchnorm_variance(
                torch.tensor(x).float(), r, seed=0
            )
            for r in rates
        ]
        for key, values in (
            ("predicted", formula),
            ("measured", measured),
        ):
            found[f"{name}_{key}"] = np.array(values)
            for r, value in zip(rates, values, strict=True):
                found[f"{name}_{key}_{100 * r:.0f}"] = (
                    float(value)
                )
    return found


def relatives():
    """Spatial, alpha, Gaussian dropout and DropConnect."""
    rng = np.random.default_rng(0)
    maps = torch_spatial_dropout(
        torch.ones(100, 8, 5, 5), 0.5, seed=0
    )
    maps = maps.flatten(2).numpy()  # (100, 8, 25)
    normal = torch.tensor(rng.normal(size=500_000))
    alpha = torch_alpha_dropout(normal, 0.5, seed=0)
    gaussian = keras_gaussian_dropout(
        np.ones(500_000), 0.4, seed=0
    )
    x, w = rng.normal(size=10), rng.normal(size=(10, 1))
    twins = np.hstack(
        [w, w]
    )  # two neurons with the same weights
    units = (
        dropout(np.tile(x, (50_000, 1)), 0.5, True, rng)
        @ twins
    )
    weights = dropout(
        np.tile(twins, (50_000, 1, 1)), 0.5, True, rng
    )
    connects = np.einsum(
        "d,mdk->mk", x, weights
    )  # (50_000, 2)
    _, var = linear_moments(x, twins, np.zeros(2), 0.5)
    return {
        "spatial_mixed_maps": int(
            np.sum(maps.min(2) != maps.max(2))
        ),
        "spatial_kept_percent": float(
            100 * np.mean(maps.max(2) == 2)
        ),
        "alpha_mean": float(alpha.mean()),
        "alpha_var": float(alpha.var()),
        "gaussian_mean": float(gaussian.mean()),
        "gaussian_var": float(gaussian.var()),
        "gaussian_wanted_var": float(
            output_moments(1, 0, 0.4)[1]
        ),
        "formula_var": float(var[0]),
        "dropout_var": float(units.var(axis=0)[0]),
        "dropconnect_var": float(connects.var(axis=0)[0]),
        "dropout_correlation": float(
            np.corrcoef(units.T)[0, 1]
        ),
        "dropconnect_correlation": float(
            np.corrcoef(connects.T)[0, 1]
        ),
    }


def exercises():
    """The answers to the exercises."""
    standard = output_moments(3, 0, 0.25, kind="standard")
    inverted = output_moments(3, 0, 0.25, kind="inverted")

    def excess(drop_rate):
        """Second moment of a unit of output 1, less 2."""
        mean, var = output_moments(1, 0, drop_rate)
        return mean**2 + var - 2

    def relu_of_difference(y):
        return relu(y[:, 0] - y[:, 1])

    rates = np.array([0.1, 0.25, 0.5, 0.75])
    means = [
        exact_expectation(relu_of_difference, [1, 1], r)
        for r in rates
    ]
    _, drop_rate = drop_and_keep(0.8)
    return {
        "standard_mean": float(standard[0]),
        "standard_var": float(standard[1]),
        "inverted_mean": float(inverted[0]),
        "inverted_var": float(inverted[1]),
        "doubling_rate": float(brentq(excess, 0.01, 0.99)),
        "relu_rates": rates,
        "relu_means": np.array(means),
        "relu_mean_of_twos": float(
            exact_expectation(
                relu_of_difference, [2, 2], 0.25
            )
        ),
        "sgd_lr": equivalent_lr(0.1, 0.5, "sgd"),
        "adam_lr": equivalent_lr(0.1, 0.5, "adam"),
        "batchnorm_var": variance_shift(0, 1, 0.3),
        "paper_drop_rate": drop_rate,
    }


def versions():
    """The libraries this article was built with."""
    libraries = {
        "torch": torch,
        "keras": keras,
        "sklearn": sklearn,
    }
    return {
        name: library.__version__.split("+")[0]
        for name, library in libraries.items()
    }
