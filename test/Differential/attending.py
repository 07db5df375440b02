"""Attention: masks and scores as lambdas that capture, tensors as masks, groups of heads, starts, weights."""

from sizes import Size

B, T, S = Size.of("B"), Size.of("T"), Size.of("S")
EDGES = [1, 3, 7, 15, 16, 17, 31, 32, 40]  # of masks: within a vector of keys, and where one ends
CAPTURED = [(-3, 12), (10, 36), (0, 70)]  # what a mask reads lies in one of these ranges


class Indices:
    """Random expressions over the indices of a pair."""

    def __init__(self, g, heads, rows, keys, offset):
        self.g, self.heads, self.rows, self.keys, self.offset = g, heads, rows, keys, offset

    def integer(self, depth):
        g = self.g
        if depth == 0 or g.chance(0.5):
            return g.one("i", "j", "i", "j", "h", "b", str(g.one(*EDGES)), f"i64({self.keys})", self.captured())
        a, form = self.integer(depth - 1), g.one("+", "-", "+", "-", "*", "//", "%", "minimum", "abs")
        if form in "+-":
            return f"({a} {form} {self.integer(depth - 1)})"
        if form in ("*", "//", "%"):
            return f"({a} {form} {g.one(2, 3, 5, 16)})"
        return f"abs({a})" if form == "abs" else f"minimum({a}, {self.integer(depth - 1)})"

    def captured(self):
        """An integer that is read."""
        g = self.g
        if g.model is not g.program:
            return "5"
        kind = g.one("per row", "number", "number")
        if kind == "per row":
            return f"{g.argument('i64', (B,), *g.one(*CAPTURED)).name}[b]"
        return g.argument("i64", (), *g.one(*CAPTURED)).name

    def visible(self, depth):
        g = self.g
        if depth == 0 or g.chance(0.35):
            return g.one(f"({self.integer(2)} {g.one('<', '<=', '>', '>=', '==', '!=')} {self.integer(2)})", "j <= i",
                         "j <= i", f"i - j < {g.one(*EDGES)}", f"abs(i - j) < {g.one(*EDGES)}",
                         f"j < {self.captured()}")
        form = g.one("and", "and", "or", "not", "read")
        if form == "read" and g.model is g.program:
            kinds = ["pad"] + ["seen", "row"] * (not self.offset)
            kind = g.one(*kinds)
            axes, index = {"pad": ((B, self.keys), "b, j"), "seen": ((self.rows, self.keys), "i, j"),
                           "row": ((self.rows,), "i")}[kind]
            return f"{g.argument('bool', axes).name}[{index}]"
        a = self.visible(depth - 1)
        return f"(not {a})" if form == "not" else f"({a} and {self.visible(depth - 1)})" if form == "and" else \
            f"({a} or {self.visible(depth - 1)})"

    def logit(self, depth):
        g = self.g
        f = g.float if g.float == "f64" else "f32"
        if depth == 0 or g.chance(0.4):
            plain = ["s", "s", f"0.1 * {f}(j - i)", "0.5"]
            if g.float == f:
                plain += [f"{g.weight((Size.of(self.heads),)).name}[h]"] * 2
                if not self.offset and g.model is g.program:
                    plain += [f"{g.argument(f, (Size.of(self.heads), self.rows, self.keys)).name}[h, i, j]"]
            return g.one(*plain)
        a, form = self.logit(depth - 1), g.one("+", "-", "*", "tanh", "where")
        if form == "where":
            return f"where({self.visible(1)}, {a}, {self.logit(depth - 1)})"
        if form == "tanh":
            return f"2.0 * tanh({a} / 2.0)"
        return f"({a} {form} tanh({self.logit(depth - 1)}))"


def attention(g):
    draw = g.one
    heads, groups = draw((1, 1), (2, 2), (4, 2), (4, 1), (3, 3), (6, 2))
    rows = draw(T, T, S, Size.of(1), Size.of(5))
    keys = rows if g.chance(0.5) else draw(T, S, Size.of(7))
    width, out = Size.of(draw(3, 4, 8, 16, 17)), Size.of(draw(4, 8, 5))
    q = g.want((B, heads, rows, width))
    k = g.want((B, groups, keys, width))
    v = g.want((B, groups, keys, out if g.chance(0.4) else width))
    call(g, q, k, v, heads, rows, keys)


def heads_of(g):
    """Attention over features that are cut into heads."""
    x = g.pick_float(lambda value: len(value.shape) == 3 and value.shape[0] == "B" and value.shape[2].constant
                     and value.shape[1].constant is None)
    width = x.shape[2].constant
    heads = g.one(*[n for n in (1, 2, 3, 4) if width % n == 0])
    parts = []
    for _ in range(3):
        name = x.name
        if g.chance(0.7):
            name = f"linear({x.name}, {g.weight((x.shape[2], x.shape[2])).name})"
        axes = (x.shape[0], Size.of(heads), x.shape[1], Size.of(width // heads))
        wide = f"{x.shape[0]}, {x.shape[1]}, {heads}, {width // heads}"
        parts.append(g.let(f"{name}.reshape({wide}).transpose(1, 2)", g.float, axes, 2))
    call(g, *parts, heads, x.shape[1], x.shape[1])


def call(g, q, k, v, heads, rows, keys):
    q, k, v = ((value if not value.special else g.let(g.clean(value), g.float, value.shape, 2, special=False))
               for value in (q, k, v))
    causal, start, weights = g.chance(0.3), "", g.chance(0.2)
    if g.chance(0.2):
        start = g.one("2", "5", g.argument("i64", (), -3, 9).name if g.model is g.program else "1")
    pairs = Indices(g, heads, rows, keys, bool(start))
    further = ["causal=true"] if causal else []
    if g.chance(0.45):
        lambda_ = pairs.visible(2)
        short = not any(name in lambda_ for name in ("[b", "b ", "h ", "h)", "b)", "h", "b"))
        further.append(f"mask=|{'i, j' if short else 'b, h, i, j'}| {lambda_}")
    elif g.chance(0.25) and g.model is g.program:
        mask = g.argument("bool", g.one((B, Size.of(1), rows, keys), (rows, keys), (B, Size.of(1), Size.of(1), keys)))
        further.append(f"mask={mask.name}")
    if g.chance(0.35):
        further.append(f"score=|s, b, h, i, j| {g.one('s + ', '0.0 * s + ')}{pairs.logit(2)}")
    if g.chance(0.2):
        axes = g.one((rows, keys), (Size.of(heads), rows, keys), (B, Size.of(1), rows, keys))
        further.append(f"bias={g.want(axes).name}")
    if g.chance(0.2):
        further.append(f"scale={g.number(0.2, 1)}")
    if start:
        further.append(f"q_start={start}")
    if weights:
        further.append("return_weights=true")
    g.draw.shuffle(further)
    text = f"attention({', '.join([q.name, k.name, v.name] + further)})"
    g.program.jumps = True
    bias = any(value.special for value in g.alive() if value.name in text)
    kinds = [(g.float, q.shape[:3] + v.shape[3:], v.bound, None, bias)]
    kinds += [(g.float, q.shape[:3] + k.shape[2:3], 1, None, bias)] * weights
    g.assign(kinds, text)
