"""Models and the runtime around them under AddressSanitizer: every load and store of the compiled code is checked.

clang instruments the LLVM IR that rondo makes; the runtime and `main` are compiled with it and with
UndefinedBehaviorSanitizer. Every buffer has its exact size then, so that one byte too many is seen; guards.py tests the
machine code that is shipped, up to the alignment.
"""

import re
import shutil

from examples import ROOT, label
from harness import Once, compare, run

every = False  # run.py --all: all examples, at -O0 and -O3

CASES = [{"B": 5, "T": 7}, {"B": 1, "T": 1}, {"B": 0, "T": 7}]
CLANG = shutil.which("clang-22") or shutil.which("clang")
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1", "-O1"]
MAIN = """#include "rondo/driver.h"
extern const rondo_model {name}_model;
int main(int argc, char **argv) {{ return rondo_main(argc, argv, &{name}_model); }}
"""


def add_tests(suite, examples, tools, scratch):
    if not CLANG:
        raise SystemExit("test/EndToEnd/sanitized.py needs clang")
    folder = scratch / "sanitized"
    runtime = Once(compile_runtime, folder)
    for number, example in enumerate(examples):
        if not (every or number % 4 == 0):
            continue
        for level in ("-O0", "-O3") if every else ("-O3",):
            binary = Once(compile_model, tools, example, folder / f"{example.name}{level}", level, runtime)
            for dims in CASES:
                case = folder / example.name / label(dims)
                drawn = Once(example.draw, case, dims, {})
                suite.add(f"sanitized {example.name} {level} {label(dims)}", agrees, binary, case, drawn)


def compile_runtime(folder):
    """The object files of the runtime."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sorted((ROOT / "runtime" / "src").glob("*.c")):
        objects.append(folder / f"{source.stem}.o")
        run(CLANG, "-std=c11", "-c", source, "-o", objects[-1], *SANITIZE, "-D_POSIX_C_SOURCE=200809L",
            "-D_FILE_OFFSET_BITS=64", '-DRONDO_VERSION="test"', f"-I{ROOT / 'runtime' / 'include'}")
    return objects


def compile_model(tools, example, binary, level, runtime):
    objects = runtime.get()
    text = binary.with_name(binary.name + ".ll")
    run(tools / "rondo", "compile", example.model, level, "-o", text)
    ir = text.read_text()
    name = re.search(r"^@(\w+)_model = ", ir, re.M)[1]
    text.write_text(re.sub(r"^(attributes #\d+ = \{)", r"\1 sanitize_address", ir, flags=re.M))
    main = binary.with_name(binary.name + ".c")
    main.write_text(MAIN.format(name=name))
    module = binary.with_name(binary.name + ".o")
    run(CLANG, "-x", "ir", "-c", text, "-o", module, "-fsanitize=address", "-O1", "-Wno-override-module")
    symbols = run("nm", "-u", module)
    assert "__asan_" in symbols, "the model is not instrumented"
    run(CLANG, main, module, *objects, "-o", binary, *SANITIZE, f"-I{ROOT / 'runtime' / 'include'}", "-lm")
    return binary


def agrees(binary, case, drawn):
    results = case / "results" / binary.get().name
    flags = drawn.get()
    run(binary.get(), *flags, "--output", results)
    compare(results, case)
