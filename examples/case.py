"""Cases for the examples: weights, inputs and expected results, drawn and computed by PyTorch.

Each example's reference.py has
    sizes, dims                          hyper-parameters and dimension variables as model.rondo names them, with values
    build(**sizes) -> torch.nn.Module    whose state_dict has the model's keys
    inputs(B, T, **sizes) -> dict        name -> tensor, drawn from torch's generator
    expected(module, **inputs) -> tuple  the results of `forward`
and runs as `reference.py DIRECTORY [--seed N] [--dim B=5] [--set hidden=17] [--time N]`; `rondo verify` runs it so.

A case is a directory: weights.safetensors, NAME.npy for each input, expected_I.npy for each result. Weights and
inputs are float32; the expected results are computed from them in float64. With --time, it prints how long N calls
take PyTorch in float32 on one thread, as `rondo run --time` does.
"""

import argparse
import copy
import pathlib
import time

import numpy
import safetensors.torch
import torch


def draw(example, directory, seed=0, dims=None, sizes=None, runs=0):
    """Writes a case of `example` (the module of a reference.py) to `directory`; returns its inputs' names.

    Times `runs` calls, too.
    """
    sizes = {**example.sizes, **(sizes or {})}
    dims = {**example.dims, **(dims or {})}
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(seed)
    module = example.build(**sizes)
    inputs = example.inputs(**dims, **sizes)
    safetensors.torch.save_file(module.state_dict(), directory / "weights.safetensors")
    for name, value in inputs.items():
        numpy.save(directory / f"{name}.npy", value.numpy())

    double = copy.deepcopy(module).double()
    with torch.no_grad():
        results = example.expected(double, **{name: to_double(value) for name, value in inputs.items()})
    for i, value in enumerate(results):
        numpy.save(directory / f"expected_{i}.npy", value.numpy())
    if runs:
        measure(lambda: example.expected(module, **inputs), runs)
    return list(inputs)


def measure(call, runs):
    """Prints the times of one call, after it has run for 50 ms, and twice at least."""
    def microseconds():
        begin = time.perf_counter()
        call()
        return (time.perf_counter() - begin) * 1e6

    torch.set_num_threads(1)
    with torch.inference_mode():
        warm = microseconds() + microseconds()
        while warm < 50e3:
            warm += microseconds()
        times = sorted(microseconds() for _ in range(runs))
    median = (times[(runs - 1) // 2] + times[runs // 2]) / 2
    p95 = times[(runs * 95 + 99) // 100 - 1]
    print(f"time: median {median:.2f} min {times[0]:.2f} p95 {p95:.2f} ({runs} runs)")


def to_double(value):
    return value.double() if value.is_floating_point() else value


def recurrent(module, x, *states):
    """module(x, states) flattened to (y, h_n) or (y, h_n, c_n), of an nn.RNN, nn.LSTM or nn.GRU.

    PyTorch refuses empty sequences; by definition their states stay as they are and there are no outputs.
    """
    if not states:
        batch = x.shape[0] if module.batch_first else x.shape[1]
        layers = module.num_layers * (2 if module.bidirectional else 1)
        states = [x.new_zeros(layers, batch, module.hidden_size)] * (2 if module.mode == "LSTM" else 1)
    if x.numel() == 0:
        features = module.hidden_size * (2 if module.bidirectional else 1)
        return x.new_zeros(*x.shape[:2], features), *states
    if module.mode == "LSTM":
        y, (h, c) = module(x, tuple(states))
        return y, h, c
    return module(x, *states)


def stacked(steps, like):
    """The steps along a new leading axis; without any, an empty stack of values like `like`."""
    return torch.stack(steps) if steps else like.new_zeros(0, *like.shape)


def binding(text):
    name, _, value = text.partition("=")
    return name, int(value)


def main(example):
    """The command line of a reference.py."""
    parser = argparse.ArgumentParser(description=example.__doc__)
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dim", type=binding, action="append", default=[], metavar="NAME=SIZE")
    parser.add_argument("--set", type=binding, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--time", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    draw(example, arguments.directory, arguments.seed, dict(arguments.dim), dict(arguments.set), arguments.time)
