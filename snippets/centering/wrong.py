"""Wrong versions: each would break the claims in BREAKS."""

import keras
import numpy as np
import torch
import torch.nn.functional as F
from scipy.integrate import quad
from scipy.special import ndtr
from torch import nn

from snippets.centering.scratch import (
    gd_steps,
    iid_eigenvalues,
    neuron_gradients,
    real,
    second_moment,
    sgd_path,
    sigmoid,
    uncentered_correlation,
)
from snippets.centering.torch_ import (
    torch_activate,
    torch_depth_gradients,
    torch_sample_gradients,
    torch_updates,
)


def sigmoid_less_its_mean(a):
    """the sigmoid's outputs were centered already"""
    outputs = sigmoid(a)
    return outputs - outputs.mean()


def relu_leaking(a):
    """ReLU let a tenth of what is below 0 through"""
    a = real("a", a)
    return np.maximum(a, 0.1 * a)


def neuron_gradients_of_the_batch(X, delta):
    """every sample had the gradient of the batch"""
    mean = neuron_gradients(X, delta).mean(axis=0)
    return np.tile(mean, (len(X), 1))


def gradient_parts_without_covariance(X, delta):
    """delta and the inputs were independent"""
    common = neuron_gradients(X, delta).mean(axis=0)
    return common, np.zeros_like(common)


def same_sign_fraction_with_zeros(G):
    """a zero passed for either sign"""
    G = np.asarray(G)
    up, down = (
        np.all(G >= 0, axis=1),
        np.all(G <= 0, axis=1),
    )
    return float(np.mean(up | down))


def same_sign_limit_upwards(mean, var, d):
    """only moves upwards were counted, not downwards"""
    slope = abs(mean) / np.sqrt(var)

    def up(z):
        return ndtr(slope * z) ** d * np.exp(-(z**2) / 2)

    chance, _ = quad(up, -np.inf, np.inf)
    return chance / np.sqrt(2 * np.pi)


def same_sign_limit_by_correlation(mean, var, d):
    """the correlation stood where m / sd belongs"""
    slope = uncentered_correlation(mean, var)

    def up(z):
        return ndtr(slope * z) ** d * np.exp(-(z**2) / 2)

    chance, _ = quad(up, -np.inf, np.inf)
    return 2 * chance / np.sqrt(2 * np.pi)


def second_moment_as_covariance(
    X, bias=False, center=False
):
    """the covariance stood for the second moment"""
    return second_moment(X, bias, center=True)


def second_moment_uncentered(X, bias=False, center=False):
    """the columns were not centered when asked"""
    return second_moment(X, bias)


def second_moment_of_one_mean(X, bias=False, center=False):
    """one mean over all columns was subtracted"""
    return second_moment(X - np.mean(X), bias, center)


def condition_number_of_the_rest(M):
    """directions without curvature were left out"""
    eigs = np.linalg.eigvalsh(M)
    eigs = eigs[eigs > 1e-9 * eigs[-1]]
    return float(eigs[-1] / eigs[0])


def iid_eigenvalues_without_mean(mean, var, d, bias=False):
    """the mean of the inputs did not count"""
    return iid_eigenvalues(0.0, var, d, bias)


def iid_eigenvalues_bias_apart(mean, var, d, bias=False):
    """the bias did not mix with the inputs' mean"""
    eigs = iid_eigenvalues(mean, var, d)
    return np.sort(np.append(eigs, 1.0)) if bias else eigs


def iid_eigenvalues_without_bias(mean, var, d, bias=False):
    """the bias was left out"""
    return iid_eigenvalues(mean, var, d)


def gd_steps_of_the_top(eigs, c0, tol, lr=None):
    """only the largest curvature counted"""
    return gd_steps(eigs[-1:], [1.0], tol, lr)


def gd_steps_at_a_safe_rate(eigs, c0, tol, lr=None):
    """the rate was 1 over the largest curvature"""
    return gd_steps(eigs, c0, tol, 1 / np.max(eigs))


def sgd_path_to_opposite(activation, w_star, lr, seed):
    """the second weight's target had the other sign"""
    w_star = np.asarray(w_star) * [1, -1]
    return sgd_path(activation, w_star, lr, seed)


def to_tanh_keeping_biases(W, b):
    """the output biases were kept as they were"""
    return np.asarray(W) / 2, np.asarray(b)


def torch_activate_clipped(name, a):
    """ELU had no values below 0, like ReLU"""
    name = "relu" if name == "elu" else name
    return torch_activate(name, a)


def torch_activate_unshifted(name, a):
    """the half was not subtracted"""
    if name == "centered sigmoid":
        name = "sigmoid"
    return torch_activate(name, a)


def torch_gradients_of_the_batch(loss, w, X, targets):
    """every sample had the gradient of the batch"""
    G = torch_sample_gradients(loss, w, X, targets)
    return G.mean(dim=0, keepdim=True).expand_as(G)


def torch_updates_forgetting(optimizer, X, targets):
    """the optimizer was made anew for every sample"""
    updates = [
        torch_updates(
            optimizer, X[i : i + 1], targets[i : i + 1]
        )
        for i in range(len(X))
    ]
    return torch.cat(updates)


def torch_batchnorm_in_eval(h):
    """PyTorch's layer was in evaluation mode"""
    layer = nn.BatchNorm1d(
        h.shape[1], affine=False, dtype=h.dtype
    )
    return layer.eval()(h)


def heavy_ball_steps_without_memory(eigs, c0, tol):
    """the momentum was 0"""
    return gd_steps(eigs, c0, tol)


def torch_depth_gradients_backwards(
    activation, depth, width, seed, **options
):
    """the layers were counted from the last"""
    norms = torch_depth_gradients(
        activation, depth, width, seed, **options
    )
    return norms.flip(0)


def digits_loss_uncentered(
    weights, x, labels, activation, center
):
    """the batch mean was not subtracted"""
    w1, b1, w2, b2 = weights
    h = torch_activate(activation, x @ w1 + b1)
    return F.cross_entropy(h @ w2 + b2, labels)


def keras_activate_as_torch(name, a):
    """Keras leaked what PyTorch leaks"""
    return torch_activate(name, torch.tensor(a))


def keras_batchnorm_in_inference(h):
    """Keras's layer was called without training=True"""
    layer = keras.layers.BatchNormalization(
        center=False, scale=False
    )
    return layer(h)


BREAKS = {
    "one_sample_moves_all_weights_together": {
        "sigmoid": "sigmoid_less_its_mean",
    },
    "gradient_is_delta_times_input": {
        "neuron_gradients": "neuron_gradients_of_the_batch",
    },
    "own_activation_does_not_matter": {
        "torch_sample_gradients": (
            "torch_gradients_of_the_batch"
        ),
    },
    "neurons_of_a_layer_disagree": {
        "torch_sample_gradients": (
            "torch_gradients_of_the_batch"
        ),
    },
    "memory_frees_the_signs": {
        "torch_updates": "torch_updates_forgetting",
    },
    "gradient_has_a_common_part": {
        "gradient_parts": (
            "gradient_parts_without_covariance"
        ),
    },
    "large_batches_follow_the_true_gradient": {
        "sigmoid": "sigmoid_less_its_mean",
    },
    "limit_has_closed_forms": {
        "same_sign_limit": "same_sign_limit_upwards",
    },
    "limit_is_an_orthant": {
        "same_sign_limit": "same_sign_limit_by_correlation",
    },
    "limits_of_activations": {
        "same_sign_limit": "same_sign_limit_by_correlation",
    },
    "batches_relax_the_signs": {
        "sigmoid": "sigmoid_less_its_mean",
    },
    "relu_hides_it_at_first": {
        "relu": "relu_leaking",
    },
    "digits_signs_fade": {
        "same_sign_fraction": (
            "same_sign_fraction_with_zeros"
        ),
    },
    "condition_number_grows_with_inputs": {
        "iid_eigenvalues": "iid_eigenvalues_without_mean",
    },
    "bias_makes_it_worse": {
        "iid_eigenvalues": "iid_eigenvalues_bias_apart",
    },
    "centered_sigmoid_needs_a_scale": {
        "iid_eigenvalues": "iid_eigenvalues_without_bias",
    },
    "opposite_signs_are_slow": {
        "gd_steps": "gd_steps_of_the_top",
    },
    "slow_is_not_zigzag": {
        "gd_steps": "gd_steps_of_the_top",
    },
    "steps_follow_the_condition_number": {
        "gd_steps": "gd_steps_at_a_safe_rate",
    },
    "momentum_takes_the_root": {
        "heavy_ball_steps": (
            "heavy_ball_steps_without_memory"
        ),
    },
    "zigzag_costs_distance_hardly_steps": {
        "sgd_path": "sgd_path_to_opposite",
    },
    "sgd_zigzags_to_opposite_signs": {
        "sigmoid": "sigmoid_less_its_mean",
    },
    "same_signs_do_not_zigzag": {
        "sgd_path": "sgd_path_to_opposite",
    },
    "positivity_is_not_the_cause": {
        "second_moment": "second_moment_of_one_mean",
    },
    "positivity_and_mean_are_apart": {
        "second_moment": "second_moment_as_covariance",
    },
    "zigzag_needs_a_large_rate": {
        "iid_eigenvalues": "iid_eigenvalues_without_mean",
    },
    "any_target_is_reached": {
        "gd_steps": "gd_steps_at_a_safe_rate",
    },
    "spectrum_has_one_outlier": {
        "second_moment": "second_moment_as_covariance",
    },
    "outlier_is_proportional_to_inputs": {
        "second_moment": "second_moment_as_covariance",
    },
    "centering_removes_the_outlier": {
        "second_moment": "second_moment_uncentered",
    },
    "sigmoid_is_a_tanh": {
        "to_tanh": "to_tanh_keeping_biases",
    },
    "batch_mean_speeds_up_digits": {
        "digits_loss": "digits_loss_uncentered",
    },
    "fixed_shift_helps_little": {
        "torch_activate": "torch_activate_unshifted",
    },
    "centering_buys_learning_rate": {
        "second_moment": "second_moment_uncentered",
    },
    "relu_shares_the_property": {
        "relu": "relu_leaking",
    },
    "smooth_relus_are_partly_centered": {
        "torch_activate": "torch_activate_clipped",
    },
    "leaky_relus_differ": {
        "keras_activate": "keras_activate_as_torch",
    },
    "batchnorm_centers_and_scales": {
        "torch_batchnorm": "torch_batchnorm_in_eval",
        "keras_batchnorm": "keras_batchnorm_in_inference",
    },
    "batchnorm_of_sums_centers_inputs": {
        "torch_batchnorm": "torch_batchnorm_in_eval",
    },
    "centering_does_not_cure_the_small_slope": {
        "torch_depth_gradients": (
            "torch_depth_gradients_backwards"
        ),
    },
    "dead_units_have_no_condition_number": {
        "condition_number": "condition_number_of_the_rest",
    },
    "uniform_inputs_have_three_d_plus_one": {
        "iid_eigenvalues": "iid_eigenvalues_without_mean",
    },
}
