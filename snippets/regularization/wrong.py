"""Wrong versions: each would break the claims in BREAKS."""

import keras
import numpy as np
import torch
import torch.nn.functional as F

from snippets.regularization.keras_ import keras_linear
from snippets.regularization.scratch import (
    adam_step,
    lasso_cd,
    real,
    ridge,
    ridge_bias_variance,
    ridge_map,
    smooth_part,
)
from snippets.regularization.torch_ import (
    torch_linear,
    torch_steps,
)


def l2_penalty_never_halved(
    w, lam, *, convention="keras"
):
    """the half was forgotten"""
    return lam * float(np.sum(np.square(w)))


def l2_gradient_always_halved(
    w, lam, *, convention="keras"
):
    """λ was taken for λ/2 throughout"""
    return lam * real("w", w)


def keras_l2_penalty_halved(w, lam):
    """Keras's L2 had the textbook's half"""
    return keras.regularizers.L2(lam / 2)(w)


def keras_l1_penalty_averaged(w, lam):
    """the penalty was a mean, not a sum"""
    return lam * keras.ops.mean(keras.ops.absolute(w))


def torch_hard_threshold(z, t):
    """`hardshrink` took the place of `softshrink`"""
    return F.hardshrink(z, t)


def keras_linear_decaying(regularizer, lr, **settings):
    """`weight_decay` of the optimizer replaced the L2"""
    strength = float(regularizer.l2)
    return keras_linear(None, lr, weight_decay=strength)


def soft_threshold_passing(z, t):
    """weights went on through 0"""
    return z - t * np.sign(z)


def soft_threshold_hard(z, t):
    """what stays was not moved: a hard threshold"""
    return np.where(np.abs(z) > t, z, 0.0)


def soft_threshold_shrinking(z, t):
    """the L2 penalty's formula took the place of L1's"""
    return z / (1 + t)


def shrink_by_a_step(z, t):
    """z was multiplied by 1 - t: a step, not the minimum"""
    return real("z", z) * (1 - t)


def ridge_on_the_mean(X, y, lam, *, fit_intercept=True):
    """λ went with the mean of the squares, not the sum"""
    lam = lam * len(X)
    return ridge(X, y, lam, fit_intercept=fit_intercept)


def ridge_penalizing_b(X, y, lam, *, fit_intercept=True):
    """the intercept was penalized like any weight"""
    if fit_intercept:
        X = np.hstack([X, np.ones((len(X), 1))])
    w = ridge_map(X, lam) @ y
    return (w[:-1], w[-1]) if fit_intercept else (w, 0.0)


def ridge_by_one_factor(X, y, lam, *, fit_intercept=True):
    """ridge shrank all weights by one factor"""
    w, _ = ridge(X, y, 0.0, fit_intercept=fit_intercept)
    w = w / (1 + lam / len(X))
    return w, float(np.mean(y) - np.mean(X, axis=0) @ w)


def ridge_one_by_one(X, y, lam, *, fit_intercept=True):
    """ridge took one column after the other"""
    w, r = np.zeros(X.shape[1]), y - np.mean(y)
    for j, column in enumerate((X - X.mean(axis=0)).T):
        w[j] = column @ r / (column @ column + lam)
        r = r - w[j] * column
    return w, float(np.mean(y) - np.mean(X, axis=0) @ w)


def ridge_standardizing(X, y, lam, *, fit_intercept=True):
    """the columns were brought to one scale inside"""
    scale = X.std(axis=0)
    w, b = ridge(X / scale, y, lam)
    return w / scale, b


def ridge_shrinkage_unsquared(X, lam):
    """the singular values were not squared"""
    s = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    return s / (s + lam)


def lasso_lambda_max_of_the_sum(X, y):
    """the pull was not divided by n"""
    return float(np.abs((X - X.mean(axis=0)).T @ y).max())


def lasso_cd_of_the_sum(
    X, y, lam, *, max_iter=10_000, tol=1e-12
):
    """λ went with the sum of the squares, not the mean"""
    return lasso_cd(X, y, lam / len(X))


def lasso_cd_by_thresholding(
    X, y, lam, *, max_iter=10_000, tol=1e-12
):
    """least squares weights were thresholded afterwards"""
    w, _ = ridge(X, y, 0.0)
    w = w - np.clip(w, -lam, lam)
    return w, float(np.mean(y) - np.mean(X, axis=0) @ w)


def ista_full_threshold(
    X, y, lam, steps, *, accelerate=False
):
    """the threshold was λ, not λ times the step"""
    gradient, step = smooth_part(X, y)
    w, path = np.zeros(np.shape(X)[1]), []
    for _ in range(steps):
        z = w - step * gradient(w)
        w = z - np.clip(z, -lam, lam)
        path.append(w)
    return w, np.array(path)


def l1_subgradient_smoothed(X, y, lam, lr, steps):
    """the kink of |w| at 0 was rounded off"""
    gradient, _ = smooth_part(X, y)
    w, path = np.zeros(np.shape(X)[1]), []
    for _ in range(steps):
        slope = np.clip(w, -1, 1)
        w = w - lr * (gradient(w) + lam * slope)
        path.append(w)
    return w, np.array(path)


def project_by_scaling(v, t):
    """the point was pulled straight toward 0"""
    size = np.abs(v).sum(axis=-1, keepdims=True)
    return v * np.minimum(1, t / size)


def vertex_probability_without_root(s):
    """s was not divided by √2"""
    return 4 / np.pi * np.arccos(s) - 1


def ridge_bias_variance_over_n(X, beta, sigma, lam, Xtest):
    """the noise was averaged over the rows"""
    bias2, var = ridge_bias_variance(
        X, beta, sigma, lam, Xtest
    )
    return bias2, var / len(X)


def ridge_variance_only(X, beta, sigma, lam, Xtest):
    """ridge was taken to be unbiased"""
    _, var = ridge_bias_variance(X, beta, sigma, lam, Xtest)
    return 0.0, var


def ridge_bias_only(X, beta, sigma, lam, Xtest):
    """the variance was left out"""
    bias2, _ = ridge_bias_variance(
        X, beta, sigma, lam, Xtest
    )
    return bias2, 0.0


def sgd_step_decay_without_lr(w, g, lr, wd=0.0):
    """the decay was not multiplied by the learning rate"""
    return (1 - wd) * real("w", w) - lr * real("g", g)


def adam_step_all_coupled(
    w,
    g,
    state,
    lr,
    *,
    betas=(0.9, 0.999),
    eps=1e-8,
    l2=0.0,
    decoupled=0.0,
):
    """AdamW's decay went through Adam's moments"""
    return adam_step(w, g, state, lr, l2=l2 + decoupled)


def torch_steps_by_adamw(
    optimizer_class, w, gradients, **settings
):
    """AdamW took the place of Adam"""
    if optimizer_class is torch.optim.Adam:
        optimizer_class = torch.optim.AdamW
    run = optimizer_class, w, gradients
    return torch_steps(*run, **settings)


def torch_steps_without_momentum(
    optimizer_class, w, gradients, **settings
):
    """momentum was left out"""
    settings.pop("momentum", None)
    run = optimizer_class, w, gradients
    return torch_steps(*run, **settings)


def torch_linear_by_adamw(
    X, y, optimizer_class, steps, **settings
):
    """AdamW took the place of Adam"""
    if optimizer_class is torch.optim.Adam:
        optimizer_class = torch.optim.AdamW
    run = optimizer_class, steps
    return torch_linear(X, y, *run, **settings)


def keras_linear_coupled(regularizer, lr, **settings):
    """Keras's decay joined the gradient, as in PyTorch"""
    half = settings.pop("weight_decay") / 2
    l2 = keras.regularizers.L2(half)
    return keras_linear(l2, lr, **settings)


def keras_steps_coupled(optimizer, w, gradients):
    """Keras added the decay to the gradient"""
    decay, optimizer.weight_decay = (
        optimizer.weight_decay,
        None,
    )
    w = keras.Variable(keras.ops.copy(w))
    for g in gradients:
        optimizer.apply([g + decay * w.value], [w])
    return w.value.detach()


def torch_proximal_full_threshold(X, y, lam, steps, lr):
    """the threshold was not multiplied by the rate"""
    w = torch.zeros_like(X[0])
    X, y = X - X.mean(dim=0), y - y.mean()
    for _ in range(steps):
        w = w - lr * X.T @ (X @ w - y) / len(X)
        w = F.softshrink(w, lam)
    return w


def torch_decay_groups_by_name(model, weight_decay):
    """only what is named bias was spared"""
    named = list(model.named_parameters())
    rest = [p for name, p in named if "bias" not in name]
    biases = [p for name, p in named if "bias" in name]
    return [
        {"params": rest, "weight_decay": weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]


def keras_adamw_by_bias(lr, weight_decay):
    """only what is named bias was spared"""
    optimizer = keras.optimizers.AdamW(
        lr, weight_decay=weight_decay
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def torch_loss_without_norm(W, X, y):
    """the batch was not normalized"""
    return F.mse_loss((X @ W).relu().sum(dim=1), y)


BREAKS = {
    "frameworks_agree": {
        "torch_soft_threshold": "torch_hard_threshold",
        "keras_l1_penalty": "keras_l1_penalty_averaged",
    },
    "weight_decay_is_half_a_penalty": {
        "l2_penalty": "l2_penalty_never_halved",
        "keras_l2_penalty": "keras_l2_penalty_halved",
    },
    "gradient_is_the_slope": {
        "l2_gradient": "l2_gradient_always_halved",
    },
    "strengths_translate": {
        "keras_l2_penalty": "keras_l2_penalty_halved",
        "keras_l1_penalty": "keras_l1_penalty_averaged",
    },
    "descents_translate": {
        "ridge": "ridge_on_the_mean",
    },
    "l2_fades_and_l1_arrives": {
        "soft_threshold": "soft_threshold_passing",
    },
    "closed_forms_are_minima": {
        "soft_threshold": "soft_threshold_hard",
        "shrink": "shrink_by_a_step",
    },
    "orthonormal_columns_go_one_by_one": {
        "shrink": "shrink_by_a_step",
        "lasso_cd": "lasso_cd_of_the_sum",
    },
    "zeros_are_weak_pulls": {
        "lasso_cd": "lasso_cd_by_thresholding",
    },
    "prior_gives_a_mode_not_a_mean": {
        "soft_threshold": "soft_threshold_hard",
    },
    "diamond_has_vertices_disc_has_none": {
        "project_l1_ball": "project_by_scaling",
    },
    "contact_has_a_closed_form": {
        "vertex_probability": (
            "vertex_probability_without_root"
        ),
    },
    "projection_is_a_soft_threshold": {
        "project_l1_ball": "project_by_scaling",
    },
    "many_dimensions_keep_few": {
        "project_l1_ball": "project_by_scaling",
    },
    "ridge_is_a_closed_form": {
        "ridge": "ridge_penalizing_b",
    },
    "ridge_shrinks_directions": {
        "ridge_shrinkage": "ridge_shrinkage_unsquared",
    },
    "norm_falls_but_weights_do_not": {
        "ridge": "ridge_by_one_factor",
    },
    "lasso_counts_its_columns": {
        "lasso_lambda_max": "lasso_lambda_max_of_the_sum",
        "lasso_cd": "lasso_cd_of_the_sum",
    },
    "lasso_enters_in_order": {
        "lasso_cd": "lasso_cd_by_thresholding",
    },
    "lasso_is_scikit_learns": {
        "lasso_cd": "lasso_cd_of_the_sum",
    },
    "plain_descent_has_no_zeros": {
        "l1_subgradient": "l1_subgradient_smoothed",
    },
    "soft_thresholds_find_the_zeros": {
        "ista": "ista_full_threshold",
    },
    "frameworks_find_no_zeros": {
        "torch_proximal_fit": (
            "torch_proximal_full_threshold"
        ),
    },
    "bias_and_variance_are_exact": {
        "ridge_bias_variance": "ridge_bias_variance_over_n",
    },
    "bias_rises_and_variance_falls": {
        "ridge_bias_variance": "ridge_variance_only",
    },
    "some_penalty_always_helps": {
        "ridge_bias_variance": "ridge_bias_only",
    },
    "the_truth_decides": {
        "soft_threshold": "soft_threshold_shrinking",
    },
    "twins_share_under_ridge": {
        "ridge": "ridge_one_by_one",
    },
    "error_is_a_u": {
        "ridge": "ridge_on_the_mean",
    },
    "sgd_decay_is_l2": {
        "sgd_step": "sgd_step_decay_without_lr",
    },
    "adam_makes_any_l2_a_step_of_lr": {
        "torch_steps": "torch_steps_by_adamw",
    },
    "adam_divides_the_penalty": {
        "adam_step": "adam_step_all_coupled",
    },
    "coupled_decay_is_ridge": {
        "torch_linear": "torch_linear_by_adamw",
    },
    "momentum_multiplies_the_decay": {
        "torch_steps": "torch_steps_without_momentum",
        "keras_steps": "keras_steps_coupled",
    },
    "momentum_thins_a_decay": {
        "keras_linear": "keras_linear_coupled",
    },
    "keras_optimizers_decouple": {
        "keras_steps": "keras_steps_coupled",
    },
    "penalized_intercepts_fall_short": {
        "ridge": "ridge_penalizing_b",
    },
    "units_matter": {
        "ridge": "ridge_standardizing",
    },
    "keras_reports_the_penalty": {
        "keras_linear": "keras_linear_decaying",
    },
    "decay_reaches_biases": {
        "torch_decay_groups": "torch_decay_groups_by_name",
        "keras_adamw": "keras_adamw_by_bias",
    },
    "batchnorm_feels_no_length": {
        "torch_batchnorm_loss": "torch_loss_without_norm",
    },
    "length_is_a_learning_rate": {
        "torch_batchnorm_loss": "torch_loss_without_norm",
    },
}
