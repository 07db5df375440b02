"""Indices: gathers, updates, the greatest, order, tables, random choice."""

from shaping import ONE, at_axis, at_least, axis_of, keep, shown, with_axis
from sizes import Size


def indices(g, axes, size):
    """The name of integers in [0, size) of a shape."""
    at_least(g, size, 1)
    found = [value for value in g.alive()
             if value.dtype == "i64" and value.shape == tuple(axes) and value.below == size]
    if found and g.chance(0.7):
        return g.draw.choice(found).name
    found = [value for value in g.alive() if value.dtype in ("i64", "i32") and value.shape == tuple(axes)]
    if (found or g.model is not g.program) and g.chance(0.6):
        g.need(found)
        return f"({g.draw.choice(found).name} % {in_brackets(size)})"
    g.need(g.model is g.program)
    least = size.at(g.program.dims)
    # Sizes of later runs are not below the least: an index below that is always right.
    return g.argument("i64", axes, 0, max(least, 1)).name


def in_brackets(size):
    return str(size) if len(size.terms) == 1 else f"({size})"


def rows(g):
    """x[idx], index_select, along any axis."""
    x = g.pick(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    count = g.one(*[value.shape[0] for value in g.alive() if value.shape], Size.of(3))
    index = indices(g, (count,), x.shape[axis])
    text = g.one(f"index_select({x.name}, {shown(g, axis, x)}, {index})", x.name + at_axis(axis, index))
    keep(g, x, text, with_axis(x, axis, count))


def one_row(g):
    """x[t] with t of rank 0."""
    x = g.pick(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    keep(g, x, x.name + at_axis(axis, indices(g, (), x.shape[axis])), x.shape[:axis] + x.shape[axis + 1:])


def gather(g):
    x = g.pick(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    axes = with_axis(x, axis, g.one(1, 2, 5, x.shape[axis]))
    index = indices(g, axes, x.shape[axis])
    keep(g, x, f"gather({x.name}, {shown(g, axis, x)}, {index})", axes)


def table(g):
    """Embedding by integers."""
    size, width = g.one(3, 7, 10), g.feature
    index = g.pick_int(lambda value: value.dtype in ("i64", "i32"))
    weight = g.weight((Size.of(size), width))
    g.let(f"embedding({index.name} % {size}, {weight.name})", g.float, index.shape + (width,), 2, special=False)


def one_hot(g):
    index = g.pick_int(lambda value: value.dtype == "i64")
    size = g.one(2, 5, 9)
    g.let(f"{g.float}(one_hot({index.name} % {size}, {size})) * 0.5", g.float, index.shape + (Size.of(size),), 1,
          special=False)


def topk(g):
    x = g.pick(lambda value: value.dtype not in ("bool", "u8", "bf16") and len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    k = g.one(1, 2, 3, 5)
    at_least(g, x.shape[axis], k)
    further = ", largest=false" if g.chance(0.4) else ""
    g.program.jumps = True
    axes = with_axis(x, axis, k)
    g.assign([(x.dtype, axes, x.bound, None, x.special), ("i64", axes, 1, x.shape[axis], False)],
             f"topk({x.name}, {k}, dim={shown(g, axis, x)}{further})")


def sort(g):
    x = g.pick(lambda value: value.dtype not in ("bool", "bf16") and len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    further = ", descending=true" if g.chance(0.4) else ""
    g.program.jumps = True
    g.assign([(x.dtype, x.shape, x.bound, None, x.special), ("i64", x.shape, 1, x.shape[axis], False)],
             f"sort({x.name}, dim={shown(g, axis, x)}{further})")


def update(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    n = x.shape[axis]
    if g.chance(0.6):
        at_least(g, n, 1)
        part, length = with_axis(x, axis, 1), 1
    else:
        at_least(g, n, 2)
        part, length = with_axis(x, axis, 2), 2
    v = g.want(part)
    at = g.one("0", str(n - length), indices(g, (), n) if length == 1 else "0")
    g.let(f"update({x.name}, {v.name}, {at}, dim={axis})", x.dtype, x.shape, max(x.bound, v.bound))


def categorical(g):
    x = g.pick(lambda value: value.dtype == "f32" and len(value.shape) >= 1 and not value.special)
    at_least(g, x.shape[-1], 1)
    g.program.jumps = True
    ints = [value.name for value in g.alive() if value.dtype == "i64" and not value.shape]
    key = g.one("5", *ints)
    g.let(f"categorical({g.number(0.5, 2)} * {x.name}, {key})", "i64", x.shape[:-1], below=x.shape[-1], special=False)
