import numpy

CASES = [{"B": 5, "most": 50, "tolerance": 1e-3}, {"B": 5, "most": 3, "tolerance": 1e-3},
         {"B": 5, "most": 4, "tolerance": 0.0}, {"B": 5, "most": 0, "tolerance": 1e-3},
         {"B": 5, "most": -2, "tolerance": 1e-3}, {"B": 1, "most": 50, "tolerance": 1e9}]


def inputs(random, B, most, tolerance):
    return {"x": random.uniform(0.5, 9, B).astype("f4"), "most": most, "tolerance": tolerance}


def expected(x, most, tolerance):
    now, before, n, done = x, numpy.ones(len(x)), 0, False
    while n < most and not done:
        now, before, n = 0.5 * (now + x / now), now, n + 1
        done = abs(now - before).max() < tolerance
    return now, before, numpy.int64(n), numpy.bool_(done)
