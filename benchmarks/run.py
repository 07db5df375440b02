#!/usr/bin/env python3
"""Compiled models against PyTorch on one thread: one command, one table.

    run.py --rondo build/bin/rondo [--rounds N] [--only TEXT] [--clang clang-22]

Both run in turn, in this process, pinned to one core; times are medians and 95th percentiles of one call after
warm-up. Every result is compared with PyTorch's in float64 first. The peak is that of one core's multiply-adds,
measured in the same run: a row above it would have computed less than it claims.
"""

import argparse
import copy
import ctypes
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

# One thread, for whoever asks how many there are.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
import numpy
import safetensors.torch
import torch

from model import Model

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 1e-5


class Row:
    """A workload: a model, its PyTorch twin, inputs, and the FLOP of one call."""

    def __init__(self, label, source, name, settings, module, inputs, flops, dims):
        self.label, self.source, self.name, self.settings = label, source, name, settings
        self.module, self.inputs, self.flops, self.dims = module, inputs, flops, dims


class Product(torch.nn.Module):
    def forward(self, a, b):
        return a @ b


class Layer(torch.nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.fc = torch.nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.fc(x)


class Recurrent(torch.nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, hidden)

    def forward(self, x):
        return self.lstm(x)[0]


def lstm_row(B, T, I, H):
    return Row(f"LSTM {B},{T},{I},{H}", "lstm.rondo", "Recurrent", {"input": I, "hidden": H}, Recurrent(I, H),
               {"x": torch.randn(T, B, I)}, 8 * (I + H) * H * B * T, {"T": T, "B": B})


def rows():
    n = 512
    yield Row(f"a @ b {n}^3", "product.rondo", "Product", {}, Product(),
              {"a": torch.randn(n, n), "b": torch.randn(n, n)}, 2 * n**3, {"M": n, "K": n, "N": n})
    yield Row(f"Linear {n}^3", "layer.rondo", "Layer", {"input": n, "output": n}, Layer(n, n),
              {"x": torch.randn(n, n)}, 2 * n**3, {"B": n})
    yield lstm_row(1, 100, 256, 256)
    yield lstm_row(32, 100, 256, 256)


def compile_row(options, row, folder, fixed):
    """The row's model, compiled with its sizes open or fixed, with the twin's weights."""
    library, weights = folder / f"{row.name}{'-fixed' if fixed else ''}.so", folder / "weights.safetensors"
    flags = ["--model", row.name]
    flags += [word for key, value in row.settings.items() for word in ("--set", f"{key}={value}")]
    flags += [word for key, value in row.dims.items() for word in ("--dim", f"{key}={value}")] if fixed else []
    subprocess.run([options.rondo, "compile", HERE / row.source, "-O3", "-o", library, *flags], check=True)
    safetensors.torch.save_file(row.module.state_dict(), weights)
    return Model(library, row.name, weights)


class Ours:
    def __init__(self, tool, call):
        self.tool, self.call = tool, call

    def take(self, calls):
        """Seconds of each of `calls` calls."""
        taken = (ctypes.c_double * calls)()
        status = self.tool.time_calls(*self.call.arguments, calls, taken)
        if status:
            raise RuntimeError(f"the call gives status {status}")
        return list(taken)


class Theirs:
    def __init__(self, module, inputs):
        self.module, self.inputs = module, list(inputs.values())

    def take(self, calls):
        taken = []
        with torch.inference_mode():
            for _ in range(calls):
                start = time.perf_counter()
                self.module(*self.inputs)
                taken.append(time.perf_counter() - start)
        return taken


def relative_error(got, want):
    return float(numpy.max(numpy.abs(got - want)) / numpy.max(numpy.abs(want)))


def measure(options, tool, row):
    """Times of the rivals by name, and the greatest relative error of ours."""
    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        inputs = {name: value.numpy() for name, value in row.inputs.items()}
        calls = {}
        for name, fixed in (("open", False), ("fixed", True)):
            calls[name] = compile_row(options, row, pathlib.Path(folder), fixed).bind(inputs)
        rivals = {name: Ours(tool, call) for name, call in calls.items()}
        rivals["PyTorch"] = Theirs(row.module, row.inputs)

        # Warm-up; then the results are there to be compared.
        one = {name: min(rival.take(3)) for name, rival in rivals.items()}
        double = copy.deepcopy(row.module).double()
        with torch.no_grad():
            want = double(*[value.double() for value in row.inputs.values()]).numpy()
        error = max(relative_error(call.results[0], want) for call in calls.values())

        times = {name: [] for name in rivals}
        for _ in range(options.rounds):
            for name, rival in rivals.items():
                times[name] += rival.take(max(1, min(200, int(0.01 / one[name]))))
        return times, error


def compile_times(options):
    """Compiles a stack of LSTM layers for several lengths: the time does not depend on the length."""
    print("\n| compile LSTM(128, 256, 2 layers) | ms, median |\n|---|---|")
    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        command = [options.rondo, "compile", HERE / "stack.rondo", "-O3", "-o", f"{folder}/stack.o"]
        taken = {"open": [], 16: [], 4096: []}
        for _ in range(5):
            for T, times in taken.items():
                start = time.perf_counter()
                subprocess.run(command + ([] if T == "open" else ["--dim", f"T={T}"]), check=True)
                times.append(time.perf_counter() - start)
        for T, times in taken.items():
            print(f"| T={T} | {1e3 * numpy.median(times):.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rondo", type=pathlib.Path, required=True)
    parser.add_argument("--clang", default="clang-22")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="the rows whose label holds this text")
    options = parser.parse_args()
    options.rondo = options.rondo.resolve()

    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        subprocess.run([options.clang, "-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC",
                        f"-I{HERE.parent / 'runtime/include'}", HERE / "measure.c", "-o", f"{folder}/measure.so"],
                       check=True)
        tool = ctypes.CDLL(f"{folder}/measure.so")
    tool.peak_flops.restype = ctypes.c_double

    peak = tool.peak_flops(20)
    print(f"{cpu_name()}, core {core}, f32 peak {peak / 1e9:.1f} GFLOP/s; PyTorch {torch.__version__}; one thread\n")
    print("| workload | sizes | us, median | p95 | GFLOP/s | of peak | PyTorch us | p95 | ratio | error |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    wrong = False
    for row in rows():
        if options.only not in row.label:
            continue
        times, error = measure(options, tool, row)
        theirs = numpy.median(times["PyTorch"])
        for name in ("open", "fixed"):
            ours = numpy.median(times[name])
            rate = row.flops / ours
            print(f"| {row.label} | {name} | {ours * 1e6:.1f} | {numpy.percentile(times[name], 95) * 1e6:.1f} "
                  f"| {rate / 1e9:.1f} | {100 * rate / peak:.0f}% | {theirs * 1e6:.1f} "
                  f"| {numpy.percentile(times['PyTorch'], 95) * 1e6:.1f} | {theirs / ours:.2f} | {error:.1e} |",
                  flush=True)
            wrong |= not error <= TOLERANCE or rate > peak
    if not options.only:
        compile_times(options)
    peak_after = tool.peak_flops(20)
    print(f"\npeak after the run: {peak_after / 1e9:.1f} GFLOP/s")
    if wrong:
        print("A row is wrong: its error exceeds the tolerance, or its rate the peak.", file=sys.stderr)
    return 1 if wrong else 0


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
