"""LSTM(5, 6, batch_first, bidirectional) from zero states, outputs of both directions side by side."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6}
dims = {"B": 3, "T": 4}


def build(input, hidden):
    return torch.nn.ModuleDict({"lstm": torch.nn.LSTM(input, hidden, batch_first=True, bidirectional=True)})


def inputs(B, T, input, hidden):
    return {"x": torch.randn(B, T, input)}


def expected(module, x):
    y, _, _ = case.recurrent(module["lstm"], x)
    return (y,)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
