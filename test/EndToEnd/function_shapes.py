"""Cases of functions.py: what moves elements, and what makes tensors of sizes and numbers."""

import numpy
import torch
import torch.nn.functional as F

from function_table import ALL, DTYPES, INTEGERS, SHAPES, array, draw, listed


def joins(table):
    for kind in ALL:
        for a, b, axis in [
            ((3,), (17,), 0),
            ((0,), (3,), 0),
            ((0,), (0,), -1),
            ((3, 17), (1, 17), 0),
            ((3, 17), (3, 0), -1),
            ((3, 1, 17), (3, 17, 17), 1),
            ((3, 17, 1, 3), (3, 17, 1, 1), -1),
        ]:
            inputs = {"x": draw(kind, a), "y": draw(kind, b, salt="b")}
            table.add("concat", f"concat([x, y, x], dim={axis})", inputs, lambda x, y: torch.cat([x, y, x], axis))
        for shape, axis in [((), 0), ((), -1), ((3,), 0), ((3,), 1), ((0, 3), -1), ((3, 17, 1), 1), ((3, 17), -3)]:
            inputs = {"x": draw(kind, shape), "y": draw(kind, shape, salt="b")}
            table.add("stack", f"stack([x, y], {axis})", inputs, lambda x, y: torch.stack([x, y], axis))
        for shape, axis in [((3,), 0), ((0, 3), -1), ((3, 17), 0)]:  # more parts than go to one destination at a time
            inputs = {"x": draw(kind, shape), "y": draw(kind, shape, salt="b")}
            text = f"concat([{', '.join(['x', 'y', 'y'] * 7)}], dim={axis})"
            table.add("concat", text, inputs, lambda x, y: torch.cat([x, y, y] * 7, axis))
        for shape, axis in [((17,), 0), ((3, 17), -1), ((0, 17, 3), 1)]:
            x = {"x": draw(kind, shape)}
            table.add("split", listed(f"split(x, 6, dim={axis})", 3), x, lambda x: x.split(6, axis), opens=False)
            table.add(
                "split", listed(f"split(x, [0, {{17}} - 5, 5], {axis})", 3), x, lambda x: x.split([0, 12, 5], axis)
            )
            table.add("chunk", listed(f"chunk(x, 5, {axis})", 5), x, lambda x: x.chunk(5, axis), opens=False)
    table.add(
        "concat",
        "concat([x, y])",
        {"x": draw("f32", (3, 17)), "y": draw("i64", (3, 17))},
        lambda x, y: torch.cat([x, y]),
    )
    table.add(
        "stack", "stack([x, y])", {"x": draw("f16", (3,)), "y": draw("f32", (3,))}, lambda x, y: torch.stack([x, y])
    )
    table.add("split", listed("split(x, 3)", 1), {"x": draw("f32", (0, 3))}, lambda x: x.split(3), opens=False)
    for size, parts in [(0, 3), (3, 5), (17, 4), (1, 1)]:
        n = len(torch.zeros(size).chunk(parts))
        table.add(
            "chunk", listed(f"chunk(x, {parts})", n), {"x": draw("f32", (size,))}, lambda x: x.chunk(parts), opens=False
        )
    table.add(
        "chunk",
        "y = concat([x, x])\n" + listed("chunk(y, 2)", 2),
        {"x": draw("f32", (17,))},
        lambda x: torch.cat([x, x]).chunk(2),
    )


def shapes(table):
    def each(function, text, want, shapes, opens=True, constants=(), kinds=ALL):
        for kind in kinds:
            for shape in shapes:
                table.add(function, text, {"x": draw(kind, shape)}, want, opens, constants)

    each("reshape", "x.reshape(-1)", lambda x: x.reshape(-1), SHAPES)
    each("reshape", "reshape(x, [{17}, {3}])", lambda x: x.reshape(17, 3), [(3, 17), (17, 3)])
    each(
        "reshape", "x.reshape(-1, {3}, 1)", lambda x: x.reshape(-1, 3, 1), [(3, 17), (17, 3), (17, 1, 3), (3, 17, 1, 3)]
    )
    each("reshape", "x.reshape({3}, -1)", lambda x: x.reshape(3, -1), [(3, 17), (17, 3), (17, 1, 3), (3,), (3, 0)])
    each("reshape", "x.reshape(1, 1)", lambda x: x.reshape(1, 1), [(), (1,), (1, 1, 1)], constants=(1,))
    each("reshape", "x.reshape({0}, 5)", lambda x: x.reshape(0, 5), [(0,), (3, 0), (0, 17, 3)], constants=(0,))
    each("reshape", "x.reshape([])", lambda x: x.reshape([]), [(), (1,), (1, 1)], constants=(1,))
    each("reshape", "x.reshape(-1, 17)", lambda x: x.reshape(-1, 17), [(3, 17), (17,), (17, 3)])
    each("flatten", "flatten(x)", torch.flatten, SHAPES)
    each("flatten", "flatten(x, 1)", lambda x: torch.flatten(x, 1), [s for s in SHAPES if len(s) > 1])
    each("flatten", "x.flatten(0, -2)", lambda x: torch.flatten(x, 0, -2), [s for s in SHAPES if len(s) > 1])
    each("transpose", "x.transpose(0, -1)", lambda x: x.transpose(0, -1), [s for s in SHAPES if s])
    each("transpose", "transpose(x, -2, 1)", lambda x: x.transpose(-2, 1), [s for s in SHAPES if len(s) > 2])
    each("permute", "x.permute(2, 0, 1)", lambda x: x.permute(2, 0, 1), [(3, 1, 17), (0, 3, 1)])
    each("permute", "permute(x, [1, -1, 0, 2])", lambda x: x.permute(1, -1, 0, 2), [(3, 17, 1, 3), (1, 0, 3, 17)])
    each("permute", "x.permute([])", lambda x: x.permute([]), [()])
    each("squeeze", "squeeze(x)", torch.squeeze, SHAPES, constants=(1,))
    each("squeeze", "squeeze(x, 1)", lambda x: x.squeeze(1), [(17, 1), (3, 1, 17), (3, 17)], constants=(1,))
    each("squeeze", "squeeze(x, [0, -2])", lambda x: x.squeeze((0, -2)), [(1, 1, 17), (3, 17, 1, 3)], constants=(1,))
    each("unsqueeze", "unsqueeze(x, 0)", lambda x: x.unsqueeze(0), SHAPES)
    each("unsqueeze", "x.unsqueeze(-1)", lambda x: x.unsqueeze(-1), SHAPES)
    each(
        "expand",
        "x.expand({3}, -1)",
        lambda x: x.expand(3, -1),
        [(1, 17), (3, 17), (17,), (1, 0)][:2] + [(1, 0)],
        constants=(1,),
    )
    each(
        "expand",
        "expand(x, [{17}, {3}, {17}])",
        lambda x: x.expand(17, 3, 17),
        [(), (1,), (17,), (3, 1), (3, 17)],
        constants=(1,),
        opens=False,
    )
    each("expand", "x.expand(2, {0}, -1)", lambda x: x.expand(2, 0, -1), [(1, 3), (0, 3)], constants=(1,))
    each("repeat", "x.repeat(2, 3)", lambda x: x.repeat(2, 3), [(), (3,), (3, 17), (1, 0)])
    each("repeat", "repeat(x, [1, 2, 1, 0])", lambda x: x.repeat(1, 2, 1, 0), [(3,), (3, 1, 17)])
    each("repeat", "x.repeat({3}, 2)", lambda x: x.repeat(3, 2), [(3,), (3, 17), (3, 0)])
    each("flip", "flip(x, 0)", lambda x: x.flip(0), [s for s in SHAPES if s])
    each("flip", "x.flip([0, -1])", lambda x: x.flip([0, -1]), [s for s in SHAPES if len(s) > 1])
    each("roll", "roll(x, 2)", lambda x: x.roll(2), [s for s in SHAPES])
    each("roll", "x.roll(-1, 0)", lambda x: x.roll(-1, 0), [s for s in SHAPES if s])
    each("roll", "roll(x, [1, -20], [0, -1])", lambda x: x.roll((1, -20), (0, -1)), [s for s in SHAPES if len(s) > 1])
    each("pad", "pad(x, [1, 2])", lambda x: F.pad(x, (1, 2)), [s for s in SHAPES if s])
    each(
        "pad",
        "pad(x, [0, 1, 2, 0], value=1.0)",
        lambda x: F.pad(x, (0, 1, 2, 0), value=1.0),
        [s for s in SHAPES if len(s) > 1],
    )
    each("pad", "pad(x, [-1, 2])", lambda x: F.pad(x, (-1, 2)), [s for s in SHAPES if s and s[-1] > 1])
    each("pad", "pad(x, [-1, -1, 0, -2])", lambda x: F.pad(x, (-1, -1, 0, -2)), [(3, 17), (3, 1, 17, 17)][:1])
    for mode in ("reflect", "replicate", "circular"):
        each(
            "pad",
            f'pad(x, [2, 1], "{mode}")',
            lambda x: padded(x, 2, 1, mode),
            [(3,), (17,), (3, 17), (0, 3), (3, 17, 1, 3)],
        )
    each(
        "pad",
        'pad(x, [1, 0, 0, 2], mode="replicate")',
        lambda x: F.pad(x, (1, 0, 0, 2), "replicate"),
        [(3, 1, 17)],
        kinds=["f32", "f64"],
    )
    each("narrow", "narrow(x, 0, 1, 2)", lambda x: x.narrow(0, 1, 2), [(3,), (17, 1), (3, 0), (3, 17, 1, 3)])
    each("narrow", "x.narrow(-1, {17} - 3, 3)", lambda x: x.narrow(-1, 14, 3), [(17,), (3, 17), (0, 1, 17)])
    each("narrow", "narrow(x, 0, 0, 0)", lambda x: x.narrow(0, 0, 0), [(3,), (0, 17), (3, 17)])
    for kind in ("i64", "i32", "i8", "u8"):
        at = array(kind, 2)
        table.add(
            "narrow", "narrow(x, 1, n, 5)", {"x": draw("f32", (3, 17)), "n": at}, lambda x, n: x.narrow(1, int(n), 5)
        )
    each("tril", "tril(x)", torch.tril, [s for s in SHAPES if len(s) > 1])
    each("triu", "triu(x)", torch.triu, [s for s in SHAPES if len(s) > 1])
    each("tril", "tril(x, -1)", lambda x: torch.tril(x, -1), [s for s in SHAPES if len(s) > 1])
    each("triu", "x.triu(diagonal=2)", lambda x: torch.triu(x, 2), [s for s in SHAPES if len(s) > 1])


def padded(x, before, after, mode):
    """As NumPy, which pads tensors of any rank and element type."""
    numpy_mode = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    places = torch.from_numpy(numpy.pad(numpy.arange(x.shape[-1]), (before, after), numpy_mode))
    return x.index_select(-1, places)


def creation(table):
    for kind in ALL:
        dtype = DTYPES[kind]
        for shape in [(3, 17), (0, 3), (1,), (17, 3, 1, 3)]:
            x = {"x": draw("f32", shape)}
            sizes = ", ".join(map("{{{}}}".format, shape))
            table.add(
                "zeros", f"zeros({sizes}, dtype={kind})", x, lambda x: torch.zeros(shape, dtype=dtype), constants=()
            )
            table.add(
                "ones", f"ones([{sizes}], dtype={kind})", x, lambda x: torch.ones(shape, dtype=dtype), constants=()
            )
            table.add(
                "full",
                f"full([{sizes}], 2, dtype={kind})",
                x,
                lambda x: torch.full(shape, 2, dtype=dtype),
                constants=(),
            )
            value = draw(kind, ())
            table.add(
                "full", f"full([{sizes}], v)", {**x, "v": value}, lambda x, v: v.expand(shape).clone(), constants=()
            )
        for shape in SHAPES:
            x = {"x": draw(kind, shape)}
            table.add("zeros_like", "zeros_like(x)", x, torch.zeros_like, constants=())
            table.add("ones_like", "ones_like(x)", x, torch.ones_like, constants=())
        table.add(
            "zeros_like",
            f"zeros_like(x, dtype={kind})",
            {"x": draw("i64", (3,))},
            lambda x: torch.zeros_like(x, dtype=dtype),
        )
        table.add("eye", f"eye({{3}}, dtype={kind})", {"x": draw("f32", (3,))}, lambda x: torch.eye(3, dtype=dtype))
        if kind != "bool":
            table.add(
                "arange",
                f"arange({{17}}, dtype={kind})",
                {"x": draw("f32", (17,))},
                lambda x: torch.arange(17, dtype=dtype),
            )
    for n, m in [(3, 17), (17, 3), (0, 3), (3, 0), (1, 1)]:
        table.add("eye", f"eye({{{n}}}, {{{m}}})", {"x": draw("f32", (n, m))}, lambda x: torch.eye(n, m), constants=())
    table.add("zeros", "zeros([])", {}, lambda: torch.zeros([]))
    table.add("ones", "ones(2, 0)", {}, lambda: torch.ones(2, 0))
    for text, value in [("3", 3), ("2.5", 2.5), ("true", True), ("-1", -1), ("inf", float("inf"))]:
        table.add("full", f"full([2, 3], {text})", {}, lambda: torch.full([2, 3], value))
    for text, want in [
        ("arange(5)", (5,)),
        ("arange(0)", (0,)),
        ("arange(2, 7)", (2, 7)),
        ("arange(7, 2)", None),
        ("arange(2, 9, 3)", (2, 9, 3)),
        ("arange(9, 2, -3)", (9, 2, -3)),
        ("arange(0.0, 1.0, 0.25)", (0.0, 1.0, 0.25)),
        ("arange(3.5)", (3.5,)),
        ("arange(0, 1, 0.3)", (0, 1, 0.3)),
        ("arange(-3, 4)", (-3, 4)),
    ]:
        table.add("arange", text, {}, lambda: torch.arange(*want) if want else torch.zeros(0, dtype=torch.int64))
    for text, want in [
        ("arange({3}, {17})", (3, 17)),
        ("arange({17}, {3}, -2)", (17, 3, -2)),
        ("arange({17}, {3})", None),
        ("arange(1, {17}, 5)", (1, 17, 5)),
        ("arange(-{3}, {17}, 4)", (-3, 17, 4)),
    ]:
        table.add(
            "arange",
            text,
            {"x": draw("f32", (3, 17))},
            lambda x: torch.arange(*want) if want else torch.zeros(0, dtype=torch.int64),
        )
    for kind in INTEGERS:
        for shape in SHAPES:
            x = draw(kind, shape, 0, 5)
            table.add("one_hot", "one_hot(x, 5)", {"x": x}, lambda x: F.one_hot(x.long(), 5), constants=())
    table.add("one_hot", "one_hot(x, {17})", {"x": draw("i64", (17,), 0, 17)}, lambda x: F.one_hot(x, 17))
