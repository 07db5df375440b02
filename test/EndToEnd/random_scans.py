"""Random bodies of scans against NumPy in float64: -O0 and -O3, sizes open and fixed.

A seed says which program is made: scans, in them others, whose statements are drawn from the tables below, over
values of shape [B, 6]. The expressions are Python's too, with `numpy_functions`; only a scan is written out as a
loop.
"""

import pathlib
import random
import tempfile

import numpy
import safetensors.numpy

from harness import Failure, Once, run

every = False
SEEDS, ALL_SEEDS = (*range(25), 91), range(200)
SIZES = [(4, 3), (1, 1), (0, 2)]  # T, B
# Of the greatest value of a result: sums of exponentials and quotients pile up over the steps.
ALLOWED = 2e-4

WEIGHTS = {"w0": (6, 6), "w1": (6, 6), "w2": (6, 6), "wide": (6, 12), "gates_x": (24, 6), "gates_h": (24, 6),
           "b0": (6,), "b1": (6,), "gates_b": (24,), "rows": (4, 6), "k": ()}
ARGUMENTS = {"xs": "T, B, 6", "ms": "T, B, 6", "h0": "B, 6", "g0": "B, 6", "three": "3, B, 6"}
ORDER = [5, 3, 3, 0, 1, 2]

# a, b, c are values that exist, w a matrix, bias a vector.
EXPRESSIONS = """
{a} + {b}
{a} - {b}
{a} * {b}
0.5 * {a}
{a} * k
tanh({a})
sigmoid({a})
relu({a}) - {b}
maximum({a}, {b})
where({a} > {b}, {a}, {c})
where({a} > 0.1, 1.0, {c})
where(b0 > 0.0, {a}, {b})
({a} + b0) * b1
{a} * {b}[:, 0:1]
linear({a}, {w}, {bias})
linear({a}, {w})
linear({a}, {w} * 0.5)
linear({a}, {w} + w1, b0 * 2)
linear({a}, {w}) + linear({b}, w2, b1)
linear({a}, {w}, b0) * linear({b}, {w})
linear(concat([{a}, {b}], dim=-1), wide, b0)
linear(concat([{a}, {b}], dim=-1), wide) + {c}
concat([linear({a}, {w})[:, :3], linear({b}, w0)[:, 3:]], dim=-1)
{a} @ {w}
{a} @ transpose({w}, 0, 1)
squeeze(unsqueeze({a}, 1) @ expand({w}, B, 6, 6), 1)
einsum("bi,ij->bj", {a}, tanh({w}))
einsum("bi,bj,ij->bj", {a}, {b}, {w})
einsum("bj,bk->bjk", {a}, {b})[:, 1]
sum(einsum("bj,bk->bjk", {a}, {b}), dim=1)
softmax({a}, dim=-1)
layer_norm({a}, 6)
layer_norm({a}, 6, b0, b1)
{a} - mean({a}, dim=-1, keepdim=true)
max({a}, dim=1, keepdim=true) - {b}
{a} / (1 + sum({b} * {b}, dim=1, keepdim=true))
{a} * tanh(sum({b}, dim=0, keepdim=true))
0.3 * cumsum({a}, dim=1)
concat([{a}[:, 2:], {b}[:, :2]], dim=1)
roll({a}, 1, 1)
flip({a}, 1)
reshape(transpose(reshape({a}, B, 2, 3), 1, 2), B, 6)
index_select({a}, 1, order)
gather({a}, 1, unsqueeze(argmax({b}, dim=1), 1)) * {c}
""".split("\n")[1:-1]

# What also knows the number of the step.
STEP_EXPRESSIONS = """
{a} * f32({t})
{a} + three[{t} % 3]
{a} + narrow(rows, 0, {t} % 3, 1)
update({a}, {b}[:, :2], {t} % 5, dim=1)
where({t} % 2 == 0, {a}, {b})
""".split("\n")[1:-1]

CHUNKS = """
chunk(linear({a}, gates_x, gates_b) + linear({b}, gates_h), 4, dim=-1)
chunk(linear({a}, gates_x), 4, dim=1)
chunk(linear({a}, gates_x, gates_b) * 0.5 + linear({b}, gates_h, gates_b), 4, dim=1)
""".split("\n")[1:-1]


def numpy_functions():
    """The functions that the tables use, under the language's names."""
    def linear(x, weight, bias=0.0):
        return x @ weight.T + bias

    def softmax(x, dim):
        e = numpy.exp(x - x.max(dim, keepdims=True, initial=-numpy.inf))
        return e / e.sum(dim, keepdims=True)

    def layer_norm(x, size, weight=1.0, bias=0.0):
        centred = x - x.mean(-1, keepdims=True)
        return centred / numpy.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias

    def update(x, value, at, dim):
        x = x.copy()
        x[(slice(None),) * dim + (slice(at, at + value.shape[dim]),)] = value
        return x

    return {
        "true": True, "tanh": numpy.tanh, "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
        "relu": lambda x: numpy.maximum(x, 0), "maximum": numpy.maximum, "where": numpy.where, "f32": float,
        "linear": linear, "einsum": numpy.einsum, "softmax": softmax, "layer_norm": layer_norm,
        "update": update,
        "sum": lambda x, dim, keepdim=False: x.sum(dim, keepdims=keepdim),
        "mean": lambda x, dim, keepdim=False: x.mean(dim, keepdims=keepdim),
        "max": lambda x, dim, keepdim=False: x.max(dim, keepdims=keepdim),
        "argmax": lambda x, dim: x.argmax(dim), "cumsum": lambda x, dim: x.cumsum(dim),
        "concat": lambda xs, dim: numpy.concatenate(xs, dim),
        "chunk": lambda x, n, dim: numpy.split(x, n, dim),
        "roll": numpy.roll, "flip": numpy.flip, "transpose": numpy.swapaxes, "stack": numpy.stack,
        "reshape": lambda x, *shape: x.reshape(shape),
        "expand": lambda x, *shape: numpy.broadcast_to(x, shape),
        "unsqueeze": numpy.expand_dims, "squeeze": numpy.squeeze, "zeros": lambda *shape: numpy.zeros(shape),
        "index_select": lambda x, dim, index: numpy.take(x, index, dim),
        "gather": lambda x, dim, index: numpy.take_along_axis(x, index, dim),
        "narrow": lambda x, dim, start, length: numpy.take(x, range(start, start + length), dim),
    }


class Program:
    """The program of a seed: `source` in rondo, `python` the same, which leaves its results in `out`."""

    def __init__(self, seed):
        self.random, self.count, self.stacks = random.Random(seed), 0, []
        values = ["h0", "g0"]
        rondo, python, finals = [], [], []
        for _ in range(self.random.randint(1, 2)):
            lines, loop, last = self.scan(values, 0)
            rondo, python, finals = rondo + lines, python + loop, finals + last
        if self.stacks and self.random.random() < 0.5:
            line = f"z = linear({self.random.choice(self.stacks)}, w1, b1)"
            rondo, python = rondo + [line], python + [line]
            self.stacks.append("z")
        results = finals[-3:] + self.stacks[-3:]
        kinds = ["f32[T, B, 6]" if name in self.stacks else "f32[B, 6]" for name in results]
        signature = ", ".join(f"{name}: f32[{shape}]" for name, shape in ARGUMENTS.items())
        params = [f"  param {name}: f32[{', '.join(map(str, shape))}] = zeros"
                  for name, shape in WEIGHTS.items()]
        body = indented(indented(rondo + [f"return {', '.join(results)}"]))
        self.source = "\n".join(
            ["model Random() {", *params, "  buffer order: i64[6] = zeros",
             f"  def forward({signature}, n: i64[B]) -> {', '.join(kinds)} {{", *body, "  }", "}", ""])
        self.python = "\n".join(python + [f"out = [{', '.join(results)}]"])

    def fresh(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    def expression(self, table, values, t):
        pick = self.random.choice
        return pick(table).format(a=pick(values), b=pick(values), c=pick(values), w=pick(["w0", "w1", "w2"]),
                                  bias=pick(["b0", "b1"]), t=t)

    def block(self, values, depth, t):
        """Some statements; `values` gets what they define."""
        rondo, python = [], []
        for _ in range(self.random.randint(2, 7) if depth == 0 else self.random.randint(1, 4)):
            kind = self.random.random()
            if kind < 0.12:
                names = [self.fresh("v") for _ in range(4)]
                line = f"{', '.join(names)} = {self.expression(CHUNKS, values, t)}"
            elif kind < 0.2 and depth < 2:
                lines, loop, _ = self.scan(values, depth + 1)
                rondo, python = rondo + lines, python + loop
                continue
            else:
                names = [self.fresh("v")]
                line = f"{names[0]} = {self.expression(EXPRESSIONS + STEP_EXPRESSIONS, values, t)}"
            rondo, python = rondo + [line], python + [line]
            values += names
        return rondo, python

    def sequences(self, values, depth):
        """What a scan goes over besides its counter: sources, and names of their elements."""
        if depth == 0:
            sources = ["xs"] + ["ms"] * (self.random.random() < 0.4)
            if self.stacks and self.random.random() < 0.3:
                sources.append(self.random.choice(self.stacks))
        elif self.random.random() < 0.5:
            pick = self.random.choice
            sources = [pick(["three", "expand(reshape(b0, 1, 1, 6), 3, B, 6)",
                             f"stack([{pick(values)}, {pick(values)}, {pick(values)}], 0)"])]
        else:
            sources = []
        return [(source, self.fresh("x")) for source in sources]

    def scan(self, values, depth):
        """A scan in rondo and as a loop, and the names of its last carries; `values` gets what it leaves."""
        chance, pick = self.random.random, self.random.choice
        count = "T" if depth == 0 else "3"
        t, sequences = self.fresh("t"), self.sequences(values, depth)
        carries = [self.fresh("c") for _ in range(self.random.randint(1, 3))]
        starts = [pick(["zeros(B, 6)", pick(values), pick(values)]) for _ in carries]
        reverse, lengths = chance() < 0.3, chance() < (0.3 if depth == 0 else 0.15)

        inner = values + [x for _, x in sequences] + carries
        body, loop = self.block(inner, depth, t)
        next_values = [f"{c} = tanh({pick(inner[-8:])})" if chance() < 0.8 else
                       f"{c} = 0.7 * tanh({c}) + 0.3 * sigmoid({pick(inner)})"
                       for i, c in enumerate(carries) if i == 0 or chance() < 0.85]
        yielded = [pick([pick(inner[-8:]), f"tanh({pick(inner)})", f"linear({pick(inner[-6:])}, w2)",
                         f"{pick(inner)} * 2"]) for _ in range(self.random.randint(0, 2))]
        stacks, finals = [self.fresh("y") for _ in yielded], [self.fresh("last") for _ in carries]
        early = chance() < 0.3

        heads = [f"{x} in {source}" for source, x in sequences] + [f"{t} in 0..{count}"]
        self.random.shuffle(heads)
        clauses = " reverse" * reverse + " lengths n" * lengths
        given = ", ".join(f"{c} = {start}" for c, start in zip(carries, starts))
        yields = [f"yield {', '.join(yielded)}"] if yielded else []
        rondo = [f"{', '.join(stacks + finals)} = scan {', '.join(heads)} with {given}{clauses} {{",
                 *indented(body + (yields + next_values if early else next_values + yields)), "}"]

        mask = f"(n > {t})[:, None]"
        keeps = [f"{y}[{t}] = {f'where({mask}, {value}, 0.0)' if lengths else value}"
                 for y, value in zip(stacks, yielded)]
        step = [f"{x} = rows_{x}[{t}]" for _, x in sequences]
        step += [f"old_{c} = {c}" for c in carries if lengths]
        step += loop + (keeps + next_values if early else next_values + keeps)
        step += [f"{c} = where({mask}, {c}, old_{c})" for c in carries if lengths]
        python = [f"rows_{x} = {source}" for source, x in sequences]
        python += [f"{', '.join(carries)}, = {', '.join(starts)},"]
        python += [f"{y} = zeros({count}, B, 6)" for y in stacks]
        steps = f"reversed(range({count}))" if reverse else f"range({count})"
        python += [f"for {t} in {steps}:", *indented(step)]
        python += [f"{', '.join(finals)}, = {', '.join(carries)},"]

        if depth == 0:
            self.stacks += stacks
        else:
            sums = [(self.fresh("v"), y) for y in stacks]
            lines = [f"{v} = sum({y}, dim=0)" for v, y in sums]
            rondo, python = rondo + lines, python + lines
            values += [v for v, _ in sums]
        values += finals
        return rondo, python, finals


def indented(lines):
    return ["  " + line for line in lines]


class Data:
    """Weights and the cases of all programs, in files."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        draw = numpy.random.default_rng(0)
        self.weights = {key: numpy.asarray(0.5 * draw.standard_normal(shape), numpy.float32)
                        for key, shape in WEIGHTS.items()} | {"order": numpy.array(ORDER)}
        self.flags, self.cases = ["--weights", directory / "weights.safetensors"], []
        safetensors.numpy.save_file(self.weights, directory / "weights.safetensors")
        for T, B in SIZES:
            sizes = {"T": T, "B": B, "6": 6, "3": 3}
            inputs = {name: draw.standard_normal([sizes[d] for d in shape.split(", ")]).astype(numpy.float32)
                      for name, shape in ARGUMENTS.items()}
            # At most 3, the length of an inner scan.
            inputs["n"] = draw.integers(0, min(T, 3) + 1, B)
            flags = []
            for name, value in inputs.items():
                numpy.save(directory / f"{T}-{name}.npy", value)
                flags += ["--input", f"{name}={directory / f'{T}-{name}.npy'}"]
            self.cases.append((T, B, inputs, flags))


def add_tests(suite, examples, tools, scratch):
    data = Once(Data, scratch / "random-scans")
    for seed in ALL_SEEDS if every else SEEDS:
        suite.add(f"random scan {seed}", agrees, tools, seed, data, scratch / "random-scans")


def agrees(tools, seed, data, scratch):
    data = data.get()
    program, source, binary = Program(seed), scratch / f"{seed}.rondo", scratch / str(seed)
    source.write_text(program.source)
    expected = [results(program, data.weights, *case[:3]) for case in data.cases]
    T, B = SIZES[0]
    for flags, cases in ((["-O0"], len(SIZES)), (["-O3"], len(SIZES)),
                         (["-O3", f"--dim=T={T}", f"--dim=B={B}"], 1)):
        run(tools / "rondo", "compile", source, *flags, "-o", binary)
        for (t, b, _, inputs), wanted in list(zip(data.cases, expected))[:cases]:
            with tempfile.TemporaryDirectory() as folder:
                run(binary, *data.flags, *inputs, "--output", folder)
                for i, want in enumerate(wanted):
                    fault = compared(numpy.load(pathlib.Path(folder) / f"{i}.npy"), want)
                    if fault:
                        at = f"{' '.join(flags)}, T={t}, B={b}, result {i}"
                        raise Failure(f"{at}: {fault}\n{program.source}")


def results(program, weights, T, B, inputs):
    scope = numpy_functions() | {"T": T, "B": B}
    for name, value in (weights | inputs).items():
        scope[name] = value.astype(numpy.float64) if value.dtype == numpy.float32 else value
    exec(program.python, scope)
    return scope["out"]


def compared(got, want):
    if got.shape != want.shape:
        return f"shape {got.shape}, expected {want.shape}"
    worst = numpy.abs(got - want).max(initial=0.0)
    # Not `worst > ...`: NaN is a fault.
    return None if worst <= ALLOWED * max(numpy.abs(want).max(initial=0.0), 1e-3) else f"wrong by {worst:.3g}"
