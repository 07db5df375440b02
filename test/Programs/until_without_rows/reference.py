"""How often a number must be halved."""

import numpy
from numeric import uniform

CASES = [{"B": 0}, {"B": 3}, {"B": 1}]
ENTRY = "halvings"


def inputs(random, B):
    return {"x": uniform(random, 2.0, 1000.0, B)}


def expected(x):
    steps, done = [], numpy.zeros(len(x), bool)
    while not steps or not done.all():
        x = numpy.where(done, x, x / 2)
        done = x < 1
        steps.append(done)
    return numpy.array(steps, numpy.int64), x
