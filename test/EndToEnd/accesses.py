"""Code that checks its accesses to memory (`--sanitize`): wrong modules of the phase `buffers` are caught, each with the
place and the operation, and what was not written shows; examples say what they say without."""

import subprocess

import numpy

from harness import Failure, Once, compare, run

every = False  # run.py --all: all examples

# An entry point of N numbers, 8 of which lie in `x` and in `y` as the bodies below take it.
MODULE = """module @M attributes {{rondo.phase = "buffers", rondo.target = "host"}} {{
  func.func private @f.scratch(%n: index) -> index {{
    %c192 = arith.constant 192 : index
    return %c192 : index
  }}
  func.func private @f.shapes(%n: index) -> (index, index) {{
    return %n, %n : index, index
  }}
  func.func private @layer.shapes(%n: index) -> index {{
    return %n : index
  }}
  func.func private @layer(%n: index {{rondo.dim = "0"}}, %y: memref<?xf32> {{rondo.result = 0 : i64}})
      attributes {{rondo.layer, rondo.shapes = @layer.shapes}} {{
    %c8 = arith.constant 8 : index
    %one = arith.constant 1.0 : f32
    memref.store %one, %y[%c8] : memref<?xf32>
    return
  }}
  func.func @f(%n: index {{rondo.dim = "N"}}, %x: memref<?xf32> {{rondo.name = "x"}},
               %y: memref<?xf32> {{rondo.result = 0 : i64}}, %s: memref<?xi8> {{rondo.scratch}})
      attributes {{rondo.entry, rondo.shapes = @f.shapes, rondo.scratch_size = @f.scratch}} {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    %c9 = arith.constant 9 : index
    %c64 = arith.constant 64 : index
    %less = arith.constant -1 : index
    %one = arith.constant 1.0 : f32
    %ones = arith.constant dense<1.0> : vector<8xf32>
{body}
    return
  }}
}}
"""
# What is right for 9 numbers and wrong for 8, or always, and what is said of it.
LATE = {
    "load": ("%v = memref.load %x[%c8] : memref<?xf32>\nmemref.store %v, %y[%c0] : memref<?xf32>",
             "`memref.load`: out-of-bounds access"),
    "store": ("memref.store %one, %y[%c8] : memref<?xf32>", "`memref.store`: out-of-bounds access"),
    "load in a loop": ("scf.for %i = %c0 to %c9 step %c1 {\n%v = memref.load %x[%i] : memref<?xf32>\n"
                       "memref.store %v, %y[%c0] : memref<?xf32>\n}", "`memref.load`: out-of-bounds access"),
    "subview": ("%v = memref.subview %x[1] [8] [1] : memref<?xf32> to memref<8xf32, strided<[1], offset: 1>>\n"
                "memref.copy %v, %v : memref<8xf32, strided<[1], offset: 1>> to memref<8xf32, strided<[1], offset: 1>>",
                "`memref.subview`: subview runs out-of-bounds along dimension 0"),
    "transfer": ("vector.transfer_write %ones, %y[%c1] {in_bounds = [true]} : vector<8xf32>, memref<?xf32>",
                 "`vector.transfer_write`: out-of-bounds access"),
    "transfer that pads": ("%v = vector.transfer_read %x[%c1], %one : memref<?xf32>, vector<8xf32>\n"
                           "vector.store %v, %y[%c0] : memref<?xf32>, vector<8xf32>",
                           "`vector.transfer_read`: out-of-bounds access"),
    "vector load": ("%v = vector.load %x[%c1] : memref<?xf32>, vector<8xf32>\n"
                    "vector.store %v, %y[%c0] : memref<?xf32>, vector<8xf32>", "`vector.load`: out-of-bounds access"),
    "vector store": ("vector.store %ones, %y[%c1] : memref<?xf32>, vector<8xf32>",
                     "`vector.store`: out-of-bounds access"),
    "masked store": ("%m = vector.create_mask %c1 : vector<8xi1>\n"
                     "vector.maskedstore %y[%c8], %m, %ones : memref<?xf32>, vector<8xi1>, vector<8xf32>",
                     "`vector.maskedstore`: out-of-bounds access"),
    "masked load": ("%m = vector.create_mask %c9 : vector<8xi1>\n"
                    "%v = vector.maskedload %x[%c1], %m, %ones : memref<?xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>\n"
                    "vector.store %v, %y[%c0] : memref<?xf32>, vector<8xf32>",
                    "`vector.maskedload`: out-of-bounds access"),
    "layer": ("func.call @layer(%n, %y) : (index, memref<?xf32>) -> ()", "`memref.store`: out-of-bounds access"),
}
ALWAYS = {
    "negative index": ("memref.store %one, %y[%less] : memref<?xf32>", "`memref.store`: out-of-bounds access"),
    "shapes": ("%v = memref.subview %x[0] [4] [1] : memref<?xf32> to memref<4xf32, strided<[1]>>\n"
               "linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], "
               "iterator_types = [\"parallel\"]} ins(%x : memref<?xf32>) outs(%v : memref<4xf32, strided<[1]>>) {\n"
               "^bb0(%a: f32, %b: f32):\nlinalg.yield %a : f32\n}",
               "`linalg.generic`: dimension #0 of input/output operand #1 is incompatible with inferred dimension size"),
    "copy": ("%v = memref.subview %x[0] [%c4] [1] : memref<?xf32> to memref<?xf32, strided<[1]>>\n"
             "memref.copy %v, %y : memref<?xf32, strided<[1]>> to memref<?xf32>",
             "`memref.copy`: size of 0-th source/target dim does not match"),
    "arena": ("%v = memref.view %s[%c64][%n] : memref<?xi8> to memref<?x4xf64>\n"
              "%d = memref.dim %v, %c0 : memref<?x4xf64>\n%i = arith.index_cast %d : index to i32\n"
              "%f = arith.sitofp %i : i32 to f32\nmemref.store %f, %y[%c0] : memref<?xf32>",
              "`memref.view`: out-of-bounds access"),
    "a layer's buffer": ("func.call @layer(%c9, %y) : (index, memref<?xf32>) -> ()",
                         "`func.call`: a buffer has not the size that the layer takes it for"),
}


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "accesses"
    for number, (name, (body, message)) in enumerate((LATE | ALWAYS).items()):
        for level in ("-O0", "-O3"):
            suite.add(f"--sanitize catches: {name} {level}", catches, tools, folder / f"{number}{level}", body, message,
                      level, 9 if name in LATE else None)
    suite.add("--sanitize shows what was not written", shows, tools, folder / "unwritten")
    for number, example in enumerate(examples):
        if every or number % 6 == 0:
            for level in ("-O0", "-O3") if every else ("-O3",):
                case = folder / example.name
                drawn = Once(example.draw, case, {"B": 5, "T": 7}, {})
                suite.add(f"--sanitize {example.name} {level}", agrees, tools, example, case, drawn, level)


def checking(tools, folder):
    """Tools whose code checks every access to memory."""
    folder.mkdir(parents=True)
    (folder / "rondo").write_text(CHECKING.format(rondo=tools / "rondo"))
    (folder / "rondo").chmod(0o755)
    (folder / "rondo-opt").symlink_to(tools / "rondo-opt")
    return folder


CHECKING = """#!/bin/sh
case "$1" in compile|run|verify) exec {rondo} "$@" --sanitize;; esac
exec {rondo} "$@"
"""


def compile_module(tools, folder, body, level):
    folder.mkdir(parents=True)
    source = folder / "wrong.mlir"
    source.write_text(MODULE.format(body=body))
    run(tools / "rondo", "compile", source, "-o", folder / "wrong", "--sanitize", level)
    for n in (8, 9):
        numpy.save(folder / f"x{n}.npy", numpy.arange(n, dtype="f4"))
    return folder / "wrong", source


def catches(tools, folder, body, message, level, right):
    program, source = compile_module(tools, folder, body, level)
    done = subprocess.run([program, "--input", f"x={folder}/x8.npy"], capture_output=True, text=True, timeout=60)
    if done.returncode != 1 or f"error: {message}" not in done.stderr or f"{source}:" not in done.stderr:
        raise Failure(f"exit code {done.returncode}, {done.stderr!r}; expected {message}")
    if right:
        run(program, "--input", f"x={folder}/x{right}.npy")


def shows(tools, folder):
    program, _ = compile_module(tools, folder, "memref.store %one, %y[%c0] : memref<?xf32>", "-O3")
    run(program, "--input", f"x={folder}/x8.npy", "--output", folder)
    got = numpy.load(folder / "0.npy")
    if got[0] != 1 or not numpy.isnan(got[1:]).all():
        raise Failure(f"what was not written is {got}")


def agrees(tools, example, case, drawn, level):
    flags, results = drawn.get(), case / f"results{level}"
    program = case / f"program{level}"
    run(tools / "rondo", "compile", example.model, "-o", program, "--sanitize", level)
    run(program, *flags, "--output", results)
    compare(results, case)
