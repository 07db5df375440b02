"""The installed tree and its CMake package: moved, found, and used by projects in C, in C++ and without an operating
system's libraries, on this processor and on another."""

import re
import shutil
import subprocess
import sys

import numpy
import safetensors.torch
import torch

from examples import ROOT, drawing
from harness import TOLERANCE, Failure, Once, difference, run
from targets import runner

CONSUMER = ROOT / "test" / "EndToEnd" / "consumer"
# Bytes of code and constants that some rows of scripts/sizes.py may have.
LIMITS = {"runtime: `rondo_call`": 12_000, "runtime: `rondo_main`": 80_000, "LSTM-16, sizes fixed": 6_000,
          "LSTM-512, sizes fixed": 6_000, "LSTM-512, sizes open": 25_000}
T, B, INPUT, HIDDEN, TAGS = 7, 3, 12, 33, 5  # as consumer/ has them


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "a package"  # a space is a character of paths
    folder.mkdir()
    tree = Once(install, tools, folder)
    suite.add("the installed tree is moved and works", is_relocatable, tree, folder)
    case = Once(Case, folder)
    project = Once(build_consumer, tree, case, folder / "consumer")
    suite.add("C and C++ by CMake give the same bytes", same_bytes, project, case)
    for generator in ("Ninja", "Unix Makefiles"):
        suite.add(f"CMake compiles models again that changed, {generator}", rebuilds, tree, case, folder, generator)
    native = Once(build_free, tree, case, folder / "free")
    suite.add("a program without libraries gives the same bytes", free_same, native, project, case)
    suite.add("a program without libraries on aarch64", free_foreign, tree, case, folder / "aarch64")
    suite.add("the runtime from its sources, on aarch64", hosted_foreign, tree, case, folder / "hosted")
    suite.add("the package where it is built", in_build_tree, tools, case, folder / "in build")
    suite.add("rondo's message stops a build", stops, tree, folder / "stops")
    suite.add("what is shipped is small", is_small, tools)
    suite.add("the start of a program is measured", starts, tools)
    suite.add("rondo_add_model's mistakes", mistakes, tree, folder / "mistakes")


def install(tools, folder):
    """The tree, in another place than it was installed in."""
    run("cmake", "--install", tools.parent, "--prefix", folder / "first place")
    (folder / "first place").rename(folder / "tree")
    return folder / "tree"


def is_relocatable(tree, folder):
    rondo, example = tree.get() / "bin" / "rondo", ROOT / "examples" / "char_rnn"
    program = folder / "char rnn"
    run(rondo, "compile", example / "model.rondo", "-o", program)
    said = run(program, "--entry", "predict", "--weights", example / "weights.safetensors", "--input",
               f"x={example / 'hello.npy'}", "--decode", example / "chars.txt")
    if said != '0: i64[1, 5] = "ohlol"\n':
        raise Failure(f"the program says {said}")
    first = str(folder / "first place")
    for path in tree.get().rglob("*.cmake"):
        if first in path.read_text() or str(ROOT) in path.read_text():
            raise Failure(f"{path.name} names the folder that it was installed in, or built in")
    for tool in ("rondo-opt", "rondo-reduce"):
        run(tree.get() / "bin" / tool, "--version")


class Case:
    """Weights, and the scores of the tagger on the input that consumer/input.h fills in."""

    def __init__(self, folder):
        self.weights = folder / "weights.safetensors"
        with drawing:
            torch.manual_seed(0)
            lstm, fc = torch.nn.LSTM(INPUT, HIDDEN, 2), torch.nn.Linear(HIDDEN, TAGS)
        weights = {f"lstm.{key}": value for key, value in lstm.state_dict().items()}
        weights |= {f"head.fc.{key}": value for key, value in fc.state_dict().items()}
        safetensors.torch.save_file(weights, self.weights)
        x = (torch.arange(T * B * INPUT) * 37 % 101 - 50).double().reshape(T, B, INPUT) / 64
        with torch.no_grad():
            self.want = fc.double()(lstm.double()(x)[0]).numpy()

    def check(self, written, who):
        got = numpy.frombuffer(written, "float32").reshape(self.want.shape)
        fault = difference(got, self.want, TOLERANCE["float32"])
        if fault:
            raise Failure(f"{who}: {fault}")


def configure(source, build, package, *flags):
    run("cmake", "-S", source, "-B", build, f"-Drondo_DIR={package}", "-DCMAKE_BUILD_TYPE=Release", *flags)


def clang():
    return ["-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"]


def build_consumer(tree, case, build):
    configure(CONSUMER, build, tree.get() / "lib" / "cmake" / "rondo", "-G", "Ninja", *clang(),
              f"-DWEIGHTS={case.get().weights}")
    run("cmake", "--build", build)
    return build


def written(*command):
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def same_bytes(project, case):
    build, flags = project.get(), [case.get().weights, str(T), str(B)]
    results = {name: written(build / name, *(flags if name.startswith("open") else []))
               for name in ("open_c", "open_cpp", "fixed_c", "fixed_cpp")}
    for kind in ("open", "fixed"):
        case.get().check(results[f"{kind}_c"], f"{kind}_c")
        if results[f"{kind}_c"] != results[f"{kind}_cpp"]:
            raise Failure(f"{kind}_cpp gives other bytes than {kind}_c")


def rebuilds(tree, case, folder, generator):
    source = folder / generator.split()[-1]
    shutil.copytree(CONSUMER, source)
    configure(source, source / "build", tree.get() / "lib" / "cmake" / "rondo", "-G", generator, *clang(),
              f"-DWEIGHTS={case.get().weights}")
    build = ["cmake", "--build", source / "build", "--target", "tagger"]
    made = lambda: [(source / "build" / "rondo" / "tagger" / f"tagger.{end}").stat().st_mtime_ns for end in "oh"]
    run(*build)
    first = made()
    run(*build)
    if made() != first:
        raise Failure("a model is compiled again though nothing changed")
    used = source / "heads.rondo"
    used.write_text(used.read_text().replace("return fc(x)", "return fc(x) * 2"))
    run(*build)
    if made() == first:
        raise Failure("a model is not compiled again though a file that it uses changed")


def build_free(tree, case, build, *flags):
    configure(CONSUMER / "freestanding", build, tree.get() / "lib" / "cmake" / "rondo", "-G", "Ninja",
              f"-DWEIGHTS={case.get().weights}", *(flags or clang()[:1]))
    run("cmake", "--build", build)
    return build / "free"


def free_same(native, project, case):
    got = written(native.get())
    case.get().check(got, "free")
    if got != written(project.get() / "fixed_c"):
        raise Failure("it gives other bytes than the program with libraries")
    needed = run("readelf", "-d", native.get())
    if "NEEDED" in needed:
        raise Failure(f"it needs libraries:\n{needed}")


def free_foreign(tree, case, build):
    program = build_free(tree, case, build, f"-DCMAKE_TOOLCHAIN_FILE={CONSUMER / 'freestanding' / 'aarch64.cmake'}")
    case.get().check(written(*runner("aarch64"), program), "free on aarch64")


def hosted_foreign(tree, case, build):
    configure(CONSUMER, build, tree.get() / "lib" / "cmake" / "rondo", "-G", "Ninja",
              f"-DCMAKE_TOOLCHAIN_FILE={CONSUMER / 'aarch64.cmake'}", f"-DWEIGHTS={case.get().weights}")
    run("cmake", "--build", build, "--target", "open_c")
    program = [*runner("aarch64"), build / "open_c", case.get().weights, str(T), str(B)]
    case.get().check(written(*program), "open_c on aarch64")


def in_build_tree(tools, case, build):
    configure(CONSUMER, build, tools.parent, "-G", "Ninja", *clang(), f"-DWEIGHTS={case.get().weights}")
    run("cmake", "--build", build, "--target", "open_c")
    case.get().check(written(build / "open_c", case.get().weights, str(T), str(B)), "open_c")


def project(folder, languages, *lines):
    folder.mkdir(exist_ok=True)
    (folder / "CMakeLists.txt").write_text("\n".join([
        "cmake_minimum_required(VERSION 3.20)", f"project(small {languages})", "find_package(rondo 0.1 REQUIRED)",
        *lines, ""]))


def refused(text, *command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    if done.returncode == 0 or text not in said:
        raise Failure(f"exit code {done.returncode}, expected `{text}` in:\n{done.stdout}{done.stderr}")


def stops(tree, folder):
    project(folder, "C", "rondo_add_model(wrong FILE wrong.rondo)", "add_executable(program main.c)",
            "target_link_libraries(program PRIVATE wrong)")
    (folder / "main.c").write_text('#include "wrong.h"\nint main(void) { return 0; }\n')
    (folder / "wrong.rondo").write_text("def forward(x: f32[B]) -> f32[B] {\n  return y\n}\n")
    configure(folder, folder / "build", tree.get() / "lib" / "cmake" / "rondo", "-G", "Ninja", *clang()[:1])
    refused("wrong.rondo:2:10: error: unknown name `y`", "cmake", "--build", folder / "build")
    if list((folder / "build" / "rondo" / "wrong").iterdir()):
        raise Failure("something is left of a model that is wrong")


def mistakes(tree, folder):
    folder.mkdir()
    (folder / "m.rondo").write_text("def forward(x: f32[B]) -> f32[B] {\n  return x\n}\n")
    for number, (arguments, text) in enumerate({
            "DIM T=3": "FILE is missing",
            "m.rondo": "`m.rondo` is no keyword and belongs to none; known are FILE, MODEL",
            "FILE m.rondo DIMS T=3": "`DIMS` is no keyword",
            "FILE m.rondo DIM": "DIM wants a value",
            "FILE m.rondo DIM 3": "`3` of DIM is not name=value",
            "FILE n.rondo": "no rule before this one makes it",
            "FILE m.rondo EMBED_WEIGHTS": "EMBED_WEIGHTS wants WEIGHTS",
            "FILE m.rondo OPT 4": "levels are 0, 1, 2 and 3",
    }.items()):
        project(folder, "NONE", f"rondo_add_model(m {arguments})")
        refused(text, "cmake", "-S", folder, "-B", folder / str(number), "-G", "Ninja",
                f"-Drondo_DIR={tree.get() / 'lib' / 'cmake' / 'rondo'}")


def is_small(tools):
    table = run(sys.executable, ROOT / "scripts" / "sizes.py", "--bin", tools)
    rows = {cells[0]: cells[1:] for cells in (re.split(r" *\| *", line)[1:-1] for line in table.splitlines())}
    for name, limit in LIMITS.items():
        for cell in rows[name]:
            if sum(int(part.replace(",", "")) for part in cell.split(" + ")) > limit:
                raise Failure(f"{name}: {cell} bytes, more than {limit}")


def starts(tools):
    script, times = ROOT / "benchmarks" / "startup.py", r"[0-9.]+ \(p95 [0-9.]+\)"
    table = run(sys.executable, script, "--rondo", tools / "rondo", "--sizes", "16", "--runs", "1")
    if not re.search(rf"^\| LSTM-16 \| 0 \| {times} \| {times} \|$", table, re.M):
        raise Failure(table)
