"""`-g`: gdb stops at lines of a model and prints its variables; the code is the same as without it."""

import re
import shutil
import subprocess

import numpy
import safetensors.numpy

from examples import ROOT, bindings
from harness import TOLERANCE, Failure, Once, Skipped, difference, run

HERE = ROOT / "test" / "EndToEnd" / "debugging"
DIMS = {"T": 4, "B": 2}
INPUTS, HIDDEN = 3, 4
EXAMPLES = ["char_rnn", "lstm", "peephole_lstm", "indrnn"]  # whose code is compared
every = False


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "debugging"
    programs = {level: Once(compile_cell, tools, folder / f"O{level}", level) for level in (0, 3)}
    for level, program in programs.items():
        suite.add(f"gdb prints a carry in a step at -O{level}", prints_carry, program)
        suite.add(f"gdb stops at the lines of a model at -O{level}", stops_at_lines, program, level)
    suite.add("gdb prints arguments and named values", prints_values, programs[0])
    suite.add("gdb prints the carries of a module of the library", prints_library, tools, folder / "library")
    suite.add("gdb prints a carry that lies in a result, optimised", prints_stacked, tools, folder / "stacked")
    suite.add("gdb knows the lines of shared objects and objects", knows_lines, tools, folder / "kinds")
    suite.add("debug information is about files in other folders", names_files, tools, folder / "files")
    for example in examples:
        if every or example.name in EXAMPLES:
            suite.add(f"-g leaves the code of {example.name} as it is", leaves_code, tools, example.model,
                      folder / "code" / example.name)
    suite.add("-g leaves the code of methods as it is", leaves_code, tools, HERE / "cell.rondo", folder / "code" / "cell")


def line_of(text, file="cell.rondo"):
    """The number of the only line that holds `text`."""
    found = [number for number, line in enumerate((HERE / file).read_text().splitlines(), 1) if text in line]
    assert len(found) == 1, text
    return found[0]


STEP = line_of("return z * h")  # in the method that the scan calls


class Program:
    """An executable, its weights and input."""

    def __init__(self, tools, folder, level, *flags, file="cell.rondo"):
        folder.mkdir(parents=True)
        self.folder, self.path = folder, folder / "model"
        for source in HERE.glob("*.rondo"):
            shutil.copy(source, folder)
        done = subprocess.run([tools / "rondo", "compile", file, "-g", f"-O{level}", "-o", "model", *flags],
                              cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Failure(done.stderr)

    def debug(self, *commands, run=()):
        """What gdb says. In `commands` the text before `@` is an echo; programs run with `run`."""
        return gdb(self.path, *commands, run=run, cwd=self.folder)


def gdb(program, *commands, run=(), cwd=None):
    if not shutil.which("gdb"):
        raise Skipped("gdb is not installed")
    flags = ["set pagination off", "set width 0", "set print elements 0", "set print repeats 0",
             "set confirm off", "set debuginfod enabled off", "set disable-randomization off"]
    settings = [word for flag in flags for word in ("-ex", flag)]
    script = [word for command in commands for word in ("-ex", command)]
    done = subprocess.run(["gdb", "-q", "-nx", "-batch", *settings, *script, "--args", program, *map(str, run)],
                          cwd=cwd, capture_output=True, text=True, timeout=120)
    if "ptrace: Operation not permitted" in done.stderr:
        raise Skipped("programs may not be traced here")
    return done.stdout + done.stderr


def compile_cell(tools, folder, level):
    """At -O3 the batch is fixed: an array that carries no sizes with it has only those that are fixed."""
    program = Program(tools, folder, level, *(["--dim", f"B={DIMS['B']}"] if level else []))
    random = numpy.random.default_rng(5)
    draw = lambda *shape: random.standard_normal(shape, dtype=numpy.float32)
    program.weights = {"w.weight": draw(HIDDEN, INPUTS), "w.bias": draw(HIDDEN), "u.weight": draw(HIDDEN, HIDDEN)}
    program.xs = draw(DIMS["T"], DIMS["B"], INPUTS)
    safetensors.numpy.save_file(program.weights, folder / "weights.safetensors")
    numpy.save(folder / "xs.npy", program.xs)
    program.run = ["--entry", "forward", "--weights", folder / "weights.safetensors", "--input", f"xs={folder / 'xs.npy'}"]
    return program


def steps(program):
    """What the names in each step mean, in float64."""
    w, b, u = (program.weights[key].astype(numpy.float64) for key in ("w.weight", "w.bias", "u.weight"))
    h = numpy.zeros((DIMS["B"], HIDDEN))
    for x in program.xs.astype(numpy.float64):
        a = x @ w.T + b + h @ u.T
        z = 1 / (1 + numpy.exp(-a))
        n = numpy.tanh(a - h)
        yield {"x": x, "h": h, "a": a, "z": z, "n": n}
        h = z * h + (1 - z) * n


def array(text):
    """The array that gdb printed: {{1, 2}, {3, 4}}, or a reference to it, `(float (&)[2][2]) @0x12: {{1, ...`."""
    text = re.sub(r"^\(.*\) @0x[0-9a-f]+: ", "", text)
    if not re.fullmatch(r"[-+.,e\d {}]+", text):
        raise Failure(f"gdb prints {text!r} instead of numbers")
    return numpy.array(eval(text.replace("{", "[").replace("}", "]")))


def printed(output, mark):
    """The values behind `mark` = in gdb's output, in their order."""
    return [line.split(" = ", 1)[1] for line in output.splitlines() if line.startswith(f"{mark} = ")]


def compare(name, got, want):
    fault = difference(array(got).astype(numpy.float32), want, TOLERANCE["float32"])
    if fault:
        raise Failure(f"`{name}` is {got}: {fault}")


def prints_carry(program):
    """At each step: in the method, whose frame is inlined, and in the scan around it."""
    program = program.get()
    show = ["info line", "backtrace 2", "up", r'printf "carry "', "output h", r'printf "\n"', "continue"]
    output = program.debug(f"break cell.rondo:{STEP}", "run", *show * DIMS["T"], run=program.run)
    stops = re.findall(rf"Line {STEP} of \"cell.rondo\"", output)
    if len(stops) != DIMS["T"]:
        raise Failure(f"{len(stops)} stops instead of {DIMS['T']}:\n{output}")
    call = line_of("h = step(x, h)")
    frames = re.findall(rf"#0 .*Cell\.step .* at cell\.rondo:{STEP}\n#1 .*Cell[._]forward .* at cell\.rondo:{call}", output)
    if len(frames) != DIMS["T"]:
        raise Failure(f"no frame of the method in that of the caller:\n{output}")
    for got, want in zip(re.findall(r"carry (.*)", output), steps(program), strict=True):
        compare("h", got, want["h"])


def stops_at_lines(program, level):
    """The first stop is in the line that was asked for. Optimised, a line that only calls, or whose value is one with
    another's, has no instruction."""
    program = program.get()
    first, last = line_of("a = w(x)"), line_of("yield h")
    texts = (HERE / "cell.rondo").read_text().splitlines()
    lines = [n for n in range(first, last + 1) if texts[n - 1].strip(" }") and "def " not in texts[n - 1]]
    missed = []
    for line in lines:
        output = program.debug(f"tbreak cell.rondo:{line}", "run", "info line", run=program.run)
        if f'Line {line} of "cell.rondo"' not in output:
            missed.append(line)
    if missed and (level == 0 or 2 * len(missed) > len(lines)):
        raise Failure(f"gdb does not stop at {missed} of {lines}")


def prints_values(program):
    program = program.get()
    names = ("x", "h", "a", "z", "n")
    show = [command for name in names for command in (f'printf "{name} = "', f"output {name}", r'printf "\n"')]
    output = program.debug(f"break cell.rondo:{STEP}", "run", *[*show, "continue"] * DIMS["T"], run=program.run)
    for step, want in enumerate(steps(program)):
        for name in names:
            found = printed(output, name)
            if len(found) != DIMS["T"]:
                raise Failure(f"`{name}` is not printed at each step:\n{output}")
            compare(f"{name}` in step `{step}", found[step], want[name])
    whole = program.debug(f"break cell.rondo:{line_of('yield h')}", "run", r'printf "xs = "', "output xs",
                          r'printf "\nT = %ld\nB = %ld\n"' + ", T, B", "print d", run=program.run)
    compare("xs", printed(whole, "xs")[0], program.xs.astype(numpy.float64))
    if printed(whole, "T") != ["4"] or printed(whole, "B") != ["2"]:
        raise Failure(f"dimension variables are not printed:\n{whole}")


def prints_library(tools, folder):
    """A step of an LSTM stands in the line of its call: its carries before it are printed there."""
    program = Program(tools, folder, 0, file="stacked.rondo")
    line = line_of("rnn(x)", "stacked.rondo")
    show = [r'printf "h = "', "output h", r'printf "\nc = "', "output c", r'printf "\n"', "continue"]
    # The first stop is before the loop.
    output = program.debug(f"break stacked.rondo:{line}", "run", "continue", *show * 5, run=["--seed", "1"])
    states, cells = printed(output, "h"), printed(output, "c")
    if [len(states), len(cells)] != [5, 5]:
        raise Failure(f"the carries are not printed at each step:\n{output}")
    run(program.path, "--seed", "1", "--output", folder)
    after = numpy.load(folder / "0.npy").astype(numpy.float64)
    for got, want in zip(states, [numpy.zeros((2, HIDDEN)), *after]):
        compare("h", got, want)
    if any(numpy.all(array(cell) == 0) != (step == 0) for step, cell in enumerate(cells)):
        raise Failure(f"`c` is {cells}")


def prints_stacked(tools, folder):
    """The state of an LSTM is a row of its result. Optimised, the line has several loops, with a stop in each."""
    program = Program(tools, folder, 3, file="stacked.rondo")
    line = line_of("rnn(x)", "stacked.rondo")
    show = [r'printf "h = "', "output h", r'printf "\n"', "continue"]
    output = program.debug(f"break stacked.rondo:{line}", "run", *show * 20, run=["--seed", "1"])
    found = [value for value in printed(output, "h") if "@0x" in value]
    run(program.path, "--seed", "1", "--output", folder)
    after = numpy.load(folder / "0.npy").astype(numpy.float64)
    states = [value for i, value in enumerate(found) if i == 0 or value != found[i - 1]]
    if len(states) != 5:
        raise Failure(f"{len(states)} states instead of 5:\n{output}")
    for got, want in zip(states, [numpy.zeros((2, HIDDEN)), *after]):
        compare("h", got, want)


def knows_lines(tools, folder):
    folder.mkdir(parents=True)
    for name in ("m.so", "m.o"):
        run(tools / "rondo", "compile", HERE / "cell.rondo", "-g", "-o", folder / name)
        output = gdb(folder / name, f"info line cell.rondo:{STEP}")
        if not re.search(rf'Line {STEP} of ".*cell.rondo" starts at address', output):
            raise Failure(f"{name}: {output}")
    run(tools / "rondo", "compile", HERE / "cell.rondo", "-g", "-o", folder / "m.a")
    lines = run("llvm-dwarfdump-22", "--debug-line", folder / "m.a")
    if not re.search(rf"^0x[0-9a-f]+ +{STEP} .*is_stmt", lines, re.MULTILINE):
        raise Failure("the archive has no lines")


def names_files(tools, folder):
    """Names are relative to where the compiler ran; a function of another file is inlined from there."""
    (folder / "deep").mkdir(parents=True)
    for source in HERE.glob("*.rondo"):
        shutil.copy(source, folder / "deep")
    done = subprocess.run([tools / "rondo", "compile", "deep/cell.rondo", "-g", "-O0", "-o", "model"], cwd=folder)
    if done.returncode:
        raise Failure("not compiled")
    gate = line_of("sigmoid", "gate.rondo")
    output = gdb(folder / "model", f"break gate.rondo:{gate}", "run", "backtrace 3", "info source", "list",
                 run=["--entry", "forward", "--seed", "1", *bindings("--dim", DIMS)], cwd="/")
    for wanted in (rf"#0 .*gate .* at deep/gate\.rondo:{gate}", r"#1 .*Cell\.step .* at deep/cell\.rondo",
                   re.escape(f"Compilation directory is {folder}"), r"return sigmoid\(a\)"):
        if not re.search(wanted, output):
            raise Failure(f"{wanted!r} is not in\n{output}")


def leaves_code(tools, model, folder):
    """From -O1 on the machine code is that of a compilation without -g."""
    folder.mkdir(parents=True)
    codes = []
    for flags in ([], ["-g"]):
        run(tools / "rondo", "compile", model, *flags, "-o", folder / "model.o")
        run("llvm-objcopy-22", "-O", "binary", "--only-section=.text", folder / "model.o", folder / "code")
        codes.append((folder / "code").read_bytes())
    if codes[0] != codes[1] or not codes[0]:
        raise Failure("the code is another with -g")
