"""The hierarchical encoder, document by document and sentence by sentence."""

import numpy
from numeric import affine, layer_norm, linear, normal, sigmoid, softmax

CASES = [{"B": 3, "S": 4, "W": 5}, {"B": 1, "S": 1, "W": 1}, {"B": 2, "S": 2, "W": 0}]
GIVEN = ["context", "prior"]
HIDDEN, SIZE, INNER = 3, 6, 5


def gated_unit(random, at, inputs, hidden, bias=True):
    w = linear(random, 2 * hidden, inputs, at + ".x_proj", bias)
    for name in (".h_gate", ".h_new"):
        w |= linear(random, hidden, hidden, at + name, bias=False)
    return w | norm(random, at + ".norm", hidden)


def norm(random, at, size):
    return {at + ".weight": 1 + normal(random, size, scale=0.1), at + ".bias": normal(random, size, scale=0.1)}


def weights(random):
    w = {"emb.weight": normal(random, 9, 4), "word.attention.query": normal(random, HIDDEN),
         "pool.query": normal(random, INNER)}
    w |= linear(random, HIDDEN, SIZE, "word.attention") | linear(random, INNER, SIZE, "pool")
    w |= linear(random, 2, SIZE, "head.0") | linear(random, 3, SIZE, "head.1")
    w |= linear(random, 4, SIZE, "topic.down", bias=False)
    for way in ("forward", "backward"):
        w |= gated_unit(random, f"word.rnn.way.{way}.cell", 4, HIDDEN)
        w |= gated_unit(random, f"sentence.stack.2.way.{way}.cell", SIZE, SIZE)
    w |= gated_unit(random, "sentence.stack.1.cell", SIZE, SIZE, bias=False)
    at = "sentence.stack.0.cell."
    w |= {at + "weight_ih": normal(random, 15, SIZE, scale=0.4), at + "weight_hh": normal(random, 15, SIZE, scale=0.4),
          at + "bias": normal(random, 15), at + "proj.weight": normal(random, SIZE, INNER, scale=0.4)}
    for i in range(3):
        w |= norm(random, f"sentence.stack.{i}.LayerNorm", SIZE)
    return w


def inputs(random, B, S, W):
    n = random.integers(0, S + 1, B)
    n[0] = S
    return {"x": random.integers(0, 9, (B, S, W)), "words": random.integers(0, W + 1, (B, S)), "n": n,
            "context": normal(random, B, SIZE), "prior": normal(random, S, B)}


def expected(w, x, words, n, context, prior):
    B, S, W = x.shape

    def normed(at, x):
        return layer_norm(x, w[at + ".weight"], w[at + ".bias"])

    def gated(at, x, s):
        gate, new = numpy.split(affine(w, at + ".x_proj", x), 2)
        f = sigmoid(gate + w[at + ".h_gate.weight"] @ s[0])
        new = numpy.tanh(normed(at + ".norm", new + w[at + ".h_new.weight"] @ (f * s[0])))
        return [f * new + (1 - f) * s[0]]

    def coupled(at, x, s):
        f, o, g = numpy.split(w[at + ".weight_ih"] @ x + w[at + ".bias"] + w[at + ".weight_hh"] @ s[0], 3)
        f = sigmoid(f + 1)
        c = (1 - f) * numpy.tanh(g) + f * s[1]
        return [w[at + ".proj.weight"] @ (sigmoid(o) * numpy.tanh(c)), c]

    def over(cell, at, xs, s, backward=False):
        """The outputs of a cell over the rows of xs, and the last."""
        ys = numpy.zeros((len(xs), len(s[0])))
        for t in reversed(range(len(xs))) if backward else range(len(xs)):
            s = cell(at, xs[t], s)
            ys[t] = s[0]
        return ys, s[0]

    def both(at, xs, size):
        zero = [numpy.zeros(size)]
        return (over(gated, at + ".way.forward.cell", xs, zero),
                over(gated, at + ".way.backward.cell", xs, zero, backward=True))

    def pooled(at, xs, bias, temperature):
        if not len(xs):
            return numpy.zeros(SIZE), numpy.zeros(0)
        a = softmax(numpy.tanh(affine(w, at, xs)) @ w[at + ".query"] / temperature + bias)
        return a @ xs, a

    logits, topics = numpy.zeros((B, 5)), numpy.zeros((B, 9))
    by_sentence, by_word, lasts = numpy.zeros((S, B)), numpy.zeros((B, S, W)), numpy.zeros((3, B, SIZE))
    for b in range(B):
        y = numpy.zeros((n[b], SIZE))
        for s in range(S):
            ids = x[b, s, :words[b, s]]
            (ahead, _), (back, _) = both("word.rnn", w["emb.weight"][ids], HIDDEN)
            vector, by_word[b, s, :len(ids)] = pooled("word.attention", numpy.concatenate([ahead, back], axis=-1),
                                                      numpy.where(ids == 0, -2.0, 0.0), 1.0)
            if s < n[b]:
                y[s] = vector
        at = "sentence.stack."
        z, lasts[0, b] = over(coupled, at + "0.cell", normed(at + "0.LayerNorm", y), [context[b], numpy.zeros(INNER)])
        y = y + z
        z, lasts[1, b] = over(gated, at + "1.cell", y, [numpy.zeros(SIZE)], backward=True)
        y = normed(at + "1.LayerNorm", y + z)
        (ahead, last), (back, first) = both(at + "2", normed(at + "2.LayerNorm", y), SIZE)
        y, lasts[2, b] = y + ahead + back, last + first
        document, by_sentence[:n[b], b] = pooled("pool", y, prior[:n[b], b], 0.5)
        logits[b] = numpy.concatenate([affine(w, "head.0", document), affine(w, "head.1", document)])
        topics[b] = w["emb.weight"] @ affine(w, "topic.down", document)
    return logits, topics, by_sentence, by_word, lasts
