"""The gated delta rule with the matrix I - b k kᵀ written out."""

import numpy
from numeric import affine, linear, normal, sigmoid, stacked

CASES = [{"T": 6, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]
GIVEN = []
D, H, W = 8, 2, 4


def weights(random):
    w = linear(random, D, D, "out")
    for i in range(3):
        w.update(linear(random, D, D, f"proj.{i}", bias=False))
    for i in range(2):
        w.update(linear(random, H, D, f"gates.{i}"))
    return w


def inputs(random, T, B):
    return {"x": normal(random, T, B, D)}


def expected(w, x):
    T, B, _ = x.shape
    S, out = numpy.zeros((B, H, W, W)), []
    for t in range(T):
        q, k, v = [affine(w, f"proj.{i}", x[t]).reshape(B, H, W) for i in range(3)]
        k = k / numpy.sqrt((k * k).sum(-1, keepdims=True) + 1e-6)
        a, b = [sigmoid(affine(w, f"gates.{i}", x[t]))[..., None, None] for i in range(2)]
        S = a * S @ (numpy.eye(W) - b * k[..., :, None] * k[..., None, :]) + b * v[..., :, None] * k[..., None, :]
        out.append(affine(w, "out", (S @ q[..., None])[..., 0].reshape(B, D) * W**-0.5))
    return stacked(out, B, D), S
