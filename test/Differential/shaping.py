"""Slices, shapes, joins; reductions and sums along axes."""

from generator import Unfit
from sizes import Size

ONE = Size.of(1)


def axis_of(g, x, fits=lambda size: True):
    axes = [i for i, size in enumerate(x.shape) if fits(size)]
    g.need(axes)
    return g.draw.choice(axes)


def shown(g, axis, x):
    """An axis as a number, sometimes counted from the end."""
    return axis - len(x.shape) if g.chance(0.5) else axis


def with_axis(x, axis, *sizes):
    return x.shape[:axis] + tuple(Size.of(size) for size in sizes) + x.shape[axis + 1:]


def at_axis(axis, index):
    return "[" + ":, " * axis + index + "]"


def at_least(g, size, least):
    """Asks the sizes of dimension variables to make `size` at least `least`."""
    if size.constant is not None:
        g.need(size.constant >= least)
        return
    dims = g.program.dims
    g.need(size.dims <= set(dims) and len(size.terms) <= 2)
    trial = dict(dims)
    while size.at(trial) < least:
        g.need(sum(trial.values()) < 12)
        for name in size.dims:
            trial[name] += 1
    # Sums of products with factors above 0, and constants: what holds for the least holds for greater ones.
    g.need(all(factor > 0 for names, factor in size.terms.items() if names))
    dims.update(trial)


def keep(g, x, text, axes, bound=None):
    """A value of the type of x in another shape."""
    return g.let(text, x.dtype, axes, bound or x.bound, special=x.special)


def any_value(g, least_rank=1):
    return g.pick(lambda value: len(value.shape) >= least_rank)


def element(g):
    x = any_value(g)
    axis = axis_of(g, x)
    size = x.shape[axis]
    index = g.one("0", "-1", "size", "1")
    at_least(g, size, 2 if index == "1" else 1)
    if index == "size":
        index = str(size - 1)
    keep(g, x, x.name + at_axis(axis, index), x.shape[:axis] + x.shape[axis + 1:])


def cut(g):
    x = any_value(g)
    axis = axis_of(g, x)
    n = x.shape[axis]
    form = g.one("[1:]", "[:-1]", "[::2]", "[::-1]", "[:2]", "[::3]", "half", "rest")
    if form == "[1:]" or form == "[:-1]":
        at_least(g, n, 1)
        index, size = form[1:-1], n - 1
    elif form in ("[::2]", "[::3]"):
        k = int(form[3])
        g.need(n.constant is not None)
        index, size = f"::{k}", (n.constant + k - 1) // k
    elif form == "[::-1]":
        index, size = "::-1", n
    elif form == "[:2]":
        at_least(g, n, 2)
        index, size = ":2", 2
    else:
        g.need(n.constant is not None and n.constant > 1)
        half = n.constant // 2
        index, size = (f":{half}", half) if form == "half" else (f"{half}:", n.constant - half)
    keep(g, x, x.name + at_axis(axis, index), with_axis(x, axis, size))


def narrow(g):
    x = any_value(g)
    axis = axis_of(g, x)
    n = x.shape[axis]
    at_least(g, n, 2)
    keep(g, x, f"narrow({x.name}, {shown(g, axis, x)}, 1, {n - 1})", with_axis(x, axis, n - 1))


def transpose(g):
    x = any_value(g, 2)
    axes = list(range(len(x.shape)))
    g.draw.shuffle(axes)
    i, j = axes[:2]
    if g.chance(0.5):
        order = list(range(len(x.shape)))
        order[i], order[j] = j, i
        text = f"transpose({x.name}, {i}, {shown(g, j, x)})"
    else:
        order, text = axes, f"permute({x.name}, {', '.join(map(str, axes))})"
    keep(g, x, text, tuple(x.shape[i] for i in order))


def reshape(g):
    x = any_value(g)
    axis = g.draw.randrange(len(x.shape))
    n = x.shape[axis].constant
    if n and n % 2 == 0 and g.chance(0.5):
        left = g.one(*[k for k in range(1, n + 1) if n % k == 0])
        axes = with_axis(x, axis, left, n // left)
    elif axis + 1 < len(x.shape):
        axes = x.shape[:axis] + (x.shape[axis] * x.shape[axis + 1],) + x.shape[axis + 2:]
        if g.chance(0.3):
            return keep(g, x, f"flatten({x.name}, {axis}, {axis + 1})", axes)
    else:
        raise Unfit
    keep(g, x, f"reshape({x.name}, {', '.join(map(str, axes))})", axes)


def unit(g):
    """Axes of size 1 come and go."""
    x = g.pick()
    axis = g.draw.randint(0, len(x.shape))
    wide = x.shape[:axis] + (ONE,) + x.shape[axis:]
    ones = [i for i, size in enumerate(x.shape) if size == 1]
    if ones and g.chance(0.6):
        i = g.draw.choice(ones)
        return keep(g, x, f"squeeze({x.name}, {shown(g, i, x)})", x.shape[:i] + x.shape[i + 1:])
    if g.chance(0.5):
        return keep(g, x, f"unsqueeze({x.name}, {axis})", wide)
    size = g.one(2, 3, *[size for value in g.alive() for size in value.shape])
    sizes = ", ".join(map(str, x.shape[:axis] + (Size.of(size),) + x.shape[axis:]))
    keep(g, x, f"expand(unsqueeze({x.name}, {axis}), {sizes})", with_axis_inserted(x, axis, size))


def with_axis_inserted(x, axis, size):
    return x.shape[:axis] + (Size.of(size),) + x.shape[axis:]


def concat(g):
    x = any_value(g)
    axis = g.draw.randrange(len(x.shape))
    fits = lambda y: (y.dtype == x.dtype and len(y.shape) == len(x.shape)
                      and y.shape[:axis] + y.shape[axis + 1:] == x.shape[:axis] + x.shape[axis + 1:])
    parts = [g.pick(fits) for _ in range(g.one(1, 1, 1, 2, 2, 9))]
    parts.insert(g.draw.randint(0, len(parts)), x)
    names = ", ".join(value.name for value in parts)
    bound = max(value.bound for value in parts)
    if g.chance(0.25) and all(value.shape == x.shape for value in parts):
        return keep(g, x, f"stack([{names}], dim={axis})", with_axis_inserted(x, axis, len(parts)), bound)
    total = sum((value.shape[axis] for value in parts), Size.of(0))
    special = any(value.special for value in parts)
    g.let(f"concat([{names}], dim={shown(g, axis, x)})", x.dtype, with_axis(x, axis, total), bound, special=special)


def split(g):
    x = any_value(g)
    axis = axis_of(g, x, lambda size: (size.constant or 0) > 1)
    n = x.shape[axis].constant
    parts = g.one(*[k for k in (2, 3, 4) if n % k == 0] or [0])
    if parts:
        sizes, text = [n // parts] * parts, f"chunk({x.name}, {parts}, dim={axis})"
    else:
        first = g.draw.randint(1, n - 1)
        sizes, text = [first, n - first], f"split({x.name}, [{first}, {n - first}], dim={axis})"
    g.assign([(x.dtype, with_axis(x, axis, size), x.bound, None, x.special) for size in sizes], text)


def repeat(g):
    x = any_value(g)
    counts = [g.one(1, 1, 2, 3) for _ in x.shape]
    keep(g, x, f"repeat({x.name}, {', '.join(map(str, counts))})", tuple(s * c for s, c in zip(x.shape, counts)))


def turn(g):
    x = any_value(g)
    axis = g.draw.randrange(len(x.shape))
    text = g.one(f"flip({x.name}, {shown(g, axis, x)})", f"roll({x.name}, {g.one(1, 2, -1, -3)}, {shown(g, axis, x)})")
    keep(g, x, text, x.shape)


def pad(g):
    x = g.pick(lambda value: value.is_float and len(value.shape) >= 1)
    before, after = g.draw.randint(0, 3), g.draw.randint(0, 2)
    mode = g.one("constant", "constant", "constant", "reflect", "replicate", "circular")
    if mode != "constant":
        g.need(2 <= len(x.shape) <= 3)
        at_least(g, x.shape[-1], 4)
    pads, axes = [before, after], list(x.shape)
    axes[-1] = axes[-1] + before + after
    if mode == "constant" and len(axes) > 1 and g.chance(0.4):
        pads += [1, g.one(0, 2)]
        axes[-2] = axes[-2] + pads[2] + pads[3]
    further = f", value={g.number(-1, 1)}" if mode == "constant" and g.chance(0.5) else ""
    further = f', mode="{mode}"' if mode != "constant" else further
    keep(g, x, f"pad({x.name}, [{', '.join(map(str, pads))}]{further})", tuple(axes), max(x.bound, 1))


def triangle(g):
    x = any_value(g, 2)
    keep(g, x, f"{g.one('tril', 'triu')}({x.name}, {g.one(0, 0, 1, -1, 2)})", x.shape)


def reduced(g, x, text, dtype, bound, special=None, one_axis=False, least=0, **further):
    """`text` has places for x, the axes and more; the shape follows."""
    rank = len(x.shape)
    count = 1 if one_axis or g.chance(0.6) else g.draw.randint(1, rank)
    axes = sorted(g.draw.sample(range(rank), count))
    for axis in axes:
        if least:
            at_least(g, x.shape[axis], least)
    keepdim = g.chance(0.3)
    left = tuple(ONE if i in axes else size for i, size in enumerate(x.shape) if keepdim or i not in axes)
    dims = str(shown(g, axes[0], x)) if count == 1 else str(axes)
    text = text.format(x=x.name, axes=f"dim={dims}" + (", keepdim=true" if keepdim else ""), **further)
    return g.let(text, dtype, left, bound, special=special if special is not None else x.special)


def reduce(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    text, bound, least = g.one(("sum({x}, {axes})", 4 * x.bound, 0), ("sum({x}, {axes})", 4 * x.bound, 0),
                               ("mean({x}, {axes})", x.bound, 1), ("max({x}, {axes})", x.bound, 1),
                               ("min({x}, {axes})", x.bound, 1), ("prod(1 + 0.1 * tanh({x}), {axes})", 2, 0),
                               ("var({x}, {axes}, unbiased=false)", x.bound**2, 1),
                               ("std(1 + {x} ** 2, {axes}, correction=0)", x.bound**2, 1),
                               ("logsumexp({x}, {axes})", x.bound + 3, 1), ("norm({x}, {axes})", 3 * x.bound, 0),
                               ("norm({x}, 1.0, {axes})", 4 * x.bound, 0), ("norm({x}, inf, {axes})", x.bound, 1))
    reduced(g, x, text, g.float, bound, least=least)


def reduce_all(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    g.let(f"{g.one('mean', 'sum')}(0.1 * {x.name})" if g.chance(0.5) else f"mean({x.name} ** 2)", g.float, (), 4)


def reduce_integers(g):
    x = g.pick(lambda value: not value.is_float and len(value.shape) >= 1)
    if x.dtype == "bool":
        text, dtype = g.one(("any({x}, {axes})", "bool"), ("all({x}, {axes})", "bool"), ("sum({x}, {axes})", "i64"))
        return reduced(g, x, text, dtype, 1)
    kind = g.one("sum", "sum", "prod", "max", "min")
    reduced(g, x, kind + "({x}, {axes})", x.dtype if kind in ("max", "min") else "i64", 1,
            least=1 if kind in ("max", "min") else 0)


def cumsum(g):
    x = g.pick(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    dtype = x.dtype if x.is_float else "i64"
    g.let(f"cumsum({x.name}, {shown(g, axis, x)})", dtype, x.shape, 3 * x.bound, special=x.special)


def extremum(g):
    x = g.pick(lambda value: value.dtype != "bool" and len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    at_least(g, x.shape[axis], 1)
    g.program.jumps = True
    left = x.shape[:axis] + x.shape[axis + 1:]
    given = g.one(x.name, f"round({x.name})", f"sign({x.name})") if x.is_float else x.name  # some are equal
    text = f"{g.one('argmax', 'argmin')}({given}, {shown(g, axis, x)})"
    g.let(text, "i64", left, below=x.shape[axis], special=False)
