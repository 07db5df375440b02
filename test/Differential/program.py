"""A random program as a list of statements, which the generator makes, the minimiser cuts, and rondo reads as text."""

import copy
import dataclasses
import re

from sizes import Size

NAME = re.compile(r"[A-Za-z_]\w*")


@dataclasses.dataclass
class Value:
    """What a name stands for. `bound` is about the greatest magnitude; integers that are indices of an axis of size
    `below` lie in [0, below)."""

    name: str
    dtype: str
    shape: tuple
    bound: float = 1.0
    below: Size | None = None
    special: bool = False  # may be NaN or infinite

    @property
    def is_float(self):
        return self.dtype in ("f32", "f64", "f16", "bf16")

    @property
    def type(self):
        return type_text(self.dtype, self.shape)


def type_text(dtype, shape):
    return f"{dtype}[{', '.join(map(str, shape))}]"


def names_in(text):
    return set(NAME.findall(text))


@dataclasses.dataclass
class Assign:
    """`targets = text`. One that assigns a carry says so in `carry`; `first` is the assignment of a state before it."""

    targets: list
    text: str
    carry: bool = False
    first: str = ""

    def lines(self):
        left = ", ".join(value.name for value in self.targets)
        return ([self.first] if self.first else []) + [f"{left} = {self.text}"]

    def reads(self):
        return names_in(f"{self.first} {self.text}")

    def blocks(self):
        return []


@dataclasses.dataclass
class Scan:
    """`stacks, lasts = scan elements with carries clauses { body }`; elements and carries are pairs of a value and the
    text of what it comes from."""

    elements: list
    carries: list
    clauses: list
    body: list
    yields: list
    yield_first: bool
    stacks: list
    lasts: list
    length: Size

    @property
    def targets(self):
        return self.stacks + self.lasts

    def lines(self):
        heads = ", ".join(f"{value.name} in {source}" for value, source in self.elements)
        given = ", ".join(f"{value.name} = {start}" for value, start in self.carries)
        clauses = "".join(" " + clause for clause in ([f"with {given}"] if given else []) + self.clauses)
        body = [statement for statement in self.body]
        nexts = [s for s in body if isinstance(s, Assign) and s.carry]
        others = [s for s in body if not (isinstance(s, Assign) and s.carry)]
        yields = [f"yield {', '.join(self.yields)}"] if self.yields else []
        lines = [line for statement in others for line in statement.lines()]
        ends = [line for statement in nexts for line in statement.lines()]
        lines += yields + ends if self.yield_first else ends + yields
        left = ", ".join(value.name for value in self.targets)
        return [f"{left}{' = ' if left else ''}scan {heads}{clauses} {{", *("  " + line for line in lines), "}"]

    def reads(self):
        """Names that are read; some of them are its own."""
        read = set().union(*(names_in(text) for _, text in self.elements + self.carries), set())
        read |= set().union(*(names_in(text) for text in self.clauses + self.yields), set())
        return read.union(*(statement.reads() for statement in self.body))

    def blocks(self):
        return [self.body]


@dataclasses.dataclass
class Model:
    """A model of the program's own: `forward` takes `arguments` and gives `results`."""

    name: str
    arguments: list
    members: dict = dataclasses.field(default_factory=dict)  # by name: its text
    body: list = dataclasses.field(default_factory=list)
    results: list = dataclasses.field(default_factory=list)

    def lines(self):
        arguments = ", ".join(f"{value.name}: {value.type}" for value in self.arguments)
        kinds = ", ".join(value.type for value in self.results)
        body = [line for statement in self.body for line in statement.lines()]
        body.append("return " + ", ".join(value.name for value in self.results))
        return [f"model {self.name}() {{", *("  " + line for line in self.members.values()),
                f"  def forward({arguments}) -> {kinds} {{", *("    " + line for line in body), "  }", "}"]


@dataclasses.dataclass
class Program(Model):
    """The root: its `forward` is the entry point. `models` are those that it uses; `dims` gives the least size of each
    dimension variable, `limits` of an integer argument by name the values that it may have: [low, high)."""

    seed: int = 0
    tolerance: str = "float32"
    models: list = dataclasses.field(default_factory=list)
    dims: dict = dataclasses.field(default_factory=dict)
    limits: dict = dataclasses.field(default_factory=dict)
    plan: str = "plain"
    jumps: bool = False

    def blocks(self):
        """All lists of statements that do not stand in another, with the model that they are the body of."""
        return [(model, model.body) for model in [*self.models, self]]

    def source(self):
        return "\n".join(line for model in [*self.models, self] for line in model.lines()) + "\n"

    def copy(self):
        return copy.deepcopy(self)


def sweep(block, live):
    """Drops statements that nothing of `live` needs, and adds to `live` what the others read."""
    for statement in reversed(list(block)):
        if isinstance(statement, Scan):
            if not any(value.name in live for value in statement.targets):
                block.remove(statement)
                continue
            drop_results(statement, live)
            inner = set(statement.yields) | {value.name for value, _ in statement.carries}
            inner |= set().union(*map(names_in, statement.clauses), set())
            sweep(statement.body, inner)
            live |= statement.reads()
        elif statement.carry or any(value.name in live for value in statement.targets):
            live |= statement.reads()
        else:
            block.remove(statement)


def drop_results(scan, live):
    """Drops stacks and carries that nothing reads, and elements that the body does not read."""
    inner = set(scan.yields).union(*(s.reads() for s in scan.body), *map(names_in, scan.clauses))
    read = [pair for pair in scan.elements if pair[0].name in inner]
    scan.elements = read or scan.elements[:1]
    kept = [i for i, stack in enumerate(scan.stacks) if stack.name in live]
    scan.stacks, scan.yields = [scan.stacks[i] for i in kept], [scan.yields[i] for i in kept]
    for (carry, start), last in reversed(list(zip(scan.carries, scan.lasts))):
        if last.name in live:
            continue
        others = [s for s in scan.body if not (isinstance(s, Assign) and s.carry and s.targets[0].name == carry.name)]
        read = set(scan.yields).union(*(s.reads() for s in others), *map(names_in, scan.clauses))
        if carry.name not in read and (scan.yields or len(scan.carries) > 1):
            scan.carries.remove((carry, start))
            scan.lasts.remove(last)
            scan.body[:] = others


def dims_of(program, arguments):
    """The dimension variables that its members, body, results and these arguments name."""
    text = " ".join([line for statement in program.body for line in statement.lines()] + [*program.members.values()])
    named = {dim for value in arguments + program.results for size in value.shape for dim in size.dims}
    return {dim for dim in program.dims if dim in named | names_in(text)}


def prune(program):
    """Drops all that no result needs: statements, members, models, arguments."""
    for model in [program, *reversed(program.models)]:
        live = {value.name for value in model.results}
        sweep(model.body, live)
        # Members name other members and models.
        for name, text in reversed(list(model.members.items())):
            if name in live:
                live |= names_in(text)
        model.members = {name: text for name, text in model.members.items() if name in live}
        if model is program:
            arguments = [value for value in program.arguments if value.name in live]
            needed = dims_of(program, arguments)
            for value in program.arguments:  # a dimension variable stands bare in some argument
                bare = {dim for dim in needed if any(dim in other.shape for other in arguments)}
                if value.name not in live and any(dim in value.shape for dim in needed - bare):
                    arguments.append(value)
            program.arguments = arguments
            program.limits = {value.name: program.limits[value.name] for value in program.arguments
                              if value.name in program.limits}
    program.models = [model for model in program.models
                      if any(re.search(rf"\b{model.name}\b", text)
                             for other in [program, *program.models] for text in other.members.values())]


def batch_source(programs):
    """One root whose entry points forward0, forward1, ... are the programs; their dimension variables, members and
    models get its number behind their names."""
    models, members, methods = [], [], []
    for number, program in enumerate(programs):
        def own(line, number=number):
            return re.sub(r"\b([A-Z]\d*|[pms]\d+|Part\d+)\b", rf"\g<1>_{number}", line)

        lines = program.source().split("\n")
        start = lines.index(f"model {program.name}() {{")
        split = next(i for i in range(start, len(lines)) if lines[i].startswith("  def forward("))
        models += map(own, lines[:start])
        members += map(own, lines[start + 1:split])
        methods += [own(line).replace("  def forward(", f"  def forward{number}(", 1) for line in lines[split:-2]]
    return "\n".join([*models, "model Root() {", *members, *methods, "}", ""])
