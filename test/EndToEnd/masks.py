"""Bounds of masks by brute force: what rondo-fold-mask says of every block of rows is compared with the mask, pair by
pair, for masks that people write and for random ones, with windows that are small, empty, negative and extreme."""

import ast
import random
import re

import numpy

from harness import Failure, run

every = False  # --all: more random masks

QUERIES, KEYS = 18, 22
WINDOWS = [0, 1, 5, 11, -4, 2**62, -(2**62), 2**63 - 1, -(2**63)]
LENGTHS = [0, 7, KEYS, 100, -1]

# exact: the hull of what a block of rows sees, and all that each of them sees. bounds: hull and inside are right but may
# be wider and narrower. opaque: there is more to look for when called.
WRITTEN = {
    "j <= i": "exact",
    "not j > i": "exact",
    "j <= i and i - j < w": "exact",
    "j < n": "exact",
    "j < n and j <= i": "exact",
    "j <= i or j < 6": "exact",
    "j >= w": "exact",
    "w > 3": "exact",
    "j // 4 <= i // 4": "exact",
    "j < (i // 4 + 1) * 4": "exact",
    "j // 4 == i // 4": "exact",
    "j // 4 * 8 <= i": "exact",
    "2 * j >= i - 3": "exact",
    "j < min(i + 3, n)": "exact",
    "j >= max(i - 3, 2)": "exact",
    "abs(i - j) < 5": "exact",
    "abs(i - j) < w": "exact",
    "i - j == 3": "exact",
    "(j <= i if n > 7 else j >= i)": "exact",
    "j <= i + w": "bounds",
    "j > i - w": "bounds",
    "j <= i + n and j + 4 > i + n": "bounds",
    "j != 4": "bounds",
    "j < i // 4 * 4 - i": "bounds",
    "j % 2 == 0": "opaque",
    "j * j <= i": "opaque",
    # Literals beyond those that sums are trusted with; whole sides of any size are fine.
    "j < 9223372036854775807": "exact",
    "j - i > -9223372036854775808": "exact",
    "j + 1000000000 <= i + 1000000003": "exact",
    "(i + 140737488355331) - (j + 140737488355328) >= 0": "opaque",
    "j <= max(i, 1125899906842624) - 1125899906842620": "opaque",
    "j <= max(i, 1125899906842624) // 562949953421312": "opaque",
    "j + 9223372036854775800 > i": "opaque",
    "j <= i and j % 2 == 0": "opaque",
}

COMPARE = {ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge", ast.Eq: "eq", ast.NotEq: "ne"}
BINARY = {ast.Add: "addi", ast.Sub: "subi", ast.Mult: "muli", ast.FloorDiv: "floordivsi", ast.Mod: "remsi"}
CALL = {"min": "minsi", "max": "maxsi"}


def compare(predicate, x, y):
    return {"slt": x < y, "sle": x <= y, "sgt": x > y, "sge": x >= y, "eq": x == y, "ne": x != y}[predicate]


# On numpy's integers and booleans; sums of 64 bits wrap around there as they do in the IR.
OPERATIONS = {
    "addi": numpy.add, "subi": numpy.subtract, "muli": numpy.multiply, "floordivsi": numpy.floor_divide,
    "remsi": numpy.fmod, "minsi": numpy.minimum, "maxsi": numpy.maximum, "andi": numpy.bitwise_and,
    "ori": numpy.bitwise_or, "xori": numpy.bitwise_xor, "select": numpy.where, "index_cast": lambda x: x,
}


class Region:
    """A mask as the operations that the front end writes."""

    def __init__(self, text):
        self.lines = []
        seen = self.emit(ast.parse(text, mode="eval").body)
        self.text = "\n".join(self.lines + [f"rondo.attention.yield {seen} : i1"])

    def make(self, text):
        self.lines.append(f"%t{len(self.lines)} = {text}")
        return f"%t{len(self.lines) - 1}"

    def emit(self, node):
        if isinstance(node, ast.Constant):
            return self.make(f"arith.constant {node.value} : i64")
        if isinstance(node, ast.Name):
            return "%" + node.id
        if isinstance(node, ast.IfExp):
            chosen = [self.emit(part) for part in (node.test, node.body, node.orelse)]
            return self.make(f"arith.select {', '.join(chosen)} : i1")
        if isinstance(node, ast.BoolOp):
            x, y = [self.emit(part) for part in node.values]
            return self.make(f"arith.{'andi' if isinstance(node.op, ast.And) else 'ori'} {x}, {y} : i1")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self.make(f"arith.constant -{node.operand.value} : i64")
        if isinstance(node, ast.UnaryOp):
            return self.make(f"arith.xori {self.emit(node.operand)}, {self.make('arith.constant true')} : i1")
        if isinstance(node, ast.Compare):
            x, y = self.emit(node.left), self.emit(node.comparators[0])
            return self.make(f"arith.cmpi {COMPARE[type(node.ops[0])]}, {x}, {y} : i64")
        if isinstance(node, ast.BinOp):
            return self.make(f"arith.{BINARY[type(node.op)]} {self.emit(node.left)}, {self.emit(node.right)} : i64")
        x = [self.emit(part) for part in node.args]
        if node.func.id != "abs":
            return self.make(f"arith.{CALL[node.func.id]} {x[0]}, {x[1]} : i64")
        zero = self.make("arith.constant 0 : i64")
        isNegative = self.make(f"arith.cmpi slt, {x[0]}, {zero} : i64")
        return self.make(f"arith.select {isNegative}, {self.make(f'arith.subi {zero}, {x[0]} : i64')}, {x[0]} : i64")


def function(name, mask):
    shape = "tensor<1x1x?x4xf32>"
    return f"""
func.func @{name}(%scale: f32, %x: {shape}, %window: i64, %all: tensor<1xi64>) -> {shape} {{
  %r = rondo.attention %scale ins(%x, %x, %x : {shape}, {shape}, {shape}) captures(%window, %all : i64, tensor<1xi64>)
      outs(%x : {shape}) : f32 mask {{
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %w: i64, %lengths: tensor<1xi64>):
      %row = arith.index_cast %b : i64 to index
      %n = tensor.extract %lengths[%row] : tensor<1xi64>
      {Region(mask).text}
    }} -> {shape}
  return %r : {shape}
}}"""


def evaluate(region, indices, window, length):
    """What the text of a region yields; `indices` are its first arguments, arrays of integers."""
    head, body = region.split("\n", 1)
    values = {}
    for (name, kind), value in zip(re.findall(r"(%\w+): ([\w<>]+)", head)[:4], indices):
        values[name] = value
    for name, kind in re.findall(r"(%\w+): ([\w<>]+)", head)[4:]:
        values[name] = numpy.int64(window if kind == "i64" else length)
    for line in body.split("\n"):
        words = line.replace(",", " ").split()
        if line.strip().startswith("rondo.attention.yield"):
            return [values[word] for word in words if word.startswith("%")]
        found = re.match(r"\s*(%[\w-]+) = (?:arith|tensor)\.(\w+) (.*?)(?: : .*)?$", line)
        if not found:
            raise Failure(f"what is this in a region? {line}")
        result, name, rest = found.groups()
        if name == "constant":
            values[result] = {"true": numpy.bool_(True), "false": numpy.bool_(False)}.get(rest)
            if values[result] is None:
                values[result] = numpy.int64(int(rest))
            continue
        operands = [values[word] for word in re.findall(r"%[\w-]+", rest)]
        if name == "extract":
            values[result] = operands[0]
        elif name == "cmpi":
            values[result] = compare(rest.split(",")[0], *operands)
        else:
            values[result] = OPERATIONS[name](*operands)
    raise Failure("a region that yields nothing")


def regions(text, name):
    """The texts of the mask and of the bounds of one function, and whether they are opaque. Without a mask, which the
    canonical form drops where everything is visible, and the attention where nothing is, nothing."""
    body = text.split(f"@{name}(")[1].split("func.func")[0]
    if not re.search(r"rondo\.attention .*mask \{", body):
        return None
    mask = re.search(r"mask \{\n\s*\^bb0(.*?)\n\s*\}", body, re.S)
    bounds = re.search(r"bounds \{\n\s*\^bb0(.*?)\n\s*\}", body, re.S)
    if not mask or not bounds:
        raise Failure(f"no mask and bounds in this:\n{body}")
    return mask.group(1), bounds.group(1), "rondo.attention opaque" in body


def check(mask, found, kind):
    region, bounds, isOpaque = found
    if kind and isOpaque != (kind == "opaque"):
        raise Failure(f"{mask}: opaque is {isOpaque}")
    zero = numpy.int64(0)
    i, j = numpy.arange(QUERIES)[:, None], numpy.arange(KEYS)[None, :]
    first, last = numpy.arange(QUERIES)[:, None], numpy.arange(QUERIES)[None, :]
    windows = WINDOWS if "w" in mask else [1]
    for window, length in [(w, n) for w in windows for n in (LENGTHS if "n" in mask else [7])]:
        with numpy.errstate(over="ignore"):
            seen = numpy.broadcast_to(evaluate(region, (zero, zero, i, j), window, length)[0], (QUERIES, KEYS))
            blocks = [numpy.broadcast_to(value, (QUERIES, QUERIES))
                      for value in evaluate(bounds, (zero, zero, first, last), window, length)]
        for rows in (1, 2, 5):
            checkBlocks(mask, seen, blocks, rows, kind, f"w = {window}, n = {length}")


def checkBlocks(mask, seen, blocks, rows, kind, values):
    """Compares what blocks of so many rows see with `blocks`, whose axes are the first and the last row."""
    inBlocks = numpy.lib.stride_tricks.sliding_window_view(seen, rows, axis=0)
    some, each = inBlocks.any(axis=-1), inBlocks.all(axis=-1)
    first, keys = numpy.arange(len(some)), numpy.arange(KEYS)
    lo, hi, begin, end = (value[first, first + rows - 1][:, None] for value in blocks)
    hull, inside = (lo <= keys) & (keys < hi), (begin <= keys) & (keys < end)
    faults = {"visible outside of the hull": some & ~hull, "hidden inside": inside & ~each}
    if kind == "exact":
        # What lies between two keys that are visible is in the hull; of a block that sees nothing it may hold anything.
        between = numpy.logical_or.accumulate(some, axis=1) & numpy.logical_or.accumulate(some[:, ::-1], axis=1)[:, ::-1]
        faults["in the hull for nothing"] = hull & ~between & some.any(axis=1, keepdims=True)
        faults["not said to be visible to all"] = each & ~inside
    for fault, places in faults.items():
        if places.any():
            row, key = numpy.argwhere(places)[0]
            raise Failure(f"{mask}, rows {row} to {row + rows - 1}, {values}: key {key} is {fault}")


def randomInteger(draw, depth):
    if depth == 0:
        number = draw.randint(-6, 9)
        if draw.randrange(4) == 0:  # about the limits of what is trusted, and of i64
            number = max(-(2**63), min(draw.choice([-1, 1]) * 2**draw.choice([40, 42, 46, 47, 60, 63]) + number, 2**63 - 1))
        return draw.choice(["i", "j", "w", "n", str(number)])
    x = randomInteger(draw, draw.randrange(depth))
    y = randomInteger(draw, draw.randrange(depth))
    n = draw.randint(1, 5)
    return draw.choice([f"({x} + {y})", f"({x} - {y})", f"({x} + {y})", f"{x} * {n}", f"{x} // {n}", f"abs({x})",
                        f"min({x}, {y})", f"max({x}, {y})"])


def randomMask(draw, depth):
    if depth == 0:
        x, y = randomInteger(draw, draw.randrange(4)), randomInteger(draw, draw.randrange(3))
        return f"({x} {draw.choice(['<', '<=', '>', '>=', '==', '!='])} {y})"
    x, y = randomMask(draw, depth - 1), randomMask(draw, draw.randrange(depth))
    other = re.sub(r"\bi\b", "j", x)
    return draw.choice([f"({x} and {y})", f"({x} or {y})", f"(not {x})", f"({x} if {y} else {other})"])


def folded(tools, masks, scratch):
    source = scratch / "masks.mlir"
    source.write_text("\n".join(function(f"f{n}", mask) for n, mask in enumerate(masks)))
    text = run(tools / "rondo-opt", source, "-canonicalize", "-cse", "-rondo-fold-mask", "-canonicalize", "-cse")
    return [regions(text, f"f{n}") for n in range(len(masks))]


def written(tools, scratch):
    for (mask, kind), found in zip(WRITTEN.items(), folded(tools, WRITTEN, scratch)):
        if not found:
            raise Failure(f"{mask}: no region")
        check(mask, found, kind)


def drawn(tools, scratch, seed, count):
    draw = random.Random(seed)
    masks = [randomMask(draw, draw.randrange(3)) for _ in range(count)]
    bounded = 0
    for mask, found in zip(masks, folded(tools, masks, scratch)):
        if found:
            check(mask, found, None)
            bounded += not found[2]
    if bounded < count // 3:
        raise Failure(f"{bounded} of {count} masks became bounds")


def add_tests(suite, examples, tools, scratch):
    def apart(name):
        (scratch / name).mkdir()
        return scratch / name

    suite.add("masks as they are written", written, tools, apart("masks-written"))
    for seed in range(10 if every else 1):
        suite.add(f"masks drawn, seed {seed}", drawn, tools, apart(f"masks-{seed}"), seed, 120)
