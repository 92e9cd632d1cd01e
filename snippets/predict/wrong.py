"""Wrong versions: each would break the claims in BREAKS."""

import numpy as np
import torch

from snippets.predict.keras_ import (
    keras_loader,
    keras_on_tensorflow,
    keras_to_numpy,
    keras_transfer,
)
from snippets.predict.scratch import (
    activation_bytes,
    batch_slices,
    predict_in_batches,
    with_rows,
)
from snippets.predict.torch_ import torch_predict


def batch_slices_full_only(n, batch_size):
    """the last partial batch was dropped"""
    full = n // batch_size * batch_size
    return [
        slice(start, start + batch_size)
        for start in range(0, full, batch_size)
    ]


def batch_slices_past_the_end(n, batch_size):
    """the last slice ran past the last row"""
    return [
        slice(start, start + batch_size)
        for start in range(0, n, batch_size)
    ]


def predict_in_batches_whole(fn, x, batch_size=32):
    """the loop asked `fn(x)`, not `fn(x_batch)`"""
    x = with_rows(x)
    slices = batch_slices(len(x), batch_size)
    y_batches = [np.array(fn(x)) for rows in slices]
    return np.concatenate(y_batches)


def predict_in_batches_sideways(fn, x, batch_size=32):
    """the batches were joined along axis 1"""
    x = with_rows(x)
    slices = batch_slices(len(x), batch_size)
    y_batches = [np.array(fn(x[rows])) for rows in slices]
    return np.concatenate(y_batches, axis=1)


def predict_in_batches_single(fn, x, batch_size=32):
    """results were kept in single precision"""
    y = predict_in_batches(fn, x, batch_size)
    return y.astype("float32")


def activation_bytes_of_layers(widths, rows, itemsize=4):
    """the input was not counted"""
    return activation_bytes(widths[1:], rows, itemsize)


def call_cost_model_unrounded(
    n, batch_size, per_call, per_batch, per_row
):
    """n / b was not rounded up"""
    batches = n / batch_size
    return per_call + per_batch * batches + per_row * n


def torch_call_no_grad_in_eval(net, x):
    """`no_grad` was taken to be `eval`"""
    mode = net.training
    with torch.no_grad():
        y = net.eval()(x)
    net.train(mode)
    return y


def torch_call_no_grad_forgotten(net, x):
    """a call under `no_grad` held all outputs"""
    return net(x)


def torch_call_inference_no_grad(net, x):
    """`inference_mode` was taken to be `no_grad`"""
    with torch.no_grad():
        return net(x)


def torch_predict_then_train(net, x, batch_size=32):
    """the net was put in training mode at the end"""
    y = torch_predict(net, x, batch_size)
    net.train()
    return y


def torch_predict_in_training(net, x, batch_size=32):
    """`net.eval()` was forgotten"""

    def ask(x_batch):
        return net(torch.from_numpy(x_batch)).numpy()

    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        return predict_in_batches(ask, x, batch_size)


def input_gradient_of_all(net, x, output_index):
    """the outputs were summed over all classes"""
    rows = torch.tensor(x, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(rows).sum(), rows)
    return gradient.numpy()


def input_gradient_of_mean(net, x, output_index):
    """the mean over the rows was differentiated"""
    rows = torch.tensor(x, requires_grad=True)
    mean = net(rows)[:, output_index].mean()
    (gradient,) = torch.autograd.grad(mean, rows)
    return gradient.numpy()


def input_gradient_by_backward(net, x, output_index):
    """it called `backward()`, which fills every `.grad`"""
    rows = torch.tensor(x, requires_grad=True)
    net(rows)[:, output_index].sum().backward()
    return rows.grad.numpy()


def keras_call_unrecorded(model, x):
    """the model was called under `torch.no_grad()`"""
    with torch.no_grad():
        return model(x)


def keras_call_training(model, x):
    """`model(x)` was in training mode unless told"""
    return model(x, training=True)


def keras_call_inferring(model, x):
    """`model(x)` meant `training=False` for every layer"""
    return model(x, training=False)


def keras_call_by_mode(model, x):
    """Keras looked at `model.training`"""
    return model(x, training=model.training)


def keras_transfer_frozen(base, width):
    """`training=False` at the wiring froze the base"""
    base.trainable = False
    return keras_transfer(base, width)


def keras_call_with_axis(model, x):
    """a missing batch axis was added silently"""
    return model(np.atleast_2d(x))


def keras_call_with_untold(model, x, training):
    """`training` was not passed on"""
    return model(x)


def keras_predict_plain(model, x, batch_size=32):
    """predict was a plain loop of `model(x_batch)`"""

    def ask(x_batch):
        return keras_to_numpy(model(x_batch))

    return predict_in_batches(ask, x, batch_size)


def keras_predict_at_once(model, x, batch_size=32):
    """predict took all rows as one batch"""
    return model.predict(x, batch_size=len(x), verbose=0)


def keras_predict_as_call(model, x, batch_size=32):
    """predict was one call and a conversion"""
    return keras_to_numpy(model(x, training=False))


def keras_predict_full_only(model, x, batch_size=32):
    """predict dropped the last partial batch"""
    rows = max(len(x) // batch_size * batch_size, 1)
    return model.predict(x[:rows], verbose=0)


def keras_predict_recut(model, x, batch_size=32):
    """`batch_size` was obeyed for streams too"""
    rows = np.concatenate([np.array(one) for one, in x])
    return model.predict(rows, batch_size, verbose=0)


def keras_predict_aloud(model, x, batch_size=32):
    """`verbose` was left at its default"""
    return model.predict(x, batch_size=batch_size)


def keras_predict_in_half(model, x, batch_size=32):
    """answers were rounded to half precision"""
    y = model.predict(x, batch_size=batch_size, verbose=0)
    return y.astype("float16").astype("float32")


def keras_predict_all_steps(
    model, x, steps, batch_size=None
):
    """`steps` was left out"""
    return model.predict(
        x, batch_size=batch_size, verbose=0
    )


def keras_to_numpy_by_method(y):
    """the tensor was asked for `.numpy()`"""
    return y.numpy()


def keras_loader_in_order(x, size, shuffle, seed):
    """the loader kept the rows in order"""
    return keras_loader(x, size, shuffle=False, seed=seed)


def keras_on_tensorflow_from_torch():
    """PyTorch's answers were taken for TensorFlow's"""
    eight = [1] * 8
    return keras_on_tensorflow() | {
        "call_returns": "Tensor",
        "call_numpy": "RuntimeError",
        "call_asarray": "RuntimeError",
        "predict_runs": {"first": eight, "again": eight},
        "missing_gradients": {
            "call": 0,
            "call_before_the_tape": 0,
            "predict_as_tensor": 3,
        },
        "in_function": {
            "call": "Tensor",
            "call_numpy": "RuntimeError",
            "predict": "ndarray",
            "predict_on_batch": "ndarray",
        },
    }


def keras_on_tensorflow_training():
    """on TensorFlow training mode was the default"""
    facts = keras_on_tensorflow()
    trained = {"call": True, "predict": False}
    return facts | {
        "drops": trained | {"training": True},
        "call_is_inference": False,
    }


BREAKS = {
    "call_returns_a_tensor_predict_an_array": {
        "keras_call": "keras_call_unrecorded",
    },
    "numpy_needs_the_graph_cut_off": {
        "keras_to_numpy": "keras_to_numpy_by_method",
    },
    "call_infers_unless_told": {
        "keras_call": "keras_call_training",
    },
    "without_a_word_training_is_none": {
        "keras_call": "keras_call_inferring",
    },
    "training_true_is_another_function": {
        "keras_call_with": "keras_call_with_untold",
    },
    "answers_of_training_spread": {
        "keras_call_with": "keras_call_with_untold",
    },
    "a_default_of_training_wins": {
        "keras_predict": "keras_predict_plain",
    },
    "a_wrapped_torch_module_drops": {
        "keras_call": "keras_call_inferring",
    },
    "predict_overrules_what_was_wired": {
        "keras_predict": "keras_predict_plain",
    },
    "only_a_frozen_batch_norm_stays": {
        "keras_transfer": "keras_transfer_frozen",
    },
    "batch_norm_of_one_row_is_its_shift": {
        "keras_call_with": "keras_call_with_untold",
    },
    "keras_does_not_look_at_the_mode": {
        "keras_call": "keras_call_by_mode",
    },
    "only_a_call_is_recorded": {
        "keras_predict": "keras_predict_plain",
    },
    "kept_tensors_keep_their_graphs": {
        "keras_call": "keras_call_unrecorded",
    },
    "linear_gradient_is_the_weight": {
        "input_gradient": "input_gradient_of_all",
    },
    "predict_has_the_same_slopes": {
        "input_gradient": "input_gradient_of_mean",
    },
    "asking_for_slopes_changes_nothing": {
        "input_gradient": "input_gradient_by_backward",
    },
    "a_step_down_the_slopes_fools_the_net": {
        "input_gradient": "input_gradient_of_all",
    },
    "no_grad_is_not_eval": {
        "torch_call_no_grad": "torch_call_no_grad_in_eval",
    },
    "inference_tensors_are_not_saved": {
        "torch_call_inference": (
            "torch_call_inference_no_grad"
        ),
    },
    "torch_predict_gives_the_modes_back": {
        "torch_predict": "torch_predict_then_train",
    },
    "torch_predict_is_keras_predict": {
        "torch_predict": "torch_predict_in_training",
    },
    "the_sketch_repeats_every_row": {
        "predict_in_batches": "predict_in_batches_whole",
    },
    "the_sketch_is_quadratic": {
        "predict_in_batches": "predict_in_batches_sideways",
    },
    "every_row_is_in_one_batch": {
        "batch_slices": "batch_slices_past_the_end",
    },
    "predict_makes_the_same_batches": {
        "batch_slices": "batch_slices_full_only",
    },
    "passes_of_a_hundred_rows": {
        "keras_predict": "keras_predict_at_once",
    },
    "steps_leave_rows_out": {
        "keras_predict_steps": "keras_predict_all_steps",
    },
    "a_stream_keeps_its_batches": {
        "keras_predict": "keras_predict_recut",
    },
    "a_shuffled_loader_shuffles_the_answers": {
        "keras_loader": "keras_loader_in_order",
    },
    "no_rows_are_an_error_in_predict": {
        "keras_predict": "keras_predict_as_call",
    },
    "one_row_keeps_its_axis": {
        "keras_call": "keras_call_with_axis",
    },
    "predict_draws_a_number": {
        "keras_predict": "keras_predict_as_call",
    },
    "predict_is_silent_if_told": {
        "keras_predict": "keras_predict_aloud",
    },
    "batch_size_moves_only_rounding": {
        "keras_predict": "keras_predict_in_half",
    },
    "double_precision_has_less_to_round": {
        "predict_in_batches": "predict_in_batches_single",
    },
    "activations_of_all_rows_at_once": {
        "activation_bytes": "activation_bytes_of_layers",
    },
    "unrecorded_outputs_are_freed_in_pytorch": {
        "torch_call_no_grad": (
            "torch_call_no_grad_forgotten"
        ),
    },
    "the_result_grows_with_the_rows": {
        "keras_predict": "keras_predict_full_only",
    },
    "a_loop_pays_for_every_call": {
        "call_cost_model": "call_cost_model_unrounded",
    },
    "numpy_method_is_tensorflows": {
        "keras_on_tensorflow": (
            "keras_on_tensorflow_from_torch"
        ),
    },
    "tensorflow_compiles_predict": {
        "keras_on_tensorflow": (
            "keras_on_tensorflow_from_torch"
        ),
    },
    "a_tape_sees_calls_only": {
        "keras_on_tensorflow": (
            "keras_on_tensorflow_from_torch"
        ),
    },
    "predict_fails_in_a_tf_function": {
        "keras_on_tensorflow": (
            "keras_on_tensorflow_from_torch"
        ),
    },
    "both_backends_infer_alike": {
        "keras_on_tensorflow": (
            "keras_on_tensorflow_training"
        ),
    },
}
