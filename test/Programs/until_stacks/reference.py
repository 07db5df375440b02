import numpy

# Stops at the first step, in the middle, at the last and never; none and one step.
CASES = [{"T": 7, "B": 3, "limit": 4.0}, {"T": 7, "B": 3, "limit": -1.0}, {"T": 7, "B": 3, "limit": 14.0},
         {"T": 7, "B": 3, "limit": 1e9}, {"T": 1, "B": 3, "limit": 1e9}, {"T": 0, "B": 3, "limit": 4.0},
         {"T": 33, "B": 17, "limit": 100.0}]


def inputs(random, T, B, limit):
    return {"x": random.standard_normal((T, B)).astype("f4"), "limit": limit}


def until(rows, start, limit):
    """Running sums of |row|, until one is beyond the limit in all."""
    s, ys = start, []
    for row in rows:
        s = s + abs(row)
        ys.append(s)
        if s.sum() > limit:
            break
    return numpy.array(ys).reshape(len(ys), len(start)), s


def expected(x, limit):
    zeros = numpy.zeros(x.shape[1])
    ys, s = until(x, zeros, limit)
    zs = x[: len(ys)]
    us = numpy.cumsum(ys * zs, axis=0)
    vs, _ = until(us, s, 2 * limit)
    return (ys + zs, ys.T, ys @ ys.T, (ys + zs).reshape(-1), ys.sum(0), vs, numpy.concatenate([ys, vs, x]),
            numpy.int64(len(ys)))
