"""Attention against numpy in float64: masks, scores, head counts, head sizes, leading dimensions, lengths from 0 on.

Each case is an entry point with open batch and lengths; a run of the binary is one of the lengths. Hidden keys and values
hold NaN and infinities in half of the runs, those that some rows see infinities among finite ones.
"""

import itertools
import re
import tempfile
import zlib

import numpy

from harness import TOLERANCE, Failure, Once, difference, run
from targets import MACHINES, runner

every = False  # all combinations

SIZES = [16, 40, 64, 80, 128]  # of a head
GROUPS = [1, 4, 8]             # query heads that share a key head
LEADING = [(), ("B",), ("A", "B")]
LENGTHS = [0, 1, 7, 64, 513]
SMALL, LARGE = [(0, 7), (7, 0), (1, 1), (7, 7), (64, 64)], [(1, 513), (513, 64), (64, 513), (513, 513)]
TOGETHER = 12  # entry points in a binary


class Variant:
    """What is attended how: `call` the further arguments in the language, `inputs` those of the entry point and how they
    are drawn, `sees` and `score` the same in numpy, of the indices b, h, i, j as arrays."""

    def __init__(self, call="", inputs={}, sees=None, score=None, dtype="f32", weights=False):
        self.call, self.inputs, self.sees, self.score = call, inputs, sees, score
        self.dtype, self.weights = dtype, weights


def lengths(draw, N, S, **_):
    return draw.integers(0, S + 1, N)


def documents(draw, N, T, S, **_):
    return numpy.sort(draw.integers(0, 4, (N, max(T, S, 1))), axis=1)


VARIANTS = {
    "plain": Variant(),
    "scale": Variant("scale=0.3"),
    "causal": Variant("causal=true", sees=lambda b, h, i, j: j <= i),
    "causal from": Variant("causal=true, q_start=start", {"start": ("int", lambda draw, T, S, **_: max(S - T, 0))},
                           lambda b, h, i, j, start: j <= i + start),
    "window": Variant("mask=|i, j| j <= i and i - j < 48", sees=lambda b, h, i, j: (j <= i) & (i - j < 48)),
    "prefix": Variant("mask=|i, j| j <= i or j < n[b]".replace("|i, j|", "|b, h, i, j|"), {"n": ("i64[N]", lengths)},
                      lambda b, h, i, j, n: (j <= i) | (j < n[b])),
    "chunks": Variant("mask=|i, j| j // 16 == i // 16", sees=lambda b, h, i, j: j // 16 == i // 16),
    "lengths": Variant("mask=|b, h, i, j| j < n[b]", {"n": ("i64[N]", lengths)}, lambda b, h, i, j, n: j < n[b]),
    "documents": Variant("mask=|b, h, i, j| of[b, i] == of[b, j]", {"of": ("i64[N, M]", documents)},
                         lambda b, h, i, j, of: of[b, i] == of[b, j]),
    "bools": Variant("mask=shown", {"shown": ("bool[T, S]", lambda draw, T, S, **_: draw.random((T, S)) < 0.3)},
                     lambda b, h, i, j, shown: shown[i, j]),
    "ALiBi": Variant("causal=true, score=|s, b, h, i, j| s + slope[h] * f32(j - i)",
                     {"slope": ("f32[H]", lambda draw, H, **_: (2.0 ** -numpy.arange(1, H + 1)).astype("f4"))},
                     lambda b, h, i, j, slope: j <= i, lambda s, b, h, i, j, slope: s + slope[h] * (j - i)),
    "soft-cap": Variant("score=|s| 2.0 * tanh(s / 2.0)", score=lambda s, b, h, i, j: 2 * numpy.tanh(s / 2)),
    "positions": Variant("score=|s, b, h, i, j| s + table[h, j - i + 512]",
                         {"table": ("f32[H, 1025]", lambda draw, H, **_: draw.standard_normal((H, 1025)).astype("f4"))},
                         score=lambda s, b, h, i, j, table: s + table[h, j - i + 512]),
    "bias": Variant("bias=more", {"more": ("f32[H, T, S]",
                                           lambda draw, H, T, S, **_: draw.standard_normal((H, T, S)).astype("f4"))},
                    score=lambda s, b, h, i, j, more: s + more[h, i, j]),
    "weights": Variant("mask=|b, h, i, j| j <= i and j < n[b]", {"n": ("i64[N]", lengths)},
                       lambda b, h, i, j, n: (j <= i) & (j < n[b]), weights=True),
    "doubles": Variant("causal=true", sees=lambda b, h, i, j: j <= i, dtype="f64", weights=True),
}


class Case:
    def __init__(self, variant, size, values, group, leading):
        self.variant, self.size, self.values, self.leading = variant, size, values, leading
        self.heads, self.keyHeads = {1: (3, 3), 4: (8, 2), 8: (8, 1)}[group]

    def __str__(self):
        return (f"{self.variant}, {self.heads} heads on {self.keyHeads}, size {self.size}"
                + (f" and {self.values}" if self.values != self.size else "") + f", {len(self.leading)} leading")

    def definition(self, name):
        """The case as an entry point."""
        variant = VARIANTS[self.variant]
        count = " * ".join(self.leading) or "1"
        sized = lambda text: re.sub(r"\bN\b", count, re.sub(r"\bH\b", str(self.heads), text))
        of = lambda *sizes: f"{variant.dtype}[{', '.join([*self.leading, *map(str, sizes)])}]"
        arguments = [f"q: {of(self.heads, 'T', self.size)}", f"k: {of(self.keyHeads, 'S', self.size)}",
                     f"v: {of(self.keyHeads, 'S', self.values)}"]
        arguments += [f"{key}: {sized(kind)}" for key, (kind, _) in variant.inputs.items()]
        results = [of(self.heads, "T", self.values)] + [of(self.heads, "T", "S")] * variant.weights
        call = ", ".join(["q, k, v"] + [variant.call] * bool(variant.call) + ["return_weights=true"] * variant.weights)
        return f"def {name}({', '.join(arguments)}) -> {', '.join(results)} {{\n  return attention({call})\n}}\n"

    def draw(self, queries, keys, isPoisoned):
        """Inputs by name, and the results in float64."""
        variant = VARIANTS[self.variant]
        draw = numpy.random.default_rng(zlib.crc32(f"{self} {queries} {keys}".encode()))
        leading = [2] * len(self.leading)
        N, H = int(numpy.prod(leading)), self.heads
        make = lambda heads, length, size: draw.standard_normal((N, heads, length, size)).astype(
            {"f32": "f4", "f64": "f8"}[variant.dtype])
        q, k, v = make(H, queries, self.size), make(self.keyHeads, keys, self.size), make(self.keyHeads, keys, self.values)
        more = {key: make(draw, N=N, H=H, T=queries, S=keys) for key, (_, make) in variant.inputs.items()}
        at = numpy.ogrid[:N, :H, :queries, :keys]
        sees = numpy.broadcast_to(True if not variant.sees else variant.sees(*at, **more), (N, H, queries, keys))
        if isPoisoned:
            poison(k, v, sees)
        scale = 0.3 if self.variant == "scale" else self.size ** -0.5
        score = (lambda s: variant.score(s, *at, **more)) if variant.score else (lambda s: s)
        output, weights = reference(q, k, v, scale, score, sees)
        shaped = lambda x: x.reshape(*leading, *x.shape[1:])
        inputs = {"q": shaped(q), "k": shaped(k), "v": shaped(v), **more}
        return inputs, [shaped(output)] + [shaped(weights)] * variant.weights


def poison(k, v, sees):
    """What no row sees is NaN; what some rows do not see has an infinite value, of one sign, so that sums have no NaN."""
    group = sees.shape[1] // k.shape[1]
    byHead = sees.reshape(len(sees), k.shape[1], group, *sees.shape[2:])
    some, each = byHead.any(axis=(2, 3)), byHead.all(axis=(2, 3))
    v[some & ~each, 0] = numpy.inf
    k[~some], v[~some] = numpy.nan, numpy.nan


def reference(q, k, v, scale, score, sees):
    q, k, v = (x.astype("f8") for x in (q, k, v))
    group = q.shape[1] // k.shape[1]
    k, v = numpy.repeat(k, group, axis=1), numpy.repeat(v, group, axis=1)
    logits = numpy.where(sees, score(q @ k.swapaxes(-1, -2) * scale), -numpy.inf)
    top = logits.max(axis=-1, keepdims=True, initial=-numpy.inf)
    powers = numpy.exp(logits - numpy.where(top == -numpy.inf, 0, top))
    total = powers.sum(axis=-1, keepdims=True)
    weights = numpy.divide(powers, total, out=numpy.zeros_like(powers), where=total != 0)
    finite = numpy.isfinite(v)
    output = weights @ numpy.where(finite, v, 0)
    # Infinities count where they are seen.
    infinite = sees.astype("f8") @ (v == numpy.inf)
    return numpy.where(infinite > 0, numpy.inf, output), weights


def combinations():
    if every:
        for variant, size, group in itertools.product(VARIANTS, SIZES, GROUPS):
            number = len(variant) + size + group
            yield Case(variant, size, 24 if number % 3 == 0 else size, group, LEADING[number % 3])
        return
    # Each variant with three of everything.
    for number, (variant, turn) in enumerate(itertools.product(VARIANTS, range(3))):
        size = SIZES[(number + number // 5) % 5]
        yield Case(variant, size, 24 if number % 7 == 3 else size, GROUPS[turn], LEADING[(number // 3 + turn) % 3])


def compile_together(tools, folder, cases, *flags):
    folder.mkdir(parents=True)
    source, binary = folder / "attention.rondo", folder / "attention"
    source.write_text("".join(case.definition(f"case{n}") for n, case in enumerate(cases)))
    run(tools / "rondo", "compile", source, "-o", binary, *flags)
    return binary


def agrees(binary, entry, case, pairs, target=None):
    for number, (queries, keys) in enumerate(pairs):
        with numpy.errstate(all="ignore"):
            inputs, expected = case.draw(queries, keys, isPoisoned=number % 2 == 1)
        with tempfile.TemporaryDirectory() as folder:
            flags = []
            for name, value in inputs.items():
                if isinstance(value, numpy.ndarray):
                    numpy.save(f"{folder}/{name}.npy", value)
                    value = f"{folder}/{name}.npy"
                flags += ["--input", f"{name}={value}"]
            run(*(runner(target) if target else []), binary.get(), "--entry", entry, *flags, "--output", folder)
            for i, want in enumerate(expected):
                got = numpy.load(f"{folder}/{i}.npy")
                fault = difference(got, want, TOLERANCE[str(got.dtype)])
                if fault:
                    raise Failure(f"{queries} queries, {keys} keys: result {i}: {fault}")


CHECKED = """
def checked(x: f32[2, T, 8], near: f32[3], far: int) -> f32[2, T, 8] {
  return attention(x, x, x, score=|s, i, j| s + near[j - i], mask=|i, j| j >= i and j - i < far)
}
"""


def checks(tools, folder, level):
    """An index in a score is out of range at hidden pairs without harm, at a visible one it is an error."""
    folder.mkdir()
    (folder / "checked.rondo").write_text(CHECKED)
    run(tools / "rondo", "compile", folder / "checked.rondo", "-o", folder / "checked", level)
    numpy.save(folder / "x.npy", numpy.ones((2, 40, 8), "f4"))
    numpy.save(folder / "near.npy", numpy.zeros(3, "f4"))
    flags = ["--input", f"x={folder / 'x.npy'}", "--input", f"near={folder / 'near.npy'}", "--output", folder]
    run(folder / "checked", *flags, "--input", "far=3")
    if not numpy.allclose(numpy.load(folder / "0.npy"), 1):
        raise Failure("a mean of ones is not 1")
    try:
        run(folder / "checked", *flags, "--input", "far=4")
    except Failure as fault:
        if "near[j - i]" not in str(fault):
            raise
    else:
        raise Failure("no error for a visible pair whose index is out of range")


def add_tests(suite, examples, tools, scratch):
    for level in ("-O0", "-O3"):
        suite.add(f"attention checks what is visible, {level}", checks, tools, scratch / f"checked{level}", level)
    cases = list(combinations())
    plain = cases if every else cases[1::3]  # at -O0 one of each variant
    for level, chosen in (("-O3", cases), ("-O0", plain)):
        for first in range(0, len(chosen), TOGETHER):
            part = chosen[first:first + TOGETHER]
            binary = Once(compile_together, tools, scratch / f"attention{level}-{first}", part, level)
            for number, case in enumerate(part):
                pairs = SMALL + ([LARGE[number % 4]] if level == "-O3" else [])
                if every:
                    pairs = list(itertools.product(LENGTHS, LENGTHS))
                suite.add(f"attention of {case}, {level}", agrees, binary, f"case{number}", case, pairs)
    few = [Case("weights", 40, 24, 4, ("B",)), Case("positions", 16, 16, 1, ()), Case("bools", 16, 16, 8, ("B",))]
    for target in MACHINES:
        binary = Once(compile_together, tools, scratch / f"attention-{target}", few, "--emit=exe", f"--target={target}")
        for number, case in enumerate(few):
            suite.add(f"attention of {case}, on {target}", agrees, binary, f"case{number}", case,
                      [(0, 7), (7, 7), (64, 64), (9, 130)], target)
