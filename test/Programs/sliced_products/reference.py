"""The products as they are, then cut."""

import numpy
from numeric import affine, linear, normal, sigmoid

CASES = [{"T": 4, "B": 3}, {"T": 1, "B": 1}, {"T": 5, "B": 17}]


def weights(random):
    return linear(random, 24, 5, "w")


def inputs(random, T, B):
    return {"x": normal(random, T, B, 5), "h0": normal(random, B, 5)}


def expected(w, x, h0):
    y, z = affine(w, "w", x), affine(w, "w", x + 1)
    return (numpy.tanh(y[..., :6]), numpy.tanh(affine(w, "w", 2 * x[:1])), sigmoid(affine(w, "w", -x)[:, :1, :6]),
            numpy.tanh(affine(w, "w", h0)[:, :6]), 2 * numpy.tanh(z)[:, :1], numpy.tanh(z[:1] + 1))
