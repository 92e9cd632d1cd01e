"""Solutions of the lab on centering, and mistakes that its checks name."""

POSITIVE = """
def positive_inputs(rng, n, d):
    return rng.gamma(0.05, size=(n, d))
"""
DESCEND = """
def descend(x, t, lr, steps):
    w = np.zeros(x.shape[1])
    b = np.mean(t)
    for _ in range(steps):
        w = w - lr * x.T @ (x @ w + b - t) / len(t)
        b = np.mean(t - x @ w)
    return w, b
"""
BEST = "        b = np.mean(t - x @ w)\n"
FOLD = """
def fold(w, b, mean, sd):
    return w / sd, b - np.sum(w * mean / sd)
"""

TASKS = [
    (
        POSITIVE,
        [
            (POSITIVE.replace("gamma(0.05, ", "normal("), "must be above 0: .* subtracting"),
            (POSITIVE.replace("gamma(0.05, ", "exponential("), r"κ is 1\d.* below 2"),
            (POSITIVE.replace("rng.gamma(0.05, ", "0.01 * rng.uniform("), "factor on all inputs"),
            (POSITIVE.replace("gamma(0.05, ", "binomial(1, 0.05, "), "above 0: 0 is not"),
            (POSITIVE.replace("rng.gamma(0.05, size=(n, d))", "np.ones((n, d))"), "no variance"),
            (POSITIVE.replace("size=(n, d)", "size=(d, n)"), r"must be \(n, d\)"),
            (POSITIVE.replace("gamma(0.05, ", "lognormal(0, 1, "), "below 2"),
        ],
    ),
    (
        DESCEND,
        [
            (DESCEND.replace("b = np.mean(t)", "b = 0.0"), "with no step yet"),
            (DESCEND.replace("w - lr", "w + lr"), "goes up"),
            (DESCEND.replace(" / len(t)", ""), "200 times what it should be"),
            (DESCEND.replace("lr * x.T", "2 * lr * x.T"), "is 2 times .* half of a mean"),
            (
                DESCEND.replace("b = np.mean(t)", "b = 0.0").replace(
                    "    return", BEST[4:] + "    return"
                ),
                "residuals of the best bias",
            ),
            (DESCEND.replace(BEST, ""), "after the last step"),
            (
                DESCEND.replace(BEST, "        b = b - lr * np.mean(x @ w + b - t) / 2\n"),
                "after the last step",
            ),
            (
                DESCEND.replace(BEST, "").replace("    return", BEST[4:] + "    return"),
                "in the second step",
            ),
        ],
    ),
    (
        FOLD,
        [
            (FOLD.replace("w / sd, b", "w * sd, b"), "divide by sd"),
            (FOLD.replace("w / sd, b", "w, b"), "another spread"),
            (FOLD.replace("b - np.sum(w * mean / sd)", "b"), "must go somewhere"),
            (FOLD.replace("b - ", "b + "), "mean was subtracted"),
            (FOLD.replace("mean / sd)", "mean)"), "divided by sd too"),
            (FOLD.replace("np.sum(w * mean / sd)", "w * mean / sd"), "one number, a sum"),
            (FOLD.replace("np.sum(w", "np.mean(w"), "with ten inputs"),
            (FOLD.replace("w * mean / sd)", "w * mean) / sd.mean()"), "with ten inputs"),
        ],
    ),
]
