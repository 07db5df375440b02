"""The classical Runge-Kutta method on Lorenz's equations."""

import numpy
from numeric import normal, stacked

CASES = [{"T": 7, "B": 3, "every": 2}, {"T": 1, "B": 1, "every": 0}, {"T": 0, "B": 2, "every": 5}]
ENTRY = "trajectory"


def inputs(random, T, B, every):
    return {"y0": normal(random, B, 3), "rho": (28 + normal(random, T)).astype(numpy.float32), "dt": 0.0078125,
            "every": every}


def derivative(s, rho):
    x, y, z = s[:, 0], s[:, 1], s[:, 2]
    return numpy.stack([10 * (y - x), x * (rho - z) - y, x * y - 8 / 3 * z], -1)


def expected(y0, rho, dt, every):
    y, steps = y0, []
    for r in rho:
        steps.append(y)
        for _ in range(every):
            k1 = derivative(y, r)
            k2 = derivative(y + 0.5 * dt * k1, r)
            k3 = derivative(y + 0.5 * dt * k2, r)
            k4 = derivative(y + dt * k3, r)
            y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return stacked(steps, *y0.shape), y
