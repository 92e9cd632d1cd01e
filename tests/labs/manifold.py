"""Solutions of the lab on manifolds, and mistakes that its checks name."""

DETOURS = """
def detours(points, k, few):
    lengths, places = neighbors(points, k)
    rows = np.arange(len(points))[:, None]
    around = knn_graph_distances(points, {graph})
    return {found}
"""
PARTS = "def two_nn_of_parts(points, parts):\n    return "
SHARE = """
def halfway_share(decode, a, b):
    u = np.linspace(0, 1, 1001)
    pictures = {pictures}
    steps = np.linalg.norm(np.diff(pictures, axis=0), axis=1)
    done = np.append(0, steps.cumsum())
    return {found}
"""
INTERPOLATED = "np.interp(done[-1] / 2, done, u)"

TASKS = [
    (
        DETOURS.format(graph="few", found="around[rows, places] - lengths"),
        [
            (
                DETOURS.format(graph="k", found="around[rows, places] - lengths"),
                "its own shortest way",
            ),
            (
                DETOURS.format(graph="few", found="lengths - around[rows, places]"),
                "not the reverse",
            ),
            (
                DETOURS.format(graph="few", found="around[rows, places] / lengths"),
                "is a ratio",
            ),
            (DETOURS.format(graph="few", found="around[rows, places]"), "subtract"),
            (DETOURS.format(graph="few", found="around"), "shape"),
            (
                DETOURS.format(graph="1", found="around[rows, places] - lengths"),
                "12 neighbors on the roll",
            ),
        ],
    ),
    (
        PARTS + "np.mean([two_nn(points[i::parts]) for i in range(parts)])",
        [
            (PARTS + "two_nn(points[::parts])", "first part alone"),
            (PARTS + "two_nn(points)", "whole sample"),
            (PARTS + "sum(two_nn(points[i::parts]) for i in range(parts))", "sum of the parts"),
            (PARTS + "np.mean([two_nn(part) for part in np.split(points, parts)])", "blocks"),
            (
                PARTS + "np.median([two_nn(points[i::parts]) for i in range(parts)])",
                "four parts",
            ),
            (
                PARTS + "np.mean([two_nn(points[i::parts]) for i in range(1, parts)])",
                "not their mean",
            ),
            (PARTS + "np.mean([two_nn(points[i::2]) for i in range(2)])", "four parts"),
        ],
    ),
    (
        SHARE.format(pictures="decode(lerp(a, b, u))", found=INTERPOLATED),
        [
            (SHARE.format(pictures="lerp(a, b, u)", found=INTERPOLATED), "halfway in code"),
            (
                SHARE.format(
                    pictures="decode(lerp(a, b, u))",
                    found="lerp(a, b, [np.interp(done[-1] / 2, done, u)])[0, 0]",
                ),
                "is the angle",
            ),
            (
                SHARE.format(pictures="decode(lerp(a, b, u))", found="done[-1] / 2"),
                "one number from 0 to 1",
            ),
            (
                SHARE.format(pictures="decode(lerp(a, b, u))", found="done / done[-1]"),
                "not an array",
            ),
            (
                SHARE.format(
                    pictures="decode(lerp(a, b, u))",
                    found="np.interp((steps**2).sum() / 2, (steps**2).cumsum(), u[1:])",
                ),
                "half the way from",
            ),
            (
                SHARE.format(
                    pictures="decode(lerp(a, b, u))",
                    found="u[np.linalg.norm(pictures - pictures.mean(axis=0), axis=1).argmin()]",
                ),
                "half the way from",
            ),
        ],
    ),
]
