"""Cross-entropy in PyTorch: what each loss takes."""

import torch
import torch.nn.functional as F


def torch_categorical_ce(
    logits,
    targets,
    *,
    label_smoothing=0.0,
    weight=None,
    ignore_index=-100,
    reduction="mean",
):
    """F.cross_entropy of logits; the class axis is 1.

    targets are int64 labels (N,), or rows (N, K) that
    nobody checks; weight is (K,), one for each class.

    >>> import torch
    >>> logits = torch.tensor([[2.0, 1.0, -1.0]])
    >>> torch_categorical_ce(logits, torch.tensor([0]))
    tensor(0.3490)
    """
    return F.cross_entropy(
        logits,
        targets,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def torch_categorical_ce_from_probs(probs, labels):
    """F.nll_loss, which wants logs; log(0) is -inf.

    >>> probs, labels = torch.eye(2), torch.tensor([0, 0])
    >>> torch_categorical_ce_from_probs(probs, labels)
    tensor(inf)
    """
    return F.nll_loss(torch.log(probs), labels)


def torch_binary_ce(
    logits, targets, *, pos_weight=None, reduction="mean"
):
    """F.binary_cross_entropy_with_logits.

    Floats of one shape; pos_weight is a tensor, (L,).

    >>> import torch
    >>> z, y = torch.tensor([0.7]), torch.tensor([1.0])
    >>> torch_binary_ce(z, y)
    tensor(0.4032)
    """
    return F.binary_cross_entropy_with_logits(
        logits,
        targets,
        pos_weight=pos_weight,
        reduction=reduction,
    )


def torch_binary_ce_from_probs(probs, targets):
    """F.binary_cross_entropy, whose log stops at -100.

    >>> import torch
    >>> p, y = torch.tensor([0.0]), torch.tensor([1.0])
    >>> torch_binary_ce_from_probs(p, y)
    tensor(100.)
    """
    return F.binary_cross_entropy(probs, targets)


def torch_double_softmax(logits, labels):
    """The classic mistake: F.cross_entropy of a softmax.

    >>> import torch
    >>> logits = torch.tensor([[2.0, 1.0, -1.0]])
    >>> torch_double_softmax(logits, torch.tensor([0]))
    tensor(0.7663)
    """
    probs = F.softmax(logits, dim=1)
    return F.cross_entropy(probs, labels)


def torch_softmax_mse(logits, labels):
    """Squared error of a softmax, summed over classes.

    >>> import torch
    >>> z, labels = torch.zeros(1, 2), torch.tensor([0])
    >>> torch_softmax_mse(z, labels)
    tensor(0.5000)
    """
    probs = F.softmax(logits, dim=1)
    targets = F.one_hot(labels, probs.shape[1])
    return ((probs - targets) ** 2).sum(dim=1).mean()


def torch_unshifted_ce(logits, labels):
    """Losses by the textbook formula: exp may overflow.

    >>> z, labels = torch.eye(2) * 89, torch.tensor([0, 0])
    >>> torch_unshifted_ce(z, labels)
    tensor([nan, inf])
    """
    e = torch.exp(logits)
    probs = e / e.sum(dim=1, keepdim=True)
    true = probs.gather(1, labels[:, None])  # (N, 1)
    return -torch.log(true).flatten()


def torch_log_of_softmax(logits, labels):
    """Losses by a stable softmax, then a log: log(0).

    >>> z, labels = torch.eye(2) * 104, torch.tensor([0, 0])
    >>> torch_log_of_softmax(z, labels)
    tensor([-0., inf])
    """
    probs = F.softmax(logits, dim=1)
    true = probs.gather(1, labels[:, None])  # (N, 1)
    return -torch.log(true).flatten()


def torch_naive_sigmoid(z):
    """1 / (1 + exp(-z)): 1 long before z is infinite.

    >>> torch_naive_sigmoid(torch.tensor([16.0, 17.0])) == 1
    tensor([False,  True])
    """
    return 1 / (1 + torch.exp(-z))


def torch_gradient(loss, logits, targets):
    """Gradient at the logits of loss(logits, targets).

    Of the sum, if that is more than one number.

    >>> z, twos = torch.ones(3), torch.full((3,), 2.0)
    >>> torch_gradient(torch.mul, z, twos)
    tensor([2., 2., 2.])
    """
    z = logits.detach().requires_grad_()
    total = loss(z, targets).sum()
    (gradient,) = torch.autograd.grad(total, z)
    return gradient


def torch_kl_divergence(p, q, *, reduction):
    """F.kl_div, which takes log q first.

    >>> p, q = torch.eye(2), torch.full((2, 2), 0.5)
    >>> torch_kl_divergence(p, q, reduction="batchmean")
    tensor(0.6931)
    """
    return F.kl_div(torch.log(q), p, reduction=reduction)


def torch_pixels_ce(logits, labels):
    """Mean over pixels of channels-last logits.

    >>> import torch
    >>> z = torch.zeros(1, 2, 2, 3)
    >>> torch_pixels_ce(z, torch.zeros(1, 2, 2).long())
    tensor(1.0986)
    """
    return F.cross_entropy(logits.movedim(-1, 1), labels)
