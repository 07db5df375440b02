"""The neural Turing machine, row by row and slot by slot."""

import numpy
from numeric import affine, linear, normal, sigmoid, softmax, softplus

CASES = [{"T": 6, "B": 2}, {"T": 1, "B": 1}, {"T": 0, "B": 3}]
HIDDEN, SLOTS, WIDTH = 6, 5, 4


def weights(random):
    w = {"memory.start": normal(random, SLOTS, WIDTH, scale=0.5)}
    for name, shape in (("weight_ih", (24, 11)), ("weight_hh", (24, 6)), ("bias_ih", (24,)), ("bias_hh", (24,))):
        w["controller." + name] = normal(random, *shape, scale=0.5)
    for head in ("reads.0", "reads.1", "write"):
        w.update(linear(random, WIDTH, HIDDEN, head + ".key"))
        w.update(linear(random, 6, HIDDEN, head))
    w.update(linear(random, WIDTH, HIDDEN, "write.erase"))
    w.update(linear(random, WIDTH, HIDDEN, "write.add"))
    w.update(linear(random, 3, HIDDEN + 2 * WIDTH, "out"))
    return w


def inputs(random, T, B):
    return {"x": normal(random, T, B, 3)}


def address(w, head, h, before, memory):
    p, k = affine(w, head, h), numpy.tanh(affine(w, head + ".key", h))
    cosine = numpy.array([m @ k / (numpy.linalg.norm(m) * numpy.linalg.norm(k) + 1e-6) for m in memory])
    gate, shift = sigmoid(p[1]), softmax(p[3:])
    a = gate * softmax(softplus(p[0]) * cosine) + (1 - gate) * before
    a = numpy.array([sum(shift[j + 1] * a[(n - j) % SLOTS] for j in (-1, 0, 1)) for n in range(SLOTS)])
    a = a ** (1 + softplus(p[2]))
    return a / a.sum()


def expected(w, x):
    T, B, _ = x.shape
    ys, memories, puts = numpy.zeros((T, B, 3)), numpy.zeros((B, SLOTS, WIDTH)), numpy.zeros((T, B, SLOTS))
    for b in range(B):
        h, c, seen, memory = numpy.zeros(HIDDEN), numpy.zeros(HIDDEN), numpy.zeros(2 * WIDTH), w["memory.start"]
        put = numpy.eye(SLOTS)[0]
        at = [put, put]
        for t in range(T):
            i, f, g, o = numpy.split(w["controller.weight_ih"] @ numpy.concatenate([x[t, b], seen])
                                     + w["controller.bias_ih"] + w["controller.weight_hh"] @ h
                                     + w["controller.bias_hh"], 4)
            c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
            h = sigmoid(o) * numpy.tanh(c)
            put = address(w, "write", h, put, memory)
            erase, add = sigmoid(affine(w, "write.erase", h)), numpy.tanh(affine(w, "write.add", h))
            memory = memory * (1 - numpy.outer(put, erase)) + numpy.outer(put, add)
            at = [address(w, f"reads.{k}", h, a, memory) for k, a in enumerate(at)]
            seen = numpy.concatenate([a @ memory for a in at])
            ys[t, b], puts[t, b] = sigmoid(affine(w, "out", numpy.concatenate([h, seen]))), put
        memories[b] = memory
    return ys, memories, puts
