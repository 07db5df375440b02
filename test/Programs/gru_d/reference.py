"""GRU-D, row by row and feature by feature."""

import numpy
from numeric import affine, linear, normal, sigmoid, softmax

CASES = [{"B": 3, "T": 6}, {"B": 1, "T": 1}, {"B": 2, "T": 0}]


def weights(random):
    w = {"mean": normal(random, 3), "decay_x.weight": normal(random, 3), "decay_x.bias": normal(random, 3),
         "decay_h.weight": normal(random, 5, 3)} | linear(random, 2, 5, "head")
    for g in range(3):
        w |= linear(random, 5, 11, f"gates.{g}")
    return w


def inputs(random, B, T):
    x = normal(random, B, T, 3)
    x[random.random(x.shape) < 0.4] = numpy.nan
    times = numpy.cumsum(random.random((B, T)), axis=1).astype("f4")
    return {"x": x, "times": times, "n": random.integers(min(T, 1), T + 1, B)}


def expected(w, x, times, n):
    B, T, size = x.shape
    hs, filled, count = numpy.zeros((B, 5)), numpy.zeros((T, B, size)), numpy.zeros((B, size), numpy.int64)
    for b in range(B):
        h, last, when = hs[b], w["mean"].copy(), times[b, :1].repeat(size)
        for t in range(n[b]):
            value, mask = numpy.zeros(size), numpy.zeros(size)
            delta = times[b, t] - when
            for i in range(size):
                fade = numpy.exp(-max(w["decay_x.weight"][i] * delta[i] + w["decay_x.bias"][i], 0))
                if numpy.isnan(x[b, t, i]):
                    value[i] = fade * last[i] + (1 - fade) * w["mean"][i]
                else:
                    value[i], mask[i], last[i], when[i] = x[b, t, i], 1, x[b, t, i], times[b, t]
            h = h * numpy.exp(-numpy.maximum(w["decay_h.weight"] @ delta, 0))
            z, r = (sigmoid(affine(w, f"gates.{g}", numpy.concatenate([value, h, mask]))) for g in range(2))
            h = (1 - z) * h + z * numpy.tanh(affine(w, "gates.2", numpy.concatenate([value, r * h, mask])))
            filled[t, b] = value
            count[b] += mask.astype(int)
        hs[b] = h
    return softmax(affine(w, "head", hs)), filled, count
