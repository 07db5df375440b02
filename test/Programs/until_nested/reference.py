import numpy

CASES = [{"T": 7, "limit": 5.0}, {"T": 7, "limit": -1.0}, {"T": 7, "limit": 1e9}, {"T": 1, "limit": 5.0},
         {"T": 20, "limit": 11.0}]


def inputs(random, T, limit):
    return {"x": random.standard_normal((T, 3)).astype("f4"), "limit": limit}


def weights(random):
    return {"mix.weight": random.standard_normal((3, 3)).astype("f4"), "mix.bias": random.standard_normal(3).astype("f4")}


def expected(weights, x, limit):
    acc, ys, ns = numpy.zeros(3), [], []
    for v in x:
        h, us = abs(v), []
        for u in x:
            h = h + abs(weights["mix.weight"] @ u + weights["mix.bias"])
            us.append(h)
            if h.sum() > limit:
                break
        us = numpy.array(us)
        acc = acc + us[-1] + us[0]
        ys.append(us.mean(0) + (us.T @ us)[0])
        ns.append(len(us))
        if acc.sum() > 3 * limit:
            break
    return numpy.array(ys), numpy.array(ns), acc
