import numpy

CASES = [{"T": 7, "B": 4, "limit": 8.0}, {"T": 7, "B": 4, "limit": -1.0}, {"T": 6, "B": 4, "limit": 1e9},
         {"T": 1, "B": 4, "limit": 8.0}]


def inputs(random, T, B, limit):
    return {"x": random.standard_normal((T, B)).astype("f4"), "limit": limit}


def expected(x, limit):
    sums = numpy.cumsum(abs(x), axis=0)
    beyond = sums.sum(1) > limit
    ys = sums[: beyond.argmax() + 1] if beyond.any() else sums
    return ys[-1], ys[0], ys[1:] - ys[:-1], ys[::2], numpy.ones(x.shape[1], bool)
