"""Random masks and scores of attention against NumPy in float64, at -O0 and -O3: trees over the indices, over sizes and
over what lambdas read. Each program has several entry points; sizes are open."""

import pathlib
import random
import re
import tempfile

import numpy

from harness import Failure, difference, run

every = False

PROGRAMS, ENTRIES = 2, 6
SIZES = [(2, 37, 70, 9), (1, 1, 33, 0), (2, 70, 5, -4), (1, 18, 0, 3), (2, 33, 129, 60)]  # B, T, S, w
ALLOWED = 3e-5  # logits of some hundreds are rounded to f32
ARGUMENTS = {
    "q": "f32[B, 4, T, 24]", "k": "f32[B, 2, S, 24]", "v": "f32[B, 2, S, 20]", "n": "i64[B]", "w": "i64",
    "seen": "bool[T, S]", "pad": "bool[B, S]", "row": "bool[T]", "slope": "f32[4]", "bias": "f32[4, T, S]",
    "near": "f32[B, S]",
}


class Tree:
    """Expressions that are the same in rondo and, but for `and`, `or`, `not`, in Python."""

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def one(self, *choices):
        return self.draw.choice(choices)

    def integer(self, depth):
        if depth == 0 or self.draw.random() < 0.45:
            return self.one("i", "j", "i", "j", "w", "n[b]", "3", "7", "40", "h", "i64(T)", "i64(S)")
        a, form = self.integer(depth - 1), self.one("+", "-", "+", "-", "*", "//", "%", "minimum", "maximum", "abs")
        if form in ("+", "-"):
            return f"({a} {form} {self.integer(depth - 1)})"
        if form in ("*", "//", "%"):
            return f"({a} {form} {self.one(2, 3, 5, 16)})"
        return f"abs({a})" if form == "abs" else f"{form}({a}, {self.integer(depth - 1)})"

    def visible(self, depth):
        if depth == 0 or self.draw.random() < 0.35:
            return f"({self.integer(2)} {self.one('<', '<=', '>', '>=', '==', '!=')} {self.integer(2)})"
        form = self.one("and", "or", "not", "read")
        if form == "read":
            return self.one("seen[i, j]", "pad[b, j]", "row[i]")
        a = self.visible(depth - 1)
        return f"(not {a})" if form == "not" else f"({a} {form} {self.visible(depth - 1)})"

    def logit(self, depth):
        if depth == 0 or self.draw.random() < 0.4:
            return self.one("s", "s", "f32(i)", "f32(j)", "0.5", "slope[h]", "bias[h, i, j]", "near[b, j]")
        a, form = self.logit(depth - 1), self.one("+", "-", "*", "tanh", "where")
        if form == "where":
            return f"where({self.visible(1)}, {a}, {self.logit(depth - 1)})"
        if form == "tanh":
            return f"tanh({a})"
        return f"({a} {form} tanh({self.logit(depth - 1)}))" if form == "*" else f"({a} {form} {self.logit(depth - 1)})"


class Entry:
    def __init__(self, seed):
        tree = Tree(seed)
        self.mask, self.score = tree.visible(3), tree.one(None, tree.logit(2))
        self.causal, self.weights = tree.one(False, False, True), tree.one(False, False, True)
        # With another start, what is read at i would be out of range.
        reads = re.search(r"seen|row|bias", f"{self.mask} {self.score}")
        self.start = None if reads else tree.one(None, "w", "5")

    def text(self, name):
        arguments = ", ".join(f"{key}: {kind}" for key, kind in ARGUMENTS.items())
        results = "f32[B, 4, T, 20]" + (", f32[B, 4, T, S]" if self.weights else "")
        further = [f"mask=|b, h, i, j| {self.mask}"]
        further += [f"score=|s, b, h, i, j| 0.0 * s + {self.score}"] if self.score else []
        further += ["causal=true"] if self.causal else []
        further += [f"q_start={self.start}"] if self.start else []
        further += ["return_weights=true"] if self.weights else []
        return f"def {name}({arguments}) -> {results} {{\n  return attention(q, k, v, {', '.join(further)})\n}}\n"

    def expected(self, given, T, S):
        q, k, v = (given[name].astype("float64") for name in "qkv")
        k, v = (numpy.repeat(x, 2, axis=1) for x in (k, v))
        b, h, i, j = numpy.indices((len(q), 4, T, S))
        i = i + {None: 0, "w": given["w"], "5": 5}[self.start]
        names = {name: getattr(numpy, name) for name in ("minimum", "maximum", "abs", "tanh", "where")}
        names |= {**given, "b": b, "h": h, "i": i, "j": j, "T": T, "S": S, "i64": numpy.int64, "f32": numpy.float64,
                  "s": q @ k.swapaxes(-1, -2) * 24 ** -0.5}
        value = lambda text: eval(text.replace(" and ", " & ").replace(" or ", " | ").replace("(not ", "(~"), names)
        seen = numpy.broadcast_to(value(self.mask), b.shape) & ((j <= i) | (not self.causal))
        s = numpy.where(seen, value(self.score) if self.score else names["s"], -numpy.inf).astype("float64")
        top = numpy.max(s, axis=-1, keepdims=True, initial=-1e30)
        p = numpy.exp(s - top)
        p /= numpy.maximum(p.sum(-1, keepdims=True), 1e-300)
        return [p @ v, p][:2 if self.weights else 1]


def add_tests(suite, examples, tools, scratch):
    for seed in range(PROGRAMS * 10 if every else PROGRAMS):
        suite.add(f"random attention {seed}", agrees, tools, seed)


def agrees(tools, seed):
    entries = {f"f{x}": Entry(1000 * seed + x) for x in range(ENTRIES)}
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        (directory / "model.rondo").write_text("".join(entry.text(name) for name, entry in entries.items()))
        for level in ("-O0", "-O3"):
            run(tools / "rondo", "compile", directory / "model.rondo", level, "-o", directory / level)
        for B, T, S, w in SIZES:
            given = draw(numpy.random.default_rng(seed), {"B": B, "T": T, "S": S}) | {"w": numpy.int64(w)}
            flags = []
            for name, value in given.items():
                numpy.save(directory / f"{name}.npy", value)
                flags += ["--input", f"{name}={directory / f'{name}.npy'}"]
            for name, entry in entries.items():
                for level in ("-O0", "-O3"):
                    run(directory / level, "--entry", name, *flags, "--output", directory / "got")
                    for number, want in enumerate(entry.expected(given, T, S)):
                        fault = difference(numpy.load(directory / "got" / f"{number}.npy"), want, ALLOWED)
                        if fault:
                            raise Failure(f"{level}, B={B} T={T} S={S} w={w}, result {number}: {fault}\n"
                                          + entry.text(name))


def draw(generator, sizes):
    made = {}
    for name, kind in ARGUMENTS.items():
        dtype, _, axes = kind.partition("[")
        shape = [sizes[axis] if axis in sizes else int(axis) for axis in re.findall(r"\w+", axes)]
        if dtype == "f32":
            made[name] = generator.normal(size=shape).astype("float32")
        elif dtype == "bool":
            made[name] = generator.random(shape) < 0.65
        else:
            made[name] = generator.integers(-3, sizes["S"] + 3, shape)
    return made
