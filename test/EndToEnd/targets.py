"""Every example on every target: an executable for it, run by qemu or node where this machine is another.

What needs a processor that is not here is told as skipped. Without qemu, node or a target's C library the tests fail:
`scripts/bootstrap.sh --check` installs them.
"""

import ctypes
import pathlib
import platform
import re
import subprocess
import tempfile

import numpy
import safetensors.numpy

from artefact import Model, aligned, pointers
from artefacts import SYMBOLS, undefined_symbols
from examples import bindings
from harness import TOLERANCE, Failure, Once, Skipped, compare, difference, run

every = False

MACHINES = {"x86-64": "x86_64", "x86-64-v3": "x86_64", "x86-64-v4": "x86_64",
            "aarch64": "aarch64", "riscv64": "riscv64", "wasm32": "wasm32"}
LINKERS = {"__indirect_function_table", "__linear_memory", "__stack_pointer"}  # what WebAssembly's linker makes itself
# What Linux calls the instructions of a level, those that tell it from the level below.
LEVELS = {"x86-64": set(), "x86-64-v3": {"avx2", "bmi2", "fma", "movbe"},
          "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}}
EMULATED = {"Nehalem": "x86-64", "Haswell": "x86-64-v3"}  # what the processors that qemu plays can run
DIMS = {"B": 5, "T": 7}
QUICK = {"char_rnn", "lstm", "positional_encoding", "slstm"}  # whose objects are looked into each time


def add_tests(suite, examples, tools, scratch):
    for number, example in enumerate(examples):
        directory = scratch / "targets" / example.name
        case = Once(example.draw, directory / "case", DIMS, {})
        brief = example.brief and not every
        for target in list(MACHINES)[number % len(MACHINES):][:1] if brief else MACHINES:
            suite.add(f"{example.name} on {target}", agrees, tools, example, directory, target, case,
                      *["-O0"] * brief)
            if every or example.name in QUICK:
                suite.add(f"{example.name} needs no symbols on {target}", needs, tools, example, directory, target)
            if every:
                for flags in (["-O0"], ["-O1"], bindings("--dim", DIMS)):
                    suite.add(f"{example.name} on {target} {' '.join(flags)}", agrees, tools, example, directory,
                              target, case, *flags)
        if example.name == "lstm":
            wide = directory / "wide"  # its weights are packed in another way for each level
            case_of_wide = Once(example.draw, wide / "case", DIMS, {"hidden": 17})
            programs = {level: Once(compile_to, tools, example, wide / level, level, "--set=hidden=17")
                        for level in (*LEVELS, ",".join(LEVELS))}
            for processor in (*EMULATED, "this processor"):
                suite.add(f"lstm for all levels of x86-64 on {processor}", chooses, processor, programs, case_of_wide)
            suite.add("lstm for x86-64-v3 is not run without AVX2", refuses, tools, example)
            suite.add("lstm's header for all levels of x86-64", suffices, tools, example, wide)
            for target in ("aarch64", "riscv64"):
                suite.add(f"lstm as a library for {target}", exports, tools, example, directory, target)
            suite.add("lstm's plain function for all levels of x86-64", plain, tools, example, directory, case)


def processor_levels():
    """The levels of x86-64 that this machine can run."""
    if platform.machine() != "x86_64":
        return ["x86-64"]  # by qemu
    has = set(re.search(r"^flags\s*:(.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)[1].split())
    return [level for level, needed in LEVELS.items() if needed <= has]


def runner(target):
    """The command before a program of this target."""
    machine = MACHINES[target]
    if machine == "wasm32":
        return ["node", "--no-warnings", pathlib.Path(__file__).with_name("wasi.mjs")]
    if target in LEVELS and target not in processor_levels():
        raise Skipped("this processor lacks some of its instructions")
    if machine == platform.machine():
        return []
    return emulator(machine)


def emulator(machine, *flags):
    return [f"qemu-{machine}", *flags, "-L", "/" if machine == platform.machine() else f"/usr/{machine}-linux-gnu"]


def elsewhere(tools, target, folder):
    """Tools whose executables are for `target`, and run themselves: tests of executables become tests of a target."""
    folder.mkdir(parents=True)
    before = " ".join(map(str, runner(target)))
    (folder / "rondo").write_text(ELSEWHERE.format(rondo=tools / "rondo", target=target, before=before))
    (folder / "rondo").chmod(0o755)
    (folder / "rondo-opt").symlink_to(tools / "rondo-opt")
    return folder


# An output without a suffix, of no kind that is named, is an executable.
ELSEWHERE = """#!/bin/sh
output= last=
for word; do
  case "$last $word" in "-o "*) output=$word;; esac
  case "$word" in --emit*|--target*) exec {rondo} "$@";; esac
  last=$word
done
case "$1 ${{output##*/}}" in compile\ *.*|compile\ |[!c]*) exec {rondo} "$@";; esac
{rondo} "$@" --target={target} && mv "$output" "$output.program" || exit
printf '#!/bin/sh\nexec {before} "%s" "$@"\n' "$output.program" >"$output"
chmod +x "$output"
"""


def compile_to(tools, example, output, target, *flags):
    output.parent.mkdir(parents=True, exist_ok=True)
    run(tools / "rondo", "compile", example.model, f"--target={target}", "-o", output, *flags)
    return output


def agrees(tools, example, directory, target, case, *flags):
    before, arguments = runner(target), case.get()
    program = compile_to(tools, example, directory / f"{target}{''.join(flags)}", target, "--emit=exe", *flags)
    with tempfile.TemporaryDirectory() as results:
        run(*before, program, *arguments, "--output", results)
        compare(pathlib.Path(results), directory / "case")


def needs(tools, example, directory, target):
    undefined = undefined_symbols(compile_to(tools, example, directory / f"{target}.o", target))
    if undefined - SYMBOLS - LINKERS:
        raise Failure(f"the object needs {', '.join(sorted(undefined - SYMBOLS - LINKERS))}")


def chooses(processor, programs, case):
    """One executable has the right numbers, and packs its weights as the best level's own executable does."""
    *singles, joint = programs.values()
    arguments = case.get()
    if processor in EMULATED:
        level, before = EMULATED[processor], emulator("x86_64", "-cpu", processor)
    else:
        level, before = processor_levels()[-1], runner("x86-64")
    with tempfile.TemporaryDirectory() as results:
        results = pathlib.Path(results)
        run(*before, joint.get(), *arguments, "--output", results)
        compare(results, joint.get().parent / "case")
        runs = singles[:list(LEVELS).index(level) + 1]
        for program in (joint, *runs):
            run(*before, program.get(), "--seed", 1, "--save-prepared", results / program.get().name)
        want, *others = [(results / program.get().name).read_bytes() for program in reversed(runs)]
        if (results / joint.get().name).read_bytes() != want or want in others:
            raise Failure(f"{processor} does not run the code for {level}")


def suffices(tools, example, directory):
    """The constants of the joint header are the greatest of all levels'."""
    sizes = []
    for number, target in enumerate([*LEVELS, ",".join(LEVELS)]):
        header = directory / f"{number}.h"
        compile_to(tools, example, header, target, "--set=hidden=17", *bindings("--dim", DIMS))
        sizes.append([int(n) for n in re.findall(r"_bytes = (\d+)", header.read_text())])
    *singles, joint = sizes
    if joint != [max(column) for column in zip(*singles)] or joint == singles[0]:
        raise Failure(f"sizes {joint} of all, {singles} of each")


def exports(tools, example, directory, target):
    library = compile_to(tools, example, directory / f"{target}.so", target)
    header = run("/usr/lib/llvm-22/bin/llvm-readobj", "--file-headers", "--dyn-syms", library)
    if f"Arch: {target}" not in header or "Name: FlatLSTM_model" not in header:
        raise Failure(header)


def refuses(tools, example):
    command = [*emulator("x86_64", "-cpu", "Nehalem"), tools / "rondo", "run", example.model, "--target=x86-64-v3"]
    if platform.machine() != "x86_64":
        raise Skipped("code for x86-64 is another processor's here")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    if done.returncode != 1 or "does not run here: this processor has no avx2, fma" not in done.stderr:
        raise Failure(f"exit code {done.returncode}: {done.stderr}")


def plain(tools, example, directory, case):
    """A plain function and the descriptor are of one version."""
    runner("x86-64")
    if platform.machine() != "x86_64":
        raise Skipped("a library for x86-64 cannot be loaded here")
    case.get()
    weights = safetensors.numpy.load_file(directory / "case" / "weights.safetensors")
    library = compile_to(tools, example, directory / "levels.so", ",".join(LEVELS), *bindings("--dim", DIMS))
    model = Model(library, "FlatLSTM", lambda key, shape: weights[key])
    x, want = (numpy.load(directory / "case" / f"{name}.npy") for name in ("x", "expected_0"))
    arrays = [aligned(x.shape, "float32"), aligned(want.shape, "float32"), model.prepared,
              aligned([model.entry("forward").scratch(None)], "uint8")]
    arrays[0][...] = x
    status = model.library.FlatLSTM_forward(*map(ctypes.c_void_p, pointers(arrays)))
    fault = difference(arrays[1], want, TOLERANCE["float32"])
    if status or fault:
        raise Failure(fault or f"status {status}")
