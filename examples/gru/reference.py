"""GRU(5, 6, 2) from given states."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6, "layers": 2}
dims = {"B": 3, "T": 4}


def build(input, hidden, layers):
    return torch.nn.ModuleDict({"gru": torch.nn.GRU(input, hidden, layers)})


def inputs(B, T, input, hidden, layers):
    return {"x": torch.randn(T, B, input), "h0": torch.randn(layers, B, hidden)}


def expected(module, x, h0):
    return case.recurrent(module["gru"], x, h0)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
