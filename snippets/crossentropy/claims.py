"""What the article claims, each proved by an assertion."""

import warnings

import keras
import numpy as np
import torch
from torch import nn

from snippets.crossentropy.keras_ import (
    keras_binary_ce,
    keras_categorical_ce,
    keras_compile_classes,
    keras_compile_yes_no,
    keras_evaluate,
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
    torch_binary_ce_from_probs,
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
    """The loss is convex, and flat along (1, 1, 1)."""
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
    """BCE has the gradient sigmoid(z) - y."""
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
    rows = np.eye(7)[labels]
    tensors = map(torch.tensor, (z, labels, rows))
    z_torch, labels_torch, rows_torch = tensors
    pairs = {
        "numpy": (
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
    assert gaps["numpy"] == 0
    assert gaps["torch"] < 1e-14 and gaps["keras"] < 1e-6
    return gaps


def several_ones_need_sigmoids():
    """With one softmax, k ones cost at least k ln k."""
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
    """Keras and PyTorch accept impossible targets."""
    z = torch.zeros(1, 3)
    two_ones = torch.tensor([[1.0, 1.0, 0.0]])
    loss = float(torch_categorical_ce(z, two_ones))
    assert abs(loss - 2 * np.log(3)) < 1e-6
    assert abs(misreadings["two_hot"] - loss) < 1e-6
    three, half = torch.tensor([[3.0], [0.5]])
    below = float(torch_binary_ce(three, three))
    assert below < 0
    by_keras = keras_binary_ce(
        three, three, from_logits=True
    )
    assert abs(by_keras - below) < 1e-6
    refused = 0
    for check, outputs, targets in (
        (categorical_ce, [[0, 0, 0]], [[1, 1, 0]]),
        (binary_ce, [3], [3]),
        (torch_binary_ce_from_probs, half, three),
    ):
        try:
            check(outputs, targets)
        except (ValueError, RuntimeError):
            refused += 1
    assert refused == 3
    return {"two_ones": loss, "target_3": below}


def double_softmax_is_confined(double_softmax):
    """Softmax twice keeps the loss in a band of width 1."""
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
    """Softmax twice hardly corrects a confident mistake."""
    correct = double_softmax["correct_pull"]
    double = double_softmax["double_pull"]
    assert correct > 0.99 and double < 1e-4
    assert double_softmax["correct_after"] < 0.01
    path = double_softmax["double_path"]
    assert path[-1] > 1.55 and path[0] - path[-1] < 1e-4
    return {"correct": correct, "double": double}


def wrong_losses_train_anyway(training):
    """Softmax twice trains late, and as well in the end."""
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
    return {
        f"{name}_percent": training[f"{name}_percent"]
        for name in curves
    }


def softmax_twice_can_stall(many_classes):
    """With 100 classes softmax twice can learn little."""
    once = many_classes["once_100"].min()
    twice = many_classes["twice_100"].max()
    assert once > 99 and twice < 40
    for name in ("10", "100_adam"):
        lost = many_classes[f"once_{name}"]
        lost = lost - many_classes[f"twice_{name}"]
        assert np.abs(lost).max() < 1
    return {"once": float(once), "twice": float(twice)}


def exp_overflows(stability):
    """In float32 exp is infinite from 88.73 on."""
    for bits in (16, 32, 64):
        limits = np.finfo(f"float{bits}")
        edge = np.log(float(limits.max))
        gap = stability[f"exp_{bits}"] / edge - 1
        assert abs(gap) < limits.eps
    return stability["exp_32"]


def shift_cures_overflow_only(stability):
    """Subtracting the maximum cures exp, not log(0)."""
    textbook = stability["unshifted"]
    assert np.isinf(textbook[stability["gaps"] >= 89]).all()
    assert stability["unshifted_until"] == 88.5
    assert np.isinf(stability["two_steps_far"])
    assert np.isnan(stability["two_steps_gradient"]).all()
    assert stability["fused_far"] == 200
    assert stability["fused_gradient"].tolist() == [-1, 1]
    assert np.isinf(stability["equal_unshifted"])
    equal = stability["equal_fused"]
    assert abs(equal - np.log(2)) < 1e-6
    return {"textbook_until": stability["unshifted_until"]}


def naive_sigmoid_becomes_one(stability):
    """In float32 sigmoid(z) is 1 above z = 24 ln 2."""
    edge = stability["sigmoid_below_one"]
    assert abs(edge - 24 * np.log(2)) < 1e-3
    z = torch.tensor([17.0])
    naive = float(-torch.log(1 - torch_naive_sigmoid(z)))
    stable = float(torch_binary_ce(z, torch.zeros(1)))
    assert np.isinf(naive) and abs(stable - 17) < 1e-5
    return {"edge": edge, "stable": stable}


def log1p_keeps_digits():
    """For small losses log1p is exact and logs are not."""
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
    """From probabilities Keras's loss ends at 16.118."""
    for name in ("categorical_cap", "sparse_cap"):
        assert abs(saturation[name] + np.log(1e-7)) < 1e-5
    of_one = saturation["cap_of_one"]
    assert abs(of_one + np.log(1e-7)) < 1e-5
    assert np.isinf(saturation["torch_categorical"])
    return saturation["categorical_cap"]


def keras_binary_caps_differ(saturation):
    """In float32 a sure wrong 1 costs 15.94, not 16.12."""
    cap = saturation["cap_of_zero"]
    assert abs(cap - 23 * np.log(2)) < 1e-5
    double = saturation["cap_of_zero_64"]
    assert abs(double + np.log(1e-7)) < 1e-5
    one = saturation["floor_of_one"]
    zero = saturation["floor_of_zero"]
    assert abs(one / 2**-23 - 1) < 1e-5
    assert abs(zero / 1e-7 - 1) < 1e-5

    def through_sigmoid(z, y):
        p = torch.sigmoid(z)
        return keras_binary_ce(p, y, from_logits=False)

    for logit, slope in ((16.6, 1), (16.7, 0)):
        z, y = torch.tensor([logit]), torch.zeros(1)
        assert abs(through_sigmoid(z, y) - cap) < 1e-6
        pull = torch_gradient(through_sigmoid, z, y)
        assert abs(pull - slope) < 1e-6
    return {"float32": cap, "float64": double}


def clipping_ends_the_gradient(saturation):
    """Beyond the clip a wrong answer has gradient 0."""
    z = saturation["z"]
    beyond, within = z < -16.15, z > -16.05
    probs = saturation["probs_gradient"]
    logits = saturation["logits_gradient"]
    assert beyond.sum() == 39
    assert np.all(probs[beyond] == 0)
    assert np.all(logits[beyond] < -0.99)
    gap = np.abs(probs - logits)[within].max()
    assert gap < 1e-6
    return {
        "probs": float(np.abs(probs[beyond]).max()),
        "logits": float(logits[beyond].max()),
    }


def torch_caps_at_100(saturation):
    """PyTorch's BCE of a probability ends at 100."""
    assert saturation["torch_cap"] == 100
    assert saturation["torch_cap_of_zero"] == 100
    assert saturation["torch_logits"] == 1000
    return saturation["torch_cap"]


def binary_of_softmax_looks_better(one_row):
    """BCE of a softmax shows a lower number."""
    p, t = one_row["probs"], one_row["target"]
    by_hand = -np.log(np.where(t == 1, p, 1 - p)).mean()
    assert abs(one_row["binary"] - by_hand) < 1e-6
    assert one_row["binary"] < 0.7 * one_row["loss"]
    return {
        "binary": one_row["binary"],
        "categorical": one_row["loss"],
    }


def means_agree_and_sums_do_not(averages):
    """Keras and PyTorch have one mean, different sums."""
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
    """Keras averages outputs (N,) before it weighs them."""
    losses = averages["flat_losses"]
    assert averages["flat_axes"] == 0
    flat, column, mixed = (
        averages[f"{name}_weighted"]
        for name in ("flat", "column", "mixed")
    )
    assert abs(flat - losses.mean() / 3) < 1e-6
    assert abs(column - losses[0] / 3) < 1e-6
    assert mixed == column
    assert abs(flat - column) > 0.01
    return {"flat": flat, "column": column}


def keras_divides_by_the_count(weights):
    """Keras divides a weighted sum by N."""
    total = weights["weights"] @ weights["losses"]
    by_count = total / len(weights["losses"])
    by_weights = total / weights["weights"].sum()
    for name, mean in (
        ("over_n", by_count),
        ("over_weights", by_weights),
    ):
        assert abs(weights[name] - mean) < 1e-14
        assert abs(weights[f"keras_{name}"] - mean) < 1e-6
    in_fit = weights["keras_class_weight"]
    assert abs(in_fit - by_count) < 1e-6
    return {
        "over_n": weights["over_n"],
        "over_weights": weights["over_weights"],
    }


def torch_weights_depend_on_targets(weights):
    """PyTorch divides by the weights, or by N for rows."""
    labels = weights["torch_labels"]
    rows = weights["torch_rows"]
    assert abs(labels - weights["over_weights"]) < 1e-12
    assert abs(rows - weights["over_n"]) < 1e-12
    one = weights["one_weighted"]
    assert abs(one - weights["one_unweighted"]) < 1e-14
    return {"labels": labels, "rows": rows}


def halves_do_not_average(weights):
    """Weighted means of halves have another average."""
    halves = weights["mean_of_halves"]
    whole = weights["over_weights"]
    assert abs(halves - whole) > 0.005
    return {"halves": halves, "whole": whole}


def ignored_rows_leave_the_mean(weights):
    """Both libraries average over what is not ignored."""
    mean = weights["kept_mean"]
    assert abs(weights["torch_kept"] - mean) < 1e-14
    assert abs(weights["keras_kept"] - mean) < 1e-6
    assert np.isnan(weights["torch_none_kept"])
    assert weights["torch_none_kept_sum"] == 0
    assert weights["keras_none_kept"] == 0
    halved = weights["keras_unnamed"]
    assert abs(2 * halved - mean) < 1e-6
    return {"mean": mean, "halved": halved}


def smoothing_mixes_in_the_uniform():
    """Smoothing mixes in the classes' mean of -log p."""
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
    """Smoothed loss has a floor, at a finite lead."""
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
    """Weight 3 makes a chance of 0.1 look like 0.25."""
    share = rare_class["share"]
    c = rare_class["pos_weights"]
    best = c * share / (c * share + 1 - share)
    assert np.abs(rare_class["best"] - best).max() < 1e-5
    plain = np.log(best / (1 - best)) - np.log(c)
    assert np.abs(sigmoid(plain) - share).max() < 1e-12
    assert abs(rare_class["best_3"] - 0.25) < 1e-6
    return {"weight_3": rare_class["best_3"]}


def squared_error_goes_flat(slopes):
    """CE pulls 1 / (2 p (1 - p)) times as hard."""
    p = sigmoid(slopes["z"])
    ratio = slopes["ce"] / slopes["mse"]
    exact = 1 / (2 * p * (1 - p))
    assert np.allclose(ratio, exact, rtol=1e-9)
    assert ratio.min() >= 2
    far = slopes["ratio_10"]
    assert abs(far - 11014.232920103323) < 1e-6
    z, slope = slopes["steepest_z"], slopes["steepest"]
    assert abs(z + np.log(2)) < 1e-6
    assert abs(slope - 8 / 27) < 1e-12
    assert np.abs(slopes["mse"]).max() <= slope
    return {"at_minus_10": far, "steepest": slope}


def squared_error_takes_longer(descent):
    """From z = -6 CE needs 17 steps, squared error 249."""
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
        rare = [loss([x] * 4, [0, 0, 0, 1]) for x in z]
        least = sigmoid(z[np.argmin(rare)])
        assert abs(least - 0.25) < 0.01
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
    """The best constant answer is the class frequencies."""
    best = likelihood["best_constant"]
    assert abs(best - likelihood["entropy"]) < 1e-12
    assert likelihood["other_constants"].min() > best
    return best


def ce_is_entropy_plus_divergence(divergence):
    """Cross-entropy is entropy plus divergence."""
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
    """Equal logits cost ln K; their perplexity is K."""
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
    """A softmax over one unit is 1, whatever the logit."""
    z = torch.tensor([[-5.0], [0.0], [5.0]])
    y = torch.tensor([[0.0], [1.0], [1.0]])

    def binary(z, y):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            p = keras.ops.softmax(z)
            assert len(heard) == 1
            loss = keras_binary_ce(p, y, from_logits=False)
            zero = keras_sparse_ce(
                p, 0 * y, from_logits=False
            )
        assert len(heard) == 1 and zero < 1e-6
        return loss

    value = float(binary(z, y))
    assert abs(value - 23 * np.log(2) / 3) < 1e-5
    assert torch_gradient(binary, z, y).abs().max() == 0
    try:
        keras_sparse_ce(z**0, y, from_logits=False)
    except IndexError:
        return value
    raise AssertionError("label 1 of one class")


def keras_renormalizes(misreadings):
    """Keras divides probabilities by their sum first."""
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
    """Keras on torch finds no logits behind a softmax."""
    once = misreadings["of_softmax"]
    twice = misreadings["softmax_twice"]
    assert abs(once + np.log(1e-7)) < 1e-5
    assert misreadings["of_softmax_pull"] == 0
    assert abs(twice - np.log(np.e + 2)) < 1e-6
    assert misreadings["softmax_twice_pull"] < 1e-12
    return {"once": once, "twice": twice}


def raw_logits_look_perfect(misreadings):
    """Logits, read as probabilities, cost 0 or 16.118."""
    first = misreadings["raw_first"]
    last = misreadings["raw_last"]
    cap = -np.log(1e-7)
    assert first < 1e-6 and abs(last - cap) < 1e-5
    assert np.all(misreadings["raw_gradient"] == 0)
    assert misreadings["raw_binary_2"] < 1e-6
    binary = misreadings["raw_binary_minus_2"]
    assert abs(binary - cap) < 1e-5
    z = np.array([[2.0, 1.0, -1.0]])
    for name, targets in (
        ("categorical_crossentropy", np.eye(3)[:1]),
        ("sparse_categorical_crossentropy", np.array([0])),
    ):
        assert keras.losses.get(name)(targets, z) < 1e-6
    return {"class_0": first, "class_2": last}


def losses_want_their_targets():
    """The wrong kind of target raises, in all three."""
    z, labels = np.zeros((3, 3)), np.arange(3)
    logits, refused = torch.tensor(z), 0

    def by_keras(loss, targets):
        loss(z, targets, from_logits=True)

    def by_torch(labels, dtype):
        labels = torch.tensor(labels, dtype=dtype)
        return torch_categorical_ce(logits, labels)

    for loss, *wrong in (
        (categorical_ce, z, labels - 1),
        (by_keras, keras_sparse_ce, labels - 1),
        (by_keras, keras_sparse_ce, np.eye(3)),
        (by_keras, keras_categorical_ce, labels),
        (by_torch, labels - 1, torch.int64),
        (by_torch, labels, torch.int8),
        (by_torch, labels, torch.int16),
        (by_torch, labels, torch.int32),
    ):
        try:
            loss(*wrong)
        except (IndexError, RuntimeError, ValueError):
            refused += 1
    assert refused == 8
    byte = float(by_torch(labels, torch.uint8))
    assert abs(byte - np.log(3)) < 1e-12
    return {"calls_refused": refused}


def classes_have_an_axis(pixels):
    """Classes are the last axis in Keras, 1 in PyTorch."""
    mean = pixels["scratch"]
    assert abs(pixels["torch"] - mean) < 1e-12
    assert abs(pixels["keras"] - mean) < 1e-6
    return mean


def accuracy_needs_a_threshold():
    """"accuracy" of logits is wrong for a yes or a no."""

    def by_name(model):
        model.compile(loss="mse", metrics=["accuracy"])

    one = [[0.3], [0.3], [-1]], [[1], [1], [0]]
    three = [[3, 2, -5]], [[1, 0, 1]]
    last = [[-5, 2, 3]], [[1, 0, 1]]
    classes = [[-1, -2, -3], [0.1, 0.3, -1]], [0, 2]
    found = []
    for compiling, (z, y), wanted in (
        (by_name, one, 1 / 3),
        (keras_compile_yes_no, one, 1),
        (by_name, three, 1),
        (by_name, last, 0),
        (keras_compile_yes_no, three, 1 / 3),
        (keras_compile_classes, classes, 1 / 2),
    ):
        z, y = np.array(z), np.array(y)
        _, right = keras_evaluate(compiling, z, y)
        assert abs(right - wanted) < 1e-6
        found.append(right)
    return {"by_name": found[0], "with_threshold": found[1]}


def torch_and_its_mix_ups():
    """Six mix-ups in PyTorch: two pass, four raise."""
    z = torch.tensor([[2.0, 1.0, -1.0]])
    first = torch.tensor([0])
    p = torch.tensor([[0.7, 0.2, 0.1]])
    negative = float(nn.NLLLoss()(p, first))
    assert abs(negative + 0.7) < 1e-6
    plain = torch_categorical_ce(z, first)
    logs = torch.log_softmax(z, dim=1)
    again = torch_categorical_ce(logs, first)
    assert abs(again - plain) < 1e-6
    rows = nn.functional.one_hot(first, 3)
    column, refused = torch.zeros(3, 1), []
    for loss, outputs, targets in (
        (torch_binary_ce_from_probs, z, rows.float()),
        (torch_categorical_ce, z, rows),
        (torch_binary_ce, column, column[:, 0]),
        (torch_categorical_ce, z, first[:, None]),
    ):
        try:
            loss(outputs, targets)
        except (RuntimeError, ValueError) as error:
            refused.append(str(error))
    assert len(refused) == 4
    assert "0D or 1D target" in refused[-1]
    by_keras = keras_binary_ce(
        column, column[:, 0], from_logits=True
    )
    assert abs(by_keras - np.log(2)) < 1e-6
    return negative
