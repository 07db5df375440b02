"""Brackets by a list."""

import numpy

CASES = [{"T": 12, "seed": 1}, {"T": 1, "seed": 0}, {"T": 0, "seed": 0}, {"T": 30, "seed": 5}]
ENTRY = "match"


def inputs(random, T, seed):
    random = numpy.random.default_rng(seed)
    return {"tokens": random.choice(7, T, p=[0.1, 0.2, 0.15, 0.15, 0.2, 0.1, 0.1])}


def expected(tokens):
    stack, good, partners = [], True, []
    for i, t in enumerate(tokens):
        partner = -1
        if 1 <= t <= 3:
            if len(stack) < 4:
                stack.append((t, i))
            else:
                good = False
        elif t >= 4:
            if stack and stack[-1][0] == t - 3:
                partner = stack.pop()[1]
            else:
                good = False
        partners.append(partner)
    return numpy.array(partners, numpy.int64), numpy.array(good and not stack), numpy.int64(len(stack))
