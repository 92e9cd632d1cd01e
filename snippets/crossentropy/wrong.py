"""Wrong versions: each would break the claims in BREAKS."""

import keras
import numpy as np
import torch
import torch.nn.functional as F

from snippets.crossentropy.keras_ import (
    keras_binary_ce,
    keras_categorical_ce,
    keras_sparse_ce,
)
from snippets.crossentropy.scratch import (
    binary_ce,
    binary_ce_grad,
    categorical_ce,
    categorical_ce_grad,
    kl_divergence,
    log_softmax,
    real,
    reduce_loss,
    sigmoid,
    sigmoid_mse_grad,
    softmax,
    softplus,
    target_rows,
)
from snippets.crossentropy.torch_ import (
    torch_binary_ce,
    torch_categorical_ce,
)


def categorical_ce_softmax_twice(
    logits, targets, **options
):
    """a softmax went before a loss that applies one"""
    probs = softmax(logits)
    return categorical_ce(probs, targets, **options)


def categorical_ce_over_classes(logits, targets, **options):
    """the loss was averaged over the classes too"""
    loss = categorical_ce(logits, targets, **options)
    return loss / np.shape(logits)[1]


def categorical_ce_of_the_top(logits, targets, **options):
    """one-hot rows were first turned back into labels"""
    if np.ndim(targets) == 2:
        targets = np.argmax(targets, axis=1)
    return categorical_ce(logits, targets, **options)


def categorical_ce_grad_of_the_sum(
    logits, targets, **options
):
    """the gradient was not divided by the batch size"""
    grad = categorical_ce_grad(logits, targets, **options)
    return len(grad) * grad


def softmax_of_sigmoids(z, axis=-1):
    """each class got a sigmoid of its own"""
    return sigmoid(z)


def sigmoid_by_tanh(z):
    """the sigmoid was (1 + tanh z) / 2, without z / 2"""
    return (1 + np.tanh(real("z", z))) / 2


def softplus_by_log(z):
    """`log(1 + x)` stood where `log1p(x)` belongs"""
    z = real("z", z)
    tail = np.log(1 + np.exp(-np.abs(z)))
    return np.maximum(z, 0.0) + tail


def one_hot_by_indexing(labels, k):
    """rows were picked from `np.eye(k)`: -1 is its last"""
    return np.eye(k)[labels]


def one_hot_from_one(labels, k):
    """labels were counted from 1"""
    return np.eye(k)[np.asarray(labels) - 1]


def distributions_unchecked(name, p, ndim):
    """rows were taken as they came"""
    return real(name, p)


def smooth_labels_to_others(targets, eps):
    """the share went to the K - 1 other classes only"""
    t = real("targets", targets)
    return (1 - eps) * t + eps * (1 - t) / (t.shape[1] - 1)


def reduce_loss_by_weights(
    losses, sample_weight, reduction
):
    """the mean divided by the sum of the weights"""
    if reduction == "mean":
        reduction = "weighted_mean"
    return reduce_loss(losses, sample_weight, reduction)


def reduce_loss_by_count(losses, sample_weight, reduction):
    """the weighted mean divided by N"""
    if reduction == "weighted_mean":
        reduction = "mean"
    return reduce_loss(losses, sample_weight, reduction)


def categorical_ce_from_probs_swapped(
    probs, targets, *, eps=1e-7, reduction="mean"
):
    """targets and probabilities were swapped"""
    probs = np.asarray(probs)
    t = np.clip(target_rows(targets, probs.shape), eps, 1)
    losses = -np.sum(probs * np.log(t), axis=1)
    return reduce_loss(losses, None, reduction)


def binary_ce_sigmoid_twice(logits, targets, **options):
    """a sigmoid went before a loss that applies one"""
    return binary_ce(sigmoid(logits), targets, **options)


def binary_ce_of_positives(logits, targets, **options):
    """the term of the negatives was left out"""
    return targets * softplus(-logits)


def binary_ce_one_softmax(logits, targets):
    """one softmax served all the labels"""
    return float(-np.mean(targets * log_softmax(logits)))


def binary_ce_weighing_all(logits, targets, *, pos_weight):
    """the weight multiplied the negatives as well"""
    return pos_weight * binary_ce(logits, targets)


def binary_ce_in_bits(logits, targets):
    """logarithms were to base 2"""
    return binary_ce(logits, targets) / np.log(2)


def binary_ce_grad_with_slope(logits, targets):
    """the slope of the sigmoid was multiplied in again"""
    slope = sigmoid(logits) * (1 - sigmoid(logits))
    return binary_ce_grad(logits, targets) * slope


def sigmoid_mse_of_logits(logits, targets):
    """the squared error was that of the raw logit"""
    error = real("logits", logits) - targets
    return float(np.mean(error**2))


def sigmoid_mse_grad_without_slope(logits, targets):
    """the slope of the sigmoid was left out"""
    z = real("logits", logits)
    return 2 * (sigmoid(z) - targets) / z.size


def sigmoid_mse_grad_halved(logits, targets):
    """the 2 of the square was left out"""
    return sigmoid_mse_grad(logits, targets) / 2


def double_softmax_bounds_of_k(k):
    """all K classes were counted as wrong ones"""
    low = np.log1p(k / np.e)
    return float(low), float(np.log(np.e + k))


def perplexity_of_bits(mean_ce):
    """2 was raised to a cross-entropy in nats"""
    return float(2**mean_ce)


def kl_divergence_reversed(p, q):
    """the two distributions were swapped"""
    return kl_divergence(q, p)


def exp_edge_in_float64(dtype):
    """every number was a float64"""
    return float(np.log(np.finfo(np.float64).max))


def torch_ce_in_two_steps(
    logits, targets, *, reduction="mean", **options
):
    """PyTorch took the log of a finished softmax"""
    log_p = torch.log(F.softmax(logits, dim=1))
    return F.nll_loss(log_p, targets, reduction=reduction)


def torch_ce_normalizing(logits, targets, **options):
    """PyTorch divided each target row by its sum"""
    rows = targets / targets.sum(dim=1, keepdim=True)
    return F.cross_entropy(logits, rows, **options)


def torch_ce_over_count(
    logits, targets, *, reduction="mean", **options
):
    """PyTorch's mean always divided by N"""
    losses = torch_categorical_ce(
        logits, targets, reduction="none", **options
    )
    return getattr(losses, reduction)()


def torch_ce_casting(logits, targets, **options):
    """PyTorch turned labels of any kind into 64 bits"""
    targets = targets.long()
    return torch_categorical_ce(logits, targets, **options)


def torch_binary_ce_in_a_row(logits, targets, **options):
    """PyTorch gave the targets the outputs' shape"""
    targets = targets.reshape(logits.shape)
    return torch_binary_ce(logits, targets, **options)


def torch_nll_of_softmax(logits, labels):
    """the second step was a log, not a second softmax"""
    log_p = torch.log(F.softmax(logits, dim=1))
    return F.nll_loss(log_p, labels)


def torch_shifted_ce(logits, labels):
    """the maximum was subtracted before exp"""
    top = logits.max(dim=1, keepdim=True).values
    e = torch.exp(logits - top)
    probs = e / e.sum(dim=1, keepdim=True)
    true = probs.gather(1, labels[:, None])[:, 0]
    return -torch.log(true)


def torch_log_of_clipped(logits, labels):
    """probabilities were clipped before the log"""
    probs = F.softmax(logits, dim=1).clip(1e-7)
    true = probs.gather(1, labels[:, None])[:, 0]
    return -torch.log(true)


def torch_sigmoid_in_float64(z):
    """the sigmoid was computed in float64"""
    return 1 / (1 + torch.exp(-z.double()))


def torch_binary_unclipped(probs, targets):
    """PyTorch's log had no lower end"""
    true = torch.where(targets == 1, probs, 1 - probs)
    return -torch.log(true).mean()


def torch_kl_by_batch(p, q, *, reduction):
    """the default divided by the batch size only"""
    return F.kl_div(torch.log(q), p, reduction="batchmean")


def torch_pixels_ce_reshaped(logits, labels):
    """the class axis was moved by a reshape"""
    n, h, w, k = logits.shape
    return F.cross_entropy(
        logits.reshape(n, k, h, w), labels
    )


def keras_ce_of_probs(
    outputs, targets, *, from_logits, **options
):
    """`from_logits=True` was left out"""
    return keras_categorical_ce(
        outputs, targets, from_logits=False, **options
    )


def keras_ce_of_logits(
    outputs, targets, *, from_logits, **options
):
    """`from_logits=True` was passed, as it should be"""
    return keras_categorical_ce(
        outputs, targets, from_logits=True, **options
    )


def keras_ce_as_given(outputs, targets, **options):
    """Keras took the log of the numbers it was given"""
    t, p = map(keras.ops.array, (targets, outputs))
    losses = -keras.ops.sum(t * keras.ops.log(p), axis=1)
    return losses.mean()


def keras_ce_unclipped(outputs, targets, **options):
    """Keras did not clip"""
    with np.errstate(divide="ignore"):
        log_p = np.log(outputs)
    return -np.mean(log_p[targets == 1])


def keras_ce_recovering(
    outputs, targets, *, from_logits, **options
):
    """Keras found the logits behind the softmax"""
    t, p = map(keras.ops.array, (targets, outputs))
    return keras_categorical_ce(
        keras.ops.log(p), t, from_logits=True, **options
    )


def keras_ce_of_labels(outputs, targets, **options):
    """Keras told labels and one-hot rows apart by itself"""
    return keras_sparse_ce(outputs, targets, **options)


def keras_sparse_ce_ignoring(outputs, labels, **options):
    """Keras left label -100 out of the mean by itself"""
    options["ignore_class"] = -100
    return keras_sparse_ce(outputs, labels, **options)


def keras_sparse_ce_by_weights(outputs, labels, **options):
    """Keras's mean always divided by the weights' sum"""
    options["reduction"] = "mean_with_sample_weight"
    return keras_sparse_ce(outputs, labels, **options)


def keras_sparse_ce_of_one_unit(outputs, labels, **options):
    """Keras read a single unit as the chance of class 1"""
    column = labels.reshape(-1, 1)
    return keras_binary_ce(outputs, column, **options)


def keras_compile_by_name(model):
    """the metric was called "accuracy" """
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(loss=loss, metrics=["accuracy"])


def keras_binary_ce_summed(outputs, targets, **options):
    """Keras summed over the labels of an example"""
    loss = keras_binary_ce(outputs, targets, **options)
    return loss * outputs.shape[-1]


def keras_binary_ce_in_float64(outputs, targets, **options):
    """Keras computed in float64"""
    options["dtype"] = "float64"
    return keras_binary_ce(outputs, targets, **options)


def keras_binary_ce_recovering(
    outputs, targets, *, from_logits, **options
):
    """Keras found the logits behind the probabilities"""
    if not from_logits:
        p = keras.ops.convert_to_tensor(outputs)
        outputs = keras.ops.log(p) - keras.ops.log1p(-p)
    return keras_binary_ce(
        outputs, targets, from_logits=True, **options
    )


def keras_binary_ce_of_columns(outputs, targets, **options):
    """Keras took shape (N,) for N examples"""
    outputs = outputs.reshape(len(outputs), -1)
    targets = targets.reshape(len(targets), -1)
    return keras_binary_ce(outputs, targets, **options)


def keras_binary_ce_smoothing_twice(
    outputs, targets, *, label_smoothing=0.0, **options
):
    """the whole share went to the other class"""
    twice = 2 * label_smoothing
    return keras_binary_ce(
        outputs, targets, label_smoothing=twice, **options
    )


BREAKS = {
    "loss_of_one_row": {
        "categorical_ce": "categorical_ce_softmax_twice",
    },
    "gradient_is_p_minus_t": {
        "categorical_ce_grad": (
            "categorical_ce_grad_of_the_sum"
        ),
    },
    "loss_is_convex_and_blind_to_shifts": {
        "softmax": "softmax_of_sigmoids",
    },
    "binary_gradient_is_p_minus_y": {
        "binary_ce": "binary_ce_sigmoid_twice",
        "binary_ce_grad": "binary_ce_grad_with_slope",
    },
    "binary_is_the_two_class_case": {
        "sigmoid": "sigmoid_by_tanh",
        "binary_ce": "binary_ce_of_positives",
    },
    "either_keras_loss_fits_two_classes": {
        "keras_categorical_ce": "keras_ce_of_probs",
    },
    "labels_equal_one_hot": {
        "one_hot": "one_hot_from_one",
    },
    "several_ones_need_sigmoids": {
        "torch_categorical_ce": "torch_ce_normalizing",
        "binary_ce": "binary_ce_one_softmax",
    },
    "only_scratch_checks_targets": {
        "distributions": "distributions_unchecked",
    },
    "double_softmax_is_confined": {
        "double_softmax_bounds": (
            "double_softmax_bounds_of_k"
        ),
    },
    "double_softmax_forgives": {
        "torch_double_softmax": "torch_nll_of_softmax",
    },
    "wrong_losses_train_anyway": {
        "torch_double_softmax": "torch_nll_of_softmax",
    },
    "softmax_twice_can_stall": {
        "torch_double_softmax": "torch_nll_of_softmax",
    },
    "accuracy_needs_a_threshold": {
        "keras_compile_yes_no": "keras_compile_by_name",
    },
    "torch_and_its_mix_ups": {
        "torch_binary_ce": "torch_binary_ce_in_a_row",
    },
    "exp_overflows": {
        "exp_edge": "exp_edge_in_float64",
    },
    "shift_cures_overflow_only": {
        "torch_unshifted_ce": "torch_shifted_ce",
        "torch_log_of_softmax": "torch_log_of_clipped",
        "torch_categorical_ce": "torch_ce_in_two_steps",
    },
    "naive_sigmoid_becomes_one": {
        "torch_naive_sigmoid": "torch_sigmoid_in_float64",
    },
    "log1p_keeps_digits": {
        "softplus": "softplus_by_log",
    },
    "keras_caps_the_loss": {
        "keras_categorical_ce": "keras_ce_unclipped",
    },
    "keras_binary_caps_differ": {
        "keras_binary_ce": "keras_binary_ce_in_float64",
    },
    "clipping_ends_the_gradient": {
        "keras_binary_ce": "keras_binary_ce_recovering",
    },
    "torch_caps_at_100": {
        "torch_binary_ce_from_probs": (
            "torch_binary_unclipped"
        ),
    },
    "binary_of_softmax_looks_better": {
        "keras_binary_ce": "keras_binary_ce_summed",
    },
    "means_agree_and_sums_do_not": {
        "keras_binary_ce": "keras_binary_ce_summed",
    },
    "flat_labels_lose_their_weights": {
        "keras_binary_ce": "keras_binary_ce_of_columns",
    },
    "keras_divides_by_the_count": {
        "keras_sparse_ce": "keras_sparse_ce_by_weights",
        "reduce_loss": "reduce_loss_by_weights",
    },
    "torch_weights_depend_on_targets": {
        "torch_categorical_ce": "torch_ce_over_count",
    },
    "halves_do_not_average": {
        "reduce_loss": "reduce_loss_by_count",
    },
    "ignored_rows_leave_the_mean": {
        "torch_categorical_ce": "torch_ce_over_count",
        "keras_sparse_ce": "keras_sparse_ce_ignoring",
    },
    "smoothing_mixes_in_the_uniform": {
        "smooth_labels": "smooth_labels_to_others",
        "keras_binary_ce": (
            "keras_binary_ce_smoothing_twice"
        ),
    },
    "smoothing_has_a_floor": {
        "smooth_labels": "smooth_labels_to_others",
    },
    "pos_weight_moves_the_optimum": {
        "binary_ce": "binary_ce_weighing_all",
    },
    "squared_error_goes_flat": {
        "sigmoid_mse_grad": (
            "sigmoid_mse_grad_without_slope"
        ),
    },
    "squared_error_takes_longer": {
        "sigmoid_mse_grad": "sigmoid_mse_grad_halved",
    },
    "squared_error_is_not_convex": {
        "sigmoid_mse": "sigmoid_mse_of_logits",
    },
    "loss_is_a_log_likelihood": {
        "binary_ce": "binary_ce_in_bits",
    },
    "frequencies_are_the_best_constant": {
        "categorical_ce_from_probs": (
            "categorical_ce_from_probs_swapped"
        ),
    },
    "ce_is_entropy_plus_divergence": {
        "categorical_ce": "categorical_ce_of_the_top",
        "kl_divergence": "kl_divergence_reversed",
        "torch_kl_divergence": "torch_kl_by_batch",
    },
    "equal_logits_cost_log_k": {
        "categorical_ce": "categorical_ce_over_classes",
        "perplexity": "perplexity_of_bits",
    },
    "one_unit_never_learns": {
        "keras_sparse_ce": "keras_sparse_ce_of_one_unit",
    },
    "keras_renormalizes": {
        "keras_categorical_ce": "keras_ce_as_given",
    },
    "keras_does_not_recover_logits": {
        "keras_categorical_ce": "keras_ce_recovering",
    },
    "raw_logits_look_perfect": {
        "keras_categorical_ce": "keras_ce_of_logits",
    },
    "losses_want_their_targets": {
        "keras_categorical_ce": "keras_ce_of_labels",
        "torch_categorical_ce": "torch_ce_casting",
        "one_hot": "one_hot_by_indexing",
    },
    "classes_have_an_axis": {
        "torch_pixels_ce": "torch_pixels_ce_reshaped",
    },
}
