"""Solutions of the lab on dropout, and mistakes that its checks name."""

TASKS = [
    (
        """
def relu_mean(mu, s):
    a = mu / s
    return mu * norm.cdf(a) + s * norm.pdf(a)
""",
        [
            ("def relu_mean(mu, s):\n    return relu(mu)", "that is weight scaling"),
            (
                "def relu_mean(mu, s):\n    return mu * norm.cdf(mu / s) + norm.pdf(mu / s)",
                "twice the sd s",
            ),
            (
                "def relu_mean(mu, s):\n    return relu(mu) + s * norm.pdf(0)",
                "the ReLU changes nothing",
            ),
            (
                "def relu_mean(mu, s):\n    return mu * norm.cdf(mu) + s * norm.pdf(mu)",
                "argument mu / s",
            ),
            (
                "def relu_mean(mu, s):\n"
                "    return mu * norm.cdf(mu / s**2) + s**2 * norm.pdf(mu / s**2)",
                "twice the sd s",
            ),
            (
                "def relu_mean(mu, s):\n    return mu + s * np.sqrt(2 / np.pi)",
                "half of z counts",
            ),
        ],
    ),
    (
        """
def rmsprop(lr, eps, rate):
    return {"lr": lr * (1 - rate), "eps": eps / (1 - rate)}
""",
        [
            (
                "def rmsprop(lr, eps, rate):\n    return {'lr': lr, 'eps': eps / (1 - rate)}",
                r"learning rate by 1\.00",
            ),
            (
                "def rmsprop(lr, eps, rate):\n"
                "    return {'lr': lr * (1 - rate) ** 2, 'eps': eps / (1 - rate)}",
                r"learning rate by 0\.36",
            ),
            (
                "def rmsprop(lr, eps, rate):\n    return {'lr': lr * (1 - rate), 'eps': eps}",
                r"eps by 1\.00",
            ),
            (
                "def rmsprop(lr, eps, rate):\n"
                "    return {'lr': lr * (1 - rate), 'eps': eps / (1 - rate) ** 2}",
                r"eps by 2\.78",
            ),
            (
                "def rmsprop(lr, eps, rate):\n"
                "    return {'lr': lr / (1 - rate), 'eps': eps * (1 - rate)}",
                r"learning rate by 1\.67",
            ),
            (
                "def rmsprop(lr, eps, rate):\n    return {'lr': 0.6 * lr, 'eps': eps / 0.6}",
                "at rate 0.7",
            ),
            ("def rmsprop(lr, eps, rate):\n    return {'lr': lr * 0.6}", "lr and eps"),
        ],
    ),
    (
        """
def geometric_mean(p):
    return np.exp(log_softmax(np.log(p).mean(axis=0)))
""",
        [
            ("def geometric_mean(p):\n    return p.mean(axis=0)", "arithmetic mean"),
            ("def geometric_mean(p):\n    return np.exp(np.log(p).mean(axis=0))", "renormalize"),
            (
                "def geometric_mean(p):\n    return np.exp(log_softmax(np.log(p).sum(axis=0)))",
                "square root",
            ),
            (
                "def geometric_mean(p):\n    return np.exp(log_softmax(np.log(p).mean(axis=1)))",
                "the first axis",
            ),
            (
                "def geometric_mean(p):\n"
                "    q = np.exp(np.log(p).mean(axis=0))\n"
                "    return q / q.sum()",
                "each row on its own",
            ),
            (
                "def geometric_mean(p):\n"
                "    q = p.prod(axis=0) ** (1 / len(p))\n"
                "    return q / q.sum(axis=1, keepdims=True)",
                "underflow",
            ),
        ],
    ),
]
