"""The forward-backward algorithm with probabilities as they are, row by row."""

import numpy
from numeric import normal, softmax

CASES = [{"T": 6, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]


def weights(random):
    return {"start": normal(random, 4), "transition": normal(random, 4, 4), "emission": normal(random, 4, 6)}


def inputs(random, T, B):
    return {"seen": random.integers(0, 6, (T, B)), "n": random.integers(0, T + 1, B)}


def expected(w, seen, n):
    T, B = seen.shape
    pi, A, O = softmax(w["start"]), softmax(w["transition"]), softmax(w["emission"])
    gammas, likelihood, xi = numpy.zeros((T, B, 4)), numpy.zeros(B), numpy.zeros((4, 4))
    for r in range(B):
        E = O.T[seen[: n[r], r]]
        if n[r] == 0:
            continue
        alpha, beta = [pi * E[0]], [numpy.ones(4)]
        for e in E[1:]:
            alpha.append(alpha[-1] @ A * e)
        for e in E[:0:-1]:
            beta.insert(0, A @ (e * beta[0]))
        z = alpha[-1].sum()
        likelihood[r] = numpy.log(z)
        gammas[: n[r], r] = numpy.array(alpha) * numpy.array(beta) / z
        for t in range(n[r] - 1):
            xi += alpha[t][:, None] * A * (E[t + 1] * beta[t + 1]) / z
    return gammas, likelihood, xi
