"""L1, L2 and weight decay in PyTorch."""

import torch
import torch.nn.functional as F

NORMS = (
    torch.nn.modules.batchnorm._NormBase,
    torch.nn.LayerNorm,
    torch.nn.GroupNorm,
    torch.nn.RMSNorm,
)


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


def torch_steps(optimizer_class, w, gradients, **settings):
    """Weights after an optimizer's steps along gradients.

    The class is one of torch.optim; w is not changed.

    >>> w, sgd = torch.tensor([3.0, -4.0]), torch.optim.SGD
    >>> torch_steps(sgd, w, [0 * w], lr=1, weight_decay=0.1)
    tensor([ 2.7000, -3.6000])
    """
    w = w.clone()
    optimizer = optimizer_class([w], **settings)
    for w.grad in gradients:
        optimizer.step()
    return w


def torch_linear(X, y, optimizer_class, steps, **settings):
    """Minimizes mean(r²) while the learning rate falls.

    All rows in each step, from 0; centers X (n, d) and y
    (n,). A weight_decay is the optimizer's. Weights (d,).

    >>> X, y = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> adam = {"lr": 0.1, "weight_decay": 2.0}
    >>> run = torch.optim.Adam, 500
    >>> torch_linear(X, y + X[:, 0], *run, **adam)
    tensor([0.5000])
    """
    X, y = X - X.mean(dim=0), y - y.mean()
    w = torch.zeros_like(X[0], requires_grad=True)
    optimizer = optimizer_class([w], **settings)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, steps
    )
    for _ in range(steps):
        optimizer.zero_grad()
        (X @ w - y).square().mean().backward()
        optimizer.step()
        rate.step()
    return w.detach()


def torch_l1_fit(
    X, y, lam, steps, optimizer_class, **settings
):
    """Minimizes mean(r²)/2 + lam sum |w| by its slope.

    lam is alpha of scikit-learn's Lasso. Centers X (n, d)
    and y (n,), starts from 0; weights (d,).

    >>> X, y = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> sgd = torch.optim.SGD
    >>> torch_l1_fit(X, y + X[:, 0], 0.5, 99, sgd, lr=0.1)
    tensor([0.5000])
    """
    X, y = X - X.mean(dim=0), y - y.mean()
    w = torch.zeros_like(X[0], requires_grad=True)
    optimizer = optimizer_class([w], **settings)
    for _ in range(steps):
        optimizer.zero_grad()
        error = (X @ w - y).square().mean() / 2
        (error + torch_l1_penalty(w, lam)).backward()
        optimizer.step()
    return w.detach()


def torch_proximal_fit(X, y, lam, steps, lr):
    """The same, by a soft threshold after each step.

    The loss has no penalty then. Weights (d,), as above.

    >>> X, y = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> torch_proximal_fit(X, y + X[:, 0], 2, 9, lr=0.1)
    tensor([0.])
    """
    X, y = X - X.mean(dim=0), y - y.mean()
    w = torch.zeros_like(X[0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        error = (X @ w - y).square().mean() / 2
        error.backward()
        optimizer.step()
        with torch.no_grad():
            w.copy_(torch_soft_threshold(w, lr * lam))
    return w.detach()


def torch_decay_groups(model, weight_decay):
    """Groups that spare biases and normalization.

    Frozen parameters are left out; embeddings decay.

    >>> net = torch.nn.Linear(3, 2)
    >>> groups = torch_decay_groups(net, 0.1)
    >>> optimizer = torch.optim.AdamW(groups, lr=0.001)
    >>> [g["weight_decay"] for g in optimizer.param_groups]
    [0.1, 0.0]
    """
    norms = {
        p
        for module in model.modules()
        if isinstance(module, NORMS)
        for p in module.parameters()
    }
    decayed, spared = [], []
    for name, p in model.named_parameters():
        bias = "bias" in name.split(".")[-1]
        group = spared if bias or p in norms else decayed
        if p.requires_grad:
            group.append(p)
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]


def torch_batchnorm_loss(W, X, y):
    """Squared error of relu(BatchNorm(X @ W)), summed up.

    X is (n, d), W (d, k), y (n,); epsilon, 1e-30, is too
    small to matter.

    >>> X, y = torch.eye(2), torch.zeros(2)
    >>> torch_batchnorm_loss(torch.eye(2), X, y)
    tensor(1.)
    """
    z = F.batch_norm(
        X @ W, None, None, training=True, eps=1e-30
    )
    return F.mse_loss(z.relu().sum(dim=1), y)
