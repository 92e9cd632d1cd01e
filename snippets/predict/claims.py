"""What the article claims, each proved by an assertion."""

import contextlib
import io
import warnings

import keras
import numpy as np
import torch
from torch import nn

from snippets.predict.experiments import random_rows, zeros
from snippets.predict.keras_ import (
    KerasAlwaysDrops,
    KerasDataset,
    KerasDropsByDefault,
    KerasListener,
    KerasWithoutTraining,
    keras_batchnorm,
    keras_call,
    keras_call_with,
    keras_functional,
    keras_generator,
    keras_loader,
    keras_mlp,
    keras_on_tensorflow,
    keras_passes,
    keras_predict,
    keras_predict_by_hand,
    keras_predict_on_batch,
    keras_predict_steps,
    keras_to_numpy,
    keras_transfer,
    keras_wrapped,
)
from snippets.predict.scratch import (
    activation_bytes,
    batch_slices,
    call_cost_model,
    predict_as_posted,
    predict_in_batches,
    same_but_rounding,
)
from snippets.predict.torch_ import (
    alive_bytes,
    describe_output,
    input_gradient,
    torch_call,
    torch_call_inference,
    torch_call_no_grad,
    torch_mlp,
    torch_predict,
    torch_predict_plain,
)


def call_returns_a_tensor_predict_an_array():
    """model(x) is a tensor with a graph, predict an array.

    Single precision, whatever the rows are. Two outputs
    are a list of two.
    """
    model = keras_mlp([8, 16, 3], 0)
    for dtype in ("float32", "float64", "int64"):
        x = random_rows(40, 8).astype(dtype)
        y = keras_call(model, x)
        facts = describe_output(y)
        assert facts == ("torch.Tensor", False, True)
        assert y.dtype == torch.float32
        for ask in (keras_predict, keras_predict_on_batch):
            y = ask(model, x)
            facts = describe_output(y)
            assert facts == ("numpy.ndarray", True, False)
            assert y.dtype == np.float32
    rows = keras.Input((8,))
    both = keras.Model(rows, [model(rows), rows])
    answers = keras_predict(both, x)
    assert isinstance(answers, list)
    assert [y.shape for y in answers] == [(40, 3), (40, 8)]
    return {"rows": len(y), "classes": y.shape[1]}


def numpy_needs_the_graph_cut_off():
    """On PyTorch model(x).numpy() is an error.

    keras.ops.convert_to_numpy gives predict's numbers.
    """
    model, x = keras_mlp([8, 16, 3], 0), random_rows(20, 8)
    wanted = keras_predict(model, x)
    y, refused, worst = keras_call(model, x), {}, 0.0
    for name, convert in (
        ("method", lambda: y.numpy()),
        ("asarray", lambda: np.asarray(y)),
        ("ops", lambda: keras_to_numpy(y)),
        ("detach", lambda: y.detach().numpy()),
    ):
        try:
            array = convert()
        except RuntimeError as error:
            refused[name] = str(error)
        else:
            gap = np.abs(array - wanted).max()
            worst = max(worst, float(gap))
    assert list(refused) == ["method", "asarray"]
    for why in refused.values():
        assert "requires grad" in why
    assert worst < 1e-6
    return {"refused": len(refused), "largest_gap": worst}


def call_infers_unless_told():
    """model(x) is model(x, training=False), and predict.

    With dropout and with batch normalization, whose moving
    averages do not move.
    """
    x = random_rows(32, 8) + 1
    for model in (
        keras_mlp([8, 16, 3], 0, drop_rate=0.5),
        keras_batchnorm(8),
    ):
        before = model.get_weights()
        plain = keras_to_numpy(keras_call(model, x))
        for y in (
            keras_call_with(model, x, training=False),
            keras_call(model, x),
        ):
            assert np.array_equal(plain, keras_to_numpy(y))
        gap = np.abs(plain - keras_predict(model, x)).max()
        assert gap < 1e-6
        for old, new in zip(before, model.get_weights()):
            assert np.array_equal(old, new)
    return {"gap_to_predict": float(gap)}


def without_a_word_training_is_none():
    """A layer that is told nothing receives None.

    Alone and in models; from predict as well, where the
    model's call lacks the argument.
    """
    layer, x = KerasListener(), np.ones((4, 8))
    sequential = keras.Sequential([layer])
    lacking = KerasWithoutTraining(layer)
    for model in (layer, sequential, lacking):
        keras_call(model, x)
    assert set(layer.heard) == {None}
    calls = len(layer.heard)
    keras_predict(sequential, x)
    assert layer.heard[-1] is False
    keras_predict(lacking, x)
    assert layer.heard[-1] is None
    return {"calls": calls}


def training_true_is_another_function():
    """training=True drops units and moves averages."""
    x = random_rows(32, 8) + 1
    model = keras_mlp([8, 16, 3], 0, drop_rate=0.5)
    one, two = (
        keras_to_numpy(
            keras_call_with(model, x, training=True)
        )
        for _ in range(2)
    )
    differ = int(np.sum(np.any(one != two, axis=1)))
    assert differ == len(x)
    norm = keras_batchnorm(8)
    _, _, before, _ = norm.get_weights()
    keras_call_with(norm, x, training=True)
    _, _, after, _ = norm.get_weights()
    moved = np.abs(after - before)
    assert np.all(moved > 0)
    return {"rows": differ, "moved": float(moved.max())}


def answers_of_training_spread(one_digit):
    """One digit's chance swings by 0.3 under training=True.

    Asked 20 times each; predict gives one answer.
    """
    spread = one_digit["most"] - one_digit["least"]
    assert spread > 0.3 and one_digit["flipped"] > 0
    assert np.ptp(one_digit["again"]) == 0
    return {
        "least": one_digit["least"],
        "most": one_digit["most"],
        "flipped": one_digit["flipped"],
    }


def a_default_of_training_wins():
    """call(self, x, training=True): model(x) drops units.

    predict and training=False do not.
    """
    model, x = KerasDropsByDefault(0), np.ones((10, 100))
    called = zeros(keras_call(model, x))
    assert 400 < called < 600
    told = keras_call_with(model, x, training=False)
    assert zeros(told) == 0
    assert zeros(keras_predict(model, x)) == 0
    return {"call": called, "predict": 0}


def a_wrapped_torch_module_drops():
    """model(x) puts a wrapped module in training mode.

    Even after eval(). predict and training=False do not,
    but predict does where the call lacks the argument.
    """
    model = keras_wrapped(nn.Dropout(0.5))
    x = np.ones((10, 100), "float32")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert zeros(keras_predict(model, x)) == 0
        called = zeros(keras_call(model.eval(), x))
        lacking = KerasWithoutTraining(model)
        kept = zeros(keras_predict(lacking, x))
    assert 400 < called < 600 and 400 < kept < 600
    told = keras_call_with(model, x, training=False)
    assert zeros(told) == 0
    return {"call": called, "predict": 0, "lacking": kept}


def predict_overrules_what_was_wired():
    """In a functional model predict's False wins.

    Over a layer's own training=True; training=True wins
    over its own False. In a subclass the layer's wins.
    """
    x = np.ones((10, 100))
    wired = keras_functional(100, 0, training=True)
    called = zeros(keras_call(wired, x))
    assert 400 < called < 600
    assert zeros(keras_predict(wired, x)) == 0
    frozen = keras_functional(100, 0, training=False)
    assert zeros(keras_call(frozen, x)) == 0
    told = zeros(keras_call_with(frozen, x, training=True))
    assert 400 < told < 600
    kept = zeros(keras_predict(KerasAlwaysDrops(0), x))
    assert 400 < kept < 600
    return {"wired": called, "predict": 0, "subclass": kept}


def only_a_frozen_batch_norm_stays():
    """base(x, training=False) yields to training=True.

    In a functional model the base's moving mean moves,
    unless base.trainable is False.
    """
    x, moved = random_rows(32, 8) + 1, {}
    for frozen in (False, True):
        base = keras_batchnorm(8)
        base.trainable = not frozen
        model = keras_transfer(base, 8)
        before = base.get_weights()
        keras_call_with(model, x, training=True)
        moves = np.abs(base.get_weights()[2] - before[2])
        moved[frozen] = float(moves.max())
    assert moved[False] > 0 and moved[True] == 0
    return {"wired": moved[False], "frozen": moved[True]}


def batch_norm_of_one_row_is_its_shift():
    """In training, batch norm turns a row into its shift.

    An image alone is not lost; PyTorch refuses one row.
    """
    model, worst = keras_batchnorm(8), 0.0
    _, _, *moving = model.get_weights()
    for shift in (0, 3):  # new; as training might leave it
        model.set_weights(
            [np.full(8, 2), np.full(8, shift), *moving]
        )
        for row in 1000 * random_rows(5, 8):
            y = keras_call_with(model, row[None], True)
            gap = np.abs(keras_to_numpy(y) - shift).max()
            worst = max(worst, float(gap))
    assert worst < 1e-6
    image = random_rows(1, 64).reshape(1, 8, 8, 1)
    norm = keras.layers.BatchNormalization()
    y = keras_call_with(norm, image, training=True)
    assert y.std() > 0.9
    refused = ""
    try:
        nn.BatchNorm1d(8).train()(torch.ones(1, 8))
    except ValueError as error:
        refused = str(error)
    assert refused.startswith("Expected more than 1 value")
    return {"largest_gap": worst}


def keras_does_not_look_at_the_mode():
    """train() and eval() do not reach Keras's layers.

    predict leaves the model in eval mode, predict_on_batch
    as it was.
    """
    model = keras_mlp([8, 16, 3], 0, drop_rate=0.5)
    x = random_rows(32, 8)
    inferred = keras_call_with(model, x, training=False)
    for mode in (True, False):
        y = keras_call(model.train(mode), x)
        assert torch.equal(y, inferred)
    keras_predict_on_batch(model.train(), x)
    kept = model.training
    keras_predict(model, x)
    assert kept and not model.training
    return {"rows": len(y)}


def only_a_call_is_recorded(saved):
    """A call saves its layers' inputs; predict saves none.

    model(x) keeps the inputs of both layers and a kernel,
    also with training=False. predict, predict_on_batch and
    no_grad keep 0 bytes.
    """
    whole = saved["layer_inputs"] + saved["kernel"]
    assert saved["call"] == saved["call_inferring"] == whole
    for way in ("predict", "predict_on_batch", "no_grad"):
        assert saved[way] == 0
    return {"call": saved["call"], "predict": 0}


def kept_tensors_keep_their_graphs(saved):
    """Batches save as much as one call, if kept as tensors.

    Byte for byte, for 1000 rows in batches of 32.
    """
    assert saved["chunks"] == saved["call"] > 0
    return {"bytes": saved["chunks"]}


def linear_gradient_is_the_weight():
    """The input gradient of a linear net is its weight."""
    x, worst = random_rows(6, 5), 0.0
    net, model = torch_mlp([5, 4], 0), keras_mlp([5, 4], 0)
    kernel, _ = model.get_weights()
    for j in range(4):
        for asked, row in (
            (net, net[0].weight[j].detach().numpy()),
            (model, kernel[:, j]),
        ):
            gap = np.abs(input_gradient(asked, x, j) - row)
            worst = max(worst, float(gap.max()))
    assert worst < 1e-6
    return {"largest_gap": worst}


def predict_has_the_same_slopes():
    """model(x)'s gradient is the slope of predict(x)."""
    model, x = keras_mlp([8, 16, 3], 0), random_rows(50, 8)
    step, worst = 2.0**-10, 0.0
    for j in range(3):
        slopes = input_gradient(model, x, j)
        rise = np.stack(
            [
                keras_predict(model, x + e)[:, j]
                - keras_predict(model, x - e)[:, j]
                for e in step * np.eye(8)
            ],
            axis=1,
        ) / (2 * step)
        gaps = np.abs(slopes - rise).max(axis=1)
        worst = max(worst, float(np.median(gaps)))
        assert np.mean(gaps < 1e-3) > 0.9  # kinks aside
    assert worst < 1e-3 and np.abs(slopes).max() > 0.1
    return {"median_gap": worst}


def asking_for_slopes_changes_nothing():
    """input_gradient leaves parameters and modes alone.

    No parameter gets a gradient, no average moves; nor
    in Keras models that run in training mode by default.
    """
    net = nn.Sequential(
        nn.BatchNorm1d(8), torch_mlp([8, 16, 3], 0, 0.5)
    ).train()
    net[1][0].eval()  # frozen
    modes = [part.training for part in net.modules()]
    before = [value.clone() for value in net.buffers()]
    slopes = input_gradient(net, random_rows(32, 8), 0)
    assert slopes.shape == (32, 8)
    grads = [p.grad for p in net.parameters()]
    touched = sum(grad is not None for grad in grads)
    assert touched == 0
    assert all(map(torch.equal, before, net.buffers()))
    after = [part.training for part in net.modules()]
    assert after == modes
    norm = nn.BatchNorm1d(8)
    input_gradient(keras_wrapped(norm), before[0][None], 0)
    assert torch.equal(norm.running_mean, torch.zeros(8))
    drops, x = KerasDropsByDefault(0), random_rows(100, 8)
    assert np.all(input_gradient(drops, x, 0)[:, 0] == 1)
    return {"parameters_touched": touched}


def a_step_down_the_slopes_fools_the_net(gradient):
    """A step against the slopes costs over 20 points.

    Of test digits read right. Steps of the same size in
    random directions cost under 3.
    """
    before = gradient["right_before"]
    lost = before - gradient["right_after"]
    noise = before - gradient["right_random"]
    assert before > 85 and lost > 20 and noise < 3
    return {"against_the_slopes": lost, "random": noise}


def no_grad_is_not_eval(switches):
    """Mode and recording are two switches, not one.

    Only eval() stops dropout; only no_grad and
    inference_mode stop the recording.
    """
    random = switches["random"]  # (2 modes, 3 recordings)
    grad = switches["requires_grad"]
    assert random.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert grad.tolist() == [[1, 0, 0], [1, 0, 0]]
    assert np.array_equal(switches["saved"] > 0, grad)
    return {
        "train": switches["train_plain_saved"],
        "eval": switches["eval_plain_saved"],
    }


def inference_tensors_are_not_saved():
    """An inference tensor can be added, not multiplied.

    To a recorded parameter. A tensor made under no_grad,
    or a clone, can be multiplied.
    """
    net, x = torch_mlp([8, 3], 0), torch.ones(2, 8)
    w = torch.ones(3, requires_grad=True)

    def slopes(y):
        return torch.autograd.grad(y.sum(), w)[0]

    plain = torch_call_no_grad(net, x)
    inferred, refused = torch_call_inference(net, x), ""
    for factor in (plain, inferred.clone()):
        wanted = plain.sum(dim=0)
        assert torch.allclose(slopes(w * factor), wanted)
    assert slopes(w + inferred).tolist() == [2, 2, 2]
    try:
        slopes(w * inferred)
    except RuntimeError as error:
        refused = str(error)
    assert refused.startswith("Inference tensors cannot")
    return {"slope": float(wanted[0])}


def torch_predict_gives_the_modes_back():
    """torch_predict gives back every part's own mode.

    Also when the net raises an error.
    """
    net = torch_mlp([8, 16, 3], 0, drop_rate=0.5).train()
    net[0].eval()  # frozen
    modes = [part.training for part in net.modules()]
    refused = 0
    for width in (8, 7):
        try:
            torch_predict(net, random_rows(5, width))
        except RuntimeError:
            refused += 1
        after = [part.training for part in net.modules()]
        assert after == modes
    assert refused == 1
    return {"modes": len(modes)}


def torch_predict_is_keras_predict():
    """With the same weights both give the same numbers."""
    widths = [8, 16, 3]
    net = torch_mlp(widths, 0, drop_rate=0.5)
    model = keras_mlp(widths, 0, drop_rate=0.5)
    model.set_weights(
        [p.detach().numpy().T for p in net.parameters()]
    )
    x = random_rows(100, 8)
    theirs, worst = keras_predict(model, x), 0.0
    loader = keras_loader(x, 32, shuffle=False, seed=0)
    for y in (
        torch_predict(net, x),
        torch_predict_plain(net, loader).numpy(),
        keras_predict_by_hand(model, x),
    ):
        gap = float(np.abs(y - theirs).max())
        worst = max(worst, gap)
    assert worst < 1e-6
    return {"largest_gap": worst}


def the_sketch_repeats_every_row(posted):
    """model(x) in the loop: 30 rows come back for 10.

    Mended, 10 rows are computed and come back, in order.
    """
    assert posted["posted_shape"].tolist() == [30, 10]
    assert posted["posted_computed"] == 30
    assert posted["mended_shape"].tolist() == [10, 10]
    assert posted["mended_computed"] == 10
    assert posted["mended_gap"] < 1e-6
    assert posted["posted_gap"] < 1e-6
    return {
        "posted": posted["posted_rows"],
        "mended": posted["mended_rows"],
    }


def the_sketch_is_quadratic():
    """As posted, B batches of N rows compute B N rows."""
    checked = 0
    for n in (1, 10, 33, 100, 1000):
        for size in (1, 4, 32, 2000):
            x = np.arange(n)[:, None]
            times = len(batch_slices(n, size))
            y = predict_as_posted(np.copy, x, size)
            assert np.array_equal(y, np.tile(x, (times, 1)))
            y = predict_in_batches(np.copy, x, size)
            assert np.array_equal(y, x)
            checked += 1
    return {"checked": checked, "largest": n * 1000}


def every_row_is_in_one_batch():
    """Batches hold every row once, in order.

    All are full but the last, for 0 to 100 rows and batch
    sizes from 1 to 40.
    """
    checked = 0
    for n in range(101):
        for size in range(1, 41):
            slices = batch_slices(n, size)
            rows = [len(range(n)[rows]) for rows in slices]
            kept = np.r_[(0, *np.cumsum(rows))]
            starts = [rows.start for rows in slices]
            stops = [rows.stop for rows in slices]
            assert starts == kept[:-1].tolist()
            assert stops == kept[1:].tolist()
            assert sum(rows) == n
            assert all(full == size for full in rows[:-1])
            assert all(0 < rest <= size for rest in rows)
            checked += 1
    return {"checked": checked}


def predict_makes_the_same_batches(passes):
    """predict passes 100 rows as 32, 32, 32 and 4."""
    slices = batch_slices(100, 32)
    ours = [rows.stop - rows.start for rows in slices]
    assert ours == [32, 32, 32, 4]
    for way in ("predict", "by_hand"):
        assert passes[f"{way}_rows"].tolist() == ours
    return {"batches": passes["predict_calls"]}


def passes_of_a_hundred_rows(passes):
    """100 rows: 1 pass, 4 passes or 100, by the way asked.

    model(x), predict, and predict in a loop; the post's
    sketch passes 400 rows.
    """
    counts = [
        passes[f"{way}_calls"]
        for way in ("call", "predict_on_batch", "predict")
    ]
    assert counts == [1, 1, 4]
    assert passes["one_by_one_calls"] == 100
    for way in ("call", "predict", "by_hand", "one_by_one"):
        assert passes[f"{way}_total"] == 100
    assert passes["posted_total"] == 400
    return {
        "call": passes["call_calls"],
        "predict": passes["predict_calls"],
        "one_by_one": passes["one_by_one_calls"],
        "posted_rows": passes["posted_total"],
    }


def steps_leave_rows_out():
    """steps=2 answers 64 of 100 rows, and says nothing.

    In batches of 32. Without batch_size Keras divides the
    rows by the steps, and answers all.
    """
    x, found = random_rows(100, 8), {}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for name, size in (("cut", 32), ("whole", None)):
            rows = keras_passes(
                lambda model, size=size: (
                    keras_predict_steps(model, x, 2, size)
                )
            )
            found[name] = sum(rows)
    assert found == {"cut": 64, "whole": 100}
    return found


def a_stream_keeps_its_batches():
    """predict ignores batch_size for what comes in batches.

    A generator, a PyDataset, a DataLoader. Only the first
    warns: that it ran out of data, which it had to.
    """
    x, warned = random_rows(100, 8), []
    for stream in (
        keras_generator(x, 40),
        KerasDataset(x, 40),
        keras_loader(x, 40, shuffle=False, seed=0),
    ):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", UserWarning)
            rows = keras_passes(
                lambda model, stream=stream: (
                    keras_predict(model, stream, 7)
                )
            )
        assert rows == [40, 40, 20]
        told = [str(warning.message) for warning in heard]
        warned.append(sum("ran out" in why for why in told))
        assert not any("batch_size" in why for why in told)
    assert warned == [1, 0, 0]
    return {"streams": len(warned), "warned": sum(warned)}


def a_shuffled_loader_shuffles_the_answers():
    """predict keeps the order that a loader gives.

    Shuffled, nearly every answer is another row's.
    """
    x, model = random_rows(100, 8), keras_mlp([8, 3], 0)
    wanted = keras_predict(model, x)
    plain = keras_loader(x, 10, shuffle=False, seed=0)
    gap = np.abs(keras_predict(model, plain) - wanted).max()
    assert gap < 1e-6
    mixed = keras_loader(x, 10, shuffle=True, seed=0)
    y = keras_predict(model, mixed)
    distance = np.abs(y[:, None] - wanted).max(axis=2)
    place = distance.argmin(axis=1)  # whose answer it is
    assert distance.min(axis=1).max() < 1e-6
    assert sorted(place) == list(range(100))
    misplaced = int(np.sum(place != np.arange(100)))
    assert misplaced > 90
    return {"misplaced": misplaced}


def no_rows_are_an_error_in_predict():
    """predict fails on no rows; model(x) returns none."""
    model, x = keras_mlp([8, 3], 0), random_rows(0, 8)
    y = keras_call(model, x)
    assert tuple(y.shape) == (0, 3)
    refused = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            keras_predict(model, x)
        except UnboundLocalError as error:
            refused = type(error).__name__
    assert refused == "UnboundLocalError"
    return {"rows": len(y)}


def one_row_keeps_its_axis():
    """A row without a batch axis is an error in both ways.

    So are lists of numbers. A net without a fixed width
    takes the numbers of a row as rows.
    """
    model, x = keras_mlp([8, 3], 0), random_rows(2, 8)
    refused = 0
    for ask in (keras_call, keras_predict):
        assert tuple(ask(model, x[:1]).shape) == (1, 3)
        for rows in (x[0], x.tolist()):
            try:
                ask(model, rows)
            except ValueError:
                refused += 1
    assert refused == 4
    words = keras.layers.Embedding(10, 4)
    model = keras.Sequential([words, keras.layers.Dense(2)])
    for ask in (keras_call, keras_predict):
        y = ask(model, np.arange(6))
        assert tuple(y.shape) == (6, 2)
    return {"refused": refused}


def predict_draws_a_number():
    """predict moves PyTorch's global random generator.

    model(x), in either mode, and predict_on_batch do not.
    """
    x = random_rows(40, 8)
    model = keras_mlp([8, 16, 3], 0, drop_rate=0.5)

    def moves(ask):
        before = torch.random.get_rng_state()
        with torch.random.fork_rng():
            ask()
            after = torch.random.get_rng_state()
        return not torch.equal(before, after)

    assert moves(lambda: keras_predict(model, x))
    for training in (False, True):
        assert not moves(
            lambda training=training: keras_call_with(
                model, x, training
            )
        )
    assert not moves(lambda: keras_call(model, x))
    assert not moves(
        lambda: keras_predict_on_batch(model, x)
    )
    return {"rows": len(x)}


def predict_is_silent_if_told():
    """verbose=0 prints nothing; the default draws a bar."""
    model, x = keras_mlp([8, 3], 0), random_rows(100, 8)

    def printed(ask):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            ask()
        return text.getvalue()

    assert printed(lambda: keras_predict(model, x)) == ""
    bar = printed(lambda: model.predict(x))
    assert "━" in bar and "\b" in bar
    return {"characters": len(bar)}


def batch_size_moves_only_rounding(rounding):
    """At any batch size predict is within 1e-5 of model(x).

    And the largest output is the same one. For rows
    10,000 times as large the gaps grow with the outputs.
    """
    assert rounding["largest"].max() < 1e-5
    assert rounding["classes_moved"] == 0
    assert rounding["largest_output"] > 1
    for size in ("", "large_"):
        wanted = rounding[f"{size}called"]
        same_but_rounding(rounding[f"{size}by_1"], wanted)
    assert rounding["large_gap"] > 1e-3
    return {
        f"at_{b}": rounding[f"largest_{b}"]
        for b in rounding["sizes"]
    }


def double_precision_has_less_to_round(rounding):
    """In double precision the gap is under 1e-13.

    NumPy's own, between all rows at once and one by one.
    """
    assert rounding["numpy_double"] < 1e-13
    assert rounding["numpy_single"] < 1e-5
    return {
        "single": rounding["numpy_single"],
        "double": rounding["numpy_double"],
    }


def activations_of_all_rows_at_once():
    """200,000 rows at once make 878,400,000 bytes.

    32 rows at once make 140,544. For a net 64-512-512-10;
    PyTorch's own tensors add up to the same, if outputs of
    ReLU are left out.
    """
    widths = [64, 512, 512, 10]
    assert activation_bytes(widths, 200_000) == 878_400_000
    assert activation_bytes(widths, 32) == 140_544
    net = torch_mlp(widths, 0).eval()
    x = torch.tensor(random_rows(100, 64))
    outputs = [x]
    for layer in net:
        if isinstance(layer, nn.Linear):
            layer.register_forward_hook(
                lambda _, rows, y: outputs.append(y)
            )
    torch_call(net, x)
    total = sum(y.nbytes for y in outputs)
    assert total == activation_bytes(widths, 100)
    return {"all": 878_400_000, "batch": 140_544}


def unrecorded_outputs_are_freed_in_pytorch():
    """A PyTorch net holds 10 outputs recorded, 2 if not.

    Keras's Sequential holds all 10 either way.
    """
    widths, x = [512] * 11, torch.ones(100, 512)
    net, model = torch_mlp(widths, 0), keras_mlp(widths, 0)
    one, found = activation_bytes([512], len(x)), {}
    for name, asked, layers in (
        ("torch", net, net),
        ("keras", model, model.layers),
    ):
        for call in (torch_call, torch_call_no_grad):
            most = alive_bytes(
                layers,
                lambda call=call, asked=asked: (
                    call(asked, x)
                ),
            )
            found.setdefault(name, []).append(most / one)
    assert found == {"torch": [10, 2], "keras": [10, 10]}
    (recorded, not_recorded), (_, in_keras) = found.values()
    return {
        "recorded": recorded,
        "not_recorded": not_recorded,
        "in_keras": in_keras,
    }


def the_result_grows_with_the_rows(flow):
    """predict's result has a row for each row asked."""
    model = keras_mlp([8, 10], 0)
    for n in (1, 31, 32, 33, 500):
        y = keras_predict(model, random_rows(n, 8))
        assert y.nbytes == activation_bytes([10], n)
    drawn = activation_bytes([10], flow["n"])
    assert flow["result_bytes"] == drawn
    return {"bytes_of_500": y.nbytes}


def a_loop_pays_for_every_call():
    """A loop of predicts pays n calls and n batches.

    One predict pays one call and n / b batches, rounded up.
    """
    checked = 0
    for n in (1, 32, 33, 1000):
        for b in (1, 32, 5000):
            cost = (7.0, 3.0, 0.5)
            loop = n * call_cost_model(1, b, *cost)
            once = call_cost_model(n, b, *cost)
            batches = len(batch_slices(n, b))
            saved = 7.0 * (n - 1) + 3.0 * (n - batches)
            assert loop - once == saved
            checked += 1
    return {"checked": checked}


def numpy_method_is_tensorflows(backends):
    """.numpy() works on TensorFlow's tensor only.

    convert_to_numpy works on both; predict is an array.
    """
    for name, torchs, tensorflows in (
        ("call_returns", "Tensor", "EagerTensor"),
        ("call_numpy", "RuntimeError", "ndarray"),
        ("call_asarray", "RuntimeError", "ndarray"),
        ("call_convert_to_numpy", "ndarray", "ndarray"),
        ("predict_returns", "ndarray", "ndarray"),
        ("predict_on_batch_returns", "ndarray", "ndarray"),
    ):
        assert backends[f"torch_{name}"] == torchs
        assert backends[f"tensorflow_{name}"] == tensorflows
    return {"questions": 6}


def tensorflow_compiles_predict(backends):
    """On TensorFlow eight batch sizes trace twice.

    And asked again, never. There model(x) runs as Python
    every time, and so does predict on PyTorch.
    """
    assert backends["tensorflow_predict_runs"] == 2
    assert backends["tensorflow_predict_runs_again"] == 0
    assert backends["tensorflow_call_runs"] == 8
    assert backends["torch_predict_runs"] == 8
    return {
        "tensorflow": backends["tensorflow_predict_runs"],
        "torch": backends["torch_predict_runs"],
    }


def a_tape_sees_calls_only():
    """A GradientTape has all gradients of model(x).

    None of what was called before it or of predict's
    numbers; an array is refused.
    """
    facts = keras_on_tensorflow()
    missing = facts["missing_gradients"]
    assert missing["call"] == 0
    assert missing["call_before_the_tape"] == 3
    assert missing["predict_as_tensor"] == 3
    refused = facts["gradients_of_arrays"]
    assert set(refused.values()) == {"AttributeError"}
    return {
        "call": missing["call"],
        "predict": missing["predict_as_tensor"],
    }


def predict_fails_in_a_tf_function():
    """Inside a tf.function only model(x) works."""
    facts = keras_on_tensorflow()
    found = facts["in_function"]
    assert found.pop("call") == "EagerTensor"
    assert set(found) == {
        "call_numpy",
        "predict",
        "predict_on_batch",
    }
    assert set(found.values()) == {"AttributeError"}
    return {"refused": len(found)}


def both_backends_infer_alike():
    """What this page says of modes holds on TensorFlow too.

    Inference by default, training=True, a default of
    training, moving averages, one row, no rows, and
    predict's numbers.
    """
    facts = keras_on_tensorflow()
    by_default = "drops_where_training_is_the_default"
    wanted = {
        "call_is_inference": True,
        "drops": {
            "call": False,
            "predict": False,
            "training": True,
        },
        by_default: {
            "call": True,
            "predict": False,
            "training": True,
        },
        "batch_norm_moves": {
            "call": False,
            "predict": False,
            "training": True,
        },
        "batch_norm_of_one_row": 0.0,
        "predict_no_rows": "UnboundLocalError",
        "dtype_of_float64_rows": {
            "call": "float32",
            "predict": "float32",
        },
    }
    for name, value in wanted.items():
        assert facts[name] == value
    assert all(facts["predict_is_near_call"].values())
    return {"facts": len(wanted) + 1}
