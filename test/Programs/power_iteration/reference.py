"""Eigenvalues by LAPACK."""

import numpy

CASES = [{"N": 5, "count": 3}, {"N": 1, "count": 1}, {"N": 3, "count": 0}]
ENTRY = "eigen"
TOLERANCE = {"float64": 1e-9}


def inputs(random, N, count):
    q, _ = numpy.linalg.qr(random.standard_normal((N, N)))
    return {"A": (q * 3.0 ** -numpy.arange(N)) @ q.T, "start": random.random(N) + 0.1, "count": count}


def expected(A, start, count):
    values, vectors = numpy.linalg.eigh(A)
    values, vectors = values[::-1][:count], vectors.T[::-1][:count]
    signs = [numpy.sign(v[numpy.argmax(abs(v))]) for v in vectors]
    return values, vectors * numpy.array(signs).reshape(count, 1), numpy.ones(count, numpy.int64)
