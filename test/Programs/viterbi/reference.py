"""Viterbi's algorithm, row by row."""

import numpy
from numeric import log_softmax, normal, stacked

CASES = [{"B": 3, "T": 8}, {"B": 1, "T": 1}, {"B": 4, "T": 0}, {"B": 0, "T": 3}]


def weights(random):
    return {"start": normal(random, 5), "transition": normal(random, 5, 5), "emission": normal(random, 5, 7)}


def inputs(random, B, T):
    return {"seen": random.integers(0, 7, (B, T)), "n": random.integers(0, T + 1, B)}


def expected(w, seen, n):
    B, T = seen.shape
    start, transition = log_softmax(w["start"]), log_softmax(w["transition"])
    emission = log_softmax(w["emission"])
    path, top = numpy.zeros((T, B), numpy.int64), numpy.zeros(B)
    for b in range(B):
        best, pointers = start, []
        for t in range(n[b]):
            if t > 0:
                step = best[:, None] + transition
                pointers.append(step.argmax(0))
                best = step.max(0)
            best = best + emission[:, seen[b, t]]
        top[b] = best.max()
        s = best.argmax()
        for t in reversed(range(n[b])):
            path[t, b] = s
            if t > 0:
                s = pointers[t - 1][s]
    return path, top
