"""The clockwork RNN, group by group."""

import numpy
from numeric import affine, linear, normal

CASES = [{"T": 9, "B": 2, "start": 0}, {"T": 5, "B": 1, "start": 3}, {"T": 0, "B": 3, "start": 1}]
PERIODS = [1, 2, 4]


def weights(random):
    w = {"w_h": normal(random, 6, 6)} | linear(random, 6, 3, "w_in")
    for g in range(3):
        w |= linear(random, 1, 6, f"speaks.{g}", bias=False)
    return w


def inputs(random, T, B, start):
    return {"x": normal(random, T, B, 3), "start": start}


def expected(w, x, start):
    T, B, _ = x.shape
    h, ys, spoken, moves = numpy.zeros((B, 6)), numpy.zeros((T, B, 6)), numpy.zeros((T, B)), numpy.zeros(3, numpy.int64)
    for t in range(T):
        old = h.copy()
        for g, period in enumerate(PERIODS):
            if (start + t) % period == 0:
                own = slice(2 * g, 2 * g + 2)
                h[:, own] = numpy.tanh(affine(w, "w_in", x[t])[:, own] + old[:, 2 * g:] @ w["w_h"][own, 2 * g:].T)
                moves[g] += 1
        ys[t] = h
        spoken[t] = sum(affine(w, f"speaks.{g}", h)[:, 0] / period for g, period in enumerate(PERIODS))
    return ys, moves, spoken
