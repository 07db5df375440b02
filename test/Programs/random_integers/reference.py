"""The generators with Python's integers."""

import numpy

CASES = [{"S": 3, "n": 6}, {"S": 1, "n": 0}]
ENTRY = "draws"


def inputs(random, S, n):
    return {"seed": random.integers(-(2**62), 2**62, S), "n": n}


def wrap(x, bits):
    return (int(x) + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def expected(seed, n):
    s, m, rows = [int(v) for v in seed], [wrap(v, 32) for v in seed], []
    for _ in range(n):
        s = [wrap(v * 6364136223846793005 + 1442695040888963407, 64) for v in s]
        m = [wrap(v * 1664525 + 1013904223, 32) for v in m]
        high = [v // 2**32 for v in s]
        rows.append((s, m, [v % 2**24 / 2**24 for v in high], [v % 6 + 1 for v in high]))
    types = [numpy.int64, numpy.int32, numpy.float64, numpy.int64]
    columns = [numpy.array([r[i] for r in rows], t).reshape(n, len(seed)) for i, t in enumerate(types)]
    return *columns, numpy.array(s, numpy.int64)
