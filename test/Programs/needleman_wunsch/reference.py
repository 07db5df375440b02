"""Needleman and Wunsch's table; ties prefer both, then the first."""

import numpy

CASES = [{"N": 6, "M": 5}, {"N": 1, "M": 1}, {"N": 0, "M": 3}, {"N": 4, "M": 0}, {"N": 0, "M": 0}]


def weights(random):
    return {"scores": (2 * numpy.eye(4) - 1).astype(numpy.int32)}


def inputs(random, N, M):
    return {"a": random.integers(0, 4, N).astype(numpy.uint8), "b": random.integers(0, 4, M).astype(numpy.uint8)}


def expected(w, a, b):
    N, M = len(a), len(b)
    d, move = numpy.zeros((N + 1, M + 1), numpy.int32), numpy.zeros((N + 1, M + 1), numpy.int64)
    d[:, 0], d[0, :] = -2 * numpy.arange(N + 1), -2 * numpy.arange(M + 1)
    move[:, 0], move[0, :] = 1, 2
    for i in range(1, N + 1):
        for j in range(1, M + 1):
            options = [d[i - 1, j - 1] + 3 * w["scores"][a[i - 1], b[j - 1]], d[i - 1, j] - 2, d[i, j - 1] - 2]
            d[i, j], move[i, j] = max(options), int(numpy.argmax(options))
    path, (i, j) = [], (N, M)
    while i or j:
        m = move[i, j]
        path.append(m)
        i, j = i - (m in (0, 1)), j - (m in (0, 2))
    return d, numpy.array(path + [3] * (N + M - len(path)), numpy.int8), numpy.int64(len(path))
