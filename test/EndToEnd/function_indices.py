"""Cases of functions.py: choosing, reading and writing by index; losses."""

import numpy
import torch
import torch.nn.functional as F

from examples import case
from function_table import ALL, AXES, DTYPES, FLOATS, INTEGERS, SHAPES, SPECIAL, array, comparable, draw, first


def selection(table):
    for kind in ALL:
        for shape, axis in AXES:
            x = draw(kind, shape)
            n = shape[axis]
            for descending in (False, True):
                table.add(
                    "sort",
                    f"sort(x, {axis}, descending={str(descending).lower()})",
                    {"x": x},
                    lambda x: torch.sort(x, dim=axis, descending=descending, stable=True),
                    constants=(),
                )
            for k in sorted({0, min(1, n), min(2, n), n}):
                for largest in (True, False):
                    table.add(
                        "topk",
                        f"topk(x, {k}, {axis}, largest={str(largest).lower()})",
                        {"x": x},
                        lambda x: first(torch.sort(x, dim=axis, descending=largest, stable=True), k, axis),
                    )
        table.add("sort", "sort(x)", {"x": draw(kind, ())}, lambda x: (x, torch.tensor(0)))
        table.add("topk", "topk(x, 1)", {"x": draw(kind, ())}, lambda x: (x, torch.tensor(0)))
    nan = torch.tensor(SPECIAL + SPECIAL[::-1])
    for kind in FLOATS:
        x = nan.to(DTYPES[kind])
        for flag in (False, True):
            table.add(
                "sort",
                f"sort(x, descending={str(flag).lower()})",
                {"x": x},
                lambda x: torch.sort(x, descending=flag, stable=True),
            )
            for k in (1, 3, 12, 33):
                table.add(
                    "topk",
                    f"topk(x, {k}, largest={str(flag).lower()}, sorted=true)",
                    {"x": x},
                    lambda x: first(torch.sort(x, descending=flag, stable=True), k, 0),
                )
    table.add("topk", "topk(x, {3})", {"x": draw("f32", (3, 17))}, lambda x: torch.topk(x, 3))
    table.add("sort", "sort(x, 0)", {"x": draw("i64", (1009, 3), 0, 9)}, lambda x: torch.sort(x, dim=0, stable=True))
    table.add("topk", "topk(x, 50)", {"x": draw("f32", (3, 1009))}, lambda x: torch.topk(x, 50))
    for kind in FLOATS:
        for shape in [(17,), (1,), (3, 17), (0, 3), (3, 1, 17), (3, 17, 1, 3)]:
            for key in (0, 1, -1, 2**63 - 1, 0x123456789ABCDEF):
                table.add(
                    "categorical",
                    "categorical(x, key)",
                    {"x": draw(kind, shape), "key": torch.tensor(key)},
                    drawn,
                    constants=(),
                )
    table.add("categorical", "categorical(x, 7)", {"x": draw("f32", (3, 17))}, lambda x: drawn(x, torch.tensor(7)))


def drawn(logits, key):
    """The first place of each row whose sum of probabilities exceeds what is drawn for it."""
    rows = logits.float().reshape(-1, logits.shape[-1])
    p = torch.softmax(rows, -1)
    places = []
    for r in range(rows.shape[0]):
        u = case.uniform(int(key), r)
        total = numpy.float32(0)
        sums = numpy.array([total := numpy.float32(total + value) for value in p[r].numpy()])
        places.append(int(numpy.argmax(sums > u)) if (sums > u).any() else logits.shape[-1] - 1)
    return torch.tensor(places, dtype=torch.int64).reshape(logits.shape[:-1])


def indices(table):
    def sliced(text, shape, kind="f32", opens=True, constants=(1,)):
        x = draw(kind, shape)
        python = text.replace("none", "None").replace("{", "").replace("}", "")
        want = lambda x: torch.tensor(eval(python, {"x": comparable(x)}).tolist(), dtype=x.dtype)
        shape = lambda x: numpy.shape(eval(python, {"x": comparable(x)}))
        table.add("index", text, {"x": x}, lambda x: want(x).reshape(shape(x)), opens, constants)

    for kind in ALL:
        sliced("x[0]", (3,), kind)
        sliced("x[::-1]", (3, 17), kind)
        sliced("x[:, -1, :]", (3, 17, 1), kind)
    for text in (
        "x[1]",
        "x[-1]",
        "x[:]",
        "x[1:]",
        "x[:2]",
        "x[1:3]",
        "x[::2]",
        "x[1::2]",
        "x[::-1]",
        "x[::-2]",
        "x[-2:]",
        "x[:-1]",
        "x[2:0:-1]",
        "x[none]",
        "x[none, :, none]",
        "x[..., 0]",
        "x[...]",
        "x[2:2]",
        "x[-3:-1:2]",
        "x[:1:-1]",
        "x[-1:0:-1]",
        "x[::5]",
        "x[{3} - 1]",
        "x[:{3} - 1]",
        "x[1:{3}]",
    ):
        sliced(text, (3,))
        if text not in ("x[none, :, none]",):
            sliced(text, (3, 17))
            sliced(text, (3, 1, 17, 3))
    for text in (
        "x[0, 1]",
        "x[:, 1]",
        "x[1, :]",
        "x[..., 1:3]",
        "x[:, ::-1]",
        "x[::-1, ::-1]",
        "x[1:, :-1]",
        "x[none, 1]",
        "x[:, none]",
        "x[:, :, none]",
        "x[0, ..., 0]",
        "x[..., none, 2]",
        "x[1, ::-3]",
        "x[::2, ::3]",
        "x[-1, -1]",
        "x[:, {17} - {3}:{17}]",
        "x[:, ::{3}]",
        "x[:, 1::{3}]",
    ):
        sliced(text, (3, 17))
    for text in ("x[:]", "x[::-1]", "x[::2]", "x[none]", "x[...]", "x[:0]", "x[0:]", "x[::-2]"):
        sliced(text, (0,))
        sliced(text, (0, 3))
    for text in ("x[5:]", "x[:9]", "x[-9:]", "x[7:9]", "x[9:1:-1]", "x[3:1]"):  # clamped
        sliced(text, (3,), opens=False)
    sliced("x[...]", ())
    sliced("x[none]", ())
    sliced("x[..., none]", ())
    x = draw("f32", (3, 17, 1))
    for kind in INTEGERS:
        t, u = array(kind, 1), array(kind, 2)
        table.add("index", "x[t]", {"x": x, "t": t}, lambda x, t: x[int(t)])
        table.add("index", "x[:, u]", {"x": x, "u": u}, lambda x, u: x[:, int(u)])
        table.add("index", "x[t, u]", {"x": x, "t": t, "u": u}, lambda x, t, u: x[int(t), int(u)])
        table.add("index", "x[t, u, 0]", {"x": x, "t": t, "u": u}, lambda x, t, u: x[int(t), int(u), 0])
        table.add("index", "x[t, ::-1]", {"x": x, "t": t}, lambda x, t: x[int(t)].flip(0))
        table.add("index", "x[..., u, :]", {"x": x, "u": u}, lambda x, u: x[:, int(u), :])
        for shape in SHAPES:
            table.add("index", "x[i]", {"x": x, "i": draw(kind, shape, 0, 3)}, lambda x, i: x[i.long()])
        table.add("index", "x[:, i]", {"x": x, "i": draw(kind, (3, 3), 0, 5)}, lambda x, i: x[:, i.long()])
        table.add("index", "x[i, :, 0]", {"x": x, "i": draw(kind, (3,), 0, 3)}, lambda x, i: x[i.long(), :, 0])
        table.add("index", "x[none, i]", {"x": x, "i": draw(kind, (3,), 0, 3)}, lambda x, i: x[i.long()][None])
        table.add(
            "index", "x[i, t]", {"x": x, "i": draw(kind, (3,), 0, 3), "t": t}, lambda x, i, t: x[i.long(), int(t)]
        )
        table.add(
            "index",
            "x[i, j]",
            {"x": x, "i": draw(kind, (17,), 0, 3), "j": draw(kind, (17,), 0, 9)},
            lambda x, i, j: x[i.long(), j.long()],
        )
        table.add(
            "index",
            "x[i, :, j]",
            {"x": draw("f32", (3, 17, 3)), "i": draw(kind, (17,), 0, 3), "j": draw(kind, (17,), 0, 3)},
            lambda x, i, j: x[i.long(), :, j.long()],
        )
        table.add(
            "index",
            "x[:, i, j]",
            {"x": draw("f32", (3, 17, 3)), "i": draw(kind, (3, 1), 0, 9), "j": draw(kind, (1, 17), 0, 3)},
            lambda x, i, j: x[:, i.long(), j.long()],
        )
    for kind in ALL:
        x = draw(kind, (3, 17))
        table.add(
            "index_select",
            "index_select(x, 1, i)",
            {"x": x, "i": draw("i64", (3,), 0, 17)},
            lambda x, i: torch.index_select(x, 1, i),
        )
        table.add(
            "index_select",
            "x.index_select(-2, i)",
            {"x": x, "i": draw("i64", (0,), 0, 3)},
            lambda x, i: torch.index_select(x, -2, i),
        )
        table.add(
            "gather", "gather(x, 1, i)", {"x": x, "i": draw("i64", (3, 3), 0, 17)}, lambda x, i: torch.gather(x, 1, i)
        )
        table.add(
            "gather", "x.gather(0, i)", {"x": x, "i": draw("i64", (17, 17), 0, 3)}, lambda x, i: torch.gather(x, 0, i)
        )
        table.add(
            "gather",
            "gather(x, -1, i)",
            {"x": draw(kind, (3, 17, 1)), "i": draw("i64", (3, 3, 3), 0, 1)},
            lambda x, i: torch.gather(x, -1, i),
            opens=False,
        )
        table.add(
            "gather",
            "gather(x, 0, i)",
            {"x": draw(kind, (17,)), "i": draw("i64", (0,))},
            lambda x, i: torch.gather(x, 0, i),
        )
        table.add(
            "embedding", "embedding(i, x)", {"i": draw("i64", (3, 1), 0, 3), "x": x}, lambda i, x: F.embedding(i, x)
        )
        table.add("embedding", "embedding(i, x)", {"i": draw("i32", (), 0, 3), "x": x}, lambda i, x: x[i.long()])
        table.add(
            "embedding", "embedding(i, x)", {"i": draw("i64", (0, 3), 0, 3), "x": x}, lambda i, x: F.embedding(i, x)
        )
        for shape, mask in [
            ((3, 17), (3, 17)),
            ((3, 17), (17,)),
            ((), ()),
            ((0,), (0,)),
            ((3, 17), (3, 1)),
            ((17,), (3, 17)),
        ]:
            value = {"bool": "true"}.get(kind, "7")
            table.add(
                "masked_fill",
                f"masked_fill(x, m, {value})",
                {"x": draw(kind, shape), "m": draw("bool", mask)},
                lambda x, m: (
                    x.masked_fill(m, 7 if kind != "bool" else True)
                    if x.dim() >= m.dim()
                    else torch.where(m, torch.tensor(7 if kind != "bool" else True, dtype=x.dtype), x)
                ),
            )
    table.add(
        "masked_fill",
        "masked_fill(x, x > 0, -inf)",
        {"x": draw("f32", (3, 17))},
        lambda x: x.masked_fill(x > 0, -float("inf")),
    )


def writes(table):
    for kind in ALL:
        for shape, own, axis, at in [
            ((17,), (3,), 0, 2),
            ((3, 17), (1, 17), 0, 2),
            ((3, 17), (3, 3), 1, 14),
            ((3, 17), (3, 0), -1, 17),
            ((3, 1, 17), (3, 1, 17), 0, 0),
            ((0, 3), (0, 1), 1, 0),
        ]:
            inputs = {"x": draw(kind, shape), "v": draw(kind, own, salt="v")}

            def want(x, v, *_):
                x = x.clone()
                x.narrow(axis, at, own[axis]).copy_(v)
                return x

            table.add("update", f"update(x, v, {at}, dim={axis})", inputs, want)
            table.add("update", f"update(x, v, n, dim={axis})", {**inputs, "n": torch.tensor(at)}, want)


def losses(table):
    for kind in ("f32", "f64"):
        x, y = draw(kind, (3, 17)), draw(kind, (3, 17), salt="y")
        target = draw("i64", (3,), 0, 17)
        table.add("mse_loss", "mse_loss(x, y)", {"x": x, "y": y}, F.mse_loss)
        table.add(
            "bce_with_logits",
            "bce_with_logits(x, y)",
            {"x": x, "y": y.abs().clamp(max=1)},
            F.binary_cross_entropy_with_logits,
        )
        table.add("cross_entropy", "cross_entropy(x, t)", {"x": x, "t": target}, F.cross_entropy)
        table.add("nll_loss", "nll_loss(x, t)", {"x": x, "t": target}, F.nll_loss)
    for kind in ("f16", "bf16"):
        x, target = draw(kind, (3, 17)), draw("i64", (3,), 0, 17)
        table.add("cross_entropy", "cross_entropy(x, t)", {"x": x, "t": target}, F.cross_entropy)
        table.add("nll_loss", "nll_loss(x, t)", {"x": x, "t": target}, F.nll_loss)
