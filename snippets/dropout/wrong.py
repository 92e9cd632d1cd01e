"""Wrong versions: each would break the claims in BREAKS."""

import keras
import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import entr
from torch import nn

from snippets.dropout.scratch import (
    dropout,
    every_mask,
    fitting,
    float_copy,
    is_inverted,
    keep_mask,
    log_softmax,
)


def keep_mask_above(shape, drop_rate, rng):
    """a unit was kept only when `u > drop_rate`"""
    return np.asarray(rng.random(shape)) > drop_rate


def keep_mask_below(shape, drop_rate, rng):
    """the drop rate was taken for the keep probability"""
    return np.asarray(rng.random(shape)) < drop_rate


def drop_and_keep_by_assert(drop_rate):
    """the drop rate was checked by `assert`"""
    assert 0 <= drop_rate < 1
    return float(drop_rate), 1 - float(drop_rate)


def dropout_multiplied(
    x, drop_rate, training, rng=None, *, kind="inverted"
):
    """survivors were multiplied by 1 - r, not divided"""
    q, inverted = 1 - drop_rate, is_inverted(kind)
    y = float_copy(x)
    if training:
        y[~keep_mask(y.shape, drop_rate, rng)] = 0.0
    if training == inverted:
        y *= q
    return y


def dropout_scaled_twice(
    x, drop_rate, training, *rest, **options
):
    """outputs were scaled in training and again at test"""
    y = dropout(x, drop_rate, training, *rest, **options)
    return y if training else y * (1 - drop_rate)


def dropout_divided_at_test(
    x, drop_rate, training, rng=None, *, kind="inverted"
):
    """the standard form divided by 1 - r at test"""
    q, inverted = 1 - drop_rate, is_inverted(kind)
    y = float_copy(x)
    if training:
        y[~keep_mask(y.shape, drop_rate, rng)] = 0.0
    if training == inverted:
        y /= q
    return y


def dropout_left_in_eval(
    x, drop_rate, training, *rest, **options
):
    """dropout was left in evaluation mode"""
    return dropout(x, drop_rate, False, *rest, **options)


def dropout_by_product(
    x, drop_rate, training, rng=None, *, kind="inverted"
):
    """units were dropped by a product with the mask"""
    q, inverted = 1 - drop_rate, is_inverted(kind)
    y = float_copy(x)
    if training:
        with np.errstate(invalid="ignore"):
            y *= keep_mask(y.shape, drop_rate, rng)
    if training and inverted:
        y /= q
    if not training and not inverted:
        y *= q
    return y


def dropout_reseeded(
    x, drop_rate, training, rng=None, **options
):
    """every call seeded a generator of its own"""
    rng = np.random.default_rng(0)
    return dropout(x, drop_rate, training, rng, **options)


def dropout_one_mask(
    x, drop_rate, training, rng=None, *, kind="inverted"
):
    """one mask served every row of the batch"""
    q, inverted = 1 - drop_rate, is_inverted(kind)
    y = float_copy(x)
    if training:
        row = keep_mask(y.shape[1:], drop_rate, rng)
        y[:, ~row] = 0.0
    if training and inverted:
        y /= q
    if not training and not inverted:
        y *= q
    return y


def dropout_backward_unscaled(
    grad_out, mask, drop_rate, *, kind="inverted"
):
    """the backward pass forgot to divide by 1 - r"""
    return np.where(mask, grad_out, 0.0)


def dropout_backward_fresh_mask(
    grad_out, mask, drop_rate, *, kind="inverted"
):
    """the backward pass drew a mask of its own"""
    rng = np.random.default_rng(0)
    mask = keep_mask(np.shape(grad_out), drop_rate, rng)
    q = 1 - drop_rate if is_inverted(kind) else 1.0
    return np.where(mask, grad_out, 0.0) / q


def output_moments_scaled_once(
    mean, var, drop_rate, *, kind="inverted"
):
    """the variance was divided by 1 - r only once"""
    q = 1 - drop_rate
    mean, var = float_copy(mean), float_copy(var)
    y_var = q * (var + drop_rate * mean**2)
    if is_inverted(kind):
        return mean, y_var / q
    return q * mean, y_var


def output_moments_without_mean(
    mean, var, drop_rate, *, kind="inverted"
):
    """dropout added no noise of its own"""
    q = 1 - drop_rate
    mean, var = float_copy(mean), float_copy(var)
    if is_inverted(kind):
        return mean, var
    return q * mean, q**2 * var


def linear_moments_unsquared(
    x, w, b, drop_rate, *, kind="inverted"
):
    """the weights were not squared"""
    q = 1 - drop_rate
    x, w, b = fitting("x, w, b", x, w, b)
    scale = 1 / q if is_inverted(kind) else 1.0
    var = q * drop_rate * (scale * x) ** 2
    return scale * q * x @ w + b, var @ w


def function_of_the_mean(
    f, x, drop_rate, *, kind="inverted"
):
    """the mean of f was taken to be f of the mean"""
    q = 1.0 if is_inverted(kind) else 1 - drop_rate
    return np.asarray(f(q * float_copy(x)[None]))[0]


def arithmetic_mean_softmax(
    x, w, b, drop_rate, *, kind="inverted"
):
    """the mean over the masks was the arithmetic one"""
    masks = every_mask(len(x))
    q = 1 - drop_rate
    chances = np.where(masks, q, drop_rate).prod(axis=1)
    y = np.where(masks, x, 0.0)
    y = y / q if is_inverted(kind) else y
    return chances @ np.exp(log_softmax(y @ w + b))


def variance_shift_upside_down(mean, var, drop_rate):
    """the ratio was training variance over test variance"""
    noise = drop_rate / (1 - drop_rate)
    return (var + noise * (var + mean**2)) / var


def equivalent_lr_adam(lr, drop_rate, optimizer):
    """SGD's rate was multiplied by 1 - r only once"""
    return lr * (1 - drop_rate)


def equivalent_lr_sgd(lr, drop_rate, optimizer):
    """Adam's rate was multiplied by 1 - r twice"""
    return lr * (1 - drop_rate) ** 2


def equivalent_decay_unchanged(
    weight_decay, drop_rate, optimizer="sgd"
):
    """the weight decay stayed as it was"""
    return weight_decay


def equivalent_decay_coupled(
    weight_decay, drop_rate, optimizer="sgd"
):
    """AdamW's decay was divided like that of Adam"""
    return weight_decay / (1 - drop_rate) ** 2


def plain_ridge_objective(X, y, w, drop_rate):
    """the penalty ignored the columns' lengths"""
    y, X, w = fitting("y, X, w", y, X, w)
    noise = drop_rate / (1 - drop_rate) * np.sum(w**2)
    return np.sum((y - X @ w) ** 2) + noise


def plain_ridge_solution(X, y, drop_rate):
    """the penalty ignored how long a column is"""
    X, y = float_copy(X), float_copy(y)
    penalty = drop_rate / (1 - drop_rate)
    gram = X.T @ X + penalty * np.eye(X.shape[1])
    return np.linalg.solve(gram, X.T @ y)


def entropy_reversed(p):
    """the entropy had the opposite sign"""
    return -entr(p).sum(axis=-1)


def percent_right(p, labels):
    """the percentage right was read as the error"""
    return float(100 * np.mean(p.argmax(axis=1) == labels))


def torch_dropout_keeping(x, drop_rate, training, seed):
    """PyTorch's p was given the keep probability"""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.dropout(
            x, p=1 - drop_rate, training=training
        )


def torch_called_in_eval(x, drop_rate, seed):
    """a new PyTorch module started in evaluation mode"""
    return nn.Dropout(p=drop_rate).eval()(x)


def torch_unit_dropout(x, drop_rate, seed):
    """single units were dropped, not whole channels"""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.dropout(x, p=drop_rate, training=True)


def torch_plain_dropout(x, drop_rate, seed):
    """plain dropout took the place of alpha dropout"""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.dropout(x, p=drop_rate, training=True)


def batchnorm_in_training(x, drop_rate, seed):
    """`net.eval()` was forgotten before measuring"""
    net = nn.Sequential(
        nn.Dropout(drop_rate), nn.BatchNorm1d(x.shape[1])
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        return float(net(x).var())


def torch_predict_in_training(net, x):
    """`net.eval()` was forgotten before predicting"""
    net.train()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        return net(x).double().softmax(dim=1)


def torch_predict_mc_in_eval(net, x, passes, seed):
    """dropout was off in all the passes averaged"""
    net.eval()
    with torch.no_grad():
        p = net(x).double().softmax(dim=1)
    return p.expand(passes, *p.shape)


def keras_dropout_keeping(x, drop_rate, training, seed):
    """Keras's rate was given the keep probability"""
    layer = keras.layers.Dropout(1 - drop_rate, seed=seed)
    return layer(x, training=training)


def keras_called_in_training(x, drop_rate):
    """a Keras layer dropped units unless told otherwise"""
    layer = keras.layers.Dropout(drop_rate, seed=0)
    return layer(x, training=True)


def keras_noise_of_sd_rate(x, drop_rate, seed):
    """the noise's standard deviation was the drop rate"""
    seed = keras.random.SeedGenerator(seed)
    noise = keras.random.normal(
        x.shape, mean=1.0, stddev=drop_rate, seed=seed
    )
    return keras.ops.multiply(x, noise)


BREAKS = {
    "rate_zero_is_the_identity": {
        "keep_mask": "keep_mask_above",
    },
    "mask_keeps_exactly_one_minus_r": {
        "keep_mask": "keep_mask_below",
    },
    "forms_differ_by_a_factor": {
        "dropout": "dropout_multiplied",
    },
    "eval_output_is_the_training_mean": {
        "dropout": "dropout_scaled_twice",
    },
    "moments_of_one_unit": {
        "output_moments": "output_moments_scaled_once",
    },
    "draws_agree_with_the_formulas": {
        "keep_mask": "keep_mask_below",
    },
    "variance_is_not_preserved": {
        "dropout": "dropout_left_in_eval",
    },
    "noise_is_r_over_q": {
        "output_moments": "output_moments_without_mean",
    },
    "linear_mean_is_exact": {
        "dropout": "dropout_scaled_twice",
    },
    "linear_variance_is_exact": {
        "linear_moments": "linear_moments_unsquared",
    },
    "relu_breaks_the_mean": {
        "exact_expectation": "function_of_the_mean",
    },
    "weight_scaling_underestimates_relu": {
        "exact_expectation": "function_of_the_mean",
    },
    "sigmoid_gap_has_either_sign": {
        "exact_expectation": "function_of_the_mean",
    },
    "softmax_is_a_geometric_mean": {
        "geometric_mean_softmax": "arithmetic_mean_softmax",
    },
    "sgd_needs_q_squared": {
        "equivalent_lr": "equivalent_lr_adam",
    },
    "adam_needs_q": {
        "equivalent_lr": "equivalent_lr_sgd",
    },
    "weight_decay_needs_q_squared": {
        "equivalent_decay": "equivalent_decay_unchanged",
    },
    "adamw_decay_needs_q": {
        "equivalent_decay": "equivalent_decay_coupled",
    },
    "gradient_reuses_the_mask": {
        "dropout_backward": "dropout_backward_unscaled",
    },
    "gradient_is_the_slope": {
        "dropout_backward": "dropout_backward_fresh_mask",
    },
    "every_call_draws_a_fresh_mask": {
        "dropout": "dropout_reseeded",
    },
    "dropped_inputs_are_a_ridge": {
        "linear_dropout_objective": "plain_ridge_objective",
    },
    "solution_is_scikit_learns_ridge": {
        "linear_dropout_solution": "plain_ridge_solution",
    },
    "units_do_not_matter": {
        "linear_dropout_solution": "plain_ridge_solution",
    },
    "sgd_on_dropped_inputs_finds_the_ridge": {
        "dropout": "dropout_left_in_eval",
    },
    "zero_mean_shift_is_q": {
        "variance_shift": "variance_shift_upside_down",
    },
    "relu_shift_is_worse_than_q": {
        "output_moments": "output_moments_without_mean",
    },
    "torch_batchnorm_shifts": {
        "torch_batchnorm_variance": "batchnorm_in_training",
    },
    "dropout_helps_against_wrong_labels": {
        "torch_predict": "torch_predict_in_training",
    },
    "dropout_memorizes_fewer_wrong_labels": {
        "error_percent": "percent_right",
    },
    "half_has_the_best_likelihood": {
        "torch_predict": "torch_predict_in_training",
    },
    "error_hardly_tells_half_from_heavy": {
        "torch_predict": "torch_predict_in_training",
    },
    "true_labels_leave_little_to_gain": {
        "torch_predict": "torch_predict_in_training",
    },
    "monte_carlo_needs_many_passes": {
        "torch_predict_mc": "torch_predict_mc_in_eval",
    },
    "monte_carlo_likelihood_is_worse": {
        "torch_predict_mc": "torch_predict_mc_in_eval",
    },
    "monte_carlo_gains_nothing_on_true_labels": {
        "torch_predict": "torch_predict_in_training",
    },
    "entropy_finds_mistakes_without_passes": {
        "entropy": "entropy_reversed",
    },
    "scale_folds_into_the_weights": {
        "dropout": "dropout_divided_at_test",
    },
    "frameworks_take_the_drop_rate": {
        "torch_dropout": "torch_dropout_keeping",
        "keras_dropout": "keras_dropout_keeping",
    },
    "keras_layer_infers_when_called": {
        "keras_called_directly": "keras_called_in_training",
    },
    "no_grad_does_not_stop_dropout": {
        "torch_called_directly": "torch_called_in_eval",
    },
    "torch_module_trains_when_called": {
        "torch_called_directly": "torch_called_in_eval",
    },
    "rate_one_gives_zeros": {
        "torch_dropout": "torch_dropout_keeping",
        "keras_dropout": "keras_dropout_keeping",
    },
    "dropped_infinity_is_zero": {
        "dropout": "dropout_by_product",
    },
    "bad_rates_are_refused": {
        "drop_and_keep": "drop_and_keep_by_assert",
    },
    "spatial_dropout_drops_whole_maps": {
        "torch_spatial_dropout": "torch_unit_dropout",
    },
    "alpha_dropout_keeps_both_moments": {
        "torch_alpha_dropout": "torch_plain_dropout",
    },
    "gaussian_dropout_matches_both_moments": {
        "keras_gaussian_dropout": "keras_noise_of_sd_rate",
    },
    "dropconnect_parts_twin_neurons": {
        "dropout": "dropout_one_mask",
    },
}
