"""RNN(5, 6, 2) from given states: x (1, 3, 5), h0 (2, 3, 6)."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6, "layers": 2}
dims = {"B": 3, "T": 1}


def build(input, hidden, layers):
    return torch.nn.ModuleDict({"rnn": torch.nn.RNN(input, hidden, layers)})


def inputs(B, T, input, hidden, layers):
    return {"x": torch.randn(T, B, input), "h0": torch.randn(layers, B, hidden)}


def expected(module, x, h0):
    return case.recurrent(module["rnn"], x, h0)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
