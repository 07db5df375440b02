"""QRNN: the convolution term by term, the pooling step by step."""

import numpy
from numeric import normal, sigmoid

CASES = [{"B": 3, "T": 7}, {"B": 1, "T": 1}, {"B": 2, "T": 0}]
GIVEN = ["c0"]
SET = {"hiddens": "[4,6]", "widths": "[3,2]", "zoneouts": "[0.25,0.0]"}
LAYERS = [(3, 4, 3, 0.25), (7, 6, 2, 0.0)]


def weights(random):
    w = {}
    for i, (channels, hidden, width, _) in enumerate(LAYERS):
        w[f"layers.{i}.conv.weight"] = normal(random, 3 * hidden, channels, width, scale=0.5)
        w[f"layers.{i}.conv.bias"] = normal(random, 3 * hidden)
    return w


def inputs(random, B, T):
    return {"x": normal(random, B, T, 3), "c0": normal(random, B, 4)}


def expected(w, x, c0):
    B, T, _ = x.shape
    y, last = x, []
    for i, (channels, hidden, width, zoneout) in enumerate(LAYERS):
        weight, bias = w[f"layers.{i}.conv.weight"], w[f"layers.{i}.conv.bias"]
        c, steps = c0 if i == 0 else numpy.zeros((B, hidden)), numpy.zeros((B, T, hidden))
        for t in range(T):
            gates = bias + sum(y[:, t - j] @ weight[:, :, width - 1 - j].T for j in range(min(width, t + 1)))
            z, f, o = numpy.split(gates, 3, axis=-1)
            f = zoneout + (1 - zoneout) * sigmoid(f)
            c = f * c + (1 - f) * numpy.tanh(z)
            steps[:, t] = sigmoid(o) * c
        last.append(c)
        y = numpy.concatenate([steps, x], axis=-1)
    return y, numpy.concatenate(last, axis=-1)
