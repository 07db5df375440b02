"""Layers in scans whose caches are chained, swapped, shared, reordered: the same numbers as NumPy's in float64, whether
or not a cache can be updated in place."""

import pathlib

import numpy
from numpy import array, einsum, exp, stack, tanh, zeros

from artefact import Model
from harness import Failure, Once, run
from phases import FORBIDDEN, joins, time_loops
from states import same

D, ROOM = 4, 16
PROGRAM = pathlib.Path(__file__).parent / "layers" / "caches.rondo"
KEPT = ("Own", "Chained", "Reverse", "Until", "Outside")  # of the others a cache would be copied, or a state


def add_tests(suite, examples, tools, scratch):
    for name, check in CHECKS.items():
        for level, dims in ((0, {}), (3, {}), (3, {"B": 3})):
            sizes = "fixed" if dims else "open"
            made = Once(compiled, tools, scratch / f"caches-{name}-{level}-{sizes}.so", name, level, dims)
            suite.add(f"layers' caches {name} -O{level}, sizes {sizes}", agrees, made, check, dims)
        suite.add(f"layers' caches {name}, one function in place" if name in KEPT else
                  f"layers' caches {name}, no function", kept, tools, name)


def kept(tools, name):
    bodies = time_loops(run(tools / "rondo", "compile", PROGRAM, "--model", name, "--emit=buffers", "-o", "-"))
    calls = sum(body.count("@Block.forward") for body in bodies)
    if calls != (3 if name in KEPT else 0):
        raise Failure(f"{calls} calls in loops over time")
    for line in "\n".join(bodies).splitlines() if name in KEPT else ():
        if any(word in line for word in FORBIDDEN) and not joins(line):  # a row into its place in the stack
            raise Failure(f"in a time loop: {line.strip()}")


def compiled(tools, library, name, level, dims):
    run(tools / "rondo", "compile", PROGRAM, "--model", name, f"-O{level}", "-o", library,
        *[f"--dim={key}={size}" for key, size in dims.items()])
    generator = numpy.random.default_rng(0)
    return Model(library, name, lambda key, shape: 0.4 * generator.normal(size=shape))  # so that it forgets


class Blocks:
    def __init__(self, model):
        self.weights = {key: value.astype("float64") for key, value in model.weights.items()}

    def linear(self, i, name, x):
        return x @ self.weights[f"blocks.{i}.{name}.weight"].T + self.weights[f"blocks.{i}.{name}.bias"]

    def __call__(self, i, x, keys, values, at):
        keys, values = keys.copy(), values.copy()
        keys[:, at] = self.linear(i, "k", x)
        values[:, at] = self.linear(i, "v", x)
        w = einsum("brd,bd->br", keys, self.linear(i, "q", x))
        w = exp(w - w.max(1, keepdims=True))
        y = einsum("br,brd->bd", w / w.sum(1, keepdims=True), values)
        return tanh(x + self.linear(i, "o", y)), keys, values

    def all(self, h, keys, values, at):
        for i in range(3):
            h, keys, values = self(i, h, keys, values, at + i)
        return h, keys, values


def agrees(made, check, dims):
    model = made.get()
    blocks = Blocks(model)
    generator = numpy.random.default_rng(1)
    draw = lambda *shape: generator.normal(size=shape).astype("float32")
    for rows in (3,) if dims else (3, 1, 0):
        for steps in (4, 1, 0):
            check(model, blocks, draw, rows, steps, {} if dims else {"B": rows})


def stacked(ys, *shape):
    return stack(ys) if ys else zeros((0, *shape))


def start(rows):
    return zeros((rows, D)), zeros((rows, ROOM, D)), zeros((rows, ROOM, D))


def own(model, blocks, draw, rows, steps, dims):
    xs, ys, (h, _, _) = draw(steps, rows, D), [], start(rows)
    caches = [start(rows)[1:] for i in range(3)]
    for t, x in enumerate(xs):
        h = h + x
        for i in range(3):
            h, *caches[i] = blocks(i, h, *caches[i], t)
        ys.append(h)
    all_keys = sum(keys for keys, _ in caches)
    same(model.open("forward", T=steps, **dims)(xs=xs), stacked(ys, rows, D), all_keys, caches[2][1])


def recurrence(step, order=1):
    """Of a step, h, keys, values, t -> h, keys, values, over all inputs."""
    def check(model, blocks, draw, rows, steps, dims):
        xs, ys, (h, keys, values) = draw(steps, rows, D), [], start(rows)
        for t in list(range(steps))[::order]:
            h, keys, values = step(blocks, h + xs[t], keys, values, t)
            ys.append(h)
        same(model.open("forward", T=steps, **dims)(xs=xs), stacked(ys[::order], rows, D), keys, values)
    return check


def swapped(blocks, h, keys, values, t):
    for i in range(3):
        h, values, keys = blocks(i, h, keys, values, 3 * t + i)
    return h, keys, values


def shared(blocks, h, keys, values, t):
    made = []
    for i in range(3):
        h, k, v = blocks(i, h, keys, values, t)
        made.append((k, v))
    return h, made[0][0], made[2][1]


def reordered(blocks, h, keys, values, t):
    h, keys, values = blocks.all(h, keys, values, 3 * t)
    order = numpy.argsort(-h[:, 0], kind="stable")
    return h[order], keys[order], values[order]


def twice(model, blocks, draw, rows, steps, dims):
    xs, ys, (h, cache, _) = draw(steps, rows, D), [], start(rows)
    for t, x in enumerate(xs):
        h = h + x
        for i in range(3):
            h, *made = blocks(i, h, cache, cache, t)
            cache = made[i % 2]
        ys.append(h)
    same(model.open("forward", T=steps, **dims)(xs=xs), stacked(ys, rows, D), cache)


def reread(model, blocks, draw, rows, steps, dims):
    xs, ys, all_keys, (h, keys, values) = draw(steps, rows, D), [], [], start(rows)
    for t, x in enumerate(xs):
        h = h + x
        for i in range(3):
            before = values
            h, keys, values = blocks(i, h, keys, values, 3 * t + i)
            h = h + before.sum(1)
        ys.append(h)
        all_keys.append(keys)
    same(model.open("forward", T=steps, **dims)(xs=xs), stacked(ys, rows, D), stacked(all_keys, rows, ROOM, D), values)


def constant(model, blocks, draw, rows, steps, dims):
    xs, cache, ys, (h, _, empty) = draw(steps, rows, D), draw(rows, ROOM, D), [], start(rows)
    for t, x in enumerate(xs):
        h = h + x
        for i in range(3):
            h, _, _ = blocks(i, h, cache.astype("float64"), empty, t)
        ys.append(h)
    same(model.open("forward", T=steps, **dims)(xs=xs, cache=cache), stacked(ys, rows, D))


def nested(model, blocks, draw, rows, steps, dims):
    for inner in (3, 0):
        xs, (h, keys, values) = draw(steps, inner, rows, D), start(rows)
        ys = zeros(xs.shape)
        for t in range(steps):
            for n in range(inner):
                h, keys, values = blocks(0, h, keys, values, t + n)
                y, keys, values = blocks(1, xs[t, n].astype("float64"), keys, values, t + n + 1)
                h, keys, values = blocks(2, h + y, keys, values, t + n + 2)
                ys[t, n] = h
        same(model.open("forward", T=steps, N=inner, **dims)(xs=xs), ys, keys, values)


def lengths(model, blocks, draw, rows, steps, dims):
    xs, ys, (h, keys, values) = draw(steps, rows, D), [], start(rows)
    n = array([steps, steps // 2, 0])[:rows]
    for t, x in enumerate(xs):
        live = (t < n)[:, None]
        nexts = blocks.all(h + x, keys, values, 3 * t)
        h = numpy.where(live, nexts[0], h)
        keys, values = (numpy.where(live[..., None], new, old) for new, old in zip(nexts[1:], (keys, values)))
        ys.append(numpy.where(live, h, 0))
    same(model.open("forward", T=steps, **dims)(xs=xs, n=n), stacked(ys, rows, D), keys, values)


def until(model, blocks, draw, rows, steps, dims):
    for most in (2, 9):
        xs, (h, keys, values) = draw(steps, rows, D), start(rows)
        done = min(most, steps)
        ys = []
        for t in range(done):
            h, keys, values = blocks.all(h + xs[t], keys, values, 3 * t)
            ys.append(h)
        got = model.open("forward", T=steps, **dims)(xs=xs, most=most)
        same([got[0][:done], *got[1:]], stacked(ys, rows, D), keys, values)


def states(model, blocks, draw, rows, steps, dims):
    (_, keys, values), at = start(rows), 0
    step = model.open("step", **dims).reset()
    forward = model.open("forward", step.states, T=steps, **dims)
    for call in (step, forward, step):
        xs, ys, h = draw(1 if call is step else steps, rows, D), [], zeros((rows, D))
        for x in xs:
            h, keys, values = blocks.all(h + x, keys, values, at)
            at += 3
            ys.append(h)
        if call is step:
            same(step(x=xs[0]), ys[0], keys, values)
        else:
            same(forward(xs=xs), stacked(ys, rows, D), keys, values)
        if at > ROOM - 3:
            return


def outside(model, blocks, draw, rows, steps, dims):
    xs, k, v = draw(steps, rows, D), draw(rows, ROOM, D), draw(rows, ROOM, D)
    h, keys, values = blocks.all(zeros((rows, D)), k.astype("float64"), v.astype("float64"), 0)
    first, ys = keys + k, []
    for t, x in enumerate(xs):
        h, keys, values = blocks.all(h + x, keys, values, 3 * t)
        ys.append(h)
    same(model.open("forward", T=steps, **dims)(xs=xs, k=k, v=v), stacked(ys, rows, D), keys, values, first)


def chained(blocks, h, keys, values, t):
    return blocks.all(h, keys, values, 3 * t)


CHECKS = {"Own": own, "Chained": recurrence(chained), "Swapped": recurrence(swapped), "Shared": recurrence(shared),
          "Twice": twice, "Reordered": recurrence(reordered), "Reread": reread, "Constant": constant, "Nested": nested,
          "Reverse": recurrence(chained, -1), "Lengths": lengths, "Until": until, "States": states, "Outside": outside}
