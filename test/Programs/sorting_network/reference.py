"""A stable sort."""

import numpy
from numeric import normal

CASES = [{"B": 3, "N": 7}, {"B": 2, "N": 6}, {"B": 1, "N": 1}]
ENTRY = "network"


def inputs(random, B, N):
    keys = numpy.round(normal(random, B, N), 0)
    keys[0, N // 2] = numpy.nan
    return {"keys": keys}


def expected(keys):
    order = numpy.argsort(keys, 1, kind="stable")
    return numpy.take_along_axis(keys, order, 1), order.astype(numpy.int32)
