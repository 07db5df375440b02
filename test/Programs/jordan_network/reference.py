"""The Jordan network."""

import numpy
from numeric import affine, linear, normal, sigmoid, stacked

CASES = [{"T": 5, "B": 2, "steps": 30, "eps": 0.01}, {"T": 1, "B": 1, "steps": 3, "eps": 0.0},
         {"T": 0, "B": 2, "steps": 0, "eps": 0.01}]


def weights(random):
    return linear(random, 5, 5, "net.0") | linear(random, 3, 5, "net.2")


def inputs(random, T, B, steps, eps):
    return {"x": normal(random, T, B, 2), "steps": steps, "eps": eps}


def expected(w, x, steps, eps):
    B = x.shape[1]
    context = numpy.zeros((B, 3))

    def step(x, context):
        y = affine(w, "net.2", sigmoid(affine(w, "net.0", numpy.concatenate([x, context], axis=-1))))
        return y, 0.5 * context + y

    ys, free = [], []
    for xt in x:
        y, context = step(xt, context)
        ys.append(y)
    while len(free) < steps:
        y, context = step(numpy.zeros((B, 2)), context)
        free.append(y)
        if len(free) > 1 and abs(y - free[-2]).max() < eps:
            break
    return stacked(ys, B, 3), stacked(free, B, 3), len(free)
