"""The particle filter with searchsorted."""

import numpy
from numeric import log_sum_exp, normal, stacked

CASES = [{"T": 7, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]


def weights(random):
    return {"log_noise": numpy.float32([-0.5]).reshape(()), "drift": numpy.float32([0.125]).reshape(())}


def inputs(random, T, B):
    return {"seen": normal(random, T, B), "noise": normal(random, T, B, 8), "u": random.random((T, B)).astype("f4")}


def expected(w, seen, noise, u):
    T, B = seen.shape
    x, even = numpy.zeros((B, 8)), numpy.full((B, 8), -numpy.log(8))
    lw, loglik, count, means = even, numpy.zeros(B), numpy.zeros(B, numpy.int64), []
    for t in range(T):
        x = x + w["drift"] + noise[t]
        lw = lw - 0.5 * ((seen[t][:, None] - x) / numpy.exp(w["log_noise"])) ** 2 - w["log_noise"]
        total = log_sum_exp(lw)
        loglik, lw = loglik + total, lw - total[:, None]
        p = numpy.exp(lw)
        means.append((p * x).sum(1))
        few = 1 / (p**2).sum(1) < 4
        for b in numpy.flatnonzero(few):
            places = (numpy.arange(8) + u[t, b]) / 8
            x[b] = x[b][numpy.minimum(numpy.searchsorted(numpy.cumsum(p[b]), places), 7)]
        lw = numpy.where(few[:, None], even, lw)
        count += few
    return stacked(means, B), loglik, count
