"""An LSTM whose outputs are mixed by weights that a Linear makes of them."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 8}
dims = {"B": 3, "T": 4}


def build(input, hidden):
    return torch.nn.ModuleDict({"lstm": torch.nn.LSTM(input, hidden), "attn": torch.nn.Linear(hidden, hidden)})


def inputs(B, T, input, hidden):
    return {"x": torch.randn(T, B, input)}


def expected(module, x):
    out, _, _ = case.recurrent(module["lstm"], x)
    w = torch.softmax(module["attn"](out), 1)
    out = torch.bmm(w.transpose(1, 2), out)
    return (out.reshape(-1, out.shape[2]),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
