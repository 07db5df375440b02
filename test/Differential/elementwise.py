"""Element by element: floats, integers, bools, casts."""

UNARY = {  # text, and the bound of the result for one of the operand
    "tanh({x})": lambda b: min(b, 1), "sigmoid({x})": lambda b: 1, "sin({x})": lambda b: min(b, 1),
    "cos({x})": lambda b: 1, "erf({x})": lambda b: min(b, 1), "silu({x})": lambda b: b, "gelu({x})": lambda b: b,
    'gelu({x}, approximate="tanh")': lambda b: b, "softplus({x})": lambda b: b + 0.7,
    "softplus({x}, beta=2.0, threshold=3.0)": lambda b: b + 0.4, "elu({x})": lambda b: b,
    "elu({x}, alpha=0.5)": lambda b: b, "leaky_relu({x})": lambda b: b, "leaky_relu({x}, 0.2)": lambda b: b,
    "relu({x})": lambda b: b, "abs({x})": lambda b: b, "-{x}": lambda b: b, "neg({x})": lambda b: b,
    "sqrt(abs({x}))": lambda b: b**0.5 + 1, "rsqrt(abs({x}) + 0.5)": lambda b: 1.5,
    "log(abs({x}) + 0.3)": lambda b: b + 1.3, "log1p(abs({x}))": lambda b: b, "1 / (1.5 + {x} ** 2)": lambda b: 0.7,
    "clamp({x}, -0.7, 0.9)": lambda b: 0.9, "clamp({x}, min=0.1)": lambda b: b, "clamp({x}, max=0.4)": lambda b: b,
    "{x} ** 2": lambda b: b * b, "{x} ** 3": lambda b: b**3, "abs({x}) ** 0.5": lambda b: b**0.5 + 1,
    "2.0 ** {x}": lambda b: 2**min(b, 9), "1 - {x}": lambda b: 1 + b, "0.5 * {x}": lambda b: 0.5 * b,
    "{x} / 3": lambda b: b / 3, "dropout({x}, 0.3)": lambda b: b, "detach({x})": lambda b: b,
}
JUMPS = {
    "sign({x})": lambda b: 1, "floor(3 * {x} + 0.37)": lambda b: 3 * b + 1, "ceil({x} * 2 + 0.37)": lambda b: 2 * b + 2,
    "round({x} * 2)": lambda b: 2 * b + 1, "{x} % 0.75": lambda b: 0.75, "{x} // 0.6": lambda b: 2 * b + 1,
}
BINARY = {
    "{x} + {y}": lambda a, b: a + b, "{x} - {y}": lambda a, b: a + b, "{x} * {y}": lambda a, b: a * b,
    "{y} - {x}": lambda a, b: a + b, "minimum({x}, {y})": max, "maximum({x}, {y})": max,
    "logaddexp({x}, {y})": lambda a, b: max(a, b) + 0.7, "{x} / (1.2 + abs({y}))": lambda a, b: a,
    "{y} / (1.5 + sin({x}))": lambda a, b: 2 * b, "(abs({x}) + 0.5) ** tanh({y})": lambda a, b: a + 2,
    "sigmoid({x}) * {y}": lambda a, b: b, "tanh({x} + {y})": lambda a, b: 1,
    "where({x} > {y}, {x}, 0.5 * {y})": max, "clamp({x}, min={y})": max, "where({y} < 0.2, {x}, {y})": max,
    "masked_fill({x}, {x} <= {y}, 0.125)": lambda a, b: a,
}


def unary(g):
    x = g.pick_float()
    text, bound = g.draw.choice(list(UNARY.items()))
    g.let(text.format(x=g.at_most(x, 3)), g.float, x.shape, bound(min(x.bound, 3)))


def exponential(g):
    x = g.pick_float()
    g.let(f"{g.one('exp', 'exp', 'exp')}({g.at_most(x, 1.5)})", g.float, x.shape, 5)


def jump(g):
    x = g.pick_float()
    text, bound = g.draw.choice(list(JUMPS.items()))
    g.program.jumps = True
    g.let(text.format(x=g.at_most(x, 3)), g.float, x.shape, bound(min(x.bound, 3)))


def binary(g):
    x = g.pick_float()
    y = g.broadcast(x)
    text, bound = g.draw.choice(list(BINARY.items()))
    # A ratio with 1 may be seen at both places.
    g.let(text.format(x=g.at_most(x, 4), y=g.at_most(y, 4)), g.float, x.shape, bound(min(x.bound, 4), min(y.bound, 4)))


def chain(g):
    """A gate, as in cells: several operations in one expression."""
    x = g.pick_float()
    y, z = g.broadcast(x), g.broadcast(x)
    text = g.one("sigmoid({z}) * {x} + (1 - sigmoid({z})) * {y}", "tanh({x} + {y}) * sigmoid({z})",
                 "where({z} > 0, {x}, {y})", "{x} + {y} * {z}", "relu({x} - {y}) + abs({z})")
    a, b, c = (g.at_most(value, 2.4) for value in (x, y, z))
    g.let(text.format(x=a, y=b, z=c), g.float, x.shape, 6)


def compare(g):
    x = g.pick_float()
    y = g.broadcast(x)
    g.program.jumps = True
    text = g.one("{x} < {y}", "{x} >= {y}", "{x} > 0.3", "-0.5 < {x} < {y}", "{x} != {y}", "{x} == {x}")
    g.let(text.format(x=x.name, y=y.name), "bool", x.shape, special=False)


def logic(g):
    x = g.pick(lambda value: value.dtype == "bool")
    y = g.pick(lambda value: value.dtype == "bool" and value.shape == x.shape)
    g.let(g.one("{x} and {y}", "{x} or {y}", "not {x}", "{x} == {y}", "{x} and not {y}", "where({x}, {y}, {x})").format(
        x=x.name, y=y.name), "bool", x.shape, special=False)


def choose(g):
    """A bool chooses between floats."""
    mask = g.pick(lambda value: value.dtype == "bool")
    x, y = g.want(mask.shape), g.want(mask.shape)
    text = g.one("where({m}, {x}, {y})", "where({m}, {x}, 0.0)", "masked_fill({x}, {m}, -0.5)", "{x} * {m}",
                 "where({m}, {x}, 0.5 * {x})")
    g.let(text.format(m=mask.name, x=x.name, y=y.name), g.float, mask.shape, max(x.bound, y.bound))


def integer(g):
    """Arithmetic that may wrap."""
    x = g.pick_int()
    y = g.pick(lambda value: value.dtype == x.dtype and value.shape == x.shape)
    k = g.one(2, 3, 5, 7, -3, 100)
    k = abs(k) if x.dtype == "u8" else k
    text = g.one("{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} // {y}", "{x} % {y}", "{x} * {k}", "{x} // {k}",
                 "{x} % {k}", "minimum({x}, {y})", "maximum({x}, {y})", "clamp({x}, 0, 5)", "where({x} < {y}, {x}, {y} + 1)",
                 "{x} * {x} * {x}", "{x} + 1", "(2 * {x} + 3) % 11",
                 *(() if x.dtype == "u8" else ("abs({x})", "-{x}", "sign({x} - 2)", "{x} - 7")))
    g.let(text.format(x=x.name, y=y.name, k=k), x.dtype, x.shape, special=False)


def integer_compare(g):
    x = g.pick_int()
    g.let(g.one("{x} % 3 == 1", "{x} > 2", "{x} <= 0 or {x} > 5", "bool({x})", "{x} // 2 * 2 == {x}").format(x=x.name),
          "bool", x.shape, special=False)


def cast(g):
    """From one type to another."""
    x = g.pick(lambda value: value.dtype != "bf16" or g.float == "bf16")
    if x.is_float:
        to = g.one("i64", "i64", "i32", "i8", "u8")
        g.program.jumps = True
        text = f"{to}({g.one('4 * ', '', '50 * ')}{x.name} + 0.37)"  # 0 and 1 are frequent, and shall not jump
    elif x.dtype == "bool":
        to = g.one("i64", "i8", g.float, g.float)
        text = f"{to}({x.name})"
    else:
        to = g.one("i64", "i32", "i8", "u8", g.float, g.float, g.float)
        text = f"{to}({x.name})" if to != g.float else f"{to}({x.name} % 7) * 0.25"
    g.let(text, to, x.shape, 2.0, special=False)


def arange(g):
    size = g.one(*[size for value in g.alive() for size in value.shape] or [g.feature])
    n = str(size)
    if g.chance(0.5):
        g.let(f"arange({n})", "i64", (size,), special=False)
    else:
        g.let(f"{g.float}(arange({n})) * 0.03", g.float, (size,), 1.5)


def some_integers(g):
    """An argument of integers in the shape of something."""
    x = g.pick()
    g.argument(g.one("i64", "i64", "i32", "i8", "u8"), x.shape, *((0, 200) if g.chance(0.2) else (0, 9)))
    integer(g)


def some_bools(g):
    x = g.pick()
    mask = g.argument("bool", x.shape)
    y = g.want(mask.shape)
    g.let(f"where({mask.name}, {y.name}, {g.number(-1, 1)})", g.float, y.shape, max(1, y.bound))
