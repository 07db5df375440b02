"""Products, softmax, norms."""

from shaping import at_least, axis_of, keep, shown, with_axis
from sizes import Size


def scaled(g, inner, *values):
    """About how large a product is whose sums have `inner` terms."""
    bound = 1.0
    for value in values:
        bound *= min(value.bound, 3)
    return bound * (inner.at({"B": 3, "T": 9, "S": 9}) ** 0.5)


def linear(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    inner, outer = x.shape[-1], g.feature
    g.need(inner.constant)
    weight = g.weight((outer, inner))
    bias = g.weight((outer,)).name if g.chance(0.5) else ""
    text = f"linear({x.name}, {weight.name}{', ' + bias if bias else ''})"
    if g.chance(0.25) and not bias:
        text = f"{x.name} @ {weight.name}.transpose(0, 1)"
    g.let(text, g.float, x.shape[:-1] + (outer,), scaled(g, inner, x) * 0.7)


def gates(g):
    """Products that are cut into gates; some of one value and with gates of equal sizes, as cells have them."""
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    inner, outer = x.shape[-1], g.feature
    g.need(inner.constant)
    axes, bound = x.shape[:-1] + (outer,), scaled(g, inner, x) * 0.7
    parts = []
    for _ in range(g.one(1, 1, 2)):
        count = g.one(2, 3, 4)
        weight = g.weight((outer * count, inner))
        parts += g.assign([(g.float, axes, bound, None, x.special)] * count,
                          f"chunk(linear({x.name}, {weight.name}), {count}, dim=-1)")
    if g.chance(0.3):
        parts.append(g.let(f"linear({x.name}, {g.weight((outer, inner)).name})", g.float, axes, bound))
    text = f"sigmoid({parts[0].name}) * tanh({parts[1].name})"
    for part in parts[2:]:
        text += g.one(" + ", " - ") + g.one("tanh({v})", "0.5 * sin({v})", "sigmoid({v})").format(v=part.name)
    g.let(text, g.float, axes, len(parts) - 1)


def matmul(g):
    """Of two tensors that are not weights."""
    x = g.pick_float(lambda value: len(value.shape) >= 2)
    inner, outer = x.shape[-1], g.one(*x.shape, g.feature)
    lead = x.shape[:-2] if g.chance(0.6) else ()
    y = g.want(lead + (inner, outer))
    g.let(f"{x.name} @ {y.name}", g.float, x.shape[:-1] + (outer,), scaled(g, inner, x, y))


def similar(g):
    """x times its own transposed."""
    x = g.pick_float(lambda value: len(value.shape) >= 2)
    rank = len(x.shape)
    g.let(f"0.2 * {x.name} @ {x.name}.transpose({rank - 2}, {rank - 1})", g.float, x.shape[:-1] + (x.shape[-2],),
          0.2 * scaled(g, x.shape[-1], x, x))


def einsum(g):
    """Letters for the axes of two operands; what both have is in the result or is summed."""
    x = g.pick_float(lambda value: 1 <= len(value.shape) <= 4)
    y = g.pick_float(lambda value: 1 <= len(value.shape) <= 3)
    g.need(len(x.shape) + len(y.shape) <= 6)
    letters = dict(zip("abcde", x.shape))
    right = ""
    for size in y.shape:
        found = [letter for letter, other in letters.items() if other == size and letter not in right]
        if found and g.chance(0.8):
            right += g.draw.choice(found)
        else:
            letter = "xyzuvw"[len(right)]
            letters[letter], right = size, right + letter
    left = "abcde"[:len(x.shape)]
    out = [letter for letter in letters if g.chance(0.9 if (letter in left) != (letter in right) else 0.4)]
    g.draw.shuffle(out)
    inner = g.size_of([letters[letter] for letter in letters if letter not in out])
    g.let(f'einsum("{left},{right}->{"".join(out)}", {x.name}, {y.name})', g.float,
          [letters[letter] for letter in out], scaled(g, inner, x, y))


def outer(g):
    x = g.pick_float(lambda value: len(value.shape) == 2)
    y = g.pick_float(lambda value: len(value.shape) == 2 and value.shape[0] == x.shape[0])
    g.let(f"bmm({x.name}.unsqueeze(2), {y.name}.unsqueeze(1))", g.float, (x.shape[0], x.shape[1], y.shape[1]),
          x.bound * y.bound)


def softmax(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    axis = g.draw.randrange(len(x.shape))
    kind = g.one("softmax", "softmax", "log_softmax")
    g.let(f"{kind}({g.at_most(x, 4)}, dim={shown(g, axis, x)})", g.float, x.shape, 1 if kind == "softmax" else 5)


def norm(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1 and value.shape[-1].constant)
    n = x.shape[-1].constant
    kind, eps = g.one("layer_norm", "rms_norm"), g.one("", ", eps=0.1", ", eps=1e-2")
    if kind == "layer_norm" or g.float == "f16":
        eps = g.one(", eps=0.1", ", eps=1e-2")  # of values that are nearly equal, errors grow by 1 / sqrt(eps)
    weight, bias = g.chance(0.5), kind == "layer_norm" and g.chance(0.3)
    further = f", weight={g.weight((Size.of(n),)).name}" if weight else ""
    further += f", bias={g.weight((Size.of(n),)).name}" if bias else ""
    g.let(f"{kind}({x.name}, {n}{further}{eps})", g.float, x.shape, 4)


def loss(g):
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    if g.float == "f32" and len(x.shape) == 2 and g.chance(0.5) and g.model is g.program:
        g.need(x.shape[1].constant)
        classes = g.argument("i64", x.shape[:1], 0, x.shape[1].constant)
        at_least(g, x.shape[0], 1)
        return g.let(f"cross_entropy({x.name}, {classes.name})", g.float, (), 5)
    y = g.want(x.shape)
    for size in x.shape:
        at_least(g, size, 1)
    g.let(f"mse_loss({x.name}, {y.name})", g.float, (), 6)
