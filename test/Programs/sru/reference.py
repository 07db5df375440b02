"""SRU step by step."""

import numpy
from numeric import normal, sigmoid

CASES = [{"T": 6, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]
HIDDEN = 4


def weights(random):
    w = {}
    for i, (inputs, products) in enumerate([(5, 4), (8, 3), (8, 3)]):
        w[f"rnn_lst.{i}.weight"] = normal(random, inputs, 2, products, HIDDEN, scale=0.5)
        w[f"rnn_lst.{i}.weight_c"] = normal(random, 2, 2, HIDDEN)
        w[f"rnn_lst.{i}.bias"] = normal(random, 2, 2, HIDDEN)
    return w


def inputs(random, T, B):
    return {"x": normal(random, T, B, 5)}


def expected(w, x):
    last = []
    for i in range(3):
        weight, v, b = (w[f"rnn_lst.{i}.{name}"] for name in ("weight", "weight_c", "bias"))
        T, B, _ = x.shape
        y = numpy.zeros((T, B, 2 * HIDDEN))
        for d, order in ((0, range(T)), (1, reversed(range(T)))):
            c, part = numpy.zeros((B, HIDDEN)), slice(d * HIDDEN, (d + 1) * HIDDEN)
            for t in order:
                u = [x[t] @ weight[:, d, k] for k in range(weight.shape[2])]
                skip = u[3] if len(u) == 4 else x[t][:, part]
                f = sigmoid(u[1] + v[0, d] * c + b[0, d])
                r = sigmoid(u[2] + v[1, d] * c + b[1, d])
                c = f * c + (1 - f) * u[0]
                y[t, :, part] = r * c + (1 - r) * skip
            last.append(c)
        x = y
    return x, numpy.stack(last)
