"""L1, L2 and weight decay in PyTorch."""

import torch
import torch.nn.functional as F


def torch_l1_penalty(w, lam):
    """lam * sum of |w|, to add to a loss.

    >>> import torch
    >>> torch_l1_penalty(torch.tensor([3.0, -4.0]), 0.1)
    tensor(0.7000)
    """
    return lam * w.abs().sum()


def torch_l2_penalty(w, lam):
    """lam * sum of w², to add to a loss.

    >>> import torch
    >>> torch_l2_penalty(torch.tensor([3.0, -4.0]), 0.1)
    tensor(2.5000)
    """
    return lam * w.square().sum()


def torch_soft_threshold(z, t):
    """F.softshrink: each z moves t toward 0 and stops.

    >>> import torch
    >>> z = torch.tensor([-2.0, 0.3, 1.7])
    >>> torch_soft_threshold(z, 0.5)
    tensor([-1.5000,  0.0000,  1.2000])
    """
    return F.softshrink(z, t)


def torch_steps(optimizer, w, gradients, **settings):
    """Weights after an optimizer's steps along gradients.

    optimizer is a class of torch.optim; w is not changed.

    >>> w, sgd = torch.tensor([3.0, -4.0]), torch.optim.SGD
    >>> torch_steps(sgd, w, [0 * w], lr=1, weight_decay=0.1)
    tensor([ 2.7000, -3.6000])
    """
    w = w.clone()
    stepper = optimizer([w], **settings)
    for w.grad in gradients:
        stepper.step()
    return w


def torch_l1_fit(X, y, lam, steps, optimizer, **settings):
    """Lasso as it is done: the penalty joins the loss.

    Of centered X (n, d) and y (n,), from 0; weights (d,).

    >>> X, y = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> sgd = torch.optim.SGD
    >>> torch_l1_fit(X, y + X[:, 0], 0.5, 99, sgd, lr=0.1)
    tensor([0.5000])
    """
    X, y = X - X.mean(dim=0), y - y.mean()
    w = torch.zeros_like(X[0], requires_grad=True)
    stepper = optimizer([w], **settings)
    for _ in range(steps):
        stepper.zero_grad()
        error = (X @ w - y).square().mean() / 2
        (error + torch_l1_penalty(w, lam)).backward()
        stepper.step()
    return w.detach()


def torch_proximal_fit(X, y, lam, steps, lr):
    """Lasso as it works: a soft threshold after each step.

    The loss has no penalty. Weights (d,), as above.

    >>> X, y = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> torch_proximal_fit(X, y + X[:, 0], 2, 9, lr=0.1)
    tensor([0.])
    """
    X, y = X - X.mean(dim=0), y - y.mean()
    w = torch.zeros_like(X[0], requires_grad=True)
    stepper = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        stepper.zero_grad()
        error = (X @ w - y).square().mean() / 2
        error.backward()
        stepper.step()
        with torch.no_grad():
            w.copy_(torch_soft_threshold(w, lr * lam))
    return w.detach()


def torch_decay_groups(model, weight_decay):
    """Parameter groups in which only matrices decay.

    Biases and the scales of normalization have one axis.

    >>> import torch
    >>> net = torch.nn.Linear(3, 2)
    >>> groups = torch_decay_groups(net, 0.1)
    >>> [group["weight_decay"] for group in groups]
    [0.1, 0.0]
    """
    params = list(model.parameters())
    return [
        {
            "params": [p for p in params if p.ndim > 1],
            "weight_decay": weight_decay,
        },
        {
            "params": [p for p in params if p.ndim <= 1],
            "weight_decay": 0.0,
        },
    ]


def torch_batchnorm_loss(W, X, y):
    """Squared error of relu(BatchNorm(X @ W)), summed up.

    X is (n, d), W (d, k), y (n,); the norm's epsilon is too
    small to matter.

    >>> X, y = torch.eye(2), torch.zeros(2)
    >>> torch_batchnorm_loss(torch.eye(2), X, y)
    tensor(1.)
    """
    z = F.batch_norm(
        X @ W, None, None, training=True, eps=1e-30
    )
    return F.mse_loss(z.relu().sum(dim=1), y)
