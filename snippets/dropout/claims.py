"""What the article claims, each proved by an assertion."""

from types import SimpleNamespace

import numpy as np
import torch
from sklearn.linear_model import Ridge

from snippets.dropout.keras_ import (
    keras_called_directly,
    keras_dropout,
)
from snippets.dropout.scratch import (
    dropout,
    dropout_backward,
    exact_expectation,
    keep_mask,
    linear_dropout_objective,
    linear_dropout_solution,
    linear_moments,
    variance_shift,
)
from snippets.dropout.torch_ import (
    torch_called_directly,
    torch_dropout,
)


def rate_zero_is_the_identity():
    """At drop rate 0 a draw of exactly 0 keeps its unit."""
    zeros = SimpleNamespace(random=np.zeros)
    x = np.array([1.0, -2.0, 3.0])
    y = dropout(x, 0.0, True, zeros)
    assert np.array_equal(y, x)
    return {"units_kept": int(np.sum(y == x))}


def mask_keeps_exactly_one_minus_r():
    """Of 1024 even draws exactly 1 - r are kept."""
    u = np.arange(1024) / 1024
    grid = SimpleNamespace(random=lambda shape: u)
    kept = [keep_mask(1024, r, grid).mean() for r in u]
    assert np.array_equal(kept, 1 - u)
    gap = np.abs(kept - (1 - u)).max()
    return {"largest_gap": float(gap)}


def forms_differ_by_a_factor():
    """On one mask, inverted is standard over 1 - r."""
    x = np.random.default_rng(1).normal(size=10_000)
    worst = 0.0
    for r in (0.1, 0.4, 0.7):
        rng = np.random.default_rng(0)
        standard = dropout(x, r, True, rng, kind="standard")
        rng = np.random.default_rng(0)
        inverted = dropout(x, r, True, rng, kind="inverted")
        gap = np.abs(inverted - standard / (1 - r)).max()
        worst = max(worst, float(gap))
    assert worst == 0
    return {"largest_gap": worst}


def eval_output_is_the_training_mean():
    """Each form's test output is its training mean."""
    x = np.random.default_rng(0).normal(size=6)
    worst = 0.0
    for kind in ("standard", "inverted"):
        for r in (0.1, 0.4, 0.7):
            train = exact_expectation(
                np.copy, x, r, kind=kind
            )
            test = dropout(x, r, False, kind=kind)
            gap = float(np.abs(train - test).max())
            worst = max(worst, gap)
    assert worst < 1e-12
    return {"largest_gap": worst}


def moments_of_one_unit(one_unit):
    """Means are 1.2 and 2, variances 0.96 and 8/3.

    For output 2 and drop rate 0.4: standard, inverted.
    At test the variance is 0.
    """
    exact = {
        "standard_mean": 1.2,
        "standard_var": 0.96,
        "inverted_mean": 2.0,
        "inverted_var": 8 / 3,
    }
    for key, value in exact.items():
        assert abs(one_unit[key] - value) < 1e-12
    assert one_unit["standard_test_var"] < 1e-24
    assert one_unit["inverted_test_var"] < 1e-24
    return {key: one_unit[key] for key in exact}


def draws_agree_with_the_formulas(one_unit, random_unit):
    """A million masks reproduce the means and variances."""
    gaps = [
        abs(
            unit[f"{kind}_simulated_{law}"]
            - unit[f"{kind}_{law}"]
        )
        for unit in (one_unit, random_unit)
        for kind in ("standard", "inverted")
        for law in ("mean", "var")
    ]
    assert max(gaps) < 0.02
    return {"largest_gap": max(gaps)}


def variance_is_not_preserved(random_unit):
    """Training varies over 4 times as much as test.

    For a unit N(1, 0.25) and drop rate 0.4, both forms.
    """
    ratios = {
        kind: random_unit[f"{kind}_simulated_var"]
        / random_unit[f"{kind}_simulated_test_var"]
        for kind in ("standard", "inverted")
    }
    assert min(ratios.values()) > 4
    return ratios


def noise_is_r_over_q(noise_curve):
    """Relative noise r / (1 - r): 1 at 0.5, 9 at 0.9."""
    r, noise = noise_curve["rates"], noise_curve["noise"]
    assert np.allclose(noise, r / (1 - r), rtol=1e-12)
    drawn = noise_curve["simulated"]
    exact = noise_curve["dot_noise"]
    assert np.abs(drawn / exact - 1).max() < 0.05
    half = noise_curve["noise_50"]
    most = noise_curve["noise_90"]
    assert abs(half - 1) < 1e-12 and abs(most - 9) < 1e-12
    return {"half": half, "most": most}


def linear_mean_is_exact(random_layer):
    """A linear layer carries the mean through."""
    x, w, b = (random_layer[key] for key in ("x", "w", "b"))
    worst = 0.0
    for kind in ("standard", "inverted"):
        for r in (0.1, 0.5, 0.8):
            mean = exact_expectation(
                lambda y: y @ w + b, x, r, kind=kind
            )
            test = dropout(x, r, False, kind=kind) @ w + b
            gap = float(np.abs(mean - test).max())
            worst = max(worst, gap)
    assert worst < 1e-12
    return {"largest_gap": worst}


def linear_variance_is_exact(random_layer):
    """linear_moments agrees with all 1024 masks."""
    x, w, b = (random_layer[key] for key in ("x", "w", "b"))
    worst = 0.0
    for kind in ("standard", "inverted"):
        for r in (0.1, 0.5, 0.8):
            mean, var = linear_moments(
                x, w, b, r, kind=kind
            )
            first, second = exact_expectation(
                lambda y: np.stack(
                    [y @ w + b, (y @ w + b) ** 2], axis=1
                ),
                x,
                r,
                kind=kind,
            )
            gaps = mean - first, var - (second - first**2)
            worst = max(worst, float(np.abs(gaps).max()))
    assert worst < 1e-11
    return {"largest_gap": worst}


def relu_breaks_the_mean():
    """The mean of relu(y1 - y2) is r; scaling says 0."""

    def f(y):
        return np.maximum(y[:, 0] - y[:, 1], 0)

    x = np.ones(2)
    for r in (0.1, 0.25, 0.5, 0.75):
        mean = exact_expectation(f, x, r)
        assert abs(mean - r) < 1e-12
        (scaled,) = f(dropout(x, r, False)[None])
        assert scaled == 0
    return {"at_rate": r, "mean": float(mean)}


def weight_scaling_underestimates_relu(all_masks):
    """Before a ReLU weight scaling is low, never high."""
    gap = all_masks["relu_gap"]  # (4 rates, 4 units)
    assert gap.min() > -1e-12
    assert all_masks["weight_scaled"] == 0
    assert all_masks["true_mean"] > 1.2
    assert np.all(np.diff(gap.max(axis=1)) > 0)
    return {"true_mean": all_masks["true_mean"]}


def sigmoid_gap_has_either_sign(all_masks):
    """After a sigmoid the error has either sign."""
    gap = all_masks["sigmoid_gap"]
    assert gap.min() < -0.01 and gap.max() > 0.01
    return {
        "least": float(gap.min()),
        "most": float(gap.max()),
    }


def softmax_is_a_geometric_mean(all_masks):
    """A weight-scaled softmax is a geometric mean."""
    geometric = float(
        np.abs(all_masks["geometric_gap"]).max()
    )
    assert geometric < 1e-10
    arithmetic = all_masks["softmax_gap_10"]
    assert arithmetic > 0.01
    return {
        "geometric": geometric,
        "arithmetic": arithmetic,
    }


def sgd_needs_q_squared(dictionary):
    """SGD agrees at lr times q² and parts otherwise."""
    matched = dictionary["sgd_matched_max"]
    unmatched = dictionary["sgd_unmatched_max"]
    assert matched < 1e-12 and unmatched > 0.01
    assert dictionary["sgd_matched_test"] < 1e-12
    return {"matched": matched, "unmatched": unmatched}


def adam_needs_q(dictionary):
    """Adam agrees at lr times q and parts otherwise."""
    matched = dictionary["adam_matched_max"]
    unmatched = dictionary["adam_unmatched_max"]
    assert matched < 1e-12 and unmatched > 0.01
    assert dictionary["adam_matched_test"] < 1e-12
    eps_kept = dictionary["adam_eps_kept_matched_max"]
    assert 1e-12 < eps_kept < 1e-5
    return {
        "matched": matched,
        "unmatched": unmatched,
        "eps_kept": eps_kept,
    }


def weight_decay_needs_q_squared(dictionary):
    """Decay in the gradient must be divided by q²."""
    gaps = {
        name: dictionary[f"{name}_matched_max"]
        for name in ("decay", "adam_decay")
    }
    assert max(gaps.values()) < 1e-12
    assert dictionary["decay_unmatched_max"] > 0.01
    assert dictionary["adam_decay_unmatched_max"] > 0.01
    return gaps


def adamw_decay_needs_q(dictionary):
    """AdamW's weight decay must be divided by q."""
    matched = dictionary["adamw_decay_matched_max"]
    kept = dictionary["adamw_decay_kept_matched_max"]
    assert matched < 1e-12 and kept > 0.01
    return {"matched": matched, "decay_kept": kept}


def gradient_reuses_the_mask():
    """PyTorch's gradient is the same mask over 1 - r."""
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=1000)).requires_grad_()
    grad_out = rng.normal(size=1000)
    y = torch_dropout(x, 0.4, True, seed=0)
    y.backward(torch.tensor(grad_out))
    mask = (y != 0).numpy()
    ours = dropout_backward(grad_out, mask, 0.4)
    worst = float(np.abs(ours - x.grad.numpy()).max())
    assert worst < 1e-12
    return {"largest_gap": worst}


def gradient_is_the_slope():
    """The gradient is the slope of the masked output."""
    x, g = np.random.default_rng(1).normal(size=(2, 20))
    u = np.random.default_rng(2).random(20)
    replay = SimpleNamespace(random=lambda shape: u)
    worst, step = 0.0, 1e-3 * np.eye(20)
    for kind in ("standard", "inverted"):

        def loss(v, kind=kind):
            return g @ dropout(
                v, 0.4, True, replay, kind=kind
            )

        slope = [loss(x + e) - loss(x - e) for e in step]
        slope = np.array(slope) / 2e-3
        _, mask = dropout(
            x,
            0.4,
            True,
            replay,
            kind=kind,
            return_mask=True,
        )
        ours = dropout_backward(g, mask, 0.4, kind=kind)
        worst = max(
            worst, float(np.abs(ours - slope).max())
        )
    assert worst < 1e-9
    return {"largest_gap": worst}


def every_call_draws_a_fresh_mask():
    """Every call and every row draws its own mask."""
    rng, x = np.random.default_rng(0), np.ones((50, 100))
    calls = [dropout(x, 0.5, True, rng) for _ in range(2)]
    rows = np.concatenate(calls)  # (100, 100)
    different = len(np.unique(rows, axis=0))
    assert different == 100
    return {"different_masks": different}


def dropped_inputs_are_a_ridge():
    """Expected squared error under dropout is ridge's."""
    rng, worst = np.random.default_rng(0), 0.0
    X, y = rng.normal(size=(5, 6)), rng.normal(size=5)
    w = rng.normal(size=6)
    for r in (0.1, 0.5, 0.8):
        exact = sum(
            exact_expectation(
                lambda rows, t=t: (t - rows @ w) ** 2, x, r
            )
            for x, t in zip(X, y, strict=True)
        )
        ours = linear_dropout_objective(X, y, w, r)
        worst = max(worst, float(abs(ours - exact)))
    assert worst < 1e-10
    return {"largest_gap": worst}


def solution_is_scikit_learns_ridge(diabetes):
    """On standardized columns it is Ridge, alpha nr/q."""
    X, y = diabetes["X"], diabetes["y"]
    worst = 0.0
    for r in (0.1, 0.5, 0.8):
        alpha = len(X) * r / (1 - r)
        ridge = Ridge(alpha=alpha, fit_intercept=False)
        theirs = ridge.fit(X, y).coef_
        ours = linear_dropout_solution(X, y, r)
        gap = float(np.abs(ours - theirs).max())
        worst = max(worst, gap)
    assert worst < 1e-8
    return {"largest_gap": worst}


def units_do_not_matter(diabetes):
    """Ridge feels a column's unit, dropout does not."""
    X, y = diabetes["X"], diabetes["y"]
    other = X * np.logspace(-2, 2, 10)
    w = linear_dropout_solution(X, y, 0.5)
    v = linear_dropout_solution(other, y, 0.5)
    ours = float(np.abs(X @ w - other @ v).max())
    ridge = Ridge(alpha=442, fit_intercept=False)
    before = ridge.fit(X, y).predict(X)
    after = ridge.fit(other, y).predict(other)
    theirs = float(np.abs(before - after).max())
    assert ours < 1e-9 and theirs > 1
    return {"dropout": ours, "ridge": theirs}


def sgd_on_dropped_inputs_finds_the_ridge(ridge):
    """SGD on dropped inputs averages to ridge, not OLS."""
    assert ridge["distance_ridge"] < 0.03
    assert ridge["distance_ols"] > 1
    return {
        "ridge": ridge["distance_ridge"],
        "ols": ridge["distance_ols"],
    }


def zero_mean_shift_is_q():
    """A zero-mean unit's variance ratio is 1 - r."""
    worst = 0.0
    for r in (0.1, 0.3, 0.5, 0.7):
        for var in (0.01, 1.0, 100.0):
            gap = abs(variance_shift(0, var, r) - (1 - r))
            worst = max(worst, gap)
    assert worst < 1e-12
    return {"largest_gap": worst}


def relu_shift_is_worse_than_q():
    """After a ReLU, 0.405 of the variance is left.

    For relu of N(0, 1) and drop rate 0.5, by the formula.
    """
    mean, var = 1 / np.sqrt(2 * np.pi), 0.5 - 0.5 / np.pi
    shift = variance_shift(mean, var, 0.5)
    assert abs(shift - 0.40536012) < 1e-8
    return {"shift": shift}


def torch_batchnorm_shifts(batchnorm):
    """PyTorch's BatchNorm shows the predicted shift."""
    for name in ("relu", "zero_mean"):
        measured = batchnorm[f"{name}_measured"]
        gap = measured - batchnorm[f"{name}_predicted"]
        assert np.abs(gap).max() < 0.01
    return {"after_relu": batchnorm["relu_measured_50"]}


def dropout_helps_against_wrong_labels(noisy):
    """Drop rate 0.5 saves over 5 points of error.

    After training on labels a fifth of which are redrawn.
    """
    none, half = noisy["error"][0], noisy["error"][2]
    assert none.mean() - half.mean() > 5
    assert half.max() < none.min()
    return {
        "none": noisy["error_none"],
        "half": noisy["error_half"],
    }


def dropout_memorizes_fewer_wrong_labels(noisy):
    """A higher rate learns fewer of the wrong labels."""
    learned = noisy["memorized"]  # (4 rates, 5 seeds)
    assert np.all(np.diff(learned.mean(axis=1)) < 0)
    assert learned[0].min() > 60 and learned[2].max() < 40
    train = noisy["train_error"]
    assert np.all(train[0] < train[2])
    return {
        "none": noisy["memorized_none"],
        "half": noisy["memorized_half"],
    }


def half_has_the_best_likelihood(noisy):
    """The NLL is lowest at drop rate 0.5 in all runs."""
    nll = noisy["nll"]  # (4 rates, 5 seeds)
    assert np.all(nll.argmin(axis=0) == 2)
    assert nll[3].min() > nll[2].max() + 0.1
    return {
        "half": noisy["nll_half"],
        "heavy": noisy["nll_heavy"],
    }


def error_hardly_tells_half_from_heavy(noisy):
    """Error at 0.5 and at 0.8 differs under 3 points."""
    moved = noisy["error_heavy"] - noisy["error_half"]
    assert abs(moved) < 3
    return {"points": moved}


def true_labels_leave_little_to_gain(clean, noisy):
    """On true labels the gain is under 2 points."""
    assert 0 < clean["gain"] < 2
    assert noisy["gain"] > 2 * clean["gain"]
    return {"points_gained": clean["gain"]}


def monte_carlo_needs_many_passes(mc):
    """One pass errs 3 points more; 50 draw level."""
    one, fifty = mc["error"][:, 0], mc["error"][:, -1]
    assert np.all(one > mc["scaled_error"] + 3)
    assert np.all(np.abs(fifty - mc["scaled_error"]) < 1.5)
    return {
        "one": mc["error_1"],
        "fifty": mc["error_50"],
        "scaled": mc["scaled_error_mean"],
    }


def monte_carlo_likelihood_is_worse(mc):
    """After wrong labels 50 passes have a worse NLL."""
    gap = mc["nll"][:, -1] - mc["scaled_nll"]
    assert gap.min() > 0.03
    return {"nats_worse": float(gap.mean())}


def monte_carlo_gains_nothing_on_true_labels(mc_clean):
    """After true labels 50 passes gain under 0.5 points."""
    error = (
        mc_clean["error_50"] - mc_clean["scaled_error_mean"]
    )
    nll = mc_clean["nll_50"] - mc_clean["scaled_nll_mean"]
    assert error > -0.5 and nll > 0
    return {"error_change": error, "nll_change": nll}


def entropy_finds_mistakes_without_passes(mc):
    """Averaging 50 passes ranks mistakes worse."""
    scaled = mc["scaled_auroc"]  # (5 networks,)
    assert scaled.min() > 0.8
    assert np.all(mc["mc_auroc"] < scaled)
    assert np.all(mc["information_auroc"] < scaled)
    return {
        "scaled": mc["scaled_auroc_mean"],
        "monte_carlo": mc["mc_auroc_mean"],
        "information": mc["information_auroc_mean"],
    }


def scale_folds_into_the_weights():
    """The test scale folds into the weights."""
    rng = np.random.default_rng(0)
    h = rng.normal(size=(64, 256))
    w = rng.normal(size=(256, 256))
    scaled = dropout(h, 0.4, False, kind="standard") @ w
    folded = h @ (0.6 * w)
    gap = (
        np.abs(scaled - folded).max() / np.abs(scaled).max()
    )
    assert gap < 1e-12
    return {"largest_gap": float(gap)}


def frameworks_take_the_drop_rate():
    """PyTorch's p and Keras's rate are drop rates."""
    x, found = torch.ones(10_000), {}
    for name, f in (
        ("torch", torch_dropout),
        ("keras", keras_dropout),
    ):
        y = f(x, 0.2, True, seed=0).numpy()
        found[name] = float(np.mean(y == 0))
        assert abs(found[name] - 0.2) < 0.02
        assert np.all((y == 0) | (y == np.float32(1.25)))
        assert torch.equal(f(x, 0.2, False, seed=0), x)
    return found


def keras_layer_infers_when_called():
    """A Keras layer called directly drops nothing."""
    y = keras_called_directly(torch.ones(1000), 0.5)
    assert torch.all(y == 1)
    return {"units_dropped": int((y == 0).sum())}


def no_grad_does_not_stop_dropout():
    """Dropout goes on under torch.no_grad()."""
    x = torch.ones(1000)
    with torch.no_grad():
        y = torch_called_directly(x, 0.5, seed=0)
    dropped = int((y == 0).sum())
    assert 400 < dropped < 600
    return {"units_dropped": dropped}


def torch_module_trains_when_called():
    """A new PyTorch module called directly drops units."""
    y = torch_called_directly(torch.ones(1000), 0.5, seed=0)
    dropped = int((y == 0).sum())
    assert 400 < dropped < 600
    return {"units_dropped": dropped}


def rate_one_gives_zeros():
    """At rate 1 both frameworks return zeros; we refuse."""
    x, survivors = torch.ones(100), 0
    for f in (torch_dropout, keras_dropout):
        y = f(x, 1.0, True, seed=0)
        survivors += int((y != 0).sum())
    assert survivors == 0
    try:
        dropout(x, 1.0, True, np.random.default_rng(0))
    except ValueError:
        return {"survivors": survivors}
    raise AssertionError("drop rate 1 was accepted")


def dropped_infinity_is_zero():
    """PyTorch turns a dropped inf into nan; we write 0."""
    x = torch.full((100,), torch.inf)
    theirs = torch_dropout(x, 0.5, True, seed=0).isnan()
    rng = np.random.default_rng(0)
    ours = dropout(x, 0.5, True, rng)
    keras = keras_dropout(x, 0.5, True, seed=0)
    assert 30 < theirs.sum() < 70
    assert not np.isnan(ours).any() and (ours == 0).any()
    assert not keras.isnan().any() and (keras == 0).any()
    return {"nan_in_torch": int(theirs.sum())}


def bad_rates_are_refused():
    """A rate outside [0, 1) is a ValueError."""
    refused = 0
    for rate in (-0.1, 1.0, 1.5, np.inf, -np.inf, np.nan):
        for training in (True, False):
            rng = np.random.default_rng(0)
            try:
                dropout([1.0], rate, training, rng)
            except ValueError:
                refused += 1
    assert refused == 12
    return {"calls_refused": refused}


def spatial_dropout_drops_whole_maps(relatives):
    """Spatial dropout drops whole maps."""
    assert relatives["spatial_mixed_maps"] == 0
    assert 40 < relatives["spatial_kept_percent"] < 60
    kept = relatives["spatial_kept_percent"]
    return {"percent_kept": kept}


def alpha_dropout_keeps_both_moments(relatives):
    """Alpha dropout keeps mean 0 and variance 1."""
    mean, var = (
        relatives["alpha_mean"],
        relatives["alpha_var"],
    )
    assert abs(mean) < 0.01 and abs(var - 1) < 0.01
    return {"mean": mean, "var": var}


def gaussian_dropout_matches_both_moments(relatives):
    """Gaussian dropout has the same two moments."""
    mean = relatives["gaussian_mean"]
    var = relatives["gaussian_var"]
    wanted = relatives["gaussian_wanted_var"]
    assert abs(mean - 1) < 0.01
    assert abs(var - wanted) < 0.01
    return {"mean": mean, "var": var}


def dropconnect_parts_twin_neurons(relatives):
    """DropConnect has the variance, not the one mask."""
    wanted = relatives["formula_var"]
    for name in ("dropout", "dropconnect"):
        assert (
            abs(relatives[f"{name}_var"] / wanted - 1)
            < 0.03
        )
    assert relatives["dropout_correlation"] > 0.999
    assert abs(relatives["dropconnect_correlation"]) < 0.03
    return {
        "dropout": relatives["dropout_correlation"],
        "dropconnect": relatives["dropconnect_correlation"],
    }
