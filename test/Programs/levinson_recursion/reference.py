"""The normal equations, solved order by order."""

import numpy
from numeric import stacked

CASES = [{"B": 2, "P": 5}, {"B": 1, "P": 1}, {"B": 2, "P": 0}]
ENTRY = "levinson"


def inputs(random, B, P):
    x = random.standard_normal((B, 40))
    r = numpy.stack([(x[:, : 40 - k] * x[:, k:]).sum(1) for k in range(P + 1)], 1)
    return {"r": r, "lag": r[:, :P]}


def expected(r, lag):
    B, P = lag.shape
    reflection, a, e = [], numpy.zeros((B, 0)), r[:, 0]
    for m in range(1, P + 1):
        matrix = numpy.stack([numpy.stack([r[:, abs(i - j)] for j in range(m)], 1) for i in range(m)], 1)
        a = numpy.linalg.solve(matrix, -r[:, 1 : m + 1, None])[..., 0]
        reflection.append(a[:, -1])
        e = r[:, 0] + (a * r[:, 1 : m + 1]).sum(1)
    return a, e, stacked(reflection, B)
