"""The ODE-RNN with Heun's method."""

import numpy
from numeric import affine, linear, normal, sigmoid, stacked

CASES = [{"T": 4, "B": 3, "steps": 3}, {"T": 1, "B": 1, "steps": 1}, {"T": 0, "B": 2, "steps": 2}]


def weights(random):
    w = linear(random, 5, 5, "ode.func.0") | linear(random, 4, 5, "ode.func.2")
    for name, shape in (("weight_ih", (12, 2)), ("weight_hh", (12, 4)), ("bias_ih", (12,)), ("bias_hh", (12,))):
        w["gru." + name] = normal(random, *shape, scale=0.5)
    return w


def inputs(random, T, B, steps):
    times = numpy.cumsum(random.random((T, B)), axis=0).astype("f4")
    return {"x": normal(random, T, B, 2), "times": times, "steps": steps, "h0": normal(random, B, 4)}


def expected(w, x, times, steps, h0):
    T, B, _ = x.shape

    def f(h, t):
        z = numpy.tanh(affine(w, "ode.func.0", numpy.concatenate([h, t[:, None]], axis=-1)))
        return affine(w, "ode.func.2", z) - 0.5 * h

    h, before, ys, far = h0, numpy.zeros(B), [], []
    for t in range(T):
        start, dt = h, (times[t] - before) / steps
        for i in range(steps):
            k1 = f(h, before + i * dt)
            k2 = f(h + dt[:, None] * k1, before + (i + 1) * dt)
            h = h + dt[:, None] / 2 * (k1 + k2)
        far.append(numpy.linalg.norm(h - start, axis=-1))
        ri, zi, ni = numpy.split(x[t] @ w["gru.weight_ih"].T + w["gru.bias_ih"], 3, axis=-1)
        rh, zh, nh = numpy.split(h @ w["gru.weight_hh"].T + w["gru.bias_hh"], 3, axis=-1)
        z = sigmoid(zi + zh)
        h, before = (1 - z) * numpy.tanh(ni + sigmoid(ri + rh) * nh) + z * h, times[t]
        ys.append(h)
    return stacked(ys, B, 4), h, stacked(far, B)
