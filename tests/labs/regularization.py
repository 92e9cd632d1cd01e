"""Solutions of the lab on L1 and L2, and mistakes that its checks name."""

VIOLATION = """
def violation(x, y, w, lam):
    x = x - x.mean(axis=0)
    pull = x.T @ (y - y.mean() - x @ w) / len(y)
    outside = np.maximum(np.abs(pull) - lam, 0)
    return np.where(w == 0, outside, np.abs(pull - lam * np.sign(w)))
"""
ELASTIC = """
def elastic(z, t1, t2):
    return soft_threshold(z, t1) / (1 + t2)
"""
MATCHING = """
def matching_l2(decay, size):
    return decay * size
"""

TASKS = [
    (
        VIOLATION,
        [
            (VIOLATION.replace(" / len(y)", ""), "divide by the rows"),
            (VIOLATION.replace("y - y.mean() - x @ w", "x @ w - y"), "where the loss falls"),
            (VIOLATION.replace("w == 0", "w is None"), "may be pulled by up to lam"),
            (VIOLATION.replace("outside, ", "0, "), "only what exceeds lam"),
            (
                VIOLATION.replace("np.abs(pull - lam * np.sign(w))", "outside"),
                "wrong direction, is a violation",
            ),
            (VIOLATION.replace("lam * np.sign(w)", "lam"), "at w = −1"),
            (
                VIOLATION.replace("np.abs(pull - lam * np.sign(w))", "abs(abs(pull) - lam)"),
                "wrong direction",
            ),
            (VIOLATION.replace("x - x.mean(axis=0)", "x"), "intercept is free"),
            (
                VIOLATION.replace("return np.where", "return np.sum").replace(
                    "w == 0, outside, ", ""
                ),
                "one number for each weight",
            ),
        ],
    ),
    (
        ELASTIC,
        [
            (ELASTIC.replace("soft_threshold(z, t1)", "z"), "without L2"),
            (ELASTIC.replace("1 + t2", "1 + 2 * t2"), "without L1"),
            (
                "def elastic(z, t1, t2): return soft_threshold(shrink(z, t2), t1)",
                "which comes first",
            ),
            (
                "def elastic(z, t1, t2): return soft_threshold(z, t1) - z + shrink(z, t2)",
                "which comes first|the least is at|exactly 0",
            ),
            (
                "def elastic(z, t1, t2): return soft_threshold(z, t1) / (1 + min(t2, 1))",
                "the least is at",
            ),
        ],
    ),
    (
        MATCHING,
        [
            (MATCHING.replace("decay * size", "decay"), "it is too weak"),
            (MATCHING.replace("* size", "* (size + 1)"), "it is too strong"),
            (MATCHING.replace("* size", "* size**0.5"), "it is too weak"),
            (MATCHING.replace("* size", "/ size"), "Adam divides it by the size"),
            (MATCHING.replace("* size", "* size**2"), "it is too strong"),
            (MATCHING.replace("* size", "* 2"), "at size 10 .* too weak"),
            (MATCHING.replace("* size", "* 10"), "at size 2 .* too strong"),
        ],
    ),
]
