"""Newton's method with complex numbers."""

import numpy

CASES = [{"H": 3, "W": 4, "most": 200}, {"H": 1, "W": 1, "most": 3}, {"H": 2, "W": 2, "most": 0}, {"H": 0, "W": 2, "most": 5}]
ENTRY = "basins"
TOLERANCE = {"float64": 1e-8}


def inputs(random, H, W, most):
    return {"z": random.uniform(0.4, 2.0, (H, W, 2)), "most": most}


def expected(z, most):
    z = z[..., 0] + 1j * z[..., 1]
    steps, active, n, left = numpy.zeros(z.shape, numpy.int32), numpy.ones(z.shape, bool), 0, []
    while n < most:
        update = (z**3 - 1) / (3 * z**2)
        active = active & (abs(update) > 1e-9)
        z = numpy.where(active, z - update, z)
        steps += active
        n += 1
        left.append(active.sum())
        if not active.any():
            break
    return steps, numpy.stack([z.real, z.imag], -1), numpy.int64(n), numpy.array(left, numpy.int64)
