"""Solutions of the lab on cross-entropy, and mistakes that its checks name."""

SLOPES = """
def slopes_twice(z, label):
    p = softmax(z)
    g = softmax(p)
    g[label] -= 1
    return {}
"""
BELIEF = """
def believed(share):
    odds = np.log(share / (1 - share))
    return {}
"""
REPAIR = """
def instead_of(p):
    return {}
"""

TASKS = [
    (
        SLOPES.format("p * (g - (p * g).sum())"),
        [
            (SLOPES.format("g"), "the slopes at p: the inner softmax is still to come"),
            (SLOPES.format("p - np.eye(len(z))[label]"), "the slopes of one softmax"),
            (SLOPES.format("p * (1 - p) * g"), "sum over all j, not only j = k"),
            (SLOPES.format("p * g"), r"slopes sum to 0, not to -0\.\d"),
            (SLOPES.format("-p * (g - (p * g).sum())"), r"slopes are \[.*\], not"),
            (SLOPES.format("p @ g"), r"3 logits have 3 slopes: the shape \(\)"),
        ],
    ),
    (
        BELIEF.format("np.clip((1 + odds) / 2, 0, 1)"),
        [
            (BELIEF.format("share"), "you return the share: that is the answer of one softmax"),
            (BELIEF.format("(1 + odds) / 2"), r"return 1\.5986, which is no probability"),
            (BELIEF.format("np.clip(odds, 0, 1)"), r"is the lead p0 - p1, not p0"),
            (BELIEF.format("sigmoid(2 * share - 1)"), "you went forward, now go backward"),
            (
                BELIEF.format("np.clip(odds / 2, 0, 1)"),
                r"least mean loss is at 0\.703, not at 0\.203",
            ),
            (BELIEF.format("sigmoid(2 * odds)"), r"least mean loss is at 0\.703"),
        ],
    ),
    (
        REPAIR.format("torch.log(p)"),
        [
            (REPAIR.format("p"), r"the loss is still \d\.\d+, that of two softmaxes"),
            (REPAIR.format("torch.log(p / (1 - p))"), "softmax of what you pass is not p"),
            (REPAIR.format("-torch.log(p)"), "softmax of what you pass is not p"),
            (REPAIR.format("torch.log(p.detach())"), "no way back to the logits"),
            (REPAIR.format("torch.log(p.clamp(1e-7, 1))"), r"lead of 30 costs 16\.12 in place of"),
            (REPAIR.format("torch.log(p + 1e-7)"), "do not clip p or add to it"),
        ],
    ),
]
