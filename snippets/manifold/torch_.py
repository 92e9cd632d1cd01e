"""Small nets in PyTorch: autoencoders, classifiers."""

from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from snippets.manifold.scratch import axes, real, whole


def rows(name, X):
    """A float32 tensor of rows X (n, d).

    >>> rows("X", [[1, 2]])
    tensor([[1., 2.]])
    """
    X = axes(name, X, 2)
    if np.abs(X).max() > 1e30:
        raise ValueError(
            f"{name} must be at most 1e30 in size, "
            f"got {np.abs(X).max()}"
        )
    return torch.tensor(X).float()


def mlp(sizes, activation):
    """Linear layers, with activations between them.

    >>> net = mlp([64, 8, 2], nn.Tanh)
    >>> net(torch.zeros(5, 64)).shape
    torch.Size([5, 2])
    """
    sizes = [whole("sizes", size, 1) for size in sizes]
    layers = []
    for d, k in pairwise(sizes):
        layers += [nn.Linear(d, k), activation()]
    return nn.Sequential(*layers[:-1])


def outputs(net, X):
    """What the net makes of X (n, d), as float64.

    >>> outputs(nn.Tanh(), [[0, 100]])
    array([[0., 1.]])
    """
    with torch.no_grad():
        return net(rows("X", X)).double().numpy()


def probabilities(net, X):
    """Softmax (n, classes) of the net's outputs.

    >>> probabilities(nn.Identity(), [[0, 0]])
    array([[0.5, 0.5]])
    """
    z = torch.tensor(outputs(net, X))
    return z.softmax(dim=1).numpy()


def layer_outputs(net, X):
    """X, then what each activation of the net passes on.

    >>> net = mlp([2, 5, 5, 3], nn.Tanh)
    >>> [H.shape[1] for H in layer_outputs(net, [[0, 0]])]
    [2, 5, 5]
    """
    depths = range(2, len(net), 2)
    after = [outputs(net[:depth], X) for depth in depths]
    return [real("X", X), *after]


def train(net, loss, n, epochs, batch, lr):
    """Adam on loss(row numbers), n rows in batches."""
    adam = torch.optim.Adam(
        net.parameters(), lr=lr, fused=True
    )
    for _ in range(epochs):
        for part in torch.randperm(n).split(batch):
            adam.zero_grad()
            loss(part).backward()
            adam.step()


def fit_autoencoder(X, latent, seed, *, epochs=60):
    """Functions encode and decode, fitted to X (n, d).

    X is in [0, 1], codes are (n, latent). A ReLU layer of
    128 on either side; loss: mean squared error.

    >>> encode, decode = fit_autoencoder(np.eye(4), 2, 0)
    >>> encode(np.eye(4)).shape, decode([[0, 0]]).shape
    ((4, 2), (1, 4))
    """
    X = rows("X", X)
    n, d = X.shape
    if X.min() < 0 or X.max() > 1:
        raise ValueError(
            "X must be in [0, 1], got values from "
            f"{X.min()} to {X.max()}"
        )
    latent = whole("latent", latent, 1)
    with torch.random.fork_rng():
        torch.manual_seed(whole("seed", seed, 0))
        encoder = mlp([d, 128, latent], nn.ReLU)
        decoder = mlp([latent, 128, d], nn.ReLU)
        decoder.append(nn.Sigmoid())
        both = nn.Sequential(encoder, decoder)

        def loss(part):
            some = X[part]
            return nn.functional.mse_loss(
                both(some), some
            )

        train(both, loss, n, epochs, batch=100, lr=3e-3)
    encode = partial(outputs, encoder)
    return encode, partial(outputs, decoder)


def fit_net(
    X, y, widths, seed, *, epochs=1000, batch=1000, lr=0.02
):
    """A tanh net fitted to rows X (n, d), labels y (n,).

    One hidden layer for each of the widths; labels are
    integers from 0 on.

    >>> X, y = [[0], [1], [2]], [0, 1, 0]
    >>> net = fit_net(X, y, [4], 0, epochs=200)
    >>> outputs(net, X).argmax(axis=1)
    array([0, 1, 0])
    """
    X, y = rows("X", X), np.asarray(y)
    n, d = X.shape
    if y.dtype.kind not in "iu":
        raise TypeError(
            f"y must be integers, got {y.dtype}"
        )
    if y.shape != (n,) or y.min() < 0:
        raise ValueError(
            f"y must be {n} labels from 0 on, "
            f"got shape {y.shape}, least {y.min()}"
        )
    y = torch.tensor(y).long()
    with torch.random.fork_rng():
        torch.manual_seed(whole("seed", seed, 0))
        classes = int(y.max()) + 1
        net = mlp([d, *widths, classes], nn.Tanh)

        def loss(part):
            return nn.functional.cross_entropy(
                net(X[part]), y[part]
            )

        train(net, loss, n, epochs, batch, lr)
    return net


def fit_mlp(X, y, widths, seed, **settings):
    """A function from rows to probabilities: a fit_net.

    >>> X, y = [[0], [1], [2]], [0, 1, 0]
    >>> predict = fit_mlp(X, y, [4], 0, epochs=200)
    >>> predict(X).argmax(axis=1)
    array([0, 1, 0])
    """
    net = fit_net(X, y, widths, seed, **settings)
    return partial(probabilities, net)
