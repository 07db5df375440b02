"""States over several calls, through the C interface, against NumPy in float64: sizes open and fixed, -O0 and -O3."""

import pathlib

import numpy
from numpy import array, newaxis, ones, tanh, tile, where, zeros

from artefact import Model
from harness import TOLERANCE, Failure, difference, run

B, N = 2, 3
PROGRAMS = pathlib.Path(__file__).parent / "states"


def add_tests(suite, examples, tools, scratch):
    for name, check in (("cells", cells), ("odd", odd), ("ring", ring)):
        for level in (0, 3):
            for dims in ({}, {"B": B}):
                sizes = "fixed" if dims else "open"
                library = scratch / f"states-{name}-{level}-{sizes}.so"
                suite.add(f"states {name} -O{level}, sizes {sizes}", agrees, tools, name, check, level, dims, library)
    suite.add("states: every timed call is a first one", timed, tools)


def agrees(tools, name, check, level, dims, library):
    run(tools / "rondo", "compile", PROGRAMS / f"{name}.rondo", f"-O{level}", "-o", library,
        *[f"--dim={key}={size}" for key, size in dims.items()])
    generator = numpy.random.default_rng(0)
    model = Model(library, {"cells": "Net", "odd": "Odd", "ring": "Ring"}[name],
                  lambda key, shape: generator.normal(size=shape))
    check(model, lambda *shape: generator.normal(size=shape).astype("float32"), {} if dims else {"B": B})


def same(got, *want):
    """Checks a call's results, or one state."""
    got = got if isinstance(got, list) else [got]
    if len(got) != len(want):
        raise Failure(f"{len(got)} results, expected {len(want)}")
    for i, (result, value) in enumerate(zip(got, want)):
        value = numpy.asarray(value)
        if result.dtype.kind == "f":
            value = value.astype("float64")
        fault = difference(result, value.astype(result.dtype) if result.dtype.kind != "f" else value,
                           TOLERANCE.get(str(result.dtype), 0.0))
        if fault:
            raise Failure(f"value {i}: {fault}")


def cells(model, draw, dims):
    if model.states() != ["cache", "cells.0.h", "cells.1.h", "count"]:
        raise Failure(f"the states are {model.states()}")
    h, cache, count = [zeros((B, 4)), zeros((B, 4))], -ones((16, B, 4)), 0

    def both(x, live=True):
        for i in range(2):
            w = {key.split(".", 2)[2]: value.astype("float64") for key, value in model.weights.items()
                 if key.startswith(f"cells.{i}")}
            x = tanh(x @ w["w.weight"].T + w["w.bias"] + h[i] @ w["u.weight"].T)
            h[i] = where(live, x, h[i])
        return x

    step = model.open("step", **dims).reset()
    for _ in range(5):
        x = draw(B, 3)
        cache[count] = both(x)
        count += 1
        same(step(x=x), cache[count - 1], count)
    forward, xs = model.open("forward", step.states, T=4, **dims), draw(4, B, 3)
    for x in xs:
        cache[count] = both(x)
        count += 1
    same(forward(xs=xs), cache[count - 4:count])
    same(step.states["cache"], cache)
    same(model.open("look", step.states, **dims)(x=zeros(B)), cache)

    masked, lengths = model.open("masked", step.states, T=4, **dims), array([3, 0])
    live = [(t < lengths)[:, newaxis] for t in range(4)]
    ys = [where(live[t], both(x, live[t]), 0) for t, x in enumerate(xs)]
    same(masked(xs=xs, len=lengths), numpy.stack(ys))
    same([step.states["cells.0.h"], step.states["cells.1.h"]], *h)
    forward.reset()
    same([step.states["count"], step.states["cache"]], 0, -ones((16, B, 4)))


def odd(model, draw, dims):
    swap = model.open("swap", **dims).reset()
    a, b = tile(model.weights["h0"].astype("float64"), (B, 1)), ones((B, N))
    seen, bits, last = zeros(B, bool), array([250, 250], "uint8"), numpy.arange(B)
    for _ in range(4):
        x = draw(B, N)
        first = x + a
        a, b = b + x, a
        seen, bits, last = seen | (x[:, 0] > 0.5), bits + numpy.uint8(3), last[::-1]
        same(swap(x=x), first, b, seen, bits, last)
    same([swap.states["a"], swap.states["b"]], a, b)

    widened, padded = model.open("widened", **dims).reset(), numpy.full(2 * B + 1, 0.25)
    for _ in range(2):
        x = draw(B)
        padded = 0.5 * padded + numpy.concatenate([x, [0], x])
        same(widened(x=x), padded)

    T, S = 3, 4
    total, count = zeros(B), 0
    nested = model.open("nested", T=T, S=S, **dims).reset()
    for _ in range(2):
        xs, ys = draw(T, S, B), []
        for row in xs:
            for x in row:
                total = 0.5 * total + x
            count += 1
            ys.append(total * count)
        same(nested(xs=xs), numpy.stack(ys))
    ragged, lengths = model.open("ragged", nested.states, T=T, S=S, **dims), array([2, 3])
    for _ in range(2):
        ys = zeros((T, B))
        for t in reversed(range(T)):
            total = where(t < lengths, total + xs[t].sum(axis=0, dtype="float64"), total)
            ys[t] = where(t < lengths, 2 * total, 0)
        same(ragged(xs=xs, len=lengths), ys)
    same(ragged.states["total"], total)


def ring(model, draw, dims):
    buffer, first, position = zeros((B, 4, N)), zeros((B, N)), 0
    shift, other, ringed = (model.open(name, **dims) for name in ("shift", "shift2", "ring"))
    for opened in (other, ringed):
        opened.share(shift.states)
    shift.reset(), other.reset(), ringed.reset()
    for _ in range(6):
        x = draw(B, N)
        buffer = numpy.concatenate([buffer[:, 1:], x[:, newaxis]], axis=1)
        same(shift(x=x), buffer)
        x, old = draw(B, N), buffer
        buffer = numpy.concatenate([x[:, newaxis], old[:, :-1]], axis=1)
        same(other(x=x), buffer.sum(axis=1) + old.sum(axis=1))
        same(other.states["first"], old[:, 0])
        x, buffer = draw(B, N), buffer.copy()
        buffer[:, position % 4] = x
        position += 1
        same(ringed(x=x), buffer)
    for name in ("steps", "shifts"):
        opened = model.open(name, T=5, **dims)
        opened.share(other.states)
        for _ in range(2):
            xs, ys = draw(5, B, N), []
            for x in xs:
                buffer = buffer.copy()
                if name == "steps":
                    buffer[:, position % 4] = x
                    position += 1
                else:
                    buffer = numpy.concatenate([buffer[:, 1:], x[:, newaxis]], axis=1)
                ys.append(buffer.sum(axis=1))
            same(opened(xs=xs), numpy.stack(ys))


def timed(tools):
    """The cache is full after sixteen calls; measuring many more must not find it so."""
    run(tools / "rondo", "run", PROGRAMS / "cells.rondo", "--entry", "step", "--seed", "1", "--dim", "B=2", "--time", "40")
