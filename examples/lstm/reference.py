"""LSTM(5, 6, 2) from zero states, the output viewed as (T * B, hidden)."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6, "layers": 2}
dims = {"B": 3, "T": 4}


def build(input, hidden, layers):
    return torch.nn.ModuleDict({"lstm": torch.nn.LSTM(input, hidden, layers)})


def inputs(B, T, input, hidden, layers):
    return {"x": torch.randn(T, B, input)}


def expected(module, x):
    y, _, _ = case.recurrent(module["lstm"], x)
    return (y.reshape(y.shape[0] * y.shape[1], y.shape[2]),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
