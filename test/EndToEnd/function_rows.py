"""Cases of functions.py: reductions, normalisations, products."""

import numpy
import torch
import torch.nn.functional as F

from function_table import ALL, AXES, DTYPES, FLOATS, SHAPES, array, comparable, draw


def reductions(table):
    def over(function, want, kinds, empties=True, more="", keeps=True):
        """want(x, dim, keepdim): one axis, lists of axes, all."""
        for kind in kinds:
            for shape in SHAPES:
                x = draw(kind, shape)
                axes = [None] + [[a] for a in range(-len(shape), len(shape), 2)]
                axes += [[0, -1], [1, 2]] if len(shape) > 2 else []
                for number, dim in enumerate(axes):
                    chosen = range(len(shape)) if dim is None else [d % len(shape) for d in dim]
                    if not empties and any(shape[d] == 0 for d in chosen):
                        continue
                    keep = keeps and number % 2 == 1
                    text = "" if dim is None else f", dim={dim[0] if len(dim) == 1 else dim}"
                    text = f"{function}(x{text}{more}{', keepdim=true' if keep else ''})"
                    dims = tuple(chosen) if dim is None else tuple(dim)
                    table.add(function, text, {"x": x}, lambda x: want(x, dims, keep), constants=())

    def truth(reduce):
        def want(x, dims, keep):
            x = x != 0
            for d in sorted(d % x.dim() for d in dims)[::-1]:
                x = reduce(x, d, keepdim=keep)
            return x

        return want

    def product(x, dims, keep):
        for d in sorted(d % x.dim() for d in dims)[::-1]:
            x = torch.prod(x, d, keepdim=keep)
        return x if x.is_floating_point() else x.long()

    over(
        "sum",
        lambda x, d, k: torch.sum(x, d, keepdim=k) if d else (x.clone() if x.is_floating_point() else x.long()),
        ALL,
    )
    over("prod", product, ALL)
    over("mean", lambda x, d, k: torch.mean(x, d, keepdim=k) if d else x, FLOATS)
    over("max", lambda x, d, k: torch.amax(x, d, keepdim=k) if d else x, ALL, empties=False)
    over("min", lambda x, d, k: torch.amin(x, d, keepdim=k) if d else x, ALL, empties=False)
    over("var", lambda x, d, k: torch.var(x, d, keepdim=k) if d else x * float("nan"), FLOATS)
    over("std", lambda x, d, k: torch.std(x, d, keepdim=k) if d else x * float("nan"), FLOATS)
    over(
        "var", lambda x, d, k: torch.var(x, d, correction=0, keepdim=k) if d else x * 0, FLOATS, more=", unbiased=false"
    )
    over(
        "std",
        lambda x, d, k: torch.std(x, d, correction=2, keepdim=k) if d else x * float("nan"),
        FLOATS,
        more=", correction=2",
    )
    over("norm", lambda x, d, k: torch.linalg.vector_norm(x, 2, d, keepdim=k) if d else x.abs(), FLOATS)
    for p in (1, 0, 3, "inf", "-inf"):
        over(
            "norm",
            lambda x, d, k: torch.linalg.vector_norm(x, float(p), d or None, keepdim=k),
            ["f32", "f16"],
            empties=p not in ("inf", "-inf"),
            more=f", p={p}",
        )
    over("any", truth(torch.any), ALL)
    over("all", truth(torch.all), ALL)
    for kind in FLOATS:
        for shape, axis in AXES:
            if 0 not in shape:
                table.add(
                    "logsumexp",
                    f"logsumexp(x, {axis})",
                    {"x": draw(kind, shape)},
                    lambda x: torch.logsumexp(x, axis),
                    constants=(),
                )
                table.add(
                    "logsumexp",
                    f"logsumexp(x, dim=[{axis}], keepdim=true)",
                    {"x": draw(kind, shape)},
                    lambda x: torch.logsumexp(x, axis, True),
                    constants=(),
                )
    for kind in ALL:
        for shape, axis in AXES + [((), 0), ((), -1)]:
            table.add(
                "cumsum", f"cumsum(x, {axis})", {"x": draw(kind, shape)}, lambda x: torch.cumsum(x, axis), constants=()
            )
            if shape and shape[axis] == 0:
                continue
            for name in ("argmax", "argmin"):
                reference = getattr(numpy, name)
                keep = axis < 0 and shape != ()
                want = lambda x: (
                    torch.tensor(reference(comparable(x), axis=axis, keepdims=keep)) if x.dim() else torch.tensor(0)
                )
                table.add(
                    name,
                    f"{name}(x, dim={axis}{', keepdim=true' if keep else ''})",
                    {"x": draw(kind, shape)},
                    want,
                    constants=(),
                )
        for shape in SHAPES:
            if 0 not in shape:
                for name in ("argmax", "argmin"):
                    reference = getattr(numpy, name)
                    table.add(
                        name,
                        f"{name}(x)",
                        {"x": draw(kind, shape)},
                        lambda x: torch.tensor(reference(comparable(x))),
                        constants=(),
                    )
    nan = array("f32", [1.0, float("nan"), 3.0, float("nan"), -float("inf"), float("inf")])
    for name in ("max", "min"):
        table.add(name, f"{name}(x, dim=0)", {"x": nan}, lambda x: getattr(torch, "a" + name)(x, 0))
    for name in ("argmax", "argmin"):
        table.add(name, f"{name}(x)", {"x": nan}, lambda x: torch.tensor(1))
        table.add(
            name,
            f"{name}(x)",
            {"x": torch.full((17,), -float("inf") if name == "argmax" else float("inf"))},
            lambda x: torch.tensor(0),
        )
    table.add("logsumexp", "logsumexp(x, 0)", {"x": array("f32", [-float("inf")] * 3)}, lambda x: torch.logsumexp(x, 0))
    table.add(
        "logsumexp", "logsumexp(x, 0)", {"x": array("f32", [float("inf"), 1.0, 2.0])}, lambda x: torch.logsumexp(x, 0)
    )
    table.add("sum", "sum(x, dtype=f64)", {"x": draw("f32", (3, 17))}, lambda x: torch.sum(x, dtype=torch.float64))
    # Short floats accumulate in f32.
    for kind in ("f16", "bf16"):
        ones = torch.ones(4099).to(DTYPES[kind])
        table.add("sum", "sum(x)", {"x": ones}, torch.sum)
        table.add("mean", "mean(x)", {"x": ones}, torch.mean)
        table.add("cumsum", "cumsum(x, 0)", {"x": ones}, lambda x: torch.cumsum(x, 0))
        table.add("matmul", "x @ x", {"x": ones}, lambda x: x @ x)
        table.add("var", "var(x)", {"x": ones}, torch.var)


def norms(table):
    for kind in FLOATS:
        for shape, axis in AXES:
            x = draw(kind, shape)
            for name in ("softmax", "log_softmax"):
                table.add(
                    name, f"{name}(x, dim={axis})", {"x": x}, lambda x: getattr(torch, name)(x, axis), constants=()
                )
        for shape, last in [
            ((17,), 1),
            ((1,), 1),
            ((3, 17), 1),
            ((3, 17), 2),
            ((0, 17), 1),
            ((3, 17, 1, 3), 2),
            ((3, 1, 17), 1),
            ((3, 0), 1),
        ]:
            x = draw(kind, shape)
            sizes = list(shape[-last:])
            own = f"[{', '.join(map('{{{}}}'.format, sizes))}]"
            w, b = draw(kind, tuple(sizes), salt="w"), draw(kind, tuple(sizes), salt="b")
            table.add(
                "layer_norm", f"layer_norm(x, {own})", {"x": x}, lambda x: F.layer_norm(x, sizes), constants=()
            )
            table.add(
                "layer_norm",
                f"layer_norm(x, {own}, w, b, 0.1)",
                {"x": x, "w": w, "b": b},
                lambda x, w, b: F.layer_norm(x, sizes, w, b, 0.1),
                constants=(),
            )
            table.add(
                "layer_norm",
                f"layer_norm(x, {own}, bias=b)",
                {"x": x, "b": b},
                lambda x, b: F.layer_norm(x, sizes, None, b),
                constants=(),
            )
            table.add(
                "rms_norm",
                f"rms_norm(x, {own}, w, eps=1e-3)",
                {"x": x, "w": w},
                lambda x, w: F.rms_norm(x, sizes, w, 1e-3),
                constants=(),
            )
            table.add(
                "rms_norm",
                f"rms_norm(x, {own})",
                {"x": x},
                lambda x: F.rms_norm(x, sizes, None, torch.finfo(DTYPES["f64" if kind == "f64" else "f32"]).eps),
                constants=(),
            )
    large = array("f32", [1e4, -1e4, 0.0, float("-inf")])
    for name in ("softmax", "log_softmax"):
        table.add(name, f"{name}(x, 0)", {"x": large}, lambda x: getattr(torch, name)(x, 0))
    # Weights of a logit of -inf are 0, where PyTorch has NaN: hidden keys are not even looked at.
    inf, nan = float("inf"), float("nan")
    logits = array("f32", [[0.5, 1, -1], [-inf, inf, 1], [nan, -inf, 2], [-inf, -inf, -inf], [-inf, 3, inf]])
    hidden = array("bool", [[False, False, True]] * 5)

    def weights(b, m=None):
        b = b if m is None else b.masked_fill(m, -inf)
        return torch.where((b == -inf) | (b == -inf).all(1, keepdim=True), 0, b.softmax(1))

    start = "q = zeros(1, 5, 2)\nk = zeros(1, 3, 2)\n_, w = attention(q, k, k, return_weights=true, bias=b"
    table.add("attention", start + ")\nw[0]", {"b": logits}, weights, opens=False)
    table.add("attention", start + ", mask=not m)\nw[0]", {"b": logits, "m": hidden}, weights, opens=False)


def products(table):
    kinds = FLOATS + ["i64", "i32", "i8", "u8"]
    for kind in kinds:

        def both(a, b):
            return {"x": draw(kind, a, salt="a"), "y": draw(kind, b, salt="b")}

        for a, b in [
            ((17,), (17,)),
            ((0,), (0,)),
            ((3, 17), (17,)),
            ((17,), (17, 3)),
            ((3, 17), (17, 3)),
            ((1, 1), (1, 1)),
            ((3, 0), (0, 17)),
            ((0, 3), (3, 17)),
            ((3, 17, 1), (1, 17)),
            ((1, 17, 3), (3, 3, 1)),
            ((3, 1, 17, 3), (17, 3, 17)),
            ((17,), (3, 17, 3)),
            ((3, 3, 17), (17,)),
            ((3, 17), (3, 17, 17)),
        ]:
            table.add("matmul", "matmul(x, y)", both(a, b), torch.matmul)
            table.add("@", "x @ y", both(a, b), torch.matmul)
        for a, b in [
            ((3, 17, 3), (3, 3, 17)),
            ((0, 3, 17), (0, 17, 1)),
            ((1, 1, 3), (1, 3, 17)),
            ((3, 17, 0), (3, 0, 1)),
        ]:
            table.add("bmm", "bmm(x, y)", both(a, b), torch.bmm)
        if kind in FLOATS:
            for shape in [(17,), (3, 17), (0, 17), (3, 1, 17), (3, 17, 1, 17), (3, 0)]:
                x, w = draw(kind, shape), draw(kind, (3, shape[-1]), salt="w")
                b, row = draw(kind, (3,), salt="b"), draw(kind, (shape[-1],), salt="row")
                table.add("linear", "linear(x, w, b)", {"x": x, "w": w, "b": b}, F.linear)
                table.add("linear", "linear(x, w)", {"x": x, "w": w}, F.linear)
                table.add("linear", "linear(x, w)", {"x": x, "w": row}, F.linear)
        for equation, shapes in [
            ("ij,jk->ik", [(3, 17), (17, 3)]),
            ("ij->ji", [(3, 17)]),
            ("ii->i", [(3, 3)]),
            ("ii", [(3, 3)]),
            ("ij->", [(3, 17)]),
            ("i,j->ij", [(3,), (17,)]),
            ("bij,bjk", [(3, 1, 17), (3, 17, 3)]),
            ("...ij,...jk->...ik", [(3, 3, 17), (17, 3)]),
            ("ij,j,i->", [(3, 17), (17,), (3,)]),
            ("bhqd,bhkd->bhqk", [(1, 3, 17, 3), (1, 3, 17, 3)]),
            ("i,i->i", [(17,), (17,)]),
            ("ij,ij->j", [(1, 17), (3, 17)]),
            ("...->...", [(3, 17)]),
            ("iij->ij", [(3, 3, 17)]),
            ("ij,jk,kl->il", [(3, 17), (17, 3), (3, 1)]),
            (",->", [(), ()]),
            ("ij,kj->ik", [(0, 3), (17, 3)]),
            ("ij,jk->ik", [(3, 0), (0, 17)]),
            ("b...d,d->b...", [(3, 17, 1, 3), (3,)]),
            (" i j , j -> i ", [(3, 17), (17,)]),
        ]:
            values = {name: draw(kind, shape, salt=name) for name, shape in zip("xyz", shapes)}
            table.add(
                "einsum",
                f'einsum("{equation}", {", ".join(values)})',
                values,
                lambda *x: torch.einsum(equation, *x).to(x[0].dtype),
            )
