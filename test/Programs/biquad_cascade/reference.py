"""Second-order sections one after the other, each over the whole signal."""

import numpy
from numeric import normal, stacked, uniform

CASES = [{"T": 20, "B": 2}, {"T": 1, "B": 1}, {"T": 0, "B": 3}]


def weights(random):
    sos = normal(random, 3, 6, 5)
    sos[:, 3] = 2.0
    sos[:, 4:] = uniform(random, -0.4, 0.4, 3, 2, 5)
    return {"sos": sos}


def inputs(random, T, B):
    return {"x": normal(random, T, B, 5), "s1": normal(random, 3, B, 5), "s2": normal(random, 3, B, 5)}


def expected(w, x, s1, s2):
    s1, s2 = s1.copy(), s2.copy()
    for k in range(3):
        b0, b1, b2, _, a1, a2 = w["sos"][k] / w["sos"][k, 3]
        y = []
        for v in x:
            out = b0 * v + s1[k]
            s1[k] = b1 * v - a1 * out + s2[k]
            s2[k] = b2 * v - a2 * out
            y.append(out)
        x = stacked(y, *s1.shape[1:])
    return x, s1, s2
