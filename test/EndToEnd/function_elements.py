"""Cases of functions.py: functions, operators and casts of elements."""

import itertools
import operator

import numpy
import torch
import torch.nn.functional as F

from function_table import ALL, DTYPES, FLOATS, INTEGERS, NUMBERS, SHAPES, SPECIAL, array, draw, first


def elementwise(table):
    def unary(text, want, kinds=FLOATS, special=SPECIAL):
        function = text.split("(")[0]
        for kind in kinds:
            for shape in SHAPES:
                table.add(function, text, {"x": draw(kind, shape)}, want, constants=())
            if kind in FLOATS:
                table.add(function, text, {"x": array(kind, special)}, want)

    for name in ("exp", "log", "log1p", "sqrt", "rsqrt", "tanh", "sigmoid", "erf", "sin", "cos"):
        unary(f"{name}(x)", getattr(torch, name), ALL if name != "rsqrt" else NUMBERS)
    unary("relu(x)", torch.relu, NUMBERS)
    unary("leaky_relu(x)", F.leaky_relu)
    unary("leaky_relu(x, 0.2)", lambda x: F.leaky_relu(x, 0.2))
    unary("elu(x)", F.elu)
    unary("elu(x, alpha=0.5)", lambda x: F.elu(x, 0.5))
    unary("gelu(x)", F.gelu)
    # At -inf the result is NaN only where tanh reaches -1.
    unary(
        'gelu(x, approximate="tanh")',
        lambda x: F.gelu(x, approximate="tanh"),
        special=[value for value in SPECIAL if abs(value) != float("inf")],
    )
    unary("silu(x)", F.silu)
    unary("softplus(x)", F.softplus)
    unary("softplus(x, beta=2.0, threshold=1.0)", lambda x: F.softplus(x, 2.0, 1.0))
    unary("abs(x)", torch.abs, NUMBERS)
    unary("neg(x)", torch.neg, NUMBERS)
    unary("sign(x)", torch.sign, NUMBERS)
    unary("floor(x)", torch.floor, NUMBERS)
    unary("ceil(x)", torch.ceil, NUMBERS)
    unary("round(x)", torch.round, NUMBERS)
    unary("clamp(x, -1, 2)", lambda x: torch.clamp(x, -1, 2), [k for k in NUMBERS if k != "u8"])
    unary("clamp(x, min=1)", lambda x: torch.clamp(x, min=1), NUMBERS)
    unary("clamp(x, max=0.5)", lambda x: torch.clamp(x, max=0.5), NUMBERS)

    def binary(text, want, kinds, positive=False):
        function = text.split("(")[0]
        for kind in kinds:
            for a, b in [
                ((), ()),
                ((0,), (0,)),
                ((17,), ()),
                ((3, 17), (17,)),
                ((3, 1), (1, 17)),
                ((1,), (3, 17)),
                ((3, 1, 17), (17, 1)),
                ((3, 17, 1, 3), (3,)),
                ((3, 0), (1, 1)),
            ]:
                x, y = draw(kind, a, salt="a"), draw(kind, b, salt="b")
                if positive:
                    x = x.abs() + (1 if kind in FLOATS else 0)
                table.add(function, text, {"x": x, "y": y}, want)

    binary("minimum(x, y)", torch.minimum, ALL)
    binary("maximum(x, y)", torch.maximum, ALL)
    binary("logaddexp(x, y)", torch.logaddexp, FLOATS)
    binary("pow(x, y)", torch.pow, FLOATS, positive=True)
    for kind in NUMBERS:
        for exponent in (0, 1, 2, 3, 5):
            table.add("pow", f"pow(x, {exponent})", {"x": draw(kind, (3, 17))}, lambda x: torch.pow(x, exponent))
    for kind in FLOATS:
        for exponent in (-1, -2, 0.5, -0.5, 2.0, 1.5):
            table.add(
                "pow", f"pow(x, {exponent})", {"x": draw(kind, (3, 17)).abs() + 0.5}, lambda x: torch.pow(x, exponent)
            )
    for kind in ALL:
        for c, a, b in [
            ((), (), ()),
            ((0,), (0,), ()),
            ((3, 1), (17,), (3, 17)),
            ((17,), (3, 1, 1), (1,)),
            ((3, 17, 1, 3), (), (3,)),
        ]:
            table.add(
                "where", "where(c, x, y)", {"c": draw("bool", c), "x": draw(kind, a), "y": draw(kind, b)}, torch.where
            )
        table.add(
            "where",
            "where(x > 0, x, 0)",
            {"x": draw(kind, (3, 17))} if kind != "bool" else {"x": draw("f32", (3, 17))},
            lambda x: torch.where(x > 0, x, 0),
        )
    table.add("where", "where(c, 1.0, 0)", {"c": draw("bool", (3, 17))}, lambda c: torch.where(c, 1.0, 0))
    table.add("where", "where(c, 1, 0)", {"c": draw("bool", (3, 17))}, lambda c: torch.where(c, 1, 0))
    for a, b in (("f32", "i64"), ("i8", "i32"), ("f16", "bf16"), ("bool", "u8")):
        table.add(
            "where",
            "where(c, x, y)",
            {"c": draw("bool", (3, 1)), "x": draw(a, (17,)), "y": draw(b, (3, 17))},
            torch.where,
        )
    for kind in FLOATS:
        for text, want in (("dropout(x, 0.5)", lambda x: x), ("detach(x)", lambda x: x)):
            table.add(text.split("(")[0], text, {"x": draw(kind, (3, 17))}, want)
    nan = array("f32", SPECIAL)
    for name in ("minimum", "maximum"):
        table.add(name, f"{name}(x, y)", {"x": nan, "y": nan.flip(0)}, getattr(torch, name))
    table.add(
        "clamp",
        "clamp(x, y, z)",
        {"x": draw("f32", (3, 17)), "y": array("f32", [-1.0]), "z": draw("f32", (3, 1))},
        torch.clamp,
    )
    table.add("logaddexp", "logaddexp(x, y)", {"x": nan, "y": nan.flip(0)}, torch.logaddexp)


def edges(table):
    """The least and greatest numbers, and what has no result."""
    for kind in INTEGERS:
        info = torch.iinfo(DTYPES[kind])
        ends = [info.min, info.min + 1, -1 if info.min else 255, 0, 1, 2, 7, info.max - 1, info.max]
        x, y = (array(kind, list(row)) for row in zip(*itertools.product(ends, ends)))
        inputs = {"x": x, "y": y}
        table.add("+", "x + y", inputs, torch.add)
        table.add("-", "x - y", inputs, torch.sub)
        table.add("*", "x * y", inputs, torch.mul)
        table.add("//", "x // y", inputs, lambda x, y: divided(x, y)[0])
        table.add("%", "x % y", inputs, lambda x, y: divided(x, y)[1])
        table.add("/", "x / y", inputs, lambda x, y: x / y)
        table.add("unary -", "-x", {"x": x}, torch.neg)
        table.add("abs", "abs(x)", {"x": x}, torch.abs)
        table.add("sign", "sign(x)", {"x": x}, torch.sign)
        table.add("**", "x ** y", inputs, powers)
        for name in ("lt", "le", "gt", "ge", "eq", "ne"):
            sign = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}[name]
            table.add(sign, f"x {sign} y", inputs, getattr(torch, name))
        table.add("minimum", "minimum(x, y)", inputs, torch.minimum)
        table.add("maximum", "maximum(x, y)", inputs, torch.maximum)
        table.add("sum", "sum(x)", {"x": x}, torch.sum)
        table.add("prod", "prod(x)", {"x": x}, torch.prod)
        table.add("max", "max(x)", {"x": x}, torch.amax)
        table.add("min", "min(x)", {"x": x}, torch.amin)
        table.add("argmax", "argmax(x)", {"x": x}, lambda x: torch.tensor(int(numpy.argmax(x.numpy()))))
        table.add("argmin", "argmin(x)", {"x": x}, lambda x: torch.tensor(int(numpy.argmin(x.numpy()))))
        table.add("cumsum", "cumsum(x, 0)", {"x": x}, lambda x: torch.cumsum(x, 0))
        table.add("sort", "sort(x)", {"x": x}, lambda x: torch.sort(x, stable=True))
        table.add("topk", "topk(x, 5)", {"x": x}, lambda x: first(torch.sort(x, descending=True, stable=True), 5, 0))
        table.add("clamp", "clamp(x, 1, 100)", {"x": x}, lambda x: torch.clamp(x, 1, 100))


def divided(x, y):
    """Rounding down in Python's integers; by zero 0; wrapped."""
    info = torch.iinfo(x.dtype)
    span = info.max - info.min + 1
    wrap = lambda n: (n - info.min) % span + info.min
    rows = [(wrap(a // b), a % b) if b else (0, 0) for a, b in zip(x.tolist(), y.tolist())]
    return tuple(torch.tensor(row, dtype=x.dtype) for row in zip(*rows))


def powers(x, y):
    """Wrapped; of a negative exponent 1 / x ** -y, truncated, and 0 where that has no value."""
    bits = torch.iinfo(x.dtype).bits
    low = torch.iinfo(x.dtype).min

    def power(a, b):
        if b < 0:
            return {1: 1, -1: -1 if b % 2 else 1}.get(a, 0)
        n = pow(a, b, 1 << bits)
        return n - (1 << bits) if low and n >> (bits - 1) else n

    return torch.tensor([power(a, b) for a, b in zip(x.tolist(), y.tolist())], dtype=x.dtype)


def operators(table):
    arithmetic = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    compared = {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
    for sign, want in {**arithmetic, **compared}.items():
        for a, b in itertools.product(ALL, ALL):
            if {a, b} == {"u8", "i8"} or (sign == "-" and "bool" in (a, b)):
                continue
            for left, right in [((3, 17), (17,)), ((3, 1), ()), ((), (3,)), ((), ()), ((0, 3), (3,))]:
                x, y = draw(a, left, salt="a"), draw(b, right, 1, 5, salt="b")
                table.add(sign, f"x {sign} y", {"x": x, "y": y}, want)
        for kind in ALL:
            for literal, value in (("2", 2), ("2.5", 2.5), ("true", True)):
                if sign == "-" and (kind == "bool" or value is True):
                    continue
                table.add(sign, f"x {sign} {literal}", {"x": draw(kind, (3, 17))}, lambda x: want(x, value))
                table.add(sign, f"{literal} {sign} x", {"x": draw(kind, (3,), 1, 5)}, lambda x: want(value, x))
    for sign, want in {"//": torch.floor_divide, "%": torch.remainder}.items():
        for kind in NUMBERS:
            for left, right in [((3, 17), (17,)), ((17,), ()), ((), ()), ((0,), ()), ((3, 1, 17), (17, 1))]:
                x, y = draw(kind, left, -9, 9, "a"), draw(kind, right, 1, 5, "b")
                table.add(sign, f"x {sign} y", {"x": x, "y": y}, want)
                if kind != "u8":
                    table.add(sign, f"x {sign} y", {"x": x, "y": -y}, want)
            for literal in (3, -3) if kind != "u8" else (3,):
                table.add(sign, f"x {sign} {literal}", {"x": draw(kind, (3, 17), -9, 9)}, lambda x: want(x, literal))
        for kind in FLOATS:
            x, y = (array(kind, list(row)) for row in zip(*itertools.product(SPECIAL[:12], SPECIAL[:12])))
            table.add(sign, f"x {sign} y", {"x": x, "y": y}, want)
    for kind in ALL:
        for exponent in (0, 1, 2, 3, 0.5):
            x = draw(kind, (3, 17))
            table.add(
                "**",
                f"x ** {exponent}",
                {"x": x if exponent != 0.5 or kind == "bool" else x.abs()},
                lambda x: torch.pow(x, exponent),
            )
    table.add("**", "2 ** x", {"x": draw("f32", (3, 17))}, lambda x: 2**x)
    table.add("**", "2.0 ** x", {"x": draw("i64", (3, 17))}, lambda x: 2.0**x)
    for kind in NUMBERS:
        for shape in SHAPES:
            table.add("unary -", "-x", {"x": draw(kind, shape)}, torch.neg, constants=())
    for a, b in [((3, 17), (17,)), ((), (3,)), ((), ()), ((0,), ())]:
        for sign, want in (("and", torch.logical_and), ("or", torch.logical_or)):
            table.add(sign, f"x {sign} y", {"x": draw("bool", a), "y": draw("bool", b, salt="b")}, want)
    for shape in SHAPES:
        table.add("not", "not x", {"x": draw("bool", shape)}, torch.logical_not)
        table.add("chained <", "-1 < x <= 1", {"x": draw("f32", shape)}, lambda x: (-1 < x) & (x <= 1))
    nan = array("f32", SPECIAL)
    for sign, want in compared.items():
        table.add(sign, f"x {sign} y", {"x": nan, "y": nan.flip(0)}, want)
        table.add(sign, f"x {sign} x", {"x": nan}, lambda x: want(x, x))


def casts(table):
    for a, b in itertools.product(ALL, ALL):
        for shape in [(), (0,), (3, 17)]:
            x = draw(a, shape, -100, 100) * (3 if a in FLOATS else 1)
            table.add("cast", f"{b}(x)", {"x": x}, lambda x: saturated(x, b))
    far = [
        0.9,
        -0.9,
        1.9,
        -1.9,
        127.5,
        128.0,
        -128.9,
        -129.0,
        255.0,
        256.0,
        -1.0,
        3e9,
        -3e9,
        1e19,
        -1e19,
        1e38,
        float("inf"),
        -float("inf"),
        float("nan"),
        2147483647.0,
        2147483648.0,
        -2147483648.0,
        -0.0,
    ]
    for a, b in itertools.product(FLOATS, ALL):
        table.add("cast", f"{b}(x)", {"x": array(a, far)}, lambda x: saturated(x, b))
    for a in INTEGERS:
        info = torch.iinfo(DTYPES[a])
        x = array(a, [info.min, info.min + 1, 0, 1, info.max // 2, info.max - 1, info.max])
        for b in ALL:
            table.add("cast", f"{b}(x)", {"x": x}, lambda x: saturated(x, b))


def saturated(x, kind):
    if not x.is_floating_point() or kind not in INTEGERS:
        return x.to(DTYPES[kind])
    info = torch.iinfo(DTYPES[kind])
    whole = [
        0
        if n != n
        else max(info.min, min(info.max, int(n) if abs(n) != float("inf") else 2**70 * (1 if n > 0 else -1)))
        for n in x.double().flatten().tolist()
    ]
    return torch.tensor(whole, dtype=DTYPES[kind]).reshape(x.shape)
