"""The conditional random field by going through all paths."""

import itertools

import numpy
from numeric import log_sum_exp, normal

CASES = [{"T": 4, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]
TAGS = 4


def weights(random):
    return {"start_transitions": normal(random, TAGS), "end_transitions": normal(random, TAGS),
            "transitions": normal(random, TAGS, TAGS)}


def inputs(random, T, B):
    n = random.integers(0, T + 1, B)
    n[0] = T
    return {"emissions": normal(random, T, B, TAGS), "labels": random.integers(0, TAGS, (T, B)), "n": n}


def expected(w, emissions, labels, n):
    T, B, _ = emissions.shape
    start, end, moves = w["start_transitions"], w["end_transitions"], w["transitions"]
    likelihood, logz, marginals, best = numpy.zeros(B), numpy.zeros(B), numpy.zeros((T, B, TAGS)), 0 * labels
    for b in range(B):
        steps = range(n[b])

        def score(path):
            return (start[path[0]] + end[path[-1]] + sum(emissions[t, b, path[t]] for t in steps)
                    + sum(moves[path[t], path[t + 1]] for t in steps[:-1]))

        if n[b] == 0:
            logz[b] = log_sum_exp(start + end)
            continue
        paths = list(itertools.product(range(TAGS), repeat=int(n[b])))
        scores = numpy.array([score(path) for path in paths])
        logz[b] = log_sum_exp(scores)
        likelihood[b] = score(labels[:n[b], b]) - logz[b]
        for path, s in zip(paths, scores):
            for t in steps:
                marginals[t, b, path[t]] += numpy.exp(s - logz[b])
        best[:n[b], b] = paths[scores.argmax()]
    return likelihood, logz, marginals, best
