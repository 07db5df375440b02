"""RNN(4, 2, 1, batch_first) from a given state: x (1, 3, 4), h0 (1, 1, 2)."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 4, "hidden": 2, "layers": 1}
dims = {"B": 1, "T": 3}


def build(input, hidden, layers):
    return torch.nn.ModuleDict({"rnn": torch.nn.RNN(input, hidden, layers, batch_first=True)})


def inputs(B, T, input, hidden, layers):
    return {"x": torch.randn(B, T, input), "h0": torch.randn(layers, B, hidden)}


def expected(module, x, h0):
    return case.recurrent(module["rnn"], x, h0)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
