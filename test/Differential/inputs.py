"""Sizes, arguments and weights of a program, drawn from its seed."""

import hashlib
import math
import random

import numpy

DTYPES = {"f32": numpy.float32, "f64": numpy.float64, "f16": numpy.float16, "i64": numpy.int64, "i32": numpy.int32,
          "i8": numpy.int8, "u8": numpy.uint8, "bool": numpy.bool_}
# Nothing, one, primes, full tiles and their tails.
SIZES = {"B": [0, 1, 1, 2, 2, 3, 5, 7], "T": [0, 1, 1, 2, 3, 5, 7, 8, 16, 17, 31, 32, 33, 47, 65],
         "S": [0, 1, 2, 3, 7, 8, 13, 17, 33, 48]}
LONG = 1030  # more than a tile of attention's keys, now and then
LARGEST = 400_000  # elements that a run computes; the interpreter looks at each


def size_sets(program, count):
    """Sizes of the dimension variables for so many runs; the first is for code of fixed sizes."""
    draw = random.Random(f"sizes {program.seed}")
    long = 0.2 if "attention(" in program.source() else 0.05
    sets = []
    for _ in range(20 * count):
        dims = {name: max(least, draw.choice([n for n in SIZES[name] if n >= least] or [least]))
                for name, least in program.dims.items()}
        if draw.random() < long:
            dims = {"B": max(1, program.dims["B"]), "T": max(3, program.dims["T"]), "S": LONG}
        # Of fixed sizes 0 little is left to compile.
        unwanted = not sets and not all(dims.values()) and draw.random() < 0.6
        if not unwanted and len(sets) < count and elements(program, dims) <= LARGEST:
            sets.append(dims)
    return sets + [dict(program.dims)] * (count - len(sets))


def elements(program, dims):
    """About how many elements are computed: those of all values, as often as their scans run."""
    def count(value):
        known = all(size.dims <= set(dims) for size in value.shape)
        return math.prod(size.at(dims) for size in value.shape) if known else 0

    def of(block, times):
        total = 0
        for statement in block:
            inner = [value for value, _ in statement.elements + statement.carries] if statement.blocks() else []
            pairs = max(dims.values()) if "attention(" in " ".join(statement.lines()) else 1
            total += times * pairs * sum(map(count, statement.targets + inner))
            for body in statement.blocks():
                total += of(body, times * max(1, statement.length.at(dims)))
        return total

    return sum(of(model.body, 4 if model is not program else 1) for model, _ in program.blocks()) + sum(
        map(count, program.arguments))


def arguments(program, dims, again=0):
    """Arrays by name; `again` draws others."""
    made = {}
    for value in program.arguments:
        shape = [size.at(dims) for size in value.shape]
        draw = generator(program.seed, value.name, str(sorted(dims.items())), str(again))
        if value.dtype == "bool":
            made[value.name] = draw.random(shape) < 0.6
        elif value.name in program.limits:
            low, high = (limit if isinstance(limit, int) else limit.at(dims) for limit in program.limits[value.name])
            made[value.name] = draw.integers(low, max(high, low + 1), shape).astype(DTYPES[value.dtype])
        else:
            array = draw.standard_normal(shape)
            if program.plan == "zeros":
                array = numpy.where(draw.random(shape) < 0.5, draw.choice([0.0, -0.0, 1.0, -1.0], shape), array)
            if value.special:
                some = draw.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-310, 1e-40, -1e-42, 6e-8], shape)
                array = numpy.where(draw.random(shape) < draw.choice([0.02, 0.1, 0.5]), some, array)
            with numpy.errstate(under="ignore"):
                made[value.name] = array.astype(DTYPES[value.dtype])
    return made


def weight(seed, key, shape):
    """The weight of a key; matrices are small, so that products stay near 1."""
    draw = generator(seed, key)
    if len(shape) >= 2:
        return draw.uniform(-1.2, 1.2, shape) / math.sqrt(max(shape[-1], 1))
    return numpy.asarray(draw.standard_normal(shape) * 0.5)


def generator(*texts):
    digest = hashlib.blake2b(" ".join(map(str, texts)).encode(), digest_size=8).digest()
    return numpy.random.default_rng(int.from_bytes(digest, "little"))
