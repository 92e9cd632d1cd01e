"""What the article claims, each proved by an assertion."""

import warnings

import keras
import numpy as np
import torch

from snippets.crossentropy.keras_ import (
    keras_binary_ce,
    keras_categorical_ce,
    keras_sparse_ce,
)
from snippets.crossentropy.scratch import (
    binary_ce,
    binary_ce_grad,
    categorical_ce,
    categorical_ce_from_probs,
    categorical_ce_grad,
    log_softmax,
    logsumexp,
    one_hot,
    sigmoid,
    sigmoid_mse,
    softmax,
    softplus,
)
from snippets.crossentropy.torch_ import (
    torch_binary_ce,
    torch_categorical_ce,
    torch_double_softmax,
    torch_gradient,
    torch_naive_sigmoid,
)


def loss_of_one_row(one_row):
    """Logits 2, 1, -1, class 0: ln(1 + 1/e + 1/e³)."""
    exact = np.log(1 + np.exp(-1) + np.exp(-3))
    assert abs(one_row["loss"] - exact) < 1e-14
    return one_row["loss"]


def gradient_is_p_minus_t():
    """The gradient is p - t over N; each row sums to 0."""
    rng = np.random.default_rng(0)
    z = 3 * rng.normal(size=(6, 4))
    labels = [0, 1, 2, 3, 0, 0]
    t = one_hot(labels, 4)
    ours = categorical_ce_grad(z, labels)
    assert np.abs(ours - (softmax(z) - t) / 6).max() < 1e-16
    assert np.abs(ours.sum(axis=1)).max() < 1e-15
    gaps = []
    for rows in (t, rng.dirichlet(np.ones(4), size=6)):
        theirs = torch_gradient(
            torch_categorical_ce,
            torch.tensor(z),
            torch.tensor(rows),
        ).numpy()
        gaps.append(categorical_ce_grad(z, rows) - theirs)
    worst = float(np.abs(gaps).max())
    assert worst < 1e-15
    return {"largest_gap": worst}


def loss_is_convex_and_blind_to_shifts(one_row):
    """The loss is convex, and flat along (1, 1, 1).

    Its Hessian diag(p) - ppᵀ has eigenvalues 0 and above.
    """
    z = torch.tensor(one_row["logits"])
    label = torch.tensor(0)
    theirs = torch.autograd.functional.hessian(
        lambda z: torch_categorical_ce(z, label), z
    )
    ours = one_row["hessian"]
    assert np.abs(ours - theirs.numpy()).max() < 1e-15
    flat, least, most = one_row["curvatures"]
    assert abs(flat) < 1e-15 and 0.05 < least < most
    assert np.abs(ours @ np.ones(3)).max() < 1e-15
    for shift in (-1000, 0.5, 1000):
        moved = categorical_ce([z.numpy() + shift], [0])
        assert abs(moved - one_row["loss"]) < 1e-12
    return {"least": float(least), "most": float(most)}


def binary_gradient_is_p_minus_y():
    """BCE has the gradient sigmoid(z) - y, also for soft y.

    At z = 0.7 the three losses are ln(1 + exp(-0.7)) and
    that plus 0.7 (1 - y).
    """
    z, y = np.full(3, 0.7), np.array([1.0, 0.3, 0.0])
    losses = binary_ce(z, y, reduction="none")
    exact = np.log1p(np.exp(-0.7)) + 0.7 * (1 - y)
    assert np.abs(losses - exact).max() < 1e-15
    ours = 3 * binary_ce_grad(z, y)
    assert np.abs(ours - (sigmoid(z) - y)).max() < 1e-15
    theirs = 3 * torch_gradient(
        torch_binary_ce, torch.tensor(z), torch.tensor(y)
    )
    assert np.abs(ours - theirs.numpy()).max() < 1e-15
    return {
        "positive": float(losses[0]),
        "positive_slope": float(ours[0]),
        "soft": float(losses[1]),
        "negative": float(losses[2]),
    }


def binary_is_the_two_class_case():
    """Softmax of 0 and z is the sigmoid; its CE is BCE."""
    z = np.linspace(-30, 30, 601)
    rows = np.stack([0 * z, z], axis=1)
    chance = np.abs(softmax(rows)[:, 1] - sigmoid(z)).max()
    assert chance < 1e-15
    gaps = []
    for y in (0.0, 0.3, 1.0):
        pairs = np.tile([1 - y, y], (601, 1))
        binary = binary_ce(z, 0 * z + y, reduction="none")
        for moved in (rows, rows + z[:, None] / 3):
            two = categorical_ce(
                moved, pairs, reduction="none"
            )
            gaps.append(two - binary)
    worst = float(np.abs(gaps).max())
    assert worst < 1e-13
    return {"sigmoid": float(chance), "loss": worst}


def either_keras_loss_fits_two_classes():
    """One sigmoid with BCE is two units with either CCE."""
    z = np.linspace(-4, 4, 41, dtype="float32")[:, None]
    labels = np.arange(41) % 2
    two, gaps = np.hstack([0 * z, z]), []
    for from_logits, one_unit, two_units in (
        (True, z, two),
        (False, sigmoid(z), softmax(two)),
    ):
        how = {
            "from_logits": from_logits,
            "reduction": None,
        }
        binary = keras_binary_ce(
            one_unit, labels[:, None], **how
        )
        rows = keras_categorical_ce(
            two_units, one_hot(labels, 2), **how
        )
        sparse = keras_sparse_ce(two_units, labels, **how)
        gaps += [rows - binary, sparse - binary]
    worst = float(torch.stack(gaps).abs().max())
    assert worst < 1e-5
    return {"largest_gap": worst}


def labels_equal_one_hot():
    """Labels and one-hot rows have the same loss."""
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(50, 7)), np.arange(50) % 7
    rows = np.zeros((50, 7))
    rows[np.arange(50), labels] = 1
    tensors = map(torch.tensor, (z, labels, rows))
    z_torch, labels_torch, rows_torch = tensors
    pairs = {
        "scratch": (
            categorical_ce(z, labels),
            categorical_ce(z, rows),
        ),
        "torch": (
            torch_categorical_ce(z_torch, labels_torch),
            torch_categorical_ce(z_torch, rows_torch),
        ),
        "keras": (
            keras_sparse_ce(z, labels, from_logits=True),
            keras_categorical_ce(z, rows, from_logits=True),
        ),
    }
    gaps = {
        name: float(abs(sparse - full))
        for name, (sparse, full) in pairs.items()
    }
    assert gaps["scratch"] == 0
    assert gaps["torch"] < 1e-14 and gaps["keras"] < 1e-6
    return gaps


def several_ones_need_sigmoids():
    """Under softmax CE, k ones never cost less than k ln k.

    The same targets cost next to nothing by label.
    """
    rng, found = np.random.default_rng(0), {}
    for k in (2, 3, 5):
        y = np.repeat([[1.0, 0.0]], [k, 7 - k], axis=1)
        best = 100 * y - 50
        z = np.vstack([best, 9 * rng.normal(size=(500, 7))])
        losses = torch_categorical_ce(
            torch.tensor(z),
            torch.tensor(y).expand(501, -1),
            reduction="none",
        )
        floor = k * np.log(k)
        assert abs(float(losses[0]) - floor) < 1e-12
        assert float(losses.min()) > floor - 1e-12
        assert binary_ce(best, y) < 1e-20
        found[f"floor_{k}"] = float(losses[0])
    return found


def only_scratch_checks_targets(misreadings):
    """Keras and PyTorch take targets that are no chances.

    A row with two ones, and a binary target of 3, which
    makes the loss negative; here both are refused.
    """
    z = torch.zeros(1, 3)
    two_ones = torch.tensor([[1.0, 1.0, 0.0]])
    loss = float(torch_categorical_ce(z, two_ones))
    assert abs(loss - 2 * np.log(3)) < 1e-6
    assert abs(misreadings["two_hot"] - loss) < 1e-6
    three = torch.tensor([3.0])
    negative = float(torch_binary_ce(three, three))
    assert negative < 0
    refused = 0
    for check, logits, targets in (
        (categorical_ce, [[0, 0, 0]], [[1, 1, 0]]),
        (binary_ce, [3], [3]),
    ):
        try:
            check(logits, targets)
        except ValueError:
            refused += 1
    assert refused == 2
    return {"two_ones": loss, "target_3": negative}


def double_softmax_is_confined(double_softmax):
    """Softmax twice keeps the loss in a band of width 1.

    From ln(1 + (K - 1) / e) to ln(e + K - 1).
    """
    rng = np.random.default_rng(0)
    for k in (2, 3, 10, 1000):
        low = double_softmax[f"low_{k}"]
        high = double_softmax[f"high_{k}"]
        assert abs(high - low - 1) < 1e-14
        first = torch.tensor([0])
        sure = torch.zeros(1, k).double()
        sure[0, 0] = 1000
        for z, edge in ((sure, low), (sure.roll(1), high)):
            loss = float(torch_double_softmax(z, first))
            assert abs(loss - edge) < 1e-14
        for z in 9 * rng.normal(size=(200, 1, k)):
            z = torch.tensor(z)
            loss = float(torch_double_softmax(z, first))
            assert low - 1e-14 < loss < high + 1e-14
    return {
        "low": double_softmax["low_3"],
        "high": double_softmax["high_3"],
    }


def double_softmax_forgives(double_softmax):
    """Softmax twice hardly corrects a confident mistake.

    Class 2 of logits 10, 0, 0: the largest gradient is
    below 1e-4, not near 1, and 500 steps change nothing.
    """
    correct = double_softmax["correct_pull"]
    double = double_softmax["double_pull"]
    assert correct > 0.99 and double < 1e-4
    assert double_softmax["correct_after"] < 0.01
    path = double_softmax["double_path"]
    assert path[-1] > 1.55 and path[0] - path[-1] < 1e-4
    return {"correct": correct, "double": double}


def wrong_losses_train_anyway(training):
    """Softmax twice trains, late and to the same accuracy.

    Of three blobs; so does the squared error, which starts
    faster than softmax twice and then falls behind it.
    """
    curves = {
        name: training[f"{name}_ce"][:, [10, 50, 200]].T
        for name in ("correct", "double", "mse")
    }  # (3 steps, 10 runs)
    for name in ("double", "mse"):
        later = curves[name] - curves["correct"]
        assert later.min() > 0
        lost = training["correct_right"]
        lost = lost - training[f"{name}_right"]
        assert np.abs(lost).max() < 1
    ahead = curves["double"] - curves["mse"]
    assert ahead[0].min() > 0 and ahead[1].max() < 0
    return {
        f"{name}_percent": training[f"{name}_percent"]
        for name in curves
    }


def exp_overflows(stability):
    """In float32 exp is infinite from 88.73 on.

    In float64 from 709.79, in float16 from 11.1.
    """
    edges = {}
    for name, dtype in (
        ("exp_16", np.float16),
        ("exp_32", np.float32),
        ("exp_64", np.float64),
    ):
        edge = np.log(float(np.finfo(dtype).max))
        gap = abs(stability[name] / edge - 1)
        assert gap < np.finfo(dtype).eps
        edges[name] = stability[name]
    return edges


def shift_cures_overflow_only(stability):
    """Subtracting the maximum cures exp, not log(0).

    Float32, logits 0 and a gap, class 0 true. The textbook
    formula is infinite from a gap of 89 on, softmax and
    then log from 104 on, with nan as its gradient; the
    fused loss and its gradient are exact. Two logits of
    88.5 are too much for the textbook's sum.
    """
    gaps = stability["gaps"]
    textbook = stability["unshifted"]
    assert np.isinf(textbook[gaps >= 89]).all()
    two_steps = stability["two_steps"]
    right = np.isclose(
        two_steps, stability["exact"], rtol=1e-5
    )
    assert right[gaps <= 87].all()
    assert np.isinf(two_steps[gaps >= 104]).all()
    error = stability["fused"] / stability["exact"] - 1
    assert np.abs(error).max() < 1e-6
    assert np.isinf(stability["two_steps_far"])
    assert np.isnan(stability["two_steps_gradient"]).all()
    assert stability["fused_far"] == 200
    fused = stability["fused_gradient"]
    assert np.array_equal(fused, [-1, 1])
    assert np.isinf(stability["equal_unshifted"])
    equal = stability["equal_fused"]
    assert abs(equal - np.log(2)) < 1e-6
    return {
        "textbook_until": stability["unshifted_until"],
        "two_steps_until": stability["two_steps_until"],
        "fused_worst": float(np.abs(error).max()),
    }


def naive_sigmoid_becomes_one(stability):
    """In float32 sigmoid(z) is 1 above z = 24 ln 2.

    Then -log(1 - p) is infinite; it should be z.
    """
    edge = stability["sigmoid_below_one"]
    assert abs(edge - 24 * np.log(2)) < 1e-3
    z = torch.tensor([17.0])
    naive = float(-torch.log(1 - torch_naive_sigmoid(z)))
    stable = float(torch_binary_ce(z, torch.zeros(1)))
    assert np.isinf(naive) and abs(stable - 17) < 1e-5
    return {"edge": edge, "stable": stable}


def log1p_keeps_digits():
    """For small losses log1p is exact and logs are not.

    At z = 22.5 the loss is exp(-z) - exp(-2z) / 2.
    """
    z, e = 22.5, np.exp(-22.5)
    exact = e - e**2 / 2
    errors = {
        name: float(abs(loss / exact - 1))
        for name, loss in (
            ("log1p", softplus(-z)),
            ("log_softmax", -log_softmax([z, 0])[0]),
            ("logsumexp", logsumexp([z, 0]) - z),
        )
    }
    assert errors["log1p"] < 1e-15
    assert errors["log_softmax"] > 1e-8
    assert errors["logsumexp"] > 10 * errors["log_softmax"]
    return errors


def keras_caps_the_loss(saturation):
    """From probabilities Keras's loss ends at 16.118.

    At -ln(1e-7), where the true class has probability 0.
    """
    caps = {}
    for name in (
        "categorical_cap",
        "sparse_cap",
        "cap_of_one",
    ):
        caps[name] = saturation[name]
        assert abs(caps[name] + np.log(1e-7)) < 1e-5
    assert np.isinf(saturation["torch_categorical"])
    return caps


def keras_binary_caps_differ(saturation):
    """In float32 a sure wrong 1 costs 15.94, not 16.12.

    It ends at 23 ln 2, since 1 - 1e-7 is rounded; a
    perfect answer costs about 1e-7, never 0.
    """
    cap = saturation["cap_of_zero"]
    assert abs(cap - 23 * np.log(2)) < 1e-5
    double = saturation["cap_of_zero_64"]
    assert abs(double + np.log(1e-7)) < 1e-5
    one = saturation["floor_of_one"]
    zero = saturation["floor_of_zero"]
    assert abs(one / 2**-23 - 1) < 1e-5
    assert abs(zero / 1e-7 - 1) < 1e-5
    return {
        "float32": cap,
        "float64": double,
        "floor_of_one": one,
        "floor_of_zero": zero,
    }


def clipping_ends_the_gradient(saturation):
    """Beyond the clip a wrong answer has gradient 0.

    On Keras's torch backend, sigmoid then BCE, from z of
    -16.2 down; from logits the gradient is -1 all along.
    """
    z = saturation["z"]
    beyond, within = z < -16.15, z > -16.05
    probs = saturation["probs_gradient"]
    logits = saturation["logits_gradient"]
    assert beyond.sum() == 39
    assert np.all(probs[beyond] == 0)
    assert np.all(logits[beyond] < -0.99)
    gap = np.abs(probs - logits)[within].max()
    assert gap < 1e-6
    flat = saturation["probs_loss"][beyond]
    assert np.abs(flat + np.log(1e-7)).max() < 1e-5
    loss = saturation["logits_loss"]
    assert np.abs(loss + z)[beyond].max() < 1e-5
    return {
        "probs": float(np.abs(probs[beyond]).max()),
        "logits": float(logits[beyond].max()),
    }


def torch_caps_at_100(saturation):
    """PyTorch's BCE of a probability ends at 100.

    Its BCE of a logit has no end.
    """
    assert saturation["torch_cap"] == 100
    assert saturation["torch_cap_of_zero"] == 100
    assert saturation["torch_logits"] == 1000
    return saturation["torch_cap"]


def binary_of_softmax_looks_better(one_row):
    """BCE on a softmax shows a lower number, not a better.

    It averages over classes what CCE does not.
    """
    p, t = one_row["probs"], one_row["target"]
    by_hand = -np.log(np.where(t == 1, p, 1 - p)).mean()
    assert abs(one_row["binary"] - by_hand) < 1e-6
    assert one_row["binary"] < 0.7 * one_row["loss"]
    return {
        "binary": one_row["binary"],
        "categorical": one_row["loss"],
    }


def means_agree_and_sums_do_not(averages):
    """Keras and PyTorch have one mean and different sums.

    Keras has a loss for each example, PyTorch one for each
    label; the sums differ by the number of labels.
    """
    per_example = averages["keras_losses"]
    per_label = averages["torch_losses"]
    assert per_example.shape == (3,)
    assert per_label.shape == (3, 4)
    for theirs, ours in (
        (per_example, averages["per_sample"]),
        (per_label, averages["losses"]),
        (averages["keras_mean"], averages["mean"]),
        (averages["torch_mean"], averages["mean"]),
        (averages["torch_sum"], averages["sum"]),
    ):
        assert np.allclose(theirs, ours, rtol=1e-6)
    assert abs(averages["sum_ratio"] - 4) < 1e-6
    return {
        "mean": averages["mean"],
        "sum_ratio": averages["sum_ratio"],
    }


def flat_labels_lose_their_weights(averages):
    """Keras averages labels (N,) before it weighs them.

    Weights 1, 0, 0 then give the mean loss times the mean
    weight, not the first loss over 3.
    """
    losses = averages["flat_losses"]
    assert averages["flat_axes"] == 0
    flat, column = (
        averages["flat_weighted"],
        averages["column_weighted"],
    )
    assert abs(flat - losses.mean() / 3) < 1e-6
    assert abs(column - losses[0] / 3) < 1e-6
    assert abs(flat - column) > 0.01
    return {"flat": flat, "column": column}


def keras_divides_by_the_count(weights):
    """Keras divides a weighted sum by N.

    By the sum of the weights only if the reduction is
    "mean_with_sample_weight".
    """
    total = weights["weights"] @ weights["losses"]
    by_count = total / len(weights["losses"])
    by_weights = total / weights["weights"].sum()
    for name, mean in (
        ("over_n", by_count),
        ("over_weights", by_weights),
    ):
        assert abs(weights[name] - mean) < 1e-14
        assert abs(weights[f"keras_{name}"] - mean) < 1e-6
    return {
        "over_n": weights["over_n"],
        "over_weights": weights["over_weights"],
    }


def torch_weights_depend_on_targets(weights):
    """PyTorch divides by the weights, or by N for rows.

    Class weights with labels divide by their sum, the same
    targets as one-hot rows by N. One example alone is not
    weighted at all.
    """
    labels = weights["torch_labels"]
    rows = weights["torch_rows"]
    assert abs(labels - weights["over_weights"]) < 1e-12
    assert abs(rows - weights["over_n"]) < 1e-12
    assert rows > 3 * labels
    sums = (
        weights["torch_labels_sum"],
        weights["torch_rows_sum"],
    )
    assert abs(sums[0] - sums[1]) < 1e-12
    one = weights["one_weighted"]
    assert abs(one - weights["one_unweighted"]) < 1e-14
    return {"labels": labels, "rows": rows}


def halves_do_not_average(weights):
    """Weighted means of batches do not average to the mean.

    Two halves of four weighted examples.
    """
    halves = weights["mean_of_halves"]
    whole = weights["over_weights"]
    assert abs(halves - whole) > 0.005
    return {"halves": halves, "whole": whole}


def ignored_rows_leave_the_mean(weights):
    """Both libraries average over what is not ignored.

    If nothing is left PyTorch returns nan and Keras 0.
    """
    mean = weights["kept_mean"]
    assert abs(weights["torch_kept"] - mean) < 1e-14
    assert abs(weights["keras_kept"] - mean) < 1e-6
    assert np.isnan(weights["torch_none_kept"])
    assert weights["torch_none_kept_sum"] == 0
    assert weights["keras_none_kept"] == 0
    return {"mean": mean}


def keras_swallows_minus_100(weights):
    """Label -100 is free in Keras on torch, but it counts.

    Unless ignore_class says so: two labels of four are
    -100, and the mean halves.
    """
    halved = weights["keras_unnamed"]
    assert abs(2 * halved - weights["kept_mean"]) < 1e-6
    return {"halved": halved, "mean": weights["kept_mean"]}


def smoothing_mixes_in_the_uniform():
    """Smoothing mixes in the mean of -log p over classes.

    In all three; for two classes Keras's binary smoothing
    is the same.
    """
    rng = np.random.default_rng(0)
    z, labels = 3 * rng.normal(size=(5, 4)), [0, 1, 2, 3, 0]
    ours = categorical_ce(z, labels, label_smoothing=0.1)
    plain = categorical_ce(z, labels)
    mixed = 0.9 * plain - 0.1 * log_softmax(z).mean()
    assert abs(ours - mixed) < 1e-14
    by_torch = torch_categorical_ce(
        torch.tensor(z),
        torch.tensor(labels),
        label_smoothing=0.1,
    )
    by_keras = keras_categorical_ce(
        z,
        one_hot(labels, 4),
        from_logits=True,
        label_smoothing=0.1,
    )
    assert abs(float(by_torch) - ours) < 1e-14
    assert abs(float(by_keras) - ours) < 1e-6
    binary = keras_binary_ce(
        np.array([[2.0]]),
        np.array([[1.0]]),
        from_logits=True,
        label_smoothing=0.1,
    )
    two = categorical_ce([[0, 2]], [1], label_smoothing=0.1)
    assert abs(float(binary) - two) < 1e-6
    return {"loss": ours, "binary": two}


def smoothing_has_a_floor(smoothing):
    """Smoothed loss has a floor, at a finite lead.

    The floor is the entropy of the smoothed target, the
    lead of the true logit ln(1 + K (1 - e) / e).
    """
    for k in (3, 5, 10):
        floor = smoothing[f"floor_{k}"]
        t = 0.9 * np.eye(k)[0] + 0.1 / k
        entropy = smoothing[f"entropy_{k}"]
        assert abs(floor + t @ np.log(t)) < 1e-12
        assert abs(floor - entropy) < 1e-12
        lead = np.log(1 + k * 0.9 / 0.1)
        assert abs(smoothing[f"lead_{k}"] - lead) < 1e-6
    return {
        "floor": smoothing["floor_10"],
        "lead": smoothing["lead_10"],
    }


def pos_weight_moves_the_optimum(rare_class):
    """Weight 3 makes a chance of 0.1 look like 0.25.

    In general the best constant answer is
    c share / (c share + 1 - share).
    """
    share = rare_class["share"]
    c = rare_class["pos_weights"]
    best = c * share / (c * share + 1 - share)
    assert np.abs(rare_class["best"] - best).max() < 1e-5
    assert abs(rare_class["best_1"] - 0.1) < 1e-6
    assert abs(rare_class["best_3"] - 0.25) < 1e-6
    return {
        "weight_1": rare_class["best_1"],
        "weight_3": rare_class["best_3"],
    }


def squared_error_goes_flat(slopes):
    """CE pulls 1 / (2 p (1 - p)) times as hard, at least 2.

    At z = -10, target 1, over 11000 times.
    """
    p = sigmoid(slopes["z"])
    ratio = slopes["ce"] / slopes["mse"]
    exact = 1 / (2 * p * (1 - p))
    assert np.allclose(ratio, exact, rtol=1e-9)
    assert ratio.min() >= 2
    far = slopes["ratio_10"]
    assert abs(far - 11014.232920103323) < 1e-6
    return {"at_0": slopes["ratio_0"], "at_minus_10": far}


def squared_error_pulls_hardest(slopes):
    """Squared error is steepest at -ln 2, by 8/27."""
    z, slope = slopes["steepest_z"], slopes["steepest"]
    assert abs(z + np.log(2)) < 1e-6
    assert abs(slope - 8 / 27) < 1e-12
    assert np.abs(slopes["mse"]).max() <= slope
    return {"z": z, "slope": slope}


def squared_error_takes_longer(descent):
    """From z = -6 CE needs 17 steps, squared error 249.

    From -10 it is 21 and 11068; to p of 0.9, at rate 1.
    """
    ce, mse = descent["ce_steps"], descent["mse_steps"]
    assert ce.tolist() == [21, 19, 17, 15, 10]
    assert mse.tolist() == [11068, 1542, 249, 70, 35]
    return {"ce": int(ce[2]), "squared_error": int(mse[2])}


def squared_error_is_not_convex():
    """In the logit BCE is convex, squared error is not."""
    z = np.linspace(-10, 10, 401)
    curvatures = {}
    for name, loss in (
        ("ce", binary_ce),
        ("squared_error", sigmoid_mse),
    ):
        losses = np.array([loss([x], [1.0]) for x in z])
        bends = np.diff(losses, 2) / 0.05**2
        curvatures[name] = float(bends.min())
    assert curvatures["ce"] > 0
    assert curvatures["squared_error"] < -0.05
    return curvatures


def loss_is_a_log_likelihood(likelihood):
    """The mean BCE is -ln(likelihood) / N."""
    chance = likelihood["likelihood"]
    mean = -np.log(chance) / likelihood["count"]
    assert abs(likelihood["mean_loss"] - mean) < 1e-14
    return {
        "mean_loss": likelihood["mean_loss"],
        "likelihood": chance,
    }


def frequencies_are_the_best_constant(likelihood):
    """The best constant answer is the class frequencies.

    It costs their entropy; 200 random answers cost more.
    """
    best = likelihood["best_constant"]
    assert abs(best - likelihood["entropy"]) < 1e-12
    assert likelihood["other_constants"].min() > best
    return best


def ce_is_entropy_plus_divergence(divergence):
    """CE is entropy plus divergence, which has a direction.

    PyTorch's kl_div agrees with "batchmean"; by default it
    divides by the number of classes as well.
    """
    kl = divergence["divergence"]
    total = divergence["entropy"] + kl
    assert abs(divergence["ce"] - total) < 1e-15
    assert divergence["reverse"] > 1.05 * kl
    assert abs(divergence["torch_batchmean"] - kl) < 1e-15
    assert abs(divergence["torch_mean"] - kl / 3) < 1e-15
    return {
        "ce": divergence["ce"],
        "divergence": kl,
        "reverse": divergence["reverse"],
        "torch_mean": divergence["torch_mean"],
    }


def equal_logits_cost_log_k(untrained, one_row):
    """Equal logits cost ln K; their perplexity is K.

    For one row it is 1 over the true class's chance.
    """
    k, losses = untrained["classes"], untrained["losses"]
    assert np.abs(losses - np.log(k)).max() < 1e-12
    choices = untrained["perplexities"]
    assert np.abs(choices / k - 1).max() < 1e-12
    value = one_row["perplexity"]
    assert abs(value - 1 / one_row["probs"][0]) < 1e-12
    return {
        "loss": untrained["loss_10"],
        "perplexity": float(choices[2]),
    }


def one_unit_never_learns():
    """A softmax over one unit is 1: no loss, no gradient.

    Keras's softmax warns of it, its sparse loss does not.
    """
    z = torch.tensor([[-5.0], [0.0], [5.0]])
    labels = torch.zeros(3, dtype=torch.int64)

    def loss(z, labels):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            p = keras.ops.softmax(z)
            first = [warning.category for warning in heard]
            mean = keras_sparse_ce(
                p, labels, from_logits=False
            )
        assert first == [UserWarning] and len(heard) == 1
        return mean

    value = float(loss(z, labels))
    pull = torch_gradient(loss, z, labels).abs().max()
    assert value < 1e-6 and pull == 0
    return {"loss": value, "gradient": float(pull)}


def keras_renormalizes(misreadings):
    """Keras divides probabilities by their sum first.

    Three of 0.9 cost ln 3, not -ln 0.9, and three zeros
    nan; here such rows are refused.
    """
    loss = misreadings["renormalized"]
    assert abs(loss - np.log(3)) < 1e-6
    sparse = misreadings["renormalized_sparse"]
    assert abs(sparse - np.log(2)) < 1e-6
    assert np.isnan(misreadings["zeros"])
    try:
        categorical_ce_from_probs([[0.9, 0.9, 0.9]], [0])
    except ValueError:
        return {"loss": loss, "sparse": sparse}
    raise AssertionError("the sum is 2.7")


def keras_does_not_recover_logits(misreadings):
    """A softmax before the loss ends a confident mistake.

    On Keras's torch backend, logits 30, 0, 0 with class 2
    true: 16.118 without a gradient, or with from_logits,
    softmax twice, 1.5514 and next to none.
    """
    once = misreadings["of_softmax"]
    twice = misreadings["softmax_twice"]
    assert abs(once + np.log(1e-7)) < 1e-5
    assert misreadings["of_softmax_pull"] == 0
    assert abs(twice - np.log(np.e + 2)) < 1e-6
    assert misreadings["softmax_twice_pull"] < 1e-12
    return {"once": once, "twice": twice}


def raw_logits_look_perfect(misreadings):
    """Logits read as probabilities cost nothing, or 16.118.

    Logits 2, 1, -1: class 0 looks perfect, class 2 hopeless
    and without a gradient. A single logit is no better.
    """
    first = misreadings["raw_first"]
    last = misreadings["raw_last"]
    cap = -np.log(1e-7)
    assert first < 1e-6 and abs(last - cap) < 1e-5
    assert np.all(misreadings["raw_gradient"] == 0)
    assert misreadings["raw_binary_2"] < 1e-6
    binary = misreadings["raw_binary_minus_2"]
    assert abs(binary - cap) < 1e-5
    return {"class_0": first, "class_2": last}


def losses_want_their_targets():
    """The wrong kind of target raises, in all three.

    Labels for CategoricalCrossentropy, one-hot rows for the
    sparse loss, 32-bit labels for PyTorch, and label -1,
    which never means the last class.
    """
    z, labels, refused = np.zeros((3, 3)), np.arange(3), 0

    def full():
        keras_categorical_ce(z, labels, from_logits=True)

    def sparse():
        keras_sparse_ce(z, np.eye(3), from_logits=True)

    def sparse_minus_one():
        keras_sparse_ce(z, labels - 1, from_logits=True)

    def by_torch(labels):
        torch_categorical_ce(torch.tensor(z), labels)

    for call, error in (
        (full, ValueError),
        (sparse, ValueError),
        (sparse_minus_one, IndexError),
        (lambda: categorical_ce(z, labels - 1), ValueError),
        (
            lambda: by_torch(torch.tensor(labels - 1)),
            IndexError,
        ),
        (
            lambda: by_torch(torch.tensor(labels).int()),
            RuntimeError,
        ),
    ):
        try:
            call()
        except error:
            refused += 1
    assert refused == 6
    return {"calls_refused": refused}


def classes_have_an_axis(pixels):
    """Classes are the last axis in Keras, 1 in PyTorch.

    With the axis moved, the mean over pixels is the same.
    """
    mean = pixels["scratch"]
    assert abs(pixels["torch"] - mean) < 1e-12
    assert abs(pixels["keras"] - mean) < 1e-6
    return mean
