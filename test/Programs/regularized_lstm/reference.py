"""The cell gate by gate, row by row of the batch."""

import numpy
from numeric import affine, layer_norm, linear, normal, sigmoid

CASES = [{"B": 3, "T": 6}, {"B": 1, "T": 1}, {"B": 2, "T": 0}]
SIZES = [4, 6, 5]


def weights(random):
    w = {}
    for k in range(2):
        w.update(linear(random, 3 * SIZES[k + 1], SIZES[k], f"cells.{k}.w", bias=k == 1))
        w.update(linear(random, 3 * SIZES[k + 1], SIZES[k + 1], f"cells.{k}.u", bias=False))
    for name in ("norm.0", "norm.1", "norm.2", "norm_c"):
        w[f"cells.0.{name}.weight"], w[f"cells.0.{name}.bias"] = normal(random, 6), normal(random, 6)
    return w


def inputs(random, B, T):
    return {"x": normal(random, B, T, 4), "n": random.integers(0, T + 1, B)}


def expected(w, x, n):
    B, T, _ = x.shape
    ys, last = numpy.zeros((B, T, 5)), [numpy.zeros((B, s)) for s in SIZES[1:]]
    for b in range(B):
        h, c = [numpy.zeros(s) for s in SIZES[1:]], [numpy.zeros(s) for s in SIZES[1:]]
        for t in range(n[b]):
            v = x[b, t]
            for k in range(2):
                parts = numpy.split(affine(w, f"cells.{k}.w", v) + affine(w, f"cells.{k}.u", h[k]), 3)
                read = lambda m: m
                if k == 0:
                    at = "cells.0.norm"
                    parts = [layer_norm(p, w[f"{at}.{i}.weight"], w[f"{at}.{i}.bias"]) for i, p in enumerate(parts)]
                    read = lambda m: layer_norm(m, w[f"{at}_c.weight"], w[f"{at}_c.bias"], 1e-3)
                i = sigmoid(parts[0])
                fresh = (1 - i) * c[k] + i * numpy.tanh(parts[1])
                h[k] = 0.1 * h[k] + 0.9 * sigmoid(parts[2]) * numpy.tanh(read(fresh))
                c[k] = 0.05 * c[k] + 0.95 * fresh
                v = h[k]
            ys[b, t] = v
        for k in range(2):
            last[k][b] = h[k]
    return ys, *last
