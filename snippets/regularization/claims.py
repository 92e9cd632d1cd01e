"""What the article claims, each proved by an assertion."""

import numpy as np
import torch
from sklearn.linear_model import Lasso, Ridge, lars_path

from snippets.regularization.keras_ import (
    keras_l1_penalty,
    keras_l2_penalty,
    keras_soft_threshold,
)
from snippets.regularization.scratch import (
    adam_step,
    degrees_of_freedom,
    l1_penalty,
    l2_gradient,
    l2_penalty,
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
)
from snippets.regularization.torch_ import (
    torch_l1_penalty,
    torch_l2_penalty,
    torch_soft_threshold,
    torch_steps,
)


def frameworks_agree():
    """Three libraries have the same penalties.

    And the same soft threshold.
    """
    z = 3 * np.random.default_rng(0).normal(size=(5, 6))
    gaps = []
    for lam in (0.1, 1.0, 10.0):
        l1, l2 = l1_penalty(z, lam), l2_penalty(z, lam)
        soft = soft_threshold(z, lam)
        for f, wanted in (
            (torch_l1_penalty, l1),
            (keras_l1_penalty, l1),
            (torch_l2_penalty, l2),
            (keras_l2_penalty, l2),
            (torch_soft_threshold, soft),
            (keras_soft_threshold, soft),
        ):
            found = f(torch.tensor(z), lam).numpy()
            gap = np.abs(found - wanted).max()
            gaps.append(gap / (1 + np.abs(wanted).max()))
    worst = float(max(gaps))
    assert worst < 1e-7
    return {"largest_gap": worst}


def weight_decay_is_half_a_penalty(conventions):
    """Weights 3, -4: Keras's L2(0.1) is 2.5, a decay 1.25.

    PyTorch's SGD with weight_decay 0.1 and no other
    gradient steps down the slope of the penalty of 1.25.
    """
    w = conventions["w"]
    found = keras_l2_penalty(torch.tensor(w), 0.1)
    keras_has = float(found)
    half = l2_penalty(w, 0.1, convention="half")
    assert abs(keras_has - 2.5) < 1e-6
    assert abs(half - 1.25) < 1e-12
    slope = l2_gradient(w, 0.1, convention="half")
    assert np.abs(slope - [0.3, -0.4]).max() < 1e-6
    gap = conventions["torch_sgd"] + 0.5 * slope
    assert np.abs(gap).max() < 1e-6
    return {"keras": keras_has, "decay": half}


def gradient_is_the_slope():
    """The L2 penalty's slope is 2 λ w; of its half, λ w."""
    w = np.random.default_rng(0).normal(size=7)
    worst, step = 0.0, 0.5 * np.eye(7)
    for convention, factor in (("keras", 2), ("half", 1)):

        def penalty(w, convention=convention):
            return l2_penalty(w, 0.3, convention=convention)

        slope = [
            penalty(w + e) - penalty(w - e) for e in step
        ]
        ours = l2_gradient(w, 0.3, convention=convention)
        for wanted in (slope, factor * 0.3 * w):
            gap = float(np.abs(ours - wanted).max())
            worst = max(worst, gap)
    assert worst < 1e-14
    return {"largest_gap": worst}


def strengths_translate(translations):
    """scikit-learn's optimum is Keras's and PyTorch's too.

    With L2(c) where c is alpha / n for Ridge, half of that
    with two outputs, 1 / (2 n C) for LogisticRegression;
    weight_decay 2c in SGD; L1(2 alpha) for Lasso; and both
    for ElasticNet: on the mean of the losses.
    """
    found, worst = translations, 0.0
    for name in ("ridge", "pair", "logistic"):
        pull = found[f"{name}_pull"]
        left = found[f"{name}_slope"] + pull
        for gap in (left, found[f"{name}_step"]):
            gap = np.abs(gap).max() / np.abs(pull).max()
            worst = max(worst, float(gap))
    for name, l1 in (("lasso", 4.0), ("net", 3.0)):
        on = found[f"{name}_w"] != 0
        slope = found[f"{name}_slope"]
        left = (slope + found[f"{name}_pull"])[on] / l1
        worst = max(worst, float(np.abs(left).max()))
        assert 0 < on.sum() < 10
        assert np.all(np.abs(slope[~on]) < l1)
    assert worst < 1e-5
    return {"largest_gap": worst}


def descents_translate(descents):
    """scikit-learn's descents have half penalties on means.

    SGDClassifier(alpha=2c) and MLPClassifier(alpha=2Bc)
    with batches of B rows find LogisticRegression's
    weights, SGDRegressor(alpha=c) finds ridge's.
    """
    assert max(descents.values()) < 0.005
    return dict(descents)


def l2_fades_and_l1_arrives(demo):
    """L2 leaves 0.7 of a weight, L1 takes 0.3 off it.

    Its slope then jumps to and fro across 0; its soft
    threshold lands on 0 and stays. A quarter at a time the
    slope happens to get there too, and is 0 there.
    """
    steps = np.arange(6)
    l2, l1 = demo["l2_slope"], demo["l1_slope"]
    assert np.abs(l2 - 0.7**steps).max() < 1e-14
    wanted = [1, 0.7, 0.4, 0.1, -0.2, 0.1]
    assert np.abs(l1 - wanted).max() < 1e-14
    landed = demo["l1_soft"]
    assert np.abs(landed - l1)[:4].max() < 1e-14
    assert landed[4] == landed[5] == 0 and l2[5] > 0.1
    w = torch.ones(1)
    for _ in range(6):
        w.requires_grad_()
        torch_l1_penalty(w, 0.25).backward()
        w = w.detach() - w.grad
    assert w == 0
    return {"l2": float(l2[5]), "l1": float(landed[5])}


def closed_forms_are_minima(proximal):
    """Subtracting t and dividing by 1 + t is optimal.

    Brent's method finds the same minima of (w - z)²/2 plus
    t |w| and t w²/2, here for t = 1.
    """
    z, gaps = proximal["dots"], {}
    for name, f in (("l1", soft_threshold), ("l2", shrink)):
        gap = f(z, 1.0) - proximal[f"{name}_dots"]
        gaps[name] = float(np.abs(gap).max())
    assert max(gaps.values()) < 1e-6
    rng = np.random.default_rng(0)
    for t in (0.1, 0.5, 3.0):
        z, w = rng.normal(size=(2, 10_000))
        for f, penalty in (
            (soft_threshold, np.abs),
            (shrink, lambda w: w**2 / 2),
        ):
            best = f(z, t)
            least = (best - z) ** 2 / 2 + t * penalty(best)
            other = (w - z) ** 2 / 2 + t * penalty(w)
            assert np.all(least <= other + 1e-15)
    return gaps


def orthonormal_columns_go_one_by_one():
    """On orthonormal columns each weight goes alone.

    Ridge divides the least squares weight by 1 + λ, the
    lasso subtracts n λ from its size, down to 0.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 5))
    X, _ = np.linalg.qr(X - X.mean(axis=0))
    y, worst = rng.normal(size=30), 0.0
    plain, _ = ridge(X, y, 0.0)
    for lam in (0.1, 0.5, 1.0):
        w, _ = ridge(X, y, lam)
        v, _ = lasso_cd(X, y, lam / 30)
        gaps = (
            w - shrink(plain, lam),
            v - soft_threshold(plain, lam),
        )
        worst = max(worst, float(np.abs(gaps).max()))
    assert worst < 1e-12
    return {"largest_gap": worst}


def zeros_are_weak_pulls(diabetes):
    """A lasso weight is 0 where the data pull less than λ.

    Where it is not 0, the pull is λ times its sign: checked
    at 20 strengths.
    """
    X, y = diabetes["X"], diabetes["y"]
    worst, top = 0.0, lasso_lambda_max(X, y)
    for lam in top * np.logspace(-2, -0.01, 20):
        w, b = lasso_cd(X, y, lam)
        pull = X.T @ (y - X @ w - b) / len(y)
        on = w != 0
        assert np.all(np.abs(pull[~on]) < lam)
        gap = pull[on] - lam * np.sign(w[on])
        worst = max(worst, float(np.abs(gap).max()))
    assert worst < 1e-8
    return {"largest_gap": worst}


def prior_gives_a_mode_not_a_mean(posterior):
    """The soft threshold is a posterior's mode, not mean.

    Under a Laplace prior the mode is 0 for |z| <= 1; the
    mean is 0 at z = 0 only. Under a normal prior both are
    ridge, with λ = σ²/τ².
    """
    z = posterior["z"]
    step = 1e-3  # of the grid of weights
    for name, key in (
        ("laplace", "l1"),
        ("normal", "l2"),
        ("wide", "l2_wide"),  # σ = 2, τ = 3
    ):
        gap = posterior[f"{name}_mode"] - posterior[key]
        assert np.abs(gap).max() <= step
        if name != "laplace":
            gap = posterior[f"{name}_mean"] - posterior[key]
            assert np.abs(gap).max() < 1e-12
    assert np.all(posterior["l1"][z <= 1] == 0)
    mean = posterior["laplace_mean"]
    assert abs(mean[0]) < 1e-12
    assert np.all(mean[1:] > 0.4 * z[1:])
    return {"mean_at_half": posterior["laplace_mean_half"]}


def diamond_has_vertices_disc_has_none(circle):
    """54 % of a circle's points project on a vertex.

    Of 400, on the diamond half as far out; on a disc of
    that radius none gets a zero.
    """
    gap = circle["vertex_percent"] - circle["chance"]
    assert abs(gap) < 0.25  # one point
    assert circle["disc_zeros"] == 0
    sizes = np.abs(circle["diamond"]).sum(axis=1)
    assert np.abs(sizes - 0.5).max() < 1e-15
    return {"percent": circle["vertex_percent"]}


def contact_has_a_closed_form(contact):
    """The chance of a zero is (4/π) arccos(s/√2) - 1.

    Half as far out as the points: 54 %. By 200,000 angles.
    """
    gap = contact["simulated"] - contact["dot_chance"]
    worst = float(np.abs(gap).max())
    assert worst < 0.004
    half = contact["chance_50"]
    assert abs(half - 0.5398931) < 1e-7
    assert np.all(np.diff(contact["chance"]) < 0)
    return {"half": half, "largest_gap": worst}


def projection_is_a_soft_threshold():
    """The nearest point of a diamond is a soft threshold.

    One t fits all weights of a point outside. Against 200
    points of the diamond each, none is nearer.
    """
    rng, worst = np.random.default_rng(0), 0.0
    for v in rng.normal(size=(20, 10)):
        w = project_l1_ball(v, 1.0)
        t = np.abs(v - w).max()
        gap = np.abs(w - soft_threshold(v, t)).max()
        worst = max(worst, float(gap))
        others = rng.laplace(size=(200, 10))
        others /= np.abs(others).sum(axis=1)[:, None]
        assert np.all((others - w) @ (v - w) < 1e-12)
    assert worst < 1e-14
    return {"largest_gap": worst}


def many_dimensions_keep_few(contact):
    """Of 100 weights 10 to 15 are left, of two 1.46.

    Random directions, on a diamond half as far out. Of two
    it is 2 minus the chance of a zero.
    """
    of_2 = 2 - contact["chance_50"]
    assert abs(contact["left_2"] - of_2) < 0.005
    assert 1.7 < contact["left_3"] < 1.95
    assert 3.3 < contact["left_10"] < 3.8
    assert 10 < contact["left_100"] < 15
    return {
        "of_2": of_2,
        "of_100": contact["left_100"],
    }


def ridge_is_a_closed_form(diabetes):
    """Ridge is (X'X + λ I)⁻¹ X'y, on centered data.

    As scikit-learn finds it, also with more columns than
    rows.
    """
    X, y, worst = diabetes["X"], diabetes["y"], 0.0
    for rows in (442, 7):
        X, y = X[:rows], y[:rows]
        A, r = X - X.mean(axis=0), y - y.mean()
        for lam in (0.1, 1.0, 44.2, 1000.0):
            w, b = ridge(X, y, lam)
            gram = A.T @ A + lam * np.eye(10)
            closed = np.linalg.solve(gram, A.T @ r)
            model = Ridge(alpha=lam).fit(X, y)
            gaps = np.append(w - closed, w - model.coef_)
            gaps = np.append(gaps, b - model.intercept_)
            worst = max(worst, float(np.abs(gaps).max()))
    assert worst < 1e-8
    return {"largest_gap": worst}


def ridge_shrinks_directions(diabetes):
    """Along each direction ridge keeps s²/(s² + λ).

    At λ = 44.2, a tenth of the rows, their sum is 7.64 of
    10: the degrees of freedom.
    """
    X, y = diabetes["X"], diabetes["y"]
    U, _, _ = np.linalg.svd(X, full_matrices=False)
    kept = ridge_shrinkage(X, 44.2)
    w, b = ridge(X, y, 44.2)
    fit = U @ (kept * (U.T @ y)) + y.mean()
    assert np.abs(X @ w + b - fit).max() < 1e-9
    df = degrees_of_freedom(X, 44.2)
    assert abs(df - 7.6417253) < 1e-6
    assert abs(degrees_of_freedom(X, 0) - 10) < 1e-12
    return {
        "df": df,
        "least": float(kept.min()),
        "most": float(kept.max()),
    }


def norm_falls_but_weights_do_not(ridge_path):
    """The norm falls; 8 of 10 weights grow on the way.

    Five change sign on the path, and none is ever 0.
    """
    assert np.all(np.diff(ridge_path["norms"]) < 0)
    assert ridge_path["turn_count"] == 8
    assert ridge_path["flip_count"] == 5
    assert ridge_path["zeros"] == 0
    assert ridge_path["s3_first"] > 4
    assert ridge_path["s3_least"] < -9
    return {
        "grow": ridge_path["turn_count"],
        "change_sign": ridge_path["flip_count"],
    }


def lasso_counts_its_columns(lasso_path, diabetes):
    """From λ max = 45.16 on, every weight is exactly 0.

    At 0.6, 0.3, 0.1, 0.05 and 0.01 of it 2, 4, 5, 7 and 8
    of 10 are not.
    """
    X, y = diabetes["X"], diabetes["y"]
    top = lasso_path["lambda_max"]
    assert abs(top - 45.16003) < 1e-5
    assert np.all(lasso_cd(X, y, top)[0] == 0)
    assert np.any(lasso_cd(X, y, 0.999 * top)[0] != 0)
    wanted = [8, 7, 5, 4, 2, 0]
    assert np.array_equal(lasso_path["counts"], wanted)
    return {"lambda_max": top}


def lasso_enters_in_order(lasso_path):
    """bmi enters first, then s5, bp, s3, sex; age is last.

    As λ falls. At 0.2 % of λ max s3 is 0 again; later it
    comes back with the other sign.
    """
    wanted = "bmi s5 bp s3 sex s6 s1 s4 s2 age"
    assert " ".join(lasso_path["order"]) == wanted
    assert lasso_path["s3_gone_from"] > 0.2
    assert lasso_path["s3_gone_to"] < 0.15
    least = lasso_path["s3_least"]
    assert least < -10 and lasso_path["s3_last"] > 1
    return {
        "s3_before": least,
        "s3_after": lasso_path["s3_last"],
    }


def lasso_is_scikit_learns(diabetes):
    """One weight at a time gives scikit-learn's lasso.

    LARS, by a list of the weights in use, gives the same
    weights and the same zeros.
    """
    X, y, worst = diabetes["X"], diabetes["y"], 0.0
    for lam in (0.1, 1.0, 10.0, 30.0):
        w, b = lasso_cd(X, y, lam)
        model = Lasso(alpha=lam, tol=1e-12).fit(X, y)
        gaps = np.append(
            w - model.coef_, b - model.intercept_
        )
        _, _, path = lars_path(
            X, y - y.mean(), method="lasso", alpha_min=lam
        )
        lars = path[:, -1]
        gaps = np.append(gaps, w - lars)
        worst = max(worst, float(np.abs(gaps).max()))
        assert np.array_equal(lars == 0, w == 0)
    assert np.sum(w == 0) == 8
    assert worst < 1e-8
    return {"largest_gap": worst}


def plain_descent_has_no_zeros(zeros):
    """In 5000 steps of plain descent no weight is ever 0.

    Six should be. They swing around it, ten times less at
    a tenth of the learning rate.
    """
    assert zeros["true_zeros"] == 6
    swings = [zeros[f"slope_{k}_last"] for k in range(3)]
    for k, lr in enumerate(zeros["rates"]):
        assert zeros[f"slope_{k}_seen"] == 0
        in_steps = swings[k] / (lr * zeros["lam"])
        assert 1 < in_steps < 3
    large, middle, small = swings
    assert 8 < large / middle < 15
    assert 8 < middle / small < 15
    return {"large_rate": large, "small_rate": small}


def soft_thresholds_find_the_zeros(zeros):
    """ISTA has the right zeros from step 10 on, for good.

    FISTA from step 7. After 100 steps ISTA's objective is
    the least to 1e-9.
    """
    for name, settled in (("ista", 10), ("fista", 7)):
        assert zeros[f"{name}_settled"] == settled
        assert zeros[f"{name}_zeros"] == 6
        assert zeros[f"{name}_excess"] < 1e-9
    assert zeros["ista_excess_100"] < 1e-9
    assert zeros["slope_2_excess"] > 0.1
    return {
        "ista": zeros["ista_settled"],
        "fista": zeros["fista_settled"],
    }


def frameworks_find_no_zeros(frameworks_zeros):
    """An L1 penalty in the loss leaves not one weight at 0.

    In PyTorch's SGD and Adam and in Keras, where six should
    be; SGD in both is the same run. With a soft threshold
    after each step, PyTorch has all six and the lasso.
    """
    found = frameworks_zeros
    assert found["true_zeros"] == 6
    for name in ("sgd", "adam", "keras"):
        assert found[f"{name}_zeros"] == 0
    apart = np.abs(found["sgd"] - found["keras"]).max()
    assert apart < 1e-2
    assert found["proximal_zeros"] == 6
    assert found["proximal_gap"] < 1e-8
    return {
        "sgd": found["sgd_zeros"],
        "adam": found["adam_zeros"],
        "keras": found["keras_zeros"],
        "proximal": found["proximal_zeros"],
    }


def bias_and_variance_are_exact(bias_variance):
    """Both formulas agree with 4000 draws to 3 percent."""
    gaps = []
    for name in ("dense", "sparse"):
        for part in ("bias2_5", "var_5"):
            drawn = bias_variance[f"{name}_drawn_{part}"]
            exact = bias_variance[f"{name}_{part}"]
            gaps.append(abs(drawn / exact - 1))
    assert max(gaps) < 0.03
    return {"largest_gap": max(gaps)}


def bias_rises_and_variance_falls(bias_variance):
    """More penalty is more bias and less variance, always.

    Their sum falls and then rises, in the end above that of
    no penalty at all.
    """
    for name in ("dense", "sparse"):
        bias2 = bias_variance[f"{name}_bias2"]
        var = bias_variance[f"{name}_var"]
        assert np.all(np.diff(bias2) > 0)
        assert np.all(np.diff(var) < 0)
        total = bias2 + var
        turn = total.argmin()
        assert 0 < turn < len(total) - 1
        assert np.all(np.diff(total[: turn + 1]) < 0)
        assert np.all(np.diff(total[turn:]) > 0)
        ols = bias_variance[f"{name}_ols"]
        assert bias_variance[f"{name}_best"] < 0.6 * ols
        assert bias_variance[f"{name}_strong"] > 1.5 * ols
    return {
        "none": bias_variance["dense_ols"],
        "best": bias_variance["dense_best"],
        "strong": bias_variance["dense_strong"],
    }


def some_penalty_always_helps():
    """A small enough λ > 0 beats least squares.

    In each of 50 random problems with noise, and for the
    mean squared error of weights as of predictions.
    """
    rng, gains = np.random.default_rng(0), []
    for _ in range(50):
        X, Xtest = rng.normal(size=(2, 15, 6))
        beta = 10 * rng.normal(size=6)
        for Z in (np.eye(6), Xtest):
            plain, tiny = (
                sum(ridge_bias_variance(X, beta, 1, lam, Z))
                for lam in (0.0, 1e-6)
            )
            gains.append((plain - tiny) / 1e-6)
    assert min(gains) > 0
    return {"least_gain_per_lambda": min(gains)}


def the_truth_decides(contest):
    """Sparse truths want L1, dense truths want L2.

    In each of ten designs, at the λ of least error: with
    three of 20 weights not 0 the lasso's error is on
    average under half of ridge's, with all 20 alike it is
    over 1.3 times as large.
    """
    sparse = contest["sparse_ratio"]
    dense = contest["dense_ratio"]
    assert sparse.max() < 0.65 and sparse.mean() < 0.5
    assert dense.min() > 1.3
    return {
        "sparse": contest["sparse_ratio_mean"],
        "dense": contest["dense_ratio_mean"],
    }


def error_is_a_u(overfitting):
    """Too little and too much penalty both cost.

    100 rows, 65 columns, 50 splits: the best strength is
    between 10 and 500 in each, with far less error than at
    0.001 and at 100,000; the training error always rises.
    """
    lams = overfitting["lams"]
    train, test = overfitting["train"], overfitting["test"]
    assert np.all(np.diff(train, axis=1) > 0)
    best = lams[test.argmin(axis=1)]  # (50,)
    assert best.min() > 10 and best.max() < 500
    least = test.min(axis=1)
    assert np.all(test[:, 0] > 1.5 * least)
    assert np.all(test[:, -1] > 1.2 * least)
    least = overfitting["least_test"]
    assert overfitting["weak_test"] > 4 * least
    assert overfitting["strong_test"] > 1.5 * least
    return {
        "weak": overfitting["weak_test"],
        "best": overfitting["least_test"],
        "strong": overfitting["strong_test"],
    }


def twins_share_under_ridge(diabetes):
    """Ridge gives twins one weight; the lasso any split."""
    X, y = diabetes["X"], diabetes["y"]
    twins = np.hstack([X, X[:, [2]]])  # bmi once more
    w, _ = ridge(twins, y, 44.2)
    assert abs(w[2] - w[-1]) < 1e-9 and w[2] > 10
    v, b = lasso_cd(twins, y, 2.0)
    least = lasso_objective(twins, y, v, b, 2.0)
    v[2], v[-1] = v[2] + v[-1], 0.0
    one = lasso_objective(twins, y, v, b, 2.0)
    assert abs(one - least) < 1e-9
    return {"ridge": float(w[2]), "lasso": float(v[2])}


def sgd_decay_is_l2():
    """For plain SGD weight decay and L2 are one thing.

    50 steps along the half penalty's gradient, by shrinking
    with 1 - lr λ, and PyTorch's weight_decay: all the same.
    """
    rng, lr, lam = np.random.default_rng(0), 0.1, 0.3
    gradients = rng.normal(size=(50, 8))
    start = rng.normal(size=8)
    penalty = decay = ours = start
    for g in gradients:
        l2 = l2_gradient(penalty, lam, convention="half")
        penalty = penalty - lr * (g + l2)
        decay = (1 - lr * lam) * decay - lr * g
        ours = sgd_step(ours, g, lr, lam)
    theirs = torch_steps(
        torch.optim.SGD,
        torch.tensor(start),
        torch.tensor(gradients),
        lr=lr,
        weight_decay=lam,
    )
    gaps = np.array([penalty, decay, theirs]) - ours
    worst = float(np.abs(gaps).max())
    assert worst < 1e-12
    return {"largest_gap": worst}


def coupled_decay_is_ridge(decays):
    """PyTorch's weight_decay ends at the ridge solution.

    In SGD with momentum 0.9 and in Adam, on all rows; in
    AdamW, at the same number, the weights end far shorter.
    """
    gaps = {}
    for name in ("torch_sgd", "torch_adam"):
        gap = np.abs(decays[name] - decays["ridge"]).max()
        gaps[name] = float(gap)
    assert max(gaps.values()) < 1e-9
    assert decays["adamw_share"] < 0.5
    return gaps


def momentum_multiplies_the_decay(momentum):
    """Momentum 0.9 makes SGD's decay ten times as fast.

    In PyTorch, where it is part of the gradient, and as
    much as a data loss of the same slope. Not in Keras.
    """
    plain = momentum["plain_coupled"]
    assert abs(plain - 0.999**200) < 1e-5
    for name in ("plain", "momentum"):
        apart = momentum[f"{name}_decoupled"]
        assert abs(apart - plain) < 1e-5
        both = (
            momentum[f"{name}_coupled"],
            momentum[f"{name}_data"],
        )
        assert np.ptp(both) < 1e-5
    assert 9.5 < momentum["ratio"] < 11
    return {
        "torch": momentum["momentum_coupled"],
        "keras": momentum["momentum_decoupled"],
        "ratio": momentum["ratio"],
    }


def momentum_thins_a_decay(decays):
    """Momentum 0.9 makes Keras's decay a tenth as strong.

    SGD(momentum=0.9, weight_decay=2c) ends at the ridge of
    c/10, and ten times the decay at that of c.
    """
    thin = decays["keras"] - decays["tenth"]
    right = decays["tenfold"] - decays["ridge"]
    wrong = decays["keras"] - decays["ridge"]
    worst = max(np.abs(thin).max(), np.abs(right).max())
    assert worst < 1e-3
    assert np.abs(wrong).max() > 10
    return {"largest_gap": float(worst)}


def adam_makes_any_l2_a_step_of_lr():
    """Without data Adam's L2 moves weights by lr at once.

    3 and -4 by 0.5 each, whether λ is 0.1 or 0.0001.
    """
    w, none = torch.tensor([3.0, -4.0]), [torch.zeros(2)]
    moves = []
    for lam in (0.1, 1e-4):
        adam = {"lr": 0.5, "weight_decay": lam}
        after = torch_steps(
            torch.optim.Adam, w, none, **adam
        ).numpy()
        ours, _ = adam_step(w, [0, 0], {}, 0.5, l2=lam)
        assert np.abs(ours - after).max() < 1e-4
        moves.append(w.numpy() - after)
    gap = float(np.abs(np.array(moves) - [0.5, -0.5]).max())
    assert gap < 1e-3
    return {"largest_gap": gap}


def adam_divides_the_penalty(optimizers):
    """Under noisy gradients Adam's L2 decays slowly.

    Noise of size 10 leaves 0.8 of a weight after 2000 steps
    that leave 0.14 with SGD's rule; the law is
    exp(-lr λ T / s) for sizes s from 1 up. AdamW decays by
    (1 - lr λ)ᵀ at all: within four standard errors each.
    """
    found, big = optimizers, optimizers["scales"] > 0.9
    adam, adamw = found["adam"], found["adamw"]
    gap = np.abs(adam - found["theory"])
    assert np.all(gap[big] < found["adam_error"][big])
    gap = np.abs(adamw - found["decayed"])
    assert np.all(gap < found["adamw_error"])
    assert np.ptp(adamw) < 1e-5
    assert 0.75 < optimizers["adam_10"] < 0.9
    assert np.all(np.abs(adam[:3]) < 0.05)
    assert abs(optimizers["decayed"] - 0.1352) < 1e-4
    return {
        "size_1": optimizers["adam_1"],
        "size_10": optimizers["adam_10"],
        "size_100": optimizers["adam_100"],
    }


def keras_optimizers_decouple(conventions):
    """Keras's weight_decay always shrinks by lr λ w.

    In SGD, Adam and AdamW; as PyTorch's SGD and AdamW do.
    """
    wanted = -0.5 * 0.1 * conventions["w"]
    gaps = [
        conventions[name] - wanted
        for name in (
            "keras_sgd",
            "keras_adam",
            "keras_adamw",
            "torch_sgd",
            "torch_adamw",
        )
    ]
    worst = float(np.abs(gaps).max())
    assert worst < 1e-6
    adam = conventions["torch_adam"] - wanted
    assert np.abs(adam).min() > 0.2
    return {"largest_gap": worst}


def penalized_intercepts_fall_short(intercept):
    """A penalized intercept follows 10/11 of a shift.

    With centered columns and λ = n/10, adding 1000 to y
    adds 1000/11 too little to each prediction; a free
    intercept follows it.
    """
    assert abs(intercept["penalized"] - 1000 / 11) < 1e-8
    assert intercept["penalized_spread"] < 1e-8
    assert abs(intercept["free"]) < 1e-9
    assert intercept["free_spread"] < 1e-9
    return {"short": intercept["penalized"]}


def units_matter(units):
    """A column in other units is another ridge regression.

    At λ = 44.2 dividing bmi by 100 moves predictions by up
    to 75; those of least squares stay.
    """
    assert units["ols"] < 1e-9
    assert 75 < units["ridge"] < 76
    assert units["ridge_bmi"] > 23
    assert 0 < units["ridge_bmi_after"] < 0.02
    return {"ridge": units["ridge"], "ols": units["ols"]}


def keras_reports_the_penalty(reported):
    """Keras's evaluate is the error plus the penalty."""
    penalty = l2_penalty(reported["w"], 0.1)
    gap = reported["evaluate"] - reported["error"] - penalty
    assert abs(gap) < 1e-5 and penalty > 0.3
    return {
        "evaluate": reported["evaluate"],
        "error": reported["error"],
    }


def decay_reaches_biases(spared):
    """weight_decay shrinks biases and normalization too.

    In PyTorch and in Keras. Parameter groups spare them,
    and so does Keras's exclude_from_weight_decay.
    """
    for name in ("torch_all", "keras_all"):
        assert np.abs(spared[name] - 0.95).max() < 1e-6
    for name in ("torch_groups", "keras_spared"):
        kernel, *others = spared[name]
        assert abs(kernel - 0.95) < 1e-6
        assert others == [1, 1, 1]
    return {
        "bias_with_all": float(spared["torch_all"][1]),
        "bias_spared": float(others[0]),
    }


def batchnorm_feels_no_length(batchnorm):
    """Before BatchNorm the length of w changes nothing.

    The loss stays, the gradient is orthogonal to w and
    shrinks as w grows, so L2 cannot shrink the function.
    """
    losses = batchnorm["losses"]
    assert np.ptp(losses) < 1e-12
    assert np.abs(batchnorm["along"]).max() < 1e-12
    norms = batchnorm["norms_times_c"]
    assert np.ptp(norms) < 1e-12 and norms[0] > 0.1
    return {"norm_times_c": batchnorm["norm"]}


def length_is_a_learning_rate(batchnorm):
    """Without L2 each step makes w longer, and slower.

    Weights c times as long and a rate of c² lr train the
    same function; L2 before BatchNorm sets the rate.
    """
    assert np.all(np.diff(batchnorm["lengths"], axis=0) > 0)
    assert batchnorm["same_gap"] < 1e-12
    assert batchnorm["other_gap"] > 0.1
    return {
        "rate_scaled": batchnorm["same_gap"],
        "rate_kept": batchnorm["other_gap"],
    }
