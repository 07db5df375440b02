"""Scans: sequences, counters, carries, clauses, bodies of any statements, scans in scans."""

from program import Assign, Scan, Value
from shaping import at_least, with_axis
from sizes import Size


def scan(g):
    g.need(g.depth < 2 and len(g.block) < 40)
    length, elements = sequences(g)
    lengths = until = None
    clauses = []
    if g.chance(0.25):
        clauses.append("reverse")
    if g.chance(0.3):
        lengths = row_lengths(g, length)
    elif not clauses and g.depth == 0 and g.model is g.program and g.chance(0.15):
        until = True

    carries = starts(g, elements, lengths)
    g.scopes.append([])
    outer_block, g.block, g.depth = g.block, [], g.depth + 1
    outer_unread, g.unread = g.unread, []
    masked, g.masked = g.masked, g.masked or bool(lengths)
    body = g.block
    try:
        for value, _ in elements + carries:
            g.scopes[-1].append(value)
            g.unread.append(value.name)
        g.statements(g.draw.randint(1, 5 if g.depth == 1 else 3), g.one(g.makers, g.of_step))
        nexts(g, carries)
        yields = yielded(g, carries, lengths)
        if until:
            clauses.append("until " + stop(g, length))
    finally:
        inner, left = g.scopes.pop(), g.unread
        g.block, g.depth, g.unread, g.masked = outer_block, g.depth - 1, outer_unread, masked
    if lengths:
        clauses.append(f"lengths {lengths}")

    # What is read in the body from outside is read.
    statement = Scan(elements, carries, clauses, body, [value.name for value in yields], g.chance(0.2), [], [], length)
    g.need(yields or carries)
    names = statement.reads()
    g.unread = [name for name in g.unread if name not in names]
    g.block.append(statement)
    stop_size = Size.of(g.fresh("L")) if until else length
    for value in yields:
        stack = Value(g.fresh(), value.dtype, (stop_size,) + value.shape, value.bound, special=value.special)
        statement.stacks.append(stack)
        if until:  # of a size that is known late: a result and nothing else
            g.unread.append(stack.name)
            g.late.append(stack)
        else:
            g.need(g.size_of(stack.shape).at({"B": 3, "T": 12, "S": 9}) <= 8000)
            g.add(stack)
    for value, _ in carries:
        statement.lasts.append(g.add(Value(g.fresh(), value.dtype, value.shape, value.bound, special=value.special)))


def sequences(g):
    """The length, and pairs of an element and its sequence."""
    tall = [value for value in g.alive() if value.shape and len(value.shape) <= 4
            and (value.shape[0].constant is None or 0 < value.shape[0].constant <= 8 or g.chance(0.1))]
    elements, length = [], None
    if tall and g.chance(0.85):
        first = g.pick(lambda value: value in tall)
        length = first.shape[0]
        for source in [first] + ([g.pick(lambda value: value.shape[:1] == (length,))] if g.chance(0.3) else []):
            elements.append((Value(g.fresh("x"), source.dtype, source.shape[1:], source.bound, source.below,
                                   source.special), source.name))
            g.read(source.name)
    # `0..T - 1` is as long as max(0, T - 1).
    if not elements or (g.chance(0.4) and (length.constant is not None or length in g.known)):
        length = length or g.one(*map(Size.of, sorted(g.known)), Size.of(3), Size.of(5))
        elements.append((Value(g.fresh("t"), "i64", (), 9, below=length), f"0..{length}"))
    return length, elements


def row_lengths(g, length):
    """An argument of lengths of rows; B is the axis 0 of all that the scan carries and yields."""
    g.need(g.model is g.program)
    value = g.argument("i64", (Size.of("B"),))
    g.program.limits[value.name] = (0, length + 1)
    return value.name


def starts(g, elements, lengths):
    """Carries and what they start from."""
    carries = []
    shapes = [value.shape for value, _ in elements if value.shape] * 2
    shapes += [(g.feature,)] + [(Size.of("B"), g.feature)] * 2 * ("B" in g.known)
    if lengths:
        shapes = [axes for axes in shapes if axes[0] == "B"]
    for _ in range(g.draw.choice([1, 1, 1, 2, 2, 3])):
        axes = g.one(*shapes, *([()] if not lengths else []))
        kind = g.draw.random()
        if kind < 0.4 and axes == ():
            start, dtype, bound, special = "0", "i64", 9, False
        elif kind < 0.5:
            start, dtype, bound, special = g.typed(axes, "zeros"), g.float, 1.0, False
        else:
            value = g.want(axes)
            start, dtype, bound, special = value.name, g.float, max(value.bound, 1.0), value.special
            g.read(start)
        carries.append((Value(g.fresh("c"), dtype, tuple(axes), bound, special=special), start))
    return carries


def nexts(g, carries):
    for carry, _ in carries:
        c = carry.name
        if c in g.written:
            text = g.written[c]
            g.unread = [name for name in g.unread if name != c]
        elif carry.dtype == "i64":
            text = g.one(f"{c} + 1", f"3 * {c} + 1", f"{c} * {c} - 2")
        else:
            others = [value for value in g.alive() if value.name != c and value.dtype == carry.dtype
                      and value.shape == carry.shape]
            fresh = [value for value in others if value.name in g.unread]
            g.unread = [name for name in g.unread if name != c]
            if others or g.chance(0.5):
                value = g.draw.choice(fresh or others or [g.broadcast(carry)])
                v = value.name
                bound = max(carry.bound, 1.0)
                text = g.one(f"tanh({v})" if others else f"sin({c} - {v})", f"tanh({c} + {v})",
                             f"0.7 * {c} + 0.3 * tanh({v})", f"0.5 * {c} - 0.5 * sin({v})",
                             f"sigmoid({v}) * {c} + (1 - sigmoid({v})) * tanh({v})",
                             *([v] if value.bound <= bound and fresh else []))
            else:
                size = carry.shape[-1].constant if carry.shape else None
                text = (f"tanh(linear({c}, {g.weight((Size.of(size), Size.of(size))).name}))" if size and size < 20
                        else f"0.8 * {c} + 0.1")
            carry.special = carry.special or any(value.special for value in g.alive() if value.name in text.split())
        g.read(text)
        g.block.append(Assign([carry], text, carry=True))


def yielded(g, carries, lengths):
    inner = [value for value in g.scopes[-1]]
    fits = [value for value in inner if not lengths or (value.shape[:1] == (Size.of("B"),))]
    left = [value for value in fits if value.name in g.unread]
    wanted = left[-3:]
    if (not wanted or g.chance(0.4)) and fits:
        own = [carry for carry, _ in carries]
        wanted.append(g.draw.choice(own if g.chance(0.7) else fits))
    unique = {value.name: value for value in wanted}
    g.read(" ".join(unique))
    return list(unique.values()) if g.chance(0.93) or not carries else []


def cache(g):
    """A carry that is written in part; what it was may still be read behind."""
    carry = g.pick(lambda value: value in g.scopes[-1] and value.name.startswith("c") and value.is_float
                   and value.shape and value.name not in g.written)
    axis = g.draw.randrange(len(carry.shape))
    at_least(g, carry.shape[axis], 1)
    part = g.want(with_axis(carry, axis, 1))
    places = [value.name for value in g.alive() if value.dtype == "i64" and not value.shape
              and value.below == carry.shape[axis]]
    at = g.one("0", str(carry.shape[axis] - 1), *places)
    text = f"update({carry.name}, {g.at_most(part, 1)}, {at}, dim={axis})"
    new = g.let(text, carry.dtype, carry.shape, carry.bound)
    g.written[carry.name] = new.name
    if g.chance(0.6):
        g.let(g.one("sin({c})", "{c} - {n}", "0.5 * {c}").format(c=carry.name, n=new.name), carry.dtype, carry.shape,
              2 * carry.bound)


def state(g):
    """A value that is kept from call to call: it is read, assigned and read again."""
    g.need(g.float != "bf16")
    x = g.pick_float(lambda value: not value.special and (not g.masked or value.shape[:1] == (Size.of("B"),)))
    g.need(g.model is g.program or not any(size.dims for size in x.shape))
    name = g.fresh("s")
    g.model.members[name] = f"state {name}: {x.type} = {g.one('zeros', 'ones', 'full(0.25)')}"
    text = g.one("tanh({s} + {x})", "0.5 * {s} + 0.5 * sin({x})", "{s} - tanh({x})").format(s=name, x=x.name)
    g.let(f"{g.one('0.5 * ', '', '1 - ')}{name}", g.float, x.shape, 2.0, special=False)
    g.block[-1].first = f"{name} = {text}"
    g.read(text)


def stop(g, length):
    """When a scan stops early."""
    g.program.jumps = True
    flat = [value for value in g.scopes[-1] if value.is_float and not value.special]
    counters = [value for value in g.scopes[-1] if value.dtype == "i64" and value.shape == ()]
    if counters and g.chance(0.5):
        return f"{g.draw.choice(counters).name} >= {g.one(0, 1, 3, 6)}"
    g.need(flat)
    return f"sum({g.draw.choice(flat).name}) > {g.number(0.0, 4)}"
