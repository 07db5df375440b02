"""The Kalman filter with matrices: gain P Hᵀ S⁻¹, negative log-likelihood of each innovation."""

import numpy
from numeric import normal, softplus, stacked

CASES = [{"T": 6, "B": 3}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]


def weights(random):
    return {"F": normal(random, 4, 4, scale=0.4), "H": normal(random, 2, 4), "q": normal(random, 4),
            "r": normal(random, 2)}


def inputs(random, T, B):
    return {"zs": normal(random, T, B, 2), "x0": normal(random, B, 4)}


def expected(w, zs, x0):
    F, H, Q, R = w["F"], w["H"], numpy.diag(softplus(w["q"])), numpy.diag(softplus(w["r"]))
    B = len(x0)
    x, P = x0, numpy.broadcast_to(numpy.eye(4), (B, 4, 4))
    states, surprise = [], []
    for z in zs:
        x, P = x @ F.T, F @ P @ F.T + Q
        S = H @ P @ H.T + R
        K = P @ H.T @ numpy.linalg.inv(S)
        v = z - x @ H.T
        x = x + numpy.einsum("bnm,bm->bn", K, v)
        P = P - K @ H @ P
        states.append(x)
        quadratic = numpy.einsum("bi,bij,bj->b", v, numpy.linalg.inv(S), v)
        surprise.append(0.5 * (2 * numpy.log(2 * numpy.pi) + numpy.log(numpy.linalg.det(S)) + quadratic))
    return stacked(states, B, 4), stacked(surprise, B), P
