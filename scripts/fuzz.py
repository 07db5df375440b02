#!/usr/bin/env python3
"""Runs the fuzzers (test/Fuzz): scripts/fuzz.py [--seconds N] [--jobs N] [--build FOLDER] [--distil N] [NAME ...]

Each starts from files that are tests already, as they stand or in pieces, and from its corpus in test/Fuzz/corpus, and
works for so many seconds. An input that crashes, lasts 10 s or needs 2 GiB is kept in FOLDER/fuzz/found; what else is
new, in FOLDER/fuzz/grown, is where the next run goes on. --distil makes the corpora anew: of what has grown the N
inputs that reach most of what the tests do not. Of each one line is printed: executions, what of the code was reached
(libFuzzer's `cov` and `ft`) and what was found. The last line is `fuzz: N passed, N failed`.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORPUS = ROOT / "test" / "Fuzz" / "corpus"
OF_PROGRAMS = ("source", "compile", "format")  # have one corpus
DISTILLED = 1500  # bytes that an input of a corpus may have
QUIET = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # contexts are kept from one input to the next
LENGTHS = {"source": 20000, "compile": 1500, "format": 20000, "dialect": 12000, "npy": 4096, "safetensors": 4096,
           "command-line": 2000}
GOES_ON = ("dialect",)  # behind crashes of LLVM's own
OF_LLVM, OF_OURS = r"lib(MLIR|LLVM)\.so", r"/(dialects|compiler|test/Fuzz)/\S+:\d+"


def programs():
    """All programs, and those of the tests of errors."""
    for folder in ("examples", "test/Programs", "test/Language", "test/Tools", "test/Frontend"):
        for path in sorted((ROOT / folder).rglob("*.rondo")):
            yield path.read_bytes()
    for path in sorted((ROOT / "test" / "Errors").glob("*.test")):
        if path.stem == "limits":  # as slow as programs can be
            continue
        for text in re.split(r"^=== .*\n", path.read_text(), flags=re.M)[1:]:
            yield re.split(r"^--- \w+\n", text, flags=re.M)[0].encode()


def modules(tools):
    """The tests of the dialect and of passes, in pieces, and small programs in every phase."""
    small = ("until_ends", "bracket_stack", "sliced_products")
    sources = [ROOT / "examples" / "char_rnn" / "model.rondo"]
    sources += [path for name in small for path in sorted((ROOT / "test" / "Programs" / name).glob("*.rondo"))]
    for source in sources:
        for phase, level in (("rondo", "-O3"), ("graph", "-O3"), ("linalg", "-O0"), ("kernels", "-O3"),
                             ("buffers", "-O0"), ("buffers", "-O3")):
            yield subprocess.run([tools / "rondo", "compile", source, level, f"--emit={phase}", "--target=x86-64-v3",
                                  "-o", "-"], check=True, capture_output=True, env=QUIET).stdout
    for path in sorted((ROOT / "test").rglob("*.mlir")):
        text = re.sub(r"^ *//(?! ?-----).*\n", "", path.read_text(), flags=re.M)
        for part in re.split(r"^// ?-----.*\n", text, flags=re.M):
            pieces = [part]
            if "module" not in part and not re.search(r"\bcall\b", part):
                head, *functions = re.split(r"^(?=func\.func )", part, flags=re.M)
                pieces = [head + function for function in functions] or pieces
            yield from (piece.encode() for piece in pieces)


def arrays():
    """.npy files of every dtype and order."""
    for number, dtype in enumerate(("<f4", ">f4", "<f8", "<f2", "<i8", ">i8", "<i4", "|i1", "|u1", "|b1")):
        for shape in ("()", "(0,)", "(2, 3)"):
            size = int(dtype[2]) * {"()": 1, "(0,)": 0, "(2, 3)": 6}[shape]
            header = f"{{'descr': '{dtype}', 'fortran_order': {number % 2 == 1}, 'shape': {shape}, }}\n".encode()
            version = number % 3 + 1
            length = struct.pack("<H" if version == 1 else "<I", len(header))
            yield b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(range(size))


def weights():
    """Files of the fake model's weights (test/Unit/Runtime/FakeModel.h), in every dtype."""
    for dtype, size in (("F32", 4), ("F64", 8), ("F16", 2), ("BF16", 2), ("I32", 4)):
        at, header = 0, {"__metadata__": {"format": "pt"}}
        for name, shape in (("emb.weight", [4, 3]), ("fc.bias", [3]), ("scale", [])):
            bytes_ = size * int(numpy.prod(shape))
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + bytes_]}
            at += bytes_
        text = json.dumps(header).encode()
        yield struct.pack("<Q", len(text)) + text + bytes(at)
    for path in sorted((ROOT / "examples").rglob("*.safetensors")):
        if path.stat().st_size < 4096:
            yield path.read_bytes()


def command_lines():
    """What the tests of the tool call it with, and an executable."""
    for path in sorted((ROOT / "test" / "Tools").glob("*.test")):
        for line in re.findall(r"RUN: (?:not )?(rondo .*?)(?:[|>&].*)?$", path.read_text(), re.M):
            yield "\n".join(line.replace('"', "").replace("'", "").split()).encode()
    flags = ["--entry", "mix", "--input", "n=5", "--input=temp=0.5", "--dim", "T=3", "--seed", "7", "--time", "2",
             "--decode=chars.txt", "--output", "out", "--weights", "w.safetensors"]
    for count in range(len(flags) + 1):
        yield "\n".join(["model", *flags[:count]]).encode()
    for more in ("--help", "--version", "--save-prepared\nw", "--entry\nstop\n--input\nlimit=2\n--seed\n1"):
        yield f"model\n{more}".encode()


def tests_of(name, tools):
    if name in OF_PROGRAMS:
        return programs()
    return {"dialect": lambda: modules(tools), "npy": arrays, "safetensors": weights,
            "command-line": command_lines}[name]()


def report_of(program, path):
    """What the sanitizers say of one input."""
    return subprocess.run([program, path], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          env=QUIET).stderr


def is_upstreams(report):
    """Whether a crash is LLVM's own: behind the frames of the sanitizer comes LLVM's, of its parser, or with others
    of LLVM's alone up to the one of ours that runs the passes. What our passes call LLVM with is ours to answer for.
    """
    frames = re.findall(r"^ +#\d+ (.*)$", report, re.M)
    first = next((frame for frame in frames if re.search(OF_LLVM, frame) or re.search(OF_OURS, frame)), "")
    ours = next((frame for frame in frames if re.search(OF_OURS, frame)), "Lower.cpp")
    return bool(re.search(OF_LLVM, first)) and ("Lower.cpp" in ours or "mlir::parseSourceFile(" in report)


def work(name, options, program, grown, seeds, found):
    """Runs libFuzzer; returns what it said and whether it ended as it should."""
    flags = [f"-max_total_time={options.seconds}", f"-max_len={LENGTHS[name]}", f"-timeout={options.timeout}",
             "-rss_limit_mb=2048", "-detect_leaks=0", "-close_fd_mask=1", "-report_slow_units=1000",
             "-print_final_stats=1", f"-seed={options.seed}", f"-artifact_prefix={found}/"]
    if name in GOES_ON:
        flags += ["-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"]
    log = options.build / "fuzz" / f"{name}.log"
    with open(log, "wb") as out:
        code = subprocess.run([program, *flags, grown, seeds], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              env=QUIET).returncode
    said = log.read_text(errors="replace")
    return said, "cov: " in said and (code == 0 or name in GOES_ON)


def corpus_of(name):
    return CORPUS / (OF_PROGRAMS[0] if name in OF_PROGRAMS else name)


def distil(name, options, seeds, grown):
    """Makes a corpus of the inputs that reach most of what the seeds, and those chosen before, do not reach."""
    told = options.build / "fuzz" / f"{name}.features"
    told.unlink(missing_ok=True)
    merged = options.build / "fuzz" / "merged" / name
    shutil.copytree(seeds, merged, dirs_exist_ok=True)
    subprocess.run([options.build / "test" / "Fuzz" / f"libfuzzer-{name}", "-merge=1", f"-merge_control_file={told}",
                    f"-timeout={options.timeout}", "-rss_limit_mb=2048", "-close_fd_mask=3", merged, grown], env=QUIET,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(merged)
    # How many files, how many of the first folder, their names; then what each reaches.
    total, first, *lines = told.read_text().splitlines()
    names, reached = lines[:int(total)], {}
    for line in lines[int(total):]:
        kind, number, *features = line.split()
        if kind == "FT":
            reached[int(number)] = set(features)
    known = set().union(*(features for number, features in reached.items() if number < int(first)))
    small = {pathlib.Path(names[number]): features - known for number, features in reached.items()
             if number >= int(first) and pathlib.Path(names[number]).stat().st_size <= DISTILLED}
    shutil.rmtree(corpus_of(name), ignore_errors=True)
    corpus_of(name).mkdir(parents=True)
    for _ in range(min(options.distil, len(small))):
        path = max(small, key=lambda path: (len(small[path]), path.name))
        chosen = small.pop(path)
        if chosen:
            shutil.copy(path, corpus_of(name))
        small = {other: features - chosen for other, features in small.items()}


def fuzz(name, options):
    """Whether nothing was found."""
    seeds, grown, found = (options.build / "fuzz" / kind / name for kind in ("seeds", "grown", "found"))
    for folder in (seeds, grown) if options.fresh else (seeds,):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (seeds, grown, found):
        folder.mkdir(parents=True, exist_ok=True)
    texts = [text for text in tests_of(name, options.build / "bin") if len(text) <= LENGTHS[name]]
    most = options.seconds * (1 if name == "compile" else 10)  # a short run needs time for others than these
    for number, text in enumerate(texts[::len(texts) // most + 1]):
        (seeds / f"{number:04}").write_bytes(text)
    if options.distil:
        distil(name, options, seeds, grown)
    for path in corpus_of(name).iterdir():
        shutil.copy(path, seeds)

    before = set(found.iterdir())
    program = options.build / "test" / "Fuzz" / f"libfuzzer-{name}"
    said, ended = work(name, options, program, grown, seeds, found)
    reports = {path: report_of(program, path) for path in sorted(set(found.iterdir()) - before)}
    others = [path for path, report in reports.items() if name in GOES_ON and is_upstreams(report)]
    for path in others:
        path.unlink()
        del reports[path]

    executions = max((int(a or b) for a, b in re.findall(r"executed_units:\s*(\d+)|^#(\d+)", said, re.M)), default=0)
    cov, ft = (re.findall(r"cov: (\d+) ft: (\d+)", said) or [(0, 0)])[-1]
    good = ended and not reports
    print(f"{'PASS' if good else 'FAIL'} {name}: {executions} executions, cov {cov}, ft {ft}" +
          (f", {len(others)} crashes of LLVM's own" if others else ""), flush=True)
    for path, report in reports.items():
        shown = re.search(r"^(WRONG: |.*ERROR: |.*runtime error: ).*(?:\n.*){0,40}", report, re.M)
        print(f"{path}:\n{shown[0] if shown else report[-3000:]}", flush=True)
    if not good and not reports:
        print(said[-3000:], flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600, help="of each fuzzer")
    parser.add_argument("--jobs", type=int, default=2, help="fuzzers at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=10, help="of one input, in seconds (on a busy machine, more)")
    parser.add_argument("--distil", type=int, default=0, metavar="N", help="make the corpora anew, of so many inputs")
    parser.add_argument("--fresh", action="store_true", help="start from the tests alone")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "asan")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(LENGTHS))
    options = parser.parse_args()
    if unknown := set(options.names) - set(LENGTHS):
        parser.error(f"no fuzzer {', '.join(sorted(unknown))}")
    options.build = options.build.resolve()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        passed = list(pool.map(lambda name: fuzz(name, options), options.names or LENGTHS))
    print(f"fuzz: {sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
