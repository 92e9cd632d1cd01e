"""Seeded experiments: data for figures and claims."""

import inspect

import keras
import numpy as np
import scipy
import sklearn
import torch
import torch.nn.functional as F
from scipy.optimize import brentq, minimize_scalar
from sklearn.datasets import load_diabetes
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import PolynomialFeatures

from snippets.regularization.keras_ import (
    keras_adamw,
    keras_l1_penalty,
    keras_l2_penalty,
    keras_linear,
    keras_steps,
)
from snippets.regularization.scratch import (
    adam_step,
    degrees_of_freedom,
    ista,
    l1_subgradient,
    l2_gradient,
    lasso_cd,
    lasso_lambda_max,
    lasso_objective,
    project_l1_ball,
    ridge,
    ridge_bias_variance,
    ridge_shrinkage,
    sgd_step,
    shrink,
    soft_threshold,
    vertex_probability,
)
from snippets.regularization.torch_ import (
    torch_batchnorm_loss,
    torch_decay_groups,
    torch_l1_fit,
    torch_linear,
    torch_proximal_fit,
    torch_steps,
)


def demo():
    """A weight of 1 under three pulls, and no data.

    Each step has rate 1 and strength 0.3.
    """
    lam, l2, l1, prox = 0.3, 1.0, 1.0, 1.0
    rows = [(l2, l1, prox)]
    for _ in range(5):
        l2 = l2 - l2_gradient(l2, lam, convention="half")
        l1 = l1 - lam * np.sign(l1)
        prox = soft_threshold(prox, lam)
        rows.append((l2, l1, prox))
    columns = np.array(rows).T  # (3, 6)
    found = {
        "l2_slope": columns[0],
        "l1_slope": columns[1],
        "l1_soft": columns[2],
    }
    for name, values in found.items():
        row = " ".join(f"{value:5.2f}" for value in values)
        name = name.removesuffix("_slope").replace("_", " ")
        print(f"{name:7}{row}")
    return found


def diabetes():
    """Ten standardized columns of 442 people, the target.

    The columns have mean 0 and variance 1.
    """
    data = load_diabetes()
    X = data.data - data.data.mean(axis=0)
    X = X / X.std(axis=0)
    sizes = np.linalg.svd(X, compute_uv=False) ** 2
    names = data.feature_names
    together = np.corrcoef(X.T)
    s1, s2 = names.index("s1"), names.index("s2")
    return {
        "X": X,
        "y": data.target,
        "names": np.array(names),
        "rows": len(X),
        "columns": len(names),
        "sizes": sizes / len(X),
        "s1_s2_correlation": float(together[s1, s2]),
        "variance": float(data.target.var()),
    }


def overfitting():
    """Ridge on few rows and many columns, 50 times.

    All products of two of diabetes's columns are added,
    100 rows train and 342 test: mean squared errors.
    """
    data = load_diabetes()
    X = PolynomialFeatures(2, include_bias=False)
    X, y = X.fit_transform(data.data), data.target
    lams = np.logspace(-3, 5, 25)
    rng = np.random.default_rng(0)
    train, test = np.empty((2, 50, 25))
    for i in range(50):
        order = rng.permutation(len(y))
        rows, held = order[:100], order[100:]
        Z = X - X[rows].mean(axis=0)
        Z /= X[rows].std(axis=0)
        for j, lam in enumerate(lams):
            w, b = ridge(Z[rows], y[rows], lam)
            error = (y - Z @ w - b) ** 2
            train[i, j] = error[rows].mean()
            test[i, j] = error[held].mean()
    means = test.mean(axis=0)
    best = int(means.argmin())
    return {
        "lams": lams,
        "train": train,  # (50 splits, 25 strengths)
        "test": test,
        "columns": X.shape[1],
        "best": best,
        "best_lam": float(lams[best]),
        "least_test": float(means[best]),
        "weak_test": float(means[0]),
        "strong_test": float(means[-1]),
        "weak_train": float(train[:, 0].mean()),
        "best_train": float(train[:, best].mean()),
        "strong_train": float(train[:, -1].mean()),
        "variance": float(y.var()),
    }


def conventions():
    """What the strength 0.1 means, for weights 3 and -4."""
    w, none = torch.tensor([3.0, -4.0]), [torch.zeros(2)]
    a, b = torch.optim, keras.optimizers
    found = {"w": w}
    for name, by_torch, by_keras in (
        ("sgd", a.SGD, b.SGD),
        ("adam", a.Adam, b.Adam),
        ("adamw", a.AdamW, b.AdamW),
    ):
        after = torch_steps(
            by_torch, w, none, lr=0.5, weight_decay=0.1
        )
        found[f"torch_{name}"] = after - w
        stepper = by_keras(0.5, weight_decay=0.1)
        after = keras_steps(stepper, w, none)
        found[f"keras_{name}"] = after - w
    return {key: v.numpy() for key, v in found.items()}


def reported():
    """What evaluate reports of a penalized Keras model."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 3)).astype("float32")
    y = X @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = keras_linear(keras.regularizers.L2(0.1), 0.1)
    for _ in range(20):
        model.train_on_batch(X, y)
    w = model.layers[0].kernel.value.detach().numpy()
    guess = model(X).detach().numpy()
    return {
        "evaluate": float(model.evaluate(X, y, verbose=0)),
        "error": float(np.mean((guess - y) ** 2)),
        "w": w[:, 0],
    }


def translations(diabetes):
    """Solutions of scikit-learn, seen from outside.

    Of four models, and of Ridge with two outputs: the slope
    of the mean loss there, that of Keras's penalty at the
    translated strength c, and a step of PyTorch's SGD with
    weight_decay 2c.
    """
    X, y = diabetes["X"], diabetes["y"]
    y, n, alpha, C = y - y.mean(), len(y), 44.2, 0.1
    high = (y > np.median(y)).astype(float)
    pair = np.stack([y, y[::-1]], axis=1)  # (n, 2)
    no = {"fit_intercept": False, "tol": 1e-10}
    bce = F.binary_cross_entropy_with_logits
    a, b, c, d = (
        Ridge(alpha=alpha, **no),
        Lasso(alpha=2.0, **no),
        LogisticRegression(C=C, **no),
        ElasticNet(alpha=2.0, l1_ratio=0.75, **no),
    )
    l1, l2 = keras_l1_penalty, keras_l2_penalty
    mse = F.mse_loss

    def net(w, alpha):
        return l1(w, 1.5 * alpha) + l2(w, 0.25 * alpha)

    found = {"alpha": alpha, "C": C, "rows": n}
    for name, model, target, loss, penalty, lam in (
        ("ridge", a, y, mse, l2, alpha / n),
        ("pair", a, pair, mse, l2, alpha / (2 * n)),
        ("lasso", b, y, mse, l1, 2 * 2.0),
        ("net", d, y, mse, net, 2.0),
        ("logistic", c, high, bce, l2, 1 / (2 * n * C)),
    ):
        w = np.squeeze(model.fit(X, target).coef_.T)
        w = torch.tensor(w, requires_grad=True)
        guess = torch.tensor(X) @ w
        error = loss(guess, torch.tensor(target))
        (slope,) = torch.autograd.grad(error, w)
        (pull,) = torch.autograd.grad(penalty(w, lam), w)
        w, sgd = w.detach(), torch.optim.SGD
        after = torch_steps(
            sgd, w, [slope], lr=1.0, weight_decay=2 * lam
        )
        found |= {
            f"{name}_w": w.numpy(),
            f"{name}_slope": slope.numpy(),
            f"{name}_pull": pull.numpy(),
            f"{name}_step": (after - w).numpy(),
            f"{name}_c": lam,
            f"{name}_decay": 2 * lam,
        }
    return found


def descents(diabetes):
    """What scikit-learn's own descents minimize.

    The distance of their weights from those of Ridge and of
    LogisticRegression at the translated strength, for
    c = 0.1, as a share of the largest weight.
    """
    X, y, c = diabetes["X"][:400], diabetes["y"][:400], 0.1
    n, high = len(y), y > np.median(y)
    run = {"max_iter": 2000, "tol": None, "random_state": 0}
    logistic = LogisticRegression(C=1 / (2 * n * c))
    logistic = logistic.fit(X, high).coef_[0]
    linear, _ = ridge(X, y, n * c)
    classifier = SGDClassifier("log_loss", alpha=2 * c, **run)
    regressor = SGDRegressor(alpha=c, average=True, **run)
    found = {
        "SGDClassifier": classifier.fit(X, high).coef_[0],
        "SGDRegressor": regressor.fit(X, y).coef_,
    }
    for rows in (50, 400):  # in a batch
        network = MLPClassifier(
            (),
            solver="sgd",
            momentum=0.0,
            learning_rate_init=0.05,
            batch_size=rows,
            alpha=2 * rows * c,
            max_iter=800,
            n_iter_no_change=600,  # so it stops after 601
            tol=1.0,
            random_state=0,
        )
        w = network.fit(X, high).coefs_[0][:, 0]
        found[f"MLPClassifier_{rows}"] = w
    for name, w in found.items():
        best = linear if "Regr" in name else logistic
        gap = np.abs(w - best).max() / np.abs(best).max()
        found[name] = float(gap)
    return found


def defaults():
    """The strengths that the libraries choose for you."""

    def default(kind, name):
        value = inspect.signature(kind).parameters[name]
        return value.default

    found, decay = {}, "weight_decay"
    for name in ("SGD", "Adam", "AdamW"):
        a = getattr(torch.optim, name)
        b = getattr(keras.optimizers, name)
        found[f"torch_{name}"] = float(default(a, decay))
        found[f"keras_{name}"] = default(b, decay) or 0.0
    return found | {
        "keras_L1": default(keras.regularizers.L1, "l1"),
        "keras_L2": default(keras.regularizers.L2, "l2"),
        "ridge": default(Ridge, "alpha"),
        "lasso": default(Lasso, "alpha"),
        "logistic": default(LogisticRegression, "C"),
        "keras_norm": default(
            keras.layers.BatchNormalization, "epsilon"
        ),
        "torch_norm": default(torch.nn.BatchNorm1d, "eps"),
    }


def proximal():
    """Weights that minimize (w - z)²/2 plus a penalty.

    t |w| and t w²/2 with t = 1: closed forms for all z,
    and a numerical minimum at some.
    """
    z, dots = np.linspace(-3, 3, 121), np.arange(-2.8, 3)

    def minimum(z, penalty):
        found = minimize_scalar(
            lambda w: (w - z) ** 2 / 2 + penalty(w),
            bracket=(-4, 4),
            tol=1e-10,
        )
        return found.x

    return {
        "z": z,
        "l1": soft_threshold(z, 1.0),
        "l2": shrink(z, 1.0),
        "dots": dots,
        "l1_dots": np.array(
            [minimum(x, abs) for x in dots]
        ),
        "l2_dots": np.array(
            [minimum(x, lambda w: w**2 / 2) for x in dots]
        ),
    }


def posterior():
    """One observation z of a weight, with unit noise.

    Mode and mean of the weight under a Laplace prior
    exp(-|w|) and under a normal prior exp(-w²/2). "wide"
    is a normal prior of sd 3 under noise of sd 2.
    """
    w = np.linspace(-15, 15, 30_001)
    z = np.linspace(0, 3, 31)
    found = {"z": z}
    for name, sd, penalty in (
        ("laplace", 1, np.abs(w)),
        ("normal", 1, w**2 / 2),
        ("wide", 2, w**2 / (2 * 3**2)),
    ):
        energy = (w - z[:, None]) ** 2 / (2 * sd**2)
        energy = energy + penalty
        chance = np.exp(-energy)
        total = chance.sum(axis=1)
        found |= {
            f"{name}_mode": w[energy.argmin(axis=1)],
            f"{name}_mean": chance @ w / total,
        }
    half = int(np.argmin(np.abs(z - 0.5)))
    return found | {
        "l1": soft_threshold(z, 1.0),
        "l2": shrink(z, 1.0),
        "l2_wide": shrink(z, 2**2 / 3**2),
        "laplace_mean_half": float(
            found["laplace_mean"][half]
        ),
    }


def circle():
    """400 points of a circle, projected on a diamond.

    And on a disc; both half as far out as the points.
    """
    angles = 2 * np.pi * (np.arange(400) + 0.5) / 400
    points = np.stack([np.cos(angles), np.sin(angles)], 1)
    diamond, disc = project_l1_ball(points, 0.5), points / 2
    on_vertex = np.any(diamond == 0, axis=1)
    return {
        "points": points,
        "diamond": diamond,
        "disc": disc,
        "on_vertex": on_vertex,
        "vertex_percent": float(100 * on_vertex.mean()),
        "disc_zeros": int(np.sum(disc == 0)),
        "chance": float(100 * vertex_probability(0.5)),
    }


def contact():
    """How often a projection on the diamond has a zero.

    By the formula and by 200,000 angles; then the mean
    number of weights that are not zero, in d dimensions.
    """
    s = np.linspace(0.01, 1, 100)
    dots = np.array([0.25, 0.5, 0.75, 1.0])
    rng = np.random.default_rng(0)
    angles = 2 * np.pi * rng.random(200_000)
    points = np.stack([np.cos(angles), np.sin(angles)], 1)
    zeros = [
        np.mean(np.any(project_l1_ball(points, t) == 0, 1))
        for t in dots
    ]
    found = {
        "s": s,
        "chance": vertex_probability(s),
        "dots": dots,
        "dot_chance": vertex_probability(dots),
        "simulated": np.array(zeros),
    }
    for d in (2, 3, 10, 100):
        points = rng.normal(size=(400_000 // d, d))
        points /= np.linalg.norm(points, axis=1)[:, None]
        left = project_l1_ball(points, 0.5) != 0
        found[f"left_{d}"] = float(left.sum(axis=1).mean())
    for t, chance in zip(dots, found["dot_chance"]):
        found[f"chance_{100 * t:.0f}"] = float(chance)
    return found


def ridge_path(diabetes):
    """Ridge weights at strengths from 0.1 to 100,000."""
    X, y = diabetes["X"], diabetes["y"]
    lams = np.logspace(-1, 5, 400)
    w = np.array([ridge(X, y, lam)[0] for lam in lams])
    norms = np.linalg.norm(w, axis=1)
    turns = np.any(np.diff(np.abs(w), axis=0) > 0, axis=0)
    flips = (w.max(axis=0) > 0) & (w.min(axis=0) < 0)
    s3 = list(diabetes["names"]).index("s3")
    found = {
        "lams": lams,
        "w": w,  # (400, 10)
        "norms": norms,
        "flips": flips,
        "flip_count": int(flips.sum()),
        "turn_count": int(turns.sum()),
        "zeros": int(np.sum(w == 0)),
        "s3_first": float(w[0, s3]),
        "s3_least": float(w[:, s3].min()),
        "kept": ridge_shrinkage(X, 44.2),
    }
    for lam in (0, 1, 44.2, 1000):
        shrunk, _ = ridge(X, y, lam)
        norm, df = (
            float(np.linalg.norm(shrunk)),
            degrees_of_freedom(X, lam),
        )
        found |= {
            f"norm_{lam:.0f}": norm,
            f"freedom_{lam:.0f}": df,
        }
    return found


def lasso_path(diabetes):
    """Lasso weights along strengths, largest first."""
    X, y, names = (diabetes[k] for k in ("X", "y", "names"))
    most = lasso_lambda_max(X, y)
    shares = np.logspace(0, -3, 121)

    def weights(share):
        return lasso_cd(X, y, share * most)[0]

    w = np.array([weights(share) for share in shares])
    entry = (w != 0).argmax(axis=0)  # first nonzero row
    s3 = w[:, list(names).index("s3")]
    gone = (s3 == 0) & (shares < shares[s3.argmin()])
    left = np.array([0.01, 0.05, 0.1, 0.3, 0.6, 1.0])
    counts = [np.sum(weights(share) != 0) for share in left]
    found = {
        "shares": shares,
        "w": w,  # (121, 10)
        "lambda_max": most,
        "order": names[np.argsort(entry, kind="stable")],
        "entry": entry,
        "some_shares": left,
        "counts": np.array(counts),
        "s3_gone_from": float(100 * shares[gone][0]),
        "s3_gone_to": float(100 * shares[gone][-1]),
        "s3_least": float(s3.min()),
        "s3_last": float(s3[-1]),
    }
    for share, count in zip(left, counts):
        found[f"count_{100 * share:.0f}"] = int(count)
    return found


def zeros(diabetes):
    """Who finds the lasso's zeros, at 0.3 lambda_max.

    5000 steps of plain descent at three rates, and of ISTA
    and FISTA: the largest of the weights that should be 0.
    """
    X, y = diabetes["X"], diabetes["y"]
    lam = 0.3 * lasso_lambda_max(X, y)
    best, b = lasso_cd(X, y, lam)
    least = lasso_objective(X, y, best, b, lam)
    off = best == 0
    scale = len(X) / np.linalg.norm(X, 2) ** 2
    rates = scale * np.array([1.0, 0.1, 0.01])

    def excess(w):
        b = y.mean() - X.mean(axis=0) @ w
        return lasso_objective(X, y, w, b, lam) - least

    found = {
        "lam": lam,
        "best": best,
        "true_zeros": int(off.sum()),
        "rates": rates,
        "steps": np.arange(1, 5001),
    }
    runs = {
        f"slope_{k}": l1_subgradient(X, y, lam, lr, 5000)
        for k, lr in enumerate(rates)
    }
    runs["ista"] = ista(X, y, lam, 5000)
    runs["fista"] = ista(X, y, lam, 5000, accelerate=True)
    for name, (w, path) in runs.items():
        wrong = np.abs(path[:, off]).max(axis=1)  # (5000,)
        right = np.all((path != 0) == ~off, axis=1)
        found |= {
            name: wrong,
            f"{name}_last": float(wrong[-1000:].max()),
            f"{name}_zeros": int(np.sum(w == 0)),
            f"{name}_excess": excess(w),
            f"{name}_seen": int(np.sum(path == 0)),
            f"{name}_settled": int(
                5001 - right[::-1].argmin()
            ),
        }
        found[f"{name}_excess_100"] = excess(path[99])
    return found


def frameworks_zeros(diabetes):
    """The same lasso in PyTorch and Keras: 500 steps.

    The penalty in the loss, or a soft threshold after each
    step: how many weights are exactly 0.
    """
    X, y = diabetes["X"], diabetes["y"]
    lam = 0.3 * lasso_lambda_max(X, y)
    best, _ = lasso_cd(X, y, lam)
    data = torch.tensor(X), torch.tensor(y)
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    model = keras_linear(
        keras.regularizers.L1(2 * lam), 0.05
    )
    column = torch.tensor(y).float()[:, None]
    for _ in range(500):
        model.train_on_batch(data[0].float(), column)
    kernel = model.layers[0].kernel.value.detach()
    run = *data, lam, 500
    weights = {
        "sgd": torch_l1_fit(*run, sgd, lr=0.1),
        "adam": torch_l1_fit(*run, adam, lr=0.1),
        "keras": kernel[:, 0],
        "proximal": torch_proximal_fit(*run, lr=0.1),
    }
    found = {"true_zeros": int(np.sum(best == 0))}
    for name, w in weights.items():
        w = w.numpy()
        found |= {
            name: w,
            f"{name}_zeros": int(np.sum(w == 0)),
            f"{name}_gap": float(np.abs(w - best).max()),
        }
    return found


def truth(seed):
    """A design, tests, and two truths of length² 5.

    X (30, 20), Xtest (1000, 20); the dense truth spreads
    over all 20 weights, the sparse one has three.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 20))
    Xtest = rng.normal(size=(1000, 20))
    signs = rng.choice([-1.0, 1.0], size=20)
    sparse = np.where(np.arange(20) < 3, signs, 0.0)
    truths = {
        "dense": np.sqrt(5 / 20) * signs,
        "sparse": np.sqrt(5 / 3) * sparse,
    }
    return X, Xtest, truths, rng


def bias_variance():
    """Ridge's exact bias² and variance, noise of sd 1.

    For both truths of one design; at strength 5 also the
    mean over 4000 draws of the noise.
    """
    X, Xtest, truths, rng = truth(1)
    lams = np.logspace(-2, 3, 101)
    noise = rng.normal(size=(4000, 30))
    model = Ridge(alpha=5, fit_intercept=False)
    found = {"lams": lams}
    for name, beta in truths.items():

        def parts(lam, beta=beta):
            return ridge_bias_variance(
                X, beta, 1.0, lam, Xtest
            )

        bias2, var = np.transpose(
            [parts(lam) for lam in lams]
        )
        Y = (X @ beta + noise).T  # (30, 4000)
        drawn = model.fit(X, Y).coef_  # (4000, 20)
        off = Xtest @ (drawn.mean(axis=0) - beta)
        spread = (Xtest @ drawn.T).var(axis=1)
        total = bias2 + var
        unpenalized = sum(parts(0))
        at_five = parts(5)
        found |= {
            f"{name}_bias2": bias2,
            f"{name}_var": var,
            f"{name}_ols": unpenalized,
            f"{name}_best_lam": float(lams[total.argmin()]),
            f"{name}_best": float(total.min()),
            f"{name}_strong": float(total[-1]),
            f"{name}_bias2_5": at_five[0],
            f"{name}_var_5": at_five[1],
            f"{name}_drawn_bias2_5": float(np.mean(off**2)),
            f"{name}_drawn_var_5": float(spread.mean()),
        }
    return found


def lasso_of_all(X, Y, lams):
    """Lasso weights (k, d, m), without intercept, by FISTA.

    Of m targets Y (n, m) at k strengths at once.
    """
    step = len(X) / np.linalg.norm(X, 2) ** 2
    t = step * np.reshape(lams, (-1, 1, 1))
    shape = len(lams), X.shape[1], Y.shape[1]
    W = ahead = np.zeros(shape)
    for i in range(300):
        slope = X.T @ (X @ ahead - Y) / len(X)
        old, W = W, soft_threshold(ahead - step * slope, t)
        ahead = W + i / (i + 3) * (W - old)
    return W


def contest():
    """Ridge against lasso, each at its best strength.

    Mean squared error of the prediction, over 50 draws of
    the noise for the lasso, in ten designs: (10,).
    """
    ridges = np.logspace(-2, 3, 51)
    lassos = np.array(
        [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5]
    )
    rows = {
        f"{name}_{key}": []
        for name in ("dense", "sparse")
        for key in ("ridge", "lasso", "left")
    }
    for seed in range(10):
        X, Xtest, truths, rng = truth(seed)
        noise = rng.normal(size=(30, 50))
        for name, beta in truths.items():
            beta = beta[:, None]
            errors = [
                sum(
                    ridge_bias_variance(
                        X, beta[:, 0], 1.0, lam, Xtest
                    )
                )
                for lam in ridges
            ]
            W = lasso_of_all(X, X @ beta + noise, lassos)
            off = (Xtest @ (W - beta)) ** 2
            off = off.mean(axis=(1, 2))  # (9,)
            best = W[off.argmin()]  # (20, 50)
            left = np.sum(best != 0, axis=0).mean()
            rows[f"{name}_ridge"].append(min(errors))
            rows[f"{name}_lasso"].append(off.min())
            rows[f"{name}_left"].append(left)
    found = {k: np.array(row) for k, row in rows.items()}
    for key, row in rows.items():
        found[f"{key}_mean"] = float(np.mean(row))
    for name in ("dense", "sparse"):
        ratio = found[f"{name}_lasso"]
        ratio = ratio / found[f"{name}_ridge"]
        found[f"{name}_ratio"] = ratio
        found[f"{name}_ratio_mean"] = float(ratio.mean())
    return found


def decays(diabetes):
    """What weight_decay minimizes when there are data.

    Weights after 1000 steps with weight_decay 2c, for
    c = 0.1 and the mean squared error of all rows; those of
    ridge for c, and for a tenth of it.
    """
    X, y, c = diabetes["X"], diabetes["y"], 0.1
    found = {
        "ridge": ridge(X, y, len(y) * c)[0],
        "tenth": ridge(X, y, len(y) * c / 10)[0],
    }
    sgd, adam = {"lr": 0.05, "momentum": 0.9}, {"lr": 1.0}
    a = torch.optim
    for name, optimizer_class, settings in (
        ("torch_sgd", a.SGD, sgd),
        ("torch_adam", a.Adam, adam),
        ("torch_adamw", a.AdamW, adam),
    ):
        w = torch_linear(
            torch.tensor(X),
            torch.tensor(y),
            optimizer_class,
            1000,
            weight_decay=2 * c,
            **settings,
        )
        found[name] = w.numpy()
    for name, decay in (("keras", 0.2), ("tenfold", 2.0)):
        model = keras_linear(
            None, 0.05, momentum=0.9, weight_decay=decay
        )
        for _ in range(1000):
            model.train_on_batch(X, y[:, None])
        w = model.layers[0].kernel.value.detach()
        found[name] = w.numpy()[:, 0]
    ratio = found["torch_adamw"] @ found["torch_adamw"]
    ratio = ratio / (found["ridge"] @ found["ridge"])
    return found | {"adamw_share": float(np.sqrt(ratio))}


def optimizers():
    """A weight of 1 that the data neither wants nor minds.

    Its gradient is +s or -s, each half the time. 2000 steps
    at rate 0.01 and decay 0.1; means over 1000 copies that
    share their signs for all scales s.
    """
    lr, decay, steps = 0.01, 0.1, 2000
    scales = np.logspace(-2, 2, 9)
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(steps, 1, 1000))
    sgd = l2 = apart = np.ones((9, 1000))
    l2_state, apart_state = {}, {}
    for sign in signs:
        g = scales[:, None] * sign
        sgd = sgd_step(sgd, g, lr, decay)
        l2, l2_state = adam_step(
            l2, g, l2_state, lr, l2=decay
        )
        apart, apart_state = adam_step(
            apart, g, apart_state, lr, decoupled=decay
        )
    law_scales = np.logspace(0, 2, 41)
    found = {
        "scales": scales,
        "law_scales": law_scales,
        "law": np.exp(-lr * decay * steps / law_scales),
        "sgd": sgd.mean(axis=1),
        "adam": l2.mean(axis=1),
        "adamw": apart.mean(axis=1),
        "adam_sd": l2.std(axis=1),
        "adamw_sd": apart.std(axis=1),
        "theory": np.exp(-lr * decay * steps / scales),
        "decayed": (1 - lr * decay) ** steps,
    }
    for name in ("adam", "adamw"):
        # four standard errors
        error = 4 * found[f"{name}_sd"] / np.sqrt(1000)
        found[f"{name}_error"] = error
        found[f"{name}_error_10"] = float(error[6])
    for k, s in enumerate((1, 10, 100), start=2):
        for name in ("sgd", "adam", "adamw", "theory"):
            value = found[name][2 * k]
            found[f"{name}_{s}"] = float(value)
    return found


def momentum():
    """200 steps of a weight of 1 without any gradient.

    Rate 0.01, decay 0.1: coupled to SGD's gradient as in
    PyTorch, or not as in Keras, with and without momentum.
    Of data: how far from 1 a weight still is that they pull
    there with 0.1 times that distance.
    """
    w, none = torch.ones(1), [torch.zeros(1)] * 200
    x = torch.tensor([0.1**0.5, -(0.1**0.5)])
    found = {}
    for name, beta in (("plain", 0.0), ("momentum", 0.9)):
        sgd = {"lr": 0.01, "momentum": beta}
        coupled = torch_steps(
            torch.optim.SGD, w, none, weight_decay=0.1, **sgd
        )
        keras_sgd = keras.optimizers.SGD(
            0.01, momentum=beta, weight_decay=0.1
        )
        apart = keras_steps(keras_sgd, w, none)
        near = torch_l1_fit(
            x[:, None], x, 0.0, 200, torch.optim.SGD, **sgd
        )
        found |= {
            f"{name}_coupled": float(coupled),
            f"{name}_decoupled": float(apart),
            f"{name}_data": float(1 - near),
        }
    logs = {name: np.log(found[name]) for name in found}
    return found | {
        "ratio": float(
            logs["momentum_coupled"]
            / logs["momentum_decoupled"]
        ),
    }


def intercept(diabetes):
    """How predictions follow when 1000 is added to y.

    With a free intercept, and with a column of ones whose
    weight is penalized like the others.
    """
    X, y = diabetes["X"], diabetes["y"]
    n, lam = len(X), 44.2
    ones = np.hstack([X, np.ones((n, 1))])

    def penalized(y):
        w, _ = ridge(ones, y, lam, fit_intercept=False)
        return ones @ w

    def free(y):
        w, b = ridge(X, y, lam)
        return X @ w + b

    found = {"lam": lam, "rows": n}
    for name, predict in (
        ("penalized", penalized),
        ("free", free),
    ):
        short = 1000 - (predict(y + 1000) - predict(y))
        found[name] = float(short.mean())
        found[f"{name}_spread"] = float(np.ptp(short))
    return found


def units(diabetes):
    """Predictions before and after bmi is divided by 100.

    The largest change, with ridge at 44.2 and without.
    """
    X, y = diabetes["X"], diabetes["y"]
    bmi = list(diabetes["names"]).index("bmi")
    other = X.copy()
    other[:, bmi] /= 100
    found = {}
    for name, lam in (("ols", 0.0), ("ridge", 44.2)):
        (w, b), (v, c) = (
            ridge(X, y, lam) for X in (X, other)
        )
        moved = X @ w + b - (other @ v + c)
        found |= {
            name: float(np.abs(moved).max()),
            f"{name}_bmi": float(w[bmi]),
            f"{name}_bmi_after": float(v[bmi] / 100),
        }
    return found


def batchnorm():
    """A layer before batch normalization, ever longer.

    Its weights times c: loss and gradient. Then 100 steps
    of SGD without decay, at rate lr and, for weights three
    times as long, at 9 lr.
    """
    rng = np.random.default_rng(0)
    X = torch.tensor(rng.normal(size=(64, 5)))
    y = torch.tensor(rng.normal(size=64))
    W = torch.tensor(rng.normal(size=(5, 4)))

    def slope(W):
        W = W.clone().requires_grad_()
        loss = torch_batchnorm_loss(W, X, y)
        (gradient,) = torch.autograd.grad(loss, W)
        return loss.item(), gradient.numpy()

    scales, rows = np.array([1.0, 2.0, 10.0]), []
    for c in scales:
        loss, gradient = slope(c * W)
        along = (gradient * W.numpy()).sum(axis=0)
        rows.append(
            (loss, c * np.linalg.norm(gradient), *along)
        )
    rows = np.array(rows)

    def train(W, lr):
        lengths, losses = [], []
        for _ in range(101):
            loss, gradient = slope(W)
            lengths.append(np.linalg.norm(W, axis=0))
            losses.append(loss)
            W = W - lr * torch.tensor(gradient)
        return np.array(lengths), np.array(losses)

    lengths, losses = train(W, 0.1)
    _, same = train(3 * W, 0.9)
    _, other = train(3 * W, 0.1)
    return {
        "scales": scales,
        "losses": rows[:, 0],
        "norms_times_c": rows[:, 1],
        "norm": float(rows[0, 1]),
        "along": rows[:, 2:],
        "lengths": lengths,  # (101, 4)
        "same_gap": float(np.abs(same - losses).max()),
        "other_gap": float(np.abs(other - losses).max()),
    }


def spared():
    """What one step with weight decay 0.5 leaves of ones.

    Rate 0.1, no gradient: kernel, bias, and the scale and
    shift of a normalization, in PyTorch and Keras.
    """
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3)
    )
    params = list(net.parameters())
    found = {}
    for name, groups in (
        ("torch_all", params),
        ("torch_groups", torch_decay_groups(net, 0.5)),
    ):
        for p in params:
            torch.nn.init.ones_(p)
            p.grad = torch.zeros_like(p)
        sgd = torch.optim.SGD(groups, 0.1, weight_decay=0.5)
        sgd.step()
        found[name] = [p.detach().mean() for p in params]
    layers = keras.layers
    model = keras.Sequential(
        [layers.Dense(3), layers.BatchNormalization()]
    )
    model.build((None, 3))
    variables = model.trainable_variables
    none = [keras.ops.zeros_like(v) for v in variables]
    adamw = keras.optimizers.AdamW
    for name, optimizer in (
        ("all", adamw(0.1, weight_decay=0.5)),
        ("spared", keras_adamw(0.1, 0.5)),
    ):
        for v in variables:
            v.assign(keras.ops.ones_like(v))
        optimizer.apply(none, variables)
        found[f"keras_{name}"] = [
            v.value.detach().mean() for v in variables
        ]
    return {k: np.array(row) for k, row in found.items()}


def exercises():
    """The answers to the exercises."""
    two = np.sqrt(2) * np.array([[1.0], [-1.0]])  # s² is 4
    keras_pull = l2_gradient(1.0, 0.01)
    torch_pull = l2_gradient(1.0, 1.0, convention="half")
    ones, y = np.ones((10, 1)), np.full(10, 1000.0)
    w, _ = ridge(ones, y, 1.0, fit_intercept=False)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    X, _ = np.linalg.qr(X - X.mean(axis=0))
    shrunk, _ = ridge(X, y, 0.25)
    plain, _ = ridge(X, y, 0.0)
    return {
        "threshold": float(soft_threshold(-0.5, 0.5)),
        "kept": float(ridge_shrinkage(two, 1)[0]),
        "weight_decay": float(keras_pull / torch_pull),
        "C": 1 / (2 * 442 * 0.1),
        "even": brentq(
            lambda s: vertex_probability(s) - 0.5, 0.1, 1
        ),
        "short": float(1000 - w[0]),
        "left": float(np.exp(-0.01 * 0.1 * 2000 / 10)),
        "ratios": shrunk / plain,
        "ratio": float(np.mean(shrunk / plain)),
    }


def versions():
    """The libraries this article was built with."""
    libraries = {
        "torch": torch,
        "keras": keras,
        "sklearn": sklearn,
        "scipy": scipy,
    }
    return {
        name: library.__version__.split("+")[0]
        for name, library in libraries.items()
    }
