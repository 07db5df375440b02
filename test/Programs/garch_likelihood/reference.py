"""GARCH(2, 1)."""

import numpy
from numeric import normal, sigmoid, stacked

CASES = [{"T": 9, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]


def weights(random):
    return {"omega": normal(random), "alpha": normal(random, 1), "beta": normal(random, 2)}


def inputs(random, T, B):
    return {"r": normal(random, T, B), "v0": 0.75}


def expected(w, r, v0):
    a, b = 0.3 * sigmoid(w["alpha"]), 0.4 * sigmoid(w["beta"])
    T, B = r.shape
    v, e2 = [numpy.full(B, v0)] * 2, numpy.zeros(B)
    for x in r:
        v.append(numpy.exp(w["omega"]) + a[0] * e2 + b[0] * v[-1] + b[1] * v[-2])
        e2 = x * x
    v = stacked(v[2:], B)
    return v, 0.5 * (numpy.log(2 * numpy.pi * v) + r * r / v).sum(0) / max(T, 1)
