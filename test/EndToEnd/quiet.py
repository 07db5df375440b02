"""Between entry and return a call neither allocates nor locks nor enters the kernel: quiet/quiet.h makes each of them
end the process. Where the kernel permits no seccomp filter, strace tells of system calls instead."""

import os
import re
import signal
import subprocess

import numpy

from examples import ROOT, bindings
from harness import TOLERANCE, Failure, Once, difference, run

HERE = ROOT / "test" / "EndToEnd" / "quiet"
HEAP, LOCK, NO_FILTER = 90, 91, 92  # quiet.h
DIMS = {"B": 3, "T": 5}
# Instructions that lock a bus or enter the kernel; `xchg` with memory locks it too.
FORBIDDEN = re.compile(r"\t(lock |syscall|sysenter|int +|xchg.*\(|mfence|svc )")


def add_tests(suite, examples, tools, scratch):
    folder = scratch / "quiet"
    folder.mkdir()
    caller = Once(build_caller, tools, folder)
    for example in examples:
        directory = folder / "examples" / example.name
        suite.add(f"{example.name} is called quietly", is_quiet, tools, example, directory, caller)
    suite.add("a model with states is called quietly", states_are_quiet, tools, folder, caller)
    lstm = next(example for example in examples if example.name == "lstm")
    plain = Once(build_plain, tools, lstm, folder)
    suite.add("a plain function is called quietly", plain_is_quiet, plain)
    suite.add("no system call stands in a trace of a plain function", is_quiet_in_trace, plain, folder)
    for loud, code in {"allocation": HEAP, "lock": LOCK, "system call": -signal.SIGSYS}.items():
        suite.add(f"{loud} in a call: it is noticed", is_noticed, plain, loud, code, folder)


def build(tools, output, *sources):
    run("clang-22", "-O1", "-Wall", "-Werror", f"-I{ROOT / 'runtime' / 'include'}", f"-I{output.parent}", *sources,
        HERE / "quiet.c", tools.parent / "lib" / "librondo_runtime.a", "-lm", "-ldl", "-Wl,-z,now", "-o", output)
    return output


def build_caller(tools, folder):
    return build(tools, folder / "call", HERE / "call.c")


def build_plain(tools, lstm, folder):
    """FlatLSTM at fixed sizes, with its weights in it."""
    lstm.draw(folder / "plain", DIMS, {})
    flags = [lstm.model, *bindings("--dim", DIMS), "--weights", folder / "plain" / "weights.safetensors",
             "--embed-weights"]
    for name in ("FlatLSTM.o", "FlatLSTM.h"):
        run(tools / "rondo", "compile", *flags, "-o", folder / name)
    return build(tools, folder / "lstm", HERE / "plain.c", folder / "FlatLSTM.o")


def result_of(done):
    if done.returncode == 0:
        return done.stdout
    reasons = {HEAP: "allocates or frees", LOCK: "takes a lock", -signal.SIGSYS: "makes a system call"}
    raise Failure(f"a call {reasons.get(done.returncode, f'ends with {done.returncode}')}: {done.stderr.decode()}")


def quietly(folder, *command):
    """What a program writes that calls quietly."""
    done = subprocess.run(command, capture_output=True, timeout=60)
    return traced(folder, *command) if done.returncode == NO_FILTER else result_of(done)


def traced(folder, *command):
    trace = folder / "trace"
    done = subprocess.run(["strace", "-f", "-o", trace, *command], capture_output=True, timeout=60,
                          env=dict(os.environ, QUIET_MARK="1"))
    parts = re.split(r"^.*getpgid\(-1\).*\n", trace.read_text(), flags=re.M)
    if len(parts) != 3 or parts[1]:
        raise Failure(f"a call makes system calls:\n{parts[1] if len(parts) > 1 else 'the first mark is missing'}")
    return result_of(done)


def is_quiet(tools, example, directory, caller):
    names = [word.split("=")[0] for word in example.draw(directory, DIMS, {})[3::2]]
    program = directory / "model.so"
    run(tools / "rondo", "compile", example.model, "-O3", "-o", program)
    found = FORBIDDEN.search(run("objdump", "-d", "--no-show-raw-insn", program))
    if found:
        raise Failure(f"the code has `{found[0].strip()}`")
    model = re.search(r"\b(\w+)_model\b", run("nm", "-D", "--defined-only", program))[1]
    got = quietly(directory, caller.get(), program, model, "forward", directory / "weights.safetensors",
                  *(directory / f"{name}.npy" for name in names))
    for i in range(len(list(directory.glob("expected_*.npy")))):
        want = numpy.load(directory / f"expected_{i}.npy")
        dtype = numpy.dtype("float32") if want.dtype.kind == "f" else want.dtype
        part, got = got[: want.size * dtype.itemsize], got[want.size * dtype.itemsize:]
        fault = difference(numpy.frombuffer(part, dtype).reshape(want.shape), want, TOLERANCE["float32"])
        if fault:
            raise Failure(f"result {i}: {fault}")
    if got:
        raise Failure(f"{len(got)} bytes too many")


def states_are_quiet(tools, folder, caller):
    """`steps` of Ring: the sums of the last four elements."""
    program = folder / "ring.so"
    run(tools / "rondo", "compile", HERE.parent / "states" / "ring.rondo", "-o", program)
    xs = numpy.random.default_rng(0).standard_normal((9, 2, 3)).astype("float32")
    numpy.save(folder / "xs.npy", xs)
    got = numpy.frombuffer(quietly(folder, caller.get(), program, "Ring", "steps", "-", folder / "xs.npy"), "float32")
    want = numpy.stack([xs[max(0, t - 3): t + 1].astype("float64").sum(axis=0) for t in range(len(xs))])
    fault = difference(got.reshape(want.shape), want, TOLERANCE["float32"])
    if fault:
        raise Failure(fault)


def plain_is_quiet(plain):
    quietly(plain.get().parent, plain.get())


def is_quiet_in_trace(plain, folder):
    if traced(folder, plain.get()) != quietly(folder, plain.get()):
        raise Failure("another result in a trace")
    try:
        traced(folder, plain.get(), "system call")
    except Failure:
        return
    raise Failure("a trace does not tell a system call")


def is_noticed(plain, loud, code, folder):
    got = subprocess.run([plain.get(), loud], capture_output=True, timeout=60).returncode
    if got == NO_FILTER:
        try:
            traced(folder, plain.get(), loud)
        except Failure:
            return
    if got != code:
        raise Failure(f"the process ends with {got}, expected {code}")
