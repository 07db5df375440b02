"""Integrate-and-fire neurons; inputs are eighths, so that the potentials' comparisons do not hang on rounding."""

import numpy
from numeric import stacked

CASES = [{"T": 20, "B": 2}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]
SIZES = [5, 8, 4]


def weights(random):
    w = {}
    for k in range(2):
        w[f"project.{k}.weight"] = (random.integers(-2, 9, (SIZES[k + 1], SIZES[k])) / 8).astype(numpy.float32)
        w[f"layers.{k}.threshold"] = random.uniform(0.9, 1.1, SIZES[k + 1]).astype(numpy.float32)
    return w


def inputs(random, T, B):
    return {"x": random.random((T, B, 5)) < 0.3}


def expected(w, x):
    T, B, _ = x.shape
    v, wait, b = [[numpy.zeros((B, n)) for n in SIZES[1:]] for _ in range(3)]
    steps = [[], []]
    for s in x:
        for k in range(2):
            v[k] = numpy.where(wait[k] == 0, numpy.exp(-0.1) * v[k] + s @ w[f"project.{k}.weight"].T, 0)
            s = v[k] >= w[f"layers.{k}.threshold"] + 0.1 * b[k]
            v[k] = numpy.where(s, v[k] - w[f"layers.{k}.threshold"], v[k])
            wait[k] = numpy.where(s, k + 1, numpy.maximum(wait[k] - 1, 0))
            b[k] = 0.9 * b[k] + s
            steps[k].append(s)
    hidden, out = [stacked(steps[k], B, SIZES[k + 1]).astype(bool) for k in range(2)]
    return hidden, out, out.sum(0), v[1]
