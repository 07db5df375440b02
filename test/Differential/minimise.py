"""Makes a program that fails smaller: candidates with less in them are tried while they still fail in the same way."""

import re
import time

from program import Assign, Scan, Value, names_in, prune

SECONDS = 90


def minimise(program, dims, fails, seconds=SECONDS):
    """The smallest program and sizes found for which `fails(program, dims)` holds, as it does for those given."""
    end = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for candidates in (fewer_results, without_statements, simpler_scans, simpler_texts, other_plans,
                           small_constants):
            position = 0
            while time.monotonic() < end:
                # A step that helped may help again at the same place.
                found = None
                for index, candidate in enumerate(candidates(program)):
                    if index < position:
                        continue
                    position = index
                    prune(candidate)
                    if candidate.source() != program.source() and fails(candidate, dims):
                        found = candidate
                        break
                    if time.monotonic() > end:
                        break
                if found is None:
                    break
                program, changed = found, True
        for smaller in smaller_dims(dims, program):
            if time.monotonic() < end and fails(program, smaller):
                dims, changed = smaller, True
    return program, dims


def blocks_of(program):
    """All lists of statements, with the model that they are in, the outermost first."""
    def within(model, block):
        yield model, block
        for statement in block:
            for inner in statement.blocks():
                yield from within(model, inner)

    for model, block in program.blocks():
        yield from within(model, block)


def edited(program, edit):
    """A copy after `edit(copy)`; None if it gives False."""
    made = program.copy()
    return None if edit(made) is False else made


def candidates_of(program, edits):
    for edit in edits:
        made = edited(program, edit)
        if made is not None:
            yield made


def fewer_results(program):
    count = len(program.results)
    if count > 1:
        yield from candidates_of(program, [lambda made, i=i: made.results.__setitem__(slice(None), [made.results[i]])
                                           for i in range(count)])
        yield from candidates_of(program, [lambda made, i=i: made.results.__delitem__(i) for i in range(count)])


def substitute(program, old, new):
    """`new` wherever the name `old` is read."""
    word = re.compile(rf"\b{old}\b")
    for _, block in blocks_of(program):
        for statement in block:
            if isinstance(statement, Assign):
                statement.text = word.sub(new, statement.text)
                statement.first = word.sub(new, statement.first)
            else:
                statement.elements = [(value, word.sub(new, text)) for value, text in statement.elements]
                statement.carries = [(value, word.sub(new, text)) for value, text in statement.carries]
                statement.clauses = [word.sub(new, text) for text in statement.clauses]
                statement.yields = [word.sub(new, text) for text in statement.yields]


def values_of(program):
    known = {}
    for model, block in blocks_of(program):
        for value in model.arguments:
            known[value.name] = value
        for statement in block:
            for value in statement.targets:
                known[value.name] = value
            if isinstance(statement, Scan):
                for value, _ in statement.elements + statement.carries:
                    known[value.name] = value
    return known


def without_statements(program):
    """Each statement's results are operands of their types, or arguments."""
    places = [(b, s) for b, (_, block) in enumerate(blocks_of(program)) for s in range(len(block))]
    for b, s in reversed(places):
        for operand in (True, False):
            made = edited(program, lambda made: drop(made, b, s, operand))
            if made is not None:
                yield made


def drop(program, b, s, operand):
    model, block = list(blocks_of(program))[b]
    statement, known = block[s], values_of(program)
    if isinstance(statement, Assign) and statement.carry:
        if not operand:
            return False
        del block[s]
        return True
    result_names = {value.name for value in model.results}
    for value in statement.targets:
        fits = [known[name] for name in sorted(names_in(statement.text)) if name in known
                and known[name].type == value.type] if operand and isinstance(statement, Assign) else []
        if operand and not fits:
            return False
        if fits:
            other = fits[0]
        elif model is program and not any(str(size).startswith("L") for size in value.shape) and value.dtype != "bf16":
            other = Value(value.name.replace("v", "a") + "x", value.dtype, value.shape, value.bound, value.below,
                          value.special)
            program.arguments.append(other)
            if not other.is_float and other.dtype != "bool":
                program.limits[other.name] = (0, value.below or 9)
        else:
            return False
        substitute(program, value.name, other.name)
        if value.name in result_names:
            model.results = [other if result.name == value.name else result for result in model.results]
    block.remove(statement)
    return True


def simpler_scans(program):
    """Scans without a clause, a carry, a sequence, or a stack."""
    for b, (_, block) in enumerate(blocks_of(program)):
        for s, statement in enumerate(block):
            if not isinstance(statement, Scan):
                continue

            def edits():
                for i in range(len(statement.clauses)):
                    yield lambda scan, made, i=i: scan.clauses.pop(i)
                for i in range(len(statement.carries)):
                    yield lambda scan, made, i=i: without_carry(made, scan, i)
                for i in range(len(statement.elements) * (len(statement.elements) > 1)):
                    yield lambda scan, made, i=i: scan.elements.pop(i)
                yield lambda scan, made: setattr(scan, "yield_first", False)

            for edit in edits():
                made = program.copy()
                edit(list(blocks_of(made))[b][1][s], made)
                yield made


def without_carry(program, scan, i):
    """The carry keeps what it starts from: a name, or an expression that gets one."""
    (carry, start), last = scan.carries.pop(i), scan.lasts.pop(i)
    scan.body[:] = [statement for statement in scan.body
                    if not (isinstance(statement, Assign) and statement.carry
                            and statement.targets[0].name == carry.name)]
    for _, block in blocks_of(program):
        if scan in block:
            block.insert(block.index(scan), Assign([last], start))
            break
    substitute(program, carry.name, last.name)


GROUP = re.compile(r"\w*\(([^()]*)\)")


def simpler_texts(program):
    """Expressions without an argument, a call or an operand. Many of these are no programs; those do not
    fail alike."""
    for b, (_, block) in enumerate(blocks_of(program)):
        for s, statement in enumerate(block):
            if not isinstance(statement, Assign):
                continue
            for text in shorter(statement.text):
                made = program.copy()
                list(blocks_of(made))[b][1][s].text = text
                yield made


def shorter(text):
    for match in re.finditer(r", \w+=(\[[^\]]*\]|[^,()|\[\]]+|\|[^|]*\|[^|]*)(?=[,)])", text):
        yield text[:match.start()] + text[match.end():]
    for match in GROUP.finditer(text):
        inner = match.group(1)
        for part in [inner] + re.split(r", | [-+*/%<>]=? | and | or ", inner):
            if part != match.group(0):
                yield text[:match.start()] + part + text[match.end():]
    for match in re.finditer(r" (?:[-+*/]|and|or) [\w.]+", text):
        yield text[:match.start()] + text[match.end():]
    for match in re.finditer(r"[\w.]+ (?:[-+*/]|and|or) ", text):
        yield text[:match.start()] + text[match.end():]


def other_plans(program):
    """Plain numbers instead of special ones."""
    if program.plan != "plain":
        made = program.copy()
        made.plan = "plain"
        for value in values_of(made).values():
            value.special = False
        yield made


def small_constants(program):
    """One number that is a size everywhere replaced by a smaller one."""
    sizes = {size.constant for value in values_of(program).values() for size in value.shape}
    for old in sorted((size for size in sizes if size is not None and size > 1), reverse=True):
        for new in (1, 2, 3, old // 2):
            if new < old:
                yield with_constant(program, old, new)


def with_constant(program, old, new):
    made = program.copy()
    word = lambda text: re.sub(rf"(?<![\w.]){old}(?![\w.])", str(new), text)
    for model in [made, *made.models]:
        model.members = {name: word(text) for name, text in model.members.items()}
    for value in values_of(made).values():
        value.shape = tuple(type(size)({names: new if names == () and factor == old else factor
                                        for names, factor in size.terms.items()}) for size in value.shape)
    for _, block in blocks_of(made):
        for statement in block:
            if isinstance(statement, Assign):
                statement.text = word(statement.text)
            else:
                statement.elements = [(value, word(text)) for value, text in statement.elements]
                statement.carries = [(value, word(text)) for value, text in statement.carries]
    by_name = values_of(made)
    for model in [made, *made.models]:
        model.results = [by_name.get(value.name, value) for value in model.results]
    return made


def smaller_dims(dims, program):
    for name, size in dims.items():
        for smaller in (0, 1, 2, 3, 4, size // 2, size - 1):
            if program.dims[name] <= smaller < size:
                yield {**dims, name: smaller}
