"""Zero-centering in PyTorch: what autograd finds."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


def torch_activate(name, a):
    """An activation of PyTorch at a, with its defaults.

    >>> import torch
    >>> torch_activate("leaky_relu", torch.tensor([-1.0]))
    tensor([-0.0100])
    """
    known = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "gelu": F.gelu,
        "silu": F.silu,
        "softplus": F.softplus,
        "centered sigmoid": lambda a: torch.tanh(a / 2) / 2,
        "tanh of half": lambda a: torch.tanh(a / 2),
    }
    if name not in known:
        raise ValueError(
            f"activation must be one of {[*known]}, "
            f"got {name!r}"
        )
    return known[name](a)


def torch_sample_gradients(loss, w, X, targets):
    """Gradients (n, d) at w of loss(w, x, t), by sample.

    >>> import torch
    >>> def loss(w, x, t):
    ...     return (w @ x - t) ** 2 / 2
    >>> w, X = torch.zeros(2), torch.tensor([[1.0, 2.0]])
    >>> torch_sample_gradients(loss, w, X, torch.ones(1))
    tensor([[-1., -2.]])
    """
    gradient = torch.func.grad(loss)
    by_sample = torch.func.vmap(gradient, (None, 0, 0))
    return by_sample(w, X, targets)


def torch_updates(optimizer, X, targets):
    """Updates (n, d) of a linear neuron, sample by sample.

    optimizer([w]) makes a torch.optim; w starts at 0.

    >>> import torch
    >>> def sgd(weights):
    ...     return torch.optim.SGD(weights, lr=0.5)
    >>> X = torch.tensor([[1.0, 2.0]])
    >>> torch_updates(sgd, X, torch.ones(1))
    tensor([[0.5000, 1.0000]])
    """
    w = torch.zeros_like(X[0]).requires_grad_()
    stepper, path = optimizer([w]), [w.detach().clone()]
    for x, target in zip(X, targets, strict=True):
        stepper.zero_grad()
        ((w @ x - target) ** 2 / 2).backward()
        stepper.step()
        path.append(w.detach().clone())
    return torch.stack(path).diff(dim=0)


def torch_batchnorm(h):
    """Columns (n, d) at mean 0 and variance 1, for show.

    By a new layer in training mode, without a learned scale
    and shift; its eps is 1e-5. A net keeps its layers.

    >>> import torch
    >>> torch_batchnorm(torch.tensor([[1.0], [3.0]])).T
    tensor([[-1.0000,  1.0000]])
    """
    layer = nn.BatchNorm1d(
        h.shape[1], affine=False, dtype=h.dtype
    )
    return layer(h)


def normalized_net(inputs, hidden, classes):
    """A net that normalizes its hidden units, by batch.

    >>> import torch
    >>> net = normalized_net(64, 30, 10)
    >>> net(torch.ones(2, 64)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.Sigmoid(),
        nn.BatchNorm1d(hidden),
        nn.Linear(hidden, classes),
    )


def heavy_ball_steps(eigs, c0, tol):
    """Steps of descent with momentum, until |c| <= tol |c0|.

    eigs (d,) are the curvatures, c0 (d,) the error along
    each; rate and momentum are the best for these.

    >>> heavy_ball_steps([1.0, 9.0], [1.0, 1.0], 0.01)
    11
    """
    eigs = torch.as_tensor(eigs, dtype=torch.float64)
    c0 = torch.as_tensor(c0, dtype=torch.float64)
    low, high = eigs.min().sqrt(), eigs.max().sqrt()
    c = c0.clone().requires_grad_()
    stepper = torch.optim.SGD(
        [c],
        lr=float(4 / (low + high) ** 2),
        momentum=float((high - low) / (high + low)) ** 2,
    )
    steps = 0
    while c.norm() > tol * c0.norm():
        stepper.zero_grad()
        (eigs @ c**2 / 2).backward()
        stepper.step()
        steps += 1
    return steps


def torch_depth_gradients(
    activation, depth, width, seed, gain=1.0
):
    """Gradient norms (depth,) of the layers' inputs.

    A chain of square layers, weights gain times those of
    N(0, 1 / width), read by one random direction; 100
    samples of N(0, 1).

    >>> torch_depth_gradients("relu", 3, 4, 0).shape
    torch.Size([3])
    """
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=rng).double()

    h = normal(100, width)
    steps = []
    for _ in range(depth):
        W = gain * normal(width, width) / width**0.5
        a = h @ W
        steps.append(a.requires_grad_())
        h = torch_activate(activation, a)
    total = (h @ normal(width)).sum()
    slopes = torch.autograd.grad(total, steps)
    return torch.stack([slope.norm() for slope in slopes])


def digits_loss(weights, x, labels, activation, center):
    """Cross-entropy of a net with one hidden layer.

    weights are W1, b1, W2, b2; with center, the mean over
    the batch is taken from every hidden unit.

    >>> import torch
    >>> shapes = (9, 4), 4, (4, 10), 10
    >>> weights = [torch.ones(shape) for shape in shapes]
    >>> x, labels = torch.ones(2, 9), torch.tensor([0, 1])
    >>> digits_loss(weights, x, labels, "tanh", True)
    tensor(2.3026)
    """
    w1, b1, w2, b2 = weights
    h = torch_activate(activation, x @ w1 + b1)
    if center:
        h = h - h.mean(dim=0)
    return F.cross_entropy(h @ w2 + b2, labels)


def fit_digits(activation, center, lr, steps, seed):
    """Weights after, and losses before, each full step.

    On scikit-learn's digits, 64-30-10; the same start for
    every activation: weights N(0, 1 / inputs), biases 0.

    >>> weights, _ = fit_digits("tanh", False, 1.0, 1, 0)
    >>> [tuple(w.shape) for w in weights]
    [(64, 30), (30,), (30, 10), (10,)]
    """
    x, labels = load_digits(return_X_y=True)
    x = torch.tensor(x / 16).float()
    labels = torch.tensor(labels)
    rng = torch.Generator().manual_seed(seed)
    weights = []
    for n, d in ((64, 30), (30, 10)):
        w = torch.randn(n, d, generator=rng) / n**0.5
        weights += [w, torch.zeros(d)]
    for w in weights:
        w.requires_grad_()
    losses = []
    for _ in range(steps):
        loss = digits_loss(
            weights, x, labels, activation, center
        )
        slopes = torch.autograd.grad(loss, weights)
        losses.append(loss.item())
        with torch.no_grad():
            for w, slope in zip(weights, slopes):
                w -= lr * slope
    return [w.detach() for w in weights], losses


def train_digits(activation, center, lr, steps, seed):
    """Losses (steps,) of full-batch descent on digits.

    >>> train_digits("tanh", False, 0.5, 2, 0).shape
    torch.Size([2])
    """
    _, losses = fit_digits(
        activation, center, lr, steps, seed
    )
    return torch.tensor(losses)
