import numpy

CASES = [{"T": 7, "B": 4, "limit": 5.0}, {"T": 7, "B": 4, "limit": 7.5}, {"T": 7, "B": 4, "limit": 1e9},
         {"T": 0, "B": 4, "limit": 5.0}]


def inputs(random, T, B, limit):
    n = numpy.array([T, T // 2, 0, min(T, 1)])
    return {"x": random.standard_normal((T, B)).astype("f4"), "n": n, "limit": limit}


def expected(x, n, limit):
    s, ys = numpy.zeros(len(n)), []
    for t, v in enumerate(x):
        live = t < n
        s = numpy.where(live, s + abs(v), s)
        ys.append(numpy.where(live, s, 0))
        if s.sum() > limit:
            break
    return numpy.array(ys).reshape(len(ys), len(n)), s
