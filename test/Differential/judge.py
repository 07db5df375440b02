"""Whether two ways to compute a program agree, by the tolerances of the end-to-end tests.

Where rounding decides a number nothing can be said: the interpreter computes in f64 throughout, and in some other ways
that round to each type, to the nearest and at random. A result counts as wrong if it lies farther than the tolerance from
all of them, and farther from f64's than FACTOR times what the others do. Of f64 all are the same: some roundings of a
number near 1 are no difference.
"""

import pathlib
import sys

import numpy

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
from harness import TOLERANCE, difference, error

FACTOR = 16
ROUNDINGS = 64 * 2.0**-53  # as what is left of a value less itself


def tolerance(program, dtype):
    """Of a result of a type: that of the type that the program computes in, if this is coarser."""
    return max(TOLERANCE.get(str(dtype), 0.0), TOLERANCE[program.tolerance] if dtype.kind == "f" else 0.0)


def distance(got, want):
    """How far apart two results are, relative to the greater; infinite where NaN and infinities do not fit."""
    if got.shape != want.shape:
        return numpy.inf
    if got.dtype.kind != "f":
        return 0.0 if numpy.array_equal(got, want) else numpy.inf
    finite = numpy.isfinite(want)
    if not numpy.array_equal(got[~finite].astype(numpy.float64), want[~finite].astype(numpy.float64), equal_nan=True):
        return numpy.inf
    if got.dtype == numpy.float64 and (abs(got[finite] - want[finite]) <= ROUNDINGS).all():
        return 0.0
    found = error(got[finite], want[finite].astype(numpy.float64))
    return found if numpy.isfinite(found) else numpy.inf


def compare(program, got, exact, rounded=()):
    """Faults of results beside those of the interpreter, `exact` in f64 and those `rounded` in some ways: pairs of a
    result's number and what is wrong; and the number of results of which nothing can be said."""
    if len(got) != len(exact):
        return [(0, f"{len(got)} results, expected {len(exact)}")], 0
    faults, unclear = [], 0
    for i, (have, want) in enumerate(zip(got, exact)):
        allowed = tolerance(program, have.dtype)
        away = distance(have, want)
        if away <= allowed:
            continue
        if any(distance(have, other[i]) <= allowed for other in rounded):
            continue
        spread = max((distance(other[i], want) for other in rounded), default=0)
        if spread and away <= FACTOR * spread:
            unclear += 1
            continue
        faults.append((i, difference(have, want.astype(numpy.float64) if have.dtype.kind == "f" else want, allowed)))
    return faults, unclear
