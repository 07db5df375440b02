"""The library against PyTorch's modules, option by option: same arguments, same keys, same results."""

import copy
import pathlib
import tempfile

import case
import numpy
import safetensors.torch
import torch

from examples import arguments, drawing
from harness import compare, run

I, H, B, T = 5, 6, 3, 4

# Modules over one tensor: rondo's arguments, PyTorch's, and the input's leading axes.
PLAIN = [
    ("Linear", {"bias": True}, [I, H], [B, T]),
    ("Linear", {"bias": False}, [I, H], [B]),
    ("Linear", {}, [I, H], []),
    ("LayerNorm", {}, [I], [B, T]),
    ("LayerNorm", {"eps": 1e-3, "bias": False}, [I], [B]),
    ("LayerNorm", {"elementwise_affine": False}, [I], [B]),
    ("RMSNorm", {}, [I], [B, T]),
    ("RMSNorm", {"eps": 1e-3, "elementwise_affine": False}, [I], [B]),
    ("LayerNorm", {"eps": 1e-3}, [[B, I]], [T, B]),
    ("RMSNorm", {"eps": 1e-6}, [[B, I]], [T, B]),
    ("Dropout", {"p": 0.5}, [], [B, I]),
]

# Cells: options, and what is given: a batch, states.
CELLS = [(name, options, given)
         for name in ("RNNCell", "LSTMCell", "GRUCell")
         for options, given in (({}, {"batch", "states"}), ({"bias": False}, {"batch"}), ({}, {"states"}), ({}, set()))]
CELLS.append(("RNNCell", {"nonlinearity": "relu"}, {"batch", "states"}))

# Stacks: options, and what is given: x batched or not, states, lengths.
STACKS = [
    ("RNN", {"num_layers": 2, "nonlinearity": "relu", "bias": False}, {"states"}),
    ("RNN", {"bidirectional": True, "batch_first": True, "dropout": 0.5, "num_layers": 2}, set()),
    ("RNN", {"num_layers": 2, "bidirectional": True}, {"single", "states"}),
    ("LSTM", {"num_layers": 3}, {"states"}),
    ("LSTM", {"bias": False, "bidirectional": True, "batch_first": True}, {"states"}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True}, {"states"}),
    ("LSTM", {"proj_size": 3}, {"single"}),
    ("LSTM", {"num_layers": 2, "bidirectional": True}, {"lengths"}),
    ("LSTM", {"batch_first": True}, {"lengths", "states"}),
    ("GRU", {"num_layers": 2, "bias": False}, set()),
    ("GRU", {"bidirectional": True, "num_layers": 2, "batch_first": True}, {"states"}),
    ("GRU", {"bidirectional": True}, {"single"}),
    ("GRU", {"bidirectional": True}, {"lengths", "states"}),
]


def add_tests(suite, examples, tools, scratch):
    for number, row in enumerate(PLAIN):
        suite.add(f"library {described(row[0], row[1])} {number}", agrees, tools, plain, row)
    for number, row in enumerate(CELLS):
        suite.add(f"library {described(row[0], row[1], *sorted(row[2]))} {number}", agrees, tools, cell, row)
    for number, row in enumerate(STACKS):
        suite.add(f"library {described(row[0], row[1], *sorted(row[2]))} {number}", agrees, tools, stack, row)


def described(name, options, *more):
    return f"{name}({', '.join([f'{key}={literal(value)}' for key, value in options.items()] + list(more))})"


def literal(value):
    """A constant in rondo."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def agrees(tools, make, row):
    """Writes a model of one module, runs it, and compares."""
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        with drawing:
            torch.manual_seed(0)
            module, signature, inputs, results = make(*row)
            with torch.no_grad():
                doubles = {name: case.to_double(value) for name, value in inputs.items()}
                expected = results(copy.deepcopy(module).double().eval(), **doubles)
        positional = [I, H] if make is not plain else row[2]
        values = [str(value) for value in positional] + [f"{key}={literal(v)}" for key, v in row[1].items()]
        annotated = ", ".join(f"{name}: {type}" for name, type in signature.items())
        shapes = ", ".join(f"f32[{', '.join(map(str, value.shape))}]" for value in expected)
        called = ", ".join(f"{name}={name}" if name == "lengths" else name for name in signature)
        (directory / "model.rondo").write_text(
            f"model Net() {{\n  m as \"\" = {row[0]}({', '.join(values)})\n"
            f"  def forward({annotated}) -> {shapes} {{\n    return m({called})\n  }}\n}}\n")
        safetensors.torch.save_file(module.state_dict(), directory / "weights.safetensors")
        for name, value in inputs.items():
            numpy.save(directory / f"{name}.npy", value.numpy())
        for i, value in enumerate(expected):
            numpy.save(directory / f"expected_{i}.npy", value.numpy())
        run(tools / "rondo", "run", directory / "model.rondo", *arguments(directory, inputs),
            "--output", directory / "got")
        compare(directory / "got", directory)


def typed(inputs):
    """The signature of these tensors, every size fixed."""
    kinds = {torch.float32: "f32", torch.int64: "i64"}
    return {name: f"{kinds[v.dtype]}[{', '.join(map(str, v.shape))}]" for name, v in inputs.items()}


def plain(name, options, sizes, axes):
    module = getattr(torch.nn, name)(*sizes, **options)
    for weight in module.parameters():
        torch.nn.init.normal_(weight)
    inputs = {"x": torch.randn(*axes, I) if name != "Dropout" else torch.randn(*axes)}
    return module, typed(inputs), inputs, lambda m, x: (m(x),)


def cell(name, options, given):
    module = getattr(torch.nn, name)(I, H, **options)
    axes = [B] if "batch" in given else []
    inputs = {"x": torch.randn(*axes, I)}
    if "states" in given:
        inputs.update({key: torch.randn(*axes, H) for key in ("hc" if name == "LSTMCell" else "h")})

    def results(module, x, **states):
        states = tuple(states.values())
        if name == "LSTMCell":
            return module(x, states or None)
        return (module(x, *states),)

    return module, typed(inputs), inputs, results


def stack(name, options, given, B=B, T=T):
    module = getattr(torch.nn, name)(I, H, **options)
    batch = [] if "single" in given else [B]
    time_last = options.get("batch_first") and batch
    inputs = {"x": torch.randn(*(batch + [T] if time_last else [T] + batch), I)}
    if "states" in given:
        layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
        inputs["h0"] = torch.randn(layers, *batch, options.get("proj_size") or H)
        if name == "LSTM":
            inputs["c0"] = torch.randn(layers, *batch, H)
    if "lengths" in given:
        inputs["lengths"] = torch.arange(1, B + 1) % T + 1

    def results(module, x, lengths=None, **states):
        states = tuple(states.values())
        states = (states if name == "LSTM" else states[0]) if states else None
        if lengths is None:
            y, last = module(x, states)
        else:
            first = module.batch_first
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, first, enforce_sorted=False)
            y, last = module(packed, states)
            y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, first, total_length=T)
        return y, *(last if name == "LSTM" else (last,))

    return module, typed(inputs), inputs, results
