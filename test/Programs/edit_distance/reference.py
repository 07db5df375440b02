"""Levenshtein's distance by its table."""

import numpy

CASES = [{"B": 3, "N": 5, "M": 4}, {"B": 1, "N": 1, "M": 1}, {"B": 2, "N": 0, "M": 3}, {"B": 2, "N": 3, "M": 0}]
ENTRY = "distance"


def inputs(random, B, N, M):
    return {"a": random.integers(0, 3, (B, N)).astype(numpy.int32),
            "b": random.integers(0, 3, (B, M)).astype(numpy.int32),
            "na": random.integers(0, N + 1, B), "nb": random.integers(0, M + 1, B)}


def expected(a, b, na, nb):
    B, N = a.shape
    M = b.shape[1]
    result, table = numpy.zeros(B, numpy.int64), numpy.zeros((N, B, M + 1), numpy.int64)
    for r in range(B):
        d = numpy.zeros((na[r] + 1, M + 1), numpy.int64)
        d[0] = range(M + 1)
        for i in range(1, na[r] + 1):
            d[i, 0] = i
            for j in range(1, M + 1):
                d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[r, i - 1] != b[r, j - 1]))
            table[i - 1, r] = d[i]
        result[r] = d[na[r], nb[r]]
    return result, table
