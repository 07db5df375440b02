"""Grids by loops over their cells."""

import numpy
from numeric import linear, normal

CASES = [{"H": 3, "W": 4, "B": 2}, {"H": 1, "W": 1, "B": 1}, {"H": 0, "W": 3, "B": 1}, {"H": 3, "W": 0, "B": 1}]


def weights(random):
    return {**linear(random, 4, 2, "w"), **linear(random, 4, 4, "up", False), **linear(random, 4, 4, "left", False)}


def inputs(random, H, W, B):
    return {"x": normal(random, H, W, B, 2), "free": random.random((H, W)) < 0.8}


def expected(w, x, free):
    H, W, B, _ = x.shape
    two = []
    for step in (1, -1):
        h = numpy.zeros((H + 2, W + 2, B, 4))
        for i in range(1, H + 1)[::step]:
            for j in range(1, W + 1)[::step]:
                a = x[i - 1, j - 1] @ w["w.weight"].T + w["w.bias"] + h[i - step, j] @ w["up.weight"].T
                h[i, j] = numpy.tanh(a + h[i, j - step] @ w["left.weight"].T)
        two.append(h[1 : H + 1, 1 : W + 1])
    paths = numpy.zeros((H + 1, W + 1), numpy.int64)
    for i in range(H):
        for j in range(W):
            paths[i + 1, j + 1] = free[i, j] * (paths[i, j + 1] + paths[i + 1, j] + (i == j == 0))
    integral = x[..., 0].sum(-1).cumsum(0).cumsum(1)
    return numpy.concatenate(two, -1), integral, paths[1:, 1:]
