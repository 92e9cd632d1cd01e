"""Dropout in PyTorch, and the nets the article trains."""

import torch
import torch.nn.functional as F
from torch import nn


def torch_dropout(x, drop_rate, training, seed):
    """F.dropout, whose p is the drop rate.

    The seed leaves PyTorch's global generator as it was.

    >>> x = torch.ones(100)
    >>> torch_dropout(x, 0.75, True, seed=0).unique()
    tensor([0., 4.])
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.dropout(x, p=drop_rate, training=training)


def torch_called_directly(x, drop_rate, seed):
    """A new nn.Dropout, called: it starts in training.

    >>> x = torch.ones(100)
    >>> torch_called_directly(x, 0.75, seed=0).unique()
    tensor([0., 4.])
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Dropout(p=drop_rate)(x)


def torch_spatial_dropout(x, drop_rate, seed):
    """Dropout of whole channels, x (n, channels, h, w)."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.dropout2d(x, p=drop_rate, training=True)


def torch_alpha_dropout(x, drop_rate, seed):
    """Dropout for SELU nets: mean 0, variance 1 stay."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return F.alpha_dropout(x, drop_rate, training=True)


def torch_batchnorm_variance(x, drop_rate, seed):
    """Variance at test of BatchNorm(Dropout(x)), x (n, d).

    BatchNorm has seen x once, in training; it wants 1.
    """
    net = nn.Sequential(
        nn.Dropout(drop_rate),
        nn.BatchNorm1d(x.shape[1], momentum=1.0),
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        net(x)  # a new net is in training mode
        net.eval()
        return float(net(x).var())


def torch_net(drop_rate):
    """A digits classifier: dropout after hidden layers.

    >>> torch_net(0.5).eval()(torch.zeros(3, 64)).shape
    torch.Size([3, 10])
    """
    return nn.Sequential(
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(drop_rate),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Dropout(drop_rate),
        nn.Linear(128, 10),
    )


def torch_trained(x, labels, drop_rate, epochs, seed):
    """A new torch_net, fitted by Adam in batches of 50."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = torch_net(drop_rate)
        adam = torch.optim.Adam(
            net.parameters(), lr=3e-3, fused=True
        )
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(50):
                adam.zero_grad()
                z = net(x[rows])  # (50, 10)
                F.cross_entropy(z, labels[rows]).backward()
                adam.step()
    return net


def torch_predict(net, x):
    """Class probabilities (n, 10) with dropout off."""
    net.eval()
    with torch.no_grad():
        return net(x).double().softmax(dim=1)


def torch_predict_mc(net, x, passes, seed):
    """Probabilities (passes, n, 10), dropout kept on.

    Only dropout trains: BatchNorm must stay in eval mode.
    """
    net.eval()
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.train()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        z = torch.stack([net(x) for _ in range(passes)])
    net.eval()
    return z.double().softmax(dim=2)
