"""In PyTorch: three switches, and what each one changes."""

import contextlib
import itertools
from typing import NamedTuple

import keras
import numpy as np
import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef

from snippets.predict.scratch import (
    predict_in_batches,
    whole,
)


class OutputFacts(NamedTuple):
    """What describe_output tells of an output."""

    type_name: str
    is_numpy: bool
    requires_grad: bool


def describe_output(y):
    """An output's type, and whether gradients reach it.

    >>> print(*describe_output(torch.ones(1)))
    torch.Tensor False False
    """
    kind, is_tensor = type(y), isinstance(y, torch.Tensor)
    return OutputFacts(
        f"{kind.__module__}.{kind.__qualname__}",
        isinstance(y, np.ndarray),
        is_tensor and y.requires_grad,
    )


def torch_mlp(widths, seed, drop_rate=0.0):
    """Linear layers; ReLU and dropout between them.

    widths are those of the input and of each layer.

    >>> torch_mlp([4, 8, 3], seed=0)(torch.eye(4)).shape
    torch.Size([4, 3])
    """
    layers = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for width, after in itertools.pairwise(widths):
            layers += [nn.Linear(width, after)]
            layers += [nn.ReLU(), nn.Dropout(drop_rate)]
    return nn.Sequential(*layers[:-2])


def torch_call(net, x):
    """net(x) and no more: it is recorded for backward.

    >>> from torch import eye, nn
    >>> torch_call(nn.Linear(2, 1), eye(2)).requires_grad
    True
    """
    return net(x)


def torch_call_no_grad(net, x):
    """net(x), not recorded; the mode stays as it is.

    >>> net, x = torch.nn.Linear(2, 1), torch.eye(2)
    >>> torch_call_no_grad(net, x).requires_grad
    False
    """
    with torch.no_grad():
        return net(x)


def torch_call_inference(net, x):
    """net(x), not recorded; backward cannot save it.

    >>> net, x = torch.nn.Linear(2, 1), torch.eye(2)
    >>> torch_call_inference(net, x).is_inference()
    True
    """
    with torch.inference_mode():
        return net(x)


@contextlib.contextmanager
def torch_eval_mode(net):
    """All of net in evaluation mode, for a while.

    Afterwards each part has its own mode again: a frozen
    layer in a net in training mode stays frozen.

    >>> from torch.nn import Linear
    >>> net = Linear(2, 1)
    >>> with torch_eval_mode(net): net.training
    False
    """
    modes = {part: part.training for part in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def torch_predict(net, x, batch_size=32):
    """What predict does, for a PyTorch net on the CPU.

    x is float32 (N, ...) in NumPy; net returns one tensor.
    The result is an array. The modes stay as they were.

    >>> x = np.ones((5, 8), "float32")
    >>> torch_predict(torch.nn.Linear(8, 3), x, 2).shape
    (5, 3)
    """
    x = np.asarray(x)
    if x.dtype != np.float32:
        raise TypeError(f"x must be float32, got {x.dtype}")

    def ask(x_batch):
        return net(torch.from_numpy(x_batch)).numpy()

    with torch_eval_mode(net), torch.inference_mode():
        return predict_in_batches(ask, x, batch_size)


def torch_predict_plain(net, loader):
    """All answers of net, and the loop you would write.

    loader yields tuples of one tensor, on net's device.
    The net is left in evaluation mode.

    >>> net, x = torch.nn.Linear(8, 3), torch.ones(5, 8)
    >>> torch_predict_plain(net, [(x,), (x,)]).shape
    torch.Size([10, 3])
    """
    net.eval()
    with torch.inference_mode():
        return torch.cat([net(x).cpu() for (x,) in loader])


def input_gradient(net, x, output_index):
    """Slopes (N, D) of each row's output, at its inputs.

    x is (N, D) in NumPy, and so is the result. net is a
    model of PyTorch, or of Keras on PyTorch, whose output
    is (N, K). It is asked in inference, as predict asks.
    Its weights and averages stay as they were, and the
    modes of a PyTorch net.

    >>> x = np.ones((1, 2), "float32")
    >>> print(input_gradient(torch.nn.Softplus(), x, 1))
    [[0.        0.7310586]]
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(f"x must be floats, got {x.dtype}")
    if x.ndim != 2:
        raise ValueError(
            f"x must be (N, D), got shape {x.shape}"
        )
    index = whole("output_index", output_index, 0)
    rows = torch.tensor(x, requires_grad=True)
    is_keras = isinstance(net, keras.Layer)
    told = {"training": False} if is_keras else {}
    with torch_eval_mode(net):
        y = net(rows, **told)  # (N, K)
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(
            f"net must return ({len(x)}, K), "
            f"got shape {tuple(y.shape)}"
        )
    if index >= y.shape[1]:
        raise ValueError(
            f"output_index must be in [0, {y.shape[1]}), "
            f"got {index}"
        )
    total = y[:, index].sum()
    (gradient,) = torch.autograd.grad(total, rows)
    return gradient.numpy()


def alive_bytes(layers, ask):
    """Most bytes of the layers' outputs alive in ask().

    Each storage counts once.

    >>> from torch import nn, ones
    >>> net = nn.Sequential(nn.ReLU(), nn.Tanh())
    >>> alive_bytes(net, lambda: net(ones(3)))
    24
    """
    made, sizes = {}, []  # bytes of each storage; totals

    def note(layer, rows, y):
        storage = y.untyped_storage()
        made[StorageWeakRef(storage)] = storage.nbytes()
        alive = [ref for ref in made if not ref.expired()]
        sizes.append(sum(made[ref] for ref in alive))

    hooks = [
        layer.register_forward_hook(note)
        for layer in layers
    ]
    try:
        ask()
    finally:
        for hook in hooks:
            hook.remove()
    return max(sizes, default=0)


def saved_for_backward_bytes(fn):
    """Bytes that fn() has autograd save for backward.

    Each storage counts once; parameters count if saved.

    >>> w = torch.ones(3, requires_grad=True)
    >>> saved_for_backward_bytes(lambda: w * w)
    12
    """
    saved = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage
        return tensor.detach()

    def unpack(tensor):
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(pack, unpack):
        fn()
    return sum(one.nbytes() for one in saved.values())
