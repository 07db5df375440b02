"""Valid random programs: the core, which knows what is alive and of which type; kinds of statements are in the other
files, each a function of the generator that adds statements, or gives up by `Unfit`.

A seed is one program. No statement is in vain: operands are rather what nothing has read yet, and what nothing has read
at the end is returned. Values stay near 1, so that rounding stays small: each knows about how large it is.
"""

import random

from program import Assign, Model, Program, Value, names_in, prune, type_text
from sizes import Size, shape


class Unfit(Exception):
    """There is nothing alive that this kind of statement could use."""


# How often each plan of data, each element type and each number of statements comes.
PLANS = {"plain": 16, "special": 3, "zeros": 1}
TYPES = {"f32": 16, "f64": 2, "f16": 1, "bf16": 1}
TOLERANCES = {"f32": "float32", "f64": "float64", "f16": "float16", "bf16": "bfloat16"}
FEATURES = [1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 31, 33]
LARGEST = 4096  # elements of a value, at the sizes below
TYPICAL = {"B": 3, "T": 12, "S": 9}


class Generator:
    def __init__(self, seed, makers, of_step):
        self.seed, self.makers, self.of_step = seed, makers, of_step
        self.draw = random.Random(seed)
        self.count = 0
        self.float = self.weighted(TYPES)
        self.plan = self.weighted(PLANS)
        self.program = Program("Root", [], seed=seed, tolerance=TOLERANCES[self.float], plan=self.plan,
                               dims={"B": 0, "T": 0, "S": 0})
        self.model, self.prologue, self.block = self.program, [], self.program.body
        self.scopes, self.unread = [[]], []
        self.late = []  # stacks of scans that stop early: results, and nothing else
        self.features = self.draw.sample(FEATURES, 2)
        self.depth = 0  # of scans
        self.written = {}  # carries that are written in part, by name: that of their next value
        self.masked = False  # by `lengths`: what is carried has the axis B in front
        self.known = {"B", "T", "S"}  # dimension variables that the model at hand can name
        self.budget = self.draw.choice([3, 4, 6, 8, 12])

    # Choices

    def weighted(self, table):
        return self.draw.choices(list(table), list(table.values()))[0]

    def one(self, *choices):
        return self.draw.choice(choices)

    def chance(self, p):
        return self.draw.random() < p

    def number(self, low, high):
        """A literal with two digits."""
        return f"{self.draw.uniform(low, high):.2f}"

    @property
    def feature(self):
        return Size.of(self.draw.choice(self.features))

    def need(self, fits):
        if not fits:
            raise Unfit

    # Names

    def fresh(self, prefix="v"):
        self.count += 1
        return f"{prefix}{self.count}"

    def alive(self):
        return [value for scope in self.scopes for value in scope]

    def add(self, value):
        self.scopes[-1].append(value)
        self.unread.append(value.name)
        return value

    def read(self, text):
        names = names_in(text)
        self.unread = [name for name in self.unread if name not in names]

    def pick(self, fits=lambda value: True):
        """Something alive: rather what nothing has read, and what is new."""
        found = [value for value in self.alive() if fits(value)]
        self.need(found)
        return self.draw.choices(found, [(12 if value.name in self.unread else 1) + 3 * i / len(found)
                                         for i, value in enumerate(found)])[0]

    def pick_float(self, fits=lambda value: True):
        return self.pick(lambda value: value.dtype == self.float and fits(value))

    def pick_int(self, fits=lambda value: True):
        return self.pick(lambda value: value.dtype in ("i64", "i32", "i8", "u8") and fits(value))

    # Statements

    def size_of(self, axes):
        return Size.of(1) if not axes else axes[0] * self.size_of(axes[1:])

    def let(self, text, dtype, axes, bound=1.0, below=None, special=None):
        """A name for an expression; a float that may be large is made smaller."""
        axes = shape(*axes)
        self.need(self.size_of(axes).at(TYPICAL) <= LARGEST)
        special = special if special is not None else any(
            value.special for value in self.alive() if value.name in names_in(text))
        if dtype in ("f32", "f64", "f16", "bf16") and bound > 6:
            text, bound = ((f"tanh({self.number(0.2, 0.4)} * ({text}))", 1.0) if self.chance(0.4) else
                           (f"{2 / bound:.1g} * ({text})", 2.0))
        return self.assign([(dtype, axes, bound, below, special)], text)[0]

    def assign(self, kinds, text):
        """Names for all results of an expression."""
        targets = [Value(self.fresh(), dtype, shape(*axes), bound, below, special)
                   for dtype, axes, bound, below, special in kinds]
        self.need(all(size.dims <= self.known for value in targets for size in value.shape))
        self.read(text)
        self.block.append(Assign(targets, text))
        for value in targets:
            self.add(value)
        return targets

    def at_most(self, value, limit):
        """The text of a float that is at most `limit`, about."""
        if value.bound <= limit and not value.special:
            return value.name
        if value.special and self.chance(0.5):
            return value.name
        return f"({self.number(0.5 * limit, limit)} * {self.one('tanh', 'sin', 'erf')}({value.name}))"

    def clean(self, value):
        """The text of a float that is neither NaN nor infinite."""
        name = value.name
        return f"where({name} == {name}, clamp({name}, -3.0, 3.0), 0.25)" if value.special else name

    def typed(self, axes, call):
        """`zeros(...)` and the like, of the program's type."""
        inner = ", ".join(map(str, axes))
        return f"{call}([{inner}]" + ("" if self.float == "f32" else f", dtype={self.float}") + ")"

    def weight(self, axes):
        """A param of the model at hand, of the program's type."""
        name, axes = self.fresh("p"), shape(*axes)
        held = "f32" if self.float == "bf16" else self.float
        init = self.one("normal(0, 0.5)", "uniform(-1, 1)", "ones") if not axes else "normal(0, 0.5)"
        self.model.members[name] = f"param {name}: {type_text(held, axes)} = {init}"
        return self.held(Value(name, held, tuple(axes), 2.0))

    def argument(self, dtype, axes, low=-9, high=9, below=None):
        """An argument of the entry point; integers are drawn from [low, high)."""
        self.need(self.model is self.program)
        held = "f32" if dtype == "bf16" else dtype
        value = Value(self.fresh("a"), held, shape(*axes), 2.5, below,
                      special=self.plan == "special" and dtype == self.float and self.chance(0.6))
        self.program.arguments.append(value)
        if dtype not in ("bool", self.float):
            self.program.limits[value.name] = (low, high)
        return self.held(value) if dtype == "bf16" else self.outer(value)

    def held(self, value):
        """What is bf16 in the program and f32 outside."""
        if self.float != "bf16":
            return self.outer(value)
        cast = Value(self.fresh(), "bf16", value.shape, value.bound, special=value.special)
        self.prologue.append(Assign([cast], f"bf16({value.name})"))
        return self.outer(cast)

    def outer(self, value):
        self.scopes[0].append(value)
        return value

    def want(self, axes, dtype=None):
        """A value of a type: one that is alive, or a new one."""
        dtype, axes = dtype or self.float, shape(*axes)
        fits = lambda value: value.dtype == dtype and value.shape == axes
        if self.chance(0.85):
            try:
                return self.pick(fits)
            except Unfit:
                pass
        if dtype != self.float:
            return self.argument(dtype, axes)
        # A known size stands for a weight, an open one cannot.
        if all(size.constant is not None for size in axes) and (self.model is not self.program or self.chance(0.7)):
            return self.weight(axes)
        if self.model is self.program:
            return self.argument(dtype, axes)
        return self.let(f"{self.number(-1, 1)} * {self.typed(axes, 'ones')}", dtype, axes, 1.0)

    def broadcast(self, value):
        """An operand for elementwise work beside `value`: of its shape, or of one that broadcasts to it."""
        axes = value.shape
        kinds = [axes] * 4 + [axes[i:] for i in range(1, len(axes) + 1)] + [()]
        kinds += [axes[:i] + (Size.of(1),) + axes[i + 1:] for i in range(len(axes))]
        return self.want(self.draw.choice(kinds))

    # The whole

    def statements(self, count, tables=None):
        """About so many statements of any kinds."""
        done = tries = 0
        while done < count and tries < 6 * count:
            tries += 1
            maker = self.weighted(tables or self.makers)
            before = len(self.block), len(self.scopes[-1]), list(self.unread)
            try:
                maker(self)
                done += 1
            except Unfit:
                del self.block[before[0]:]
                del self.scopes[-1][before[1]:]
                self.unread = before[2]

    def generate(self):
        program = self.program
        for _ in range(self.draw.randint(1, 3)):
            self.argument(self.float, self.first_shape())
        for value in self.scopes[0]:
            self.unread.append(value.name)
        self.statements(self.budget)
        live = {value.name: value for value in self.alive() + self.late}
        given = {value.name for value in program.arguments}
        results = [live[name] for name in self.unread if name in live and name not in given]
        results = results or [self.alive()[-1]]
        for dim in sorted(self.known):
            program.arguments.append(Value(self.fresh("a"), "f32", shape(dim)))
        program.body[:0] = self.prologue
        for value in results:
            if value.dtype == "bf16":
                value = Value(self.fresh(), "f32", value.shape, value.bound)
                program.body.append(Assign([value], f"f32({results[len(program.results)].name})"))
            program.results.append(value)
        prune(program)
        return program

    def first_shape(self):
        h = self.feature
        return shape(*self.one(("T", "B", h), ("T", "B", h), ("B", "T", h), ("B", h), ("B", h), ("T", h), ("B", "S"),
                               ("T", "S"), ("B",), ("B", 2, "T", h), (h,), ("B", h, 3)))

    def part(self, axes):
        """A new model whose argument has a shape, and the generator's state; `finish` it with its results."""
        model = Model(f"Part{len(self.program.models)}", [])
        bare = {dim for dim in self.known if dim in axes}
        self.need(all(size.dims <= bare for size in axes))
        saved = self.model, self.block, self.scopes, self.unread, self.prologue, self.depth, self.known
        self.known = bare
        self.model, self.block, self.scopes, self.unread, self.prologue = model, model.body, [[]], [], []
        return model, saved

    def finish(self, model, saved, results):
        model.body[:0] = self.prologue
        model.results = results
        self.leave(saved)
        self.program.models.append(model)

    def leave(self, saved):
        self.model, self.block, self.scopes, self.unread, self.prologue, self.depth, self.known = saved


def program_of(seed):
    """The program of a seed."""
    from statements import MAKERS, OF_STEP
    return Generator(seed, MAKERS, OF_STEP).generate()
