"""LSTM, GRU and RNN in every combination of their options against PyTorch, sizes open, at -O0 and -O3.

A sample of the combinations is run, in which each pair of options occurs; all with `run.py --all`.
"""

import copy
import itertools
import pathlib
import tempfile

import case
import numpy
import safetensors.torch
import torch

from examples import arguments, drawing
from harness import compare, run
from library import H, I, described, literal, stack

every = False

SIZES = [{"B": 3, "T": 5}, {"B": 1, "T": 1}]
OPTIONS = {
    "num_layers": [1, 2, 3],
    "bidirectional": [False, True],
    "batch_first": [False, True],
    "bias": [True, False],
}
OWN = {
    "LSTM": {"proj_size": [0, 4]},
    "GRU": {},
    "RNN": {"nonlinearity": ["tanh", "relu"]},
}
# What a call is given beside a batch x; "single" is one sequence without the axis B.
GIVEN = [set(), {"states"}, {"lengths"}, {"lengths", "states"}, {"single"}, {"single", "states"}]


def combinations():
    for name, own in OWN.items():
        options = {**OPTIONS, **own}
        for values in itertools.product(*options.values(), GIVEN, ["-O0", "-O3"]):
            *chosen, given, level = values
            yield name, dict(zip(options, chosen)), given, level


def pairs(combination):
    name, options, given, level = combination
    facts = [("module", name), ("given", tuple(sorted(given))), ("level", level), *options.items()]
    return set(itertools.combinations(facts, 2))


def sample():
    """Combinations in order, each of which has a pair of options that none before has, scattered over the list."""
    rows = list(combinations())
    seen = set()
    for i in range(len(rows)):
        row = rows[i * 389 % len(rows)]  # 389 is prime to the number of rows
        new = pairs(row) - seen
        if len(new) > 3 or i > len(rows) // 2 and new:
            seen |= new
            yield row


def add_tests(suite, examples, tools, scratch):
    for name, options, given, level in combinations() if every else sample():
        test = f"stack {described(name, options, *sorted(given))} {level}"
        suite.add(test, agrees, tools, name, options, given, level)


def model(name, options, given):
    """The text of a model of one module, its sizes open."""
    directions = 2 if options["bidirectional"] else 1
    rows = directions * options["num_layers"]
    out = options.get("proj_size") or H
    batch = "" if "single" in given else "B, "
    x = "T" if "single" in given else "B, T" if options["batch_first"] else "T, B"
    states = {"h0": f"f32[{rows}, {batch}{out}]", "c0": f"f32[{rows}, {batch}{H}]"}
    if name != "LSTM":
        del states["c0"]
    signature = {"x": f"f32[{x}, {I}]"}
    signature.update(states if "states" in given else {})
    signature.update({"lengths": "i64[B]"} if "lengths" in given else {})
    called = ", ".join(f"{key}={key}" if key == "lengths" else key for key in signature)
    annotated = ", ".join(f"{key}: {kind}" for key, kind in signature.items())
    results = ", ".join([f"f32[{x}, {directions * out}]", *states.values()])
    values = ", ".join([str(I), str(H), *(f"{key}={literal(value)}" for key, value in options.items())])
    return (f"model Net() {{\n  m as \"\" = {name}({values})\n"
            f"  def forward({annotated}) -> {results} {{\n    return m({called})\n  }}\n}}\n")


def agrees(tools, name, options, given, level):
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        (directory / "model.rondo").write_text(model(name, options, given))
        run(tools / "rondo", "compile", directory / "model.rondo", level, "-o", directory / "binary")
        for number, sizes in enumerate(SIZES):
            data = directory / str(number)
            inputs = draw(data, name, options, given, sizes)
            run(directory / "binary", *arguments(data, inputs), "--output", data / "got")
            compare(data / "got", data)


def draw(directory, name, options, given, sizes):
    """Makes a case in `directory`; returns its inputs' names."""
    directory.mkdir()
    with drawing:
        torch.manual_seed(0)
        module, _, inputs, results = stack(name, options, given, **sizes)
        with torch.no_grad():
            doubles = {key: case.to_double(value) for key, value in inputs.items()}
            expected = results(copy.deepcopy(module).double().eval(), **doubles)
    safetensors.torch.save_file(module.state_dict(), directory / "weights.safetensors")
    for key, value in inputs.items():
        numpy.save(directory / f"{key}.npy", value.numpy())
    for i, value in enumerate(expected):
        numpy.save(directory / f"expected_{i}.npy", value.numpy())
    return list(inputs)
