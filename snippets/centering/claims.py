"""What the article claims, each proved by an assertion."""

import keras
import numpy as np
import torch
from scipy.stats import multivariate_normal

from snippets.centering.keras_ import keras_activate
from snippets.centering.scratch import (
    activate,
    condition_number,
    gd_steps,
    gradient_parts,
    iid_eigenvalues,
    neuron_gradients,
    same_sign_fraction,
    same_sign_limit,
    second_moment,
    to_tanh,
)
from snippets.centering.torch_ import (
    torch_activate,
    torch_sample_gradients,
)


def one_sample_moves_all_weights_together(signs):
    """Positive inputs: each sample moves all weights alike.

    300 gradients of a neuron with two sigmoid inputs; with
    tanh inputs they point into all four quadrants.
    """
    assert signs["sigmoid_fraction"] == 1
    quadrants = [
        {tuple(row) for row in np.sign(signs[name])}
        for name in ("sigmoid", "tanh")
    ]
    assert quadrants[0] == {(1, 1), (-1, -1)}
    assert len(quadrants[1]) == 4
    assert 0.4 < signs["tanh_fraction"] < 0.6
    return {
        "sigmoid": signs["sigmoid_fraction"],
        "tanh": signs["tanh_fraction"],
    }


def gradient_is_delta_times_input():
    """A sample's gradient is delta times the input.

    As autograd's, for a sigmoid neuron and squared error.
    """
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(50, 4)), rng.normal(size=4)
    t = rng.normal(size=50)
    y = activate("sigmoid", X @ w)
    ours = neuron_gradients(X, (y - t) * y * (1 - y))

    def loss(w, x, t):
        return (torch.sigmoid(w @ x) - t) ** 2 / 2

    theirs = torch_sample_gradients(
        loss, *map(torch.tensor, (w, X, t))
    )
    gap = float(np.abs(ours - theirs.numpy()).max())
    assert gap < 1e-15
    return {"largest_gap": gap}


def own_activation_does_not_matter(own_activation):
    """What counts is the inputs' sign, not the activation.

    With positive inputs, neurons of no activation, sigmoid,
    tanh and softplus all have gradients of one sign; with
    signed inputs, as in a first layer, about a sixteenth
    have, by chance: two of 32 quadrants.
    """
    for name in ("none", "sigmoid", "tanh", "softplus"):
        assert own_activation[f"{name}_positive"] == 1
        assert 0 < own_activation[f"{name}_signed"] < 0.12
    return {
        "positive": own_activation["sigmoid_positive"],
        "signed": own_activation["sigmoid_signed"],
    }


def neurons_of_a_layer_disagree(one_layer):
    """In a layer, neurons move in different directions.

    In a softmax layer every sample raises the weights of
    the true class and lowers those of all others.
    """
    G, labels = one_layer["gradients"], one_layer["labels"]
    true = np.eye(10, dtype=bool)[labels]  # (200, 10)
    assert np.all(G[true] < 0) and np.all(G[~true] > 0)
    assert one_layer["by_neuron"] == 1
    assert one_layer["by_layer"] == 0
    return {
        "by_neuron": one_layer["by_neuron"],
        "by_layer": one_layer["by_layer"],
    }


def memory_frees_the_signs(history):
    """Momentum, weight decay and Adam free the updates.

    On the same samples, one at a time, plain SGD, RMSprop,
    Adagrad and Adam with a first beta of 0 move both
    weights the same way at every step; these do not.
    """
    keepers = "sgd", "rmsprop", "adagrad", "adam_forgetting"
    for name in keepers:
        assert history[name] == 1
    others = {
        name: history[name]
        for name in (
            "momentum",
            "keras_momentum",
            "decay",
            "adam",
        )
    }
    assert max(others.values()) < 0.9
    gap = history["keras_momentum"] - history["momentum"]
    assert abs(gap) < 0.02
    return others


def gradient_has_a_common_part(digits_parts):
    """A batch's gradient is E[delta] E[x] and a covariance.

    Centered inputs have no first part. With sigmoid units
    on digits, before training, it is over 90 percent of the
    gradient's squared length, with centered units nothing.
    """
    rng = np.random.default_rng(0)
    X, delta = rng.random((100, 5)), rng.normal(size=100)
    common, rest = gradient_parts(X, delta)
    cov = np.cov(X.T, delta, bias=True)[-1, :-1]
    assert np.abs(rest - cov).max() < 1e-15
    assert same_sign_fraction([common]) == 1
    shares = digits_parts["sigmoid_shares"]
    assert shares.min() > 0.9
    assert digits_parts["sigmoid_centered_share"] < 1e-20
    return {
        "raw": digits_parts["sigmoid_share"],
        "centered": digits_parts["sigmoid_centered_share"],
    }


def large_batches_follow_the_true_gradient(true_gradients):
    """A large batch has the true gradient's signs.

    Sigmoid inputs, two weights. An independent delta of
    mean 0.1 and sd 1: alike in over 0.9 of the batches of
    256 and in all of 4096. The delta of the way to (1, -1):
    alike in all single samples and in no batch of 256.
    """
    found = true_gradients
    assert found["drift_1"] == found["task_1"] == 1
    assert 0.9 < found["drift_256"] < found["drift_4096"]
    assert found["drift_4096"] == 1
    assert found["task_16"] < 0.35
    assert found["task_256"] == found["task_4096"] == 0
    return {
        "drift_256": found["drift_256"],
        "task_16": found["task_16"],
    }


def limit_has_closed_forms():
    """Two weights agree with 1/2 + asin(rho) / pi.

    Three with 1/4 + 3 asin(rho) / (2 pi); d of them with
    2 / (d + 1) at rho of 1/2 and 2^(1 - d) at 0.
    """
    gaps = []
    for mean in (0.0, 0.3, 1.0, 7.0):
        arc = np.arcsin(mean**2 / (mean**2 + 1)) / np.pi
        gaps += [
            same_sign_limit(mean, 1.0, 2) - 1 / 2 - arc,
            same_sign_limit(mean, 1.0, 3)
            - (1 / 4 + 1.5 * arc),
        ]
    for d in (1, 2, 5, 10, 100):
        gaps += [
            same_sign_limit(1.0, 1.0, d) - 2 / (d + 1),
            same_sign_limit(0.0, 1.0, d) - 2.0 ** (1 - d),
        ]
    worst = float(np.abs(gaps).max())
    assert worst < 1e-12
    return {"largest_gap": worst}


def limit_is_an_orthant():
    """The limit is a normal vector's chance of one sign.

    Covariance v on the diagonal plus m² everywhere; SciPy's
    distribution function agrees, for d of 5.
    """
    gaps = []
    for mean, var in ((0.5, 0.0433790358), (0.4, 0.34)):
        cov = var * np.eye(5) + mean**2
        normal = multivariate_normal(cov=cov, seed=0)
        theirs = 2 * normal.cdf(np.zeros(5))
        gaps.append(same_sign_limit(mean, var, 5) - theirs)
    worst = float(np.abs(gaps).max())
    assert worst < 1e-4
    return {"largest_gap": worst}


def limits_of_activations(moments):
    """Large batches: two weights agree in 0.825 of them.

    With sigmoid inputs; 0.603 with ReLU, 1/2 with tanh, and
    for ten weights 0.534, 0.081 and 1/512.
    """
    exact = {
        "sigmoid_limit_2": 0.8246955,
        "relu_limit_2": 0.6031152,
        "tanh_limit_2": 0.5,
        "sigmoid_limit_10": 0.5338431,
        "relu_limit_10": 0.0806964,
        "tanh_limit_10": 1 / 512,
    }
    for key, value in exact.items():
        assert abs(moments[key] - value) < 1e-6
    return {
        "two_weights": moments["sigmoid_limit_2"],
        "ten_weights": moments["sigmoid_limit_10"],
    }


def batches_relax_the_signs(batches, moments):
    """Batches let signs differ, down to a limit, not to 0.

    Sigmoid inputs: two weights agree always at one sample,
    ten in 0.71 of all pairs of samples; from 128 samples on
    within 0.03 of the limit, for ReLU and tanh too.
    """
    for name in ("sigmoid", "relu", "tanh"):
        for d in (2, 10):
            limit = moments[f"{name}_limit_{d}"]
            large = batches[f"{name}_{d}"][-2:]
            assert np.abs(large - limit).max() < 0.03
    for d in (2, 10):
        fractions = batches[f"sigmoid_{d}"]
        assert fractions[0] == 1
        assert np.all(fractions[1:] < 0.92)
    assert abs(batches["sigmoid_10_2"] - 0.71) < 0.03
    return {
        "two_weights": batches["sigmoid_2_256"],
        "ten_weights": batches["sigmoid_10_256"],
    }


def relu_hides_it_at_first(batches, signs):
    """ReLU: agreement starts at 1/4 and rises to 0.6.

    At one sample a zero input leaves its weight alone: in
    about three quarters one or both stand still, and none
    moves two weights in opposite directions.
    """
    assert signs["relu_opposite"] == 0
    assert abs(signs["relu_still"] / 300 - 3 / 4) < 0.05
    fractions = batches["relu_2"]
    assert abs(fractions[0] - 1 / 4) < 0.03
    assert np.all(np.diff(fractions[:3]) > 0.05)
    assert np.abs(fractions[3:] - 0.61).max() < 0.04
    return {
        "one_sample": batches["relu_2_1"],
        "large_batch": batches["relu_2_256"],
    }


def digits_signs_fade(digits_signs):
    """On digits the agreement fades as batches grow.

    30 weights, after 100 steps: all of single samples and
    under a tenth of the batches of 512, far below the limit
    for independent inputs; before training over half of
    them. With tanh and ReLU units no batch agrees.
    """
    later = digits_signs["sigmoid_later"]  # (3 seeds, 9)
    assert np.all(later[:, 0] == 1)
    assert np.all(np.diff(later, axis=1) < 0)
    limit = same_sign_limit(0.5, 0.043379, 30)
    assert later[:, -1].max() < 0.1 < limit
    start = digits_signs["sigmoid_start"]
    assert np.all(start[:, 0] == 1)
    assert start[:, -1].min() > 0.5
    for name in ("tanh", "relu"):
        for when in ("start", "later"):
            assert np.all(
                digits_signs[f"{name}_{when}"] == 0
            )
    return {
        "one_sample": digits_signs["sigmoid_later_1"],
        "batch_of_512": digits_signs["sigmoid_later_512"],
        "untrained": digits_signs["sigmoid_start_512"],
    }


def condition_number_grows_with_inputs(conditioning):
    """The condition number of d inputs is 1 + d m² / v.

    Against eigvalsh, for any m and v; for sigmoid inputs
    12.5 for d of 2 and 116 for 20. Samples agree within a
    tenth, and centered inputs have 1, drawn under 1.25.
    """
    worst = 0.0
    for m, v in ((0.5, 0.0433790358), (-2, 3), (0, 0.1)):
        for d in (1, 2, 20, 100):
            M = v * np.eye(d) + m**2
            exact = np.linalg.eigvalsh(M)
            gap = np.abs(iid_eigenvalues(m, v, d) - exact)
            worst = max(worst, float(gap.max() / exact[-1]))
            kappa = condition_number(M)
            formula = 1 + d * m**2 / v if d > 1 else 1
            assert abs(kappa / formula - 1) < 1e-9
    assert worst < 1e-12
    plain = conditioning["sigmoid_plain"]
    assert abs(plain[0] - 12.526305) < 1e-6
    assert abs(plain[18] - 116.26305) < 1e-5
    for name in ("sigmoid", "relu"):
        drawn = conditioning[f"{name}_plain_drawn"]
        at = conditioning["drawn"] - 2
        formula = conditioning[f"{name}_plain"][at]
        assert np.abs(drawn / formula - 1).max() < 0.1
        centered = conditioning[f"{name}_centered_drawn"]
        assert centered.max() < 1.25
        assert np.allclose(
            conditioning[f"{name}_centered"], 1
        )
    return {
        "two": float(plain[0]),
        "twenty": float(plain[18]),
    }


def bias_makes_it_worse(moments):
    """A bias multiplies the condition number.

    Its constant input is one more with a mean: the 2 × 2
    block has determinant v, the least curvature falls below
    v, and the number is the largest curvature squared over
    v. For sigmoid inputs 53 for d of 2, 840 for 20. If the
    bias follows at its best value, the covariance is left.
    """
    mean, var = (
        moments[f"sigmoid_{k}"] for k in ("mean", "var")
    )
    for d in (2, 10, 20, 100):
        cov = np.diag([var] * d + [0.0])
        m = np.append(np.full(d, mean), 1.0)
        M = cov + np.outer(m, m)
        exact = np.linalg.eigvalsh(M)
        left = M - np.outer(M[-1], M[-1]) / M[-1, -1]
        assert np.abs(left - cov).max() < 1e-12
        eigs = iid_eigenvalues(mean, var, d, bias=True)
        assert np.abs(eigs - exact).max() < 1e-12
        assert eigs[0] < var
        kappa = eigs[-1] / eigs[0]
        assert (
            abs(kappa / (eigs[-1] ** 2 / var) - 1) < 1e-12
        )
        assert moments[f"sigmoid_bias_{d}"] == kappa
        assert kappa > 4 * moments[f"sigmoid_kappa_{d}"]
    two, twenty = (
        moments[f"sigmoid_bias_{d}"] for d in (2, 20)
    )
    assert abs(two - 52.892846) < 1e-5
    assert abs(twenty - 839.936152) < 1e-5
    return {"two": two, "twenty": twenty}


def centered_sigmoid_needs_a_scale(moments):
    """A centered sigmoid next to a bias still has 23.

    One over its variance, for any number of inputs; tanh
    has 2.5, and variance 1 would have 1.
    """
    for d in (2, 10, 20, 100):
        kappa = moments[f"centered_sigmoid_bias_{d}"]
        var = moments["centered_sigmoid_var"]
        assert abs(kappa * var - 1) < 1e-12
        assert abs(kappa - 23.05261) < 1e-5
        tanh = moments[f"tanh_bias_{d}"]
        assert abs(tanh - 2.5361754) < 1e-6
        eigs = iid_eigenvalues(0.0, 1.0, d, bias=True)
        assert np.all(eigs == 1)
    return {"centered_sigmoid": kappa, "tanh": tanh}


def opposite_signs_are_slow(two_targets):
    """Descent takes 1 step to (1, 1), and 84 to (1, -1).

    Two sigmoid inputs, full gradient, to a thousandth; to
    (1, 0) it is 79. Weights that sum to 0 lie along the
    small curvature.
    """
    steps = [
        two_targets[k] for k in ("same", "opposite", "one")
    ]
    assert steps == [1, 84, 79]
    small, large = two_targets["eigs"]
    assert abs(small - 0.0433790) < 1e-6
    assert abs(large - 0.5433790) < 1e-6
    goals = {
        "same": [1, 1],
        "opposite": [1, -1],
        "one": [1, 0],
    }
    for name, goal in goals.items():
        path = two_targets[f"{name}_path"]
        left = np.linalg.norm(path - goal, axis=1)
        left = left / np.linalg.norm(goal)
        assert left[-1] <= 1e-3 < left[-2]
    return {
        "same_signs": steps[0],
        "opposite_signs": steps[1],
    }


def slow_is_not_zigzag(two_targets):
    """The slow path to (1, -1) is a straight line.

    The full gradient takes 84 steps along it, without a
    turn: slow learning and zigzag are two things.
    """
    assert two_targets["opposite"] == 84
    path = two_targets["opposite_path"]
    assert np.abs(path.sum(axis=1)).max() < 1e-12
    assert np.all(np.diff(path[:, 0]) > 0)
    detour = two_targets["opposite_detour"]
    assert abs(detour - 1) < 1e-9
    return {"length_over_distance": detour}


def steps_follow_the_condition_number(steps):
    """Steps to a thousandth grow with the condition number.

    Twenty inputs, best rate, mean of 20 targets: sigmoid
    402, ReLU 36, tanh 1; with a bias 2282, 158 and 9. The
    formula ln(tol) / ln((k - 1) / (k + 1)) is within 1.2
    percent without a bias, and a bound with one.
    """
    wanted = {
        "sigmoid_plain": 402,
        "relu_plain": 36,
        "tanh_plain": 1,
        "tanh_bias": 9,
    }
    for key, count in wanted.items():
        assert steps[key] == count
    for name, biased in (("sigmoid", 2282), ("relu", 158)):
        theory = steps[f"{name}_plain_theory"]
        assert (
            abs(steps[f"{name}_plain"] / theory - 1) < 0.012
        )
        assert abs(steps[f"{name}_bias"] - biased) < 1
        theory = steps[f"{name}_bias_theory"]
        assert steps[f"{name}_bias_most"] <= theory
    return {
        "sigmoid": steps["sigmoid_plain"],
        "sigmoid_with_bias": steps["sigmoid_bias"],
    }


def momentum_takes_the_root(steps):
    """Momentum takes 56 steps instead of 402.

    Twenty sigmoid inputs, the mean of 20 targets, each
    method at its best rate; with a bias 154 instead of
    2282, which is growth by the root, within a quarter.
    """
    found = {}
    for key, plain, ball in (
        ("sigmoid_plain", 402, 55.8),
        ("sigmoid_bias", 2281.65, 154.1),
    ):
        assert abs(steps[key] - plain) < 0.01
        assert abs(steps[f"{key}_ball"] - ball) < 1
        found[key] = steps[f"{key}_ball"]
    growth = steps["sigmoid_bias"] / steps["sigmoid_plain"]
    root = found["sigmoid_bias"] / found["sigmoid_plain"]
    assert root < 1.25 * np.sqrt(growth)
    return found


def zigzag_costs_distance_hardly_steps(paths):
    """At one rate, going straight takes as many steps.

    To (1, -1): SGD on sigmoid inputs, full-batch descent on
    them and SGD on centered inputs, at one rate, are within
    3 percent. Centered inputs bear 6.8 times that rate.
    """
    raw = paths["sigmoid_opposite_steps"]
    for key in ("full", "slow"):
        steps = paths[f"{key}_opposite_steps"]
        assert abs(steps / raw - 1) < 0.03
    assert abs(paths["rate_ratio"] - 6.763) < 0.001
    assert paths["full_same_steps"] == 6
    assert paths["sigmoid_same_steps"] > 4 * 6
    return {
        "sgd": raw,
        "full_batch": paths["full_opposite_steps"],
        "centered_at_this_rate": paths[
            "slow_opposite_steps"
        ],
    }


def sgd_zigzags_to_opposite_signs(paths):
    """Sample by sample, (1, -1) is over 4 times as far.

    30 seeds: SGD on sigmoid inputs takes over 4 times the
    steps of centered ones, on a path over 3 times the
    distance instead of under 2, and still arrives.
    """
    raw = paths["sigmoid_opposite_steps"]
    centered = paths["centered_sigmoid_opposite_steps"]
    assert raw > 4 * centered
    assert paths["sigmoid_opposite_detour"] > 3
    assert paths["centered_sigmoid_opposite_detour"] < 2
    assert np.all(
        paths["sigmoid_opposite_all_fraction"] == 1
    )
    half = paths["centered_sigmoid_opposite_fraction"]
    assert 0.4 < half < 0.6
    path = paths["sigmoid_opposite_path"]
    assert np.hypot(*(path[-1] - [1, -1])) <= 0.05
    return {
        "raw_steps": raw,
        "centered_steps": centered,
        "raw_detour": paths["sigmoid_opposite_detour"],
        "centered_detour": paths[
            "centered_sigmoid_opposite_detour"
        ],
    }


def same_signs_do_not_zigzag(paths):
    """To (1, 1) the path of the same inputs is short.

    Sigmoid inputs, 30 seeds: under 1.5 times the distance,
    and less than half of the steps to (1, -1).
    """
    same = paths["sigmoid_same_detour"]
    assert same < 1.5 < 3 < paths["sigmoid_opposite_detour"]
    steps = paths["sigmoid_same_steps"]
    assert steps < paths["sigmoid_opposite_steps"] / 2
    return {"detour": same, "steps": steps}


def positivity_is_not_the_cause(flipped):
    """Flipped signs free the gradients and change nothing.

    Every other one of ten sigmoid inputs times -1: no
    sample's gradient has one sign any more, yet the
    condition number and the steps to the flipped target are
    the same.
    """
    assert (
        flipped["plain_least"]
        > 0
        > flipped["flipped_least"]
    )
    assert flipped["plain_fraction"] == 1
    assert flipped["flipped_fraction"] == 0
    kappas = (
        flipped["plain_kappa"],
        flipped["flipped_kappa"],
    )
    assert abs(kappas[0] / kappas[1] - 1) < 1e-9
    counts = (
        flipped["plain_steps"],
        flipped["flipped_steps"],
    )
    assert counts[0] == counts[1] > 100
    return {"kappa": kappas[1], "steps": counts[1]}


def positivity_and_mean_are_apart(separated):
    """Common signs and slow learning come apart.

    Ten positive gamma inputs whose mean is small beside the
    spread: all gradients have one sign, and the condition
    number is under 2. Ten normal inputs of mean 1: under a
    fifth of the gradients, and it is over 10.
    """
    least = [
        separated[f"{name}_least"]
        for name in ("gamma", "normal")
    ]
    assert least[0] > 0 > least[1]
    assert separated["gamma_fraction"] == 1
    assert separated["normal_fraction"] < 0.2
    assert separated["gamma_kappa"] < 2
    assert separated["normal_kappa"] > 10
    return {
        "gamma": separated["gamma_kappa"],
        "normal": separated["normal_kappa"],
    }


def zigzag_needs_a_large_rate(rates):
    """Errors change sign only if rate × curvature is over 1.

    To (1, 0) at 0.5, 1 and 1.9 over the largest curvature:
    no step reverses the one before, none does, and all do,
    on paths of 1.3, 1.4 and 13 times the distance. The
    error along a curvature is multiplied by 1 - rate ×
    curvature.
    """
    assert rates["half_top"].min() >= 0
    assert rates["one_top"].min() >= 0
    top = rates["most_top"]
    assert np.all(top[1:] * top[:-1] < 0)
    for name, times in (
        ("half", 0.5),
        ("one", 1),
        ("most", 1.9),
    ):
        factor = rates[f"{name}_factor"]
        assert abs(factor - (1 - times)) < 1e-12
        top = rates[f"{name}_top"]
        assert np.allclose(top[1:], factor * top[:-1])
    turns = [
        rates[f"{name}_turns"] for name in ("half", "one")
    ]
    assert turns == [0, 0] and rates["most_turns"] == 39
    assert 1.35 < rates["one_detour"] < 1.37
    assert 13 < rates["most_detour"] < 14
    assert abs(rates["edge"] - 1.8403360) < 1e-6
    return {
        "one": rates["one_detour"],
        "most": rates["most_detour"],
    }


def any_target_is_reached(moments):
    """No optimum is out of reach: descent finds any target.

    200 random targets of ten sigmoid weights, most of mixed
    signs, to a millionth; none takes more steps than the
    condition number says.
    """
    mean, var = (
        moments[f"sigmoid_{k}"] for k in ("mean", "var")
    )
    rng = np.random.default_rng(0)
    M = var * np.eye(10) + mean**2
    eigs, vectors = np.linalg.eigh(M)
    targets = rng.normal(size=(200, 10))
    mixed = 1 - same_sign_fraction(targets)
    assert mixed > 0.9
    counts = [
        gd_steps(eigs, vectors.T @ w, 1e-6) for w in targets
    ]
    kappa = condition_number(M)
    rate = np.log((kappa - 1) / (kappa + 1))
    assert max(counts) <= np.ceil(np.log(1e-6) / rate)
    return {"most_steps": max(counts), "mixed_signs": mixed}


def spectrum_has_one_outlier(spectrum):
    """A mean adds one eigenvalue, of about N m² + v.

    100 inputs of mean 0.5 and variance 1, 1000 samples, ten
    draws: 26 within 3 percent on average; the other 99 stay
    within 0.05 of the edges of Marchenko and Pastur. The
    value of Baik and Silverstein is as close, also for a
    mean of 0.1.
    """
    largest = spectrum["shifted_largest"]
    assert abs(largest / 26 - 1) < 0.03
    assert (
        abs(largest / spectrum["shifted_outlier"] - 1)
        < 0.03
    )
    rest = spectrum["shifted"][:, :-1]
    assert rest.min() > spectrum["low"] - 0.05
    assert rest.max() < spectrum["high"] + 0.05
    assert spectrum["shifted"][:, -1].min() > 24
    slight = spectrum["slight_largest"]
    assert (
        abs(slight / spectrum["slight_outlier"] - 1) < 0.05
    )
    return {
        "largest": largest,
        "second": spectrum["shifted_second"],
    }


def outlier_is_proportional_to_inputs(spectrum):
    """The outlier grows in proportion to the inputs.

    For 50, 100, 200 and 400 inputs, of mean 0.5, it is
    N / 4 + 1 within 5 percent.
    """
    ratio = spectrum["largest_over_n"]
    exact = 0.25 + 1 / spectrum["sizes"]
    assert np.abs(ratio / exact - 1).max() < 0.05
    return {
        "n_50": float(ratio[0]),
        "n_400": float(ratio[-1]),
    }


def centering_removes_the_outlier(spectrum):
    """Without a mean, or centered, there is no outlier."""
    for name in ("centered", "repaired"):
        eigs = spectrum[name]
        assert eigs.max() < spectrum["high"] + 0.05
        assert eigs.min() > spectrum["low"] - 0.05
    return {
        "no_mean": spectrum["centered_largest"],
        "centered": spectrum["repaired_largest"],
    }


def sigmoid_is_a_tanh():
    """2 sigmoid(a) - 1 is tanh(a / 2): one function class.

    A net of sigmoid units is one of tanh(a / 2) units whose
    output weights are halved and whose biases take the sum.
    """
    a = np.linspace(-40, 40, 8001)
    gap = np.abs(
        2 * activate("sigmoid", a) - 1 - np.tanh(a / 2)
    )
    assert gap.max() < 1e-15
    rng = np.random.default_rng(0)
    a, W = rng.normal(size=(50, 8)), rng.normal(size=(8, 3))
    b = rng.normal(size=3)
    W_tanh, b_tanh = to_tanh(W, b)
    ours = activate("sigmoid", a) @ W + b
    other = np.tanh(a / 2) @ W_tanh + b_tanh
    assert np.abs(ours - other).max() < 1e-14
    return {"units": float(gap.max())}


def batch_mean_speeds_up_digits(digits):
    """Centering on the batch needs under half of the steps.

    Digits, 64-30-10, full batch, best of three rates, until
    the loss is below 0.3: sigmoid, tanh and ReLU alike.
    """
    shares = []
    for name in ("sigmoid", "tanh", "relu"):
        raw = digits[f"{name}_needs"]
        centered = digits[f"{name}_mean_needs"]
        assert centered < raw / 2
        shares.append(centered / raw)
    return {"largest_share": max(shares)}


def fixed_shift_helps_little(digits_shift):
    """Subtracting 1/2 from every sigmoid saves little.

    Between a tenth and a third of the steps, at the best of
    three rates: the units' means on real data are not 1/2.
    """
    raw = digits_shift["sigmoid_needs"]
    shifted = digits_shift["shifted_needs"]
    assert 0.67 * raw < shifted < 0.9 * raw
    return {"sigmoid": raw, "shifted": shifted}


def centering_buys_learning_rate(digits, digits_parts):
    """What centering buys is a larger learning rate.

    At rate 1 it changes the loss after 60 steps by under 3
    percent, for sigmoid and tanh units. But the curvature
    falls from over 4 to 1, and the best of the rates 1, 4
    and 16 goes up by one: to 16, and to 4 for tanh and
    ReLU.
    """
    gaps, rates = {}, []
    for name in ("sigmoid", "tanh", "relu"):
        raw, centered = digits[name], digits[f"{name}_mean"]
        gap = centered[0, :, -1] / raw[0, :, -1] - 1
        gaps[name] = float(np.abs(gap).max())
        rates += [
            digits[f"{name}_best"],
            digits[f"{name}_mean_best"],
        ]
        assert digits_parts[f"{name}_top"].min() > 4
        top = digits_parts[f"{name}_centered_top"]
        assert np.abs(top - 1).max() < 1e-9
    assert gaps["sigmoid"] < 0.03 and gaps["tanh"] < 0.03
    assert rates == [4, 16, 1, 4, 1, 4]
    return {
        "sigmoid_gap": gaps["sigmoid"],
        "tanh_gap": gaps["tanh"],
        "raw_curvature": digits_parts["sigmoid_curvature"],
    }


def relu_shares_the_property(moments):
    """ReLU is not centered either, but a tenth as bad.

    Its mean is 0.399 and rho 1/pi; at equal d its condition
    number minus 1 is 12 times smaller than the sigmoid's.
    """
    mean, rho = moments["relu_mean"], moments["relu_rho"]
    assert abs(mean - 1 / np.sqrt(2 * np.pi)) < 1e-12
    assert abs(rho - 1 / np.pi) < 1e-12
    ratios = [
        (moments[f"sigmoid_kappa_{d}"] - 1)
        / (moments[f"relu_kappa_{d}"] - 1)
        for d in (2, 10, 20, 100)
    ]
    assert np.ptp(ratios) < 1e-9
    assert 12 < ratios[0] < 13
    return {
        "mean": mean,
        "sigmoid": moments["sigmoid_kappa_20"],
        "relu": moments["relu_kappa_20"],
    }


def smooth_relus_are_partly_centered(moments):
    """ELU, SiLU and GELU lie between tanh and ReLU.

    Condition numbers of 20 inputs: 1 for tanh, then ELU,
    SiLU, GELU, and ReLU with 10; softplus, always positive,
    has 49.
    """
    names = (
        "tanh",
        "elu",
        "silu",
        "gelu",
        "relu",
        "softplus",
    )
    kappas = {n: moments[f"{n}_kappa_20"] for n in names}
    values = list(kappas.values())
    assert values == sorted(values)
    exact = 1, 1.8323, 3.7272, 5.6046, 10.3388, 48.8598
    assert np.abs(np.subtract(values, exact)).max() < 1e-3
    return {"elu": kappas["elu"], "gelu": kappas["gelu"]}


def leaky_relus_differ():
    """Keras's leaky ReLU leaks 0.2 or 0.3, PyTorch's 0.01.

    By default; 0.2 is the function's, 0.3 the layer's.
    """
    by_torch = float(
        torch_activate("leaky_relu", torch.tensor(-1.0))
    )
    by_keras = float(keras_activate("leaky_relu", -1.0))
    assert abs(by_torch + 0.01) < 1e-7
    layer = keras.layers.LeakyReLU()
    by_layer = float(layer(-np.ones(1))[0])
    assert abs(by_keras + 0.2) < 1e-7
    assert abs(by_layer + 0.3) < 1e-7
    return {
        "torch": -by_torch,
        "keras": -by_keras,
        "keras_layer": -by_layer,
    }


def batchnorm_centers_and_scales(normalized):
    """Batch normalization takes 824 down to 1.25.

    The condition number of twenty sigmoid units and a bias,
    5000 samples, in PyTorch and in Keras. Keras's
    epsilon of 1e-3 leaves a variance of 0.977, PyTorch's of
    1e-5 one of 0.9998.
    """
    raw = normalized["raw_bias"]
    assert abs(raw - 824) < 1
    for name, eps in (("torch", 1e-5), ("keras", 1e-3)):
        assert normalized[f"{name}_mean"] < 1e-5
        assert abs(normalized[f"{name}_bias"] - 1.25) < 0.01
        var = normalized["raw_var"]
        gap = normalized[f"{name}_var"] - var / (var + eps)
        assert abs(gap) < 1e-4
    return {
        "raw": raw,
        "torch": normalized["torch_bias"],
        "keras": normalized["keras_bias"],
    }


def batchnorm_of_sums_centers_inputs(preactivations):
    """Normalizing Wx is as good as centering x.

    On a batch, outputs and gradients in W are the same for
    raw and for centered sigmoid units.
    """
    gaps = [
        np.abs(
            preactivations[f"raw_{key}"]
            - preactivations[f"centered_{key}"]
        ).max()
        for key in ("sums", "slope")
    ]
    assert max(gaps) < 1e-11
    slope = np.abs(preactivations["raw_slope"]).max()
    assert slope > 1
    return {
        "outputs": float(gaps[0]),
        "gradients": float(gaps[1]),
    }


def centering_does_not_cure_the_small_slope(depth):
    """A centered sigmoid fades as the sigmoid does.

    Ten layers: both leave under 1e-5 of the gradient, for
    the slope is at most 1/4 in both; tanh leaves over a
    tenth. With weights 4 times larger the centered sigmoid
    leaves over a tenth too, the sigmoid under a hundredth.
    """
    a = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    for name in ("sigmoid", "centered sigmoid"):
        z = a.clone().requires_grad_()
        total = torch_activate(name, z).sum()
        (slope,) = torch.autograd.grad(total, z)
        assert abs(float(slope.max()) - 1 / 4) < 1e-12
    assert depth["sigmoid"].max() < 1e-5
    assert depth["centered_sigmoid"].max() < 1e-5
    assert depth["tanh"].min() > 0.1
    assert depth["large_centered_sigmoid"].min() > 0.1
    assert depth["large_sigmoid"].max() < 0.01
    return {
        "sigmoid": depth["sigmoid_mean"],
        "centered_sigmoid": depth["centered_sigmoid_mean"],
        "tanh": depth["tanh_mean"],
    }


def dead_units_have_no_condition_number(dead_unit):
    """One dead ReLU makes the condition number infinite.

    The largest curvature, which limits the rate, is fine.
    """
    assert dead_unit["alive"] < 20
    assert dead_unit["dead"] == np.inf
    assert 3 < dead_unit["dead_top"] < 4
    return {
        "alive": dead_unit["alive"],
        "dead_top": dead_unit["dead_top"],
    }


def uniform_inputs_have_three_d_plus_one():
    """Inputs uniform on [0, 1] have a number of 3 d + 1."""
    gaps = []
    for d in range(2, 51):
        eigs = iid_eigenvalues(1 / 2, 1 / 12, d)
        gaps.append(eigs[-1] / eigs[0] - (3 * d + 1))
    worst = float(np.abs(gaps).max())
    assert worst < 1e-9
    rng = np.random.default_rng(0)
    drawn = condition_number(
        second_moment(rng.random((50_000, 12)))
    )
    assert abs(drawn / 37 - 1) < 0.05
    return {"largest_gap": worst, "drawn": drawn}
