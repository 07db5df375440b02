"""The hypernetwork with the scaled weights written out, row by row."""

import numpy
from numeric import affine, linear, normal, sigmoid

CASES = [{"B": 3, "T": 5}, {"B": 1, "T": 1}, {"B": 2, "T": 0}]


def weights(random):
    w = {}
    for name, shape in (("weight_ih", (12, 11)), ("weight_hh", (12, 3)), ("bias_ih", (12,)), ("bias_hh", (12,))):
        w["hyper." + name] = normal(random, *shape, scale=0.5)
    for name, outputs, size, bias in (("w_x", 7, 4, False), ("w_h", 7, 7, False), ("scales.0", 7, 3, False),
                                      ("scales.1", 7, 3, False), ("scales.2", 7, 3, True), ("hyper_proj", 9, 3, True)):
        w.update(linear(random, outputs, size, "main." + name, bias))
    return w


def inputs(random, B, T):
    return {"x": normal(random, B, T, 4), "n": random.integers(0, T + 1, B)}


def expected(w, x, n):
    B, T, _ = x.shape
    ys, hs, es = numpy.zeros((B, T, 7)), numpy.zeros((B, 7)), numpy.zeros((B, 3))
    for b in range(B):
        h, e, c = hs[b], es[b], numpy.zeros(3)
        for t in range(n[b]):
            gates = (w["hyper.weight_ih"] @ numpy.concatenate([x[b, t], h]) + w["hyper.bias_ih"]
                     + w["hyper.weight_hh"] @ e + w["hyper.bias_hh"])
            i, f, g, o = numpy.split(gates, 4)
            c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
            e = sigmoid(o) * numpy.tanh(c)
            z = numpy.split(affine(w, "main.hyper_proj", e), 3)
            dx, dh, db = (affine(w, f"main.scales.{k}", z[k]) for k in range(3))
            h = numpy.tanh(numpy.diag(dx) @ w["main.w_x.weight"] @ x[b, t]
                           + numpy.diag(dh) @ w["main.w_h.weight"] @ h + db)
            ys[b, t] = h
        hs[b], es[b] = h, e
    return ys, hs, es
